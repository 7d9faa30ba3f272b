"""Walks that share what engines came to find what walks of their own find; so do designs that are alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from dmkit.attack.alike import FAR, attacked_as, explored_as
from dmkit.attack.attacks import ATTACKS
from dmkit.attack.designs import DESIGNS, Deployment, Design
from dmkit.attack.engines import Engines, SharedEngines
from dmkit.attack.explorer import explore
from dmkit.attack.powers import PATH, Attacker
from dmkit.attack.trial import PlayedTrial, Trial
from dmkit.attack.world import StateSpace
from dmkit.lab.studies import security
from dmkit.lab.studies.exploring import ATTACKERS
from dmkit.lab.studies.security import SecurityCell
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


def variants(attack: str, design: Design) -> list[Design]:
    """``design`` with another value of each part that ``attack`` never comes near."""
    found = []
    if "secret" in FAR[attack] and design.world.secret != "gba":
        found += [replace(design, world=replace(design.world, secret=kind)) for kind in ("weak", "shared")]
    if "sealed" in FAR[attack]:
        found.append(replace(design, world=replace(design.world, sealed=not design.world.sealed)))
    if "downgrade" in FAR[attack]:
        kinds = ("allow", "sticky", "floor")
        found += [replace(design, rules=replace(design.rules, downgrade=kind)) for kind in kinds]
    return found


def same_cells(attack: str, design: Design) -> int:
    """Every variant has the cell of ``design``, with runs by chance too; gives how many there were."""
    cell = SecurityCell(attack, design, chances=3).run(1)
    others = [one for one in variants(attack, design) if one != design]
    for other in others:
        assert attacked_as(attack, other) == attacked_as(attack, design)
        assert SecurityCell(attack, other, chances=3).run(1) == cell, other
    return len(others)


@pytest.mark.parametrize("attack", FAR)
def test_designs_that_are_alike_to_an_attack_have_the_same_cell(attack: str) -> None:
    names = ("md5 per session",) if ATTACKS[attack].bound > 1 else ("basic", "md5 per session", "mac", "everything")
    assert sum(same_cells(attack, DESIGNS[name]) for name in names) >= len(names)


@pytest.mark.nightly
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("attack", FAR)
def test_all_designs_that_are_alike_to_an_attack_have_the_same_cell(attack: str, design: str) -> None:
    same_cells(attack, DESIGNS[design])


def test_cells_that_are_alike_are_played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix of the lesson, and one of two designs of which one stands for the other in a row."""
    played: list[str] = []
    play = Trial.play

    def counted(self: Trial, *given: Any, **more: Any) -> PlayedTrial:
        played.append(self.attack.name)
        return play(self, *given, **more)

    monkeypatch.setattr(Trial, "play", counted)
    frame = security.matrix(["desynchronise", "relay"], ["mac", "mac, sealed values"], seeds=0)
    assert (played.count("desynchronise"), played.count("relay")) == (37, 2)
    assert list(frame["design"]) == ["mac", "mac, sealed values"] * 2
    assert list(frame["runs"]) == [37, 37, 1, 1] and list(frame["verdict"]) == ["safe", "safe", "breached", "safe"]
    alone = security.matrix(["desynchronise"], ["mac", "mac, sealed values"], seeds=0)
    assert alone.equals(frame.head(2))
    played.clear()
    security.matrix(seeds=0)
    assert len(played) <= 1200  # 1,390 when each design plays its own
