"""Fuzz orgsim's readers for some minutes: `python tests/fuzz/fuzz.py --minutes 5 [--target reader]`.

Inputs that ship are bent (`fuzz_mutations`) and handed to a target (`fuzz_targets`), which answers, refuses in plain
words, or has a defect. Inputs that reach new lines of the target's sources are kept and bent further. A defect, an
input that takes longer than five seconds, or one that takes more than half a gigabyte is written to
`tests/fuzz/crashes/`, where `test_fuzz.py` runs it again for ever after. Prints counts; exit code 1 after a defect.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from fuzz_mutations import Mutator  # noqa: E402
from fuzz_targets import TARGETS, Target, keys  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

CRASHES = HERE / "crashes"
SECONDS = 5.0  # of the processor that an input may take
KILOBYTES = 500_000  # by which an input may raise the process's memory
KEPT = 3_000  # inputs that are bent further


class TooLong(BaseException):
    """An input takes too long; no handler of the target's may catch this."""


class Lines:
    """Which lines of some folders have been run so far; a line costs nothing after its first time."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self.folders, self.seen, self.watch = folders, 0, sys.monitoring
        self.tool = 4  # neither a debugger's, nor coverage's, nor Hypothesis's

    def __enter__(self) -> Lines:
        self.watch.use_tool_id(self.tool, "fuzz")
        self.watch.register_callback(self.tool, self.watch.events.LINE, self._line)
        self.watch.set_events(self.tool, self.watch.events.LINE)
        self.watch.restart_events()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.set_events(self.tool, 0)
        self.watch.free_tool_id(self.tool)

    def _line(self, code: CodeType, line: int) -> object:
        if any(folder in code.co_filename for folder in self.folders):
            self.seen += 1
        return self.watch.DISABLE


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """TooLong where the block takes more of the processor; on systems without such alarms, never."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TooLong

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def defect_of(target: Target, data: bytes) -> str | None:
    """What is wrong with a target's answer to an input, and where; None where nothing is."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        with in_time(SECONDS):
            target.takes(data)
    except TooLong:
        return f"takes longer than {SECONDS:g} s"
    except Exception as error:
        last = [at for at in traceback.extract_tb(error.__traceback__) if at.name != "_line"][-1]
        return f"{type(error).__name__} at {Path(last.filename).name}:{last.name}: {str(error)[:200]}"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return f"takes {grown // 1000} MB" if grown > KILOBYTES else None


def fuzz(
    target: Target, seconds: float, seed: int, most: int | None = None, seeds: int | None = None
) -> tuple[Counter[str], dict[str, bytes]]:
    """Counts, and the first input of each kind of defect. most: inputs, where fewer than the seconds allow; seeds: of
    those that ship, how many to begin with."""
    luck = random.Random(seed)
    mutator = Mutator(luck, keys())
    corpus = target.seeds()
    corpus = corpus if seeds is None else luck.sample(corpus, min(seeds, len(corpus)))
    for data in corpus[:2]:
        with suppress(Exception):
            target.takes(data)  # what is imported and computed once is not counted
    counts: Counter[str] = Counter()
    defects: dict[str, bytes] = {}
    with Lines(tuple(target.sources)) as lines:
        for data in corpus:
            if said := defect_of(target, data):
                defects.setdefault(said.split(": ")[0], data)
        counts["lines of the seeds"] = lines.seen
        end = time.monotonic() + seconds
        while time.monotonic() < end and (most is None or counts["inputs"] < most):
            before = lines.seen
            form = target.form if target.name != "store" or luck.random() < 0.6 else "bytes"
            data = mutated(target, mutator, luck, corpus, form)
            counts["inputs"] += 1
            if said := defect_of(target, data):
                counts["defects"] += 1
                defects.setdefault(said.split(": ")[0], data)
            if lines.seen > before:
                counts["kept"] += 1
                corpus.append(data)
                if len(corpus) > KEPT:
                    del corpus[luck.randrange(len(corpus))]
        counts["lines"] = lines.seen
    return counts, defects


def mutated(target: Target, mutator: Mutator, luck: random.Random, corpus: list[bytes], form: str) -> bytes:
    """One of the corpus, the later ones preferred, bent; a store's first byte stays, which says what file it is."""
    place = int(len(corpus) * luck.random() ** 0.7)
    data, other = corpus[min(place, len(corpus) - 1)], luck.choice(corpus)
    head = 1 if target.name == "store" else 0
    return data[:head] + mutator.bent(data[head:], other[head:], form)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="of all targets together")
    parser.add_argument("--target", choices=list(TARGETS), action="append", help="default all; may be given again")
    parser.add_argument("--seed", type=int, default=None, help="of the luck; default another each time")
    asked = parser.parse_args()
    names = asked.target or list(TARGETS)
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    found = 0
    for name in names:
        counts, defects = fuzz(TARGETS[name], 60 * asked.minutes / len(names), seed)
        shown = ("inputs", "lines of the seeds", "lines", "kept", "defects")
        print(f"{name}: " + ", ".join(f"{counts[one]:,} {one}" for one in shown), flush=True)
        for said, data in defects.items():
            CRASHES.mkdir(exist_ok=True)
            path = CRASHES / f"{name}-{hashlib.blake2b(data, digest_size=6).hexdigest()}"
            path.write_bytes(data)
            print(f"  {said}: {path.name}", flush=True)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
