"""Sealed values open on one device, at one node, once; everything else is refused and changes nothing."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.auth.sealed import SEALED, SealKey, is_sealed, seal
from dmkit.words.errors import ConfigError

IMEI = "IMEI:493005100592800"
KEY = SealKey(bytes(range(32)), IMEI)
URI = "./APN/Name"


def sealed(text="secret.apn", uri=URI, serial=1, device=IMEI, public=KEY.public, entropy=b"e" * 32, **said):
    return seal(text, uri, public, device, serial=serial, entropy=entropy, **said)


def fresh(**options):
    return SealKey(KEY.private, IMEI, **options)


def send(*items, key=None, rules=None):
    device = dm.Device.example(rules=rules)
    device.seal_key = key
    server = dm.Server.example(device)
    talk = dm.converse(device, server, job=dm.jobs.send(*(dm.Replace((item,)) for item in items)))
    return device, [outcome.status for outcome in server.results[-1].result], talk


@pytest.mark.spec("R-040")
@pytest.mark.parametrize("codec", [dm.XML, dm.WBXML])
def test_a_value_travels_sealed_and_lies_plain_in_the_tree(codec):
    device = dm.Device.example(codec=codec)
    device.seal_key = fresh()
    server = dm.Server.example(device)
    talk = dm.converse(device, server, job=dm.jobs.send(dm.Replace((sealed(),))))
    node = device.tree.get(URI)
    assert (node.value, node.format, node.type) == ("secret.apn", "chr", "text/plain")
    assert not any(b"secret.apn" in line.packet.body for line in talk)


def test_a_number_comes_back_as_a_number():
    device, statuses, _ = send(sealed("60", "./Vendor/Acme/Poll", format="int"), key=fresh())
    assert statuses == [200] and device.tree.get("./Vendor/Acme/Poll").format == "int"


def under(item, **change):
    """The item with other words in its Type, as somebody on the way might put them."""
    type = item.meta.type
    for old, new in change.values():
        assert old in type
        type = type.replace(old, new)
    return msgspec.structs.replace(item, target=URI, meta=msgspec.structs.replace(item.meta, type=type))


@pytest.mark.parametrize(
    "item",
    [
        sealed(device="IMEI:2"),
        under(sealed(uri="./Vendor/Acme/Name")),
        sealed(public=SealKey(bytes(32), "x").public),
        under(sealed(), serial=("serial=1", "serial=2")),
        under(sealed(), format=("format=chr", "format=int")),
        under(sealed(), type=("text/plain", "text/html")),
    ],
    ids=["another device", "another node", "another key", "another serial", "another format", "another type"],
)
def test_what_is_tied_to_something_else_does_not_open(item):
    assert fresh().open(item) == f"{URI}: the value is not sealed for this device and this node"
    device, statuses, _ = send(item, key=fresh())
    assert statuses == [500] and device.tree.get(URI).value == "internet.old"


def test_an_old_value_cannot_be_put_back():
    old, new = sealed("old", serial=1), sealed("new", serial=2, entropy=b"g" * 32)
    device, statuses, _ = send(old, new, old, key=fresh())
    assert statuses == [200, 200, 500] and device.tree.get(URI).value == "new"


def test_some_values_are_taken_sealed_only():
    plain = dm.Replace.of(URI, "plain").items[0]
    device, statuses, _ = send(plain, key=fresh(only=("./APN",)))
    assert statuses == [500] and device.tree.get(URI).value == "internet.old"
    assert send(plain, key=fresh(only=("./AP",)))[1] == [200]
    assert send(sealed(), key=fresh(only=("APN",)))[1] == [200]


def test_a_device_without_a_key_keeps_what_came():
    device, _, _ = send(sealed())
    assert "secret.apn" not in str(device.tree.get(URI).value)


@given(st.text(max_size=60), st.binary(min_size=32, max_size=32), st.integers(0, 10**18 - 1))
def test_what_is_sealed_opens(text, entropy, serial):
    item = sealed(text, serial=serial, entropy=entropy)
    assert is_sealed(item) and fresh().open(item).text == text
    assert fresh().open(msgspec.structs.replace(item, meta=None), item.meta).text == text


@given(st.binary(max_size=120), st.integers(0, 50))
def test_garbled_values_are_refused_not_raised(octets, cut):
    item = sealed()
    for data in (b64encode(octets).decode(), item.data[:cut], octets.decode("latin-1")):
        assert isinstance(fresh().open(msgspec.structs.replace(item, data=data)), str)
    wrong = msgspec.structs.replace(item, meta=dm.words.Meta(format="b64", type=f"{SEALED}; format=chr"))
    assert fresh().open(wrong) == f"{URI}: no sealed value"


def test_impossible_seals_are_refused():
    with pytest.raises(ConfigError, match="each has 32"):
        sealed(entropy=b"")
    with pytest.raises(ConfigError, match="no parameters of a media type"):
        sealed(type="a;b")
    assert repr(KEY).count("private") == 0
    assert replace(KEY, serials={}).open(dm.Item(target="//", data="x")).target == "//"
