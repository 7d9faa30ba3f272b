"""The collector rests while a world plays, and what is there in the end is old."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from dmkit.sim import collector
from dmkit.sim.campaign import Campaign
from dmkit.sim.collector import resting_collector


@pytest.fixture(autouse=True)
def on() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.enable()
    gc.collect()
    yield
    (gc.enable if was_on else gc.disable)()


def looked_through(settled: bool) -> int:
    """Looks of the collector at what was made while it rested."""
    seen: list[str] = []
    gc.callbacks.append(lambda phase, info: seen.append(phase))
    try:
        with resting_collector(settled=settled):
            kept = [[number] for number in range(5000)]
        more = [[number] for number in range(100)]
    finally:
        gc.callbacks.pop()
    assert len(kept) + len(more) == 5100
    return len(seen)


def test_what_has_settled_is_not_looked_through_at_once() -> None:
    assert looked_through(settled=True) == 0 < looked_through(settled=False)


def test_what_somebody_has_frozen_stays_so() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with resting_collector(settled=True):
            pass
        assert 0 < gc.get_freeze_count() <= frozen
    finally:
        gc.unfreeze()


class Circle:
    """It goes only when the collector looks."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.parametrize("beside", [800, 8000])
def test_circles_of_many_worlds_do_not_wait_for_ever(beside: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's own job may leave one in each world: ``beside`` what else a world makes, which goes by itself."""
    monkeypatch.setattr(collector, "_MANY", 0)  # everything is looked through before each world but the first
    there: weakref.WeakSet[Circle] = weakref.WeakSet()
    largest = 0
    for _ in range(30):
        with resting_collector(settled=True):
            there.add(Circle())
            kept: list[Any] = [[number] for number in range(beside)]
        del kept
        largest = max(largest, len(there))
    assert largest <= 2


@pytest.mark.parametrize("fidelity", ["exact", "tape"])
def test_a_world_that_was_played_has_no_circles(fidelity: str) -> None:
    """What is old may lie for long: so nothing may wait for the collector."""
    plan = Campaign(devices=100, fidelity=fidelity)  # type: ignore[arg-type]
    plan.run(1)  # whatever is made on first use
    gc.collect()
    gc.disable()
    plan.run(2)
    assert gc.collect() < 100  # not one for a device
