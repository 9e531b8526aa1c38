"""Rules of rights to leads and of the agenda, one at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_rules import agenda, in_window, lead_of, log, plain, world

from orgsim.engine import agenda as agendas
from orgsim.engine import handover, rights
from orgsim.engine import records as r

# Rights to leads ------------------------------------------------------------------------------------------------------


def ended(w: Any, *, status: int = r.QUEUED, returned: int = 0, asked: int = 0, touches: int = 0) -> Any:
    """A lead in the line of rep 1 when its time is up at hour 140."""
    in_window(w)
    lead = lead_of(w)
    plain(handover.stand_in_line)(w, w.reps[1], 0, 80.0)
    lead.owner, lead.status, lead.returned, lead.touches, lead.key = 1, status, returned, touches, 1.0
    plain(rights.sla_ends)(w, 20, 0, 140.0, asked)
    return lead


def busy(w: Any, *until: float) -> None:
    w.reps.busy_until, w.reps.share, w.reps.earliest = until, 0.1, 0.0


def test_a_lead_whose_time_is_up_goes_back_to_marketing_or_to_whoever_can_start_first() -> None:
    w = world()
    w.arm[0].sla, w.arm[0].breach = 14.0, r.TO_MARKETING
    lead = ended(w)
    assert (lead.status, lead.returned, w.firm[0].queued, w.reps[1].queue) == (r.NURTURED, 1, 0, -1)
    w = world()
    w.arm[0].sla, w.arm[0].breach = 14.0, r.TO_MARKETING
    lead = ended(w, status=r.ASIDE)
    assert (lead.status, w.firm[0].queued) == (r.NURTURED, 1)
    w = world()
    w.arm[0].sla, w.arm[0].breach = 14.0, r.TO_NEXT
    busy(w, 300.0, 0.0, 200.0)
    lead = ended(w)
    assert (lead.status, lead.owner, lead.line, lead.queued) == (r.QUEUED, 2, 2, 140.0)
    assert (w.firm[0].queued, w.reps[1].queue, w.reps[2].queue, w.reps[2].wakes) == (1, -1, 0, 200.0)
    assert log(w)[-1] == (140.0, r.NOTE_PASSED_ON, 6, 0, 2, 0)
    assert agenda(w) == [(200.0, r.REP_FREE, 2, 2)]


def test_an_sla_leaves_alone_what_was_called_or_given_back_since_or_what_nobody_else_can_take() -> None:
    for breach in (r.TO_MARKETING, r.TO_NEXT):
        for case in ({"status": r.HANDED}, {"asked": 1}, {"touches": 1}, {"returned": 1, "asked": 1, "touches": 1}):
            w = world()
            w.arm[0].sla, w.arm[0].breach = 14.0, breach
            busy(w, 300.0, 0.0, 200.0)
            lead = ended(w, **case)
            assert (lead.owner, w.firm[0].queued, w.reps[1].queue, log(w)) == (1, 1, 0, [])
    w = world()
    w.arm[0].sla = np.inf
    assert ended(w).owner == 1, "without an SLA nothing ends"
    for pooled, vacant, status in ((1.0, (0, 0, 0), r.QUEUED), (0.0, (1, 0, 1), r.QUEUED), (0.0, (0, 0, 0), r.ASIDE)):
        w = world()
        w.arm[0].sla, w.arm[0].breach, w.p[0].contact_pooled = 14.0, r.TO_NEXT, pooled
        w.reps.vacant = vacant
        assert ended(w, status=status).owner == 1
    w = world()
    w.arm[0].sla, w.arm[0].breach = 14.0, r.TO_MARKETING
    assert ended(w, returned=1, asked=1).status == r.QUEUED, "and it is given back once"


def test_the_soonest_is_the_lowest_of_those_who_can_start_first() -> None:
    w = world()
    soonest = plain(rights.soonest)
    busy(w, 5.0, 4.0, 4.0)
    assert [soonest(w, but) for but in (-1, 0, 1, 2)] == [1, 1, 2, 1]
    w.reps.vacant = 0, 1, 0
    assert [soonest(w, but) for but in (-1, 2)] == [2, 0]
    w.reps.vacant = 1
    assert soonest(w, 0) == -1


# The agenda -----------------------------------------------------------------------------------------------------------

times = st.lists(st.tuples(st.sampled_from([7.0, 7.5, 20.0, 35.0]), st.integers(0, 2), st.integers(0, 2),
                           st.integers(0, 2)), max_size=30)  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True)
@given(times, times)
def test_events_come_in_the_order_of_time_kind_who_and_stamp_however_they_were_written(
    first: list[tuple[float, int, int, int]], later: list[tuple[float, int, int, int]]
) -> None:
    w = world()
    for event in first:
        plain(agendas.schedule)(w, 0, *event)
    came: list[tuple[float, ...]] = []
    for day in range(6):
        plain(agendas.open_day)(w, day)
        if day == 1:
            for event in later:
                plain(agendas.schedule)(w, 1, *event)
        while w.firm[0].today > 0:
            event = w.events[plain(agendas.pop)(w)]
            came.append((float(event.time), int(event.kind), int(event.who), int(event.stamp)))
    assert came == sorted(first + later)
    assert w.due[:6].sum() == len(first) + sum(event[0] >= 14 for event in later)
    used = int(w.firm[0].events)
    plain(agendas.schedule)(w, 0, 9.0, 0, 0, 0)
    assert int(w.firm[0].events) == used + (not came), "a slot that is free is used again"


def test_what_lies_beyond_the_last_day_is_not_written() -> None:
    w = world()
    end = 7.0 * w.agenda.size
    for time in (end, math.inf, math.nan):
        plain(agendas.schedule)(w, 0, time, 0, 0, 0)
    assert agenda(w) == []
    plain(agendas.schedule)(w, 0, math.nextafter(end, 0), 0, 0, 0)
    assert len(agenda(w)) == 1
