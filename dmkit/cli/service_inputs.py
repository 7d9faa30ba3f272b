"""What the commands of ``dmkit services`` are given: a catalogue, a device as a JSON file, names, a time."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dmkit.cli.command import read_input
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.services.catalogue import ServiceCatalogue
    from dmkit.tree.tree import Tree

__all__ = ["catalogue_of", "clock", "device_options", "given", "names_in", "tree_of", "wish_options", "wishes_in"]


def tree_of(path: str) -> Tree:
    """The device of a JSON file."""
    from dmkit.ddf.plain import from_plain

    try:
        plain = json.loads(read_input(path))
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
    try:
        return from_plain(plain)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def given(arguments: argparse.Namespace) -> tuple[ServiceCatalogue, Mapping[str, str], Tree]:
    """The catalogue, what it sees of the device, and the device."""
    from dmkit.services import values_of

    catalogue = catalogue_of(arguments)
    tree = tree_of(arguments.device)
    return catalogue, values_of(tree, catalogue), tree


def catalogue_of(arguments: argparse.Namespace) -> ServiceCatalogue:
    """The catalogue, with the parameters that are given; without any, they stay as they stand."""
    from dmkit.services import read
    from dmkit.services.parameters import filled

    parameters = dict[str, str]()
    for text in getattr(arguments, "parameter", None) or ():
        name, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"--parameter {text}: NAME=TEXT is right, such as user=ada")
        if name in parameters:
            raise ConfigError(f"--parameter {name}=... is given twice; once is right")
        parameters[name] = value
    catalogue = read(arguments.catalogue)
    return filled(catalogue, parameters) if parameters else catalogue


def names_in(text: str | None) -> list[str]:
    """Names between commas; ConfigError where there is text and no name.

    >>> names_in("mms, mail"), names_in("")
    (['mms', 'mail'], [])
    """
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    if text and not names:
        raise ConfigError(f"{text!r} names no service; names between commas are right: mms,mail")
    return names


def clock(text: str) -> float:
    """The type of an option that takes a time of some clock, in seconds or with a unit.

    >>> clock("80d"), clock("1.5h"), clock("90.5")
    (6912000.0, 5400.0, 90.5)
    >>> clock("soon")
    Traceback (most recent call last):
    argparse.ArgumentTypeError: 'soon' is no time: 80d, 12h, 30m or seconds are right
    """
    from dmkit.services.renewal import UNITS

    unit = UNITS.get(text[-1:])
    try:
        seconds = float(text if unit is None else text[:-1]) * (unit or 1.0) if text[:1].isalnum() else math.nan
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no time: 80d, 12h, 30m or seconds are right")
    return seconds


def device_options(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    """The device, the catalogue, and what differs by subscriber."""
    parser.add_argument(
        "--device", metavar="TREE.json", required=needed, help="a JSON object of URIs and values; - reads it from input"
    )
    parser.add_argument("--catalogue", metavar="FILE.toml", default="default", help="services (dmkit's own catalogue)")
    parser.add_argument(
        "--parameter", metavar="NAME=TEXT", action="append", help="what differs by subscriber; may be repeated"
    )


def wish_options(parser: argparse.ArgumentParser) -> None:
    """What is wanted and what goes."""
    parser.add_argument("--want", metavar="A,B", default="", help="services to set up")
    parser.add_argument("--drop", metavar="A,B", default="", help="services to take away")


def wishes_in(arguments: argparse.Namespace) -> tuple[list[str], list[str]]:
    """What is wanted and what goes; ConfigError where it is nothing at all."""
    want, drop = names_in(arguments.want), names_in(arguments.drop)
    if not (want or drop):
        raise ConfigError("nothing to do: --want or --drop names services")
    return want, drop
