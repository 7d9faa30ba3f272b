"""Requests, a line each, and their answers as lines of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from .clock import grow, once_slow, timed, top

ANSWERS: dict[str, Callable[[str], Any]] = {"time": timed, "top": top, "grow": grow, "slow": once_slow}


def main() -> None:
    for line in sys.stdin:
        kind, _, name = line.strip().partition(" ")
        try:
            answer = ANSWERS[kind](name)
        except Exception as error:  # a row that an earlier release cannot run is a gap in the table, not its end
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
