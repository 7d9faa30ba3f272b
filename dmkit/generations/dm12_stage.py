"""What every intent in DM 1.2 needs: a phone, a session, and what its lines weigh.  [DMPRO §8]

>>> phone(XML, settings=2).tree.get("./Vendor/Acme/setting2").text
'old'
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any, Final

from dmkit.device.device import Device
from dmkit.generations.carriage import http_answer, http_request
from dmkit.generations.played import SentPiece
from dmkit.server.server import Server
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.transport.loop import Tap, manage
from dmkit.tree.tree import Tree
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.model import Packet

__all__ = ["CODECS", "DEVICE", "EMPTY", "SETTINGS", "Network", "marked", "phone", "pieces", "ran", "words"]

CODECS: Final[Mapping[str, Codec]] = {"dm 1.2 xml": XML, "dm 1.2 wbxml": WBXML}

SETTINGS: Final = "./Vendor/Acme"
EMPTY: Final = "empty answer"
DEVICE: Final = "the device; the server asks it to by a notification"


def phone(codec: Codec, settings: int = 0, rules: Rules | None = None) -> Device:
    """The device of the lessons, with so many settings of a maker."""
    device = Device.example(codec=codec, rules=rules)
    device.become(_tree(device.tree, settings))
    return device


@lru_cache(maxsize=8)
def _tree(tree: Tree, settings: int) -> Tree:
    tree = tree.set("./DevInfo/Man", "Open Mobile Alliance")
    for n in range(1, settings + 1):
        tree = tree.set(f"{SETTINGS}/setting{n}", "old")
    return tree


def pieces(talks: Iterable[Transcript]) -> tuple[SentPiece, ...]:
    """What the lines of sessions weigh: every message of the device is a request of HTTP, the next its answer."""
    found = []
    for talk in talks:
        for line in talk:
            packet, size = line.packet, len(line.packet.body)
            if line.sender == "client":
                framing = http_request(packet.to, packet.media_type, size, more=tuple(packet.headers.items()))
                found.append(SentPiece("device", words(line), size, framing, True))
            else:
                found.append(SentPiece("server", words(line), size, http_answer(200, packet.media_type, size), False))
        if talk and talk[-1].sender == "client":  # HTTP answers the last message too, with nothing
            found.append(SentPiece("server", EMPTY, 0, http_answer(200, "", 0), False))
    return tuple(found)


class Network:
    """The path of a run: what ``tap`` does, and the numbers of what is lost; ``loses`` loses by what something is."""

    def __init__(self, tap: Tap) -> None:
        self.tap, self.sent = tap, 0
        self.loses: Callable[[Packet], bool] = lambda packet: False
        self.lost: set[int] = set()

    def __call__(self, packet: Packet, rng: Random) -> Iterable[Packet]:
        """What arrives of a packet."""
        went = () if self.loses(packet) else tuple(self.tap(packet, rng))
        if not went:
            self.lost.add(self.sent)
        self.sent += 1
        return went

    def short(self, messages: Sequence[bytes]) -> list[bytes]:
        """Those of some short messages that arrive."""
        return [one for one in messages if self(Packet("sms", one, "application/octet-stream"), Random(0))]


def marked(sent: Iterable[SentPiece], lost: Container[int]) -> tuple[SentPiece, ...]:
    """The pieces, those marked that were lost: by number, answers of HTTP without a message not counted."""
    found, number = [], 0
    for piece in sent:
        message = not piece.what.startswith(EMPTY)
        found.append(replace(piece, lost=message and number in lost))
        number += message
    return tuple(found)


def words(line: Any) -> str:
    """What a line says, shortened."""
    return str(line.summary)[:60] + (f" ({line.note})" if line.note else "")


def ran(device: Device, server: Server, job: Job, tap: Tap) -> tuple[tuple[Transcript, ...], Any]:
    """The sessions until there is nothing to report, and what the job came to."""
    talks = manage(device, server, job=job, tap=tap, failing="tell")
    result = server.results[-1].result if server.results else None
    return talks, result
