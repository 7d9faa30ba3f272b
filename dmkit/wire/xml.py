"""DM messages as XML: ``encode`` and ``decode``.

Writing joins pieces of text in the order of the DTD: no declaration, no white space, the namespace
on SyncML and on each child of Meta.  Reading lets lxml judge well-formedness and then reads the
text by regular expressions (``dmkit.wire.canonical``); whatever is not in canonical form is looked
at in the tree (``dmkit.wire.mend``).  [DMREPPRO §5, §6]

>>> from dmkit.words.model import Get, Header, Message
>>> data = encode(Message(Header("1", "2", "IMEI:1", "https://dm.example"), (Get.of("./DevInfo/Man"),)))
>>> data[-115:-20]
b'<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get><Final/>'
>>> decode(data).commands[0].cmd_id
'1'
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dmkit.wire.canonical import read_canonical
from dmkit.wire.content import Irregular
from dmkit.wire.habits import is_spaced
from dmkit.wire.markup import MAX_DEPTH, MAX_SIZE, escape, octets, parse, write_element
from dmkit.wire.mend import Mender
from dmkit.wire.numbers import numbered
from dmkit.words.errors import CodecError
from dmkit.words.model import (
    Add,
    Alert,
    Atomic,
    Copy,
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

__all__ = ["decode", "encode"]

# -- writing ---------------------------------------------------------------------------------------

_M: Final = ' xmlns="syncml:metinf"'


def _meta(meta: Meta) -> str:
    out = ""
    if meta.format is not None:
        out = f"<Format{_M}>{meta.format if meta.format.isalnum() else escape(meta.format)}</Format>"
    if meta.type is not None:
        out += f"<Type{_M}>{escape(meta.type)}</Type>"
    if meta.mark is not None:
        out += f"<Mark{_M}>{escape(meta.mark)}</Mark>"
    if meta.size is not None:
        out += f"<Size{_M}>{meta.size}</Size>"
    if meta.next_nonce is not None:
        out += f"<NextNonce{_M}>{escape(meta.next_nonce)}</NextNonce>"
    if meta.max_msg_size is not None:
        out += f"<MaxMsgSize{_M}>{meta.max_msg_size}</MaxMsgSize>"
    if meta.max_obj_size is not None:
        out += f"<MaxObjSize{_M}>{meta.max_obj_size}</MaxObjSize>"
    if meta.version is not None:
        out += f"<Version{_M}>{escape(meta.version)}</Version>"
    for emi in meta.emi:
        out += f"<EMI{_M}>{escape(emi)}</EMI>"
    return f"<Meta>{out}</Meta>" if out else "<Meta/>"


def _text(name: str, text: str) -> str:
    return f"<{name}>{text if text.isalnum() else escape(text)}</{name}>"


def _place(name: str, uri: str | None, loc_name: str | None) -> str:
    if uri is None:
        raise CodecError(f"{name} has a LocName and no LocURI")
    inner = "" if loc_name is None else _text("LocName", loc_name)
    return f"<{name}>{_text('LocURI', uri)}{inner}</{name}>"


def _item(item: Item) -> str:
    out = ""
    if item.target_name is not None:
        out = _place("Target", item.target, item.target_name)
    elif item.target is not None:
        out = f"<Target><LocURI>{escape(item.target)}</LocURI></Target>"
    if item.source_name is not None:
        out += _place("Source", item.source, item.source_name)
    elif item.source is not None:
        out += f"<Source><LocURI>{escape(item.source)}</LocURI></Source>"
    if item.meta is not None:
        out += _meta(item.meta)
    data = item.data
    if data is not None:
        if isinstance(data, str):
            out += f"<Data>{data if data.isalnum() else escape(data)}</Data>" if data else "<Data/>"
        elif isinstance(data, Element):
            pieces: list[str] = []
            write_element(data, "SYNCML:SYNCML1.2", pieces, 4)
            out += f"<Data>{''.join(pieces)}</Data>"
        else:
            raise CodecError("octets cannot stand in XML; carry them as text in Format b64")
    if item.more_data:
        out += "<MoreData/>"
    return f"<Item>{out}</Item>" if out else "<Item/>"


def _items(items: tuple[Item, ...]) -> str:
    if len(items) == 1:
        return _item(items[0])
    return "".join([_item(item) for item in items])


def _head(command: Any) -> str:
    """CmdID and NoResp: what most commands begin with."""
    cmd_id = command.cmd_id
    no_resp = "<NoResp/>" if command.no_resp else ""
    return f"<CmdID>{cmd_id if cmd_id.isalnum() else escape(cmd_id)}</CmdID>{no_resp}"


def _simple(name: str) -> Callable[[Any, int], str]:
    def write(command: Any, depth: int) -> str:
        meta = "" if command.meta is None else _meta(command.meta)
        return f"<{name}>{_head(command)}{meta}{_items(command.items)}</{name}>"

    return write


def _exec(command: Exec, depth: int) -> str:
    meta = "" if command.meta is None else _meta(command.meta)
    correlator = "" if command.correlator is None else _text("Correlator", command.correlator)
    return f"<Exec>{_head(command)}{meta}{correlator}{_items(command.items)}</Exec>"


def _alert(command: Alert, depth: int) -> str:
    correlator = "" if command.correlator is None else _text("Correlator", command.correlator)
    return f"<Alert>{_head(command)}<Data>{command.code:d}</Data>{correlator}{_items(command.items)}</Alert>"


def _container(name: str) -> Callable[[Any, int], str]:
    def write(command: Any, depth: int) -> str:
        if depth > MAX_DEPTH - 8:
            raise CodecError(f"{name} is nested more than {MAX_DEPTH - 8} deep")
        meta = "" if command.meta is None else _meta(command.meta)
        inner = "".join([_WRITE[type(c)](c, depth + 1) for c in command.commands])
        return f"<{name}>{_head(command)}{meta}{inner}</{name}>"

    return write


def _results(command: Results, depth: int) -> str:
    out = f"<CmdID>{escape(command.cmd_id)}</CmdID>"
    if command.msg_ref is not None:
        out += _text("MsgRef", command.msg_ref)
    if command.cmd_ref is not None:
        out += _text("CmdRef", command.cmd_ref)
    if command.meta is not None:
        out += _meta(command.meta)
    if command.target_ref is not None:
        out += _text("TargetRef", command.target_ref)
    if command.source_ref is not None:
        out += _text("SourceRef", command.source_ref)
    return f"<Results>{out}{_items(command.items)}</Results>"


def _status(command: Status, depth: int) -> str:
    cmd_id, msg_ref, cmd_ref, cmd = command.cmd_id, command.msg_ref, command.cmd_ref, command.cmd
    out = (
        f"<Status><CmdID>{cmd_id if cmd_id.isalnum() else escape(cmd_id)}</CmdID>"
        f"<MsgRef>{msg_ref if msg_ref.isalnum() else escape(msg_ref)}</MsgRef>"
    )
    if cmd_ref is not None:
        out += f"<CmdRef>{cmd_ref if cmd_ref.isalnum() else escape(cmd_ref)}</CmdRef>"
    out += f"<Cmd>{cmd if cmd.isalnum() else escape(cmd)}</Cmd>"
    for ref in command.target_refs:
        out += f"<TargetRef>{escape(ref)}</TargetRef>"
    for ref in command.source_refs:
        out += f"<SourceRef>{escape(ref)}</SourceRef>"
    if command.chal is not None:
        out += f"<Chal>{_meta(command.chal)}</Chal>"
    return f"{out}<Data>{command.code:d}</Data>{_items(command.items) if command.items else ''}</Status>"


_WRITE: Final[dict[type, Callable[[Any, int], str]]] = {
    Exec: _exec, Alert: _alert, Results: _results, Status: _status,
    Atomic: _container("Atomic"), Sequence: _container("Sequence"),
} | {struct: _simple(struct.__name__) for struct in (Add, Copy, Delete, Get, Replace)}  # fmt: skip


def _header(header: Header) -> str:
    out = (
        f"<SyncHdr>{_text('VerDTD', header.ver_dtd)}{_text('VerProto', header.ver_proto)}"
        f"{_text('SessionID', header.session_id)}{_text('MsgID', header.msg_id)}"
        f"{_place('Target', header.target, header.target_name)}{_place('Source', header.source, header.source_name)}"
    )
    if header.resp_uri is not None:
        out += _text("RespURI", header.resp_uri)
    if header.no_resp:
        out += "<NoResp/>"
    if header.cred is not None:
        meta = "" if header.cred.meta is None else _meta(header.cred.meta)
        out += f"<Cred>{meta}{_text('Data', header.cred.data)}</Cred>"
    if header.meta is not None:
        out += _meta(header.meta)
    return f"{out}</SyncHdr>"


def encode(message: Message) -> bytes:
    """``message`` as a document, commands without a CmdID numbered.

    CodecError: octets in Data (make them b64 text first), a character that XML forbids, too deep.
    """
    message = numbered(message)
    body = "".join([_WRITE[type(command)](command, 0) for command in message.commands])
    if message.final:
        body += "<Final/>"
    body = f"<SyncBody>{body}</SyncBody>" if body else "<SyncBody/>"
    return octets(f'<SyncML xmlns="SYNCML:SYNCML1.2">{_header(message.header)}{body}</SyncML>')


# -- reading ---------------------------------------------------------------------------------------


def _closely(data: bytes, lenient: bool, max_size: int) -> Message:
    """The message in ``data`` by way of the tree."""
    root, deviations = parse(data, lenient=lenient, max_size=max_size)
    message = Mender(root, lenient=lenient, deviations=deviations).message
    if not deviations:
        return message
    return Message(message.header, message.commands, message.final, tuple(deviations))


def decode(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> Message:
    """The message in ``data``.

    Strict: CodecError at the first departure from the specification, with its line.  Lenient: what
    real peers do is accepted and listed in ``deviations``; only what is no message is refused.
    """
    if len(data) > max_size:
        raise CodecError(f"the message has {len(data)} octets; at most {max_size} are read")
    try:
        message = read_canonical(data)
    except Irregular:
        return _closely(data, lenient, max_size)
    return _closely(data, True, max_size) if lenient and is_spaced(message) else message
