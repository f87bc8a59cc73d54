"""ElevenLabs Music: the adapter's call, what its replies mean, and the bytes on their way to the disk."""

import dataclasses
import json
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.providers.base import PART, Progress, ProviderConfig, Request
from generator.providers.elevenlabs import reply as replies
from generator.providers.elevenlabs.client import ElevenLabs
from generator.providers.elevenlabs.models import MODELS, body_of
from generator.providers.elevenlabs.sections import form_values, plan_v1, plan_v2, read_sections
from generator.providers.errors import Busy, Cause, InDoubt, OperatorMustAct, Rejected
from tests.fakes.elevenlabs import problems_of
from tests.providers.conftest import CALM, Caller, listen, with_short_timeouts

V1, V2 = "elevenlabs/music_v1", "elevenlabs/music_v2"
SECTIONS = "intro 12 s: soft pads, no drums; main 0:36: felt piano, brushes"


@pytest.fixture
def elevenlabs(vendors) -> ElevenLabs:
    return ElevenLabs(ProviderConfig(vendors.url, vendors.elevenlabs.key, patience=CALM, private_ok=True))


@pytest.fixture
def brief(tmp_path):
    """Make a request: `brief(V2, sections=SECTIONS)`."""

    def make(model: str = V2, prompt: str = "warm lo-fi, no lead", format: str = "mp3", **settings) -> Request:
        made = Request(model, prompt, 1, format, settings, "7", "prj_1", "gen_1")
        return dataclasses.replace(made, received=tmp_path / "gen_1")

    return make


def sent(vendors) -> dict:
    (seen,) = vendors.requests("POST", "/v1/music")
    return seen.json


# --- what is sent ---


def test_a_prompt_is_sent_with_its_model_and_exact_length_and_without_a_voice(vendors, elevenlabs, brief):
    told, error = listen(elevenlabs, brief(duration=90))
    assert error is None
    assert [snapshot.progress for snapshot in told] == [Progress.RUNNING, Progress.COMPLETED]
    assert sent(vendors) == {
        "model_id": "music_v2",
        "prompt": "warm lo-fi, no lead",
        "music_length_ms": 90_000,
        "force_instrumental": True,
    }
    (seen,) = vendors.requests("POST", "/v1/music")
    assert seen.headers["xi-api-key"] == vendors.elevenlabs.key
    assert seen.path.endswith("?output_format=mp3_44100_128")


def test_sections_become_the_plan_of_each_model(vendors, elevenlabs, brief):
    listen(elevenlabs, brief(V1, sections=SECTIONS, plan_seed=7))
    listen(elevenlabs, brief(V2, sections=SECTIONS, adherence="high"))
    first, second = (seen.json for seen in vendors.requests("POST", "/v1/music"))
    assert (first["seed"], first["respect_sections_durations"]) == (7, True)
    plan = first["composition_plan"]
    assert plan["positive_global_styles"] == ["warm lo-fi"]
    assert plan["negative_global_styles"] == ["lead", "vocals"]
    assert [(part["section_name"], part["duration_ms"], part["lines"]) for part in plan["sections"]] == [
        ("intro", 12_000, []),
        ("main", 36_000, []),
    ]
    assert second["composition_plan"]["chunks"][0] == {
        "text": "[intro]",
        "duration_ms": 12_000,
        "positive_styles": ["warm lo-fi", "soft pads"],
        "negative_styles": ["lead", "drums", "vocals"],
        "context_adherence": "high",
    }
    assert "force_instrumental" not in first | second
    assert len(vendors.elevenlabs.jobs) == 2


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"sections": "intro: soft pads"}, {}),
        ({"sections": "12 s: soft pads"}, {}),
        ({"sections": "intro 2 s: soft pads"}, {}),
        ({"sections": "intro 121 s: soft pads"}, {}),
        ({"sections": "intro] la la [x 12 s: soft pads"}, {}),
        ({"sections": f"{'x' * 101} 12 s"}, {}),
        ({"sections": "; ".join(["part 5 s"] * 31)}, {}),
        ({"sections": "; ".join(["part 101 s"] * 6)}, {}),
        ({"sections": f"intro 12 s: {', '.join(f'style {number}' for number in range(51))}"}, {}),
        ({"sections": f"intro 12 s: {'x' * 201}"}, {}),
        ({"plan_seed": 7}, {}),
        ({"duration": 2}, {}),
        ({"duration": 601}, {}),
        ({"quality": "studio"}, {}),
        ({}, {"format": "flac"}),
        ({}, {"prompt": "  "}),
        ({}, {"prompt": "x" * 2001}),
        ({}, {"takes": 2}),
    ],
)
def test_what_could_never_be_accepted_is_refused_before_anything_is_sent(vendors, elevenlabs, brief, settings, changes):
    request = dataclasses.replace(brief(**settings), **changes)
    with pytest.raises(Rejected):
        elevenlabs.check(request)
    _told, error = listen(elevenlabs, request)
    assert isinstance(error, Rejected)
    assert vendors.seen == []


_styles = st.lists(st.text("abcdefgh äπ-", min_size=1, max_size=12), max_size=6).map(", ".join)
_section = st.builds(
    lambda name, tenths, styles: f"{name} {tenths / 10:g} s: {styles}",
    st.text("abcxyz 12", min_size=1, max_size=9).filter(lambda name: name.strip().rstrip("0123456789 ")),
    st.integers(30, 1200),
    _styles,
)


@given(
    prompt=st.text("abc, .;\n", min_size=1, max_size=60).filter(str.strip),
    parts=st.lists(_section, max_size=5),
    model=st.sampled_from(MODELS),
    loose=st.booleans(),
)
def test_every_request_that_passes_is_one_that_the_vendor_takes(prompt, parts, model, loose):
    settings = {"sections": "\n".join(parts), "loose_lengths": loose}
    body = body_of(Request(model.key, prompt, 1, "mp3", settings, "", "", ""))
    assert problems_of(json.loads(json.dumps(body))) == []


@given(parts=st.lists(_section, min_size=1, max_size=5), is_v1=st.booleans())
def test_a_suggested_plan_comes_back_as_the_sections_that_it_has(parts, is_v1):
    sections = read_sections("\n".join(parts))
    plan = (plan_v1 if is_v1 else plan_v2)("warm lo-fi", sections)
    values = form_values(plan)
    again = read_sections(values["sections"])
    assert [(part.name, part.length_ms) for part in again] == [(part.name, part.length_ms) for part in sections]
    assert values["text"].startswith("warm lo-fi")


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"chunks": []},
        {"chunks": [7]},
        {"sections": [{}]},
        {"sections": "x"},
        {"chunks": [{"text": 7, "duration_ms": 1}]},
    ],
)
def test_a_plan_that_the_form_cannot_show_is_not_suggested(plan):
    assert form_values(plan) == {}


# --- the bytes ---


def test_a_reply_becomes_a_file_before_it_is_a_result(elevenlabs, brief):
    request = brief()
    told, _error = listen(elevenlabs, request)
    (output,) = told[-1].outputs
    assert output.file == request.received / "take-1.mp3"
    assert [path.name for path in request.received.iterdir()] == ["take-1.mp3"]
    assert told[0].provider_job_id == told[-1].provider_job_id == "song000001"
    assert told[0].raw == {"song-id": "song000001", "request-id": "req-song000001", "character-cost": "1200"}


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("quality", "rate"), [("standard", 44_100), ("high", 48_000)])
def test_bare_samples_get_a_header(vendors, elevenlabs, brief, channels, quality, rate):
    vendors.elevenlabs.channels, vendors.elevenlabs.exact = channels, True
    told, _error = listen(elevenlabs, brief(format="wav", duration=4, quality=quality))
    with wave.open(str(told[-1].outputs[0].file)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (channels, 2, rate)
        assert file.getnframes() == 4 * rate


def test_a_file_that_has_a_header_keeps_it(vendors, elevenlabs, brief):
    from tests.fakes import sounds

    vendors.trouble("music", "status", status=200, headers={"content-type": "audio/wav"}, body=sounds.sound("wav"))
    told, _error = listen(elevenlabs, brief(format="wav"))
    assert told[-1].outputs[0].file.read_bytes() == sounds.sound("wav")


@pytest.mark.parametrize(
    ("do", "how"),
    [
        ("drop", {"size": 0}),
        ("drop", {"size": 4000}),
        ("open", {"size": 4000}),
        ("tiny", {}),
        ("truncated", {}),
        ("reset", {"accept": True}),
        ("cut", {"accept": True}),
        ("headers", {"accept": True}),
        ("hang", {"accept": True}),
        ("drip", {"accept": True, "seconds": 0.3}),
        ("slow_head", {"accept": True, "seconds": 0.1}),
        ("html", {"status": 502, "accept": True}),
        ("html", {"status": 200, "accept": True}),
        ("garbage", {"accept": True}),
        ("status", {"status": 500, "accept": True}),
        ("status", {"status": 503, "headers": {"retry-after": "1"}}),
        ("status", {"status": 408}),
        ("endless", {"accept": True}),
    ],
)
def test_a_reply_that_is_not_complete_leaves_a_doubt_and_is_never_requested_again(
    vendors, elevenlabs, brief, monkeypatch, do, how
):
    monkeypatch.setattr(replies, "MAX_AUDIO_BYTES", 1_000_000)
    vendors.trouble("music", do, **how)
    request = brief()
    patient = elevenlabs if do not in ("hang", "drip", "slow_head") else with_short_timeouts(elevenlabs)
    told, error = listen(patient, request)
    assert isinstance(error, InDoubt)
    assert all(snapshot.progress == Progress.RUNNING for snapshot in told)
    assert len(vendors.requests("POST", "/v1/music")) == 1
    assert not [path for path in request.received.rglob("*") if path.suffix != PART]
    assert vendors.elevenlabs.key not in error.words + error.sentence


def test_a_whole_reply_without_a_length_is_taken(vendors, elevenlabs, brief):
    vendors.elevenlabs.exact = True
    vendors.trouble("music", "open")
    told, error = listen(elevenlabs, brief(duration=3))
    assert error is None
    assert told[-1].outputs[0].file.is_file()


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "detail", "error", "cause"),
    [
        (400, {"code": "bad_prompt", "message": "names an artist"}, Rejected, Cause.NONE),
        (400, {"status": "bad_composition_plan"}, Rejected, Cause.NONE),
        (400, {}, Rejected, Cause.NONE),
        (422, [{"msg": "Field required", "loc": ["body"]}], Rejected, Cause.NONE),
        (401, {"status": "invalid_api_key"}, OperatorMustAct, Cause.KEY_REFUSED),
        (401, {"code": "quota_exceeded"}, OperatorMustAct, Cause.NO_CREDIT),
        (402, {"code": "payment_required"}, OperatorMustAct, Cause.NO_CREDIT),
        (403, {"type": "authorization_error", "code": "feature_not_available"}, OperatorMustAct, Cause.NOT_ALLOWED),
        (404, "Not Found", OperatorMustAct, Cause.MISCONFIGURED),
        (307, "", OperatorMustAct, Cause.MISCONFIGURED),
        (429, {"code": "rate_limit_exceeded"}, Busy, Cause.NONE),
        (429, {"status": "too_many_concurrent_requests"}, Busy, Cause.NONE),
        (400, {"status": "system_busy"}, Busy, Cause.NONE),
    ],
)
def test_a_refusal_means_that_nothing_was_made(vendors, elevenlabs, brief, status, detail, error, cause):
    vendors.elevenlabs.refuse = (status, detail)
    request = brief()
    _told, refused = listen(elevenlabs, request)
    assert type(refused) is error
    assert refused.cause == cause
    assert not request.received.exists()


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_suggestion_is_read_from_either_place(vendors, elevenlabs, brief, is_nested):
    suggestion = {"prompt_suggestion": "warm lo-fi with a soft piano"}
    detail = {"code": "bad_prompt", "message": "no artists"} | ({"data": suggestion} if is_nested else suggestion)
    vendors.elevenlabs.refuse = (400, detail)
    _told, refused = listen(elevenlabs, brief())
    assert refused.suggestion == {"text": "warm lo-fi with a soft piano"}


def test_a_suggested_plan_fills_prompt_and_sections(vendors, elevenlabs, brief):
    chunk = {"text": "[Intro] la la", "duration_ms": 12_000, "positive_styles": ["calm", "pads"]}
    other = {
        "text": "[Main]",
        "duration_ms": 20_500,
        "positive_styles": ["calm", "piano"],
        "negative_styles": ["drums"],
    }
    plan = {"chunks": [chunk | {"negative_styles": ["vocals"]}, other]}
    vendors.elevenlabs.refuse = (400, {"code": "bad_composition_plan", "composition_plan_suggestion": plan})
    _told, refused = listen(elevenlabs, brief(sections=SECTIONS))
    assert refused.suggestion == {"text": "calm", "sections": "Intro 12 s: pads\nMain 20.5 s: piano, no drums"}


@pytest.mark.parametrize("suggestion", [None, 7, "", " ", "x" * 2001, {"a": 1}, ["x"]])
def test_a_suggestion_that_the_form_would_not_take_is_none(vendors, elevenlabs, brief, suggestion):
    vendors.elevenlabs.refuse = (400, {"code": "bad_prompt", "prompt_suggestion": suggestion})
    _told, refused = listen(elevenlabs, brief())
    assert isinstance(refused, Rejected)
    assert refused.suggestion == {}


def test_no_connection_means_that_nothing_was_sent(elevenlabs, brief):
    nowhere = elevenlabs.using(dataclasses.replace(elevenlabs._account, base_url="http://127.0.0.1:1"))
    _told, refused = listen(nowhere, brief())
    assert (type(refused), refused.cause) == (Busy, Cause.UNREACHABLE)


def test_a_disk_without_room_means_that_nothing_was_sent(vendors, elevenlabs, brief, tmp_path):
    (tmp_path / "gen_1").write_text("in the way of the folder")
    _told, refused = listen(elevenlabs, brief())
    assert isinstance(refused, Busy)
    assert vendors.seen == []


# --- the free check ---


def test_the_key_is_tested_free(vendors, elevenlabs):
    sentence = Caller(elevenlabs).test()
    assert sentence.values == {"tier": "creator", "left": 100_000, "limit": 200_000}
    assert vendors.elevenlabs.jobs == []


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"do": "status", "status": 401}, OperatorMustAct),
        ({"do": "status", "status": 500}, Busy),
        ({"do": "garbage"}, Busy),
        ({"do": "status", "status": 200, "body": b'{"tier": "x"}'}, Busy),
        ({"do": "reset"}, Busy),
    ],
)
def test_a_failed_check_of_the_key_says_so(vendors, elevenlabs, how, error):
    vendors.trouble("subscription", **how)
    assert isinstance(Caller(elevenlabs).refused("test"), error)


def test_a_limit_that_is_no_number_is_said_by_the_check(elevenlabs):
    other = elevenlabs.using(dataclasses.replace(elevenlabs._account, extra={"max_concurrent": "many"}))
    assert Caller(other).refused("test").cause == Cause.MISCONFIGURED
    assert elevenlabs.using(dataclasses.replace(elevenlabs._account, extra={"max_concurrent": "5"})).max_concurrent == 5


def test_a_key_that_is_wrong_or_missing_stops_before_the_request(vendors, elevenlabs, brief):
    for key in ("", "with space", "ключ"):
        other = elevenlabs.using(dataclasses.replace(elevenlabs._account, key=key))
        _told, refused = listen(other, brief())
        assert (type(refused), refused.cause) == (OperatorMustAct, Cause.KEY_REFUSED)
    assert vendors.seen == []
