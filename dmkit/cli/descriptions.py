"""``dmkit ddf find | cross | changelog | site | list``: a whole set of descriptions, as of all providers of Windows.

``catalogue`` loads one: files, folders, archives; what was read once is kept below the user's cache, named by content.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dmkit
from dmkit.cli.command import CliCommand, naming, unused, whole
from dmkit.cli.description_files import description_files
from dmkit.words.counts import many
from dmkit.words.errors import CodecError, ConfigError

if TYPE_CHECKING:
    from dmkit.windows.catalogue import DescriptionCatalogue

__all__ = ["BELOW", "catalogue"]


def _cache() -> Path | None:
    """The folder of stored catalogues; None where DMKIT_CACHE is empty, or there is no home."""
    told = os.environ.get("DMKIT_CACHE")
    if told is not None:
        return Path(told) if told else None
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "dmkit"
    except RuntimeError:
        return None


def catalogue(places: list[str], folder: Path | None = None) -> DescriptionCatalogue:
    """All descriptions in ``places`` as one set, from the cache where their contents were read before.

    A cache that cannot be written, or does not hold what it should, is passed over.
    """
    from dmkit.windows.catalogue import DescriptionCatalogue
    from dmkit.windows.stored import key_of, read_stored, write_stored

    files = list(description_files(places))
    folder = folder or _cache()
    if folder is None or len(files) < 8:  # a few files are read as soon as they are found
        return DescriptionCatalogue.of(files)
    place = folder / f"{key_of(files, _code())}.catalogue"
    with contextlib.suppress(OSError, CodecError):
        return read_stored(place.read_bytes())
    made = DescriptionCatalogue.of(files)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = place.with_suffix(f".{os.getpid()}")
        beside.write_bytes(write_stored(made))
        beside.replace(place)
    return made


def _code() -> bytes:
    """What descriptions are read with: a set that other code stored is read anew."""
    package = Path(dmkit.__file__).parent
    rooms = ("ddf", "windows")
    return b"".join(file.read_bytes() for room in rooms for file in sorted((package / room).glob("*.py")))


def _find(arguments: argparse.Namespace) -> int:
    found = catalogue(arguments.ddf).search(" ".join(arguments.words), arguments.most)
    for entry in found:
        says = " ".join((entry.node.description or entry.node.title or "").split())
        format = entry.node.format.value if entry.node.format else ""
        print(f"{entry.uri}  [{format}]  {says[:100]}".rstrip())
    if not found:
        print("nothing found", file=sys.stderr)
    return 0 if found else 1


def _cross(arguments: argparse.Namespace) -> int:
    from dmkit.windows.cross import CROSS_RULES, cross_lint

    if arguments.rules:
        unused(arguments, "beside --rules, which lists the rules", "places")
        for rule, says in CROSS_RULES.items():
            print(f"{rule:<24} {says}")
        return 0
    if not arguments.places:
        raise ConfigError("no description is named; --rules lists the rules without one")
    found = cross_lint(catalogue(arguments.places))
    for finding in found:
        print(finding)
    return 1 if found else 0


def _changelog(arguments: argparse.Namespace) -> int:
    from dmkit.windows.releases import as_changelog, changes

    found = changes(catalogue([arguments.old]), catalogue([arguments.new]))
    print(as_changelog(found, arguments.old, arguments.new), end="")
    return 1 if found else 0


def _site(arguments: argparse.Namespace) -> int:
    from dmkit.windows.site import pages

    made = catalogue([arguments.folder])
    out = Path(arguments.out)
    count = 0
    for name, text in pages(made):
        place = out / name
        with naming(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        count += name.endswith(".html")
    print(f"{many(count, 'page')} in {out}: open {out / 'index.html'}")
    return 0


_COLUMNS: Final = ("uri", "format", "access", "kind", "values", "default", "since", "editions", "deprecated", "file")


def _rows(made: DescriptionCatalogue) -> Iterator[tuple[str, ...]]:
    for entry in made.entries.values():
        node, facts = entry.node, entry.facts
        yield (
            entry.uri, node.format.value if node.format else "",
            " ".join(sorted(verb.value for verb in node.access or ())), facts.kind,
            " ".join(facts.values) or facts.text, node.default or "", made.since(entry),
            " ".join(made.editions(entry)), made.deprecated(entry), entry.file,
        )  # fmt: skip


def _list(arguments: argparse.Namespace) -> int:
    table: Iterable[tuple[str, ...]] = _rows(catalogue(arguments.places))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(table)
    return 0


def _options_find(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="WORD", help="each stands in address, title or description")
    parser.add_argument(
        "--ddf", action="append", required=True, metavar="PLACE", help="descriptions: folder, .zip, file"
    )
    parser.add_argument("--most", type=whole(1, 100_000), default=50, help="at most so many (%(default)s)")


def _options_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("places", nargs="+", metavar="PLACE", help="descriptions: folder, .zip or file")


def _options_cross(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("places", nargs="*", metavar="PLACE", help="descriptions: folder, .zip or file")
    parser.add_argument("--rules", action="store_true", help="list the rules")


def _options_changelog(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the old set: folder, .zip or file")
    parser.add_argument("new", metavar="NEW", help="the new one")


def _options_site(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", help="descriptions: folder, .zip or file")
    parser.add_argument("out", metavar="OUT", help="where the pages go")


BELOW: Final[Mapping[str, CliCommand]] = {
    "find": CliCommand(
        "search a set of descriptions",
        "dmkit ddf find camera --ddf data/windows/ddf/sample.xml",
        _options_find,
        _find,
    ),
    "cross": CliCommand(
        "say what is wrong between the files of a set",
        "dmkit ddf cross data/windows/ddf",
        _options_cross,
        _cross,
    ),
    "changelog": CliCommand(
        "say what changed between two releases of a set",
        "dmkit ddf changelog 2025.zip 2026.zip",
        _options_changelog,
        _changelog,
    ),
    "list": CliCommand(
        "write every node of a set as a table (CSV)", "dmkit ddf list data/windows/ddf", _options_places, _list
    ),
    "site": CliCommand(
        "write a set as pages that are searched without a server",
        "dmkit ddf site data/windows/ddf site",
        _options_site,
        _site,
    ),
}
