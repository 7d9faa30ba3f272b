"""The journals in a file: another server goes on, and undoes."""

from __future__ import annotations

import stat

import pytest

import dmkit as dm
from dmkit.services import parse, undo
from dmkit.services.provision import provision
from dmkit.session.work import DeviceInfo
from dmkit.transport.journals import FileJournals

MAIL = parse('[service.mail.settings]\n"./Mail/Host" = "mx"\n"./Mail/Port" = "25"')


def end(server):
    return server.results[-1].result


@pytest.mark.unsound("the network loses everything from one message on")
@pytest.mark.parametrize("last", range(1, 6))
def test_another_server_goes_on_and_a_third_undoes(tmp_path, last):
    file, device = tmp_path / "j.db", dm.Device.example()
    start = device.tree
    said = iter(range(100))
    with FileJournals(file) as journals:
        first = dm.Server.example(device)
        job = provision(["mail"], catalogue=MAIL, journals=journals)
        dm.converse(device, first, job=job, tap=lambda packet, rng: [packet] if next(said) < last else [])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with FileJournals(file) as journals:
        second = dm.Server.example(device)
        dm.converse(device, second, job=provision(["mail"], catalogue=MAIL, journals=journals))
        assert end(second).state == "done"
    with FileJournals(file) as journals:
        third = dm.Server.example(device)
        dm.converse(device, third, job=undo(journals=journals, catalogue=MAIL))
        assert end(third).state == "undone" and list(journals) == [device.address]
    assert "./Mail" not in device.tree and device.tree.get("./DevInfo/Man") == start.get("./DevInfo/Man")


def test_a_file_that_cannot_be_opened_is_one_sentence(tmp_path):
    with pytest.raises(dm.ConfigError, match="cannot be opened"):
        FileJournals(tmp_path / "no" / "where.db")
    with pytest.raises(dm.ConfigError, match=r"journals = 'x'; a mapping is right"):
        provision(["mail"], catalogue=MAIL, journals="x")
    with FileJournals(tmp_path / "j.db") as journals:
        journals["IMEI:1"] = b"nothing of ours"
        assert len(journals) == 1
        with pytest.raises(dm.ConfigError, match="this is no journal of dmkit"):
            next(provision(["mail"], catalogue=MAIL, journals=journals)(DeviceInfo("IMEI:1")))
        del journals["IMEI:1"]
        with pytest.raises(KeyError):
            del journals["IMEI:1"]
        with pytest.raises(KeyError):
            journals["IMEI:1"]
