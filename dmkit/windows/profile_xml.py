"""Profiles in XML: whole messages, and commands side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from lxml import etree

from dmkit.windows.intended import Intended, Note, WindowsProfile
from dmkit.wire.markup import as_utf8, parsed, written_out
from dmkit.wire.pieces import pieces
from dmkit.words.asked import asked
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError

__all__ = ["VERBS", "xml_profile"]

VERBS: Final = frozenset({"Add", "Replace", "Delete", "Get", "Exec", "Copy"})


_CONTAINERS: Final = frozenset({"Atomic", "Sequence"})


_OTHERS: Final = frozenset({"Status", "Results", "Alert", "Final"})
_NUMBERED: Final = VERBS | _CONTAINERS | {"Alert"}
_BESIDE: Final = frozenset({"CmdID", "Meta", "NoResp", "Cred"})
"""What stands beside commands in a container."""


_LINES: Final = 65_000
"""Lines that the parser counts."""
_DECLARATION: Final = re.compile(rb"\s*<\?xml\s[^<>]*\?>")
_DECLARED: Final = re.compile(rb"<\?xml\s")


_MARK: Final = re.compile(rb"<!--|<!\[CDATA\[|<(/?)(?:[\w.-]+:)?Data(?:\s[^<>]*)?>")


@asked
def xml_profile(file: str, data: bytes) -> WindowsProfile:
    """The profile in ``data``, which is XML."""
    notes: list[Note] = []
    deviations: list[Deviation] = []
    text = as_utf8(data, True, deviations)
    notes += [Note("encoding", 1, str(deviation)) for deviation in deviations]
    text = text.removeprefix(b"\xef\xbb\xbf")
    notes += [Note("cdata", line, "Data is in a CDATA section") for line in _sections(text)]
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
            notes += _containers(root, before, "SyncML" if name == "SyncML" else "")
    if not whole:
        known = VERBS | _CONTAINERS | _OTHERS | {"SyncML", "SyncBody", ""}
        lines = {name: before + root.sourceline for name, root, before, _ in reversed(found) if root is not None}
        foreign = sorted({piece[0] for piece in found} - known)
        notes += [Note("foreign", lines.get(name, 1), f"<{name}> is no command") for name in foreign]
    return WindowsProfile(file, tuple(commands), tuple(notes), len(data), whole)


def _sections(text: bytes) -> Iterator[int]:
    """The line of each Data that has a CDATA section."""
    if b"<![CDATA[" not in text:
        return
    at, line, done, inside = 0, 1, 0, -1
    while (mark := _MARK.search(text, at)) is not None:
        at = mark.end()
        if mark[0] == b"<!--":
            at = text.find(b"-->", at)
        elif mark[0] == b"<![CDATA[":
            at = text.find(b"]]>", at)
            if inside >= 0:
                line, done, inside = line + text.count(b"\n", done, inside), inside, -1
                yield line
        else:
            inside = -1 if mark[1] or mark[0].endswith(b"/>") else mark.start()
        if at < 0:
            return


def _containers(element: Any, before: int, place: str) -> Iterator[Note]:
    """What is wrong with a whole message, or an Atomic, aside from the commands in it."""
    for child in element:
        name = _name(child)
        line = before + child.sourceline
        if place and name in _NUMBERED and not any(_name(c) == "CmdID" and (c.text or "").strip() for c in child):
            yield Note("no-cmd-id", line, f"<{name}> has no CmdID")
        if name in ("SyncBody", *_CONTAINERS):
            yield from _containers(child, before, place)
        if name == "Atomic" and _name(element) == "Atomic" and not any(_name(c) in _NUMBERED for c in child):
            yield Note("atomic-nested", line, "an Atomic stands in an Atomic")


_Piece: TypeAlias = tuple[str, Any, int, Note | None]
"""An element side by side with others: its name, itself, how many lines stand before, and what is wrong with it."""


def _at_once(text: bytes) -> list[_Piece] | None:
    """The elements of ``text``, which is well-formed but for their being several; None where it is not so simple."""
    if b"<!DOCTYPE" in text or b"<_all" in text or b"</_all" in text or text.count(b"\n") > _LINES:
        return None
    declared = _DECLARATION.match(text)
    if declared and declared[0][:1] != b"<":
        return None
    head = b"\n" * declared[0].count(b"\n") if declared else b""
    try:
        root = parsed(b"<_all>" + head + text[declared.end() if declared else 0 :] + b"</_all>")
    except (etree.XMLSyntaxError, CodecError):
        return None
    return [(_name(child), child, 0, None) for child in root]


def _piece_by_piece(text: bytes) -> Iterator[_Piece]:
    """The same, each parsed by itself; what is not well-formed is told, with its line."""
    at, lines, end = 0, 0, 0
    for piece in pieces(text):
        declared = _DECLARED.search(text, end, piece.start)
        line = lines + text.count(b"\n", at, declared.start()) + 1 if declared else 0
        lines += text.count(b"\n", at, piece.start)
        at, end = piece.start, piece.end
        if declared and declared.start() > 0:
            yield "", None, 0, Note("encoding", line, "the XML declaration does not stand at the very beginning")
        name = piece.name.rpartition(":")[2]
        try:
            yield name, parsed(text[piece.start : piece.end]), lines, None
        except etree.XMLSyntaxError as error:
            says = str(error.msg or error).split(", line ")[0]
            told = f"<{piece.name}> is not well-formed: {says}"
            yield name, None, lines, Note("not-xml", lines + (error.lineno or 1), told)
        except CodecError as error:
            yield name, None, lines, Note("not-xml", lines + (error.line or 1), error.reason)


class _Counter:
    """Numbers Atomics in the order in which they stand."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> int:
        self.count += 1
        return self.count


def _name(element: Any) -> str:
    tag = None if element is None else element.tag
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
    elif (within or _name(element.getparent()) == "SyncBody") and name not in _BESIDE:
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
    return ((data.text or "") + written_out(data, data.sourceline)).strip()


def _field(meta: Any, name: str) -> str | None:
    if meta is None:
        return None
    return next((child.text or "" for child in meta if _name(child) == name), None)
