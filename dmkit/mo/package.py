"""Packages on their way to a device: fetching one from an address, and looking at it before anything is installed.

A world is a table from address to octets, to the status of the HTTP answer that comes instead (404, 418), or to what
keeps an answer from coming (``FetchResult.TIMEOUT``).  Objects have codes of their own for that, some of them numbers
of HTTP with other meanings; so what came of fetching is a word here, and each object has its table from word to code.
Nothing here knows a socket: whoever plays the world fills the table.

>>> fetch({}, "nonsense").result.name, fetch({"https://fw.example/2": b"octets"}, "https://fw.example/2", 2.0).seconds
('URL', 3.0)
>>> fetch({"https://fw.example/2": 404}, "https://fw.example/2").result.value, answered(418).value
('malformed or bad URL', 'undefined')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from dmkit.auth.signed import PackageCheck, Trust, check
from dmkit.words.checked import checked
from dmkit.words.ranges import Seconds

__all__ = ["ANSWERS", "Downloads", "FetchResult", "Fetched", "PackageVerdict", "answered", "examine", "fetch"]


class FetchResult(Enum):
    """What came of fetching, in a word."""

    FETCHED = "fetched"
    URL = "malformed or bad URL"
    AUTHENTICATION = "authentication failed"
    TIMEOUT = "time-out"
    MEMORY = "out of memory"
    NETWORK = "nobody answers"
    SERVER = "error of the download server"
    UNDEFINED = "undefined"


Downloads: TypeAlias = Mapping[str, bytes | int | FetchResult]
"""Address -> octets, the status of an HTTP answer without a package, or what keeps the answer from coming."""

ANSWERS: Final[Mapping[int, FetchResult]] = MappingProxyType({
    **dict.fromkeys((400, 404, 410, 414), FetchResult.URL),
    **dict.fromkeys((401, 403, 407, 511), FetchResult.AUTHENTICATION),
    **dict.fromkeys((408, 504), FetchResult.TIMEOUT),
    **dict.fromkeys((502, 503), FetchResult.NETWORK),
})  # fmt: skip
"""HTTP answers with a word of their own.  PROPOSAL: neither FUMO nor SCOMO says which answer is which code."""


def answered(status: int) -> FetchResult:
    """What an HTTP answer of ``status`` means for fetching; any number has a meaning.

    >>> [answered(status).name for status in (200, 302, 401, 500, 599, 7)]
    ['FETCHED', 'SERVER', 'AUTHENTICATION', 'SERVER', 'SERVER', 'UNDEFINED']
    """
    if status in ANSWERS:
        return ANSWERS[status]
    return {2: FetchResult.FETCHED, 3: FetchResult.SERVER, 5: FetchResult.SERVER}.get(
        status // 100, FetchResult.UNDEFINED
    )


@checked
@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching, when it is over: its ``result``, ``content`` where there is some, ``seconds`` it takes.

    >>> bool(Fetched(FetchResult.TIMEOUT)), Fetched(FetchResult.FETCHED, b"octets").content
    (False, b'octets')
    """

    result: FetchResult
    content: bytes = b""
    seconds: Seconds = 0.0

    def __bool__(self) -> bool:
        return self.result is FetchResult.FETCHED


def fetch(world: Downloads, url: str, rate: float = 125_000.0) -> Fetched:
    """Fetch ``url`` at ``rate`` octets a second; nothing is raised.  ``NETWORK`` where nobody answers.

    An answer that is good and empty brings an empty package, which no object accepts.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return Fetched(FetchResult.URL)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return Fetched(FetchResult.URL)
    found = world.get(url.strip(), FetchResult.NETWORK)
    if isinstance(found, int):
        found = answered(found)
    if isinstance(found, FetchResult):
        return Fetched(found, seconds=1.0)
    return Fetched(FetchResult.FETCHED, found, len(found) / rate)


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
