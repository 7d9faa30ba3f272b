"""Ways in which real peers leave the specification, each with a name.

A lenient decoder accepts them and writes down each one it met as a ``Deviation`` on the
message; a strict decoder refuses the message and says where.  The kinds are rows of the
interoperability sheet.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = ["Deviation", "DeviationKind", "spaced"]


class DeviationKind(StrEnum):
    """What was unusual in a message; ``rule`` says what the specification wants instead.  [interop sheet]

    A strict reader refuses each with CodecError, a lenient one notes it.

    >>> next(iter(DeviationKind)).rule
    'a document is well-formed XML'
    """

    rule: str

    def __new__(cls, value: str, rule: str = "") -> DeviationKind:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.rule = rule
        return member

    MALFORMED_XML = "malformed-xml", "a document is well-formed XML"
    BARE_AMPERSAND = "bare-ampersand", "an ampersand in text is written &amp;"
    UNESCAPED_MARKUP = "unescaped-markup", "mark-up in the text of Data is escaped or stands in CDATA"
    SEVERAL = "several-documents", "a file or a body holds one document"
    TRAILING_NUL = "trailing-nul", "text has no NUL octet"
    CHILD_ORDER = "child-order", "children stand in the order of the DTD"
    UNKNOWN_ELEMENT = "unknown-element", "only elements of the DTD occur"
    UNUSED_ELEMENT = "unused-element", "elements that DM 1.2 excludes do not occur"
    ATTRIBUTE = "attribute", "SyncML elements have no attributes"
    NAMESPACE = "namespace", "SyncML is in SYNCML:SYNCML1.2, Meta content in syncml:metinf"
    META_OUTSIDE = "meta-outside", "Type, Format and the like stand inside Meta"
    FORMAT_CASE = "format-case", "format names are lower case"
    EMPTY_CRED = "empty-cred", "Cred has Data"
    CRED_OUTSIDE_HEADER = "cred-outside-header", "Cred stands in SyncHdr only"
    DUPLICATE_CMDID = "duplicate-cmdid", "CmdIDs are unique in a message and never 0"
    MISSING = "missing", "an element the content model demands is there"
    REPEATED = "repeated", "an element the content model allows once occurs once"
    NESTING = "nesting", "Get, Exec, Atomic and Sequence are not inside Atomic"
    PUBLIC_ID = "public-id", "a DM 1.2 document has the SyncML 1.2 public identifier"
    VERSION = "version", "WBXML 1.1, 1.2 or 1.3"
    UNTERMINATED_TABLE = "unterminated-table", "strings of the string table end with NUL"
    WBXML_ATTRIBUTES = "wbxml-attributes", "SyncML tags carry no attribute list"
    CHARSET = "charset", "text is UTF-8"
    VALUE = "value", "a value has the lexical form its element demands"
    TRAILING_DATA = "trailing-data", "nothing follows the document"


class Deviation(msgspec.Struct, frozen=True, gc=False):
    """One departure from the specification that a lenient reader accepted.

    ``where`` is a path of element names or an octet position, ``found`` what stood there.

    >>> Deviation(next(iter(DeviationKind)), "SyncHdr").where
    'SyncHdr'
    """

    kind: DeviationKind
    where: str
    found: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} at {self.where}: {self.found or self.kind.rule}"


def spaced(plain: str) -> str:
    """What is noted of an address, ``plain``, that white space stood around.

    >>> spaced("./A")
    "white space stands around './A'"
    """
    return f"white space stands around {plain[:60]!r}"
