"""``dmkit decode | convert | code``: what a file says, the same in the other encoding, what a number means."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from dmkit.cli.command import Command, read_input
from dmkit.words.deviations import Deviation, DeviationKind

if TYPE_CHECKING:
    from dmkit.wire.document import Document
    from dmkit.words.model import Message

__all__ = ["COMMANDS"]


T = TypeVar("T")
_ILL_FORMED: Final = frozenset(
    {
        DeviationKind.BARE_AMPERSAND,
        DeviationKind.MALFORMED_XML,
        DeviationKind.TRAILING_DATA,
        DeviationKind.TRAILING_NUL,
    }
)
"""Deviations after which the octets are no document at all; others are documents with habits of their own."""


def _read(arguments: argparse.Namespace, read: Callable[[bool], tuple[T, Sequence[Deviation]]]) -> T:
    """What ``read(lenient)`` gives, as strictly as asked for; deviations go to standard error.

    Without an option, documents with deviations are read and what is ill-formed is refused.
    """
    result, deviations = read(not arguments.strict)
    if not arguments.lenient and any(deviation.kind in _ILL_FORMED for deviation in deviations):
        result, deviations = read(False)
    for deviation in deviations:
        print(f"deviation: {deviation}", file=sys.stderr)
    return result


def _options_reading(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--strict", action="store_true", help="refuse every deviation, instead of reporting it")
    how.add_argument("--lenient", action="store_true", help="mend what is not even well-formed, and report it")


def _decode(arguments: argparse.Namespace) -> int:
    data = read_input(arguments.file)
    if arguments.rows:
        from dmkit.wire.explain import explain

        print(explain(data))
        return 0
    if arguments.json:
        message = _read(arguments, lambda lenient: _message(data, lenient))
        print(json.dumps(_plain(message), indent=1, ensure_ascii=False))
        return 0
    from dmkit.wire.document import is_wbxml, read_wbxml, read_xml, write_xml

    def read(lenient: bool) -> tuple[Document, Sequence[Deviation]]:
        document = (read_wbxml if is_wbxml(data) else read_xml)(data, lenient=lenient)
        return document, document.deviations

    print(write_xml(_read(arguments, read), pretty=True).decode())
    return 0


def _message(data: bytes, lenient: bool) -> tuple[Message, Sequence[Deviation]]:
    from dmkit.wire.codec import codec_for

    message = codec_for("", data).decode(data, lenient=lenient)
    return message, message.deviations


def _plain(thing: object) -> object:
    """A message as JSON can carry it."""
    import msgspec

    if isinstance(thing, tuple):
        return [_plain(entry) for entry in thing]
    if isinstance(thing, msgspec.Struct):
        fields = {name: _plain(getattr(thing, name)) for name in thing.__struct_fields__}
        verb = getattr(thing, "verb", None)
        kept = {k: v for k, v in fields.items() if v is not None and v is not False and v != "" and v != []}
        return {"command": str(verb), **kept} if verb is not None else kept
    return {"hex": thing.hex()} if isinstance(thing, bytes) else thing


def _convert(arguments: argparse.Namespace) -> int:
    from dmkit.wire.document import convert

    data = read_input(arguments.input)
    converted = _read(arguments, lambda lenient: convert(data, lenient=lenient))
    Path(arguments.output).write_bytes(converted)
    return 0


def _code(arguments: argparse.Namespace) -> int:
    from dmkit.words.answers import ANSWERS
    from dmkit.words.codes import AlertCode, StatusCode, Verb
    from dmkit.words.errors import ConfigError

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
    _options_reading(parser)


def _options_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="XML or WBXML, told apart by content; - reads stdin")
    parser.add_argument("output", metavar="OUT", help="where the other form goes; not touched when IN is refused")
    _options_reading(parser)


COMMANDS: Final[Mapping[str, Command]] = {
    "decode": Command("show what a file says", "dmkit decode message.wbxml --rows", _options_decode, _decode),
    "code": Command("say what a status or an alert means", "dmkit code 405 Delete", _options_code, _code),
    "convert": Command("XML to WBXML or back", "dmkit convert message.xml message.wbxml", _options_convert, _convert),
}
