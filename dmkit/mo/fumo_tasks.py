"""What an Exec of FUMO sets going: whose it is, how long each thing takes, and the person who may be asked.

>>> FumoTask("org.openmobilealliance.dm.firmwareupdate.update", "c1", "srv").correlator, FumoTimes().restart
('c1', 60.0)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from dmkit.mo.firmware import UpdateStep
from dmkit.words.checked import checked
from dmkit.words.ranges import Range, Seconds

__all__ = ["Choice", "FumoTask", "FumoTimes"]

Choice: TypeAlias = Callable[[str, int], Literal["yes", "no", "later"]]
"""The person who holds the device: asked about "download" or "update", for the n-th time."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class FumoTimes:
    """Seconds that things take, and octets per second of a download.  PROPOSAL"""

    rate: Annotated[float, Range("number", 0, above=True)] = 125_000.0
    """Octets a second of a download."""
    check: Seconds = 2.0
    """To look at a package."""
    block: Seconds = 10.0
    """To write one block."""
    word: Seconds = 0.1
    """To write the mark of a slot."""
    verify: Seconds = 5.0
    """To check what was written."""
    restart: Seconds = 60.0
    """To start again."""
    test: Seconds = 20.0
    """Of the first start of a new image."""
    clean: Seconds = 1.0
    """To throw away what is left."""
    user: Seconds = 15.0
    """Until a person answers."""
    postpone: Seconds = 3600.0
    """Until a person is asked again."""

    def of(self, step: UpdateStep) -> float:
        """Seconds that one step of an installation takes."""
        return {"erase": self.block, "write": self.block, "keep": self.block / 10, "verify": self.verify,
                "restart": self.restart, "test": self.test}.get(step.do, self.word)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FumoTask:
    """What an Exec has set going: the type of its report, its correlator, and whose it was."""

    alert: str
    correlator: str | None
    by: str = ""
