"""Prover and Verifier one step at a time, as values, against the sheet's table of statuses.  [DMPRO §9.1, DMSEC §5.3]

What a step leaves as it was is compared too: each expectation is the whole value that follows.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from dmkit.auth import SCHEMES, Credential, Scheme
from dmkit.auth.mac import HEADER, print_header
from dmkit.session.proofs import OwnStanding, ProofVerdict, Prover, ShownProof, Verifier
from dmkit.session.rules import Rules
from dmkit.words.codes import StatusCode
from dmkit.words.model import Cred, Header, Meta, Status

BASIC, MD5, MAC = (SCHEMES[name] for name in ("basic", "md5", "mac"))
STORED, OFFERED, BODY = b"stored nonce", b"nonce that came", b"the octets of a message"
HOLDER = Credential("client", "clientpw", STORED)
HEAD = Header("1", "1", "https://server.example/dm", "IMEI:1")
ABLE = (BASIC, MD5, MAC)
ACCEPTED, CHALLENGED, HOPELESS = OwnStanding.ACCEPTED, OwnStanding.CHALLENGED, OwnStanding.HOPELESS


class Echo:
    """A scheme of one's own: its proof is what it was given."""

    name, type, uses_nonce, in_transport = "echo", "example:echo", True, False

    def prove(self, credential: Credential, nonce: bytes, body: bytes) -> str:
        return f"{credential.name} {credential.secret} {nonce!r} {body!r}"

    def check(self, proof: str, credential: Credential, nonce: bytes, body: bytes) -> bool:
        return proof == self.prove(credential, nonce, b"")


ECHO: Scheme = Echo()


def prover(scheme: Scheme | None = MD5, **differs: Any) -> Prover:
    return replace(Prover.of(HOLDER, scheme, ABLE, MD5, Rules()), **differs)


def spoken(scheme: Scheme | None, **differs: Any) -> Prover:
    """A prover whose header with its first proof is on the way."""
    return prover(scheme, **differs).dress(HEAD)[0]


def status(code: int, nonce: bytes | None = None, type_: str | None = None) -> Status:
    chal = None
    if nonce is not None or type_ is not None:
        text = None if nonce is None else b64encode(nonce).decode()
        chal = Meta(format="b64", type=type_ or "syncml:auth-md5", next_nonce=text)
    return Status(StatusCode(code), "1", "0", "SyncHdr", chal=chal)


def digest(nonce: bytes, user: str = "client", secret: str = "clientpw") -> str:
    """B64(H(B64(H(user ":" password)) ":" nonce)), by the formula of the sheet.  [DMSEC §5.3.2]"""
    ha1 = b64encode(hashlib.md5(f"{user}:{secret}".encode()).digest())
    return b64encode(hashlib.md5(ha1 + b":" + nonce).digest()).decode()


def mac(nonce: bytes, body: bytes = BODY) -> str:
    """B64(H(B64(H(user ":" password)) ":" nonce ":" B64(H(body)))).  [DMSEC §5.4.2]"""
    ha1 = b64encode(hashlib.md5(b"client:clientpw").digest())
    return b64encode(hashlib.md5(ha1 + b":" + nonce + b":" + b64encode(hashlib.md5(body).digest())).digest()).decode()


# -- what a prover is made with


def test_a_prover_is_made_of_the_account_and_the_rules():
    made = Prover.of(HOLDER, MAC, ABLE, MAC, Rules(mac_once=True, channel=b"ch"))
    assert made == Prover(HOLDER, MAC, ABLE, mac_once=True, nonce=STORED, channel=b"ch")
    assert Prover.of(HOLDER, MAC, ABLE, MAC, Rules()).mac_once is False
    assert Prover.of(None, None, (), None, Rules()) == Prover(None, None)


@pytest.mark.parametrize(
    ("downgrade", "own", "floor"),
    [
        ("allow", "mac", None), ("floor", "mac", 1), ("floor", None, 1), ("sticky", "basic", 0), ("sticky", "md5", 1),
        ("sticky", "mac", 3), ("sticky", None, None), ("sticky", "none", -1),
    ],
)  # fmt: skip
def test_the_floor_of_a_proof(downgrade, own, floor):
    """``floor`` asks for what the rules require (md5 here), ``sticky`` for what the account has."""
    credential = Credential("client", "clientpw", STORED, own)
    assert Prover.of(credential, None, ABLE, MD5, Rules(downgrade=downgrade)).floor == floor


@pytest.mark.parametrize(("scheme", "stays"), [(BASIC, False), (MD5, True), (MAC, True), (ECHO, True)])
def test_below_the_floor_nothing_is_proved_unasked(scheme, stays):
    made = Prover.of(HOLDER, scheme, ABLE, MD5, Rules(downgrade="floor"))
    assert made.scheme is (scheme if stays else None)


# -- what goes out


def test_credentials_stand_in_the_header():
    before = prover(BASIC)
    after, header = before.dress(HEAD)
    data = b64encode(b"client:clientpw").decode()
    assert header == replace(HEAD, cred=Cred(data, Meta(format="b64", type="syncml:auth-basic")))
    assert after == replace(before, proved=True)


def test_a_digest_comes_with_the_name():
    before = prover(MD5)
    after, header = before.dress(HEAD)
    meta = Meta(format="b64", type="syncml:auth-md5")
    assert header == replace(HEAD, source_name="client", cred=Cred(digest(STORED), meta))
    assert after == replace(before, proved=True) and after.dress(HEAD)[0] is after


def test_a_mac_stands_beside_the_message():
    before = prover(MAC)
    after, header = before.dress(HEAD)
    assert header == replace(HEAD, source_name="client") and after == replace(before, proved=True)
    text = f'algorithm=MD5, username="client", mac={mac(STORED)}'
    assert before.headers(BODY) == after.headers(BODY) == {HEADER: text}
    assert replace(after, held=True).headers(BODY) == prover(MD5).headers(BODY) == prover(None).headers(BODY) == {}
    assert replace(after, credential=None).headers(BODY) == {}


def test_a_scheme_in_the_header_covers_no_octets_of_the_message():
    header = prover(ECHO).dress(HEAD)[1]
    assert header.cred is not None and header.cred.data == f"client clientpw {STORED!r} b''"


@pytest.mark.parametrize("differs", [{"scheme": None}, {"credential": None}, {"lasting": True}])
def test_nothing_is_said_where_there_is_nothing_to_prove(differs):
    quiet = replace(prover(MD5), **differs)
    assert quiet.dress(HEAD) == (quiet, HEAD) and quiet.dress(HEAD)[0] is quiet
    for was in ({"proved": True}, {"held": True}, {"proved": True, "held": True}):
        assert replace(quiet, **was).dress(HEAD) == (quiet, HEAD)


@pytest.mark.parametrize(
    ("differs", "held"), [({}, True), ({"lasting": True}, False), ({"scheme": None}, False), ({"proved": True}, True)]
)
def test_a_proof_held_back(differs, held):
    """Nothing goes to a peer that has proved nothing; the message after it has the proof."""
    before = replace(prover(MD5), **differs)
    quiet = before.silent()
    assert quiet == replace(before, proved=False, held=held)
    if held:
        assert quiet.answered(status(200)) == (replace(before, proved=False), ACCEPTED)
        assert quiet.dress(HEAD)[0] == replace(before, proved=True)


# -- what comes back: the table of the sheet, one row each


@pytest.mark.parametrize(
    ("scheme", "code", "offered", "differs"),
    [
        # 212: authenticated for the session; the nonce is for the next one
        (BASIC, 212, None, {"lasting": True}),
        (MD5, 212, None, {"lasting": True}),
        (MD5, 212, OFFERED, {"lasting": True, "pending": OFFERED}),
        # 200: for this message only; the nonce is for the next message
        (BASIC, 200, None, {}),
        (MD5, 200, None, {}),
        (MD5, 200, OFFERED, {"pending": OFFERED, "nonce": OFFERED}),
        (MAC, 200, OFFERED, {"pending": OFFERED, "nonce": OFFERED}),
    ],
)
def test_a_header_that_is_accepted(scheme, code, offered, differs):
    before = spoken(scheme, pending=b"of before")
    expected = replace(before, accepted=True, established=scheme, **differs)
    assert before.answered(status(code, offered)) == (expected, ACCEPTED)


@pytest.mark.parametrize("code", [200, 212])
def test_a_header_without_a_proof_is_accepted_by_the_transport(code):
    """200 and 212 are both taken; nothing is established, and nothing more is to be proved."""
    before = spoken(None, established=MD5)
    assert before.answered(status(code)) == (replace(before, accepted=True, lasting=True), ACCEPTED)


@pytest.mark.parametrize("code", [200, 212])
def test_what_lasts_stays_as_it_is(code):
    before = spoken(MD5).answered(status(212, OFFERED))[0].dress(HEAD)[0]
    after, standing = before.answered(status(code))
    assert (after, standing) == (before, ACCEPTED) and after is before


def test_a_new_nonce_is_taken_although_the_session_lasts():
    before = spoken(MD5).answered(status(212, OFFERED))[0].dress(HEAD)[0]
    after, standing = before.answered(status(212, b"newer"))
    assert (after, standing) == (replace(before, pending=b"newer"), ACCEPTED)


@pytest.mark.parametrize(("code", "offered"), [(212, OFFERED), (200, None), (212, None)])
def test_a_mac_is_answered_by_200_and_a_nonce_or_the_session_ends(code, offered):
    before = spoken(MAC)
    why = "with the MAC every header is answered by 200 and a NextNonce"
    assert before.answered(status(code, offered)) == (replace(before, scheme=None, why=why), HOPELESS)
    once, standing = replace(before, mac_once=True).answered(status(code, offered))
    assert standing is ACCEPTED and once.accepted and once.lasting is False
    assert once.nonce == (offered or STORED)


def test_a_mac_of_messages_after_the_first_keeps_the_rule():
    """An accepted MAC is not for the session: the second header needs its 200 and nonce as the first did."""
    before = spoken(MAC).answered(status(200, OFFERED))[0].dress(HEAD)[0]
    assert before.answered(status(200))[1] is before.answered(status(212, b"n"))[1] is HOPELESS
    after, standing = before.answered(status(200, b"newer"))
    assert standing is ACCEPTED and (after.nonce, after.pending) == (b"newer", b"newer")


@pytest.mark.parametrize("code", [202, 400, 404, 500, 503])
@pytest.mark.parametrize("lasting", [False, True])
def test_any_other_status_ends_it(code, lasting):
    before = spoken(MD5, accepted=True, lasting=lasting)
    why = f"the peer answered our header with {StatusCode(code)!r}"
    expected = replace(before, accepted=False, lasting=False, scheme=None, why=why)
    assert before.answered(status(code)) == (expected, HOPELESS)


@pytest.mark.parametrize("scheme", [BASIC, MD5, MAC])
def test_a_header_that_is_not_answered(scheme):
    why = "the server did not answer our header"
    unproved = spoken(scheme)
    assert unproved.unanswered() == (replace(unproved, why=why), HOPELESS)
    known = replace(unproved, accepted=True)
    assert known.unanswered() == (known, ACCEPTED)
    nobody = spoken(None)
    assert nobody.unanswered() == (replace(nobody, accepted=True), ACCEPTED)


def test_a_nonce_is_kept_once():
    pending = prover(MD5, pending=OFFERED, accepted=True)
    kept = pending.kept()
    assert kept == replace(pending, pending=None) and kept.kept() is kept


# -- what is asked for


@pytest.mark.parametrize("code", [401, 407])
@pytest.mark.parametrize(
    ("type_", "scheme"), [("syncml:auth-basic", BASIC), ("syncml:auth-md5", MD5), ("SYNCML:AUTH-mac", MAC)]
)
@pytest.mark.parametrize(("offered", "nonce"), [(OFFERED, OFFERED), (None, STORED), (b"", b"")])
def test_a_challenge_is_followed(code, type_, scheme, offered, nonce):
    """Its type and its nonce, the empty one too; without a nonce the stored one serves."""
    before = spoken(None, accepted=True, lasting=True)
    expected = replace(before, accepted=False, lasting=False, scheme=scheme, nonce=nonce, asked=1)
    assert before.answered(status(code, offered, type_)) == (expected, CHALLENGED)


def test_a_proof_that_was_refused_may_have_had_an_old_nonce():
    """One more challenge follows the first failure; the second ends it.  [DMSEC §5.3.3]"""
    first = spoken(MD5)
    again, standing = first.answered(status(401, OFFERED))
    assert (again, standing) == (replace(first, nonce=OFFERED, refused=1), CHALLENGED)
    why = "the peer refused again what it had asked for"
    sent = again.dress(HEAD)[0]
    assert sent.answered(status(401, b"third")) == (replace(sent, scheme=None, refused=2, why=why), HOPELESS)


def test_after_a_407_one_401_may_be_retried():
    asked = spoken(None).answered(status(407, OFFERED))[0]
    once = asked.dress(HEAD)[0].answered(status(401, b"second"))
    assert once[1] is CHALLENGED and (once[0].asked, once[0].refused, once[0].nonce) == (1, 1, b"second")
    assert once[0].dress(HEAD)[0].answered(status(401, b"third"))[1] is HOPELESS


def test_asked_twice_without_a_proof_between():
    asked = spoken(None).answered(status(407, OFFERED))[0]
    unheard = replace(asked, proved=False)
    assert unheard.answered(status(407, b"second"))[1] is HOPELESS


@pytest.mark.parametrize(
    ("differs", "answer", "why"),
    [
        ({}, status(401), "<StatusCode.UNAUTHORIZED: 401> came without a challenge"),
        ({}, status(407), "<StatusCode.CREDENTIALS_MISSING: 407> came without a challenge"),
        ({}, status(401, OFFERED, "example:other"), "the peer asks for example:other, which we cannot do"),
        ({"able": (BASIC,)}, status(401, OFFERED), "the peer asks for syncml:auth-md5, which we cannot do"),
        ({"able": ()}, status(401, OFFERED), "the peer asks for syncml:auth-md5, which we cannot do"),
        ({"credential": None}, status(401, OFFERED), "the peer asks for syncml:auth-md5, which we cannot do"),
        ({"floor": 3}, status(401, OFFERED), "the peer asks for syncml:auth-md5, which is weaker than our floor"),
        ({"floor": 2}, status(401, OFFERED), "the peer asks for syncml:auth-md5, which is weaker than our floor"),
        ({"floor": 1}, status(401, OFFERED), None),
        ({"established": MAC}, status(401, OFFERED),
         "the peer wants to change the authentication type in mid-session"),
        ({"established": MD5}, status(401, OFFERED), None),
    ],
)  # fmt: skip
def test_challenges_that_are_not_followed(differs, answer, why):
    before = spoken(None, accepted=True, lasting=True, **differs)
    after, standing = before.answered(answer)
    if why is None:
        assert standing is CHALLENGED and after.why == ""
    else:
        why = why.replace("<StatusCode.UNAUTHORIZED: 401>", repr(StatusCode(401)))
        why = why.replace("<StatusCode.CREDENTIALS_MISSING: 407>", repr(StatusCode(407)))
        assert after == replace(before, accepted=False, lasting=False, asked=1, scheme=None, why=why)
        assert standing is HOPELESS


# -- the other side


def verifier(scheme: str | Scheme = "md5", rules: Rules | None = None, **differs: Any) -> Verifier:
    return replace(Verifier.of(HOLDER, scheme, rules or Rules()), **differs)


def shown(scheme: Scheme | None, nonce: bytes = STORED, *, wrong: bool = False) -> tuple[Header, Mapping[str, str]]:
    """A header and the transport headers that prove the holder of the account, or somebody else."""
    if scheme is None:
        return HEAD, {}
    credential = Credential("client", "guessed" if wrong else "clientpw", nonce)
    proof = scheme.prove(credential, nonce, BODY if scheme.in_transport else b"")
    if scheme.in_transport:
        return HEAD, {HEADER: print_header("client", proof)}
    return replace(HEAD, cred=Cred(proof, Meta(format="b64", type=str(scheme.type)))), {}


def check(of: Verifier, scheme: Scheme | None, nonce: bytes = STORED, *, wrong: bool = False) -> tuple[Any, Any]:
    return of.check(*shown(scheme, nonce, wrong=wrong), BODY, fresh())


def fresh() -> Iterator[bytes]:
    return iter([b"made 1", b"made 2"])


def asked(scheme: Scheme, nonce: bytes | None = b"made 1") -> Meta:
    text = None if nonce is None else b64encode(nonce).decode()
    return Meta(format="b64", type=str(scheme.type), next_nonce=text)


def test_a_verifier_is_made_of_the_account_and_the_rules():
    rules = Rules(mac_once=True, channel=b"ch", challenges=7, transport_status=212)
    made = Verifier.of(HOLDER, "mac", rules)
    assert made == Verifier(HOLDER, MAC, attempts=7, mac_once=True, transport_status=212, channel=b"ch",
                            expected=(STORED,))  # fmt: skip
    assert made.needs_proof and made.used is MAC and not made.proved
    plain = Verifier.of(None, "none", Rules())
    assert plain == Verifier(None, None) and not plain.needs_proof and plain.used is None


@pytest.mark.parametrize("code", [200, 212])
@pytest.mark.parametrize("made", [(None, "md5"), (HOLDER, "none")])
def test_the_transport_vouches(made, code):
    of = Verifier.of(*made, Rules(transport_status=code))
    for scheme in (None, BASIC, MD5, MAC):
        assert check(of, scheme) == (replace(of, accepted=True), ProofVerdict(True, StatusCode(code)))
        assert of.inspect(*shown(scheme), BODY) == ShownProof()


@pytest.mark.parametrize(
    ("scheme", "code", "offered", "differs"),
    [
        (BASIC, 212, None, {"lasting": True}),
        (MD5, 212, b"made 1", {"lasting": True, "stored": b"made 1", "expected": (STORED, b"made 1")}),
        (MAC, 200, b"made 1", {"stored": b"made 1", "expected": (b"made 1",)}),
    ],
)
def test_a_good_proof(scheme, code, offered, differs):
    """basic and md5 hold for the session, after md5 with the nonce before and the new one; a MAC for one message."""
    of = verifier(scheme.name)
    chal = None if offered is None else asked(scheme, offered)
    expected = replace(of, accepted=True, proved_by=scheme, **differs)
    assert check(of, scheme) == (expected, ProofVerdict(True, StatusCode(code), chal))
    assert expected.proved and expected.used is scheme


def test_a_digest_for_each_message():
    of = verifier("md5", Rules(nonce="message"))
    expected = replace(of, accepted=True, proved_by=MD5, stored=b"made 1", expected=(b"made 1",))
    assert check(of, MD5) == (expected, ProofVerdict(True, StatusCode(200), asked(MD5)))
    assert check(expected, MD5)[1].status == 401  # the nonce before holds no longer
    assert check(expected, MD5, b"made 1")[1].status == 200


def test_a_proof_repeated_while_the_session_lasts():
    """Some peers send their credentials in each message: with the old nonce or the new, no third is given out."""
    of = check(verifier("md5"), MD5)[0]
    for nonce in (STORED, b"made 1"):
        assert check(of, MD5, nonce) == (of, ProofVerdict(True, StatusCode(212)))
    assert check(of, MD5, b"another")[1].status == 401
    basic = check(verifier("basic"), BASIC)[0]
    assert check(basic, BASIC) == (basic, ProofVerdict(True, StatusCode(212)))


def test_a_header_without_a_proof_while_the_session_lasts():
    for scheme in (BASIC, MD5):
        of = check(verifier(scheme.name), scheme)[0]
        after, verdict = check(of, None)
        assert after is of and verdict == ProofVerdict(True, StatusCode(200))


@pytest.mark.parametrize("scheme", [BASIC, MD5])
@pytest.mark.parametrize("with_", [BASIC, MD5, MAC])
def test_a_wrong_proof_while_the_session_lasts(scheme, with_):
    """The session was authenticated; what is wrong is wrong all the same, in the header or beside the message."""
    of = check(verifier(scheme.name), scheme)[0]
    after, verdict = check(of, with_, wrong=True)
    assert not verdict.ok and verdict.status == 401 and not after.accepted and not after.lasting
    assert after.proved_by is scheme and verdict.chal is not None and verdict.chal.type == str(scheme.type)


WRONG = "the proof is wrong, or made with a nonce that is not in force"
OTHER = "another authentication type is wanted"


@pytest.mark.parametrize(
    ("required", "scheme", "wrong", "why"),
    [
        (MD5, MD5, True, WRONG), (BASIC, BASIC, True, WRONG), (MAC, MAC, True, WRONG),
        (MD5, BASIC, False, OTHER), (MAC, MD5, False, OTHER), (MAC, BASIC, False, OTHER),
        (MD5, SCHEMES["sha256"], True, WRONG), (ECHO, MD5, False, OTHER),
    ],
)  # fmt: skip
def test_a_proof_that_is_refused(required, scheme, wrong, why):
    of = verifier(required)
    nonce = b"made 1" if required.uses_nonce else None
    expected = replace(of, refused=1, asked=required, **({"expected": (nonce,)} if nonce else {}))
    verdict = ProofVerdict(False, StatusCode(401), asked(required, nonce), False, why)
    assert check(of, scheme, wrong=wrong) == (expected, verdict)
    again, last = check(expected, required, b"made 1", wrong=True)
    assert last.give_up and last.status == 401 and last.why == WRONG and again.refused == 2


@pytest.mark.parametrize(
    ("required", "scheme"), [(BASIC, MD5), (BASIC, MAC), (MD5, MAC), (MD5, SCHEMES["sha256"]), (ECHO, ECHO)]
)
def test_a_stronger_proof_is_taken_and_one_of_ones_own(required, scheme):
    of = verifier(required)
    after, verdict = check(of, scheme)
    assert verdict.ok and after.proved_by is scheme and after.used is scheme


@pytest.mark.parametrize(("required", "scheme"), [("mac", "mac-rfc2104"), ("md5-apart", "sha256")])
def test_an_equal_rank_does_not_stand_for_the_other(required, scheme):
    """Two schemes of one rank are two; who asks for one does not get the other."""
    assert not verifier(required)._good_enough(SCHEMES[scheme], SCHEMES[required])


def test_after_a_challenge_only_what_was_asked_for():
    """Type used must equal the type of the challenge, else the session ends.  [DMSEC §5.4.1]"""
    of = check(verifier("md5"), None)[0]
    assert of.asked is MD5
    stronger = of.check(*shown(MAC, b"made 1"), BODY, iter([b"made 2"]))[1]
    assert (stronger.status, stronger.give_up, stronger.why) == (401, True, OTHER)
    assert of.check(*shown(MD5, b"made 1"), BODY, iter([b"made 2"]))[1].ok
    basic = check(verifier("basic"), None)[0]
    assert basic.asked is BASIC and check(basic, MD5)[1].give_up


def test_after_a_proof_the_type_is_fixed_for_the_session():
    of = check(verifier("basic"), MD5)[0]
    assert check(of, MAC)[1].why == check(of, BASIC)[1].why == OTHER
    assert check(of, BASIC)[1].chal == asked(MD5)


@pytest.mark.parametrize("attempts", [1, 2, 3])
@pytest.mark.parametrize("scheme", [BASIC, MD5, MAC])
def test_no_proof_at_all(scheme, attempts):
    of = verifier(scheme.name, Rules(challenges=attempts), accepted=True)
    nonce = b"made 1" if scheme.uses_nonce else None
    for n in range(1, attempts + 1):
        after, verdict = check(of, None)
        known = {"expected": (nonce,)} if nonce else {}
        assert after == replace(of, accepted=False, missing=n, asked=scheme, **known)
        why = "no credentials came"
        assert verdict == ProofVerdict(False, StatusCode(407), asked(scheme, nonce), n == attempts, why)
        of = after


@pytest.mark.parametrize(("data", "code"), [("", 407), ("   ", 407), ("?", 401)])
def test_empty_credentials_are_none(data, code):
    """Koneki sends an empty Cred always."""
    header = replace(HEAD, cred=Cred(data, Meta(format="b64", type="syncml:auth-md5")))
    assert verifier("md5").check(header, {}, BODY, fresh())[1].status == code


def test_credentials_without_a_type_name_no_scheme():
    header = replace(HEAD, cred=Cred(digest(STORED)))
    verdict = verifier("md5").check(header, {}, BODY, fresh())[1]
    assert (verdict.status, verdict.why) == (401, OTHER)


def test_a_mac_that_was_in_use_and_is_missing_ends_the_session():
    of = check(verifier("mac"), MAC)[0]
    after, verdict = check(of, None)
    why = "the MAC was in use and this message has none"
    assert verdict == ProofVerdict(False, StatusCode(401), asked(MAC), True, why)
    assert after == replace(of, accepted=False, refused=1, asked=MAC, expected=(b"made 1",))


def test_a_mac_for_the_first_message_only():
    """``mac_once``: what follows an accepted MAC is taken without; what follows a refused one is not."""
    of = check(verifier("mac", Rules(mac_once=True)), MAC)[0]
    assert check(of, None) == (of, ProofVerdict(True, StatusCode(200)))
    refused = check(of, MAC, b"another")[0]
    assert check(refused, None)[1].status == 401
    assert check(verifier("mac", Rules(mac_once=True)), None)[1].status == 407
    assert check(verifier("md5", Rules(mac_once=True), accepted=True), None)[1].status == 407


@pytest.mark.parametrize(("user", "header"), [("other", None), ("client", 'username="client"'), ("client", "mac=abc=")])
def test_a_mac_header_that_is_incomplete_or_names_somebody_else(user, header):
    text = header or print_header(user, mac(STORED))
    verdict = verifier("mac").check(HEAD, {HEADER: text}, BODY, fresh())[1]
    assert (verdict.status, verdict.why) == (401, "the MAC header is incomplete or names somebody else")


@pytest.mark.parametrize(
    ("policy", "in_force", "made"),
    [
        ("counter", (STORED[:0] + bytes(15) + b"\x05",), bytes(15) + b"\x06"),
        ("counter", (bytes(16), bytes(15) + b"\x09"), bytes(15) + b"\x0a"),
        ("counter", (), bytes(15) + b"\x01"),
        ("reused", (STORED,), STORED),
        ("reused", (), b"made 1"),
        ("fixed resync", (STORED,), bytes(4)),
    ],
)
def test_a_challenge_follows_the_nonce_in_force(policy, in_force, made):
    """The last of those in force; where there is none, the empty one."""
    of = verifier("md5", Rules(nonce=policy), expected=in_force)
    after, verdict = check(of, None)
    assert after.expected == (made,) and verdict.chal == asked(MD5, made)


def test_the_nonce_for_later_sessions_is_kept_once():
    of = check(verifier("md5"), MD5)[0]
    kept = of.kept()
    assert of.stored == b"made 1" and kept == replace(of, stored=None) and kept.kept() is kept


def test_looking_changes_nothing_and_says_the_same():
    of = verifier("md5")
    for scheme, wrong, found in [
        (None, False, ShownProof()), (MD5, False, ShownProof(MD5)), (MD5, True, ShownProof(None, WRONG)),
        (BASIC, False, ShownProof(None, OTHER)),
    ]:  # fmt: skip
        assert of.inspect(*shown(scheme, wrong=wrong), BODY) == found
        told = of.check(*shown(scheme, wrong=wrong), BODY, fresh(), judged=found)
        assert told == check(of, scheme, wrong=wrong)
    assert replace(of, credential=None).inspect(*shown(MD5), BODY) == ShownProof()
    assert replace(of, asked=MD5).inspect(*shown(MAC), BODY) == ShownProof(None, OTHER, fatal=True)
