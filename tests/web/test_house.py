"""A project's house style: what its form offers, what is added to every prompt, and how its downloads come."""

import pytest
from django.test import Client
from django.urls import reverse

from generator import workflow
from generator.audio import decode, measure
from generator.models import Generation, HouseStyle, Project, Prompt
from tests.conftest import COMPOSER, POLL, STREAM

EMPTY = {"format": "", "lufs": "", "words": "", "avoid": ""}


def style(client, project, *models, **typed):
    return client.post(reverse("project-house", args=[project.ref]), {"model": models, **EMPTY, **typed})


def generate(client, project, text="calm piano", model=COMPOSER, **sent):
    asked = {"text": text, "model": model, "takes": "1", "format": "flac", "idempotency_key": f"{text} {model}"[-60:]}
    return client.post(reverse("generate", args=[project.ref]), asked | sent)


def form(client, project, **typed):
    return client.get(reverse("create-live", args=[project.ref]), typed)


# --- models ---


def test_the_form_offers_only_the_allowed_models(browser, project):
    style(browser, project, POLL, STREAM)
    shown = form(browser, project).content.decode()
    assert POLL in shown
    assert COMPOSER not in shown
    assert COMPOSER in form(browser, Project.objects.get(personal_to__email="ada@example.com")).content.decode()


def test_another_model_is_refused_however_it_is_asked_for(browser, project, ask, user):
    style(browser, project, POLL)
    reply = generate(browser, project)
    assert reply.status_code == 422
    assert b"does not work with" in reply.content
    compared = browser.post(
        reverse("generate", args=[project.ref]),
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
    with pytest.raises(workflow.Refused):
        ask(model=COMPOSER)
    assert not Generation.objects.exists()


def test_a_retry_keeps_to_the_models_too(browser, project, ask, user):
    generation = ask(model=COMPOSER)
    workflow.cancel(generation, user)
    style(browser, project, POLL)
    browser.post(reverse("retry", args=[generation.ref]), {"idempotency_key": "again"})
    assert Generation.objects.count() == 1


def test_checking_none_or_all_allows_all(browser, project):
    style(browser, project)
    assert HouseStyle.objects.get().allowed == []
    style(browser, project, *[choice.spec.key for choice in workflow.catalogue.models()])
    assert HouseStyle.objects.get().allowed == []


# --- the file ---


def test_the_usual_file_is_chosen_and_can_be_changed(browser, project):
    style(browser, project, format="mp3")
    assert form(browser, project, model=COMPOSER).context["form"].format == "mp3"
    assert form(browser, project, model=COMPOSER, format="wav").context["form"].format == "wav"


# --- words ---


def test_words_are_added_and_the_form_says_so_first(browser, project):
    style(browser, project, words="warm,  acoustic ,")
    shown = form(browser, project, text="calm piano").content.decode()
    assert "“warm, acoustic”</b> is added to the text" in shown
    generate(browser, project, "calm piano.")
    assert Prompt.objects.get().text == "calm piano, warm, acoustic"


def test_words_that_are_there_are_not_added_again(browser, project):
    style(browser, project, words="warm, acoustic")
    assert "is added" in form(browser, project, text="Warm piano").content.decode()
    generate(browser, project, "Warm piano")
    assert Prompt.objects.get().text == "Warm piano, acoustic"
    again = Generation.objects.get()
    assert "is added" not in browser.get(f"/p/{project.ref}/?again={again.ref}").content.decode()


def test_an_empty_prompt_stays_refused(browser, project):
    style(browser, project, words="warm")
    assert generate(browser, project, " ").status_code == 422


def test_the_counter_leaves_room_for_the_words(browser, project):
    before = form(browser, project, text="x", model=COMPOSER).context["form"].prompt_limit
    style(browser, project, words="warm")
    assert form(browser, project, text="x", model=COMPOSER).context["form"].prompt_limit == before - len(", warm")
    assert generate(browser, project, "x" * (before - 5)).status_code == 422
    assert generate(browser, project, "y" * (before - 6)).status_code == 302


def test_avoided_words_are_left_out_where_the_model_can_be_told(browser, project):
    style(browser, project, avoid="drums, brass")
    assert "leaves out <b>brass</b>" in form(browser, project, text="x", leave_out="Drums").content.decode()
    generate(browser, project, "calm piano", leave_out="bass, drums")
    assert Prompt.objects.get().settings["leave_out"] == "bass, drums, brass"


@pytest.mark.parametrize("model", [COMPOSER, POLL])
@pytest.mark.parametrize("text", ["calm piano with drums", "DRUMS and bass", "no drums, then drums"])
def test_a_prompt_that_asks_for_an_avoided_word_is_turned_away_with_the_reason(browser, project, text, model):
    style(browser, project, avoid="drums")
    assert "does without “drums”" in form(browser, project, text=text, model=model).content.decode()
    reply = generate(browser, project, text, model, format="wav")
    assert reply.status_code == 422
    assert "does without “drums”" in reply.content.decode()
    assert not Generation.objects.exists()


@pytest.mark.parametrize("text", ["piano, no drums", "piano without any drums", "drumsticks only", "piano minus drums"])
def test_saying_no_to_an_avoided_word_is_fine(browser, project, text):
    style(browser, project, avoid="drums")
    assert generate(browser, project, text).status_code == 302


# --- loudness ---


def test_downloads_come_at_the_projects_loudness(browser, project, track, run_background):
    style(browser, project, lufs="-23")
    assert b"At this project" in browser.get(track.get_absolute_url()).content
    level = f"{reverse('download', args=[track.ref, 'wav'])}?level=1"
    sound = decode(workflow.media.path(track.file))
    type(track).objects.filter(pk=track.pk).update(lufs=measure(sound).lufs)
    assert browser.get(level).status_code == 202
    run_background()
    reply = browser.get(level)
    assert reply.status_code == 200
    file = workflow.media.path(track.renditions.get().file)
    assert measure(decode(file)).lufs == pytest.approx(-23, abs=0.3)
    plain = browser.get(reverse("download", args=[track.ref, "wav"]))
    assert plain.getvalue() == workflow.media.path(track.file).read_bytes()


def test_nothing_is_turned_up_until_it_clips(track):
    track.lufs, track.true_peak = -30.0, -6.0
    level = workflow.renditions.levelled(track, -14.0)
    assert (level.gain_db, level.lufs, level.is_short) == (5.0, -25.0, True)
    track.true_peak = -20.0
    assert workflow.renditions.levelled(track, -14.0).gain_db == 16.0
    track.lufs = None
    assert workflow.renditions.levelled(track, -14.0) is None


# --- changing it ---


@pytest.mark.parametrize(
    "typed", [{"format": "ogg"}, {"lufs": "-3"}, {"words": "x" * 201}, {"words": "warm", "avoid": "Warm"}]
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(browser, project, typed):
    style(browser, project, words="soft")
    assert style(browser, project, **typed).status_code == 422
    assert HouseStyle.objects.get().words == "soft"


def test_an_unknown_model_is_refused(browser, project):
    assert style(browser, project, "no/such").status_code == 422


def test_changes_are_on_record_once(browser, project):
    for _ in range(2):
        style(browser, project, POLL, format="mp3", lufs="-16", words="warm", avoid="drums")
    said = {line.text for line in project.audit.all()}
    assert project.audit.count() == 5
    assert {"Usual file: MP3 · 256 kb/s", "Loudness of downloads: -16 LUFS", "Words added to prompts: warm"} <= said


def test_an_approver_is_a_member(browser, project, member, stranger):
    person = member("viewer")
    door = reverse("project-approver", args=[project.ref])
    browser.post(door, {"person": person.pk})
    project.refresh_from_db()
    assert project.approver == person
    assert browser.post(door, {"person": stranger.pk}).status_code == 404
    browser.post(door, {"person": ""})
    project.refresh_from_db()
    assert project.approver is None
    assert [line.text for line in project.audit.all()] == [
        "Tracks are approved by the owners",
        f"Tracks are approved by {person.label}",
    ]


def test_members_read_the_style_and_cannot_change_it(browser, project, member):
    style(browser, project, words="warm")
    client = Client()
    client.force_login(member("editor"))
    page = client.get(reverse("project-settings", args=[project.ref])).content.decode()
    assert "warm" in page
    assert "Save the house style" not in page
