"""When an account next needs something, and when it next looks as if it did."""

from __future__ import annotations

import numpy as np

from orgsim.engine import streams
from orgsim.engine.agenda import schedule
from orgsim.engine.compile import rule
from orgsim.engine.records import DAYS_PER_YEAR, HOURS_PER_DAY, NEED_OPENS, SIGNALS, TELLS
from orgsim.engine.streams import exponential, uniforms

HOURS_PER_YEAR = HOURS_PER_DAY * DAYS_PER_YEAR


@rule
def await_need(w, day, i, since):
    """Draw when the account's next need opens, counted from the end of the last one (exponential; A12)."""
    prospect = w.prospects[i]
    segment = w.segments[prospect.segment]
    if segment.need_hazard > 0.0:
        u, _, _, _ = uniforms(w.firm[0], streams.NEED, prospect.segment, prospect.index, 0, prospect.episode + 1)
        wait = exponential(u) / segment.need_hazard * HOURS_PER_YEAR
        schedule(w, day, since + wait, NEED_OPENS, i, prospect.episode)


@rule
def await_signal(w, day, i, since):
    """Draw when the account next looks as if it had a need (exponential); only aware accounts then respond."""
    prospect = w.prospects[i]
    segment = w.segments[prospect.segment]
    if segment.signal_hazard > 0.0:
        u, _, _, _ = uniforms(w.firm[0], streams.NOISE, prospect.segment, prospect.index, 0, prospect.signals)
        wait = exponential(u) / segment.signal_hazard * HOURS_PER_YEAR
        schedule(w, day, since + wait, SIGNALS, i, prospect.signals)


@rule
def await_word(w, day, i, since):
    """Draw when a customer next tells somebody of us (exponential; E4)."""
    prospect = w.prospects[i]
    rate = w.p[0].customers_word_of_mouth
    prospect.told += 1
    if rate > 0.0:
        u, _, _, _ = uniforms(w.firm[0], streams.WORD, prospect.segment, prospect.index, 0, prospect.told)
        schedule(w, day, since + exponential(u) / rate * HOURS_PER_YEAR, TELLS, i, prospect.told)


@rule
def stake_cents(p, deal):
    """Value at stake, cents, of a deal in cents with an account that fits: the margin expected under reference
    handling."""
    return np.int64(np.floor(p.market_reference_win * p.money_gross_margin * deal + 0.5))


@rule
def stake_of(p, prospect):
    """Value at stake, cents, of an account's present episode; 0 unless it fits."""
    return stake_cents(p, prospect.deal) if prospect.viable else np.int64(0)


@rule
def lift_of(segment, above):
    """What an account keeps of being so much above its segment now, or below: it fades as awareness does."""
    return above / segment.retained if segment.retained > 0.0 else 0.0
