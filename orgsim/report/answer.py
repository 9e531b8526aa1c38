"""The answer of a comparison in plain words, in the reader's language: who does better, by how much, and what is luck.

No arm is ranked before another where the difference between them is within luck. A difference to the reference is
beyond luck by the summary's own adjusted p-value; one between two alternatives after Holm's correction for all those
of the summary and all pairs of alternatives together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from orgsim.experiments import metrics
from orgsim.experiments.statistics import beyond_luck, holm, paired
from orgsim.language import Language
from orgsim.report.names import phrases
from orgsim.results import Arm

if TYPE_CHECKING:
    import pandas as pd

    from orgsim.experiments.comparison import Comparison

MOST_NAMED = 3  # arms that a sentence names one by one
PROFIT, WASTE, REVENUE, MARGIN = "profit", "lead_waste_value", "revenue", "gross_margin"
AHEAD, BEHIND, LUCK, EQUAL, ONE_WORLD, ONE_ARM = "ahead", "behind", "luck", "equal", "one_world", "one_arm"
BETTER, WORSE, UNKNOWN = "better", "worse", "unknown"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """One arm against the reference: `state` better, worse, luck, equal (by construction) or unknown (one world).

    better, worse, same: worlds of `worlds`, in the way that counts as better. row: the summary's, euro over the
    horizon.
    """

    arm: Arm
    name: str
    state: str
    better: int
    worse: int
    same: int
    worlds: int
    sentence: str
    row: Row

    @property
    def key(self) -> str:
        """The arm as tables name it."""
        return str(self.arm)


@dataclass(frozen=True)
class Answer:
    """The answer: `state` is ahead (some alternative is better beyond luck), behind (none is, and some are worse),
    luck, equal, one_world or one_arm; `headline` one sentence, `also` what goes with it, `arms` one by one."""

    state: str
    headline: str
    also: tuple[str, ...]
    arms: tuple[Verdict, ...]
    leading: Arm | None = None  # the alternative that the headline is about

    @property
    def words(self) -> list[str]:
        """All of it, sentence by sentence."""
        return [self.headline, *self.also]


def answer(
    comparison: Comparison, language: Language, *, summary: pd.DataFrame | None = None, metric: str = "profit",
    names: Mapping[str, str] | None = None,
) -> Answer:
    """The answer in one figure of a comparison (profit after leaders' pay unless told otherwise).

    summary: `comparison.summary(...)` where it is at hand; it must hold the metric, and lead waste and revenue if
    these are to be told. names: how arms are called after "with", by `str(arm)`, in place of their usual phrases.
    """
    table = comparison.summary() if summary is None else summary
    called = phrases(comparison.arms, comparison.scenario, language) | dict(names or {})
    return _Told(comparison, language, table, metric, called).answer()


class _Told:
    """What is needed to tell one answer."""

    def __init__(
        self, comparison: Comparison, said: Language, summary: pd.DataFrame, metric: str, called: Mapping[str, str]
    ) -> None:
        self.c, self.said, self.metric, self.called = comparison, said, metric, called
        records: list[dict[str, Any]] = summary.to_dict("records")  # type: ignore[assignment]
        self.rows = {(Arm(row["structure"], row["pay"]), row["metric"]): row for row in records}
        self.p_values = [row["p_value"] for row in records if row.get("p_value", math.nan) == row.get("p_value")]
        self.p_values = [p for p in self.p_values if p is not None]
        self.about = metrics.about(metric)
        self.others = [arm for arm in comparison.arms if arm != comparison.against]
        name = called[str(comparison.against)]
        key = "reference_today" if comparison.against == comparison.today else "reference"
        self.reference = said.say(f"report.answer.{key}", arm=name)

    # What is found --------------------------------------------------------------------------------------------------

    def answer(self) -> Answer:
        if not self.others:
            return self._alone()
        verdicts = tuple(self._verdict(arm) for arm in self.others)
        if self.c.replicates < 2:
            return self._one_world(verdicts)
        by_state = {state: [v for v in verdicts if v.state == state] for state in (BETTER, WORSE, LUCK, EQUAL)}
        for found in by_state.values():
            found.sort(key=lambda v: -self._difference(v.arm))
        if by_state[BETTER]:
            return self._ahead(by_state, verdicts)
        if by_state[WORSE]:
            return self._behind(by_state, verdicts)
        if by_state[LUCK]:
            also = self._other_figures(self.others[0]) if len(self.others) == 1 else []
            also += self._equals(by_state[EQUAL])
            return Answer(LUCK, self._luck_headline(by_state[LUCK]), tuple(also), verdicts)
        leaders = any(self._difference(v.arm) != 0 for v in by_state[EQUAL])
        key = "headline_leaders" if leaders else "headline_equal"
        said = self._say(key, arms=self._named([v.arm for v in verdicts]), reference=self.reference)
        return Answer(EQUAL, said, (), verdicts)

    def _verdict(self, arm: Arm) -> Verdict:
        row = self.rows[arm, self.metric]
        worlds, same = self.c.replicates, _count(row["share_equal"], self.c.replicates)
        better = _count(row["share_better"], worlds)
        worse = worlds - same - better
        state, sign = LUCK, self.about.better or 1
        if worlds < 2:
            state = UNKNOWN
        elif self._equal(arm):
            state = EQUAL
        elif beyond_luck(row, self.c.confidence):
            state = BETTER if sign * row["difference"] > 0 else WORSE
        return Verdict(arm, self.called[str(arm)], state, better, worse, same, worlds, self._sentence(arm, state), row)

    def _equal(self, arm: Arm) -> bool:
        """Whether all figures but leaders' own pay are the same; the slow question is asked last."""
        likely = next((self.rows[arm, m] for m in (MARGIN, REVENUE) if (arm, m) in self.rows), None)
        if likely is not None and likely["share_equal"] < 1:
            return False
        return self.c.equal_by_construction(arm)

    @cached_property
    def _pairs(self) -> dict[frozenset[Arm], bool]:
        """For each pair of alternatives whether the difference between them is beyond luck."""
        first = self.c.reached.first if self.c.reached else None
        pairs = list(combinations(self.others, 2))
        found = [paired(self.c.values(a, self.metric), self.c.values(b, self.metric), first=first).p_value
                 for a, b in pairs]  # fmt: skip
        adjusted = holm([*found, *self.p_values])[: len(pairs)]
        return {frozenset(pair): p < 1 - self.c.confidence for pair, p in zip(pairs, adjusted, strict=True)}

    def _tied(self, arm: Arm, among: Sequence[Arm]) -> list[Arm]:
        return [other for other in among if other != arm and not self._pairs[frozenset((arm, other))]]

    # Sentences ------------------------------------------------------------------------------------------------------

    def _ahead(self, by_state: dict[str, list[Verdict]], verdicts: tuple[Verdict, ...]) -> Answer:
        better = [v.arm for v in by_state[BETTER]]
        lead = better[0]
        top = [lead, *self._tied(lead, better)]
        near = self._tied(lead, [v.arm for v in by_state[LUCK]])
        also = []
        if len(top) == 1:
            headline = self._headline(lead)
            also += self._other_figures(lead)
            if near:
                also.append(self._say("between_luck", arms=self._named(near)))
            elif any(v.state in (BETTER, LUCK) for v in verdicts if v.arm != lead):
                also.append(self._say("between_ahead"))
        else:
            change = self._change(top)
            headline = self._say("headline_several", arms=self._named(top), change=change, reference=self.reference)
        lesser = [arm for arm in better if arm not in top]
        if lesser:
            also.append(self._say("also_better", arms=self._named(lesser), reference=self.reference,
                                  differences=self._spread(lesser)))  # fmt: skip
        lucky = [v.arm for v in by_state[LUCK]]
        if lucky:
            also.append(self._say("also_luck", reference=self.reference, arms=self._named(lucky),
                                  differences=self._spread(lucky)))  # fmt: skip
        also += self._worse(by_state[WORSE]) + self._equals(by_state[EQUAL])
        return Answer(AHEAD, headline, tuple(also), verdicts, lead if len(top) == 1 else None)

    def _behind(self, by_state: dict[str, list[Verdict]], verdicts: tuple[Verdict, ...]) -> Answer:
        worse = [v.arm for v in by_state[WORSE]]
        if len(self.others) == 1:
            headline, also = self._headline(self.others[0]), self._other_figures(self.others[0])
        elif len(worse) == len(self.others):
            change = self._change(worse)
            headline = self._say("headline_worse", arms=self._named(worse), change=change, reference=self.reference)
            also = []
        else:
            headline = self._say("headline_none", reference=self.reference)
            also = self._worse(by_state[WORSE])
        lucky = [v.arm for v in by_state[LUCK]]
        if lucky:
            also.append(self._say("also_luck", reference=self.reference, arms=self._named(lucky),
                                  differences=self._spread(lucky)))  # fmt: skip
        also += self._equals(by_state[EQUAL])
        return Answer(BEHIND, headline, tuple(also), verdicts)

    def _luck_headline(self, lucky: list[Verdict]) -> str:
        arms = [v.arm for v in lucky]
        few = len(arms) == 1
        return self._say("headline_luck" if few else "headline_luck_many", reference=self.reference,
                         arms=self._named(arms), differences=self._spread(arms))  # fmt: skip

    def _worse(self, found: list[Verdict]) -> list[str]:
        if not found:
            return []
        arms = [v.arm for v in found]
        if len(found) == 1:
            row = found[0].row
            return [self._say("also_worse_in", arms=self._named(arms), amount=self._signed(row, self.about),
                              often=self._often(arms[0]), interval=self._interval(row, self.about))]  # fmt: skip
        return [self._say("also_worse", arms=self._named(arms), differences=self._spread(arms))]

    def _equals(self, found: list[Verdict]) -> list[str]:
        if not found:
            return []
        return [self._say("also_equal", reference=self.reference, arms=self._named([v.arm for v in found]))]

    def _headline(self, arm: Arm) -> str:
        row = self.rows[arm, self.metric]
        return self._say("headline", arm=self.called[str(arm)], change=self._change([arm]), reference=self.reference,
                         often=self._often(arm), interval=self._interval(row, self.about, size=True))  # fmt: skip

    def _sentence(self, arm: Arm, state: str) -> str:
        name = self.called[str(arm)]
        if state in (BETTER, WORSE):
            return self._headline(arm)
        if state == LUCK:
            return self._say("headline_luck", reference=self.reference, arms=name, differences=self._spread([arm]))
        if state == EQUAL:
            key = "headline_leaders" if self._difference(arm) else "headline_equal"
            return self._say(key, arms=name, reference=self.reference)
        if self._difference(arm):
            return self._say("headline_one_world", arm=name, change=self._change([arm]), reference=self.reference)
        return self._say("headline_one_world_same", reference=self.reference, figure=self._figure())

    def _one_world(self, verdicts: tuple[Verdict, ...]) -> Answer:
        first = max(verdicts, key=lambda v: abs(self._difference(v.arm)))
        return Answer(ONE_WORLD, first.sentence, (), verdicts)

    def _alone(self) -> Answer:
        row = self.rows[self.c.against, self.metric]
        amount = _unit(self.said, self.about, self.said.number(row["mean"] * self._scale(self.about)), level=True)
        if self.c.replicates < 2:
            said = self._say("headline_alone_bare", reference=self.reference, figure=self._figure(), amount=amount)
            return Answer(ONE_ARM, said, (), ())
        ends = [self.said.number(row[end] * self._scale(self.about)) for end in ("low", "high")]
        interval = self._say("interval", sure=self.said.percent(self.c.confidence), low=ends[0], high=ends[1])
        said = self._say("headline_alone", reference=self.reference, figure=self._figure(), amount=amount,
                         interval=interval)  # fmt: skip
        return Answer(ONE_ARM, said, (), ())

    def _other_figures(self, arm: Arm) -> list[str]:
        """How lead waste moves with the one arm that the answer is about, and revenue where it goes the other way."""
        margin, row = self.rows.get((arm, MARGIN)), self.rows.get((arm, WASTE))
        if self.metric == PROFIT and row is not None and margin is not None and self._difference(arm) != 0:
            if margin["share_equal"] == 1 and row["share_equal"] == 1:
                return [self._say("leaders_only")]
        found = []
        if row is not None and self.metric != WASTE:
            about, real = metrics.about(WASTE), beyond_luck(row, self.c.confidence)
            key = ("waste_less" if row["difference"] < 0 else "waste_more") if real else "waste_luck"
            key = "waste_same" if row["share_equal"] == 1 else key
            found.append(self._say(key, amount=self._signed(row, about),
                                   interval=self._interval(row, about)))  # fmt: skip
        row = self.rows.get((arm, REVENUE))
        if row is not None and self.metric != REVENUE and beyond_luck(row, self.c.confidence):
            mine = self.rows[arm, self.metric]
            if row["difference"] * mine["difference"] < 0 and beyond_luck(mine, self.c.confidence):
                about = metrics.about(REVENUE)
                found.append(self._say("revenue_against", amount=self._signed(row, about),
                                       interval=self._interval(row, about)))  # fmt: skip
        return found

    # Pieces ---------------------------------------------------------------------------------------------------------

    def _say(self, key: str, **values: Any) -> str:
        return self.said.say(f"report.answer.{key}", **values)

    def _figure(self) -> str:
        return figure_phrase(self.metric, self.said)

    def _difference(self, arm: Arm) -> float:
        return float(self.rows[arm, self.metric]["difference"])

    def _scale(self, about: metrics.Metric) -> float:
        return about.scale(self.c.years)

    def _often(self, arm: Arm) -> str:
        row, worlds = self.rows[arm, self.metric], self.c.replicates
        better, same = _count(row["share_better"], worlds), _count(row["share_equal"], worlds)
        if (self.about.better or 1) * row["difference"] > 0:
            return self._say("better_in", better=better, worlds=worlds)
        return self._say("worse_in", worse=worlds - better - same, worlds=worlds)

    def _change(self, arms: list[Arm]) -> str:
        """'the firm earns 77 k€ a year more'; a range for several arms, whose differences have one sign."""
        differences = sorted(abs(self._difference(arm)) for arm in arms)
        more = self._difference(arms[0]) > 0
        scale = self._scale(self.about)
        low, high = (self.said.number(size * scale) for size in (differences[0], differences[-1]))
        amount = low if low == high else self._say("range", low=low, high=high)
        if self.metric == PROFIT:
            return self._say("earns_more" if more else "earns_less", amount=amount)
        amount = _unit(self.said, self.about, amount)
        return self._say("higher" if more else "lower", amount=amount, figure=self._figure())

    def _signed(self, row: Row, about: metrics.Metric) -> str:
        return _unit(self.said, about, self.said.signed(row["difference"] * self._scale(about)))

    def _interval(self, row: Row, about: metrics.Metric, size: bool = False) -> str:
        """The interval of one difference; of its size, for words that say 'more' or 'less'."""
        sign = -1 if size and row["difference"] < 0 else 1
        ends = sorted(sign * row[end] * self._scale(about) for end in ("difference_low", "difference_high"))
        if ends[1] - ends[0] < 1e-9 * max(1.0, abs(ends[1])):
            return self._say("always")
        write = self.said.number if size else self.said.signed
        low, high = (write(end) for end in ends)
        return self._say("interval", sure=self.said.percent(self.c.confidence), low=low, high=high)

    def _spread(self, arms: list[Arm]) -> str:
        """Differences to the reference: '+12 k€ a year, -20 to +44' of one arm, 'means from -18 to +7 k€ a year' of
        several, which nobody shall take for an interval."""
        about, scale = self.about, self._scale(self.about)
        values = sorted(self._difference(arm) * scale for arm in arms)
        low, high = self.said.signed(values[0]), self.said.signed(values[-1])
        if len(arms) > 1:
            amount = low if low == high else self._say("spread", low=low, high=high)
            return _unit(self.said, about, amount)
        row = self.rows[arms[0], self.metric]
        amount, real = _unit(self.said, about, low), beyond_luck(row, self.c.confidence)
        alone = row["difference_low"] * row["difference_high"] > 0 and not real
        ends = [row[f"{'together' if alone else 'difference'}_{end}"] * scale for end in ("low", "high")]
        if ends[1] - ends[0] < 1e-9 * max(1.0, abs(ends[1])):
            return amount
        said = self._say("interval_together" if alone else "range", low=self.said.signed(ends[0]),
                         high=self.said.signed(ends[1]))  # fmt: skip
        return f"{amount}, {said}"

    def _named(self, arms: Sequence[Arm]) -> str:
        """Arms in few words: all, one by one, or how many."""
        if len(arms) <= MOST_NAMED:
            return _either([self.called[str(arm)] for arm in arms], self.said)
        if len(arms) == len(self.others):
            return self._say("all_of_them", count=self.said.count(len(arms)))
        return self._say("counted", count=self.said.count(len(arms)), all=self.said.count(len(self.others)))


def figure_phrase(name: str, said: Language) -> str:
    """A figure's title within a sentence."""
    if said.has(f"report.figure.{name}"):
        return said.say(f"report.figure.{name}")
    title = said.say(f"figures.metric.{name}") if said.has(f"figures.metric.{name}") else metrics.about(name).title
    return f"{title[:1].lower()}{title[1:]}"


def _unit(said: Language, about: metrics.Metric, amount: str, level: bool = False) -> str:
    """An amount with the unit of its figure; a share's level is in per cent, a difference of shares in points."""
    kind = "share_level" if level and about.kind == metrics.SHARE else about.kind
    return said.say(f"report.unit.{kind}", amount=amount)


def _either(parts: Sequence[str], said: Language) -> str:
    *most, last = parts
    return f"{', '.join(most)} {said.say('words.or')} {last}" if most else last


def _count(share: float, worlds: int) -> int:
    return 0 if not np.isfinite(share) else round(share * worlds)
