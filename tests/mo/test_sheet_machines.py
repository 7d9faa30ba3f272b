"""The machines in the code are those of the fact sheets, pair by pair; a fault planted in any pair is found.

What happens on a device in each pair is the business of ``test_machines``; here stands that the tables are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dmkit.mo import lawmo, scomo
from dmkit.mo.machine import Machine, ObjectMove
from dmkit.mo.sched.states import MACHINE as SCHEDULE
from dmkit.words.model import Exec, Replace
from tests.mo import sheet_machines as sheet
from tests.mo.fleet import phone, reports, rest, statuses

MACHINES = [*((machine, sheet.SCOMO[machine.name]) for machine in scomo.MACHINES), (lawmo.MACHINE, sheet.LAWMO),
            (SCHEDULE, sheet.SCHEDULE)]  # fmt: skip
NAMES = [machine.name for machine, _ in MACHINES]


@pytest.mark.parametrize(("machine", "text"), MACHINES, ids=NAMES)
def test_every_pair_is_as_the_sheet_has_it(machine: Machine, text: str) -> None:
    assert sheet.differences(machine, text) == []


def faults(machine: Machine) -> Iterator[tuple[str, Machine]]:
    """The machine with one fault: each pair lost, led elsewhere, or allowed where it was refused."""
    states = list(machine.table)
    for state, event, move in machine.pairs():
        moves = dict(machine.table[state])
        if move:
            del moves[event]
            yield f"{int(state)} {event} lost", replace(machine, table={**machine.table, state: moves})
            wrong = next(other for other in states if other is not move.to)  # type: ignore[union-attr]
            moves[event] = replace(move, to=wrong)  # type: ignore[type-var]
            yield f"{int(state)} {event} to {int(wrong)}", replace(machine, table={**machine.table, state: moves})
        else:
            moves[event] = ObjectMove(state)
            yield f"{int(state)} {event} allowed", replace(machine, table={**machine.table, state: moves})


@pytest.mark.parametrize(("machine", "text"), MACHINES, ids=NAMES)
def test_a_fault_in_any_pair_is_found(machine: Machine, text: str) -> None:
    planted = 0
    for what, faulty in faults(machine):
        assert sheet.differences(faulty, text), what
        planted += 1
    assert planted == len(list(machine.pairs())) + len(sheet.read(text)[1])


def test_a_wrong_status_of_a_refusal_is_found() -> None:
    """A state whose ``busy`` is forgotten answers 405 where 403 is right, and the other way about."""
    for busy, wrong in ((405, 405), (403, 403)):
        assert sheet.differences(scomo.PACKAGE, sheet.SCOMO["delivered"], busy, wrong)


# enablers sheet §2.2 and §4: every code with whether it means success
SCOMO_CODES = {1200: True, 1250: True, **dict.fromkeys([*range(1400, 1414), 1450, 1500, 1501, 1550], False)}
LAWMO_CODES = {1200: True, 1201: True, 1202: True, 1250: True, **dict.fromkeys([*range(1400, 1407), 1450], False)}


@pytest.mark.parametrize(("codes", "written"), [(scomo.RESULTS, SCOMO_CODES), (lawmo.RESULTS, LAWMO_CODES)])
def test_result_codes_are_those_of_the_sheet(codes, written):
    assert {number: code.is_success for number, code in codes.items()} == written


@pytest.mark.parametrize(("operation", "code"), [
    ("FullyLock", 1402), ("PartiallyLock", 1403), ("UnLock", 1404), ("Wipe", 1405), ("FactoryReset", 1400),
])  # fmt: skip
def test_lawmo_says_which_operation_failed(operation, code):
    """Enablers sheet §4: each operation has the code of its own failure; a reset has none and says client error."""
    device = phone("lawmo", wipeable={"Messages": "./Messages"}, breaks=frozenset({operation}))
    statuses(
        device, Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", True), Exec.of(f"./LAWMO/Operations/{operation}")
    )
    rest(device)
    assert [result for _, result, _ in reports(device)] == [str(code)]
    assert device.tree.get("./LAWMO/State").value == "30"
