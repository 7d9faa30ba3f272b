"""What happens on a device with schedules, in order of time: rows for tables, figures and comparisons."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from dmkit.ddf.spec import Basis
from dmkit.words.model import Alert

__all__ = ["BATTERY_LOW", "EventKind", "Happening", "ScheduleReport", "Signal", "What"]


class What(StrEnum):
    """Kinds of happening."""

    INSTALLED = "installed"
    INVALID = "not valid"
    CHANGED = "changed"
    DELETED = "deleted"
    STARTED = "started"
    STOPPED = "stopped"
    RAN = "ran"
    FAILED = "failed"
    MISSED = "missed"
    CANCELLED = "cancelled"
    PUT_OFF = "put off"
    SUPPRESSED = "suppressed by its gate"
    DECLINED = "declined by the user"
    REPORTED = "reported"
    EXPIRED = "expired"
    FINISHED = "finished"
    CUT = "cut off"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    OFF = "power off"
    ON = "power on"
    LOW = "battery low"
    CHARGED = "battery no longer low"
    CLOCK = "clock set"
    INTERRUPTED = "interrupted"
    WITHDRAWN = "withdrawn"
    REVIVED = "valid again"
    TOLD = "told to be missed"
    FORESEEN = "seen to be missed soon"
    ORPHANED = "its account is gone"
    LOST = "a report was lost"
    UNSENT = "a report was given up"


class Happening(NamedTuple):
    """``what`` happened to ``uri`` at ``at``, seconds since 1970 of the world.

    ``due`` is the due time that it is about, on the device's clock.
    """

    at: float
    what: What
    uri: str
    due: float | None = None
    code: int = 0
    why: str = ""


class EventKind(StrEnum):
    """What a device notices besides time; ``trap`` is the event that this raises.  [scheduling sheet §5.2]"""

    trap: str
    basis: Basis

    def __new__(cls, value: str, trap: str = "") -> EventKind:
        """Make the member for ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.trap, member.basis = trap, Basis.PROPOSAL
        return member

    POWER_OFF = "power off"
    POWER_ON = "power on", "urn:oma:mo:x-dmsched:event:power-on"
    CLOCK = "clock set"
    ZONE = "time zone"
    BATTERY = "battery"
    CHARGER = "charger", "urn:oma:mo:x-dmsched:event:charger-on"
    ROAMING = "roaming", "urn:oma:mo:x-dmsched:event:roaming-entered"
    SIM_CHANGED = "SIM changed", "urn:oma:mo:x-dmsched:event:sim-changed"
    DOWNLOADED = "download complete", "urn:oma:mo:x-dmsched:event:download-complete"
    BEARER_UP = "bearer up", "urn:oma:mo:x-dmsched:event:bearer-up"
    TRAP = "trap"
    VALUE = "value"
    TRUSTED = "clock trusted"
    LEAVING = "power or coverage will be lost"
    USER_SUSPEND = "the user suspends"
    USER_RESUME = "the user resumes"
    USER_STOP = "the user stops"


BATTERY_LOW: Final = "urn:oma:mo:x-dmsched:event:battery-low"


class Signal(NamedTuple):
    """Something that the device notices.

    ``value``: per cent for BATTERY; whether, for CHARGER and ROAMING; seconds by which the clock is set forward (back
    when negative) for CLOCK; a POSIX rule for ZONE; the event for TRAP; the new value of the node ``source`` for VALUE.
    Whether, for TRUSTED: false after the clock was lost.  ``source`` is the schedule for what the user does, and the
    node that raises the event for the others.
    """

    kind: EventKind
    value: str | int | float | bool = ""
    source: str = ""


class ScheduleReport(NamedTuple):
    """An alert for ``server``; ``due`` is when a session is to be opened for it, infinity when any will do."""

    at: float
    server: str
    alert: Alert
    due: float
    retries: int | None = None
    """How often it is sent again by itself; None: always."""
    retry: float | None = None
    """Seconds between; None: as the device has it."""
