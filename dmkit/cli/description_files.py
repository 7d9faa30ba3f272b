"""Which files are meant by a folder, an archive or a file of descriptions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dmkit.cli.command import naming, read_input
from dmkit.words.counts import many
from dmkit.words.errors import ConfigError

__all__ = ["description_files"]

MAX_MEMBER: Final = 64 << 20
"""Octets of a file in an archive."""


def description_files(places: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and octets of every ``.xml`` or ``.ddf`` file in folders, archives and files that are named."""
    for place in places:
        path = Path(place)
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in (".xml", ".ddf") and p.is_file())
            if not found:
                raise ConfigError(f"{place}: no .xml or .ddf file is in this folder")
            for file in found:
                yield str(file), read_input(str(file))
        elif path.suffix.lower() == ".zip":
            yield from _archive(place)
        else:
            yield place, read_input(place)


def _archive(place: str) -> Iterator[tuple[str, bytes]]:
    with naming(place):
        try:
            archive = zipfile.ZipFile(io.BytesIO(read_input(place)))
        except zipfile.BadZipFile as error:
            raise ConfigError(f"{place}: no archive: {error}") from None
        names = [i for i in archive.infolist() if i.filename.lower().endswith((".xml", ".ddf"))]
        if not names:
            raise ConfigError(f"{place}: no .xml or .ddf file is in this archive")
        for info in names:
            if info.file_size > MAX_MEMBER:
                raise ConfigError(
                    f"{place}: {info.filename} has {many(info.file_size, 'octet')}; at most {MAX_MEMBER} are read"
                )
            yield f"{place}:{info.filename}", archive.read(info)
