"""Renewal of the certificate of enrolment, without the user: a new key, its request signed by the old certificate.

The request holds a PKCS#10 within a PKCS#7 that the old certificate signed (Renew); the answer is a provisioning
document with the new certificate only.  A device renews within a period before the end, and not after it.
[E LEARN, certificate renewal; MDE2, WSTEP]

>>> from dmkit.windows.enrol import enrol, example_key, in_memory
>>> from dmkit.windows.enrol_server import EnrolmentServer
>>> server = EnrolmentServer.example()
>>> old = in_memory(server, enrol("ann@example.org", token="let me in", key=example_key()))
>>> key = example_key("new")
>>> new = in_memory(server, renew(old, example_key(), key, now=330 * 86400.0), now=330 * 86400.0)
>>> new.account == old.account, (new.certificate.not_valid_after_utc - old.certificate.not_valid_after_utc).days
(True, 330)
>>> in_memory(server, renew(new, key, example_key("third"), now=331 * 86400.0), now=331 * 86400.0)
Traceback (most recent call last):
dmkit.windows.enrol.EnrolmentRefused: Renew: NotEligibleToRenew (0x80180016): the last 42 days are for renewal

Not modelled: client TLS, which a real server wants beside the signature, and attestation: the sheet has one fact of it,
that the advertised EnrollmentVersion changes what the client does about it [V GMD].
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa

from dmkit.bootstrap.cp import read as read_provisioning
from dmkit.windows.cms import sign
from dmkit.windows.enrol import (
    DEVICE,
    ENROL,
    EPOCH,
    RST,
    Enrolled,
    Enrolling,
    EnrolmentRefused,
    EnrolmentRequest,
    certificate_request,
    certificates_in,
    read_answer,
    token_request,
)
from dmkit.windows.soap import envelope
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["PERIOD", "is_due", "renew", "renewal_times"]

PKCS7: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd#PKCS7"
PERIOD: Final = timedelta(days=42)
"""Before its end, when renewal begins; 40 to 60 days are recommended.  [E LEARN]"""


def _moment(now: float) -> datetime:
    try:
        return EPOCH + timedelta(seconds=now)
    except (OverflowError, TypeError, ValueError):
        raise ConfigError(f"now is {now!r}; seconds of a clock are right") from None


def is_due(enrolled: Enrolled, now: float, period: timedelta = PERIOD) -> bool:
    """Whether a device renews at ``now``, seconds: within the period of renewal, and not after the end."""
    at, end = _moment(now), enrolled.certificate.not_valid_after_utc
    return end - period <= at < end


def renewal_times(enrolled: Enrolled, period: timedelta = PERIOD, retry_days: float = 4.0) -> tuple[float, ...]:
    """When a device tries, seconds: at the beginning of the period, then every ``retry_days`` to the end.

    >>> from dmkit.windows.enrol import enrol, example_key, in_memory
    >>> from dmkit.windows.enrol_server import EnrolmentServer
    >>> device = enrol("ann@example.org", token="let me in", key=example_key())
    >>> times = renewal_times(in_memory(EnrolmentServer.example(), device))
    >>> [round(at / 86400) for at in times[:3]], len(times)
    ([323, 327, 331], 11)
    """
    if not retry_days > 0:  # nor is what is no number
        raise ConfigError(f"retry_days is {retry_days}; days between two tries are right, as 4")
    end = (enrolled.certificate.not_valid_after_utc - EPOCH).total_seconds()
    at, found = end - period.total_seconds(), []
    while at < end:
        found.append(at)
        at += retry_days * 86_400.0
    return tuple(found)


def renew(
    enrolled: Enrolled,
    old: rsa.RSAPrivateKey,
    key: rsa.RSAPrivateKey,
    *,
    now: float,
    base: str = "",
    device: str = DEVICE,
) -> Enrolling:
    """A device renews: yields its request, is sent the answer, and gives ``enrolled`` with the new certificate.

    ``old`` is the key of the present certificate, ``key`` the new one; ``base`` the address of the enrolment service,
    by default that of the example.  EnrolmentRefused says what went wrong, also that the certificate has expired.
    """
    if _moment(now) >= enrolled.certificate.not_valid_after_utc:
        raise EnrolmentRefused("Renew", "", "the certificate has expired; the device enrols anew")
    user = enrolled.certificate.subject.rfc4514_string().removeprefix("CN=")
    signed = b64encode(sign(certificate_request(user, key), enrolled.certificate, old)).decode()
    asked = envelope(RST, token_request("Renew", PKCS7, signed, device))
    url = (base.rstrip("/") or "https://enterpriseenrollment.example.org") + ENROL
    answer = yield EnrolmentRequest("POST", url, asked)
    text = read_answer("Renew", answer, "RequestSecurityTokenResponseCollection").get("BinarySecurityToken", "")
    try:
        document = read_provisioning(b64decode("".join(text.split()), validate=True))
        found = certificates_in(document)
    except (Error, ValueError, CodecError) as error:
        raise EnrolmentRefused("Renew", "InvalidEnrollmentData", f"it cannot be read: {error}") from None
    own = [c for c in found if c.public_key() == key.public_key()]
    if not own:
        raise EnrolmentRefused("Renew", "InvalidEnrollmentData", "no certificate of the new key")
    try:
        own[0].verify_directly_issued_by(enrolled.authority)
    except (InvalidSignature, ValueError, TypeError):
        raise EnrolmentRefused("Renew", "InvalidSecurity", "the certificate is not of the authority") from None
    return replace(enrolled, certificate=own[0], document=document)
