"""Arguments of functions, checked where they are called: one sentence with name, value and what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, NoReturn

from dmkit.words.errors import ConfigError
from dmkit.words.kinds import listed, nearest

__all__ = [
    *("callable_", "finite", "fits", "gave", "gave_wrong", "instance"),
    *("one_of", "seeds_of", "takes", "texts_of", "whole"),
]


def _is_whole(value: Any) -> bool:
    """Integers of Python and of numpy; no truth values, no arrays."""
    return value.__class__ is int or (isinstance(value, Integral) and not isinstance(value, bool))


def whole(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """``value`` as an int, from ``least`` to ``most``; None: upwards without end.

    >>> whole("most", 2.5)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: most is 2.5; it must be a whole number from 0 upwards
    """
    if not _is_whole(value) or value < least or (most is not None and value > most):
        end = "upwards" if most is None else f"to {most}"
        raise ConfigError(f"{name} is {value!r}; it must be a whole number from {least} {end}")
    return int(value)


def finite(name: str, value: Any, what: str = "seconds") -> float:
    """``value``, a finite number.

    >>> finite("now", "noon")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: now is 'noon'; it must be a finite number (seconds)
    """
    number = isinstance(value, Real | Decimal) and not isinstance(value, bool)
    try:
        taken = float(value) if number else math.inf
    except OverflowError:
        taken = math.inf
    if not math.isfinite(taken):
        raise ConfigError(f"{name} is {value!r}; it must be a finite number ({what})")
    return taken


def callable_(name: str, value: Any, like: str) -> Any:
    """``value``, something that can be called, such as ``like``.

    >>> callable_("tap", 5, "dm.transport.honest")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: tap is 5; it must be a function such as dm.transport.honest
    """
    if not callable(value) or isinstance(value, type):
        raise ConfigError(f"{name} is {value!r}; it must be a function such as {like}")
    return value


def instance(name: str, value: Any, kind: type | tuple[type, ...], right: str) -> Any:
    """``value``, when it is of ``kind``.

    >>> instance("frame", 5, dict, "a table of runs, as sweep gives it")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: frame is 5; it must be a table of runs, as sweep gives it
    """
    if not isinstance(value, kind):
        raise ConfigError(f"{name} is {value!r}; it must be {right}")
    return value


def gave(name: str, value: Any, kind: type | tuple[type, ...], right: str) -> Any:
    """``value``, what a function that somebody brought gave back, when it is of ``kind``.

    >>> gave("user", None, dict, "an Outcome")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: user gave None; it must give an Outcome
    """
    return value if isinstance(value, kind) else gave_wrong(name, value, right)


def gave_wrong(name: str, value: Any, right: str) -> NoReturn:
    """ConfigError for what a function that somebody brought gave back.

    >>> gave_wrong("the policy", "yes", "a Decision")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: the policy gave 'yes'; it must give a Decision
    """
    text = repr(value)
    text = text if len(text) <= 120 else f"{text[:100]}... (of type {type(value).__name__})"
    raise ConfigError(f"{name} gave {text}; it must give {right}")


def one_of(name: str, value: Any, known: Iterable[Any]) -> Any:
    """The one of ``known`` that ``value`` is: names of rows, or what a list offers.

    >>> one_of("fault", "a command is refuse", ("nothing", "a command is refused"))
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: fault is 'a command is refuse'; it must be 'nothing' or 'a command is refused'; \
nearest: 'a command is refused'
    """
    every = list(known)
    for one in every:
        alike = _is_whole(value) if _is_whole(one) else isinstance(value, type(one))
        if alike and value == one:
            return one
    near = nearest(value, (one for one in every if isinstance(one, str)))
    raise ConfigError(f"{name} is {value!r}; it must be {listed(map(repr, every))}{near}")


def seeds_of(values: Any) -> list[int]:
    """Seeds as a list: whole numbers from 0, at least one.

    >>> seeds_of(range(3)), seeds_of([7])
    ([0, 1, 2], [7])
    >>> seeds_of(5)
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: seeds is 5; it must be several whole numbers from 0, such as range(5)
    """
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes)
    listed = list(values) if several else []
    if not several or not all(_is_whole(seed) and seed >= 0 for seed in listed):
        raise ConfigError(f"seeds is {values!r}; it must be several whole numbers from 0, such as range(5)")
    if not listed:
        raise ConfigError("seeds is empty; at least one is needed, such as seeds=[1]")
    return [int(seed) for seed in listed]


def takes(name: str, function: Any, words: Iterable[str]) -> None:
    """ConfigError when ``function`` says what it takes, and it is not just these keywords.

    >>> takes("draw", lambda size: size, ["sise"])
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: draw cannot be called with sise: missing a required argument: 'size'
    """
    import inspect

    every = tuple(words)
    try:
        signature = inspect.signature(function)
    except ValueError:  # one written in C
        return
    try:
        signature.bind(**dict.fromkeys(every))
    except TypeError as error:
        given = ", ".join(every) or "nothing"
        raise ConfigError(f"{name} cannot be called with {given}: {error}") from None


def fits(function: Any, *args: Any) -> bool:
    """Whether ``function`` can be called with ``args``, as far as it says.

    >>> fits(lambda alert: 200, None), fits(lambda: 200, None), fits(print, None)
    (True, False, True)
    """
    import inspect

    try:
        inspect.signature(function).bind(*args)
    except TypeError:
        return False
    except ValueError:  # one written in C
        return True
    return True


def texts_of(name: str, values: Any, like: str) -> tuple[str, ...]:
    """Several texts; one alone is none, its letters would be taken for many.

    >>> texts_of("servers", ["a", "b"], "['ops.example']")
    ('a', 'b')
    >>> texts_of("servers", "ops", "['ops.example']")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: servers is 'ops'; it must be several texts, such as ['ops.example']
    """
    several = isinstance(values, Iterable) and not isinstance(values, str | bytes)
    found = tuple(values) if several else ()
    if not several or not all(isinstance(one, str) for one in found):
        raise ConfigError(f"{name} is {values!r}; it must be several texts, such as {like}")
    return found
