"""What one device says costs the same however many others there are: counted in lines of Python, not in seconds."""

from __future__ import annotations

import pickle

from dmkit.dm2.commands import Command
from dmkit.dm2.server import Queued, Server
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
