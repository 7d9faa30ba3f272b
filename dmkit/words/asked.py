"""A call that fails says which of its arguments was wrong, by the annotations of the function.

``@asked`` stands above a public function or method, above ``__init__`` too, and below ``@classmethod``.  While all is
well nothing is asked; when a call fails, each argument is compared with its annotation, and the first that does not fit
is one sentence.  Where all fit, the error is the function's own and goes on unchanged.

>>> @asked
... def width(texts: tuple[str, ...], least: int = 0) -> int:
...     return max(len(text) for text in texts) + least
>>> width(("a", "bcd"))
3
>>> width(5)
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: width: texts is 5; it must be a tuple, each entry a text

``@asked_first`` asks before the call: for what keeps its arguments, and would fail much later.  What engines call for
each message bears neither, since a wrapper costs a call; it has ``except WRONG as error: raise blamed(...)`` inside.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable
from functools import cache, lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from dmkit.words.checked import hint_of
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import Kind, classes_of, kind_of, spelled

if TYPE_CHECKING:
    import ast
    from types import ModuleType

__all__ = ["WRONG", "asked", "asked_first", "blamed", "kinds_of", "wrong_argument"]

_F = TypeVar("_F", bound=Callable[..., Any])

WRONG: Final = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError, AssertionError, RecursionError)
"""What Python raises when an argument is none: a call that ends so is looked at."""

_GENERATOR: Final = 0x20
_COROUTINE: Final = 0x80


def asked(function: _F) -> _F:
    """``function``, whose failing calls name the argument that is none."""
    flags = getattr(function, "__wrapped__", function).__code__.co_flags
    call: Callable[..., Any]
    if flags & _GENERATOR:

        def call(*args: Any, **words: Any) -> Any:
            try:
                return (yield from function(*args, **words))
            except WRONG as error:
                raise blamed(error, function, *args, **words) from None

    elif flags & _COROUTINE:

        async def call(*args: Any, **words: Any) -> Any:
            try:
                return await function(*args, **words)
            except WRONG as error:
                raise blamed(error, function, *args, **words) from None

    else:

        def call(*args: Any, **words: Any) -> Any:
            try:
                return function(*args, **words)
            except WRONG as error:
                raise blamed(error, function, *args, **words) from None

    return cast(_F, wraps(function)(call))


def asked_first(function: _F) -> _F:
    """``function``, which is called only with arguments that its annotations let through.

    >>> @asked_first
    ... def keep(name: str, *, times: int = 1) -> tuple[str, int]:
    ...     return name, times
    >>> keep("a", times="b")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: keep: times is 'b'; it must be a whole number
    """

    @wraps(function)
    def call(*args: Any, **words: Any) -> Any:
        if not _fit(function, args, words) and (fault := wrong_argument(function, args, words)):
            raise ConfigError(f"{_named(function)}: {fault}")
        return function(*args, **words)

    return cast(_F, call)


def blamed(error: Exception, function: Callable[..., Any], /, *args: Any, **words: Any) -> Exception:
    """What a call of ``function`` that ended with ``error`` raises: the wrong argument, or ``error`` where all fit.

    >>> blamed(ValueError("own"), hint_of, 5, {})
    ConfigError('hint_of: text is 5; it must be a text')
    >>> blamed(ValueError("own"), hint_of, "int", {})
    ValueError('own')
    """
    function = getattr(function, "__wrapped__", function)
    fault = wrong_argument(function, args, words)
    if not fault and isinstance(error, RecursionError):
        fault = _endless_argument(function, args, words)
    return ConfigError(f"{_named(function)}: {fault}") if fault else error


def _endless_argument(function: Callable[..., Any], args: tuple[Any, ...], words: dict[str, Any]) -> str:
    """The first argument through which no walk comes to an end, as a sentence; empty when there is none."""
    from inspect import signature

    from dmkit.words.endless import endless

    for name, value in signature(function).bind(*args, **words).arguments.items():
        if why := endless(value):
            return f"{name} {why}"
    return ""


def _named(function: Callable[..., Any]) -> str:
    """``Device.example``, ``Device`` for its ``__init__``."""
    return function.__qualname__.rpartition("<locals>.")[2].removesuffix(".__init__").removesuffix(".__new__")


def _scope(function: Callable[..., Any], hint: str) -> dict[str, Any]:
    """The names of the function's module, with those of ``hint`` that it imports for type checkers only."""
    import ast

    module = sys.modules[function.__module__]
    scope, named = dict(vars(module)), set(compile(hint, "<annotation>", "eval").co_names)
    if all(name in scope or hasattr(builtins, name) for name in named):
        return scope
    for one in _for_checkers(module):  # a room that no argument is of stays where it is
        if not isinstance(one, ast.ImportFrom) or named & {each.asname or each.name for each in one.names}:
            exec(compile(ast.Module([one], []), module.__name__, "exec"), scope)
    return scope


@cache
def _for_checkers(module: ModuleType) -> tuple[ast.stmt, ...]:
    """What ``module`` imports for type checkers only."""
    import ast
    import inspect

    nodes = ast.parse(inspect.getsource(module)).body
    tests = [node for node in nodes if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return tuple(one for node in tests for one in node.body)


@cache
def _classes(function: Callable[..., Any], name: str) -> tuple[type, ...]:
    """Of which classes a value is surely right there."""
    return classes_of(function.__annotations__.get(name), getattr(function, "__globals__", {}))


@cache
def _kind(function: Callable[..., Any], name: str) -> Kind | None:
    """What the argument takes; an annotation that only a type checker can read takes anything."""
    hint = function.__annotations__.get(name)
    if hint is None:
        return None
    try:
        return kind_of(hint_of(hint, _scope(function, hint)) if isinstance(hint, str) else hint)
    except (AttributeError, TypeError, NameError):  # an alias written as a text inside of another
        return kind_of(Any)


@cache
def _places(function: Callable[..., Any]) -> tuple[tuple[str, ...], str, frozenset[str]]:
    """The arguments of ``function`` in their places, the one of all that follow, and those given by name."""
    from inspect import Parameter, signature

    found = signature(function).parameters.values()
    in_turn = [one.name for one in found if one.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)]
    rest = next((one.name for one in found if one.kind is Parameter.VAR_POSITIONAL), "")
    by_name = {one.name for one in found if one.kind is Parameter.KEYWORD_ONLY and one.name in function.__annotations__}
    return tuple(in_turn), rest, frozenset(by_name)


def kinds_of(function: Callable[..., Any]) -> dict[str, Kind]:
    """What each argument of ``function`` takes.

    >>> kinds_of(spelled)["value"].text
    'anything'
    """
    return {name: kind for name in function.__annotations__ if (kind := _kind(function, name)) is not None}


def _holds(function: Callable[..., Any], name: str, value: Any) -> bool:
    """Whether ``value`` is right there."""
    if isinstance(value, _classes(function, name)):
        return True
    kind = _kind(function, name)
    return kind is None or kind.holds(value)


def _fit(function: Callable[..., Any], args: tuple[Any, ...], words: dict[str, Any]) -> bool:
    """True when all arguments are surely right; ``wrong_argument`` looks at those that may not be.

    >>> _fit(spelled, (5,), {}), _fit(spelled, (5, 6, 7), {}), _fit(wrong_argument, (len, 5), {})
    (True, False, False)
    """
    left = _by_types(function, tuple(map(type, args)), tuple(words), tuple(map(type, words.values())))
    return left is not None and all(_holds(function, name, args[at] if at >= 0 else words[name]) for at, name in left)


@lru_cache(maxsize=1024)
def _by_types(
    function: Callable[..., Any], given: tuple[type, ...], named: tuple[str, ...], types: tuple[type, ...]
) -> tuple[tuple[int, str], ...] | None:
    """Arguments that their types alone do not let through, each with its place (below 0: by name); None: they misfit.

    >>> _by_types(spelled, (str, int), (), ()), _by_types(spelled, (str, int, int), (), ())  # a number may have a range
    (((1, 'longest'),), None)
    """
    places, rest, by_name = _places(function)
    if (len(given) > len(places) and not rest) or not by_name.issuperset(named):
        return None
    found = [(at, places[at] if at < len(places) else rest, one) for at, one in enumerate(given)]
    found += [(-1, name, one) for name, one in zip(named, types, strict=True)]
    hinted = [entry for entry in found if function.__annotations__.get(entry[1]) is not None]
    return tuple([(at, name) for at, name, one in hinted if not issubclass(one, _classes(function, name))])


def wrong_argument(function: Callable[..., Any], args: tuple[Any, ...], words: dict[str, Any]) -> str:
    """The first argument that its annotation does not let through, as a sentence; empty when there is none.

    >>> wrong_argument(wrong_argument, (len, 5, {}), {})
    'args is 5; it must be a tuple, each entry anything'
    """
    from inspect import Parameter, signature

    parameters = signature(function)
    try:
        given = parameters.bind(*args, **words).arguments
    except TypeError:  # too many, too few or an unknown one: Python's own sentence says it
        return ""
    for name, value in given.items():
        how = parameters.parameters[name].kind
        if how is Parameter.VAR_KEYWORD or (kind := _kind(function, name)) is None:
            continue
        for one in value if how is Parameter.VAR_POSITIONAL else (value,):
            if not kind.holds(one):
                return f"{name} is {spelled(one)}; it must be {kind.text}{kind.near(one)}"
    return ""
