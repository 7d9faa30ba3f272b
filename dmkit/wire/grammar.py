"""The grammar of a DM message as tables that a reader walks octet by octet.

A ``Node`` is an element that can be open.  ``rules[page][octet]`` says what a tag means inside it:
a slot number (text goes there), a ``Node`` (an element opens), an ``Empty`` (an element without
content), or None (not allowed here).  A node collects its children in a list of slots, in the order
of the fields of the struct it becomes, and ``close`` builds that struct from them.  [DMREPPRO §6]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from dmkit.wire.elements import SYNCML
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Command,
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
    flatten,
)

__all__ = ["ITEM", "ROOT", "Empty", "Node", "octets_of_data", "whole_number"]

Slots = list[Any]
Close = Callable[[Slots], Any]


class Empty(NamedTuple):
    """An element without content: ``value`` goes into ``slot``."""

    slot: int
    value: object


class Node:
    """An element that can be open; see the module's first lines."""

    __slots__ = ("close", "fresh", "many", "name", "rules", "slot")

    def __init__(self, name: str, slot: int, close: Close | None, size: int, *, many: bool = False) -> None:
        self.name = name
        self.slot = slot
        self.close = close
        self.fresh: Slots = [None] * size
        self.many = many
        self.rules: tuple[list[int | Node | Empty | None], ...] = tuple([None] * 256 for _ in range(3))

    def add(self, *nodes: Node) -> Node:
        """Let ``nodes`` open inside this one."""
        for node in nodes:
            page, token = _token(node.name)
            self.rules[page][token | 0x40] = node
            self.rules[page][token] = node
        return self

    def text(self, **slots: int) -> Node:
        """Let text elements stand here, by slot; a negative slot -n-1 collects many texts in slot n."""
        for name, slot in slots.items():
            page, token = _token(name)
            self.rules[page][token | 0x40] = slot
            self.rules[page][token] = Empty(slot, "")
        return self

    def flag(self, **slots: int) -> Node:
        """Let empty elements stand here; each sets its slot to True."""
        for name, slot in slots.items():
            page, token = _token(name)
            self.rules[page][token | 0x40] = Node(name, slot, _flag, 0)
            self.rules[page][token] = Empty(slot, True)
        return self


def _token(name: str) -> tuple[int, int]:
    for page in (0, 1):
        token = SYNCML.token(page, name)
        if token is not None:
            return page, token
    raise KeyError(name)


def _need(value: Any, what: str, where: str) -> Any:
    if value is None:
        raise CodecError(f"{where} lacks {what}")
    return value


def whole_number(text: str, what: str, most: int = 18) -> int:
    """A count as digits; CodecError names ``what`` otherwise."""
    if not (text.isascii() and text.isdigit() and len(text) <= most):
        raise CodecError(f"{what} {text[:40]!r} is no whole number of at most {most} digits")
    return int(text)


def octets_of_data(item: Item, meta: Meta | None) -> Item:
    """``item`` with octets that are text turned into text, unless its Format, or its command's, is bin."""
    data = item.data
    if not isinstance(data, bytes):
        return item
    own = item.meta
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


_FORMATS: Final = frozenset(format.value for format in Format)


def _flag(f: Slots) -> bool:
    return True


def _meta(f: Slots) -> Meta:
    size, message, object_ = f[3], f[5], f[6]
    if size is not None:
        f[3] = whole_number(size, "Size")
    if message is not None:
        f[5] = whole_number(message, "MaxMsgSize")
    if object_ is not None:
        f[6] = whole_number(object_, "MaxObjSize")
    if f[0] is not None and f[0] not in _FORMATS and Format.of(f[0]) is not None:
        raise CodecError(f"Format is written {f[0]!r}, not {Format.of(f[0])}")
    emi = f[8]
    f[8] = () if emi is None else tuple(emi)
    return Meta(*f)


def _item(f: Slots) -> Item:
    if f[7] is not None and f[0] is None:
        raise CodecError("Target lacks LocURI")
    if f[8] is not None and f[1] is None:
        raise CodecError("Source lacks LocURI")
    return Item(f[0], f[1], f[2], f[3], f[4] is not None, f[5], f[6])


def _items(f: Slots, meta: Meta | None, where: str) -> tuple[Item, ...]:
    items = f[0]
    if items is None:
        raise CodecError(f"{where} lacks Item")
    if len(items) == 1:
        item = items[0]
        return (item,) if item.data.__class__ is not bytes else (octets_of_data(item, meta),)
    return tuple(octets_of_data(item, meta) for item in items)


def _free_items(f: Slots) -> tuple[Item, ...]:
    items = f[0]
    return () if items is None else tuple(octets_of_data(item, None) for item in items)


def _plain(struct: Any) -> Close:
    name = struct.__name__

    def close(f: Slots) -> Any:
        if f[2] is None:
            raise CodecError(f"{name} lacks CmdID")
        meta = f[1]
        return struct(_items(f, meta, name), meta, f[2], f[3] is not None)

    return close


def _exec(f: Slots) -> Exec:
    return Exec(_items(f, f[1], "Exec"), f[1], f[4], _need(f[2], "CmdID", "Exec"), f[3] is not None)


def _alert(f: Slots) -> Alert:
    code = AlertCode(whole_number(_need(f[5], "Data", "Alert"), "alert code", 5))
    return Alert(code, _free_items(f), f[4], _need(f[2], "CmdID", "Alert"), f[3] is not None)


def _results(f: Slots) -> Results:
    if f[2] is None or f[4] is None:
        _need(f[2], "CmdID", "Results")
        _need(f[4], "CmdRef", "Results")
    return Results(_items(f, f[1], "Results"), f[3], f[4], f[1], f[5], f[6], f[2])


_STATUS: Final = {str(code.value): code for code in StatusCode}


def _status(f: Slots) -> Status:
    items, _, cmd_id, msg_ref, cmd_ref, cmd, targets, sources, chal, data, _ = f
    if data is None or msg_ref is None or cmd is None or cmd_id is None or (cmd_ref is None and cmd != "SyncHdr"):
        for name, value in (("CmdID", cmd_id), ("MsgRef", msg_ref), ("Cmd", cmd), ("Data", data), ("CmdRef", cmd_ref)):
            _need(value, name, "Status")
    code = _STATUS.get(data)
    if code is None:
        code = StatusCode(whole_number(data, "status code", 5))
    return Status(
        code,
        msg_ref,
        cmd_ref,
        cmd,
        () if targets is None else tuple(targets),
        () if sources is None else tuple(sources),
        chal,
        () if items is None else _free_items(f),
        cmd_id,
    )


def _container(struct: Any) -> Close:
    name = struct.__name__

    def close(f: Slots) -> Any:
        commands = _need(f[0], "commands", name)
        return struct(tuple(commands), f[1], _need(f[2], "CmdID", name), f[3] is not None)

    return close


def _cred(f: Slots) -> Cred:
    return Cred(_need(f[0], "Data", "Cred"), f[1])


def _chal(f: Slots) -> Meta:
    meta: Meta = _need(f[0], "Meta", "Chal")
    return meta


def _header(f: Slots) -> Header:
    for slot, name in (
        (10, "VerDTD"),
        (11, "VerProto"),
        (0, "SessionID"),
        (1, "MsgID"),
        (2, "Target/LocURI"),
        (3, "Source/LocURI"),
    ):
        if f[slot] is None:
            raise CodecError(f"SyncHdr lacks {name}")
    f[9] = f[9] is not None
    return Header(*f[:12])


def _body(f: Slots) -> tuple[tuple[Command, ...], bool]:
    return (() if f[0] is None else tuple(f[0])), f[1] is not None


_CONTAINERS: Final = frozenset({Atomic, Sequence})


def _message(f: Slots) -> Message:
    header = _need(f[0], "SyncHdr", "SyncML")
    commands, final = _need(f[1], "SyncBody", "SyncML")
    ids = [c.cmd_id for c in (commands if all(c.__class__ not in _CONTAINERS for c in commands) else flatten(commands))]
    if len(set(ids)) != len(ids) or "0" in ids or "" in ids:
        raise CodecError("a CmdID occurs twice, is 0 or is empty")
    return Message(header, commands, final)


# Slots of a Meta are the fields of the struct, in order.
def _meta_node(slot: int, name: str = "Meta") -> Node:
    return Node(name, slot, _meta, 9).text(
        Format=0, Type=1, Mark=2, Size=3, NextNonce=4, MaxMsgSize=5, MaxObjSize=6, Version=7, EMI=-9
    )


def _where(name: str, seen: int, uri: int, loc_name: int) -> Node:
    """Target or Source: opens no list of its own, its children fill slots of the element around it."""
    return Node(name, seen, None, 0).text(LocURI=uri, LocName=loc_name)


ITEM: Final = (
    Node("Item", 0, _item, 9, many=True)
    .text(Data=3)
    .flag(MoreData=4)
    .add(_where("Target", 7, 0, 5), _where("Source", 8, 1, 6), _meta_node(2))
)


def _command(name: str, close: Close, size: int = 4) -> Node:
    return Node(name, 0, close, size, many=True).text(CmdID=2)


_META: Final = _meta_node(1)
_SIMPLE: Final = [
    _command(struct.__name__, _plain(struct)).add(ITEM, _META) for struct in (Add, Copy, Delete, Get, Replace)
]
_EXEC: Final = _command("Exec", _exec, 5).add(ITEM, _META).text(Correlator=4)
_ALERT: Final = _command("Alert", _alert, 6).add(ITEM).text(Correlator=4, Data=5)
_RESULTS: Final = _command("Results", _results, 7).add(ITEM, _META).text(MsgRef=3, CmdRef=4, TargetRef=5, SourceRef=6)
_CHAL: Final = Node("Chal", 8, _chal, 1).add(_meta_node(0))
_STATUS_NODE: Final = (
    _command("Status", _status, 11).add(ITEM, _CHAL).text(MsgRef=3, CmdRef=4, Cmd=5, TargetRef=-7, SourceRef=-8, Data=9)
)
# DM excludes some of these inside others, and has a Status for that: not a reader's business.
_SEQUENCE: Final = _command("Sequence", _container(Sequence)).add(_META, *_SIMPLE, _EXEC, _ALERT)
_ATOMIC: Final = _command("Atomic", _container(Atomic)).add(_META, *_SIMPLE, _EXEC, _ALERT)
for _node in (_SEQUENCE, _ATOMIC):
    _node.add(_SEQUENCE, _ATOMIC)

_CRED: Final = Node("Cred", 7, _cred, 2).text(Data=0).add(_meta_node(1))
_HEADER: Final = (
    Node("SyncHdr", 0, _header, 14)
    .text(SessionID=0, MsgID=1, RespURI=6, VerDTD=10, VerProto=11)
    .add(_where("Target", 12, 2, 4), _where("Source", 13, 3, 5), _CRED, _meta_node(8))
)
_BODY: Final = (
    Node("SyncBody", 1, _body, 2).flag(Final=1).add(*_SIMPLE, _EXEC, _ALERT, _RESULTS, _STATUS_NODE, _SEQUENCE, _ATOMIC)
)
_SYNCML: Final = Node("SyncML", 0, _message, 2).add(_HEADER, _BODY)
_SYNCML.many = False

ROOT: Final = Node("", 0, _flag, 1).add(_SYNCML)
"""Where a document begins: only SyncML can open."""
