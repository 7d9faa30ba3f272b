"""Figures of enablers: what each needs of the protocol, and what works under which profile.

A cell has a colour and a sign; neither speaks alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from dmkit.lab.plots.drawing import Drawing, finished, new_axes
from dmkit.views.look import GROUND, HUES, PAINT, STROKE
from dmkit.words.asked import asked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FINDINGS", "NEEDS", "Looks", "capabilities", "profiles", "sets_tried", "sign_map"]

Looks: TypeAlias = Mapping[str, tuple[str, str, str]]
"""Word of a cell -> its colour, the sign in it, the colour of the sign."""
NEEDS: Final[Looks] = {  # colour of the cell, sign in it, colour of the sign
    "not needed": (GROUND.grey, "·", STROKE.grey),
    "optional": (HUES["yellow"], "○", PAINT.ink),
    "mandatory": (HUES["blue"], "●", GROUND.white),
    "nothing to lose": (GROUND.silver, "–", PAINT.ink),
}
FINDINGS: Final[Looks] = {
    "works": (GROUND.grey, "✓", PAINT.pine),
    "degraded": (HUES["yellow"], "–", PAINT.ink),
    "fails": (PAINT.orange, "✕", GROUND.white),
}


@asked
def capabilities(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What each enabler needs: a row per enabler, a column per capability.  ``frame`` is of ``dm.measure.needs``.

    >>> from dmkit.enablers.matrix import matrix
    >>> from dmkit.lab.studies.capabilities import needs
    >>> type(capabilities(needs(matrix(enablers=["lock"], capabilities=["Exec"])))).__name__
    'Drawing'
    """
    return sign_map(frame, NEEDS, "What enablers need of the protocol", "capability that is taken away", "enabler", ax)


@asked
def profiles(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """What works where: a row per profile, a column per enabler.  ``frame`` is of ``dm.measure.profile_frame``.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"lawmo": ["works", "fails"]}, index=pd.Index(["DM 1.2", "no Exec"], name="profile"))
    >>> len(profiles(frame).get_yticklabels())
    2
    """
    return sign_map(frame, FINDINGS, "What works under which profile", "enabler", "profile", ax)


@asked
def sets_tried(frame: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """How many sets of each size work, degrade or fail, as bars.  ``frame`` is of ``dm.measure.sets_tried``.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"works": [0, 1], "degraded": [0, 0], "fails": [1, 0]})
    >>> sets_tried(frame).get_title(loc="left")
    'Every set of capabilities, added and run'
    """
    axes = new_axes(ax, 7.2, 3.4)
    below = [0] * len(frame)
    for word, hatch in (("works", ""), ("degraded", "//"), ("fails", "..")):
        colour = PAINT.green if word == "works" else FINDINGS[word][0]
        heights = [int(count) for count in frame[word]]
        axes.bar(list(range(len(frame))), heights, bottom=below, color=colour, hatch=hatch, ec="white",
                 label=f"{FINDINGS[word][1]} {word}")  # fmt: skip
        below = [a + b for a, b in zip(below, heights, strict=True)]
    axes.set_xticks(list(range(len(frame))), [str(size) for size in frame.index])
    axes.legend(frameon=False, fontsize=9)
    title = "Every set of capabilities, added and run"
    finished(axes, title, "capabilities added to the profile", "number of sets")
    if isinstance(axes, Drawing):
        told = [f"{size} added: {', '.join(f'{int(n)} {word}' for word, n in row.items() if n)}" for size, row in
                frame.iterrows()]  # fmt: skip
        axes.told = f"{title}. {'; '.join(told)}."
    return axes


def sign_map(frame: pd.DataFrame, looks: Looks, title: str, x: str, y: str, ax: Axes | None = None) -> Axes:
    """Words as cells with a colour and a sign; the first three words of ``looks`` stand in the legend, others if used.

    >>> import pandas as pd
    >>> sign_map(pd.DataFrame({"x": ["works"]}), FINDINGS, "T", "across", "up").get_title(loc="left")
    'T'
    """
    rows, columns = frame.shape
    longest = max(map(len, map(str, frame.columns)), default=0)
    left = max(map(len, map(str, frame.index)), default=0)
    axes = new_axes(ax, 1.2 + 0.075 * left + 0.42 * columns + 1.3, 1.2 + 0.3 * rows + 0.05 * longest)
    order = list(looks)
    levels = [[order.index(str(cell)) for cell in row] for row in frame.to_numpy()]
    cells = ListedColormap([colour for colour, _, _ in looks.values()])
    axes.pcolormesh(levels, cmap=cells, vmin=-0.5, vmax=len(looks) - 0.5, ec="white", lw=1.5)
    for at, row in enumerate(frame.to_numpy()):
        for across, cell in enumerate(row):
            _, sign, colour = looks[str(cell)]
            axes.text(across + 0.5, at + 0.5, sign, ha="center", va="center", color=colour, fontsize=10)
    axes.set_yticks([at + 0.5 for at in range(rows)], [str(name) for name in frame.index], fontsize=9)
    axes.set_xticks([at + 0.5 for at in range(columns)], [str(name) for name in frame.columns], fontsize=9,
                    rotation=40, ha="right", rotation_mode="anchor")  # fmt: skip
    axes.tick_params(length=0)
    axes.set_ylim(rows, 0)
    used = {*order[:3], *(str(cell) for row in frame.to_numpy() for cell in row)}
    keys = [Patch(fc=colour, ec=STROKE.grey, label=f"{sign} {word}") for word, (colour, sign, _) in
            reversed(tuple(looks.items())) if word in used]  # fmt: skip
    axes.legend(handles=keys, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    finished(axes, title, x, y)
    axes.grid(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    if isinstance(axes, Drawing):
        found = {(name, word): [str(c) for c in frame.columns if frame.loc[name, c] == word]
                 for name in frame.index for word in order[1:]}  # fmt: skip
        told = [f"{name}: {', '.join(which)} {word}" for (name, word), which in found.items() if which]
        axes.told = f"{title}. {'; '.join(told)}."
    return axes
