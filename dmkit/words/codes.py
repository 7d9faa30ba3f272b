"""The registries of OMA DM as open enums: status codes, alert codes, verbs, formats, authentication types.

Real peers send numbers that no table lists, so an unknown number becomes a member of its
enum too: it keeps its value, compares equal to it and says that it is unknown.

>>> StatusCode(404)
<404 Not found>
>>> StatusCode(599).is_error, StatusCode(599).is_known
(True, False)
>>> AlertCode.NEXT_MESSAGE.value, AlertCode(1226).direction
(1222, 'client to server')
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, Self

__all__ = [
    "BLANKS",
    "SYNC_HDR",
    "AlertCode",
    "AuthType",
    "Format",
    "Mark",
    "StatusCode",
    "Verb",
]


class Verb(StrEnum):
    """Command names, plus ``SyncHdr``, the name under which a Status answers a header.  [DMREPPRO §6.6]

    >>> Verb("Get")
    <Verb.GET: 'Get'>
    """

    ADD = "Add"
    ALERT = "Alert"
    ATOMIC = "Atomic"
    COPY = "Copy"
    DELETE = "Delete"
    EXEC = "Exec"
    GET = "Get"
    REPLACE = "Replace"
    RESULTS = "Results"
    SEQUENCE = "Sequence"
    STATUS = "Status"
    SYNC_HDR = "SyncHdr"

    @classmethod
    def unknown(cls, name: str) -> Verb:
        """A verb that DM does not have, under the name that a peer gave it; it equals no member.

        >>> Verb.unknown("Search").value, Verb.unknown("Search") in {*Verb}
        ('Search', False)
        """
        member = str.__new__(cls, name)
        member._name_ = member._value_ = name
        return member


SYNC_HDR: Final = Verb.SYNC_HDR.value
"""The name under which a Status answers a header, as text: to look at a member's ``value`` is a call."""


class StatusCode(IntEnum):
    """Answer to one command or to a header.

    Each member has a ``phrase``, a ``meaning`` for DM, ``in_dm`` (named by the DM
    specifications, not just inherited from SyncML) and a ``source``.  [DMREPPRO §6.6, DMPRO §9.1]
    """

    phrase: str
    meaning: str
    in_dm: bool
    source: str

    def __new__(cls, value: int, phrase: str = "", meaning: str = "", source: str = "REPPRO") -> Self:
        """Make the member for ``value``."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.phrase = phrase
        member.meaning = meaning
        member.in_dm = source != "REPPRO"
        member.source = source
        return member

    IN_PROGRESS = 101, "In progress"
    OK = 200, "OK", "done; on a header with credentials: good for this message only", "DMPRO §9.1"
    ITEM_ADDED = 201, "Item added"
    ACCEPTED = 202, "Accepted for processing", "an Exec has begun, or an Alert is taken", "DMREPPRO §6.6.6"
    NON_AUTHORITATIVE = 203, "Non-authoritative response"
    NO_CONTENT = 204, "No content"
    RESET_CONTENT = 205, "Reset content"
    PARTIAL_CONTENT = 206, "Partial content"
    CONFLICT_MERGED = 207, "Conflict resolved with merge"
    CONFLICT_CLIENT_WON = 208, "Conflict resolved, client won"
    CONFLICT_DUPLICATED = 209, "Conflict resolved with duplicate"
    DELETE_WITHOUT_ARCHIVE = 210, "Delete without archive"
    ITEM_NOT_DELETED = 211, "Item not deleted"
    AUTHENTICATED = 212, "Authentication accepted", "credentials are good until the session ends", "DMPRO §9.1"
    CHUNK_ACCEPTED = 213, "Chunked item accepted and buffered", "a piece came, the rest is awaited", "DMPRO §7"
    CANCELLED = 214, "Operation cancelled", "the user cancelled a question", "DMPRO §10.2"
    NOT_EXECUTED = 215, "Not executed", "skipped after a refusal, a cancel or a failure around it", "DMPRO §10.2"
    ROLLED_BACK = 216, "Atomic roll back OK", "had been done, and was undone", "DMREPPRO §6.6.1"
    INHERITED_ACL = 217, "OK with inherited ACL", "sent by later DM versions; read it as 200", "DM 1.3"
    MULTIPLE_CHOICES = 300, "Multiple choices"
    MOVED_PERMANENTLY = 301, "Moved permanently"
    FOUND = 302, "Found"
    SEE_OTHER = 303, "See other URI"
    NOT_MODIFIED = 304, "Not modified", "the user answered No", "DMPRO §10.2.2"
    USE_PROXY = 305, "Use proxy"
    BAD_REQUEST = 400, "Bad request", "the command is malformed", "DMREPPRO §6.6"
    UNAUTHORIZED = 401, "Invalid credentials", "credentials came and were wrong; carries a challenge", "DMPRO §9.1"
    PAYMENT_NEEDED = 402, "Payment needed"
    FORBIDDEN = 403, "Forbidden", "impossible now for a reason other than rights", "DMREPPRO §6.6.4, §6.6.11"
    NOT_FOUND = 404, "Not found", "no such node", "DMREPPRO §6.6"
    NOT_ALLOWED = 405, "Command not allowed", "the node does not take this command", "DMREPPRO §6.6.5"
    NOT_SUPPORTED = 406, "Optional feature not supported", "this device lacks the option", "DMTND §7.3, §8"
    CREDENTIALS_MISSING = 407, "Authentication required", "no credentials came; carries a challenge", "DMPRO §9.1"
    REQUEST_TIMEOUT = 408, "Request timeout", "the user did not react in time", "DMREPPRO §6.6.2"
    CONFLICT = 409, "Conflict"
    GONE = 410, "Gone"
    SIZE_REQUIRED = 411, "Size required"
    INCOMPLETE = 412, "Incomplete command", "an Alert lacks Items it needs", "DMREPPRO §6.6.2"
    TOO_LARGE = 413, "Request entity too large", "the object exceeds a limit", "DMREPPRO §6.6.1"
    URI_TOO_LONG = 414, "URI too long", "a URI, a segment or the depth exceeds DevDetail/URI", "DMREPPRO §6.6.1"
    UNSUPPORTED_TYPE = 415, "Unsupported media type or format", "Type or Format is not taken here", "DMREPPRO §6.6.1"
    RANGE = 416, "Requested range not satisfiable", "a question cannot be displayed", "DMREPPRO §6.6.2"
    RETRY_LATER = 417, "Retry later"
    ALREADY_EXISTS = 418, "Already exists", "Add or rename onto a node that is there", "DMREPPRO §6.6.1, §6.6.11"
    CONFLICT_SERVER_WON = 419, "Conflict resolved, server won"
    DEVICE_FULL = 420, "Device full", "no storage left", "DMREPPRO §6.6.1, DMTND §7.7.1.3"
    UNKNOWN_SEARCH = 421, "Unknown search grammar"
    BAD_CGI = 422, "Bad CGI script"
    SOFT_DELETE_CONFLICT = 423, "Soft-delete conflict"
    SIZE_MISMATCH = 424, "Size mismatch", "the pieces do not add up to the Size announced", "DMPRO §7"
    PERMISSION_DENIED = 425, "Permission denied", "the access control list refuses", "DMTND §7.7.1.3"
    PARTIAL_NOT_ACCEPTED = 426, "Partial item not accepted"
    NOT_EMPTY = 427, "Item not empty"
    MOVE_FAILED = 428, "Move failed"
    COMMAND_FAILED = 500, "Command failed", "no better code; also a Get or an Atomic inside Atomic", "DMREPPRO §6.6.3"
    NOT_IMPLEMENTED = 501, "Not implemented"
    BAD_GATEWAY = 502, "Bad gateway"
    SERVICE_UNAVAILABLE = 503, "Service unavailable"
    GATEWAY_TIMEOUT = 504, "Gateway timeout"
    DTD_VERSION = 505, "DTD version not supported", "the Item lists the versions that are", "REPPRO via MS"
    PROCESSING_ERROR = 506, "Processing error"
    ATOMIC_FAILED = 507, "Atomic failed", "the Atomic itself, when one of its commands failed", "DMREPPRO §6.6.3"
    REFRESH_REQUIRED = 508, "Refresh required"
    DATA_STORE_FAILURE = 510, "Data store failure", "storage error in Copy or Exec", "DMREPPRO §6.6.4, §6.6.6"
    SERVER_FAILURE = 511, "Server failure"
    SYNC_FAILED = 512, "Synchronization failed"
    PROTOCOL_VERSION = 513, "Protocol version not supported", "the Item lists the versions that are", "REPPRO via MS"
    DS_CANCELLED = 514, "Operation cancelled (data sync)"
    ROLLBACK_FAILED = 516, "Atomic roll back failed", "could not be undone; the server must repair", "DMREPPRO §6.6.1"
    ATOMIC_TOO_LARGE = 517, "Atomic response too large to fit", "rolled back for want of room", "DMREPPRO §6.6.3"

    @classmethod
    def _missing_(cls, value: object) -> StatusCode | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"STATUS_{value}", value
        member.phrase, member.meaning = "Unknown status", "not in any table; never read as success"
        member.in_dm, member.source = False, ""
        return member

    @property
    def is_known(self) -> bool:
        """True for a code that a table lists."""
        return self.name in type(self).__members__

    @property
    def is_ok(self) -> bool:
        """True for known codes from 200 to 299 except 214 to 216, which say that nothing was done."""
        return self in _DONE

    @property
    def is_error(self) -> bool:
        """True for 400 and above."""
        return self >= 400

    def __repr__(self) -> str:
        return f"<{self.value} {self.phrase}>"

    def __str__(self) -> str:
        return str(self.value)


_UNDONE: Final = frozenset({StatusCode.CANCELLED, StatusCode.NOT_EXECUTED, StatusCode.ROLLED_BACK})
_DONE: Final = frozenset(code for code in StatusCode if 200 <= code < 300) - _UNDONE


class AlertCode(IntEnum):
    """What an Alert says.  [DMREPPRO §7]

    ``direction`` is who may send it, ``items`` how many Items it carries, ``answers`` the
    status codes a peer may give.
    """

    phrase: str
    direction: str
    items: str
    answers: tuple[int, ...]

    def __new__(
        cls, value: int, phrase: str = "", direction: str = "", items: str = "0", answers: tuple[int, ...] = ()
    ) -> Self:
        """Make the member for ``value``."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.phrase, member.direction, member.items, member.answers = phrase, direction, items, answers
        return member

    DISPLAY = 1100, "Display", "server to client", "2", (200, 214, 406)
    CONFIRM = 1101, "Confirm or reject", "server to client", "2", (200, 304, 214, 408, 406)
    TEXT_INPUT = 1102, "Text input", "server to client", "2+", (200, 214, 408, 406, 412)
    SINGLE_CHOICE = 1103, "Single choice", "server to client", "3+", (200, 214, 408, 406, 412, 416)
    MULTIPLE_CHOICE = 1104, "Multiple choice", "server to client", "3+", (200, 214, 408, 406, 412, 416)
    SERVER_INITIATED = 1200, "Server-initiated management", "client to server", "0", (200,)
    CLIENT_INITIATED = 1201, "Client-initiated management", "client to server", "0", (200,)
    NEXT_MESSAGE = 1222, "Next message", "both", "0", (200,)
    SESSION_ABORT = 1223, "Session abort", "both", "0", (200,)
    CLIENT_EVENT = 1224, "Client event", "client to server", "1+", (200, 406)
    NO_END_OF_DATA = 1225, "No end of data", "both", "1", (200,)
    GENERIC = 1226, "Generic alert", "client to server", "1+", (200, 202, 401, 407, 412, 415, 500)

    @classmethod
    def _missing_(cls, value: object) -> AlertCode | None:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"ALERT_{value}", value
        member.phrase, member.direction, member.items, member.answers = "Unknown alert", "", "", (406,)
        return member

    @property
    def is_known(self) -> bool:
        """True for an alert that DM 1.2 defines."""
        return self.name in type(self).__members__

    @property
    def asks_user(self) -> bool:
        """True for 1100 to 1104, the alerts that reach a person.  [DMPRO §10]"""
        return AlertCode.DISPLAY <= self <= AlertCode.MULTIPLE_CHOICE

    def __repr__(self) -> str:
        return f"<{self.value} {self.phrase}>"

    def __str__(self) -> str:
        return str(self.value)


class Format(StrEnum):
    """Encoding of a value, the Meta element ``Format``; compared without regard to case.  [DMTND §9.4.2]

    >>> Format.of("Chr")
    <Format.CHR: 'chr'>
    >>> Format.of(None), Format.of("picture")
    (<Format.CHR: 'chr'>, None)
    """

    B64 = "b64"
    BIN = "bin"
    BOOL = "bool"
    CHR = "chr"
    INT = "int"
    NODE = "node"
    NULL = "null"
    XML = "xml"
    DATE = "date"
    TIME = "time"
    FLOAT = "float"

    @classmethod
    def of(cls, text: str | None) -> Format | None:
        """The format that ``text`` names; chr when there is none, None when it names none we know."""
        if text is None:
            return cls.CHR
        try:
            return _FORMATS.get(text) or _FORMATS.get(text.strip(BLANKS).lower())
        except (AttributeError, TypeError):  # no text at all names none either
            return None


BLANKS: Final = " \t\r\n"
"""What is white space in a document: nothing else is, whatever Unicode calls so.  [XML §2.3]"""
_FORMATS: Final = {member.value: member for member in Format}


class Mark(StrEnum):
    """Importance of a Generic Alert, from the most to the least; ``informational`` is meant when absent.

    [DMPRO §8.7.1.8]

    >>> Mark("critical").name
    'CRITICAL'
    """

    FATAL = "fatal"
    CRITICAL = "critical"
    MINOR = "minor"
    WARNING = "warning"
    INFORMATIONAL = "informational"
    HARMLESS = "harmless"
    INDETERMINATE = "indeterminate"


class AuthType(StrEnum):
    """Authentication types as Meta ``Type`` names them; compared without regard to case.  [DMSEC §5.3]

    Those with SHA-256, and those kept apart, are proposals of this library (``dmkit.auth``); no specification has them.

    >>> AuthType.MAC.value
    'syncml:auth-MAC'
    """

    BASIC = "syncml:auth-basic"
    MD5 = "syncml:auth-md5"
    MAC = "syncml:auth-MAC"
    X509 = "syncml:auth-X509"
    SECURID = "syncml:auth-securid"
    SAFEWORD = "syncml:auth-safeword"
    DIGIPASS = "syncml:auth-digipass"
    SHA256 = "syncml:auth-sha256"
    HMAC_SHA256 = "syncml:auth-HMAC-SHA256"
    HMAC_SHA256_BOUND = "syncml:auth-HMAC-SHA256-bound"
    HMAC_SHA256_STRETCHED = "syncml:auth-HMAC-SHA256-stretched"
    MD5_APART = "syncml:auth-md5-apart"
    MAC_APART = "syncml:auth-MAC-apart"

    @classmethod
    def _missing_(cls, value: object) -> AuthType | None:
        if not isinstance(value, str):
            return None
        known = next((member for member in cls if member.value.lower() == value.lower()), None)
        if known is not None:
            return known
        member = str.__new__(cls, value)
        member._name_, member._value_ = f"TYPE_{value}", value
        return member

    @property
    def is_known(self) -> bool:
        """True for a type that stands in this table; others are kept as they came.

        >>> AuthType("syncml:auth-mine").is_known, AuthType("SyncML:auth-MD5").is_known
        (False, True)
        """
        return self.name in type(self).__members__
