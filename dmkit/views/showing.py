"""``show``: one name for every picture, found by what is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dmkit.card.card import Usim
from dmkit.card.exchange import Exchange, Log
from dmkit.card.listing import Listing
from dmkit.ddf.comparison import SpecDiff
from dmkit.ddf.linting.report import LintReport
from dmkit.ddf.spec import Spec
from dmkit.device.device import Device
from dmkit.rights.closure import Closure
from dmkit.session.events import Step
from dmkit.session.states import TRANSITIONS
from dmkit.tree.tree import Tree
from dmkit.views.cardview import exchange_look, files_look, log_look
from dmkit.views.ladder import ladder_html, ladder_text
from dmkit.views.look import Look
from dmkit.views.machine import states_html, states_text
from dmkit.views.markup import hexdump, message_html, message_text
from dmkit.views.reviewview import diff_look, report_look
from dmkit.views.rightsview import rights_html, rights_text
from dmkit.views.specview import spec_look
from dmkit.views.stepview import step_html, step_text
from dmkit.views.transcript import Line, Transcript
from dmkit.views.treeview import tree_html, tree_text
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import spelled
from dmkit.words.model import Message, Packet

__all__ = ["RENDERERS", "show"]


def _tree(tree: Tree, uri: str = ".", before: Tree | None = None, *, spec: Spec | None = None) -> Look:
    return Look(tree_text(tree, uri, before, spec=spec), tree_html(tree, uri, before, spec=spec))


def _message(message: Message | bytes) -> Look:
    return Look(message_text(message), message_html(message))


RENDERERS: Final[Mapping[type, Callable[..., Look]]] = {
    Tree: _tree,
    Device: lambda device, uri=".", before=None, **more: _tree(device.tree, uri, before, **more),
    Spec: spec_look,
    LintReport: report_look,
    SpecDiff: diff_look,
    Transcript: lambda talk: Look(ladder_text(talk), ladder_html(talk)),
    Step: lambda step: Look(step_text(step), step_html(step)),
    Closure: lambda closure, **framed: Look(rights_text(closure), rights_html(closure, **framed)),
    type(TRANSITIONS): lambda table, role: Look(states_text(table, role), states_html(table, role)),
    Line: lambda line: _message(line.packet.body),
    Packet: lambda packet: _message(packet.body),
    Message: _message,
    Usim: lambda card: files_look(card.tree),
    Listing: files_look,
    Log: log_look,
    Exchange: exchange_look,
    bytes: hexdump,
}
"""Type -> what draws it.  A new picture is a row."""


def show(thing: object, *arguments: Any, **options: Any) -> Look:
    """Draw ``thing``: a tree (with a URI, ``before`` to see changes, ``spec`` to see where definitions come from), a
    description, what lint says of it, the difference of two, a transcript, a step, a message, octets,
    a table of states (with ``"client"`` or ``"server"``), a card's files, its log or one exchange of it.

    ConfigError when nothing knows how.

    >>> import dmkit as dm
    >>> print(str(show(dm.Tree.of({"./A/B": "1"}))))
    .        Add=*&Get=*
    └─ A
       └─ B  1
    """
    for kind, renderer in RENDERERS.items():
        if isinstance(thing, kind):
            return renderer(thing, *arguments, **options)
    known = ", ".join(kind.__name__ for kind in RENDERERS)
    raise ConfigError(f"show: thing is {spelled(thing)}; a {type(thing).__name__} has no picture; these have: {known}")
