"""Frames that are made when somebody does something with them: until then pandas need not be loaded.

A notebook that hands a table from one study to the next, and looks at that, needs no pandas, whose import takes longer
than the study.  What such a study gives is a ``LateFrame``: whatever is asked of it, it becomes the frame first, the
same object, of the very type ``pandas.DataFrame``.  Where pandas is there already it is made at once.

>>> frame = late(lambda: frame_of([{"n": 1}, {"n": 2}], {"measure": "one"}))
>>> frame["n"].tolist(), type(frame).__name__, frame.attrs
([1, 2], 'DataFrame', {'measure': 'one'})
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    import pandas as pd

    from dmkit.views.look import Look

__all__ = ["LateFrame", "frame_of", "late", "rows_of", "shown_of"]

FrameRows = Sequence[Mapping[str, Any]]

_NAMES: Final = (
    *("len", "getitem", "setitem", "delitem", "iter", "contains", "bool", "eq", "ne", "lt", "le", "gt", "ge", "neg"),
    *("pos", "invert", "abs", "round", "array", "array_ufunc", "dataframe", "arrow_c_stream", "repr", "str", "dir"),
    *("format", "copy", "deepcopy", "reduce", "reduce_ex", "getstate", "setstate", "sizeof", "setattr", "delattr"),
    *(f"{side}{name}" for side in ("", "r", "i") for name in (
        "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor")),
    *("matmul", "rmatmul", "divmod", "rdivmod"),
)  # fmt: skip
"""Special methods, which Python looks up in the type: what a frame has, or has not, it is asked for itself."""


class LateFrame:
    """A frame that is not made yet.

    ``make`` gives the frame, ``rows`` are what stands in it, for a study that goes on with them, and ``shown`` is how
    it looks in a notebook.
    """

    def __init__(
        self, make: Callable[[], pd.DataFrame], rows: FrameRows | None, shown: Callable[[], Look] | None
    ) -> None:
        vars(self).update(_make=make, _rows=rows, _shown=shown)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What it is for whoever asks, as ``isinstance`` does: nobody can without pandas."""
        frame: type = getattr(sys.modules.get("pandas"), "DataFrame", LateFrame)
        return frame

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_ipython_", "_repr_")) and name != "_repr_html_":
            raise AttributeError(name)  # a notebook asks for pictures and the like, which no frame has
        _become(self)
        return getattr(self, name)

    __hash__ = None  # type: ignore[assignment]


def _through(name: str) -> Callable[..., Any]:
    def asked(self: LateFrame, *given: Any, **named: Any) -> Any:
        _become(self)
        return getattr(type(self), name)(self, *given, **named)

    asked.__name__ = name
    return asked


for _name in _NAMES:
    setattr(LateFrame, f"__{_name}__", _through(f"__{_name}__"))


def _become(frame: Any) -> None:
    """``frame`` becomes the frame that it stands for."""
    if _is_late(frame):
        made = vars(frame)["_make"]()
        vars(frame).clear()
        object.__dict__["__class__"].__set__(frame, type(made))
        type(made).__init__(frame, made)
        frame.attrs = made.attrs


def _is_late(frame: object) -> bool:
    return type(frame) is LateFrame


def late(
    make: Callable[[], pd.DataFrame], rows: FrameRows | None = None, shown: Callable[[], Look] | None = None
) -> pd.DataFrame:
    """The frame that ``make`` gives, made when it is wanted; at once where pandas is loaded."""
    return make() if "pandas" in sys.modules else cast("pd.DataFrame", LateFrame(make, rows, shown))


def rows_of(frame: pd.DataFrame) -> FrameRows | None:
    """The rows of a frame that is not made yet; None of any other."""
    return vars(frame).get("_rows") if _is_late(frame) else None


def shown_of(frame: pd.DataFrame) -> Look | None:
    """How a frame that is not made yet looks, where that is known."""
    shown = vars(frame).get("_shown") if _is_late(frame) else None
    return None if shown is None else cast("Look", shown())


def frame_of(rows: Iterable[Mapping[str, Any]], attrs: Mapping[Any, Any]) -> pd.DataFrame:
    """``rows`` as a frame with ``attrs``.

    >>> frame_of([{"n": 1}], {"measure": "one"}).attrs
    {'measure': 'one'}
    """
    import pandas as pd

    frame = pd.DataFrame(list(rows))
    frame.attrs = dict(attrs)
    return frame
