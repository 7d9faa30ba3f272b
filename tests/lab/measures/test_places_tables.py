"""A cluster and a scratch file to try things on; tables with all of their rows."""

from __future__ import annotations

import pandas as pd
import pytest

import dmkit as dm
from dmkit.sim.campaign import Campaign
from dmkit.words.errors import ConfigError


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_cluster_of_this_machine_gives_the_table_of_this_process():
    pytest.importorskip("dask.distributed")
    plan, over = Campaign(devices=50), {"servers.count": [1, 2]}
    client = dm.measure.local_cluster(1, processes=False)
    try:
        there = dm.sweep(plan, over, [1, 2], on=client, progress=False)
    finally:
        client.close()
    assert there.equals(dm.sweep(plan, over, [1, 2], progress=False))


def test_a_scratch_file_resumes_a_sweep():
    store = dm.measure.scratch("sweep.jsonl")
    first = dm.sweep(Campaign(devices=20), seeds=[1, 2], store=store, progress=False)
    assert len(store.read_text().splitlines()) == 2
    assert dm.sweep(Campaign(devices=20), seeds=[1, 2], store=store, progress=False).equals(first)
    assert dm.measure.scratch("a").parent != store.parent


def test_a_table_is_shown_whole():
    frame = pd.DataFrame(
        {"n": range(100), "x<y": [1 / 3] * 100, "passed": [True] * 99 + [False], "what": ["<b>"] * 100}
    )
    look = dm.measure.whole(frame)
    assert look.html.count("<tr>") == 101 and "&lt;b&gt;" in look.html and "<b>" not in look.html
    assert look.text.splitlines()[1].split() == ["0", "0.33333", "✓", "yes", "<b>"]
    assert "✗ no" in look.html
    assert dm.measure.whole(frame, ["n"]).text.splitlines() == ["n", *map(str, range(100))]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dm.measure.local_cluster(0), "at least one worker"),
        (lambda: dm.measure.scratch("../x"), "the name is '../x'; a file or folder is made of it"),
        (lambda: dm.measure.whole(pd.DataFrame({"a": [1]}), ["b"]), "no column 'b'"),
    ],
)
def test_what_does_not_work_is_said(call, says):
    with pytest.raises(ConfigError, match=says):
        call()
