"""What read and inventory bring: octets as octets in both forms, text as text, and why a root gave nothing."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.transport.database import as_json

OCTETS = bytes(range(256))


@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML], ids=repr)
@pytest.mark.parametrize("value", [OCTETS, b"", b"plain", b"\xff\xfe", "text", "\u00e4\u4e2d"])
def test_a_value_comes_back_as_it_is(codec, value):
    device = dm.Device.example(codec=codec)
    form = "bin" if isinstance(value, bytes) else "chr"
    device.tree = device.tree.put("./Vendor/Value", dm.Node(form, value))
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.read("./Vendor/Value"))
    server.enqueue(device.address, dm.jobs.inventory("./Vendor"))
    dm.converse(device, server)
    read, below = (result.result for result in server.results)
    assert read == {"./Vendor/Value": value} and below["./Vendor/Value"] == value


@pytest.mark.parametrize(("uri", "says"), [("./Nothing", "404"), ("./DMAcc/Nothing", "404"), ("./a//b", "4")])
def test_an_inventory_of_a_refused_root_says_so(uri, says):
    device = dm.Device.example()
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.inventory(uri))
    dm.converse(device, server, failing="tell")
    [result] = server.results
    assert not result.done and uri in result.why and says in result.why


def test_octets_in_a_result_are_written_down():
    assert as_json({"./A": b"\x00"}) == {"./A": {"b64": "AA=="}}
