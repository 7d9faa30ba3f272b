"""Accounts of a device follow its tree: those below ./DMAcc come and go with their nodes, others stay.

>>> from dmkit.device.phone import example_account, example_tree
>>> tree = example_tree()
>>> kept, after = following([example_account("md5")], tree, tree, 0.0)
>>> [account.server_id for account in kept], after is tree
(['com.mgmtsrv.manage'], True)
"""

from __future__ import annotations

from collections.abc import Iterable

from dmkit.auth import Account
from dmkit.bootstrap import dmacc
from dmkit.tree.tree import Tree

__all__ = ["following"]


def following(known: Iterable[Account], before: Tree, tree: Tree, now: float) -> tuple[list[Account], Tree]:
    """The accounts of a device whose tree was ``before`` and is ``tree`` now, and that tree.

    A server whose last account is gone leaves every access control list.  [DMTND §7.7.1.4]
    """
    new = dmacc.accounts(tree)
    moved = {account.server_id for account in (*dmacc.accounts(before), *new)}
    kept = [*(account for account in known if account.server_id not in moved), *new]
    for server in sorted(moved - {account.server_id for account in kept}):
        tree = tree.forget(server, now=now)
    return kept, tree
