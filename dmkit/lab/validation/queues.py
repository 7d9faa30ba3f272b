"""Waiting lines: Erlang, Pollaczek and Khinchine, Crommelin, Halfin and Whitt, and the triggered herd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from dmkit.lab.validation.check import Figure, Outcomes, ValidationCheck, exact, printed, relative, runs
from dmkit.sim import theory
from dmkit.sim.queueing import backlog_peak, blocked, waits, waits_single
from dmkit.sim.streams import Streams, on_grid
from dmkit.words.counts import many

__all__ = ["CHECKS"]

_ERLANG_B: Final = {1: 0.0101, 2: 0.153, 5: 1.361, 10: 4.461, 20: 12.031, 50: 37.901, 100: 84.064}


def _erlang_b(seeds: Sequence[int]) -> Outcomes:
    return {f"Erlang on {many(c, 'server')} at 1 %": [theory.offered_load(c, 0.01)] for c in _ERLANG_B}


def _poisson(
    seed: int, customers: int, rate: float
) -> tuple[Streams, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    streams = Streams(seed)
    return streams, on_grid(np.cumsum(streams.exponential("arrivals", (customers,), 1 / rate)))


def _loss(seeds: Sequence[int]) -> Outcomes:
    def one(seed: int) -> float:
        streams, arrivals = _poisson(seed, 200_000, 5.0)
        lost = blocked(arrivals, streams.exponential("service", arrivals.shape), 10)
        return float(lost[2000:].mean())

    return {"share lost, 5 Erlang on 10 servers": [one(seed) for seed in seeds]}


def _mm10(seeds: Sequence[int]) -> Outcomes:
    def one(seed: int) -> tuple[float, float]:
        streams, arrivals = _poisson(seed, 150_000, 8.0)
        wait = waits(arrivals, streams.exponential("service", arrivals.shape), 10)[5000:]
        return float((wait > 0).mean()), float(wait.mean())

    rows = [one(seed) for seed in seeds]
    return {"P(wait)": [row[0] for row in rows], "mean wait, s": [row[1] for row in rows]}


def _mg1(seeds: Sequence[int]) -> Outcomes:
    def one(seed: int) -> tuple[float, float, float]:
        streams, arrivals = _poisson(seed, 1_000_000, 0.8)
        n = arrivals.shape
        hyper = np.where(streams.uniform("service", n) < 0.9, 0.25, 7.75)
        laws = (streams.exponential("exponential", n), np.ones(n), hyper)
        a, b, c = (float(waits_single(arrivals, on_grid(law))[20_000:].mean()) for law in laws)
        return a, b, c

    rows = [one(seed) for seed in seeds]
    names = ("M/M/1 mean wait, load 0.8", "M/D/1 mean wait, load 0.8", "hyper-variable M/G/1 mean wait, load 0.8")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def _md5(seeds: Sequence[int]) -> Outcomes:
    def one(seed: int) -> float:
        _, arrivals = _poisson(seed, 150_000, 4.0)
        return float(waits(arrivals, np.ones(arrivals.shape), 5)[5000:].mean())

    return {"mean wait": [one(seed) for seed in seeds]}


def _md5_exact(seeds: Sequence[int]) -> Outcomes:
    exact = theory.mdc_wait(5, 4.0)
    return {
        "exact chain": [exact],
        "exact chain, two servers": [theory.mdc_wait(2, 1.6)],
        "Cosmetatos over exact": [theory.cosmetatos_wait(5, 4.0) / exact],
        "Allen-Cunneen": [theory.allen_cunneen_wait(5, 4.0, scv_service=0.0)],
    }


def _halfin_whitt(seeds: Sequence[int]) -> Outcomes:
    return {
        "limit, beta 0.5": [theory.halfin_whitt(0.5)],
        "limit, beta 1": [theory.halfin_whitt(1.0)],
        "limit, beta 2": [theory.halfin_whitt(2.0)],
        "Erlang C of 1032 servers, load 1000": [theory.erlang_c(1032, 1000.0)],
    }


def _herd(seeds: Sequence[int]) -> Outcomes:
    def one(seed: int) -> tuple[float, float, float]:
        arrivals = on_grid(np.sort(Streams(seed).uniform("arrivals", (100_000,)) * 600))
        wait = waits(arrivals, np.ones(len(arrivals)), 100)
        starts = arrivals + wait
        return float(starts.max() + 1), float(backlog_peak(arrivals, starts)), float(wait.mean())

    rows = [one(seed) for seed in seeds]
    return {name: [row[k] for row in rows] for k, name in enumerate(("finish, s", "peak backlog", "mean wait, s"))}


CHECKS: Final[tuple[ValidationCheck, ...]] = (
    exact(
        "V01",
        "Erlang B",
        tuple(
            printed(f"Erlang on {many(c, 'server')} at 1 %", a, 4 if c == 1 else 3, 1e-3) for c, a in _ERLANG_B.items()
        ),
        _erlang_b,
        "R+",
        "traffic tables; Jagerman 1974",
    ),
    runs(
        "V01",
        "loss system",
        (relative("share lost, 5 Erlang on 10 servers", 0.0183846, 0.02),),
        _loss,
        "R+",
        "Erlang 1917",
    ),
    runs(
        "V02",
        "M/M/10, 8 Erlang",
        (relative("P(wait)", 0.40918, 0.03), relative("mean wait, s", 0.20459, 0.03)),
        _mm10,
        "C",
        "Erlang 1917",
    ),
    runs(
        "V03",
        "one server",
        (
            relative("M/M/1 mean wait, load 0.8", 4.0, 0.03),
            relative("M/D/1 mean wait, load 0.8", 2.0, 0.03),
            relative("hyper-variable M/G/1 mean wait, load 0.8", 12.125, 0.03),
        ),
        _mg1,
        "C",
        "Pollaczek 1930, Khinchine 1932",
    ),
    exact(
        "V04",
        "M/D/5, load 0.8 each",
        (
            Figure("exact chain", 0.289060, 1e-6),
            Figure("exact chain, two servers", 0.903284, 1e-6),
            Figure("Cosmetatos over exact", 1.0, 0.003),
            Figure("Allen-Cunneen", 0.277056, 1e-6),
        ),
        _md5_exact,
        "C",
        "Crommelin 1932, Cosmetatos 1975, Allen 1990",
    ),
    runs("V04", "M/D/5 by simulation", (relative("mean wait", 0.28906, 0.03),), _md5, "C", "Crommelin 1932"),
    exact(
        "V05",
        "Halfin-Whitt",
        (
            Figure("limit, beta 0.5", 0.504539, 1e-6),
            Figure("limit, beta 1", 0.223361, 1e-6),
            Figure("limit, beta 2", 0.026881, 1e-6),
            relative("Erlang C of 1032 servers, load 1000", 0.223063, 0.01),
        ),
        _halfin_whitt,
        "R",
        "Halfin, Whitt 1981",
    ),
    runs(
        "V27",
        "herd of 100000 over 600 s, 100 a second",
        (
            relative("finish, s", 1000.0, 0.02),
            relative("peak backlog", 40_000.0, 0.02),
            relative("mean wait, s", 200.0, 0.02),
        ),
        _herd,
        "C",
        "fluid limit",
    ),
)
