"""DM messages as XML: ``encode`` and ``decode``.

Writing joins pieces of text in the order of the grammar: no declaration, no white space, the namespace on SyncML and on
each child of Meta (``dmkit.wire.writing``).  The usual form is read by regular expressions (``dmkit.wire.compiled``);
anything else is looked at in the tree that lxml makes (``dmkit.wire.mend``).  [DMREPPRO §5, §6]

>>> from dmkit.words.model import Get, Header, Message
>>> data = encode(Message(Header("1", "2", "IMEI:1", "https://dm.example"), (Get.of("./DevInfo/Man"),)))
>>> data[-115:-20]
b'<Get><CmdID>1</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get><Final/>'
>>> decode(data).commands[0].cmd_id
'1'
"""

from __future__ import annotations

from typing import Final

from dmkit.wire.compiled import quickly, read_xml
from dmkit.wire.content import Irregular
from dmkit.wire.markup import MAX_SIZE, octets, parse
from dmkit.wire.mend import Mender
from dmkit.wire.writing import write_xml
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.model import Message

__all__ = ["decode", "encode"]

_SPACED: Final = tuple(mark % sign for mark in (b"%b</LocURI", b"LocURI>%b") for sign in (b" ", b"\t", b"\r", b"\n"))
"""How white space around an address looks: without any of these there is none."""


def encode(message: Message) -> bytes:
    """``message`` as a document, commands without a CmdID numbered.

    CodecError: octets in Data (make them b64 text first), a character that XML forbids, too deep.
    """
    return octets(write_xml(message))


# -- reading ---------------------------------------------------------------------------------------


def _closely(data: bytes, lenient: bool, max_size: int) -> Message:
    """The message in ``data`` by way of the tree."""
    root, deviations = parse(data, lenient=lenient, max_size=max_size)
    message = Mender(root, lenient=lenient, deviations=deviations).message
    if not deviations:
        return message
    return Message(message.header, message.commands, message.final, tuple(deviations))


def _is_spaced(message: Message) -> bool:
    from dmkit.wire.habits import is_spaced

    return is_spaced(message)


def decode(data: bytes, *, lenient: bool = False, max_size: int = MAX_SIZE) -> Message:
    """The message in ``data``.

    Strict: CodecError at the first departure from the specification, with its line.  Lenient: what
    real peers do is accepted and listed in ``deviations``; only what is no message is refused.
    """
    if len(data) > max_size:
        raise CodecError(f"the message has {many(len(data), 'octet')}; at most {max_size} are read")
    if quickly():
        try:
            message = read_xml(data)
        except Irregular:
            pass
        else:
            spaced = lenient and any(mark in data for mark in _SPACED) and _is_spaced(message)
            return _closely(data, True, max_size) if spaced else message
    return _closely(data, lenient, max_size)
