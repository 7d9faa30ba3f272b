"""What somebody's own function gives back is looked at: one sentence, and never a policy that lets everybody in."""

from __future__ import annotations

from typing import Any

import pytest

import dmkit as dm
from dmkit.words.codes import AlertCode
from dmkit.words.errors import ConfigError
from dmkit.words.outcome import Outcome

BELL = AlertCode(1299)
NAME = "./APN/Name"
WRITE, RUN = dm.jobs.write(NAME, "x"), dm.jobs.execute(NAME)


def ring(info):
    yield [dm.Alert(BELL)]


def rules(**own: Any) -> dict[str, Any]:
    return {"rules": dm.Rules(**own)}


FUNCTIONS: list[tuple[str, dict[str, Any], Any, str]] = [
    ("policy true", rules(policy=lambda *at: True), WRITE, "the policy gave True; it must give a Decision"),
    ("policy no", rules(policy=lambda *at: "no"), WRITE, "the policy gave 'no'"),
    ("policy class", rules(policy=lambda *at: dm.rights.Decision), WRITE, "the policy gave <class"),
    ("policy of Get", rules(policy=lambda *at: 1), dm.jobs.read("."), "the policy gave 1"),
    ("policy of ACL", rules(policy=lambda *at: 1), dm.jobs.write("./APN?prop=ACL", "Get=*"), "the policy gave 1"),
    ("order none", rules(order=lambda every: None), WRITE, "Rules.order gave None"),
    ("order fewer", rules(order=lambda every: every[:0]), WRITE, "gave 0 commands for 1"),
    ("order others", rules(order=lambda every: (1,)), WRITE, "each must be there once"),
    ("alert none", rules(alerts={BELL: lambda alert: None}), ring, "Rules.alerts[1299] gave None"),
    ("alert text", rules(alerts={BELL: lambda alert: "200"}), ring, "Rules.alerts[1299] gave '200'"),
    ("user", {"user": lambda asked: "yes"}, dm.jobs.ask("Sure?"), "the user gave 'yes'; it must give an Outcome"),
    ("handler none", {"handlers": {NAME: lambda tree, call: None}}, RUN, "the handler of ./APN/Name gave None"),
    ("handler status", {"handlers": {NAME: lambda tree, call: (tree, 200)}}, RUN, "must give a tree and an Outcome"),
    ("handler of Get", {"handlers": {"./APN/*": lambda tree, call: 5}}, dm.jobs.read(NAME), "gave 5; it must give"),
    ("handler of Replace", {"handlers": {f"Replace {NAME}": lambda tree, call: (None, None)}}, WRITE, "(None, None)"),
]


@pytest.mark.parametrize(("options", "job", "says"), [row[1:] for row in FUNCTIONS], ids=[row[0] for row in FUNCTIONS])
def test_a_function_that_gives_something_else_is_one_sentence(options, job, says):
    device = dm.Device.example(**options)
    with pytest.raises(ConfigError) as caught:
        dm.converse(device, dm.Server.example(device), job=job)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("passes", [None, 5, [5], "packet"], ids=repr)
def test_a_tap_that_passes_no_packets_is_one_sentence(passes):
    device = dm.Device.example()
    with pytest.raises(ConfigError, match=r"tap gave .*; it must give packets"):
        dm.converse(device, dm.Server.example(device), tap=lambda packet, rng: passes)


@pytest.mark.parametrize(
    "handlers", [5, [(NAME, len)], {NAME: 5}, {NAME: Outcome}], ids=["5", "list", "{5}", "{class}"]
)
def test_handlers_that_are_none_are_refused_at_once(handlers):
    with pytest.raises(ConfigError, match=r"^handlers.* is "):
        dm.Device.example(handlers=handlers)


def test_right_functions_do_as_they_say():
    def closed(tree, server, verb, uri):
        return dm.rights.Decision(False, uri, "nobody may")

    def boost(tree, call):
        return tree, Outcome(dm.StatusCode.OK)

    device = dm.Device.example(**rules(policy=closed, order=lambda every: list(reversed(every))))
    talk = dm.converse(device, dm.Server.example(device), job=WRITE)
    assert "425" in str(talk) and device.tree.get(NAME).value == "internet.old"
    device = dm.Device.example(handlers={NAME: boost}, **rules(alerts={BELL: lambda alert: dm.StatusCode.OK}))
    assert "Exec 200" in str(dm.converse(device, dm.Server.example(device), job=RUN))
    assert "Alert 200; Final" in str(dm.converse(device, dm.Server.example(device), job=ring))
