"""Two readings meet: all four pairs of a device and a server, over one conversation, and what comes of it.

What a side believes is not asked of an engine: it is what the side would find if the other read the sentence as it
does.  A server with reading Y, facing a device with reading X, expects the run of the pair (Y, Y); the device expects
(X, X).  From that all else follows:

* a side **notices** when what became of its commands, an end, or something refused is not what it expected;
* beliefs **disagree** when the state that the other side is left with differs from the one expected.

==================  ==============================================================================================
harmless            both are told the same, or as much, and are right about each other
visible             somebody is told otherwise; work and sessions end as they would have
breaks              work that was to be done is not, or a session does not end well, only because readings differ
silent divergence   both sides end content, nobody notices, and what they believe of each other is wrong
not shown           no conversation here reaches it: nothing at all differs, not even when both read it the other way
==================  ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from dmkit.words.asked import asked
from dmkit.workbench.readings.cases import ReadingCase
from dmkit.workbench.readings.observed import FACETS, Seen
from dmkit.workbench.readings.switches import RuleSwitch
from dmkit.workbench.readings.watched import ReadingRuns, base_of

__all__ = ["CLASSES", "Meeting", "Met", "applies", "compared", "meet", "parting"]

CLASSES: Final = ("silent divergence", "breaks", "visible", "harmless", "not shown")
"""Classes, the worst first."""

_BY_NODE: Final = frozenset({"rights", "values", "names", "versions"})
_CHANGES: Final = ("Add", "Replace", "Delete", "DELETE", "Copy")


@dataclass(frozen=True)
class Meeting:
    """A device with reading ``device`` against a server with reading ``server`` in one conversation.

    ``facets`` are the parts of the state about which somebody is wrong; ``noticed`` who is answered otherwise;
    ``hint`` says whether the wire at least showed it;
    ``parts`` is the number of the message (from 1) behind which the run leaves the one that the server expects, 0
    when it never does.  ``octets`` and ``trips`` are more than in the run that both would have had with the server's
    reading.
    """

    case: str
    device: Any
    server: Any
    kind: str
    noticed: tuple[str, ...]
    facets: tuple[str, ...]
    wrong: tuple[str, ...]
    hint: bool
    parts: int
    octets: int
    trips: int
    why: str
    run: Seen
    expected: Seen
    other: Seen


def applies(switch: RuleSwitch, case: ReadingCase) -> bool:
    """Whether ``case`` leaves the switch alone on both sides, so that a reading may be put there."""
    part = {"Rules": lambda rules: rules, "TreeRules": lambda rules: rules.tree,
            "UriLimits": lambda rules: rules.tree.limits}.get(switch.owner)  # fmt: skip
    if part is None or switch.name in case.sets:
        return False
    return all(getattr(part(rules), switch.field) == switch.default for rules in (case.device, case.server))


@dataclass(frozen=True)
class Met:
    """What became of one conversation under all four pairs: both on the default, both on the rival, and the crossed."""

    case: str
    pairs: tuple[Meeting, ...]
    kind: str

    @property
    def worst(self) -> Meeting:
        """The crossed pair that gives the class."""
        return min(self.pairs[2:], key=lambda pair: CLASSES.index(pair.kind))


@asked
def meet(switch: RuleSwitch, rival: Any, case: ReadingCase) -> Met:
    """Let the default and ``rival`` meet in ``case``, both ways.

    A pair in which no side reads another value than in a known run is not played (``watched``).

    >>> import dmkit as dm
    >>> switch = dm.workbench.switch_of("TreeRules.keep_implicit")
    >>> meet(switch, True, dm.workbench.cases("T129")[0]).kind
    'silent divergence'
    """
    a, b = switch.default, rival
    runs = ReadingRuns(case)

    def run(device: Any, server: Any) -> Seen:
        return runs.run((("device", switch, device), ("server", switch, server))).seen

    both, agreed, crossed = run(a, a), run(b, b), (run(a, b), run(b, a))
    if all(one is both for one in (agreed, *crossed)):
        alike = _by_itself(case)
        around = tuple(replace(alike, device=x, server=y) for x, y in ((a, a), (b, b), (a, b), (b, a)))
        return Met(case.name, around, "not shown")
    pairs = (
        compared(case, a, a, both, both, both),
        compared(case, b, b, agreed, agreed, agreed),
        compared(case, a, b, crossed[0], agreed, both),
        compared(case, b, a, crossed[1], both, agreed),
    )
    if all(one == both for one in (agreed, *crossed)):
        return Met(case.name, pairs, "not shown")
    return Met(case.name, pairs, min((pair.kind for pair in pairs[2:]), key=CLASSES.index))


@lru_cache(maxsize=4096)
def _by_itself(case: ReadingCase) -> Meeting:
    seen = base_of(case).seen
    return compared(case, None, None, seen, seen, seen)


def compared(case: Any, device: Any, server: Any, run: Seen, expected: Seen, other: Seen) -> Meeting:
    """What ``run`` is when the server expects ``expected`` and the device ``other``."""
    noticed = tuple(side for side, own in (("server", expected), ("device", other)) if _notices(run, own, side))
    wrong = [*(f"server on {what}" for what in _wrong(run.device, expected.device)),
             *(f"device on {what}" for what in _wrong(run.server, other.server))]  # fmt: skip
    facets = tuple(f for f in FACETS if any(w.split(" on ")[1].startswith(f) for w in wrong))
    lost = expected.done - run.done
    hint = run.received["device"] != other.received["device"] or run.received["server"] != expected.received["server"]
    if run.device == expected.device:  # what was to be so is so, whatever is said of it
        lost = frozenset(entry for entry in lost if not entry[1].startswith(_CHANGES))
    if (expected.well and other.well and not run.well) or (expected.well and lost):
        kind = "breaks"
    elif not noticed and wrong:
        kind = "silent divergence"
    elif noticed or hint:
        kind = "visible"
    else:
        kind = "harmless"
    why = _why(run, expected, lost, wrong)
    return Meeting(case.name, device, server, kind, noticed, facets, tuple(wrong), hint, parting(run, expected),
                   run.octets - expected.octets, run.trips - expected.trips, why, run, expected, other)  # fmt: skip


def _notices(run: Seen, own: Seen, side: str) -> bool:
    """Whether what became of its commands, an end or something refused is another to ``side`` than it expected."""
    ends = [[(key, end) for key, end in seen.ended.items() if key.startswith(side)] for seen in (run, own)]
    if ends[0] != ends[1] or run.remarks[side] != own.remarks[side]:
        return True
    if side == "server":
        return run.outcomes != own.outcomes or run.results != own.results
    return run.answers["device"] != own.answers["device"]


def _wrong(state: Mapping[str, Any], believed: Mapping[str, Any]) -> list[str]:
    found = []
    for name, mine in state.items():
        theirs = believed[name]
        if name in _BY_NODE and isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            both = mine.keys() & theirs.keys()  # that a node is there at all is told by "nodes"
            mine, theirs = {uri: mine[uri] for uri in both}, {uri: theirs[uri] for uri in both}
        if mine != theirs:
            found.append(name)
    return found


def parting(run: Seen, expected: Seen) -> int:
    """The number of the first message that differs, from 1; 0 when all say the same."""
    one, other = run.wire, expected.wire
    for n, (a, b) in enumerate(zip(one, other, strict=False), 1):
        if a != b:
            return n
    return 0 if len(one) == len(other) else min(len(one), len(other)) + 1


def _why(run: Seen, expected: Seen, missing: Iterable[tuple[int, str]], wrong: list[str]) -> str:
    parts = []
    lost = sorted(missing)
    if lost:
        parts.append(f"not done: {', '.join(what for _, what in lost[:2])}{' ...' if len(lost) > 2 else ''}")
    if not run.well and expected.well:
        ends = sorted({end for end in run.ended.values() if end != "DONE"})
        parts.append(f"ends with {', '.join(ends)}")
    if not lost and run.outcomes != expected.outcomes:
        pairs = zip(run.outcomes, expected.outcomes, strict=False)
        first = next(((a, b) for a, b in pairs if a != b), None)
        if first:
            parts.append(f"{first[0][0]}: {first[0][1]} in place of {first[1][1]}")
    if wrong:
        parts.append(f"wrong: {', '.join(wrong)}")
    return "; ".join(parts)
