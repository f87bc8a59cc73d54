"""The composer follows a reference chosen on the page: measured by a worker, free, without registration."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from generator.audio import encode
from generator.composer import compose, read_brief
from generator.models import Comparison, Generation, LedgerEntry, PrivateTrack, Reference, Track
from generator.services.library import media, references
from tests.conftest import BGM, COMPOSER, ended
from tests.refusals import code_of

FIELD = "follow"
PICK = f"pick-{FIELD}"
HTMX = {"HX-Request": "true"}
TYPED = {"text": "house, 12 s", "model": COMPOSER, "takes": "1", "format": "flac", "seed": "7", "idempotency_key": "k"}
CENT = 10_000


@pytest.fixture(scope="module")
def rainy(tmp_path_factory) -> bytes:
    """Audio with a certain tempo and key: house, 119 BPM, B flat minor."""
    made = compose(read_brief("house, 120 bpm, in A minor, 24 s", seed=3), 1)
    file = tmp_path_factory.mktemp("sounds") / "rainy.mp3"
    encode(made.pcm, made.sample_rate, file, format="mp3")
    return file.read_bytes()


@pytest.fixture
def page(user_client, project, run_background):
    """The create form: `page.pick(rainy)` uploads and selects, `page.live(…)` shows, `page.generate(…)` presses."""

    class Page:
        def upload(self, content: bytes, **typed):
            file = SimpleUploadedFile("Rainy street.mp3", content)
            sent = TYPED | {"upload": FIELD, PICK: "upload", f"file-{FIELD}": file} | typed
            return user_client.post(f"/projects/{project.public_id}/references/", sent, headers=HTMX)

        def pick(self, content: bytes) -> dict[str, str]:
            assert self.upload(content).status_code == 200
            run_background()
            return {PICK: Reference.objects.latest("id").public_id}

        def live(self, **typed) -> str:
            return user_client.get(f"/projects/{project.public_id}/create/", TYPED | typed).content.decode()

        def generate(self, **typed):
            return user_client.post(f"/projects/{project.public_id}/generate/", TYPED | typed, headers=HTMX)

    return Page()


def test_from_an_upload_to_music_that_follows_it(page, user_client, rainy, run_background):
    shown = page.upload(rainy).content.decode()
    assert 'data-reference="checking"' in shown
    assert Reference.objects.get().measured == {}  # nothing is measured during a request
    run_background()
    pick = {PICK: Reference.objects.get().public_id}
    shown = page.live(**pick)
    assert "Follows “Rainy street”: 120 BPM, A minor, " in shown
    assert re.search(r"house, 12 s, (119|120)\S* BPM, A minor", shown)  # the form shows what it heard before the press
    assert page.generate(**pick).status_code == 200
    run_background()
    track = Track.objects.get()
    assert track.bpm == pytest.approx(120, rel=0.01)
    assert track.musical_key == "A minor"
    assert "“Rainy street”: 120 BPM, A minor" in user_client.get(track.get_absolute_url()).content.decode()
    assert set(LedgerEntry.objects.values_list("amount", flat=True)) == {0}
    assert not Reference.objects.get().provider_references.exists()


def test_what_machines_read_is_no_field_of_the_page(page):
    shown = page.live()
    assert "Follow a reference" in shown
    assert 'name="follow"' not in shown
    assert 'value="paste"' not in shown
    assert 'name="register"' not in shown


def test_no_reference_is_no_reference(page, rainy, run_background):
    page.pick(rainy)
    page.generate(**{PICK: "", FIELD: "93 BPM"})
    assert "follow" not in Generation.objects.get().prompt.settings


@pytest.mark.parametrize("content", [b"%PDF-1.7 a letter, not a sound " * 20, b""])
def test_a_file_that_is_no_sound_is_refused_and_nothing_is_lost(page, run_background, content):
    reply = page.upload(content)
    run_background()
    assert reply.context["form"].text == TYPED["text"]
    if reference := Reference.objects.first():
        assert "cannot be used" in page.live(**{PICK: reference.public_id})
        reply = page.generate(**{PICK: reference.public_id})
    assert reply.status_code == 422
    assert not Generation.objects.exists()


def test_one_that_is_still_being_read_is_refused_beside_the_field(page, rainy):
    page.upload(rainy)
    reply = page.generate(**{PICK: Reference.objects.get().public_id})
    assert code_of(reply) == "not_ready"
    assert not Generation.objects.exists()


def test_a_reference_from_before_they_were_measured_is_measured_once(page, make_reference, run_background, rainy):
    kept = make_reference(file=media.keep_bytes(rainy, "mp3"), due_at=timezone.now())
    pick = {PICK: kept.public_id}
    assert 'data-reference="measuring"' in page.live(**pick)
    assert code_of(page.generate(**pick)) == "not_ready"
    references.work()
    assert "Follows “My theme”: 120 BPM" in page.live(**pick)
    assert not references.work()


def test_one_in_which_nothing_was_found_says_so(page, make_reference):
    kept = make_reference()
    assert 'data-reference="nothing-found"' in page.live(**{PICK: kept.public_id})
    assert page.generate(**{PICK: kept.public_id}).status_code == 422


def test_retry_and_same_again_follow_it_still(page, user_client, project, rainy, run_background):
    pick = page.pick(rainy)
    page.generate(**pick)
    first = ended(Generation.objects.get(), run_background)
    user_client.post(f"/generations/{first.public_id}/retry/", {"idempotency_key": "again"})
    retried = Generation.objects.latest("id")
    assert retried.prompt.settings["follow"] == first.prompt.settings["follow"] != ""
    again = user_client.get(f"/projects/{project.public_id}/", {"again": first.public_id})
    assert again.context["form"].pickers[0].picked == pick[PICK]


def test_a_brief_outlives_its_reference(page, user_client, project, rainy, run_background):
    pick = page.pick(rainy)
    page.generate(**pick)
    first = ended(Generation.objects.get(), run_background)
    user_client.post(f"/references/{pick[PICK]}/trash/")
    again = user_client.get(f"/projects/{project.public_id}/", {"again": first.public_id})
    assert re.search(r"data-follows-earlier>.*?120 BPM, A minor.*?</p>", again.content.decode(), re.DOTALL)
    text = first.prompt.settings["follow"]
    page.generate(**{PICK: "paste", FIELD: text, "idempotency_key": "other"})
    assert Generation.objects.latest("id").prompt.settings["follow"] == text


def test_a_track_is_followed_from_its_page(user_client, ask, run_background):
    made = ended(ask("house, 120 bpm, in A minor, 24 s", model=COMPOSER, settings={"seed": 3}), run_background)
    track = made.tracks.get()
    reply = user_client.post(f"/tracks/{track.public_id}/reference/", follow=True)
    form = reply.context["form"]
    assert (form.choice.spec.key, form.pickers[0].reference.track) == (COMPOSER, track)
    run_background()
    shown = user_client.get(reply.redirect_chain[-1][0]).content.decode()
    assert f"Follows “{track.title}”: 120 BPM, A minor" in shown


def test_in_a_comparison_the_composer_follows_and_the_others_hear_the_text_alone(
    paid_providers, page, user_client, project, rainy, run_background
):
    pick = page.pick(rainy)
    both = {"compare": "on", "comparing": "on", "model": [COMPOSER, BGM], "idempotency_key": "both"}
    shown = page.live(**pick, **both)
    assert "Follows “Rainy street”" in shown
    assert "Built-in composer only" in shown
    assert page.generate(**pick, **both).status_code == 200
    runs = {run.model.key: run.prompt.settings for run in Comparison.objects.get().generations.all()}
    assert "120 BPM" in runs[COMPOSER]["follow"] or "A minor" in runs[COMPOSER]["follow"]
    assert "instrumental_id" not in runs[BGM]
    assert "follow" not in runs[BGM]


def test_a_reference_of_another_project_is_not_followed(page, make_reference, stranger):
    foreign = make_reference("Secret tune", project=stranger.personal_project)
    assert "Secret tune" not in page.live(**{PICK: foreign.public_id})
    assert page.generate(**{PICK: foreign.public_id}).status_code == 422


def test_what_was_taken_from_a_private_track_is_picked_by_nobody_else(
    client, page, project, member, make_track, make_reference
):
    track = make_track()
    PrivateTrack.objects.create(track=track, author=track.author)
    pick = {PICK: make_reference(track=track).public_id}
    before = Generation.objects.count()
    client.force_login(member("editor"))
    refused = client.post(
        f"/projects/{project.public_id}/generate/", TYPED | pick | {"idempotency_key": "theirs"}, headers=HTMX
    )
    assert refused.status_code == 422
    assert code_of(refused) == "not_found"
    assert Generation.objects.count() == before
