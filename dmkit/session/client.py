"""The device's side of a session, on any Host: functions of a value, and ``ClientSession``, which holds one.

>>> from dmkit.device.device import Device
>>> session = Device.example().connect()
>>> before = session.snapshot()
>>> first = session.start()
>>> session.restore(before)
>>> session.start() == first, session.snapshot() == before
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace as changed

from dmkit.auth import DM_1_2, Account, name_of, scheme_of
from dmkit.session.client_turn import ClientTurn
from dmkit.session.events import Step
from dmkit.session.held import Held
from dmkit.session.nonces import Nonces, Source
from dmkit.session.obey import Host
from dmkit.session.proofs import Prover, Verifier
from dmkit.session.rules import Rules, usual_rules
from dmkit.session.values import ClientSessionState, SessionSetting
from dmkit.wire.codec import XML, Codec
from dmkit.words.asked import asked
from dmkit.words.model import Alert, Packet

__all__ = ["ClientSession", "Host", "expire", "receive", "start"]


def start(value: ClientSessionState, host: Host, now: float = 0.0) -> tuple[ClientSessionState, Step]:
    """Send package 1: the value that follows, and the step.  [DMPRO §8.3]"""
    turn = ClientTurn(value, host, Nonces(value.nonces))
    step = turn.start(now)
    return turn.value(), step


def receive(value: ClientSessionState, host: Host, packet: Packet, now: float = 0.0) -> tuple[ClientSessionState, Step]:
    """Take one packet of the server: the value that follows, and the step with our answer, if there is one."""
    turn = ClientTurn(value, host, Nonces(value.nonces))
    step = turn.receive(packet, now)
    return turn.value(), step


def expire(value: ClientSessionState, host: Host, now: float = 0.0) -> tuple[ClientSessionState, Step]:
    """No answer came: the same octets again, or the end after ``rules.retries``."""
    turn = ClientTurn(value, host, Nonces(value.nonces))
    step = turn.expire(now)
    return turn.value(), step


def _address(host: Host) -> str:
    """What the device says of itself: its DevId."""
    for item in host.device_info():
        if item.source == "./DevInfo/DevId":
            return item.text
    return ""


class ClientSession(Held[ClientSessionState]):
    """One session, seen from the device.

    ``session_id`` is text of at most four octets; ``nonces`` gives the nonces with which the server will be
    challenged; ``alerts`` are sent in package 1 after 1200 or 1201; ``triggered`` says that package 0 woke us.
    Methods give a ``Step`` each; LocalProtocolError for one that has no place in the present state.  [DMPRO §8]

    All that changes is one value, ``snapshot``; ``restore`` puts another in its place.  The host is not part of it:
    a ``Device`` has a snapshot of its own.

    >>> import dmkit as dm
    >>> session = dm.Device.example().connect()
    >>> session.start().reply.to
    'https://dm.example.com/dm'
    >>> session.state.name
    'SENT'
    """

    @asked
    def __init__(
        self,
        host: Host,
        account: Account,
        *,
        session_id: str = "1",
        address: str = "",
        nonces: Iterator[bytes] | Source,
        rules: Rules | None = None,
        codec: Codec = XML,
        alerts: tuple[Alert, ...] = (),
        triggered: bool = False,
    ) -> None:
        rules = rules or usual_rules()
        address = address or _address(host)
        able = tuple([s for s in map(scheme_of, rules.client_schemes) if s is not None])
        own, custom = account.client, scheme_of(rules.auth)
        if custom is not None and custom.name not in DM_1_2:
            able = (custom, *able)
        if own is not None and own.scheme is not None and not isinstance(own.scheme, str):
            able = (own.scheme, *able)
        asked = None
        if own is not None:
            name = name_of(own.scheme)
            asked = next((s for s in able if s.name == name), None)
        self.host = host
        self._nonces = Nonces.of(nonces)
        self._value = ClientSessionState(
            SessionSetting(rules, session_id, address, triggered),
            account,
            codec,
            self._nonces.value,
            Prover.of(own, asked, able, custom, rules),
            Verifier.of(account.server, rules.server_auth, rules),
            alerts=alerts,
            taken=alerts,
            url=account.address,
        )

    @classmethod
    @asked
    def at(cls, value: ClientSessionState, host: Host) -> ClientSession:
        """A session on ``host`` that stands at ``value``; its nonces are its own."""
        session = cls.__new__(cls)
        session.host, session._value, session._nonces = host, value, Nonces(value.nonces)
        return session

    def _begun(self) -> ClientTurn:
        return ClientTurn(self._value, self.host, self._nonces)

    # -- the value

    def snapshot(self) -> ClientSessionState:
        """How the session stands: a value with a hash; equal values go on equally on equal hosts."""
        value = self._value
        if value.nonces is not self._nonces.value:  # another session of the device has drawn since
            self._value = value = changed(value, nonces=self._nonces.value)
        return value

    def restore(self, value: ClientSessionState) -> None:
        """Stand at ``value``, which may be of another session."""
        self._value, self._nonces.value = value, value.nonces

    # -- three ways in

    def start(self, now: float = 0.0) -> Step:
        """Send package 1.  [DMPRO §8.3]"""
        return self._taking(ClientTurn.start, now)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the server and give the next one of ours, if there is one.

        LocalProtocolError when the session has not begun.
        """
        return self._taking(ClientTurn.receive, packet, now)

    def expire(self, now: float = 0.0) -> Step:
        """No answer came: the same octets again, or the end after ``rules.retries``."""
        return self._taking(ClientTurn.expire, now)

    # -- other wishes of the device

    def abort(self, why: str = "the user wishes so") -> None:
        """End the session with the next message: what was done so far, Alert 1223, Final.  [DMPRO §8.1.2]"""
        self._value = changed(self._value, abort=why)

    def report(self, *alerts: Alert) -> None:
        """Send ``alerts`` (1224 or 1226) with the next message.  [DMPRO §8.7]"""
        self._value = changed(self._value, alerts=(*self._value.alerts, *alerts))

    # -- what can be seen

    @property
    def address(self) -> str:
        """The address of the device."""
        return self._at.setting.address

    @property
    def triggered(self) -> bool:
        """True when package 0 woke us."""
        return self._at.setting.triggered

    @property
    def waiting(self) -> bool:
        """True while an answer is awaited: ``receive`` it, or ``expire``."""
        return self._at.waiting is not None

    @property
    def unsent(self) -> tuple[Alert, ...]:
        """Generic Alerts that this session was given and did not send: for the next one."""
        return tuple(self._at.alerts)
