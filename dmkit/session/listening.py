"""What a server makes of a device's message: Statuses and Results are booked, alerts judged, objects joined.

[DMPRO §7, §8.7]
"""

from __future__ import annotations

from dmkit.session.alerts import CONTROL
from dmkit.session.batch import Batch
from dmkit.session.events import AlertReceived, Discarded
from dmkit.session.job_queue import Desk
from dmkit.session.objects import Sending
from dmkit.session.side import Side
from dmkit.session.states import SERVER
from dmkit.words.codes import AlertCode, Format, StatusCode
from dmkit.words.model import Alert, Command, Item, Message, Replace, Results, Status
from dmkit.words.outcome import Outcome

__all__ = ["Listening"]

_DEV_INFO = "./DevInfo/"


class Listening(Side):
    """The half of ServerSession that takes in what the device says; the other half answers."""

    desk: Desk
    info: dict[str, str]
    _batch: Batch | None
    _outgoing: Sending | None
    _extra: list[Command]

    def _take(self, message: Message) -> list[Outcome]:
        """Book Statuses and Results, judge Alerts; outcomes for what must be answered, in order."""
        outcomes: list[Outcome] = []
        for said in message.commands:
            if isinstance(said, Status):
                self._take_status(said)
                continue
            command = self._object(said, outcomes)
            if command is None:
                continue
            if isinstance(command, Results):
                self._take_results(command)
            elif isinstance(command, Alert):
                handler = CONTROL[SERVER].get(command.code)
                outcome = handler(self, command) if handler else Outcome(StatusCode.NOT_SUPPORTED, command=command)
                self._say(AlertReceived(command, outcome.status or StatusCode.NOT_SUPPORTED))
                if outcome.ok:
                    self.desk.heard(command)
                outcomes.append(outcome)
            elif isinstance(command, Replace):
                outcomes.append(Outcome(self._device_info(command), command=command))
            else:
                outcomes.append(Outcome(StatusCode.NOT_ALLOWED, command=command))
        return outcomes

    def _device_info(self, command: Replace) -> StatusCode:
        """Take the leaves below ./DevInfo; one real client sends its interior nodes too, which say nothing."""
        said: dict[str, str] = {}
        for item in command.items:
            uri = item.source or item.target or ""
            uri = uri if uri.startswith("./") else f"./{uri}"
            if not f"{uri}/".startswith(_DEV_INFO):
                return StatusCode.NOT_ALLOWED
            meta = item.meta or command.meta
            if Format.of(meta.format if meta else None) is not Format.NODE and uri != _DEV_INFO[:-1]:
                said[uri[len(_DEV_INFO) :]] = item.text
        self.info.update(said)
        return StatusCode.OK

    def _take_status(self, status: Status) -> None:
        if status.is_header or self._batch is None:
            return
        sending = self._outgoing
        if sending is not None and sending.at and status.cmd_ref == self._batch.piece_id:
            if status.code == StatusCode.CHUNK_ACCEPTED:
                return
            why = "the device took the first piece for the whole" if status.code.is_ok else ""
            self._give_up_object(Outcome(None if status.code.is_ok else status.code, items=status.items, why=why))
            return
        self._batch.status(status, self.sent.header.msg_id if self.sent else "")

    def _give_up_object(self, outcome: Outcome) -> None:
        sending = self._outgoing
        assert sending is not None and self._batch is not None
        self._say(Discarded(sending.uri, f"the device refused a piece: {outcome}"))
        self._batch.drop_object(outcome)
        self._outgoing = None

    def _take_results(self, results: Results) -> None:
        if self._batch is not None:
            self._batch.results(results)

    def _object(self, command: Command, outcomes: list[Outcome]) -> Command | None:
        """Join pieces of Results and Generic Alerts; None when there is nothing to look at yet."""
        if not isinstance(command, Results | Alert) or not (command.items or isinstance(command, Results)):
            return command
        broken = self._broken_by(command)
        if broken is not None:
            self._extra.append(Alert(AlertCode.NO_END_OF_DATA, (Item(source=broken),)))
        if self._incoming is not None or any(item.more_data for item in command.items):
            done: Outcome | Command = Outcome(StatusCode.BAD_REQUEST, command=command)
            if len(command.items) == 1:
                done = self._piece(command, command.items[0])
        elif self._announced and any(self._too_large(command, item) for item in command.items):
            done = Outcome(StatusCode.TOO_LARGE, command=command)
        else:
            done = command
        if isinstance(done, Outcome):
            outcomes.append(done)
            return None
        return done
