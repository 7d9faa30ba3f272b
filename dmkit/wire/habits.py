"""Values as people write them: white space around an address or a format, a bool in digits or capitals.

Looked at in any document of SyncML, whole or in part, whatever carried it; each is a deviation, and what
was meant is put in its place where nothing else can have been meant.

>>> notes = Notes(True)
>>> habits(Element("LocURI", "SYNCML:SYNCML1.2", (" ./A ",)), notes).text, [str(note) for note in notes.found]
('./A', ["value at LocURI: white space stands around './A'"])

Sources: [DMREPPRO §6], [DMTND §9.4.2]; the habits are in docs/traces.md.
"""

from __future__ import annotations

from typing import Final

from dmkit.wire.elements import NS_METINF, NS_SYNCML
from dmkit.wire.octets import Notes
from dmkit.words.codes import BLANKS, Format
from dmkit.words.deviations import DeviationKind, spaced
from dmkit.words.model import Element, Message, flatten

__all__ = ["BOOLS", "COMMANDS", "habits", "is_spaced"]

COMMANDS: Final = frozenset(
    {"Add", "Alert", "Atomic", "Copy", "Delete", "Exec", "Get", "Put", "Replace", "Results", "Sequence", "Status"}
)
"""Elements that stand in SyncBody."""
BOOLS: Final = {"true": "true", "false": "false", "1": "true", "0": "false"}
"""How a bool is written, in lower case, and what is meant."""
_FORMATS: Final = frozenset(format.value for format in Format)
_NAMESPACES: Final = frozenset({NS_SYNCML, NS_METINF})
_LIKE_SYNCML: Final = "SYNCML:"


def habits(root: Element, notes: Notes) -> Element:
    """``root`` with white space taken from addresses and formats; each habit that was met is noted."""
    if root.ns not in _NAMESPACES and not root.ns.upper().startswith(_LIKE_SYNCML):
        return root
    return _looked_at(root, notes, "")


def is_spaced(message: Message) -> bool:
    """Whether white space stands around an address in ``message``.

    >>> from dmkit.words.model import Get, Header
    >>> is_spaced(Message(Header("1", "1", "t", "s"), (Get.of("./A "),)))
    True
    """
    header = message.header
    if header.target != header.target.strip(BLANKS) or header.source != header.source.strip(BLANKS):
        return True
    for command in flatten(message.commands):
        for item in getattr(command, "items", ()):
            for uri in (item.target, item.source):
                if uri is not None and uri != uri.strip(BLANKS):
                    return True
    return False


def _looked_at(element: Element, notes: Notes, outer: str) -> Element:
    """``element`` looked at; ``outer`` is the format that the command around it states."""
    if element.name in ("LocURI", "Format") and len(element.children) == 1:
        return _trimmed(element, notes)
    if not any(isinstance(child, Element) for child in element.children) or element.name == "Data":
        return element
    children = []
    changed = False
    for child in element.children:
        new = child
        if isinstance(child, Element):
            if child.name == "Meta":
                outer = next((e.text.strip(BLANKS).lower() for e in child.find("Format")), outer)
            new = _looked_at(child, notes, outer)
        changed = changed or new is not child
        children.append(new)
    result = Element(element.name, element.ns, tuple(children), element.attrs) if changed else element
    if element.name == "Item" and outer == Format.BOOL:
        _bool(result, notes)
    return result


def _trimmed(element: Element, notes: Notes) -> Element:
    text = element.text
    plain = text.strip(BLANKS)
    if element.name == "Format" and plain not in _FORMATS and plain.lower() in _FORMATS:
        notes.add(DeviationKind.FORMAT_CASE, f"Format is written {text[:40]!r}", where="Format")
        plain = plain.lower()
    elif plain != text:
        notes.add(DeviationKind.VALUE, spaced(plain), where=element.name)
    return element if plain == text else Element(element.name, element.ns, (plain,) if plain else (), element.attrs)


def _bool(item: Element, notes: Notes) -> None:
    """A bool is true or false in small letters; the value stays as it is written."""
    for data in item.find("Data"):
        text = data.text
        if text and text not in ("true", "false"):
            meant = BOOLS.get(text.strip(BLANKS).lower())
            says = f"a bool is written {text[:20]!r}"
            notes.add(
                DeviationKind.VALUE, f"{says}; true or false" + (f", {meant} is meant" if meant else ""), where="Data"
            )
