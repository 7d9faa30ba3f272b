"""``dmkit decode | convert | code``: what a file says, the same in the other encoding, what a number means."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dmkit.cli.command import CliCommand, naming, read_input, write_output
from dmkit.words.counts import many
from dmkit.words.deviations import Deviation, DeviationKind
from dmkit.words.errors import CodecError, ConfigError

if TYPE_CHECKING:
    from dmkit.windows.codes import Meaning
    from dmkit.wire.document import WireDocument
    from dmkit.words.model import Element

__all__ = ["COMMANDS"]

_ILL_FORMED: Final = frozenset(
    {
        DeviationKind.BARE_AMPERSAND,
        DeviationKind.MALFORMED_XML,
        DeviationKind.TRAILING_DATA,
        DeviationKind.TRAILING_NUL,
    }
)
"""Deviations after which the octets are no document at all; others are documents with habits of their own."""


def _documents(arguments: argparse.Namespace, data: bytes) -> tuple[WireDocument, ...]:
    """Every document in ``data``, as strictly as asked for.

    Without an option, documents with deviations are read and what is ill-formed is refused.
    """
    from dmkit.wire.document import read_all

    documents = read_all(data, lenient=not arguments.strict)
    ill_formed = [d for document in documents for d in document.deviations if d.kind in _ILL_FORMED]
    if not arguments.lenient and ill_formed:
        read_all(data)  # says where, and why
        raise CodecError(str(ill_formed[0]))
    return documents


def _judged(
    arguments: argparse.Namespace, data: bytes, documents: tuple[WireDocument, ...]
) -> tuple[WireDocument, ...]:
    """The documents; a message of DM 1.2 also with what its codec notes, or CodecError where strict: a vocabulary says
    which elements there are, and not where each may stand."""
    from dmkit.wire.codec import codec_for
    from dmkit.wire.elements import SYNCML

    if len(documents) != 1 or documents[0].root.name != "SyncML" or documents[0].vocabulary is not SYNCML:
        return documents
    try:
        message = codec_for("", data).decode(data, lenient=not arguments.strict)
    except CodecError:
        if arguments.strict:
            raise
        return documents  # it is shown, though nobody could work with it
    return (replace(documents[0], deviations=_together(documents[0].deviations, message.deviations)),)


def _together(first: tuple[Deviation, ...], besides: tuple[Deviation, ...]) -> tuple[Deviation, ...]:
    """What one reader notes, and kinds that only the other knows."""
    known = {deviation.kind for deviation in first}
    return (*first, *(deviation for deviation in besides if deviation.kind not in known))


def _report(deviations: Iterable[Deviation]) -> None:
    """Each deviation on a line of standard error, once."""
    for line in dict.fromkeys(f"deviation: {deviation}" for deviation in deviations):
        print(line, file=sys.stderr)


def _options_reading(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--strict", action="store_true", help="refuse every deviation, instead of reporting it")
    how.add_argument("--lenient", action="store_true", help="mend what is not even well-formed, and report it")


def _decode(arguments: argparse.Namespace) -> int:
    data = read_input(arguments.file)
    with naming(arguments.file):
        if data.lstrip()[:1] in (b"{", b"["):
            return _of_json(arguments, data)
        if arguments.rows:
            return _rows(data)
        try:
            documents = _documents(arguments, data)
            shown = _json(arguments, data, documents) if arguments.json else _xml(_judged(arguments, data, documents))
        except CodecError as error:
            part = "" if arguments.strict else _as_far_as_it_goes(data, arguments.json)
            if not part:
                raise
            print(part)
            raise CodecError(f"{error}; shown as far as it goes") from None
    print(shown)
    return 0


def _of_json(arguments: argparse.Namespace, data: bytes) -> int:
    """A package or objects of DM 2.0, or SenML of LwM2M."""
    from dmkit.cli.json_documents import told

    if arguments.rows:
        raise ConfigError("--rows shows the octets of XML and WBXML; this is JSON")
    found = told(data, strict=arguments.strict)
    for sentence in found.deviations:
        print(f"deviation: {sentence}", file=sys.stderr)
    print(json.dumps(found.value, indent=1, ensure_ascii=False) if arguments.json else "\n".join(found.lines))
    return 0


def _rows(data: bytes) -> int:
    from dmkit.wire.explain import explain

    rows = explain(data)
    print(rows)
    if rows.error:
        raise CodecError(rows.error)
    return 0


def _xml(documents: Sequence[WireDocument]) -> str:
    """The documents as XML, one after another; octets as base64 text, which is said."""
    from dmkit.wire.conversion import octets_in, readable
    from dmkit.wire.document import write_xml

    shown: list[str] = []
    for document in documents:
        _report(document.deviations)
        written, _ = readable(document)
        for where, count in octets_in(document.root):
            print(f"note: {where}: {many(count, 'octet')}, shown as base64 text", file=sys.stderr)
        text = write_xml(written, pretty=True).decode()
        shown.append(text if not shown else text.partition("?>\n")[2])
    return "\n".join(shown)


def _json(arguments: argparse.Namespace, data: bytes, documents: Sequence[WireDocument]) -> str:
    """The message; a list of several; the commands of a file that holds commands only."""
    from dmkit.wire.codec import codec_for

    if len(documents) == 1 and documents[0].root.name == "SyncML":
        message = codec_for("", data).decode(data, lenient=not arguments.strict)
        _report(_together(message.deviations, documents[0].deviations))
        value = _plain(message)
    else:
        for document in documents:
            _report(document.deviations)
        value = _of_elements([document.root for document in documents])
    return json.dumps(value, indent=1, ensure_ascii=False)


def _of_elements(roots: Sequence[Element]) -> object:
    """Messages, or commands by themselves, as JSON can carry them; CodecError for other documents."""
    from dmkit.wire.assemble import commands_of, message_of
    from dmkit.wire.habits import COMMANDS
    from dmkit.wire.octets import Notes

    notes = Notes(True)
    if all(root.name == "SyncML" for root in roots):
        found = [_plain(message_of(root, notes)) for root in roots]
        return found[0] if len(found) == 1 else found
    commands = [root for root in roots if root.name in COMMANDS]
    other = next((root.name for root in roots if root.name not in COMMANDS | {"SyncBody", "SyncML"}), None)
    if other is not None:
        raise CodecError(f"the document is a {other[:40]}, not a SyncML message")
    bodies = [root for root in roots if root.name == "SyncBody"]
    commands += [child for body in bodies for child in body.children if not isinstance(child, str | bytes)]
    return {"commands": _plain(commands_of(commands, notes))}


def _as_far_as_it_goes(data: bytes, as_json: bool) -> str:
    """What can be shown of octets that are refused: whole documents, then a part; empty when there is nothing."""
    from dmkit.wire.document import WireDocument
    from dmkit.wire.salvage import parts_of

    roots = [part.root for part in parts_of(data) if part.root is not None]
    if as_json:
        try:
            return json.dumps(_of_elements(roots), indent=1, ensure_ascii=False) if roots else ""
        except CodecError:
            return ""
    try:
        return _xml([replace(WireDocument.of(root), deviations=()) for root in roots]).rstrip()
    except CodecError:
        return ""


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
    from dmkit.wire.conversion import convert

    data = read_input(arguments.input)
    with naming(arguments.input):
        documents = _documents(arguments, data)
        if arguments.strict:
            _judged(arguments, data, documents)
        converted, deviations = convert(data, lenient=not arguments.strict)
    _report(deviations)
    write_output(arguments.output, converted)
    return 0


def _code(arguments: argparse.Namespace) -> int:
    from dmkit.windows.answers import ANSWER_CAUSES
    from dmkit.windows.codes import explain
    from dmkit.words.answers import ANSWERS
    from dmkit.words.codes import StatusCode, Verb

    verbs = [verb for verb in Verb if verb.value.lower() == (arguments.verb or verb.value).lower()]
    if not verbs:
        raise ConfigError(f"{arguments.verb!r} is no command; there are {', '.join(v.value for v in ANSWERS)}")
    meaning = explain(arguments.number)
    if meaning.group is not None or meaning.known is not None:
        print(_windows(meaning))
    elif meaning.status is None and meaning.alert is None:
        raise ConfigError(
            f"{arguments.number} is neither a status nor an alert that DM knows, nor an error of a group that is known"
            + (f": {meaning.hex} = {meaning.signed}" if meaning.value > 99_999 else "")
        )
    alert, status = meaning.alert, meaning.status
    if alert is not None:
        print(f"Alert {alert.value} {alert.phrase}: {alert.direction}, Items: {alert.items}")
        print(f"  answered by {', '.join(f'{n} {StatusCode(n).phrase}' for n in alert.answers)}")
    elif status is not None:
        print(f"{status.value} {status.phrase}" + (f": {status.meaning} [{status.source}]" if status.meaning else ""))
        for verb in verbs:
            value = ANSWERS.get(verb, {}).get(status)
            if value is not None:
                print(f"  {verb.value:<9} {value.meaning} [{value.source}]")
        for (verb_name, code), causes in ANSWER_CAUSES.items():
            if code == status and (not verb_name or verb_name in {v.value for v in verbs}):
                for cause in causes:
                    print(f"  on Windows{f', {verb_name}' if verb_name else ''}: {cause}")
    return 0


def _windows(meaning: Meaning) -> str:
    """An error of Windows in lines: its forms, what it says, whose it is, causes that were seen, where to look."""
    lines = [str(meaning)]
    if meaning.group is not None:
        lines.append(
            f"  upper half 0x{meaning.value >> 16:04X}: {meaning.group.says}; lower half: {meaning.group.lower}"
        )
    known = meaning.known
    if meaning.status is not None:
        lines.append(f"  {meaning.hex} is 0x{meaning.value >> 16:04X}0000 and the status {meaning.status.value}")
    if known is not None:
        lines += [f"  seen because: {cause}" for cause in known.causes]
        lines += [f"  look next: {known.look}"] if known.look else []
        lines.append(f"  [{known.source}; {_MARKS[known.mark]}]")
    return "\n".join(lines)


_MARKS: Final = {"E": "Microsoft's text", "V": "seen by others", "E/V": "Microsoft's text, and seen by others"}


def _number(text: str) -> str:
    """A number of 32 bits in any form that is written."""
    from dmkit.windows.codes import number

    try:
        number(text)
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _options_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "number",
        metavar="NUMBER",
        type=_number,
        help="a status such as 405, an alert such as 1222, or an error of Windows in any form: -2016281112, 0x87D101F4",
    )
    parser._negative_number_matcher = re.compile(r"-(?!-|h$).")  # whatever is no option is a number, or said to be none
    parser.add_argument("verb", metavar="VERB", nargs="?", help="only as the answer to this command")


def _options_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a message, XML, WBXML, or JSON of DM 2.0 or SenML; - reads stdin")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--rows", action="store_true", help="octet by octet: offset, octets, meaning")
    form.add_argument("--json", action="store_true", help="the message as JSON")
    _options_reading(parser)


def _options_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("input", metavar="IN", help="XML or WBXML, told apart by content; - reads stdin")
    parser.add_argument(
        "output", metavar="OUT", help="where the other form goes (- writes stdout); not touched when IN is refused"
    )
    _options_reading(parser)


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "decode": CliCommand("show what a file says", "dmkit decode message.wbxml --rows", _options_decode, _decode),
    "code": CliCommand(
        "say what a status, an alert or an error of Windows means", "dmkit code 405 Delete", _options_code, _code
    ),
    "convert": CliCommand(
        "XML to WBXML or back", "dmkit convert message.xml message.wbxml", _options_convert, _convert
    ),
}
