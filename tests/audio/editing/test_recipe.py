"""A recipe is read strictly, and two that mean the same have one digest."""

import json
import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.audio.editing import DESTINATIONS, Recipe, RecipeError, parse
from generator.audio.editing.recipe import STEPS, Bed, Cut, Fades, Fit, Level, Loop, Speed

VOICE = "ab" * 32


def read(*steps: dict) -> Recipe:
    return parse({"version": 1, "steps": list(steps)})


def refusal(data) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        parse(data)
    return caught.value


def attempt(data) -> tuple[Recipe | None, str]:
    try:
        return parse(data), ""
    except RecipeError as error:
        return None, error.code


def refused_step(**step) -> tuple[str, str]:
    error = refusal({"version": 1, "steps": [step]})
    return error.code, error.field


def _value(rule) -> st.SearchStrategy:
    match rule["kind"]:
        case "number":
            value: st.SearchStrategy = st.floats(rule["low"], rule["high"], allow_nan=False)
        case "whole":
            value = st.integers(rule["low"], rule["high"])
        case "choice":
            value = st.sampled_from(rule["choices"])
        case "digest":
            value = st.just(VOICE)
        case _:
            edges = st.tuples(st.floats(0, 400), st.floats(401, 900))
            value = st.lists(edges.map(list), min_size=1, max_size=5)
    return st.none() | value if rule.get("is_optional") else value


def _step(kind) -> st.SearchStrategy:
    return st.fixed_dictionaries(
        {"step": st.just(kind.step)} | {item.name: _value(item.metadata) for item in fields(kind)}
    )


recipes = st.lists(st.sampled_from(range(len(STEPS))), unique=True).flatmap(
    lambda places: st.tuples(*(_step(STEPS[place]) for place in sorted(places))).map(list)
)


@given(recipes)
def test_what_is_written_is_read_again(steps) -> None:
    recipe, code = attempt({"version": 1, "steps": steps})
    if recipe is None:
        assert code in ("conflict", "out_of_range", "missing_key")
        return
    again = parse(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe
    assert again.digest == recipe.digest


def test_defaults_and_spellings_of_a_number_do_not_change_the_digest() -> None:
    short = read({"step": "fit", "length_s": 28}, {"step": "speed", "semitones": -0.0})
    long = read(
        {"length_s": 28.0000000001, "plan": 0, "step": "fit", "hit_at_s": None},
        {"step": "speed", "tempo": 1, "semitones": 0},
    )
    assert short.digest == long.digest
    assert short.digest != read({"step": "fit", "length_s": 28.01}, {"step": "speed"}).digest
    assert math.copysign(1, short.get(Speed).semitones) == 1


def test_the_steps_of_the_digest_are_fixed() -> None:
    """Kept files are found by their digest: a new default or field must not change those of old recipes unnoticed."""
    recipe = read(
        {"step": "cut", "regions": [[0, 12.5]]},
        {"step": "fades", "out_s": 2},
        {"step": "level", "destination": "podcast"},
        {"step": "format", "format": "mp3"},
    )
    assert recipe.digest == "aae595f3909e5450134551efb88a9a4eafd87e372af2d65a7e73b4ac82982e94"


def test_a_step_is_found_by_its_kind() -> None:
    recipe = read({"step": "cut", "regions": [[0.0, 12.5], [20, 30]]}, {"step": "bed"})
    assert recipe.get(Cut) == Cut(((0.0, 12.5), (20.0, 30.0)), "bar")
    assert recipe.get(Bed) == Bed(6.0)
    assert recipe.get(Fit) is None


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (None, "not_an_object", "recipe"),
        ([], "not_an_object", "recipe"),
        ({"steps": []}, "unsupported_version", "version"),
        ({"version": 2, "steps": []}, "unsupported_version", "version"),
        ({"version": True, "steps": []}, "unsupported_version", "version"),
        ({"version": 1}, "wrong_type", "steps"),
        ({"version": 1, "steps": [], "name": "x"}, "unknown_key", "name"),
        ({"version": 1, "steps": [3]}, "not_an_object", "steps[0]"),
        ({"version": 1, "steps": [{"step": []}]}, "unknown_step", "steps[0].step"),
        ({"version": 1, "steps": [{"step": "reverse"}]}, "unknown_step", "steps[0].step"),
        ({"version": 1, "steps": [{"step": "bed"}] * 2}, "repeated_step", "steps[1].step"),
        ({"version": 1, "steps": [{"step": "bed"}, {"step": "speed"}]}, "out_of_order", "steps[1].step"),
        ({"version": 1, "steps": [{"step": "bed"}] * 10}, "too_many", "steps"),
        ({"version": 1, "steps": [{"step": "loop"}, {"step": "fades", "in_s": 1}]}, "conflict", "steps[1]"),
    ],
)
def test_a_wrong_recipe_is_refused(data, code, field) -> None:
    error = refusal(data)
    assert (error.code, error.field) == (code, field)


@pytest.mark.parametrize(
    ("step", "code", "field"),
    [
        ({"step": "fit"}, "missing_key", "length_s"),
        ({"step": "fit", "length_s": "28"}, "wrong_type", "length_s"),
        ({"step": "fit", "length_s": True}, "wrong_type", "length_s"),
        ({"step": "fit", "length_s": float("nan")}, "out_of_range", "length_s"),
        ({"step": "fit", "length_s": 10**400}, "out_of_range", "length_s"),
        ({"step": "fit", "length_s": None}, "wrong_type", "length_s"),
        ({"step": "fit", "length_s": 20, "hit_at_s": 21}, "out_of_range", "hit_at_s"),
        ({"step": "fit", "length_s": 20, "plan": 1.5}, "wrong_type", "plan"),
        ({"step": "loop", "min_s": 9, "max_s": 8}, "out_of_range", "max_s"),
        ({"step": "fades", "in_curve": "log"}, "unknown_choice", "in_curve"),
        ({"step": "speed", "tempo": 1.09}, "out_of_range", "tempo"),
        ({"step": "bed", "depth": 6}, "unknown_key", "depth"),
        ({"step": "duck", "voice": "../etc"}, "bad_digest", "voice"),
        ({"step": "duck"}, "missing_key", "voice"),
        ({"step": "level"}, "missing_key", "destination"),
        ({"step": "level", "destination": "radio"}, "unknown_choice", "destination"),
        ({"step": "format", "format": "wma"}, "unknown_choice", "format"),
        ({"step": "format", "format": "wav", "rate": 48_000.0}, "unknown_choice", "rate"),
        ({"step": "format", "format": "mp3", "bit_rate": 192_000, "vbr_quality": 2}, "conflict", "vbr_quality"),
        ({"step": "cut", "regions": []}, "bad_region", "regions"),
        ({"step": "cut", "regions": [[0, 1]] * 201}, "too_many", "regions"),
        ({"step": "cut", "regions": [[0, 1], [3, 2]]}, "bad_region", "regions[1]"),
        ({"step": "cut", "regions": [[0, 1, 2]]}, "bad_region", "regions[0]"),
        ({"step": "cut", "regions": "all"}, "wrong_type", "regions"),
    ],
)
def test_a_wrong_step_is_refused_with_its_field(step, code, field) -> None:
    assert refused_step(**step) == (code, f"steps[0].{field}")


_keys = st.sampled_from(["version", "steps", "step", "regions", "length_s"])
_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
_any_json = st.recursive(_values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3))


@given(_any_json)
def test_nothing_but_a_recipe_error_comes_of_any_json(data) -> None:
    for candidate in (data, {"version": 1, "steps": data}, {"version": 1, "steps": [data]}):
        recipe, code = attempt(candidate)
        assert recipe is not None or code


def test_silent_fades_are_no_conflict_with_a_loop() -> None:
    recipe = read({"step": "loop", "min_s": 8}, {"step": "fades"})
    assert (recipe.get(Loop), recipe.get(Fades)) == (Loop(8.0), Fades())


@pytest.mark.parametrize("destination", DESTINATIONS.values(), ids=lambda each: each.code)
def test_every_destination_can_be_named_and_has_its_source(destination) -> None:
    assert read({"step": "level", "destination": destination.code}).get(Level)
    assert destination.address.startswith("https://")
    assert destination.source
    assert destination.lufs is None or -25 <= destination.lufs <= -14
    assert -2 <= destination.true_peak_dbtp <= -1


def test_a_mono_podcast_is_three_units_softer() -> None:
    assert DESTINATIONS["podcast"].target_lufs(1) == -19
    assert DESTINATIONS["podcast"].target_lufs(2) == -16
    assert DESTINATIONS["streaming"].target_lufs(1) == -14
