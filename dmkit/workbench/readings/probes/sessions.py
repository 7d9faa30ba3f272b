"""Sessions that begin otherwise: woken, reporting, with a wrong proof, under another scheme, with a habit."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dmkit.auth import SCHEMES
from dmkit.server import jobs
from dmkit.session.rules import Rules
from dmkit.words.model import (
    Get,
    Replace,
)
from dmkit.workbench.readings.probes.making import (
    EVENT,
    LONG,
    MAC,
    NAME,
    POLL,
    SMALL,
    TLS,
    probe_case,
    provisioned,
    report,
    sent,
    stale,
    wants_basic,
    with_job,
    woken,
    wrong_password,
    wrong_server,
)
from dmkit.workbench.readings.scene import (
    CaseSession,
)

__all__ = ["SESSIONS"]

READ: Final = jobs.read("./DevInfo/Man")
BOUND: Final = replace(Rules(), auth=SCHEMES["hmac-sha256-bound"], server_auth="none")

SESSIONS: Final = (
    probe_case(
        "woken",
        "the server wakes the device under the default nonce, having lost the one in force",
        CaseSession(READ, before=woken),
    ),
    probe_case(
        "provisioned by a stranger",
        "a bootstrap document without protection comes by push",
        CaseSession(READ, before=provisioned),
    ),
    probe_case("report", "the device has something to report", CaseSession(READ, alerts=(report(),))),
    probe_case("event", "a client event in package 1", CaseSession(READ, alerts=(EVENT,))),
    probe_case("late report", "a report comes up while the server is closing", CaseSession(late=(1, report()))),
    probe_case("report in between", "a report comes up while there is work", CaseSession(READ, late=(1, report()))),
    with_job("wrong password", "the device has another password", READ, ready=wrong_password),
    with_job("wrong server", "the server has another password", READ, ready=wrong_server),
    with_job("stale nonce", "the device proves itself under a nonce of old", READ, ready=stale),
    with_job(
        "only the device proves itself",
        "the transport vouches for the server",
        READ,
        device=replace(Rules(), server_auth="none"),
    ),
    with_job(
        "nobody proves anything",
        "the transport vouches for both",
        READ,
        device=replace(Rules(), auth="none", server_auth="none"),
    ),
    with_job(
        "server wants basic",
        "the server asks for a weaker scheme than the device has",
        READ,
        server=replace(Rules(), auth="basic"),
        ready=wants_basic,
    ),
    *(
        case
        for name, rules in (("mac", MAC), ("tls", TLS), ("each message", replace(Rules(), nonce="message")))
        for case in (
            sent(f"{name}, read", f"the same under {name}", [Get.of(NAME)], [Get.of(POLL)], device=rules),
            with_job(
                f"{name}, wrong password", f"another password under {name}", READ, device=rules, ready=wrong_password
            ),
        )
    ),
    with_job("bound", "a proof that covers the connection", READ, device=BOUND),
    probe_case(
        "the server leaves",
        "the server leaves while the device's package is under way",
        CaseSession(jobs.read(NAME), abort=3),
        device=SMALL,
        leaves={NAME: LONG * 2},
    ),
    sent(
        "two sizes",
        "the device tells its largest message once, the server sends twice",
        [Get.of(NAME)],
        [Replace.of(NAME, LONG)],
        device=replace(SMALL, max_message=2000),
    ),
    *(
        with_job(
            f"long read, {habit}",
            "as long read, of a device with a habit",
            jobs.read(NAME),
            device=replace(rules, max_message=1500),
            server=SMALL,
            leaves={NAME: LONG},
        )
        for (habit, rules) in (
            ("one piece", replace(Rules(), large_objects="first piece is all")),
            ("deaf", replace(Rules(), heed_max_message=False)),
        )
    ),
)
