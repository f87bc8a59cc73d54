"""Presets: who may use, save, rename and delete them, and what they put into the form."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from generator.models import Generation, Preset
from generator.services.background import retention
from generator.services.briefs import presets
from tests.conftest import COMPOSER

FORM = {"text": "warm lo-fi", "model": COMPOSER, "takes": "3", "format": "wav", "bpm": "95", "loop": "on", "seed": "7"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def save(user_client, project):
    """Save the form as a preset: `save("Bed", preset_text="1")`."""

    def _save(name: str = "Bed", htmx: bool = False, **more):
        data = FORM | {"preset_name": name} | more
        return user_client.post(f"/projects/{project.public_id}/presets/", data, headers=HTMX if htmx else {})

    return _save


def values(form) -> dict:
    return {shown.field.name: shown.value for shown in (*form.fields, *form.advanced)}


def form_with(client, project, preset: Preset, **typed):
    data = {"preset": preset.public_id, "idempotency_key": "k"} | typed
    return client.post(f"/projects/{project.public_id}/create/", data, headers=HTMX).context["form"]


def test_a_preset_restores_every_setting_and_keeps_the_typed_prompt(save, user_client, project):
    assert save().status_code == 302
    form = form_with(user_client, project, Preset.objects.get(), text="typed", energy="3")
    assert (form.text, form.takes, form.format, form.key) == ("typed", 3, "wav", "k")
    shown = values(form)
    assert (shown["bpm"], shown["loop"], shown["seed"], shown["energy"]) == ("95", "on", "7", None)


def test_the_prompt_is_included_on_request(save, user_client, project):
    save(preset_text="1")
    preset = Preset.objects.get()
    assert form_with(user_client, project, preset, text="typed").text == "warm lo-fi"
    reply = user_client.get(f"/projects/{project.public_id}/", {"preset": preset.public_id})
    assert reply.context["form"].text == "warm lo-fi"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 81}, "too_long"),
        ({"name": "a\nb"}, "invalid_text"),
        ({"bpm": "9"}, "out_of_range"),
        ({"takes": "9"}, "out_of_range"),
        ({"format": "exe"}, "unsupported_format"),
        ({"model": "gone/one"}, "model_unavailable"),
        ({"preset_text": "1", "text": "x" * 2001}, "too_long"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_the_form_would_refuse_is_not_saved(save, more, code, htmx):
    reply = save(htmx=htmx, **more)
    assert (reply.status_code, reply.context["form"].error.code) == (422, code)
    assert not Preset.objects.exists()


def test_a_name_is_used_once(save):
    save()
    assert save(htmx=True).context["form"].error.code == "already_exists"
    assert save(preset_scope="project").status_code == 302
    assert save(preset_scope="project").status_code == 422
    assert Preset.objects.count() == 2


def test_a_personal_preset_is_invisible_to_others_and_a_shared_one_is_not(save, project, member):
    client = Client()  # without the owner's messages
    save("Zanzibar")
    save("Ours", preset_scope="project")
    mine, ours = Preset.objects.get(name="Zanzibar"), Preset.objects.get(name="Ours")
    client.force_login(member("viewer"))
    page = client.get(f"/projects/{project.public_id}/presets/").content
    assert b"Ours" in page
    assert b"Zanzibar" not in page
    assert client.post(f"/presets/{mine.public_id}/delete/").status_code == 404
    assert client.post(f"/presets/{ours.public_id}/delete/").status_code == 404
    client.force_login(member("editor"))
    assert form_with(client, project, mine, text="typed").takes != 3
    assert form_with(client, project, ours, text="typed").takes == 3
    client.post(f"/presets/{ours.public_id}/rename/", {"name": "Theirs"})
    ours.refresh_from_db()
    assert ours.name == "Theirs"
    client.post(f"/presets/{ours.public_id}/delete/", {"project": project.public_id})
    assert [preset.name for preset in Preset.objects.filter(trashed_at=None)] == ["Zanzibar"]


def test_a_deletion_can_be_undone(save, user_client, project):
    save("Bed")
    preset = Preset.objects.get()
    reply = user_client.post(f"/presets/{preset.public_id}/delete/", headers=HTMX)
    undo = f"/presets/{preset.public_id}/restore/"
    assert f'hx-post="{undo}"' in reply.content.decode()
    assert "presets-changed" in reply["HX-Trigger"]
    page = f"/projects/{project.public_id}/presets/"
    assert list(preset_ids(user_client.get(page))) == []
    assert preset.public_id not in str(user_client.get(f"/projects/{project.public_id}/").context["presets"].values())
    assert "presets-changed" in user_client.post(undo, headers=HTMX)["HX-Trigger"]
    assert preset_ids(user_client.get(page, headers=HTMX | {"HX-Target": "preset-list"})) == [preset.public_id]


def test_a_deletion_can_be_undone_without_script(save, user_client, project):
    save("Bed")
    preset = Preset.objects.get()
    listed = user_client.post(f"/presets/{preset.public_id}/delete/", {"project": project.public_id}, follow=True)
    assert 'id="preset-deleted"' in listed.content.decode()
    undone = user_client.post(f"/presets/{preset.public_id}/restore/", {"project": project.public_id}, follow=True)
    assert preset_ids(undone) == [preset.public_id]
    assert 'id="preset-deleted"' not in undone.content.decode()


def test_a_restored_preset_whose_name_is_taken_gets_a_number(save, user_client):
    save("Bed")
    preset = Preset.objects.get()
    user_client.post(f"/presets/{preset.public_id}/delete/")
    save("Bed")
    user_client.post(f"/presets/{preset.public_id}/restore/")
    assert sorted(preset.name for preset in Preset.objects.filter(trashed_at=None)) == ["Bed", "Bed 2"]


def test_no_more_presets_are_restored_than_may_be_saved(save, user_client, monkeypatch):
    save("Bed")
    preset = Preset.objects.get()
    user_client.post(f"/presets/{preset.public_id}/delete/")
    monkeypatch.setattr(presets, "MAX_PRESETS", 1)
    save("Other")
    reply = user_client.post(f"/presets/{preset.public_id}/restore/", headers=HTMX)
    assert (reply.status_code, 'data-code="limit_reached"' in reply.content.decode()) == (422, True)


def test_deleted_presets_are_gone_when_the_trash_is_emptied(save, user_client, settings):
    save("Bed")
    user_client.post(f"/presets/{Preset.objects.get().public_id}/delete/")
    assert retention.empty_trash() == 0
    days = dt.timedelta(days=settings.STUDIO_TRASH_DAYS, seconds=1)
    Preset.objects.update(trashed_at=timezone.now() - days)
    assert retention.empty_trash() == 1
    assert not Preset.objects.exists()


def preset_ids(reply) -> list[str]:
    return [preset.public_id for _title, listed in reply.context["groups"] for preset in listed]


def test_reuse_restores_everything_with_the_seed(user_client, project):
    user_client.post(f"/projects/{project.public_id}/generate/", FORM | {"idempotency_key": "one"})
    first = Generation.objects.get()
    form = user_client.get(f"/projects/{project.public_id}/", {"again": first.public_id, "keep": "seed"}).context[
        "form"
    ]
    assert (form.text, form.takes, values(form)["seed"]) == ("warm lo-fi", 3, "7")
