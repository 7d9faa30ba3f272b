"""Profiles in XML: whole messages, and commands side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

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


_LINES: Final = 65_000
"""Lines that the parser counts."""
_DECLARATION: Final = re.compile(rb"\s*<\?xml\s[^<>]*\?>")


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
    found = _at_once(text) or list(_piece_by_piece(text))
    if not found:
        raise CodecError(f"{file}: there is no element in it", line=1)
    for name, root, before, note in found:
        if note is not None:
            notes.append(note)
        if root is not None:
            whole |= name == "SyncML"
            commands += _commands(file, root, before, counter, ())
    if not whole:
        named = {piece[0] for piece in found}
        foreign = sorted(named - VERBS - _CONTAINERS - _OTHERS - {"SyncML", "SyncBody"})
        notes += [Note("foreign", 1, f"<{name}> is no command") for name in foreign]
    return WindowsProfile(file, tuple(commands), tuple(notes), len(data), whole)


_Piece: TypeAlias = tuple[str, Any, int, Note | None]
"""An element side by side with others: its name, itself, how many lines stand before, and what is wrong with it."""


def _at_once(text: bytes) -> list[_Piece] | None:
    """The elements of ``text``, which is well-formed but for their being several; None where it is not so simple."""
    if b"<!DOCTYPE" in text or b"<_all" in text or b"</_all" in text or text.count(b"\n") > _LINES:
        return None
    declared = _DECLARATION.match(text)
    head = b"\n" * declared[0].count(b"\n") if declared else b""
    try:
        root = etree.fromstring(b"<_all>" + head + text[declared.end() if declared else 0 :] + b"</_all>", PARSER)
    except etree.XMLSyntaxError:
        return None
    return [(_name(child), child, 0, None) for child in root]


def _piece_by_piece(text: bytes) -> Iterator[_Piece]:
    """The same, each parsed by itself; what is not well-formed is told, with its line."""
    at, lines = 0, 0
    for piece in pieces(text):
        lines += text.count(b"\n", at, piece.start)
        at = piece.start
        name = piece.name.rpartition(":")[2]
        try:
            yield name, etree.fromstring(text[piece.start : piece.end], PARSER), lines, None
        except etree.XMLSyntaxError as error:
            says = str(error.msg or error).split(", line ")[0]
            told = f"<{piece.name}> is not well-formed: {says}"
            yield name, None, lines, Note("not-xml", lines + (error.lineno or 1), told)


class _Counter:
    """Numbers Atomics in the order in which they stand."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


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
    cmd_id, meta, items = "", None, []
    for child in reversed(element):  # of several the first counts
        name = _name(child)
        if name == "CmdID":
            cmd_id = child.text or ""
        elif name == "Meta":
            meta = child
        elif name == "Item":
            items.append(child)
    if not items:
        yield Intended(file, offset + element.sourceline, verb, "", within=within, atomic=atomic, cmd_id=cmd_id)
    for item in reversed(items):
        parts = {_name(child): child for child in reversed(item)}
        own, target, data = parts.get("Meta"), parts.get("Target"), parts.get("Data")
        uri = None if target is None else next((child for child in target if _name(child) == "LocURI"), None)
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
