"""What a whole session takes, counted in calls and lines of Python: a step more in each message shows here, without a
clock.

A budget is what was counted, and a fiftieth; whoever makes a session shorter writes the lower figure.
"""

from __future__ import annotations

import pytest

from bench.probe.messages import session
from dmkit.wire.compiled import paths
from tests.steps import python_lines, steps

BUDGET = {"WBXML": (1165, 4515), "XML": (1318, 4890)}
"""Calls, built-in ones too, and lines with the calls and returns between them, of the session that the bench plays."""


@pytest.mark.parametrize("codec", BUDGET)
def test_a_session_takes_no_more_steps_than_it_took(codec: str) -> None:
    with paths(fast=True):
        run, _, _ = session(codec)
        for _ in range(8):  # what is made on first use is made, and what comes again is remembered
            run()
        taken = steps(run), python_lines(run)
    most = BUDGET[codec]
    assert all(here <= budget for here, budget in zip(taken, most, strict=True)), f"{taken} taken, {most} allowed"
