"""A set of descriptions as large as that of Windows: 308 files, 393 roots, 5,766 nodes, 4,980 of them leaves."""

from __future__ import annotations

import random
from xml.sax.saxutils import escape

FILES, ROOTS, NODES, LEAVES = 308, 393, 5766, 4980
_HEAD = (
    '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE MgmtTree PUBLIC " -//OMA//DTD-DM-DDF 1.2//EN"'
    ' "http://www.openmobilealliance.org/tech/DTD/DM_DDF-V1_2.dtd" [<?oma-dm-ddf-ver supported-versions="1.2"?>]>\n'
    '<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD>'
    "<MSFT:Diagnostics></MSFT:Diagnostics>\n"
)
_WORDS = [
    "allow",
    "device",
    "setting",
    "encryption",
    "policy",
    "network",
    "user",
    "update",
    "startup",
    "key",
    "drive",
    "recovery",
    "browser",
    "page",
    "local",
]
SINCE = ["10.0.10240", "10.0.15063", "10.0.17763", "10.0.19041", "10.0.22621", "99.9.99999"]


def _allowed(draw, format):
    kinds = {"int": ["ENUM", "Range", "Flag"], "chr": ["None", "RegEx", "ENUM", "ADMX"], "bool": ["ENUM"]}
    kind = draw.choice(kinds.get(format, ["None"]))
    values = {"int": ["0", "1", "2", "4"], "chr": ["a", "b c"], "bool": ["false", "true"]}.get(format, [])
    if kind in ("ENUM", "Flag"):
        rows = values[1:] if kind == "Flag" else values
        says = "<MSFT:Value>{0}</MSFT:Value><MSFT:ValueDescription>means {0}</MSFT:ValueDescription>"
        inner = "".join(f"<MSFT:Enum>{says.format(value)}</MSFT:Enum>" for value in rows)
    elif kind == "Range":
        inner = f"<MSFT:Value>[0-{draw.choice([9, 100, 9999])}]</MSFT:Value>"
    elif kind == "RegEx":
        inner = "<MSFT:Value>[a-z]{1,8}</MSFT:Value>"
    elif kind == "ADMX":
        inner = '<MSFT:AdmxBacked Area="x" Name="Limit" File="sample.admx"/>'
    else:
        inner = ""
    return f'<MSFT:AllowedValues ValueType="{kind}">{inner}</MSFT:AllowedValues>'


def _node(draw, name, inner="", path="", since="", long=True):
    format = "node" if inner else draw.choice(["int"] * 5 + ["chr"] * 6 + ["bool"])
    takes = "<Get/>" if inner else draw.choice(["<Add/><Delete/><Get/><Replace/>"] * 4 + ["<Get/><Replace/>", "<Get/>"])
    words = " ".join(draw.choice(_WORDS) for _ in range(40 if long else 3))
    applies = (
        f"<MSFT:Applicability><MSFT:OsBuildVersion>{since}</MSFT:OsBuildVersion><MSFT:CspVersion>1.0</MSFT:CspVersion>"
    )
    applies += "<MSFT:EditionAllowList>0x4;0x1B;0x30;0x31;0x48;</MSFT:EditionAllowList></MSFT:Applicability>"
    return (
        f"<Node>\n<NodeName>{name}</NodeName>{f'<Path>{path}</Path>' if path else ''}\n<DFProperties>\n"
        f"<AccessType>{takes}</AccessType>\n<Description>{escape(words)}.</Description>\n<DFFormat><{format}/></DFFormat>\n<Occurrence>"
        f"<{'One' if inner else 'ZeroOrOne'}/></Occurrence>\n<Scope><{'Permanent' if inner else 'Dynamic'}/></Scope>\n"
        f"<DFType>{'<DDFName/>' if inner else '<MIME/>'}</DFType>\n{applies if since else ''}\n"
        f"{'' if inner else _allowed(draw, format)}</DFProperties>\n{inner}</Node>\n"
    )


def files(seed: int = 1, count: int = FILES) -> list[tuple[str, bytes]]:
    """Name and octets of each file."""
    draw = random.Random(seed)
    roots, interiors, leaves = ROOTS, NODES - LEAVES - ROOTS, LEAVES
    made = []
    for number in range(count):
        own_roots = 2 if number < roots - FILES else 1
        more = interiors // FILES + (number < interiors % FILES)
        own_leaves = leaves // FILES + (number < leaves % FILES)
        groups = own_roots + more
        share = [own_leaves // groups + (n < own_leaves % groups) for n in range(groups)]
        body = ""
        for root in range(own_roots):
            scope = "User" if root else "Device"
            inner = "".join(_node(draw, f"Leaf{n}") for n in range(share[root]))
            for group in range(more if not root else 0):
                below = "".join(_node(draw, f"Deep{n}") for n in range(share[own_roots + group]))
                inner += _node(draw, f"Group{group}", below)
            body += _node(draw, f"Provider{number}", inner, f"./{scope}/Vendor/MSFT", draw.choice(SINCE[:5]))
        made.append((f"Provider{number}.xml", (_HEAD + body + "</MgmtTree>\n").encode()))
    return made
