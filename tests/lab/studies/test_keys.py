"""Keys from the card: pictures are of runs, published values agree, a key's life is counted, handshakes are real."""

from __future__ import annotations

import pytest

from dmkit.lab.studies import keys
from dmkit.transport.psk import PskHandshake, psk_handshake
from dmkit.words.errors import ConfigError


@pytest.mark.parametrize(
    ("kind", "last", "has"),
    [("fresh", "RES is XRES", "CK, IK"), ("again", "AUTS", "not fresh"), ("forged", "9862", "MAC is wrong"),
     ("of another network", "9862", "MAC is wrong")],
)  # fmt: skip
def test_what_becomes_of_a_challenge(kind, last, has):
    text = keys.aka(kind).text
    assert last in text.splitlines()[-1] and has in text
    assert ("9862" in text) == (kind in ("forged", "of another network"))


@pytest.mark.parametrize("behind", [1, 3, 40])
def test_out_of_step_and_back(behind):
    lines = keys.resynchronised(behind).text.splitlines()
    assert f"forgot: {behind})" in lines[1] and "RES, CK, IK" in lines[-1]
    told = "\n".join(lines)
    assert ("moved" in told) is (behind > 1), "the old challenge alone has brought a counter level that was one behind"
    assert ("in step" in told) is (behind == 1)


def test_published_values():
    frame = keys.functions()
    assert frame["equal"].all() and len(frame) == 6


def test_gba_once_in_a_life_and_again_behind_it():
    once = keys.gba().text
    assert once.count("AUTHENTICATE") == 1 and "none: its life" not in once
    within, behind = keys.gba(lifetime=100, later=99).text, keys.gba(lifetime=100, later=100).text
    assert within.count("AUTHENTICATE") == 1 and within.count("a DM session") == 2
    assert behind.count("AUTHENTICATE") == 2 and behind.count("none: its life is over") == 1
    assert behind.count("401: that key is over") == 1 and behind.count("a DM session") == 3


def test_each_service_has_a_key_of_its_own():
    frame = keys.naf_keys([("a.example", "dm"), ("a.example", "dm"), ("b.example", "dm"), ("a.example", "mbms")])
    assert frame["same"].tolist()[:2] == [32, 32] and max(frame["same"][2:]) < 8


@pytest.mark.parametrize(("lifetime", "every", "keys_used"), [(24, 8, 3), (100, 1, 1), (1, 1, 7), (0.5, 1, 7)])
def test_lives_of_a_key(lifetime, every, keys_used):
    frame = keys.lives(lifetime, every)
    assert frame["b_tid"].nunique() == keys_used == (frame["ub_messages"] > 0).sum()
    assert frame["refused"].sum() == keys_used - 1
    assert (frame["card_commands"] > 0).tolist() == (frame["ub_messages"] > 0).tolist()


def test_reuse_is_four_messages_spread_over_a_life():
    frame = keys.reuse((1, 2, 5))
    assert frame["ub_messages"].tolist() == [4.0, 2.0, 0.8]
    assert "sessions that a key serves" in keys.plot_reuse(frame).get_xlabel()


@pytest.mark.parametrize(
    ("server", "right"),
    [("dm.operator.example", True), ("mail.operator.example", False), ("dm.operator.example.", False)],
)
def test_a_handshake_needs_the_key_of_that_service(server, right):
    done = keys.psk(server=server)
    if not done.tried:
        pytest.skip(done.how)
    assert bool(done) is right and ("PSK" in done.cipher) is right
    assert (done.version == "TLSv1.2") is right and bool(done.why) is not right
    assert done.how in done._repr_mimebundle_()["text/html"]


def test_where_nothing_can_do_it_that_is_told(monkeypatch):
    monkeypatch.setattr("dmkit.transport.psk.shutil.which", lambda name: None)
    monkeypatch.delattr("ssl.SSLContext.set_psk_client_callback", raising=False)
    done = psk_handshake(b"k" * 32, b"k" * 32)
    assert not done and not done.tried and str(done).startswith("not tried: Python below 3.13")


def test_wrong_arguments_are_one_sentence():
    for call in (lambda: keys.aka("stale"), lambda: keys.resynchronised(0), lambda: keys.naf_keys([("a", "smtp")]),
                 lambda: keys.lives(0), lambda: keys.reuse([0]), lambda: keys.reuse([True]),
                 lambda: psk_handshake(b"", b"k"), lambda: psk_handshake(b"k", b"k" * 65),
                 lambda: psk_handshake(b"k", b"k", "")):  # fmt: skip
        with pytest.raises(ConfigError) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_a_handshake_speaks_for_itself():
    assert str(PskHandshake(False, how="python", why="bad record mac")) == "refused: bad record mac (python)"
