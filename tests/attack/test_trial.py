"""Trials: every cell of attack by design has its reason, witnesses replay, and a MAC needs its proof."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import dmkit as dm
from dmkit.attack.attacks import ATTACKS, POWERS
from dmkit.attack.choices import Choices
from dmkit.attack.designs import DESIGNS
from dmkit.attack.trial import COLUMNS, Trial, search, witness
from dmkit.words.errors import ConfigError, JobError

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")

# attack -> designs that fall, of those asked about; every other one of them stands
ASKED = (
    "basic",
    "basic over TLS",
    "md5 per session",
    "md5, reused nonce",
    "md5, one secret for all",
    "mac",
    "mac, GBA keys",
    "mac, sealed values",
    "bound, TLS unchecked",
    "everything",
)
FALLS = {
    "listen": ("basic",),
    "read values": ("basic", "md5 per session", "md5, reused nonce", "md5, one secret for all", "mac", "mac, GBA keys"),
    "relay": ("basic", "md5 per session", "md5, reused nonce", "md5, one secret for all", "mac", "mac, GBA keys"),
    "replay across": ("basic", "md5, reused nonce"),
    "forge with old proof": ("basic", "md5, reused nonce"),
    "alter a command": ("basic", "md5 per session", "md5, reused nonce", "md5, one secret for all"),
    "pose as server": ("md5, one secret for all",),
    "pose as device": ("md5, one secret for all",),
    "replay package 0": ("md5, reused nonce",),
    "steal card": ("mac, GBA keys",),
}


@pytest.mark.parametrize("attack", sorted(FALLS))
def test_which_designs_fall(attack):
    fallen = tuple(design for design in ASKED if search(Trial(tap=attack, design=design)).found)
    assert fallen == FALLS[attack]


@pytest.mark.parametrize("attack", sorted(ATTACKS))
def test_a_witness_replays_to_the_same_breach(attack):
    found = next(
        (
            w
            for w in (
                witness(attack, d)
                for d in (
                    "md5, reused nonce",
                    "basic",
                    "md5, one secret for all",
                    "md5, a word for a password",
                    "mac, GBA keys",
                    "mac, no second challenge",
                    "md5, impatient",
                    "md5, tireless",
                )
            )
            if w
        ),
        None,
    )
    if found is None:
        assert attack in {"replay inside", "delay"}, "no witness"  # no design of ours does a thing twice
        return
    again = Trial(tap=attack, design=found.stage.design).replay(found.script)
    assert again.breach == found.breach
    assert [repr(talk) for talk in again.talks] == [repr(talk) for talk in found.talks]
    assert [line.packet for talk in again.talks for line in talk] == [
        line.packet for talk in found.talks for line in talk
    ]


def test_honest_runs_breach_nothing_but_what_is_open_to_everybody():
    open_to_all = {"listen", "guess", "read values", "relay"}
    for attack in ATTACKS:
        for design in ("md5 per session", "everything"):
            played = Trial(tap=attack, design=design).play(Choices())
            assert played.breach is None or attack in open_to_all, (attack, design, played.breach)


def test_a_search_that_finds_nothing_says_how_far_it_looked():
    done = search(Trial(tap="drop", design="mac"))
    assert done.found is None and done.complete and done.runs > 30
    cut = search(Trial(tap="drop", design="mac"), limit=10)
    assert cut.runs == 10 and not cut.complete


def test_the_table_of_the_architecture_page():
    frame = dm.sweep(
        Trial(job=dm.jobs.write("./APN/Name", "internet")),
        seeds=range(4),
        progress=False,
        over={"rules.auth": ["basic", "md5", "mac"], "tap": [dm.attack.listen, dm.attack.replay, dm.attack.alter]},
    )
    table = frame.pivot_table(index="rules.auth", columns="tap", values="breached")
    assert table.loc["basic", "listen"] == 1.0 and table.loc["mac", "listen"] == 0.0
    assert set(COLUMNS) - {"design"} <= set(frame.columns) and (frame["error"] == "").all()


def test_same_seed_same_row():
    trial = Trial(tap="alter a bit", design="md5 per session")
    assert [trial.run(seed) for seed in range(5)] == [trial.run(seed) for seed in range(5)]


def test_who_foresees_a_body_and_has_no_proof_is_not_answered_from_memory():
    assert witness("pose as device", "mac") is None
    rules = dm.Rules(auth="mac", server_auth="mac")
    device = dm.Device.example(rules=rules)
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.write("./APN/Name", "internet"))
    first = device.connect(session_id="1").start().reply
    answer = server.receive(first).reply
    assert server.receive(first).reply == answer  # an honest repeat
    bare = dm.Packet(first.to, first.body, first.media_type, {})
    refused = server.receive(bare).reply
    assert refused != answer and b"internet" not in refused.body


def test_tables_are_complete():
    assert all(attack.source and set(attack.can) <= set(POWERS) for attack in ATTACKS.values())
    assert all((attack.on_path is None) != (attack.play is None) for attack in ATTACKS.values())
    assert all(design.basis for design in DESIGNS.values())
    assert len(ATTACKS) >= 12 and len(DESIGNS) >= 12


@pytest.mark.parametrize("wrong", [{"tap": "magic"}, {"design": "magic"}, {"sessions": 0}])
def test_bad_plans_are_refused(wrong):
    with pytest.raises(ConfigError):
        Trial(**wrong)


def bad_value(info):
    yield 5


def bad_entry(info):
    yield [None]


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (bad_value, "job 'bad_value' failed: it yielded 5; a job yields a list of commands"),
        (bad_entry, "job 'bad_entry' failed: it yielded None among its commands"),
        (dm.jobs.read, "job 'read' failed: read makes a job when it is called"),
        (print, "job 'print' failed: print gave None and is no generator"),
    ],
    ids=lambda value: getattr(value, "__name__", "says"),
)
def test_a_job_that_fails_is_named_as_converse_names_it(job, says):
    with pytest.raises(JobError, match=re.escape(says)):
        Trial(job=job).run(1)


def test_a_custom_scheme_and_world_can_be_tried():
    trial = Trial(rules=dm.Rules(auth="md5"), tap="guess")
    assert not trial.run(1)["breached"]
    assert replace(trial, world=replace(trial.world, secret="weak")).run(1)["breached"]
