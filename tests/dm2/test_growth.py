"""What one device says costs the same however many others there are: counted in lines of Python, not in seconds."""

from __future__ import annotations

import pickle

from msgspec.structs import replace

from dmkit.dm2.commands import Command
from dmkit.dm2.documents import GenericAlert, Initiation, write
from dmkit.dm2.exchange import HttpCall, Repository
from dmkit.dm2.server import Queued, Server, SessionLimits
from dmkit.words.kept import Kept
from tests.dm2.test_engines import INFO, phone
from tests.steps import python_lines


def job(info):
    yield [Command.of("GET", f"{INFO}//Man")]


def other(info):
    yield [Command.of("GET", f"{INFO}//Mod")]


def called(device):
    """Package 1 of a device of this name."""
    call = phone().start().call
    headers = tuple((name, device if name.lower() == "omadm-devid" else value) for name, value in call.headers)
    assert headers != call.headers or device == "IMEI:1"
    return type(call)(call.method, call.uri, headers, call.body)


def crowd(n):
    """A server with ``n`` sessions and ``n`` jobs of others, and as many that anyone may have."""
    server = Server(always=(("first", other),))
    for at in range(n):
        server = server.receive(called(f"IMEI:9{at}")).server.with_job(f"IMEI:8{at}", "job", job)
    for _ in range(n):
        server = server.with_job("*", "any", job)
    return server


def test_a_session_costs_no_look_at_other_sessions_and_jobs():
    def lines(n):
        server, answers = crowd(n), []
        assert len(server.sessions) == n and len(server.jobs) == 2 * n
        first = phone().start()

        def session():
            step = server.receive(first.call)
            answers.append(step)
            answers.append(step.server.receive(first.client.receive(step.answer).call))

        found = python_lines(session)
        assert [step.answer.status for step in answers] == [200, 200]
        assert answers[1].server.session_of("IMEI:1").running.name == "any" and len(answers[1].server.jobs) == 2 * n - 1
        return found

    assert lines(800) < 1.5 * lines(50)


def test_jobs_go_in_their_order_and_what_every_session_gets_goes_first():
    server = Server().with_job("IMEI:1", "one", job).with_job("*", "two", job).with_job("IMEI:1", "three", job)
    assert [one.name for one in server.jobs] == ["one", "two", "three"]
    taken = []
    while True:
        server, found = server._taken("IMEI:1")
        if found is None:
            break
        taken.append(found.name)
    assert taken == ["one", "two", "three"] and server.jobs == () and server == Server()
    server = Server(always=(("a", job), ("b", other))).with_job("IMEI:1", "one", job).with_job("IMEI:1", "a", job)
    for _ in range(2):  # a session that breaks off leaves what every session gets: it stands there once
        server = server.receive(called("IMEI:1")).server
        assert server.session_of("IMEI:1").running.name == "a"
        assert server.jobs == (Queued("IMEI:1", "b", other), Queued("IMEI:1", "one", job))
    assert pickle.loads(pickle.dumps(server)) == server


def reporting(device, at):
    document = Initiation((), (GenericAlert("urn:x:done", data=f'{{"n":{at}}}'),))
    return replace(called(device), body=write(document))


def test_what_devices_report_costs_no_look_at_what_was_reported_before():
    def lines(n):
        server = Server(always=(("first", other),))
        for at in range(n):
            step = server.receive(reporting("IMEI:1", at))
            server = step.server.receive(phone().start().client.receive(step.answer).call).server
        assert len(server.alerts) == len(server.results) == n and server.results[0][:2] == ("IMEI:1", "first")
        step = []
        found = python_lines(lambda: step.append(server.receive(reporting("IMEI:1", n))))
        return found + python_lines(lambda: step[0].server.receive(phone().start().client.receive(step[0].answer).call))

    assert lines(400) < 1.2 * lines(50)


def test_of_many_results_and_alerts_the_last_are_kept():
    server = Server(always=(("first", other),), results=Kept(most=3), alerts=Kept(most=4))
    for at in range(10):
        step = server.receive(reporting("IMEI:1", at))
        server = step.server.receive(phone().start().client.receive(step.answer).call).server
    assert len(server.results) == 3 and server.results.forgotten == 7
    assert [alert.value["n"] for _, alert in server.alerts] == [6, 7, 8, 9]


def test_long_alerts_leave_room_for_fewer():
    server = Server()
    for at in range(30):
        document = Initiation((), (GenericAlert("urn:x:done", data='{"a":"' + "x" * (1 << 20) + f'{at}"}}'),))
        server = server.receive(replace(called("IMEI:1"), body=write(document))).server
    assert 10 < len(server.alerts) < 17 and server.alerts[-1][1].value["a"].endswith("x29")


def test_of_many_sessions_the_oldest_is_given_up():
    server = Server(always=(("first", other),), limits=SessionLimits(sessions=3))
    for at in (1, 2, 3, 1):  # 1 begins anew: now 2 is the oldest
        server = server.receive(called(f"IMEI:{at}")).server
    step = server.receive(called("IMEI:4"))
    assert [one.device for one in step.server.sessions] == ["IMEI:3", "IMEI:1", "IMEI:4"]
    assert step.events[0] == "the session of IMEI:2 was the oldest of too many, and is given up"
    late = phone().start().client.receive(step.answer).call
    late = replace(
        late, headers=tuple(("omadm-devid", "IMEI:2") if k == "omadm-devid" else (k, v) for k, v in late.headers)
    )
    assert step.server.receive(late).events == ("package 3 without a session: 400",)
    server = step.server
    for _ in range(1000):
        server = server.receive(called("IMEI:5")).server
    assert len(server.ages) < 100 and len(server.sessions) == 3


def test_octets_of_all_sessions_together_have_an_end():
    body = called("IMEI:1").body
    server = Server(always=(("first", other),), limits=SessionLimits(octets=3 * len(body)))
    for at in range(5):
        server = server.receive(replace(called(f"IMEI:{at}"), body=body)).server
    assert [one.device for one in server.sessions] == ["IMEI:2", "IMEI:3", "IMEI:4"] and server.counted[0] == 3 * len(
        body
    )
    for one in server.sessions:
        server = server._without(one.key)
    assert server.counted[0] == 0 and not server.sessions
    server = Server(always=(("first", other),), limits=SessionLimits(octets=1)).receive(called("IMEI:1")).server
    assert len(server.sessions) == 1, "the session that begins has its turn"


def test_a_repository_is_put_to_and_posted_to_at_the_same_cost_however_full_it_is():
    def lines(n):
        store = Repository()
        for at in range(n):
            store = store.put(f"https://r.example/{at}", b"[]").after(HttpCall("POST", "https://r.example/p", (), b"x"))
        more = [HttpCall(method, "https://r.example/new", (), b"[]") for method in ("PUT", "POST", "GET")]
        return sum(python_lines(lambda call=call: (store.answer(call), store.after(call))) for call in more)

    assert lines(1600) < 1.5 * lines(100)


def test_a_repository_has_room_for_so_many_octets():
    store = Repository(room=60)
    put = [HttpCall("PUT", f"https://r.example/{at}", (), bytes(20)) for at in range(2)]
    assert store.answer(put[0]).status == 201
    store = store.after(put[0])
    assert store.answer(put[1]).status == 507 and store.after(put[1]) == store and len(store.held) == 1
    again = HttpCall("PUT", put[0].uri, (), bytes(30))
    assert store.answer(again).status == 200 and store.after(again).held[again.uri].body == bytes(30)
    assert store.after(again).octets == len(again.uri) + 30 == Repository(store.after(again).held).octets
