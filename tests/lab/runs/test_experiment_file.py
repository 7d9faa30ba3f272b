"""Experiment files: what they say becomes a plan; what is wrong is one sentence before anything runs."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from dmkit.cli import main
from dmkit.lab.runs.experiment_file import LAWS, PARTS, PLANS, load, read
from dmkit.lab.runs.report import perform
from dmkit.sim.arrivals import Spread
from dmkit.sim.net import LINKS, PUSH
from dmkit.sim.people import HANDSET
from dmkit.words.checked import CHECKED, kinds_of
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import UNITS, Range, quantity

EXAMPLES = Path(__file__).resolve().parents[3] / "data" / "experiments"
SMALL = """
[experiment]
name = "small"
title = "A <small> one"
seeds = [1, 2]
[campaign]
devices = 50
arrivals = { law = "spread", seconds = "10 s" }
[over]
"servers.count" = [1, 2]
[figures]
completion = { by = "servers.count" }
busy = {}
cells = {}
energy = {}
pareto = { x = "t50", y = "energy" }
"""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_examples_can_be_read(path):
    experiment = load(path)
    assert experiment.name == path.stem and experiment.title and experiment.over
    assert path.name in (EXAMPLES / "README.md").read_text()


def test_a_file_becomes_a_plan():
    plan = read(
        b"""
        [campaign]
        devices = 10
        link = { kind = "nb-iot", loss = "5 %", timeout = "2 min" }
        push = "poor"
        conditions = "handset"
        arrivals = { law = "spread", seconds = "2 h" }
        servers = { count = 3, service = "20 ms", outages = [["1 min", "2 min"]], queue = "none" }
        download = { octets = "1.5 MB" }
        job = { do = "write", uri = "./APN/Name", value = "x" }
        rules = { auth = "mac", max_message = 4096 }
        window = { start = 22, end = 6, zones = 3 }
        retry = { budget = "10 %" }
        """
    ).plan
    assert plan.link.loss == 0.05 and plan.link.timeout == 120 and plan.link.up == LINKS["nb-iot"].up
    assert plan.push is PUSH["poor"] and plan.conditions == HANDSET and plan.arrivals == Spread(7200.0)
    assert plan.servers.outages == ((60.0, 120.0),) and plan.servers.service == 0.02 and plan.servers.queue is None
    assert plan.download.octets == 1_500_000 and plan.rules.auth == "mac" and plan.retry.budget == 0.1
    assert plan.run(1).summary()["done"] >= 0


BAD = {
    "no toml": ("[campaign", "is no TOML"),
    "no plan": ("[experiment]\nname='a'", "tables campaign, random_access, rollout, design, contest; it has none"),
    "two plans": ("[campaign]\ndevices=1\n[random_access]\ndevices=1", "it has campaign, random_access"),
    "unknown table": (
        "[campaign]\ndevices=1\n[sweep]",
        "experiment.sweep is not known; there are experiment, campaign",
    ),
    "missing field": ("[campaign]", "campaign.devices is missing; it must be a whole number from 1 to 1000000000"),
    "unknown field": ("[campaign]\ndevices=1\nspeed=3", "campaign.speed is not known; there are devices"),
    "unknown inner field": ("[campaign]\ndevices=1\nservers={cores=3}", "campaign.servers.cores is not known"),
    "negative rate": (
        "[campaign]\ndevices=1\nlink={kind='lte',up=-5}",
        "campaign.link.up is -5; it must be above 0 bit/s",
    ),
    "wrong unit": (
        "[campaign]\ndevices=1\nservers={service='20 kg'}",
        "servers.service is '20 kg': the unit must be s, us, ms",
    ),
    "unit of another kind": ("[campaign]\ndevices=1\nlink={kind='lte',up='3 s'}", "unit must be bit/s, kbit/s, Mbit/s"),
    "no number": ("[campaign]\ndevices=1\nservers={service='fast'}", "'fast', which is no number"),
    "half a device": ("[campaign]\ndevices=1.5", "campaign.devices is 1.5; it must be a whole number"),
    "too many devices": ("[campaign]\ndevices=9_900_000_000", "it must be a whole number from 1 to 1000000000"),
    "share above one": ("[campaign]\ndevices=1\nservers={urgent=1.5}", "it must be from 0 to 1"),
    "certain loss": ("[campaign]\ndevices=1\nlink={kind='lte',loss='100 %'}", "from 0 to below 1"),
    "impossible window": ("[campaign]\ndevices=1\nwindow={start=3,end=3}", "it must be another hour than start"),
    "hour": ("[campaign]\ndevices=1\nwindow={start=25,end=3}", "window.start is 25; it must be from 0 to 24 h"),
    "unknown link": ("[campaign]\ndevices=1\nlink={kind='6g'}", "'6g'; there are gprs, umts, lte"),
    "link by name": ("[campaign]\ndevices=1\nlink='5g'", "campaign.link is '5g'; there are"),
    "unknown law": ("[campaign]\ndevices=1\narrivals={law='poisson'}", "arrivals.law is 'poisson'; there are at once"),
    "law without its field": ("[campaign]\ndevices=1\narrivals={law='spread'}", "arrivals.seconds is missing"),
    "unknown policy": ("[campaign]\ndevices=1\nretry={policy='soon'}", "it must be one of 'none', 'exponential'"),
    "unknown fidelity": ("[campaign]\ndevices=1\nfidelity='quick'", "it must be 'fleet', 'tape' or 'exact'"),
    "not true": ("[campaign]\ndevices=1\nrecord='yes'", "it must be true or false"),
    "outage backwards": ("[campaign]\ndevices=1\nservers={outages=[[5,3]]}", "start before end"),
    "slow link": ("[campaign]\ndevices=1\nlink={kind='nb-iot',timeout='1 s'}", "Link.timeout is 1.0 s"),
    "unknown job": ("[campaign]\ndevices=1\njob={do='dance'}", "dance"),
    "unknown rule": ("[campaign]\ndevices=1\nrules={colour=1}", "campaign.rules.colour is not known"),
    "rule of another kind": (
        "[campaign]\ndevices=1\nrules={retries='two'}",
        "rules.retries is 'two', which",
    ),
    "conditions": ("[campaign]\ndevices=1\nconditions=[{name='x',share=2,mean=3}]", "conditions.share is 2"),
    "seeds": ("[experiment]\nseeds=0\n[campaign]\ndevices=1", "experiment.seeds is 0"),
    "seeds of words": ("[experiment]\nseeds=['a']\n[campaign]\ndevices=1", "experiment.seeds is 'a'"),
    "name": ("[experiment]\nname=3\n[campaign]\ndevices=1", "experiment.name is 3"),
    "varied field": (
        "[campaign]\ndevices=1\n[over]\n'servers.cores'=[1]",
        "over.servers.cores: the plan has no such field",
    ),
    "varied owner": (
        "[campaign]\ndevices=1\n[over]\n'server.count'=[1]",
        "over.server.count: the plan has no such field",
    ),
    "varied value": (
        "[campaign]\ndevices=1\n[over]\n'servers.count'=[1,0]",
        "over.servers.count is 0; it must be a whole",
    ),
    "no list": ("[campaign]\ndevices=1\n[over]\n'servers.count'=3", "it must be a list of values"),
    "unknown figure": ("[campaign]\ndevices=1\n[figures]\npie={}", "figures.pie is not known; there are completion"),
    "figure of nothing": (
        "[campaign]\ndevices=1\n[figures]\nenergy={by='x'}",
        "figures.energy.by is 'x'; what is varied is nothing",
    ),
    "figure option": ("[campaign]\ndevices=1\n[figures]\nenergy={colour='red'}", "figures.energy.colour is not known"),
    "barring": ("[random_access]\ndevices=5\nbarring={p=0,seconds=4}", "barring.p is 0; it must be above 0 to 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_one_sentence_before_anything_runs(name, tmp_path, capsys, monkeypatch):
    text, says = BAD[name]
    with pytest.raises(ConfigError) as caught:
        read(text.encode())
    message = str(caught.value)
    assert says in message and "\n" not in message
    file = tmp_path / "bad.toml"
    file.write_text(text)
    monkeypatch.setattr("dmkit.lab.runs.report.sweep", lambda *a, **k: pytest.fail("it ran"))
    assert main(["run", str(file), "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("dmkit run: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml"]


def test_every_number_of_a_plan_has_a_range():
    classes = {*PLANS.values(), *PARTS.values(), *(c for laws in LAWS.values() for c in laws.values())}
    assert classes <= set(CHECKED)
    missing = [
        f"{cls.__name__}.{name}"
        for cls in classes
        for name, kind in kinds_of(cls).items()
        if (kind.holds(1) or kind.holds(1.0)) and kind.range is None
    ]
    assert missing == []


@pytest.mark.parametrize("kind", UNITS)
def test_units_convert(kind):
    first, *others = UNITS[kind]
    for unit in others:
        assert quantity(f"1 {unit}", Range(kind), "x") == UNITS[kind][unit]
    assert quantity("3 " + first, Range(kind), "x") == quantity(3, Range(kind), "x") == 3
    assert quantity(2**53 + 1, Range(kind, whole=True), "x") == 2**53 + 1  # which no float holds


def test_results_are_written_once_and_then_verified(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    done = perform(file, progress=False)
    folder = tmp_path / "small"
    assert done.folder == folder and not done.failed
    for name in done.written:
        assert (folder / name).stat().st_size > 0
    names = ("completion", "busy", "cells", "energy", "pareto")
    assert {f"figures/{name}.{form}" for name in names for form in ("svg", "pdf")} <= set(done.written)
    assert all((folder / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF") for name in names)
    page = (folder / "report.html").read_text()
    assert "A &lt;small&gt; one" in page and "<script" not in page and "servers.count" in page
    crate = json.loads((folder / "ro-crate-metadata.json").read_text())
    listed = {part["@id"] for part in crate["@graph"][1]["hasPart"]}
    assert all((folder / name).exists() for name in listed) and "runs.csv" in listed
    again = perform(file, progress=False)
    assert again.different == () and set(again.same) >= {"runs.csv", "summary.csv"}
    assert "verified" in str(again)


def test_the_table_for_a_paper_has_what_differs_or_what_is_named(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    heads = (perform(file, progress=False).folder / "summary.tex").read_text().splitlines()[5]
    assert heads.startswith(r"servers.count & n & ") and heads.count("&") <= 7
    file.write_text(SMALL.replace("seeds =", 'columns = ["done", "t50"]\nseeds ='))
    text = (perform(file, tmp_path / "named", progress=False).folder / "summary.tex").read_text()
    assert r"servers.count & n & done & t50, s \\" in text and r"\label{tab:small}" in text
    assert r"\caption{A <small> one (means" in text and r" \pm " in text


def test_a_folder_is_read_by_what_its_files_are(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    done = perform(file, progress=False)
    assert set(done.read("runs.csv")["error"]) == {""} and done.read("parameters.json")["seeds"] == [1, 2]
    assert done.read("summary.tex").startswith(r"\begin{table}") and done.read("figures/busy.pdf").startswith(b"%PDF")
    told = re.search('alt="([^"]*)"', done.figure("busy").html).group(1)
    assert told.startswith("Figure busy of small: ") and "time, s; " in told, "title, axes and units are told, too"
    assert not re.search(r"; [\d.]+(;|\.$)", told), "ticks are not"
    with pytest.raises(ConfigError, match=r"small holds no 'summary.txt'; there are .*nearest: 'summary"):
        done.read("summary.txt")
    with pytest.raises(ConfigError, match=r"holds no 'figures/queue.svg'"):
        done.figure("queue")


def test_a_measure_that_there_is_not_is_said_before_anything_runs():
    said = SMALL.replace("seeds =", 'columns = ["t5"]\nseeds =')
    with pytest.raises(ConfigError, match=r"no measure 't5'; there are seed, done, t50.*nearest: "):
        read(said.encode())
    with pytest.raises(ConfigError, match=r"experiment\.columns is 't50'; it must be a list of names of measures"):
        read(SMALL.replace("seeds =", 'columns = "t50"\nseeds =').encode())
    canary = (EXAMPLES / "canary.toml").read_text()
    named = canary.replace("[experiment]", '[experiment]\ncolumns = ["bricked"]', 1)
    assert read(named.encode()).columns == ("bricked",)
    with pytest.raises(ConfigError, match="no measure 't50'; there are stopped, stage"):
        read(named.replace('"bricked"', '"t50"').encode())


def test_two_workers_write_the_same(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    one, two = perform(file, tmp_path / "a", progress=False), perform(file, tmp_path / "b", workers=2, progress=False)
    assert (one.folder / "hashes.json").read_bytes() == (two.folder / "hashes.json").read_bytes()


def test_what_comes_out_otherwise_is_told_and_nothing_is_overwritten(tmp_path, capsys):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    perform(file, progress=False)
    hashes = tmp_path / "small" / "hashes.json"
    hashes.write_text(hashes.read_text().replace('"runs.csv": "', '"runs.csv": "0'))
    before = {path: path.read_bytes() for path in (tmp_path / "small").rglob("*") if path.is_file()}
    assert main(["run", str(file), "--quiet"]) == 1
    assert "runs.csv came out otherwise" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in (tmp_path / "small").rglob("*") if path.is_file()}


def test_files_on_disk_are_verified_too(tmp_path, capsys):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    folder = perform(file, progress=False).folder
    for name in ("runs.csv", "report.html", "figures/energy.svg"):
        octets = (folder / name).read_bytes()
        (folder / name).write_bytes(octets + b"0")
        assert main(["run", str(file), "--quiet"]) == 1
        assert f"{name} changed since the run" in capsys.readouterr().out
        (folder / name).unlink()
        done = perform(file, progress=False)
        assert (done.missing, done.verified) == ((name,), False)
        assert f"{name} missing" in str(done)
        (folder / name).write_bytes(octets)
    assert main(["run", str(file), "--quiet"]) == 0


def test_results_of_another_version_are_checked_too(tmp_path, capsys):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    hashes = perform(file, progress=False).folder / "hashes.json"
    said = json.loads(hashes.read_text())
    hashes.write_text(json.dumps({**said, "version": "0.0.9"}))
    assert main(["run", str(file), "--quiet"]) == 0
    assert "verified" in (out := capsys.readouterr().out)
    assert "made by dmkit 0.0.9" in out
    said["files"]["summary.csv"] = "0" * 64
    hashes.write_text(json.dumps({**said, "version": "0.0.9"}))
    assert main(["run", str(file), "--quiet"]) == 1
    assert "summary.csv came out otherwise than before" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["/etc/hostname", "../x", 5])
def test_hashes_of_files_elsewhere_are_damaged(name, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    (tmp_path / "small").mkdir()
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    files = {"runs.csv": name} if isinstance(name, int) else {name: "0"}
    (tmp_path / "small" / "hashes.json").write_text(json.dumps({"experiment": digest, "version": "1", "files": files}))
    with pytest.raises(ConfigError, match="damaged"):
        perform(file, progress=False)


def test_a_folder_of_another_file_is_left_alone(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL)
    perform(file, progress=False)
    file.write_text(SMALL.replace("devices = 50", "devices = 51"))
    with pytest.raises(ConfigError, match="another experiment file"):
        perform(file, progress=False)
    (tmp_path / "small" / "hashes.json").write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        perform(file, progress=False)


def test_validation_on_the_command_line(capsys):
    assert main(["validate", "V05", "V13", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "V13  pass" in out and "6 of 6 figures reproduced" in out
    assert main(["validate", "V99", "--quiet"]) == 2


def test_scheduling_designs_in_toml_are_those_of_python():
    from dmkit.lab.studies.contest import Contest, FleetSetting
    from dmkit.lab.studies.rollout_designs import RolloutDesign

    night = read(b"[design]\nquestion = 'night'\nname = 'by day'\ndevices = 50").plan
    assert night == RolloutDesign("night", "by day", 50)
    plan = read(
        b"[contest]\nmethod = 'polling'\n[contest.setting]\ncoverage = '80 %'\ndevices = 40\n"
        b"[over]\n'setting.clocks' = ['good', 'poor']"
    )
    assert plan.plan == Contest(method="polling", setting=FleetSetting(coverage=0.8, devices=40))
    assert plan.plan.run(3) == Contest(method="polling", setting=FleetSetting(coverage=0.8, devices=40)).run(3)
    assert plan.over == {"setting.clocks": ("good", "poor")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[design]\nquestion = 'knight'\nname = 'by day'", "night"),
        (b"[design]\nquestion = 'night'\nname = 'by dawn'", "by day"),
        (b"[contest]\nmethod = 'poling'", "polling"),
        (b"[contest.setting]\ncoverage = 0", "contest.setting.coverage"),
        (b"[contest.setting]\nclocks = 'atomic'", "'good', 'drift', 'poor'"),
    ],
)
def test_a_design_that_is_none_is_one_sentence(text, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        read(text)


NONE = """
[experiment]
name = "none"
seeds = [1, 2]
[campaign]
devices = 20
fidelity = "exact"
again = { think = "5 s", until = "60 s" }
arrivals = { law = "spread", seconds = "10 s" }
"""
WHY = "no run came to its end: ConfigError: exact cannot play Campaign.again: its server has one job for each device"


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ("", ["none"]),
        ('[over]\n"servers.count" = [1, 2]\n', [1, 2]),
        (
            '[over]\n"servers.count" = [1, 2]\n[figures]\ncompletion = {}\nenergy = {}\npareto = {}\ncells = {}\n',
            [1, 2],
        ),
        ('[figures]\nbusy = { until = "60 s" }\nqueue = {}\n', ["none"]),
    ],
    ids=["one plan", "designs", "figures of designs", "figures of load"],
)
def test_an_experiment_of_which_no_run_ends_says_why_wherever_it_is_read(more, groups, tmp_path, capsys):
    """One sentence, the table for a paper, the page; a design has its row with no runs, and no figure is drawn."""
    file = tmp_path / "none.toml"
    file.write_text(NONE + more)
    assert main(["run", str(file), "--quiet"]) == 1
    told = capsys.readouterr()
    assert WHY in told.out and told.out.count("\n") == 1 and not told.err
    folder = tmp_path / "none"
    assert (folder / "summary.tex").read_text().startswith(f"% {WHY}")
    assert (folder / "summary.tex").read_text().count("\n") == 1, "a remark of LaTeX ends with its line"
    again = perform(file, progress=False)
    means, runs = again.read("summary.csv"), again.read("runs.csv")
    assert again.verified and means.iloc[:, 0].tolist() == groups and set(means["n"]) == {0}
    assert runs["error"].str.startswith("ConfigError: exact cannot play").all() and len(runs) == 2 * len(groups)
    page = (folder / "report.html").read_text()
    assert WHY.replace("no run", "No run") in page and "none: no run came to its end" in page
    assert not re.search(r"\b(nan|inf)\b", page, re.I) and not (folder / "figures").exists()


def test_a_design_of_which_no_run_ends_keeps_its_row(tmp_path):
    file = tmp_path / "none.toml"
    file.write_text(NONE + '[over]\nfidelity = ["exact", "fleet"]\n')
    done = perform(file, progress=False)
    means = done.read("summary.csv").set_index("fidelity")
    assert means["n"].tolist() == [0, 2] and means.loc["exact", "t50"] == "no run ended" and done.failed == 2
    assert "exact & 0 & no run ended" in done.read("summary.tex") and "2 runs failed" in str(done)
    assert not re.search(r"\b(nan|inf)\b", done.read("report.html"), re.I)


SHORT = {
    "nobody is done": (
        'servers = { outages = [["0 s", "100 h"]] }\nretry = { attempts = 2, base = "1 s", cap = "2 s" }\n',
        [1, 2, 3],
        {"t50": "not reached by 50.0 %", "t95": "not reached by 95.0 %", "t99": "not reached by 99.0 %"},
    ),
    "nobody is done, in one run": (
        'servers = { outages = [["0 s", "100 h"]] }\nretry = { attempts = 1 }\n',
        [1],
        {"t50": "not reached by 50.0 %", "t99": "not reached by 99.0 %"},
    ),
    "nearly nothing arrives": (
        'link = { kind = "lte", loss = 0.999 }\nretry = { attempts = 1 }\n',
        [1, 2],
        {"t50": "not reached by 50.0 %", "t95": "not reached by 95.0 %"},
    ),
    "one device, lost": (
        'link = { kind = "lte", loss = 0.999 }\nretry = { attempts = 1 }\n[over]\ndevices = [1]\n',
        [1, 2],
        {"t50": "not reached by 50.0 %", "t99": "not reached by 99.0 %"},
    ),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_time_that_no_share_reached_says_by_how_much(name, tmp_path):
    text, seeds, says = SHORT[name]
    file = tmp_path / "short.toml"
    head = f'[experiment]\nname = "short"\nseeds = {seeds}\n[campaign]\ndevices = 40\n'
    file.write_text(f'{head}arrivals = {{ law = "spread", seconds = "10 s" }}\n{text}')
    done = perform(file, progress=False)
    means = done.read("summary.csv")
    assert {key: means[key].tolist() for key in says} == {key: [text] for key, text in says.items()}
    assert means["done"].tolist() == [0.0] and means["n"].tolist() == [len(seeds)]
    for paper in ("summary.csv", "summary.tex", "report.html"):
        assert not re.search(r"\b(nan|inf)\b|infty", (done.folder / paper).read_text(), re.I)


def test_a_share_that_some_runs_miss_is_told_with_their_number(tmp_path):
    file = tmp_path / "some.toml"
    text = SMALL.partition("[over]")[0].replace("[1, 2]", "[1, 2, 3, 4, 5, 6]")
    file.write_text(f'{text}link = {{ kind = "lte", loss = 0.25 }}\nretry = {{ attempts = 1 }}\n')
    done = perform(file, progress=False)
    runs, [mean] = done.read("runs.csv"), done.read("summary.csv")["t99"].tolist()
    short = 0.99 - runs["done"][runs["done"] < 0.99]
    assert 0 < len(short) < 6, "some runs reach it, some do not"
    assert mean == f"not reached by {100 * short.mean():.1f} % in {len(short)} of 6 runs"
