"""Messages that somebody on the path has altered, and packets that are lost or come twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from dmkit.server import jobs
from dmkit.session.rules import Rules
from dmkit.transport.loop import Tap, honest
from dmkit.words.model import (
    Exec,
    Get,
    Replace,
)
from dmkit.workbench.readings.probes.making import (
    LENIENT,
    LONG,
    MAC,
    NAME,
    POLL,
    SMALL,
    TLS,
    probe_case,
    report,
    sends,
    stale,
)
from dmkit.workbench.readings.probes.path import (
    GET,
    SEARCH,
    cut,
    edited,
    from_server,
    inserted,
    numbered,
    sent_elsewhere,
    without_mac,
    without_size,
)
from dmkit.workbench.readings.scene import (
    CaseSession,
    ReadingCase,
    doubling,
    dropping,
)

__all__ = ["LOSSES", "PATHS"]

WORK: Final = sends([Get.of(NAME), Replace.of(POLL, "60", format="int")], [Get.of(POLL)])
EXECUTED: Final = sends([Get.of(NAME), Replace.of(POLL, "60", format="int")], [Exec.of(NAME)])
SECOND: Final = numbered("2")


def path(name: str, about: str, tap: Callable[[], Tap], **more: Any) -> ReadingCase:
    """A conversation on an altered path, with ``WORK`` unless another job is named."""
    return probe_case(name, about, CaseSession(more.pop("job", WORK), tap=tap), kind="path", **more)


AT: Final = {"resp_uri": lambda device, number: f"https://dm.example.com/dm/~{number}-session-of-its-own"}

PATHS: Final = (
    path(
        "unknown command",
        "a command that DM does not have, among others",
        edited(lambda t: from_server(t) and "<Get>" in t, inserted(SEARCH)),
        device=LENIENT,
    ),
    path(
        "unknown to the server",
        "a command of the device that DM does not have",
        edited(lambda t: not from_server(t) and "<Results>" in t, inserted(SEARCH)),
        device=LENIENT,
    ),
    path(
        "no size",
        "the first piece of an object has no Size",
        edited(lambda t: "<MoreData/>" in t, without_size),
        device=SMALL,
        job=jobs.write(NAME, LONG),
    ),
    path(
        "interrupted",
        "a command breaks into an unfinished object",
        edited(lambda t: "<MoreData/>" in t, inserted(GET)),
        device=SMALL,
        job=jobs.write(NAME, LONG),
    ),
    path("no DevInfo", "package 1 lacks DevInfo", edited(numbered("1"), cut("<Replace>", "</Replace>"))),
    path("no alert", "package 1 lacks Alert 1201", edited(numbered("1"), cut("<Alert>", "</Alert>"))),
    path(
        "another version",
        "package 1 is of another version",
        edited(numbered("1"), lambda t: t.replace("DM/1.2", "DM/1.3").replace("<VerDTD>1.2", "<VerDTD>1.3")),
        device=TLS,
    ),
    path(
        "no namespace",
        "the device leaves the namespace out, as some do",
        edited(lambda t: not from_server(t), lambda t: t.replace(' xmlns="SYNCML:SYNCML1.2"', ""), 9),
    ),
    path(
        "commands with a challenge",
        "the server challenges and sends a command at once",
        edited(lambda t: "<Data>401</Data>" in t and from_server(t), inserted(GET)),
        ready=stale,
    ),
    path(
        "proven, and not accepting",
        "a proven server challenges the device and sends a command at once",
        edited(lambda t: "<Data>401</Data>" in t and from_server(t), inserted(GET)),
        ready=stale,
        device=replace(Rules(), proves_to="anybody", server_auth="basic"),
    ),
    path(
        "proof gone midway",
        "the proof of the device's second answer is lost",
        edited(lambda t: SECOND(t) and (not from_server(t)), cut("<Cred>", "</Cred>")),
        device=replace(Rules(), nonce="message"),
    ),
    path("mac gone", "later messages lack their MAC", lambda: without_mac(), device=MAC),
    path(
        "challenge for less",
        "somebody on the path makes a challenge for md5 one for basic",
        edited(lambda t: "syncml:auth-md5" in t and "<Chal>" in t, lambda t: t.replace("auth-md5", "auth-basic")),
        ready=stale,
    ),
    path("own address", "the session has an address of its own", lambda: honest, **AT),
    path(
        "account's address",
        "later messages go to the account's address all the same",
        sent_elsewhere("https://dm.example.com/dm"),
        **AT,
    ),
    path(
        "another host",
        "the server names an address on another host",
        lambda: honest,
        resp_uri=lambda device, number: "https://elsewhere.example.org/dm/~a-session-of-its-own",
    ),
)

LOSSES: Final = (
    *(
        probe_case(
            f"lost {n}", f"packet {n} is lost", CaseSession(EXECUTED, tap=dropping(n), alerts=(report(),)), kind="loss"
        )
        for n in range(1, 7)
    ),
    *(
        probe_case(f"doubled {n}", f"packet {n} comes twice", CaseSession(EXECUTED, tap=doubling(n)), kind="loss")
        for n in range(2, 6)
    ),
    *(
        probe_case(
            f"piece lost {n}",
            f"packet {n} of a large object is lost",
            CaseSession(jobs.write(NAME, LONG), tap=dropping(n)),
            kind="loss",
            device=SMALL,
        )
        for n in (3, 4, 5)
    ),
    *(
        probe_case(
            f"mac, lost {n}",
            f"packet {n} is lost, under MAC",
            CaseSession(EXECUTED, tap=dropping(n)),
            kind="loss",
            device=MAC,
        )
        for n in (4, 5)
    ),
)
