"""Widgets: a session to step through, and plots with knobs.

A widget holds no logic: it shows entries of a list that the engines have filled.  What it shows is written into HTML
values.  A page without kernel gets the first entry as plain HTML, a terminal gets it as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, cast

import ipywidgets as w
import traitlets as t

from dmkit.device.device import Device
from dmkit.lab.boards.controls import WIDE, Number, Presses, control_of
from dmkit.server.server import Server
from dmkit.session.work import Job
from dmkit.sim.collector import resting_collector
from dmkit.transport.loop import raise_failed, steps
from dmkit.tree.tree import Tree
from dmkit.views.ladder import ladder_svg
from dmkit.views.look import GREY, MONO, Look, escape, picture, themed
from dmkit.views.markup import hexdump, message_html
from dmkit.views.transcript import Line, Transcript
from dmkit.views.treeview import tree_html
from dmkit.words.arguments import callable_, instance, one_of, takes
from dmkit.words.errors import ConfigError, shortened

__all__ = [
    "BoardFrame",
    "Explorer",
    "Page",
    "Stepper",
    "board",
    "explore",
    "frames",
    "notes_of",
    "stepper",
]

_LETTERS: Final = (
    f"<style>.dmkit-page pre,.dmkit-page code{{font-family:{MONO};line-height:1.4}}"
    ".dmkit-page th,.dmkit-page td{padding:1px 8px}</style>"
)
NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_PANES: Final = ("ladder", "message", "octets", "before", "after")


class Page(w.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """HTML in a widget, where our colours are known and ``<pre>`` keeps letters of one width, as Voilà does not.

    >>> Page("<p>1</p>").value.startswith('<div class="dmkit"'), Page("").value
    (True, '')
    """

    @t.validate("value")
    def _coloured(self, proposal: dict[str, Any]) -> str:
        text = str(proposal["value"])
        return themed(f'<div class="dmkit-page">{_LETTERS}{text}</div>') if text and _LETTERS not in text else text


def notes_of(*controls: w.Widget) -> Page:
    """A line that says which numbers were not taken, and is empty when all were."""
    page = Page()
    numbers = [control for control in controls if isinstance(control, Number)]

    def follow(_: object) -> None:
        told = "; ".join(number.held for number in numbers if number.held)
        page.value = f'<p role="status">{escape(told)}</p>' if told else ""

    for number in numbers:
        number.observe(follow, "held")
    return page


_KEYS: Final = (
    "const box = this.closest('.widget-vbox');"
    "box.addEventListener('keydown', key => { if (key.key !== 'Escape') key.stopPropagation(); })"
)


def board(*children: w.Widget) -> w.VBox:
    """The parts of a board one below the other; keys that are pressed in it are its own.

    JupyterLab would take them for commands: an arrow for the next cell, an x in a list of choices for *cut this cell*.
    Escape still leads back to the notebook.

    >>> len(board(w.HTML("1"), w.HTML("2")).children)
    3
    """
    keys = w.HTML(
        f'<img alt="" hidden src="data:," onerror="{escape(_KEYS)}">', layout=w.Layout(height="0", margin="0")
    )
    return w.VBox([*children, keys])


class _WithFallback:
    """Shows its widget where there is a kernel, else the look of the first entry."""

    widget: w.Widget

    def _static(self) -> Look:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        look = self._static()
        live = self.widget._repr_mimebundle_()
        return {**(live or {}), "text/plain": look.text, "text/html": themed(look.html)}


# -- stepping through a session


@dataclass(frozen=True, slots=True)
class BoardFrame:
    """What there is to see after one message, as HTML: the ladder so far, the message, its octets, both trees.

    ``caption`` says in a line who said what.
    """

    caption: str
    ladder: str
    message: str
    octets: str
    before: str
    after: str


def frames(device: Device, server: Server, *, job: Job | None = None) -> list[BoardFrame]:
    """Run a session and look at it after each message."""
    instance("device", device, Device, "a Device, such as dm.Device.example()")
    taken = []
    trees: list[tuple[Tree, Tree]] = []
    known = device.tree
    for step in steps(device, server, job=job):
        taken.append(step)
        if step.reply is not None:
            trees.append((known, device.tree))
        known = device.tree
    talk = Transcript.of(taken)
    raise_failed(talk)
    return [_frame(talk, line, *trees[at]) for at, line in enumerate(talk)]


def _frame(talk: Transcript, line: Line, before: Tree, after: Tree) -> BoardFrame:
    so_far = talk[: line.number]
    who = "device to server" if line.sender == "client" else "server to device"
    return BoardFrame(
        f"{line.label}, {who}: {line.summary}",
        picture(ladder_svg(so_far), repr(so_far)),
        message_html(line.packet.body),
        hexdump(line.packet.body).html,
        tree_html(before),
        tree_html(after, before=before),
    )


class Stepper(_WithFallback):
    """A session to step through: ``number`` is the control, ``panes`` are what it changes, ``view`` chooses a pane."""

    def __init__(self, entries: Sequence[BoardFrame]) -> None:
        self.entries = tuple(entries)
        last = len(self.entries)
        self.number = Number("message", 1, last, layout=w.Layout(width="13em"))
        self.back = w.Button(description="Back", tooltip="the message before")
        self.next = w.Button(description="Next", tooltip="the message after")
        self.caption = Page()
        self.panes = {name: Page() for name in _PANES}
        self.back.on_click(lambda _: self._move(-1))
        self.next.on_click(lambda _: self._move(1))
        self.number.observe(lambda _: self._draw(), "value")
        self.view = w.ToggleButtons(options=["message", "octets", "device tree"], description="look at", style=WIDE)
        self.view.observe(lambda _: self._choose(), "value")
        self.widget = self._laid_out()
        self._choose()
        self._draw()

    def _move(self, by: int) -> None:
        self.number.value = min(max(self.number.value + by, 1), len(self.entries))

    def _draw(self) -> None:
        entry = self.entries[self.number.value - 1]
        self.caption.value = _caption(entry)
        for name, pane in self.panes.items():
            pane.value = getattr(entry, name)
        self.back.disabled = self.number.value == 1
        self.next.disabled = self.number.value == len(self.entries)

    def _laid_out(self) -> w.Widget:
        controls = w.HBox([self.back, self.next, self.number, notes_of(self.number)])
        trees = [_pane("device before", self.panes["before"]), _pane("device after", self.panes["after"])]
        for tall in ("message", "octets"):
            self.panes[tall].layout = w.Layout(max_height="28em", overflow="auto")
        self.views = {"message": self.panes["message"], "octets": self.panes["octets"], "device tree": w.HBox(trees)}
        return board(controls, self.caption, self.panes["ladder"], self.view, *self.views.values())

    def _choose(self) -> None:
        # not a Tab: after "run all" on a slow machine its tabs did not answer to clicks
        for name, view in self.views.items():
            view.layout.display = None if name == self.view.value else "none"

    def _static(self) -> Look:
        steps_ = "".join(
            f'<details name="dmkit-steps"{" open" if number == 1 else ""}><summary>{number}. {escape(entry.caption)}'
            f"</summary>{entry.ladder}{entry.message}</details>"
            for number, entry in enumerate(self.entries, 1)
        )
        return Look(repr(self), f"<div>{steps_}{_note('one message at a time')}</div>")

    def __repr__(self) -> str:
        return f"Stepper(message {self.number.value} of {len(self.entries)}: {self._caption_now})"

    @property
    def _caption_now(self) -> str:
        entry: BoardFrame = self.entries[self.number.value - 1]
        return entry.caption


def stepper(device: Device, server: Server, *, job: Job | None = None) -> Stepper:
    """Run a session and step through it, message by message: ladder, message, octets, the device before and after.

    >>> import dmkit as dm
    >>> device = dm.Device.example()
    >>> len(stepper(device, dm.Server.example(device)).entries)
    2
    """
    return Stepper(frames(device, server, job=job))


def _pane(title: str, pane: w.Widget) -> w.Widget:
    return w.VBox([w.HTML(f"<b>{escape(title)}</b>"), pane], layout=w.Layout(width="50%"))


def _caption(entry: BoardFrame) -> str:
    return f"<p><b>{escape(entry.caption)}</b></p>"


def _note(text: str) -> str:
    return f'<p style="color:{GREY}"><small>{escape(text)}; run this cell to move through it</small></p>'


# -- plots with knobs


class Explorer(_WithFallback):
    """A drawing that is made anew when a control moves: ``controls`` by name, ``picture`` is what they change."""

    def __init__(self, draw: Callable[..., Any], labels: Mapping[str, str] = NO_LABELS, /, **controls: Any) -> None:
        self.draw = callable_("draw", draw, "lambda size: dm.plot...(size), which draws one choice")
        given_labels = instance(
            "labels", labels, Mapping, "what controls are called, such as {'size': 'size in octets'}"
        )
        for name, label in given_labels.items():
            one_of("a name in labels", name, controls)
            instance(f"the label of {name}", label, str, "a text")
        self.labels = {name: labels.get(name, name.replace("_", " ")) for name in controls}
        takes("draw", draw, controls)
        self.controls = {name: control_of(name, self.labels[name], given) for name, given in controls.items()}
        self.picture, self.before = Page(), Page()
        self._look, self._chosen = Look("", ""), ""
        for control in self.controls.values():
            control.observe(self._moved, "value")
        knobs = w.HBox(list(self.controls.values()), layout=w.Layout(flex_flow="row wrap"))
        self.widget = board(knobs, notes_of(*self.controls.values()), self.picture, self.before)
        self._draw()

    def _moved(self, change: Any) -> None:
        if not isinstance(change.owner, Presses):  # another question: its answers are counted from the first
            for button in (c for c in self.controls.values() if isinstance(c, Presses)):
                button.unobserve(self._moved, "value")
                button.value = 0
                button.observe(self._moved, "value")
        self._draw()

    @resting_collector()  # a look through all that numpy and pandas hold takes as long as a figure
    def _draw(self) -> None:
        look, chosen = self._look, self._chosen
        self._look = _look(self.draw(**{name: control.value for name, control in self.controls.items()}))
        knobs = {self.labels[name]: control.value for name, control in self.controls.items()}
        self._chosen = "; ".join(f"{label}: {value}" for label, value in knobs.items())
        self.picture.value = self._look.html
        if chosen:  # what was chosen last, to compare with
            summary = f"<summary>Before, with {escape(chosen)}</summary>"
            self.before.value = f"<details>{summary}{look.html}</details>"

    def _static(self) -> Look:
        return Look(repr(self), f"<div>{self._look.html}{_note(self._chosen)}</div>")

    def __repr__(self) -> str:
        chosen = ", ".join(f"{name}={control.value!r}" for name, control in self.controls.items())
        return f"Explorer({chosen}: {self._look.text})"


def explore(draw: Callable[..., Any], *, labels: Mapping[str, str] = NO_LABELS, **controls: Any) -> Explorer:
    """Draw with knobs: ``draw(**values)`` gives Axes or a Look; each keyword is a control, named as it is.

    A list becomes a dropdown, a pair of whole numbers ``(low, high)`` a number field that starts low, a text a button
    that hands on how often it was pressed since another control moved.  ``labels`` says what a control is called, with
    its unit, where its name does not tell.  What was chosen before stays below, folded.

    >>> from dmkit.views.look import Look
    >>> shown = explore(lambda n: Look(f"{n} squared is {n * n}", f"<b>{n * n}</b>"), n=(2, 9))
    >>> shown.controls["n"].value = 3
    >>> shown
    Explorer(n=3: 3 squared is 9)
    """
    return Explorer(draw, labels, **controls)


def _look(drawn: Any) -> Look:
    if isinstance(drawn, Look):
        return drawn
    if hasattr(type(drawn), "redrawn"):  # a Drawing; to ask for its class would load matplotlib for every board
        return cast("Look", drawn.redrawn())
    show = getattr(drawn, "_repr_mimebundle_", None)
    bundle = show() if callable(show) and not isinstance(drawn, type) else None
    if not isinstance(bundle, Mapping) or not {"text/plain", "text/html"} <= bundle.keys():
        right = "a Look, Axes of dm.plot, or something else that shows itself as HTML"
        raise ConfigError(f"what is drawn is {shortened(repr(drawn))}; it must be {right}")
    return Look(bundle["text/plain"], bundle["text/html"])
