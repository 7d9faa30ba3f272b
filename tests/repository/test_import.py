"""``import dmkit`` is light: heavy libraries load when their first name is used."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import get_args

import pytest

import dmkit
from dmkit.words import lazy

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
    """Processor time of an interpreter that runs ``code``, its start and end included."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_import_stays_within_three_times_a_bare_interpreter():
    """A ratio of minima over alternated runs: others on the machine can only add to either, and the least counts."""
    bare = ours = float("inf")
    for _ in range(25):
        bare, ours = min(bare, _seconds("pass")), min(ours, _seconds("import dmkit"))
        if ours < 3 * bare:
            return
    raise AssertionError(f"{ours / bare:.1f} times a bare interpreter")


def test_import_runs_little():
    """What a clock cannot tell on a busy machine: how many modules are loaded, and how many of them are ours."""
    code = "import sys; before = set(sys.modules); import dmkit; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    ours = [name for name in loaded if name.partition(".")[0] == "dmkit"]
    assert len(loaded) <= 45 and len(ours) <= 5, loaded


def test_every_public_name_resolves():
    import dmkit

    for name in dmkit.__all__:
        assert getattr(dmkit, name) is not None, name


def test_no_name_is_hidden_by_a_module_of_the_same_name():
    """Loading ``dmkit.x`` sets ``x`` on the package, whatever the name stood for before."""
    from pathlib import Path

    import dmkit

    modules = {path.stem for path in Path(dmkit.__file__).parent.iterdir() if not path.name.startswith("_")}
    places = dmkit.__getattr__.places
    assert not {name for name, (_, module) in places.items() if module != f"={name}" and name in modules}


def test_every_public_name_says_what_it_is_for():
    """Enough for somebody who asks for help in a cell; a command of the protocol also says where it is specified."""
    import inspect

    import dmkit
    from dmkit.words.model import Command

    for name in dmkit.__all__:
        value = getattr(dmkit, name)
        if inspect.ismodule(value) or inspect.isclass(value) or inspect.isfunction(value):
            first = (value.__doc__ or "").strip().partition("\n\n")[0]
            assert len(first) > 12, name
    for command in get_args(Command):
        assert re.search(r"\[DMREPPRO §[\d.]+", command.__doc__), command


ROOMS = [name for name, (_, place) in dmkit.__getattr__.places.items() if place.startswith("=")]
"""Names of the door that are modules themselves."""


def test_the_door_has_at_most_seventy_two_names_and_shows_exactly_these():
    import dmkit

    assert dir(dmkit) == sorted(dmkit.__all__) and len(dir(dmkit)) <= 72
    assert not hasattr(dmkit, "Final") and not hasattr(dmkit, "import_module")


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_shows_exactly_its_public_names(room):
    package = getattr(dmkit, room)
    assert dir(package) == sorted(package.__all__)
    for name in dir(package):
        value = getattr(package, name)
        stands = getattr(value, "__module__", "dmkit")
        assert not str(stands).startswith("typing"), name


def test_a_name_that_moved_says_where_it_is():
    import dmkit

    for name, place in dmkit._MOVED.items():
        with pytest.raises(AttributeError, match=f"it is {place} now"):
            getattr(dmkit, name)
        value = dmkit
        for part in place.removeprefix("dm.").split("."):
            value = getattr(value, part)
    with pytest.raises(AttributeError, match="nearest: 'Device'"):
        dmkit.Devise


BLOCK = """
from importlib.machinery import PathFinder
found = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {blocked!r} else found(name, path, target)
PathFinder.find_spec = find_spec
"""


def blocked(code: str, *libraries: str) -> str:
    """What ``code`` prints in an interpreter without ``libraries``."""
    whole = BLOCK.format(blocked=set(libraries)) + code
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "library", "extra"),
    [
        ("dm.explore", "ipywidgets", "lab"),
        ("dm.plot.plot_tree", "matplotlib", "sim"),
        ("dm.plot.tree_graph(dm.Tree.of({'./A': '1'}))", "networkx", "lab"),
        ("dm.Campaign", "numpy", "sim"),
        ("dm.sweep(dm.Campaign(devices=2), progress=False)", "pandas", "sim"),
        ("dm.boards.explore(print, a=1)", "ipywidgets", "lab"),
        ("dm.sim.Campaign(devices=3, fidelity='tape').run(1)", "simpy", "sim"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(code, library, extra):
    said = blocked(f"import dmkit as dm\ntry:\n    {code}\nexcept ImportError as error:\n    print(error)\n", library)
    assert f"pip install 'dmkit[{extra}]'" in said, said


def test_the_extra_sim_runs_an_experiment(tmp_path):
    """What only the lab has is not wanted."""
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lab = {re.split(r"[>=\[]", entry)[0] for entry in extras["lab"]} - {"dmkit"}  # with IPython, which ipykernel brings
    (tmp_path / "a.toml").write_text(
        "[campaign]\ndevices = 20\n[over]\n'servers.count' = [1, 2]\n[figures]\ncompletion = {by='servers.count'}\n"
    )
    run = f"import sys\nfrom dmkit.cli import main\nsys.exit(main(['run', {str(tmp_path / 'a.toml')!r}, '--quiet']))"
    said = blocked(run, *(name.replace("-", "_") for name in lab), "IPython", "aiohttp", "numba", "clingo")
    assert "pip install" not in said and "Traceback" not in said, said
    assert (tmp_path / "a" / "summary.csv").exists(), said


def test_a_first_session_loads_no_room_that_it_does_not_enter():
    code = (
        "import sys, dmkit as dm; dm.converse(dm.Device.example(), dm.Server.example()); "
        "rooms = tuple(f'dmkit.{room}.' for room in ('mo', 'card', 'ddf', 'services', 'lab', 'sim', 'attack')); "
        "print([name for name in sys.modules if name.startswith(rooms)])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"


FIRST = "import dmkit as dm; dm.converse(dm.Device.example(), dm.Server.example())"


def first_session(before: str, after: str) -> str:
    """What a process prints that does nothing but a first session between two lines."""
    code = f"import gc, sys; {before}; {FIRST}; {after}"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_a_first_session_loads_what_it_uses():
    """Modules of ours, and what waits: makers of quick readers, questions, pushes, looking for a nearest name."""
    loaded = set(first_session("pass", "print(*sys.modules)").split())
    assert len([name for name in loaded if name.partition(".")[0] == "dmkit"]) <= 113
    late = {"wire.compiling", "wire.spelling", "words.question", "notify.layout", "notify.receiver", "server.jobs"}
    assert not loaded & {"difflib", *(f"dmkit.{name}" for name in late)}


def test_a_first_session_compiles_little():
    """Texts that become code: writers of XML, parts of the grammar, and no ``__init__`` of a class made a few times."""
    before = (
        "made = []; sys.addaudithook(lambda event, args: made.append(args[1]) if event == 'compile' else None); "
        "import dataclasses, msgspec, lxml.etree; made.clear()"
    )
    made = first_session(before, "print(*[name for name in made if isinstance(name, str) and name[0] == '<'], sep=';')")
    assert len(made.split(";")) <= 36, made


def test_the_garbage_collector_rests_while_modules_load():
    before = "seen = []; gc.collect(); gc.callbacks.append(lambda phase, info: seen.append(phase)); import dmkit as dm"
    after = "seen.clear(); dm.Device; dm.Server; dm.converse; print(len(seen), gc.isenabled(), gc.get_freeze_count())"
    code = f"import gc, sys; {before}; {after}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "True", "0"], done.stdout


def test_what_is_loaded_already_does_not_make_everything_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans ask for their solver again and again: circles would never be looked for in between."""
    assert lazy.wanted("dmkit.words.lazy") is lazy
    made: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: made.append("old"))
    lazy.wanted("dmkit.words.lazy")
    assert made == []


def test_what_the_security_matrix_loads_writes_out_no_dataclass_as_it_loads():
    """Six functions a class, compiled at each start; ``dmkit.words.records`` writes what is used."""
    code = (
        "import sys, dmkit as dm; dm.studies.security; "
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('dmkit.') and m.__file__), sep=chr(10)); "
        "print(*(n for n in sys.modules if not n.startswith('dmkit')), sep=chr(10))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = [name for name in done.stdout.split() if name.endswith(".py")]
    texts = {name: Path(name).read_text(encoding="utf-8") for name in names}
    written = re.compile(r"^from dataclasses import .*\bdataclass\b", re.MULTILINE)
    found = [name for name, text in texts.items() if written.search(text)]
    assert len(texts) > 150 and not found and "cryptography.x509" not in done.stdout
