"""Trials that share what begins alike play what trials by themselves play: every run of a cell, both ways."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest

from dmkit.attack.attacks import ATTACKS
from dmkit.attack.choices import Choices, explore
from dmkit.attack.designs import DESIGNS
from dmkit.attack.remembered import SharedTrials
from dmkit.attack.trial import PlayedTrial, Trial, search
from dmkit.server.jobs import write
from dmkit.session.work import Job

pytestmark = pytest.mark.unsound("attackers break the invariants of conversations")


def seen(played: PlayedTrial) -> tuple[object, ...]:
    """All that a goal, a table or a reader could look at."""
    stage = played.stage
    memory = stage.memory
    return (
        played.breach,
        played.script,
        [[(line.sender, line.packet, line.events) for line in talk] for talk in played.talks],
        [talk.closing for talk in played.talks],
        stage.wanted,
        dict(stage.issued),
        stage.secrets,
        (stage.now, stage.sessions, stage.asked_for, len(stage.opened), stage.card_apdus, stage.ub_octets),
        (memory.air, memory.pushes, memory.messages, memory.guesses, sorted(memory.notes)),
        dict(stage.secret_words),
        stage.device.snapshot().tree,
        stage.device.accounts,
        [(result.device, result.done, result.why) for result in stage.server.results],
    )


def alike(attack: str, designs: Iterable[str], job: Job | None = None) -> int:
    """Every run of these cells, in one memory for each design, and alone; gives how many there were."""
    runs = 0
    for design in designs:
        shared = SharedTrials()
        for other in ("listen", "alter a command", attack):  # what others led to is known
            trial = Trial(tap=other, design=design, job=job)
            for behaviour in explore(partial(trial.play, shared=shared), most=ATTACKS[other].bound):
                if other == attack:
                    runs += 1
                    assert seen(behaviour.result) == seen(trial.play(Choices(behaviour.script))), behaviour.script
    return runs


FEW = {
    "desynchronise": ("md5 per session", "everything"),
    "drop": ("mac",),
    "delay": ("basic",),
    "replay inside": ("md5, reused nonce",),
    "alter a bit": ("mac, GBA keys",),
    "flood": ("basic",),
    "huge object": ("basic",),
}
SOME = ("mac, sealed values", "hmac-sha256, TLS unchecked", "everything")


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_run_is_the_same_shared_and_alone(attack: str) -> None:
    assert alike(attack, FEW.get(attack, SOME)) >= 1


@pytest.mark.nightly
@pytest.mark.parametrize("design", DESIGNS)
def test_every_run_of_every_cell_is_the_same_shared_and_alone(design: str) -> None:
    assert sum(alike(attack, [design]) for attack in ATTACKS) > len(ATTACKS)


def test_jobs_of_ones_own_are_played_and_not_looked_up() -> None:
    assert alike("drop", ["mac"], write("./APN/Name", "mine")) > 10
    shared = SharedTrials()
    search(Trial(tap="drop", design="mac", job=write("./APN/Name", "mine")), shared=shared)
    assert shared.known == shared.run == 0


def test_a_step_is_run_once() -> None:
    shared = SharedTrials()
    search(Trial(tap="listen", design="mac"), shared=shared)
    assert (shared.run, shared.known) == (10, 0)
    search(Trial(tap="read values", design="mac"), shared=shared)
    assert (shared.run, shared.known) == (10, 10)
    search(Trial(tap="listen", design="mac, GBA keys"), shared=shared)
    assert shared.run == 20  # another design knows nothing of it


def test_designs_of_one_name_are_told_apart() -> None:
    shared, mine = SharedTrials(), Trial(rules=DESIGNS["mac"].rules)
    search(Trial(), shared=shared)
    search(mine, shared=shared)
    assert mine.against.name == Trial().against.name and shared.known == 0


def test_a_stage_taken_in_hand_goes_on_alone() -> None:
    shared = SharedTrials()
    one = Trial(tap="drop", design="mac").play(Choices((1,)), shared)
    one.stage.device.become(one.stage.device.tree.set("./DevInfo/Lang", "fr"))
    two = Trial(tap="drop", design="mac").play(Choices((1,)), shared)
    assert two.stage.device.tree.get("./DevInfo/Lang").value == "en"
    assert seen(two) == seen(Trial(tap="drop", design="mac").play(Choices((1,))))


def test_half_the_matrix_is_looked_up() -> None:
    """Of the steps of the lesson's matrix that a search takes, for two designs and all attacks of the lesson."""
    from dmkit.lab.studies.security import SOME_ATTACKS

    for design in ("mac", "basic"):
        shared = SharedTrials()
        for attack in SOME_ATTACKS:
            search(Trial(tap=attack, design=design), shared=shared)
        assert shared.run < 0.6 * (shared.run + shared.known)
