"""What each alert does: a table per role, from the code to a function that gives the outcome.

A new alert is a row in ``codes.AlertCode`` and a row here, or a function under its number in ``Rules.alerts``.
Questions to the user (1100 to 1104) are
commands for the device: ``tree.execute`` puts them to it in their place among the others.  [DMPRO §8.7, DMREPPRO §7]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dmkit.session.states import CLIENT, SERVER
from dmkit.words.arguments import fits, gave
from dmkit.words.codes import AlertCode, StatusCode
from dmkit.words.errors import ConfigError
from dmkit.words.late import late_pattern
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome

if TYPE_CHECKING:
    from dmkit.session.client_turn import ClientTurn
    from dmkit.session.server_turn import ServerTurn

__all__ = ["CONTROL", "alert_type", "answer"]

_TYPE: Final = late_pattern(r"(?:Content-Type:\s*\S+/\S+|Reversed-Domain-Name:\s*[A-Za-z0-9.-]+(?:/[A-Za-z0-9]+)*)\Z")


def alert_type(item: Item) -> str | None:
    """Type of a Generic Alert without its prefix; None when it has none.  [DMPRO §8.7.1.6]

    >>> from dmkit.words.model import Meta
    >>> alert_type(Item(meta=Meta(type=" Reversed-Domain-Name: com.example.battery ")))
    'com.example.battery'
    """
    text = (item.meta.type or "").strip() if item.meta is not None else ""
    return text.partition(":")[2].strip() if _TYPE.match(text) else text or None


# -- what the server may tell the client --------------------------------------------------------------------------


def _more_please(session: ClientTurn, alert: Alert) -> Outcome:
    return Outcome(StatusCode.OK, command=alert)


def _object_broke(session: ClientTurn, alert: Alert) -> Outcome:
    session.restart_object()
    return Outcome(StatusCode.OK, command=alert)


# -- what the client may tell the server --------------------------------------------------------------------------


def _ok(session: ServerTurn, alert: Alert) -> Outcome:
    return Outcome(StatusCode.OK, command=alert)


def _server_object_broke(session: ServerTurn, alert: Alert) -> Outcome:
    session.restart_object()
    return Outcome(StatusCode.OK, command=alert)


def _each(alert: Alert, status_of: Callable[[Item], StatusCode]) -> Outcome:
    """One outcome per Item; no Item at all is 412."""
    parts = tuple(Outcome(status_of(item)) for item in alert.items)
    if not parts:
        return Outcome(StatusCode.INCOMPLETE, command=alert, why="an alert of this kind has at least one Item")
    worst = max(parts, key=lambda part: part.status or 0)
    return Outcome(worst.status, command=alert, parts=parts if len(parts) > 1 else ())


def _generic(session: ServerTurn, alert: Alert) -> Outcome:
    known, lenient = session.rules.known_alerts, session.rules.lenient

    def status_of(item: Item) -> StatusCode:
        kind = alert_type(item)
        if kind is None or (item.meta is not None and item.meta.format is None and not lenient):
            return StatusCode.INCOMPLETE
        if known is not None and not known(kind):
            return StatusCode.UNSUPPORTED_TYPE
        return StatusCode.OK

    return _each(alert, status_of)


def _event(session: ServerTurn, alert: Alert) -> Outcome:
    known = session.rules.known_events

    def status_of(item: Item) -> StatusCode:
        kind = alert_type(item)
        return StatusCode.OK if known is None or (kind is not None and known(kind)) else StatusCode.NOT_SUPPORTED

    return _each(alert, status_of)


def answer(turn: ClientTurn | ServerTurn, role: str, alert: Alert) -> Outcome | None:
    """What ``role`` does with ``alert``: the function in ``Rules.alerts``, else the row of CONTROL, else None."""
    own = turn.rules.alerts.get(alert.code)
    if own is not None:
        name = f"Rules.alerts[{int(alert.code)}]"
        try:
            given = gave(name, own(alert), (Outcome, StatusCode), "an Outcome or a StatusCode")
        except TypeError:
            if not fits(own, alert):
                raise ConfigError(
                    f"{name} is not called with one argument; it must be a function of the Alert"
                ) from None
            raise
        outcome = given if isinstance(given, Outcome) else Outcome(given)
        return outcome if outcome.command is not None else replace(outcome, command=alert)
    row = CONTROL[role].get(alert.code)
    return None if row is None else row(turn, alert)


CONTROL: Final[Mapping[str, Mapping[AlertCode, Callable[[Any, Alert], Outcome]]]] = {
    CLIENT: {
        AlertCode.NEXT_MESSAGE: _more_please,
        AlertCode.NO_END_OF_DATA: _object_broke,
    },
    SERVER: {
        AlertCode.SERVER_INITIATED: _ok,
        AlertCode.CLIENT_INITIATED: _ok,
        AlertCode.NEXT_MESSAGE: _ok,
        AlertCode.SESSION_ABORT: _ok,
        AlertCode.CLIENT_EVENT: _event,
        AlertCode.NO_END_OF_DATA: _server_object_broke,
        AlertCode.GENERIC: _generic,
    },
}
"""Role -> alert code -> what to do.  An alert without a row is answered 406."""
