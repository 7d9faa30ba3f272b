"""The grammar of a DM message: one row an element, from which every reader and writer is made.

``DTD`` says which children an element has, in their order; the struct of the same name in ``dmkit.words.model`` says by
its fields and their types what becomes of each.  From the two come

- the strict reader of WBXML (``grammar``, ``wbxml``) and the close look at unusual XML (``mend``) and WBXML
  (``assemble``), which put what they find into slots, one for each word of the row, and let ``Model`` do the rest;
- the compiled readers of usual messages (``compiling``) and the writers (``writing``) of both forms;
- what ``explain`` says about codes.

A new element is a row here, a field in ``model`` and a token in ``elements``.  [DMREPPRO §6, REPPRO]
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import msgspec

from dmkit.wire.elements import NS_METINF, NS_SYNCML, SYNCML
from dmkit.words import model as structs
from dmkit.words.codes import BLANKS, AlertCode, Format, StatusCode
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.model import Item, Message, Meta

__all__ = [
    "CODES",
    "COMMANDS",
    "EXCLUDED",
    "FLAGS",
    "FORMATS",
    "MODELS",
    "RULES",
    "Child",
    "Irregular",
    "Model",
    "is_command",
    "message_of",
    "texts_of",
    "whole_number",
]

# ? at most one, * any number, + at least one, (a|b) either; =field names the field where it is not the word itself;
# children without a row of their own hold text; ! is an element that DM 1.2 excludes: we write it when told to, and
# only a lenient reader hands it on.
DTD: Final = """
SyncML:   SyncHdr SyncBody
SyncHdr:  VerDTD VerProto SessionID MsgID Target Source RespURI? NoResp?! Cred? Meta?
SyncBody: (Alert|Add|Atomic|Copy|Delete|Exec|Get|Replace|Results|Sequence|Status)*=commands Final?
Target:   LocURI LocName?
Source:   LocURI LocName?
Cred:     Meta? Data
Chal:     Meta
Meta:     Format? Type? Mark? Size? NextNonce? MaxMsgSize? MaxObjSize? Version? EMI*
Item:     Target? Source? Meta? Data? MoreData?
Add:      CmdID NoResp?! Meta? Item+
Replace:  CmdID NoResp?! Meta? Item+
Copy:     CmdID NoResp?! Meta? Item+
Delete:   CmdID NoResp?! Meta? Item+
Get:      CmdID NoResp?! Meta? Item+
Exec:     CmdID NoResp?! Meta? Correlator? Item+
Alert:    CmdID NoResp?! Data=code Correlator? Item*
Atomic:   CmdID NoResp?! Meta? (Add|Alert|Atomic|Copy|Delete|Exec|Get|Replace|Sequence)+=commands
Sequence: CmdID NoResp?! Meta? (Add|Alert|Atomic|Copy|Delete|Exec|Get|Replace|Sequence)+=commands
Results:  CmdID MsgRef? CmdRef Meta? TargetRef? SourceRef? Item+
Status:   CmdID MsgRef CmdRef? Cmd TargetRef* SourceRef* Chal? Data=code Item*
"""

_STRUCTS: Final = {"SyncML": "Message", "SyncHdr": "Header"}
"""Elements whose struct has another name."""
_PASSED_ON: Final = frozenset({"Target", "Source", "Chal", "SyncBody"})
"""Elements without a struct: the element around them takes what is in them."""

ElementSlots = list[Any]

FLAGS: Final = frozenset({"Final", "MoreData", "NoResp"})
"""Elements that hold nothing: being there is what they say."""
FORMATS: Final = frozenset(member.value for member in Format)


class Irregular(Exception):
    """Not the usual form of a valid message; never leaves ``dmkit.wire``."""


class Child(msgspec.Struct, frozen=True):
    """Where a child goes in its parent, how often it may stand there, and what it becomes.

    ``kind`` is text, count, code, flag, data, place, items, commands, or the name of the struct inside; ``field`` the
    field of the parent's struct.
    """

    name: str
    slot: int
    least: int
    many: bool
    excluded: bool
    field: str
    kind: str


# -- from slots to structs ---------------------------------------------------------------------------


def whole_number(text: str, what: str, most: int = 18) -> int:
    """A count as digits; CodecError names ``what`` otherwise."""
    if not (text.isascii() and text.isdecimal() and len(text) <= most):
        raise CodecError(f"{what} {text[:40]!r} is no whole number of at most {many(most, 'digit')}")
    return int(text)


class _Codes(dict[str, Any]):
    """Codes by their digits; one that no table knows is made."""

    def __init__(self, enum: Any, what: str) -> None:
        super().__init__({str(code.value): code for code in enum})
        self.enum, self.what = enum, what

    def __missing__(self, text: str) -> Any:
        return self.enum(whole_number(text, self.what, 5))


CODES: Final = {"Status": _Codes(StatusCode, "status code"), "Alert": _Codes(AlertCode, "alert code")}
"""What the Data of these commands means, by its digits; CodecError for what is no number."""


def texts_of(found: ElementSlots | None) -> tuple[str, ...]:
    """What a slot for repeated text holds, as a value."""
    return () if found is None else tuple(found)


def _items(found: ElementSlots | None, meta: Meta | None) -> tuple[Item, ...]:
    if not found:
        return ()
    if len(found) == 1 and found[0].data.__class__ is not bytes:
        return (found[0],)
    return tuple([_data_of(item, meta) for item in found])


def _data_of(item: Item, meta: Meta | None) -> Item:
    """``item`` with octets that are text turned into text, unless its Format, or its command's, is bin."""
    data, own = item.data, item.meta
    if not isinstance(data, bytes):
        return item
    format = own.format if own is not None and own.format is not None else meta.format if meta is not None else None
    if format is not None and Format.of(format) is Format.BIN:
        return item
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return item
    if "\0" in text:
        raise CodecError("text in Data holds a NUL octet")
    return Item(item.target, item.source, own, text, item.more_data, item.target_name, item.source_name)


def _lacks(model: Model, slots: ElementSlots) -> None:
    for child in model.children.values():
        if child.least and slots[child.slot] is None:
            raise CodecError(f"{model.name} lacks {'commands' if child.kind == 'commands' else child.name}")


RULES: Final = {
    # only the answer to a header may leave CmdRef out  [REPPRO via MS]
    "Status": ("cmd_ref is None and cmd != 'SyncHdr'", "'Status lacks CmdRef'"),
    "Meta": ("format is not None and format not in FORMATS and Format.of(format) is not None",
             "f'Format is written {format!r}, not {Format.of(format)}'"),
    "Cred": ("not data.strip(BLANKS)", "'Cred has Data with the credentials, not nothing'"),
}  # fmt: skip
"""What a row cannot say: when content is wrong, in terms of the fields, and the sentence for it."""


def _rule(model: Model) -> Callable[[ElementSlots], None]:
    names = ", ".join(child.field for child in model.rows())
    scope = {"FORMATS": FORMATS, "Format": Format, "BLANKS": BLANKS}
    wrong, says = (eval(f"lambda {names}: {value}", scope) for value in RULES[model.name])

    def look(slots: ElementSlots) -> None:
        if wrong(*slots):
            raise CodecError(says(*slots))

    return look


class Model:
    """Content of one element: ``children`` by name, ``blank`` slots in their order.

    ``build`` makes the struct from slots that are in order, ``make`` looks first; both raise CodecError for a value.
    """

    __slots__ = ("blank", "build", "children", "commands", "name", "needed", "ns", "required", "rule", "struct")

    def __init__(self, name: str, children: tuple[Child, ...]) -> None:
        self.name = name
        self.ns = NS_METINF if name == "Meta" else NS_SYNCML
        self.children = {child.name: child for child in children}
        self.blank: ElementSlots = [None] * (1 + children[-1].slot)
        self.commands = next((child.slot for child in children if child.kind == "commands"), None)
        self.required = {child.slot: child for child in children if child.least}
        self.struct: Any = None if name in _PASSED_ON else getattr(structs, _STRUCTS.get(name, name))
        self.build: Callable[[ElementSlots], Any] = self._first
        self.rule: Callable[[ElementSlots], None] | None = None
        self.needed = tuple(self.required)

    def _first(self, slots: ElementSlots) -> Any:
        """Stands for ``build`` until the first struct of this kind."""
        self.build = _builder(self)
        return self.build(slots)

    def make(self, slots: ElementSlots) -> Any:
        """The struct of ``slots``, when all is there that must be."""
        for slot in self.needed:
            if slots[slot] is None:
                _lacks(self, slots)
        self.look(slots)
        return self.build(slots)

    def look(self, slots: ElementSlots) -> None:
        """CodecError when ``slots`` break what ``RULES`` say of this element."""
        if self.name in RULES:
            if self.rule is None:
                self.rule = _rule(self)
            self.rule(slots)

    def rows(self) -> list[Child]:
        """One child for each slot: of several that may stand in one, the first."""
        return list({child.slot: child for child in reversed(self.children.values())}.values())[::-1]


_BUILD: Final = {
    "text": "{0}",
    "data": "{0}",
    "flag": "{0} is not None",
    "count": "None if {0} is None else whole_number({0}, '{1}')",
    "code": "codes[{0}]",
    "items": "_items({0}, {2})",
    "commands": "() if {0} is None else tuple({0})",
}
"""What becomes of a slot, by kind; ``{1}`` is the child and ``{2}`` the slot of the Meta beside it."""


def _builder(model: Model) -> Callable[[ElementSlots], Any]:
    """A function that takes slots and calls the struct with them; written out, as dataclasses writes ``__init__``."""
    rows = model.rows()
    meta = "v[{}]".format(model.children["Meta"].slot) if "Meta" in model.children else "None"
    if meta == "v[0]" and model.name == "Chal":
        return lambda slots: slots[0]
    values: dict[str, str] = {}
    for child in rows:
        slot = f"v[{child.slot}]"
        if child.kind == "place":
            values[child.field] = f"{slot} and {slot}[0]"
            values[f"{child.field}_name"] = f"{slot} and {slot}[1]"
        elif child.many and child.kind == "text":
            values[child.field] = f"texts_of({slot})"
        else:
            values[child.field] = _BUILD.get(child.kind, "{0}").format(slot, child.name, meta)
    if model.name == "SyncML":
        values = {"header": "v[0]", "commands": "v[1][0]", "final": "v[1][1]"}
    names = values if model.struct is None else [f for f in model.struct.__struct_fields__ if f in values]
    start = "(" if model.struct is None else "struct("
    text = ", ".join(values[n] if model.struct is None else f"{n}={values[n]}" for n in names)
    scope = {"struct": model.struct, "_items": _items, "texts_of": texts_of, "whole_number": whole_number,
             "codes": CODES.get(model.name)}  # fmt: skip
    build: Callable[[ElementSlots], Any] = eval(f"lambda v: {start}{text})", scope)
    return build


# -- from rows to models -------------------------------------------------------------------------------


def _kind(name: str, field: str, hints: dict[str, str], rows: dict[str, str]) -> str:
    """What a child becomes: by the type of its field, as ``model`` declares it."""
    if name in FLAGS:
        return "flag"
    if name in ("Target", "Source"):
        return "place"
    if name in rows:
        return "items" if name == "Item" else "commands" if field == "commands" else name
    hint = hints.get(field, "str")
    return {"int | None": "count", "StatusCode": "code", "AlertCode": "code", "Data | None": "data"}.get(hint, "text")


@cache
def _field_name(word: str) -> str:
    """``CmdID`` as ``cmd_id``."""
    return "".join(
        f"_{sign}" if sign.isupper() and before.islower() else sign
        for before, sign in zip(" " + word, word, strict=False)
    ).lower()


def _models() -> dict[str, Model]:
    rows = dict(line.split(":", 1) for line in DTD.strip().splitlines())
    models: dict[str, Model] = {}
    for name, content in rows.items():
        struct = None if name in _PASSED_ON else getattr(structs, _STRUCTS.get(name, name))
        hints = {} if struct is None else struct.__annotations__
        children: list[Child] = []
        for slot, word in enumerate(content.split()):
            value, _, given = word.partition("=")
            plain = value.rstrip("?*+!")
            marks = value[len(plain) :]
            many = "*" in marks or "+" in marks
            for child in plain.strip("()").split("|"):
                field = given or _field_name(child)
                field = f"{field}s" if f"{field}s" in hints else field
                kind = _kind(child, field, hints, rows)
                children.append(Child(child, slot, int(marks[:1] not in ("?", "*")), many, "!" in marks, field, kind))
        models[name] = Model(name, tuple(children))
    return models


MODELS: Final = _models()
"""Content model by element name; an element without one holds text, or nothing."""
COMMANDS: Final = tuple(name for name, child in MODELS["SyncBody"].children.items() if child.kind == "commands")
"""Elements that stand in SyncBody."""
EXCLUDED: Final = frozenset({"Map", "Move", "Put", "Search", "Sync"})
"""Commands of SyncML that DM leaves out.  [DMREPPRO §6.6]"""
_PARTS: Final = (
    {name for model in MODELS.values() for name in (model.name, *model.children)}
    | set(SYNCML.pages[0].tokens)
    | set(SYNCML.pages[1].tokens)
) - {*COMMANDS, *EXCLUDED}


def is_command(name: str) -> bool:
    """Whether an element of this name, where commands stand, is meant as one, though DM may not have it.

    >>> [name for name in ("Get", "Put", "Relpace", "Item", "Format", "Cred") if is_command(name)]
    ['Get', 'Put', 'Relpace']
    """
    return name not in _PARTS and bool(name)


def message_of(header: Any, commands: tuple[Any, ...], final: bool) -> Message:
    """A message whose CmdIDs are unique, not empty and not 0; CodecError otherwise."""
    ids = [c.cmd_id for c in structs.flatten(commands)]
    if len(set(ids)) != len(ids) or "0" in ids or "" in ids:
        raise CodecError("a CmdID occurs twice, is 0 or is empty")
    return Message(header, commands, final)
