"""Trial: one design under one attack, as a plan for ``sweep``: one row per run.

>>> row = Trial(rules=Rules(auth="basic")).run(1)
>>> row["breached"], row["what"]
(True, 'the password of client stands in the credentials')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import partial
from random import Random
from typing import Annotated, Any

from dmkit.attack.attacks import ATTACKS, Attack
from dmkit.attack.attacks import listen as _listen
from dmkit.attack.choices import Choices, ChoiceScript, explore
from dmkit.attack.designs import DESIGNS, Deployment, Design
from dmkit.attack.goals import Breach
from dmkit.attack.remembered import SharedTrials
from dmkit.attack.stage import Stage
from dmkit.session.rules import Rules
from dmkit.session.work import Job
from dmkit.views.transcript import Transcript
from dmkit.words.asked import asked
from dmkit.words.checked import Names, checked
from dmkit.words.errors import ConfigError
from dmkit.words.ranges import Count
from dmkit.words.records import dataclass

__all__ = ["COLUMNS", "PlayedTrial", "Searched", "Trial", "search", "witness"]

COLUMNS: Mapping[str, str] = {
    "attack": "name of the attack",
    "design": "name of the design",
    "breached": "true when the attacker got what it wanted",
    "what": "what it got, in a sentence",
    "at": "number of the message with which it had it, 0 when none was needed",
    "script": "the dishonest choices, which play the run again",
    "guesses": "passwords that were tried",
    "made": "messages that the attacker made or sent again",
    "octets": "octets of messages between device and server",
    "round_trips": "how often the device waited for an answer",
    "failed": "sessions of the honest sides whose job was not done in them",
}
"""Columns of a trial's rows."""


@dataclass(frozen=True, slots=True)
class PlayedTrial:
    """One run: the stage as it was left, what was breached, and the script that plays it again."""

    stage: Stage = field(repr=False)
    breach: Breach | None
    script: ChoiceScript

    @property
    def talks(self) -> tuple[Transcript, ...]:
        """Transcripts of the honest sides, then those the attacker took part in."""
        return (*self.stage.talks, *self.stage.memory.talks)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """``sessions`` sessions of one device and its server, under ``tap``.

    ``design`` by name or as a value brings rules and world with it; without one there are ``rules`` and ``world``.
    ``job`` is what the server wants in each session: by default it writes two values, others each time.

    >>> Trial(design="basic", tap="listen").run(seed=1)["what"]
    'the password of client stands in the credentials'
    """

    job: Job | None = None
    rules: Rules = field(default_factory=Rules)
    world: Deployment = field(default_factory=Deployment)
    tap: Attack | str = _listen
    design: Annotated[Design | str | None, Names(lambda: DESIGNS)] = None
    sessions: Count = 2

    def __post_init__(self) -> None:
        for name, table in ((self.tap, ATTACKS), (self.design, DESIGNS)):
            if isinstance(name, str) and name not in table:
                raise ConfigError(f"{name!r} is not known; there are {', '.join(table)}")
        if self.sessions < 1:
            raise ConfigError(f"a trial has at least one session, not {self.sessions}")

    @property
    def attack(self) -> Attack:
        """The attack itself."""
        return ATTACKS[self.tap] if isinstance(self.tap, str) else self.tap

    @property
    def against(self) -> Design:
        """The design itself."""
        if isinstance(self.design, str):
            return DESIGNS[self.design]
        return self.design or Design("", self.rules, self.world)

    def play(self, choices: Choices, shared: SharedTrials | None = None) -> PlayedTrial:
        """Play one run; what runs with the same ``shared`` have played before is looked up."""
        active = self.attack.active
        memory = None if shared is None else shared.of(self.against, active=active)
        stage = Stage(self.against, self.job, active=active, memory=memory)
        self.attack.run(stage, choices, self.sessions)
        return PlayedTrial(stage, self.attack.goal(stage), choices.script)

    def replay(self, script: ChoiceScript) -> PlayedTrial:
        """Play the run of a script again."""
        return self.play(Choices(script))

    def run(self, seed: int) -> dict[str, Any]:
        """Play one run, its choices by chance."""
        attack = self.attack
        return self.row(self.play(Choices(rng=Random(seed), chance=attack.chance, budget=attack.bound)))

    def row(self, played: PlayedTrial) -> dict[str, Any]:
        """A run as a row (COLUMNS)."""
        stage, breach = played.stage, played.breach
        return {
            "attack": self.attack.name,
            "design": self.against.name,
            "breached": breach is not None,
            "what": breach.what if breach is not None else "",
            "at": breach.at if breach is not None else 0,
            "script": " ".join(map(str, played.script)),
            "guesses": stage.memory.guesses,
            "made": stage.memory.messages,
            "octets": sum(talk.size["both"] for talk in stage.talks),
            "round_trips": sum(talk.round_trips for talk in stage.talks),
            "failed": stage.wanted.count(False),
        }


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to: the first run that breached, if any, and how many runs were played."""

    found: PlayedTrial | None
    runs: int
    complete: bool
    """True when every run within the bound was played."""


@asked
def search(
    trial: Trial, *, most: int | None = None, limit: int | None = None, shared: SharedTrials | None = None
) -> Searched:
    """Play every run with at most ``most`` dishonest choices (the attack's bound), until one breaches.

    Searches with the same ``shared`` play what begins alike once.

    >>> found = search(Trial(design="basic", tap="listen"))
    >>> found.found is not None, found.runs
    (True, 1)
    """
    runs, bound = 0, trial.attack.bound if most is None else most
    play = partial(trial.play, shared=shared or SharedTrials())
    for behaviour in explore(play, most=bound, limit=limit):
        runs += 1
        if behaviour.result.breach is not None:
            return Searched(behaviour.result, runs, False)
    return Searched(None, runs, limit is None or runs < limit)


def witness(
    attack: Attack | str, design: Design | str, *, sessions: int = 2, limit: int | None = None
) -> PlayedTrial | None:
    """A shortest run in which ``attack`` breaches ``design``, None when there is none within the bound.

    >>> witness("listen", "basic").breach.what
    'the password of client stands in the credentials'
    """
    return search(Trial(tap=attack, design=design, sessions=sessions), limit=limit).found
