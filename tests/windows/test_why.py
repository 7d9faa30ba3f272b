"""What happened in a trace: twelve sessions, each as text that is pinned; codes in every form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.cli import main
from dmkit.windows.codes import CODES, GROUPS, explain, number
from dmkit.windows.fates import BAD, TraceMessage
from dmkit.windows.sayings import as_text, example
from dmkit.windows.why import why
from dmkit.words.errors import ConfigError
from tests.windows.traces import CASES, DEVICE, HELLO, SERVER, alert, atomic, command, message, place, status, written

PINNED = Path(__file__).parent / "why"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "windows" / "ddf" / "sample.xml"


@pytest.mark.parametrize("name", CASES)
def test_the_trace_is_the_one_that_is_written_here(name):
    octets = written(name)
    if isinstance(octets, dict):
        assert {file.name: file.read_bytes() for file in place(name).iterdir()} == octets
    else:
        assert place(name).read_bytes() == octets


@pytest.mark.parametrize("name", CASES)
def test_what_happened_is_said_as_pinned(name, capsys):
    wrong = main(["why", str(place(name))])
    said = capsys.readouterr().out
    file = PINNED / f"{name}.txt"
    if "--write-golden" in sys.argv:
        file.write_text(said)
    assert said == file.read_text()
    assert wrong == (0 if name == "finished-later" else 1)


def test_there_are_twelve_of_seven_forms():
    assert len(CASES) == 12 and len({form for form, _ in CASES.values()}) >= 7


@pytest.mark.parametrize("name", CASES)
def test_json_and_page_say_the_same(name, capsys):
    main(["why", str(place(name)), "--json"])
    [session] = json.loads(capsys.readouterr().out)
    main(["why", str(place(name)), "--html"])
    page = capsys.readouterr().out
    body = ElementTree.fromstring(page[page.index("<body>") : page.index("</html>")].replace("&nbsp;", " "))
    rows = next(iter(body.iter("tbody")))
    assert [row[0].text for row in rows] == [told["label"] for told in session["commands"]]
    assert [row[1].get("class") == "bad" for row in rows] == [told["guilty"] for told in session["commands"]]


def talk(*bodies):
    return [TraceMessage(n, "client" if n % 2 else "server", body.encode()) for n, body in enumerate(bodies, 1)]


def test_blanked_pages_hold_no_value(capsys, tmp_path):
    secret = "Zweihundertdrei"
    bodies = [
        HELLO,
        message(1, "server", command("Replace", 5, "./Vendor/MSFT/A", secret, "chr"), command("Get", 6, "./A")),
        message(2, "client", status(1, 5, "Replace", 500),
                f"<Status><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>6</CmdRef><Cmd>Get</Cmd><Data>404</Data>"
                f"<Item><Data>{secret}</Data></Item></Status>",
                f'<Alert><CmdID>4</CmdID><Data>1226</Data><Item><Meta><Type xmlns="syncml:metinf">x.y</Type></Meta>'
                f"<Data>{secret}</Data></Item></Alert>"),
    ]  # fmt: skip
    file = tmp_path / "t.xml"
    file.write_text("\n".join(bodies))
    for form in ([], ["--json"], ["--html"]):
        main(["why", str(file), *form])
        assert secret in capsys.readouterr().out
        main(["why", str(file), "--blank", *form])
        said = capsys.readouterr().out
        assert secret not in said and DEVICE not in said and "15 characters" in said


@pytest.mark.parametrize("name", ["AAuthSecret", "Password", "WlanSharedKey", "MyToken"])
def test_secrets_are_never_shown(name, capsys, tmp_path):
    file = tmp_path / "t.xml"
    file.write_text(HELLO + message(1, "server", command("Replace", 5, f"./Vendor/MSFT/{name}", "hush", "chr")))
    for form in ([], ["--json"], ["--html"]):
        main(["why", str(file), *form])
        assert "hush" not in capsys.readouterr().out


def fates(*bodies):
    return [(told.label, told.fate) for told in why(talk(*bodies)).told if told.sender == "server"]


REPLACE = command("Replace", 5, "./Vendor/MSFT/A", 1)


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        (status(1, 5, "Replace", 200), "done"),
        (status(1, 5, "Replace", 202), "under way"),
        (status(1, 5, "Replace", 214), "not executed"),
        (status(1, 5, "Replace", 215), "not executed"),
        (status(1, 5, "Replace", 216), "rolled back"),
        (status(1, 5, "Replace", 418), "failed"),
        (status(1, 5, "Replace", 0), "failed"),
        (status(1, 5, "Replace", 599), "failed"),
        (status(1, 5, "Replace", 404), "failed"),
        (status(1, 5, "Replace", 500, "-2046820303"), "owned"),
        (status(1, 5, "Replace", 500, "0x86000031"), "owned"),
        (status(1, 5, "Replace", 500, "2248147 x"), "failed"),
        (status(1, 5, "Replace", 200, of="7"), "no answer"),
        (status(1, 6, "Replace", 200), "no answer"),
        ("<Status><CmdID>1</CmdID><MsgRef>1</MsgRef><Cmd>Replace</Cmd><Data>200</Data></Status>", "done"),
        ("<Status><CmdID>1</CmdID><CmdRef>5</CmdRef><Cmd>Replace</Cmd><Data>404</Data></Status>", "failed"),
    ],
)
def test_fates(answer, fate):
    assert fates(HELLO, message(1, "server", REPLACE), message(2, "client", answer)) == [("S1.5", fate)]


def test_what_was_not_asked_for_has_no_answer_and_that_is_fine():
    quiet = REPLACE.replace("<Item>", "<NoResp/><Item>")
    found = why(talk(HELLO, message(1, "server", quiet), message(2, "client", status(1, 0, "SyncHdr", 200))))
    assert found.ok and [t.fate for t in found.told if t.sender == "server"] == ["not asked"]


def test_a_message_that_was_sent_twice_is_told_once():
    bodies = [HELLO, message(1, "server", REPLACE), message(2, "client", status(1, 5, "Replace", 200))]
    said = talk(*bodies)
    assert len(why([*said, said[2], said[1]]).told) == len(why(said).told)


def test_items_of_one_command_are_told_apart():
    two = (
        "<Replace><CmdID>5</CmdID><Item><Target><LocURI>./A</LocURI></Target><Data>1</Data></Item>"
        "<Item><Target><LocURI>./B</LocURI></Target><Data>2</Data></Item></Replace>"
    )
    answers = "".join(
        status(n, 5, "Replace", code).replace("<Data>", f"<TargetRef>{uri}</TargetRef><Data>")
        for n, (uri, code) in enumerate([("./A", 200), ("./B", 404)], 1)
    )
    found = why(talk(HELLO, message(1, "server", two), message(2, "client", answers)))
    assert [(t.uri, t.fate) for t in found.told if t.sender == "server"] == [("./A", "done"), ("./B", "failed")]


@pytest.mark.parametrize(
    ("codes", "guilty"),
    [((200, 200), []), ((216, 404), ["S1.7"]), ((404, 215), ["S1.6"]), ((400, 400), ["S1.6", "S1.7"]),
     ((216, 216), []), ((418, 404), ["S1.6", "S1.7"])],
)  # fmt: skip
def test_the_guilty_part_of_an_atomic_is_marked(codes, guilty):
    inside = [command("Replace", 6, "./Vendor/MSFT/A", 1), command("Replace", 7, "./Vendor/MSFT/B", 1)]
    answers = [status(n, n, "Replace", code) for n, code in zip((6, 7), codes, strict=True)]
    own = 200 if codes == (200, 200) else 507
    found = why(
        talk(
            HELLO, message(1, "server", atomic(5, *inside)), message(2, "client", status(1, 5, "Atomic", own), *answers)
        )
    )
    assert [told.label for told in found.told if told.guilty] == guilty
    assert found.ok == (own == 200)


def test_descriptions_name_what_is_wrong(capsys):
    assert main(["why", str(place("atomic-second-part")), "--ddf", str(SAMPLE)]) == 1
    assert "lint value: 5000 is not in [0-999]" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["why"], ["why", "NOWHERE"], ["why", "FILE", "--session", "9"], ["why", "FILE", "--ddf", "NOWHERE"]]
)
def test_bad_input_is_one_sentence(words, capsys):
    given = [str(place("cut")) if word == "FILE" else word for word in words]
    try:
        assert main(given) == 2
    except SystemExit as end:
        assert end.code == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("dmkit why: ") and captured.err.count("\n") == 1


def test_nothing_heard_is_nothing_to_explain():
    with pytest.raises(ConfigError, match="no message"):
        why([])


@given(st.lists(st.binary(max_size=80), max_size=4), st.integers(0, 400), st.integers(0, 255))
def test_octets_of_any_kind_are_told_or_unreadable(bodies, at, octet):
    whole = bytearray(example()[1].body)
    whole[at % len(whole)] = octet
    said = [
        *example()[:1],
        TraceMessage(2, "client", bytes(whole)),
        *(TraceMessage(n, "client", b) for n, b in enumerate(bodies, 3)),
    ]
    found = why(said)
    assert len(found.told) + len(found.unreadable) >= len(said) - 1


_V = "./Device/Vendor/MSFT"
_THREE = [command("Add", n, f"{_V}/{name}", n) for n, name in ((3, "A"), (4, "B"), (5, "C"))]


def answered(*answers):
    return [status(n, *answer) for n, answer in enumerate(answers, 3)]


SESSIONS = {
    "the second of three": (
        [atomic(2, *_THREE)],
        answered(("2", "Atomic", 507), ("3", "Add", 216), ("4", "Add", 404), ("5", "Add", 215)),
        ["failed", "rolled back", "failed*", "not executed"],
    ),
    "there already, in an Atomic": (
        [atomic(2, *_THREE[:2])],
        answered(("2", "Atomic", 507), ("3", "Add", 418), ("4", "Add", 215)),
        ["failed", "there already*", "not executed"],
    ),
    "what stayed is not what failed": (
        [atomic(2, *_THREE[:2])],
        answered(("2", "Atomic", 507), ("3", "Add", 516), ("4", "Add", 500, "0x86000009")),
        ["failed", "not undone", "failed*"],
    ),
    "nothing but what stayed": (
        [atomic(2, *_THREE[:2])],
        answered(("2", "Atomic", 507), ("3", "Add", 516), ("4", "Add", 215)),
        ["failed", "not undone*", "not executed"],
    ),
    "an Atomic that is content with a part that failed": (
        [atomic(2, *_THREE[:2])],
        answered(("2", "Atomic", 200), ("3", "Add", 200), ("4", "Add", 404)),
        ["done", "done", "failed"],
    ),
    "a part of a Sequence": (
        [atomic(2, *_THREE[:2]).replace("Atomic", "Sequence")],
        answered(("2", "Sequence", 200), ("3", "Add", 405), ("4", "Add", 200)),
        ["done", "failed", "done"],
    ),
    "one number for two commands": (
        [command("Replace", 2, f"{_V}/A", 1), command("Replace", 2, f"{_V}/B", 1)],
        answered(("2", "Replace", 200), ("2", "Replace", 404)),
        ["done", "failed"],
    ),
    "one number for two commands, one answer": (
        [command("Replace", 2, f"{_V}/A", 1), command("Replace", 2, f"{_V}/B", 1)],
        answered(("2", "Replace", 404)),
        ["failed", "no answer"],
    ),
    "one number in and out of an Atomic": (
        [atomic(2, _THREE[0]), command("Replace", 3, f"{_V}/B", 1)],
        answered(("2", "Atomic", 200), ("3", "Add", 200), ("3", "Replace", 403)),
        ["done", "done", "failed"],
    ),
    "owned, in signed decimals": (
        [command("Replace", 2, f"{_V}/A", 1)], answered(("2", "Replace", 500, "-2046820303")), ["owned"],
    ),
    "an error that is no number": (
        [command("Replace", 2, f"{_V}/A", 1)], answered(("2", "Replace", 500, "zzz")), ["failed"],
    ),
    "no status of the protocol": (
        [command("Replace", 2, f"{_V}/A", 1)], answered(("2", "Replace", 299)), ["failed"],
    ),
}  # fmt: skip
"""Commands of the server, what the device answers, and what became of each; ``*`` marks what made an Atomic fail."""


@pytest.mark.parametrize("name", SESSIONS)
def test_what_became_of_each_command(name):
    commands, answers, fates = SESSIONS[name]
    talk = [HELLO, message(1, "server", status(1, "0", "SyncHdr", 200), *commands),
            message(2, "client", status(2, "0", "SyncHdr", 200), *answers)]  # fmt: skip
    found = why(TraceMessage(n, "server" if n == 2 else "client", body.encode()) for n, body in enumerate(talk, 1))
    orders = [told for told in found.told if told.sender == "server"]
    assert [f"{told.fate}{'*' * told.guilty}" for told in orders] == fates
    marked = [line for line in as_text(found).splitlines() if line.startswith("  >>")]
    wrong = [t for t in orders if t.guilty or (t.fate in BAD and t.verb not in ("Atomic", "Sequence"))]
    assert len(marked) == len(wrong) and not found.ok
    assert ("more than once" in as_text(found)) == ("one number" in name)


# -- codes


@given(st.integers(0, 2**32 - 1))
def test_every_form_of_a_number_is_the_same_number(value):
    signed = value - 2**32 if value >> 31 else value
    forms = [f"{value}", f"{signed}", f"0x{value:08X}", f"0x{value:x}", f"0X{value:08x}", f"&H{value:X}", f"{value:X}h",
             f"({signed})", f" {signed:,} ", f"#{value:08x}", f"0x{value:08X}L",
             f"\u2212{-signed}" if signed < 0 else "0"]  # fmt: skip
    if signed < 0:
        forms += [f"0xFFFFFFFF{value:08X}", f"{value:08X}"]
    plain = [number(form) for form in forms if form != "0"]
    as_decimal = number(f"{value}")
    if value >> 31 == 0 and len(str(value)) == 8:  # such a number may be hexadecimal
        plain = [n for form, n in zip(forms, plain, strict=False) if n != as_decimal or as_decimal == value]
    assert set(plain) <= {value, as_decimal} and (as_decimal == value or as_decimal >> 16 in GROUPS)
    assert explain(value).signed == signed or as_decimal != value


@pytest.mark.parametrize("text", ["", "x", "0x", "0x1FFFFFFFF", "-2147483649", "4294967296", "1.5e3", "١٢", "9" * 5000,
                                  "0xFFFFFFFE87D1FDE8", "405 (0x194)", "-2016281112 (x)", "hresult"])  # fmt: skip
def test_what_is_no_number_of_32_bits_is_refused(text):
    with pytest.raises(ConfigError, match="32 bits"):
        number(text)


@pytest.mark.parametrize("value", CODES)
def test_every_known_code_says_something_and_has_a_group(value, capsys):
    assert value >> 16 in GROUPS
    assert main(["code", f"{value - 2**32 if value >> 31 else value}"]) == 0
    said = capsys.readouterr().out
    assert CODES[value].says in said and CODES[value].source in said


@pytest.mark.parametrize(
    ("text", "says"),
    [("0x87D10194", "404 Not found"), ("-2016345708", "404 Not found"), ("2278621588", "404 Not found"),
     ("0x87D101F4", "500 Command failed"), ("-2016281112", "bucket"), ("-2,016,281,112", "bucket"),
     ("0x86000031", "declared configuration"), ("80180014", "this kind of device"), ("507", "Atomic failed"),
     ("1224", "Client event"), ("0x87D1C350", "nobody here knows it"), ("-2016281112L", "bucket"),
     ("-2016281112 (0x87D1FDE8)", "bucket"),
     ("0x87D1FDE8/-2016281112", "bucket"), ("0x87D1FDE8 = -2016281112", "bucket"), ("HRESULT: 0x80070005", "denied"),
     ("hr=0x80070005", "denied"), ("Error -2147024891", "denied"), ("0", "success"), ("0x00000000", "success")],
)  # fmt: skip
def test_the_command_takes_every_form(text, says, capsys):
    assert main(["code", text]) == 0
    assert says in capsys.readouterr().out


def test_addresses_of_the_traces_are_stand_ins():
    assert SERVER.endswith(".example/dm")


# -- causes that the trace shows


def causes(*bodies, label="S1.5"):
    return [cause for told in why(talk(*bodies)).told if told.label == label for cause in told.causes]


def scoped(scope, uri, code=405):
    type = "com.microsoft.mdm.synctype"
    first = message(1, "client", alert(2, 1201), alert(3, 1224, type, scope))
    return causes(first, message(1, "server", command("Replace", 5, uri, 1)),
                  message(2, "client", status(1, 5, "Replace", code)))  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "uri", "certain"),
    [("user", "./Device/Vendor/MSFT/A", True), ("user", "./Vendor/MSFT/A", True),
     ("device", "./User/Vendor/MSFT/A", True), ("device", "./Vendor/MSFT/A", False),
     ("user", "./user/Vendor/MSFT/A", False), ("mixed", "./User/Vendor/A", False),
     ("nobody", "./User/Vendor/A", False)],
)  # fmt: skip
def test_a_node_outside_the_scope_of_the_session_is_the_cause(scope, uri, certain):
    found = scoped(scope, uri)
    assert any("the session is for the" in cause for cause in found) == certain
    assert ("the node is read-only" in found) != certain
    assert not any("the session is for the" in cause for cause in scoped(scope, uri, 404))


def test_a_command_without_its_number_is_the_cause_of_400():
    replace = command("Replace", 5, "./A", 1).replace("<CmdID>5</CmdID>", "")
    assert causes(HELLO, message(1, "server", replace), message(2, "client", status(1, "", "Replace", 400)),
                  label="S1.?") == ["the command has no CmdID"]  # fmt: skip


@pytest.mark.parametrize("original", ["0x87D10194", "-2016345708", "2278621588"])
def test_a_status_behind_a_status_brings_its_causes(original):
    found = causes(HELLO, message(1, "server", REPLACE), message(2, "client", status(1, 5, "Replace", 500, original)))
    assert "the path is misspelt or has a blank" in found and not any("500 for every error" in c for c in found)


@pytest.mark.parametrize(
    ("data", "fate", "says"),
    [("-2147024891", "failed", "access is denied"), ("0x80070643", "failed", "number 1603"), ("0", "said", "success"),
     ("1", "said", "began earlier"), ("done", "said", "began earlier")],
)  # fmt: skip
def test_a_number_that_a_provider_reports_is_explained(data, fate, says):
    type = "Reversed-Domain-Name:com.microsoft.mdm.win32csp_install"
    [told] = [t for t in why(talk(message(1, "client", alert(3, 1226, type, data)))).told if t.label == "C1.3"]
    assert (told.fate, says in told.causes[0]) == (fate, True)


def test_a_token_is_no_number(capsys):
    type = "com.microsoft/MDM/AADUserToken"
    [told] = why(talk(message(1, "client", alert(3, 1224, type, "87D1FDE8")))).told
    assert told.fate == "said" and "87D1" not in told.causes[0]
