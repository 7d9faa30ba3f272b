"""The values that the documents of DM 2.0 say: three packages, and a serialised object.  [dm20 sheet §4]

>>> Serialised.of("urn:oma:mo:oma-dm-devinfo:1.2//Man", {"Man": "Example"}).nodes
{'Man': 'Example'}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from dmkit.dm2.commands import Command
from dmkit.words.errors import CodecError

__all__ = [
    "ENCODE",
    "INITIATION",
    "MOS",
    "REQUEST",
    "RESPONSE",
    "Document",
    "GenericAlert",
    "Initiation",
    "Instances",
    "Json",
    "Request",
    "Response",
    "Serialised",
    "Status",
    "text_of",
]

INITIATION: Final = "application/vnd.oma.dm.initiation+json"
REQUEST: Final = "application/vnd.oma.dm.request+json"
RESPONSE: Final = "application/vnd.oma.dm.response+json"
MOS: Final = "application/dmmo+json"
"""Media type of serialised objects: UNSURE, the one that a server in the open uses."""

Json: TypeAlias = Any
"""What JSON can say."""


class Instances(msgspec.Struct, frozen=True):
    """An object that the device has: ``moid`` and the instances; ``ddf`` names its description."""

    moid: str = ""
    miids: tuple[str, ...] = ()
    ddf: str = ""


class GenericAlert(msgspec.Struct, frozen=True):
    """What the device reports; never answered.  ``data`` is a JSON object as text in one form, empty when absent.

    ``mark`` is fatal, critical, minor, warning, informational, harmless or indeterminate.  [dm20 sheet §7]
    """

    type: str
    source: str = ""
    target: str = ""
    mark: str = ""
    data_type: str = ""
    data: str = ""

    @property
    def value(self) -> Json:
        """``data`` as a value: a mapping, or None."""
        return msgspec.json.decode(self.data) if self.data else None


class Serialised(msgspec.Struct, frozen=True):
    """Management data from an address down: node names to values or further nodes, as JSON text in one form."""

    client_uri: str
    data: str
    ddf: str = ""
    cv: str = ""

    @classmethod
    def of(cls, client_uri: str, nodes: Mapping[str, Json], *, ddf: str = "", cv: str = "") -> Serialised:
        """From nodes: names to texts, numbers, truth values, None for an empty node, or further nodes."""
        return cls(client_uri, text_of(nodes), ddf, cv)

    @property
    def nodes(self) -> Mapping[str, Json]:
        """The data as a mapping."""
        nodes: Mapping[str, Json] = msgspec.json.decode(self.data)
        return nodes


class Status(msgspec.Struct, frozen=True):
    """What became of one command: ``sc`` as in HTTP, and where the device put what it was to place itself.

    ``mos`` carries the data of a GET (PROPOSAL: the schemas have no place for it, yet it travels in the session).
    """

    sc: int
    uris: tuple[str, ...] = ()
    mos: tuple[Serialised, ...] = ()


class Initiation(msgspec.Struct, frozen=True):
    """Package 1: which objects there are, when that was asked for, and alerts."""

    mos: tuple[Instances, ...] = ()
    alerts: tuple[GenericAlert, ...] = ()
    deviations: tuple[str, ...] = ()


class Request(msgspec.Struct, frozen=True):
    """Package 2: commands, in order."""

    commands: tuple[Command, ...] = ()
    deviations: tuple[str, ...] = ()


class Response(msgspec.Struct, frozen=True):
    """Package 3: one status a command, in the same order, and alerts."""

    statuses: tuple[Status, ...] = ()
    alerts: tuple[GenericAlert, ...] = ()
    deviations: tuple[str, ...] = ()


Document: TypeAlias = Initiation | Request | Response

ENCODE: Final = msgspec.json.Encoder()
_ORDERED: Final = msgspec.json.Encoder(order="deterministic")


def text_of(value: Json) -> str:
    """JSON text of one form, so that equal data are equal texts; CodecError for what JSON cannot say."""
    try:
        return _ORDERED.encode(value).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"no JSON: {error}"[:200]) from None
