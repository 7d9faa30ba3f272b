"""Services on real management objects: their descriptions are enforced, and what fails is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

import dmkit as dm
from dmkit import services

FILE = Path(__file__).resolve().parents[2] / "data" / "services" / "objects.toml"
OBJECTS = ("nap", "proxy", "browser", "mail", "mms")


def phone() -> dm.Device:
    device = dm.Device.example()
    for name in OBJECTS:
        device.with_object(name)
    return device


def provision(device: dm.Device, *want: str) -> object:
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.provision(want, catalogue=str(FILE)))
    return server.results[-1].result


def leaves(device: dm.Device) -> dict[str, object]:
    return {uri: node.value for uri, node in device.tree.walk(".") if not node.is_interior}


def test_every_address_of_the_catalogue_is_one_of_the_objects():
    there = leaves(phone())
    catalogue = services.read(FILE)
    assert {setting.uri for service in catalogue.services.values() for setting in service.settings} <= set(there)


def test_three_services_are_set_up_and_nothing_else_changes():
    device = phone()
    before = leaves(device)
    done = provision(device, "browsing", "mms", "mail")
    after = leaves(device)
    assert done.state == "done", done
    assert (
        after["./Proxy/Main/Addr"] == "198.51.100.7"
        and after["./Application/MMS/Addr"] == "https://mmsc.operator.example/"
    )
    catalogue = services.read(FILE)
    touched = {setting.uri for service in catalogue.services.values() for setting in service.settings}
    assert {uri for uri in after if after[uri] != before.get(uri)} <= touched
    again = leaves(device)
    assert provision(device, "browsing", "mms", "mail").state == "done" and leaves(device) == again


@pytest.mark.parametrize("place", ["./Proxy/Main/Addr", "./Application/MMS/Addr"])
def test_what_a_refused_step_left_behind_is_taken_back(place):
    device = phone()
    before = leaves(device)
    device.tree = device.tree.with_acl(place, "Get=*")
    done = provision(device, "mms")
    assert done.state != "done"
    assert leaves(device) == before
