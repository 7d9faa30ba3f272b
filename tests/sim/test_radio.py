"""Random access: arrays and processes agree device by device; what each mechanism does; refusals."""

from __future__ import annotations

import numpy as np
import pytest

from dmkit.sim.radio import Barring, Beta, Rach, Uniform, random_access
from dmkit.sim.radio_processes import random_access_processes
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    "rach",
    [
        Rach(),
        Rach(grants=None, detection=False),
        Rach(harq=0.0),
        Rach(preambles=20, tries=3, backoff=100.0),
        Rach(harq=0.6, period=10.0),
    ],
)
def test_arrays_and_processes_agree_device_by_device(rach):
    arrays = random_access(2_000, Beta(2.0), seeds=[11], rach=rach)[0]
    processes = random_access_processes(2_000, Beta(2.0), seed=11, rach=rach)
    assert np.array_equal(arrays.success, processes.success)
    assert np.array_equal(arrays.tries, processes.tries)
    assert np.allclose(arrays.delay, processes.delay, rtol=0, atol=1e-12, equal_nan=True)
    assert np.array_equal(arrays.used, processes.used)
    assert arrays.collision_rao == processes.collision_rao
    assert arrays.collision_device == processes.collision_device


def test_a_run_does_not_depend_on_the_runs_beside_it():
    together = random_access(500, Beta(), seeds=[1, 2, 3])[1]
    alone = random_access(500, Beta(), seeds=[2])[0]
    assert together.row() == alone.row()
    assert np.array_equal(together.delay, alone.delay, equal_nan=True)


def test_without_detection_and_grants_the_channel_is_faster():
    rows = [a.row() for a in random_access(10_000, Beta(), seeds=range(4), rach=Rach(detection=False, grants=None))]
    assert np.mean([row["tries"] for row in rows]) == pytest.approx(1.195, abs=0.01)
    assert np.mean([row["delay"] for row in rows]) == pytest.approx(0.0204, abs=0.0004)


def test_delay_percentiles_of_the_sheet():
    delay = np.concatenate([a.delay[a.success] for a in random_access(10_000, Beta(), seeds=range(4))]) * 1000
    assert np.percentile(delay, [10, 50, 90, 95]) == pytest.approx([15, 27, 60.5, 72], abs=2)


def test_too_many_devices_fail_and_barring_saves_them():
    free = random_access(30_000, Beta(), seeds=[1])[0]
    held = random_access(30_000, Beta(), seeds=[1], barring=Barring(0.5, 8.0))[0]
    assert free.success.mean() < 0.5
    assert held.success.mean() > free.success.mean() + 0.2
    assert held.barred.max() > 0


def test_a_single_device_meets_nobody():
    one = random_access(1, Uniform(1.0), seeds=[5], rach=Rach(detection=False, harq=0.0))[0]
    assert one.success.all() and one.tries.tolist() == [1] and one.collision_device == 0
    assert one.delay[0] == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Rach(preambles=0), "preambles is 0"),
        (lambda: Rach(harq=1.0), "harq is 1.0"),
        (lambda: Barring(0.0, 4.0), "Barring.p is 0.0"),
        (lambda: random_access(0, Beta(), seeds=[1]), "at least one device"),
    ],
)
def test_impossible_channels_are_refused(call, says):
    with pytest.raises(ConfigError, match=says):
        call()
