"""A set of services that passes: which of them stand on each other, in order, and what must change for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import Need, Service
from dmkit.services.plan import Install, LeafWrite
from dmkit.services.settle import Settled
from dmkit.services.state import DeviceValues, blocked_by, holds
from dmkit.words.records import dataclass

__all__ = ["PlannedServices", "founded"]


@dataclass(frozen=True, slots=True)
class PlannedServices:
    """A set of services that passes: in order, what each leans on, and the changes."""

    order: Mapping[str, tuple[Need, ...]]
    writes: tuple[LeafWrite, ...]
    settled: Settled
    removed: Mapping[str, tuple[LeafWrite | Install, ...]]
    held: frozenset[str] = frozenset()
    """Those of ``order`` that are set up and wait for a fact."""


def founded(
    catalogue: ServiceCatalogue, names: Iterable[str], values: DeviceValues, *, assume: bool = False
) -> tuple[dict[str, tuple[Need, ...]], list[Service]]:
    """Of ``names`` those that work in ``values`` by leaning on each other alone, in order, and those that do not.

    With ``assume`` those that would work if every fact were as it is needed.
    """
    order: dict[str, tuple[Need, ...]] = {}
    waiting = [catalogue.services[name] for name in names]
    bad = {s.name for s in waiting if not s.configured(values) or blocked_by(catalogue, s, values)}
    while True:
        left: list[Service] = []
        for service in waiting:
            leans = [next((m for m in c if holds(catalogue, m, values, order, assume)), None) for c in service.needs]
            if None in leans or service.name in bad:
                left.append(service)
            else:
                order[service.name] = tuple(m for m in leans if m is not None)
        if len(left) == len(waiting):
            return order, left
        waiting = left
