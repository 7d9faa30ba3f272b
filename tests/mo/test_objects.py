"""All objects: their descriptions pass lint, their instances the check, and all says on what it rests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dmkit as dm
from dmkit.ddf.linting.report import Severity, lint
from dmkit.ddf.spec import NodeSpec, Scope
from dmkit.mo import CAPABILITIES, OBJECTS
from dmkit.mo.machine import MoveRefused
from dmkit.mo.object import moved
from dmkit.words.codes import Verb
from dmkit.words.model import Get, Replace
from tests.mo.fleet import do, phone, statuses, value

EACH = pytest.mark.parametrize("name", list(OBJECTS))


@EACH
def test_its_description_passes_lint(name: str) -> None:
    report = lint(OBJECTS[name].spec)
    assert not report.at_least(Severity.WARNING), report.text()


@pytest.mark.spec("O-01")
@EACH
def test_its_instance_passes_the_check(name: str) -> None:
    row = OBJECTS[name]
    device = phone(name)
    assert [str(f) for f in moved(row.spec, row.at).check(device.tree)] == []
    mo_id = row.spec.roots[0].mo_id
    assert mo_id == row.id or name == "sched"  # a proposal writes no identifier that looks like one of OMA
    assert device.tree.get(row.at).type == device.tree.describe(row.at).object_type == mo_id
    assert device.objects[row.at].spec.check(device.tree) == () and device.is_on


@EACH
def test_every_node_code_and_move_says_on_what_it_rests(name: str) -> None:
    row = OBJECTS[name]
    assert None not in row.spec.bases() and row.source and row.title
    assert all(place.node.source for place in row.spec.walk())
    assert all(code.basis and code.source for code in row.results.values())
    for machine in row.machines:
        assert all(move.source for moves in machine.table.values() for move in moves.values())
        assert set(machine.spots) == set(machine.table) and machine.first in machine.table
        assert len(set(machine.spots.values())) == len(machine.spots)
        reached = {machine.first} | {m.to for moves in machine.table.values() for m in moves.values()}
        assert reached == set(machine.table), machine.name
    assert {str(c) for c in row.uses} <= set(CAPABILITIES)
    assert bool(row.alerts) == bool(row.machines)


@EACH
def test_it_can_stand_elsewhere(name: str) -> None:
    device = phone(name, at="./Vendor/Else/Here")
    assert device.objects["./Vendor/Else/Here"].spec.check(device.tree) == ()


@EACH
def test_power_may_go_and_come(name: str) -> None:
    device = phone(name)
    before = device.tree
    device.power_off(1.0)
    device.power_on(2.0)
    device.power_on(3.0)
    device.live(1e6)
    assert device.is_on and device.tree == before and not device.agenda


def test_secrets_are_never_read() -> None:
    device = phone("dmacc").with_object("nap").with_object("wlan")
    for uri in ("./DMAcc/Operator/AppAuth/1/AAuthSecret", "./NAP/Internet/AuthInfo/AuthSecret", "./Bearer/WLAN/Key"):
        assert statuses(device, Get.of(uri), Replace.of(uri, "new")) == [405, 200]


def test_an_account_object_is_an_account() -> None:
    device = phone("dmacc", values={"AppAddr/1/Addr": "https://other.example/dm"})
    assert [a.address for a in device.accounts] == ["https://other.example/dm"]
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.read("./DMAcc/Operator/Name"))
    assert server.results[0].result == {"./DMAcc/Operator/Name": "Operator"}


def test_what_a_device_has_already_stays() -> None:
    device = dm.Device.example()
    device.tree = device.tree.put("./DevInfo/Lang", dm.Node("chr", "fi"))
    device.with_object("devinfo").with_object("devdetail")
    assert value(device, "./DevInfo/Lang") == "fi" and value(device, "./DevDetail/DevTyp") == "phone"
    assert device.address == "IMEI:493005100592800"


def test_descriptions_are_enforced_where_an_object_stands_and_only_there() -> None:
    device = phone()
    assert statuses(device, dm.Add.of("./FUMO/Colour", "red"), dm.Add.of("./Vendor/Colour", "red")) == [405, 200]
    assert statuses(device, dm.Delete.of("./FUMO"), Get.of("./FUMO/Update/PkgData")) == [405, 405]


def test_values_that_are_not_described_are_named() -> None:
    with pytest.raises(dm.ConfigError, match=r"./NAP/Internet/Colour"):
        phone("nap", values={"Colour": "red"})
    assert phone("nap", empty=True).tree.get("./NAP/Internet/Addr").value == ""


def test_connectivity_in_the_tree_is_what_a_bootstrap_makes() -> None:
    """Names of the objects and of the rows of ``bootstrap.mapping`` agree, so one planner serves both."""
    from dmkit.bootstrap.mapping import APPLICATION
    from dmkit.bootstrap.mapping import OBJECTS as PARTS

    for name, part in (("nap", PARTS["NAPDEF"]), ("mail", APPLICATION), ("browser", APPLICATION)):
        known = {p.uri.split("/", 2)[-1] for p in OBJECTS[name].spec.walk()}
        shared = {path for path in part.leaves.values() if path in known}
        assert len(shared) >= 3, name
    assert OBJECTS["nap"].id == PARTS["NAPDEF"].type and OBJECTS["proxy"].id == PARTS["PXLOGICAL"].type


def test_a_refusal_is_false_and_says_why() -> None:
    for row in OBJECTS.values():
        for machine in row.machines:
            for state, event, move in machine.pairs():
                if isinstance(move, MoveRefused):
                    assert not move and event.value in move.why and (move.status is None) == (event.by != "server")
                else:
                    assert move and move.to in machine.table, (state, event)


def test_two_objects_of_one_kind() -> None:
    device = phone().with_object("fumo", at="./Second")
    assert do(device, Get.of("./Second/State"))[0].text == "10"


def test_a_wireless_bearer_refers_to_how_the_device_proves_itself() -> None:
    """ConnMO: the bearer names an instance of the EAP object; its secret is written and never read."""
    device = phone("eap").with_object("wlan", values={"Security": "wpa2-eap", "EAPRef": "./EAP/Office"})
    proof = value(device, "./Bearer/WLAN/EAPRef")
    assert OBJECTS["eap"].id == device.tree.get(proof).type == "urn:oma:mo:oma-connmo-eap:1.0"
    assert (value(device, f"{proof}/Type"), value(device, f"{proof}/Identity")) == ("EAP-TLS", "device@office.example")
    assert statuses(device, Replace.of(f"{proof}/Type", "PEAP"), dm.Add.of(f"{proof}/Secret", "word"),
                    Get.of(f"{proof}/Secret"), dm.Add.of(f"{proof}/Colour", "red")) == [200, 200, 405, 405]  # fmt: skip
    again = phone("eap", values={"Type": "PEAP", "Secret": "word"})
    assert statuses(again, Get.of("./EAP/Office/Secret"), Replace.of("./EAP/Office/Secret", "new")) == [405, 200]
    bases = OBJECTS["eap"].spec.bases()
    assert {basis.value for basis in bases if basis is not None} == {"established", "evidence", "proposal"}


@EACH
def test_what_a_server_may_set_it_may_make(name: str) -> None:
    """A leaf that need not be there and may be replaced can be added, or comes with an instance that can."""

    def walk(node: NodeSpec, inside: bool) -> Iterator[str]:
        comes = node.scope is Scope.DYNAMIC
        optional = str(node.occurrence) == "?" and comes and not inside
        access = node.access or frozenset()
        if optional and Verb.REPLACE in access and Verb.ADD not in access:
            yield node.name or "<x>"
        for child in node.children:
            yield from walk(child, inside or comes)

    assert not [leaf for root in OBJECTS[name].spec.roots for leaf in walk(root, False)]


@pytest.mark.parametrize(
    ("name", "option", "wrong", "why"),
    [
        ("sched", "local", None, "local is None; it must be a tzinfo or a text"),
        ("sched", "draw", 5, "draw is 5; it must be a function or None"),
        ("sched", "now", "x", "now is 'x'; it must be a number"),
        ("fumo", "blocks", "x", "blocks is 'x'; it must be a whole number"),
        ("nap", "empty", 5, "empty is 5; it must be True or False"),
    ],
)
def test_an_option_of_a_wrong_type_is_named_where_it_is_given(name: str, option: str, wrong: object, why: str) -> None:
    """Not when the object first needs it, which may be days later."""
    with pytest.raises(dm.ConfigError, match=f"management object '{name}': {why}"):
        dm.Device.example().with_object(name, **{option: wrong})
