"""What the objects of a device remember besides their nodes; it travels with the tree, back and forth.

An object is told what a tree remembers of it before it acts on that tree, and what it knows then goes into the tree
that follows.  So an Atomic that is taken back takes the memory back, too.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("fumo")
>>> from dmkit.words.model import Exec, Replace
>>> before = device.tree
>>> url = Replace.of("./FUMO/Download/PkgURL", "https://fw.example/2")
>>> _ = device.execute((url, Exec.of("./FUMO/Download")), "srv", 0.0)
>>> fumo = device.objects["./FUMO"]
>>> running = fumo.memory()
>>> device.become(before)
>>> fumo.memory() == running, fumo.memory() == before.memory["./FUMO"]
(False, True)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from dmkit.tree.tree import Tree
from dmkit.words.errors import CommandFailed

if TYPE_CHECKING:
    from dmkit.mo.object import Managed

__all__ = ["ObjectMemories"]

P = ParamSpec("P")
_T = TypeVar("_T")


class ObjectMemories:
    """The objects that are mounted, by URI, and what each of them remembers now."""

    __slots__ = ("_known", "objects")

    def __init__(self) -> None:
        self.objects: dict[str, Managed] = {}
        self._known: dict[str, tuple[Hashable, ...]] = {}

    def recall(self, tree: Tree) -> None:
        """Let all objects remember what ``tree`` does."""
        for owner in self.objects.values():
            self.tell(owner, tree)

    def tell(self, owner: Managed, tree: Tree) -> None:
        """Let ``owner`` remember what ``tree`` does, unless it does so already."""
        memory = tree.memory.get(owner.at)
        if memory is not None and memory is not self._known.get(owner.at):
            self._known[owner.at] = memory
            owner.remember(memory)

    def acting(
        self,
        owner: Managed,
        tree: Tree,
        act: Callable[Concatenate[Tree, P], tuple[Tree, _T]],
        *args: P.args,
        **more: P.kwargs,
    ) -> tuple[Tree, _T]:
        """What ``owner`` makes of ``tree``, remembering what that tree does; the new tree has its new memory."""
        self.tell(owner, tree)
        try:
            after, value = act(tree, *args, **more)
        except CommandFailed:  # nothing was done
            owner.remember(self._known[owner.at])
            raise
        memory = self._known[owner.at] = owner.memory()
        return after.remembering(owner.at, memory), value

    def written(self, tree: Tree) -> Tree:
        """``tree`` with what the objects remember now."""
        for owner in self.objects.values():
            memory = owner.memory()
            if memory != self._known.get(owner.at, ()):
                self._known[owner.at] = memory
                tree = tree.remembering(owner.at, memory)
        return tree
