"""What was behind a Status where Windows gave it, and what is behind no Status at all.  [windows sheet §2, §3, §7]

>>> from dmkit.words.model import Element, Item, Replace
>>> command = Replace((Item(target="./Vendor/MSFT/A", data=Element("enabled")),))
>>> unanswered(command, command.items, [])[0][0]
'mark-up in Data is not escaped: Windows then gives no Status at all (FLEET#16316)'
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import lru_cache
from html import unescape
from types import MappingProxyType
from typing import Final, Literal
from xml.sax.saxutils import escape

from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode
from dmkit.words.deviations import Deviation, spaced
from dmkit.words.model import Alert, Command, Element, Item, Status

__all__ = ["ANSWER_CAUSES", "ANSWER_LOOK", "form_of", "items_in", "noted_of_targets", "suspicious", "unanswered"]

ANSWER_CAUSES: Final[Mapping[tuple[str, int], tuple[str, ...]]] = MappingProxyType(
    {
        ("", 400): ("the command is malformed: no CmdID, an element that is no command, an address that begins with /",
                    "the value is refused by the provider"),
        ("", 401): ("the server did not prove itself",),
        ("", 403): ("impossible now, for a reason other than rights",),
        ("", 404): ("the path is misspelt or has a blank", "the other scope is meant, ./User or ./Device",
                    "this build or edition does not have the provider", "the parent was not made before"),
        ("", 405): ("the description does not list the command for this node",
                    "the node is outside the scope of the session (alert com.microsoft.mdm.synctype)"),
        ("Replace", 405): ("the node is read-only",
                           "the node is outside the scope of the session (alert com.microsoft.mdm.synctype)"),
        ("", 406): ("the device does not have what was asked",
                    "the primary account touched a node of declared configuration"),
        ("", 415): ("Format or Type in Meta is not what the node takes",),
        ("", 416): ("the value is larger than the node takes",),
        ("Add", 418): ("the node was there before: the device had it already",),
        ("", 425): ("the account may not do this to the node",),
        ("", 500): ("Windows says 500 for every error of a provider that has no status of its own: the cause is not in "
                    "the number",),
        ("Get", 500): ("a Get does not stand in an Atomic", "the provider failed"),
        ("Atomic", 500): ("an Atomic does not stand in an Atomic",),
        ("", 507): ("one part of the Atomic failed, and nothing was changed",),
        ("", 516): ("the Atomic failed and could not be undone: half of it may have stayed",),
        ("", 202): (),
        ("", 214): ("the user cancelled",),
        ("", 215): ("another part failed, so this one was not tried",),
        ("", 216): ("it had been done, and was undone because another part failed",),
    }
)  # fmt: skip
"""(Verb, status) -> causes that were seen; the verb is empty for all."""

ANSWER_LOOK: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "the command as it was sent: dmkit lint",
        401: "certificate and account of the server",
        404: "the path against the descriptions of this build: dmkit lint --target",
        405: "AccessType of the node in its description: dmkit lint",
        406: "whose node it is; the second account for declared configuration",
        415: "the Format of the node in its description: dmkit lint",
        416: "the size of the value",
        418: "send Replace in place of Add",
        425: "which account made the node",
        500: "msft:originalerror beside the Status, then the event log of the device "
             "(DeviceManagement-Enterprise-Diagnostics-Provider/Admin)",
        507: "the part that is marked",
        516: "Get each node of the Atomic, and send what is missing",
    }
)  # fmt: skip
"""Status -> where to look next."""

_NAMED: Final = re.compile(r"<(/?[A-Za-z][\w.:-]*)")


def form_of(data: object, body: bytes) -> Literal["escaped", "section", "markup"]:
    """How the mark-up in ``data``, which was read from ``body``, stood there: escaped, in a CDATA section, or bare.

    >>> form_of("<b/>", b"<Data>&lt;b/&gt;</Data>"), form_of("<b/>", b"<Data><b/></Data>")
    ('escaped', 'markup')
    """
    if isinstance(data, Element):
        return "markup"
    if isinstance(data, str) and data and data in _with_sections(body):
        return "section"
    found = _NAMED.search(data) if isinstance(data, str) else None
    if found is None or not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "escaped"
    name = found[1].encode()
    escaped, within = _names_in(body)
    return "escaped" if name in escaped else "section" if name in within else "markup"


_NAME: Final = rb"(/?[A-Za-z](?:[\w.:-]|[\x80-\xff])*)"
_ESCAPED: Final = re.compile(rb"&(?:lt|#60|#x3c);" + _NAME, re.I)
_WITHIN: Final = re.compile(rb"<" + _NAME)
_MARK: Final = re.compile(
    rb"<!\[CDATA\[(?P<section>.*?)(?:\]\]>|\Z)|<(?P<end>/?)(?P<prefix>(?:[\w.-]+:)?)Data(?:\s[^<>]*)?>|<", re.DOTALL
)
"""A section, a tag of Data, or any other tag: one after another, so that octets are looked at once."""
_SECTION: Final = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)


@lru_cache(maxsize=16)
def _names_in(body: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Names of elements that stand escaped in ``body``, and those that stand in sections."""
    within = (name for mark in _MARK.finditer(body) if mark["section"] for name in _WITHIN.findall(mark["section"]))
    return frozenset(_ESCAPED.findall(body)), frozenset(within)


def _texts(body: bytes) -> Iterator[bytes]:
    """What stands in each Data that holds no element."""
    prefix, begins = None, 0
    for mark in _MARK.finditer(body):
        if mark["section"] is not None:
            continue
        if mark["end"] and mark["prefix"] == prefix:
            yield body[begins : mark.start()]
        opens = mark["end"] == b"" and mark[0] != b"<"
        prefix, begins = (mark["prefix"] if opens else None), mark.end()


@lru_cache(maxsize=16)
def _with_sections(body: bytes) -> frozenset[str]:
    """The text of each Data that has a section, or several, between other text."""
    if b"<![CDATA[" not in body:
        return frozenset()
    found = (text.decode("utf-8", "replace") for text in _texts(body) if b"<![CDATA[" in text)
    return frozenset(unescape(_SECTION.sub(lambda section: escape(section[1]), text)) for text in found)


_BEGINNING: Final = 40
"""Signs of an address by which it is known among what a reader noted, which is cut short."""


@asked
def noted_of_targets(deviations: Iterable[Deviation]) -> frozenset[str]:
    """What a reader noted of addresses of Items, to look the beginning of an address up in.

    >>> noted_of_targets([])
    frozenset()
    """
    found = [d.found for d in deviations if "/Target" in d.where]
    return frozenset(found).union(text.strip()[:_BEGINNING] for text in found)


@asked
def suspicious(item: Item, around: Container[str] = (), body: bytes = b"") -> tuple[str, ...]:
    """What is odd about an Item as it was sent; ``around`` is what its reader noted, ``body`` the message it was in."""
    causes: list[str] = []
    uri = item.target or ""
    form = form_of(item.data, body)
    if form == "markup":
        causes.append("mark-up in Data is not escaped: Windows then gives no Status at all (FLEET#16316)")
    elif form == "section":
        causes.append("Data is in a CDATA section, which Windows does not take")
    elif isinstance(item.data, str) and item.data != item.data.strip():
        causes.append("white space stands around the value")
    if re.search(r"\s", uri) or (uri and (spaced(uri) in around or uri[:_BEGINNING] in around)):
        causes.append(f"white space stands in or around the address {uri[:60]!r}")
    if uri.startswith("/"):
        causes.append("the address begins with /")
    return tuple(causes)


@asked
def unanswered(
    command: Command,
    items: Iterable[Item],
    later: Iterable[Command],
    around: Container[str] = (),
    body: bytes = b"",
) -> tuple[tuple[str, ...], str]:
    """Why a command may have had no Status, and where to look; ``later`` is what the device said afterwards."""
    causes = [cause for each in items for cause in suspicious(each, around, body)]
    found = list(later)
    if any(isinstance(c, Alert) and c.code == AlertCode.SESSION_ABORT for c in found):
        causes.append("the device ended the session (Alert 1223): results that do not fit into MaxMsgSize do that")
    if not any(isinstance(c, Status) and not c.is_header for c in found):
        causes.append("the device answered no command at all: it may not have read the message")
    if not command.cmd_id:
        causes.append("the command has no CmdID, so that no Status can name it")
    look = "the command as it was sent: dmkit lint" if causes else "the event log of the device, and the next session"
    return tuple(dict.fromkeys(causes)) or ("nothing in the command says why",), look


@asked
def items_in(command: Command) -> Iterator[Item]:
    """The Items of a command, and of the commands inside it."""
    yield from getattr(command, "items", ())
    for inner in getattr(command, "commands", ()):
        yield from items_in(inner)
