"""The content models of a DM message, and how the content of each element becomes a struct.

``DTD`` is the whole grammar, one line an element, children in DTD order.  Both readers of XML work
from it: ``dmkit.wire.canonical`` for the form that peers normally send, ``dmkit.wire.mend`` for all
others.  A reader puts what it found into slots, one for each word of the line; ``make`` does the
rest, or says ``Irregular``.  [DMREPPRO §6, REPPRO]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from dmkit.wire.elements import NS_METINF, NS_SYNCML
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
    Cred,
    Delete,
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

__all__ = ["ABSENT", "FLAGS", "MODELS", "PLAIN", "Child", "Irregular", "Model", "count_of"]

# ? at most one, * any number, + at least one, (a|b) either; children without a line of their own hold
# text; ! is an element that DM 1.2 excludes: it stands last here, and only a lenient reader hands it on.
DTD: Final = """
SyncML:   SyncHdr SyncBody
SyncHdr:  VerDTD VerProto SessionID MsgID Target Source RespURI? Cred? Meta? NoResp?!
SyncBody: (Alert|Add|Atomic|Copy|Delete|Exec|Get|Replace|Results|Sequence|Status)* Final?
Target:   LocURI LocName?
Source:   LocURI LocName?
Cred:     Meta? Data
Chal:     Meta
Meta:     Format? Type? Mark? Size? NextNonce? MaxMsgSize? MaxObjSize? Version? EMI*
Item:     Target? Source? Meta? Data? MoreData?
Add:      CmdID Meta? Item+ NoResp?!
Replace:  CmdID Meta? Item+ NoResp?!
Copy:     CmdID Meta? Item+ NoResp?!
Delete:   CmdID Meta? Item+ NoResp?!
Get:      CmdID Meta? Item+ NoResp?!
Exec:     CmdID Meta? Correlator? Item+ NoResp?!
Alert:    CmdID Data Correlator? Item* NoResp?!
Atomic:   CmdID Meta? (Add|Alert|Atomic|Copy|Delete|Exec|Get|Replace|Sequence)+ NoResp?!
Sequence: CmdID Meta? (Add|Alert|Atomic|Copy|Delete|Exec|Get|Replace|Sequence)+ NoResp?!
Results:  CmdID MsgRef? CmdRef Meta? TargetRef? SourceRef? Item+
Status:   CmdID MsgRef CmdRef? Cmd TargetRef* SourceRef* Chal? Data Item*
"""

Slots = list[Any]


FLAGS: Final = frozenset({"Final", "MoreData", "NoResp"})
"""Elements that hold nothing: being there is what they say."""


class Irregular(Exception):
    """Not the canonical form of a valid message; never leaves ``dmkit.wire``."""


class Absent:
    """What a lenient reader puts where the grammar wants something and the peer sent nothing."""


ABSENT: Final = Absent()


class Child(NamedTuple):
    """Where a child goes in its parent and how often it may stand there."""

    name: str
    slot: int
    least: int
    many: bool
    excluded: bool


class Model:
    """Content of one element: ``children`` by name; ``make`` builds the struct from slots in DTD order."""

    __slots__ = ("blank", "children", "make", "name", "ns", "required")

    def __init__(self, name: str, children: tuple[Child, ...], make: Callable[[Slots], Any]) -> None:
        self.name = name
        self.make = make
        self.ns = NS_METINF if name == "Meta" else NS_SYNCML
        self.children = {child.name: child for child in children}
        self.blank: Slots = [None] * (1 + children[-1].slot)
        self.required = {child.slot: child for child in children if child.least}


# -- from slots to structs; slots stand in DTD order ---------------------------------------------------


def count_of(text: str | None) -> int | None:
    """A count of octets; None stays None."""
    if text is None:
        return None
    if text.isdecimal() and text.isascii() and len(text) <= 18:
        return int(text)
    raise Irregular


def _texts(found: Any) -> tuple[str, ...]:
    """What a slot for repeated text holds: nothing, one text, or a list."""
    return () if found is None else (found,) if found.__class__ is str else tuple(found)


_FORMATS: Final = frozenset(member.value for member in Format)


def _meta(v: Slots) -> Meta:
    format, type, mark, size, nonce, max_msg, max_obj, version, emi = v
    if format is not None and format not in _FORMATS and format.lower() in _FORMATS:
        raise Irregular
    if size is None and max_msg is None and max_obj is None and emi is None:
        return Meta(format, type, mark, None, nonce, None, None, version)
    return Meta(format, type, mark, count_of(size), nonce, count_of(max_msg), count_of(max_obj), version, _texts(emi))


def _place(v: Slots) -> Slots:
    return v


_NOWHERE: Final = (None, None)


def _item(v: Slots) -> Item:
    target, target_name = v[0] or _NOWHERE
    source, source_name = v[1] or _NOWHERE
    return Item(target, source, v[2], v[3], v[4] is not None, target_name, source_name)


def _simple(struct: Any) -> Callable[[Slots], Any]:
    def make(v: Slots) -> Any:
        cmd_id, meta, items, no_resp = v
        if items is None:
            raise Irregular
        return struct(tuple(items), meta, cmd_id, no_resp is not None)

    return make


def _exec(v: Slots) -> Exec:
    cmd_id, meta, correlator, items, no_resp = v
    if items is None:
        raise Irregular
    return Exec(tuple(items), meta, correlator, cmd_id, no_resp is not None)


def _code(codes: dict[str, Any], enum: Any) -> Callable[[str | None], Any]:
    def code(text: str | None) -> Any:
        known = codes.get(text or "")
        if known is None:
            number = count_of(text)
            if number is None or number > 99_999:
                raise Irregular
            known = enum(number)
        return known

    return code


_STATUS: Final = {str(code.value): code for code in StatusCode}
_status_code: Final = _code(_STATUS, StatusCode)
_alert_code: Final = _code({str(code.value): code for code in AlertCode}, AlertCode)


def _alert(v: Slots) -> Alert:
    cmd_id, data, correlator, items, no_resp = v
    return Alert(_alert_code(data), tuple(items or ()), correlator, cmd_id, no_resp is not None)


def _results(v: Slots) -> Results:
    cmd_id, msg_ref, cmd_ref, meta, target_ref, source_ref, items = v
    if items is None or cmd_ref is None:
        raise Irregular
    return Results(tuple(items), msg_ref, None if cmd_ref is ABSENT else cmd_ref, meta, target_ref, source_ref, cmd_id)


def _status(v: Slots) -> Status:
    cmd_id, msg_ref, cmd_ref, cmd, targets, sources, chal, data, items = v
    if msg_ref is None or cmd is None or (cmd_ref is None and cmd != "SyncHdr"):
        raise Irregular
    return Status(
        _STATUS.get(data) or _status_code(data), msg_ref, None if cmd_ref is ABSENT else cmd_ref, cmd, _texts(targets),
        _texts(sources), chal, tuple(items) if items else (), cmd_id,
    )  # fmt: skip


def _cred(v: Slots) -> Cred:
    if v[1] is None:
        raise Irregular
    return Cred(v[1], v[0])


def _chal(v: Slots) -> Meta:
    if v[0] is None:
        raise Irregular
    meta: Meta = v[0]
    return meta


def _header(v: Slots) -> Header:
    dtd, proto, session, msg, target, source, resp_uri, cred, meta, no_resp = v
    if dtd is None or proto is None or session is None or msg is None or target is None or source is None:
        raise Irregular
    return Header(
        session, msg, target[0], source[0], target[1], source[1], resp_uri, cred, meta, no_resp is not None, dtd, proto
    )


def _container(struct: Any) -> Callable[[Slots], Any]:
    def make(v: Slots) -> Any:
        cmd_id, meta, commands, no_resp = v
        if commands is None:
            raise Irregular
        return struct(tuple(commands), meta, cmd_id, no_resp is not None)

    return make


def _body(v: Slots) -> Slots:
    # The DTD wants a command; an empty body is read all the same: what to answer is for the session.
    return [tuple(v[0] or ()), v[1] is not None]


def _message(v: Slots) -> Message:
    header, body = v
    if header is None or body is None:
        raise Irregular
    return Message(header, body[0], body[1])


PLAIN: Final = {struct.__name__: struct for struct in (Add, Copy, Delete, Get, Replace)}
"""Commands that are a CmdID, perhaps a Meta, and Items."""

_MAKE: Final[dict[str, Callable[[Slots], Any]]] = {
    "SyncML": _message, "SyncHdr": _header, "SyncBody": _body, "Target": _place, "Source": _place, "Cred": _cred,
    "Chal": _chal, "Meta": _meta, "Item": _item, "Exec": _exec, "Alert": _alert, "Results": _results,
    "Status": _status, "Atomic": _container(Atomic), "Sequence": _container(Sequence),
} | {name: _simple(struct) for name, struct in PLAIN.items()}  # fmt: skip


def _models() -> dict[str, Model]:
    models: dict[str, Model] = {}
    for line in DTD.strip().splitlines():
        name, _, content = line.partition(":")
        children: list[Child] = []
        for slot, word in enumerate(content.split()):
            plain = word.rstrip("?*+!")
            marks = word[len(plain) :]
            many = "*" in marks or "+" in marks
            children += [
                Child(child, slot, int(not ("?" in marks or "*" in marks)), many, "!" in marks)
                for child in plain.strip("()").split("|")
            ]
        models[name] = Model(name, tuple(children), _MAKE[name])
    return models


MODELS: Final = _models()
"""Content model by element name; an element without one holds text, or nothing."""
