"""DM profile: a DM message whose Adds to the Inbox carry management objects as serialised trees.  [DMBOOT §5.4]

Nobody is answered.  Each object goes where its identifier belongs; what refers to it by its place in the Inbox then
names its real place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.bootstrap import dmacc
from dmkit.bootstrap.events import BootstrapReason, Ignored, SettingsChanged
from dmkit.bootstrap.run import BootstrapRefused, BootstrapRun
from dmkit.session.events import Deviated
from dmkit.tree import tnds
from dmkit.tree.acl import EVERYBODY, Acl
from dmkit.tree.acl import parse as parse_acl
from dmkit.tree.execute import execute
from dmkit.tree.node import Node, Path
from dmkit.tree.places import ACCOUNTS, INBOX, moved_reference, place_of, with_parents
from dmkit.tree.policy import Decision
from dmkit.tree.tree import Tree
from dmkit.tree.uri import join, parse, quote
from dmkit.wire import wbxml
from dmkit.wire.octets import MAX_DEPTH
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, CommandFailed
from dmkit.words.model import Add, Atomic, Command, Item, Replace, Sequence
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.tree.tnds import TndsNode

__all__ = ["INBOX", "take"]

_INBOX: Final = parse(INBOX).path
_PRINCIPAL: Final = "bootstrap"
"""Who carries out the commands of a bootstrap message; it is in no access control list."""


@dataclass(frozen=True, slots=True)
class _Object:
    """One management object on its way: its name in the Inbox, its node, where it goes."""

    name: str
    node: Node
    place: str

    @property
    def server(self) -> str:
        """The ServerID of an account; empty for other objects."""
        value = self.node.children.get("ServerID")
        return value.value if value is not None and isinstance(value.value, str) and "DMAcc" in self.place else ""


def take(run: BootstrapRun, content: bytes) -> None:
    """Read the message and carry it out; Refused when it is not to be."""
    try:
        message = wbxml.decode(content, lenient=True)
    except CodecError as error:
        raise BootstrapRefused(BootstrapReason.UNREADABLE, str(error)) from None
    for deviation in message.deviations:
        run.say(Deviated(deviation))
    objects: list[_Object] = []
    others: list[Command] = []
    for command in _flat(message.commands):
        if isinstance(command, Add) and all(_in_inbox(item) for item in command.items):
            for item in command.items:
                objects.extend(_objects(run, item))
        elif isinstance(command, Add | Replace):
            others.append(command)
        else:
            run.say(Ignored(command.verb.value, "a bootstrap message adds and replaces"))
    run.limit(len(objects) + len(others))
    objects = _latest(run, objects)
    if not objects and not others:
        raise BootstrapRefused(BootstrapReason.CONTENT, "the message brings nothing that has a place here")
    owners = tuple(dict.fromkeys(o.server for o in objects if o.place == run.rules.accounts))
    run.admit(owners)
    words = [f"account of {server}" for server in owners]
    words += [o.name[:40] for o in objects if o.place != run.rules.accounts]
    run.consent(", ".join(words) or many(len(others), "change"), owners)
    _put(run, objects, owners)
    for command in others:
        _execute(run, command)


def _flat(commands: tuple[Command, ...]) -> Iterator[Command]:
    """Commands, those in containers too: the whole message is carried out or nothing."""
    for command in commands:
        if isinstance(command, Atomic | Sequence):
            yield from _flat(command.commands)
        else:
            yield command


def _in_inbox(item: Item) -> bool:
    try:
        return parse(item.target or "").path[:1] == _INBOX
    except CommandFailed:
        return False


# -- objects in the Inbox


def _objects(run: BootstrapRun, item: Item) -> Iterator[_Object]:
    """The objects of one Item; one whose identifier has no place here is left out.  [DMBOOT §5.4.5]"""
    base = parse(item.target or "").path[1:]
    try:
        entries = tnds.nodes(tnds.read(item.data if item.data is not None else ""))
    except CodecError as error:
        raise BootstrapRefused(BootstrapReason.CONTENT, f"the serialised tree in the Inbox: {error}") from None
    whole = {(*base, *path): entry for path, entry in entries.items()}
    names = dict.fromkeys(path[0] for path in whole if path)
    run.limit(len(names))
    deepest = max(map(len, whole), default=0)
    if deepest > MAX_DEPTH:
        raise BootstrapRefused(
            BootstrapReason.CONTENT,
            f"the serialised tree is {many(deepest, 'node')} deep; at most {MAX_DEPTH} are taken",
        )
    for name in names:
        top = whole.get((name,))
        identifier = (top.type or "") if top is not None else ""
        place = _place(run, identifier)
        if place is None:
            run.say(Ignored(name[:40], f"object {identifier[:60] or 'without identifier'} has no place here"))
            continue
        yield _Object(name, _node(name, whole), place)


def _place(run: BootstrapRun, identifier: str) -> str | None:
    """Where objects of this identifier go: the longest beginning that the rules list."""
    place = place_of(identifier, run.rules.places)
    return run.rules.accounts if place == ACCOUNTS else place


def _node(name: str, entries: Mapping[Path, TndsNode]) -> Node:
    """The node called ``name`` with all below it; nodes that are only implied are made."""
    below: dict[Path, dict[str, Node]] = {}
    made: Node | None = None
    paths = dict.fromkeys(path[:n] for path in entries if path[:1] == (name,) for n in range(1, len(path) + 1))
    for path in sorted(paths, key=len, reverse=True):
        entry = entries.get(path)
        children = below.get(path, {})
        if entry is not None and not entry.is_interior:
            if children:
                raise BootstrapRefused(BootstrapReason.CONTENT, f"{'/'.join(path)}: a leaf has nothing below it")
            empty: str | bytes = b"" if entry.format == "bin" else ""
            made = Node(entry.format.value, empty if entry.value is None else entry.value, entry.type or "text/plain")
        else:
            type_ = entry.type or "" if entry is not None else ""
            made = Node.interior(MappingProxyType(children), type=type_)
        if entry is not None:
            made = replace(made, acl=entry.acl or "", title=entry.title or "")
        below.setdefault(path[:-1], {})[path[-1]] = made
    return below[()][name]


def _latest(run: BootstrapRun, objects: list[_Object]) -> list[_Object]:
    """Of several accounts of one server the one with the latest identifier.  [DMBOOT §5.4.5]"""
    kept: dict[tuple[str, str], _Object] = {}
    for thing in objects:
        key = (thing.place, thing.server or thing.name)
        other = kept.get(key)
        if other is None or thing.node.type > other.node.type:
            kept[key] = thing
        if other is not None:
            dropped = other if kept[key] is thing else thing
            run.say(Ignored(dropped.name[:40], "another version of it is taken"))
    return list(kept.values())


def _put(run: BootstrapRun, objects: list[_Object], owners: tuple[str, ...]) -> None:
    taken: set[str] = set()
    placed: list[tuple[_Object, str]] = []
    moved: dict[str, str] = {}
    for thing in objects:
        known = dmacc.find(run.tree, thing.server) if thing.server and run.rules.known != "add" else None
        uri = known or f"{thing.place}/{quote(thing.name)}"
        if known is None and (uri in taken or _occupied(run, uri, owners)):
            uri, _ = run.place(thing.place, taken)
        taken.add(uri)
        placed.append((thing, uri))
        moved[join((*_INBOX, thing.name))] = uri
    accounts = {*owners, *(account.server_id for account in dmacc.accounts(run.tree))}
    for thing, uri in placed:
        node = _refined(run, thing.node, uri, moved, accounts)
        if thing.server:
            run.put(uri, node, server=thing.server)
        else:
            run.put(uri, node, kind=thing.node.type)


def _occupied(run: BootstrapRun, uri: str, owners: tuple[str, ...]) -> bool:
    """True when something stands at ``uri`` that these servers may not replace."""
    return run.tree.find(parse(uri).path) is not None and not run.may_replace(uri, owners)


def _refined(run: BootstrapRun, node: Node, uri: str, moved: dict[str, str], accounts: set[str]) -> Node:
    """``node`` with references to the Inbox rewritten, and only such rights as the device grants."""
    value = moved_reference(node.value, moved) if isinstance(node.value, str) else node.value
    children = {
        name: _refined(run, child, f"{uri}/{quote(name)}", moved, accounts) for name, child in node.children.items()
    }
    return replace(node, value=value, acl=_granted(run, node.acl, uri, accounts), children=MappingProxyType(children))


def _granted(run: BootstrapRun, text: str, uri: str, accounts: set[str]) -> str:
    """The list without rights for strangers; everybody may be let read.  [DMBOOT §5.4.3]"""
    try:
        acl = parse_acl(text)
    except CommandFailed as failed:
        raise BootstrapRefused(BootstrapReason.CONTENT, f"{uri}: {failed.reason}") from None
    if run.rules.rights == "take" or not acl:
        return text
    left: dict[Verb, frozenset[str]] = {}
    strangers: set[str] = set()
    for verb, ids in acl.entries.items():
        fine = {id for id in ids if id in accounts or (id == EVERYBODY and verb is Verb.GET)}
        strangers |= ids - fine
        if fine:
            left[verb] = frozenset(fine)
    if strangers:
        run.say(Ignored(f"ACL of {uri}", f"no rights for {', '.join(sorted(strangers))}"))
    return str(Acl(MappingProxyType(left)))


# -- other commands


def _execute(run: BootstrapRun, command: Command) -> None:
    """An Add or Replace outside the Inbox: as nobody in particular, and only where objects have their places."""
    places = {run.rules.accounts, *run.rules.places.values()}

    def only(tree: Tree, server: str, verb: Verb, uri: str) -> Decision:
        inside = any(uri == place or uri.startswith(f"{place}/") for place in places)
        return Decision(inside, uri, f"a bootstrap changes {', '.join(sorted(places))} only")

    targets = [item.target or "" for item in getattr(command, "items", ())]
    for place in places:
        if any(target.startswith(f"{place}/") for target in targets):
            run.tree = with_parents(run.tree, parse(place).path, run.now)
    execution = execute(run.tree, (command,), by=_PRINCIPAL, now=run.now, policy=only)
    outcome = execution.outcomes[0]
    if not outcome or outcome.status not in (StatusCode.OK, StatusCode.ITEM_ADDED):
        raise BootstrapRefused(BootstrapReason.TREE, f"{command.verb.value} {', '.join(targets)[:80]}: {outcome}")
    run.tree = execution.tree
    for target in targets:
        run.say(SettingsChanged(command.verb.value, join(parse(target).path)))
