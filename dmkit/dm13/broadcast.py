"""Messages to all devices at once, without a session: who answers, when, and what that does to the server.

The mechanism is of two patents, the frame a PROPOSAL.  [dm13 sheet §6; SAM1 US8285797, SAM2 US20110093541]

>>> Broadcast(answer=False).times(1000, seed=1).size
0
>>> at_once, spread = Broadcast(answer=True), Broadcast(answer=True, wait=600.0)
>>> int(at_once.peak(1000, seed=1)), int(spread.peak(1000, seed=1)) < 20
(1000, True)
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated, Final

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.ranges import Count, Natural, Range, Seconds
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Broadcast", "BroadcastMessage", "ReplayWindow"]

_TAG: Final = 32
_VERSION: Final = 1


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """What devices do after a message to all of them: two nodes of the tree."""

    answer: bool = False
    """OOB/Response: whether they answer at all; a node that is absent means no."""
    wait: Seconds = 0.0
    """OOB/Wait: seconds over which answers spread; absent means at once."""

    def times(self, devices: int, *, seed: int) -> NDArray[np.float64]:
        """Seconds behind the message at which answers leave, sorted; none when nobody answers."""
        import numpy as np

        if not self.answer:
            return np.empty(0)
        return np.sort(np.random.default_rng(seed).uniform(0.0, self.wait, devices))

    def peak(self, devices: int, *, seed: int, over: float = 1.0) -> int:
        """Most answers within ``over`` seconds: about devices * over / wait, not devices."""
        import numpy as np

        times = self.times(devices, seed=seed)
        if not times.size:
            return 0
        return int((np.searchsorted(times, times + over, side="left") - np.arange(times.size)).max())


@dataclass(frozen=True, slots=True)
class BroadcastMessage:
    """One message: the server, its number, and what to do, protected with the notification secret."""

    server: str
    number: int
    body: bytes

    def encode(self, secret: bytes) -> bytes:
        """Version, length and name of the server, number, body, HMAC-SHA-256.

        >>> BroadcastMessage.decode(BroadcastMessage("srv", 7, b"x").encode(b"key"), b"key")
        BroadcastMessage(server='srv', number=7, body=b'x')
        """
        name = self.server.encode()
        if len(name) > 255 or not 0 <= self.number <= 0xFFFF:
            raise ConfigError(f"server of {many(len(name), 'octet')}, number {self.number}: 255 octets and 16 bits fit")
        head = bytes((_VERSION, len(name))) + name + self.number.to_bytes(2, "big") + self.body
        return head + hmac.new(secret, head, hashlib.sha256).digest()

    @classmethod
    @asked
    def decode(cls, data: bytes, secret: bytes) -> BroadcastMessage:
        """CodecError for anything else, or under another secret."""
        size = data[1] if len(data) > 1 else 0
        if len(data) < 4 + size + _TAG or data[0] != _VERSION:
            raise CodecError(f"{many(len(data), 'octet')} that are no broadcast of version {_VERSION}")
        head, tag = data[:-_TAG], data[-_TAG:]
        if not hmac.compare_digest(hmac.new(secret, head, hashlib.sha256).digest(), tag):
            raise CodecError("a broadcast under another secret, or altered")
        try:
            name = head[2 : 2 + size].decode()
        except UnicodeDecodeError:
            raise CodecError("a server whose name is no UTF-8", offset=2) from None
        return cls(name, int.from_bytes(head[2 + size : 4 + size], "big"), head[4 + size :])


@checked
@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """The numbers that were taken: the highest, and ``size`` below it; what is older counts as seen.

    >>> seen = ReplayWindow()
    >>> [(seen := seen.take(n)[0], seen.highest)[1] for n in (5, 5, 7)]
    [5, 5, 7]
    >>> seen.take(7)[1], seen.take(6)[1]
    (False, True)
    """

    highest: Annotated[int, Range("number", -1, whole=True)] = -1
    """The highest number that was taken."""
    taken: frozenset[Natural] = frozenset()
    """All that were, within the window."""
    size: Count = 64

    def take(self, number: int) -> tuple[ReplayWindow, bool]:
        """The window with ``number``, and whether it is new."""
        if number in self.taken or number <= self.highest - self.size:
            return self, False
        highest = max(self.highest, number)
        taken = frozenset(n for n in {*self.taken, number} if n > highest - self.size)
        return ReplayWindow(highest, taken, self.size), True
