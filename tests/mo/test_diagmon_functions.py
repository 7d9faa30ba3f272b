"""Functions behind the frame of DiagMon: identifiers, records, and what power, Stop and other objects do to them."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.ddf.spec import Basis
from dmkit.mo.diagmon import Function
from dmkit.mo.diagmon_functions import FUNCTIONS, REGISTERED, DiagFunction, DiagWay, described
from dmkit.mo.object import load
from dmkit.words.model import Exec, Replace
from dmkit.words.outcome import After
from tests.mo.fleet import SERVER, do, phone, reports, rest, statuses, value

AT = "./DiagMon/Battery"
PARM = f"{AT}/DiagMonConfig/ConfigParms"
BY_NAME = pytest.mark.parametrize("function", list(FUNCTIONS.values()), ids=list(FUNCTIONS))


def start(device: dm.Device, correlator: str = "c", now: float = 0.0) -> list[int]:
    return statuses(device, Exec.of(f"{AT}/Operations/Start", correlator=correlator), now=now)


def record(device: dm.Device, number: int) -> dict[str, Any]:
    node = device.tree.get(f"{AT}/DiagMonData/{number}")
    return {name: child.value for name, child in node.children.items()}


def test_what_is_registered_is_told_from_what_is_our_own() -> None:
    assert len(REGISTERED) == len(set(REGISTERED)) == 27 and set(FUNCTIONS) <= set(REGISTERED)
    spec = described(load("diagmon"), "batteryinfo")
    bases = {place.uri: place.node.basis for place in spec.walk()}
    assert bases["./DiagMon"] is Basis.ESTABLISHED and spec.roots[0].object_id == "urn:oma:mo:oma-diag:batteryinfo:1.0"
    own = {uri for uri in bases if uri.startswith("./DiagMon/DiagMonData/")}
    assert {uri.rpartition("/")[2] for uri in own} >= {"Time", "Level", "Charging", "Temperature"}
    assert {bases[uri] for uri in own} == {Basis.PROPOSAL}
    assert bases["./DiagMon/DiagMonConfig/ConfigParms"] is Basis.IMPLEMENTATION, "the frame stays as it is"


@BY_NAME
def test_an_instance_is_one_of_its_description(function: DiagFunction) -> None:
    device = phone("diagmon", function=function.name)
    assert dm.mo.OBJECTS["diagmon"].make(AT, {"function": function.name}).spec.roots[0].object_id == function.id
    assert value(device, f"{AT}/Description") == function.title
    assert start(device) == [202]
    if function.way is DiagWay.LOG:
        device.power_off(1.0)
        device.power_on(2.0)
    device.live(200.0)
    found = record(device, 1)
    assert next(iter(found)) == "Time" and set(found) == {"Time", *(leaf.name for leaf in function.leaves)}
    spec = device.objects[AT].spec
    assert not [f for f in spec.check(device.tree) if f.uri.startswith(AT)], "every node is described"
    formats = {leaf.name: leaf.format.value for leaf in function.leaves}
    node = device.tree.get(f"{AT}/DiagMonData/1")
    assert {name: child.format for name, child in node.children.items() if name != "Time"} == formats


@pytest.mark.parametrize("name", ["phonebook", "SMSUsage", "devicelocation"])
def test_what_reads_once_reports_and_is_idle(name: str) -> None:
    device = phone("diagmon", function=name)
    start(device, "one")
    assert value(device, f"{AT}/Status") == "20"
    rest(device)
    assert value(device, f"{AT}/Status") == "10" and reports(device) == [("0:OperationComplete", "1200", "one")]
    start(device, "two", now=50.0)
    rest(device, 50.0)
    assert list(device.tree.get(f"{AT}/DiagMonData").children) == ["1"], "the store is empty with each start"
    assert reports(device)[-1][2] == "two"


def test_a_restart_cuts_off_what_goes_on_and_is_reported_when_the_device_has_started() -> None:
    device = phone("diagmon", function="restart", boots=7.0).with_object("scomo")
    booted: list[float] = []
    owner: Any = device.objects["./SCOMO"]
    device.objects["./SCOMO"] = _Watched(owner, booted)  # type: ignore[assignment]
    assert start(device, "r", now=3.0) == [202]
    device.live(3.0)
    assert booted == [3.0] and device.is_on and value(device, f"{AT}/Status") == "20"
    rest(device, 3.0)
    assert reports(device) == [("0:OperationComplete", "1200", "r")]
    assert record(device, 1) == {"Time": "10", "Cause": "asked for"}


class _Watched:
    """An object, and when it was started."""

    def __init__(self, owner: Any, booted: list[float]) -> None:
        self.owner, self.booted = owner, booted

    def __getattr__(self, name: str) -> Any:
        return getattr(self.owner, name)

    def boot(self, tree: Any, lost: Any, now: float) -> Any:
        self.booted.append(now)
        return self.owner.boot(tree, lost, now)


def test_a_restart_that_is_stopped_while_it_is_awaited_does_not_happen() -> None:
    """Firmware is being written, so the restart waits; meanwhile another server stops the function."""
    from dmkit.mo.firmware import Image, package

    device = phone("diagmon", function="restart").with_object("fumo", blocks=4)
    put = Replace.of("./FUMO/Update/PkgData", package(Image("T1", "2.1", size=400)), format="bin")
    do(device, put, Exec.of("./FUMO/Update", correlator="f"))
    while not device.objects["./FUMO"].holds(device.tree):
        device.live(min(e.at for e in device.agenda if isinstance(e.what, After)))
    now = max(e.since for e in device.agenda)
    start(device, "r", now=now)
    device.live(now)
    assert value(device, f"{AT}/Status") == "20" and not [r for r in reports(device) if r[2] == "r"]
    do(device, Exec.of(f"{AT}/Operations/Stop", correlator="s"), now=now, by="other")
    rest(device, now)
    assert sorted((e.by, e.what.correlator) for e in device.agenda if e.what.type.endswith("OperationComplete")) == [
        (SERVER, "r"), ("other", "s")] and not device.tree.get(f"{AT}/DiagMonData").children  # fmt: skip


@pytest.mark.parametrize("when", [0.5, 3.0, 6.0])
def test_power_that_goes_while_the_device_starts_delays_the_report_and_takes_none_away(when: float) -> None:
    device = phone("diagmon", function="restart", boots=7.0)
    start(device, "r")
    device.live(0.0)
    device.power_off(when)
    device.power_on(when + 100.0)
    rest(device, when + 100.0)
    assert reports(device) == [("0:OperationComplete", "1200", "r")]
    assert list(device.tree.get(f"{AT}/DiagMonData").children) == ["1"]


def test_a_log_has_a_record_of_each_start_until_it_is_full() -> None:
    device = phone("diagmon", function="paniclog")
    do(device, Replace.of(f"{PARM}/DefMemory", "2"))
    start(device, "log")
    for now in (100.0, 200.0, 300.0):
        device.power_off(now)
        device.power_on(now + 5.0)
    rest(device, 400.0)
    assert [record(device, n)["Time"] for n in (1, 2)] == ["105", "205"], "the third finds it stopped"
    assert value(device, f"{AT}/Status") == "30" and reports(device) == [("0:OperationComplete", "1403", "log")]


def test_a_log_ends_after_its_time_and_keeps_what_it_has() -> None:
    device = phone("diagmon", function="paniclog")
    do(device, Replace.of(f"{PARM}/DefDuration", "1000"))
    start(device, "log")
    device.power_off(100.0)
    device.power_on(900.0)
    rest(device, 900.0)
    assert value(device, f"{AT}/Status") == "30" and reports(device)[-1] == ("0:OperationComplete", "1404", "log")
    assert len(device.tree.get(f"{AT}/DiagMonData").children) == 1


def test_a_log_that_is_idle_records_nothing() -> None:
    device = phone("diagmon", function="paniclog")
    device.power_off(1.0)
    device.power_on(2.0)
    assert not device.tree.get(f"{AT}/DiagMonData").children


def test_a_trap_starts_a_function_that_reads_once_and_the_server_of_the_function_is_told() -> None:
    device = phone("trap", sensor=lambda now: 10.0).with_object("diagmon", function="devicelocation")
    device.tree = device.tree.set(f"{AT}/ServerID", "com.other")
    device.tree, outcome = device.objects[AT].happen(device.tree, After(0.0, AT, "start"), 5.0)
    assert [later.event for later in outcome.later if isinstance(later, After)] == ["sample"]
    device.tree, outcome = device.objects[AT].happen(device.tree, outcome.later[0], 6.0)  # type: ignore[arg-type]
    assert [(later.to, later.data) for later in outcome.later] == [("com.other", "1200")]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"function": "batteryInfo"}, "DiagMon function 'batteryInfo' is not known; nearest: 'batteryinfo'"),
        (
            {"function": "volte_metrics"},
            "'volte_metrics' is registered, and has no behaviour here; there are batteryinfo",
        ),
        ({"function": 7}, "Function.function is 7; it must be a text"),
        ({"function": "restart", "boots": -1.0}, "Function.boots is -1.0; it must be a number from 0"),
        ({"fnction": "restart"}, "fnction"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: dict[str, Any], told: str) -> None:
    with pytest.raises(dm.ConfigError) as refused:
        phone("diagmon", **options)
    assert told in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        ({"Lvl": 3}, "batteryinfo measures no 'Lvl'; there are Level, Charging, Temperature"),
        ({"Level": "full"}, "batteryinfo, Level: 'full' is no int"),
        ({"Charging": 1}, "batteryinfo, Charging: 1 is no bool"),
        ({"Level": float("nan")}, "batteryinfo, Level: nan is no whole number"),
        ({"Level": float("inf")}, "batteryinfo, Level: inf is no whole number"),
        ({"Level": True}, "batteryinfo, Level: True is no int"),
    ],
)
def test_a_sensor_that_gives_something_else_is_one_sentence(measured: Any, told: str) -> None:
    device = phone("diagmon", function="batteryinfo", sensor=lambda now: measured)
    start(device)
    with pytest.raises(dm.ConfigError, match=told.replace("(", r"\(")):
        rest(device)


def test_a_number_is_the_first_leaf_and_less_than_all_may_be_measured() -> None:
    device = phone("diagmon", function="batteryinfo", sensor=lambda now: 55.4)
    do(device, Replace.of(f"{PARM}/DefMemory", "1"))
    start(device)
    rest(device)
    assert record(device, 1) == {"Time": "60", "Level": "55"}


def test_two_functions_stand_side_by_side_and_report_each_for_itself() -> None:
    device = phone("diagmon", function="phonebook").with_object(
        "diagmon", "./DiagMon/Radio", function="RFParms_3GPP_LTE"
    )
    do(device, Replace.of("./DiagMon/Radio/DiagMonConfig/ConfigParms/DefMemory", "2"))
    do(device, Exec.of(f"{AT}/Operations/Start", correlator="a"),
       Exec.of("./DiagMon/Radio/Operations/Start", correlator="b"))  # fmt: skip
    rest(device)
    assert sorted(reports(device)) == [("0:OperationComplete", "1200", "a"), ("0:OperationComplete", "1403", "b")]
    assert isinstance(device.objects["./DiagMon/Radio"], Function)
