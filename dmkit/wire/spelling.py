"""How the two forms spell what the grammar says: tags, text, flags and Meta, as pieces of regular expressions.

>>> XML.text("CmdID"), XML.close("Item")
('<CmdID>([^<]*)</CmdID>', '</Item>')
>>> WBXML.text("CmdID")
'K\\\\x03([^\\\\x00]*)\\\\x00\\\\x01'

[DMREPPRO §5, WBXML §5]
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from dmkit.wire.elements import NS_METINF, NS_SYNCML, SYNCML

__all__ = ["DECLARATION", "WBXML", "XML", "Spelling"]

DECLARATION: Final = r"""<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"[Uu][Tt][Ff]-8"|'[Uu][Tt][Ff]-8'))? ?\?>"""
"""The usual declarations of XML.  White space is spelled out where it may stand: ``\\s`` knows more of it than XML."""


class Spelling(Protocol):
    """Pieces of expressions; a group stands for each text and each flag, two for Data: its text, and that it is empty.

    ``key`` gives the signs, and where they begin behind the start of a tag, that tell commands apart; ``ends`` stand
    there after the last one.  Without ``nonce`` in it a message has no NextNonce.
    """

    name: str
    meta: str
    start: str
    end: str
    key: tuple[int, int]
    ends: tuple[str, ...]
    nonce: str

    def open(self, name: str) -> str:
        """The tag that opens ``name``, which has content."""

    def close(self, name: str) -> str:
        """The tag that closes ``name``."""

    def text(self, name: str, *, in_meta: bool = False) -> str:
        """An element that holds text."""

    def flag(self, name: str) -> str:
        """An element that is empty."""

    def data(self, name: str) -> str:
        """An element that holds text or, in its short form, nothing."""

    def sign(self, name: str) -> str:
        """What stands at ``key`` when ``name`` opens."""


class _Xml:
    name = "xml"
    meta = "<Meta>((?:<[A-Z][^<]*</[A-Za-z]+>)*)</Meta>"
    start = (
        rf"""(?:{DECLARATION}[ \t\n]*)?"""
        rf"""<SyncML xmlns=(?:"{re.escape(NS_SYNCML)}"|'{re.escape(NS_SYNCML)}')><SyncHdr>"""
    )
    end = r"</SyncBody></SyncML>[ \t\n]*\Z"
    key = (1, 4)
    ends: tuple[str, ...] = ("Fin", "/Sy")
    nonce = "<NextNonce"
    _ns = f""" xmlns=(?:"{re.escape(NS_METINF)}"|'{re.escape(NS_METINF)}')"""

    def open(self, name: str) -> str:
        return f"<{name}>"

    def close(self, name: str) -> str:
        return f"</{name}>"

    def text(self, name: str, *, in_meta: bool = False) -> str:
        return f"<{name}{self._ns if in_meta else ''}>([^<]*)</{name}>"

    def flag(self, name: str) -> str:
        return f"(<{name}/>)"

    def data(self, name: str) -> str:
        return f"<{name}(?:>([^<]*)</{name}>|(/)>)"

    def sign(self, name: str) -> str:
        return name[:3]  # no two commands share these; the expression then looks at the whole name


class _Wbxml:
    """A usual document, with no string table and nothing opaque, is UTF-8 as a whole: its tokens are below 80.

    Meta leaves the reader on code page 1.  What stands after it must be ENDs and then the switch back to page 0, which
    every END lets pass; so no tag is ever read on the wrong page.
    """

    name = "wbxml"
    meta = ""
    start = ""
    end = "\\x01\\x01\\Z"
    key = (0, 1)

    ends: tuple[str, ...] = ()
    nonce = ""

    def __init__(self) -> None:
        switch = "(?:\\x00\\x00)?"
        content = "((?:[\\x45-\\x7f]\\x03[^\\x00]*\\x00\\x01)*)"
        self.meta = f"{self.open('Meta')}\\x00\\x01{content}\\x01(?=\\x01*(?:\\x00\\x00|\\Z)){switch}"
        self.start = self.open("SyncML") + self.open("SyncHdr")
        self.ends = (chr(self._token("Final")), "\x01")
        self.nonce = chr(self._token("NextNonce", 1) | 0x40) + "\x03"

    def _token(self, name: str, page: int = 0) -> int:
        token = SYNCML.token(page, name)
        assert token is not None
        return token

    def open(self, name: str) -> str:
        return re.escape(chr(self._token(name) | 0x40))

    def close(self, name: str) -> str:
        return "\\x01" if name in ("Target", "Source") else "\\x01(?:\\x00\\x00)?"

    def text(self, name: str, *, in_meta: bool = False) -> str:
        return f"{re.escape(chr(self._token(name, int(in_meta)) | 0x40))}\\x03([^\\x00]*)\\x00\\x01"

    def flag(self, name: str) -> str:
        return f"({re.escape(chr(self._token(name)))})"

    def data(self, name: str) -> str:
        return f"(?:{self.text(name)}|{self.flag(name)})"

    def sign(self, name: str) -> str:
        return chr(self._token(name) | 0x40)


XML: Final[Spelling] = _Xml()
WBXML: Final[Spelling] = _Wbxml()
