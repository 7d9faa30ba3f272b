"""Measures: tidy frames, each row from real messages or from a session that was run.

Every frame says in ``.attrs`` which version made it, with which parameters, and the unit of each column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from dmkit.device.device import Device
from dmkit.lab.measures.tables import framed as _frame
from dmkit.lab.measures.tables import whole
from dmkit.lab.runs.places import local_cluster, scratch
from dmkit.lab.runs.progress import counted
from dmkit.lab.runs.stats import replications
from dmkit.lab.studies.campaign import cells, completion, load
from dmkit.lab.studies.growth import extrapolated, growth
from dmkit.lab.studies.rules_study import rules_cost, rules_load, rules_talk
from dmkit.server import jobs
from dmkit.server.server import Server
from dmkit.session.packages import carry
from dmkit.session.rules import Rules
from dmkit.transport.loop import converse
from dmkit.views.transcript import Line, Transcript
from dmkit.wire import wbxml
from dmkit.wire.codec import WBXML, XML, Codec
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError
from dmkit.words.model import Message
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FORMS",
    "MESSAGE_SIZES",
    "PACKAGE_COST",
    "cells",
    "completion",
    "extrapolated",
    "growth",
    "load",
    "local_cluster",
    "message_sizes",
    "package_cost",
    "replications",
    "rules_cost",
    "rules_load",
    "rules_talk",
    "scratch",
    "whole",
    "write_object",
]

FORMS: Final = ("xml", "wbxml", "wbxml_table")
"""The forms of a message: XML, WBXML, and WBXML with repeated texts in a string table."""

MESSAGE_SIZES: Final[Mapping[str, str]] = {
    "message": "label: C1, S1 ... (client, server, MsgID), or a number",
    "summary": "what the message says",
    "xml": "octets",
    "wbxml": "octets",
    "wbxml_table": "octets",
    "ratio": "wbxml / xml",
}
"""Columns of ``message_sizes`` and their units."""

PACKAGE_COST: Final[Mapping[str, str]] = {
    "size": "octets of the object that the server writes",
    "max_message": "octets, MaxMsgSize of both sides",
    "codec": "xml or wbxml",
    "messages": "messages, both ways",
    "round_trips": "messages of the device, each of which waits for an answer",
    "pieces": "messages that carry a part of the object",
    "octets": "octets of all messages, both ways",
    "overhead": "octets that are not the object",
    "status": "Status of the last piece",
}
"""Columns of ``package_cost`` and their units."""


# -- messages


@asked
def message_sizes(talk: Transcript | Iterable[Line | Message | bytes]) -> pd.DataFrame:
    """Octets of each message of ``talk`` in XML, in WBXML and in WBXML with a string table.

    Each is written anew from what it says, so that all three come from the same writers.  Messages may also be given
    as they are or as octets.  Columns: ``MESSAGE_SIZES``.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> frame = message_sizes(dm.converse(device, dm.Server.example(device)))
    >>> list(frame["message"])[:2], bool((frame["wbxml"] < frame["xml"]).all())
    (['C1', 'S1'], True)
    """
    rows = [_sizes(label, message) for label, message in _messages(talk)]
    return _frame(rows, MESSAGE_SIZES, "message_sizes", messages=len(rows))


def _messages(talk: Transcript | Iterable[Line | Message | bytes]) -> Iterable[tuple[str, Message]]:
    from dmkit.wire.codec import codec_for

    for number, thing in enumerate(talk, 1):
        if isinstance(thing, Line):
            if thing.message is not None:
                yield thing.label, thing.message
        elif isinstance(thing, bytes):
            yield str(number), codec_for("", thing).decode(thing, lenient=True)
        else:
            yield str(number), thing


def _sizes(label: str, message: Message) -> dict[str, object]:
    from dmkit.views.summary import summary

    as_text = _carried(message, XML)
    xml, plain = len(XML.encode(as_text)), len(WBXML.encode(message))
    table = len(wbxml.encode(message, string_table=True))
    return {
        "message": label,
        "summary": summary(message),
        "xml": xml,
        "wbxml": plain,
        "wbxml_table": table,
        "ratio": round(plain / xml, 3),
    }


def _carried(message: Message, codec: Codec) -> Message:
    """The message as ``codec`` can carry it: octets become base64 text for XML."""
    import msgspec

    return msgspec.structs.replace(message, commands=tuple(carry(command, codec) for command in message.commands))


# -- packages


@asked
def write_object(
    size: int, max_message: int | None, codec: Codec = WBXML, *, rules: Rules | None = None
) -> tuple[Transcript, Outcome]:
    """Run one session in which the server writes an object of ``size`` octets; what was said and how it ended.

    Both sides announce ``max_message`` as MaxMsgSize and MD5 proves both.  ConfigError when no session fits into it.

    >>> talk, outcome = write_object(3000, 1024)
    >>> len(talk), outcome.status.value
    (12, 200)
    """
    chosen = replace(rules or Rules(), max_message=max_message)
    device = Device.example(rules=chosen, codec=codec)
    server = Server.example(device)
    talk = converse(device, server, job=jobs.write("./Vendor/Acme/Name", object_text(size)))
    result = server.results[-1] if server.results else None
    if result is None or not result.done or cast("Outcome", result.result).status is None:
        why = (result and result.why) or "the write was never answered"
        raise ConfigError(f"no {codec.name} session writes {many(size, 'octet')} with MaxMsgSize {max_message}: {why}")
    return talk, cast("Outcome", result.result)


def object_text(size: int) -> str:
    """An object of ``size`` octets, the same every time.

    >>> object_text(12), len(object_text(1000))
    ('0123456789AB', 1000)
    """
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return (letters * (size // len(letters) + 1))[:size]


@asked
def package_cost(
    sizes: Sequence[int] = (100, 1_000, 5_000, 20_000),
    max_messages: Sequence[int] = (1_024, 2_048, 4_096, 16_384),
    codec: Codec = WBXML,
    *,
    rules: Rules | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """What MaxMsgSize costs: messages, round trips and octets of writing an object of each size.

    Each row is a session that was run (``write_object``).  ``progress`` draws a bar.  Columns: ``PACKAGE_COST``.

    >>> package_cost((100,), (4096,))["messages"].tolist()
    [4]
    """
    cases = [(size, limit) for size in sizes for limit in max_messages]
    rows = [_cost(size, limit, codec, rules) for size, limit in _counted(cases, progress)]
    return _frame(
        rows, PACKAGE_COST, "package_cost", sizes=tuple(sizes), max_messages=tuple(max_messages), codec=codec.name
    )


def _counted(cases: list[tuple[int, int]], progress: bool) -> Iterable[tuple[int, int]]:
    return counted(cases, len(cases), "sessions", progress)


def _cost(size: int, limit: int, codec: Codec, rules: Rules | None) -> dict[str, object]:
    talk, outcome = write_object(size, limit, codec, rules=rules)
    octets = talk.size["both"]
    return {
        "size": size,
        "max_message": limit,
        "codec": codec.name,
        "messages": len(talk),
        "round_trips": talk.round_trips,
        "pieces": sum(_carries(message) for message in talk.messages),
        "octets": octets,
        "overhead": octets - size,
        "status": int(outcome.status.value) if outcome.status is not None else None,
    }


def _carries(message: Message) -> bool:
    from dmkit.words.model import Replace

    return any(
        isinstance(command, Replace) and any(item.target == "./Vendor/Acme/Name" for item in command.items)
        for command in message.commands
    )
