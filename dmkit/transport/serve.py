"""``dmkit serve``: a configured server, listening until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from secrets import token_urlsafe
from typing import Final, TextIO

from dmkit.server.server import Server
from dmkit.session.events import Event
from dmkit.session.rules import loosened
from dmkit.session.work import QueuedJob
from dmkit.transport.config import ServeConfig, read_config
from dmkit.transport.http import ServerLimits, application, reserve, server_context, start
from dmkit.transport.redact import TOKEN_MARK, Redactor, private
from dmkit.transport.store import StoredServer, urandom_nonces
from dmkit.transport.trace import write_log_line
from dmkit.transport.windows_enrol import add_enrolment
from dmkit.windows.enrol_server import EnrolmentServer
from dmkit.wire.codec import codec_for
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Packet

__all__ = ["make_server", "run"]

_LOG: Final = logging.getLogger("dmkit.http")
_SELDOM: Final = (20_000, 20, 20)
"""How many objects are made before the collector looks for circles, and how often it does before it looks further.
Messages leave none, and to look after every few of them took a twelfth of the time of a served request."""


def make_server(config: ServeConfig) -> Server:
    """The server of a configuration: on its database, or in memory when it names none."""
    limits = config.limits
    base = config.address.rstrip("/")

    def address_of_session(device: str, session_id: str) -> str:
        """A RespURI that nobody can guess: who speaks there was told of it in this very session."""
        return f"{base}/{TOKEN_MARK}{token_urlsafe(16)}"

    if config.database is not None:
        return StoredServer(
            config.database,
            config.account_table(),
            rules=config.rules(),
            welcome=config.job_specs(),
            max_sessions=limits.sessions,
            durable=config.durable,
            resp_uri=address_of_session,
        )
    return Server(
        config.account_table(),
        nonces=lambda device: urandom_nonces(),
        rules=config.rules(),
        welcome=[QueuedJob(spec.do, spec.build()) for spec in config.job_specs()],
        max_sessions=limits.sessions,
        resp_uri=address_of_session,
    )


def _warnings(config: ServeConfig, server: Server) -> tuple[str, ...]:
    """What whoever starts this server should know of it: rules that let pass too much, secrets that go to anybody."""
    value = loosened(server.rules)
    basics = {account.server_auth for account in config.accounts if account.auth == "none"} - {"none"}
    if basics and not (config.tls is not None and config.tls.demand_client):
        value += (f"auth = none: the server proves itself by {', '.join(sorted(basics))} to whoever asks",)
    return value


def _logger(stream: TextIO) -> Callable[[str, Packet, float, tuple[Event, ...]], None]:
    """Writes a line per message.  A session is named by its SessionID and the device: devices share SessionIDs."""

    redactor = Redactor()

    def log(sender: str, packet: Packet, at: float, events: tuple[Event, ...]) -> None:
        try:
            message = codec_for(packet.media_type, packet.body).decode(packet.body, lenient=True)
        except CodecError:
            session = ""
        else:
            header = message.header
            device = header.source if sender == "client" else header.target
            session = f"{header.session_id} {device}"
        stream.write(write_log_line(at, session, sender, packet, events, redactor) + "\n")
        stream.flush()

    return log


def run(file: str, *, port: int | None = None, log: str | None = None, enrol: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; 0 when it ended in order.

    ``enrol`` are NAME=TOKEN of users whose devices may enrol as Windows does it, on the same port.
    """
    config = read_config(file)
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    with ExitStack() as stack:
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(*_SELDOM)
        sock = stack.enter_context(reserve(config.host, port if port is not None else config.port))
        config = replace(config, port=sock.getsockname()[1])
        stream = stack.enter_context(open(log, "a", encoding="utf-8", opener=private)) if log else None
        server = make_server(config)
        if isinstance(server, StoredServer):
            stack.callback(server.close)
        return asyncio.run(_serve(config, server, sock, stream, None if enrol is None else _users(enrol)))


def _users(enrol: Sequence[str]) -> dict[str, str]:
    """Names and tokens of those who may enrol."""
    users = dict(word.partition("=")[::2] for word in enrol)
    wrong = next((name for name, token in users.items() if "@" not in name or not token), None)
    if wrong is not None or not users:
        raise ConfigError(f"--enrol {wrong or ''!r}: ann@example.org=TOKEN is right")
    return users


async def _serve(
    config: ServeConfig, server: Server, sock: socket.socket, stream: TextIO | None, users: dict[str, str] | None
) -> int:
    limits = ServerLimits(**{name: getattr(config.limits, name) for name in ServerLimits.__dataclass_fields__})
    tls = config.tls
    context = None
    if tls is not None:
        context = server_context(tls.certificate, tls.key, client_ca=tls.client_ca, demand_client=tls.demand_client)
    app = application(
        server.take if isinstance(server, StoredServer) else server.receive,
        commit=server.commit if isinstance(server, StoredServer) else None,
        path=config.path,
        limits=limits,
        observe=_logger(stream) if stream is not None else None,
        expire=server.expire,
    )
    if users is not None:
        where = f"{'https' if context is not None else 'http'}://{config.host}:{config.port}"
        enrolment = EnrolmentServer.for_users(users, base=where, management=f"{where}{config.path}",
                                              server_id=config.server_id)  # fmt: skip
        add_enrolment(app, enrolment, server)
    listening = await start(app, host=config.host, path=config.path, context=context, sock=sock)
    if users is not None:
        print(f"enrolling {', '.join(users)} at {where}/EnrollmentServer/Discovery.svc", flush=True)
    print(f"serving {config.server_id} at {listening.url}", flush=True)
    for sentence in _warnings(config, server):
        print(f"note: {sentence}", flush=True)
        _LOG.warning("note: %s", sentence)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await listening.close()
    print("stopped", flush=True)
    return 0
