"""Attack by design: the matrix, what security costs, what it buys; tables, and text for a specification.

>>> frame = matrix(["listen"], ["basic", "mac"], seeds=2)
>>> frame[["attack", "design", "verdict", "runs"]].values.tolist()
[['listen', 'basic', 'breached', 1], ['listen', 'mac', 'safe', 1]]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final

from dmkit.attack.alike import FAR, attacked_as
from dmkit.attack.attacks import ATTACKS, POWERS
from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS, Deployment, Design
from dmkit.attack.remembered import SharedTrials
from dmkit.attack.trial import Trial, search
from dmkit.lab.measures.late import frame_of, late, rows_of
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.measures.tables import of_texts
from dmkit.lab.runs.experiment import swept
from dmkit.lab.runs.intervals import proportion_interval
from dmkit.sim.collector import resting_collector
from dmkit.sim.provenance import made_by
from dmkit.words.arguments import finite, instance, one_of
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.ranges import Count, Natural
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.lab.measures.replayed import Replayed
    from dmkit.lab.plots.security import plot_matrix, plot_tradeoffs

__all__ = [
    "ATTACKS",
    "COLUMNS",
    "DESIGNS",
    "POWERS",
    "SOME_ATTACKS",
    "SOME_DESIGNS",
    "THREATS",
    "Deployment",
    "Design",
    "SecurityCell",
    "attacks",
    "costs",
    "designs",
    "guessing",
    "incidents",
    "markdown",
    "matrix",
    "nonce_repeats",
    "out_of_step",
    "plot_matrix",
    "plot_tradeoffs",
    "replay",
    "tradeoffs",
    "verdicts",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Figures load what draws them when somebody wants one: a table needs no matplotlib."""
    if name not in ("plot_matrix", "plot_tradeoffs"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dmkit.lab.plots import security

    return getattr(security, name)


COLUMNS: Final[Mapping[str, str]] = {
    "attack": "name of the attack",
    "design": "name of the design",
    "verdict": "breached: a run was found, `script` plays it again; safe: none within the bound; open: cut off before",
    "powers": "powers that the attack uses, rows of POWERS",
    "runs": "runs played in the search: all with at most `bound` dishonest choices, until one breaches",
    "bound": "most dishonest choices in a run",
    "complete": "true when all runs within the bound were played",
    "tried": "all runs played, those of the search and those left to chance",
    "script": "the dishonest choices of a shortest breach",
    "at": "message with which the attacker had what it wanted, 0: none was needed",
    "what": "what it had",
    "n": "runs whose choices were left to chance; none where every run within the bound is known to be safe",
    "share": "share of those that breached",
    "low": "lower end of the 95 % interval (Wilson)",
    "high": "upper end",
}
"""Columns of ``matrix``."""

SOME_ATTACKS: Final = (
    "listen",
    "guess",
    "read values",
    "relay",
    "replay across",
    "forge with old proof",
    "alter a bit",
    "alter a command",
    "downgrade",
    "pose as server",
    "pose as device",
    "desynchronise",
    "replay package 0",
    "phish",
    "rogue cell",
    "steal card",
)
"""A matrix for a lesson."""
SOME_DESIGNS: Final = (
    "basic",
    "basic over TLS",
    "md5 per session",
    "md5, a word for a password",
    "md5, reused nonce",
    "md5, fixed resync nonce",
    "md5, no weaker scheme",
    "md5, one secret for all",
    "mac",
    "mac, no second challenge",
    "mac, GBA keys",
    "mac, sealed values",
    "hmac-sha256, TLS unchecked",
    "bound, TLS unchecked",
    "everything",
)

THREATS: Final[Mapping[str, tuple[str, ...]]] = {
    "path": (
        "listen",
        "guess",
        "read values",
        "relay",
        "replay inside",
        "replay across",
        "forge with old proof",
        "alter a bit",
        "alter a command",
        "redirect",
        "downgrade",
        "other package",
    ),
    "impostor": ("pose as server", "pose as device"),
    "message": ("replay package 0", "forge package 0", "phish", "rogue cell"),
    "outage": ("drop", "delay", "desynchronise", "challenge loop", "flood"),
    "insider": ("huge object", "server gone bad"),
    "card": ("swap card", "steal card"),
}
"""Groups of attacks that one weighs together; every attack is in one."""


# -- what there is


def attacks() -> pd.DataFrame:
    """All attacks: what each wants, what it can do, who describes it."""
    rows: list[dict[str, object]] = [
        {"attack": a.name, "wants": a.wants, "can": ", ".join(a.can), "bound": a.bound, "source": a.source}
        for a in ATTACKS.values()
    ]
    return _frame(
        rows,
        {"attack": "", "wants": "", "can": "rows of POWERS", "bound": "dishonest choices in a run", "source": ""},
        "security.attacks",
    )


def designs() -> pd.DataFrame:
    """All designs, and where each comes from."""
    rows: list[dict[str, object]] = [
        {
            "design": d.name,
            "client": d.rules.auth,
            "server": d.rules.server_auth,
            "nonce": d.rules.nonce,
            "path": d.world.path,
            "secret": d.world.secret,
            "basis": d.basis,
        }
        for d in DESIGNS.values()
    ]
    names = dict.fromkeys(("design", "client", "server", "nonce", "path", "secret", "basis"), "")
    return _frame(rows, names, "security.designs")


def incidents() -> pd.DataFrame:
    """The published incidents, played, without and with their repair."""
    from dmkit.attack import incidents as _incidents

    rows = _incidents.table()
    return _frame(rows, dict.fromkeys(rows[0], ""), "security.incidents")


def guessing(
    proofs: Sequence[str] = ("md5", "mac", "hmac-sha256", "hmac-sha256-stretched"),
    spaces: Sequence[str] = ("4 digits", "8 of a-z, 0-9", "8 printable", "128 bits"),
) -> pd.DataFrame:
    """How long one card of 2021 guesses at each proof: seconds on average, by kind of secret.

    ``dm.measure.human_time`` says them as people do.
    """
    import pandas as pd

    from dmkit.attack import guessing as _guessing

    frame = pd.DataFrame(_guessing.times(tuple(proofs), tuple(spaces)))
    table = frame.pivot(index="proof", columns="space", values="mean_seconds").loc[list(proofs), list(spaces)]
    table.attrs = {"measure": "security.guessing", **made_by(), "units": {"": "seconds on average"}}
    return table


def nonce_repeats(
    bits: Sequence[int] = (16, 20, 24), trials: int = 300, seeds: Sequence[int] = range(1, 11)
) -> pd.DataFrame:
    """How many random nonces until one comes again: median of simulated trials beside the birthday formula."""
    from dmkit.attack.freshness import first_repeats
    from dmkit.lab.runs.stats import mean_interval
    from dmkit.sim.theory import birthday_half

    rows: list[dict[str, object]] = []
    for size in bits:
        found = mean_interval([float(sorted(first_repeats(size, trials, seed=s))[trials // 2]) for s in seeds])
        rows.append({"bits": size, "formula": birthday_half(size), "simulated": found.mean, "half": found.half})
    return _frame(
        rows,
        {
            "bits": "of a nonce",
            "formula": "1.1774 * 2^(bits/2)",
            "simulated": "median, mean of seeds",
            "half": "half width of the 95 % interval",
        },
        "security.nonce_repeats",
        seeds=list(seeds),
    )


def out_of_step(
    losses: Sequence[float] = (0.001, 0.01, 0.05),
    sessions: int = 100,
    devices: int = 10_000,
    seeds: Sequence[int] = range(1, 11),
) -> pd.DataFrame:
    """Devices whose session still works when some lose the next nonce: formula, simulation, one more challenge.

    What a loss does is seen in real sessions (``dmkit.attack.freshness.after_loss``).
    """
    from dmkit.attack.freshness import lost_in_step
    from dmkit.lab.runs.stats import mean_interval
    from dmkit.sim.theory import in_step

    rows: list[dict[str, object]] = []
    for loss in losses:
        alone = mean_interval([lost_in_step(devices, sessions, loss, seed=s)[0] for s in seeds])
        helped = mean_interval([lost_in_step(devices, sessions, loss, seed=s, resync=True)[1] for s in seeds])
        rows.append(
            {
                "loss": loss,
                "formula": in_step(loss, sessions),
                "alone": alone.mean,
                "half": alone.half,
                "with_challenge": 1.0,
                "extra_trips": helped.mean,
            }
        )
    return _frame(
        rows,
        {
            "loss": "share of sessions that lose the next nonce",
            "formula": "(1-p)^k",
            "alone": "share of devices in step, no second challenge",
            "half": "95 % interval, half width",
            "with_challenge": "share in step with a second challenge",
            "extra_trips": "round trips a device that this costs",
        },
        "security.out_of_step",
        sessions=sessions,
        devices=devices,
        seeds=list(seeds),
    )


# -- the matrix


@checked
@dataclass(frozen=True, slots=True)
class SecurityCell:
    """One attack against one design, as a plan for ``sweep``: the search, and ``chances`` runs left to chance."""

    attack: Annotated[str, Names(lambda: ATTACKS)] = "listen"
    """Row of ``ATTACKS``."""
    design: Annotated[str, Names(lambda: DESIGNS)] | Design = "md5 per session"
    """Row of ``DESIGNS``, or a design of one's own."""
    chances: Natural = 20
    """How many runs are left to chance."""
    sessions: Count = 2
    """How many sessions the stage holds."""
    limit: Count | None = None
    """The most runs of the search; None: all."""

    def run(self, seed: int, shared: SharedTrials | None = None) -> dict[str, Any]:
        """The row of the matrix; ``seed`` counts for the runs left to chance.

        Cells with the same ``shared`` play once what begins alike.
        """
        shared = shared or SharedTrials()
        trial = Trial(tap=self.attack, design=self.design, sessions=self.sessions)
        done, attack = search(trial, limit=self.limit, shared=shared), trial.attack
        found, hits, n = done.found, 0, 0
        if done.runs == 1 and (found is not None or done.complete):
            hits, n = int(found is not None), 1  # nothing to choose: every run is this one
        elif found is not None or not done.complete:
            # after a complete search that found nothing, runs by chance would only be some of its runs again
            for number in range(self.chances):
                chance = Random(f"{seed} {number}")
                played = trial.play(Choices(rng=chance, chance=attack.chance, budget=attack.bound), shared)
                hits, n = hits + (played.breach is not None), n + 1
                found = found or (played if played.breach is not None else None)
        interval = proportion_interval(hits, n) if n else None
        breach = found.breach if found is not None else None
        return {
            "verdict": "breached" if breach is not None else "safe" if done.complete else "open",
            "powers": ", ".join(attack.can),
            "runs": done.runs,
            "bound": attack.bound,
            "complete": done.complete,
            "tried": done.runs + n * (done.runs > 1),
            "script": "" if found is None else " ".join(map(str, found.script)),
            "at": 0 if breach is None else breach.at,
            "what": "" if breach is None else breach.what,
            "n": n,
            "share": hits / n if n else 0.0,
            "low": interval.low if interval else 0.0,
            "high": interval.high if interval else float(not done.complete),
        }


@checked
@dataclass(frozen=True, slots=True)
class CellsOfDesign:
    """Several attacks against one design, as a plan for ``sweep``: what begins alike is played once for all of them."""

    attacks: tuple[Annotated[str, Names(lambda: ATTACKS)], ...] = ("listen",)
    """Rows of ``ATTACKS``."""
    design: Annotated[str, Names(lambda: DESIGNS)] | Design = "md5 per session"
    """Row of ``DESIGNS``, or a design of one's own."""
    chances: Natural = 20
    """How many runs of a cell are left to chance."""
    sessions: Count = 2
    """How many sessions the stage holds."""
    limit: Count | None = None
    """The most runs of a search; None: all."""
    left: frozenset[tuple[str, str]] = frozenset()
    """Attacks and names of designs for which another design of the same matrix stands."""

    def run(self, seed: int) -> list[dict[str, Any]]:
        """A row for each attack, but for those that are left."""
        shared = SharedTrials()
        own = [name for name in self.attacks if (name, _named(self.design)) not in self.left]
        cells = [SecurityCell(name, self.design, self.chances, self.sessions, self.limit) for name in own]
        with resting_collector():
            rows = [{"attack": cell.attack, **cell.run(seed, shared)} for cell in cells]
            shared.clear()
        return rows


def _named(design: str | Design) -> str:
    return design if isinstance(design, str) else design.name


def _standing_for(attacks: Iterable[str], designs: Sequence[str | Design]) -> dict[tuple[str, str], str]:
    """Attack and design -> the first of ``designs`` that is alike to it under that attack (``attacked_as``)."""
    known: dict[frozenset[str], dict[str, str]] = {}
    for attack in attacks:
        far = FAR.get(attack, frozenset())
        if far not in known:
            kinds = {_named(one): attacked_as(attack, DESIGNS[one] if isinstance(one, str) else one) for one in designs}
            known[far] = {
                name: next(first for first, other in kinds.items() if first == name or (far and other == kind))
                for name, kind in kinds.items()
            }
    return {(attack, name): first for attack in attacks for name, first in known[FAR.get(attack, frozenset())].items()}


def _known(names: Iterable[str] | None, table: Mapping[str, object], some: Sequence[str]) -> list[str]:
    chosen = list(some) if names is None else list(names)
    unknown = [name for name in chosen if not isinstance(name, str) or name not in table]
    if unknown or not chosen:
        wrong = unknown[0] if unknown else "nothing"
        raise ConfigError(f"{wrong!r} is not known; there are {', '.join(table)}{nearest(wrong, table)}")
    return chosen


def _designs(given: Iterable[str | Design] | None) -> list[str | Design]:
    """Names of DESIGNS, and designs of one's own, each with a name that no other has."""
    chosen: list[str | Design] = list(SOME_DESIGNS) if given is None else list(given)
    for one in chosen:
        instance("a design", one, (str, Design), "a Design, or the name of one")
    names = [_named(one) for one in chosen]
    _known([one for one in chosen if isinstance(one, str)] or ["basic"], DESIGNS, ())
    if not chosen or len(set(names)) < len(names) or "" in names:
        raise ConfigError(f"designs have names, each another: {', '.join(map(repr, names)) or 'there is none'}")
    return chosen


def matrix(
    attacks: Iterable[str] | None = None,
    designs: Iterable[str | Design] | None = None,
    *,
    seeds: int = 20,
    sessions: int = 2,
    limit: int | None = None,
    on: Any = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Every attack against every design; one row a cell (COLUMNS).

    A search plays all runs within the attack's bound, ``limit`` at most; where it finds a breach, or is cut off,
    ``seeds`` more runs are left to chance and say how often.  Without names: SOME_ATTACKS and SOME_DESIGNS; a design
    may be one of your own.  ``on`` as in ``sweep``.  Designs that differ in nothing that an attack comes near share its
    row (``dmkit.attack.alike.FAR``).
    """
    names, chosen = _known(attacks, ATTACKS, SOME_ATTACKS), _designs(designs)
    stands, across = _standing_for(names, chosen), [_named(one) for one in chosen]
    left = frozenset(cell for cell, first in stands.items() if cell[1] != first)
    plan = CellsOfDesign(tuple(names), chances=seeds, sessions=sessions, limit=limit, left=left)
    found, told = swept(plan, over={"design": chosen}, seeds=[1], on=on, progress=progress)
    for row in found:
        if row["error"]:
            raise ConfigError(f"attacks against {row['design']}: {row['error']}")
    cells = {(row["attack"], row["design"]): row for row in found}
    rows = [
        {name: cells[attack, stands[attack, one]][name] for name in COLUMNS} | {"design": one}
        for attack in names  # attack by attack
        for one in across
    ]
    attrs = {**told, "measure": "security.matrix", "units": dict(COLUMNS)}
    return late(lambda: frame_of(rows, attrs), rows)


_SIGNS: Final = {"breached": "X", "safe": "·", "open": "?"}


def verdicts(frame: pd.DataFrame) -> pd.DataFrame:
    """The matrix as a table, designs down, attacks across: ``X`` breached, ``·`` safe, ``?`` cut off."""
    rows = rows_of(frame)
    if rows is None:
        return _verdicts(frame)
    signs = {(row["design"], row["attack"]): _SIGNS[row["verdict"]] for row in rows}
    down, across = ({row[name]: None for row in rows} for name in ("design", "attack"))
    table = [[one, *(signs[one, attack] for attack in across)] for one in down]
    return late(lambda: _verdicts(frame_of(rows, {})), shown=lambda: of_texts(["design", *across], table))


def _verdicts(frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.assign(mark=frame["verdict"].map(_SIGNS)).pivot(index="design", columns="attack", values="mark")
    return table.loc[list(dict.fromkeys(frame["design"])), list(dict.fromkeys(frame["attack"]))]


_MARKS: Final = {"breached": "**X**", "safe": "({0})", "open": "{0}?"}


def markdown(frame: pd.DataFrame) -> str:
    """The matrix for a specification: a Markdown table, and below it how each verdict was reached."""
    across = list(dict.fromkeys(frame["attack"]))
    given = {(row.design, row.attack): row for row in frame.itertuples()}
    lines = ["| design | " + " | ".join(across) + " |", "|---|" + "---|" * len(across)]
    for design in dict.fromkeys(frame["design"]):
        cells = (_MARKS[str(given[design, attack].verdict)].format(given[design, attack].tried) for attack in across)
        lines.append(f"| {design} | " + " | ".join(cells) + " |")
    lines.append("")
    lines.append(
        "**X**: breached, by a run that can be played again. (n): safe in all n runs with at "
        "most as many dishonest choices as the attack's bound; n?: cut off after n runs."
    )
    whole = frame["complete"] | (frame["verdict"] == "breached")
    if not whole.all():
        lines.append(f"{int((~whole).sum())} searches were cut off before their end.")
    return "\n".join(lines) + "\n"


def replay(attack: str, design: str | Design, *, sessions: int = 2) -> Replayed:
    """The very run behind a cell: the shortest breach, or the honest run and how far was searched."""
    from dmkit.lab.measures.replayed import Replayed, ways_through

    [attack], [design] = _known([attack], ATTACKS, ()), _designs([design])
    trial = Trial(tap=attack, design=design, sessions=sessions)
    done = search(trial)
    played = done.found or trial.play(Choices())
    talks = tuple(ways_through(talk) for talk in played.talks)
    return Replayed(trial.attack, trial.against.name, played, done.runs, talks)


# -- what it costs and what it buys


def costs(designs: Iterable[str | Design] | None = None) -> pd.DataFrame:
    """What each design costs the honest side, from real sessions (``dmkit.attack.costs``)."""
    from dmkit.attack import costs as _costs

    chosen = [DESIGNS[one] if isinstance(one, str) else one for one in _designs(designs)]
    rows: list[dict[str, object]] = [{"design": one.name, **asdict(_costs.honest(one))} for one in chosen]
    return _frame(rows, _costs.COLUMNS, "security.costs", sessions=_costs.SESSIONS)


def tradeoffs(frame: pd.DataFrame, prices: pd.DataFrame | None = None, **weights: float) -> pd.DataFrame:
    """Exposure of each design beside its costs; ``best`` in columns where nothing is both safer and cheaper.

    Exposure is the weighted share of the attacks of ``frame`` that breach.  ``weights`` by row of THREATS: path,
    impostor, message, outage, insider, card; 1 where not given.
    """
    from dmkit.attack import costs as _costs

    for name, weight in weights.items():
        one_of("a threat that has a weight", name, THREATS)
        if finite(f"weight {name}", weight, "from 0") < 0:
            raise ConfigError(f"weight {name} is {weight!r}; weights are not negative")
    weight_of = {attack: float(weights.get(threat, 1.0)) for threat, names in THREATS.items() for attack in names}
    total = sum(weight_of[attack] for attack in frame["attack"].unique())
    if not total:
        raise ConfigError("every attack in the table has weight 0: nothing counts")
    prices = costs(dict.fromkeys(frame["design"])) if prices is None else prices
    breached = frame[frame["verdict"] == "breached"]
    exposure = {
        design: sum(weight_of[attack] for attack in breached.loc[breached["design"] == design, "attack"]) / total
        for design in dict.fromkeys(frame["design"])
    }
    result = prices[prices["design"].isin(exposure)].copy()
    result.insert(1, "exposure", [round(exposure[design], 4) for design in result["design"]])
    for price in ("octets", "round_trips", "card_apdus"):
        pairs = list(zip(result[price], result["exposure"], strict=True))
        result[f"best_{price}"] = [not any(c <= a and d <= b and (c, d) != (a, b) for c, d in pairs) for a, b in pairs]
    result = result.sort_values(["exposure", "octets"], kind="stable").reset_index(drop=True)
    units = {
        **_costs.COLUMNS,
        "exposure": "weighted share of the attacks that breach, 0 to 1",
        "best_octets": "nothing is safer and lighter",
        "best_round_trips": "nothing is safer and quicker",
        "best_card_apdus": "nothing is safer and easier on the card",
    }
    result.attrs = {
        "measure": "security.tradeoffs",
        **made_by(),
        "units": units,
        "parameters": {"weights": dict(weights)},
    }
    return result
