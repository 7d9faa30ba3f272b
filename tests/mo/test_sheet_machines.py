"""The machines in the code are those of the fact sheets, pair by pair; a fault planted in any pair is found.

What happens on a device in each pair is the business of ``test_machines``; here stands that the tables are right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dmkit.mo import dcmo, diagmon_states, lawmo, scomo
from dmkit.mo.fumo_states import FETCHING
from dmkit.mo.fumo_states import MACHINE as FUMO
from dmkit.mo.fumo_states import RESULTS as FUMO_RESULTS
from dmkit.mo.machine import Machine, ObjectMove
from dmkit.mo.object import ExecAsked
from dmkit.mo.package import FetchResult
from dmkit.mo.sched.states import MACHINE as SCHEDULE
from dmkit.mo.scomo_tasks import ScomoTask
from dmkit.words.model import Exec, Replace
from tests.mo import sheet_machines as sheet
from tests.mo.fleet import phone, reports, rest, statuses

MACHINES = [*((machine, sheet.SCOMO[machine.name]) for machine in scomo.MACHINES), (lawmo.MACHINE, sheet.LAWMO),
            (SCHEDULE, sheet.SCHEDULE), (FUMO, sheet.FUMO), (dcmo.MACHINE, sheet.DCMO),
            *((machine, sheet.DIAGMON[machine.name]) for machine in diagmon_states.MACHINES)]  # fmt: skip
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
            moves[event] = replace(move, via=(*move.via, wrong))  # type: ignore[type-var]
            yield f"{int(state)} {event} through {int(wrong)}", replace(machine, table={**machine.table, state: moves})
        else:
            moves[event] = ObjectMove(state)
            yield f"{int(state)} {event} allowed", replace(machine, table={**machine.table, state: moves})


@pytest.mark.parametrize(("machine", "text"), MACHINES, ids=NAMES)
def test_a_fault_in_any_pair_is_found(machine: Machine, text: str) -> None:
    planted = 0
    for what, faulty in faults(machine):
        assert sheet.differences(faulty, text), what
        planted += 1
    assert planted == len(list(machine.pairs())) + 2 * len(sheet.read(text)[1])


def test_a_wrong_status_of_a_refusal_is_found() -> None:
    """A state whose ``busy`` is forgotten answers 405 where 403 is right, and the other way about."""
    for busy, wrong in ((405, 405), (403, 403)):
        assert sheet.differences(scomo.PACKAGE, sheet.SCOMO["delivered"], busy, wrong)


# enablers sheet §2.2, §3, §4, §5 and fumo sheet §4.1: every code with whether it means success
SCOMO_CODES = {1200: True, 1250: True, **dict.fromkeys([*range(1400, 1414), 1450, 1500, 1501, 1550], False)}
LAWMO_CODES = {1200: True, 1201: True, 1202: True, 1250: True, **dict.fromkeys([*range(1400, 1407), 1450], False)}
FUMO_CODES = {200: True, 250: True, **dict.fromkeys([*range(400, 412), 450, *range(500, 504), 550], False)}
DCMO_CODES = {1200: True, **dict.fromkeys(range(1400, 1406), False)}
DIAGMON_CODES = {1200: True, **dict.fromkeys(range(1400, 1405), False)}


@pytest.mark.parametrize(
    ("codes", "written"),
    [(scomo.RESULTS, SCOMO_CODES), (lawmo.RESULTS, LAWMO_CODES), (FUMO_RESULTS, FUMO_CODES),
     (dcmo.RESULTS, DCMO_CODES), (diagmon_states.RESULTS, DIAGMON_CODES)],
    ids=["scomo", "lawmo", "fumo", "dcmo", "diagmon"],
)  # fmt: skip
def test_result_codes_are_those_of_the_sheet(codes, written):
    assert {number: code.is_success for number, code in codes.items()} == written


@pytest.mark.parametrize(("codes", "words"), [
    (scomo.RESULTS, {1401: "user cancel", 1402: "download", 1403: "authentication", 1404: "download", 1405: "install",
                     1406: "install", 1407: "validation", 1408: "remove", 1409: "activate", 1410: "deactivate",
                     1411: "not implemented", 1412: "undefined", 1413: "environment"}),
    (FUMO_RESULTS, {401: "user cancel", 402: "corrupt", 403: "device", 404: "signature", 405: "not acceptable",
                    406: "authentication", 407: "time-out", 408: "not implemented", 409: "undefined",
                    410: "update failed", 411: "bad URL", 500: "update failed", 501: "download failed, out of memory",
                    502: "update failed, out of memory", 503: "download failed, network", 550: "server"}),
    (dcmo.RESULTS, {1401: "user cancel", 1402: "enable", 1403: "disable", 1404: "enable failed: not attached",
                    1405: "disable failed: not attached"}),
    (diagmon_states.RESULTS, {1401: "user refused", 1402: "not supported", 1403: "memory", 1404: "limit"}),
], ids=["scomo", "fumo", "dcmo", "diagmon"])  # fmt: skip
def test_what_a_result_code_means(codes, words):
    for number, word in words.items():
        assert word in codes[number].phrase, number


@pytest.mark.parametrize(("what", "code"), [  # fumo sheet §4.1
    ("URL", 411), ("AUTHENTICATION", 406), ("TIMEOUT", 407), ("MEMORY", 501), ("NETWORK", 503), ("SERVER", 550),
    ("UNDEFINED", 409),
])  # fmt: skip
def test_what_came_of_fetching_has_a_code(what, code):
    assert FETCHING[FetchResult[what]] == code


@pytest.mark.parametrize(("machine", "event", "code"), [  # enablers sheet §2.2: cancelled, or what failed
    ("download", "Exec Download", 1401), ("download", "Exec DownloadInstall", 1401), ("delivered", "Exec Remove", 1408),
    ("deployed", "Exec Remove", 1408), ("deployed", "Exec Activate", 1409), ("deployed", "Exec Deactivate", 1410),
    ("delivered", "Exec Install", 1405), ("delivered", "Exec InstallInactive", 1405),
])  # fmt: skip
def test_an_operation_whose_node_has_gone_says_what_failed(machine, event, code):
    assert ScomoTask(1, "./SCOMO/a", machine, event, ExecAsked("s"), "").lost == code


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
