"""A capture with faults that were planted, to learn to find them: which reader finds which.

Two sessions of a device and a server are played, then their octets are changed as ``FAULTS`` says.  The capture stands
in ``data/lessons/faulty.pcap``.

>>> list(FAULTS)[:2]
['a format in capitals', 'two commands with one number']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as struct_with

from dmkit.device.device import Device, counted_nonces
from dmkit.lab.plots.enablers import Looks, sign_map
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.sim.provenance import made_by
from dmkit.transport.loop import converse
from dmkit.views.faultview import faults
from dmkit.views.look import GROUND, PAINT
from dmkit.views.transcript import Transcript
from dmkit.wire.codec import XML
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Get, Replace, Status

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["FAULTS", "PlantedFault", "found_by", "nonces", "plant", "plot_found"]


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """A change of the octets of one message: ``pattern`` becomes ``instead``; ``also`` are changes that follow from it.

    ``why`` it matters is said of a peer that does so.
    """

    session: int
    line: int
    pattern: bytes
    instead: bytes
    side: str
    why: str
    also: tuple[tuple[int, bytes, bytes], ...] = ()


FAULTS: Final[Mapping[str, PlantedFault]] = {
    "a format in capitals": PlantedFault(
        0, 2, rb">chr<", b">CHR<", "server", "a device that compares letter by letter finds no such format"
    ),
    "two commands with one number": PlantedFault(
        0, 2, rb"<Get><CmdID>6<", b"<Get><CmdID>5<", "server", "a Status with CmdRef 5 could be the answer to either",
        ((3, rb"<CmdRef>6<", b"<CmdRef>5<"),),
    ),
    "a command without an answer": PlantedFault(
        0, 3, rb"<Status><CmdID>3<.*?</Status>", b"", "client", "the server cannot tell done from lost, and asks again"
    ),
    "a counter that jumps": PlantedFault(
        0, 3, rb"<MsgID>2<", b"<MsgID>4<", "client", "the server takes the message for one that came too early",
        ((4, rb"<MsgRef>2<", b"<MsgRef>4<"),),
    ),
    "a message too large": PlantedFault(
        0, 1, rb"<MaxMsgSize(.*?)>16384<", rb"<MaxMsgSize\1>1200<", "server", "the device has no room for it"
    ),
    "a nonce given twice": PlantedFault(
        1, 2, rb"<NextNonce(.*?)>[^<]*<", b"", "server", "whoever heard the last proof can say it again"
    ),
}  # fmt: skip
"""Name -> what was changed in the octets.  The last takes the nonce that the server gave in the session before."""

READERS: Final[Looks] = {"does not": (GROUND.white, "·", PAINT.grey), "finds it": (GROUND.blue, "✓", PAINT.blue)}


def _honest() -> list[Transcript]:
    device = Device.example()
    server = Server.example(device)
    sessions = count(1)  # the server of examples makes the same nonces in each session; one of the world does not
    server.nonces = lambda address: counted_nonces(f"{address} {next(sessions)}")
    commands = (
        Get.of("./DevDetail/FwV"),
        Replace.of("./APN/Name", "internet", format="chr", type="text/plain"),
        Get.of("./Vendor/Acme"),
    )
    wishes = (jobs.send(*commands), jobs.write("./Vendor/Acme/Poll", "15"))
    return [converse(device, server, job=wish) for wish in wishes]


def plant(names: Collection[str] | None = None) -> list[Transcript]:
    """Two sessions with the faults of these ``names``, by default with all.  ConfigError for a fault that there is not.

    >>> [len(talk) for talk in plant([])]
    [4, 4]
    """
    chosen = list(FAULTS) if names is None else list(names)
    for name in chosen:
        if name not in FAULTS:
            raise ConfigError(f"fault {name!r} is not known; there are {', '.join(FAULTS)}{nearest(name, FAULTS)}")
    talks = _honest()
    for name in chosen:
        fault = FAULTS[name]
        for line, pattern, instead in ((fault.line, fault.pattern, fault.instead), *fault.also):
            new = instead or (_earlier(talks) if name == "a nonce given twice" else b"")
            talks[fault.session] = _with(talks[fault.session], line, pattern, new)
    return [Transcript(tuple(replace(line, events=()) for line in talk)) for talk in talks]


def _earlier(talks: list[Transcript]) -> bytes:
    found = re.search(rb"<NextNonce.*?</NextNonce", talks[0][1].packet.body)
    assert found is not None
    return found[0].removesuffix(b"/NextNonce")


def _with(talk: Transcript, number: int, pattern: bytes, instead: bytes) -> Transcript:
    line = talk[number - 1]
    body, found = re.subn(pattern, instead, line.packet.body, count=1)
    if found != 1:
        raise AssertionError(f"line {number} has no {pattern!r}")
    lines = [*talk.lines]
    lines[number - 1] = replace(line, packet=struct_with(line.packet, body=body))
    return Transcript(tuple(lines))


def nonces(talk: Transcript, sender: str = "server") -> list[str]:
    """The nonces that one side gave in a session, in order.

    >>> nonces(plant([])[0]) == nonces(plant([])[1])
    False
    """
    return [
        command.chal.next_nonce
        for line in talk
        if line.sender == sender and line.message is not None
        for command in line.message.commands
        if isinstance(command, Status) and command.chal is not None and command.chal.next_nonce is not None
    ]


def _refuses(talks: list[Transcript]) -> bool:
    for talk in talks:
        for line in talk:
            try:
                XML.decode(line.packet.body)
            except CodecError:
                return True
    return False


READING: Final[Mapping[str, Callable[[list[Transcript]], bool]]] = {
    "strict reader": _refuses,
    "lenient reader": lambda talks: any(talk.deviations for talk in talks),
    "rules of a session": lambda talks: any(f.kind == "behaviour" for talk in talks for f in faults(talk)),
    "two sessions compared": lambda talks: bool(set(nonces(talks[0])) & set(nonces(talks[1]))),
}
"""Who looks -> whether something is found."""


def found_by() -> pd.DataFrame:
    """Each fault alone, in front of each reader: a row per reader, a column per fault.

    >>> found_by()["a nonce given twice"].tolist()
    ['does not', 'does not', 'does not', 'finds it']
    """
    import pandas as pd

    columns = {name: plant([name]) for name in FAULTS}
    cells = {
        name: ["finds it" if look(talks) else "does not" for look in READING.values()]
        for name, talks in columns.items()
    }
    frame = pd.DataFrame(cells, index=pd.Index(READING, name="reader"))
    frame.attrs = {"measure": "found_by", **made_by()}
    return frame


def plot_found(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Which reader finds which fault; ``frame`` is of ``found_by``.

    >>> plot_found(found_by()).get_title(loc="left")
    'Which reader finds which fault'
    """
    return sign_map(frame, READERS, "Which reader finds which fault", "fault that was planted", "reader", ax)
