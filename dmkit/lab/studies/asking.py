"""Questions to the user: what stands behind one, and what becomes of it when the answer is not Yes.

>>> what_no_stops().loc["side by side", ["yes", "no"]].tolist()
['carried out', 'carried out']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from dmkit.device.device import Device
from dmkit.lab.plots.enablers import Looks, sign_map
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.sim.provenance import made_by
from dmkit.transport.loop import converse
from dmkit.views.look import GROUND, HUES, PAINT
from dmkit.words.arguments import one_of
from dmkit.words.model import Alert, Atomic, Command, Delete, Replace, Sequence
from dmkit.words.outcome import Outcome
from dmkit.words.question import person

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from dmkit.views.transcript import Transcript

__all__ = ["ANSWERS", "PLACES", "plot_stops", "session", "what_no_stops"]

_TARGET: Final = "./APN/Name"
_BEFORE: Final = "./Vendor/Acme/Poll"
_LIMIT: Final = 30
ANSWERS: Final[Mapping[str, Callable[[Alert], Outcome] | None]] = {
    "yes": person(lambda question: True),
    "no": person(lambda question: False),
    "cancel": person(lambda question: None),
    "too late": person(lambda question: True, seconds=_LIMIT + 1),
    "no display": None,
}
"""What the person does; None: the device cannot show the question."""
PLACES: Final[Mapping[str, Callable[[tuple[Command, ...]], tuple[Command, ...]]]] = {
    "side by side": lambda commands: commands,
    "Sequence": lambda commands: (Sequence(commands),),
    "Atomic": lambda commands: (Atomic(commands),),
}
"""How the commands stand in the package."""
STOPS: Final[Looks] = {  # colour of the cell, sign in it, colour of the sign
    "carried out": (GROUND.blue, "✓", PAINT.blue),
    "not carried out": (PAINT.orange, "✕", GROUND.white),
    "carried out, and taken back": (HUES["yellow"], "↶", PAINT.ink),
}


def what_no_stops(rules: Rules | None = None, *, before: bool = False) -> pd.DataFrame:
    """What becomes of a Delete behind a question: a row for how they are sent, a column for each of ``ANSWERS``.

    ``before``: of a Replace that stands in front of the question instead.  The question waits 30 s (MAXDT).

    >>> what_no_stops().loc["Atomic", "no"], what_no_stops(before=True).loc["Atomic", "no"]
    ('not carried out', 'carried out, and taken back')
    """
    import pandas as pd

    rules = rules or Rules()
    rows = {place: [_fate(rules, place, answer, before) for answer in ANSWERS] for place in PLACES}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(ANSWERS)).rename_axis("sent")
    frame.attrs = {"measure": "what_no_stops", **made_by(), "before": before}
    return frame


def session(sent: str, answer: str, rules: Rules | None = None) -> Transcript:
    """The session with a Replace, a question and a Delete: ``sent`` is a row of ``PLACES``, ``answer`` of ``ANSWERS``.

    >>> session("Sequence", "no")[2].summary
    'Status SyncHdr 212, Sequence 200, Replace 200, Alert 304, Delete 215; Final'
    """
    return _played(rules or Rules(), sent, answer)[0]


def _played(rules: Rules, sent: str, answer: str) -> tuple[Transcript, Device]:
    one_of("answer", answer, ANSWERS)
    one_of("sent", sent, PLACES)
    device = Device.example(rules=rules, user=ANSWERS[answer])
    commands = (Replace.of(_BEFORE, "15"), Alert.of(1101, f"MAXDT={_LIMIT}", "May we?"), Delete.of(_TARGET))
    job = jobs.send(*PLACES[sent](commands))
    return converse(device, Server.example(device), job=job), device


def _fate(rules: Rules, place: str, answer: str, before: bool) -> str:
    _, device = _played(rules, place, answer)
    done = device.tree.get(_BEFORE).text == "15" if before else device.tree.find(_TARGET) is None
    if done:
        return "carried out"
    return "carried out, and taken back" if before else "not carried out"


def plot_stops(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """A cell for each way to send and each answer; ``frame`` is of ``what_no_stops``.

    >>> plot_stops(what_no_stops()).get_title(loc="left")
    'What becomes of a Delete behind a question'
    """
    what = "Replace before" if frame.attrs.get("before") else "Delete behind"
    return sign_map(frame, STOPS, f"What becomes of a {what} a question", "what the person does", "sent", ax)
