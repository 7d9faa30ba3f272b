"""Carrying a plan out: packages of changes, what the device answered, and what it shows afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.culprit import culprit, flat, target_of
from dmkit.services.journal import Saying, ServiceJournal
from dmkit.services.looking import DeviceView
from dmkit.services.packing import Container, Parcel, execution, pack, reads_of
from dmkit.services.parameters import references
from dmkit.services.parts import HIDDEN, ServiceCheck
from dmkit.services.plan import Install, LeafWrite, PlannedChange, PlanStep, ServicePlan
from dmkit.services.references import resolved
from dmkit.session.work import Wait
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add, Atomic, Exec, Get
from dmkit.words.model import Sequence as InOrder
from dmkit.words.outcome import Outcome

__all__ = ["SESSIONS", "PlanCarrier"]

SESSIONS: Final = 3
"""Sessions in which a report is waited for, and something in progress."""
_NEXT: Final[Mapping[Container, Container]] = {"atomic": "sequence", "sequence": "plain"}
_REFUSED: Final = (405, 406, 500, 501)


@dataclass(slots=True)
class PlanCarrier:
    """``written`` is the catalogue with references unresolved; ``save`` makes the journal last before each change."""

    written: ServiceCatalogue
    journal: ServiceJournal
    view: DeviceView
    limit: int
    container: Container
    save: Callable[[], None]

    @property
    def catalogue(self) -> ServiceCatalogue:
        """The catalogue as far as values that the device returned are known."""
        return self.view.catalogue

    @property
    def values(self) -> dict[str, str | None]:
        """What leaves hold, as far as it is known."""
        return self.view.values

    def look_at_all(self) -> Saying[str]:
        """Read every leaf of the catalogue; the first that gave no answer."""
        unread = yield from self.view.look(self.written.uris())
        self.resolve()
        return unread

    def resolve(self) -> None:
        """Put what the device returned in place of references to it."""
        self.view.catalogue = resolved(self.written, self.values)

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
                    there = self.values.get(missing[0]) is not None
                    what = "holds what cannot be copied" if there else "is not there"
                    return self.failed(step, plan, f"{missing[0]} {what}, and its value is needed")
            parcel = pack(
                self.ready(left), self.values, frozenset(self.journal.there | self.journal.made),
                limit=self.limit, container=self.container, catalogue=self.catalogue,
            )[0]  # fmt: skip
            if parcel.too_long:
                return self.failed(step, plan, parcel.too_long)
            for made in parcel.changes:
                self.journal.touch(touched := self.touched_by(made))
                for uri in touched if made.after is None else [made.uri]:
                    self.journal.give(uri, made.after)
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
        if self.stays_old(step, told):
            return False
        if step.does == "remove":
            journal.unremoved |= dict.fromkeys((*step.services, *journal.drop), told)
            return False
        uris, known = {change.uri for change in step.changes}, self.catalogue.services
        sharing = [n for s in plan.steps for n in s.services if uris & {x.uri for x in known[n].settings}]
        new = [n for n in (*step.services, *sharing) if n not in journal.kept]
        journal.avoid |= dict.fromkeys(new or journal.want, told)
        return False

    def stays_old(self, step: PlanStep, why: str) -> bool:
        """What ``step`` should have made anew is left as it is, where all worked with it before; False: there is none.

        The plan without it is tried next, so one renewal that fails keeps no other wish from being fulfilled.
        """
        journal, view = self.journal, self.view
        again = {c.name for c in step.changes if isinstance(c, Install) and c.anew} - journal.renewed
        stale = {c.uri for c in step.changes if isinstance(c, LeafWrite)} & view.stale - journal.written
        if not set(step.services) <= set(journal.kept):
            stale = set()
        journal.unrenewed |= dict.fromkeys(sorted(again | stale), why)
        journal.anew = tuple(name for name in journal.anew if name not in again)
        view.stale -= stale
        return bool(again or stale)
