"""Rights to leads: who gets one, for how long, and what becomes of those that come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from plain_rules import plain
from scipy import stats

import orgsim
from orgsim.engine import records as r
from orgsim.engine import routing
from orgsim.results import Arm, Run
from orgsim.scenario.schema import Scenario
from orgsim.simulation import new_world

FALSE_ALARM = 1e-6
EPSILON = 1e-9


def firm(rights: dict[str, Any], **changes: Any) -> Scenario:
    """Heads who share out leads by these rights, today; nobody leaves, no owner is disputed."""
    return orgsim.load_scenario("baseline").with_(
        **{"market.size": 1500, "time.years": 1.5, "time.warm_up_years": 0.5, "time.run_off_months": 0,
           "people.reps": 4, "switches.turnover": False, "contact.dispute_share": 0,
           "structures.separate.lead_rights": rights},
    ).with_(**changes)  # fmt: skip


def busy(rights: dict[str, Any], **changes: Any) -> Scenario:
    """The same with few hours for leads, so that they wait."""
    return firm(rights, **{"reps.leads": 0.8, "reps.slack": 6.5, "contact.burst": 0, "market.size": 3000, **changes})


def steps(run: Run) -> dict[int, list[tuple[str, float, str]]]:
    """What happened to each lead: activity, day, resource, in order."""
    rows = run.events[run.events["lead"] >= 0]
    return {
        int(lead): list(zip(own["activity"], own["day"], own["resource"], strict=True))
        for lead, own in rows.groupby("lead")
    }


def waiting(run: Run) -> list[int]:
    """Leads in the lines, each as often as it stands in one."""
    leads, found = run.world.leads, []
    for rep in run.world.reps:
        ahead = [int(rep["queue"])]
        while ahead and len(found) <= len(leads):
            lead = ahead.pop()
            if lead >= 0:
                found.append(lead)
                ahead += [int(leads["left"][lead]), int(leads["right"][lead])]
    return [lead for lead in found if leads["status"][lead] == r.QUEUED]


# Routing -------------------------------------------------------------------------------------------------------------


def test_territories_are_runs_of_accounts_as_even_as_can_be() -> None:
    run = orgsim.run(firm({"routing": "territory"}), seed=1)
    handed = run.events[run.events["activity"] == "handed_over"]
    sizes = run.world.segments["accounts"]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = first[handed["case"] // 2**24] + handed["case"] % 2**24
    assert (handed["resource"] == ("rep " + (place * 4 // 1500 + 1).astype(str))).all()
    assert handed["resource"].nunique() == 4


def test_even_routing_gives_each_account_its_own_rep() -> None:
    run = orgsim.run(firm({"routing": "even"}), seed=1)
    handed = run.events[run.events["activity"] == "handed_over"]
    owner = run.prospects.set_index("prospect")["owner"]
    assert (handed["resource"].to_numpy() == [f"rep {owner[case] + 1}" for case in handed["case"]]).all()


@pytest.mark.parametrize("kind", ["performance", "experience"])
def test_leads_go_by_chance_in_proportion_to_results_or_to_practice(kind: str) -> None:
    """Chi-square over four reps; a sound engine fails once in a million."""
    scenario = firm({"routing": kind})
    world = new_world(scenario, Arm("separate", "own_numbers"), 1, 0)
    claims = np.array([1.0, 2.0, 3.0, 0.0])
    world.reps["practice"] = 1.0
    world.reps["usual"] = 0.0
    if kind == "performance":
        world.reps["usual"][:, r.NEW_REVENUE] = 700 * claims
        world.reps["usual"][:, r.REPEAT_REVENUE] = 300 * claims
    else:
        world.reps["practice"] = claims
    routed = plain(routing.routed)
    lead = world.leads[0]
    counts = np.zeros(4)
    for prospect in world.prospects:
        lead["ordinal"] = 2
        counts[routed(world, prospect, lead)] += 1
    assert counts[3] == 0
    assert stats.chisquare(counts[:3], len(world.prospects) * claims[:3] / 6).pvalue > FALSE_ALARM


def test_where_nobody_has_shown_anything_yet_performance_routing_is_even() -> None:
    world = new_world(firm({"routing": "performance"}), Arm("separate", "own_numbers"), 1, 0)
    world.reps["usual"] = 0.0
    routed = plain(routing.routed)
    assert all(routed(world, prospect, world.leads[0]) == prospect["owner"] for prospect in world.prospects[:50])


# Service level -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sla", [1.0, 4.5])
def test_no_lead_waits_longer_than_its_sla_before_somebody_else_gets_it(sla: float) -> None:
    """Unless it is set aside as hopeless: within the time it is called, passed on, set aside or closed."""
    run = orgsim.run(busy({"sla": sla, "breach": "next"}), seed=2)
    end = 1.5 * 260
    passed = 0
    for own in steps(run).values():
        for place, (activity, day, resource) in enumerate(own):
            if activity == "handed_over" and day + sla < end - EPSILON:
                later = next(step for step in own[place + 1 :] if step[0] != "need_opened")
                assert later[0] in ("attempt", "passed_on", "set_aside", "closed")
                if later[0] != "set_aside" and later[0] != "closed":
                    assert later[1] <= day + sla + EPSILON
                if later[0] == "passed_on":
                    assert later[1] == pytest.approx(day + sla)
                    assert later[2] != resource, "to another rep"
                    passed += 1
    assert passed > 100


def test_a_lead_that_nobody_called_in_time_goes_back_to_marketing_once() -> None:
    sla = 2.0
    run = orgsim.run(busy({"sla": sla, "breach": "return"}), seed=2)
    returned = 0
    for own in steps(run).values():
        activities = [activity for activity, _, _ in own]
        assert activities.count("returned") <= 1
        assert activities.count("handed_over") <= 1 + activities.count("returned")
        if "returned" in activities:
            place = activities.index("returned")
            since = own[activities.index("handed_over")][1]
            assert own[place][1] == pytest.approx(since + sla)
            assert "attempt" not in activities[:place]
            returned += 1
    assert returned > 100
    assert run.periods["returned"].sum() == sum(
        day >= 0 for own in steps(run).values() for activity, day, _ in own if activity == "returned"
    )


def test_with_a_rep_alone_a_breach_passes_leads_to_nobody() -> None:
    with_sla, without = (
        orgsim.run(busy(rights, **{"people.reps": 1}), seed=2) for rights in ({"sla": 1.0, "breach": "next"}, {})
    )
    assert with_sla.leads.equals(without.leads)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("breach", "vacancy"), [("next", 0), ("return", 0), ("next", 3)])
def test_lines_stay_whole_when_reps_leave_while_the_clock_of_their_leads_runs(breach: str, vacancy: int) -> None:
    """A lead whose rep leaves stands in the stand-in's line; the seat may be filled again before the time is up."""
    scenario = busy({"sla": 6.0, "breach": breach},
                    **{"switches.turnover": True, "people.rep_turnover": 1.5, "people.vacancy": vacancy})  # fmt: skip
    for seed in range(4):
        run = orgsim.run(scenario, seed=seed)
        found = waiting(run)
        assert len(found) == len(set(found)) == run.world.firm["queued"][0]


# What comes back -----------------------------------------------------------------------------------------------------


def test_a_lead_that_sales_gives_up_comes_back_once_and_is_one_mql() -> None:
    run = orgsim.run(firm({"recycle": 1.0}, **{"contact.attempts": 1}), seed=3)
    leads, events = run.leads, run.events
    counts = pd.crosstab(events["lead"], events["activity"])
    assert counts["returned"].max() == 1
    assert (counts["handed_over"] <= 1 + counts["returned"]).all()
    assert (counts["handed_over"] == 2).sum() > 50
    assert run.kpis["mqls"] == (leads["handed_over"] >= 0).sum()
    assert leads["returned"].sum() > 50
    # Given up means called and not won over: who is never called is not given up.
    back = {lead for lead, own in steps(run).items() if "returned" in [activity for activity, _, _ in own]}
    touched = set(events[events["activity"] == "attempt"]["lead"])
    assert back <= touched


def test_the_share_that_comes_back_is_the_one_given() -> None:
    """Of leads whose one attempt reached nobody; binomial, a sound engine fails once in a million."""
    run = orgsim.run(firm({"recycle": 0.3}, **{"contact.attempts": 1, "market.size": 6000}), seed=3)
    events = run.events[run.events["lead"] >= 0]
    failed = events[(events["activity"] == "attempt") & (events["amount"] == 0)].drop_duplicates("lead")
    then = events.merge(failed[["lead", "day"]], on=["lead", "day"])
    came, closed = ((then["activity"] == activity).sum() for activity in ("returned", "closed"))
    assert came + closed == len(failed) > 500
    assert stats.binomtest(int(came), len(failed), 0.3).pvalue > FALSE_ALARM


def test_who_comes_back_is_never_blamed_on_an_owner_whom_nobody_disputed() -> None:
    run = orgsim.run(busy({"sla": 1.0, "breach": "return"}, **{"contact.patience": 200, "contact.shelf_life": 10,
                                                               "market.window": 260}), seed=1)  # fmt: skip
    assert run.leads["returned"].sum() > 50
    assert (run.leads["waste_cause"] != "not_contacted_ownership").all()


def test_without_recycling_nothing_comes_back() -> None:
    run = orgsim.run(firm({}), seed=3)
    assert run.leads["returned"].sum() == run.periods["returned"].sum() == 0


# Double contact, audits ----------------------------------------------------------------------------------------------


def test_a_lead_that_two_teams_call_takes_twice_the_hours() -> None:
    """Booked hours on leads are those of all attempts, to the second."""
    plain = {"switches.practice": False, "market.size": 800, "people.reps": 6, "structures.separate.coordination": 0}
    for double, factor in ((0.0, 1), (1.0, 2)):
        run = orgsim.run(firm({}, **plain, **{"contact.double": double}), seed=4)
        attempts = run.events[(run.events["activity"] == "attempt") & (run.events["day"] >= 0)]
        taken = factor * (0.1 * len(attempts) + 0.85 * attempts["amount"].sum())
        hours = run.hours[run.hours["activity"] == "leads"]["hours"].sum()
        left = run.world.reps["lead_hours"].sum()
        assert hours + left == pytest.approx(taken, abs=2.0), "but for what was begun in the warm-up"
        handed = run.leads[run.leads["handed_over"].notna()]
        assert (handed["doubled"] == double).all()


def test_clear_roles_end_double_contact() -> None:
    clear = {"devices.roles": {"adoption": 0, "effects": [{"state": "clarity", "gain": 1.0}]},
             "structures.separate.devices": ["roles"], "contact.double": 1.0}  # fmt: skip
    assert orgsim.run(firm({}, **clear), seed=4).leads["doubled"].sum() == 0


def test_checks_cost_what_is_checked_of_them() -> None:
    run = orgsim.run(firm({"audit": 0.4, "audit_cost": 10_000}))
    assert run.kpis["cost_devices"] == pytest.approx(0.4 * 10_000 * 1.5, abs=0.02)


def test_pay_that_hangs_on_follow_up_where_it_is_checked_moves_hours_to_it() -> None:
    planned = {}
    for audit in (0.0, 0.5, 1.0):
        run = orgsim.run(firm({"audit": audit, "penalty": 10.0}, **{"today.pay": "fixed", "effort.half_life": 0}))
        logging = run.hours[(run.hours["activity"] == "logging")]["hours"].sum()
        planned[audit] = (run.world.days["lead_hours"][-1], logging)
    assert planned[0.0] < planned[0.5] < planned[1.0]


def test_with_rights_to_leads_switched_off_they_change_nothing() -> None:
    rights = {"routing": "territory", "sla": 2.0, "breach": "return", "recycle": 1.0, "audit": 1.0, "penalty": 20.0}
    off = {"switches.lead_rights": False}
    one, other = (orgsim.run(firm(some, **off), seed=5) for some in (rights, {}))
    assert one.kpis == other.kpis
    assert one.leads.equals(other.leads)
