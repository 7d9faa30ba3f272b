"""Client, server and repositories of DM 2.0: the commands, the traps, losses, rights."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given

import dmkit as dm
from dmkit.dm2.client import AT, Client, ExecResult
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import converse, steps
from dmkit.dm2.documents import MOS, REQUEST, RESPONSE, GenericAlert, Serialised, read, text_of, write_mos
from dmkit.dm2.exchange import HttpAnswer, HttpCall, Repository
from dmkit.dm2.objects import EVERYTHING, InstanceRight, Objects, data_of, node_of, validator
from dmkit.dm2.rules import Dm2Rules
from dmkit.dm2.server import Server
from dmkit.words.errors import ConfigError
from tests.strategies import carried_leaves

INFO, FUMO, MAIL = "urn:oma:mo:oma-dm-devinfo:1.2", "urn:oma:mo:oma-fumo:1.0", "urn:x:mail:1.0"
REPO = "https://repo.example/d/1"


def root(values):
    return dm.Tree.of(values).find(())


def phone(**more) -> Client:
    objects = Objects.of(
        {
            INFO: {"1": root({"./Man": "Example", "./Mod": "M1", "./Ext/Colour": "red"})},
            FUMO: {"apps": root({"./Update/PkgURL": "", "./State": 10}), "rootfs": root({"./Update/PkgURL": ""})},
        }
    )
    return Client("IMEI:1", more.pop("objects", objects).granted("server"), **more)


def ask(*batches):
    """A job that yields these lists of commands; its result is what it was sent."""

    def job(info):
        heard = []
        for commands in batches:
            heard.append((yield list(commands)))
        return heard

    return job


def run(client, *batches, repositories=None, tap=None, rules=None):
    server = Server(rules=rules or Dm2Rules()).with_job("IMEI:1", "job", ask(*batches))
    return converse(client, server, repositories or {}, tap=tap)


def heard(talk):
    [(_, _, result)] = talk.server.results
    return result


def one(client, *parameters, **more):
    """The status of one command, and the conversation."""
    talk = run(client, [Command.of(*parameters)], **more)
    [[status]] = heard(talk)
    return status, talk


def value(client, moid, miid, *path):
    node = next(i.root for i in client.objects.instances if (i.moid, i.miid) == (moid, miid))
    for name in path:
        node = node.children[name]
    return data_of(node)


@given(carried_leaves, carried_leaves)
def test_what_was_read_gives_an_equal_node_back(node, other):
    """A server that keeps what GET showed and puts it back, unchanged or where something else of the format stands."""
    shown = json.loads(text_of(data_of(node)))
    assert node_of(shown, node) == node
    if other.format == node.format and other.type == node.type:
        back = node_of(shown, other)
        assert data_of(back) == data_of(node)
        spelled_otherwise = node.format in ("float", "bool") or (node.format == "xml" and isinstance(node.value, str))
        assert spelled_otherwise or back == node


# -- each command


def test_get_reads_leaves_and_whole_instances():
    status, _ = one(phone(), "GET", f"{INFO}//Man", f"{INFO}//")
    assert status.sc == 200
    assert [mo.nodes for mo in status.mos] == [
        {"Man": "Example"},
        {"Man": "Example", "Mod": "M1", "Ext": {"Colour": "red"}},
    ]
    assert [bool(mo.cv) for mo in status.mos] == [False, True]


def test_get_with_the_validator_that_is_current_says_304_and_nothing_else():
    client = phone()
    cv = validator(client.objects.instances[0])
    status, _ = one(client, "GET", f"{INFO}//?cv={cv}")
    assert (status.sc, status.mos) == (304, ())
    status, _ = one(client, "GET", f"{INFO}//Man?cv=old")
    assert status.sc == 200 and status.mos[0].cv == ""


def test_get_by_wildcard_gives_each_its_own_address():
    status, _ = one(phone(), "GET", f"{FUMO}/*/Update/PkgURL")
    assert [mo.client_uri for mo in status.mos] == [f"{FUMO}/apps/Update/PkgURL", f"{FUMO}/rootfs/Update/PkgURL"]


def test_hget_writes_what_the_repository_has():
    repo = Repository().put(REPO, write_mos([Serialised.of(f"{INFO}//Man", {"Man": "New"})]))
    status, talk = one(phone(), "HGET", REPO, f"{INFO}//Man", repositories={"repo.example": repo})
    assert status.sc == 200 and status.uris == () and value(talk.client, INFO, "1", "Man") == "New"
    calls = [line.what for line in talk.lines if isinstance(line.what, HttpCall)]
    assert [(call.method, call.uri) for call in calls][1] == ("GET", REPO)


def test_hget_without_an_address_creates_and_says_where():
    repo = Repository().put(REPO, write_mos([Serialised.of(f"{MAIL}//", {"Name": "work"})]))
    status, talk = one(phone(), "HGET", REPO, repositories={"repo.example": repo})
    assert status.sc == 200 and status.uris == (f"{MAIL}/1/",)
    made = talk.client.objects.of_object(MAIL)[0]
    assert talk.client.objects.may("server", made, EVERYTHING) and not talk.client.objects.may(
        "other", made, InstanceRight.READ
    )


def test_hget_takes_the_bare_form_of_a_server_in_the_open():
    repo = Repository().put(REPO, b'{"MOData":{"PkgURL":"https://x.example/2"}}')
    status, talk = one(phone(), "HGET", REPO, f"{FUMO}/apps/Update", repositories={"repo.example": repo})
    assert status.sc == 200 and value(talk.client, FUMO, "apps", "Update", "PkgURL") == "https://x.example/2"


@pytest.mark.parametrize(("body", "sc"), [(b"nothing", 400), (b'[{"ClientURI":"urn:x/","MOData":{"a":[1]}}]', 400)])
def test_hget_of_what_is_no_data_changes_nothing(body, sc):
    client = phone()
    repo = Repository().put(REPO, body)
    status, talk = one(client, "HGET", REPO, f"{INFO}//Man", repositories={"repo.example": repo})
    assert status.sc == sc and talk.client.objects == client.objects


def test_hput_and_hpost_carry_data_to_a_repository():
    for verb in ("HPUT", "HPOST"):
        status, talk = one(
            phone(), verb, REPO, f"{INFO}//Man", f"{INFO}//Mod", repositories={"repo.example": Repository()}
        )
        store = talk.repositories["repo.example"]
        body = store.held[REPO].body if verb == "HPUT" else store.posted[0][1]
        assert status.sc == 200 and b'"Man":"Example"' in body and b'"Mod":"M1"' in body


def test_the_device_puts_its_identifier_into_the_address():
    _, talk = one(phone(), "HPUT", "https://repo.example/d/[DevID]", f"{INFO}//Man")
    assert "https://repo.example/d/IMEI:1" in talk.repositories["repo.example"].held


def test_delete_of_a_node_an_instance_and_of_nothing():
    status, talk = one(phone(), "DELETE", f"{INFO}//Ext")
    assert status.sc == 200 and "Ext" not in value(talk.client, INFO, "1")
    status, talk = one(phone(), "DELETE", f"{FUMO}/apps/")
    assert [i.miid for i in talk.client.objects.of_object(FUMO)] == ["rootfs"]
    assert one(phone(), "DELETE", f"{INFO}//No")[0].sc == 404
    assert one(phone(rules=Dm2Rules(missing_on_delete="200")), "DELETE", f"{INFO}//No")[0].sc == 200


def test_delete_of_several_in_one_command_each_in_what_the_last_left():
    status, talk = one(phone(), "DELETE", f"{INFO}//Ext", f"{INFO}//Mod")
    assert status.sc == 200 and value(talk.client, INFO, "1") == {"Man": "Example"}


def executor(objects, place, server_uri):
    if place.path != ("Update",):
        return ExecResult(objects, 405)
    alert = GenericAlert("org.openmobilealliance.dm.firmwareupdate.downloadandupdate", data='{"DM1x":200}')
    return ExecResult(objects, 202 if server_uri else 200, ((server_uri, alert),) if server_uri else ())


def test_exec_now_later_and_where_there_is_nothing_to_execute():
    client = phone(execute=executor)
    assert one(client, "EXEC", f"{FUMO}/apps/Update")[0].sc == 200
    status, talk = one(client, "EXEC", f"{FUMO}/apps/Update", "https://dm.example/late")
    assert status.sc == 202 and talk.client.later[0][0] == "https://dm.example/late"
    assert one(client, "EXEC", f"{INFO}//Man")[0].sc == 405
    assert one(client, "EXEC", f"{FUMO}/*/Update")[0].sc == 400
    later = phone(execute=executor, rules=Dm2Rules(exec_alone="later"))
    status, talk = one(later, "EXEC", f"{FUMO}/apps/Update")
    assert status.sc == 202 and talk.client.later[0][0] == later.uri


def test_show_cont_default_sub_and_unsub():
    talk = run(
        phone(),
        [Command.of("SHOW", "https://ui.example"), Command.of("CONT", "https://dm2.example/dm")],
        [Command.of("DEFAULT", "https://repo.example/mail", MAIL), Command.of("SUB", REPO, f"{INFO}//Ext")],
        [Command.of("UNSUB", f"{INFO}//Ext"), Command.of("UNSUB", f"{INFO}//Ext")],
    )
    first, second, third = heard(talk)
    assert [s.sc for s in first] == [200, 200] and talk.client.shown == ("https://ui.example",)
    assert second[0] is None and second[1].sc == 200 and talk.client.defaults == ((MAIL, "https://repo.example/mail"),)
    assert [s.sc for s in third] == [200, 404]
    targets = [line.what.uri for line in talk.lines if isinstance(line.what, HttpCall)]
    assert targets == ["https://dm.example.com/dm", *["https://dm2.example/dm"] * 3]


# -- traps


def test_what_shares_a_package_with_end_is_done_and_never_heard_of():
    repo = Repository()
    batch = [Command.of("HPUT", REPO, f"{INFO}//Man"), Command.of("DELETE", f"{INFO}//Ext"), Command.of("END")]
    talk = run(phone(), batch, repositories={"repo.example": repo})
    assert [list(told) for told in heard(talk)] == [[None, None, None]]
    assert "Ext" not in value(talk.client, INFO, "1") and REPO in talk.repositories["repo.example"].held
    assert any("2 statuses are not sent" in event for event in talk.lines[-1].events)


def test_the_design_that_answers_end_keeps_them():
    client = phone(rules=Dm2Rules(results_with_end="answered"))
    step = client.start().client.receive(
        HttpAnswer(200, (("content-type", REQUEST),), b'{"CMD":[["GET","' + f"{INFO}//Man".encode() + b'"],["END"]]}')
    )
    assert step.call is not None and read(step.call.body, RESPONSE).statuses[0].sc == 200


def test_a_skipped_command_shifts_every_later_status():
    batch = [Command.of("PATCH", "x"), Command.of("GET", f"{INFO}//Man"), Command.of("DELETE", f"{INFO}//No")]
    [statuses] = heard(run(phone(), batch))
    assert [s.sc for s in statuses] == [501, 200, 404]
    [shifted] = heard(run(phone(rules=Dm2Rules(unknown_command="skip")), batch))
    assert [None if s is None else s.sc for s in shifted] == [200, 404, None]


def test_one_status_for_several_nodes_hides_one():
    batch = [Command.of("GET", f"{INFO}//Man", f"{INFO}//No")]
    told = {}
    for several in ("worst", "first", "any good"):
        [[status]] = heard(run(phone(rules=Dm2Rules(several=several)), batch))
        told[several] = status.sc
    assert told == {"worst": 404, "first": 200, "any good": 200}


def test_nothing_is_atomic_and_stopping_is_a_choice():
    batch = [Command.of("DELETE", f"{INFO}//No"), Command.of("DELETE", f"{INFO}//Ext")]
    talk = run(phone(), batch)
    assert [s.sc for s in heard(talk)[0]] == [404, 200] and "Ext" not in value(talk.client, INFO, "1")
    talk = run(phone(rules=Dm2Rules(after_failure="stop")), batch)
    assert [s.sc for s in heard(talk)[0]] == [404, 215] and "Ext" in value(talk.client, INFO, "1")


# -- rights


@pytest.mark.parametrize(
    ("command", "right"),
    [
        (("GET", f"{INFO}//Man"), InstanceRight.READ),
        (("HPUT", REPO, f"{INFO}//Man"), InstanceRight.READ),
        (("SUB", REPO, f"{INFO}//Man"), InstanceRight.READ),
        (("DELETE", f"{INFO}//Ext"), InstanceRight.WRITE),
        (("HGET", REPO, f"{INFO}//Man"), InstanceRight.WRITE),
        (("EXEC", f"{FUMO}/apps/Update"), InstanceRight.EXECUTE),
    ],
)
def test_each_command_asks_for_its_right(command, right):
    repo = Repository().put(REPO, write_mos([Serialised.of(f"{INFO}//Man", {"Man": "New"})]))
    for have, sc in ((right, 200), (EVERYTHING & ~right, 403)):
        client = replace(phone(execute=executor), objects=phone().objects.granted("server", have))
        status, talk = one(client, *command, repositories={"repo.example": repo})
        assert status.sc == sc
        if sc == 403:
            assert talk.client.objects == client.objects
            assert all(line.receiver != "repository" for line in talk.lines)


def test_an_open_client_gives_every_server_everything():
    client = replace(phone(rules=Dm2Rules(access="open")), objects=phone().objects.granted("server", InstanceRight(0)))
    assert one(client, "GET", f"{INFO}//Man")[0].sc == 200


def test_the_list_of_objects_names_instances_only_where_there_are_rights():
    client = phone()
    objects = client.objects.grant(FUMO, "rootfs", "server", InstanceRight(0))
    step = replace(client, objects=objects).start(mos=True)
    document = read(step.call.body, step.call.header("content-type"))
    assert {entry.moid: entry.miids for entry in document.mos} == {INFO: ("1",), FUMO: ("apps",)}


# -- HTTP


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (HttpCall("GET", "u"), 405),
        (HttpCall("POST", "u", (("content-type", "text/xml"),)), 415),
        (HttpCall("POST", "u", (("content-type", RESPONSE), ("accept", "text/html"))), 406),
        (HttpCall("POST", "u", (("content-type", RESPONSE), ("accept", REQUEST))), 400),
        (HttpCall("POST", "u", (("content-type", RESPONSE), ("omadm-devid", "d")), b'{"Status":[]}'), 400),
        (HttpCall("POST", "u", (("content-type", RESPONSE), ("omadm-devid", "d")), b"junk"), 400),
    ],
)
def test_what_the_server_refuses(call, status):
    assert Server().receive(call).answer.status == status


@pytest.mark.parametrize(
    "answer",
    [
        HttpAnswer(404),
        HttpAnswer(500),
        HttpAnswer(200, (("content-type", "text/html"),), b"<html>"),
        HttpAnswer(200, (("content-type", REQUEST),), b"{"),
        HttpAnswer(200, (("content-type", MOS),), b"{}"),
    ],
)
def test_a_client_leaves_when_there_is_no_package_2(answer):
    step = phone().start().client.receive(answer)
    assert step.call is None and step.client.phase == "idle"


def test_a_repository_that_has_nothing_or_wants_another_type():
    assert one(phone(), "HGET", REPO, f"{INFO}//Man")[0].sc == 404
    client = phone()
    step = client.start().client.receive(
        HttpAnswer(200, (("content-type", REQUEST),), f'{{"CMD":[["HPUT","{REPO}","{INFO}//Man"]]}}'.encode())
    )
    for headers, sc in (((("omadm-accept", "application/xml"),), 406), ((("omadm-accept", "*/*"),), 415), ((), 415)):
        after = step.client.receive(HttpAnswer(415, headers))
        assert read(after.call.body, RESPONSE).statuses[0].sc == sc


def test_a_server_without_end_is_left_after_so_many_packages():
    client = phone(rules=Dm2Rules(packages=3))

    def forever(info):
        while True:
            yield [Command.of("GET", f"{INFO}//Man")]

    talk = converse(client, Server().with_job("IMEI:1", "forever", forever))
    assert talk.trips == 4 and talk.client.phase == "idle"


# -- losses: every piece once


def test_whatever_is_lost_the_state_is_defined_and_nothing_was_done_twice():
    executed = []

    def counting(objects, place, server_uri):
        executed.append(place.uri)
        return ExecResult(objects, 200)

    batches = ([Command.of("EXEC", f"{FUMO}/apps/Update")], [Command.of("DELETE", f"{INFO}//Ext")])
    whole = run(phone(execute=counting), *batches)
    done_twice = 0
    for lost in range(len(whole.lines)):
        executed.clear()
        client = phone(execute=counting)
        server = Server().with_job("IMEI:1", "job", ask(*batches))
        first = converse(client, server, tap=lambda n, what, lost=lost: None if n == lost else what)
        assert first.lines[-1].lost and len(first.lines) == lost + 1
        # the device calls again; the job was taken off the list, so its server puts it back, as a server must
        again = converse(first.client, first.server.with_job("IMEI:1", "job", ask(*batches)))
        assert again.client.phase == "idle" and not again.server.sessions
        done_twice += executed.count(f"{FUMO}/apps/Update") > 1
    assert done_twice > 0, "EXEC is not idempotent, and DM 2.0 has nothing to tell a repeated one by"


# -- values


def test_states_are_values():
    server = Server().with_job("IMEI:1", "job", ask([Command.of("GET", f"{INFO}//Man")]))
    seen = list(steps(phone(), server))
    again = list(steps(phone(), server))
    assert [hash(talk.client) for talk in seen] == [hash(talk.client) for talk in again]
    assert [talk.client for talk in seen] == [talk.client for talk in again]
    middle = seen[1]
    left = middle.client
    assert left == again[1].client and hash(left.objects) == hash(again[1].client.objects)


def test_rules_check_themselves():
    with pytest.raises(ConfigError, match="nearest: '501'"):
        Dm2Rules(unknown_command="5001")


def test_who_began_is_said():
    step = phone().start(notification=258)
    document = read(step.call.body, step.call.header("content-type"))
    assert document.alerts[0] == GenericAlert(AT + "ServerInitiatedMgmt", data='{"NotificationID":258}')


# -- readings of what makes a session, and whose call it is


def _said(step, connection):
    return msgspec.structs.replace(step.call, connection=connection)


@pytest.mark.parametrize("how, status", [("device", 200), ("connection", 400)])
def test_what_makes_two_requests_one_session(how, status):
    """A package 3 on another connection belongs to the session of its device, or to none.  [dm20 sheet §11]"""

    def job(info):
        yield [Command.of("GET", f"{INFO}//Man")]

    server = Server(rules=Dm2Rules(session=how)).with_job(phone().device_id, "job", job)
    first = phone().start()
    step = server.receive(_said(first, "one"))
    second = first.client.receive(step.answer)
    assert step.server.receive(_said(second, "two")).answer.status == status
    same = step.server.receive(_said(second, "one"))
    assert same.answer.status == 200 and same.server.sessions == ()


@pytest.mark.parametrize("how, open_", [("device", 1), ("connection", 2)])
def test_a_new_package_1_replaces_what_was_open_or_stands_beside_it(how, open_):
    def job(info):
        yield [Command.of("GET", f"{INFO}//Man")]

    server = Server(rules=Dm2Rules(session=how), always=(("job", job),))
    for connection in ("one", "two"):
        server = server.receive(_said(phone().start(), connection)).server
    assert len(server.sessions) == open_


@pytest.mark.parametrize("where", ["Data.NotificationID", "SourceURI"])
def test_where_the_number_of_the_notification_stands(where):
    step = phone(rules=Dm2Rules(notification_member=where)).start(notification=258)
    [alert] = read(step.call.body, step.call.header("content-type")).alerts
    assert ("258" in (alert.data or "")) is (where != "SourceURI") and (alert.source == "258") is (where == "SourceURI")
