"""References to what a device shows: ``${./A/Thumbprint}`` in a value stands for the value of that leaf.

>>> resolved("sha1 ${./Root/Thumbprint}", {"./Root/Thumbprint": "ab"}), resolved("${./Root/Thumbprint}", {})
('sha1 ab', '${./Root/Thumbprint}')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, overload

from dmkit.services.catalogue import HIDDEN, ServiceCatalogue, Setting

__all__ = ["PLACE", "mapped", "resolved", "short", "texts"]

PLACE: Final = re.compile(r"\$\{([^{}]*)\}")
"""A parameter or a reference in a value."""
_LONG: Final = re.compile(r"\$\{\./[^{}]*/([^/{}]*)\}")


def short(text: str) -> str:
    """``text`` with the last part of each address only, for people.

    >>> short("trust ${./A/B/Thumbprint}")
    'trust ${…/Thumbprint}'
    """
    return _LONG.sub(r"${…/\1}", text)


@overload
def resolved(what: str, values: Mapping[str, str | None]) -> str: ...
@overload
def resolved(what: ServiceCatalogue, values: Mapping[str, str | None]) -> ServiceCatalogue: ...
def resolved(what: ServiceCatalogue | str, values: Mapping[str, str | None]) -> ServiceCatalogue | str:
    """``what`` with the values of leaves that are known in place of references to them.

    A value that looks like a reference itself is put nowhere: what a device shows does not choose what is read next.

    >>> resolved("sha1 ${./Root/Thumbprint}", {"./Root/Thumbprint": "ab"}), resolved("${./Root/Thumbprint}", {})
    ('sha1 ab', '${./Root/Thumbprint}')
    >>> resolved("id ${./A}", {"./A": "${./Secret}", "./Secret": "x"})
    'id ${./A}'
    """

    def known(match: re.Match[str]) -> str:
        value = values.get(match[1])
        unfit = value is None or value.startswith(HIDDEN) or PLACE.search(value) is not None
        return match[0] if unfit or value is None else value

    if isinstance(what, str):
        return PLACE.sub(known, what)
    if not any("${" in text for _, text in texts(what)):
        return what
    return mapped(what, lambda text: PLACE.sub(known, text))


def texts(catalogue: ServiceCatalogue) -> Iterable[tuple[str, str]]:
    """Every value in which a parameter or a reference may stand, behind its place in words."""
    for service in catalogue.services.values():
        for setting in service.settings:
            if setting.value is not None:
                yield f"service {service.name}, {setting.uri}", setting.value
    for component in catalogue.software.values():
        for package in component.packages:
            for uri, text in package.settings.items():
                yield f"software {component.name}, {uri}", text


def mapped(catalogue: ServiceCatalogue, change: Callable[[str], str]) -> ServiceCatalogue:
    """``catalogue`` with ``change`` made to all of these."""

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
