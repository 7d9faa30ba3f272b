"""The device as one, more of the same kinds: what is taken back, all mount orders, names that share their beginning."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

import dmkit as dm
from dmkit.mo import OBJECTS
from dmkit.mo.diagmon import FUNCTIONS
from dmkit.mo.lawmo import LawmoTimes
from dmkit.mo.scomo import PackageComponent, software
from dmkit.words.model import Add, Atomic, Delete, Exec, Replace
from dmkit.words.outcome import After
from tests.mo.fleet import APP, APP_URL, SERVER, URL, do, phone, rest, statuses, value
from tests.mo.test_as_one import DELIVERED, DEPLOYED, DIAG, NODE, OTHER, begin, plug, reset, told

ALIKE = "com.example.apps.messenger.abcde"
assert len(ALIKE) == 32


def put(device: dm.Device, name: str, *components: PackageComponent, now: float = 0.0,
        operation: str = "DownloadInstall") -> float:  # fmt: skip
    """Have a package fetched and installed; when that is over."""
    owner: Any = device.objects["./SCOMO"]
    node, url = f"./SCOMO/Download/{name}", f"https://apps.example.com/{name}"
    owner.world = {**owner.world, url: software(name, list(components))}
    do(device, Add.of(node), Replace.of(f"{node}/PkgID", name), Replace.of(f"{node}/PkgURL", url),
       Exec.of(f"{node}/Operations/{operation}", correlator=name), now=now)  # fmt: skip
    return rest(device, now)


def deployed(device: dm.Device) -> dict[str, str]:
    """Identifier -> name of the node."""
    names = device.tree.get(DEPLOYED).children
    return {value(device, f"{DEPLOYED}/{name}/ID"): name for name in names}


def failing(*commands: Any) -> Atomic:
    return Atomic((*commands, Delete.of("./Nowhere")))


def test_what_an_atomic_takes_back_is_not_reported_and_goes_on() -> None:
    device = phone("scomo", world={APP_URL: APP}).with_object("diagmon")
    device.become(device.tree.set(f"{DIAG}/DiagMonConfig/ConfigParms/DefMemory", 2))
    begin(device, "scomo", correlator="a")
    begin(device, "diagmon", correlator="b")
    taken_back = failing(Delete.of(NODE), Exec.of(f"{DIAG}/Operations/Stop", correlator="stop"))
    assert device.execute((taken_back,), OTHER, 0.0).outcomes[0].status == 507 and not told(device)
    rest(device)
    assert sorted(told(device)) == [(SERVER, "1200", "a"), (SERVER, "1403", "b")]


def test_what_an_atomic_began_and_took_back_never_was() -> None:
    device = phone("fumo").with_object("scomo", world={APP_URL: APP})
    do(device, Replace.of("./FUMO/Download/PkgURL", URL), Add.of(NODE), Replace.of(f"{NODE}/PkgURL", APP_URL))
    begun = [Exec.of(at, correlator="x") for at in ("./FUMO/Download", f"{NODE}/Operations/Download")]
    device.execute((failing(*begun),), OTHER, 0.0)
    rest(device)
    assert not told(device) and (value(device, "./FUMO/State"), value(device, f"{NODE}/Status")) == ("10", "10")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_that_is_stopped_reports_twice(function: str) -> None:
    device = phone("diagmon", function=function)
    begin(device, "diagmon", correlator="a")
    stop = Exec.of(f"{DIAG}/Operations/Stop", correlator="b")
    assert [do(device, stop, by=OTHER)[0].status, do(device, stop, by=OTHER)[0].status] == [202, 405]
    device.live(1000.0)
    assert sorted(told(device)) == sorted([(SERVER, "1200", "a"), (OTHER, "1200", "b")])


def test_no_pair_of_objects_makes_the_factory_image_depend_on_their_order() -> None:
    for a, b in combinations([name for name in OBJECTS if name != "lawmo"], 2):
        images = []
        for order in (("lawmo", a, b), (b, "lawmo", a), (b, a, "lawmo")):
            device = dm.Device.example()
            for name in order:
                device.with_object(name)
            fresh = {uri: node.value for uri, node in device.tree.walk()}
            reset(device)
            device.live(130.0)
            assert told(device) == [(SERVER, "1200", "reset")], order
            images.append({uri: node.value for uri, node in device.tree.walk()})
            assert images[-1] == fresh, order
        assert images[0] == images[1] == images[2], (a, b)


@pytest.mark.parametrize("reboot", ["", "before", "after", "both"])
def test_a_reset_at_every_step_of_an_installation(reboot: str) -> None:
    for steps in range(4):
        device = dm.Device.example().with_object("lawmo", times=LawmoTimes(reset=0.0))
        device.with_object("scomo", world={APP_URL: APP}, version="1.1")
        do(device, Add.of(NODE), Replace.of(f"{NODE}/Reboot", reboot))
        begin_at = [Replace.of(f"{NODE}/PkgURL", APP_URL), Exec.of(f"{NODE}/Operations/DownloadInstall",
                                                                    correlator="c")]  # fmt: skip
        do(device, *begin_at, by=OTHER)
        now = 0.0
        for _ in range(steps):
            now = min((e.at for e in device.agenda if isinstance(e.what, After)), default=now)
            device.live(now)
        over = bool(told(device))
        reset(device, now)
        rest(device, now)
        assert told(device) == [(OTHER, "1200" if over else "1400", "c"), (SERVER, "1200", "reset")], steps
        assert not device.tree.get(DEPLOYED).children


def test_names_alike_in_packages_one_after_the_other() -> None:
    device = phone("scomo")
    now = put(device, "p", PackageComponent(f"{ALIKE}x"), PackageComponent(f"{ALIKE}y"))
    before = deployed(device)
    now = put(device, "p", PackageComponent(f"{ALIKE}y", "2"), PackageComponent(f"{ALIKE}x", "2"), now=now)
    assert deployed(device) == before, "an update stays in its place"
    do(device, Exec.of(f"{DEPLOYED}/{before[f'{ALIKE}x']}/Operations/Remove"), now=now)
    put(device, "q", PackageComponent(f"{ALIKE}z"), now=rest(device, now))
    assert set(deployed(device)) == {f"{ALIKE}y", f"{ALIKE}z"} and deployed(device)[f"{ALIKE}y"] == before[f"{ALIKE}y"]


def test_no_link_of_a_chain_is_replaced_under_what_leans_on_it() -> None:
    device, now = phone("scomo"), 0.0
    for name, needs in (("a", ()), ("b", ("a",)), ("c", ("b",))):
        now = put(device, name, PackageComponent(name, needs=needs), now=now)
    for name, needs, code in (("a", (), "1405"), ("b", ("a",), "1405"), ("c", ("b",), "1200")):
        now = put(device, f"{name}-2", PackageComponent(name, "2", needs=needs), now=now)
        assert told(device)[-1] == (SERVER, code, f"{name}-2")
    assert statuses(device, Delete.of(f"{DEPLOYED}/a"), now=now) == [405]


def test_space_comes_back_from_what_was_cancelled_or_failed() -> None:
    big = PackageComponent("x", size=500)
    size = len(software("p", [big]))
    device = phone("scomo", space=size + 500, low_battery=True)
    owner: Any = device.objects["./SCOMO"]
    now = put(device, "p", big)
    assert told(device)[-1][1] == "1405" and owner.free(device.tree) == 500
    owner.low_battery = False
    now = put(device, "p", big, now=now)
    assert told(device)[-1][1] == "1200" and owner.free(device.tree) == 0
    now = rest(device, now) if do(device, Exec.of(f"{DEPLOYED}/x/Operations/Remove"), now=now) else now
    do(device, Delete.of(f"{DELIVERED}/p"), now=now)
    assert owner.free(device.tree) == size + 500


def test_a_switch_that_failed_for_want_of_hardware_changes_nothing() -> None:
    device = phone("dcmo")
    begin(device, "dcmo")
    rest(device)
    plug(device, False)
    do(device, Exec.of("./DCMO/Camera/Operations/Enable", correlator="on"), by=OTHER, now=5.0)
    rest(device, 5.0)
    plug(device, True)
    assert told(device)[-1] == (OTHER, "1404", "on") and value(device, "./DCMO/Camera/Enabled") == "false"


@pytest.mark.parametrize(("name", "uri"), [
    ("fumo", "./FUMO/None"), ("scomo", f"{NODE}/Operations/Download"), ("diagmon", f"{DIAG}/Operations/None"),
    ("dcmo", "./DCMO/None/Operations/Enable"), ("lawmo", "./LAWMO/Operations/None"),
])  # fmt: skip
def test_a_node_that_is_not_there_is_404_of_the_protocol_and_no_report(name: str, uri: str) -> None:
    device = phone(name)
    assert statuses(device, Exec.of(uri, correlator="c")) == [404]
    rest(device)
    assert not told(device)
