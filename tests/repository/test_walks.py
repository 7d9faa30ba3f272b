"""What docs/architecture.md follows through the files really runs through them, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dmkit as dm
from dmkit.attack.trial import Trial
from dmkit.mo.object import load
from dmkit.sim import compiled
from dmkit.wire.compiled import paths
from tests.repository.test_repository import REFERENCE, calls

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "architecture.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}, followed\n")[2].partition("\n## ")[0]


def walk(title: str) -> list[Callable[[], Any]]:
    """The steps of a section, one for each of its numbered paragraphs, or one for all."""
    data = dm.ddf.write(load("lawmo"))
    wrong = dm.Replace.of("./LAWMO/LAWMOConfig/NotifyUser", "perhaps")
    return {
        "A description": [
            lambda: dm.ddf.read(data),
            lambda: dm.ddf.read(data).skeleton(),
            lambda: dm.ddf.read(data).skeleton().with_acl(".", "Get=*&Replace=*").apply(wrong, "srv"),
        ],
        "An APDU": [lambda: dm.Usim.example().transmit(bytes.fromhex("00A40004023F0000"))],
        "A campaign": [lambda: dm.Campaign(devices=20).run(seed=1)],
        "An attack": [lambda: Trial(rules=dm.Rules(auth="basic")).run(1)],
    }[title]


@pytest.mark.unsound("an attack is on the path")
@pytest.mark.parametrize("title", ["A description", "An APDU", "A campaign", "An attack"])
def test_it_runs_through_the_files_in_the_order_of_the_page(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "pays", lambda plan: False)  # what other tests played, and compiled, may make it pay
    steps = walk(title)
    text = section(title)
    parts = re.split(r"^\d\. ", text, flags=re.M)[1:] if len(steps) > 1 else [text]
    assert len(parts) == len(steps), title
    for number, (page, step) in enumerate(zip(parts, steps, strict=True), 1):
        with paths(fast=True):  # the page follows the quick reader
            step()  # what is made once, such as a table that is cached, is no part of the walk
            seen = calls(step)
        references = [(file, name) for file, name in REFERENCE.findall(page) if name]
        assert len(references) >= 3
        for wanted in references:
            at = next((at for at, call in enumerate(seen) if call == wanted), None)
            assert at is not None, f"{title}, {number}: {wanted} does not run here, or earlier than the page says"
            del seen[:at]


def test_the_command_that_the_page_follows_is_refused_as_it_says() -> None:
    tree = dm.ddf.read(dm.ddf.write(load("lawmo"))).skeleton().with_acl(".", "Get=*&Replace=*")
    after, outcome = tree.apply(dm.Replace.of("./LAWMO/LAWMOConfig/NotifyUser", "perhaps"), "srv")
    assert after is tree and not outcome.ok and "NotifyUser" in outcome.why


def test_a_step_out_of_order_would_be_noticed() -> None:
    seen = calls(lambda: dm.Usim.example().transmit(bytes.fromhex("00A40004023F0000")))
    first, last = seen.index(("card/dispatch.py", "perform")), seen.index(("card/exchange.py", "Log.add"))
    assert first < last
