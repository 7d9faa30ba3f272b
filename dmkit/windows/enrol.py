"""Enrolment of a device: discovery, policies, certificate request, provisioning document, account.

``enrol`` is the device: a generator that yields a request and is sent its answer.  The other side is
``dmkit.windows.enrol_server``.  Neither has a socket or a clock.  [windows sheet §1]

>>> from dmkit.windows.enrol_server import EnrolmentServer
>>> server = EnrolmentServer.example()
>>> enrolled = in_memory(server, enrol("ann@example.org", token="let me in", key=example_key()))
>>> enrolled.account.server_id, enrolled.polls.first, enrolled.certificate.subject.rfc4514_string()
('dmkit-mdm', (15, 8), 'CN=ann@example.org')
>>> in_memory(server, enrol("ann@example.org", token="wrong", key=example_key()))
Traceback (most recent call last):
dmkit.windows.enrol.EnrolmentRefused: GetPolicies: Authentication (0x80180002): the token is not known
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from dmkit.auth import Account
from dmkit.bootstrap.cp import Provisioning
from dmkit.bootstrap.cp import read as read_provisioning
from dmkit.windows.soap import FAULTS, discover, envelope, fault_of, read_body
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.digits import whole
from dmkit.words.errors import CodecError, ConfigError, DmError

__all__ = [
    "EPOCH",
    "Enrolled",
    "EnrolmentRefused",
    "EnrolmentRequest",
    "PollSettings",
    "certificate_request",
    "certificates_in",
    "enrol",
    "example_key",
    "in_memory",
    "obtain",
    "poll_nodes",
    "read_answer",
    "token_request",
]

DISCOVER: Final = "/EnrollmentServer/Discovery.svc"
POLICY: Final = "/EnrollmentServer/Policy.svc"
ENROL: Final = "/EnrollmentServer/Enrollment.svc"
POLICIES: Final = "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy"
TRUST: Final = "http://docs.oasis-open.org/ws-sx/ws-trust/200512"
SECURITY: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""What second 0 is for servers and devices of enrolment."""
DEVICE: Final = "urn:uuid:00000000-0000-4000-8000-0000000d0c50"
RST: Final = "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep"
PKCS10: Final = "http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10"
DOCUMENT: Final = "http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentProvisionDoc"
_TOKEN: Final = "http://schemas.microsoft.com/5.0.0.0/ConfigurationManager/Enrollment/DeviceEnrollmentUserToken"


class EnrolmentRequest(NamedTuple):
    """What a device sends: to which address, by which method, what."""

    method: Literal["GET", "POST"]
    url: str
    body: bytes = b""


class EnrolmentRefused(DmError):
    """The server answered a fault, or nothing that can be used; ``fault`` is its name, empty for the latter."""

    def __init__(self, step: str, name: str, says: str) -> None:
        code = f" (0x{FAULTS[name]:08X})" if name in FAULTS else ""
        super().__init__(f"{step}: {name}{code}{': ' if says else ''}{says}" if name else f"{step}: {says}")
        self.step, self.fault = step, name


class PollSettings(NamedTuple):
    """The three sets of DMClient as provisioned: minutes and number each."""

    first: tuple[int, int] = (15, 10)
    second: tuple[int, int] = (0, 0)
    remaining: tuple[int, int] = (0, 0)


@asked
def poll_nodes(polls: PollSettings) -> dict[str, int]:
    """Node below DMClient/Provider/<id>/Poll -> its value.

    >>> poll_nodes(PollSettings())["IntervalForFirstSetOfRetries"]
    15
    """
    return {name: value for names, values in zip(SETS, polls, strict=True)
            for name, value in zip(names, values, strict=True)}  # fmt: skip


SETS: Final = (
    ("IntervalForFirstSetOfRetries", "NumberOfFirstRetries"),
    ("IntervalForSecondSetOfRetries", "NumberOfSecondRetries"),
    ("IntervalForRemainingScheduledRetries", "NumberOfRemainingScheduledRetries"),
)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a device has afterwards: its account, its certificate and that of the authority, its polls, the document."""

    account: Account
    certificate: x509.Certificate
    authority: x509.Certificate
    polls: PollSettings
    document: Provisioning


Enrolling: TypeAlias = Generator[EnrolmentRequest, bytes, Enrolled]


@asked
def enrol(
    user: str,
    *,
    token: str,
    key: rsa.RSAPrivateKey,
    base: str = "",
    version: str = "6.0",
    device: str = DEVICE,
) -> Enrolling:
    """A device enrols for ``user``: yields each request, and is sent its answer; EnrolmentRefused says what went wrong.

    ``base`` is the address of discovery, by default that of the domain of ``user``; ``token`` is what the web page of a
    federated sign-in would have given.
    """
    domain = user.rpartition("@")[2]
    if not domain or "@" not in user:
        raise ConfigError(f"user {user[:40]!r} has no domain; ann@example.org is right")
    base = base.rstrip("/") or f"https://enterpriseenrollment.{domain}"
    yield EnrolmentRequest("GET", base + DISCOVER)
    found = read_answer(
        "Discover", (yield EnrolmentRequest("POST", base + DISCOVER, discover(user, version))), "DiscoverResponse"
    )
    for address in ("EnrollmentPolicyServiceUrl", "EnrollmentServiceUrl"):
        if not found.get(address):
            raise EnrolmentRefused("Discover", "", f"{address} is missing")
    return (yield from obtain(found, user, token=token, key=key, device=device))


@asked
def obtain(
    services: Mapping[str, str], user: str, *, token: str, key: rsa.RSAPrivateKey, device: str = DEVICE
) -> Enrolling:
    """The steps after discovery: policies and certificate from the ``services`` that it named."""
    header = _with_token(token)
    body = f'<GetPolicies xmlns="{POLICIES}"><client/><requestFilter/></GetPolicies>'
    asked = envelope(f"{POLICIES}/IPolicy/GetPolicies", body, header)
    policy = read_answer(
        "GetPolicies",
        (yield EnrolmentRequest("POST", services["EnrollmentPolicyServiceUrl"], asked)),
        "GetPoliciesResponse",
    )
    least = whole(policy.get("minimalKeyLength", "0"))
    if least is not None and key.key_size < least:
        raise EnrolmentRefused(
            "GetPolicies", "", f"a key of {many(least, 'bit')} is wanted, this one has {key.key_size}"
        )
    pkcs10 = b64encode(certificate_request(user, key)).decode()
    asked = envelope(RST, token_request("Issue", PKCS10, pkcs10, device), header)
    answer = yield EnrolmentRequest("POST", services["EnrollmentServiceUrl"], asked)
    fields = read_answer("RequestSecurityToken", answer, "RequestSecurityTokenResponseCollection")
    return _provisioned(fields.get("BinarySecurityToken", ""), key)


@asked
def certificate_request(user: str, key: rsa.RSAPrivateKey) -> bytes:
    """A PKCS#10 request for ``user``."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


@asked
def token_request(kind: Literal["Issue", "Renew"], value_type: str, text: str, device: str) -> str:
    """A RequestSecurityToken around ``text``, in base64.  [WSTEP]"""
    return (
        f'<wst:RequestSecurityToken xmlns:wst="{TRUST}"><wst:TokenType>{_TOKEN}</wst:TokenType>'
        f"<wst:RequestType>{TRUST}/{kind}</wst:RequestType>"
        f'<wsse:BinarySecurityToken xmlns:wsse="{SECURITY}" ValueType="{value_type}">{text}</wsse:BinarySecurityToken>'
        f"<DeviceID>{escape(device)}</DeviceID></wst:RequestSecurityToken>"
    )


@asked
def read_answer(step: str, answer: bytes, name: str) -> dict[str, str]:
    """The texts of an answer to ``step``; EnrolmentRefused for a fault, and for what cannot be read."""
    try:
        refused = fault_of(answer)
        if refused is not None:
            raise EnrolmentRefused(step, refused.name or "a fault without a name", refused.says)
        return read_body(answer, name)
    except CodecError as error:
        raise EnrolmentRefused(step, "", str(error)) from None


def _with_token(token: str) -> str:
    return (
        f'<wsse:Security xmlns:wsse="{SECURITY}" s:mustUnderstand="1"><wsse:BinarySecurityToken ValueType="{_TOKEN}">'
        f"{b64encode(token.encode()).decode()}</wsse:BinarySecurityToken></wsse:Security>"
    )


def _provisioned(text: str, key: rsa.RSAPrivateKey) -> Enrolled:
    """What the provisioning document gives: it must hold an account, and a certificate of this very key."""
    step = "wap-provisioningdoc"
    try:
        document = read_provisioning(b64decode("".join(text.split()), validate=True))
        certificates = certificates_in(document)
    except (Error, ValueError, CodecError) as error:
        raise EnrolmentRefused(step, "InvalidEnrollmentData", f"it cannot be read: {error}") from None
    application = next(iter(document.applications("w7")), None)
    if application is None or not application.get("ADDR"):
        raise EnrolmentRefused(step, "InvalidEnrollmentData", "no APPLICATION w7 with an ADDR")
    own: list[x509.Certificate] = []
    others: list[x509.Certificate] = []
    asked = key.public_key().public_numbers()
    for certificate in certificates:
        is_own = certificate.public_key().public_numbers() == asked  # type: ignore[union-attr]
        (own if is_own else others).append(certificate)
    if not own or not others:
        raise EnrolmentRefused(step, "InvalidEnrollmentData", "no certificate of the key that was asked for")
    try:
        own[0].verify_directly_issued_by(others[0])
    except (InvalidSignature, ValueError, TypeError):
        raise EnrolmentRefused(step, "InvalidSecurity", "the certificate is not of its authority") from None
    server_id = application.get("PROVIDER-ID") or "mdm"
    return Enrolled(Account(server_id, application.get("ADDR") or ""), own[0], others[0], _polls(document), document)


@asked
def certificates_in(document: Provisioning) -> list[x509.Certificate]:
    """Every certificate in the stores of a provisioning document."""
    found = []
    for store in (part for part in document.parts if part.type == "CERTIFICATESTORE"):
        waiting = deque(store.parts)
        while waiting:
            group = waiting.popleft()
            waiting += group.parts
            encoded = group.get("ENCODEDCERTIFICATE")
            if encoded:
                found.append(x509.load_der_x509_certificate(b64decode("".join(encoded.split()), validate=True)))
    return found


def _polls(document: Provisioning) -> PollSettings:
    """The poll sets below DMClient; what is not said is as the CSP has it."""
    limits: dict[str, int] = {}
    waiting = deque(part for part in document.parts if part.type == "DMCLIENT")
    while waiting:
        group = waiting.popleft()
        waiting += group.parts
        if group.type == "POLL":
            limits |= {name: int(value) for name, value in group.parms if value.isascii() and value.isdigit()}
    plain = poll_nodes(PollSettings())
    found = [tuple(limits.get(name.upper(), plain[name]) for name in names) for names in SETS]
    return PollSettings(*((interval, number) for interval, number in found))


class EnrolmentResponder(Protocol):
    """Whatever answers requests of enrolment."""

    def answer(self, request: EnrolmentRequest, now: float = 0.0) -> tuple[int, bytes]:
        """HTTP status and body."""


@asked
def in_memory(server: EnrolmentResponder, device: Enrolling, now: float = 0.0) -> Enrolled:
    """``device`` enrols with ``server``, without a network; EnrolmentRefused says what went wrong."""
    request = next(device)
    while True:
        status, body = server.answer(request, now)
        try:
            if status not in (200, 500):  # SOAP says faults with 500
                raise EnrolmentRefused(request.url.rpartition("/")[2], "", f"HTTP {status}")
            request = device.send(body)
        except StopIteration as end:
            enrolled: Enrolled = end.value
            return enrolled


@asked
@cache
def example_key(who: str = "device", bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of ``who`` for lessons and tests, made once a run."""
    return rsa.generate_private_key(65537, bits)
