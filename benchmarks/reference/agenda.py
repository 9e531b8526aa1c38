"""The kinds of events, in the order in which they come where times are equal (ODD, section 3.2).

Mesa's own event list orders events by time, one of three priorities, and the order in which they were written. The
model's order is by time, kind, who and stamp, so the firm keeps a heap of its own and lets Mesa step from day to day.
"""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What happens; the number is the tie-break."""

    NEED_OPENS = 0
    RESPONDS = 1
    HEARS = 2
    IS_FOUND = 3
    SIGNALS = 4
    IS_SCORED_AGAIN = 5
    ENTERS_QUEUE = 6
    REP_FREE = 7
    LOSES_PATIENCE = 8
    SHELF_LIFE_ENDS = 9
    SIGNAL_FADES = 10
    WINDOW_CLOSES = 11
    IS_REVIEWED = 12
    ORDER_DUE = 13
    IS_HANDED_OVER = 14
