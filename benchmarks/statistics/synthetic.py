"""Made-up worlds with known truth: normal, skewed and heavy-tailed differences between arms that share their luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from orgsim.experiments.precision import Reached, Target, replicates_needed, run_until
from orgsim.experiments.selection import kim_nelson
from orgsim.experiments.statistics import bootstrap_interval, estimate, holm, paired, t_quantile, together

Array = NDArray[np.float64]
LEVEL = 0.05
SKEW = 1.0  # of the logarithm: skewness 6.2
SHAPES = ("normal", "lognormal", "t with 3 d.f.")


@dataclass(frozen=True)
class Share:
    """A share of trials with its Monte Carlo error."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ± {100 * self.error:.1f}"


def share(hits: Sequence[object] | NDArray[np.bool_]) -> Share:
    """The share of hits; trials along the first axis, whose own hits may depend on one another."""
    x = np.asarray(hits, dtype=float)
    by_trial = x.reshape(len(x), -1).mean(axis=1)
    p = (by_trial.sum() + 2) / (len(x) + 4)
    spread = max(float(by_trial.std(ddof=1)), math.sqrt(p * (1 - p)) if by_trial.min() == by_trial.max() else 0.0)
    return Share(float(by_trial.mean()), spread / math.sqrt(len(x)))


def noise(rng: np.random.Generator, shape: str, size: tuple[int, ...]) -> Array:
    """Noise of mean 0 and standard deviation 1."""
    if shape == "normal":
        return rng.normal(size=size)
    if shape == "lognormal":
        mean, spread = math.exp(SKEW**2 / 2), math.sqrt((math.exp(SKEW**2) - 1) * math.exp(SKEW**2))
        return (rng.lognormal(0, SKEW, size) - mean) / spread
    return rng.standard_t(3, size) / math.sqrt(3)


def covers(low: float, high: float, truth: float) -> bool:
    """Whether an interval holds the truth."""
    return low <= truth <= high


def fixed(trials: int, resampled: int) -> Iterator[list[str]]:
    """Rows: coverage of Student's t and of the bootstrap, of one arm's mean and of paired differences, for n worlds."""
    truth = 0.3
    for shape in SHAPES:
        for n in (5, 10, 30, 100):
            rng = np.random.default_rng([1, SHAPES.index(shape), n])
            own, pair, boot = [], [], []
            for trial in range(trials):
                common = 3 * noise(rng, shape, (n,))
                a, b = common + truth + noise(rng, shape, (n,)), common
                found, single = paired(a, b), estimate(a)
                own.append(covers(single.low, single.high, truth))
                pair.append(covers(found.low, found.high, truth))
                if trial < resampled:
                    boot.append(covers(*bootstrap_interval(a - b), truth))
            yield [shape, f"{n}", str(share(own)), str(share(pair)), str(share(boot))]


# Stopping by precision ---------------------------------------------------------------------------------------------

LONG = 4  # the worlds needed, in first stages


def arms_stream(rng: np.random.Generator, shape: str, mean: float, truths: Array) -> Callable[[int, int], Array]:
    """Values of a reference and of arms that share its luck; differences have a standard deviation of 1 and the shape
    of the noise."""

    def values(begin: int, end: int) -> Array:
        common = mean + 2 * noise(rng, shape, (end - begin, 1))
        return np.hstack([common, common + truths + noise(rng, shape, (end - begin, len(truths)))])

    return values


class Kept:
    """Values asked for so far."""

    def __init__(self, values: Callable[[int, int], Array]) -> None:
        self.values, self.parts = values, list[Array]()

    def __call__(self, begin: int, end: int) -> Array:
        self.parts.append(self.values(begin, end))
        return self.parts[-1]

    @property
    def all(self) -> Array:
        return np.concatenate(self.parts)


def stopped_naively(values: Kept, half_width: float, first: int) -> list[bool]:
    """Look at ordinary intervals after every world from the first stage on, and stop at once when they are narrow."""
    x = values(0, 4 * LONG * first)
    d, n = x[:, 1:] - x[:, :1], np.arange(1, len(x) + 1)[:, None]
    mean = d.cumsum(axis=0) / n
    spread = np.sqrt(np.maximum(0.0, (d**2).cumsum(axis=0) - n * mean**2) / np.maximum(1, n - 1))
    half = stats.t.ppf(0.975, np.maximum(1, n - 1)) * spread / np.sqrt(n)
    narrow = (half.max(axis=1) <= half_width) & (n[:, 0] >= first)
    end = int(narrow.argmax()) if narrow.any() else len(x) - 1
    return [covers(m - h, m + h, truth) for m, h, truth in zip(mean[end], half[end], ONE, strict=True)]


def stein(values: Kept, half_width: float, first: int) -> list[bool]:
    """Stein's procedure to the letter: the spread of the first stage alone."""
    x = values(0, first)
    spread = (x[:, 1:] - x[:, :1]).std(axis=0, ddof=1)
    n = replicates_needed(float(spread.max()), half_width, first)
    x = x if n == first else np.concatenate([x, values(first, n)])
    half = t_quantile(0.95, first - 1) * spread / math.sqrt(n)
    means = (x[:, 1:] - x[:, :1]).mean(axis=0)
    return [covers(m - h, m + h, truth) for m, h, truth in zip(means, half, ONE, strict=True)]


def ours(
    values: Kept, target: Target, first: int, truths: Array, most: int = 10**6
) -> tuple[Reached, list[bool]]:
    """Our procedure, with the intervals that a comparison reports."""
    reached = run_until(values, target, first, most)
    x = values.all
    found = [paired(x[:, 1 + k], x[:, 0], first=first) for k in range(len(truths))]
    return reached, [covers(e.low, e.high, truth) for e, truth in zip(found, truths, strict=True)]


ONE, THREE = np.array([0.4]), np.array([0.0, 0.4, -0.2])  # true differences
LARGE, SMALL = 20.0, 2.0  # means of the reference, in standard deviations of a difference


def precise(trials: int) -> Iterator[list[str]]:
    """Rows: coverage when the run stops at a precision, by our procedure, by Stein's, and naively."""
    for shape in SHAPES:
        for first in (10, 30):
            half = stats.norm.ppf(0.975) / math.sqrt(LONG * first)
            results: dict[str, list[list[bool]]] = {}
            numbers = []
            for trial in range(trials):
                seed = [2, SHAPES.index(shape), first, trial]

                def stream(mean: float, truths: Array, key: int, seed: list[int] = seed, luck: str = shape) -> Kept:
                    return Kept(arms_stream(np.random.default_rng([*seed, key]), luck, mean, truths))

                absolute = Target(half, False)
                reached, hits = ours(stream(LARGE, ONE, 0), absolute, first, ONE)
                numbers.append(reached.replicates)
                found = {
                    "one": hits, "three": ours(stream(LARGE, THREE, 1), absolute, first, THREE)[1],
                    "large": ours(stream(LARGE, THREE, 2), Target(half / LARGE, True), first, THREE)[1],
                    "small": ours(stream(SMALL, THREE, 3), Target(half / SMALL, True), first, THREE)[1],
                    "stein": stein(stream(LARGE, ONE, 4), half, first),
                    "naive": stopped_naively(stream(LARGE, ONE, 5), half, first),
                }  # fmt: skip
                for name, covered in found.items():
                    results.setdefault(name, []).append(covered)
            yield [shape, f"{first}", f"{np.mean(numbers):.0f}", *(str(share(hits)) for hits in results.values())]


# Many differences at once ------------------------------------------------------------------------------------------

FAMILY = (5, 7)  # arms and figures


def families(trials: int) -> Iterator[list[str]]:
    """Rows: all intervals of a table right at once, and tables with a false star, without correction and with Holm's;
    in half of the tables' figures there is a real difference, in the other half none."""
    arms, figures = FAMILY
    count = arms * figures
    real = np.zeros((arms, figures))
    real[:, : figures // 2 + 1] = 0.8
    for shape in SHAPES:
        for n in (10, 30, 100):
            rng = np.random.default_rng([3, SHAPES.index(shape), n])
            one_by_one, at_once, raw, adjusted = [], [], [], []
            for _ in range(trials):
                # Arms share the reference's luck, figures of an arm hang together.
                x = noise(rng, shape, (n, arms, 1)) + noise(rng, shape, (n, arms, figures))
                x += noise(rng, shape, (n, 1, figures)) + real
                mean, error = x.mean(axis=0), x.std(axis=0, ddof=1) / math.sqrt(n)
                z = np.abs(mean - real) / error
                one_by_one.append((z <= t_quantile(0.95, n - 1)).mean())
                at_once.append(bool((z <= t_quantile(together(0.95, count), n - 1)).all()))
                p = 2 * stats.t.sf(np.abs(mean) / error, n - 1)
                null = (real == 0).ravel()
                raw.append(bool((p.ravel()[null] < LEVEL).any()))
                adjusted.append(bool((np.array(holm(p.ravel().tolist()))[null] < LEVEL).any()))
            yield [shape, f"{n}", str(share(one_by_one)), str(share(at_once)), str(share(raw)), str(share(adjusted))]


def power(trials: int) -> Iterator[list[str]]:
    """Rows: how often a real difference gets a small p-value, beside the power that theory gives under normality."""
    for effect in (0.2, 0.5, 1.0):
        for n in (10, 30, 100):
            theory = noncentral(effect, n)
            row = [f"{effect:g}", f"{n}", f"{100 * theory:.1f}"]
            for shape in SHAPES:
                rng = np.random.default_rng([4, int(10 * effect), n, SHAPES.index(shape)])
                row.append(str(share([estimate(effect + noise(rng, shape, (n,))).p_value < LEVEL
                                      for _ in range(trials)])))  # fmt: skip
            yield row


def noncentral(effect: float, n: int) -> float:
    """Power of Student's two-sided test where the difference is `effect` standard deviations."""
    critical, shift = t_quantile(1 - LEVEL, n - 1), effect * math.sqrt(n)
    below = float(stats.nct.cdf(-critical, n - 1, shift))  # not a number where it is too small to be computed
    return float(stats.nct.sf(critical, n - 1, shift)) + (below if below > 0 else 0.0)


# Selecting the best ------------------------------------------------------------------------------------------------


def selections(trials: int) -> Iterator[list[str]]:
    """Rows: how often the best arm is selected, or one within the indifference of it, and how many runs it takes."""
    slip = {k: np.array([1.0, *[0.0] * (k - 1)]) for k in (2, 6)}
    near, apart = np.array([1.0, 0.9, 0.5, 0.1, -0.02, -0.02]), np.array([1.0, -1.0, -2.0, -3.0, -4.0, -5.0])
    cases = [("least favourable", slip[2]), ("least favourable", slip[6]), ("four good, two just outside", near),
             ("far apart", apart)]  # fmt: skip
    for shape in SHAPES[:2]:
        for correlation in (0.0, 0.9):
            delta = 0.3 * math.sqrt(2 * (1 - correlation))  # 0.3 standard deviations of a paired difference
            for first in (10, 30):
                for name, means in cases:
                    if name != "least favourable" and (first == 10 or correlation == 0.0):
                        continue
                    rng = np.random.default_rng([5, SHAPES.index(shape), int(10 * correlation), first, len(means)])
                    yield _selected(rng, trials, shape, correlation, first, name, delta * means, delta)


def _selected(
    rng: np.random.Generator, trials: int, shape: str, correlation: float, first: int, name: str, means: Array,
    delta: float,
) -> list[str]:  # fmt: skip
    k = len(means)
    right, runs, most = [], 0, 0

    def values(alive: tuple[int, ...], begin: int, end: int) -> Array:
        common, own = noise(rng, shape, (end - begin, 1)), noise(rng, shape, (end - begin, k))
        x = means + math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own
        return x[:, list(alive)]

    for _ in range(trials):
        found = kim_nelson(values, k, delta, first, 10**6)
        right.append(found.best is not None and means[found.best] >= means.max() - delta + 1e-12
                     if name.startswith("four") else found.best == int(means.argmax()))  # fmt: skip
        runs += sum(found.runs)
        most += k * max(found.runs)
    return [name, f"{k}", shape, f"{correlation:g}", f"{first}", str(share(right)), f"{runs / trials:.0f}",
            f"{most / trials:.0f}"]  # fmt: skip
