"""First impression: import, help, compile once, the first answer of a fresh install, the second."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import numpy as np
from speeds.document import Part, met
from speeds.rounds import MesaSteps

WITH_COMPILE, WITHOUT = 30.0, 3.0
BEFORE = (
    ("python -c pass", None, ("-c", "pass")),
    ("import orgsim", "import", ("-c", "import orgsim")),
    ("orgsim --help", "help", ("-m", "orgsim", "--help")),
)
README = ("-m", "orgsim", "compare")
QUICKEST = ("-m", "orgsim", "compare", "--replicates", "10")


def measured(quick: bool) -> Part:
    """The part."""
    part = Part("first_impression", "First impression")
    mesa = MesaSteps()
    steps = [mesa.seconds()]
    rows: list[list[object]] = []

    def answer(title: str, key: str, command: Sequence[str], cache: str, aim: float) -> float:
        with tempfile.TemporaryDirectory() as folder:
            seconds, own = took(command, {**os.environ, "ORGSIM_CACHE": cache, "MPLCONFIGDIR": cache}, folder)
        steps.append(mesa.seconds())
        step = float(np.mean(steps[-2:]))
        part.note(f"{key}_in_mesa_steps", own / step)
        rows.append([title, seconds, own, f"{own / step:,.0f}", f"{aim:g} s at most", met(aim, seconds)])
        return own

    with tempfile.TemporaryDirectory() as first:
        for title, key, command in BEFORE:
            quickest(title, key, command, mesa, part, rows)
        fresh = answer("first answer, compile included: `orgsim compare --replicates 10`", "first_answer_with_compile",
                       QUICKEST, first, WITH_COMPILE)  # fmt: skip
        again = answer("second answer: the same again", "second_answer", QUICKEST, first, WITHOUT)
        compiled = fresh - again
        rows.append(["compile once (the difference)", "", compiled, f"{compiled / steps[-1]:,.0f}", "", ""])
        part.note("compile_in_mesa_steps", compiled / steps[-1])
    if not quick:
        with tempfile.TemporaryDirectory() as second:
            answer("first answer of the README's command, compile included: `orgsim compare`",
                   "readme_first_answer_with_compile", README, second, WITH_COMPILE)  # fmt: skip
            answer("second answer of the README's command", "readme_second_answer", README, second, WITHOUT)
    part.say(
        "Commands in processes of their own, by the clock on the wall; a first answer begins with empty folders for "
        "what is compiled and for matplotlib's fonts. The README's first command is `orgsim compare` (6 arms, 100 "
        "replicates, figures); the quickest sensible first answer is the same with 10 replicates. In the record "
        "stands the processor's time, in empty steps of a Mesa agent measured before and after."
    )
    part.table(["What", "seconds", "of the processor", "these in empty steps of Mesa", "Aim", ""], rows)
    return part


def quickest(
    title: str, key: str | None, command: Sequence[str], mesa: MesaSteps, part: Part, rows: list[list[object]]
) -> None:
    """A quick command: the median of seven, each with Mesa's step beside it."""
    found, steps = [], []
    for _ in range(7):
        found.append(took(command, dict(os.environ), None))
        steps.append(mesa.seconds(3))
    seconds, own = np.array(found).T
    ratio = float(np.median(own / np.array(steps)))
    if key:
        part.note(f"{key}_in_mesa_steps", ratio)
    rows.append([title, float(np.median(seconds)), float(np.median(own)), f"{ratio:,.0f}", "", ""])


def took(command: Sequence[str], environment: dict[str, str], folder: str | None) -> tuple[float, float]:
    """Seconds of the wall's clock and of the processor that a command of Python takes in a folder; what it writes goes
    with the folder."""
    before, began = os.times(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command], capture_output=True, text=True, env=environment, cwd=folder
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")
    after = os.times()
    own = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, own
