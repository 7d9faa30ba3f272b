"""Schedules as readable data: round trips, words, calendars, differences, faults planted and found, good ones clean."""

# ruff: noqa: E501

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmkit as dm
from dmkit.cli import main
from dmkit.mo.sched.time import printed, seconds_of, zone
from dmkit.schedule.checks import RULES
from dmkit.sim.schedule import OWNER, phone
from dmkit.words.errors import CodecError, ConfigError

schedule = dm.schedule
DAILY = {"base": "20251201T030000Z", "recur": "FREQ=DAILY"}
POLL = "Replace ./Vendor/Acme/Poll 60"

TEXTS = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["a, b; c:d", "with the next session", 'says "so"', "\\n", "ä€"]
)
NAMES = st.text(alphabet="abcXYZ019_-", min_size=1, max_size=6)
RECURS = st.sampled_from([
    "FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;COUNT=4", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=1,-1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;BYHOUR=6,12,18;UNTIL=20260101T000000Z", "FREQ=HOURLY;INTERVAL=3",
    "FREQ=DAILY;BYMINUTE=0,30", "COUNT=3;FREQ=DAILY", "FREQ=WEEKLY;WKST=SU;BYDAY=TU", "FREQ=MONTHLY;BYDAY=1FR,+2SA",
])  # fmt: skip


@st.composite
def plans(draw):
    """Schedules of any kind that a server may send."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        part = {"runs": draw(st.lists(st.sampled_from([POLL, "Exec ./FUMO/Update", "Get ./Bat/Level",
                                                        "Replace ./A x  y", "Replace ./A "]), min_size=1, max_size=3))}  # fmt: skip
        if draw(st.booleans()):
            end = draw(st.sampled_from(["", "Z"]))
            part["base"] = printed(seconds_of("20251201T000000Z") + draw(st.integers(0, 9999)) * 60)[:-1] + end
            part["recur"] = draw(st.none() | RECURS)
            part["ex_date"] = draw(st.none() | st.just("20251202T030000Z,20251203T030000Z"))
            part["jitter"] = draw(st.none() | st.integers(0, 9999))
        if draw(st.booleans()):
            part["traps"] = draw(st.lists(st.sampled_from(["geo", "charger-on", "urn:x:own"]), max_size=2))
        if draw(st.booleans()):
            said = ["./Bat/Level CROSS_DOWN 20 300 5", "./Net/Bearer EQ ROAM", "./A GE 5 60 0 geo"]
            part["thresholds"] = draw(st.lists(st.sampled_from(said), max_size=2))
        part["gate"] = draw(st.none() | st.sampled_from(["./Bat/Level>=30 AND NOT ./Net/Bearer=ROAM", "./B='x y'"]))
        part["text"] = draw(st.none() | TEXTS)
        part["ui"] = draw(st.none() | st.integers(0, 3))
        part["retry"] = draw(st.none() | st.integers(0, 3))
        part["atomic"] = draw(st.none() | st.booleans())
        part["number"] = draw(st.integers(1, 12).map(str) | NAMES)
        parts.append(part)
    whole = {
        "name": draw(st.none() | TEXTS), "missed": draw(st.none() | st.integers(0, 2)), "when": draw(st.none() | st.integers(0, 2)),
        "priority": draw(st.none() | st.integers(-9, 9)), "begins": draw(st.sampled_from([None, "20251201T000000Z"])),
        "gating": draw(st.none() | st.integers(1, 15)), "report_state": draw(st.none() | st.booleans()),
        "report_rules": draw(st.lists(st.sampled_from(["1 200 no", "* * yes"]), max_size=2)),
    }  # fmt: skip
    name = draw(NAMES)
    values = {key: value for key, value in whole.items() if key != "name"}
    made = schedule.make(name, parts=parts, **values)
    if whole["name"]:
        made = schedule.from_toml(schedule.to_toml(schedule.Schedule(name, (*made.leaves, ("Name", whole["name"])))))
    return made


@pytest.mark.slow
@settings(max_examples=500)
@given(plans())
def test_a_schedule_is_the_same_in_every_form(plan):
    assert schedule.from_toml(schedule.to_toml(plan)) == plan
    assert schedule.from_words(schedule.to_words(plan)) == plan
    assert schedule.from_ics(schedule.to_ics(plan)) == plan
    tree = dm.Tree.of({"./Sched": None}).put(f"./Sched/{plan.name}", schedule.to_tree(plan))
    assert schedule.from_tree(tree, f"./Sched/{plan.name}") == plan
    assert all(len(line.encode()) <= 75 for line in schedule.to_ics(plan).split("\r\n"))
    assert schedule.diff(plan, plan) == ()


@pytest.mark.parametrize("read", [schedule.from_toml, schedule.from_words, schedule.from_ics])
@given(st.text(max_size=60) | st.text(alphabet='BEGIN:VCALDRSchedu =[]"\n09.TZ;', max_size=60))
def test_any_text_is_a_schedule_or_a_sentence(read, text):
    try:
        read(text)
    except (ConfigError, CodecError) as error:
        assert str(error)


def test_what_is_installed_reads_back_as_it_was_sent():
    device = phone()
    plan = schedule.make("Poll", [POLL], **DAILY, priority=1, gate="./Bat/Level>=30")
    assert int(device.execute(schedule.commands_of(plan), OWNER, device.scheduler.now).outcomes[0].status) == 200
    device.session_over(device.scheduler.now)
    device.live(device.scheduler.now + 9 * 3600)
    assert schedule.from_tree(device.tree, "./Sched/Poll") == plan


def test_calendar_programs_read_it_and_may_move_it():
    icalendar = pytest.importorskip("icalendar")
    plan = schedule.make(
        "Poll", [POLL], base="20251201T030000", recur="FREQ=WEEKLY;BYDAY=MO", ex_date="20251208T030000"
    )
    text = schedule.to_ics(plan)
    [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["SUMMARY"] == "Replace ./Vendor/Acme/Poll" and event.decoded("DTSTART").hour == 3
    assert schedule.from_ics(text.replace("T030000", "T040000"))["Component/1/Condition/Time/Base"] == "20251201T040000"


def test_zones_of_one_calendar_never_reach_the_next():
    """icalendar keeps the rules of the first file for a TZID met again; a schedule is read without them."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:Home\r\nBEGIN:STANDARD\r\n"
    rest = (
        "DTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Exec ./FUMO/Update\r\n"
        "DTSTART;TZID=Home:20251201T030000\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    found = []
    for offset in ("+0100", "-0500"):
        text = f"{head}TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\n{rest}"
        with pytest.raises(ConfigError, match=r"DTSTART is in the zone Home; .* say zone='Home'"):
            schedule.from_ics(text)
        plan = schedule.from_ics(text, zone="Home")
        posix = zone("AAA" + ("-1" if offset == "+0100" else "5"))
        found.append(schedule.next_dues(plan, 1, local=posix))
    assert found == [("20251201T020000Z",), ("20251201T080000Z",)]


def test_a_foreign_event_needs_a_task_and_a_time():
    event = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20251201T030000Z\r\nSUMMARY:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    plan = schedule.from_ics(event.format("Replace ./Vendor/Acme/Poll 60"))
    assert plan["Component/1/Task/1/Data"] == "60"
    with pytest.raises(ConfigError, match="is no task; one is"):
        schedule.from_ics(event.format("Lunch"))
    with pytest.raises(ConfigError, match="is a day"):
        schedule.from_ics(event.format("Exec ./A").replace("20251201T030000Z", "20251201"))
    with pytest.raises(CodecError, match="ends nothing that began"):
        schedule.from_ics("END:VEVENT\r\n")


def test_differences_in_words():
    old = schedule.make("A", [POLL], **DAILY)
    new = schedule.make(
        "A", ["Replace ./Vendor/Acme/Poll 90"], base="20251201T030000Z", recur="FREQ=WEEKLY", priority=1
    )
    assert schedule.diff(old, new) == (
        "the schedule has priority 1, which is new",
        "Component 1 no longer is first due on 1 December 2025 at 03:00:00 UTC, then every day",
        "Component 1 no longer does Replace ./Vendor/Acme/Poll with 60",
        "Component 1 is first due on 1 December 2025 at 03:00:00 UTC, then every week, which is new",
        "Component 1 does Replace ./Vendor/Acme/Poll with 90, which is new",
    )


def _plan(name="A", runs=(POLL,), **said):
    return schedule.make(name, runs, **said)


NOW = "20251201T000000Z"
PLANTED = [  # rule, schedules
    ("unreadable", [_plan(base="20251201T030000Z", recur="FREQ=SOMETIMES")]),
    ("unreadable", [_plan(base="yesterday")]),
    ("unreadable", [_plan(**DAILY, gate="./Bat/Level>=")]),
    ("never", [_plan(base="20251201T030000Z", recur="FREQ=DAILY;UNTIL=20200101T000000Z")]),
    ("never", [_plan()]),
    ("never", [_plan(runs=(), **DAILY)]),
    ("never", [_plan(base="20251201T030000Z", ex_date="20251201T030000Z")]),
    ("never", [_plan(results=["7"])]),
    ("outside", [_plan(**DAILY, begins="20251201T040000Z", ends="20251202T020000Z")]),
    ("outside", [_plan(**DAILY, begins="20260101T000000Z", ends="20251231T000000Z")]),
    ("outside", [_plan(base="20240101T000000Z")]),
    ("expired", [_plan(**DAILY, ends="20251101T000000Z")]),
    ("often", [_plan(base="20251201T030000Z", recur="FREQ=MINUTELY", when=1)]),
    ("often", [_plan(base="20251201T030000Z", recur="FREQ=HOURLY;BYMINUTE=0,2", when=1)]),
    ("contradiction", [_plan(**DAILY, gate="./Bat/Level>50 AND ./Bat/Level<40")]),
    ("contradiction", [_plan(**DAILY, gate="./Net/Bearer=HOME AND ./Net/Bearer=ROAM")]),
    ("contradiction", [_plan(**DAILY, gate="./Bat/Level>100")]),
    ("contradiction", [_plan(thresholds=["./Bat/Level GT 100"])]),
    ("contradiction", [_plan(thresholds=["./Bat/Level LT 0"])]),
    ("always", [_plan(**DAILY, gate="./Bat/Level>=30 OR ./Bat/Level<50")]),
    ("always", [_plan(thresholds=["./Bat/Level GE 0"])]),
    ("unheard", [_plan(traps=["urn:x:nobody"])]),
    ("opposite", [_plan(**DAILY), _plan("B", ["Replace ./Vendor/Acme/Poll 90"], **DAILY)]),
    ("opposite", [_plan("A", ["Exec ./Radio/On"], base="20251201T000000Z", recur="FREQ=HOURLY;INTERVAL=2"),
                  _plan("B", ["Delete ./Radio/On"], base="20251203T080000Z", recur="FREQ=WEEKLY")]),
    ("twice", [_plan(**DAILY), _plan("B", base="20251207T030000Z", recur="FREQ=WEEKLY")]),
    ("itself", [_plan(runs=["Replace ./Sched/A/Priority 1"], **DAILY)]),
    ("prompt", [_plan(base="20251201T030000Z", recur="FREQ=HOURLY", ui=2)]),
    ("costly", [_plan(base="20251201T030000Z", recur="FREQ=MINUTELY;INTERVAL=10")]),
    ("idle", [_plan(**DAILY, missed=1, missed_delay=600)]),
    ("idle", [_plan(**DAILY, every_family=True)]),
    ("idle", [_plan(**DAILY, text="Now?")]),
    ("idle", [_plan(**DAILY, retry_delay=60)]),
    ("idle", [_plan(base="20251201T030000Z", recur="FREQ=HOURLY", jitter=7200)]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "planted"), PLANTED, ids=[f"{n} {rule}" for n, (rule, _) in enumerate(PLANTED)])
def test_a_planted_fault_is_found_and_no_other(rule, planted):
    found = schedule.lint(*planted, now=NOW)
    assert {finding.rule for finding in found} == {rule}, found
    assert all(finding.why and finding.schedule for finding in found)


def test_rights_and_nodes_that_will_be_missing_are_found():
    device = phone()
    tree = device.tree.with_acl("./Vendor/Acme", "Get=*&Replace=other.example")
    plan = _plan(**DAILY)
    assert [f.rule for f in schedule.lint(plan, tree=tree, owner=OWNER)] == ["rights"]
    assert [f.rule for f in schedule.lint(_plan(runs=["Exec ./No/Such"], **DAILY), tree=tree, owner=OWNER)] == [
        "rights"
    ]
    assert schedule.lint(plan, tree=tree, owner="other.example") == ()


GOOD = [
    *(_plan(f"G{n}", base=f"20251201T{n:02}0000Z", recur="FREQ=DAILY", priority=n) for n in range(10)),
    *(_plan(f"T{n}", traps=[event]) for n, event in enumerate(["geo", "charger-on", "roaming-entered", "bearer-up"])),
    *(_plan(f"L{n}", thresholds=[text]) for n, text in enumerate([
        "./Bat/Level CROSS_DOWN 20 300 5", "./Bat/Level GE 90", "./Net/Rate LT 200", "./Bat/Level EQ 100"])),
    *(_plan(f"R{n}", base="20251201T030500Z", recur=recur) for n, recur in enumerate([
        "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=1,-1", "FREQ=YEARLY",
        "FREQ=HOURLY;INTERVAL=2", "FREQ=MINUTELY;INTERVAL=60"])),
    _plan("U1", **DAILY, ui=2, text="Now?", deadline=3600), _plan("U2", **DAILY, missed=2, missed_delay=600),
    _plan("V1", **DAILY, begins="20251201T000000Z", ends="20261201T000000Z"),
    _plan("V2", base="20251201T030000", recur="FREQ=DAILY", jitter=600, gate="./Bat/Level>=30 AND ./Net/Bearer!=ROAM"),
    _plan("W1", **DAILY, thresholds=["./Bat/Level LE 30"], every_family=True),
    _plan("W2", parts=[{"runs": [POLL], **DAILY}, {"runs": ["Exec ./FUMO/Update"], "results": ["1"]}]),
]  # fmt: skip


@pytest.mark.parametrize("plan", GOOD, ids=[plan.name for plan in GOOD])
def test_a_good_one_is_clean(plan):
    assert schedule.lint(plan, now=NOW) == ()


def test_there_are_30_of_each():
    assert len(PLANTED) >= 30 and len(GOOD) >= 30
    assert {rule for rule, _ in PLANTED} | {"rights"} == set(RULES)


def test_due_times_and_a_week():
    plan = schedule.make("A", [POLL], base="20251201T030000Z", recur="FREQ=DAILY;BYHOUR=3,15", ends="20251203T000000Z")
    assert schedule.next_dues(plan, 9) == (
        "20251201T030000Z",
        "20251201T150000Z",
        "20251202T030000Z",
        "20251202T150000Z",
    )
    assert schedule.next_dues(plan, 1, after="20251202T040000Z") == ("20251202T150000Z",)
    week = schedule.timeline(plan, begins="20251201T000000Z", days=3)
    assert week.count("|") == 4 and schedule.cost(plan).sessions == 4


# -- on the command line


def _file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


def test_commands(tmp_path, capsys):
    plan = schedule.make("Poll", [POLL], **DAILY)
    toml = _file(tmp_path, "poll.toml", schedule.to_toml(plan))
    ics = _file(tmp_path, "poll.ics", schedule.to_ics(plan))
    words = _file(tmp_path, "poll.txt", schedule.to_words(plan))
    for path in (toml, ics, words):
        assert main(["schedule", "toml", path]) == 0
        assert schedule.from_toml(capsys.readouterr().out) == plan
    assert main(["schedule", "show", toml]) == 0
    assert "then every day" in (said := capsys.readouterr().out) and "30 sessions" in said
    assert main(["schedule", "next", toml, "-n", "2", "--after", "20251224T000000Z"]) == 0
    assert capsys.readouterr().out.split() == ["20251224T030000Z", "20251225T030000Z"]
    assert (
        main(["schedule", "tree", ics]) == 0 and "./Sched/Poll/Component/1/Task/1/Data = 60" in capsys.readouterr().out
    )
    assert main(["schedule", "ics", toml]) == 0 and main(["schedule", "words", toml]) == 0
    assert main(["schedule", "lint", toml]) == 0
    other = _file(tmp_path, "b.toml", schedule.to_toml(schedule.make("B", ["Replace ./Vendor/Acme/Poll 9"], **DAILY)))
    capsys.readouterr()
    assert main(["schedule", "lint", toml, other]) == 1 and "opposite" in capsys.readouterr().out
    assert main(["schedule", "diff", toml, other]) == 1 and "no longer" in capsys.readouterr().out
    assert main(["schedule", "diff", toml, ics]) == 0


@pytest.mark.parametrize(
    "text", ["", "Schedule A\n  dances\n", "name = 3\n", "[x", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"]
)
def test_a_wrong_file_is_one_sentence(tmp_path, capsys, text):
    assert main(["schedule", "show", _file(tmp_path, "x", text)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
