"""What ends a session, situation by situation, seen from the side that must notice.  [DMPRO §8, §9; DMSEC §5.3]"""

from __future__ import annotations

from base64 import b64encode

import pytest

from dmkit.auth.mac import HEADER
from dmkit.session.events import Aborted, Discarded, Ended, Refused
from dmkit.session.oracle.check import check
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.wire.codec import XML
from dmkit.words.codes import StatusCode
from dmkit.words.model import Atomic, Command, Get, Packet, Replace, Sequence
from dmkit.words.outcome import Outcome
from tests.golden.notation import CLIENT_ADDRESS, golden
from tests.pair import both, device_of, pair, server_of, session_of, shape
from tests.session.rows import (
    BASIC,
    C1,
    GET,
    GOOD,
    GOT,
    HELLO,
    Row,
    chal,
    md5,
    play_client_script,
    play_server_script,
    row,
    server_md5,
)

JOB = (f"job {GET}",)
MAC = ("session C", "account client mac client clientpw 00..0F")
MAC_C1 = "C1 {LocName=client HMAC(client, 4lu7xaq6WO3F931szsGNAA==)} | " + HELLO
FRESH = f"Chal(MAC, {b64encode(bytes(range(0x20, 0x30))).decode()})"
WANTS = ("known server srvpw 70..7F", "issue client 40..4F 50..5F")

CLIENT = [
    row("nothing-wanted", "P-11", C1, f"S1 | {GOOD}; Final", state=SessionState.DONE),
    row(
        "nothing-wanted-after-commands",
        "P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; Final",
        state=SessionState.DONE,
    ),
    row(
        "only-statuses",
        "P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=415; Final",
        state=SessionState.DONE,
    ),
    row(
        "but-package-unfinished",
        "P-08",
        C1,
        f"S1 {{MaxMsgSize=1500}} | {GOOD}; #4 Get (T ./L/1); #5 Get (T ./L/2); Final",
        'C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 1/5 Get=200; #4 Results 1/4 (S ./L/1, D "a"*500); (no Final)',
        "S2 | #1 2/0 SyncHdr=200; #2 Alert 1222; (no Final)",
        'C3 | #1 2/0 SyncHdr=200; #2 2/2 Alert=200; #3 Results 1/5 (S ./L/2, D "b"*500); Final',
        facts=('tree ./L/1 "a"*500', 'tree ./L/2 "b"*500'),
        state=SessionState.RUN,
    ),
    row(
        "but-challenged",
        "X-02",
        f"C1 | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=407 {chal('00..0F')}; #2 1/1 Alert=407; #3 1/2 Replace=407; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client - client clientpw",),
        state=SessionState.SENT,
    ),
    row("aborted-by-server", "P-12", C1, f"S1 | {GOOD}; #4 Alert 1223; Final", state=SessionState.ABORTED),
    row(
        "server-unproven-wants-nothing",
        "P-11",
        C1,
        f"S1 {{{server_md5('00..0F')}}} | {GOOD}; Final",
        facts=WANTS,
        state=SessionState.DONE,
    ),
    row(
        "refused-for-good",
        "X-05",
        f"C1 {{{md5('60..6F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('10..1F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=("account client md5 client clientpw 60..6F",),
        state=SessionState.REFUSED,
    ),
    row(
        "server-answers-with-another-type",
        "X-02 X-05",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        f"S2 {{Cred=basic:Y29tLm1nbXRzcnYubWFuYWdlOnNydnB3}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=401 {chal('50..5F')}; #2 2/2 Get=401; Final",
        facts=WANTS,
        state=SessionState.REFUSED,
    ),
    row(
        "mac-answered-by-212",
        "X-04",
        MAC_C1,
        f"S1 | #1 1/0 SyncHdr=212 {FRESH}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        facts=MAC,
        state=SessionState.REFUSED,
    ),
    row(
        "mac-without-next-nonce",
        "X-04",
        MAC_C1,
        f"S1 | #1 1/0 SyncHdr=200; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        facts=MAC,
        state=SessionState.REFUSED,
    ),
]

SERVER = [
    row(
        "aborted-by-client",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 Alert 1223; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 2/2 Alert=200; Final",
        facts=JOB,
        state=SessionState.ABORTED,
    ),
    row(
        "aborted-in-package-1",
        "P-12",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1223; Final",
        f"S1 | {GOOD}; #4 1/3 Alert=200; Final",
        facts=JOB,
        state=SessionState.ABORTED,
        unsound="I14",
    ),
    row(
        "we-abort-instead-of-next-message",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, Size=20, D 0123456789, MoreData);"
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=213; #3 Alert 1223; Final",
        facts=(*JOB, "abort server 2"),
        state=SessionState.ABORTED,
    ),
    row(
        "refused-for-good",
        "X-05 P-15",
        f"C1 {{{md5('90..9F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=401 {chal('20..2F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=("rule server auth=md5", "issue server 20..2F 30..3F"),
        state=SessionState.REFUSED,
    ),
]


@pytest.mark.spec("P-08", "P-11", "P-12", "X-02", "X-04", "X-05")
@pytest.mark.parametrize("row", CLIENT)
def test_client_notices(row: Row) -> None:
    play_server_script(row)


@pytest.mark.spec("P-12", "P-15", "X-05")
@pytest.mark.parametrize("row", SERVER)
def test_server_notices(row: Row) -> None:
    play_client_script(row)


def test_abort_without_final_is_a_rule() -> None:
    """One reading of a conflict: an Alert 1223 that stands for Next Message has no Final."""
    param = next(p for p in SERVER if p.values[0].id == "we-abort-instead-of-next-message")
    r = param.values[0]
    other = Row(
        r.id,
        r.spec,
        (*r.facts, "rule server auth=basic abort_final=no"),
        (*r.lines[:-1], r.lines[-1].replace("Final", "(no Final)")),
        r.state,
    )
    with pytest.raises(AssertionError, match="I14"):
        play_client_script(other)


# --- endings of both sides together -----------------------------------------------------------------------------------


@pytest.mark.spec("X-05")
def test_both_drop_a_session_that_is_refused_for_good() -> None:
    talk, device, server, client = both(golden("W05"), XML)
    assert client.state is SessionState.REFUSED and server.sessions[CLIENT_ADDRESS].state is SessionState.REFUSED
    assert device.accounts[0].client.nonce == golden("W05").client.nonce, "nothing is stored"
    assert talk.happened(Refused) and all(not e.well for e in talk.happened(Ended) if isinstance(e, Ended))


@pytest.mark.spec("X-04")
@pytest.mark.parametrize("spoil", ["no header", "wrong mac", "other user"])
def test_mac_must_come_with_every_message(spoil: str) -> None:
    """Once the MAC is in use, a server message without a good one has no effect."""
    g = golden("W07")
    device, server = device_of(g), server_of(g)
    client = session_of(g, device)
    reply = server.receive(client.start().reply).reply  # type: ignore[arg-type]
    assert reply is not None
    client_says = client.receive(reply).reply
    assert client_says is not None
    reply = server.receive(client_says).reply
    assert reply is not None
    other = Packet(
        reply.to,
        reply.body.replace(
            b"<Final", b"<Get><CmdID>9</CmdID><Item><Target><LocURI>./DevInfo</LocURI></Target></Item></Get><Final"
        ),
        reply.media_type,
        _spoilt(reply.headers[HEADER], spoil),
    )
    step = client.receive(other)
    assert step.reply is not None
    codes = {c.code for c in XML.decode(step.reply.body).commands}  # type: ignore[union-attr]
    assert codes <= {StatusCode.UNAUTHORIZED, StatusCode.CREDENTIALS_MISSING}
    assert client.state in (SessionState.SRVAUTH, SessionState.REFUSED)


def _spoilt(header: str, how: str) -> dict[str, str]:
    if how == "no header":
        return {}
    return {HEADER: header.replace("mac=", "mac=AAAA") if how == "wrong mac" else header.replace("mgmtsrv", "x")}


NOTE, MAN = "./Vendor/Acme/Note", "./DevInfo/Man"


@pytest.mark.spec("P-12", "P-13")
@pytest.mark.parametrize("leaver", ["client", "server"])
def test_an_abort_drops_what_is_half_there(leaver: str) -> None:
    """Pieces of an object are dropped, finished commands stay."""
    two = pair(
        server_rules=Rules(auth="basic", server_auth="none", max_message=None, chunk=10),
        tree={NOTE: "old", "./Vendor/Acme/Poll": 30},
    )

    def leave(turn: int) -> None:
        if turn == 2:
            (two.client if leaver == "client" else two.server.sessions[CLIENT_ADDRESS]).abort("enough")

    talk = two.run([Replace.of("./Vendor/Acme/Poll", 60)], [Replace.of(NOTE, "0123456789" * 3)], before=leave)
    assert two.device.tree.get("./Vendor/Acme/Poll").value == "60"
    assert two.device.tree.get(NOTE).value == "old"
    assert next(e.by for e in talk.happened(Aborted) if isinstance(e, Aborted)) == leaver
    assert talk.happened(Discarded) or leaver == "server"
    assert two.client.state is SessionState.ABORTED
    assert check(talk.said) == []


@pytest.mark.spec("P-12", "P-20")
def test_an_abort_inside_an_atomic_rolls_it_back() -> None:
    """The device stops before the Atomic: none of it is done, and nothing of it is answered."""
    wishes: list[Command] = [Get.of(MAN), Atomic.of(Replace.of("./A", "1"), Replace.of("./B", "2"))]
    two = pair(tree={"./A": "0", "./B": "0"}, stop=lambda command: isinstance(command, Atomic))
    before = shape(two.device.tree)
    talk = two.run(wishes)
    assert shape(two.device.tree) == before
    assert two.client.state is SessionState.ABORTED
    got = [c for c in talk.spoken[2].message.commands if getattr(c, "cmd", "") == "Atomic"]
    assert got == []


def _yes(alert: object) -> Outcome:
    return Outcome(StatusCode.OK)


@pytest.mark.parametrize(
    "wish",
    [Get.of(MAN), Sequence.of(Get.of(MAN)), Atomic.of(Replace.of("./A", "1"))],
    ids=["plain", "sequence", "atomic"],
)
def test_the_regular_end_is_the_end_for_both(wish: Command) -> None:
    two = pair(tree={"./A": "0"}, user=_yes)
    talk = two.run([wish])
    assert two.client.state is SessionState.DONE and two.server.sessions[CLIENT_ADDRESS].state is SessionState.DONE
    assert [e.well for e in talk.happened(Ended) if isinstance(e, Ended)] == [True, True]
    assert check(talk.said) == []
