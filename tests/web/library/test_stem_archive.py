"""All stems of a track in one zip: made by a worker, in WAV or FLAC, with names that belong together."""

import io
import zipfile
from pathlib import Path

import pytest
from django_q.models import OrmQ

from generator.audio import decode
from generator.models import Rendition
from tests.conftest import COMPOSER, ended
from tests.refusals import code_of


@pytest.fixture
def stemmed(ask, user_client, run_background):
    """A composed take with stems."""
    run = ended(ask("chiptune, 6 s", model=COMPOSER, settings={"seed": 7}), run_background)
    track = run.tracks.get()
    user_client.post(f"/tracks/{track.public_id}/stems/create/")
    run_background()
    return track


def archive(user_client, track, format: str, run_background) -> zipfile.ZipFile:
    address = f"/tracks/{track.public_id}/stems/download/{format}"
    assert user_client.get(address).status_code == 202
    run_background()
    reply = user_client.get(address)
    assert (reply.status_code, reply["Content-Type"]) == (200, "application/zip")
    assert f"stems {format.upper()}" in reply["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(b"".join(reply.streaming_content)))


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_all_stems_come_in_one_zip(user_client, stemmed, run_background, tmp_path, format):
    made = archive(user_client, stemmed, format, run_background)
    assert made.testzip() is None
    titles = list(stemmed.stems.values_list("title", flat=True))
    expected = [*(f"{stemmed.title} - {title}.{format}" for title in titles), f"{stemmed.title} - notes.mid"]
    assert made.namelist() == expected
    assert len(titles) == len(set(titles)) > 3
    sounds = [decode(Path(made.extract(name, tmp_path))) for name in expected[:-1]]
    assert {round(sound.seconds, 3) for sound in sounds} == {stemmed.length_ms / 1000}
    assert made.read(expected[-1]).startswith(b"MThd")


def test_a_zip_is_made_once(user_client, stemmed, run_background):
    archive(user_client, stemmed, "flac", run_background)
    before = OrmQ.objects.count()
    assert user_client.get(f"/tracks/{stemmed.public_id}/stems/download/flac").status_code == 200
    assert OrmQ.objects.count() == before
    assert Rendition.objects.filter(track=stemmed, recipe__format="zip").count() == 1


def test_stems_of_the_same_name_stay_apart(user_client, track, make_stem, run_background):
    for _ in range(2):
        make_stem(track, "Vocals")
    made = archive(user_client, track, "wav", run_background)
    assert made.namelist() == ["Tea time - Vocals.wav", "Tea time - Vocals (2).wav"]


def test_a_press_twice_asks_once(user_client, track, make_stem):
    make_stem(track, "Vocals")
    for _ in range(3):
        assert user_client.get(f"/tracks/{track.public_id}/stems/download/wav").status_code == 202
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize(("format", "code"), [("mp3", "unsupported_format"), ("wav", "no_stems")])
def test_what_is_not_offered_is_refused(user_client, track, format, code):
    reply = user_client.get(f"/tracks/{track.public_id}/stems/download/{format}")
    assert reply.status_code == 404
    assert code_of(reply) == code
    assert not OrmQ.objects.exists()
