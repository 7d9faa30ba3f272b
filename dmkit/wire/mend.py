"""A close look at a message that is not in canonical form: what is unusual, where, and what was meant.

One walk over the lxml tree along the content models.  Strict reading refuses at the first deviation;
lenient reading writes each one down and goes on with what the peer meant.
[DMREPPRO §6, interop sheet §1]
"""

from __future__ import annotations

from typing import Any, Final

from lxml import etree

from dmkit.wire.content import COMMANDS, FLAGS, FORMATS, MODELS, Child, Model, is_command, whole_number
from dmkit.wire.elements import NS_METINF, NS_SYNCML, SYNCML
from dmkit.wire.markup import MAX_DEPTH, to_element, written_out
from dmkit.words.codes import BLANKS, SYNC_HDR, Verb
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element, Message, Meta, Unknown

__all__ = ["Mender"]

_KIND = DeviationKind
_COUNTS: Final = frozenset({"Size", "MaxMsgSize", "MaxObjSize"})
_CODES: Final = frozenset({Verb.STATUS.value, Verb.ALERT.value})
_META: Final = MODELS["Meta"].children
_DM: Final = frozenset(MODELS) | {name for model in MODELS.values() for name in model.children}


def _split(node: Any) -> tuple[str, str]:
    tag = node.tag
    if not isinstance(tag, str):
        return "", ""
    ns, _, name = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
    return ns, name


def _path(node: Any) -> str:
    names = [_split(node)[1], *(_split(above)[1] for above in node.iterancestors())]
    return "/".join(reversed(names))


class Mender:
    """One look at one tree: ``message``, and in ``deviations`` what was unusual about it.

    Strict (``lenient=False``) the first deviation is a CodecError with its line.
    """

    def __init__(self, root: Any, *, lenient: bool, deviations: list[Deviation]) -> None:
        self.lenient = lenient
        self.deviations = deviations
        self._ids: set[str] = set()
        ns, name = _split(root)
        if name != "SyncML":
            raise CodecError(f"the document is a {name or 'reference'}, not a SyncML message", line=root.sourceline)
        self._ns = ns
        if ns != NS_SYNCML:
            self._fault(_KIND.NAMESPACE, root, ns or "none", f"SyncML stands in {NS_SYNCML}")
        self._attributes(root)
        self.message: Message = self._inside(root, MODELS["SyncML"], 0)

    def _fault(self, kind: DeviationKind, node: Any, value: str, right: str) -> None:
        if not self.lenient:
            raise CodecError(
                f"{_path(node)}: {right}, not {value[:60]!r}" if value else f"{_path(node)}: {right}",
                line=node.sourceline,
            )
        self.deviations.append(Deviation(kind, _path(node), value[:200]))

    def _attributes(self, node: Any) -> None:
        if node.attrib:
            text = ", ".join(name.rpartition("}")[2] for name in node.attrib)
            self._fault(_KIND.ATTRIBUTE, node, text, "SyncML elements have no attributes")

    def _stray(self, node: Any, text: str | None) -> None:
        if text and text.strip(BLANKS):
            self._fault(_KIND.VALUE, node, text.strip(BLANKS), "only elements stand here, no text")

    def _inside(self, node: Any, model: Model, depth: int) -> Any:
        """The struct that ``node``, an element with element content, stands for."""
        if depth > MAX_DEPTH:
            raise CodecError(f"elements are nested more than {MAX_DEPTH} deep", line=node.sourceline)
        slots = model.blank[:]
        self._children(node, model, slots, depth)
        for slot, child in model.required.items():
            if slots[slot] is None:
                slots[slot] = self._missing(node, model, child)
        if model.name == "Status":
            self._cmd_ref(node, slots)
        try:
            return model.build(slots)
        except CodecError as error:
            raise CodecError(f"{_path(node)}: {error.reason}", line=node.sourceline) from None

    def _children(self, node: Any, model: Model, slots: list[Any], depth: int) -> None:
        self._stray(node, node.text)
        if model.name == "Item" and any(_split(child)[1] in _META for child in node):
            self._gather_meta(node)
        for child in node[:]:
            self._child(child, model, slots, depth)
            self._stray(child, child.tail)

    def _child(self, child: Any, model: Model, slots: list[Any], depth: int) -> None:
        ns, name = _split(child)
        rule = model.children.get(name)
        if model.name == "Meta" and name == "MetInf":  # the wrapper that the DTD of MetInf defines  [META]
            self._children(child, model, slots, depth + 1)
            return
        if rule is None:
            self._unknown(child, name, model)
            around = model.commands
            if around is not None and is_command(name):
                self._append(slots, around, self._no_command(child, depth))
            return
        if ns != model.ns and (model.name == "Meta" or ns != self._ns):
            self._fault(_KIND.NAMESPACE, child, ns or "none", f"{name} stands in {model.ns}")
        self._attributes(child)
        if slots[rule.slot] is not None and not rule.many:
            self._fault(_KIND.REPEATED, child, name, f"{name} occurs once in {model.name}")
            return
        value = self._content(child, name, model, rule, depth)
        if rule.many:
            self._append(slots, rule.slot, value)
        else:
            slots[rule.slot] = value

    def _append(self, slots: list[Any], slot: int, value: Any) -> None:
        if slots[slot] is None:
            slots[slot] = [value]
        else:
            slots[slot].append(value)

    def _no_command(self, node: Any, depth: int) -> Unknown:
        """What stands in the place of a command and is none: kept, so that it can be answered."""
        command = Unknown.of(to_element(node, depth + 1))
        if command.cmd_id in self._ids or command.cmd_id == "0":
            self._fault(_KIND.DUPLICATE_CMDID, node, command.cmd_id, "CmdIDs are unique in a message and not 0")
        self._ids.add(command.cmd_id)
        return command

    def _content(self, child: Any, name: str, model: Model, rule: Child, depth: int) -> Any:
        if name == "Cred" and not any(_split(c)[1] == "Data" and (c.text or "").strip(BLANKS) for c in child):
            self._fault(_KIND.EMPTY_CRED, child, "nothing", "Cred has Data with the credentials")
            return None
        if name in MODELS:
            return self._inside(child, MODELS[name], depth + 1)
        if name == "Data" and model.name == "Item":
            return self._data(child, depth + 1)
        if rule.excluded:
            self._fault(_KIND.UNUSED_ELEMENT, child, name, f"DM 1.2 does not use {name}")
        text = child.text or ""
        if child[:]:
            self._fault(_KIND.UNKNOWN_ELEMENT, child, _split(child[0])[1] or "a reference", f"{name} holds text only")
            text = "".join(child.itertext())
        return self._value(child, name, model, text)

    def _value(self, child: Any, name: str, model: Model, text: str) -> str | None:
        """``text`` as the element demands it; None when it is useless and the element is left out."""
        if name == "CmdID":
            if text in self._ids or text in ("", "0"):
                self._fault(_KIND.DUPLICATE_CMDID, child, text, "CmdIDs are unique in a message, not empty and not 0")
            self._ids.add(text)
        elif name == "LocURI":
            if self.lenient and text != text.strip(BLANKS):
                self._fault(_KIND.VALUE, child, text, "an address without white space around it")
                text = text.strip(BLANKS)
        elif name in FLAGS:
            self._stray(child, text)
        elif name == "Format" and text not in FORMATS and text.strip(BLANKS).lower() in FORMATS:
            self._fault(_KIND.FORMAT_CASE, child, text, "format names are in lower case without white space")
            text = text.strip(BLANKS).lower()
        elif name in _COUNTS or (name == "Data" and model.name in _CODES):
            plain = text.strip(BLANKS)
            code = name == "Data"
            try:
                whole_number(plain, name, 5 if code else 18)
            except CodecError:
                self._fault(_KIND.VALUE, child, text, f"{'a code' if code else 'a count of octets'} in digits")
                return "0" if code else None
            if plain != text:
                self._fault(_KIND.VALUE, child, text, "digits without white space")
            return plain
        return text

    def _data(self, child: Any, depth: int) -> str | Element:
        """Data of an Item: text, or one element, or (lenient) any mark-up as text."""
        below = child[:]
        if not below:
            return child.text or ""
        text = child.text or ""
        if len(below) == 1 and isinstance(below[0].tag, str) and not (text + (below[0].tail or "")).strip(BLANKS):
            return to_element(below[0], depth)
        self._fault(_KIND.VALUE, child, "mixed content", "Data holds text or one element")
        return text + written_out(below, child.sourceline)

    def _unknown(self, child: Any, name: str, model: Model) -> None:
        if name == "Cred":
            self._fault(_KIND.CRED_OUTSIDE_HEADER, child, f"in {model.name}", "Cred stands in SyncHdr only")
        elif name in _META and model.name != "Meta":
            self._fault(_KIND.META_OUTSIDE, child, f"in {model.name}", f"{name} stands in Meta")
        elif name in COMMANDS:
            self._fault(_KIND.NESTING, child, f"in {model.name}", f"{name} does not stand in {model.name}")
        elif name in _DM:
            self._fault(_KIND.UNKNOWN_ELEMENT, child, f"in {model.name}", f"{name} does not stand in {model.name}")
        elif SYNCML.token(0, name) is not None or SYNCML.token(1, name) is not None:
            self._fault(_KIND.UNUSED_ELEMENT, child, f"in {model.name}", f"DM 1.2 does not use {name}")
        else:
            self._fault(_KIND.UNKNOWN_ELEMENT, child, f"in {model.name}", f"no element {name or 'without name'} exists")

    def _gather_meta(self, node: Any) -> None:
        """Move Type, Format and the like from an Item into its Meta (Windows puts Type beside an empty Meta)."""
        outside = [child for child in node if _split(child)[1] in _META]
        meta = next((child for child in node if _split(child)[1] == "Meta"), None)
        inside = set() if meta is None else {_split(known)[1] for known in meta}
        for child in outside:
            name = _split(child)[1]
            self._fault(_KIND.META_OUTSIDE, child, f"in {_split(node)[1]}", f"{name} stands in Meta")
            if meta is None:
                meta = etree.SubElement(node, f"{{{self._ns}}}Meta" if self._ns else "Meta")
            if name not in inside:
                inside.add(name)
                etree.SubElement(meta, f"{{{NS_METINF}}}{name}").text = child.text
            self._stray(node, child.tail)
            node.remove(child)

    def _missing(self, node: Any, model: Model, child: Child) -> Any:
        """What to put where the grammar wants something that is not there."""
        name = child.name
        what = "a command" if model.name in ("Atomic", "Sequence") and child.many else name
        self._fault(_KIND.MISSING, node, "", f"{model.name} has {what}")
        if child.many:
            return ()
        if name in ("Target", "Source"):
            return ("", None)
        if name == "Meta":
            return Meta()
        if name in MODELS:
            raise CodecError(f"{_path(node)} has no {name}", line=node.sourceline)
        return None if name == "CmdRef" else "0" if name == "Data" else ""

    def _cmd_ref(self, node: Any, slots: list[Any]) -> None:
        """Only the answer to a header may leave CmdRef out.  [REPPRO via MS]"""
        children = MODELS["Status"].children
        if slots[children["CmdRef"].slot] is None and slots[children["Cmd"].slot] != SYNC_HDR:
            self._fault(_KIND.MISSING, node, "", "Status has CmdRef unless it answers the header")
