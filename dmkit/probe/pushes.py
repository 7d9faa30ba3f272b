"""Pushes to a client: package 0 and bootstrap documents, right or wrong in one place.  A line is a kind and options.

>>> made = push("wake nonce=default", Scenery("com.mgmtsrv", "srvpw", 7))
>>> made.woken, made.content.content_type
('7', 'application/vnd.syncml.notification')
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from msgspec import structs

from dmkit.auth import DEFAULT_NONCE, Account, Credential
from dmkit.bootstrap import cp, dm, dmacc
from dmkit.bootstrap.cp import Characteristic, Provisioning
from dmkit.bootstrap.security import parameters
from dmkit.notify import Trigger, UiMode
from dmkit.notify import encode as package_0
from dmkit.transport.push import notification_push
from dmkit.tree import tnds
from dmkit.wire.codec import WBXML, XML
from dmkit.wire.wsp import WspPush
from dmkit.words.asked import asked
from dmkit.words.checked import nearest
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Meta

__all__ = ["OPTIONS", "MadePush", "Scenery", "check_push", "push", "says"]


@dataclass(frozen=True, slots=True)
class Scenery:
    """Who pushes: the server's identifier and secret, the number of the session, the ``nonce`` in force.

    ``url``, ``user`` and ``password`` are what a bootstrap document tells the device; ``imsi`` and
    ``pin`` protect it.
    """

    server_id: str
    secret: str
    session: int
    nonce: bytes = b""
    url: str = "http://127.0.0.1/dm"
    user: str = "client"
    password: str = "clientpw"
    imsi: str = ""
    pin: str = ""


class MadePush(NamedTuple):
    """A push, the SessionID that it asks for (empty: none), and whether it is proved by the default nonce."""

    content: WspPush
    woken: str = ""
    resync: bool = False


_UI: Final = {mode.name.lower().replace("_", "-"): mode for mode in UiMode}
OPTIONS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "wake": {
        "nonce": {"default": "it is proved by the default nonce", "wrong": "it is proved by a nonce nobody gave out"},
        "secret": {"wrong": "it is proved by another secret"},
        "server": {"other": "it names a server that the device does not know"},
        "ui": {name: f"its ui-mode is {name}" for name in _UI},
        "vendor": {"some": "octets of a vendor stand at its end"},
        "future": {"some": "the bits for future use are not 0"},
        "flip": {"digest": "a bit of its digest is another", "trigger": "a bit that its digest covers is another"},
        "cut": {"trigger": "it ends within the trigger", "digest": "it ends within the digest"},
        "application": {"none": "it is for no application", "other": "it is for the application of e-mail"},
    },
    "bootstrap": {
        "profile": {"cp": "the document is one of client provisioning", "dm": "the document is a message of DM"},
        "method": {
            "network": "what network and card share protects it",
            "pin": "the PIN of the user protects it",
            "both": "the PIN of the user and what network and card share protect it",
            "none": "nothing protects it",
        },
        "pin": {"wrong": "the PIN is another than the user's"},
        "flip": {"mac": "a digit of its MAC is another", "document": "an octet that the MAC covers is another"},
        "type": {"wbxml": "the document is WBXML", "xml": "the document is text, and its media type says so"},
    },
}
"""What is pushed -> its options, and for each value what it does, in a sentence."""

KINDS: Final[Mapping[str, str]] = {"wake": "Package 0", "bootstrap": "A bootstrap document for this server"}
_WRONG: Final = "not the right secret"
_EMAIL: Final = "x-wap-application:emn.ua"


def _parts(line: str) -> tuple[str, dict[str, str]]:
    kind, *words = line.split()
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is nothing that is pushed; {', '.join(KINDS)} are{nearest(kind, KINDS)}")
    options = dict(word.partition("=")[::2] for word in words)
    for name, value in options.items():
        known = OPTIONS[kind]
        if name not in known:
            raise ConfigError(f"{name!r} is no option of {kind}; there are {', '.join(known)}{nearest(name, known)}")
        if value not in known[name]:
            raise ConfigError(f"{name}={value}: {', '.join(known[name])} would be right")
    return kind, options


def check_push(line: str) -> None:
    """ConfigError when ``line`` is no push."""
    _parts(line)


@asked
def says(line: str) -> str:
    """The push as a sentence for the test specification.

    >>> says("wake flip=digest")
    'Package 0 by a push, in which a bit of its digest is another'
    """
    kind, options = _parts(line)
    notes = " and ".join(OPTIONS[kind][name][value] for name, value in options.items())
    return f"{KINDS[kind]} by a push{', in which ' if notes else ''}{notes}"


def _flipped(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes((octets[at] ^ 1,)) + octets[at + 1 :]


_DIGEST: Final = 16


def _wake(options: Mapping[str, str], scene: Scenery) -> MadePush:
    nonces = {"default": DEFAULT_NONCE, "wrong": b"never given out"}
    nonce = nonces.get(options.get("nonce", ""), scene.nonce)
    name = "com.example.unknown" if "server" in options else scene.server_id
    trigger = Trigger(
        name,
        scene.session,
        _UI[options.get("ui", "not-specified")],
        future=0x15 if "future" in options else 0,
        vendor=b"\x01vendor" if "vendor" in options else b"",
    )
    octets = package_0(trigger, Credential(name, _WRONG if "secret" in options else scene.secret), nonce)
    flip, cut = options.get("flip"), options.get("cut")
    octets = _flipped(octets, 3) if flip == "digest" else _flipped(octets, _DIGEST + 6) if flip else octets
    octets = octets[: _DIGEST - 4] if cut == "digest" else octets[: _DIGEST + 4] if cut else octets
    made = notification_push(octets)
    application = {"none": None, "other": _EMAIL}.get(options.get("application", ""), made.application)
    return MadePush(replace(made, application=application), trigger.session_text, options.get("nonce") == "default")


def _account(scene: Scenery) -> Account:
    return Account(
        scene.server_id,
        scene.url,
        Credential(scene.user, scene.password, b"", "md5"),
        Credential(scene.server_id, scene.secret, b"", "md5"),
    )


def _provisioning(scene: Scenery) -> Provisioning:
    proofs = (
        cp.digest_proof("APPSRV", scene.user, scene.password),
        cp.digest_proof("CLIENT", scene.server_id, scene.secret),
    )
    about = (("APPID", "w7"), ("PROVIDER-ID", scene.server_id), ("NAME", "Tester"), ("ADDR", scene.url))
    return Provisioning((Characteristic("APPLICATION", about, proofs),))


def _cp(scene: Scenery, form: str) -> tuple[str, bytes]:
    document = _provisioning(scene)
    if form == "wbxml":
        return "application/vnd.wap.connectivity-wbxml", cp.to_wbxml(document)
    return "text/vnd.wap.connectivity-xml", cp.to_xml(document)


def _dm(scene: Scenery, form: str) -> tuple[str, bytes]:
    octets = dm.message({"Tester": dmacc.node(_account(scene), name="Tester")}, server=scene.server_id)
    if form == "wbxml":
        return "application/vnd.syncml.dm+wbxml", octets
    [add] = (message := WBXML.decode(octets)).commands
    assert isinstance(add, Add)
    [item] = add.items
    assert isinstance(item.data, bytes)
    text = structs.replace(item, data=b64encode(item.data).decode(), meta=Meta(format="b64", type=tnds.TYPE_WBXML))
    return "application/vnd.syncml.dm+xml", XML.encode(
        structs.replace(message, commands=(structs.replace(add, items=(text,)),))
    )


_DOCUMENTS: Final[Mapping[str, Callable[[Scenery, str], tuple[str, bytes]]]] = {"cp": _cp, "dm": _dm}
"""Profile -> media type and octets of a document that makes an account for the tester, in a form."""
_METHODS: Final[Mapping[tuple[str, str], str]] = {
    ("cp", "network"): "NETWPIN",
    ("cp", "pin"): "USERPIN",
    ("cp", "both"): "USERNETWPIN",
    ("dm", "network"): "NETWORKID",
    ("dm", "pin"): "USERPIN",
    ("dm", "both"): "USERPIN_NETWORKID",
}
"""Profile and what protects -> its name there; nothing else does."""


def _bootstrap(options: Mapping[str, str], scene: Scenery) -> MadePush:
    profile = options.get("profile", "cp")
    media_type, body = _DOCUMENTS[profile](scene, options.get("type", "wbxml"))
    method = _METHODS.get((profile, options.get("method", "network")), "none")
    protection = parameters(
        method,
        body,
        profile=profile,
        network_id=scene.imsi,
        pin=_another_pin(scene.pin) if "pin" in options else scene.pin,
    )
    flip = options.get("flip")
    if flip == "document":
        body = _flipped(body, body.index(scene.user.encode()))
    elif flip:
        protection = tuple((name, _other(value) if name == "MAC" else value) for name, value in protection)
    return MadePush(WspPush(media_type, body, protection))


def _another_pin(pin: str) -> str:
    return f"{pin[:-1]}{'0' if pin[-1:] != '0' else '1'}"


def _other(value: int | str) -> int | str:
    return f"{'0' if str(value)[0] != '0' else '1'}{str(value)[1:]}"


_MAKE: Final[Mapping[str, Callable[[Mapping[str, str], Scenery], MadePush]]] = {"wake": _wake, "bootstrap": _bootstrap}


def push(line: str, scene: Scenery) -> MadePush:
    """The push that ``line`` describes, from the server of ``scene``; ConfigError for a line that is none."""
    kind, options = _parts(line)
    return _MAKE[kind](options, scene)
