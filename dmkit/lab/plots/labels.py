"""Names beside points in a figure, so that none lies over another name, or over another point.

>>> from dmkit.lab.plots.drawing import new_axes
>>> axes = new_axes(None)
>>> boxes = name_points(axes, [(0.0, 0.0), (0.0, 0.01), (1.0, 1.0)], ["one", "two", "three"])
>>> sum(overlap(a, b) for n, a in enumerate(boxes) for b in boxes[:n])
0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dmkit.views.look import STROKE
from dmkit.views.placing import Box, overlap, placed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["name_lines", "name_points", "overlap"]

_SIDES: Final = ((1, 0.7), (1, -0.7), (-1, 0.7), (-1, -0.7), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Where a name may stand: to the right and above first."""
_DISTANCES: Final = (7.0, 16.0, 28.0, 42.0, 58.0)
"""Points between a mark and its name."""
_MARK: Final = 5.0
_NEAR: Final = 2


def name_points(
    axes: Axes,
    spots: Sequence[tuple[float, float]],
    names: Sequence[str],
    *,
    size: float = 8,
    bold: Sequence[bool] = (),
) -> list[Box]:
    """Write each of ``names`` beside its spot, with a thin line where it stands apart; the boxes, in pixels.

    The axes must be finished: title, limits, scales and legend stand.  ``bold``: which names are.
    """
    figure: Any = axes.figure
    figure.draw_without_rendering()
    unit = figure.dpi / 72
    points = [tuple(axes.transData.transform(spot)) for spot in spots]
    frame = axes.get_window_extent()
    within = (frame.x0, frame.y0, frame.x1, frame.y1)
    weights = ["bold" if n < len(bold) and bold[n] else "normal" for n in range(len(names))]
    sizes = [_size(axes, name, size, weight) for name, weight in zip(names, weights, strict=True)]
    offsets = [(sx * far, sy * far) for far in _DISTANCES for sx, sy in _SIDES]
    options = []
    for n, (point, extent) in enumerate(zip(points, sizes, strict=True)):
        boxes = [_box(point, offset, extent, unit) for offset in offsets]
        options.append(sorted(boxes, key=lambda box, n=n: _nearest(box, points) != n))  # type: ignore[misc]
    marks = [(x - _MARK * unit, y - _MARK * unit, x + _MARK * unit, y + _MARK * unit) for x, y in points]
    chosen = placed(options, marks, within)
    for n, at in enumerate(chosen):
        box, (x, y) = options[n][at], points[n]
        far = at >= _NEAR * len(_SIDES) or _nearest(box, points) != n
        arrow = {"arrowstyle": "-", "color": STROKE.grey, "lw": 0.6, "shrinkB": 4} if far else None
        axes.annotate(
            names[n], spots[n], ((box[0] - x) / unit, (box[1] + box[3]) / 2 / unit - y / unit), "data", "offset points",
            arrow, ha="left", va="center", fontsize=size, weight=weights[n],
        )  # fmt: skip
    return [options[n][at] for n, at in enumerate(chosen)]


def _nearest(box: Box, points: Sequence[tuple[float, ...]]) -> int:
    """The point that lies nearest to a box."""

    def gap(point: tuple[float, ...]) -> float:
        across = max(box[0] - point[0], 0, point[0] - box[2])
        up = max(box[1] - point[1], 0, point[1] - box[3])
        return float(across**2 + up**2)

    return min(range(len(points)), key=lambda n: gap(points[n]))


def name_lines(
    axes: Axes, lines: Sequence[tuple[tuple[float, float], tuple[float, float]]], names: Sequence[str],
    looks: Sequence[Mapping[str, Any]], *, size: float = 8,
) -> None:  # fmt: skip
    """Write each of ``names`` on its line, at the first of ``_SHARES`` that is free; ``looks``: options of the texts.

    The axes must be finished: title, limits and legend stand.
    """
    figure: Any = axes.figure
    figure.draw_without_rendering()
    options: list[list[Box]] = []
    for (begin, end), name, look in zip(lines, names, looks, strict=True):
        width, height = _size(axes, name, size, "normal", family=look.get("family"))
        found = [axes.transData.transform(_on(begin, end, share)) for share in _SHARES]
        options.append([(x - width / 2, y - height / 2, x + width / 2, y + height / 2) for x, y in found])
    for n, at in enumerate(placed(options)):
        axes.text(*_on(*lines[n], _SHARES[at]), names[n], ha="center", va="center", fontsize=size, **looks[n])


_SHARES: Final = (0.62, 0.74, 0.86, 0.5, 0.4, 0.3, 0.68, 0.8, 0.56, 0.2)
"""Shares of a line at which its name may stand, in the order of trying."""


def _on(begin: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])


def _size(axes: Axes, name: str, size: float, weight: str, family: str | None = None) -> tuple[float, float]:
    """Width and height of a text in pixels."""
    text = axes.text(0, 0, name, fontsize=size, weight=weight, family=family)
    extent = text.get_window_extent()
    text.remove()
    return extent.width, extent.height


def _box(point: tuple[float, ...], offset: tuple[float, float], extent: tuple[float, float], unit: float) -> Box:
    x, y = point[0] + offset[0] * unit, point[1] + offset[1] * unit
    width, height = extent
    left = x if offset[0] > 0 else x - width if offset[0] < 0 else x - width / 2
    return left, y - height / 2, left + width, y + height / 2
