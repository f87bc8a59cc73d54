"""Stem separation: stems as addresses or as an archive, invalid archives, failures that cost nothing."""

import io
import zipfile

import pytest

from generator.currency import dollars
from generator.models import Budget, Generation, LedgerEntry, RemoteOutput, State, Stem, Track
from generator.services.library import media, renditions
from generator.services.library import tracks as library_tracks
from generator.services.provider_jobs import downloader, poller, provider_actions, provider_stems
from tests.conftest import ended, ledger
from tests.fakes import sounds
from tests.fakes.failing_provider import tone
from tests.refusals import refused

ACTION = "wavespeed/stem-song"
SIX = dollars("0.06")


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return out.getvalue()


@pytest.fixture
def whole(paid_providers, make_track) -> Track:
    name = media.keep_bytes(tone(2), "wav")
    return make_track(file=name, size=media.path(name).stat().st_size)


@pytest.fixture
def split(user, whole):
    def _split(key="split-1", **settings) -> Generation:
        return provider_actions.separate_stems(
            user=user, track=whole, action_key=ACTION, settings=settings, idempotency_key=key
        )

    return _split


@pytest.fixture
def deliver(paid_providers):
    """Have the vendor deliver these files: `deliver(**{"vocals.mp3": b"…"})`."""

    def _deliver(zipped: bytes | None = None, **files: bytes) -> None:
        if zipped is not None:
            files = {"parts.zip": zipped}
        paid_providers.wavespeed.uploads |= files
        paid_providers.wavespeed.outputs = [f"{paid_providers.url}/cdn/{name}" for name in files]

    return _deliver


def settled(generation, run_background, state=State.READY) -> Generation:
    run_background()
    for _ in range(downloader.MAX_USELESS_DOWNLOADS):  # as the hours would
        RemoteOutput.objects.filter(due_at__isnull=False).update(due_at=generation.created_at)
        while downloader.work():
            pass
    if RemoteOutput.objects.filter(due_at__isnull=False).exists():  # and the week after which a provider keeps nothing
        Generation.objects.filter(pk=generation.pk).update(created_at=generation.created_at - downloader.MAX_OUTPUT_AGE)
        RemoteOutput.objects.filter(due_at__isnull=False).update(due_at=generation.created_at)
        while downloader.work():
            pass
    ended(generation, run_background, state)
    return generation


def test_parts_as_addresses_are_stored_and_charged_once(split, deliver, whole, paid_providers, run_background):
    deliver(
        **{"vocals.mp3": sounds.sound("mp3"), "x91_drums.wav": sounds.sound("wav"), "7f.flac": sounds.sound("flac")}
    )
    generation = settled(split(model="audio-separation-2"), run_background)
    assert ledger(generation) == {"hold": SIX, "charge": SIX}
    assert list(whole.stems.values_list("title", flat=True)) == ["Vocals", "Drums", "Stem 3"]
    assert [stem.extension for stem in whole.stems.all()] == ["mp3", "wav", "flac"]
    assert paid_providers.wavespeed.jobs[0].inputs["model"] == "audio-separation-2"
    assert not generation.tracks.exists()


def test_parts_in_one_archive_are_stored_without_what_is_no_sound(split, deliver, whole, run_background):
    deliver(archive(**{"song/no_vocals.mp3": sounds.sound("mp3"), "song/bass.wav": tone(2), "read me.txt": b"Enjoy!"}))
    generation = settled(split(), run_background)
    assert sorted(whole.stems.values_list("title", flat=True)) == ["Bass", "Without vocals"]
    assert "were skipped" in " ".join(generation.events.values_list("text", flat=True))


def test_an_address_in_an_object_is_read_as_well(split, deliver, paid_providers, whole, run_background):
    deliver(archive(**{"bass.wav": tone(2)}))
    paid_providers.wavespeed.outputs = [{"zip_url": paid_providers.wavespeed.outputs[0], "expires_at": 1}]
    settled(split(), run_background)
    assert whole.stems.count() == 1


def test_names_in_an_archive_are_never_paths(split, deliver, whole, run_background, settings):
    deliver(archive(**{"../../../../tmp/evil vocals.wav": tone(2), "/etc/drums.wav": tone(2), "..\\bass.wav": tone(2)}))
    settled(split(), run_background)
    assert sorted(whole.stems.values_list("title", flat=True)) == ["Bass", "Drums", "Vocals"]
    for stem in whole.stems.all():
        assert stem.file == f"{stem.sha256[:2]}/{stem.sha256}.wav"


def _bomb() -> bytes:
    return archive(**{"vocals.wav": bytes(3_000_000)})


def _crowd() -> bytes:
    return archive(**{f"part{number}.wav": b"x" for number in range(40)})


def _table() -> bytes:
    made = bytearray(archive(**{"a.wav": b"x"}))
    at = made.rfind(b"PK\x05\x06")
    made[at + 12 : at + 16] = (90_000_000).to_bytes(4, "little")
    return bytes(made)


def _locked() -> bytes:
    made = bytearray(archive(**{"a.wav": tone(1)}))
    made[6] |= 1
    made[made.rfind(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


@pytest.mark.parametrize(
    "content",
    [
        _bomb(),
        _crowd(),
        _table(),
        _locked(),
        archive(**{"a.txt": b"no sound"}),
        archive(),
        b"PK\x03\x04 not really",
        b"<html>",
    ],
    ids=["bomb", "crowd", "table of contents", "locked", "no sound", "empty", "broken", "page"],
)
def test_what_cannot_be_trusted_is_refused_and_costs_nothing(split, deliver, run_background, monkeypatch, content):
    monkeypatch.setattr(provider_stems, "MAX_ARCHIVE_BYTES", 1_000_000)
    deliver(content)
    generation = settled(split(), run_background, State.FAILED)
    assert ledger(generation) == {"hold": SIX, "release": SIX}
    assert generation.error_message
    assert not Stem.objects.exists()


def test_a_failure_at_the_vendor_releases_the_hold(split, paid_providers, run_background):
    paid_providers.wavespeed.end = "failed"
    generation = settled(split(), run_background, State.FAILED)
    assert ledger(generation) == {"hold": SIX, "release": SIX}


def test_a_part_that_is_gone_is_said_and_the_rest_is_kept(split, deliver, paid_providers, whole, run_background):
    deliver(**{"vocals.mp3": sounds.sound("mp3")})
    paid_providers.wavespeed.outputs.append(f"{paid_providers.url}/cdn/gone.html")
    paid_providers.wavespeed.uploads["gone.html"] = b"<html>gone"
    generation = settled(split(), run_background)
    assert "1 of the stems" in generation.error_message
    assert whole.stems.count() == 1
    assert ledger(generation) == {"hold": SIX, "charge": SIX}


def test_while_one_is_under_way_a_second_press_returns_it(split, paid_providers):
    assert split("a") == split("b")
    assert LedgerEntry.objects.count() == 1


def test_a_large_original_is_sent_as_mp3(split, paid_providers, whole, run_background):
    Track.objects.filter(pk=whole.pk).update(size=99_000_000)
    generation = split()
    poller.run(0.3)
    generation.refresh_from_db()
    assert (generation.state, generation.stage) == (State.QUEUED, "Making an MP3")
    renditions.make(whole, "mp3")  # the worker that was queued
    Generation.objects.update(due_at=generation.created_at)
    settled(generation, run_background)
    assert paid_providers.requests("POST", "media/uploads")[0].json["content_type"] == "audio/mpeg"


def test_a_cap_in_the_way_refuses(split, user, paid_providers):
    Budget.objects.create(user=user, cap=dollars("0.05"))
    with refused("budget_exceeded"):
        split()
    assert not LedgerEntry.objects.exists()


def test_deleting_a_track_takes_its_parts_along_and_leaves_the_ledger(split, deliver, whole, run_background):
    deliver(**{"vocals.mp3": sounds.sound("mp3")})
    generation = settled(split(), run_background)
    file = whole.stems.get().file
    tracks = Track.objects.filter(pk=whole.pk)
    library_tracks.trash_tracks(tracks, whole.author)
    library_tracks.delete_for_good(tracks)
    assert not media.path(file).exists()
    assert ledger(generation) == {"hold": SIX, "charge": SIX}
