"""HTTP as values: a call, an answer; and a repository, which holds data under addresses.  No socket is here.

>>> repository = Repository().put("https://repo.example/d/1", b"[]", MOS)
>>> found = repository.answer(HttpCall("GET", "https://repo.example/d/1")).status
>>> found, repository.answer(HttpCall("GET", "x:/no")).status
(200, 404)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from dmkit.dm2.documents import MOS
from dmkit.words.asked import asked
from dmkit.words.kept import Kept
from dmkit.words.tables import Table

__all__ = ["ROOM", "HttpAnswer", "HttpCall", "Repository", "StoredContent", "callable_uri", "takes"]

ROOM: Final = 1 << 26
"""Octets, and signs of addresses, that a repository has room for where nobody says otherwise."""
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def _octets(posted: tuple[str, bytes, str]) -> int:
    return sum(map(len, posted))


class HttpCall(msgspec.Struct, frozen=True):
    """A request of HTTP; ``headers`` have names in lower case, ``connection`` names what it came over."""

    method: str
    uri: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    connection: str = ""

    def header(self, name: str) -> str:
        """The value of the first header of that name; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


class HttpAnswer(msgspec.Struct, frozen=True):
    """An answer of HTTP."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of the first header of that name; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")


@asked
def callable_uri(uri: str) -> bool:
    """Whether a client can call this address: HTTP or HTTPS, and a host.

    >>> callable_uri("https://repo.example/d"), callable_uri("file:///etc/passwd"), callable_uri("http:///x")
    (True, False, False)
    """
    scheme, mark, rest = uri.partition("://")
    host = rest.partition("/")[0].rpartition("@")[2]
    return bool(mark) and scheme.lower() in ("http", "https") and bool(host) and not any(c.isspace() for c in uri)


@asked
def takes(accepted: str, media_type: str) -> bool:
    """Whether a header of the grammar of Accept lets this media type in; an empty one lets every type in.

    >>> takes("text/plain, application/*;q=0.5", "application/json"), takes("text/plain", "application/json")
    (True, False)
    """
    given = [part.partition(";")[0].strip().lower() for part in accepted.split(",") if part.strip()]
    kind = media_type.lower()
    return not given or bool({kind, kind.partition("/")[0] + "/*", "*/*"} & set(given))


class StoredContent(msgspec.Struct, frozen=True):
    """What stands under an address: octets and their media type."""

    body: bytes
    media_type: str


class Repository:
    """A data repository: a party of its own, which devices fetch from and put to.  A value: changes give a new one.

    ``posted`` is what came by POST, in order: address, octets, media type; of much of it the oldest is forgotten.
    What is put is never forgotten, so there is room for ``room`` octets: a call that would need more is answered 507.
    """

    __slots__ = ("held", "octets", "posted", "room")

    @asked
    def __init__(
        self,
        held: Mapping[str, StoredContent] = MappingProxyType({}),
        posted: Iterable[tuple[str, bytes, str]] = (),
        *,
        room: int = ROOM,
    ) -> None:
        self.held = Table(held)
        self.posted = Kept(posted, weight=_octets)
        self.room = room
        self.octets = sum(len(uri) + len(content.body) for uri, content in held.items())

    def put(self, uri: str, body: bytes, media_type: str = MOS) -> Repository:
        """One more thing under ``uri``."""
        held = self.held.put(uri, StoredContent(body, media_type))
        return self._with(held, self.posted, self._octets_with(uri, body))

    def _with(self, held: Table[str, StoredContent], posted: Kept[tuple[str, bytes, str]], octets: int) -> Repository:
        made = Repository.__new__(Repository)
        made.held, made.posted, made.octets, made.room = held, posted, octets, self.room
        return made

    def _octets_with(self, uri: str, body: bytes) -> int:
        old = self.held.get(uri)
        return self.octets + len(body) + (len(uri) if old is None else -len(old.body))

    def _takes(self, call: HttpCall) -> bool:
        """Whether there is room for what is put."""
        return self._octets_with(call.uri, call.body) <= self.room

    def answer(self, call: HttpCall) -> HttpAnswer:
        """What is answered to a call; what the call changes, ``after`` has."""
        if call.method == "GET":
            found = self.held.get(call.uri)
            return (
                HttpAnswer(404) if found is None else HttpAnswer(200, (("content-type", found.media_type),), found.body)
            )
        if call.method == "PUT" and not self._takes(call):
            return HttpAnswer(507)
        if call.method in ("PUT", "POST"):
            return HttpAnswer(201 if call.method == "PUT" and call.uri not in self.held else 200)
        return HttpAnswer(405)

    def after(self, call: HttpCall) -> Repository:
        """The repository when it has answered."""
        if call.method == "PUT" and self._takes(call):
            return self.put(call.uri, call.body, call.header("content-type"))
        if call.method == "POST":
            posted = self.posted.put((call.uri, call.body, call.header("content-type")))
            return self._with(self.held, posted, self.octets)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Repository):
            return NotImplemented
        return self.posted == other.posted and self.held == other.held

    def __hash__(self) -> int:
        return hash((self.held, self.posted))

    def __repr__(self) -> str:
        return f"Repository({len(self.held)} held, {len(self.posted)} posted)"
