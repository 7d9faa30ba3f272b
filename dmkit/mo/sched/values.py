"""Schedules as values: what the Scheduling MO of a device says, and the choices that its proposal leaves open.

The enabler, its identifier and its date are established; the tree, the states and the codes are a **proposal**: each
carries its ``basis``.  [scheduling sheet §1, §3, §6, §8]

>>> ReportCode.RESCHEDULED.value, ReportCode.RESCHEDULED.bit.value, ReportCode.RESCHEDULED.basis.value
(1210, 8, 'proposal')
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from dmkit.ddf.spec import Basis
from dmkit.words.checked import Size, checked
from dmkit.words.codes import Verb
from dmkit.words.ranges import Count, Instant, Natural, Range, Whole
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    from dmkit.mo.sched.gate import Expression
    from dmkit.mo.sched.time import Recurrence

__all__ = [
    "ALERT_TYPE",
    "LIKE_OMA",
    "MO_ID",
    "OMA_MO_ID",
    "Bit",
    "Component",
    "EventTrap",
    "Missed",
    "Op",
    "ReportCode",
    "ReportRule",
    "ResultCondition",
    "SchedRules",
    "ScheduleContext",
    "Task",
    "Threshold",
    "TimeCondition",
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


class ReportCode(IntEnum):
    """What a report says: the number, its meaning, and the bit of Gating that silences it.  [scheduling sheet §6]"""

    phrase: str
    bit: Bit
    basis: Basis

    def __new__(cls, value: int, phrase: str = "", bit: Bit = Bit.ERROR) -> ReportCode:
        """Make the member for ``value``."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.phrase, member.bit, member.basis = phrase, bit, Basis.PROPOSAL
        return member

    OK = 1200, "well done", Bit.RESULT
    OK_LATE = 1201, "well done, in a run that made up for a missed one", Bit.RESULT
    RESCHEDULED = 1210, "put off", Bit.RESCHEDULE
    MISSED = 1211, "missed, and not yet made up for", Bit.RESCHEDULE
    CLIENT_ERROR = 1400, "the client failed"
    CANCELLED = 1401, "the user said no", Bit.CANCEL
    UNSUPPORTED = 1402, "the condition is not supported"
    NO_RIGHTS = 1403, "the owner lacks a right at run time"
    TIMED_OUT = 1404, "a task took too long"
    TASK_FAILED = 1405, "a task failed; its own status stands beside"
    EXPIRED = 1406, "its time was over before it ran", Bit.CANCEL
    FULL = 1407, "no room is left: reports were lost"
    INTERRUPTED = 1408, "cut off while it ran; what had been done stands beside"


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


@checked
@dataclass(frozen=True, slots=True)
class EventTrap:
    """An event that starts a component: its identifier, and the node that must have raised it if one is named."""

    event: str
    """Identifier of the event."""
    source: str = ""
    """URI of the node that must have raised it; empty: any."""


@checked
@dataclass(frozen=True, slots=True)
class Threshold:
    """A sampled node: fires when its value comes to meet the comparison; ``sampling`` seconds."""

    node: str
    """URI of the node that is sampled."""
    op: Op
    """How a sample is compared."""
    value: str
    """With what, as text."""
    sampling: Natural = 60
    """Seconds between samples."""
    hysteresis: Annotated[float, Range("number")] = 0.0
    """By how much a sample must have gone back before the next one counts."""
    opens: str = ""
    """Event that opens the sampling; empty: it is open from the start.  Evidence (P3b)"""


@checked
@dataclass(frozen=True, slots=True)
class ResultCondition:
    """What another component came to starts this one.  Evidence (P10)"""

    component: str
    """Name of the other component."""
    code: Natural | None = None
    """Its result code; None: any good one."""


@checked
@dataclass(frozen=True, slots=True)
class ReportRule:
    """Report/Rule: what of one command, with one status, is reported or held back.  Evidence (P8)"""

    command: str = ""
    """Name of the task; empty: any."""
    code: Natural | None = None
    """Status; None: any."""
    report: bool = True
    """False: what the rule is about is held back."""


@checked
@dataclass(frozen=True, slots=True)
class TimeCondition:
    """Condition/Time: when it is due, and over how many seconds that is spread at random."""

    recurrence: Recurrence
    """When it is due."""
    jitter: Natural = 0
    """Seconds over which the due time is spread at random."""
    window: Natural = 0
    """Seconds from a due time within which it is not missed.  Evidence (P6b)"""


@checked
@dataclass(frozen=True, slots=True)
class Task:
    """One command of a component; ``timeout`` 0: none."""

    name: str
    """Name of its node below Tasks."""
    target: str
    """URI of the node that it is done on."""
    verb: Verb
    """The command."""
    data: str | None = None
    """Its value; None: it has none."""
    format: str | None = None
    """Format in Meta; None: not given."""
    type: str | None = None
    """Type in Meta; None: not given."""
    timeout: Natural = 0
    """Seconds after which it counts as failed; 0: none."""
    retry: Natural = 0
    """How often it is tried again."""
    retry_delay: Natural = 0
    """Seconds between tries."""


@checked
@dataclass(frozen=True, slots=True)
class Component:
    """One pair of what and when."""

    name: str
    """Name of its node."""
    uri: str
    """Address of its node."""
    tasks: tuple[Task, ...]
    """What is done, in order."""
    order: Whole | None = None
    """Place in the order of components that follow each other; None: in none."""
    time: TimeCondition | None = None
    """Condition of time; None: not by time."""
    traps: tuple[EventTrap, ...] = ()
    """Events that start it."""
    thresholds: tuple[Threshold, ...] = ()
    """Values that start it."""
    gate: Expression | None = None
    """What must hold when it runs; None: nothing."""
    all_families: bool = False
    """Logic 1: every family of conditions must have come true."""
    atomic: bool = False
    """All tasks or none."""
    ui: Ui = Ui.SILENT
    """How the user takes part."""
    text: str = ""
    """What the user is told or asked."""
    results: tuple[ResultCondition, ...] = ()
    """Results of other components that start it."""
    deadline: Natural = 0
    """UI/Deadline: seconds from the due time until which the user may put it off; 0: no end.  Evidence (P7)"""
    min_wait: Natural = 0
    """UI/MinWait: seconds for which the question stays at least; 0: no limit."""
    max_wait: Natural = 0
    """UI/MinWait and MaxWait: how long the question stays, and how long an answer is awaited; 0: no limit."""
    on_install: bool = False
    """UI/OnInstall: the user is asked before the schedule begins."""

    @property
    def families(self) -> tuple[str, ...]:
        """Which of time, trap, threshold and result it has."""
        return tuple(
            name for name, has in (("time", self.time), ("trap", self.traps), ("threshold", self.thresholds),
                                   ("result", self.results)) if has
        )  # fmt: skip


@checked
@dataclass(frozen=True, slots=True)
class ScheduleContext:
    """A schedule: what one server wants the device to do by itself."""

    name: str
    """Name of its node."""
    uri: str
    """Address of its node."""
    id: str
    """Identifier that reports carry."""
    owner: str
    """Identifier of the server whose rights it has."""
    components: tuple[Component, ...]
    """Its pairs of what and when."""
    valid_from: Instant | None = None
    """Seconds since 1970 on the device's clock; None: open."""
    valid_to: Instant | None = None
    """Seconds since 1970; None: open."""
    priority: Whole | None = None
    """Which goes first among those due at the same time; None: last."""
    missed: Missed = Missed.CANCEL
    """MissedRule."""
    missed_delay: Natural = 0
    """Seconds after which a missed execution is made up for, with MissedRule 2."""
    gating: Natural = 0
    """Bits of ``Bit``: what is not reported."""
    when: When = When.AT_ONCE
    """When reports leave."""
    report_to: str = ""
    """Another server than the owner to report to; empty: the owner."""
    report_rules: tuple[ReportRule, ...] = ()
    """Where there are any, they decide on results in place of the bits 1 and 2 of Gating, in one collected report."""
    report_state: bool = False
    """Report/State: changes of the schedule's state are reported too.  Evidence (P9)"""
    tell_missed: bool = False
    """Report/Missed: a missed execution is told before it is made up for.  Evidence (P6b)"""
    report_window: Natural = 0
    """Report/Window: a report is sent at a random moment of so many seconds.  As LwM2M object 10264, resource 3"""
    report_retries: Natural | None = None
    """Report/Retries: how often a report that failed is sent again by itself; None: always.  LwM2M 10264/4"""
    report_retry: Natural | None = None
    """Report/RetryPeriod: seconds between; None: as the device has it.  LwM2M 10264/5"""

    @property
    def reports_to(self) -> str:
        """Identifier of the server that hears of it."""
        return self.report_to or self.owner

    def lets_report(self, code: ReportCode) -> bool:
        """Whether Gating leaves a report with ``code`` in."""
        return not self.gating & code.bit


Family: TypeAlias = Literal["time", "trap", "threshold", "result"]


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
    skipped_again: Literal["due", "leapt", "gone"] = "due"
    """The clock is set back, and a due time that was settled and never ran lies ahead: due once more; only where the
    clock had leapt over it; or gone.  UNSURE [sheet §5.1]"""
    gate: Literal["now", "waits"] = "now"
    """A condition comes true while the gate is closed: suppressed, or asked again each minute.  UNSURE"""
    look: Literal["changes", "always"] = "changes"
    """Sample a stored node only where it has changed, or at every beat; the log is the same, and a test says so."""
    gap: Literal["shift", "skip", "end"] = "shift"
    """A local time in the spring gap: by the offset before it, left out, or at its end.  CONFLICT [RFC 5545 §3.3.10]"""
    hourly: Literal["elapsed", "wall"] = "elapsed"
    """HOURLY and MINUTELY on local time: hours that pass, or hours that the wall names.  UNSURE [RFC 5545 §3.3.10]"""
    tolerance: Natural = 60
    """A correction of the clock by so many seconds at most over a due time does not make it missed.  Proposal"""
    expired: Literal["undone", "final"] = "undone"
    """Expired by a clock that was wrong, and is set back before Valid/To: valid again, or over.  UNSURE"""
    untrusted: Literal["runs", "waits"] = "runs"
    """While the clock is known to be lost (signal TRUSTED false): due times run by it, or wait.  Proposal"""
    orphan: Literal["suspend", "delete", "run"] = "suspend"
    """The owner's account is removed: its schedules rest until it is back, go, or run on.  Proposal"""
    foreign_delete: Literal["acl", "refuse"] = "acl"
    """Another server with the Delete right deletes a schedule: allowed, or 425.  Proposal"""
    rerun: Literal["all", "rest"] = "all"
    """A run that was cut off and is made up for: all its tasks, or from the one that was cut off.  Proposal"""
    trap_hold_off: Natural = 10
    """Seconds after a run begins in which events that start the same component count together, at their end."""
    trap_while_off: Literal["unseen", "missed"] = "unseen"
    """An event while the device is off is not noticed, or is missed and follows MissedRule.  UNSURE"""
    reboot_sample: Literal["ignored", "kept"] = "ignored"
    """Samples from before a reboot: the next one is a first one, or is compared with them.  Evidence (P3b claim 3)"""
    look_ahead: Natural = 0
    """Before power or coverage is lost: tasks due within so many seconds are treated as missed then.  Evidence (P5b)"""
    successor: Literal["always", "success", "not cancelled"] = "always"
    """After which end of a component its successor by Order starts.  UNSURE [sheet §4]"""
    overflow: Literal["oldest", "newest"] = "oldest"
    """Which report is lost when the outbox is full; 1407 tells the server how many were.  UNSURE"""
    report_retry: Count = 600
    """Seconds after which a session for reports that failed is tried again."""
    counters: bool = False
    """AdminState, OperState, counters of triggers and failures in the tree.  As DISMAN-SCHEDULE-MIB (RFC 3231)"""
    user_controls: bool = True
    """The user may suspend, resume and stop schedules (signals USER_SUSPEND and such).  Evidence (P7 claim 5)"""
    alert_type: str = ALERT_TYPE
    """Type of reports; ``LIKE_OMA`` has the look of OMA's types and is not registered."""
    max_contexts: Natural = 64
    """Schedules that the device has room for; one more is 420."""
    max_components: Natural = 16
    """Components of one schedule; more are 413."""
    max_log: Natural = 16
    """Entries of Log."""
    max_outbox: Count = 256
    """Reports that wait for a server; when there are more, one is lost."""
    battery_low: Annotated[int, Range("number", 0, 100, whole=True)] = 15
    """Per cent at or below which nothing runs unless the charger is on."""
    batch: Count = 8
    """Batched reports that make a session."""
    batch_seconds: Natural = 86400
    """Longest time that a batched report waits."""
    postpone: Annotated[tuple[Natural, ...], Size(1)] = (0, 3600, 14400, 86400)
    """UI mode 3: seconds from now among which the user chooses."""
    families: frozenset[Family] = frozenset({"time", "trap", "threshold", "result"})
    """Families of conditions that this device has; others are refused with 406."""
