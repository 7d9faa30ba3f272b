"""Enablers against capabilities as frames: the matrix, what is lost in each cell, and profiles.

What is in them is found by ``dmkit.enablers``; here it becomes pandas tables that say from what they were made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dmkit.enablers import PROFILES, SPEC, EnablerProfile, Matrix, assess, find, matrix, overall
from dmkit.enablers.change import TRIES
from dmkit.enablers.finding import RANK
from dmkit.enablers.tables import changes
from dmkit.sim.provenance import made_by
from dmkit.words.asked import asked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["assessment_frame", "changed", "losses", "needs", "profile_frame", "sets_tried"]


@asked
def needs(found: Matrix | EnablerProfile = SPEC) -> pd.DataFrame:
    """A row per enabler, a column per capability: mandatory, optional, not needed, or nothing to lose.

    ``found`` is a matrix, or the profile from which capabilities are taken one by one.

    >>> from dmkit.enablers.matrix import matrix
    >>> list(needs(matrix(enablers=["lock"], capabilities=["Exec"])).index)
    ['lock']
    """
    import pandas as pd

    table = found if isinstance(found, Matrix) else matrix(found)
    rows = [[table[name, c.name].need for c in table.capabilities] for name in table.enablers]
    frame = pd.DataFrame(
        rows,
        index=pd.Index(table.enablers, name="enabler"),
        columns=pd.Index([c.name for c in table.capabilities], name="without"),
    )
    frame.attrs |= {
        **made_by(),
        "base": table.base.name,
        "with all": dict(table.with_all),
        "either": {name: list(pairs) for name, pairs in table.either.items()},
        "sources": {c.name: c.source for c in table.capabilities},
    }
    return frame


_LOSSES = ["enabler", "without", "scenario", "verdict", "lost", "session", "message", "command", "status", "why"]


@asked
def losses(found: Matrix) -> pd.DataFrame:
    """A row per scenario that lost something: what, at which message, with which status.

    >>> from dmkit.enablers.matrix import matrix
    >>> len(losses(matrix(enablers=["lock"], capabilities=["Exec"]))) > 0
    True
    """
    import pandas as pd

    rows = []
    for (enabler, name), cell in found.cells.items():
        for scenario, finding in cell.lost.items():
            fault = finding.fault
            rows.append({
                "enabler": enabler, "without": name, "scenario": scenario, "verdict": finding.verdict,
                "lost": "; ".join(finding.lost), "session": fault.session if fault else None,
                "message": fault.message if fault else "", "command": fault.command if fault else "",
                "status": fault.status if fault else None, "why": fault.why if fault else "",
            })  # fmt: skip
    frame = pd.DataFrame(rows, columns=_LOSSES).astype({"session": "Int64", "status": "Int64"})
    frame.attrs |= {**made_by(), "base": found.base.name}
    return frame


@asked
def assessment_frame(
    profile: EnablerProfile, enablers: Iterable[str] | None = None, *, tries: int = TRIES
) -> pd.DataFrame:
    """A row per enabler under ``profile``: the verdict, what to add to enable it, and what to add to lose nothing.

    Up to ``tries`` sets of capabilities are tried, smallest first; whether all smaller ones were is the last column.

    >>> from dmkit.enablers.profile import PROFILES
    >>> "lock" in assessment_frame(PROFILES["nobody there"]).to_string()
    True
    """
    import pandas as pd

    rows = [{"enabler": a.enabler, "verdict": a.verdict, "add to enable it": changes(a.some),
             "add to lose nothing": changes(a.works), "proved": all(c.proved for c in (*a.some, *a.works))}
            for a in assess(profile, enablers, tries=tries)]  # fmt: skip
    frame = pd.DataFrame(rows).set_index("enabler")
    frame.attrs |= {**made_by(), "profile": profile.name, "lacks": [c.name for c in profile.lacks]}
    return frame


@asked
def changed(before: Matrix, after: Matrix) -> pd.DataFrame:
    """The cells of ``after`` that differ from those of ``before``: enabler, capability, and both needs.

    >>> from dmkit.enablers.matrix import matrix
    >>> spec, tight = (matrix(p, ["settings"], ["Atomic", "Exec"]) for p in (SPEC, SPEC.ruled({"max_message": 3000})))
    >>> [tuple(row) for row in changed(spec, tight).to_numpy()]
    [('settings', 'Atomic', 'optional', 'not needed')]
    """
    import pandas as pd

    rows = [(enabler, name, before[enabler, name].need, cell.need) for (enabler, name), cell in after.cells.items()
            if before[enabler, name].need != cell.need]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["enabler", "without", before.base.name, after.base.name])
    frame.attrs |= {**made_by(), "cells": len(after.cells)}
    return frame


@asked
def sets_tried(enabler: str, profile: EnablerProfile) -> pd.DataFrame:
    """Every set of capabilities that ``profile`` lacks, added and run: how many of each size work, degrade or fail.

    >>> from dmkit.enablers.profile import PROFILES
    >>> sets_tried("lock", PROFILES["no Exec"]).to_numpy().tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    from itertools import combinations

    import pandas as pd

    sizes = range(len(profile.lacks) + 1)
    found = {size: [overall(find(enabler, profile.added(*chosen))) for chosen in combinations(profile.lacks, size)]
             for size in sizes}  # fmt: skip
    words = sorted(RANK, key=RANK.__getitem__, reverse=True)
    frame = pd.DataFrame(
        [[found[size].count(word) for word in words] for size in sizes],
        index=pd.Index(sizes, name="capabilities added"),
        columns=pd.Index(words, name="verdict"),
    )
    frame.attrs |= {**made_by(), "enabler": enabler, "profile": profile.name, "sets": 2 ** len(profile.lacks)}
    return frame


@asked
def profile_frame(profiles: Iterable[EnablerProfile] | None = None) -> pd.DataFrame:
    """A row per profile, a column per enabler: works, degraded or fails.

    >>> profile_frame([]).shape
    (0, 12)
    """
    import pandas as pd

    from dmkit.enablers import ENABLERS

    known = tuple(PROFILES.values() if profiles is None else profiles)
    rows = [[overall(find(name, each)) for name in ENABLERS] for each in known]
    frame = pd.DataFrame(
        rows, index=pd.Index([p.name for p in known], name="profile"), columns=pd.Index(list(ENABLERS), name="enabler")
    )
    frame.attrs |= {**made_by(), "lacks": {p.name: [c.name for c in p.lacks] for p in known}}
    return frame
