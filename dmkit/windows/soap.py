"""The documents of enrolment: SOAP around discovery, policies and the certificate request.  [windows sheet §1]

Written as small as Microsoft's texts allow, read by local names.  Faults carry one of ``FAULTS``.

>>> request = discover("ann@example.org", "6.0")
>>> read_body(request, "Discover")["EmailAddress"]
'ann@example.org'
>>> fault_of(fault("Authorization", "no licence")).code
'0x80180003'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from dmkit.wire.markup import parsed
from dmkit.wire.namespaces import local_name
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError

__all__ = ["FAULTS", "EnrolmentFault", "discover", "elements", "envelope", "fault", "fault_of", "read_body"]

FAULTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "MessageFormat": 0x80180001, "Authentication": 0x80180002, "Authorization": 0x80180003,
        "CertificateRequest": 0x80180004, "EnrollmentServer": 0x80180005, "InternalServiceFault": 0x80180006,
        "InvalidSecurity": 0x80180007, "DeviceCapReached": 0x80180013, "DeviceNotSupported": 0x80180014,
        "NotSupported": 0x80180015, "NotEligibleToRenew": 0x80180016, "InMaintenance": 0x80180017,
        "UserLicense": 0x80180018, "InvalidEnrollmentData": 0x80180019, "CustomServerError": 0x80180032,
    }
)  # fmt: skip
"""Name of a fault -> the error that the device then shows.  [E MDE2]"""

_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
DISCOVERY: Final = "http://schemas.microsoft.com/windows/management/2012/01/enrollment"


@dataclass(frozen=True, slots=True)
class EnrolmentFault:
    """A fault: its name in ``FAULTS``, or what stood there, and the sentence beside it."""

    name: str
    says: str = ""

    @property
    def code(self) -> str:
        """The error that the device shows, in hexadecimal; empty for a name that no table has."""
        return f"0x{FAULTS[self.name]:08X}" if self.name in FAULTS else ""


@asked
def envelope(action: str, body: str, header: str = "") -> bytes:
    """A SOAP message."""
    return (
        f'<s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_ADDRESSING}"><s:Header><a:Action s:mustUnderstand="1">'
        f"{escape(action)}</a:Action>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


@asked
def fault(name: str, says: str = "") -> bytes:
    """A SOAP fault whose subcode is ``name``; those that have no subcode of their own stand in the detail."""
    detail = (
        f'<s:Detail><DeviceEnrollmentServiceError xmlns="{DISCOVERY}"><ErrorType>{escape(name)}</ErrorType>'
        f"<Message>{escape(says)}</Message></DeviceEnrollmentServiceError></s:Detail>"
    )
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>s:{escape(name)}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(says)}</s:Text></s:Reason>{detail}</s:Fault>'
    )
    return envelope(f"{DISCOVERY}/fault", body)


@asked
def fault_of(data: bytes) -> EnrolmentFault | None:
    """The fault in a message; None when it is none."""
    root = _root(data)
    found = next((e for e in root.iter() if _local(e) == "Fault"), None)
    if found is None:
        return None
    named = [e.text or "" for e in found.iter() if _local(e) == "ErrorType"]
    named += [(e.text or "").rpartition(":")[2] for e in found.iter() if _local(e) == "Value"]
    says = next((e.text or "" for e in found.iter() if _local(e) == "Text"), "")
    name = next((n for n in named if n in FAULTS), named[0] if named else "")
    return EnrolmentFault(name, says)


@asked
def read_body(data: bytes, name: str) -> dict[str, str]:
    """Texts below the element ``name`` of a message's body, by local name; CodecError when it is not there."""
    root = _root(data)
    found = next((e for e in root.iter() if _local(e) == name), None)
    if found is None:
        body = next((e for e in root.iter() if _local(e) == "Body"), None)
        root_name = _local(body[0]) if body is not None and len(body) else "nothing"
        raise CodecError(f"the message holds {root_name}; {name} is wanted")
    texts: dict[str, str] = {}
    for element in root.iter():
        if _local(element) and not len(element):
            texts.setdefault(_local(element), (element.text or "").strip())
    return texts


@asked
def elements(data: bytes, name: str) -> list[Any]:
    """The elements called ``name``, anywhere in a message."""
    return [element for element in _root(data).iter() if _local(element) == name]


@asked
def discover(user: str, version: str) -> bytes:
    """The request of discovery.  [MDE2 §3.1.4.1]"""
    body = (
        f'<Discover xmlns="{DISCOVERY}"><request><EmailAddress>{escape(user)}</EmailAddress>'
        f"<RequestVersion>{escape(version)}</RequestVersion><DeviceType>CIMClient_Windows</DeviceType>"
        "</request></Discover>"
    )
    return envelope(f"{DISCOVERY}/IDiscoveryService/Discover", body)


def _root(data: bytes) -> Any:
    try:
        return parsed(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CodecError(f"no message of enrolment: {getattr(error, 'msg', error)}") from None


def _local(element: Any) -> str:
    return "" if element is None else local_name(element.tag)
