"""How a bootstrap document is protected: SEC names the key, MAC is an HMAC-SHA1 over the document.

One row per method; the key is made of what the network knows (an IMSI), of what the user was told (a PIN), or of
both.  [DMSEC §5.7.2; security sheet §8]

>>> mac(key("NETWORKID", "001010123456789", form="ascii"), b"")[:8]
'066D73A7'
>>> imsi_octets("001010123456789").hex(" ")
'09 10 10 10 32 54 76 98'
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dmkit.bootstrap.events import BootstrapReason, ProtectionVerified, UserAsked
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.session.events import Event
from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome
from dmkit.words.records import dataclass

__all__ = [
    "METHODS",
    "Ask",
    "DocumentCheck",
    "Protection",
    "Secrets",
    "check",
    "imsi_octets",
    "key",
    "mac",
    "nobody",
    "parameters",
    "user_string",
]

Ask = Callable[[Alert], Outcome]
"""Puts a question to the user, an Alert 1101 or 1102, as in a session."""


def nobody(alert: Alert) -> Outcome:
    """There is no user to ask."""
    return Outcome(StatusCode.NOT_SUPPORTED, command=alert)


class Protection(NamedTuple):
    """One protection: in which profile, its number in SEC, and what its key is made of."""

    name: str
    profile: str
    code: int
    network: bool
    pin: bool
    support: str
    section: str


METHODS: Final[tuple[Protection, ...]] = (
    Protection("NETWPIN", "cp", 0, True, False, "IMPL: public tools", "security sheet §8.2"),
    Protection("USERPIN", "cp", 1, False, True, "IMPL: public tools", "security sheet §8.2"),
    Protection("USERNETWPIN", "cp", 2, True, True, "IMPL: public tools", "security sheet §8.2"),
    Protection("USERPINMAC", "cp", 3, False, True, "IMPL: public tools", "security sheet §8.2"),
    Protection("NETWORKID", "dm", 0, True, False, "must", "DMSEC §5.7.2.2"),
    Protection("USERPIN", "dm", 1, False, True, "must", "DMSEC §5.7.2.2"),
    Protection("USERPIN_NETWORKID", "dm", 2, True, True, "may", "DMSEC §5.7.2.2"),
)
"""Every protection.  The numbers of the DM profile are UNSURE: real software reuses those of the CP profile."""


@checked
@dataclass(frozen=True, slots=True)
class Secrets:
    """What the device shares with its network: an IMSI (digits), or an ESN or MEID as text; empty when it has none.

    >>> Secrets("262011234567890").network_id
    '262011234567890'
    """

    network_id: str = ""
    """IMSI in digits, or ESN or MEID as text; empty: the device has none."""

    def __repr__(self) -> str:
        return f"Secrets(network_id={'...' if self.network_id else ''!r})"


@asked
def imsi_octets(imsi: str) -> bytes:
    """An IMSI as the card stores it, without the length octet.  CodecError when it is no IMSI.

    >>> imsi_octets("26201112345678").hex()
    '21261011325476f8'
    """
    if not (imsi.isascii() and imsi.isdigit() and 6 <= len(imsi) <= 15):
        raise CodecError(f"{imsi!r} is no IMSI: 6 to 15 digits")
    digits = f"9{imsi}" if len(imsi) % 2 else f"1{imsi}F"
    return bytes.fromhex("".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2)))


def _network(network_id: str, form: str) -> bytes:
    """An IMSI in the form asked for; an ESN or MEID is text always."""
    is_imsi = network_id.isdigit() and 6 <= len(network_id) <= 15
    return imsi_octets(network_id) if form == "semi-octets" and is_imsi else network_id.encode()


_KEYS: Final[Mapping[str, Callable[[str, str, str], bytes]]] = MappingProxyType(
    {
        "NETWPIN": lambda network, pin, form: imsi_octets(network),
        "USERPIN": lambda network, pin, form: pin.encode(),
        "USERNETWPIN": lambda network, pin, form: imsi_octets(network) + pin.encode(),
        "USERPINMAC": lambda network, pin, form: pin.encode(),
        "NETWORKID": lambda network, pin, form: _network(network, form),
        "USERPIN_NETWORKID": lambda network, pin, form: f"{pin}:".encode() + _network(network, form),
    }
)


def key(method: str, network_id: str = "", pin: str = "", form: str = "semi-octets") -> bytes:
    """The octets of the key.  CodecError when the method needs an IMSI and there is none."""
    return _KEYS[method](network_id, pin, form)


@asked
def mac(key: bytes, document: bytes) -> str:
    """HMAC-SHA1 over the document, as 40 upper-case hexadecimal digits.

    >>> mac(b"key", b"document")
    '81AEFDDFFE7F7E965EC3D95355F664645A8712B0'
    """
    return hmac.new(key, document, hashlib.sha1).hexdigest().upper()


def user_string(digits: str, document: bytes) -> str:
    """What the user is told for USERPINMAC: random ``digits`` and as many digits of the MAC."""
    octets = bytes.fromhex(mac(digits.encode(), document))
    return digits + "".join(str(octet % 10) for octet in octets[: len(digits)])


@asked
def parameters(
    method: str, document: bytes, *, profile: str = "cp", network_id: str = "", pin: str = "", form: str = "semi-octets"
) -> tuple[tuple[str, int | str], ...]:
    """SEC and MAC for the content type of a push that carries ``document``; ``none`` gives neither.

    CodecError for a method that the profile does not have.

    >>> parameters("USERPIN", b"document", pin="1234")
    (('SEC', 1), ('MAC', 'B537CAEA6215E953E473C237D65A90C6E2D5C66E'))
    """
    if method == "none":
        return ()
    row = next((row for row in METHODS if (row.name, row.profile) == (method, profile)), None)
    if row is None:
        known = ", ".join(row.name for row in METHODS if row.profile == profile)
        raise CodecError(f"{method!r} protects no {profile.upper()} document; {known}, none do")
    sec: tuple[str, int | str] = ("SEC", row.code)
    if method == "USERPINMAC":
        return (sec,)
    return sec, ("MAC", mac(key(method, network_id, pin, form), document))


# -- receiver


class DocumentCheck(NamedTuple):
    """What the protection of a document is worth: ``refused`` None when it is right."""

    method: str
    events: tuple[Event, ...]
    refused: BootstrapReason | None = None
    why: str = ""


def _method(sec: int | str, profile: str) -> Protection | None:
    """The row that SEC names, by number or by name."""
    text = str(sec).strip().upper()
    return next((row for row in METHODS if row.profile == profile and text in (row.name, str(row.code))), None)


def check(
    document: bytes,
    profile: str,
    sec: int | str | None,
    value: str | None,
    secrets: Secrets,
    ask: Ask,
    rules: BootstrapRules,
) -> DocumentCheck:
    """Verify SEC and MAC before anything of the document is read; the user enters the PIN where one is needed."""
    if sec is None:
        if rules.unsecured == "refuse":
            return DocumentCheck("none", (), BootstrapReason.NO_SECURITY, "there is no SEC parameter")
        return DocumentCheck("none", ())
    method = _method(sec, profile)
    if method is None or method.name not in rules.methods:
        return DocumentCheck(
            str(sec), (), BootstrapReason.METHOD, f"SEC {sec} is not taken; {', '.join(rules.methods)} are"
        )
    if method.network and not secrets.network_id:
        return DocumentCheck(
            method.name, (), BootstrapReason.NO_SECRET, f"{method.name} needs an IMSI, and there is none"
        )
    if method.name != "USERPINMAC" and not value:
        return DocumentCheck(method.name, (), BootstrapReason.WRONG_MAC, f"{method.name} comes without a MAC")

    def right(pin: str) -> bool:
        if method.name == "USERPINMAC":
            half = len(pin) // 2
            return half >= rules.short_pin and hmac.compare_digest(user_string(pin[:half], document), pin)
        secret = key(method.name, secrets.network_id, pin, rules.network_id)
        return hmac.compare_digest(mac(secret, document).encode(), (value or "").strip().upper().encode())

    try:
        if not method.pin:
            if right(""):
                return DocumentCheck(method.name, (ProtectionVerified(method.name),))
            return DocumentCheck(method.name, (), BootstrapReason.WRONG_MAC, f"the MAC is not that of {method.name}")
        return _with_user(method, right, ask, rules)
    except CodecError as error:
        return DocumentCheck(method.name, (), BootstrapReason.NO_SECRET, error.reason)


def _with_user(method: Protection, right: Callable[[str], bool], ask: Ask, rules: BootstrapRules) -> DocumentCheck:
    """The user enters a PIN, at most ``rules.tries`` times; then the document is dropped."""
    events: list[Event] = []
    for attempt in range(1, rules.tries + 1):
        question = f"PIN for new settings (try {attempt} of {rules.tries})"
        outcome = ask(Alert(AlertCode.TEXT_INPUT, (Item(data="MAXLEN=32&IT=N&ET=P"), Item(data=question))))
        pin = outcome.text
        if outcome.status != StatusCode.OK or not pin.isascii():
            events.append(UserAsked(question, str(outcome)))
            return DocumentCheck(method.name, tuple(events), BootstrapReason.USER, f"the user gave no PIN ({outcome})")
        if right(pin):
            events += [UserAsked(question, "right"), ProtectionVerified(method.name, attempt)]
            return DocumentCheck(method.name, tuple(events))
        events.append(UserAsked(question, "wrong"))
    return DocumentCheck(
        method.name, tuple(events), BootstrapReason.WRONG_PIN, f"the PIN was wrong {rules.tries} times"
    )
