"""The conformance matrix: what the specifications ask, and which tests assert it.

Rows come from ``data/spec/conformance.csv``; the tests that claim a row are found by reading the test
files (``@pytest.mark.spec("P-05")``, ``pytestmark``, ``marks=`` of parameters), without running them.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dmkit.words.errors import ConfigError

__all__ = ["Row", "main", "matrix", "read_rows", "spec_marks"]

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_PLACES: Final = (_PACKAGE.parent / "data" / "spec" / "conformance.csv", _PACKAGE / "data" / "conformance.csv")
_TESTS: Final = _PACKAGE.parent / "tests"


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement: its level for each side (M must, S should, O may, X must not, - none) and its tests."""

    id: str
    client: str
    server: str
    text: str
    source: str
    tests: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """``covered`` when a test asserts it, else ``open``."""
        return "covered" if self.tests else "open"


def read_rows() -> list[Row]:
    """The requirements, without tests; ConfigError when the list is not there."""
    place = next((path for path in _PLACES if path.is_file()), None)
    if place is None:
        raise ConfigError(f"the list of requirements is missing; it should be at {_PLACES[0].name} in data/spec")
    with place.open(newline="", encoding="utf-8") as file:
        return [Row(r["id"], r["client"], r["server"], r["text"], r["source"]) for r in csv.DictReader(file)]


def spec_marks(source: str, name: str) -> Iterator[tuple[str, str]]:
    """Pairs of row id and test that the source of one test module claims.

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


def matrix(tests: Path = _TESTS) -> list[Row]:
    """Every row with the tests below ``tests`` that claim it."""
    claims: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        name = path.relative_to(tests.parent).as_posix()
        for row, test in spec_marks(path.read_text(encoding="utf-8"), name):
            claims.setdefault(row, []).append(test)
    return [
        Row(row.id, row.client, row.server, row.text, row.source, tuple(claims.get(row.id, ()))) for row in read_rows()
    ]


def as_json(rows: list[Row]) -> str:
    """The matrix as JSON: id, client, server, tests, state."""
    keys = ("id", "client", "server", "tests", "state")
    return json.dumps([{key: getattr(row, key) for key in keys} for row in rows], indent=1)


def as_text(rows: list[Row]) -> str:
    """The matrix as a table, and a last line that counts."""
    lines = [f"{'row':<6} {'client':<12} {'server':<12} {'tests':>5}  {'state':<8} what"]
    for row in rows:
        levels = f"{row.client[:12]:<12} {row.server[:12]:<12}"
        lines.append(f"{row.id:<6} {levels} {len(row.tests):>5}  {row.state:<8} {row.text}")
    covered = sum(row.state == "covered" for row in rows)
    return "\n".join([*lines, f"{covered} of {len(rows)} rows covered"])


def main(argv: list[str] | None = None) -> int:
    """``dmkit conformance``: print the matrix.  Exit status 0, or 2 with one sentence when it cannot be made."""
    parser = argparse.ArgumentParser(
        prog="dmkit conformance",
        description="Print which requirements of OMA DM are asserted by which tests.",
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
