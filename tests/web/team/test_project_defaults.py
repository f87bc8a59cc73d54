"""Project defaults: what the form offers, what is added to every prompt, and the format of downloads."""

import pytest
from django.test import Client
from django.urls import reverse

from generator.audio import decode, measure
from generator.models import Generation, Project, ProjectDefaults, Prompt
from generator.services.errors import UserError
from generator.services.generation import cancellation
from generator.services.library import media, renditions
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL, STREAM
from tests.refusals import code_of

EMPTY = {"format": "", "lufs": "", "prompt_suffix": "", "excluded_terms": ""}


def style(client, project, *models, **typed):
    return client.post(reverse("project-defaults", args=[project.public_id]), {"model": models, **EMPTY, **typed})


def generate(client, project, text="calm piano", model=COMPOSER, **sent):
    asked = {"text": text, "model": model, "takes": "1", "format": "flac", "idempotency_key": f"{text} {model}"[-60:]}
    return client.post(reverse("generate", args=[project.public_id]), asked | sent)


def form(client, project, **typed):
    return client.get(reverse("create-live", args=[project.public_id]), typed)


# --- models ---


def test_the_form_offers_only_the_allowed_models(user_client, project):
    style(user_client, project, POLL, STREAM)
    shown = form(user_client, project).content.decode()
    assert POLL in shown
    assert COMPOSER not in shown
    assert COMPOSER in form(user_client, Project.objects.get(personal_to__email="ada@example.com")).content.decode()


def test_another_model_is_refused_however_it_is_asked_for(user_client, project, ask, user):
    style(user_client, project, POLL)
    reply = generate(user_client, project)
    assert reply.status_code == 422
    assert code_of(reply) == "model_not_allowed"
    compared = user_client.post(
        reverse("generate", args=[project.public_id]),
        {
            "text": "x",
            "model": [POLL, COMPOSER],
            "compare": "on",
            "takes": "1",
            "format": "flac",
            "idempotency_key": "k",
        },
    )
    assert compared.status_code == 422
    with pytest.raises(UserError):
        ask(model=COMPOSER)
    assert not Generation.objects.exists()


def test_a_retry_keeps_to_the_models_too(user_client, project, ask, user):
    generation = ask(model=COMPOSER)
    cancellation.cancel(generation, user)
    style(user_client, project, POLL)
    user_client.post(reverse("retry", args=[generation.public_id]), {"idempotency_key": "again"})
    assert Generation.objects.count() == 1


def test_checking_none_or_all_allows_all(user_client, project):
    style(user_client, project)
    assert ProjectDefaults.objects.get().allowed_models == []
    style(user_client, project, *[choice.spec.key for choice in catalog.models()])
    assert ProjectDefaults.objects.get().allowed_models == []


# --- the file format ---


def test_the_usual_file_is_chosen_and_can_be_changed(user_client, project):
    style(user_client, project, format="mp3")
    assert form(user_client, project, model=COMPOSER).context["form"].format == "mp3"
    assert form(user_client, project, model=COMPOSER, format="wav").context["form"].format == "wav"


# --- text added to prompts ---


def test_words_are_added_and_the_form_says_so_first(user_client, project):
    style(user_client, project, prompt_suffix="warm,  acoustic ,")
    shown = form(user_client, project, text="calm piano").content.decode()
    assert 'id="house-line"' in shown
    assert "<b>“warm, acoustic”</b>" in shown
    generate(user_client, project, "calm piano.")
    assert Prompt.objects.get().text == "calm piano, warm, acoustic"


def test_words_that_are_there_are_not_added_again(user_client, project):
    style(user_client, project, prompt_suffix="warm, acoustic")
    assert 'id="house-line"' in form(user_client, project, text="Warm piano").content.decode()
    generate(user_client, project, "Warm piano")
    assert Prompt.objects.get().text == "Warm piano, acoustic"
    again = Generation.objects.get()
    assert (
        'id="house-line"'
        not in user_client.get(f"/projects/{project.public_id}/?again={again.public_id}").content.decode()
    )


def test_an_empty_prompt_stays_refused(user_client, project):
    style(user_client, project, prompt_suffix="warm")
    assert generate(user_client, project, " ").status_code == 422


def test_the_counter_leaves_room_for_the_words(user_client, project):
    before = form(user_client, project, text="x", model=COMPOSER).context["form"].prompt_limit
    style(user_client, project, prompt_suffix="warm")
    assert form(user_client, project, text="x", model=COMPOSER).context["form"].prompt_limit == before - len(", warm")
    assert generate(user_client, project, "x" * (before - 5)).status_code == 422
    assert generate(user_client, project, "y" * (before - 6)).status_code == 302


def test_avoided_words_are_left_out_where_the_model_can_be_told(user_client, project):
    style(user_client, project, excluded_terms="drums, brass")
    assert "<b>brass</b>" in form(user_client, project, text="x", leave_out="Drums").content.decode()
    generate(user_client, project, "calm piano", leave_out="bass, drums")
    assert Prompt.objects.get().settings["leave_out"] == "bass, drums, brass"


@pytest.mark.parametrize("model", [COMPOSER, POLL])
@pytest.mark.parametrize("text", ["calm piano with drums", "DRUMS and bass", "no drums, then drums"])
def test_a_prompt_that_asks_for_an_avoided_word_is_turned_away_with_the_reason(user_client, project, text, model):
    style(user_client, project, excluded_terms="drums")
    assert "excludes “drums”" in form(user_client, project, text=text, model=model).content.decode()
    reply = generate(user_client, project, text, model, format="wav")
    assert reply.status_code == 422
    assert code_of(reply) == "excluded_word"
    assert not Generation.objects.exists()


@pytest.mark.parametrize("text", ["piano, no drums", "piano without any drums", "drumsticks only", "piano minus drums"])
def test_saying_no_to_an_avoided_word_is_fine(user_client, project, text):
    style(user_client, project, excluded_terms="drums")
    assert generate(user_client, project, text).status_code == 302


# --- loudness ---


def test_downloads_come_at_the_projects_loudness(user_client, project, track, run_background):
    style(user_client, project, lufs="-23")
    assert '/download/wav?lufs=-23"' in user_client.get(track.get_absolute_url()).content.decode()
    level = f"{reverse('download', args=[track.public_id, 'wav'])}?level=1"
    sound = decode(media.path(track.file))
    type(track).objects.filter(pk=track.pk).update(lufs=measure(sound).lufs)
    assert user_client.get(level).status_code == 202
    run_background()
    reply = user_client.get(level)
    assert reply.status_code == 200
    file = media.path(track.renditions.get().file)
    assert measure(decode(file)).lufs == pytest.approx(-23, abs=0.3)
    plain = user_client.get(reverse("download", args=[track.public_id, "wav"]))
    assert plain.getvalue() == media.path(track.file).read_bytes()


def test_nothing_is_turned_up_until_it_clips(track):
    track.lufs, track.true_peak = -30.0, -6.0
    level = renditions.levelled(track, -14.0)
    assert (level.gain_db, level.lufs, level.is_short) == (5.0, -25.0, True)
    track.true_peak = -20.0
    assert renditions.levelled(track, -14.0).gain_db == 16.0
    track.lufs = None
    assert renditions.levelled(track, -14.0) is None


# --- changing them ---


@pytest.mark.parametrize(
    "typed",
    [
        {"format": "ogg"},
        {"lufs": "-3"},
        {"prompt_suffix": "x" * 201},
        {"prompt_suffix": "warm", "excluded_terms": "Warm"},
    ],
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(user_client, project, typed):
    style(user_client, project, prompt_suffix="soft")
    assert style(user_client, project, **typed).status_code == 422
    assert ProjectDefaults.objects.get().prompt_suffix == "soft"


def test_an_unknown_model_is_refused(user_client, project):
    assert style(user_client, project, "no/such").status_code == 422


def test_changes_are_on_record_once(user_client, project):
    for _ in range(2):
        style(user_client, project, POLL, format="mp3", lufs="-16", prompt_suffix="warm", excluded_terms="drums")
    said = {line.text for line in project.audit_log.project_changes()}
    assert project.audit_log.project_changes().count() == 5
    assert {
        "Preselected format: MP3 · 256 kb/s",
        "Loudness of downloads: -16 LUFS",
        "Words added to prompts: warm",
    } <= said


def test_an_approver_is_a_member(user_client, project, member, stranger):
    person = member("viewer")
    door = reverse("project-approver", args=[project.public_id])
    user_client.post(door, {"person": person.pk})
    project.refresh_from_db()
    assert project.approver == person
    assert user_client.post(door, {"person": stranger.pk}).status_code == 404
    user_client.post(door, {"person": ""})
    project.refresh_from_db()
    assert project.approver is None
    assert [line.text for line in project.audit_log.project_changes()] == [
        "Tracks are now approved by the owners",
        f"Tracks are now approved by {person.label}",
    ]


def test_members_read_the_style_and_cannot_change_it(user_client, project, member):
    style(user_client, project, prompt_suffix="warm")
    client = Client()
    client.force_login(member("editor"))
    page = client.get(reverse("project-settings", args=[project.public_id])).content.decode()
    assert "warm" in page
    assert 'id="defaults"' in page
    assert 'name="prompt_suffix"' not in page
