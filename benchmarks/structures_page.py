"""The page of where each structure wins. Every sentence with a result in it is made from the results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from structures_figures import WORDS, kind, name_of
from structures_grid import BOTH_ENDS, Point, Setting, ranges, settings, shown
from structures_runs import Contest, Runs, Trial, Values, arms, centre_of, closest, contests, programme_worth

from orgsim.experiments.attribution import Attribution
from orgsim.experiments.statistics import Estimate, holm, paired

TITLES = {"merged": "merged", "separate": "separate", "cro": "CRO"}
GRACE = 1e-9
Trials = Mapping[str, Sequence[Trial]]
Searched = Mapping[str, Mapping[str, Sequence[Trial]]]  # claim -> "elsewhere" or "beyond" -> what was tried


def money(found: Estimate, scale: float = 1e-3) -> str:
    """A difference in k€ a year with its interval."""
    if found.high - found.low <= GRACE * max(1.0, abs(found.mean)):
        return f"{found.mean * scale:+,.0f}"
    return f"{found.mean * scale:+,.0f} [{found.low * scale:+,.0f}, {found.high * scale:+,.0f}]"


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def verdict(contest: Contest) -> str:
    """Who leads, or who is still in the race."""
    if contest.leader:
        return f"**{TITLES[kind(contest.leader)]}**"
    return "not separated: " + ", ".join(TITLES[kind(arm)] for arm in contest.ahead)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def performances() -> list[str]:
    """The figures of performance in words, as headings."""
    return [WORDS[metric].capitalize() for metric in ranges()["metrics"]]


# The summary -------------------------------------------------------------------------------------------------------


def summary(runs: Runs, trials: Trials, searched: Searched) -> Iterator[str]:
    """What to read if one reads nothing else."""
    decisive, against, names = ranges()["decisive"], ranges()["against"], ranges()["arms"]
    parts = []
    for setting in BOTH_ENDS:
        values = runs[Point(()), setting]
        said = [f"{title} {money(paired(values[arm][decisive], values[against][decisive]))}"
                for arm, title in names.items() if arm != against]  # fmt: skip
        parts.append(f"{name_of(setting)}: {', '.join(said)}")
    yield (f"**At the baseline**, {WORDS[decisive]}, difference to {TITLES[against]} heads in k€ a year "
           f"[95 % interval]: {'; '.join(parts)}.")  # fmt: skip
    yield ""
    counted: Counter[str] = Counter()
    for setting in settings():
        found = contests(runs, setting, decisive)
        counted.update(kind(c.leader) if c.leader else "none" for c in found.values())
    led = [f"{TITLES[arm]} leads beyond luck in {counted[arm]}" for arm in TITLES]
    yield (f"**Over all ranges** ({WORDS[decisive]}; {counted.total()} contests of a merged director, separate heads "
           f"and a CRO, by point, background, start and budget): {', '.join(led)}; in {counted['none']} the best is "
           "not separated from the next.")  # fmt: skip
    for claim, rules in ranges()["claims"].items():
        yield ""
        yield region(claim, rules, trials[claim], searched.get(claim, {}))


def region(
    claim: str, rules: Mapping[str, Any], trials: Sequence[Trial], searched: Mapping[str, Sequence[Trial]]
) -> str:
    """Whether a claim's region exists, where, or which parameter would have to move."""
    decisive, names = ranges()["decisive"], ranges()["arms"]
    held = [trial for trial in trials if trial.holds]
    by_metric = [f"{sum(t.metric == m for t in held)} of {sum(t.metric == m for t in trials)} on {WORDS[m]}"
                 for m in ranges()["metrics"]]  # fmt: skip
    text = f"**\"{rules['title'].capitalize()}\"** ({rules['source']}): holds beyond luck in {listed(by_metric)}. "
    here = [trial for trial in held if trial.metric == decisive]
    if here:
        strongest = max(here, key=lambda t: abs(t.difference.mean))
        often = Counter(str(t.place) for t in here).most_common(6)
        return text + (
            f"The region exists: on {WORDS[decisive]} most often at {listed([f'{name} ({n})' for name, n in often])}. "
            f"Strongest: {strongest.place}, {names[strongest.arm]}, {name_of(strongest.setting)}: "
            f"{money(strongest.difference)} k€ a year."
        )
    near = closest(claim, (t for t in trials if t.metric == decisive))
    text += (
        f"On {WORDS[decisive]} the region is **empty within the ranges** of the factors. Closest: {near.place}, "
        f"{names[near.arm]}, {name_of(near.setting)}: {money(near.difference)} k€ a year; what is missing there is "
        f"{near.weakest} (p {near.p_value:.2g} before correction). "
    )
    text += " ".join(moved(claim, where, tried) for where, tried in searched.items() if where != "looks")
    return text + afterwards(searched.get("looks", ()))


def afterwards(tried: Sequence[Trial]) -> str:
    """What several parameters at once bring about, each inside its range: thought of after the run."""
    if not tried:
        return ""
    did = [f"{t.place[0]} ({money(t.difference)} k€ a year)" for t in tried if t.holds]
    count = len({t.place[0] for t in tried})
    head = f" Looked at afterwards, {count} settings of several parameters inside their ranges: "
    return head + (f"the claim holds with {'; '.join(did)}." if did else "the claim holds in none.")


def moved(claim: str, where: str, tried: Sequence[Trial]) -> str:
    """What came of moving one parameter that is none of the factors, or of moving one out of its range."""
    words = {"elsewhere": "none of the factors, moved to an end of its range",
             "beyond": "moved out of its range"}[where]  # fmt: skip
    did = {trial.place[0]: trial for trial in reversed(tried) if trial.holds}
    if did:
        which = [f"`{path}` at {t.place[1]:g} instead of {shown(centre_of(path))} ({money(t.difference)} k€ a year)"
                 for path, t in did.items()]  # fmt: skip
        return f"One parameter, {words}, brings it about: {listed(which)}."
    nearest = closest(claim, tried)
    return (
        f"No single one of {len({t.place[0] for t in tried})} parameters, {words}, brings it about; closest is "
        f"`{nearest.place[0]}` at {nearest.place[1]:g} ({money(nearest.difference)} k€ a year; missing: "
        f"{nearest.weakest}, p {nearest.p_value:.2g} before correction). Combinations were not tried."
    )


# Tables ------------------------------------------------------------------------------------------------------------


def at_baseline(runs: Runs) -> Iterator[str]:
    """All arms at the baseline against separate heads."""
    against, point = ranges()["against"], Point(())
    rows = []
    others = [arm for arm in arms() if arm != against]
    keys = [(setting, arm, metric) for setting in settings() for arm in others for metric in ranges()["metrics"]]
    found = {(s, a, m): paired(runs[point, s][a][m], runs[point, s][against][m]) for s, a, m in keys}
    adjusted = dict(zip(keys, holm([found[key].p_value for key in keys]), strict=True))
    for setting in settings():
        for arm in others:
            cells = [
                money(found[setting, arm, m]) + ("*" if adjusted[setting, arm, m] < ranges()["level"] else "")
                for m in ranges()["metrics"]
            ]
            rows.append([*setting, ranges()["arms"][arm], *cells])
    yield from table(["Start", "Budget", "Structure", *performances()], rows)
    yield (f"k€ a year against separate heads, mean [95 % interval]; * beyond luck at {100 * ranges()['level']:g} % "
           f"after Holm's correction over the {len(keys)} differences of this table.")  # fmt: skip
    yield ""


def by_level(runs: Runs, metric: str) -> Iterator[str]:
    """Who leads at every point, under both ends of the settings."""
    backgrounds = list(ranges()["backgrounds"])
    found = {setting: contests(runs, setting, metric) for setting in BOTH_ENDS}
    rows = []
    for point in dict.fromkeys(point for point, setting in runs if setting == BOTH_ENDS[0]):
        cells = [verdict(found[setting][point, b]) for setting in BOTH_ENDS for b in backgrounds]
        rows.append([str(point), *cells])
    heads = [f"{setting[0]}, {setting[1]}: {b}" for setting in BOTH_ENDS for b in backgrounds]
    yield from table(["Point", *heads], rows)


def counts(runs: Runs) -> Iterator[str]:
    """In how many points each structure leads, by metric, setting and background."""
    rows = []
    for metric in ranges()["metrics"]:
        for setting in settings():
            found = contests(runs, setting, metric)
            for background in ranges()["backgrounds"]:
                mine = [c for (_, b), c in found.items() if b == background]
                tally = Counter(kind(c.leader) if c.leader else "none" for c in mine)
                rows.append([WORDS[metric], *setting, background, str(len(mine)),
                             *(str(tally[arm]) for arm in TITLES), str(tally["none"])])  # fmt: skip
    heads = ["Performance", "Start", "Budget", "Merged director bred in", "Points", "merged leads", "separate leads",
             "CRO leads", "not separated"]  # fmt: skip
    yield from table(heads, rows)


def claims(trials: Trials, searched: Searched) -> Iterator[str]:
    """Where each claim holds, by metric and setting."""
    names = ranges()["arms"]
    for claim, rules in ranges()["claims"].items():
        yield f"### {rules['title'].capitalize()}"
        yield ""
        who = names[rules["arms"][0]] if len(rules["arms"]) == 1 else "a merged director of any background"
        asked = (f"Asked for: {who} {rules['performance']} {ranges()['against']} heads in performance "
                 f"({', '.join(WORDS[m] for m in ranges()['metrics'])}: one at a time)")  # fmt: skip
        if "marketing" in rules:
            asked += f"; and {' or '.join(f'`{name}`' for name in rules['marketing'])} lower, none of them higher"
        yield f"{asked}. Source: {rules['source']}."
        yield ""
        rows = []
        for metric in ranges()["metrics"]:
            for setting in settings():
                mine = [t for t in trials[claim] if t.metric == metric and t.setting == setting]
                held = [f"{t.place} ({names[t.arm]})" for t in mine if t.holds]
                where = held if len(held) <= 6 else [*held[:5], f"{len(held) - 5} more"]
                rows.append([WORDS[metric], *setting, f"{len(held)} of {len(mine)}",
                             listed(where) if held else "nowhere"])  # fmt: skip
        yield from table(["Performance", "Start", "Budget", "Holds at", "Where"], rows)
        for where, tried in searched.get(claim, {}).items():
            if where == "looks":
                yield from look_table(tried)
                continue
            what = {"elsewhere": "Parameters that are none of the factors, at the ends of their ranges",
                    "beyond": "Parameters outside their ranges"}[where]  # fmt: skip
            yield (f"{what}, one at a time ({name_of(('today', 'free'))}, {WORDS[ranges()['decisive']]}):")  # fmt: skip
            yield ""
            rows = [
                [f"`{t.place[0]}`", shown(centre_of(t.place[0])), f"{t.place[1]:g}", names[t.arm],
                 money(t.difference), "holds" if t.holds else f"no ({t.weakest}, p {t.p_value:.2g})"]
                for t in tried
            ]  # fmt: skip
            yield from table(["Parameter", "Baseline", "Tried", "Structure", "k€ a year", "Claim"], rows)


def look_table(tried: Sequence[Trial]) -> Iterator[str]:
    """What was looked at afterwards, in full."""
    yield ("Looked at afterwards, several parameters at once, each inside its range "
           "(`benchmarks/structures/looks.toml`; corrected over this table, but nothing of it was foreseen):"
           )  # fmt: skip
    yield ""
    rows = []
    for t in tried:
        sets = ", ".join(f"`{path}` {shown(value)}" for path, value in t.place[1].items()) or "as shipped"
        rows.append([t.place[0], sets, ranges()["arms"][t.arm], money(t.difference),
                     "holds" if t.holds else f"no ({t.weakest}, p {t.p_value:.2g})"])  # fmt: skip
    yield from table(["Setting", "Parameters", "Structure", "k€ a year", "Claim"], rows)


def worth(runs: Runs) -> Iterator[str]:
    """What a euro of programme brings, told by equal against free budgets."""
    rows = []
    for (start, arm), (moved_to, soon, late) in programme_worth(runs).items():
        cells = [f"{e.mean:.2f} [{e.low:.2f}, {e.high:.2f}]" for e in (soon, late)]
        rows.append([start, ranges()["arms"][arm], f"{moved_to / 1000:+,.0f}", *cells])
    yield ("Equal budgets move what leaders cost less than today's to programme, and what they cost more from it. The "
           "two settings together tell what a euro of programme brings back in gross margin at the baseline; "
           "where that is below 1, neglected marketing saves money, and a claim that neglect harms performance "
           "has little to stand on.")  # fmt: skip
    yield ""
    head = ["Start", "Structure", "Moved to programme, k€ a year", "€ of margin for each, in the horizon",
            "with the run-off"]  # fmt: skip
    yield from table(head, rows)


def attribution(found: Sequence[Attribution]) -> Iterator[str]:
    """Shapley shares at the baseline."""
    first, names = found[0], ranges()["arms"]
    rows = []
    frames = [one.frame().set_index("group") for one in found]
    for group in first.groups:
        cells = []
        for one, frame in zip(found, frames, strict=True):
            mark = "*" if frame.loc[group, "p_adjusted"] < ranges()["level"] else ""
            cells.append(money(one.share(group), 1e-3 / one.scenario.time.years) + mark)
        rows.append([group, frames[0].loc[group, "primitives"], *cells])
    rows.append(["**all**", "", *(money(one.effect, 1e-3 / one.scenario.time.years) for one in found)])
    yield from table(["Group", "Primitives", *(names.get(one.structure, one.structure) for one in found)], rows)
    yield (f"Share of the effect on {WORDS.get(first.metric, first.metric)} against {first.against} heads at the "
           f"baseline, k€ a year [95 % interval], {first.replicates} worlds, {name_of((first.start, first.budget))}; "
           "shares sum to the effect. * beyond luck after Holm's correction within a column.")  # fmt: skip
    yield ""


def signs(found: Mapping[Setting, Values]) -> Iterator[str]:
    """What is left when the assumed parameters are drawn."""
    against = ranges()["against"]
    rows = []
    for setting, values in found.items():
        for arm in (name for name in arms() if name != against):
            cells = []
            for metric in ranges()["metrics"]:
                e = paired(values[arm][metric], values[against][metric])
                kept = e.better if e.mean > 0 else 1 - e.better
                cells.append(f"{money(e)}; {100 * kept:.0f} %")
            rows.append([*setting, ranges()["arms"][arm], *cells])
    yield from table(["Start", "Budget", "Structure", *performances()], rows)


def varied(worlds: int) -> Iterator[str]:
    """Ranges, and what counts as an answer."""
    rules, names = ranges(), WORDS
    rows = [[f"`{name}`", f["title"], ", ".join(shown(level) for level in f["levels"]) + f" {f['unit']}".rstrip(),
             shown(f["centre"]), f["source"]] for name, f in rules["factors"].items()]  # fmt: skip
    yield from table(["Factor", "What", "Levels", "Baseline", "Why this range"], rows)
    yield (f"Ranges, arms, claims and tests stand in `benchmarks/structures/ranges.toml`, written before anything was "
           f"run. Seed {rules['seed']}, {worlds} worlds a point ({rules['replicates_big']} of firms above "
           f"{rules['big']:,} accounts); all arms of a point share their worlds, so differences are paired. The "
           f"background of the merged director is a factor too: "
           f"{listed([f'{b} (`{arm}`)' for b, arm in rules['backgrounds'].items()])}.")  # fmt: skip
    yield ""
    yield (f"Performance: {listed([names[m] for m in rules['metrics']])}, k€ a year of the horizon; decisive is "
           f"{names[rules['decisive']]}. A structure *leads* where it beats both others with an error rate of "
           f"{100 * rules['level']:g} % for all comparisons of a map together (Holm over all pairs at all points of a "
           "setting); else the answer is *not separated*, with those that no other beats. A claim is judged with the "
           f"same error rate over all its points, settings and figures of performance.")  # fmt: skip
    yield ""
    yield ("All effects of structure rest on assumed parameters (`orgsim parameters`, `docs/sources.md`): no data set "
           "at hand varies structure. Intervals hold luck only; the last section also draws the assumed "
           "parameters.")  # fmt: skip
    yield ""


# The page ----------------------------------------------------------------------------------------------------------


def page(
    runs: Runs, trials: Trials, searched: Searched, found: Sequence[Attribution], uncertain: Mapping[Setting, Values],
    command: str, images: Mapping[str, str], *, quick: bool,
) -> str:
    """The whole page; images: paths of the figures as the page links them."""
    rules = ranges()

    def worlds(values: Values) -> int:
        return len(values[rules["against"]][rules["decisive"]])

    look = ["**A quick look, not a result: few points and few worlds.**", ""] if quick else []
    pairs = [f"![Two factors at a time]({images['slices']})", ""] if "slices" in images else []
    lines = [
        "# Where each structure wins", "",
        "Merged director, separate heads or a Chief Revenue Officer: which leads where, when nothing but leaders, "
        "rights, information, delays and attention differs. This page is printed as a whole by", "",
        f"    {command}", "", *look,
        "## Summary", "", *summary(runs, trials, searched), "",
        "## What was varied", "", *varied(worlds(next(iter(runs.values())))),
        "## At the baseline", "", *at_baseline(runs),
        "### What programme is worth", "", *worth(runs),
        "## Where each leads", "",
        f"![Map of leading structures]({images['map']})", "",
        f"![Differences by factor]({images['differences']})", "", *pairs,
        "Number of points at which each leads beyond luck:", "", *counts(runs),
        f"By point, {WORDS[rules['decisive']]} (columns: start, budget: background of the merged director):", "",
        *by_level(runs, rules["decisive"]),
        "## The claims", "", *claims(trials, searched),
        "## Where effects come from", "",
        f"![Shapley shares]({images['shares']})", "", *attribution(found),
        "`orgsim attribute` gives the same for any firm, structure and figure; [odd.md](odd.md) says what each "
        "primitive does.", "",
        "## With the assumed parameters drawn", "",
        f"The baseline with the assumed parameters drawn from their ranges anew in each of "
        f"{worlds(next(iter(uncertain.values())))} worlds: mean difference to separate heads, k€ a year "
        "[95 % interval], and the share of draws that keep its sign.", "", *signs(uncertain),
    ]  # fmt: skip
    return "\n".join(lines).rstrip("\n") + "\n"
