"""The matrix and the assessment of profiles as text, as Markdown for a specification, and as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from dmkit.enablers.finding import SYMBOLS, ScenarioFinding, ScenarioVerdict
from dmkit.enablers.profile import EnablerProfile

if TYPE_CHECKING:
    from dmkit.enablers.change import Assessment, CapabilityChange
    from dmkit.enablers.matrix import Matrix

__all__ = ["assessment_data", "assessment_markdown", "assessment_text", "changes", "grid_markdown", "losses_markdown",
           "matrix_data", "matrix_markdown", "matrix_text"]  # fmt: skip

_KEY: Final = "● mandatory: nothing works without; ○ optional: something is lost without; · not needed"
_NOTHING: Final = "– nothing to lose: the base works as little with it, or does not have it"
MARKS: Final[dict[ScenarioVerdict, str]] = {"works": "works", "degraded": "degraded", "fails": "fails"}


def changes(found: tuple[CapabilityChange, ...]) -> str:
    """Changes as words: ``Exec + TNDS, or Exec + Copy``; ``-`` when nothing need be added."""
    if not found:
        return "nothing is enough"
    text = ", or ".join(str(change) for change in found) if found[0] else "-"
    return text if all(change.proved for change in found) else f"{text} (not every smaller set was tried)"


def _key(matrix: Matrix) -> str:
    """What the signs mean; the fourth only where it stands."""
    return f"{_KEY}; {_NOTHING}" if any(each.need == "nothing to lose" for each in matrix.cells.values()) else _KEY


def _table(rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


# -- the matrix


def _either(matrix: Matrix, enabler: str) -> str:
    return "; ".join(" or ".join(pair) for pair in matrix.either[enabler])


def matrix_text(matrix: Matrix) -> str:
    """Capabilities down, enablers across: names of enablers are short."""
    wide = max(len(c.name) for c in matrix.capabilities)
    lines = [" " * wide + "  " + "  ".join(matrix.enablers)]
    for each in matrix.capabilities:
        cells = (matrix[name, each.name].symbol.center(len(name)) for name in matrix.enablers)
        lines.append(f"{each.name:<{wide}}  {'  '.join(cells)}".rstrip())
    lines += ["", _key(matrix)]
    lines += [f"{name} needs one of: {_either(matrix, name)}" for name in matrix.enablers if matrix.either[name]]
    return "\n".join(lines)


def matrix_markdown(matrix: Matrix) -> str:
    """Enablers down, capabilities across, and pairs of which one is needed."""
    head = ["enabler", *(c.name for c in matrix.capabilities), "one of"]
    rows = [head, ["---", *[":-:"] * len(matrix.capabilities), "---"]]
    rows += [[name, *(matrix[name, c.name].symbol for c in matrix.capabilities), _either(matrix, name)]
             for name in matrix.enablers]  # fmt: skip
    return f"{_table(rows)}\n\n{_key(matrix)}."


def losses_markdown(matrix: Matrix, need: str = "mandatory") -> str:
    """Each cell of one kind: what was lost, and the message and status with which it went wrong."""
    rows = [["enabler", "without", "scenario", "lost", "first refusal"], ["---"] * 5]
    for (enabler, name), cell in matrix.cells.items():
        if cell.need == need:
            rows += [[enabler, name, scenario, f"{finding.verdict}, lost: {'; '.join(finding.lost)}",
                      str(finding.fault or "")] for scenario, finding in cell.lost.items()]  # fmt: skip
    return _table(rows)


def matrix_data(matrix: Matrix) -> dict[str, Any]:
    """Plain data, for JSON."""
    return {
        "base": matrix.base.name,
        "symbols": dict(SYMBOLS),
        "capabilities": [{"name": c.name, "meaning": c.meaning, "source": c.source, "requirement": c.row,
                          "client": c.level} for c in matrix.capabilities],
        "enablers": [
            {"name": name, "with all": matrix.with_all[name], "one of": [list(pair) for pair in matrix.either[name]],
             "needs": {c.name: {"need": matrix[name, c.name].need, "lost": _lost(matrix[name, c.name].lost)}
                       for c in matrix.capabilities}}
            for name in matrix.enablers
        ],
    }  # fmt: skip


def _lost(found: dict[str, ScenarioFinding]) -> dict[str, Any]:
    return {name: {"verdict": f.verdict, "lost": list(f.lost), "at": None if f.fault is None else str(f.fault),
                   "status": None if f.fault is None else f.fault.status} for name, f in found.items()}  # fmt: skip


# -- profiles


def _why(assessment: Assessment) -> str:
    lost = assessment.lost
    if len({(f.verdict, f.lost, f.fault) for f in lost.values()}) == 1 and len(lost) == len(assessment.row):
        return str(next(iter(lost.values()))).partition(", ")[2]
    return "; ".join(f"{name}: {finding}" for name, finding in lost.items())


def assessment_text(profile: EnablerProfile, found: Iterable[Assessment]) -> str:
    """What a profile can do: a line per enabler, what is lost below, and what to add."""
    lines = [f"{profile}: {profile.note}" if profile.note else str(profile)]
    lines.append(f"lacks: {', '.join(c.name for c in profile.lacks) or 'nothing'}")
    found = tuple(found)
    wide = max((len(a.enabler) for a in found), default=0)
    for each in found:
        lines.append(f"{each.enabler:<{wide}}  {each.verdict}")
        lines += [f"{'':<{wide}}  - {name} {finding}" for name, finding in each.lost.items()]
        if each.verdict == "fails":
            lines.append(f"{'':<{wide}}  add {changes(each.some)} to enable it")
        if each.verdict != "works":
            lines.append(f"{'':<{wide}}  add {changes(each.works)} to lose nothing")
    return "\n".join(lines)


def assessment_markdown(profile: EnablerProfile, found: Iterable[Assessment]) -> str:
    """The same as a table."""
    rows = [["enabler", profile.name, "lost", "enabled by", "lossless by"], ["---"] * 5]
    rows += [[a.enabler, a.verdict, _why(a), changes(a.some), changes(a.works)] for a in found]
    return _table(rows)


def grid_markdown(found: dict[str, tuple[Assessment, ...]]) -> str:
    """Profiles down, enablers across; where one is degraded or fails, what would enable it without loss."""
    names = [a.enabler for a in next(iter(found.values()), ())]
    rows = [["profile", *names], ["---"] * (len(names) + 1)]
    for profile, row in found.items():
        rows.append([profile, *("works" if a.verdict == "works" else f"{a.verdict}: {changes(a.works)}" for a in row)])
    return _table(rows)


def assessment_data(profile: EnablerProfile, found: Iterable[Assessment]) -> dict[str, Any]:
    """Plain data, for JSON."""

    def named(change: tuple[CapabilityChange, ...]) -> list[list[str]]:
        return [[*(c.name for c in one.add), *(f"rule {name}" for name in one.rules)] for one in change]

    def proved(assessment: Assessment) -> bool:
        return all(one.proved for one in (*assessment.some, *assessment.works))

    return {
        "profile": profile.name, "note": profile.note, "lacks": [c.name for c in profile.lacks],
        "enablers": [{"name": a.enabler, "verdict": a.verdict, "lost": _lost(a.lost), "enabled by": named(a.some),
                      "lossless by": named(a.works), "every smaller set was tried": proved(a)} for a in found],
    }  # fmt: skip
