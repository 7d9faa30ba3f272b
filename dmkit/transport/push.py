"""Pushes on their way: a server wakes or bootstraps a device through short messages that may be lost, doubled, late.

``wake`` and ``provision`` make the messages, ``deliver`` carries them to a device; chance comes from a channel.
[DMNOTI §7, DMBOOT §5]

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> device = Device.example()
>>> reaction = deliver(device, wake(Server.example(device), device.address, 0x1234))
>>> reaction.session.session_id
'1234'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import TypeAlias

from dmkit import notify
from dmkit.auth import DEFAULT_NONCE
from dmkit.bootstrap import parameters
from dmkit.bootstrap.run import PROFILE_OF
from dmkit.device.device import Device
from dmkit.device.reaction import Reaction
from dmkit.device.waking import APPLICATION, NOTIFICATIONS
from dmkit.notify import Initiator, Trigger, UiMode
from dmkit.server.server import ANY_DEVICE, Server
from dmkit.session.events import Event
from dmkit.wire import obex, sms, wsp
from dmkit.words.arguments import callable_, finite, instance
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

__all__ = [
    "PushChannel",
    "bootstrap_push",
    "deliver",
    "lossy",
    "notification_push",
    "provision",
    "reliable",
    "wake",
    "wake_obex",
]

PushChannel: TypeAlias = Callable[[tuple[bytes, ...]], Iterable[bytes]]
"""The short message service: messages in, messages out, in any order, some lost, some twice."""


def reliable(messages: tuple[bytes, ...]) -> Iterable[bytes]:
    """The channel that changes nothing."""
    return messages


def lossy(rng: Random, *, lost: float = 0.0, doubled: float = 0.0, shuffled: bool = False) -> PushChannel:
    """A channel that loses and doubles messages with these probabilities (0 to 1), and may change their order.

    ``rng`` is its chance: the same seed, the same losses.

    >>> from random import Random
    >>> list(lossy(Random(1), lost=1.0)([b"one", b"two"]))
    []
    """

    def channel(messages: tuple[bytes, ...]) -> Iterable[bytes]:
        out = [m for m in messages if rng.random() >= lost for m in [m] * (1 + (rng.random() < doubled))]
        if shuffled:
            rng.shuffle(out)
        return out

    return channel


def notification_push(octets: bytes) -> wsp.WspPush:
    """Package 0 as a push: content type first, then the application id.  [DMNOTI §7.1]

    >>> notification_push(bytes(24)).content_type
    'application/vnd.syncml.notification'
    """
    return wsp.WspPush(NOTIFICATIONS[0], octets, application=APPLICATION)


@asked
def bootstrap_push(
    document: bytes,
    media_type: str = "application/vnd.wap.connectivity-wbxml",
    method: str = "NETWPIN",
    *,
    network_id: str = "",
    pin: str = "",
    form: str = "semi-octets",
) -> wsp.WspPush:
    """A bootstrap document as a push, protected by ``method`` (``none`` for no protection).  [DMBOOT §5.3, DMSEC §5.7]

    ``network_id`` is the IMSI (or other identity) that the device shares with its network, ``pin`` what its user will
    be told, ``form`` how an IMSI becomes a key.  ConfigError for a media type or a method that does not exist.

    >>> bootstrap_push(b"<wap-provisioningdoc/>", method="USERPIN", pin="1234").content_type
    'application/vnd.wap.connectivity-wbxml'
    """
    profile = PROFILE_OF.get(media_type)
    if profile is None:
        raise ConfigError(f"{media_type} is no bootstrap document; {', '.join(PROFILE_OF)} are")
    value = parameters(method, document, profile=profile, network_id=network_id, pin=pin, form=form)
    return wsp.WspPush(media_type, document, value)


def _notification(server: Server, device: str, session: int, ui: UiMode, initiator: Initiator, resync: bool) -> bytes:
    account = server.accounts.get(device) or server.accounts.get(ANY_DEVICE)
    credential = account.server if account is not None else None
    if account is None or credential is None:
        raise ConfigError(f"{device} has no account with credentials of the server: no notification without")
    if resync:
        server.accounts[device] = account.resynchronised()
    nonce = DEFAULT_NONCE if resync else credential.nonce
    return notify.encode(Trigger(account.server_id, session, ui, initiator), credential, nonce)


@asked
def wake(
    server: Server,
    device: str,
    session: int,
    *,
    ui: UiMode = UiMode.NOT_SPECIFIED,
    initiator: Initiator = Initiator.SERVER,
    resync: bool = False,
    reference: int = 0,
    source: int = sms.ANY_PORT,
) -> tuple[bytes, ...]:
    """The short messages that ask ``device`` for session number ``session``.

    ``resync``: the server has lost the device's nonce; it proves itself with the default one, and expects the same
    of the device in the session that follows.  [DMNOTI §5]

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> len(wake(dm.Server.example(device), device.address, 7))
    1
    """
    octets = _notification(server, device, session, ui, initiator, resync)
    return sms.split(wsp.encode(notification_push(octets)), reference=reference & 0xFF, source=source)


def wake_obex(
    server: Server,
    device: str,
    session: int,
    *,
    ui: UiMode = UiMode.NOT_SPECIFIED,
    initiator: Initiator = Initiator.SERVER,
    resync: bool = False,
) -> bytes:
    """The same as an OBEX PUT, for a local link.  [DMNOTI §7.2]"""
    return obex.put(NOTIFICATIONS[0], _notification(server, device, session, ui, initiator, resync))


@asked
def provision(push: wsp.WspPush, *, reference: int = 0, source: int = sms.ANY_PORT) -> tuple[bytes, ...]:
    """The short messages (user data, at most 140 octets each) of a bootstrap push; ``reference`` joins them again.

    ``source`` is the port that they come from: some receivers take only 9200.

    >>> len(provision(bootstrap_push(b"<wap-provisioningdoc/>", method="none")))
    1
    """
    unit = wsp.encode(replace(push, transaction=reference & 0xFF))
    return sms.split(unit, reference=reference & 0xFF, source=source)


def deliver(
    device: Device, messages: Iterable[bytes], now: float = 0.0, *, sender: str = "", channel: PushChannel = reliable
) -> Reaction:
    """Carry messages to ``device`` and give what became of them all: events in order, sessions to open.

    ``now`` is in seconds, ``sender`` the number that the messages say they are from, ``channel`` what may happen to
    them on the way.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> reaction = deliver(device, wake(dm.Server.example(device), device.address, 7))
    >>> [type(event).__name__ for event in reaction.events]
    ['Woken']
    """
    instance("device", device, Device, "a Device")
    finite("now", now)
    callable_("channel", channel, "dm.transport.reliable")
    listed = tuple(instance("messages", messages, Iterable, "several messages, as dm.transport.wake gives them"))
    for message in listed:
        instance("a message", message, bytes, "octets (bytes), one for each short message")
    reactions = [device.push(message, now, sender=sender) for message in channel(listed)]
    events: tuple[Event, ...] = tuple(event for reaction in reactions for event in reaction.events)
    return Reaction(events, tuple(session for reaction in reactions for session in reaction.sessions))
