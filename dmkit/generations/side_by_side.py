"""Ladders of several protocols side by side: who sent what, with its octets; what was lost in red.

>>> drawn = ladders("read a value")
>>> drawn.text.splitlines()[-2:]
['lwm2m: 2 messages, 1 round trip, 97 octets', '  server CON GET /3/0/0 13; device ACK 2.05 Content 28']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dmkit.generations.intents import Intent
from dmkit.generations.intents import intent as _wanted
from dmkit.generations.names import GENERATIONS
from dmkit.generations.played import PlayedIntent
from dmkit.generations.playing import play
from dmkit.generations.tables import channel
from dmkit.views.look import PAINT, Look, escape, picture
from dmkit.words.counts import many

__all__ = ["ladders"]

_WIDTH: Final = 230
_STEP: Final = 30
_TOP: Final = 74
_MOST: Final = 14
_ROOM: Final = 31
"""Letters of this size that stand between two lifelines."""
_SENDERS: Final = {"device": PAINT.blue, "server": PAINT.orange, "repository": PAINT.green}


def ladders(intent: Intent | str, *, lost: int | None = None, security: str = "none") -> Look:
    """The runs of an intent, one small ladder each; with ``lost``, of each run the message of that number is lost.

    >>> ladders("lock", lost=0).text.splitlines()[0]
    'Lock: one intent in 4 protocols'
    """
    wanted = _wanted(intent)
    played = [_played(wanted, generation, lost) for generation in GENERATIONS]
    most = max(min(len(run.sent), _MOST + 1) for run in played)
    height, width = _TOP + most * _STEP + 30, _WIDTH * len(played)
    title = f"{type(wanted).__name__}: one intent in {many(len(played), 'protocol')}"
    text = "\n".join(_told(run, security) for run in played)
    drawn = "".join(_ladder(run, n * _WIDTH, height, security) for n, run in enumerate(played))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="system-ui, Helvetica, Arial, sans-serif"><title>{escape(title)}</title>'
        f'<desc>{escape(text)}</desc><rect width="{width}" height="{height}" fill="#ffffff"/>{drawn}</svg>'
    )
    return Look(f"{title}\n{text}", f"<figure style='margin:0'>{picture(svg, f'{title}. {text}')}</figure>")


def _played(intent: Intent, generation: str, lost: int | None) -> PlayedIntent:
    from dmkit.generations.playing import play_without

    return play(intent, generation) if lost is None else play_without(intent, generation, lost)


def _told(run: PlayedIntent, security: str) -> str:
    total = run.total(security=channel(security, run.generation))
    trips = f"{many(run.trips, 'round trip')}"
    steps = "; ".join(f"{piece.sender} {piece.what} {piece.body + piece.framing}" for piece in run.sent[:_MOST])
    return f"{run.generation}: {many(len(run.sent), 'message')}, {trips}, {many(total, 'octet')}\n  {steps}"


def _ladder(run: PlayedIntent, left: int, height: int, security: str) -> str:
    a, b = left + 24, left + _WIDTH - 24
    total = run.total(security=channel(security, run.generation))
    parts = [
        f'<text x="{left + _WIDTH / 2}" y="20" font-size="14" font-weight="600" text-anchor="middle" '
        f'fill="{PAINT.ink}">{escape(run.generation)}</text>'
        f'<text x="{left + _WIDTH / 2}" y="38" font-size="11" text-anchor="middle" fill="{PAINT.grey}">'
        f"{many(run.trips, 'round trip')}, {many(total, 'octet', form=',')}</text>"
    ]
    for x, name, colour in ((a, "device", PAINT.blue), (b, "server", PAINT.orange)):
        parts.append(
            f'<text x="{x}" y="56" font-size="11" text-anchor="middle" fill="{colour}">{name}</text>'
            f'<line x1="{x}" y1="60" x2="{x}" y2="{height - 12}" stroke="{PAINT.grey}"/>'
        )
    for at, piece in enumerate(run.sent[:_MOST]):
        y = _TOP + at * _STEP + 12
        right = piece.sender == "device"
        colour = PAINT.red if piece.lost else _SENDERS[piece.sender]
        x1, x2 = (a, b) if right else (b, a)
        if piece.lost:
            x2 = (x1 + x2) // 2
        tip = x2 - 6 if right else x2 + 6
        behind = (" (store)" if piece.sender == "repository" else "") + " lost" * piece.lost
        behind += f" · {piece.body + piece.framing}"
        label = _short(piece.what, _ROOM - len(behind)) + behind
        parts.append(
            f'<line x1="{x1}" y1="{y}" x2="{tip}" y2="{y}" stroke="{colour}" stroke-width="1.6"/>'
            f'<path d="M {x2} {y} L {tip} {y - 4} L {tip} {y + 4} Z" fill="{colour}"/>'
            f'<text x="{left + _WIDTH / 2}" y="{y - 4}" font-size="10" text-anchor="middle" fill="{PAINT.ink}">'
            f"{escape(label)}</text>"
        )
    if len(run.sent) > _MOST:
        parts.append(
            f'<text x="{left + _WIDTH / 2}" y="{height - 14}" font-size="11" text-anchor="middle" fill="{PAINT.grey}">'
            f"and {len(run.sent) - _MOST} more</text>"
        )
    return "".join(parts)


def _short(text: str, most: int) -> str:
    words: Sequence[str] = text.split("  ")
    first = words[0].strip()
    return first if len(first) <= most else first[: most - 1] + "…"
