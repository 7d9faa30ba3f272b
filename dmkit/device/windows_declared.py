"""Declared configuration (WinDC): documents say how settings shall be, and the device keeps them so.

A second account writes documents; the syntax is judged at once, the rest later, told by an Alert 1224; what drifts is
set again every four hours.  The content of real documents is not open: here a document holds addresses and values.
[windows sheet §6]

>>> from dmkit.device.windows import WindowsDevice
>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
>>> declared = DeclaredConfiguration(device)
>>> declared.take(document("A", {"./Device/Vendor/MSFT/Sample/Allow": "0"})).status.value
200
>>> declared.process(60.0), device.tree.get("./Device/Vendor/MSFT/Sample/Allow").value
({'A': 60}, '0')
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import quoteattr

from lxml import etree

from dmkit.device.windows import WindowsDevice, event
from dmkit.windows.alerts import DOCUMENTS
from dmkit.windows.entries import segments_of
from dmkit.wire.markup import escape, octets, parsed
from dmkit.wire.namespaces import local_name
from dmkit.words.codes import StatusCode
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Alert, Replace
from dmkit.words.outcome import Outcome

__all__ = ["REFRESH", "DeclaredConfiguration", "DeclaredDocument", "document", "read_document"]

REFRESH: Final = 4 * 3600.0
"""Seconds between two looks at what drifted.  [E]"""
_ABANDONED, _WAITING, _APPLIED, _FAILED = 0, 10, 60, 61


@dataclass(frozen=True, slots=True)
class DeclaredDocument:
    """A document: its id, its checksum, what it wants, its state, and what stood there before (None: nothing)."""

    id: str
    checksum: str
    settings: tuple[tuple[str, str], ...]
    state: int = _WAITING
    before: tuple[tuple[str, str | None], ...] = ()

    @property
    def is_abandoned(self) -> bool:
        """Whether its settings were handed back."""
        return self.state == _ABANDONED


def read_document(text: str) -> DeclaredDocument:
    """A document as it is written; CodecError when its syntax is not right, where text would be lost, too.

    >>> read_document(document("A", {"./Vendor/MSFT/X": "1"})).settings
    (('./Vendor/MSFT/X', '1'),)
    """
    if not isinstance(text, str):
        raise CodecError(f"a document is text, not {type(text).__name__}")
    try:
        root = parsed(octets(text))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CodecError(f"no document: {getattr(error, 'msg', error)}") from None
    id, checksum = root.get("id", ""), root.get("checksum", "")
    if local_name(root.tag) != "DeclaredConfiguration" or not id.strip() or not checksum.strip():
        raise CodecError("DeclaredConfiguration with id and checksum is wanted")
    if (root.text or "").strip() or any((each.tail or "").strip() for each in root):
        raise CodecError(f"document {id[:40]!r}: text stands outside of its settings")
    settings = tuple(_setting(each) for each in root)
    places: set[tuple[str, ...]] = set()
    for uri, _ in settings:
        if (place := _place(uri)) in places:
            raise CodecError(f"document {id[:40]!r}: {uri[:80]} is set twice")
        places.add(place)
    return DeclaredDocument(id, checksum, settings)


def _setting(element: etree._Element) -> tuple[str, str]:
    """Address and value of a setting, whatever its element is called."""
    uri = element.get("uri", "")
    if not segments_of(uri):
        raise CodecError(f"a setting has the uri {uri[:40]!r}; the address of a node is right, as ./Vendor/MSFT/X")
    if len(element):
        raise CodecError(f"the value of {uri[:80]} holds elements; mark-up in it is escaped")
    return uri, element.text or ""


def _place(uri: str) -> tuple[str, ...]:
    """Address of a node as Windows compares it."""
    return tuple(name.lower() for name in segments_of(uri))


def document(id: str, settings: Mapping[str, str], checksum: str = "1", scenario: str = "MSFTResource") -> str:
    """A document in the form of this model; ConfigError for what ``read_document`` would not read as it was meant.

    >>> document("A", {"./Vendor/MSFT/X": "1"})[:60]
    '<DeclaredConfiguration schema="1.0" context="Device" id="A" '
    >>> document("", {"./Vendor/MSFT/X": "1"})
    Traceback (most recent call last):
    dmkit.words.errors.ConfigError: DeclaredConfiguration with id and checksum is wanted
    """
    for text in (id, checksum, scenario, *settings, *settings.values()):
        if not isinstance(text, str):
            raise ConfigError(f"a document holds texts, and {text!r:.40} is none")
    inner = "".join(f"<Setting uri={quoteattr(uri)}>{escape(value)}</Setting>" for uri, value in settings.items())
    made = (
        f'<DeclaredConfiguration schema="1.0" context="Device" id={quoteattr(id)} checksum={quoteattr(checksum)} '
        f"osdefinedscenario={quoteattr(scenario)}>{inner}</DeclaredConfiguration>"
    )
    try:
        read_document(made)
    except CodecError as error:
        raise ConfigError(str(error)) from None
    return made


class DeclaredConfiguration:
    """The documents of a device: ``take`` what the server sends, ``process`` later, ``refresh`` every four hours.

    A setting that a document owns refuses the primary account (0x86000031).  Delete leaves the settings as they are,
    ``unenrol`` rolls all of them back, ``abandon`` hands those of a document back to the primary account.  [E]
    """

    def __init__(self, device: WindowsDevice) -> None:
        self.device = device
        self.documents: dict[str, DeclaredDocument] = {}
        self.looked = 0.0

    def take(self, text: str) -> Outcome:
        """A document arrives: 200 when its syntax is right, 400 otherwise; nothing is set yet."""
        try:
            made = read_document(text)
        except CodecError as error:
            return Outcome(StatusCode.BAD_REQUEST, why=str(error))
        old = self.documents.get(made.id)
        if old is None or old.checksum != made.checksum:
            self.documents[made.id] = replace(made, before=old.before if old is not None else ())
        return Outcome(StatusCode.OK)

    def process(self, now: float, which: Iterable[str] | None = None) -> dict[str, int]:
        """Apply what waits, or those of ``which`` only; the state of every document afterwards, which ``alert`` tells
        the server."""
        chosen = None if which is None else set(which)
        for id, waiting in list(self.documents.items()):
            if waiting.state != _WAITING or (chosen is not None and id not in chosen):
                continue
            before = dict(waiting.before)
            for uri, _ in waiting.settings:
                before.setdefault(uri, self._value(uri))
            done = all(self._set(uri, value, now) for uri, value in waiting.settings)
            made = replace(waiting, state=_APPLIED if done else _FAILED, before=tuple(before.items()))
            self.documents[id] = made
        self._own()
        return {id: each.state for id, each in self.documents.items()}

    def alert(self) -> Alert:
        """The Alert 1224 that lists every document with its state."""
        row = "<Document id={} checksum={} state={}/>"
        listed = "".join(
            row.format(quoteattr(each.id), quoteattr(each.checksum), quoteattr(str(each.state)))
            for each in self.documents.values()
        )
        return event(DOCUMENTS, f"<Documents>{listed}</Documents>")

    def refresh(self, now: float) -> tuple[str, ...]:
        """Look at what drifted, when four hours are over since the last look; the addresses that were set again."""
        if now < self.looked + REFRESH:
            return ()
        self.looked = now
        drifted = [(uri, value) for each in self.documents.values() if each.state == _APPLIED
                   for uri, value in each.settings if self._value(uri) != value]  # fmt: skip
        return tuple(uri for uri, value in drifted if self._set(uri, value, now))

    def delete(self, id: str) -> None:
        """The document goes, what it set stays and is nobody's."""
        self._known(id)
        del self.documents[id]
        self._own()

    def abandon(self, id: str) -> None:
        """Its settings go back to the primary account, as they are."""
        self.documents[id] = replace(self._known(id), state=_ABANDONED)
        self._own()

    def reclaim(self, id: str) -> None:
        """A document that was abandoned is no longer: it is applied anew when it is processed, or looked at."""
        self.documents[id] = replace(self._known(id), state=_APPLIED)
        self._own()

    def unenrol(self, now: float) -> tuple[str, ...]:
        """Every setting is as it was before, and nobody is told; the addresses that were rolled back."""
        documents, self.documents = list(self.documents.values()), {}
        self._own()
        undone = []
        for each in reversed(documents):
            for uri, value in reversed(each.before):
                if value is None:
                    path = segments_of(uri)
                    if self.device.tree.find(path) is not None:
                        self.device.become(self.device.tree.without(path), now)
                else:
                    self._set(uri, value, now)
                undone.append(uri)
        return tuple(undone)

    def _known(self, id: str) -> DeclaredDocument:
        if id not in self.documents:
            raise ConfigError(f"document {id[:40]!r} is not there; there are {', '.join(self.documents) or 'none'}")
        return self.documents[id]

    def _value(self, uri: str) -> str | None:
        node = self.device.tree.find(segments_of(uri))
        return None if node is None or node.value is None else str(node.value)

    def _set(self, uri: str, value: str, now: float) -> bool:
        """Set a value as the second account does it, which the owner of a setting does not stop."""
        owned, self.device.owned = self.device.owned, {}
        try:
            return self.device.execute((Replace.of(uri, value),), "second", now).outcomes[0].ok
        finally:
            self.device.owned = owned

    def _own(self) -> None:
        self.device.owned = {
            _place(uri): each.id
            for each in self.documents.values() if each.state in (_APPLIED, _FAILED) for uri, _ in each.settings
        }  # fmt: skip
