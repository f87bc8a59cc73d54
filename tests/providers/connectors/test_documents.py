"""Reading a connector: what is refused, where, and that nothing makes the reader itself fail."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.audio import FORMATS
from generator.providers.connectors import Connector, shipped_texts
from generator.providers.connectors.comfyui_workflow import model_of
from generator.providers.connectors.document import MAX_DOCUMENT_CHARS, DocumentError, read_document
from generator.providers.connectors.model_schema import BUILT_IN, FORM_NAMES
from generator.providers.connectors.paths import read_path
from generator.providers.connectors.templates import fill, fill_url, names_in
from generator.web.create.model_fields import OWN
from tests.fakes.connectors.texts import WORKFLOW

FAL = json.loads(shipped_texts()["fal"])
RUNWARE = json.loads(shipped_texts()["runware"])


def changed(document: dict[str, Any], place: str, value: Any) -> str:
    """Return the text of a document with one value changed: "poll.0.url"."""
    document = json.loads(json.dumps(document))
    *parents, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    target = document
    for part in parents:
        target = target[part]
    if value is None and isinstance(target, dict):
        target.pop(last, None)
    else:
        target[last] = value
    return json.dumps(document)


def problems(text: str) -> dict[str, str]:
    with pytest.raises(DocumentError) as refused:
        read_document(text)
    assert all(path.startswith("$") and sentence for path, sentence in refused.value.problems)
    return dict(refused.value.problems)


@pytest.mark.parametrize("name", shipped_texts())
def test_the_shipped_ones_can_be_run(name):
    connector = Connector(shipped_texts()[name])
    assert connector.key == name
    for model in connector.document.models:
        assert model.unverified
        assert model.price is None or model.price.checked
        assert {field.name for field in model.fields}.isdisjoint(OWN)


def test_only_a_rejection_has_a_suggestion():
    rows = [{"http": [429], "meaning": "busy", "suggestion": "$.suggested_prompt"}]
    assert "$.errors[0]" in problems(changed(FAL, "errors", rows))


def test_several_takes_of_a_model_that_makes_one_are_as_many_calls():
    (single, *_) = Connector(json.dumps(FAL)).models
    many = dict(FAL["models"][0], takes_max=3)
    (several, *_) = Connector(changed(FAL, "models.0", many)).models
    assert [(spec.takes_max, spec.calls_max, spec.takes_offered) for spec in (single, several)] == [
        (1, 4, 4),
        (3, 1, 3),
    ]


def test_names_of_the_form_cannot_be_fields():
    assert OWN | {"action"} >= FORM_NAMES
    taken = dict(FAL["models"][0], fields=[{"name": "takes", "kind": "switch", "label": "x"}])
    assert "$.models[0].fields[0]" in problems(changed(FAL, "models.0", taken))
    assert BUILT_IN.isdisjoint({"seed", "duration"})


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        ("key", "Fal", "$.key"),
        ("key", "wavespeed", "$.key"),
        ("base", "http://queue.fal.run", "$.base"),
        ("base", "https://user@queue.fal.run", "$.base"),
        ("hosts", ["*"], "$.hosts"),
        ("hosts", ["https://fal.media"], "$.hosts"),
        ("hosts", ["*.com*"], "$.hosts"),
        ("auth.value", "Key", "$.auth.value"),
        ("auth.value", "Key {{key}}\r\nX: y", "$.auth.value"),
        ("auth.header", "Host", "$.auth.header"),
        ("submit.url", "https://evil.example/{{path}}", "$.submit.url"),
        ("submit.url", "http://queue.fal.run/{{path}}", "$.submit.url"),
        ("submit.url", "{{id}}/x", "$.submit.url"),
        ("submit.url", "{{base}}/{{nothing}}", "$.submit.url"),
        ("submit.body", {"prompt": "{{prompt"}, "$.submit.body"),
        ("submit.body", {"key": "{{key}}"}, "$.submit.body"),
        ("submit.method", "GET", "$.submit.method"),
        ("submit.id", "request_id", "$.submit.id"),
        ("submit.id", "{{our_uuid}}", "$.submit"),
        ("submit.headers", {"Authorization": "x"}, "$.submit.headers"),
        ("submit.headers", {"X": "a\nb"}, "$.submit.headers"),
        ("submit.headers", {"X": "{{key}}"}, "$.submit.headers"),
        ("submit.extra", 1, "$.submit.extra"),
        ("poll", [], "$.poll"),
        ("poll.0.status.path", "$..status", "$.poll[0].status.path"),
        ("poll.0.status.map", {"X": "done"}, "$.poll[0].status.map.X"),
        ("poll.0.status.by", "guess", "$.poll[0].status"),
        ("fetch.url", "https://elsewhere.example/{{id}}", "$.fetch.url"),
        ("outputs.kind", "hex", "$.outputs"),
        ("outputs.kind", "built", "$.outputs"),
        ("outputs", None, "$.outputs"),
        ("cancel.charged", "maybe", "$.cancel.charged"),
        ("cancel.calls", [], "$.cancel.calls"),
        ("errors.0", {"meaning": "busy"}, "$.errors[0]"),
        ("errors.0.http", ["4x"], "$.errors[0].http[0]"),
        ("errors.0.meaning", "fine", "$.errors[0].meaning"),
        ("find", {"by": "poll"}, "$.find"),
        ("models.0.name", "A B", "$.models[0].name"),
        ("models.0.path", "a?b=c", "$.models[0].path"),
        ("models.0.formats", ["midi"], "$.models[0]"),
        ("models.0.inputs", {"x": "{{speed}}"}, "$.models[0].inputs"),
        ("models.0.price.usd", "1,250", "$.models[0].price.usd"),
        ("models.0.price.usd", "-1", "$.models[0].price.usd"),
        ("models.0.price.formula", "base_price *", "$.models[0].price.formula"),
        ("models.0.price.formula", "base_price * seconds", "$.models[0]"),
        ("models.1.name", "minimax-music-2.6", "$.models"),
        ("models.4.fields.0.default", 500, "$.models[4].fields[0]"),
        ("models.4.fields.0.maximum", None, "$.models[4].fields[0]"),
        ("title", "a\x00b", "$.title"),
        ("title", "a\ud800b", "$.title"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(place, value, path):
    assert path in problems(changed(FAL, place, value))


def test_a_job_found_by_our_id_needs_an_id_of_ours():
    assert "$.submit" in problems(changed(RUNWARE, "submit.accepted_if", None))
    assert "$.find" in problems(changed(RUNWARE, "find.found_if", None))


def test_what_is_no_document_at_all():
    assert "$" in problems("{")
    assert "$" in problems(" " * (MAX_DOCUMENT_CHARS + 1))
    assert problems("[" * 2000 + "]" * 2000)
    assert problems('{"base": NaN}')
    assert "$.models[0].usual_seconds" in problems(changed(FAL, "models.0.usual_seconds", 77).replace("77", "1e999"))
    assert problems("7")
    nested = json.dumps(FAL["submit"]["body"])
    for _ in range(60):
        nested = f"[{nested}]"
    assert any(path.startswith("$.submit.body") for path in problems(changed(FAL, "submit.body", json.loads(nested))))


def test_every_vendor_of_the_list_can_be_said():
    """Bodies, ids, states and files as Replicate, Venice, Sonauto, Beatoven, Stability and ACE-Step have them."""
    says = {
        "submit": {"method": "POST", "url": "{{base}}/x", "body": {"input": "{{inputs}}"}, "id": "$.data.task_id"},
        "poll": [
            {
                "url": "{{base}}/x/{{id}}",
                "status": {"by": "http", "map": {"202": "running", "200": "completed", "404": "unknown"}},
            },
            {
                "url": "{{base}}/x/{{id}}",
                "parse": "$.data[0].result",
                "status": {"by": "content_type", "map": {"audio/*": "completed", "application/json": "running"}},
            },
        ],
        "fetch": None,
        "cancel": None,
        "outputs": {"kind": "relative", "path": "$[*].file", "send_key": True},
    }
    document = {name: value for name, value in (FAL | says).items() if value is not None}
    assert Connector(json.dumps(document)).document.poll[1].parse


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
PLACES = [
    *("key", "title", "base", "hosts", "auth", "submit", "poll", "poll.0", "fetch", "outputs", "cancel", "errors"),
    *("submit.url", "submit.body", "submit.id", "submit.headers", "poll.0.status", "poll.0.status.map", "poll.0.url"),
    *("outputs.path", "errors.0", "errors.0.http", "models", "models.0", "models.0.inputs", "models.0.fields"),
    *("models.0.price", "models.0.formats", "models.4.fields.0.choices", "models.4.fields.0.default", "values", "find"),
]


@given(st.text())
def test_no_text_makes_the_reader_fail(text):
    with pytest.raises(DocumentError):
        read_document(text)


@given(st.sampled_from(PLACES), JSON)
@example("errors.0.http", [True])
def test_no_value_makes_the_reader_fail(place, value):
    with contextlib.suppress(DocumentError):
        assert read_document(changed(FAL, place, value)).key


@given(JSON, st.sampled_from(["$", "$.a", "$.a[0].b", "$[*]", "$.a[*].b[-1]", "$.{{id}}.x"]))
def test_a_path_leads_somewhere_or_nowhere(value, path):
    assert isinstance(read_path(path).all(value, "id"), list)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.data[0].url", ["a"]),
        ("$.data[*].url", ["a", "b"]),
        ("$.data[-1].url", ["b"]),
        ("$.map[*].x", [1, 2]),
        ("$.{{id}}.status", ["done"]),
        ("$.nothing[3].x", []),
        ("$", None),
    ],
)
def test_what_a_path_leads_to(path, found):
    value = {"data": [{"url": "a"}, {"url": "b"}], "map": {"p": {"x": 1}, "q": {"x": 2}}, "job-1": {"status": "done"}}
    assert read_path(path).all(value, "job-1") == (found if found is not None else [value])


VALUES = {
    "prompt": "a “b”",
    "takes": 2,
    "on": True,
    "none": None,
    "inputs": {"x": 1, "y": 2},
    "path": "a/b",
    "id": "a/b?c",
}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{takes}}", 2),
        ("{{takes}} takes", "2 takes"),
        ({"a": "{{none}}", "b": "{{on}}"}, {"b": True}),
        (["{{none}}", "{{prompt}}"], ["a “b”"]),
        ({"...": "{{inputs}}", "y": 3}, {"x": 1, "y": 3}),
        ([{"input": "{{inputs}}"}], [{"input": {"x": 1, "y": 2}}]),
        ({"{{takes}}": 1}, {"{{takes}}": 1}),
    ],
)
def test_a_template_keeps_types_and_leaves_out_what_is_missing(template, filled):
    assert fill(template, VALUES) == filled


def test_values_in_an_address_cannot_change_its_path():
    assert (
        fill_url("{{base}}/{{path}}/{{id}}", {"base": "https://x", "path": "a/b", "id": "a/b?c"})
        == "https://x/a/b/a%2Fb%3Fc"
    )


@given(JSON)
def test_a_template_without_names_stays_as_it_is(value):
    if not list(names_in(value)) and "..." not in json.dumps(value):
        assert fill(value, {}) == value


def test_a_workflow_becomes_a_model_with_its_fields():
    model = model_of(json.dumps(WORKFLOW), "Felt piano!")
    assert (model["name"], model["formats"]) == ("felt-piano", ["mp3"])
    assert [field["name"] for field in model["fields"]] == ["seed", "seconds"]
    text = json.dumps(json.loads(shipped_texts()["comfyui"]) | {"models": [model]})
    assert Connector(text).models[0].list_price == 0


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"nodes": [], "links": []}',
        json.dumps(WORKFLOW).replace("{{prompt}}", "a"),
        json.dumps(WORKFLOW).replace("{{seed}}", "{{speed}}"),
        '{"1": {"inputs": {}}}',
        '{"1": 7}',
    ],
)
def test_what_is_no_exported_workflow_is_refused(text):
    with pytest.raises(DocumentError):
        model_of(text, "x")


def test_formats_of_the_schema_are_the_studios():
    assert {"mp3", "wav", "flac"} <= set(FORMATS)
