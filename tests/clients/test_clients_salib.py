"""SALib on orgsim's outcomes, as docs/clients/salib.md shows it, and against closed forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from client_pages import check_prints, run_page

import orgsim

pytest.importorskip("SALib", reason="SALib is not installed")

# Pay of reps with nobody leaving is a product of two parameters: rep_pay x charges x what the horizon makes of it.
PAY = {"names": ["money.rep_pay", "money.charges"], "bounds": [[40_000.0, 60_000.0], [1.13, 1.42]], "num_vars": 2}
FEW = {"market.size": 100, "people.reps": 1, "people.marketers": 1, "time.years": 0.25, "time.warm_up_years": 0,
       "time.run_off_months": 0, "switches.turnover": False}  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return run_page("salib", tmp_path_factory.mktemp("salib"))


def shares(low_high: list[list[float]]) -> tuple[list[float], list[float]]:
    """First-order and total indices of a product of two uniform variables."""
    means = [(low + high) / 2 for low, high in low_high]
    variances = [(high - low) ** 2 / 12 for low, high in low_high]
    own = [means[1] ** 2 * variances[0], means[0] ** 2 * variances[1]]
    both = variances[0] * variances[1]
    whole = sum(own) + both
    return [part / whole for part in own], [(part + both) / whole for part in own]


def test_the_page_shows_what_its_programs_print(page: tuple[dict[str, Any], str]) -> None:
    check_prints("salib", page[1])


def test_outcomes_are_the_runs_at_the_points_of_the_sample(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    for row in (0, 50, 95):
        values = dict(zip(names["problem"]["names"], names["sample"][row]))
        values["people.reps"] = int(values["people.reps"])
        firm = names["FIRM"].with_(**values)
        runs = [orgsim.run(firm, seed=0, replicate=world).kpis["lead_waste_value"] for world in range(2)]
        assert names["outcomes"][row] == pytest.approx(np.mean(runs), rel=1e-12)


def test_a_parameter_without_influence_gets_zero_exactly(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    idle = names["problem"]["names"].index("customers.cancel_within")
    assert names["indices"]["S1"][idle] == names["indices"]["ST"][idle] == 0
    assert names["effects"]["mu_star"][idle] == 0
    assert (np.delete(names["indices"]["ST"], idle) > 0).all()
    assert (np.delete(names["effects"]["mu_star"], idle) > 0).all()


def test_sobol_indices_of_a_product_meet_their_closed_form() -> None:
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol

    firm = orgsim.load_scenario("baseline").with_(**FEW)
    sample = sobol.sample(PAY, 64, calc_second_order=False, seed=1)
    outcomes = np.array(
        [orgsim.run(firm.with_(**dict(zip(PAY["names"], point)))).kpis["cost_reps_base"] for point in sample]
    )
    check_product(sample.prod(axis=1), outcomes, analysis)


def test_salib_reads_the_sweeps_saltelli_design_in_its_own_order(tmp_path: Path) -> None:
    from SALib.analyze import sobol as analysis

    firm = orgsim.load_scenario("baseline").with_(**FEW)
    asked = orgsim.experiment(
        firm, structures=["separate"], pay=["own_numbers"], replicates=1, design={"kind": "saltelli", "points": 64},
        factors={name: {"range": bounds} for name, bounds in zip(PAY["names"], PAY["bounds"])},
    )  # fmt: skip
    orgsim.sweep(asked, tmp_path / "pay")
    results = orgsim.open_results(tmp_path / "pay")
    assert [factor.path for factor in results.factors] == PAY["names"]
    outcomes = results.metric("cost_reps_base", "separate / own_numbers").mean(axis=1)
    check_product(results.points[PAY["names"]].to_numpy().prod(axis=1), outcomes, analysis)


def check_product(product: Any, outcomes: Any, analysis: Any) -> None:
    """The outcomes are that product, and SALib's indices of them are those of the closed form."""
    assert np.allclose(outcomes / outcomes[0], product / product[0], rtol=1e-6)  # pay is paid in whole cents
    indices = analysis.analyze(PAY, outcomes, calc_second_order=False, seed=1)
    first, total = shares(PAY["bounds"])
    assert indices["S1"] == pytest.approx(first, abs=0.05)
    assert indices["ST"] == pytest.approx(total, abs=0.05)
    exact = analysis.analyze(PAY, product, calc_second_order=False, seed=1)
    assert np.allclose([indices["S1"], indices["ST"]], [exact["S1"], exact["ST"]], atol=1e-4)


def test_outcomes_of_the_sweep_are_the_runs_at_its_points(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    results = names["results"]
    assert len(results.points) == 16 * (3 + 2)
    swept = results.metric("lead_waste_value", "separate / own_numbers")
    for point in results.points.iloc[[0, 33, 79]].to_dict("records"):
        firm = names["FIRM"].with_(**{name: point[name] for name in names["names"]})
        runs = [orgsim.run(firm, seed=0, replicate=world).kpis["lead_waste_value"] for world in range(2)]
        assert swept[point["point"]].tolist() == runs


def test_both_ways_agree_on_what_matters_most(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    assert names["problem"]["names"][:3] == names["names"]
    for found in (names["effects"], names["effects_swept"]):
        assert np.argmax(found["mu_star"][:3]) == 2
        assert found["mu"][0] > 0 > found["mu"][2]


def test_the_closed_form_of_a_product_is_that_of_a_large_sample() -> None:
    rng = np.random.default_rng(1)
    a, b = (rng.uniform(low, high, 400_000) for low, high in PAY["bounds"])
    middle = [np.mean(bounds) for bounds in PAY["bounds"]]
    first, total = shares(PAY["bounds"])
    assert np.var(a * middle[1]) / np.var(a * b) == pytest.approx(first[0], abs=0.01)
    assert total[0] == pytest.approx(1 - first[1])
