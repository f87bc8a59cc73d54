"""The composer follows a reference that is picked on the page: measured by a worker, free, registered nowhere."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from generator.audio import encode
from generator.composer import compose, read_brief
from generator.models import Comparison, Entry, Generation, PrivateTrack, Reference, Track
from generator.workflow import media, references
from tests.conftest import BGM, COMPOSER, ended

FIELD = "follow"
PICK = f"pick-{FIELD}"
HTMX = {"HX-Request": "true"}
TYPED = {"text": "house, 12 s", "model": COMPOSER, "takes": "1", "format": "flac", "seed": "7", "idempotency_key": "k"}
CENT = 10_000


@pytest.fixture(scope="module")
def rainy(tmp_path_factory) -> bytes:
    """A sound with a tempo and a key that are sure: house, 119 BPM, B flat minor."""
    made = compose(read_brief("house, 120 bpm, in A minor, 24 s", seed=3), 1)
    file = tmp_path_factory.mktemp("sounds") / "rainy.mp3"
    encode(made.pcm, made.sample_rate, file, format="mp3")
    return file.read_bytes()


@pytest.fixture
def page(browser, project, run_background):
    """The create form: `page.pick(rainy)` uploads and picks, `page.live(…)` shows, `page.generate(…)` presses."""

    class Page:
        def upload(self, content: bytes, **typed):
            file = SimpleUploadedFile("Rainy street.mp3", content)
            sent = TYPED | {"upload": FIELD, PICK: "upload", f"file-{FIELD}": file} | typed
            return browser.post(f"/p/{project.ref}/references/", sent, headers=HTMX)

        def pick(self, content: bytes) -> dict[str, str]:
            assert self.upload(content).status_code == 200
            run_background()
            return {PICK: Reference.objects.latest("id").ref}

        def live(self, **typed) -> str:
            return browser.get(f"/p/{project.ref}/create/", TYPED | typed).content.decode()

        def generate(self, **typed):
            return browser.post(f"/p/{project.ref}/generate/", TYPED | typed, headers=HTMX)

    return Page()


def test_from_an_upload_to_music_that_follows_it(page, browser, rainy, run_background):
    shown = page.upload(rainy).content.decode()
    assert "Being read" in shown
    assert Reference.objects.get().measured == {}  # nothing is measured while a page is answered
    run_background()
    pick = {PICK: Reference.objects.get().ref}
    shown = page.live(**pick)
    assert "Follows “Rainy street”: 120 BPM, A minor, " in shown
    assert re.search(r"house, 12 s, (119|120)\S* BPM, A minor", shown)  # what it hears says so before the press
    assert page.generate(**pick).status_code == 200
    run_background()
    track = Track.objects.get()
    assert track.bpm == pytest.approx(120, rel=0.01)
    assert track.musical_key == "A minor"
    assert "“Rainy street”: 120 BPM, A minor" in browser.get(track.get_absolute_url()).content.decode()
    assert set(Entry.objects.values_list("amount", flat=True)) == {0}
    assert not Reference.objects.get().ids.exists()


def test_what_machines_read_is_no_field_of_the_page(page):
    shown = page.live()
    assert "Follow a sound" in shown
    assert 'name="follow"' not in shown
    assert "Paste an id" not in shown
    assert "Register" not in shown


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
        assert "cannot be used" in page.live(**{PICK: reference.ref})
        reply = page.generate(**{PICK: reference.ref})
    assert reply.status_code == 422
    assert not Generation.objects.exists()


def test_one_that_is_still_being_read_is_refused_beside_the_field(page, rainy):
    page.upload(rainy)
    reply = page.generate(**{PICK: Reference.objects.get().ref})
    assert "still being read" in reply.content.decode()
    assert not Generation.objects.exists()


def test_a_reference_from_before_they_were_measured_is_measured_once(page, make_reference, run_background, rainy):
    kept = make_reference(file=media.keep_bytes(rainy, "mp3"), due_at=timezone.now())
    pick = {PICK: kept.ref}
    assert "Being measured" in page.live(**pick)
    assert "still being read" in page.generate(**pick).content.decode()
    references.work()
    assert "Follows “My theme”: 120 BPM" in page.live(**pick)
    assert not references.work()


def test_one_in_which_nothing_was_found_says_so(page, make_reference):
    kept = make_reference()
    assert "Nothing was found" in page.live(**{PICK: kept.ref})
    assert page.generate(**{PICK: kept.ref}).status_code == 422


def test_retry_and_same_again_follow_it_still(page, browser, project, rainy, run_background):
    pick = page.pick(rainy)
    page.generate(**pick)
    first = ended(Generation.objects.get(), run_background)
    browser.post(f"/g/{first.ref}/retry/", {"idempotency_key": "again"})
    retried = Generation.objects.latest("id")
    assert retried.prompt.settings["follow"] == first.prompt.settings["follow"] != ""
    again = browser.get(f"/p/{project.ref}/", {"again": first.ref})
    assert again.context["form"].pickers[0].picked == pick[PICK]


def test_a_brief_outlives_its_reference(page, browser, project, rainy, run_background):
    pick = page.pick(rainy)
    page.generate(**pick)
    first = ended(Generation.objects.get(), run_background)
    browser.post(f"/r/{pick[PICK]}/bin/")
    again = browser.get(f"/p/{project.ref}/", {"again": first.ref})
    assert "Follows what was measured then: 120 BPM, A minor" in again.content.decode()
    text = first.prompt.settings["follow"]
    page.generate(**{PICK: "paste", FIELD: text, "idempotency_key": "other"})
    assert Generation.objects.latest("id").prompt.settings["follow"] == text


def test_a_track_is_followed_from_its_page(browser, ask, run_background):
    made = ended(ask("house, 120 bpm, in A minor, 24 s", model=COMPOSER, settings={"seed": 3}), run_background)
    track = made.tracks.get()
    reply = browser.post(f"/t/{track.ref}/reference/", follow=True)
    form = reply.context["form"]
    assert (form.choice.spec.key, form.pickers[0].reference.track) == (COMPOSER, track)
    run_background()
    shown = browser.get(reply.redirect_chain[-1][0]).content.decode()
    assert f"Follows “{track.title}”: 120 BPM, A minor" in shown


def test_in_a_comparison_the_composer_follows_and_the_others_hear_the_text_alone(
    shops, page, browser, project, rainy, run_background
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
    assert "Secret tune" not in page.live(**{PICK: foreign.ref})
    assert page.generate(**{PICK: foreign.ref}).status_code == 422


def test_what_was_taken_from_a_private_track_is_picked_by_nobody_else(
    client, page, project, member, make_track, make_reference
):
    track = make_track()
    PrivateTrack.objects.create(track=track, author=track.author)
    pick = {PICK: make_reference(track=track).ref}
    before = Generation.objects.count()
    client.force_login(member("editor"))
    refused = client.post(f"/p/{project.ref}/generate/", TYPED | pick | {"idempotency_key": "theirs"}, headers=HTMX)
    assert refused.status_code == 422
    assert "not there any more" in refused.content.decode()
    assert Generation.objects.count() == before
