"""Device and server of a trial that remember: a step that was taken from the same place before is not run again.

Runs of a search begin alike, and so do those of other attacks against the same design.  All that an engine was given
since the beginning is its place in ``SideMemory``, a tree of such histories; a place that runs may go on from keeps the
engine's value.  A side stands at a place for as long as every step is known, and its engine is put there when one is
not.  Whoever takes the engine itself in hand (``alone``) has it: what comes then is run, and not remembered.

>>> from dmkit.attack.choices import Choices
>>> from dmkit.attack.designs import DESIGNS
>>> from dmkit.attack.stage import Stage
>>> memory = SharedTrials()
>>> for _ in range(3):
...     talk = Stage(DESIGNS["mac"], memory=memory.of(DESIGNS["mac"], active=False)).session(Choices())
>>> len(talk), memory.run, memory.known
(4, 5, 10)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import field
from typing import Any, Final, Generic, NamedTuple, TypeVar

from dmkit.attack.designs import Design
from dmkit.auth import Account
from dmkit.device.device import Device
from dmkit.device.state import DeviceState
from dmkit.server.server import Server
from dmkit.server.state import ServerState
from dmkit.session.client import ClientSession
from dmkit.session.events import Step
from dmkit.session.rules import Rules
from dmkit.session.values import ClientSessionState
from dmkit.session.work import Job
from dmkit.transport.push import deliver, wake
from dmkit.views.transcript import Transcript
from dmkit.words.model import Command, Packet
from dmkit.words.records import dataclass

__all__ = ["DeviceSide", "RememberedSession", "ServerSide", "SharedTrials", "SideMemory", "TrialMemory", "WholeSession"]

_Value = TypeVar("_Value")


class SideMemory(Generic[_Value]):
    """A place in the history of one engine: its value there, and what came of each thing that it was given next."""

    __slots__ = ("after", "value")

    def __init__(self, value: _Value) -> None:
        self.value = value
        self.after: dict[Hashable, _Taken[_Value]] = {}


class _Taken(NamedTuple, Generic[_Value]):
    """What came of a step: itself, where it led, what the server's job said in it, and whether a job was done."""

    step: Any
    to: SideMemory[_Value]
    wanted: tuple[Command, ...] = ()
    done: bool = False


class _DeviceValue(NamedTuple):
    device: DeviceState
    session: ClientSessionState | None


class _ServerValue(NamedTuple):
    state: ServerState
    keys: tuple[tuple[str, Any], ...]
    begun: int


class WholeSession(NamedTuple):
    """A session with all that follows from where it began and what was chosen in it.

    What was said, what passed, what the job wanted, whether it was done, where both sides stand, what the server has in
    its list and has not taken, for it heard nothing; what was chosen of how many ways, how many packets the attacker
    made, and its notes.
    """

    talk: Transcript
    air: tuple[tuple[int, Packet], ...]
    wanted: tuple[Command, ...]
    done: bool
    device: SideMemory[Any]
    server: SideMemory[Any]
    work: tuple[tuple[str, Hashable, Job], ...]
    made: tuple[tuple[int, int], ...]
    messages: int
    notes: dict[str, object]


@dataclass(slots=True, eq=False)
class TrialMemory:
    """What is remembered of one design: both beginnings, and the jobs of its server by number of the session."""

    counts: SharedTrials
    device: SideMemory[_DeviceValue] | None = None
    server: SideMemory[_ServerValue] | None = None
    jobs: dict[int, Job] = field(default_factory=dict)
    places: dict[Hashable, SideMemory[Any]] = field(default_factory=dict)
    """Every place by its value: whatever led there, what comes of a step is the same."""
    whole: dict[Hashable, WholeSession] = field(default_factory=dict)
    """Sessions that nobody touched, or one who reads no more than the packets of that session, by where both sides
    stood before and what was chosen."""
    choices: dict[Hashable, dict[int, None]] = field(default_factory=dict)
    """By where both sides stood, how many choices such sessions had."""
    rules: dict[str, Rules] = field(default_factory=dict)
    """Those of each side."""
    made: Any = None
    """What is made once for a design and copied for each stage."""
    stage: Any = None
    """The stage that plays now: jobs tell it what they say."""


class SharedTrials:
    """Memories for trials of several attacks; ``run`` counts steps that engines ran, ``known`` those looked up."""

    def __init__(self) -> None:
        self.run = self.known = 0
        self._kept: dict[tuple[str, bool], tuple[Design, TrialMemory]] = {}

    def count(self, known: bool) -> None:
        """One more step."""
        if known:
            self.known += 1
        else:
            self.run += 1

    def of(self, design: Design, *, active: bool) -> TrialMemory:
        """The memory of ``design``, with an attacker between the sides of an unchecked TLS connection or without."""
        key = design.name, active and design.world.path == "unchecked"
        known = self._kept.get(key)
        if known is None or known[0] != design:
            known = self._kept[key] = design, TrialMemory(self)
        return known[1]

    def clear(self) -> None:
        """Forget all; what was remembered goes at once, and waits for no collector."""
        for _, memory in self._kept.values():
            for place in memory.places.values():
                place.after.clear()
            for beginning in (memory.device, memory.server):
                if beginning is not None:
                    beginning.after.clear()
            memory.places.clear()
            memory.whole.clear()
            memory.choices.clear()
            memory.jobs.clear()
            memory.stage = None
        self._kept.clear()


class _Side(ABC, Generic[_Value]):
    """One engine: at ``place`` of its memory, or, where that is None, by itself."""

    def __init__(self, memory: TrialMemory | None) -> None:
        self.memory = memory
        self.keeps = True
        self.place: SideMemory[_Value] | None = None
        self._behind = False

    @abstractmethod
    def _value(self) -> _Value:
        """What the engine is now."""

    @abstractmethod
    def _stand(self, value: _Value) -> None:
        """Make the engine what ``value`` says."""

    def _catch_up(self) -> None:
        """The engine stands at the place."""
        if self._behind and self.place is not None:
            self._stand(self.place.value)
        self._behind = False

    def alone(self) -> None:
        """From now on the engine is on its own."""
        self._catch_up()
        self.place = None

    def goes_to(self, place: SideMemory[_Value]) -> None:
        """The side stands at ``place``."""
        self.place, self._behind = place, True

    def _known(self, key: Hashable) -> _Taken[_Value] | None:
        """What came of ``key`` at this place before, and the side is there; None when the engine must run."""
        known = self.place.after.get(key) if self.place is not None else None
        if self.memory is not None:
            self.memory.counts.count(known is not None)
        if known is not None:
            self.goes_to(known.to)
        return known

    def _kept(self, key: Hashable, run: Callable[[], _Taken[_Value]]) -> _Taken[_Value]:
        """What comes of ``key`` now that the engine runs."""
        self._catch_up()
        place, self.place = self.place, None  # a step that raises leaves no place
        taken = run()
        if place is not None and self.memory is not None and self.keeps:
            value = self._value()
            self.place = self.memory.places.get(value)
            if self.place is None:
                self.place = self.memory.places[value] = SideMemory(value)
            taken = place.after[key] = taken._replace(to=self.place)
        return taken


_NOWHERE: Final[SideMemory[Any]] = SideMemory(None)


class DeviceSide(_Side[_DeviceValue]):
    """The device, and the session that it begins.  ``keeps``: other runs may go on from here."""

    def __init__(self, device: Device, memory: TrialMemory | None) -> None:
        super().__init__(memory)
        self.device = device
        self.session: ClientSession | None = None
        if memory is not None:
            if memory.device is None:
                memory.device = SideMemory(self._value())
            self.place = memory.device

    def _value(self) -> _DeviceValue:
        return _DeviceValue(self.device.snapshot(), None if self.session is None else self.session.snapshot())

    def _stand(self, value: _DeviceValue) -> None:
        self.device.restore(value.device)
        if value.session is None:
            self.session = None
        else:
            self.session = ClientSession.at(value.session, self.device)
            self.session._nonces = self.device.nonces

    def take(self, way: str, *given: Any) -> Step:
        """Let the session ``start``, ``receive`` or ``expire``."""

        def run() -> _Taken[_DeviceValue]:
            if way == "start":
                self.session = self.device.connect()
            return _Taken(getattr(self.session, way)(*given), _NOWHERE)

        key = (way, *given)
        step: Step = (self._known(key) or self._kept(key, run)).step
        return step

    def push(self, messages: tuple[bytes, ...], now: float) -> int:
        """Let short messages reach the device: how many sessions it wants to open; the first is driven next."""

        def run() -> _Taken[_DeviceValue]:
            sessions = deliver(self.device, messages, now).sessions
            if sessions:
                self.session = sessions[0]
            return _Taken(len(sessions), _NOWHERE)

        key = ("push", messages, now)
        opened: int = (self._known(key) or self._kept(key, run)).step
        return opened

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Those that the device has."""
        return tuple(self.device.accounts) if self.place is None else self.place.value.device.accounts

    @property
    def waiting(self) -> bool:
        """Whether the session waits for an answer."""
        if self.place is not None:
            session = self.place.value.session
            return session is not None and session.waiting is not None
        return self.session is not None and self.session.waiting


class RememberedSession(ClientSession):
    """The next session of a ``DeviceSide``, to be driven as any other."""

    def __init__(self, side: DeviceSide, address: str) -> None:
        self._side = side
        self._address = address

    @property
    def address(self) -> str:
        """The address of the device."""
        return self._address

    @property
    def waiting(self) -> bool:
        """True while an answer is awaited."""
        return self._side.waiting

    def start(self, now: float = 0.0) -> Step:
        """Send package 1."""
        return self._side.take("start", now)

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of the server."""
        return self._side.take("receive", packet, now)

    def expire(self, now: float = 0.0) -> Step:
        """No answer came."""
        return self._side.take("expire", now)


class ServerSide(_Side[_ServerValue]):
    """The server; ``note`` takes what its jobs want done, ``done`` is set when one has ended well."""

    def __init__(self, server: Server, memory: TrialMemory | None, note: Callable[[Command], None]) -> None:
        super().__init__(memory)
        self.server = server
        self.done = False
        self._note = note
        self._noted: list[Command] = []
        self.given: list[Command] = []
        self._begun = 0
        self._work: list[tuple[str, Hashable, Job]] = []
        if memory is not None:
            if memory.server is None:
                memory.server = SideMemory(self._value())
            self.place = memory.server

    def _value(self) -> _ServerValue:
        keys = getattr(self.server, "keys", {})
        return _ServerValue(self.server.snapshot(), tuple(keys.items()), self._begun)

    def _stand(self, value: _ServerValue) -> None:
        self.server.restore(value.state)
        self._begun = value.begun
        keys = getattr(self.server, "keys", None)
        if keys is not None:
            keys.clear()
            keys.update(value.keys)

    def begun(self) -> int:
        """A job begins: the how many-th of all."""
        self._begun += 1
        return self._begun

    def wants(self, command: Command) -> None:
        """A job wants ``command`` done."""
        self._noted.append(command)
        self.given.append(command)
        self._note(command)

    def passed(self, whole: WholeSession) -> None:
        """A session as ``whole`` has passed."""
        self._work[:] = whole.work
        self.goes_to(whole.server)
        for command in whole.wanted:
            self._note(command)
        self.done = whole.done

    @property
    def not_taken(self) -> tuple[tuple[str, Hashable, Job], ...]:
        """What was put into its list since it last heard anything."""
        return tuple(self._work)

    @property
    def waiting_work(self) -> tuple[tuple[str, Hashable], ...]:
        """What was put into its list since it last heard anything: device and number of each job."""
        return tuple((device, number) for device, number, _ in self._work)

    def enqueue(self, device: str, number: Hashable, job: Job) -> None:
        """A job that is called ``number`` waits for ``device``."""
        self._work.append((device, number, job))
        if self.place is None:
            self._handed_over()

    def _handed_over(self) -> None:
        for device, _, job in self._work:
            self.server.enqueue(device, job)
        self._work.clear()

    def alone(self) -> None:
        """From now on the engine is on its own."""
        super().alone()
        self._handed_over()

    def wake(self, device: str, number: int, *, resync: bool) -> tuple[bytes, ...]:
        """The short messages that ask ``device`` for session ``number``; ConfigError where there can be none."""

        def run() -> _Taken[_ServerValue]:
            return _Taken(wake(self.server, device, number, resync=resync), _NOWHERE)

        key = ("wake", device, number, resync)
        messages: tuple[bytes, ...] = (self._known(key) or self._kept(key, run)).step
        return messages

    def receive(self, packet: Packet, now: float = 0.0) -> Step:
        """Take one packet of any device."""

        def run() -> _Taken[_ServerValue]:
            self._handed_over()
            self._noted.clear()
            before = len(self.server.results)
            step = self.server.receive(packet, now)
            done = any(result.done for result in self.server.results[before:])
            return _Taken(step, _NOWHERE, tuple(self._noted), done)

        key = (packet, now, self.waiting_work)
        taken = self._known(key)
        if taken is None:
            taken = self._kept(key, run)
        else:
            self._work.clear()
            for command in taken.wanted:
                self.given.append(command)
                self._note(command)
        self.done = self.done or taken.done
        step: Step = taken.step
        return step
