"""LAWMO: what a wipe and a factory reset take along.  DCMO: people and servers.  DiagMon: reports and traps."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.words.model import Add, Command, Delete, Exec, Get, Replace
from tests.mo.fleet import SERVER, do, phone, reports, rest, statuses, value

OPS = "./LAWMO/Operations"


def told(device: dm.Device, now: float = 0.0) -> str:
    rest(device, now)
    [(_, data, _)] = reports(device)
    device.due(1e9)
    return data


def test_a_wipe_takes_what_is_marked() -> None:
    device = phone("lawmo", wipeable={"Settings": "./APN", "Vendor": "./Vendor/Acme"})
    assert value(device, "./LAWMO/AvailableWipeList/2/ListItemName") == "Vendor"
    assert statuses(device, Exec.of(f"{OPS}/Wipe")) == [202] and told(device) == "1406"
    assert statuses(device, Replace.of("./LAWMO/AvailableWipeList/1/ToBeWiped", "true"), Exec.of(f"{OPS}/Wipe"),
                    now=50.0) == [200, 202]  # fmt: skip
    assert told(device, 50.0) == "1201"
    assert value(device, "./APN/Name") == "" and value(device, "./Vendor/Acme/Name") == "phone"
    assert value(device, "./LAWMO/AvailableWipeList/1/ToBeWiped") == "false"


def test_a_lock_outlives_a_restart() -> None:
    device = phone("lawmo")
    do(device, Exec.of(f"{OPS}/FullyLock"))
    device.power_off(0.5)
    device.power_on(9.0)
    assert told(device, 9.0) == "1200" and value(device, "./LAWMO/State") == "10"
    device.power_off(20.0)
    device.power_on(21.0)
    assert value(device, "./LAWMO/State") == "10"


def test_a_factory_reset_brings_back_the_tree_but_not_the_firmware() -> None:
    device = phone("lawmo").with_object("dmacc")
    do(device, Add.of("./Vendor/New", "x"), Replace.of("./APN/Name", "other"), Exec.of(f"{OPS}/FullyLock"))
    device.tree = device.tree.set("./DevDetail/FwV", "2.1")
    rest(device)
    device.due(1e9)
    assert statuses(device, Exec.of(f"{OPS}/FactoryReset"), now=10.0) == [202] and told(device, 10.0) == "1200"
    assert "./Vendor/New" not in device.tree and value(device, "./APN/Name") == "internet.old"
    assert value(device, "./DevDetail/FwV") == "2.1" and value(device, "./LAWMO/State") == "30"
    assert "./DMAcc/Operator" in device.tree and device.accounts


def test_accounts_may_go_with_a_factory_reset() -> None:
    """UNSURE whether they survive; where they do not, nobody is left to be told."""
    device = phone("lawmo", keep_accounts=False).with_object("dmacc")
    do(device, Exec.of(f"{OPS}/FactoryReset"))
    rest(device)
    assert "./DMAcc/Operator" not in device.tree and not device.accounts


def test_the_user_may_cancel_where_they_are_told() -> None:
    device = phone("lawmo", user=lambda what: False)
    assert statuses(device, Exec.of(f"{OPS}/FullyLock")) == [202] and told(device) == "1200"
    do(device, Replace.of("./LAWMO/LAWMOConfig/NotifyUser", "true"), Exec.of(f"{OPS}/UnLock"), now=9.0)
    assert told(device, 9.0) == "1401" and value(device, "./LAWMO/State") == "10"


@pytest.mark.parametrize(("name", "code"), [("FullyLock", "1402"), ("PartiallyLock", "1403"), ("Wipe", "1405"),
                                            ("FactoryReset", "1400")])  # fmt: skip
def test_operations_that_fail(name: str, code: str) -> None:
    device = phone("lawmo", breaks=frozenset({name}))
    do(device, Exec.of(f"{OPS}/{name}"))
    assert told(device) == code and value(device, "./LAWMO/State") == "30"


def test_both_spellings_of_unlock() -> None:
    device = phone("lawmo")
    do(device, Exec.of(f"{OPS}/FullyLock"))
    rest(device)
    assert statuses(device, Exec.of(f"{OPS}/Unlock"), now=5.0) == [202]


def test_the_owner_is_kept_from_enabling() -> None:
    device = phone("dcmo")
    owner: Any = device.objects["./DCMO"]
    deny = "./DCMO/Camera/DCMOConfig/DenyUserEnable"
    do(device, Replace.of(deny, "true"), Exec.of("./DCMO/Camera/Operations/Disable"))
    rest(device)
    assert value(device, "./DCMO/Camera/Enabled") == "false"
    assert owner.user_enables(device.tree, "Camera") == (device.tree, False)
    do(device, Replace.of(deny, "false"), now=9.0)
    tree, done = owner.user_enables(device.tree, "Camera")
    assert done and tree.get("./DCMO/Camera/Enabled").value == "true"
    assert not owner.user_enables(owner.plugged(device.tree, "Camera", False), "Camera")[1]


# -- DiagMon

DIAG = "./DiagMon/Battery"
PARM = f"{DIAG}/DiagMonConfig/ConfigParms"


def test_samples_and_periodic_reports() -> None:
    device = phone("diagmon", sensor=lambda now: 100 - now / 60)
    do(device, Replace.of(f"{PARM}/ReportCondition/Samples", "2"), Exec.of(f"{DIAG}/Operations/Start", correlator="d"))
    device.live(310.0)
    assert value(device, f"{DIAG}/DiagMonData/3") == "180 97" and value(device, f"{DIAG}/Status") == "20"
    assert reports(device) == [("0:CollectedSimpleDataReport", f"{n} samples", "d") for n in (2, 4)]
    assert statuses(device, Exec.of(f"{DIAG}/Operations/Stop"), now=320.0) == [202]
    assert reports(device)[-1] == ("0:OperationComplete", "1200", "d")
    device.live(1000.0)
    assert len(device.tree.get(f"{DIAG}/DiagMonData").children) == 5


@pytest.mark.parametrize(("parm", "limit", "code"), [("DefMemory", "3", "1403"), ("DefDuration", "200", "1404")])
def test_limits(parm: str, limit: str, code: str) -> None:
    device = phone("diagmon")
    do(device, Replace.of(f"{PARM}/{parm}", limit), Exec.of(f"{DIAG}/Operations/Start"))
    rest(device)
    assert value(device, f"{DIAG}/Status") == "30" and reports(device)[-1][1] == code


def test_a_trap_tells_a_server_and_starts_a_function() -> None:
    level = {"now": -80.0}
    device = phone("trap", sensor=lambda now: level["now"]).with_object("diagmon", sensor=lambda now: 1.0)
    trap = "./Trap/Signal"
    assert statuses(device, Add.of(f"{trap}/Below", 0, format="int"), Replace.of(f"{trap}/Below", "-100"),
                    Add.of(f"{trap}/ToRef/1"), Add.of(f"{trap}/ToRef/1/TargetServer", SERVER),
                    Add.of(f"{trap}/ToRef/2"), Add.of(f"{trap}/ToRef/2/TargetMO", DIAG),
                    Replace.of(f"{trap}/Enabled", "true")) == [200] * 7  # fmt: skip
    device.live(130.0)
    assert not reports(device) and do(device, Get.of(f"{trap}/Ext/Active"), now=130.0)[0].text == "false"
    level["now"] = -110.0
    device.live(190.0)
    assert [r[0] for r in reports(device)] == ["0:TrapNotification"]
    assert do(device, Get.of(f"{trap}/Ext/Active"), now=200.0)[0].text == "true"
    assert value(device, f"{DIAG}/Status") == "20"
    level["now"] = -80.0
    device.live(260.0)
    assert [r[0] for r in reports(device)] == ["0:TrapNotification", "0:TrapInactiveNotification"]
    assert len(device.reports(SERVER, 260.0)) == 2 and device.reports("other", 260.0) == ()
    assert statuses(device, Replace.of(f"{trap}/Enabled", "false"), now=300.0) == [200]
    level["now"] = -120.0
    device.live(900.0)
    assert len(reports(device)) == 2


@pytest.mark.parametrize(
    "end",
    [Delete.of("./Trap/Signal/ToRef/2"),
     Replace.of("./Trap/Signal/ToRef/2/TargetMO", "./DiagMon/Other"), Replace.of("./Trap/Signal/ToRef/2/TargetMO", "")],
)  # fmt: skip
def test_a_trap_tells_when_it_starts_a_function_no_more(end: Command) -> None:
    device = phone("trap", sensor=lambda now: 50.0).with_object("diagmon", sensor=lambda now: 1.0)
    ref = "./Trap/Signal/ToRef"
    do(device, Add.of(f"{ref}/1"), Add.of(f"{ref}/1/TargetServer", SERVER), Add.of(f"{ref}/2"),
       Add.of(f"{ref}/2/TargetMO", DIAG))  # fmt: skip
    assert not reports(device)
    do(device, Replace.of("./Trap/Signal/Enabled", "true"))
    assert not reports(device), "it may be switched on and off"
    do(device, end)
    assert [(r[0], r[1]) for r in reports(device)] == [("0:TrapDeregistered", DIAG)]
    assert len(device.reports(SERVER, 0.0)) == 1 and device.reports("other", 0.0) == ()
    do(device, Get.of("./DevInfo/DevId"))
    assert len(reports(device)) == 1, "once"


def test_a_server_sets_and_takes_away_the_limits_of_a_trap() -> None:
    device = phone("trap", sensor=lambda now: 50.0)
    for leaf in ("Above", "Below"):
        uri = f"./Trap/Signal/{leaf}"
        assert statuses(device, Add.of(uri, 7, format="int"), Replace.of(uri, 8), Delete.of(uri)) == [200, 200, 200]


def test_a_trap_opens_sessions_by_itself() -> None:
    device = phone("trap", sensor=lambda now: 50.0 if now > 500 else 10.0)
    device.tree = device.tree.set("./Trap/Signal/Above", dm.Node("int", "20"))
    server = dm.Server.example(device)
    do(device, Add.of("./Trap/Signal/ToRef/1"), Add.of("./Trap/Signal/ToRef/1/TargetServer", SERVER),
       Replace.of("./Trap/Signal/Enabled", "true"))  # fmt: skip
    from dmkit.device.agenda import next_report

    when = next_report(device)
    assert when == 540.0
    dm.converse(device, server, now=when)
    assert [int(a.alert.code) for _, a in server.alerts] == [1201, 1226] and not reports(device)
