"""Draws that Python asks for, one at a time, by the table of draws in docs/odd.md, section 6."""

from __future__ import annotations

import numpy as np
import pytest
from plain_rules import plain, quantile, uniforms, world
from scipy import special

from orgsim.engine import streams


def test_candidates_reports_and_parameters_are_drawn_by_their_rows_of_the_table() -> None:
    w = world()
    firm = w.firm[0]
    for group, candidate in ((0, 3), (1, 0)):
        assert plain(streams.candidate_uniforms)(firm, group, candidate) == uniforms(w, 18, group, candidate, 0, 0)
    for candidate, month, figure in ((2, 7, 65), (0, 1, 0)):
        expected = quantile(uniforms(w, 26, 0, candidate, figure, month)[0])
        assert plain(streams.report_uniforms)(firm, candidate, month, figure) == expected
    assert plain(streams.parameter_uniform)(firm, 123_456) == uniforms(w, 20, 0, 123_456, 0, 0)[0]


def test_the_floor_that_speed_is_measured_against_draws_as_many_as_asked() -> None:
    w = world()
    first = [uniforms(w, 0, 0, n, 0, 0)[0] for n in range(3)]
    assert plain(streams.bare_draws)(w.firm[0], 3) == pytest.approx(sum(first))


def test_a_group_is_a_stream_of_its_own_and_so_are_seeds_and_replicates() -> None:
    """The first word of the counter is purpose + 65536 x group; a word x gives (x + 1/2) / 2^32."""
    w = world()
    firm = w.firm[0]
    words = plain(streams.philox_words)(np.uint64(7 + 65536 * 3), 11, 12, 13, firm.seed, firm.replicate)
    assert uniforms(w, 7, 3, 11, 12, 13) == pytest.approx([(int(x) + 0.5) / 2**32 for x in words], rel=1e-15)
    before = uniforms(w, 7, 3, 11, 12, 13)
    for name in ("seed", "replicate"):
        firm[name] += 1
        assert uniforms(w, 7, 3, 11, 12, 13) != before
        firm[name] -= 1
    assert plain(streams.exponential)(0.25) == pytest.approx(np.log(4))
    for u in (1e-300, 1e-40, 1e-13, 1e-9, 0.01, 0.07, 0.3, 0.5, 0.7, 0.95, 1 - 1e-9):
        assert plain(streams.normal_quantile)(u) == pytest.approx(special.ndtri(u), rel=1e-13, abs=1e-15)
    assert plain(streams.normal_quantile)(0.0) == -np.inf
    assert plain(streams.normal_quantile)(1.0) == np.inf
    assert plain(streams.normal_cdf)(1.0) == pytest.approx(0.8413447460685429)
