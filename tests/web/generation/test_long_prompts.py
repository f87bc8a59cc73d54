"""A long prompt, in any script, is never put into a URL: previews are sent like the form."""

import re

from django.urls import reverse

from generator.models import Generation, Prompt
from generator.web.generation.create_form import MAX_URL_CHARS
from generator.web.library import tracks
from tests.conftest import COMPOSER, POLL
from tests.web.test_controls import MORPHED, TEMPLATES

LONG = "温暖的低保真节拍，适合烹饪视频。" * 100
HTMX = {"HX-Request": "true", "HX-Target": "live"}


def test_nothing_of_the_create_form_puts_it_into_an_address():
    for name in (*MORPHED, "studio/_create.html"):
        text = (TEMPLATES / name).read_text()
        assert not re.search(r'hx-get="[^"]*create-live', text), name
        assert 'formmethod="get"' not in text, name


def test_a_preview_is_posted_and_keeps_the_text(user_client, project):
    address = reverse("create-live", args=[project.public_id])
    sent = {"model": POLL, "text": LONG, "takes": "2"}
    part = user_client.post(address, sent, headers=HTMX)
    assert (part.status_code, part.context["form"].text) == (200, LONG)
    assert part.templates[0].name == "studio/_live.html"
    page = user_client.post(address, sent | {"add": "soft piano"})
    assert page.context["form"].text == f"{LONG}, soft piano"
    assert page.templates[0].name == "studio/studio.html"
    assert not Generation.objects.exists()


def test_links_that_fill_the_form_stay_short(user_client, project, ask, make_track, monkeypatch):
    monkeypatch.setattr(tracks, "MAX_URL_CHARS", 1000)  # as for a model with short prompts
    shown = user_client.post(
        reverse("create-live", args=[project.public_id]), {"model": POLL, "text": LONG}, headers=HTMX
    )
    assert 'id="sketch"' in shown.content.decode()
    assert all(len(link) < MAX_URL_CHARS for link in re.findall(r'href="([^"]*)"', shown.content.decode()))
    sketch = {"model": POLL, "text": LONG, "on": COMPOSER}
    assert (
        user_client.post(reverse("create-live", args=[project.public_id]), sketch).context["form"].choice.spec.key
        == COMPOSER
    )
    track = make_track(generation=ask("calm", model=COMPOSER), take=1)
    Prompt.objects.update(text=LONG)
    page = user_client.get(track.get_absolute_url()).content.decode()
    (link,) = re.findall(r'href="(/projects/[^"]*sketch=[^"]*)"', page)
    assert len(link) < MAX_URL_CHARS
    assert user_client.get(link.replace("&amp;", "&")).context["form"].text.startswith(LONG[:100])
