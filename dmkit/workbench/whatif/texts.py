"""Parts that look things up: readings that the change turns, settles or creates, and sections that it touches."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any, Final

from dmkit.server.peers import DEVICES, PROFILES
from dmkit.session.rules import Rules
from dmkit.workbench.readings.cases import cases
from dmkit.workbench.readings.meeting import applies, meet
from dmkit.workbench.readings.ranking import recorded
from dmkit.workbench.readings.switches import RuleSwitch, shown, switches
from dmkit.workbench.readings.table import row_of, worst_first
from dmkit.workbench.whatif.part import Part, Sides

__all__ = ["DOCUMENTS", "pages", "readings_touched"]

DOCUMENTS: Final = {
    "DMPRO": "OMA-TS-DM_Protocol-V1_2_1",
    "DMREPPRO": "OMA-TS-DM_RepPro-V1_2_1",
    "DMSEC": "OMA-TS-DM_Security-V1_2_1",
    "DMTND": "OMA-TS-DM_TND-V1_2_1",
    "DMTNDS": "OMA-TS-DM_TNDS-V1_2_1",
    "DMSTDOBJ": "OMA-TS-DM_StdObj-V1_2_1",
    "DMBOOT": "OMA-TS-DM_Bootstrap-V1_2_1",
    "DMNOTI": "OMA-TS-DM_Notification-V1_2_1",
    "META": "OMA-TS-SyncML-MetaInfo-V1_2",
    "RD": "OMA-RD-DM-V1_2",
}
"""Short name in the code -> document."""


def readings_touched(sides: Sides) -> Part:
    """Each switch that is turned: what happens when the other side still reads it as before; what would be settled."""
    rows: list[dict[str, Any]] = []
    for name in sides.change.touched:
        found = [switch for switch in switches() if switch.name == name]
        for switch in found:
            for side in ("device", "server"):
                value = _of(sides.after(side, Rules()), switch)
                if value != _of(sides.before(side, Rules()), switch):
                    rows.append(_row(sides, switch, value))
                    break
    for name in sides.change.settles:
        known = recorded()
        for row in known[known["switch"] == name].to_dict("records"):
            either = f"{row['default']} or {row['rival']}"
            rows.append({"reading": name, "what": "settled", "before": either, "after": row["default"],
                         "when sides differ": row["class"], "peers": row["peers"] or "-"})  # fmt: skip
    same = sum(len(fields(owner)) for owner in (Rules, type(Rules().tree))) - len(sides.change.touched)
    return Part("Readings", rows, same, "switches")


def _of(rules: Rules, switch: RuleSwitch) -> Any:
    return getattr(rules.tree if switch.owner == "TreeRules" else rules, switch.field)


def _row(sides: Sides, switch: RuleSwitch, value: Any) -> dict[str, Any]:
    new = "another reading" if switch.open else "departs from the text"
    known = recorded()
    known = known[(known["switch"] == switch.name) & (known["rival"] == shown(value))]
    if len(known):
        row = known.iloc[0]
        found = f"{row['class']}{': ' + row['why'] if row['why'] else ''}"
        return {"reading": switch.name, "what": new, "before": shown(switch.default), "after": shown(value),
                "when sides differ": found, "peers": ", ".join(_as_before(switch, value)) or "-"}  # fmt: skip
    chosen = [case for case in cases("golden", "job") if applies(switch, case)]
    chosen = chosen[:: 6 if sides.size.quick else 2]
    met = [meet(switch, value, case) for case in chosen]
    told = row_of(switch, value, met)
    worst = worst_first(met)[0].worst if met else None
    return {"reading": switch.name, "what": new, "before": shown(switch.default), "after": shown(value),
            "when sides differ": f"{told['class']}{': ' + worst.why if worst is not None and worst.why else ''}",
            "peers": ", ".join(_as_before(switch, value)) or "-"}  # fmt: skip


def _as_before(switch: RuleSwitch, value: Any) -> list[str]:
    """Peers of today that do not read it so."""
    return [f"{name} ({side})" for side, table in (("device", DEVICES), ("server", PROFILES))
            for name, rules in table.items() if name != "spec" and _of(rules, switch) != value]  # fmt: skip


def pages(sides: Sides) -> Part:
    """Sections of the specification that the change touches, by document."""
    known = {switch.name: switch for switch in switches()}
    sections: dict[str, set[str]] = {}
    texts = [(name, known[name].source) for name in sides.change.touched if name in known]
    texts += [("the change", text) for text in sides.change.sections]
    for name, text in texts:
        for found in re.finditer(r"\b([A-Z]{2,8}) ((?:§|App)[^;,\]]*(?:, §[^;,\]]*)*)", text):
            for section in found[2].split(", "):
                sections.setdefault(f"{found[1]} {section.strip()}", set()).add(name)
    rows = [{"section": section, "document": DOCUMENTS.get(section.split()[0], section.split()[0]),
             "because of": ", ".join(sorted(names))} for section, names in sorted(sections.items())]  # fmt: skip
    note = "" if rows else "no field of the change names a section"
    return Part("Pages of the specification", rows, 0, "", note)
