"""A device like Windows: a tree of described nodes, and the habits of ``dmkit.windows.behaviour``.  None was used here.

>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.words.model import Replace
>>> device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
>>> execution = device.execute((Replace.of("./Vendor/MSFT/Sample/Allow", 7),), "mdm", 0.0)
>>> execution.outcomes[0].status.value, execution.outcomes[0].why
(500, "./Device/Vendor/MSFT/Sample/Allow: '7' is none of 0, 1")

Sources: [windows sheet §2, §3, §6].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import unquote

from msgspec.structs import replace as changed

from dmkit.auth import Account
from dmkit.device.device import Device
from dmkit.session.client import ClientSession
from dmkit.session.rules import Rules
from dmkit.tree.apply import Call, Handler
from dmkit.tree.execute import Execution
from dmkit.tree.node import Node
from dmkit.tree.policy import Policy
from dmkit.tree.tree import Tree
from dmkit.tree.uri import quote
from dmkit.windows.admx import Template
from dmkit.windows.behaviour import RULES, WindowsRules
from dmkit.windows.builds import checked_build
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.descriptions import tree_of
from dmkit.windows.enrol import Enrolled, poll_nodes
from dmkit.windows.entries import segments_of
from dmkit.windows.patterns import compiled
from dmkit.windows.reading import ORIGINAL, SECTION, WindowsXml
from dmkit.words.codes import Format, StatusCode, Verb
from dmkit.words.model import Alert, Atomic, Command, Element, Item, Meta, Sequence
from dmkit.words.outcome import Outcome

__all__ = ["WindowsDevice", "event", "merged"]

WindowsAnswer = StatusCode | Literal["silent"] | None
_DEVICE: Final = "urn:uuid:00000000-0000-4000-8000-0000000d0c50"
_DECLARED: Final = ("device", "vendor", "msft", "declaredconfiguration")


class WindowsDevice(Device):
    """A device like Windows; ``habits`` are what ``Rules`` has no field for.

    ``owned`` are settings that a declared configuration owns: names of an address in small letters -> document;
    ``second`` are the server identifiers of accounts that may touch declared configuration.

    >>> from dmkit.windows.catalogue import DescriptionCatalogue
    >>> from dmkit.windows.facts import EXAMPLE
    >>> WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)])).tree.get("./DevInfo/DmV").value
    '1.3'
    """

    habits: WindowsRules
    catalogue: DescriptionCatalogue
    owned: dict[tuple[str, ...], str]
    second: frozenset[str]

    @classmethod
    def of(
        cls,
        catalogue: DescriptionCatalogue,
        *accounts: Account,
        build: str = "10.0.26100",
        edition: str = "0x4",
        templates: Iterable[Template] = (),
        habits: WindowsRules | None = None,
        rules: Rules | None = None,
        address: str = _DEVICE,
    ) -> WindowsDevice:
        """A device of that build and edition with what ``catalogue`` describes for it.

        Values of policies are held against ``templates``; ``rules`` stand in place of those of
        ``dmkit.windows.behaviour``.
        """
        habits, templates = habits or WindowsRules(), tuple(templates)
        rules = rules or RULES
        if habits.bad_value != 500:
            tree_rules = replace(rules.tree, status={**rules.tree.status, "range": habits.bad_value})
            rules = replace(rules, tree=tree_rules)
        if build:
            checked_build(build, "build")
        tree = tree_of(catalogue, build, edition, templates)
        about = Tree.of(_about(address, build)).root.children
        tree = replace(tree, root=replace(tree.root, children={**about, **tree.root.children}))
        device = cls(tree, *accounts, rules=rules, codec=WindowsXml(habits), handlers=_runs(catalogue, habits))
        device.habits, device.catalogue, device.owned, device.second = habits, catalogue, {}, frozenset()
        return device

    def connect(
        self,
        account: Account | None = None,
        *,
        session_id: str | None = None,
        triggered: bool = False,
        alerts: tuple[Alert, ...] = (),
    ) -> ClientSession:
        """A new session; its SessionID is decimal or hexadecimal, its first alert says who is logged in."""
        if session_id is None:
            self.sessions += 1
            session_id = f"{self.sessions:04X}" if self.habits.session_ids == "hexadecimal" else str(self.sessions)
        first: tuple[Alert, ...] = (event("com.microsoft/MDM/LoginStatus", "user"),)
        if self.habits.scope != "mixed":
            first = (*first, event("com.microsoft.mdm.synctype", self.habits.scope))
        return super().connect(account, session_id=session_id, triggered=triggered, alerts=(*first, *alerts))

    def execute(self, commands: tuple[Command, ...], by: str, now: float, *, policy: Policy | None = None) -> Execution:
        """Carry out commands as Windows does: what is refused by its form alone is not tried."""
        outcomes: list[Outcome] = []
        for command in commands:
            outcome = self._refused(command, by)
            if outcome is None:
                execution = super().execute((self._meant(command),), by, now, policy=policy)
                outcome = self._as_asked(execution.outcomes[0], command)
            outcomes.append(self._original(outcome, command))
        return Execution(self.tree, tuple(outcomes))

    def enrolled(self, what: Enrolled) -> None:
        """Take what enrolment gave: the account, and the polls below DMClient."""
        self.accounts = [what.account, *(a for a in self.accounts if a.server_id != what.account.server_id)]
        place = f"./Device/Vendor/MSFT/DMClient/Provider/{quote(what.account.server_id)}/Poll"
        tree = Tree.of({f"{place}/{name}": value for name, value in poll_nodes(what.polls).items()})
        self.become(replace(self.tree, root=merged(self.tree.root, tree.root)))

    # -- what is refused by its form

    def _refused(self, command: Command, by: str) -> Outcome | None:
        """The outcome of a command that is not tried; of an Atomic, when one of its parts is not."""
        if isinstance(command, Alert):
            return None
        if not isinstance(command, Atomic | Sequence):
            answer, why = self._answer(command, by)
            return _outcome(command, answer, why)
        inside = [self._refused(part, by) for part in command.commands]
        if any(part is not None and part.status is None for part in inside):
            return Outcome(None, command=command, why="mark-up in it is not escaped")
        if isinstance(command, Sequence):
            return None
        twice = _written_twice(command)
        for at in twice:
            why = "Add and Replace of one node in one Atomic"
            inside[at] = Outcome(StatusCode.COMMAND_FAILED, command=command.commands[at], why=why)
        if all(part is None for part in inside):
            return None
        parts = [_skipped(each) if part is None else part for part, each in zip(inside, command.commands, strict=True)]
        return self._told(Outcome(StatusCode.ATOMIC_FAILED, command=command, parts=tuple(parts)))

    def _answer(self, command: Command, by: str) -> tuple[WindowsAnswer, str]:
        items: tuple[Item, ...] = getattr(command, "items", ())
        for item in items:
            uri = item.target or ""
            data = item.data
            if isinstance(data, Element) and data.name == SECTION:
                return StatusCode.BAD_REQUEST, f"{uri}: Data is in a CDATA section"
            if isinstance(data, Element) and self.habits.unescaped == "silent":
                return "silent", f"{uri}: mark-up in Data is not escaped"
            if uri.startswith("/"):
                return StatusCode.BAD_REQUEST, f"{uri}: begins with /"
            if re.search(r"\s", uri):
                return StatusCode.NOT_FOUND, f"{uri!r}: no node has a name with white space"
            names = tuple(name.lower() for name in segments_of(uri))
            user = names[:1] == ("user",)
            if (self.habits.scope == "device" and user) or (self.habits.scope == "user" and not user):
                return StatusCode.NOT_ALLOWED, f"{uri}: outside the scope {self.habits.scope}"
            if names[: len(_DECLARED)] == _DECLARED and by not in self.second:
                return StatusCode.NOT_SUPPORTED, f"{uri}: for the account of declared configuration only"
            if command.verb in (Verb.ADD, Verb.REPLACE, Verb.DELETE) and names in self.owned and by not in self.second:
                return StatusCode.COMMAND_FAILED, f"{uri}: 0x86000031, document {self.owned[names]} owns it"
            if command.verb in (Verb.ADD, Verb.REPLACE) and (why := self._misnamed(uri)):
                return StatusCode.BAD_REQUEST, why
        return None, ""

    def _misnamed(self, uri: str) -> str:
        for name, entry in self.catalogue.find(uri).names:
            pattern = compiled(entry.facts.name_pattern) if entry.facts.name_pattern else None
            if pattern is not None and not pattern.fullmatch(unquote(name)):
                return f"{uri}: the name {name[:40]!r} does not match {pattern.pattern[:60]}"
        return ""

    # -- what is meant

    def _meant(self, command: Command) -> Command:
        """``command`` with addresses from ./Device, and formats where none is said."""
        if isinstance(command, Atomic | Sequence):
            return changed(command, commands=tuple(map(self._meant, command.commands)))
        items: tuple[Item, ...] = getattr(command, "items", ())
        if isinstance(command, Alert) or not items:
            return command
        return changed(command, items=tuple(self._item(command, item) for item in items))

    def _item(self, command: Command, item: Item) -> Item:
        target = item.target
        if target and _BARE.match(target):
            item = changed(item, target=f"./Device/{target.removeprefix('./')}")
        if command.verb not in (Verb.ADD, Verb.REPLACE) or item.data is None or self.habits.no_format == "chr":
            return item
        outer: Meta | None = getattr(command, "meta", None)
        if (item.meta is not None and item.meta.format) or (outer is not None and outer.format):
            return item
        entry = self.catalogue.find(item.target or "").entry
        if entry is None or entry.node.is_interior or entry.node.format in (None, Format.XML):
            return item
        assert entry.node.format is not None
        return changed(item, meta=changed(item.meta or Meta(), format=entry.node.format.value))

    def _as_asked(self, outcome: Outcome, command: Command) -> Outcome:
        """``outcome`` of the command as it was sent, its results under the addresses that were asked for."""
        if isinstance(command, Atomic | Sequence):
            parts = tuple(
                self._as_asked(part, each) for part, each in zip(outcome.parts, command.commands, strict=False)
            )
            return self._told(replace(outcome, command=command, parts=parts))
        meant = {f"./Device/{target.removeprefix('./')}": target for item in getattr(command, "items", ())
                 if (target := item.target) and _BARE.match(target)}  # fmt: skip
        results = tuple(changed(item, source=meant.get(item.source or "", item.source)) for item in outcome.results)
        return replace(outcome, command=command, results=results)

    def _original(self, outcome: Outcome, command: Command) -> Outcome:
        """``outcome`` with the error behind its Status, where one is known."""
        if isinstance(command, Atomic | Sequence):
            parts = (self._original(part, each) for part, each in zip(outcome.parts, command.commands, strict=False))
            return replace(outcome, parts=tuple(parts))
        if outcome.parts or outcome.items or outcome.status is None or not outcome.status.is_error:
            return outcome
        number = _BEHIND.get(int(outcome.status), "0x86000031" if "0x86000031" in outcome.why else "")
        if outcome.status == self.habits.bad_value and not number:
            entry = self.catalogue.find(_target(command)).entry
            number = "0x82B00001" if entry is not None and entry.facts.kind == "ADMX" else ""
        item = Item(meta=Meta(type=ORIGINAL), data=number)
        return replace(outcome, items=(item,)) if number else outcome

    def _told(self, outcome: Outcome) -> Outcome:
        """How a failed Atomic tells of its parts."""
        if self.habits.told == "each" or outcome.status != StatusCode.ATOMIC_FAILED:
            return outcome
        guilty = next((p for p in outcome.parts if p.status is not None and p.status.is_error), None)
        if guilty is None:
            return outcome
        return replace(outcome, parts=tuple(replace(part, status=guilty.status) for part in outcome.parts))


def event(type: str, data: str) -> Alert:
    """An Alert 1224 as Windows sends it.

    >>> event("com.microsoft/MDM/LoginStatus", "none").items[0].data
    'none'
    """
    return changed(Alert.of(1224), items=(Item(meta=Meta(type=type), data=data),))


def merged(old: Node, new: Node) -> Node:
    """``old`` with the nodes of ``new``."""
    children = dict(old.children)
    for name, child in new.children.items():
        children[name] = merged(children[name], child) if name in children and child.is_interior else child
    return replace(old, children=children)


def _target(command: Command) -> str:
    items: tuple[Item, ...] = getattr(command, "items", ())
    return (items[0].target or "") if items else ""


_BEHIND: Final = {404: "0x86000002", 415: "0x86000001"}
"""Status -> the error of the configuration manager behind it.  [E/V, windows sheet §3]"""

_BARE: Final = re.compile(r"(?:\./)?Vendor(?:/|\Z|\?)", re.I)


def _about(address: str, build: str) -> Mapping[str, str | bool]:
    return {
        "./DevInfo/DevId": address, "./DevInfo/Man": "dmkit", "./DevInfo/Mod": "like Windows", "./DevInfo/DmV": "1.3",
        "./DevInfo/Lang": "en-US", "./DevDetail/SwV": build, "./DevDetail/LrgObj": False,
    }  # fmt: skip


def _runs(catalogue: DescriptionCatalogue, habits: WindowsRules) -> dict[str, Handler]:
    """What happens on Exec of the nodes that take it: nothing, and it is well."""
    status = StatusCode(habits.exec_status)

    def run(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        return tree, Outcome(status if call.verb is Verb.EXEC else None)

    return {e.uri: run for e in catalogue.entries.values() if e.node.access is not None and Verb.EXEC in e.node.access}


def _outcome(command: Command, answer: WindowsAnswer, why: str) -> Outcome | None:
    if answer is None:
        return None
    return Outcome(None if answer == "silent" else answer, command=command, why=why)


def _skipped(command: Command) -> Outcome:
    inner: tuple[Command, ...] = getattr(command, "commands", ())
    return Outcome(StatusCode.NOT_EXECUTED, command=command, parts=tuple(map(_skipped, inner)))


def _written_twice(atomic: Atomic) -> list[int]:
    """Where a Replace follows an Add of the same node, or the other way round."""
    seen: dict[tuple[str, ...], Verb] = {}
    found = []
    for at, command in enumerate(atomic.commands):
        if command.verb not in (Verb.ADD, Verb.REPLACE):
            continue
        for item in getattr(command, "items", ()):
            names = tuple(name.lower() for name in segments_of(item.target or ""))
            if names in seen and seen[names] is not command.verb:
                found.append(at)
            seen[names] = command.verb
    return found
