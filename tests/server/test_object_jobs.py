"""Jobs that wait for reports over sessions: firmware in three ways, losses, refusals, a device that says nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import dmkit as dm
from dmkit.server.object_jobs import ObjectResult
from dmkit.session.events import JobResumed, JobWaits
from dmkit.session.work import Wait
from dmkit.words.errors import JobError
from dmkit.words.model import Get
from tests.mo.fleet import APP, APP_URL, PACKAGE, URL, phone

BOTH = pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=["xml", "wbxml"])


@pytest.mark.spec("F-01", "F-02", "F-03")
@pytest.mark.parametrize("way", ["combined", "two steps", "direct"])
@BOTH
def test_firmware(way: Any, codec: Any) -> None:
    device = phone()
    device.codec = codec
    server = dm.Server.example(device)
    job = dm.jobs.update_firmware("2.1", URL, way=way, package=PACKAGE if way == "direct" else None)
    talks = dm.manage(device, server, job=job)
    assert len(talks) == {"combined": 2, "two steps": 3, "direct": 2}[way]
    [result] = server.results
    assert result.done and result.result == ObjectResult(True, 200, "90")
    assert device.tree.get("./DevDetail/FwV").value == "2.1" and not device.agenda
    assert any(isinstance(e, JobWaits) for s in talks[0].steps for e in s.events)
    assert any(isinstance(e, JobResumed) and e.reported for s in talks[-1].steps for e in s.events)
    again = dm.manage(device, server, job=job, now=1e4)
    assert len(again) == 1 and server.results[-1].result == ObjectResult(True, None, "100", "it runs already")


def test_a_large_package_travels_in_pieces() -> None:
    device = phone()
    server = dm.Server.example(device, rules=dm.Rules(max_message=2000))
    device.rules = dm.Rules(max_message=2000)
    talks = dm.manage(device, server, job=dm.jobs.update_firmware("2.1", way="direct", package=PACKAGE))
    assert server.results[0].result and len(talks[0]) > 6


@pytest.mark.parametrize(("world", "result"), [({}, 503), ({URL: 401}, 406), ({URL: PACKAGE[:-9]}, 402)])
def test_a_failure_is_told(world: Any, result: int) -> None:
    device = phone(world=world)
    server = dm.Server.example(device)
    dm.manage(device, server, job=dm.jobs.update_firmware("2.1"))
    assert server.results[0].result == ObjectResult(False, result, "20", "1.0.3 runs, not 2.1")


def test_a_device_without_the_object_is_left_alone() -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.update_firmware("2.1"))
    assert server.results[0].result == ObjectResult(False, None, "", "./FUMO: no firmware update object")


def test_rights_are_asked_for() -> None:
    device = phone()
    device.tree = device.tree.with_acl("./FUMO", "Get=*&Replace=*")
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.update_firmware("2.1"))
    assert "425" in server.results[0].result.why and device.tree.get("./FUMO/State").value == "10"


def test_the_job_looks_where_no_report_comes() -> None:
    """The report is lost with the device's memory: in the next session the job sees how things stand."""
    device = phone()
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.update_firmware("2.1"))
    for now in (60.0, 120.0):
        talk = dm.converse(device, server, now=now)
        assert not server.results and any(isinstance(e, JobResumed) for s in talk.steps for e in s.events)
    device.live(1000.0)
    device.due(1000.0)
    dm.converse(device, server, now=1000.0)
    assert server.results[0].result == ObjectResult(True, None, "100")


def test_a_report_without_a_correlator_is_met_by_its_source() -> None:
    wait = Wait("c", "./FUMO")
    device = phone()
    device.execute((dm.Exec.of("./FUMO/Download"),), "com.mgmtsrv.manage", 0.0)
    [alert] = device.due(100.0)
    assert alert.correlator is None and wait.meets(alert) is not None
    assert Wait("c", "./Other").meets(alert) is None and Wait("c").meets(alert) is None
    assert wait.meets(dm.Alert.of(1201)) is None


@pytest.mark.unsound("packets are lost in the middle of sessions")
def test_sessions_that_break_do_not_lose_the_report() -> None:
    """Packets of the reporting sessions are lost; the report comes again until it is answered, and counts once."""
    for seed in range(8):
        device = phone()
        server = dm.Server.example(device)
        server.attempts = 50
        dm.converse(device, server, job=dm.jobs.update_firmware("2.1"))
        device.live(500.0)

        def lossy(packet: dm.Packet, rng: Random) -> list[dm.Packet]:
            return [] if rng.random() < 0.5 else [packet]

        for n in range(20):
            dm.converse(device, server, now=500.0 + n, tap=lossy, rng=Random(100 * seed + n))
            if not device.agenda:
                break
        dm.converse(device, server, now=999.0)
        assert not device.agenda
        assert [r.result.ok for r in server.results] == [True]
        assert device.objects["./FUMO"].flash.running == "2.1"  # type: ignore[attr-defined]


def test_two_jobs_wait_at_the_same_time() -> None:
    device = phone().with_object("fumo", at="./Second", world={URL: 503}, version_at="./Second/Ext/FwV")
    server = dm.Server.example(device)
    second = dm.jobs.update_firmware("2.1", version_at="./Second/Ext/FwV", at="./Second")
    server.enqueue(device.address, second, "second")
    dm.manage(device, server, job=dm.jobs.update_firmware("2.1", correlator="own"))
    assert {r.job: r.result.result for r in server.results} == {"second": 503, "update_firmware": 200}


def test_a_job_may_wait_for_what_another_server_asked() -> None:
    """Reports go to the server that asked."""
    device = phone()
    device.execute((dm.Exec.of("./FUMO/Download"),), "somebody.else", 0.0)
    server = dm.Server.example(device)
    dm.converse(device, server, now=100.0)
    assert [a.alert.code for _, a in server.alerts] == [1201] and len(device.agenda) == 1


def test_operate_is_for_any_operation() -> None:
    device = phone()
    server = dm.Server.example(device)
    dm.manage(device, server, job=dm.jobs.operate("./FUMO/Download", source="./FUMO"))
    dm.manage(device, server, job=dm.jobs.operate("./FUMO/Update", source="./FUMO"), now=100.0)
    results = [r.result for r in server.results]
    assert results[0] == ObjectResult(False, 411, "", "") and not results[1] and "405" in results[1].why


def test_ways_that_are_wrong() -> None:
    with pytest.raises(dm.ConfigError, match="combined, two steps, direct"):
        dm.jobs.update_firmware("2.1", way="carrier pigeon")  # type: ignore[arg-type]
    with pytest.raises(dm.ConfigError, match="needs package="):
        dm.jobs.update_firmware("2.1", way="direct")
    assert dm.jobs.build("update_firmware", {"version": "2.1", "way": "two steps"})


def test_a_job_that_raises_after_waiting_is_a_failed_job() -> None:
    def job(info: object) -> Any:
        yield [dm.Exec.of("./FUMO/Download", correlator="c")]
        yield Wait("c")
        yield [Get.of("./FUMO/State")]
        raise RuntimeError("no more")

    device = phone()
    server = dm.Server.example(device)
    server.attempts = 1
    with pytest.raises(JobError, match="RuntimeError: no more"):
        dm.manage(device, server, job=job)
    assert [(r.done, r.why) for r in server.results] == [(False, "RuntimeError: no more")]


@pytest.mark.parametrize("active", [True, False])
def test_software(active: bool) -> None:
    device = phone("scomo", world={APP_URL: APP})
    server = dm.Server.example(device)
    job = dm.jobs.install_software("App", APP_URL, active=active)
    assert len(dm.manage(device, server, job=job)) == 2
    assert server.results[-1].result == ObjectResult(True, 1200, "20")
    state = device.tree.get("./SCOMO/Inventory/Deployed/app.ui/State").value
    assert state == ("20" if active else "10")
    dm.manage(device, server, job=job, now=500.0)
    assert server.results[-1].result == ObjectResult(True, None, "20", "it is installed already")


def test_software_that_is_not_there() -> None:
    device = phone("scomo")
    server = dm.Server.example(device)
    dm.manage(device, server, job=dm.jobs.install_software("App", APP_URL))
    assert server.results[-1].result == ObjectResult(False, 1501, "", "it is not installed")
    bare = dm.Device.example()
    bare.tree = bare.tree.with_acl(".", "Get=*")
    server = dm.Server.example(bare)
    dm.converse(bare, server, job=dm.jobs.install_software("App", APP_URL))
    assert not server.results[-1].result and server.results[-1].result.why


def test_locks() -> None:
    device = phone("lawmo")
    server = dm.Server.example(device)
    for n, (how, expected) in enumerate([
        ("FullyLock", ObjectResult(True, 1200, "10")), ("FullyLock", ObjectResult(True, None, "10",
        "it is so already")),
        ("PartiallyLock", ObjectResult(True, 1200, "20")), ("UnLock", ObjectResult(True, 1200, "30")),
    ]):  # fmt: skip
        dm.manage(device, server, job=dm.jobs.lock(how), now=100.0 * n)
        assert server.results[-1].result == expected
    with pytest.raises(dm.ConfigError, match="there are FullyLock, PartiallyLock, UnLock"):
        dm.jobs.lock("Bolt")
