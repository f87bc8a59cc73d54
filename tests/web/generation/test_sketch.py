"""A free sketch: composed, then sent to a paid model with the settings that were chosen; and back."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from generator.models import ProjectDefaults
from generator.services.generation import sketch
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL


@pytest.fixture
def take(ask, run_background):
    """A take that the composer really made."""
    generation = ask("warm lo-fi under a cooking video, 6 s, no drums", model=COMPOSER, settings={"seed": 3})
    run_background()
    return generation.tracks.get()


def test_what_the_sketch_settled_goes_to_the_paid_model(user_client, take, project):
    page = unescape(user_client.get(take.get_absolute_url()).content.decode())
    (address,) = re.findall(r'id="finish-sketch" href="([^"]+)"', page)
    sent = parse_qs(urlsplit(address).query)
    assert sent["model"] == [POLL]
    (text,) = sent["text"]
    assert text.startswith("warm lo-fi under a cooking video, 6 s, no drums. Instrumental: lo-fi hip-hop, ")
    assert f"{take.bpm:.0f} BPM, {take.musical_key}, with " in text
    assert "drums and" not in text
    form = user_client.get(address).context["form"]
    assert (form.text, form.choice.spec.key) == (text, POLL)


def test_the_brief_is_cut_to_the_models_limit_and_what_was_settled_is_not(take):
    choice = catalog.choice(POLL)
    take.generation.prompt.text = "long " * 900
    text = sketch.text_for(take, choice)
    assert len(text) <= choice.spec.prompt_limit
    assert text.endswith(f"Instrumental: {sketch.settled(take)}.")


def test_a_paid_brief_can_be_sketched_for_nothing_first(user_client, project):
    form = user_client.get(f"/projects/{project.public_id}/create/", {"model": POLL, "text": "rainy piano"}).context[
        "form"
    ]
    assert parse_qs(urlsplit(form.sketch).query) == {"model": [COMPOSER], "text": ["rainy piano"]}
    form = user_client.get(form.sketch).context["form"]
    assert (form.text, form.choice.spec.key, form.sketch) == ("rainy piano", COMPOSER, "")


def test_where_the_project_allows_no_paid_model_none_is_offered(user_client, take, project):
    ProjectDefaults.objects.update_or_create(project=project, defaults={"allowed_models": [COMPOSER]})
    assert 'id="finish-sketch"' not in user_client.get(take.get_absolute_url()).content.decode()
