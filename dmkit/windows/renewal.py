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

import math
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
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError

__all__ = ["LEAST_DAYS", "PERIOD", "is_due", "renew", "renewal_times"]

PKCS7: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd#PKCS7"
PERIOD: Final = timedelta(days=42)
"""Before its end, when renewal begins; 40 to 60 days are recommended.  [E LEARN]"""
DAY: Final = 86_400.0
LEAST_DAYS: Final = 600.0 / DAY
"""The shortest time between two tries that is taken: ten minutes (of our own; the period is days, says the text)."""


def _moment(now: float) -> datetime:
    try:
        return EPOCH + timedelta(seconds=now)
    except (OverflowError, TypeError, ValueError):
        raise ConfigError(f"now is {now!r}; seconds of a clock are right") from None


def _period(enrolled: Enrolled, period: timedelta) -> tuple[datetime, datetime]:
    """From when to when a device renews: the last ``period`` of its certificate, and not before it is valid."""
    if not isinstance(period, timedelta) or period <= timedelta():
        raise ConfigError(f"period is {period!r}; a time before the end is right, as timedelta(days=42)")
    begin, end = enrolled.certificate.not_valid_before_utc, enrolled.certificate.not_valid_after_utc
    return (end - period if period < end - begin else begin), end


@asked
def is_due(enrolled: Enrolled, now: float, period: timedelta = PERIOD) -> bool:
    """Whether a device renews at ``now``, seconds: within the period of renewal, and not after the end."""
    begin, end = _period(enrolled, period)
    return begin <= _moment(now) < end


@asked
def renewal_times(enrolled: Enrolled, period: timedelta = PERIOD, retry_days: float = 4.0) -> tuple[float, ...]:
    """When a device tries, seconds: at the beginning of the period, then every ``retry_days`` to the end.

    ConfigError where that would be more often than every ten minutes.

    >>> from dmkit.windows.enrol import enrol, example_key, in_memory
    >>> from dmkit.windows.enrol_server import EnrolmentServer
    >>> device = enrol("ann@example.org", token="let me in", key=example_key())
    >>> times = renewal_times(in_memory(EnrolmentServer.example(), device))
    >>> [round(at / 86400) for at in times[:3]], len(times)
    ([323, 327, 331], 11)
    """
    if isinstance(retry_days, bool) or not isinstance(retry_days, int | float) or not retry_days >= LEAST_DAYS:
        least = f"at least {LEAST_DAYS:.4f}"
        raise ConfigError(f"retry_days is {retry_days!r:.40}; days between two tries are right, as 4, {least}")
    begin, end = _period(enrolled, period)
    first, last = (begin - EPOCH).total_seconds(), (end - EPOCH).total_seconds()
    count = math.ceil((last - first) / (retry_days * DAY))
    return tuple(at for number in range(count) if (at := first + number * retry_days * DAY) < last)


@asked
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
