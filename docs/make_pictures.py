"""Draw the pictures of README and documentation from real sessions: ``python docs/make_pictures.py``.

The same octets every time; tests/repository/test_pictures.py compares.
"""

from __future__ import annotations

from pathlib import Path

import dmkit as dm

FOLDER = Path(__file__).resolve().parent / "pictures"


def ladder() -> str:
    """A server adds a node that exists already, and replaces its value; MD5 both ways, in WBXML."""
    device = dm.Device.example(codec=dm.WBXML)
    server = dm.Server.example(device)
    job = dm.jobs.put("./APN/Name", "internet")
    return dm.views.ladder_svg(dm.converse(device, server, job=job), title="A device management session: put a value")


def package_cost() -> str:
    """What MaxMsgSize costs: round trips of writing an object."""
    frame = dm.measure.package_cost((100, 300, 1_000, 3_000, 10_000, 30_000))
    return dm.plot.figure_svg(dm.plot.package_cost(frame, "round_trips").figure)


PICTURES = {"ladder.svg": ladder, "package-cost.svg": package_cost}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(FOLDER / name)
