"""Put the elements of a document where their vocabulary has them.

Real XML omits namespaces, names old ones, or carries elements no table has.  ``settle`` finds the
vocabulary of a root element and gives every element below it the namespace of the code page it belongs
to, so that WBXML can be written; each thing put right is noted, or refused when reading strictly.
"""

from __future__ import annotations

from dmkit.wire.elements import BY_ROOT, UNKNOWN, VOCABULARIES, ContentKind, Vocabulary
from dmkit.wire.octets import MAX_DEPTH, Notes
from dmkit.wire.tags import join
from dmkit.words.deviations import DeviationKind
from dmkit.words.errors import CodecError
from dmkit.words.model import Element

__all__ = ["settle"]


def settle(root: Element, notes: Notes) -> tuple[Element, Vocabulary]:
    """``root`` with its elements in the namespaces of their code pages, and the vocabulary found for it."""
    vocabulary = _vocabulary(root, notes)
    seen: set[tuple[DeviationKind, str]] = set()
    return _settled(root, None, vocabulary, notes, seen, 0), vocabulary


def _vocabulary(root: Element, notes: Notes) -> Vocabulary:
    candidates = BY_ROOT.get(root.name, ())
    same = [v for v in candidates if v.ns == root.ns]
    if len(same) == 1:
        return same[0]
    if candidates:
        says = _version(root)
        pool = same or list(candidates)
        return next((v for v in pool if v.version == says), pool[0])
    fragments = [v for v in VOCABULARIES if any(p.ns == root.ns and root.name in p.tokens for p in v.pages.values())]
    if not fragments and not root.ns:
        fragments = [v for v in VOCABULARIES if any(root.name in p.tokens for p in v.pages.values())]
    found = fragments[0] if fragments else UNKNOWN
    what = f"a part of {found.title}" if fragments else "of no known vocabulary"
    notes.add(
        DeviationKind.UNKNOWN_ELEMENT,
        f"the root element {root.name[:40]} is {what}, not a document",
        where=root.name[:40],
    )
    return found


def _version(root: Element) -> str:
    """What VerDTD says, in the root or in the header below it."""
    for place in (root, *root.find("SyncHdr")):
        for element in place.find("VerDTD"):
            return element.text.strip()
    return ""


def _settled(
    element: Element,
    outer: Element | None,
    vocabulary: Vocabulary,
    notes: Notes,
    seen: set[tuple[DeviationKind, str]],
    depth: int,
) -> Element:
    if depth >= MAX_DEPTH:
        raise CodecError(f"elements are nested deeper than {MAX_DEPTH}")
    if outer is not None and outer.name == "Data" and vocabulary.page_of(element.ns) is None:
        inner = next((v for v in BY_ROOT.get(element.name, ()) if v.ns == element.ns), None)
        if inner is not None:
            return settle(element, notes)[0]

    def note(kind: DeviationKind, reason: str) -> None:
        if (kind, reason) not in seen:
            seen.add((kind, reason))
            notes.add(kind, reason, where=element.name[:40])

    page = _page(element, outer, vocabulary)
    if page is None:
        ns, kind = element.ns or (outer.ns if outer else ""), None
        if vocabulary is not UNKNOWN:
            note(DeviationKind.UNKNOWN_ELEMENT, f"{vocabulary.title} has no element {element.name[:40]!r}")
    else:
        ns, kind = vocabulary.pages[page].ns, vocabulary.pages[page].kinds[element.name]
        if ns != element.ns:
            note(DeviationKind.NAMESPACE, f"elements are in {element.ns or 'no namespace'!r}, not in {ns!r}")
    if element.attrs and vocabulary.root and not vocabulary.starts:
        note(DeviationKind.ATTRIBUTE, f"{element.name[:40]} has attribute {element.attrs[0][0][:60]}")
    here = Element(element.name, ns)
    children = [
        _settled(c, here, vocabulary, notes, seen, depth + 1) if isinstance(c, Element) else c for c in element.children
    ]
    if kind is ContentKind.EMPTY:
        children = [c for c in children if not isinstance(c, str) or c.strip()]
    return Element(element.name, ns, join(children, kind), tuple(sorted(element.attrs)))


def _page(element: Element, outer: Element | None, vocabulary: Vocabulary) -> int | None:
    """The code page an element belongs on: by its namespace, else where a parent like its own has such a child."""
    page = vocabulary.page_of(element.ns)
    if page is not None and vocabulary.token(page, element.name) is not None and (element.ns or not vocabulary.ns):
        return page
    around = vocabulary.page_of(outer.ns) if outer is not None else None
    order = list(vocabulary.pages)
    if outer is not None and outer.name in ("Meta", "MetInf") and 1 in vocabulary.pages:
        order.insert(0, 1)
    elif around is not None:
        order.insert(0, around)
    return next((number for number in order if vocabulary.token(number, element.name) is not None), None)
