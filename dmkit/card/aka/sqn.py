"""Sequence numbers: what makes a challenge fresh.  SQN = SEQ || IND, 48 bits.  [TS 33.102 annex C]

IND names a slot; the card remembers one SEQ per slot, so vectors of several serving nodes may come out of order.

>>> window = SqnWindow()
>>> window = window.accept(sqn_of(seq=5, ind=1))
>>> window.accept(sqn_of(seq=4, ind=1)), window.accept(sqn_of(seq=4, ind=2)) is not None
(None, True)
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Annotated, Final, Literal

from dmkit.words.asked import asked
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Natural, Range, SomeSeconds
from dmkit.words.records import dataclass

__all__ = ["DEFAULT_POLICY", "SequenceNumber", "SqnPolicy", "SqnWindow", "sqn_of"]

SQN_BITS: Final = 48


@checked
@dataclass(frozen=True, slots=True)
class SqnPolicy:
    """Choices that home network and card share.  [TS 33.102 annex C.1.2, C.3]

    ``ind_bits`` is the length of IND (5: 32 slots; 0: one counter).  ``delta`` is the largest jump of SEQ that a card
    takes in one step, which keeps a fault at the centre from using the numbers up; None takes any.  ``window`` is
    how far below its highest SEQ a card still takes a number; None takes any that is new in its slot.

    ``basis``: the annex is informative and leaves the three to the operator; 5 bits and 2**28 are its examples, and the
    fact sheet names only "IND e.g. 5 bits" (UNSURE: the rest is from memory).
    """

    ind_bits: Annotated[int, Range("number", 0, 47, whole=True)] = 5
    delta: Natural | None = 1 << 28
    window: Natural | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.ind_bits <= 16:
            raise ConfigError(f"IND of {many(self.ind_bits, 'bit')}; it has 0 to 16")
        for name, value in (("delta", self.delta), ("window", self.window)):
            if value is not None and value < 1:
                raise ConfigError(f"SQN {name} {value}: it is at least 1, or None for no limit")

    @property
    def slots(self) -> int:
        """How many values IND has."""
        return 1 << self.ind_bits

    def split(self, sqn: int) -> tuple[int, int]:
        """SEQ and IND of a sequence number."""
        return sqn >> self.ind_bits, sqn & (self.slots - 1)

    def join(self, seq: int, ind: int) -> int:
        """The sequence number; ConfigError when it would have more than 48 bits."""
        sqn = seq << self.ind_bits | ind
        if not 0 <= sqn < 1 << SQN_BITS or not 0 <= ind < self.slots:
            raise ConfigError(f"SEQ {seq}, IND {ind}: no sequence number of 48 bits with {self.slots} slots")
        return sqn


DEFAULT_POLICY: Final = SqnPolicy()


@asked
def sqn_of(seq: int, ind: int = 0, policy: SqnPolicy = DEFAULT_POLICY) -> int:
    """SQN of its two parts.

    >>> sqn_of(1, 10)
    42
    """
    return policy.join(seq, ind)


@checked
@dataclass(frozen=True, slots=True)
class SqnWindow:
    """The card's memory: the highest SEQ taken in each slot.  A value; ``accept`` gives the next one."""

    policy: SqnPolicy = DEFAULT_POLICY
    """How numbers are read and what is fresh."""
    seqs: tuple[Natural, ...] = ()
    """The highest SEQ of each slot; empty: zero everywhere."""

    def __post_init__(self) -> None:
        if self.seqs == ():
            object.__setattr__(self, "seqs", (0,) * self.policy.slots)
        elif len(self.seqs) != self.policy.slots:
            raise ConfigError(f"{many(len(self.seqs), 'number')} for {self.policy.slots} slots")

    @classmethod
    def at(cls, sqn: int, policy: SqnPolicy = DEFAULT_POLICY) -> SqnWindow:
        """A card that took ``sqn`` last and nothing before."""
        seq, ind = policy.split(sqn)
        return cls(policy, tuple(seq if slot == ind else 0 for slot in range(policy.slots)))

    @property
    def highest(self) -> int:
        """SQN_MS: the highest number ever taken, which a resynchronisation reports."""
        seq = max(self.seqs)
        return self.policy.join(seq, self.seqs.index(seq))

    def accept(self, sqn: int) -> SqnWindow | None:
        """The memory after ``sqn``, or None when it is not fresh.  [TS 33.102 annex C.2]"""
        policy, (seq, ind), top = self.policy, self.policy.split(sqn), max(self.seqs)
        too_far = policy.delta is not None and seq - top > policy.delta
        too_old = policy.window is not None and top - seq >= policy.window
        if too_far or too_old or seq <= self.seqs[ind]:
            return None
        return replace(self, seqs=(*self.seqs[:ind], seq, *self.seqs[ind + 1 :]))


@checked
@dataclass(frozen=True, slots=True)
class SequenceNumber:
    """The centre's counter for one subscriber.  ``next`` gives the counter one challenge later.

    ``scheme``: "counter" adds one to SEQ; "clock" takes the larger of that and whole ticks of ``now``, so that a
    restored backup does not fall behind.  Slots are taken in turn unless the caller names one.  [TS 33.102 annex C.1.1]
    """

    sqn: Annotated[int, Range("number", 0, (1 << 48) - 1, whole=True)] = 0
    """The number last used."""
    policy: SqnPolicy = field(default_factory=SqnPolicy)
    """How numbers are read and what is fresh."""
    scheme: Literal["counter", "clock"] = "counter"
    tick: SomeSeconds = 1.0
    """Seconds of the clock for one step of SEQ."""

    def next(self, *, ind: int | None = None, now: float = 0.0) -> SequenceNumber:
        """The counter after one more challenge."""
        seq, last = self.policy.split(self.sqn)
        slot = (last + 1) % self.policy.slots if ind is None else ind
        following = seq + 1 if self.scheme == "counter" else max(seq + 1, int(now / self.tick))
        return self.at(self.policy.join(following, slot))

    def at(self, sqn: int) -> SequenceNumber:
        """The same counter at another number."""
        return replace(self, sqn=sqn)

    def would_satisfy(self, sqn_ms: int) -> bool:
        """True when a card at ``sqn_ms`` takes the next number in any slot.  [TS 33.102 §6.3.5]"""
        seq, card = self.policy.split(self.sqn)[0] + 1, self.policy.split(sqn_ms)[0]
        return seq > card and (self.policy.delta is None or seq - card <= self.policy.delta)
