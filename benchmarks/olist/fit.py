"""Fit the lead process to the January-March 2018 contacts of the Olist marketing funnel; write fitted.json.

Maximum likelihood on wins binned at 7, 14, 30, 60, 90, 180 calendar days.  Timing is common to all origins,
so the likelihood separates: the timing parameters maximise the multinomial of the wins by day 180 over the
bins, and each origin's p is its share won by day 180 over the process's share decided by then, so conversion
by day 180 is matched exactly, unshrunk.  A win after day 180 counts as not yet won.  Of equal stages without
losses the fit takes the fewest that the deviance does not reject at 5 %.

    python benchmarks/olist/fit.py --data FOLDER          (needs scipy; the data are described in validate.py)
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chi2
from validate import (
    FITTED,
    HORIZONS,
    Floats,
    cohorts,
    decided,
    empirical_curve,
    find_data,
    in_period,
    reviews_within,
)

REVIEWS = np.array([reviews_within(day) for day in HORIZONS])  # one review per business day


def fit_timing(stages: int, with_loss: bool, wins: Floats) -> dict[str, float]:
    """Best advance, pace_sd and loss for the wins in each bin, with the deviance from the saturated model."""

    def unpack(x: Floats) -> tuple[float, float, float]:
        return float(expit(x[0])), float(np.exp(x[1])), float(expit(x[2])) if with_loss else 0.0

    def deviance(x: Floats) -> float:
        by = decided(stages, *unpack(x), last=int(REVIEWS[-1]))[REVIEWS]
        expected = wins.sum() * np.diff(by, prepend=0.0) / by[-1]
        return float(2 * (wins * np.log(wins / np.maximum(expected, 1e-9))).sum())

    starts = [np.array([stages / 2 - 3, np.log(sd), -5.0][: 2 + with_loss]) for sd in (0.7, 1.8)]
    fits = [
        minimize(deviance, x, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-7})
        for x in starts
    ]
    best = min(fits, key=lambda fit: float(fit.fun))
    advance, pace_sd, loss = unpack(best.x)
    freedom = len(wins) - 1 - len(best.x)
    p_value = float(chi2.sf(best.fun, freedom))
    return {
        "stages": stages, "advance": advance, "pace_sd": pace_sd, "loss": loss,
        "deviance": float(best.fun), "degrees_of_freedom": freedom, "p_value": p_value,
    }  # fmt: skip


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return round(value, 5) if isinstance(value, float) else value


def wins_by_bin(leads: pd.DataFrame) -> Floats:
    """Wins between one horizon and the next."""
    days = leads["days"].to_numpy(np.float64)
    return np.diff([float((days <= day).sum()) for day in HORIZONS], prepend=0.0)


def fit(leads: pd.DataFrame) -> dict[str, object]:
    """The whole of fitted.json from the January-March leads, unrounded."""
    days = leads["days"].to_numpy(np.float64)
    wins = wins_by_bin(leads)
    tried = [fit_timing(stages, loss, wins) for stages in (1, 2, 3, 4) for loss in (False, True)]
    fitting = [fit for fit in tried if fit["loss"] == 0 and fit["p_value"] > 0.05]
    chosen = fitting[0] if fitting else min(tried, key=lambda fit: fit["deviance"])
    stages, advance, pace_sd, loss = (chosen[name] for name in ("stages", "advance", "pace_sd", "loss"))
    timing = decided(int(stages), advance, pace_sd, loss, last=reviews_within(228))
    by = dict(zip(HORIZONS, timing[REVIEWS], strict=True))

    origins, errors = {}, {}
    for name, group in leads.groupby("origin"):
        curve = empirical_curve(group)
        p = curve[180] / float(by[180])
        won = int((group["days"] <= 180).sum())
        origins[str(name)] = {"leads": len(group), "wins_by_180": won, "decision_probability": p}
        errors[str(name)] = max(abs(p * float(by[day]) - curve[day]) for day in HORIZONS)
    overall = empirical_curve(leads)
    gaps = [float(by[day] / by[180]) - overall[day] / overall[180] for day in HORIZONS]
    calendar_days = (leads["contact"].max() - leads["contact"].min()).days + 1
    return {
        "source": 'Olist and A. Sionek, "Marketing Funnel by Olist", Kaggle, 2018, CC BY-NC-SA 4.0 '
        "(licence from memory, not re-verified); derived numbers only",
        "reproduce": "python benchmarks/olist/fit.py --data FOLDER",
        "calibrated_on": "first contacts 2018-01-01..2018-03-31, wins binned at days 7, 14, 30, 60, 90, 180",
        "leads": len(leads),
        "calendar_days": calendar_days,
        "leads_per_calendar_day": len(leads) / calendar_days,
        "business_days_per_calendar_day": "5/7, a horizon rounded down to whole business days",
        "review_every_business_days": 1,
        "response_delay_business_days": 0,
        "stages": stages,
        "advance": [advance] * int(stages),
        "loss": [loss] * int(stages),
        "pace_sd": pace_sd,
        "origins": origins,
        "fit": {
            "deviance": chosen["deviance"],
            "degrees_of_freedom": chosen["degrees_of_freedom"],
            "p_value": chosen["p_value"],
            "max_abs_error_of_winners_cdf": max(map(abs, gaps)),
            "max_abs_error_of_conversion": max(map(abs, gaps)) * overall[180],
            "max_abs_error_of_conversion_by_origin": errors,
            "share_decided_by_180": float(by[180]),
            "wins_by_180": int((days <= 180).sum()),
            "wins_day_181_to_228_observed": int(((days > 180) & (days <= 228)).sum()),
            "wins_day_181_to_228_fitted": float((timing[-1] / by[180] - 1) * (days <= 180).sum()),
        },
        "tried": tried,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Fit the lead process to Jan-Mar 2018 Olist contacts.")
    parser.add_argument("--data", type=Path, help="data root, or the folder with the two CSV files")
    result = fit(in_period(cohorts(find_data(parser.parse_args().data)), "January-March"))
    FITTED.write_text(json.dumps(rounded(result), indent=2) + "\n", encoding="utf-8")
    print(f"wrote {FITTED.name}")
    for name in ("leads", "leads_per_calendar_day", "stages", "advance", "loss", "pace_sd", "origins", "fit", "tried"):
        print(f"{name}: {json.dumps(rounded(result[name]))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
