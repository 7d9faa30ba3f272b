"""Heaps in arrays: events (time and kind in one number, the device in another), slots of a queue, work in hand."""

# mypy: ignore-errors
# numba infers the types of what follows; a namedtuple of arrays has no types that mypy could use

from __future__ import annotations

from dmkit.sim.compiled_loop.state import LATE, SIZE, inner
from dmkit.sim.rates import LONGEST


@inner()
def push(c, ht, hd, when, kind, d):
    """An event is to come."""
    if when > LONGEST:
        c[LATE] = 1
    key = when << 3 | kind
    i = c[SIZE]
    c[SIZE] = i + 1
    while i > 0:
        p = (i - 1) >> 1
        if ht[p] < key or (ht[p] == key and hd[p] <= d):
            break
        ht[i], hd[i] = ht[p], hd[p]
        i = p
    ht[i], hd[i] = key, d


@inner()
def drop_top(c, ht, hd):
    """The first event has been taken."""
    m = c[SIZE] - 1
    c[SIZE] = m
    key, d = ht[m], hd[m]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        other = child + 1
        if other < m and (ht[other] < ht[child] or (ht[other] == ht[child] and hd[other] < hd[child])):
            child = other
        if key < ht[child] or (key == ht[child] and d <= hd[child]):
            break
        ht[i], hd[i] = ht[child], hd[child]
        i = child
    ht[i], hd[i] = key, d


@inner()
def before(slots, a, b):
    """Whether slot ``a`` is served before slot ``b``."""
    if slots[a, 0] != slots[b, 0]:
        return slots[a, 0] < slots[b, 0]
    if slots[a, 1] != slots[b, 1]:
        return slots[a, 1] < slots[b, 1]
    return slots[a, 2] < slots[b, 2]


@inner()
def enqueue(heap, size, slots, slot):
    """One more slot waits."""
    i = size
    while i > 0:
        p = (i - 1) >> 1
        if not before(slots, slot, heap[p]):
            break
        heap[i] = heap[p]
        i = p
    heap[i] = slot


@inner()
def dequeue(heap, size, slots):
    """The first slot; ``size`` counts it still."""
    top, m = heap[0], size - 1
    slot = heap[m]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= m:
            break
        if child + 1 < m and before(slots, heap[child + 1], heap[child]):
            child += 1
        if not before(slots, heap[child], slot):
            break
        heap[i] = heap[child]
        i = child
    heap[i] = slot
    return top


@inner()
def begin_work(ends, who, works, size, over, d, work):
    """One more piece of work in hand."""
    i = size
    while i > 0:
        p = (i - 1) >> 1
        if ends[p] < over or (ends[p] == over and who[p] <= d):
            break
        ends[i], who[i], works[i] = ends[p], who[p], works[p]
        i = p
    ends[i], who[i], works[i] = over, d, work


@inner()
def sweep(ends, who, works, size, now):
    """What is done by ``now`` is out of hand; the number that is left."""
    while size and ends[0] <= now:
        m = size - 1
        over, d, work = ends[m], who[m], works[m]
        i = 0
        while True:
            child = 2 * i + 1
            if child >= m:
                break
            other = child + 1
            if other < m and (ends[other] < ends[child] or (ends[other] == ends[child] and who[other] < who[child])):
                child = other
            if over < ends[child] or (over == ends[child] and d <= who[child]):
                break
            ends[i], who[i], works[i] = ends[child], who[child], works[child]
            i = child
        ends[i], who[i], works[i] = over, d, work
        size = m
    return size
