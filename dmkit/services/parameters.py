"""What differs from one subscriber to the next, and what only the device knows: ``${user}`` and ``${./A/Thumbprint}``.

``${name}`` in the value of a setting, or in what a package is told, is a parameter: a name, a secret, an identity that
is given when the job is made.  ``${./uri}`` is the value of that leaf, which a step before may have brought about; the
plan writes it as it stands, and the job reads it before the step that needs it.

>>> from dmkit.services.tables import parse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Name" = "${user}@mx.example"}')
>>> filled(mail, {"user": "ada"}).services["mail"].settings[0].value
'ada@mx.example'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Final, overload

from dmkit.services.catalogue import HIDDEN, ServiceCatalogue, Setting
from dmkit.services.plan import Install, LeafWrite
from dmkit.words.errors import ConfigError

__all__ = ["filled", "named", "references", "resolved"]

_PLACE: Final = re.compile(r"\$\{([^{}]*)\}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*\Z")


def named(catalogue: ServiceCatalogue) -> dict[str, str]:
    """The parameters of a catalogue, each with the first place that needs it; ConfigError for what is none."""
    found: dict[str, str] = {}
    for where, text in _texts(catalogue):
        for match in _PLACE.finditer(text):
            name = match[1]
            if name.startswith("./"):
                continue
            if not _NAME.match(name):
                raise ConfigError(f"{where}: ${{{name}}} is no parameter; ${{user}} or ${{./Address/Of/A/Leaf}} is")
            found.setdefault(name, where)
    return found


def filled(catalogue: ServiceCatalogue, parameters: Mapping[str, str]) -> ServiceCatalogue:
    """``catalogue`` with ``parameters`` in place; ConfigError for one that is missing, or that nothing needs."""
    needs = named(catalogue)
    for name in parameters:
        if name not in needs:
            near = get_close_matches(name, needs, 1)
            raise ConfigError(f"no setting has a parameter {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    for name, where in needs.items():
        if name not in parameters:
            raise ConfigError(f"{where} needs the parameter {name!r}; give parameters={{{name!r}: ...}}")
    if not needs:
        return catalogue
    return _mapped(catalogue, lambda text: _PLACE.sub(
        lambda m: parameters.get(m[1], m[0]), text
    ))  # fmt: skip


@overload
def resolved(what: str, values: Mapping[str, str | None]) -> str: ...
@overload
def resolved(what: ServiceCatalogue, values: Mapping[str, str | None]) -> ServiceCatalogue: ...
def resolved(what: ServiceCatalogue | str, values: Mapping[str, str | None]) -> ServiceCatalogue | str:
    """``what`` with the values of leaves that are known in place of references to them.

    >>> resolved("sha1 ${./Root/Thumbprint}", {"./Root/Thumbprint": "ab"}), resolved("${./Root/Thumbprint}", {})
    ('sha1 ab', '${./Root/Thumbprint}')
    """

    def known(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return match[0] if value is None or value.startswith(HIDDEN) else value

    if isinstance(what, str):
        return _PLACE.sub(known, what)
    if not any("${" in text for _, text in _texts(what)):
        return what
    return _mapped(what, lambda text: _PLACE.sub(known, text))


def references(changes: Iterable[LeafWrite | Install]) -> list[str]:
    """The leaves whose values ``changes`` still need."""
    texts = (text for c in changes for text in (c.told.values() if isinstance(c, Install) else [c.after or ""]))
    return list(dict.fromkeys(m[1] for text in texts for m in _PLACE.finditer(text) if m[1].startswith("./")))


def _texts(catalogue: ServiceCatalogue) -> Iterable[tuple[str, str]]:
    for service in catalogue.services.values():
        for setting in service.settings:
            if setting.value is not None:
                yield f"service {service.name}, {setting.uri}", setting.value
    for component in catalogue.software.values():
        for package in component.packages:
            for uri, text in package.settings.items():
                yield f"software {component.name}, {uri}", text


def _mapped(catalogue: ServiceCatalogue, change: Callable[[str], str]) -> ServiceCatalogue:
    def setting(old: Setting) -> Setting:
        return old if old.value is None or "${" not in old.value else replace(old, value=change(old.value))

    services = {n: replace(s, settings=tuple(map(setting, s.settings))) for n, s in catalogue.services.items()}
    software = {
        name: replace(c, packages=tuple(
            replace(p, settings={uri: change(text) for uri, text in p.settings.items()}) for p in c.packages
        ))
        for name, c in catalogue.software.items()
    }  # fmt: skip
    return replace(catalogue, services=services, software=software)
