"""No command prints a traceback, whatever it is given: each argument and option of each is fed junk."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys

import pytest

from dmkit.cli import COMMANDS, _parser, main
from dmkit.words.lazy import EXTRAS
from tests.cli.test_cli import every_command

BASE = {
    "card apdu": ["80F2000016"],
    "card compare": ["--port", "0", "--seconds", "1"],
    "card diff": ["FILE", "FILE"],
    "card explain": ["FILE"],
    "card export": ["--output", "OUT"],
    "card files": [],
    "card import": ["FILE"],
    "card read": ["--reader", "no such reader"],
    "card serve": ["--port", "9"],
    "card trace": ["--output", "OUT"],
    "code": ["405"],
    "conformance": ["--tests", "FILE"],
    "convert": ["FILE", "OUT"],
    "ddf changelog": ["FILE", "FILE"],
    "ddf check": ["FILE"],
    "ddf count": ["FILE", "OUT"],
    "ddf cross": ["FILE"],
    "ddf diff": ["FILE", "FILE"],
    "ddf find": ["word", "--ddf", "FILE"],
    "ddf lint": ["FILE"],
    "ddf list": ["FILE"],
    "ddf site": ["FILE", "OUT"],
    "ddf skeleton": ["FILE", "OUT"],
    "ddf table": ["FILE"],
    "ddf tnds": ["FILE", "OUT"],
    "decode": ["FILE"],
    "enablers": ["--profile", "FILE"],
    "explore": ["no such design"],
    "lint": ["FILE", "--ddf", "FILE"],
    "load": ["http://dm.example.com/dm"],
    "objects": ["fumo"],
    "probe client": ["--dry-run", "--listen", "127.0.0.1:9"],
    "probe codec": ["no-such-codec", "--messages", "1"],
    "probe list": ["P-05"],
    "probe matrix": ["FILE"],
    "probe pipe": [],
    "probe server": ["http://127.0.0.1:9/dm", "--dry-run"],
    "probe spec": [],
    "push cp": ["FILE"],
    "push decode": ["0605040b84c002010603c4af8700"],
    "push trigger": ["--server-id", "s", "--password", "p"],
    "readings": ["Rules.late_alert"],
    "run": ["FILE"],
    "schedule diff": ["FILE", "FILE"],
    "schedule ics": ["FILE"],
    "schedule lint": ["FILE"],
    "schedule next": ["FILE"],
    "schedule show": ["FILE"],
    "schedule toml": ["FILE"],
    "schedule tree": ["FILE"],
    "schedule words": ["FILE"],
    "serve": ["FILE"],
    "services break": ["--device", "FILE", "--want", "mms"],
    "services undo": ["--device", "FILE", "--journal", "FILE"],
    "services expire": ["--journal", "FILE", "--now", "1d"],
    "services impact": ["--device", "FILE", "--node", "./A"],
    "services list": ["--device", "FILE"],
    "services plan": ["--device", "FILE", "--want", "mms"],
    "services renew": ["--device", "FILE", "--journal", "FILE", "--now", "1d"],
    "services why": ["--device", "FILE", "mms"],
    "session": ["http://127.0.0.1:9/dm"],
    "trace": ["FILE"],
    "validate": ["V99"],
    "whatif": ["FILE"],
    "why": ["FILE"],
}
"""Arguments of each command; FILE becomes junk, OUT a place to write to."""

JUNK = {
    "missing": "no-such-file", "folder": ".", "empty": "empty", "binary": "binary", "text": "text", "xml": "broken.xml",
    "deep": "deep.xml", "json": "deep.json", "NaN": "NaN", "negative": "-1", "huge": "9" * 40, "stdin": "-",
    "nothing": "",
    "nul": "a\0b", "words": "é\ud800 x",
}  # fmt: skip
NEW = {name for name in (" ".join(names) for names, command in every_command() if command.run) if name not in BASE}


def leaf(name: str) -> argparse.ArgumentParser:
    """The parser of a command."""
    parser: argparse.ArgumentParser = _parser()
    for word in name.split():
        action = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
        parser = action.choices[word]
    return parser


def options(name: str):
    """Options that take one value: their longest name."""
    for action in leaf(name)._actions:
        if action.option_strings and action.nargs is None and not isinstance(action, argparse._StoreConstAction):
            yield max(action.option_strings, key=len)


@pytest.fixture
def junk(tmp_path, monkeypatch):
    """A folder with the files of JUNK in it; it is the current one."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "text").write_text("words = [1\n")
    (tmp_path / "broken.xml").write_text("<SyncML><SyncHdr></SyncML>")
    (tmp_path / "deep.xml").write_text("<a>" * 3000)
    (tmp_path / "deep.json").write_text("[" * 200_000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DMKIT_DEBUG", raising=False)
    return tmp_path


def run(argv, capsysbinary, monkeypatch):
    """Status and standard error of a command that reads nothing from standard input; it may write octets."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    try:
        status = main(argv)
    except SystemExit as left:
        status = left.code
    return status, capsysbinary.readouterr().err.decode("utf-8", "replace")


def sound(argv, status, err, about):
    assert status in (0, 1, 2), argv
    assert "Traceback" not in err
    assert "dmkit failed" not in err, err
    if status == 2:
        *before, last = err.splitlines() or [""]
        assert last.startswith("dmkit"), err
        assert all(line.startswith(("deviation: ", "note: ", "not looked at: ", "profile ")) for line in before), err
        assert any(str(word) and str(word) in last for word in about), last


@pytest.mark.parametrize("name", sorted(BASE))
@pytest.mark.parametrize("kind", JUNK)
def test_junk_in_place_of_each_argument(name, kind, junk, capsysbinary, monkeypatch):
    if (name, kind) == ("serve", "empty"):
        pytest.skip("an empty configuration is one, and is served")
    base = [word.replace("OUT", "out") for word in BASE[name]]
    places = [n for n, word in enumerate(base) if not word.startswith("--")]
    for place in places or [None]:
        argv = list(base)
        if place is None:
            argv.append(JUNK[kind])
        else:
            argv[place] = JUNK[kind]
        argv = [word.replace("FILE", "no-such-file") for word in argv]
        status, err = run([*name.split(), *argv], capsysbinary, monkeypatch)
        options = [word for word in argv if word.startswith("--")]
        metavars = [str(a.metavar) for a in leaf(name)._actions if a.metavar]
        about = [*argv, JUNK[kind][:30], *options, *metavars, "argument", repr(JUNK[kind])[1:-1][:20]]
        sound(argv, status, err, ["dmkit"] if kind == "nothing" else about)


@pytest.mark.parametrize("name", sorted(BASE))
@pytest.mark.parametrize("kind", JUNK)
def test_junk_as_the_value_of_each_option(name, kind, junk, capsysbinary, monkeypatch):
    if name == "enablers" and kind == "nothing":
        pytest.skip("no name is the whole matrix, which takes long")
    if name in ("serve", "session", "load", "run") and kind not in ("missing", "NaN", "negative", "huge"):
        pytest.skip("these go on to the network or to a long run; their numbers are checked before")
    base = [word.replace("OUT", "out").replace("FILE", "no-such-file") for word in BASE[name]]
    for option in options(name):
        argv = [*base, f"{option}={JUNK[kind]}"]
        status, err = run([*name.split(), *argv], capsysbinary, monkeypatch)
        sound(argv, status, err, [*argv, option, JUNK[kind][:30], repr(JUNK[kind])[1:-1][:20], *base])


def test_every_command_is_fed():
    assert not NEW, f"give {NEW} a row in BASE"
    assert set(BASE) == {" ".join(names) for names, command in every_command() if command.run}


def test_no_command_at_all_and_an_unknown_one_are_one_sentence(capsys):
    for argv in ([], ["--x"], ["nothing"], ["ddf"], ["ddf", "nothing"]):
        with pytest.raises(SystemExit) as left:
            main(argv)
        assert left.value.code == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_fault_of_ours_is_said_as_one(monkeypatch, capsys):
    from dataclasses import replace

    from dmkit import cli

    def fails(arguments):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(cli, "COMMANDS", {**COMMANDS, "objects": replace(COMMANDS["objects"], run=fails)})
    assert main(["objects", "fumo"]) == 2
    assert capsys.readouterr().err == (
        "dmkit objects: fumo: dmkit failed: ZeroDivisionError: division by zero; DMKIT_DEBUG=1 shows where\n"
    )
    monkeypatch.setenv("DMKIT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["objects", "fumo"])


@pytest.mark.parametrize("module", ["aiohttp", "simpy", "matplotlib"])
def test_a_library_that_is_not_there_is_one_sentence(module, monkeypatch, capsys):
    from dataclasses import replace

    from dmkit import cli

    def fails(arguments):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(cli, "COMMANDS", {**COMMANDS, "objects": replace(COMMANDS["objects"], run=fails)})
    assert main(["objects"]) == 2
    assert capsys.readouterr().err == f"dmkit objects: it needs {module}: pip install 'dmkit[{EXTRAS[module]}]'\n"


@pytest.mark.parametrize(
    "argv", [["run", "no.toml"], ["decode", "no.xml"], ["trace", "no.pcap"], ["ddf", "count", "no"]]
)
def test_a_missing_file_is_said_before_anything_heavy_is_loaded(argv):
    """By what is imported, not by the clock."""
    code = (
        "import sys; from dmkit.cli import main; status = main(sys.argv[1:]); "
        "print(sorted({'pandas', 'numpy', 'scipy', 'simpy', 'matplotlib', 'networkx', 'aiohttp'} & set(sys.modules)));"
        "sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "[]\n")
    assert argv[-1] in done.stderr


def test_bars_are_drawn_on_terminals_only(monkeypatch):
    from dmkit.cli.run import _progress

    for tty, quiet in ((True, False), (True, True), (False, False)):
        monkeypatch.setattr(sys, "stderr", type("S", (), {"isatty": lambda self, tty=tty: tty})())
        assert _progress(argparse.Namespace(quiet=quiet)) is (tty and not quiet)
