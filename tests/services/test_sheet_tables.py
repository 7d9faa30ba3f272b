"""Units of time, states and containers of services, written off by hand."""

from __future__ import annotations

import pytest

from dmkit.services.carrying import _NEXT, _REFUSED
from dmkit.services.renewal import UNITS, seconds_in
from dmkit.services.state import STATES

HOUR, DAY = 60 * 60, 24 * 60 * 60


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("90m", 90 * 60), ("36h", 36 * HOUR), ("90d", 90 * DAY), ("4w", 28 * DAY), ("2w", 14 * DAY),
     ("0d", None), ("1y", None), ("d", None), ("1.5h", None), ("", None)],
)  # fmt: skip
def test_a_time_and_its_letter(text, seconds):
    assert seconds_in(text) == seconds and set(UNITS) == set("smhdw")


def test_states_from_best_to_worst():
    assert list(STATES) == ["works", "held up", "half set up", "absent"]


def test_what_is_tried_where_a_container_is_refused():
    """405 and 406 for what is not supported, 500 for nested ones, 501 for what is not there.  [DMREPPRO §6.6.3]"""
    assert _NEXT == {"atomic": "sequence", "sequence": "plain"} and set(_REFUSED) == {405, 406, 500, 501}
