"""The vendor's own Python client as the judge of our fake, and its types as the judge of what we send."""

import dataclasses
import typing

import pytest

from generator.providers.base import ProviderConfig, Request
from generator.providers.elevenlabs.client import ElevenLabs
from generator.providers.elevenlabs.models import MODELS, OUTPUT_FORMATS, body_of
from tests.fakes import elevenlabs as fake
from tests.fakes import sounds
from tests.providers.conftest import CALM, listen

vendor = pytest.importorskip("elevenlabs", reason="the vendor's client is not installed (requirements-dev.lock)")
SECTIONS = "intro 12 s: soft pads, no drums; main 36 s: felt piano"


@pytest.fixture
def client(vendors):
    return vendor.ElevenLabs(api_key=vendors.elevenlabs.key, base_url=vendors.url)


@pytest.fixture
def request_of(tmp_path):
    def make(model: str = "music_v2", prompt: str = "warm lo-fi", **settings) -> Request:
        made = Request(f"elevenlabs/{model}", prompt, 1, "mp3", settings, "7", "prj_1", "gen_1")
        return dataclasses.replace(made, received=tmp_path / "gen_1")

    return make


def literals(annotation: object) -> set[str]:
    """Return all literal values in an annotation of the vendor's."""
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    return {value for part in typing.get_args(annotation) for value in literals(part)}


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [
        ({"duration": 45}, {"prompt": "warm lo-fi", "music_length_ms": 45_000, "force_instrumental": True}),
        ({"sections": SECTIONS, "plan_seed": 7}, {"seed": 7}),
        ({"sections": SECTIONS}, {"model_id": "music_v1", "respect_sections_durations": True}),
    ],
)
def test_we_send_what_the_vendors_client_sends(vendors, client, request_of, settings, arguments):
    model = arguments.get("model_id", "music_v2")
    request = request_of(model, **settings)
    ours = ElevenLabs(ProviderConfig(vendors.url, vendors.elevenlabs.key, patience=CALM))
    _told, error = listen(ours, request)
    assert error is None
    plan = body_of(request).get("composition_plan")
    kind = vendor.MusicPrompt if model == "music_v1" else vendor.CompositionPlan
    named = arguments | {"model_id": model} | ({"composition_plan": kind(**plan)} if plan else {})
    audio = b"".join(client.music.compose(output_format="mp3_44100_128", **named))
    assert audio == sounds.sound("mp3", fake.SOUND_S)
    first, second = vendors.requests("POST", "/v1/music")
    assert first.json == second.json
    assert first.path == second.path
    assert first.headers["xi-api-key"] == second.headers["xi-api-key"]


def test_the_names_in_the_fake_are_those_of_the_vendors_types():
    assert set(vendor.MusicPrompt.model_fields) == fake.GLOBAL
    assert set(vendor.SongSection.model_fields) - {"source_from"} == fake.SECTION
    assert set(vendor.GenerationChunkInput.model_fields) - {"conditioning_ref", "condition_strength"} == fake.CHUNK


def test_every_model_and_format_is_one_of_the_vendors():
    assert {spec.key.partition("/")[2] for spec in MODELS} <= literals(vendor.MusicModelId)
    formats = literals(vendor.MusicAllowedOutputFormats)
    assert fake.FORMATS | set(OUTPUT_FORMATS.values()) <= formats


def test_a_refusal_reaches_the_vendors_client_as_the_fake_means_it(vendors, client):
    detail = {"code": "bad_prompt", "data": {"prompt_suggestion": "calm"}}
    vendors.elevenlabs.refuse = (400, detail)
    with pytest.raises(vendor.core.ApiError) as refused:
        list(client.music.compose(prompt="x"))
    assert (refused.value.status_code, refused.value.body) == (400, {"detail": detail})


@pytest.mark.parametrize("status", [429, 503])
def test_the_vendors_client_sends_once_as_well(vendors, client, status):
    vendors.trouble("music", "status", status=status, times=3)
    with pytest.raises(vendor.core.ApiError):
        list(client.music.compose(prompt="x"))
    assert len(vendors.requests("POST", "/v1/music")) == 1


def test_the_subscription_is_read_as_by_the_vendors_client(vendors, client):
    theirs = client.user.subscription.get()
    assert (theirs.tier, theirs.character_limit - theirs.character_count) == ("creator", vendors.elevenlabs.credits)
