"""Addresses in the tree: ``./A/B``, ``./A/B?prop=ACL``, ``./A?list=Struct``.  [DMTND §5, §7.3, §8]

>>> parse("./DevInfo/Man").path
('DevInfo', 'Man')
>>> parse("A/B?prop=ACL")
Uri(path=('A', 'B'), prop='ACL', list=None)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from dmkit.codes import StatusCode
from dmkit.errors import CommandFailed

__all__ = ["Limits", "Uri", "check_limits", "join", "parse"]


@dataclass(frozen=True, slots=True)
class Uri:
    """A parsed address: segments below the root, and the property or the listing that is asked for."""

    path: tuple[str, ...]
    prop: str | None = None
    list: str | None = None

    def __str__(self) -> str:
        query = f"?prop={self.prop}" if self.prop else f"?list={self.list}" if self.list else ""
        return join(self.path) + query


@dataclass(frozen=True, slots=True)
class Limits:
    """What DevDetail/URI announces; 0 means no limit.  [DMSTDOBJ §5.3.3]

    ``max_depth`` counts segments, the root not among them; lengths are characters.
    """

    max_depth: int = 0
    max_total: int = 0
    max_segment: int = 0


def join(path: tuple[str, ...]) -> str:
    """The URI of segments: ``.`` for none.

    >>> join(()), join(("A", "B"))
    ('.', './A/B')
    """
    return "/".join((".", *path))


@lru_cache(maxsize=4096)
def parse(text: str) -> Uri:
    """Read an address; CommandFailed 400 when it is malformed, 406 for a query we do not know."""
    place, mark, query = text.partition("?")
    prop = listing = None
    if mark:
        name, equals, value = query.partition("=")
        if not equals or not value:
            raise _bad(text, "a query is ?prop=Name or ?list=Kind")
        if name.lower() == "prop":
            prop = value
        elif name.lower() == "list":
            listing = value
        else:
            raise _bad(text, "a query is ?prop=Name or ?list=Kind")
    if place == ".":
        return Uri((), prop, listing)
    if place.startswith("/") or place.endswith("/"):
        raise _bad(text, "it neither begins nor ends with a slash")
    segments = tuple(place.removeprefix("./").split("/"))
    for at, segment in enumerate(segments):
        if segment in ("", ".", ".."):
            raise _bad(text, "a segment is not empty, . or ..")
        if segment.endswith(".") and at + 1 < len(segments):
            raise _bad(text, "./ stands only at the start")
    if ":" in segments[0] and segments[0].partition(":")[2] == "":
        raise _bad(text, "it is relative to the root")
    return Uri(tuple(unquote(segment) for segment in segments), prop, listing)


def _bad(text: str, rule: str) -> CommandFailed:
    return CommandFailed(StatusCode.BAD_REQUEST, f"{text!r} is no address in the tree: {rule}", at=text)


def check_limits(text: str, uri: Uri, limits: Limits) -> None:
    """CommandFailed 414 when an address exceeds what the device announces; ``text`` is counted as sent."""
    if limits.max_total and len(text) > limits.max_total:
        raise CommandFailed(StatusCode.URI_TOO_LONG, f"{text}: more than {limits.max_total} characters", at=text)
    if limits.max_depth and len(uri.path) > limits.max_depth:
        raise CommandFailed(StatusCode.URI_TOO_LONG, f"{text}: more than {limits.max_depth} segments", at=text)
    if limits.max_segment and any(len(segment) > limits.max_segment for segment in uri.path):
        why = f"{text}: a segment has more than {limits.max_segment} characters"
        raise CommandFailed(StatusCode.URI_TOO_LONG, why, at=text)
