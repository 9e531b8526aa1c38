"""Pay plans in words of the reader's language; in English they are those of `orgsim pay show`."""

from __future__ import annotations

from typing import Any

from orgsim.contract import ROLES, Contract, Part, contract, segments
from orgsim.language import Language
from orgsim.scenario.pay import MONEY, PayPlan
from orgsim.scenario.schema import Scenario

ENDLESS = float("inf")


def pay_words(scenario: Scenario, plan: PayPlan, said: Language) -> list[str]:
    """A plan in sentences: pay at target of each role, each component, and what else the contract says."""
    tell = _Words(said)
    found = []
    for role in ROLES:
        own = contract(scenario, plan, role)
        found += [tell.introduction(own), *map(tell.component, own.parts)]
        if role == "rep":
            found += tell.conditions(scenario, plan)
    return found


class _Words:
    def __init__(self, said: Language) -> None:
        self.language = said

    def say(self, key: str, **values: Any) -> str:
        return self.language.say(f"report.contract.{key}", **values)

    def euro(self, amount: float) -> str:
        digits = 2 if abs(amount) < 100 and round(amount, 2) != round(amount) else 0
        return self.language.amount(amount, "€", digits)

    def percent(self, share: float) -> str:
        return self.language.percent(share, 0 if f"{100 * share:.1f}".endswith(".0") else 1)

    def result(self, part: Part, amount: float) -> str:
        if part.component.metric in MONEY:
            return self.euro(amount)
        digits = 0 if amount >= 100 or round(amount, 1) == round(amount) else 1
        number = self.language.number(amount, digits)
        unit = self.language.say(f"report.contract.unit.{part.component.metric}", count=1 if number == "1" else 2)
        return f"{number}\u00a0{unit}"

    def introduction(self, own: Contract) -> str:
        who = self.say(f"role.{own.role}")
        if not own.parts:
            return self.say("fixed", who=who, base=self.euro(own.base))
        return self.say("introduction", who=who, total=self.euro(own.total), base=self.euro(own.base),
                        variable=self.euro(own.variable), share=self.percent(own.variable / own.total))  # fmt: skip

    def subject(self, part: Part) -> str:
        whose = "own" if part.component.scope == "own" else (
            "firm" if part.component.scope == "firm" else f"team_{part.role}")  # fmt: skip
        text = self.say(f"whose.{whose}", what=self.say(f"metric.{part.component.metric}"))
        return f"{text[:1].upper()}{text[1:]}"

    def component(self, part: Part) -> str:
        c = part.component
        period, each = self.say(f"period.{c.period}"), "" if c.scope == "own" else self.say("to_each")
        name = self.subject(part)
        if c.winners:
            return self.say("contest", name=f"{name[:1].lower()}{name[1:]}", period=period, winners=c.winners,
                            prize=self.euro(part.prize), who=self.say(f"roles.{part.role}"),
                            count=c.winners)  # fmt: skip
        target, quota = self.say(part.target), self.result(part, part.quota)
        key = "component" if part.at_quota else "component_bare"
        text = self.say(key, name=name, period=period, amount=self.euro(part.at_quota), each=each, target=target,
                        quota=quota)  # fmt: skip
        text += f" {self.rates(part)}"
        if c.weeks:
            text += " " + self.say("weeks", first=c.weeks[0], last=c.weeks[1], period=period)
        return text

    def rates(self, part: Part) -> str:
        stretches = [(end, slope * part.step / part.quota) for _, end, slope in segments(part.curve)]
        unit, target = self.say(f"step.{part.component.metric}"), self.say(part.target)
        lumps = [{"at": self.percent(at), "target": target, "result": self.result(part, at * part.quota),
                  "amount": self.euro(jump)}
                 for at, jump in zip(part.curve.at, part.curve.jumps, strict=True) if jump]  # fmt: skip
        at_once = "".join(" " + self.say("lump", **lump) for lump in lumps)
        if not any(rate for _, rate in stretches):
            if len(lumps) == 1:
                return self.say("lump_only", **lumps[0])
            return self.say("lumps_only") + at_once if lumps else self.say("nothing_paid")
        if len(stretches) == 1:
            key = "rate_and_lumps" if lumps else "rate_always"
            return self.say(key, unit=unit, amount=self.euro(stretches[0][1])) + at_once
        words = []
        for end, rate in stretches:
            amount = self.euro(rate) if rate else self.say("nothing")
            key = "up_to" if end < ENDLESS else "above"
            words.append(self.say(key, amount=amount, at=self.percent(end) if end < ENDLESS else ""))
        return self.say("rates", unit=unit, words=", ".join(words)) + at_once

    def conditions(self, scenario: Scenario, plan: PayPlan) -> list[str]:
        found = []
        if plan.draw:
            key = "draw_recoverable" if plan.draw.recoverable else "draw"
            found.append(self.say(key, months=f"{plan.draw.months:g}", amount=self.euro(plan.draw.amount)))
        if plan.clawback:
            text = self.say("clawback", days=f"{plan.clawback:g}")
            found.append(text if scenario.customers.cancel else f"{text} {self.say('no_cancelling')}")
        return found
