"""The client of DM 2.0: calls out, answers in.  An engine without socket, clock or dice.

Its state is one frozen value: ``start`` and ``receive`` give a new one, and what to call next.  A call goes to the
server, or in the middle of a package to a repository, when HGET, HPUT or HPOST want it.  [dm20 sheet §2, §6]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from dmkit.dm2.address import AddressTarget
from dmkit.dm2.commands import COMMANDS, Command
from dmkit.dm2.documents import (
    INITIATION,
    REQUEST,
    RESPONSE,
    GenericAlert,
    Initiation,
    Instances,
    Request,
    Response,
    Status,
    read,
    write,
)
from dmkit.dm2.doing import DO
from dmkit.dm2.exchange import HttpAnswer, HttpCall
from dmkit.dm2.fetching import ask, came, taken
from dmkit.dm2.objects import InstanceRight, Objects
from dmkit.dm2.rules import DEFAULT, Dm2Rules
from dmkit.tree.rules import StatusNumber
from dmkit.words.checked import checked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["AT", "Client", "ClientStep", "ExecResult", "Executor"]

AT: Final = "urn:oma:at:dm:2.0:"

Executor: TypeAlias = Callable[[Objects, AddressTarget, str], "ExecResult"]
"""What EXEC does: objects, the place, the ServerURI for a later report -> objects, status, alerts for later."""


@checked
@dataclass(frozen=True, slots=True)
class ExecResult:
    """What became of an EXEC, as an ``Executor`` tells it.

    ``objects`` are those after it, ``sc`` its status, ``later`` alerts for a later session, each behind its server.
    """

    objects: Objects
    sc: StatusNumber = 200
    later: tuple[tuple[str, GenericAlert], ...] = ()


def nothing_to_execute(objects: Objects, place: AddressTarget, server_uri: str) -> ExecResult:
    """The executor of a device on which nothing can be executed."""
    return ExecResult(objects, 405)


@dataclass(frozen=True, slots=True)
class ClientStep:
    """``call`` is what to call next, None at the end; ``events`` are sentences of what happened, in order."""

    client: Client
    call: HttpCall | None
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A client, in a session or not.

    ``server`` is the identifier of the server, ``uri`` the address of its account, ``target`` where package 3 goes
    (CONT changes it).  ``defaults`` maps a MOID to where its configuration is fetched, ``subscriptions`` a ClientURI
    to where changes go.  ``moids`` are the objects that the account lists, and the server touches no other; None where
    it lists none.  ``session`` are the leaves of the session information object, none where there is no such object.
    ``notes`` are sentences of what happened since the last call, ``later`` alerts for a later session with
    the address that wants them.
    """

    device_id: str
    objects: Objects
    server: str = "server"
    uri: str = "https://dm.example.com/dm"
    rules: Dm2Rules = DEFAULT
    execute: Executor = nothing_to_execute
    target: str = ""
    phase: str = "idle"
    todo: tuple[Command, ...] = ()
    done: tuple[Status, ...] = ()
    ends: bool = False
    sent: int = 0
    counted: int = 0
    alerts: tuple[GenericAlert, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    subscriptions: tuple[tuple[str, str], ...] = ()
    shown: tuple[str, ...] = ()
    later: tuple[tuple[str, GenericAlert], ...] = ()
    session: tuple[tuple[str, str], ...] = ()
    moids: tuple[str, ...] | None = None
    notes: tuple[str, ...] = field(default=(), repr=False)

    # -- beginning

    def start(
        self, *, notification: int | None = None, mos: bool = False, alerts: tuple[GenericAlert, ...] = ()
    ) -> ClientStep:
        """Package 1: an alert that says who began, with ``mos`` a list of the objects, then ``alerts``."""
        if notification is None:
            first = GenericAlert(AT + "ClientInitiatedMgmt")
        elif self.rules.notification_member == "SourceURI":
            first = GenericAlert(AT + "ServerInitiatedMgmt", source=str(notification))
        else:
            first = GenericAlert(AT + "ServerInitiatedMgmt", data=f'{{"NotificationID":{notification}}}')
        document = Initiation(self._mos() if mos else (), (first, *alerts))
        client = replace(self, phase="asked", target=self.uri, todo=(), done=(), ends=False, sent=1, counted=0)
        return ClientStep(client, client._call(document, INITIATION), (f"package 1: {first.type.removeprefix(AT)}",))

    def _mos(self) -> tuple[Instances, ...]:
        """Every MOID; an instance only where the server has rights on it.  [dm20 sheet §4]"""
        found: dict[str, tuple[str, ...]] = dict.fromkeys(self.moids or (), ())
        for instance in self.objects.instances:
            if not self.touches(instance.moid):
                continue
            seen = self.rules.access == "open" or any(
                self.objects.may(self.server, instance, right) for right in InstanceRight
            )
            found[instance.moid] = (*found.get(instance.moid, ()), *((instance.miid,) if seen else ()))
        return tuple(Instances(moid, miids) for moid, miids in found.items())

    def touches(self, moid: str) -> bool:
        """Whether the account lets the server touch this object; what it may do with an instance, its rights say."""
        return self.moids is None or moid in self.moids

    def _call(self, document: Initiation | Response, media_type: str) -> HttpCall:
        headers = (("content-type", media_type), ("accept", REQUEST), ("omadm-devid", self.device_id))
        return HttpCall("POST", self.target, headers, write(document))

    def configure(self, moid: str) -> ClientStep:
        """Fetch the configuration of an object that is missing, from where DEFAULT said; no call when nothing is.

        It runs as HGET does, and nobody is sent a status.  [dm20 sheet §6]
        """
        uri = dict(self.defaults).get(moid)
        if uri is None or self.objects.of_object(moid):
            why = "there is an instance" if uri is not None else "no DEFAULT says from where"
            return ClientStep(self, None, (f"{moid}: not fetched, {why}",))
        client, call = ask(replace(self, phase="default", todo=(Command.of("HGET", uri),)), Command.of("HGET", uri))
        return ClientStep(client, call, (f"{moid}: configuration is fetched from {uri}",))

    # -- going on

    def receive(self, answer: HttpAnswer) -> ClientStep:
        """What the last call was answered: package 2, or the answer of a repository."""
        if self.phase == "asked":
            return self._package_2(answer)
        if self.phase == "repository":
            return came(self, answer)
        if self.phase == "default":
            installed, _, event = taken(self, answer)
            return replace(installed, notes=())._over(event)
        return ClientStep(self, None, ("an answer to nothing",))

    def _over(self, event: str) -> ClientStep:
        client = replace(self, phase="idle", todo=(), done=(), alerts=(), notes=())
        return ClientStep(client, None, (*self.notes, event))

    def _package_2(self, answer: HttpAnswer) -> ClientStep:
        if answer.status != 200:
            return self._over(f"HTTP {answer.status}: the session ends, and is not tried again")
        try:
            media_type = answer.header("content-type")
            if media_type.partition(";")[0].strip().lower() != REQUEST:
                raise CodecError(f"media type {media_type[:80]!r}; {REQUEST} is right")
            document = read(answer.body, media_type, strict=self.rules.strict)
        except CodecError as error:
            return self._over(f"no package 2: {error}; the session ends")
        assert isinstance(document, Request)
        if self.counted + len(document.commands) > self.rules.commands:
            return self._over(f"more than {many(self.rules.commands, 'command')}; the session ends")
        ends = any(command.name == "END" for command in document.commands)
        todo = tuple(command for command in document.commands if command.name != "END")
        client = replace(
            self, todo=todo, done=(), ends=ends, counted=self.counted + len(document.commands),
            notes=tuple(f"deviation: {sentence}" for sentence in document.deviations),
        )  # fmt: skip
        return client.go_on()

    def go_on(self) -> ClientStep:
        """Commands in order, until one has to call a repository, or all are done."""
        client = self
        while client.todo:
            command = client.todo[0]
            failed = client.rules.after_failure == "stop" and any(status.sc >= 400 for status in client.done)
            if failed:
                client = client.refused(command, 215, f"{command}: not executed, 215")
                continue
            wrong = command.wrong
            if command.name not in COMMANDS:
                if client.rules.unknown_command == "skip":
                    client = replace(
                        client, todo=client.todo[1:], notes=(*client.notes, f"{command}: unknown, skipped")
                    )
                else:
                    client = client.finished(Status(501), f"{command}: unknown, 501")
            elif wrong:
                client = client.refused(command, 400, f"{wrong}: 400")
            elif command.name in ("HGET", "HPUT", "HPOST"):
                client, call = ask(client, command)
                if call is not None:
                    return ClientStep(replace(client, phase="repository", notes=()), call, client.notes)
            else:
                client = DO[command.name](client, command)
        return client._answered()

    def finished(self, status: Status | None, event: str) -> Client:
        """The first command is done, with this status; None for commands that have none."""
        done = self.done if status is None else (*self.done, status)
        return replace(self, todo=self.todo[1:], done=done, notes=(*self.notes, event))

    def refused(self, command: Command, sc: int, event: str) -> Client:
        """The first command is not done; one that has no status gets none either, or it would shift all behind it."""
        row = COMMANDS.get(command.name)
        return self.finished(Status(sc) if row is None or row.answered else None, event)

    def _answered(self) -> ClientStep:
        events = self.notes
        if self.ends and self.rules.results_with_end == "lost":
            lost = f"END: {many(len(self.done), 'status is', 'statuses are')} not sent" if self.done else "END"
            return replace(self, notes=events)._over(lost)
        if self.sent > self.rules.packages:
            return self._over(f"{many(self.sent, 'package')} sent; the session ends")
        document = Response(self.done, self.alerts)
        phase = "asked"
        client = replace(self, phase=phase, done=(), alerts=(), sent=self.sent + 1, notes=())
        return ClientStep(
            client, client._call(document, RESPONSE), (*events, f"package 3: {many(len(self.done), 'status')}")
        )
