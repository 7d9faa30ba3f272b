"""Provisioning runs with random cuts, refusals and one changed fact, and whether what they say in the end is true.

``python -m tests.services.truth 1000`` prints how they ended.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random

from dmkit.services.planner import plan
from dmkit.services.provision import provision
from dmkit.services.state import values_of
from dmkit.session.work import DeviceInfo
from dmkit.tree.execute import execute
from dmkit.tree.refusals import Refusal
from tests.services.brute import working
from tests.services.drive import installers, leaves, tree_of
from tests.strategies import _catalogue, _values

LOSSES = ("request", "answer", "reboot")


def situation(rng):
    """A catalogue, a device and wishes for which there is something to do at first."""
    while True:
        catalogue = _catalogue(rng, rng.randint(2, 6), True)
        names, values = sorted(catalogue.services), _values(rng, catalogue)
        want = rng.sample(names, rng.randint(1, min(3, len(names))))
        drop = [n for n in rng.sample(names, rng.randint(0, 1)) if n not in want]
        if getattr(plan(catalogue, values, want, drop), "changes", ()):
            return catalogue, values, want, drop


def run(rng, catalogue, values, want, drop, journals):
    """One job to its end: at one package a fact changes, at up to three the session is cut, one change is refused.

    Gives the result, the device before and afterwards, and the facts that changed.
    """
    tree = start = tree_of(catalogue, values)
    facts = sorted({fact.uri for fact in catalogue.facts.values()})
    cuts = {rng.randrange(8): rng.choice(LOSSES) for _ in range(rng.randint(0, 3))}
    turn, refused, asked, batch = rng.randrange(8), rng.randrange(12), 0, 0
    flips = rng.sample(facts, 1)

    def count():
        nonlocal asked
        asked += 1
        return asked - 1 == refused

    handlers = installers(catalogue, count)
    for _ in range(12):
        job = provision(want, drop, catalogue=catalogue, journals=journals)  # a server that knows the journal only
        talk = job(DeviceInfo("IMEI:1", max_message=1500))
        commands = next(talk)
        while True:
            if batch == turn:
                now = tree.get(flips[0]).value if flips[0] in tree else None
                tree = tree.remove(flips[0]) if now == "true" and rng.random() < 0.5 else tree.set(
                    flips[0], "false" if now == "true" else "true"
                )  # fmt: skip
            how = cuts.get(batch)
            batch += 1
            if how == "request":
                break
            done = execute(tree, tuple(commands), by="s", handlers=handlers,
                           guard=lambda *_: Refusal.IN_USE if count() else None)  # fmt: skip
            if how != "reboot":
                tree = done.tree
            if how:
                break
            try:
                commands = talk.send(done.outcomes)
            except StopIteration as end:
                return end.value, start, tree, flips
        talk.close()
    raise AssertionError("the job does not come to an end")


def lie(catalogue, values, want, drop, result, start, end, flips):
    """What is false in the report; empty when nothing is."""
    now = values_of(end, catalogue)
    able, stand = working(catalogue, now), working(catalogue, now, assume=True)
    before, after = ({u: v for u, v in leaves(tree).items() if not u.startswith("./Facts")} for tree in (start, end))
    if set(result.works) != able:
        return f"works {sorted(able)}, says {sorted(result.works)}"
    if result.state == "done" and not set(want) <= able:
        return "done, and a wish does not work"
    if result.state == "waiting" and (not set(want) <= stand or set(want) <= able):
        return "waiting, and it is not so"
    if result.state in ("undone", "no plan") and before != after:
        return (
            f"{result.state}, and {sorted(u for u in before | after if before.get(u) != after.get(u))} is not as it was"
        )
    if result.state == "part done" and not result.reasons:
        return "part done, and nobody says why"
    if result.state == "stranded":
        told = [entry.partition(": ")[0] for entry in result.stranded]
        same = [u for u in told if before.get(u, 0) == after.get(u, 0)]
        if not told or same:
            return f"stranded, and {same} is as it was"
    flipped = {**values, **{uri: now.get(uri) for uri in flips}}
    kept = (working(catalogue, values) & working(catalogue, flipped)) - set(drop)
    gone = kept - able - {n for n in kept if catalogue.services[n].auxiliary}
    if gone and result.state != "stranded" and not gone <= set(result.broken):
        return f"{sorted(gone)} does not work any more, and is not said to be broken"
    return ""


def count(number, seed=1):
    """How ``number`` runs ended, and the false reports."""
    ends, lies = Counter(), []
    for at in range(number):
        rng = Random(f"{seed}/{at}")
        case = situation(rng)
        told = run(rng, *case, {})
        ends[told[0].state] += 1
        false = lie(*case, *told)
        if false:
            lies.append((at, false))
    return ends, lies


if __name__ == "__main__":
    ends, lies = count(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    print(", ".join(f"{state} {number}" for state, number in ends.most_common()))
    print(f"{len(lies)} false reports", *lies[:12], sep="\n")
