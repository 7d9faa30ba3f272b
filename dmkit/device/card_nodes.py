"""A server reaches the card through the device: a node for what is on it, and one that writes.

``./Card/ICCID`` and ``./Card/Bootstrap`` are live values; Exec of ``./Card/Write``, with a document as its data,
rewrites the bootstrap file, and the device takes it at its next power-on.  The access rule of the file still counts:
without the key that it needs, the card says no.

``basis``: PROPOSAL.  Requirements ask that a server can change management objects on the card through the device
[RD §6.3.2]; no enabler at hand says which nodes that would be (UNSURE, sheet usim §7).

>>> from dmkit.device.device import Device
>>> from dmkit.card.card import Usim
>>> device = Device.example()
>>> device.card = Usim.example(b"a document")
>>> offer_card(device)
>>> sorted(device.tree.get("./Card").children)
['Bootstrap', 'ICCID', 'Write']
"""

from __future__ import annotations

from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dmkit.auth import decode_b64
from dmkit.bootstrap.card_reading import CardFile, read
from dmkit.card import terminal
from dmkit.card.apdu import CommandRefused
from dmkit.card.files import AID_PKCS15
from dmkit.card.pkcs15 import DM_BOOTSTRAP
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.codes import StatusCode
from dmkit.words.model import Item, Meta
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.tree.context import Call, Handler

__all__ = ["ROOT", "offer_card"]

ROOT: Final = "./Card"
_ADM: Final = 0x0A


def offer_card(device: Device, key: bytes | None = None) -> None:
    """Give ``device`` the nodes.  ``key`` is ADM1 (8 octets), where the operator has trusted the device with it.

    Without a card the values are empty, and Exec is answered 404.  A key that the card refused once is not shown to it
    again: whoever may Exec could else use up its tries.
    """
    device.pin_refused -= {_ADM}
    nodes = {"ICCID": Node("chr", ""), "Bootstrap": Node("bin", b""), "Write": Node("null", "")}
    device.tree = device.tree.with_node(parse(ROOT).path, Node.interior(MappingProxyType(nodes)))
    device.handlers |= {
        f"{ROOT}/ICCID": _live(device, "ICCID"),
        f"{ROOT}/Bootstrap": _live(device, "Bootstrap"),
        f"{ROOT}/Write": _writes(device, key),
    }


def _live(device: Device, name: str) -> Handler:
    """A Get reads the card."""

    def get(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        reading = terminal.run(device.card, read(objects=(DM_BOOTSTRAP,))) if device.card is not None else None
        source = call.item.target or call.uri
        if name == "ICCID":
            return tree, Outcome(StatusCode.OK, (Item(source=source, data=reading.iccid if reading else ""),))
        data = reading.files[0].data if reading is not None and reading.files else b""
        return tree, Outcome(StatusCode.OK, (Item(source=source, meta=Meta(format="bin"), data=data),))

    return get


def _writes(device: Device, key: bytes | None) -> Handler:
    """An Exec writes."""

    def execute(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        data = call.item.data
        document = data if isinstance(data, bytes) else decode_b64(call.item.text)
        if not document:
            return tree, Outcome(StatusCode.BAD_REQUEST, why="the data of Exec are the document, in base64")
        if device.card is None:
            return tree, Outcome(StatusCode.NOT_FOUND, why="there is no card")
        reading = terminal.run(device.card, read(objects=(DM_BOOTSTRAP,)))
        if not reading.files:
            return tree, Outcome(StatusCode.NOT_FOUND, why="the card has no bootstrap file that can be read")
        try:
            shown = None if _ADM in device.pin_refused else key
            right = terminal.run(device.card, _rewrite(reading.files[0], document, shown))
        except terminal.FAILS as error:
            status = _STATUS.get(error.sw, StatusCode.COMMAND_FAILED) if isinstance(error, CommandRefused) else None
            return tree, Outcome(status or StatusCode.COMMAND_FAILED, why=f"the card: {error}")
        if not right:
            device.pin_refused |= {_ADM}
            return tree, Outcome(StatusCode.PERMISSION_DENIED, why="the card refuses the key")
        return tree, Outcome(StatusCode.OK)

    return execute


_STATUS: Final = {0x6982: StatusCode.PERMISSION_DENIED, 0x6983: StatusCode.PERMISSION_DENIED,
                  0x6A84: StatusCode.DEVICE_FULL, 0x6A82: StatusCode.NOT_FOUND}  # fmt: skip
"""Why the card refused -> what the server is told."""


def _rewrite(file: CardFile, document: bytes, key: bytes | None) -> terminal.ApduProcedure[bool]:
    """Whether the key was right; then the document is written, over that part of the file which is its own."""
    if file.length is not None and len(document) != file.length:
        raise CommandRefused(0x6A84)  # the directory says how long it is, and is not rewritten
    channel = yield from terminal.open_channel()
    try:
        yield from terminal.select_aid(AID_PKCS15, channel)
        if key is not None and (yield from terminal.verify(_ADM, key, channel)) is not None:
            return False
        fid = int.from_bytes(file.path[-2:], "big")
        fcp = yield from terminal.select((fid,), channel, application=True)
        yield from terminal.write_file(document, fcp, channel, file.index, file.length)
    finally:
        with suppress(*terminal.FAILS):
            yield from terminal.close_channel(channel)
    return True
