"""What was said between terminal and card: each command with its answer and the states around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import overload

from dmkit.card.apdu import CommandApdu, StatusWord
from dmkit.card.explain import line
from dmkit.card.memory import UsimState
from dmkit.words.errors import CodecError
from dmkit.words.records import dataclass

__all__ = ["Exchange", "Log"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and its answer, with the states around them."""

    number: int
    apdu: bytes
    answer: bytes
    before: UsimState = field(repr=False)
    after: UsimState = field(repr=False)

    @property
    def command(self) -> CommandApdu | None:
        """The command; None when the octets are none."""
        try:
            return CommandApdu.parse(self.apdu)
        except CodecError:
            return None

    @property
    def data(self) -> bytes:
        """The answer without its status word."""
        return self.answer[:-2]

    @property
    def sw(self) -> StatusWord:
        """The status word."""
        return StatusWord(int.from_bytes(self.answer[-2:], "big"))

    @property
    def is_ok(self) -> bool:
        """The card did it, if with a warning that the file is deactivated."""
        return self.sw.is_ok or self.sw == 0x6283

    @property
    def mark(self) -> str:
        """A tick or a cross."""
        return "✓" if self.is_ok else "✗"

    def __repr__(self) -> str:
        return f"Exchange({self.number}: {self.apdu.hex()} -> {self.answer.hex()})"


class Log:
    """Exchanges in their order; shown as a line for each."""

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self._all = list(exchanges)

    def add(self, exchange: Exchange, keep: int | None = None) -> None:
        """Append one, and keep only the last ``keep``."""
        self._all.append(exchange)
        if keep is not None and len(self._all) > keep:
            del self._all[: len(self._all) - keep]

    def clear(self) -> None:
        """Forget them all."""
        self._all.clear()

    @overload
    def __getitem__(self, at: int) -> Exchange: ...

    @overload
    def __getitem__(self, at: slice) -> Log: ...

    def __getitem__(self, at: int | slice) -> Exchange | Log:
        return Log(self._all[at]) if isinstance(at, slice) else self._all[at]

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return (
            "\n".join(
                f"{e.number:3}  {e.mark} {e.apdu[:10].hex(' ') + (' …' if len(e.apdu) > 10 else ''):<33} {line(e)}"
                for e in self._all
            )
            or "nothing was said to the card"
        )
