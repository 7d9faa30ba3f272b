"""An intent in a fleet: each protocol's messages replayed for many devices, with its own way of waking them.

The tape of a protocol is the run of its engines; the world around it is ``dmkit.sim``.

>>> from dmkit.generations.intents import Read
>>> tape_of(play(Read(), "dm 2.0")).trips[0].up > 65
True
>>> frame = fleets("read a value", devices=500)
>>> bool(frame["done"].min() > 0.9)
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.generations.carriage import NOTHING, Security
from dmkit.generations.intents import Intent
from dmkit.generations.intents import intent as _wanted
from dmkit.generations.names import GENERATIONS
from dmkit.generations.played import CAUSES, PlayedIntent
from dmkit.generations.playing import play
from dmkit.generations.tables import channel
from dmkit.lwm2m.client import Client
from dmkit.lwm2m.coap import encode
from dmkit.lwm2m.store import STANDARD, Store
from dmkit.sim.arrivals import Arrivals, Polling, Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.net import LINKS, PUSH, Link
from dmkit.sim.provenance import made_by
from dmkit.sim.tape import Tape, Trip
from dmkit.words.asked import asked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "fleets", "standing", "tape_of"]

COLUMNS: Final[Mapping[str, str]] = {
    "generation": "name of the protocol",
    "woken": "what brings a sleeping device: a short message, or its own next update of the registration",
    "done": "share of the devices with which it was done",
    "t50": "s until half of them were done",
    "t95": "s until nineteen of twenty were done",
    "peak_queue": "most requests that waited at the servers",
    "server_hours": "hours that servers worked",
    "octets": "octets of a device for the intent, both ways, all causes, repeats included",
    "energy": "J of a device's radio for the intent",
    "short_messages": "short messages in all",
    "standing": "octets of a device a day that are spent whether or not anything is wanted",
}
"""Columns of ``fleets``."""


def tape_of(played: PlayedIntent, security: Security = NOTHING, link: Link | None = None) -> Tape:
    """The exchanges with the server as a tape for ``Campaign``; a repository's are time that the device takes.

    Octets are those of all causes.  Where the server asks, what it sends is counted down all the same.
    """
    trips: list[Trip] = []
    link = link or LINKS["lte"]
    pieces = [piece for piece in played.sent if piece.over != "sms"]
    sizes = [size for _, size in played.sides(security=security)]
    at = 0
    while at < len(pieces):
        until = next((n for n in range(at + 1, len(pieces)) if pieces[n].request), len(pieces))
        pair = range(at, until)
        up = sum(sizes[n] for n in pair if pieces[n].sender == "device")
        down = sum(sizes[n] for n in pair if pieces[n].sender != "device")
        if any(pieces[n].sender == "repository" for n in pair):
            seconds = link.up_seconds(up) + link.down_seconds(down)
            if trips:
                trips[-1] = replace(trips[-1], think=trips[-1].think + seconds)
        else:
            trips.append(Trip(up, down))
        at = until
    return Tape(tuple(trips), played.generation)


def standing(generation: str, *, update: float = 86_400.0) -> int:
    """Octets a day without any intent: updates of the registration every ``update`` seconds, where there is one.

    >>> standing("dm 2.0"), standing("lwm2m") > 21
    (0, True)
    """
    if generation != "lwm2m":
        return 0
    client = Client("urn:imei:493005100592800", Store.of(STANDARD, {"/1/0/0": 1}), locations=((1, "/rd/1"),))
    request = client.update(1)
    assert request is not None
    pair = (request, request.response("2.04"))
    headers = sum(28 + len(encode(replace_token(message))) for message in pair)
    return round(headers * 86_400 / update)


def replace_token(message: Any) -> Any:
    """A message with a token of two octets, as clients choose them."""
    import msgspec

    return msgspec.structs.replace(message, token=b"\0\0")


@asked
def fleets(
    intent: Intent | str = "read a value",
    *,
    devices: int = 100_000,
    link: str = "lte",
    security: str = "none",
    asleep: bool = True,
    update: float = 3600.0,
    spread: float = 3600.0,
    servers: Servers | None = None,
    seed: int = 1,
) -> pd.DataFrame:
    """An intent for ``devices`` in each protocol: how soon, at what load, for what energy.

    ``asleep`` devices are woken by a short message (DM, which the servers send over ``spread`` seconds), or come by
    themselves: a client of LwM2M in queue mode every ``update`` seconds.  Devices that are awake are met over
    ``spread`` seconds.  A basis beside the figures: tapes are runs, the world is a proposal.

    >>> fleets("lock", devices=200)["woken"].tolist()[-2:]
    ['a short message', 'its next update']
    """
    import pandas as pd

    if link not in LINKS:
        raise ConfigError(f"link {link!r} is not known; there are {', '.join(LINKS)}{nearest(link, LINKS)}")
    wanted = _wanted(intent)
    rows = []
    for generation in GENERATIONS:
        secure, played = channel(security, generation), play(wanted, generation)
        tape = tape_of(played, secure, LINKS[link])
        if not tape.trips:
            continue
        tcp = generation != "lwm2m"
        along = replace(
            LINKS[link], setup_trips=int(tcp) + secure.trips,
            setup_up=played.opening("device", security=secure), setup_down=played.opening("server", security=secure),
        )  # fmt: skip
        own = generation == "lwm2m" and asleep
        arrivals: Arrivals = Polling(update) if own else Spread(spread)
        plan = Campaign(
            devices=devices, tape=tape, link=along, arrivals=arrivals, servers=servers or Servers(count=8),
            push=PUSH["good"] if asleep and not own else None,
        )  # fmt: skip
        found = plan.run(seed).summary()
        woken = "its next update" if own else "a short message" if asleep else "it is awake"
        row: dict[str, Any] = {"generation": generation, "woken": woken}
        row |= {name: found[name] for name in ("done", "t50", "t95", "peak_queue", "server_hours")}
        row["octets"] = round(found["megabytes"] * 1e6 / devices)
        row |= {"energy": found["energy"], "short_messages": int(found["short_messages"])}
        rows.append(row | {"standing": standing(generation, update=update if own else 86_400.0)})
    frame = pd.DataFrame(rows)
    frame.attrs = made_by(intent=repr(wanted), devices=devices, link=link, security=security, seed=seed, asleep=asleep,
                          update=update, spread=spread, causes=CAUSES, basis="tapes: runs; the world: proposal",
                          units=dict(COLUMNS))  # fmt: skip
    return frame
