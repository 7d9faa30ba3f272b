"""The update of FUMO: the package is looked at, staged, and written step by step; and what a loss of power leaves.

[FUMO §5.2, §8.2.5; the steps are our own, ``firmware``]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dmkit.mo.firmware import UpdateStep, perform, read_image, remaining, stage, steps
from dmkit.mo.fumo_downloads import judged
from dmkit.mo.fumo_states import FumoEvent
from dmkit.mo.object import NOTHING
from dmkit.mo.package import examine
from dmkit.tree.tree import Tree
from dmkit.words.outcome import After, Outcome

if TYPE_CHECKING:
    from dmkit.mo.fumo import Fumo

__all__ = ["begun", "carried_on", "stepped"]

_E = FumoEvent


def _content(fumo: Fumo, tree: Tree) -> bytes:
    """The package: fetched, or delivered into the tree."""
    node = fumo.place.node(tree, "Update", "PkgData")
    return fumo.package or (node.value if node is not None and isinstance(node.value, bytes) else b"")


def begun(fumo: Fumo, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
    """Installing begins: the package is looked at, then staged."""
    octets = _content(fumo, tree)
    result = judged(octets, fumo.flash, fumo.trust, now)
    image = examine(octets, replace(fumo.trust, demand="any")).checked.content
    if result == 200 and read_image(image) is None:
        result = 402
    if result != 200:
        return fumo.end(tree, _E.UPDATE_FAILED, result, now)
    fumo.flash = stage(fumo.flash, image)
    return tree, Outcome(None, later=(_next(fumo, steps(fumo.flash)[0]),))


def stepped(fumo: Fumo, tree: Tree, event: After, now: float) -> tuple[Tree, Outcome]:
    """A step is done: the next, or the end of the update."""
    whole = steps(fumo.flash)
    at = next(n for n, step in enumerate(whole) if str(step) == event.data)
    fumo.flash = perform(fumo.flash, whole[at])
    tree = fumo.showing_version(tree, now)
    if not fumo.flash.running:
        return tree, NOTHING
    if not fumo.flash.staged:
        return fumo.end(tree, _E.UPDATE_FAILED, 410, now)
    if at + 1 < len(whole):
        return tree, Outcome(None, later=(_next(fumo, whole[at + 1]),))
    return fumo.end(tree, _E.UPDATED, 200, now)


def carried_on(fumo: Fumo, tree: Tree, now: float) -> tuple[Tree, Outcome]:
    """The installation after a loss of power, as the memory shows it."""
    rest = remaining(fumo.flash)
    if rest:
        return tree, Outcome(None, later=(_next(fumo, rest[0]),))
    target = fumo.flash.target
    well = target is not None and target.version == fumo.flash.running
    return fumo.end(tree, _E.UPDATED if well else _E.UPDATE_FAILED, 200 if well else 410, now)


def _next(fumo: Fumo, step: UpdateStep) -> After:
    return fumo.place.after(fumo.times.of(step), "step", str(step))
