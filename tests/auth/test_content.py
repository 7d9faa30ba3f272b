"""Signed and enciphered content as the appendix has it: RSA with SHA-1, AES-128-CBC, RSA 1.5.  [DMSEC App]"""

from __future__ import annotations

from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

import dmkit as dm
from dmkit.auth.content import XENC, ContentKey, decrypt, encrypt, sign, verify
from dmkit.wire.markup import read_xml
from dmkit.words.errors import CodecError, ConfigError

MAKER, OTHER, DEVICE = (rsa.generate_private_key(65537, 2048) for _ in range(3))
CONTENT = b'<wlan xmlns="urn:x"><ssid a="1">caf\xc3\xa9 &amp; bar</ssid><key/></wlan>'
PLAIN = b"<wlan>\n  <ssid>x</ssid>\n</wlan>"
CHANCE = Random(1).randbytes(400)
SIGNERS = (OTHER.public_key(), MAKER.public_key())
URI = "./APN/Name"


@pytest.mark.spec("X-11")
@pytest.mark.parametrize("content", [CONTENT, PLAIN])
@pytest.mark.parametrize("hash", ["sha1", "sha256"])
@pytest.mark.parametrize("form", ["detached", "enveloping"])
def test_what_is_signed_is_verified(form, hash, content):
    signed = sign(content, MAKER, form=form, hash=hash)
    verified = verify(signed, SIGNERS)
    assert verified and read_xml(verified.content)[0] == read_xml(content)[0]
    assert not verify(signed, SIGNERS[:1]) and not verify(signed, ())
    assert bool(verify(signed, SIGNERS, weak=False)) is (hash == "sha256")
    assert signed.startswith(b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">')
    assert (b"Reference>" in signed) and (b'URI="#object"' in signed) is (form == "enveloping")
    if form == "enveloping":
        assert read_xml(signed)[0].name == "Signature"  # one element, as Data wants it


@pytest.mark.spec("X-11", "R-042")
def test_what_is_enciphered_is_read_by_its_device_only():
    sealed = encrypt(CONTENT, DEVICE.public_key(), CHANCE)
    assert decrypt(sealed, DEVICE) == CONTENT and b"ssid" not in sealed
    assert b"xmlenc#aes128-cbc" in sealed and b"xmlenc#rsa-1_5" in sealed
    with pytest.raises(CodecError, match="not enciphered for this key"):
        decrypt(sealed, OTHER)
    with pytest.raises(ConfigError, match="288 are needed"):
        encrypt(CONTENT, DEVICE.public_key(), b"")
    for size in range(17):
        assert decrypt(encrypt(bytes(size), DEVICE.public_key(), CHANCE), DEVICE) == bytes(size)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"caf", b"cof", "not the one that was signed"),
        (b"rsa-sha1", b"rsa-md5", "RSA with SHA-1 or SHA-256"),
        (b"<Transform ", b"<Transform x='1' ", "none of the known signers"),
        (b"xmldsig#sha1", b"xmldsig#sha2", "RSA with SHA-1"),
        (b"<Reference>", b"<Reference/><Reference>", "one Reference"),
    ],
)
def test_changed_signatures(old, new, says):
    signed = sign(CONTENT, MAKER, form="detached").replace(old, new)
    try:
        why = verify(signed, SIGNERS).why
    except CodecError as error:
        why = error.reason
    assert says in why


def test_content_cannot_be_wrapped_into_another_place():
    """The octets given back are those under the digest, wherever somebody puts others."""
    signed = sign(CONTENT, MAKER)
    behind = sign(CONTENT, MAKER, form="detached")
    for mad in (
        signed.replace(b"<Object", b'<Object><evil xmlns=""/></Object><Object', 1),
        signed + b"<evil/>",
        signed.replace(b'Id="object"', b'Id="other"'),
        b"<evil/>",
        b"",
        behind[:-99],
    ):
        with pytest.raises(CodecError):
            verify(mad, SIGNERS)


def send(item, key):
    device = dm.Device.example()
    device.seal_key = key
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.send(dm.Replace((item,))))
    return device.tree.get(URI), server.results[-1].result[0].status


def item(data, type):
    return dm.Item(target=URI, meta=dm.words.Meta(format="xml", type=type), data=read_xml(data)[0])


KEY = ContentKey(DEVICE, SIGNERS, demand=("./APN",))


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (item(sign(CONTENT, MAKER), "application/xml"), 200),
        (item(encrypt(sign(CONTENT, MAKER), DEVICE.public_key(), CHANCE), XENC), 200),
        (item(encrypt(CONTENT, DEVICE.public_key(), CHANCE), XENC), 500),
        (item(CONTENT, "application/xml"), 500),
        (item(encrypt(sign(CONTENT, MAKER), OTHER.public_key(), CHANCE), XENC), 500),
        (item(sign(CONTENT, DEVICE), "application/xml"), 500),
    ],
    ids=["signed", "signed then enciphered", "not signed", "plain", "for another device", "by a stranger"],
)
def test_a_device_keeps_what_was_signed(made, status):
    node, said = send(made, KEY)
    assert said == status
    if status == 200:
        assert node.value == read_xml(CONTENT)[0] and node.format == "xml"
    else:
        assert node.value == "internet.old"


def test_a_device_without_demands_takes_plain_values():
    assert send(dm.Replace.of(URI, "x").items[0], ContentKey())[1] == 200
    text = item(encrypt(b"just text", DEVICE.public_key(), CHANCE), XENC)
    assert send(text, ContentKey(DEVICE))[0].value == "just text"
    assert "no key" in ContentKey().open(item(encrypt(b"x", DEVICE.public_key(), CHANCE), XENC))


def test_mutations_are_refused_and_raise_nothing_else():
    rng = Random(11)
    detached, around = sign(CONTENT, MAKER, form="detached"), sign(CONTENT, MAKER)
    sealed = encrypt(around, DEVICE.public_key(), CHANCE)
    for _ in range(1500):
        octets = bytearray(rng.choice([detached, around, sealed]))
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(octets))
            if rng.randrange(2):
                octets[at] = rng.randrange(256)
            else:
                del octets[at : at + rng.randrange(1, 30)]
        try:
            verified = verify(bytes(octets), SIGNERS)
        except CodecError:
            continue
        assert not verified or read_xml(verified.content)[0] == read_xml(CONTENT)[0]
