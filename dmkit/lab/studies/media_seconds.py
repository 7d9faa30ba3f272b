"""Seconds of a way of bootstrap: the line of the card, the network, short messages, a download, the first session.

``held`` puts the model of T=0 beside what was published about real cards; what is left there is the time that card and
terminal think, and gives the two speeds of a card that ``seconds`` is computed with.

>>> bool(held()["inside"].all())
True
>>> whole = seconds(play("USIM"), MediumWorld())
>>> 0 < whole.line < whole.quick < whole.slow
True
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final

from dmkit.card.t0 import CLOCK, ContactTiming, start_seconds
from dmkit.card.t0 import seconds as t0_seconds
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.studies.media_runs import MediumRun, play
from dmkit.sim.net import LINKS, PUSH, Link, Push
from dmkit.words.checked import checked
from dmkit.words.kinds import Names
from dmkit.words.ranges import Range, Seconds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HELD", "PUBLISHED", "MediumSeconds", "MediumWorld", "PublishedTiming", "card_seconds", "held", "play",
           "seconds", "thinking"]  # fmt: skip


# -- what was published about cards


@dataclass(frozen=True, slots=True)
class PublishedTiming:
    """A figure that somebody measured or computed, and what the model says: the least, and the most that it allows."""

    what: str
    published: float
    unit: str
    low: float
    high: float
    source: str


HELD: Final = {
    "what": "what was measured, or computed by others",
    "published": "the figure",
    "unit": "of the three",
    "low": "model: the line alone",
    "high": "model: the line, and all that the protocol lets pass beside it",
    "inside": "low <= published <= high",
    "left": "published - low: what is not the line",
    "source": "who published it",
}
"""Columns of ``held`` and what they mean."""

_SELECT: Final = [(bytes.fromhex("A0A40000027F20"), bytes.fromhex("9F16"))]
_REFUSED: Final = [(bytes.fromhex("00A40004023F00"), bytes.fromhex("6E00"))]
_LONGEST: Final = bytes.fromhex("3B9F96801F") + bytes(28)
"""An answer to reset has 33 octets at most; these say 512/32 and nothing more that matters here."""
_SHORTEST: Final = bytes.fromhex("3B00")


def _published() -> tuple[PublishedTiming, ...]:
    fast, usb = ContactTiming(3.5712e6, 512, 32), ContactTiming(5e6, 512, 32)
    first = ContactTiming(3.5712e6)
    phone, after = ContactTiming(CLOCK), ContactTiming(CLOCK, 512, 32)
    start, _ = start_seconds(_SHORTEST)
    longest, _ = start_seconds(_LONGEST, silence=40_000, faster=True)
    select, refused = t0_seconds(_SELECT, phone).seconds, t0_seconds(_REFUSED, after).seconds
    return (
        PublishedTiming("octets a second, 372/1 at 3.5712 MHz", 800, "1/s", first.octets_per_second,
                        first.octets_per_second, "fgrieu, Oracle community 2013 (computed)"),
        PublishedTiming("octets a second, 512/32 at 3.5712 MHz", 18600, "1/s", fast.octets_per_second,
                        fast.octets_per_second, "fgrieu, Oracle community 2013 (computed)"),
        PublishedTiming("octets a second, 512/32 at 5 MHz", 26042, "1/s", usb.octets_per_second,
                        usb.octets_per_second, "fgrieu, Oracle community 2013 (computed)"),
        PublishedTiming("bits a second, 372/1 at 5 MHz", 13440, "1/s", 1 / ContactTiming(5e6).etu,
                        1 / ContactTiming(5e6).etu, "Sauter, From GSM to LTE-Advanced Pro and 5G, §1.10"),
        PublishedTiming("waiting time at 372/1, WI 10, in etu", 9600, "etu", phone.waiting / phone.etu,
                        phone.waiting / phone.etu, "SIMtrace 2, status of its firmware (osmocom issue 5464)"),
        PublishedTiming("from reset to the first command, no PPS", 68.84, "ms", start.seconds * 1e3,
                        (longest.seconds + phone.waiting) * 1e3, "Rankl 2004: IT3 trace of a Siemens SL55, 372/1"),
        PublishedTiming("from one SELECT to the next command", 102.57, "ms", select * 1e3,
                        (select + phone.waiting) * 1e3, "Rankl 2004: IT3 trace of a Siemens SL55, 372/1"),
        PublishedTiming("a SELECT that is refused by its header", 2.633, "ms", refused * 1e3,
                        (refused + after.waiting) * 1e3, "IT3 trace, kernel-develop blog 2012, after PPS"),
        PublishedTiming("from reset over PPS to the first command", 92.56, "ms",
                        start_seconds(bytes.fromhex("3B1096"))[0].seconds * 1e3,
                        (longest.seconds + phone.waiting) * 1e3, "IT3 trace, kernel-develop blog 2012, after PPS"),
    )  # fmt: skip


PUBLISHED: Final = _published()
"""What the model is held against; differences of two time stamps of a trace have the precision of the trace."""


def held() -> pd.DataFrame:
    """The model beside published figures (HELD)."""
    rows: list[dict[str, object]] = [
        {"what": one.what, "published": one.published, "unit": one.unit, "low": round(one.low, 3),
         "high": round(one.high, 3), "inside": one.low * 0.9999 <= one.published <= one.high * 1.0001,
         "left": round(one.published - one.low, 3), "source": one.source}
        for one in PUBLISHED
    ]  # fmt: skip
    return _frame(rows, HELD, "media.held")


def thinking() -> tuple[float, float]:
    """Seconds that a quick and a slow card think about a command, from the two traces: what is left beside the line.

    The slow one has in it what the phone itself takes between two commands, and so is an upper bound.

    >>> quick, slow = thinking()
    >>> round(quick * 1e3, 1), round(slow * 1e3)
    (2.2, 87)
    """
    left = {one.what: (one.published - one.low) / 1e3 for one in PUBLISHED if one.unit == "ms"}
    return left["a SELECT that is refused by its header"], left["from one SELECT to the next command"]


# -- a way


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class MediumWorld:
    """What lies around a phone that is switched on for the first time; no figure of it is of one network (proposal).

    >>> MediumWorld(link="nb-iot").link
    'nb-iot'
    """

    clock: Annotated[float, Range("number", 1e6, 20e6)] = CLOCK
    """Hz at the contacts of the card."""
    link: Annotated[str, Names(lambda: LINKS)] = "lte"
    """Row of ``dm.sim.LINKS`` for sessions."""
    download: Annotated[str, Names(lambda: LINKS)] = "wifi"
    """The same for a profile, which comes before there is a subscription."""
    push: Annotated[str, Names(lambda: PUSH)] = "good"
    """Row of ``dm.sim.PUSH`` for short messages."""
    registration: Seconds = 5.0
    """Seconds from reading the card to being registered with the network; the same for every way."""


@dataclass(frozen=True, slots=True)
class MediumSeconds:
    """Seconds of one way, by part.  ``line``: the contacts alone; ``quick`` and ``slow``: with a card that thinks.

    ``messages``: until half of the phones have all short messages that come at all; ``come``: the share that gets all
    of them without a repetition.
    """

    commands: int
    octets: int
    line: float
    quick: float
    slow: float
    messages: float
    come: float
    download: float
    registration: float
    session: float

    @property
    def fewest(self) -> float:
        """From power-on to the end of the first session, with a quick card."""
        return self.quick + self._rest

    @property
    def most(self) -> float:
        """The same with a slow card."""
        return self.slow + self._rest

    @property
    def _rest(self) -> float:
        return self.messages + self.download + self.registration + self.session


def card_seconds(run: MediumRun, clock: float = CLOCK, think: float = 0.0) -> tuple[int, int, float]:
    """Commands, characters and seconds at the contacts: answer to reset, PPS, all that was exchanged."""
    start, contact = start_seconds(run.atr, clock=clock) if run.atr else (None, ContactTiming(clock))
    whole = t0_seconds([*run.loading, *run.exchanges], replace(contact, thinking=think))
    if start is not None:
        whole = start + whole
    return whole.commands, whole.characters, whole.seconds


def _all_come(push: Push, count: int) -> float:
    """Seconds by which half of those phones have all ``count`` messages that get all of them."""
    low, high = 1e-3, push.expiry
    for _ in range(100):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if push.within(middle) ** count < 0.5 else (low, middle)
    return low


def _session(run: MediumRun, link: Link) -> float:
    trips, up, down = run.opening
    opening = trips * link.rtt + up * 8 / link.up + down * 8 / link.down
    return opening + sum(link.up_seconds(n) if side == "up" else link.down_seconds(n) for side, n in run.session)


def seconds(run: MediumRun, world: MediumWorld | None = None) -> MediumSeconds:
    """The seconds of a run in a world, part by part."""
    world = world or MediumWorld()
    quick, slow = thinking()
    commands, octets, line = card_seconds(run, world.clock)
    count, push = len(run.to_phone), PUSH[world.push]
    link = LINKS[world.download]
    return MediumSeconds(
        commands, octets, line, card_seconds(run, world.clock, quick)[2], card_seconds(run, world.clock, slow)[2],
        _all_come(push, count) if count else 0.0, (1 - push.loss) ** count,
        link.over("tls 1.2").setup_seconds + link.down_seconds(run.download) if run.download else 0.0,
        world.registration, _session(run, LINKS[world.link]),
    )  # fmt: skip
