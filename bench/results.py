"""The file of a run: ``bench/results.json``, or ``bench/part.json`` when rows were named.

It holds what made it (version, commit, machine in general terms, libraries and peers), parameters, the load from the
beginning to the end, and each row with its middle, spread, earlier release and dearest functions.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import process_time
from typing import Any, Final

from dmkit.sim.provenance import made_by

__all__ = ["PART", "WHOLE", "exponent", "made", "moment", "trust", "verdict", "write"]

ROOT: Final = Path(__file__).resolve().parents[1]
WHOLE: Final = ROOT / "bench" / "results.json"
PART: Final = ROOT / "bench" / "part.json"
LIBRARIES: Final = (
    "lxml", "msgspec", "cryptography", "aiohttp", "cbor2", "numpy", "pandas", "numba", "simpy", "salabim", "ciw",
)  # fmt: skip
PACKAGES: Final = {"libwbxml": "libwbxml2-1", "PHP Horde": "php-horde-xml-wbxml"}
BUSY: Final = 1.6
"""The load, on two cores, above which others took some of the time.  One process of the bench works at a time; some
rows have two, so a third of all may lie above it."""


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The slope of log time over log size, by least squares: 1 for linear.

    >>> round(exponent([(100, 1.0), (200, 2.0), (400, 4.0)]), 3), round(exponent([(1, 1.0), (10, 100.0)]), 3)
    (1.0, 2.0)
    """
    xs, ys = [math.log(n) for n, _ in points], [math.log(seconds) for _, seconds in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def moment() -> dict[str, Any]:
    """When it is, and the load of the last minute."""
    return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "load": round(os.getloadavg()[0], 1)}


def made() -> dict[str, Any]:
    """What made the rows of this run."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return made_by(
        python=platform.python_version(), machine=platform.machine(), system=platform.system(), cores=os.cpu_count(),
        memory_gib=round(memory), yardstick_ms=round(1e3 * yardstick(), 1), libraries=found, peers=peers(),
        changed=changed(),
    )  # fmt: skip


def yardstick() -> float:
    """Processor seconds of a million additions in a loop of Python, at their best: how fast this machine is."""

    def once() -> float:
        start, total = process_time(), 0
        for number in range(1_000_000):
            total += number
        return process_time() - start

    return min(once() for _ in range(5))


def peers() -> dict[str, str]:
    """Versions of the peers that are no Python: as PHP says, and Debian's packages."""
    asked = {name: ["dpkg-query", "-W", "-f", "${Version}", package] for name, package in PACKAGES.items()}
    asked["PHP"] = [os.environ.get("DMKIT_PHP", "php"), "-r", "echo PHP_VERSION;"]
    found = {}
    for name, words in asked.items():
        if shutil.which(words[0]) is not None:
            said = subprocess.run(words, capture_output=True, text=True)
            if said.returncode == 0 and said.stdout:
                found[name] = said.stdout.strip()
    return found


def changed() -> bool:
    """Whether the work tree has changes that are in no commit."""
    try:
        said = subprocess.run(
            ["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True
        )
    except OSError:
        return False
    return bool(said.stdout.strip())


def loads(run: dict[str, Any]) -> list[float]:
    """The load at the beginning, beside each row, and at the end."""
    parts = [*run["rows"], *run["growth"], *run["slow"]]
    ends = [run[end] for end in ("began", "ended") if run.get(end)]
    return [entry["load"] for entry in (*ends[:1], *parts, *ends[1:]) if "load" in entry]


def trust(run: dict[str, Any]) -> str:
    """How far a run is to be believed, by the load of the machine.

    >>> run = {"rows": [], "growth": [], "slow": [], "made": {"cores": 2}, "ended": {"load": 1.0}}
    >>> trust(run | {"began": {"load": 9.0}})[:77]
    'the machine was busy (load 9.0 at the beginning, 9.0 at most, 1.0 at the end)'
    >>> trust(run | {"began": {"load": 0.4}})
    'the machine was idle (load 0.4 at the beginning, 1.0 at most, 1.0 at the end): each figure holds to its turns'
    """
    seen, cores = loads(run), run["made"]["cores"] or 1
    told = f"load {seen[0]:.1f} at the beginning, {max(seen):.1f} at most, {seen[-1]:.1f} at the end"
    busy = [load for load in seen if load > BUSY * cores / 2]
    if len(busy) > len(seen) / 3:
        return f"the machine was busy ({told}): ratios hold to a tenth or so, what goes by the clock does not"
    return f"the machine was idle ({told}): each figure holds to its turns"


def verdict(row: dict[str, Any]) -> str:
    """Whether a row meets what is wanted, or why that is not known."""
    if row["now"] is None:
        return f"not measured: {row['error']}" if row["error"] else "not measured"
    if row["wanted"] is None:
        return ""
    return "met" if row["now"] <= row["wanted"] else "NOT MET"


def write(run: dict[str, Any], whole: bool) -> Path:
    """Write what has been measured so far; a run that is stopped leaves what it had."""
    place = WHOLE if whole else PART
    place.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return place
