"""A mix saved as a version: free, of the same piece, with the promised length and loudness."""

import numpy as np
import pytest

from generator.audio import decode
from generator.models import Generation, LedgerEntry, Track
from generator.services.library import media, tracks
from tests.conftest import COMPOSER, POLL, ended
from tests.refusals import code_of

BESIDE = "Upright bass"
TEXT = "lo-fi, 10 s, 80 bpm"
PART = {"HX-Request": "true", "HX-Target": "versions"}


@pytest.fixture
def original(ask, user_client, run_background) -> Track:
    """A composed take with stems."""
    run = ended(ask(TEXT, model=COMPOSER, settings={"seed": 7, "take": 2}), run_background)
    return parted(run.tracks.get(), user_client, run_background)


def parted(track: Track, user_client, run_background) -> Track:
    user_client.post(f"/tracks/{track.public_id}/stems/create/")
    run_background()
    assert track.stems.count() > 3
    return track


@pytest.fixture
def keep(user_client):
    """Save a mix: `keep(track, Drums=50)`; players without a value stay at 100 percent."""

    def _keep(track: Track, *, once: str = "one press", headers=None, **levels):
        sent = {f"level-{stem.public_id}": levels.get(stem.title.replace(" ", "_"), 100) for stem in track.stems.all()}
        return user_client.post(
            f"/tracks/{track.public_id}/mix/", {"idempotency_key": once} | sent, headers=headers or {}
        )

    return _keep


def newest(run_background) -> Track:
    ended(Generation.objects.latest("id"), run_background)
    return Track.objects.latest("id")


def level(track: Track, title: str) -> float:
    """Return how loud a player is relative to an untouched one, in dB."""
    heard = {stem.title: decode(media.path(stem.file)).samples for stem in track.stems.all()}
    power = {name: float(np.mean(np.square(samples))) for name, samples in heard.items()}
    return 10 * np.log10(power[title] / power[BESIDE])


def test_what_was_set_is_what_is_heard_and_said(keep, user_client, original, run_background):
    silent = "Vibraphone"
    assert keep(original, Drums=50, Vibraphone=0).status_code == 302
    version = newest(run_background)
    assert version.title == f"{original.title}, {version.generation.prompt.settings['balance']}"
    assert set(version.generation.prompt.settings["balance"].split(", ")) == {"Drums −6 dB", f"no {silent}"}
    assert decode(media.path(version.file)).frames == 441_000
    assert version.lufs == pytest.approx(-14, abs=0.5)
    assert version.true_peak <= -1 + 0.05
    assert (version.made_of["seed"], version.made_of["take"]) == (7, 2)
    assert version.generation.parent == original.generation
    amounts = LedgerEntry.objects.filter(generation=version.generation).values_list("amount", flat=True)
    assert set(amounts) == {0}
    family = user_client.get(original.get_absolute_url()).content.decode()
    assert version.get_absolute_url() in family
    assert f"no {silent}" in family
    parted(version, user_client, run_background)
    assert silent not in {stem.title for stem in version.stems.all()}
    assert level(version, "Drums") == pytest.approx(level(original, "Drums") - 6, abs=0.2)
    assert 'id="stems-differ"' not in user_client.get(version.get_absolute_url()).content.decode()


def test_a_balance_of_a_balance_is_one_balance_of_the_original(keep, user_client, original, run_background):
    keep(original, Drums=50)
    first = parted(newest(run_background), user_client, run_background)
    keep(first, Drums=50)
    second = newest(run_background)
    assert second.generation.prompt.settings["balance"] == "Drums −12 dB"
    assert second.title == f"{original.title}, Drums −12 dB"
    assert second.generation.parent == original.generation


def test_a_version_of_a_balance_keeps_it(keep, user_client, original, run_background):
    keep(original, Drums=0)
    quiet = newest(run_background)
    user_client.post(f"/tracks/{quiet.public_id}/variations/", {"change": "10% slower", "idempotency_key": "k"})
    both = newest(run_background)
    assert both.title == f"{original.title}, no Drums, 10% slower"
    assert "drums" not in both.made_of["players"]
    assert both.generation.parent == original.generation


def test_a_press_twice_makes_one_and_another_balance_another(keep, mixed):
    for _ in range(2):
        keep(mixed, Drums=50)
    assert Generation.objects.filter(parent=mixed.generation).count() == 1
    assert mixed.generation.events.count() == mixed.generation.events.distinct().count()
    keep(mixed, Drums=55)
    assert Generation.objects.filter(parent=mixed.generation).count() == 2


@pytest.mark.parametrize(
    ("levels", "code"),
    [({}, "unchanged"), ({"Drums": "loud"}, "unchanged"), (None, "all_muted")],
)
def test_a_balance_that_is_none_is_refused_in_a_sentence(keep, mixed, levels, code):
    silent = {stem.title.replace(" ", "_"): 0 for stem in mixed.stems.all()}
    reply = keep(mixed, headers=PART, **(silent if levels is None else levels))
    assert reply.status_code == 422
    assert code_of(reply) == code
    assert not Generation.objects.filter(parent=mixed.generation).exists()


def test_what_was_turned_down_can_be_turned_up_again_and_no_further_than_the_mixer_goes(keep, mixed):
    prompt = mixed.generation.prompt
    type(prompt).objects.filter(pk=prompt.pk).update(settings={**prompt.settings, "balance": "Drums −6 dB"})
    assert keep(mixed, headers=PART, Drums=200).status_code == 200
    assert Generation.objects.latest("id").prompt.settings["balance"] == "Drums −2.5 dB"


def test_without_players_there_is_nothing_to_keep(keep, make_track):
    for track in (make_track(prompt=TEXT), make_track(model=POLL)):
        assert keep(track).status_code == 422


def test_a_viewer_mixes_and_keeps_nothing(client, member, mixed):
    client.force_login(member("viewer"))
    shown = client.get(mixed.get_absolute_url()).content.decode()
    assert "data-mixer-desk" in shown
    assert 'id="keep-balance"' not in shown


# --- names of versions ---


def test_versions_are_called_after_the_name_that_a_track_has_today(user_client, original, run_background):
    tracks.rename(original, "Opening credits")
    user_client.post(f"/tracks/{original.public_id}/variations/", {"change": "calmer", "idempotency_key": "k"})
    version = newest(run_background)
    assert version.title == "Opening credits, calmer"
    tracks.rename(version, "Under the titles")
    user_client.post(f"/tracks/{version.public_id}/variations/", {"change": "10% slower", "idempotency_key": "k"})
    run = Generation.objects.latest("id")
    tracks.rename(version, "End titles")  # while it is being made
    assert newest(run_background).title == "End titles, 10% slower"
    user_client.post(f"/generations/{run.public_id}/retry/", {"idempotency_key": "again"})
    assert newest(run_background).title == "End titles, 10% slower 2"
