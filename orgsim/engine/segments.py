"""The segments of the market made ready for the engine: how many accounts, how aware, how often in need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orgsim.engine.records import DAYS_PER_YEAR, SEGMENT
from orgsim.scenario.kept import kept_with_scenario
from orgsim.scenario.schema import Scenario


@kept_with_scenario
def segment_sizes(scenario: Scenario) -> list[int]:
    """Prospects in each segment: the size given, or the share of the market, whole numbers by largest remainder."""
    segments, size = scenario.market.segments, scenario.market.size
    shares = [0.0 if s.size is not None else s.share for s in segments]
    total = sum(shares)
    exact = [size * share / total if total else 0.0 for share in shares]
    sizes = [int(x) for x in exact]
    order = sorted(range(len(exact)), key=lambda i: (sizes[i] - exact[i], i))
    for i in order[: (size if total else 0) - sum(sizes)]:
        sizes[i] += 1
    return [s.size if s.size is not None else n for s, n in zip(segments, sizes, strict=True)]


@kept_with_scenario
def segment_records(scenario: Scenario) -> NDArray[np.record]:
    """The market's segments as records, at today's awareness: to be copied."""
    market = scenario.market
    rows = np.zeros(len(market.segments), SEGMENT)
    first = 0
    window_years = market.window / DAYS_PER_YEAR
    for row, segment, size in zip(rows, market.segments, segment_sizes(scenario), strict=True):
        rate = market.episodes_per_year if segment.episodes_per_year is None else segment.episodes_per_year
        signals = market.signals_per_year if segment.signals_per_year is None else segment.signals_per_year
        fit = market.fit_share if segment.fit_share is None else segment.fit_share
        row["awareness"] = segment.awareness
        # Rate and window are given; the hazard outside windows follows, so that the long-run rate is the one given.
        row["need_hazard"] = 1 / max(1e-9, 1 / rate - window_years) if rate > 0 else 0.0
        row["signal_hazard"] = signals
        row["least_fit"] = 1 - fit
        row["win_shift"] = segment.win_shift
        row["first"], row["accounts"] = first, size
        row["reach"] = min(size, segment.reach or size)
        row["regular"] = segment.regular
        first += size
    return rows
