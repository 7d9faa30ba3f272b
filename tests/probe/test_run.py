"""Verdicts: what counts as evidence, what a silent peer is, what is written down."""

from __future__ import annotations

import json

import pytest

from dmkit.probe.case import CaseStep, ProbeCase
from dmkit.probe.catalogue import cases, chosen, read_cases
from dmkit.probe.drive import play, probe_server
from dmkit.probe.own import device_for, peer_of, probe, server_for
from dmkit.probe.run import CaseRun
from dmkit.probe.verdict import Verdict
from dmkit.session.events import Step as Said
from dmkit.words.errors import ConfigError
from dmkit.words.model import Packet

NAMED = {"client P-05 unknown-command@xml"}
"""Cases in which our device, which reads strictly, refuses a message as a whole."""
OUTDATED = {"server X-07 table"}
"""Cases about suites of 2006, which TLS libraries of today refuse; named as a tolerated deviation."""
GOOD = (Verdict.PASS, Verdict.TOLERATED)


@pytest.mark.parametrize("case", cases("server"), ids=lambda case: case.id)
def test_our_own_server_passes(case):
    [result] = probe("server", [case])
    right = GOOD if case.id in OUTDATED else (Verdict.PASS,)
    assert result.verdict in right, f"{result}\n{result.quote}\n{result.talk}"
    assert result.evidence


@pytest.mark.parametrize("case", cases("client"), ids=lambda case: case.id)
def test_our_own_device_passes(case):
    [result] = probe("client", [case])
    wanted = Verdict.TOLERATED if case.id in NAMED else Verdict.PASS
    assert result.verdict is wanted, f"{result}\n{result.quote}\n{result.talk}"
    assert result.evidence


class Mute:
    """Hears, and says nothing."""

    def receive(self, packet: Packet, now: float = 0.0) -> Said:
        return Said("server", packet, None)


@pytest.mark.parametrize("case", cases("server"), ids=lambda case: case.id)
def test_a_server_that_refuses_everything_passes_nothing(case):
    """A wrong address refuses wrong secrets, too."""
    result = play(CaseRun(case, peer_of("server")), server=Mute())
    assert result.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("case", [*cases("server"), *cases("client")], ids=lambda case: case.id)
def test_silence_is_inconclusive(case):
    """Nothing ever comes: whatever a case expects, it cannot be told."""
    run = CaseRun(case, peer_of(case.side))
    packet = run.begin()
    for _ in range(50):
        if run.done:
            break
        packet = run.silence()
    assert packet is None
    assert run.result is not None
    assert run.result.verdict is Verdict.INCONCLUSIVE
    assert not run.result.evidence


def test_a_case_without_a_rule_is_no_pass():
    case = ProbeCase("P-05", "nothing", "", "", (CaseStep(do="open"),))
    [result] = probe("server", [case])
    assert result.verdict is Verdict.INCONCLUSIVE


def test_what_is_not_allowed_is_not_run():
    writes = [case for case in cases("client") if case.level == "write"]
    peer = peer_of("client", below=None, destructive=False)
    from dmkit.probe.drive import probe_client

    results = list(probe_client(peer, writes, lambda case: device_for(case, peer)))
    assert writes and {result.verdict for result in results} == {Verdict.NOT_RUN}


def test_what_the_peer_declares_is_not_supported():
    peer = peer_of("server", lacks=("mac",))
    results = list(probe_server(peer, chosen("server", ["P-01"]), lambda case: server_for(case, peer)))
    assert {r.verdict for r in results if "mac" in r.case} == {Verdict.NOT_SUPPORTED}
    assert {r.verdict for r in results if "mac" not in r.case} == {Verdict.PASS}


HEAD = 'side = "server"\n[[case]]\nrow="P-01"\nname="x"\ntitle="x"\nsource="x"\n'


@pytest.mark.parametrize(
    "text, said",
    [
        ('side = "server"\ncase = 3', "Expected `array`"),
        ('side = "both"\ncase = []', "Invalid enum value 'both'"),
        (HEAD + 'steps=[{do="opn"}]', "nearest: 'open'"),
        (HEAD + 'steps=[{expect="statuss Get 200"}]', "no rule of a verdict"),
        (HEAD + 'steps=[{do="open", but=["witout A"]}]', "nearest: 'without'"),
        (HEAD + 'vary={size=[1]}\nsteps=[{}]', "a step has one of"),
        (HEAD + 'vary={sizes=[1]}\nsteps=[]', "'sizes' is no axis"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_one_sentence(text, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read_cases(text, "mine.toml")
    assert "\n" not in str(caught.value)


def test_nobody_is_named_who_is_not_there():
    with pytest.raises(ConfigError, match="'P-99'"):
        chosen("server", ["P-99"])
    with pytest.raises(ConfigError, match="there is no case"):
        chosen("server", ids=["P-01 nothing"])


def test_lines_are_read_as_they_are_written(tmp_path):
    from dmkit.probe.report import line_of, result_of, write_case

    [result, *_] = probe("server", chosen("server", ["P-05"]))
    again = result_of(line_of(result))
    assert (again.case, again.verdict, again.evidence) == (result.case, result.verdict, result.evidence)
    write_case(tmp_path, result)
    lines = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
    assert [json.loads(line)["from"] for line in lines] == [line.sender for line in result.talk]
    from dmkit.transport.trace import read_trace

    captured = read_trace(next(tmp_path.glob("*.pcap")))
    assert [line.packet.body for line in captured] == [line.packet.body for line in result.talk]
