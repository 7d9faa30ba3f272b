"""Every state with every event is a move or a refusal; what a server asks for is one by its status."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.ddf.spec import Basis
from dmkit.mo.sched.states import MACHINE, TRANSITIONS, ComponentMove, ScheduleState, overall, step
from dmkit.words.errors import LocalProtocolError
from tests.mo.sched.schedules import DAILY, POLL, SERVER, component, install, phone

CONTROL = {ComponentMove.START: "Start", ComponentMove.STOP: "Stop"}


@pytest.mark.parametrize(("state", "move", "found"), list(MACHINE.pairs()), ids=lambda x: str(getattr(x, "name", "")))
def test_every_pair(state, move, found):
    device = phone()
    install(device, "A", component(1, POLL, **DAILY))
    [part] = device.scheduler.lives["./Sched/A"].parts
    part.state = state
    if found:
        assert step(state, move) is found.to is TRANSITIONS[state][move]
        device.scheduler.execution.move(part, move)
        assert part.state is found.to
    else:
        with pytest.raises(LocalProtocolError, match="is not allowed"):
            device.scheduler.execution.move(part, move)
        assert part.state is state


@pytest.mark.parametrize("move", CONTROL)
@pytest.mark.parametrize("state", [s for s in ScheduleState if s])
def test_control_nodes_do_what_the_table_says(state, move):
    device = phone()
    install(device, "A", component(1, POLL, **DAILY))
    [part] = device.scheduler.lives["./Sched/A"].parts
    part.state = state
    [outcome] = device.execute((dm.Exec.of(f"./Sched/A/Operations/{CONTROL[move]}"),), SERVER, 0.0).outcomes
    if move in TRANSITIONS[state]:
        assert outcome.status == 200 and device.scheduler.state("./Sched/A") is TRANSITIONS[state][move]
        assert device.tree.get("./Sched/A/State").value == str(TRANSITIONS[state][move].value)
    else:
        assert outcome.status == 500 and "is not allowed" in outcome.why
        assert device.scheduler.state("./Sched/A") is state


def test_the_machine_is_closed_and_every_state_but_absent_can_be_left_by_stop_and_delete():
    for state, moves in TRANSITIONS.items():
        assert set(moves.values()) <= set(ScheduleState)
        assert state is ScheduleState.ABSENT or {ComponentMove.STOP, ComponentMove.DELETE, ComponentMove.CHANGE} <= set(
            moves
        )
    reached = {ScheduleState.ABSENT}
    while more := {after for state in reached for after in TRANSITIONS[state].values()} - reached:
        reached |= more
    assert reached == set(ScheduleState)


def test_every_move_says_where_it_comes_from_and_none_claims_to_be_established():
    assert set(MACHINE.bases()) == {Basis.EVIDENCE, Basis.PROPOSAL}


@pytest.mark.parametrize(("states", "whole"), [
    ([ScheduleState.ACTIVE, ScheduleState.RUNNING], ScheduleState.RUNNING),
    ([ScheduleState.INACTIVE, ScheduleState.ACTIVE], ScheduleState.ACTIVE),
    ([ScheduleState.INACTIVE, ScheduleState.FINISHED], ScheduleState.FINISHED),
    ([ScheduleState.FINISHED, ScheduleState.EXPIRED], ScheduleState.EXPIRED),
])  # fmt: skip
def test_the_state_of_a_schedule_is_that_of_its_liveliest_component(states, whole):
    assert overall(states) is whole
