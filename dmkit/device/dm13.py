"""A device with themes of DM 1.3 switched on, in real sessions; by default none is.  [dm13 sheet §4, §8]

>>> import dmkit as dm
>>> from dmkit.dm13.addressing import NAP
>>> device = ThemedDevice.example().with_object("nap")
>>> device.features = Features(address_by_object=True)
>>> server = dm.Server.example(device)
>>> _ = dm.converse(device, server, job=dm.jobs.read(f"{NAP}?*/Addr"))
>>> [outcome] = device.execute((dm.Get.of(f"{NAP}?*/Addr"),), "com.mgmtsrv.manage", 0.0).outcomes
>>> outcome.text
'internet'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dmkit.bootstrap.events import PushIgnored
from dmkit.device.device import Device
from dmkit.device.reaction import Reaction
from dmkit.dm13.bootstrap_config import BootstrapAttempt, config_of
from dmkit.dm13.broadcast import Broadcast, BroadcastMessage, ReplayWindow
from dmkit.dm13.commands import prepare
from dmkit.dm13.notification_control import control_of
from dmkit.dm13.profile import DM13, Features
from dmkit.tree.execute import Execution
from dmkit.tree.policy import Policy
from dmkit.words.errors import CodecError
from dmkit.words.model import Command, Item
from dmkit.words.outcome import Outcome

__all__ = ["ThemedDevice"]


class ThemedDevice(Device):
    """A ``Device`` that reads commands through ``features``; ``creates`` says which objects a server may create.

    Where an Add went elsewhere, its Status carries the address, and ``why`` begins with the patent's code B: the
    number of it is not public.  Make it as any device: ``ThemedDevice.example(rules=DM13.rules())``.
    """

    features: Features = DM13.features
    creates: Mapping[str, frozenset[str]] = {}
    window: ReplayWindow = ReplayWindow()
    taken: Mapping[str, float] = {}
    """Server -> when a notification of it was taken last."""

    def execute(self, commands: tuple[Command, ...], by: str, now: float, *, policy: Policy | None = None) -> Execution:
        """As ``Device.execute``, with the themes that are on."""
        prepared = prepare(self.tree, commands, by, self.features, self.creates)
        done = super().execute(tuple(p.command for p in prepared if p.outcome is None), by, now, policy=policy)
        rest = iter(done.outcomes)
        outcomes: list[Outcome] = []
        for one in prepared:
            outcome = one.outcome if one.outcome is not None else next(rest)
            if one.moved and outcome.ok:
                where = tuple(Item(target=uri) for uri in one.moved)
                outcome = msgspec.structs.replace(outcome, items=where, why=f"B: {', '.join(one.moved)}")
            outcomes.append(outcome)
        return msgspec.structs.replace(done, outcomes=tuple(outcomes))

    def broadcast(self, octets: bytes, secret: bytes) -> tuple[BroadcastMessage | None, Broadcast, str]:
        """A message to all devices: what it was, whether and over which time it is answered, or why it was dropped.

        The nodes ``./OOB/Response`` and ``./OOB/Wait`` say how; absent, nothing is answered.  [dm13 sheet §6]
        """
        answering = Broadcast(answer=self._text("./OOB/Response") == "true", wait=float(self._text("./OOB/Wait") or 0))
        if not self.features.broadcast_answers:
            return None, Broadcast(), "messages without a session are not known here"
        try:
            message = BroadcastMessage.decode(octets, secret)
        except CodecError as error:
            return None, answering, error.reason
        self.window, new = self.window.take(message.number)
        return (message, answering, "") if new else (None, answering, f"number {message.number} came before")

    def treatment(self, server: str, now: float) -> tuple[str, str]:
        """As ``./NotiControl`` says, with ``notification_control``."""
        if not self.features.notification_control:
            return super().treatment(server, now)
        found = control_of(self.tree, server).verdict(now=now, before=self.taken.get(server))
        if found.treat != "drop":
            self.taken = {**self.taken, server: now}
        return found

    def bootstrap(self, content: bytes | None = None, media_type: str = "", **more: Any) -> Reaction:
        """As ``Device.bootstrap``; with ``bootstrap_config`` the card is read only when ``./BootConfig`` lets it."""
        if content is None and self.features.bootstrap_config and not config_of(self.tree).card:
            return Reaction((PushIgnored("card", "SmartCard/Enabled of ./BootConfig is false"),))
        return super().bootstrap(content, media_type, **more)

    def ask_for_account(
        self, fetch: Callable[[str, float], tuple[bytes, str] | None], now: float = 0.0
    ) -> tuple[tuple[BootstrapAttempt, ...], Reaction]:
        """Ask the servers of ``./BootConfig`` until there is an account: attempts that were made, and what came of it.

        ``fetch`` is the network: address and moment -> document and media type, or None.  Nothing is asked without the
        theme, without ClientInit/Enabled, and by a device that has an account.
        """
        made: list[BootstrapAttempt] = []
        reaction = Reaction((PushIgnored("bootstrap", "nobody may be asked, or there is an account"),))
        for attempt in config_of(self.tree).attempts(now) if self.features.bootstrap_config else ():
            if self.accounts:
                break
            made.append(attempt)
            given = fetch(attempt.server, attempt.at)
            if given is None:
                reaction = Reaction((PushIgnored("bootstrap", f"{attempt.server} gave no account"),))
                continue
            reaction = self.bootstrap(given[0], given[1], origin="factory", now=attempt.at)
        return tuple(made), reaction

    def _text(self, uri: str) -> str:
        return self.tree.get(uri).text.strip().lower() if uri in self.tree else ""
