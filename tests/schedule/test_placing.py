"""Schedules placed without a session are those that a session installs."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.device.device import Device
from dmkit.sim.schedule import DAY, OWNER, START, SchedRules, fifty, life, phone, run
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed, ConfigError

TASK = "Replace ./Vendor/Acme/Poll 60"


def _plans(count: int = 12) -> list[dm.schedule.Schedule]:
    found = []
    for name, values in fifty(count, seed=3).items():
        leaves = {path: value for part in values for path, value in part.items()}
        text = {p: ("true" if v else "false") if isinstance(v, bool) else str(v) for p, v in leaves.items()}
        found.append(dm.schedule.Schedule(name, tuple(text.items())))
    return found


def _installed(plans: list[dm.schedule.Schedule]) -> Device:
    device = phone()
    for plan in plans:
        device.execute(dm.schedule.commands_of(plan), OWNER, START)
    device.session_over(START)
    return device


def test_a_placed_schedule_lives_as_an_installed_one():
    plans = _plans()
    placed, sent = phone(), _installed(plans)
    dm.schedule.place(placed, *plans, by=OWNER)
    assert [str(line) for line in placed.tree.diff(sent.tree)] == []
    assert run(placed, START + 5 * DAY, life(5)) == run(sent, START + 5 * DAY, life(5))


def test_one_by_one_is_all_at_once():
    plans = _plans(6)
    once, each = phone(), phone()
    dm.schedule.place(once, *plans, by=OWNER)
    for plan in plans:
        dm.schedule.place(each, plan, by=OWNER)
    assert once.tree.diff(each.tree) == []


@pytest.mark.parametrize(
    ("plans", "status"),
    [
        ([dm.schedule.make("A", [TASK], base="20251201T030000Z"), dm.schedule.make("B", ["Exec ./DevInfo/Man"],
          base="20251201T030000Z")], StatusCode.NOT_ALLOWED),
        ([dm.schedule.make("A", ["Replace ./No/Where 1"], base="20251201T030000Z")], StatusCode.COMMAND_FAILED),
        ([dm.schedule.make("There", [TASK], base="20251201T030000Z")], StatusCode.ALREADY_EXISTS),
        ([dm.schedule.make(name, [TASK], base="20251201T030000Z") for name in "ABC"], StatusCode.DEVICE_FULL),
        ([dm.schedule.make("A", [TASK], base="20251201T030000Z", recur="FREQ=SOMETIMES")], StatusCode.COMMAND_FAILED),
    ],
)  # fmt: skip
def test_all_or_none(plans, status):
    device = phone(SchedRules(max_contexts=3))
    dm.schedule.place(device, dm.schedule.make("There", [TASK], base="20251201T030000Z"), by=OWNER)
    before = device.tree
    with pytest.raises(CommandFailed) as failure:
        dm.schedule.place(device, *plans, by=OWNER)
    assert failure.value.status == status
    assert device.tree.diff(before) == []
    assert run(device, START + DAY)[-1].uri == "./Sched/There/Component/1"


def test_rights_are_those_of_the_server_that_is_named():
    device = phone()
    device.tree = device.tree.with_acl("./Vendor/Acme", "Get=*&Replace=other.example")
    with pytest.raises(CommandFailed, match=r"other\.example"):
        dm.schedule.place(device, dm.schedule.make("A", [TASK], base="20251201T030000Z"), by=OWNER)
    dm.schedule.place(device, dm.schedule.make("A", [TASK], base="20251201T030000Z"), by="other.example")
    assert device.tree.get("./Sched/A/ServerID").text == "other.example"


def test_a_device_without_schedules_and_two_of_one_name_are_told():
    plan = dm.schedule.make("A", [TASK], base="20251201T030000Z")
    with pytest.raises(ConfigError, match="with_object"):
        dm.schedule.place(Device.example(), plan, by=OWNER)
    with pytest.raises(ConfigError, match="two schedules called A"):
        dm.schedule.place(phone(), plan, plan, by=OWNER)


def test_installing_is_linear_in_steps_by_either_way(monkeypatch):
    """A place costs the same however many schedules are there: counted in nodes that are written, not in seconds."""
    from dmkit.mo.sched import tree_form

    counts = []
    for count in (50, 200):
        written = []
        real = tree_form.written
        monkeypatch.setattr(
            tree_form, "written", lambda *a, real=real, seen=written, **k: seen.append(1) or real(*a, **k)
        )
        device = phone(SchedRules(max_contexts=count))
        plans = [dm.schedule.make(f"S{n}", [TASK], base="20251201T030000Z", recur="FREQ=DAILY") for n in range(count)]
        dm.schedule.place(device, *plans, by=OWNER)
        monkeypatch.setattr(tree_form, "written", real)
        counts.append(len(written) / count)
    assert counts[0] == counts[1]
