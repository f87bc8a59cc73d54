"""Another version of a composed track: one press, one free take, the same notes; the original stays."""

import pytest

from generator.audio import decode
from generator.models import Entry, Generation, Track
from generator.workflow import house, media
from tests.conftest import COMPOSER, POLL, ended

TEXT = "lo-fi, 10 s, 80 bpm"
PART = {"HX-Request": "true", "HX-Target": "versions"}


@pytest.fixture
def original(ask, run_background) -> Track:
    """The second of two takes, so that nothing rests on it being the first."""
    run = ended(ask(TEXT, model=COMPOSER, takes=2, settings={"seed": 7}), run_background)
    return run.tracks.get(take=2)


@pytest.fixture
def press(browser):
    """Press a button of a track's page: `press(track, change="calmer")`."""

    def _press(track: Track, *, once: str = "one press", headers=None, **sent):
        return browser.post(f"/t/{track.ref}/version/", {"idempotency_key": once} | sent, headers=headers)

    return _press


def newest(run_background) -> Track:
    ended(Generation.objects.latest("id"), run_background)
    return Track.objects.latest("id")


def page(browser, track: Track) -> str:
    return browser.get(track.get_absolute_url()).content.decode()


# --- one press ---


def test_slower_is_measurably_slower_and_longer_and_free(press, original, run_background):
    before = Track.objects.filter(pk=original.pk).values().get()
    assert press(original, change="10 % slower").status_code == 302
    version = newest(run_background)
    sound = decode(media.path(version.file))
    assert sound.frames == round(10 / 0.9 * 44_100)
    assert version.bpm == pytest.approx(0.9 * original.bpm)
    assert version.generation.again_of == original.generation
    assert (version.made_of["seed"], version.made_of["take"]) == (7, 2)
    entries = Entry.objects.filter(generation=version.generation).order_by("id").values_list("kind", "amount")
    assert list(entries) == [("hold", 0), ("charge", 0)]
    assert Track.objects.filter(pk=original.pk).values().get() == before
    assert version.title == f"{original.title}, 10 % slower"


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
    assert Generation.objects.filter(again_of=original.generation).count() == 1
    press(original, change="10 % faster")  # the same page, so the same key
    assert Generation.objects.filter(again_of=original.generation).count() == 2


def test_a_version_of_a_version_keeps_both_changes(press, browser, original, run_background):
    press(original, change="10 % slower")
    slower = newest(run_background)
    press(slower, change="5 s longer")
    both = newest(run_background)
    assert both.length_ms == round(1000 * (10 / 0.9 + 5))
    assert both.bpm == pytest.approx(0.9 * original.bpm)
    assert both.generation.again_of == original.generation
    for one in (original, slower, both):
        shown = page(browser, one)
        assert "10 % slower, 5 s longer" in shown
        assert all(f'href="{other.get_absolute_url()}"' in shown for other in (original, slower, both))
    assert "10 % slower; 5 s longer" in page(browser, both)  # under “Asked for”


# --- what is refused ---


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"length": "9000"}, "Length must be between 5 and 600 seconds."),
        ({"bpm": "400"}, "Tempo must be between 40 and 220 BPM."),
        ({"bpm": "quick"}, "Tempo: “quick” is not a number."),
        ({"length": "nan"}, "is not understood"),
        ({"change": "more cowbell"}, "“more cowbell” is not understood."),
        ({}, "Say what should be different."),
    ],
)
def test_a_refusal_is_a_sentence_on_the_page_and_leaves_nothing(press, original, sent, sentence):
    for headers in ({}, PART):
        reply = press(original, headers=headers, **sent)
        assert reply.status_code == 422
        assert sentence in reply.content.decode()
    assert not Generation.objects.filter(again_of=original.generation).exists()


def test_words_the_project_adds_by_now_would_make_another_piece(press, original, user, project):
    house.change(project, user, allowed=(), format="", lufs="", words="with strings", avoid="")
    reply = press(original, change="calmer")
    assert "would make another piece of it" in reply.content.decode()
    assert reply.status_code == 422


def test_so_many_changes_that_no_more_fit_are_refused(press, original):
    assert "no more fits" in press(original, change="calmer, " * 30 + "calmer").content.decode()


def test_what_another_model_made_has_no_versions(press, browser, make_track):
    other = make_track(model=POLL)
    assert "Another version" not in page(browser, other)
    assert press(other, change="calmer").status_code == 422


def test_a_viewer_sees_the_family_and_no_buttons(client, member, press, original, run_background):
    press(original, change="10 % slower")
    version = newest(run_background)
    client.force_login(member("viewer"))
    shown = client.get(original.get_absolute_url()).content.decode()
    assert version.title in shown
    assert 'name="change"' not in shown


def test_the_page_waits_for_a_version_and_stops_waiting(press, browser, original, run_background):
    waiting = press(original, headers=PART, change="calmer")
    assert "every 2s" in waiting.content.decode()
    assert "Being made" in waiting.content.decode()
    newest(run_background)
    done = browser.get(f"/t/{original.ref}/versions/", headers=PART).content.decode()
    assert "every 2s" not in done
    assert f"{original.title}, calmer" in done


def test_takes_beside_it_are_not_of_the_family(press, browser, original, run_background):
    first = original.generation.tracks.get(take=1)
    press(original, change="calmer")
    version = newest(run_background)
    family = browser.get(f"/t/{first.ref}/versions/").content.decode()
    assert version.title not in family


# --- the curve in the create form ---


def test_a_drawn_curve_is_asked_for_and_heard(browser, project, run_background):
    sent = {"text": "lo-fi, 40 s, 80 bpm", "model": COMPOSER, "takes": "1", "format": "flac", "seed": "7"}
    for key, curve in (("rising", "5 5 100 100"), ("falling", "100 100 5 5")):
        asked = sent | {"idempotency_key": key, "energy_curve": curve}
        assert browser.post(f"/p/{project.ref}/generate/", asked).status_code == 302
        run_background()
    rising, falling = (track.measured["energy"] for track in Track.objects.order_by("id"))
    half = len(rising) // 2
    assert sum(rising[:half]) / sum(rising[half:]) < sum(falling[:half]) / sum(falling[half:])


def test_a_curve_that_is_none_is_refused_beside_the_form(browser, project):
    sent = {"text": "lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "energy_curve": "up and down"}
    reply = browser.post(f"/p/{project.ref}/generate/", sent | {"idempotency_key": "k"})
    assert reply.status_code == 422
    assert "is not a list of levels" in reply.content.decode()
    assert 'value="up and down"' in reply.content.decode()


def test_usual_loudnesses_are_offered_and_kept(browser, project, run_background):
    assert '<option value="-23">Broadcast</option>' in browser.get(f"/p/{project.ref}/").content.decode()
    sent = {"text": "lo-fi, 8 s", "model": COMPOSER, "takes": "1", "format": "flac", "loudness": "-23", "bed": "on"}
    browser.post(f"/p/{project.ref}/generate/", sent | {"idempotency_key": "k"})
    made = newest(run_background)
    assert made.lufs == pytest.approx(-23, abs=0.5)
    assert "room for a voice" in made.made_of["heard"]
