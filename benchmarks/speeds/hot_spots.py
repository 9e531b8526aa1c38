"""Where compiled code spends its time, by machine function: samples of Linux's `perf`, named from the cached objects.

Numba writes no map that perf could read, so the program under perf prints where its functions lie: it reads the symbol
tables of the objects as they come from the cache.  python benchmarks/speeds/hot_spots.py SECONDS  is that program.
"""

from __future__ import annotations

import bisect
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

PER_SECOND = 4000
SHOWN = 16
SYMBOL_TABLE, FUNCTION = 2, 2  # of ELF


class Function(NamedTuple):
    """A machine function: where it begins, how long it is, and the rule it is made of."""

    start: int
    size: int
    name: str


# The program under perf ---------------------------------------------------------------------------------------------


def functions_of(library: Any, code: bytes) -> list[Function]:
    """The functions of an object that the loader has put into memory, by address."""
    symbols = symbols_of(code)
    engine = library._codegen._engine._ee
    for name, start, _ in symbols:
        if name.startswith("_ZN7cpython"):  # of one object only, unlike rules, which several may hold
            moved = engine.get_function_address(name) - start
            return [Function(moved + at, size, plain(rule)) for rule, at, size in symbols]
    return []


def symbols_of(code: bytes) -> list[tuple[str, int, int]]:
    """Name, place in its section and size of every function of a 64-bit ELF object."""
    (sections,) = struct.unpack_from("<Q", code, 0x28)
    entry, number = struct.unpack_from("<HH", code, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", code, sections + n * entry) for n in range(number)]
    found = []
    for _, kind, _, _, offset, size, link, _, _, each in headers:
        if kind != SYMBOL_TABLE:
            continue
        names = headers[link][4]
        for at in range(offset, offset + size, each):
            name, about, _, section, value, length = struct.unpack_from("<IBBHQQ", code, at)
            if about & 15 == FUNCTION and section:
                end = code.index(b"\0", names + name)
                found.append((code[names + name : end].decode(), value, length))
    return found


def plain(symbol: str) -> str:
    """`module.function` of a mangled name of orgsim's; other names as they are."""
    parts, rest = [], symbol.removeprefix("_ZN")
    while (found := re.match(r"(\d+)", rest)) is not None:
        length = int(found.group(1))
        parts.append(rest[found.end() : found.end() + length])
        rest = rest[found.end() + length :]
    return ".".join(parts[-2:]) if "orgsim" in parts else symbol


def work(seconds: float) -> None:
    """Runs of the baseline as `compare` makes them; prints where functions lie, and when the runs began and ended."""
    from numba.core import codegen

    kept: list[tuple[Any, bytes]] = []
    read = codegen.CPUCodegen.unserialize_library

    def noted(self: Any, data: Any) -> Any:
        library = read(self, data)
        if data[1] == "object":
            kept.append((library, data[2][0]))
        return library

    codegen.CPUCodegen.unserialize_library = noted
    import orgsim
    from orgsim.experiments.worlds import Prepared, Terms
    from orgsim.results import Arm

    scenario, arm = orgsim.load_scenario("baseline"), Arm("separate", "own_numbers")

    def run(replicate: int) -> None:
        Prepared(scenario, Terms(), replicate).run(arm)

    run(0)
    places = [place for library, code in kept for place in functions_of(library, code)]
    begin, replicate = time.clock_gettime(time.CLOCK_MONOTONIC), 1
    while time.clock_gettime(time.CLOCK_MONOTONIC) < begin + seconds:
        run(replicate)
        replicate += 1
    end = time.clock_gettime(time.CLOCK_MONOTONIC)
    print(json.dumps({"begin": begin, "end": end, "functions": places}))


# What is made of its samples ----------------------------------------------------------------------------------------


def measured(quick: bool) -> Any:
    """The part; said to be left out where there is no perf, or it may not look."""
    from speeds.document import Part

    part = Part("hot_spots", "One core: where the processor is")
    if shutil.which("perf") is None:
        part.say("Not measured: there is no `perf` here.")
        return part
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "perf.data"
        record = ["perf", "record", "-q", "-k", "CLOCK_MONOTONIC", "-F", str(PER_SECOND), "-e", "cpu-clock:u",
                  "-o", str(data)]  # fmt: skip
        program = [sys.executable, "-P", "-W", "ignore", __file__, "3" if quick else "10"]
        done = subprocess.run([*record, *program], capture_output=True, text=True)
        if done.returncode:
            part.say(f"Not measured: {(done.stderr.strip().splitlines() or ['perf failed'])[-1]}.")
            return part
        asked = ["perf", "script", "-i", str(data), "-F", "time,ip,sym,dso"]
        samples = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    about = json.loads(done.stdout)
    places = sorted(Function(*place) for place in about["functions"])
    counts = counted(samples, places, about["begin"], about["end"])
    whole = sum(counts.values())
    compiled = {name: n for (kind, name), n in counts.items() if kind == "compiled"}
    part.say(
        f"{whole:,} samples of the processor's time over whole runs of the baseline, warm-up and run-off included. "
        "Rules that the compiler has put into their callers count there."
    )
    kinds = Counter({kind: sum(n for (of, _), n in counts.items() if of == kind) for kind, _ in counts})
    part.table(["Where", "share"], [[kind, f"{n / whole:.1%}"] for kind, n in kinds.most_common(6)])
    modules: Counter[str] = Counter()
    for name, n in compiled.items():
        modules[name.split(".")[0]] += n
    rules = Counter(compiled).most_common(SHOWN)
    parts = modules.most_common(SHOWN)
    part.table(
        ["Module", "share of the run", "Rule", "share of the run"],
        [
            [module, f"{m / whole:.1%}", f"`{rule}`", f"{n / whole:.1%}"]
            for (module, m), (rule, n) in zip(parts, rules, strict=False)
        ],
    )
    return part


def counted(samples: str, places: list[Function], begin: float, end: float) -> Counter[tuple[str, str]]:
    """Samples between the beginning and the end, by kind and name."""
    starts = [place.start for place in places]
    counts: Counter[tuple[str, str]] = Counter()
    for line in samples.splitlines():
        when, address, rest = line.split(None, 2)
        if not begin <= float(when.rstrip(":")) <= end:
            continue
        n = bisect.bisect_right(starts, int(address, 16)) - 1
        if n >= 0 and int(address, 16) < places[n].start + places[n].size:
            counts["compiled", places[n].name] += 1
            continue
        symbol, _, library = rest.rpartition(" (")
        counts[kind_of(library.rstrip(")\n")), symbol] += 1
    return counts


def kind_of(library: str) -> str:
    """What a shared library is, in a few words."""
    name = Path(library).name
    if name.startswith(("libm.", "libm-")):
        return "libm: exp, log, erf and others"
    if name.startswith(("libpython", "python")):
        return "Python"
    if "multiarray" in name or "numpy" in library:
        return "numpy"
    return "the C library and the rest"


if __name__ == "__main__":
    work(float(sys.argv[1]))
