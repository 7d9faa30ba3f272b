"""The behaviour of where-are-you.toml: what a server does with the alert, and a device with the command."""

from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Item
from dmkit.words.outcome import Outcome


def heard(alert: Alert) -> StatusCode:
    """A place of whole degrees is taken, a finer one is too much and refused, nothing is incomplete."""
    text = alert.items[-1].text if alert.items else ""
    if not text:
        return StatusCode.INCOMPLETE
    return StatusCode.BAD_REQUEST if "." in text else StatusCode.OK


def asked(tree, call):
    """What an Exec of ./Where gives: latitude and longitude, rounded."""
    return tree, Outcome(StatusCode.OK, items=(Item(data="48 11"),))
