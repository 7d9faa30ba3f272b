"""What somebody on the path does to packets: parts of the text are altered, taken out or put in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from dmkit.auth.mac import HEADER
from dmkit.transport.loop import Tap
from dmkit.words.model import (
    Packet,
)
from dmkit.workbench.readings.scene import (
    replace_packet,
)

__all__ = [
    "GET",
    "SEARCH",
    "cut",
    "edited",
    "from_server",
    "inserted",
    "numbered",
    "sent_elsewhere",
    "without_mac",
    "without_size",
]


def edited(when: Callable[[str], bool], change: Callable[[str], str], most: int = 1) -> Callable[[], Tap]:
    """Alters the text of the first ``most`` packets for which ``when`` holds."""

    def make() -> Tap:
        done = [0]

        def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
            text = packet.body.decode()
            if done[0] < most and when(text):
                done[0] += 1
                return (replace_packet(packet, body=change(text).encode()),)
            return (packet,)

        return tap

    return make


def inserted(command: str) -> Callable[[str], str]:
    """Puts a command in front of the end of the body."""

    def change(text: str) -> str:
        at = text.find("<Final/>") if "<Final/>" in text else text.find("</SyncBody>")
        return text[:at] + command + text[at:]

    return change


def cut(start: str, end: str) -> Callable[[str], str]:
    """Takes the first part between ``start`` and ``end`` away, both included."""

    def change(text: str) -> str:
        a = text.find(start)
        b = text.find(end, a)
        return text if a < 0 or b < 0 else text[:a] + text[b + len(end) :]

    return change


def from_server(text: str) -> bool:
    """Whether the server sends this."""
    return "<Target><LocURI>IMEI" in text.replace("\n", "")[:700] and "<Source><LocURI>https" in text


def numbered(n: str) -> Callable[[str], bool]:
    """Whether a message has this MsgID."""
    return lambda text: f"<MsgID>{n}</MsgID>" in text


def without_mac() -> Tap:
    """From the fifth packet on, the MAC in the transport header is gone."""
    seen = [0]

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        seen[0] += 1
        headers = {k: v for k, v in packet.headers.items() if k != HEADER}
        return (replace_packet(packet, headers=headers),) if seen[0] > 4 else (packet,)

    return tap


def sent_elsewhere(to: str) -> Callable[[], Tap]:
    """Later messages of the device go to the address of the account."""

    def tap(packet: Packet, rng: Random) -> Iterable[Packet]:
        return (replace_packet(packet, to=to) if packet.to.startswith("https") else packet,)

    return lambda: tap


GET: Final = "<Get><CmdID>77</CmdID><Item><Target><LocURI>./DevInfo/Man</LocURI></Target></Item></Get>"
SEARCH: Final = "<Search><CmdID>78</CmdID></Search>"


def without_size(text: str) -> str:
    """The first Size is gone."""
    return cut("<Size", "</Size>")(text)
