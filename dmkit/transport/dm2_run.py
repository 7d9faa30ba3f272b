"""``dmkit serve --dm2`` and ``dmkit session --dm2``: a file of packages that is served, and a device that calls.

The file is JSON: ``packages`` is a list of packages 2, each a list of commands; ``repository`` maps paths to data;
``tls``, where the server speaks TLS, names files beside it: ``certificate``, ``key``, and ``client_ca`` when devices
have to show a certificate.  A file whose one package fetches an account and ends is a bootstrap server.
"""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from dmkit.dm2.address import AddressTarget
from dmkit.dm2.client import Client, ExecResult
from dmkit.dm2.commands import Command
from dmkit.dm2.conversation import Line, shown
from dmkit.dm2.documents import MOS, GenericAlert, Initiation
from dmkit.dm2.exchange import Repository
from dmkit.dm2.objects import Objects, node_of
from dmkit.dm2.server import Server, Talk
from dmkit.transport.dm2_http import Serving, application, bootstrap, talk
from dmkit.transport.dm2_trace import write_lines
from dmkit.transport.http import client_context, server_context, start
from dmkit.words.errors import ConfigError

__all__ = ["EXAMPLE", "example_client", "read_plan", "read_tls", "serve", "session"]

_MOST: Final = 4 << 20

EXAMPLE: Final[Any] = {
    "urn:oma:mo:oma-dm-devinfo:1.2": {"1": {"DevID": "", "Man": "Example", "Mod": "T1", "FwV": "1.0.3"}},
    "urn:oma:mo:oma-fumo:1.0": {"1": {"PkgURL": "", "State": 10, "DownloadAndUpdate": {}}},
    "urn:x-dmkit:mo:settings:1.0": {"1": {"poll": 30}},
}
"""Objects of the device that ``dmkit session --dm2`` plays: MOID -> MIID -> data."""


def _read(place: str) -> dict[str, Any]:
    try:
        text = Path(place).read_text(encoding="utf-8")
        plan = json.loads(text)
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{place}: no JSON: {str(error)[:120]}") from None
    if not isinstance(plan, dict) or set(plan) - {"packages", "repository", "tls"}:
        raise ConfigError(f"{place}: an object with 'packages' and 'repository' is right, and 'tls' where it is wanted")
    return plan


def read_tls(place: str) -> ssl.SSLContext | None:
    """TLS as the file wants it; None where it wants none.  ConfigError, one sentence."""
    tls = _read(place).get("tls")
    if tls is None:
        return None
    known = {"certificate", "key", "client_ca"}
    if not isinstance(tls, dict) or set(tls) - known or not all(isinstance(file, str) for file in tls.values()):
        raise ConfigError(f"{place}: tls: an object of file names is right: {', '.join(sorted(known))}")
    if not {"certificate", "key"} <= set(tls):
        raise ConfigError(f"{place}: tls: certificate and key are both wanted")
    files = {name: str(Path(place).parent / file) for name, file in tls.items()}
    return server_context(
        files["certificate"], files["key"], client_ca=files.get("client_ca"), demand_client="client_ca" in files
    )


def read_plan(place: str) -> tuple[tuple[tuple[Command, ...], ...], Repository]:
    """Packages and repository of a file.  ConfigError, one sentence: where, what is wrong, what would be right."""
    plan = _read(place)
    packages = plan.get("packages", [])
    if not isinstance(packages, list) or not all(isinstance(package, list) for package in packages):
        raise ConfigError(f'{place}: packages: a list of lists of commands is right, as [[["GET", "..."]]]')
    made = tuple(tuple(_command(command, place) for command in package) for package in packages)
    held = plan.get("repository", {})
    if not isinstance(held, dict) or not all(path.startswith("/") for path in held):
        raise ConfigError(f"{place}: repository: paths that begin with / are right")
    repository = Repository()
    for path, data in held.items():
        repository = repository.put(path, json.dumps(data, separators=(",", ":")).encode(), MOS)
    return made, repository


def _command(given: object, place: str) -> Command:
    if not isinstance(given, list) or not given or not all(isinstance(part, str) for part in given):
        raise ConfigError(f"{place}: {str(given)[:60]}: a command is a list of texts, its name first")
    command = Command(given[0], tuple(given[1:]))
    if command.wrong:
        raise ConfigError(f"{place}: {command.wrong}")
    return command


def plan_job(packages: Sequence[Sequence[Command]]) -> Any:
    """A job that sends these packages, and returns the statuses."""

    def job(info: Initiation) -> Talk:
        codes: list[object] = []
        for commands in packages:
            statuses = yield list(commands)
            codes += [None if status is None else status.sc for status in statuses]
        return codes

    return job


def serve(place: str, *, port: int | None = None, log: str | None = None) -> int:
    """Listen until told to stop; every device is sent the packages of the file.  Each line that travels is printed,
    and written to ``log`` at the end, secrets taken out."""
    packages, repository = read_plan(place)
    if log is not None:
        write_lines(Path(log), ())  # says now when it cannot be written
    return asyncio.run(_serve(packages, repository, port or 0, read_tls(place), log))


async def _serve(
    packages: Sequence[Sequence[Command]],
    repository: Repository,
    port: int,
    tls: ssl.SSLContext | None,
    log: str | None,
) -> int:
    job = plan_job(packages)
    serving = Serving(Server(always=(("plan", job),)), repository, say=lambda line: print(shown(line), flush=True))
    listening = await start(application(serving), port=port, context=tls)
    print(f"listening on {listening.url}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await listening.close()
    if log is not None:
        write_lines(Path(log), serving.lines)
    return 0


def _executed(objects: Objects, place: AddressTarget, server_uri: str) -> ExecResult:
    """What the example device does: it says that it was done, later when somebody wants to be told."""
    if not place.path or not place.node.is_interior:  # a value is no operation
        return ExecResult(objects, 405)
    alert = GenericAlert("urn:x-dmkit:at:executed", source=place.uri, data='{"DM1x":"200"}')
    return ExecResult(objects, 202 if server_uri else 200, ((server_uri, alert),) if server_uri else ())


def example_client(uri: str, device_id: str) -> Client:
    """The device that ``dmkit session --dm2`` plays; its server has all rights."""
    objects = Objects.of({moid: {miid: node_of(data) for miid, data in own.items()} for moid, own in EXAMPLE.items()})
    return Client(device_id, objects.granted("server"), uri=uri, execute=_executed)


def session(
    uri: str,
    device_id: str,
    *,
    ca: str | None = None,
    certificate: str | None = None,
    trace: str | None = None,
    from_nothing: bool = False,
) -> int:
    """One session; prints what travels.  0 when the server ended it, 1 otherwise.

    ``from_nothing`` asks ``uri`` for an account, and has its session with the server of that account.
    """
    context = client_context(ca, certificate=certificate) if ca or certificate else None
    if from_nothing:
        done = asyncio.run(bootstrap(device_id, uri, context=context))
    else:
        done = talk(example_client(uri, device_id), mos=True, context=context)
    line: Line
    for line in done.lines:
        print(shown(line))
    if trace is not None:
        write_lines(Path(trace), done.lines)
    events = done.lines[-1].events if done.lines else ()
    ended = any(event.startswith("END") for event in events)
    for event in events:
        print(event)
    if from_nothing and done.client.server == "bootstrap":
        print("no account came: neither SrvID nor SrvURI of one is there")
        return 1
    return 0 if ended else 1
