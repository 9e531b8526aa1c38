"""Random numbers are a function of key and counter, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from orgsim.engine.streams import normal_quantile, philox4x32

# Published with Random123 (file kat_vectors, philox4x32 with 10 rounds).
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_known_answers(
    counter: tuple[int, ...], key: tuple[int, ...], answer: tuple[int, ...]
) -> None:
    assert philox4x32(counter, key) == answer


def test_philox_gives_the_known_answers_uncompiled_too() -> None:
    code = (
        "from orgsim.engine.streams import philox4x32\n"
        f"for counter, key, answer in {KNOWN!r}:\n    assert philox4x32(counter, key) == answer\nprint('same')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "same"


@pytest.mark.parametrize("word", [-1, 2**32, 1.5, True, "1"])
def test_words_outside_32_bits_are_refused(word: object) -> None:
    with pytest.raises(ValueError, match="0 to 4294967295"):
        philox4x32([word, 0, 0, 0], [0, 0])  # type: ignore[list-item]


def test_a_counter_has_four_words_and_a_key_two() -> None:
    with pytest.raises(ValueError, match="counter of 4"):
        philox4x32([0, 0, 0], [0, 0])


def test_every_bit_of_counter_and_key_matters() -> None:
    seen = {philox4x32([0, 0, 0, 0], [0, 0])}
    for bit in range(32):
        for place in range(6):
            words = [0] * 6
            words[place] = 1 << bit
            seen.add(philox4x32(words[:4], words[4:]))
    assert len(seen) == 1 + 32 * 6


def test_draws_are_uniform_and_neighbouring_counters_are_unrelated() -> None:
    draws = np.array([philox4x32([1, who, 0, 0], [7, 3]) for who in range(5000)]) / 2**32
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-6
    correlation = np.corrcoef(np.vstack([draws[:-1].T, draws[1:].T]))
    off = correlation[~np.eye(8, dtype=bool)]
    assert np.abs(off).max() < 5.5 / np.sqrt(len(draws))


def test_the_normal_quantile_inverts_the_normal_distribution() -> None:
    quantile = getattr(normal_quantile, "py_func", normal_quantile)
    u = np.concatenate([np.geomspace(1e-10, 0.5, 200), 1 - np.geomspace(1e-10, 0.5, 200)])
    ours = np.array([quantile(x) for x in u])
    assert np.allclose(ours, stats.norm.ppf(u), rtol=1e-12, atol=1e-12)
