"""The limit cases that NagaSim has as blocks or agents, in its Python builder; event logs are off, which is faster."""

from __future__ import annotations

from cases import Case, Model
from nagasim import build as nb


def queue(case: Case, seed: int) -> dict[str, float]:
    """E2: its single server, with three. Its summaries have the mean wait, and no share of those that wait."""
    model = nb.Model(time_limit=case.end, warmup=case.warm_up, replications=1)
    model.add_resource(name="Reps", capacity=case.inputs["servers"])
    leads = model.create(distribution=nb.Exponential(rate=case.inputs["arrivals_per_day"]))
    call = model.process(resource_name="Reps", distribution=nb.Exponential(rate=case.inputs["service_per_day"]))
    leads >> call >> model.dispose()
    reps = model.run(seed=seed, record_logs=False)["resource_summary"]
    return {"mean_wait_days": float(reps["Time in Queue Avg (incl. waiting)"].iloc[0])}


def cold(case: Case, seed: int) -> dict[str, float]:
    """E3: its impatient customers."""
    model = nb.Model(time_limit=case.end, warmup=case.warm_up, replications=1)
    model.add_resource(name="Reps", capacity=case.inputs["servers"])
    leads = model.create(distribution=nb.Exponential(rate=case.inputs["arrivals_per_day"]))
    call = model.process(
        resource_name="Reps", distribution=nb.Exponential(rate=case.inputs["service_per_day"]),
        renege_after=f"EXPO({1 / case.inputs['patience_per_day']})",
    )  # fmt: skip
    leads >> call >> model.dispose()
    call >> model.dispose()
    found = model.run(seed=seed, record_logs=False)
    left, served = found["queue_summary"]["Reneged"].iloc[0], found["resource_summary"]["Total Seizes"].iloc[0]
    line = found["resource_summary"]["Queue Length Avg"].iloc[0]
    return {"p_cold": float(left / (left + served)), "mean_queue": float(line)}


def bass(case: Case, seed: int) -> dict[str, float]:
    """E4: its agents of Bass's model, with these numbers."""
    model = nb.Model(time_limit=case.inputs["years"], replications=1)
    model.add_agent_type(
        name="Account", parameters={"p": case.inputs["p"], "q": case.inputs["q"]},
        states=[{"name": "Potential"}, {"name": "Customer"}], initial_state="Potential",
        transitions=[{
            "from": "Potential", "to": "Customer",
            "rate": 'p + q * COUNT("Market", "Customer") / COUNT("Market")', "rate_unit": "base",
        }],
    )  # fmt: skip
    model.add_population(name="Market", type="Account", count=case.inputs["market"])
    states = model.run(seed=seed, record_logs=False)["agent_summary"]
    customers = states.loc[states["State"] == "Customer", "Final"].iloc[0]
    return {"adopted": float(customers) / case.inputs["market"]}


MODELS: dict[str, dict[str, Model]] = {
    "queue": {"NagaSim": queue}, "cold": {"NagaSim": cold}, "bass": {"NagaSim": bass},
}  # fmt: skip
