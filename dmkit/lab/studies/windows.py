"""Poll or push, orders or wishes: what the schedules that are in use cost a fleet of Windows-like devices.

>>> frame = poll_or_push(devices=(20_000,))
>>> frame[["schedule", "requests_per_second", "wait_by_poll"]].round(2).values.tolist()[:2]
[['Fleet-like', 333.33, 30.0], ['Intune-like', 0.69, 14400.0]]

Octets are counted on sessions of the device of ``dmkit.device.windows``, in XML, without TLS and HTTP.
Sources: [windows sheet §4, §5, §6].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes

import dmkit
from dmkit.auth import Account
from dmkit.device.device import counted_nonces
from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_declared import REFRESH, DeclaredConfiguration, document
from dmkit.lab.plots.drawing import COLOURS, finished, new_axes
from dmkit.server.jobs import send
from dmkit.session.rules import Rules
from dmkit.sim.polls import FLEET, INTUNE, PollSets
from dmkit.sim.provenance import made_by
from dmkit.sim.streams import Streams
from dmkit.sim.windows import DAY, Channel, DriftDesign, repair_times
from dmkit.transport.loop import converse
from dmkit.windows.catalogue import DescriptionCatalogue
from dmkit.windows.facts import EXAMPLE
from dmkit.words.counts import many
from dmkit.words.model import Command, Get, Replace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCHEDULES", "compare_designs", "first_hours", "octets_of", "owned_and_lost", "picture", "poll_or_push"]

SCHEDULES: Final[Mapping[str, PollSets]] = MappingProxyType(
    {
        "Fleet-like": FLEET,
        "Intune-like": INTUNE,
        "recommended": PollSets(first=(15, 8), second=(60, 5), remaining=(1560, 0)),
    }
)
"""Name -> poll sets: each minute for ever; 3 and 15 minutes, then 8 hours; the sample of the CSP, then 26 hours."""

NODE: Final = "./Device/Vendor/MSFT/Sample/Allow"


@cache
def octets_of(*commands: Command) -> tuple[int, int]:
    """Octets of a session that does ``commands``, both ways, and how many messages it has.

    >>> octets_of()[1], octets_of()[0] < octets_of(Get.of(NODE))[0]
    (2, True)
    """
    account = Account("mdm.example", "https://mdm.example/dm")
    device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]), account)
    rules = Rules(auth="none", server_auth="none", lenient=True, first_message="any")
    server = dmkit.Server({device.address: account}, rules=rules, nonces=counted_nonces)
    talk = converse(device, server, job=send(*commands) if commands else None)
    return talk.size["both"], len(talk)


def poll_or_push(
    devices: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000),
    changes_per_day: float = 1.0,
    online: float = 0.9,
    channel: Channel | None = None,
) -> pd.DataFrame:
    """A row a schedule and a size: requests a second in the long run, mean seconds until a change is there, octets.

    ``wait_by_poll`` is half an interval; with push a change is there after the delay of the channel for the share that
    is ``online``, and by poll for the others.  ``octets_per_device_day`` are those of empty polls, and of changes.
    """
    import pandas as pd

    channel = channel or Channel()
    empty, messages = octets_of()
    work, _ = octets_of(Replace.of(NODE, "0"))
    rows = []
    for name, polls in SCHEDULES.items():
        for count in devices:
            wait = polls.tail / 2
            pushed = online * channel.delay + (1 - online) * wait
            per_day = DAY / polls.tail
            rows.append((name, count, polls.rate(count), polls.rate(count) * messages / 2, wait, pushed,
                         per_day, per_day * empty + changes_per_day * (work - empty),
                         count * (per_day * empty + changes_per_day * (work - empty)) / 1e9))  # fmt: skip
    columns = ["schedule", "devices", "requests_per_second", "messages_per_second", "wait_by_poll", "wait_with_push",
               "polls_per_day", "octets_per_device_day", "fleet_gigabytes_day"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    units = dict.fromkeys(("wait_by_poll", "wait_with_push"), "s until a change is there, mean")
    frame.attrs = made_by(changes_per_day=changes_per_day, online=online, channel=repr(channel), units=units)
    return frame


def first_hours(devices: int = 1000, hours: float = 6.0, spread: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Requests a second, minute by minute, after ``devices`` were enrolled within ``spread`` seconds."""
    import pandas as pd

    minutes = int(hours * 60)
    begun = Streams(seed).uniform("enrolled", (devices,)) * spread
    rows = []
    for name, polls in SCHEDULES.items():
        counts = np.zeros(minutes + 1)
        for at in polls.times():
            if at > hours * 3600:
                break
            landed = ((begun + at) // 60).astype(int)
            counts += np.bincount(landed[landed <= minutes], minlength=minutes + 1)
        rows += [(name, minute, count / 60.0) for minute, count in enumerate(counts[:minutes])]
    frame = pd.DataFrame(rows, columns=["schedule", "minute", "requests_per_second"])
    frame.attrs = made_by(devices=devices, hours=hours, spread=spread, seed=seed)
    return frame


def compare_designs(devices: int = 200, days: float = 30.0, drifts_per_day: float = 0.2, seed: int = 1) -> pd.DataFrame:
    """Orders against wishes: time to repair, sessions and octets a device and day, and who owns the setting.

    Orders: the server reads the setting at each poll and sets it again.  Wishes: the device holds a document and looks
    every four hours by itself; the server hears of it at most by an alert.
    """
    import pandas as pd

    read, _ = octets_of(Get.of(NODE))
    write, _ = octets_of(Get.of(NODE), Replace.of(NODE, "0"))
    told, _ = octets_of()
    designs = {
        f"orders, {name}": (polls.tail, 1, read, write - read, "nobody: the last writer wins")
        for name, polls in SCHEDULES.items()
    }
    designs["wishes"] = (REFRESH, 0, 0, 0, "the document; others get 0x86000031")
    rows = []
    for name, (look, sessions, octets, repair, owner) in designs.items():
        design = DriftDesign(look=look, sessions=sessions, octets=octets, repair_octets=repair)
        found = repair_times(design, devices, days, drifts_per_day, seed)
        waits = np.array([r.repaired - r.drifted for r in found])
        looks = DAY / look
        costs = looks * octets + sum(r.octets - octets for r in found) / (devices * days)
        rows.append((name, len(found), float(waits.mean()), float(np.quantile(waits, 0.95)), looks * sessions, costs,
                     owner))  # fmt: skip
    columns = ["design", "drifts", "mean_repair", "repair_95", "sessions_per_day", "octets_per_day", "owner"]
    frame = pd.DataFrame(rows, columns=columns)
    units = {"mean_repair": "s from drift to repair, mean", "repair_95": "s within which 95 % are repaired"}
    frame.attrs = made_by(devices=devices, days=days, drifts_per_day=drifts_per_day, seed=seed, alert_octets=told,
                          units=units)  # fmt: skip
    return frame


def owned_and_lost() -> tuple[int, str, tuple[str, ...], str]:
    """A document owns a setting: what an order gets, what stands there, what unenrolling rolls back, what is left.

    >>> owned_and_lost()
    (500, '0', ('./Device/Vendor/MSFT/Sample/Allow',), '1')
    """
    device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
    declared = DeclaredConfiguration(device)
    declared.take(document("A", {NODE: "0"}))
    declared.process(0.0)
    answer = device.execute((Replace.of(NODE, "1"),), "mdm", 1.0).outcomes[0]
    before = str(device.tree.get(NODE).value)
    undone = declared.unenrol(2.0)
    assert answer.status is not None
    return int(answer.status), before, undone, str(device.tree.get(NODE).value)


def picture(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Load against delay, a line for each size of fleet and a mark for each schedule; both axes logarithmic."""
    ax = new_axes(ax)
    for count, colour in zip(sorted(frame.devices.unique()), COLOURS, strict=False):
        rows = frame[frame.devices == count].sort_values("wait_by_poll")
        ax.plot(
            rows.wait_by_poll / 60,
            rows.requests_per_second,
            marker="o",
            color=colour,
            label=many(count, "device", form=","),
        )
        ax.plot(rows.wait_with_push / 60, rows.requests_per_second, marker="^", color=colour, linestyle=":")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.legend()
    return finished(ax, "Load against delay: by poll (circles), with push (triangles)",
                    "mean wait for a change, minutes", "requests a second")  # fmt: skip
