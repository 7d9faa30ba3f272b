"""FUMO: ways to update, result codes, the user, packages that are wrong, and loss of power at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

import dmkit as dm
from dmkit.auth.signed import Trust, encode
from dmkit.auth.signed import decode as read_package
from dmkit.mo.firmware import KINDS, Image, UpdateKind, package
from dmkit.mo.fumo import RESULTS
from dmkit.words.model import Exec, Get, Replace
from dmkit.words.outcome import After
from tests.mo.fleet import NEW, PACKAGE, URL, do, moments, phone, reports, rest, statuses, value

SAFE: list[UpdateKind] = ["two slots", "in place"]
PUT = Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin")


def both(device: dm.Device, *, now: float = 0.0, url: str = URL) -> None:
    assert statuses(
        device,
        Replace.of("./FUMO/DownloadAndUpdate/PkgURL", url),
        Exec.of("./FUMO/DownloadAndUpdate", correlator="c"),
        now=now,
    ) == [200, 202]


def state(device: dm.Device) -> int:
    return int(value(device, "./FUMO/State"))


def version(device: dm.Device) -> str:
    return value(device, "./DevDetail/FwV")


# -- the three procedures [FUMO §8]


@pytest.mark.spec("F-02", "F-03", "R-117", "R-128")
def test_direct_delivery_then_update() -> None:
    device = phone()
    assert statuses(device, PUT) == [200] and state(device) == 50
    assert statuses(device, Exec.of("./FUMO/Update", correlator="c")) == [202] and state(device) == 60
    rest(device)
    assert (state(device), version(device), reports(device)) == (100, "2.1", [("update", "200", "c")])
    assert device.tree.get("./FUMO/Update/PkgData").value == b""


@pytest.mark.spec("F-02", "F-03")
def test_download_then_update() -> None:
    device = phone()
    assert statuses(device, Replace.of("./FUMO/Download/PkgURL", URL), Exec.of("./FUMO/Download")) == [200, 202]
    now = rest(device)
    assert (state(device), reports(device), version(device)) == (50, [("download", "200", None)], "1.0.3")
    assert value(device, "./FUMO/PkgVersion") == "2.1"
    assert statuses(device, Exec.of("./FUMO/Update", correlator="d"), now=now) == [202]
    rest(device, now)
    assert (state(device), version(device)) == (100, "2.1")
    assert reports(device)[1:] == [("update", "200", "d")]


@pytest.mark.spec("F-02", "F-03")
def test_download_and_update_reports_once() -> None:
    device = phone()
    both(device)
    rest(device)
    assert (state(device), version(device), reports(device)) == (100, "2.1", [("downloadandupdate", "200", "c")])


def test_in_one_message_the_package_counts_at_once() -> None:
    assert statuses(phone(), PUT, Exec.of("./FUMO/Update"), Get.of("./FUMO/State")) == [200, 202, 200]


def test_a_server_sees_every_state() -> None:
    device = phone()
    both(device)
    seen = [state(device)]
    for entry in moments(device):
        device.live(entry.at)
        seen.append(state(device))
    assert list(dict.fromkeys(seen)) == [30, 40, 60, 90, 100]


def test_work_takes_time() -> None:
    device = phone(kind="in place")
    both(device)
    assert 100 < rest(device) < 400


def test_the_report_comes_from_the_root_of_the_object() -> None:
    device = phone()
    both(device)
    now = rest(device)
    [alert] = device.reports("com.mgmtsrv.manage", now)
    [item] = alert.items
    assert item.source == "./FUMO" and item.meta is not None and item.meta.format == "int"
    assert item.meta.mark is None and alert.correlator == "c"
    assert device.reports("other", now) == ()
    device.reported(alert)
    assert device.reports("com.mgmtsrv.manage", now) == ()


# -- what goes wrong


def _without_signature() -> bytes:
    return PACKAGE


def _cut() -> bytes:
    return PACKAGE[:-100]


@pytest.mark.spec("R-034", "R-125", "R-127")
@pytest.mark.parametrize(("world", "options", "result", "at"), [
    ({}, {}, "503", 20),
    ({URL: 401}, {}, "406", 20),
    ({URL: 504}, {}, "407", 20),
    ({URL: 550}, {}, "550", 20),
    ({URL: _cut()}, {}, "402", 20),
    ({URL: b"no package"}, {}, "402", 20),
    ({URL: package(Image("T9", "2.1"))}, {}, "403", 20),
    ({URL: _without_signature()}, {"trust": Trust(demand="signed")}, "404", 20),
    ({URL: package(Image("T1", "1.0.2"))}, {}, "405", 20),
    ({URL: PACKAGE}, {"room": 1000}, "501", 20),
    ({URL: package(Image("T1", "2.1", works=False))}, {}, "410", 80),
    ({URL: package(Image("T1", "2.1", works=False))}, {"kind": "in place"}, "410", 80),
])  # fmt: skip
def test_failures(world: dict[str, Any], options: dict[str, Any], result: str, at: int) -> None:
    device = phone(world=world, **options)
    both(device)
    rest(device)
    assert (state(device), reports(device)) == (at, [("downloadandupdate", result, "c")])
    if options.get("kind") == "in place":
        assert version(device) == "updater" and device.is_on
    else:
        assert version(device) == "1.0.3" and device.is_on
    assert int(result) in RESULTS and not RESULTS[int(result)].is_success


def test_a_bad_address_is_411() -> None:
    for url in ("", "nonsense", "ftp://fw/2", "http://[/"):
        device = phone()
        both(device, url=url)
        rest(device)
        assert (state(device), reports(device)) == (20, [("downloadandupdate", "411", "c")])


def test_a_failure_is_marked() -> None:
    device = phone(world={})
    both(device)
    [alert] = device.reports("com.mgmtsrv.manage", rest(device))
    assert alert.items[0].meta is not None and alert.items[0].meta.mark == "warning"


def test_a_torn_image_is_noticed_before_it_starts() -> None:
    whole = read_package(PACKAGE)
    device = phone(world={URL: encode(whole).replace(whole.content[-8:], b"\0" * 8)})
    both(device)
    rest(device)
    assert reports(device) == [("downloadandupdate", "402", "c")]


def test_after_recovery_another_package_mends_the_device() -> None:
    bad, good = package(Image("T1", "2.1", works=False)), package(Image("T1", "2.2"))
    device = phone(kind="in place", world={URL: bad, f"{URL}.2": good})
    both(device)
    now = rest(device)
    assert version(device) == "updater"
    both(device, now=now, url=f"{URL}.2")
    rest(device, now)
    assert (state(device), version(device)) == (100, "2.2")


# -- the user


@pytest.mark.spec("R-089")
def test_the_user_says_no() -> None:
    device = phone(user=lambda what, n: "no")
    both(device)
    rest(device)
    assert (state(device), reports(device)) == (20, [("downloadandupdate", "401", "c")])
    assert statuses(device, PUT, Exec.of("./FUMO/Update"), now=50.0) == [200, 202]
    rest(device, 50.0)
    assert (state(device), reports(device)[1:]) == (80, [("update", "401", None)])


def test_the_user_says_later_twice() -> None:
    asked: list[tuple[str, int]] = []

    def user(what: str, n: int) -> Any:
        asked.append((what, n))
        return "yes" if n == 3 or what == "update" else "later"

    device = phone(user=user)
    both(device)
    assert rest(device) > 7200
    assert asked == [("download", 1), ("download", 2), ("download", 3), ("update", 3)] and version(device) == "2.1"


# -- readings


def test_a_second_exec_while_work_goes_on() -> None:
    for busy in (403, 405):
        device = phone(busy=busy)
        both(device)
        assert statuses(device, Exec.of("./FUMO/Download")) == [busy]
        rest(device)
        assert reports(device) == [("downloadandupdate", "200", "c")]


def test_exec_in_a_wrong_state() -> None:
    assert statuses(phone(), Exec.of("./FUMO/Update")) == [405]
    assert statuses(phone(wrong=500), Exec.of("./FUMO/Update")) == [500]


def test_a_package_can_be_withdrawn() -> None:
    device = phone()
    for withdraw in (Replace.of("./FUMO/Update/PkgData", b"", format="bin"), Replace.of("./FUMO/Download/PkgURL", URL)):
        assert statuses(device, PUT, withdraw) == [200, 200] and state(device) == 10
        assert device.tree.get("./FUMO/Update/PkgData").value == b""
    assert statuses(device, PUT, PUT) == [200, 200] and state(device) == 50


def test_a_package_is_not_changed_under_an_update() -> None:
    device = phone()
    before = do(device, PUT, Exec.of("./FUMO/Update")) and device.tree
    assert statuses(device, Replace.of("./FUMO/Update/PkgData", b"other", format="bin")) == [403]
    assert device.tree is before


def test_a_final_state_may_become_idle_by_itself() -> None:
    device = phone(ready_after=100.0)
    both(device)
    rest(device)
    assert state(device) == 10 and version(device) == "2.1"


@pytest.mark.parametrize("by_user", [False, True])
def test_the_device_asks_for_an_update(by_user: bool) -> None:
    device = phone()
    device.report(device.objects["./FUMO"].request(by_user=by_user))  # type: ignore[attr-defined]
    server = dm.Server.example(device)
    dm.converse(device, server)
    alert = server.alerts[-1][1].alert
    kind = "userrequest" if by_user else "devicerequest"
    assert alert.items[0].meta is not None and str(alert.items[0].meta.type).endswith(f"firmwareupdate.{kind}")
    assert alert.items[0].source == "./FUMO" and alert.items[0].data == "" and alert.correlator is None


def test_options_that_are_wrong_are_named() -> None:
    with pytest.raises(dm.ConfigError, match="kind is 'three slots'"):
        phone(kind="three slots")
    with pytest.raises(dm.ConfigError, match="unexpected keyword argument 'colour'"):
        phone(colour="red")
    with pytest.raises(dm.ConfigError, match="there are dmacc, "):
        dm.Device.example().with_object("fumes")
    with pytest.raises(dm.ConfigError, match="another place"):
        phone().with_object("fumo")


# -- power


def cuts(kind: UpdateKind, start: Any = both, **options: Any) -> Iterator[tuple[dm.Device, float, str, bool]]:
    """A device per moment of an update, cut off before the work of that moment begins, and in its middle."""
    whole = phone(kind=kind, **options)
    start(whole)
    count = sum(1 for _ in moments(whole))
    for n in range(count):
        for torn in (False, True):
            device = phone(kind=kind, **options)
            start(device)
            entry = next(islice(moments(device), n, None))
            assert isinstance(entry.what, After)
            when = (entry.since + entry.at) / 2 if torn else entry.since
            device.power_off(when)
            yield device, when, f"{entry.what.event} {entry.what.data}", torn


def direct(device: dm.Device) -> None:
    do(device, PUT, Exec.of("./FUMO/Update", correlator="c"))


@pytest.mark.parametrize("start", [both, direct], ids=["fetched", "delivered"])
@pytest.mark.parametrize("kind", SAFE)
def test_power_lost_at_every_moment(kind: UpdateKind, start: Any) -> None:
    """The device starts, the update goes on, and what it says then is true."""
    met = set()
    for device, when, what, _torn in cuts(kind, start):
        met.add(what)
        assert not device.is_on
        with pytest.raises(dm.words.LocalProtocolError, match="is off"):
            device.connect()
        assert device.objects["./FUMO"].flash.boots, what  # type: ignore[attr-defined]
        device.power_on(when + 10)
        assert device.is_on, what
        running = device.objects["./FUMO"].flash.running  # type: ignore[attr-defined]
        assert version(device) == running and running in ("1.0.3", "2.1", "updater"), what
        rest(device, when + 10)
        assert (state(device), version(device)) == (100, "2.1"), what
        assert [(r, c) for _, r, c in reports(device)] == [("200", "c")], what
    assert len(met) >= 9


@pytest.mark.parametrize("kind", SAFE)
def test_power_lost_and_the_new_image_is_bad(kind: UpdateKind) -> None:
    bad = package(Image("T1", "2.1", works=False))
    for device, when, what, _ in cuts(kind, world={URL: bad}):
        device.power_on(when + 10)
        rest(device, when + 10)
        assert device.is_on and state(device) == 80, what
        assert reports(device) == [("downloadandupdate", "410", "c")], what
        assert version(device) == ("1.0.3" if kind == "two slots" else "updater"), what


@pytest.mark.parametrize("kind", SAFE)
def test_power_lost_twice(kind: UpdateKind) -> None:
    for device, when, what, _ in cuts(kind):
        device.power_on(when + 10)
        for entry in moments(device):
            device.power_off((entry.since + entry.at) / 2)
            device.power_on(entry.at + 1000)
            break
        rest(device, when + 2000)
        assert (state(device), version(device), [r for _, r, _ in reports(device)]) == (100, "2.1", ["200"]), what


def test_a_system_that_never_passes_its_test_is_given_up() -> None:
    """Two slots: after three starts in vain the old system runs again, and the report says so."""
    device = phone()
    both(device)
    entry = next(e for e in moments(device) if isinstance(e.what, After) and e.what.data == "test")
    when = entry.since + 1
    for _ in range(3):
        device.power_off(when)
        device.power_on(when + 5)
        when += 6
    rest(device, when)
    assert (state(device), version(device), reports(device)) == (80, "1.0.3", [("downloadandupdate", "410", "c")])


def test_an_unprotected_device_does_not_survive_everything() -> None:
    """Why devices have two slots or a journal: the fatal failure that nobody reports.  [FUMO §8.2.5.2]"""
    dead = []
    for device, when, what, torn in cuts("unprotected"):
        device.power_on(when + 10)
        rest(device, when + 10)
        if not device.is_on:
            dead.append((what, torn))
            assert state(device) == 60 and reports(device) == []
        else:
            assert state(device) == 100
    assert ("step write 0", True) in dead and ("step write 3", False) in dead and ("fetched", True) not in dead
    assert ("step write 0", False) not in dead


def test_power_lost_while_a_report_waits() -> None:
    device = phone()
    both(device)
    now = rest(device)
    device.power_off(now)
    assert device.due(now) or reports(device)
    device.power_on(now + 5)
    assert device.is_on


def test_an_interrupted_download_may_have_failed() -> None:
    results = set()
    for device, when, what, _torn in cuts("two slots", resume=False):
        device.power_on(when + 1)
        rest(device, when + 1)
        [(_, result, _)] = reports(device)
        results.add((what.split()[0], result, state(device)))
    assert ("fetched", "400", 20) in results and ("step", "200", 100) in results


def test_kinds_are_three() -> None:
    assert KINDS == ("two slots", "in place", "unprotected") and NEW.version == "2.1"
