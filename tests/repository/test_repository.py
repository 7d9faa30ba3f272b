"""What stands around the package: README, contribution guide, pins, binder, settings, pages."""

from __future__ import annotations

import ast
import doctest
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dmkit
from dmkit.cli import COMMANDS, _parser
from dmkit.session.again import MEMORIES
from dmkit.wire.compiled import paths
from tests.repository import test_layers

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MAKE_PAGES = runpy.run_path(str(ROOT / "docs" / "make_pages.py"))
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links", re.I)


MADE = {"bench/results.json", "bench/part.json", "bench/growth.svg"}
"""What a command writes, or once wrote, and git ignores."""


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


PINS = ["constraints.txt", "constraints-lab.txt"]


def pins(file="constraints.txt"):
    """Name -> whole entry of a file of pins, hashes included."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text(file), flags=re.M))
    found = {}
    for entry in entries:
        found.setdefault(canonicalize_name(re.match(r"[A-Za-z0-9._-]+", entry).group()), []).append(entry)
    return found


# -- README and the guide


def test_readme_session_shows_what_it_claims():
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False, verbose=False)
    assert tried > 10 and not failed


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_make_targets_that_are_named_exist(page):
    named = set(re.findall(r"\bmake ([a-z]+)(?=`|\s+#)", text(page)))
    assert named >= {"lab", "test"}
    assert named <= set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M).group(1).split())
    assert all(re.search(rf"^{target}:", MAKEFILE, re.M) for target in named)


def test_readme_examples_of_commands_are_read_by_the_commands():
    part = text("README.md").partition("## Command line")[2].partition("\n## ")[0]
    examples = re.findall(r"`(dmkit [a-z][^`]*)`", part)
    for example in examples:
        _parser().parse_args(shlex.split(example)[1:])
    assert {"serve", "session", "decode", "convert", "conformance"} <= {shlex.split(e)[1] for e in examples}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_exist(page):
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_mentioned_exist(page):
    for path in re.findall(r"`((?:dmkit|tests|docs|data|bench|binder|notebooks|\.ci)/[\w./-]*)`", page.read_text()):
        assert (ROOT / path).exists() or path.startswith("docs/_build") or path in MADE, path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_pages_is_python(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S):
        if ">>>" not in block:
            compile(block, page.name, "exec")


# -- versions, citation, notes


def test_version_is_the_same_everywhere():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["version"] == dmkit.__version__ == PROJECT["version"]
    assert re.search(rf"^## {re.escape(dmkit.__version__)}\b", text("CHANGELOG.md"), re.M)


def test_citation_has_what_the_format_demands():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors", "license"} <= set(citation)
    assert citation["license"] == PROJECT["license"]
    assert all(author.get("name") or author.get("family-names") for author in citation["authors"])


def test_change_notes_are_short():
    notes = [path for path in (ROOT / "changes.d").iterdir() if path.name != "README.md"]
    for note in notes:
        assert re.fullmatch(r"[a-z0-9-]+\.md", note.name), note.name
        assert 1 <= len(note.read_text(encoding="utf-8").strip().splitlines()) <= 8, f"{note.name}: one to five lines"


# -- pins


@pytest.mark.parametrize("file", PINS)
def test_pins_have_versions_and_hashes_and_no_addresses(file):
    assert not ADDRESS.search(text(file))
    for entries in pins(file).values():
        for entry in entries:
            assert re.match(r"[A-Za-z0-9._-]+==[\w.!+]+( ; [^\\]+)? \\\n", entry), entry.splitlines()[0]
            assert re.findall(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


def test_every_dependency_is_pinned_at_a_version_it_allows():
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(line for name, lines in extras.items() if name != "card" for line in lines)]
    known = pins()
    for requirement in map(Requirement, wanted):
        if requirement.name == "dmkit":
            assert requirement.extras <= set(extras)
            continue
        entries = known[canonicalize_name(requirement.name)]
        for entry in entries:
            assert requirement.specifier.contains(re.match(r"[^=]+==([\w.!+]+)", entry).group(1)), entry.splitlines()[0]


def test_the_lab_gets_a_part_of_the_same_pins():
    """``make lab`` and ``make test`` share an environment: neither may change what the other installed."""
    everything, lab = pins(), pins("constraints-lab.txt")
    versions = {name: {re.match(r"[^ ]+", entry).group() for entry in entries} for name, entries in everything.items()}
    assert set(lab) < set(everything)
    for name, entries in lab.items():
        assert {re.match(r"[^ ]+", entry).group() for entry in entries} <= versions[name], name
    assert not {"pytest", "mypy", "sphinx", "playwright", "maude", "ortools", "scipy"} & set(lab)


def test_pins_are_made_by_one_command():
    recipe = MAKEFILE.partition("pins: ")[2].partition("\n\n")[0]
    assert "uv pip compile" in recipe and all(f"-o {file}" in recipe for file in PINS)


@pytest.mark.parametrize("name", ["numpy", "pandas", "simpy", "networkx", "matplotlib"])
def test_numbers_come_from_one_version_whatever_the_python(name):
    """So that a table is the same on each; and the types that mypy reads are."""
    [entry] = pins()[name]
    assert " ; " not in entry.splitlines()[0]


def test_the_pins_are_what_runs_here():
    """A test of today's environment: a pin that nobody installed is a pin that nobody tried."""
    from importlib.metadata import version

    for name in ("lxml", "cryptography", "msgspec", "aiohttp", "pytest", "hypothesis"):
        assert f"{name}=={version(name)}" in text("constraints.txt")


# -- binder


def test_binder_folder_is_what_repo2docker_reads():
    """A folder ``binder`` makes repo2docker ignore pyproject.toml, so its files must install the project themselves."""
    done = subprocess.run(
        [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."], cwd=ROOT, capture_output=True, text=True
    )
    dockerfile = done.stdout + done.stderr
    assert done.returncode == 0, dockerfile[-2000:]
    assert re.search(r'pip install [^\n]*-r "?binder/requirements\.txt', dockerfile)
    assert "binder/postBuild" in dockerfile
    assert "3.11" in dockerfile
    lines = text("binder/requirements.txt").split()
    assert lines == ["-e", ".[lab]"]
    assert (ROOT / "binder" / "postBuild").stat().st_mode & 0o111
    assert text("binder/postBuild").startswith("#!") and "set -e" in text("binder/postBuild")


# -- settings


def test_hooks_are_local_and_start_something_that_exists():
    for repo in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]:
        assert repo["repo"] == "local"
        for hook in repo["hooks"]:
            words = shlex.split(hook["entry"])
            assert words[0].startswith(".venv/bin/")
            assert all((ROOT / word).exists() for word in words if word.startswith("tests/"))


def test_makefile_keeps_to_what_every_make_and_every_sh_knows():
    """macOS has GNU make 3.81 and BSD tools."""
    for newer in ("!=", ".ONESHELL", "$(file", "::=", "[[", "sed -i", "grep -P", "readlink -f", "nproc", "&>"):
        assert newer not in MAKEFILE
    assert re.search(r"^test: lint types unit notebooks", MAKEFILE, re.M)


def test_ci_runs_the_command_of_the_readme_and_oracles_are_optional():
    script = text(".ci/run")
    assert [line.split(" ||")[0] for line in script.splitlines()[-2:]] == ["make test", "timeout 20m make fresh"] and (
        ROOT / ".ci" / "run"
    ).stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    groups = re.findall(r"^  optional (.*)$", script, re.M)
    assert {"libwbxml2-utils", "tshark", "chromium", "vsmartcard-vpcd"} <= {word for g in groups for word in g.split()}
    assert len(groups) > 1, "a group that cannot be had must not keep the others away"


def test_no_file_is_large():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            assert path.stat().st_size <= 1 << 20, name


# -- the site


def test_page_of_commands_has_each_command_with_its_help():
    page = MAKE_PAGES["commands"]()
    for name, command in COMMANDS.items():
        assert f"## dmkit {name}\n" in page and command.example in page
    assert "--lenient" in page and "\x1b" not in page


def test_page_of_names_has_each_public_name():
    page = MAKE_PAGES["api"]()
    for name, (_, module) in dmkit.__getattr__.places.items():
        name = name if not module.startswith("=") else module[1:].rpartition(".")[2]
        assert re.search(rf":: dmkit\.(\S+\.)?{name}\n", page), f"{module}.{name}"


def test_pages_of_registries_and_requirements_have_each_row():
    from dmkit.cli.conformance import read_rows
    from dmkit.words.codes import StatusCode
    from dmkit.words.deviations import DeviationKind

    registries, requirements = MAKE_PAGES["registries"](), MAKE_PAGES["requirements"]()
    assert all(f"{code.value}" in registries and code.phrase in registries for code in StatusCode)
    assert all(f"`{kind.value}`" in registries for kind in DeviationKind)
    assert all(f"| {row.id} |" in requirements for row in read_rows())


def test_every_module_says_what_it_is_for():
    for path, what in MAKE_PAGES["modules"]():
        assert len(what) > 5 or path.endswith("__init__.py"), path


def test_site_settings_need_no_network():
    settings = text("docs/conf.py")
    assert "intersphinx" not in settings and 'nb_execution_mode = "off"' in settings
    ignored = text(".gitignore").split()
    assert {"docs/made/", "docs/notebooks/", "docs/_build/"} <= set(ignored)


def test_index_of_the_site_reaches_every_page():
    index = text("docs/index.md")
    assert re.search(r":glob:\n\narchitecture\n\*\n", index) and ":glob:\n\nnotebooks/*\n" in index
    for page in ("made/commands", "made/registries", "made/requirements", "made/api"):
        assert page in index


# -- the page of the architecture

ARCHITECTURE = text("docs/architecture.md")
REFERENCE = re.compile(r"`([\w/]+\.py)(?::([A-Za-z_][\w.]*))?(?:\([^`]*\))?`")
STEPS = re.split(r"^### Step \d+: .*$", ARCHITECTURE.partition("\n## The same engines")[0], flags=re.M)[1:]


def names_of(path):
    """Every function, class and method of a file, by qualified name."""
    found = set()

    def walk(node, prefix):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(prefix + inner.name)
                walk(inner, f"{prefix}{inner.name}.")

    walk(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


def test_files_and_functions_of_the_architecture_exist():
    references = REFERENCE.findall(ARCHITECTURE)
    assert len(references) > 80
    for file, name in references:
        places = [place for place in (ROOT / "dmkit" / file, ROOT / file) if place.exists()]
        if name:
            assert places, file
            assert name in names_of(places[0]), f"{file}:{name}"
        elif "/" in file:
            assert places, file


def layers_of_the_page():
    """Layer -> (cell of rooms, cell of libraries), as the table has them."""
    rows = re.findall(r"^\| (\w+) \| (.*?) \|([^|]*)\|$", ARCHITECTURE.partition("## Layers")[2], flags=re.M)
    return {name: (rooms, libraries) for name, rooms, libraries in rows if name in dict(test_layers.LAYERS)}


def test_layers_of_the_architecture_are_those_that_are_enforced():
    page = layers_of_the_page()
    assert list(page) == [name for name, _ in reversed(test_layers.LAYERS)]
    for layer, names in test_layers.LAYERS:
        named = {name.replace("/", ".") for name in re.findall(r"`([\w/]+)(?:/|\.py)`", page[layer][0])}
        assert set(names) - {"__main__"} <= named, f"{layer}: {sorted(set(names) - named)} not named"
        strange = {name for name in named if test_layers.LAYERS[test_layers.level_of(name)][0] != layer}
        assert not strange, f"{layer}: {sorted(strange)}"


def test_libraries_of_the_architecture_are_those_that_the_layers_import():
    """Each stands in the lowest layer that imports it."""
    used = {layer: set() for layer, _ in test_layers.LAYERS}
    for path in test_layers.modules():
        tops = {name.split(".")[0] for name in test_layers.imports(path)} - {"dmkit"}
        tops |= set(re.findall(r'(?:import_module|find_spec)\("(\w+)', path.read_text(encoding="utf-8")))
        used[test_layers.LAYERS[test_layers.level_of(test_layers.name_of(path))][0]] |= {
            name for name in tops if name not in sys.stdlib_module_names or name == "sqlite3"
        }
    below = set()
    for layer, (_, cell) in reversed(layers_of_the_page().items()):
        assert set(cell.replace(",", " ").split()) == used[layer] - below, layer
        below |= used[layer]


def calls(step):
    """(file, qualified name) of each function of the package that runs during ``step()``, in order."""
    package = str(ROOT / "dmkit") + "/"
    seen = []

    def listen(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(package):
            name = frame.f_code.co_qualname.partition(".<locals>")[0]
            seen.append((frame.f_code.co_filename.removeprefix(package), name))

    sys.setprofile(listen)
    try:
        step()
    finally:
        sys.setprofile(None)
    return seen


def test_the_session_of_the_page_runs():
    block, _ = re.findall(r"^```python\n(.*?)^```", ARCHITECTURE, flags=re.M | re.S)
    names = {"dm": dmkit}
    exec(block, names)
    dmkit.session.assert_sound(names["talk"])
    assert len(names["talk"]) == 4 and names["device"].tree.get("./APN/Name").value == "internet"


def test_the_page_goes_back_and_comes_to_the_same():
    _, past = re.findall(r"^```python\n(.*?)^```", ARCHITECTURE, flags=re.M | re.S)
    names = {"dm": dmkit}
    exec(past, names)
    assert names["once"] == names["again"] and names["once"].reply is not None and len(names["seen"]) == 2


def test_the_session_runs_through_the_files_in_the_order_of_the_page():
    with paths(fast=True):
        MEMORIES[dmkit.XML.__class__].forget()  # the page tells of a message that is written for the first time
    device = dmkit.Device.example()
    server = dmkit.Server.example(device)
    talk = dmkit.steps(device, server, job=dmkit.jobs.write("./APN/Name", "internet"))
    not_run = {
        ("session/obey.py", "Host"),
        ("views/transcript.py", "Transcript.of"),
        ("session/oracle/check.py", "assert_sound"),
    }
    assert len(STEPS) == 5
    for number, page in enumerate(STEPS, 1):
        with paths(fast=True):  # the page follows the quick readers
            seen = calls(lambda: next(talk))
        for file, name in REFERENCE.findall(page):
            if name and (file, name) not in not_run:
                wanted = {(file, name), (file, f"{name}.__init__")}
                at = next((at for at, call in enumerate(seen) if call in wanted), None)
                assert at is not None, f"step {number}: {file}:{name} does not run here, or earlier than the page says"
                del seen[:at]
    assert next(talk, None) is None


def test_lab_opens_on_the_first_notebook_and_passes_options_through():
    recipe = re.search(r"^lab: .*\n((?:\t.*\n(?:  .*\n)*)+)", MAKEFILE, re.M).group(1)
    [notebook] = re.findall(r"default_url=/lab/tree/(\S+)", recipe)
    assert (ROOT / notebook).name == "00-start-here.ipynb" and (ROOT / notebook).exists()
    assert recipe.rstrip().endswith("$(LAB_ARGS)")


@pytest.mark.parametrize("target", re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M).group(1).split())
def test_make_understands_each_target(target):
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run([make, "-n", target], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
