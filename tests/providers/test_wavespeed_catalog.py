"""From an entry of WaveSpeed's catalog to a model of the studio: its form, its request, its price, and the doubts."""

import copy
import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.price_formula import TAKES, FormulaError, read_formula
from generator.providers.base import RESERVED_NAMES, Kind, Request
from generator.providers.errors import OperatorMustAct, Rejected
from generator.providers.wavespeed import catalog_entry, catalog_offer
from generator.providers.wavespeed.body import body_of
from tests.fakes import wavespeed_catalog
from tests.fakes.wavespeed_catalog import BROKEN, MUSIC, OTHER

BASE = "https://api.wavespeed.ai"


def offer_of(path, **changes):
    (raw,) = [item for item in [*MUSIC, *OTHER] if item["model_id"] == path]
    return catalog_offer.offer(wavespeed_catalog.listed(BASE, [{**raw, **changes}])[0], BASE)


def with_field(path, **fields):
    """Return the offer of a model with one more field, or without one."""
    raw = copy.deepcopy(next(item for item in MUSIC if item["model_id"] == path))
    schema = wavespeed_catalog.schema_of(raw)
    schema["properties"] |= fields
    schema["properties"] = {name: rule for name, rule in schema["properties"].items() if rule is not None}
    return catalog_offer.offer(wavespeed_catalog.listed(BASE, [raw])[0], BASE)


def request(offer, prompt="warm lo-fi for a cooking video", takes=1, format="", **settings):
    defaults = {field.name: field.default for field in offer.spec.fields if field.default is not None}
    format = format or offer.spec.formats[0]
    return Request(offer.spec.key, prompt, takes, format, defaults | settings, "", "", "", entry=offer.entry)


OFFERS = {raw["model_id"]: offer_of(raw["model_id"]) for raw in MUSIC}


def filled(offer):
    """Return settings for what the model requires beyond the prompt."""
    return {field.name: "A few lines of words to sing" for field in offer.spec.fields if field.name.startswith("lyric")}


@pytest.mark.parametrize("path", OFFERS)
def test_every_music_model_of_the_catalog_can_be_imported(path):
    offer = OFFERS[path]
    assert offer.spec, offer.problem
    assert offer.is_music
    assert offer.price == round(next(raw for raw in MUSIC if raw["model_id"] == path)["base_price"] * 1_000_000)


@pytest.mark.parametrize("path", OFFERS)
def test_a_request_has_only_keys_of_the_frozen_schema_and_values_that_it_accepts(path):
    offer = OFFERS[path]
    raw = next(raw for raw in MUSIC if raw["model_id"] == path)
    extra = filled(offer)
    for takes in {1, offer.spec.takes_max}:
        for format in offer.spec.formats:
            body = body_of(request(offer, takes=takes, format=format, unknown="x", **extra))
            assert wavespeed_catalog.problem(raw, body) == ""


@pytest.mark.parametrize(
    ("path", "promised"),
    [
        ("mureka-ai/mureka-v7.5/generate-bgm", True),
        ("minimax/music-2.6", True),
        ("elevenlabs/music", True),
        ("sonilo/text-to-music", True),
        ("stability-ai/stable-audio-3/music", True),
        ("wavespeed-ai/ace-step-1.5", True),
        ("wavespeed-ai/ace-step/prompt-to-audio", True),
        ("minimax/music-2.5", False),
        ("google/lyria-3-clip/music", False),
        ("sonilo/v1/text-to-sfx", False),
        ("stability-ai/stable-audio-3/text-to-audio", False),
        ("wavespeed-ai/heartmula/generate-music", False),
    ],
)
def test_music_without_a_voice_is_promised_only_where_something_says_so(path, promised):
    assert OFFERS[path].spec.instrumental == promised


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("minimax/music-2.6", {"is_instrumental": True, "lyrics": "[instrumental]", "bitrate": 256000}),
        ("elevenlabs/music", {"force_instrumental": True, "output_format": "mp3_high_quality"}),
        ("wavespeed-ai/ace-step", {"lyrics": "[inst]", "tags": "warm lo-fi for a cooking video", "duration": 60}),
        ("example/words-cost", {"model": "small"}),
        ("mirelo-ai/sfx-1.6/text-to-audio", {"model.version": "v2", "num_samples": 1, "ambience": False}),
    ],
)
def test_what_is_always_sent_and_under_which_name(path, sent):
    body = body_of(request(OFFERS[path]))
    assert {name: body[name] for name in sent} == sent
    assert all(type(body[name]) is type(value) for name, value in sent.items())


def test_an_integer_of_a_list_is_chosen_as_text_and_sent_as_an_integer():
    (field,) = [field for field in OFFERS["minimax/music-2.6"].spec.fields if field.name == "bitrate"]
    assert field.kind == Kind.CHOICE
    assert dict(field.choices).keys() == {"32000", "64000", "128000", "256000"}
    assert body_of(request(OFFERS["minimax/music-2.6"], bitrate="64000"))["bitrate"] == 64000


def test_the_style_and_the_lyrics_of_an_old_model_are_not_swapped():
    body = body_of(request(OFFERS["minimax/music-v1.5"], lyrics="A few lines of words"))
    assert body["lyrics_prompt"] == "warm lo-fi for a cooking video"
    assert body["prompt"] == "A few lines of words"


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("mureka-ai/mureka-v8/generate-song", 1024),  # in the description
        ("google/lyria-3-clip/music", 2000),  # in the schema
        ("stability-ai/stable-audio-3/music", 2000),  # nowhere
    ],
)
def test_the_limit_of_a_prompt(path, limit):
    assert OFFERS[path].spec.prompt_limit == limit


@pytest.mark.parametrize(
    ("about", "limits"),
    [
        ("10-3000 characters", (10, 3000)),
        ("Lyrics, 10 to 3,000 characters.", (10, 3000)),
        ("up to 1024 characters", (0, 1024)),
        ("Maximum length: 600 characters", (0, 600)),
        ("at most 40 chars", (0, 40)),
        ("Valid input: no more than 200 characters", (0, 200)),
        ("about 500 words", (0, None)),
        ("3000-10 characters", (0, None)),
    ],
)
def test_limits_in_a_description(about, limits):
    offer = with_field("kwaivgi/kling-text-to-audio", words={"type": "string", "description": about})
    (item,) = [item for item in catalog_entry.properties_of(offer.entry) if item.name == "words"]
    assert (item.min_chars if item.max_chars else 0, item.max_chars) == limits


def test_names_of_the_forms_own_fields_are_changed_in_the_form_only():
    spec = OFFERS["example/words-cost"].spec
    assert {field.name for field in spec.fields} == {"x_model", "x_format"}
    assert body_of(request(OFFERS["example/words-cost"], x_format="mono"))["format"] == "mono"


def test_what_cannot_be_offered_is_listed():
    assert OFFERS["example/words-cost"].left_out == ("references",)
    assert OFFERS["google/lyria-3-clip/music"].left_out == ("image",)
    assert OFFERS["mirelo-ai/sfx-1.6/text-to-audio"].left_out == ("double_output",)


def test_a_hidden_field_is_sent_with_its_default_and_one_for_programs_never():
    hidden = {"type": "string", "default": "fast", "x-hidden": True}
    offer = with_field(
        "kwaivgi/kling-text-to-audio", speed=hidden, enable_sync_mode={"type": "boolean", "default": True}
    )
    body = body_of(request(offer))
    assert body["speed"] == "fast"
    assert "enable_sync_mode" not in body
    assert "speed" not in {field.name for field in offer.spec.fields}


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("kwaivgi/kling-text-to-audio", {"prompt": ""}),
        ("kwaivgi/kling-text-to-audio", {"prompt": "x" * 201}),
        ("kwaivgi/kling-text-to-audio", {"duration": 11}),
        ("kwaivgi/kling-text-to-audio", {"duration": 4.5}),
        ("kwaivgi/kling-text-to-audio", {"takes": 2}),
        ("mirelo-ai/sfx-1.6/text-to-audio", {"prompt": "tap"}),
        ("minimax/music-2.6", {"bitrate": "1"}),
        ("minimax/music-2.5", {}),  # without lyrics
        ("minimax/music-2.5", {"lyrics": "too short"}),
        ("elevenlabs/music", {"format": "flac"}),
    ],
)
def test_what_the_vendor_could_not_accept_is_refused_here(path, changed):
    with pytest.raises(Rejected):
        body_of(request(OFFERS[path], **changed))


def test_a_description_that_a_later_release_cannot_use_sends_nothing():
    entry = {**OFFERS["sonilo/text-to-music"].entry, "schema": {"properties": {"seed": {"type": "integer"}}}}
    with pytest.raises(OperatorMustAct):
        body_of(Request("wavespeed/sonilo/text-to-music", "music", 1, "mp3", {}, "", "", "", entry=entry))


@pytest.mark.parametrize(
    "path",
    [
        "wavespeed-ai/some-voice/text-to-speech",
        "mureka-ai/stem-song",  # built in
        "mureka-ai/mureka-v9/generate-bgm",  # built in
        "wavespeed-ai/ace-step/audio-inpaint",  # needs a file
    ],
)
def test_what_is_not_importable_says_why(path):
    offer = offer_of(path)
    assert offer.spec is None
    assert offer.problem


def test_speech_and_pictures_are_no_music():
    assert not offer_of("minimax/speech-02").is_music
    assert not offer_of("wavespeed-ai/some-picture/text-to-image").is_music


@pytest.mark.parametrize("raw", wavespeed_catalog.listed(BASE, BROKEN), ids=lambda raw: json.dumps(raw)[:30])
def test_a_broken_entry_says_what_is_wrong(raw):
    offer = catalog_offer.offer(raw, BASE)
    assert offer.spec is None
    assert offer.problem


def test_another_server_is_refused():
    (raw,) = wavespeed_catalog.listed("https://api.wavespeed.ai:8443", [MUSIC[0]])
    assert catalog_offer.offer(raw, BASE).problem
    assert catalog_offer.offer(raw, "https://api.wavespeed.ai:8443/api/v3").spec


@pytest.mark.parametrize("path", ["example/odd-price", "example/no-number", "example/fraction"])
def test_a_price_that_cannot_be_computed_is_refused_and_not_guessed(path):
    offer = offer_of(path)
    assert offer.spec
    assert offer.price is None
    assert len(offer.doubts) > len(offer_of("sonilo/v1/text-to-sfx").doubts)


# --- frozen ---


def test_the_digest_is_about_what_a_request_depends_on():
    offer = OFFERS["sonilo/text-to-music"]
    assert offer_of("sonilo/text-to-music", description="Another text.", sort_order=1).digest == offer.digest
    others = {
        offer_of("sonilo/text-to-music", base_price=0.003).digest,
        offer_of("sonilo/text-to-music", formula="").digest,
        with_field("sonilo/text-to-music", seed={"type": "integer"}).digest,
        with_field("sonilo/text-to-music", duration={"type": "integer", "maximum": 60}).digest,
    }
    assert len(others | {offer.digest}) == 5


def test_a_frozen_entry_survives_a_database_column():
    for offer in OFFERS.values():
        again = catalog_offer.frozen_offer(json.loads(json.dumps(offer.entry)), "2026-12-01")
        assert again.digest == offer.digest
        assert again.spec == dataclasses.replace(offer.spec, checked="2026-12-01")


def test_what_changed_is_said():
    old = OFFERS["sonilo/text-to-music"].entry
    dearer = offer_of("sonilo/text-to-music", base_price=0.003).entry
    other = with_field("sonilo/text-to-music", seed={"type": "integer"}, duration={"type": "integer"}).entry
    assert [change.subject for change in catalog_entry.changes(old, dearer)] == ["price"]
    assert [change.subject for change in catalog_entry.changes(old, other)] == ["fields", "fields"]
    assert catalog_entry.changes(old, old) == []


# --- any schema ---

NAMES = st.one_of(
    st.sampled_from(
        ["prompt", "tags", "lyrics", "duration", "seed", "output_format", "number_of_songs", "model", "a.b"]
    ),
    st.text(max_size=8),
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=12)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "integer", "number", "boolean", "array", "object"]) | JUNK,
        "default": JUNK,
        "enum": st.lists(st.integers(0, 9) | st.text(max_size=5), max_size=4) | JUNK,
        "minimum": JUNK,
        "maximum": JUNK,
        "minLength": JUNK,
        "maxLength": st.integers(-5, 5000) | JUNK,
        "description": st.text(max_size=20) | st.just("up to 9,000 characters") | JUNK,
        "title": JUNK,
        "x-hidden": st.booleans() | JUNK,
        "disabled": st.booleans() | JUNK,
        "x-ui-component": st.sampled_from(["uploader", "select", "loras"]) | JUNK,
    },
)
SCHEMAS = st.fixed_dictionaries(
    {"properties": st.dictionaries(NAMES, RULES | JUNK, max_size=8) | JUNK},
    optional={"required": st.lists(NAMES, max_size=3) | JUNK, "x-order-properties": st.lists(NAMES, max_size=9) | JUNK},
)


@settings(max_examples=400)
@given(
    schema=SCHEMAS | JUNK, price=st.sampled_from([0.1, "0.2"]) | JUNK, formula=st.text(max_size=30) | JUNK, kind=JUNK
)
def test_any_schema_becomes_a_model_or_a_sentence(schema, price, formula, kind):
    call = {"type": "model_run", "request_schema": schema}
    raw = {"model_id": "any/model", "type": kind, "base_price": price, "formula": formula, "description": kind}
    offer = catalog_offer.offer({**raw, "api_schema": {"api_schemas": [call]}}, BASE)
    assert (offer.spec is None) == bool(offer.problem)
    if offer.spec is None:
        return
    names = [field.name for field in offer.spec.fields]
    assert len(set(names)) == len(names)
    assert not RESERVED_NAMES & set(names)
    assert json.loads(json.dumps(offer.entry, allow_nan=False)) == offer.entry
    try:
        body = body_of(request(offer, prompt="music for a film"))
    except Rejected:
        return
    assert body.keys() <= offer.entry["schema"]["properties"].keys()


# --- prices ---


def requests_of(offer) -> st.SearchStrategy:
    """Return a strategy for requests to a model: any settings that its form accepts."""

    def values(field):
        if field.kind == Kind.CHOICE:
            return st.sampled_from([name for name, _label in field.choices])
        if field.kind == Kind.SWITCH:
            return st.booleans()
        if field.kind == Kind.WORDS:
            return st.text("abc ", min_size=10, max_size=min(int(field.maximum), 60)).map(lambda words: f"a{words}z")
        if field.kind == Kind.WHOLE:
            return st.integers(int(field.minimum), int(field.maximum))
        return st.floats(field.minimum, field.maximum).map(
            lambda value: min(max(round(value, 2), field.minimum), field.maximum)
        )

    required = {field.name: values(field) for field in offer.spec.fields if not field.purpose}
    needed = {name: rule for name, rule in required.items() if name in ("lyrics", "lyric")}
    return st.tuples(
        st.fixed_dictionaries(needed, optional={name: rule for name, rule in required.items() if name not in needed}),
        st.integers(1, offer.spec.takes_max),
        st.text("abc ", min_size=10, max_size=80).map(lambda words: f"a{words}z"),
        st.sampled_from(offer.spec.formats),
    )


@pytest.mark.parametrize("examples", [100, pytest.param(1000, marks=pytest.mark.live)])
@pytest.mark.parametrize("path", OFFERS)
def test_any_request_costs_what_the_vendor_charges_for_it(path, examples):
    """The price in the form is that of the settings alone; the vendor charges for the whole body."""
    offer = OFFERS[path]
    raw = next(raw for raw in MUSIC if raw["model_id"] == path)

    @settings(max_examples=examples, deadline=None, database=None)
    @given(requests_of(offer))
    def compare(asked):
        chosen, takes, prompt, format = asked
        body = body_of(Request(offer.spec.key, prompt, takes, format, chosen, "", "", "", entry=offer.entry))
        assert wavespeed_catalog.problem(raw, body) == ""
        charged = round(wavespeed_catalog.price(raw, body) * 1_000_000)
        values = offer.spec.imported.values(chosen, takes, prompt)
        if offer.formula:
            ours = read_formula(offer.formula).total(offer.price, {**values, TAKES: takes})
        else:
            ours = offer.price * takes
        assert abs(ours - charged) <= (0 if float(ours).is_integer() and not _is_fraction(offer, chosen) else 1)

    compare()


def _is_fraction(offer, chosen) -> bool:
    """Return whether the price may have a fraction of a micro-dollar, which one rounds up and the other off."""
    return any(isinstance(value, float) for value in chosen.values())


@given(st.text(max_size=40))
def test_an_unknown_formula_gives_no_price(formula):
    offer = offer_of("sonilo/text-to-music", formula=formula)
    try:
        read_formula(formula.strip() or "0")
    except FormulaError:
        assert offer.price is None
