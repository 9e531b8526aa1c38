"""Random numbers without state: each is a pure function of a key and a counter.

The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3",
SC'11). Key = (seed, replicate). Counter = (purpose + 65536 x group, who, with whom, occasion), four 32-bit words.
Nothing is stored between draws, so the same prospect has the same luck under every structure, whatever the order,
the number of threads or the batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from orgsim.engine.compile import entry, rule

MASK = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)

# What a draw is for. The table of draws in docs/odd.md gives the words and the transformation of each.
TRAITS = 1
NEED = 2
EPISODE = 3
CHANNELS = 4
DECISION = 5
NOISE = 6
SCORE = 7
CONTACT = 8
REVIEW = 10
ORDER = 11
ATTENTION = 13
TURNOVER = 12
MEETING = 14
REFERRAL = 15
START = 16
REP = 17
CANDIDATE = 18
PARAMETER = 20
SEGMENTS = 21
WORD = 22
ALIGNMENT = 23
QUOTA = 24
ROUTING = 25
REPORT = 26


@rule
def philox_words(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32 on 32-bit words held in uint64; returns four words."""
    c0, c1, c2, c3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    k0, k1 = np.uint64(k0), np.uint64(k1)
    for _ in range(10):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0 = (product_1 >> SHIFT) ^ c1 ^ k0
        c1 = product_1 & MASK
        c2 = (product_0 >> SHIFT) ^ c3 ^ k1
        c3 = product_0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@rule
def uniforms(f, purpose, group, who, whom, occasion):
    """Four uniforms strictly inside (0, 1) for one purpose, one agent, one partner and one occasion.

    `f` is any record with the key in `f.seed` and `f.replicate`.
    """
    a, b, c, d = philox_words(
        np.int64(purpose) + np.int64(65536) * np.int64(group), who, whom, occasion, f.seed, f.replicate
    )
    return (
        (np.float64(a) + 0.5) * 2.3283064365386963e-10,
        (np.float64(b) + 0.5) * 2.3283064365386963e-10,
        (np.float64(c) + 0.5) * 2.3283064365386963e-10,
        (np.float64(d) + 0.5) * 2.3283064365386963e-10,
    )


@rule
def exponential(u):
    """Standard exponential with survival u: the waiting time whose chance of being exceeded is u."""
    return -math.log(u)


@rule
def normal_cdf(z):
    """Standard normal distribution function."""
    return 0.5 * (1.0 + math.erf(z * 0.7071067811865476))


@rule
def normal_quantile(u):
    """Standard normal quantile: Wichura 1988, algorithm AS 241 (PPND16), about 1e-16 relative accuracy."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        above = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                     + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
                  + 133.14166789178437745) * r + 3.387132872796366608)
        below = (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                     + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
                  + 42.313330701600911252) * r + 1.0)
        return q * above / below
    tail = u if q < 0.0 else 1.0 - u
    if tail <= 0.0:
        return -math.inf if q < 0.0 else math.inf
    r = math.sqrt(-math.log(tail))
    if r <= 5.0:
        r -= 1.6
        above = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                     + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                  + 4.6303378461565452959) * r + 1.42343711074968357734)
        below = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
                     + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                  + 2.05319162663775882187) * r + 1.0)
    else:
        r -= 5.0
        above = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 0.0012426609473880784386)
                     * r + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                  + 5.4637849111641143699) * r + 6.6579046435011037772)
        below = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5)
                     * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r
                   + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0)
    return -above / below if q < 0.0 else above / below


@entry
def candidate_uniforms(f, group, candidate):
    """The four uniforms of a candidate for leaders' chairs (group 0), or of the chief executive (group 1)."""
    return uniforms(f, CANDIDATE, group, candidate, 0, 0)


@entry
def report_uniforms(f, candidate, month, figure):
    """Standard normal error of one figure in a month's report to a leader."""
    u, _, _, _ = uniforms(f, REPORT, 0, candidate, figure, month)
    return normal_quantile(u)


@entry
def parameter_uniform(f, name):
    """The uniform from which a parameter is drawn, keyed by a 32-bit hash of its name."""
    u, _, _, _ = uniforms(f, PARAMETER, 0, name, 0, 0)
    return u


@entry
def bare_draws(f, number):
    """Sum of the first words of so many draws: the floor that speed is measured against."""
    total = 0.0
    for n in range(number):
        u, _, _, _ = uniforms(f, 0, 0, n, 0, 0)
        total += u
    return total


@entry
def _philox_entry(c0, c1, c2, c3, k0, k1):
    return philox_words(c0, c1, c2, c3, k0, k1)


def philox4x32(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 of a counter of four words under a key of two words, each an int in [0, 2^32).

    Here so that anyone can check the known answers published with Random123. Raises ValueError outside the range.
    """
    words = [*counter, *key]
    if len(counter) != 4 or len(key) != 2:
        raise ValueError(f"a counter of 4 words and a key of 2 are needed, found {len(counter)} and {len(key)}")
    for word in words:
        if isinstance(word, bool) or not isinstance(word, (int, np.integer)) or not 0 <= word < 2**32:
            raise ValueError(f"each word must be an integer from 0 to 4294967295, found {word!r}")
    a, b, c, d = _philox_entry(*(np.uint64(word) for word in words))
    return int(a), int(b), int(c), int(d)
