"""Ways of bootstrap, played: from power-on to the end of the first session; every octet is kept, nothing is typed.

>>> run = play("USIM")
>>> run.ready, len(run.to_phone), len(run.exchanges) > 20
(True, 0, True)
>>> play("OTA to the card").ready
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dmkit.bootstrap.card_reading import read as read_objects
from dmkit.card import terminal
from dmkit.card.card import Card, Usim
from dmkit.card.images.image import of_card
from dmkit.card.images.saip_writing import write_package
from dmkit.card.ota.sms import deliver as packet_messages
from dmkit.card.pins import padded
from dmkit.device.device import Device, counted_nonces
from dmkit.generations.carriage import DTLS_PSK, UDP, http_answer, http_request
from dmkit.lab.studies.media_ways import IMSI, OTA_KEYS, PIN, MediumWay, blank, card_of, document, way
from dmkit.lwm2m.card import LWM2M_BOOTSTRAP, read_card_file
from dmkit.lwm2m.client import Client as Lwm2mClient
from dmkit.lwm2m.conversation import Conversation
from dmkit.lwm2m.conversation import converse as lwm2m_converse
from dmkit.lwm2m.server import Server as Lwm2mServer
from dmkit.lwm2m.store import Store
from dmkit.server import jobs
from dmkit.server.overair import OtaSender, rewrite_bootstrap
from dmkit.server.server import Server
from dmkit.sim.net import SETUPS
from dmkit.transport.loop import converse
from dmkit.transport.push import bootstrap_push, deliver, provision
from dmkit.words.errors import CodecError

__all__ = ["MediumRun", "lwm2m_registered", "operator_server", "play", "power_on", "pushed", "registration_on"]

_NUMBER: Final = "49170"
_HEAD: Final = len(packet_messages(b"", sender=_NUMBER)[0]) - 3
"""Octets of a short message before its user data: an empty packet has three of those."""
_SEGMENT, _MAC, _BLOCK, _STORE = 1007, 8, 16, 255
"""A profile on its way into an eUICC: pieces, each padded and sealed; commands that carry them.  UNSURE (memory of
SGP.22 §2.5 and §5.7.6): only the order of magnitude matters here."""
_SIM_START: Final = ("A0A40000023F00", "A0A40000022FE2", "A0B000000A", "A0A40000027F20", "A0A40000026F07",
                     "A0B0000009")  # fmt: skip
"""Number and subscriber of a SIM, which has no applications to choose from.  [TS 51.011 §11.2]"""


@dataclass(slots=True)
class MediumRun:
    """What was exchanged from power-on to the end of the first session.

    ``exchanges`` with the card after ``atr``; short messages ``to_phone`` and ``from_phone`` in octets of their
    TPDUs; ``download`` octets of a profile; ``session``: who sent how many octets, headers of the transport included;
    ``opening``: round trips and octets before the first.  ``ready``: there is an account, and its server was told so.
    """

    way: MediumWay
    phone: Device
    exchanges: list[tuple[bytes, bytes]] = field(default_factory=list, repr=False)
    atr: bytes = b""
    to_phone: list[bytes] = field(default_factory=list, repr=False)
    from_phone: list[bytes] = field(default_factory=list, repr=False)
    download: int = 0
    loading: list[tuple[bytes, bytes]] = field(default_factory=list, repr=False)
    session: list[tuple[str, int]] = field(default_factory=list, repr=False)
    opening: tuple[int, int, int] = (0, 0, 0)
    ready: bool = False
    registration: Store | None = field(default=None, repr=False)

    @property
    def on_air(self) -> int:
        """Octets of short messages and of a profile, both ways, before the session."""
        return sum(map(len, self.to_phone)) + sum(map(len, self.from_phone)) + self.download

    @property
    def in_session(self) -> int:
        """Octets of the first session, handshake included."""
        return sum(size for _, size in self.session) + sum(self.opening[1:])


def power_on(run: MediumRun) -> None:
    """Switch on: reset the card, read it, bring the tree in step; LwM2M reads its own object by the same procedure."""
    phone, card = run.phone, run.phone.card
    if not isinstance(card, Usim):
        phone.bootstrap()
        return
    run.atr = card.reset()
    _start(run, card)
    before = len(card.log)
    if run.way.profile == "LwM2M":
        run.registration = registration_on(card, phone.pin)
    else:
        phone.bootstrap()
    run.exchanges += [(one.apdu, one.answer) for one in card.log[before:]]


def _start(run: MediumRun, card: Usim) -> None:
    """What every phone asks of the card by which it is in its network: a WIM is none, beside it there is a USIM."""
    network = Usim.example(imsi=IMSI) if run.way.medium == "wim" else card
    before = len(network.log)
    if run.way.medium == "sim":
        for apdu in _SIM_START:
            answer = network.transmit(bytes.fromhex(apdu))
            if answer[-2] == 0x9F:
                network.transmit(b"\xa0\xc0\0\0" + answer[-1:])
    else:
        pin = padded(run.phone.pin) if run.phone.pin is not None else None
        terminal.run(network, terminal.start(pin, b""))
    run.exchanges += [(one.apdu, one.answer) for one in network.log[before:]]


def registration_on(card: Card, pin: str | None = None) -> Store | None:
    """What a client of LwM2M finds on a card by the same procedure; None when it cannot be had or is none."""
    found = terminal.run(card, read_objects(padded(pin) if pin is not None else None, (LWM2M_BOOTSTRAP,)))
    try:
        return read_card_file(found.files[0].data) if found.files else None
    except CodecError:
        return None


def play(name: str | MediumWay, *, pin: str | None = None) -> MediumRun:
    """Play one way from power-on to the end of the first session.  ``pin``: the file lies behind PIN1.

    >>> play("CP by SMS").on_air
    528
    """
    one = way(name)
    card = card_of(one, pin=pin)
    run = MediumRun(one, blank(one, card, pin=pin))
    if one.carries == "profile":
        _load(run, write_package(of_card(card)))
    power_on(run)
    written = document(one.profile)
    if one.carries == "push":
        _pushed(run, written)
    elif one.carries == "packet":
        before = len(card.log)
        chain = rewrite_bootstrap(run.phone, written, OtaSender(OTA_KEYS, number=_NUMBER), room=len(written))
        run.to_phone += [hop.octets for hop in chain.hops if (hop.who, hop.to) == ("air", "phone")]
        run.from_phone += [hop.octets for hop in chain.hops if (hop.who, hop.to) == ("phone", "server")][:1]
        run.exchanges += [(one.apdu, one.answer) for one in card.log[before:]]
    _first_session(run)
    return run


def pushed(one: MediumWay, written: bytes, reference: int = 0) -> tuple[bytes, ...]:
    """The short messages of a push this way, under the operator's protection."""
    kind = "application/vnd.wap.connectivity-wbxml" if one.profile == "CP" else "application/vnd.syncml.dm+wbxml"
    push = bootstrap_push(written, kind, one.methods[0], network_id=IMSI, pin=PIN)
    return provision(push, reference=reference)


def _pushed(run: MediumRun, written: bytes) -> None:
    units = pushed(run.way, written)
    deliver(run.phone, units)
    run.to_phone += [bytes(_HEAD) + unit for unit in units]


def _load(run: MediumRun, package: bytes) -> None:
    """A profile on its way: octets of sealed pieces, and the commands that put them into the eUICC."""
    pieces = [package[at : at + _SEGMENT] for at in range(0, len(package), _SEGMENT)]
    sealed = b"".join(b"\x86\x82" + (size := -(-(len(piece) + 1) // _BLOCK) * _BLOCK + _MAC).to_bytes(2, "big") +
                      piece.ljust(size, b"\x80") for piece in pieces)  # fmt: skip
    run.download = len(sealed)
    for number, at in enumerate(range(0, len(sealed), _STORE)):
        block = sealed[at : at + _STORE]
        run.loading.append((bytes([0x80, 0xE2, 0x11, number & 0xFF, len(block)]) + block, b"\x90\x00"))


def operator_server(phone: Device) -> Server:
    """The operator's server, which knows the account that the documents bring."""
    known = Device.blank()
    known.bootstrap(document("DM"))
    return Server({phone.address: known.accounts[0]}, nonces=counted_nonces)


def _registered(run: MediumRun) -> Conversation | None:
    if run.registration is None:
        return None
    return lwm2m_converse(Lwm2mClient("urn:imei:493005100592800", run.registration), Lwm2mServer())


def lwm2m_registered(run: MediumRun) -> bool:
    """Whether a client with what the card says is registered."""
    talk = _registered(run)
    return talk is not None and talk.server.find(talk.client.endpoint) is not None


def _first_session(run: MediumRun) -> None:
    if run.way.profile == "LwM2M":
        talk = _registered(run)
        if talk is None:
            return
        for one in talk.lines:
            around = UDP.octets(one.size) + DTLS_PSK.octets(one.size)
            run.session.append(("up" if one.sender == "client" else "down", one.size + around))
        up, down = (packets * UDP.header for packets in (DTLS_PSK.up_packets, DTLS_PSK.down_packets))
        run.opening = (DTLS_PSK.trips, DTLS_PSK.up + up, DTLS_PSK.down + down)
        run.ready = talk.server.find(talk.client.endpoint) is not None
        return
    if not run.phone.accounts:
        return
    server = operator_server(run.phone)
    session = converse(run.phone, server, job=jobs.read("./DevInfo/Man"))
    media_type = run.phone.codec.media_type
    for line in session:
        up = line.sender == "client"
        head = (http_request(run.phone.accounts[0].address, media_type, line.size) if up else
                http_answer(200, media_type, line.size))  # fmt: skip
        run.session.append(("up" if up else "down", line.size + head))
    opened = SETUPS["tls 1.2"]
    run.opening = (opened.trips, opened.up, opened.down)
    run.ready = bool(server.results) and server.results[-1].done
