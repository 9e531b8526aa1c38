import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.scenario.units import parse

TIMES = [
    "min",
    "h",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "quarter",
    "quarters",
]
TIMES += ["year", "years"]
MONEY = ["€", "EUR", "euro", "k€", "kEUR", "M€"]
SPANS = ["min", "h", "day", "week", "month", "quarter", "year"]
FAMILIES = [
    TIMES,
    MONEY,
    ["%", "share"],
    [f"/{span}" for span in SPANS],
    [f"{money}/{span}" for money in MONEY for span in SPANS],
    [f"{time}/{span}" for time in TIMES for span in SPANS],
]
CANONICAL = ["h", "days", "weeks", "months", "years", "share", "count", "h/week"]
CANONICAL += ["€", "€/year", "€/h", "/year", "/week", "/day"]


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("20 weeks", "days", 100.0),
        ("45 %", "share", 0.45),
        ("25 k€", "€", 25_000.0),
        ("12 /day", "/week", 60.0),
        ("12 per week", "/week", 12.0),
        ("9 months", "months", 9.0),
        ("1 year", "days", 260.0),
        ("1 year", "weeks", 52.0),
        ("1 quarter", "months", 3.0),
        ("1 day", "h", 7.0),
        ("90 min", "h", 1.5),
        ("120 k€/year", "€/year", 120_000.0),
        ("1820 €/year", "€/h", 1.0),
        ("2 M€", "€", 2e6),
        ("0.2 /year", "/year", 0.2),
        ("12 % per year", "/year", 0.12),
        ("1 day/week", "h/week", 7.0),
        ("0.3", "share", 0.3),
        ("3", "count", 3.0),
        ("1.5", "number", 1.5),
        ("-3 days", "days", -3.0),
    ],
)
def test_a_quantity_is_converted_exactly(value: str, unit: str, number: float) -> None:
    assert parse(value, unit) == number


@pytest.mark.parametrize("text", ["1000", "1_000", "1 000", "1\u2009000", "1\u202f000", "1\u00a0000", "1e3"])
@pytest.mark.parametrize("gap", ["", " ", "\u2009", "\u202f"])
def test_thousands_and_thin_spaces_may_be_written_in_many_ways(text: str, gap: str) -> None:
    assert parse(f" {text}{gap}days ", "days") == 1000


@pytest.mark.parametrize("unit", CANONICAL)
def test_every_canonical_unit_can_be_written_in_a_scenario(unit: str) -> None:
    assert parse(f"3 {unit}", unit) == 3


@given(st.data(), st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200))
def test_a_number_converts_to_another_unit_and_back(data: st.DataObject, number: float) -> None:
    family = data.draw(st.sampled_from(FAMILIES))
    first, second = data.draw(st.sampled_from(family)), data.draw(st.sampled_from(family))
    there = parse(f"{number!r} {first}", second)
    back = parse(f"{there!r} {second}", first)
    assert math.isclose(back, number, rel_tol=1e-12, abs_tol=1e-300)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_plain_number_is_read_as_python_reads_it(number: float) -> None:
    assert parse(repr(number), "number") == number


def check_finite_or_refused(value: str, unit: str) -> None:
    try:
        number = parse(value, unit)
    except ValueError as error:
        refusal = str(error)
    else:
        assert math.isfinite(number)
        return
    assert refusal.startswith("found ")


@given(st.text(), st.sampled_from([*CANONICAL, "number"]))
def test_any_text_gives_a_finite_number_or_a_value_error(value: str, unit: str) -> None:
    check_finite_or_refused(value, unit)


@given(
    st.text(alphabet="0123456789 ._+-e/%€kMhdayswekpr,", max_size=12), st.sampled_from([*CANONICAL, "number"])
)
def test_text_that_looks_like_a_quantity_gives_a_finite_number_or_a_value_error(
    value: str, unit: str
) -> None:
    check_finite_or_refused(value, unit)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("", "days", "an empty text"),
        ("weeks", "days", "does not start with a number"),
        ("nan weeks", "days", "does not start with a number"),
        ("inf", "number", "does not start with a number"),
        ("-", "days", "does not start with a number"),
        ("\u0663 days", "days", "does not start with a number"),
        ("20", "days", "has no unit"),
        ("1e400 h", "h", "too large"),
        ("1e308 years", "h", "too large"),
        ("20 €", "days", "which is money"),
        ("3 h", "share", "which is time"),
        ("3 /day", "days", "which is a number per time"),
        ("5 days", "/week", "which is time"),
        ("45 %", "count", "which is a share"),
        ("3 %", "number", "a plain number"),
        ("3 days €", "days", "'days €' is not a unit"),
        ("2 weeks 3 days", "days", "more than one number"),
        ("1_00 days", "days", "more than one number"),
        ("1,5 days", "days", "write decimals with a point"),
        ("5 €/h/day", "€/h", "is not a unit"),
    ],
)
def test_nonsense_is_refused_in_a_sentence_that_quotes_it(value: str, unit: str, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse(value, unit)
    assert said in str(caught.value)
    assert value in str(caught.value)


def test_a_refusal_lists_the_units_that_are_allowed() -> None:
    with pytest.raises(ValueError, match=r"allowed: min, h, days, weeks, months, quarters, years"):
        parse("20 €", "days")


@pytest.mark.parametrize(
    ("value", "unit", "meant"),
    [
        ("20 weesk", "days", "weeks"),
        ("20 Weeks", "days", "weeks"),
        ("2 dya", "days", "day"),
        ("5 /dya", "/week", "/day"),
        ("5 per wek", "/week", "/week"),
        ("5 k€/yaer", "€/year", "k€/year"),
        ("5 Euros", "€", "euros"),
    ],
)
def test_a_mistyped_unit_is_answered_with_the_nearest_one(value: str, unit: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{meant}'\\?"):
        parse(value, unit)


def test_an_enormous_text_is_refused_quickly_and_quoted_in_part() -> None:
    with pytest.raises(ValueError) as caught:
        parse("9" * 100_000 + " days", "days")
    assert len(str(caught.value)) < 200


def test_a_huge_negative_exponent_is_simply_zero() -> None:
    assert parse("1e-999999999 days", "days") == 0


@pytest.mark.parametrize("unit", ["", "parsecs", "€/h/day"])
def test_an_unknown_target_unit_is_a_mistake_of_the_program(unit: str) -> None:
    with pytest.raises(LookupError):
        parse("1 day", unit)
