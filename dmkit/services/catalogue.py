"""What services there are and what each needs: settings, software, bearers, card applications, other services.

A catalogue is data: a TOML file, checked when it is read.  Every mistake is one sentence that names the place.

>>> need("software:runtime>=2.1,<3").range.takes("2.10")
True
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Final

from dmkit.ddf.spec import Basis
from dmkit.services.versions import VersionRange
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range, Seconds

__all__ = [
    "FACTS",
    "HIDDEN",
    "Fact",
    "Need",
    "Service",
    "ServiceCatalogue",
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
_REFERENCE: Final = re.compile(r"\$\{(\./[^{}]+)\}")
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


@checked
@dataclass(frozen=True, slots=True)
class ServiceCatalogue:
    """Services, software and facts by name (facts by ``kind:name``); ConfigError when they do not fit together.

    >>> ServiceCatalogue({"mail": Service("mail", needs=((need("bearer:lte"),),))})
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: service mail: needs bearer:lte, which is not in the catalogue
    """

    services: Mapping[str, Service]
    """Name -> service."""
    software: Mapping[str, SoftwareComponent] = field(default_factory=dict)
    """Name -> component."""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """``kind:name`` -> fact."""

    def __post_init__(self) -> None:
        fixed = self._fixed()
        for service in self.services.values():
            where = f"service {service.name}"
            for member in (*service.needed(), *(m for clause in service.optional for m in clause)):
                known = {"service": self.services, "software": self.software}.get(member.kind, self.facts)
                key = f"{member.kind}:{member.name}" if member.is_fact else member.name
                if key not in known:
                    raise ConfigError(f"{where}: needs {member}, which is not in the catalogue")
            for rival in sorted(service.conflicts):
                if rival not in self.services or rival == service.name:
                    raise ConfigError(f"{where}: conflicts with {rival!r}, which is no other service of the catalogue")
                if not service.settings or not self.services[rival].settings:
                    raise ConfigError(f"{where}: conflicts with {rival}; one of the two has no settings to tell it by")
            for setting in service.settings:
                if setting.uri in fixed:
                    raise ConfigError(f"{where}: {setting.uri} tells a fact or a version; nobody can set it")
            ring = self._ring(service.name)
            if ring:
                raise ConfigError(f"{where}: {' needs '.join(ring)}: values that wait for each other are never known")

    @property
    def secrets(self) -> Mapping[str, tuple[str, ...]]:
        """Leaf -> the secrets that services want there."""
        found: dict[str, dict[str, None]] = {}
        for service in self.services.values():
            for setting in service.settings:
                if setting.secret and setting.value is not None:
                    found.setdefault(setting.uri, {})[setting.value] = None
        return {uri: tuple(values) for uri, values in found.items()}

    def _fixed(self) -> set[str]:
        """Leaves that no setting writes: facts, versions, and what packages are told."""
        packages = (p for c in self.software.values() for p in c.packages)
        told = {uri for package in packages for uri in package.settings}
        return told | {f.uri for f in self.facts.values()} | {c.at for c in self.software.values()}

    def _ring(self, name: str) -> tuple[str, ...]:
        """Leaves that cannot be known before each other, among those that stand together when ``name`` does."""
        together, software, queue = set[str](), set[str](), [name]
        while queue:
            one = queue.pop()
            if one not in together:
                together.add(one)
                only = [clause[0] for clause in self.services[one].needs if len(clause) == 1]
                queue += [member.name for member in only if member.kind == "service"]
                software |= {member.name for member in only if member.kind == "software"}
        told = [(s.uri, s.value or "") for n in together for s in self.services[n].settings]
        alone = (self.software[n].packages[0] for n in software if len(self.software[n].packages) == 1)
        told += [pair for package in alone for pair in package.settings.items()]
        needs = {uri: found for uri, text in told if "${" in text and (found := _REFERENCE.findall(text))}
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            return tuple(reversed(error.args[1]))
        return ()

    def rivals(self, name: str) -> frozenset[str]:
        """The services that ``name`` cannot stand beside, whoever of the two said so."""
        others = {s.name for s in self.services.values() if name in s.conflicts}
        return self.services[name].conflicts | others

    def uris(self) -> tuple[str, ...]:
        """Every leaf that tells how things are: settings, versions, facts, in the order of the catalogue."""
        told = [fact.uri for fact in self.facts.values()]
        told += [component.at for component in self.software.values()]
        told += [setting.uri for service in self.services.values() for setting in service.settings]
        told += [u for c in self.software.values() for p in c.packages for u in p.settings]
        told += [uri for _, text in self.texts() if "${" in text for uri in _REFERENCE.findall(text)]
        return tuple(dict.fromkeys(told))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text in which a parameter or a reference may stand, behind its place in words."""
        for fact in self.facts.values():
            yield from ((f"{fact.kind} {fact.name}", text) for text in (fact.pattern, fact.busy) if text is not None)
        for service in self.services.values():
            for setting in service.settings:
                for text in (setting.value, setting.pattern, setting.off, setting.busy):
                    if text is not None:
                        yield f"service {service.name}, {setting.uri}", text
            yield from ((f"service {service.name}, {check.uri}", check.pattern) for check in service.verify)
        for component in self.software.values():
            for package in component.packages:
                for uri, text in (*package.settings.items(), *package.returns.items()):
                    yield f"software {component.name}, {uri}", text

    def part(self, *names: str) -> ServiceCatalogue:
        """The services ``names`` with all that they may need or clash with; ConfigError for one that is unknown."""
        self.know(names)
        wanted, queue = set[str](), list(names)
        while queue:
            name = queue.pop()
            if name not in wanted:
                wanted.add(name)
                asked = (*self.services[name].needed(), *(m for c in self.services[name].optional for m in c))
                queue += [m.name for m in asked if m.kind == "service"]
                queue += self.rivals(name)
        services = {n: s for n, s in self.services.items() if n in wanted}
        clauses = (clause for s in services.values() for clause in (*s.needs, *s.optional))
        keys = {f"{m.kind}:{m.name}" for clause in clauses for m in clause}
        software = {n: c for n, c in self.software.items() if f"software:{n}" in keys}
        return ServiceCatalogue(services, software, {key: f for key, f in self.facts.items() if key in keys})

    def know(self, names: tuple[str, ...] | frozenset[str]) -> None:
        """ConfigError when one of ``names`` is no service here."""
        for name in sorted(names):
            if name not in self.services:
                raise ConfigError(f"there is no service {name!r}; there are {', '.join(self.services)}")
