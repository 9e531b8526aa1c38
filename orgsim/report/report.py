"""A report: a comparison, what it rests on, and the figures that show it, in one reader's language."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orgsim.language import Language, language
from orgsim.report.answer import Answer, answer
from orgsim.report.detail import Cancelled
from orgsim.report.evidence import WORLDS, Evidence, gather
from orgsim.report.names import phrases
from orgsim.report.sensitivity import DRAWS, Draws, draw
from orgsim.results import Arm

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.comparison import Comparison
    from orgsim.figures.chart import ArmNames, Chart

Progress = Callable[[int, int], None]
MOST_CLOSE = 6  # arms that figures show beyond money; more could not be told apart
MOST_FOLLOWED = 3  # alternatives whose customers are followed, each in a panel of its own


@dataclass
class Report:
    """All that the page holds. draws: None where no parameters were drawn. command: words that make it again.

    engine, versions: of the runs, where they are not this program's own.
    """

    comparison: Comparison
    said: Language
    evidence: Evidence
    draws: Draws | None
    command: tuple[str, ...] = ()
    engine: str | None = None
    versions: dict[str, str] | None = None

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The comparison's summary in its usual figures."""
        return self.comparison.summary()

    @cached_property
    def answer(self) -> Answer:
        """The answer in plain words."""
        return answer(self.comparison, self.said, summary=self.summary)

    @cached_property
    def names(self) -> dict[str, str]:
        """Arms by `str(arm)` as they stand in a sentence."""
        return phrases(self.comparison.arms, self.comparison.scenario, self.said)

    @cached_property
    def arms(self) -> ArmNames:
        """Arms as figures name and colour them."""
        from orgsim.figures.chart import ArmNames

        c = self.comparison
        named = ArmNames.of(
            [str(arm) for arm in c.arms], self.said, today=str(c.today), reference=str(c.against),
            structures={name: printable(one.title) for name, one in c.scenario.structures.items()},
            plans={name: printable(one.title) for name, one in c.scenario.pay.items()},
        )  # fmt: skip
        # There are fewer colours and marks than there may be arms: those that share figures have one each.
        first = sorted(named.arms, key=lambda arm: arm.key not in {str(one) for one in self.close})
        places = {arm.key: place for place, arm in enumerate(first)}
        return ArmNames(tuple(replace(arm, place=places[arm.key]) for arm in named.arms))

    @property
    def subject(self) -> Arm | None:
        """The alternative that the first screen and the sensitivity are about."""
        return subject_of(self.answer)

    @property
    def close(self) -> tuple[Arm, ...]:
        """The arms that figures show beyond money: all, or of many the most telling."""
        return close_arms(self.comparison, self.answer, MOST_CLOSE)

    @property
    def followed(self) -> tuple[Arm, ...]:
        """The alternatives whose customers are followed."""
        found = close_arms(self.comparison, self.answer, MOST_FOLLOWED + 1)
        return tuple(arm for arm in found if arm != self.comparison.against)[:MOST_FOLLOWED]

    @cached_property
    def sections(self) -> dict[str, list[Chart]]:
        """The charts by section of the page, in its order."""
        from orgsim.report.charts import sections

        return sections(self)

    @property
    def charts(self) -> list[Chart]:
        """All charts in the order of the page."""
        return [chart for charts in self.sections.values() for chart in charts]

    def html(self, live: bool = True) -> str:
        """The whole page, self-contained. live: figures answer to the pointer where scripting is on."""
        from orgsim.report.page import page

        return page(self, live)

    def write_figures(self, folder: Path) -> list[Path]:
        """Each chart as PNG (300 dots an inch) and SVG, drawn for a paper; returns their paths."""
        import matplotlib

        from orgsim.experiments.store import write_whole

        written = []
        with matplotlib.rc_context({"svg.hashsalt": "orgsim"}):
            for chart in self.charts:
                figure = chart.draw()
                for kind, about in (("png", "Software"), ("svg", "Date")):

                    def save(name: str, kind: str = kind, about: str = about, figure: object = figure) -> None:
                        figure.savefig(name, format=kind, dpi=300, metadata={about: None})  # type: ignore[attr-defined]

                    path = folder / f"{chart.name}.{kind}"
                    write_whole(path, save)
                    written.append(path)
        return written


def make(
    comparison: Comparison, *, language: str = "en", draws: int = DRAWS, worlds: int = WORLDS,
    threads: int | None = None, progress: Progress | None = None, cancelled: threading.Event | None = None,
    command: Sequence[str] | None = None,
) -> Report:  # fmt: skip
    """Run what a report needs beside a comparison's own runs.

    draws: worlds run again with the assumed parameters drawn, 0 for none; not needed where the comparison has drawn
    them. worlds: run again in detail. progress(done, all) counts worlds of both. Raises Cancelled between runs once
    `cancelled` is set. command: words that make the report again.
    """
    said = spoken(language)
    stop = cancelled or threading.Event()
    again = 0 if comparison.uncertain or len(comparison.arms) < 2 else draws
    first = min(worlds, comparison.replicates)

    def note(before: int) -> Progress:
        def told(done: int, _: int) -> None:
            if stop.is_set():
                raise Cancelled
            if progress:
                progress(before + done, first + again)

        return told

    quick = answer(comparison, said)
    found = gather(comparison, close_arms(comparison, quick, MOST_CLOSE), worlds=first, threads=threads,
                   progress=note(0), cancelled=stop)  # fmt: skip
    drawn = draw(comparison, subject_of(quick), draws=draws, threads=threads, progress=note(first))
    return Report(comparison, said, found, drawn, tuple(command or ()))


def subject_of(found: Answer) -> Arm | None:
    """The alternative that leads, else the one that does best against the reference; None with one arm."""
    if found.leading is not None or not found.arms:
        return found.leading
    return max(found.arms, key=lambda verdict: float(verdict.row["difference"])).arm


def close_arms(comparison: Comparison, found: Answer, most: int) -> tuple[Arm, ...]:
    """The arms that are looked at closely, in the comparison's order: the reference, today's, the subject, then those
    whose figure differs most from the reference's; all of them where there are no more than `most`."""
    c, subject = comparison, subject_of(found)
    order = sorted(found.arms, key=lambda verdict: -abs(float(verdict.row["difference"])))
    first = [c.against, *([c.today] if c.today in c.arms else []), *([subject] if subject else [])]
    chosen = list(dict.fromkeys([*first, *(verdict.arm for verdict in order)]))[:most]
    return tuple(arm for arm in c.arms if arm in chosen)


def printable(text: str) -> str:
    """A title without line ends and control characters, which no picture can hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def spoken(code: str) -> Language:
    """The language of that code; ScenarioError with the nearest where there is none."""
    from orgsim.language import languages
    from orgsim.scenario.load import known

    return language(known(code, languages(), "language"))


__all__ = ["Cancelled", "Report", "close_arms", "make", "spoken", "subject_of"]
