"""The TOML form of a catalogue: its tables, and how each becomes a value of ``dmkit.services.catalogue``."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeVar

from dmkit.ddf.spec import Basis
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import (
    FACTS,
    Fact,
    Need,
    Service,
    ServiceCheck,
    Setting,
    SoftwareComponent,
    SoftwarePackage,
    need,
)
from dmkit.services.references import PLACE
from dmkit.services.renewal import seconds_in
from dmkit.services.shapes import (
    CatalogueTable,
    CheckTable,
    ComponentTable,
    FactTable,
    Scalar,
    ServiceTable,
    SettingTable,
)
from dmkit.services.spelling import address, carried, spelled, spelled_keys
from dmkit.services.versions import same, version
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import converted
from dmkit.words.from_toml import parse as toml

__all__ = ["catalogue_of", "default", "parse", "read"]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")
_T = TypeVar("_T")
_FORMATS: Final = {bool: "bool", int: "int"}


def catalogue_of(text: str, where: str) -> ServiceCatalogue:
    """Read and check; ConfigError with one sentence, beginning with ``where``."""
    table = toml(text, where)
    try:
        file = converted(table, CatalogueTable, "")
        facts = {
            f"{kind}:{name}": _fact(kind, name, converted(value, FactTable, f"{kind} {name}"), file.basis)
            for kind in FACTS
            for name, value in getattr(file, kind).items()
        }
        software = {
            name: _component(name, converted(value, ComponentTable, f"software {name}"), file.basis)
            for name, value in file.software.items()
        }
        services = {
            name: _service(name, converted(value, ServiceTable, f"service {name}"), file.basis)
            for name, value in file.service.items()
        }
        return ServiceCatalogue(services, software, facts)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _fact(kind: str, name: str, table: FactTable, basis: Basis) -> Fact:
    at = f"{kind} {_named(name)}"
    return Fact(kind, name, address(table.uri, at), _pattern(table.pattern, at), table.title, table.basis or basis,
                _pattern(table.busy, at) if table.busy is not None else None)  # fmt: skip


def _component(name: str, table: ComponentTable, basis: Basis) -> SoftwareComponent:
    at = f"software {_named(name)}"
    packages = tuple(
        SoftwarePackage(
            p.version,
            address(p.install, at),
            spelled_keys(p.settings, at),
            p.cost,
            spelled_keys(p.returns, at),
            *_times(p.lifetime, p.renew, f"{at}, version {p.version}"),
        )
        for p in table.packages
    )
    for number, package in enumerate(packages):
        _known(package.version, at)
        if any(same(package.version, other.version) for other in packages[:number]):
            raise ConfigError(f"{at}: two packages of version {package.version}")
    if table.remove is not None and table.delete is not None:
        raise ConfigError(f"{at}: remove (a node to Exec) or delete (a node to delete), not both")
    gone = table.remove if table.delete is None else table.delete
    remove = address(gone, at) if gone is not None else None
    return SoftwareComponent(name, address(table.at, at), packages, remove, table.title, table.basis or basis,
                             table.delete is not None)  # fmt: skip


def _known(text: str, at: str) -> None:
    try:
        version(text)
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None


def _service(name: str, table: ServiceTable, basis: Basis) -> Service:
    at = f"service {_named(name)}"
    return Service(
        name,
        table.title or name,
        tuple(_clause(clause, at) for clause in table.needs),
        _settings(table, at, table.basis or basis),
        frozenset(table.conflicts),
        tuple(_check(check, at) for check in table.verify),
        tuple(address(uri, at) for uri in table.owns),
        table.auxiliary,
        table.basis or basis,
        tuple(_clause(clause, at) for clause in table.optional),
    )


def _clause(clause: str | tuple[str, ...], at: str) -> tuple[Need, ...]:
    members = (clause,) if isinstance(clause, str) else clause
    if not members:
        raise ConfigError(f"{at}: an empty list among its needs; nothing could ever fulfil it")
    try:
        return tuple(need(member) for member in members)
    except ConfigError as error:
        raise ConfigError(f"{at}: {error}") from None


def _settings(table: ServiceTable, at: str, basis: Basis) -> tuple[Setting, ...]:
    found = dict[str, Setting]()
    for uri, value in table.settings.items():
        made = _setting(address(uri, at), value, at, basis)
        if made.uri in found:
            raise ConfigError(f"{at}: {made.uri} is given twice, in two spellings")
        found[made.uri] = made
    return tuple(found.values())


def _setting(uri: str, content: Scalar | SettingTable, at: str, basis: Basis) -> Setting:
    table = content if isinstance(content, SettingTable) else SettingTable(value=content)
    place = f"{at}, {uri}"
    if table.value is None and table.pattern is None:
        raise ConfigError(f"{place}: needs a value, a pattern or both")
    value, off = (carried(spelled(t, place), place) if (t := _text(v)) else t for v in (table.value, table.off))
    pattern = _pattern(table.pattern, place) if table.pattern is not None else None
    texts = [text for text in (value, pattern, off) if text is not None and "${" in text]
    own = next((text for text in texts if uri in [match[1] for match in PLACE.finditer(text)]), None)
    if own is not None:
        raise ConfigError(f"{place}: its value is said by itself, {own!r}")
    later = bool(texts)  # judged when parameters are filled in
    if pattern is not None and value is not None and not later and re.fullmatch(pattern, value) is None:
        raise ConfigError(f"{place}: its own value {value!r} is not like its pattern {pattern!r}")
    if table.secret and value is None:
        raise ConfigError(f"{place}: a secret needs a value, since nobody can read what is there")
    kind = table.format or _FORMATS.get(type(table.value), "chr")
    if Format.of(kind) not in (Format.BOOL, Format.CHR, Format.DATE, Format.FLOAT, Format.INT, Format.TIME):
        raise ConfigError(f"{place}: format {kind!r}; bool, chr, date, float, int or time is right")
    busy = _pattern(table.busy, place) if table.busy is not None else None
    if table.lifetime is not None and not table.secret:
        raise ConfigError(f"{place}: a lifetime is that of a secret or a package; what all see gets another value")
    made = Setting(uri, value, pattern, off, table.secret, kind, busy, table.basis or basis,
                   *_times(table.lifetime, table.renew, place))  # fmt: skip
    if off is not None and not table.secret and not later and made.holds(off):
        raise ConfigError(f"{place}: off = {off!r} would still be what the service wants")
    return made


def _times(lifetime: str | None, renew: str | None, place: str) -> tuple[float | None, float]:
    """How long something is good, and how long before the end it is renewed (at its end, unless said)."""
    for name, text in (("lifetime", lifetime), ("renew", renew)):
        if text is not None and seconds_in(text) is None:
            raise ConfigError(f"{place}: {name} = {text!r}; a time such as 90d, 12h or 30m is right")
    whole, before = seconds_in(lifetime or ""), seconds_in(renew or "") or 0.0
    if before and (whole is None or before >= whole):
        raise ConfigError(f"{place}: renew = {renew!r}; it is the time before the end of its lifetime, and shorter")
    return whole, before


def _check(table: CheckTable, at: str) -> ServiceCheck:
    if (table.get is None) == (table.exec is None):
        raise ConfigError(f"{at}: an entry of verify has either get or exec")
    verb, uri = ("Get", table.get) if table.get is not None else ("Exec", table.exec)
    return ServiceCheck(verb, address(uri or "", at), _pattern(table.pattern, at))


def _text(value: Scalar | None) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _named(name: str) -> str:
    if _NAME.match(name) is None:
        raise ConfigError(f"{name!r} is no name; small letters, digits, - and _ make one")
    return name


def _pattern(pattern: str, at: str) -> str:
    pattern = spelled(pattern, at)
    try:
        re.compile(PLACE.sub("x", pattern))
    except re.error as error:
        raise ConfigError(f"{at}: pattern {pattern!r} cannot be read: {error}") from None
    return pattern


@asked
def parse(text: str, where: str = "catalogue") -> ServiceCatalogue:
    """A catalogue from TOML text.

    >>> example = parse('[service.mail]\\nsettings = { "./Mail/Host" = "mx.example" }')
    >>> example.services["mail"].settings[0].value
    'mx.example'
    """
    return catalogue_of(text, where)


@asked
def read(file: str) -> ServiceCatalogue:
    """A catalogue from a file; ``default`` is the one that comes with dmkit.

    >>> "mms" in read("default").services
    True
    """
    if file == "default":
        return default()
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return parse(text, file)


def default() -> ServiceCatalogue:
    """The catalogue that comes with dmkit: connectivity, browsing, mail, multimedia messages, voice, an application.

    >>> sorted(default().services)[:3]
    ['browsing', 'ims', 'mail']
    """
    return parse((files("dmkit.services") / "default.toml").read_text(encoding="utf-8"), "default catalogue")
