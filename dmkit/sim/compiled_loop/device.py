"""A device in the compiled loop: attempts, messages, answers, downloads; the names are those of ``fleet``."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

import numpy as np

from dmkit.sim.book import DONE, DOWNLOAD_BROKE, LOST, NO_ANSWER, OVER_BUDGET, REFUSED
from dmkit.sim.compiled_loop.draws import (
    access_of,
    card_of,
    due_of,
    lost_of,
    minus_log,
    share_of,
    sleep_of,
    unit,
    waiting,
    whole,
)
from dmkit.sim.compiled_loop.heaps import push
from dmkit.sim.compiled_loop.records import note_lost
from dmkit.sim.compiled_loop.state import (
    BEGIN,
    CONNECTING,
    DONE_,
    ENDING,
    FIRSTS,
    HEAD,
    LOADING,
    RETRIES,
    ROOM,
    SENT,
    SESSION,
    TAIL,
    TIMEOUT,
    inner,
)
from dmkit.sim.draws import TURNS


@inner()
def pool_of(x, s, d):
    """The pool that the attempt turns to."""
    return (s.home[d] + s.attempt[d]) % len(x.count) if x.fail_over else np.int64(s.home[d])


@inner()
def let_go(x, s, d):
    """The servers need not remember its session any more."""
    if len(s.held):
        pool = pool_of(x, s, d)
        if s.held[d] == pool + 1 and s.epoch_of[d] == s.epoch[pool]:
            s.holding[pool] -= 1
        s.held[d] = 0


@inner()
def note_begin(x, s, d, now):
    """An attempt begins: prompts, card, counters."""
    attempt = s.attempt[d]
    if x.night[2] and (attempt == 0 or x.night[3]):
        s.prompts[d] += 1
        if waiting(x, s.zone[d], now, x.night[0], x.night[1]) == 0:
            s.wakings[d] += 1
    s.attempts[d] += 1
    if x.card[0] or x.card[1]:
        s.card[d] += card_of(x, d, s.round[d] * TURNS + attempt)
    if attempt == 0:
        s.c[FIRSTS] += 1
        s.began[d] = now


@inner()
def send(x, s, ht, hd, start, d, k):
    """The message of exchange ``k``, as often as it takes."""
    kind = s.klass[d]
    lost = lost_of(x, kind, d, s.round[d] * TURNS + s.attempt[d], k)
    resends, timeout = x.resends[kind], x.timeout[kind]
    if lost:
        note_lost(s, start, min(lost, resends + 1), timeout, pool_of(x, s, d))
        if lost > resends:
            s.octets_up[d] += x.up_octets[kind, k] * (resends + 1)
            s.reason[d] = LOST
            s.deadline[d] = start + (resends + 1) * timeout
            push(s.c, ht, hd, s.deadline[d], TIMEOUT, d)
            return
    s.octets_up[d] += x.up_octets[kind, k] * (lost + 1)
    s.reason[d] = NO_ANSWER
    sent = start + lost * timeout
    s.deadline[d] = sent + timeout
    push(s.c, ht, hd, sent + x.up[kind, k], SENT, d)


@inner()
def connect(x, s, ht, hd, now, d):
    """Onto the network, then the session, or the download when the session was done before."""
    s.since[d] = now
    start = now + access_of(x, d, s.round[d] * TURNS + s.attempt[d]) + x.setup[s.klass[d]]
    if s.session_done[d]:
        s.stage[d] = CONNECTING
        push(s.c, ht, hd, start, DONE_, d)
    else:
        s.trip[d] = 0
        s.stage[d] = SESSION
        send(x, s, ht, hd, start, d, 0)


@inner()
def begin(x, s, ht, hd, now, d):
    """An attempt begins: first a place in the cell."""
    note_begin(x, s, d, now)
    if len(x.cells):
        cell = s.cell[d]
        if s.cell_free[cell] == 0:
            s.next[d] = -1
            if s.cell_head[cell] < 0:
                s.cell_head[cell] = d
            else:
                s.next[s.cell_tail[cell]] = d
            s.cell_tail[cell] = d
            return
        if s.cell_free[cell] > 0:
            s.cell_free[cell] -= 1
    connect(x, s, ht, hd, now, d)


@inner()
def leave(x, s, ht, hd, now, d):
    """Off the network; the place in the cell goes to the next."""
    s.connected[d] += now - s.since[d]
    if len(x.cells):
        cell = s.cell[d]
        first = s.cell_head[cell]
        if first >= 0:
            s.cell_head[cell] = s.next[first]
            connect(x, s, ht, hd, now, first)
        elif s.cell_free[cell] >= 0:
            s.cell_free[cell] += 1


@inner()
def once_more(x, s, ht, hd, now, d):
    """In a closed population: the next round."""
    if not x.again:
        return
    s.round[d] += 1
    think = x.think_mean
    if x.think_law == 0:
        think = x.think_mean * minus_log(1.0 - unit(x.keys[6], d, s.round[d] * TURNS, 0))
    when = now + max(1, whole(think))
    if when >= x.until:
        return
    s.session_done[d] = 0
    s.previous[d] = 0.0
    s.left[d] = x.octets
    s.attempt[d] = 0
    push(s.c, ht, hd, due_of(x, s, d, when), BEGIN, d)


@inner()
def note_finish(s, d, now):
    """The job is done."""
    s.finished[d] = now
    s.outcome[d] = DONE
    s.rounds[d] += 1
    s.took[d] += now - s.began[d]


@inner()
def note_fail(x, s, d, why, now, told):
    """When the next attempt is due; -1 when there is none."""
    c = s.c
    s.outcome[d] = why
    if why == REFUSED:
        s.refusals[d] += 1
    attempt = s.attempt[d]
    if attempt + 1 == x.attempts:
        return np.int64(-1)
    if x.budget >= 0:
        if c[RETRIES] + 1 > x.budget * c[FIRSTS]:
            s.outcome[d] = OVER_BUDGET
            return np.int64(-1)
        c[RETRIES] += 1
    pause = sleep_of(x, s, d, s.round[d] * TURNS + attempt, attempt, told)
    s.previous[d] = pause
    return due_of(x, s, d, now + whole(pause * 1e6))


@inner()
def fail(x, s, ht, hd, now, d, why, told):
    """The attempt has failed; when there is another, it is due."""
    let_go(x, s, d)
    leave(x, s, ht, hd, now, d)
    when = note_fail(x, s, d, why, now, told)
    if when >= 0:
        s.attempt[d] += 1
        push(s.c, ht, hd, when, BEGIN, d)
    else:
        once_more(x, s, ht, hd, now, d)


@inner()
def finish(x, s, ht, hd, now, d):
    """Off the network, the job done."""
    leave(x, s, ht, hd, now, d)
    note_finish(s, d, now)
    once_more(x, s, ht, hd, now, d)


@inner()
def part_of(x, s, d):
    """Octets that this try of the download brings."""
    return np.int64(s.left[d] * share_of(x, d, s.round[d] * TURNS + s.attempt[d]))


@inner()
def load(x, s, ht, hd, now, d):
    """The download begins."""
    s.stage[d] = LOADING
    kind = s.klass[d]
    seconds = x.half[kind] + part_of(x, s, d) * 8 / x.bits[kind]
    push(s.c, ht, hd, now + whole(seconds * 1e6), DONE_, d)


@inner()
def session_over(x, s, ht, hd, now, d):
    """After the session: the download, or the end."""
    s.session_done[d] = 1
    let_go(x, s, d)
    if x.download:
        download(x, s, ht, hd, now, d)
    else:
        finish(x, s, ht, hd, now, d)


@inner()
def download(x, s, ht, hd, now, d):
    """A place at the download servers, then the load."""
    c = s.c
    if c[ROOM] == 0:
        s.next[d] = -1
        if c[HEAD] < 0:
            c[HEAD] = d
        else:
            s.next[c[TAIL]] = d
        c[TAIL] = d
        return
    if c[ROOM] > 0:
        c[ROOM] -= 1
    load(x, s, ht, hd, now, d)


@inner()
def answered(x, s, ht, hd, now, d, k):
    """The answer of exchange ``k`` arrives at ``now``."""
    kind = s.klass[d]
    s.expects[d] = s.deadline[d] = -1
    s.octets_down[d] += x.down_octets[kind, k]
    think = x.think[kind, k]
    if k + 1 < x.trips[kind]:
        s.trip[d] = k + 1
        send(x, s, ht, hd, now + think, d, k + 1)
    elif think:
        s.stage[d] = ENDING
        push(s.c, ht, hd, now + think, DONE_, d)
    else:
        session_over(x, s, ht, hd, now, d)


@inner()
def done(x, s, ht, hd, now, d):
    """A session, a connection or a download has come to its end."""
    c = s.c
    if s.stage[d] == ENDING:
        session_over(x, s, ht, hd, now, d)
    elif s.stage[d] == CONNECTING:
        download(x, s, ht, hd, now, d)
    else:
        part = part_of(x, s, d)
        broke = share_of(x, d, s.round[d] * TURNS + s.attempt[d]) < 1.0
        s.octets_down[d] += part
        if not broke:
            s.left[d] = 0
        elif x.resume:
            s.left[d] -= part
        if c[ROOM] >= 0:
            if c[HEAD] >= 0:
                first = c[HEAD]
                c[HEAD] = s.next[first]
                load(x, s, ht, hd, now, first)
            else:
                c[ROOM] += 1
        if broke:
            fail(x, s, ht, hd, now, d, DOWNLOAD_BROKE, 0.0)
        else:
            finish(x, s, ht, hd, now, d)
