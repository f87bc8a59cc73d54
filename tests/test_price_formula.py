"""Price formulas, judged by jsonata-python: what it computes, we compute to the micro-dollar, or refuse."""

import math
from typing import Any

import jsonata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.currency import Micros
from generator.price_formula import MAX_FORMULA_CHARS, MAX_OPERATIONS, FormulaError, read_formula

# Formulas in the shapes in which vendors publish them: flat, per take, per second, per started minute, tiers.
SHAPES = [
    '{"total_price": base_price}',
    '{"total_price": base_price * $number(number_of_songs)}',
    '{"total_price": base_price * duration}',
    '{"total_price": base_price * $max([duration, 10])}',
    '{"total_price": base_price * $ceil(duration / 60)}',
    '{"total_price": base_price * $ceil($number(music_length_ms) / 10000)}',
    '{"total_price": duration <= 30 ? base_price : duration <= 60 ? 2 * base_price : 1500 * duration}',
    '{"total_price": resolution = "pro" ? 80000 : 40000}',
    '{"total_price": base_price + $length(lyrics) * 0.5}',
    '{"total_price": base_price * num_samples * $min([duration, 60])}',
    "base_price * duration * takes",
    "($minutes := $ceil(duration / 60); $minutes > 2 ? 2 * base_price : $minutes * base_price)",
]
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "duration": st.one_of(st.integers(0, 600), st.floats(0, 600).map(lambda value: round(value, 3))),
        "number_of_songs": st.one_of(st.integers(1, 3), st.sampled_from(["1", "2", "3"])),
        "num_samples": st.integers(1, 4),
        "music_length_ms": st.integers(5000, 300_000),
        "lyrics": st.text(max_size=40),
        "resolution": st.sampled_from(["pro", "clip"]),
        "takes": st.integers(1, 4),
        "on": st.booleans(),
    },
)
NUMBERS = st.one_of(
    st.sampled_from(["base_price", "duration", "num_samples", "takes", "missing", "$length(lyrics)"]),
    st.integers(0, 90_000).map(str),
    st.floats(0.001, 10).map(lambda value: f"{value:.3f}"),
)
CONDITIONS = st.sampled_from(["on", "missing", 'resolution = "pro"', "$exists(lyrics)", 'resolution in ["pro", "max"]'])


def _larger(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(numbers, numbers)
    conditions = CONDITIONS | st.tuples(pairs, st.sampled_from(["<", ">", "<=", ">=", "=", "!="])).map(
        lambda parts: f"{parts[0][0]} {parts[1]} {parts[0][1]}"
    )
    return st.one_of(
        st.tuples(pairs, st.sampled_from("+-*/")).map(lambda parts: f"{parts[0][0]} {parts[1]} {parts[0][1]}"),
        numbers.map(lambda number: f"({number})"),
        numbers.map(lambda number: f"-{number}"),
        st.tuples(st.sampled_from(["ceil", "floor", "abs", "round", "number"]), numbers).map(
            lambda parts: f"${parts[0]}({parts[1]})"
        ),
        st.tuples(st.sampled_from(["max", "min", "sum"]), pairs).map(
            lambda parts: f"${parts[0]}([{parts[1][0]}, {parts[1][1]}])"
        ),
        st.tuples(conditions, pairs).map(lambda parts: f"({parts[0]} ? {parts[1][0]} : {parts[1][1]})"),
        st.tuples(conditions, conditions, pairs).map(
            lambda parts: f"($not({parts[0]}) and {parts[1]} or on ? {parts[2][0]} : {parts[2][1]})"
        ),
        numbers.map(lambda number: f"($x := {number}; $x * 2)"),
    )


FORMULAS = st.recursive(NUMBERS, _larger, max_leaves=12)


def _judged(formula: str, base_price: int, values: dict[str, Any]) -> int | None:
    """Return what the judge computes; None: no price."""
    try:
        result = jsonata.Jsonata(formula).evaluate({**values, "base_price": base_price})
    except (jsonata.JException, ArithmeticError):
        return None
    if isinstance(result, dict):
        result = result.get("total_price")
    if isinstance(result, bool) or not isinstance(result, int | float) or not 0 <= result <= 1e12:
        return None
    return math.ceil(round(result, 6))


def _ours(formula: str, base_price: int, values: dict[str, Any]) -> int | None:
    try:
        return read_formula(formula).total(Micros(base_price), values)
    except FormulaError:
        return None


@pytest.mark.parametrize("formula", SHAPES)
def test_the_shapes_of_vendors_cost_what_the_judge_says(formula):
    @settings(max_examples=100, deadline=None)
    @given(st.integers(1, 900_000), VALUES)
    def compare(base_price, values):
        assert _ours(formula, base_price, values) == _judged(formula, base_price, values)

    compare()


@settings(max_examples=300, deadline=None)
@given(FORMULAS, st.integers(1, 900_000), VALUES)
def test_any_formula_costs_what_the_judge_says(formula, base_price, values):
    assert _ours(formula, base_price, values) == _judged(formula, base_price, values)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    _ours(text, 45_000, {"duration": 30})


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "base_price *",
        "base_price * (2",
        "get_duration(audio) * 900",  # the length of a file that only the vendor knows
        "input.duration * 300",
        "prices[0]",
        "$map([1, 2], function($v) { $v * 2 })",
        "$unknown * 2",
        "$eval('1')",
        "base_price ~> $ceil",
        "(" * 200 + "1" + ")" * 200,
        "1" + " + 1" * MAX_FORMULA_CHARS,
        "1" + "+1" * 1000,
    ],
)
def test_what_is_not_supported_is_refused_when_it_is_read(formula):
    with pytest.raises(FormulaError):
        read_formula(formula)


@pytest.mark.parametrize(
    ("formula", "values"),
    [
        ("base_price * duration", {}),
        ("base_price / 0", {}),
        ("base_price - 45001", {}),
        ("base_price * 1e30", {}),
        ("base_price * 1e308 * 1e308", {}),
        ('"45000"', {}),
        ("on", {"on": True}),
        ('{"price": 1}', {}),
        ("base_price * lyrics", {"lyrics": "2"}),
        ("5.5 % 2", {}),
    ],
)
def test_what_gives_no_price_is_refused(formula, values):
    with pytest.raises(FormulaError):
        read_formula(formula).total(Micros(45_000), values)


def test_a_formula_tells_what_it_depends_on():
    formula = read_formula('{"total_price": base_price * $number(takes) * (`a b` ? duration : 1)}')
    assert formula.names == {"takes", "a b", "duration"}


def test_the_longest_formula_is_computed():
    assert read_formula("1" + "+1" * MAX_OPERATIONS).total(Micros(0), {}) == MAX_OPERATIONS + 1
    assert read_formula("(" * 30 + "1" + " + 1)" * 30).total(Micros(0), {}) == 31


def test_a_fraction_of_a_micro_dollar_is_rounded_up():
    assert read_formula("base_price / 3").total(Micros(100), {}) == 34
    assert read_formula("0.1 + 0.2").total(Micros(0), {}) == 1
    assert read_formula("base_price * 1.1").total(Micros(100), {}) == 110  # 110.00000000000001 in binary
