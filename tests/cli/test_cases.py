"""Failing inputs that developers saw, each written afresh with its siblings; and the shared ones where they are.

| case | what is right | siblings here |
|---|---|---|
| commands side by side, comments between | all of them, each fragment reported | instructions, three, CRLF |
| a declaration or mark-up inside Data | the whole, as text | CDATA inside, another encoding, twice |
| `]]>` in Data | the whole, reported | once, twice, at the end |
| binary Results in WBXML | octets as base64, said so | three lengths |
| bool with digits in its list | true and false are taken | 1 and 0 are taken where the rules say so |
| a value outside its range | named, whatever carries it | message, profile, JSON; low, high, text |
| STATUS with a wrong Le | 6C and the right one | 00, 2A, FF |
| codes with a sign, in hexadecimal | explained, or one sentence | four |
| an unknown command | a Status; its Atomic fails whole | alone, in Atomic, in Sequence, Put |
| package 1 in the same octets | a new session, its job | basic, none |
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as vary

import dmkit as dm
from dmkit.cli import main
from dmkit.device.device import counted_nonces
from dmkit.server.peers import DEVICES, PROFILES

SHARED = next((p / "shared/cases" for p in Path(__file__).parents if (p / "shared/cases/README.md").exists()), None)
HEAD = (
    '<SyncML xmlns="SYNCML:SYNCML1.2"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>%s</SessionID>'
    "<MsgID>1</MsgID><Target><LocURI>IMEI:493005100592800</LocURI></Target>"
    "<Source><LocURI>https://dm.example.com/dm</LocURI></Source></SyncHdr><SyncBody>%s<Final/></SyncBody></SyncML>"
)


def write(uri="./Vendor/Lab/A", data="1", verb="Replace", number=None, format=None):
    cmd_id = f"<CmdID>{number}</CmdID>" if number else ""
    meta = f'<Meta><Format xmlns="syncml:metinf">{format}</Format></Meta>' if format else ""
    return f"<{verb}>{cmd_id}<Item><Target><LocURI>{uri}</LocURI></Target>{meta}<Data>{data}</Data></Item></{verb}>"


def run(capsys, *argv):
    """Exit status, what was printed, what was said beside it."""
    try:
        status = main([str(word) for word in argv])
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def file(tmp_path):
    def made(text, name="case.xml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return made


# -- files ----------------------------------------------------------------------------------------------------------

SIDE_BY_SIDE = {
    "two": write("./A") + "\n" + write("./B"),
    "comments": "<!-- first -->\n" + write("./A", number=1) + "<!-- second -->" + write("./B", verb="Add", number=2),
    "instructions": '<?xml version="1.0"?>' + write("./A") + "<?lab next?>" + write("./B"),
    "three, CRLF": "\r\n".join(write(uri) for uri in ("./A", "./B", "./C")),
    "another container": "<Atomic><CmdID>1</CmdID>" + write("./A", number=2) + "</Atomic>" + write("./B"),
}


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", SIDE_BY_SIDE)
def test_commands_side_by_side(capsys, file, name, lenient):
    text = SIDE_BY_SIDE[name]
    uris = re.findall("<LocURI>(.*?)</LocURI>", text)
    path = file(text)
    status, out, err = run(capsys, "decode", *(["--lenient"] if lenient else []), path)
    assert status == 0
    assert re.findall("<LocURI>(.*?)</LocURI>", out) == uris
    assert (out + err).count("several-documents") == len(uris) - 1
    assert run(capsys, "decode", "--strict", path)[0] == 2
    target = path.with_name("out.wbxml")
    status, out, err = run(capsys, "convert", *(["--lenient"] if lenient else []), path, target)
    assert status == 0
    assert re.findall("<LocURI>(.*?)</LocURI>", run(capsys, "decode", target)[1]) == uris


INNER = {
    "declaration": '<?xml version="1.0"?><Profile xmlns="urn:x"><name>Lab</name></Profile>',
    "encoding": '<?xml version="1.0" encoding="utf-16"?><a/>',
    "with CDATA": '<?xml version="1.0"?><a><![CDATA[b]]></a>',
    "twice": '<?xml version="1.0"?><a/><?xml version="1.0"?><b/>',
}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", INNER)
def test_a_declaration_inside_data(capsys, file, name, lenient, whole):
    """Never a part of the file as the document: the address and the command are there, the mark-up is text."""
    command = write("./Vendor/Lab/Doc", INNER[name], number=2)
    path = file(HEAD % ("1", command) if whole else command)
    flags = ["--lenient"] if lenient else []
    status, out, err = run(capsys, "decode", *flags, path)
    assert status in (0, 2)
    if status == 0:
        assert "<LocURI>./Vendor/Lab/Doc</LocURI>" in out
        assert "unescaped-markup" in out + err
        assert "&lt;" in out
        assert ("<SyncHdr>" in out) == whole
    else:
        assert re.search(r"case\.xml: .*line 1", err)
    if name == "declaration":
        assert status == 0
    status, _, err = run(capsys, "decode", "--strict", path)
    assert (status, len(err.strip().splitlines())) == (2, 1)


@pytest.mark.parametrize("data", ["<![CDATA[a ]]> b]]>", "a ]]> b ]]> c", "a]]>"])
def test_the_end_of_a_cdata_section_in_data(capsys, file, data):
    path = file(HEAD % ("1", write(data=data, number=2)))
    status, out, err = run(capsys, "decode", path)
    assert status == 0
    assert "deviation" in out + err
    assert "<LocURI>./Vendor/Lab/A</LocURI>" in out
    assert out.count("]]&gt;") == data.count("]]>") - data.count("<![CDATA[") or "a ]]&gt; b" in out
    assert run(capsys, "decode", "--strict", path)[0] == 2


@pytest.mark.parametrize("octets", [b"\0\1\xff", b"\xff", bytes(range(256))])
def test_binary_results(capsys, file, octets):
    meta = dm.words.Meta(format="bin")
    results = dm.words.Results((dm.Item(source="./x", meta=meta, data=octets),), "1", "4", cmd_id="2")
    message = dm.Message(dm.words.Header("1", "1", "http://s/dm", "IMEI:1"), (results,))
    path = file(dm.WBXML.encode(message), "case.wbxml")
    for flags in ([], ["--strict"], ["--lenient"]):
        status, out, err = run(capsys, "decode", *flags, path)
        assert status == 0
        assert f"{len(octets)} octet" in out + err
        assert dm.XML.decode(out[out.index("<?xml") :].encode()).commands[0].items[0].meta.format == "b64"


# -- descriptions ---------------------------------------------------------------------------------------------------

DDF = (
    '<MgmtTree xmlns:MSFT="http://schemas.microsoft.com/MobileDevice/DM"><VerDTD>1.2</VerDTD><Node>'
    "<NodeName>LabUpdate</NodeName><Path>./Device/Vendor/MSFT</Path><DFProperties><AccessType><Get/></AccessType>"
    "<DFFormat><node/></DFFormat><Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><MIME/></DFType>"
    "</DFProperties><Node><NodeName>%s</NodeName><DFProperties><AccessType><Add/><Delete/><Get/><Replace/></AccessType>"
    "<DFFormat><%s/></DFFormat><Occurrence><ZeroOrOne/></Occurrence><Scope><Dynamic/></Scope><DFType><MIME/></DFType>"
    "%s</DFProperties></Node></Node></MgmtTree>"
)
RANGE = '<MSFT:AllowedValues ValueType="Range"><MSFT:Value>[0-23]</MSFT:Value></MSFT:AllowedValues>'
ENUM = '<MSFT:AllowedValues ValueType="ENUM">%s</MSFT:AllowedValues>'
NODE = "./Device/Vendor/MSFT/LabUpdate/"


@pytest.mark.parametrize("listed", [("0", "1"), ("1", "0"), ("True", "False")])
@pytest.mark.parametrize("text", ["true", "false", "True", "False"])
def test_a_bool_whose_list_has_other_words(listed, text):
    rows = "".join(f"<MSFT:Enum><MSFT:Value>{value}</MSFT:Value></MSFT:Enum>" for value in listed)
    spec = dm.ddf.read((DDF % ("Active", "bool", ENUM % rows)).encode())
    device = dm.Device.example()
    device.tree = dm.ddf.install(device.tree, spec)
    command = dm.Add((dm.Item(target=NODE + "Active", meta=dm.words.Meta(format="bool"), data=text),))
    server = dm.Server.example(device)
    dm.converse(device, server, job=dm.jobs.send(command))
    assert [int(outcome.status) for outcome in server.results[0].result] == [200]


@pytest.mark.parametrize("form", ["message", "profile", "json"])
@pytest.mark.parametrize(("value", "fine"), [("99", False), ("-1", False), ("24", False), ("0", True), ("23", True)])
def test_a_value_outside_its_range(capsys, file, form, value, fine):
    ddf = file(DDF % ("Hour", "int", RANGE), "case.ddf.xml")
    command = write(NODE + "Hour", value, number=1, format="int")
    text = {"message": HEAD % ("1", command), "profile": command, "json": f'{{"{NODE}Hour": {value}}}'}[form]
    tree = file(text, "tree.json" if form == "json" else "t.xml")
    status, out, err = run(capsys, "ddf", "check", ddf, "--tree", tree)
    assert status == (0 if fine else 1), out + err
    assert ("is not in [0-23]" in out + err) == (not fine)


# -- commands -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("apdu", "answer"), [("80F2000001", "6c2b"), ("80F200002A", "6c2b"), ("80F20000FF", "6c2b")])
def test_status_with_a_wrong_length(capsys, apdu, answer):
    status, out, _ = run(capsys, "card", "apdu", apdu)
    assert status == 1
    assert answer in out.split()


SIGNED = ("-2016345612", "-2,016,345,612", "-0x782EFE0C", "-0X782efe0c", "-&H782EFE0C", "-782EFE0Ch")


@pytest.mark.parametrize(
    "code", [("0x87D101F4",), ("2278621684",), *((text,) for text in SIGNED), *(("--", text) for text in SIGNED)]
)
def test_codes_in_other_forms(capsys, code):
    status, out, _ = run(capsys, "code", *code)
    assert status == 0 and "0x87D101F4 = -2016345612" in out and "500" in out


@pytest.mark.parametrize("text", ["-x", "-", "-0x", "-0x80000001", "-7FFFFFFF", "-(5)x", "-1.5e3"])
def test_what_begins_as_an_option_and_is_no_number_is_said_to_be_none(capsys, text):
    with pytest.raises(SystemExit) as left:
        main(["code", text])
    assert left.value.code == 2 and f"{text!r} is no number of 32 bits" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "says"), [("-h", "usage:"), ("--help", "usage:"), ("--hlp", "unrecognized")])
def test_options_beside_a_number_are_still_options(capsys, option, says):
    with pytest.raises(SystemExit):
        main(["code", "405", option])
    assert says in "".join(capsys.readouterr())


R = write("./APN/Name", "y", number=5)
X = write("./APN/Name", "z", verb="Relpace", number=6)
PUT = "<Put><CmdID>6</CmdID><Item><Source><LocURI>./x</LocURI></Source><Data>1</Data></Item></Put>"


@pytest.mark.parametrize(
    ("body", "statuses", "value"),
    [
        (X, {"Relpace": 400}, "internet.old"),
        (f"<Atomic><CmdID>4</CmdID>{R}{X}</Atomic>", {"Atomic": 507, "Replace": 216, "Relpace": 400}, "internet.old"),
        (f"<Atomic><CmdID>4</CmdID>{X}{R}</Atomic>", {"Atomic": 507, "Relpace": 400, "Replace": 215}, "internet.old"),
        (f"<Sequence><CmdID>4</CmdID>{R}{X}</Sequence>", {"Sequence": 200, "Replace": 200, "Relpace": 400}, "y"),
        (R + PUT, {"Replace": 200, "Put": 400}, "y"),
    ],
)
@pytest.mark.parametrize("profile", ["windows", "default", "aosp"])
def test_an_unknown_command_gets_a_status(body, statuses, value, profile):
    given = {**PROFILES, **DEVICES, "default": dm.Rules()}[profile]
    code = int(given.tree.answer_to_unknown)
    rules = replace(given, auth="none", server_auth="none", lenient=True)
    device = dm.Device.example(rules=rules, auth="none")
    session = device.connect()
    session.start()
    fine = "".join(
        f"<Status><CmdID>{n + 1}</CmdID><MsgRef>1</MsgRef><CmdRef>{n}</CmdRef><Cmd>{name}</Cmd>"
        "<Data>200</Data></Status>"
        for n, name in enumerate(("SyncHdr", "Alert", "Replace"))
    )
    octets = (HEAD % (session.session_id, fine + body)).encode()
    reply = session.receive(dm.Packet(session.address, octets, "application/vnd.syncml.dm+xml")).reply
    said = {c.cmd: int(c.code) for c in dm.XML.decode(reply.body, lenient=True).commands if isinstance(c, dm.Status)}
    assert {name: code for name, code in said.items() if name != "SyncHdr"} == {
        name: code if name in ("Relpace", "Put") else status for name, status in statuses.items()
    }
    assert device.tree.get("./APN/Name").value == value


@pytest.mark.parametrize("auth", ["basic", "none"])
@pytest.mark.parametrize("gap", [60, 1, 400])
def test_package_1_in_the_same_octets_begins_anew(auth, gap):
    """Thirty connections; the Exec runs once, what was queued later runs next, and nobody is turned away."""
    url = "https://dm.example/dm"
    rules = replace(PROFILES["libdmclient"], auth=auth, server_auth="none", max_message=None)
    account = dm.Account("srv", url, dm.Credential("user", "pw") if auth == "basic" else None, None)
    server = dm.Server({"IMEI:1": account}, nonces=counted_nonces, rules=rules)
    cred = dm.words.Cred("dXNlcjpwdw==", dm.words.Meta(format="b64", type="syncml:auth-basic"))
    now = 0.0

    def say(number, *commands):
        shown = cred if number == 1 and auth == "basic" else None
        header = dm.words.Header("1", str(number), url, "IMEI:1", cred=shown)
        numbered = tuple(vary(c, cmd_id=str(n)) for n, c in enumerate(commands, 1))
        packet = dm.Packet(url, dm.XML.encode(dm.Message(header, numbered)), dm.XML.media_type)
        reply = server.receive(packet, now).reply
        return dm.XML.decode(reply.body) if reply is not None else None

    info = dm.Replace((dm.Item(source="./DevInfo/Man", data="Acme"),))
    server.enqueue("IMEI:1", dm.jobs.execute("./Wipe"), "exec")
    sent = []
    for turn in range(1, 31):
        now += gap
        if turn == 2:
            server.enqueue("IMEI:1", dm.jobs.read("./DevInfo/Man"), "read")
        heard = say(1, dm.Alert.of(1201), info)
        server.expire(now, 300.0)
        assert heard is not None, turn
        for command in (c for c in heard.commands if isinstance(c, dm.Exec | dm.Get)):
            sent.append((turn, command.verb.value))
            fine = [dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr"),
                    dm.Status(dm.StatusCode(200), "1", command.cmd_id, command.verb.value)]  # fmt: skip
            if isinstance(command, dm.Get):
                got = (dm.Item(source="./DevInfo/Man", data="Acme"),)
                fine.append(dm.words.Results(got, msg_ref="1", cmd_ref=command.cmd_id))
            say(2, *fine)
    assert sent == [(1, "Exec"), (2, "Get")]
    assert [(result.job, result.done) for result in server.results] == [("exec", True), ("read", True)]


# -- the shared inputs themselves -----------------------------------------------------------------------------------

ROWS = [
    # command, file, exit status, what is printed
    ("decode", "01-two-commands.xml", 0, "PauseDeferrals.*AllowLocation"),
    ("decode --lenient", "01-two-commands.xml", 0, "PauseDeferrals.*AllowLocation"),
    ("decode", "01-comment-and-two-commands.xml", 0, "AllowTelemetry.*AllowSpotlight"),
    ("decode --lenient", "01-comment-and-two-commands.xml", 0, "AllowTelemetry.*AllowSpotlight"),
    ("decode --strict", "01-comment-and-two-commands.xml", 2, "line 12"),
    ("decode", "02-inner-declaration.xml", 0, "unescaped-markup.*WlanXml.*&lt;WLANProfile"),
    ("decode --lenient", "02-inner-declaration.xml", 0, "unescaped-markup.*WlanXml.*&lt;WLANProfile"),
    ("decode --lenient", "02-inner-declaration-message.xml", 0, "unescaped-markup.*<SyncHdr>.*Lab/Doc.*&lt;a/"),
    ("decode --strict", "02-inner-declaration-message.xml", 2, "line 1"),
    ("decode", "cdata-end-in-data.xml", 0, "./x.*a ]]&gt; b"),
    ("decode --strict", "cdata-end-in-data.xml", 2, "line 1"),
    ("decode", "results-bin.wbxml", 0, "3 octets.*AAH/"),
    ("decode --strict", "results-bin.wbxml", 0, "3 octets.*AAH/"),
    ("ddf check 04-range.ddf.xml --tree", "04-message.xml", 1, r"99 is not in \[0-23\]"),
    ("ddf check 04-range.ddf.xml --tree", "04-profile.xml", 1, r"99 is not in \[0-23\]"),
    ("ddf check 04-range.ddf.xml --tree", "04-tree.json", 1, r"99 is not in \[0-23\]"),
    ("ddf lint", "03-bool-digits.ddf.xml", 1, "default-against-format"),
]


@pytest.mark.skipif(SHARED is None, reason="the shared cases are not on this machine")
@pytest.mark.parametrize(("command", "name", "status", "shows"), ROWS)
def test_the_shared_cases(capsys, command, name, status, shows):
    words = [SHARED / word if "." in word else word for word in command.split()]
    found, out, err = run(capsys, *words, SHARED / name)
    assert found == status, out + err
    assert re.search(shows, err + out, re.DOTALL)


@pytest.mark.skipif(SHARED is None, reason="the shared cases are not on this machine")
def test_each_shared_file_has_a_row_or_a_test():
    rows = {name for _, name, _, _ in ROWS} | {"04-range.ddf.xml", "README.md"}
    elsewhere = {
        "03-bool-digits.py": test_a_bool_whose_list_has_other_words,
        "07-unknown-command.py": test_an_unknown_command_gets_a_status,
        "same_package1_again.py": test_package_1_in_the_same_octets_begins_anew,
        "schedule-scenarios.md": "tests/mo/sched",
    }
    assert {path.name for path in SHARED.iterdir()} == rows | set(elsewhere)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (dm.Get.of("./No/Such"), "refused: Get ./No/Such: 404 Not found"),
        (dm.Delete.of("."), "refused: Delete .: 405 Command not allowed: "),
        (dm.Add.of("./DevInfo/Man", "x"), "refused: Add ./DevInfo/Man: 418 Already exists"),
    ],
)
def test_a_printed_session_says_in_words_what_was_refused(capsys, monkeypatch, command, says):
    """Under the ladder, with the reason that the device knows."""
    from dmkit.transport import software_device

    def talk(device, **_):
        server = dm.Server.example(device)
        return dm.converse(device, server, job=dm.jobs.send(command))

    monkeypatch.setattr(software_device, "talk", talk)
    _, out, _ = run(capsys, "session", "http://127.0.0.1:1/dm")
    assert says in out
