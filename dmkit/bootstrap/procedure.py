"""What a device does with a bootstrap document: verify, read, ask, change the tree; all of it or nothing.

The order is that of the sheet's checklist: protection before content, content before rights, the tree last.
[DMBOOT §5.3, §5.4; DMSEC §5.7]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from dmkit.bootstrap import apply_cp, apply_dm, dmacc
from dmkit.bootstrap.events import AccountRemoved, Bootstrapped, BootstrapReason, Rejected
from dmkit.bootstrap.rules import BootstrapRules
from dmkit.bootstrap.run import BootstrapRefused, BootstrapRun, Origin
from dmkit.bootstrap.security import Ask, Secrets, nobody
from dmkit.session.events import Event
from dmkit.tree.node import Path
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.asked import asked
from dmkit.words.errors import CommandFailed
from dmkit.words.records import dataclass

__all__ = ["TAKE", "BootstrapResult", "forget", "process"]

TAKE: Final[Mapping[str, Callable[[BootstrapRun, bytes], None]]] = MappingProxyType(
    {"cp": apply_cp.take, "dm": apply_dm.take}
)
"""Profile -> how its documents are carried out."""


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """What became of a document; true when it was taken.

    ``tree`` is the new tree, the old one when it was refused.  ``servers`` are those whose account is new or changed,
    ``roots`` the URIs of all objects that the document speaks of: what ``forget`` needs when their source is gone.

    >>> from dmkit.tree.tree import Tree
    >>> result = process(Tree.of({}), b"nonsense")
    >>> bool(result), result.refused.name
    (False, 'UNSUPPORTED_TYPE')
    """

    tree: Tree
    events: tuple[Event, ...]
    servers: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    refused: BootstrapReason | None = None
    why: str = ""

    def __bool__(self) -> bool:
        return self.refused is None


@asked
def process(
    tree: Tree,
    content: bytes,
    media_type: str = "",
    *,
    origin: Origin = "push",
    sec: int | str | None = None,
    mac: str | None = None,
    secrets: Secrets | None = None,
    ask: Ask = nobody,
    rules: BootstrapRules | None = None,
    now: float = 0.0,
) -> BootstrapResult:
    """Take or refuse one bootstrap document.  Nothing is raised, whatever the octets.

    ``sec`` and ``mac`` are the parameters of the content type (those in ``media_type`` stand in for them); they are
    looked at for a push only.  ``ask`` puts questions to the user: Alert 1102 for a PIN, Alert 1101 for consent.

    >>> from dmkit.tree.tree import Tree
    >>> process(Tree.of({}), b"nonsense").servers
    ()
    """
    run = BootstrapRun(tree, origin, ask, rules or BootstrapRules(), now)
    try:
        profile = run.verify(content, media_type, sec, mac, secrets or Secrets())
        TAKE[profile](run, content)
        run.say(Bootstrapped(profile, tuple(run.servers)))
    except BootstrapRefused as no:
        return BootstrapResult(tree, (*run.events, Rejected(no.reason, no.why)), refused=no.reason, why=no.why)
    except CommandFailed as failed:
        why = failed.reason
        return BootstrapResult(
            tree, (*run.events, Rejected(BootstrapReason.TREE, why)), refused=BootstrapReason.TREE, why=why
        )
    return BootstrapResult(run.tree, tuple(run.events), tuple(run.servers), tuple(run.roots))


@asked
def forget(tree: Tree, roots: Iterable[str]) -> tuple[Tree, tuple[Event, ...]]:
    """The tree without the objects at ``roots``, as when the card they came from is gone.  [DMBOOT §5.3.5, §5.4.6]

    The identifier of a server whose account goes leaves every access control list.

    >>> from dmkit.tree.tree import Tree
    >>> tree, events = forget(Tree.of({"./Home/Name": "internet"}), ["./Home"])
    >>> tree.find("./Home/Name") is None
    True
    """
    events: list[Event] = []
    for uri in roots:
        path: Path = parse(uri).path
        node = tree.find(path)
        if node is None or not path:
            continue
        server = node.children.get("ServerID")
        tree = tree.without(path)
        if server is not None and isinstance(server.value, str) and dmacc.find(tree, server.value) is None:
            tree = dmacc.strip(tree, server.value)
            events.append(AccountRemoved(server.value, uri))
    return tree, tuple(events)
