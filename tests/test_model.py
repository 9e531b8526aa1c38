"""OrgModel: the run of orgsim, stepped, looked at and swept with Mesa's own tools."""

import ast
import inspect
import math
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
from mesa.agent import Agent
from mesa.batchrunner import batch_run
from mesa.experimental.scenarios import Scenario as MesaScenario

import orgsim
from orgsim.agents import Leader, Marketer, Prospect, Rep
from orgsim.kpis import measure
from orgsim.model import OrgModel
from orgsim.results import Run
from orgsim.tables import LEADS_STRIDE

TINY = {"market.size": 400, "time.years": 0.5, "time.run_off_months": 2}
DAYS = 130


@pytest.fixture(scope="module")
def tiny() -> orgsim.Scenario:
    return orgsim.load_scenario("baseline").with_(**TINY)


@pytest.fixture(scope="module")
def halfway(tiny: orgsim.Scenario) -> OrgModel:
    model = OrgModel(tiny, structure="merged", rng=3)
    model.run_for(DAYS // 2)
    return model


def stepped(scenario: orgsim.Scenario, **arguments: Any) -> OrgModel:
    model = OrgModel(scenario, **arguments)
    while model.running:
        model.step()
    return model


@pytest.mark.parametrize("structure", ["separate", "merged", "cro"])
@pytest.mark.parametrize("pay", [None, "shared_revenue"])
def test_a_model_stepped_to_the_end_has_the_figures_of_run_to_the_bit(
    tiny: orgsim.Scenario, structure: str, pay: str | None
) -> None:
    model = stepped(tiny, structure=structure, pay=pay, rng=7, replicate=2)
    run = orgsim.run(tiny, structure=structure, pay=pay, seed=7, replicate=2)
    assert {name: repr(value) for name, value in model.kpis.items()} == {k: repr(v) for k, v in run.kpis.items()}


def test_its_results_are_a_run_with_the_same_tables(tiny: orgsim.Scenario) -> None:
    results = stepped(tiny, structure="cro", rng=7).results()
    run = orgsim.run(tiny, structure="cro", seed=7)
    assert isinstance(results, Run)
    for table in ("leads", "periods", "hours", "accounts", "events", "prospects"):
        assert getattr(results, table).equals(getattr(run, table)), table
    assert {**results.facts, "seconds": 0} == {**run.facts, "seconds": 0}
    assert results.facts["seconds"] > 0
    assert (results.arm, results.seed, results.replicate) == (run.arm, run.seed, run.replicate)


def test_arrays_that_grow_on_the_way_change_nothing() -> None:
    scenario = orgsim.load_scenario("baseline").with_(**{"time.years": 0.5, "time.run_off_months": 0})
    model = OrgModel(scenario, rng=1)
    start = len(model.world.log)
    prospect = model.agents_by_type[Prospect].to_list()[0]
    model.run_model()
    assert len(model.world.log) > start
    assert model.kpis == orgsim.run(scenario, seed=1).kpis
    assert prospect.record == model.world.prospects[0]


@pytest.mark.parametrize("warm_up", [0, 0.05])
def test_a_short_warm_up_and_a_horizon_of_days_end_where_run_ends(warm_up: float) -> None:
    scenario = orgsim.load_scenario("baseline").with_(
        **{**TINY, "time.years": 0.1, "time.warm_up_years": warm_up, "time.run_off_months": 0}
    )
    model = stepped(scenario, rng=5)
    assert model.steps == model.time == 26
    assert model.kpis == orgsim.run(scenario, seed=5).kpis


def test_looking_at_agents_and_drawing_from_the_models_generators_changes_no_figure(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=7)
    while model.running:
        if model.steps % 20 == 0:
            model.agents.get("record")
            model.agents_by_type[Prospect].get(["awareness", "lead", "value"])
            model.agents_by_type[Rep].get(["belief", "queue", "revenue"])
            model.agents.shuffle_do("step")
            model.rng.random()
        model.step()
    assert model.kpis == orgsim.run(tiny, seed=7).kpis


def test_it_takes_a_name_a_path_a_scenario_or_nothing(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('extends = "baseline"\ntime = { warm_up_years = 0 }\nmarket = { size = 300 }\n')
    assert OrgModel(own).scenario.market.size == 300
    assert OrgModel(str(own)).scenario.name == "own"
    assert OrgModel("baseline", **{"time.warm_up_years": 0}).scenario.name == "baseline"
    assert OrgModel(**{"time.warm_up_years": 0}).scenario.market.size == 6000


def test_overrides_are_in_its_scenario_which_equals_the_one_asked_for(tiny: orgsim.Scenario) -> None:
    asked = tiny.with_(**{"market.segments.0.awareness": 0.5})
    model = OrgModel("baseline", rng=1, **{**TINY, "market.segments.0.awareness": 0.5})
    assert isinstance(model.scenario, orgsim.Scenario)
    assert model.scenario == asked
    assert asked == model.scenario
    assert model.scenario != tiny
    assert orgsim.run(model.scenario, seed=2).kpis == orgsim.run(asked, seed=2).kpis
    with pytest.raises(AttributeError, match="make another"):
        model.scenario = tiny


def test_mesas_own_scenario_does_not_leak_into_ours(tiny: orgsim.Scenario) -> None:
    before = tiny.model_dump()
    model = OrgModel(tiny, rng=1)
    assert tiny.model_dump() == before
    assert not hasattr(tiny, "model")
    assert not hasattr(model.scenario, "model")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"rng": -1}, "found -1; must be a whole number"),
        ({"rng": 2**32}, "must be a whole number"),
        ({"rng": 1.5}, "must be a whole number"),
        ({"rng": True}, "must be a whole number"),
        ({"replicate": 2**32}, "replicate"),
        ({"structure": "mergd"}, "did you mean 'merged'"),
        ({"pay": "own_number"}, "did you mean 'own_numbers'"),
        ({"market.sise": 5}, "did you mean 'size'"),
        ({"seed": 5}, "did you mean 'rng'"),
        ({"scenario": "baselin"}, "did you mean 'baseline'"),
    ],
)
def test_wrong_input_gets_the_error_that_run_gives(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(orgsim.ScenarioError, match=words):
        OrgModel(**arguments)


def test_a_seed_may_be_any_whole_number_of_32_bits(tiny: orgsim.Scenario) -> None:
    for seed in (0, 2**32 - 1, np.int64(5), np.uint32(2**32 - 1)):
        model = OrgModel(tiny, rng=seed)
        assert model.seed == seed
        assert type(model.seed) is int


def test_without_a_seed_a_fresh_one_is_drawn_and_recorded(tiny: orgsim.Scenario) -> None:
    models = [stepped(tiny) for _ in range(2)]
    seeds = [model.seed for model in models]
    assert seeds[0] != seeds[1]
    for model in models:
        assert model.kpis == orgsim.run(tiny, seed=model.seed).kpis
        assert set(model.datacollector.get_model_vars_dataframe()["seed"]) == {model.seed}


def test_a_step_is_a_business_day_and_running_turns_false_at_the_horizon(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    assert isinstance(model, mesa.Model)
    assert (model.steps, model.time, model.running) == (0, 0.0, True)
    for day in range(1, DAYS + 1):
        assert model.running
        model.step()
        assert model.steps == model.time == day
    assert not model.running


def test_stepping_past_the_end_does_nothing(tiny: orgsim.Scenario) -> None:
    model = stepped(tiny, rng=1)
    kpis, leads = dict(model.kpis), model.world.leads.tobytes()
    rows = len(model.datacollector.get_model_vars_dataframe())
    model.step()
    model.run_for(10)
    model.run_until(10_000)
    model.run_model()
    assert (model.steps, model.time, model.running) == (DAYS, DAYS, False)
    assert model.kpis == kpis
    assert model.world.leads.tobytes() == leads
    assert len(model.datacollector.get_model_vars_dataframe()) == rows


def test_run_for_and_run_until_go_as_far_as_steps_do(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    model.run_for(30)
    assert model.steps == model.time == 30
    model.run_until(60)
    assert model.steps == 60
    model.run_for(1000)
    assert model.steps == model.time == DAYS
    assert not model.running
    assert model.kpis == orgsim.run(tiny, seed=1).kpis


def test_events_scheduled_with_mesa_happen_between_the_days(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    seen = []

    def look() -> None:
        seen.append((model.time, model.customers))

    model.schedule_event(look, at=12.5)
    model.run_for(20)
    assert [time for time, _ in seen] == [12.5]


def test_figures_before_the_end_are_those_up_to_the_last_finished_month(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    model.run_for(21)
    assert model.kpis == {}
    model.step()
    assert model.steps == 22
    first = int(model.clock.month_of[model.clock.start])
    expected = measure(tiny, model.world, first, first + 1)
    assert model.kpis == expected
    model.run_for(20)
    assert model.kpis == expected
    with pytest.raises(RuntimeError, match="42 of 130 days"):
        model.results()


def test_the_data_collector_has_a_row_for_the_start_and_for_each_day(tiny: orgsim.Scenario) -> None:
    model = stepped(tiny, rng=1)
    table = model.datacollector.get_model_vars_dataframe()
    assert len(table) == DAYS + 1
    assert math.isnan(table["revenue"].iloc[0])
    last = table.iloc[-1]
    for name in (
        "revenue",
        "gross_margin",
        "profit",
        "leads",
        "won",
        "lead_waste_share",
        "missed_demand_value",
        "value",
    ):
        assert last[name] == model.kpis[name], name
    assert last["customers"] == model.customers == model.kpis["customers_end"]
    days = model.world.days[model.clock.start : model.clock.end]
    for column, stock in (("customers", "customers"), ("open_opportunities", "opportunities"), ("queued", "queued")):
        assert table[column].tolist()[1:] == days[stock].tolist(), column


def test_a_subclass_collects_what_it_wants(tiny: orgsim.Scenario) -> None:
    class Cooperation(OrgModel):
        reporters = {"cooperation": lambda model: float(model.world.firm["cooperation"][0])}  # noqa: RUF012

    model = Cooperation(tiny, rng=1)
    model.run_for(3)
    assert model.datacollector.get_model_vars_dataframe().shape == (4, 1)


def test_agents_can_be_collected_by_type(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    model.datacollector = mesa.DataCollector(agenttype_reporters={Rep: {"belief": "belief"}})
    model.run_for(3)
    table = model.datacollector.get_agenttype_vars_dataframe(Rep)
    assert len(table) == 3 * 8
    assert table["belief"].between(0, 1).all()
    assert set(model._views) == {Rep}


def test_batch_run_sweeps_overrides_structure_and_pay_over_seeds(tiny: orgsim.Scenario) -> None:
    rows = batch_run(
        OrgModel,
        {
            "scenario": [tiny],
            "structure": ["separate", "merged"],
            "pay": ["own_numbers", "shared_revenue"],
            "market.size": [300, 400],
        },
        number_processes=1,
        rng=[4, 5],
        display_progress=False,
    )
    assert len(rows) == 16
    for row in rows:
        run = orgsim.run(
            tiny.with_(**{"market.size": row["market.size"]}),
            structure=row["structure"], pay=row["pay"], seed=row["rng"],
        )  # fmt: skip
        assert (row["revenue"], row["profit"], row["value"]) == tuple(
            run.kpis[k] for k in ("revenue", "profit", "value")
        )
        assert row["seed"] == row["rng"]


def test_batch_run_without_seeds_reports_the_ones_it_drew(tiny: orgsim.Scenario) -> None:
    (row,) = batch_run(OrgModel, {"scenario": [tiny]}, number_processes=1, display_progress=False)
    assert row["rng"] is None
    assert row["revenue"] == orgsim.run(tiny, seed=row["seed"]).kpis["revenue"]


def test_agents_are_made_when_somebody_asks_and_only_those_asked_for(
    tiny: orgsim.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[type] = []
    original = Agent.__init__

    def counting(self: Agent, *args: Any, **kwargs: Any) -> None:
        made.append(type(self))
        original(self, *args, **kwargs)

    monkeypatch.setattr(Agent, "__init__", counting)
    model = stepped(tiny, rng=1)
    model.results().leads  # noqa: B018
    assert made == []
    assert model.agent_types == [Leader, Marketer, Rep, Prospect]
    assert set(model.agents_by_type) == {Leader, Marketer, Rep, Prospect}
    assert made == []
    assert len(model.agents_by_type[Rep]) == 8
    assert made == [Rep] * 8
    assert len(model.agents) == 3 + 3 + 8 + 400
    assert made.count(Rep) == 8


def test_identities_are_unique_and_the_same_whoever_is_looked_at_first(tiny: orgsim.Scenario) -> None:
    one, other = OrgModel(tiny, rng=1), OrgModel(tiny, rng=2)
    for kind in (Prospect, Rep):
        assert other.agents_by_type[kind]
    other.run_for(10)
    ids = [agent.unique_id for agent in one.agents]
    assert ids == [agent.unique_id for agent in other.agents]
    assert len(set(ids)) == len(ids)
    assert {type(number) for number in ids} == {int}
    assert other.agents_by_type[Rep].to_list()[3] is [agent for agent in other.agents if isinstance(agent, Rep)][3]


def test_a_prospects_identity_is_that_of_the_tables_and_survives_a_larger_segment(tiny: orgsim.Scenario) -> None:
    model = stepped(tiny, rng=1)
    table = model.results().prospects
    prospects = model.agents_by_type[Prospect]
    assert prospects.get("unique_id") == table["prospect"].tolist()
    for name in ("segment", "fit", "viable", "state", "leads", "orders", "owner"):
        assert prospects.get(name) == table[name].tolist(), name
    segments = [{**s.model_dump(), "size": 100} for s in tiny.market.segments]
    more = [{**segments[0], "size": 101}, *segments[1:]]
    few, many = (
        OrgModel(tiny.with_(**{"market.segments": listed}), rng=1).agents_by_type[Prospect].get(["unique_id", "fit"])
        for listed in (segments, more)
    )
    assert [row for row in many if row not in few] == [many[100]]


def test_a_view_follows_the_run(tiny: orgsim.Scenario) -> None:
    model = OrgModel(tiny, rng=1)
    rep, leader = model.agents_by_type[Rep].to_list()[0], model.agents_by_type[Leader].to_list()[0]
    before = rep.belief
    model.run_for(60)
    assert rep.belief != before
    assert rep is model.agents_by_type[Rep].to_list()[0]
    assert rep.record == model.world.reps[0]
    assert leader.title == "head of sales"


def test_reps_add_up_to_the_firm(tiny: orgsim.Scenario) -> None:
    crowded = tiny.with_(**{"reps.leads": 0.3, "reps.slack": 7.0, "market.size": 4000})
    for pooled in (False, True):
        model = OrgModel(crowded.with_(**{"contact.pooled": pooled}), rng=1)
        reps = model.agents_by_type[Rep]
        most = 0
        for _ in range(6):
            model.run_for(20)
            assert reps.agg("queue", sum) == model.queued
            most = max(most, model.queued)
        model.run_model()
        assert most > 0
        assert reps.agg("customers", sum) == model.customers
        assert reps.agg("revenue", sum) == pytest.approx(model.kpis["revenue"], abs=1e-6)


def test_hours_are_named_by_activity_and_fill_the_week(halfway: OrgModel) -> None:
    for kind, activity in ((Rep, "leads"), (Marketer, "brand")):
        for person in halfway.agents_by_type[kind]:
            assert person.hours[activity] > 0
            assert sum(person.hours.values()) == pytest.approx(35)


def test_people_have_the_skills_beliefs_and_titles_of_the_run(halfway: OrgModel) -> None:
    reps = halfway.agents_by_type[Rep]
    assert reps.get("skill") == halfway.world.reps["skill"].tolist()
    good, bad = halfway.world.reps["good"], halfway.world.reps["bad"]
    assert reps.get("belief") == pytest.approx((4 + good) / (8 + good + bad))
    director, chief = halfway.agents_by_type[Leader]
    assert (director.title, director.leads, director.horizon, director.span) == ("director", "both", 6.0, 11)
    assert (director.pay, director.firm_weight, director.prior) == (88_000, 1.0, 0.6)
    assert (chief.title, chief.skill) == ("chief executive", {"selling": 0.0, "marketing": 0.0})


def test_prospects_show_their_need_and_their_lead(halfway: OrgModel) -> None:
    prospects = halfway.agents_by_type[Prospect]
    states = prospects.get("state")
    assert set(states) == {"idle", "in_window", "customer"}
    assert states.count("customer") == halfway.customers
    open_need = prospects.select(lambda p: p.state == "in_window" and p.viable)
    assert all(p.value > 0 and p.deal > p.value for p in open_need)
    assert all(p.value == 0 == p.deal for p in prospects if p.state != "in_window")
    leading = prospects.select(lambda p: p.lead is not None)
    assert len(leading) > 0
    assert len({p.lead for p in leading}) == len(leading)
    assert all(p.lead // LEADS_STRIDE == p.unique_id for p in leading)
    assert sum(p.lead_status == "opportunity" for p in leading) == halfway.open_opportunities
    assert {p.lead_status for p in prospects if p.lead is None} == {None}
    for segment in halfway.scenario.market.segments:
        known = prospects.select(lambda p, name=segment.name: p.segment == name).agg("awareness", np.mean)
        assert known == pytest.approx(segment.awareness, abs=0.05)


def test_agent_sets_select_and_aggregate_but_views_can_be_neither_changed_nor_removed(halfway: OrgModel) -> None:
    aware = halfway.agents.select(agent_type=Prospect).select(lambda p: p.awareness > 0.3)
    assert 0 < len(aware) < 400
    assert aware.agg("fit", [min, max])[1] <= 1
    rep = halfway.agents_by_type[Rep].to_list()[0]
    with pytest.raises(AttributeError):
        rep.skill = 1.0
    with pytest.raises(TypeError, match="view"):
        rep.remove()
    halfway.agents.select(lambda a: False, inplace=True)
    assert len(halfway.agents) == 400 + 11 + 2
    with pytest.raises(KeyError):
        halfway.agents_by_type[Agent]


def test_agents_of_the_users_stand_beside_the_views(tiny: orgsim.Scenario) -> None:
    class Consultant(mesa.Agent):
        pass

    model = OrgModel(tiny, rng=1)
    consultant = Consultant(model)
    assert model.agents_by_type[Consultant].to_list()[0] is consultant
    assert list(model.agents)[-1] is consultant
    assert len({agent.unique_id for agent in model.agents}) == len(model.agents)
    model.remove_all_agents()
    assert len(model.agents) == 3 + 3 + 8 + 400


def test_solaraviz_takes_the_model_and_makes_another_when_a_slider_moves(tiny: orgsim.Scenario) -> None:
    """Mesa's own checks, cut out of its source: the module itself needs solara."""
    source = (Path(mesa.__file__).parent / "visualization" / "solara_viz.py").read_text()
    names = {"_get_scenario_defaults", "_check_model_params", "_build_model_init_kwargs"}
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name in names]
    if {node.name for node in found} != names:
        pytest.skip("this version of Mesa checks a model's parameters in another way")
    mesas: dict[str, Any] = {"inspect": inspect, "Scenario": MesaScenario, "Any": Any, "Model": mesa.Model}
    exec(compile(ast.Module(found, []), "solara_viz", "exec"), mesas)
    model = OrgModel(tiny, rng=1)
    parameters = {"scenario": tiny, "structure": "merged", "market.size": 500, "rng": 3}
    mesas["_check_model_params"](model, parameters)
    for empty in (True, False):
        arguments = mesas["_build_model_init_kwargs"](
            model, parameters, add_scenario_when_empty=empty, require_model_accepts_scenario=True
        )
        again = type(model)(**arguments)
        assert (again.scenario.market.size, again.arm.structure, again.seed) == (500, "merged", 3)
