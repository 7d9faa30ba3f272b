"""Settings of the whole suite: hypothesis profiles, and the check that spec marks name rows that exist."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from dmkit.session.oracle.check import assert_sound
from dmkit.views.transcript import Transcript
from dmkit.wire.compiled import paths
from tests.recording import claim, options, record

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("DMKIT_CORPUS", ROOT.parent / "shared" / "corpus"))

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, suppress_health_check=_quiet)
settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True, suppress_health_check=_quiet)
settings.register_profile("fresh", max_examples=100, deadline=None, suppress_health_check=_quiet)
settings.register_profile("nightly", max_examples=50_000, deadline=None, suppress_health_check=_quiet)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Quick readers from the first message on; with ``DMKIT_FAST=off`` every test holds the strict ones instead."""
    record(config)
    switch = paths(fast=os.environ.get("DMKIT_FAST", "on") != "off")
    switch.__enter__()
    config.add_cleanup(lambda: switch.__exit__(None, None, None))  # and so it is kept until then


OUTSIDE = ("tests/repository/test_site.py", "tests/repository/test_repository.py", "tests/lab/boards/test_browser.py",
           "tests/lab/boards/test_seen.py",
           "tests/repository/test_notebooks.py")  # fmt: skip
"""Files that build the site or an image, run a browser or make: ``make outside``."""
SLOW = (
    "tests/attack", "tests/cli", "tests/enablers", "tests/generations", "tests/golden", "tests/lab", "tests/repository",
    "tests/rights", "tests/services", "tests/sim", "tests/transport", "tests/windows",
    "dmkit/attack", "dmkit/enablers", "dmkit/generations", "dmkit/lab", "dmkit/sim",
)  # fmt: skip
"""Rooms whose tests run whole fleets, searches, servers or processes: ``make quick`` leaves them to ``make unit``."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = Path(item.path).relative_to(ROOT).as_posix() if Path(item.path).is_relative_to(ROOT) else ""
        if place in OUTSIDE:
            item.add_marker("outside")
        elif place.startswith(tuple(f"{room}/" for room in SLOW)):
            item.add_marker("slow")
    with (ROOT / "data" / "spec" / "conformance.csv").open(newline="", encoding="utf-8") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    for item in items:
        for mark in item.iter_markers("spec"):
            unknown = set(mark.args) - known
            if unknown or not mark.args:
                raise pytest.UsageError(f"{item.nodeid}: no such row in data/spec/conformance.csv: {sorted(unknown)}")
        claim(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Every transcript that a test makes of two engines passes the oracle (I1 to I14) before the test may pass.

    A test whose network, or whose peer, is meant to break them says so: ``@pytest.mark.unsound("why")``.
    """
    made: list[Transcript] = []
    original = Transcript.of

    def noted(steps: object) -> Transcript:
        transcript = original(steps)  # type: ignore[arg-type]
        made.append(transcript)
        return transcript

    Transcript.of = noted  # type: ignore[method-assign, assignment]
    try:
        result = yield
    finally:
        Transcript.of = original  # type: ignore[method-assign]
    if item.get_closest_marker("unsound") is None:
        for transcript in made:
            assert_sound(transcript)
    return result


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder with files that other projects wrote; tests that need it are skipped where it is missing."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}; set DMKIT_CORPUS")
    return CORPUS
