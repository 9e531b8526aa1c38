"""From dragging a lever in the app to the answer: median and 95th percentile, one page and many."""

from __future__ import annotations

import copy
import importlib.util

import app
import numpy as np
from speeds.document import Part, met
from speeds.rounds import MesaSteps

PAGES, RATE = 30, 20.0
NEEDED = ("starlette", "uvicorn", "websockets")


def measured(quick: bool) -> Part:
    """The part; said to be left out where the packages of the app are missing."""
    part = Part("app_latency", "The app: from drag to answer")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        part.say(f"Not measured: {', '.join(missing)} not installed (`pip install 'orgsim[web]'`).")
        return part
    seconds = 6.0 if quick else 15.0
    mesa = MesaSteps()
    program, port = app.started()
    rows: list[list[object]] = []
    try:
        two = app.fetched(port, "start.json")["question"]
        two["arms"] = two["arms"][:2]
        three = copy.deepcopy(two)
        three["arms"].append({"structure": "cro", "pay": "own_numbers", "levers": {}})
        cases = [("an_arms_lever", two, 1, True), ("the_firms_lever", two, 1, False),
                 ("three_arms", three, 1, True), ("thirty_pages", two, PAGES, True)]  # fmt: skip
        for key, question, pages, arm_lever in cases[: 1 if quick else 4]:
            app.measured(port, question, 1, 1.0, RATE, arm_lever)  # nothing is measured cold
            before = mesa.seconds()
            row = app.measured(port, question, pages, seconds, RATE, arm_lever)
            step = 1e3 * float(np.mean([before, mesa.seconds()]))
            median, p95 = float(row[3]), float(row[4])
            part.note(f"median_of_{key}_in_mesa_steps", median / step)
            part.note(f"p95_of_{key}_in_mesa_steps", p95 / step)
            aim = [f"{app.AIM:g} ms", met(app.AIM, median)] if pages == 1 else ["", ""]
            rows.append([row[0], len(question["arms"]), *row[1:6], f"{median / step:,.0f}", row[7], *aim])
    finally:
        program.terminate()
        program.wait(10)
    part.say(
        f"`benchmarks/app.py` asks as a browser does while a lever is dragged: {RATE:g} times a second for two "
        f"seconds, then a pause of one, for {seconds:g} s a row. Milliseconds on the wall's clock from an ask to the "
        "first answer that holds for it."
    )
    part.table(["Pages", "Arms", "Lever", "Asks", "Median ms", "p95 ms", "Most ms", "Median, empty steps of Mesa",
                "Errors", "Aim for the median", ""], rows)  # fmt: skip
    return part
