"""A job that fails is seen: converse raises, a server goes on and says so, a campaign blames the job."""

from __future__ import annotations

import json

import pytest

import dmkit as dm
from dmkit.transport.trace import write_log_line
from dmkit.words.errors import JobError


def raises(info):
    yield [dm.Get.of("./DevInfo/Man")]
    raise ValueError("no such model")


def yields_text(info):
    yield "./DevInfo/Man"


def yields_a_command(info):
    yield dm.Get.of("./DevInfo/Man")


def yields_numbers(info):
    yield [1]


BAD = {
    "raises": (raises, "ValueError: no such model"),
    "not called": (dm.jobs.read, "read makes a job when it is called"),
    "text": ("./DevInfo/Man", "it is './DevInfo/Man'; a job is a function of a DeviceInfo"),
    "list": ([dm.Get.of("./DevInfo/Man")], "a job is a function of a DeviceInfo"),
    "lambda": (lambda info: ["./DevInfo/Man"], "and is no generator"),
    "nothing": (lambda info: None, "gave None and is no generator"),
    "called already": (raises(None), "which was called already"),
    "yields text": (yields_text, "it yielded './DevInfo/Man'; a job yields a list of commands"),
    "yields a command": (yields_a_command, "a job yields a list of commands, or a Wait: [Get...]"),
    "yields numbers": (yields_numbers, "it yielded 1 among its commands"),
    "number": (5, "it is 5; a job is a function"),
}


@pytest.mark.parametrize("name", BAD)
def test_converse_raises_and_keeps_the_session(name):
    job, why = BAD[name]
    device = dm.Device.example()
    with pytest.raises(JobError) as caught:
        dm.converse(device, dm.Server.example(device), job=job)
    assert why in str(caught.value) and "\n" not in str(caught.value)
    assert len(caught.value.transcript) >= 2


@pytest.mark.parametrize("name", BAD)
def test_a_server_goes_on_and_says_so(name):
    job, why = BAD[name]
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.enqueue(device.address, job)
    server.enqueue(device.address, dm.jobs.read("./DevInfo/Man"))
    talk = dm.converse(device, server, failing="tell")
    bad, good = server.results
    assert (bad.done, bad.own, good.done) == (False, True, True)
    assert why in bad.why and why in repr(talk)
    lines = [write_log_line(0.0, "1", line.sender, line.packet, line.events) for line in talk]
    told = [text for line in lines for text in json.loads(line).get("failed", ())]
    assert any(why in text for text in told)


def test_what_a_job_raised_is_the_cause():
    device = dm.Device.example()
    with pytest.raises(JobError) as caught:
        dm.converse(device, dm.Server.example(device), job=raises)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("name", ["raises", "not called", "lambda", "yields text"])
def test_a_campaign_blames_the_job(name):
    job, why = BAD[name]
    with pytest.raises(JobError) as caught:
        dm.Campaign(devices=3, job=job)
    assert why in str(caught.value)


@pytest.mark.unsound("the session is broken off on purpose")
def test_a_session_that_breaks_is_not_the_jobs_doing():
    device = dm.Device.example(rules=dm.Rules(retries=0))
    server = dm.Server.example(device)
    seen = []

    def lose_the_third(packet, rng):
        seen.append(packet)
        return (packet,) if len(seen) < 3 else ()

    server.attempts = 1
    talk = dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man"), tap=lose_the_third)
    server.expire(99.0, 1.0)
    assert len(talk) >= 2 and [(result.done, result.own) for result in server.results] == [(False, False)]


@pytest.mark.parametrize("client, server", [(0, 0), (1, 1), (0, None), ("x", 1)])
def test_parties_are_told_apart(client, server):
    device = dm.Device.example()
    both = {0: device, 1: dm.Server.example(device), None: None, "x": "x"}
    with pytest.raises(dm.ConfigError, match=r"it must be a (Device|Server) or a"):
        dm.converse(both[client], both[server])


@pytest.mark.parametrize("command", [dm.Status(dm.StatusCode(200)), dm.words.Results(())], ids=["Status", "Results"])
def test_a_job_gives_no_answers(command):
    def job(info):
        yield [dm.Get.of("./DevInfo/Man"), command]

    device = dm.Device.example()
    with pytest.raises(JobError, match=f"it yielded {type(command).__name__}"):
        dm.converse(device, dm.Server.example(device), job=job)


@pytest.mark.parametrize("who", [dm.Device.example(), 5, None, b"IMEI:1"], ids=["device", "number", "none", "octets"])
def test_a_job_waits_for_an_address(who):
    server = dm.Server.example(dm.Device.example())
    with pytest.raises(dm.ConfigError, match=r"device is .*; it must be the address of a device"):
        server.enqueue(who, dm.jobs.read("./DevInfo/Man"))
    assert not server.work


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: dm.vary(dm.Campaign, "devices", 2), "plan is the class Campaign"),
        (lambda: dm.vary(dm.Rules, "auth", "mac"), "plan is the class Rules"),
        (lambda: dm.sweep(dm.Campaign(devices=1), {"devices": []}), "over['devices'] is empty"),
        (lambda: dm.sweep(dm.Campaign(devices=1), {"devices": [1], "servers.count": ()}), "over['servers.count'] is"),
        (lambda: dm.Usim(5), "memory is 5; it must be a CardMemory"),
        (lambda: dm.Usim(None), "memory is None"),
    ],
)
def test_what_is_no_plan_and_no_memory_is_one_sentence(call, says):
    with pytest.raises(dm.ConfigError) as told:
        call()
    assert says in str(told.value) and "\n" not in str(told.value)
