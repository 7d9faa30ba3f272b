"""Every state with every event is a move that happens or a refusal that leaves everything as it was."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dmkit.mo.fumo import MACHINE as FUMO
from dmkit.mo.fumo import FumoEvent, FumoState
from dmkit.mo.machine import Move, Refused, State
from dmkit.model import Exec, Replace
from dmkit.tree.spec import Basis
from tests.mo.fleet import PACKAGE, URL, phone, statuses, value

COMMANDS = {
    FumoEvent.EXEC_DOWNLOAD: Exec.of("./FUMO/Download"),
    FumoEvent.EXEC_UPDATE: Exec.of("./FUMO/Update"),
    FumoEvent.EXEC_BOTH: Exec.of("./FUMO/DownloadAndUpdate"),
    FumoEvent.DATA: Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"),
    FumoEvent.WITHDRAW: Replace.of("./FUMO/Download/PkgURL", URL),
}


@pytest.mark.spec("F-01")
@pytest.mark.parametrize(("state", "event", "move"), list(FUMO.pairs()), ids=lambda x: str(getattr(x, "name", "")))
def test_fumo_every_pair(state: FumoState, event: FumoEvent, move: Move | Refused) -> None:
    device = phone()
    device.tree = device.tree.set("./FUMO/State", int(state)).set("./FUMO/Download/PkgURL", URL)
    device.tree = device.tree.set("./FUMO/DownloadAndUpdate/PkgURL", URL)
    fumo = device.objects["./FUMO"]
    before = device.tree
    if event.by == "server":
        [status] = statuses(device, COMMANDS[event])
        if not move:
            assert status == move.status == (403 if state.busy else 405)  # type: ignore[union-attr]
            assert device.tree is before and not device.agenda
            return
        assert status == (202 if event.value.startswith("Exec") else 200)
        assert bool(device.agenda) == event.value.startswith("Exec")
    else:
        device.tree = fumo._happens(device.tree, event, 5.0)  # type: ignore[attr-defined]
        if not move:
            assert move.status is None and device.tree is before  # type: ignore[union-attr]
            return
    assert isinstance(move, Move)
    assert value(device, "./FUMO/State") == str(int(move.to))
    stops = [state, *move.via, move.to]
    changes = sum(a is not b for a, b in pairwise(stops))
    assert device.tree.get("./FUMO/State").verno == before.get("./FUMO/State").verno + changes


def test_fumo_figure_is_in_the_table() -> None:
    """The rows of the sheet, section 2: from, to; every step of a composite move is one of them."""
    drawn = {(10, 30), (10, 50), (30, 20), (30, 40), (40, 50), (50, 60), (50, 10), (60, 70), (60, 90), (70, 80),
             (90, 100), (20, 10), (80, 10), (90, 10), (100, 10)}
    direct = {(int(s), int(m.to)) for s, moves in FUMO.table.items() for m in moves.values()
              if not m.via and s is not m.to}
    assert direct == drawn
    for state, moves in FUMO.table.items():
        for move in moves.values():
            stops = [int(state), *map(int, move.via), int(move.to)]
            hops = [(a, b) for a, b in pairwise(stops) if a != b]
            assert set(hops) <= drawn
            assert not move.via or move.basis is Basis.UNSURE


def test_states_and_terminals() -> None:
    assert [int(s) for s in FumoState] == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    assert {int(s) for s in FumoState if s.is_over} == {20, 70, 80, 90, 100}
    assert str(FumoState(50)) == "50 Ready to update" and isinstance(FumoState.IDLE, State)
