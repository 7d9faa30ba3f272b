"""The server's table of states: a parameter for each of its rows.  [DMPRO §6, §8, §9]"""

from __future__ import annotations

import pytest

from dmkit.session.events import Discarded, JobFailed, Learned, Repeated, Unreadable
from dmkit.session.rules import Rules
from dmkit.session.states import SessionState
from dmkit.wire.codec import XML
from dmkit.words.codes import StatusCode
from dmkit.words.model import Packet, Replace
from tests.golden.notation import CLIENT_ADDRESS, DEV_INFO, golden
from tests.pair import Script, pair, server_against_script, server_of, spoken
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
    row,
    server_md5,
)

JOB = (f"job {GET}",)
MD5 = ("account client md5 client clientpw 00..0F", "rule server auth=md5", "issue server 20..2F 30..3F 50..5F")
CHALLENGES = ("rule server auth=md5", "issue server 20..2F 30..3F 50..5F 60..6F")
PER_MESSAGE = (*MD5[:1], "rule server auth=md5 nonce=message", MD5[2])
OWN = ("account server md5 com.mgmtsrv.manage srvpw 70..7F",)
LARGE = ("job Replace (T ./Vendor/Acme/Note, D 0123456789abcdefghij)", "rule server auth=basic chunk=10")
FIRST = "Replace (T ./Vendor/Acme/Note, Size=20, D 0123456789, MoreData)"
ANSWER = f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final"
CLOSE = "S2 | #1 2/0 SyncHdr=200; Final"
BIT = '#3 Alert 1226 (Format=chr Type="Content-Type: a/b" Size=20, D 0123456789, MoreData)'
REFUSED = f"#1 1/0 SyncHdr=401 {chal('20..2F')}; #2 1/1 Alert=401; #3 1/2 Replace=401; Final"
ABSENT = f"#1 1/0 SyncHdr=407 {chal('20..2F')}; #2 1/1 Alert=407; #3 1/2 Replace=407; Final"

ROWS = [
    # IDLE
    row(
        "idle-protocol",
        "P-01",
        f"C1 {{VerProto=DM/9.9 {BASIC}}} | {HELLO}",
        "S1 | #1 1/0 SyncHdr=513 (D DM/1.2); #2 1/1 Alert=513; #3 1/2 Replace=513; Final",
        state=SessionState.REFUSED,
    ),
    row(
        "idle-dtd",
        "P-01",
        f"C1 {{VerDTD=9.9 {BASIC}}} | {HELLO}",
        "S1 | #1 1/0 SyncHdr=505 (D 1.2); #2 1/1 Alert=505; #3 1/2 Replace=505; Final",
        state=SessionState.REFUSED,
    ),
    row(
        "idle-dtd-500",
        "P-01",
        f"C1 {{VerDTD=9.9 {BASIC}}} | {HELLO}",
        "S1 | #1 1/0 SyncHdr=505 (D 1.2); #2 1/1 Alert=500; #3 1/2 Replace=500; Final",
        facts=("rule server auth=basic version_command_status=500",),
        state=SessionState.REFUSED,
    ),
    row(
        "idle-no-start",
        "P-03",
        f"C1 {{{BASIC}}} | #1 Replace $DevInfo; Final",
        "S1 | #1 1/0 SyncHdr=412; #2 1/1 Replace=412; Final",
        facts=JOB,
        state=SessionState.REFUSED,
    ),
    row(
        "idle-no-devinfo",
        "P-03",
        f"C1 {{{BASIC}}} | #1 Alert 1201; Final",
        "S1 | #1 1/0 SyncHdr=400; #2 1/1 Alert=400; Final",
        facts=JOB,
        state=SessionState.REFUSED,
    ),
    row(
        "idle-any-first-message",
        "P-03",
        f"C1 {{{BASIC}}} | #1 Replace $DevInfo; Final",
        f"S1 | #1 1/0 SyncHdr=212; #2 1/1 Replace=200; #3 {GET}; Final",
        facts=(*JOB, "rule server auth=basic first_message=any"),
        state=SessionState.WAIT,
    ),
    row(
        "idle-other-order",
        "P-03",
        f"C1 {{{BASIC}}} | #1 Replace $DevInfo; #2 Alert 1201; Final",
        f"S1 | #1 1/0 SyncHdr=212; #2 1/1 Replace=200; #3 1/2 Alert=200; #4 {GET}; Final",
        facts=JOB,
        state=SessionState.WAIT,
    ),
    row(
        "idle-no-credentials",
        "P-15 X-01 X-02",
        f"C1 | {HELLO}",
        f"S1 | {ABSENT}",
        facts=CHALLENGES,
        state=SessionState.AUTH,
    ),
    row(
        "idle-bad-credentials",
        "P-15 X-01 X-05",
        f"C1 {{{md5('90..9F')}}} | {HELLO}",
        f"S1 | {REFUSED}",
        facts=CHALLENGES,
        state=SessionState.AUTH,
    ),
    row("idle-too-weak", "P-15 X-02", C1, f"S1 | {REFUSED}", facts=CHALLENGES, state=SessionState.AUTH),
    row(
        "idle-basic-challenge",
        "X-01",
        f"C1 | {HELLO}",
        "S1 | #1 1/0 SyncHdr=407 Chal(basic); #2 1/1 Alert=407; #3 1/2 Replace=407; Final",
        state=SessionState.AUTH,
    ),
    row("idle-basic", "P-05 X-01", C1, f"S1 | {GOOD}; #4 {GET}; Final", facts=JOB, state=SessionState.WAIT),
    row("idle-basic-nothing-to-do", "P-11", C1, f"S1 | {GOOD}; Final", state=SessionState.DONE),
    row(
        "idle-md5",
        "X-02 P-15",
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=212 {chal('20..2F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        facts=(*MD5, *JOB, "stored 20..2F -"),
        state=SessionState.WAIT,
    ),
    row(
        "idle-md5-per-message",
        "X-02 P-15",
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=200 {chal('20..2F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        facts=(*PER_MESSAGE, *JOB),
        state=SessionState.WAIT,
    ),
    row(
        "idle-open",
        "P-08 P-09 P-13",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; {BIT}; (no Final)",
        f"S1 | {GOOD}; #4 1/3 Alert=213; #5 Alert 1222; (no Final)",
        facts=JOB,
        state=SessionState.P1,
    ),
    row(
        "idle-open-without-object",
        "P-08 P-09",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; (no Final)",
        f"S1 | {GOOD}; #4 Alert 1222; (no Final)",
        facts=JOB,
        state=SessionState.P1,
    ),
    row(
        "idle-tls-only",
        "X-01",
        f"C1 | {HELLO}",
        f"S1 | {GOOD.replace('212', '200')}; Final",
        facts=("rule server auth=none",),
        state=SessionState.DONE,
    ),
    row(
        "idle-resp-uri",
        "P-01",
        C1,
        f"S1 {{RespURI=https://dm.example.com/x}} | {GOOD}; Final",
        facts=("rule server auth=basic resp_uri=https://dm.example.com/x",),
        state=SessionState.DONE,
    ),
    row(
        "idle-client-command",
        "P-10",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Get (T ./A); Final",
        f"S1 | {GOOD}; #4 1/3 Get=405; Final",
        state=SessionState.DONE,
    ),
    row(
        "idle-client-question",
        "P-17",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1101 () (D x); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=406; Final",
        state=SessionState.DONE,
    ),
    # P1
    row(
        "p1-still-open",
        "P-08 P-09",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; (no Final)",
        f"S1 | {GOOD}; #4 Alert 1222; (no Final)",
        'C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=200; #3 Alert 1226 (Format=chr Type="Content-Type: a/b", D x);'
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Alert 1222; (no Final)",
        facts=JOB,
        state=SessionState.P1,
    ),
    row(
        "p1-closed",
        "P-08",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; (no Final)",
        f"S1 | {GOOD}; #4 Alert 1222; (no Final)",
        'C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=200; #3 Alert 1226 (Format=chr Type="Content-Type: a/b", D x); Final',
        f"S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 {GET}; Final",
        facts=JOB,
        state=SessionState.WAIT,
    ),
    row(
        "p1-closed-nothing-to-do",
        "P-08",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; (no Final)",
        f"S1 | {GOOD}; #4 Alert 1222; (no Final)",
        'C2 | #1 1/0 SyncHdr=200; #2 1/4 Alert=200; #3 Alert 1226 (Format=chr Type="Content-Type: a/b", D x); Final',
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; Final",
        state=SessionState.DONE,
    ),
    # AUTH
    row(
        "auth-good",
        "X-02 X-05",
        f"C1 | {HELLO}",
        f"S1 | {ABSENT}",
        f"C2 {{{md5('20..2F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=212 {chal('30..3F')}; #2 2/2 Alert=200; #3 2/3 Replace=200; #4 {GET}; Final",
        facts=(*CHALLENGES, *JOB),
        state=SessionState.WAIT,
    ),
    row(
        "auth-bad-after-407",
        "X-05 P-15",
        f"C1 | {HELLO}",
        f"S1 | {ABSENT}",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=CHALLENGES,
        state=SessionState.AUTH,
    ),
    row(
        "auth-bad-again",
        "X-05 P-15",
        f"C1 {{{md5('90..9F')}}} | {HELLO}",
        f"S1 | {REFUSED}",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=CHALLENGES,
        state=SessionState.REFUSED,
    ),
    row(
        "auth-other-type",
        "X-02",
        f"C1 | {HELLO}",
        f"S1 | {ABSENT}",
        f"C2 {{{BASIC}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        facts=CHALLENGES,
        state=SessionState.REFUSED,
    ),
    # WAIT
    row(
        "wait-no-final",
        "P-08 P-09",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Alert 1222; (no Final)",
        facts=JOB,
        state=SessionState.WAIT,
    ),
    row(
        "wait-piece-of-results",
        "P-08 P-09 P-13",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, Size=20, D 0123456789, MoreData);"
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=213; #3 Alert 1222; (no Final)",
        facts=JOB,
        state=SessionState.WAIT,
    ),
    row(
        "rlob-last-piece",
        "P-06 P-13",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, Size=20, D 0123456789, MoreData);"
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=213; #3 Alert 1222; (no Final)",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Results 1/4 (S ./DevInfo/Man, D abcdefghij); Final",
        "S3 | #1 3/0 SyncHdr=200; Final",
        facts=JOB,
        state=SessionState.DONE,
    ),
    row(
        "rlob-wrong-size",
        "P-06 P-13",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, Size=20, D 0123456789, MoreData);"
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=213; #3 Alert 1222; (no Final)",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Results 1/4 (S ./DevInfo/Man, D abc); Final",
        "S3 | #1 3/0 SyncHdr=200; #2 3/3 Results=424; Final",
        facts=JOB,
        state=SessionState.DONE,
        unsound="I10",
    ),
    row(
        "rlob-interrupted",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {GET}; #5 Get (T ./DevInfo/Mod); Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 1/5 Get=200; #4 Results 1/4 (S ./DevInfo/Man, Size=20,"
        " D 0123456789, MoreData); (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/4 Results=213; #3 Alert 1222; (no Final)",
        "C3 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Results 1/5 (S ./DevInfo/Mod, D T1); Final",
        "S3 | #1 3/0 SyncHdr=200; #2 Alert 1225 (S ./DevInfo/Man); Final",
        facts=(f"job {GET}; Get (T ./DevInfo/Mod)",),
        state=SessionState.DONE,
        unsound="I10",
    ),
    row(
        "wait-results-too-large",
        "P-14",
        C1,
        f"S1 {{MaxObjSize=19}} | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, Size=20, D 0123456789, MoreData);"
        " (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Results=413; #3 Alert 1222; (no Final)",
        facts=(*JOB, "rule server auth=basic max_object=19"),
        state=SessionState.WAIT,
        unsound="I13",
    ),
    row(
        "wait-more-work",
        "P-05 P-09",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        ANSWER,
        "S2 | #1 2/0 SyncHdr=200; #2 Delete (T ./A); Final",
        facts=(*JOB, "job Delete (T ./A)"),
        state=SessionState.WAIT,
    ),
    row(
        "wait-large-object-next",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        ANSWER,
        f"S2 | #1 2/0 SyncHdr=200; #2 {FIRST}; (no Final)",
        facts=(*JOB, *LARGE),
        state=SessionState.LOB,
    ),
    row(
        "wait-nothing-left",
        "P-06 P-11",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        ANSWER,
        CLOSE,
        facts=JOB,
        state=SessionState.DONE,
    ),
    row(
        "wait-status-missing",
        "P-05",
        C1,
        f"S1 | {GOOD}; #4 {GET}; #5 Delete (T ./A); Final",
        ANSWER,
        CLOSE,
        facts=(f"job {GET}; Delete (T ./A)",),
        state=SessionState.DONE,
        unsound="I4",
    ),
    row(
        "wait-challenged",
        "X-01",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=407 {chal('40..4F')}; #2 1/4 Get=407; Final",
        f"S2 {{{server_md5('40..4F')}}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        facts=(*JOB, "account server - com.mgmtsrv.manage srvpw"),
        state=SessionState.WAIT,
    ),
    row(
        "wait-challenged-again",
        "X-01 X-05",
        C1,
        f"S1 {{{server_md5('70..7F')}}} | {GOOD}; #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=401 {chal('40..4F')}; #2 1/4 Get=401; Final",
        f"S2 {{{server_md5('40..4F')}}} | #1 2/0 SyncHdr=200; #2 {GET}; Final",
        f"C3 | #1 2/0 SyncHdr=401 {chal('50..5F')}; #2 2/2 Get=401; Final",
        "S3 | #1 3/0 SyncHdr=200; Final",
        facts=(*JOB, *OWN),
        state=SessionState.REFUSED,
    ),
    row(
        "wait-challenged-with-unknown-type",
        "X-02",
        C1,
        f"S1 {{{server_md5('70..7F')}}} | {GOOD}; #4 {GET}; Final",
        "C2 | #1 1/0 SyncHdr=401 Chal(Format=b64 Type=syncml:auth-securid); #2 1/4 Get=401; Final",
        "S2 | #1 2/0 SyncHdr=200; Final",
        facts=(*JOB, *OWN),
        state=SessionState.REFUSED,
    ),
    row(
        "wait-proof-bad",
        "X-05 P-15",
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=200 {chal('20..2F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/3 Results=401; Final",
        f"C3 {{{md5('30..3F')}}} | #1 2/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S3 | #1 3/0 SyncHdr=200 {chal('50..5F')}; Final",
        facts=(*PER_MESSAGE, *JOB),
        state=SessionState.DONE,
    ),
    row(
        "wait-proof-bad-again",
        "X-05 P-15",
        f"C1 {{{md5('00..0F')}}} | {HELLO}",
        f"S1 | #1 1/0 SyncHdr=200 {chal('20..2F')}; #2 1/1 Alert=200; #3 1/2 Replace=200; #4 {GET}; Final",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/3 Results=401; Final",
        f"C3 {{{md5('90..9F')}}} | #1 2/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        f"S3 | #1 3/0 SyncHdr=401 {chal('50..5F')}; #2 3/3 Results=401; Final",
        facts=(*PER_MESSAGE, *JOB),
        state=SessionState.REFUSED,
    ),
    row(
        "wait-mac-missing",
        "X-04",
        "C1 {LocName=client HMAC(client, 4lu7xaq6WO3F931szsGNAA==)} | " + HELLO,
        "S1 | #1 1/0 SyncHdr=200 Chal(MAC, ICEiIyQlJicoKSorLC0uLw==); #2 1/1 Alert=200; #3 1/2 Replace=200;"
        f" #4 {GET}; Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; Final",
        "S2 | #1 2/0 SyncHdr=401 Chal(MAC, MDEyMzQ1Njc4OTo7PD0+Pw==); #2 2/3 Results=401; Final",
        facts=(*JOB, "session C", "account client mac client clientpw 00..0F", "rule server auth=mac", MD5[2]),
        state=SessionState.REFUSED,
    ),
    # LOB
    row(
        "lob-next-piece",
        "P-07 P-13",
        C1,
        f"S1 | {GOOD}; #4 {FIRST}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 Replace (T ./Vendor/Acme/Note, D abcdefghij); Final",
        facts=LARGE,
        state=SessionState.WAIT,
    ),
    row(
        "lob-refused",
        "P-13 P-14",
        C1,
        f"S1 | {GOOD}; #4 {FIRST}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=420; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; Final",
        facts=LARGE,
        state=SessionState.DONE,
    ),
    row(
        "lob-taken-for-the-whole",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {FIRST}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=200; #3 Alert 1222; (no Final)",
        "S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; Final",
        facts=LARGE,
        state=SessionState.DONE,
    ),
    row(
        "lob-1225",
        "P-13",
        C1,
        f"S1 | {GOOD}; #4 {FIRST}; (no Final)",
        "C2 | #1 1/0 SyncHdr=200; #2 1/4 Replace=213; #3 Alert 1225 (T ./Vendor/Acme/Note); #4 Alert 1222; (no Final)",
        f"S2 | #1 2/0 SyncHdr=200; #2 2/3 Alert=200; #3 2/4 Alert=200; #4 {FIRST}; (no Final)",
        facts=LARGE,
        state=SessionState.LOB,
    ),
    # DONE and after
    row(
        "done-generic-alert",
        "P-18",
        C1,
        f"S1 | {GOOD}; Final",
        'C2 | #1 1/0 SyncHdr=200; #2 Alert 1226 (Format=chr Type="Content-Type: a/b", D x); Final',
        "S2 | #1 2/0 SyncHdr=200; #2 2/2 Alert=200; Final",
        state=SessionState.DONE,
    ),
    row(
        "done-after-refusal",
        "P-15",
        f"C1 {{{md5('90..9F')}}} | {HELLO}",
        f"S1 | {REFUSED}",
        f"C2 {{{md5('90..9F')}}} | #1 1/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S2 | #1 2/0 SyncHdr=401 {chal('30..3F')}; #2 2/2 Alert=401; #3 2/3 Replace=401; Final",
        f"C3 {{{md5('90..9F')}}} | #1 2/0 SyncHdr=200; #2 Alert 1201; #3 Replace $DevInfo; Final",
        f"S3 | #1 3/0 SyncHdr=401 {chal('50..5F')}; #2 3/2 Alert=401; #3 3/3 Replace=401; Final",
        facts=CHALLENGES,
        state=SessionState.REFUSED,
    ),
    # any
    row(
        "any-client-abort",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; #5 Delete (T ./A); Final",
        f"C2 | #1 1/0 SyncHdr=200; #2 1/4 Get=200; #3 Results 1/4 {GOT}; #4 Alert 1223; Final",
        "S2 | #1 2/0 SyncHdr=200; #2 2/4 Alert=200; Final",
        facts=(f"job {GET}; Delete (T ./A)",),
        state=SessionState.ABORTED,
    ),
    row(
        "any-server-abort",
        "P-12",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        ANSWER,
        "S2 | #1 2/0 SyncHdr=200; #2 Alert 1223; Final",
        facts=(*JOB, "abort server 2"),
        state=SessionState.ABORTED,
    ),
    row(
        "any-msg-id-gap",
        "P-05",
        C1,
        f"S1 | {GOOD}; #4 {GET}; Final",
        ANSWER.replace("C2", "C3"),
        "S2 | #1 3/0 SyncHdr=400; #2 3/3 Results=400; Final",
        facts=JOB,
        state=SessionState.REFUSED,
        unsound="I1",
    ),
    # alerts
    row(
        "alert-1226-unknown",
        "P-18",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226 (Format=chr Type=x/y, D x); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=415; Final",
        facts=("rule server auth=basic known_alerts=a",),
        state=SessionState.DONE,
    ),
    row(
        "alert-1226-without-type",
        "P-18",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226 (D x); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=412; Final",
        state=SessionState.DONE,
    ),
    row(
        "alert-1226-without-item",
        "P-18",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226; Final",
        f"S1 | {GOOD}; #4 1/3 Alert=412; Final",
        state=SessionState.DONE,
    ),
    row(
        "alert-1226-mixed",
        "P-18",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1226 (S ./A, Format=chr Type=a, D x)"
        " (S ./B, Format=chr Type=b, D y); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=200 from ./A; #5 1/3 Alert=415 from ./B; Final",
        facts=("rule server auth=basic known_alerts=a",),
        state=SessionState.DONE,
    ),
    row(
        "alert-1224-unknown",
        "P-19",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1224 (Format=chr Type=x/y, D x); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=406; Final",
        facts=("rule server auth=basic known_events=a",),
        state=SessionState.DONE,
    ),
    row(
        "alert-1224",
        "P-19",
        f"C1 {{{BASIC}}} | #1 Alert 1201; #2 Replace $DevInfo; #3 Alert 1224 (Format=chr Type=x/y, D x); Final",
        f"S1 | {GOOD}; #4 1/3 Alert=200; Final",
        state=SessionState.DONE,
    ),
]


@pytest.mark.spec(
    "P-01",
    "P-03",
    "P-05",
    "P-06",
    "P-07",
    "P-08",
    "P-09",
    "P-10",
    "P-11",
    "P-12",
    "P-13",
    "P-14",
    "P-15",
    "P-17",
    "P-18",
    "P-19",
    "X-01",
    "X-02",
    "X-04",
    "X-05",
)
@pytest.mark.parametrize("row", ROWS)
def test_row(row: Row) -> None:
    _, server = play_client_script(row)
    if row.golden.stored[0] is not None:
        assert server.accounts[CLIENT_ADDRESS].client.nonce == row.golden.stored[0]


def named(name: str) -> Row:
    return next(param.values[0] for param in ROWS if param.values[0].id == name)


@pytest.mark.spec("P-05", "R-166")
def test_a_missing_status_is_an_outcome_of_its_own() -> None:
    _, server = play_client_script(named("wait-status-missing"))
    [[got, gone]] = server.results[-1].result
    assert got.ok and got.text == "Acme" and gone.status is None and not gone.answered


@pytest.mark.spec("P-12")
def test_an_abort_leaves_open_commands_unanswered() -> None:
    talk, _ = play_client_script(named("any-client-abort"))
    learned = [e.outcome.status for e in talk.happened(Learned) if isinstance(e, Learned)]
    assert learned == [StatusCode.OK, None]
    assert talk.happened(JobFailed)


@pytest.mark.spec("P-13")
def test_a_broken_object_is_dropped() -> None:
    for name in ("rlob-wrong-size", "rlob-interrupted"):
        talk, server = play_client_script(named(name))
        assert talk.happened(Discarded), name
        assert "0123456789" not in str(server.results[-1].result)


def test_a_repeated_message_is_answered_from_memory() -> None:
    """The same MsgID with the same octets: the same answer, and no second step."""
    g = golden("W01")
    server, client = server_of(g), Script(g, "client", XML)
    packet = client.speak()
    assert packet is not None
    first = server.receive(packet)
    for _ in range(4):
        again = server.receive(packet)
        assert again.reply == first.reply and again.events == (Repeated("1"),)


def test_other_octets_under_a_known_msg_id_are_refused() -> None:
    g = golden("W01")
    server, client = server_of(g), Script(g, "client", XML)
    server.receive(client.speak())  # type: ignore[arg-type]
    second = client.speak()
    assert second is not None
    server.receive(second)
    forged = Packet(second.to, second.body.replace(b"1.0.3", b"6.6.6"), second.media_type)
    reply = server.receive(forged).reply
    assert reply is not None
    said = spoken("server", reply).message
    assert said.commands[0].code == StatusCode.BAD_REQUEST  # type: ignore[union-attr]
    assert "6.6.6" not in str(server.results)


@pytest.mark.spec("P-04")
def test_another_session_id_begins_a_new_session() -> None:
    two = pair()
    two.run([])
    first = two.server.sessions[CLIENT_ADDRESS]
    two.run(session="2")
    assert two.server.sessions[CLIENT_ADDRESS] is not first
    assert two.server.sessions[CLIENT_ADDRESS].session_id == "2" and first.session_id == "1"


def test_octets_that_are_no_message_are_not_answered() -> None:
    """The transport answers them; no session is disturbed."""
    two = pair()
    step = two.server.receive(Packet("x", b"<SyncML", XML.media_type))
    assert step.reply is None and isinstance(step.events[0], Unreadable)
    assert not two.server.sessions


@pytest.mark.spec("P-03")
def test_the_server_knows_the_device_afterwards() -> None:
    talk, server = server_against_script(golden("W02"), XML)
    assert server.sessions[CLIENT_ADDRESS].info == DEV_INFO and len(talk.packets) == 2


@pytest.mark.spec("P-13", "P-14")
def test_an_object_above_the_limit_is_not_sent() -> None:
    """The server asks nobody to take an object above MaxObjSize: its job learns 413."""
    rules = Rules(auth="basic", server_auth="none", max_message=None, max_object=10)
    two = pair(
        rules=rules,
        server_rules=Rules(auth="basic", server_auth="none", max_message=None),
        tree={"./Vendor/Acme/Note": "old"},
    )
    talk = two.run([Replace.of("./Vendor/Acme/Note", "x" * 11)])
    assert two.outcomes[0][0].status == StatusCode.TOO_LARGE
    assert "xxxxxxxxxxx" not in str(talk.spoken)
