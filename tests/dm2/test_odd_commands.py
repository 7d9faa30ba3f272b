"""Commands of an outsider: wrong numbers, addresses that nobody can call, rights that are gone, sessions cut short."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.dm2.address import AddressTarget
from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.conversation import converse
from dmkit.dm2.objects import InstanceRight, Objects, node_of
from dmkit.dm2.rules import Dm2Rules
from dmkit.dm2.server import Server
from dmkit.dm2.subscriptions import due
from tests.dm2.test_engines import FUMO, INFO, REPO, heard, one, phone, run


def test_a_command_without_a_status_has_none_even_when_it_is_wrong():
    """A malformed DEFAULT was answered 400 once, and every status behind it belonged to another command."""
    for wrong in (["x"], [REPO, "urn:x", "more"], [], ["ftp://x/y", "urn:x"]):
        talk = run(phone(), [Command.of("DEFAULT", *wrong), Command.of("GET", f"{INFO}//Man")])
        [[nothing, status]] = heard(talk)
        assert nothing is None and status.sc == 200 and status.mos[0].nodes == {"Man": "Example"}
        assert talk.client.defaults == ()


def test_a_list_that_stops_shifts_no_status():
    client = phone(rules=Dm2Rules(after_failure="stop"))
    talk = run(
        client, [Command.of("GET", "urn:none//"), Command.of("DEFAULT", REPO, "urn:x"), Command.of("SHOW", REPO)]
    )
    [[first, nothing, last]] = heard(talk)
    assert (first.sc, nothing, last.sc) == (404, None, 215) and talk.client.defaults == ()


@pytest.mark.parametrize("name", [name for name, row in COMMANDS.items() if row.shape])
def test_too_few_and_too_many_parameters(name):
    row = COMMANDS[name]
    least = sum(not part.endswith("?") for part in row.shape)
    counts = [least - 1] if row.shape[-1].endswith("+") else [least - 1, len(row.shape) + 1]
    for count in counts:
        talk = run(phone(), [Command.of(name, *["x"] * count), Command.of("GET", f"{INFO}//Man")])
        [[status, behind]] = heard(talk)
        assert behind.sc == 200 and (status is None if not row.answered else status.sc == 400), count


BAD = ["file:///etc/passwd", "repo.example/x", "", "https://", "http:///x", "javascript:alert(1)", "https://a b/c"]


@pytest.mark.parametrize("uri", BAD)
@pytest.mark.parametrize("name", ["HGET", "HPUT", "HPOST", "CONT", "SUB"])
def test_addresses_that_no_client_can_call(name, uri):
    more = [f"{INFO}//Man"] if name in ("HPUT", "HPOST", "SUB") else []
    status, talk = one(phone(), name, uri, *more)
    assert status.sc == 400 and all(line.receiver != "repository" for line in talk.lines)
    assert talk.client.target == talk.client.uri and talk.client.subscriptions == ()


def test_who_may_read_no_more_is_told_no_more():
    client = one(phone(), "SUB", REPO, f"{INFO}//Man")[1].client
    before = client.objects
    [place] = client.objects.of_object(INFO)
    put = before.put(AddressTarget(place, ("Man",)), node_of("New"))
    changed = replace(client, objects=put)
    assert len(due(changed, before)) == 1
    taken = replace(changed, objects=put.grant(INFO, "1", "server", InstanceRight.WRITE))
    assert due(taken, before) == ()
    assert len(due(replace(taken, rules=Dm2Rules(access="open")), before)) == 1


def test_a_job_whose_session_is_broken_off_is_told_and_given_up():
    """What the device did is not known; a second EXEC would be one too many."""

    def job(info):
        [status] = yield [Command.of("GET", f"{INFO}//Man")]
        return status.sc

    cut = converse(phone(), Server().with_job("IMEI:1", "read", job), tap=lambda n, what: None if n == 2 else what)
    again = converse(phone(), cut.server)
    assert again.server.results == ()
    assert [event for line in again.lines for event in line.events if "broken off" in event] == [
        "job read: broken off, and given up"
    ]


@pytest.mark.parametrize(
    ("address", "sc"),
    [
        (f"{FUMO}/*/Update/PkgURL", 200), (f"{FUMO}//Update", 400), (f"{FUMO}/none/", 404),
        (f"{FUMO}/apps/State/x", 404),
        (f"{FUMO}/(x)/State?nv=(x)/State:10", 200), (f"{FUMO}/(x)/State?nv=(x)/State:11", 404),
        (f"{FUMO}/(x)/State?nv=(x)/Update:10", 404), (f"{FUMO}/apps/*/*", 200), (f"{FUMO}/*/*/*/*", 404),
        ("urn:x", 400), ("", 400), (f"{FUMO}/apps/?cv=", 200), (f"{FUMO}/apps/State?cv=1&cv=2", 400),
        (f"{FUMO}/(x)/(x)?nv=(x)/a:1", 400), (f"{FUMO}/apps/?nv=(x)/a:1", 400), (f"{FUMO}/apps/?other=1", 200),
    ],
)  # fmt: skip
def test_addresses_of_a_get(address, sc):
    assert one(phone(), "GET", address)[0].sc == sc


def test_a_subscription_ends_by_its_own_address_only():
    client = one(phone(), "SUB", REPO, f"{INFO}//Man")[1].client
    for other in (f"{INFO}/1/Man", f"{INFO}//Mod", f"{INFO}//", f"{INFO}/*/Man"):
        assert one(client, "UNSUB", other)[0].sc == 404
    status, talk = one(client, "UNSUB", f"{INFO}//Man")
    assert status.sc == 200 and one(talk.client, "UNSUB", f"{INFO}//Man")[0].sc == 404


def test_a_second_subscription_replaces_the_first_and_a_device_id_is_filled_in():
    client = one(phone(), "SUB", REPO, f"{INFO}//Man")[1].client
    client = one(client, "SUB", "https://other.example/[DevID]/[x]", f"{INFO}//Man")[1].client
    assert len(client.subscriptions) == 1
    [call] = due(client, Objects())
    assert call.uri == "https://other.example/IMEI:1/[x]"


@pytest.mark.parametrize("name", ["get", "Get", " GET", "GET ", "", "HGET\0", "X" * 5000])
def test_unknown_commands_keep_their_place(name):
    talk = run(phone(), [Command.of(name, "a"), Command.of("GET", f"{INFO}//Man")])
    [[first, second]] = heard(talk)
    assert (first.sc, second.sc) == (501, 200)


def test_a_job_that_says_nothing_and_one_that_says_too_much():
    assert [list(told) for told in heard(run(phone(), []))] == [[]]
    talk = run(phone(rules=Dm2Rules(commands=3)), [Command.of("GET", f"{INFO}//Man")] * 4)
    assert talk.server.results == () and talk.client.phase == "idle"
