"""A server and those who are no devices: groups, ledger, originators, triggers.  [RD §6]"""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.server import jobs
from dmkit.server.groups import Addressed, Group, address, members
from dmkit.server.ledger import (
    KINDS,
    Ledger,
    LedgerEntry,
    LedgerSubscriber,
    OutsideRequest,
    entries_of,
    poll,
    read_entry,
    triggered,
)
from dmkit.server.originators import Delivery, Depot, Originator, OriginatorError
from dmkit.server.server import Server
from dmkit.words.errors import CodecError, ConfigError
from tests.auth.test_signed import CHAIN, MAKER_KEY, TRUST, sign

OWN = "com.mgmtsrv.manage"


def phones(*models: str) -> tuple[list[dm.Device], Server]:
    """Devices of these models, and the server that has met them all once."""
    made = []
    for n, model in enumerate(models):
        device = dm.Device.example()
        tree = device.tree.set("./DevInfo/DevId", f"IMEI:{n}").set("./DevInfo/Mod", model)
        made.append(dm.Device(tree, device.accounts[0]))
    server = Server.example(*made)
    for device in made:
        dm.converse(device, server)
    return made, server


# -- groups


@pytest.mark.spec("R-164")
def test_a_job_for_a_group_reaches_its_members_and_nobody_else() -> None:
    devices, server = phones("T1", "T1 plus", "X9")
    group = Group("T1 of all kinds", {"./DevInfo/Mod": "T1*"})
    assert members(server, group) == ("IMEI:0", "IMEI:1")
    assert address(server, group, jobs.write("./Vendor/Acme/Name", "for T1")) == Addressed(("IMEI:0", "IMEI:1"), {})
    for device in devices:
        dm.converse(device, server)
    assert [d.tree.get("./Vendor/Acme/Name").value for d in devices] == ["for T1", "for T1", "phone"]


@pytest.mark.spec("R-164")
def test_a_member_that_proves_nothing_is_left_out_with_the_reason() -> None:
    _, server = phones("T1", "T1")
    account = server.accounts["IMEI:1"]
    server.accounts["IMEI:1"] = dm.Account(account.server_id, account.address, None, account.server)
    said = address(server, Group("all", {"./DevInfo/Mod": "*"}), jobs.read("./DevInfo/Man"))
    assert said.queued == ("IMEI:0",) and "proves nothing" in said.left_out["IMEI:1"]
    server.accounts["IMEI:0"] = dm.Account(account.server_id, account.address, account.client, None)
    assert "nothing to prove itself with" in address(server, Group("a", named=frozenset({"IMEI:0"})),
                                                     jobs.read(".")).left_out["IMEI:0"]  # fmt: skip


def test_a_group_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="names no device and asks for nothing"):
        Group("empty")


# -- the ledger


def session(job: object = None, alerts: tuple[dm.Alert, ...] = (), user: object = None):
    device = dm.Device.example(user=user)  # type: ignore[arg-type]
    server = Server.example(device)
    talk = dm.converse(device, server, job=job, alerts=alerts, failing="tell")  # type: ignore[arg-type]
    return device, talk


def generic(type_: str, data: str, mark: str | None = None) -> dm.Alert:
    return dm.Alert(
        dm.words.AlertCode(1226),
        (dm.Item(source="./X", meta=dm.words.Meta(format="chr", type=type_, mark=mark), data=data),),
    )


@pytest.mark.spec("R-070", "R-071")
def test_transactions_are_published_in_one_form_and_confirmations_name_all_that_they_must() -> None:
    device, talk = session(jobs.ask("May we?"), user=dm.words.person(lambda question: True))
    ledger = Ledger(owners={device.address: "subscriber 7"}).subscribed(LedgerSubscriber("archive"))
    ledger, told = ledger.take(device.address, talk.steps, 12.5)
    [asked] = ledger.of(device.address, "confirmation")
    assert (asked.subscriber, asked.what, asked.at, asked.result, asked.good) == (
        "subscriber 7", "Alert 1101: May we?", 12.5, "200", True)  # fmt: skip
    assert [entry for _, entry in told] == list(ledger.entries) and [e.number for e in ledger.entries] == [1, 2]
    for entry in ledger.entries:
        assert read_entry(entry.print()) == entry


@pytest.mark.spec("R-061", "R-075")
def test_an_authority_hears_of_the_updates_of_devices_that_it_delegated_and_of_nothing_else() -> None:
    update = generic("urn:oma:at:fumo:1.0:Update", "200")
    device, talk = session(jobs.read("./DevInfo/Man"), alerts=(update,))
    ledger = Ledger().subscribed(LedgerSubscriber("authority", frozenset({"update"}), frozenset({device.address})))
    ledger = ledger.subscribed(LedgerSubscriber("other authority", devices=frozenset({"IMEI:other"})))
    _, told = ledger.take(device.address, talk.steps, 0.0)
    assert [(name, entry.kind, entry.result) for name, entry in told] == [("authority", "update", "200")]


@pytest.mark.spec("R-095", "R-163")
def test_faults_are_taken_and_published_and_care_is_told_of_errors_only() -> None:
    fault = generic("Reversed-Domain-Name: org.example.overheated", "81 degrees", "fatal")
    device, talk = session(jobs.read("./DevInfo/None", "./DevInfo/Man"), alerts=(fault, generic("a/b", "all is well")))
    ledger = Ledger().subscribed(LedgerSubscriber("care", failures_only=True))
    ledger, told = ledger.take(device.address, talk.steps, 0.0)
    assert {(entry.kind, entry.good) for _, entry in told} == {("fault", False), ("command", False)}
    assert {entry.kind for entry in ledger.entries} == {"fault", "report", "command", "session"}


@pytest.mark.spec("R-163")
def test_faults_are_polled() -> None:
    device = dm.Device.example()
    server = Server.example(device)
    dm.converse(device, server, job=poll("./Vendor/Acme/Poll", "./Vendor/Acme/None", good=["30"]))
    assert server.results[-1].result == {"./Vendor/Acme/None": "404 Not found"}
    device.become(device.tree.set("./Vendor/Acme/Poll", 31))
    dm.converse(device, server, job=poll("./Vendor/Acme/Poll", good=["30"]))
    assert server.results[-1].result == {"./Vendor/Acme/Poll": "31"}


@pytest.mark.spec("R-172")
def test_users_and_authorities_trigger_what_is_theirs() -> None:
    [device], server = phones("T1")
    known = {"rename": jobs.write("./Vendor/Acme/Name", "mine")}
    rights = {"ann": frozenset({"IMEI:0"}), "authority": frozenset({"IMEI:0", "IMEI:9"})}
    assert "no right" in triggered(server, OutsideRequest("bob", "IMEI:0", "rename"), known, rights)
    assert "no job is called 'wipe'" in triggered(server, OutsideRequest("ann", "IMEI:0", "wipe"), known, rights)
    assert "no account" in triggered(server, OutsideRequest("authority", "IMEI:9", "rename"), known, rights)
    assert not server.work.get("IMEI:0")
    assert triggered(server, OutsideRequest("ann", "IMEI:0", "rename"), known, rights) == ""
    dm.converse(device, server)
    assert device.tree.get("./Vendor/Acme/Name").value == "mine" and server.results[-1].job == "rename for ann"


@pytest.mark.spec("R-172")
def test_subscriber_data_stand_in_each_entry_of_a_device() -> None:
    device, talk = session(jobs.read("./DevInfo/Man"))
    assert {e.subscriber for e in entries_of(device.address, "sub", talk.steps, 0.0)} == {"sub"}


@given(st.binary(max_size=100))
@example(b'{"device":"\xff"}')
@example(b'{"\xff":1}')
@example(b'{"device":' + b"[" * 50_000)
def test_any_octets_are_no_entry_and_raise_one_error(octets: bytes) -> None:
    with pytest.raises(CodecError):
        read_entry(octets)


def test_a_subscriber_of_what_there_is_not() -> None:
    with pytest.raises(ConfigError, match="there are session, command"):
        LedgerSubscriber("x", frozenset({"gossip"}))
    assert all(LedgerEntry(1, kind, "d", "s", 0.0, "w", "r", True).kind == kind for kind in KINDS)  # type: ignore[arg-type]


# -- originators


GOOD = sign(b"an app", "app", 4, MAKER_KEY, CHAIN)
DEPOT = Depot().knowing(Originator("Acme", TRUST, frozenset({"T1", "T2"})))


@pytest.mark.spec("R-032", "R-168")
def test_what_an_originator_delivers_is_whole_and_his_and_for_his_models() -> None:
    depot, report = DEPOT.take("Acme", GOOD, ["T1"])
    assert report is None and [(d.name, d.version) for d in depot.deliveries] == [("app", 4)]
    for octets, models, who, where in (
        (GOOD[:-1] + b"!", ["T1"], "Acme", "package"),
        (b"no package", ["T1"], "Acme", "package"),
        (GOOD, ["X9"], "Acme", "target"),
        (GOOD, [], "Acme", "target"),
        (GOOD, ["T1"], "Mallory", "originator"),
    ):
        same, report = DEPOT.take(who, octets, models)
        assert same is DEPOT and report is not None and report.where == where
        assert report.text.startswith(f"{report.status} {where} ")


@pytest.mark.spec("R-167", "R-168")
def test_nothing_goes_where_it_should_not_and_errors_have_one_form() -> None:
    depot, _ = DEPOT.take("Acme", GOOD, ["T1"])
    newer, _ = depot.take("Acme", sign(b"an app, mended", "app", 5, MAKER_KEY, CHAIN), ["T1"])
    assert isinstance(found := newer.for_device("T1", "app"), Delivery) and found.version == 5
    assert newer.for_device("T2", "app") == OriginatorError("target", 403, "T2", "app is for T1")
    assert newer.for_device("T1", "game") == OriginatorError("package", 404, "game", "nobody delivered it")
    with pytest.raises(ConfigError, match="serves no model"):
        Depot().knowing(Originator("x", TRUST, frozenset()))
