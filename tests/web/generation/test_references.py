"""References and stems on the pages: upload, price, registration, use; and no input is ever lost."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generator.currency import dollars
from generator.models import Budget, Generation, LedgerEntry, ProviderReference, Reference, State, Track
from generator.services.errors import NOT_CHARGED
from generator.services.library import media, references
from tests.fakes import sounds
from tests.fakes.failing_provider import tone
from tests.refusals import amounts, code_of

BGM, SONG = "wavespeed/mureka-v7.6-bgm", "wavespeed/mureka-v7.6-song"
FIELD = "instrumental_id"
HTMX = {"HX-Request": "true"}
TYPED = {"text": "calm bed for a podcast", "model": BGM, "takes": "2", "format": "wav", "idempotency_key": "typed"}
CENT = dollars("0.01")


@pytest.fixture
def page(paid_providers, user_client, project):
    """The create form in Ada's client: `page.upload(b"…")`, `page.register(reference)`, `page.generate()`."""

    class Page:
        def upload(self, content=None, name="My theme.mp3", htmx=True, **typed):
            file = SimpleUploadedFile(name, sounds.sound("mp3") if content is None else content)
            sent = TYPED | {"upload": FIELD, f"pick-{FIELD}": "upload", f"file-{FIELD}": file} | typed
            return user_client.post(f"/projects/{project.public_id}/references/", sent, headers=HTMX if htmx else {})

        def register(self, reference, key="press-1", htmx=True, **typed):
            sent = (
                TYPED | {"register": FIELD, f"register-key-{FIELD}": key, f"pick-{FIELD}": reference.public_id} | typed
            )
            return user_client.post(f"/references/{reference.public_id}/register/", sent, headers=HTMX if htmx else {})

        def generate(self, **typed):
            return user_client.post(f"/projects/{project.public_id}/generate/", TYPED | typed, headers=HTMX)

        def live(self, **typed) -> str:
            return user_client.get(f"/projects/{project.public_id}/create/", TYPED | typed).content.decode()

    return Page()


def test_from_an_upload_to_music_that_follows_it(page, user_client, paid_providers, run_background, project):
    shown = page.upload().content.decode()
    assert 'data-reference="checking"' in shown
    run_background()
    reference = Reference.objects.get()
    pick = {f"pick-{FIELD}": reference.public_id}
    assert "Register with WaveSpeed · $0.01" in page.live(**pick)
    refused = page.generate(**pick)
    assert refused.status_code == 422
    assert code_of(refused) == "not_registered"
    assert 'data-reference="registering"' in page.register(reference).content.decode()
    run_background()
    assert 'data-reference="registered"' in page.live(**pick)
    assert "My theme · registered" in page.live()
    for key in ("one", "two"):
        assert page.generate(**pick, idempotency_key=key).status_code == 200
    run_background()
    known = ProviderReference.objects.get().registered_id
    track = Track.objects.first()
    assert "<dt>Reference</dt><dd>My theme</dd>" in user_client.get(track.get_absolute_url()).content.decode()
    made = [job for job in paid_providers.wavespeed.jobs if job.model.endswith("generate-bgm")]
    assert [job.inputs["instrumental_id"] for job in made] == [known, known]
    assert LedgerEntry.objects.filter(model_key="wavespeed/create-upload-id", kind="charge").count() == 1


@pytest.mark.parametrize("htmx", [True, False])
def test_what_was_typed_is_still_there_after_an_upload_and_a_registration(page, run_background, htmx):
    form = page.upload(htmx=htmx).context["form"]
    run_background()
    reference = Reference.objects.get()
    for form in (form, page.register(reference, htmx=htmx).context["form"]):  # noqa: B020
        assert (form.text, form.takes, form.format) == ("calm bed for a podcast", 2, "wav")
        assert form.pickers[0].picked == reference.public_id


def test_files_that_cannot_be_used_are_refused_in_words_and_nothing_is_lost(page, run_background, monkeypatch):
    page.upload(b"%PDF-1.7 a letter, not a sound " * 20, "letter.mp3")
    run_background()
    reference = Reference.objects.get()
    shown = page.live(**{f"pick-{FIELD}": reference.public_id})
    assert f"“letter” cannot be used. {reference.problem}" in shown
    refused = page.generate(**{f"pick-{FIELD}": reference.public_id})
    assert (refused.status_code, refused.context["form"].text) == (422, TYPED["text"])
    for reply, says in (
        (page.upload(b""), "empty"),
        (page.upload(**{f"file-{FIELD}": ""}), "Choose a file first"),
        (page.upload(**{f"start-{FIELD}": "later"}), "m:ss"),
        (page.upload(model="no such"), "does not accept references"),
    ):
        assert reply.status_code == 422
        assert says in reply.content.decode()
        assert reply.context["form"].text == TYPED["text"]


def test_a_file_that_is_too_large_is_dropped_while_it_arrives_and_the_rest_is_kept(page, monkeypatch):
    monkeypatch.setattr("generator.http.uploads.MAX_UPLOAD_BYTES", 100_000)
    reply = page.upload(bytes(400_000), zz_after="kept")
    assert reply.status_code == 422
    assert "larger than" in reply.content.decode()
    assert reply.context["form"].text == TYPED["text"]
    assert reply.wsgi_request.POST["zz_after"] == "kept"
    assert not Reference.objects.exists()


def test_begin_at_is_read_as_minutes_and_seconds(page, run_background):
    page.upload(tone(8), "long.wav", **{f"start-{FIELD}": "0:05"})
    run_background()
    reference = Reference.objects.get()
    assert (reference.start_ms, reference.length_ms) == (5000, 3000)
    assert "0:03 of 0:08, starting at 0:05" in page.live(**{f"pick-{FIELD}": reference.public_id})


def test_an_id_can_be_pasted(page, paid_providers, run_background):
    pasted = {f"pick-{FIELD}": "paste", FIELD: "4711"}
    assert 'value="4711"' in page.live(**pasted)
    page.generate(**pasted)
    run_background()
    assert paid_providers.wavespeed.jobs[0].inputs["instrumental_id"] == "4711"
    refused = page.generate(**pasted | {FIELD: "not an id!", "idempotency_key": "other"})
    assert refused.status_code == 422
    assert "“not an id!”" in refused.content.decode()


def test_a_cap_is_said_beside_the_button_and_by_the_refusal(page, user, run_background):
    page.upload()
    run_background()
    reference = Reference.objects.get()
    Budget.objects.create(user=user, cap=dollars("0.001"))
    assert amounts(page.live(**{f"pick-{FIELD}": reference.public_id})).count("$0.001") >= 2
    reply = page.register(reference)
    assert (reply.status_code, Generation.objects.count()) == (422, 0)


def test_a_double_press_pays_once(page, run_background, make_reference):
    reference = make_reference()
    page.register(reference)
    page.register(reference)
    page.register(reference, key="another")
    assert LedgerEntry.objects.count() == 1


def test_same_again_shows_the_reference_behind_an_id(page, user_client, project, run_background, make_reference):
    reference = make_reference()
    page.register(reference)
    run_background()
    page.generate(**{f"pick-{FIELD}": reference.public_id})
    music = Generation.objects.get(model__key=BGM)
    form = user_client.get(f"/projects/{project.public_id}/?again={music.public_id}").context["form"]
    assert form.pickers[0].picked == reference.public_id


def test_a_nul_character_is_refused_with_everything_kept(page):
    reply = page.generate(**{f"pick-{FIELD}": "a\x00b", FIELD: "\x00"})
    assert (reply.status_code, reply.context["form"].text) == (422, TYPED["text"])
    assert "Reference audio" in page.live(**{f"pick-{FIELD}": "a\x00b"})


def test_a_reference_of_another_project_is_neither_shown_nor_used(page, make_reference, user, stranger):
    foreign = make_reference("Secret tune", project=stranger.personal_project)
    assert "Secret tune" not in page.live(**{f"pick-{FIELD}": foreign.public_id})
    assert page.generate(**{f"pick-{FIELD}": foreign.public_id}).status_code == 422
    assert page.register(foreign).status_code == 404


def test_lyrics_have_room_and_a_counter_and_survive(page):
    words = "[Verse]\r\nA kettle sings"
    shown = page.live(model=SONG, lyrics=words)
    assert '<textarea id="f-lyrics"' in shown
    assert 'data-limit="3000"' in shown
    assert "Not verified." in shown
    assert "2026-11-21" in shown
    reply = page.generate(model=SONG, lyrics="la " * 1001)
    assert code_of(reply) == "too_long"


def test_a_failed_registration_is_said_and_its_card_offers_no_other_model(
    page, paid_providers, user_client, project, run_background, make_reference
):
    paid_providers.wavespeed.end = "failed"
    reference = make_reference()
    page.register(reference)
    run_background()
    assert 'data-reference="failed"' in page.live(**{f"pick-{FIELD}": reference.public_id})
    card = user_client.get(f"/projects/{project.public_id}/running/").content.decode()
    assert "Register “My theme” with WaveSpeed" in card
    assert NOT_CHARGED in card
    assert "Use another model" not in card
    failed = Generation.objects.get()
    paid_providers.wavespeed.end = "completed"
    user_client.post(f"/generations/{failed.public_id}/retry/", {"idempotency_key": "again"})
    run_background()
    assert ProviderReference.objects.get().is_good


def test_a_finished_track_becomes_a_reference(page, paid_providers, user_client, project, make_track, run_background):
    track = make_track(file=media.keep_bytes(tone(2), "wav"))
    page.generate(idempotency_key="the model used last is offered it first")
    reply = user_client.post(f"/tracks/{track.public_id}/reference/", follow=True)
    run_background()
    reference = Reference.objects.get()
    assert (reference.track, reference.is_ready) == (track, True)
    form = reply.context["form"]
    assert (form.choice.spec.key, form.pickers[0].picked) == (BGM, reference.public_id)


def test_the_list_the_bin_and_back(user_client, project, make_reference):
    reference = make_reference()
    address = f"/projects/{project.public_id}/references/"
    assert "My theme" in user_client.get(address).content.decode()
    user_client.post(f"/references/{reference.public_id}/trash/")
    assert list(user_client.get(address).context["references"]) == []
    user_client.post(f"/references/{reference.public_id}/trash/", {"on": "0"})
    assert list(user_client.get(address).context["references"]) == [reference]


def test_a_viewer_listens_and_changes_nothing(client, paid_providers, member, project, make_reference):
    reference = make_reference()
    client.force_login(member("viewer"))
    assert client.get(f"/references/{reference.public_id}/audio").status_code == 200
    shown = client.get(f"/projects/{project.public_id}/references/").content.decode()
    assert f"/references/{reference.public_id}/trash/" not in shown
    assert client.post(f"/projects/{project.public_id}/references/", {"upload": FIELD}).status_code == 403
    assert client.post(f"/references/{reference.public_id}/register/", TYPED | {"register": FIELD}).status_code == 404
    assert not Generation.objects.exists()


# --- stems ---


def test_a_track_is_split_from_its_page(paid_providers, user_client, make_track, run_background):
    track = make_track(file=media.keep_bytes(tone(2), "wav"))
    shown = user_client.get(f"/tracks/{track.public_id}/").content.decode()
    assert "Separate into stems · $0.06 (unverified)" in shown
    assert "how the stems are delivered" in shown
    reply = user_client.post(
        f"/tracks/{track.public_id}/stem-separation/",
        {"action": "wavespeed/stem-song", "idempotency_key": "k"},
        headers=HTMX,
    )
    assert str(State.QUEUED.label) in reply.content.decode()
    run_background()
    assert Generation.objects.get(model__is_action=True).state == State.READY
    stem = track.stems.get()
    shown = user_client.get(f"/tracks/{track.public_id}/stems/").content.decode()
    assert f"/stems/{stem.public_id}/audio" in shown
    got = user_client.get(f"/stems/{stem.public_id}/download")
    assert got["Content-Disposition"].startswith("attachment")
    assert b"".join(got.streaming_content) == media.path(stem.file).read_bytes()


def test_a_failed_split_says_what_it_cost(paid_providers, user_client, make_track, run_background):
    track = make_track(file=media.keep_bytes(tone(2), "wav"))
    paid_providers.wavespeed.end = "failed"
    user_client.post(
        f"/tracks/{track.public_id}/stem-separation/", {"action": "wavespeed/stem-song", "idempotency_key": "k"}
    )
    run_background()
    shown = user_client.get(f"/tracks/{track.public_id}/").content.decode()
    assert re.search(r'data-separation="failed">[^<]*<b>\$0\.06 ', shown)


def test_without_a_provider_that_splits_nothing_is_offered(user_client, track):
    shown = user_client.get(f"/tracks/{track.public_id}/").content.decode()
    assert "Separate into stems" not in shown


def test_the_offered_endings_are_the_ones_the_picker_names(page):
    shown = page.live(**{f"pick-{FIELD}": "upload"})
    assert all(ending in shown for ending in references.ENDINGS)
