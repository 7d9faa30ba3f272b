"""A message out of elements, tolerantly: what real peers send, each departure written down.

The strict readers never come here.  Elements are read along the content models, in any order; what has no place in DM
is noted and left out; what is missing is noted and stays empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from dmkit.wire.content import COMMANDS, MODELS, Child, Model, is_command
from dmkit.wire.elements import NS_METINF, SYNCML
from dmkit.wire.octets import Notes
from dmkit.words.codes import BLANKS, Format
from dmkit.words.deviations import DeviationKind, spaced
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Data, Element, Item, Message, Meta, Unknown

__all__ = ["commands_of", "message_of"]

_Found = dict[str, list[Element]]
_BESIDE: Final = ("Type", "Format")
"""Elements of Meta that some peers put into the Item."""


def message_of(root: Element, notes: Notes) -> Message:
    """The message that ``root``, a SyncML element, holds; CodecError when it is none at all."""
    if root.name != "SyncML":
        raise CodecError(f"the root element is {root.name[:40]!r}, not SyncML")
    reader = _Reader(notes)
    found = reader.take(root, "SyncML", MODELS["SyncML"])
    if not found["SyncHdr"]:
        raise CodecError("SyncML lacks SyncHdr")
    header = reader.read(found["SyncHdr"][0], "SyncHdr")
    if not found["SyncBody"]:
        reader.note(DeviationKind.MISSING, "SyncML", "SyncBody is missing")
        return Message(header, (), False)
    commands, final = reader.read(found["SyncBody"][0], "SyncBody")
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

    def take(self, element: Element, where: str, model: Model, beside: tuple[str, ...] = ()) -> _Found:
        """Children by name; what the model does not have (nor ``beside``) is noted, what occurs too often too.

        Commands inside SyncBody and containers are not among them: ``commands`` reads those.
        """
        children = model.children
        found: _Found = {name: [] for name in (*children, *beside)}
        around = any(child.kind == "commands" for child in children.values())
        if element.attrs:
            self.note(DeviationKind.ATTRIBUTE, where, f"{element.name} has attribute {element.attrs[0][0]}")
        for child in element.children:
            if not isinstance(child, Element):
                if _says(child):
                    self.note(DeviationKind.VALUE, where, f"text stands in {element.name}, which holds elements")
            elif around and (child.name not in children or children[child.name].kind == "commands"):
                continue
            elif child.name not in found:
                self.stray(child, where)
            else:
                if found[child.name] and (child.name in beside or not children[child.name].many):
                    self.note(DeviationKind.REPEATED, where, f"{child.name} occurs twice")
                found[child.name].append(child)
        return found

    def read(self, element: Element, where: str) -> Any:
        """The struct that ``element``, whose content has a model, stands for."""
        model = MODELS[element.name]
        found = self.take(element, where, model)
        slots = model.blank.copy()
        for child in model.rows():
            if child.kind == "items":
                slots[child.slot] = self.items(found, slots[model.children["Meta"].slot] if "Meta" in found else None,
                                               where, needed=bool(child.least))  # fmt: skip
            elif child.kind == "commands":
                slots[child.slot] = self.commands(element, where)
                if child.least and not slots[child.slot]:
                    self.note(DeviationKind.MISSING, where, "commands are missing")
            else:
                slots[child.slot] = self.child(found, child, where)
        if model.name == "Status":
            cmd, cmd_ref = (slots[model.children[name].slot] for name in ("Cmd", "CmdRef"))
            if cmd_ref is None and cmd != "SyncHdr":
                self.note(DeviationKind.MISSING, where, "CmdRef is missing")
        return model.build(slots)

    def child(self, found: _Found, child: Child, where: str) -> Any:
        """What goes into the slot of ``child``."""
        name = child.name
        if child.kind == "flag":
            if child.excluded and found[name]:
                self.note(DeviationKind.UNUSED_ELEMENT, where, f"DM 1.2 does not use {name}")
            return True if found[name] else None
        if child.kind == "place":
            place = self.place(found, name, where)
            if place is None and child.least:
                self.note(DeviationKind.MISSING, where, f"{name} is missing")
                return ("", None)
            return place
        if child.kind == "Meta":
            return self.meta(found, where)
        if child.kind == "Chal":
            return self.chal(found, where)
        if child.kind == "Cred":
            return self.cred(found, where)
        if child.many:
            return [self.words(e, f"{where}/{name}") for e in found[name]] or None
        if child.kind in ("count", "code"):
            if child.least and not found[name]:
                self.note(DeviationKind.MISSING, where, f"{name} is missing")
            number = self.number(found, name, where, 5 if child.kind == "code" else 18)
            return "0" if number is None and child.kind == "code" else number
        text = self.text(found, name, where, needed=bool(child.least))
        if name == "CmdID" and text is not None:
            self.cmd_ids.append(text)
        return "" if text is None and child.least and name != "CmdRef" else text

    def stray(self, child: Element, where: str, why: str = "is left out") -> None:
        """Note a child that has no place where it stands."""
        if child.name == "Cred":
            kind = DeviationKind.CRED_OUTSIDE_HEADER
        elif SYNCML.kind(0, child.name) is not None or SYNCML.kind(1, child.name) is not None:
            kind = DeviationKind.UNUSED_ELEMENT
        else:
            kind = DeviationKind.UNKNOWN_ELEMENT
        self.note(kind, where, f"{child.name} {why}")

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

    def number(self, found: _Found, name: str, where: str, most: int) -> str | None:
        """The digits of a number of at most ``most`` digits; None, and a note, for anything else."""
        text = self.text(found, name, where)
        if text is None:
            return None
        digits = text.strip(BLANKS)
        if digits.isascii() and digits.isdigit() and len(digits) <= most:
            if digits != text:
                self.note(DeviationKind.VALUE, where, f"{name} has white space around it")
            return digits
        self.note(DeviationKind.VALUE, where, f"{name} {digits[:40]!r} is no whole number")
        return None

    def place(self, found: _Found, name: str, where: str) -> tuple[str, str | None] | None:
        """LocURI and LocName of Target or Source."""
        if not found[name]:
            return None
        inner = self.take(found[name][0], f"{where}/{name}", MODELS[name])
        uri = self.text(inner, "LocURI", f"{where}/{name}", needed=True)
        if uri is not None and uri != uri.strip(BLANKS):
            self.note(DeviationKind.VALUE, f"{where}/{name}", spaced(uri.strip(BLANKS)))
            uri = uri.strip(BLANKS)
        return ("" if uri is None else uri), self.text(inner, "LocName", f"{where}/{name}")

    def meta(self, found: _Found, where: str) -> Meta | None:
        """The Meta child, with what wrongly stands beside it taken in."""
        beside = [e for name in _BESIDE for e in found.get(name, ())]
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
                elif _says(child):
                    self.note(DeviationKind.VALUE, f"{where}/Meta", "text stands in Meta, which holds elements")
        wrong = any(child.ns != NS_METINF for child in children)
        inside = {child.name for child in children}
        for element in beside:
            self.note(DeviationKind.META_OUTSIDE, where, f"{element.name} stands outside Meta")
            if element.name not in inside:
                inside.add(element.name)
                children.append(element)
        where += "/Meta"
        if wrong:
            self.note(DeviationKind.NAMESPACE, where, f"Meta content is not in {NS_METINF}")
        model = MODELS["Meta"]
        inner = self.take(Element("Meta", "", tuple(children)), where, model)
        slots = [self.child(inner, child, where) for child in model.rows()]
        at = model.children["Format"].slot
        format = slots[at]
        if format is not None and format != format.strip(BLANKS).lower() and (known := Format.of(format)) is not None:
            self.note(DeviationKind.FORMAT_CASE, where, f"Format is written {format!r}")
            slots[at] = known.value
        meta: Meta = model.build(slots)
        return meta

    def chal(self, found: _Found, where: str) -> Meta | None:
        if not found["Chal"]:
            return None
        meta = self.meta(self.take(found["Chal"][0], f"{where}/Chal", MODELS["Chal"]), f"{where}/Chal")
        if meta is None:
            self.note(DeviationKind.MISSING, f"{where}/Chal", "Meta is missing")
        return meta

    def cred(self, found: _Found, where: str) -> Any:
        if not found["Cred"]:
            return None
        model = MODELS["Cred"]
        inner = self.take(found["Cred"][0], f"{where}/Cred", model)
        if not any(data.text.strip(BLANKS + "\0") for data in inner["Data"][:1]):
            self.note(DeviationKind.EMPTY_CRED, f"{where}/Cred", "Cred has no Data, or an empty one")
            return None
        return model.build([self.child(inner, child, f"{where}/Cred") for child in model.rows()])

    def data(self, element: Element, format: Format | None, where: str) -> Data:
        """Content of an Item's Data: an element, octets or text."""
        if element.attrs:
            self.note(DeviationKind.ATTRIBUTE, where, f"Data has attribute {element.attrs[0][0]}")
        inner = [c for c in element.children if isinstance(c, Element)]
        if inner:
            rest = [c for c in element.children if not isinstance(c, Element) and _says(c)]
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
        model = MODELS["Item"]
        found = self.take(element, where, model, _BESIDE)
        slots = model.blank.copy()
        for child in model.rows():
            if child.kind == "data":
                meta = slots[model.children["Meta"].slot]
                format = meta.format if meta and meta.format is not None else outer.format if outer else None
                inside = found[child.name]
                slots[child.slot] = self.data(inside[0], Format.of(format), f"{where}/Data") if inside else None
            else:
                slots[child.slot] = self.child(found, child, where)
        item: Item = model.build(slots)
        return item

    def items(self, found: _Found, meta: Meta | None, where: str, *, needed: bool) -> list[Item]:
        if needed and not found["Item"]:
            self.note(DeviationKind.MISSING, where, "Item is missing")
        return [self.item(element, meta, where) for element in found["Item"]]

    def commands(self, element: Element, where: str) -> tuple[Command, ...]:
        """Commands inside SyncBody, Atomic or Sequence."""
        commands: list[Command] = []
        children = MODELS[element.name].children
        for child in element.children:
            if not isinstance(child, Element):
                continue
            if child.name not in COMMANDS:
                if is_command(child.name):
                    self.stray(child, where, "is no command of DM")
                    commands.append(self.no_command(child))
                elif child.name not in children:
                    self.stray(child, where)
            elif child.name not in children:
                self.note(DeviationKind.NESTING, where, f"{child.name} does not stand in {element.name}")
                commands.append(self.no_command(child))
            else:
                commands.append(self.read(child, f"{where}/{child.name}"))
        return tuple(commands)

    def no_command(self, element: Element) -> Unknown:
        """What stands in the place of a command and is none: kept, so that it can be answered."""
        command = Unknown.of(element)
        if command.cmd_id:
            self.cmd_ids.append(command.cmd_id)
        return command


def _says(between: str | bytes) -> bool:
    """Whether what stands between elements is more than white space."""
    return bool((between if isinstance(between, str) else between.decode("latin-1")).strip(BLANKS))
