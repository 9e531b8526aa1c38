"""The page on mutation testing, from the runs that are kept and from what was judged of their survivors."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mutants import NOT_RULES
from score import RESULTS, table

JUDGED = Path(__file__).with_name("judged.toml")
COMMAND = "python benchmarks/mutation/run.py --into docs/mutation.md"
MEANINGS = {
    "equivalent": "no test can tell it from the rule",
    "immaterial": "it differs, but in nothing that the model's text says or a user could see",
    "matters": "a fault that the quick tests would miss",
    "killed since": "a fault that they missed when the sample was run, and that a test written for it finds now",
}
KILLED_SINCE = """The score of the sample stands as it was measured. Of the {mattered} survivors that mattered, {since}
have been killed since by {files}, each tried with
the mutant put in by hand. These tests were written with the survivors in sight: only a fresh sample would tell what
they add to the score."""
INTRODUCTION = """# Mutation testing

*Written by `{command}`, from runs kept in `benchmarks/mutation/results.json`; judgements of survivors stand in
`benchmarks/mutation/judged.toml`.*

Would the tests notice if a rule were wrong? A *mutant* is a rule with one small change: a `<` made `<=`, a plus a
minus, a constant off by one, an argument left out. Tests that pass on the mutant have missed it. The *score* is the
share of mutants that some test kills.

## Method

- Mutants are those of [mutmut](https://github.com/boxed/mutmut) 3, all of its operators, in `orgsim/engine`, in the
  rules of bounded leaders (`orgsim/leadership/decide.py`, `threshold.py`), and in `orgsim/experiments/statistics.py`
  and `precision.py`. mutmut leaves decorated functions alone, and every rule is decorated with `rule` or `entry`,
  which do nothing when the JIT is off. So these two decorators are taken out of the text that mutmut reads. A mutant
  is put in force in a fork of one warm process by giving the imported function the mutant's code; nothing is copied
  or compiled anew, and the program around it is the one that is shipped.
- A change that compiles to the same code is no mutant. Mutants of constants and tables at the level of a module are
  left out, as in mutmut, and so are functions with other decorators (what a scenario makes is made once and kept:
  `engine/segments.py`), and {left_out}.
- mutmut would change {there_are:,} places, so a random sample is drawn, each module in proportion; of `statistics.py`
  all are run. The interval is Wilson's, 95 %; that of all rules is a little wide, since the sample is stratified.
- Everything runs **with the JIT off**, as plain Python. Tests that take longer than {longest:g} s uncompiled, or that
  compare with compiled code, are left out: most tests that run a whole firm, with limit cases, docked scenarios and
  conservation laws among them, which kill mutants too. The score is therefore of the quick tests alone, a lower
  bound.
- Each test is run once in a fork of its own to see which lines it reaches, its fixtures included; the small world
  that tests of rules share is made before. For a mutant, tests that reach the changed statement are run, the quickest
  first, until one fails, for at most {patience:g} s of tests. One that runs on and on is stopped at four times what
  its tests usually take, and counts as killed.

`tests/engine/test_rules_*.py` were written for this: each rule by itself as plain Python, against the formulas of
`docs/odd.md`, integrals, searches, and numbers worked by hand; luck just below and just above each chance. They hold
no recorded output. They run compiled or not, since rules are taken as their Python source either way;
`tests/engine/test_rules_both_ways.py` and `test_same_bits.py` show that machine code gives the same bits.
"""


def write_page(path: Path) -> None:
    """Write the page; `results.json` must hold the runs "before" and "after"."""
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    before, after = kept["before"], kept["after"]
    there_are = sum(there for there, _, _ in after["counts"].values())
    left_out = " and ".join(f"`{module}` ({why})" for module, why in NOT_RULES.items())
    text = INTRODUCTION.format(
        command=COMMAND, left_out=left_out, there_are=there_are, longest=after["longest"], patience=after["patience"]
    )
    rows = [text, *section("Before", "before", before, "of those that there were before this study; most of those "
                                   "run whole firms, which is too slow here though they kill mutants too")]  # fmt: skip
    if "between" in kept:
        rows += section("Between", "between", kept["between"], "of single rules and of statistics; those of its "
                        "survivors that matter have been killed since")  # fmt: skip
    rows += section("After", "after", after, "of single rules and of statistics; a fresh sample")
    rows += survivors(after)
    path.write_text("\n".join(rows).rstrip() + "\n", encoding="utf-8")


def section(title: str, name: str, run: Mapping[str, Any], tests: str) -> list[str]:
    """A run with its table."""
    options = " ".join(f"--{option} {run[option]:g}" for option in ("sample", "seed", "longest", "patience"))
    words = (
        f"`python benchmarks/mutation/run.py --record {name}{' --before' * (name == 'before')} {options}` "
        f"({run['date']}, rules {run['rules']}): {run['tests']} tests, {tests}; {run['left_out']} more do not run "
        f"uncompiled or take longer than {run['longest']:g} s; of the mutants {run['timed_out']} ran on and on."
    )
    return [f"## {title}", "", words, "", *table(run["counts"]), ""]


def survivors(run: Mapping[str, Any]) -> list[str]:
    """The survivors of a run by judgement."""
    judged = tomllib.loads(JUDGED.read_text(encoding="utf-8")) if JUDGED.exists() else {}
    found: dict[str, list[str]] = {name: [] for name in (*MEANINGS, "not judged")}
    for survivor in run["survivors"]:
        verdict, why = verdict_of(survivor, judged)
        found[verdict].append(f"### {survivor['mutant']}\n\n```diff\n{survivor['change']}\n```\n\n{why}\n")
    rows = ["## Survivors", ""]
    rows += [f"- **{name}** {len(found[name])}: {meaning}" for name, meaning in MEANINGS.items()]
    if found["not judged"]:
        rows.append(f"- **not judged** {len(found['not judged'])}")
    if found["killed since"]:
        since = len(found["killed since"])
        rows += ["", KILLED_SINCE.format(since=since, mattered=since + len(found["matters"]), files=killers(judged))]
    for name, texts in found.items():
        if texts:
            rows += ["", f"## Survivors: {name}", "", *texts]
    return rows


def verdict_of(survivor: Mapping[str, str], judged: Mapping[str, Any]) -> tuple[str, str]:
    """The judgement of a survivor and why; judgements are looked up by module, function and change."""
    module, function, _ = survivor["mutant"].split(" ")
    for entry in judged.get("mutant", []):
        if (entry["module"], entry["function"]) == (module, function) and entry["change"] == survivor["change"]:
            now = f" Killed now by `{entry['test']}` (`{entry['file']}`)." if "test" in entry else ""
            return entry["verdict"], entry["why"] + now
    return "not judged", survivor["outcome"].capitalize() + "."


def killers(judged: Mapping[str, Any]) -> str:
    """The files of the tests that kill survivors now."""
    files = {entry["file"] for entry in judged["mutant"] if "file" in entry}
    return " and ".join(f"`{file}`" for file in sorted(files))
