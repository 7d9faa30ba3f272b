"""Parts that hold conversations: conformance rows, golden sessions, interop with peers, the change's own sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dmkit.probe.case import ProbeCase
from dmkit.probe.catalogue import cases as probe_cases
from dmkit.probe.own import OwnDevice, device_for, probe, server_for
from dmkit.probe.peer import Peer
from dmkit.server.peers import DEVICES, PROFILES
from dmkit.words.errors import DmError
from dmkit.words.model import Alert, Exec, Item
from dmkit.workbench.readings.cases import cases
from dmkit.workbench.readings.meeting import Meeting, compared
from dmkit.workbench.readings.page import side_by_side
from dmkit.workbench.readings.probes import sent_case
from dmkit.workbench.whatif.part import Part, Sides

__all__ = ["conformance", "golden_sessions", "interop", "other_sessions", "own_sessions"]

JOBS: Final = ("read", "write", "put", "items", "properties", "atomic done", "sequence", "copy", "long write",
               "long read", "ask, yes", "report", "listing")  # fmt: skip
"""Conversations that are held with each peer."""


def conformance(sides: Sides) -> Part:
    """Rows of the requirements whose probe cases end otherwise: dmkit's own server and device, probed twice."""
    if not sides.change.of_rules:
        return Part("Conformance", note="nothing that is said in a session is touched")
    turned: dict[str, dict[str, Any]] = {}
    same = 0
    for side in ("server", "client"):
        chosen = [case for n, case in enumerate(probe_cases(side)) if n % sides.size.every == 0]
        ends = [list(_probed(sides, side, chosen, changed)) for changed in (False, True)]
        for case, before, after in zip(chosen, *ends, strict=True):
            if before[0] == after[0]:
                same += 1
                continue
            row = turned.setdefault(f"{case.row} {side}", {
                "row": case.row, "who": side, "turned": 0, "before": before[0], "after": after[0],
                "first case": case.id, "why": after[1] or before[1], "source": case.source})  # fmt: skip
            row["turned"] += 1
    note = f"one case in {sides.size.every}" if sides.size.every > 1 else ""
    return Part("Conformance", list(turned.values()), same, "probe cases", note)


def _probed(sides: Sides, side: str, chosen: list[ProbeCase], changed: bool) -> Iterator[tuple[str, str]]:
    def server(case: ProbeCase, peer: Peer) -> Any:
        return sides.served(server_for(case, peer), changed)

    def device(case: ProbeCase, peer: Peer) -> OwnDevice:
        own = device_for(case, peer)
        own.phone.rules = (sides.after if changed else sides.before)("device", own.phone.rules)
        if changed:
            sides.equip(own.phone)
        return own

    for case in chosen:
        try:
            [result] = probe(side, [case], server=server, device=device)  # type: ignore[arg-type]
            yield result.verdict.value, result.why
        except DmError as error:
            yield "no session", str(error)


def _differences(sides: Sides, names: tuple[str, ...], title: str, what: str, most: int = 6) -> Part:
    rows, same = [], 0
    details: dict[str, str] = {}
    for case in cases(*names):
        before, after = sides.play(case, False), sides.play(case, True)
        if before == after and before.octets == after.octets:
            same += 1
            continue
        pair = compared(case, "changed", "base", after, before, before)
        rows.append({
            "session": case.name, "what it shows": case.about, "from message": pair.parts or "-",
            "octets": f"{before.octets} -> {after.octets}", "trips": f"{before.trips} -> {after.trips}",
            "ends": _ends(pair), "left behind": ", ".join(pair.facets) or "-"})  # fmt: skip
        if len(details) < most and pair.parts:
            details[f"{case.name}: {case.about}"] = side_by_side(pair, ("after", "before"))
    return Part(title, rows, same, what, "", details)


def _ends(pair: Meeting) -> str:
    before, after = pair.expected.well, pair.run.well
    lost, won = pair.expected.done - pair.run.done, pair.run.done - pair.expected.done
    ends = _end(before, after)
    more = [f"{len(lost)} not done any more"] if lost else []
    more += [f"{len(won)} done now"] if won else []
    return "; ".join([ends, *more])


def golden_sessions(sides: Sides) -> Part:
    """Golden conversations that differ: ladders, octets, trips."""
    if not sides.change.of_rules:
        return Part("Golden conversations", note="nothing that is said in a session is touched")
    return _differences(sides, ("golden",), "Golden conversations", "golden sessions")


def other_sessions(sides: Sides) -> Part:
    """Jobs of the catalogue, altered paths and, where the tree is touched, worked commands that come out otherwise."""
    if not sides.change.of_rules:
        return Part("Other conversations", note="nothing that is said in a session is touched")
    kinds: tuple[str, ...] = ("job",) if sides.size.quick else ("job", "path", "loss")
    kinds += ("worked",) if sides.change.of_rights else ()
    return _differences(sides, kinds, "Other conversations", "jobs, altered paths, losses, worked commands")


def own_sessions(sides: Sides) -> Part:
    """Sessions in which the change itself is used: its alert is sent, its node executed."""
    change = sides.change
    found = []
    if change.alert is not None:
        alert = Alert.of(change.alert, None, "as the change has it")
        found.append(sent_case(f"alert {change.alert} of the device", alerts=(alert,)))
        found.append(sent_case(f"alert {change.alert} of the server", alert))
    for uri in change.handlers:
        found.append(sent_case(f"Exec of {uri}", Exec((Item(target=uri),))))
    rows: list[dict[str, Any]] = []
    details: dict[str, str] = {}
    for case in found:
        before, after = sides.play(case, False), sides.play(case, True, nodes=True)
        pair = compared(case, "changed", "base", after, before, before)
        rows.append({"session": case.name, "octets": f"{before.octets} -> {after.octets}",
                     "before": _shown(before), "after": _shown(after)})  # fmt: skip
        details[case.name] = side_by_side(pair, ("after", "before"))
    return Part("The change itself", rows, 0, "", "" if found else "it has no alert and no handler of its own", details)


def _end(before: bool, after: bool) -> str:
    return "as before" if before == after else "badly now" if before else "well now"


def _shown(seen: Any) -> str:
    parts = [f"{what}: {status or 'no answer'}" for what, status in seen.outcomes[:1]]
    answers = [text for text in seen.answers["device"] if text.startswith("Alert")]
    return "; ".join([*parts, *answers]) or "nothing"


def interop(sides: Sides) -> Part:
    """Peers as they are today against each side as it would be: which jobs are done no more, or done now."""
    if not sides.change.of_rules:
        return Part("Interop", note="nothing that is said in a session is touched")
    rows, same = [], 0
    for side, table in (("server", PROFILES), ("device", DEVICES)):
        for name, rules in table.items():
            for case in cases(*JOBS[: sides.size.few or None]):
                fixed: Any = {side: rules}
                before, after = sides.play(case, False, **fixed), sides.play(case, True, **fixed)
                lost, won = before.done - after.done, after.done - before.done
                worse = before.well and not after.well
                if not (lost or won or worse or after.well != before.well):
                    same += 1
                    continue
                rows.append({
                    "peer": f"{name} ({side})", "job": case.name,
                    "lost": ", ".join(what for _, what in sorted(lost)) or "-",
                    "won": ", ".join(what for _, what in sorted(won)) or "-",
                    "ends": _end(before.well, after.well)})  # fmt: skip
    return Part("Interop", rows, same, "jobs with peers of today")
