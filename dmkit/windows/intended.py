"""What a profile intends: its commands, one by one, with the place where each stands.

Read from whole messages, bare commands, several side by side, and lists of OMA-URI settings as JSON or
CSV.  Nothing is sent; what cannot be read is a note with its line.

>>> profile = read_profile("p.xml", b"<Replace><Item><Target><LocURI>./Vendor/MSFT/A</LocURI></Target>"
...                        b"<Data>1</Data></Item></Replace>")
>>> profile.commands[0].verb, profile.commands[0].uri, profile.commands[0].data, profile.commands[0].line
('Replace', './Vendor/MSFT/A', '1', 1)
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from dmkit.wire.markup import PARSER, as_utf8
from dmkit.wire.pieces import pieces
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError

__all__ = ["Intended", "Note", "WindowsProfile", "read_profile"]

VERBS: Final = frozenset({"Add", "Replace", "Delete", "Get", "Exec", "Copy"})
_CONTAINERS: Final = frozenset({"Atomic", "Sequence"})
_OTHERS: Final = frozenset({"Status", "Results", "Alert", "Final", "Put"})
_DATA: Final = re.compile(rb"<(?:[\w.-]+:)?Data\s*>\s*(<!\[CDATA\[)")
_FORMATS: Final = {
    "float": "float",
    "int": "int",
    "string": "chr",
    "chr": "chr",
    "bool": "bool",
    "base64": "b64",
    "b64": "b64",
    "null": "null",
    "node": "node",
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that reading met: rule, line, sentence."""

    rule: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Intended:
    """One command on one node.  ``format`` and ``data`` are None where the profile says nothing.

    ``within`` names the containers around it from the outside, ``atomic`` numbers the Atomic it stands in (0: none);
    ``cmd_id`` as written.  ``markup``: its Data holds elements; ``listed``: it stands in a list of settings, which has
    no containers; ``hidden``: that list does not give its value.
    """

    file: str
    line: int
    verb: str
    uri: str
    format: str | None = None
    type: str | None = None
    data: str | None = None
    within: tuple[str, ...] = ()
    atomic: int = 0
    cmd_id: str = ""
    markup: bool = False
    listed: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class WindowsProfile:
    """A file: its commands in order, what reading met, its octets, and whether it is a whole message."""

    file: str
    commands: tuple[Intended, ...]
    notes: tuple[Note, ...] = ()
    size: int = 0
    whole: bool = False


def read_profile(file: str, data: bytes) -> WindowsProfile:
    """The profile in ``data``; CodecError when it is no text that could be one."""
    if not data.strip():
        raise CodecError(f"{file}: there is nothing in it")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"):
        return _xml(file, data)
    head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head in (b"{", b"["):
        return _json(file, data)
    if head == b"<":
        return _xml(file, data)
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace").lower()
    if "," in first or ";" in first:
        return _csv(file, data)
    raise CodecError(f"{file}: neither XML, nor JSON, nor a table with commas", line=1)


# -- XML


def _xml(file: str, data: bytes) -> WindowsProfile:
    notes: list[Note] = []
    deviations: list[Deviation] = []
    text = as_utf8(data, True, deviations)
    notes += [Note("encoding", 1, str(deviation)) for deviation in deviations]
    text = text.removeprefix(b"\xef\xbb\xbf")
    notes += [
        Note("cdata", text.count(b"\n", 0, match.start()) + 1, "Data is in a CDATA section")
        for match in _DATA.finditer(text)
    ]
    commands: list[Intended] = []
    counter = _Counter()
    whole = False
    found = pieces(text)
    if not found:
        raise CodecError(f"{file}: there is no element in it", line=1)
    for piece in found:
        offset = text.count(b"\n", 0, piece.start)
        octets = text[piece.start : piece.end]
        root, markup = _parsed(octets)
        if root is None:
            notes.append(Note("not-xml", offset + _bad_line(octets), f"<{piece.name}> is not well-formed: {markup}"))
            continue
        whole |= _name(root) == "SyncML"
        commands += _commands(file, root, offset, counter, ())
    if not whole:
        named = {_name_of(piece.name) for piece in found}
        foreign = sorted(named - VERBS - _CONTAINERS - _OTHERS - {"SyncML", "SyncBody"})
        notes += [Note("foreign", 1, f"<{name}> is no command") for name in foreign]
    return WindowsProfile(file, tuple(commands), tuple(notes), len(data), whole)


def _name_of(name: str) -> str:
    return name.rpartition(":")[2]


def _parsed(octets: bytes) -> tuple[Any, str]:
    try:
        return etree.fromstring(octets, PARSER), ""
    except etree.XMLSyntaxError as error:
        return None, str(error.msg or error).split(", line ")[0]


def _bad_line(octets: bytes) -> int:
    try:
        etree.fromstring(octets, PARSER)
    except etree.XMLSyntaxError as error:
        return error.lineno or 1
    return 1


class _Counter:
    """Numbers Atomics in the order in which they stand."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _commands(
    file: str, element: Any, offset: int, counter: _Counter, within: tuple[str, ...], atomic: int = 0
) -> Iterator[Intended]:
    name = _name(element)
    if name in VERBS:
        yield from _items(file, element, offset, within, atomic)
        return
    if name in _CONTAINERS:
        within = (*within, name)
        atomic = counter.next() if name == "Atomic" else atomic
    elif name in _OTHERS:
        return
    elif within and name not in ("CmdID", "Meta", "NoResp"):
        yield Intended(file, offset + element.sourceline, name, "", within=within, atomic=atomic)
        return
    for child in element:
        yield from _commands(file, child, offset, counter, within, atomic)


def _items(file: str, element: Any, offset: int, within: tuple[str, ...], atomic: int) -> Iterator[Intended]:
    verb = _name(element)
    cmd_id = next((child.text or "" for child in element if _name(child) == "CmdID"), "")
    meta = next((child for child in element if _name(child) == "Meta"), None)
    items = [child for child in element if _name(child) == "Item"]
    line = offset + element.sourceline
    if not items:
        yield Intended(file, line, verb, "", within=within, atomic=atomic, cmd_id=cmd_id)
    for item in items:
        own = next((child for child in item if _name(child) == "Meta"), None)
        target = next((child for child in item if _name(child) == "Target"), None)
        uri = next((child for child in target if _name(child) == "LocURI"), None) if target is not None else None
        data = next((child for child in item if _name(child) == "Data"), None)
        where = uri if uri is not None else item
        markup = data is not None and any(isinstance(child.tag, str) for child in data)
        text = None if data is None else "".join(data.itertext()) if not markup else _inner(data)
        yield Intended(
            file,
            offset + where.sourceline,
            verb,
            "" if uri is None else uri.text or "",
            _field(own, "Format") or _field(meta, "Format"),
            _field(own, "Type") or _field(meta, "Type"),
            text,
            within,
            atomic,
            cmd_id.strip(),
            markup,
        )


def _inner(data: Any) -> str:
    parts = [data.text or ""] + [etree.tostring(child, encoding="unicode") for child in data]
    return "".join(parts).strip()


def _field(meta: Any, name: str) -> str | None:
    if meta is None:
        return None
    return next((child.text or "" for child in meta if _name(child) == name), None)


# -- lists of settings

_URI: Final = ("omauri", "oma-uri", "oma_uri", "uri", "locuri", "path")
_VALUE: Final = ("value", "data", "settingvalue")
_TYPE: Final = ("datatype", "data type", "type", "format", "@odata.type")


def _json(file: str, data: bytes) -> WindowsProfile:
    try:
        text = data.decode("utf-8-sig")
        rows = list(_settings(json.loads(text)))
    except (UnicodeDecodeError, ValueError) as error:
        raise CodecError(f"{file}: no JSON: {error}"[:300]) from None
    except RecursionError:
        raise CodecError(f"{file}: no JSON that can be read: it is nested too deeply") from None
    if not rows:
        raise CodecError(f"{file}: no setting in it has an OMA-URI; a list of objects with omaUri and value is right")
    at = 0
    commands = []
    for row in rows:
        begin, at = _place(text, row, at)
        commands.append(_setting(file, text.count("\n", 0, begin) + 1, row))
    return WindowsProfile(file, tuple(commands), (), len(data))


def _settings(document: object) -> Iterator[dict[str, Any]]:
    """Every setting in a document, also one that lacks its address: nothing of a list is left out without a word."""
    if isinstance(document, dict):
        if _of(document, _URI) is not None:
            yield document
            return
        inner = [setting for value in document.values() for setting in _settings(value)]
        yield from [document] if not inner and _named(document, _URI) else inner
    elif isinstance(document, list):
        found = [(each, list(_settings(each))) for each in document]
        is_of_settings = any(_of(each, _URI) is not None for each in document if isinstance(each, dict))
        for each, settings in found:
            if settings or not is_of_settings:
                yield from settings
            elif not isinstance(each, dict):
                yield {}
            elif _named(each, _VALUE):
                yield each


def _named(row: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether ``row`` has a field of one of those names, whatever is in it."""
    return any(str(key).strip().lower() in names for key in row)


def _place(text: str, row: dict[str, Any], at: int) -> tuple[int, int]:
    """Where an entry of a list stands, behind ``at``: its address, or its first field; and where its fields end."""
    begin, end = at, at
    for key in row:
        found = text.find(json.dumps(str(key)), end)
        if found >= 0:
            begin, end = begin if end > at else found, found + len(key) + 2
    uri = json.dumps(str(_of(row, _URI) or ""))[1:-1]
    found = text.find(uri, at) if uri else -1
    return (begin, end) if found < 0 else (found, max(end, found + len(uri)))


def _of(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    lowered = {str(key).strip().lower(): value for key, value in row.items()}
    return next((lowered[name] for name in names if lowered.get(name) is not None), None)


def _setting(file: str, line: int, row: dict[str, Any]) -> Intended:
    kind = str(_of(row, _TYPE) or "").lower()
    format_ = next((format_ for word, format_ in _FORMATS.items() if word in kind), None)
    value = _of(row, _VALUE)
    text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    hidden = _of(row, ("isencrypted",)) is True and (text is None or set(text) <= {"*"})
    if "xml" in kind and text is not None:
        text = _unpacked(text)
    return Intended(file, line, "Replace", str(_of(row, _URI) or ""), format_, None, text, listed=True, hidden=hidden)


def _unpacked(text: str) -> str:
    """The XML that a setting of that type holds, which an export writes as base64."""
    try:
        inner = base64.b64decode(text, validate=True).decode("utf-8-sig")
    except (binascii.Error, ValueError):
        return text
    return inner if inner.lstrip().startswith("<") else text


def _csv(file: str, data: bytes) -> WindowsProfile:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CodecError(f"{file}: a table that is no UTF-8") from None
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise CodecError(f"{file}: no table: {error}", line=reader.line_num) from None
    if not _named(dict.fromkeys(reader.fieldnames or ()), _URI):
        raise CodecError(f"{file}: no column is called OMA-URI; one with the addresses is right", line=1)
    commands = []
    for line, row in rows:
        if any(more.strip() for more in row.pop(None, ())):
            raise CodecError(f"{file}: more cells than columns; a value with {delimiter!r} stands in quotes", line=line)
        if any((cell or "").strip() for cell in row.values()):
            commands.append(_setting(file, line, row))
    if not commands:
        raise CodecError(f"{file}: no setting stands below the names of the columns", line=1)
    return WindowsProfile(file, tuple(commands), (), len(data))
