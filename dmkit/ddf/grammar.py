"""The vocabulary of DDF 1.2 as tables, for reading, writing and the strict check.  [DMTND §9.4]

>>> LOCAL["{syncml:dmddf}NodeName"], LOCAL["NodeName"], LOCAL.get("{urn:x}NodeName")
('NodeName', 'NodeName', None)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from dmkit.ddf.spec import OccurrenceKind, Scope
from dmkit.wire.elements import NS_DDF
from dmkit.words.codes import Format, Verb

__all__ = ["ACCESS", "CONTENT", "EXTENSIONS", "LOCAL", "MAX_NESTING", "NAMESPACES", "REPEATED", "grammar_findings"]

NAMESPACES: Final = (NS_DDF, "syncml:dmddf", "")
"""Namespaces in which DDF is found; the first is written by default.  CONFLICT: the text has the second."""

ACCESS: Final = (Verb.ADD, Verb.COPY, Verb.DELETE, Verb.EXEC, Verb.GET, Verb.REPLACE)
_FORMATS: Final = tuple(format.value for format in Format)

CONTENT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "MgmtTree": ("VerDTD", "Man", "Mod", "Node"),
        "Node": ("NodeName", "Path", "RTProperties", "DFProperties", "Node", "Value"),
        "RTProperties": ("ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo"),
        "DFProperties": (
            "AccessType", "DefaultValue", "Description", "DFFormat", "Occurrence", "Scope", "DFTitle", "DFType",
            "CaseSense",
        ),
        "AccessType": tuple(verb.value for verb in ACCESS),
        "Format": _FORMATS,
        "DFFormat": _FORMATS,
        "Occurrence": tuple(kind.value for kind in OccurrenceKind),
        "Scope": tuple(scope.value for scope in Scope),
        "Type": ("MIME", "DDFName"),
        "DFType": ("MIME", "DDFName"),
        "CaseSense": ("CS", "CIS"),
    }
)  # fmt: skip
"""What may stand in an element, in the order of the DTD; elements without a row hold text or nothing."""

EXTENSIONS: Final[Mapping[str, int]] = MappingProxyType(
    {"MgmtTree": 2, "Node": 3, "RTProperties": 7, "DFProperties": 8}
)
"""Elements in which others of foreign namespaces are kept, and after which child they are written by default."""

MAX_NESTING: Final = 60
"""Nodes inside nodes that are followed."""

REPEATED: Final = frozenset({("MgmtTree", "Node"), ("Node", "Node"), ("DFType", "MIME"), ("Type", "MIME")})
"""(parent, child) that may stand more than once."""

_NAMES: Final = frozenset({"MgmtTree", *(name for names in CONTENT.values() for name in names)})
LOCAL: Final[Mapping[str, str]] = MappingProxyType(
    {f"{{{ns}}}{name}" if ns else name: name for ns in NAMESPACES for name in _NAMES}
)
"""Tag as lxml has it -> name in the vocabulary."""


@lru_cache(maxsize=1)
def _schema() -> Any:
    data = resources.files("dmkit.ddf").joinpath("ddf.rng").read_bytes()
    return etree.RelaxNG(etree.fromstring(data))


def grammar_findings(root: Any) -> list[tuple[int, str]]:
    """What the RELAX NG grammar (ddf.rng) says against an lxml tree, as (line, sentence); empty when it is valid.

    The tree is changed: its elements are put into one namespace.
    """
    for element in root.iter():
        if isinstance(element.tag, str):
            name = LOCAL.get(element.tag)
            if name is not None:
                element.tag = f"{{{NS_DDF}}}{name}"
    schema = _schema()
    if schema.validate(root):
        return []
    return [(entry.line, entry.message.replace(f"{{{NS_DDF}}}", "")) for entry in schema.error_log]
