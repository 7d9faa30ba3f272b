"""Ladders with more than two lifelines: who said what, what the attacker made of it, and what never arrived.

Lost messages end in a cross on the attacker's line, altered ones are drawn in two parts with what was changed marked,
package 0 is drawn dashed, and a card has a line of its own where it speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dmkit.views.look import PAINT, escape, picture
from dmkit.views.summary import summary
from dmkit.wire.codec import codec_for
from dmkit.words.errors import CodecError
from dmkit.words.model import Alert, Message, Packet, Status
from dmkit.words.records import dataclass

__all__ = ["LINES", "Arrow", "hostile_html", "hostile_svg", "hostile_text", "package_of"]

LINES: Final = {"card": PAINT.grey, "device": PAINT.blue, "attacker": PAINT.red, "server": PAINT.orange}
"""Lifelines from left to right, and their colours."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow: from a line of LINES to another.

    ``fate`` is empty, ``lost``, ``altered`` (the original, as far as the attacker) or ``changed`` (what it made of it);
    ``original`` is the packet that was changed.
    """

    sender: str
    receiver: str
    packet: Packet
    fate: str = ""
    original: Packet | None = None
    note: str = ""


def _message(packet: Packet) -> Message | None:
    try:
        return codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
    except CodecError:
        return None


def package_of(packet: Packet, before: Iterable[tuple[Packet, int]] = ()) -> int:
    """The number of a packet's package: 0 for a notification, 1 for what begins, else by the message that it answers.

    ``before`` are the packets so far with their numbers.  A changed message has the number of its original.  [DMPRO §8]
    """
    if packet.media_type.endswith("notification"):
        return 0
    message = _message(packet)
    if message is None:
        return 1
    if not packet.to.startswith(("IMEI:", "MEID:", "urn:")):
        alerts = {c.code.value for c in message.commands if isinstance(c, Alert)}
        return 1 if alerts & {1200, 1201} or message.header.msg_id == "1" else 3
    head = next((c for c in message.commands if isinstance(c, Status) and c.is_header), None)
    numbers = [n for p, n in before if n in (1, 3) and _names(p, message.header.session_id, head)]
    return (numbers[-1] if numbers else 1) + 1


def _names(packet: Packet, session: str, head: Status | None) -> bool:
    message = _message(packet)
    if message is None or head is None:
        return False
    return (message.header.session_id, message.header.msg_id) == (session, head.msg_ref)


def _changed(hop: Arrow) -> str:
    """What differs between the original and what the attacker made of it, in words."""
    if hop.original is None:
        return ""
    was, now = _message(hop.original), _message(hop.packet)
    if was is None or now is None:
        return "octets"
    found = [
        summary(Message(now.header, (c,), True)).removesuffix("; Final") for c in now.commands if not _is_in(c, was)
    ]
    if was.header.resp_uri != now.header.resp_uri:
        found.append(f"RespURI {now.header.resp_uri}")
    if dict(hop.original.headers) != dict(hop.packet.headers) or was.header.cred != now.header.cred:
        found.append("no proof")
    return "; ".join(found) or "nothing that one sees"


def _is_in(command: object, message: Message) -> bool:
    bare = _bare(command)
    return any(_bare(other) == bare for other in message.commands)


def _bare(command: object) -> str:
    return repr(command).partition("cmd_id=")[0]


def _rows(hops: Iterable[Arrow]) -> Iterator[tuple[Arrow, int, str, str]]:
    """Each hop with its package, its label and what it says."""
    before: list[tuple[Packet, int]] = []
    for hop in hops:
        package = package_of(hop.original or hop.packet, before)
        before.append((hop.packet, package))
        message = _message(hop.packet)
        if package == 0 or message is None:
            yield hop, package, "p0", "notification: begin a session"
            continue
        origin = "S" if hop.packet.to.startswith("IMEI:") else "C"
        yield hop, package, f"{origin}{message.header.msg_id}", summary(message)


_MARKS: Final = {"lost": "x", "altered": "|", "changed": "~", "": ""}


def hostile_text(hops: Iterable[Arrow]) -> str:
    """A line for each arrow: ``x`` does not arrive, ``|`` is held, ``~`` is what was made of it."""
    lines = []
    for number, (hop, package, label, value) in enumerate(_rows(hops), 1):
        what = f"{value}  [changed: {_changed(hop)}]" if hop.fate == "changed" else value
        end = {"lost": " -x", "altered": " -|"}.get(hop.fate, "")
        note = f"  <- {hop.note}" if hop.note else ""
        lines.append(f"{number:>2} {hop.sender} -> {hop.receiver}{end} {label} p{package}  {what}{note}")
    return "\n".join(lines) or "(nothing was said)"


_TOP, _STEP, _WIDTH = 46, 52, 900
_FONT: Final = "system-ui, Segoe UI, Helvetica, Arial, sans-serif"


def hostile_svg(hops: Iterable[Arrow], *, title: str = "What an attacker makes of a session") -> str:
    """The ladder as an SVG drawing, 900 units wide."""
    rows = list(_rows(hops))
    used = {"device", "attacker", "server"} | {end for hop, *_ in rows for end in (hop.sender, hop.receiver)}
    names = [name for name in LINES if name in used]
    at = {name: 90 + n * 720 / (len(names) - 1) for n, name in enumerate(names)}
    height = _TOP + _STEP * max(1, len(rows)) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" style="max-width:{_WIDTH}px;background:#fff" font-family="{_FONT}">'
        f"<title>{escape(title)}</title><desc>{escape(hostile_text(hop for hop, *_ in rows))}</desc>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
    ]
    for name in names:
        x, dash = at[name], ' stroke-dasharray="3 4"' if name == "attacker" else ""
        parts.append(
            f'<rect x="{x - 52:g}" y="10" width="104" height="28" rx="5" fill="{LINES[name]}"/>'
            f'<text x="{x:g}" y="29" font-size="14" font-weight="600" fill="#ffffff" text-anchor="middle">{name}</text>'
            f'<line x1="{x:g}" y1="38" x2="{x:g}" y2="{height - 14}" stroke="{PAINT.grey}" stroke-width="1.5"{dash}/>'
        )
    for n, (hop, package, label, value) in enumerate(rows):
        parts.append(_arrow(hop, package, label, value, at, _TOP + n * _STEP + 28))
    return "".join(parts) + "</svg>"


def _arrow(hop: Arrow, package: int, label: str, value: str, at: dict[str, float], y: int) -> str:
    x1, x2 = at[hop.sender], at[hop.receiver]
    right = x2 > x1
    colour = PAINT.red if hop.sender == "attacker" else LINES[hop.sender]
    tip = x2 - 9 if right else x2 + 9
    dash = ' stroke-dasharray="7 4"' if package == 0 else ""
    middle = (x1 + x2) / 2
    room = int(abs(x2 - x1) / 6.4)
    ground = 'paint-order="stroke" stroke="#ffffff" stroke-width="4" stroke-linejoin="round"'
    name = f"{label} p{package}" if package else "p0"
    left = room - len(name) - 2
    text = value if len(value) <= left else value[: left - 1].rstrip(" ;,") + "…"
    if hop.fate in ("lost", "altered"):
        end = (
            f'<path d="M {x2 - 7:g} {y - 7} l 14 14 m 0 -14 l -14 14" stroke="{PAINT.red}" stroke-width="3" '
            'fill="none"/>'
            if hop.fate == "lost"
            else f'<circle cx="{x2:g}" cy="{y}" r="5" fill="{PAINT.red}"/>'
        )
    else:
        end = f'<path d="M {x2:g} {y} L {tip:g} {y - 5} L {tip:g} {y + 5} Z" fill="{colour}"/>'
    marked = _changed(hop) if hop.fate == "changed" else hop.note
    marked = marked if len(marked) <= room else marked[: room - 1] + "…"
    below = (
        f'<text x="{middle:g}" y="{y + 14}" font-size="11" font-weight="600" fill="{PAINT.red}" text-anchor="middle" '
        f"{ground}>{escape(marked)}</text>"
        if marked
        else ""
    )
    return (
        f'<line x1="{x1:g}" y1="{y}" x2="{tip:g}" y2="{y}" stroke="{colour}" stroke-width="2"{dash}/>{end}'
        f'<text x="{middle:g}" y="{y - 6}" font-size="12" fill="{PAINT.ink}" text-anchor="middle" {ground}>'
        f'<tspan font-weight="600" fill="{colour}">{escape(name)}</tspan>  {escape(text)}</text>{below}'
    )


def hostile_html(hops: Iterable[Arrow], *, title: str = "What an attacker makes of a session", told: str = "") -> str:
    """The drawing, under a sentence."""
    known = tuple(hops)
    head = f"<p><b>{escape(told)}</b></p>" if told else ""
    drawing = picture(hostile_svg(known, title=title), f"{title}. {hostile_text(known)}")
    return f'<div class="dmkit-ladder">{head}{drawing}</div>'
