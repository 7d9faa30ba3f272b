"""The agenda says what looking through a list of its entries says, and is looked through for nothing."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.device.agenda import next_report
from dmkit.device.device import Device
from dmkit.device.pending import Agenda, alert_of
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.transport.loop import converse
from dmkit.words.model import Alert
from dmkit.words.outcome import After, Due, Later
from tests.steps import python_lines

SERVERS = ("", "a", "b")
reports = st.builds(
    lambda at, data, by: Due(at, Later(0.0, "urn:x", data), by),
    st.sampled_from([0.0, 1.0, 2.0]), st.sampled_from("xy"), st.sampled_from(SERVERS),
)  # fmt: skip
moments, names = st.sampled_from([0.0, 1.0]), st.sampled_from("xy")
happenings = st.builds(lambda at, name: Due(at, After(0.0, name, "go")), moments, names)
SERVER = "com.mgmtsrv.manage"


def in_time(entries: list[Due]) -> list[Due]:
    return sorted(entries, key=lambda entry: entry.at)


@given(st.lists(reports | happenings, max_size=12), st.lists(st.integers(0, 20), max_size=6), st.booleans())
def test_an_agenda_says_what_a_list_says(entries: list[Due], gone: list[int], early: bool) -> None:
    agenda, plain = Agenda(), []
    for entry in entries:
        agenda.append(entry)
        plain.append(agenda[-1])
        if early:
            agenda.saying(alert_of(Later(0.0, "urn:x", "x")), "a")
    mark = agenda.came, 1.0
    for at in gone:
        if plain:
            agenda.remove(plain.pop(at % len(plain)))
    old = len(plain)
    for entry in entries[::2]:
        agenda.append(entry)
        plain.append(agenda[-1])
    assert agenda == plain and len(agenda) == len(plain) and bool(agenda) == bool(plain)
    told = [entry for entry in plain if isinstance(entry.what, Later)]
    assert list(agenda.happenings()) == in_time([entry for entry in plain if isinstance(entry.what, After)])
    assert agenda.first == min((entry.at for entry in plain), default=None)
    for now in (0.0, 1.5, 9.0):
        due = in_time([entry for entry in told if entry.at <= now])
        assert agenda.told(None, now) == due
        assert agenda.alerts(due) == tuple(alert_of(entry.what) for entry in due if isinstance(entry.what, Later))
        assert agenda.servers_told(now) == list(dict.fromkeys(entry.by for entry in due))
        mine = [entry for entry in due if entry.by in ("", "a")]
        assert agenda.told(("", "a"), now) == mine
        new = [entry for entry in mine if entry.at > mark[1] or any(entry is late for late in plain[old:])]
        assert agenda.news(("", "a"), now, mark) == new
    for server in (None, "a", "nobody"):
        mine = [entry for entry in told if server is None or entry.by in ("", server)]
        assert agenda.first_told(server) == min((entry.at for entry in mine), default=None)
        for data in "xyz":
            alert = alert_of(Later(0.0, "urn:x", data))
            same = in_time([entry for entry in mine if isinstance(entry.what, Later) and entry.what.data == data])
            assert agenda.saying(alert, server) is (same[0] if same else None)
    agenda.clear()
    assert agenda == [] and not agenda and agenda.first is None


def reporting(n: int, *, apart: bool = False, size: int = 4000) -> Device:
    """``n`` reports, told over many messages; ``apart``: all but one are for another server."""
    device = Device.example(rules=Rules(messages=100_000, max_message=size))
    for at in range(n):
        by = "somebody.else" if apart and at else SERVER
        device.report(Later(0.0, "urn:x", str(at), correlator=f"{n} {at}"), by, 0.0)
    return device


def told(device: Device) -> int:
    server = Server.example(device)
    converse(device, server, now=1.0)
    return sum(alert.alert.code == 1226 for _, alert in server.alerts)


def all_told(n: int) -> None:
    device = reporting(n)
    assert told(device) == n and not device.agenda


def sessions_beside(n: int) -> None:
    device = reporting(n, apart=True)
    for _ in range(n // 8):
        told(device)
    assert len(device.agenda) == n - 1


def asked_beside(n: int) -> None:
    device = reporting(n, apart=True)
    for _ in range(n):
        assert len(device.reports(SERVER, 1.0)) == 1 and device.callers(1.0)[0] == SERVER
        assert next_report(device, server=SERVER) == 0.0 and device.next_due == 0.0


def happens(n: int) -> None:
    device = Device.example()
    device.agenda.extend(Due(float(at % 7), After(0.0, "./Gone", "nothing")) for at in range(n))
    device.live(9.0)
    assert not device.agenda


def answered_alike(n: int) -> None:
    """Reports that say the same: each answer takes one."""
    device = Device.example()
    for _ in range(n):
        device.report(Later(0.0, "urn:x"), SERVER, 0.0)
    for _ in range(n):
        device.reported(alert_of(Later(0.0, "urn:x")), SERVER)
    assert not device.agenda


@pytest.mark.parametrize("work", [all_told, sessions_beside, asked_beside, happens, answered_alike])
def test_an_agenda_is_not_looked_through(work: object) -> None:
    assert callable(work)
    work(16)  # whatever loads on first use
    few, many = (python_lines(lambda n=n: work(n)) for n in (64, 128))  # type: ignore[misc]
    assert many < 2.3 * few


def test_what_comes_in_the_middle_of_a_session_is_told_in_it_once() -> None:
    device = Device.example()
    device.report(Later(0.0, "urn:x", "first"), SERVER)
    session = device.connect()
    server = Server.example(device)
    step = session.start(0.0)
    device.report(Later(0.0, "urn:x", "second"), SERVER)
    device.report(Later(0.0, "urn:x", "first"), SERVER)  # said in this session already
    device.report(Later(5.0, "urn:x", "late"), SERVER)
    device.report(Later(0.0, "urn:x", "foreign"), "another")
    while step.reply is not None:
        side = session if step.reply.to == device.address else server
        step = side.receive(step.reply, 0.0)
    assert [alert.alert.items[0].data for _, alert in server.alerts if alert.alert.code == 1226] == ["first", "second"]
    assert [entry.what.data for entry in device.agenda if isinstance(entry.what, Later)] == ["first", "late", "foreign"]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda agenda: pickle.loads(pickle.dumps(agenda))])
def test_a_copy_of_an_agenda_is_one_of_its_own(copied) -> None:
    report = Later(0.0, "urn:x", "x")
    entries = [Due(1.0, report, "a"), Due(0.5, After(0.5, "./A", "go")), Due(2.0, report, "b")]
    agenda = Agenda(entries)
    agenda.remove(agenda[2])
    agenda.saying(alert_of(report), "a")
    other = copied(agenda)
    assert other == agenda == entries[:2]
    other.append(Due(0.0, report, "a"))
    other.remove(next(other.happenings()))
    first = other.saying(alert_of(report), "a")
    assert first is not None and first.at == 0.0
    other.remove(first)
    assert other == entries[:1] and agenda == entries[:2] and agenda.first == 0.5


class _Own(Device):
    """A device that says in its own words what it has to report."""

    def reports(self, server: str, now: float) -> tuple[Alert, ...]:
        own = alert_of(Later(0.0, "urn:own", "own"))
        return (*super().reports(server, now), own)


def _said(device: Device) -> list[object]:
    server = Server.example(device)
    converse(device, server)
    return [told.alert.items[0].data for _, told in server.alerts if told.alert.code == 1226]


def test_a_device_that_reports_otherwise_is_heard() -> None:
    device = _Own.example()
    device.report(Later(0.0, "urn:x", "x", format="chr"), SERVER)
    assert len(_said(device)) == 2
    other = Device.example()
    other.reports = lambda server, now: (alert_of(Later(0.0, "urn:own", "own")),)  # type: ignore[method-assign]
    assert _said(other) == ["own"] and not _said(Device.example())


@pytest.mark.parametrize("entries", [[], (), [Due(0.0, Later(0.0, "urn:x", "first"), SERVER)]])
def test_an_agenda_may_be_given_as_a_list(entries) -> None:
    device = Device.example().with_object("lawmo")
    device.agenda = entries
    device.report(Later(0.0, "urn:x", "last"), SERVER)
    assert len(device.agenda) == len(entries) + 1 and device.agenda[:-1] == tuple(entries)
    assert _said(device) == [*(due.what.data for due in entries), "last"] and not device.agenda
