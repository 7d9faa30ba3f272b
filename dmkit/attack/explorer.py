"""Every interleaving up to a budget: breadth first, so that the first breach found is a shortest.

>>> from dmkit.attack.powers import Attacker
>>> found = explore("md5 per session", Attacker.of("alter", budget=1), goals=("foreign command",))
>>> found.verdict
'breached'
>>> explore("md5 per session", Attacker.of("drop", budget=1), goals=("foreign command",)).sentence
'safe from foreign command: complete to budget 1 under drop'
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Final, Unpack

from dmkit.attack.designs import Design
from dmkit.attack.judging import GOALS
from dmkit.attack.places import Transition
from dmkit.attack.powers import Attacker
from dmkit.attack.stage import to_device
from dmkit.attack.visited import Visited
from dmkit.attack.world import SpaceOptions, StateSpace
from dmkit.sim.collector import resting_collector
from dmkit.views.hostile import Arrow, hostile_html
from dmkit.views.look import themed
from dmkit.words.arguments import whole
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import nearest
from dmkit.words.model import Packet

__all__ = ["DEFAULT_GOALS", "Exploration", "Witness", "explore"]

DEFAULT_GOALS: Final = tuple(goal for goal in GOALS if goal not in ("disagree", "unsound"))
"""All goals but ``disagree``, which lost messages reach in every design, and ``unsound``, which is no attack."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One run that breaches: the goal, what was reached, and the moves in order.

    ``design`` is the name of what was breached, ``packets`` are those that the moves speak of, by number.

    >>> found = explore("basic", Attacker.of("listen"), goals=["impersonated"], limit=50)
    >>> [one.goal for ones in found.witnesses.values() for one in ones][:1]
    []
    """

    goal: str
    what: str
    moves: tuple[Transition, ...]
    design: str = field(repr=False, compare=False, default="")
    packets: Sequence[Packet] = field(repr=False, compare=False, default=())

    @property
    def powers(self) -> tuple[str, ...]:
        """The powers that it used, each once, in order."""
        return tuple(dict.fromkeys(power for move in self.moves for power in move.powers))

    @property
    def deeds(self) -> int:
        """How many moves cost the attacker something."""
        return sum(bool(move.powers) for move in self.moves)

    @property
    def hops(self) -> tuple[Arrow, ...]:
        """The arrows of its ladder: what was said, by whom, and how far it came."""
        return tuple(self._hops())

    def _hops(self) -> Iterator[Arrow]:
        packets, original = self.packets, None
        for number, move in enumerate(self.moves, 1):
            told = f"{number}: {' + '.join(move.powers)}" if move.powers else ""
            for who, packet, to in move.hops:
                if packet < 0:
                    continue
                octets = packets[packet]
                side = "server" if to_device(octets) else "device"
                if who == "air" and to in ("lost", "altered"):
                    yield Arrow(side, "attacker", octets, to, note=told)
                    original = octets if to == "altered" else None
                elif who == "altered":
                    yield Arrow("attacker", to, octets, "changed", original)
                elif who in ("air", "wake"):
                    yield Arrow(side, to, octets, note=told)
                elif who == "attacker":
                    yield Arrow("attacker", to, octets, note=told)
                elif to == "own" or not self._goes_on(number, packet):
                    yield Arrow(who, "attacker", octets, note="" if to == "own" else "heard; still on its way")

    def _goes_on(self, after: int, packet: int) -> bool:
        """True when a packet that was said at move ``after`` arrives, or is lost, behind it."""
        return any(packet == p and who == "air" for move in self.moves[after:] for who, p, _ in move.hops)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        told = f"{self.goal}: {self.what}. Powers used: {', '.join(self.powers) or 'none'}."
        title = f"{self.goal} against {self.design}"
        return {"text/plain": str(self), "text/html": themed(hostile_html(self.hops, title=title, told=told))}

    def __str__(self) -> str:
        return "\n".join(f"{n} {move.name}" for n, move in enumerate(self.moves, 1)) + f"\n=> {self.goal}: {self.what}"


@dataclass(frozen=True, slots=True)
class Exploration:
    """What a search came to.

    ``states`` were visited, ``moves`` looked at, ``steps`` of engines run; ``complete``: every state within the budget
    was visited, or each goal was reached.  ``seconds`` is processor time.

    >>> explore("basic", Attacker.of("listen"), goals=["impersonated"], limit=50).goals
    ('impersonated',)
    """

    design: str
    attacker: Attacker
    goals: tuple[str, ...]
    witnesses: Mapping[str, tuple[Witness, ...]]
    states: int
    moves: int
    steps: int
    complete: bool
    seconds: float = field(compare=False, default=0.0)

    @property
    def verdict(self) -> str:
        """``breached``, ``safe`` (only after a complete search), or ``open``: cut off before the end."""
        return "breached" if self.witnesses else "safe" if self.complete else "open"

    @property
    def sentence(self) -> str:
        """The verdict with all that belongs to it."""
        powers = ", ".join(self.attacker.named) or "no power"
        budget = f"budget {self.attacker.budget} under {powers}"
        if self.witnesses:
            reached = ", ".join(self.witnesses)
            return f"breached ({reached}): {many(self.states, 'state')}, {budget}"
        goals = "all goals" if self.goals == DEFAULT_GOALS else ", ".join(self.goals)
        if self.complete:
            return f"safe from {goals}: complete to {budget}"
        return f"open: nothing found in {many(self.states, 'state')}, cut off before {budget} was complete"

    def __getitem__(self, goal: str) -> Witness:
        """A shortest witness of ``goal``."""
        if goal not in self.witnesses:
            reached = ", ".join(self.witnesses) or "none"
            raise ConfigError(f"goal {goal!r} was not reached; those that were: {reached}")
        return self.witnesses[goal][0]

    def another(self, goal: str, after: int = 0) -> Witness:
        """A different witness of ``goal``: number ``after`` + 1, or the first again when there is no other."""
        known = self.witnesses[goal] if goal in self.witnesses else (self[goal],)
        return known[(after + 1) % len(known)]


def _known_goals(goals: Iterable[str] | None) -> tuple[str, ...]:
    wanted = DEFAULT_GOALS if goals is None else tuple(goals)
    for goal in wanted:
        if goal not in GOALS:
            raise ConfigError(f"goal {goal!r} is not known{nearest(goal, GOALS)}; there are {', '.join(GOALS)}")
    return wanted


@resting_collector()
@asked
def explore(
    design: Design | str,
    attacker: Attacker,
    *,
    goals: Iterable[str] | None = None,
    limit: int | None = None,
    all_witnesses: int = 1,
    stop: bool = True,
    enough: int | None = None,
    **world: Unpack[SpaceOptions],
) -> Exploration:
    """Walk through everything that ``attacker`` can make of a session of ``design``, breadth first.

    ``stop`` ends as soon as each goal has ``all_witnesses``, or ``enough`` of them have: 1 for whichever is reached
    first; without ``stop`` the whole space is walked.  ``limit`` bounds the states.  ``world`` are the options of
    ``StateSpace``.  ConfigError for a goal, a design, a power or a number that is none.
    """
    wanted = _known_goals(goals)
    whole("all_witnesses", all_witnesses, 1)
    for name, bound in (("limit", limit), ("enough", enough)):
        if bound is not None:
            whole(name, bound, 1)
    began = process_time()
    options: SpaceOptions = {"oracle": "unsound" in wanted, **world}
    here = StateSpace(design, attacker, **options)
    plain, visited = here.plain, Visited(here)
    design_name, packets = here.design.name, here.packets.values
    first = plain(here.first)
    visited.add(first, 0, 0)
    todo, looked, number = deque([first]), 0, -1
    reached: dict[str, list[Witness]] = {}
    missing, left = set(wanted), 0 if enough is None else max(len(set(wanted)) - enough, 0)
    complete = True
    while todo and (len(missing) > left or not stop):
        place = todo.popleft()
        number += 1
        at = -1
        for at, move in enumerate(here.moves(place)):
            if move.breaches:
                counted = [(g, w) for g, w in move.breaches if g in wanted]
                for goal, what in counted:
                    if len(reached.get(goal, ())) < all_witnesses:
                        way = visited.way(number, move)
                        reached.setdefault(goal, []).append(Witness(goal, what, way, design_name, packets))
                        if len(reached[goal]) == all_witnesses:
                            missing.discard(goal)
                if counted:
                    continue
            to = plain(move.to)
            if visited.add(to, number, at):
                todo.append(to)
        looked += at + 1
        if limit is not None and len(visited) >= limit and todo:
            complete = False
            break
    order = [goal for goal in wanted if goal in reached]
    return Exploration(
        here.design.name,
        attacker,
        wanted,
        {goal: tuple(reached[goal]) for goal in order},
        len(visited),
        looked,
        here.steps,
        complete,
        process_time() - began,
    )
