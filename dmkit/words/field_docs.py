"""What ``help`` says of a configuration: each field with its default, what it takes, and the sentences below it.

The sentences stand in the source below the field; they are read when somebody asks, not before.

>>> from dmkit.words.question import Options
>>> documented(Options)["hidden"]
'ET=P: what is typed stays hidden, as a password does.'
>>> "- ``hidden`` = False; True or False.  ET=P" in Options.__doc__
True
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields

from dmkit.words.records import in_order

__all__ = ["Doc", "documented"]


def documented(cls: type) -> dict[str, str]:
    """Field -> the sentences below it, on one line; a field without any is not there."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    except (OSError, TypeError, KeyError, SyntaxError):  # typed in by hand, or without its source
        return {}
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            for field, below in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    text = _text(below)
                    if text:
                        found[field.target.id] = " ".join(text.split())
    return found


def _text(node: ast.stmt) -> str:
    """The text that stands there as a statement of its own, if one does."""
    constant = node.value if isinstance(node, ast.Expr) else None
    return constant.value if isinstance(constant, ast.Constant) and isinstance(constant.value, str) else ""


class Doc:
    """Stands as ``__doc__`` of a class: the docstring, and below it the fields as they are now."""

    def __init__(self, text: str, allowed: Callable[[type], dict[str, str]]) -> None:
        self._text = text
        self._allowed = allowed

    def __get__(self, value: object, owner: type) -> str:
        try:
            return f"{inspect.cleandoc(self._text)}\n\n{_listed(owner, self._allowed(owner))}"
        except NameError:  # asked while its module is still being read
            return self._text


def _listed(cls: type, allowed: dict[str, str]) -> str:
    from textwrap import fill

    told = documented(cls)
    lines = []
    for entry in fields(cls):
        if entry.name not in allowed:
            continue
        if entry.default is not MISSING:
            default = f" = {in_order(entry.default)}"
        else:
            default = f" = {getattr(entry.default_factory, '__name__', 'made anew')}" if _made(entry) else ""
        default = " = made anew" if "<lambda>" in default or " at 0x" in default else default
        meaning = f"  {told[entry.name]}" if entry.name in told else ""
        line = f"- ``{entry.name}``{default}; {allowed[entry.name]}.{meaning}"
        lines.append(fill(line, 110, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n".join(lines)


def _made(entry: object) -> bool:
    return getattr(entry, "default_factory", MISSING) is not MISSING
