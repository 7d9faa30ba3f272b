"""One intent in four protocols, to play with: choose intent, link, channel, what is lost, and how much is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dmkit.generations.intents import INTENTS, Intent, Write
from dmkit.generations.side_by_side import ladders
from dmkit.generations.tables import compare, octets
from dmkit.lab.boards.widgets import Explorer, _look, explore
from dmkit.lab.measures.tables import listing
from dmkit.lab.plots.generations import plot_causes
from dmkit.sim.net import LINKS
from dmkit.views.look import Look
from dmkit.words.arguments import one_of, whole

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["generation_explorer", "generation_look"]

_NONE: Final = "nothing"
_WRITE: Final = "write a setting"


def generation_look(
    intent: str = "read a value", link: str = "lte", security: str = "none", lost: str | int = _NONE, settings: int = 1
) -> Look:
    """Ladders, octets by cause, and a row of figures for each protocol.

    ``lost``: "nothing", or the number of a message from 0; a run with fewer messages loses none.  ``settings`` are how
    many are written, by the intent "write a setting" alone.  ConfigError for a name or a number that is none.

    >>> generation_look("lock").text.splitlines()[0]
    'Lock: one intent in 4 protocols'
    """
    one_of("intent", intent, INTENTS)
    written = Write(settings=settings)  # asked whatever the intent is
    wanted: Intent = written if intent == _WRITE else INTENTS[intent]
    missing = None if lost == _NONE else whole("lost", lost)
    drawn = ladders(wanted, lost=missing, security=security)
    bars = _look(plot_causes(octets(wanted, security=security)))
    frame = compare(wanted, links=(link,), security=security)
    shown = _small(frame, link)
    return Look(f"{drawn.text}\n{bars.text}", f"{drawn.html}{bars.html}{listing(shown).html}")


def _small(frame: pd.DataFrame, link: str) -> pd.DataFrame:
    return frame[["generation", "trips", "total", f"s {link}", f"J {link}", "losses", "again", "knows", "basis"]]


def generation_explorer() -> Explorer:
    """The same with knobs.  What becomes of each intent when a message is lost is played here, not when it is chosen.

    >>> generation_explorer().controls["intent"].value
    'read a value'
    """
    for wanted in INTENTS.values():
        compare(wanted, links=())
    return explore(
        generation_look, labels={"lost": "message that is lost", "settings": "settings written"},
        intent=list(INTENTS), link=list(LINKS),
        security=["none", "tls 1.3, dtls 1.2 psk"],
        lost=[_NONE, 0, 1, 2, 3, 4, 5], settings=(1, 50),
    )  # fmt: skip
