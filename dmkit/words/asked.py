"""A call that fails says which of its arguments was wrong, by the annotations of the function.

``@asked`` stands above a public function that takes frames, trees, axes.  While all is well nothing is asked; when a
call fails, each argument is compared with its annotation, and the first that does not fit is one sentence.  Where all
fit, the error is the function's own and goes on unchanged.

>>> @asked
... def width(texts: tuple[str, ...], least: int = 0) -> int:
...     return max(len(text) for text in texts) + least
>>> width(("a", "bcd"))
3
>>> width(5)
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: width: texts is 5; it must be a tuple, each entry a text
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from dmkit.words.checked import hint_of
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import kind_of

__all__ = ["asked", "wrong_argument"]

_F = TypeVar("_F", bound=Callable[..., Any])


def asked(function: _F) -> _F:
    """``function``, whose failing calls name the argument that is none."""

    @wraps(function)
    def call(*args: Any, **words: Any) -> Any:
        try:
            return function(*args, **words)
        except (TypeError, AttributeError, LookupError):
            if fault := wrong_argument(function, args, words):
                raise ConfigError(f"{function.__name__}: {fault}") from None
            raise

    return cast(_F, call)


def _scope(function: Callable[..., Any]) -> dict[str, Any]:
    """The names of the function's module, with those that it imports for type checkers only."""
    module = sys.modules[function.__module__]
    scope = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            exec(compile(ast.Module(node.body, []), module.__name__, "exec"), scope)
    return scope


def wrong_argument(function: Callable[..., Any], args: tuple[Any, ...], words: dict[str, Any]) -> str:
    """The first argument that its annotation does not let through, as a sentence; empty when there is none.

    >>> wrong_argument(wrong_argument, (len, 5, {}), {})
    'args is 5; it must be a tuple, each entry anything'
    """
    signature = inspect.signature(function)
    try:
        given = signature.bind(*args, **words).arguments
    except TypeError:  # too many, too few or an unknown one: Python's own sentence says it
        return ""
    hints, scope = function.__annotations__, _scope(function)
    for name, value in given.items():
        several = signature.parameters[name].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if several or name not in hints:
            continue
        kind = kind_of(hint_of(hints[name], scope) if isinstance(hints[name], str) else hints[name])
        if not kind.holds(value):
            text = repr(value)
            text = text if len(text) <= 80 else f"{text[:60]}... (of type {type(value).__name__})"
            return f"{name} is {text}; it must be {kind.text}{kind.near(value)}"
    return ""
