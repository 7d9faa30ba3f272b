"""Files of configuration with something wrong in them: exit status 2; one sentence with file, key and nearest name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmkit.cli import main
from dmkit.words.errors import ConfigError
from dmkit.words.from_toml import converted, parse

ROOT = Path(__file__).parents[2]

COMMANDS: dict[str, Callable[[str, str], list[str]]] = {
    "serve": lambda file, folder: ["serve", file],
    "run": lambda file, folder: ["run", file, "--out", folder],
    "whatif": lambda file, folder: ["whatif", file],
    "schedule": lambda file, folder: ["schedule", "show", file],
    "lint": lambda file, folder: ["ddf", "lint", "--config", file, str(ROOT / "data/ddf/wifi.xml")],
    "session": lambda file, folder: ["session", "http://127.0.0.1:9/dm", "--tree", file],
    "plan": lambda file, folder: ["services", "list", "--catalogue", file],
}

STORM = '[campaign]\ndevices = 100\nretry = { policy = "none" }\n'
WRONG: dict[str, list[tuple[str, str]]] = {
    "serve": [
        ("prot = 8080\n", "prot is not known; there are host, port|nearest: 'port'"),
        ("port = 8080\nport = 8081\n", "port is there twice (line 2)"),
        ("port = -1\n", "port is -1; it must be"),
        ("port = nan\n", "port is nan; it must be"),
        ("port = true\n", "port is True; it must be"),
        ('port = "x"\n', "port is 'x'"),
        ("host = 5\n", "host is 5; it must be a text"),
        ("accounts = 5\n", "accounts"),
        ('[[accounts]]\nuser = "a"\npasword = "b"\n', "accounts[1].pasword is not known|nearest: 'password'"),
        ('[limits]\nhalf-opne = 0\n', "limits.half-opne is not known|nearest: 'half-open'"),
    ],
    "run": [
        ("[campain]\ndevices = 1\n", "it has none; nearest: 'campaign'"),
        ("[campaign]\ndevices = nan\n", "campaign.devices is nan; it must be a whole number from 1"),
        ("[campaign]\ndevices = -1\n", "campaign.devices is -1"),
        ("[campaign]\ndevises = 1\n", "campaign.devises is not known|nearest: 'devices'"),
        (STORM + '[over]\n"retry.polcy" = ["none"]\n', "over.retry.polcy: |nearest: 'retry.policy'"),
        (STORM + '[over]\n"devises" = [1]\n', "nearest: 'devices'"),
        (STORM + '[over]\n"retry.policy" = []\n', "over.retry.policy is []; it must be a list"),
        (STORM + '[over]\n"retry.policy" = ["ful"]\n', "nearest: 'full'"),
        (STORM + '[experiment]\nseeds = -1\n', "experiment.seeds is -1; it must be a whole number from 1"),
        (STORM + '[experiment]\nnam = "x"\n', "experiment.nam is not known|nearest: 'name'"),
        (STORM + "retry = {}\n", "retry is there twice (line 4)"),
        ("", "must have one of the tables campaign"),
    ],
    "whatif": [
        ("", "it changes nothing"),
        ('[rules]\ndowngrad = "floor"\n', "Rules has no field 'downgrad'|nearest: 'downgrade'"),
        ('[rules]\ndowngrade = "flor"\n', "Rules.downgrade is 'flor'|nearest: 'floor'"),
        ("[rules.tree]\nsequence_stops = 5\n", "TreeRules.sequence_stops is 5; it must be True or False"),
        ("[rules.tree]\nsequence_stop = true\n", "nearest: 'sequence_stops'"),
        ("rulse = {}\n", "rulse is not known|nearest: 'rules'"),
        ('policy = "merge with parents"\n', "nearest: 'merge with parent'"),
        ('[alert]\ncode = true\nanswer = 200\n', "alert.code is True; it must be a number from 1 to 99999"),
        ('[handler]\nuri = 5\ndo = "x:y"\n', "handler.uri is 5; it must be a text"),
        ('name = "a"\nname = "b"\n', "name is there twice (line 2)"),
    ],
    "schedule": [
        ("", "begins with its name"),
        ("nmae = 'x'\n", "begins with its name"),
        ("name = 5\n", "begins with its name"),
        ('name = "a"\nname = "b"\n', "name is there twice (line 2)"),
        ('name = "a"\nPriorty = 1\n', "Priorty is no leaf of a schedule|nearest: 'Priority'"),
        ('name = "a"\n[Component.1.Condition.Time]\nBsae = "20251201T030000"\n', "Bsae is no leaf|nearest: 'Base'"),
        ('name = "a"\n[Component.1.Condition.Time]\nBase = nan\n', "Time/Base: nan is no value"),
        ('name = "a"\n[Component.1.Condition.Time]\nBase = true\n', "Time/Base: True is no value"),
        ('name = "a"\n[Component.1.Condition.Time]\nBase = []\n', "Component/1/Condition/Time/Base: [] is no value"),
        ('name = "a"\n[Component.1.Condition.Time]\nJitter = "x"\n', "Jitter"),
    ],
    "lint": [
        ('[lint]\nno-titel = "off"\n', "'no-titel' is no lint rule|nearest: 'no-title'"),
        ('[lint]\nno-title = "of"\n', "no-title: 'of' is no severity|nearest: 'off'"),
        ("[lint]\nno-title = 5\n", "no-title: '5' is no severity"),
        ("[lint]\nno-title = nan\n", "no-title: 'nan' is no severity"),
        ("lint = 5\n", "lint is 5; it must be a table"),
        ('[lint]\nno-title = "off"\nno-title = "off"\n', "no-title is there twice (line 3)"),
        ("[lint]\nlimits = [1, 2]\n", "limits [1, 2]: three numbers stand there"),
        ('[lint]\nlimits = [1, "a", 3]\n', "limits [1, 'a', 3]"),
        ("[lint]\nlimits = [true, 2, 3]\n", "limits [True, 2, 3]"),
        ("[lint]\nlimits = []\n", "limits []"),
    ],
    "session": [
        ('"./Vendor/Poll" = nan\n', "./Vendor/Poll is nan; a number of a leaf is finite"),
        ('"./Vendor/Poll" = inf\n', "./Vendor/Poll is inf"),
        ('"./Vendor/Poll" = []\n', "./Vendor/Poll is []; a text, a number, true or false is right"),
        ('"./Vendor/Poll" = {}\n', "./Vendor/Poll is {}"),
        ('"./Vendor/Poll" = 1979-05-27\n', "./Vendor/Poll is datetime.date(1979, 5, 27)"),
        ('"./Vendor/Poll" = 1\n"./Vendor/Poll" = 2\n', '"./Vendor/Poll" is there twice (line 2)'),
        ('"/Vendor/Poll" = 1\n', "/Vendor/Poll"),
        ('"./Vendor//Poll" = 1\n', "./Vendor//Poll"),
        ('"./Vendor/Poll?prop=x=y" = 1\n', "./Vendor/Poll?prop=x=y"),
        ("[Vendor]\nPoll = 1\n", "Vendor is {'Poll': 1}; a text, a number, true or false is right"),
    ],
    "plan": [
        ("[servise.a]\n", "there is an unknown field `servise`; nearest: 'service'"),
        ("[service.video]\nneed = []\n", "service video: there is an unknown field `need`; nearest: 'needs'"),
        ("[service.video]\nneeds = 5\n", "service video: Expected `array`, got `int` (in needs)"),
        ('[service.video]\nsettings = { "./A/B" = nan }\n', "service video: |(in settings../A/B)"),
        ('[service.video]\nsettings = { "./A/B" = [] }\n', "service video: |(in settings../A/B)"),
        ('[service.video]\nneeds = ["radio"]\n', "radio"),
        ("[service.video]\n[service.video]\n", "Cannot declare ('service', 'video') twice"),
        ("[bearer.radio]\nurl = './Radio'\n", "bearer radio: |nearest: 'uri'"),
        ("[bearer.radio]\nuri = 5\n", "bearer radio: Expected `str`, got `int` (in uri)"),
        ("[service.video]\ntitle = true\n", "service video: Expected `str`, got `bool` (in title)"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("command", sorted(WRONG))
def test_what_is_wrong_in_a_file_is_one_sentence(command, tmp_path, capsys):
    faults = []
    for number, (content, wanted) in enumerate(WRONG[command]):
        file = tmp_path / f"{command}-{number}.toml"
        file.write_text(content)
        try:
            status = main(COMMANDS[command](str(file), str(tmp_path / "out")))
        except SystemExit as ended:
            status = ended.code
        told = capsys.readouterr().err.strip()
        holds = all(part in told for part in (file.name, *wanted.split("|")))
        if status != 2 or not holds or "\n" in told:
            faults.append(f"{content!r}: {status}, {told[:300]!r}; wanted {wanted!r}")
    assert not faults, "\n".join(faults)


def test_a_key_that_no_one_names_is_found():
    with pytest.raises(ConfigError, match=r"^x: Expected `int`, got `str` \(in \.c\)$"):
        converted({"a": 1, "b": 2, "c": "x"}, dict[str, int], "x")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"^x is no TOML: a\.b is there twice \(line 3\)$"):
        parse("a.c = 1\na.b = 1\na.b = 2\n", "x")


def test_what_is_right_goes_through():
    found: Any = converted({"a": 1}, dict[str, int])  # type: ignore[arg-type]
    assert found == {"a": 1}
