"""One run of an attack to look at: what each side sent, what the attacker made of it, and what came of it."""

from __future__ import annotations

from dataclasses import field, replace

from dmkit.attack.attacks import Attack
from dmkit.attack.trial import PlayedTrial
from dmkit.views.ladder import ladder_html
from dmkit.views.look import BLUE, ORANGE, escape, themed
from dmkit.views.transcript import Line, Transcript
from dmkit.words.counts import many
from dmkit.words.model import Packet
from dmkit.words.records import dataclass

__all__ = ["Replayed", "ways_through"]


def ways_through(talk: Transcript) -> Transcript:
    """The conversation as it was on the path: also what the attacker said, and notes of what was lost or said again."""
    lines: list[Line] = []
    flying: list[int] = []
    sent: list[Packet] = []

    def put(sender: str, packet: Packet, note: str = "") -> None:
        lines.append(Line(len(lines) + 1, sender, packet, note=note))

    for step in talk.steps:
        got = step.received
        if got is not None:
            found = next((at for at in flying if lines[at].packet == got), None)
            other = "server" if step.party == "client" else "client"
            if found is not None:
                flying.remove(found)
            elif got in sent:
                put(other, got, "said again by the attacker")
            else:
                put(other, got, "from the attacker")
        if step.reply is not None:
            flying.append(len(lines))
            sent.append(step.reply)
            put(step.party, step.reply)
    for at in flying:
        lines[at] = replace(lines[at], note="does not arrive")
    return Transcript(tuple(lines), talk.closing, talk.steps)


@dataclass(frozen=True)
class Replayed:
    """A run behind a cell of the matrix; a notebook shows its ladders.  ``runs`` is how many the search played."""

    attack: Attack
    design: str
    played: PlayedTrial = field(repr=False)
    runs: int
    talks: tuple[Transcript, ...] = field(repr=False)

    @property
    def verdict(self) -> str:
        """What came of it, in a sentence."""
        breach = self.played.breach
        if breach is None:
            return (
                f"safe: complete to budget {self.attack.bound} under {', '.join(self.attack.can)}, as this attack uses "
                f"them: no run of {self.runs} breaches; below is the honest one"
            )
        script = " ".join(map(str, self.played.script)) or "none: listening is enough"
        return f"breached: {breach.what} (choices: {script}; powers used: {', '.join(self.attack.can)})"

    @property
    def shown(self) -> int:
        """Number of the conversation to look at first: the first in which the attacker did something."""
        touched = [n for n, talk in enumerate(self.talks, 1) if any(line.note for line in talk)]
        own = bool(self.played.stage.memory.talks)
        return touched[0] if touched else len(self.talks) if own else 1

    def __repr__(self) -> str:
        head = f"{self.attack.name} against {self.design}: wants {self.attack.wants}\n{self.verdict}"
        return "\n".join([head, *(f"-- conversation {n}\n{talk!r}" for n, talk in enumerate(self.talks, 1))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        colour = ORANGE if self.played.breach is not None else BLUE
        told = (
            f"<p><b>{escape(self.attack.name)}</b> against <b>{escape(self.design)}</b>: wants "
            f"{escape(self.attack.wants)}.<br><span style='color:{colour}'>{escape(self.verdict)}</span></p>"
        )
        ladders = "".join(
            f"<details{' open' * (n == self.shown)}><summary>conversation {n} of {len(self.talks)}, "
            f"{many(len(talk), 'message')}</summary>"
            + ladder_html(talk, title=f"Conversation {n}: {self.attack.name} against {self.design}")
            + "</details>"
            for n, talk in enumerate(self.talks, 1)
        )
        return {"text/plain": repr(self), "text/html": themed(f"<div>{told}{ladders}</div>")}
