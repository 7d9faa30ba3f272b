"""Sweeps: the same table wherever they run; what was cut off goes on; what fails is a row."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dmkit as dm
from dmkit.lab.runs.describe import describe, key_of
from dmkit.lab.runs.experiment import summary, sweep, vary
from dmkit.sim.arrivals import Spread, Trace
from dmkit.sim.campaign import Campaign, Servers
from dmkit.words.errors import ConfigError

PLAN = Campaign(devices=60, arrivals=Spread(5.0), servers=Servers(count=1, service=0.05))
OVER = {"servers.count": [1, 2], "arrivals": [Spread(2.0), Spread(20.0)]}


@dataclass(frozen=True)
class Inner:
    rate: float = 1.0


@dataclass(frozen=True)
class Toy:
    inner: Inner = field(default_factory=Inner)
    n: int = 3

    def run(self, seed: int) -> list[dict[str, float]]:
        rng = np.random.default_rng(seed)
        return [{"k": k, "value": float(rng.normal(self.inner.rate))} for k in range(self.n)]


@dataclass(frozen=True)
class Fragile:
    limit: int = 2

    def run(self, seed: int) -> dict[str, int]:
        if seed > self.limit:
            raise ConfigError(f"seed {seed} is above {self.limit}")
        return {"value": seed}


def test_every_combination_is_a_row_in_order():
    frame = sweep(PLAN, OVER, seeds=[1, 2], progress=False)
    assert len(frame) == 8 and frame["servers.count"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert frame["seed"].tolist() == [1, 2] * 4 and (frame["error"] == "").all()
    assert frame.attrs["version"] == dm.__version__ and frame.attrs["seeds"] == [1, 2]
    assert frame.attrs["parameters"]["plan"]["devices"] == 60


def test_a_run_may_be_several_rows():
    assert len(sweep(Toy(), {"inner.rate": [1, 2]}, seeds=[1], progress=False)) == 6


def test_the_table_is_the_same_for_one_two_and_three_workers():
    alone = sweep(PLAN, OVER, seeds=[1, 2], progress=False)
    for workers in (2, 3):
        together = sweep(PLAN, OVER, seeds=[1, 2], on=workers, progress=False)
        pd.testing.assert_frame_equal(alone, together)
        assert alone.to_csv() == together.to_csv()


@pytest.mark.filterwarnings("default")  # distributed warns of its own ports and of the dashboard it lacks
def test_a_dask_cluster_gives_the_same_table_byte_for_byte():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        together, *again = (sweep(PLAN, OVER, seeds=[1], on=client, progress=False) for _ in range(4))
    assert all(table.equals(together) for table in again)
    assert together.to_csv() == sweep(PLAN, OVER, seeds=[1], on=2, progress=False).to_csv()


def test_functions_of_a_notebook_travel_to_the_workers():
    def count(run):
        return {"many": int(run.done.sum()), "name": describe(count)["function"]}

    frame = sweep(PLAN, {"servers.count": [1, 2]}, seeds=[1], measure=count, on=2, progress=False)
    assert frame["many"].tolist() == [60, 60]


def test_a_failed_run_is_a_row_with_its_reason():
    frame = sweep(Fragile(), seeds=[1, 2, 3], progress=False)
    assert frame["value"].tolist()[:2] == [1, 2] and np.isnan(frame["value"].iloc[2])
    assert frame["error"].iloc[2] == "ConfigError: seed 3 is above 2"
    assert summary(frame.assign(all=1), "all", ["value"])["n"].tolist() == [2]


def test_a_stored_sweep_runs_nothing_twice(tmp_path):
    store = tmp_path / "runs.jsonl"
    first = sweep(PLAN, OVER, seeds=[1], store=store, progress=False)
    lines = store.read_bytes().splitlines(keepends=True)
    store.write_bytes(b"".join(lines[:2]) + lines[2][:30])  # cut off in the middle of a line
    again = sweep(PLAN, OVER, seeds=[1], store=store, progress=False)
    pd.testing.assert_frame_equal(first, again)
    assert store.read_bytes().count(b"\n") == 4
    wider = sweep(PLAN, OVER, seeds=[1, 2], store=store, progress=False)
    assert len(wider) == 8 and store.read_bytes().count(b"\n") == 8


_SCRIPT = """
import sys, time
from dataclasses import dataclass
from dmkit.lab.runs.experiment import sweep

@dataclass(frozen=True)
class Slow:
    n: int = 0
    def run(self, seed):
        if len(sys.argv) > 2 and seed > 4:
            print("slow", flush=True)
            sys.stdin.read()
        return {"value": seed * seed}

print(sweep(Slow(), seeds=range(1, 9), store=sys.argv[1], progress=False).to_csv(), flush=True)
"""


def test_a_sweep_killed_in_the_middle_goes_on_and_ends_with_the_same_table(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(_SCRIPT, encoding="utf-8")

    def start(sleepy: bool, store: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(script), str(tmp_path / store), *(["wait"] if sleepy else [])]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())

    with start(True, "a.jsonl") as process:
        assert process.stdout is not None and process.stdout.readline() == "slow\n"
        process.send_signal(signal.SIGKILL)
    assert (tmp_path / "a.jsonl").read_text().count("\n") == 4
    with start(False, "b.jsonl") as whole:
        expected = whole.stdout.read()
    resumed = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "a.jsonl")], capture_output=True, text=True, check=True
    )
    assert resumed.stdout == expected and "64" in expected


@dataclass(frozen=True)
class Suicidal:
    """The first worker that takes seed 3 dies."""

    mark: str

    def run(self, seed: int) -> dict[str, int]:
        if seed == 3 and not Path(self.mark).exists():
            Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"value": seed}


@pytest.mark.filterwarnings("default")  # loky warns that a worker died, which is the point
def test_one_worker_killed_loses_nothing(tmp_path):
    frame = sweep(Suicidal(str(tmp_path / "died")), seeds=range(1, 7), on=2, progress=False)
    assert frame["value"].tolist() == [1, 2, 3, 4, 5, 6] and (tmp_path / "died").exists()


def test_keys_know_what_matters():
    assert key_of(PLAN, 1) == key_of(
        Campaign(devices=60, arrivals=Spread(5.0), servers=Servers(count=1, service=0.05)), 1
    )
    assert key_of(PLAN, 1) != key_of(vary(PLAN, "servers.count", 2), 1) != key_of(PLAN, 2)
    a, b = dm.jobs.write("./A", 1), dm.jobs.write("./A", 2)
    assert key_of(a) != key_of(b) and key_of(a) == key_of(dm.jobs.write("./A", 1))


def test_summaries_have_intervals():
    frame = sweep(Toy(n=1), {"inner.rate": [0.0, 10.0]}, seeds=range(40), progress=False)
    table = summary(frame, "inner.rate", ["value"])
    assert table["n"].tolist() == [40, 40]
    assert (abs(table["value"] - [0.0, 10.0]) < 2 * table["± value"]).all()


def test_pairs_are_narrower_than_two_samples_and_one_plan_has_a_summary():
    frame = sweep(PLAN, {"servers.count": [1, 2]}, seeds=range(12), progress=False)
    table = summary(frame, "servers.count", ["mean_wait"], against=1).set_index("servers.count")
    assert table.loc[1, "Δ mean_wait"] == 0 and table.loc[2, "Δ mean_wait"] < 0
    assert table.loc[2, "Δ mean_wait"] == pytest.approx(table.loc[2, "mean_wait"] - table.loc[1, "mean_wait"])
    assert table.loc[2, "± Δ mean_wait"] < table.loc[1, "± mean_wait"] + table.loc[2, "± mean_wait"]
    one = summary(sweep(PLAN, seeds=[1, 2, 3], progress=False))
    assert len(one) == 1 and one["n"].item() == 3 and one["± mean_wait"].item() > 0
    single = summary(sweep(PLAN, seeds=[1], progress=False))
    assert single["± mean_wait"].item() == "" and "inf" not in single.to_string()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: summary(pd.DataFrame({"a": [1], "seed": [1]}), "a", against=7), "against is 7"),
        (lambda: sweep(PLAN, {"servers.colour": [1]}), "no field 'colour'; there are count"),
        (lambda: sweep(PLAN, {"server.count": [1]}), "no field 'server'"),
        (lambda: sweep(PLAN, {"servers.count": [0]}), "count is 0; it must be a whole number from 1"),
        (lambda: sweep(object()), "no plan"),
        (lambda: sweep(PLAN, seeds=[]), "seeds is empty; at least one is needed"),
        (lambda: sweep(PLAN, seeds=[1, 2], on="cluster", progress=False), "on is 'cluster'"),
        (lambda: summary(pd.DataFrame({"a": [1]}), "b"), "no column 'b'"),
    ],
)
def test_bad_wishes_are_refused_before_anything_runs(call, says):
    with pytest.raises(ConfigError, match=says):
        call()


def test_a_store_that_is_something_else_is_refused(tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("hello\n")
    with pytest.raises(ConfigError, match=r"notes.txt, line 1"):
        sweep(PLAN, store=other, progress=False)
    assert other.read_text() == "hello\n"


def test_what_never_came_in_one_run_has_no_finite_mean():
    times, gaps = [3.0, np.inf, 3.0, 5.0], [np.nan, np.nan, 1.0, np.nan]
    frame = pd.DataFrame({"by": [1, 1, 2, 2], "t": times, "gap": gaps, "error": ""})
    table = summary(frame, "by", ["t", "gap"])
    assert table["t"].tolist() == ["not reached in 1 of 2 runs", 4.0] and table["± t"].iloc[0] == ""
    assert np.isnan(table["gap"].iloc[0]) and table["gap"].iloc[1] == 1.0


class _Counting(Executor):
    """Runs at once, and counts the octets that travel with each run and once for all."""

    def __init__(self) -> None:
        self.each, self.once = [], []

    def get_executor(self):
        return self

    def scatter(self, shared, broadcast, hash):
        assert broadcast and not hash  # by its hash Dask takes what a sweep before it is just giving back
        self.once.append(len(shared))
        return shared

    def submit(self, work, run, shared):
        self.each.append(len(run) + (0 if self.once else len(pickle.dumps(shared))))
        future = Future()
        future.set_result(work(run, shared))
        return future


def test_what_runs_have_in_common_travels_once(monkeypatch):
    """A trace of 20,000 times went with each run: 180 kB; now a run is below 2 kB, on a cluster and on processes."""
    from joblib.externals import loky

    trace = Trace(tuple(float(n) for n in range(20_000)))
    plan = Campaign(devices=20_000, arrivals=trace, servers=Servers(count=1))
    over = {"servers.count": [1, 2]}

    def done(run):
        return {"served": run.served}

    alone = sweep(plan, over, [1, 2], done, progress=False)
    cluster = _Counting()
    assert sweep(plan, over, [1, 2], done, cluster, progress=False).equals(alone)
    assert (
        len(cluster.each) == 4 and max(cluster.each) < 2_000 and [180_000 < n < 250_000 for n in cluster.once] == [True]
    )
    processes = _Counting()
    monkeypatch.setattr(loky, "get_reusable_executor", lambda **_: processes)
    assert sweep(plan, over, [1, 2], done, 2, progress=False).equals(alone)
    assert len(processes.each) == 4 and max(processes.each) < 2_000


TWO = {"d": [1, 1, 2], "seed": [1, 2, 1], "error": ["", "", "ConfigError: no"]}
INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"t95": [3.0, 3.0, NAN]}, [3.0, "no run ended"]),
        ({"t95": [INF, 3.0, NAN], "done": [0.9, 1.0, NAN]}, ["not reached by 5.0 % in 1 of 2 runs", "no run ended"]),
        ({"t95": [INF, INF, NAN], "done": [0.0, 0.0, NAN]}, ["not reached by 95.0 %", "no run ended"]),
        ({"t95": [INF, 3.0, NAN]}, ["not reached in 1 of 2 runs", "no run ended"]),
        ({"t95": [NAN, INF, NAN], "done": [0.5, 0.6, NAN]}, ["not reached by 40.0 %", "no run ended"]),
        ({}, ["no run ended", "no run ended"]),
    ],
    ids=["all reached", "one short", "nobody done", "a share of no name", "short twice", "all failed"],
)
def test_a_cell_without_a_mean_says_why(columns, says):
    frame = pd.DataFrame({**TWO, **columns} if columns else {**TWO, "error": ["ConfigError: no"] * 3})
    means = summary(frame, "d", ["t95"])
    assert means["t95"].tolist() == says and means["n"].tolist() == ([2, 0] if columns else [0, 0])
    assert not {"nan", "inf"} & set(means.astype(str).to_numpy().ravel())


def test_pairs_against_a_design_that_failed_are_refused_by_its_name():
    frame = pd.DataFrame({**TWO, "t95": [1.0, 2.0, NAN]})
    assert summary(frame, "d", ["t95"], against=1)["Δ t95"].tolist() == [0.0, ""]
    with pytest.raises(ConfigError, match="against is 2, of which no run ended; it must be"):
        summary(frame, "d", ["t95"], against=2)
