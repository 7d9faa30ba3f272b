"""What happened in a session: each command, what became of it, why that may be, and where to look next.

Works on what was heard, message by message, whoever captured it; ``dmkit why`` reads traces of any form for it.

>>> from dmkit.windows.sayings import example
>>> found = why(example())
>>> [(told.label, told.fate, told.guilty) for told in found.told if told.verb == "Replace"]
[('S1.3', 'rolled back', False), ('S1.4', 'failed', True)]
>>> found.told[-1].causes[0]
'0x86000002 = -2046820350: node not found (msft:originalerror)'

Sources: [DMREPPRO §6.5.1, §6.6.3] for Statuses, [windows sheet §2, §3] for what Windows means by them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from dmkit.windows.alerts import Declared, declared, known, reports_error, say_alert
from dmkit.windows.answers import ANSWER_CAUSES, ANSWER_LOOK, items_in, suspicious, unanswered
from dmkit.windows.codes import explain
from dmkit.windows.fates import BAD, Fate, Lint, Told, TraceMessage, TraceStatus, Why
from dmkit.windows.trace_answers import TraceAnswers, answers_of, certain_cause
from dmkit.words.asked import asked
from dmkit.words.codes import AlertCode
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Alert, Atomic, Command, Element, Item, Message, Results, Status
from dmkit.words.model import Sequence as InOrder

__all__ = [
    "why",
]

_OWNED: Final = 0x86000031
_TO_ALL: Final = 8
"""Statuses that name no Item of their command, of which each Item is told."""


@asked
def why(messages: Iterable[TraceMessage], lint: Lint | None = None) -> Why:
    """What happened in the session whose messages were heard; ConfigError when there is none.

    ``lint`` is asked about each Item of the server that did not fare well, and names what is wrong with it.
    """
    trace = answers_of(messages)
    if not trace.lines and not trace.unreadable:
        raise ConfigError("there is no message to explain")
    told: list[Told] = []
    seen: set[tuple[str, str, str]] = set()
    had: dict[str, str] = {}
    documents: dict[str, Declared] = {}
    for line, message in trace.lines:
        once = (line.sender, message.header.msg_id, line.body.decode("latin-1"))
        if once in seen:
            continue  # the same message, sent again
        seen.add(once)
        for command in message.commands:
            if isinstance(command, Alert):
                documents.update({document.id: document for document in declared(command)})
            if isinstance(command, Results):
                had.update({_plain(i.source or i.target or command.source_ref or ""): i.text for i in command.items})
            elif not isinstance(command, Status):
                told += _tell(command, line, message, trace, had, 0)
    owned = tuple(dict.fromkeys(t.uri for t in told if t.fate == "owned"))
    if lint is not None:
        told = [_linted(one, lint) for one in told]
    return Why(_reports(told), tuple(trace.unreadable), owned, tuple(documents.values()))


def _tell(
    command: Command, line: TraceMessage, message: Message, trace: TraceAnswers, had: Mapping[str, str], depth: int
) -> list[Told]:
    other = "server" if line.sender == "client" else "client"
    label = f"{line.sender[0].upper()}{message.header.msg_id}.{command.cmd_id or '?'}"
    key = (other, message.header.msg_id, command.cmd_id)
    loose = trace.loose.get((other, message.header.msg_id, command.verb.value))
    answers = trace.taken(key) or ((loose[0],) if loose else ())
    if key not in trace.answers and loose:
        loose.popleft()
    if isinstance(command, Alert):
        return [_of_alert(command, line, label, answers, depth)]
    if isinstance(command, Atomic | InOrder):
        own = _one(command, None, line, label, answers, (), trace, had, depth)
        parts = [t for inner in command.commands for t in _tell(inner, line, message, trace, had, depth + 1)]
        return [own, *parts] if isinstance(command, InOrder) else _atomic(own, parts)
    items: tuple[Item, ...] = getattr(command, "items", ())
    results = tuple(trace.results.get(key, ()))
    if line.sender == "client" or len(items) <= 1:
        return [_one(command, items[0] if len(items) == 1 else None, line, label, answers, results, trace, had, depth)]
    answers_to, results_of = defaultdict[str, list[TraceStatus]](list), defaultdict[str, list[Item]](list)
    for answer in answers:
        answers_to[answer.target].append(answer)
    for result in results:
        results_of[_plain(result.source or "")].append(result)
    to_all, left_out = _for_all(answers_to.get("", ()))
    found = []
    for item in items:
        own_answers = tuple(answers_to.get(item.target or item.source or "", ())) or to_all
        own_results = tuple(results_of.get(_plain(item.target or ""), ()))
        told = _one(command, item, line, label, own_answers, own_results, trace, had, depth)
        if left_out and own_answers is to_all:
            told = replace(told, causes=(*told.causes, left_out))
        found.append(told)
    return found


def _for_all(answers: Sequence[TraceStatus]) -> tuple[tuple[TraceStatus, ...], str]:
    """What Statuses without TargetRef say to each Item, each thing once, and how many more there are.

    Each Item is told all of it, so there is an end to it: as many Items with as many Statuses would take their product.
    """
    different = list({(int(a.code), a.original, a.text): a for a in reversed(answers)}.values())[::-1]
    if len(different) <= _TO_ALL:
        return tuple(different), ""
    different.sort(key=lambda answer: answer.code.is_ok)  # what went wrong counts most
    more = len(different) - _TO_ALL
    return tuple(different[:_TO_ALL]), f"{many(more, 'more Status names', 'more Statuses name')} no Item"


def _of_alert(alert: Alert, line: TraceMessage, label: str, answers: tuple[TraceStatus, ...], depth: int) -> Told:
    verb = f"Alert {alert.code.value}"
    refused = next((a for a in answers if a.code.is_error), None)
    causes: tuple[str, ...] = (say_alert(alert),)
    pending = [document for document in declared(alert) if document.pending]
    if pending:
        causes += (f"{len(pending)} still under way",)
    went_wrong = (refused is not None and line.sender == "server") or reports_error(alert)
    fate: Fate = "failed" if went_wrong else "said"
    if refused is not None:
        causes += (f"the other side answered {refused.code.value} {refused.code.phrase}",)
    quoted = tuple(item.text.strip() for item in alert.items if item.text.strip() and not known(item))
    return Told(
        line.number, label, line.sender, verb, "", fate, depth, None, None, answers, (), False, causes, quoted=quoted
    )


def _one(
    command: Command,
    item: Item | None,
    line: TraceMessage,
    label: str,
    answers: tuple[TraceStatus, ...],
    results: tuple[Item, ...],
    trace: TraceAnswers,
    had: Mapping[str, str],
    depth: int,
) -> Told:
    items: tuple[Item, ...] = getattr(command, "items", ())
    uri = (item.target or item.source or "") if item is not None else f"({len(items)} Items)" if items else ""
    value = None if item is None or item.data is None else _value(item)
    told = Told(
        line.number, label, line.sender, command.verb.value, uri, "done", depth, value, _format(command, item), answers,
        tuple((result.source or result.target or "", _value(result)) for result in results),
    )  # fmt: skip
    if not answers:
        return _silent(told, command, item, line, trace)
    worst = next((a for a in answers if not a.code.is_ok), answers[0])
    fate = _fate(told, worst)
    if fate == "done" and value is not None and had.get(_plain(uri)) == value and told.sender == "server":
        return replace(told, fate="had it", causes=("the device had this value already",))
    if fate == "done":
        return _without_results(told, line, trace)
    causes = [f"{a.code.value} says: {a.text}" for a in answers if a.text and not a.code.is_ok]
    odd = suspicious(item, trace.around(line), line.body) if item is not None else ()
    causes += odd
    look = "the command as it was sent: dmkit lint" if odd else ""
    for original in dict.fromkeys(a.original for a in answers if a.original):
        try:
            meaning = explain(original)
        except ConfigError:
            causes.append(f"{original[:60]} (msft:originalerror), which is no number of 32 bits")
            continue
        causes.append(f"{meaning} (msft:originalerror)")
        if meaning.known is not None:
            causes += meaning.known.causes
            look = look or meaning.known.look
        elif meaning.status is not None:
            behind = int(meaning.status)
            causes += ANSWER_CAUSES.get((told.verb, behind), ANSWER_CAUSES.get(("", behind), ()))
            look = look or ANSWER_LOOK.get(behind, "")
    code = int(worst.code)
    certain, instead = certain_cause(told, command, code, line, trace)
    causes, look = causes + certain, look or instead
    if (not certain and len(causes) < 2) or fate == "there already":
        causes += ANSWER_CAUSES.get((told.verb, code), ANSWER_CAUSES.get(("", code), ()))
    look = look or ANSWER_LOOK.get(code, "the meaning of the number: dmkit code" if fate == "failed" else "")
    if not worst.code.is_known:
        causes.append(f"{code} is no status of the protocol; it is never success")
    if ("server" if line.sender == "client" else "client", label[1:].partition(".")[0], command.cmd_id) in trace.shared:
        causes.append(f"CmdID {command.cmd_id} stands more than once in the message: Statuses are taken in their order")
    quoted = tuple(a.text for a in answers if a.text)
    return replace(told, fate=fate, causes=tuple(dict.fromkeys(causes)), look=look, quoted=quoted)


def _without_results(told: Told, line: TraceMessage, trace: TraceAnswers) -> Told:
    """A Get that was answered 200 and has no Results, although the session went on or was ended by the device."""
    if told.verb != "Get" or told.results or told.sender != "server":
        return told
    last = trace.last["client"][1]
    more = any(isinstance(c, Alert) and c.code == AlertCode.NEXT_MESSAGE for c in last.commands)
    silent = not last.final and not any(isinstance(c, Alert) for c in last.commands)
    if silent or more:
        return told
    ended = any(isinstance(c, Alert) for c in trace.later("client", told.answers[0].line - 1))
    cause = "200, and no Results" + (", and the session was ended (Alert 1223): Windows does that where Results do not "
                                     "fit into the MaxMsgSize of the server" if ended else "")  # fmt: skip
    return replace(told, fate="failed", causes=(cause,), look="ask for less at once, or announce a larger MaxMsgSize")


_FATES: Final[Mapping[tuple[str, int], Fate]] = {
    ("", 202): "under way",
    ("", 214): "not executed",
    ("", 215): "not executed",
    ("", 216): "rolled back",
    ("", 516): "not undone",
    ("Add", 418): "there already",
}
"""Verb (empty: any) and Status -> what became of the command; others are done or failed as their class says."""


def _fate(told: Told, worst: TraceStatus) -> Fate:
    if any(_is(a.original, _OWNED) for a in told.answers):
        return "owned"
    code = int(worst.code)
    usual: Fate = "done" if worst.code.is_ok else "failed"
    return _FATES.get((told.verb, code), _FATES.get(("", code), usual))


def _silent(told: Told, command: Command, item: Item | None, line: TraceMessage, trace: TraceAnswers) -> Told:
    if getattr(command, "no_resp", False):
        return replace(told, fate="not asked", causes=("NoResp: no answer was wanted",))
    other = "server" if line.sender == "client" else "client"
    if trace.last.get(other, (0, None))[0] <= line.number:
        unread = any(number > line.number and sender != line.sender for number, sender, _ in trace.unreadable)
        cause = "the answer is among what could not be read" if unread else (
            "the trace ends before the other side could answer")  # fmt: skip
        return replace(told, fate="pending", causes=(cause,), look="capture the session to its end")
    if line.sender == "client":
        return replace(told, fate="not asked", causes=("the server answered nothing about it",))
    items = (item,) if item is not None else tuple(items_in(command))
    later = trace.later(other, line.number)
    causes, look = unanswered(command, items, later, trace.around(line), line.body)
    return replace(told, fate="no answer", causes=causes, look=look)


def _atomic(own: Told, parts: list[Told]) -> list[Told]:
    """The container with its parts, the guilty ones marked."""
    if own.fate in ("done", "had it") or not parts:
        return [own, *parts]
    direct = [t for t in parts if t.depth == own.depth + 1]
    bad = [t for t in direct if t.fate in BAD]
    bad = [t for t in bad if t.fate != "not undone"] or bad  # what could not be undone was right before
    guilty = {id(t) for t in bad}
    causes = [cause for cause in own.causes if "Atomic" not in cause]
    alike = {int(t.answers[0].code) for t in bad if t.answers}
    if own.fate == "no answer":
        pass
    elif not bad:
        causes.append("no part says that it failed: what failed is not told")
    elif len(bad) == len(direct) > 1 and len(alike) == 1:
        causes.append(f"all parts say {alike.pop()}: the device does not tell which one it was, one is enough")
    else:
        causes.append("failed because of " + ", ".join(dict.fromkeys(t.label for t in bad)))
    look = own.look if own.fate == "no answer" else "the part that is marked" if bad else own.look
    marked = [_misplaced(replace(t, guilty=True)) if id(t) in guilty else t for t in parts]
    return [replace(own, causes=tuple(dict.fromkeys(causes)) or own.causes, look=look), *marked]


def _misplaced(part: Told) -> Told:
    """A guilty part that does not stand in an Atomic at all."""
    if part.verb not in ("Get", "Atomic") or not any(a.code == 500 for a in part.answers):
        return part
    what = {"Get": "a Get", "Atomic": "an Atomic"}[part.verb]
    return replace(part, causes=(f"{what} does not stand in an Atomic",), look="put it behind the Atomic")


def _reports(told: Sequence[Told]) -> tuple[Told, ...]:
    """What was begun (202) and ended by a later alert is done or failed; the rest is still under way."""
    found = []
    reports = [t for t in told if t.verb == "Alert 1226" and t.sender == "client"]
    for one in told:
        if one.fate == "under way":
            at = bisect_right(reports, one.line, key=attrgetter("line"))
            cause = "no report of its end is in the trace"
            if at < len(reports):
                cause = f"reported later, perhaps by {reports[at].label}"
            one = replace(one, causes=(*one.causes, cause))
        found.append(one)
    return tuple(found)


def _linted(told: Told, lint: Lint) -> Told:
    if told.sender != "server" or told.fate not in BAD or not told.uri:
        return told
    sentences = tuple(lint(told))
    return replace(told, causes=(*sentences, *told.causes)) if sentences else told


def _is(original: str, number: int) -> bool:
    try:
        return bool(original) and explain(original).value == number
    except ConfigError:
        return False


def _plain(uri: str) -> str:
    """An address as it compares: small letters, ``./Device`` in front."""
    names = [name for name in uri.strip().lower().split("/") if name not in ("", ".")]
    return "/".join(["device", *names] if names[:1] == ["vendor"] else names)


def _format(command: Command, item: Item | None) -> str | None:
    metas = (item.meta if item is not None else None, getattr(command, "meta", None))
    return next((meta.format for meta in metas if meta is not None and meta.format), None)


def _value(item: Item) -> str:
    if isinstance(item.data, bytes):
        return many(len(item.data), "octet")
    return f"<{item.data.name}>" if isinstance(item.data, Element) else item.text
