"""What is wrong in a conversation: nothing in our own, every planted fault in its line and on its side."""

from __future__ import annotations

from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.lab.studies.capture import FAULTS, READING, found_by, plant, plot_found
from dmkit.views.faultview import faults
from dmkit.views.transcript import Transcript
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize("job", [dm.jobs.inventory("."), dm.jobs.put("./APN/Name", "x"), dm.jobs.delete("./APN")])
def test_our_own_conversations_have_none(job):
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device), job=job)
    assert not len(faults(talk)) and repr(faults(talk)) == "nothing found"


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.session == 0])
def test_a_planted_fault_is_found_on_its_side(name):
    found = faults(plant([name])[0])
    assert FAULTS[name].side in {fault.sender for fault in found}
    assert all(fault.rule and fault.source for fault in found)
    lines = [fault.line for fault in found]
    assert lines == sorted(lines)


def test_every_fault_has_a_reader_and_no_reader_finds_nothing_or_all():
    found = found_by() == "finds it"
    assert found.any(axis="index").all() and found.any(axis="columns").all()
    assert not found.all(axis="columns").any()
    assert not any(look(plant([])) for look in READING.values())
    assert "two sessions compared: a nonce given twice finds it" in plot_found(found_by()).told


def test_what_cannot_be_read_is_a_fault_of_its_line():
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device))
    line = talk[1]
    broken = replace(line, packet=dm.Packet(line.packet.to, b"<SyncML", line.packet.media_type), note="unreadable")
    [fault] = [each for each in faults(Transcript((talk[0], broken)), complete=False) if each.kind == "unreadable"]
    assert (fault.line, fault.sender) == (2, "server")


def test_the_page_shows_text_and_not_markup():
    talk = plant(["a format in capitals"])[0]
    html = faults(talk)._repr_mimebundle_()["text/html"]
    assert "<caption" in html and "CHR" in html and 'style="color:#' not in html


def test_a_wrong_name_is_one_sentence():
    with pytest.raises(ConfigError, match=r"fault 'a message too long' is not known.*nearest: 'a message too large'"):
        plant(["a message too long"])


def test_the_capture_on_disk_is_what_is_planted():
    import runpy
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    made = runpy.run_path(str(root / "docs/make_faulty.py"))["octets"]()
    assert (root / "data/lessons/faulty.pcap").read_bytes() == made
    sessions = dm.transport.read_traces(root / "data/lessons/faulty.pcap")
    assert [repr(talk) for talk in sessions.values()] == [repr(talk) for talk in plant()]
