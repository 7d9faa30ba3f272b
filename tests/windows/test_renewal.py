"""Renewal of the certificate of enrolment: when, by whom, and every way in which it is refused."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmkit.transport.http import application, start
from dmkit.transport.windows_enrol import add_enrolment, enrol_over_http
from dmkit.windows.cms import read_signed, sign
from dmkit.windows.enrol import (
    ENROL,
    EnrolmentRefused,
    EnrolmentRequest,
    certificate_request,
    enrol,
    example_key,
    in_memory,
    token_request,
)
from dmkit.windows.enrol_server import EnrolmentServer, Issued
from dmkit.windows.renewal import LEAST_DAYS, PKCS7, is_due, renew, renewal_times
from dmkit.windows.soap import envelope, fault_of
from dmkit.words.errors import CodecError, ConfigError
from tests.steps import python_lines

USER, TOKEN, DAY = "ann@example.org", "let me in", 86_400.0


def enrolled(server):
    return in_memory(server, enrol(USER, token=TOKEN, key=example_key()))


@pytest.mark.parametrize(
    ("day", "due"), [(0, False), (322, False), (323, True), (364, True), (365, False), (400, False)]
)
def test_when_it_is_due(day, due):
    server = EnrolmentServer.example()
    old = enrolled(server)
    assert is_due(old, day * DAY) == due
    renewing = renew(old, example_key(), example_key("new"), now=day * DAY)
    if due:
        new = in_memory(server, renewing, now=day * DAY)
        assert not is_due(new, day * DAY) and new.certificate.public_key() == example_key("new").public_key()
        assert len(server.issued) == 1 and server.issued[0].certificate == new.certificate
    else:
        with pytest.raises(EnrolmentRefused, match="expired" if day >= 365 else "0x80180016"):
            in_memory(server, renewing, now=day * DAY)


def test_tries_begin_with_the_period_and_end_with_the_certificate():
    times = renewal_times(enrolled(EnrolmentServer.example()), retry_days=5.0)
    assert times[0] == 323 * DAY and times[-1] < 365 * DAY and len(times) == 9
    with pytest.raises(ConfigError):
        renewal_times(enrolled(EnrolmentServer.example()), retry_days=0)


def test_a_certificate_is_renewed_once_and_the_new_one_in_its_turn():
    server = EnrolmentServer.example()
    old, now = enrolled(server), 330 * DAY
    new = in_memory(server, renew(old, example_key(), example_key("new"), now=now), now=now)
    with pytest.raises(EnrolmentRefused, match="renewed before"):
        in_memory(server, renew(old, example_key(), example_key("third"), now=now), now=now)
    later = now + 330 * DAY
    newest = in_memory(server, renew(new, example_key("new"), example_key("third"), now=later), now=later)
    assert (
        newest.account == old.account and newest.certificate.not_valid_after_utc > new.certificate.not_valid_after_utc
    )


def test_every_certificate_has_a_number_of_its_own():
    server, now = EnrolmentServer.example(), 330 * DAY
    numbers = [enrolled(server).certificate.serial_number]
    old = enrolled(server)
    new = in_memory(server, renew(old, example_key(), example_key("new"), now=now), now=now)
    numbers += [one.certificate.serial_number for one in (old, new, enrolled(server))]
    assert numbers == [1000, 1001, 1002, 1003]


def test_who_enrols_or_renews_costs_no_look_at_all_who_did():
    def lines(n):
        server = EnrolmentServer.example()
        server.issued += [Issued(f"{at}@example.org", f"d{at}", object()) for at in range(n)]
        old = enrolled(server)
        assert server.issued[-1].user == USER
        found = python_lines(lambda: enrolled(server))
        return found + python_lines(
            lambda: in_memory(server, renew(old, example_key(), example_key("new"), now=330 * DAY), now=330 * DAY)
        )

    assert lines(2000) < 1.2 * lines(50)


def test_what_others_put_into_the_list_or_take_out_counts():
    server = EnrolmentServer.example(most=2)
    kept = enrolled(server)
    server.issued += [Issued(USER, "another", object())]
    server.issued += [Issued(USER, "a third", object())]
    with pytest.raises(EnrolmentRefused, match="DeviceCapReached"):
        in_memory(server, enrol(USER, token=TOKEN, key=example_key(), device="urn:uuid:new"))
    del server.issued[1:]
    now = 330 * DAY
    in_memory(server, renew(kept, example_key(), example_key("new"), now=now), now=now)
    assert len(server.issued) == 1


def asked(token, server=None, now=330 * DAY, kind=PKCS7):
    request = EnrolmentRequest(
        "POST", f"https://e.example{ENROL}", envelope("x", token_request("Renew", kind, token, "d"))
    )
    status, body = (server or EnrolmentServer.example()).answer(request, now)
    return status, fault_of(body)


def test_what_is_refused():
    server = EnrolmentServer.example()
    old = enrolled(server)
    request = certificate_request(USER, example_key("new"))
    stranger = EnrolmentServer.for_users({USER: TOKEN})
    good = sign(request, old.certificate, example_key())
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    cases = {
        "Authentication": sign(request, stranger.authority, stranger.key),
        "InvalidSecurity": flipped,
        "CertificateRequest": sign(b"no request", old.certificate, example_key()),
    }
    for name, token in cases.items():
        assert asked(b64encode(token).decode(), server)[1].name == name
    assert asked("!", server)[1].name == "CertificateRequest"
    assert asked(b64encode(good).decode(), server, kind="#other")[1].name == "CertificateRequest"
    assert asked(b64encode(good).decode(), server) == (200, None)


def test_a_request_changed_after_it_was_signed_is_found():
    server = EnrolmentServer.example()
    old = enrolled(server)
    good = sign(b"one request", old.certificate, example_key())
    assert read_signed(good).is_good
    assert not read_signed(good.replace(b"one request", b"two request")).is_good


@settings(max_examples=60)
@given(st.binary(max_size=200), st.integers(0, 5000), st.integers(0, 255))
def test_other_octets_are_no_signed_message_or_not_a_good_one(octets, at, octet):
    server = EnrolmentServer.example()
    whole = bytearray(sign(b"request", server.authority, server.key))
    whole[at % len(whole)] = octet
    for data in (octets, bytes(whole)):
        try:
            read_signed(data)
        except CodecError as error:
            assert "no signed message" in str(error)
    assert asked(b64encode(octets).decode())[0] == 500


def test_over_http():
    import asyncio

    async def run():
        server = EnrolmentServer.example()
        old = enrolled(server)
        app = application(lambda packet, now: None)
        add_enrolment(app, server, clock=lambda: 330 * DAY)
        listening = await start(app)
        try:
            base = listening.url.removesuffix("/dm")
            return old, await enrol_over_http(renew(old, example_key(), example_key("new"), now=330 * DAY, base=base))
        finally:
            await listening.close()

    old, new = asyncio.run(run())
    assert new.certificate != old.certificate and new.account == old.account


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 1e30, -1e30, "x"])
def test_a_time_that_is_none_is_refused(now):
    device = in_memory(EnrolmentServer.example(), enrol("ann@example.org", token="let me in", key=example_key()))
    with pytest.raises(ConfigError, match="seconds of a clock"):
        is_due(device, now)
    with pytest.raises(ConfigError, match="seconds of a clock"):
        next(renew(device, example_key(), example_key(), now=now))
    with pytest.raises(ConfigError, match="retry_days"):
        renewal_times(device, retry_days=float("nan"))


@pytest.mark.parametrize(
    "days", [0, -1, 1e-9, 1e-300, 0.0069, float("nan"), float("-inf"), True, "4", None],
)  # fmt: skip
def test_tries_without_bound_are_refused(days):
    with pytest.raises(ConfigError, match="retry_days"):
        renewal_times(enrolled(EnrolmentServer.example()), retry_days=days)


@pytest.mark.parametrize("period", [timedelta(), timedelta(days=-1), 42, None])
def test_a_period_that_is_none_is_refused(period):
    for ask in (lambda old: renewal_times(old, period), lambda old: is_due(old, 0.0, period)):
        with pytest.raises(ConfigError, match="period"):
            ask(enrolled(EnrolmentServer.example()))


@settings(max_examples=60)
@given(st.floats(LEAST_DAYS, 1e6), st.integers(1, 10**8))
def test_tries_are_evenly_spaced_within_the_validity(days, hours):
    old = enrolled(EnrolmentServer.example())
    period = timedelta(hours=hours)
    times = renewal_times(old, period, days)
    assert times[0] == max(0.0, 365 * DAY - period.total_seconds()) and times[-1] < 365 * DAY <= times[-1] + days * DAY
    assert all(is_due(old, at, period) for at in (times[0], times[-1]))
    assert all(later - at == pytest.approx(days * DAY) for at, later in pairwise(times[:50]))
