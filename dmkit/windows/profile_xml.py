"""Profiles in XML: whole messages, and commands side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from dmkit.windows.intended import Intended, Note, WindowsProfile
from dmkit.wire.markup import PARSER, as_utf8
from dmkit.wire.pieces import pieces
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError

__all__ = ["VERBS", "xml_profile"]

VERBS: Final = frozenset({"Add", "Replace", "Delete", "Get", "Exec", "Copy"})


_CONTAINERS: Final = frozenset({"Atomic", "Sequence"})


_OTHERS: Final = frozenset({"Status", "Results", "Alert", "Final", "Put"})


_DATA: Final = re.compile(rb"<(?:[\w.-]+:)?Data\s*>\s*(<!\[CDATA\[)")


def xml_profile(file: str, data: bytes) -> WindowsProfile:
    """The profile in ``data``, which is XML."""
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
