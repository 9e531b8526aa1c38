"""What a pay plan is worth under an uncertain forecast, and what one more deal adds to it (theory 1.3).

A component pays W of attainment, piecewise linear with jumps: a change of slope and a jump at each knot. For a normal
forecast the mean of W is a closed form in the normal density and distribution,
E[W] = sum ds_j [(mu - t_j) Phi(z_j) + sigma phi(z_j)] + sum J_j Phi(z_j), z_j = (mu - t_j) / sigma, and so is that of
W squared, by tail moments. Deals come in lumps: with n still expected, the forecast mixes "no further deal", chance
exp(-n), with a normal given at least one; a plain normal would make people give up where they do not.
"""

from __future__ import annotations

import math

from orgsim.engine.compile import entry, rule
from orgsim.engine.streams import normal_cdf

ROOT_THREE = 1.7320508075688772
NEGLIGIBLE = 1e-9
FAR = 9.0  # spreads; what lies beyond has a chance of 1e-19
ROOT_TWO_PI = 2.5066282746310002


@rule
def moments(at, slope, jump, knots, mean, sd, squared):
    """Mean of pay, and if asked for of pay squared, when attainment is normal; a knot at 0 is always reached.

    Units: `at` attainment, `slope` euro per attainment, `jump` euro.
    """
    first = 0.0
    second = 0.0
    level = 0.0  # W = level + steep x between this knot and the next
    steep = 0.0
    for j in range(knots):
        t = at[j]
        if t > 0.0 and abs(mean - t) < FAR * sd:
            z = (mean - t) / sd
            above = normal_cdf(z)
            density = math.exp(-0.5 * z * z) / ROOT_TWO_PI
        else:
            above = 1.0 if mean >= t or t <= 0.0 else 0.0  # results below 0 count as well
            density = 0.0
        tail_mean = mean * above + sd * density
        first += slope[j] * (tail_mean - t * above) + jump[j] * above
        if not squared:
            continue
        tail_square = (mean * mean + sd * sd) * above + sd * (t + mean) * density
        then = level + jump[j] - slope[j] * t
        steeper = steep + slope[j]
        second += (
            (then * then - level * level) * above
            + 2.0 * (then * steeper - level * steep) * tail_mean
            + (steeper * steeper - steep * steep) * tail_square
        )
        level = then
        steep = steeper
    return first, second


@rule
def worth(at, slope, jump, knots, got, rest, deals, variance, error, aversion):
    """Certainty equivalent, in euro, of a component's pay for the period.

    got: attainment so far; rest: what is still expected, in so many deals, with this variance; error: standard error
    of the forecast beside the luck of deals; aversion: absolute risk aversion, 1 / euro (mean-variance).
    """
    none = math.exp(-deals)
    first, second = 0.0, 0.0
    if none > NEGLIGIBLE:
        first, second = moments(at, slope, jump, knots, got, error, aversion > 0.0)
        first *= none
        second *= none
    if none < 1.0:
        some = 1.0 - none
        mean = rest / some
        spread = max(0.0, (variance + rest * rest) / some - mean * mean)
        one, two = moments(
            at, slope, jump, knots, got + mean, math.sqrt(spread + error * error), aversion > 0.0
        )
        first += some * one
        second += some * two
    return first - 0.5 * aversion * (second - first * first)


@rule
def deal_gain(at, slope, jump, knots, got, rest, deals, variance, error, aversion, deal, cv, without):
    """Euro gained by one more deal, per unit of attainment it brings; `without` is what the pay is worth as it is.

    deal: its mean size in attainment, cv: its coefficient of variation; sizes are log-normal, met by three nodes.
    """
    if deal <= 0.0:
        deal = 1e-7
    if cv <= 0.0:
        return (worth(at, slope, jump, knots, got + deal, rest, deals, variance, error, aversion) - without) / deal
    s = math.sqrt(math.log1p(cv * cv))
    small, large = math.exp(-ROOT_THREE * s), math.exp(ROOT_THREE * s)
    unit = deal * 6.0 / (4.0 + small + large)
    gain = 4.0 * worth(at, slope, jump, knots, got + unit, rest, deals, variance, error, aversion)
    gain += worth(at, slope, jump, knots, got + unit * small, rest, deals, variance, error, aversion)
    gain += worth(at, slope, jump, knots, got + unit * large, rest, deals, variance, error, aversion)
    return (gain / 6.0 - without) / deal


@entry
def deal_worth(at, slope, jump, got, rest, deals, variance, error, aversion, deal, cv):
    """Euro gained by one more deal, per unit of attainment it brings, for Python: arrays as in a `Curve`.

    at, slope, jump: float64 arrays of knots (attainment), changes of slope (euro per attainment) and jumps (euro).
    got: attainment so far; rest: attainment still expected in so many `deals` (a mean number), of this variance
    (deals x size^2 x (1 + cv^2)); error: standard error of the forecast beside the luck of deals, in attainment;
    aversion: absolute risk aversion, 1 / euro; deal, cv: mean size of the deal in attainment and its coefficient of
    variation. To get euro per euro of revenue, divide by the period's quota.
    """
    without = worth(at, slope, jump, at.size, got, rest, deals, variance, error, aversion)
    return deal_gain(at, slope, jump, at.size, got, rest, deals, variance, error, aversion, deal, cv, without)
