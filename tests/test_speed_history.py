"""The record of speed: what counts as having got worse, and what is said of a record that cannot be read."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
HERE = {"processor": "A", "cores": 2, "versions": {"python": "3.12.1"}}
THERE = {"processor": "B", "cores": 8, "versions": {"python": "3.12.1"}}
RATIO, TIMES = "one_core.mesa_step_over_x", "first_impression.import_in_mesa_steps"
SLOPE = "scaling.exponent_of_time_in_x"


@pytest.fixture(scope="module", autouse=True)
def benchmarks() -> Iterator[None]:
    """Programs of `benchmarks` can be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield


@pytest.fixture(scope="module")
def history() -> ModuleType:
    return importlib.import_module("speeds.history")


def record(figures: dict[str, float], machine: dict[str, Any] = HERE, quick: bool = False) -> dict[str, Any]:
    """A measurement."""
    return {"commit": "abc", "date": "2026-01-01", "quick": quick, "machine": machine, "figures": figures}


def judged(history: ModuleType, name: str, value: float, before: list[float], **words: Any) -> Any:
    """One figure against a record of values of it."""
    [found] = history.judged(record({name: value}, **words), [record({name: one}) for one in before])
    return found


STEADY = [100.0, 101.0, 99.0, 100.5, 99.5]


def test_a_ratio_that_should_be_great_and_falls_by_a_fifth_is_flagged(history: ModuleType) -> None:
    assert judged(history, RATIO, 80.0, STEADY).regressed
    assert not judged(history, RATIO, 90.0, STEADY).regressed  # 11 % worse
    assert not judged(history, RATIO, 300.0, STEADY).regressed


def test_a_time_that_grows_by_a_fifth_is_flagged(history: ModuleType) -> None:
    assert judged(history, TIMES, 120.0, STEADY).regressed
    assert not judged(history, TIMES, 112.0, STEADY).regressed
    assert not judged(history, TIMES, 10.0, STEADY).regressed


def test_an_exponent_is_flagged_by_its_difference_whatever_its_size(history: ModuleType) -> None:
    for usual in (0.01, 0.5, 0.98):
        assert judged(history, SLOPE, usual + 0.11, [usual] * 3).regressed
        assert not judged(history, SLOPE, usual + 0.09, [usual] * 3).regressed
        assert not judged(history, SLOPE, usual - 0.5, [usual] * 3).regressed


def test_a_figure_that_varies_by_itself_is_given_as_much_room(history: ModuleType) -> None:
    noisy = [100.0, 80.0, 120.0, 90.0, 110.0]  # median absolute deviation 10: three robust deviations are 44 %
    assert not judged(history, TIMES, 140.0, noisy).regressed
    assert judged(history, TIMES, 150.0, noisy).regressed


def test_one_or_two_records_say_nothing_of_the_spread_and_give_twice_the_room(history: ModuleType) -> None:
    for few in ([100.0], [100.0, 100.0]):
        assert not judged(history, TIMES, 125.0, few).regressed
        assert judged(history, TIMES, 135.0, few).regressed
        assert not judged(history, SLOPE, 100.15, few).regressed
        assert judged(history, SLOPE, 100.25, few).regressed


def test_one_outlier_in_the_record_neither_hides_nor_makes_a_regression(history: ModuleType) -> None:
    assert judged(history, TIMES, 120.0, [*STEADY, 1000.0]).regressed
    assert not judged(history, TIMES, 101.0, [*STEADY, 1.0]).regressed


@pytest.mark.parametrize("wild", [[1.0, 50.0, 100.0, 400.0, 900.0], [1.0, 1000.0]])
def test_twice_as_bad_is_flagged_however_wild_the_record(history: ModuleType, wild: list[float]) -> None:
    usual = history.median(wild)
    assert judged(history, TIMES, 2.01 * usual, wild).regressed
    assert judged(history, RATIO, usual / 2.01, wild).regressed


def test_only_the_last_records_count(history: ModuleType) -> None:
    found = judged(history, TIMES, 100.0, [10.0] * 30 + [100.0] * history.LAST)
    assert (found.usual, found.records, found.regressed) == (100.0, history.LAST, False)


def test_machines_alike_come_first_and_others_only_where_there_are_none(history: ModuleType) -> None:
    records = [record({TIMES: 100.0}), record({TIMES: 50.0}, machine=THERE)]
    here, there = (history.judged(record({TIMES: 100.0}, machine), records)[0] for machine in (HERE, THERE))
    assert (here.usual, here.regressed, here.same_machine) == (100.0, False, True)
    assert (there.usual, there.regressed, there.same_machine) == (50.0, True, True)
    [strange] = history.judged(record({TIMES: 100.0}, {"processor": "C", "cores": 1}), records)
    assert (strange.usual, strange.records, strange.same_machine) == (75.0, 2, False)
    assert "none of them of a machine like this" in str(strange)


def test_another_python_makes_another_machine_but_its_last_digit_does_not(history: ModuleType) -> None:
    def kind(python: str) -> object:
        return history.like(record({}, HERE | {"versions": {"python": python}}))

    assert kind("3.12.1") == kind("3.12.9")
    assert kind("3.12.1") != kind("3.13.1")


def test_a_quick_measurement_is_held_against_quick_ones_only(history: ModuleType) -> None:
    [found] = history.judged(record({TIMES: 300.0}, quick=True), [record({TIMES: 100.0})])
    assert found.records == 0
    assert not found.regressed


def test_the_first_measurement_has_nothing_to_be_held_against(history: ModuleType, tmp_path: Path) -> None:
    assert history.read(tmp_path / "none.jsonl") == []
    found = history.judged(record({TIMES: 1.0, RATIO: 2.0}), [])
    assert history.verdict(found) == ("2 figures have no record to be held against.", 0)


def test_a_figure_nobody_knows_is_named_and_not_judged(history: ModuleType) -> None:
    found = history.judged(record({"gone.figure": 5.0, TIMES: 100.0}), [record({"gone.figure": 1.0, TIMES: 100.0})])
    said, code = history.verdict(found)
    assert code == 0
    assert "gone.figure: not a figure that is known" in said


def test_a_figure_that_is_no_longer_measured_is_no_regression(history: ModuleType) -> None:
    assert history.judged(record({}), [record({TIMES: 1.0})]) == []
    assert history.verdict([]) == ("Nothing was measured.", 0)


def test_each_figure_that_got_worse_has_a_line_and_the_exit_code_says_so(history: ModuleType) -> None:
    records = [record({RATIO: 100.0, TIMES: 100.0, SLOPE: 0.9}) for _ in range(3)]
    said, code = history.verdict(history.judged(record({RATIO: 50.0, TIMES: 100.0, SLOPE: 1.2}), records))
    lines = said.splitlines()
    assert code == 1
    assert [line.split()[1].rstrip(":") for line in lines[:-1]] == [RATIO, SLOPE]
    assert "50 against 100, the median of the last 3; 2.00 times worse, allowed 1.15" in lines[0]
    assert "greater by 0.30, allowed 0.10" in lines[1]
    assert lines[-1] == "3 figures held against the record: 2 got worse."


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting property name"),
        ("[1]", "found list, must be an object"),
        ('{"commit": "a", "date": "b"}', "lacks quick, machine, figures"),
        ('{"commit": "a", "date": "b", "quick": true, "machine": {}, "figures": []}', "must be objects"),
        (json.dumps(record({"x": "fast"})), "figure x: found 'fast', must be a finite number"),  # type: ignore[dict-item]
        (json.dumps(record({"x": float("nan")})), "figure x: found nan"),
        (json.dumps(record({"x": True})), "figure x: found True"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_its_number(
    history: ModuleType, tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(f"{json.dumps(record({}))}\n\n{line}\n", encoding="utf-8")
    with pytest.raises(history.Malformed, match="line 3: ") as error:
        history.read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)


def test_nothing_is_added_to_a_record_that_cannot_be_read(history: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("not a record\n", encoding="utf-8")
    with pytest.raises(history.Malformed):
        history.append(path, record({TIMES: 1.0}))
    assert path.read_text(encoding="utf-8") == "not a record\n"


def test_what_is_added_is_read_again_and_what_was_not_measured_is_left_out(history: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(record({TIMES: 1.0})), encoding="utf-8")  # a last line that is not ended
    history.append(path, record({TIMES: 123456.0, RATIO: float("nan")}))
    assert [one["figures"] for one in history.read(path)] == [{TIMES: 1.0}, {TIMES: 123500.0}]


def test_the_record_that_ships_can_be_read_and_holds_known_figures_without_seconds(history: ModuleType) -> None:
    for one in history.read(ROOT / "benchmarks" / "history.jsonl"):
        assert one["figures"]
        for name in one["figures"]:
            assert history.kind_of(name) is not None, name
            assert not name.endswith(("seconds", "_ms", "_us", "_ns")), name


def test_the_command_says_where_the_record_is_wrong_before_it_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speed = importlib.import_module("speed")
    path = tmp_path / "history.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["speed.py", "--check", "--history", str(path)])
    monkeypatch.setattr(speed, "prepared", lambda: pytest.fail("measured all the same"))
    assert speed.main() == 2
    assert "line 1: lacks commit, date, quick, machine, figures" in capsys.readouterr().err


@pytest.mark.parametrize(("before", "code"), [(100.0, 0), (200.0, 1)])
def test_the_command_checks_records_and_exits_with_1_where_a_figure_got_worse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, history: ModuleType, before: float, code: int
) -> None:
    speed, document = importlib.import_module("speed"), importlib.import_module("speeds.document")
    part = document.Part("one_core", "One core", figures={RATIO: 100.0})
    monkeypatch.setattr(speed, "prepared", lambda: None)
    monkeypatch.setattr(speed, "measured", lambda name, quick: (part, str(part), 0.0))
    monkeypatch.setattr(speed.machine, "described", lambda: HERE | {"caches": "none", "memory_gib": 1.0, "system": "S"})
    path, page = tmp_path / "history.jsonl", tmp_path / "speed.md"
    history.append(path, record({RATIO: before}))
    marks = [document.marks(name) for name in ("machine", "one_core")]
    page.write_text("".join(f"By hand.\n{begin}\nold\n{end}\n" for begin, end in marks), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["speed.py", "--only", "one_core", "--check", "--record", "--history", str(path),
                                     "--into", str(page)])  # fmt: skip
    assert speed.main() == code
    assert [one["figures"][RATIO] for one in history.read(path)] == [before, 100.0]
    text = page.read_text(encoding="utf-8")
    assert "### One core" in text
    assert "old" not in text
    assert text.count("By hand.") == 2


def test_a_page_without_a_parts_place_stays_as_it_was(tmp_path: Path) -> None:
    document = importlib.import_module("speeds.document")
    page = tmp_path / "speed.md"
    begin, end = document.marks("one_core")
    for text in (f"{begin}\nold\n", f"{end}\n{begin}\n", f"{begin}{end}{begin}{end}"):
        page.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match="once each"):
            document.write(page, {"one_core": "new"})
        assert page.read_text(encoding="utf-8") == text


def test_an_exponent_is_the_slope_of_logs_with_its_standard_error() -> None:
    scaling = importlib.import_module("speeds.scaling")
    exact = scaling.slope([1, 10, 100], [3.0, 30.0, 300.0])
    assert exact.value == pytest.approx(1.0)
    assert exact.error == pytest.approx(0.0, abs=1e-9)
    bent = scaling.slope([1, 10, 100], [1.0, 1.0, 100.0])  # a step of slope 0, one of slope 2
    assert (bent.value, bent.last) == (pytest.approx(1.0), pytest.approx(2.0))
    assert bent.error == pytest.approx(3**-0.5)
    assert str(scaling.slope([1], [1.0])) == "not measured"


def test_a_measurement_names_its_machine_in_words_that_a_record_can_hold(history: ModuleType, tmp_path: Path) -> None:
    machine = importlib.import_module("speeds.machine")
    about = machine.described()
    assert {"processor", "cores", "caches", "memory_gib", "versions"} <= set(about)
    assert {"python", "orgsim", "numpy", "numba", "mesa"} <= set(about["versions"])
    new = history.record_of({TIMES: 1.0}, commit="c", date="d", quick=True, machine=about, load=float("nan"))
    history.append(tmp_path / "history.jsonl", new)
    [again] = history.read(tmp_path / "history.jsonl")
    assert again["machine"] == about
    assert again["others_cores"] is None


def test_machine_functions_have_the_names_of_their_rules() -> None:
    plain = importlib.import_module("speeds.hot_spots").plain
    assert plain("_ZN6orgsim6engine6agenda3popB4v170B80c8tJTC_2fWwCJr") == "agenda.pop"
    assert plain("_ZN6orgsim10leadership9threshold10good_aboveB4v129") == "threshold.good_above"
    assert plain("_ZN7cpython6orgsim6engine3day8run_daysB4v131") == "day.run_days"
    assert plain("memcpy") == "memcpy"


def test_samples_are_counted_while_runs_go_on_and_by_what_they_hit() -> None:
    spots = importlib.import_module("speeds.hot_spots")
    places = [spots.Function(0x1000, 0x10, "agenda.pop"), spots.Function(0x2000, 0x10, "day.happen")]
    samples = """
    1.0:  1000 [unknown] (/tmp/perf-1.map)
    2.0:  1008 [unknown] (/tmp/perf-1.map)
    2.5:  1010 [unknown] (/tmp/perf-1.map)
    3.0:  200f [unknown] (/tmp/perf-1.map)
    4.0:  7f00 __exp (/usr/lib/libm.so.6)
    5.0:  1000 [unknown] (/tmp/perf-1.map)
    """.strip()
    counts = spots.counted(samples, places, 1.5, 4.5)
    assert counts["compiled", "agenda.pop"] == counts["compiled", "day.happen"] == 1
    assert counts["libm: exp, log, erf and others", "__exp"] == 1
    assert counts.total() == 4


@pytest.mark.parametrize(
    ("cell", "text"),
    [(0.01234, "0.0123"), (3.0, "3.00"), (1234567, "1,234,567"), (1234.5, "1,234"), (0.0, "0"), ("a", "a"),
     (float("nan"), "not measured"), (-0.5, "-0.500")],
)  # fmt: skip
def test_numbers_are_written_with_three_digits(cell: object, text: str) -> None:
    assert importlib.import_module("speeds.document").shown(cell) == text
