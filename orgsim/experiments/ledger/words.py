"""Words for what the log and the levers say, in a language: dates, figures, who decides, one line of the log.

All sentences are in the catalogues `orgsim/language/*/story.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orgsim.engine import records as r
from orgsim.experiments.ledger.chronicle import Line
from orgsim.language import MINUS, Language, language

if TYPE_CHECKING:
    from orgsim.experiments.ledger.ledger import Side
    from orgsim.results import Arm
    from orgsim.scenario.schema import Scenario

MOST_DIGITS = 6
NAME, TO, OF = "name", "to", "of"  # forms of a person: as a subject, after "to", after "of"


def day_of(side: Side, time: float) -> int:
    """The business day of a time in hours, counted from the start of the horizon."""
    return int(time // r.HOURS_PER_DAY) - side.walk.diary.first


@dataclass(frozen=True)
class Words:
    """What stories are told in: the catalogue `story` of a language, English unless said."""

    said: Language = field(default_factory=language)

    def say(self, key: str, /, **values: Any) -> str:
        """The sentence at a key of the catalogue, with its places filled."""
        return self.said.say(f"story.{key}", **values)

    # Dates and figures -----------------------------------------------------------------------------------------------

    def date(self, side: Side, time: float, hour: bool = False) -> str:
        """'month 3, week 9, day 42': months and weeks count from 1, days from 0 as in all tables. hour: say the time of
        day too, in business hours, minutes and seconds."""
        day = day_of(side, time)
        if day < 0:
            return self.say("date.before", day=self.number(day))
        months = side.walk.world.month_of
        first = side.walk.diary.first
        month = int(months[min(first + day, len(months) - 1)] - months[first]) + 1
        date = self.say("date.day", month=month, week=day // r.DAYS_PER_WEEK + 1, day=day)
        if not hour:
            return date
        seconds = int(time % r.HOURS_PER_DAY * 3600)
        return self.say("date.clock", date=date, hours=seconds // 3600, minutes=f"{seconds // 60 % 60:02d}",
                        seconds=f"{seconds % 60:02d}")  # fmt: skip

    def dated(self, what: str, side: Side, time: float, hour: bool = False) -> str:
        """What happened, with its date behind."""
        return self.say("log.dated", what=what, date=self.date(side, time, hour))

    def number(self, value: float, digits: int = 0) -> str:
        """A figure with so many decimals, thousands not parted."""
        text = self.said.number(value, digits).replace(self.said.group, "")
        return text.replace(MINUS, self.say("numbers.minus"))

    def figures(
        self, values: list[float], bar: float | None = None, percent: bool = False, digits: int = 0
    ) -> list[str]:
        """Values as text, the bar last if there is one, with as many decimals as show on which side of it each lies;
        without a bar, with one more than asked if they differ only there. Per cent if asked."""
        shown = [100 * value if percent else value for value in values]
        edge = None if bar is None else 100 * bar if percent else bar
        more = digits + 1 if edge is None else MOST_DIGITS
        while digits < more and not _apart(shown, edge, digits):
            digits += 1
        texts = [self.number(value, digits) for value in (shown if edge is None else [*shown, edge])]
        return [self.say("numbers.percent", value=text) for text in texts] if percent else texts

    def apart(self, values: list[float], percent: bool = False) -> list[str]:
        """Values as text with as many decimals as keep those apart that differ."""
        return self.figures(values, None, percent, next((n for n in range(1, MOST_DIGITS) if _apart(
            [100 * value if percent else value for value in values], None, n)), MOST_DIGITS))

    def euro(self, cents: int) -> str:
        """Whole euro."""
        amount = self.said.number(cents / 100, 0).replace(MINUS, self.say("numbers.minus"))
        return self.say("numbers.euro", amount=amount)

    # Names -----------------------------------------------------------------------------------------------------------

    def rep(self, number: int, form: str = NAME) -> str:
        """A rep by number, or marketing where it is negative; form: NAME, TO or OF."""
        return self.say(f"rep.{form}", number=number + 1) if number >= 0 else self.say(f"marketing.{form}")

    def chair(self, title: str) -> str:
        """The holder of a chair: by the catalogue, else by the title the scenario gives it."""
        return self._known("chair", title)

    def segment(self, name: str) -> str:
        """A segment in a sentence: by the catalogue, else by the name the scenario gives it."""
        return self._known("segment", name)

    def _known(self, kind: str, name: str) -> str:
        key = f"{kind}.{name.replace(' ', '_')}"
        return self.say(key) if "_" not in name and self.said.has(f"story.{key}") else name

    def chair_at(self, chairs: list[str], number: int) -> str:
        """The chair of a number in the log."""
        if number == r.BOTH_HEADS:
            return self.say("chair.both_heads")
        return self.chair(chairs[number]) if 0 <= number < len(chairs) else self.say("chair.chief_executive")

    def holder(self, scenario: Scenario, side: Side, lever: str) -> str:
        """Who decides on a lever (budget, threshold) in an arm."""
        arm = side.walk.world.arm
        if not arm["decides"][0]:
            return self.say("chair.nobody")
        chairs = [chair.title for chair in scenario.structures[side.arm.structure].chairs]
        return self.chair_at(chairs, int(arm[lever][0]))

    def labels(self, scenario: Scenario, arms: list[Arm], given: list[str]) -> list[str]:
        """Names of arms: as given in English, where they are the names that commands take; by their titles in another
        language, unless a name was given by hand."""
        from orgsim.experiments.ledger.ledger import labels
        from orgsim.figures.chart import ArmNames

        if self.said.code == "en":
            return given
        structures = {name: structure.title for name, structure in scenario.structures.items()}
        plans = {name: plan.title for name, plan in scenario.pay.items()}
        titles = ArmNames.of([str(arm) for arm in arms], self.said, structures=structures, plans=plans)
        return [title.name if label == plain else label
                for label, plain, title in zip(given, labels(arms), titles.arms, strict=True)]  # fmt: skip

    def plan(self, scenario: Scenario, name: str) -> str:
        """A pay plan: in English by the name that commands take, else by its title."""
        from orgsim.figures.chart import title_of

        return name if self.said.code == "en" else title_of("pay", name, self.said, {name: scenario.pay[name].title})

    # Sentences -------------------------------------------------------------------------------------------------------

    def both(self, labels: tuple[str, str], here: str, there: str) -> str:
        """'X under merged, Y under separate', or 'X under both' where they are the same."""
        if here == there:
            return self.say("both.same", here=here)
        return self.say("both.differ", here=here, there=there, a=labels[0], b=labels[1])

    def told(self, side: Side, line: Line | None) -> str:
        """What a line of the log about an account says, as the rest of a sentence; None: nothing more was logged."""
        if line is None:
            return self.say("log.nothing_more")
        kind, who, amount = line.activity, line.resource, self.euro(line.amount)
        if kind == r.NOTE_LEAD:
            return self._lead(side, line)
        if kind == r.NOTE_ATTEMPT:
            return self.say("log.reached" if line.amount else "log.reached_nobody", who=self.rep(who))
        if kind == r.NOTE_CLOSED:
            return self._closed(side, line)
        if kind == r.NOTE_ORDER and line.lead < 0:
            return self.say("log.next_order", amount=amount)
        if kind == r.NOTE_NEED:
            stake = self.say("log.stake", amount=amount) if line.amount else self.say("log.no_stake")
            return self.say("log.need_meanwhile" if line.lead >= 0 else "log.need", stake=stake)
        if kind in SIMPLE:
            return self.say(SIMPLE[kind], who=self.rep(who), to=self.rep(who, TO), of=self.rep(who, OF), amount=amount)
        return self.activity(kind)

    def activity(self, kind: int) -> str:
        """A kind of line of the log in two words."""
        return self.say(f"activity.{r.ACTIVITIES[kind]}")

    def _lead(self, side: Side, line: Line) -> str:
        origin = int(side.walk.world.leads["origin"][line.lead])
        if origin == r.OUTBOUND and line.resource >= 0:
            return self.say("log.lead_found", who=self.rep(line.resource))
        if origin == r.SIGNAL:
            return self.say("log.lead_signal")
        return self.say("log.lead", origin=self.say(f"origin.{r.ORIGINS[origin]}"))

    def _closed(self, side: Side, line: Line) -> str:
        lead = side.walk.world.leads[line.lead]
        outcome = self.say(f"outcome.{r.OUTCOMES[line.amount]}")
        if lead["cause"] != r.FAIR:
            cause = self.say(f"cause.{r.WASTE_CAUSES[int(lead['cause'])]}")
            return self.say("log.closed_wasted", outcome=outcome, cause=cause)
        if line.amount == r.LAPSED and lead["touches"]:
            return self.say("log.never_reached")
        return self.say("log.closed", outcome=outcome)


# Lines of the log that one sentence tells, by kind.
SIMPLE = {
    r.NOTE_HANDED: "log.handed_over", r.NOTE_ACCEPTED: "log.accepted", r.NOTE_OPPORTUNITY: "log.opportunity",
    r.NOTE_ORDER: "log.first_order", r.NOTE_LEFT: "log.left", r.NOTE_MISSED: "log.missed",
    r.NOTE_ASIDE: "log.set_aside", r.NOTE_REFERRED: "log.referred", r.NOTE_CANCELLED: "log.cancelled",
    r.NOTE_PULLED: "log.pulled", r.NOTE_PUSHED: "log.pushed", r.NOTE_RETURNED: "log.returned",
    r.NOTE_PASSED_ON: "log.passed_on", r.NOTE_TOLD: "log.told",
}  # fmt: skip


def _apart(shown: list[float], edge: float | None, digits: int) -> bool:
    if edge is None:
        return len({f"{value:.{digits}f}" for value in shown}) == len(set(shown))
    return all(value == edge or f"{value:.{digits}f}" != f"{edge:.{digits}f}" for value in shown)
