"""The tables of a catalogue in TOML as they are written; ``dmkit.services.tables`` makes values of them.

>>> msgspec.convert({"get": "./A"}, CheckTable).pattern
'.*'
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from dmkit.ddf.spec import Basis

__all__ = [
    "CatalogueTable",
    "CheckTable",
    "ComponentTable",
    "FactTable",
    "PackageTable",
    "Scalar",
    "ServiceTable",
    "SettingTable",
    "TomlTable",
]

Scalar = str | int | bool
"""What stands for a value in a catalogue."""


class TomlTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables."""


class SettingTable(TomlTable, frozen=True):
    """A setting that is more than a value."""

    value: Scalar | None = None
    pattern: str | None = None
    off: Scalar | None = None
    secret: bool = False
    format: str | None = None
    busy: str | None = None
    basis: Basis | None = None
    lifetime: str | None = None
    renew: str | None = None


class CheckTable(TomlTable, frozen=True):
    """How a service shows that it works."""

    get: str | None = None
    exec: str | None = None
    pattern: str = ".*"


class FactTable(TomlTable, frozen=True):
    """A fact: a leaf, and the values with which it is so."""

    uri: str
    pattern: str = "true"
    busy: str | None = None
    title: str = ""
    basis: Basis | None = None


class PackageTable(TomlTable, frozen=True):
    """A version of software that can be had."""

    version: str
    install: str
    settings: dict[str, str] = {}
    returns: dict[str, str] = {}
    cost: Annotated[int, msgspec.Meta(ge=1)] = 10
    lifetime: str | None = None
    renew: str | None = None


class ComponentTable(TomlTable, frozen=True):
    """A software component."""

    at: str
    packages: tuple[PackageTable, ...] = ()
    remove: str | None = None
    delete: str | None = None
    title: str = ""
    basis: Basis | None = None


class ServiceTable(TomlTable, frozen=True):
    """A service."""

    title: str = ""
    needs: tuple[str | tuple[str, ...], ...] = ()
    optional: tuple[str | tuple[str, ...], ...] = ()
    settings: dict[str, Scalar | SettingTable] = {}
    conflicts: tuple[str, ...] = ()
    verify: tuple[CheckTable, ...] = ()
    owns: tuple[str, ...] = ()
    auxiliary: bool = False
    basis: Basis | None = None


class CatalogueTable(TomlTable, frozen=True):
    """A whole file; tables below are read one by one, so that a mistake is said with its place."""

    basis: Basis = Basis.PROPOSAL
    bearer: dict[str, dict[str, Any]] = {}
    card: dict[str, dict[str, Any]] = {}
    device: dict[str, dict[str, Any]] = {}
    software: dict[str, dict[str, Any]] = {}
    service: dict[str, dict[str, Any]] = {}
