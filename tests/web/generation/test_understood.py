"""The chips under the prompt, what was not understood, and what a model cannot do for the request."""

import re

import pytest

from generator.composer.text.vocabulary.families import style_of
from generator.models import Generation
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL

TEXT = "Warm lo-fi for a cooking video, 45 s, no drums, 102 bpm"


@pytest.fixture
def live(user_client, project):
    """Post the form as it is typed and return its context: `live(text="…", drop="…")`."""

    def _live(**typed):
        data = {"text": TEXT, "model": COMPOSER} | typed
        return user_client.post(f"/projects/{project.public_id}/create/", data, headers={"HX-Request": "true"})

    return _live


def chips(reply) -> dict:
    return {shown.chip.name: shown for shown in reply.context["form"].chips}


def values(reply) -> dict:
    form = reply.context["form"]
    return {shown.field.name: shown.value for shown in (*form.fields, *form.advanced)}


def test_a_removed_chip_overrides_the_text_until_it_is_made(live, user_client, project):
    reply = live(drop=chips(live())["bpm"].drop)
    assert "bpm" not in chips(reply)
    assert values(reply)["ignore"] == "102 bpm"
    reply = live(ignore="102 bpm", drop=chips(live())["leave_out"].drop)
    assert values(reply)["ignore"] == "102 bpm, drums"
    form = {"text": TEXT, "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"}
    user_client.post(f"/projects/{project.public_id}/generate/", form | {"ignore": "102 bpm, drums"})
    assert Generation.objects.get().prompt.settings["ignore"] == "102 bpm, drums"


def test_a_chip_that_a_field_made_is_removed_from_the_field(live):
    reply = live(bpm="95", leave_out="bass, pads")
    assert chips(reply)["bpm"].chip.is_set
    assert values(live(bpm="95", drop=chips(reply)["bpm"].drop))["bpm"] == ""
    [bass] = [one for one in reply.context["form"].chips if one.chip.meaning == "no bass"]
    assert values(live(leave_out="bass, pads", drop=bass.drop))["leave_out"] == "pads"


def test_the_nearest_thing_is_one_press_away(live):
    reply = live(text="klezmer with mandolin")
    style, mandolin = reply.context["form"].unknown
    assert values(live(text="klezmer", set=style.set))["style"] == style_of("klezmer")[0]
    assert values(live(text="x", bring_in="harp", set=mandolin.set))["bring_in"] == "harp, guitar"
    assert b'id="not-understood"' in reply.content


def test_empty_fields_show_the_value_that_will_be_used(live):
    shown = live().content.decode()
    assert re.search(r'id="f-length"[^>]*placeholder="45 s"', shown)
    assert 'id="s-length"' in shown
    assert re.search(r'id="f-style".*?<option value="">Lo-fi hip-hop</option>', shown, re.DOTALL)


def test_more_opens_by_itself_and_counts_what_is_set(live):
    plain = live().content.decode()
    assert re.search(r'<details [^>]*id="more"[^>]*data-keep>', plain)
    assert live(seed="7", loop="on", length="9").context["form"].set_count == 2
    assert re.search(r'<details [^>]*id="more"[^>]* open>', live(seed="7").content.decode())


def test_models_say_what_they_cannot_do_for_this_request(live):
    lines = {line.choice.spec.key: line for line in live(text="loop, 45 s, with a singer").context["form"].lines}
    assert any("45 s" in limit for limit in lines[POLL].limits) is (catalog.spec_of(POLL).field("length") is None)
    assert len(lines[COMPOSER].limits) == 1  # it does not sing
    assert {code for line in lines.values() for code, _ in line.badges} == {"cheapest", "fastest"}
    assert [line.choice.price.per_take for line in lines.values()] == sorted(
        line.choice.price.per_take for line in lines.values()
    )


def test_a_refused_setting_leaves_the_chips(live):
    assert "bpm" in chips(live(length="9999"))
