"""Messages as indented XML, octets as a dump."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from dmkit.session.packages import carry
from dmkit.views.look import BLUE, GREEN, GREY, MONO, ORANGE, Look, escape
from dmkit.wire.codec import XML, codec_for
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError
from dmkit.words.late import late_pattern
from dmkit.words.model import Message

__all__ = ["hexdump", "message_html", "message_text"]

_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
_TOKENS: Final = late_pattern(
    r"(<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))|(</?)([\w:.-]+)|(\s[\w:.-]+)(=)(\"[^\"]*\"|'[^']*')|([^<]+|.)", re.S
)


@asked
def message_text(message: Message | bytes) -> str:
    """A message as indented XML, whatever it was encoded in; octets that are none as a dump.

    >>> from dmkit.words.model import Get, Header, Message
    >>> print(message_text(Message(Header("1", "1", "t", "s"), (Get.of("./A"),))).splitlines()[0])
    <SyncML xmlns="SYNCML:SYNCML1.2">
    """
    try:
        return _indented(message)
    except (CodecError, etree.XMLSyntaxError):
        return hexdump(message).text if isinstance(message, bytes) else repr(message)


def _indented(message: Message | bytes) -> str:
    if isinstance(message, bytes):
        codec = codec_for("", message)
        data = message if codec is XML else XML.encode(_as_text(codec.decode(message, lenient=True)))
    else:
        data = XML.encode(_as_text(message))
    root = etree.fromstring(data, _PARSER)
    etree.indent(root, "  ")
    return etree.tostring(root, encoding="unicode")


def _as_text(message: Message) -> Message:
    """Octets as base64, so that XML can show them."""
    import msgspec

    return msgspec.structs.replace(message, commands=tuple(carry(c, XML) for c in message.commands))


@asked
def message_html(message: Message | bytes) -> str:
    """``message_text`` in colours.

    >>> import dmkit as dm
    >>> message_html(dm.Device.example().connect().start().reply.body)[:4]
    '<pre'
    """
    text = message_text(message)
    if not text.startswith("<"):
        return f'<pre style="color:{GREY};font-family:{MONO}">{escape(text)}</pre>'
    out = []
    for other, bracket, name, attribute, equals, value, rest in _TOKENS.findall(text):
        if other:
            out.append(f'<span style="color:{GREY}">{escape(other)}</span>')
        elif bracket:
            out.append(f'{escape(bracket)}<span style="color:{BLUE}">{escape(name)}</span>')
        elif attribute:
            out.append(
                f'<span style="color:{GREEN}">{escape(attribute)}</span>{equals}'
                f'<span style="color:{GREY}">{escape(value)}</span>'
            )
        else:
            plain = rest if rest.strip() in ("", ">", "/>") else f"{rest}"
            shown = escape(plain)
            head, mark, tail = shown.partition("&gt;")
            out.append(f'{head}{mark}<span style="color:{ORANGE}">{tail}</span>' if mark and tail.strip() else shown)
    return f'<pre style="white-space:pre-wrap;font-size:90%;font-family:{MONO}">{"".join(out)}</pre>'


@asked
def hexdump(data: bytes, *, width: int = 16) -> Look:
    """Octets in rows: offset, hexadecimal, printable characters.

    >>> hexdump(b"Add=*")
    0000  41 64 64 3d 2a                                   Add=*
    """
    rows = []
    for at in range(0, len(data), width):
        piece = data[at : at + width]
        seen = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in piece)
        rows.append(f"{at:04x}  {piece.hex(' '):<{width * 3 - 1}}  {seen}")
    text = "\n".join(rows) or "(no octets)"
    return Look(text, f'<pre style="font-family:{MONO}">{escape(text)}</pre>')
