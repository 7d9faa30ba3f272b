"""Declared configuration over the wire: a device links to a second account, whose sessions carry documents.

The primary session writes LinkedEnrollment/DiscoveryEndpoint and runs Enroll; the second account writes documents below
DeclaredConfiguration/Host, reads their results and is told states by Alert 1224; Unenroll rolls everything back.  The
tree holds what was written, so a failed Atomic leaves nothing; ``advance`` does what is to be done.  [windows sheet §6]

>>> from dmkit.device.windows import WindowsDevice
>>> from dmkit.device.windows_declared import document
>>> from dmkit.windows.catalogue import DescriptionCatalogue
>>> from dmkit.windows.facts import EXAMPLE
>>> from dmkit.words.model import Add
>>> device = WindowsDevice.of(DescriptionCatalogue.of([("sample.xml", EXAMPLE)]))
>>> linked = LinkedEnrollment(device, "mdm")
>>> linked.enrolled(Account("mdm-declared", "https://mdm.example/dm"))
>>> text = document("A", {"./Device/Vendor/MSFT/Sample/Allow": "0"})
>>> execution = device.execute((Add.of(f"{HOST}/Complete/Documents/A/Document", text),), "mdm-declared", 0.0)
>>> device.become(execution.tree)
>>> linked.advance(0.0), linked.advance(60.0), device.tree.get(f"{HOST}/Complete/Results/A/Document").value[:28]
(True, True, '<DeclaredConfigurationResult')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Final
from xml.sax.saxutils import quoteattr

from dmkit.auth import Account
from dmkit.device.windows import WindowsDevice, merged
from dmkit.device.windows_declared import REFRESH, DeclaredConfiguration, DeclaredDocument, read_document
from dmkit.session.client import ClientSession
from dmkit.tree.apply import Call
from dmkit.tree.tree import Tree
from dmkit.tree.uri import quote
from dmkit.words.codes import StatusCode, Verb
from dmkit.words.digits import whole
from dmkit.words.errors import CodecError
from dmkit.words.outcome import Outcome

__all__ = ["HOST", "EnrollStatus", "LinkedEnrollment"]

HOST: Final = "./Device/Vendor/MSFT/DeclaredConfiguration/Host"
_KINDS: Final = ("Complete", "Inventory")
_PATH: Final = tuple(HOST.split("/")[1:])


class EnrollStatus(IntEnum):
    """What LinkedEnrollment/EnrollStatus says.  [E]"""

    UNDEFINED = 0
    NOT_STARTED = 1
    IN_PROGRESS = 2
    FAILED = 3
    SUCCEEDED = 4
    UNENROL_NOT_STARTED = 5
    UNENROL_IN_PROGRESS = 6
    UNENROL_FAILED = 7
    UNENROL_SUCCEEDED = 8


class LinkedEnrollment:
    """The second account of a device, and its documents.

    ``primary`` is the server identifier of the first account; ``delay`` the seconds from a document to its processing
    (minutes, says the text; the number is U).  Whoever holds the device calls ``advance`` after each session and when
    ``due`` says, enrols at ``endpoint`` when there is one, and opens ``session`` when ``advance`` says so.
    """

    def __init__(self, device: WindowsDevice, primary: str, *, delay: float = 60.0) -> None:
        self.device, self.delay = device, delay
        self.declared = DeclaredConfiguration(device)
        self.second: Account | None = None
        self.repaired: list[tuple[float, str]] = []
        self._place = f"./Device/Vendor/MSFT/DMClient/Provider/{quote(primary)}/LinkedEnrollment"
        self._taken: dict[str, float] = {}
        self._told: Mapping[str, int] = {}
        nodes: dict[str, str | int] = {"DiscoveryEndpoint": "", "Enroll": "", "Unenroll": ""}
        nodes["EnrollStatus"] = int(EnrollStatus.NOT_STARTED)
        device.become(_with(device.tree, {f"{self._place}/{name}": value for name, value in nodes.items()}))
        device.handlers |= {f"{self._place}/Enroll": self._exec, f"{self._place}/Unenroll": self._exec}
        for verb in ("Add", "Replace"):
            device.handlers |= {f"{verb} {HOST}/{kind}/Documents/*/Document": _judged for kind in _KINDS}

    # -- the link

    @property
    def status(self) -> EnrollStatus:
        """What EnrollStatus says."""
        value = whole(self._text(f"{self._place}/EnrollStatus"))
        return EnrollStatus(value) if value is not None and value < 9 else EnrollStatus.UNDEFINED

    @property
    def endpoint(self) -> str:
        """Where to enrol now; empty when nobody asked for it."""
        wanted = self.status is EnrollStatus.IN_PROGRESS
        return self._text(f"{self._place}/DiscoveryEndpoint") if wanted else ""

    def enrolled(self, account: Account) -> None:
        """The second account is there: its sessions may touch declared configuration."""
        self.second = account
        self.device.second = frozenset({account.server_id})
        self._say(EnrollStatus.SUCCEEDED)

    def refused(self) -> None:
        """Enrolment at the endpoint failed."""
        self._say(EnrollStatus.FAILED)

    def _exec(self, tree: Tree, call: Call) -> tuple[Tree, Outcome]:
        """Exec of Enroll or Unenroll: begun; ``advance`` does the rest."""
        if call.verb is not Verb.EXEC:
            return tree, Outcome(None)
        begins = EnrollStatus.UNENROL_IN_PROGRESS if call.uri.endswith("/Unenroll") else EnrollStatus.IN_PROGRESS
        return _with(tree, {f"{self._place}/EnrollStatus": int(begins)}), Outcome(StatusCode.OK)

    # -- what is to be done

    def advance(self, now: float) -> bool:
        """Do what is due at ``now``, seconds; whether the second account wants to be told of it in a session."""
        if self.status is EnrollStatus.UNENROL_IN_PROGRESS:
            self.declared.unenrol(now)
            self._forget()
            self._say(EnrollStatus.UNENROL_SUCCEEDED)
            return False
        self._take(now)
        waiting = [id for id, at in self._taken.items() if at + self.delay <= now]
        if waiting:
            self.declared.process(now, waiting)
            self._taken = {id: at for id, at in self._taken.items() if id not in waiting}
        self.repaired += [(now, uri) for uri in self.declared.refresh(now)]
        states = {id: each.state for id, each in self.declared.documents.items()}
        changed = states != self._told
        if changed:
            self._results()
        return changed and self.second is not None

    def due(self, now: float) -> float:
        """When there is something to do next, seconds."""
        times = [at + self.delay for at in self._taken.values()]
        if self.declared.documents:
            times.append(self.declared.looked + REFRESH)
        return max(now, min(times)) if times else float("inf")

    def session(self) -> ClientSession:
        """A session with the second account; its Alert 1224 lists every document with its state."""
        self._told = {id: each.state for id, each in self.declared.documents.items()}
        alerts = (self.declared.alert(),) if self._told else ()
        return self.device.connect(self.second, alerts=alerts)

    def _take(self, now: float) -> None:
        """Compare the documents of the tree with those that are known: new ones, other ones, gone, abandoned."""
        there = dict(self._written())
        for id, (text, abandoned) in there.items():
            read = read_document(text)
            known = self.declared.documents.get(id)
            if known is None or known.checksum != read.checksum:
                self.declared.take(text)
                self._taken[id] = now
            elif abandoned != known.is_abandoned:
                self.declared.abandon(id) if abandoned else self.declared.reclaim(id)
        for id in [id for id in self.declared.documents if id not in there]:
            self.declared.delete(id)
            self._taken.pop(id, None)

    def _written(self) -> Iterator[tuple[str, tuple[str, bool]]]:
        for kind in _KINDS:
            documents = self.device.tree.find((*_PATH, kind, "Documents"))
            for id, node in () if documents is None else documents.children.items():
                written = node.children.get("Document")
                about = node.children.get("Properties")
                abandoned = None if about is None else about.children.get("Abandoned")
                if written is not None and written.value:
                    yield id, (written.text, abandoned is not None and abandoned.text == "1")

    def _results(self) -> None:
        tree = self.device.tree
        for kind in _KINDS:
            if tree.find((*_PATH, kind, "Results")) is not None:
                tree = tree.without((*_PATH, kind, "Results"))
            documents = tree.find((*_PATH, kind, "Documents"))
            for id in () if documents is None else documents.children:
                if id in self.declared.documents:
                    result = _result(self.declared.documents[id])
                    tree = _with(tree, {f"{HOST}/{kind}/Results/{quote(id)}/Document": result})
        self.device.become(tree)

    def _forget(self) -> None:
        self.second, self.device.second = None, frozenset()
        self._taken, self._told = {}, {}
        if self.device.tree.find(_PATH) is not None:
            self.device.become(self.device.tree.without(_PATH))

    def _text(self, uri: str) -> str:
        node = self.device.tree.find(_names(uri))
        return "" if node is None or node.value is None else str(node.value)

    def _say(self, status: EnrollStatus) -> None:
        self.device.become(_with(self.device.tree, {f"{self._place}/EnrollStatus": int(status)}))


def _with(tree: Tree, values: Mapping[str, str | int]) -> Tree:
    """``tree`` with leaves of those values, and the nodes above them."""
    return replace(tree, root=merged(tree.root, Tree.of(dict(values)).root))


def _names(uri: str) -> tuple[str, ...]:
    return tuple(uri.removeprefix("./").split("/"))


def _judged(tree: Tree, call: Call) -> tuple[Tree, Outcome]:
    """The syntax of a document is judged in the session; that its id is the name of its node is U."""
    try:
        read = read_document(call.item.text)
    except CodecError as error:
        return tree, Outcome(StatusCode.BAD_REQUEST, why=str(error))
    name = call.uri.split("/")[-2]
    if read.id != name:
        return tree, Outcome(StatusCode.BAD_REQUEST, why=f"the document is {read.id!r:.40}, its node {name!r:.40}")
    return tree, Outcome(None)


def _result(document: DeclaredDocument) -> str:
    """The result of a document, in a form of this model (U)."""
    return (
        f'<DeclaredConfigurationResult schema="1.0" id={quoteattr(document.id)} '
        f'checksum={quoteattr(document.checksum)} state="{document.state}"/>'
    )
