"""The two codecs behind one shape, and how to choose between them.

>>> codec_for("Application/vnd.syncml+wbxml; charset=utf-8", b"").name
'wbxml'
>>> codec_for("", b"<SyncML/>").name
'xml'

A session uses the codec that it is given for each message that it writes, and for each that comes in that form; so one
of your own, made from ``type(XML)`` or around it, sees them all.
"""

from __future__ import annotations

from functools import cached_property
from types import ModuleType
from typing import ClassVar, Final, Protocol

from dmkit.words.asked import WRONG, blamed
from dmkit.words.errors import CodecError
from dmkit.words.kinds import spelled
from dmkit.words.model import Message

__all__ = ["WBXML", "XML", "Codec", "codec_for"]


class Codec(Protocol):
    """One way to write messages: ``binary`` says whether Data can hold octets.  [DMREPPRO §5]

    >>> XML.binary, WBXML.binary
    (False, True)
    """

    @property
    def name(self) -> str:
        """Short name, ``xml`` or ``wbxml``."""

    @property
    def media_type(self) -> str:
        """The MIME type to send."""

    @property
    def binary(self) -> bool:
        """True when octets travel as octets, False when they must be b64 text."""

    def encode(self, message: Message) -> bytes:
        """``message`` as octets; CodecError when this codec cannot express it."""

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        """The message in ``data``; CodecError when there is none, or (strict) when it is unusual."""


_OF_A_WRONG_TYPE: Final = (AttributeError, TypeError, LookupError, ValueError, RecursionError)
"""What a writer meets in a message that somebody made by hand of other types than its fields have."""


def _not_a_message(message: object, error: Exception) -> Exception:
    """The field that is to blame, as a CodecError; ``error`` itself where every field is right."""
    from dmkit.words.struct_check import struct_fault

    if not isinstance(message, Message):
        return CodecError(f"a codec writes a Message, not {type(message).__name__}")
    fault = struct_fault(message)
    if not fault and isinstance(error, RecursionError):
        fault = "Message.commands is nested too deeply: an Atomic or a Sequence in another, and so on"
    return CodecError(fault) if fault else error


def _not_octets(data: object, error: Exception) -> Exception:
    """What is no octets, as a CodecError; ``error`` itself where they are."""
    if isinstance(data, bytes):
        return error
    return CodecError(f"a codec reads octets (bytes), not {spelled(data)}")


class _Form:
    """What the two share: arguments of a wrong type are told as a CodecError."""

    name: ClassVar[str]
    _written: ModuleType

    def encode(self, message: Message) -> bytes:
        try:
            octets: bytes = self._written.encode(message)
        except _OF_A_WRONG_TYPE as error:
            raise _not_a_message(message, error) from error
        return octets

    def decode(self, data: bytes, *, lenient: bool = False) -> Message:
        try:
            message: Message = self._written.decode(data, lenient=lenient)
        except _OF_A_WRONG_TYPE as error:
            raise _not_octets(data, error) from error
        return message

    def __repr__(self) -> str:
        return self.name.upper()


class _Xml(_Form):
    """SyncML as XML 1.0; octets of a value travel as b64.  [DMREPPRO §5]"""

    name = "xml"
    media_type = "application/vnd.syncml.dm+xml"
    binary = False

    @cached_property
    def _written(self) -> ModuleType:  # type: ignore[override]
        import dmkit.wire.xml as xml  # the door of the package would look for a name first

        return xml


class _Wbxml(_Form):
    """SyncML as WBXML 1.2 with the code pages of DM; octets of a value travel as they are.  [DMREPPRO §5, WBXML]"""

    name = "wbxml"
    media_type = "application/vnd.syncml.dm+wbxml"
    binary = True

    @cached_property
    def _written(self) -> ModuleType:  # type: ignore[override]
        import dmkit.wire.wbxml as wbxml

        return wbxml


XML: Final[Codec] = _Xml()
WBXML: Final[Codec] = _Wbxml()

_BY_SUFFIX: Final = {"+xml": XML, "+wbxml": WBXML}
_USUAL: Final = {codec.media_type: codec for codec in (XML, WBXML)}
_BINARY_STARTS: Final = frozenset(range(4))
_TEXT_STARTS: Final = frozenset(b"< \t\r\n\xef\xfe\xff")


def codec_for(media_type: str, data: bytes = b"") -> Codec:
    """The codec for a Content-Type, with or without ``.dm``, parameters and capitals.

    When the type names neither form, the first octet of ``data`` decides: 00 to 03 begin WBXML; ``<``, white space or a
    byte order mark begin XML.  CodecError when that does not tell either.  [DMREPPRO §5, interop sheet §1]

    >>> codec_for("application/vnd.syncml.dm+wbxml").binary
    True
    """
    try:
        usual = _USUAL.get(media_type)
        if usual is not None:
            return usual
        kind = media_type.partition(";")[0].strip().lower()
        if kind.startswith("application/vnd.syncml"):
            for suffix, codec in _BY_SUFFIX.items():
                if kind.endswith(suffix):
                    return codec
        if data and data[0] in _BINARY_STARTS:
            return WBXML
        if data and data[0] in _TEXT_STARTS:
            return XML
        what = f"a body that begins with octet {data[0]:02X}" if data else "an empty body"
        raise CodecError(f"neither XML nor WBXML: {what} of type {media_type or 'unknown'!r}", offset=0)
    except WRONG as error:
        raise blamed(error, codec_for, media_type, data) from None
