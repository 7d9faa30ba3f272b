"""Who may give a server software, and to whom it may go: what comes in is checked, and what goes out.

An originator hands over a signed package (``dmkit.auth.signed``) with the targets that it is for.  The server takes it
only from an originator it knows, whole, and for targets that this originator may serve; before it sends, it asks once
more whether the device is one.  Each refusal is an ``OriginatorError`` of one form.

[RD §6: R-032, R-167, R-168; PROPOSAL]

>>> OriginatorError("originator", 403, "nobody", "is not known here").text
'403 originator nobody: is not known here'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Final, Literal

from dmkit.auth.signed import Trust, check
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["BASIS", "Delivery", "Depot", "Originator", "OriginatorError"]

BASIS: Final = "PROPOSAL: signed packages, targets by model; DM 1.2 leaves the side of originators open"


@dataclass(frozen=True, slots=True)
class OriginatorError:
    """An error in the one form that this server has: where it arose, a status, whom it is about, why."""

    where: Literal["originator", "package", "target"]
    status: int
    about: str
    why: str

    @property
    def text(self) -> str:
        """On one line."""
        return f"{self.status} {self.where} {self.about}: {self.why}"


@dataclass(frozen=True, slots=True)
class Originator:
    """Somebody who makes software: by whose certificates (``trust``) and for which models."""

    name: str
    trust: Trust
    models: frozenset[str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A package that was taken: from whom, its name and version, its octets, for which models."""

    originator: str
    name: str
    version: int
    octets: bytes = field(repr=False)
    models: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Depot:
    """What a server holds for devices: a value."""

    originators: Mapping[str, Originator] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()

    def knowing(self, *originators: Originator) -> Depot:
        """The depot that takes packages of these too; ConfigError for one without models."""
        for one in originators:
            if not one.models:
                raise ConfigError(f"originator {one.name!r} serves no model; name those it may deliver for")
        return replace(self, originators={**self.originators, **{one.name: one for one in originators}})

    def take(self, originator: str, octets: bytes, models: Iterable[str]) -> tuple[Depot, OriginatorError | None]:
        """The depot with this package, or a report of why it was not taken."""
        known = self.originators.get(originator)
        if known is None:
            return self, OriginatorError("originator", 403, originator, "is not known here")
        wanted = frozenset(models)
        foreign = sorted(wanted - known.models)
        if foreign or not wanted:
            return self, OriginatorError(
                "target", 403, foreign[0] if foreign else "nothing", f"{originator} does not serve it"
            )
        checked = check(octets, known.trust)
        if not checked:
            return self, OriginatorError("package", 415, originator, checked.why)
        made = Delivery(originator, checked.name, checked.version, octets, wanted)
        return replace(self, deliveries=(*self.deliveries, made)), None

    def for_device(self, model: str, name: str) -> Delivery | OriginatorError:
        """The newest package of that name for a device of ``model``, or a report: nothing goes where it should not."""
        named = [one for one in self.deliveries if one.name == name]
        if not named:
            return OriginatorError("package", 404, name, "nobody delivered it")
        fitting = [one for one in named if model in one.models]
        if not fitting:
            return OriginatorError("target", 403, model, f"{name} is for {', '.join(sorted(named[-1].models))}")
        return max(fitting, key=lambda one: one.version)
