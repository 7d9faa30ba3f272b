"""A provisioning job against a tree, without messages in between: fast enough for a thousand devices."""

from __future__ import annotations

from dataclasses import dataclass, field

from dmkit.session.work import DeviceInfo, Wait
from dmkit.tree.execute import execute
from dmkit.tree.refusals import Refusal
from dmkit.tree.tree import Tree
from dmkit.words.codes import StatusCode
from dmkit.words.outcome import Outcome


def tree_of(catalogue, values):
    """A device with ``values``; software can be executed where the catalogue has packages or a way to remove it."""
    nodes = {uri: value for uri, value in values.items() if value is not None}
    for component in catalogue.software.values():
        nodes |= {p.install: None for p in component.packages} | (
            {component.remove: None} if component.remove and not component.deletes else {}
        )
    return Tree.of({"./DevInfo/DevId": "IMEI:1", **nodes}, acl={".": "Add=*&Get=*&Replace=*&Delete=*&Exec=*"})


def leaves(tree):
    return {uri: node.value for uri, node in tree.walk() if uri.split("/")[1:2] != ["Inbox"]}


def installers(catalogue, count=None):
    """Handlers: Exec of an installation brings the version whose settings hold."""

    def installs(component):
        def handler(tree, call):
            if count is not None and count():
                return tree, Outcome(StatusCode.COMMAND_FAILED)

            def is_told(package):
                return all(u in tree and ("${" in v or tree.get(u).value == v) for u, v in package.settings.items())

            told = [p for p in component.packages if p.install == call.uri and is_told(p)]
            if not told:
                return tree, Outcome(StatusCode.COMMAND_FAILED)
            for uri, value in {component.at: told[0].version, **told[0].returns}.items():
                tree = tree.set(uri, value)
            return tree, Outcome(StatusCode.OK)

        return handler

    def removes(component):
        def handler(tree, call):
            if count is not None and count():
                return tree, Outcome(StatusCode.COMMAND_FAILED)
            return (tree.remove(component.at) if component.at in tree else tree), Outcome(StatusCode.OK)

        return handler

    handlers = {}
    for component in catalogue.software.values():
        handlers |= {package.install: installs(component) for package in component.packages}
        if component.remove and not component.deletes:
            handlers[component.remove] = removes(component)
    return handlers


@dataclass
class Driven:
    """How it ended; ``seen`` are the trees between packages, ``changes`` how many changes the device was asked for."""

    result: object
    tree: Tree
    seen: list[Tree] = field(default_factory=list)
    changes: int = 0
    batches: int = 0


def drive(
    job, catalogue, tree, *, refuse=(), lose=None, how="answer", rules=None, limit=16384, sessions=6, quiet=False
):
    """Run ``job``; the changes whose numbers are in ``refuse`` are refused, package ``lose`` is lost.

    ``how`` the package is lost: its "request" (nothing was done), its "answer" (all was done), or a "reboot" in which
    the device forgets what it did not save: the whole package.
    """
    asked = 0

    def count():
        nonlocal asked
        asked += 1
        return asked - 1 in refuse

    def guard(before, after, call):
        return Refusal.IN_USE if count() else None

    handlers, seen, batches = installers(catalogue, count), [], 0
    for _ in range(sessions):
        talk = job(DeviceInfo("IMEI:1", max_message=limit))
        commands = next(talk)
        while True:
            if isinstance(commands, Wait):  # the next session, in which there is no report
                commands = talk.send(())
                continue
            lost = batches == lose
            batches += 1
            if lost and how == "request":
                break
            done = execute(tree, tuple(commands), by="s", handlers=handlers, guard=guard, rules=rules)
            if not (lost and how == "reboot"):
                tree = done.tree
            seen.append(tree)
            if lost:
                break
            try:
                commands = talk.send(done.outcomes)
            except StopIteration as end:
                return Driven(end.value, tree, seen, asked, batches)
        talk.close()
    if quiet:
        return Driven(None, tree, seen, asked, batches)
    raise AssertionError("the job does not come to an end")
