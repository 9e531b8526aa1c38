"""Whatever organisation the vocabulary allows, nothing is lost, luck is the same, and names say nothing.

Structures, devices, pay plans and parameters are drawn from the schema: its ranges, its choices, its defaults.
"""

from __future__ import annotations

import os
import subprocess
import sys
import typing
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from test_conservation import _demand_from_the_log as demand_from_the_log

import orgsim
from orgsim.clock import Clock
from orgsim.results import Run
from orgsim.scenario.devices import PARTICIPANTS, STATES, Device, Effect, LeadRights, Services, StaffUnit
from orgsim.scenario.organisation import LEVERS, PRIMITIVES, Chair, Structure
from orgsim.scenario.pay import NOT_MOVED, PERIODS, WORK, Component, Metric, PayPlan
from orgsim.scenario.schema import Scenario
from orgsim.scenario.staff import MARKETER_ACTIVITIES, REP_ACTIVITIES

FIRM = {
    "market.size": 300, "time.years": 0.6, "time.warm_up_years": 0.4, "time.run_off_months": 1,
    "market.episodes_per_year": 0.6,
}  # fmt: skip
# Sections whose parameters are drawn; numbers of people are drawn apart, to stay small.
SECTIONS = ("contact", "belief", "customers", "quotas", "timing", "cooperation", "teams", "product", "leadership",
            "people")  # fmt: skip
OWN_ROWS = ("leaders_pay", "leaders_switching")  # of leaders
OWN_COLUMNS = ["profit", "field_hours", "development_hours"]
TABLES = ("leads", "periods", "hours", "pay", "people", "accounts", "events", "prospects")

# Without shrinking: an organisation is large, and each try is a run.
random = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
keys = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))


# From the schema -----------------------------------------------------------------------------------------------------


def plausible(field: FieldInfo) -> tuple[float, float] | None:
    """The plausible range of a parameter, as its declaration gives it."""
    extra: Any = field.json_schema_extra or {}
    low, high = extra.get("range", (None, None))
    return None if low is None else (low, high)


def values(field: FieldInfo) -> st.SearchStrategy[Any] | None:
    """What a field may be: one of its choices, its default, or a number of its range; None for other fields."""
    if typing.get_origin(field.annotation) is typing.Literal:
        return st.sampled_from(typing.get_args(field.annotation))
    within = plausible(field)
    if within is None or not isinstance(field.default, bool | int | float):
        return None
    if isinstance(field.default, bool):
        return st.booleans()
    if isinstance(field.default, int):
        return st.integers(*map(int, within))
    return st.just(field.default) | st.floats(*within)


def table(model: type[BaseModel], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A table with all the fields of a model that have choices or a range."""
    drawn = {name: values(field) for name, field in model.model_fields.items()}
    return st.fixed_dictionaries({name: one for name, one in drawn.items() if one is not None} | fixed)


def section_of(name: str) -> type[BaseModel]:
    section: Any = Scenario.model_fields[name].annotation
    return typing.cast(type[BaseModel], section)


PARAMETERS = {
    f"{section}.{name}": drawn
    for section in SECTIONS
    for name, field in section_of(section).model_fields.items()
    if (drawn := values(field)) is not None and name not in ("reps", "marketers")
}
parameters = st.lists(st.sampled_from(sorted(PARAMETERS)), max_size=10, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: PARAMETERS[name] for name in names})
)
staff = st.fixed_dictionaries({"people.reps": st.integers(1, 4), "people.marketers": st.integers(0, 3)})
devices = table(
    Device,
    participants=st.lists(st.sampled_from(PARTICIPANTS), unique=True),
    effects=st.lists(table(Effect, state=st.sampled_from(STATES)), max_size=3),
)


@st.composite
def rights(draw: st.DrawFn, titles: list[str]) -> dict[str, Any]:
    """A right to a lever, of a chair, the chief executive, or both heads."""
    right: dict[str, Any] = {
        "decides": draw(st.sampled_from([*titles, "chief", "joint"])), "proposals": draw(st.booleans()),
        "consulted": draw(st.lists(st.sampled_from([*titles, "chief"]), max_size=3, unique=True)),
    }  # fmt: skip
    veto = draw(st.none() | st.sampled_from([*titles, "chief"]))
    return right | ({} if veto is None else {"veto": veto})


@st.composite
def structures(draw: st.DrawFn, library: list[str]) -> dict[str, Any]:
    """Any structure: its chairs, the tree over them, its rights, its devices, its cells."""
    leads = list(draw(st.sampled_from([("both",), ("sales", "marketing"), ("marketing", "sales")])))
    leads += draw(st.lists(st.sampled_from(["sales", "marketing", "both", "heads"]), max_size=6 - len(leads)))
    leads = draw(st.permutations(leads))
    titles = [f"chair {place}" for place in range(len(leads))]
    chairs: list[dict[str, Any]] = []
    for place, whom in enumerate(leads):
        above = draw(st.sampled_from(["chief", *titles[:place]]))
        chairs.append(draw(table(Chair, leads=st.just(whom))) | {"title": titles[place], "under": above})
    structure = draw(table(Structure)) | {
        "chairs": chairs,
        "devices": draw(st.lists(st.sampled_from(library), max_size=6, unique=True)),
        "lead_rights": draw(table(LeadRights)), "staff": draw(table(StaffUnit)), "services": draw(table(Services)),
    }  # fmt: skip
    for lever in LEVERS:
        field = {"devices": "devices_right", "pay": "pay_right"}.get(lever, lever)
        if Structure.model_fields[field].is_required() or draw(st.booleans()):
            structure[field] = draw(rights(titles))
    for chair in chairs:
        # Whoever is under nobody named is under whom leads the heads, unless that is a circle.
        if draw(st.booleans()):
            above = chair.pop("under")
            try:
                Structure.model_validate(structure)
            except ValidationError:
                chair["under"] = above
    return structure


def component(role: str, most: float) -> st.SearchStrategy[dict[str, Any]]:
    """A legal component of a role's pay."""
    fields = Component.model_fields

    def number(name: str, scale: float = 1.0) -> st.SearchStrategy[float]:
        low, high = plausible(fields[name]) or (0, 0)
        return st.floats(low * scale, high * scale)

    share = number("share", most)
    ways = st.one_of(
        st.fixed_dictionaries({"share": share}),
        st.fixed_dictionaries({"share": share, "accelerator": number("accelerator"), "cap": number("cap")}),
        st.fixed_dictionaries({"share": share, "threshold": number("threshold")}),
        st.fixed_dictionaries({"rate": number("rate")}),
        st.fixed_dictionaries({"bonus": number("bonus").map(lambda bonus: round(1 + bonus, 2))}),
    )

    def whose(metric: str) -> st.SearchStrategy[dict[str, Any]]:
        own = ["own"] if metric in WORK[role] else ["team", "firm"] if role == "marketer" else ["own", "team", "firm"]
        return st.fixed_dictionaries(
            {"metric": st.just(metric), "scope": st.sampled_from(own), "period": st.sampled_from(list(PERIODS)),
             "quota": st.none() | number("quota")}
        )  # fmt: skip

    metrics = [name for name in typing.get_args(Metric) if name not in NOT_MOVED[role]]
    return st.tuples(st.sampled_from(metrics).flatmap(whose), ways).map(lambda parts: parts[0] | parts[1])


def known(plan: dict[str, Any]) -> bool:
    try:
        PayPlan.model_validate(plan)
    except ValidationError:
        return False
    return True


BASELINE, NEUTRAL = orgsim.load_scenario("baseline"), orgsim.load_scenario("neutral")
plans = st.one_of(
    st.sampled_from(sorted(BASELINE.pay)),
    st.fixed_dictionaries(
        {"rep": st.lists(component("rep", 0.5), max_size=2), "marketer": st.lists(component("marketer", 1), max_size=1)}
    ).filter(known),
)


@st.composite
def organisations(draw: st.DrawFn, arms: int = 2) -> dict[str, Any]:
    """What makes a shipped scenario a small firm with random parameters, devices, pay (`ours`) and so many structures,
    `arm 0` today's."""
    held = draw(st.lists(devices, max_size=3))
    library = [*BASELINE.devices, *(f"device {place}" for place in range(len(held)))]
    plan = draw(plans)
    pay = BASELINE.pay[plan].model_dump() if isinstance(plan, str) else plan
    named = {f"structures.arm {place}": draw(structures(library)) for place in range(arms)}
    ours = {f"devices.device {place}": device for place, device in enumerate(held)}
    changes = FIRM | draw(staff) | draw(parameters) | ours | named
    return changes | {"pay.ours": pay, "today.structure": "arm 0", "today.pay": "ours"}


# What holds ----------------------------------------------------------------------------------------------------------


def check(run: Run) -> None:
    """Leads, hours, cents, prospects and the value of demand, all accounted for."""
    leads, kpis, events, world = run.leads, run.kpis, run.events, run.world
    clock = Clock.of(run.scenario)
    # Leads: one outcome each, at most one cause, and that for viable ones that were lost.
    assert leads["lead"].is_unique
    closed = leads["closed"].notna()
    assert (closed == (leads["outcome"] != "open")).all()
    wasted = leads["waste_cause"] != "none"
    assert (leads["viable"] & closed & (leads["outcome"] != "won"))[wasted].all()
    for first, then in [
        ("created", "handed_over"), ("handed_over", "first_touch"), ("first_touch", "accepted"),
        ("accepted", "opportunity"), ("created", "closed"), ("handed_over", "closed"),
    ]:  # fmt: skip
        both = leads[first].notna() & leads[then].notna()
        assert (leads[first] <= leads[then] + 1e-9)[both].all()
    # MQLs are counted once, whatever returns; a lead returns at most once.
    assert kpis["mqls"] == run.periods["mqls"].sum() == (leads["handed_over"] >= 0).sum()
    returned = events[events["activity"] == "returned"]
    assert returned["lead"].is_unique
    assert (returned["day"] >= 0).sum() == run.periods["returned"].sum()
    assert set(leads.loc[leads["returned"] == 1, "lead"]) <= set(returned["lead"])
    # Hours: 35 paid hours for each person and week, none negative.
    weeks = int((np.arange(clock.days) % 5 == 4)[clock.start : clock.end].sum())
    assert (run.hours["hours"] >= -1e-9).all()
    assert np.allclose(run.hours.groupby(["role", "person"])["hours"].sum(), 35 * weeks)
    # Cents: the accounts sum to profit; so do its years; orders and services to revenue.
    assert run.accounts["cents"].sum() == cents(kpis["profit"])
    assert cents(kpis["profit"]) == sum(value for name, value in kpis.items() if name.startswith("profit_year_")) * 100
    by_account = run.accounts.groupby("account", observed=True)["cents"].sum()
    orders = events[(events["activity"] == "order") & (events["day"] >= 0)]["amount"].sum()
    orders -= events[(events["activity"] == "cancelled") & (events["day"] >= 0)]["amount"].sum()
    assert by_account["revenue_new"] + by_account["revenue_repeat"] == cents(orders)
    assert kpis["revenue"] * 100 == cents(orders + by_account["revenue_services"] / 100)
    # Prospects: as many as at the start, each in one state, with at most one open lead.
    assert len(run.prospects) == int(run.facts["prospects"])
    assert (run.prospects["state"] == "customer").sum() == world.firm["customers"][0]
    assert leads[~closed]["prospect"].is_unique
    assert (~closed).sum() == (world.prospects["lead"] >= 0).sum()
    # The line: leads that are said to wait do, each in one place.
    queued = world.leads[: int(world.firm["leads"][0])]["status"] == 2
    assert queued.sum() == world.firm["queued"][0] == waiting(run)
    # Value: viable demand = won + fair loss + waste + missed + open.
    parts = ("demand_won", "demand_fair_loss", "lead_waste", "missed_demand", "demand_open")
    assert sum(kpis[f"{part}_value"] for part in parts) == pytest.approx(demand_from_the_log(run), abs=0.02)
    # States of the teams stay within their bounds, alignment within 0 and 10.
    periods = run.periods
    for name in ("definition", "cooperation", "field_knowledge", "value_proposition", "innovation", "use", "clarity",
                 "openness", "evidence", "voice", "brand_share"):  # fmt: skip
        assert periods[name].between(0, 1).all(), name
    for name in ("alignment", "alignment_marketing", "alignment_sales"):
        assert periods[name].between(0, 10).all(), name


def cents(euro: float) -> Any:
    """As many cents, but for what is lost of euro as floating-point numbers."""
    return pytest.approx(euro * 100, abs=0.4, rel=1e-12)


def waiting(run: Run) -> int:
    """Leads that stand in some line, counted by going through the lines."""
    leads = run.world.leads
    seen: set[int] = set()
    for rep in run.world.reps:
        ahead = [int(rep["queue"])]
        while ahead:
            lead = ahead.pop()
            if lead >= 0:
                assert lead not in seen, "a lead stands in two places"
                seen.add(lead)
                ahead += [int(leads["left"][lead]), int(leads["right"][lead])]
    return sum(int(leads["status"][lead]) == 2 for lead in seen)


def same(one: Run, other: Run, but: tuple[str, ...] = ()) -> bool:
    return one.kpis == other.kpis and all(getattr(one, t).equals(getattr(other, t)) for t in TABLES if t not in but)


@settings(random, max_examples=60)
@given(organisations(), keys)
def test_nothing_is_lost_in_random_organisations(changes: dict[str, Any], key: tuple[int, int]) -> None:
    check(orgsim.run(BASELINE.with_(**changes), structure="arm 1", seed=key[0], replicate=key[1]))


@settings(random, max_examples=12)
@given(organisations(), keys)
def test_a_random_organisation_run_twice_gives_the_same_tables(changes: dict[str, Any], key: tuple[int, int]) -> None:
    scenario = BASELINE.with_(**changes)
    runs = [orgsim.run(scenario, structure="arm 1", seed=key[0], replicate=key[1]) for _ in range(2)]
    assert same(*runs)


@settings(random, max_examples=8)
@given(organisations(arms=3), st.integers(0, 2**32 - 1))
def test_threads_and_the_order_of_random_arms_change_nothing(changes: dict[str, Any], seed: int) -> None:
    scenario = BASELINE.with_(**changes)
    arms = ["arm 0", "arm 1", "arm 2"]
    one = orgsim.compare(scenario, structures=arms, pay=["ours"], replicates=2, seed=seed, threads=1, batch=2)
    other = orgsim.compare(scenario, structures=arms[::-1], pay=["ours"], replicates=2, seed=seed, threads=2, batch=1)
    assert one.runs.equals(other.runs)
    run = orgsim.run(scenario, structure="arm 2", seed=seed, replicate=1)
    row = one.runs[(one.runs["structure"] == "arm 2") & (one.runs["replicate"] == 1)].iloc[0]
    assert all(row[name] == value or (row[name] != row[name] and value != value) for name, value in run.kpis.items())


def without_leaders(run: Run) -> list[pd.DataFrame]:
    accounts = run.accounts[~run.accounts["account"].isin(OWN_ROWS)].reset_index(drop=True)
    return [run.leads, run.prospects, run.hours, run.pay, run.people, run.periods.drop(columns=OWN_COLUMNS), accounts]


@settings(random, max_examples=40)
@given(organisations(), keys)
def test_with_everything_neutral_random_structures_give_identical_tables(
    changes: dict[str, Any], key: tuple[int, int]
) -> None:
    """E12 over structures that differ in every cell: rights, devices, staff, services, reviews, voices, trees."""
    scenario = NEUTRAL.with_(**changes)
    assert not any(getattr(scenario.switches, name) for name in PRIMITIVES if name != "cost")
    one, other = (orgsim.run(scenario, structure=f"arm {n}", seed=key[0], replicate=key[1]) for n in (0, 1))
    assert all(a.equals(b) for a, b in zip(without_leaders(one), without_leaders(other), strict=True))
    assert one.kpis["profit_before_leaders"] == other.kpis["profit_before_leaders"]


def test_with_everything_on_but_what_structures_differ_in_structure_does_not_matter() -> None:
    off = {f"switches.{name}": False for name in PRIMITIVES if name != "cost"}
    scenario = everything().with_(**off, **{"time.years": 1.0, "market.size": 400})
    first, *others = (without_leaders(orgsim.run(scenario, structure=name)) for name in ("all", *BASELINE.structures))
    for other in others:
        assert all(a.equals(b) for a, b in zip(first, other, strict=True))


def renamed(structure: Structure) -> dict[str, Any]:
    """The structure with other titles of its chairs, and its devices named in another order."""

    def name(title: str | None) -> str | None:
        return title if title in (None, "chief", "joint") else f"Direktor {title[::-1]}"  # type: ignore[index]

    data = structure.model_dump()
    for chair in data["chairs"]:
        chair["title"], chair["under"] = name(chair["title"]), name(chair["under"])
    for right in data.values():
        if isinstance(right, dict) and "decides" in right:
            right["decides"], right["veto"] = name(right["decides"]), name(right["veto"])
            right["consulted"] = [name(title) for title in right["consulted"]]
    return data | {"devices": structure.devices[::-1]}


@settings(random, max_examples=12)
@given(organisations(), keys)
def test_renaming_chairs_structures_and_pay_changes_nothing(changes: dict[str, Any], key: tuple[int, int]) -> None:
    scenario = BASELINE.with_(**changes)
    other = scenario.with_(
        **{"structures.zwei": renamed(scenario.structures["arm 0"]), "structures.eins": renamed(
            scenario.structures["arm 1"]), "pay.unser": scenario.pay["ours"], "today.structure": "zwei",
           "today.pay": "unser"}
    )  # fmt: skip
    one = orgsim.run(scenario, structure="arm 1", seed=key[0], replicate=key[1])
    assert same(one, orgsim.run(other, structure="eins", seed=key[0], replicate=key[1]))


# Compiled and not ----------------------------------------------------------------------------------------------------

PROGRAM = """
import hashlib, sys
sys.path.insert(0, {folder!r})
import orgsim
from test_random_organisations import TABLES, everything
digest = hashlib.sha256()
for structure in ("all", "separate"):
    run = orgsim.run(everything(), structure=structure, seed=3, replicate=5)
    for table in (getattr(run, name) for name in TABLES):
        for column in table:
            digest.update(table[column].astype(object).map(repr).str.cat(sep="|").encode())
    digest.update(repr(sorted(run.kpis.items())).encode())
print(digest.hexdigest())
"""


def everything() -> Scenario:
    """A small firm in which nothing is neutral: each parameter of what this engine is about amid its range."""
    changes: dict[str, Any] = {}
    for section in ("teams", "product", "contact", "belief", "customers", "leadership", "cooperation"):
        for name, field in section_of(section).model_fields.items():
            within = plausible(field)
            if within and isinstance(field.default, float):
                changes[f"{section}.{name}"] = (within[0] + within[1]) / 2
    structure = {
        "chairs": [{"title": "a", "leads": "sales", "year_weight": 0.5, "under": "c"},
                   {"title": "b", "leads": "marketing", "under": "c"}, {"title": "c", "leads": "heads"}],
        "budget": {"decides": "joint", "veto": "c"}, "threshold": {"decides": "c", "proposals": True,
                                                                   "consulted": ["a", "b", "chief"]},
        "quota": {"decides": "c"}, "disputes": 2, "devices": ["ours", "theirs", *list(BASELINE.devices)[:6]],
        "lead_rights": {"routing": "performance", "sla": 3, "breach": "return", "recycle": 0.5, "audit": 0.5,
                        "penalty": 20, "audit_cost": 1000},
        "staff": {"people": 1}, "services": {"hours": 3, "self_financing": 0.5}, "review": 2,
    }  # fmt: skip
    everybody = {"participants": ["reps", "marketers", "heads"], "hours": 2, "cost": 10, "once": 100, "dose": 1}
    some, rest = STATES[:6], STATES[6:12]
    return BASELINE.with_(
        **changes,
        **{
            "market.size": 120, "time.years": 0.35, "time.warm_up_years": 0.3, "time.run_off_months": 1,
            "people.reps": 3, "people.marketers": 2, "people.rep_turnover": 0.5, "people.marketer_turnover": 0.5,
            "market.episodes_per_year": 1.0, "money.plan_change": 100, "today.pay": "hybrid",
            "devices.ours": {"effects": [{"state": state, "gain": 0.1} for state in some], **everybody},
            "devices.theirs": {"effects": [{"state": state} for state in rest], "trigger": 8.0, **everybody},
            "structures.all": structure,
        },
    )  # fmt: skip


def digest_of(**environment: str) -> str:
    """Digest of all tables of two arms, in a process of its own."""
    program = PROGRAM.format(folder=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", program], text=True, capture_output=True,
                          env={**os.environ, **environment})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_is_lost_with_everything_on() -> None:
    check(orgsim.run(everything().with_(**{"time.years": 2.0, "market.size": 400}), structure="all", seed=4))


def test_with_everything_on_plain_python_gives_the_same_bits_as_compiled_code() -> None:
    assert digest_of(NUMBA_DISABLE_JIT="1") == digest_of()


def test_every_activity_and_every_state_of_the_teams_has_a_column() -> None:
    run = orgsim.run(everything(), structure="all")
    assert set(STATES) <= set(run.periods.columns)
    assert set(run.hours["activity"]) == {*REP_ACTIVITIES, *MARKETER_ACTIVITIES}
