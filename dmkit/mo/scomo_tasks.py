"""An operation of SCOMO that goes on: at which node, for whom, how long it takes, and what is reported when it is lost.

>>> ScomoTask(1, "./SCOMO/Download/a", "download", "Exec Download", ExecAsked("s"), "http://a").lost
1401
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from dmkit.mo.object import ExecAsked
from dmkit.words.checked import checked
from dmkit.words.ranges import Range, Seconds

__all__ = ["ScomoTask", "ScomoTimes"]

_LOST: Final = {"download": 1401, "Exec Remove": 1408, "Exec Activate": 1409, "Exec Deactivate": 1410}
"""What is reported when the node of an operation has gone: by machine or by operation; others are 1405."""


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class ScomoTimes:
    """Seconds that operations take, and octets per second of a download.  PROPOSAL"""

    rate: Annotated[float, Range("number", 0, above=True)] = 125_000.0
    """Octets a second of a download."""
    install: Seconds = 20.0
    """To install."""
    remove: Seconds = 5.0
    """To remove."""
    switch: Seconds = 2.0
    """To activate or deactivate."""
    restart: Seconds = 30.0
    """To start again, where a package wants a restart."""


@dataclass(frozen=True, slots=True)
class ScomoTask:
    """An operation under way: at which node, who asked, and in which state the node is while it goes on.

    When the node is gone, or another of that name is in its place, the operation is lost, and that is reported.
    """

    number: int
    node: str
    machine: str
    event: str
    asked: ExecAsked
    url: str
    state: int = 0

    @property
    def lost(self) -> int:
        """The result code when the node has gone."""
        return _LOST.get(self.machine, _LOST.get(self.event, 1405))
