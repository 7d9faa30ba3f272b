"""Sequence pictures: several parties side by side, time downwards, an arrow for each thing that one tells another.

>>> shown = sequence_picture(["card", "network"], [SequenceArrow("network", "card", "RAND, AUTN"),
...                                                SequenceArrow("card", "card", "checks MAC"),
...                                                SequenceArrow("card", "network", "RES")], title="AKA")
>>> print(shown.text)
AKA
 1 network -> card: RAND, AUTN
 2 card itself: checks MAC
 3 card -> network: RES
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from dmkit.views.look import PAINT, Look, escape, picture
from dmkit.words.errors import ConfigError
from dmkit.words.records import dataclass

__all__ = ["SequenceArrow", "sequence_picture"]

_WIDTH: Final = 900
_EDGE, _TOP, _STEP = 95, 52, 46
_BOX: Final = 128
_FONT: Final = "system-ui, Segoe UI, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class SequenceArrow:
    """One thing that ``sender`` tells ``receiver``, or does itself when both are the same.

    ``detail`` stands below in small letters; ``bad`` paints what is refused.
    """

    sender: str
    receiver: str
    text: str
    detail: str = ""
    bad: bool = False

    def __str__(self) -> str:
        who = f"{self.sender} itself" if self.sender == self.receiver else f"{self.sender} -> {self.receiver}"
        return f"{who}: {self.text}" + (f" ({self.detail})" if self.detail else "")


def sequence_picture(parties: Sequence[str], arrows: Iterable[SequenceArrow], *, title: str) -> Look:
    """The picture, with its text as description.  ConfigError for an arrow of a party that is not there."""
    listed = tuple(arrows)
    for arrow in listed:
        for who in (arrow.sender, arrow.receiver):
            if who not in parties:
                raise ConfigError(f"an arrow of {who!r}; the parties are {', '.join(parties)}")
    text = "\n".join([title, *(f"{number:>2} {arrow}" for number, arrow in enumerate(listed, 1))])
    return Look(text, picture(_svg(parties, listed, title, text), text))


def _svg(parties: Sequence[str], arrows: Sequence[SequenceArrow], title: str, text: str) -> str:
    height = _TOP + _STEP * max(1, len(arrows)) + 24
    gap = (_WIDTH - 2 * _EDGE) / max(1, len(parties) - 1)
    place = {name: round(_EDGE + gap * at, 1) for at, name in enumerate(parties)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" style="max-width:{_WIDTH}px;background:#fff" font-family="{_FONT}">',
        f"<title>{escape(title)}</title><desc>{escape(text)}</desc>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for name, x in place.items():
        parts.append(
            f'<line x1="{x}" y1="38" x2="{x}" y2="{height - 12}" stroke="{PAINT.grey}" stroke-width="1.2"/>'
            f'<rect x="{x - _BOX / 2}" y="10" width="{_BOX}" height="28" rx="5" fill="{PAINT.blue}"/>'
            f'<text x="{x}" y="29" font-size="13" font-weight="600" fill="#ffffff" text-anchor="middle">'
            f"{escape(name)}</text>"
        )
    for number, arrow in enumerate(arrows, 1):
        parts.append(_arrow(number, arrow, place, _TOP + _STEP * (number - 1) + 26))
    return "".join(parts) + "</svg>"


def _arrow(number: int, arrow: SequenceArrow, place: dict[str, float], y: int) -> str:
    colour = PAINT.red if arrow.bad else PAINT.ink
    start, end = place[arrow.sender], place[arrow.receiver]
    label, detail = f"{number}  {arrow.text}", arrow.detail
    if start == end:
        left = start > _WIDTH / 2
        x, anchor = (start - 12, "end") if left else (start + 12, "start")
        drawn = f'<circle cx="{start}" cy="{y}" r="5" fill="{colour}"/>'
    else:
        x, anchor = (start + end) / 2, "middle"
        tip = end - 9 if end > start else end + 9
        drawn = (
            f'<line x1="{start}" y1="{y}" x2="{tip}" y2="{y}" stroke="{colour}" stroke-width="1.8"/>'
            f'<path d="M {end} {y} L {tip} {y - 5} L {tip} {y + 5} Z" fill="{colour}"/>'
        )
    above, below = (y - 6, y + 14) if start != end else (y + 4, y + 18)
    ground = 'paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'
    small = (
        f'<text x="{x}" y="{below}" font-size="10.5" fill="{PAINT.grey}" text-anchor="{anchor}" {ground}>'
        f"{escape(detail)}</text>"
        if detail
        else ""
    )
    return drawn + (
        f'<text x="{x}" y="{above}" font-size="12.5" fill="{colour}" text-anchor="{anchor}" {ground}>'
        f"{escape(label)}</text>{small}"
    )
