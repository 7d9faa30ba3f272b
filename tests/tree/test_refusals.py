"""The status of each reason, written off the sheet by hand: what it says of commands on the tree.  [tree sheet §5]"""

from __future__ import annotations

import pytest

from dmkit.tree.refusals import Refusal, refuse

STATUSES = {
    400: "malformed uri, no target, bad acl, bad name",
    403: "copy unfit, in use",
    404: "missing, no parent, tnds place",
    405: "below leaf, inbox, on property, on listing, interior value, access type, nothing to run, root, permanent, "
         "fixed, not described, too many, root acl, copy interior",
    406: "no copy, no exec, no property, no listing",
    413: "title too long, too large",
    414: "limits, name too long",
    415: "no tnds, format, type, type needed, lexical, range, interior data, leaf to interior, tnds unfit",
    418: "exists, root exists, sibling, tnds twice",
    420: "full",
    425: "rights",
    510: "store failed",
}  # fmt: skip
ROWS = {reason: status for status, reasons in STATUSES.items() for reason in reasons.split(", ")}


@pytest.mark.parametrize("reason", ROWS)
def test_the_status_of_a_refusal(reason):
    refusal = Refusal(reason)
    failure = refuse(refusal, "./A", "because")
    assert (int(refusal.status), int(failure.status), failure.kind) == (ROWS[reason], ROWS[reason], reason)
    assert str(failure) == "./A: because" and str(refuse(refusal, "./A")) == f"./A: {refusal.meaning}"


def test_no_reason_is_without_a_row():
    assert {refusal.value for refusal in Refusal} == set(ROWS) and len(ROWS) == sum(
        len(reasons.split(", ")) for reasons in STATUSES.values()
    )
