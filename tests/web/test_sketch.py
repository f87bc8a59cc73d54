"""A free sketch first: composed, then sent on to a paid model with what was settled; and back."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from generator.models import HouseStyle
from generator.workflow import catalogue, sketch
from tests.conftest import COMPOSER, POLL


@pytest.fixture
def take(ask, run_background):
    """A take of the composer's, really made."""
    generation = ask("warm lo-fi under a cooking video, 6 s, no drums", model=COMPOSER, settings={"seed": 3})
    run_background()
    return generation.tracks.get()


def test_what_the_sketch_settled_goes_to_the_paid_model(browser, take, project):
    page = unescape(browser.get(take.get_absolute_url()).content.decode())
    (address,) = re.findall(r'href="(/p/[^"]+)">(?:<svg[^>]*>.*?</svg>)Have Fake poll', page)
    sent = parse_qs(urlsplit(address).query)
    assert sent["model"] == [POLL]
    (text,) = sent["text"]
    assert text.startswith("warm lo-fi under a cooking video, 6 s, no drums. Instrumental: lo-fi hip-hop, ")
    assert f"{take.bpm:.0f} BPM, {take.musical_key}, with " in text
    assert "drums and" not in text
    form = browser.get(address).context["form"]
    assert (form.text, form.choice.spec.key) == (text, POLL)


def test_the_brief_is_cut_to_the_models_limit_and_what_was_settled_is_not(take):
    choice = catalogue.choice(POLL)
    take.generation.prompt.text = "long " * 900
    text = sketch.text_for(take, choice)
    assert len(text) <= choice.spec.prompt_limit
    assert text.endswith(f"Instrumental: {sketch.settled(take)}.")


def test_a_paid_brief_can_be_sketched_for_nothing_first(browser, project):
    form = browser.get(f"/p/{project.ref}/create/", {"model": POLL, "text": "rainy piano"}).context["form"]
    assert parse_qs(urlsplit(form.sketch).query) == {"model": [COMPOSER], "text": ["rainy piano"]}
    form = browser.get(form.sketch).context["form"]
    assert (form.text, form.choice.spec.key, form.sketch) == ("rainy piano", COMPOSER, "")


def test_where_the_project_allows_no_paid_model_none_is_offered(browser, take, project):
    HouseStyle.objects.update_or_create(project=project, defaults={"allowed": [COMPOSER]})
    assert "Have Fake poll" not in browser.get(take.get_absolute_url()).content.decode()
