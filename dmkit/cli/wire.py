"""``dmkit decode | convert | code``: what a file says, the same in the other encoding, what a number means."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import Command, read_input

if TYPE_CHECKING:
    from dmkit.model import Message

__all__ = ["COMMANDS"]


def _decode(arguments: argparse.Namespace) -> int:
    data = read_input(arguments.file)
    if arguments.rows:
        from dmkit.wire.explain import explain

        print(explain(data))
        return 0
    if arguments.json:
        print(json.dumps(_message_json(data, lenient=arguments.lenient), indent=1, ensure_ascii=False))
        return 0
    from dmkit.wire.document import is_wbxml, read_wbxml, read_xml, write_xml

    document = (read_wbxml if is_wbxml(data) else read_xml)(data, lenient=arguments.lenient)
    print(write_xml(document, pretty=True).decode())
    for deviation in document.deviations:
        print(f"deviation: {deviation}", file=sys.stderr)
    return 0


def _message_json(data: bytes, *, lenient: bool) -> object:
    import msgspec

    from dmkit.wire.codec import codec_for

    def plain(thing: object) -> object:
        if isinstance(thing, tuple):
            return [plain(entry) for entry in thing]
        if isinstance(thing, msgspec.Struct):
            fields = {name: plain(getattr(thing, name)) for name in thing.__struct_fields__}
            verb = getattr(thing, "verb", None)
            kept = {k: v for k, v in fields.items() if v is not None and v is not False and v != "" and v != []}
            return {"command": str(verb), **kept} if verb is not None else kept
        return {"hex": thing.hex()} if isinstance(thing, bytes) else thing

    message: Message = codec_for("", data).decode(data, lenient=lenient)
    return plain(message)


def _convert(arguments: argparse.Namespace) -> int:
    from dmkit.wire.document import convert

    converted, deviations = convert(read_input(arguments.input), lenient=arguments.lenient)
    for deviation in deviations:
        print(f"deviation: {deviation}", file=sys.stderr)
    Path(arguments.output).write_bytes(converted)
    return 0


def _code(arguments: argparse.Namespace) -> int:
    from dmkit.answers import ANSWERS
    from dmkit.codes import AlertCode, StatusCode, Verb
    from dmkit.errors import ConfigError

    verbs = [verb for verb in Verb if verb.value.lower() == (arguments.verb or verb.value).lower()]
    if not verbs:
        raise ConfigError(f"{arguments.verb!r} is no command; there are {', '.join(v.value for v in ANSWERS)}")
    alert, status = AlertCode(arguments.number), StatusCode(arguments.number)
    if alert.is_known:
        print(f"Alert {alert.value} {alert.phrase}: {alert.direction}, Items: {alert.items}")
        print(f"  answered by {', '.join(f'{n} {StatusCode(n).phrase}' for n in alert.answers)}")
        return 0
    if not status.is_known:
        raise ConfigError(f"{arguments.number} is neither a status nor an alert that DM knows")
    print(f"{status.value} {status.phrase}" + (f": {status.meaning} [{status.source}]" if status.meaning else ""))
    for verb in verbs:
        said = ANSWERS.get(verb, {}).get(status)
        if said is not None:
            print(f"  {verb.value:<9} {said.meaning} [{said.source}]")
    return 0


def _options_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER", type=int, help="a status such as 405, or an alert such as 1222")
    parser.add_argument("verb", metavar="VERB", nargs="?", help="only as the answer to this command")


def _options_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a message, or any document of these vocabularies; - reads stdin")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--rows", action="store_true", help="octet by octet: offset, octets, meaning")
    form.add_argument("--json", action="store_true", help="the message as JSON")
    parser.add_argument("--lenient", action="store_true", help="accept deviations and report them")


def _options_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="XML or WBXML, told apart by content; - reads stdin")
    parser.add_argument("output", metavar="OUT", help="where the other form goes; not touched when IN is refused")
    parser.add_argument("--lenient", action="store_true", help="accept deviations and report them")


COMMANDS: Final[Mapping[str, Command]] = {
    "decode": Command("show what a file says", "dmkit decode message.wbxml --rows", _options_decode, _decode),
    "code": Command("say what a status or an alert means", "dmkit code 405 Delete", _options_code, _code),
    "convert": Command("XML to WBXML or back", "dmkit convert message.xml message.wbxml", _options_convert, _convert),
}
