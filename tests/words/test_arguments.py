"""Wrong arguments of the functions that everybody calls: one sentence at the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dmkit as dm
from dmkit.words.arguments import finite, one_of, seeds_of, takes, texts_of, whole
from dmkit.words.errors import ConfigError

DEVICE = dm.Device.example()
SERVER = dm.Server.example(DEVICE)
PLAN = dm.Campaign(devices=2)
WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: dm.converse(DEVICE, DEVICE), "the server is Device"),
    (lambda: dm.converse(5, SERVER), "the client is 5; it must be a Device or a ClientSession"),
    (lambda: dm.converse(DEVICE, SERVER, tap=5), "tap is 5; it must be a function such as dm.transport.honest"),
    (lambda: dm.converse(DEVICE, SERVER, now="noon"), "now is 'noon'; it must be a finite number (seconds)"),
    (lambda: dm.converse(DEVICE, SERVER, now=float("nan")), "now is nan; it must be a finite number"),
    (lambda: dm.converse(DEVICE, SERVER, rng=7), "rng is 7; it must be a random.Random, or None"),
    (lambda: dm.converse(DEVICE, SERVER, alerts=1226), "alerts is 1226; it must be a tuple of Alerts"),
    (lambda: dm.converse(DEVICE, SERVER, failing="rais"), "failing is 'rais'; it must be 'raise' or 'tell'"),
    (lambda: list(dm.steps(DEVICE, SERVER, limit=0)), "limit is 0; it must be a whole number from 1 upwards"),
    (lambda: list(dm.steps(DEVICE.connect(), SERVER.receive)), "the server is <bound method"),
    (lambda: dm.manage(DEVICE, SERVER, most=2.5), "most is 2.5; it must be a whole number from 1 upwards"),
    (lambda: dm.manage(DEVICE, 5), "the server is 5; it must be a Server"),
    (lambda: dm.sweep(5), "int is no plan: it has no run(seed)"),
    (lambda: dm.sweep(PLAN, seeds=5), "seeds is 5; it must be several whole numbers from 0, such as range(5)"),
    (lambda: dm.sweep(PLAN, seeds="12"), "seeds is '12'; it must be several whole numbers"),
    (lambda: dm.sweep(PLAN, seeds=[]), "seeds is empty; at least one is needed"),
    (lambda: dm.sweep(PLAN, seeds=[1.5]), "seeds is [1.5]; it must be several whole numbers"),
    (lambda: dm.sweep(PLAN, measure="done"), "measure is 'done'; it must be a function such as"),
    (lambda: dm.summary(5), "frame is 5; it must be a table of runs, as sweep gives it"),
    (lambda: dm.validate(5), "ids is 5; it must be names of rows, or one"),
    (lambda: dm.validate("V99"), "validation row 'V99' does not exist"),
    (lambda: dm.validate("V01", seeds=()), "seeds is empty"),
    (lambda: PLAN.run(seed="x"), "seed is 'x'; it must be a whole number from 0 upwards"),
    (lambda: PLAN.run(seed=True), "seed is True; it must be a whole number"),
    (lambda: PLAN.run(seed=-1), "seed is -1; it must be a whole number from 0 upwards"),
    (lambda: dm.transport.deliver([b"x"], DEVICE), "device is [b'x']; it must be a Device"),
    (lambda: dm.transport.deliver(DEVICE, 5), "messages is 5; it must be several messages"),
    (lambda: dm.transport.deliver(DEVICE, ["x"]), "a message is 'x'; it must be octets (bytes)"),
    (lambda: dm.transport.deliver(DEVICE, b"abc"), "a message is 97; it must be octets (bytes)"),
    (lambda: dm.transport.deliver(DEVICE, [b"x"], channel="lossy"), "channel is 'lossy'; it must be a function"),
    (lambda: dm.explain(5), "data is 5; it must be octets (bytes) or a Message"),
]


@pytest.mark.parametrize(("call", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_a_wrong_argument_is_one_sentence_at_the_call(call: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        call()
    assert str(refused.value).startswith(sentence) and "\n" not in str(refused.value)


def test_numbers_of_numpy_are_taken() -> None:
    assert whole("n", np.int32(3)) == 3 and finite("t", np.float32(0.5)) == 0.5 and seeds_of(np.arange(2)) == [0, 1]
    with pytest.raises(ConfigError):
        whole("n", np.bool_(True))


def test_one_of_gives_the_one_that_is_known_and_takes_no_truth_value_for_a_number():
    assert type(one_of("rule", np.int64(2), (0, 1, 2))) is int
    for wrong in (True, 1.0, "1", [1], None, np.array([1, 2])):
        with pytest.raises(ConfigError, match="it must be 0, 1 or 2"):
            one_of("rule", wrong, (0, 1, 2))


def test_a_whole_number_has_an_end_where_one_is_given():
    assert whole("life", np.int64(99), 0, 99) == 99
    for wrong in (100, -1, 2.0, "3", True):
        with pytest.raises(ConfigError, match="it must be a whole number from 0 to 99"):
            whole("life", wrong, 0, 99)


def test_an_array_is_no_number_and_none_is_too_large_for_a_sentence():
    for wrong in (np.array([1, 2]), np.array(1.0), 10**400, "1", None, True, float("inf")):
        with pytest.raises(ConfigError, match="it must be a finite number"):
            finite("now", wrong)
    with pytest.raises(ConfigError, match="it must be a whole number"):
        whole("most", np.array([1, 2]))
    assert finite("now", np.float64(2)) == 2.0 and finite("now", np.int64(2)) == 2.0


def test_texts_and_words_of_a_call():
    assert texts_of("servers", {"a": 1}, "['a']") == ("a",)
    for wrong in ("ab", b"ab", 5, None, [1], ["a", None]):
        with pytest.raises(ConfigError, match="it must be several texts"):
            texts_of("servers", wrong, "['a']")
    takes("draw", lambda **words: words, ["a", "b"])
    for wrong in (lambda: 0, lambda b: 0, lambda a, b: 0):
        with pytest.raises(ConfigError, match="draw cannot be called with a: "):
            takes("draw", wrong, ["a"])
