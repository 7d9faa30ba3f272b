"""Bootstrap messages of the DM profile, as a server writes them.  [DMBOOT §5.4]

>>> from dmkit.auth import Account, Credential
>>> from dmkit.bootstrap import dmacc
>>> account = Account("ops", "https://ops.example/", Credential("me", "secret"), Credential("ops", "theirs"))
>>> len(message({"Ops": dmacc.node(account)}, server="ops")) > 400
True
"""

from __future__ import annotations

from collections.abc import Mapping

from dmkit.tree import tnds
from dmkit.tree.node import Node
from dmkit.wire import wbxml
from dmkit.words.asked import asked
from dmkit.words.model import Add, Header, Item, Message, Meta

__all__ = ["message"]


@asked
def message(objects: Mapping[str, Node], *, server: str, device: str = "", session_id: str = "1") -> bytes:
    """One Add to the Inbox with ``objects`` (by the name each has there) as an embedded WBXML document.

    The values of the header are UNSURE: the specification demands the elements and says nothing of their content.
    """
    tops = tuple(top for name, node in objects.items() for top in tnds.serialise(name, node, properties=_KEPT).tops)
    item = Item(
        target="./Inbox",
        meta=Meta(format="bin", type=tnds.TYPE_WBXML),
        data=tnds.write(tnds.TndsDocument(tops), wbxml=True),
    )
    add = Add((item,), cmd_id="1")
    return wbxml.encode(Message(Header(session_id, "1", device or "", server), (add,), True))


_KEPT = frozenset({"ACL", "Format", "Title", "Type", "Value"})
