"""What a server wants of a device: a job, and what it knows of the device when the job begins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dmkit.words.codes import AlertCode
from dmkit.words.model import Alert, Command, Item
from dmkit.words.outcome import Outcome

__all__ = ["DeviceInfo", "Job", "Talk", "Wait", "Waiting", "Work"]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device said of itself in package 1.

    ``values`` maps names under ./DevInfo (``Man``, ``Mod``, ``Lang`` ...) to text.  [DMSTDOBJ §5.3.2]
    """

    device_id: str
    values: Mapping[str, str] = field(default_factory=dict)
    max_message: int | None = None
    max_object: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a job yields instead of commands: it goes on when the device reports, in this session or in a later one.

    The report is a Generic Alert with this ``correlator`` or, where one of them has none, with this ``source``.  The
    job is sent one Outcome: 200 and the Item of the report, or, in a later session without a report, one without
    a status; then it may look for itself, and wait again.

    >>> Wait("c1").meets(Alert.of(1226)), Wait("c1", "./FUMO").meets(Alert(1226, (Item(source="./FUMO"),))) is not None
    (None, True)
    """

    correlator: str | None = None
    source: str | None = None

    def meets(self, alert: Alert) -> Item | None:
        """The Item of ``alert`` that is waited for, or None."""
        if alert.code != AlertCode.GENERIC or not alert.items:
            return None
        if alert.correlator is not None and self.correlator is not None:
            return alert.items[0] if alert.correlator == self.correlator else None
        if self.source is None:
            return None
        return next((item for item in alert.items if item.source == self.source), None)


Talk: TypeAlias = Generator[Sequence[Command] | Wait, Sequence[Outcome], object]
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for a report: its name, how it began, where it stands, and for what it waits."""

    work: Work
    talk: Talk
    wait: Wait
