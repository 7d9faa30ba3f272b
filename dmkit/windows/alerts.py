"""Alerts of Windows in words: what a client event or a generic alert of each type says.  [windows sheet §2, §6]

>>> say("com.microsoft/MDM/LoginStatus", "none")
'login: nobody is logged in'
>>> say("Reversed-Domain-Name:com.microsoft:mdm.unenrollment.userrequest", "1")
'the user leaves: the account is about to go'
>>> say("com.microsoft.mdm.win32csp_install", "-2147024891")
'a provider has finished what it began earlier: 0x80070005 = -2147024891: access is denied'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lxml import etree

from dmkit.windows.codes import Meaning, explain
from dmkit.wire.markup import parsed
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Alert, Element, Item

__all__ = ["STATES", "TYPES", "Declared", "declared", "known", "reports_error", "say", "say_alert", "scope_of"]

DOCUMENTS: Final = "com.microsoft.mdm.declaredconfigurationdocuments"
SYNC_TYPE: Final = "com.microsoft.mdm.synctype"
INSTALLED: Final = "com.microsoft.mdm.win32csp_install"

TYPES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = MappingProxyType(
    {
        "com.microsoft/mdm/loginstatus": (
            "login",
            {"user": "the user who enrolled is logged in", "others": "another user is logged in",
             "none": "nobody is logged in"},
        ),
        SYNC_TYPE: (
            "scope of the session",
            {"user": "the user's settings only; 405 for others", "device": "the device's settings only; 405 for others",
             "mixed": "settings of user and device"},
        ),
        "com.microsoft/mdm/deviceprepsync": (
            "preparation of a new device",
            {"pendingprovisioning": "not begun", "bootstrapping": "begun", "executingprovisioning": "under way",
             "provisioningcomplete": "done"},
        ),
        "com.microsoft/mdm/aadusertoken": ("a token of the user is given", {}),
        DOCUMENTS: ("declared configuration", {}),
        "com.microsoft:mdm.unenrollment.userrequest": ("the user leaves: the account is about to go", {}),
        INSTALLED: ("a provider has finished what it began earlier", {}),
    }
)  # fmt: skip
"""Type in small letters -> what it is, and what its values say."""

_STATES: Final = (
    ((60,), "applied"),
    ((61,), "an error; see the document of results"),
    ((62,), "an error of the infrastructure"),
    ((63,), "applied, and not refreshed"),
    ((0, 1, 2, 3, 10, 11, 20, 21, 40), "under way"),
    ((70, 71, 72), "deletion"),
    ((80, 81, 82), "reading"),
)
STATES: Final[Mapping[int, str]] = MappingProxyType({number: says for numbers, says in _STATES for number in numbers})
"""State of a declared document -> what it says.  [windows sheet §6]"""


@dataclass(frozen=True, slots=True)
class Declared:
    """A document of declared configuration in an alert: its id, its state, None where that is no number."""

    id: str
    state: int | None

    @property
    def pending(self) -> bool:
        """Whether more is to come."""
        return STATES.get(self.state if self.state is not None else -1) == "under way"

    def __str__(self) -> str:
        says = STATES.get(self.state if self.state is not None else -1, "a state that nobody here knows")
        return f"document {self.id}: {'no state' if self.state is None else f'{self.state}, {says}'}"


@asked
def say(type: str | None, data: str) -> str:
    """An alert of ``type`` with ``data`` in words; the type itself where no table has it."""
    bare = _bare(type or "")
    row = TYPES.get(bare.lower())
    if row is None:
        return f"{bare or 'no type'}: {data.strip()[:60]}" if data.strip() else bare or "no type"
    what, values = row
    meaning = values.get(data.strip().lower())
    if bare.lower() == INSTALLED and (code := _code(data)) is not None:
        meaning = str(code)
    if values and meaning is None:
        meaning = f"{data.strip()[:40]!r}, which no table has" if data.strip() else "nothing is said"
    return f"{what}: {meaning}" if meaning else what


def _code(data: str) -> Meaning | None:
    """What a number that an alert reports says: 0, or one with more than sixteen bits."""
    try:
        meaning = explain(data)
    except ConfigError:
        return None
    return meaning if meaning.value == 0 or meaning.value >> 16 else None


@asked
def reports_error(alert: Alert) -> bool:
    """Whether a provider reports with ``alert`` that it ended with an error: a number whose highest bit is set."""
    for item in alert.items:
        is_report = _bare((item.meta.type if item.meta else None) or "").lower() == INSTALLED
        code = _code(item.text) if is_report and not isinstance(item.data, Element) else None
        if code is not None and code.value >> 31:
            return True
    return False


@asked
def scope_of(alert: Alert) -> str:
    """For whose settings a session is, by its alert: user, device or mixed; empty for another alert."""
    for item in alert.items:
        if _bare((item.meta.type if item.meta else None) or "").lower() == SYNC_TYPE:
            scope = item.text.strip().lower()
            return scope if scope in ("user", "device", "mixed") else ""
    return ""


@asked
def known(item: Item) -> bool:
    """Whether what ``item`` says is in a table, so that it is no value of anybody."""
    row = TYPES.get(_bare((item.meta.type if item.meta else None) or "").lower())
    return row is not None and (not row[1] or item.text.strip().lower() in row[1])


def _bare(type: str) -> str:
    return re.sub(r"^\s*(?:Reversed-Domain-Name|urn)\s*:\s*", "", type, flags=re.I).strip()


@asked
def say_alert(alert: Alert) -> str:
    """What ``alert`` says, in one line."""
    if not alert.items:
        return alert.code.phrase.lower()
    parts = [say(item.meta.type if item.meta else None, "" if isinstance(item.data, Element) else item.text)
             for item in alert.items]  # fmt: skip
    documents = [str(document) for document in declared(alert)]
    return "; ".join(dict.fromkeys([*parts, *documents]))


@asked
def declared(alert: Alert) -> tuple[Declared, ...]:
    """The documents that ``alert`` lists; empty for another alert.

    How the list is written is in no text that is open (U): every element with an id and a state counts.
    """
    kinds = [(item.meta.type or "").strip().lower() for item in alert.items if item.meta is not None]
    if not any(kind.endswith(DOCUMENTS) for kind in kinds):
        return ()
    return tuple(document for item in alert.items for document in _documents(item))


def _documents(item: Item) -> Iterator[Declared]:
    if isinstance(item.data, Element):
        waiting = [item.data]  # the next one last
        while waiting:
            element = waiting.pop()
            yield from _document({name.rpartition("}")[2]: value for name, value in element.attrs})
            waiting += [child for child in reversed(element.children) if isinstance(child, Element)]
        return
    try:
        root = parsed(item.text.strip().encode())
    except (etree.XMLSyntaxError, CodecError, ValueError):
        return
    for found in root.iter():
        if isinstance(found.tag, str):
            yield from _document({str(k).rpartition("}")[2]: str(v) for k, v in found.attrib.items()})


def _document(attributes: Mapping[str, str]) -> Iterator[Declared]:
    if "id" in attributes and "state" in attributes:
        state = attributes["state"].strip()
        known = int(state) if state.isascii() and state.isdigit() and len(state) < 6 else None
        yield Declared(attributes["id"], known)
