"""What breaks when a node changes or goes, and what goes on by another way.

>>> from dmkit.services.tables import default
>>> from dmkit.services.planner import plan
>>> from dmkit.services.settle import after
>>> phone = {"./DevDetail/Bearer/LTE": "true", "./Card/Applications": "USIM"}
>>> there = after(phone, plan(default(), phone, ["mms"]).changes)
>>> impact(default(), there, "./NAP/internet/Addr", "other.example").broken
('nap-internet', 'proxy', 'mms')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.inputs import values_given
from dmkit.services.state import DeviceValues, why_not, works
from dmkit.tree.uri import join, parse
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = ["Impact", "impact"]


@dataclass(frozen=True, slots=True, repr=False)
class Impact:
    """``broken`` services work before the change and not after it, ``why`` says by which chain; ``rerouted`` go on,
    leaning on something else (``ways``: on what, before and after); ``gained`` work only afterwards.
    """

    uri: str
    value: str | None
    broken: tuple[str, ...]
    rerouted: tuple[str, ...]
    gained: tuple[str, ...]
    why: Mapping[str, str]
    ways: Mapping[str, tuple[str, str]]

    def __bool__(self) -> bool:
        return bool(self.broken)

    def lines(self) -> Iterator[str]:
        """A sentence for each service that is touched."""
        yield from (f"{name} breaks: {self.why[name]}" for name in self.broken)
        for name in self.rerouted:
            before, then = self.ways[name]
            yield f"{name} goes on, by {then} in place of {before}"
        yield from (f"{name} works from then on" for name in self.gained)
        if not (self.broken or self.rerouted or self.gained):
            yield f"nothing leans on {self.uri}"

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())


@asked
def impact(catalogue: ServiceCatalogue, values: DeviceValues, uri: str, value: str | None = None) -> Impact:
    """What happens when ``uri``, with all below it, goes or, being a leaf, gets ``value``.

    >>> from dmkit.services.tables import default
    >>> impact(default(), {}, "./NAP/Home").broken
    ()
    """
    values_given(values)
    if not isinstance(uri, str) or not isinstance(value, str | None):
        raise ConfigError(f"{uri!r} gets {value!r}; an address and a text are right, or None for a node that goes")
    at = join(parse(uri).path)
    gone = {other: None for other in values if other == at or other.startswith(f"{at}/")}
    then: DeviceValues = {**values, **gone, **({at: value} if value is not None else {})}
    before, now = works(catalogue, values), works(catalogue, then)
    broken = tuple(name for name in before if name not in now)
    ways = {
        name: (", ".join(map(str, before[name])), ", ".join(map(str, now[name])))
        for name in now
        if name in before and before[name] != now[name]
    }
    why = {name: why_not(catalogue, name, then) for name in broken}
    return Impact(at, value, broken, tuple(ways), tuple(n for n in now if n not in before), why, ways)
