"""A device is a value: snapshot, restore, the memory of its objects, and who is told after a loss of power."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit import mo
from dmkit.auth.sealed import SealKey, seal
from dmkit.device.device import counted_nonces
from dmkit.mo.scomo import PackageComponent, software
from dmkit.words.codes import StatusCode
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Atomic, Command, Exec, Get, Replace
from dmkit.words.outcome import After, Later

ALL = "Add=*&Get=*&Replace=*&Delete=*&Exec=*"
ONE, TWO = "com.mgmtsrv.manage", "com.other.dm"


def phone(*objects: tuple[str, dict[str, Any]], **tree_rules: Any) -> dm.Device:
    """The example with ``objects``, whose nodes everybody may touch."""
    rules = dm.Rules(tree=dm.TreeRules(**tree_rules))
    device = dm.Device.example(rules=rules)
    second = replace(device.accounts[0], server_id=TWO, address="https://other.example.com/dm")
    device.accounts.append(second)
    for name, options in objects:
        device.with_object(name, **options)
    return device


# -- snapshot and restore


@pytest.mark.parametrize("name", sorted(set(mo.OBJECTS) - {"sched"}))
def test_every_object_is_part_of_the_value(name: str) -> None:
    device = phone((name, {}))
    before = device.snapshot()
    device.power_off(1.0)
    assert device.snapshot() != before
    device.restore(before)
    assert device.snapshot() == before and hash(device.snapshot()) == hash(before) and device.is_on


def test_a_device_goes_back_to_any_moment_of_an_update() -> None:
    """From each state of FUMO the rest happens again as it did: tree, memory and reports."""
    device = phone(("fumo", {"world": {"https://fw.example.com/x": b"no package" * 100_000}}))
    commands = (
        Replace.of("./FUMO/DownloadAndUpdate/PkgURL", "https://fw.example.com/x"),
        Exec.of("./FUMO/DownloadAndUpdate", correlator="c"),
    )
    assert [o.status for o in device.execute(commands, ONE, 0.0).outcomes] == [200, 202]
    moments = [device.snapshot()]
    while device.next_due is not None and not any(isinstance(due.what, Later) for due in device.agenda):
        device.live(device.next_due)
        moments.append(device.snapshot())
    assert len(moments) > 1 and len(set(moments)) == len(moments)
    for at, moment in enumerate(moments):
        device.restore(moment)
        again = [device.snapshot()]
        while len(again) < len(moments) - at:
            assert device.next_due is not None
            device.live(device.next_due)
            again.append(device.snapshot())
        assert again == moments[at:] and list(map(hash, again)) == list(map(hash, moments[at:]))


@given(st.lists(st.sampled_from(["exec one", "exec two", "stop", "live", "off", "on", "back"]), max_size=14))
def test_any_life_may_be_gone_again(script: list[str]) -> None:
    """What follows from a value once follows from it again, whatever happened in between."""
    device = phone(("dcmo", {}), ("diagmon", {"at": "./DiagMon/Battery"}))
    camera = "./DCMO/Camera/Operations"
    commands = {
        "exec one": (Exec.of(f"{camera}/Disable", correlator="1"), ONE),
        "exec two": (Exec.of("./DiagMon/Battery/Operations/Start", correlator="2"), TWO),
        "stop": (Exec.of("./DiagMon/Battery/Operations/Stop"), TWO),
    }
    now = 0.0
    known = [(device.snapshot(), now)]
    followed: dict[Any, Any] = {}
    for step in script:
        now += 1.0
        here = device.snapshot()
        if step == "back":
            value, now = known[len(known) // 2]
            device.restore(value)
            assert device.snapshot() == value and hash(device.snapshot()) == hash(value)
            continue
        told: Any = None
        if step in commands and device.is_on:
            command, by = commands[step]
            told = [o.status for o in device.execute((command,), by, now).outcomes]
        elif step == "live":
            device.live(now)
            told = device.reports(ONE, now), device.reports(TWO, now)
        elif step == "off":
            device.power_off(now)
        elif step == "on":
            device.power_on(now)
        came = (told, device.snapshot())
        assert followed.setdefault((here, step, now), came) == came
        known.append((came[1], now))


def test_a_card_is_part_of_the_value() -> None:
    from dmkit.card.card import Usim

    device = dm.Device.blank(card=Usim.example(pin_enabled=True), pin="1234")
    before = device.snapshot()
    assert isinstance(device.card, Usim)
    device.card.transmit(bytes.fromhex("002000010831323334FFFFFFFF"))
    assert device.snapshot() != before
    device.restore(before)
    assert device.snapshot() == before


def test_sessions_are_numbered_on_from_the_value() -> None:
    device = phone()
    before = device.snapshot()
    assert [device.connect().session_id for _ in range(2)] == ["1", "2"]
    device.restore(before)
    assert device.connect().session_id == "1"


# -- memory goes back with the tree


def broken(*inside: Command) -> Atomic:
    """All or nothing, and the last of it fails."""
    return Atomic((*inside, Replace.of("./NoSuch/Node", "x")))


OBJECTS: list[tuple[str, dict[str, Any], tuple[Command, ...]]] = [
    ("fumo", {}, (Replace.of("./FUMO/DownloadAndUpdate/PkgURL", "https://x"), Exec.of("./FUMO/DownloadAndUpdate"))),
    ("diagmon", {"at": "./DiagMon/Battery"}, (Exec.of("./DiagMon/Battery/Operations/Start"),)),
    ("trap", {"at": "./Trap/1"}, (Replace.of("./Trap/1/Enabled", True),)),
    ("lawmo", {}, (Exec.of("./LAWMO/Operations/FullyLock"),)),
    ("dcmo", {}, (Exec.of("./DCMO/Camera/Operations/Disable"),)),
]


@pytest.mark.parametrize(("name", "options", "inside"), OBJECTS, ids=[name for name, _, _ in OBJECTS])
def test_what_an_atomic_takes_back_leaves_no_task(name: str, options: dict[str, Any], inside: Any) -> None:
    """No memory, nothing on the agenda, and the same command works afterwards as on a device that never had it."""
    device, other = (phone((name, options), exec_in_atomic=True) for _ in range(2))
    [owner] = device.objects.values()
    known, before = owner.memory(), device.snapshot()
    [outcome] = device.execute((broken(*inside),), ONE, 1.0).outcomes
    assert outcome.status == StatusCode.ATOMIC_FAILED and outcome.parts[0].status == StatusCode.ROLLED_BACK
    assert owner.memory() == known and device.agenda == [] and device.tree.memory == before.tree.memory
    assert device.snapshot() == before
    done, fresh = (d.execute(inside, TWO, 2.0) for d in (device, other))
    assert [o.status for o in done.outcomes] == [o.status for o in fresh.outcomes] != []
    assert device.snapshot().tree == other.snapshot().tree and device.agenda == other.agenda


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_schedule_that_was_started_in_vain_does_not_run(taken_back: bool) -> None:
    """A control node in an Atomic: what is taken back is not wished; what is not, once."""
    from tests.mo.sched.schedules import DAILY, START, component, install
    from tests.mo.sched.schedules import phone as scheduled

    device = scheduled(session_rules=dm.Rules(tree=dm.TreeRules(exec_in_atomic=True)))
    assert set(install(device, "a", component(1, "Replace ./Vendor/Acme/Poll 60", **DAILY))) == {200}
    place = "./Sched/a"
    states = [device.tree.get(f"{place}/State").text]
    stop = Exec.of(f"{place}/Operations/Stop")
    device.execute((broken(stop) if taken_back else Atomic((stop,)),), ONE, START + 1)
    states.append(device.tree.get(f"{place}/State").text)
    assert (states[0] == states[1]) is taken_back
    assert device.scheduler is not None and device.scheduler.wishes == () == device.tree.memory["./Sched"]


def test_an_exec_that_is_taken_back_does_not_report() -> None:
    """The task of the second server is the only one, and nobody else hears of it."""
    device = phone(("fumo", {"world": {}}), exec_in_atomic=True)
    put = Replace.of("./FUMO/DownloadAndUpdate/PkgURL", "https://fw.example.com/none")
    device.execute((broken(put, Exec.of("./FUMO/DownloadAndUpdate", correlator="gone")),), ONE, 0.0)
    device.execute((put, Exec.of("./FUMO/DownloadAndUpdate", correlator="mine")), TWO, 1.0)
    while device.next_due is not None and not device.callers(device.next_due):
        device.live(device.next_due)
    assert device.next_due is not None
    assert device.reports(ONE, 1e6) == ()
    assert [alert.correlator for alert in device.reports(TWO, 1e6)] == ["mine"]


# -- two servers, two tasks, a power cut


def correlators(device: dm.Device, server: str, now: float) -> list[str | None]:
    """Which of its Execs ``server`` is told of."""
    return [alert.correlator for alert in device.reports(server, now)]


SCOMO = {
    "world": {f"https://apps.example.com/{n}": software(f"app{n}", [PackageComponent(f"app{n}.core")]) for n in (1, 2)}
}
PAIRS: list[tuple[str, dict[str, Any], tuple[Command, ...], tuple[Command, ...]]] = [
    ("dcmo", {}, (Exec.of("./DCMO/Camera/Operations/Disable", correlator="1"),),
     (Exec.of("./DCMO/Bluetooth/Operations/Disable", correlator="2"),)),
    ("lawmo", {}, (Exec.of("./LAWMO/Operations/FullyLock", correlator="1"),),
     (Exec.of("./LAWMO/Operations/UnLock", correlator="2"),)),
    ("scomo", SCOMO, *(
        (dm.Add.of(f"./SCOMO/Download/{n}/PkgID", f"app{n}"),
         Replace.of(f"./SCOMO/Download/{n}/PkgURL", f"https://apps.example.com/{n}"),
         Exec.of(f"./SCOMO/Download/{n}/Operations/DownloadInstall", correlator=str(n))) for n in (1, 2))),
]  # fmt: skip


@pytest.mark.parametrize("cuts", [1, 2, 3])
@pytest.mark.parametrize(("name", "options", "first", "second"), PAIRS, ids=[row[0] for row in PAIRS])
def test_each_server_is_told_of_its_own_task_after_a_power_cut(
    name: str, options: dict[str, Any], first: Any, second: Any, cuts: int
) -> None:
    """As often as power goes: who asked for it hears of it, and nobody else does."""
    device = phone((name, options))
    assert device.execute(first, ONE, 0.0).outcomes[-1].status == 202, device.execute(first, ONE, 0.0)
    assert device.execute(second, TWO, 0.1).outcomes[-1].status == 202
    now = 0.2
    for _ in range(cuts):
        device.power_off(now)
        assert not [due for due in device.agenda if isinstance(due.what, After)], "nothing happens while it is off"
        device.power_on(now + 0.1)
        now += 0.2
    assert set(device.callers(1e6)) == set()
    device.live(1e6)
    assert correlators(device, ONE, 1e6) == ["1"] and correlators(device, TWO, 1e6) == ["2"]
    assert set(device.callers(1e6)) == {ONE, TWO}


def test_an_answer_of_one_server_is_none_of_another() -> None:
    """Two tasks without correlators make reports that look alike; each is answered by its own server, one at a time."""
    device = phone(("dcmo", {}))
    disable = (Exec.of("./DCMO/Camera/Operations/Disable"),)
    for by in (ONE, TWO, TWO):
        device.execute(disable, by, 0.0)
    device.live(10.0)
    [like] = device.reports(ONE, 10.0)
    assert device.reports(TWO, 10.0) == (like, like)
    device.reported(like, TWO)
    assert device.reports(TWO, 10.0) == (like,) and device.reports(ONE, 10.0) == (like,)
    device.reported(like, ONE)
    assert device.reports(TWO, 10.0) == (like,) and device.callers(10.0) == (TWO,)
    device.reported(like, ONE)
    assert device.callers(10.0) == (TWO,), "it has answered its own already"
    device.reported(like, TWO)
    assert device.callers(10.0) == ()


def test_each_server_hears_of_its_own_task_in_its_session() -> None:
    """Over the air: two servers, the same task, no correlator; after both sessions nobody has to call again."""
    device = phone(("dcmo", {}))
    for by in (ONE, TWO):
        device.execute((Exec.of("./DCMO/Camera/Operations/Disable"),), by, 0.0)
    device.power_off(0.5)
    device.power_on(1.0)
    device.live(10.0)
    assert device.callers(10.0) == (ONE, TWO)
    for at, account in enumerate(list(device.accounts)):
        server = dm.Server({device.address: account}, nonces=lambda name: counted_nonces("server"), rules=device.rules)
        dm.converse(device.connect(account), server, now=10.0)
        told = [item.source for _, event in server.alerts for item in event.alert.items]
        assert told == ["./DCMO/Camera/Operations/Disable"]
        assert len(device.callers(10.0)) == 1 - at


def test_a_firmware_report_goes_to_who_asked_after_a_power_cut() -> None:
    """FUMO and a diagnostic function side by side, of two servers: power goes once."""
    device = phone(("fumo", {"world": {}}), ("diagmon", {"at": "./DiagMon/Battery"}))
    parms = "./DiagMon/Battery/DiagMonConfig/ConfigParms"
    device.execute((Replace.of("./FUMO/DownloadAndUpdate/PkgURL", "https://fw.example.com/none"),
                    Exec.of("./FUMO/DownloadAndUpdate", correlator="1")), ONE, 0.0)  # fmt: skip
    device.execute((Replace.of(f"{parms}/DefDuration", 60),
                    Exec.of("./DiagMon/Battery/Operations/Start", correlator="2")), TWO, 0.0)  # fmt: skip
    device.power_off(0.01)
    assert {due.by for due in device.interrupted} == {ONE, TWO}
    device.power_on(5.0)
    assert device.interrupted == ()
    device.live(1e4)
    assert correlators(device, ONE, 1e4) == ["1"] and correlators(device, TWO, 1e4) == ["2"]


def test_devices_made_alike_are_equal() -> None:
    """With objects and their descriptions, too; so values of two worlds can be compared."""
    one, two, three = phone(("fumo", {})), phone(("fumo", {})), phone(("fumo", {"at": "./FUMO2"}))
    assert one.snapshot() == two.snapshot() != three.snapshot()
    assert hash(one.snapshot()) == hash(two.snapshot())


def test_get_shows_nothing_of_the_memory() -> None:
    device = phone(("fumo", {}))
    [outcome] = device.execute((Get.of("./FUMO?list=StructData"),), ONE, 0.0).outcomes
    assert device.tree.memory and "memory" not in repr(outcome.results)


def test_schedules_without_memory_say_so() -> None:
    device = phone(("sched", {}))
    if hasattr(device.scheduler, "memory"):
        assert device.snapshot() == device.snapshot()
    else:
        with pytest.raises(LocalProtocolError, match="keeps no value"):
            device.snapshot()


def test_serials_of_sealed_values_are_part_of_the_value() -> None:
    """A device that goes back opens again what it had not opened then, and refuses what it had."""
    device = phone()
    uri, key = "./APN/Name", SealKey(b"k" * 32, device.address, ("./APN/Name",))
    device.seal_key = key
    sealed = [
        Replace((seal(f"n{n}", uri, key.public, device.address, serial=n, entropy=bytes([n]) * 32),)) for n in (1, 2)
    ]

    def opens(number: int) -> bool:
        return device.execute((sealed[number],), ONE, 0.0).outcomes[0].ok

    before = device.snapshot()
    assert opens(0)
    after = device.snapshot()
    assert after != before and not opens(0)
    assert opens(1)
    device.restore(after)
    assert device.snapshot() == after and not opens(0) and opens(1)
    device.restore(before)
    assert device.snapshot() == before and opens(0)
