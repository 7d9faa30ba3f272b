"""Schedules come, change and go in sessions: checks, statuses, owners, rights, reports, logs."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.ddf.spec import Basis
from dmkit.mo.object import load
from dmkit.mo.sched.build import commands
from dmkit.mo.sched.object import ALERTS, LIKE_OMA, RESULTS
from dmkit.mo.sched.states import ScheduleState
from dmkit.mo.sched.values import SchedRules
from dmkit.transport.loop import converse
from dmkit.words.codes import Format
from tests.mo.sched.schedules import (
    DAILY,
    DAY,
    HOUR,
    POLL,
    SERVER,
    START,
    EventKind,
    Signal,
    What,
    component,
    install,
    live,
    options,
    phone,
    rows,
)

GOOD = component(1, POLL, **DAILY)


def _without(path):
    return {k: v for k, v in GOOD.items() if not k.startswith(f"Component/1/{path}")}


WRONG = [
    ({**GOOD, "Component/1/Task/1/Target": "./No/Such"}, 500, "does not exist"),
    ({**GOOD, "Component/1/Task/1/Target": "./Vendor/Acme/Poll?prop=ACL"}, 500, "names a property"),
    ({**GOOD, "Component/1/Task/1/Target": "Poll"}, 500, "begins with ./"),
    ({**GOOD, "Component/1/Task/1/Command": "Copy"}, 500, "is not one of Exec"),
    ({**GOOD, "Component/1/Task/1/Command": "Exec"}, 405, "nothing happens on Exec"),
    (
        {**GOOD, "Component/1/Task/1/Command": "Get", "Component/1/Task/1/Atomic": True},
        405,
        "not allowed inside Atomic",
    ),
    ({**GOOD, "Component/1/Task/1/Format": "text"}, 500, "is not one of"),
    (_without("Task"), 500, "at least one task"),
    (_without("Condition"), 500, "nothing could ever start it"),
    ({"Name": "x"}, 500, "at least one component"),
    ({**GOOD, "Component/1/Condition/Gate": "./Bat/Level>="}, 500, "a value is expected"),
    ({**GOOD, "Component/1/Condition/Gate": "./No/Such=1"}, 500, "does not exist"),
    ({**GOOD, "Component/1/Condition/Gate": "./Bat=1"}, 500, "interior node"),
    ({**GOOD, "Component/1/Condition/Time/Recur": "FREQ=DAILY;BYEASTER=1"}, 500, "BYEASTER is not known"),
    ({**GOOD, "Component/1/Condition/Time/Recur": "FREQ=DAILY;UNTIL=20200101T000000Z"}, 500, "UNTIL is before Base"),
    ({**GOOD, "Component/1/Condition/Time/Jitter": -1}, 500, "is outside 0"),
    ({**GOOD, "MissedRule": 3}, 500, "is outside 0 to 2"),
    ({**GOOD, "Valid/From": "20260101T000000Z", "Valid/To": "20250101T000000Z"}, 500, "not after Valid/From"),
    ({**GOOD, "Valid/To": "tomorrow"}, 500, "is not a time such as"),
    ({**GOOD, "Report/Gating": 16}, 500, "is outside 0 to 15"),
    ({**GOOD, **component(1, POLL, thresholds=["./Bat/Level UP 3"])}, 500, "is not one of GE"),
    ({**GOOD, **component(1, POLL, thresholds=["./Bat/Level GE high"])}, 500, "is no number"),
    ({**GOOD, **component(1, POLL, thresholds=["./Net/Bearer EQ ROAM 60 2"])}, 500, "has no distances"),
    ({**GOOD, **component(1, POLL, thresholds=["./Bat/Level GE 3 0"])}, 500, "is outside 1"),
    ({**GOOD, **component(1, POLL, traps=["roaming"])}, 500, "is no URI of an event"),
    ({k: v for n in range(17) for k, v in component(n, POLL, **DAILY).items()}, 413, "this device takes 16"),
]


@pytest.mark.parametrize(("values", "status", "why"), WRONG, ids=[why for _, _, why in WRONG])
@pytest.mark.parametrize("how", ["tnds", "atomic"])
def test_a_wrong_schedule_is_refused_and_leaves_nothing(values, status, why, how):
    device = phone()
    before = device.tree
    [outcome] = device.execute(commands("./Sched/A", values, how=how), SERVER, START).outcomes
    said = outcome if how == "tnds" else outcome.parts[-1]
    assert outcome.status == (status if how == "tnds" else 507) and said.status == status
    assert why in said.why and said.why.startswith("./Sched/A")
    assert device.tree is before and device.scheduler.lives == {}


def test_conditions_that_a_device_lacks_are_406_and_too_many_schedules_420():
    device = phone(rules=SchedRules(families=frozenset({"time"}), max_contexts=2))
    assert install(device, "A", component(1, POLL, traps=["geo"])) == [406]
    assert [install(device, name, GOOD)[0] for name in "ABC"] == [200, 200, 420]


def test_one_that_comes_in_pieces_is_looked_at_when_the_session_ends():
    device = phone()
    assert set(install(device, "A", _without("Task"), how="pieces")) == {200}
    assert device.scheduler.state("./Sched/A") is ScheduleState.FAILED
    assert device.tree.get("./Sched/A/State").value == "90"
    [alert] = device.reports(SERVER, START)
    assert [item.text for item in alert.items] == ["1400", "500"]
    assert device.callers(START) == (SERVER,)


def test_start_before_the_session_ends_says_what_is_wrong():
    device = phone()
    device.execute(commands("./Sched/A", _without("Task"), how="pieces"), SERVER, START)
    device.tree = device.tree.set("./Sched/A/Operations/Start", dm.Node("null", None))
    [outcome] = device.execute((dm.Exec.of("./Sched/A/Operations/Start"),), SERVER, START).outcomes
    assert outcome.status == 500 and "at least one task" in outcome.why


def test_a_change_that_makes_it_invalid_is_taken_back():
    device = phone()
    install(device, "A", GOOD)
    recur = "./Sched/A/Component/1/Condition/Time/Recur"
    bad, good = dm.Replace.of(recur, "FREQ=SOMETIMES"), dm.Replace.of(recur, "FREQ=WEEKLY")
    outcomes = device.execute((bad, good), SERVER, START).outcomes
    assert [int(o.status) for o in outcomes] == [500, 200]
    assert device.scheduler.state("./Sched/A") is ScheduleState.INSTALLED
    device.session_over(START)
    assert len(rows(live(device, START + 15 * DAY), What.RAN)) == 3


def test_a_change_does_not_bring_back_a_due_time_that_ran():
    device = phone()
    install(device, "A", GOOD)
    first = live(device, START + 3 * HOUR)
    device.execute((dm.Replace.of("./Sched/A/Component/1/Task/1/Data", "5"),), SERVER, START + 3 * HOUR)
    device.session_over(START + 3 * HOUR)
    assert [h.due for h in first + live(device, START + DAY) if h.what is What.RAN] == [START + 3 * HOUR]


def test_a_deleted_schedule_is_gone():
    device = phone()
    install(device, "A", GOOD)
    device.execute((dm.Delete.of("./Sched/A"),), SERVER, START)
    assert device.scheduler.lives == {} and device.next_due is None
    assert rows(live(device, START + DAY)) == []


def test_states_and_logs_are_the_clients_alone():
    device = phone()
    install(device, "A", GOOD)
    live(device, START + 4 * HOUR)
    written = (
        dm.Replace.of("./Sched/A/State", "70"),
        dm.Replace.of("./Sched/A/ServerID", "me"),
        dm.Delete.of("./Sched/A/Log/1"),
        dm.Get.of("./Sched/A/Log/1/Result"),
    )
    outcomes = device.execute(written, SERVER, START + 4 * HOUR).outcomes
    assert [int(o.status) for o in outcomes] == [405, 405, 405, 200] and outcomes[3].text == "1200"


def test_an_owner_that_is_written_into_the_document_is_not_believed():
    device = phone()
    node_values = {**GOOD, "ServerID": "boss.example"}
    install(device, "A", node_values)
    assert device.tree.get("./Sched/A/ServerID").value == SERVER


# -- rights


def _shared(**choices):
    device = phone(**choices)
    device.tree = device.tree.with_acl("./Vendor/Acme", f"Get=*&Replace={SERVER}").set("./Ops/Flag", "-")
    return device


def test_an_owner_without_the_right_cannot_install():
    device = _shared()
    assert install(device, "A", GOOD, by="guest.example") == [425]


@pytest.mark.parametrize(("rights", "code"), [("run", 1403), ("install", 1200)])
def test_rights_count_when_it_runs_or_only_at_installation(rights, code):
    device = _shared(rules=SchedRules(rights=rights))
    install(device, "A", GOOD)
    device.tree = device.tree.with_acl("./Vendor/Acme", "Get=*&Replace=other.example")
    happened = live(device, START + 4 * HOUR)
    assert [int(h.code) for h in happened if h.what in (What.RAN, What.FAILED)] == [code]
    assert device.tree.get("./Vendor/Acme/Poll").value == ("60" if code == 1200 else "30")


def test_conditions_read_with_the_owners_rights():
    device = phone()
    gated = component(1, POLL, **DAILY, gate="./Net/Bearer=HOME")
    install(device, "A", gated)
    device.tree = device.tree.with_acl("./Net", "Get=other.example")
    assert rows(live(device, START + 4 * HOUR)) == [("01T0300", "failed", 1403)]
    assert install(device, "B", gated) == [425]
    device = phone()
    install(device, "C", component(1, POLL, thresholds=["./Bat/Level CROSS_DOWN 50"]))
    open_tree, shut = device.tree, device.tree.with_acl("./Bat", "Get=other.example")
    for tree, level, runs in ((shut, 40, 0), (open_tree.set("./Bat/Level", 60), 40, 1)):
        device.tree = tree
        now = device.scheduler.now
        drop = (now + HOUR, Signal(EventKind.VALUE, level, "./Bat/Level"))
        assert len(rows(live(device, now + 2 * HOUR, drop), What.RAN)) == runs


@pytest.mark.parametrize(("rule", "statuses", "poll"), [("refuse", [425], "60"), ("allow", [200], "666")])
def test_who_may_change_a_schedule_might_borrow_its_owners_rights(rule, statuses, poll):
    device = _shared(rules=SchedRules(foreign_change=rule))
    install(device, "A", GOOD)
    change = (dm.Replace.of("./Sched/A/Component/1/Task/1/Data", "666"),)
    assert [int(o.status) for o in device.execute(change, "guest.example", START).outcomes] == statuses
    device.session_over(START)
    live(device, START + 4 * HOUR)
    assert device.tree.get("./Vendor/Acme/Poll").value == poll


# -- real sessions


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=["xml", "wbxml"])
@pytest.mark.parametrize("how", ["tnds", "atomic", "pieces"])
def test_installed_run_and_reported_in_sessions(how, codec):
    device = phone()
    device.codec = codec
    server = dm.Server.example(device)
    job = dm.jobs.send(*commands("./Sched/A", GOOD, options(missed=1), how=how))
    converse(device, server, job=job, now=START)
    assert device.scheduler.state("./Sched/A") is ScheduleState.ACTIVE
    live(device, START + 3 * HOUR)
    talk = converse(device, server, now=START + 3 * HOUR)
    assert len(talk.steps) == 3
    said = [event.alert for _, event in server.alerts if event.alert.code == 1226]
    assert [(a.items[0].source, a.items[0].text, a.correlator) for a in said] == [
        ("./Sched/A/Component/1", "1200", "A")
    ]
    assert said[0].items[0].meta.type == ALERTS[0]
    assert device.callers(START + 3 * HOUR) == ()
    job = dm.jobs.read("./Sched/A/Log/1/Time", "./Sched/A/State")
    converse(device, server, job=job, now=START + 4 * HOUR)
    assert list(server.results[-1].result.values()) == ["20251201T030000Z", "30"]


# -- provenance


def test_every_node_has_its_basis_and_none_is_called_established():
    spec = load("sched")
    assert set(spec.bases()) == {Basis.EVIDENCE, Basis.PROPOSAL, Basis.UNSURE}
    assert spec.roots[0].children[0].object_id == "urn:oma:mo:x-dmsched:1.0"
    assert LIKE_OMA.roots[0].children[0].object_id == "urn:oma:mo:oma-dm-scheduling:1.0"
    assert {code.basis for code in RESULTS.values()} == {Basis.PROPOSAL}
    assert all(place.node.source for place in spec.walk())
    assert {place.node.format for place in spec.walk()} <= set(Format)


@pytest.mark.parametrize("by", ["guest.example", SERVER])
def test_items_of_one_command_are_judged_one_by_one(by):
    """What one Item may not change is no reason to take the others back."""
    device = phone()
    device.tree = device.tree.with_acl(".", "Add=*&Delete=*&Get=*&Replace=*")
    install(device, "A", GOOD)
    data = "./Sched/A/Component/1/Task/1/Data"
    command = dm.Replace((dm.Item("./Vendor/Acme/Poll", data="5"), dm.Item(data, data="666")))
    outcome = device.execute((command,), by, START).outcomes[0]
    mine = by == SERVER
    assert [int(part.status) for part in outcome.parts] == [200, 200 if mine else 425]
    assert int(outcome.status) == (200 if mine else 425)
    assert device.tree.get("./Vendor/Acme/Poll").text == "5"
    assert device.tree.get(data).text == ("666" if mine else "60")


def test_an_owner_s_item_that_makes_it_invalid_is_taken_back_alone():
    device = phone()
    install(device, "A", GOOD)
    base, data = (f"./Sched/A/Component/1/{p}" for p in ("Condition/Time/Base", "Task/1/Data"))
    command = dm.Replace((dm.Item(base, data="yesterday"), dm.Item(data, data="61")))
    outcome = device.execute((command,), SERVER, START).outcomes[0]
    assert [int(part.status) for part in outcome.parts] == [500, 200]
    assert (device.tree.get(base).text, device.tree.get(data).text) == (GOOD["Component/1/Condition/Time/Base"], "61")
