"""Why commands on the tree are refused: each reason with its status, in a table.

``TreeRules.status`` gives a reason another status, which is how engines differ most.  [DMTND §5-§8, DMREPPRO §6.6]

>>> Refusal.SIBLING.status, Refusal.SIBLING.value
(<418 Already exists>, 'sibling')
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from dmkit.words.codes import StatusCode
from dmkit.words.errors import CommandFailed

__all__ = ["Refusal", "refuse"]


class Refusal(StrEnum):
    """One reason to refuse a command, with the ``status`` to send, its ``meaning`` and its ``source``."""

    status: StatusCode
    meaning: str
    source: str

    def __new__(cls, value: str, status: int, meaning: str, source: str) -> Self:
        """Make the member called ``value``."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.status = StatusCode(status)
        member.meaning = meaning
        member.source = source
        return member

    # addresses
    MALFORMED = "malformed uri", 400, "the address is no URI of the tree", "UNSURE DMTND §5"
    NO_TARGET = "no target", 400, "the Item names no node", "DMREPPRO §6.3.2"
    LIMITS = "limits", 414, "the address is longer or deeper than DevDetail/URI allows", "DMREPPRO §6.6.1"
    MISSING = "missing", 404, "there is no such node", "DMREPPRO §6.6"
    NO_PARENT = "no parent", 404, "its parent is missing, and the device makes none", "DMREPPRO §6.6.1"
    EXISTS = "exists", 418, "the node is there already", "DMREPPRO §6.6.1"
    ROOT_EXISTS = "root exists", 418, "the root is always there", "DMREPPRO §6.6.1"
    BELOW_LEAF = "below leaf", 405, "a node on the way is a leaf", "DMREPPRO §6.6.1"
    SIBLING = "sibling", 418, "a sibling has this name", "DMTND §7.7.3"
    # what the device can
    NO_COPY = "no copy", 406, "the device has no Copy", "DMREPPRO §6.6.4"
    NO_EXEC = "no exec", 406, "the device has no Exec", "DMREPPRO §6.6.6"
    NO_TNDS = "no tnds", 415, "the device takes no serialised trees", "DMREPPRO §6.6.1"
    NO_PROPERTY = "no property", 406, "the node has no such property", "DMTND §7.3"
    NO_LISTING = "no listing", 406, "the device has no such listing", "DMTND §8.1"
    # what the node can
    INBOX = "inbox", 405, "nothing is read at or below the Inbox", "DMSTDOBJ §5.3.4"
    ON_PROPERTY = "on property", 405, "a property does not take this command", "DMTND §7.5"
    ON_LISTING = "on listing", 405, "a listing is only for Get", "UNSURE DMTND §8"
    INTERIOR_VALUE = "interior value", 405, "an interior node has no value", "DMTND §6.2"
    ACCESS_TYPE = "access type", 405, "AccessType has no such command", "DMTND §6.2.5"
    NOTHING_TO_RUN = "nothing to run", 405, "nothing happens on Exec here", "DMREPPRO §6.6.6"
    ROOT = "root", 405, "the root is neither deleted nor renamed", "DMTND §6.2.3"
    PERMANENT = "permanent", 405, "permanent nodes are neither made nor deleted nor renamed", "DMTND §6.2.3"
    FIXED = "fixed", 405, "format and type of a permanent node are fixed", "DMREPPRO §6.6.11"
    NOT_DESCRIBED = "not described", 405, "the description knows no node of this name here", "DMTND §9"
    TOO_MANY = "too many", 405, "Occurrence: there may be no more of these", "UNSURE DMTND §9.4.3"
    ROOT_ACL = "root acl", 405, "the root always has a list, and its Add stays *", "DMTND §7.7.1.2"
    # who may
    RIGHTS = "rights", 425, "the access control list does not grant it", "DMTND §7.7.1"
    # what is said
    BAD_ACL = "bad acl", 400, "the text is no access control list", "UNSURE DMTND §7.7.1.5"
    BAD_NAME = "bad name", 400, "the text is no name", "UNSURE DMTND §7.7.3"
    NAME_TOO_LONG = "name too long", 414, "a name is a segment and has its limit", "UNSURE DMTND §7.7.3"
    TITLE_TOO_LONG = "title too long", 413, "a Title has at most 255 octets", "UNSURE DMTND §7.7.5"
    FORMAT = "format", 415, "the node does not take this Format", "DMREPPRO §6.6.1"
    TYPE = "type", 415, "the node does not take this Type", "DMREPPRO §6.6.1"
    TYPE_NEEDED = "type needed", 415, "the node takes several types, so the Type must be said", "DMTND §7.7.7.1"
    LEXICAL = "lexical", 415, "the text is no value of this Format", "DMREPPRO §6.6.1"
    RANGE = "range", 415, "the description does not allow this value", "DMREPPRO §6.6.11"
    INTERIOR_DATA = "interior data", 415, "an interior node is added without Data", "UNSURE DMREPPRO §6.6.1"
    LEAF_TO_INTERIOR = "leaf to interior", 415, "a leaf does not become an interior node", "UNSURE DMREPPRO §6.6.11"
    TOO_LARGE = "too large", 413, "the value is longer than the node takes", "DMREPPRO §6.6.1"
    COPY_INTERIOR = "copy interior", 405, "Copy takes a leaf to a leaf", "UNSURE DMREPPRO §6.6.4"
    COPY_UNFIT = "copy unfit", 403, "the target does not take a value of this kind", "DMREPPRO §6.6.4"
    TNDS_UNFIT = "tnds unfit", 415, "the serialised tree is malformed", "DMTNDS §6"
    TNDS_TWICE = "tnds twice", 418, "the serialised tree has one node twice", "UNSURE DMTNDS §6"
    TNDS_PLACE = "tnds place", 404, "the Inbox knows no place for this object", "UNSURE DMSTDOBJ §5.3.4"
    # what the device says in the end
    IN_USE = "in use", 403, "the device is using the node", "DMREPPRO §6.6.11"
    FULL = "full", 420, "no room is left", "DMREPPRO §6.6.1"
    STORE_FAILED = "store failed", 510, "the store of the device failed", "DMREPPRO §6.6.4"


def refuse(reason: Refusal, at: object, why: str = "") -> CommandFailed:
    """The failure to raise: a sentence that begins with the URI, ``why`` in place of the general meaning."""
    where = str(at)
    return CommandFailed(reason.status, f"{where}: {why or reason.meaning}", at=where, kind=reason._value_)
