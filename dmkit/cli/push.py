"""``dmkit push decode | trigger | cp``: package 0 and bootstrap documents as they travel."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dmkit.cli.command import CliCommand, read_input, unused, whole
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["COMMANDS"]

_UI: Final = ("not-specified", "background", "informative", "user-interaction")
_FORMS: Final = ("sms", "wsp", "obex", "raw")


def _octets(text: str, what: str) -> bytes:
    digits = re.sub(r"[\s:]", "", text)
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise ConfigError(f"{what} {text[:40]!r} is not hexadecimal: two digits for each octet") from None


def _given(argument: str) -> bytes:
    """The octets of an argument: hexadecimal, or the name of a file (which may hold hexadecimal text)."""
    if re.fullmatch(r"([0-9A-Fa-f]{2}[\s:]?)+", argument) and (len(argument) > 255 or not Path(argument).exists()):
        return _octets(argument, "argument")
    data = read_input(argument)
    text = data.decode("latin-1").strip()
    return _octets(text, argument) if re.fullmatch(r"([0-9A-Fa-f]{2}[\s:]*)+", text) else data


def _decode(arguments: argparse.Namespace) -> int:
    from dmkit.views.pushview import explain_push
    from dmkit.wire.sms import Reassembly

    given = [_given(argument) for argument in arguments.octets]
    if len(given) == 1:
        print(explain_push(given[0]))
        return 0
    state, why = Reassembly(), "no message"
    for message in given:
        state, datagram, why = state.take(message)
        if datagram is not None:
            print(explain_push(datagram.data))
            return 0
    print(f"not whole: {why}", file=sys.stderr)
    return 1


def _emit(arguments: argparse.Namespace, content_type: str, raw: bytes, unit: bytes) -> int:
    """Print hexadecimal lines, one per short message, or write octets to a file."""
    from dmkit.wire import obex, sms

    if arguments.form != "sms":
        unused(arguments, f"with --form {arguments.form}, which is no short message", "--reference", "--source-port")
    forms: Mapping[str, Callable[[], tuple[bytes, ...]]] = {
        "sms": lambda: sms.split(unit, reference=arguments.reference, source=arguments.source_port),
        "wsp": lambda: (unit,),
        "obex": lambda: (obex.put(content_type, raw),),
        "raw": lambda: (raw,),
    }
    messages = forms[arguments.form]()
    if arguments.out is None:
        print("\n".join(message.hex() for message in messages))
    elif len(messages) == 1:
        Path(arguments.out).write_bytes(messages[0])
    else:
        sent = many(len(messages), "short message does", "short messages do")
        raise ConfigError(f"{sent} not go into one file; print them, or take --form wsp")
    return 0


def _trigger(arguments: argparse.Namespace) -> int:
    from dmkit import notify
    from dmkit.auth import Credential
    from dmkit.transport.push import notification_push
    from dmkit.wire import wsp

    try:
        session = int(arguments.session, 16)
    except ValueError:
        raise ConfigError(f"session {arguments.session!r} is no hexadecimal number from 1 to FFFF") from None
    trigger = notify.Trigger(
        arguments.server_id,
        session,
        notify.UiMode(_UI.index(arguments.ui)),
        notify.Initiator.CLIENT if arguments.initiator == "client" else notify.Initiator.SERVER,
        vendor=_octets(arguments.vendor, "vendor"),
    )
    nonce = _octets(arguments.nonce, "nonce")
    octets = notify.encode(trigger, Credential(arguments.server_id, arguments.password), nonce)
    push = notification_push(octets)
    return _emit(arguments, push.content_type, octets, wsp.encode(push))


def _cp(arguments: argparse.Namespace) -> int:
    from dmkit.bootstrap import cp
    from dmkit.bootstrap.run import profile_of
    from dmkit.bootstrap.security import user_string
    from dmkit.transport.push import bootstrap_push
    from dmkit.wire import wsp

    data = read_input(arguments.file)
    if profile_of("", data) == "dm":
        document, media_type = data, "application/vnd.syncml.dm+wbxml"
    else:
        document, media_type = cp.to_wbxml(cp.read(data)), "application/vnd.wap.connectivity-wbxml"
    push = bootstrap_push(document, media_type, arguments.method, network_id=arguments.imsi, pin=arguments.pin)
    if "NET" not in arguments.method:
        unused(arguments, f"with the method {arguments.method}", "--imsi")
    if "USER" not in arguments.method:
        unused(arguments, f"with the method {arguments.method}", "--pin")
    if arguments.method == "USERPINMAC":
        print(f"tell the user {user_string(arguments.pin, document)}", file=sys.stderr)
    return _emit(arguments, media_type, document, wsp.encode(push))


def _options_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "octets",
        nargs="+",
        metavar="FILE|HEX",
        help="a short message's user data, a WSP push or package 0; several messages are joined",
    )


def _options_form(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--form", choices=_FORMS, default="sms", help="how it travels (%(default)s)")
    parser.add_argument(
        "--reference", type=whole(0, 255), default=0, help="joins the parts of a longer message (%(default)s)"
    )
    parser.add_argument(
        "--source-port",
        type=whole(0, 65535),
        default=49154,
        metavar="PORT",
        help="the port that short messages come from; some receivers join parts from 9200 only (%(default)s)",
    )
    parser.add_argument("--out", metavar="FILE", help="write the octets there instead of printing them")


def _options_trigger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server-id", required=True, help="the Server Identifier")
    parser.add_argument("--password", required=True, help="the server's secret in the device's account")
    parser.add_argument("--nonce", default="", help="the nonce that the device gave last, hexadecimal (none)")
    parser.add_argument("--session", default="1", help="the SessionID, hexadecimal (%(default)s)")
    parser.add_argument("--ui", choices=_UI, default=_UI[0], help="what the user is to notice (%(default)s)")
    parser.add_argument(
        "--initiator", choices=("client", "server"), default="server", help="who wished the session (%(default)s)"
    )
    parser.add_argument("--vendor", default="", help="octets at the end, hexadecimal (none)")
    _options_form(parser)


def _options_cp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="a provisioning document (XML or WBXML), or a DM bootstrap message (WBXML)"
    )
    parser.add_argument(
        "--method",
        default="NETWPIN",
        help="its protection: NETWPIN, USERPIN, USERNETWPIN, USERPINMAC, for DM messages NETWORKID, "
        "USERPIN, USERPIN_NETWORKID, or none (%(default)s)",
    )
    parser.add_argument("--imsi", default="", help="the subscriber's number, for the methods of the network")
    parser.add_argument("--pin", default="", help="what the user is told, for the methods with a PIN")
    _options_form(parser)


_BELOW: Final[Mapping[str, CliCommand]] = {
    "decode": CliCommand("show a push octet by octet", "dmkit push decode wake.hex", _options_decode, _decode),
    "trigger": CliCommand(
        "write package 0, the notification that wakes a device",
        "dmkit push trigger --server-id com.mgmtsrv.manage --password srvpw --session 1234",
        _options_trigger,
        _trigger,
    ),
    "cp": CliCommand(
        "write a bootstrap push",
        "dmkit push cp operator.xml --method NETWPIN --imsi 001010123456789",
        _options_cp,
        _cp,
    ),
}

COMMANDS: Final[Mapping[str, CliCommand]] = {
    "push": CliCommand(
        "notifications and bootstrap pushes: read them, write them", "dmkit push decode wake.hex", below=_BELOW
    ),
}
