"""One beginning of a provisioning job on one device: look, plan, do, look again, and say what is so.

A loop that ends in one way only: with a look at the whole device that shows what the report then says.  What cannot be
had any more is put back, whether a command was refused, a fact changed, or an earlier session broke off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Final

from dmkit.services.catalogue import HIDDEN, ServiceCatalogue, ServiceCheck
from dmkit.services.culprit import culprit, flat, target_of
from dmkit.services.journal import Provisioned, Saying, ServiceJournal
from dmkit.services.looking import DeviceView
from dmkit.services.packing import Container, Parcel, execution, pack, reads_of
from dmkit.services.parameters import references
from dmkit.services.plan import Install, LeafWrite, NoPlan, PlannedChange, PlanStep, ServicePlan
from dmkit.services.planner import plan as make_plan
from dmkit.services.references import resolved
from dmkit.services.state import busy, why_not, works
from dmkit.services.undoing import put_back
from dmkit.session.work import Wait
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add, Atomic, Exec, Get
from dmkit.words.model import Sequence as InOrder
from dmkit.words.outcome import Outcome

__all__ = ["SESSIONS", "ProvisionRun"]

SESSIONS: Final = 3
"""Sessions in which a report is waited for, and something in progress."""
_ROUNDS: Final = 8  # in which the device is brought to what is wanted, before that is given up
_NEXT: Final[Mapping[Container, Container]] = {"atomic": "sequence", "sequence": "plain"}
_REFUSED: Final = (405, 406, 500, 501)


_Maker = Callable[[Iterable[str], Iterable[str]], ServicePlan | NoPlan]


@dataclass(slots=True)
class ProvisionRun:
    """``written`` is the catalogue with references unresolved; ``save`` makes the journal last before each change."""

    written: ServiceCatalogue
    journal: ServiceJournal
    view: DeviceView
    limit: int
    container: Container
    save: Callable[[], None]
    first: ServicePlan | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    """Wishes that the plan at hand is without, with the reason."""

    @property
    def catalogue(self) -> ServiceCatalogue:
        """The catalogue as far as values that the device returned are known."""
        return self.view.catalogue

    @property
    def values(self) -> dict[str, str | None]:
        """What leaves hold, as far as it is known."""
        return self.view.values

    def all(self) -> Saying[Provisioned]:
        """From the first look to the last."""
        journal = self.journal
        unread = yield from self.look_at_all()
        if journal.begun:
            journal.note("again", "the job begins again on this device")
            journal.undoing = journal.undoing or (bool(unread) and bool(journal.touched))
        elif unread:
            return self.result("no plan", (f"{unread} could not be read",))
        else:
            waits = yield from self.wait_for_ends()
            if waits:
                return self.result("busy", waits)
            self.begin()
        for number in range(_ROUNDS):
            if journal.undoing:
                stranded = yield from put_back(self.catalogue, journal, self.view, self.plan_from_first(), self.save)
                if stranded:
                    yield from self.look_at_all()
                    return self.result("stranded", self.failures(), stranded)
                journal.undoing = False
            plan = self.plan()
            if isinstance(plan, NoPlan):
                if not journal.touched:
                    return self.result("no plan", (*self.failures(), *plan.reasons))
                self.give_up(plan.reasons)
                continue
            less = {*self.left_out, *journal.unremoved} - journal.given_up
            if less and journal.touched:  # what was done for them has no use any more
                journal.given_up |= less
                journal.undoing = True
                continue
            self.first = self.first or plan
            journal.promised = plan.kept if journal.promised is None else journal.promised
            lost = [c.uri for c in plan.changes if self.hides(c)]
            if lost and not journal.touched:
                return self.result("no plan", (f"{lost[0]} cannot be read, and so not be put back",))
            yield from self.view.look_around(plan)
            ended = yield from self.carry_out(plan)
            if not ended:
                continue
            yield from self.look_at_all()
            if self.is_so(plan) or number == _ROUNDS - 2:
                if self.is_so(plan):
                    return self.done(plan)
                self.give_up([why_not(self.catalogue, name, self.values) for name in plan.want])
        stranded = yield from put_back(self.catalogue, journal, self.view, None, self.save)
        yield from self.look_at_all()
        return self.result("stranded" if stranded else "undone", self.failures(), stranded)

    def begin(self) -> None:
        """Remember how things were."""
        journal = self.journal
        journal.begun, journal.original = True, dict(self.values)
        journal.kept = tuple(works(self.catalogue, self.values))
        stand = works(self.catalogue, self.values, assume=True)
        journal.held = tuple(name for name in stand if name not in journal.kept)

    def look_at_all(self) -> Saying[str]:
        """Read every leaf of the catalogue; the first that gave no answer."""
        unread = yield from self.view.look(self.written.uris())
        self.resolve()
        return unread

    def resolve(self) -> None:
        """Put what the device returned in place of references to it."""
        self.view.catalogue = resolved(self.written, self.values)

    def wait_for_ends(self) -> Saying[tuple[str, ...]]:
        """Wait, over sessions, until nothing that the wishes lean on is in progress; what still is, of what they need.

        What they can do without is waited for as well, and not insisted on.
        """
        names = (*self.journal.want, *self.journal.drop)
        for _ in range(SESSIONS):
            waits = busy(self.catalogue, names, self.values, optional=True)
            if not waits:
                return ()
            self.journal.note("waits", "; ".join(waits.values()))
            yield Wait(None, next(iter(waits)))
            yield from self.look_at_all()
        return tuple(busy(self.catalogue, names, self.values).values())

    # -- planning

    def at_first(self) -> dict[str, str | None]:
        """What leaves held at first, facts being as they are now."""
        facts = {fact.uri for fact in self.catalogue.facts.values()}
        return {**self.journal.original, **{uri: self.values.get(uri) for uri in facts}}

    def protected(self) -> tuple[list[str], list[str]]:
        """What worked at first: what must work, and what must stay set up, facts being as they are now."""
        journal = self.journal
        able = works(self.catalogue, self.at_first())
        first = (*journal.kept, *journal.held)
        return [n for n in first if n in able], [n for n in first if n not in able]

    def plan(self, values: Mapping[str, str | None] | None = None) -> ServicePlan | NoPlan:
        """The plan for the wishes that can still be fulfilled; before anything has failed, for all or none."""
        journal, now = self.journal, self.values if values is None else values
        keep, hold = self.protected()
        avoid, meant = tuple(journal.avoid), (*journal.meant, *journal.want)
        again = [name for name in journal.anew if name not in journal.renewed]

        def tried(want: Iterable[str], waiting: Iterable[str], drop: Iterable[str]) -> ServicePlan | NoPlan:
            gone = [name for name in drop if name not in journal.unremoved]
            kept, held = ([n for n in names if n not in gone] for names in (keep, (*hold, *waiting)))
            return make_plan(self.written, now, want, gone, kept=kept, held=held, avoid=avoid, intent=meant, anew=again)

        def made(want: Iterable[str], drop: Iterable[str]) -> ServicePlan | NoPlan:
            found = tried(want, (), drop)
            waiting = [name for name in want if journal.touched and self.waits_only(name)]
            return found if found or not waiting else tried([n for n in want if n not in waiting], waiting, drop)

        whole = made(journal.want, journal.drop)
        if (isinstance(whole, ServicePlan) and not avoid) or not (avoid or journal.unremoved or journal.touched):
            return whole
        drop = [name for name in journal.drop if name not in journal.unremoved]
        able = self.one_by_one(made, drop)
        while True:
            plan = made(able, drop)
            if isinstance(plan, ServicePlan) or not (able or drop):
                return plan
            if able:
                self.left_out[able.pop()] = plan.reasons[0]
                continue
            journal.unremoved |= {name: f"remove {name}: {plan.reasons[0]}" for name in drop}
            drop = []
            able = self.one_by_one(made, drop)

    def one_by_one(self, made: _Maker, drop: Iterable[str]) -> list[str]:
        """The wishes that can be had by themselves; of the others, it is remembered why not."""
        able: list[str] = []
        self.left_out.clear()
        for name in (name for name in self.journal.want if name not in self.journal.avoid):
            found = made([name], drop)
            if isinstance(found, NoPlan):
                self.left_out[name] = next(iter(found.reasons), f"{name} cannot be had")
            else:
                able.append(name)
        return able

    def waits_only(self, name: str) -> bool:
        """True when ``name`` is set up, and only a fact that changed since the first look keeps it from working."""
        facts = {fact.uri for fact in self.catalogue.facts.values()}
        then = {**self.values, **{uri: self.journal.original.get(uri) for uri in facts}}
        return name in works(self.catalogue, then) and name not in works(self.catalogue, self.values)

    def plan_from_first(self) -> ServicePlan | None:
        """What is still wanted, planned from how things were at first: what it changes need not be put back."""
        plan = self.plan(self.at_first()) if self.journal.want or self.journal.drop else None
        return plan if isinstance(plan, ServicePlan) else None

    def hides(self, change: PlannedChange) -> bool:
        """True when ``change`` would write over what nobody can read, and nobody asked for that."""
        hidden = change.before is not None and change.before.startswith(HIDDEN)
        secret = isinstance(change, LeafWrite) and change.secret
        return hidden and change.after is not None and not secret

    def give_up(self, reasons: Iterable[str]) -> None:
        """What is wanted cannot be had, now that something was done for it: it is put back."""
        journal, why = self.journal, next(iter(reasons), "it does not stay as it was set up")
        journal.note("failed", why)
        journal.avoid |= {name: why for name in journal.want if name not in works(self.catalogue, self.values)}
        journal.undoing = True

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
            missing = references(step.changes)
            if missing:
                yield from self.view.look(missing)
                self.resolve()
                step = self.remaining(left[0])
                missing = references(step.changes)
                first = self.first_part(step)
                if missing and first:
                    brought = {change.uri for change in first}
                    rest = tuple(change for change in left[0].changes if change.uri not in brought)
                    left[:1] = [replace(left[0], changes=first, part=True), replace(left[0], changes=rest)]
                    continue
                if missing:
                    return self.failed(step, plan, f"{missing[0]} is not there, and its value is needed")
            parcel = pack(
                self.ready(left), self.values, frozenset(self.journal.there | self.journal.made),
                limit=self.limit, container=self.container, catalogue=self.catalogue,
            )[0]  # fmt: skip
            if parcel.too_long:
                return self.failed(step, plan, parcel.too_long)
            self.journal.touch(uri for change in parcel.changes for uri in self.touched_by(change))
            self.save()
            outcomes = yield parcel.commands
            answers = self.take_in(parcel, outcomes)
            if self.other_container(outcomes):
                continue
            for whole, planned in zip((*parcel.steps, *((parcel.part,) if parcel.part else ())), left, strict=False):
                why = yield from self.fault_of(whole, parcel, answers)
                if why:
                    return self.failed(whole, plan, why)
                if whole is not parcel.part:
                    self.journal.note("did", str(planned))
            left = left[len(parcel.steps) :]
        return True

    def ready(self, left: Iterable[PlanStep]) -> list[PlanStep]:
        """The next steps, up to the first that needs a value that is not known yet."""
        found: list[PlanStep] = []
        for step in map(self.remaining, left):
            if references(step.changes):
                break
            found.append(step)
        return found

    def first_part(self, step: PlanStep) -> tuple[PlannedChange, ...]:
        """The changes of ``step`` before the first that needs a value that is not known yet; none of one piece."""
        known = [] if step.one_piece else list(takewhile(lambda change: not references([change]), step.changes))
        return tuple(known)

    def touched_by(self, change: PlannedChange) -> list[str]:
        """The nodes that may be altered by ``change``."""
        if isinstance(change, LeafWrite) and change.whole:
            inside = [uri for uri in self.journal.before if uri == change.whole or uri.startswith(f"{change.whole}/")]
            return sorted(inside, reverse=True)
        return reads_of(change)

    def remaining(self, step: PlanStep) -> PlanStep:
        """``step`` with the values that are known by now, without the changes that the device shows already."""
        changes = map(self.known, step.changes)
        return replace(step, changes=tuple(change for change in changes if not self.holds(change)))

    def known(self, change: PlannedChange) -> PlannedChange:
        """``change`` with what the device returned in place of references to it."""
        if isinstance(change, LeafWrite):
            return replace(change, after=resolved(change.after, self.values)) if change.after else change
        if change.package is None:
            return change
        told = {uri: resolved(text, self.values) for uri, text in change.told.items()}
        return replace(change, package=replace(change.package, settings=told))

    def holds(self, change: PlannedChange) -> bool:
        """True when what ``change`` wants is so."""
        now = self.values.get(change.uri)
        if isinstance(change, Install) and change.anew and change.name not in self.journal.renewed:
            return False
        return change.uri in self.journal.written if now == HIDDEN else now == change.after

    def take_in(self, parcel: Parcel, outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
        """Take in the answers: values of leaves, nodes that were made; the worst outcome of a command per address."""
        answers: dict[str, Outcome] = {}
        told = list(flat(outcomes))
        for outcome in told:
            command = outcome.command
            uri = target_of(command)
            if command is not None and not isinstance(command, Get) and (uri not in answers or answers[uri].ok):
                answers[uri] = outcome
                made = outcome.ok or outcome.status == StatusCode.ALREADY_EXISTS
                if isinstance(command, Add) and made and uri not in parcel.reads:
                    self.journal.made.add(uri)
        for change in parcel.changes:
            if isinstance(change, Install) and change.anew:
                done = answers.get(change.run)
                if done is not None and done.ok and done.status != StatusCode.ACCEPTED:
                    self.journal.renewed.add(change.name)
            hidden = (isinstance(change, LeafWrite) and change.secret) or self.values.get(change.uri) == HIDDEN
            if hidden and change.uri in answers and answers[change.uri].ok:
                self.journal.written.add(change.uri)
        for outcome in told:
            if isinstance(outcome.command, Get):
                self.view.note(target_of(outcome.command), outcome)
        self.resolve()
        return answers

    def other_container(self, outcomes: Iterable[Outcome]) -> bool:
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
            why = culprit(change, parcel.changes, answers)
            if isinstance(change, Install):
                outcome = answers.get(change.run)
                if outcome is not None and outcome.status == StatusCode.ACCEPTED:
                    self.journal.waits.add(change.name)
                    self.save()
                    late = yield from self.wait(execution(change), change)
                    why = f"{change}: {late}" if late else ""
            if why:
                return why
        if step is parcel.part or step.part or step.does == "remove":
            return ""
        for check in (check for name in step.services for check in self.catalogue.services[name].verify):
            why = yield from self.verify(check)
            if why:
                return why
        return ""

    def wait(self, begun: Exec, change: Install) -> Saying[str]:
        """Wait, over sessions, for the report of an Exec that was accepted; why ``change`` does not hold after it."""
        self.journal.note("waits", str(change))
        for _ in range(SESSIONS):
            [report] = yield Wait(begun.correlator, target_of(begun))
            yield from self.view.look([change.at])
            if change.anew and report.answered and report.ok:
                self.journal.renewed.add(change.name)
            if self.holds(change):
                self.journal.waits.discard(change.name)
                return ""
            if report.answered:
                self.journal.waits.discard(change.name)
                return f"the device reports {report.text or report}"
        return f"no report in {SESSIONS} sessions"

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

    def failed(self, step: PlanStep, plan: ServicePlan, why: str) -> bool:
        """Note that ``step`` failed: its services are avoided from now on, and undoing begins; False."""
        journal = self.journal
        journal.note("failed", why)
        journal.undoing = True
        told = f"{step.does} {', '.join(step.services)}: {why}"
        if step.does == "remove":
            journal.unremoved |= dict.fromkeys((*step.services, *journal.drop), told)
            return False
        uris, known = {change.uri for change in step.changes}, self.catalogue.services
        sharing = [n for s in plan.steps for n in s.services if uris & {x.uri for x in known[n].settings}]
        new = [n for n in (*step.services, *sharing) if n not in journal.kept]
        journal.avoid |= dict.fromkeys(new or journal.want, told)
        return False

    # -- the end

    def is_so(self, plan: ServicePlan) -> bool:
        """True when a last look shows what ``plan`` was for: wishes set up, what is protected as it should be."""
        now, stand = works(self.catalogue, self.values), works(self.catalogue, self.values, assume=True)
        able = [name for name in plan.kept if name in self.protected()[0]]
        gone = not any(
            self.catalogue.services[name].settings and self.catalogue.services[name].configured(self.values)
            and not any("stays configured" in text and text.startswith(name) for text in plan.warnings)
            for name in plan.drop
        )  # fmt: skip
        return set(plan.want) <= stand.keys() and set(able) <= now.keys() and gone

    def done(self, plan: ServicePlan) -> Provisioned:
        """The end after a plan that was carried out, from what a last look showed."""
        journal = self.journal
        missed = [n for n in journal.want if n not in plan.want and not self.waits_only(n)]
        left = set(journal.drop) & set(journal.unremoved)
        some = set(journal.want) - set(missed) or set(journal.drop) - left
        if missed or left:
            return self.result("part done" if some else "undone", self.failures())
        waits = [name for name in journal.want if self.waits_only(name)]
        reasons = tuple(why_not(self.catalogue, name, self.values) for name in waits)
        return self.result("waiting" if waits else "done", reasons)

    def failures(self) -> tuple[str, ...]:
        """Why steps failed."""
        failed = (*self.journal.avoid.values(), *self.journal.unremoved.values())
        return tuple(dict.fromkeys((*failed, *self.left_out.values())))

    def result(self, state: str, reasons: tuple[str, ...] = (), stranded: tuple[str, ...] = ()) -> Provisioned:
        """The end, from what the device was last seen to hold."""
        journal, keep = self.journal, self.protected()[0] if self.journal.begun else []
        now = tuple(works(self.catalogue, self.values))
        stand = works(self.catalogue, self.values, assume=True)
        promised = keep if journal.promised is None or journal.unremoved else [n for n in journal.promised if n in keep]
        broken = tuple(name for name in promised if name not in now)
        waits = tuple(name for name in stand if name not in now and name in (*journal.want, *journal.kept))
        return Provisioned(
            state, journal.want, journal.drop, now, broken, tuple(reasons), stranded, self.first,
            tuple(journal.entries), waits,
        )  # fmt: skip
