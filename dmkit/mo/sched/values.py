"""Schedules as values: what the Scheduling MO of a device says, and the choices that its proposal leaves open.

The enabler, its identifier and its date are established; the tree, the states and the codes are a **proposal**: each
carries its ``basis``.  [scheduling sheet §1, §3, §6, §8]

>>> Code.RESCHEDULED.value, Code.RESCHEDULED.bit.value, Code.RESCHEDULED.basis.value
(1210, 8, 'proposal')
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from dmkit.ddf.spec import Basis
from dmkit.words.checked import Size, checked
from dmkit.words.codes import Verb
from dmkit.words.ranges import Count, Natural, Range

if TYPE_CHECKING:
    from dmkit.mo.sched.gate import Expression
    from dmkit.mo.sched.time import Recurrence

__all__ = [
    "ALERT_TYPE",
    "LIKE_OMA",
    "MO_ID",
    "OMA_MO_ID",
    "Bit",
    "Code",
    "Component",
    "Context",
    "Missed",
    "Op",
    "SchedRules",
    "Task",
    "Threshold",
    "TimeCondition",
    "Trap",
    "Ui",
    "When",
]

OMA_MO_ID: Final = "urn:oma:mo:oma-dm-scheduling:1.0"
"""Established; used only to compare with OMA: the tree is a proposal, the official DDF was not available."""
MO_ID: Final = "urn:oma:mo:x-dmsched:1.0"
"""Our private identifier: nobody shall take this tree for OMA's.  Proposal."""
ALERT_TYPE: Final = "urn:oma:at:x-dmsched:1.0:Report"
LIKE_OMA: Final = "urn:oma:at:scheduling:1.0:OperationComplete"
"""The look of OMA's types; not registered."""


class Bit(IntEnum):
    """Bits of Report/Gating: what is left out.  The idea is evidence (P1), the coding UNSURE."""

    RESULT = 1
    ERROR = 2
    CANCEL = 4
    RESCHEDULE = 8


class Code(IntEnum):
    """What a report says: the number, its meaning, and the bit of Gating that silences it.  [scheduling sheet §6]"""

    phrase: str
    bit: Bit
    basis: Basis

    def __new__(cls, value: int, phrase: str = "", bit: Bit = Bit.ERROR) -> Code:
        """Make the member for ``value``."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.phrase, member.bit, member.basis = phrase, bit, Basis.PROPOSAL
        return member

    OK = 1200, "well done", Bit.RESULT
    OK_LATE = 1201, "well done, in a run that made up for a missed one", Bit.RESULT
    RESCHEDULED = 1210, "put off", Bit.RESCHEDULE
    CLIENT_ERROR = 1400, "the client failed"
    CANCELLED = 1401, "the user said no", Bit.CANCEL
    UNSUPPORTED = 1402, "the condition is not supported"
    NO_RIGHTS = 1403, "the owner lacks a right at run time"
    TIMED_OUT = 1404, "a task took too long"
    TASK_FAILED = 1405, "a task failed; its own status stands beside"
    EXPIRED = 1406, "its time was over before it ran", Bit.CANCEL
    FULL = 1407, "no room is left"


class Missed(IntEnum):
    """MissedRule: what becomes of an execution that the device missed.  Evidence (P5)."""

    CANCEL = 0
    AT_ONCE = 1
    LATER = 2


class Ui(IntEnum):
    """UI/Mode: how the user takes part.  Evidence (P1)."""

    SILENT = 0
    INFORM = 1
    CONFIRM = 2
    CHOOSE = 3


class When(IntEnum):
    """Report/When.  Proposal."""

    AT_ONCE = 0
    NEXT_SESSION = 1
    BATCHED = 2


class Op(StrEnum):
    """Threshold/Op: how a sample is compared.  Proposal; the idea of a threshold is evidence (P3)."""

    GE = "GE"
    LE = "LE"
    GT = "GT"
    LT = "LT"
    EQ = "EQ"
    NE = "NE"
    CROSS_UP = "CROSS_UP"
    CROSS_DOWN = "CROSS_DOWN"

    @property
    def crosses(self) -> bool:
        """True when a sample on the other side must have come before."""
        return self in (Op.CROSS_UP, Op.CROSS_DOWN)


@dataclass(frozen=True, slots=True)
class Trap:
    """An event that starts a component: its identifier, and the node that must have raised it if one is named."""

    event: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A sampled node: fires when its value comes to meet the comparison; ``sampling`` seconds."""

    node: str
    op: Op
    value: str
    sampling: int = 60
    hysteresis: float = 0.0


@dataclass(frozen=True, slots=True)
class TimeCondition:
    """Condition/Time: when it is due, and over how many seconds that is spread at random."""

    recurrence: Recurrence
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """One command of a component; ``timeout`` 0: none."""

    name: str
    target: str
    verb: Verb
    data: str | None = None
    format: str | None = None
    type: str | None = None
    timeout: int = 0
    retry: int = 0
    retry_delay: int = 0


@dataclass(frozen=True, slots=True)
class Component:
    """One pair of what and when."""

    name: str
    uri: str
    tasks: tuple[Task, ...]
    order: int | None = None
    time: TimeCondition | None = None
    traps: tuple[Trap, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    gate: Expression | None = None
    all_families: bool = False
    """Logic 1: every family of conditions must have come true."""
    atomic: bool = False
    ui: Ui = Ui.SILENT
    text: str = ""

    @property
    def families(self) -> tuple[str, ...]:
        """Which of time, trap and threshold it has."""
        return tuple(n for n, has in (("time", self.time), ("trap", self.traps), ("threshold", self.thresholds)) if has)


@dataclass(frozen=True, slots=True)
class Context:
    """A schedule: what one server wants the device to do by itself."""

    name: str
    uri: str
    id: str
    owner: str
    components: tuple[Component, ...]
    valid_from: float | None = None
    """Seconds since 1970 on the device's clock; None: open."""
    valid_to: float | None = None
    priority: int | None = None
    missed: Missed = Missed.CANCEL
    missed_delay: int = 0
    gating: int = 0
    when: When = When.AT_ONCE
    report_to: str = ""
    """Another server than the owner to report to; empty: the owner."""

    @property
    def reports_to(self) -> str:
        """Identifier of the server that hears of it."""
        return self.report_to or self.owner

    def lets_report(self, code: Code) -> bool:
        """Whether Gating leaves a report with ``code`` in."""
        return not self.gating & code.bit


Family: TypeAlias = Literal["time", "trap", "threshold"]


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class SchedRules:
    """Choices that the proposal leaves open, and limits of the device.  Each is a row of docs/scheduling.md."""

    rights: Literal["run", "install"] = "run"
    """When the owner's rights count: at every run too, or at installation only (the rival).  [sheet §3]"""
    foreign_change: Literal["refuse", "allow"] = "refuse"
    """Another server that may change the nodes changes a schedule: 425, or its tasks run with the owner's rights."""
    base: Literal["first due", "start"] = "first due"
    """Base is the first due time even where Recur does not name it, or only where Recur begins.  UNSURE [sheet §5.1]"""
    first_sample: Literal["counts", "baseline"] = "counts"
    """A first sample that meets GE, LE, GT, LT, EQ or NE fires, or only shows where one stands.  UNSURE [sheet §5.3]"""
    missed_cancel: Literal["stays", "inactive"] = "stays"
    """MissedRule 0 on a component with due times left: it stays active, or goes to rest.  CONFLICT [sheet §4]"""
    skipped_again: Literal["due", "gone"] = "due"
    """The clock went forward over a due time that was cancelled, and back again: due once more, or gone.  UNSURE"""
    gate: Literal["now", "waits"] = "now"
    """A condition comes true while the gate is closed: suppressed, or asked again each minute.  UNSURE"""
    look: Literal["changes", "always"] = "changes"
    """Sample a stored node only where it has changed, or at every beat; the log is the same, and a test says so."""
    alert_type: str = ALERT_TYPE
    """Type of reports; ``LIKE_OMA`` has the look of OMA's types and is not registered."""
    max_contexts: Natural = 64
    """Schedules that the device has room for; one more is 420."""
    max_components: Natural = 16
    """Components of one schedule; more are 413."""
    max_log: Natural = 16
    """Entries of Log."""
    max_outbox: Natural = 256
    """Reports that wait for a server; when there are more, the oldest is lost."""
    battery_low: Annotated[int, Range("number", 0, 100, whole=True)] = 15
    """Per cent at or below which nothing runs unless the charger is on."""
    batch: Count = 8
    """Batched reports that make a session."""
    batch_seconds: Natural = 86400
    """Longest time that a batched report waits."""
    postpone: Annotated[tuple[Natural, ...], Size(1)] = (0, 3600, 14400, 86400)
    """UI mode 3: seconds from now among which the user chooses."""
    families: frozenset[Family] = frozenset({"time", "trap", "threshold"})
    """Families of conditions that this device has; others are refused with 406."""
