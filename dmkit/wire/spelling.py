"""How the two forms spell what the grammar says: tags, text, flags and Meta, as pieces of regular expressions.

A piece of XML begins behind the ``<`` of its first tag and takes the ``<`` behind its last, so the first sign of a
piece mostly tells whether it stands there.

>>> XML.text("CmdID"), XML.close("Item")
('CmdID>([^<]*+)</CmdID><', '/Item><')
>>> WBXML.text("CmdID")
'K\\\\x03([^\\\\x00]*+)\\\\x00\\\\x01'

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

    ``sign`` is the group for the signs at the start of a tag that tell commands apart, ``width`` how many they are;
    ``last`` stands there after the last command, ``switch`` between two.  ``shut`` may stand behind an END.
    Without ``nonce`` in it a message has no NextNonce.
    """

    name: str
    meta: str
    start: str
    end: str
    sign: str
    width: int
    last: str
    switch: str
    shut: str
    nonce: str

    def open(self, name: str) -> str:
        """The tag that opens ``name``, which has content."""

    def close(self, name: str) -> str:
        """The tag that closes ``name``."""

    def text(self, name: str, *, in_meta: bool = False) -> str:
        """An element that holds text."""

    def flag(self, name: str) -> str:
        """An element that is empty, if it stands there: a group that holds something, or does not."""

    def data(self, name: str) -> str:
        """An element that holds text or, in its short form, nothing, if it stands there."""

    def sign_of(self, name: str) -> str:
        """What ``sign`` finds when ``name`` opens."""

    def behind(self, name: str) -> str:
        """What is left of the tag that opens ``name`` behind its ``sign``."""


def _some(leaf: str) -> str:
    """One ``leaf`` or more; the first three are spelled out, which is quicker than a loop over any number."""
    return f"{leaf}(?:{leaf}(?:{leaf}(?:{leaf})*|)|)"


class _Xml:
    name = "xml"
    meta = f"Meta><({_some('[A-Z][^<]*+</[A-Za-z]++><')})/Meta><"
    start = (
        rf"""(?:{DECLARATION}[ \t\n]*+|)"""
        rf"""<SyncML xmlns=(?:"{re.escape(NS_SYNCML)}"|'{re.escape(NS_SYNCML)}')><SyncHdr><"""
    )
    end = r"/SyncBody></SyncML>[ \t\n]*+\Z"
    sign, width = "(...)", 3
    last, switch, shut = "Fin", "", ""
    nonce = "<NextNonce"
    _ns = f""" xmlns=(?:"{re.escape(NS_METINF)}"|'{re.escape(NS_METINF)}')"""

    def open(self, name: str) -> str:
        return f"{name}><"

    def close(self, name: str) -> str:
        return f"/{name}><"

    def text(self, name: str, *, in_meta: bool = False) -> str:
        return f"{name}{self._ns if in_meta else ''}>([^<]*+)</{name}><"

    def flag(self, name: str) -> str:
        return f"(?:({name}/>)<|)"

    def data(self, name: str) -> str:
        return f"(?:{self.text(name)}|{name}(/)><|)"

    def sign_of(self, name: str) -> str:
        return name[: self.width]  # no two commands share these; the expression then looks at the whole name

    def behind(self, name: str) -> str:
        return f"{name[self.width :]}><"


class _Wbxml:
    """A usual document, with no string table and nothing opaque, is UTF-8 as a whole: its tokens are below 80.

    Meta leaves the reader on code page 1.  What stands after it must be ENDs and then the switch back to page 0, which
    every END lets pass; so no tag is ever read on the wrong page.
    """

    name = "wbxml"
    meta = ""
    start = ""
    end = "\\x01\\x01\\Z"
    sign, width = "(?s:(.))", 1
    last, switch, shut = "", "\0", "(?:\\x00\\x00|)"
    nonce = ""

    def __init__(self) -> None:
        content = _some("[\\x45-\\x7f]\\x03[^\\x00]*+\\x00\\x01")
        self.meta = f"{self.open('Meta')}\\x00\\x01({content})\\x01(?:\\x00\\x00|(?=\\x01*+(?:\\x00\\x00|\\Z)))"
        self.start = self.open("SyncML") + self.open("SyncHdr")
        self.last = chr(self._token("Final"))
        self.nonce = chr(self._token("NextNonce", 1) | 0x40) + "\x03"

    def _token(self, name: str, page: int = 0) -> int:
        token = SYNCML.token(page, name)
        assert token is not None
        return token

    def open(self, name: str) -> str:
        return re.escape(chr(self._token(name) | 0x40))

    def close(self, name: str) -> str:
        return "\\x01"

    def text(self, name: str, *, in_meta: bool = False) -> str:
        return f"{re.escape(chr(self._token(name, int(in_meta)) | 0x40))}\\x03([^\\x00]*+)\\x00\\x01"

    def flag(self, name: str) -> str:
        return f"({re.escape(chr(self._token(name)))}?+)"

    def data(self, name: str) -> str:
        return f"(?:{self.text(name)}|({re.escape(chr(self._token(name)))})|)"

    def sign_of(self, name: str) -> str:
        return chr(self._token(name) | 0x40)

    def behind(self, name: str) -> str:
        return ""


XML: Final[Spelling] = _Xml()
WBXML: Final[Spelling] = _Wbxml()
