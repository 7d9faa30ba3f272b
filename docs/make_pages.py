"""Pages that the program itself writes, so that they cannot grow stale.

Commands, registries, requirements, public names, modules; notebooks are copied.

``docs/conf.py`` calls ``write`` at each build; git ignores what it makes.
"""

from __future__ import annotations

import ast
import inspect
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from unittest import mock

import dmkit
from dmkit.auth import SCHEMES, basis_of
from dmkit.cli import COMMANDS, main
from dmkit.cli.command import CliCommand
from dmkit.cli.conformance import matrix
from dmkit.ddf.linting.report import RULES as LINT_RULES
from dmkit.ddf.registry import REGISTERED
from dmkit.ddf.spec import Basis
from dmkit.mo import OBJECTS
from dmkit.session.nonces import NONCES
from dmkit.session.states import TRANSITIONS
from dmkit.tree.refusals import Refusal
from dmkit.words.answers import ANSWERS
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.deviations import DeviationKind

__all__ = ["api", "changes", "commands", "modules", "objects", "registries", "requirements", "write"]

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
PACKAGE: Final = ROOT / "dmkit"


def _help(words: tuple[str, ...]) -> str:
    """What ``dmkit WORDS --help`` prints, 100 columns wide and without colours."""
    said = io.StringIO()
    plain = mock.patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"})
    with plain, redirect_stdout(said), suppress(SystemExit):
        main([*words, "--help"])
    return said.getvalue()


def _below(
    table: Mapping[str, CliCommand], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], CliCommand]]:
    for name, command in table.items():
        yield (*above, name), command
        yield from _below(command.below or {}, (*above, name))


def commands() -> str:
    """The page of the command line: one row a command, then what each says of itself."""
    rows = list(_below(COMMANDS))
    lines = [
        "# Command line",
        "",
        "`dmkit` after installation (`.venv/bin/dmkit`), or `python -m dmkit`. Exit status 0 when all went well,",
        "1 when what was asked for did not succeed, 2 with one sentence on standard error for bad input.",
        "",
        "| Command | What it does | Example |",
        "|---|---|---|",
        *(f"| [`dmkit {' '.join(w)}`](#{'-'.join(('dmkit', *w))}) | {c.what} | `{c.example}` |" for w, c in rows),
        "",
        "[Serving devices over HTTP](../serving.md) lists every field of the configuration, the limits and the log.",
    ]
    for words, _ in rows:
        name = " ".join(("dmkit", *words))
        lines += ["", f"({'-'.join(('dmkit', *words))})=", f"## {name}", "", "```text", _help(words).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _table(head: str, rows: Iterable[Iterable[object]]) -> list[str]:
    """A table in Markdown; ``head`` names the columns, separated by commas."""
    names = [name.strip() for name in head.split(",")]
    lines: list[list[str]] = [names, ["---"] * len(names)]
    lines += ([str(cell).replace("|", "\\|").replace("&", "&amp;") for cell in row] for row in rows)
    return ["", *(f"| {' | '.join(line)} |" for line in lines), ""]


def registries() -> str:
    """The page of what numbers and names mean: status codes, alerts, states, lint rules, identifiers, deviations."""
    status = ((c.value, c.phrase, c.meaning, c.source) for c in StatusCode if c.in_dm)
    others = ", ".join(f"{c.value} {c.phrase}" for c in StatusCode if not c.in_dm)
    alerts = ((a.value, a.phrase, a.direction, a.items, ", ".join(map(str, a.answers))) for a in AlertCode)
    lines = ["# Codes, states, deviations", "", "Each table is one in the code; unknown numbers keep their value.", ""]
    lines += ["## Status codes", *_table("Code, Phrase, In device management, Source", status)]
    lines += [f"Known from data synchronization, without a meaning of their own here: {others}.", ""]
    lines += ["## Answers to each command", "", "In *italics* what only the prose of the specification names.", ""]
    for verb, answers in ANSWERS.items():
        lines += [f"### {verb.value}", "", f"[{next(iter(answers.values())).source}]"]
        said = ((a.code.value, a.meaning if a.listed else f"*{a.meaning}*") for a in answers.values())
        lines += _table("Code, What it means as the answer", said)
    refusals = ((f"`{r.value}`", r.status.value, r.meaning, r.source) for r in Refusal)
    lines += ["## Why commands on the tree are refused", "", "`TreeRules.status` gives a reason another status."]
    lines += _table("Reason, Status, Meaning, Source", refusals)
    lines += ["## Alerts", *_table("Code, Name, Direction, Items, Answers", alerts)]
    for role, table in TRANSITIONS.items():
        rows = (
            (f"**{state.value}**", state.meaning, ", ".join(f"{move.value} → {to.value}" for move, to in moves.items()))
            for state, moves in table.items()
        )
        lines += [f"## States of a {role}", "", "Every other move is refused."]
        lines += _table("State, Meaning, What follows", rows)
    schemes = (
        (f"`{s.name}`", f"`{s.type.value}`", "header" if s.in_transport else "Cred", basis_of(s))
        for s in SCHEMES.values()
    )
    lines += ["## Ways to prove who one is", "", "`Rules.auth` and `Rules.server_auth` name one of them."]
    lines += _table("Scheme, Type on the wire, Where it travels, Basis", schemes)
    lines += ["## Nonces", "", "`Rules.nonce` names one of them."]
    lines += _table("Policy, Basis", ((f"`{policy.name}`", policy.basis) for policy in NONCES.values()))
    lines += ["## What lint asks of descriptions", "", "`dmkit ddf lint --rule NAME=SEVERITY` weighs a rule otherwise."]
    lines += _table(
        "Rule, Severity, Why, What mends it, Source",
        ((f"`{id}`", rule.severity, rule.why, rule.fix, rule.source) for id, rule in LINT_RULES.items()),
    )
    lines += ["## Identifiers of management objects", "", "An extract of the registry of OMNA."]
    lines += _table("Identifier, Defined in", ((f"`{id}`", said) for id, said in REGISTERED.items()))
    lines += ["## Deviations of real peers", "", "Refused when reading strictly, reported when reading leniently."]
    lines += _table("Kind, The rule it breaks", ((f"`{kind.value}`", kind.rule) for kind in DeviationKind))
    return "\n".join(lines)


def objects() -> str:
    """The page of the management objects: nodes, machines, result codes, and on what each rests."""
    rows = (
        (
            f"[{row.title}](#{row.name})",
            f"`{row.id}`",
            f"`{row.at}`",
            row.spec.count().nodes,
            ", ".join(f"{count} {basis}" for basis, count in row.spec.bases().items()),
        )
        for row in OBJECTS.values()
    )
    meanings = "; ".join(f"*{basis}*: {basis.meaning}" for basis in Basis)
    lines = [
        "# Management objects",
        "",
        "Each is a description and a module with its behaviour; "
        "`Device.with_object(name, at=..., ...)` mounts one, `dmkit objects` prints them.",
        "",
        f"Every node, move and code says on what it rests. {meanings}.",
        *_table("Object, Identifier, Place, Nodes, Basis", rows),
    ]
    for row in OBJECTS.values():
        lines += [f"({row.name})=", f"## {row.title}", "", f'`with_object("{row.name}")` [{row.source}]']
        if row.uses:
            lines += ["", f"Of the protocol it touches: {', '.join(c.name for c in row.uses)}."]
        nodes = (
            (
                f"`{place.uri}`",
                str(place.node.occurs),
                place.node.format or "node",
                ", ".join(sorted(place.node.access or ())),
                place.node.description,
                f"{place.basis}: {place.node.source}",
            )
            for place in row.spec.walk()
        )
        lines += _table("Node, Occurs, Format, Commands, What it is, Basis", nodes)
        for machine in row.machines:
            moves = (
                (f"**{state}**", ", ".join(f"{event.value} → {move.to.value}" for event, move in table.items()))
                for state, table in machine.table.items()
            )
            lines += [f"### States: {machine.name}", "", "Every other event is refused, or passed over."]
            lines += _table("State, What follows", moves)
        functions = getattr(row.part, "FUNCTIONS", {}).values()
        if functions:
            known = (
                (
                    f'`function="{each.name}"`',
                    f"`{each.id}`",
                    f"{each.way.value}: {each.way.meaning}",
                    "; ".join(f"{leaf.name} ({leaf.format.value}): {leaf.meaning}" for leaf in each.leaves),
                )
                for each in functions
            )
            lines += [
                "### Functions behind the frame",
                "",
                "Identifiers are established (OMNA); records are a proposal.",
            ]
            lines += _table("Option, Identifier, How it works, A record", known)
        if row.results:
            said = ((c.number, c.phrase, f"{c.basis}: {c.source}") for c in row.results.values())
            lines += ["### Result codes", "", f"Reported as {', '.join(f'`{kind}`' for kind in row.alerts)}."]
            lines += _table("Code, Meaning, Basis", said)
    return "\n".join(lines)


def requirements() -> str:
    """The page of requirements: the matrix that ``dmkit conformance`` prints."""
    rows = matrix()
    counts = {state: sum(row.state == state for row in rows) for state in ("covered", "failing", "claimed", "open")}
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    told = [
        f"Of {len(rows)}: {said}. Covered: its tests ran and passed before this page was made; claimed: tests bear its",
        "mark and have not run here as they are now. M must, S should, O may, X must not.",
    ]
    cells = ((r.id, r.client, r.server, r.text, r.source, len(r.tests) or len(r.claims), r.state) for r in rows)
    return "\n".join(["# Requirements", "", *told, *_table("Row, Client, Server, What, Source, Tests, State", cells)])


def schedule_cases() -> str:
    """The edges of device schedules: what is installed, what happens, what must come of it by each reading."""
    from dmkit.sim.schedule_cases import cases

    lines = [
        "# Cases of device schedules", "",
        "What a scheduler must do at its edges: each row is played on the plain loop and under SimPy by "
        "`tests/sim/test_schedule_cases.py`. The Scheduling MO is a proposal, so a row tests the proposal and its "
        "readings, which are fields of `SchedRules`. Times are UTC: month, day, T, hour, minute. What is installed "
        "stands in `dmkit/sim/schedule_cases.toml`.",
    ]  # fmt: skip
    for case in cases():
        lines += [
            "",
            f"## {case.id}: {case.title}",
            "",
            f"Source: {case.source}. Zone: `{case.zone}`. Until {case.until}.",
            "",
        ]
        lines += [f"- given `{name} = {value}`" for name, value in case.rules]
        lines += [f"- installed `{wish}`" for wish in map(_wish, case.installs)]
        lines += [f"- `{line}`" for line in case.life]
        lines += ["", "Outcome:", "", *(f"1. {row}" for row in case.expected or ("nothing",))]
        for reading, rows in case.readings:
            lines += ["", f"With `{reading}`:", "", *(f"1. {row}" for row in rows or ("nothing",))]
    return "\n".join(lines) + "\n"


def schedule_switches() -> str:
    """Every choice of a device's scheduler: rivals, meaning, source, mark, and the cases that show it."""
    from dmkit.sim.schedule_switches import switches

    lines = [
        "# Switches of device schedules", "",
        "Fields of `SchedRules`, each a choice that the proposal leaves open, or a limit of the device. Bold "
        "is the default. UNSURE, CONFLICT: sources say nothing, or two things; Evidence: a patent shows the idea; "
        "Proposal: ours. Cases are those of [the table of cases](schedule-cases.md).", "",
    ]  # fmt: skip
    rows = []
    for switch in switches():
        choices = switch.rivals.split(", ") if switch.default in switch.rivals.split(", ") else [switch.default]
        told = ", ".join(f"**`{c}`**" if c == switch.default else f"`{c}`" for c in choices)
        told += "" if len(choices) > 1 else f"; {switch.rivals}"
        rows.append((f"`{switch.name}`", told, switch.means, switch.source, switch.mark, ", ".join(switch.cases)))
    return "\n".join([*lines, *_table("Switch, Rivals, What it means, Source, Mark, Cases", rows)]) + "\n"


def _wish(wish: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in wish.items())


def _directive(thing: object) -> str:
    if inspect.isclass(thing):
        return "autoexception" if issubclass(thing, BaseException) else "autoclass"
    if inspect.isfunction(thing) or inspect.isbuiltin(thing):
        return "autofunction"
    return "automodule" if inspect.ismodule(thing) else "autodata"


def api() -> str:
    """The page of public names: a section a module, in the order of ``dmkit/__init__.py``."""
    places: dict[str, list[str]] = {}
    for name, (_, module) in dmkit.__getattr__.places.items():
        thing = getattr(dmkit, name)
        where = thing.__name__ if inspect.ismodule(thing) else f"dmkit.{module}"
        places.setdefault(where, []).append("" if inspect.ismodule(thing) else name)
    lines = ["# Names, module by module", ""]
    lines += ["All of these are attributes of `dmkit`; a module is loaded when its first name is used.", ""]
    told: set[str] = set()
    for where, names in places.items():
        lines += [f"## {where}", ""]
        if "" in names:  # a room: its docstring, then each of its names
            module = import_module(where)
            lines += [f"```{{eval-rst}}\n.. automodule:: {where}\n```", ""]
            names = [n for n in [*names, *getattr(module, "__all__", dir(module))] if n and not n.startswith("_")]
        for name in dict.fromkeys(names):
            thing = getattr(import_module(where), name)
            home = f"{getattr(thing, '__module__', where)}.{getattr(thing, '__qualname__', name)}"
            key = home if inspect.isclass(thing) or inspect.isfunction(thing) else f"{where}.{name}"
            directive = _directive(thing)
            if directive == "automodule" or key in told:
                lines += [f"`{name}`: see above." if key in told else f"`{name}`: a module.", ""]
                continue
            told.add(key)
            lines += [f"```{{eval-rst}}\n.. {directive}:: {key}"]
            lines += ["   :members:"] if directive in ("autoclass", "autoexception") else []
            lines += ["   :no-value:"] if directive == "autodata" else []
            lines += ["```", ""]
    return "\n".join(lines)


def _first_sentence(path: Path) -> str:
    """The first paragraph of the docstring of a module, up to its first full stop."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0].split())
    return text.split(". ")[0].split(".  [")[0].rstrip(".")


def _layers() -> dict[str, str]:
    """Module or folder -> its layer, from the test that enforces them."""
    tree = ast.parse((ROOT / "tests" / "repository" / "test_layers.py").read_text(encoding="utf-8"))
    [table] = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LAYERS"
    ]
    return {name: layer for layer, names in ast.literal_eval(table) for name in names}


def modules() -> list[tuple[str, str]]:
    """Each module of the package, by its path, and what its docstring says it is for."""
    paths = sorted(PACKAGE.rglob("*.py"), key=lambda path: (len(path.relative_to(PACKAGE).parts), path))
    return [(path.relative_to(ROOT).as_posix(), _first_sentence(path)) for path in paths]


def _modules_table() -> str:
    layers, order = _layers(), list(dict.fromkeys(_layers().values()))

    def layer_of(path: str) -> str:
        parts = Path(path).with_suffix("").parts[1:]
        return next((layers[n] for end in range(len(parts), 0, -1) if (n := ".".join(parts[:end])) in layers), "")

    rows = [(path, layer_of(path), what) for path, what in modules()]
    rows.sort(key=lambda row: order.index(row[1]) if row[1] else len(order))
    return "\n".join(_table("File, Layer, What it is for", ((f"`{path}`", layer, what) for path, layer, what in rows)))


def whatif_table() -> str:
    """What each example of ``docs/whatif`` changes, part by part, counted in its report."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((DOCS / "whatif").glob("*.json"))]
    titles = dict.fromkeys(part["title"] for report in reports for part in report["parts"])

    def cell(report: Mapping[str, Any], title: str) -> str:
        part = next((part for part in report["parts"] if part["title"] == title), None)
        if part is None or (not part["rows"] and not part["same"]):
            return "-"
        return f"{len(part['rows'])} of {len(part['rows']) + part['same']}" if part["same"] else f"{len(part['rows'])}"

    head = ", ".join(["Part", *(str(report["made from"]["change"]).replace(",", ";") for report in reports)])
    rows = [[title, *(cell(report, title) for report in reports)] for title in titles]
    return "\n".join(_table(head, rows))


def changes() -> str:
    """The page of changes: what is not yet part of a version, a note each, then CHANGELOG.md."""
    from cut_version import section

    notes = section(ROOT, "x", "y").partition("\n\n")[2]
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    head, found, versions = log.partition("\n## ")
    return f"{head.rstrip()}\n\n## Not yet part of a version\n\n{notes}\n{found.lstrip()}{versions}"


def write() -> None:
    """Make the pages below ``docs/made`` and copy the notebooks to ``docs/notebooks``."""
    made, notebooks = DOCS / "made", DOCS / "notebooks"
    for folder in (made, notebooks):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    (made / "commands.md").write_text(commands(), encoding="utf-8")
    (made / "api.md").write_text(api(), encoding="utf-8")
    (made / "registries.md").write_text(registries(), encoding="utf-8")
    (made / "objects.md").write_text(objects(), encoding="utf-8")
    (made / "schedule-cases.md").write_text(schedule_cases(), encoding="utf-8")
    (made / "schedule-switches.md").write_text(schedule_switches(), encoding="utf-8")
    (made / "requirements.md").write_text(requirements(), encoding="utf-8")
    (made / "changes.md").write_text(changes(), encoding="utf-8")
    (made / "whatif.inc").write_text(whatif_table(), encoding="utf-8")
    (made / "modules.inc").write_text(_modules_table(), encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")  # pages stand one folder nearer here
        (notebooks / path.name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
