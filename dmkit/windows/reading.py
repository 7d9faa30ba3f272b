"""How a device like Windows reads XML: what other readers mend stays as it was sent, so that it can be refused.

>>> from dmkit.wire.codec import XML
>>> from dmkit.words.model import Header, Message, Replace
>>> sent = XML.encode(Message(Header("1", "1", "d", "s"), (Replace.of("./A", "<b/>"),)))
>>> sent = sent.replace(b"<Data>&lt;b/&gt;", b"<Data><![CDATA[<b/>]]>").replace(b">./A<", b"> ./A<")
>>> item = WindowsXml(WindowsRules()).decode(sent).commands[0].items[0]
>>> item.target, item.data.name == SECTION
(' ./A', True)
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace as changed

from dmkit.windows.answers import form_of, items_in
from dmkit.windows.behaviour import WindowsRules
from dmkit.wire.codec import XML
from dmkit.words.model import Atomic, Command, Element, Item, Message, Results, Sequence, Status, Unknown, flatten

__all__ = ["ORIGINAL", "SECTION", "WindowsXml"]

SECTION: Final = "#cdata"
"""Name of what stands in place of a CDATA section of Data."""

ORIGINAL: Final = "x-dmkit-originalerror"
"""Type of an Item of a Status that becomes ``msft:originalerror`` on its way out."""

_ORIGINAL: Final = re.compile(
    rb"<Data>(\d+)</Data><Item><Meta><Type[^>]*>"
    + ORIGINAL.encode()
    + rb"</Type></Meta><Data>(0x[0-9A-F]{8})</Data></Item>"
)
_BESIDE: Final = rb'<Data xmlns:msft="http://schemas.microsoft.com/MobileDevice/MDM" msft:originalerror="\2">\1</Data>'
_URIS: Final = re.compile(rb"<(?:[\w.-]+:)?LocURI\s*>([^<]*)<")


@dataclass(frozen=True, slots=True)
class WindowsXml:
    """XML as ``habits`` have it read; it writes like any other."""

    habits: WindowsRules
    name: str = "xml"
    media_type: str = "application/vnd.syncml.dm+xml"
    binary: bool = False

    def encode(self, message: Message) -> bytes:
        """``message`` as octets; what was behind a Status stands in an attribute of its Data."""
        octets = XML.encode(message)
        return _ORIGINAL.sub(_BESIDE, octets) if ORIGINAL.encode() in octets else octets

    def decode(self, data: bytes, *, lenient: bool = True) -> Message:
        """The message, always read leniently; addresses keep their blanks, sections in Data are marked, and
        a command without CmdID is none."""
        message = XML.decode(data, lenient=True)
        spaced = {}
        if self.habits.blanks == "keep":
            uris = (html.unescape(found[1].decode("utf-8", "replace")) for found in _URIS.finditer(data))
            spaced = {uri.strip(): uri for uri in uris if uri != uri.strip()}
        if b"<Data" in data or b":Data" in data:
            forms = {form_of(item.data, data) for command in message.commands for item in items_in(command)}
        else:
            forms = set()
        if not spaced and forms <= {"escaped"} and all(command.cmd_id for command in flatten(message.commands)):
            return message

        def mark(item: Item) -> Item:
            if item.target in spaced:
                item = changed(item, target=spaced[item.target])
            form = form_of(item.data, data)
            if isinstance(item.data, str) and form == "section" and self.habits.cdata == "refuse":
                return changed(item, data=Element(SECTION, "", (item.data,)))
            if isinstance(item.data, str) and form == "markup":
                return changed(item, data=Element("#markup", "", (item.data,)))
            return item

        return changed(message, commands=tuple(_each(command, mark) for command in message.commands))


def _each(command: Command, mark: Callable[[Item], Item]) -> Command:
    if not command.cmd_id and not isinstance(command, Status | Results):
        return Unknown(command.verb.value)  # answered with a blank CmdRef and 400
    if isinstance(command, Atomic | Sequence):
        return changed(command, commands=tuple(_each(inner, mark) for inner in command.commands))
    items: tuple[Item, ...] = getattr(command, "items", ())
    return changed(command, items=tuple(map(mark, items))) if items and hasattr(command, "meta") else command
