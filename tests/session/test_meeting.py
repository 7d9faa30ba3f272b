"""Reports and jobs that wait for them: as if each were compared with each, but in steps that grow with their sum."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

import pytest

from dmkit.device.device import Device
from dmkit.server.server import Server
from dmkit.session.job_queue import JobQueue, QueueState
from dmkit.session.meeting import EarlyReports, meetings
from dmkit.session.rules import Rules
from dmkit.session.work import DeviceInfo, QueuedJob, Running, Wait, Waiting
from dmkit.transport.loop import converse
from dmkit.words.model import Alert, Get, Item
from tests.steps import python_lines

NAMES = (None, "a", "b", "c")


def some(dice: Random) -> tuple[list[Wait], list[Alert]]:
    waits = [Wait(dice.choice(NAMES), dice.choice(NAMES)) for _ in range(dice.randrange(8))]
    alerts = [
        Alert(
            dice.choice((1226, 1226, 1226, 1201)),
            tuple(Item(source=dice.choice(NAMES), data=str(n)) for n in range(dice.randrange(4))),
            correlator=dice.choice(NAMES),
        )
        for _ in range(dice.randrange(8))
    ]
    return waits, alerts


@pytest.mark.parametrize("seed", range(300))
def test_they_meet_as_if_each_were_compared_with_each(seed: int) -> None:
    waits, alerts = some(Random(seed))
    left, expected = dict(enumerate(waits)), []
    for alert in alerts:
        for at, wait in list(left.items()):
            if (item := wait.meets(alert)) is not None:
                expected.append((at, alert, item))
                del left[at]
    assert list(meetings(waits, alerts)) == expected
    reports, unmet = EarlyReports(alerts), list(alerts)
    for wait in waits:
        first = next((alert for alert in unmet if wait.meets(alert) is not None), None)
        found = reports.take(wait)
        assert (found and found[0]) is first and (found is None or found[1] is wait.meets(found[0]))
        unmet = [alert for alert in unmet if alert is not first]
        assert reports.left == tuple(unmet)


def job(info: object) -> Any:
    yield Wait("x")


def waiting_of(wait: Wait) -> Waiting:
    return Waiting(Running(QueuedJob("job", job), DeviceInfo("d")), wait)


SAME = [Wait("c", "./A"), Wait(None, "./A"), Wait("c")]
WAITS = {
    "each its own": lambda at: Wait(f"c{at}"),
    "by the source": lambda at: Wait(None, f"./A/{at}"),
    "all the same": lambda at: SAME[at % 3],
    "none that is reported": lambda at: Wait(f"d{at}", f"./B/{at}"),
}


def alert_of(at: int) -> Alert:
    return Alert(1226, (Item(source=f"./A/{at}"),), correlator=f"c{at}" if at % 2 else None)


@pytest.mark.parametrize("kind", WAITS)
def test_reports_and_jobs_are_not_compared_each_with_each(kind: str) -> None:
    def lines(n: int) -> int:
        waiting = [waiting_of(WAITS[kind](at)) for at in range(n)]
        events: list[object] = []
        queue = JobQueue(QueueState(unmet=tuple(waiting)), deque(), waiting, events.append)
        alerts = [*map(alert_of, range(n)), *(Alert(1226, (Item(source="./A"),), correlator="c") for _ in range(n))]

        def turn() -> None:
            queue.report(*alerts)
            while queue.next(lambda: DeviceInfo("d"), ()) is not None:
                pass

        return python_lines(turn)

    few, many = lines(100), lines(400)
    assert many < 5 * few, (few, many)


def test_jobs_that_begin_to_wait_find_reports_of_the_same_turn() -> None:
    def lines(n: int) -> int:
        def work(at: int) -> QueuedJob:
            def begins(info: object) -> Any:
                [outcome] = yield Wait(f"c{at}")
                heard.append((at, outcome.ok))

            return QueuedJob("job", begins)

        heard: list[tuple[int, bool]] = []
        events: list[object] = []
        queue = JobQueue(QueueState(), deque(map(work, range(n))), [], events.append)
        alerts = [Alert(1226, (Item(source="./A"),), correlator=f"c{at}") for at in reversed(range(2 * n))]
        queue.report(*alerts)
        assert queue.state.early == tuple(alerts)
        found = python_lines(lambda: queue.next(lambda: DeviceInfo("d"), ()))
        assert sorted(heard) == [(at, True) for at in range(n)] and queue.waiting == []
        assert queue.state.early == () and queue.state.met == ()
        return found

    few, many = lines(100), lines(400)
    assert many < 5 * few, (few, many)


def test_a_state_in_between_has_what_is_left() -> None:
    def asks(info: object) -> Any:
        yield Wait("b")
        yield [Get.of("./A")]

    waiting = [waiting_of(Wait("a")), waiting_of(Wait("z"))]
    kept = waiting[1]
    queue = JobQueue(QueueState(unmet=tuple(waiting)), deque([QueuedJob("asks", asks)]), waiting, lambda event: None)
    queue.report(*(Alert(1226, (Item(source="./A"),), correlator=name) for name in "abc"))
    assert [alert.correlator for alert in queue.state.early] == ["b", "c"] and len(queue.state.met) == 1
    assert queue.state.unmet == (kept,) and waiting == [kept]
    assert queue.next(lambda: DeviceInfo("d"), ()) is None or queue.state.met == ()


def test_answers_to_many_alerts_are_written_about_once() -> None:
    """Statuses that do not fit into a message wait for the next one; all that wait are not written each time."""

    def lines(n: int) -> int:
        device = Device.example(rules=Rules(max_message=2000, messages=100_000))
        server = Server.example(device)
        alerts = tuple(Alert(1226, (Item(source="./A", data=f"{n} {at}"),), correlator=f"{at}") for at in range(n))
        talks: list[Any] = []
        found = python_lines(lambda: talks.append(converse(device, server, alerts=alerts)))
        assert len(talks[0]) > n // 20
        return found

    lines(60)
    few, many, most = (lines(n) for n in (300, 600, 1200))
    assert most - many < 2.5 * (many - few), (few, many, most)
