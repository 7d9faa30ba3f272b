"""What wakes a client and what gives it an account: pushes right and wrong, and what a peer makes of them."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.auth import DEFAULT_NONCE, Account, Credential
from dmkit.bootstrap.run import BootstrapReason
from dmkit.cli import main
from dmkit.device.device import Device
from dmkit.notify import verify
from dmkit.probe.broken import BROKEN, probe_variant
from dmkit.probe.catalogue import chosen, read_cases
from dmkit.probe.own import OwnDevice, peer_of, phone_for, probe
from dmkit.probe.pushes import OPTIONS, Scenery, check_push, push, says
from dmkit.probe.verdict import Verdict
from dmkit.wire import wsp
from dmkit.words.errors import ConfigError

pytestmark = pytest.mark.slow

SCENE = Scenery("com.mgmtsrv", "srvpw", 7, b"nonce", imsi="262011234567890")
ACCOUNT = Account(
    "com.mgmtsrv", "http://127.0.0.1/dm", Credential("c", "p"), Credential("com.mgmtsrv", "srvpw", b"nonce")
)
CASE = '{ row = "N-01", name = "x", title = "x", source = "x", '
HONEST = {"ui", "vendor", "future"}
LINES = [f"{kind} {name}={value}" for kind, rows in OPTIONS.items() for name, row in rows.items() for value in row]


def _verified(line):
    made = push(line, SCENE).content
    return made.application is not None and "emn" not in made.application and bool(verify(made.body, [ACCOUNT]))


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("wake")])
def test_a_package_0_is_right_but_for_what_its_line_says(line):
    name = line.split()[1].partition("=")[0]
    assert _verified("wake")
    assert _verified(line) == (name in HONEST or line == "wake nonce=default")


def test_the_default_nonce_is_four_zero_octets():
    made = push("wake nonce=default", SCENE)
    found = verify(made.content.body, [ACCOUNT])
    assert (made.resync, found.resync, found.account.client.nonce) == (True, True, DEFAULT_NONCE)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bootstrap", None),
        ("bootstrap profile=dm", None),
        ("bootstrap type=xml", None),
        ("bootstrap flip=mac", BootstrapReason.WRONG_MAC),
        ("bootstrap flip=document", BootstrapReason.WRONG_MAC),
        ("bootstrap profile=dm flip=mac", BootstrapReason.WRONG_MAC),
        ("bootstrap profile=dm flip=document", BootstrapReason.WRONG_MAC),
        ("bootstrap profile=dm method=none", BootstrapReason.NO_SECURITY),
    ],
)
def test_a_bootstrap_is_right_but_for_what_its_line_says(line, why):
    phone = Device.blank(imsi=SCENE.imsi)
    reaction = phone.push(push(line, SCENE).content)
    assert [account.server_id for account in phone.accounts] == ([] if why else ["com.mgmtsrv"])
    if why:
        assert [event.reason for event in reaction.events] == [why]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("wkae", "'wkae' is nothing that is pushed; wake, bootstrap are"),
        ("wake profile=dm", "'profile' is no option of wake"),
        ("wake nonce=old", "nonce=old: default, wrong would be right"),
        ("bootstrap methd=none", "'methd' is no option of bootstrap"),
    ],
)
def test_a_line_that_is_no_push_is_refused_when_cases_are_read(line, sentence):
    with pytest.raises(ConfigError) as error:
        check_push(line)
    assert sentence in str(error.value)
    with pytest.raises(ConfigError, match="step 1"):
        read_cases(f'side = "client"\ncase = [{CASE}steps = [{{ push = "{line}" }}] }}]', "mine.toml")


@given(st.sampled_from(LINES))
def test_every_line_can_be_said_and_travels(line):
    made = push(line, SCENE).content
    assert wsp.decode(wsp.encode(made)) == made
    assert says(line).startswith(("Package 0", "A bootstrap"))


def test_own_device_passes_every_case_that_pushes():
    cases = [case for case in chosen("client") if case.is_pushed]
    assert len(cases) > 20
    assert {(result.verdict, result.case) for result in probe("client", cases)} == {
        (Verdict.PASS, case.id) for case in cases
    }


def test_a_client_that_calls_for_every_push_fails_and_one_that_never_calls_has_shown_nothing():
    class Deaf(OwnDevice):
        def push(self, message, now):
            return None

    cases = chosen("client", ids=["X-12 digest", "X-08 unprotected", "N-02 other-application"])
    credulous = probe_variant(BROKEN["client believes every package 0"], cases)
    assert {result.verdict for result in credulous} == {Verdict.FAIL}
    deaf = probe("client", cases, device=lambda case, peer: Deaf(phone_for(case, peer)))
    assert {result.verdict for result in deaf} == {Verdict.INCONCLUSIVE}


def test_without_a_way_to_push_cases_are_not_run():
    from dmkit.probe.drive import skipped

    [wake] = chosen("client", ids=["X-12 digest"])
    [boot] = chosen("client", ids=["B-02 text"])
    [firmware] = chosen("client", ids=["F-03 start"])
    peer = peer_of("client")
    assert skipped(wake, peer) is None
    assert skipped(wake, replace(peer, takes_pushes=False)).why == "it needs a way to push; give --deliver"
    assert skipped(boot, replace(peer, imsi="")).why == "it needs the IMSI; give --imsi"
    assert skipped(firmware, replace(peer, firmware=None)).why == "it needs a firmware update object; give --firmware"


def test_a_software_device_is_woken_and_bootstrapped_by_the_tester(capsys):
    device = f"{sys.executable} -m dmkit session {{url}} --push {{file}} --server-password srvpw --imsi={{imsi}}"
    words = [
        "probe",
        "client",
        "--listen",
        "127.0.0.1:0",
        "--deliver",
        device,
        "--server-password",
        "srvpw",
        "--forgets",
    ]
    words += ["--below", "./Vendor/Probe", "--destructive", "--imsi", "262011234567890", "--timeout", "0.5"]
    for case in ("N-01 wakes@xml", "X-12 digest", "B-02 text"):
        words += ["--case", case]
    assert main(words) == 0, capsys.readouterr().out
    assert "3 pass" in capsys.readouterr().out
