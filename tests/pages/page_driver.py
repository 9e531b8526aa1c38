"""The app's server in a process of its own, and what tests do on its page."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIRM = """
extends = "baseline"
title = "Test firm"
[market]
size = 500
[people]
reps = 2
marketers = 1
[time]
years = 1.0
warm_up_years = 0.5
run_off_months = 3
"""
FEW = {"market.size": 500, "people.reps": 2, "people.marketers": 1, "time.years": 1.0, "time.warm_up_years": 0.5,
       "time.run_off_months": 3}  # fmt: skip
QUIET = 60_000  # milliseconds that the page may take for anything
Visit = Callable[..., Any]


def question(**changes: Any) -> dict[str, Any]:
    """A question of the small firm, with few worlds."""
    arms = [{"structure": name, "pay": "own_numbers", "levers": {}} for name in ("separate", "merged", "cro")]
    return {"version": 1, "base": "baseline", "firm": FEW, "seed": 0, "arms": arms, "reference": 0, "pinned": None,
            "worlds": 20} | changes  # fmt: skip


def fragment(asked: dict[str, Any]) -> str:
    """A question as the fragment of a link: deflated JSON in base64."""
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(json.dumps(asked).encode()) + deflate.flush()
    return "#q=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


class Served:
    """`orgsim app` in a process of its own; it can be killed and started again on the same port."""

    def __init__(self, scenario: Path) -> None:
        self.scenario = scenario
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "orgsim", "app", str(self.scenario), "--no-browser", "--port",
                   str(self.port)]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert self.process.stderr is not None
        # Its own word, for on a busy machine some other process may listen at that port by now.
        said = next((line for line in self.process.stderr if b"orgsim is at" in line), None)
        assert said is not None, "the server ended by itself"
        for _ in range(600):
            assert self.process.poll() is None, "the server ended by itself"
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the server does not listen")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


def answered(page: Any, at_least: int = 2, done: bool = False) -> None:
    """Wait until the newest question has its answer on the page, of so many worlds, or the last one."""
    page.wait_for_function(
        """([least, done]) => {
          const answer = document.getElementById("answer");
          return document.documentElement.dataset.pending === "no" && Number(answer.dataset.worlds) >= least
            && (!done || answer.dataset.progress === "done");
        }""",
        arg=[at_least, done],
    )


def settled(page: Any) -> None:
    """Wait for the last answer, and until its figures are drawn."""
    answered(page, done=True)
    drawn = "() => document.documentElement.dataset.drawn === document.getElementById('answer').dataset.worlds"
    page.wait_for_function(drawn)


def look(page: Any) -> Any:
    """Where the things below the answer begin, px from the top of the page."""
    return page.evaluate("Math.round(document.getElementById('board').getBoundingClientRect().top + scrollY)")


def figure(page: Any, arm: int, metric: str, part: str = "value") -> float:
    """A figure of the page's list by arm and metric, with all its digits."""
    row = page.locator(f'.row[data-metric="{metric}"]').nth(arm)
    return float(row.locator(f".{part}").get_attribute("data-value"))


def drag(page: Any, selector: str, to: float, steps: int = 12, pause: float = 0.05) -> None:
    """Move a slider's thumb with the mouse to a share of its track, without letting it go."""
    slider = page.locator(selector)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    fill = float(slider.evaluate("one => (one.value - one.min) / (one.max - one.min)"))
    inner = box["width"] - 20  # the thumb's middle stays within the track
    at = lambda share: box["x"] + 10 + inner * share  # noqa: E731
    height = box["y"] + box["height"] / 2
    page.mouse.move(at(fill), height)
    page.mouse.down()
    for step in range(1, steps + 1):
        page.mouse.move(at(fill + (to - fill) * step / steps), height)
        time.sleep(pause)
