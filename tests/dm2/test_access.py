"""Rights per instance as an object, delegation over the wire, and who may wake a client."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmkit.dm2.access import DAC, SESSION, NotAllowed, control, delegate, session_information
from dmkit.dm2.client import Client
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import converse
from dmkit.dm2.documents import MOS, Serialised, write_mos
from dmkit.dm2.exchange import HttpAnswer, Repository
from dmkit.dm2.listening import Listener, Waking, credentials
from dmkit.dm2.notification import Notification, encode
from dmkit.dm2.objects import EVERYTHING, InstanceRight, Objects, data_of, node_of
from dmkit.dm2.server import Server
from dmkit.words.errors import CodecError

X = "urn:x:mo:s:1.0"


def objects(**rights):
    made = Objects.of({X: {"1": node_of({"a": "old"}), "2": node_of({"a": "old"})}})
    for server, right in rights.items():
        made = made.grant(X, "1", server, right)
    return made


def entry(**acl):
    lists = {str(n): {"SrvID": name, "Rights": bits} for n, (name, bits) in enumerate(acl.items(), 1)}
    return {"MOID": X, "MIID": "1", "ACL": lists}


def given_over_the_wire(client, data):
    store = Repository().put("https://r.example/d", write_mos([Serialised.of(f"{DAC}//", data)]), MOS)

    def job(info):
        [status] = yield [Command.of("HGET", "https://r.example/d")]
        return status.sc

    talk = converse(client, Server().with_job(client.device_id, "job", job), {"r.example": store})
    return talk.server.results[0][2], talk.client


def test_each_server_is_shown_what_it_has_a_right_on():
    made = objects(A=EVERYTHING, B=InstanceRight.READ)
    assert [one["MIID"] for one in control(made, "A")] == ["1"] == [one["MIID"] for one in control(made, "B")]
    assert control(made, "C") == () and control(made, "B")[0]["Owner"] == "A"


@pytest.mark.parametrize(
    "rights, sc, reads",
    [(EVERYTHING, 200, True), (InstanceRight.DELEGATE, 200, True), (EVERYTHING & ~InstanceRight.DELEGATE, 403, False)],
)
def test_a_server_lets_another_in_when_it_may_delegate(rights, sc, reads):
    client = Client("IMEI:1", objects(A=rights), server="A")
    status, client = given_over_the_wire(client, entry(B=3))
    first = client.objects.of_object(X)[0]
    assert status == sc and client.objects.may("B", first, InstanceRight.READ) is reads
    assert not client.objects.may("B", client.objects.of_object(X)[1], InstanceRight.READ), "rights are per instance"


@pytest.mark.parametrize(
    "data, error",
    [
        ({}, CodecError),
        ({"MOID": X, "MIID": "1"}, CodecError),
        (entry(B=16), CodecError),
        (entry(B="x"), CodecError),
        ({**entry(), "ACL": {"1": 3}}, CodecError),
        ({**entry(B=1), "MIID": "9"}, NotAllowed),
        (entry(A=0), NotAllowed),
    ],
)
def test_what_is_no_delegation(data, error):
    with pytest.raises(error):
        delegate(objects(A=EVERYTHING), "A", data)


def test_the_right_to_delegate_may_be_handed_over_but_not_lost():
    made = delegate(objects(A=EVERYTHING), "A", entry(B=15, A=0))
    assert made.may("B", made.instances[0], EVERYTHING) and not made.may("A", made.instances[0], InstanceRight.READ)


# -- waking

KEY = {"secret": b"secret", "data": b"data"}


def wake(number=7, stamp=1000, server="srv", **more):
    return encode(Notification(server, notification_id=number, timestamp=stamp), **{**KEY, **more})


LISTENER = Listener({"srv": Waking(b"secret", b"data"), "mute": None})


@pytest.mark.parametrize(
    "octets, now, why",
    [
        (wake(), 1001.0, ""),
        (wake(stamp=None), 9e9, ""),
        (wake(number=None), 1001.0, ""),
        (b"", 0.0, "no notification"),
        (wake(server="other"), 0.0, "no account"),
        (wake(server="mute"), 0.0, "no credentials"),
        (wake(secret=b"wrong"), 0.0, "digest"),
        (wake(data=b"wrong"), 0.0, "digest"),
        (encode(Notification("srv", digest=None)), 0.0, "digest"),
        (wake(), 10_000.0, "s old"),
    ],
)
def test_what_is_heard_and_what_is_dropped(octets, now, why):
    after, heard = LISTENER.receive(octets, now)
    assert why in heard.why and bool(heard.why) is bool(why) and (heard.notification is None) is bool(why)
    assert after == LISTENER or not why, "what is dropped leaves no trace"


def test_a_number_that_came_before_and_a_time_that_is_past():
    listener, _ = LISTENER.receive(wake(7, 1000), 1001.0)
    assert "came before" in listener.receive(wake(7, 1001), 1001.0)[1].why
    assert "older than" in listener.receive(wake(8, 999), 1001.0)[1].why
    listener, heard = listener.receive(wake(8, 1000), 1001.0)
    assert heard.number == 8 and len(listener.seen) == 2


@given(st.binary(max_size=60))
def test_octets_of_any_kind_are_dropped(octets):
    after, heard = LISTENER.receive(octets, 0.0)
    assert heard.why and after is LISTENER


@pytest.mark.parametrize(
    "account",
    [
        {"Auth": {"Noti": {"Type": 1, "Secret": "s", "Data": "d"}}},
        {"Credentials": {"Noti": {"AuthSecret": "s", "AuthData": "d"}}},
        {"AuthNoti": {"AuthSecret": "s", "AuthData": "d"}},
        {"AuthNoti": {"Secret": "s", "Data": "d"}},
    ],
)
def test_credentials_stand_in_one_of_several_places(account):
    assert credentials(account) == Waking(b"s", b"d")


@pytest.mark.parametrize("account", [{}, {"Auth": 3}, {"Auth": {"Noti": {}}}, {"AuthNoti": {"Secret": 3}}])
def test_an_account_without_them(account):
    assert credentials(account) is None


def asked(client, *commands, store=None):
    def job(info):
        return (yield list(commands))

    talk = converse(client, Server().with_job(client.device_id, "job", job), {"r.example": store or Repository()})
    return talk.client, talk.server.results[0][2]


def test_a_server_reads_what_it_may_through_the_object():
    client = Client("IMEI:1", objects(A=EVERYTHING, B=InstanceRight.READ), server="B")
    _, [every, first, rights] = asked(
        client,
        Command.of("GET", f"{DAC}/*/"),
        Command.of("GET", f"{DAC}/(x)/ACL?nv=(x)/MIID:1"),
        Command.of("GET", f"{DAC}/1/ACL/2/Rights"),
    )
    assert [mo.client_uri for mo in every.mos] == [f"{DAC}/1/"] and every.mos[0].nodes["Owner"] == "A"
    assert first.mos[0].nodes["2"] == {"SrvID": "B", "Rights": 1} and rights.mos[0].nodes == {"Rights": 1}


@pytest.mark.parametrize("command", ["DELETE", "EXEC"])
@pytest.mark.parametrize("uri", [f"{DAC}/1/", f"{DAC}/1/ACL", f"{SESSION}//CBT"])
def test_what_the_client_makes_itself_is_read_only(command, uri):
    client = Client("IMEI:1", objects(A=EVERYTHING), server="A", session=(("CBT", "3"), ("ROAMING", "2")))
    assert asked(client, Command.of(command, uri))[1][0].sc == 405


def test_a_server_without_rights_is_shown_no_entry():
    client = Client("IMEI:1", objects(A=EVERYTHING), server="C")
    assert asked(client, Command.of("GET", f"{DAC}/*/"))[1][0].sc == 404


def test_session_information_is_read_where_the_client_has_it():
    client = Client("IMEI:1", objects(A=EVERYTHING), server="A", session=tuple(session_information(3, 2).items()))
    [status] = asked(client, Command.of("GET", f"{SESSION}//"))[1]
    assert status.mos[0].nodes == {"CBT": "3", "ROAMING": "2"}
    assert asked(replace(client, session=()), Command.of("GET", f"{SESSION}//"))[1][0].sc == 404


def test_default_is_fetched_when_configuration_is_missing_and_nobody_is_told():
    client = Client("IMEI:1", objects(A=EVERYTHING), server="A")
    client, _ = asked(client, Command.of("DEFAULT", "https://r.example/old", "urn:x:mo:t:1.0"),
                      Command.of("DEFAULT", "https://r.example/t", "urn:x:mo:t:1.0"))  # fmt: skip
    assert client.defaults == (("urn:x:mo:t:1.0", "https://r.example/t"),)
    step = client.configure("urn:x:mo:t:1.0")
    assert (step.call.method, step.call.uri) == ("GET", "https://r.example/t")
    body = write_mos([Serialised.of("urn:x:mo:t:1.0//", {"a": "b"})])
    done = step.client.receive(HttpAnswer(200, (("content-type", MOS),), body))
    assert done.call is None and done.client.phase == "idle"
    assert [data_of(i.root) for i in done.client.objects.of_object("urn:x:mo:t:1.0")] == [{"a": "b"}]
    assert done.client.configure("urn:x:mo:t:1.0").call is None  # it is there now
    missing = step.client.receive(HttpAnswer(404))
    assert missing.call is None and missing.client.objects == client.objects
    assert client.configure(X).call is None and client.configure("urn:x:nowhere").call is None


def test_a_server_keeps_to_the_objects_of_its_account():
    client = Client("IMEI:1", objects(A=EVERYTHING), server="A", moids=("urn:x:mo:t:1.0",))
    store = Repository().put("https://r.example/d", write_mos([Serialised.of(f"{X}/9/", {"a": "b"})]), MOS)
    _, statuses = asked(
        client,
        Command.of("GET", f"{X}/1/a"),
        Command.of("DELETE", f"{X}/1/"),
        Command.of("HGET", "https://r.example/d"),
        Command.of("HGET", "https://r.example/d", f"{X}/9/"),
        store=store,
    )
    assert [status.sc for status in statuses] == [403] * 4
    body = client.start(mos=True).call.body
    assert b'"MOID":"urn:x:mo:t:1.0"' in body and X.encode() not in body  # listed though it is not there
