"""Hardware that the device had not known, operations in another spelling, and a device that is off."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.mo import dcmo
from dmkit.session.events import Executed
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Exec, Replace
from tests.mo.fleet import PACKAGE, SERVER, URL, do, rest, value
from tests.mo.test_as_one import OTHER, reset, told


def owner(device: dm.Device) -> Any:
    return device.objects["./DCMO"]


def with_lidar(*names: str) -> dm.Device:
    device = dm.Device.example()
    for name in ("dcmo", *names):
        device.with_object(name)
    tree, alert = owner(device).found(device.tree, "Lidar", "Hardware", 5.0)
    device.become(tree)
    device.report(alert, now=5.0)
    return device


def test_hardware_that_nobody_knew_is_told_to_the_next_server() -> None:
    device = with_lidar()
    [alert] = device.reports(SERVER, 5.0)
    item = alert.items[0]
    assert (item.meta.type, item.source, item.data) == (dcmo.NEW, "./DCMO/Lidar", "Lidar")
    assert device.tree.get("./DCMO").children.keys() == {"Camera", "Bluetooth", "Lidar"}
    camera, lidar = (device.tree.get(f"./DCMO/{name}") for name in ("Camera", "Lidar"))
    assert camera.children.keys() == lidar.children.keys() and value(device, "./DCMO/Lidar/Property") == "lidar"
    do(device, Exec.of("./DCMO/Lidar/Operations/Disable", correlator="c"), now=6.0)
    rest(device, 6.0)
    assert value(device, "./DCMO/Lidar/Enabled") == "false" and (SERVER, "1200", "c") in told(device)


def test_it_is_taken_away_and_comes_back_like_any_other() -> None:
    device = with_lidar()
    do(device, Exec.of("./DCMO/Lidar/Operations/Disable"), now=6.0)
    rest(device, 6.0)
    for attached in (False, True):
        device.become(owner(device).plugged(device.tree, "Lidar", attached, 9.0))
        assert value(device, "./DCMO/Lidar/Attached") == str(attached).lower()
    assert value(device, "./DCMO/Lidar/Enabled") == "false", "it was switched off when it was taken away"


@pytest.mark.parametrize("attached", [True, False])
def test_a_reset_leaves_what_is_plugged_in_and_forgets_what_is_not(attached: bool) -> None:
    device = with_lidar("lawmo")
    device.become(owner(device).plugged(device.tree, "Lidar", attached, 6.0))
    reset(device, 7.0)
    rest(device, 7.0)
    assert ("./DCMO/Lidar" in device.tree) == attached and "./DCMO/Camera" in device.tree
    if attached:
        assert (value(device, "./DCMO/Lidar/Group"), value(device, "./DCMO/Lidar/Enabled")) == ("Hardware", "true")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Camera", r"\./DCMO has Camera already; plugged\(\) attaches it, or takes it away"),
        ("", "found: capability is ''; the name of a node is right, such as Camera"),
        ("A/B", "found: capability is 'A/B'; the name of a node is right"),
        (5, "capability"),
    ],
)
def test_what_is_no_new_hardware(name: Any, told: str) -> None:
    device = dm.Device.example().with_object("dcmo")
    with pytest.raises(dm.ConfigError, match=told):
        owner(device).found(device.tree, name)
    with pytest.raises(dm.ConfigError, match="has no capability 'Lidar'"):
        owner(device).plugged(device.tree, "Lidar", True)


# -- spellings


@pytest.mark.parametrize("name", ["UnLock", "Unlock", "unlock", "UNLOCK"])
def test_unlock_is_one_operation_in_any_case(name: str) -> None:
    device = dm.Device.example().with_object("lawmo")
    do(device, Exec.of("./LAWMO/Operations/FullyLock"))
    rest(device)
    device.due(1e9)
    assert do(device, Exec.of(f"./LAWMO/Operations/{name}", correlator="c"), now=9.0)[0].status == 202
    rest(device, 9.0)
    assert told(device) == [(SERVER, "1200", "c")] and value(device, "./LAWMO/State") == "30"


@pytest.mark.parametrize("how", ["UnLock", "unlock", "FULLYLOCK"])
@pytest.mark.parametrize("spelled", ["UnLock", "Unlock"])
def test_the_job_asks_for_it_in_either_spelling(how: str, spelled: str) -> None:
    device = dm.Device.example().with_object("lawmo")
    do(device, Exec.of("./LAWMO/Operations/FullyLock" if how.lower() == "unlock" else "./LAWMO/Operations/UnLock"))
    now = rest(device)
    device.due(1e9)
    if spelled == "Unlock":  # a device of another maker, on which case counts
        node = device.tree.get("./LAWMO/Operations/UnLock")
        path = ("LAWMO", "Operations")
        device.tree = dm.Tree(device.tree.remove("./LAWMO/Operations/UnLock").with_node((*path, "Unlock"), node).root)
        device.handlers["./LAWMO/Operations/Unlock"] = device.handlers.pop("./LAWMO/Operations/UnLock")
        device.objects.clear()  # nothing goes on by itself: only which operation is asked for counts
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.lock(how), now=now)
    done = [(e.command.items[0].target, e.outcome.status.value) for e in talk.events
            if isinstance(e, Executed) and isinstance(e.command, Exec)]  # fmt: skip
    wanted = "FullyLock" if how == "FULLYLOCK" else spelled
    assert done[-1] == (f"./LAWMO/Operations/{wanted}", 202), done


# -- a reset that waits, and power


def test_a_lock_that_is_asked_for_while_a_reset_awaits_firmware_is_carried_out_and_the_reset_unlocks() -> None:
    device = dm.Device.example().with_object("lawmo").with_object("fumo", kind="in place", world={URL: PACKAGE})
    do(device, Replace.of("./FUMO/Update/PkgData", PACKAGE, format="bin"), Exec.of("./FUMO/Update", correlator="fw"))
    device.live(5.0)
    reset(device, 5.0, OTHER)
    device.live(127.0)
    assert not told(device), "the reset would be over by now, and awaits the firmware"
    do(device, Exec.of("./LAWMO/Operations/FullyLock", correlator="lock"), now=127.0)
    device.live(129.0)
    assert value(device, "./LAWMO/State") == "10"
    rest(device, 129.0)
    assert told(device) == [(SERVER, "1200", "lock"), (SERVER, "200", "fw"), (OTHER, "1200", "reset")]
    assert value(device, "./LAWMO/State") == "30"


def test_a_device_that_is_off_carries_out_no_command() -> None:
    device = dm.Device.example().with_object("lawmo")
    before = device.tree
    device.power_off(1.0)
    off = "IMEI:493005100592800 is off; power_on comes before commands"
    for command in (Exec.of("./LAWMO/Operations/FullyLock"), Replace.of("./DevDetail/FwV", "2")):
        with pytest.raises(LocalProtocolError, match=off):
            device.execute((command,), SERVER, 2.0)
    assert device.tree == before and not device.agenda and device.execute((), SERVER, 2.0).outcomes == ()
    device.power_on(3.0)
    assert do(device, Exec.of("./LAWMO/Operations/FullyLock"), now=3.0)[0].status == 202


def test_a_session_does_not_go_on_while_the_device_is_off() -> None:
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.read("./DevInfo/Man"))
    session = device.connect()
    answer = server.receive(session.start().reply)
    device.power_off(0.0)
    with pytest.raises(LocalProtocolError, match="is off; power_on comes before commands"):
        session.receive(answer.reply)
