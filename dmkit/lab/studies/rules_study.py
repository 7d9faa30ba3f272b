"""What a change of the specification costs: octets, round trips, time and energy of one session, load of a fleet.

A design is a name and its ``Rules``, for both sides.  Every number comes from sessions that were run.

>>> from dmkit.session.rules import Rules
>>> frame = rules_cost({"specification": Rules(), "basic": Rules(auth="basic", server_auth="basic")}, links=["lte"])
>>> frame[["design", "round_trips"]].values.tolist()
[['specification', 2], ['basic', 2]]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.server import jobs
from dmkit.sim.campaign import Campaign
from dmkit.sim.net import LINKS
from dmkit.sim.provenance import made_by
from dmkit.sim.run import Run
from dmkit.sim.tape import Tape, record
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.session.rules import Rules
    from dmkit.session.work import Job
    from dmkit.views.transcript import Transcript
    from dmkit.wire.codec import Codec

__all__ = ["RULES_COST", "rules_cost", "rules_load", "rules_talk"]

RULES_COST: Final = {
    "design": "its name",
    "link": "row of LINKS",
    "round_trips": "messages of the device that are answered",
    "octets_up": "octets of the device's messages",
    "octets_down": "octets of the server's messages",
    "delay": "s from the set-up of the connection to the last octet; servers answer at once, nothing is lost",
    "energy": "J of the device's radio in that time",
    "error": "why there was no session; empty: there was one",
}
"""Columns of ``rules_cost`` and their units."""


def _job(job: Job | None) -> Job:
    return job or jobs.read("./DevDetail/FwV")


@asked
def rules_talk(rules: Rules, job: Job | None = None, *, codec: Codec | None = None) -> Transcript:
    """The session of ``job`` (by default reading the firmware version) under ``rules``.

    >>> import dmkit as dm
    >>> len(rules_talk(dm.Rules(auth="basic")))
    4
    """
    from dmkit.device.device import Device
    from dmkit.server.server import Server
    from dmkit.transport.loop import converse
    from dmkit.wire.codec import WBXML

    device = Device.example(rules=rules, codec=codec or WBXML)
    return converse(device, Server.example(device), job=_job(job))


@asked
def rules_cost(
    designs: Mapping[str, Rules],
    job: Job | None = None,
    *,
    links: Iterable[str] = ("lte", "nb-iot"),
    codec: Codec | None = None,
) -> pd.DataFrame:
    """One row per design and link; columns are ``RULES_COST``.

    A design under which there is no session is a row with its reason.  ConfigError for a link that is not there.

    >>> import dmkit as dm
    >>> rules_cost({"basic": dm.Rules(auth="basic")}, links=["lte"])["design"].tolist()
    ['basic']
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for name, rules in designs.items():
        try:
            tape, error = record(_job(job), rules, codec), ""
        except ConfigError as why:
            tape, error = Tape(()), str(why)
        for link in links:
            if link not in LINKS:
                raise ConfigError(f"link {link!r} is not known; there are {', '.join(LINKS)}")
            rows.append({"design": name, "link": link, **_cost(tape, link), "error": error})
    frame = pd.DataFrame(rows, columns=list(RULES_COST))
    frame.attrs = {
        "measure": "rules_cost",
        **made_by(),
        "parameters": {"designs": {name: repr(rules) for name, rules in designs.items()}},
        "units": RULES_COST,
    }
    return frame


def _cost(tape: Tape, name: str) -> dict[str, object]:
    link = LINKS[name]
    up, down = sum(t.up for t in tape.trips), sum(t.down for t in tape.trips)
    delay = link.setup_seconds + sum(link.up_seconds(t.up) + link.down_seconds(t.down) + t.think for t in tape.trips)
    sending, receiving = up * 8 / link.up, down * 8 / link.down
    energy = sending * link.transmit + receiving * link.receive + (delay - sending - receiving) * link.idle
    return {"round_trips": len(tape.trips), "octets_up": up, "octets_down": down, "delay": delay, "energy": energy}


@asked
def rules_load(
    designs: Mapping[str, Rules],
    job: Job | None = None,
    *,
    plan: Campaign | None = None,
    seeds: Iterable[int] = (1, 2, 3),
    **options: Any,
) -> pd.DataFrame:
    """The campaign ``plan`` under each design, over ``seeds``: a sweep, columns "design" and those of ``Run.summary``.

    The fleet of ``plan`` meets the same luck under every design; what differs follows from the messages.

    >>> import dmkit as dm
    >>> frame = rules_load({"basic": dm.Rules(auth="basic")}, plan=dm.Campaign(devices=5), seeds=[1])
    >>> frame[["design", "done"]].values.tolist()
    [['basic', 1.0]]
    """
    from dmkit.lab.runs.experiment import sweep

    if not designs:
        raise ConfigError("a study needs at least one design")
    study = Study(dict(designs), next(iter(designs)), plan or Campaign(devices=2000), _job(job))
    return sweep(study, over={"design": list(designs)}, seeds=seeds, **options)


@dataclass(frozen=True, slots=True)
class Study:
    """A plan for ``sweep``: the campaign ``plan`` in which everybody plays by the rules of ``design``."""

    designs: Mapping[str, Rules]
    design: str
    plan: Campaign
    job: Job

    def run(self, seed: int) -> Run:
        """Play it once.  ConfigError when no session comes about under these rules."""
        tape = record(self.job, self.designs[self.design])
        return replace(self.plan, tape=tape, rules=None, job=None).run(seed)
