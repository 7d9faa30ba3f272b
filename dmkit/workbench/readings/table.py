"""The frame of all readings: a row for each switch and rival, its class computed from runs.

>>> frame = readings("TreeRules.keep_implicit", cases=["worked"])
>>> frame[["switch", "class", "noticed", "wrong"]].values.tolist()
[['TreeRules.keep_implicit', 'silent divergence', 'nobody', 'nodes, versions']]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from dmkit.server.peers import DEVICES, PROFILES
from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.workbench.readings.cases import ReadingCase
from dmkit.workbench.readings.cases import cases as cases_of
from dmkit.workbench.readings.dm2 import meet_dm2
from dmkit.workbench.readings.meeting import CLASSES, Met, applies, meet
from dmkit.workbench.readings.observed import FACETS
from dmkit.workbench.readings.switches import RuleSwitch, shown, switches

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "every_meeting", "peers_of", "readings", "row_of", "worst_first"]

COLUMNS: Final = {
    "switch": "class and field of the rules",
    "default": "the reading that dmkit has unless told otherwise",
    "rival": "another reading",
    "mark": "on what the default rests; UNSURE and CONFLICT are open",
    "class": "the worst of its conversations",
    "conversations": "in which the switch could be turned",
    "silent": "in which nobody notices that the two are wrong about each other",
    "breaks": "in which work or a session is lost",
    "visible": "in which somebody is answered otherwise",
    "harmless": "in which only the wire differs",
    "noticed": "who is answered otherwise in the worst of them",
    "hint": "whether the messages show it all the same, to whoever looks",
    "wrong": "parts of the state about which somebody is wrong there",
    "example": "the conversation that gives the class",
    "pair": "reading of the device / of the server there",
    "why": "what differs there",
    "parts": "number of the message there with which the two runs part; 0: none",
    "octets": "largest difference over all conversations and crossed pairs, in octets",
    "trips": "the same in trips",
    "peers": "profiles of real peers that have this rival",
    "source": "where the sentence stands",
}
"""Columns of ``readings`` and what they hold."""


def every_meeting(switch: RuleSwitch, rival: Any, over: Iterable[ReadingCase] = ()) -> list[Met]:
    """All meetings of the default and ``rival``, over the cases that leave the switch alone."""
    if switch.owner == "Dm2Rules":
        return meet_dm2(switch, rival)
    chosen = list(over) or list(cases_of())
    return [meet(switch, rival, case) for case in chosen if applies(switch, case) and _asks(switch, case)]


def _asks(switch: RuleSwitch, case: ReadingCase) -> bool:
    return switch.owner in ("TreeRules", "UriLimits") or case.kind != "worked" or switch.field == "policy"


def worst_first(met: Iterable[Met]) -> list[Met]:
    """Meetings by class; in one class golden sessions and jobs before others, where most is at stake first."""

    def key(one: Met) -> tuple[int, int, int]:
        worst = one.worst
        stake = min((FACETS.index(facet) for facet in worst.facets), default=len(FACETS))
        return CLASSES.index(one.kind), stake, len(worst.run.wire)

    return sorted(met, key=key)


def peers_of(switch: RuleSwitch, rival: Any) -> tuple[str, ...]:
    """Profiles of devices and of servers for peers (interop sheet) in which the switch has this rival."""
    found = []
    for side, table in (("device", DEVICES), ("server", PROFILES)):
        for name, rules in table.items():
            parts = {"Rules": rules, "TreeRules": rules.tree, "UriLimits": rules.tree.limits}
            owner = parts.get(switch.owner)
            if owner is not None and name != "spec" and getattr(owner, switch.field) == rival:
                found.append(f"{name} ({side})")
    return tuple(found)


def row_of(switch: RuleSwitch, rival: Any, met: list[Met]) -> dict[str, object]:
    """One row of the frame."""
    count = {kind: sum(one.kind == kind for one in met) for kind in CLASSES}
    worst = worst_first(met)[0] if met else None
    pair = worst.worst if worst is not None else None
    crossed = [pair for one in met for pair in one.pairs[2:]]
    kind = worst.kind if worst is not None else "not shown"
    told = pair is not None and kind != "not shown"
    return {
        "switch": switch.name,
        "default": shown(switch.default),
        "rival": shown(rival),
        "mark": switch.mark,
        "class": kind,
        "conversations": len(met),
        "silent": count["silent divergence"],
        "breaks": count["breaks"],
        "visible": count["visible"],
        "harmless": count["harmless"],
        "noticed": (" and ".join(pair.noticed) or "nobody") if told and pair else "",
        "hint": bool(told and pair and pair.hint),
        "wrong": ", ".join(pair.facets) if told and pair else "",
        "example": worst.case if told and worst else "",
        "pair": f"{shown(pair.device)} / {shown(pair.server)}" if told and pair else "",
        "why": pair.why if told and pair else "",
        "parts": pair.parts if told and pair else 0,
        "octets": max((one.octets for one in crossed), key=abs, default=0),
        "trips": max((one.trips for one in crossed), key=abs, default=0),
        "peers": ", ".join(peers_of(switch, rival)),
        "source": switch.source,
    }


@asked
def readings(
    *names: str,
    cases: Iterable[str] = (),
    progress: Callable[[int, int, str], None] | None = None,
) -> pd.DataFrame:
    """A row for each switch that ``names`` name (all when none; patterns may stand there) and each of its rivals.

    ``cases`` limits the conversations, by name or by kind (golden, worked, job, path, loss).  ``progress`` is told
    how many of how many are done, and which.  ConfigError for names that are not there.  All switches over all
    conversations take a few minutes; columns are ``COLUMNS``.

    >>> readings("Rules.transport_status", cases=["golden"])["class"].item()
    'visible'
    """
    import pandas as pd

    wanted = [(switch, rival) for switch in switches(*names) for rival in switch.rivals]
    if isinstance(cases, str):
        raise ConfigError(f"cases is {cases!r}; it must be a list of names or kinds: [{cases!r}]")
    over = cases_of(*cases)
    rows = []
    for number, (switch, rival) in enumerate(wanted):
        if progress is not None:
            progress(number, len(wanted), switch.name)
        rows.append(row_of(switch, rival, every_meeting(switch, rival, over)))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs = {
        "measure": "readings",
        **made_by(),
        "parameters": {"switches": list(names) or "all", "cases": [case.name for case in over]},
        "units": COLUMNS,
    }
    return frame
