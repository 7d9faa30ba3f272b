"""Ladders: who said what to whom, message under message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dmkit.views.look import GREY, PAINT, escape, picture
from dmkit.views.markup import message_html
from dmkit.views.summary import summary
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.model import Message, Status

if TYPE_CHECKING:
    from dmkit.views.transcript import Line, Transcript

__all__ = ["ladder_html", "ladder_mermaid", "ladder_svg", "ladder_text"]

_WIDTH: Final = 900
_LEFT, _RIGHT = 90, 810
_TOP: Final = 46
_STEP: Final = 58
_CHARS: Final = 94
_FONT: Final = "system-ui, Segoe UI, Helvetica, Arial, sans-serif"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def ladder_text(talk: Transcript) -> str:
    """One line per message.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> print(ladder_text(dm.converse(device, dm.Server.example(device))).splitlines()[0])
    1 -> C1 p1  Alert 1201; Replace (5 Items); Final
    """
    return repr(talk)


def _statuses(line: Line) -> str:
    message = line.message
    if message is None:
        return line.summary
    codes = [c for c in message.commands if isinstance(c, Status)]
    return ", ".join(f"{c.cmd} {c.code}" for c in codes)


def _wishes(line: Line) -> str:
    message = line.message
    if message is None:
        return ""
    rest = Message(message.header, tuple(c for c in message.commands if not isinstance(c, Status)), message.final)
    return summary(rest)


def _proof(line: Line) -> str:
    message = line.message
    if message is None:
        return ""
    proofs = []
    if message.header.cred is not None:
        kind = (message.header.cred.meta.type if message.header.cred.meta else "") or "credentials"
        proofs.append(kind.removeprefix("syncml:auth-"))
    if "x-syncml-hmac" in line.packet.headers:
        proofs.append("MAC")
    return f"proof: {', '.join(proofs)}" if proofs else ""


@asked
def ladder_svg(talk: Transcript, *, title: str = "A device management session") -> str:
    """The ladder as an SVG drawing, 900 units wide: device on the left, server on the right.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> ladder_svg(dm.converse(device, dm.Server.example(device)))[:4]
    '<svg'
    """
    lines = list(talk)
    height = _TOP + _STEP * max(1, len(lines)) + 24
    described = _described(talk)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" '
        f'style="max-width:{_WIDTH}px;background:#fff" font-family="{_FONT}">',
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for x, name, colour in ((_LEFT, "device", PAINT.blue), (_RIGHT, "server", PAINT.orange)):
        parts.append(
            f'<rect x="{x - 52}" y="10" width="104" height="28" rx="5" fill="{colour}"/>'
            f'<text x="{x}" y="29" font-size="14" font-weight="600" fill="#ffffff" text-anchor="middle">{name}</text>'
            f'<line x1="{x}" y1="38" x2="{x}" y2="{height - 14}" stroke="{PAINT.grey}" stroke-width="1.5"/>'
        )
    for at, (line, package) in enumerate(zip(lines, talk.packages(), strict=True)):
        parts.append(_arrow(line, package, _TOP + at * _STEP + 28))
    if not lines:
        parts.append(
            f'<text x="450" y="{_TOP + 20}" text-anchor="middle" font-size="13" fill="{PAINT.grey}">'
            "nothing was said</text>"
        )
    return "".join(parts) + "</svg>"


def _described(talk: Transcript) -> str:
    return (
        "; ".join(
            f"{line.label} {'to server' if line.sender == 'client' else 'to device'}: {line.summary}"
            + (f" ({line.note})" if line.note else "")
            for line in talk
        )
        or "nothing was said"
    )


def _arrow(line: Line, package: int, y: int) -> str:
    right = line.sender == "client"
    colour = PAINT.blue if right else PAINT.orange
    x1, x2 = (_LEFT, _RIGHT) if right else (_RIGHT, _LEFT)
    tip = x2 - 9 if right else x2 + 9
    dash = "" if line.message is None or line.message.final else ' stroke-dasharray="7 4"'
    above = _wishes(line) or line.summary
    below = "  ·  ".join(
        part
        for part in (
            f"Status {_statuses(line)}" if line.message is not None and _statuses(line) else "",
            _proof(line),
            f"{many(line.size, 'octet')} {line.encoding.upper()}",
        )
        if part
    )
    note = f'  ·  <tspan fill="{PAINT.red}" font-weight="600">{escape(line.note)}</tspan>' if line.note else ""
    label_x, anchor = (_LEFT - 10, "end") if right else (_RIGHT + 10, "start")
    return (
        f'<text x="{label_x}" y="{y - 1}" font-size="12" font-weight="600" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(line.label)}</text>"
        f'<text x="{label_x}" y="{y + 13}" font-size="11" fill="{PAINT.grey}" text-anchor="{anchor}">'
        f"pkg {package}</text>"
        f'<line x1="{x1}" y1="{y}" x2="{tip}" y2="{y}" stroke="{colour}" stroke-width="2"{dash}/>'
        f'<path d="M {x2} {y} L {tip} {y - 5} L {tip} {y + 5} Z" fill="{colour}"/>'
        f'<text x="450" y="{y - 7}" font-size="13" fill="{PAINT.ink}" text-anchor="middle">'
        f"{escape(_cut(above, _CHARS))}</text>"
        f'<text x="450" y="{y + 15}" font-size="11" fill="{PAINT.grey}" text-anchor="middle">'
        f"{escape(_cut(below, _CHARS + 20 - len(line.note)))}{note}</text>"
    )


@asked
def ladder_html(talk: Transcript, *, title: str = "A device management session") -> str:
    """The drawing, and below it each message to unfold.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> ladder_html(dm.converse(device, dm.Server.example(device))).count("<details")
    2
    """
    folds = "".join(
        f"<details><summary><code>{escape(line.label)}</code> {escape(line.summary)}</summary>"
        f"{message_html(line.packet.body)}{_events(line.events)}</details>"
        for line in talk
    )
    note = "".join(f"<li>line {number}: {escape(d)}</li>" for number, d in talk.deviations)
    strange = f"<p><b>Deviations from the specification</b></p><ul>{note}</ul>" if note else ""
    drawing = picture(ladder_svg(talk, title=title), f"{title}. {_described(talk)}")
    return f'<div class="dmkit-ladder">{drawing}{strange}{folds}</div>'


def _events(events: Iterable[object]) -> str:
    text = "".join(f"<li>{escape(event)}</li>" for event in events)
    return f'<ul style="color:{GREY};font-size:90%">{text}</ul>' if text else ""


@asked
def ladder_mermaid(talk: Transcript, *, title: str = "A device management session") -> str:
    """The ladder as a Mermaid sequence diagram.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> ladder_mermaid(dm.converse(device, dm.Server.example(device))).splitlines()[0]
    'sequenceDiagram'
    """
    rows = [
        "sequenceDiagram",
        f"  accTitle: {_plain(title)}",
        f"  accDescr: {_plain(many(len(talk), 'message'))} between a device and a server",
        "  participant D as device",
        "  participant S as server",
    ]
    for line in talk:
        arrow = "D->>S" if line.sender == "client" else "S-->>D"
        rows.append(f"  {arrow}: {line.label} {_plain(_cut(line.summary, 160))}")
    return "\n".join(rows) + "\n"


def _plain(text: str) -> str:
    """Text without what Mermaid would read as syntax; ``#`` codes stand for it."""
    return "".join(f"#{ord(c)};" if c in ";#<>{}%" else " " if c in "\r\n" else c for c in text)
