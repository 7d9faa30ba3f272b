"""``dmkit card serve | apdu | files | read | compare``: a software card for card tools and by hand; other cards.

Files of other tools are those of `dmkit.cli.card_files`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmkit.cli import card_files
from dmkit.cli.command import CliCommand, number, read_input, unused, whole
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

if TYPE_CHECKING:
    from dmkit.card.card import Usim

__all__ = ["COMMANDS"]


_SOFTWARE: Final[Mapping[str, str]] = {
    "medium": "usim", "imsi": "001010123456789", "iccid": "8900101000000000019",
}  # fmt: skip
"""What a software card is, where nobody says otherwise."""


def _card(arguments: argparse.Namespace, *, types_pin: bool = False) -> Usim:
    """The card of the options; ``types_pin``: the command types --pin at whatever card it is."""
    from dmkit.card.card import Usim
    from dmkit.words.errors import CodecError

    if arguments.card:
        unused(arguments, "beside --card, whose file holds a whole card", *_WHOLE)
        if not types_pin:
            unused(arguments, "beside --card, whose file holds a whole card", "--pin")
        from dmkit.card.images.image import to_card

        try:
            return to_card(card_files.image_in(arguments.card))
        except CodecError as error:
            raise ConfigError(f"{arguments.card}: {error}") from None
    if not arguments.bootstrap:
        unused(arguments, "without --bootstrap, the file that it is about", "--private")
    bootstrap = read_input(arguments.bootstrap) if arguments.bootstrap else None
    about = {name: usual if (told := getattr(arguments, name)) is None else told for name, usual in _SOFTWARE.items()}
    try:
        return Usim.example(
            bootstrap,
            medium=about["medium"],
            imsi=about["imsi"],
            iccid=about["iccid"],
            pin=arguments.pin or "1234",
            pin_enabled=arguments.pin is not None,
            private=arguments.private,
        )
    except CodecError as error:
        raise ConfigError(str(error)) from None


_WHOLE: Final = ("--bootstrap", "--private", *(f"--{name}" for name in _SOFTWARE))
"""Options that make a software card: a card in a file has all of it."""


def _serve(arguments: argparse.Namespace) -> int:
    from dmkit.card.explain import line
    from dmkit.transport.vpcd import insert, serve

    card = _card(arguments)
    card.keep = 1
    with insert(arguments.host, arguments.port) as reader:
        print(f"{card.medium.title} in the virtual reader at {arguments.host}:{arguments.port}", flush=True)

        def told(message: bytes, reply: bytes | None) -> None:
            if len(message) > 1 and not arguments.quiet:
                print(f"{card.log[-1].mark} {message.hex()}  {line(card.log[-1])}", flush=True)

        count = serve(card, reader, told)
    print(f"taken out after {many(count, 'command')}")
    return 0


def _apdu(arguments: argparse.Namespace) -> int:
    from dmkit.views.cardview import exchange_look

    card = _card(arguments)
    try:
        apdus = [bytes.fromhex(text) for text in arguments.apdu]
    except ValueError:
        raise ConfigError("a command is written in hexadecimal, such as 00A40004022FE2") from None
    for apdu in apdus:
        card.transmit(apdu)
    for exchange in card.log:
        if arguments.rows:
            print(exchange_look(exchange), end="\n\n")
        else:
            print(f"{exchange.apdu.hex()}\n  {exchange.answer.hex()}")
    if not arguments.rows:
        print(card.log)
    return 0 if all(exchange.is_ok for exchange in card.log) else 1


def _files(arguments: argparse.Namespace) -> int:
    print(_card(arguments).tree)
    sys.stdout.flush()
    return 0


def _read(arguments: argparse.Namespace) -> int:
    from dmkit.bootstrap.card_reading import read
    from dmkit.card import terminal
    from dmkit.card.pins import padded
    from dmkit.transport.pcsc import connect

    card = connect(arguments.reader)
    reading = terminal.run(card, read(padded(arguments.pin) if arguments.pin else None))
    print(f"card {reading.iccid or 'without a number'}")
    for event in reading.events:
        print(event)
    if arguments.output and reading.files:
        Path(arguments.output).write_bytes(reading.files[0].data)
    return 0 if reading.complete and reading.files else 1


def _compare(arguments: argparse.Namespace) -> int:
    from dmkit.card.compare import beside, user_keys
    from dmkit.card.compare_scripts import SCRIPTS
    from dmkit.transport.virtual_reader import VirtualReader

    keys = user_keys(arguments.pin, arguments.puk)
    with VirtualReader(arguments.host, arguments.port, seconds=arguments.seconds) as reader:
        print(f"waiting for a card at {arguments.host}:{reader.port}", flush=True)
        reader.wait()
        found = beside(reader, keys)
    for one in found:
        print(one)
    sent = sum(len(script.commands) for script in SCRIPTS.values())
    print(
        f"{len(found)} of {many(sent, 'command')} of {many(len(SCRIPTS), 'script is', 'scripts are')} "
        "answered differently"
    )
    return 1 if found else 0


def _options_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="where to listen as a virtual reader (%(default)s)")
    parser.add_argument("--port", type=whole(0, 65535), default=35963, help="port (%(default)s; 0: a free one)")
    parser.add_argument("--pin", default="1234", help="its PIN1 (%(default)s); it is switched on")
    parser.add_argument("--puk", default="12345678", help="its PUK (%(default)s)")
    parser.add_argument("--seconds", type=number(0.1, 3600), default=60, help="how long to wait for it (%(default)s)")


def _options_read(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reader", default="", metavar="NAME", help="a part of the reader's name; default: the first")
    parser.add_argument("--pin", help="show this PIN1 when data are private; a wrong one costs a try")
    parser.add_argument("--output", metavar="FILE", help="write the first document there")


def _options(parser: argparse.ArgumentParser) -> None:
    usual = _SOFTWARE
    parser.add_argument("--medium", choices=["usim", "sim", "wim"], help=f"kind of card ({usual['medium']})")
    parser.add_argument("--card", metavar="FILE", help="a card that another tool wrote, in place of all that follows")
    parser.add_argument("--bootstrap", metavar="FILE", help="content of EF(DM_Bootstrap); - reads stdin")
    parser.add_argument("--private", action="store_true", help="the bootstrap file needs the PIN")
    parser.add_argument("--imsi", metavar="DIGITS", help=f"subscriber identity ({usual['imsi']})")
    parser.add_argument("--iccid", metavar="DIGITS", help=f"number of the card ({usual['iccid']})")
    parser.add_argument("--pin", help="switch PIN1 on, with this value of 4 to 8 digits")


def _options_serve(parser: argparse.ArgumentParser) -> None:
    _options(parser)
    parser.add_argument("--host", default="127.0.0.1", help="where the virtual reader listens (%(default)s)")
    parser.add_argument("--port", type=whole(1, 65535), default=35963, help="its port (%(default)s)")
    parser.add_argument("--quiet", action="store_true", help="do not print each command")


def _options_apdu(parser: argparse.ArgumentParser) -> None:
    _options(parser)
    parser.add_argument("--rows", action="store_true", help="explain each octet")
    parser.add_argument("apdu", nargs="+", metavar="HEX", help="commands, sent one after the other")


_BELOW: Final[Mapping[str, CliCommand]] = {
    "serve": CliCommand(
        "put a software card into the virtual reader of vsmartcard", "dmkit card serve --pin 1234",
        _options_serve, _serve,
    ),
    "apdu": CliCommand(
        "send commands to a fresh software card", "dmkit card apdu 00A40004022FE2 00B000000A", _options_apdu, _apdu
    ),
    "read": CliCommand(
        "read the bootstrap data of a card in a reader (needs pyscard)", "dmkit card read --output bootstrap.wbxml",
        _options_read, _read,
    ),
    "compare": CliCommand(
        "play the same commands on another software card and on a twin of it, and list what differs",
        "dmkit card compare --pin 1234", _options_compare, _compare,
    ),
    "files": CliCommand("list the files of a software card", "dmkit card files --medium sim", _options, _files),
    **card_files.commands(_card, _options, ("--card", "--pin", *_WHOLE)),
}  # fmt: skip

COMMANDS: Final[Mapping[str, CliCommand]] = {
    "card": CliCommand("a software card: for card tools, by hand, to look into", "dmkit card files", below=_BELOW),
}
