"""Bootstrap from the card: what becomes of what was read at power-on, after a change of cards, or of a file in one.

``apply`` takes what `dmkit.bootstrap.card_reading` read to a tree; accounts that came from a card and are no longer on
it go.  [DMBOOT §5.3.5, §5.4.6; LwM2M TS App G; sheets bootstrap §4, usim §7]

>>> from dmkit.tree.tree import Tree
>>> taken = apply(Tree.of({}), CardReading("8900101000000000019"), CardState("8900101000000000027"))
>>> [str(event) for event in taken.events]
['card 8900101000000000019, another one than before']
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from dmkit.bootstrap.card_events import CardRead, FileErased, FileKept
from dmkit.bootstrap.card_reading import CardReading
from dmkit.bootstrap.procedure import forget, process
from dmkit.bootstrap.rules import BootstrapRules, CardRules
from dmkit.bootstrap.security import Ask, nobody
from dmkit.card.files import PKCS15
from dmkit.card.memory import CURRENT_ADF, FilePath
from dmkit.session.events import Event
from dmkit.tree.tree import Tree
from dmkit.tree.uri import parse
from dmkit.words.asked import asked
from dmkit.words.records import dataclass

__all__ = ["CardState", "CardTaken", "apply", "concerns"]

_EF_DIR: Final = 0x2F00


@dataclass(frozen=True, slots=True)
class CardState:
    """What a device remembers of the card: its number, and per object the digest of its data and what they made."""

    iccid: str = ""
    sources: tuple[tuple[str, bytes, tuple[str, ...]], ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """Everything in the tree that came from the card."""
        return tuple(uri for _, _, roots in self.sources for uri in roots)


_UNREAD: Final = CardState()


@dataclass(frozen=True, slots=True)
class CardTaken:
    """What became of a reading: the new tree, what to remember, what happened, whose account is new or changed."""

    tree: Tree
    state: CardState
    events: tuple[Event, ...]
    servers: tuple[str, ...] = ()


def apply(
    tree: Tree,
    reading: CardReading | None,
    state: CardState = _UNREAD,
    *,
    rules: BootstrapRules | None = None,
    ask: Ask = nobody,
    now: float = 0.0,
) -> CardTaken:
    """Bring a tree in step with the card; None stands for no card.  ``state`` is what the last time returned.

    Where something could not be read, nothing is taken to be gone; another card is one with another number that was
    read.  A file that is erased takes what it made with it, one that holds no document does not.
    """
    bootstrap = rules or BootstrapRules()
    choice = bootstrap.card
    if not choice.enabled:
        return CardTaken(tree, state, ())
    found = reading or CardReading("")
    other = bool(state.iccid) and (reading is None or (bool(found.iccid) and found.iccid != state.iccid))
    events: list[Event] = [CardRead(found.iccid, other), *found.events] if reading is not None else []
    before = {oid: (digest, roots) for oid, digest, roots in state.sources}
    now_there: list[tuple[str, bytes, tuple[str, ...]]] = []
    servers: list[str] = []
    for file in found.files:
        if not file.data:
            events.append(FileErased(file.kind))
            continue
        old_digest, old_roots = before.get(file.oid, (b"", ()))
        digest = sha256(file.data).digest()
        standing = bool(old_roots) and all(tree.find(parse(uri).path) is not None for uri in old_roots)
        if digest == old_digest and not other and standing and choice.again == "changed":
            events.append(FileKept(file.kind))
            now_there.append((file.oid, digest, old_roots))
            continue
        result = process(tree, file.data, origin="card", ask=ask, rules=bootstrap, now=now)
        events += result.events
        if not result:  # what the card said before stays until it says something better
            if old_roots and not other:
                now_there.append((file.oid, old_digest, old_roots))
            continue
        theirs = tuple(uri for uri in result.roots if uri in state.roots or _is_new(tree, result.tree, uri))
        tree, servers = result.tree, [*servers, *result.servers]
        now_there.append((file.oid, digest, theirs))
    if not found.complete and not other:
        there = {oid for oid, _, _ in now_there} | {file.oid for file in found.files}
        now_there += [source for source in state.sources if source[0] not in there]
    tree, gone = _without(tree, state, now_there, choice)
    kept = () if choice.gone == "remove" else tuple(s for s in state.sources if s[0] not in {n[0] for n in now_there})
    iccid = found.iccid or (state.iccid if reading is not None else "")
    return CardTaken(tree, CardState(iccid, (*now_there, *kept)), (*events, *gone), tuple(dict.fromkeys(servers)))


def _is_new(before: Tree, after: Tree, uri: str) -> bool:
    """Whether the document made or changed the object: what stood there alike is not the card's."""
    path = parse(uri).path
    return before.find(path) is not after.find(path)


def _without(
    tree: Tree, state: CardState, now_there: Iterable[tuple[str, bytes, tuple[str, ...]]], rules: CardRules
) -> tuple[Tree, tuple[Event, ...]]:
    """The tree without what came from a card and is not there any more."""
    if rules.gone == "keep":
        return tree, ()
    there = {uri for _, _, roots in now_there for uri in roots}
    return forget(tree, [uri for uri in state.roots if uri not in there])


@asked
def concerns(paths: Iterable[FilePath]) -> bool:
    """Whether files that a REFRESH names may be of bootstrap: those below PKCS#15, those below the current application
    (7FFF), which may be that, and EF.DIR, which says where it is; none named means all.

    >>> concerns([(0x7F50, 0x6431)]), concerns([(0x7FFF, 0x6431)]), concerns([(0x2FE2,)]), concerns([])
    (True, True, False, True)
    """
    named = list(paths)
    return not named or any(path[:1] in ((PKCS15.fid,), (CURRENT_ADF,), (_EF_DIR,), ()) for path in named)
