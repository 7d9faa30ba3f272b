"""Draw the pictures of README and documentation from real sessions: ``python docs/make_pictures.py``.

The same octets every time; tests/repository/test_pictures.py compares.
"""

from __future__ import annotations

from pathlib import Path

import dmkit as dm
from dmkit.mo import fumo
from dmkit.views.statechart import statechart_svg
from dmkit.workbench.figures import plot_readings

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


def attacker() -> str:
    """An attacker without the password makes the server take a weaker proof: what was said, and what became of it."""
    run = dm.studies.security.replay("downgrade", "md5 per session")
    return dm.views.ladder_svg(run.talks[run.shown - 1], title="An attacker changes the scheme that a server asks for")


def firmware_states() -> str:
    """The states of the firmware update object."""
    return statechart_svg(fumo.MACHINE)


def bootstrap_senders() -> str:
    """Who may bootstrap a phone: each method of protection against five senders."""
    frame = dm.studies.provisioning.admission()
    return dm.plot.figure_svg(dm.studies.provisioning.plot_admission(frame).figure)


def completion() -> str:
    """When a campaign is done: 5 000 phones, some of them off, asleep or busy; three seeds and their band."""
    plan = dm.Campaign(
        devices=5_000,
        conditions=dm.sim.HANDSET,
        arrivals=dm.sim.Spread(3600.0),
        servers=dm.sim.Servers(count=4, service=0.2),
    )
    curve = dm.sweep(
        plan, seeds=(1, 2, 3), measure=lambda run: dm.measure.completion(run, until=6 * 3600), progress=False
    )
    return dm.plot.figure_svg(dm.plot.completion(curve).figure)


def two_readings() -> str:
    """What becomes of conversations when two sides read a sentence differently: the dozen that harm the most."""
    frame = dm.workbench.recorded()
    worst = frame.sort_values(["silent", "breaks", "switch"], ascending=[False, False, True], kind="stable")
    return dm.plot.figure_svg(plot_readings(worst.head(12)).figure)


PICTURES = {
    "ladder.svg": ladder,
    "package-cost.svg": package_cost,
    "attacker.svg": attacker,
    "firmware-states.svg": firmware_states,
    "bootstrap-senders.svg": bootstrap_senders,
    "completion.svg": completion,
    "two-readings.svg": two_readings,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(FOLDER / name)
