"""The oracle accepts every golden, and finds what was broken on purpose.

Mutations are edits of the goldens' own text: (invariant, golden, what stood there, what stands there now, what else
breaks with it).
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dmkit.session.oracle.check import Violation, assert_sound, check, messages_of
from dmkit.session.oracle.invariants import INVARIANTS
from dmkit.session.oracle.reading import SentMessage
from dmkit.words.codes import StatusCode
from dmkit.words.model import Alert, Message, Status
from tests.golden.notation import SESSIONS, Golden, golden, goldens, parse

HELLO = "C1 {Cred=basic:Y2xpZW50OmNsaWVudHB3}"


def said(g: Golden) -> list[SentMessage]:
    octets = g.octets or {}
    return [
        SentMessage(s.sender, s.message, octets.get(s.sender[0].upper() + s.message.header.msg_id))
        for s in g.conversation
    ]


def edited(name: str, old: str, new: str) -> list[SentMessage]:
    text = (SESSIONS / f"{name}.txt").read_text(encoding="utf-8")
    head, _, talk = text.partition("\n\n")
    assert old in talk, f"{name} has no {old!r}"
    return said(parse(name, f"{head}\n\n{talk.replace(old, new, 1)}"))


@pytest.mark.parametrize("g", goldens(), ids=lambda g: g.name)
def test_goldens_break_exactly_what_they_mean_to(g: Golden) -> None:
    found = check(said(g))
    assert {v.id for v in found} == set(g.violations), found
    assert all(v.by == g.faulty for v in found)


@pytest.mark.parametrize("g", [g for g in goldens() if g.faulty == "server"], ids=lambda g: g.name)
def test_the_other_side_is_blameless(g: Golden) -> None:
    assert not check(said(g), by="client")


BROKEN = [
    ("I1", "W01", "C2 |", "C3 |", "I3"),
    ("I1", "W01", "S2 |", "S4 |", ""),
    ("I1", "W01", "C2 |", "C2 {SessionID=1E} |", ""),
    ("I1", "W06", "S2 |", "S2 {SessionID=C} |", ""),
    ("I2", "W01", "#3 1/2 Replace=200", "#2 1/2 Replace=200", ""),
    ("I2", "W01", "#4 Results", "#0 Results", ""),
    ("I2", "W01", "#2 1/4 Get=200", "1/4 Get=200", ""),
    (
        "I2",
        "W22",
        "#3 Replace (T ./Vendor/Acme/Poll, Format=int, D 70)",
        "#2 Replace (T ./Vendor/Acme/Poll, Format=int, D 70)",
        "I4",
    ),
    ("I3", "W01", "#1 1/0 SyncHdr=212; #2 1/4 Get", "#2 1/4 Get", ""),
    ("I3", "W01", "#1 2/0 SyncHdr=200; Final", "#1 1/0 SyncHdr=200; Final", ""),
    ("I3", "W02", "#1 1/0 SyncHdr=212; #2 1/1 Alert=200", "#1 1/1 Alert=200; #2 1/0 SyncHdr=212", ""),
    ("I3", "W01", "#1 2/0 SyncHdr=200; Final", "Final", ""),
    ("I4", "W01", "#3 1/5 Replace=200; ", "", ""),
    ("I4", "W01", "#2 1/1 Alert=200; ", "", ""),
    ("I4", "W01", "1/4 Get=200", "1/4 Exec=200", ""),
    ("I4", "W01", "#1 2/0 SyncHdr=200; Final", "#1 2/0 SyncHdr=200; #2 2/4 Results=200; Final", ""),
    ("I4", "W01", "#1 2/0 SyncHdr=200; Final", "#1 2/0 SyncHdr=200; #2 2/2 Status=200; Final", ""),
    ("I4", "W01", "#3 1/5 Replace=200", "#3 1/5 Replace=200; #9 1/7 Delete=404", ""),
    ("I4", "W01", "#3 1/5 Replace=200", "#3 1/5 Replace=200; #9 1/5 Replace=200", ""),
    ("I4", "W22", "#4 1/6 Add=200", "#4 1/5 Add=200", ""),
    ("I4", "W22", "#2 1/4 Atomic=200; ", "", ""),
    ("I4", "W08", "#2 1/4 Get=401; ", "", ""),
    ("I5", "W01", "#2 1/4 Get=200; #3 1/5 Replace=200", "#2 1/5 Replace=200; #3 1/4 Get=200", ""),
    ("I5", "W22", "#3 1/5 Add=200; #4 1/6 Add=200", "#3 1/6 Add=200; #4 1/5 Add=200", ""),
    ("I5", "W02", "#2 1/1 Alert=200; #3 1/2 Replace=200", "#2 1/2 Replace=200; #3 1/1 Alert=200", ""),
    (
        "I5",
        "W18",
        "#2 2/2 Sequence=200; #3 2/3 Alert=304; #4 2/4 Replace=215; #5 2/5 Delete=215; #6 2/6 Get=200",
        "#6 2/6 Get=200; #2 2/2 Sequence=200; #3 2/3 Alert=304; #4 2/4 Replace=215; #5 2/5 Delete=215",
        "",
    ),
    ("I6", "W01", "#4 Results 1/4 (S", "#4 Results 1/5 (S", ""),
    ("I6", "W01", "#4 Results 1/4 (S", "#4 Results -/- (S", ""),
    (
        "I6",
        "W01",
        "#2 1/4 Get=200; #3 1/5 Replace=200; #4 Results 1/4 (S ./DevDetail/FwV, D 1.0.3)",
        "#4 Results 1/4 (S ./DevDetail/FwV, D 1.0.3); #2 1/4 Get=200; #3 1/5 Replace=200",
        "",
    ),
    ("I6", "W01", "#1 2/0 SyncHdr=200; Final", "#1 2/0 SyncHdr=200; #2 Results 2/4 (S ./A, D 1); Final", ""),
    ("I7", "W10", "#2 Alert 1222; (no Final)\nC3", "#2 Alert 1222; #3 Get (T ./A); (no Final)\nC3", "I4 I8"),
    ("I7", "W24", "#5 Alert 1222; (no Final)", "#5 Alert 1222; #6 Get (T ./A); (no Final)", "I4 I8"),
    ("I7", "W11", "#2 2/3 Alert=200; #3 Replace", "#2 2/3 Alert=200; #4 Get (T ./A); #3 Replace", "I4 I10"),
    ("I7", "W12", "#3 Alert 1222; (no Final)\nC3", "#3 Alert 1101 () (D x); (no Final)\nC3", "I8 I9"),
    ("I8", "W11", "#3 Alert 1222; (no Final)\nS2", "#3 Alert 1222; Final\nS2", ""),
    ("I8", "W27", "#3 Alert 1222; (no Final)", "#3 Alert 1222; Final", "I13"),
    ("I8", "W11", "MoreData); (no Final)\nC2", "MoreData); Final\nC2", ""),
    ("I8", "W12", "MoreData); (no Final)\nS2", "MoreData); Final\nS2", "I9"),
    ("I9", "W01", "Format=int, D 60); Final", "Format=int, D 60); (no Final)", "I8"),
    ("I9", "W01", "#1 2/0 SyncHdr=200; Final", "#1 2/0 SyncHdr=200; (no Final)", ""),
    ("I9", "W27", "#2 2/3 Alert=200; Final", "#2 2/3 Alert=200; (no Final)", "I13"),
    ("I9", "W10", "#2 Alert 1222; (no Final)\nC3", "(no Final)\nC3", "I4"),
    ("I10", "W11", " Size=2392", "", ""),
    ("I10", "W11", "application/octet-stream, D", "application/octet-stream Size=2392, D", ""),
    ("I10", "W11", "Size=2392", "Size=2391", ""),
    ("I10", "W12", "D $Object[2000:2500]", "D $Object[2000:2499]", ""),
    (
        "I10",
        "W11",
        "#3 Replace (T ./Vendor/Acme/Blob, Format=b64 Type=application/octet-stream, D $Object[2000:2392]); ",
        "",
        "I4",
    ),
    (
        "I10",
        "W24",
        'S ./Vendor/Acme/Diag, Format=chr Type="Reversed-Domain-Name: com.example.diag", D',
        'S ./Vendor/Acme/Else, Format=chr Type="Reversed-Domain-Name: com.example.diag", D',
        "",
    ),
    ("I11", "W03", " Chal(md5, AAECAwQFBgcICQoLDA0ODw==)", "", ""),
    ("I11", "W04", " Chal(md5, EBESExQVFhcYGRobHB0eHw==)", "", ""),
    ("I11", "W05", "#3 2/3 Replace=401; Final", "#3 2/3 Replace=401; #4 Get (T ./A); Final", "I4"),
    ("I11", "W08", "#2 1/4 Get=401; Final", "#2 1/4 Get=200; #3 Results 1/4 (S ./DevInfo/Man, D Acme); Final", ""),
    ("I12", "W02", "#3 1/2 Replace=200; Final\n", "#3 1/2 Replace=200; Final\nC2 | #1 1/0 SyncHdr=200; Final\n", ""),
    ("I12", "W01", "S2 | #1 2/0 SyncHdr=200; Final\n", "", ""),
    ("I12", "W16", "#2 Alert 1223; Final\n", "#2 Alert 1223; Final\nC3 | #1 2/0 SyncHdr=212; Final\n", ""),
    ("I13", "W10", "MaxMsgSize=1700", "MaxMsgSize=1407", ""),
    ("I13", "W17", "MaxMsgSize=1500", "MaxMsgSize=1000", ""),
    ("I13", "W11", "MaxObjSize=100000", "MaxObjSize=2391", ""),
    ("I13", "W12", "MaxObjSize=100000", "MaxObjSize=2499", ""),
    ("I14", "W15", "#4 Alert 1223; Final", "#4 Alert 1223; (no Final)", ""),
    ("I14", "W17", "#2 Alert 1223; Final", "#2 Alert 1223; (no Final)", ""),
    ("I14", "W16", "#2 Alert 1223; Final", "#2 Alert 1223; #3 Get (T ./A); Final", ""),
    ("I14", "W15", "#4 Alert 1223; Final", "#4 Alert 1223; #5 Alert 1226 (Format=chr Type=x/y, D x); Final", "I4"),
]


@pytest.mark.parametrize(
    ("id_", "name", "old", "new", "also"), BROKEN, ids=[f"{b[0]}-{b[1]}-{i}" for i, b in enumerate(BROKEN)]
)
def test_a_broken_invariant_is_named(id_: str, name: str, old: str, new: str, also: str) -> None:
    found = check(edited(name, old, new))
    assert {v.id for v in found} == {id_, *also.split()}, found


def test_each_invariant_is_broken_in_three_ways() -> None:
    assert all(sum(b[0] == id_ for b in BROKEN) >= 3 for id_ in INVARIANTS)
    assert list(INVARIANTS) == [f"I{n}" for n in range(1, 15)]
    assert all(row.source and row.sentence for row in INVARIANTS.values())


ACCEPTED = [
    ("W01", "#1 1/0 SyncHdr=212; #2 1/4", "#1 1/0 SyncHdr=200; #2 1/4"),
    ("W01", "#1 2/0 SyncHdr=200", "#1 2/- SyncHdr=212 ref -"),
    ("W01", "1/1 Alert=200", "1/1 Alert=200 ref ./x from ./y"),
    ("W01", "#3 1/2 Replace=200", "#3 1/2 Replace=200; #9 1/2 Replace=200; #10 1/2 Replace=200"),
    ("W22", "#2 1/4 Atomic=200; #3 1/5 Add=200; #4 1/6 Add=200", "#3 1/5 Add=200; #4 1/6 Add=200; #2 1/4 Atomic=200"),
    ("W18", "#2 3/2 Atomic=507; #3 3/3 Replace=216; #4", "#3 3/3 Replace=216; #2 3/2 Atomic=507; #4"),
    (
        "W01",
        "#3 1/5 Replace=200; #4 Results 1/4 (S ./DevDetail/FwV, D 1.0.3)",
        "#4 Results 1/4 (S ./DevDetail/FwV, D 1.0.3); #3 1/5 Replace=200",
    ),
    (
        "W10",
        'D "a"*500); (no Final)\nS2 | #1 2/0 SyncHdr=200; #2 Alert 1222',
        'D "a"*500); #7 Alert 1222; (no Final)\nS2 | #1 2/0 SyncHdr=200; #9 2/7 Alert=200; #2 Alert 1222',
    ),
    (
        "W23",
        "(S ./DevInfo/Man, D Acme) (S ./DevInfo/Mod, D T1)",
        "(S ./DevInfo/Man, D Acme); #9 Results 1/7 (S ./DevInfo/Mod, D T1)",
    ),
    ("W23", "#7 1/7 Get=200", "#7 1/7 Get=200 ref ./DevInfo/Man; #10 1/7 Get=200 ref ./DevInfo/Mod"),
    ("W01", "(S ./DevDetail/FwV, D 1.0.3)", "(S ./DevDetail/FwV, Format=chr Type=text/plain Size=5, D 1.0.3)"),
    ("W17", "#2 Alert 1223; Final\n", "#7 Alert 1223; Final\n"),
    ("W20", "#5 1/4 Alert=415", "#5 1/4 Alert=406"),
    ("W20", "#4 1/3 Alert=200; #5 1/4 Alert=415", "#9 1/3 Alert=200; #8 1/4 Alert=415"),
]


@pytest.mark.parametrize(("name", "old", "new"), ACCEPTED)
def test_what_is_left_free_is_accepted(name: str, old: str, new: str) -> None:
    assert check(edited(name, old, new)) == []


def test_every_row_changes_what_stands_there() -> None:
    """A row that puts a text in place of itself would show nothing."""
    assert all(old != new for _, _, old, new, _ in BROKEN) and all(old != new for _, old, new in ACCEPTED)


def test_only_one_side_is_judged_when_wished() -> None:
    broken = edited("W01", "#3 1/5 Replace=200; ", "")
    assert check(broken, by="client") and not check(broken, by="server")
    assert not check(broken, ignore={"I4"})


def test_a_conversation_may_be_cut_off() -> None:
    for g in goldens():
        for n in range(len(g.conversation)):
            found = check(said(g)[:n], complete=False)
            assert {v.id for v in found} <= set(g.violations), (g.name, n, found)


def test_no_resp_asks_for_no_status() -> None:
    silent = "#5 Replace NoResp (T ./Vendor/Acme/Poll"
    text = (SESSIONS / "W01.txt").read_text(encoding="utf-8")
    text = text.replace("#5 Replace (T ./Vendor/Acme/Poll", silent).replace("#3 1/5 Replace=200; ", "")
    assert check(said(parse("W01", text))) == []


def test_a_violation_reads_as_a_sentence() -> None:
    [found] = check(edited("W01", "#3 1/5 Replace=200; ", ""))
    assert found == Violation("I4", 3, "client", "Replace 5 of message 2 has no Status")
    assert str(found) == "I4 message 3 (client): Replace 5 of message 2 has no Status"


class _Line:
    def __init__(self, one: SentMessage) -> None:
        self.sender, self.message, self.packet = one.sender, one.message, None


class _Transcript:
    def __init__(self, lines: list[SentMessage]) -> None:
        self.lines = [_Line(line) for line in lines]


def test_a_message_sent_again_counts_once() -> None:
    lines = said(golden("W03"))
    again = _Transcript([lines[0], lines[0], *lines[1:3], *lines[1:]])
    assert messages_of(again) == lines
    assert_sound(again)
    with pytest.raises(AssertionError, match="I12 message 5 \\(server\\)"):
        assert_sound(_Transcript(lines[:-1]))


# --- any mutation at all ---------------------------------------------------------------------------------------------


def _without_status(m: Message, pick: int) -> Message | None:
    statuses = [c for c in m.commands if isinstance(c, Status)]
    if not statuses:
        return None
    gone = statuses[pick % len(statuses)]
    return replace(m, commands=tuple(c for c in m.commands if c is not gone))


def _same_cmd_id(m: Message, pick: int) -> Message | None:
    if len(m.commands) < 2:
        return None
    at = 1 + pick % (len(m.commands) - 1)
    twin = replace(m.commands[at], cmd_id=m.commands[0].cmd_id)
    return replace(m, commands=(*m.commands[:at], twin, *m.commands[at + 1 :]))


def _other_session(m: Message, pick: int) -> Message | None:
    return replace(m, header=replace(m.header, session_id=f"X{pick}"))


def _other_msg_id(m: Message, pick: int) -> Message | None:
    return replace(m, header=replace(m.header, msg_id=str(int(m.header.msg_id) + 1 + pick)))


def _other_name(m: Message, pick: int) -> Message | None:
    at = [n for n, c in enumerate(m.commands) if isinstance(c, Status)]
    if not at:
        return None
    n = at[pick % len(at)]
    status = m.commands[n]
    assert isinstance(status, Status)
    other = replace(status, cmd="Copy" if status.cmd != "Copy" else "Get")
    return replace(m, commands=(*m.commands[:n], other, *m.commands[n + 1 :]))


def _status_from_nowhere(m: Message, pick: int) -> Message | None:
    extra = Status(StatusCode.OK, "1", str(900 + pick), "Get", cmd_id="999")
    return replace(m, commands=(*m.commands, extra))


def _abort_with_company(m: Message, pick: int) -> Message | None:
    if all(isinstance(c, Status) for c in m.commands):
        return None
    return replace(m, commands=(*m.commands, Alert.of(1223)), final=False)


MUTATIONS = [
    _without_status,
    _same_cmd_id,
    _other_session,
    _other_msg_id,
    _other_name,
    _status_from_nowhere,
    _abort_with_company,
]


@given(
    st.sampled_from([g for g in goldens() if not g.violations]),
    st.sampled_from(MUTATIONS),
    st.integers(0, 99),
    st.integers(0, 99),
)
def test_no_mutation_goes_unseen(g: Golden, mutation: object, where: int, pick: int) -> None:
    lines = said(g)
    at = where % len(lines)
    changed = mutation(lines[at].message, pick)  # type: ignore[operator]
    if mutation is _other_session and len(lines) == 1:
        return
    if changed is not None:
        assert check([*lines[:at], SentMessage(lines[at].sender, changed), *lines[at + 1 :]])
