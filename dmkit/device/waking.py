"""How a device comes to a session without having asked for one: package 0, a bootstrap document, a push of either.

What is not genuine, or not for device management, is ignored; only an event says so.  [DMNOTI §6, §7; DMBOOT §5]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dmkit import notify
from dmkit.bootstrap import dmacc, process
from dmkit.bootstrap.events import PartReceived, PushIgnored, UserAsked, Woken
from dmkit.bootstrap.run import PROFILE_OF, Origin
from dmkit.device.card_slot import secrets_and_reaction
from dmkit.device.reaction import Reaction
from dmkit.notify import UiMode
from dmkit.session.events import Event
from dmkit.wire import sms, wsp
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Item

if TYPE_CHECKING:
    from dmkit.device.device import Device

__all__ = ["APPLICATION", "NOTIFICATIONS", "bootstrapped", "notified", "pushed"]

NOTIFICATIONS: Final = ("application/vnd.syncml.notification", "application/vnd.syncml.dm.notification")
"""Media types of package 0: the specification's, and the other registered one.  [DMNOTI §6]"""
APPLICATION: Final = "x-wap-application:syncml.dm"
"""For whom a push of package 0 must be.  [DMNOTI §7.1]"""


def _ignored(what: str, why: str, *before: Event) -> Reaction:
    return Reaction((*before, PushIgnored(what, why)))


def pushed(device: Device, message: bytes | wsp.WspPush, now: float = 0.0, sender: str = "") -> Reaction:
    """Take the user data of one short message, or a push that is whole; nothing is raised, whatever the octets."""
    if isinstance(message, bytes):
        try:
            device.parts, datagram, why = device.parts.take(message, sender, now)
            if datagram is None:
                return Reaction((PartReceived(why),))
            if datagram.port != sms.PUSH_PORT:
                return _ignored("datagram", f"port {datagram.port} is not that of pushes, {sms.PUSH_PORT}")
            message = wsp.decode(datagram.data)
        except CodecError as error:
            return _ignored("message", str(error))
    kind = message.content_type.lower()
    if kind in NOTIFICATIONS:
        if message.application != APPLICATION:
            return _ignored("notification", f"it is for {message.application or 'no application'}, not {APPLICATION}")
        return notified(device, message.body, now)
    if kind in PROFILE_OF:
        sec, mac = message.parameter("SEC"), message.parameter("MAC")
        return bootstrapped(
            device, message.body, kind, origin="push", sec=sec, mac=None if mac is None else str(mac), now=now
        )
    return _ignored("push", f"{message.content_type} is nothing for device management")


def notified(device: Device, octets: bytes, now: float = 0.0) -> Reaction:
    """Act on package 0 as its ui-mode says: a session with Alert 1200 and its SessionID.  [DMNOTI §6.2]

    When only the default nonce explains the digest, both sides prove themselves with that.  [DMNOTI §5]
    """
    verdict = notify.verify(octets, device.accounts, device.woken, device.rules.notify, now)
    if not verdict or verdict.notification is None or verdict.account is None:
        return _ignored("notification", verdict.why)
    device.woken = verdict.memory
    trigger, account = verdict.notification.trigger, verdict.account
    woken = Woken(
        account.server_id, trigger.session_text, str(trigger.ui), str(trigger.initiator), verdict.nonce, verdict.resync
    )
    events: list[Event] = [woken]
    treat, why = device.treatment(account.server_id, now)
    if treat == "drop":
        return _ignored("notification", why, *events)
    ui = UiMode.USER_INTERACTION if treat == "ask" else trigger.ui
    if ui in _QUESTIONS:
        code, question = _QUESTIONS[ui]
        text = question.format(account.server_id)
        outcome = device.user(Alert(code, (Item(data=""), Item(data=text))))
        events.append(UserAsked(text, str(outcome)))
        if ui is UiMode.USER_INTERACTION and outcome.status != StatusCode.OK:
            return _ignored("notification", f"the user does not want the session ({outcome})", *events)
    if verdict.resync and account.client is not None and account.client.scheme is None:
        account = replace(account, client=replace(account.client, scheme="md5"))
    session = device.connect(account, session_id=trigger.session_text, triggered=True)
    return Reaction(tuple(events), (session,))


_QUESTIONS: Final = {
    UiMode.INFORMATIVE: (AlertCode.DISPLAY, "{} manages this device now"),
    UiMode.USER_INTERACTION: (AlertCode.CONFIRM, "Let {} manage this device now?"),
}
"""What the user is told or asked before a session; the other modes are silent.  [DMNOTI §6.2.7]"""


def bootstrapped(
    device: Device,
    content: bytes,
    media_type: str = "",
    *,
    origin: Origin = "push",
    sec: int | str | None = None,
    mac: str | None = None,
    now: float = 0.0,
) -> Reaction:
    """Take or refuse a bootstrap document; one session per new or changed account should follow.  [DMBOOT §5.4.5]"""
    rules = device.rules.bootstrap
    secrets, asked = secrets_and_reaction(device, now) if origin == "push" else (device.secrets, Reaction(()))
    result = process(
        device.tree,
        content,
        media_type,
        origin=origin,
        sec=sec,
        mac=mac,
        secrets=secrets,
        ask=device.user,
        rules=rules,
        now=now,
    )
    device.become(result.tree)
    known = {account.server_id: account for account in dmacc.accounts(device.tree)}
    wanted = [known[server] for server in result.servers if server in known] if rules.start_session else []
    sessions = {session.account.server_id: session for session in asked.sessions}
    sessions |= {account.server_id: device.connect(account) for account in wanted}
    return Reaction((*asked.events, *result.events), tuple(sessions.values()))
