"""OMA Client Provisioning documents: characteristics and parameters as values, XML and WBXML.  [DMBOOT §5.3]

>>> document = Provisioning((Characteristic("APPLICATION", (("APPID", "w7"), ("PROVIDER-ID", "com.mgmtsrv"))),))
>>> to_wbxml(document).hex(" ")[:38]
'03 0b 6a 00 c5 45 03 31 2e 31 00 01 c6'
>>> read(to_wbxml(document)) == document
True
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dmkit.wire.document import WireDocument, is_wbxml, read_wbxml, read_xml, write_wbxml, write_xml
from dmkit.wire.elements import PROV
from dmkit.words.asked import asked
from dmkit.words.deviations import Deviation
from dmkit.words.errors import CodecError
from dmkit.words.model import Element
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.wire.document import WireDocument

__all__ = ["Characteristic", "Provisioning", "digest_proof", "read", "to_wbxml", "to_xml"]

_ROOT = "wap-provisioningdoc"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A group of parameters, some of them several times, with groups inside.  ``type`` is upper case."""

    type: str
    parms: tuple[tuple[str, str], ...] = ()
    parts: tuple[Characteristic, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of parameter ``name``, or ``default``."""
        return next((value for key, value in self.parms if key == name), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of parameter ``name``."""
        return tuple(value for key, value in self.parms if key == name)

    def inside(self, type: str) -> Iterator[Characteristic]:
        """The groups of one type inside this one."""
        return (part for part in self.parts if part.type == type)


def digest_proof(level: str, name: str, secret: str, nonce: str = "") -> Characteristic:
    """The APPAUTH of one side, by a digest: ``level`` APPSRV for the device, CLIENT for the server; ``nonce`` base64.

    >>> digest_proof("APPSRV", "ann", "pw").get("AAUTHTYPE")
    'DIGEST'
    """
    about = (("AAUTHLEVEL", level), ("AAUTHTYPE", "DIGEST"), ("AAUTHNAME", name), ("AAUTHSECRET", secret))
    return Characteristic("APPAUTH", (*about, ("AAUTHDATA", nonce)) if nonce else about)


@dataclass(frozen=True, slots=True)
class Provisioning:
    """A whole document.  ``deviations`` are what reading let pass; they do not count in comparisons."""

    parts: tuple[Characteristic, ...]
    version: str = "1.1"
    deviations: tuple[Deviation, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Provisioning) and (self.parts, self.version) == (other.parts, other.version)

    def __hash__(self) -> int:
        return hash((self.parts, self.version))

    def applications(self, appid: str) -> tuple[Characteristic, ...]:
        """The APPLICATION characteristics with this APPID."""
        return tuple(part for part in self.parts if part.type == "APPLICATION" and part.get("APPID") == appid)


@asked
def read(octets: bytes, *, lenient: bool = True) -> Provisioning:
    """Read XML or WBXML, by content; CodecError when the octets are no provisioning document.

    Real documents use tokens and elements that no table has; a lenient reader reports them as deviations.
    """
    document = (read_wbxml if is_wbxml(octets) else read_xml)(octets, lenient=lenient)
    root = document.root
    if root.name != _ROOT:
        raise CodecError(f"the root element is {root.name[:40]}, not {_ROOT}")
    version = dict(root.attrs).get("version", "1.0")
    return Provisioning(tuple(_group(child) for child in root.find("characteristic")), version, document.deviations)


def _group(element: Element) -> Characteristic:
    kind = dict(element.attrs).get("type")
    if kind is None:
        raise CodecError("a characteristic has no type")
    parms = []
    for child in element.find("parm"):
        attributes = dict(child.attrs)
        if "name" not in attributes:
            raise CodecError(f"a parm of {kind[:40]} has no name")
        parms.append((attributes["name"].upper(), attributes.get("value", "")))
    return Characteristic(kind.upper(), tuple(parms), tuple(_group(child) for child in element.find("characteristic")))


def _element(group: Characteristic) -> Element:
    parms = tuple(
        Element("parm", "", (), (("name", name), ("value", value)) if value else (("name", name),))
        for name, value in group.parms
    )
    return Element("characteristic", "", (*parms, *map(_element, group.parts)), (("type", group.type),))


def _document(provisioning: Provisioning) -> WireDocument:
    root = Element(_ROOT, "", tuple(map(_element, provisioning.parts)), (("version", provisioning.version),))
    return WireDocument(root, PROV, None, PROV.public_id)


@asked
def to_wbxml(provisioning: Provisioning, *, version: int = 0x03) -> bytes:
    """The document as it is pushed; WBXML 1.3 unless ``version`` says otherwise."""
    return write_wbxml(_document(provisioning), version=version)


@asked
def to_xml(provisioning: Provisioning) -> bytes:
    """The document for people, indented."""
    return write_xml(_document(provisioning), pretty=True)
