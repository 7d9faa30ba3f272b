"""From what a device holds and which services are wanted to the cheapest plan that breaks nothing.

A plan is valid when every wanted service works afterwards, every service that worked before still does (unless it is
dropped), and dropped ones are no longer configured.  It is minimal: no set of services that would do has fewer changed
leaves, software counted by the cost of its package.

Two ways lead to it.  clingo (extra ``services``) takes the definition in ``plan.lp`` and solves large catalogues.  The
search (``search.py``) needs nothing and serves small ones; in tests each is the check of the other.

A service that is set up and only waits for a fact (a radio, a card, "not roaming") stays set up: facts come back.

>>> from dmkit.services.tables import parse
>>> both = parse('''
... [service.mms]
... needs = [["lte", "wifi"]]
... settings = {"./MMS/Addr" = "http://mmsc"}
... [service.lte]
... settings = {"./NAP/1/Addr" = "net", "./NAP/1/Bearer" = "LTE"}
... [service.wifi]
... settings = {"./WiFi/SSID" = "home"}''')
>>> print(plan(both, {"./WiFi/SSID": "old"}, ["mms"]))
1. set up wifi: replace ./WiFi/SSID = home
2. set up mms: add ./MMS/Addr = http://mmsc
cost 2: 2 changes
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Final

from dmkit.services.asked import Asked, Means
from dmkit.services.assemble import assemble
from dmkit.services.brought import brought, in_vain
from dmkit.services.catalogue import ServiceCatalogue
from dmkit.services.inputs import a_catalogue, names_of, seconds_of, values_given, whole_number
from dmkit.services.optional import hopeful
from dmkit.services.plan import Install, NoPlan, ServicePlan
from dmkit.services.references import PLACE, resolved
from dmkit.services.removal import to_remove
from dmkit.services.renewing import again_of, with_renewals
from dmkit.services.search import ServiceSearch
from dmkit.services.solved import by_solver
from dmkit.services.solver import Progress, available
from dmkit.services.solving import SolvingTime
from dmkit.services.state import DeviceValues, trusted, works
from dmkit.words.errors import ConfigError

__all__ = ["LIMIT", "SOLVERS", "choose", "plan"]

SOLVERS: Final = ("auto", "clingo", "search")
"""``auto`` is clingo where it is installed, else the search."""

LIMIT: Final = 50_000
"""Sets of services that are looked at before the planner gives up."""


def plan(
    catalogue: ServiceCatalogue,
    values: DeviceValues,
    want: Iterable[str],
    drop: Iterable[str] = (),
    *,
    kept: Iterable[str] | None = None,
    held: Iterable[str] | None = None,
    avoid: Iterable[str] = (),
    intent: Iterable[str] = (),
    anew: Iterable[str] = (),
    limit: int = LIMIT,
    solver: str = "auto",
    seconds: float | None = None,
    progress: Progress | None = None,
) -> ServicePlan | NoPlan:
    """The cheapest plan from ``values``, or why there is none.

    ``solver`` is one of ``SOLVERS``.  ``seconds`` is what all that clingo solves for this plan may take together: then
    the best so far is given, with its bound; optional needs for which no time is left are done without, with a warning.
    (What comes before, the rules written out for this catalogue, is not cut short, and counts; ``limit`` bounds the
    search.)  ``progress`` is called with cost and bound of each better plan.

    ``kept`` are services that must work afterwards besides; by default all that work now.  ``held`` must stay set up;
    by default all that are, and only wait for a fact.  Those in ``avoid`` are not built on (they were tried in vain).
    ``intent`` are services that are wanted at some time, if not by this plan: what they lean on serves somebody, and
    does not go with what is dropped.  ``anew`` is software that is installed once more where what is wanted leans on
    it: a certificate before its end; what refers to what it returns is written after it.

    A value that refers to a leaf which the plan itself changes is planned with what that leaf will hold; where only the
    device can tell (what an installation returns), the reference stays in the plan.

    ConfigError for names that are no services, for one that is wanted and dropped, and for a time that is none.

    >>> from dmkit.services.tables import default
    >>> str(plan(default(), {}, ["mms"]))[:75]
    'no plan:\\n- mms -> proxy -> nap-internet -> bearer:lte: ./DevDetail/Bearer/L'
    """
    a_catalogue(catalogue)
    wanted, dropped, meant = names_of("want", want), names_of("drop", drop), names_of("intent", intent)
    avoided = names_of("avoid", avoid)
    working = None if kept is None else names_of("kept", kept)
    waiting = None if held is None else names_of("held", held)
    if progress is not None and not callable(progress):
        raise ConfigError(f"progress = {progress!r}; a function of cost and bound is right")
    chosen, most, longest = choose(solver), whole_number("limit", limit), seconds_of(seconds)
    meant = tuple(name for name in meant if name not in dropped)
    catalogue.know(frozenset((*wanted, *dropped, *meant, *avoided, *(working or ()), *(waiting or ()))))
    for name in wanted:
        if name in dropped:
            raise ConfigError(f"{name} is wanted and dropped at once")
    values = trusted(catalogue, values_given(values))
    if waiting is None:
        waiting = tuple(works(catalogue, values, assume=True)) if working is None else ()
    keep = tuple(name for name in (works(catalogue, values) if working is None else working) if name not in dropped)
    hold = tuple(name for name in waiting if name not in dropped and name not in keep)
    gone = to_remove(catalogue, values, dropped, (*keep, *hold), (*wanted, *meant))
    keep = tuple(name for name in keep if name not in gone)
    hold = tuple(name for name in hold if name not in gone and name not in wanted)
    never = dict.fromkeys(avoided, "it was tried in vain") | dict.fromkeys(gone, "it is to be dropped")
    renewed = [name for name in names_of("anew", anew) if _there(catalogue, values, name)]
    asked = Asked(catalogue, catalogue, values, wanted, dropped, gone, keep, hold, never, meant)
    named = {match[1] for _, text in catalogue.texts() for match in PLACE.finditer(text)}
    again = tuple(again_of(catalogue, values, name) for name in renewed)
    more = bool(named) or any(service.optional for service in catalogue.services.values())
    means = Means(chosen, most, SolvingTime(longest, more=more), progress)
    while True:
        found = _settled(asked, named, again, means)
        if not isinstance(found, ServicePlan):
            return found
        users = dict.fromkeys(name for step in found.steps if step.does != "remove" for name in step.services)
        vain = in_vain(catalogue, values, (*again, *found.changes), users) if named else {}
        if not vain:
            return with_renewals(found, catalogue, again)
        stay = [name for name in vain if name in (*keep, *hold, *asked.never)]
        if stay:
            return NoPlan(wanted, dropped, tuple(f"{name}: {vain[name]}" for name in stay))
        asked = replace(asked, never={**asked.never, **vain})  # without those, another way may lead there


def _settled(asked: Asked, named: Collection[str], again: tuple[Install, ...], means: Means) -> ServicePlan | NoPlan:
    """The plan with values that others refer to as the plan itself leaves them."""
    values = asked.values
    shown: dict[str, str | None] = {uri: values.get(uri) for uri in named} | brought(again, named)
    for _ in range(_ROUNDS):
        ready = replace(asked, catalogue=resolved(asked.written, {**values, **shown}))
        found = hopeful(ready, lambda changed: _best(changed, means))
        changes = (*again, *found.changes) if isinstance(found, ServicePlan) else again
        then = {uri: values.get(uri) for uri in named} | brought(changes, named)
        if then == shown:
            break
        shown = then
    return found


_ROUNDS: Final = 8  # in which values that others refer to come to rest


def _there(catalogue: ServiceCatalogue, values: DeviceValues, name: str) -> bool:
    if name not in catalogue.software:
        raise ConfigError(f"there is no software {name!r}; there are {', '.join(catalogue.software) or 'none'}")
    return values.get(catalogue.software[name].at) is not None


def _best(asked: Asked, means: Means) -> ServicePlan | NoPlan:
    if means.solver == "clingo":
        return by_solver(asked, means)
    search = ServiceSearch(asked, means.limit)
    found = search.run()
    if found is not None:
        return assemble(asked, found, search.explored)
    if len(asked.wanted) > 1:  # a wish that fails by itself explains more than all of them together
        for name in asked.wanted:
            alone = _best(replace(asked, wanted=(name,)), means)
            if isinstance(alone, NoPlan):
                return NoPlan(asked.wanted, asked.dropped, alone.reasons, search.explored + alone.explored)
    return NoPlan(asked.wanted, asked.dropped, tuple(dict.fromkeys(search.reasons)), search.explored)


def choose(solver: str) -> str:
    """``solver``, or for "auto" the one that is installed; ConfigError for another word.

    >>> choose("search")
    'search'
    """
    if solver not in SOLVERS:
        raise ConfigError(f"solver is {solver!r}; it must be one of {', '.join(SOLVERS)}")
    return ("clingo" if available() else "search") if solver == "auto" else solver
