"""The agenda: who wakes when. Sleepers cost nothing until their day comes.

Events of later days hang in one linked list per day; the events of the present day lie in a small binary heap,
ordered by time, then kind, then who, so that nothing depends on the order in which they were written down.
"""

from __future__ import annotations

import numpy as np

from orgsim.engine.compile import rule
from orgsim.engine.records import HOURS_PER_DAY


@rule
def schedule(w, day, time, kind, who, stamp):
    """Write an event into the agenda; what lies beyond the last day, or never happens, is not written."""
    if not time < HOURS_PER_DAY * np.float64(w.agenda.size):
        return
    firm = w.firm[0]
    slot = firm.free_event
    if slot >= 0:
        firm.free_event = w.events[slot].next
    else:
        slot = firm.events
        firm.events = slot + 1
    event = w.events[slot]
    event.time = time
    event.kind = kind
    event.who = who
    event.stamp = stamp
    on = np.int64(time / HOURS_PER_DAY)
    if on <= day:
        push(w, slot)
    else:
        event.next = w.agenda[on]
        w.agenda[on] = slot
        w.due[on] += 1


@rule
def comes_before(w, time, slot, other_time, other):
    """Whether one event comes before another; times are compared first, for nearly always they differ."""
    if time != other_time:
        return time < other_time
    x, y = w.events[slot], w.events[other]
    if x.kind != y.kind:
        return x.kind < y.kind
    if x.who != y.who:
        return x.who < y.who
    return x.stamp < y.stamp


@rule
def push(w, slot):
    """Add an event to today's heap."""
    firm = w.firm[0]
    time = w.events[slot].time
    place = firm.today
    firm.today = place + 1
    while place > 0:
        parent = (place - 1) // 2
        above = w.today[parent]
        if not comes_before(w, time, slot, above.time, above.slot):
            break
        w.today[place].time = above.time
        w.today[place].slot = above.slot
        place = parent
    w.today[place].time = time
    w.today[place].slot = slot


@rule
def pop(w):
    """Take the first event of today's heap; its slot is free again, its fields stay readable until the next write."""
    firm = w.firm[0]
    first = w.today[0].slot
    firm.today -= 1
    size = firm.today
    if size > 0:
        time, slot = w.today[size].time, w.today[size].slot
        place = 0
        while True:
            child = 2 * place + 1
            if child >= size:
                break
            below = w.today[child]
            if child + 1 < size:
                beside = w.today[child + 1]
                if comes_before(w, beside.time, beside.slot, below.time, below.slot):
                    child += 1
                    below = beside
            if not comes_before(w, below.time, below.slot, time, slot):
                break
            w.today[place].time = below.time
            w.today[place].slot = below.slot
            place = child
        w.today[place].time = time
        w.today[place].slot = slot
    w.events[first].next = firm.free_event
    firm.free_event = first
    return first


@rule
def open_day(w, day):
    """Bring the day's events from the agenda into the heap."""
    slot = w.agenda[day]
    while slot >= 0:
        following = w.events[slot].next
        push(w, slot)
        slot = following
    w.agenda[day] = -1


@rule
def note(w, time, activity, prospect, lead, resource, amount):
    """Write a line into the event log, when the run keeps one."""
    if w.log.size > 0:
        firm = w.firm[0]
        line = w.log[firm.log]
        firm.log += 1
        line.time = time
        line.activity = activity
        line.prospect = prospect
        line.lead = lead
        line.resource = resource
        line.amount = amount
