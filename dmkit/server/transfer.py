"""A device changes its server: the old one hands it over, the new one takes it, and neither has to be believed alone.

The requirements ask for an interface between servers (to be found, to be let through, with network parameters) and
say nothing of how [RD §6, R-171].  A proposal in four steps, each a letter or a job:

1. **offer**: the old server names the device, and says what the new one has to know (``Handover``);
2. **accept**: the new server answers with the account that the device shall have for it;
3. **introduce**: the old server, which has the rights, puts that account on the device and the new server into the
   lists below ``places`` (``introduce``, a job);
4. **leave**: when the new server has met the device itself, it deletes the account of the old one (``leave``, a job),
   and so every list forgets it [DMTND §7.7.1.4].

>>> Handover("IMEI:1", ("./Vendor",)).device
'IMEI:1'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from dmkit.auth import Account, Credential
from dmkit.bootstrap.dmacc import node
from dmkit.session.work import DeviceInfo, Job, Talk
from dmkit.tree.node import Node
from dmkit.words.asked import asked
from dmkit.words.errors import CodecError, ConfigError
from dmkit.words.model import Add, Atomic, Delete, Get, Item, Meta, Replace

__all__ = ["BASIS", "Acceptance", "Handover", "introduce", "leave", "read_acceptance", "read_handover"]

BASIS: Final = "PROPOSAL: letters between servers, accounts by the ordinary DMAcc nodes; DM 1.2 has nothing for it"
ACCOUNTS: Final = "./DMAcc"
_T = TypeVar("_T")


class Handover(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The offer: which device, what of its tree goes over, what it said of itself, and how it is reached."""

    device: str
    places: tuple[str, ...]
    info: dict[str, str] = {}
    network: dict[str, str] = {}

    def print(self) -> bytes:
        """As the body of a letter."""
        return msgspec.json.encode(self)


class Acceptance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer: the account that the device shall have for the new server.  It travels in a sealed letter only."""

    device: str
    server: str
    address: str
    client_name: str
    client_secret: str
    server_secret: str

    def print(self) -> bytes:
        """As the body of a letter."""
        return msgspec.json.encode(self)


@asked
def read_handover(body: bytes) -> Handover:
    """The body of a letter of kind offer; CodecError when it is none."""
    return _read(body, Handover)


@asked
def read_acceptance(body: bytes) -> Acceptance:
    """The body of a letter of kind accept; CodecError when it is none."""
    return _read(body, Acceptance)


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CodecError(f"this is no {kind.__name__.lower()}: {error}") from None


def introduce(acceptance: Acceptance, places: Sequence[str], *, as_node: str, own: str, old: str) -> Job:
    """The old server's job: the account of the new server at ``./DMAcc/as_node``, and its name into the lists.

    Every list of ``places``, and that of ``old``'s own account ``./DMAcc/own``, then names the new server where it
    names ``old``.  Result: True when all was done; nothing is taken from the old server yet.  ConfigError for a name
    with a slash.
    """
    if not as_node or "/" in as_node:
        raise ConfigError(f"as_node is {as_node!r}; it must be the name of one node below {ACCOUNTS}")
    account = Account(
        acceptance.server,
        acceptance.address,
        Credential(acceptance.client_name, acceptance.client_secret, b"", "md5"),
        Credential(acceptance.server, acceptance.server_secret),
    )

    def job(device: DeviceInfo) -> Talk:
        made = list(_adds(f"{ACCOUNTS}/{as_node}", node(account)))
        outcomes = yield [Atomic(tuple(made))]
        if not all(outcomes):
            return False
        whole = (*places, f"{ACCOUNTS}/{own}")
        lists = yield [Get.of(f"{place}?prop=ACL") for place in whole]
        wanted = []
        for place, outcome in zip(whole, lists, strict=True):
            if not outcome:
                return False
            text = outcome.text or f"Add={old}&Delete={old}&Exec={old}&Get={old}&Replace={old}"
            wanted.append(Replace.of(f"{place}?prop=ACL", _with(text, old, acceptance.server)))
        outcomes = yield wanted
        return all(outcomes)

    return job


def leave(as_node: str, old: str) -> Job:
    """The new server's job, in a session of its own: the account of the old one goes.  Result: whether it is gone.

    ``as_node`` is where that account stands; the device then takes ``old`` out of every list.
    """

    def job(device: DeviceInfo) -> Talk:
        [whose] = yield [Get.of(f"{ACCOUNTS}/{as_node}/ServerID")]
        if whose.text != old:
            return False
        [gone] = yield [Delete.of(f"{ACCOUNTS}/{as_node}")]
        return bool(gone)

    return job


def _adds(uri: str, made: Node) -> Iterator[Add]:
    if not made.is_interior:
        meta = None if made.format == "chr" else Meta(format=made.format, type=made.type)
        yield Add((Item(target=uri, meta=meta, data=made.value),))
        return
    yield Add.of(uri, format="node", type=made.type or None)
    for name, child in made.children.items():
        yield from _adds(f"{uri}/{name}", child)


def _with(acl: str, old: str, new: str) -> str:
    """The list with ``new`` wherever ``old`` stands."""
    entries = []
    for entry in acl.split("&"):
        command, _, names = entry.partition("=")
        every = names.split("+")
        entries.append(f"{command}={'+'.join([*every, new] if old in every and new not in every else every)}")
    return "&".join(entries)
