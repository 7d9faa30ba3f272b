"""How many examples a law of this folder is given: few where every change runs it, many at night."""

from __future__ import annotations

from hypothesis import settings


def many(every_time: int, at_night: int) -> settings:
    """Settings with ``every_time`` examples, with fewer where the profile has fewer, and ``at_night`` in a long one."""
    most = settings.default.max_examples
    return settings(max_examples=at_night if most > 1000 else min(every_time, most) if most < 100 else every_time)
