"""``dmkit card import | export | diff | trace | explain``: cards and sessions with them as files of other tools."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming, read_input, unused, write_output
from dmkit.words.counts import many

if TYPE_CHECKING:
    from dmkit.card.card import Usim
    from dmkit.card.images.image import CardImage

__all__ = ["FORMS", "commands", "image_in"]

FORMS: Final = ("fsdump", "script", "saip")
"""Names of the forms; the library with them is loaded when it is needed."""


def image_in(path: str, form: str = "") -> CardImage:
    """The card in a file."""
    from dmkit.card.images.formats import read_image

    with naming(path):
        return read_image(read_input(path), form)


def _import(arguments: argparse.Namespace) -> int:
    from dmkit.card.images.image import left_out, to_card

    image = image_in(arguments.file, arguments.form or "")
    print(to_card(image).tree)
    missing = left_out(image)
    for path, why in missing:
        print(f"left out: {path}: {why}")
    sys.stdout.flush()
    return 0


def _export(make: Callable[..., Usim], about: tuple[str, ...]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from dmkit.card.images.formats import write_image
        from dmkit.card.images.image import of_card

        if arguments.file:
            unused(arguments, "beside --file, which holds a whole card", *about)
        image = image_in(arguments.file) if arguments.file else of_card(make(arguments))
        write_output(arguments.output, write_image(image, arguments.to))
        return 0

    return run


def _diff(arguments: argparse.Namespace) -> int:
    from dmkit.card.images.image import differences

    found = differences(image_in(arguments.left), image_in(arguments.right))
    for one in found:
        print(one)
    print(many(len(found), "difference") if found else "the same files with the same content")
    return 1 if found else 0


def _trace(make: Callable[..., Usim]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from dmkit.bootstrap.card_reading import read
        from dmkit.card import terminal
        from dmkit.card.pins import padded
        from dmkit.transport.gsmtap import write_trace

        card = make(arguments, types_pin=True)
        terminal.run(card, read(padded(arguments.pin) if arguments.pin else None))
        write_output(arguments.output, write_trace([(one.apdu, one.answer) for one in card.log], card.atr))
        if arguments.output != "-":
            print(f"{many(len(card.log), 'command')} in {arguments.output}")
        return 0

    return run


def _explain(arguments: argparse.Namespace) -> int:
    from dmkit.card.images.image import to_card
    from dmkit.transport.gsmtap import explained, read_trace
    from dmkit.views.cardview import exchange_look

    card = to_card(image_in(arguments.like)) if arguments.like else None
    with naming(arguments.file):
        log = explained(read_trace(read_input(arguments.file)), card)
    if arguments.rows:
        for exchange in log:
            print(exchange_look(exchange), end="\n\n")
    else:
        print(log)
    return 0


def _options_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a capture (pcap, pcapng) with GSMTAP of a card; - reads stdin")
    parser.add_argument("--like", metavar="CARD", help="a card in a file that has the files of the session")
    parser.add_argument("--rows", action="store_true", help="explain each octet")


def _options_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a dump, a script, a profile package; - reads stdin")
    parser.add_argument("--form", choices=FORMS, help="its form; default: as its octets show")


def _options_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("left", metavar="A", help="a card in a file")
    parser.add_argument("right", metavar="B", help="another")


def commands(
    make: Callable[..., Usim], options: Callable[[argparse.ArgumentParser], None], about: tuple[str, ...]
) -> Mapping[str, CliCommand]:
    """The rows; ``make`` is how a software card is made of ``options``, ``about`` their names."""

    def options_export(parser: argparse.ArgumentParser) -> None:
        options(parser)
        parser.add_argument("--file", metavar="FILE", help="a card in a file, in place of the software card")
        parser.add_argument("--to", default="fsdump", choices=FORMS, help="the form to write (%(default)s)")
        parser.add_argument("--output", default="-", metavar="OUT", help="where to; - is standard output, the default")

    def options_trace(parser: argparse.ArgumentParser) -> None:
        options(parser)
        parser.add_argument("--output", default="-", metavar="OUT", help="where to; - is standard output, the default")

    return {
        "trace": CliCommand(
            "read the bootstrap data of a software card, and write what was said as GSMTAP for Wireshark",
            "dmkit card trace --output card.pcap", options_trace, _trace(make),
        ),
        "explain": CliCommand(
            "say what a captured session with a card means", "dmkit card explain card.pcap", _options_explain, _explain
        ),
        "import": CliCommand(
            "read a card from a file of another tool and list it", "dmkit card import card.json", _options_import,
            _import,
        ),
        "export": CliCommand(
            "write a card as another tool does", "dmkit card export --to script --output card.script",
            options_export, _export(make, about),
        ),
        "diff": CliCommand("compare two cards in files", "dmkit card diff a.json b.script", _options_diff, _diff),
    }  # fmt: skip
