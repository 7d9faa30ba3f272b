"""Requests of an outsider: odd options, attributes, blocks, composites, rights, bootstraps; each by its kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dmkit.lwm2m.client import BOOTSTRAP, Client
from dmkit.lwm2m.coap import Block, Message
from dmkit.lwm2m.entries import Entry
from dmkit.lwm2m.formats import FORMATS
from dmkit.lwm2m.links import read_links
from dmkit.lwm2m.options import OPTIONS
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.rules import LwM2mRules
from dmkit.lwm2m.server import Server
from dmkit.lwm2m.store import STANDARD, Store
from tests.lwm2m.test_engines import VALUES, ask, phone, shared

SENML = 110


def with_options(method, path, *options, payload=b"", token=b"t"):
    request = Message.request(method, path, payload, mid=1, token=token)
    return Message(
        "CON", request.code, 1, token, tuple(sorted([*request.options, *options], key=lambda o: o[0])), payload
    )


def code(client, request, server=1):
    return client.handle(request, server)[1].code


# -- options  [RFC 7252 §5.4, §5.10]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([(17, b"\0\0\0")], "4.02"),  # Accept of three octets is no Accept
        ([(17, b""), (17, b"n")], "4.02"),  # two of them
        ([(23, b"\6"), (23, b"\6")], "4.02"),
        ([(23, b"1234")], "4.02"),
        ([(5, b"x")], "4.02"),  # If-None-Match has no value
        ([(1, bytes(9))], "4.02"),
        ([(9, b"")], "4.02"),  # OSCORE, not known here
        ([(65001, b"")], "4.02"),
        ([(35, b"coap://else")], "5.05"),
        ([(39, b"coap")], "5.05"),
        ([(23, b"\7")], "4.00"),  # size 7 is reserved
        ([(12, b"\0\0\0\1")], "2.05"),  # elective and too long: passed over
        ([(60000, b"x"), (3, b"localhost"), (7, b"\x16\x33")], "2.05"),
        ([(6, b"\0\0\0\0")], "2.05"),  # no Observe, so no observation
        ([(1, b"")], "2.05"),
        ([(1, b"old"), (1, b"")], "2.05"),
        ([(1, b"old")], "4.12"),
        ([(5, b"")], "4.12"),
    ],
)
def test_options_of_a_read(options, expected):
    request = with_options("GET", "/3/0/0", *options)
    client, response = phone().handle(request, 1)
    assert response.code == expected and client.observations == ()


def test_every_option_refuses_what_is_one_octet_too_long():
    for option in OPTIONS.values():
        request = with_options("GET", "/3/0/0", (option.number, bytes(option.most + 1)))
        wanted = {"Proxy-Uri": "5.05", "Proxy-Scheme": "5.05"}.get(option.name, "4.02")
        found = code(phone(), request)
        assert (found == wanted) is option.critical, option


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ([(1, b"")], "/rd", "2.01"), ([(1, b"x")], "/rd", "4.12"), ([(5, b"")], "/rd", "4.12"),
        ([(1, b"")], "/rd/9", "4.12"), ([(5, b"")], "/rd/9", "4.04"), ([(35, b"x")], "/rd", "5.05"),
    ],
)  # fmt: skip
def test_preconditions_of_a_registration(options, path, expected):
    request = with_options("POST", path, *options, (15, b"ep=a"))
    assert Server().handle(request)[1].code == expected


@pytest.mark.parametrize(("version", "expected"), [("1.0", "2.01"), ("1.2", "2.01"), ("2.0", "4.12"), ("", "4.12")])
def test_versions_that_may_register(version, expected):
    assert Server().handle(Message.request("POST", "/rd", query=["ep=a", f"lwm2m={version}"]))[1].code == expected


def test_a_write_that_depends_on_what_was_read():
    client = phone(values={"/3/0/15": "x" * 3000})
    tag = ask(client, "GET", "/3/0/15", accept=0)[0].all_of("ETag")[0]
    right = with_options("PUT", "/3/0/15", (1, tag), (12, b""), payload=b"UTC")
    response, changed = client.handle(right, 1)[1], client.handle(right, 1)[0]
    assert response.code == "2.04" and code(changed, right) == "4.12"


def test_a_tag_tells_nothing_to_who_may_not_read():
    client = shared(s2=2)
    body = "UTC+" * 400
    client = client.with_value(Path(3, 0, 15), body)
    tag = ask(client, "GET", "/3/0/15", accept=0)[0].all_of("ETag")[0]
    assert code(client, with_options("PUT", "/3/0/15", (1, tag), (12, b""), payload=b"x"), 2) == "4.12"
    assert code(client, with_options("PUT", "/3/0/15", (1, b""), (12, b""), payload=b"x"), 2) == "2.04"


# -- attributes


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/3/0/9", ["pmin=10"], "2.04"), ("/3/0", ["pmax=0"], "2.04"), ("/3", ["pmin=1", "pmax=2"], "2.04"),
        ("/3/0/9", ["gt=90.5", "lt=-3"], "2.04"), ("/3/0/9", ["stp=5"], "2.04"), ("/3/0/9", ["pmin"], "2.04"),
        ("/3/0/9", ["pmin="], "4.00"), ("/3/0/9", ["pmin=1.5"], "4.00"), ("/3/0/9", ["pmin=1e3"], "4.00"),
        ("/3/0/9", ["pmin= 1"], "4.00"), ("/3/0/9", ["pmin=1_0"], "4.00"), ("/3/0/9", ["pmin=+1"], "4.00"),
        ("/3/0/9", ["pmin=-0"], "4.00"), ("/3/0/9", ["pmax=99999999999"], "4.00"), ("/3/0/9", ["gt=nan"], "4.00"),
        ("/3/0/9", ["gt=0x10"], "4.00"), ("/3/0/9", ["pmin=1", "pmin=2"], "4.00"),
        ("/3/0/9", ["pmin", "pmin=2"], "4.00"),
        ("/3/0/9", ["st=-1"], "4.00"), ("/3/0/9", ["lt=50", "gt=60", "st=5"], "4.00"),
        ("/3/0/9", ["lt=60", "gt=50"], "4.00"), ("/3/0/0", ["gt=1"], "4.00"), ("/3/0", ["st=1"], "4.00"),
        ("/3/0/9", ["PMIN=1"], "4.00"), ("/3/0/9", ["pmin=1", "x=2"], "4.00"), ("/9", ["pmin=1"], "4.04"),
        ("/", ["pmin=1"], "4.04"), ("/0/0", ["pmin=1"], "4.01"), ("/3/0/99", ["pmin=1"], "4.04"),
    ],
)  # fmt: skip
def test_attributes_one_by_one(path, query, expected):
    response, changed = ask(phone(), "PUT", path, query=query)
    assert response.code == expected
    assert expected == "2.04" or changed.attributes == (), "all of it or nothing"


def test_discover_shows_attributes_as_they_were_written():
    query = ["pmax=1234567", "gt=0.25", "st=100000000000000"]
    _, client = ask(phone(), "PUT", "/3/0/9", query=query)
    links = read_links(ask(client, "GET", "/3/0/9", accept=40)[0].payload.decode())
    assert [f"{name}={value}" for name, value in links[0].attributes] == query
    _, client = ask(client, "PUT", "/3/0/9", query=["gt", "pmax=60"])
    links = read_links(ask(client, "GET", "/3/0/9", accept=40)[0].payload.decode())
    assert dict(links[0].attributes) == {"pmax": "60", "st": "100000000000000"}


def told(client, *values):
    """Which of these values of the battery are told, one a minute."""
    _, client = ask(client, "GET", "/3/0/9", observe=0, accept=0)
    found = []
    for minute, value in enumerate(values, 1):
        client, messages = client.with_value(Path(3, 0, 9), value).notifications(60.0 * minute)
        found += [int(message.payload) for _, message in messages]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([], [60, 61, 40, 41, 90]),
        (["gt=80"], [60, 90]),  # it began above, at 95
        (["lt=50"], [40, 90]),
        (["st=20"], [60, 40, 90]),
        (["lt=45", "gt=80"], [60, 40, 90]),
        (["gt=100"], []),
        (["gt=100", "pmax=60"], [60, 61, 40, 41, 90]),
        (["pmin=120"], [61, 41]),
        (["pmin=120", "pmax=60"], [61, 41]),  # no longer than pmin: as if it were absent
    ],
)
def test_what_is_told_under_conditions(query, expected):
    client = ask(phone(), "PUT", "/3/0/9", query=query)[1] if query else phone()
    assert told(client, 60, 61, 40, 41, 90) == expected


def test_an_instance_that_comes_again_has_no_attributes_of_the_one_before():
    _, client = ask(phone(), "PUT", "/5/0/3", query=["pmin=5"])
    _, client = ask(client, "GET", "/5/0/3", observe=0)
    _, client = ask(client, "DELETE", "/5/0")
    assert client.attributes == () and client.observations == ()


# -- observations


def test_what_is_gone_is_told_once_and_is_over():
    for away in (Path(3, 0, 9), Path(3, 0)):
        _, client = ask(phone(), "GET", "/3/0/9", observe=0, accept=0)
        client = replace(client, store=client.store.delete(away))
        client, messages = client.notifications(5.0)
        assert [message.code for _, message in messages] == ["4.04"] and messages[0][1].observe is None
        assert client.notifications(6.0)[1] == ()


def test_who_loses_the_right_is_told_no_value():
    client = shared(s2=1)
    _, client = ask(client, "GET", "/3/0/9", server=2, observe=0, accept=0)
    assert ask(client, "PUT", "/2/0/2/2", b"2", server=1, format=0)[0].code == "2.04"
    _, client = ask(client, "PUT", "/2/0/2/2", b"2", server=1, format=0)
    client, messages = client.with_value(Path(3, 0, 9), 1).notifications(5.0)
    assert [(to, m.code, m.payload) for to, m in messages] == [(2, "4.01", b"")] and client.observations == ()


def test_a_token_ends_its_own_observation_and_no_other():
    client = phone()
    for token in (b"a", b"b"):
        client, _ = client.handle(Message.request("GET", "/3/0/9", accept=0, observe=0, token=token), 1)
    client, response = client.handle(Message.request("GET", "/3/0/9", accept=0, observe=1, token=b"a"), 1)
    assert response.code == "2.05" and response.observe is None
    assert [seen.token for seen in client.observations] == [b"b"]
    client, _ = client.handle(Message.request("GET", "/3/0/9", accept=0, observe=1, token=b"c"), 1)
    assert [seen.token for seen in client.observations] == [b"b"], "a token that observes nothing"
    assert client.handle(Message.request("GET", "/3/0/9", accept=0, observe=7, token=b"d"), 1)[1].observe is None


def test_the_count_has_24_bits_and_a_new_registration_forgets():
    _, client = ask(phone(), "GET", "/3/0/9", observe=0, accept=0)
    [seen] = client.observations
    client = replace(client, observations=(replace(seen, count=(1 << 24) - 1, told=b""),))
    client, [(_, message)] = client.notifications(5.0)
    assert message.observe == 0
    _, response = Server().handle(client.register(1))
    assert client.registered(1, response).observations == ()


def test_several_places_are_observed_at_once():
    body = b'[{"n":"/3/0/9"},{"n":"/1/0/1"},{"n":"/0/0"}]'
    response, client = ask(phone(), "FETCH", "/", body, format=SENML, accept=SENML, observe=0)
    assert (response.code, response.observe) == ("2.05", 0)
    client, [(_, message)] = client.with_value(Path(3, 0, 9), 12).notifications(5.0)
    found = {str(e.path): e.value for e in FORMATS[SENML].read(message.payload, Path(), None)}
    assert found == {"/3/0/9": 12, "/1/0/1": 300} and message.observe == 1
    _, client = ask(client, "FETCH", "/", body, format=SENML, accept=SENML, observe=1)
    assert client.observations == ()


@pytest.mark.parametrize("number", FORMATS)
def test_composites_take_the_formats_that_hold_several_objects(number):
    client = phone(rules=LwM2mRules(formats=tuple(FORMATS)))
    body = b'[{"n":"/3/0/9"},{"n":"/1/0/1"}]'
    response, _ = ask(client, "FETCH", "/", body, format=SENML, accept=number)
    assert response.code == ("2.05" if number in (110, 112, 11543, 11544) else "4.06")
    if response.code == "2.05":
        found = FORMATS[number].read(response.payload, Path(), client.store.type_of)
        assert {str(entry.path) for entry in found} == {"/3/0/9", "/1/0/1"}
    else:
        assert ask(client, "iPATCH", "/", b"x", format=number)[0].code == "4.15"


def test_a_long_notification_goes_in_blocks():
    client = phone(values={"/3/0/15": "x" * 40}, rules=LwM2mRules(block=32))
    _, client = ask(client, "GET", "/3/0/15", observe=0, accept=0)
    client, [(_, message)] = client.with_value(Path(3, 0, 15), "y" * 40).notifications(1.0)
    assert message.payload == b"y" * 32 and Block.of(message.all_of("Block2")[0]) == Block(0, True, 32)
    rest, _ = ask(client, "GET", "/3/0/15", accept=0, block2=Block(1, False, 32))
    assert rest.payload == b"y" * 8 and rest.all_of("ETag") == message.all_of("ETag")


# -- blocks


def put_block(client, n, more, size, payload, path="/5/0/0", fmt=42, server=1, method="PUT"):
    block = Block(n, more, size)
    return client.handle(Message.request(method, path, payload, format=fmt, block1=block, token=b"t"), server)


def test_blocks_that_do_not_fit():
    client, response = put_block(phone(), 0, True, 64, bytes(64))
    assert response.code == "2.31"
    for n, more, size, payload, fmt, wanted in (
        (2, True, 64, bytes(64), 42, "4.08"),  # one is missing
        (0, True, 64, bytes(10), 42, "4.00"),  # shorter than it says, and more follows
        (1, False, 64, bytes(65), 42, "4.00"),  # longer than it says
        (1, True, 128, bytes(128), 42, "4.08"),  # another size, at another place
        (1, False, 64, bytes(5), 0, "4.08"),  # another format
    ):
        assert put_block(client, n, more, size, payload, fmt=fmt)[1].code == wanted
    changed, response = put_block(client, 2, True, 32, bytes(32))
    assert response.code == "2.31" and changed.pieces[0].size == 96, "a smaller size at the same place goes on"
    assert code(client, with_options("PUT", "/5/0/0", (12, b"*"), (27, b"\0\0\0\0"))) == "4.02"


def test_a_body_that_is_too_long_is_refused_when_it_is_announced_and_when_it_comes():
    client = phone(rules=LwM2mRules(largest=100))
    announced = with_options(
        "PUT", "/5/0/0", (12, b"*"), (27, Block(0, True, 64).octets), (60, b"\xff"), payload=bytes(64)
    )
    assert code(client, announced) == "4.13"
    client, response = put_block(client, 0, True, 64, bytes(64))
    assert response.code == "2.31"
    client, response = put_block(client, 1, True, 64, bytes(64))
    assert response.code == "4.13" and client.store == phone().store


@pytest.mark.parametrize("method", ["POST", "iPATCH", "FETCH"])
def test_every_body_may_come_in_blocks(method):
    bodies = {
        "POST": ("/1", b'[{"bn":"/1/7/","n":"0","v":9},{"n":"1","v":60}]', "2.01"),
        "iPATCH": ("/", b'[{"n":"/1/0/1","v":60},{"n":"/3/0/13","v":77}]', "2.04"),
        "FETCH": ("/", b'[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]', "2.05"),
    }
    path, body, wanted = bodies[method]
    client = phone()
    for at in range(0, len(body), 16):
        more = at + 16 < len(body)
        client, response = put_block(client, at // 16, more, 16, body[at : at + 16], path, SENML, method=method)
        assert response.code == ("2.31" if more else wanted)
    whole, other = ask(phone(), method, path, body, format=SENML)
    assert client.store == other.store and response.payload == whole.payload and client.pieces == ()


def test_a_bootstrap_writes_in_blocks():
    client, _ = Client("urn:x", Store(STANDARD, {})).bootstrap()
    body = b'[{"bn":"/1/0/","n":"0","v":1},{"n":"1","v":300}]'
    for at in range(0, len(body), 32):
        more = at + 32 < len(body)
        client, response = put_block(client, at // 32, more, 32, body[at : at + 32], "/1/0", SENML, BOOTSTRAP)
    assert response.code == "2.04" and client.servers() == (1,)


def test_pieces_of_two_states_bear_two_tags():
    client = phone(values={"/3/0/15": "x" * 3000})
    first, _ = ask(client, "GET", "/3/0/15", accept=0)
    second, _ = ask(
        client.with_value(Path(3, 0, 15), "y" * 3000), "GET", "/3/0/15", accept=0, block2=Block(1, False, 1024)
    )
    assert first.all_of("ETag") != second.all_of("ETag")
    held = with_options("GET", "/3/0/15", (17, b""), (4, first.all_of("ETag")[0]))
    assert client.handle(held, 1)[1].code == "2.03" and client.handle(held, 1)[1].payload == b""


# -- composite, create, rights


@pytest.mark.parametrize(
    ("method", "body", "fmt", "expected"),
    [
        ("FETCH", b'[{"n":"/9/9/9"}]', SENML, "2.05"), ("FETCH", b"[]", SENML, "2.05"), ("FETCH", b"", None, "4.15"),
        ("FETCH", b"x", 0, "4.15"), ("FETCH", b"", 11542, "4.15"), ("FETCH", b"[", SENML, "4.00"),
        ("iPATCH", b'[{"n":"/1/0/1"}]', SENML, "4.00"), ("iPATCH", b'[{"n":"/1/0","v":1}]', SENML, "4.05"),
        ("iPATCH", b'[{"n":"/3/0/0","vs":"x"}]', SENML, "4.05"), ("iPATCH", b'[{"n":"/9/0/1","v":1}]', SENML, "4.04"),
        ("iPATCH", b"600", 0, "4.15"), ("iPATCH", b"", None, "4.15"), ("iPATCH", b"[]", SENML, "2.04"),
        ("iPATCH", b'[{"n":"/1/0/1","vs":"many"}]', SENML, "4.00"),
    ],
)  # fmt: skip
def test_composites_one_by_one(method, body, fmt, expected):
    client = phone()
    response, changed = ask(client, method, "/", body, **({} if fmt is None else {"format": fmt}))
    assert response.code == expected and changed.store == client.store


def test_a_composite_of_everything_gives_what_may_be_read_once():
    response, _ = ask(phone(), "FETCH", "/", b'[{"n":"/"},{"n":"/3/0/9"},{"n":"/3"}]', format=SENML, accept=SENML)
    paths = [entry.path for entry in FORMATS[SENML].read(response.payload, Path(), None)]
    assert len(set(paths)) == len(paths) > 8 and not any(path.object == 0 for path in paths)


def test_resources_without_an_instance_around_them_make_a_new_one():
    body = FORMATS[11542].write([Entry(Path(1, 0, 0), 9), Entry(Path(1, 0, 1), 60)], Path(1, 0), None)
    response, changed = ask(phone(), "POST", "/1", body, format=11542)
    assert (response.code, response.location) == ("2.01", "/1/1") and changed.store.values[Path(1, 1, 1)] == 60


def test_a_write_without_a_value_and_an_execute_in_a_format_are_refused():
    assert ask(phone(), "PUT", "/1/0", b'[{"n":"/1/0/1"}]', format=SENML)[0].code == "4.00"
    assert ask(phone(), "POST", "/3/0/4", b"[]", format=SENML)[0].code == "4.15"
    assert ask(phone(), "POST", "/3/0/4", b"0='a'", format=0)[0].code == "2.04"


def test_no_entry_leads_out_of_the_address():
    client = phone()
    for path, fmt, body in (
        ("/1/0", SENML, b'[{"n":"/5/0/1","vs":"coap://x"}]'),
        ("/1/0", 11543, b'{"bn":"/","e":[{"n":"5/0/1","sv":"coap://x"}]}'),
        ("/1/0/1", SENML, b'[{"n":"/1/0/5","v":1}]'),
        ("/1", SENML, b'[{"n":"/5/1/1","vs":"x"}]'),
    ):
        method = "POST" if len(path) == 2 else "PUT"
        response, changed = ask(client, method, path, body, format=fmt)
        assert response.code == "4.00" and changed.store == client.store


def test_two_servers_without_access_control_create_nothing():
    client = phone(values={"/1/1/0": 2, "/1/1/1": 300})
    response, changed = ask(client, "POST", "/1", b"")
    assert response.code == "4.01" and changed.store == client.store


def test_of_an_object_a_server_sees_the_instances_that_it_may_read():
    values = {"/1/1/0": 2, "/1/1/1": 60, "/2/0/0": 1, "/2/0/1": 1, "/2/0/2/2": 1, "/2/0/3": 1}
    client = phone(values=values)
    response, _ = ask(client, "GET", "/1", server=2, accept=SENML)
    found = {entry.path.instance for entry in FORMATS[SENML].read(response.payload, Path(1), None)}
    assert response.code == "2.05" and found == {1}
    assert ask(client, "GET", "/5", server=2, accept=SENML)[0].code == "4.01"


# -- bootstrap


def boot():
    accounts = {"/0/0/0": "coap://bs", "/0/0/1": True, "/0/1/0": "coap://x", "/0/1/1": False}
    return Client("urn:x", Store.of(STANDARD, {**VALUES, **accounts})).bootstrap()[0]


@pytest.mark.parametrize(
    ("path", "expected", "left"),
    [
        ("/", "2.02", {(0, 0), (3, 0)}), ("/0", "2.02", {(0, 0), (1, 0), (3, 0), (5, 0)}), ("/0/0", "4.05", None),
        ("/0/1", "2.02", None), ("/3", "4.05", None), ("/3/0", "4.05", None), ("/77", "2.02", None),
        ("/1/0/1", "4.05", None), ("/1", "2.02", {(0, 0), (0, 1), (3, 0), (5, 0)}),
    ],
)  # fmt: skip
def test_a_bootstrap_deletes_all_but_itself_and_the_device(path, expected, left):
    client = boot()
    response, changed = ask(client, "DELETE", path, server=BOOTSTRAP)
    assert response.code == expected
    assert left is None or {tuple(at) for at in changed.store.present} == left


def test_a_bootstrap_that_leaves_no_account_has_not_finished():
    client = boot()
    assert ask(phone(), "POST", "/bs", server=BOOTSTRAP)[0].code == "4.01", "nobody asked for one"
    _, empty = ask(client, "DELETE", "/1", server=BOOTSTRAP)
    response, still = ask(empty, "POST", "/bs", server=BOOTSTRAP)
    assert response.code == "4.06" and still.bootstrapping
    assert ask(client, "POST", "/bs", server=BOOTSTRAP)[0].code == "2.04"
    assert ask(client, "PUT", "/77/0", b"[]", server=BOOTSTRAP, format=SENML)[0].code == "4.04"
    assert ask(client, "PUT", "/", b"[]", server=BOOTSTRAP, format=SENML)[0].code == "4.05"


def test_what_a_gone_server_had_goes_with_its_account():
    client = shared(s2=1)
    _, client = ask(client, "GET", "/3/0/9", server=2, observe=0, accept=0)
    _, client = ask(client, "PUT", "/3/0/9", server=2, query=["pmin=5"])
    client, _ = client.bootstrap()
    _, client = ask(client, "DELETE", "/1/1", server=BOOTSTRAP)
    _, client = ask(client, "POST", "/bs", server=BOOTSTRAP)
    assert client.observations == () and client.attributes == () and client.servers() == (1,)
