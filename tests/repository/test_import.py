"""``import dmkit`` is light: heavy libraries load when their first name is used."""

from __future__ import annotations

import re
import subprocess
import sys
from time import perf_counter
from typing import get_args

HEAVY = ["pandas", "numpy", "matplotlib", "networkx", "ipywidgets", "simpy", "aiohttp", "lxml", "cryptography"]


def test_import_loads_nothing_heavy():
    code = f"import sys, dmkit; print([n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_conversation_loads_no_notebook_library():
    code = (
        "import sys, dmkit as dm; d = dm.Device.example(); dm.converse(d, dm.Server.example(d));"
        f"print([n for n in {HEAVY[:7]} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _seconds(code: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - start


def test_import_stays_within_three_times_a_bare_interpreter():
    """A ratio of minima over alternated runs, so that a busy machine slows both alike."""
    bare, ours = [], []
    for _ in range(7):
        bare.append(_seconds("pass"))
        ours.append(_seconds("import dmkit"))
    assert min(ours) < 3 * min(bare)


def test_every_public_name_resolves():
    import dmkit

    for name in dmkit.__all__:
        assert getattr(dmkit, name) is not None, name


def test_no_name_is_hidden_by_a_module_of_the_same_name():
    """Loading ``dmkit.x`` sets ``x`` on the package, whatever the name stood for before."""
    from pathlib import Path

    import dmkit

    modules = {path.stem for path in Path(dmkit.__file__).parent.iterdir() if not path.name.startswith("_")}
    assert not {name for name, module in dmkit._NAMES.items() if module and name in modules}


def test_every_public_name_says_what_it_is_for():
    """Enough for somebody who asks for help in a cell; a command of the protocol also says where it is specified."""
    import inspect

    import dmkit
    from dmkit.words.model import Command

    for name in dmkit._NAMES:
        value = getattr(dmkit, name)
        if inspect.ismodule(value) or inspect.isclass(value) or inspect.isfunction(value):
            first = (value.__doc__ or "").strip().partition("\n\n")[0]
            assert len(first) > 12, name
    for command in get_args(Command):
        assert re.search(r"\[DMREPPRO §[\d.]+", command.__doc__), command
