"""How fast orgsim runs, against what, in one go, as one document of tables.

    python benchmarks/speed.py [--quick] [--only PART ...] [--record] [--check] [--into docs/speed.md]

Parts: witness, one_core, hot_spots, rules, second_core, scaling, first_impression, app_latency, others. --record adds
the figures to benchmarks/history.jsonl; --check holds them against it and exits with 1, a line for each, where one got
worse. With --into the tables of each part replace those between its marks in a page. All of it takes a quarter of an
hour on two idle cores, --quick two minutes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT)]

from speeds import history, machine  # noqa: E402
from speeds.document import Part, write  # noqa: E402

PARTS = (
    "witness", "one_core", "hot_spots", "rules", "second_core", "scaling", "first_impression", "app_latency", "others",
)  # fmt: skip
HISTORY = ROOT / "benchmarks" / "history.jsonl"


def heading() -> str:
    """The machine and the commit."""
    about = machine.described()
    versions = ", ".join(f"{name} {number}" for name, number in machine.versions().items())
    return (
        f"On {about['processor']}, {about['cores']} cores, {about['caches']}, {about['memory_gib']} GiB, "
        f"{about['system']}; {versions}. Commit {machine.commit()}."
    )


def prepared() -> None:
    """Processes that are started find the same orgsim; the engine is loaded or compiled before anything is timed."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    import orgsim

    scenario = orgsim.load_scenario("baseline").with_(**{"market.size": 200, "time.years": 0.1})
    orgsim.compare(scenario, replicates=2, threads=1)


def measured(name: str, quick: bool) -> tuple[Part, str, float]:
    """A part, its text with what it was measured under, and how many cores others kept busy meanwhile."""
    began = time.perf_counter()
    print(f"{name} ...", file=sys.stderr, flush=True)
    with machine.Load() as load:
        part: Part = importlib.import_module(f"speeds.{name}").measured(quick)
    took = time.perf_counter() - began
    today = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    text = f"{part}\n\n*{today}, commit {machine.commit()}, {took:.0f} s{', quick' if quick else ''}; {load}.*"
    print(f"{name}: {took:.0f} s, {load}", file=sys.stderr, flush=True)
    return part, text, load.others


def main() -> int:
    """Measure, print, record, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller sizes; about two minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help="some parts: " + ", ".join(PARTS))
    parser.add_argument("--record", action="store_true", help="add the figures to the record")
    parser.add_argument("--check", action="store_true", help="hold them against the record; 1 if one got worse")
    parser.add_argument("--history", type=Path, default=HISTORY, help="the record; default benchmarks/history.jsonl")
    parser.add_argument("--into", type=Path, help="a page that holds the marks of the parts")
    chosen = parser.parse_args()
    try:
        records = history.read(chosen.history)
    except history.Malformed as error:
        print(error, file=sys.stderr)
        return 2
    prepared()
    texts, figures, loads, failed = {"machine": heading()}, {}, [], []
    print(texts["machine"], flush=True)
    for name in chosen.only or PARTS:
        try:
            part, texts[name], load = measured(name, chosen.quick)
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        print(f"\n{texts[name]}", flush=True)
        figures |= part.figures
        loads.append(load)
    if chosen.into:
        write(chosen.into, texts)
    new = history.record_of(
        figures, commit=machine.commit(), date=datetime.now(UTC).isoformat(timespec="seconds"), quick=chosen.quick,
        machine=machine.described(), load=max(loads, default=float("nan")),
    )  # fmt: skip
    code = 0
    if chosen.check:
        said, code = history.verdict(history.judged(new, records))
        print(f"\n{said}")
    if chosen.record and figures:
        history.append(chosen.history, new)
    if failed:
        print(f"These parts failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else code


if __name__ == "__main__":
    sys.exit(main())
