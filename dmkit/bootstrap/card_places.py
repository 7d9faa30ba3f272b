"""How files below PKCS#15 are reached: within an application of a UICC, or directory by directory on a SIM.

>>> fids_of(bytes.fromhex("3F007F50"))
(16128, 32592)
"""

from __future__ import annotations

from typing import Final

from dmkit.card import terminal as t
from dmkit.card.apdu import CommandApdu, CommandRefused, StatusWord
from dmkit.card.files import PKCS15
from dmkit.card.memory import FilePath
from dmkit.words.counts import many
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["ROOT", "SimFiles", "UiccFiles", "fids_of"]

ROOT: Final[FilePath] = (0x3F00, PKCS15.fid)
"""Where the directory is when nothing says where."""


@dataclass(frozen=True, slots=True)
class UiccFiles:
    """How files are read within the selected application; ``pin`` is the key that it names, ``root`` its place.

    A path that begins at the MF and leads elsewhere is followed from there; where nothing is, within the application.
    """

    channel: int
    pin: int
    root: FilePath

    def read(self, path: bytes, begin: int = 0, length: int | None = None) -> t.ApduProcedure[bytes]:
        """The octets of a file, or a part of them."""
        elsewhere, fids = _below(path, self.root)
        try:
            fcp = yield from t.select(fids, self.channel, application=not elsewhere)
        except CommandRefused as refused:
            if not elsewhere or refused.sw != 0x6A82:
                raise
            fcp = yield from t.select(fids[1:] or fids, self.channel, application=True)
        data = yield from t.read_file(fcp, self.channel, begin, length)
        return data

    def show(self, pin: bytes) -> t.ApduProcedure[str]:
        """Show the PIN; empty when it was right, or is switched off, else what is wrong."""
        left = yield from t.verify(self.pin, pin, self.channel)
        return "" if left is None else f"the PIN is wrong, {many(left, 'try is', 'tries are')} left"


class SimFiles:
    """The same in class A0: directory by directory, from the one it is in, or from the MF when that is out of reach."""

    pin: Final = 0x01

    def __init__(self) -> None:
        self.deep = False

    def read(self, path: bytes, begin: int = 0, length: int | None = None) -> t.ApduProcedure[bytes]:
        """The octets of a file, or a part of them."""
        elsewhere, below = _below(path, ROOT)
        fids = below if elsewhere else (PKCS15.fid, *below)
        if self.deep or elsewhere:
            yield from self.send(CommandApdu(0xA0, 0xA4, data=b"\x3f\x00"))
        self.deep, data = elsewhere or len(fids) > 2, b""
        for fid in fids:
            reply = yield from self.send(CommandApdu(0xA0, 0xA4, data=fid.to_bytes(2, "big")))
            waiting = yield from self.send(CommandApdu(0xA0, 0xC0, le=reply[1] & 0xFF or 256))
            data = waiting[0]
            if len(data) >= 6 and data[4:6] != fid.to_bytes(2, "big"):
                raise CodecError(f"the card selected {data[4:6].hex().upper()} where {fid:04X} was asked for")
        if len(data) < 4:
            raise CodecError("the card does not say what it selected")
        wanted, octets = t.window(int.from_bytes(data[2:4], "big"), begin, length), b""
        while len(octets) < len(wanted):
            at, size = wanted[len(octets)], min(0xF0, len(wanted) - len(octets))
            piece, _ = yield from self.send(CommandApdu(0xA0, 0xB0, at >> 8, at & 0xFF, le=size))
            if len(piece) != size:
                raise CodecError(f"the card gave {many(len(piece), 'octet')} of a file where {size} were asked for")
            octets += piece
        return octets

    def show(self, pin: bytes) -> t.ApduProcedure[str]:
        """Show the PIN; empty when it was right, or is switched off, else what is wrong."""
        try:
            yield from self.send(CommandApdu(0xA0, 0x20, 0x00, 0x01, pin))
        except CommandRefused as refused:
            if refused.sw == 0x9808:  # it is switched off
                return ""
            if refused.sw in (0x9804, 0x9840):
                return f"the PIN is wrong: {refused}"
            raise
        return ""

    def send(self, command: CommandApdu) -> t.ApduProcedure[tuple[bytes, int]]:
        """A command of class A0 and its answer: data and status word.  Refused for any that is not good."""
        answer = yield command.encode()
        sw = StatusWord(int.from_bytes(answer[-2:], "big") if len(answer) > 1 else 0x6F00)
        if not sw.is_ok:
            raise CommandRefused(sw)
        return answer[:-2], sw


def fids_of(path: bytes) -> FilePath:
    """The file identifiers of a path.  CodecError when it is cut."""
    if len(path) % 2:
        raise CodecError(f"path {path.hex().upper()} ends within a file identifier")
    return tuple(int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2))


def _below(path: bytes, root: FilePath) -> tuple[bool, FilePath]:
    """Whether a path leads out of the application at ``root``, and the identifiers from the MF, or from there.

    >>> _below(bytes.fromhex("3F007F505F006431"), (0x3F00, 0x7F50)) == (False, (0x5F00, 0x6431))
    True
    >>> _below(bytes.fromhex("3F007F106431"), (0x3F00, 0x7F50)) == (True, (0x7F10, 0x6431))
    True
    """
    fids = fids_of(path)
    if fids[:1] != (0x3F00,):
        return False, fids
    if len(fids) > len(root) and fids[: len(root)] == root:
        return False, fids[len(root) :]
    return True, fids[1:]
