"""Parts about what surrounds a session: rights, attackers, enablers, a fleet."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final

from dmkit.attack.designs import Design
from dmkit.attack.explorer import explore
from dmkit.ddf.comparison import diff
from dmkit.ddf.linting.report import lint
from dmkit.device.device import Device
from dmkit.enablers.catalogue import ENABLERS
from dmkit.enablers.matrix import find, overall
from dmkit.enablers.profile import SPEC
from dmkit.lab.studies.exploring import ATTACKERS
from dmkit.rights.assumptions import Assumptions
from dmkit.rights.closure import closure
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.sim.campaign import Campaign
from dmkit.sim.net import LINKS
from dmkit.sim.tape import Tape, tape_of
from dmkit.transport.loop import converse
from dmkit.tree.tree import Tree
from dmkit.wire.codec import WBXML
from dmkit.words.counts import many
from dmkit.words.errors import DmError
from dmkit.workbench.whatif.part import Part, Sides

__all__ = ["attacks", "enablers", "fleet", "rights", "standard_tree"]

OPS: Final = "com.mgmtsrv.manage"
SERVERS: Final = (OPS, "org.guest", "org.vendor")


def standard_tree() -> Tree:
    """A tree on which rights are asked: an operator, a vendor with a part of his own, a guest who may read."""
    tree = Tree.of(
        {
            "./DevInfo/Man": "Acme",
            "./DevDetail/FwV": "1.0",
            "./Vendor/Acme/Poll": 30,
            "./Vendor/Acme/Secret/Key": "k",
            "./APN/Name": "internet",
            "./Apps/One/State": "10",
        },
        acl={
            ".": f"Add=*&Get=*&Replace={OPS}",
            "./Vendor": f"Add=org.vendor&Delete={OPS}&Get={OPS}+org.guest&Replace=org.vendor",
            "./Vendor/Acme/Secret": "Get=org.vendor",
            "./Apps": f"Add={OPS}+org.vendor&Delete={OPS}&Exec={OPS}&Get=*",
        },
    )
    return tree


def rights(sides: Sides) -> Part:
    """Who may what, and who could ever, on the standard tree; of a DDF what it changes for instances of it."""
    rows: list[dict[str, Any]] = []
    same = 0
    if sides.change.ddf is not None:
        old, new = sides.change.ddf
        for entry in diff(old, new):
            rows.append({"what": f"description, {entry.kind}", "where": entry.uri, "who": entry.effect,
                         "before": entry.old or "-", "after": entry.new or "-", "why": entry.reason})  # fmt: skip
        told = [{str(remark) for remark in lint(spec)} for spec in (old, new)]
        for gone, words in ((told[0] - told[1], "lint no longer says"), (told[1] - told[0], "lint now says")):
            rows += [{"what": words, "where": "-", "who": "-", "before": "-", "after": "-", "why": text}
                     for text in sorted(gone)]  # fmt: skip
    if not sides.change.of_rights:
        return Part("Tree and rights", rows, 0, "", "" if rows else "neither policy nor rules of the tree are touched")
    tree = standard_tree()
    found = []
    for rules in (sides.before("device", Rules()), sides.after("device", Rules())):
        found.append(closure(tree, SERVERS, world=Assumptions(policy=rules.policy, rules=rules.tree)))
    before, after = found
    for server in SERVERS:
        for uri in before.uris:
            for when, one, other in (("may", before.now, after.now), ("could ever", before.ever, after.ever)):
                was, now = one[server, uri], other[server, uri]
                if was == now:
                    same += 1
                    continue
                lost, won = was - now, now - was
                rows.append({"what": when, "where": uri, "who": server, "before": _verbs(lost), "after": _verbs(won),
                             "why": "changed" if won and lost else "won" if won else "lost"})  # fmt: skip
    return Part("Tree and rights", rows, same, "rights of servers at nodes of the standard tree")


def _verbs(verbs: Any) -> str:
    return ", ".join(sorted(verb.value for verb in verbs)) or "-"


def attacks(sides: Sides, seconds: float = 20.0) -> Part:
    """Attackers with powers against the design before and after; those for whom no time is left are named."""
    if not sides.change.of_rules:
        return Part("Attacks", note="nothing that is said in a session is touched")
    rows, same, left, began = [], 0, [], time.process_time()
    for name, (attacker, options) in list(ATTACKERS.items())[: sides.size.few or None]:
        if time.process_time() - began > seconds:
            left.append(name)
            continue
        ends = []
        for label, rules in (("before", sides.before), ("after", sides.after)):
            both = rules("server", rules("device", Rules()))
            try:
                found = explore(Design(label, both), attacker, limit=sides.size.states, **options)
            except DmError as error:
                ends.append(("no session", str(error), ""))
                continue
            goals = ", ".join(found.witnesses)
            first = min((w[0] for w in found.witnesses.values()), key=lambda w: len(w.moves), default=None)
            ends.append((found.verdict, goals, " ".join(str(first).split())[:160] if first is not None else ""))
        if ends[0][:2] == ends[1][:2]:
            same += 1
            continue
        rows.append({"attacker": name, "powers": ", ".join(attacker.named), "before": _verdict(ends[0]),
                     "after": _verdict(ends[1]), "shortest way": ends[1][2] or "-"})  # fmt: skip
    note = f"searches end after {many(sides.size.states, 'state')}"
    note += f"; no time was left for {', '.join(left)}" if left else ""
    return Part("Attacks", rows, same, "attackers", note)


def _verdict(end: tuple[str, str, str]) -> str:
    return f"{end[0]}: {end[1]}" if end[1] else end[0]


def enablers(sides: Sides) -> Part:
    """Enablers that work, degrade or fail otherwise."""
    if not sides.change.of_rules:
        return Part("Enablers", note="nothing that is said in a session is touched")
    profiles = [
        replace(SPEC, device=rules("device", SPEC.device), server=rules("server", SPEC.server))
        for rules in (sides.before, sides.after)
    ]
    rows, same = [], 0
    for name in list(ENABLERS)[:: 3 if sides.size.quick else 1]:
        before, after = (find(name, profile) for profile in profiles)
        if overall(before) == overall(after):
            same += 1
            continue
        lost = [text for finding in after.values() for text in finding.lost]
        rows.append({"enabler": name, "before": overall(before), "after": overall(after),
                     "lost": "; ".join(dict.fromkeys(lost)) or "-"})  # fmt: skip
    return Part("Enablers", rows, same, "enablers")


_COSTS: Final = {
    "done": "share of devices that are done",
    "t95": "s until 95 % are done",
    "peak_queue": "requests",
    "server_hours": "h",
    "megabytes": "MB",
    "energy": "J a device",
    "cost": "units of money",
}


def fleet(sides: Sides) -> Part:
    """A standard world of devices on NB-IoT, with the same luck before and after: time, load, energy, money."""
    if not sides.change.of_rules:
        return Part("Fleet", note="nothing that is said in a session is touched")
    tapes = []
    for rules in (sides.before, sides.after):
        try:
            tapes.append(_tape(rules("device", Rules()), rules("server", Rules())))
        except DmError as error:
            rows = [{"measure": "no session", "before": "-", "after": str(error), "difference": "-"}]
            return Part("Fleet", rows, 0, "", "a fleet cannot be run with a session that does not come about")
    if tapes[0] == tapes[1]:
        return Part("Fleet", [], len(_COSTS), "measures", "the session of the standard job is the same to the octet")
    plan = Campaign(devices=sides.size.devices, link=LINKS["nb-iot"])
    runs = [[replace(plan, tape=tape).run(seed).summary() for seed in sides.size.seeds] for tape in tapes]
    rows = []
    for name, unit in _COSTS.items():
        before, after = (sum(run[name] for run in both) / len(both) for both in runs)
        if before != after:
            share = f"{100 * (after / before - 1):+.1f} %" if before else "-"
            rows.append({"measure": f"{name} ({unit})", "before": f"{before:.4g}", "after": f"{after:.4g}",
                         "difference": share})  # fmt: skip
    note = f"{many(plan.devices, 'device')}, seeds {', '.join(map(str, sides.size.seeds))}, the same luck on both sides"
    return Part("Fleet", rows, len(_COSTS) - len(rows), "measures", note)


def _tape(device: Rules, server: Rules) -> Tape:
    """The standard job, reading a value and writing one, as these two sides do it."""
    phone = Device.example(rules=device, codec=WBXML)
    manager = Server.example(phone, rules=server)

    def job(info: object) -> Any:
        yield from jobs.read("./DevDetail/FwV")(info)  # type: ignore[arg-type]
        return (yield from jobs.write("./Vendor/Acme/Name", "x" * 1500)(info))  # type: ignore[arg-type]

    talk = converse(phone, manager, job=job, failing="tell")
    if not any(result.done for result in manager.results):
        raise DmError("the session ends before its job is done")
    return tape_of(talk.steps)
