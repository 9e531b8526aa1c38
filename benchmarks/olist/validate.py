"""Check the fitted lead process on the April-May 2018 contacts of the Olist marketing funnel.

Data: Olist and A. Sionek, "Marketing Funnel by Olist", Kaggle, 2018, CC BY-NC-SA 4.0 (licence from memory,
not re-verified).  The rows stay outside this repository: only counts, shares and scores are printed.
Cohorts are held out, not calendar time: the January-March outcomes used run to September 2018.

    python benchmarks/olist/validate.py --data FOLDER --replicates 400 > tables.md
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Curve = dict[int, float]  # calendar day -> share converted by then

HERE = Path(__file__).resolve().parent
FITTED = HERE / "fitted.json"
LEADS = "olist_marketing_qualified_leads_dataset.csv"
DEALS = "olist_closed_deals_dataset.csv"
HORIZONS = (7, 14, 30, 60, 90, 180)  # calendar days since first contact
LAST_DAY = pd.Timestamp("2018-11-14")  # last recorded win: outcomes after it are censored
SEED = 20180401
RESAMPLES = 4000
PERIODS = {
    "January-March": ("2018-01-01", "2018-03-31"),
    "April": ("2018-04-01", "2018-04-30"),
    "May": ("2018-05-01", "2018-05-31"),
    "April-May": ("2018-04-01", "2018-05-31"),
}


def find_data(given: Path | None) -> Path:
    """Folder with the two CSV files: `given` or the default data root, either itself or its olist_funnel."""
    root = given or Path(os.environ.get("ORGSIM_DATA") or HERE.parents[1].parent / "shared" / "data")
    folder = root if (root / LEADS).is_file() else root / "olist_funnel"
    missing = [name for name in (LEADS, DEALS) if not (folder / name).is_file()]
    if missing:
        print(f"Olist data not found: no {' or '.join(missing)} in {folder} (use --data)", file=sys.stderr)
        raise SystemExit(2)
    return folder


def cohorts(folder: Path) -> pd.DataFrame:
    """One row per lead: contact date, origin and calendar days from contact to win (inf if never won).

    A missing origin (60 leads in all) joins those the publisher labels "unknown".  One win recorded before
    its first contact counts as won on day 0.
    """
    leads = pd.read_csv(folder / LEADS, usecols=["mql_id", "first_contact_date", "origin"])
    deals = pd.read_csv(folder / DEALS, usecols=["mql_id", "won_date"])
    joined = leads.merge(deals, on="mql_id", how="left", validate="one_to_one")
    contact = pd.to_datetime(joined["first_contact_date"])
    days = (pd.to_datetime(joined["won_date"]).dt.normalize() - contact).dt.days
    origin = joined["origin"].fillna("unknown")
    return pd.DataFrame({"contact": contact, "origin": origin, "days": days.clip(lower=0).fillna(np.inf)})


def in_period(leads: pd.DataFrame, period: str) -> pd.DataFrame:
    first, last = PERIODS[period]
    return leads[leads["contact"].between(pd.Timestamp(first), pd.Timestamp(last))]


def followed(leads: pd.DataFrame, day: int) -> pd.DataFrame:
    """The leads whose outcome `day` days after contact is known (day 180: contacts up to 2018-05-18)."""
    return leads[leads["contact"] + pd.Timedelta(days=day) <= LAST_DAY]


def empirical_curve(leads: pd.DataFrame) -> Curve:
    """Share of leads converted by each horizon, among those followed that long."""
    return {day: float((followed(leads, day)["days"] <= day).mean()) for day in HORIZONS}


def empirical_curves(leads: pd.DataFrame) -> dict[str, Curve]:
    return {str(origin): empirical_curve(group) for origin, group in leads.groupby("origin")}


def reviews_within(day: int, every: int = 1, delay: int = 0) -> int:
    """Reviews within `day` calendar days: whole business days (5/7), less the delay, one per `every`."""
    return max(0, day * 5 // 7 - delay) // every


def simulated_curves(replicates: int) -> dict[str, Curve]:
    """Predicted conversion by origin: simulate the fitted process for the Jan-Mar leads `replicates` times.

    A lead keeps one pace.  At each business day's review it is lost with probability l, else it advances
    with probability 1 - (1 - a) ** exp(pace_sd * z); leaving the last stage wins with its origin's p.
    """
    fitted: dict[str, Any] = json.loads(FITTED.read_text(encoding="utf-8"))
    every, delay = fitted["review_every_business_days"], fitted["response_delay_business_days"]
    reviews = {day: reviews_within(day, every, delay) for day in HORIZONS}
    rng = np.random.default_rng(SEED)
    curves: dict[str, Curve] = {}
    for origin, entry in fitted["origins"].items():
        size = int(entry["leads"]) * replicates
        pace = np.exp(fitted["pace_sd"] * rng.standard_normal(size))
        taken = np.zeros(size, dtype=np.int64)
        won = rng.random(size) < entry["decision_probability"]
        for advance, loss in zip(fitted["advance"], fitted["loss"], strict=True):
            stay = (1 - loss) * (1 - advance) ** pace
            taken += rng.geometric(1 - stay)
            won &= rng.random(size) < (1 - loss - stay) / (1 - stay)
        curves[str(origin)] = {day: float((won & (taken <= n)).mean()) for day, n in reviews.items()}
    return curves


def brier(predicted: Floats, outcome: Floats) -> Floats:
    """Per-lead squared error; its mean is the Brier score."""
    return np.asarray((predicted - outcome) ** 2, dtype=np.float64)


def bootstrap(losses: Floats) -> Floats:
    """Means of every column over resampled leads, one row per resample (same resamples for all columns)."""
    rng = np.random.default_rng(SEED)
    n = len(losses)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    return np.asarray(counts @ losses / n, dtype=np.float64)


def wilson(wins: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    share = wins / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(centre - half), float(centre + half)


def predictions(leads: pd.DataFrame, curves: dict[str, Curve], day: int) -> Floats:
    shares = {origin: curve[day] for origin, curve in curves.items()}
    return np.asarray(leads["origin"].map(shares), dtype=np.float64)


def overall_table(leads: pd.DataFrame, methods: dict[str, dict[str, Curve]]) -> list[str]:
    head = ["contacts", "day", "leads", "observed %", "95 % interval", *methods, "model - observed"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for period in PERIODS:
        for day in HORIZONS:
            group = followed(in_period(leads, period), day)
            wins = int((group["days"] <= day).sum())
            low, high = wilson(wins, len(group))
            expected = [float(predictions(group, curves, day).mean()) for curves in methods.values()]
            share = wins / len(group)
            cells = [period, str(day), str(len(group)), f"{share:.2%}", f"{low:.2%} to {high:.2%}"]
            cells += [f"{value:.2%}" for value in expected]
            cells += [f"{100 * (expected[0] - share):+.2f}" + miss(expected[0], low, high)]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def miss(value: float, low: float, high: float) -> str:
    return "" if low <= value <= high else " *"


def origin_table(leads: pd.DataFrame, curves: dict[str, Curve]) -> list[str]:
    """Observed / predicted percent by origin and day; a star as in overall_table."""
    lines = ["| origin | leads | " + " | ".join(f"day {day}" for day in HORIZONS) + " |"]
    lines.append("|" + "---|" * (len(HORIZONS) + 2))
    for origin, curve in sorted(curves.items()):
        own = leads[leads["origin"] == origin]
        cells = []
        for day in HORIZONS:
            group = followed(own, day)
            wins = int((group["days"] <= day).sum())
            star = miss(curve[day], *wilson(wins, len(group)))
            cells.append(f"{100 * wins / len(group):.1f} / {100 * curve[day]:.1f}{star}")
        lines.append(f"| {origin} | {len(own)} | " + " | ".join(cells) + " |")
    return lines


def brier_table(leads: pd.DataFrame, methods: dict[str, dict[str, Curve]]) -> list[str]:
    """Brier score of each method, then model minus each baseline, with 95 % bootstrap intervals."""
    names = list(methods)
    head = ["contacts", "day", "leads", *names, *(f"model - {name}" for name in names[1:])]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for period in ("April", "May", "April-May"):
        for day in HORIZONS:
            group = followed(in_period(leads, period), day)
            outcome = np.asarray(group["days"] <= day, dtype=np.float64)
            losses = np.column_stack([brier(predictions(group, c, day), outcome) for c in methods.values()])
            columns = np.column_stack([losses, losses[:, :1] - losses[:, 1:]])
            ends = np.quantile(bootstrap(columns), [0.025, 0.975], axis=0)
            cells = [period, str(day), str(len(group))]
            for k, value in enumerate(columns.mean(axis=0)):
                scale, spec = (1.0, ".4f") if k < len(names) else (1e4, "+.1f")
                low, high = scale * ends[:, k]
                cells.append(f"{scale * value:{spec}} ({low:{spec}} to {high:{spec}})")
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Check predicted conversion of April-May 2018 Olist leads.")
    parser.add_argument("--data", type=Path, help="data root, or the folder with the two CSV files")
    parser.add_argument("--replicates", type=int, default=400)
    options = parser.parse_args()
    leads = cohorts(find_data(options.data))
    fitted_on = in_period(leads, "January-March")
    model = simulated_curves(options.replicates)
    pooled = empirical_curve(fitted_on)
    by_origin = empirical_curves(fitted_on)
    methods = {"model": model, "pooled curve": dict.fromkeys(model, pooled), "per-origin curves": by_origin}
    print("### Conversion since first contact\n")
    print("January-March is the calibration sample.  * marks a model share outside the 95 % interval of the")
    print(
        "observed one (which leaves out the error of the calibration sample).  Day 180 takes only contacts up"
    )
    print("to 2018-05-18; later ones are censored.  The last column is in percentage points.\n")
    print("\n".join(overall_table(leads, methods)))
    for period in PERIODS:
        print(f"\n### By origin, {period} contacts: observed / model, percent\n")
        print("\n".join(origin_table(in_period(leads, period), model)))
    print("\n### Brier score per lead (lower is better)\n")
    print(f"95 % intervals from {RESAMPLES} resamples of leads; differences are x 10,000, negative where the")
    print("model is better.\n")
    print("\n".join(brier_table(leads, methods)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
