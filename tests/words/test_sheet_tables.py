"""The registries as the sheet prints them, written off by hand: no row is taken from the code.  [syncml sheet]"""

from __future__ import annotations

import pytest

from dmkit.words.codes import AlertCode, AuthType, Format, Mark, StatusCode

NAMED = {
    200: "OK", 202: "Accepted for processing", 212: "Authentication accepted",
    213: "Chunked item accepted and buffered", 214: "Operation cancelled", 215: "Not executed",
    216: "Atomic roll back OK", 304: "Not modified", 400: "Bad request",
    401: "Invalid credentials", 403: "Forbidden", 404: "Not found", 405: "Command not allowed",
    406: "Optional feature not supported", 407: "Authentication required", 408: "Request timeout",
    412: "Incomplete command", 413: "Request entity too large", 414: "URI too long",
    415: "Unsupported media type or format", 416: "Requested range not satisfiable", 418: "Already exists",
    420: "Device full", 424: "Size mismatch", 425: "Permission denied", 500: "Command failed",
    505: "DTD version not supported", 507: "Atomic failed", 510: "Data store failure",
    513: "Protocol version not supported", 516: "Atomic roll back failed", 517: "Atomic response too large to fit",
}  # fmt: skip
"""Column DM of the sheet: M."""
GENERIC = {
    101, 201, *range(203, 212), 300, 301, 302, 303, 305, 402, 409, 410, 411, 417, 419, 421, 422, 423, 426, 427, 428,
    501, 502, 503, 504, 506, 508, 511, 512, 514,
}  # fmt: skip
"""Column DM: g; inherited, rarely meaningful."""
LATER = {217}
"""OK with inherited ACL: later versions of DM."""


def test_statuses():
    assert {code.value for code in StatusCode} == {*NAMED, *GENERIC, *LATER}
    assert {code: StatusCode(code).phrase for code in NAMED} == NAMED
    assert {code.value for code in StatusCode if code.in_dm} == {*NAMED, *LATER}


@pytest.mark.parametrize(
    ("code", "phrase"),
    [(101, "In progress"), (201, "Item added"), (204, "No content"), (402, "Payment needed"), (409, "Conflict"),
     (410, "Gone"), (411, "Size required"), (417, "Retry later"), (426, "Partial item not accepted"),
     (427, "Item not empty"), (428, "Move failed"), (501, "Not implemented"), (503, "Service unavailable"),
     (504, "Gateway timeout"), (506, "Processing error"), (508, "Refresh required"), (511, "Server failure"),
     (512, "Synchronization failed")],
)  # fmt: skip
def test_inherited_statuses(code, phrase):
    assert StatusCode(code).phrase == phrase and StatusCode(code).is_known


@pytest.mark.parametrize("code", sorted({*NAMED, *GENERIC, *LATER}))
def test_what_a_status_says_of_the_work(code):
    """2xx is done, but for the three that say that it is not, or no longer; from 400 on it failed."""
    assert StatusCode(code).is_ok is (200 <= code < 300 and code not in (214, 215, 216))
    assert StatusCode(code).is_error is (code >= 400)


ALERTS = [
    (1100, "Display", "server to client", "2", {200, 214, 406}),
    (1101, "Confirm or reject", "server to client", "2", {200, 304, 214, 408, 406}),
    (1102, "Text input", "server to client", "2+", {200, 214, 408, 406, 412}),
    (1103, "Single choice", "server to client", "3+", {200, 214, 408, 406, 412, 416}),
    (1104, "Multiple choice", "server to client", "3+", {200, 214, 408, 406, 412, 416}),
    (1200, "Server-initiated management", "client to server", "0", {200}),
    (1201, "Client-initiated management", "client to server", "0", {200}),
    (1222, "Next message", "both", "0", {200}),
    (1223, "Session abort", "both", "0", {200}),
    (1224, "Client event", "client to server", "1+", {200, 406}),
    (1225, "No end of data", "both", "1", {200}),
    (1226, "Generic alert", "client to server", "1+", {200, 202, 401, 407, 412, 415, 500}),
]


@pytest.mark.parametrize(("code", "phrase", "direction", "items", "answers"), ALERTS)
def test_alerts(code, phrase, direction, items, answers):
    alert = AlertCode(code)
    assert (alert.phrase, alert.direction, alert.items, {*alert.answers}) == (phrase, direction, items, answers)
    assert alert.is_known and alert.asks_user is (1100 <= code <= 1104)


@pytest.mark.parametrize("code", [1105, 1199, 1202, 1220, 1221, 1227, 1299])
def test_reserved_alerts(code):
    assert len(AlertCode) == len(ALERTS) and not AlertCode(code).is_known and AlertCode(code).answers == (406,)


def test_tokens():
    assert [m.value for m in Format] == [
        "b64",
        "bin",
        "bool",
        "chr",
        "int",
        "node",
        "null",
        "xml",
        "date",
        "time",
        "float",
    ]
    assert [m.value for m in Mark] == [
        "fatal",
        "critical",
        "minor",
        "warning",
        "informational",
        "harmless",
        "indeterminate",
    ]
    registered = ["basic", "md5", "MAC", "X509", "securid", "safeword", "digipass"]
    assert [m.value for m in AuthType][:7] == [f"syncml:auth-{name}" for name in registered]
