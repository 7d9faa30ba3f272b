"""Addresses in the tree: ``./A/B``, ``./A/B?prop=ACL``, ``./A?list=Struct``.  [DMTND §5, §7.3, §8]

>>> parse("./DevInfo/Man").path
('DevInfo', 'Man')
>>> parse("A/B?prop=ACL")
Uri(path=('A', 'B'), prop='ACL', list=None)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from dmkit.tree.refusals import Refusal, refuse
from dmkit.words.caches import weigh
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CommandFailed
from dmkit.words.late import late_pattern
from dmkit.words.ranges import Natural
from dmkit.words.records import dataclass

__all__ = ["MAX_NAME", "MAX_SEGMENTS", "Uri", "UriLimits", "check_limits", "join", "parse", "quote"]

_ESCAPED: Final = {"%": "%25", "/": "%2F", "?": "%3F"}
_UNSAFE: Final = late_pattern("[%/?]")
_CONTROL: Final = late_pattern(r"[\x00-\x1f\x7f]")
_NOT_STRICT: Final = late_pattern(r"[^A-Za-z0-9\-_.!~*'():@&=+$,;%]")
_BROKEN_ESCAPE: Final = late_pattern(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Uri:
    """A parsed address: segments below the root, and the property or the listing that is asked for."""

    path: tuple[str, ...]
    prop: str | None = None
    list: str | None = None

    def __str__(self) -> str:
        query = f"?prop={self.prop}" if self.prop else f"?list={self.list}" if self.list else ""
        return join(self.path) + query


@checked
@dataclass(frozen=True, slots=True)
class UriLimits:
    """What DevDetail/URI announces; 0 means no limit.  [DMSTDOBJ §5.3.3]

    ``max_depth`` counts segments and lengths are characters, not octets.  UNSURE: ``count_root`` counts the root as
    a segment, ``count_query`` counts ``?prop=`` and ``?list=`` in the total.
    """

    max_depth: Natural = 0
    """Segments of an address."""
    max_total: Natural = 0
    """Characters of an address."""
    max_segment: Natural = 0
    """Characters of one name."""
    count_root: bool = False
    count_query: bool = True


def quote(name: str) -> str:
    """A name as a segment of an address: only what would break the address is escaped.

    >>> quote("50%"), quote("a/b"), quote("Müller")
    ('50%25', 'a%2Fb', 'Müller')
    """
    return _UNSAFE.sub(lambda found: _ESCAPED[found[0]], name) if _UNSAFE.search(name) else name


@lru_cache(maxsize=65536)
def join(path: tuple[str, ...]) -> str:
    """The URI of segments: ``.`` for none.

    >>> join(()), join(("A", "B"))
    ('.', './A/B')
    """
    text = "/".join((".", *map(quote, path)))
    weigh(join, len(text))
    return text


MAX_NAME: Final = 1024
"""Signs of a NodeName, or of a Path, that a document may give: it stands in the address of each node below it."""
MAX_SEGMENTS: Final = 128
"""Segments of an address that are followed, whatever a device announces: work on a tree goes down node by node."""


@lru_cache(maxsize=65536)
def parse(text: str, *, decode: bool = True, leading_slash: bool = False, strict: bool = False) -> Uri:
    """Read an address; CommandFailed 400 when it is malformed, 414 when it has more than MAX_SEGMENTS.

    ``decode`` False takes escapes for letters of the name; ``leading_slash`` drops one; ``strict`` wants all that
    RFC 2396 reserves, and all that is not ASCII, escaped.
    """
    weigh(parse, len(text))
    place, mark, query = text.partition("?")
    prop = listing = None
    if mark:
        name, equals, value = query.partition("=")
        if not equals or not value or name.lower() not in ("prop", "list"):
            raise _bad(text, "a query is ?prop=Name or ?list=Kind")
        prop, listing = (value, None) if name.lower() == "prop" else (None, value)
    if place == ".":
        return Uri((), prop, listing)
    if leading_slash:
        place = place.removeprefix("/")
    if place.startswith("/") or place.endswith("/"):
        raise _bad(text, "it neither begins nor ends with a slash")
    segments = tuple(place.removeprefix("./").split("/"))
    if len(segments) > MAX_SEGMENTS:
        raise refuse(Refusal.LIMITS, f"{text[:40]}...", f"more than {MAX_SEGMENTS} segments")
    if segments[0].endswith(":") and not place.startswith("./"):
        raise _bad(text, "it is relative to the root")
    if any(_CONTROL.search(segment) or (strict and _NOT_STRICT.search(segment)) for segment in segments):
        raise _bad(text, "a character in it has to be escaped")
    if decode:
        segments = tuple(_decoded(text, segment) for segment in segments)
    for at, segment in enumerate(segments):
        if segment in ("", ".", ".."):
            raise _bad(text, "a segment is not empty, . or ..")
        if segment.endswith(".") and at + 1 < len(segments):
            raise _bad(text, "./ stands only at the start")
    return Uri(segments, prop, listing)


def _decoded(text: str, segment: str) -> str:
    if "%" not in segment:
        return segment
    if _BROKEN_ESCAPE.search(segment):
        raise _bad(text, "an escape is % and two hexadecimal digits")
    from urllib.parse import unquote  # few addresses have an escape

    try:
        name = unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise _bad(text, "the escaped octets are no UTF-8") from None
    if _CONTROL.search(name):
        raise _bad(text, "a name has no control characters")
    return name


def _bad(text: str, rule: str) -> CommandFailed:
    failure = refuse(Refusal.MALFORMED, text, rule)
    return CommandFailed(failure.status, f"{text!r} is no address in the tree: {rule}", at=text, kind=failure.kind)


def check_limits(text: str, uri: Uri, limits: UriLimits) -> None:
    """CommandFailed 414 when an address exceeds what the device announces; ``text`` is counted as sent."""
    length = len(text if limits.count_query else text.partition("?")[0])
    if limits.max_total and length > limits.max_total:
        raise refuse(Refusal.LIMITS, text, f"more than {many(limits.max_total, 'character')}")
    if limits.max_depth and len(uri.path) + limits.count_root > limits.max_depth:
        raise refuse(Refusal.LIMITS, text, f"more than {many(limits.max_depth, 'segment')}")
    if limits.max_segment and any(len(segment) > limits.max_segment for segment in uri.path):
        raise refuse(Refusal.LIMITS, text, f"a segment has more than {many(limits.max_segment, 'character')}")
