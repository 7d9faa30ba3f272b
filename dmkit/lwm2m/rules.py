"""What peers do differently, or what could not be read, as fields.  [lwm2m sheet §2, §11]"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from dmkit.words.checked import checked
from dmkit.words.ranges import Count, Natural

__all__ = ["DEFAULT", "LwM2mRules"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class LwM2mRules:
    """The choices of a client."""

    default_format: Literal[110, 112, 11542] = 110
    """What is answered to a read of more than one value that names no format.  1.0 has TLV, 1.1 SenML JSON.  [M]"""
    formats: tuple[int, ...] = (0, 42, 60, 110, 112, 11542, 11543)
    """Content formats that are understood; a peer in the open lacks 60 and 112, 1.2 adds 11544.  [lwm2m sheet §3]"""
    alone: Literal["everything", "nothing"] = "everything"
    """Rights of the only server of a client without access control objects.  [E: single-server clients need none]"""
    owner_gone: Literal["keep", "hand over", "delete"] = "keep"
    """An instance whose owner's account is gone.  UNSURE; ``hand over`` gives it to the server with the highest sum of
    rights, as a patent of authors of the specification has it.  [lwm2m sheet §11]"""
    block: Literal[16, 32, 64, 128, 256, 512, 1024] = 1024
    """Octets of a block, for answers that do not fit one message."""
    largest: Count = 1 << 20
    """Octets of a body that comes in blocks; a longer one is refused 4.13."""
    unfinished: Count = 16
    """Bodies that may be on their way in blocks at once; of more, the one that rested longest is forgotten, and its
    next block is answered 4.08.  [RFC 7959 §2.5, §2.9.2]"""
    unfinished_octets: Count = 1 << 22
    """Octets of all of them; of more, they are forgotten in the same order."""
    awake: Natural = 93
    """Seconds that a client in queue mode stays reachable behind its last message: MAX_TRANSMIT_WAIT of CoAP's own
    constants.  [RFC 7252 §4.8.2]"""


DEFAULT: Final = LwM2mRules()
"""What most peers do."""
