"""Imports point down or sideways, never up; below the drivers nothing knows time, sockets, files or dice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "dmkit"

# from the bottom; a name covers the module and everything below it, and the longest name that fits counts
LAYERS = [
    ("words", ["words"]),
    ("wire", ["wire"]),
    ("tree", ["tree"]),
    ("parts", ["auth", "ddf", "rights"]),
    ("carriers", ["card", "notify"]),
    ("settings", ["bootstrap.rules"]),  # a value inside session.rules.Rules
    ("session", ["session"]),
    ("engines", ["bootstrap", "dm13", "dm2", "lwm2m", "mo", "schedule", "services", "windows"]),
    ("device", ["device"]),
    ("views", ["views", "ddf.api"]),  # ddf.api is the door of ddf, and shows pictures
    ("server", ["server"]),
    ("transport", ["transport"]),
    ("drivers", ["attack", "enablers", "generations", "probe", "sim"]),
    ("lab", ["lab"]),
    ("workbench", ["workbench"]),
    ("top", ["cli", "__main__"]),
]
LEVEL = {name: level for level, (_, names) in enumerate(LAYERS) for name in names}
PURE = {name.split(".")[0] for _, names in LAYERS[: [layer for layer, _ in LAYERS].index("device")] for name in names}
ALLOWED_CIRCLES = {
    # Spec.check, .tree, .describe, .from_table and their like, which a notebook reads better than functions
    frozenset({"ddf.allowed", "ddf.checking", "ddf.grammar", "ddf.node_table", "ddf.rules", "ddf.spec"}),
}  # fmt: skip
"""Circles of files that there may be: one at most, and it may only shrink."""

BANNED_MODULES = {
    "asyncio",
    "socket",
    "ssl",
    "selectors",
    "select",
    "threading",
    "multiprocessing",
    "subprocess",
    "random",
    "secrets",
    "time",
    "sched",
    "urllib.request",
    "http",
    "sqlite3",
    "tempfile",
    "pathlib",
    "os",
    "shutil",
    "uuid",
    "aiohttp",
}
HARMLESS = {
    "lwm2m.senml": {"os.path"},  # commonprefix, a function of texts
    "services.nearby": {"random"},  # always of one seed: the same goals give the same set
    "services.tables": {"pathlib"},  # read(file): the catalogue that a command or a test names
}
BANNED_CALLS = {"open", "input", "datetime.now", "datetime.utcnow", "date.today", "time.time", "os.urandom"}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


def level_of(name: str) -> int:
    """The level of the longest name in LAYERS that covers ``name``."""
    parts = name.split(".")
    return next(LEVEL[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in LEVEL)


def is_pure(path: Path) -> bool:
    return name_of(path).split(".")[0] in PURE and name_of(path) != "ddf.api"


def is_module(dotted: str) -> bool:
    path = PACKAGE.parent / Path(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports(path: Path) -> set[str]:
    """Names of modules that ``path`` imports at run time, inside functions too; types-only imports do not count."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module.split(".")[0] == "dmkit":  # a name may be a module: which, the package tells
                found.update(f"{node.module}.{alias.name}" for alias in node.names
                             if is_module(f"{node.module}.{alias.name}"))  # fmt: skip
    return found


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_every_module_has_a_layer(path):
    assert name_of(path).split(".")[0] in LEVEL, f"give {name_of(path)} a place in LAYERS"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_never_point_up(path):
    mine = level_of(name_of(path))
    upward = {
        name for name in imports(path)
        if name.startswith("dmkit.") and level_of(name.removeprefix("dmkit.")) > mine
    }  # fmt: skip
    assert not upward, f"{name_of(path)} ({LAYERS[mine][0]}) imports {sorted(upward)}"


def graph() -> dict[str, set[str]]:
    """File -> files that it imports, at its top or inside a function."""
    names = {name_of(path) for path in modules() if path.name != "__init__.py"}
    return {
        name_of(path): {name.removeprefix("dmkit.") for name in imports(path)} & names - {name_of(path)}
        for path in modules() if path.name != "__init__.py"
    }  # fmt: skip


def circles(edges: dict[str, set[str]]) -> set[frozenset[str]]:
    """Largest sets of files each of which reaches each other one (the strong components of more than one)."""
    reach: dict[str, set[str]] = {}
    for start in edges:
        seen, left = set(), [start]
        while left:
            for name in edges.get(left.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    left.append(name)
        reach[start] = seen
    return {frozenset(other for other in reach[name] if name in reach[other]) for name in edges if name in reach[name]}


def test_no_circle_of_files():
    found = circles(graph())
    new = [sorted(circle) for circle in found if not any(circle <= allowed for allowed in ALLOWED_CIRCLES)]
    assert not new, f"files that import each other: {new}"
    assert len(ALLOWED_CIRCLES) <= 1 and all(len(allowed) <= 6 for allowed in ALLOWED_CIRCLES)
    assert found == ALLOWED_CIRCLES, "a circle has shrunk: let the list shrink with it"


LAZY = {
    "attack.parties": "one attack of many brings software that is signed, and with it certificates",
    "cli": "a command loads only what it runs",
    "lab": "a study, a board and a figure load only what they show",
    "ddf.api": "pictures and trees as documents are asked for seldom",
    "ddf.spec": "methods of convenience over files that make a Spec: the circle that there may be",
    "device.device": "the card is loaded when there is one",
    "device.mounting": "management objects are loaded when one is mounted",
    "device.power": "schedules are loaded when there are some",
    "dm13": "trees are loaded for the themes that look at one",
    "generations": "the other protocols are loaded when a conversation is played in them",
    "mo.sched.build": "reading is asked for only to check what was built",
    "notify.layout": "octets are explained to people only",
    "notify.rules": "names of digests are looked for only when one is given",
    "session.job_queue": "few jobs wait for a report",
    "session.packages": "mark-up is seldom cut into pieces",
    "server.jobs": "services and their planner load when somebody provisions them",
    "sim.campaign": "an engine, with numpy or simpy, is loaded when it runs",
    "sim.compiled": "numba, which is not always there, compiles it when it runs",
    "sim.fleet": "numba, which is not always there, is asked for when it runs",
    "tree.execute": "users are seldom asked",
    "tree.apply": "serialised trees are loaded when one comes",
    "tree.tree": "two trees are compared when somebody looks",
    "tree.listing": "serialised trees are loaded when one is asked for",
    "views.transcript": "a session may run without being looked at",
    "words.asked": "whether a value holds itself is asked only where a walk has no end",
    "words.lazy": "the nearest name is looked for only when one is wrong",
    "wire.compiled": "a process that reads a few messages makes no quick readers",
    "wire.codec": "a codec is loaded when it reads or writes",
    "wire.xml": "white space around addresses is seldom there",
    "wire.wbxml": "lenient reading is seldom asked for",
}
"""Where imports of dmkit stand inside functions, and why; everywhere else they stand at the top."""


def inside_functions(path: Path) -> set[str]:
    """Modules of dmkit that a function of ``path`` imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    nodes = [node for function in functions for node in ast.walk(function)]
    names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name for name in names if name.split(".")[0] == "dmkit"}


def test_imports_inside_functions_have_a_reason():
    found = {name_of(path): names for path in modules() if (names := inside_functions(path))}
    bare = {name: names for name, names in found.items() if name not in LAZY and name.split(".")[0] not in LAZY}
    assert not bare, f"put these at the top: {bare}"
    gone = [name for name in LAZY if name not in found and not any(n.startswith(f"{name}.") for n in found)]
    assert not gone, f"nothing there is lazy any more: {gone}"


def test_a_circle_would_be_noticed():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"d"}}) == {frozenset("abc")}
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()


@pytest.mark.parametrize("path", [p for p in modules() if is_pure(p)], ids=name_of)
def test_nothing_below_the_drivers_knows_time_sockets_files_or_dice(path):
    banned = {name for name in imports(path) if name in BANNED_MODULES or name.split(".")[0] in BANNED_MODULES}
    assert banned == HARMLESS.get(name_of(path), set()), f"{name_of(path)} imports {sorted(banned)}"
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not calls & BANNED_CALLS, f"{name_of(path)} calls {sorted(calls & BANNED_CALLS)}"


MUTATORS = {
    "add",
    "append",
    "appendleft",
    "clear",
    "discard",
    "extend",
    "insert",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "setdefault",
    "update",
}
# a table of frozen values that a pure function has made before, with a bound: as @cache, but faster
MEMOS = {
    "auth.scheme": {"_KNOWN"},  # a register: whoever brings a scheme of his own gives it a name there
    "words.caches": {"_kept"},  # how much each cache of a process keeps: as lasting as the caches are
    "words.checked": {"CHECKED", "_KINDS", "_SCOPES"},
}


def mutations(path: Path) -> set[str]:
    """Names of a module that its functions change: state that outlives a call and belongs to nobody."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    targets = [
        t
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for t in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    own = {target.id for target in targets if isinstance(target, ast.Name)}
    found: set[str] = set()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        local = {arg.arg for arg in [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]}
        local |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                found |= set(node.names)
            changed = None
            if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
                changed = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
                changed = node.func.value
            elif (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "next" and node.args
            ):
                changed = node.args[0]
            if isinstance(changed, ast.Name) and changed.id in own - local:
                found.add(changed.id)
    return found


@pytest.mark.parametrize("path", [p for p in modules() if is_pure(p)], ids=name_of)
def test_nothing_below_the_drivers_keeps_state_in_a_module(path):
    assert mutations(path) == MEMOS.get(name_of(path), set())


def test_state_in_a_module_would_be_noticed(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text(
        "a = []\nb: dict = {}\nc = iter(())\nd = e = 0\n"
        "def f(e):\n    global d\n    a.append(1)\n    b[1] = next(c)\n    e[0] = 1\n"
    )
    assert mutations(bad) == {"a", "b", "c", "d"}


def test_a_forbidden_import_would_be_noticed(tmp_path):
    bad = tmp_path / "bad.py"
    bad.write_text("from dmkit.device.device import Device\nimport socket\n")
    assert imports(bad) == {"dmkit.device.device", "socket"}
