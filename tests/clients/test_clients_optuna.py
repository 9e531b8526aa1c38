"""Optuna with an objective of three lines, as docs/clients/optuna.md shows it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from client_pages import check_prints, run_page

import orgsim

optuna = pytest.importorskip("optuna", reason="Optuna is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return run_page("optuna", tmp_path_factory.mktemp("optuna"))


def value(names: dict[str, Any], reps: int, plan: str, replicates: int, seed: int = 0) -> list[float]:
    """The values of one firm world by world, asked of orgsim one run at a time."""
    firm = names["FIRM"].with_(**{"people.reps": reps})
    return [
        orgsim.run(firm, structure="separate", pay=plan, seed=seed, replicate=world).kpis["value"]
        for world in range(replicates)
    ]


def test_the_page_shows_what_its_programs_print(page: tuple[dict[str, Any], str]) -> None:
    check_prints("optuna", page[1])


def test_the_objective_is_three_lines(page: tuple[dict[str, Any], str]) -> None:
    (program,) = (part for part in page[1].split("\n\n\n") if part.startswith("def objective"))
    assert len(program.splitlines()) == 4
    assert inspect.isfunction(page[0]["objective"])


def test_a_trials_value_is_the_mean_of_its_runs(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    for trial in names["study"].trials[::5]:
        runs = value(names, trial.params["people.reps"], trial.params["pay"], 4)
        assert trial.value == pytest.approx(np.mean(runs), rel=1e-12)


def test_the_best_trial_is_among_the_three_best_of_the_whole_space(
    page: tuple[dict[str, Any], str],
) -> None:
    """The space has 15 points: what the search found in 20 trials is held against all of them."""
    names, _ = page
    everything = {
        (reps, plan): np.mean(value(names, reps, plan, 4))
        for reps in range(1, 6) for plan in ("own_numbers", "shared_revenue", "fixed")
    }  # fmt: skip
    study = names["study"]
    assert study.best_value == max(trial.value for trial in study.trials)
    ranked = sorted(everything.values(), reverse=True)
    assert study.best_value >= ranked[2] * (1 - 1e-12)
    for trial in study.trials:
        key = (trial.params["people.reps"], trial.params["pay"])
        assert trial.value == pytest.approx(everything[key], rel=1e-12)


def test_the_lead_is_taken_world_by_world_and_fresh_worlds_are_others(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    best = names["best"]
    for seed, found in ((0, names["searched"]), (1, names["fresh"][:3])):
        chosen = value(names, best["people.reps"], best["pay"], len(found), seed)
        other = value(names, 2, "own_numbers", len(found), seed)
        assert np.allclose(found, np.subtract(chosen, other), rtol=1e-12)
    assert not set(names["searched"]) & set(names["fresh"])


def test_a_study_in_a_file_goes_on_where_it_stopped(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    file = Path(names["__folder__"]) / "search.db"
    again = optuna.load_study(study_name="reps-and-pay", storage=f"sqlite:///{file}")
    assert [trial.value for trial in again.trials] == [trial.value for trial in names["resumed"].trials]
    assert len(again.trials) == 15


def test_the_same_parameters_give_the_same_value(page: tuple[dict[str, Any], str]) -> None:
    found: dict[tuple[Any, ...], set[float]] = {}
    for study in (page[0]["study"], page[0]["resumed"]):
        for trial in study.trials:
            found.setdefault(tuple(trial.params.items()), set()).add(trial.value)
    assert len(found) < 35
    assert all(len(values) == 1 for values in found.values())


def test_trials_given_up_are_never_the_best_and_whole_ones_saw_all_worlds(page: tuple[dict[str, Any], str]) -> None:
    names, _ = page
    study = names["pruned"]
    states = {state: study.get_trials(states=[state]) for state in optuna.trial.TrialState}
    given_up, whole = states[optuna.trial.TrialState.PRUNED], states[optuna.trial.TrialState.COMPLETE]
    assert given_up
    assert all(trial.user_attrs["worlds"] < names["WORLDS"] for trial in given_up)
    assert all(trial.user_attrs["worlds"] == names["WORLDS"] for trial in whole)
    assert study.best_trial.number in [trial.number for trial in whole]
    trial = study.best_trial
    runs = value(names, trial.params["people.reps"], trial.params["pay"], names["WORLDS"])
    assert list(trial.intermediate_values.values()) == runs


def test_no_point_of_the_frontier_is_beaten_in_both_aims(page: tuple[dict[str, Any], str]) -> None:
    study = page[0]["frontier"]
    ends = [trial.values for trial in study.trials]
    for worth, waste in (trial.values for trial in study.best_trials):
        assert not [end for end in ends if end[0] >= worth and end[1] <= waste and end != [worth, waste]]
    assert len({waste for _, waste in ends}) > 5
