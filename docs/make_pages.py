"""Pages that the program itself writes, so that they cannot grow stale: commands, public names, modules, notebooks.

``docs/conf.py`` calls ``write`` at each build; git ignores what it makes.
"""

from __future__ import annotations

import ast
import inspect
import io
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Final
from unittest import mock

import dmkit
from dmkit.cli import COMMANDS, main
from dmkit.cli.command import Command

__all__ = ["api", "commands", "modules", "write"]

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
PACKAGE: Final = ROOT / "dmkit"


def _help(words: tuple[str, ...]) -> str:
    """What ``dmkit WORDS --help`` prints, 100 columns wide and without colours."""
    said = io.StringIO()
    plain = mock.patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"})
    with plain, redirect_stdout(said), suppress(SystemExit):
        main([*words, "--help"])
    return said.getvalue()


def _below(table: Mapping[str, Command], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    for name, command in table.items():
        yield (*above, name), command
        yield from _below(command.below or {}, (*above, name))


def commands() -> str:
    """The page of the command line: one row a command, then what each says of itself."""
    rows = list(_below(COMMANDS))
    lines = [
        "# Command line",
        "",
        "`dmkit` after installation (`.venv/bin/dmkit`), or `python -m dmkit`. Exit status 0 when all went well,",
        "1 when what was asked for did not succeed, 2 with one sentence on standard error for bad input.",
        "",
        "| Command | What it does | Example |",
        "|---|---|---|",
        *(
            f"| [`dmkit {' '.join(w)}`](#{'-'.join(('dmkit', *w))}) | {c.what} | `{c.example}` |"
            for w, c in rows
        ),
        "",
        "[Serving devices over HTTP](../serving.md) lists every field of the configuration, the limits and the log.",
    ]
    for words, _ in rows:
        name = " ".join(("dmkit", *words))
        lines += ["", f"({'-'.join(('dmkit', *words))})=", f"## {name}", "", "```text", _help(words).rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _directive(thing: object) -> str:
    if inspect.isclass(thing):
        return "autoexception" if issubclass(thing, BaseException) else "autoclass"
    if inspect.isfunction(thing) or inspect.isbuiltin(thing):
        return "autofunction"
    return "automodule" if inspect.ismodule(thing) else "autodata"


def api() -> str:
    """The page of public names: a section a module, in the order of ``dmkit/__init__.py``."""
    places: dict[str, list[str]] = {}
    for name, module in dmkit._NAMES.items():
        thing = getattr(dmkit, name)
        where = thing.__name__ if inspect.ismodule(thing) else f"dmkit.{module}"
        places.setdefault(where, []).append("" if inspect.ismodule(thing) else name)
    lines = ["# Names, module by module", ""]
    lines += ["All of these are attributes of `dmkit`; a module is loaded when its first name is used.", ""]
    for where, names in places.items():
        lines += [f"## {where}", ""]
        for name in names:
            thing = getattr(dmkit, name) if name else None
            directive = _directive(thing) if name else "automodule"
            lines += [f"```{{eval-rst}}\n.. {directive}:: {where}{'.' + name if name else ''}"]
            lines += ["   :members:"] if directive in ("autoclass", "autoexception", "automodule") else []
            lines += ["   :no-value:"] if directive == "autodata" else []
            lines += ["```", ""]
    return "\n".join(lines)


def _first_sentence(path: Path) -> str:
    """The first paragraph of the docstring of a module, up to its first full stop."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0].split())
    return text.split(". ")[0].split(".  [")[0].rstrip(".")


def modules() -> list[tuple[str, str]]:
    """Each module of the package, by its path, and what its docstring says it is for."""
    paths = sorted(PACKAGE.rglob("*.py"), key=lambda path: (len(path.relative_to(PACKAGE).parts), path))
    return [(path.relative_to(ROOT).as_posix(), _first_sentence(path)) for path in paths]


def _modules_table() -> str:
    rows = (f"| `{path}` | {what.replace('|', '/')} |" for path, what in modules())
    return "\n".join(["| File | What it is for |", "|---|---|", *rows]) + "\n"


def write() -> None:
    """Make the pages below ``docs/made`` and copy the notebooks to ``docs/notebooks``."""
    made, notebooks = DOCS / "made", DOCS / "notebooks"
    for folder in (made, notebooks):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    (made / "commands.md").write_text(commands(), encoding="utf-8")
    (made / "api.md").write_text(api(), encoding="utf-8")
    (made / "modules.inc").write_text(_modules_table(), encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy(path, notebooks / path.name)


if __name__ == "__main__":
    write()
