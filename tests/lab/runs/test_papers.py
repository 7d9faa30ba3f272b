"""Papers of a report: an RO-Crate that a validator passes, a data dictionary, STRESS-DES."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from dmkit.lab.runs.experiment_file import load, read
from dmkit.lab.runs.report import figures, perform
from dmkit.sim.arrivals import Spread
from dmkit.sim.campaign import Campaign, Servers
from dmkit.sim.rollout import Rollout
from dmkit.sim.run import SUMMARY
from dmkit.words.errors import ConfigError

EXAMPLES = Path(__file__).resolve().parents[3] / "data" / "experiments"
FILE = """
[experiment]
name = "small"
title = "A small one"
about = "Which number of servers is enough?"
author = "A. Researcher"
organisation = "A University"
homepage = "https://university.example/"
seeds = 2
[campaign]
devices = 60
servers = { count = 1, service = "50 ms" }
push = "good"
[over]
"servers.count" = [1, 2]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("papers")
    (place / "small.toml").write_text(FILE)
    perform(place / "small.toml", place / "out", progress=False)
    return place / "out"


def test_every_column_of_every_table_has_a_unit(folder):
    package = json.loads((folder / "datapackage.json").read_text())
    assert {resource["path"] for resource in package["resources"]} == {"runs.csv", "summary.csv"}
    for resource in package["resources"]:
        with (folder / resource["path"]).open() as file:
            header = next(csv.reader(file))
        said = {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        assert list(said) == header and all(said.values())
    assert set(SUMMARY) == set(Campaign(devices=3).run(1).summary())


def test_a_rollout_of_a_file_is_that_of_python():
    experiment = load(EXAMPLES / "canary.toml")
    assert experiment.plan == Rollout(
        campaign=Campaign(devices=2000, arrivals=Spread(600.0), servers=Servers(count=4, service=0.02)),
        stages=(0.05, 0.25, 1.0),
    )
    assert experiment.over == {"defect": (0.002, 0.05), "rule": ("no failure", "wilson", "sequential")}
    with pytest.raises(ConfigError, match="need a campaign"):
        figures(read(b"[rollout.campaign]\ndevices=9\n[figures.busy]\nuntil=9"), None)  # type: ignore[arg-type]


def test_stress_des_is_filled_from_the_plan(folder):
    page = (folder / "report.html").read_text()
    for item in ("1.1 Purpose", "2.1 Base model overview", "3.1 Data sources", "4.2 Run length", "5.2 Random sampling"):
        assert item in page
    assert "Which number of servers is enough?" in page and "push: evidence" in page and "servers.count = 1" in page


def test_the_crate_says_who_made_what_from_what(folder):
    graph = {entry["@id"]: entry for entry in json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]}
    action = graph["#run"]
    assert action["@type"] == "CreateAction" and action["object"] == {"@id": "experiment.toml"}
    assert {entry["@id"] for entry in action["result"]} >= {"runs.csv", "summary.csv", "report.html"}
    assert action["instrument"] == {"@id": "#dmkit"} and graph["#author"]["name"] == "A. Researcher"
    parts = {entry["@id"] for entry in graph["./"]["hasPart"]}
    assert parts == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        "ro-crate-metadata.json", "hashes.json", "runs.parquet"
    }  # fmt: skip
    assert all(int(graph[name]["contentSize"]) == (folder / name).stat().st_size for name in parts)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the validator's libraries
def test_roc_validator_passes_required_and_recommended(folder, monkeypatch):
    """Without the network: the JSON-LD context is a stub with the terms that the crate uses."""
    pytest.importorskip("rocrate_validator", reason="pip install roc-validator")
    from rocrate_validator import models, services
    from rocrate_validator.utils.http import HttpRequester

    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    terms = {name: f"http://schema.org/{name}" for entry in graph for name in entry if name[0] != "@"}
    terms |= {"conformsTo": "http://purl.org/dc/terms/conformsTo", "File": "http://schema.org/MediaObject"}
    for kind in ("CreateAction", "CreativeWork", "Dataset", "Organization", "Person", "SoftwareApplication"):
        terms[kind] = f"http://schema.org/{kind}"

    class Answer:
        status_code, headers, ok = 200, {"Content-Type": "application/ld+json"}, True
        text = json.dumps({"@context": terms})

        def json(self):
            return json.loads(self.text)

    monkeypatch.setattr(HttpRequester, "get", lambda self, url, **_: Answer(), raising=False)
    settings = models.ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="ro-crate-1.1",
        requirement_severity=models.Severity.RECOMMENDED,
        offline=True,
    )
    issues = services.validate(settings).get_issues()
    assert [(str(issue.severity), issue.check.identifier, issue.message) for issue in issues] == []
