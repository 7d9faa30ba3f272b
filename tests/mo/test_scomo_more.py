"""SCOMO 1.1: restarts that a package wants, and a client that asks for updates by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dmkit as dm
from dmkit.ddf.linting.report import Severity, lint
from dmkit.ddf.spec import Basis
from dmkit.device.agenda import next_report
from dmkit.mo.lawmo import LawmoTimes
from dmkit.mo.scomo import ScomoTimes, software
from dmkit.mo.scomo_more import CHECK_ALERT
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Delete, Exec, Get, Replace
from dmkit.words.outcome import After, Due
from tests.mo.fleet import APP, APP_URL, PACKAGE, SERVER, do, moments, phone, reports, rest, statuses, value

NODE = "./SCOMO/Download/App"
FREQ = "./SCOMO/CheckUpdateFreq"
TIMES = ScomoTimes()


def asked(reboot: str, operation: str = "DownloadInstall", package: bytes = APP) -> dm.Device:
    device = phone("scomo", world={APP_URL: package}, version="1.1")
    ask(device, reboot, operation)
    return device


def ask(device: dm.Device, reboot: str, operation: str = "DownloadInstall", now: float = 0.0) -> None:
    leaves = {"PkgID": "app", "PkgURL": APP_URL, "Reboot": reboot}
    written = [Replace.of(f"{NODE}/{leaf}", text) for leaf, text in leaves.items()]
    do_it = Exec.of(f"{NODE}/Operations/{operation}", correlator="c")
    assert statuses(device, Add.of(NODE), *written, do_it, now=now) == [200, 200, 200, 200, 202]


def _is(due: Due, *events: str) -> bool:
    return isinstance(due.what, After) and due.what.event in events


def test_the_description_has_the_nodes_of_1_1_and_says_on_what_they_rest() -> None:
    device = phone("scomo", version="1.1")
    spec = device.objects["./SCOMO"].spec
    assert spec.check(device.tree) == () and not lint(spec).at_least(Severity.WARNING)
    assert device.tree.get("./SCOMO").type == "urn:oma:mo:oma-scomo:1.1" and value(device, FREQ) == "0"
    basis = {place.node.name: place.basis for place in spec.walk()}
    assert basis["Reboot"] is Basis.IMPLEMENTATION and basis["CheckUpdateFreq"] is Basis.UNSURE
    older = phone("scomo")
    assert statuses(older, Get.of(FREQ), Replace.of(FREQ, 60)) == [404, 404]
    with pytest.raises(ConfigError, match=r"version '2\.0' .* '1\.0' and '1\.1'"):
        phone("scomo", version="2.0")


@pytest.mark.parametrize(("reboot", "restarts"), [("", 0), ("before", 1), ("after", 1), ("both", 2)])
def test_each_restart_takes_its_seconds_and_the_report_comes_once(reboot: str, restarts: int) -> None:
    plain, device = asked(""), asked(reboot)
    assert rest(device) == pytest.approx(rest(plain) + restarts * TIMES.restart)
    assert reports(device) == [("0:OperationComplete", "1200", "c")]
    assert value(device, "./SCOMO/Inventory/Deployed/app.ui/State") == "20" and value(device, f"{NODE}/Status") == "10"


@pytest.mark.parametrize(("reboot", "states"), [("before", {"40"}), ("after", {"50"}), ("both", {"40", "50"})])
def test_the_status_while_the_device_starts_is_that_before_it(reboot: str, states: set[str]) -> None:
    device = asked(reboot)
    seen = set()
    for due in moments(device):
        if _is(due, "install", "restarted"):
            assert due.at - due.since == pytest.approx(TIMES.restart)
            seen.add(value(device, f"{NODE}/Status"))
            assert "./SCOMO/Inventory/Deployed/app.ui" not in device.tree, "it is there when the device has started"
    assert seen == states


@pytest.mark.parametrize(("operation", "package", "code"), [
    ("Download", APP, "1200"),  # nothing is installed
    ("DownloadInstall", APP[:-3], "1407"),  # it never comes to that
    ("DownloadInstall", software("app", []), "1405"),  # it fails before the restart that would be after it
])  # fmt: skip
def test_what_installs_nothing_restarts_nothing(operation: str, package: bytes, code: str) -> None:
    device = asked("after", operation, package)
    plain = asked("", operation, package)
    assert rest(device) == rest(plain) and [r[1] for r in reports(device)] == [code]


@pytest.mark.parametrize("text", ["never", "Both", "1", "before after"])
def test_an_unknown_value_of_reboot_is_refused(text: str) -> None:
    device = asked("after")
    [outcome] = do(device, Replace.of(f"{NODE}/Reboot", text))
    assert outcome.status == 500 and f"{text!r} is none of before, after, both" in outcome.why
    assert value(device, f"{NODE}/Reboot") == "after"


def test_a_restart_cuts_off_what_other_objects_do() -> None:
    """A function that collects takes the whole of its next interval anew, and goes on for whoever started it."""
    device = asked("before").with_object("diagmon", sensor=lambda now: 1.0)
    do(device, Exec.of("./DiagMon/Battery/Operations/Start", correlator="d"))
    restart = next(due.since for due in moments(device) if _is(due, "install"))
    device.live(restart + 59.9)
    assert not device.tree.get("./DiagMon/Battery/DiagMonData").children
    device.live(restart + 60.0)
    assert len(device.tree.get("./DiagMon/Battery/DiagMonData").children) == 1


UPDATE = (Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"), Exec.of("./FUMO/Update", correlator="f"))


def written() -> float:
    """When firmware that is delivered at 0 is written."""
    device = phone()
    do(device, *UPDATE)
    return max(due.at for due in moments(device) if _is(due, "step"))


def test_a_restart_awaits_firmware_that_is_being_written() -> None:
    over = written()
    device = phone("scomo", world={APP_URL: APP}, version="1.1").with_object("fumo")
    do(device, *UPDATE)
    device.live(over / 2)
    ask(device, "before", now=over / 2)
    assert [due.since for due in moments(device) if _is(due, "install")] == [over]
    assert {(code, correlator) for _, code, correlator in reports(device)} == {("200", "f"), ("1200", "c")}


@pytest.fixture
def restarts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When power was away."""
    times: list[float] = []
    plain = dm.Device.power_off

    def noted(device: dm.Device, now: float) -> None:
        plain(device, now)
        times.append(now)

    monkeypatch.setattr(dm.Device, "power_off", noted)
    return times


def delete(device: dm.Device, now: float) -> None:
    assert statuses(device, Delete.of(NODE), now=now) == [200]


def anew(device: dm.Device, now: float) -> None:
    delete(device, now)
    ask(device, "", now=now)


def stand_in(device: dm.Device, now: float) -> None:
    delete(device, now)
    assert statuses(device, Add.of(NODE), Replace.of(f"{NODE}/Reboot", "both"), now=now) == [200, 200]


def nothing(device: dm.Device, now: float) -> None:
    device.live(now)


@pytest.mark.parametrize("reboot", ["before", "after"])
@pytest.mark.parametrize(("meanwhile", "count", "codes"), [
    (nothing, 1, ["1200"]),
    (delete, 0, ["1401"]),
    (anew, 0, ["1401", "1200"]),  # what is begun anew wants no restart
    (stand_in, 0, ["1401"]),  # a node of that name with which nothing goes on
], ids=["nothing", "deleted", "begun anew", "another node"])  # fmt: skip
def test_a_restart_is_off_when_what_wanted_it_is_gone(
    reboot: str, meanwhile: Callable[[dm.Device, float], None], count: int, codes: list[str], restarts: list[float]
) -> None:
    over = written()
    device = phone("scomo", world={APP_URL: APP}, version="1.1").with_object("fumo")
    do(device, *UPDATE)
    ask(device, reboot, now=over / 4)
    device.live(over / 2)
    awaited = [due for due in device.agenda if _is(due, f"restart {reboot}")]
    assert len(awaited) == 1 and restarts == []
    meanwhile(device, over / 2)
    rest(device, over / 2)
    assert restarts == [over] * count
    assert [code for _, code, correlator in reports(device) if correlator == "c"] == codes


@pytest.mark.parametrize("reset", [0.2, 0.6], ids=["reset asked first", "restart asked first"])
def test_a_reset_that_waits_beside_a_restart_takes_it_away(reset: float, restarts: list[float]) -> None:
    """Both await the firmware, and both come at once, in whatever order they were put on the agenda."""
    over = written()
    device = phone("scomo", world={APP_URL: APP}, version="1.1").with_object("fumo")
    device.with_object("lawmo", times=LawmoTimes(reset=reset * over))
    do(device, *UPDATE, Exec.of("./LAWMO/Operations/FactoryReset", correlator="r"))
    ask(device, "before", now=over / 2)
    rest(device, over / 2)
    assert restarts == []
    assert {(code, correlator) for _, code, correlator in reports(device)} == {
        ("200", "f"), ("1400", "c"), ("1200", "r")}  # fmt: skip


def test_power_lost_at_every_moment_of_an_operation_with_restarts() -> None:
    count = sum(1 for _ in moments(asked("both")))
    for n in range(count):
        device = asked("both")
        for at, entry in enumerate(moments(device)):
            if at == n:
                device.power_off((entry.since + entry.at) / 2)
                device.power_on(entry.at + 10)
                break
        rest(device, 100.0)
        assert reports(device) == [("0:OperationComplete", "1200", "c")], n
        assert value(device, "./SCOMO/Inventory/Deployed/app.ui/State") == "20"


# -- the client asks


def questions(device: Any, by: str = SERVER) -> list[float]:
    return [e.at for e in device.agenda if getattr(e.what, "type", "") == CHECK_ALERT and e.by == by]


def test_the_client_asks_whoever_set_it_at_even_times() -> None:
    device = phone("scomo", version="1.1")
    do(device, Replace.of(FREQ, 600), now=100.0)
    device.live(2500.0)
    assert questions(device) == [700.0, 1300.0, 1900.0, 2500.0]
    do(device, Replace.of(FREQ, 1000), now=2600.0, by="com.other.dm")
    device.live(4700.0)
    assert len(questions(device)) == 4 and questions(device, "com.other.dm") == [3600.0, 4600.0]
    do(device, Replace.of(FREQ, 0), now=4800.0)
    device.live(20_000.0)
    assert len(questions(device)) == 4 and len(questions(device, "com.other.dm")) == 2


@pytest.mark.parametrize("text", ["0", "-5"])
def test_nothing_and_less_is_never(text: str) -> None:
    device = phone("scomo", version="1.1")
    do(device, Replace.of(FREQ, text))
    assert device.next_due is None


def test_it_is_counted_anew_when_power_comes_back() -> None:
    device = phone("scomo", version="1.1")
    do(device, Replace.of(FREQ, 600))
    device.power_off(500.0)
    device.power_on(1000.0)
    device.live(2000.0)
    assert questions(device) == [1600.0]


def test_a_factory_reset_ends_it() -> None:
    device = phone("scomo", version="1.1").with_object("lawmo")
    do(device, Replace.of(FREQ, 600), Exec.of("./LAWMO/Operations/FactoryReset"))
    device.live(5000.0)
    assert value(device, FREQ) == "0" and not questions(device)


def test_the_client_opens_the_session_and_the_server_can_answer_with_an_update() -> None:
    device = phone("scomo", world={APP_URL: APP}, version="1.1")
    server = dm.Server.example(device)
    do(device, Replace.of(FREQ, 600))
    when = next_report(device)
    assert when == 600.0
    dm.converse(device, server, job=dm.jobs.install_software("app", APP_URL), now=when)
    assert [int(a.alert.code) for _, a in server.alerts] == [1201, 1226]
    meta = server.alerts[1][1].alert.items[0].meta
    assert meta is not None and meta.type == CHECK_ALERT
    device.live(700.0)
    assert [s for s in device.objects["./SCOMO"].states(device.tree).values() if int(s) == 2010]  # type: ignore[attr-defined]


def test_tasks_are_numbered_from_one() -> None:
    """The number of a task is in what the device waits for, and in no other task of the object."""
    device = asked("")
    [first] = device.objects["./SCOMO"].tasks
    second = "./SCOMO/Download/Other"
    wanted = [Replace.of(f"{second}/{leaf}", text) for leaf, text in {"PkgID": "app", "PkgURL": APP_URL}.items()]
    do(device, Add.of(second), *wanted, Exec.of(f"{second}/Operations/Download"), now=1.0)
    tasks = device.objects["./SCOMO"].tasks
    assert first.number == 1 and [task.number for task in tasks] == [1, 2]
