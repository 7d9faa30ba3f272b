"""Packages on their way to a device: fetching one from an address, and looking at it before anything is installed.

A world is a table from address to octets, or to the result code with which fetching fails.  Nothing here knows a
socket: whoever plays the world fills the table.

>>> fetch({}, "nonsense").result, fetch({"https://fw.example/2": b"octets"}, "https://fw.example/2", 2.0).seconds
(411, 3.0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from dmkit.auth.signed import PackageCheck, Trust, check

__all__ = ["Downloads", "Fetched", "PackageVerdict", "examine", "fetch"]

Downloads: TypeAlias = Mapping[str, "bytes | int"]
"""Address -> octets, or the result code of a failure."""

BAD_URL: Final = 411
NO_NETWORK: Final = 503


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching, when it is over: ``result`` 200, or why not; ``seconds`` it takes."""

    result: int
    content: bytes = b""
    seconds: float = 0.0


def fetch(world: Downloads, url: str, rate: float = 125_000.0) -> Fetched:
    """Fetch ``url`` at ``rate`` octets a second; nothing is raised.  411 for no address, 503 where nobody answers."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return Fetched(BAD_URL)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return Fetched(BAD_URL)
    found = world.get(url.strip(), NO_NETWORK)
    if isinstance(found, int):
        return Fetched(found, seconds=1.0)
    return Fetched(200, found, len(found) / rate)


@dataclass(frozen=True, slots=True)
class PackageVerdict:
    """Whether a package may be installed: ``result`` 200, or the code of FUMO §6.2.4 that says why not, and ``why``."""

    result: int
    checked: PackageCheck
    why: str = ""

    def __bool__(self) -> bool:
        return self.result == 200


def examine(octets: bytes, trust: Trust, *, name: str = "") -> PackageVerdict:
    """Look at a package: intact (402), made for a ``name`` like this one (403), signed (404), newer (405).

    Which fault gives which code is our reading; the phrases of the table are all the text says.  [FUMO §6.2.4]
    """
    intact = check(octets, replace(trust, demand="any" if trust.demand == "any" else "hash"))
    if not intact:
        return PackageVerdict(402, intact, intact.why)
    if name and intact.name and intact.name != name:
        return PackageVerdict(403, intact, f"the package is for {intact.name}, this is {name}")
    if trust.demand != "any" and intact.version <= trust.installed:
        return PackageVerdict(
            405, intact, f"version {intact.version} is not above {trust.installed}, which is installed"
        )
    checked = check(octets, trust)
    if not checked:
        return PackageVerdict(404, checked, checked.why)
    return PackageVerdict(200, checked)
