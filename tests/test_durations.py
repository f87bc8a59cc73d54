"""Lengths as people write them, in forms and requests."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from generator.durations import parse_duration, show_duration
from generator.models import Generation
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.services.provider_jobs import catalog
from generator.web.generation.reference_fields import start_of
from generator.web.library.approvals import time_of
from tests.conftest import COMPOSER

READ = {
    "90": 90,
    " 28,5 ": 28.5,
    "28.5": 28.5,
    "0:28.5": 28.5,
    "0:28,5": 28.5,
    "1:30": 90,
    "01:05": 65,
    "1:02:03": 3723,
    "90 s": 90,
    "90s": 90,
    "90 sec.": 90,
    "90 Seconds": 90,
    "2 min 30 s": 150,
    "2min30s": 150,
    "2m30s": 150,
    "2m30": 150,
    "2 minutes 30 seconds": 150,
    "1,5 min": 90,
    "1.5 minutes": 90,
    "2'30\"": 150,
    "1 h 2 min 3 s": 3723,
    "1h": 3600,
}
REFUSED = [
    "",
    "abc",
    "s",
    "min",
    ":",
    "1:",
    ":30",
    "1:75",
    "1:60:00",
    "-5",
    "+5",
    "1e2",
    "nan",
    "inf",
    "1h30",
    "９0",
    "90 beats",
]
REFUSED += ["90 s 5", "2 min 3 min", "1:30 min", "1 250", "30 s 2 min", "1.2.3", "0x10", "1_0"]


@pytest.mark.parametrize(("text", "seconds"), READ.items())
def test_a_length_is_read_however_it_is_written(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValueError, match="length"):
        parse_duration(text)


@given(st.integers(0, 10**10))
def test_a_length_survives_being_shown_and_read(micros):
    seconds = micros / 1_000_000
    assert parse_duration(show_duration(seconds)) == pytest.approx(seconds, abs=1e-6)


def test_the_fields_of_models_read_them_all(synced_catalog):
    spec = catalog.spec_of(COMPOSER)
    for text, seconds in READ.items():
        if 5 <= seconds <= 600:
            assert submit.clean_settings(spec, {"length": text})["length"] == seconds
    for text in (*REFUSED[1:], "0:04", "11 min"):
        with pytest.raises(UserError) as refused:
            submit.clean_settings(spec, {"length": text})
        assert refused.value.field == "length"


def test_positions_are_read_alike():
    for text, seconds in READ.items():
        assert time_of(text) == seconds * 1000
        assert seconds > 3000 or start_of(text, "file") == seconds


def test_the_page_shows_how_a_length_is_understood(user_client, project):
    address = reverse("create-live", args=[project.public_id])
    for typed, shown in (("2 min 30 s", "2:30"), ("0:28.5", "0:28.5"), ("90", "1:30")):
        text = user_client.post(address, {"model": COMPOSER, "text": "calm", "length": typed}).content.decode()
        assert f'id="u-length">= {shown}<' in text
    assert 'id="u-length"' not in user_client.post(address, {"model": COMPOSER, "length": "long"}).content.decode()
    form = {
        "model": COMPOSER,
        "text": "calm",
        "takes": "1",
        "format": "flac",
        "length": "0:28.5",
        "idempotency_key": "k",
    }
    assert user_client.post(reverse("generate", args=[project.public_id]), form).status_code == 302
    assert Generation.objects.get().prompt.settings["length"] == 28.5
    wrong = user_client.post(
        reverse("generate", args=[project.public_id]), form | {"length": "1:75", "idempotency_key": "l"}
    )
    assert wrong.status_code == 422
    assert 'value="1:75"' in wrong.content.decode()
