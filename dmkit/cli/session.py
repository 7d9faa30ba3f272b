"""``dmkit serve | session | load``: sessions over HTTP."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final

from dmkit.cli.command import CliCommand, naming, unused, whole

__all__ = ["COMMANDS"]


def _serve(arguments: argparse.Namespace) -> int:
    if arguments.dm2:
        unused(arguments, "beside --dm2: enrolment is of DM 1.2", "--enrol")
        from dmkit.transport.dm2_run import serve

        return serve(arguments.config, port=arguments.port, log=arguments.log)
    from dmkit.transport.serve import run

    return run(arguments.config, port=arguments.port, log=arguments.log, enrol=arguments.enrol)


_ONLY_12: Final = ("--user", "--password", "--auth", "--server-id", "--server-password", "--wbxml", "--lenient",
                   "--tree", "--push", "--imsi", "--pin", "--show-tree")  # fmt: skip
"""Options of a session that DM 2.0 has no use for."""


def _session(arguments: argparse.Namespace) -> int:
    if arguments.dm2:
        unused(arguments, "beside --dm2", *_ONLY_12)
        from dmkit.transport.dm2_run import session

        return session(
            arguments.url,
            arguments.device_id,
            ca=arguments.ca,
            certificate=arguments.certificate,
            trace=arguments.trace,
            from_nothing=arguments.bootstrap,
        )
    if arguments.bootstrap:
        from dmkit.words.errors import ConfigError

        raise ConfigError("--bootstrap goes with --dm2; in DM 1.2 a bootstrap comes by dmkit push")
    if arguments.imsi is None:
        unused(arguments, "without --imsi: nobody types it where there is no bootstrap", "--pin")
    if arguments.imsi and not arguments.push:
        from dmkit.words.errors import ConfigError

        raise ConfigError("--imsi goes with --push: a device without an account needs a bootstrap document")
    from dmkit.transport.software_device import run

    with naming(arguments.push or arguments.url):
        return run(arguments)


def _load(arguments: argparse.Namespace) -> int:
    from dmkit.transport.load import run

    return run(arguments.url, sessions=arguments.sessions, processes=arguments.processes, rounds=arguments.rounds)


def _options_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG.toml", help="what to serve (docs/serving.md lists every field)")
    parser.add_argument(
        "--port", type=whole(0, 65535), help="listen here instead of the configured port; 0 takes any free one"
    )
    parser.add_argument("--log", metavar="FILE", help="write one JSON line per message, without secrets")
    parser.add_argument(
        "--enrol", action="append", metavar="USER=TOKEN", help="let devices of this user enrol as Windows does it"
    )
    parser.add_argument("--dm2", action="store_true", help="DM 2.0; CONFIG is JSON: packages to send, a repository")


def _options_session(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where the server takes messages")
    parser.add_argument("--device-id", default="IMEI:493005100592800", help="the device's address (%(default)s)")
    parser.add_argument("--user", default="client", help="with what name the device proves itself (%(default)s)")
    parser.add_argument("--password", default="clientpw", help="its secret (%(default)s)")
    parser.add_argument("--auth", default="md5", choices=["none", "basic", "md5", "mac"], help="how (%(default)s)")
    parser.add_argument("--server-id", default="dmkit", help="the Server Identifier of the account (%(default)s)")
    parser.add_argument(
        "--server-password", default="", help="the server's secret; empty: the transport vouches for it"
    )
    parser.add_argument("--wbxml", action="store_true", help="speak WBXML instead of XML")
    parser.add_argument("--lenient", action="store_true", help="accept what real servers do wrong, and report it")
    parser.add_argument("--tree", metavar="FILE", help="a JSON or TOML table of URIs and values, added to the tree")
    parser.add_argument("--push", metavar="FILE", help="what wakes it: a push as it travels, package 0 or a bootstrap")
    parser.add_argument("--imsi", metavar="DIGITS", help="it has no account yet, and this identity: --push gives one")
    parser.add_argument("--pin", metavar="DIGITS", help="with --imsi: the PIN that its user types for a bootstrap")
    parser.add_argument("--ca", metavar="PEM", help="authorities to check the server's certificate against")
    parser.add_argument("--certificate", metavar="PEM", help="a certificate of the device, with its key")
    parser.add_argument("--trace", metavar="FILE", help="write the session as JSON lines, without secrets")
    parser.add_argument("--show-tree", action="store_true", help="print the tree afterwards")
    parser.add_argument(
        "--dm2", action="store_true", help="speak DM 2.0; --device-id, --ca, --certificate, --trace count"
    )
    parser.add_argument(
        "--bootstrap", action="store_true", help="with --dm2: URL is a bootstrap server, begin from nothing"
    )


def _options_load(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="a served dmkit with an account for any device")
    parser.add_argument(
        "--sessions", type=whole(1, 10_000), default=200, help="sessions at the same time (%(default)s)"
    )
    parser.add_argument("--processes", type=whole(1, 64), default=2, help="client processes (%(default)s)")
    parser.add_argument(
        "--rounds", type=whole(1, 1_000_000), default=3, help="sessions one after the other per device (%(default)s)"
    )


COMMANDS: Final[Mapping[str, CliCommand]] = {
    "serve": CliCommand(
        "serve devices over HTTP", "dmkit serve server.toml --log messages.jsonl", _options_serve, _serve
    ),
    "session": CliCommand(
        "run a software device against a DM server",
        "dmkit session http://127.0.0.1:8080/dm --user client --password clientpw",
        _options_session,
        _session,
    ),
    "load": CliCommand(
        "put a load on a server of this machine",
        "dmkit load http://127.0.0.1:8080/dm --sessions 200",
        _options_load,
        _load,
    ),
}
