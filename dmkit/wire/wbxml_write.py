"""Messages written as WBXML: usual ones by ``writing``, those with octets, mark-up or a string table tag by tag.

Code page 1 is left, as the standard has it, by the next tag of page 0 and not by END.  [DMREPPRO §5, WBXML §5 to §8]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dmkit.wire.compiled import usual
from dmkit.wire.content import MODELS, Child, Irregular
from dmkit.wire.elements import BY_ROOT, SYNCML, Vocabulary
from dmkit.wire.numbers import numbered
from dmkit.wire.octets import MAX_DEPTH, StringTable, mb
from dmkit.wire.tags import write_element
from dmkit.wire.writing import counted, write_wbxml
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Data, Element, Message, Meta, Unknown

__all__ = ["encode"]

_Text = Callable[[str], bytes]


_HEADS = {version: StringTable().head(version, SYNCML.public_id) for version in (1, 2, 3)}


def _inline(text: str) -> bytes:
    if "\0" in text:
        raise CodecError("text cannot hold U+0000; send octets instead")
    return b"\x03%b\0\x01" % text.encode()


def encode(message: Message, *, version: int = 0x02, string_table: bool = False) -> bytes:
    """``message`` as WBXML of ``version`` (01, 02 or 03: 1.1, 1.2, 1.3), text inline.

    Commands without a CmdID are numbered.  With ``string_table`` a text that occurs again travels
    once, in the string table; this takes time proportional to the text.  CodecError when a value has
    no WBXML form.
    """
    if version not in (1, 2, 3):
        raise CodecError(f"version octet {version!r} is not one of 01, 02, 03")
    if not string_table and usual():
        try:
            return _HEADS[version] + write_wbxml(message)
        except (Irregular, UnicodeEncodeError):
            pass
    message = numbered(message)
    try:
        table = StringTable()
        body = _message(message, _referring(message, table) if string_table else _inline, table)
    except UnicodeEncodeError as error:
        raise CodecError(f"text has a character that UTF-8 cannot carry: {error.reason}") from None
    return table.head(version, SYNCML.public_id) + body


def _referring(message: Message, table: StringTable) -> _Text:
    """A writer of text that puts what occurs again into ``table``; found by one trial run."""
    counts: dict[str, int] = {}

    def count(text: str) -> bytes:
        counts[text] = counts.get(text, 0) + 1
        return _inline(text)

    _message(message, count, StringTable())
    references: dict[str, bytes] = {}
    for text, times in counts.items():
        length = len(text.encode())
        if times > 1 and (length + 2) * times > length + 1 + 4 * times:
            references[text] = b"\x83" + mb(table.index(text)) + b"\x01"
    return lambda text: references.get(text) or _inline(text)


def _message(message: Message, text: _Text, table: StringTable) -> bytes:
    body = _Body(text, table)
    body.struct("SyncML", "SyncHdr", message.header)
    body.tag("SyncBody")
    body.commands(message.commands)
    if message.final:
        body.tag("Final", empty=True)
    body.out.append(b"\x01\x01")
    return b"".join(body.out)


class _Body:
    """The body of a document being written along the grammar; ``page`` is the code page of the next tag."""

    def __init__(self, text: _Text, table: StringTable) -> None:
        self.text, self.table = text, table
        self.out: list[bytes] = []
        self.page = self.depth = 0

    def tag(self, name: str, page: int = 0, *, empty: bool = False) -> None:
        """A tag; it is on another page than the one before when it has to be."""
        if page != self.page:
            self.out.append(bytes((0, page)))
            self.page = page
        token = SYNCML.token(page, name)
        assert token is not None
        self.out.append(bytes((token if empty else token | 0x40,)))

    def leaf(self, name: str, value: str, page: int = 0) -> None:
        self.tag(name, page)
        self.out.append(self.text(value))

    def end(self) -> None:
        self.out.append(b"\x01")

    def struct(self, *names_and_struct: Any) -> None:
        """The elements called ``names``, one inside the other, with the fields of the struct in the last."""
        *names, struct = names_and_struct
        for name in names:
            self.tag(name)
        for child in MODELS[names[-1]].rows():
            self.child(child, struct)
        self.end()

    def child(self, child: Child, struct: Any) -> None:
        """``child`` of ``struct``, when there is any."""
        name, value = child.name, getattr(struct, child.field)
        if value is None and (child.many or (child.least and "None" not in struct.__annotations__[child.field])):
            raise TypeError(f"{child.field} is missing")
        if child.kind == "place":
            self.place(name, value, getattr(struct, f"{child.field}_name"))
        elif child.kind == "commands":
            self.commands(value)
        elif child.kind == "items":
            for item in value:
                self.struct("Item", item)
        elif child.kind == "flag":
            if value:
                self.tag(name, empty=True)
        elif child.kind == "code":
            self.leaf(name, format(value, "d"))  # what only equals a whole number is none
        elif value is None or (child.many and value == ()):
            return
        elif child.kind == "Meta":
            self.meta(value)
        elif child.kind == "Chal":
            self.tag(name)
            self.meta(value)
            self.end()
        elif child.kind == "Cred":
            self.struct(name, value)
        elif child.kind == "data":
            self.data(name, value)
        elif child.many:
            for one in value:
                self.leaf(name, one)
        else:
            self.leaf(name, value)

    def commands(self, commands: tuple[Command, ...]) -> None:
        if self.depth > MAX_DEPTH - 8:
            raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
        self.depth += 1
        for command in commands:
            if isinstance(command, Unknown):
                octets, self.page = write_element(
                    command.element(SYNCML.ns), SYNCML, self.table, self.page, depth=self.depth + 2
                )
                self.out.append(octets)
            else:
                self.struct(type(command).__name__, command)
        self.depth -= 1

    def place(self, name: str, uri: str | None, loc_name: str | None) -> None:
        if uri is None:
            if loc_name is not None:
                raise CodecError("an Item has a LocName and no LocURI")
            return
        self.tag(name)
        self.leaf("LocURI", uri)
        if loc_name is not None:
            self.leaf("LocName", loc_name)
        self.end()

    def meta(self, meta: Meta) -> None:
        MODELS["Meta"].look([getattr(meta, child.field) for child in MODELS["Meta"].rows()])
        if meta == Meta():
            self.tag("Meta", empty=True)
            return
        self.tag("Meta")
        for child in MODELS["Meta"].rows():
            value = getattr(meta, child.field)
            for one in value if child.many else () if value is None else (value,):
                self.leaf(child.name, counted(one) if child.kind == "count" else one, 1)
        self.end()

    def data(self, name: str, data: Data) -> None:
        if data == "":
            self.tag(name, empty=True)
        elif isinstance(data, str):
            self.leaf(name, data)
        elif isinstance(data, bytes):
            self.tag(name)
            self.out.append(b"\xc3" + mb(len(data)) + data + b"\x01")
        else:
            self.tag(name)
            octets, self.page = _inline_element(data, self.table)
            self.out.append(octets + b"\x01")


def _inline_element(element: Element, table: StringTable) -> tuple[bytes, int]:
    """Mark-up in Data: tags of pages 0 to 2 as they are, others as literals, a DevInf as a document of its own."""
    found: tuple[Vocabulary, ...] = BY_ROOT.get(element.name, ())
    own = next((v for v in found if v.ns == element.ns and v.page_of(v.ns) == 0 and v.root != "SyncML"), None)
    if own is None:
        return write_element(element, SYNCML, table, 0, depth=6, markup=True)
    inner = StringTable()
    body, _ = write_element(element, own, inner, 0, markup=True)
    document = inner.head(0x02, own.public_id) + body
    return b"\xc3" + mb(len(document)) + document, 0
