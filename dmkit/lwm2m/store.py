"""What a client holds: definitions of objects, and values at addresses.  A value; changes give a new one.

>>> store = Store.of(STANDARD, {"/3/0/0": "Example", "/3/0/9": 95, "/1/0/0": 1, "/1/0/1": 300})
>>> store.get(Path(3, 0)).keys() == {Path(3, 0, 0), Path(3, 0, 9)}
True
>>> store.set(Path(3, 0, 9), 40).get(Path(3, 0, 9))
{Path('/3/0/9'): 40}
>>> [str(instance) for instance in store.instances(1)]
['/1/0']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from dmkit.lwm2m.definitions import Definition, Resource
from dmkit.lwm2m.path import Path
from dmkit.lwm2m.standard import STANDARD
from dmkit.lwm2m.values import Type, Value, check
from dmkit.words.asked import asked
from dmkit.words.counts import many
from dmkit.words.errors import CodecError

__all__ = ["STANDARD", "Store"]


class Store:
    """Objects by identifier, their instances, and values at resources or items of them."""

    __slots__ = ("_hash", "definitions", "present", "values")

    @asked
    def __init__(
        self,
        definitions: Mapping[int, Definition],
        values: Mapping[Path, Value],
        present: frozenset[Path] = frozenset(),
    ) -> None:
        self.definitions = definitions
        self.values = MappingProxyType(dict(sorted(values.items())))
        self.present = present | {Path.of(path.ids[:2]) for path in values}
        self._hash: int | None = None

    @classmethod
    @asked
    def of(cls, definitions: Mapping[int, Definition], values: Mapping[str, Value]) -> Store:
        """From addresses as text; each value is checked against its resource.  CodecError."""
        return cls(definitions, {}).put_all((Path.parse(text), value) for text, value in values.items())

    def resource(self, path: Path) -> Resource | None:
        """The definition of the resource at or above ``path``; None when nobody defines it."""
        definition = self.definitions.get(path.object) if path.object is not None else None
        return definition.resources.get(path.resource) if definition and path.resource is not None else None

    def type_of(self, path: Path) -> Type | None:
        """The type of the resource at ``path``."""
        found = self.resource(path)
        return found.type if found else None

    def instances(self, object_id: int) -> tuple[Path, ...]:
        """The instances of an object, in order."""
        return tuple(sorted(path for path in self.present if path.object == object_id))

    def get(self, path: Path) -> dict[Path, Value]:
        """The values at and below ``path``, in order of address."""
        return {at: value for at, value in self.values.items() if path.covers(at)}

    def holds(self, path: Path) -> bool:
        """Whether an instance, a resource or an item is there."""
        if len(path) == 1:
            return path.object in self.definitions and bool(self.instances(path.object or 0))
        return path in self.present if len(path) == 2 else any(path.covers(at) for at in self.values)

    def set(self, path: Path, value: Value) -> Store:
        """With ``value`` at a resource or an item of it; CodecError when it does not fit."""
        return self.put_all([(path, value)])

    def _fits(self, path: Path, value: Value) -> Value:
        resource = self.resource(path)
        if resource is None:
            raise CodecError(f"{path}: no resource is defined there")
        if resource.multiple != (len(path) == 4):
            wanted = (
                "an item of it, as " + str(Path.of(path.ids[:3]) / 0) if resource.multiple else "the resource itself"
            )
            raise CodecError(
                f"{path}: {resource.name} holds {'several values' if resource.multiple else 'one value'}; {wanted}"
            )
        return check(resource.type, value)

    def create(self, path: Path) -> Store:
        """With an empty instance."""
        return Store(self.definitions, self.values, self.present | {path})

    def delete(self, path: Path) -> Store:
        """Without what is at and below ``path``."""
        values = {at: value for at, value in self.values.items() if not path.covers(at)}
        return Store(self.definitions, values, frozenset(at for at in self.present if not path.covers(at)))

    def put_all(self, values: Iterable[tuple[Path, Value]]) -> Store:
        """With several values; all or none.  CodecError."""
        taken = {path: self._fits(path, value) for path, value in values}
        return Store(self.definitions, {**self.values, **taken}, self.present)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Store):
            return NotImplemented
        return (
            self.present == other.present
            and dict(self.values) == dict(other.values)
            and tuple(self.definitions) == tuple(other.definitions)
        )

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash((self.present, frozenset(self.values.items())))
        return self._hash

    def __repr__(self) -> str:
        return f"Store({many(len(self.present), 'instance')}, {many(len(self.values), 'value')})"
