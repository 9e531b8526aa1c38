"""Results known exactly of people who are paid: what they do with their effort, and which rate is best (E6, E7).

As in `closed_forms`, every function takes plain numbers by keyword, returns plain numbers by name, and raises
`NoClosedForm` where the formula does not hold. Effort costs c e^2 / 2, or e'Ce / 2 with several tasks.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from orgsim.experiments.closed_forms import NoClosedForm, _need, _number, _whole

_EXACT = 4 * np.finfo(float).eps
_ROOT_TWO_PI = math.sqrt(2 * math.pi)


def _pair(name: str, values: object, low: float = -math.inf, *, above: bool = False) -> NDArray[np.float64]:
    """Two numbers; one number stands for twice the same."""
    if isinstance(values, Sequence) and not isinstance(values, str):
        _need(len(values) == 2, f"{name} is {values!r}; it must be two numbers, one for each task.")
        both = [_number(f"{name}[{i}]", value, low, above=above) for i, value in enumerate(values)]
        return np.array(both)
    return np.full(2, _number(name, values, low, above=above))


def _costs(cost: object) -> NDArray[np.float64]:
    """A symmetric positive definite matrix of two rows."""

    def two(values: object) -> bool:
        return isinstance(values, Sequence) and not isinstance(values, str) and len(values) == 2

    if not two(cost) or not all(map(two, cost)):  # type: ignore[call-overload]
        raise NoClosedForm(f"cost is {cost!r}; it must be two rows of two numbers, such as [[1, 0.5], [0.5, 1]].")
    c = np.array([[_number(f"cost[{i}][{j}]", cost[i][j], -math.inf) for j in (0, 1)] for i in (0, 1)])  # type: ignore[index]
    equal = f"cost[0][1] is {c[0, 1]:g} and cost[1][0] is {c[1, 0]:g}; they must be equal."
    _need(bool(c[0, 1] == c[1, 0]), equal)
    for i in (0, 1):
        _need(bool(c[i, i] > 0), f"cost[{i}][{i}] is {c[i, i]:g}; it must be above 0, or effort costs nothing.")
    product = float(c[0, 0] * c[1, 1])
    found = f"cost[0][1] is {c[0, 1]:g} and cost[0][0] x cost[1][1] is {product:g}"
    _need(float(c[0, 1]) ** 2 < product, found + "; the square of the first must be smaller, or effort has no bound.")
    return c


def linear_effort(k: float, c: float, rate: float) -> dict[str, float]:
    """E6a. Effort of one who is paid by the unit of a result k x effort (Holmstrom & Milgrom 1987).

    k: result per unit of effort; c: effort e costs c e^2 / 2, in money; rate: money per unit of the result.
    effort: rate k / c.
    """
    gain = _number("rate", rate, 0.0) * _number("k", k, 0.0, above=True)
    return {"effort": gain / _number("c", c, 0.0, above=True)}


def linear_optimum(k: float, c: float, margin: float, risk_aversion: float, sigma: float) -> dict[str, float]:
    """E6a. The rate that is best for firm and employee together, who dislikes risk (Holmstrom & Milgrom 1987).

    k, c: as in `linear_effort`; margin: m, money of a unit of the result; risk_aversion: r, constant; sigma: standard
    deviation of the result. rate: m k^2 / (k^2 + r c sigma^2). surplus: m k e - c e^2 / 2 - r rate^2 sigma^2 / 2.
    first_best_effort, first_best_surplus: without the need to pay for effort, m k / c and m^2 k^2 / (2 c).
    """
    k, c = _number("k", k, 0.0, above=True), _number("c", c, 0.0, above=True)
    m, r = _number("margin", margin, 0.0), _number("risk_aversion", risk_aversion, 0.0)
    kept = k**2 / (k**2 + r * c * _number("sigma", sigma, 0.0) ** 2)
    first_best = m**2 * k**2 / (2 * c)
    return {
        "rate": m * kept, "effort": m * kept * k / c, "surplus": first_best * kept,
        "first_best_effort": m * k / c, "first_best_surplus": first_best,
    }  # fmt: skip


def multitask_effort(
    cost: Sequence[Sequence[float]], rates: Sequence[float], habit: float | Sequence[float]
) -> dict[str, float]:
    """E6b. Efforts on two tasks of one who is paid by the unit of each (Holmstrom & Milgrom 1991).

    cost: C, so that efforts e cost (e - habit)' C (e - habit) / 2; rates: money per unit of each effort, 0 for one
    that is not measured; habit: efforts without pay, one number for both or two. e = habit + C^-1 rates.
    """
    c, paid, usual = _costs(cost), _pair("rates", rates, 0.0), _pair("habit", habit, 0.0, above=True)
    efforts = usual + np.linalg.solve(c, paid)
    for i in (0, 1):
        needed = "a smaller rate on the other task or more habit is needed, or it stops at 0."
        _need(bool(efforts[i] >= 0), f"effort_{i + 1} would be {efforts[i]:g}; {needed}")
    return {"effort_1": float(efforts[0]), "effort_2": float(efforts[1])}


def multitask_optimum(
    cost: Sequence[Sequence[float]], benefits: Sequence[float], risk_aversion: float,
    variances: float | Sequence[float],
) -> dict[str, float]:  # fmt: skip
    """E6b. The best rates on two tasks, with both measured and with the first one alone (Holmstrom & Milgrom 1991).

    cost: C as in `multitask_effort`; benefits: b, money of a unit of each effort; risk_aversion: r; variances: of the
    two measures, independent. rate_1, rate_2: (I + r C Sigma)^-1 b. rate_alone, on the first with the second not
    measured: (b1 - b2 C12 / C22) / (1 + r s1 (C11 - C12^2 / C22)).
    """
    c, b, noise = _costs(cost), _pair("benefits", benefits), _pair("variances", variances, 0.0)
    r = _number("risk_aversion", risk_aversion, 0.0)
    both = np.linalg.solve(np.eye(2) + r * c * noise, b)
    crowded = c[0, 1] / c[1, 1]  # effort on the second task lost to a unit of effort on the first
    alone = (b[0] - b[1] * crowded) / (1 + r * noise[0] * (c[0, 0] - c[0, 1] * crowded))
    return {"rate_1": float(both[0]), "rate_2": float(both[1]), "rate_alone": float(alone)}


def _turns(steepness: float) -> tuple[float, ...]:
    """Where the standard normal density rises as steeply as a line, left of 0: none or two, in order."""
    if steepness >= math.exp(-0.5) / _ROOT_TWO_PI:
        return ()
    # u^2 exp(-u^2) = 2 pi b^2, by Lambert's W; for a flat line the branch -1 is found in logarithms.
    y = -2 * math.pi * steepness**2
    near = math.sqrt(-float(special.lambertw(y, 0).real))
    if -y < 1e-290:
        low = -2 * math.log(steepness * _ROOT_TWO_PI)
        far = optimize.brentq(lambda v: v - math.log(v) - low, 1.0, 2 * low + 10, xtol=_EXACT, rtol=_EXACT)
    else:
        far = -float(special.lambertw(y, -1).real)
    return -math.sqrt(far), -near


def quota_effort(k: float, c: float, sigma: float, bonus: float, quota: float) -> dict[str, float]:
    """E6c. Effort of one who gets a lump sum if a normal result reaches a quota (small deals).

    The result is k x effort + sigma x standard normal; k, c: as in `linear_effort`; bonus: B, money; quota: Q.
    effort: the global maximum of B Phi((k e - Q) / sigma) - c e^2 / 2, which solves c e = B (k / sigma)
    phi((Q - k e) / sigma). Up to three efforts do: with u = (k e - Q) / sigma a line of slope c sigma^2 / (B k^2) meets
    the normal density. Where the line is as steep as the density the search is cut; a maximum lies left of both
    cuts and right of both.
    """
    k, c = _number("k", k, 0.0, above=True), _number("c", c, 0.0, above=True)
    sigma, bonus = _number("sigma", sigma, 0.0, above=True), _number("bonus", bonus, 0.0, above=True)
    quota = _number("quota", quota, -math.inf)
    most = bonus * k / sigma / c / _ROOT_TWO_PI

    def gain(effort: float) -> float:  # of a little more effort, over c
        u = (k * effort - quota) / sigma
        return most * math.exp(-0.5 * u * u) - effort

    def utility(effort: float) -> float:
        return bonus * float(special.ndtr((k * effort - quota) / sigma)) - c * effort**2 / 2

    steepness = c * sigma**2 / (bonus * k**2)
    cuts = [min(max((quota + sigma * u) / k, 0.0), most) for u in _turns(steepness)]
    brackets = [(0.0, cuts[0]), (cuts[1], most)] if cuts else [(0.0, most)]
    efforts = []
    for low, high in brackets:
        if gain(low) >= 0 >= gain(high):
            efforts.append(float(optimize.brentq(gain, low, high, xtol=1e-300, rtol=_EXACT, maxiter=1000)))
    return {"effort": max(efforts, key=utility)}


def close_timing(discount: float, weight: float, rate: float, bonus: float, deal: float) -> dict[str, float]:
    """E6d. Whether a rep closes a deal now at a discount rather than in the next period (idea: Oyer 1998).

    Closing now alone reaches the bonus of this period; in the next one it makes no difference to the bonus.
    discount: x, share of the deal given away; weight: gamma, worth now of pay in the next period; rate: beta, pay per
    unit of sales; bonus: B; deal: d. closes_now: 1 if x <= 1 - gamma + B / (beta d), else 0.
    """
    x = _number("discount", discount, 0.0)
    _need(x < 1, f"discount is {x:g}; it must be below 1, or the deal that is given away counts for nothing.")
    late = 1 - _number("weight", weight, 0.0, 1.0)
    pay = _number("rate", rate, 0.0, above=True) * _number("deal", deal, 0.0, above=True)
    return {"closes_now": float(x <= late + _number("bonus", bonus, 0.0) / pay)}


def team_effort(k: float, c: float, members: int) -> dict[str, float]:
    """E7. Effort of each member of a team that shares its result evenly (Holmstrom 1982).

    k, c: as in `linear_effort`, of each member; members: n, who share all that the team brings in, in money.
    effort: k / (n c), 1 / n of what is best for all.
    """
    k, c = _number("k", k, 0.0, above=True), _number("c", c, 0.0, above=True)
    return {"effort": k / c / _whole("members", members, 1, 20_000)}


def team_surplus(members: int) -> dict[str, float]:
    """E7. What free-riding costs: a team's surplus against the best, (2 n - 1) / n^2 for n members (Holmstrom 1982)."""
    n = _whole("members", members, 1, 20_000)
    return {"surplus_ratio": (2 * n - 1) / n**2}


PAY_FORMULAS: dict[str, Callable[..., dict[str, float]]] = {
    formula.__name__: formula for formula in (
        linear_effort, linear_optimum, multitask_effort, multitask_optimum, quota_effort, close_timing, team_effort,
        team_surplus,
    )
}  # fmt: skip
