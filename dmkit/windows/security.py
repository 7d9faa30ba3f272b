"""Security descriptors as text (SDDL): owner, group, and two lists of entries.  [MS-DTYP §2.5.1.1]

>>> descriptor_wrong("O:BAG:SYD:PAI(A;OICI;GA;;;BA)S:(AU;SAFA;0x1f;;;S-1-1-0)"), descriptor_wrong("D:(A;;GA;;BA)")
('', '(A;;GA;;BA) has 5 fields; 6, or 7 with a condition, are right')
"""

from __future__ import annotations

import re
from typing import Final

from dmkit.words.asked import asked
from dmkit.words.counts import many

__all__ = ["descriptor_wrong"]

_SID: Final = r"(?:S-1-(?:[0-9]+|0[xX][0-9a-fA-F]+)(?:-[0-9]+)*|[A-Z]{2})"
_OWNER: Final = re.compile(rf"([OG]):({_SID}|)", re.IGNORECASE)
_LIST: Final = re.compile(r"([DS]):((?:P|AR|AI|NO_ACCESS_CONTROL)*)", re.IGNORECASE)
_TYPES: Final = frozenset(
    {"A", "D", "OA", "OD", "AU", "AL", "OU", "OL", "ML", "XA", "XD", "XU", "ZA", "RA", "SP", "TL", "FL"}
)
_FLAGS: Final = re.compile(r"(?:CI|OI|NP|IO|ID|SA|FA|TP|CR)*", re.IGNORECASE)
_RIGHTS: Final = re.compile(r"(?:0[xX][0-9a-fA-F]{1,8}|[0-9]{1,10}|(?:[A-Z]{2})*)", re.IGNORECASE)
_GUID: Final = re.compile(r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?")


@asked
def descriptor_wrong(text: str) -> str:
    """Why ``text`` is no security descriptor; empty when it is, or is a list of entries alone."""
    at, seen, text = 0, "", text.strip()
    if text[:1] == "(":
        at, why = _entries(text, 0)
        return why or (f"{text[at:][:20]!r} stands behind it" if at < len(text) else "")
    while at < len(text):
        owner, listed = _OWNER.match(text, at), _LIST.match(text, at)
        found = owner or listed
        if found is None:
            return "O:, G:, D: or S: stands in front" if not seen else f"{text[at:][:20]!r} stands behind {seen[-1]}:"
        part = found[1].upper()
        if part in seen:
            return f"{part}: stands twice"
        if owner is not None and not owner[2]:
            return f"{part}: names nobody; two letters or S-1-... are right"
        at, seen = found.end(), seen + part
        if listed is not None:
            at, why = _entries(text, at)
            if why:
                return why
    return ""


def _entries(text: str, at: int) -> tuple[int, str]:
    """Where the entries in brackets end, and what is wrong with one; a condition has brackets of its own."""
    while text[at : at + 1] in ("(", " "):
        if text[at] == " ":
            at += 1
            continue
        begin, depth, quoted = at, 0, False
        while at < len(text):
            quoted ^= text[at] == '"'
            depth += 0 if quoted else {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
            if depth == 0:
                break
        if depth:
            return at, f"{text[begin:][:30]} has no bracket at its end"
        if why := _entry_wrong(text[begin:at]):
            return at, why
    return at, ""


def _entry_wrong(text: str) -> str:
    fields = [field.strip() for field in text[1:-1].split(";", 6)]
    if len(fields) not in (6, 7):
        return f"{text[:40]} has {many(len(fields), 'field')}; 6, or 7 with a condition, are right"
    kind, flags, rights, guid, other, who = fields[:6]
    if kind.upper() not in _TYPES:
        return f"{kind[:10]!r} is no type of entry; A allows, D denies, AU audits"
    if not _FLAGS.fullmatch(flags):
        return f"{flags[:20]!r} are no flags of inheritance or audit"
    if not _RIGHTS.fullmatch(rights):
        return f"{rights[:20]!r} are no rights"
    if not _GUID.fullmatch(guid) or not _GUID.fullmatch(other):
        return f"{(guid if not _GUID.fullmatch(guid) else other)[:20]!r} is no GUID"
    return "" if re.fullmatch(_SID, who, re.IGNORECASE) else f"{who[:20]!r} is nobody; two letters or S-1-... are right"
