"""The catalogue of today: what must be there before what, and what gates it."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmkit as dm
from dmkit.ddf.spec import Basis
from dmkit.services import parse, plan, provision, read, works
from dmkit.services.plan import Install
from dmkit.services.settle import after
from tests.services.drive import drive, tree_of

TODAY = read(str(Path(__file__).resolve().parents[2] / "data" / "services" / "today.toml"))
PHONE = {"./Radio/LTE": "true", "./Radio/WLAN": "true", "./Card/Applications": "USIM"}
VOWIFI = {
    f"./Entitlement/VoWiFi/{name}": "1" for name in ("EntitlementStatus", "TC_Status", "AddrStatus", "ProvStatus")
}


def order(*want, values=PHONE):
    return [name for step in plan(TODAY, values, want).steps for name in step.services]


def test_certificates_come_before_the_profile_that_names_them():
    assert order("office-wifi") == ["root", "identity", "office-wifi"]
    driven = drive(provision(["office-wifi"], catalogue=TODAY), TODAY, tree_of(TODAY, PHONE))
    profile = driven.tree.get("./Device/Vendor/MSFT/WiFi/Profile/Office/WlanXml").value
    assert driven.result.state == "done" and "trust A0C1D2; client 5CE9AB" in profile


@pytest.mark.parametrize("step", range(4))
def test_whichever_step_is_refused_nothing_stays_behind(step):
    start = tree_of(TODAY, PHONE)
    driven = drive(provision(["office-wifi"], catalogue=TODAY), TODAY, start, refuse={step})
    if driven.changes > step:
        assert driven.result.state == "undone", driven.result
        kept = {uri: node.value for uri, node in driven.tree.walk() if not node.is_interior}
        assert kept == {uri: node.value for uri, node in start.walk() if not node.is_interior and uri in kept}


def test_the_last_office_service_takes_its_certificates_along():
    there = dict(after(PHONE, plan(TODAY, PHONE, ["office-wifi"]).changes))
    gone = plan(TODAY, there, [], ["office-wifi"])
    told = [str(change) for change in gone.changes]
    assert any("uninstall device-certificate" in text for text in told)
    assert any("uninstall root-certificate" in text for text in told)


@pytest.mark.parametrize("name", sorted(VOWIFI))
@pytest.mark.parametrize(("value", "able"), [("0", False), ("1", True), ("2", None), ("3", False)])
def test_voice_over_wifi_is_gated_by_every_status(name, value, able):
    able = not name.endswith("EntitlementStatus") if able is None else able
    assert bool(plan(TODAY, PHONE | VOWIFI | {name: value}, ["vowifi"])) == able
    assert not plan(TODAY, PHONE | VOWIFI | {"./Radio/Roaming": "true"}, ["vowifi"])


def test_a_status_in_progress_is_waited_for():
    device = dm.Device.example()
    for uri, value in (PHONE | VOWIFI | {"./Entitlement/VoWiFi/ProvStatus": "3"}).items():
        device.tree = device.tree.set(uri, value)
    server = dm.Server.example(device)
    dm.converse(device, server, job=provision(["vowifi"], catalogue=TODAY))
    assert not server.results
    device.tree = device.tree.set("./Entitlement/VoWiFi/ProvStatus", "1")
    dm.converse(device, server)
    assert server.results[-1].result.state == "done", server.results[-1].result


def test_a_profile_is_as_good_as_a_card_and_a_thing_trusts_before_it_registers():
    assert "esim-profile" in order("volte", values={"./Radio/LTE": "true", "./eUICC/Present": "true",
                                                    "./Entitlement/VoLTE/EntitlementStatus": "1"})  # fmt: skip
    assert order("metering") == ["lwm2m-security", "lwm2m-server", "metering"]
    assert order("mms") == ["nap", "proxy", "mms"]


def test_every_service_can_be_had_on_some_device_and_says_on_what_it_rests():
    rich = PHONE | VOWIFI | {"./eUICC/Present": "true", "./Entitlement/VoLTE/EntitlementStatus": "1"}
    found = plan(TODAY, rich, list(TODAY.services))
    assert set(works(TODAY, after(rich, found.changes))) == set(TODAY.services)
    bases = {setting.basis for service in TODAY.services.values() for setting in service.settings}
    assert bases >= {Basis.EVIDENCE, Basis.UNSURE, Basis.ESTABLISHED, Basis.PROPOSAL}


COSTS = {"root-certificate": 2, "device-certificate": 5, "vpn-client": 10, "meter": 10}
"""What an installation costs by the catalogue; ten where it says nothing."""


def test_what_packages_cost_is_what_the_plans_with_them_cost():
    """Each package is installed by some plan, whose cost is theirs and one for each leaf."""
    installed = {}
    for name in TODAY.services:
        found = plan(TODAY, PHONE | VOWIFI | {"./eUICC/Present": "true"}, [name])
        changes = getattr(found, "changes", ())
        packages = {change.name for change in changes if isinstance(change, Install)}
        assert not changes or found.cost == sum(COSTS[n] for n in packages) + len(changes) - len(packages)
        installed |= dict.fromkeys(packages)
    assert installed.keys() == COSTS.keys() == TODAY.software.keys()


def test_a_cheaper_package_is_taken_where_either_would_do():
    two = """
[software.a]
at = "./A"
packages = [{version = "1", install = "./A1", cost = 7}, {version = "2", install = "./A2", cost = 3}]
[service.s]
needs = ["software:a"]
"""
    assert [(c.after, c.cost) for c in plan(parse(two), {}, ["s"]).changes] == [("2", 3)]
