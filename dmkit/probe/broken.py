"""Variants of dmkit's own peers, each with one rule broken on purpose: what a tester must catch.

Each names the requirement that it breaks and the case made for it; ``also`` are requirements that say the same thing
in another place.  No case of any other row may fail for it.

>>> BROKEN["server forgets a status"].row, len(BROKEN) >= 11
('P-05', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace as vary
from itertools import repeat
from typing import Final

from msgspec.structs import replace

from dmkit.probe.breaking import (
    Altering,
    Front,
    Outlet,
    Variant,
    asks,
    begins,
    chatty,
    closing,
    code,
    device,
    flipped,
    forgets,
    has,
    header,
    later,
    merged,
    no_1222,
    one_nonce,
    one_password,
    open_server,
    pieces,
    speaking_ssl2,
    status,
    status_for_results,
    trusting,
    turned,
    without_format,
    without_lang,
)
from dmkit.probe.breaking_calls import (
    AfterBootstrap,
    Forgetful,
    Renaming,
    answering,
    as_if_woken,
    credulous,
    without_rights,
)
from dmkit.probe.case import ProbeCase
from dmkit.probe.drive import Caller, ServerUnderTest
from dmkit.probe.own import OwnDevice, phone_for, probe, server_for
from dmkit.probe.own_tls import first_flight, first_flight_of, without_asking
from dmkit.probe.peer import Peer
from dmkit.probe.verdict import Result
from dmkit.session.rules import Rules
from dmkit.tree.describe import ANYTHING
from dmkit.tree.rules import TreeRules
from dmkit.words.codes import StatusCode

__all__ = ["BROKEN", "Variant", "probe_variant"]

_PUSHED: Final = ("N-01", "N-02", "X-08", "X-09", "B-01", "B-02")
"""Rows in which a push must begin nothing."""
BROKEN: Final[Mapping[str, Variant]] = {
    # servers
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
    # clients
    "client says DM/1.1": Variant("client", "P-01", "versions", "VerProto is DM/1.1", header(ver_proto="DM/1.1")),
    "client hides its language": Variant("client", "P-03", "devinfo", "DevInfo has no Lang", without_lang),
    "client miscounts": Variant(
        "client", "P-04", "counts", "the third message has MsgID 1", later(lambda h: replace(h, msg_id="1"))
    ),
    "client forgets a status": Variant(
        "client", "P-05", "answered", "the last of several commands has no Status", forgets
    ),
    "client ends too early": Variant(
        "client",
        "P-07",
        "waits",
        "its package ends before that of the server",
        lambda m, to: (
            replace(m, final=True) if to is not None and not to.final and not m.final and not pieces(to) else m
        ),
    ),
    "client does not ask for more": Variant(
        "client",
        "P-08",
        "asks",
        "an open package is answered without Alert 1222",
        lambda m, to: no_1222(m, to) if not pieces(to) else m,
    ),
    "client asks the server": Variant(
        "client", "P-10", "nothing-else", "a Get stands among the answers", asks(lambda m, to: to is not None)
    ),
    "client has the last word": Variant(
        "client",
        "P-11",
        "silent",
        "the end of a session is answered",
        build=chatty(closing),
    ),
    "client answers an abort": Variant(
        "client", "P-12", "aborted", "Alert 1223 is answered", build=chatty(lambda received: has(received, 1223))
    ),
    "client takes any length": Variant("client", "P-13", "wrong-length", "424 is 200", code("Replace", 424, 200)),
    "client heeds no MaxMsgSize": Variant(
        "client",
        "P-14",
        "message-size",
        "messages are as large as they get",
        rules=Rules(heed_max_message=False),
        also=("P-13", "P-08"),
    ),
    "client challenges without Format": Variant(
        "client", "P-15", "challenge-b64", "a Chal has no Format", without_format
    ),
    "client writes NoResp": Variant("client", "P-16", "only-dm", "NoResp stands in the header", header(no_resp=True)),
    "client knows every alert": Variant(
        "client", "P-17", "reserved", "406 for an Alert is 200", code("Alert", 406, 200)
    ),
    "client does not undo": Variant(
        "client", "P-20", "undone", "a failed Atomic stays half done", rules=Rules(tree=TreeRules(atomic="best effort"))
    ),
    "client adds twice": Variant("client", "P-22", "add-there", "418 is 200", code("Add", 418, 200)),
    "client obeys everybody": Variant(
        "client",
        "X-01",
        "wrong-secret",
        "no proof of the server is asked for",
        build=trusting,
        also=("P-05", "P-15", "X-04", "X-05"),
    ),
    "client believes every package 0": Variant(
        "client",
        "X-12",
        "digest",
        "the digest of package 0 is not verified",
        build=credulous,
        also=_PUSHED,
    ),
    "client names its sessions": Variant(
        "client",
        "N-01",
        "wakes",
        "the SessionID is another than that of package 0",
        build=lambda case, peer: Renaming(phone_for(case, peer)),
    ),
    "client says that it was woken": Variant(
        "client",
        "B-04",
        "calls",
        "the session after a bootstrap begins with Alert 1200",
        build=lambda case, peer: AfterBootstrap(phone_for(case, peer), as_if_woken),
        also=("X-08", "X-09"),
    ),
    "client gives its new server no rights": Variant(
        "client",
        "B-01a",
        "rights",
        "the server that a bootstrap brings may read nothing",
        build=lambda case, peer: AfterBootstrap(phone_for(case, peer), without_rights),
        also=("B-01", "B-02"),
    ),
    "client answers its bootstrap": Variant(
        "client",
        "B-02",
        "by-message",
        "package 1 has a Status for the bootstrap message",
        build=lambda case, peer: AfterBootstrap(phone_for(case, peer), answering),
    ),
    "client forgets its report": Variant(
        "client",
        "F-02",
        "report",
        "what became of an Exec is never told",
        build=lambda case, peer: Forgetful(phone_for(case, peer)),
    ),
    "client signs wrongly": Variant(
        "client",
        "X-04",
        "mac-right",
        "the MAC is another one",
        build=lambda case, peer: OwnDevice(phone_for(case, peer), lambda session: Outlet(session, packet=flipped)),
    ),
    "client has one nonce": Variant(
        "client",
        "X-05",
        "fresh-nonce",
        "the nonce is always the same",
        build=device(nonces=lambda phone: repeat(b"always the same!")),
    ),
    "client has a size for all": Variant(
        "client", "T-04", "interior-size", "406 for a Get is 200", code("Get", 406, 200), also=("T-07", "T-08")
    ),
    "client merges lists": Variant(
        "client", "T-05", "not-merged", "rights of all lists above count together", rules=Rules(policy=merged)
    ),
    "client deletes what is permanent": Variant(
        "client",
        "T-06",
        "delete-permanent",
        "nothing is described",
        build=device(tree=lambda phone: vary(phone.tree, describe=ANYTHING)),
        also=("O-01", "F-01"),
    ),
}
"""Name -> the variant."""


def probe_variant(variant: Variant, cases: Iterable[ProbeCase]) -> Iterator[Result]:
    """The result of each case against the variant.

    >>> from dmkit.probe.catalogue import chosen
    >>> results = list(probe_variant(BROKEN["server answers Results"], chosen("server", ["P-06"])))
    >>> {result.verdict.value for result in results if "results-apart" not in result.case}
    {'fail'}
    """

    def server(case: ProbeCase, peer: Peer) -> ServerUnderTest:
        made = variant.build(case, peer) if variant.build else server_for(case, peer, variant.rules)
        return Front(made, variant, made.accounts["*"]) if variant.alter or variant.packet else made

    def device(case: ProbeCase, peer: Peer) -> Caller:
        if variant.build is not None:
            caller: Caller = variant.build(case, peer)
            return caller
        alter = variant.alter
        around = (lambda codec: Altering(codec, alter)) if alter is not None else None
        return OwnDevice(phone_for(case, peer, variant.rules, around))

    return probe(variant.side, cases, server=server, device=device, handshake=variant.handshake or first_flight)
