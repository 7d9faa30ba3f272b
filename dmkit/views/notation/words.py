"""What both directions of the notation share: its values, and how it calls the fields of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Final

from dmkit.wire.content import MODELS
from dmkit.words.codes import AuthType
from dmkit.words.errors import DmError
from dmkit.words.model import Message
from dmkit.words.records import dataclass

__all__ = ["AUTH", "HEADER_FIELDS", "META_FIELDS", "HeaderFrame", "NotationError", "Spoken"]

META_FIELDS: Final[Mapping[str, str]] = MappingProxyType({c.name: c.field for c in MODELS["Meta"].rows()})
"""The Meta elements: how they are called here, and the field of Meta.  EMI may occur more than once."""
HEADER_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "VerDTD": "ver_dtd",
        "VerProto": "ver_proto",
        "SessionID": "session_id",
        "Target": "target",
        "Source": "source",
        "TargetName": "target_name",
        "LocName": "source_name",
        "RespURI": "resp_uri",
    }
)
"""The same for the header."""
AUTH: Final[Mapping[str, str]] = MappingProxyType(
    {"basic": AuthType.BASIC.value, "md5": AuthType.MD5.value, "MAC": AuthType.MAC.value}
)
"""Short names of authentication types."""
_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


class NotationError(DmError):
    """A line is not in the notation; the sentence shows the rest of the line at which reading stopped."""


@dataclass(frozen=True, slots=True)
class HeaderFrame:
    """What is the same in all headers of a conversation: SessionID and the two addresses."""

    session: str
    client: str
    server: str

    def ends(self, sender: str) -> tuple[str, str]:
        """Source and target address of a message by ``sender`` ("client" or "server")."""
        return (self.client, self.server) if sender == "client" else (self.server, self.client)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message, who said it ("client" or "server"), and the transport headers beside it."""

    sender: str
    message: Message
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
