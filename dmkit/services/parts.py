"""What a catalogue is made of: needs, settings, checks, facts, software, services, each a value that checks itself.

>>> need("software:runtime>=2.1,<3").range.takes("2.10")
True
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Annotated, Final

from dmkit.ddf.spec import Basis
from dmkit.services.versions import VersionRange
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range, Seconds
from dmkit.words.records import dataclass

__all__ = [
    "FACTS",
    "HIDDEN",
    "Fact",
    "Need",
    "Service",
    "ServiceCheck",
    "Setting",
    "SoftwareComponent",
    "SoftwarePackage",
    "need",
]

Amount = Annotated[float, Range("number", 0, above=True)]
"""A time in seconds, above zero."""
FACTS: Final = ("bearer", "card", "device")
"""Kinds of fact: what a server can see and cannot change."""
_NEED: Final = re.compile(r"(not\s+)?(?:([a-z]+):)?([a-z0-9][a-z0-9_-]*)\s*(.*)\Z")
HIDDEN: Final = "•••"
"""Stands for a value that is there and cannot be read."""


@checked
@dataclass(frozen=True, slots=True)
class Need:
    """One thing a service needs: another service (``kind`` "service"), "software" in a range, or a fact."""

    kind: Annotated[str, Names(lambda: FACTS, ("service", "software"))]
    """What it is."""
    name: str
    """Its name in the catalogue."""
    range: VersionRange = field(default_factory=VersionRange)
    """Versions that will do."""
    negated: bool = False
    """A fact that must not be so."""

    def __post_init__(self) -> None:
        if self.negated and self.kind not in FACTS:
            raise ConfigError(f"not {self.name}: only a fact can be forbidden; a service is, by conflicts")

    @property
    def is_fact(self) -> bool:
        """True for what a server can see and cannot change."""
        return self.kind in FACTS

    def __str__(self) -> str:
        told = (self.name if self.kind == "service" else f"{self.kind}:{self.name}") + str(self.range)
        return f"not {told}" if self.negated else told


def need(text: str) -> Need:
    """Read ``mail``, ``bearer:lte``, ``not device:roaming``, ``card:isim`` or ``software:runtime>=2.1``."""
    found = _NEED.match(text)
    kind = (found[2] or "service") if found else ""
    if found is None or kind not in ("service", "software", *FACTS) or (found[4] and kind != "software"):
        raise ConfigError(f"{text!r} is no need; a service, bearer:lte, card:isim or software:runtime>=2.1 is")
    return Need(kind, found[3], VersionRange.of(found[4]), found[1] is not None)


@checked
@dataclass(frozen=True, slots=True)
class Setting:
    """The leaf ``uri`` as a service wants it: ``value``, or anything that ``pattern`` matches as a whole.

    Without a value it can only be checked.  ``off`` is written when the service goes; None deletes the leaf.
    ``secret``: a device does not show it, so one that is there and hidden is taken on trust.
    """

    uri: str
    value: str | None = None
    pattern: str | None = None
    off: str | None = None
    secret: bool = False
    format: str = "chr"
    """Format of the leaf, when it has to be made."""
    busy: str | None = None
    """What its value is like while something is in progress that must not be disturbed: a regular expression."""
    basis: Basis = Basis.PROPOSAL
    """On what it rests."""
    lifetime: Amount | None = None
    """Seconds for which a secret is good, once written."""
    renew: Seconds = 0.0
    """How many seconds before its end it is written anew."""

    def holds(self, value: str | None) -> bool:
        """True when ``value`` (None: no such leaf) will do."""
        if value is None:
            return False
        if self.secret:
            return value in (HIDDEN, self.value)
        return re.fullmatch(self.pattern, value) is not None if self.pattern is not None else value == self.value

    def __str__(self) -> str:
        if self.secret:
            return f"{self.uri} = {HIDDEN}"
        return f"{self.uri} = {self.value!r}" if self.pattern is None else f"{self.uri} like {self.pattern!r}"


@checked
@dataclass(frozen=True, slots=True)
class ServiceCheck:
    """How a service shows that it works: the answer to ``verb`` ("Get" or "Exec") of ``uri``, and what it is like."""

    verb: Annotated[str, Names(lambda: ("Get", "Exec"))]
    """The command."""
    uri: str
    """The node."""
    pattern: str = ".*"
    """What the whole answer is like: a regular expression."""

    def passes(self, text: str) -> bool:
        """True when the answer ``text`` of a command that went well is as it should be."""
        return re.fullmatch(self.pattern, text, re.DOTALL) is not None


@checked
@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or is not: the leaf ``uri`` has a value that ``pattern`` matches."""

    kind: Annotated[str, Names(lambda: FACTS)]
    """What a server can see and cannot change."""
    name: str
    """Its name."""
    uri: str
    """The leaf that tells it."""
    pattern: str = "true"
    """What the whole value is like when it is so: a regular expression."""
    title: str = ""
    """What it is, for people."""
    basis: Basis = Basis.PROPOSAL
    """On what it rests."""
    busy: str | None = None
    """What the value is like while something is in progress that will decide: a regular expression."""

    def holds(self, value: str | None) -> bool:
        """True when it is so."""
        return value is not None and re.fullmatch(self.pattern, value) is not None


@checked
@dataclass(frozen=True, slots=True)
class SoftwarePackage:
    """A version of a component that can be had: ``settings`` first, then Exec of ``install``."""

    version: str
    """What the leaf of the component says afterwards."""
    install: str
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    cost: Natural = 10
    """What the installation costs, beside 1 for a write."""
    returns: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Leaves that the device shows afterwards, with values as examples: for rehearsals."""
    lifetime: Amount | None = None
    """Seconds for which what it brings is good, as a certificate is."""
    renew: Seconds = 0.0
    """How many seconds before its end it is installed anew."""


@checked
@dataclass(frozen=True, slots=True)
class SoftwareComponent:
    """Software: the leaf ``at`` has the version that is installed; ``remove`` is executed to be rid of it."""

    name: str
    """Its name in the catalogue."""
    at: str
    packages: tuple[SoftwarePackage, ...] = ()
    """Versions that can be had, best liked first."""
    remove: str | None = None
    title: str = ""
    """What it is, for people."""
    basis: Basis = Basis.PROPOSAL
    """On what it rests."""
    deletes: bool = False
    """It goes by Delete of the node ``remove``, in place of Exec."""


@checked
@dataclass(frozen=True, slots=True)
class Service:
    """A service.  ``needs`` are clauses, all of which count; any member of a clause will do, best liked first.

    ``optional`` are clauses that are fulfilled where they can be when the service is set up; it works without them.
    ``owns`` are sub-trees that go as a whole when the service goes.  ``auxiliary``: it serves other services only and
    goes when none of them is left.
    """

    name: str
    """Its name in the catalogue."""
    title: str = ""
    """What it is, for people."""
    needs: tuple[tuple[Need, ...], ...] = ()
    settings: tuple[Setting, ...] = ()
    """Leaves as it wants them."""
    conflicts: frozenset[str] = frozenset()
    """Names of services that it cannot stand beside."""
    verify: tuple[ServiceCheck, ...] = ()
    """How it shows that it works."""
    owns: tuple[str, ...] = ()
    auxiliary: bool = False
    basis: Basis = Basis.PROPOSAL
    """On what it rests."""
    optional: tuple[tuple[Need, ...], ...] = ()

    def configured(self, values: Mapping[str, str | None]) -> bool:
        """True when all its settings hold, whatever it needs."""
        return all(setting.holds(values.get(setting.uri)) for setting in self.settings)

    def needed(self) -> Iterator[Need]:
        """The members of all clauses."""
        return (member for clause in self.needs for member in clause)

    def named(self) -> Iterator[Need]:
        """The members of all clauses, of those too that it can do without: whom it serves when others are dropped."""
        return (member for clause in (*self.needs, *self.optional) for member in clause)
