"""Lives of management objects: every change once, in order, and every report."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.lab.studies.object_lives import life, octets, plot_life
from dmkit.words.errors import ConfigError

MAPS = "https://sw.example.com/maps"


def pair(name, **options):
    device = dm.Device.example().with_object(name, **options)
    return device, dm.Server.example(device)


def test_software_is_loaded_delivered_and_deployed():
    frame = life(*pair("scomo", world={MAPS: octets("maps")}), dm.jobs.install_software("maps", MAPS))
    assert frame["number"].tolist() == [30, 40, 50, 10, 2010, 2010, 1200]
    assert frame["kind"].tolist() == ["working"] * 3 + ["at rest"] * 4
    assert frame["seconds"].is_monotonic_increasing and frame["seconds"].iloc[-1] > 20


@pytest.mark.parametrize(
    ("world", "code"),
    [({MAPS: bytes(9)}, 1407), ({}, 1501), ({MAPS: octets("maps", needs=["gps"])}, 1405)],
)
def test_what_fails_is_reported_and_nothing_is_deployed(world, code):
    device, server = pair("scomo", world=world)
    frame = life(device, server, dm.jobs.install_software("maps", MAPS))
    [report] = frame[frame["what"] == "report"].to_dict("records")
    assert (report["number"], report["kind"]) == (code, "failed")
    assert not device.tree.get("./SCOMO/Inventory/Deployed").children


def test_wishes_come_one_after_the_other():
    jobs = [dm.jobs.lock("PartiallyLock"), dm.jobs.lock("UnLock"), dm.jobs.operate("./LAWMO/Operations/UnLock")]
    frame = life(*pair("lawmo"), jobs)
    assert frame[frame["what"] == "state"]["number"].tolist() == [30, 20, 30]
    assert frame[frame["what"] == "report"]["number"].tolist() == [1200, 1200, 1404]


def test_what_is_removed_is_gone():
    device, server = pair("scomo", world={MAPS: octets("maps")})
    life(device, server, dm.jobs.install_software("maps", MAPS))
    frame = life(device, server, dm.jobs.operate("./SCOMO/Inventory/Deployed/maps/Operations/Remove"))
    assert frame[frame["where"] == "./SCOMO/Inventory/Deployed/maps"]["said"].tolist()[-1] == "gone"
    assert plot_life(frame).told.endswith("1200.")


def test_it_ends_where_it_is_told_to():
    device, server = pair("diagmon")
    begin = dm.jobs.send(dm.Exec.of("./DiagMon/Battery/Operations/Start"))
    frame = life(device, server, begin, until=200)
    assert frame["said"].tolist() == ["10 Idle", "20 Running"]
    assert len(device.tree.get("./DiagMon/Battery/DiagMonData").children) == 3
    with pytest.raises(ConfigError, match="until"):
        life(device, server, until=-1)


def test_each_state_is_a_bar_and_each_report_a_mark():
    frame = life(*pair("scomo", world={}), dm.jobs.install_software("maps", MAPS))
    axes = plot_life(frame)
    assert len(axes.patches) == (frame["what"] == "state").sum()
    assert "✕ 1501" in [text.get_text() for text in axes.texts]
