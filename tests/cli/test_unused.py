"""An option that would not be used is refused, by its name; the same command without it is not."""

from __future__ import annotations

import argparse

import pytest

from dmkit.cli import main
from dmkit.cli.command import unused
from dmkit.words.errors import ConfigError

URL = "http://127.0.0.1:9/dm"
DM2 = ["session", URL, "--dm2"]
RULES, CROSS = ["ddf", "lint", "--rules"], ["ddf", "cross", "--rules"]
RANK, PROFILES = ["readings", "--rank", "1"], ["enablers", "--profiles"]
CELL = ["enablers", "--cell", "fumo", "Exec"]
PROBE = ["probe", "server", URL]
TABLE = ["ddf", "table", "data/windows/ddf/sample.xml", "--tree"]

IDLE = [
    *([*DM2, *more] for more in (
        ["--user", "x"], ["--password", "x"], ["--auth", "mac"], ["--server-id", "x"], ["--server-password", "x"],
        ["--wbxml"], ["--lenient"], ["--tree", "x"], ["--push", "x"], ["--imsi", "1"], ["--pin", "1"],
        ["--show-tree"])),
    ["session", URL, "--pin", "1234"],
    ["serve", "plan.json", "--dm2", "--enrol", "a=b"],
    *([*RULES, *more] for more in (["--level", "error"], ["--rule", "a=off"], ["--config", "x"],
                                   ["--limits", "1,2,3"], ["--summary"])),
    ["ddf", "lint", "data/windows/ddf/sample.xml", "--json", "--summary"],
    [*TABLE[:3], "--json", "--tree"], [*TABLE[:3], "--short", "--tree"],
    *([*RANK, *more] for more in (["--anew"], ["--case", "x"], ["--ladder"])),
    ["readings", "Rules.late_alert", "--case", "x"],
    ["readings", "Rules.late_alert", "--ladder", "--case", "x"],
    *([*PROFILES, *more] for more in (["--profile", "x"], ["--without", "x"], ["--with", "x"], ["--rule", "a=1"],
                                      ["--markdown"])),
    [*CELL, "--json"], [*CELL, "--markdown"],
    ["push", "cp", "data/bootstrap/operator.xml", "--method", "USERPIN", "--pin", "1234", "--imsi", "001010123456789"],
    ["push", "cp", "data/bootstrap/operator.xml", "--method", "none", "--imsi", "001010123456789"],
    ["push", "cp", "data/bootstrap/operator.xml", "--imsi", "001010123456789", "--pin", "1234"],
    *(["push", "trigger", "--server-id", "s", "--password", "p", "--form", form, *more]
      for form in ("wsp", "obex", "raw") for more in (["--reference", "1"], ["--source-port", "9200"])),
    [*PROBE, "--other-user", "x"], [*PROBE, "--other-password", "x"], [*PROBE, "P-05", "--resume"],
    ["probe", "codec", "dmkit", "--timeout", "5"], ["probe", "codec", "libwbxml", "--timeout", "5"],
]  # fmt: skip


@pytest.mark.parametrize("words", IDLE, ids=" ".join)
def test_an_option_that_would_not_be_used_is_refused(words, capsys):
    assert main(words) == 2
    said = capsys.readouterr()
    option = [word for word in words if word.startswith("--")][-1]
    assert f"{option} is not used" in said.err and said.err.count("\n") == 1 and not said.out


@pytest.mark.parametrize("words", [[*RULES, "x.xml"], [*CROSS, "x.xml"], [*RANK, "Rules.late_alert"]], ids=" ".join)
def test_what_is_named_in_vain_is_refused(words, capsys):
    assert main(words) == 2
    assert "is not used beside" in capsys.readouterr().err


@pytest.mark.parametrize("words", [RULES, CROSS, [*RULES, "--json"], RANK, TABLE, [*TABLE, "--html"],
                                   ["probe", "codec", "dmkit", "--messages", "1"]], ids=" ".join)  # fmt: skip
def test_the_same_without_it_is_done(words, capsys):
    assert main(words) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [["readings", "--rank", "-1"], ["readings", "--rank", "0"], ["explore", "md5", "--budget", "-1"],
              ["explore", "md5", "--show", "0"], ["explore", "md5", "--sessions", "0"],
              ["explore", "md5", "--limit", "0"],
              ["explore", "md5", "--wakes", "x"], ["schedule", "next", "x", "-n", "-3"]], ids=" ".join
)  # fmt: skip
def test_a_number_out_of_range_is_refused(words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2 and "is no whole number from" in capsys.readouterr().err


def test_a_default_is_no_option_that_was_given():
    told = argparse.Namespace(user="client", with_=[], number=0, usual={"user": "client", "with_": [], "number": 0}.get)
    unused(told, "here", "--user", "--with", "--number")
    told.number = 1
    with pytest.raises(ConfigError, match="--number is not used here"):
        unused(told, "here", "--user", "--with", "--number")
