"""The job that carries a plan out: reads before it writes, verifies, undoes what failed, goes on after a lost session.

Each beginning of the job reads the device and plans anew, with the services that worked when it first looked as those
to keep; what it has done already costs nothing then, so it goes on where it was.  When a step fails, the services that
it was for are avoided from then on; whatever the plan for the remaining wishes has no use for is put back as it was.

>>> from dmkit.device.device import Device
>>> from dmkit.server.server import Server
>>> from dmkit.services.tables import parse
>>> from dmkit.transport.loop import converse
>>> mail = parse('[service.mail]\\nsettings = {"./Mail/Host" = "mx.example"}')
>>> device = Device.example()
>>> server = Server.example(device)
>>> server.enqueue(device.address, provision(["mail"], catalogue=mail))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue, ServiceCheck
from dmkit.services.journal import Provisioned, Saying, ServiceJournal
from dmkit.services.packing import Container, Parcel, ancestors, execution, pack, reads_of
from dmkit.services.plan import Install, LeafWrite, NoPlan, PlannedChange, PlanStep, ServicePlan
from dmkit.services.planner import plan as make_plan
from dmkit.services.restore import reinstalling, restoring, top_made
from dmkit.services.state import HIDDEN, works
from dmkit.services.tables import read
from dmkit.session.work import DeviceInfo, Job, Wait
from dmkit.words.codes import StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Atomic, Command, Exec, Get, Item
from dmkit.words.model import Sequence as InOrder
from dmkit.words.outcome import Outcome

__all__ = ["provision"]

_NEXT: Final[Mapping[Container, Container]] = {"atomic": "sequence", "sequence": "plain"}
_HIDES: Final = (StatusCode.NOT_ALLOWED, StatusCode.PERMISSION_DENIED)
_REFUSED: Final = (405, 406, 500, 501)
_SESSIONS: Final = 3  # in which software is waited for
_TRIES: Final = 3  # to put things back


def provision(
    want: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    catalogue: ServiceCatalogue | str = "default",
    container: Container = "atomic",
) -> Job:
    """Set up the services ``want``, take away ``drop``.  Result: a ``Provisioned``.

    ``catalogue`` is one, the name of a TOML file, or "default".  ``container`` is how steps travel at first; a device
    that does not take it gets the next simpler one.  The job remembers each device until it has come to an end there:
    enqueue the same job again when all its attempts were lost.

    >>> import dmkit as dm
    >>> device = dm.boards.service_phone()
    >>> server = dm.Server.example(device)
    >>> _ = dm.converse(device, server, job=provision(["browsing"]))
    >>> server.results[0].done
    True
    """
    wanted = (want,) if isinstance(want, str) else tuple(want)
    dropped = (drop,) if isinstance(drop, str) else tuple(drop)
    whole = read(catalogue) if isinstance(catalogue, str) else catalogue
    whole.know(frozenset((*wanted, *dropped)))
    if container not in ("atomic", "sequence", "plain"):
        raise ConfigError(f"container = {container!r}; atomic, sequence or plain is right")
    both = sorted(set(wanted) & set(dropped))
    if both:
        raise ConfigError(f"{both[0]} is wanted and dropped at once")
    journals: dict[str, ServiceJournal] = {}

    def job(device: DeviceInfo) -> Saying[object]:
        journal = journals.setdefault(device.device_id, ServiceJournal())
        run = _Run(whole, wanted, dropped, journal, device.max_message or 16384, container)
        result = yield from run.all()
        journals.pop(device.device_id, None)
        return result

    return job


@dataclass(slots=True)
class _Run:
    """One beginning of the job on one device: ``values`` and ``items`` are what leaves hold as far as it knows."""

    catalogue: ServiceCatalogue
    want: tuple[str, ...]
    drop: tuple[str, ...]
    journal: ServiceJournal
    limit: int
    container: Container
    values: dict[str, str | None] = field(default_factory=dict)
    items: dict[str, Item | None] = field(default_factory=dict)

    def all(self) -> Saying[Provisioned]:
        """From the first read to the last."""
        journal = self.journal
        unread = yield from self.look(self.catalogue.uris())
        if unread:
            return self.result("failed", (f"{unread} could not be read",))
        if journal.begun:
            journal.note("again", "the job begins again on this device")
        else:
            journal.begun, journal.original = True, dict(self.values)
            journal.kept = tuple(works(self.catalogue, self.values))
        while True:
            if journal.undoing:
                stranded = yield from self.put_back()
                if stranded:
                    return self.result("stranded", self.failures(), stranded)
                journal.undoing = False
            plan = self.plan(self.values)
            if isinstance(plan, NoPlan):
                return self.result("no plan", (*self.failures(), *plan.reasons))
            journal.plan = journal.plan or plan
            hidden = [change.uri for change in plan.changes if change.before == HIDDEN and change.after is not None]
            if hidden:
                return self.result("failed", (f"{hidden[0]} cannot be read, and so not be put back",))
            yield from self.look_around(plan)
            ended = yield from self.carry_out(plan)
            if ended:
                missed = set(self.want) - set(plan.want) | set(self.drop) & set(journal.unremoved)
                some = plan.want or set(self.drop) - set(journal.unremoved)
                state = "done" if not missed else "part done" if some else "failed"
                return self.result(state, self.failures())

    def plan(self, values: Mapping[str, str | None]) -> ServicePlan | NoPlan:
        """The plan for the wishes that can still be fulfilled; before anything has failed, for all or none."""
        journal, whole = self.journal, self.catalogue
        drop = [name for name in self.drop if name not in journal.unremoved]
        kept = [name for name in journal.kept if name not in drop]
        if not journal.avoid and not journal.unremoved:
            return make_plan(whole, values, self.want, drop, kept=kept)
        avoid = tuple(journal.avoid)
        able = [
            name
            for name in self.want
            if make_plan(whole, values, [name], drop, kept=kept, avoid=avoid, intent=self.want)
        ]
        while True:
            plan = make_plan(whole, values, able, drop, kept=kept, avoid=avoid, intent=self.want)
            if isinstance(plan, ServicePlan) or not (able or drop):
                return plan
            if able:
                able.pop()
                continue
            journal.unremoved |= {name: f"remove {name}: {plan.reasons[0]}" for name in drop}
            drop, kept = [], list(journal.kept)
            able = [name for name in self.want if make_plan(whole, values, [name], kept=kept, avoid=avoid)]

    # -- looking

    def look(self, uris: Iterable[str]) -> Saying[str]:
        """Read nodes; the first that gave no answer."""
        asked = list(dict.fromkeys(uris))
        outcomes = yield [Get.of(uri) for uri in asked]
        self.journal.note("read", f"{len(asked)} nodes")
        bad = [uri for uri, outcome in zip(asked, outcomes, strict=True) if not self.note_value(uri, outcome)]
        return bad[0] if bad else ""

    def note_value(self, uri: str, outcome: Outcome) -> bool:
        """Note what a Get said: a value, no such node, or a node that is not shown; False when it said none of it."""
        if outcome.status == StatusCode.NOT_FOUND:
            self.values[uri], self.items[uri] = None, None
        elif outcome.ok and outcome.results:
            self.values[uri], self.items[uri] = outcome.text, outcome.results[0]
        elif outcome.status in _HIDES:
            self.values[uri], self.items[uri] = HIDDEN, Item(target=uri)
        else:
            self.values.pop(uri, None)
            return False
        return True

    def look_around(self, plan: ServicePlan) -> Saying[None]:
        """Before the first change: which interior nodes there are above new leaves, and what goes with a sub-tree."""
        journal = self.journal
        for change in plan.changes:
            for uri in reads_of(change):
                journal.before.setdefault(uri, self.items.get(uri))
            if isinstance(change, Install):
                journal.versions.setdefault(change.name, change.before)
        new = [uri for change in plan.changes for uri in reads_of(change) if self.values.get(uri) is None]
        above = [n for n in dict.fromkeys(n for uri in new for n in ancestors(uri)) if n not in journal.there]
        if above:
            yield from self.look(above)
            stand = {node for node in above if self.values.get(node) is not None}
            journal.there |= stand - journal.looked
            journal.made = journal.made - set(above) | (stand & journal.looked)
            journal.looked |= set(above)
        level = list(dict.fromkeys(c.whole for c in plan.changes if isinstance(c, LeafWrite) and c.whole))
        while level:
            yield from self.look(level)
            below: list[str] = []
            for node in level:
                item = self.items.get(node)
                journal.before.setdefault(node, item)
                if item is not None:
                    journal.there.update(ancestors(node))
                    if item.meta is not None and (item.meta.format or "").lower() == "node":
                        below += [f"{node}/{name}" for name in item.text.split("/") if name]
            level = below

    # -- doing

    def carry_out(self, plan: ServicePlan) -> Saying[bool]:
        """The steps of ``plan``; False when one was noted as failed."""
        left = list(plan.steps)
        while left:
            step = self.remaining(left[0])
            begun = [c for c in step.changes if isinstance(c, Install) and c.name in self.journal.waits]
            for change in begun:
                why = yield from self.wait(execution(change), change)
                if why:
                    return self.failed(step, plan, f"{change}: {why}")
            parcel = pack(
                [self.remaining(step) for step in left], self.values, frozenset(self.journal.there | self.journal.made),
                limit=self.limit, container=self.container, catalogue=self.catalogue,
            )[0]  # fmt: skip
            self.journal.touch(uri for change in parcel.changes for uri in self._touched(change))
            outcomes = yield parcel.commands
            answers = self.take_in(parcel, outcomes)
            if self._other_container(outcomes):
                continue
            for whole, planned in zip((*parcel.steps, *((parcel.part,) if parcel.part else ())), left, strict=False):
                why = yield from self.fault_of(whole, parcel, answers)
                if why:
                    return self.failed(whole, plan, why)
                if whole is not parcel.part:
                    self.journal.note("did", str(planned))
            left = left[len(parcel.steps) :]
        return True

    def _touched(self, change: PlannedChange) -> list[str]:
        if isinstance(change, LeafWrite) and change.whole:
            inside = [uri for uri in self.journal.before if uri == change.whole or uri.startswith(f"{change.whole}/")]
            return sorted(inside, reverse=True)
        return reads_of(change)

    def remaining(self, step: PlanStep) -> PlanStep:
        """``step`` without the changes that the device shows already."""
        return replace(step, changes=tuple(change for change in step.changes if not self.holds(change)))

    def holds(self, change: PlannedChange) -> bool:
        """True when what ``change`` wants is so."""
        now = self.values.get(change.uri)
        return change.uri in self.journal.written if now == HIDDEN else now == change.after

    def take_in(self, parcel: Parcel, outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
        """Take in the answers: values of leaves, nodes that were made; the worst outcome of a command per address."""
        answers: dict[str, Outcome] = {}
        for outcome in _flat(outcomes):
            command = outcome.command
            uri = _target(command)
            if isinstance(command, Get):
                self.note_value(uri, outcome)
            elif command is not None and (uri not in answers or answers[uri].ok):
                answers[uri] = outcome
                made = outcome.ok or outcome.status == StatusCode.ALREADY_EXISTS
                if isinstance(command, Add) and made and uri not in parcel.reads:
                    self.journal.made.add(uri)
        for change in parcel.changes:
            if self.values.get(change.uri) == HIDDEN and change.uri in answers and answers[change.uri].ok:
                self.journal.written.add(change.uri)
        return answers

    def _other_container(self, outcomes: Iterable[Outcome]) -> bool:
        """True when the device does not take the container; the next simpler one is used from now on."""
        if self.container not in _NEXT:
            return False
        boxes = [o for o in outcomes if isinstance(o.command, Atomic | InOrder)]
        if not any(o.status in _REFUSED and not any(part.ok for part in o.parts) for o in boxes):
            return False
        self.journal.note("again", f"the device does not take {self.container.capitalize()}")
        self.container = _NEXT[self.container]
        return True

    def fault_of(self, step: PlanStep, parcel: Parcel, answers: Mapping[str, Outcome]) -> Saying[str]:
        """Why ``step``, of which ``parcel`` may hold a part, did not do what it should; empty when it did."""
        for change in step.changes:
            if change not in parcel.changes or self.holds(change):
                continue
            why = _why(change, answers)
            if isinstance(change, Install):
                outcome = answers.get(change.package.install)
                if outcome is not None and outcome.status == StatusCode.ACCEPTED:
                    self.journal.waits.add(change.name)
                    why = yield from self.wait(execution(change), change)
            if why:
                return f"{change}: {why}"
        if step is parcel.part or step.does == "remove":
            return ""
        for check in (check for name in step.services for check in self.catalogue.services[name].verify):
            why = yield from self.verify(check)
            if why:
                return why
        return ""

    def wait(self, begun: Exec, change: Install) -> Saying[str]:
        """Wait, over sessions, for the report of an Exec that was accepted; why ``change`` does not hold after it."""
        self.journal.note("waits", str(change))
        for _ in range(_SESSIONS):
            [report] = yield Wait(begun.correlator, _target(begun))
            yield from self.look([change.at])
            if self.holds(change):
                self.journal.waits.discard(change.name)
                return ""
            if report.answered:
                self.journal.waits.discard(change.name)
                return f"the device reports {report.text or report}"
        return f"no report in {_SESSIONS} sessions"

    def verify(self, check: ServiceCheck) -> Saying[str]:
        """Why ``check`` does not pass; empty when it does."""
        if check.verb == "Exec":
            [outcome] = yield [Exec.of(check.uri)]
            good = outcome.ok and check.passes(outcome.text)
            return "" if good else f"Exec {check.uri}: {outcome} {outcome.text}".strip()
        now = self.values.get(check.uri)
        if now is not None and (now == HIDDEN or check.passes(now)):
            return ""
        return f"{check.uri} is {now!r}, something like {check.pattern!r} is wanted"

    # -- undoing

    def failed(self, step: PlanStep, plan: ServicePlan, why: str) -> bool:
        """Note that ``step`` failed: its services are avoided from now on, and undoing begins; False."""
        journal = self.journal
        journal.note("failed", why)
        journal.undoing = True
        told = f"{step.does} {', '.join(step.services)}: {why}"
        if step.does == "remove":
            journal.unremoved |= dict.fromkeys((*step.services, *self.drop), told)
            return False
        uris, known = {change.uri for change in step.changes}, self.catalogue.services
        sharing = [n for s in plan.steps for n in s.services if uris & {x.uri for x in known[n].settings}]
        new = [n for n in (*step.services, *sharing) if n not in journal.kept]
        journal.avoid |= dict.fromkeys(new or self.want, told)
        return False

    def put_back(self) -> Saying[tuple[str, ...]]:
        """Bring back what the plan for the remaining wishes does not want changed; what could not be put back."""
        journal = self.journal
        wanted = self.plan(journal.original)
        staying = {change.uri for change in wanted.changes} if isinstance(wanted, ServicePlan) else set()
        back = [uri for uri in reversed(journal.touched) if uri not in staying]
        for _ in range(_TRIES):
            tops = [top_made(u, journal.there, staying) for u in back if journal.before.get(u) is None]
            yield from self.look([*back, *tops])
            commands, lost = restoring(back, self.items, journal.before, journal.there, staying)
            behind = [
                (name, again)
                for name, was in journal.versions.items()
                if self.catalogue.software[name].at not in staying
                and self.values.get(self.catalogue.software[name].at) != was
                and (again := reinstalling(self.catalogue, name, was)) is not None
            ]
            soft = {self.catalogue.software[name].at for name in journal.versions}
            commands = [*(c for _, c in behind), *(c for c in commands if _target(c) not in soft)]
            if not commands:
                break
            outcomes = yield commands
            for outcome in outcomes:
                if isinstance(outcome.command, Exec) and outcome.status == StatusCode.ACCEPTED:
                    yield Wait(outcome.command.correlator, _target(outcome.command))
            journal.note("undid", "; ".join(f"{c.verb.value} {_target(c)}" for c in commands))
        else:
            yield from self.look([*back, *tops])
            commands, lost = restoring(back, self.items, journal.before, journal.there, staying)
        journal.made -= {node for node in journal.made if self.items.get(node, node) is None}
        journal.touched = [uri for uri in journal.touched if uri in staying]
        soft_left = [
            f"{name} {self.values.get(self.catalogue.software[name].at)}"
            for name, was in journal.versions.items()
            if self.catalogue.software[name].at not in staying
            and self.values.get(self.catalogue.software[name].at) != was
        ]
        return (*dict.fromkeys(map(_target, commands)), *lost, *soft_left)

    # -- the end

    def failures(self) -> tuple[str, ...]:
        """Why steps failed."""
        return tuple(dict.fromkeys((*self.journal.avoid.values(), *self.journal.unremoved.values())))

    def result(self, state: str, reasons: tuple[str, ...] = (), stranded: tuple[str, ...] = ()) -> Provisioned:
        """The end, from what the device was last seen to hold."""
        now = tuple(works(self.catalogue, self.values))
        first = self.journal.plan
        kept = first.kept if first is not None and not self.journal.unremoved else self.journal.kept
        broken = tuple(name for name in kept if name not in now)
        return Provisioned(
            state, self.want, self.drop, now, broken, reasons, stranded, self.journal.plan, tuple(self.journal.entries)
        )


def _flat(outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    for outcome in outcomes:
        if isinstance(outcome.command, Atomic | InOrder):
            yield from _flat(outcome.parts)
        else:
            yield outcome


def _target(command: Command | None) -> str:
    items: tuple[Item, ...] = getattr(command, "items", ())
    return items[0].target or "" if items else ""


def _why(change: PlannedChange, answers: Mapping[str, Outcome]) -> str:
    """What the device said about the commands of ``change``."""
    uris = [change.package.install] if isinstance(change, Install) else [change.uri]
    if isinstance(change, LeafWrite):
        uris += [*ancestors(change.uri), change.whole or change.uri]
    bad = [str(answers[uri]) for uri in uris if uri in answers and not answers[uri].ok]
    return bad[0] if bad else "the device does not show it"
