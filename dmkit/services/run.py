"""One beginning of a provisioning job on one device: look, plan, do, look again, and say what is so.

A loop that ends in one way only: with a look at the whole device that shows what the report then says.  What cannot be
had any more is put back, whether a command was refused, a fact changed, or an earlier session broke off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from dmkit.services.carrying import SESSIONS, PlanCarrier
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.journal import Provisioned, Saying, ServiceJournal
from dmkit.services.looking import DeviceView
from dmkit.services.packing import Container
from dmkit.services.parts import HIDDEN
from dmkit.services.plan import LeafWrite, NoPlan, PlannedChange, ServicePlan
from dmkit.services.renewing import leans_on, no_renewal
from dmkit.services.state import busy, why_not, works
from dmkit.services.undoing import put_back
from dmkit.services.wishes import WishesLeft
from dmkit.session.work import Wait

__all__ = ["ProvisionRun"]

_ROUNDS: Final = 8  # in which the device is brought to what is wanted, before that is given up


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
    carrier: PlanCarrier = field(init=False)
    wishes: WishesLeft = field(init=False)

    def __post_init__(self) -> None:
        self.carrier = PlanCarrier(self.written, self.journal, self.view, self.limit, self.container, self.save)
        self.wishes = WishesLeft(self.written, self.journal, self.view)

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
        unread = yield from self.carrier.look_at_all()
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
                wanted = self.wishes.plan_from_first()
                stranded = yield from put_back(self.catalogue, journal, self.view, wanted, self.save)
                if stranded:
                    yield from self.carrier.look_at_all()
                    return self.result("stranded", self.failures(), stranded)
                journal.undoing = False
            plan = self.wishes.plan()
            if isinstance(plan, NoPlan):
                if not journal.touched:
                    return self.result("no plan", (*self.failures(), *plan.reasons))
                self.give_up(plan.reasons)
                continue
            less = {*self.wishes.left_out, *journal.unremoved} - journal.given_up
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
            ended = yield from self.carrier.carry_out(plan)
            if not ended:
                continue
            yield from self.carrier.look_at_all()
            if self.is_so(plan) or number == _ROUNDS - 2:
                if self.is_so(plan):
                    return self.done(plan)
                self.give_up([why_not(self.catalogue, name, self.values) for name in plan.want])
        stranded = yield from put_back(self.catalogue, journal, self.view, None, self.save)
        yield from self.carrier.look_at_all()
        return self.result("stranded" if stranded else "undone", self.failures(), stranded)

    def begin(self) -> None:
        """Remember how things were."""
        journal = self.journal
        values = self.view.as_it_is
        journal.begun, journal.original = True, values
        journal.kept = tuple(works(self.catalogue, values))
        stand = works(self.catalogue, values, assume=True)
        journal.held = tuple(name for name in stand if name not in journal.kept)
        for component in journal.anew:
            why = no_renewal(self.catalogue, values, component)
            if why:
                journal.note("failed", why)
                journal.unrenewed[component] = why
        journal.anew = tuple(name for name in journal.anew if name not in journal.unrenewed)

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
            yield from self.carrier.look_at_all()
        return tuple(busy(self.catalogue, names, self.values).values())

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

    # -- the end

    def is_so(self, plan: ServicePlan) -> bool:
        """True when a last look shows what ``plan`` was for: wishes set up, what is protected as it should be."""
        now, stand = works(self.catalogue, self.values), works(self.catalogue, self.values, assume=True)
        able = [name for name in plan.kept if name in self.wishes.protected()[0]]
        gone = not any(
            self.catalogue.services[name].settings and self.catalogue.services[name].configured(self.values)
            and not any("stays configured" in text and text.startswith(name) for text in plan.warnings)
            for name in plan.drop
        )  # fmt: skip
        return set(plan.want) <= stand.keys() and set(able) <= now.keys() and gone

    def done(self, plan: ServicePlan) -> Provisioned:
        """The end after a plan that was carried out, from what a last look showed."""
        journal = self.journal
        old = [n for n in journal.want if any(leans_on(self.catalogue, n, what) for what in journal.unrenewed)]
        missed = [n for n in journal.want if n in old or (n not in plan.want and not self.wishes.waits(n))]
        left = set(journal.drop) & set(journal.unremoved)
        some = set(journal.want) - set(missed) or set(journal.drop) - left
        if missed or left:
            return self.result("part done" if some else "undone", self.failures())
        waits = [name for name in journal.want if self.wishes.waits(name)]
        reasons = tuple(why_not(self.catalogue, name, self.values) for name in waits)
        return self.result("waiting" if waits else "done", reasons)

    def failures(self) -> tuple[str, ...]:
        """Why steps failed."""
        journal = self.journal
        failed = (*journal.avoid.values(), *journal.unremoved.values(), *journal.unrenewed.values())
        return tuple(dict.fromkeys((*failed, *self.wishes.left_out.values())))

    def result(self, state: str, reasons: tuple[str, ...] = (), stranded: tuple[str, ...] = ()) -> Provisioned:
        """The end, from what the device was last seen to hold."""
        journal, keep = self.journal, self.wishes.protected()[0] if self.journal.begun else []
        now = tuple(works(self.catalogue, self.values))
        stand = works(self.catalogue, self.values, assume=True)
        promised = keep if journal.promised is None or journal.unremoved else [n for n in journal.promised if n in keep]
        broken = tuple(name for name in promised if name not in now)
        waits = tuple(name for name in stand if name not in now and name in (*journal.want, *journal.kept))
        return Provisioned(
            state, journal.want, journal.drop, now, broken, tuple(reasons), stranded, self.first,
            tuple(journal.entries), waits,
        )  # fmt: skip
