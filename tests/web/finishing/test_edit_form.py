"""The form of the finishing room: what is typed becomes a recipe, and a recipe becomes what is typed."""

import pytest
from django.http import QueryDict

from generator.audio.editing import parse
from generator.services.errors import UserError
from generator.web.finishing import edit_form

LENGTH_S = 120.0


def recipe(**fields: str) -> dict:
    form = QueryDict(mutable=True)
    form.update(fields)
    return edit_form.recipe_of(edit_form.typed(form), LENGTH_S)


def test_an_empty_form_changes_nothing():
    assert recipe() == {"version": 1, "steps": []}


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"start": "0:10"}, {"step": "cut", "regions": [[10.0, LENGTH_S]], "snap": "bar"}),
        ({"end": "28,5", "snap": "none"}, {"step": "cut", "regions": [[0.0, 28.5]], "snap": "none"}),
        (
            {"start": "0:10", "skip": "0:20-0:35; 1:00–1:30"},
            {"step": "cut", "regions": [[10.0, 20.0], [35.0, 60.0], [90.0, LENGTH_S]], "snap": "bar"},
        ),
        ({"length": "28.5"}, {"step": "fit", "length_s": 28.5, "hit_at_s": None}),
        ({"length": "1:30", "hit_at": "45"}, {"step": "fit", "length_s": 90.0, "hit_at_s": 45.0}),
        ({"loop": "on"}, {"step": "loop", "min_s": 8.0, "max_s": 60.0}),
        ({"tempo": "-2,5"}, {"step": "speed", "tempo": 0.975, "semitones": 0.0}),
        ({"semitones": "−2"}, {"step": "speed", "tempo": 1.0, "semitones": -2.0}),
        ({"bed": "6"}, {"step": "bed", "depth_db": 6.0}),
        ({"destination": "podcast"}, {"step": "level", "destination": "podcast"}),
        ({"lufs": "-18"}, {"step": "level", "lufs": -18.0}),
    ],
)
def test_each_field_becomes_its_step(fields, step):
    assert recipe(**fields)["steps"] == [step]


def test_a_choice_counts_only_for_the_length_it_was_made_for():
    made = {"length": "28.5", "fade_in": "1"}
    key = edit_form.choice_key(parse(recipe(**made)).to_json()["steps"])
    plans = [recipe(**made | {"length": length}, plan="2", choice_of=key)["steps"][0] for length in ("28.5", "30")]
    assert [plan.get("plan", 0) for plan in plans] == [2, 0]


def test_fades_share_a_curve():
    (step,) = recipe(fade_in="1", fade_out="2.5", curve="s")["steps"]
    assert step == {"step": "fades", "in_s": 1.0, "in_curve": "s", "out_s": 2.5, "out_curve": "s"}


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("length", "soon", "invalid_duration"),
        ("skip", "0:30–0:20", "invalid_duration"),
        ("skip", "0:00–9:00", "out_of_range"),
        ("fade_in", "-1", "invalid_duration"),
        ("tempo", "fast", "invalid_number"),
        ("lufs", "nan", "invalid_number"),
        ("semitones", "1e9", "invalid_number"),
    ],
)
def test_what_is_no_number_is_refused_with_its_field(field, text, code):
    with pytest.raises(UserError) as refused:
        recipe(**{field: text})
    assert (refused.value.field, refused.value.code) == (field, code)


@pytest.mark.parametrize("job", edit_form.JOBS, ids=lambda job: job.key)
def test_every_job_is_a_valid_recipe_and_replaces_its_fields_only(job):
    form = QueryDict(f"job={job.key}&fade_in=1" if job.key != "loop" else "job=loop")
    values = edit_form.typed(form)
    assert values | dict(job.fields) == values
    assert parse(edit_form.recipe_of(values, LENGTH_S)).steps


@pytest.mark.parametrize(
    "fields",
    [
        {
            "start": "0:10",
            "end": "1:20",
            "skip": "0:20–0:30",
            "snap": "beat",
            "fade_in": "1",
            "fade_out": "3",
            "curve": "linear",
        },
        {"length": "0:28.5", "hit_at": "0:20", "tempo": "2", "semitones": "-3", "bed": "9", "destination": "podcast"},
        {"loop": "on", "loop_min": "0:10", "loop_max": "0:30"},
        {"destination": "own", "lufs": "-17.5"},
    ],
)
def test_a_recipe_fills_in_the_form_that_made_it(fields):
    made = parse(recipe(**fields)).to_json()
    again = edit_form.recipe_of(edit_form.typed_of(made), LENGTH_S)
    assert parse(again).digest == parse(made).digest


def test_every_destination_offered_is_known():
    for code, _title, _lufs in edit_form.destinations():
        assert parse(recipe(destination=code)).steps
