"""The server of enrolment: what it answers to each request, certificates, accounts, and faults that are planted.

>>> from dmkit.windows.enrol import EnrolmentRequest
>>> server = EnrolmentServer.example()
>>> server.answer(EnrolmentRequest("GET", "https://enterpriseenrollment.example.org/EnrollmentServer/Discovery.svc"))
(200, b'')

Users prove themselves by a token, as a federated sign-in would have given it; there is no web page here.  [MDE2, XCEP,
WSTEP; windows sheet §1]
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from dmkit.windows.cms import read_signed
from dmkit.windows.enrol import (
    DISCOVER,
    ENROL,
    EPOCH,
    POLICIES,
    POLICY,
    EnrolmentRequest,
    PollSettings,
    example_key,
)
from dmkit.windows.enrol_requests import EnrolmentRefusal, pkcs10_of, security_token, token_of, version_number
from dmkit.windows.linked import LINKED, read_json
from dmkit.windows.provisioning import account_document, collection, renewal_document
from dmkit.windows.soap import DISCOVERY, FAULTS, envelope, fault, read_body
from dmkit.words.arguments import instance
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.tables import Table

__all__ = [
    "EnrolmentServer",
    "Issued",
]

_VERSIONS: Final = ("3.0", "9.0")


_POLLS: Final = PollSettings((15, 8), (60, 5), (1560, 0))


_STEPS: Final = ("Discover", "GetPolicies", "RequestSecurityToken")


@dataclass(frozen=True, slots=True)
class Issued:
    """A device that was enrolled: its user, its identifier, its certificate."""

    user: str
    device: str
    certificate: x509.Certificate


@dataclass(slots=True)
class EnrolmentServer:
    """What stands behind the three addresses.

    ``users`` are names and tokens, a value: others are given as a whole.  ``most`` devices a user may have
    (DeviceCapReached); ``key_bits`` is the smallest key; ``renewal_days`` before its end a certificate is renewed.
    ``base`` is the address that devices are told, ``management`` that of the account.  ``plant`` makes a step
    ("Discover", "GetPolicies", "RequestSecurityToken") answer the fault of that name, whoever asks.
    """

    key: rsa.RSAPrivateKey
    authority: x509.Certificate
    users: Mapping[str, str]
    base: str = "https://enterpriseenrollment.example.org"
    management: str = "https://mdm.example.org/dm"
    server_id: str = "dmkit-mdm"
    polls: PollSettings = _POLLS
    most: int = 5
    key_bits: int = 2048
    version: str = "6.0"
    renewal_days: int = 42
    plant: Mapping[str, str] = field(default_factory=dict)
    issued: list[Issued] = field(default_factory=list)
    _tokens: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _table: Mapping[str, str] | None = field(default=None, init=False, repr=False, compare=False)
    _devices: dict[str, set[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _places: dict[x509.Certificate, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    _seen: int = field(default=0, init=False, repr=False, compare=False)
    _made: int = field(default=0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        instance("users", self.users, Mapping, "names with their tokens, such as {'ann@example.org': 'let me in'}")
        self.users = Table(self.users)
        for step, name in instance("plant", self.plant, Mapping, "faults by step, such as {'Discover': ...}").items():
            if step not in _STEPS or name not in FAULTS:
                right = f"a step is {', '.join(_STEPS)}, a fault one of {', '.join(FAULTS)}"
                raise ConfigError(f"plant {step!r}: {name!r}; {right}")

    @classmethod
    def example(cls, **options: object) -> EnrolmentServer:
        """A server with one user, ``ann@example.org``, whose token is ``let me in``."""
        key = example_key("authority")
        return cls(key, _authority(key), {"ann@example.org": "let me in"}, **options)  # type: ignore[arg-type]

    @classmethod
    def for_users(cls, users: Mapping[str, str], **options: str) -> EnrolmentServer:
        """A server for ``users``, names and tokens, with an authority of its own.

        >>> EnrolmentServer.for_users({"bob@example.org": "x"}, base="http://127.0.0.1:1").base
        'http://127.0.0.1:1'
        """
        key = rsa.generate_private_key(65537, 2048)
        return cls(key, _authority(key), users, **options)  # type: ignore[arg-type]

    def answer(self, request: EnrolmentRequest, now: float = 0.0) -> tuple[int, bytes]:
        """HTTP status and body for ``request`` at ``now``, seconds; a fault is a SOAP message with 500."""
        path = urlsplit(request.url).path.rstrip("/").lower()
        if request.method == "GET":
            return (200, b"") if path == DISCOVER.lower() else (404, b"")
        if path == LINKED.lower():
            return 200, self._linked(request.body)
        is_linked = urlsplit(request.url).query == "linked"
        token = self._second_token if is_linked else self._token
        steps = {DISCOVER: self._discover, POLICY: self._policies, ENROL: token}
        step = next((run for place, run in steps.items() if place.lower() == path), None)
        if step is None:
            return 404, b""
        try:
            return 200, step(request.body, now)
        except EnrolmentRefusal as refused:
            return 500, fault(refused.name, refused.says)
        except CodecError as error:
            return 500, fault("MessageFormat", str(error))

    def _planted(self, step: str) -> None:
        if step in self.plant:
            raise EnrolmentRefusal(self.plant[step], "planted")

    def _discover(self, body: bytes, now: float) -> bytes:
        fields = read_body(body, "Discover")
        self._planted("Discover")
        user, version = fields.get("EmailAddress", ""), fields.get("RequestVersion", "")
        if "@" not in user:
            raise EnrolmentRefusal("MessageFormat", "EmailAddress is no name with a domain")
        if not version_number(version):
            raise EnrolmentRefusal("MessageFormat", "RequestVersion is no version")
        if version_number(version) > version_number(_VERSIONS[1]):
            raise EnrolmentRefusal("NotSupported", f"RequestVersion {version}; 1.0 to {_VERSIONS[1]} are known")
        answer = (
            f'<DiscoverResponse xmlns="{DISCOVERY}"><DiscoverResult><AuthPolicy>Federated</AuthPolicy>'
            f"<EnrollmentVersion>{self.version}</EnrollmentVersion>"
            f"<EnrollmentPolicyServiceUrl>{escape(self.base + POLICY)}</EnrollmentPolicyServiceUrl>"
            f"<EnrollmentServiceUrl>{escape(self.base + ENROL)}</EnrollmentServiceUrl>"
            "</DiscoverResult></DiscoverResponse>"
        )
        return envelope(f"{DISCOVERY}/IDiscoveryService/DiscoverResponse", answer)

    def _linked(self, body: bytes) -> bytes:
        """Discovery of linked enrolment, in JSON.  [windows sheet §6]"""
        try:
            user = read_json(body).get("upn")
        except CodecError as error:
            return json.dumps({"errorCode": "MessageFormat", "message": str(error)}).encode()
        if not isinstance(user, str) or "@" not in user:
            return json.dumps({"errorCode": "UPNRequired", "message": "upn is no name with a domain"}).encode()
        services = {
            "EnrollmentServiceUrl": f"{self.base}{ENROL}?linked", "EnrollmentPolicyServiceUrl": self.base + POLICY,
            "AuthenticationServiceUrl": self.base, "AuthPolicy": "Federated",
        }  # fmt: skip
        return json.dumps(services).encode()

    def _user(self, fields: Mapping[str, str], body: bytes) -> str:
        if self._table is not self.users:  # whoever has other users from now on gives them as a whole
            self.users = self._table = Table(self.users)
            self._tokens = {token: name for name, token in reversed(list(self.users.items()))}
        user = self._tokens.get(security_token(body))
        if user is None:
            raise EnrolmentRefusal("Authentication", "the token is not known")
        return user

    def _policies(self, body: bytes, now: float) -> bytes:
        fields = read_body(body, "GetPolicies")
        self._planted("GetPolicies")
        self._user(fields, body)
        answer = (
            f'<GetPoliciesResponse xmlns="{POLICIES}"><response><policyID>dmkit</policyID><policies><policy>'
            f"<attributes><policySchema>3</policySchema><privateKeyAttributes><minimalKeyLength>{self.key_bits}"
            "</minimalKeyLength></privateKeyAttributes><hashAlgorithmOIDReference>0</hashAlgorithmOIDReference>"
            "</attributes></policy></policies></response><oIDs><oID><value>2.16.840.1.101.3.4.2.1</value>"
            "<group>1</group><oIDReferenceID>0</oIDReferenceID><defaultName>sha256</defaultName></oID></oIDs>"
            "</GetPoliciesResponse>"
        )
        return envelope(f"{POLICIES}/IPolicy/GetPoliciesResponse", answer)

    def _second_token(self, body: bytes, now: float) -> bytes:
        """The certificate and the account of a linked enrolment."""
        return self._token(body, now, f"{self.server_id}-declared")

    def _token(self, body: bytes, now: float, server_id: str = "") -> bytes:
        fields = read_body(body, "RequestSecurityToken")
        self._planted("RequestSecurityToken")
        if fields.get("RequestType", "").endswith("/Renew"):
            return self._renewal(body, now)
        user = self._user(fields, body)
        device = fields.get("DeviceID", "")
        self._read_issued()
        mine = self._devices.get(user, set())
        if len(mine) - (device in mine) >= self.most:
            raise EnrolmentRefusal("DeviceCapReached", f"{user} has {self.most} devices")
        certificate = self._issue(self._requested(pkcs10_of(body)), user, now)
        self.issued.append(Issued(user, device, certificate))
        return collection(self.document(certificate, user, server_id))

    def _requested(self, request: bytes) -> rsa.RSAPublicKey:
        """The key that a PKCS#10 request is for."""
        try:
            csr = x509.load_der_x509_csr(request)
            good = csr.is_signature_valid
            public = csr.public_key()
        except (Error, ValueError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise EnrolmentRefusal("CertificateRequest", f"no PKCS#10 request: {error}") from None
        if not good:
            raise EnrolmentRefusal("CertificateRequest", "the request is not signed by its key")
        if not isinstance(public, rsa.RSAPublicKey) or public.key_size < self.key_bits:
            raise EnrolmentRefusal("CertificateRequest", f"an RSA key of {many(self.key_bits, 'bit')} is wanted")
        return public

    def _renewal(self, body: bytes, now: float) -> bytes:
        """A new certificate for who holds an old one that is about to end.  [E LEARN, certificate renewal]"""
        try:
            signed = read_signed(b64decode(token_of(body, "#PKCS7"), validate=True))
        except (CodecError, Error, ValueError) as error:
            raise EnrolmentRefusal("CertificateRequest", str(error)) from None
        if not signed.is_good:
            raise EnrolmentRefusal("InvalidSecurity", "the request is not signed by its certificate")
        self._read_issued()
        place = self._places.get(signed.certificate)
        if place is None:
            raise EnrolmentRefusal("Authentication", "the certificate was not issued here, or was renewed before")
        known = self.issued[place]
        at, end = EPOCH + timedelta(seconds=now), known.certificate.not_valid_after_utc
        if not end - timedelta(days=self.renewal_days) <= at < end:
            says = f"the last {self.renewal_days} days are for renewal"
            raise EnrolmentRefusal("NotEligibleToRenew", says)
        certificate = self._issue(self._requested(signed.content), known.user, now)
        self.issued[place] = Issued(known.user, known.device, certificate)
        self._places[certificate] = self._places.pop(signed.certificate)
        return collection(renewal_document(certificate, self.server_id))

    def _read_issued(self) -> None:
        """Who has which devices, and where a certificate stands, also of what others have put into ``issued``."""
        if len(self.issued) < self._seen:
            self._devices, self._places, self._seen = {}, {}, 0
        for at in range(self._seen, len(self.issued)):
            one = self.issued[at]
            self._devices.setdefault(one.user, set()).add(one.device)
            self._places.setdefault(one.certificate, at)
        self._seen = len(self.issued)

    def _issue(self, public: rsa.RSAPublicKey, user: str, now: float) -> x509.Certificate:
        begin = EPOCH + timedelta(seconds=now)
        self._made = max(self._made, len(self.issued)) + 1  # a number is given once  [RFC 5280 §4.1.2.2]
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user)]))
            .issuer_name(self.authority.subject)
            .public_key(public)
            .serial_number(999 + self._made)
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=365))
            .sign(self.key, hashes.SHA256())
        )

    def document(self, certificate: x509.Certificate, user: str, server_id: str = "") -> str:
        """The provisioning document: both certificates, the account, the polls.  [MDE2 §3.6.4]"""
        name = server_id or self.server_id
        return account_document(self.authority, certificate, user, name, self.management, self.polls)


@cache
def _authority(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dmkit example authority")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(EPOCH)
        .not_valid_after(EPOCH + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
