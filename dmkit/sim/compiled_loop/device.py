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
    return (s.dev[d].home + s.dev[d].attempt) % len(x.pools) if x.own[0].fail_over else np.int64(s.dev[d].home)


@inner()
def let_go(x, s, d):
    """The servers need not remember its session any more."""
    if x.own[0].rooms:
        pool = pool_of(x, s, d)
        if s.more[d].held == pool + 1 and s.more[d].epoch_of == s.pools[pool].epoch:
            s.pools[pool].holding -= 1
        s.more[d].held = 0


@inner()
def note_begin(x, s, d, now):
    """An attempt begins: prompts, card, counters."""
    attempt = s.dev[d].attempt
    if x.own[0].prompt and (attempt == 0 or x.own[0].prompt_again):
        s.more[d].prompts += 1
        if waiting(x, s.zone[d], now, x.own[0].night_start, x.own[0].night_end) == 0:
            s.more[d].wakings += 1
    s.dev[d].attempts += 1
    if x.own[0].card or x.own[0].card_again:
        s.more[d].card += card_of(x, d, s.dev[d].round * TURNS + attempt)
    if attempt == 0:
        s.c[FIRSTS] += 1
        s.dev[d].began = now


@inner()
def send(x, s, ht, hd, start, d, k):
    """The message of exchange ``k``, as often as it takes."""
    kind = s.dev[d].klass
    lost = lost_of(x, kind, d, s.dev[d].round * TURNS + s.dev[d].attempt, k)
    resends, timeout = x.kinds[kind].resends, x.kinds[kind].timeout
    if lost:
        note_lost(s, start, min(lost, resends + 1), timeout, pool_of(x, s, d))
        if lost > resends:
            s.dev[d].octets_up += x.exchanges[kind, k].up_octets * (resends + 1)
            s.dev[d].reason = LOST
            s.dev[d].deadline = start + (resends + 1) * timeout
            push(s.c, ht, hd, s.dev[d].deadline, TIMEOUT, d)
            return
    s.dev[d].octets_up += x.exchanges[kind, k].up_octets * (lost + 1)
    s.dev[d].reason = NO_ANSWER
    sent = start + lost * timeout
    s.dev[d].deadline = sent + timeout
    push(s.c, ht, hd, sent + x.exchanges[kind, k].up, SENT, d)


@inner()
def connect(x, s, ht, hd, now, d):
    """Onto the network, then the session, or the download when the session was done before."""
    s.dev[d].since = now
    start = now + access_of(x, d, s.dev[d].round * TURNS + s.dev[d].attempt) + x.kinds[s.dev[d].klass].setup
    if s.dev[d].session_done:
        s.dev[d].stage = CONNECTING
        push(s.c, ht, hd, start, DONE_, d)
    else:
        s.dev[d].trip = 0
        s.dev[d].stage = SESSION
        send(x, s, ht, hd, start, d, 0)


@inner()
def begin(x, s, ht, hd, now, d):
    """An attempt begins: first a place in the cell."""
    note_begin(x, s, d, now)
    if x.own[0].cells:
        cell = s.cell[d]
        if s.cells[cell].free == 0:
            s.more[d].next = -1
            if s.cells[cell].head < 0:
                s.cells[cell].head = d
            else:
                s.more[s.cells[cell].tail].next = d
            s.cells[cell].tail = d
            return
        if s.cells[cell].free > 0:
            s.cells[cell].free -= 1
    connect(x, s, ht, hd, now, d)


@inner()
def leave(x, s, ht, hd, now, d):
    """Off the network; the place in the cell goes to the next."""
    s.dev[d].connected += now - s.dev[d].since
    if x.own[0].cells:
        cell = s.cell[d]
        first = s.cells[cell].head
        if first >= 0:
            s.cells[cell].head = s.more[first].next
            connect(x, s, ht, hd, now, first)
        elif s.cells[cell].free >= 0:
            s.cells[cell].free += 1


@inner()
def once_more(x, s, ht, hd, now, d):
    """In a closed population: the next round."""
    if not x.own[0].again:
        return
    s.dev[d].round += 1
    think = x.own[0].think_mean
    if x.own[0].think_law == 0:
        think = x.own[0].think_mean * minus_log(1.0 - unit(x.keys[6], d, s.dev[d].round * TURNS, 0))
    when = now + max(1, whole(think))
    if when >= x.own[0].until:
        return
    s.dev[d].session_done = 0
    s.dev[d].previous = 0.0
    s.more[d].left = x.own[0].octets
    s.dev[d].attempt = 0
    push(s.c, ht, hd, due_of(x, s, d, when), BEGIN, d)


@inner()
def note_finish(s, d, now):
    """The job is done."""
    s.dev[d].finished = now
    s.dev[d].outcome = DONE
    s.dev[d].rounds += 1
    s.dev[d].took += now - s.dev[d].began


@inner()
def note_fail(x, s, d, why, now, told):
    """When the next attempt is due; -1 when there is none."""
    c = s.c
    s.dev[d].outcome = why
    if why == REFUSED:
        s.more[d].refusals += 1
    attempt = s.dev[d].attempt
    if attempt + 1 == x.own[0].attempts:
        return np.int64(-1)
    if x.own[0].budget >= 0:
        if c[RETRIES] + 1 > x.own[0].budget * c[FIRSTS]:
            s.dev[d].outcome = OVER_BUDGET
            return np.int64(-1)
        c[RETRIES] += 1
    pause = sleep_of(x, s, d, s.dev[d].round * TURNS + attempt, attempt, told)
    s.dev[d].previous = pause
    return due_of(x, s, d, now + whole(pause * 1e6))


@inner()
def fail(x, s, ht, hd, now, d, why, told):
    """The attempt has failed; when there is another, it is due."""
    let_go(x, s, d)
    leave(x, s, ht, hd, now, d)
    when = note_fail(x, s, d, why, now, told)
    if when >= 0:
        s.dev[d].attempt += 1
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
    return np.int64(s.more[d].left * share_of(x, d, s.dev[d].round * TURNS + s.dev[d].attempt))


@inner()
def load(x, s, ht, hd, now, d):
    """The download begins."""
    s.dev[d].stage = LOADING
    kind = s.dev[d].klass
    seconds = x.kinds[kind].half + part_of(x, s, d) * 8 / x.kinds[kind].bits
    push(s.c, ht, hd, now + whole(seconds * 1e6), DONE_, d)


@inner()
def session_over(x, s, ht, hd, now, d):
    """After the session: the download, or the end."""
    s.dev[d].session_done = 1
    let_go(x, s, d)
    if x.own[0].download:
        download(x, s, ht, hd, now, d)
    else:
        finish(x, s, ht, hd, now, d)


@inner()
def download(x, s, ht, hd, now, d):
    """A place at the download servers, then the load."""
    c = s.c
    if c[ROOM] == 0:
        s.more[d].next = -1
        if c[HEAD] < 0:
            c[HEAD] = d
        else:
            s.more[c[TAIL]].next = d
        c[TAIL] = d
        return
    if c[ROOM] > 0:
        c[ROOM] -= 1
    load(x, s, ht, hd, now, d)


@inner()
def answered(x, s, ht, hd, now, d, k):
    """The answer of exchange ``k`` arrives at ``now``."""
    kind = s.dev[d].klass
    s.dev[d].expects = s.dev[d].deadline = -1
    s.dev[d].octets_down += x.exchanges[kind, k].down_octets
    think = x.exchanges[kind, k].think
    if k + 1 < x.kinds[kind].trips:
        s.dev[d].trip = k + 1
        send(x, s, ht, hd, now + think, d, k + 1)
    elif think:
        s.dev[d].stage = ENDING
        push(s.c, ht, hd, now + think, DONE_, d)
    else:
        session_over(x, s, ht, hd, now, d)


@inner()
def done(x, s, ht, hd, now, d):
    """A session, a connection or a download has come to its end."""
    c = s.c
    if s.dev[d].stage == ENDING:
        session_over(x, s, ht, hd, now, d)
    elif s.dev[d].stage == CONNECTING:
        download(x, s, ht, hd, now, d)
    else:
        part = part_of(x, s, d)
        broke = share_of(x, d, s.dev[d].round * TURNS + s.dev[d].attempt) < 1.0
        s.dev[d].octets_down += part
        if not broke:
            s.more[d].left = 0
        elif x.own[0].resume:
            s.more[d].left -= part
        if c[ROOM] >= 0:
            if c[HEAD] >= 0:
                first = c[HEAD]
                c[HEAD] = s.more[first].next
                load(x, s, ht, hd, now, first)
            else:
                c[ROOM] += 1
        if broke:
            fail(x, s, ht, hd, now, d, DOWNLOAD_BROKE, 0.0)
        else:
            finish(x, s, ht, hd, now, d)
