"""Rights to leads: which rep gets one, for how long, and what becomes of it when sales gives it up."""

from __future__ import annotations

import math

import numpy as np

from orgsim.engine.agenda import note
from orgsim.engine.compile import rule
from orgsim.engine.handover import leave_line, return_to_nurture, stand_in_line
from orgsim.engine.records import (
    ASIDE,
    NOTE_PASSED_ON,
    QUEUED,
    TO_MARKETING,
)
from orgsim.engine.selling import can_start, serve_line


@rule
def leave_line_early(w, line, k):
    """Take lead k out of a line, wherever it stands: the others line up anew, in the order they had."""
    rest = -1
    while line.queue >= 0:
        other = leave_line(w, line)
        if other != k and w.leads[other].status == QUEUED:
            w.leads[other].left = rest
            rest = other
    while rest >= 0:
        following = np.int64(w.leads[rest].left)
        waited = w.leads[rest].queued
        stand_in_line(w, line, rest, waited)
        w.firm[0].queued -= 1
        rest = following


@rule
def soonest(w, but):
    """The rep in a filled seat, other than one, who can start a call first; the lowest index of several."""
    chosen = -1
    for r in range(w.reps.size):
        rep = w.reps[r]
        if r != but and not rep.vacant and (chosen < 0 or can_start(w, rep) < can_start(w, w.reps[chosen])):
            chosen = r
    return np.int64(chosen)


@rule
def sla_ends(w, day, k, time, returned):
    """The time in which a first attempt was due is up: the lead goes to whoever can start first, or back to marketing
    (a lead is given back once)."""
    lead = w.leads[k]
    waits = lead.status == QUEUED or lead.status == ASIDE
    if w.arm[0].sla == math.inf or lead.returned != returned or lead.touches > lead.tried or not waits:
        return
    line = w.reps[lead.line]
    if w.arm[0].breach == TO_MARKETING:
        if lead.returned == 0:
            if lead.status == QUEUED:
                leave_line_early(w, line, k)
                w.firm[0].queued -= 1
            return_to_nurture(w, day, k, time)
        return
    other = soonest(w, line.index)
    if other < 0 or lead.status != QUEUED or w.p[0].contact_pooled > 0.0:
        return
    leave_line_early(w, line, k)
    w.firm[0].queued -= 1
    lead.owner = other
    note(w, time, NOTE_PASSED_ON, lead.prospect, k, other, 0)
    stand_in_line(w, w.reps[other], k, time)
    serve_line(w, day, w.reps[other], time)
