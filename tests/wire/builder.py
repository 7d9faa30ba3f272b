"""The message writer one would write with lxml's builder: slow, plain, and independent of ours."""

from __future__ import annotations

from lxml import etree

from dmkit.words.model import Alert, Atomic, Element, Exec, Item, Message, Meta, Results, Sequence, Status

S, M = "{SYNCML:SYNCML1.2}", "{syncml:metinf}"


def _add(parent: etree._Element, name: str, text: object = None) -> etree._Element:
    child = etree.SubElement(parent, S + name)
    if text is not None:
        child.text = str(text)
    return child


def _meta(parent: etree._Element, meta: Meta | None) -> None:
    if meta is None:
        return
    node = _add(parent, "Meta")
    rows = [("Format", meta.format), ("Type", meta.type), ("Mark", meta.mark), ("Size", meta.size)]
    rows += [("NextNonce", meta.next_nonce), ("MaxMsgSize", meta.max_msg_size), ("MaxObjSize", meta.max_obj_size)]
    rows += [("Version", meta.version), *(("EMI", emi) for emi in meta.emi)]
    for name, value in rows:
        if value is not None:
            etree.SubElement(node, M + name, nsmap={None: "syncml:metinf"}).text = str(value)


def _place(parent: etree._Element, name: str, uri: str | None, loc_name: str | None) -> None:
    if uri is not None:
        node = _add(parent, name)
        _add(node, "LocURI", uri)
        if loc_name is not None:
            _add(node, "LocName", loc_name)


def _element(parent: etree._Element, element: Element) -> None:
    node = etree.SubElement(parent, f"{{{element.ns}}}{element.name}", nsmap={None: element.ns})
    last: etree._Element | None = None
    for child in element.children:
        if isinstance(child, Element):
            _element(node, child)
            last = node[-1]
        elif last is None:
            node.text = (node.text or "") + str(child)
        else:
            last.tail = (last.tail or "") + str(child)


def _items(parent: etree._Element, items: tuple[Item, ...]) -> None:
    for item in items:
        node = _add(parent, "Item")
        _place(node, "Target", item.target, item.target_name)
        _place(node, "Source", item.source, item.source_name)
        _meta(node, item.meta)
        if isinstance(item.data, Element):
            _element(_add(node, "Data"), item.data)
        elif item.data is not None:
            _add(node, "Data", item.data)
        if item.more_data:
            _add(node, "MoreData")


def _texts(node: etree._Element, *rows: tuple[str, object]) -> None:
    for name, value in rows:
        if value is not None:
            _add(node, name, value)


def _command(parent: etree._Element, command: object) -> None:
    node = _add(parent, type(command).__name__)
    _add(node, "CmdID", command.cmd_id)  # type: ignore[attr-defined]
    match command:
        case Status():
            _texts(node, ("MsgRef", command.msg_ref), ("CmdRef", command.cmd_ref), ("Cmd", command.cmd))
            _texts(node, *(("TargetRef", ref) for ref in command.target_refs))
            _texts(node, *(("SourceRef", ref) for ref in command.source_refs))
            if command.chal is not None:
                _meta(_add(node, "Chal"), command.chal)
            _add(node, "Data", int(command.code))
            _items(node, command.items)
        case Results():
            _texts(node, ("MsgRef", command.msg_ref), ("CmdRef", command.cmd_ref))
            _meta(node, command.meta)
            _texts(node, ("TargetRef", command.target_ref), ("SourceRef", command.source_ref))
            _items(node, command.items)
        case Alert():
            _texts(node, ("Data", int(command.code)), ("Correlator", command.correlator))
            _items(node, command.items)
        case Atomic() | Sequence():
            _meta(node, command.meta)
            for inner in command.commands:
                _command(node, inner)
        case Exec():
            _meta(node, command.meta)
            _texts(node, ("Correlator", command.correlator))
            _items(node, command.items)
        case _:
            _meta(node, command.meta)  # type: ignore[attr-defined]
            _items(node, command.items)  # type: ignore[attr-defined]


def build(message: Message) -> etree._Element:
    root = etree.Element(S + "SyncML", nsmap={None: "SYNCML:SYNCML1.2"})
    header, node = message.header, _add(root, "SyncHdr")
    _texts(node, ("VerDTD", header.ver_dtd), ("VerProto", header.ver_proto))
    _texts(node, ("SessionID", header.session_id), ("MsgID", header.msg_id))
    _place(node, "Target", header.target, header.target_name)
    _place(node, "Source", header.source, header.source_name)
    _texts(node, ("RespURI", header.resp_uri))
    if header.cred is not None:
        cred = _add(node, "Cred")
        _meta(cred, header.cred.meta)
        _add(cred, "Data", header.cred.data)
    _meta(node, header.meta)
    body = _add(root, "SyncBody")
    for command in message.commands:
        _command(body, command)
    if message.final:
        _add(body, "Final")
    return root
