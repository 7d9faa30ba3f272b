"""Clients with one rule broken: a row each.  What breaks them is in ``breaking``, ``_builds`` and ``_calls``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace as vary
from itertools import repeat
from typing import Final

from msgspec.structs import replace

from dmkit.probe.breaking import (
    Variant,
    asks,
    code,
    flipped,
    forgets,
    has,
    header,
    later,
    no_1222,
    pieces,
    without_format,
    without_lang,
)
from dmkit.probe.breaking_builds import Outlet, chatty, closing, device, merged, trusting
from dmkit.probe.breaking_calls import (
    AfterBootstrap,
    Forgetful,
    Renaming,
    answering,
    as_if_woken,
    credulous,
    without_rights,
)
from dmkit.probe.own import OwnDevice, phone_for
from dmkit.session.rules import Rules
from dmkit.tree.describe import ANYTHING
from dmkit.tree.rules import TreeRules

__all__ = ["CLIENTS"]

_PUSHED: Final = ("N-01", "N-02", "X-08", "X-09", "B-01", "B-02")
"""Rows in which a push must begin nothing."""
CLIENTS: Final[Mapping[str, Variant]] = {
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
