"""Which medium, to play with: what is weighed, how much each kind of attacker counts, how many cards and phones can.

>>> board = media_explorer()
>>> board.controls["weigh"].value
'cost'
"""

from __future__ import annotations

from typing import Final

from dmkit.lab.boards.widgets import Explorer, _look, explore
from dmkit.lab.measures.tables import listing
from dmkit.lab.studies import media
from dmkit.sim.net import LINKS
from dmkit.views.look import Look
from dmkit.words.arguments import finite

__all__ = ["GROUPS", "media_explorer", "media_look"]

GROUPS: Final = {
    "senders": ("stranger", "false_cell", "air", "forged_packet"),
    "thieves": ("own_card", "card_in_hand", "card_behind_a_PIN", "copy_of_the_card"),
    "former_operator": ("former_operator",),
}
"""A control each -> the threats whose weight it is."""
LABELS: Final = {
    "senders": "weight of senders",
    "thieves": "weight of thieves",
    "former_operator": "weight of a former operator",
    "reads_cards": "phones that read cards, %",
    "has_the_file": "cards with the file, %",
    "takes_cp": "phones that take CP, %",
}
"""What the controls are called."""
_SHOWN: Final = ["way", "fewest", "most", "air", "cost", "reach", "exposure"]


def media_look(
    weigh: str = "cost",
    senders: int = 1,
    thieves: int = 1,
    former_operator: int = 1,
    reads_cards: int = 30,
    has_the_file: int = 20,
    takes_cp: int = 50,
    link: str = "lte",
) -> Look:
    """The Pareto picture and a small table; shares in per cent, weights from 0 up.

    >>> media_look(has_the_file=100).text.splitlines()[0][:35]
    'Exposure against money per million '
    """
    given = {"senders": senders, "thieves": thieves, "former_operator": former_operator}
    counts = {name: finite(name, weight, "a weight") for name, weight in given.items()}
    if not any(counts.values()):
        return Look("every threat has weight 0: nothing counts", "<p>Every threat has weight 0: nothing counts.</p>")
    weights = {name: counts[group] for group, names in GROUPS.items() for name in names}
    parts = {"phone reads cards": reads_cards, "card has the file": has_the_file, "phone takes CP": takes_cp}
    shares = {name: finite(name, part, "a share in per cent") / 100 for name, part in parts.items()}
    frame = media.compare(world=media.MediumWorld(link=link), shares=shares, weights=weights)
    drawn = _look(media.plot_pareto(frame, weigh))
    shown = frame[_SHOWN]
    table = listing(shown)
    return Look(f"{drawn.text}\n{table.text}", f"{drawn.html}{table.html}")


def media_explorer() -> Explorer:
    """The same with knobs.

    >>> sorted(media_explorer().controls)[:3]
    ['former_operator', 'has_the_file', 'link']
    """
    return explore(
        media_look,
        labels=LABELS,
        weigh=list(media.AXES),
        senders=[1, 0, 2, 5],
        thieves=[1, 0, 2, 5],
        former_operator=[1, 0, 2, 5],
        reads_cards=[30, 0, 10, 60, 100],
        has_the_file=[20, 0, 5, 50, 100],
        takes_cp=[50, 0, 10, 90],
        link=["lte", *[name for name in LINKS if name != "lte"]],
    )
