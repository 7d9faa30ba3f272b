"""Every command: what it prints, what it refuses, and that help is complete."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import stat
import subprocess
import sys

import pytest

import dmkit as dm
from dmkit.cli import COMMANDS, main


@pytest.fixture
def message(tmp_path):
    """One message as XML and as WBXML files."""
    body = dm.Device.example().connect().start().reply.body
    files = {"xml": tmp_path / "m.xml", "wbxml": tmp_path / "m.wbxml"}
    files["xml"].write_bytes(body)
    files["wbxml"].write_bytes(dm.WBXML.encode(dm.XML.decode(body)))
    return files


def every_command(commands=COMMANDS, above=()):
    """Names of all commands and of those below them, as they are typed, with their rows."""
    for name, command in sorted(commands.items()):
        yield (*above, name), command
        yield from every_command(command.below or {}, (*above, name))


@pytest.mark.parametrize(("names", "command"), [pytest.param(*row, id=" ".join(row[0])) for row in every_command()])
def test_help_is_complete_with_an_example(names, command, capsys):
    with pytest.raises(SystemExit) as end:
        main([*names, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert f"example: dmkit {' '.join(names)}" in text
    parser = argparse.ArgumentParser()
    assert (command.options is None) == (command.below is not None)
    if command.options is not None:
        command.options(parser)
    assert [action.dest for action in parser._actions if not action.help] == []


def test_help_of_all_and_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"dmkit {dm.__version__}\n"
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if f"dmkit {name} " not in text] == []


@pytest.mark.parametrize("form", ["xml", "wbxml"])
def test_decode_prints_an_indented_tree(message, form, capsys):
    assert main(["decode", str(message[form])]) == 0
    out = capsys.readouterr().out
    assert "<SessionID>1</SessionID>" in out
    assert out.count("\n") > 30


@pytest.mark.parametrize("form", ["xml", "wbxml"])
def test_decode_as_json_is_the_same_for_both_forms(message, form, capsys):
    assert main(["decode", "--json", str(message[form])]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["header"]["session_id"] == "1"
    assert [command["command"] for command in said["commands"]] == ["Alert", "Replace"]


def test_decode_rows_cover_every_octet(message, capsys):
    assert main(["decode", "--rows", str(message["wbxml"])]) == 0
    assert "SyncHdr" in capsys.readouterr().out


def test_convert_there_and_back(message, tmp_path):
    there, back = tmp_path / "there", tmp_path / "back"
    assert main(["convert", str(message["xml"]), str(there)]) == 0
    assert main(["convert", str(there), str(back)]) == 0
    assert dm.XML.decode(back.read_bytes()) == dm.XML.decode(message["xml"].read_bytes())


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "octet"), (b"<a", "XML"), (b"\x02\xa4\x01\x6a\x00\x6d\x03", "octet"), (b"\xff\xfe\xfd", "octet")],
)
@pytest.mark.parametrize("command", ["decode", "convert"])
def test_bad_input_is_one_sentence_and_leaves_no_file(command, data, says, tmp_path, capsys):
    (tmp_path / "in").write_bytes(data)
    out = tmp_path / "out"
    assert main([command, str(tmp_path / "in"), *([str(out)] if command == "convert" else [])]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"dmkit {command}: ")
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (
            ["405", "delete"],
            "  Delete    the root or a permanent node, or its AccessType has no Delete [DMREPPRO §6.6.5]",
        ),
        (["212"], "  SyncHdr   authenticated until the session ends [DMPRO §9.1]"),
        (["1222"], "Alert 1222 Next message: both, Items: 0"),
        (["300"], "300 Multiple choices"),
    ],
)
def test_codes_are_explained(argv, says, capsys):
    assert main(["code", *argv]) == 0
    assert says in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("argv", "says"), [(["777"], "neither a status nor an alert"), (["405", "Put"], "no command")])
def test_codes_that_are_none_are_one_sentence(argv, says, capsys):
    assert main(["code", *argv]) == 2
    assert says in capsys.readouterr().err


def test_zero_is_shown_in_json(tmp_path, capsys):
    status = dm.Status(dm.StatusCode(0), "1", "1", "Get", cmd_id="1")
    (tmp_path / "m").write_bytes(dm.XML.encode(dm.Message(dm.words.Header("1", "1", "a", "b"), (status,))))
    assert main(["decode", str(tmp_path / "m"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["commands"][0]["code"] == 0


def test_a_missing_file_is_one_sentence(tmp_path, capsys):
    assert main(["decode", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_lenient_reports_what_it_accepted(tmp_path, capsys):
    body = dm.Device.example().connect().start().reply.body.replace(b"Acme", b"A&B")
    (tmp_path / "m.xml").write_bytes(body)
    assert main(["convert", str(tmp_path / "m.xml"), str(tmp_path / "out")]) == 2
    capsys.readouterr()
    assert main(["convert", "--lenient", str(tmp_path / "m.xml"), str(tmp_path / "out")]) == 0
    assert "bare-ampersand" in capsys.readouterr().err


def test_habits_are_reported_and_only_strict_refuses_them(tmp_path, capsys):
    body = dm.Device.example().connect().start().reply.body.replace(b' xmlns="SYNCML:SYNCML1.2"', b"")
    (tmp_path / "m.xml").write_bytes(body)
    for command in (["decode", "--json"], ["decode"], ["convert"]):
        out = [str(tmp_path / "out")] if command == ["convert"] else []
        assert main([*command, str(tmp_path / "m.xml"), *out]) == 0
        assert "namespace" in capsys.readouterr().err
        assert main([*command, "--strict", str(tmp_path / "m.xml"), *out]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("path", ["ddf/aosp-syncmldm.ddf", "syncml-ds-xml/synrc-sync_add.xml"])
def test_documents_without_namespace_convert_and_come_back(path, corpus, tmp_path, capsys):
    assert main(["convert", str(corpus / path), str(tmp_path / "a.wbxml")]) == 0
    assert main(["convert", str(tmp_path / "a.wbxml"), str(tmp_path / "a.xml")]) == 0
    assert (tmp_path / "a.xml").stat().st_size > 0


def test_conformance(capsys):
    assert main(["conformance"]) == 0
    assert re.search(r"\d+ of \d+ rows covered", capsys.readouterr().out)


def test_conformance_of_tests_elsewhere(tmp_path, capsys):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_mine.py").write_text("import pytest\n@pytest.mark.spec('P-05')\ndef test_it(): ...\n")
    assert main(["conformance", "--json", "--tests", str(tmp_path / "tests")]) == 0
    states = {row["id"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    assert states.pop("P-05") == "claimed", "an empty test that never ran covers nothing"
    assert set(states.values()) == {"open"}
    assert main(["conformance", "--tests", str(tmp_path / "none")]) == 2
    assert "--tests" in capsys.readouterr().err


# -- serve ------------------------------------------------------------------------------------------------------------

GOOD = """
port = 0
server-id = "srv"
[[accounts]]
user = "client"
password = "hunter2"
server_password = "hunter3"
[[jobs]]
do = "put"
uri = "./APN/Name"
value = "internet"
"""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("port = 99999", "port"),
        ('port = "x"', "port"),
        ("prt = 1", "prt"),
        ('profile = "nokia"', "profile is 'nokia'; it must be one of 'spec'"),
        ('path = "dm"', "begins with a slash"),
        ("[limits]\nidle = -1", "idle"),
        ("[limits]\nrequest = 0", "request"),
        ('[[jobs]]\ndo = "reed"', "job 'reed' is not known; there are read"),
        ('[[jobs]]\ndo = "read"\nuri = "./A"', "no option 'uri'; it has uris"),
        ('[[jobs]]\ndo = "write"\nuri = "./A"', "needs its option 'value'"),
        ("[[jobs]]\nx = 1", "no do"),
        ('[[accounts]]\nauth = "sha1"\nuser = "u"', "accounts[1].auth is 'sha1'; it must be one of 'none'"),
        ("[[accounts]]\n", "no user"),
        ('[[accounts]]\nuser = "u"\nnonce = "?"', "no base64"),
        ('[[accounts]]\nuser = "u"\nauth = "basic"\n[[accounts]]\nuser = "v"', "one scheme"),
        ("port = ", "is no TOML"),
        ("port = nan", "port is nan"),
        ("port = true", "port is True; it must be a whole number from 0 to 65535"),
        ("port = " + "9" * 5000, "is no TOML"),
        ("port = " + "9" * 400, "port is a whole number of more than 300 digits"),
        ("port = [1]", "port is [1]"),
        ("[limits]\nidle = inf", "limits.idle is inf"),
        ("[limits]\nidel = 3", "limits.idel is not known; there are request, sessions"),
        ("limits = 3", "limits is 3; it must be a table"),
        ("tls = [1]", "tls is [1]"),
        ("accounts = 5", "accounts is 5; it must be a list of tables"),
        ('profile = "lenent"', "nearest: 'lenient'"),
        ("durable = 1", "durable is 1; it must be true or false"),
        ('server-id = "a"\nserver_id = "b"', "server-id is there twice"),
        ("[[accounts]]\npassword = 1234", "accounts[1].password is of type int; it must be a text"),
        ("jobs = [1]", "jobs is [1]"),
        ('host = "0.0.0.0"', "needs url as well"),
        ('[tls]\ncertificate = "c.pem"', "tls.key is missing; it must be a text"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(change, says, tmp_path, capsys):
    (tmp_path / "s.toml").write_text(change)
    assert main(["serve", str(tmp_path / "s.toml")]) == 2
    error = capsys.readouterr().err
    assert says in error, error
    assert error.count("\n") == 1


def test_a_missing_configuration_is_one_sentence(tmp_path, capsys):
    assert main(["serve", str(tmp_path / "none.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.fixture
def served(tmp_path):
    """A served dmkit in a process of its own; its URL and its log."""
    (tmp_path / "s.toml").write_text(GOOD)
    log = tmp_path / "log.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "dmkit", "serve", str(tmp_path / "s.toml"), "--log", str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    yield re.search(r"http://\S+", line).group(), log
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.mark.parametrize("form", [[], ["--wbxml"]], ids=["xml", "wbxml"])
def test_serve_and_session(served, form, tmp_path, capsys):
    url, log = served
    trace = tmp_path / "trace.jsonl"
    argv = ["session", url, "--password", "hunter2", "--server-id", "srv", "--server-password", "hunter3"]
    assert main([*argv, *form, "--trace", str(trace), "--show-tree"]) == 0
    out = capsys.readouterr().out
    assert "Replace ./APN/Name" in out
    assert re.search(r"Name +internet$", out, re.M)
    served_talk, own = dm.transport.read_trace(log), dm.transport.read_trace(trace)
    assert [line.summary for line in served_talk] == [line.summary for line in own]
    assert "hunter" not in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_session_with_a_wrong_password_exits_1(served, capsys):
    url, _ = served
    assert main(["session", url, "--password", "no", "--server-id", "srv", "--server-password", "hunter3"]) == 1
    assert "did not end well" in capsys.readouterr().out


def test_session_reads_a_tree(served, tmp_path, capsys):
    url, _ = served
    (tmp_path / "t.json").write_text('{"./APN/Other": "x", "./New/Leaf": 5}')
    argv = ["session", url, "--password", "hunter2", "--server-id", "srv", "--server-password", "hunter3"]
    assert main([*argv, "--tree", str(tmp_path / "t.json"), "--show-tree"]) == 0
    assert "Leaf" in capsys.readouterr().out
    (tmp_path / "t.json").write_text('{"./APN": {"a": 1}}')
    assert main([*argv, "--tree", str(tmp_path / "t.json")]) == 2
    assert "./APN is {'a': 1}; a text, a number, true or false is right" in capsys.readouterr().err


def test_files_are_looked_for_beside_the_configuration(tmp_path, capsys, monkeypatch):
    (tmp_path / "s.toml").write_text('port = 0\ndatabase = "dm.sqlite"\n[tls]\ncertificate = "c.pem"\nkey = "k.pem"')
    monkeypatch.chdir("/")
    assert main(["serve", str(tmp_path / "s.toml")]) == 2
    assert f"cannot use {tmp_path}/c.pem" in capsys.readouterr().err
    assert (tmp_path / "dm.sqlite").exists()


def test_output_that_nobody_reads_is_no_error(message):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "dmkit", "decode", str(message["xml"])], stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("url", ["nowhere", "http://", "ftp://127.0.0.1/dm", "http://127.0.0.1:99999/dm"])
def test_session_with_no_address_exits_2(url, capsys):
    assert main(["session", url]) == 2
    assert "is no address of http or https" in capsys.readouterr().err


@pytest.mark.parametrize("imsi", ["12x", "12345", "1234567890123456", "１２３４５６７"])
def test_session_with_an_identity_that_is_none_exits_2(imsi, tmp_path, capsys):
    (tmp_path / "push.bin").write_bytes(b"\0")
    assert main(["session", "http://127.0.0.1:9/dm", "--push", str(tmp_path / "push.bin"), "--imsi", imsi]) == 2
    assert "is no IMSI: 6 to 15 digits" in capsys.readouterr().err


@pytest.mark.parametrize("octets", [b"", b"junk", b"\x06\x05\x04\x0b\x84", bytes(range(256))])
def test_session_woken_by_junk_exits_2(octets, tmp_path, capsys):
    (tmp_path / "push.bin").write_bytes(octets)
    assert main(["session", "http://127.0.0.1:9/dm", "--push", str(tmp_path / "push.bin")]) == 2
    err = capsys.readouterr().err
    assert "push.bin" in err
    assert err.count("\n") == 1


def test_session_with_nobody_there_exits_2(capsys):
    assert main(["session", "http://127.0.0.1:9/dm"]) == 2
    assert "no answer from" in capsys.readouterr().err


def test_load_of_twenty_sessions(served, tmp_path, capsys):
    config = GOOD.replace("hunter2", "clientpw").replace("hunter3", "srvpw").replace('"srv"', '"dmkit"')
    (tmp_path / "l.toml").write_text(config)
    process = subprocess.Popen(
        [sys.executable, "-m", "dmkit", "serve", str(tmp_path / "l.toml")], stdout=subprocess.PIPE, text=True
    )
    url = re.search(r"http://\S+", process.stdout.readline()).group()
    assert main(["load", url, "--sessions", "20", "--rounds", "2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("40 sessions, ")
    assert "20 sessions at once, 0 failed" in out
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    process.stdout.close()


def test_load_leaves_other_machines_alone(capsys):
    assert main(["load", "http://dm.example.com/dm"]) == 2
    assert "only to a server on this machine" in capsys.readouterr().err
