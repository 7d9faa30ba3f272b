"""References to what a device shows: ``${./A/Thumbprint}`` in a value stands for the value of that leaf.

>>> resolved("sha1 ${./Root/Thumbprint}", {"./Root/Thumbprint": "ab"}), resolved("${./Root/Thumbprint}", {})
('sha1 ab', '${./Root/Thumbprint}')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, overload

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.parts import HIDDEN, ServiceCheck, Setting
from dmkit.words.asked import asked

__all__ = ["PLACE", "mapped", "resolved", "short"]

PLACE: Final = re.compile(r"\$\{([^{}]*)\}")
"""A parameter or a reference in a value."""
_UNCARRIED: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no way to write."""
_LONG: Final = re.compile(r"\$\{\./[^{}]*/([^/{}]*)\}")


@asked
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
@asked
def resolved(what: ServiceCatalogue | str, values: Mapping[str, str | None]) -> ServiceCatalogue | str:
    """``what`` with the values of leaves that are known in place of references to them.

    A value that looks like a reference itself, or that no message carries, is put nowhere: what a device shows does not
    choose what is read next.

    >>> resolved("sha1 ${./Root/Thumbprint}", {"./Root/Thumbprint": "ab"}), resolved("${./Root/Thumbprint}", {})
    ('sha1 ab', '${./Root/Thumbprint}')
    >>> resolved("id ${./A}", {"./A": "${./Secret}", "./Secret": "x"})
    'id ${./A}'
    """

    def known(place: str) -> str | None:
        value = values.get(place)
        unfit = value is None or value.startswith(HIDDEN) or PLACE.search(value) or _UNCARRIED.search(value)
        return None if unfit else value

    if isinstance(what, str):
        return PLACE.sub(lambda m: m[0] if (value := known(m[1])) is None else value, what)
    return mapped(what, known) if any("${" in text for _, text in what.texts()) else what


def mapped(catalogue: ServiceCatalogue, known: Callable[[str], str | None]) -> ServiceCatalogue:
    """``catalogue`` with what is ``known`` of ``${...}`` in place; in a pattern, a value stands for itself."""

    def plain(text: str) -> str:
        return PLACE.sub(lambda m: m[0] if (value := known(m[1])) is None else value, text)

    def pattern(text: str) -> str:
        return PLACE.sub(lambda m: m[0] if (value := known(m[1])) is None else re.escape(value), text)

    def some(old: str | None, change: Callable[[str], str]) -> str | None:
        return change(old) if old is not None and "${" in old else old

    def setting(old: Setting) -> Setting:
        now = (some(old.value, plain), some(old.pattern, pattern), some(old.off, plain), some(old.busy, pattern))
        if now == (old.value, old.pattern, old.off, old.busy):
            return old
        return replace(old, value=now[0], pattern=now[1], off=now[2], busy=now[3])

    def check(old: ServiceCheck) -> ServiceCheck:
        return replace(old, pattern=pattern(old.pattern)) if "${" in old.pattern else old

    def told(texts: Mapping[str, str]) -> dict[str, str]:
        return {uri: plain(text) for uri, text in texts.items()}

    services = {
        name: replace(s, settings=tuple(map(setting, s.settings)), verify=tuple(map(check, s.verify)))
        for name, s in catalogue.services.items()
    }
    software = {
        name: replace(c, packages=tuple(
            replace(p, settings=told(p.settings), returns=told(p.returns)) for p in c.packages
        ))
        for name, c in catalogue.software.items()
    }  # fmt: skip
    facts = {
        key: replace(f, pattern=pattern(f.pattern), busy=some(f.busy, pattern))
        if "${" in f.pattern + (f.busy or "") else f
        for key, f in catalogue.facts.items()
    }  # fmt: skip
    return replace(catalogue, services=services, software=software, facts=facts)
