"""A card to talk to: pick or type a command, see its octets, the answer, the files, and where you are among them.

The widget holds no logic: what it shows is ``look_at``, a function of a card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ipywidgets as w

from dmkit.card.card import Usim
from dmkit.card.listing import Listing
from dmkit.card.memory import CardMemory, FilePath
from dmkit.lab.boards.controls import WIDE
from dmkit.lab.boards.widgets import Page, _note, _WithFallback, board
from dmkit.lab.studies.cards import send
from dmkit.views.cardview import exchange_look, files_look, log_look
from dmkit.views.look import RED, Look, escape
from dmkit.words.arguments import instance
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["COMMANDS", "CardExplorer", "Screen", "card_explorer", "look_at"]

_LAST: Final = 12

COMMANDS: Final[Mapping[str, str]] = {
    "SELECT MF": "00A40004023F00",
    "SELECT EF.ICCID": "00A40004022FE2",
    "READ BINARY, all": "00B0000000",
    "SELECT EF.DIR": "00A40004022F00",
    "READ RECORD 1": "00B2010400",
    "READ RECORD, next": "00B2000200",
    "SELECT the USIM": "00A4040407A0000000871002",
    "READ EF.IMSI by short identifier": "00B0870000",
    "ask how many tries PIN1 has": "00200001",
    "VERIFY PIN1, 1234": "002000010831323334FFFFFFFF",
    "VERIFY PIN1, 9999": "002000010839393939FFFFFFFF",
    "UNBLOCK PIN1 with PUK, new PIN 1234": "002C000110313233343536373831323334FFFFFFFF",
    "VERIFY ADM1": "0020000A0841444D494E4B4559",
    "SELECT PKCS#15": "00A404040CA000000063504B43532D3135",
    "SELECT EF.ODF": "00A40004025031",
    "SELECT EF.DODF": "00A40004026430",
    "SELECT EF.DM_Bootstrap": "00A40004026431",
    "UPDATE BINARY, one octet AA": "00D6000001AA",
    "GET RESPONSE": "00C0000000",
    "MANAGE CHANNEL, open": "0070000001",
    "STATUS": "80F2000000",
    "AUTHENTICATE without data": "00880081",
}
"""What can be picked: name -> command in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Screen:
    """What there is to see: the last exchange, the files, the exchanges before."""

    exchange: Look
    files: Look
    log: Look


def place_of(card: Usim) -> FilePath:
    """Where the basic channel is: its file, else its directory."""
    channel = card.state.session.channels[0]
    return channel.file if channel.file is not None else channel.directory


def look_at(card: Usim, before: CardMemory | None = None) -> Screen:
    """The card after its last command; with ``before``, files that have changed since are marked."""
    last = exchange_look(card.log[-1]) if len(card.log) else Look("nothing was said yet", "<p>nothing was said yet</p>")
    return Screen(last, files_look(Listing(card.memory, before), here=place_of(card)), log_look(card.log[-_LAST:]))


class CardExplorer(_WithFallback):
    """``choice`` picks a command, ``command`` is what will be sent, ``send`` and ``reset`` are buttons."""

    def __init__(self, card: Usim) -> None:
        self.card = card
        self.before = card.memory
        self.choice = w.Dropdown(options=list(COMMANDS), description="command", style=WIDE)
        self.command = w.Text(
            value=COMMANDS[self.choice.value],
            description="in hexadecimal",
            style=WIDE,
            layout=w.Layout(width="32em"),
            continuous_update=False,
        )
        self.send = w.Button(description="Send", tooltip="send the command to the card", button_style="primary")
        self.reset = w.Button(description="Reset", tooltip="power off and on: shown keys and channels are gone")
        self.status = Page()
        self.panes = {name: Page() for name in ("exchange", "files", "log")}
        self.choice.observe(lambda change: setattr(self.command, "value", COMMANDS[change["new"]]), "value")
        self.send.on_click(lambda _: self._send())
        self.reset.on_click(lambda _: self._reset())
        for pane in self.panes.values():
            pane.layout = w.Layout(max_height="44em", overflow="auto")
        self.panes["exchange"].layout.width = self.panes["files"].layout.width = "50%"
        controls = w.HBox([self.choice, self.command, self.send, self.reset], layout=w.Layout(flex_flow="row wrap"))
        both = w.HBox([self.panes["exchange"], self.panes["files"]])
        self.widget = board(controls, self.status, both, self.panes["log"])
        self._draw()

    def _send(self) -> None:
        try:
            send(self.card, self.command.value.replace(":", " "))
        except CodecError as error:
            self.status.value = f'<p role="status" style="color:{RED}">{escape(error.reason)}</p>'
            return
        self.status.value = f'<p role="status">{self.card.log[-1].mark} {escape(repr(self.card.log[-1].sw))}</p>'
        self._draw()

    def _reset(self) -> None:
        atr = self.card.reset()
        self.status.value = f'<p role="status">answer to reset: <code>{atr.hex(" ")}</code></p>'
        self._draw()

    def _draw(self) -> None:
        screen = look_at(self.card, self.before)
        for name, pane in self.panes.items():
            pane.value = getattr(screen, name).html

    def _static(self) -> Look:
        screen = look_at(self.card, self.before)
        note = _note("a card to talk to")
        return Look(repr(self), f"<div>{screen.exchange.html}{screen.log.html}{screen.files.html}{note}</div>")

    def __repr__(self) -> str:
        count = len(self.card.log)
        return f"CardExplorer(at {self.card.memory.name(place_of(self.card))}, {many(count, 'exchange')})"


def card_explorer(card: Usim | None = None, *first: str) -> CardExplorer:
    """Talk to ``card`` (an example card when none is given); commands in ``first`` are sent beforehand.

    >>> board = card_explorer(None, "00A40004023F00")
    >>> len(board.card.log)
    1
    """
    card = Usim.example(b"\x02\xa4\x01\x6a\x00", pin_enabled=True) if card is None else card
    instance("card", card, Usim, "a Usim, or None for an example card")
    send(card, *first)
    return CardExplorer(card)
