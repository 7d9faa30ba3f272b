"""Controls of boards: made from what a caller gave, set to what a caller chose; one sentence for what none takes.

>>> choose("a board", {"life": Number("life", 0, 99)}, {"lief": 3})
Traceback (most recent call last):
...
dmkit.words.errors.ConfigError: a board has no control 'lief'; it has life; nearest: 'life'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import ipywidgets as w
import traitlets as t

from dmkit.words.arguments import instance, one_of, whole
from dmkit.words.errors import ConfigError
from dmkit.words.kinds import listed, nearest

__all__ = ["WIDE", "Number", "Presses", "choose", "control_of"]

WIDE: Final = {"description_width": "initial"}
"""Labels as wide as their words."""


class Number(w.IntText):  # type: ignore[misc]  # ipywidgets has no types
    """A field for a whole number from ``least`` to ``most``, which its label tells; ``held`` says what was not taken.

    Not a slider: those have no name for who does not see them.

    >>> field = Number("servers", 4, 64)
    >>> field.value = 99
    >>> field.description, field.value, field.held
    ('servers, 4 to 64', 64, 'servers: 99 is above 64, so 64 is taken')
    """

    held = t.Unicode("", help="which number was not taken, and why")

    def __init__(self, label: str, least: int, most: int, *, value: int | None = None, **options: Any) -> None:
        self.label, self.least, self.most = label, least, most
        first = least if value is None else value
        options = {"style": WIDE, "continuous_update": False, **options}
        super().__init__(value=first, description=f"{label}, {least} to {most}", **options)

    @t.validate("value")
    def _within(self, proposal: dict[str, Any]) -> int:
        asked = int(proposal["value"])
        taken = min(max(asked, self.least), self.most)
        side = f"above {self.most}" if asked > taken else f"below {self.least}"
        self.held = "" if taken == asked else f"{self.label}: {asked} is {side}, so {taken} is taken"
        if taken != asked and taken == self.value:
            self.send_state("value")  # nothing changes here, and the page shows what was typed
        return taken


class Presses(w.Button):  # type: ignore[misc]  # ipywidgets has no types
    """A button that counts: ``value`` is how often it was pressed since another control moved.

    >>> button = Presses(description="Show me another")
    >>> button.click(), button.click(), button.value
    (None, None, 2)
    """

    value = t.Int(0, help="how often it was pressed")

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.on_click(lambda _: self.set_trait("value", self.value + 1))


def control_of(name: str, label: str, given: Any) -> w.Widget:
    """A control for what was given: a button for a text, a number for a pair of whole numbers, else a list of choices.

    >>> type(control_of("size", "size", (2, 9))).__name__, control_of("kind", "kind", ["a", "b"]).value
    ('Number', 'a')
    >>> control_of("size", "size", [])
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: size is []; a control needs a text, a pair of whole numbers (low, high), or choices
    """
    right = "a control needs a text, a pair of whole numbers (low, high), or choices"
    if isinstance(given, str) and given:
        return Presses(description=given, layout=w.Layout(width="auto"))
    if isinstance(given, tuple) and len(given) == 2 and all(type(n) is int for n in given):
        low, high = given
        if low > high:
            raise ConfigError(f"{name} is {given}; the lower number of a pair comes first")
        return Number(label, low, high)
    choices = list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else []
    if not choices:
        raise ConfigError(f"{name} is {given!r}; {right}")
    return w.Dropdown(options=choices, value=choices[0], description=label, style=WIDE)


def choose(maker: str, controls: Mapping[str, w.Widget], chosen: Mapping[str, Any]) -> None:
    """Set ``controls`` of what ``maker`` makes; ConfigError for a name or a value that is none.

    >>> box = w.Checkbox()
    >>> choose("a board", {"on": box}, {"on": True})
    >>> box.value
    True
    """
    for name, value in chosen.items():
        if name not in controls:
            raise ConfigError(
                f"{maker} has no control {name!r}; it has {listed(controls, 'and')}{nearest(name, controls)}"
            )
        control = controls[name]
        if isinstance(control, Number):
            control.value = whole(name, value, control.least, control.most)
        elif isinstance(control, w.Text | w.Textarea):
            control.value = instance(name, value, str, "a text")
        elif isinstance(control, w.Checkbox):
            control.value = instance(name, value, bool, "True or False")
        else:  # one of a list, whose choices may have words of their own
            offered = [one[1] if isinstance(one, tuple) else one for one in control.options]
            control.value = one_of(name, value, offered)
