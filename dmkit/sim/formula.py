"""Formulas: functions of numbers that say in a sentence what they have no value for.

>>> @formula
... def inverse(x: float) -> float:
...     return 1 / x
>>> inverse(4)
0.25
>>> inverse(0)
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: inverse(x=0) has no value: division by zero
>>> inverse(float("nan"))
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: inverse: x is nan; it must be a finite number
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from dmkit.words.errors import ConfigError

__all__ = ["formula"]

MOST: Final = 10**18
"""Whole numbers of more have no exact floating point number near them."""
_EACH: Final = {"servers": 10_000_000, "cycles": 10_000_000}
"""Arguments whose formula goes through all of them."""
_P = ParamSpec("_P")
_R = TypeVar("_R")


def formula(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The function with its arguments checked: whole numbers for ``int``, finite ones for ``float``.

    What arithmetic refuses is a ConfigError too.
    """
    signature = inspect.signature(function)
    kinds = {name: str(parameter.annotation) for name, parameter in signature.parameters.items()}

    @wraps(function)
    def checked(*args: _P.args, **named: _P.kwargs) -> _R:
        given = signature.bind(*args, **named).arguments
        for name, value in given.items():
            why = _wrong(kinds[name], value, _EACH.get(name, MOST))
            if why:
                raise ConfigError(f"{function.__name__}: {name} is {_short(value)}; it must be {why}")
        try:
            found = function(*args, **named)
        except (ArithmeticError, ValueError) as error:
            raise ConfigError(f"{function.__name__}({_listed(given)}) has no value: {error}") from None
        if isinstance(found, float) and not math.isfinite(found):
            raise ConfigError(f"{function.__name__}({_listed(given)}) has no value: it is not finite")
        return found

    return checked


def _wrong(kind: str, value: Any, most: int) -> str:
    """What the argument should be; empty when it is that.  Numbers of numpy are numbers."""
    if kind not in ("int", "float"):
        return ""
    truth = isinstance(value, bool) or type(value).__name__ == "bool"
    if kind == "int":
        right = hasattr(value, "__index__") and not truth and abs(value) <= most
        return "" if right else f"a whole number up to {most}"
    try:
        right = hasattr(value, "__float__") and not truth and math.isfinite(value)
    except (OverflowError, TypeError):
        right = False
    return "" if right else "a finite number"


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, int) or abs(value) < 10**30 else "a number of many digits"
    return text if len(text) <= 40 else f"{text[:37]}..."


def _listed(given: dict[str, object]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in given.items())
