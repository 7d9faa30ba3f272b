"""What a server wants of a device: a job, and what it knows of the device when the job begins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dmkit.model import Command
from dmkit.outcome import Outcome

__all__ = ["DeviceInfo", "Job", "Work"]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device said of itself in package 1.

    ``values`` maps names under ./DevInfo (``Man``, ``Mod``, ``Lang`` ...) to text.  [DMSTDOBJ §5.3.2]
    """

    device_id: str
    values: Mapping[str, str] = field(default_factory=dict)
    max_message: int | None = None
    max_object: int | None = None


Talk: TypeAlias = Generator[Sequence[Command], Sequence[Outcome], object]
Job: TypeAlias = Callable[[DeviceInfo], Talk]
"""Gets what is known of the device and becomes a conversation: yields commands, is sent one Outcome for each.

Whatever it returns is its result.  A batch may need several packages; the job does not see that.

>>> def read_model(info):
...     [model] = yield [Get.of("./DevInfo/Mod")]
...     return model.text
"""


@dataclass(frozen=True, slots=True)
class Work:
    """A job under a name: one entry of a server's list."""

    name: str
    job: Job
