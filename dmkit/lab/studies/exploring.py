"""Powers by design: what attackers can make of a session, every interleaving up to their budget walked through.

>>> frame = walks(["basic", "mac"], ["listener", "stranger"])
>>> frame[["attacker", "design", "verdict"]].values.tolist()
... # doctest: +NORMALIZE_WHITESPACE
[['listener', 'basic', 'breached'], ['listener', 'mac', 'safe'], ['stranger', 'basic', 'breached'],
 ['stranger', 'mac', 'breached']]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

from dmkit.attack.alike import explored_as
from dmkit.attack.designs import DESIGNS, Design
from dmkit.attack.engines import SharedEngines
from dmkit.attack.explorer import DEFAULT_GOALS, Exploration, Witness, explore
from dmkit.attack.powers import EVERYTHING, PATH, POWERS, Attacker
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.plots.exploring import plot_walks
from dmkit.lab.runs.experiment import sweep
from dmkit.sim.collector import resting_collector
from dmkit.words.arguments import whole
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Count

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ATTACKERS", "COLUMNS", "DEFAULT_GOALS", "EVERYTHING", "PATH", "POWERS", "Attacker", "Walk", "explore",
           "plot_walks", "powers", "price_of_apart", "walk", "walks"]  # fmt: skip

_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})

ATTACKERS: Final[Mapping[str, tuple[Attacker, Mapping[str, Any]]]] = MappingProxyType(
    {
        "listener": (Attacker.of("listen", budget=0), _NO_OPTIONS),
        "bad line": (Attacker.of("drop", "delay", "duplicate", budget=2), _NO_OPTIONS),
        "falls": (Attacker.of("crash", "drop", budget=2), _NO_OPTIONS),
        "parrot": (Attacker.of("listen", "replay", "reflect", "duplicate", budget=2), _NO_OPTIONS),
        "stranger": (Attacker.of("inject", budget=2), _NO_OPTIONS),
        "between, 1 deed": (Attacker.of(*PATH, budget=1), _NO_OPTIONS),
        "chooses nonces": (Attacker.of("listen", "inject", "choose nonce", "sms", budget=2), _NO_OPTIONS),
        "old pushes": (Attacker.of("sms", budget=1), MappingProxyType({"wakes": 66})),
        "bad server": (Attacker.of("own server", budget=0), _NO_OPTIONS),
    }
)
"""Attackers for a lesson, and the options of the world that each walks in."""

COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attacker": "row of ATTACKERS",
        "design": "name of the design",
        "verdict": "breached; safe: all states within the budget were visited; open: cut off before",
        "goals": "what was reached",
        "powers": "powers of the attacker",
        "budget": "deeds that it had",
        "complete": "true when every state within the budget was visited",
        "states": "states visited",
        "moves": "moves looked at",
        "steps": "steps of engines run, beside those that an attacker above has led the same design to",
        "used": "powers that the shortest witness used",
        "length": "moves of the shortest witness; 0: there is none",
        "seconds": "processor time",
    }
)
"""Columns of ``walks``."""


@checked
@dataclass(frozen=True, slots=True)
class Walk:
    """One attacker against one design, as a plan for ``sweep``; ``limit`` bounds the states."""

    attacker: Annotated[str, Names(lambda: ATTACKERS)] = "listener"
    """Row of ``ATTACKERS``."""
    design: Annotated[str, Names(lambda: DESIGNS)] | Design = "md5 per session"
    """Row of ``DESIGNS``, or a design of one's own."""
    limit: Count | None = 100_000
    """The most states; None: all."""

    def found(self) -> Exploration:
        """The search itself."""
        return self._found(None)

    def _found(self, engines: SharedEngines | None) -> Exploration:
        attacker, options = ATTACKERS[self.attacker]
        return explore(self.design, attacker, stop=False, limit=self.limit, engines=engines, **options)

    def run(self, seed: int, engines: SharedEngines | None = None) -> dict[str, Any]:
        """The row; nothing is left to chance, so ``seed`` counts for nothing.  ``engines`` as in ``StateSpace``."""
        found = self._found(engines)
        first = min((w[0] for w in found.witnesses.values()), key=lambda w: len(w.moves), default=None)
        return {
            "verdict": found.verdict,
            "goals": ", ".join(found.witnesses),
            "powers": ", ".join(found.attacker.named),
            "budget": found.attacker.budget,
            "complete": found.complete,
            "states": found.states,
            "moves": found.moves,
            "steps": found.steps,
            "used": "" if first is None else ", ".join(first.powers),
            "length": 0 if first is None else len(first.moves),
            "seconds": found.seconds,
        }


@checked
@dataclass(frozen=True, slots=True)
class WalksOfDesign:
    """Several attackers against one design, as a plan for ``sweep``: what one leads the engines to is known to all."""

    attackers: tuple[Annotated[str, Names(lambda: ATTACKERS)], ...] = ("listener",)
    """Rows of ``ATTACKERS``."""
    design: Design = field(default_factory=lambda: DESIGNS["md5 per session"])
    """What they attack."""
    limit: Count | None = 100_000
    """The most states of a walk; None: all."""

    def run(self, seed: int) -> list[dict[str, Any]]:
        """A row for each attacker.  What the engines have come to goes before the collector looks at anything."""
        with resting_collector():
            engines = SharedEngines()
            own = [Walk(name, self.design, self.limit) for name in self.attackers]
            rows = [{"attacker": walk.attacker, **walk.run(seed, engines)} for walk in own]
            del engines
        return rows


def _chosen(names: Iterable[str] | None) -> list[str]:
    chosen = list(ATTACKERS) if names is None else list(names)
    for name in chosen:
        if name not in ATTACKERS:
            raise ConfigError(
                f"attacker {name!r} is not known{nearest(name, ATTACKERS)}; there are {', '.join(ATTACKERS)}"
            )
    if not chosen:
        raise ConfigError(f"no attacker is named; there are {', '.join(ATTACKERS)}")
    return chosen


def walks(
    designs: Iterable[str | Design] | None = None,
    attackers: Iterable[str] | None = None,
    *,
    limit: int | None = 100_000,
    on: Any = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Every attacker against every design (COLUMNS); all of both where none is named.

    A design may be one of your own, with a name that no other has.  Designs that are alike to the explorer
    (``dmkit.attack.alike``) share their walks.  ``on`` as in ``sweep``: 2 shares the work between two processes.
    ConfigError for names that do not exist.
    """
    import pandas as pd

    from dmkit.lab.studies.security import _designs

    attackers = _chosen(attackers)
    chosen = [DESIGNS[one] if isinstance(one, str) else one
              for one in _designs(list(DESIGNS) if designs is None else designs)]  # fmt: skip
    kinds: list[Design] = []
    stands: dict[str, int] = {}
    for one in chosen:
        kind = explored_as(one)
        if kind not in kinds:
            kinds.append(kind)
        stands[one.name] = kinds.index(kind)
    plan = WalksOfDesign(tuple(attackers), limit=limit)
    frame = sweep(plan, over={"design": kinds}, seeds=[1], on=on, progress=progress,
                  labels={"design": kinds.index})  # fmt: skip
    errors = frame[frame["error"] != ""] if "error" in frame else frame[:0]
    if len(errors):
        who = next(one.name for one in chosen if stands[one.name] == errors["design"].iloc[0])
        raise ConfigError(f"attackers against {who}: {errors['error'].iloc[0]}")
    rows = {(row["attacker"], row["design"]): row for row in frame.to_dict("records")}
    made = [{**rows[attacker, stands[one.name]], "design": one.name} for attacker in attackers for one in chosen]
    whole = pd.DataFrame(made)
    whole.attrs = {
        **frame.attrs,
        "parameters": {"attackers": list(attackers), "designs": [one.name for one in chosen], "limit": limit},
    }
    frame = whole
    result = frame[list(COLUMNS)].copy()
    result.attrs = {**frame.attrs, "measure": "exploring.walks", "units": dict(COLUMNS)}
    return result


def walk(design: str | Design, attacker: str, goal: str | None = None, *, show: int = 0) -> Witness | str:
    """A shortest witness of ``attacker`` against ``design``, or the sentence why there is none.

    ``goal`` names what is to be reached, where not given the one that is reached in the fewest moves; ``show`` counts
    on to other witnesses of it.  Nothing is searched beyond these.  What was found last is kept, so that a board that
    goes back and forth does not search again.
    """
    search = _walked if isinstance(design, str) else _walked.__wrapped__
    return search(design, _chosen([attacker])[0], goal, whole("show", show))


@lru_cache(maxsize=64)
def _walked(design: str | Design, attacker: str, goal: str | None, show: int) -> Witness | str:
    eve, options = ATTACKERS[attacker]
    if show and goal is None:
        first = walk(design, attacker)
        return first if isinstance(first, str) else walk(design, attacker, first.goal, show=show)
    goals = None if goal is None else (goal,)
    found = explore(design, eve, goals=goals, all_witnesses=1 + show, limit=100_000, enough=1, **options)
    if not found.witnesses:
        return found.sentence
    known = min(found.witnesses.values(), key=lambda witnesses: len(witnesses[0].moves))
    return known[min(show, len(known) - 1)]


def powers() -> pd.DataFrame:
    """The algebra's rows: every power, what it means, and whether the explorer has moves for it."""
    rows: list[dict[str, object]] = [{"power": p.name, "what": p.what, "explored": p.explored} for p in POWERS.values()]
    return _frame(rows, {"power": "", "what": "", "explored": "the explorer has moves for it"}, "exploring.powers")


def price_of_apart() -> pd.DataFrame:
    """What it costs to keep the uses of one formula apart: octets of an honest session, compressions of a hash.

    The word in front is hashed and not sent; what travels is the longer name of the scheme.
    """
    from dataclasses import replace

    from dmkit.attack.costs import honest
    from dmkit.session.rules import Rules

    rows: list[dict[str, object]] = []
    for scheme in ("md5", "md5-apart", "mac", "mac-apart", "hmac-sha256"):
        price = honest(Design(scheme, replace(Rules(), auth=scheme, server_auth=scheme)))
        rows.append({"scheme": scheme, "octets": price.octets, "hashes": price.hashes})
    return _frame(
        rows,
        {"scheme": "of both sides", "octets": "a session", "hashes": "compressions on the device, a session"},
        "exploring.price_of_apart",
    )
