"""Which sentences a corrigendum should mend first, with the reason computed.

Order: by class (silent divergence first, since nobody can defend himself against it), then by what is at stake (who
may what, before which nodes there are, before values, before version numbers), then by how many profiles of real
peers read the sentence otherwise, then by the share of conversations in which it matters.  Only what the
specification leaves open counts (UNSURE, CONFLICT).

>>> top = corrigendum(recorded(), 3)
>>> top["rank"].tolist(), set(top["class"])
([1, 2, 3], {'silent divergence'})
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.workbench.readings.meeting import CLASSES
from dmkit.workbench.readings.observed import FACETS
from dmkit.workbench.readings.table import COLUMNS
from dmkit.workbench.readings.wording import WORDING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RECORD", "corrigendum", "recorded"]

RECORD: Final = Path(__file__).with_name("readings.csv")
"""All switches over all conversations, as docs/make_readings.py last wrote them; a test computes a part of it anew."""


def recorded() -> pd.DataFrame:
    """The frame of all readings as it was last computed; ``readings()`` computes it anew, in minutes.

    >>> bool((recorded()["class"] == "silent divergence").any())
    True
    """
    import pandas as pd

    if not RECORD.is_file():
        raise ConfigError("the record of all readings is not there; docs/make_readings.py writes it")
    frame = pd.read_csv(RECORD, keep_default_na=False, dtype=dict.fromkeys(("default", "rival", "why"), str))
    frame.attrs = {"measure": "readings", **made_by(), "parameters": {"record": RECORD.name}, "units": COLUMNS}
    return frame


def _stake(wrong: str) -> int:
    return min((FACETS.index(facet) for facet in wrong.split(", ") if facet in FACETS), default=len(FACETS))


def _peers(group: pd.DataFrame) -> list[str]:
    return sorted({peer for cell in group["peers"] for peer in str(cell).split(", ") if peer})


@asked
def corrigendum(frame: pd.DataFrame, most: int = 20) -> pd.DataFrame:
    """The ``most`` open sentences to mend first: rank, switch, class, reason, proposed wording, what it would settle.

    ``frame`` is that of ``readings`` or ``recorded``.

    >>> corrigendum(recorded(), 2)["rank"].tolist()
    [1, 2]
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for name, group in frame[frame["mark"].isin(["UNSURE", "CONFLICT"])].groupby("switch", sort=False):
        records: Any = group.to_dict("records")
        worst = min(records, key=lambda row: (CLASSES.index(row["class"]), _stake(row["wrong"])))
        peers = _peers(group)
        matters = int(group[["silent", "breaks", "visible"]].sum(axis=1).max())
        rows.append({
            "switch": name,
            "class": worst["class"],
            "reason": _reason(worst, peers, matters),
            "wording": WORDING.get(str(name), ""),
            "settles": _settles(group, peers),
            "example": worst["example"],
            "_key": (CLASSES.index(worst["class"]), _stake(worst["wrong"]), -len(peers),
                     -matters / max(1, int(worst["conversations"])), str(name)),
        })  # fmt: skip
    rows.sort(key=lambda row: row.pop("_key"))
    made = pd.DataFrame([{"rank": n, **row} for n, row in enumerate(rows[:most], 1)])
    made.attrs = {"measure": "corrigendum", **made_by(), "parameters": {"most": most}}
    return made


def _reason(worst: dict[str, Any], peers: list[str], matters: int) -> str:
    who = {"": "nobody notices", "nobody": "nobody notices"}.get(worst["noticed"], f"{worst['noticed']} notices")
    silent = worst["wrong"] and worst["class"] == "silent divergence"
    about = f" about {worst['wrong'].split(', ')[0]}" if silent else ""
    parts = [f"{worst['class']}{about} in {matters} of {worst['conversations']} conversations", who]
    if peers:
        parts.append(f"read otherwise by {', '.join(peers)}")
    return "; ".join(parts)


def _settles(group: pd.DataFrame, peers: list[str]) -> str:
    counts = {kind: int(group[column].sum()) for kind, column in
              (("silent", "silent"), ("broken", "breaks"), ("visible", "visible"))}  # fmt: skip
    counted = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    must = f"; {', '.join(peers)} would have to change" if peers else "; no known peer would have to change"
    return f"{counted or 'nothing'}{must}"
