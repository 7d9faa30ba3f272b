"""One step of one party: what came in, what happened, what goes out."""

from __future__ import annotations

from collections.abc import Iterator

from dmkit.session.events import Step
from dmkit.views.look import BLUE, GREY, ORANGE, escape
from dmkit.views.summary import summary
from dmkit.wire.codec import codec_for
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.model import Packet

__all__ = ["step_html", "step_text"]


def _summary(packet: Packet) -> str:
    try:
        message = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
    except CodecError as error:
        return f"unreadable: {error}"
    return f"message {message.header.msg_id}, {many(len(packet.body), 'octet')}: {summary(message)}"


def _rows(step: Step) -> Iterator[tuple[str, str]]:
    yield "received", _summary(step.received) if step.received else "nothing"
    for event in step.events:
        yield "noted", str(event)
    yield "sends", _summary(step.reply) if step.reply else "nothing more"


def step_text(step: Step) -> str:
    """A line for what came in, for each event, and for what goes out."""
    return "\n".join([step.party, *(f"  {kind:<9} {value}" for kind, value in _rows(step))])


def step_html(step: Step) -> str:
    """The same as a table."""
    colour = BLUE if step.party == "client" else ORANGE
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;color:{GREY};vertical-align:top">{kind}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for kind, value in _rows(step)
    )
    caption = f'<caption style="text-align:left;caption-side:top;color:{colour}"><b>{escape(step.party)}</b></caption>'
    return f"<table>{caption}<tbody>{rows}</tbody></table>"
