"""Commands that a description takes, made from its file by another reader than the library's.

``commands(files)`` gives, for every node that a profile may write, the commands that write it rightly."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

MS = "{http://schemas.microsoft.com/MobileDevice/DM}"
GUID = "{0A1B2C3D-0000-4000-8000-00000000ABCD}"
TRIES = [
    "abc", "a.b", "1", "0", "12", "1.0", "2.0.1", "80,443", "10.0.0.1", "a.appinstaller", "a", "abc-def", GUID,
    GUID.strip("{}"), "https://www.example.org/x", "/https://www.example.org/x", "12345-ABCDE-67890-FEDCB",
]  # fmt: skip
NAMES = ["Home", GUID, GUID.strip("{}"), "1", "AABBCC"]


def commands(files):
    """(verb, address, format, [values]) of each writable leaf of the files, in their order; no value for what no
    value is known for."""
    for _, data in files:
        root = ElementTree.fromstring(re.sub(rb"<!DOCTYPE.*?\]>", b"", data.lstrip(b"\xef\xbb\xbf"), flags=re.S))
        for node in root.findall("Node"):
            yield from _nodes(node, node.findtext("Path", ".").strip().rstrip("/"), [])


def _nodes(node, above, outer):
    about = node.find("DFProperties")
    name = (node.findtext("NodeName") or "").strip() or _instance(about)
    uri, nested = f"{above}/{name}", [*outer, about]
    inner = node.findall("Node")
    for child in inner:
        yield from _nodes(child, uri, nested)
    verbs = [child.tag for child in about.find("AccessType") if child.tag in ("Add", "Replace")]
    if not inner and verbs and not _closed(nested):
        format = next(child.tag for child in about.find("DFFormat"))
        if format not in ("null", "node"):
            yield verbs, uri, format, _values(about, format)


def _closed(nested):
    """Not to be written by a plain profile: deprecated, unreleased, in an Atomic only, of a general description."""
    builds = next((b for each in reversed(nested) if (b := each.findtext(f"{MS}Applicability/{MS}OsBuildVersion"))), "")
    return (
        any(each.find(MS + "Deprecated") is not None or each.find(MS + "AtomicRequired") is not None for each in nested)
        or (bool(builds) and all(len(set(build.strip().replace(".", ""))) == 1 for build in builds.split(",")))
        or nested[-1].find(MS + "DependencyBehavior") is not None
    )


def _instance(about):
    pattern = about.findtext(f"{MS}AllowedValues/{MS}Value") or about.findtext(f"{MS}DynamicNodeNaming/{MS}UniqueName")
    return next((name for name in NAMES if pattern and _fits(pattern, name)), "Home")


def _fits(pattern, text):
    try:
        return re.fullmatch(pattern.strip().strip("/").replace("(?i)", ""), text) is not None
    except re.error:
        return False


def _values(about, format):
    allowed = about.find(MS + "AllowedValues")
    kind = "" if allowed is None else allowed.get("ValueType")
    listed = [] if allowed is None else [v.text.strip() for v in allowed.iter(MS + "Value") if v.text]
    lists = allowed is not None and allowed.find(MS + "List") is not None
    between = allowed.find(MS + "List").get("Delimiter") if lists else ""
    between = chr(int(between[2:], 16)) if between[:2] in ("0x", "\\x") else between
    values = _one(kind, listed, format)
    if between and kind not in ("XSD", "JSON") and values:
        values = [*values, between.join(itertools.islice(itertools.cycle(values), 3)), values[0] + between]
    return [escape(value) for value in values]


def _one(kind, listed, format):
    if kind == "ENUM" and listed:
        return listed
    if kind == "Flag":
        numbers = [int(value, 0) for value in listed]
        sums = {0, sum(set(numbers)), *numbers, *(a | b for a, b in itertools.pairwise(numbers))}
        return [str(number) for number in sorted(sums)]
    if kind == "Range" and listed:
        low, high = map(int, re.fullmatch(r"\[\(?(-?\d+)\)?-\(?(-?\d+)\)?\]", listed[0]).groups())
        return [str(low), str(high), str((low + high) // 2)]
    if kind == "RegEx" and listed:
        return [text for text in TRIES if _fits(listed[0], text)]
    if kind == "ADMX":
        return ["<enabled/>", "<disabled/>", '<enabled/>\n<data id="x" value="1&#xF000;2"/>']
    if kind == "XSD":
        return []
    if kind == "JSON":
        return ['{"a": [1, true]}']
    if kind == "SDDL":
        return ["O:LSD:(A;;CC;;;S-1-5-32-544)"]
    return {"int": ["0", "7"], "bool": ["true", "false"], "b64": ["AQID"], "bin": ["AQID"], "chr": ["x", "two words"],
            "xml": ["<a/>"], "float": ["1.5"], "time": ["20261130T024200Z"]}.get(format, ["x"])  # fmt: skip
