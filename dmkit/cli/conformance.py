"""The conformance matrix: what the specifications ask, and which tests showed it when they last ran.

Rows come from ``data/spec/conformance.csv``.  A test claims rows by a mark (``@pytest.mark.spec("P-05")``); a claim
counts when the test ran, was not skipped, has a body, and passed.  Each test run of the project leaves a record of
that (``tests/recording.py``), which is read here.  What was recorded of a file that has changed since does not count.
"""

from __future__ import annotations

import argparse
import ast
import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["RECORD", "Recorded", "RequirementRow", "main", "matrix", "read_record", "read_rows", "spec_marks",
           "unfinished",
           "write_record"]  # fmt: skip

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_PLACES: Final = (_PACKAGE.parent / "data" / "spec" / "conformance.csv", _PACKAGE / "data" / "conformance.csv")
_TESTS: Final = _PACKAGE.parent / "tests"
RECORD: Final = ".conformance.json"
"""Name of the record, beside the folder of tests."""


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """One requirement: its level for each side (M must, S should, O may, X must not, - none) and its tests.

    ``tests`` are those that ran and passed; ``failed`` those that ran and did not; ``claims`` all that bear its mark.
    """

    id: str
    client: str
    server: str
    text: str
    source: str
    tests: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """``covered`` when its tests ran and all passed, ``failing`` when one did not, ``claimed`` when tests bear
        its mark and none was recorded, else ``open``.
        """
        return "failing" if self.failed else "covered" if self.tests else "claimed" if self.claims else "open"


class Recorded(msgspec.Struct, frozen=True):
    """How a test ended: the ``rows`` it claims, ``passed``, ``failed`` or ``skipped``; ``file`` marks its source."""

    rows: tuple[str, ...]
    outcome: str
    file: str


def read_rows() -> list[RequirementRow]:
    """The requirements, without tests; ConfigError when the list is not there."""
    place = next((path for path in _PLACES if path.is_file()), None)
    if place is None:
        raise ConfigError(f"the list of requirements is missing; it should be at {_PLACES[0].name} in data/spec")
    with place.open(newline="", encoding="utf-8") as file:
        return [RequirementRow(r["id"], r["client"], r["server"], r["text"], r["source"]) for r in csv.DictReader(file)]


# -- what was recorded


def mark_of(path: Path) -> str:
    """What tells one state of a test file from another; empty when it is gone."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def read_record(tests: Path = _TESTS) -> dict[str, Recorded]:
    """The record beside ``tests``, by name of test, without files that changed since; empty when there is none.

    ConfigError when the record cannot be read.
    """
    path = tests.parent / RECORD
    if not path.is_file():
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Recorded])
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{RECORD} is no record of a test run ({error}); run the tests again") from None
    marks = {name: mark_of(tests.parent / name) for name in {test.partition("::")[0] for test in found}}
    return {test: one for test, one in found.items() if one.file == marks[test.partition("::")[0]]}


def write_record(ran: Mapping[str, Recorded], tests: Path = _TESTS) -> None:
    """Keep what ``ran`` beside what earlier runs recorded of other tests."""
    try:
        before = read_record(tests)
    except ConfigError:
        before = {}
    whole = dict(sorted({**before, **ran}.items()))
    (tests.parent / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")


# -- what is claimed


def spec_marks(source: str, name: str) -> Iterator[tuple[str, str]]:
    """Pairs of row id and test that the source of one test module claims in so many words.

    >>> list(spec_marks("@pytest.mark.spec('P-05')\\ndef test_x(): ...", "test_a.py"))
    [('P-05', 'test_a.py::test_x')]
    """
    module = ast.parse(source)
    common = [row for node in module.body if _assigns_pytestmark(node) for row in _ids(node)]
    for path, test in _tests(module.body, ""):
        own = [row for decorator in test.decorator_list for row in _ids(decorator)]
        for row in dict.fromkeys([*common, *own]):
            yield row, f"{name}::{path}"


def _assigns_pytestmark(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else ()
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{prefix}{node.name}::")


def _ids(node: ast.AST) -> Iterator[str]:
    """Row ids in every ``...mark.spec(...)`` below ``node``."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "spec":
            yield from (arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def is_empty(source: str) -> bool:
    """Whether the function in ``source`` does nothing: a docstring, ``pass`` and ``...`` are all that it has.

    >>> is_empty("def test_x():\\n    '''Later.'''\\n    pass"), is_empty("def test_x(): assert 1")
    (True, False)
    """
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    return all(isinstance(n, ast.Pass) or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
               for n in function.body)  # fmt: skip


def matrix(tests: Path = _TESTS) -> list[RequirementRow]:
    """Every row with the tests below ``tests`` that claim it, and those that the last runs recorded."""
    claims: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        name = path.relative_to(tests.parent).as_posix()
        for row, test in spec_marks(path.read_text(encoding="utf-8"), name):
            claims.setdefault(row, []).append(test)
    ended: dict[tuple[str, str], dict[str, None]] = {}
    for test, one in read_record(tests).items():
        name = test.partition("[")[0]  # cases of one test count once
        for row in one.rows:
            ended.setdefault((row, one.outcome), {})[name] = None
    return [
        RequirementRow(row.id, row.client, row.server, row.text, row.source, tuple(ended.get((row.id, "passed"), ())),
            tuple(ended.get((row.id, "failed"), ())), tuple(claims.get(row.id, ())))
        for row in read_rows()
    ]  # fmt: skip


def unfinished(rows: Iterable[RequirementRow], page: str) -> list[str]:
    """What keeps a recorded run from being complete: rows that no test showed and ``page`` does not excuse, rows that
    fail, and excuses for rows that are covered.  ``page`` has a table "Rows that stay open".
    """
    table = page.partition("## Rows that stay open")[2]
    excused = [row for cell in re.findall(r"^\| ([A-Z]-[^|]*) \|", table, re.M) for row in cell.split()]
    found = [f"{row} is excused twice" for row in sorted({row for row in excused if excused.count(row) > 1})]
    for row in rows:
        if row.state == "covered" and row.id in excused:
            found.append(f"{row.id} is covered now: take it off the page")
        elif row.state != "covered" and row.id not in excused:
            found.append(f"{row.id} is {row.state}: no test that claims it ran and passed"
                         if row.state != "failing" else f"{row.id} is failing: {', '.join(row.failed)}")  # fmt: skip
    return found


# -- what peers of others are asked


def probe_cases() -> dict[str, dict[str, int]]:
    """Row -> how many cases of ``dmkit probe`` are about it, for clients and for servers.

    >>> probe_cases()["P-05"]["server"] > 10
    True
    """
    from dmkit.probe.catalogue import cases

    found: dict[str, dict[str, int]] = {}
    for case in (*cases("client"), *cases("server")):
        found.setdefault(case.row, {"client": 0, "server": 0})[case.side] += 1
    return found


def sections(text: str) -> frozenset[str]:
    """The sections that a source names, each with its document.

    >>> sorted(sections("DMPRO §8, §8.7; META"))
    ['DMPRO §8', 'DMPRO §8.7']
    """
    found, document = [], ""
    for word in re.findall(r"[A-Z]{2,8}(?= §)|§[\w.]+", text):
        if word.startswith("§"):
            found.append(f"{document} {word.rstrip('.')}")
        else:
            document = word
    return frozenset(found)


def readings_of(rows: Iterable[RequirementRow]) -> dict[str, tuple[str, ...]]:
    """Row -> the switches whose sentences stand in a section that the row is from.

    >>> "Rules.late_alert" in readings_of(read_rows())["P-01"]
    False
    """
    from dmkit.workbench.readings.switches import switches

    known = [(switch.name, sections(switch.source)) for switch in switches()]
    return {row.id: tuple(name for name, named in known if named & sections(row.source)) for row in rows}


# -- printing


def as_json(rows: list[RequirementRow]) -> str:
    """The matrix as JSON: id, client, server, tests, state, how many probe cases for each side, and readings."""
    keys = ("id", "client", "server", "tests", "state")
    probed = probe_cases()
    none = {"client": 0, "server": 0}
    read = readings_of(rows)
    entries = [
        {**{key: getattr(row, key) for key in keys}, "probe_cases": probed.get(row.id, none), "readings": read[row.id]}
        for row in rows
    ]
    return json.dumps(entries, indent=1)


def as_text(rows: list[RequirementRow]) -> str:
    """The matrix as a table, and a last line that counts."""
    lines = [f"{'row':<6} {'client':<12} {'server':<12} {'tests':>5} {'probes':>7} {'readings':>8}  {'state':<8} what"]
    probed, read = probe_cases(), readings_of(rows)
    for row in rows:
        levels = f"{row.client[:12]:<12} {row.server[:12]:<12}"
        both = probed.get(row.id)
        cases = f"{both['client']}+{both['server']}" if both else ""
        ways = f"{len(read[row.id]) or '':>8}"
        lines.append(f"{row.id:<6} {levels} {len(row.tests):>5} {cases:>7} {ways}  {row.state:<8} {row.text}")
    counts = {state: sum(row.state == state for row in rows) for state in ("covered", "failing", "claimed", "open")}
    last = f"{counts['covered']} of {many(len(rows), 'row')} covered by tests that ran and passed"
    last += "".join(f", {counts[state]} {state}" for state in ("failing", "claimed", "open") if counts[state])
    hint = "; claimed are those whose tests have not run here as they are now: make unit" if counts["claimed"] else ""
    return "\n".join([*lines, last + hint])


def main(argv: list[str] | None = None) -> int:
    """``dmkit conformance``: print the matrix.  Exit status 0, or 2 with one sentence when it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="dmkit conformance",
        description="Print which requirements of OMA DM are asserted by tests that ran and passed.",
        epilog="example: dmkit conformance --json",
    )
    parser.add_argument("--json", action="store_true", help="print a list of id, client, server, tests, state")
    parser.add_argument("--tests", type=Path, default=_TESTS, help="folder with the tests (default: the project's)")
    arguments = parser.parse_args(argv)
    if not arguments.tests.is_dir():
        print(f"dmkit conformance: no tests at {arguments.tests.name}; give their folder with --tests", file=sys.stderr)
        return 2
    try:
        rows = matrix(arguments.tests)
    except (ConfigError, SyntaxError) as error:
        print(f"dmkit conformance: {error}", file=sys.stderr)
        return 2
    print(as_json(rows) if arguments.json else as_text(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
