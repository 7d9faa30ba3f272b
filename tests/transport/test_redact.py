"""What is written down never holds a secret: planted in every carriage, looked for in every line."""

from __future__ import annotations

from base64 import b64encode
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dmkit as dm
from dmkit.transport.redact import Redactor, redact
from dmkit.transport.trace import parse_log_line, write_log_line
from tests.transport.traces import tree_of

SECRET = "hunter2-is-long"
URIS = {
    "plain": "./DMAcc/1/AppAuth/2/AAuthSecret",
    "slash": "./DMAcc/1/AppAuth/2/AAuthSecret/",
    "query": "./DMAcc/1/AppAuth/2/AAuthData?prop=Value",
    "slash and query": "./DMAcc/1/AppAuth/2/AAuthData/?list=StructData",
    "escape": "./DMAcc/1/AppAuth/2/AAuth%53ecret",
    "case": "./dmacc/1/appauth/2/aauthsecret",
    "bare": "AAuthSecret",
}
TNDS = f"<MgmtTree><Node><NodeName>AAuthSecret</NodeName><Value>{SECRET}</Value></Node></MgmtTree>"
PROVISIONING = f'<wap-provisioningdoc><parm name="AAUTHSECRET" value="{SECRET}"/></wap-provisioningdoc>'


def b64(data: str | bytes) -> str:
    return b64encode(data if isinstance(data, bytes) else data.encode()).decode()


DOCUMENTS: dict[str, str | bytes | dm.words.Element] = {
    "text": TNDS,
    "octets": TNDS.encode(),
    "base64": b64(TNDS),
    "base64 in lines": "\n".join(b64(TNDS)[at : at + 60] for at in range(0, len(b64(TNDS)), 60)),
    "base64 twice": b64(b64(TNDS)),
    "base64 as octets": b64(TNDS).encode(),
    "escaped": TNDS.replace("<", "&lt;").replace(">", "&gt;"),
    "escaped name": TNDS.replace("AAuthSecret", "AAuth&#83;ecret"),
    "UTF-16": TNDS.encode("utf-16-le"),
    "provisioning": PROVISIONING,
    "provisioning in base64": b64(PROVISIONING),
    "provisioning WBXML": b"\x03\x0b\x6a\x00\x45\xc6\x00\x01\x55\x01\x87\x34\x00\x06\x03"
    + SECRET.encode()
    + b"\0\x01\x01\x01",
    "mark-up": tree_of("AAuthSecret", SECRET),
    "mark-up with attributes": dm.words.Element("parm", "", (), (("name", "AAUTHSECRET"), ("value", SECRET))),
}
COMMANDS = {
    "Add": lambda uri, data: dm.Add((dm.Item(target=uri, data=data),)),
    "Replace": lambda uri, data: dm.Replace((dm.Item(target=uri, data=data),)),
    "DevInfo": lambda uri, data: dm.Replace((dm.Item(source=uri, data=data),)),
    "Exec": lambda uri, data: dm.Exec((dm.Item(target=uri, data=data),)),
    "Atomic": lambda uri, data: dm.Atomic.of(dm.Sequence.of(dm.Add((dm.Item(target=uri, data=data),)))),
    "Results": lambda uri, data: dm.words.Results((dm.Item(source=uri, data=data),), "1", "1"),
    "Results by Target": lambda uri, data: dm.words.Results((dm.Item(target=uri, data=data),), "1", "1"),
    "Results by TargetRef": lambda uri, data: dm.words.Results((dm.Item(data=data),), "1", "1", target_ref=uri),
    "Results by SourceRef": lambda uri, data: dm.words.Results((dm.Item(data=data),), "1", "1", source_ref=uri),
    "Results by nothing": lambda uri, data: dm.words.Results((dm.Item(data=data),), "1", "1"),
    "Alert": lambda uri, data: dm.Alert(dm.words.AlertCode(1226), (dm.Item(source=uri, data=data),)),
}
CODECS = {"xml": dm.XML, "wbxml": dm.WBXML}
HEADER = dm.words.Header("1", "1", "https://s", "IMEI:1")


PROOF = "c2VjcmV0LXByb29m"
HEADERS = {
    "MAC": ("x-syncml-hmac", f'algorithm=MD5, username="u", mac={PROOF}', 'algorithm=MD5, username="u", mac=***'),
    "MAC in quotes": ("x-syncml-hmac", f'username="u", mac="{PROOF}"', 'username="u", mac="***"'),
    "MAC with a comma": ("x-syncml-hmac", f'username="u", mac="a, {PROOF}"', 'username="u", mac="***"'),
    "MAC first": ("X-SyncML-HMAC", f"MAC = {PROOF}, username=u", "MAC = ***, username=u"),
    "MAC unclosed": ("x-syncml-hmac", f'mac="{PROOF}', 'mac="***'),
    "basic": ("Authorization", f"Basic {PROOF}", "Basic ***"),
    "digest": ("authorization", f'Digest username="u", response="{PROOF}"', "Digest ***"),
    "bearer": ("AUTHORIZATION", f"bearer {PROOF}", "bearer ***"),
    "no scheme": ("Authorization", PROOF, "***"),
    "a scheme that nobody knows": ("Authorization", f"X {PROOF}", "***"),
    "proxy": ("Proxy-Authorization", f"Basic {PROOF}", "Basic ***"),
    "the server's": ("Authentication-Info", f'rspauth="{PROOF}"', "***"),
    "cookie": ("Cookie", f"session={PROOF}", "***"),
    "a cookie that is set": ("Set-Cookie", f"session={PROOF}; Path=/", "***"),
}


@pytest.mark.parametrize("kind", HEADERS)
def test_what_proves_the_sender_in_a_header_is_not_written_down(kind):
    name, value, safe = HEADERS[kind]
    body = dm.XML.encode(dm.Message(HEADER, ()))
    packet = dm.Packet("https://s", body, dm.XML.media_type, {name: value, "x-other": "machine=seen"})
    line = write_log_line(0.0, "1", "client", packet)
    assert PROOF not in line
    _, _, parsed = parse_log_line(line)
    assert dict(parsed.packet.headers) == {name: safe, "x-other": "machine=seen"}


def encoded(message: dm.Message, codec) -> dm.Packet | None:
    """The packet, or None where this codec cannot say it."""
    try:
        return dm.Packet("https://s", codec.encode(message), codec.media_type)
    except dm.CodecError:
        return None


def numbered(*commands: dm.words.Command) -> tuple[dm.words.Command, ...]:
    from dmkit.session.packages import number

    return number(commands)


def assert_silent(*packets: dm.Packet) -> None:
    """None of the lines that are written for ``packets`` holds the secret, in any form in which it can be found."""
    redactor = Redactor()
    for packet in packets:
        line = write_log_line(0.0, "1", "client", packet, redactor=redactor)
        parsed = parse_log_line(line)[2]
        shown = line.encode() + parsed.packet.body + str(parsed.message).encode() + repr(parsed.message).encode()
        for form in (SECRET, SECRET[4:11], b64(SECRET)[:12], b64(TNDS)[40:]):
            assert form.encode() not in shown, form
        assert SECRET.encode("utf-16-le") not in shown
        assert len(parsed.packet.body) <= len(packet.body) + 200


@pytest.mark.parametrize(("command", "uri", "codec"), list(product(COMMANDS, URIS, CODECS)))
def test_a_value_by_any_address(command, uri, codec):
    made = COMMANDS[command](URIS[uri], SECRET)
    packet = encoded(dm.Message(HEADER, numbered(made)), CODECS[codec])
    assert packet is not None and SECRET.encode() in packet.body
    assert_silent(packet)


@pytest.mark.parametrize(("document", "command", "codec"), list(product(DOCUMENTS, COMMANDS, CODECS)))
def test_a_document_in_any_form(document, command, codec):
    made = COMMANDS[command]("./Inbox/x", DOCUMENTS[document])
    packet = encoded(dm.Message(HEADER, numbered(made)), CODECS[codec])
    if packet is not None:
        assert_silent(packet)


@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.sampled_from(["Add", "Replace", "Results", "Alert"]),
    st.integers(1, 80),
    st.booleans(),
    st.sampled_from(sorted(CODECS)),
)
def test_pieces_of_a_large_object_wherever_they_are_cut(document, command, size, addressed, codec):
    data = DOCUMENTS[document]
    if isinstance(data, dm.words.Element) or (isinstance(data, bytes) and codec == "xml"):
        return
    whole = COMMANDS[command]("./Inbox/x", data)
    packets = []
    for at in range(0, len(data), size):
        item = whole.items[0]
        more = at + size < len(data)
        place = {} if addressed or at == 0 else {"target": None, "source": None}
        item = dm.Item(
            **{"target": item.target, "source": item.source, **place}, data=data[at : at + size], more_data=more
        )
        from msgspec.structs import replace as vary

        header = vary(HEADER, msg_id=str(len(packets) + 1))
        packet = encoded(dm.Message(header, numbered(vary(whole, items=(item,))), not more), CODECS[codec])
        if packet is None:  # a piece of octets that this codec has no words for
            return
        packets.append(packet)
    assert_silent(*packets)


@pytest.mark.parametrize("typed", [SECRET, "1234", "1-2", " 7 "])
@pytest.mark.parametrize("known", [True, False])
def test_what_a_person_typed(typed, known):
    redactor = Redactor()
    question = dm.Message(
        dm.words.Header("1", "1", "IMEI:1", "https://s"), numbered(dm.Alert.of(1102, "MAXDT=9", "PIN?"))
    )
    answer = dm.Status(dm.StatusCode(200), "1", "1", "Alert", items=(dm.Item(data=typed),), cmd_id="1")
    if known:
        redactor.packet(dm.Packet("", dm.XML.encode(question), dm.XML.media_type))
    safe = redactor.packet(dm.Packet("", dm.XML.encode(dm.Message(HEADER, (answer,))), dm.XML.media_type))
    assert dm.XML.decode(safe.body).commands[0].items[0].data == "*" * len(typed)


@pytest.mark.parametrize("code", [1101, 1103, 1104])
def test_choices_of_a_person_stay_readable_where_the_question_is_known(code):
    redactor = Redactor()
    question = dm.Message(
        dm.words.Header("1", "1", "IMEI:1", "https://s"), numbered(dm.Alert.of(code, "", "Which?", "a", "b"))
    )
    redactor.packet(dm.Packet("", dm.XML.encode(question), dm.XML.media_type))
    items = (dm.Item(data="2"), dm.Item(data="1-3"))
    body = dm.XML.encode(
        dm.Message(HEADER, (dm.Status(dm.StatusCode(200), "1", "1", "Alert", items=items, cmd_id="1"),))
    )
    assert redactor.packet(dm.Packet("", body, dm.XML.media_type)).body == body


def test_results_without_an_address_stay_readable_where_the_get_is_known():
    redactor = Redactor()
    gets = dm.Message(dm.words.Header("1", "1", "IMEI:1", "https://s"), numbered(dm.Get.of("./DevInfo/Man")))
    redactor.packet(dm.Packet("", dm.XML.encode(gets), dm.XML.media_type))
    body = dm.XML.encode(dm.Message(HEADER, (dm.words.Results((dm.Item(data="Acme"),), "1", "1", cmd_id="1"),)))
    assert redactor.packet(dm.Packet("", body, dm.XML.media_type)).body == body
    other = dm.XML.encode(dm.Message(HEADER, (dm.words.Results((dm.Item(data="Acme"),), "1", "2", cmd_id="1"),)))
    assert b"Acme" not in redactor.packet(dm.Packet("", other, dm.XML.media_type)).body


def test_the_address_of_one_session_is_not_told():
    token = "~" + "x" * 22
    uri = f"https://s/dm/{token}"
    status = dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr", (uri,), ("IMEI:1",), cmd_id="1")
    body = dm.XML.encode(dm.Message(dm.words.Header("1", "1", uri, "IMEI:1", resp_uri=uri), (status,)))
    line = write_log_line(0.0, "1", "client", dm.Packet(uri, body, dm.XML.media_type))
    assert token not in line and token.encode() not in parse_log_line(line)[2].packet.body


def test_proofs_are_starred_and_the_rest_stays():
    cred = dm.words.Cred("dXNlcjpwdw==", dm.words.Meta(format="b64", type="syncml:auth-basic"))
    body = dm.XML.encode(dm.Message(dm.words.Header("1", "1", "https://s", "IMEI:1", cred=cred)))
    packet = dm.Packet("", body, dm.XML.media_type, {"x-syncml-hmac": 'username="u", mac=abcd=='})
    safe = redact(packet)
    assert b"dXNlcjpwdw" not in safe.body and "abcd" not in safe.headers["x-syncml-hmac"]
    assert len(safe.body) == len(body)


@pytest.mark.parametrize(
    "body",
    [
        f"<SyncML><AAuthSecret>{SECRET}</SyncML>",
        f"<SyncML>{SECRET}</SyncML>",
        f"<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><VerDTD>1.2</VerDTD><MsgID>{SECRET}</MsgID></SyncHdr></SyncML>",
        f"{SECRET}",
    ],
)
def test_the_reason_why_a_message_could_not_be_read_quotes_nothing(body):
    for kind in (dm.XML.media_type, dm.WBXML.media_type):
        packet = dm.Packet("https://s", body.encode(), kind)
        line = write_log_line(0.0, "1", "client", packet)
        if "body_b64" not in line:
            assert SECRET not in line, line


@pytest.mark.parametrize("options", [[], ["--json"], ["--html"]], ids=["ladder", "json", "html"])
@pytest.mark.parametrize("codec", CODECS)
def test_what_dmkit_trace_makes_of_a_log_holds_no_secret(tmp_path, capsys, options, codec):
    """Each carriage in a log of its own, then every output searched."""
    from dmkit.cli import main

    for at, (document, command, uri) in enumerate(product(DOCUMENTS, COMMANDS, list(URIS)[:3])):
        made = [COMMANDS[command]("./Inbox/x", DOCUMENTS[document]), COMMANDS[command](URIS[uri], SECRET)]
        lines = []
        for msg_id, one in enumerate(made, 1):
            header = dm.words.Header("1", str(msg_id), HEADER.target, HEADER.source)
            packet = encoded(dm.Message(header, numbered(one)), CODECS[codec])
            if packet is not None:
                lines.append(write_log_line(float(msg_id), "1", "client", packet))
        log = tmp_path / f"{at}.jsonl"
        log.write_text("\n".join(lines) + "\n")
        main(["trace", str(log), *options])
        shown = capsys.readouterr()
        assert shown.out.strip()
        for form in (SECRET, SECRET[4:11], b64(SECRET)[:12], b64(TNDS)[40:]):
            assert form not in shown.out + shown.err, (form, document, command, uri)
