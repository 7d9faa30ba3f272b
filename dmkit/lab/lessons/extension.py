"""``%load_ext dmkit``: solutions that stay folded in every viewer, and frames as tables that are not cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dmkit.views.look import MONO, Look, escape

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["load", "solution"]


_FRAMES: Final = (("pandas", "DataFrame"), ("pandas.core.frame", "DataFrame"), ("dmkit.lab.measures.late", "LateFrame"))
"""Module and name of each type that is a frame, loaded or not."""


def load(shell: Any) -> None:
    """Give an IPython ``shell`` the cell magic ``%%solution`` and our tables for frames of pandas.

    ``import dmkit`` changes no session; this is what ``%load_ext dmkit`` calls.

    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> shell = InteractiveShell()
    >>> load(shell); "solution" in shell.magics_manager.magics["cell"]
    True
    """
    shell.register_magic_function(solution, "cell")
    formatters = shell.display_formatter.formatters
    for place, name in _FRAMES:
        formatters["text/html"].for_type_by_name(place, name, _html)
        formatters["text/plain"].for_type_by_name(place, name, _text)


def _look(frame: pd.DataFrame) -> Look:
    from dmkit.lab.measures.late import shown_of
    from dmkit.lab.measures.tables import listing

    return shown_of(frame) or listing(frame)


def _html(frame: pd.DataFrame) -> str:
    return _look(frame)._repr_mimebundle_()["text/html"]


def _text(frame: pd.DataFrame, printer: Any, cycle: bool) -> None:
    printer.text(_look(frame).text)


def solution(line: str, cell: str) -> None:
    r"""``%%solution N``: run the cell, show it and what it gives behind one line that can be opened.

    What the cell assigns stays; an error in it is raised.  Widgets cannot be shown so.

    >>> from IPython.core.interactiveshell import InteractiveShell
    >>> shell = InteractiveShell.instance()
    >>> shell.register_magic_function(solution, "cell")
    >>> shell.run_cell("%%solution 1\nkept = 6 * 7").raise_error()  # doctest: +ELLIPSIS
    <IPython.core.display.HTML object>
    >>> shell.user_ns["kept"]
    42
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import HTML, display
    from IPython.utils.capture import capture_output

    shell: Any = get_ipython()
    with capture_output() as caught:
        run = shell.run_cell(cell)
    run.raise_error()
    shown = _pre(caught.stdout) if caught.stdout else ""
    for output in caught.outputs:
        shown += output.data.get("text/html") or _pre(output.data.get("text/plain", ""))
    title = f"Solution {line.strip()}".strip()
    html = f"<details><summary>{escape(title)}</summary>{_pre(cell.rstrip())}{shown}</details>"
    display(HTML(html))  # type: ignore[no-untyped-call]


def _pre(text: str) -> str:
    return f'<pre style="font-family:{MONO};white-space:pre-wrap">{escape(text)}</pre>'
