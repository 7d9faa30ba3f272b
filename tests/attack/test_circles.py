"""Nothing that a search or a trial makes is in a circle: it goes when nobody needs it, and the collector may rest."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from dmkit.attack.explorer import explore
from dmkit.attack.powers import PATH, Attacker
from dmkit.lab.studies.exploring import WalksOfDesign
from dmkit.lab.studies.security import SOME_ATTACKS, CellsOfDesign

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")

WORK: dict[str, Callable[[], object]] = {
    "a walk": lambda: explore("md5 per session", Attacker.of(*PATH, budget=2), stop=False, limit=100),
    "walks of a design": lambda: WalksOfDesign(("listener", "bad line")).run(1),
    "cells of passwords": lambda: CellsOfDesign(SOME_ATTACKS, "basic", chances=0).run(1),
    "cells of keys from a card": lambda: CellsOfDesign(SOME_ATTACKS, "mac, GBA keys", chances=0).run(1),
}


@pytest.mark.parametrize("what", WORK)
def test_nothing_is_left_for_the_collector(what: str) -> None:
    WORK[what]()  # whatever is made on first use
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        WORK[what]()
        gc.collect()
        kinds = {type(left).__module__ for left in gc.garbage}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        if was_on:
            gc.enable()
    assert not [kind for kind in kinds if kind.startswith("dmkit.")]
