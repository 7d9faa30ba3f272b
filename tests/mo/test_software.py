"""SCOMO: fetched and delivered packages, components that need others, result codes, power."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.auth.signed import Trust
from dmkit.mo.package import FetchResult
from dmkit.mo.scomo import RESULTS, PackageComponent, software
from dmkit.words.model import Add, Exec, Get, Replace
from tests.mo.fleet import APP, APP_URL, do, moments, phone, reports, rest, statuses, value

NODE = "./SCOMO/Download/App"
DEPLOYED = "./SCOMO/Inventory/Deployed"


def fetched(operation: str = "DownloadInstall", package: bytes = APP, **options: Any) -> dm.Device:
    device = phone("scomo", world={APP_URL: package}, **options)
    ask(device, operation)
    return device


def ask(device: dm.Device, operation: str, *, now: float = 0.0) -> None:
    do(device, Add.of(NODE), now=now)
    assert statuses(device, Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
                    Exec.of(f"{NODE}/Operations/{operation}", correlator="c"), now=now) == [200, 200, 202]  # fmt: skip


def result(device: dm.Device, now: float = 0.0) -> str:
    rest(device, now)
    [(kind, data, correlator)] = reports(device)
    device.due(1e9)
    assert kind == "0:OperationComplete" and correlator in ("c", None) and int(data) in RESULTS
    return data


def operate(device: dm.Device, node: str, operation: str, now: float) -> str:
    assert statuses(device, Exec.of(f"{node}/Operations/{operation}"), now=now) == [202]
    return result(device, now)


def test_download_delivers() -> None:
    device = fetched("Download")
    assert value(device, f"{NODE}/Status") == "30" and result(device) == "1200"
    delivered = "./SCOMO/Inventory/Delivered/App"
    assert (value(device, f"{delivered}/State"), value(device, f"{NODE}/Status")) == ("10", "10")
    assert operate(device, delivered, "InstallInactive", 50.0) == "1200"
    assert value(device, f"{delivered}/State") == "20" and value(device, f"{DEPLOYED}/app.core/State") == "10"
    assert device.objects["./SCOMO"].spec.check(device.tree) == ()


@pytest.mark.parametrize(("operation", "state"), [("DownloadInstall", "20"), ("DownloadInstallInactive", "10")])
def test_download_and_install(operation: str, state: str) -> None:
    device = fetched(operation)
    assert result(device) == "1200"
    for name in ("app.core", "app.ui"):
        assert value(device, f"{DEPLOYED}/{name}/State") == state
        assert value(device, f"{DEPLOYED}/{name}/PkgIDRef") == "app"


def test_direct_delivery() -> None:
    device = phone("scomo")
    node = "./SCOMO/Inventory/Delivered/App"
    added = (Add.of(node), Replace.of(f"{node}/PkgID", "app"), Add.of(f"{node}/Data", APP, format="bin"))
    assert statuses(device, *added, Get.of(f"{node}/Data")) == [200, 200, 200, 405]
    assert operate(device, node, "Install", 1.0) == "1200"
    assert value(device, f"{DEPLOYED}/app.ui/Version") == "2"


@pytest.mark.parametrize(("options", "package", "code", "status"), [
    ({"world": {}}, APP, "1501", "20"),
    ({"world": {APP_URL: 401}}, APP, "1403", "20"),
    ({"world": {APP_URL: FetchResult.MEMORY}}, APP, "1404", "20"),
    ({"world": {APP_URL: 408}}, APP, "1402", "20"),
    ({}, APP[:-3], "1407", "20"),
    ({"trust": Trust(demand="signed")}, APP, "1407", "20"),
    ({"envs": frozenset({"js"})}, APP, "1413", "60"),
    ({"room": 1}, APP, "1406", "60"),
    ({"low_battery": True}, APP, "1405", "60"),
    ({}, software("app", [PackageComponent("x", needs=("runtime",))]), "1405", "60"),
])  # fmt: skip
def test_failures_leave_nothing(options: dict[str, Any], package: bytes, code: str, status: str) -> None:
    world = options.pop("world", {APP_URL: package})
    device = phone("scomo", world=world, **options)
    ask(device, "DownloadInstall")
    assert result(device) == code and value(device, f"{NODE}/Status") == status
    assert not device.tree.get(DEPLOYED).children and not RESULTS[int(code)].is_success


def test_components_that_need_others() -> None:
    device = fetched()
    assert result(device) == "1200"
    core, ui = f"{DEPLOYED}/app.core", f"{DEPLOYED}/app.ui"
    assert operate(device, core, "Deactivate", 100.0) == "1410" and value(device, f"{core}/State") == "20"
    assert value(device, f"{core}/Status") == "60"
    assert operate(device, ui, "Deactivate", 200.0) == "1200"
    assert operate(device, core, "Deactivate", 300.0) == "1200"
    assert operate(device, ui, "Activate", 400.0) == "1409" and value(device, f"{ui}/Status") == "40"
    assert operate(device, core, "Remove", 500.0) == "1408" and f"{core}/State" in device.tree
    assert operate(device, ui, "Remove", 600.0) == "1200" and ui not in device.tree
    assert value(device, "./SCOMO/Inventory/Delivered/App/State") == "20"
    assert operate(device, core, "Remove", 700.0) == "1200" and core not in device.tree
    assert value(device, "./SCOMO/Inventory/Delivered/App/State") == "10"
    assert operate(device, "./SCOMO/Inventory/Delivered/App", "Remove", 800.0) == "1200"


def test_a_package_is_installed_over_an_older_one() -> None:
    device = fetched()
    result(device)
    device.objects["./SCOMO"].world = {APP_URL: software("app", [PackageComponent("app.core", "3")])}  # type: ignore[attr-defined]
    ask(device, "DownloadInstall", now=50.0)
    assert result(device, 50.0) == "1405", "app.ui runs, and needs what would be replaced"
    assert operate(device, f"{DEPLOYED}/app.ui", "Deactivate", 100.0) == "1200"
    ask(device, "DownloadInstall", now=150.0)
    assert result(device, 150.0) == "1200" and value(device, f"{DEPLOYED}/app.core/Version") == "3"


def test_power_lost_at_every_moment() -> None:
    count = sum(1 for _ in moments(fetched()))
    for n in range(count):
        device = fetched()
        for at, entry in enumerate(moments(device)):
            if at == n:
                device.power_off((entry.since + entry.at) / 2)
                device.power_on(entry.at + 10)
                break
        assert result(device, 100.0) == "1200"
        assert value(device, f"{DEPLOYED}/app.ui/State") == "20"


def test_the_alert_type_is_sent_bare() -> None:
    device = fetched()
    [alert] = device.reports("com.mgmtsrv.manage", rest(device))
    assert alert.items[0].meta is not None and alert.items[0].meta.type == "urn:oma:at:scomo:1.0:OperationComplete"
    assert alert.items[0].source == f"{NODE}/Operations/DownloadInstall"
