"""A record of each run: which tests that claim rows of the conformance list ran, and how they ended.

``dmkit conformance`` reads it.  A test that was skipped, that failed, or that has no body covers nothing.  With
``--every-row`` a run fails whose tests leave a row uncovered that ``data/spec/README.md`` does not excuse.
"""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path

import pytest

from dmkit.cli.conformance import Recorded, is_empty, mark_of, matrix, unfinished, write_record

ROOT = Path(__file__).resolve().parents[1]
_CLAIM = "spec rows"


def _does_nothing(item: pytest.Item) -> bool:
    function = getattr(item, "function", None)
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return False
    return is_empty(source)


def claim(item: pytest.Item) -> None:
    """Send the rows that ``item`` claims along with its reports, from whatever process it runs in."""
    rows = [row for mark in item.iter_markers("spec") for row in mark.args]
    if rows:
        item.user_properties.append((_CLAIM, [*dict.fromkeys(rows), *([""] if _does_nothing(item) else [])]))


class Recorder:
    """Collects reports, and writes the record when the run is over.  Only where all reports come together."""

    def __init__(self, tests: Path, every_row: bool) -> None:
        self.tests = tests
        self.every_row = every_row
        self.ran: dict[str, Recorded] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        claimed = next((value for name, value in report.user_properties if name == _CLAIM), None)
        if claimed is None:
            return
        rows = tuple(row for row in claimed if row)  # type: ignore[union-attr]
        before = self.ran.get(report.nodeid)
        outcome = "skipped" if hasattr(report, "wasxfail") or "" in claimed else report.outcome  # type: ignore[operator]
        if before is not None and (outcome == "passed" or before.outcome == "failed"):
            outcome = before.outcome
        file = before.file if before is not None else mark_of(self.tests.parent / report.nodeid.partition("::")[0])
        self.ran[report.nodeid] = Recorded(rows, outcome, file)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.ran:
            write_record(self.ran, self.tests)
        if self.every_row and exitstatus == pytest.ExitCode.OK:
            page = (ROOT / "data" / "spec" / "README.md").read_text(encoding="utf-8")
            left = unfinished(matrix(self.tests), page)
            if left:
                session.config.get_terminal_writer().line("\nrows that this run does not show:\n" + "\n".join(left))
                session.exitstatus = pytest.ExitCode.TESTS_FAILED


def options(parser: pytest.Parser) -> None:
    """The options of a run that concern its record."""
    parser.addoption("--no-record", action="store_true", help="leave the record of earlier runs as it is")
    parser.addoption("--every-row", action="store_true", help="fail when a row of the conformance list is not covered")


def record(config: pytest.Config) -> None:
    """Have this run recorded, where all reports come together."""
    if not hasattr(config, "workerinput") and not config.getoption("--no-record"):
        config.pluginmanager.register(Recorder(ROOT / "tests", config.getoption("--every-row")), "conformance record")
