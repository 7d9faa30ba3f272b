"""A Sequence whose commands go one by one asks first; what stands beside an abort counts."""

from __future__ import annotations

import pytest

import dmkit as dm
from dmkit.session.packages import number
from dmkit.session.rules import Rules

ASK = dm.Alert.of(1101, "", "Go on?")
FIRST, REST, BEHIND = (
    dm.Replace.of("./APN/Name", "first"),
    dm.Replace.of("./APN/Name", "rest"),
    dm.Get.of("./DevInfo/Man"),
)


def outcomes_of(answers, *commands):
    """What came back for ``commands``, the value at last, and how many questions a person was asked."""
    asked = iter(answers)
    count = []

    def user(alert):
        count.append(alert)
        return dm.words.Outcome(next(asked), command=alert)

    rules = Rules(sequences=False)
    device = dm.Device.example(rules=rules, user=user)
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.send(*commands))
    dm.converse(device, server)
    [result] = server.results
    assert result.done, result.why
    return result.result, device.tree.get("./APN/Name").value, len(count)


def codes(outcome):
    return [part.status for part in outcome.parts]


@pytest.mark.parametrize(
    ("answer", "parts", "value", "behind"),
    [
        (200, [200, 200, 200], "rest", 200),
        (304, [200, 304, 215], "first", 200),
        (406, [200, 406, 215], "first", 200),
        (214, [200, 214, 215], "first", 215),
        (408, [200, 408, 215], "first", 215),
    ],
)
def test_the_rest_goes_out_after_200_only(answer, parts, value, behind):
    [sequence, after], got, asked = outcomes_of([dm.StatusCode(answer)], dm.Sequence.of(FIRST, ASK, REST), BEHIND)
    assert codes(sequence) == parts and got == value and after.status == behind and asked == 1
    assert sequence.status == 200


def test_two_questions_are_asked_one_after_the_other():
    yes, no = dm.StatusCode.OK, dm.StatusCode.NOT_MODIFIED
    for answers, parts, asked in (
        ([no], [304, 215, 215, 215], 1),
        ([yes, no], [200, 200, 304, 215], 2),
        ([yes, yes], [200, 200, 200, 200], 2),
    ):
        [sequence], _, count = outcomes_of(answers, dm.Sequence.of(ASK, FIRST, ASK, REST))
        assert codes(sequence) == parts and count == asked


def test_a_question_outside_a_sequence_holds_nothing_back():
    said, value, _ = outcomes_of([dm.StatusCode.NOT_MODIFIED], ASK, REST)
    assert [outcome.status for outcome in said] == [304, 200] and value == "rest"


def test_a_display_and_a_last_question_hold_nothing_back():
    show = dm.Alert.of(1100, "", "Look")
    ok = dm.StatusCode.OK
    [sequence], _, _ = outcomes_of([ok, ok], dm.Sequence.of(show, FIRST, ASK))
    assert codes(sequence) == [200, 200, 200]


def aborted(job, *answers):
    """A server whose device answered the first command of ``job`` so, and ended the session in the same message."""
    device = dm.Device.example(rules=Rules(auth="none", server_auth="none"))
    server = dm.Server.example(device)
    server.enqueue(device.address, job)
    session = device.connect()
    command = dm.XML.decode(server.receive(session.start().reply).reply.body).commands[-1]
    header = dm.words.Header(session.session_id, "2", server.address, device.address)
    about = [answer(command) for answer in answers]
    sent = number((dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr"), *about, dm.Alert.of(1223)))
    server.receive(dm.Packet(server.address, dm.XML.encode(dm.Message(header, sent)), dm.XML.media_type))
    assert not server.work.get(device.address), "it is not sent again"
    return server


@pytest.mark.parametrize("code", [404, 425, 200, 500])
def test_a_status_beside_an_abort_counts(code):
    status = lambda command: dm.Status(dm.StatusCode(code), "1", command.cmd_id, "Replace")  # noqa: E731
    [result] = aborted(dm.jobs.write("./APN/Name", "x"), status).results
    assert result.done and result.result.status == code


def test_results_beside_an_abort_count():
    server = aborted(
        dm.jobs.read("./DevInfo/Man"),
        lambda command: dm.Status(dm.StatusCode(200), "1", command.cmd_id, "Get"),
        lambda command: dm.words.Results((dm.Item(source="./DevInfo/Man", data="Acme"),), "1", command.cmd_id),
    )
    assert [r.result for r in server.results] == [{"./DevInfo/Man": "Acme"}]


def test_an_abort_without_answers_lets_the_job_wait_for_the_next_session():
    device = dm.Device.example(rules=Rules(auth="none", server_auth="none"))
    server = dm.Server.example(device)
    server.enqueue(device.address, dm.jobs.read("./DevInfo/Man"), "read")
    session = device.connect()
    server.receive(session.start().reply)
    header = dm.words.Header(session.session_id, "2", server.address, device.address)
    said = (dm.Status(dm.StatusCode(200), "1", "0", "SyncHdr"), dm.Alert.of(1223))
    server.receive(dm.Packet(server.address, dm.XML.encode(dm.Message(header, number(said))), dm.XML.media_type))
    assert not server.results and [work.name for work in server.work[device.address]] == ["read"]


SEQ = dm.Sequence.of
AFTER = dm.Replace.of("./APN/Name", "after")


@pytest.mark.parametrize(
    ("answers", "sequence", "parts", "value", "questions"),
    [
        ([200], SEQ(SEQ(FIRST, ASK, REST), AFTER), [[200, 200, 200], 200], "after", 1),
        ([304], SEQ(SEQ(FIRST, ASK, REST), AFTER), [[200, 304, 215], 200], "after", 1),
        ([304], SEQ(SEQ(FIRST, ASK, REST), BEHIND), [[200, 304, 215], 200], "first", 1),
        ([214], SEQ(SEQ(FIRST, ASK, REST), AFTER), [[200, 214, 215], 215], "first", 1),
        ([304], SEQ(FIRST, ASK, SEQ(REST, AFTER)), [200, 304, [215, 215]], "first", 1),
        ([200, 304], SEQ(ASK, SEQ(SEQ(FIRST, ASK, REST))), [200, [[200, 304, 215]]], "first", 2),
        ([304, 200], SEQ(SEQ(ASK, REST), SEQ(ASK, AFTER)), [[304, 215], [200, 200]], "after", 2),
    ],
)
def test_a_sequence_inside_one_that_goes_one_by_one(answers, sequence, parts, value, questions):
    """No ends the Sequence in which the question stands; cancelled ends all.  None of them goes out as such."""

    def shape(outcome):
        if isinstance(outcome.command, dm.Sequence):
            return [shape(part) for part in outcome.parts]
        return outcome.status

    [outcome], got, asked = outcomes_of([dm.StatusCode(a) for a in answers], sequence)
    assert shape(outcome) == parts and got == value and asked == questions


def test_why_a_session_was_lost_says_what_came():
    device = dm.Device.example()
    for wrong, says in (
        ([], "no answer came"),
        ([b"<html/>"], "1 answer came and none could be taken: the document is a html"),
        ([b"", b"<SyncML/>", b"x"], "3 answers came and none could be taken: "),
    ):
        session = device.connect()
        step = session.start()
        for body in [*wrong, *[None] * 4]:
            if body is not None:
                session.receive(dm.Packet(session.address, body, dm.XML.media_type))
            elif step.reply is not None:
                step = session.expire()
        [ended] = [event for event in step.events if hasattr(event, "well")]
        assert ended.why.startswith(says) and not ended.well
