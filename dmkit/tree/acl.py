"""Access control lists: read, print, look up.  [DMTND §7.7.1]

>>> acl = parse("Get=*&Replace=srvB+srvA")
>>> acl.allows(Verb.REPLACE, "srvA"), acl.allows(Verb.DELETE, "srvA"), str(acl)
(True, False, 'Get=*&Replace=srvA+srvB')
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from dmkit.words.caches import weigh
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.errors import CommandFailed
from dmkit.words.records import dataclass

__all__ = ["EVERYBODY", "RIGHTS", "Acl", "owner_acl", "parse"]

EVERYBODY: Final = "*"
RIGHTS: Final = (Verb.ADD, Verb.DELETE, Verb.EXEC, Verb.GET, Verb.REPLACE)
"""The commands that a list can give, in the order in which they are written."""
_VERBS: Final = {verb.value: verb for verb in RIGHTS}
_FORBIDDEN: Final = frozenset("=&*+ \t\r\n")


@dataclass(frozen=True, slots=True)
class Acl:
    """Who may do what: command to Server Identifiers, ``*`` for everybody.  Order does not matter."""

    entries: Mapping[Verb, frozenset[str]]

    def allows(self, verb: Verb, server: str) -> bool:
        """True when ``server``, or everybody, is listed for ``verb``; identifiers match whole and exactly."""
        ids = self.entries.get(verb, frozenset())
        return EVERYBODY in ids or server in ids

    def who(self, verb: Verb) -> frozenset[str]:
        """The identifiers listed for ``verb``."""
        return self.entries.get(verb, frozenset())

    def without(self, server: str) -> Acl:
        """The list after ``server`` has left the device: its id is gone, and commands left without any.  [§7.7.1.4]"""
        left = {verb: ids - {server} for verb, ids in self.entries.items()}
        return Acl(MappingProxyType({verb: ids for verb, ids in left.items() if ids}))

    def __bool__(self) -> bool:
        return bool(self.entries)

    def __str__(self) -> str:
        ordered = (verb for verb in _VERBS.values() if verb in self.entries)
        return "&".join(f"{verb.value}={'+'.join(sorted(self.entries[verb]))}" for verb in ordered)

    def __hash__(self) -> int:
        return hash(str(self))


def owner_acl(server: str) -> str:
    """What a device gives an interior node whose creator has no Replace on the parent.  [DMTND §7.7.1.3]"""
    return f"Add={server}&Delete={server}&Replace={server}"


@lru_cache(maxsize=16384)
def parse(text: str, *, lenient: bool = False, any_case: bool = False, star_alone: bool = False) -> Acl:
    """Read an access control list; empty text is the empty list, which inherits.

    CommandFailed 400 with a sentence when the text is malformed; ``lenient`` merges a command that stands twice,
    ``any_case`` takes ``get`` for ``Get``, ``star_alone`` refuses other identifiers beside ``*``.
    """
    weigh(parse, len(text))
    entries: dict[Verb, frozenset[str]] = {}
    for number, entry in enumerate(text.split("&"), 1) if text else ():
        verb, ids = _entry(text, number, entry, any_case)
        if star_alone and EVERYBODY in ids and len(ids) > 1:
            raise _bad(text, f"{verb.value} names everybody and others; * stands alone")
        if verb in entries and not lenient:
            raise _bad(text, f"{verb.value} stands twice; one entry names all identifiers, joined by +")
        entries[verb] = entries.get(verb, frozenset()) | ids
    return Acl(MappingProxyType(entries))


def _entry(text: str, number: int, entry: str, any_case: bool) -> tuple[Verb, frozenset[str]]:
    """One ``Command=id+id``."""
    if not entry:
        raise _bad(text, f"entry {number} is empty; one & stands between two entries")
    name, equals, ids_text = entry.partition("=")
    verb = _VERBS.get(name.capitalize() if any_case else name)
    if not equals:
        raise _bad(text, f"entry {number}, {entry!r}, has no =; an entry is Command=id+id")
    if verb is None:
        raise _bad(text, f"{name!r} is no command of a list; commands are {', '.join(_VERBS)}, written so")
    if not ids_text:
        raise _bad(text, f"{name} has no identifier; leave the entry out to give {name} to nobody")
    ids = ids_text.split("+")
    for server in ids:
        if not server:
            raise _bad(text, f"an identifier of {name} is empty; one + stands between two identifiers")
        wrong = next((c for c in server if c in _FORBIDDEN or not c.isprintable() or c.isspace()), None)
        if wrong is not None and server != EVERYBODY:
            raise _bad(text, f"{server!r} is no Server Identifier; {wrong!r} cannot be part of one")
    return verb, frozenset(ids)


def _bad(text: str, why: str) -> CommandFailed:
    shown = text if len(text) <= 80 else text[:77] + "..."
    return CommandFailed(StatusCode.BAD_REQUEST, f"ACL {shown!r}: {why}")
