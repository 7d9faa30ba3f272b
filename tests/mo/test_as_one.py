"""The device as one: reports to whoever asked, resets, hardware, components, space, and answers of the world.

Each fault that was found once has its test here, with its siblings; ``test_together`` plays all pairs of objects.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

import dmkit as dm
from dmkit.device.agenda import next_report
from dmkit.mo.firmware import Image, package
from dmkit.mo.fumo import RESULTS as FUMO_RESULTS
from dmkit.mo.package import FetchResult, answered, fetch
from dmkit.mo.scomo import RESULTS as SCOMO_RESULTS
from dmkit.mo.scomo import PackageComponent, Scomo, software
from dmkit.words.model import Add, Delete, Exec, Get, Replace
from dmkit.words.outcome import Later
from tests.mo.fleet import APP, APP_URL, PACKAGE, SERVER, URL, do, moments, phone, rest, statuses, value

OTHER = "com.other.dm"
DIAG = "./DiagMon/Battery"
NODE, DELIVERED, DEPLOYED = "./SCOMO/Download/App", "./SCOMO/Inventory/Delivered", "./SCOMO/Inventory/Deployed"
OBJECTS = ("fumo", "scomo", "diagmon", "trap", "lawmo", "dcmo")


def told(device: dm.Device) -> list[tuple[str, str, str | None]]:
    """To whom, result, correlator: every report on the agenda."""
    return [(e.by, e.what.data, e.what.correlator) for e in device.agenda if isinstance(e.what, Later)]


def begin(device: dm.Device, name: str, by: str = SERVER, correlator: str = "c", now: float = 0.0) -> None:
    """Set an object going for server ``by``."""
    commands: dict[str, list[Any]] = {
        "fumo": [Replace.of("./FUMO/Download/PkgURL", URL), Exec.of("./FUMO/Download", correlator=correlator)],
        "scomo": [Add.of(NODE), Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
                  Exec.of(f"{NODE}/Operations/DownloadInstall", correlator=correlator)],
        "diagmon": [Exec.of(f"{DIAG}/Operations/Start", correlator=correlator)],
        "dcmo": [Exec.of("./DCMO/Camera/Operations/Disable", correlator=correlator)],
        "lawmo": [Exec.of("./LAWMO/Operations/FullyLock", correlator=correlator)],
    }  # fmt: skip
    outcomes = do(device, *commands[name], by=by, now=now)
    assert outcomes[-1].status == 202, outcomes[-1]


def worlds(name: str) -> dict[str, Any]:
    return {"fumo": {"world": {URL: PACKAGE}}, "scomo": {"world": {APP_URL: APP}}}.get(name, {})


# -- reports go to whoever asked


@pytest.mark.parametrize("stopper", [SERVER, OTHER])
def test_a_stop_with_another_correlator_has_a_report_of_its_own(stopper: str) -> None:
    device = phone("diagmon")
    begin(device, "diagmon", correlator="start")
    do(device, Exec.of(f"{DIAG}/Operations/Stop", correlator="stop"), by=stopper, now=100.0)
    assert sorted(told(device)) == sorted([(SERVER, "1200", "start"), (stopper, "1200", "stop")])


def test_data_goes_to_the_server_that_is_named_and_the_end_to_whoever_asked() -> None:
    parm = f"{DIAG}/DiagMonConfig/ConfigParms"
    for named, first in ((OTHER, (OTHER, "2 samples", None)), (SERVER, (SERVER, "2 samples", "c")),
                         ("", (SERVER, "2 samples", "c"))):  # fmt: skip
        device = phone("diagmon")
        do(device, Replace.of(f"{parm}/ReportCondition/Samples", 2), Replace.of(f"{parm}/DefMemory", 3),
           Replace.of(f"{DIAG}/ServerID", named))  # fmt: skip
        begin(device, "diagmon")
        rest(device)
        assert told(device) == [first, (SERVER, "1403", "c")], named


@pytest.mark.parametrize("name", ["fumo", "scomo", "diagmon", "dcmo", "lawmo"])
def test_a_report_goes_to_whoever_asked_through_power_and_another_server(name: str) -> None:
    device = phone(name, **worlds(name))
    if name == "diagmon":
        device.become(device.tree.set(f"{DIAG}/DiagMonConfig/ConfigParms/DefMemory", 2))
    begin(device, name, OTHER, "mine")
    entry = next(moments(device))
    device.power_off((entry.since + entry.at) / 2)
    device.power_on(entry.at + 1)
    do(device, Get.of("./DevInfo/Man"), now=entry.at + 1)
    rest(device, entry.at + 1)
    [(by, _, correlator)] = told(device)
    assert (by, correlator) == (OTHER, "mine")


def test_waiting_for_a_report_to_one_server_passes_over_those_to_others() -> None:
    device = phone("dcmo")
    begin(device, "dcmo", OTHER)
    assert next_report(device, server=SERVER) is None and next_report(device, server=OTHER) == 1.0
    server = dm.Server.example(device)
    assert len(dm.manage(device, server)) == 1, "no session after session for what is another server's"


def test_a_trap_starts_only_what_can_be_started() -> None:
    """TargetMO may name any object, or nothing; only a function hears it."""
    for target in ("./FUMO", "./SCOMO", "./LAWMO", "./DCMO", "./Trap/Signal", "./DevInfo", "nonsense"):
        device = phone("trap", sensor=lambda now: now)
        for name in ("fumo", "scomo", "lawmo", "dcmo"):
            device.with_object(name)
        device.tree = device.tree.set("./Trap/Signal/Above", dm.Node("int", "100"))
        before = {uri: node.value for uri, node in device.tree.walk() if not uri.startswith("./Trap")}
        do(device, Add.of("./Trap/Signal/ToRef/1"), Add.of("./Trap/Signal/ToRef/1/TargetMO", target),
           Replace.of("./Trap/Signal/Enabled", True))  # fmt: skip
        device.live(1000.0)
        assert value(device, "./Trap/Signal/Ext/Active") == "false" and not told(device)
        assert before == {uri: node.value for uri, node in device.tree.walk() if not uri.startswith("./Trap")}


# -- factory reset


def reset(device: dm.Device, now: float = 0.0, by: str = SERVER) -> None:
    [outcome] = do(device, Exec.of("./LAWMO/Operations/FactoryReset", correlator="reset"), now=now, by=by)
    assert outcome.status == 202


def test_the_factory_image_is_the_same_in_whatever_order_objects_are_mounted() -> None:
    trees = []
    for order in permutations(("lawmo", "fumo", "dcmo", "scomo")):
        device = dm.Device.example()
        for name in order:
            device.with_object(name)
        fresh = {uri: node.value for uri, node in device.tree.walk()}
        do(device, Replace.of("./APN/Name", "other"), Replace.of("./FUMO/Download/PkgURL", URL), Add.of(NODE))
        reset(device)
        rest(device)
        assert told(device) == [(SERVER, "1200", "reset")], order
        after = {uri: node.value for uri, node in device.tree.walk()}
        assert after == fresh, order
        trees.append(after)
    assert all(tree == trees[0] for tree in trees)


def test_every_object_survives_a_reset_and_works_after_it() -> None:
    for name in (*OBJECTS[:3], "dcmo"):
        device = dm.Device.example().with_object("lawmo").with_object(name, **worlds(name))
        reset(device)
        now = rest(device)
        device.due(1e9)
        begin(device, name, now=now)
        device.live(now + 1000.0)
        assert name == "diagmon" or [c for _, _, c in told(device)] == ["c"], name


@pytest.mark.parametrize(("name", "code"), [("fumo", "400"), ("scomo", "1400"), ("diagmon", "1400"), ("dcmo", "1400")])
def test_a_reset_breaks_off_what_is_under_way_and_says_so(name: str, code: str) -> None:
    device = dm.Device.example().with_object("lawmo", times=_fast()).with_object(name, **worlds(name))
    begin(device, name, OTHER)
    reset(device)
    device.live(0.005)
    assert told(device) == [(OTHER, code, "c"), (SERVER, "1200", "reset")]
    device.live(10_000.0)
    assert len(told(device)) == 2 and NODE not in device.tree


def _fast() -> Any:
    from dmkit.mo.lawmo import LawmoTimes

    return LawmoTimes(reset=0.002)


@pytest.mark.parametrize("kind", ["two slots", "in place"])
def test_a_reset_awaits_firmware_that_is_being_written(kind: str) -> None:
    device = dm.Device.example().with_object("lawmo").with_object("fumo", kind=kind, world={URL: PACKAGE})
    assert statuses(device, Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"),
                    Exec.of("./FUMO/Update", correlator="c")) == [200, 202]  # fmt: skip
    device.live(5.0)
    reset(device, 5.0, OTHER)
    now = rest(device, 5.0)
    assert told(device) == [(SERVER, "200", "c"), (OTHER, "1200", "reset")] and now >= 125.0
    assert value(device, "./DevDetail/FwV") == "2.1" and value(device, "./FUMO/State") == "10"


def test_resets_during_a_reset_and_through_a_loss_of_power() -> None:
    device = dm.Device.example().with_object("lawmo").with_object("scomo", world={APP_URL: APP})
    begin(device, "scomo", "third")
    reset(device)
    reset(device, 60.0, OTHER)
    device.power_off(100.0)
    device.power_on(110.0)
    rest(device, 110.0)
    assert sorted(told(device)) == sorted([("third", "1200", "c"), (SERVER, "1200", "reset"), (OTHER, "1200", "reset")])


def test_a_reset_that_fails_or_is_refused_breaks_nothing_off() -> None:
    for options in ({"breaks": frozenset({"FactoryReset"})}, {"user": lambda what: False}):
        device = dm.Device.example().with_object("lawmo", **options).with_object("diagmon")
        do(device, Replace.of("./LAWMO/LAWMOConfig/NotifyUser", True))
        begin(device, "diagmon")
        reset(device)
        device.live(1000.0)
        assert [code for _, code, _ in told(device)] == ["1400" if "breaks" in options else "1401"]
        assert value(device, f"{DIAG}/Status") == "20"


@pytest.mark.parametrize("order", [("lawmo", "sched"), ("sched", "lawmo")])
def test_a_schedule_that_a_reset_took_does_not_run_once_more(order: tuple[str, str]) -> None:
    device = dm.Device.example()
    for name in order:
        device.with_object(name)
    one, task = "./Sched/A/Component/1", "./Sched/A/Component/1/Task/1"
    nodes = ["./Sched/A", "./Sched/A/Component", one, f"{one}/Condition", f"{one}/Condition/Time", f"{one}/Task", task]
    values = {f"{one}/Condition/Time/Base": "19700101T010000Z", f"{one}/Condition/Time/Recur": "FREQ=HOURLY",
              f"{task}/Command": "Replace", f"{task}/Target": "./APN/Name", f"{task}/Data": "x"}  # fmt: skip
    added = (*map(Add.of, nodes), *(Add.of(uri, text) for uri, text in values.items()))
    assert set(statuses(device, *added)) == {200}
    device.session_over(0.0)
    device.live(10.0)
    assert value(device, "./Sched/A/State") == "30"
    reset(device, 20.0)
    device.live(20_000.0)
    assert "./Sched/A" not in device.tree and value(device, "./APN/Name") == "internet.old"
    assert [code for _, code, _ in told(device)] == ["1200"] and len(device.reports(SERVER, 20_000.0)) == 1


def test_accounts_of_the_maker_go_in_whatever_order_they_were_mounted() -> None:
    for order in (("lawmo", "dmacc"), ("dmacc", "lawmo")):
        device = dm.Device.example()
        for name in order:
            device.with_object(name, **({"keep_accounts": False} if name == "lawmo" else {}))
        reset(device)
        rest(device)
        assert not device.accounts, order


def test_a_wipe_leaves_the_state_of_objects_alone() -> None:
    for where in (".", "./SCOMO", "./FUMO", "./DCMO", "./LAWMO", DIAG, "./Nowhere"):
        device = phone("lawmo", wipeable={"It": where})
        for name in ("fumo", "scomo", "dcmo", "diagmon"):
            device.with_object(name, **worlds(name))
        begin(device, "scomo")
        now = rest(device)
        device.due(1e9)
        do(
            device,
            Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", True),
            Exec.of("./LAWMO/Operations/Wipe"),
            now=now,
        )
        rest(device, now)
        assert [code for _, code, _ in told(device)] == ["1201"]
        assert (value(device, "./FUMO/State"), value(device, "./LAWMO/State")) == ("10", "30")
        assert value(device, f"{DEPLOYED}/app.ui/State") == "20" and value(device, "./DCMO/Camera/Enabled") == "true"


# -- hardware that comes and goes


def plug(device: dm.Device, attached: bool, name: str = "Camera") -> None:
    owner: Any = device.objects["./DCMO"]
    device.become(owner.plugged(device.tree, name, attached))


def test_what_was_switched_off_stays_off_when_it_is_plugged_in_again() -> None:
    device = phone("dcmo")
    begin(device, "dcmo")
    rest(device)
    for _ in range(3):
        plug(device, False)
        assert value(device, "./DCMO/Camera/Attached") == "false"
        device.power_off(5.0)
        device.power_on(6.0)
        plug(device, True)
        assert (value(device, "./DCMO/Camera/Attached"), value(device, "./DCMO/Camera/Enabled")) == ("true", "false")
    do(device, Exec.of("./DCMO/Camera/Operations/Enable"), now=9.0)
    rest(device, 9.0)
    plug(device, False)
    plug(device, True)
    assert value(device, "./DCMO/Camera/Enabled") == "true"


def test_each_capability_is_remembered_by_itself_and_with_the_tree() -> None:
    device = phone("dcmo")
    begin(device, "dcmo")
    rest(device)
    before = device.snapshot()
    for name in ("Camera", "Bluetooth"):
        plug(device, False, name)
    away = device.snapshot()
    device.restore(before)
    plug(device, False)
    device.restore(away)
    for name in ("Camera", "Bluetooth"):
        plug(device, True, name)
    assert (value(device, "./DCMO/Camera/Enabled"), value(device, "./DCMO/Bluetooth/Enabled")) == ("false", "true")


def test_a_reset_plugs_nothing_in() -> None:
    device = dm.Device.example().with_object("lawmo").with_object("dcmo", absent=frozenset({"Bluetooth"}))
    plug(device, False)
    plug(device, True, "Bluetooth")
    reset(device)
    rest(device)
    assert (value(device, "./DCMO/Camera/Attached"), value(device, "./DCMO/Bluetooth/Attached")) == ("false", "true")


# -- software


def test_long_names_that_begin_alike_are_two_components() -> None:
    ids = ["com.example.applications.messenger.core", "com.example.applications.messenger.core.extra",
           "com.example.applications.messenger-core", "COM.example.applications.messenger.core", "a/b", "a-b", "A b",
           "ä" * 40, "ä" * 41, ""]  # fmt: skip
    device = phone("scomo", world={APP_URL: software("app", [PackageComponent(i) for i in ids])})
    begin(device, "scomo")
    rest(device)
    assert told(device) == [(SERVER, "1200", "c")]
    names = list(device.tree.get(DEPLOYED).children)
    assert sorted(value(device, f"{DEPLOYED}/{name}/ID") for name in names) == sorted(ids)
    assert len({name.casefold() for name in names}) == len(ids) and all(0 < len(name) <= 32 for name in names)


def test_one_component_twice_in_a_package_is_no_package() -> None:
    device = phone("scomo", world={APP_URL: software("app", [PackageComponent("x"), PackageComponent("x", "2")])})
    begin(device, "scomo")
    rest(device)
    assert [code for _, code, _ in told(device)] == ["1407"]


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("operation", ["Download", "DownloadInstall", "DownloadInstallInactive"])
def test_a_running_download_that_is_deleted_is_reported(operation: str, again: bool) -> None:
    """By whomever it is deleted, and though another of that name begins in the same message."""
    whole = phone("scomo", world={APP_URL: APP})
    begin(whole, "scomo")
    count = sum(1 for _ in moments(whole))
    for at in range(count if operation != "Download" else 2):
        device = phone("scomo", world={APP_URL: APP})
        do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
           Exec.of(f"{NODE}/Operations/{operation}", correlator="first"), by=SERVER)  # fmt: skip
        now = 0.0
        for n, entry in enumerate(moments(device)):
            if n == at:
                break
            now = entry.at
        more = [Add.of(NODE), Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
                Exec.of(f"{NODE}/Operations/{operation}", correlator="second")] if again else []  # fmt: skip
        do(device, Delete.of(NODE), *more, by=OTHER, now=now)
        assert (SERVER, "1401", "first") in told(device)
        rest(device, now)
        assert told(device) == [(SERVER, "1401", "first"), *([(OTHER, "1200", "second")] if again else [])]
        assert again or not device.objects["./SCOMO"].data  # type: ignore[attr-defined]


def test_a_package_that_is_deleted_while_it_is_installed_is_reported() -> None:
    node = f"{DELIVERED}/App"
    for operation, code in (("Install", "1405"), ("InstallInactive", "1405"), ("Remove", "1408")):
        device = phone("scomo")
        added = (Add.of(node), Replace.of(f"{node}/PkgID", "app"), Add.of(f"{node}/Data", APP, format="bin"))
        asked = Exec.of(f"{node}/Operations/{operation}", correlator="c")
        assert statuses(device, *added, asked, Delete.of(node)) == [200, 200, 200, 202, 200]
        rest(device)
        assert told(device) == [(SERVER, code, "c")] and not device.tree.get(DEPLOYED).children


def test_an_address_that_changes_under_a_download_changes_nothing() -> None:
    device = phone("scomo", world={APP_URL: APP})
    begin(device, "scomo")
    do(device, Replace.of(f"{NODE}/PkgURL", "https://apps.example.com/other"), by=OTHER)
    rest(device)
    assert told(device) == [(SERVER, "1200", "c")]


def test_two_packages_of_one_name_are_two() -> None:
    device = phone("scomo", world={APP_URL: APP})
    for number, package_id in enumerate(("app", "game", "app")):
        now = 100.0 * number
        do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgID", package_id), Replace.of(f"{NODE}/PkgURL", APP_URL),
           Exec.of(f"{NODE}/Operations/Download"), now=now)  # fmt: skip
        rest(device, now)
    names = device.tree.get(DELIVERED).children
    assert {name: value(device, f"{DELIVERED}/{name}/PkgID") for name in names} == {"App": "app", "App-2": "game"}


# -- a runtime and what runs on it


def runtime(*, ui_runs: bool = True, operation: str = "DownloadInstall", with_ui: bool = False,
            **options: Any) -> tuple[dm.Device, str]:  # fmt: skip
    """A runtime and a component on it, then the runtime once more in a newer version: the device, and the result."""
    device = phone("scomo", world={APP_URL: APP}, **options)
    begin(device, "scomo")
    now = rest(device)
    if not ui_runs:
        do(device, Exec.of(f"{DEPLOYED}/app.ui/Operations/Deactivate"), now=now)
        now = rest(device, now)
    device.due(1e9)
    newer = [
        PackageComponent("app.core", "3"),
        *([PackageComponent("app.ui", "3", needs=("app.core",))] if with_ui else []),
    ]
    device.objects["./SCOMO"].world = {APP_URL: software("newer", newer)}  # type: ignore[attr-defined]
    do(device, Exec.of(f"{NODE}/Operations/{operation}"), now=now)
    rest(device, now)
    [(_, code, _)] = told(device)
    return device, code


def test_a_runtime_is_not_replaced_under_what_runs_on_it() -> None:
    for operation in ("DownloadInstall", "DownloadInstallInactive"):
        device, code = runtime(operation=operation)
        assert code == "1405" and value(device, f"{DEPLOYED}/app.core/Version") == "2"
        assert value(device, f"{DEPLOYED}/app.core/State") == value(device, f"{DEPLOYED}/app.ui/State") == "20"
        assert runtime(operation=operation, ui_runs=False)[1] == "1200"
        assert runtime(operation=operation, with_ui=True)[1] == "1200"


def test_a_runtime_that_stays_active_may_be_replaced_under_another_reading() -> None:
    assert runtime(replaces="what stays active")[1] == "1200"
    device, code = runtime(replaces="what stays active", operation="DownloadInstallInactive")
    assert code == "1405" and value(device, f"{DEPLOYED}/app.core/State") == "20"


def test_a_component_at_work_is_not_replaced() -> None:
    device = phone("scomo", world={APP_URL: APP}, times=_slow())
    begin(device, "scomo")
    now = rest(device)
    device.due(1e9)
    do(device, Exec.of(f"{NODE}/Operations/DownloadInstall", correlator="again"), now=now)
    do(device, Exec.of(f"{DEPLOYED}/app.ui/Operations/Deactivate", correlator="off"), by=OTHER, now=now)
    rest(device, now)
    assert sorted(told(device)) == sorted([(SERVER, "1405", "again"), (OTHER, "1200", "off")])


def _slow() -> Any:
    from dmkit.mo.scomo import ScomoTimes

    return ScomoTimes(switch=500.0)


def test_a_component_does_not_stand_in_its_own_way() -> None:
    own = [PackageComponent("x", needs=("x",))]
    device = phone("scomo", world={APP_URL: software("app", own)})
    begin(device, "scomo")
    now = rest(device)
    for operation in ("Deactivate", "Activate", "Remove"):
        device.due(1e9)
        do(device, Exec.of(f"{DEPLOYED}/x/Operations/{operation}"), now=now)
        now = rest(device, now)
        assert [code for _, code, _ in told(device)] == ["1200"], operation


# -- space


def test_space_is_taken_by_what_is_fetched_delivered_and_installed() -> None:
    big = software("app", [PackageComponent("x", size=500)])
    owner: Any

    def operate(space: int, operation: str = "DownloadInstall") -> tuple[dm.Device, list[str]]:
        device = phone("scomo", world={APP_URL: big}, space=space)
        do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
           Exec.of(f"{NODE}/Operations/{operation}"))  # fmt: skip
        rest(device)
        return device, [code for _, code, _ in told(device)]

    assert operate(len(big) - 1)[1] == ["1404"] and operate(len(big) + 499)[1] == ["1406"]
    device, codes = operate(len(big) + 500)
    owner = device.objects["./SCOMO"]
    assert codes == ["1200"] and owner.free(device.tree) == 0
    now = 100.0
    for uri, freed in ((f"{DEPLOYED}/x", 500), (f"{DELIVERED}/App", 500 + len(big))):
        do(device, Exec.of(f"{uri}/Operations/Remove"), now=now)
        now = rest(device, now)
        assert owner.free(device.tree) == freed
    device, codes = operate(len(big) - 1 + 500)
    assert codes == ["1406"] and device.objects["./SCOMO"].free(device.tree) == 499  # type: ignore[attr-defined]
    do(device, Delete.of(NODE), now=50.0)
    assert device.objects["./SCOMO"].free(device.tree) == len(big) + 499  # type: ignore[attr-defined]


def test_an_update_needs_only_the_difference() -> None:
    first, second = (software(str(n), [PackageComponent("x", str(n), size=1000 + n)]) for n in (0, 9))
    device = phone("scomo", world={APP_URL: first}, space=len(first) + len(second) + 1009)
    owner: Scomo = device.objects["./SCOMO"]  # type: ignore[assignment]
    begin(device, "scomo")
    now = rest(device)
    owner.world = {APP_URL: second}
    do(device, Exec.of(f"{NODE}/Operations/DownloadInstall"), now=now)
    rest(device, now)
    assert [code for _, code, _ in told(device)] == ["1200", "1200"]
    assert owner.free(device.tree) == len(first)


def test_what_a_server_delivers_takes_space_too() -> None:
    node = f"{DELIVERED}/App"
    put = Add.of(f"{node}/Data", APP, format="bin")
    device = phone("scomo", space=len(APP) - 1)
    before = do(device, Add.of(node)) and device.tree
    assert statuses(device, put) == [420] and device.tree.root == before.root
    device = phone("scomo", space=len(APP))
    assert statuses(device, Add.of(node), put, Replace.of(f"{node}/Data", APP, format="bin"),
                    Add.of(f"{DELIVERED}/B"), Add.of(f"{DELIVERED}/B/Data", b"1", format="bin")) == [200, 200, 200, 200,
                                                                                               420]  # fmt: skip
    device = phone(room=len(PACKAGE) - 1)
    assert statuses(device, Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin")) == [420]
    assert value(device, "./FUMO/State") == "10"
    assert statuses(phone(room=len(PACKAGE)), Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin")) == [200]


@pytest.mark.parametrize("octets", [APP, b"", b"short"])
def test_what_is_delivered_stands_in_place_of_what_was_fetched(octets: bytes) -> None:
    device = phone("scomo", world={APP_URL: APP}, space=len(APP) + 10)
    owner: Scomo = device.objects["./SCOMO"]  # type: ignore[assignment]
    do(device, Add.of(NODE), Replace.of(f"{NODE}/PkgID", "app"), Replace.of(f"{NODE}/PkgURL", APP_URL),
       Exec.of(f"{NODE}/Operations/Download"))  # fmt: skip
    now = rest(device)
    data = f"{DELIVERED}/App/Data"
    assert statuses(device, Add.of(data, APP + b"z" * 11, format="bin"), now=now) == [420]
    assert owner.free(device.tree) == 10 and data not in device.tree
    assert statuses(device, Add.of(data, octets, format="bin"), now=now) == [200]
    assert owner.free(device.tree) == len(APP) + 10 - len(octets)
    do(device, Exec.of(f"{DELIVERED}/App/Operations/Install", correlator="i"), now=now)
    rest(device, now)
    assert told(device)[-1] == (SERVER, "1200" if octets == APP else "1407", "i")


# -- what the world answers


@pytest.mark.parametrize("status", [200, 204, 301, 304, *range(400, 412), 413, 418, 429, 451, *range(500, 505), 507,
                                    511, 599, 0, 7, 99, 600, 1200, -1])  # fmt: skip
def test_every_answer_of_the_world_has_a_code_of_the_object(status: int) -> None:
    device = phone(world={URL: status}).with_object("scomo", world={APP_URL: status})
    for name in ("fumo", "scomo"):
        begin(device, name)
    rest(device)
    fumo, software_ = sorted(int(code) for _, code, _ in told(device))
    assert fumo in FUMO_RESULTS and not FUMO_RESULTS[fumo].is_success
    assert software_ in SCOMO_RESULTS and not SCOMO_RESULTS[software_].is_success
    own = {401, 403, 404, 405, 408, 410}  # said of the user, the package, the update: not of an address
    assert fumo not in own and software_ not in (1401, 1405, 1408)


def test_an_answer_404_is_told_apart_from_a_signature_that_fails() -> None:
    from dmkit.auth.signed import Trust

    codes = []
    for options in ({"world": {URL: 404}}, {"world": {URL: PACKAGE}, "trust": Trust(demand="signed")}):
        device = phone(**options)
        begin(device, "fumo")
        rest(device)
        codes += [code for _, code, _ in told(device)]
    assert codes == ["411", "404"]


def test_what_keeps_an_answer_from_coming_has_a_word_and_a_code() -> None:
    for result in FetchResult:
        assert fetch({URL: result}, URL).result is result
        device = phone(world={URL: result})
        begin(device, "fumo")
        rest(device)
        [(_, code, _)] = told(device)
        assert int(code) in FUMO_RESULTS and not FUMO_RESULTS[int(code)].is_success
    assert {answered(n) for n in range(-10, 1300)} == set(FetchResult) - {FetchResult.MEMORY}


def test_a_good_package_after_a_bad_answer() -> None:
    device = phone(world={URL: 418})
    begin(device, "fumo")
    now = rest(device)
    device.objects["./FUMO"].world = {URL: package(Image("T1", "2.2"))}  # type: ignore[attr-defined]
    begin(device, "fumo", now=now)
    rest(device, now)
    assert [code for _, code, _ in told(device)] == ["409", "200"]
