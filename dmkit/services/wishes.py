"""Which of the wishes can still be had, after what happened: the plan for those, and the reasons for the others.

Before anything has failed, it is all or none; then those that can be had one beside the other.  What worked when the
job first looked is protected, facts being as they are now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.journal import ServiceJournal
from dmkit.services.looking import DeviceView
from dmkit.services.plan import NoPlan, ServicePlan
from dmkit.services.planner import plan as make_plan
from dmkit.services.state import works

__all__ = ["WishesLeft"]

_Maker: TypeAlias = Callable[[Iterable[str], Iterable[str]], ServicePlan | NoPlan]


@dataclass(slots=True)
class WishesLeft:
    """``written`` is the catalogue, references unresolved; ``left_out`` the wishes without which the last plan is."""

    written: ServiceCatalogue
    journal: ServiceJournal
    view: DeviceView
    left_out: dict[str, str] = field(default_factory=dict)
    """Wish -> why not."""

    @property
    def catalogue(self) -> ServiceCatalogue:
        """The catalogue as far as values that the device returned are known."""
        return self.view.catalogue

    @property
    def values(self) -> dict[str, str | None]:
        """What leaves hold, as far as it is known."""
        return self.view.values

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
            waiting = [name for name in want if (journal.touched or journal.renewal) and self.waits(name)]
            return found if found or not waiting else tried([n for n in want if n not in waiting], waiting, drop)

        whole = made(journal.want, journal.drop)
        begun = avoid or journal.unremoved or journal.touched or journal.renewal
        if (isinstance(whole, ServicePlan) and not avoid) or not begun:
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

    def waits(self, name: str) -> bool:
        """True when ``name`` is set up, and only a fact keeps it from working that did so at first too, or changed.

        The former counts where something is made anew: a certificate ends, whether there is a network or not.
        """
        if self.waits_only(name):
            return True
        journal = self.journal
        return (
            journal.renewal and name in journal.held and name in works(self.catalogue, self.view.as_it_is, assume=True)
        )

    def waits_only(self, name: str) -> bool:
        """True when ``name`` is set up, and only a fact that changed since the first look keeps it from working."""
        facts = {fact.uri for fact in self.catalogue.facts.values()}
        then = {**self.values, **{uri: self.journal.original.get(uri) for uri in facts}}
        return name in works(self.catalogue, then) and name not in works(self.catalogue, self.values)

    def plan_from_first(self) -> ServicePlan | None:
        """What is still wanted, planned from how things were at first: what it changes need not be put back."""
        plan = self.plan(self.at_first()) if self.journal.want or self.journal.drop else None
        return plan if isinstance(plan, ServicePlan) else None
