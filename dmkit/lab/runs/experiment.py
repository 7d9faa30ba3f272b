"""Sweeps: the same plan with other values, over seeds, on as many processes as there are; one row per run.

A plan is any frozen dataclass with ``run(seed)``; dotted names reach inside.  The table is the same for one worker, for
many, and on a cluster.  With ``store`` each finished run is written down, and a sweep that was cut off goes on
where it stopped.  A run that fails is a row with its reason.

>>> from dmkit.sim.campaign import Campaign
>>> frame = sweep(Campaign(devices=50), over={"servers.count": [1, 2]}, seeds=[1], progress=False)
>>> frame[["servers.count", "seed", "done"]].values.tolist()
[[1.0, 1.0, 1.0], [2.0, 1.0, 1.0]]
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypeVar, runtime_checkable

from dmkit import __version__
from dmkit.lab.runs.describe import describe, key_of
from dmkit.lab.runs.progress import counted
from dmkit.sim.provenance import made_by
from dmkit.words.arguments import callable_, instance, seeds_of
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError, DmError
from dmkit.words.kinds import spelled
from dmkit.words.records import dataclass

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measure", "Plan", "summary", "sweep", "vary"]

ResultRow: TypeAlias = dict[str, Any]
Measure: TypeAlias = Callable[[Any], "Mapping[str, Any] | Sequence[Mapping[str, Any]]"]
"""What a run comes to: one row, or several."""
_TRIES: Final = 3
"""How often what a killed worker left undone is given to new workers."""


@runtime_checkable
class Plan(Protocol):
    """Anything that can be run with a seed."""

    def run(self, seed: int) -> Any:
        """Play it once."""


_Plan = TypeVar("_Plan")


@asked
def vary(plan: _Plan, name: str, value: object) -> _Plan:
    """``plan`` with the field ``name`` replaced; ``a.b`` is field b of field a.

    ConfigError names the field that does not exist and those that do.

    >>> from dmkit.sim.campaign import Campaign
    >>> vary(Campaign(devices=1), "servers.count", 9).servers.count
    9
    """
    head, _, rest = name.partition(".")
    if isinstance(plan, type):
        raise ConfigError(
            f"vary: plan is the class {plan.__name__}; it must be a value of it, such as {plan.__name__}(...)"
        )
    if not is_dataclass(plan) or head not in (known := [field.name for field in fields(plan)]):
        there = f"; there are {', '.join(known)}" if is_dataclass(plan) else ""
        raise ConfigError(f"{type(plan).__name__} has no field {head!r}{there}")
    return replace(plan, **{head: vary(getattr(plan, head), rest, value) if rest else value})  # type: ignore[type-var]


def default_measure(run: Any) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
    """``run.summary()`` where there is one, else the run itself, which then is a row or a list of rows."""
    summarise = getattr(run, "summary", None)
    return summarise() if callable(summarise) else run  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class _Task:
    """One run."""

    key: str
    plan: Any
    seed: int
    labels: ResultRow
    measure: Measure

    def work(self) -> list[ResultRow]:
        """Run and measure; an error that the plan can make becomes a row."""
        try:
            measured = self.measure(self.plan.run(self.seed))
        except (DmError, ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
            return [{**self.labels, "seed": self.seed, "error": f"{type(error).__name__}: {error}"}]
        rows = [measured] if isinstance(measured, Mapping) else list(measured)
        return [{**self.labels, "seed": self.seed, **_plain(row), "error": ""} for row in rows]


def _plain(row: Mapping[str, Any]) -> ResultRow:
    """Numbers as Python's own, so that a table read back from the store equals the one just made."""
    return {name: value.item() if hasattr(value, "item") else value for name, value in row.items()}


def _work(frozen: bytes, shared: bytes | str) -> list[ResultRow]:
    from dmkit.lab.runs.sharing import thawed

    task: _Task = thawed(frozen, shared)
    return task.work()


@asked
def sweep(
    plan: Any,
    over: Mapping[str, Iterable[object]] | None = None,
    seeds: Iterable[int] = (1,),
    measure: Measure | None = None,
    on: Executor | int | Any = None,
    *,
    store: str | Path | None = None,
    labels: Mapping[str, Callable[[Any], object]] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Run ``plan`` for every combination of ``over`` and every seed; one row (or more, as ``measure`` says) per run.

    ``on``: None runs here; a number is that many processes of this machine; an Executor, or a Dask client, runs them
    elsewhere.  ``store``: a file of JSON lines to remember finished runs in.  ``labels``: how a value is called in the
    table, by name; without, numbers and texts stand for themselves and other values for their ``name``.

    Columns: those of ``over``, ``seed``, the measure's, ``error`` (empty when all was well).  ``attrs`` has version,
    parameters and seeds.  ConfigError, before anything runs, for a field that does not exist or a value that the
    plan refuses.

    >>> import dmkit as dm
    >>> frame = sweep(dm.Campaign(devices=10), {"servers.count": [1, 2]}, seeds=[1, 2])
    >>> frame[["servers.count", "seed", "done"]].values.tolist()
    [[1.0, 1.0, 1.0], [1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [2.0, 2.0, 1.0]]
    """
    import pandas as pd

    rows, attrs = swept(plan, over, seeds, measure, on, store=store, labels=labels, progress=progress)
    frame = pd.DataFrame(rows)
    frame.attrs = attrs
    if (measure or default_measure) is default_measure and (units := _units(frame)):
        frame.attrs["units"] = units
    return frame


def swept(
    plan: Any,
    over: Mapping[str, Iterable[object]] | None = None,
    seeds: Iterable[int] = (1,),
    measure: Measure | None = None,
    on: Executor | int | Any = None,
    *,
    store: str | Path | None = None,
    labels: Mapping[str, Callable[[Any], object]] | None = None,
    progress: bool = True,
) -> tuple[list[ResultRow], dict[Any, Any]]:
    """The rows of ``sweep`` and what its frame says of itself, units left out: for studies that need no frame.

    >>> from dmkit.sim.campaign import Campaign
    >>> rows, attrs = swept(Campaign(devices=10), progress=False)
    >>> rows[0]["seed"], rows[0]["done"], attrs["seeds"]
    (1, 1.0, [1])
    """
    measure = callable_("measure", measure or default_measure, "dm.measure.times")
    tasks = list(_tasks(plan, over or {}, seeds_of(seeds), measure, labels or {}))
    known = _Store(Path(store)) if store is not None else None
    rows: dict[str, list[ResultRow]] = dict(known.rows) if known is not None else {}
    missing = [task for task in tasks if task.key not in rows]
    for key, made in _bar(_run(missing, on), len(missing), progress):
        rows[key] = made
        if known is not None:
            known.keep(key, made)
    return [row for task in tasks for row in rows[task.key]], {
        "measure": getattr(measure, "__name__", "measure"),
        **made_by(),
        "parameters": {"plan": describe(plan), "over": describe({k: list(v) for k, v in (over or {}).items()})},
        "seeds": sorted({task.seed for task in tasks}),
    }


def _units(frame: pd.DataFrame) -> dict[str, str]:
    """What the measures of campaigns and rollouts mean, where the rows have all columns of such runs."""
    from dmkit.lab.runs.papers import ROLLOUT
    from dmkit.sim.run import SUMMARY

    return {k: text for told in (ROLLOUT, SUMMARY) if told.keys() <= set(frame.columns) for k, text in told.items()}


def _tasks(
    plan: Any,
    over: Mapping[str, Iterable[object]],
    seeds: Sequence[int],
    measure: Measure,
    labels: Mapping[str, Callable[[Any], object]],
) -> Iterator[_Task]:
    if not isinstance(plan, Plan):
        raise ConfigError(f"{type(plan).__name__} is no plan: it has no run(seed)")
    if not seeds:
        raise ConfigError("a sweep needs at least one seed")
    for name, entries in instance("over", over, Mapping, "a table such as {'servers.count': [1, 2]}").items():
        if isinstance(entries, str | bytes) or not isinstance(entries, Iterable):
            raise ConfigError(f"over[{name!r}] is {spelled(entries)}; it must be several values, such as [{entries!r}]")
    names, values = list(over), [list(entries) for entries in over.values()]
    for name, entries in zip(names, values, strict=True):
        if not entries:
            raise ConfigError(f"over[{name!r}] is empty; at least one value is needed, or nothing is run")
    for combination in itertools.product(*values):
        varied = plan
        for name, value in zip(names, combination, strict=True):
            varied = vary(varied, name, value)
        called = {
            name: labels[name](value) if name in labels else _label(value)
            for name, value in zip(names, combination, strict=True)
        }
        for seed in seeds:
            yield _Task(key_of(__version__, varied, seed, called, measure), varied, seed, called, measure)


def _label(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    name = getattr(value, "name", None) or getattr(value, "__name__", None)
    return name if isinstance(name, str) else repr(value)


# -- where it runs


def _run(tasks: list[_Task], on: Any) -> Iterator[tuple[str, list[ResultRow]]]:
    """Key and rows of each task, as they come."""
    number = isinstance(on, int) and not isinstance(on, bool)
    executor = on.get_executor() if hasattr(on, "get_executor") else on
    if on is not None and not (on >= 1 if number else hasattr(executor, "submit")):
        right = "None, a number of processes from 1 upwards, an Executor or a Dask client"
        raise ConfigError(f"on is {spelled(on)}; it must be {right}")
    if on is None or on == 1 or len(tasks) < 2:
        return ((task.key, task.work()) for task in tasks)
    if number:
        return _on_processes(tasks, on)
    scatter = getattr(on, "scatter", None)
    from dmkit.lab.runs.sharing import frozen_apart

    shared, frozen = frozen_apart(tasks)
    where = scatter(shared, broadcast=True, hash=False) if scatter is not None else shared
    return _on_executor({task.key: run for task, run in zip(tasks, frozen, strict=True)}, where, executor)


def _on_processes(tasks: list[_Task], workers: int) -> Iterator[tuple[str, list[ResultRow]]]:
    """Processes of this machine; what a killed one left undone goes to new ones."""
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    from dmkit.lab.runs.sharing import frozen_apart

    shared, frozen = frozen_apart(tasks)
    left = {task.key: run for task, run in zip(tasks, frozen, strict=True)}
    with TemporaryDirectory(prefix="dmkit-sweep-") as folder:
        where = Path(folder) / "shared"
        where.write_bytes(shared)
        for attempt in range(_TRIES):
            executor = get_reusable_executor(max_workers=workers, kill_workers=attempt > 0, timeout=60)
            try:
                for key, rows in _on_executor(dict(left), str(where), executor):
                    del left[key]
                    yield key, rows
            except TerminatedWorkerError:
                continue
            return
    raise ConfigError(
        f"workers were killed {_TRIES} times; {many(len(left), 'run is', 'runs are')} left, "
        "finished ones are in the store"
    )


def _on_executor(frozen: Mapping[str, bytes], shared: Any, executor: Any) -> Iterator[tuple[str, list[ResultRow]]]:
    """``shared``: what the runs have in common, a file in which it is, or a future of a cluster that has it."""
    futures = {executor.submit(_work, run, shared): key for key, run in frozen.items()}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _bar(
    results: Iterator[tuple[str, list[ResultRow]]], total: int, progress: bool
) -> Iterator[tuple[str, list[ResultRow]]]:
    return counted(results, total, "runs", progress)


class _Store:
    """Finished runs as JSON lines, each on disk before the next; a line that was cut off does not count."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, list[ResultRow]] = {}
        kept = b""
        if path.exists():
            data = path.read_bytes()
            kept = data[: data.rfind(b"\n") + 1]
            if kept != data:
                path.write_bytes(kept)
            for number, line in enumerate(kept.splitlines(), 1):
                try:
                    entry = json.loads(line)
                    self.rows[entry["key"]] = entry["rows"]
                except (ValueError, KeyError, TypeError):
                    raise ConfigError(f"{path.name}, line {number}: no finished run of a sweep stands there") from None
        else:
            path.parent.mkdir(parents=True, exist_ok=True)

    def keep(self, key: str, rows: list[ResultRow]) -> None:
        """Write one finished run down."""
        with self.path.open("ab") as file:
            file.write(json.dumps({"key": key, "rows": rows}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


# -- what it comes to


SHARES: Final = {"t50": 0.5, "t95": 0.95, "t99": 0.99}
"""Columns that are times until a share of the devices was done."""


def summary(
    frame: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    against: object = None,
) -> pd.DataFrame:
    """Means with 95 % intervals: for each group of ``by`` and each column its mean and ``± column``; ``n`` runs.

    Without ``by`` all rows are one group.  ``against``, a value of ``by``, adds pairs: ``Δ column`` is the mean
    difference to that group, run by run with the same seed, and ``± Δ column`` its half width; common luck makes it
    narrow.

    Rows with an error do not count; a group of nothing else has ``n`` 0, and its cells say so.  A time that was not
    reached in every run has no mean, since leaving runs out would flatter a design that does not finish: the cell
    says by how much, and there is no interval.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"seed": [1, 2], "done": [0.9, 0.992], "t95": [float("inf"), 70.0]})
    >>> summary(frame, columns=["t95"])["t95"].tolist()
    ['not reached by 5.0 % in 1 of 2 runs']
    """
    import pandas as pd

    instance("frame", frame, pd.DataFrame, "a table of runs, as sweep gives it")
    groups = [] if by is None else [by] if isinstance(by, str) else list(by)
    good = frame[frame["error"] == ""] if "error" in frame else frame
    asked_for = [*groups, *(columns or ())] if len(good) or frame.empty else groups  # a run that failed has no measures
    absent = [name for name in asked_for if name not in frame.columns]
    if absent:
        raise ConfigError(f"the table has no column {absent[0]!r}; there are {', '.join(map(str, frame.columns))}")
    wanted = columns or [c for c in good.select_dtypes("number").columns if c not in (*groups, "seed")]
    parts = list(frame.groupby(groups, sort=False)) if groups else [((), frame)]
    base = None
    if against is not None:
        if len(groups) != 1 or "seed" not in good or not (good[groups[0]] == against).any():
            named = len(groups) == 1 and (frame[groups[0]] == against).any() and "seed" in frame
            why = ", of which no run ended" if named else ""
            raise ConfigError(
                f"against is {against!r}{why}; it must be one value of a single column, in a table with seeds"
            )
        base = good[good[groups[0]] == against]
    rows: list[ResultRow] = []
    for key, whole in parts:
        part = whole[whole["error"] == ""] if "error" in whole else whole
        row: ResultRow = dict(zip(groups, key if isinstance(key, tuple) else (key,), strict=True))
        row["n"] = len(part)
        for name in wanted:
            row[name], row[f"± {name}"] = _mean(part, name)
            if base is not None:
                row[f"Δ {name}"], row[f"± Δ {name}"] = _difference(base, part, name)
        rows.append(row)
    result = pd.DataFrame(rows)
    text = "mean and half width of the 95 % interval"
    if base is not None:
        text += f"; Δ: of the differences to {against!r}, run by run with the same seed"
    result.attrs = {**frame.attrs, "summary": text}
    return result


def _mean(part: pd.DataFrame, name: str) -> tuple[object, object]:
    """Mean and half width; where there is none, why, and nothing."""
    import numpy as np

    from dmkit.lab.runs.stats import mean_interval

    values = part[name].to_numpy(dtype=float) if len(part) else np.empty(0)
    values = values[~np.isnan(values)]
    if part.empty:
        return "no run ended", ""
    if not len(values):
        return float("nan"), float("nan")
    if np.isfinite(values).all():
        interval = mean_interval(values.tolist())
        return interval.mean, interval.half if len(values) > 1 else ""
    short = ~np.isfinite(part[name].to_numpy(dtype=float))
    why = "not reached"
    if name in SHARES and "done" in part:
        missing = SHARES[name] - part["done"].to_numpy(dtype=float)[short]
        why += f" by {100 * float(missing.mean()):.1f} %"
    return why + (f" in {short.sum()} of {many(len(part), 'run')}" if not short.all() else ""), ""


def _difference(base: pd.DataFrame, part: pd.DataFrame, name: str) -> tuple[object, object]:
    """Mean and half width of the differences of runs with the same seed; nothing where one was not reached."""
    import numpy as np

    from dmkit.lab.runs.stats import paired

    both = base[["seed", name]].merge(part[["seed", name]], on="seed", suffixes=("", " here"))
    a, b = both[name].to_numpy(dtype=float), both[f"{name} here"].to_numpy(dtype=float)
    if not len(a) or not np.isfinite([a, b]).all():
        return "", ""
    interval = paired(a.tolist(), b.tolist())
    return interval.mean, interval.half if len(a) > 1 else ""
