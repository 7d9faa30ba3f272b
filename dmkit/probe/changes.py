"""The bad peer language: what is changed in an honest message before it leaves.

A change is a line: a word of ``CHANGES``, where, and with what.  Places are paths of elements below SyncML; ``[2]``
counts among equals from 1, ``[-1]`` from the end.  Octets and transport headers are changed after that.

>>> from dmkit.words.model import Element
>>> root = Element("SyncML", "", (Element("SyncHdr", "", (Element("MsgID", "", ("1",)),)),))
>>> apply("set SyncHdr/MsgID = 7", root).find("SyncHdr").__next__().text
'7'
>>> says("without SyncBody/Final")
'SyncBody/Final is missing'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from dmkit.auth.mac import HEADER
from dmkit.wire.document import WireDocument, read_wbxml, write_wbxml
from dmkit.wire.document import read_xml as read_document
from dmkit.wire.elements import NS_METINF
from dmkit.wire.markup import read_xml, write_xml
from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError
from dmkit.words.model import Element, Packet

__all__ = ["CHANGES", "MessageChange", "altered", "apply", "check_change", "element_of", "says"]

_STEP: Final = re.compile(r"([A-Za-z]+)(?:\[(-?\d+)\])?\Z")
ElementParts = tuple[Element | str | bytes, ...]


@dataclass(frozen=True, slots=True)
class MessageChange:
    """A word of the language: ``says`` is its sentence with {0} place and {1} value; ``level`` what it works on."""

    level: str
    says: str
    of_element: Callable[[Element, str, str], Element] | None = None
    of_octets: Callable[[Packet, str, str], Packet] | None = None
    value: bool = True


def _find(root: Element, name: str, number: int) -> int:
    places = [at for at, child in enumerate(root.children) if isinstance(child, Element) and child.name == name]
    try:
        return places[number - 1 if number > 0 else number]
    except IndexError:
        raise ConfigError(f"{root.name} has no {name}[{number}] that could be changed") from None


def _at(root: Element, path: str, do: Callable[[Element, int], Element]) -> Element:
    """``root`` with ``do(parent, place)`` in place of the parent of what ``path`` names."""
    head, _, rest = path.partition("/")
    match = _STEP.match(head)
    if match is None:
        raise ConfigError(f"{path!r} is no path of elements, such as SyncBody/Get[2]/Item")
    place = _find(root, match[1], int(match[2] or 1))
    if not rest:
        return do(root, place)
    child = root.children[place]
    assert isinstance(child, Element)
    return _with(root, place, (_at(child, rest, do),))


def _with(root: Element, place: int, instead: ElementParts) -> Element:
    return replace(root, children=(*root.children[:place], *instead, *root.children[place + 1 :]))


def _each(make: Callable[[Element, str], ElementParts]) -> Callable[[Element, str, str], Element]:
    """A change that puts what ``make(element, value)`` gives in place of the element."""

    def change(root: Element, path: str, value: str) -> Element:
        def do(parent: Element, place: int) -> Element:
            child = parent.children[place]
            assert isinstance(child, Element)
            return _with(parent, place, make(child, value))

        return _at(root, path, do)

    return change


def _moved(to_front: bool) -> Callable[[Element, str, str], Element]:
    def change(root: Element, path: str, value: str) -> Element:
        def do(parent: Element, place: int) -> Element:
            child = parent.children[place]
            rest = (*parent.children[:place], *parent.children[place + 1 :])
            return replace(parent, children=(child, *rest) if to_front else (*rest, child))

        return _at(root, path, do)

    return change


def _added(root: Element, path: str, value: str) -> Element:
    """A child at the end of the element that ``path`` names; its last step is the child's name."""
    where, _, name = path.rpartition("/")
    meta = where.endswith("Meta") or name in ("Format", "Type", "Size", "NextNonce", "MaxMsgSize", "MaxObjSize")

    def grown(element: Element) -> Element:
        ns = NS_METINF if meta else element.ns
        return replace(element, children=(*element.children, Element(name, ns, (value,) if value else ())))

    if not where:
        return grown(root)
    return _each(lambda element, _: (grown(element),))(root, where, value)


def _renamed(element: Element, value: str) -> ElementParts:
    return (replace(element, name=value),)


def _filled(element: Element, value: str) -> ElementParts:
    return (replace(element, children=(_expanded(value),) if value else ()),)


def _expanded(value: str) -> str:
    """``x*500`` is 500 times x."""
    match = re.fullmatch(r"(.)\*(\d{1,7})", value)
    return match[1] * int(match[2]) if match else value


def _header(packet: Packet, name: str, value: str) -> Packet:
    return replace(packet, headers={**packet.headers, name.lower(): value})


def _no_header(packet: Packet, name: str, value: str) -> Packet:
    return replace(packet, headers={key: held for key, held in packet.headers.items() if key != name.lower()})


def _flipped_mac(packet: Packet, name: str, value: str) -> Packet:
    """The first character of the MAC is another one: still base64, and wrong."""
    text = packet.headers.get(HEADER, "")
    head, found, mac = text.partition("mac=")
    return _header(packet, HEADER, f"{head}{found}{'B' if mac[:1] == 'A' else 'A'}{mac[1:]}") if found else packet


CHANGES: Final[Mapping[str, MessageChange]] = {
    "without": MessageChange("element", "{0} is missing", _each(lambda e, v: ()), value=False),
    "double": MessageChange("element", "{0} stands twice", _each(lambda e, v: (e, e)), value=False),
    "set": MessageChange("element", "{0} is {1}", _each(_filled)),
    "rename": MessageChange("element", "{0} is called {1}", _each(_renamed)),
    "first": MessageChange("element", "{0} is moved to the front", _moved(True), value=False),
    "last": MessageChange("element", "{0} is moved to the end", _moved(False), value=False),
    "add": MessageChange("element", "{0} is added, {1}", _added),
    "namespace": MessageChange(
        "element", "the namespace is {1}", lambda root, path, value: _spaced(root, root.ns, value), value=True
    ),
    "cut": MessageChange(
        "octets",
        "the body is cut after {0} of its octets",
        of_octets=lambda p, share, v: replace(p, body=p.body[: _share(share, len(p.body))]),
        value=False,
    ),
    "body": MessageChange("octets", "the body is {1}", of_octets=lambda p, n, v: replace(p, body=_octets(v))),
    "append": MessageChange(
        "octets", "the body is followed by {1}", of_octets=lambda p, n, v: replace(p, body=p.body + _octets(v))
    ),
    "doctype": MessageChange(
        "octets",
        "a document type stands before the root element",
        of_octets=lambda p, n, v: replace(
            p, body=p.body.replace(b"<SyncML", b"<!DOCTYPE SyncML PUBLIC '-//OMA//DTD SYNCML 1.2//EN' ''><SyncML", 1)
        ),
        value=False,
    ),
    "version": MessageChange(
        "octets",
        "the version octet of WBXML is {1}",
        of_octets=lambda p, n, v: replace(p, body=bytes.fromhex(v) + p.body[1:]),
    ),
    "type": MessageChange("octets", "the media type is {1}", of_octets=lambda p, n, v: replace(p, media_type=v)),
    "header": MessageChange("octets", "the transport header {0} is {1}", of_octets=_header),
    "headerless": MessageChange("octets", "the transport header {0} is missing", of_octets=_no_header, value=False),
    "flip": MessageChange("octets", "one character of the MAC is another", of_octets=_flipped_mac, value=False),
}
"""Word -> what it does, and how it is said."""


def _spaced(element: Element, old: str, new: str) -> Element:
    children = tuple(_spaced(c, old, new) if isinstance(c, Element) else c for c in element.children)
    return replace(element, ns=new if element.ns == old else element.ns, children=children)


def _share(text: str, whole: int) -> int:
    return int(whole * float(text.rstrip("%")) / 100) if text.endswith("%") else int(text)


def _octets(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("0x") else _expanded(text).encode()


def _parts(line: str) -> tuple[MessageChange, str, str]:
    word, _, rest = line.strip().partition(" ")
    change = CHANGES.get(word)
    if change is None:
        raise ConfigError(f"{word!r} changes nothing; there are {', '.join(CHANGES)}{nearest(word, CHANGES)}")
    place, found, value = rest.partition(" = ") if change.value else (rest, "", "")
    if change.value and not found:
        place, value = ("", rest) if change.level == "octets" or word == "namespace" else (rest.removesuffix(" ="), "")
    return change, place.strip(), value.strip()


def check_change(line: str) -> None:
    """ConfigError when ``line`` is no change."""
    _parts(line)


def says(line: str) -> str:
    """The change as a sentence for the test specification."""
    change, place, value = _parts(line)
    shown = value if len(value) < 60 else value[:57] + "..."
    return change.says.format(place, f"{shown!r}" if value else "empty")


def apply(line: str, root: Element) -> Element:
    """``root`` with one change of level element."""
    change, place, value = _parts(line)
    assert change.of_element is not None
    return change.of_element(root, place, value)


def element_of(packet: Packet) -> Element:
    """What a packet says, as elements, whichever way it is written.  CodecError when it is no document."""
    if packet.body[:1] in (b"\0", b"\1", b"\2", b"\3"):
        return read_wbxml(packet.body, lenient=True).root
    return read_document(packet.body, lenient=True).root


def altered(
    text: bytes, encoding: str, packet: Packet, changes: tuple[str, ...], proof: Callable[[bytes], Mapping[str, str]]
) -> Packet:
    """``packet``, whose message is ``text`` in XML, with ``changes``; ``proof`` gives the headers for a changed body.

    Elements are changed first, then the proof is made over what is really sent, then octets and headers are changed.
    """
    elements = [line for line in changes if _parts(line)[0].level == "element"]
    if elements:
        root = read_xml(text)[0]
        for line in elements:
            root = apply(line, root)
        body = write_xml(root) if encoding == "xml" else write_wbxml(WireDocument.of(root))
        packet = replace(packet, body=body, headers={**packet.headers, **proof(body)})
    for line in changes:
        change, place, value = _parts(line)
        if change.of_octets is not None:
            packet = change.of_octets(packet, place, value)
    return packet
