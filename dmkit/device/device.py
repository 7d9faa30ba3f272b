"""Device: a tree, accounts, behaviour behind nodes, and somebody who answers questions.

>>> device = Device.example()
>>> device.tree.get("./DevInfo/Man").value
'Acme'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from dmkit.auth import Account, Scheme
from dmkit.bootstrap import dmacc
from dmkit.device import accounts, execution, mounting, power, reporting
from dmkit.device.memory import ObjectMemories
from dmkit.device.pending import Agenda
from dmkit.device.phone import blank_tree, device_info, example_account, example_tree
from dmkit.device.user import User, no_user
from dmkit.notify.rules import ReplayMemory
from dmkit.session.client import ClientSession
from dmkit.session.nonces import Nonces, counted_nonces
from dmkit.session.rules import Rules, usual_rules
from dmkit.tree.apply import Handler
from dmkit.tree.context import Call
from dmkit.tree.execute import Execution
from dmkit.tree.node import Node
from dmkit.tree.places import INBOX
from dmkit.tree.tree import Tree
from dmkit.wire.codec import XML, Codec
from dmkit.wire.sms import Reassembly
from dmkit.words.arguments import callable_, instance
from dmkit.words.asked import WRONG, asked, asked_first, blamed
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Alert, Command, Item
from dmkit.words.outcome import Due, Later, Outcome

if TYPE_CHECKING:
    from dmkit.auth.sealed import Opener
    from dmkit.bootstrap.card import CardState
    from dmkit.bootstrap.run import Origin
    from dmkit.bootstrap.security import Secrets
    from dmkit.card.card import Card
    from dmkit.device.reaction import Reaction
    from dmkit.device.state import DeviceState
    from dmkit.mo.object import Managed
    from dmkit.mo.sched.events import Happening, Signal
    from dmkit.mo.sched.scheduler import Scheduler
    from dmkit.tree.policy import Policy
    from dmkit.tree.rules import TreeRules
    from dmkit.wire.wsp import WspPush

__all__ = ["Device", "User", "counted_nonces", "no_user"]

P = ParamSpec("P")
_T = TypeVar("_T")


def _inbox(rules: Rules) -> Handler:
    """The handler of ./Inbox, which is loaded when something is put there."""

    def put(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        from dmkit.tree.inbox import inbox

        return inbox(rules=rules.tree)(tree, call)

    return put


class Device:
    """A managed device.

    ``tree`` is replaced by each change (a Tree is a value).  ``accounts`` are tried in order by ``connect``.
    ``handlers`` give nodes behaviour; ``user`` answers questions; ``stop`` says whether to abort before a command.
    ``nonces`` are those with which servers are challenged.  ``secrets`` is what the device shares with its network,
    ``seal_key`` opens values sealed for it.

    ``card`` is what is in its slot, and ``pin`` what its user shows to it.  A key of the card that refused the PIN is
    in ``pin_refused``: it is shown to that key again only when the user sets ``pin`` anew.

    ``objects`` are the management objects with behaviour, by URI; ``agenda`` is what will happen, or be reported, when
    its time comes (``with_object``, ``live``).

    An account below ./DMAcc is one of ``accounts`` as long as it stands there; its nonces are kept in the tree.

    >>> Device.example().tree.get("./DevInfo/Man").value
    'Acme'
    """

    @asked_first
    def __init__(
        self,
        tree: Tree,
        *accounts: Account,
        rules: Rules | None = None,
        codec: Codec = XML,
        handlers: Mapping[str, Handler] | None = None,
        user: User | None = None,
        stop: Callable[[Command], bool] | None = None,
        nonces: Iterator[bytes] | None = None,
        secrets: Secrets | None = None,
        card: Card | None = None,
        pin: str | None = None,
        seal_key: Opener | None = None,
    ) -> None:
        for uri, handler in instance("handlers", handlers or {}, Mapping, "a table {uri: function}").items():
            callable_(f"handlers[{uri!r}]", handler, "lambda tree, call: (tree, Outcome(StatusCode.OK))")
        if user is not None:
            callable_("user", user, "dm.words.person()")
        self.stored = tree
        self.unwritten: Callable[[], None] | None = None
        self._info: tuple[Node | None, tuple[Item, ...]] = (None, ())
        self._address: tuple[Node | None, str] = (None, "")
        in_tree = dmacc.accounts(tree)
        self.accounts = [*accounts, *(a for a in in_tree if a.server_id not in {b.server_id for b in accounts})]
        self.seal_key = seal_key
        self.woken, self.parts = ReplayMemory(), Reassembly()
        self._secrets, self._pin, self.card = secrets, pin, card
        self.pin_refused: frozenset[int] = frozenset()
        self.from_card: CardState | None = None
        self.rules, self.codec = rules or usual_rules(), codec
        self.handlers: dict[str, Handler] = {INBOX: _inbox(self.rules), **(handlers or {})}
        self.user, self.stop = user or no_user, stop
        self.nonces = Nonces.of(nonces or counted_nonces(f"device {self.address}"))
        self._agenda = Agenda()
        self.interrupted: tuple[Due, ...] = ()
        self.memories = ObjectMemories()
        self.objects = self.memories.objects
        self.is_on = True
        self.scheduler: Scheduler | None = None
        self.sessions = 0

    @classmethod
    @asked
    def example(
        cls,
        *,
        rules: Rules | None = None,
        codec: Codec = XML,
        auth: str | Scheme | None = None,
        handlers: Mapping[str, Handler] | None = None,
        user: User | None = None,
    ) -> Self:
        """A small phone with one account; ``Server.example`` knows it.

        It proves itself unasked with ``auth``; by default with the scheme of the rules.
        """
        rules = rules or usual_rules()
        account = example_account(auth or rules.auth)
        return cls(example_tree(), account, rules=rules, codec=codec, handlers=handlers, user=user)

    @classmethod
    @asked
    def blank(
        cls,
        address: str = "IMEI:493005100592800",
        *,
        imsi: str = "",
        rules: Rules | None = None,
        codec: Codec = XML,
        user: User | None = None,
        card: Card | None = None,
        pin: str | None = None,
    ) -> Self:
        """A phone as it leaves the factory: no account, places for them, an Inbox; ``bootstrap`` gives it the rest."""
        from dmkit.bootstrap.security import Secrets

        secrets = Secrets(imsi)
        return cls(blank_tree(address), rules=rules, codec=codec, user=user, secrets=secrets, card=card, pin=pin)

    # -- what it is

    @property
    def tree(self) -> Tree:
        """The management tree.  What schedules have to write into it is written when somebody looks."""
        if self.unwritten is not None:
            self.unwritten()
        return self.stored

    @tree.setter
    def tree(self, tree: Tree) -> None:
        self.stored = tree

    @property
    def agenda(self) -> Agenda:
        """What will happen, or be reported, when its time comes; entries in a list are put into a new one."""
        return self._agenda

    @agenda.setter
    def agenda(self, entries: Iterable[Due]) -> None:
        self._agenda = entries if isinstance(entries, Agenda) else Agenda(entries)

    @property
    def address(self) -> str:
        """The device's URI: its DevInfo/DevId.  [DMSTDOBJ §5.3.2]"""
        tree = self.tree
        if tree.root is not self._address[0]:
            node = tree.find(("DevInfo", "DevId"))
            text = "" if node is None or node.is_interior else Item(data=node.value).text
            self._address = (tree.root, text)
        return self._address[1]

    @property
    def policy(self) -> Policy:
        """Who may do what in the tree."""
        return self.rules.policy

    @property
    def tree_rules(self) -> TreeRules:
        """What commands do to the tree."""
        return self.rules.tree

    @property
    def secrets(self) -> Secrets:
        """What it proves and checks bootstrap documents with; nothing, where it was made without."""
        if self._secrets is None:
            from dmkit.bootstrap.security import Secrets

            self._secrets = Secrets()
        return self._secrets

    @secrets.setter
    def secrets(self, secrets: Secrets) -> None:
        self._secrets = secrets

    @property
    def pin(self) -> str | None:
        """What the user has typed in for the card, and wants shown to it."""
        return self._pin

    @pin.setter
    def pin(self, pin: str | None) -> None:
        self._pin = pin
        if self.pin_refused:
            from dmkit.card.pins import USER_PINS

            self.pin_refused -= USER_PINS

    def snapshot(self) -> DeviceState:
        """All that the device is now, what its objects remember included: a value with a hash."""
        from dmkit.device.state import state_of

        return state_of(self)

    @asked
    def restore(self, value: DeviceState) -> None:
        """Be what ``value`` says, with the objects that are mounted and the card that is in the slot."""
        from dmkit.device.state import put_into

        put_into(self, value)

    # -- what happens before a session

    @asked
    def push(self, message: bytes | WspPush, now: float = 0.0, *, sender: str = "") -> Reaction:
        """Take one short message (its user data), or a push that came otherwise: wakes, bootstraps, or is ignored."""
        from dmkit.device.waking import pushed

        return pushed(self, message, now, sender)

    @asked
    def notified(self, octets: bytes, now: float = 0.0) -> Reaction:
        """Take package 0: the session to open, or why there is none.  [DMNOTI §6]"""
        from dmkit.device.waking import notified

        return notified(self, octets, now)

    def treatment(self, server: str, now: float) -> tuple[str, str]:
        """How a genuine notification of a server is treated: ``take``, ``ask`` the user first, or ``drop`` and why.

        DM 1.2 takes each as it says itself.
        """
        return "take", ""

    @asked
    def bootstrap(
        self,
        content: bytes | None = None,
        media_type: str = "",
        *,
        origin: Origin = "factory",
        sec: int | str | None = None,
        mac: str | None = None,
        now: float = 0.0,
    ) -> Reaction:
        """Take a bootstrap document: accounts appear in the tree, or it says why not.  [DMBOOT §5]

        Without a document, read the card, as at every power-on; what came from a card that is gone is removed.
        """
        if content is None:
            from dmkit.device.card_slot import at_power_on

            return at_power_on(self, now)
        from dmkit.device.waking import bootstrapped

        return bootstrapped(self, content, media_type, origin=origin, sec=sec, mac=mac, now=now)

    def to_card(self, tpdu: bytes, now: float = 0.0) -> Reaction:
        """Hand a short message (SMS-DELIVER) to the card; what it changes there is taken anew.  [TS 31.111 §7.1]"""
        from dmkit.device.card_slot import to_card

        return to_card(self, tpdu, now)

    def attend_card(self, now: float = 0.0) -> Reaction:
        """Ask the card whether it wants something, and do that, as a phone does now and then.  [TS 102 221 §14.5]"""
        from dmkit.device.card_slot import attend

        return attend(self, now)

    # -- a session, and what it asks of its host

    @asked
    def connect(
        self,
        account: Account | None = None,
        *,
        session_id: str | None = None,
        triggered: bool = False,
        alerts: tuple[Alert, ...] = (),
    ) -> ClientSession:
        """A new session with the server of ``account`` (the first one when not given)."""
        account = account or self.accounts[0]
        if not self.is_on:
            raise LocalProtocolError(f"{self.address} is off; power_on comes before a session")
        if session_id is None:
            self.sessions += 1
            session_id = f"{self.sessions:X}"
        return ClientSession(
            self,
            account,
            session_id=session_id,
            nonces=self.nonces,
            rules=self.rules,
            codec=self.codec,
            alerts=alerts,
            triggered=triggered,
        )

    def device_info(self) -> tuple[Item, ...]:
        """One Item per leaf below ./DevInfo, in the tree's order.  [DMPRO §8.3]"""
        root = self.tree.find(("DevInfo",))
        if root is None or root is not self._info[0]:
            self._info = (root, device_info(self.tree))
        return self._info[1]

    def execute(self, commands: tuple[Command, ...], by: str, now: float, *, policy: Policy | None = None) -> Execution:
        """Carry out commands for server ``by``; the tree is replaced, what follows later goes on the agenda.

        ``policy`` decides in place of the device's own.  LocalProtocolError while the device is off: nobody is there to
        answer (what its schedules still do when power goes is their own).
        """
        if commands and not self.is_on and (self.scheduler is None or self.scheduler.execution.acting is None):
            raise LocalProtocolError(f"{self.address} is off; power_on comes before commands")
        try:
            return execution.carried_out(self, commands, by, now, policy)
        except WRONG as error:
            raise blamed(error, Device.execute, self, commands, by, now, policy=policy) from None

    def keep(self, account: Account) -> None:
        """Store an account whose nonce has changed; of one in the tree only the nonces are taken."""
        try:
            if dmacc.find(self.tree, account.server_id) is not None:
                self.become(dmacc.keep(self.tree, account))
            else:
                self.accounts = [account if a.server_id == account.server_id else a for a in self.accounts]
        except WRONG as error:
            raise blamed(error, Device.keep, self, account) from None

    def session_over(self, now: float) -> None:
        """A session has ended: schedules that it has installed begin."""
        if self.scheduler is not None:
            self.scheduler.session_over(now)

    # -- the tree becomes another, and objects remember with it

    def become(self, tree: Tree, now: float = 0.0) -> None:
        """The one door through which the tree becomes another: objects remember what it does, accounts follow it.

        A server whose last account is gone leaves every access control list, at ``now``.  [DMTND §7.7.1.4]
        """
        try:
            before, self.stored = self.stored, tree
            if self.objects:
                self.memories.recall(tree)
            if before.root is not tree.root and not dmacc.same(before, tree):
                self.accounts, self.stored = accounts.following(self.accounts, before, tree, now)
        except WRONG as error:
            raise blamed(error, Device.become, self, tree, now) from None

    def acts(
        self,
        now: float,
        owner: Managed,
        act: Callable[Concatenate[Tree, P], tuple[Tree, _T]],
        *args: P.args,
        **more: P.kwargs,
    ) -> _T:
        """Let ``owner`` act by itself on the tree of this device, at ``now``; what else it said."""
        tree, value = self.memories.acting(owner, self.stored, act, *args, **more)
        self.become(tree, now)
        return value

    def with_memory(
        self,
        owner: Managed,
        tree: Tree,
        act: Callable[Concatenate[Tree, P], tuple[Tree, _T]],
        *args: P.args,
        **more: P.kwargs,
    ) -> tuple[Tree, _T]:
        """What ``owner`` makes of ``tree``, remembering what that tree does; the new tree has its new memory."""
        return self.memories.acting(owner, tree, act, *args, **more)

    def look(self) -> None:
        """Take what the objects remember now for what is to be remembered with the tree."""
        self.stored = self.memories.written(self.stored)

    def recall(self, tree: Tree) -> None:
        """Let all objects remember what ``tree`` does."""
        self.memories.recall(tree)

    # -- reports

    @asked
    def report(self, later: Later, by: str = "", now: float = 0.0) -> None:
        """Put a report on the agenda: for server ``by``, or for whoever is met first."""
        self.agenda.append(Due.of(later, by, now))

    def due(self, now: float) -> tuple[Alert, ...]:
        """Generic Alerts whose time has come; they leave the agenda.  [DMPRO §8.7]"""
        return reporting.taken(self, now)

    def reports(self, server: str, now: float) -> tuple[Alert, ...]:
        """The same, for ``server``: what another server asked for is not told to it; they stay until ``reported``."""
        return reporting.waiting(self, server, now)

    def reports_since(
        self, server: str, now: float, mark: reporting.ReportMark | None
    ) -> tuple[tuple[Alert, ...], reporting.ReportMark | None]:
        """Of these, what has come since ``mark``, which the last call gave (None: all), and the mark for the next."""
        if getattr(self.reports, "__func__", None) is not Device.reports:  # who says it otherwise is asked for all
            return self.reports(server, now), mark
        return reporting.news(self, server, now, mark)

    def reported(self, alert: Alert, server: str | None = None) -> None:
        """``server`` has answered ``alert``: one such report to it leaves the agenda, the one that waited longest.

        None is whoever is to be told.  A report like it to another server, or a second one to this, still waits.
        """
        reporting.answered(self, alert, server)

    def callers(self, now: float) -> tuple[str, ...]:
        """Servers to which something is to be reported by now: each is worth a session."""
        return reporting.callers(self, now)

    # -- the life of the device between sessions

    @asked
    def with_object(self, name: str, at: str | None = None, **options: Any) -> Self:
        """This device with one more management object: a row of ``dmkit.mo.OBJECTS``, mounted at the URI ``at``.

        Tree, description, behaviour and state; ``options`` are those of the object.  ConfigError says what is wrong.
        """
        mounting.mount(self, name, at, options)
        return self

    @property
    def next_due(self) -> float | None:
        """When something next happens by itself, in seconds; None when nothing is pending."""
        own = self.scheduler.next_due() if self.scheduler is not None else None
        return min((at for at in (self.agenda.first, own) if at is not None), default=None)

    @asked
    def live(self, now: float, signals: Iterable[Signal] = ()) -> tuple[Happening, ...]:
        """Let everything happen that happens by itself until ``now``: downloads end, installations proceed.

        ``signals`` are what the device notices at ``now``; what its schedules then did is told.
        ConfigError for signals to a device without schedules.
        """
        return power.live(self, now, signals)

    def power_off(self, now: float) -> None:
        """Power goes at ``now``, whatever the device is doing; the tree and what waits to be reported survive."""
        power.switched(self, False, now)

    def power_on(self, now: float) -> None:
        """Power comes back at ``now``: the objects see what they find, and go on or give up."""
        power.switched(self, True, now)

    def __repr__(self) -> str:
        return f"Device({self.address}, {len(self.accounts)} account{'s' * (len(self.accounts) != 1)})"
