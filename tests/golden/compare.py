"""When two messages, or two conversations, say the same in other words.

Left free: 212 or 200 for a header without credentials, references in a Status, one Status per Item or per command,
where a container's Status and Results stand, Alert 1222 where an answer is forced anyway, several Results or one,
Meta that states defaults, whether the header Target follows RespURI; and, between conversations, where objects are
cut and over which messages of a package Statuses are spread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from msgspec.structs import replace as change

from dmkit.views.notation import Spoken
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.model import Alert, Atomic, Command, Item, Message, Meta, Results, Status, flatten
from dmkit.words.model import Sequence as InOrder

_GOOD = frozenset({StatusCode.OK, StatusCode.AUTHENTICATED})
Key = tuple[str, str]


@dataclass(frozen=True)
class Meaning:
    """What one message says, without what is left free."""

    sender: str
    header: tuple[object, ...]
    answer: tuple[object, ...] | None
    statuses: dict[Key, frozenset[tuple[object, ...]]] = field(default_factory=dict)
    results: dict[Key, tuple[Item, ...]] = field(default_factory=dict)
    wishes: tuple[Command, ...] = ()
    final: bool = True


def labels(message: Message) -> dict[str, str]:
    """CmdID -> a name that does not depend on how many Statuses stand before: Get0, Replace1 ..."""
    rest = (c for c in flatten(message.commands) if not isinstance(c, Status))
    return {c.cmd_id: f"{c.verb.value}{n}" for n, c in enumerate(rest)}


def _meta(meta: Meta | None) -> Meta | None:
    if meta is None:
        return None
    plain = change(
        meta,
        format=None if meta.format == "chr" else meta.format,
        type=None if meta.type == "text/plain" else meta.type,
    )
    return None if plain == Meta() else plain


def _item(item: Item) -> Item:
    return change(item, meta=_meta(item.meta))


def _wish(command: Command) -> Command:
    if isinstance(command, Atomic | InOrder):
        return change(command, cmd_id="", commands=tuple(map(_wish, command.commands)))
    return change(command, cmd_id="", items=tuple(map(_item, command.items)))  # type: ignore[union-attr]


def _forced(message: Message) -> bool:
    """True when something other than Statuses and 1222 asks for an answer."""
    return any(not isinstance(c, Status) and not _next(c) for c in message.commands)


def _next(command: Command) -> bool:
    return isinstance(command, Alert) and command.code == AlertCode.NEXT_MESSAGE


def meanings(conversation: Iterable[Spoken]) -> Iterator[Meaning]:
    """What each message says."""
    names: dict[tuple[str, str], dict[str, str]] = {}
    nexts: set[Key] = set()
    last: dict[str, Spoken] = {}
    for spoken in conversation:
        message, sender = spoken.message, spoken.sender
        peer = "server" if sender == "client" else "client"
        names[sender, message.header.msg_id] = named = labels(message)
        nexts |= {(message.header.msg_id, named[c.cmd_id]) for c in message.commands if _next(c)}
        before = last.get(peer)
        yield _meaning(spoken, before, {ref: of for (who, ref), of in names.items() if who == peer}, nexts)
        last[sender] = spoken


def _meaning(spoken: Spoken, before: Spoken | None, names: dict[str, dict[str, str]], nexts: set[Key]) -> Meaning:
    message, header = spoken.message, spoken.message.header
    said = Meaning(
        spoken.sender,
        (
            header.session_id,
            header.msg_id,
            header.source,
            header.source_name,
            header.cred,
            header.resp_uri,
            header.meta,
            header.ver_dtd,
            header.ver_proto,
        ),
        None,
    )
    answer = None
    per_target: dict[Key, list[tuple[str | None, StatusCode, tuple[Item, ...]]]] = {}
    forced = _forced(message)
    wishes = []
    for command in message.commands:
        if isinstance(command, Status) and command.is_header:
            proved = before is not None and (before.message.header.cred is not None or bool(before.headers))
            code = "good" if command.code in _GOOD and not proved else int(command.code)
            answer = (command.msg_ref, code, command.chal, tuple(map(_item, command.items)))
        elif isinstance(command, Status | Results):
            ref = command.msg_ref or "1"
            key = ref, names.get(ref, {}).get(command.cmd_ref or "1", f"?{command.cmd_ref}")
            items = tuple(map(_item, command.items))
            if isinstance(command, Results):
                said.results[key] = said.results.get(key, ()) + items
            elif key not in nexts:
                targets: Sequence[str | None] = command.target_refs or (None,)
                per_target.setdefault(key, []).extend((target, command.code, items) for target in targets)
        elif not (_next(command) and forced):
            wishes.append(_wish(command))
    for key, entries in per_target.items():
        alike = len({(code, items) for _, code, items in entries}) == 1
        said.statuses[key] = frozenset(entry[1:] if alike else entry for entry in entries)
    return replace(said, answer=answer, wishes=tuple(wishes), final=message.final)


def packages(said: Iterable[Meaning]) -> Iterator[Meaning]:
    """Messages joined into packages: objects whole, Statuses gathered, nothing left of 1222 and 213."""
    open_: dict[str, Meaning] = {}
    for meaning in said:
        before = open_.pop(meaning.sender, None)
        whole = meaning if before is None else _join(before, meaning)
        if meaning.final:
            yield _tidy(whole)
        else:
            open_[meaning.sender] = whole
    yield from map(_tidy, open_.values())


def _join(a: Meaning, b: Meaning) -> Meaning:
    results = dict(a.results)
    for key, items in b.results.items():
        results[key] = _glue(results.get(key, ()), items)
    wishes = list(a.wishes)
    for wish in b.wishes:
        wishes.append(wish)
    return replace(a, statuses={**a.statuses, **b.statuses}, results=results, wishes=tuple(wishes), final=b.final)


def _glue(a: tuple[Item, ...], b: tuple[Item, ...]) -> tuple[Item, ...]:
    if not a or not b or not a[-1].more_data:
        return a + b
    left, right = a[-1], b[0]
    assert isinstance(left.data, str) and isinstance(right.data, str)
    return (*a[:-1], change(left, data=left.data + right.data, more_data=right.more_data), *b[1:])


def _tidy(meaning: Meaning) -> Meaning:
    wishes: list[Command] = []
    for wish in meaning.wishes:
        if _next(wish):
            continue
        last = wishes[-1] if wishes else None
        items = getattr(last, "items", ())
        if last is not None and items and items[-1].more_data and type(last) is type(wish):
            wishes[-1] = change(last, items=_glue(items, wish.items))  # type: ignore[union-attr]
        else:
            wishes.append(wish)
    pieces = frozenset({(StatusCode.CHUNK_ACCEPTED, ())})
    statuses = {key: said for key, said in meaning.statuses.items() if said != pieces}
    header = (meaning.header[0], *meaning.header[2:])
    answer = meaning.answer[1:] if meaning.answer is not None else None
    return replace(meaning, wishes=tuple(wishes), statuses=statuses, header=header, answer=answer)


def _differ(mine: Sequence[Meaning], theirs: Sequence[Meaning], what: str) -> list[str]:
    found = [] if len(mine) == len(theirs) else [f"{len(mine)} {what}s, {len(theirs)} expected"]
    for n, (a, b) in enumerate(zip(mine, theirs, strict=False), 1):
        for f in fields(Meaning):
            got, want = getattr(a, f.name), getattr(b, f.name)
            if got != want:
                found.append(f"{what} {n} ({b.sender}) {f.name}:\n  got      {got}\n  expected {want}")
    return found


def differences(mine: Sequence[Spoken], theirs: Sequence[Spoken], only: str | None = None) -> list[str]:
    """What ``mine`` says otherwise than ``theirs``; empty when they are equivalent.  ``only``: look at one side."""
    a, b = list(meanings(mine)), list(meanings(theirs))
    by_message = _differ(_side(a, only), _side(b, only), "message")
    if by_message and any(not m.final for m in (*a, *b)):
        return _differ(_side(list(packages(a)), only), _side(list(packages(b)), only), "package") and by_message
    return by_message


def _side(said: list[Meaning], only: str | None) -> list[Meaning]:
    return [m for m in said if only is None or m.sender == only]
