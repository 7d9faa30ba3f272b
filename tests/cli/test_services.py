"""``dmkit services``: lists, plans and impact on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dmkit.cli import main

DATA = Path(__file__).resolve().parents[2] / "data" / "services"
PHONE = str(DATA / "phone.json")


def test_the_plan_is_printed_with_its_packages(capsys):
    assert main(["services", "plan", "--device", PHONE, "--want", "mms,mail", "--max-message", "2000"]) == 0
    said = capsys.readouterr().out
    assert "1. set up proxy: add ./Proxy/gateway/ProxyId = gateway" in said
    assert "reused: nap-internet, mail" in said and "cost 8: 8 changes" in said
    assert "package 2: " in said


def test_the_plan_as_json(capsys):
    assert main(["services", "plan", "--device", PHONE, "--want", "mms", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cost"] == 8 and [row["step"] for row in told["steps"]] == [1] * 4 + [2] * 4
    assert sum(row["octets"] for row in told["packages"]) > 0


@pytest.mark.parametrize("seconds", ["0", "0.0", "0.25", "1", "2.5e0"])
def test_the_time_for_a_plan_may_be_a_part_of_a_second_and_the_bound_is_told(tmp_path, capsys, seconds):
    catalogue, phone = tmp_path / "c.toml", tmp_path / "phone.json"
    wide = [f"[service.s{n}]\nneeds = [{[f's{m}' for m in (n // 2, n // 3)]}]" for n in range(3, 70)]
    low = [f"[service.s{n}]" for n in range(3)]
    catalogue.write_text("\n".join(f'{text}\nsettings = {{"./S/{n}" = "x"}}' for n, text in enumerate(low + wide)))
    phone.write_text('{"./S/0": "x"}')
    asked = ["services", "plan", "--device", str(phone), "--catalogue", str(catalogue), "--seconds", seconds]
    assert main([*asked, "--want", "s69,s68", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert 2 <= told["bound"] <= told["cost"] == len(told["steps"])


@pytest.mark.parametrize("seconds", ["-1", "-0.5", "nan", "inf", "1e9", "soon", ""])
def test_a_time_for_a_plan_that_is_none_is_refused(capsys, seconds):
    with pytest.raises(SystemExit):
        main(["services", "plan", "--device", PHONE, "--want", "mms", f"--seconds={seconds}"])
    assert f"{seconds!r} is no number from 0 to 100000" in capsys.readouterr().err


def test_no_plan_is_exit_1_with_reasons(capsys):
    assert main(["services", "plan", "--device", PHONE, "--want", "voice", "--drop", "voice-fallback"]) == 1
    assert "- voice -> device:voice-over-lte: ./DevDetail/Ext/VoLTE is not there" in capsys.readouterr().out
    assert main(["services", "plan", "--device", PHONE, "--want", "voice", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["reasons"]
    lesson = str(DATA / "lesson.toml")
    assert main(["services", "plan", "--device", PHONE, "--catalogue", lesson, "--want", "hen"]) == 1
    assert "hen -> egg -> hen goes round in a circle" in capsys.readouterr().out


def test_impact(capsys):
    assert main(["services", "impact", "--device", PHONE, "--node", "./NAP/internet"]) == 1
    said = capsys.readouterr().out
    assert "mail breaks: mail -> nap-internet: ./NAP/internet/NapId is not there" in said
    assert main(["services", "impact", "--device", PHONE, "--node", "./VoiceDomain", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["broken"] == ["voice-fallback"]
    assert main(["services", "impact", "--device", PHONE, "--node", "./DevInfo"]) == 0


def test_list(capsys):
    assert main(["services", "list"]) == 0
    assert "needs proxy or wlan-offload" in capsys.readouterr().out
    assert main(["services", "list", "--device", PHONE]) == 0
    said = capsys.readouterr().out
    assert "mail             works" in said and "mms              absent" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["plan", "--device", PHONE, "--want", "fax"], "dmkit services plan: there is no service 'fax'; there are"),
        (["plan", "--device", "nowhere.json", "--want", "mms"], "dmkit services plan: nowhere.json: No such file"),
        (["plan", "--device", __file__, "--want", "mms"], "not JSON"),
        (["list", "--catalogue", "nowhere.toml"], "dmkit services list: nowhere.toml: cannot be read"),
        (["plan", "--device", PHONE, "--want", " , "], "' , ' names no service"),
        (["break", "--device", PHONE, "--want", "mms", "--drop", ","], "',' names no service"),
        (["plan", "--device", PHONE, "--parameter", "a=1", "--parameter", "a=2"], "--parameter a=... is given twice"),
        (["break", "--device", PHONE, "--want", "mms", "--fault", "lost", "--at", "99"], "the server sends "),
        (["break", "--device", PHONE, "--want", "mms", "--fault", "reboot", "--at", "99"], "the server sends "),
        (["break", "--device", PHONE, "--want", "mms", "--at", "99"], "the plan has 8 changes"),
        (["break", "--device", PHONE, "--want", "mms", "--out", "nowhere/x"], "a directory that is there is right"),
        (["break", "--device", PHONE, "--want", "mms", "--journal", "."], "a directory that is there is right"),
    ],
)
def test_bad_input_is_one_sentence(capsys, arguments, sentence):
    assert main(["services", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize("size", ["0", "3", "999", "many"])
def test_a_message_that_holds_no_command_is_refused(capsys, size):
    with pytest.raises(SystemExit):
        main(["services", "plan", "--device", PHONE, "--want", "mms", "--max-message", size])
    assert "is no whole number from 1000" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    [["--journal", "phone.json"], ["--journal", "x", "--out", "./x"], ["--journal", "c.toml"], ["--out", "c.toml"]],
)
def test_no_input_is_written_over_by_something_else(tmp_path, monkeypatch, capsys, more):
    monkeypatch.chdir(tmp_path)
    inputs = {"phone.json": Path(PHONE), "c.toml": DATA / "lesson.toml"}
    for name, source in inputs.items():
        (tmp_path / name).write_bytes(source.read_bytes())
    asked = ["services", "break", "--device", "phone.json", "--catalogue", "c.toml", "--want", "hen", *more]
    assert main(asked) == 2
    said = capsys.readouterr()
    assert "would be written over" in said.err and said.err.count("\n") == 1 and not said.out
    assert all((tmp_path / name).read_bytes() == source.read_bytes() for name, source in inputs.items())


@pytest.mark.unsound("the network loses everything from one message on")
def test_a_plan_is_broken_and_undone_by_two_commands(tmp_path, capsys):
    journal, out, back = (str(tmp_path / name) for name in ("j.json", "after.json", "back.json"))
    common = ["--catalogue", "default"]
    asked = ["services", "break", "--device", PHONE, "--want", "mms", "--at", "7", *common]
    assert main(asked) == 1
    assert "undone: nap-internet" in capsys.readouterr().out
    lost = ["services", "break", "--device", PHONE, "--want", "mms", "--fault", "lost", "--at", "4"]
    assert main([*lost, "--journal", journal, "--out", out]) == 0
    assert '"./Proxy/gateway/ProxyId": "gateway"' in Path(out).read_text()
    assert main(["services", "undo", "--device", out, "--journal", journal, "--out", back]) == 0
    assert "./Proxy" not in Path(back).read_text()
    assert main(["services", "undo", "--device", out, "--journal", out]) == 2
    assert "this is no journal of dmkit" in capsys.readouterr().err
    assert main(["services", "break", "--device", PHONE]) == 2


@pytest.mark.unsound("the network loses everything from one message on")
def test_what_a_device_holds_is_written_as_it_is(tmp_path):
    """Formats, types, titles, lists and mark-up survive a plan, its undoing and the files between."""
    held = {
        "./Mail": {"title": "mail", "acl": "Add=*&Delete=*&Get=*&Replace=*"},
        "./Mail/Port": {"format": "int", "value": "25"},
        "./Mail/Host": {"format": "xml", "value": "<b>old</b>", "title": "t"},
        "./Mail/Key": {"format": "bin", "b64": "AP8="},
    }  # fmt: skip
    (tmp_path / "mail.toml").write_text('[service.mail.settings]\n"./Mail/Host" = "mx.example"\n"./Mail/New" = "x"')
    (tmp_path / "p.json").write_text(json.dumps(held))
    files = {name: str(tmp_path / name) for name in ("mail.toml", "p.json", "j", "after.json", "back.json")}
    common = ["--catalogue", files["mail.toml"], "--journal", files["j"]]
    there = ["services", "break", "--want", "mail", "--fault", "nothing", "--device", files["p.json"]]
    assert main([*there, *common, "--out", files["after.json"]]) == 0
    assert json.loads(Path(files["after.json"]).read_text())["./Mail/Host"]["value"] == "mx.example"
    assert main(["services", "undo", "--device", files["after.json"], *common, "--out", files["back.json"]]) == 0
    back = json.loads(Path(files["back.json"]).read_text())
    assert {uri: node for uri, node in back.items() if uri.startswith("./Mail")} == held


def test_parameters_journals_and_places_on_the_command_line(capsys, tmp_path):
    catalogue, phone, junk = tmp_path / "mail.toml", tmp_path / "phone.json", tmp_path / "junk"
    catalogue.write_text('[service.mail.settings]\n"./Name" = "${user}"')
    phone.write_text('{"./X": "x"}')
    junk.write_text("{}")
    common = ["--catalogue", str(catalogue), "--device", str(phone)]
    assert main(["services", "plan", *common, "--want", "mail", "--parameter", "user=a=b"]) == 0
    assert "add ./Name = a=b" in capsys.readouterr().out
    assert main(["services", "break", *common, "--want", "mail", "--parameter", "user=ada", "--at", "1"]) == 1
    capsys.readouterr()
    for arguments, told in (
        (["plan", *common, "--parameter", "user"], "--parameter user: NAME=TEXT is right, such as user=ada"),
        (["plan", *common, "--parameter", "usr=ada"], "no setting has a parameter 'usr'; did you mean 'user'?"),
        (["undo", *common, "--journal", str(junk)], f"{junk}: this is no journal of dmkit: it has other fields"),
        (["break", *common, "--want", "mail", "--parameter", "user=a", "--at", "9"], "--at 9: the plan has 1 change"),
    ):
        assert main(["services", *arguments]) == 2
        assert capsys.readouterr().err.strip().startswith(f"dmkit services {arguments[0]}: {told}")


LASTING = """
[software.root]
at = "./Root/Installed"
[[software.root.packages]]
version = "1"
install = "./Root/Install"
lifetime = "1000d"
renew = "100d"
returns = {"./Root/Thumb" = "aa"}
[service.wifi]
needs = ["software:root"]
settings = {"./WiFi" = "trust ${./Root/Thumb}"}
[service.thing.settings]
"./Key" = {value = "${key}", secret = true, lifetime = "90d", renew = "10d"}
"""


@pytest.fixture
def lasting(tmp_path):
    """A device on day 0 with a certificate and a secret: the folder with catalogue, journal and device."""
    (tmp_path / "c.toml").write_text(LASTING)
    (tmp_path / "p.json").write_text('{"./X": "x"}')
    made = ["--want", "wifi,thing", "--parameter", "key=one", "--fault", "nothing", "--now", "0"]
    files = ["--device", str(tmp_path / "p.json"), "--journal", str(tmp_path / "j"), "--out", str(tmp_path / "a.json")]
    assert main(["services", "break", "--catalogue", str(tmp_path / "c.toml"), *made, *files]) == 0
    return tmp_path


def expire(folder, journal, now, *more):
    return main(["services", "expire", "--catalogue", f"{folder}/c.toml", "--journal", f"{folder}/{journal}",
                 "--now", now, *more])  # fmt: skip


def renew(folder, device, journal, now, *more):
    return main(["services", "renew", "--catalogue", f"{folder}/c.toml", "--device", f"{folder}/{device}",
                 "--journal", f"{folder}/{journal}", "--now", now, *more])  # fmt: skip


def test_what_comes_to_its_end_is_said_and_made_anew_by_two_commands(lasting, capsys):
    capsys.readouterr()
    assert expire(lasting, "j", "79d") == 0
    assert capsys.readouterr().out.splitlines() == [
        "./Key (thing): good, renewed from day 80 to day 90", "root (wifi): good, renewed from day 900 to day 1000"
    ]  # fmt: skip
    assert expire(lasting, "j", "6912000") == 1  # the same 80 days, in seconds
    assert "./Key (thing): due" in capsys.readouterr().out
    after = ["--keep", f"{lasting}/j2", "--out", f"{lasting}/b.json"]
    assert renew(lasting, "a.json", "j", "80d", "--parameter", "key=two", *after) == 0
    assert "replace ./Key" in capsys.readouterr().out
    assert json.loads((lasting / "b.json").read_text())["./Key"] == "two"
    assert json.loads((lasting / "a.json").read_text())["./Key"] == "one"  # the copy that was given stays
    assert expire(lasting, "j2", "80d", "--json") == 0
    assert {each["uri"]: each["until"] for each in json.loads(capsys.readouterr().out)} == {
        "./Key": 170 * 86400.0, "./Root/Installed": 1000 * 86400.0
    }  # fmt: skip
    assert renew(lasting, "b.json", "j2", "90d", "--parameter", "key=two") == 0  # nothing is due, nothing is written
    assert "replace" not in capsys.readouterr().out


def test_a_renewal_that_cannot_be_stays_due(lasting, capsys):
    device = json.loads((lasting / "a.json").read_text()) | {"./Root/Installed": "2"}
    (lasting / "a.json").write_text(json.dumps(device))  # a version of which the catalogue has no package
    assert renew(lasting, "a.json", "j", "950d", "--parameter", "key=two", "--keep", f"{lasting}/j2") == 1
    assert "still root (wifi): due, renewed from day 900 to day 1000" in capsys.readouterr().out
    assert expire(lasting, "j2", "950d") == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "service thing, ./Key needs the parameter 'key'"),
        (["--parameter", "kay=two"], "no setting has a parameter 'kay'; did you mean 'key'?"),
    ],
)
def test_renewal_of_what_is_not_told_is_one_sentence(lasting, capsys, more, told):
    capsys.readouterr()
    assert renew(lasting, "a.json", "j", "80d", *more) == 2
    said = capsys.readouterr().err
    assert said.startswith("dmkit services renew: ") and told in said and said.count("\n") == 1


@pytest.mark.parametrize("now", ["soon", "", "nan", "inf", "infd", "1e999", "80dd", "d", "1_0e400"])
def test_a_time_that_is_none_is_refused(lasting, capsys, now):
    with pytest.raises(SystemExit):
        expire(lasting, "j", now)
    assert "is no time: 80d, 12h, 30m or seconds are right" in capsys.readouterr().err


def test_a_plan_for_nothing_is_refused_and_unfinished_steps_and_optional_needs_are_said(tmp_path, capsys):
    (tmp_path / "c.toml").write_text('[service.a]\noptional = ["b"]\nsettings = {"./A" = "1"}\n[service.b]')
    assert main(["services", "list", "--catalogue", f"{tmp_path}/c.toml"]) == 0
    assert "a; needs nothing; can do without b" in capsys.readouterr().out
    assert main(["services", "plan", "--device", PHONE]) == 2
    assert "nothing to do: --want or --drop names services" in capsys.readouterr().err
    assert main(["services", "plan", "--device", PHONE, "--want", "mms", "--max-message", "1500"]) == 0
    assert "; completes no step yet" in capsys.readouterr().out
