"""Lint rules about formats, types and values.  [DMTND §7.7.2, §9.4.2, §9.4.3]"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from dmkit.ddf.allowed import allowed
from dmkit.ddf.linting.rights import TEXTS, is_secret
from dmkit.ddf.linting.rule import At, LintRule, Severity, row
from dmkit.ddf.spec import NodeSpec
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.values import is_binary, lexical_form
from dmkit.wire.habits import BOOLS
from dmkit.words.asked import asked
from dmkit.words.codes import Format
from dmkit.words.errors import CommandFailed

__all__ = ["KNOWN_TYPES", "ROWS", "listed_values"]

ROWS: Final[dict[str, LintRule]] = {}
_rule = partial(row, ROWS)

_TOP: Final = ("application", "audio", "font", "haptics", "image", "message", "model", "multipart", "text", "video")
_MIME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(\s*;.*)?")
_NAMES: Final = {
    "text": "plain html xml css csv vcard calendar javascript",
    "application": "octet-stream xml json pdf zip gzip pkix-cert pkix-crl pkcs7-mime pkcs10 pkcs12 x-x509-ca-cert "
    "java-archive xhtml+xml wbxml cbor jose",
    "image": "png jpeg gif svg+xml tiff webp",
    "audio": "mpeg ogg amr mp4 midi 3gpp",
    "video": "mp4 mpeg 3gpp",
    "font": "ttf otf woff woff2",
    "message": "rfc822",
}
KNOWN_TYPES: Final = frozenset(f"{top}/{name}" for top, names in _NAMES.items() for name in names.split())
"""Registered types that descriptions use; names of vendors (``vnd.``, ``prs.``) are known by their form."""
_PLAIN: Final = frozenset({Format.BOOL, Format.INT, Format.FLOAT, Format.DATE, Format.TIME, Format.NULL})
_RANGE: Final = re.compile(r"\[\s*\(?(-?\d+)\)?\s*-\s*\(?(-?\d+)\)?\s*\]")


@_rule(
    "default-on-interior", Severity.ERROR, source="DMTND §6.2",
    why="An interior node has no value, so it has no default of one.",
    fix="take the value away, or put it on a leaf below",
)  # fmt: skip
def _default_on_interior(at: At) -> Iterator[str]:
    given = {"DefaultValue": at.node.default, "Value": at.node.value}
    found = [name for name, value in given.items() if value is not None]
    if at.node.is_interior and found:
        yield f"{' and '.join(found)} on an interior node"


@_rule(
    "type-on-interior", Severity.WARNING, source="DMTND §9.4.3, ddf sheet §3",
    why="DFType of an interior node is DDFName, the identifier of the object that begins there, or empty.",
    fix="write DDFName in place of MIME",
)  # fmt: skip
def _type_on_interior(at: At) -> Iterator[str]:
    if at.node.is_interior and at.node.mime is not None:
        yield f"MIME {at.node.mime[0]!r} on an interior node" if at.node.mime[0] else "MIME on an interior node"


@_rule(
    "name-on-leaf", Severity.WARNING, source="DMTND §9.4.3",
    why="DFType of a leaf is the MIME types it takes; with DDFName nothing is said of them.",
    fix="write MIME, text/plain for text",
)  # fmt: skip
def _name_on_leaf(at: At) -> Iterator[str]:
    if not at.node.is_interior and at.node.object_id is not None:
        yield "DDFName on a leaf"


@_rule(
    "no-mime", Severity.WARNING, source="DMTND §9.4.3",
    why="A leaf takes registered MIME types; an empty element leaves open which.",
    fix="write the type, text/plain for text",
)  # fmt: skip
def _no_mime(at: At) -> Iterator[str]:
    if not at.node.is_interior and at.node.mime is not None and not all(at.node.mime):
        yield "MIME is empty"


@_rule(
    "mime-form", Severity.ERROR, source="DMTND §9.4.2, RFC 6838",
    why="A MIME type is a top-level type, a slash and a name.",
    fix="write it as text/plain is written",
)  # fmt: skip
def _mime_form(at: At) -> Iterator[str]:
    for mime in at.node.types:
        if not _MIME.fullmatch(mime):
            yield f"{mime[:60]!r} is no MIME type"
        elif _top(mime) not in _TOP:
            yield f"{_top(mime)!r} is no top-level type"


@_rule(
    "mime-unknown", Severity.INFO, source="DMTND §9.4.3",
    why="DFType holds registered MIME types; a server does not know what to send for another.",
    fix="look it up in the registry of IANA, or use a vendor's name (application/vnd.)",
)  # fmt: skip
def _mime_unknown(at: At) -> Iterator[str]:
    for mime in at.node.types:
        bare = _bare(mime)
        owned = bare.partition("/")[2].startswith(("vnd.", "prs."))
        if _MIME.fullmatch(mime) and _top(mime) in _TOP and bare not in KNOWN_TYPES and not owned:
            yield f"{bare} is not among the registered types known here"


@_rule(
    "mime-against-format", Severity.WARNING, source="DMTND §7.7.2",
    why="Format says how a value is written, the MIME type what it is; here one of them is wrong.",
    fix="use bin for octets, xml for mark-up, text/plain for text and numbers",
)  # fmt: skip
def _mime_against_format(at: At) -> Iterator[str]:
    format = at.node.format
    for mime in at.node.types:
        bare = _bare(mime)
        if not _MIME.fullmatch(mime) or _top(mime) not in _TOP:
            continue
        if format in _PLAIN and bare != "text/plain":
            yield f"{bare} in format {format}"
        elif format is Format.CHR and is_binary(bare) and _top(bare) != "application":
            yield f"{bare}, which is octets, in format chr"
        elif format is Format.CHR and bare == "application/octet-stream":
            yield f"{bare} in format chr"
        elif format is Format.XML and not bare.endswith("xml") and bare != "text/plain":
            yield f"{bare} in format xml"
        elif format is Format.BIN and bare == "text/plain":
            yield "text/plain in format bin"


@_rule(
    "default-against-format", Severity.ERROR, source="DMTND §9.4.3",
    why="A device cannot begin with a value that its own format does not allow.",
    fix="write the default in the form of its format, or change the format",
    when=lambda k: k.default or k.value,
)  # fmt: skip
def _default_against_format(at: At) -> Iterator[str]:
    node = at.node
    if node.is_interior or node.format is None:
        return
    for name, text in (("DefaultValue", node.default), ("Value", node.value)):
        if text is None or (not text and node.format in _PLAIN):
            continue
        right = lexical_form(node.format, text)
        if right:
            yield f"{name} {text[:40]!r} is no {node.format}, which is {right}"
        elif text and node.format is Format.NULL:
            yield f"{name} {text[:40]!r}, and the format is null"


@_rule(
    "default-not-allowed", Severity.ERROR, source="practice",
    why="The device begins with a value that no server could set.",
    fix="choose the default among the values that are allowed",
    when=lambda k: k.extensions and k.default,
)  # fmt: skip
def _default_not_allowed(at: At) -> Iterator[str]:
    node = at.node
    check = allowed(node)
    why = check(node.default) if check is not None and node.default else ""
    if why:
        yield f"DefaultValue {why}"


@_rule(
    "values-against-format", Severity.WARNING, source="practice",
    why="A value that is said to be allowed cannot be written in the format: the device answers 415.",
    fix="write the values in the form of the format, or change the format",
    when=lambda k: k.extensions,
)  # fmt: skip
def _values_against_format(at: At) -> Iterator[str]:
    node = at.node
    if node.format is None or node.is_interior:
        return
    wrong = [value for value in listed_values(node) if lexical_form(node.format, value)]
    if node.format is Format.BOOL:  # 0 and 1 are compared by value, and so is True
        wrong = [value for value in wrong if value.lower() not in BOOLS]
    if wrong:
        yield f"{', '.join(map(repr, wrong[:4]))} allowed in format {node.format}"
    beyond = [str(end) for end in _range(node) if end is not None and lexical_form(Format.INT, str(end))]
    if beyond and node.format is Format.INT:
        yield f"the range ends at {', '.join(beyond)}, and int has 32 bits with a sign"


@_rule(
    "default-secret", Severity.WARNING, source="practice",
    why="A secret that every device begins with is none.",
    fix="take the default away",
    when=lambda k: k.has_text and k.format in TEXTS and not k.interior,
)  # fmt: skip
def _default_secret(at: At) -> Iterator[str]:
    if is_secret(at.node) and (at.node.default or at.node.value):
        yield "a secret with a default"


@_rule(
    "bool-as-text", Severity.INFO, source="practice",
    why="Format bool lets devices and servers check the value; text does not.",
    fix="use format bool",
    when=lambda k: k.format is Format.CHR and (k.extensions or k.default),
)  # fmt: skip
def _bool_as_text(at: At) -> Iterator[str]:
    values = {value.lower() for value in listed_values(at.node)}
    is_bool = values == {"true", "false"} or (not values and (at.node.default or "").lower() in ("true", "false"))
    if at.node.format is Format.CHR and is_bool:
        yield "true and false in format chr"


@_rule(
    "acl-default", Severity.ERROR, source="DMTND §7.7.1.1",
    why="A device cannot begin with a list that is none.",
    fix="write Command=id+id, joined by &, as in Add=*&Get=*",
    when=lambda k: k.run_time,
)  # fmt: skip
def _acl_default(at: At) -> Iterator[str]:
    text = (at.node.run_time.acl or "").strip() if at.node.run_time is not None else ""
    try:
        parse_acl(text)
    except CommandFailed as failed:
        yield failed.reason


@_rule(
    "run-time-differs", Severity.WARNING, source="DMTND §9.4.2",
    why="RTProperties give defaults of what DFProperties describe; where they contradict, readers differ.",
    fix="say the same in both, or leave it out of RTProperties",
    when=lambda k: k.run_time,
)  # fmt: skip
def _run_time_differs(at: At) -> Iterator[str]:
    node, run_time = at.node, at.node.run_time
    if run_time is None:
        return
    if run_time.format is not None and node.format is not None and run_time.format is not node.format:
        yield f"Format {run_time.format}, and DFFormat {node.format}"
    if run_time.name and run_time.name.strip() != node.name:
        yield f"Name {run_time.name!r}, and NodeName {node.name!r}"
    if run_time.mime and node.types and _bare(run_time.mime) not in map(_bare, node.types):
        yield f"Type {run_time.mime}, and DFType {' or '.join(node.types)}"
    if run_time.object_id and node.mo_id and run_time.object_id != node.mo_id:
        yield f"Type {run_time.object_id}, and DFType {node.mo_id}"
    if run_time.size is not None and node.is_interior:
        yield "Size, which interior nodes do not have"
    if run_time.title is not None and len(run_time.title.encode()) > 255:
        yield "a Title of more than 255 octets"


@_rule(
    "run-time-incomplete", Severity.INFO, source="DMTND §9.4.1",
    why="Where RTProperties stand, all that every node has must be listed: ACL, Format, Name and Type.",
    fix="list the missing ones, as empty elements where there is no default",
    when=lambda k: k.run_time,
)  # fmt: skip
def _run_time_incomplete(at: At) -> Iterator[str]:
    run_time = at.node.run_time
    if run_time is None:
        return
    given = {"ACL": run_time.acl, "Format": run_time.format, "Name": run_time.name,
            "Type": run_time.mime if run_time.object_id is None else run_time.object_id}  # fmt: skip
    missing = [name for name, value in given.items() if value is None]
    if missing:
        yield f"{', '.join(missing)} missing from RTProperties"


@asked
def listed_values(node: NodeSpec) -> tuple[str, ...]:
    """The values that an extension says are allowed; empty where none does.

    >>> from dmkit.words.model import Element
    >>> listed_values(NodeSpec(name="A", extensions=(Element("AllowedValues", "urn:x", (
    ...     Element("Enum", "urn:x", (Element("Value", "urn:x", ("1",)),)),)),)))
    ('1',)
    """
    return tuple(
        value.text.strip() for content in node.extensions if content.name == "AllowedValues"
        for entry in content.find("Enum") for value in entry.find("Value")
    )  # fmt: skip


def _range(node: NodeSpec) -> tuple[int | None, int | None]:
    for content in node.extensions:
        if content.name == "AllowedValues" and dict(content.attrs).get("ValueType") == "Range":
            text = "".join(value.text for value in content.find("Value"))
            if found := _RANGE.fullmatch(text.strip()):
                return int(found[1]), int(found[2])
    return None, None


def _bare(mime: str) -> str:
    return mime.partition(";")[0].strip().lower()


def _top(mime: str) -> str:
    return mime.partition("/")[0].strip().lower()
