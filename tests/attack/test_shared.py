"""Walks that share what engines came to find what walks of their own find; so do designs that are alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from dmkit.attack.alike import explored_as
from dmkit.attack.designs import DESIGNS, Deployment, Design
from dmkit.attack.engines import Engines, SharedEngines
from dmkit.attack.explorer import explore
from dmkit.attack.powers import PATH, Attacker
from dmkit.attack.world import StateSpace
from dmkit.lab.studies.exploring import ATTACKERS
from dmkit.session.rules import Rules

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")

QUICK = ("listener", "bad line", "falls", "parrot", "between, 1 deed", "bad server")


def walked(design: Design | str, attacker: str, engines: SharedEngines | None = None) -> tuple[object, ...]:
    eve, options = ATTACKERS[attacker]
    found = explore(design, eve, stop=False, engines=engines, **options)
    ways = {goal: len(witnesses[0].moves) for goal, witnesses in found.witnesses.items()}
    return found.states, found.moves, found.complete, ways


@pytest.mark.parametrize("design", ["basic", "mac, GBA keys", "bound, TLS unchecked"])
def test_engines_are_shared_and_nothing_is_found_otherwise(design: str) -> None:
    engines = SharedEngines()
    alone = {attacker: walked(design, attacker) for attacker in QUICK}
    # in another order, so that every packet has another number
    assert {attacker: walked(design, attacker, engines) for attacker in reversed(QUICK)} == alone
    assert {attacker: walked(design, attacker, engines) for attacker in QUICK} == alone


def test_what_one_attacker_led_to_is_not_run_again() -> None:
    engines, eve = SharedEngines(), Attacker.of("drop", "duplicate", budget=2)
    first = explore("mac", eve, stop=False, engines=engines)
    again = explore("mac", eve, stop=False, engines=engines)
    assert (again.states, again.moves) == (first.states, first.moves)
    assert first.steps > 20 and again.steps == 0
    assert explore("basic", eve, stop=False, engines=engines).steps > 10


ALIKE = [
    name for name, design in DESIGNS.items()
    if explored_as(design) in [explored_as(other) for other in DESIGNS.values() if other.name != name]
]  # fmt: skip
MINE = Design("mine", replace(Rules(), auth="mac", server_auth="mac"), Deployment(sealed=True, secret="weak"))


def test_which_designs_are_alike() -> None:
    kinds: list[Design] = []
    for design in DESIGNS.values():
        if explored_as(design) not in kinds:
            kinds.append(explored_as(design))
    assert {"md5 per session", "md5, one secret for all", "mac", "mac, sealed values", "mac, open bootstrap"} <= {
        *ALIKE
    }
    assert not {"mac, GBA keys", "basic", "basic over TLS", "mac, reused nonce", "everything"} & {*ALIKE}
    assert len(kinds) < len(DESIGNS)


@pytest.mark.parametrize("design", [*(DESIGNS[name] for name in ALIKE), MINE], ids=lambda design: design.name)
def test_alike_designs_are_walked_alike(design: Design) -> None:
    for attacker in ("falls", "between, 1 deed"):
        assert walked(design, attacker) == walked(explored_as(design), attacker)


def stepped(engines: Engines) -> Iterable[tuple[str, tuple[int, ...]]]:
    return [(key[0], key[1:]) for key in engines._known if key[0] in ("hears", "takes")]


@pytest.mark.parametrize("design", ["md5 per message", "mac", "mac, GBA keys"])
def test_a_step_reads_no_answer_to_another_message(design: str) -> None:
    space = StateSpace(design, Attacker.of(*PATH, "crash", budget=1))
    todo, seen = [space.first], {space.first}
    while todo:
        new = {move.to for place in todo for move in space.moves(place)} - seen
        seen, todo = seen | new, sorted(new)
    engines = space.engines
    framed = {one: getattr(engines, one[0])(*one[1]) for one in stepped(engines)}
    assert len(framed) > 200 and len(engines._ran) < len(framed)
    engines._known.clear()
    engines.frames = False
    assert {one: getattr(engines, one[0])(*one[1]) for one in framed} == framed
