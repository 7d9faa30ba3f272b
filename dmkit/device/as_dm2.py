"""A device of DM 1.2 as a client of DM 2.0: the same objects, their descriptions and their behaviour.  [dm20 sheet §8]

Instances are the sub-trees of the objects that the device has; a change, a deletion and an execution are the commands
of DM 1.2 that they amount to, carried out by the device, so its descriptions refuse what they refuse there.  Access
control lists do not count: rights are per instance.  ``dmkit.dm2.descriptions`` says what is lost on the way.

>>> from dmkit.device.device import Device
>>> client = as_dm2(Device.example().with_object("lawmo"))
>>> [place] = resolve(Address.parse("urn:oma:mo:oma-lawmo:1.0//Operations/FullyLock"), client.objects.instances)
>>> done = client.execute(client.objects, place, "https://dm.example.com/late")
>>> client = live(replace(client, objects=done.objects), 60.0)
>>> done.sc, client.objects.instances[0].root.children["State"].text
(202, '10')
>>> client.later[0][0], client.later[0][1].type, client.later[0][1].value
('https://dm.example.com/late', 'urn:oma:at:lawmo:1.0:OperationComplete', {'DM1x': '<ResultCode>1200</ResultCode>'})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Final

from dmkit.device.agenda import advance
from dmkit.device.device import Device
from dmkit.device.state import DeviceState
from dmkit.dm2.address import Address, AddressTarget, Instance, resolve
from dmkit.dm2.client import Client, ExecResult
from dmkit.dm2.documents import GenericAlert, text_of
from dmkit.dm2.objects import EVERYTHING, NotDone, Objects
from dmkit.mo import OBJECTS
from dmkit.tree.describe import described_at
from dmkit.tree.node import Node
from dmkit.tree.policy import open_policy
from dmkit.tree.uri import parse
from dmkit.words.codes import Verb
from dmkit.words.errors import ConfigError
from dmkit.words.model import Add, Alert, Command, Delete, Exec, Item, Meta, Replace
from dmkit.words.records import dataclass

__all__ = ["Mounted", "as_dm2", "live", "resolve"]

_SAME: Final = frozenset({400, 403, 404, 405, 406, 413, 414, 415, 500})
_OTHERS: Final[Mapping[int, int]] = {425: 403, 418: 405}
"""Statuses of DM 1.2 that DM 2.0 says with another number; all else is 500.  PROPOSAL"""
_REVERSED: Final = "Reversed-Domain-Name: "


@dataclass(frozen=True, slots=True)
class Mounted(Objects):
    """The objects of a device.  ``state`` is all that it is; ``device`` only carries commands out, and is put into
    that state before; ``places`` says where instances stand: (MOID, MIID) -> address in the tree."""

    device: Device | None = field(default=None, compare=False, repr=False)
    state: DeviceState | None = field(default=None, repr=False)
    places: tuple[tuple[tuple[str, str], str], ...] = ()
    server: str = "server"
    now: float = 0.0

    def uri_of(self, place: AddressTarget) -> str:
        """Where a place is in the tree of DM 1.2."""
        root = dict(self.places)[place.instance.moid, place.instance.miid]
        return "/".join((root, *place.path))

    def at(self, uri: str) -> str:
        """What the address of DM 1.2 is in DM 2.0; itself where no instance covers it."""
        for (moid, miid), root in self.places:
            if uri == root or uri.startswith(root + "/"):
                return str(Address(moid, miid, tuple(parse(uri).path[len(parse(root).path) :])))
        return uri

    def put(self, place: AddressTarget, node: Node) -> Objects:
        """With ``node`` there, by Replace and Add; NotDone when the device refuses one of them, and nothing is done."""
        return self._carried_out(self.uri_of(place), node)

    def delete(self, place: AddressTarget) -> Objects:
        """Without the node there, by Delete; NotDone when it is permanent."""
        done = self._done(Delete.of(self.uri_of(place)))
        if place.path:
            return done
        key = (place.instance.moid, place.instance.miid)
        rights = tuple((who, right) for who, right in self.rights if who[:2] != key)
        return replace(done, places=tuple(row for row in done.places if row[0] != key), rights=rights)._seen()

    def add(self, moid: str, root: Node, by: str, miid: str = "") -> tuple[Objects, Instance]:
        """One more instance, beside those that there are; NotDone when the device has no such object."""
        beside = next((uri for (known, _), uri in self.places if known == moid), "")
        assert self.device is not None
        mounted = next((at for at, known in _moids(self.device).items() if known == moid), "")
        usual = mounted or next((row.at for row in OBJECTS.values() if row.id == moid), "")
        parent = (beside or usual).rpartition("/")[0]
        if parent in ("", "."):
            raise NotDone(405, f"no further instance of {moid} can be made here")
        taken = self._tree().find(parse(parent).path)
        names = set(taken.children) if taken is not None else set()
        name = miid or next(str(n) for n in range(1, len(names) + 2) if str(n) not in names)
        grown = replace(self, places=(*self.places, ((moid, name), f"{parent}/{name}")))
        done = grown._carried_out(f"{parent}/{name}", root)
        made = next(i for i in done.instances if (i.moid, i.miid) == (moid, name))
        return Objects.grant(done, moid, name, by, EVERYTHING), made

    def shown(self, place: AddressTarget) -> Node:
        """Without the nodes that take no Get; NotDone, 405, when ``place`` itself is one."""
        path = parse(self.uri_of(place)).path
        seen = self._readable(place.node, path)
        if seen is None:
            raise NotDone(405, f"{place.uri} cannot be read")
        return seen

    def _readable(self, node: Node, path: tuple[str, ...]) -> Node | None:
        if not described_at(self._tree().describe, path).takes(Verb.GET):
            return None
        if not node.is_interior:
            return node
        below = {name: self._readable(child, (*path, name)) for name, child in node.children.items()}
        return replace(node, children={name: child for name, child in below.items() if child is not None})

    def run(self, place: AddressTarget, correlator: str) -> tuple[Mounted, int]:
        """Exec there: the objects after it, and its status."""
        device = self._awake()
        command = Exec((Item(target=self.uri_of(place)),), correlator=correlator or None)
        [outcome] = device.execute((command,), self.server, self.now, policy=open_policy).outcomes
        return self._seen(), _status(outcome.status.value if outcome.status is not None else 500)

    def _tree(self) -> Any:
        assert self.state is not None
        return self.state.tree

    def _awake(self) -> Device:
        assert self.device is not None and self.state is not None
        self.device.restore(self.state)
        return self.device

    def _done(self, *commands: Command) -> Mounted:
        device = self._awake()
        for command in commands:
            _do(device, command, self)
        return self._seen()

    def _carried_out(self, uri: str, node: Node) -> Mounted:
        """With ``node`` at ``uri``, command by command, for an Add may make more by itself.  NotDone undoes all."""
        device = self._awake()

        def carry(uri: str, new: Node) -> None:
            old = device.tree.find(parse(uri).path)
            if new.is_interior:
                if old is None:
                    _do(device, Add.of(uri, None), self)
                for name, child in new.children.items():
                    carry(f"{uri}/{name}", child)
            elif old is None or old.value != new.value:
                meta = Meta(format=new.format, type=new.type or None)
                item = Item(target=uri, meta=meta, data=new.value if new.value is not None else "")
                _do(device, Add((item,)) if old is None else Replace((item,)), self)

        carry(uri, node)
        return self._seen()

    def _seen(self) -> Mounted:
        """As the device is now."""
        assert self.device is not None
        state = self.device.snapshot()
        found = ((key, state.tree.find(parse(uri).path)) for key, uri in self.places)
        instances = tuple(Instance(*key, node) for key, node in found if node is not None)
        return replace(self, state=state, instances=instances)


def _status(code: int) -> int:
    return code if code < 300 or code in _SAME else _OTHERS.get(code, 500)


def _do(device: Device, command: Command, mounted: Mounted) -> None:
    """Carry one command out; NotDone, and the device as it was before all of them, when it is refused."""
    [outcome] = device.execute((command,), mounted.server, mounted.now, policy=open_policy).outcomes
    if not outcome.ok:
        assert mounted.state is not None
        device.restore(mounted.state)
        raise NotDone(_status(outcome.status.value if outcome.status is not None else 500), str(outcome))


def as_dm2(
    device: Device,
    *,
    server: str = "server",
    uri: str = "https://dm.example.com/dm",
    now: float = 0.0,
    more: Mapping[str, str] | None = None,
) -> Client:
    """A client with the objects of ``device``, on each of which ``server`` has all rights.

    ``more`` names sub-trees besides its objects: MOID -> address.  ConfigError when nothing stands there.  The device
    carries out what the client wants and is put back and forth meanwhile; the client, a value, has its state.

    >>> from dmkit.device.device import Device
    >>> as_dm2(Device.example(), more={"urn:x-dmkit:mo:settings:1.0": "./Vendor/Acme"}).objects.places
    ((('urn:x-dmkit:mo:settings:1.0', 'Acme'), './Vendor/Acme'),)
    """
    places = [(moid, at) for at, moid in _moids(device).items()]
    for moid, at in (more or {}).items():
        if at not in device.tree:
            raise ConfigError(f"{at}: nothing stands there, so it is no instance of {moid}")
        places.append((moid, at))
    keys = tuple(((moid, parse(at).path[-1]), at) for moid, at in places)
    objects = Mounted(device=device, state=device.snapshot(), places=keys, server=server, now=now)._seen()
    return Client(device.address, objects.granted(server), server=server, uri=uri, execute=_execute)


def _moids(device: Device) -> dict[str, str]:
    """Where objects are mounted -> their identifiers: that of the row, or of the version that is mounted."""
    found = {}
    for at, owner in device.objects.items():
        row = OBJECTS.get(owner.name)
        if row is not None:
            own = owner.spec.roots[0].mo_id
            found[at] = row.id if own == row.spec.roots[0].mo_id else own
    return found


def _execute(objects: Objects, place: AddressTarget, server_uri: str) -> ExecResult:
    """EXEC by Exec; the correlator carries where the report goes."""
    assert isinstance(objects, Mounted)
    after, sc = objects.run(place, server_uri)
    return ExecResult(after, sc)


def live(client: Client, now: float) -> Client:
    """Let the device do what is due by ``now``; what it has to report is in ``Client.later`` afterwards."""
    objects = client.objects
    if not isinstance(objects, Mounted):
        return client
    device = objects._awake()
    device.session_over(objects.now)
    advance(device, now)
    told = []
    for alert in device.reports(objects.server, now):
        device.reported(alert, objects.server)
        told.append((alert.correlator or client.uri, _generic(alert, objects)))
    return replace(client, objects=replace(objects, now=now)._seen(), later=(*client.later, *told))


def _generic(alert: Alert, objects: Mounted) -> GenericAlert:
    """Alert 1226 in DM 2.0: enablers keep their types, and the result stands in DM1x.  [dm20 sheet §4, §7]"""
    item = alert.items[0]
    kind = (item.meta.type if item.meta else None) or ""
    found = [f"<ResultCode>{i.text}</ResultCode>" if i.meta and i.meta.format == "int" else i.text for i in alert.items]
    source = objects.at(item.source) if item.source else ""
    mark = (item.meta.mark if item.meta else None) or ""
    return GenericAlert(kind.removeprefix(_REVERSED), source=source, mark=mark, data=text_of({"DM1x": "".join(found)}))
