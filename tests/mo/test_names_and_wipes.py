"""Names that a device makes, nodes that are renamed or wiped under it, and all that goes on when it is reset."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.mo.scomo import PackageComponent
from dmkit.words.model import Add, Atomic, Delete, Exec, Replace
from dmkit.words.outcome import Later
from tests.mo.fleet import APP, APP_URL, PACKAGE, SERVER, URL, do, phone, rest, statuses, value
from tests.mo.test_as_one import DEPLOYED, DIAG, NODE, OTHER, begin, plug, reset, told, worlds
from tests.mo.test_as_one_siblings import deployed, put

DELIVERED = "./SCOMO/Inventory/Delivered/App"
REFERENCE = "./Trap/Signal/ToRef/1"
IDS = [
    *("a" * n for n in (31, 32, 33)), *("a" * n + ".bcdefgh" for n in range(29, 33)), "..", ".", "...", "-", "***", "/",
    "a/b", "a.", "приложение.для.телефона.очень.длинное.имя", "应用程序" * 10, "مثال.تطبيق", "é", "e\u0301",
    "Straße", "STRASSE", "strasse", "A", "a", "\u200d", "İ", "x ", " x", " ", "x?y", "a%2Fb", "\n",
]  # fmt: skip


def wiped(device: dm.Device, now: float = 0.0) -> float:
    """Have all that can be wiped wiped; when that is over."""
    do(device, Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", True),
       Exec.of("./LAWMO/Operations/Wipe", correlator="wipe"), now=now)  # fmt: skip
    device.live(now + 31.0)
    return now + 31.0


def test_every_identifier_has_a_node_of_its_own_that_can_be_addressed() -> None:
    device = phone("scomo")
    now = put(device, "p", *(PackageComponent(id) for id in IDS))
    assert told(device)[-1][1] == "1200" and set(deployed(device)) == set(IDS)
    names = list(deployed(device).values())
    assert len({name.casefold() for name in names}) == len(IDS) and max(map(len, names)) <= 32
    for name in names:
        switch = Exec.of(f"{DEPLOYED}/{name}/Operations/Deactivate")
        assert statuses(device, switch, now=now) == [202], name
    rest(device, now)
    assert {code for _, code, _ in told(device)} == {"1200"}


@pytest.mark.parametrize("id", ["my run", "a\tb", "50%", "a%20b", "é run"])
def test_what_is_needed_may_have_any_identifier(id: str) -> None:
    device = phone("scomo")
    now = put(device, "r", PackageComponent(id))
    now = put(device, "a", PackageComponent("app", needs=(id,)), now=now)
    for name, operation, code in ((deployed(device)[id], "Deactivate", "1410"), ("app", "Deactivate", "1200"),
                                  ("app", "Activate", "1200"), (deployed(device)[id], "Remove", "1408")):  # fmt: skip
        do(device, Exec.of(f"{DEPLOYED}/{name}/Operations/{operation}"), now=now)
        now = rest(device, now)
        assert told(device)[-1][1] == code, operation


def test_a_component_takes_no_less_than_nothing() -> None:
    device = phone("scomo", space=1000)
    put(device, "p", PackageComponent("x", size=-5))
    assert told(device)[-1][1] == "1407"


@pytest.mark.parametrize("operation", ["Install", "InstallInactive"])
def test_a_package_without_data_fails_without_data(operation: str) -> None:
    device = phone("scomo")
    do(device, Add.of(DELIVERED), Exec.of(f"{DELIVERED}/Operations/{operation}", correlator="c"))
    now = rest(device)
    assert told(device) == [(SERVER, "1407", "c")] and value(device, f"{DELIVERED}/Status") == "60"
    again = Exec.of(f"{DELIVERED}/Operations/{operation}")
    assert statuses(device, again, Add.of(f"{DELIVERED}/Data", APP, format="bin"), again, now=now) == [405, 200, 202]
    rest(device, now)
    assert told(device)[-1][1] == "1200"


def test_a_package_that_is_wiped_is_withdrawn() -> None:
    device = phone("lawmo", wipeable={"All": "."}).with_object("fumo").with_object("scomo")
    do(device, Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"),
       Add.of(DELIVERED), Add.of(f"{DELIVERED}/Data", APP, format="bin"))  # fmt: skip
    now = wiped(device)
    assert value(device, "./FUMO/State") == "10"
    assert statuses(device, Exec.of("./FUMO/Update"), now=now) == [405]
    do(device, Exec.of(f"{DELIVERED}/Operations/Install"), now=now)
    rest(device, now)
    assert told(device)[-1][1] == "1407" and value(device, f"{DELIVERED}/Status") == "60"


def test_a_reference_of_a_trap_ends_when_it_is_wiped_and_not_when_it_is_renamed() -> None:
    device = phone("trap").with_object("lawmo", wipeable={"All": "."})

    def ended() -> int:
        return sum(isinstance(e.what, Later) and "Deregistered" in e.what.type for e in device.agenda)

    do(device, Add.of(REFERENCE), Add.of(f"{REFERENCE}/TargetMO", DIAG))
    assert statuses(device, Replace.of(f"{REFERENCE}?prop=Name", "2")) == [200] and not ended()
    now = wiped(device)
    assert ended() == 1
    do(device, Delete.of("./Trap/Signal/ToRef/2"), now=now)
    assert ended() == 1


@pytest.mark.parametrize("operation", ["Download", "DownloadInstall"])
def test_a_download_that_is_renamed_goes_on(operation: str) -> None:
    device = phone("scomo", world={APP_URL: APP}, space=10_000)
    do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgURL", APP_URL),
       Exec.of(f"{NODE}/Operations/{operation}", correlator="c"))  # fmt: skip
    device.live(0.05)  # fetched, and not yet stored
    taken_back = Atomic((Replace.of(f"{NODE}?prop=Name", "Never"), Delete.of("./Nowhere")))
    assert statuses(device, taken_back, Replace.of(f"{NODE}?prop=Name", "Other"), now=0.05) == [507, 200]
    now = rest(device, 0.05)
    assert told(device) == [(SERVER, "1200", "c")] and value(device, "./SCOMO/Download/Other/Status") == "10"
    owner: Any = device.objects["./SCOMO"]
    inventory = "./SCOMO/Inventory/Delivered"
    [name] = device.tree.get(inventory).children
    assert statuses(device, Replace.of(f"{inventory}/{name}?prop=Name", "Mine"), now=now) == [200]
    assert owner.free(device.tree) == 10_000 - len(APP) and owner.kept(f"{inventory}/Mine") == APP


@pytest.mark.parametrize("name", ["My App", "100%", "a%41", "x%2Fy", "ü", "a.b", "a?b", "a+b", "*"])
def test_a_download_goes_on_whatever_it_is_called_now(name: str) -> None:
    device = phone("scomo", world={APP_URL: APP})
    do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgURL", APP_URL),
       Exec.of(f"{NODE}/Operations/DownloadInstall", correlator="c"))  # fmt: skip
    assert statuses(device, Replace.of(f"{NODE}?prop=Name", name), now=0.01) == [200]
    rest(device, 0.01)
    assert told(device) == [(SERVER, "1200", "c")] and name in device.tree.get("./SCOMO/Download").children


def test_a_capability_keeps_its_name_and_there_is_no_other() -> None:
    device = phone("dcmo")
    assert statuses(device, Replace.of("./DCMO/Camera?prop=Name", "Eye")) == [405] and "./DCMO/Camera" in device.tree
    with pytest.raises(dm.ConfigError, match=r"\./DCMO has no capability 'Camer'; nearest: 'Camera'"):
        plug(device, False, "Camer")


def test_all_that_is_asked_for_during_a_reset_is_reported_and_gone() -> None:
    device = phone("lawmo")
    for name in ("fumo", "scomo", "dcmo", "diagmon"):
        device.with_object(name, **worlds(name))
    reset(device)
    asked = (
        Replace.of("./FUMO/Download/PkgURL", URL), Exec.of("./FUMO/Download", correlator="f"),
        Add.of(NODE), Replace.of(f"{NODE}/PkgURL", APP_URL), Exec.of(f"{NODE}/Operations/Download", correlator="s"),
        Exec.of("./DCMO/Camera/Operations/Disable", correlator="d"),
        Exec.of(f"{DIAG}/Operations/Start", correlator="g"), Exec.of("./LAWMO/Operations/FullyLock", correlator="l"),
    )  # fmt: skip
    do(device, *asked, by=OTHER, now=119.999)
    device.live(10_000.0)
    broken_off = {"f": "400", "s": "1400", "d": "1400", "g": "1400", "l": "1402"}
    assert sorted(told(device)) == sorted(
        [*((OTHER, code, c) for c, code in broken_off.items()), (SERVER, "1200", "reset")]
    )


def test_all_that_is_asked_for_while_a_reset_awaits_firmware() -> None:
    device = phone("lawmo")
    for name in ("fumo", "scomo", "dcmo"):
        device.with_object(name, **worlds(name))
    do(device, Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"), Exec.of("./FUMO/Update", correlator="f"))
    device.live(5.0)
    reset(device, 5.0, OTHER)
    begin(device, "scomo", now=124.9)
    do(device, Exec.of("./DCMO/Camera/Operations/Disable", correlator="d"), now=124.9)
    rest(device, 124.9)
    assert sorted(c or "" for _, _, c in told(device)) == ["c", "d", "f", "reset"]
    assert value(device, "./DevDetail/FwV") == "2.1" and value(device, "./DCMO/Camera/Enabled") == "true"
