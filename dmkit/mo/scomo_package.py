"""A software package: which components are in it, as octets with a hash and perhaps a signature.  PROPOSAL

>>> content_of(software("app", [PackageComponent("ui", "2")]), Trust(demand="hash", installed=-1))
(PackageComponent(id='ui', version='2', name='', env='', needs=(), size=0),)
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dmkit.auth.signed import PrivateKey, Trust, sign
from dmkit.mo.package import examine
from dmkit.words.ranges import Octets

__all__ = ["PackageComponent", "content_of", "software"]


class PackageComponent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A component inside a package; ``env`` is where it runs, ``needs`` the components that it does not run without.

    ``size`` is what it takes of the device's space, in octets.
    """

    id: str
    version: str = "1"
    name: str = ""
    env: str = ""
    needs: tuple[str, ...] = ()
    size: Octets = 0


class _Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    components: tuple[PackageComponent, ...]


def software(
    package: str,
    components: Iterable[PackageComponent],
    *,
    version: int = 1,
    key: PrivateKey | None = None,
    chain: tuple[object, ...] = (),
) -> bytes:
    """A software package in octets, with a hash and, given a ``key``, the maker's signature.  PROPOSAL"""
    written = [msgspec.to_builtins(each) for each in components]
    for each in written:
        if not each["size"]:
            del each["size"]
    return sign(msgspec.json.encode({"components": written}), package, version, key, chain)  # type: ignore[arg-type]


def content_of(octets: bytes, trust: Trust) -> tuple[PackageComponent, ...] | None:
    """The components of a package; None for octets that are none, or that ``trust`` does not take."""
    verdict = examine(octets, trust)
    if not verdict:
        return None
    try:
        components = msgspec.json.decode(verdict.checked.content, type=_Content).components
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return components if all(each.size >= 0 for each in components) else None
