"""``dmkit card import | export | diff``: files of other tools on the command line."""

from __future__ import annotations

import json

import pytest

from dmkit.card.images import formats
from dmkit.cli import card_files, main


@pytest.fixture
def files(tmp_path):
    names = {}
    for name, more in {"a.json": [], "b.script": ["--to", "script"], "c.json": ["--imsi", "001010123456780"]}.items():
        names[name] = str(tmp_path / name)
        assert main(["card", "export", *more, "--output", names[name]]) == 0
    (tmp_path / "broken.json").write_text("{}")
    names["broken"] = str(tmp_path / "broken.json")
    return names


def test_a_card_goes_out_and_comes_in(files, capsys):
    capsys.readouterr()
    assert main(["card", "files"]) == 0
    here = capsys.readouterr().out
    for name in ("a.json", "b.script"):
        assert main(["card", "import", files[name]]) == 0
        assert capsys.readouterr().out == here
    assert main(["card", "files", "--card", files["c.json"]]) == 0
    assert "001010123456780" in capsys.readouterr().out


def test_one_form_becomes_another(files, capsys):
    capsys.readouterr()
    assert main(["card", "export", "--file", files["a.json"], "--to", "script"]) == 0
    with open(files["b.script"]) as script:
        assert capsys.readouterr().out == script.read()
    assert main(["card", "export"]) == 0
    assert json.loads(capsys.readouterr().out)["iccid"] == "8900101000000000019"


def test_what_differs_is_the_exit_status(files, capsys):
    assert main(["card", "diff", files["a.json"], files["b.script"]]) == 0
    assert main(["card", "diff", files["a.json"], files["c.json"]]) == 1
    assert "2 differences" in capsys.readouterr().out


def test_a_session_is_captured_and_explained(files, tmp_path, capsys):
    file = str(tmp_path / "card.pcap")
    assert main(["card", "trace", "--card", files["a.json"], "--output", file]) == 0
    assert main(["card", "explain", file, "--like", files["a.json"]]) == 0
    lines = capsys.readouterr().out
    assert "SELECT EF.DIR" in lines and "READ BINARY EF.ODF" in lines
    assert main(["card", "explain", file, "--rows"]) == 0
    assert "INS: SELECT" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["explain", "broken"], ["explain", "broken", "--like", "a.json"], ["import", "broken"],
                  ["diff", "broken", "a.json"], ["export", "--file", "broken"],
                  ["files", "--card", "broken"], ["apdu", "--card", "broken", "00A4"]]
)  # fmt: skip
def test_bad_input_is_one_sentence(files, capsys, arguments):
    capsys.readouterr()
    assert main(["card", *(files.get(one, one) for one in arguments)]) == 2
    said = capsys.readouterr()
    assert not said.out and said.err.count("\n") == 1 and "broken.json" in said.err and "Traceback" not in said.err


def test_the_forms_of_the_command_line_are_all_there_are():
    assert tuple(formats.FORMS) == card_files.FORMS


def test_a_file_that_is_not_there(capsys):
    assert main(["card", "import", "/nowhere/card.json"]) == 2
    assert "/nowhere/card.json" in capsys.readouterr().err


WHOLE = [["--imsi", "001010123456789"], ["--iccid", "8900101000000000019"], ["--medium", "usim"],
         ["--bootstrap", "/nowhere"], ["--private"]]  # fmt: skip
PIN, CARD = ["--pin", "1234"], ["--card", "a.json"]


@pytest.mark.parametrize(
    "words",
    [*([*start, *CARD, *more] for start in (["files"], ["apdu", "00A4"], ["export"]) for more in (*WHOLE, PIN)),
     *(["trace", *CARD, *more] for more in WHOLE),
     *(["export", "--file", "a.json", *more] for more in (*WHOLE, PIN, CARD)),
     ["files", "--private"], ["export", "--private"]],
    ids=" ".join,
)  # fmt: skip
def test_an_option_that_would_not_be_used_is_refused(files, capsys, words):
    capsys.readouterr()
    assert main(["card", *(files.get(word, word) for word in words)]) == 2
    said = capsys.readouterr()
    assert not said.out and f"{[w for w in words if w.startswith('--')][-1]} is not used" in said.err


def test_a_pin_is_typed_at_a_card_in_a_file(files, tmp_path):
    assert main(["card", "trace", "--card", files["a.json"], *PIN, "--output", str(tmp_path / "card.pcap")]) == 0


def test_help_names_the_defaults_and_no_empty_choice(capsys):
    for words, says in ((["import"], "{fsdump,script,saip}"), (["files"], "(001010123456789)")):
        with pytest.raises(SystemExit):
            main(["card", *words, "--help"])
        assert says in capsys.readouterr().out
