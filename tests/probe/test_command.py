"""``dmkit probe`` from the command line: what it prints, writes, remembers and refuses."""

from __future__ import annotations

import json
import threading
import xml.etree.ElementTree as ET

import pytest

from dmkit.cli import main
from dmkit.probe.report import baseline_of, junit, matrix_html, matrix_text, read_results, reasons, regressions, tally
from dmkit.probe.verdict import Result, Verdict
from dmkit.words.errors import ConfigError

RESULTS = [
    Result("server P-05 answered@xml", Verdict.PASS, evidence=1),
    Result(
        "server P-05 later@xml", Verdict.FAIL, "no Status <for> Alert\x00", "answered", "DMREPPRO §6.5.1", "message 2"
    ),
    Result("server P-06 results@xml", Verdict.INCONCLUSIVE, "nothing came"),
    Result("server P-08 asked@xml", Verdict.TOLERATED, "a habit", deviations=("a habit",)),
]


@pytest.fixture
def url():
    """A dmkit server on a thread of its own."""
    import asyncio

    from dmkit.probe.catalogue import cases
    from dmkit.probe.own import peer_of, server_for
    from dmkit.transport.http import application, start

    loop = asyncio.new_event_loop()
    server = server_for(cases("server")[0], peer_of("server"))
    listening = loop.run_until_complete(start(application(server.receive), path="/dm"))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield listening.url
    asyncio.run_coroutine_threadsafe(listening.close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_a_run_writes_what_it_found_and_goes_on_where_it_stopped(url, tmp_path, capsys):
    out, report = tmp_path / "out", tmp_path / "junit.xml"
    common = ["probe", "server", url, "P-01", "P-06", "--server-password", "srvpw", "--rate", "1000", "--out", str(out)]
    assert main([*common, "--junit", str(report), "--lacks", "mac,basic"]) == 0
    said = capsys.readouterr().out
    found = read_results(out)
    summary, *why = said.splitlines()
    assert summary.startswith(tally(found)) and [line.strip() for line in why] == list(reasons(found))
    assert {r.verdict for r in found if "P-06" in r.case} <= {Verdict.INCONCLUSIVE, Verdict.NOT_SUPPORTED}
    suite = ET.parse(report).getroot()
    assert int(suite.get("tests")) == len(found)
    names = {path.suffix for path in (out / "cases").iterdir()}
    assert names == {".txt", ".jsonl", ".pcap"}
    kept = (out / "results.jsonl").read_text().splitlines()
    (out / "results.jsonl").write_text("\n".join(kept[:3]) + "\n")
    assert main([*common, "--resume", "--lacks", "mac,basic"]) == 0
    again = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    assert [(r["case"], r["verdict"]) for r in again] == [(r.case, r.verdict.value) for r in found]


def test_a_wrong_secret_is_said_to_be_one(url, capsys):
    argv = [
        "probe",
        "server",
        url,
        "P-05",
        "--case",
        "P-05 answered@xml,md5,1",
        "--password",
        "wrong",
        "--verbose",
        "--rate",
        "1000",
    ]
    assert main([*argv[:3], *argv[4:]]) == 0
    assert "are name and secret right?" in capsys.readouterr().out


def test_a_dry_run_sends_nothing(capsys):
    assert main(["probe", "server", "http://127.0.0.1:9/dm", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "nothing was sent" in said
    assert main(["probe", "client", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "not run: it writes below a node; name one with --below" in said
    assert "not run: it needs --destructive and --below" in said


@pytest.mark.parametrize(
    "argv, said",
    [
        (["server", "http://127.0.0.1:9/dm", "P-99", "--dry-run"], "P-99"),
        (["server", "ftp://x/dm", "--dry-run"], "ftp://x/dm"),
        (["server", "http://127.0.0.1:9/dm", "--dry-run", "--below", "Vendor"], "Vendor"),
        (["client", "--listen", "nowhere", "--dry-run"], "nowhere"),
        (["client", "--deliver", 'dmkit "session {file}', "--dry-run"], "--deliver: it cannot be split into words"),
        (["client", "--trigger", "it's", "--dry-run"], "--trigger: it cannot be split into words"),
        (["client", "--deliver", "  ", "--dry-run"], "--deliver: it is empty"),
        (["client", "--trigger", "", "--dry-run"], "--trigger: it is empty"),
        (["client", "--deliver", "dmkit session {url}", "--dry-run"], "{file} or {hex} must stand in it"),
        (
            ["client", "--deliver", "give {hex} {flie}", "--dry-run"],
            "{flie} is nothing that is put in; nearest: {file}",
        ),
        (["client", "--trigger", "dmkit session {urls}", "--dry-run"], "nearest: {url}"),
        (["client", "X-12", "--deliver", "/no/such {file} --pin 12"], "--deliver: '/no/such' cannot be started: there"),
        (["client", "X-12", "--trigger", "no-such-program"], "--trigger: 'no-such-program' cannot be started: there"),
        (["client", "--imsi", "junk", "--dry-run"], "imsi: 'junk' is no IMSI: 6 to 15 digits"),
        (["client", "--imsi", "1234567890123456", "--dry-run"], "6 to 15 digits"),
        (["client", "--firmware", "FUMO", "--dry-run"], "firmware is 'FUMO'; it must be a node such as './FUMO/Main'"),
        (["client", "--firmware", "./FUMO?list=Struct", "--dry-run"], "it must be a node such as './FUMO/Main'"),
        (["matrix", "no-such-folder"], "no-such-folder"),
        (["list", "Q-01"], "Q-01"),
    ],
)
def test_bad_input_is_one_sentence(argv, said, capsys):
    assert main(["probe", *argv]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert "--pin" not in err, "what stands in a command may be a secret"


def test_a_command_may_hold_braces_of_its_own(capsys):
    assert main(["probe", "client", "--dry-run", "--trigger", "sh -c 'call ${urls} {anything} {url}'"]) == 0
    assert "nothing was sent" in capsys.readouterr().out


def test_junit_counts_and_can_be_read():
    suite = ET.fromstring(junit(RESULTS, "a <server>"))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "1")
    assert suite.find("testcase/failure").get("message").startswith("no Status <for> Alert")


def test_a_matrix_shows_every_peer():
    page = matrix_html({"one": RESULTS, "other <b>": RESULTS[:1]}, {"P-05": "Each command & header"})
    assert "other &lt;b&gt;" in page and "Each command &amp; header" in page and "<b>" not in page
    table = matrix_text({"one": RESULTS, "other": RESULTS[:1]})
    assert "| P-05 | 1 of 2, **1 fail** | 1 of 1 |\n| P-06 | 0 of 1, 1 ? |  |" in table


def test_a_baseline_lets_only_changes_fail():
    known = baseline_of("# known\nserver P-05 later@xml  # since 2012\nserver P-05 answered@xml\n")
    assert regressions(RESULTS, known) == ([], ["server P-05 answered@xml"])
    assert regressions(RESULTS, frozenset()) == (["server P-05 later@xml"], [])
    with pytest.raises(ConfigError, match="is no case"):
        baseline_of("something else")


def test_the_list_of_known_failures_that_is_kept_names_cases():
    from pathlib import Path

    from dmkit.probe.catalogue import cases

    text = (Path(__file__).resolve().parents[2] / "data" / "probe" / "baseline.txt").read_text(encoding="utf-8")
    assert baseline_of(text) <= {case.id for case in cases("client")}
