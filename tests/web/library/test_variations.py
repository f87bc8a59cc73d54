"""A variation of a composed track: one press, one free take, the same notes; the original stays."""

import pytest

from generator.audio import decode
from generator.composer import REVISION
from generator.composer.sound.layers import installed
from generator.models import Generation, LedgerEntry, Track
from generator.providers.builtin.client import Composer
from generator.services.library import composer_stems, media
from generator.services.provider_jobs import catalog
from generator.services.team import project_defaults
from tests.conftest import COMPOSER, POLL, ended
from tests.refusals import code_of

TEXT = "lo-fi, 10 s, 80 bpm"
PART = {"HX-Request": "true", "HX-Target": "versions"}


@pytest.fixture
def original(ask, run_background) -> Track:
    """The second of two takes, so that no test depends on it being the first."""
    run = ended(ask(TEXT, model=COMPOSER, takes=2, settings={"seed": 7}), run_background)
    return run.tracks.get(take=2)


@pytest.fixture
def press(user_client):
    """Press a button of a track's page: `press(track, change="calmer")`."""

    def _press(track: Track, *, once: str = "one press", headers=None, **sent):
        return user_client.post(
            f"/tracks/{track.public_id}/variations/", {"idempotency_key": once} | sent, headers=headers
        )

    return _press


def newest(run_background) -> Track:
    ended(Generation.objects.latest("id"), run_background)
    return Track.objects.latest("id")


def page(user_client, track: Track) -> str:
    return user_client.get(track.get_absolute_url()).content.decode()


# --- one press ---


def test_slower_is_measurably_slower_and_longer_and_free(press, original, run_background):
    before = Track.objects.filter(pk=original.pk).values().get()
    assert press(original, change="10% slower").status_code == 302
    version = newest(run_background)
    sound = decode(media.path(version.file))
    assert sound.frames == round(10 / 0.9 * 44_100)
    assert version.bpm == pytest.approx(0.9 * original.bpm)
    assert version.generation.parent == original.generation
    assert (version.made_of["seed"], version.made_of["take"]) == (7, 2)
    entries = LedgerEntry.objects.filter(generation=version.generation).order_by("id").values_list("kind", "amount")
    assert list(entries) == [("hold", 0), ("charge", 0)]
    assert Track.objects.filter(pk=original.pk).values().get() == before
    assert version.title == f"{original.title}, 10% slower"


@pytest.mark.parametrize(
    ("change", "seconds", "heard"),
    [
        ("15 s longer", 25, "25 s"),
        ("2 semitones up", 10, "major|minor"),
        ("without drums", 10, "no drums"),
        ("as a bed", 10, ""),
    ],
)
def test_every_kind_of_button_makes_what_it_says(press, original, run_background, change, seconds, heard):
    press(original, change=change)
    version = newest(run_background)
    assert version.length_ms == seconds * 1000
    assert any(word in version.made_of["heard"] for word in heard.split("|"))
    assert version.measured["energy"] != original.measured["energy"] or version.musical_key != original.musical_key


def test_exact_numbers_are_kept(press, original, run_background):
    press(original, length="12,5", bpm="96", key="A minor")
    version = newest(run_background)
    assert (version.length_ms, version.bpm, version.musical_key) == (12_500, 96, "A minor")
    assert version.title.endswith(", 12.5 s, 96 BPM, in A minor")


def test_a_double_press_makes_one_and_two_buttons_make_two(press, original):
    for _ in range(2):
        press(original, change="calmer")
    assert Generation.objects.filter(parent=original.generation).count() == 1
    press(original, change="10% faster")  # the same page, so the same key
    assert Generation.objects.filter(parent=original.generation).count() == 2


def test_a_version_of_a_version_keeps_both_changes(press, user_client, original, run_background):
    press(original, change="10% slower")
    slower = newest(run_background)
    press(slower, change="5 s longer")
    both = newest(run_background)
    assert both.length_ms == round(1000 * (10 / 0.9 + 5))
    assert both.bpm == pytest.approx(0.9 * original.bpm)
    assert both.generation.parent == original.generation
    for one in (original, slower, both):
        shown = page(user_client, one)
        assert "10% slower, 5 s longer" in shown
        assert all(f'href="{other.get_absolute_url()}"' in shown for other in (original, slower, both))
    assert "10% slower; 5 s longer" in page(user_client, both)  # with its settings


# --- refusals ---


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"length": "9000"}, "rejected"),
        ({"bpm": "400"}, "rejected"),
        ({"bpm": "quick"}, "invalid_number"),
        ({"length": "nan"}, "invalid_duration"),
        ({"change": "more cowbell"}, "rejected"),
        ({}, "required"),
    ],
)
def test_a_refusal_is_a_sentence_on_the_page_and_leaves_nothing(press, original, sent, code):
    for headers in ({}, PART):
        reply = press(original, headers=headers, **sent)
        assert reply.status_code == 422
        assert code_of(reply) == code
    assert not Generation.objects.filter(parent=original.generation).exists()


def test_words_the_project_adds_by_now_would_make_another_piece(press, original, user, project):
    project_defaults.change(
        project, user, allowed_models=(), format="", lufs="", prompt_suffix="with strings", excluded_terms=""
    )
    reply = press(original, change="calmer")
    assert code_of(reply) == "project_adds_words"
    assert reply.status_code == 422


def test_so_many_changes_that_no_more_fit_are_refused(press, original):
    assert code_of(press(original, change="calmer, " * 30 + "calmer")) == "limit_reached"


def test_what_another_model_made_has_no_versions(press, user_client, make_track):
    other = make_track(model=POLL)
    assert 'id="versions"' not in page(user_client, other)
    assert press(other, change="calmer").status_code == 422


def test_a_viewer_sees_the_family_and_no_buttons(client, member, press, original, run_background):
    press(original, change="10% slower")
    version = newest(run_background)
    client.force_login(member("viewer"))
    shown = client.get(original.get_absolute_url()).content.decode()
    assert version.title in shown
    assert 'name="change"' not in shown


def test_the_page_waits_for_a_version_and_stops_waiting(press, user_client, original, run_background):
    waiting = press(original, headers=PART, change="calmer")
    assert "every 2s" in waiting.content.decode()
    assert "data-under-way" in waiting.content.decode()
    newest(run_background)
    done = user_client.get(f"/tracks/{original.public_id}/versions/", headers=PART).content.decode()
    assert "every 2s" not in done
    assert f"{original.title}, calmer" in done


def test_takes_beside_it_are_not_of_the_family(press, user_client, original, run_background):
    first = original.generation.tracks.get(take=1)
    press(original, change="calmer")
    version = newest(run_background)
    family = user_client.get(f"/tracks/{first.public_id}/versions/").content.decode()
    assert version.title not in family


# --- the curve in the create form ---


def test_a_drawn_curve_is_asked_for_and_heard(user_client, project, run_background):
    sent = {"text": "lo-fi, 40 s, 80 bpm", "model": COMPOSER, "takes": "1", "format": "flac", "seed": "7"}
    for key, curve in (("rising", "5 5 100 100"), ("falling", "100 100 5 5")):
        asked = sent | {"idempotency_key": key, "energy_curve": curve}
        assert user_client.post(f"/projects/{project.public_id}/generate/", asked).status_code == 302
        run_background()
    rising, falling = (track.measured["energy"] for track in Track.objects.order_by("id"))
    half = len(rising) // 2
    assert sum(rising[:half]) / sum(rising[half:]) < sum(falling[:half]) / sum(falling[half:])


def test_a_curve_that_is_none_is_refused_beside_the_form(user_client, project):
    sent = {"text": "lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "energy_curve": "up and down"}
    reply = user_client.post(f"/projects/{project.public_id}/generate/", sent | {"idempotency_key": "k"})
    assert reply.status_code == 422
    assert "“up and down”" in reply.content.decode()
    assert 'value="up and down"' in reply.content.decode()


def test_usual_loudnesses_are_offered_and_kept(user_client, project, run_background):
    assert (
        '<option value="-23">Broadcast</option>' in user_client.get(f"/projects/{project.public_id}/").content.decode()
    )
    sent = {"text": "lo-fi, 8 s", "model": COMPOSER, "takes": "1", "format": "flac", "loudness": "-23", "bed": "on"}
    user_client.post(f"/projects/{project.public_id}/generate/", sent | {"idempotency_key": "k"})
    made = newest(run_background)
    assert made.lufs == pytest.approx(-23, abs=0.5)
    assert "room for a voice" in made.made_of["heard"]


# --- a track of an earlier composer ---


@pytest.fixture
def outdated(original) -> Track:
    """A track that was made before its composer's rules had a number that today's differ from."""
    original.made_of["revision"] = 0
    original.save(update_fields=["made_of"])
    return original


def test_a_track_names_the_rules_that_wrote_it(original):
    assert original.made_of["revision"] == REVISION


def test_a_track_of_an_earlier_composer_has_no_versions_and_says_so(press, outdated, user_client):
    assert code_of(press(outdated, change="calmer", headers=PART)) == "composed_earlier"
    assert Generation.objects.count() == 1
    shown = page(user_client, outdated)
    assert 'id="composed-earlier"' in shown
    assert 'id="version-1"' not in shown


def test_a_track_of_an_earlier_composer_has_no_new_stems_and_says_so(outdated, user_client):
    answer = user_client.post(
        f"/tracks/{outdated.public_id}/stems/create/", headers={"HX-Request": "true", "HX-Target": "stems"}
    )
    assert code_of(answer) == "composed_earlier"
    assert 'id="stems-outdated"' in answer.content.decode()


@pytest.fixture
def other_samples(original, tmp_path, monkeypatch) -> Track:
    """A track that was made before the layered sample pack was installed."""
    assert original.made_of["samples"] == 0
    folder = installed.folder_of(tmp_path)
    folder.mkdir()
    (folder / "index.json").write_text("{}")
    monkeypatch.setattr(catalog.provider_of(COMPOSER), "samples_root", tmp_path)
    return original


def test_a_track_of_other_samples_has_no_versions_or_stems_and_says_so(press, other_samples, user_client):
    assert code_of(press(other_samples, change="calmer", headers=PART)) == "other_samples"
    answer = user_client.post(
        f"/tracks/{other_samples.public_id}/stems/create/", headers={"HX-Request": "true", "HX-Target": "stems"}
    )
    assert code_of(answer) == "other_samples"
    assert 'id="composed-earlier"' in page(user_client, other_samples)
    assert Generation.objects.count() == 1


def test_a_track_of_a_sample_pack_that_was_removed_has_none_either(press, original):
    original.made_of["samples"] = installed.NUMBER
    original.save(update_fields=["made_of"])
    assert code_of(press(original, change="calmer", headers=PART)) == "other_samples"


def test_stems_requested_before_an_update_are_not_made_of_another_piece(original, user, monkeypatch):
    composer_stems.request_stems(original, user)
    monkeypatch.setattr(Composer, "revision", REVISION + 1)
    composer_stems.make(original)
    assert not original.stems.exists()
    assert composer_stems.outlook(original).failure
