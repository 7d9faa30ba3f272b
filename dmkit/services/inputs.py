"""What callers give: names of services, values of a device, a time; anything else is one sentence.

>>> names_of("want", ["mms", "mail", "mms"])
('mms', 'mail')
>>> names_of("want", None)
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: want = None; names of services are right: ["mms", "mail"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from sys import float_info
from typing import Any

from dmkit.services.catalogue import ServiceCatalogue
from dmkit.tree.uri import join
from dmkit.tree.uri import parse as parse_uri
from dmkit.words.errors import ConfigError, DmError

__all__ = ["a_catalogue", "a_container", "names_of", "seconds_of", "values_given", "whole_number"]


def names_of(field: str, names: object) -> tuple[str, ...]:
    """Names of services, each once; a text is one name."""
    if isinstance(names, str):
        return (names,)
    if isinstance(names, Iterable) and not isinstance(names, bytes | bytearray):
        found = tuple(names)
        if all(isinstance(name, str) for name in found):
            return tuple(dict.fromkeys(found))
    raise ConfigError(f'{field} = {names!r}; names of services are right: ["mms", "mail"]')


def a_catalogue(catalogue: Any) -> ServiceCatalogue:
    """``catalogue``, if it is one."""
    if not isinstance(catalogue, ServiceCatalogue):
        raise ConfigError(
            f"catalogue is of type {type(catalogue).__name__}; a ServiceCatalogue is right: services.read(file)"
        )
    return catalogue


def a_container(container: Any) -> None:
    """ConfigError unless ``container`` says how steps travel."""
    if container not in ("atomic", "sequence", "plain"):
        raise ConfigError(f"container = {container!r}; atomic, sequence or plain is right")


def values_given(values: Any) -> Mapping[str, str | None]:
    """What leaves hold: texts, or None, by address."""
    if isinstance(values, Mapping):
        bad = next((u for u, v in values.items() if not isinstance(u, str) or not isinstance(v, str | None)), None)
        if bad is None:
            odd = any("%" in uri for uri in values)
            return {_spelled(uri): value for uri, value in values.items()} if odd else values
        raise ConfigError(f"values[{bad!r}] = {values[bad]!r}; a text behind an address is right, or None")
    raise ConfigError(
        f"values are of type {type(values).__name__}; leaves with their texts are right: services.values_of"
    )


def _spelled(uri: str) -> str:
    """An address as catalogues have it; what is none stays as it is, and is of no leaf."""
    with suppress(DmError):
        return join(parse_uri(uri).path)
    return uri


def seconds_of(seconds: Any) -> float | None:
    """A time to solve in; None has no end."""
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is None or (number and 0 <= seconds <= float_info.max):
        return None if seconds is None else float(seconds)
    raise ConfigError(f"seconds = {seconds!r}; a number from 0 upwards is right, or None for as long as it takes")


def whole_number(field: str, number: Any) -> int:
    """A whole number from 1 upwards."""
    if isinstance(number, int) and not isinstance(number, bool) and number >= 1:
        return number
    raise ConfigError(f"{field} = {number!r}; a whole number from 1 upwards is right")
