"""What the engines know of a refusal stands in the text that a user sees."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.session.events import Executed, Learned
from dmkit.session.rules import Rules


@pytest.mark.parametrize(("command", "says"), [
    (dm.Replace.of("./Vendor/Acme/Poll", "abc"), "is not a decimal number of 32 bits"),
    (dm.Delete.of("."), "the root cannot be deleted"),
    (dm.Exec.of("./DevInfo"), "nothing happens on Exec here"),
    (dm.Get.of("./DevInfo/Man?prop=Foo"), "there is no property Foo here"),
    (dm.Add.of("./Nope/There/a//b", "x"), "./Nope/There/a//b"),
])  # fmt: skip
def test_a_refusal_of_the_device_says_why(command, says):
    device = dm.Device.example()
    talk = dm.converse(device, dm.Server.example(device), job=dm.jobs.send(command))
    [event] = [event for event in talk.events if isinstance(event, Executed)]
    assert says in str(event) and str(int(event.outcome.status)) in str(event)


@pytest.mark.parametrize(("rules", "limits", "says"), [
    (Rules(large_objects="no"), {"max_message": 1500}, "does not fit into the device's MaxMsgSize of 1500 octets"),
    (Rules(), {"max_object": 100}, "4000 octets, the device takes 100"),
])  # fmt: skip
def test_what_was_not_sent_says_why(rules, limits, says):
    device = dm.Device.example(rules=Rules(**limits))
    server = dm.Server.example(device, rules=rules)
    talk = dm.converse(device, server, job=dm.jobs.write("./APN/Name", "x" * 4000))
    learned = [str(event) for event in talk.events if isinstance(event, Learned)]
    assert any(says in text for text in learned)
    assert says in server.results[0].result.explained
