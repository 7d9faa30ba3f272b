"""A message out of elements, tolerantly: what real peers send, each departure written down.

The strict readers never come here.  Elements are read in any order; what has no place in DM is
noted and left out; what is missing is noted and stays empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from dmkit.wire.elements import NS_METINF, SYNCML
from dmkit.wire.octets import Notes
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.deviations import DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
    Copy,
    Cred,
    Data,
    Delete,
    Element,
    Exec,
    Get,
    Header,
    Item,
    Message,
    Meta,
    Replace,
    Results,
    Sequence,
    Status,
)

__all__ = ["commands_of", "message_of"]

_Found = dict[str, list[Element]]
_META_NAMES: Final = ("Format", "Type", "Mark", "Size", "NextNonce", "MaxMsgSize", "MaxObjSize", "Version", "EMI")


def message_of(root: Element, notes: Notes) -> Message:
    """The message that ``root``, a SyncML element, holds; CodecError when it is none at all."""
    if root.name != "SyncML":
        raise CodecError(f"the root element is {root.name[:40]!r}, not SyncML")
    reader = _Reader(notes)
    found = reader.take(root, "SyncML", "SyncHdr SyncBody")
    if not found["SyncHdr"]:
        raise CodecError("SyncML lacks SyncHdr")
    header = reader.header(found["SyncHdr"][0])
    if not found["SyncBody"]:
        reader.note(DeviationKind.MISSING, "SyncML", "SyncBody is missing")
        return Message(header, (), False)
    body = found["SyncBody"][0]
    commands = reader.commands(body, "SyncBody")
    final = any(child.name == "Final" for child in body.children if isinstance(child, Element))
    seen: set[str] = set()
    for cmd_id in reader.cmd_ids:
        if cmd_id in ("", "0") or cmd_id in seen:
            reader.note(DeviationKind.DUPLICATE_CMDID, "SyncBody", f"CmdID {cmd_id!r} is used again, 0 or empty")
        seen.add(cmd_id)
    return Message(header, commands, final)


def commands_of(elements: Iterable[Element], notes: Notes) -> tuple[Command, ...]:
    """The commands that ``elements``, which stand by themselves, hold."""
    return _Reader(notes).commands(Element("SyncBody", "", tuple(elements)), "")


class _Reader:
    """Notes and CmdIDs of one message being read."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.cmd_ids: list[str] = []

    def note(self, kind: DeviationKind, where: str, reason: str) -> None:
        self.notes.add(kind, reason, where=where)

    def take(self, element: Element, where: str, allowed: str, many: str = "") -> _Found:
        """Children by name; what is neither ``allowed`` nor ``many`` is noted, repetitions of ``allowed`` too."""
        found: _Found = {name: [] for name in (*allowed.split(), *many.split())}
        if element.attrs:
            self.note(DeviationKind.ATTRIBUTE, where, f"{element.name} has attribute {element.attrs[0][0]}")
        for child in element.children:
            if not isinstance(child, Element):
                if (child if isinstance(child, str) else child.decode("latin-1")).strip():
                    self.note(DeviationKind.VALUE, where, f"text stands in {element.name}, which holds elements")
            elif child.name not in found:
                self.stray(child, where)
            else:
                if found[child.name] and child.name not in many.split():
                    self.note(DeviationKind.REPEATED, where, f"{child.name} occurs twice")
                found[child.name].append(child)
        return found

    def stray(self, child: Element, where: str) -> None:
        """Note a child that has no place where it stands."""
        if child.name == "Cred":
            kind = DeviationKind.CRED_OUTSIDE_HEADER
        elif SYNCML.kind(0, child.name) is not None or SYNCML.kind(1, child.name) is not None:
            kind = DeviationKind.UNUSED_ELEMENT
        else:
            kind = DeviationKind.UNKNOWN_ELEMENT
        self.note(kind, where, f"{child.name} is left out")

    def text(self, found: _Found, name: str, where: str, *, needed: bool = False) -> str | None:
        """Text of the first child called ``name``; None, and a note when ``needed``, if there is none."""
        if not found[name]:
            if needed:
                self.note(DeviationKind.MISSING, where, f"{name} is missing")
            return None
        return self.words(found[name][0], f"{where}/{name}")

    def words(self, element: Element, where: str) -> str:
        if element.attrs:
            self.note(DeviationKind.ATTRIBUTE, where, f"{element.name} has attribute {element.attrs[0][0]}")
        if any(isinstance(child, Element) for child in element.children):
            self.note(DeviationKind.VALUE, where, "elements stand where text is expected")
        return self.clean(element.text, where)

    def clean(self, text: str, where: str) -> str:
        """``text`` without NUL characters."""
        if "\0" not in text:
            return text
        self.note(DeviationKind.TRAILING_NUL, where, "text holds NUL")
        return text.rstrip("\0").replace("\0", "")

    def number(self, found: _Found, name: str, where: str, most: int = 18) -> int | None:
        text = self.text(found, name, where)
        if text is None:
            return None
        digits = text.strip()
        if digits.isascii() and digits.isdigit() and len(digits) <= most:
            if digits != text:
                self.note(DeviationKind.VALUE, where, f"{name} has white space around it")
            return int(digits)
        self.note(DeviationKind.VALUE, where, f"{name} {digits[:40]!r} is no whole number")
        return None

    def place(self, found: _Found, name: str, where: str) -> tuple[str | None, str | None]:
        """LocURI and LocName of Target or Source."""
        if not found[name]:
            return None, None
        inner = self.take(found[name][0], f"{where}/{name}", "LocURI LocName")
        uri = self.text(inner, "LocURI", f"{where}/{name}", needed=True)
        if uri is not None and uri != uri.strip(" \t\r\n"):
            self.note(DeviationKind.VALUE, f"{where}/{name}", f"white space stands around {uri.strip()[:60]!r}")
            uri = uri.strip(" \t\r\n")
        return ("" if uri is None else uri), self.text(inner, "LocName", f"{where}/{name}")

    def meta(self, found: _Found, where: str) -> Meta | None:
        """The Meta child, with what wrongly stands beside it taken in."""
        beside = [e for name in ("Type", "Format") for e in found.get(name, ())]
        if not found["Meta"] and not beside:
            return None
        children: list[Element] = []
        for element in found["Meta"][:1]:
            for child in element.children:
                if isinstance(child, Element) and child.name == "MetInf":
                    self.note(DeviationKind.UNUSED_ELEMENT, f"{where}/Meta", "Meta content is wrapped in MetInf")
                    children += [c for c in child.children if isinstance(c, Element)]
                elif isinstance(child, Element):
                    children.append(child)
                elif child.strip():
                    self.note(DeviationKind.VALUE, f"{where}/Meta", "text stands in Meta, which holds elements")
        for element in beside:
            self.note(DeviationKind.META_OUTSIDE, where, f"{element.name} stands outside Meta")
            if all(child.name != element.name for child in children):
                children.append(element)
        where += "/Meta"
        if any(child.ns != NS_METINF for child in children if child not in beside):
            self.note(DeviationKind.NAMESPACE, where, f"Meta content is not in {NS_METINF}")
        inner = self.take(Element("Meta", "", tuple(children)), where, " ".join(_META_NAMES[:-1]), "EMI")
        format = self.text(inner, "Format", where)
        if format is not None and format != format.strip().lower() and (known := Format.of(format)) is not None:
            self.note(DeviationKind.FORMAT_CASE, where, f"Format is written {format!r}")
            format = known.value
        return Meta(
            format,
            self.text(inner, "Type", where),
            self.text(inner, "Mark", where),
            self.number(inner, "Size", where),
            self.text(inner, "NextNonce", where),
            self.number(inner, "MaxMsgSize", where),
            self.number(inner, "MaxObjSize", where),
            self.text(inner, "Version", where),
            tuple(self.words(e, f"{where}/EMI") for e in inner["EMI"]),
        )

    def header(self, element: Element) -> Header:
        where = "SyncHdr"
        found = self.take(element, where, "VerDTD VerProto SessionID MsgID Target Source RespURI NoResp Cred Meta")
        for name in ("Target", "Source"):
            if not found[name]:
                self.note(DeviationKind.MISSING, where, f"{name} is missing")
        target, target_name = self.place(found, "Target", where)
        source, source_name = self.place(found, "Source", where)

        def need(name: str) -> str:
            return self.text(found, name, where, needed=True) or ""

        return Header(
            need("SessionID"),
            need("MsgID"),
            target or "",
            source or "",
            target_name,
            source_name,
            self.text(found, "RespURI", where),
            self.cred(found, where),
            self.meta(found, where),
            self.no_resp(found, where),
            need("VerDTD"),
            need("VerProto"),
        )

    def cred(self, found: _Found, where: str) -> Cred | None:
        if not found["Cred"]:
            return None
        inner = self.take(found["Cred"][0], f"{where}/Cred", "Meta Data")
        if not inner["Data"]:
            self.note(DeviationKind.EMPTY_CRED, f"{where}/Cred", "Cred has no Data")
            return None
        return Cred(self.text(inner, "Data", f"{where}/Cred") or "", self.meta(inner, f"{where}/Cred"))

    def data(self, element: Element, format: Format | None, where: str) -> Data:
        """Content of an Item's Data: an element, octets or text."""
        if element.attrs:
            self.note(DeviationKind.ATTRIBUTE, where, f"Data has attribute {element.attrs[0][0]}")
        inner = [c for c in element.children if isinstance(c, Element)]
        if inner:
            rest = [c for c in element.children if not isinstance(c, Element) and c.strip()]
            if rest or len(inner) > 1:
                self.note(DeviationKind.VALUE, where, "only the first element of Data is kept")
            return inner[0]
        if any(isinstance(c, bytes) for c in element.children) or format is Format.BIN:
            octets = b"".join(c if isinstance(c, bytes) else str(c).encode() for c in element.children)
            if format is Format.BIN:
                return octets
            try:
                return self.clean(octets.decode(), where)
            except UnicodeDecodeError:
                return octets
        return self.clean(element.text, where)

    def item(self, element: Element, outer: Meta | None, where: str) -> Item:
        where += "/Item"
        found = self.take(element, where, "Target Source Meta Type Format Data MoreData")
        target, target_name = self.place(found, "Target", where)
        source, source_name = self.place(found, "Source", where)
        meta = self.meta(found, where)
        format = meta.format if meta and meta.format is not None else outer.format if outer else None
        data = self.data(found["Data"][0], Format.of(format), f"{where}/Data") if found["Data"] else None
        return Item(target, source, meta, data, bool(found["MoreData"]), target_name, source_name)

    def items(self, found: _Found, meta: Meta | None, where: str, *, needed: bool = True) -> tuple[Item, ...]:
        if needed and not found["Item"]:
            self.note(DeviationKind.MISSING, where, "Item is missing")
        return tuple(self.item(element, meta, where) for element in found["Item"])

    def cmd_id(self, found: _Found, where: str) -> str:
        text = self.text(found, "CmdID", where, needed=True)
        if text is not None:
            self.cmd_ids.append(text)
        return text or ""

    def no_resp(self, found: _Found, where: str) -> bool:
        if found["NoResp"]:
            self.note(DeviationKind.UNUSED_ELEMENT, where, "DM 1.2 does not use NoResp")
        return bool(found["NoResp"])

    def commands(self, element: Element, where: str) -> tuple[Command, ...]:
        """Commands inside SyncBody, Atomic or Sequence."""
        commands: list[Command] = []
        for child in element.children:
            if not isinstance(child, Element):
                continue
            reading = _COMMANDS.get(child.name)
            if reading is None:
                if child.name not in ("Final", "CmdID", "Meta", "NoResp"):
                    self.stray(child, where)
                continue
            if child.name in _NOT_INSIDE and element.name != "SyncBody":
                self.note(DeviationKind.NESTING, where, f"{child.name} inside {element.name} is left out")
                continue
            commands.append(reading(self, child, f"{where}/{child.name}"))
        return tuple(commands)


_NOT_INSIDE: Final = frozenset({"Status", "Results"})


def _plain(struct: Any) -> Callable[[_Reader, Element, str], Any]:
    def read(reader: _Reader, element: Element, where: str) -> Any:
        found = reader.take(element, where, "CmdID NoResp Meta", "Item")
        meta = reader.meta(found, where)
        return struct(reader.items(found, meta, where), meta, reader.cmd_id(found, where), reader.no_resp(found, where))

    return read


def _exec(reader: _Reader, element: Element, where: str) -> Exec:
    found = reader.take(element, where, "CmdID NoResp Meta Correlator", "Item")
    meta = reader.meta(found, where)
    return Exec(
        reader.items(found, meta, where),
        meta,
        reader.text(found, "Correlator", where),
        reader.cmd_id(found, where),
        reader.no_resp(found, where),
    )


def _alert(reader: _Reader, element: Element, where: str) -> Alert:
    found = reader.take(element, where, "CmdID NoResp Data Correlator", "Item")
    if not found["Data"]:
        reader.note(DeviationKind.MISSING, where, "Data is missing")
    return Alert(
        AlertCode(reader.number(found, "Data", where, 5) or 0),
        reader.items(found, None, where, needed=False),
        reader.text(found, "Correlator", where),
        reader.cmd_id(found, where),
        reader.no_resp(found, where),
    )


def _results(reader: _Reader, element: Element, where: str) -> Results:
    found = reader.take(element, where, "CmdID MsgRef CmdRef Meta TargetRef SourceRef", "Item")
    meta = reader.meta(found, where)
    return Results(
        reader.items(found, meta, where),
        reader.text(found, "MsgRef", where),
        reader.text(found, "CmdRef", where, needed=True),
        meta,
        reader.text(found, "TargetRef", where),
        reader.text(found, "SourceRef", where),
        reader.cmd_id(found, where),
    )


def _status(reader: _Reader, element: Element, where: str) -> Status:
    found = reader.take(element, where, "CmdID MsgRef CmdRef Cmd Chal Data", "TargetRef SourceRef Item")
    if not found["Data"]:
        reader.note(DeviationKind.MISSING, where, "Data is missing")
    cmd = reader.text(found, "Cmd", where, needed=True) or ""
    chal = None
    if found["Chal"]:
        chal = reader.meta(reader.take(found["Chal"][0], f"{where}/Chal", "Meta"), f"{where}/Chal")
        if chal is None:
            reader.note(DeviationKind.MISSING, f"{where}/Chal", "Meta is missing")
    return Status(
        StatusCode(reader.number(found, "Data", where, 5) or 0),
        reader.text(found, "MsgRef", where, needed=True) or "",
        reader.text(found, "CmdRef", where, needed=cmd != "SyncHdr"),
        cmd,
        tuple(reader.words(e, f"{where}/TargetRef") for e in found["TargetRef"]),
        tuple(reader.words(e, f"{where}/SourceRef") for e in found["SourceRef"]),
        chal,
        reader.items(found, None, where, needed=False),
        reader.cmd_id(found, where),
    )


def _container(struct: Any) -> Callable[[_Reader, Element, str], Any]:
    def read(reader: _Reader, element: Element, where: str) -> Any:
        own = tuple(
            c for c in element.children if isinstance(c, Element) and c.name in ("CmdID", "NoResp", "Meta", "Cred")
        )
        found = reader.take(Element(element.name, element.ns, own, element.attrs), where, "CmdID NoResp Meta")
        cmd_id = reader.cmd_id(found, where)
        commands = reader.commands(element, where)
        if not commands:
            reader.note(DeviationKind.MISSING, where, "commands are missing")
        return struct(commands, reader.meta(found, where), cmd_id, reader.no_resp(found, where))

    return read


_COMMANDS: Final[dict[str, Callable[[_Reader, Element, str], Command]]] = {
    **{struct.__name__: _plain(struct) for struct in (Add, Copy, Delete, Get, Replace)},
    "Exec": _exec,
    "Alert": _alert,
    "Results": _results,
    "Status": _status,
    "Atomic": _container(Atomic),
    "Sequence": _container(Sequence),
}
