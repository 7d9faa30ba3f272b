"""Every state with every event is a move that happens or a refusal that leaves everything as it was."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

import dmkit as dm
from dmkit.ddf.spec import Basis
from dmkit.mo import dcmo, diagmon, lawmo, scomo
from dmkit.mo.fumo import MACHINE as FUMO
from dmkit.mo.fumo import FumoEvent, FumoState
from dmkit.mo.machine import Machine, MoveRefused, ObjectEvent, ObjectMove, ObjectState
from dmkit.mo.scomo_inventory import moved_to
from dmkit.words.model import Add, Exec, Replace
from dmkit.words.outcome import After
from tests.mo.fleet import APP, APP_URL, PACKAGE, URL, do, phone, reports, rest, statuses, value

COMMANDS = {
    FumoEvent.EXEC_DOWNLOAD: Exec.of("./FUMO/Download"),
    FumoEvent.EXEC_UPDATE: Exec.of("./FUMO/Update"),
    FumoEvent.EXEC_BOTH: Exec.of("./FUMO/DownloadAndUpdate"),
    FumoEvent.DATA: Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"),
    FumoEvent.WITHDRAW: Replace.of("./FUMO/Download/PkgURL", URL),
}


@pytest.mark.spec("F-01")
@pytest.mark.parametrize(("state", "event", "move"), list(FUMO.pairs()), ids=lambda x: str(getattr(x, "name", "")))
def test_fumo_every_pair(state: FumoState, event: FumoEvent, move: ObjectMove | MoveRefused) -> None:
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
        device.tree = fumo.happens(device.tree, event, 5.0)  # type: ignore[attr-defined]
        if not move:
            assert move.status is None and device.tree is before  # type: ignore[union-attr]
            return
    assert isinstance(move, ObjectMove)
    assert value(device, "./FUMO/State") == str(int(move.to))
    stops = [state, *move.via, move.to]
    changes = sum(a is not b for a, b in pairwise(stops))
    assert device.tree.get("./FUMO/State").verno == before.get("./FUMO/State").verno + changes


def test_fumo_figure_is_in_the_table() -> None:
    """The rows of the sheet, section 2: from, to; every step of a composite move is one of them."""
    drawn = {
        (10, 30),
        (10, 50),
        (30, 20),
        (30, 40),
        (40, 50),
        (50, 60),
        (50, 10),
        (60, 70),
        (60, 90),
        (70, 80),
        (90, 100),
        (20, 10),
        (80, 10),
        (90, 10),
        (100, 10),
    }
    direct = {
        (int(s), int(m.to)) for s, moves in FUMO.table.items() for m in moves.values() if not m.via and s is not m.to
    }
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
    assert str(FumoState(50)) == "50 Ready to update" and isinstance(FumoState.IDLE, ObjectState)


# -- SCOMO


def scomo_device() -> Any:
    device = phone("scomo", world={APP_URL: APP})
    node = "./SCOMO/Download/App"
    assert statuses(device, Add.of(node), Replace.of(f"{node}/PkgID", "app"), Replace.of(f"{node}/PkgURL", APP_URL),
                    Exec.of(f"{node}/Operations/DownloadInstall")) == [200, 200, 200, 202]  # fmt: skip
    rest(device)
    device.due(1e9)
    return device


SCOMO_NODES = {"download": "./SCOMO/Download/App", "delivered": "./SCOMO/Inventory/Delivered/App",
               "deployed": "./SCOMO/Inventory/Deployed/app.core"}  # fmt: skip
SCOMO_PAIRS = [(m, *pair) for m in scomo.MACHINES for pair in m.pairs()]


@pytest.mark.parametrize(("machine", "state", "event", "move"), SCOMO_PAIRS, ids=lambda x: str(getattr(x, "name", "")))
def test_scomo_every_pair(
    machine: Machine, state: ObjectState, event: ObjectEvent, move: ObjectMove | MoveRefused
) -> None:
    device = scomo_device()
    node, owner = SCOMO_NODES[machine.name], device.objects["./SCOMO"]
    if int(state) == 0:
        device.tree = device.tree.delete(node)
        do(device)
    else:
        device.tree = moved_to(device.tree, node, state, 0.0)
    assert owner.inventory.state(device.tree, node, machine) is state
    before = device.tree
    if event.by != "server":
        assert bool(move) == (event in machine.table[state])
        assert move or move.status is None  # type: ignore[union-attr]
        return
    name = event.value.removeprefix("Exec ")
    if event is scomo.PackageEvent.DATA:
        command: Any = Replace.of(f"{node}/Data", APP, format="bin")
        if int(state):
            device.tree = before = device.tree.set(f"{node}/Data", dm.Node("bin", b"", "application/octet-stream"))
    else:
        command = Exec.of(f"{node}/Operations/{name}")
    [status] = statuses(device, command, now=1.0)
    if not move:
        expected = 404 if int(state) == 0 else 403 if state.busy else 405
        assert status == expected and device.tree is before and not device.agenda
        return
    assert status == (200 if event is scomo.PackageEvent.DATA else 202)
    assert owner.inventory.state(device.tree, node, machine) is move.to  # type: ignore[union-attr]
    rest(device, 1.0)
    assert event is scomo.PackageEvent.DATA or len(reports(device)) == 1


# -- LAWMO


@pytest.mark.parametrize(("state", "event", "move"), list(lawmo.MACHINE.pairs()),
                         ids=lambda x: str(getattr(x, "name", "")))  # fmt: skip
def test_lawmo_every_pair(state: ObjectState, event: ObjectEvent, move: ObjectMove | MoveRefused) -> None:
    device = phone("lawmo")
    owner: Any = device.objects["./LAWMO"]
    device.tree = device.tree.set("./LAWMO/State", int(state))
    if event.by == "server":
        assert statuses(device, Exec.of(f"./LAWMO/Operations/{event.value.removeprefix('Exec ')}")) == [202]
        rest(device)
        [(_, result, _)] = reports(device)
        wipe = event is lawmo.LawmoEvent.WIPE  # nothing is marked
        assert result == ("1406" if wipe else "1200" if move else "1404")
    else:
        device.tree = owner.owner_unlocks(device.tree)
    assert value(device, "./LAWMO/State") == str(int(move.to if isinstance(move, ObjectMove) else state))


# -- DCMO, DiagMon, traps


@pytest.mark.parametrize(("state", "event", "move"), list(dcmo.MACHINE.pairs()),
                         ids=lambda x: str(getattr(x, "name", "")))  # fmt: skip
def test_dcmo_every_pair(state: ObjectState, event: ObjectEvent, move: ObjectMove | MoveRefused) -> None:
    device = phone("dcmo")
    owner: Any = device.objects["./DCMO"]
    device.tree = owner._set(device.tree, "Camera", state, 0.0)
    if event.by == "server":
        name = event.value.removeprefix("Exec ")
        assert statuses(device, Exec.of(f"./DCMO/Camera/Operations/{name}")) == [202]
        rest(device)
        [(_, result, _)] = reports(device)
        assert result == ("1200" if move else "1404" if name == "Enable" else "1405")
    else:
        device.tree = owner.plugged(device.tree, "Camera", event is dcmo.DcmoEvent.ATTACHED)
    assert owner.state(device.tree, "Camera") is (move.to if isinstance(move, ObjectMove) else state)


@pytest.mark.parametrize(("state", "event", "move"), list(diagmon.FUNCTION.pairs()),
                         ids=lambda x: str(getattr(x, "name", "")))  # fmt: skip
def test_diagmon_every_pair(state: ObjectState, event: ObjectEvent, move: ObjectMove | MoveRefused) -> None:
    done = event is diagmon.FunctionEvent.DONE  # of a function that reads once; others are stopped, or by a limit
    device = phone("diagmon", function="phonebook" if done else "memory")
    owner: Any = device.objects["./DiagMon/Battery"]
    device.tree = device.tree.set("./DiagMon/Battery/Status", int(state))
    if event.by == "server":
        [status] = statuses(device, Exec.of(f"./DiagMon/Battery/Operations/{event.value.removeprefix('Exec ')}"))
        assert status == (202 if move else move.status)  # type: ignore[union-attr]
    elif event is diagmon.FunctionEvent.TRIGGERED:
        device.tree, _ = owner.happen(device.tree, After(0.0, owner.at, "start"), 5.0)
    elif done:
        device.tree, _ = owner.happen(device.tree, After(0.0, owner.at, "sample", str(owner.runs)), 5.0)
    else:
        device.tree = device.tree.set("./DiagMon/Battery/DiagMonConfig/ConfigParms/DefMemory", 1)
        device.tree, _ = owner.happen(device.tree, After(0.0, owner.at, "sample", str(owner.runs)), 5.0)
    assert owner.state(device.tree) is (move.to if isinstance(move, ObjectMove) else state)
