"""How each part of a description may change, and whom that breaks: a row for each, a function beside it.

[DMTND §9.4; DMSTDOBJ §5.1.2]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

from dmkit.ddf.allowed import allowed
from dmkit.ddf.grammar import ACCESS
from dmkit.ddf.spec import NodeSpec, Scope
from dmkit.words.codes import Verb
from dmkit.words.model import Element
from dmkit.words.records import repr_in_order

__all__ = ["BOTH", "DEVICES", "FIELDS", "JUDGED_APART", "NO_ONE", "SERVERS", "Breakage", "Breaks", "DescriptionField"]

Breaks: TypeAlias = frozenset[str]
"""Whom a change breaks: ``servers``, ``devices``, both, or nobody."""

NO_ONE: Final[Breaks] = frozenset()
SERVERS: Final[Breaks] = frozenset({"servers"})
DEVICES: Final[Breaks] = frozenset({"devices"})
BOTH: Final = SERVERS | DEVICES

JUDGED_APART: Final = frozenset({"DFFormat", "DFType", "DefaultValue", "Value"})
"""What follows from a leaf becoming an interior node, and is not judged again."""


class Breakage(NamedTuple):
    """Whom a change breaks, and why."""

    breaks: Breaks
    reason: str

    def __repr__(self) -> str:
        return repr_in_order(self)


@dataclass(frozen=True, slots=True)
class DescriptionField:
    """A part of a description: what it is called, how it is found and shown, what a change of it means."""

    what: str
    get: Callable[[NodeSpec], Any]
    compare: Callable[[NodeSpec, NodeSpec], Breakage]
    show: Callable[[Any], str]


def _text(value: Any) -> str:
    return "" if value is None else str(value) if value != "" else "''"


def _verbs(access: frozenset[Verb] | None) -> str:
    return "any" if access is None else ", ".join(sorted(access)) or "none"


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(value or "''" for value in values)


def _access(was: NodeSpec, now: NodeSpec) -> Breakage:
    before = frozenset(ACCESS) if was.access is None else was.access
    after = frozenset(ACCESS) if now.access is None else now.access
    lost, gained = sorted(before - after), sorted(after - before)
    breaks, parts = NO_ONE, []
    if lost:
        breaks |= SERVERS
        parts.append(f"{_and(lost)} {'are' if len(lost) > 1 else 'is'} answered 405 now")
    if gained:
        breaks |= DEVICES
        parts.append(f"devices must take {_and(gained)}")
    return Breakage(breaks, "; ".join(parts) or "the same commands in other words")


def _and(words: list[Any]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _occurrence(was: NodeSpec, now: NodeSpec) -> Breakage:
    breaks, parts = NO_ONE, []
    most_was, most_now = (float("inf") if n.occurs.most is None else n.occurs.most for n in (was, now))
    if now.occurs.least > was.occurs.least:
        breaks |= DEVICES
        parts.append("devices without it do not conform")
    if now.occurs.least < was.occurs.least:
        breaks |= SERVERS
        parts.append("servers must do without it")
    if most_now < most_was:
        breaks |= BOTH
        parts.append(f"there may be no more than {most_now:g}, so that Add is refused and devices may have too many")
    if most_now > most_was:
        breaks |= DEVICES
        parts.append(f"devices must take {'any number' if most_now == float('inf') else f'{most_now:g}'}")
    return Breakage(breaks, "; ".join(parts) or "the same bounds in other words")


def _scope(was: NodeSpec, now: NodeSpec) -> Breakage:
    if was.is_permanent == now.is_permanent:
        return Breakage(NO_ONE, "Dynamic is meant when nothing is said")
    if now.is_permanent:
        return Breakage(BOTH, "Add, Delete and a new name are answered 405 now; devices must have it from the start")
    return Breakage(DEVICES, "devices must let servers make, delete and rename it, and servers may find it gone")


def _format(was: NodeSpec, now: NodeSpec) -> Breakage:
    if now.format is None:
        return Breakage(DEVICES, "devices must take any format")
    if was.format is None:
        return Breakage(BOTH, f"only {now.format} is taken, and values of other formats are answered 415")
    return Breakage(BOTH, f"values of format {was.format} are answered 415, and devices hold them")


def _type(was: NodeSpec, now: NodeSpec) -> Breakage:
    if now.is_interior:
        if not now.mo_id:
            return Breakage(
                SERVERS if was.mo_id else NO_ONE,
                "servers no longer find it by its identifier" if was.mo_id else "there is no identifier",
            )
        if was.mo_id == now.mo_id:
            return Breakage(NO_ONE, "the same identifier in other words")
        if not was.mo_id:
            return Breakage(DEVICES, "devices must give it as its Type")
        return Breakage(BOTH, "servers that look for the old identifier do not find it, and devices say it")
    before, after = set(was.types), set(now.types)
    if before == after:
        return Breakage(NO_ONE, "the same types in other words")
    if not after:
        return Breakage(DEVICES, "devices must take any type")
    if not before or before - after:
        gone = _and(sorted(before - after)) or "types other than these"
        return Breakage(BOTH, f"values of {gone} are answered 415, and devices may hold them")
    return Breakage(DEVICES, f"devices must take {_and(sorted(after - before))}")


def _default(was: NodeSpec, now: NodeSpec) -> Breakage:
    before, after = ((node.default, node.value) for node in (was, now))
    if all(b is None for b in before):
        return Breakage(DEVICES, "devices must have a default, of their own choice [DMSTDOBJ §5.1.2]")
    if all(a is None for a in after):
        return Breakage(SERVERS, "servers can no longer rely on there being a default")
    return Breakage(NO_ONE, "a device may choose its own default [DMSTDOBJ §5.1.2]")


def _case(was: NodeSpec, now: NodeSpec) -> Breakage:
    if now.case_sensitive is None:
        return Breakage(SERVERS, "whether case counts is each device's own choice now, or said above")
    if now.case_sensitive:
        return Breakage(BOTH, "a name in another case is another node now, and devices must tell them apart")
    return Breakage(DEVICES, "names that differ in case only are one node now")


def _properties(was: NodeSpec, now: NodeSpec) -> Breakage:
    before, after = (None if node.run_time is None else node.run_time.names for node in (was, now))
    breaks, parts = NO_ONE, []
    if after is not None and (before is None or before - after):
        breaks |= SERVERS
        gone = _and(sorted(before - after)) if before is not None else "what is not listed"
        parts.append(f"{gone} may be answered 406 now")
    if after is not None and (before is None or after - before):
        more = _and(sorted(after - (before or frozenset({"ACL", "Format", "Name", "Type"}))))
        if more:
            breaks |= DEVICES
            parts.append(f"devices must support {more}")
    if after is None:
        breaks |= SERVERS
        parts.append("servers can rely on ACL, Format, Name and Type only")
    return Breakage(breaks, "; ".join(parts) or "the same properties")


def _acl(was: NodeSpec, now: NodeSpec) -> Breakage:
    return Breakage(SERVERS, "who has which right at first is another now")


def _informs(was: NodeSpec, now: NodeSpec) -> Breakage:
    return Breakage(NO_ONE, "it informs readers [DMSTDOBJ §5.1.2]")


def _extensions(was: NodeSpec, now: NodeSpec) -> Breakage:
    before, after = ([e for e in node.extensions if e.name == "AllowedValues"] for node in (was, now))
    if before == after:
        return Breakage(NO_ONE, "elements of other vocabularies; they say nothing in DDF")
    if allowed(now) is None:
        return Breakage(DEVICES, "devices must take all values of the format")
    return Breakage(BOTH, "values that were allowed may be refused, and devices may hold them")


def _run_time_rest(node: NodeSpec) -> tuple[str, ...]:
    run_time = node.run_time
    if run_time is None:
        return ()
    found = (run_time.format, run_time.name, run_time.size, run_time.title, run_time.tstamp, run_time.mime,
            run_time.object_id, run_time.verno)  # fmt: skip
    return tuple("" if value is None else str(value) for value in found)


def _names(node: NodeSpec) -> tuple[str, ...] | None:
    return None if node.run_time is None else tuple(sorted(node.run_time.names))


_BRIEF: Final = 60


def _brief(element: Element) -> str:
    """An element of another vocabulary: its name, and what stands in it, cut where it is long.

    >>> _brief(Element("AllowedValues", children=(Element("Value", children=("[0-9]",)),)))
    'AllowedValues ([0-9])'
    """

    def texts(inside: Element) -> Iterator[str]:
        for child in inside.children:
            if isinstance(child, Element):
                yield from texts(child)
            elif isinstance(child, str) and child.strip():
                yield " ".join(child.split())

    text = " ".join(texts(element))
    return f"{element.name} ({text[:_BRIEF]}{'...' * (len(text) > _BRIEF)})" if text else element.name


FIELDS: Final[tuple[DescriptionField, ...]] = (
    DescriptionField("AccessType", lambda node: node.access, _access, _verbs),
    DescriptionField("DFFormat", lambda node: node.format, _format, _text),
    DescriptionField("DFType", lambda node: (node.mime, node.object_id), _type,
          lambda pair: _words(pair[0]) if pair[0] is not None else _text(pair[1])),
    DescriptionField("Occurrence", lambda node: node.occurrence, _occurrence,
          lambda o: "" if o is None else o.kind.value + (f" {o.n}" if o.n is not None else "")),
    DescriptionField("Scope", lambda node: node.scope, _scope,
    lambda scope: "" if scope is None else Scope(scope).value),
    DescriptionField("DefaultValue", lambda node: node.default, _default, _text),
    DescriptionField("Value", lambda node: node.value, _default, _text),
    DescriptionField("CaseSense", lambda node: node.case_sensitive, _case,
          lambda case: "" if case is None else "CS" if case else "CIS"),
    DescriptionField("RTProperties", _names, _properties, lambda names: "" if names is None else _words(names)),
    DescriptionField("ACL", lambda node: "" if node.run_time is None else node.run_time.acl or "", _acl, _text),
    DescriptionField("defaults of properties", _run_time_rest, _informs,
    lambda values: _words(tuple(v for v in values if v))),
    DescriptionField("DFTitle", lambda node: node.title, _informs, _text),
    DescriptionField("Description", lambda node: node.description, _informs, _text),
    DescriptionField("basis", lambda node: (node.basis, node.source), _informs,
    lambda pair: " ".join(p for p in pair if p)),
    DescriptionField("extensions", lambda node: node.extensions, _extensions,
          lambda elements: ", ".join(map(_brief, elements))),
    DescriptionField("extensions of the node", lambda node: node.outside, _informs,
          lambda elements: ", ".join(map(_brief, elements))),
)  # fmt: skip
"""What is compared.  Path counts as the address, not as text."""
