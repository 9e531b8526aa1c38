"""The seeds' story, tested and not assumed, as a page in Markdown.

    python benchmarks/story.py --into docs/story.md [--quick] [--threads 2]

A sales-bred merged director in a firm that is hardly known outside its regular markets: awareness there, leads, contact
between transactions (D9 to D11), against a marketing-bred director, separate heads, and joint tasks. Settings stand in
story/settings.toml, written before anything was run.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from story_worlds import QUICK, Values, changed, mean_of, of_story, settings, shown, table, worlds

from orgsim.experiments.attribution import Attribution, attribute_all
from orgsim.experiments.statistics import Estimate, holm, paired
from orgsim.scenario.schema import Scenario

COMMAND = "python benchmarks/story.py --into docs/story.md"


class Figure(NamedTuple):
    """A figure on the page: heading, scale and decimals; `seed`: the mechanism of the seeds that it measures."""

    title: str
    scale: float = 1.0
    digits: int = 0
    seed: str = ""


OUTCOMES = {
    "awareness_outside_end": Figure("Awareness outside regular markets, %", 100, 2, "D9"),
    "leads_created": Figure("Leads a year", 1, 0, "D10"),
    "contact": Figure("Contact between transactions, % of need", 100, 1, "D11"),
}
PERFORMANCE = {
    "viable_leads": Figure("Viable leads a year"), "missed_demand_value": Figure("Missed demand, k€ a year", 1e-3),
    "lead_waste_share": Figure("Lead waste, %", 100, 1), "customers_end": Figure("Customers at the end"),
    "revenue_new": Figure("New revenue, k€ a year", 1e-3), "revenue_repeat": Figure("Repeat revenue, k€ a year", 1e-3),
    "profit_before_leaders": Figure("Profit before leaders' pay, k€ a year", 1e-3),
    "profit": Figure("Profit after leaders' pay, k€ a year", 1e-3),
    "value": Figure("Profit and run-off margin, k€ a year", 1e-3),
}
LEVERS = {
    "brand_share": Figure("Brand's share of programme, %", 100, 1), "brand_hours": Figure("Brand hours a year"),
    "activation_hours": Figure("Activation hours a year"), "threshold": Figure("Threshold, score", 1, 2),
    "care_hours": Figure("Reps' hours on customers a year"),
    "customer_hours": Figure("Reps' hours per customer and year", 1, 2),
}
ALL = OUTCOMES | PERFORMANCE | LEVERS
SHARED = {"awareness_outside_end": 100.0, "leads_created": 1.0, "profit": 1e-3}  # of attributed figures: scale
NAMES = {"merged": "merged, sales-bred", "merged_marketing": "merged, marketing-bred", "separate": "separate heads",
         "separate_joint": "separate heads with joint tasks"}  # fmt: skip
Case = tuple[str, str]  # variant, start


def firms() -> dict[str, Scenario]:
    """The story's firm as shipped but for its unknown segments, and with the seeds' own mechanisms switched on."""
    rules = settings()["story"]
    plain = changed(rules["firm"], rules["sets"], years=rules["years"])
    return {"shipped": plain, "mechanisms": plain.with_(**rules["mechanisms"])}


def differences(values: Mapping[str, Values], figures: Sequence[str]) -> dict[tuple[str, str], tuple[Estimate, float]]:
    """Every other structure less separate heads: estimate and p-value adjusted over the table (Holm)."""
    against = settings()["story"]["against"]
    keys = [(arm, name) for arm in values if arm != against for name in figures]
    found = {(arm, name): paired(values[arm][name], values[against][name]) for arm, name in keys}
    adjusted = holm([found[key].p_value for key in keys])
    return {key: (found[key], p) for key, p in zip(keys, adjusted, strict=True)}


def word(found: Estimate, p: float) -> str:
    """What a difference comes to."""
    if p >= settings()["level"]:
        return "not separated from luck"
    return "higher" if found.mean > 0 else "lower"


def summary(found: Mapping[Case, Mapping[str, Values]]) -> list[str]:
    """Each mechanism of the seeds against what came out, in sentences made from the results."""
    rules = settings()["story"]
    lines = []
    for (variant, start), values in found.items():
        tested = differences(values, list(ALL))
        said = []
        for name, figure in (OUTCOMES | {"value": PERFORMANCE["value"]}).items():
            estimate, p = tested["merged", name]
            seed = f" ({figure.seed})" if figure.seed else ""
            said.append(f"{figure.title.lower()}{seed}: {word(estimate, p)} "
                        f"({shown(estimate, figure.scale, figure.digits)})")  # fmt: skip
        harmed = [f.seed for name, f in OUTCOMES.items() if word(*tested["merged", name]) == "lower"]
        came = f"of D9 to D11, {', '.join(harmed)} came out" if harmed else "none of D9 to D11 came out"
        lines += [f"- **{variant_name(variant)}, start = {start}**: {came}. Sales-bred merged director less "
                  f"{NAMES[rules['against']]}: {'; '.join(said)}."]  # fmt: skip
    return lines


def why(found: Mapping[Case, Mapping[str, Values]], split: Mapping[str, Attribution]) -> list[str]:
    """The mechanism: the largest Shapley shares that are more than luck, and what contact is made of."""
    said = []
    for name, one in split.items():
        frame = one.frame()
        real = frame[frame["p_adjusted"] < settings()["level"]]
        order = real["share"].abs().sort_values(ascending=False, kind="stable").index[:3]
        figure, scale = ALL[name], scale_of(name, one)
        shares = [f"{real.loc[i, 'group']} {real.loc[i, 'share'] * scale:+,.{decimals(name)}f}" for i in order]
        total = shown(one.effect, scale, decimals(name))
        said.append(f"{figure.title.lower()} {total}: {', '.join(shares) or 'no share is more than luck'}")
    (variant, start), values = next(iter(found.items()))
    tested = differences(values, list(ALL))
    parts = []
    for name in ("care_hours", "customers_end", "contact"):
        estimate, p = tested["merged", name]
        parts.append(f"{ALL[name].title.lower()} {shown(estimate, ALL[name].scale, ALL[name].digits)}, "
                     f"{word(estimate, p)}")  # fmt: skip
    return [
        f"- **By which mechanism** (Shapley shares, largest first, those beyond luck): {'; '.join(said)}.",
        f"- **What contact is made of** ({variant_name(variant).lower()}, start = {start}): {'; '.join(parts)}. "
        "Contact falls where hours on customers do, and where the same hours are spread over more customers.", "",
    ]  # fmt: skip


def scale_of(name: str, one: Attribution) -> float:
    """What turns an attributed figure into the page's unit."""
    return SHARED[name] / (one.scenario.time.years if ALL[name].title.endswith("a year") else 1.0)


def decimals(name: str) -> int:
    """Decimals of an attributed figure."""
    return max(1, ALL[name].digits)


def variant_name(variant: str) -> str:
    """A variant in words."""
    return {"shipped": "As shipped", "mechanisms": "With the seeds' mechanisms on"}[variant]


def mechanism(values: Mapping[str, Values]) -> list[str]:
    """What the levers did, by structure."""
    rows = []
    for arm in values:
        cells = [shown(mean_of(values[arm][name]), f.scale, f.digits, sign=False) for name, f in LEVERS.items()]
        rows.append([NAMES[arm], *cells])
    return table(["Structure", *(f.title for f in LEVERS.values())], rows)


def outcomes(values: Mapping[str, Values], figures: Mapping[str, Figure]) -> list[str]:
    """Figures of separate heads, and the paired differences of the others."""
    against = settings()["story"]["against"]
    tested = differences(values, list(ALL))
    rows = []
    for name, figure in figures.items():
        cells = [shown(mean_of(values[against][name]), figure.scale, figure.digits, sign=False)]
        for arm in (one for one in values if one != against):
            estimate, p = tested[arm, name]
            cells.append(shown(estimate, figure.scale, figure.digits) + ("*" if p < settings()["level"] else ""))
        rows.append([f"{figure.title}{f' ({figure.seed})' if figure.seed else ''}", *cells])
    others = [f"{NAMES[arm]}: difference" for arm in values if arm != against]
    return table(["", NAMES[against], *others], rows)


def between_directors(values: Mapping[str, Values]) -> list[str]:
    """The sales-bred director less the marketing-bred one: background alone."""
    names = [*OUTCOMES, "value", "brand_share"]
    found = [paired(values["merged"][name], values["merged_marketing"][name]) for name in names]
    adjusted = holm([one.p_value for one in found])
    said = [f"{ALL[name].title.lower()} {shown(one, ALL[name].scale, ALL[name].digits)}, {word(one, p)}"
            for name, one, p in zip(names, found, adjusted, strict=True)]  # fmt: skip
    return [f"Background alone (sales-bred less marketing-bred director): {'; '.join(said)}.", ""]


def shares(found: Mapping[str, Attribution]) -> list[str]:
    """Shapley shares of what the merged director does to the attributed figures."""
    frames = {name: one.frame() for name, one in found.items()}
    rows = []
    for place, group in enumerate(next(iter(found.values())).groups):
        cells = []
        for name, one in found.items():
            mark = "*" if frames[name].loc[place, "p_adjusted"] < settings()["level"] else ""
            cells.append(shown(one.share(group), scale_of(name, one), decimals(name)) + mark)
        rows.append([group, *cells])
    rows.append(["**all**", *(shown(one.effect, scale_of(name, one), decimals(name)) for name, one in found.items())])
    return table(["Group", *(ALL[name].title for name in found)], rows)


def page(found: Mapping[Case, Mapping[str, Values]], split: Mapping[str, Attribution], *, quick: bool) -> str:
    """The whole page."""
    rules = settings()["story"]
    count = len(next(iter(next(iter(found.values()))["merged"].values())))
    sets = ", ".join(f"`{path}` {value:g}" for path, value in rules["sets"].items())
    switched = ", ".join(f"`{path}` {value:g}" for path, value in rules["mechanisms"].items())
    lines = [
        "# The seeds' story, tested", "",
        "The seed documents tell of a firm whose one sales-and-marketing director comes from sales: hardly known "
        "outside its regular markets (D9), few leads (D10), little contact between transactions (D11). Here a firm of "
        "that kind is run under that director, a marketing-bred one, separate heads, and separate heads with joint "
        "tasks. Nothing says beforehand who does worse. This page is printed as a whole by", "",
        f"    {COMMAND}", "",
    ]  # fmt: skip
    if quick:
        lines += ["**A quick look, not a result: few worlds.**", ""]
    lines += [
        "## What came out", "", *summary(found), *why(found, split),
        "## Settings", "",
        f"`benchmarks/story/settings.toml`, written before anything was run. Firm `{rules['firm']}` with {sets} "
        f"(unknown segments), {rules['years']} years, seed {settings()['seed']}, {count} worlds that all structures "
        f"share, pay `{settings()['pay']}`. start = own: each firm as it has long been; today: separate heads until "
        f"the first day. With the seeds' mechanisms on: {switched}. Contact is what reps and marketing give at the "
        "horizon's end, against what customers need; 100 % is today's.", "",
        f"Mean [95 % interval]; differences are paired; * beyond luck at {100 * settings()['level']:g} % after Holm's "
        "correction over all differences of a case. Every effect of structure rests on assumed parameters "
        "(`orgsim parameters`): no data set at hand varies structure. Intervals hold luck only.", "",
    ]  # fmt: skip
    for (variant, start), values in found.items():
        lines += [
            f"## {variant_name(variant)}, start = {start}", "", *outcomes(values, OUTCOMES | PERFORMANCE),
            *between_directors(values), "What leaders and staff did, by structure:", "", *mechanism(values),
        ]  # fmt: skip
    first = next(iter(split.values()))
    lines += [
        "## By which mechanism", "",
        f"Shapley shares of what the {NAMES[first.structure]} director changes against {NAMES[first.against]}, as "
        f"shipped, start = {first.start}, {first.replicates} worlds; they sum to the effect. * beyond luck after "
        "Holm's correction within a column. `orgsim attribute` gives the same for any figure.", "", *shares(split),
    ]  # fmt: skip
    return "\n".join(lines).rstrip("\n") + "\n"


def main() -> int:
    """Run the story and print the page, or write it to a file."""
    parser = argparse.ArgumentParser(description="The seeds' story, tested.")
    parser.add_argument("--quick", action="store_true", help="few worlds: a look, not a result")
    parser.add_argument("--threads", type=int, help="workers (default: all cores); changes no figure")
    parser.add_argument("--into", type=Path, help="file to write the page to; default standard output")
    options = parser.parse_args()
    rules, quick = settings()["story"], options.quick
    found = {
        (variant, start): worlds(scenario, rules["arms"], of_story, start=start, threads=options.threads,
                                 replicates=QUICK if quick else rules["replicates"])
        for variant, scenario in firms().items()
        for start in rules["starts"]
    }  # fmt: skip
    asked = rules["attributed"]
    shared = attribute_all(
        firms()["shipped"], (asked["structure"],), asked["metrics"][:1] if quick else asked["metrics"],
        against=rules["against"], pay=settings()["pay"], replicates=1 if quick else asked["replicates"],
        seed=settings()["seed"], workers=options.threads, start=rules["starts"][0],
    )  # fmt: skip
    split = {metric: one for (_, metric), one in shared.items()}
    text = page(found, split, quick=quick)
    if options.into is None:
        print(text, end="")
    else:
        options.into.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
