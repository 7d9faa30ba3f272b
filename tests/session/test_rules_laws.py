"""Laws of whole sessions: whatever is asked, whatever the sizes, whatever the network does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dmkit.session.oracle.check import check
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.tree.node import Node
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.codes import StatusCode
from dmkit.words.model import Add, Alert, Atomic, Command, Copy, Delete, Get, Replace, Sequence
from dmkit.words.outcome import Outcome
from tests.golden.notation import CLIENT_ADDRESS
from tests.pair import Pair, pair, shape

uris = st.sampled_from(["./A", "./B", "./B/C", "./B/D", "./X", "./X/Y", "./DevInfo/Man"])
values = st.one_of(st.integers(-9, 9), st.text(alphabet="ab<&é ", max_size=5), st.binary(max_size=5))
plain = st.one_of(
    st.lists(uris, min_size=1, max_size=3).map(lambda us: Get.of(*us)),
    st.builds(Replace.of, uris, values),
    st.builds(Add.of, uris, st.none() | values),
    st.builds(Delete.of, uris),
    st.builds(Copy.of, uris, uris),
    st.sampled_from([1100, 1101, 1102, 1103]).map(lambda code: Alert.of(code, None, "text", "a", "b")),
)
inside = st.one_of(st.builds(Replace.of, uris, values), st.builds(Add.of, uris, values), st.builds(Delete.of, uris))
commands = st.one_of(
    plain,
    st.lists(plain, min_size=1, max_size=3).map(lambda cs: Sequence.of(*cs)),
    st.lists(inside, min_size=1, max_size=3).map(lambda cs: Atomic.of(*cs)),
)
batches = st.lists(st.lists(commands, min_size=1, max_size=5), min_size=1, max_size=3)
answers = st.lists(st.sampled_from([200, 304, 214, 408, 406]), min_size=1, max_size=5)
TREE = {"./A": 1, "./B/C": "text", "./B/D": b"\x00\xff"}


def phone(codec: Codec, replies: list[int], client: Rules | None = None, server: Rules | None = None) -> Pair:
    asked = iter(replies * 50)

    def user(alert: Alert) -> Outcome:
        return Outcome(StatusCode(next(asked)))

    plain_rules = Rules(auth="basic", server_auth="none", max_message=None)
    return pair(rules=client or plain_rules, server_rules=server or plain_rules, codec=codec, tree=TREE, user=user)


def told(outcomes: Any) -> list[Any]:
    """Statuses and texts, so that XML's base64 and WBXML's octets compare."""

    def one(o: Outcome) -> Any:
        return (o.status, len(o.results), [one(p) for p in o.parts])

    return [[one(o) for o in batch] for batch in outcomes]


@pytest.mark.spec("P-05", "P-06", "P-20", "P-22")
@settings(max_examples=60)
@given(batches, answers)
def test_any_session_is_sound_and_the_same_in_both_codecs(wishes: list[list[Command]], replies: list[int]) -> None:
    seen = []
    for codec in (XML, WBXML):
        two = phone(codec, replies)
        talk = two.run(*wishes)
        assert check(talk.said) == []
        assert two.client.state is SessionState.DONE
        seen.append((told(two.outcomes), shape(two.device.tree)))
    assert seen[0] == seen[1]


@pytest.mark.spec("P-07", "P-08", "P-09", "P-14")
@settings(max_examples=60)
@given(
    batches,
    answers,
    st.integers(2500, 4000),
    st.integers(1500, 4000),
    st.booleans(),
    st.booleans(),
    st.sampled_from([XML, WBXML]),
)
def test_narrow_limits_change_the_cuts_and_nothing_else(
    wishes: list[list[Command]],
    replies: list[int],
    to_client: int,
    to_server: int,
    per_status: bool,
    per_result: bool,
    codec: Codec,
) -> None:
    wide = phone(codec, replies)
    wide.run(*wishes)
    client = Rules(
        auth="basic", server_auth="none", max_message=to_client, status_per_item=per_status, results_per_item=per_result
    )
    narrow = phone(codec, replies, client, Rules(auth="basic", server_auth="none", max_message=to_server))
    talk = narrow.run(*wishes)
    assert check(talk.said) == []
    assert shape(narrow.device.tree) == shape(wide.device.tree)
    if not per_status:
        assert told(narrow.outcomes) == told(wide.outcomes)


@pytest.mark.spec("P-13", "P-14")
@settings(max_examples=40)
@given(
    st.integers(0, 6000),
    st.sampled_from(["a", "é", "<", "&", "\U0001f600", b"\x00", b"\xff"]),
    st.integers(1400, 2500),
    st.integers(1400, 2500),
    st.sampled_from([XML, WBXML]),
)
@example(424, b"\x00", 1400, 1400, XML)  # fits into one message, but not beside Final
@example(1109, b"\x00", 1400, 1400, WBXML)  # fits beside the header's Status, but not beside that of Alert 1222
def test_an_object_of_any_size_arrives_whole(
    length: int, unit: str | bytes, to_client: int, to_server: int, codec: Codec
) -> None:
    """There and back again, in as many pieces as the limits demand."""
    value: Any = unit * length
    two = phone(
        codec,
        [200],
        Rules(auth="basic", server_auth="none", max_message=to_client),
        Rules(auth="basic", server_auth="none", max_message=to_server),
    )
    talk = two.run([Replace.of("./B/C", value)], [Get.of("./B/C")])
    assert check(talk.said) == []
    assert two.device.tree.get("./B/C").value == value
    [replaced], [got] = two.outcomes
    assert replaced.ok and got.ok and len(got.results) == 1
    data = got.results[0].data
    if isinstance(value, bytes) and not codec.binary:
        from base64 import b64decode

        data = b64decode(data)  # type: ignore[arg-type]
    assert data == value or (data in (None, "") and not value)


fates = st.lists(st.sampled_from(["ok", "ok", "ok", "drop", "twice", "late"]), max_size=30)


@settings(max_examples=60)
@given(batches, answers, fates)
def test_any_network_leaves_defined_states_and_does_nothing_twice(
    wishes: list[list[Command]],
    replies: list[int],
    fate: list[str],
) -> None:
    """Packets are lost, doubled and delayed at will; the tree is one of those of the calm session."""
    from collections import deque

    from tests.pair import script

    calm, trees = phone(XML, replies), []
    step = None
    calm.server.enqueue(CLIENT_ADDRESS, script(wishes), "test")
    client = calm.device.connect(session_id="1")
    step = client.start()
    trees.append(shape(calm.device.tree))
    while step.reply is not None:
        step = client.receive(calm.server.receive(step.reply).reply)  # type: ignore[arg-type]
        trees.append(shape(calm.device.tree))

    two = phone(XML, replies)
    two.server.enqueue(CLIENT_ADDRESS, script(wishes), "test")
    client = two.device.connect(session_id="1")
    fates_left, air, held = iter(fate), deque(), []  # type: ignore[var-annotated]
    step = client.start()
    for _ in range(400):
        if step.reply is not None:
            what = next(fates_left, "ok")
            if what == "late":
                held.append(step.reply)
            else:
                air.extend({"ok": [step.reply], "drop": [], "twice": [step.reply] * 2}[what])
                air.extend(held)
                held.clear()
        if air:
            packet = air.popleft()
            step = (client if packet.to == CLIENT_ADDRESS else two.server).receive(packet)
        elif client.waiting:
            step = client.expire()
        else:
            break
    else:
        raise AssertionError("they do not stop")
    two.server.expire(now=9.0, idle=1.0)
    assert client.state in (SessionState.DONE, SessionState.ABORTED)
    assert shape(two.device.tree) in trees
    if client.state is SessionState.DONE:
        assert shape(two.device.tree) == trees[-1]


@pytest.mark.parametrize("codec", [XML, WBXML], ids=lambda c: c.name)
@pytest.mark.parametrize("uris", [["./B/C"], ["./B/C", "./B/D"]], ids=["one", "two"])
def test_no_size_around_the_limit_makes_a_session_go_round_in_circles(codec: Codec, uris: list[str]) -> None:
    """Every length from one that fits with room to one that never fits."""
    plain_rules = Rules(auth="basic", server_auth="none", max_message=None)
    narrow = Rules(auth="basic", server_auth="none", max_message=1400)
    shortest = 500 if codec is XML else 1000
    for length in range(shortest, shortest + 300, 7):
        two = phone(codec, [200], plain_rules, narrow)
        two.device.tree = two.device.tree.put("./B/C", Node("chr", "x" * length))
        talk = two.run([Get.of(*uris)])
        assert len(talk.packets) <= 12, length
        assert check(talk.said) == [] and two.outcomes[0][0].ok


@pytest.mark.spec("P-14")
@settings(max_examples=60)
@given(batches, answers, st.integers(1050, 2500), st.integers(1050, 1600), st.sampled_from([XML, WBXML]))
@example([[Sequence.of(Replace.of("./A", 0), Replace.of("./A", 0))]], [200], 1050, 1050, XML)  # nothing of it fits
def test_what_fits_nowhere_is_told_and_not_sent(
    wishes: list[list[Command]], replies: list[int], to_client: int, to_server: int, codec: Codec
) -> None:
    """Limits so narrow that some commands cannot travel at all: the session stays sound and comes to its end."""
    two = phone(
        codec,
        replies,
        Rules(auth="basic", server_auth="none", max_message=to_client),
        Rules(auth="basic", server_auth="none", max_message=to_server),
    )
    talk = two.run(*wishes)
    assert check(talk.said) == []
    assert two.client.state is SessionState.DONE
    assert len(two.outcomes) == len(wishes)
