"""``dmkit session``: a device made of software, for trying out any DM server."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from math import isfinite
from pathlib import Path
from secrets import token_hex

from dmkit.auth import Account, Credential
from dmkit.bootstrap.security import imsi_octets
from dmkit.device.device import Device, User
from dmkit.device.phone import example_tree
from dmkit.session.client import ClientSession
from dmkit.session.events import Ended, Executed
from dmkit.session.rules import Rules
from dmkit.transport.http import client_context, talk
from dmkit.transport.redact import Redactor, private
from dmkit.transport.store import urandom_nonces
from dmkit.transport.trace import write_log_line
from dmkit.tree.node import Node
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.views import tree_text
from dmkit.views.outcomes import outcomes
from dmkit.views.transcript import Transcript
from dmkit.wire import wsp
from dmkit.wire.codec import WBXML, XML
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError, CommandFailed, ConfigError
from dmkit.words.from_toml import parse as toml
from dmkit.words.kinds import spelled
from dmkit.words.model import Item, Value
from dmkit.words.outcome import Outcome

__all__ = ["make_device", "run"]


def _values(file: str) -> dict[str, Value | None]:
    place = Path(file)
    try:
        table = (
            toml(place.read_bytes(), str(place)) if place.suffix == ".toml" else json.loads(place.read_text("utf-8"))
        )
    except ValueError as error:
        raise ConfigError(f"{place}: not readable as JSON: {error}") from None
    if not isinstance(table, dict):
        raise ConfigError(f'{place}: a flat table of URIs and values is expected, such as "./Vendor/Poll" = 30')
    for uri, value in table.items():
        if not isinstance(value, str | int | float | bool | None):
            raise ConfigError(f"{place}: {uri} is {spelled(value)}; a text, a number, true or false is right")
        if isinstance(value, float) and not isfinite(value):
            raise ConfigError(f"{place}: {uri} is {value}; a number of a leaf is finite")
        try:
            whole = parse(uri)
        except CommandFailed as error:
            raise ConfigError(f"{place}: {error}") from None
        if whole.prop or whole.list:
            raise ConfigError(f"{place}: {uri} asks for something; the address of a node is right")
    return table


def make_device(arguments: argparse.Namespace) -> Device:
    """The device that the options of the command describe."""
    tree = example_tree()
    values: dict[str, Value | Node | None] = {"./DevInfo/DevId": arguments.device_id}
    if arguments.tree:
        values |= _values(arguments.tree)
    known: dict[str, Value | Node | None] = {uri: node for uri, node in tree.walk() if uri != "."}
    tree = Tree.of(known | values, acl={".": tree.root.acl})
    scheme = None if arguments.auth == "none" else arguments.auth
    own = Credential(arguments.server_id, arguments.server_password) if arguments.server_password else None
    account = Account(
        arguments.server_id, arguments.url, Credential(arguments.user, arguments.password, b"", scheme), own
    )
    rules = replace(
        Rules(),
        auth=arguments.auth,
        server_auth="none" if own is None else "mac" if arguments.auth == "mac" else "md5",
        lenient=arguments.lenient,
    )
    codec = WBXML if arguments.wbxml else XML
    if arguments.imsi:
        try:
            imsi_octets(arguments.imsi)
        except CodecError as error:
            raise ConfigError(f"--imsi: {error}") from None
        user = _types(arguments.pin) if arguments.pin else None
        return Device.blank(arguments.device_id, imsi=arguments.imsi, rules=rules, codec=codec, user=user)
    phone = Device(tree, account, rules=rules, codec=codec, nonces=urandom_nonces())
    return phone.with_object("devinfo").with_object("devdetail")  # described: no server deletes or renames them


def _types(pin: str) -> User:
    """A user who types the PIN that he was told."""
    return lambda alert: Outcome(StatusCode.OK, items=(Item(data=pin),), command=alert)


def run(arguments: argparse.Namespace) -> int:
    """One session; prints its ladder.  0 when it ended well, 1 otherwise."""
    device = make_device(arguments)
    certificate = arguments.certificate
    context = client_context(arguments.ca, certificate=certificate) if arguments.ca or certificate else None
    session_id = token_hex(2).upper()  # four octets, unlike that of any other connection, and not to be foreseen
    session = _woken(device, Path(arguments.push)) if arguments.push else None
    transcript = talk(
        device, session=session, context=context, session_id=session_id, say=lambda value: print(value, file=sys.stderr)
    )
    print(transcript)
    for sentence in _refusals(transcript):
        print(f"refused: {sentence}")
    for number, deviation in transcript.deviations:
        print(f"deviation in line {number}: {deviation}")
    if arguments.trace:
        _write_trace(Path(arguments.trace), transcript)
    if arguments.show_tree:
        print(tree_text(device.tree))
    ended = [event for event in transcript.events if isinstance(event, Ended)]
    if ended and not ended[-1].well:
        print(f"the session did not end well: {ended[-1].why}")
    return 0 if ended and ended[-1].well else 1


def _refusals(transcript: Transcript) -> list[str]:
    """What was refused and why, in words: by this device, which knows the reason, and by the server."""
    by_us = [str(event) for event in transcript.events if isinstance(event, Executed) and not event.outcome.ok]
    by_server = [
        str(outcome)
        for outcome in outcomes(transcript)
        if outcome.sender == "client" and outcome.status is not None and not outcome.status.is_ok
    ]
    return by_us + by_server


def _woken(device: Device, place: Path) -> ClientSession:
    """The session that the push in a file begins; ConfigError says why when none does."""
    try:
        reaction = device.push(wsp.decode(place.read_bytes()))
    except CodecError as error:
        raise ConfigError(f"{place}: no push can be read there: {error}") from None
    for event in reaction.events:
        print(event, file=sys.stderr)
    if reaction.session is None:
        raise ConfigError(f"{place}: this push begins no session: {reaction.why}")
    return reaction.session


def _write_trace(place: Path, transcript: Transcript) -> None:
    """The session as JSON lines, secrets taken out, readable for its owner only."""
    redactor = Redactor()
    lines = [
        write_log_line(
            line.at or 0.0,
            line.message.header.session_id if line.message else "",
            line.sender,
            line.packet,
            line.events,
            redactor,
        )
        for line in transcript
    ]
    try:
        with open(place, "w", encoding="utf-8", opener=private) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write("\n".join(lines) + "\n")
    except OSError as error:
        raise ConfigError(f"{place}: cannot be written: {error.strerror}") from None
