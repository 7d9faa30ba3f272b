"""Fifty schedules in a plain loop and under SimPy; sessions on the way."""

from __future__ import annotations

import simpy

from dmkit.server.server import Server
from dmkit.sim.schedule import DAY, START, calls, example, life, run, simulate
from dmkit.words.model import Alert


def test_fifty_schedules_tell_the_same_under_simpy():
    notices = life(21, seed=3)
    happened = run(example(50), START + 21 * DAY, notices)
    assert simulate(example(50), START + 21 * DAY, notices) == happened
    assert len(happened) > 2000


def test_with_sessions_every_report_arrives_once():
    logs = []
    for drive in (run, simulate):
        device = example(20)
        server = Server.example(device)
        talks = []
        happened = drive(device, START + 3 * DAY, life(3), call=calls(server, talks))
        logs.append((happened, [talk.steps[0].reply.body for talk in talks]))
        heard = [event.alert for _, event in server.alerts if event.alert.code == 1226]
        reported = [h for h in happened if h.what == "reported"]
        waiting = device.scheduler.outbox
        assert len(heard) + len(waiting) == len(reported) and all(isinstance(alert, Alert) for alert in heard)
    assert logs[0] == logs[1]


def test_a_server_that_does_not_answer_is_called_again_later():
    device = example(10)
    asked: list[float] = []
    run(device, START + DAY, call=lambda d, name, now: asked.append(now))
    assert len(asked) > 1 and device.scheduler.outbox


def test_other_processes_may_run_beside():
    env, ticks = simpy.Environment(), []

    def clock():
        while True:
            ticks.append(env.now)
            yield env.timeout(3600)

    env.process(clock())
    happened = simulate(example(5), START + DAY, env=env)
    assert len(ticks) in (24, 25) and happened == run(example(5), START + DAY)
