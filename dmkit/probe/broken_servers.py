"""Servers with one rule broken: a row each.  What breaks them is in ``breaking`` and ``breaking_builds``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from dmkit.probe.breaking import (
    Variant,
    asks,
    begins,
    code,
    flipped,
    forgets,
    has,
    header,
    later,
    status,
    status_for_results,
    turned,
    without_format,
)
from dmkit.probe.breaking_builds import one_nonce, one_password, open_server, speaking_ssl2
from dmkit.probe.own_tls import first_flight_of, without_asking
from dmkit.session.rules import Rules
from dmkit.words.codes import StatusCode

__all__ = ["SERVERS"]

SERVERS: Final[Mapping[str, Variant]] = {
    "server says DM/1.1": Variant("server", "P-01", "versions", "VerProto is DM/1.1", header(ver_proto="DM/1.1")),
    "server says text/xml": Variant(
        "server", "P-02", "media-type", "the media type is text/xml", packet=lambda p: replace(p, media_type="text/xml")
    ),
    "server changes the session": Variant(
        "server",
        "P-04",
        "one-id",
        "the third message has another SessionID",
        later(lambda h: replace(h, session_id="FFFF")),
    ),
    "server miscounts": Variant(
        "server", "P-04", "counts", "the third message has MsgID 1", later(lambda h: replace(h, msg_id="1"))
    ),
    "server forgets a status": Variant(
        "server", "P-05", "answered", "the last of several commands has no Status", forgets
    ),
    "server turns the order": Variant("server", "P-05", "ordered", "Statuses stand in the opposite order", turned),
    "server answers Results": Variant("server", "P-06", "results", "accepted Results get a Status", status_for_results),
    "server ends an open package": Variant(
        "server",
        "P-08",
        "still-open",
        "Alert 1222 stands beside Final",
        lambda m, to: replace(m, final=True) if has(m, 1222) else m,
        also=("P-13",),
    ),
    "server does not wait": Variant(
        "server",
        "P-09",
        "open-package",
        "a Get stands beside Alert 1222",
        asks(lambda m, to: has(m, 1222)),
        also=("P-08",),
    ),
    "server goes on after the end": Variant(
        "server", "P-12", "abort-final", "a Get answers Alert 1223", asks(lambda m, to: has(to, 1223))
    ),
    "server takes a piece for the whole": Variant(
        "server", "P-13", "chunk", "a piece is answered by 200", code("Alert", 213, 200)
    ),
    "server heeds no MaxMsgSize": Variant(
        "server", "P-14", "message-size", "messages are as large as they get", rules=Rules(heed_max_message=False)
    ),
    "server challenges without Format": Variant(
        "server", "P-15", "challenge-b64", "a Chal has no Format", without_format
    ),
    "server writes NoResp": Variant("server", "P-16", "only-dm", "NoResp stands in the header", header(no_resp=True)),
    "server refuses Generic Alerts": Variant(
        "server",
        "P-18",
        "first-package",
        "a Generic Alert is answered by 500",
        lambda m, to: (
            code("Alert", 200, 500)(m, to)
            if has(to, 1226) and not has(to, 1201)
            else status(
                lambda s: (
                    replace(s, code=StatusCode(500))
                    if s.cmd == "Alert" and s.cmd_ref not in begins(to) and s.code == 200 and has(to, 1226)
                    else s
                )
            )(m, to)
        ),
        also=("P-13",),
    ),
    "server refuses events": Variant(
        "server",
        "P-19",
        "event",
        "a client event is answered by 500",
        lambda m, to: code("Alert", 200, 500)(m, to) if has(to, 1224) and not has(to, 1201) else m,
    ),
    "server lets everybody in": Variant(
        "server",
        "X-01",
        "wrong-secret",
        "no proof is asked for",
        build=open_server,
        also=("X-02", "X-04", "X-05", "P-15", "P-16"),
    ),
    "server signs wrongly": Variant("server", "X-04", "mac-right", "the MAC is another one", packet=flipped),
    "server has one nonce": Variant("server", "X-05", "fresh-nonce", "the nonce is always the same", build=one_nonce),
    "server has one password": Variant(
        "server", "X-06", "passwords", "its password is the same for every device", build=one_password
    ),
    "server asks for no certificate": Variant(
        "server", "X-03", "asks", "no client certificate is asked for", handshake=without_asking
    ),
    "server shows no certificate": Variant(
        "server",
        "X-03",
        "proves",
        "no certificate stands in its first flight",
        handshake=lambda hello: first_flight_of(0x002F, proved=False),
        also=("X-07",),
    ),
    "server takes what is not secret": Variant(
        "server",
        "X-07",
        "weak",
        "a suite without secrecy is taken",
        handshake=lambda hello: first_flight_of(0x003B),
        also=("X-03",),
    ),
    "server speaks SSL 2.0": Variant("server", "X-07", "ssl2", "SSL 2.0 is spoken", handshake=speaking_ssl2),
}
"""Name -> the variant."""
