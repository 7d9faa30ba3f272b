"""Functions that somebody brings and that are none: jobs, taps, alerts' functions, and sizes of counted nonces."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.session.alerts import CONTROL
from dmkit.words.errors import DmError, JobError
from dmkit.words.model import Alert

GET = dm.Get.of("./DevInfo/Man")


def no_argument():
    yield [GET]


def two_arguments(info, more):
    yield [GET]


async def asynchronous(info):
    yield [GET]


def raises(info):
    yield [GET]
    raise KeyError("mine")


JOBS = {
    no_argument: "no_argument is not called with one argument; a job is a function of a DeviceInfo",
    two_arguments: "two_arguments is not called with one argument; a job is a function of a DeviceInfo",
    asynchronous: "asynchronous gave",
    raises: "KeyError: 'mine'",
    dm.jobs.read: "read makes a job when it is called",
    (lambda info: [GET]): "<lambda> gave",
    (lambda info: (5 for _ in range(1))): "it yielded 5",
    (lambda info: (GET for _ in range(1))): "a job yields a list of commands",
    (lambda info: ([GET, None] for _ in range(1))): "None",
}


@pytest.mark.parametrize("number", range(len(JOBS)))
def test_a_job_that_is_none_is_seen_by_whoever_runs_it(number):
    job, words = list(JOBS.items())[number]
    device = dm.Device.example()
    with pytest.raises(JobError) as caught:
        dm.converse(device, dm.Server.example(device), job=job)
    assert words in str(caught.value) and words in str(caught.value.transcript)
    with pytest.raises(JobError) as caught:
        dm.Campaign(devices=2, job=job).run(1)
    assert words in str(caught.value)
    with pytest.raises(JobError) as caught:
        dm.sim.record(job)
    assert words in str(caught.value)
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.enqueue(device.address, job, "mine")
    talk = dm.Transcript.of(dm.steps(device, server))
    assert "job mine failed" in str(talk)
    assert [(result.job, result.done) for result in server.results] == [("mine", False)]
    assert words in server.results[0].why


def test_a_tap_or_an_alerts_function_with_other_arguments_says_so():
    device = dm.Device.example()
    for tap in (lambda packet: [packet], lambda packet, rng, more: [packet]):
        with pytest.raises(
            DmError, match=r"^tap is not called with two arguments; it must be a function \(packet, rng\)$"
        ):
            dm.converse(device, dm.Server.example(device), tap=tap)
    with pytest.raises(DmError, match=r"^alerts is 5; it must be a tuple of Alerts$"):
        dm.converse(device, dm.Server.example(device), alerts=(5,))
    assert 1299 not in CONTROL["server"]
    for own in (lambda: dm.StatusCode.OK, lambda alert, more: dm.StatusCode.OK):
        device = dm.Device.example(rules=dm.Rules(alerts={1299: own}))
        with pytest.raises(DmError, match=r"^Rules\.alerts\[1299\] is not called with one argument"):
            dm.converse(device, dm.Server.example(device), alerts=(Alert(code=1299),))


@pytest.mark.parametrize("length", [0, -1, 65_537, True, None, "16", 16.0, float("nan")])
def test_a_length_of_nonces_that_is_none_is_refused(length):
    with pytest.raises(DmError, match=r"^length is .*; it must be a whole number from 1 to 65536$"):
        dm.device.counted_nonces("a", length)


@pytest.mark.parametrize("length", [1, 15, 31, 32, 33, 63, 64, 65, 255, 256, 257, 65_536])
def test_nonces_have_the_length_that_was_asked_for(length):
    assert len(next(dm.device.counted_nonces("a", length))) == length
