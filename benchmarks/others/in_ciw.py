"""The limit cases that are networks of queues in Ciw 3: a network is data, a simulation gives its records."""

from __future__ import annotations

from statistics import fmean

import ciw
from cases import Case, Model


class OneYear(ciw.dists.Distribution):
    """Exponential gaps for 52 weeks, then no more."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def sample(self, t: float | None = None, ind: object = None) -> float:
        gap = ciw.random.expovariate(self.rate)
        return gap if (t or 0.0) + gap < 52 else float("inf")


def funnel(case: Case, seed: int) -> dict[str, float]:
    """E1: stages are nodes without a queue; a stay is a geometric number of weeks, routing then moves on or loses."""
    stay = [advance + loss for advance, loss in zip(case.inputs["advance"], case.inputs["loss"])]
    stages = len(stay)
    routing = [[0.0] * (stages + 1) for _ in range(stages + 1)]
    for stage, advance in enumerate(case.inputs["advance"]):
        routing[stage][stage + 1] = advance / stay[stage]  # the last node stands for won
    network = ciw.create_network(
        arrival_distributions=[OneYear(case.arrivals / 52), *[None] * stages],
        service_distributions=[*map(ciw.dists.Geometric, stay), ciw.dists.Deterministic(value=0)],
        number_of_servers=[float("inf")] * (stages + 1), routing=routing,
    )  # fmt: skip
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(52 + case.horizon / 5)
    opened, ended, won = {}, {}, set()
    for record in simulation.get_all_records():
        if record.node == 1:
            opened[record.id_number] = record.arrival_date
        if record.destination == -1:
            ended[record.id_number] = record.exit_date
        if record.node == stages + 1:
            won.add(record.id_number)
    return {
        "p_win": len(won) / len(opened), "mean_weeks": fmean(ended[number] - opened[number] for number in opened),
        "mean_weeks_won": fmean(ended[number] - opened[number] for number in won),
    }  # fmt: skip


def queue(case: Case, seed: int) -> dict[str, float]:
    """E2: the first example of its documentation."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=case.inputs["arrivals_per_day"])],
        service_distributions=[ciw.dists.Exponential(rate=case.inputs["service_per_day"])],
        number_of_servers=[case.inputs["servers"]],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(case.end)
    waits = [
        record.waiting_time for record in simulation.get_all_records()
        if case.warm_up <= record.arrival_date < case.settled
    ]  # fmt: skip
    return {"p_wait": fmean(wait > 0 for wait in waits), "mean_wait_days": fmean(waits)}


def cold(case: Case, seed: int) -> dict[str, float]:
    """E3: as E2, with a distribution of patience."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=case.inputs["arrivals_per_day"])],
        service_distributions=[ciw.dists.Exponential(rate=case.inputs["service_per_day"])],
        reneging_time_distributions=[ciw.dists.Exponential(rate=case.inputs["patience_per_day"])],
        number_of_servers=[case.inputs["servers"]],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(case.end)
    records = simulation.get_all_records()
    counted = [record for record in records if case.warm_up <= record.arrival_date < case.settled]
    in_line = sum(
        max(0.0, record.arrival_date + record.waiting_time - max(record.arrival_date, case.warm_up))
        for record in records
    )  # fmt: skip
    return {
        "p_cold": fmean(record.record_type == "renege" for record in counted), "mean_queue": in_line / case.horizon
    }  # fmt: skip


PARTS = {funnel: (OneYear,)}
MODELS: dict[str, dict[str, Model]] = {"funnel": {"Ciw": funnel}, "queue": {"Ciw": queue}, "cold": {"Ciw": cold}}
