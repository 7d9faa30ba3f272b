"""What services there are and what each needs: settings, software, bearers, card applications, other services.

A catalogue is data: a TOML file, checked when it is read.  Every mistake is one sentence that names the place.

>>> from dmkit.services.parts import Service
>>> ServiceCatalogue({"mail": Service("mail")}).uris()
()
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Final

from dmkit.services.parts import Fact, Service, SoftwareComponent
from dmkit.words.checked import checked
from dmkit.words.errors import ConfigError

__all__ = ["ServiceCatalogue"]

_REFERENCE: Final = re.compile(r"\$\{(\./[^{}]+)\}")


@checked
@dataclass(frozen=True, slots=True)
class ServiceCatalogue:
    """Services, software and facts by name (facts by ``kind:name``); ConfigError when they do not fit together.

    >>> from dmkit.services.parts import need
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
        refers = any("${" in text for _, text in self.texts())
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
            ring = self._ring(service.name) if refers else ()
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
            if one not in together and one in self.services:  # of one that is not there a sentence of its own is said
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

    def rivalries(self) -> dict[str, frozenset[str]]:
        """``rivals`` of every service that has any."""
        found: dict[str, set[str]] = {}
        for service in self.services.values():
            for rival in service.conflicts:
                found.setdefault(service.name, set()).add(rival)
                found.setdefault(rival, set()).add(service.name)
        return {name: frozenset(rivals) for name, rivals in found.items()}

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
        wanted, queue, rivals = set[str](), list(names), self.rivalries()
        while queue:
            name = queue.pop()
            if name not in wanted:
                wanted.add(name)
                asked = (*self.services[name].needed(), *(m for c in self.services[name].optional for m in c))
                queue += [m.name for m in asked if m.kind == "service"]
                queue += rivals.get(name, ())
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
