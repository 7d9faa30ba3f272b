"""Enrolment in memory and over loopback HTTP: the account, the polls, the first session, and every fault."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from base64 import b64encode

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.cli import main
from dmkit.ddf.reader import read as read_description
from dmkit.device.device import counted_nonces
from dmkit.device.windows import WindowsDevice
from dmkit.device.windows_declared import document, read_document
from dmkit.device.windows_linked import HOST, LinkedEnrollment
from dmkit.session.rules import Rules
from dmkit.session.work import QueuedJob
from dmkit.transport.http import application, start
from dmkit.transport.windows_enrol import add_enrolment, enrol_over_http, first_poll, second_session
from dmkit.windows.admx import check_payload
from dmkit.windows.enrol import (
    DISCOVER,
    ENROL,
    POLICY,
    EnrolmentRefused,
    EnrolmentRequest,
    enrol,
    example_key,
    in_memory,
)
from dmkit.windows.enrol_server import EnrolmentServer
from dmkit.windows.schemas import schema_wrong
from dmkit.windows.soap import FAULTS, fault, fault_of, read_body
from dmkit.words.errors import CodecError, ConfigError, DdfError
from tests.steps import python_lines
from tests.windows.cases import D
from tests.windows.test_lint import CATALOGUE

USER, TOKEN = "ann@example.org", "let me in"


def enrolling(**options):
    return enrol(options.pop("user", USER), token=options.pop("token", TOKEN), key=example_key(), **options)


def test_what_enrolment_gives():
    server = EnrolmentServer.example()
    enrolled = in_memory(server, enrolling(), now=86_400.0)
    assert (enrolled.account.server_id, enrolled.account.address) == ("dmkit-mdm", "https://mdm.example.org/dm")
    assert enrolled.polls == ((15, 8), (60, 5), (1560, 0))
    assert enrolled.certificate.not_valid_before_utc.day == 2
    enrolled.certificate.verify_directly_issued_by(enrolled.authority)
    [issued] = server.issued
    assert (issued.user, issued.certificate) == (USER, enrolled.certificate) and issued.device.startswith("urn:uuid:")


@pytest.mark.parametrize("step", ["Discover", "GetPolicies", "RequestSecurityToken"])
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_at_every_step_reaches_the_device_with_its_code(step, name):
    with pytest.raises(EnrolmentRefused) as caught:
        in_memory(EnrolmentServer.example(plant={step: name}), enrolling())
    assert (caught.value.step, caught.value.fault) == (step, name)
    assert f"0x{FAULTS[name]:08X}" in str(caught.value)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_read_as_it_is_written(name):
    found = fault_of(fault(name, "so & so"))
    assert (found.name, found.says) == (name, "so & so") and dm is not None


@pytest.mark.parametrize(
    ("server", "device", "step", "name"),
    [
        ({}, {"token": "x"}, "GetPolicies", "Authentication"),
        ({"most": 0}, {}, "RequestSecurityToken", "DeviceCapReached"),
        ({"key_bits": 4096}, {}, "GetPolicies", ""),
        ({}, {"version": "12.0"}, "Discover", "NotSupported"),
        ({}, {"version": "x"}, "Discover", "MessageFormat"),
        ({}, {"base": "https://example.org/elsewhere"}, "Discovery.svc", ""),
    ],
)
def test_what_the_server_refuses(server, device, step, name):
    with pytest.raises(EnrolmentRefused) as caught:
        in_memory(EnrolmentServer.example(**server), enrolling(**device))
    assert (caught.value.step, caught.value.fault) == (step, name)


class Tampering:
    """A server whose provisioning documents are altered on the way."""

    def __init__(self, alter):
        self.server, self.alter = EnrolmentServer.example(), alter

    def answer(self, request, now=0.0):
        status, body = self.server.answer(request, now)
        return status, self.alter(body, self.server) if request.url.endswith("Enrollment.svc") else body


def of_another_authority(body, server):
    other = EnrolmentServer.for_users({USER: TOKEN})
    mixed = EnrolmentServer(server.key, other.authority, server.users)
    document = mixed.document(server.issued[-1].certificate, USER)
    return _with(body, document)


def _with(body, document):
    begin = body.index(b">", body.index(b"<BinarySecurityToken")) + 1
    return body[:begin] + b64encode(document.encode()) + body[body.index(b"</BinarySecurityToken>") :]


@pytest.mark.parametrize(
    ("alter", "name"),
    [
        (of_another_authority, "InvalidSecurity"),
        (lambda body, server: _with(body, "<wap-provisioningdoc/>"), "InvalidEnrollmentData"),
        (lambda body, server: _with(body, "no mark-up"), "InvalidEnrollmentData"),
        (lambda body, server: body.replace(b"BinarySecurityToken", b"Nothing"), "InvalidEnrollmentData"),
        (lambda body, server: b"<x/>", ""),
        (lambda body, server: b"", ""),
    ],
)
def test_what_the_device_refuses(alter, name):
    with pytest.raises(EnrolmentRefused) as caught:
        in_memory(Tampering(alter), enrolling())
    assert caught.value.fault == name


@given(st.binary(max_size=200), st.sampled_from([DISCOVER, POLICY, ENROL, "/x"]), st.sampled_from(["GET", "POST"]))
def test_any_octets_are_answered(body, path, method):
    status, said = EnrolmentServer.example().answer(EnrolmentRequest(method, f"https://e.example{path}", body))
    assert status in (200, 404, 500) and (status != 500 or fault_of(said) is not None)


@given(st.binary(max_size=200))
def test_any_answer_is_refused_in_a_sentence(octets):
    device = enrolling()
    next(device), device.send(b"")
    with pytest.raises(EnrolmentRefused):
        device.send(octets)


def test_planted_faults_check_themselves():
    for plant in ({"Discovery": "MessageFormat"}, {"Discover": "Nothing"}):
        with pytest.raises(ConfigError):
            EnrolmentServer.example(plant=plant)
    with pytest.raises(ConfigError):
        next(enrolling(user="ann"))
    with pytest.raises(CodecError):
        fault_of(b"\xff")


def over_http(server, **plant):
    """Enrols over HTTP and has the first poll; what enrolment gave, the steps, the device."""

    async def run():
        enrolment = EnrolmentServer.example(**plant)
        app = application(server.receive)
        add_enrolment(app, enrolment, server)
        listening = await start(app)
        base = listening.url.removesuffix("/dm")
        enrolment.base, enrolment.management = base, listening.url
        device = WindowsDevice.of(CATALOGUE)
        try:
            enrolled = await enrol_over_http(enrolling(base=base, device=device.address))
            return enrolled, await first_poll(device, enrolled), device
        finally:
            await listening.close()

    return asyncio.run(run())


def a_server(*work):
    rules = Rules(auth="none", server_auth="none", lenient=True, first_message="any")
    return dm.Server({}, rules=rules, nonces=counted_nonces, welcome=work)


def test_a_device_enrols_over_http_and_takes_a_linted_profile_at_its_first_poll():
    work = QueuedJob("profile", dm.jobs.send(dm.Replace.of("./Vendor/MSFT/Sample/AllowCamera", 1)))
    server = a_server(work)
    enrolled, steps, device = over_http(server)
    assert isinstance(enrolled.certificate, x509.Certificate) and len(steps) >= 3
    assert device.tree.get(f"{D}/AllowCamera").value == "1"
    place = f"./Device/Vendor/MSFT/DMClient/Provider/{enrolled.account.server_id}/Poll"
    assert device.tree.get(f"{place}/IntervalForRemainingScheduledRetries").value == "1560"


def test_a_fault_over_http_is_the_same_as_in_memory():
    with pytest.raises(EnrolmentRefused, match="0x80180014"):
        over_http(a_server(), plant={"GetPolicies": "DeviceNotSupported"})


def test_nobody_there_is_a_sentence():
    with pytest.raises(EnrolmentRefused, match="cannot be reached"):
        asyncio.run(enrol_over_http(enrolling(base="http://127.0.0.1:9"), timeout=5))


# -- the command


def test_serve_enrol_enrols_a_device(tmp_path):
    config = tmp_path / "server.toml"
    place = f"{HOST}/Complete/Documents/A/Document"
    config.write_text(
        'server-id = "mdm"\n[[accounts]]\nuser = "c"\npassword = "p"\nserver_password = "s"\n[[jobs]]\ndo = "put"\n'
        f"uri = \"{place}\"\nvalue = '{document('A', {f'{D}/AllowCamera': '0'})}'\n"
    )
    command = [sys.executable, "-m", "dmkit", "serve", str(config), "--port", "0", "--enrol", f"{USER}={TOKEN}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            where = process.stdout.readline().split(" at ")[1].strip().removesuffix(DISCOVER)
            enrolled = asyncio.run(enrol_over_http(enrolling(base=where)))
            device = WindowsDevice.of(CATALOGUE)
            linked = LinkedEnrollment(device, "first")
            linked.enrolled(enrolled.account)  # its jobs are documents: the account is the second of this device
            asyncio.run(second_session(linked))
            assert linked.advance(0.0) and linked.advance(60.0)
            assert device.tree.get(f"{D}/AllowCamera").value == "0"
            steps = asyncio.run(first_poll(device, enrolled))
            assert enrolled.account.server_id == "mdm" and steps[-1].reply is None
            age = time.time() - enrolled.certificate.not_valid_before_utc.timestamp()
            assert 0 <= age < 86_400  # valid from now on, not in years
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=10)


@pytest.mark.parametrize("word", ["ann", "ann@example.org", "=x", "ann@example.org="])
def test_users_of_serve_are_names_with_tokens(word, tmp_path, capsys):
    config = tmp_path / "server.toml"
    config.write_text('[[accounts]]\nuser = "c"\npassword = "p"\nserver_password = "s"\n')
    assert main(["serve", str(config), "--port", "0", "--enrol", word]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("dmkit serve: ") and captured.err.count("\n") == 1


def asked_for_policies(token):
    """The second request of a device that has this token."""
    steps, server = enrolling(token=token), EnrolmentServer.example()
    request = next(steps)
    while b"GetPolicies" not in request.body:
        request = steps.send(server.answer(request)[1])
    return request


def test_a_token_is_found_without_a_look_at_other_users():
    example = EnrolmentServer.example()

    def lines(n, token):
        server = EnrolmentServer(example.key, example.authority, {f"u{at}": f"t{at}" for at in range(n)})
        request = asked_for_policies(token)
        assert server.answer(request)[0] == (200 if token == "t3" else 500)
        return python_lines(lambda: server.answer(request))

    for token in ("t3", "none"):
        assert lines(2000, token) == lines(20, token)


def test_users_are_those_that_the_server_has_now():
    given = {"ann": "t", "bob": "t", "eve": "e"}
    server = EnrolmentServer(EnrolmentServer.example().key, EnrolmentServer.example().authority, given)
    assert server._user({}, asked_for_policies("t").body) == "ann", "the first of two with one token, as before"
    server.users = {"zoe": "z"}
    assert server._user({}, asked_for_policies("z").body) == "zoe"
    assert server.answer(asked_for_policies("e"))[0] == 500


def test_a_prefix_that_nothing_declares_is_no_error_of_python():
    """libxml2 lets it in where another namespace is declared further down."""
    message = b'<s:Envelope x:s="u"><s:Body><Discover xmlns="v"/></s:Body></s:Envelope>'
    with pytest.raises(CodecError, match="Missing is wanted"):
        read_body(message, "Missing")
    assert fault_of(message) is None and read_body(message, "Discover") == {"Discover": ""}
    server = EnrolmentServer.example()
    assert server.answer(EnrolmentRequest("POST", f"https://e.example.org{DISCOVER}", message))[0] == 500
    settings = b'<s:DeclaredConfiguration x:s="u" id="a" checksum="b"><D xmlns="v"/></s:DeclaredConfiguration>'.decode()
    with pytest.raises(CodecError, match="DeclaredConfiguration with id and checksum is wanted"):
        read_document(settings)
    assert check_payload('<s:enabled x:s="u"><D xmlns="v"/></s:enabled>', "x", None)
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:int"/></xs:schema>'
    assert schema_wrong(schema, '<s:a x:s="u"><D xmlns="v"/></s:a>')
    with pytest.raises(DdfError, match="the document element is s:MgmtTree"):
        read_description(b'<s:MgmtTree x:s="u"><Node xmlns="v"/></s:MgmtTree>')
