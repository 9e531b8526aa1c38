"""Check the shipped scenario `olist` on the April-May 2018 contacts of the Olist marketing funnel.

Data: Olist and A. Sionek, "Marketing Funnel by Olist", Kaggle, 2018, CC BY-NC-SA 4.0 (licence from memory,
not re-verified).  The rows stay outside this repository: only counts, shares and scores are printed.
Cohorts are held out, not calendar time: the January-March outcomes used run to September 2018.

    python benchmarks/olist/validate.py --data FOLDER                       (prints the tables as Markdown)
    python benchmarks/olist/validate.py --data FOLDER --into docs/olist.md  (puts them between its two marks)
"""

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import orgsim

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
MARKS = ("<!-- tables: begin -->", "<!-- tables: end -->")
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


def reviews_within(day: int) -> int:
    """Daily reviews within `day` calendar days: whole business days at 5/7."""
    return day * 5 // 7


def decided(stages: int, advance: float, pace_sd: float, loss: float, last: int) -> Floats:
    """Share of leads that have left the last stage, unlost, by review 0, 1, ..., last (exact over the pace)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    stay = (1 - advance) ** np.exp(pace_sd * nodes)
    at = np.zeros((stages + 1, nodes.size))
    at[0] = 1.0
    shares = [0.0]
    for _ in range(last):
        kept = at[:-1] * (1 - loss)
        at[:-1] = kept * stay
        at[1:] += kept * (1 - stay)
        shares.append(float(at[-1] @ weights / weights.sum()))
    return np.array(shares)


def read_fitted() -> dict[str, Any]:
    fitted: dict[str, Any] = json.loads(FITTED.read_text(encoding="utf-8"))
    return fitted


def fitted_curves() -> dict[str, Curve]:
    """Conversion by origin of the fitted process itself, exact."""
    fitted = read_fitted()
    by = decided(fitted["stages"], fitted["advance"][0], fitted["pace_sd"], fitted["loss"][0], reviews_within(180))
    return {
        origin: {day: float(entry["decision_probability"] * by[reviews_within(day)]) for day in HORIZONS}
        for origin, entry in fitted["origins"].items()
    }


@dataclass(frozen=True)
class Simulated:
    """Leads by replicate and origin, and those converted by each horizon, from runs of the shipped scenario."""

    origins: tuple[str, ...]
    leads: Floats  # replicate, origin
    converted: Floats  # replicate, origin, horizon
    converted_to_the_hour: Floats  # share by horizon, if times were counted to the hour instead of by date
    called_same_day: float  # share of leads called on the day they were created
    never_taken_up: float  # share that closed without becoming an opportunity: outside the fitted process

    def curves(self) -> dict[str, Curve]:
        shares = self.converted.sum(axis=0) / self.leads.sum(axis=0)[:, None]
        return {origin: dict(zip(HORIZONS, row.tolist(), strict=True)) for origin, row in zip(self.origins, shares)}

    def errors(self) -> Floats:
        """Standard errors between replicates of `curves`, by origin and horizon (a ratio of means)."""
        n = len(self.leads)
        shares = self.converted.sum(axis=0) / self.leads.sum(axis=0)[:, None]
        off = self.converted - shares * self.leads[:, :, None]
        return np.asarray(off.std(axis=0, ddof=1) / np.sqrt(n) / self.leads.mean(axis=0)[:, None])

    def pooled(self, weights: dict[str, int]) -> Floats:
        """Conversion of each replicate at each horizon with the origins weighted as given."""
        share = np.array([weights[origin] for origin in self.origins]) / sum(weights.values())
        shares = self.converted / np.maximum(self.leads, 1)[:, :, None]
        return np.asarray(np.einsum("o,roh->rh", share, shares))


def simulate(replicates: int, seed: int = SEED) -> Simulated:
    """Run the shipped scenario under today's structure and pay, and count conversion as in the data.

    A lead counts if it was created in the horizon, early enough that its 180 days end within it.  As in the
    data, time to a win is the difference of two dates, in whole business days: it is converted by calendar
    day D if at most floor(5 D / 7).
    """
    scenario = orgsim.load_scenario("olist")
    last = round(scenario.time.years * 260) - 1 - reviews_within(180)
    origins = tuple(segment.name for segment in scenario.market.segments)
    within = np.array([reviews_within(day) for day in HORIZONS])
    leads = np.zeros((replicates, len(origins)))
    converted = np.zeros((replicates, len(origins), len(HORIZONS)))
    strictly, same_day, missed = np.zeros(len(HORIZONS)), 0, 0
    for replicate in range(replicates):
        table = orgsim.run(scenario, seed=seed, replicate=replicate).leads
        created = np.floor(table["created"].to_numpy())
        counts = (created >= 0) & (created <= last)
        won = (table["outcome"] == "won").to_numpy()
        days = np.where(won, np.floor(table["closed"].to_numpy()) - created, np.inf)
        exact = np.where(won, (table["closed"] - table["created"]).to_numpy(), np.inf)[counts]
        strictly += [(exact <= reviews).sum() for reviews in within]
        same_day += int((np.floor(table["first_touch"].to_numpy()) == created)[counts].sum())
        missed += int((table["opportunity"].isna() & (table["outcome"] != "open"))[counts].sum())
        origin = table["segment"].cat.codes.to_numpy()
        leads[replicate] = np.bincount(origin[counts], minlength=len(origins))
        for k, reviews in enumerate(within):
            converted[replicate, :, k] = np.bincount(origin[counts & (days <= reviews)], minlength=len(origins))
    n = leads.sum()
    return Simulated(origins, leads, converted, strictly / n, same_day / n, missed / n)


def simulated_curves(replicates: int) -> dict[str, Curve]:
    """Predicted conversion by origin (a segment of the scenario), from `replicates` runs of the simulator."""
    return simulate(replicates).curves()


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
    head = ["contacts", "day", "leads", "observed %", "95 % interval", *methods, "model - observed", "errors off"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    fitted_on = in_period(leads, "January-March")
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
            basis = float((fitted_on["days"] <= day).mean())
            error = np.sqrt(share * (1 - share) / len(group) + basis * (1 - basis) / len(fitted_on))
            cells += ["" if period == "January-March" else f"{(expected[0] - share) / error:+.1f}"]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def miss(value: float, low: float, high: float) -> str:
    return "" if low <= value <= high else " \\*"


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
                star = " \\*" if k >= len(names) and (low > 0 or high < 0) else ""
                cells.append(f"{scale * value:{spec}} ({low:{spec}} to {high:{spec}}){star}")
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def data_table(leads: pd.DataFrame) -> list[str]:
    """Leads and wins by month of first contact: none is won before December 2017, whatever the month."""
    lines = ["| first contact | leads | won by 14 Nov 2018 | share | won by day 60 |", "|---|---|---|---|---|"]
    for month, group in leads.groupby(leads["contact"].dt.to_period("M")):
        won = np.isfinite(group["days"])
        early = (group["days"] <= 60).mean()
        lines.append(f"| {month} | {len(group)} | {won.sum()} | {won.mean():.1%} | {early:.1%} |")
    return lines


def fit_table(leads: pd.DataFrame) -> list[str]:
    """The fitted process on its own sample: all origins, then day 180 by origin with the chance to win."""
    fitted, curves = read_fitted(), fitted_curves()
    lines = ["| day | observed wins | fitted wins | observed % | fitted % |", "|---|---|---|---|---|"]
    for day in HORIZONS:
        wins, expected = int((leads["days"] <= day).sum()), float(predictions(leads, curves, day).sum())
        n = len(leads)
        lines.append(f"| {day} | {wins} | {expected:.1f} | {wins / n:.2%} | {expected / n:.2%} |")
    head = ["origin", "leads", "share of leads", "won by day 180", "chance to win in the end"]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for origin, entry in fitted["origins"].items():
        n, won = entry["leads"], entry["wins_by_180"]
        cells = [origin, str(n), f"{n / fitted['leads']:.2%}", f"{won} ({won / n:.1%})"]
        lines.append("| " + " | ".join([*cells, f"{entry['decision_probability']:.1%}"]) + " |")
    return lines


def simulator_table(simulated: Simulated) -> list[str]:
    """The simulator against the fitted process, origins weighted as in the January-March sample."""
    weights = {origin: int(entry["leads"]) for origin, entry in read_fitted()["origins"].items()}
    exact, curves = fitted_curves(), simulated.curves()
    runs = simulated.pooled(weights)
    errors = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    head = "| day | fitted process % | simulator % | difference, points | standard error, points |"
    lines = [head, "|---|---|---|---|---|"]
    differences = []
    for day, error in zip(HORIZONS, errors, strict=True):
        goal, got = (sum(n * c[o][day] for o, n in weights.items()) / sum(weights.values()) for c in (exact, curves))
        differences.append(100 * abs(got - goal))
        lines.append(f"| {day} | {goal:.2%} | {got:.2%} | {100 * (got - goal):+.3f} | {100 * error:.3f} |")
    by_origin = np.array([[curves[o][day] - exact[o][day] for day in HORIZONS] for o in simulated.origins])
    deviations = np.abs(by_origin) / simulated.errors()
    by_date = simulated.converted.sum(axis=(0, 1)) / simulated.leads.sum()
    by_hour = 100 * (simulated.converted_to_the_hour - by_date)
    worst = int(np.abs(by_origin).max(axis=1).argmax())
    lines += [
        "",
        f"Largest difference: {max(differences):.3f} points for all origins together; "
        f"{100 * np.abs(by_origin).max():.2f} points by origin ({simulated.origins[worst]}, "
        f"{int(simulated.leads[:, worst].sum())} simulated leads). Of {deviations.size} differences by origin and day "
        f"(the days of one origin go together), {int((deviations > 1.96).sum())} exceed 1.96 standard errors; "
        f"the largest is {deviations.max():.1f}.",
        "",
        f"{simulated.called_same_day:.1%} of the leads are called on the day they open; {simulated.never_taken_up:.2%} "
        "close without becoming an opportunity. Counting times to the hour instead of by date would change the curve "
        f"by {', '.join(f'{value:+.2f}' for value in by_hour)} points at the six horizons.",
    ]
    return lines


def report(leads: pd.DataFrame, simulated: Simulated) -> list[str]:
    fitted_on = in_period(leads, "January-March")
    model = simulated.curves()
    pooled = empirical_curve(fitted_on)
    by_origin = empirical_curves(fitted_on)
    methods = {"model": model, "pooled curve": dict.fromkeys(model, pooled), "per-origin curves": by_origin}
    lines = ["### Leads and wins by month", "", *data_table(leads), "", "### The fitted process, January-March", ""]
    lines += [*fit_table(fitted_on), "", "### The simulator against the fitted process", ""]
    lines += [
        f"{len(simulated.leads)} runs of `olist` under today's structure and pay, {int(simulated.leads.sum()):,} "
        "leads, origins weighted as in the January-March sample.",
        "",
        *simulator_table(simulated),
        "",
        "### Conversion since first contact, observed and predicted",
        "",
        "January-March is the calibration sample. \\* marks a model share outside the 95 % Wilson interval of the "
        "observed one (which leaves out the error of the calibration sample). Day 180 takes only contacts up to "
        "2018-05-18; later ones are censored. *model - observed* is in percentage points, *errors off* the same in "
        "standard errors of the observed share and the calibration sample's together.",
        "",
        *overall_table(leads, methods),
    ]
    for period in PERIODS:
        lines += ["", f"### By origin, {period} contacts: observed / model, percent", ""]
        lines += origin_table(in_period(leads, period), model)
    lines += [
        "",
        "### Brier score per lead (lower is better)",
        "",
        f"95 % intervals from {RESAMPLES} resamples of leads; the paired differences are x 10,000, negative where "
        "the model is better. \\* marks a difference whose interval excludes 0.",
        "",
        *brier_table(leads, methods),
    ]
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Check predicted conversion of April-May 2018 Olist leads.")
    parser.add_argument("--data", type=Path, help="data root, or the folder with the two CSV files")
    parser.add_argument("--replicates", type=int, default=200, help="runs of the simulator (at least 2)")
    parser.add_argument("--into", type=Path, help="put the tables between the two marks of this file")
    options = parser.parse_args()
    text = "\n".join(report(cohorts(find_data(options.data)), simulate(max(2, options.replicates))))
    if options.into is None:
        print(text)
        return 0
    document = options.into.read_text(encoding="utf-8")
    before, _, rest = document.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    if not rest or MARKS[1] not in document:
        print(f"{options.into} lacks the marks {MARKS[0]} and {MARKS[1]}", file=sys.stderr)
        return 2
    options.into.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
