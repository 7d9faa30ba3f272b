"""The client's table of states: a parameter for each of its rows.  [DMPRO §8, §9]"""

from __future__ import annotations

import pytest

from dmkit.session.events import ChunkReceived, Discarded, Executed, NonceStored, Resent
from dmkit.session.states import SessionState
from dmkit.wire.codec import XML
from dmkit.words.codes import AlertCode
from dmkit.words.errors import LocalProtocolError
from dmkit.words.model import Alert, Item, Meta
from tests.golden.notation import golden
from tests.pair import Script, Talk, client_against_script, device_of, pair, session_of, spoken
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
    play_server_script,
    row,
    server_md5,
)

POLL = "tree ./Vendor/Acme/Poll 30 int"
NOTE = "tree ./Vendor/Acme/Note old"
WANTS = ("account server tls", "known server srvpw 70..7F", "issue client 40..4F 50..5F 60..6F")
PER_MESSAGE = (*WANTS, "rule client nonce=message")
PIECE = "Replace (T ./Vendor/Acme/Note, Size=20, D 0123456789, MoreData)"

ROWS = [
    # IDLE
    row(
        "idle-trigger",
        "P-03 P-04",
        f"C1 {{{BASIC}}} | #1 Alert 1200; #2 Replace $DevInfo; Final",
        facts=("start 1200", "session 1F"),
        state=SessionState.SENT,
    ),
    row("idle-user", "P-01 P-03 P-10", C1, state=SessionState.SENT),
    row(
        "idle-alert-pending",
        "P-03 P-18",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226 (Format=chr Type="
        '"Content-Type: a/b", D x); Final',
        facts=('alert Alert 1226 (Format=chr Type="Content-Type: a/b", D x)',),
        state=SessionState.SENT,
    ),
    # SENT
    row(
        "sent-407",
        "P-15 X-02",
        f"C1 | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=407 {chal('00..0F')}; #2 1/1 Alert=407; #3 1/2 Replace=407; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client - client clientpw",),
        state=SessionState.SENT,
    ),
    row(
        "sent-401",
        "X-02 X-05",
        f"C1 {{{md5('60..6F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client md5 client clientpw 60..6F",),
        state=SessionState.SENT,
    ),
    row(
        "sent-401-other-type",
        "X-02",
        C1,
        f"S1 | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        state=SessionState.SENT,
    ),
    row(
        "sent-401-server-bad-too",
        "X-01 X-05",
        f"C1 {{{md5('60..6F')}}} | {HELLO}",
        f"S1 {{{server_md5('B0..BF')}}} | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401; #3 1/2 Replace=401;"
        " Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=401 {chal('40..4F')}; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client md5 client clientpw 60..6F", *WANTS),
        state=SessionState.SENT,
    ),
    row(
        "sent-407-server-missing-too",
        "X-01 P-15",
        f"C1 | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=407 {chal('00..0F')}; #2 1/1 Alert=407; #3 1/2 Replace=407; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client - client clientpw", *WANTS),
        state=SessionState.SENT,
    ),
    row(
        "sent-401-twice",
        "X-05",
        f"C1 {{{md5('60..6F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=401 {chal('00..0F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('10..1F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=("account client md5 client clientpw 60..6F",),
        state=SessionState.REFUSED,
    ),
    row(
        "sent-407-then-401",
        "X-05",
        f"C1 | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=407 {chal('00..0F')}; #2 1/1 Alert=407; #3 1/2 Replace=407; Final",
        f"C2 {{{md5('00..0F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('10..1F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        f"C3 {{{md5('10..1F')}}} | #1 2/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        facts=("account client - client clientpw",),
        state=SessionState.SENT,
    ),
    row(
        "sent-scheme-unknown",
        "X-02",
        C1,
        "S1 | #1 1/0 SyncHdr=401 Chal(Format=b64 Type=syncml:auth-securid); #2 1/1 Alert=401; #3 1/2 Replace=401;"
        " Final",
        state=SessionState.REFUSED,
    ),
    row(
        "sent-401-without-challenge",
        "P-15",
        C1,
        "S1 | #1 1/0 SyncHdr=401; #2 1/1 Alert=401; #3 1/2 Replace=401; Final",
        state=SessionState.REFUSED,
        unsound="I11",
    ),
    row(
        "sent-513",
        "P-01",
        C1,
        "S1 | #1 1/0 SyncHdr=513 (D DM/1.3); #2 1/1 Alert=513; #3 1/2 Replace=513; Final",
        state=SessionState.REFUSED,
    ),
    row(
        "sent-505",
        "P-01",
        C1,
        "S1 | #1 1/0 SyncHdr=505 (D 1.3); #2 1/1 Alert=505; #3 1/2 Replace=505; Final",
        state=SessionState.REFUSED,
    ),
    row(
        "sent-commands",
        "P-05 P-06 P-22",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        state=SessionState.RUN,
    ),
    row(
        "sent-200-commands",
        "P-05",
        C1,
        f"S1 | #1 1/0 SyncHdr=200; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        f"C2 {{{BASIC}}} | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        state=SessionState.RUN,
    ),
    row("sent-nothing-more", "P-11", C1, f"S1 | {GOOD}; Final", state=SessionState.DONE),
    row("sent-nothing-more-server-unproven", "P-11", C1, f"S1 | {GOOD}; Final", facts=WANTS, state=SessionState.DONE),
    row(
        "sent-server-missing",
        "X-01 P-15",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        facts=WANTS,
        state=SessionState.SRVAUTH,
    ),
    row(
        "sent-server-bad",
        "X-01 P-15",
        C1,
        f"S1 {{{server_md5('00..0F')}}} | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=401 {chal('40..4F')}; #2 1/4 Get=401; Final",
        facts=WANTS,
        state=SessionState.SRVAUTH,
    ),
    row(
        "sent-server-bad-in-containers",
        "X-01",
        C1,
        f"S1 {{{server_md5('00..0F')}}} | {GOOD}; #4 Sequence [#5 {GET}; #6 Delete (T ./A)]; Final",
        f"C2 | #1 1/0 SyncHdr=401 {chal('40..4F')}; #2 1/4 Sequence=401; #3 1/5 Get=401; #4 1/6 Delete=401; Final",
        facts=WANTS,
        state=SessionState.SRVAUTH,
    ),
    row(
        "sent-1222",
        "P-08 P-13",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226 (Format=chr"
        ' Type="Content-Type: a/b" Size=20, D 0123456789, MoreData); (no Final)',
        f"S1 | {GOOD}; #4 1/3 Alert=213; #5 Alert 1222; (no Final)",
        'C2 | #1 1/0 SyncHdr=200; #2 1/5 Alert=200; #3 Alert 1226 (Format=chr Type="Content-Type: a/b", D abcdefghij);'
        " Final",
        facts=(
            "rule client chunk=10",
            'alert Alert 1226 (Format=chr Type="Content-Type: a/b", D 0123456789abcdefghij)',
        ),
        state=SessionState.SENT,
    ),
    # SRVAUTH
    row(
        "srvauth-good",
        "X-01",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        f"S2 {{{server_md5('40..4F')}}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=212 {chal('50..5F')}; #2 2/2 Get=200; #3 Results 2/2 {GOT}; Final",
        facts=WANTS,
        state=SessionState.RUN,
    ),
    row(
        "srvauth-bad-again",
        "X-01 X-05",
        C1,
        f"S1 {{{server_md5('00..0F')}}} | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=401 {chal('40..4F')}; #2 1/4 Get=401; Final",
        f"S2 {{{server_md5('40..4F', 'wrong')}}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=401 {chal('50..5F')}; #2 2/2 Get=401; Final",
        facts=WANTS,
        state=SessionState.REFUSED,
    ),
    row(
        "srvauth-gives-up",
        "P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        "S2 | #1 2/0 SyncHdr=200; Final",
        facts=WANTS,
        state=SessionState.REFUSED,
    ),
    row(
        "srvauth-abort",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 Alert 1223; Final",
        facts=WANTS,
        state=SessionState.ABORTED,
    ),
    # RUN
    row(
        "run-commands",
        "P-05 P-06",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 Replace (T ./Vendor/Acme/Poll, Format=int, D 60); Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/2 Replace=200; Final",
        facts=(POLL,),
        state=SessionState.RUN,
    ),
    row(
        "run-server-proof-missing",
        "X-01",
        C1,
        f"S1 {{{server_md5('70..7F')}}} | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200 {chal('40..4F')}; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=407 {chal('50..5F')}; #2 2/2 Get=407; Final",
        facts=PER_MESSAGE,
        state=SessionState.SRVAUTH,
    ),
    row(
        "run-server-proof-bad",
        "X-01",
        C1,
        f"S1 {{{server_md5('70..7F')}}} | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200 {chal('40..4F')}; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 {{{server_md5('70..7F')}}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=401 {chal('50..5F')}; #2 2/2 Get=401; Final",
        facts=PER_MESSAGE,
        state=SessionState.SRVAUTH,
    ),
    row(
        "run-own-proof-refused",
        "X-05",
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=200 {chal('10..1F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        f"C2 {{{md5('10..1F')}}} | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('20..2F')}; #2 2/3 Results=401; Final",
        f"C3 {{{md5('20..2F')}}} | #1 2/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        facts=("account client md5 client clientpw 00..0F",),
        state=SessionState.RUN,
    ),
    row(
        "run-chunk-accepted",
        "P-07 P-08 P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        facts=(NOTE,),
        state=SessionState.RUN,
    ),
    row(
        "run-chunk-refused-413",
        "P-07 P-13 P-14",
        C1.replace(BASIC, f"{BASIC} MaxObjSize=19"),
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=413; #3 Alert 1222; (no Final)",
        facts=(NOTE, "rule client max_object=19"),
        state=SessionState.RUN,
        unsound="I13",
    ),
    row(
        "run-chunk-without-size",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE.replace('Size=20, ', '')}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=411; #3 Alert 1222; (no Final)",
        facts=(NOTE,),
        state=SessionState.RUN,
        unsound="I10",
    ),
    row(
        "run-chunk-without-size-accepted",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE.replace('Size=20, ', '')}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        facts=(NOTE, "rule client missing_size=accept"),
        state=SessionState.RUN,
        unsound="I10",
    ),
    row(
        "run-last-chunk-good",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Replace (T ./Vendor/Acme/Note, D abcdefghij); Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Replace=200; Final",
        facts=(NOTE, "after ./Vendor/Acme/Note 0123456789abcdefghij"),
        state=SessionState.RUN,
    ),
    row(
        "run-last-chunk-without-address",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Replace (D abcdefghij); Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Replace=200; Final",
        facts=(NOTE, "after ./Vendor/Acme/Note 0123456789abcdefghij"),
        state=SessionState.RUN,
    ),
    row(
        "run-last-chunk-short",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Replace (T ./Vendor/Acme/Note, D abc); Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Replace=424; Final",
        facts=(NOTE,),
        state=SessionState.RUN,
        unsound="I10",
    ),
    row(
        "run-object-interrupted",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        f"S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=200; #2 2/3 Get=200; #3 Results 2/3 {GOT}; #4 Alert 1225 (T ./Vendor/Acme/Note); Final",
        facts=(NOTE,),
        state=SessionState.RUN,
        unsound="I7 I10",
    ),
    row(
        "run-object-interrupted-412",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        f"S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 {GET}; Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Get=412; #3 Alert 1225 (T ./Vendor/Acme/Note); Final",
        facts=(NOTE, "rule client interrupting=412"),
        state=SessionState.RUN,
        unsound="I7 I10",
    ),
    row(
        "run-other-object-interrupts",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {PIECE}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Replace (T ./Vendor/Acme/Name, D n); Final",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Replace=200; #3 Alert 1225 (T ./Vendor/Acme/Note); Final",
        facts=(NOTE, "tree ./Vendor/Acme/Name old", "after ./Vendor/Acme/Name n"),
        state=SessionState.RUN,
        unsound="I7 I10",
    ),
    row(
        "run-results-too-large-1225",
        "P-13",
        C1,
        f"S1 {{MaxMsgSize=2000}} | {GOOD}; #4 Get (T ./Vendor/Acme/Note); Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./Vendor/Acme/Note, Size=2500,"
        ' D "T"*1000, MoreData); (no Final)',
        "S2 | #1 2/0 SyncHdr=200; #2 Alert 1225 (S ./Vendor/Acme/Note); #3 Alert 1222; (no Final)",
        "C3 | #1 2/0 SyncHdr=200; #2 2/2 Alert=200; #3 2/3 Alert=200; #4 Results 1/4 (S ./Vendor/Acme/Note, Size=2500,"
        ' D "T"*1000, MoreData); (no Final)',
        facts=('tree ./Vendor/Acme/Note "T"*2500', "rule client chunk=1000"),
        state=SessionState.RUN,
    ),
    row(
        "run-nothing-pending",
        "P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; Final",
        state=SessionState.DONE,
    ),
    row(
        "run-bad-results-status",
        "P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=413; Final",
        state=SessionState.DONE,
    ),
    # any state
    row("any-abort", "P-12", C1, f"S1 | {GOOD}; #4 Alert 1223; Final", state=SessionState.ABORTED),
    row(
        "any-abort-without-final",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 Alert 1223; (no Final)",
        state=SessionState.ABORTED,
        unsound="I9 I14",
    ),
    row(
        "any-abort-with-commands",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 Delete (T ./DevInfo/Lang); #5 Alert 1223; Final",
        state=SessionState.ABORTED,
        unsound="I14",
    ),
    row(
        "run-abort",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 Alert 1223; Final",
        state=SessionState.ABORTED,
    ),
    row(
        "alert-of-the-wrong-direction",
        "P-05",
        C1,
        f"S1 | {GOOD}; #4 Alert 1226 (Format=chr Type=a/b, D x); Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=405; Final",
        state=SessionState.RUN,
    ),
    row(
        "alert-nobody-knows",
        "P-05",
        C1,
        f"S1 | {GOOD}; #4 Alert 1150; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=406; Final",
        state=SessionState.RUN,
    ),
    row(
        "question-without-user",
        "P-17",
        C1,
        f"S1 | {GOOD}; #4 Alert 1101 () (D x); Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=406; Final",
        facts=("user 406",),
        state=SessionState.RUN,
    ),
    row(
        "no-resp",
        "P-05",
        C1,
        f"S1 | {GOOD}; #4 Replace NoResp (T ./Vendor/Acme/Poll, Format=int, D 60); #5 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/5 Get=200; #3 Results 1/5 {GOT}; Final",
        facts=(POLL, "after ./Vendor/Acme/Poll 60 int", "rule client lenient=yes"),
        state=SessionState.RUN,
    ),
]


@pytest.mark.spec(
    "P-01",
    "P-03",
    "P-04",
    "P-05",
    "P-06",
    "P-07",
    "P-08",
    "P-10",
    "P-11",
    "P-12",
    "P-13",
    "P-14",
    "P-15",
    "P-17",
    "P-18",
    "P-22",
    "X-01",
    "X-02",
    "X-05",
)
@pytest.mark.parametrize("row", ROWS)
def test_row(row: Row) -> None:
    from tests.session.test_golden import check_tree

    _, device = play_server_script(row)
    if any(fact.startswith("tree") for fact in row.facts) and row.id != "run-commands":
        check_tree(row.golden, device)


@pytest.mark.spec("P-03", "P-18")
def test_a_generic_alert_that_comes_up_keeps_the_session_alive() -> None:
    """Own Generic Alert pending when the server has nothing more: header Status, Alert 1226, Final."""
    g = golden("W02")
    device = device_of(g)
    client, server, talk = session_of(g, device), Script(g, "server", XML), Talk()
    client.start()
    packet = server.speak()
    assert packet is not None
    client.report(Alert(AlertCode.GENERIC, (Item(meta=Meta(format="chr", type="a/b"), data="x"),)))
    step = talk.note(client.receive(packet))
    assert step.reply is not None
    said = spoken("client", step.reply).message
    assert [c.verb.value for c in said.commands] == ["Status", "Alert"] and said.final
    assert client.state is SessionState.RUN


@pytest.mark.spec("P-12")
def test_abort_says_what_was_done() -> None:
    """The user's abort: Statuses and Results so far, Alert 1223, Final; the answer is ignored."""
    g = golden("W15")
    talk, _, client = client_against_script(g, XML)
    last = talk.spoken[2].message
    assert [getattr(c, "cmd", c.verb.value) for c in last.commands] == ["SyncHdr", "Get", "Results", "Alert"]
    assert last.final and client.state is SessionState.ABORTED
    assert [e.command.verb.value for e in talk.happened(Executed) if isinstance(e, Executed)][:1] == ["Get"]


def test_silence_is_met_by_the_same_octets_and_then_by_the_end() -> None:
    g = golden("W01")
    device = device_of(g)
    client = session_of(g, device)
    first = client.start().reply
    for attempt in (1, 2):
        step = client.expire()
        assert step.reply == first and step.events == (Resent("1", attempt),)
    step = client.expire()
    assert step.reply is None and client.state is SessionState.ABORTED and not client.waiting
    with pytest.raises(LocalProtocolError):
        client.expire()


def test_order_of_calls() -> None:
    client = session_of(golden("W01"), device_of(golden("W01")))
    packet = pair().run().packets[0][1]
    with pytest.raises(LocalProtocolError):
        client.receive(packet)
    client.start()
    with pytest.raises(LocalProtocolError):
        client.start()


@pytest.mark.spec("X-02")
def test_a_nonce_of_an_unproven_server_is_not_kept() -> None:
    """It serves the answer at hand, but the stored one stays until the server has proved itself."""
    rows = {param.values[0].id: param.values[0] for param in ROWS}
    talk, device = play_server_script(rows["sent-401-server-bad-too"])
    assert device.accounts[0].client.nonce == bytes(range(0x60, 0x70))
    assert not talk.happened(NonceStored)


@pytest.mark.spec("P-13")
def test_a_large_object_says_how_far_it_is() -> None:
    rows = {param.values[0].id: param.values[0] for param in ROWS}
    talk, _ = play_server_script(rows["run-last-chunk-good"])
    assert talk.happened(ChunkReceived) == [
        ChunkReceived("./Vendor/Acme/Note", 10, 20),
        ChunkReceived("./Vendor/Acme/Note", 20, 20),
    ]
    talk, _ = play_server_script(rows["run-object-interrupted"])
    assert [e.what for e in talk.happened(Discarded) if isinstance(e, Discarded)] == ["./Vendor/Acme/Note"]
