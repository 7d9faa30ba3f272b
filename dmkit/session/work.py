"""What a server wants of a device: a job, and what it knows of the device when the job begins."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import field
from types import GeneratorType
from typing import Final, NoReturn, TypeAlias, get_args

import msgspec

from dmkit.words.arguments import fits
from dmkit.words.checked import checked
from dmkit.words.codes import AlertCode
from dmkit.words.counts import many
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Add, Alert, Command, Copy, Delete, Exec, Get, Item, Replace, Results, Status, flatten
from dmkit.words.outcome import Outcome
from dmkit.words.ranges import Natural
from dmkit.words.records import dataclass
from dmkit.words.struct_check import struct_fault
from dmkit.words.structs import like_a_dataclass

__all__ = ["DeviceInfo", "Job", "NoJob", "QueuedJob", "Running", "Talk", "Wait", "Waiting", "commands_of",
           "talk_of"]  # fmt: skip


@checked
@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device said of itself in package 1.

    ``values`` maps names under ./DevInfo (``Man``, ``Mod``, ``Lang`` ...) to text.  [DMSTDOBJ §5.3.2]

    >>> DeviceInfo("IMEI:493005100592800", {"./DevInfo/Man": "Acme"}).values["./DevInfo/Man"]
    'Acme'
    """

    device_id: str
    """Its address: Source of its messages."""
    values: Mapping[str, str] = field(default_factory=dict)
    max_message: Natural | None = None
    """Octets of a message that it takes; None: it did not say."""
    max_object: Natural | None = None
    """Octets of an object that it takes; None: it did not say."""

    def __hash__(self) -> int:
        return hash((self.device_id, frozenset(self.values.items()), self.max_message, self.max_object))


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


@like_a_dataclass
class QueuedJob(msgspec.Struct, frozen=True):
    """A job under a name: one entry of a server's list.

    >>> import dmkit as dm
    >>> QueuedJob("read", dm.jobs.read("./DevInfo/Man")).name
    'read'
    """

    name: str
    job: Job


class Running:
    """A job that has begun, as a value: which job, what it knew of the device, and what it was sent so far.

    That is all its state, so the conversation can be made again at any point: ``told`` gives the value that follows
    and what the job says there.  The generator that stands here is kept, and serves the first who goes on from here;
    whoever comes back later (another branch, after a ``restore``) gets one that was made anew and told the same.  A
    job must therefore say the same when it is told the same: one that asks a clock or dice cannot be gone back in.
    One that is more than its words, such as one that counts them, may have ``again``: the same job, without the rest.

    >>> from dmkit.words.codes import StatusCode
    >>> def job(info):
    ...     [name] = yield [Get.of("./DevInfo/Mod")]
    ...     yield [Get.of(f"./DevInfo/{name.text}")]
    >>> begun, said = Running.begin(QueuedJob("ask", job), DeviceInfo("IMEI:1"))
    >>> answer = lambda text: (Outcome(StatusCode.OK, (Item(data=text),)),)
    >>> [begun.told(answer(text))[1][0].items[0].target for text in ("Man", "Lang", "Man")]
    ['./DevInfo/Man', './DevInfo/Lang', './DevInfo/Man']
    """

    __slots__ = ("_hash", "_live", "device", "log", "work")

    def __init__(
        self, work: QueuedJob, device: DeviceInfo, log: tuple[tuple[Outcome, ...], ...] = (), live: Talk | None = None
    ) -> None:
        self.work = work
        self.device = device
        self.log = log
        self._live = live
        self._hash: int | None = None

    @classmethod
    def begin(cls, work: QueuedJob, device: DeviceInfo) -> tuple[Running, Sequence[Command] | Wait]:
        """The job at its first words; what it raises, StopIteration at its end, comes out."""
        live = talk_of(work.job, device)
        first = next(live)
        return cls(work, device, (), live), first

    def told(self, outcomes: tuple[Outcome, ...]) -> tuple[Running, Sequence[Command] | Wait]:
        """The job after it was sent ``outcomes``, and what it says then; what it raises comes out."""
        live = self._take()
        value = live.send(outcomes)
        return Running(self.work, self.device, (*self.log, outcomes), live), value

    def close(self) -> None:
        """Let the job clean up; RuntimeError when it yields again instead of ending."""
        self._take().close()

    def _take(self) -> Talk:
        """A generator that stands here: the one kept, once, else a new one that is told what this one was."""
        live, self._live = self._live, None
        if live is not None:
            return live
        live = getattr(self.work.job, "again", self.work.job)(self.device)
        try:
            next(live)
            for outcomes in self.log:
                live.send(outcomes)
        except StopIteration:
            why = f"job {self.work.name!r} ended early when it was told the same again; it cannot be gone back in"
            raise LocalProtocolError(why) from None
        return live

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Running):
            return NotImplemented
        return self is other or (self.work, self.device, self.log) == (other.work, other.device, other.log)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.work, self.device, self.log))
        return self._hash

    def __repr__(self) -> str:
        return f"Running({self.work.name!r}, told {many(len(self.log), 'time')})"


class NoJob(TypeError):
    """What was given as a job is none, or yielded what is no command; the sentence quotes nothing of the device."""


def talk_of(job: Job, device: DeviceInfo) -> Talk:
    """The generator that ``job`` makes for this device; NoJob with one sentence when it is none.

    >>> talk_of(print, "IMEI:1")
    Traceback (most recent call last):
    ...
    dmkit.session.work.NoJob: print gave None and is no generator; a job yields lists of commands
    """
    if not callable(job):
        _no_job(job)
    try:
        live = job(device)
    except TypeError:
        if not fits(job, device):
            what = getattr(job, "__name__", type(job).__name__)
            raise NoJob(f"{what} is not called with one argument; a job is a function of a DeviceInfo") from None
        raise
    return live if live.__class__ is GeneratorType or isinstance(live, Generator) else _no_talk(job, live)


def _no_job(job: object) -> NoReturn:
    made = ", which was called already: give the function" if isinstance(job, Generator) else ""
    raise NoJob(f"it is {_short(job)}{made}; a job is a function of a DeviceInfo that yields commands")


def _no_talk(job: Job, live: object) -> NoReturn:
    what = getattr(job, "__name__", type(job).__name__)
    if callable(live):
        raise NoJob(f"{what} makes a job when it is called: {what}(...), not {what}")
    raise NoJob(f"{what} gave {_short(live)} and is no generator; a job yields lists of commands")


_COMMANDS: Final = tuple(kind for kind in get_args(Command) if kind not in (Results, Status))
"""What a server may ask: no answers, which its session gives by itself."""
_KINDS: Final = frozenset(_COMMANDS)
_LISTS: Final = frozenset({list, tuple})
_WITH_ITEMS: Final = (Add, Copy, Delete, Exec, Get, Replace)


def commands_of(value: object) -> tuple[Command, ...]:
    """What a job yielded, as commands; NoJob with one sentence when it is something else.

    >>> commands_of("./DevInfo/Man")
    Traceback (most recent call last):
    ...
    dmkit.session.work.NoJob: it yielded './DevInfo/Man'; a job yields a list of commands, or a Wait
    >>> commands_of([Get("./DevInfo/Man")])
    Traceback (most recent call last):
    ...
    dmkit.session.work.NoJob: it yielded a command that is none: Get.items is './DevInfo/Man'; it must be a tuple, each
    entry an Item
    """
    if value.__class__ in _LISTS or (isinstance(value, Sequence) and not isinstance(value, str | bytes)):
        wrong = [] if _KINDS.issuperset(map(type, value)) else [e for e in value if not isinstance(e, _COMMANDS)]
        if not wrong:
            for command in value:
                if fault := struct_fault(command) or _empty(command):
                    raise NoJob(f"it yielded a command that is none: {fault}")
            return tuple(value)
        raise NoJob(f"it yielded {_short(wrong[0])} among its commands; a job yields a list of commands, or a Wait")
    hint = f": [{type(value).__name__}...]" if isinstance(value, _COMMANDS) else ""
    raise NoJob(f"it yielded {_short(value)}; a job yields a list of commands, or a Wait{hint}")


def _empty(command: Command) -> str:
    """A command that names nothing cannot be written: its DTD asks for an Item.  [DMREPPRO §6.6]"""
    if command.__class__ in _WITH_ITEMS and command.items:
        return ""
    bare = next((one for one in flatten((command,)) if isinstance(one, _WITH_ITEMS) and not one.items), None)
    return "" if bare is None else f"{bare.verb.value} has no Item; it has one or more"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... (of type {type(value).__name__})"


class Waiting(msgspec.Struct, frozen=True):
    """A job that waits for a report: where it stands, and for what it waits."""

    running: Running
    wait: Wait

    @property
    def work(self) -> QueuedJob:
        """The job that waits."""
        return self.running.work
