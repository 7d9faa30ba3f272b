"""Taking secrets out of packets before they are written down: same size, same shape, stars where a secret was.

>>> from dmkit.words.model import Replace
>>> _hide(Replace.of("./DMAcc/1/AppAuth/2/AAuthSecret", "srvpw")).items[0].data
'*****'
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dmkit.wire.codec import codec_for
from dmkit.words.codes import Verb
from dmkit.words.errors import CodecError
from dmkit.words.model import Atomic, Command, Data, Element, Item, Message, Packet, Sequence, Status

__all__ = ["redact"]

_SECRET_NODES: Final = ("/AAuthSecret", "/AAuthData")
_SECRET_NAMES: Final = re.compile(r"AAuth(?:Secret|Data)", re.I)
_CHOICE: Final = re.compile(r"[\d -]*")
_MAC: Final = re.compile(r'(mac\s*=\s*)("?)[^",\s]+("?)', re.I)


def redact(packet: Packet) -> Packet | None:
    """``packet`` without secrets and of the same size; each secret becomes as many ``*``.

    Secrets are proofs, values of AAuthSecret and AAuthData, whole documents that name such a node, and what a person
    typed (an answer to Alert 1102 may have been a password).  None when the body cannot be read, so that nothing is
    known about what it holds.
    """
    headers = {name: _MAC.sub(r"\1\2***\3", value) for name, value in packet.headers.items()}
    try:
        codec = codec_for(packet.media_type, packet.body)
        message = codec.decode(packet.body, lenient=True)
        safe = _without_secrets(message)
        body = packet.body if safe == message else codec.encode(safe)
    except CodecError:
        return None
    return Packet(packet.to, body, packet.media_type, headers)


def _without_secrets(message: Message) -> Message:
    header = message.header
    if header.cred is not None:
        header = msgspec.structs.replace(
            header, cred=msgspec.structs.replace(header.cred, data="*" * len(header.cred.data))
        )
    return msgspec.structs.replace(message, header=header, commands=tuple(map(_hide, message.commands)))


def _hide(command: Command) -> Command:
    if isinstance(command, Atomic | Sequence):
        return msgspec.structs.replace(command, commands=tuple(map(_hide, command.commands)))
    typed = isinstance(command, Status) and command.cmd == Verb.ALERT.value
    items = tuple(_hide_item(item, typed=typed) for item in command.items)
    return command if items == command.items else msgspec.structs.replace(command, items=items)


def _hide_item(item: Item, *, typed: bool) -> Item:
    uri, data = (item.target or item.source or "").partition("?")[0], item.data
    if data is None:
        return item
    if isinstance(data, Element):
        safe: Data = _hide_element(data, secret=uri.endswith(_SECRET_NODES))
    else:
        text = data if isinstance(data, str) else data.decode("latin-1")
        secret = uri.endswith(_SECRET_NODES) or (typed and not _CHOICE.fullmatch(text)) or _SECRET_NAMES.search(text)
        safe = data if not secret else "*" * len(data) if isinstance(data, str) else b"*" * len(data)
    return item if safe == data else msgspec.structs.replace(item, data=safe)


def _hide_element(element: Element, *, secret: bool = False) -> Element:
    """``element`` without the texts in it that are secret: all, or those of Values beside the name of such a node."""
    if not secret and any(isinstance(c, Element) and _SECRET_NAMES.fullmatch(c.text) for c in element.children):
        secret = True
    children = tuple(
        _hide_element(child, secret=secret and child.name not in ("NodeName", "Path"))
        if isinstance(child, Element)
        else "*" * len(child)
        if secret and element.name != "NodeName"
        else child
        for child in element.children
    )
    return msgspec.structs.replace(element, children=children)
