"""Results known exactly, which the simulator must reproduce in its limits (cases E1, E2, ...).

Every function takes plain numbers by keyword, returns plain numbers by name, and raises `NoClosedForm` where
the formula does not hold. Nothing here knows the simulator.
"""

import math
from collections.abc import Callable, Sequence
from numbers import Real

import numpy as np
from scipy import integrate, sparse, special

_MOST_STATES, _TAIL = 2**23, 1e-15  # of a queue, on either side of its likeliest state; weight left out
_MOST_ACCOUNTS = 20_000  # of a market whose diffusion is followed account by account


class NoClosedForm(ValueError):
    """The formula does not hold for these parameters; the message says what was found and what is needed."""


def _need(holds: bool, sentence: str) -> None:
    if not holds:
        raise NoClosedForm(sentence)


def _number(name: str, value: object, low: float, high: float = math.inf, *, above: bool = False) -> float:
    """A finite number from low (not low itself, if `above`) to high."""
    need = f"{name} is {value!r}; it must be a finite number"
    need += f" {'above' if above else 'of at least'} {low:g}" if low > -math.inf else ""
    need += f" and at most {high:g}." if high < math.inf else "."
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    _need(math.isfinite(number) and low <= number <= high and not (above and number == low), need)
    return number


def _whole(name: str, value: object, low: int, high: int) -> int:
    """A whole number from low to high; 3.0 counts as 3."""
    number = _number(name, value, low, high)
    _need(number.is_integer(), f"{name} is {value!r}; it must be a whole number.")
    return int(number)


def _chances(name: str, values: object, *, above: bool = False) -> np.ndarray:
    """Probabilities, at least one; none of them 0, if `above`."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise NoClosedForm(f"{name} is {values!r}; it must be a list of at least one number.")
    return np.array([_number(f"{name}[{i}]", p, 0.0, 1.0, above=above) for i, p in enumerate(values)])


def _queue(arrivals_per_day: object, service_per_day: object, servers: object) -> tuple[float, float, int]:
    arrivals = _number("arrivals_per_day", arrivals_per_day, 0.0, above=True)
    service = _number("service_per_day", service_per_day, 0.0, above=True)
    return arrivals, service, _whole("servers", servers, 1, 1_000_000)


def absorbing_funnel(advance: Sequence[float], loss: Sequence[float]) -> dict[str, float]:
    """E1. A deal walks through stages until won or lost: an absorbing Markov chain (Kemeny & Snell 1960).

    advance, loss: chance per week, one per stage, of moving on (from the last stage: of being won) and of
    being lost. With Q the moves between stages, N = (I - Q)^-1 holds the expected weeks spent in each stage.
    p_win: chance of being won. mean_weeks: expected weeks until won or lost; mean_weeks_won: if won.
    """
    a, lost = _chances("advance", advance, above=True), _chances("loss", loss)
    _need(len(a) == len(lost), f"advance has {len(a)} stages, loss {len(lost)}; they must be equally many.")
    worst = float(np.max(a + lost))
    _need(worst <= 1 + 1e-12, f"In one stage advance plus loss is {worst:g}; it must be at most 1.")
    weeks = np.linalg.inv(np.diag(a + lost) - np.diag(a[:-1], 1))
    wins = weeks[:, -1] * a[-1]  # chance of being won, from each stage
    p_win = float(wins[0])
    _need(p_win > 0, "The chance of being won cannot be told from 0; larger values of advance are needed.")
    won = float(weeks[0] @ wins) / p_win
    return {"p_win": p_win, "mean_weeks": float(weeks[0].sum()), "mean_weeks_won": won}


def erlang_c(arrivals_per_day: float, service_per_day: float, servers: int) -> dict[str, float]:
    """E2. Leads wait with endless patience for one of several reps: M/M/c (Erlang 1917).

    arrivals_per_day: Poisson arrivals; service_per_day: leads that one rep finishes a day; servers: reps.
    p_wait: chance that a lead has to wait. mean_wait_days: mean days before service, over all leads.
    """
    arrivals, service, count = _queue(arrivals_per_day, service_per_day, servers)
    spare = count * service - arrivals
    found = f"{arrivals:g} leads a day arrive and the servers finish at most {count * service:g}"
    _need(spare > 0, found + "; fewer must arrive, or the queue grows for ever, unless leads lose patience.")
    load, blocked = arrivals / service, 1.0  # Erlang's B, by recursion over the number of servers
    for k in range(1, count + 1):
        blocked = load * blocked / (k + load * blocked)
    p_wait = blocked / (1 - load / count * (1 - blocked))
    return {"p_wait": p_wait, "mean_wait_days": p_wait / spare}


def erlang_a(
    arrivals_per_day: float, service_per_day: float, servers: int, patience_per_day: float
) -> dict[str, float]:
    """E3. Waiting leads go cold: M/M/c+M, known as Erlang-A (Palm 1957).

    As `erlang_c`, but each waiting lead leaves at rate patience_per_day (1 / mean patience in days). A birth-
    death chain with death rate min(k, c) mu + max(k - c, 0) theta, summed in log weights outwards from its
    likeliest state. p_cold: share of leads that leave unserved. mean_queue: mean leads waiting.
    """
    arrivals, service, count = _queue(arrivals_per_day, service_per_day, servers)
    patience = _number("patience_per_day", patience_per_day, 0.0, above=True)
    too_small = f"patience_per_day is {patience:g}; it must be larger, or the queue has too many states."
    spare = count * service - arrivals
    peak = min(arrivals / service if spare > 0 else count - spare / patience, 2.0**52) // 1

    def log_ratio(k: np.ndarray) -> np.ndarray:  # of the weights of states k - 1 and k
        deaths = np.minimum(k, count) * service + np.maximum(k - count, 0) * patience
        with np.errstate(divide="ignore"):  # state 0 has no deaths
            return np.asarray(np.log(deaths) - math.log(arrivals))

    def outwards(step: Callable[[np.ndarray], np.ndarray], states: float, end: float) -> np.ndarray:
        while True:  # log weights, the peak's being 0, of as many states as matter
            states = min(states, end)
            steps = step(np.arange(1.0, states + 2))
            logs = np.cumsum(steps[:-1])
            fall = -math.expm1(min(steps[-1], 0.0))  # the weights beyond decay at least as fast
            if states == end or math.exp(logs[-1]) * ((peak + states) * fall + 1) < _TAIL * fall**2:
                return logs
            states *= 2
            _need(states <= _MOST_STATES, too_small)

    below = outwards(lambda j: log_ratio(peak + 1 - j), 256, peak)
    above = outwards(lambda j: -log_ratio(peak + j), max(0, count - peak) + 256, math.inf)
    weights = np.exp(np.concatenate([below[::-1], [0.0], above]))
    waiting = np.maximum(peak - len(below) + np.arange(float(len(weights))) - count, 0)
    mean_queue = float(np.sum(weights * waiting) / np.sum(weights))
    return {"p_cold": min(1.0, patience * mean_queue / arrivals), "mean_queue": mean_queue}


def belief_trap(
    prior_good: float, prior_bad: float, true_rate: float, stop_below: float, leads: int
) -> dict[str, float]:
    """E5. A rep who learns from worked leads may stop working them for ever (as in Rothschild 1974).

    prior_good, prior_bad: parameters of the Beta prior; true_rate: chance that a worked lead is good;
    stop_below: the rep stops when the mean belief is strictly below it, also before the first lead; leads: at
    most worked. Exact dynamic programme over good leads. The belief is a / (a + b) in floating point, a or b
    grown by adding 1.0, so that a simulator doing the same stops at the same leads, ties included.
    p_locked_out: chance of having stopped within that many leads.
    """
    a0 = _number("prior_good", prior_good, 0.0, above=True)
    b0 = _number("prior_bad", prior_bad, 0.0, above=True)
    rate = _number("true_rate", true_rate, 0.0, 1.0)
    stop = _number("stop_below", stop_below, 0.0, 1.0)
    count = _whole("leads", leads, 1, 20_000)
    a, b = (np.cumsum([start] + [1.0] * count) for start in (a0, b0))  # adds one by one, in order
    locked, still = 0.0, np.ones(1)  # chances: of having stopped; of working on, by good leads so far
    for n in range(count + 1):
        if n:
            still = np.append(still * (1 - rate), 0.0) + np.append(0.0, still * rate)
        stops = a[: n + 1] / (a[: n + 1] + b[n::-1]) < stop
        locked += float(still[stops].sum())
        still[stops] = 0.0
    return {"p_locked_out": min(1.0, locked)}


def poisson_capacity(capacity_per_week: int, leads_per_week: float) -> dict[str, float]:
    """E8. Share of leads followed up by a fixed weekly capacity, none kept over (Hadley & Whitin 1963).

    capacity_per_week: K leads; leads_per_week: mean L of Poisson arrivals N. followed_up: E[min(N, K)] / L
    = P(N <= K - 2) + (K / L) P(N >= K), at most min(1, K / L).
    """
    capacity = _whole("capacity_per_week", capacity_per_week, 0, 10**9)
    mean = _number("leads_per_week", leads_per_week, 0.0, above=True)
    slack = float(special.pdtr(capacity - 2.0, mean)) if capacity > 1 else 0.0
    full = capacity / mean * float(special.pdtrc(capacity - 1.0, mean)) if capacity > 0 else 0.0
    return {"followed_up": min(1.0, slack + full)}


def little(opportunities_per_week: float, weeks_open: float) -> dict[str, float]:
    """E9. Opportunities open at a time: new ones a week x mean weeks open, under any policy (Little 1961)."""
    rate = _number("opportunities_per_week", opportunities_per_week, 0.0)
    return {"open": rate * _number("weeks_open", weeks_open, 0.0)}


def repeat_purchase(repeat: float, margin: float, discount: float, upsell: float) -> dict[str, float]:
    """E10. Worth of a customer who orders again with a fixed chance (Gupta & Lehmann 2003).

    repeat: chance of another order, each period; margin: of the first order, in money; discount: rate per
    period; upsell: growth of the margin per order. orders: expected number with the first, 1 / (1 - repeat).
    clv: discounted margin of all orders, in money, margin (1 + d) / (1 + d - repeat (1 + upsell)).
    """
    again, d = _number("repeat", repeat, 0.0), _number("discount", discount, -1.0, above=True)
    _need(again < 1, f"repeat is {again:g}; it must be below 1, or customers order for ever.")
    growth = again * (1 + _number("upsell", upsell, -1.0))
    found = f"repeat x (1 + upsell) is {growth:g} and 1 + discount is {1 + d:g}"
    _need(growth < 1 + d, found + "; the first must be smaller, or a customer's worth has no bound.")
    clv = _number("margin", margin, -math.inf) * (1 + d) / (1 + d - growth)
    return {"orders": 1 / (1 - again), "clv": clv}


def adstock(half_life_weeks: float, spend: float) -> dict[str, float]:
    """E11. Level that steady advertising reaches (Broadbent 1979).

    half_life_weeks: h, so that lambda = 0.5^(1/h) of the stock is left a week later; spend: money x a week.
    stock: in the money of spend, just after each week's spending, x / (1 - lambda).
    """
    half_life = _number("half_life_weeks", half_life_weeks, 0.0, above=True)
    return {"stock": _number("spend", spend, 0.0) / -math.expm1(-math.log(2) / half_life)}


def bass(p: float, q: float, market: int, years: float) -> dict[str, float]:
    """E4. Diffusion by innovators and imitators (Bass 1969), in a market of so many accounts.

    p, q: rates a year at which an account buys by itself, and times the share that has bought; market: accounts;
    years: of diffusion. adopted: expected share that has bought. With n buyers the next comes at a rate of
    (p + q n / m)(m - n): a pure birth chain, whose expectation is found exactly by uniformisation up to 20,000
    accounts; above, it is its limit, F = (1 - e^(-(p + q) t)) / (1 + q / p e^(-(p + q) t)), less than 1e-4 away.
    """
    own, follow = _number("p", p, 0.0, 10.0, above=True), _number("q", q, 0.0, 10.0)
    accounts, time = _whole("market", market, 1, 16_000_000), _number("years", years, 0.0, 200.0)
    fluid = -math.expm1(-(own + follow) * time) / (1 + follow / own * math.exp(-(own + follow) * time))
    if accounts > _MOST_ACCOUNTS:
        return {"adopted": fluid}
    n = np.arange(accounts + 1.0)
    rates = (own + follow * n / accounts) * (accounts - n)
    here, onward = np.arange(accounts + 1), np.arange(accounts)
    places = (np.concatenate([here, onward + 1]), np.concatenate([here, onward]))
    generator = sparse.csr_array((np.concatenate([-rates, rates[:-1]]), places), shape=2 * (accounts + 1,))
    start = np.zeros(accounts + 1)
    start[0] = 1.0
    chances = sparse.linalg.expm_multiply(generator * time, start)
    return {"adopted": float(chances @ n / accounts)}


def threshold_optimum(
    leads_per_week: float, capacity_per_week: float, good_rate: float, correlation: float
) -> dict[str, float]:
    """E13. What handing over every lead costs when reps cannot see scores (selection: Cochran 1951).

    leads_per_week: L leads, scores standard normal; capacity_per_week: K leads worked, picked at random from
    those handed over; good_rate: share of good leads; correlation: of the score with the normal value, whose
    top is "good". threshold: the best, exceeded by just K leads (minus infinity if K >= L: hand over all).
    good_worked_joint, good_worked_all: good leads worked a week with it, and with all handed over.
    """
    leads = _number("leads_per_week", leads_per_week, 0.0, above=True)
    share = min(1.0, _number("capacity_per_week", capacity_per_week, 0.0, above=True) / leads)
    good = _number("good_rate", good_rate, 0.0, 1.0)
    rho = _number("correlation", correlation, 0.0, 1.0)
    threshold, bar = -float(special.ndtri(share)), -float(special.ndtri(good))
    gain = 0.0  # P(score > threshold, value > bar) - share x good: the normal density over r (Plackett 1954)
    if share < 1 and 0 < good < 1:
        apart, along = (threshold - bar) ** 2 / 8, (threshold + bar) ** 2 / 8

        def density(angle: float) -> float:  # r = cos(angle)
            return math.exp(-apart / math.sin(angle / 2) ** 2 - along / math.cos(angle / 2) ** 2)

        gain = integrate.quad(density, math.acos(rho), math.pi / 2, epsabs=1e-13)[0] / (2 * math.pi)
    every = leads * share * good
    return {"threshold": threshold, "good_worked_joint": every + leads * gain, "good_worked_all": every}


def horizon_split(horizon_months: float, maturity_months: float) -> dict[str, float]:
    """E14. What a short horizon costs when brand money pays late (derived for orgsim; idea: Stein 1989).

    Brand and activation each yield the root of their share; brand's yield matures exponentially with mean
    maturity_months, and a decider who counts horizon_months sees m = 1 - exp(-horizon / maturity) of it.
    brand_share: s = m^2 / (1 + m^2). loss: share of long-run yield, 1 - (sqrt(s) + sqrt(1 - s)) / sqrt(2).
    """
    horizon = _number("horizon_months", horizon_months, 0.0, above=True)
    late = horizon / _number("maturity_months", maturity_months, 0.0, above=True)
    seen = -math.expm1(-late)
    gap = math.exp(-2 * late) / (2 + 2 * seen**2)  # 1 - (yield / best yield)^2, free of cancellation
    return {"brand_share": seen**2 / (1 + seen**2), "loss": gap / (1 + math.sqrt(1 - gap))}


FORMULAS: dict[str, Callable[..., dict[str, float]]] = {
    formula.__name__: formula for formula in (
        absorbing_funnel, erlang_c, erlang_a, bass, belief_trap, poisson_capacity,
        little, repeat_purchase, adstock, threshold_optimum, horizon_split,
    )
}  # fmt: skip
