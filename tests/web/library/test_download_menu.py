"""The download menu: format × loudness in one place, several formats in one zip, the last choice first."""

import io
import re
import zipfile

import pytest

from generator.models import DownloadChoice, ProjectDefaults
from generator.services.library import renditions
from tests.refusals import code_of


@pytest.fixture
def get(user_client, track):
    """Download a track, with what must be made first: `get("mp3-wav?lufs=-16")`."""

    def _get(what: str, method: str = "GET"):
        return user_client.generic(method, f"/tracks/{track.public_id}/download/{what}")

    return _get


def chosen(user_client, track) -> list[str]:
    """Return the addresses that the page offers first: the button's and the table's."""
    page = user_client.get(track.get_absolute_url()).content.decode()
    button = re.search(r'split-main"\s+href="[^"]+/download/([^"]+)"', page)[1]
    marked = re.findall(r'href="[^"]+/download/([^"]+)"[^>]*aria-current="true"', page)
    assert set(marked) == {button}
    return [button, *marked]


def test_every_format_is_offered_at_every_loudness(user_client, track):
    page = user_client.get(track.get_absolute_url()).content.decode()
    table = page.partition('class="downloads"')[2].partition("</table>")[0]
    found = re.findall(r'/download/([\w-]+)\?lufs=([-\d.]*)"', table)
    assert len(found) == len(set(found)) == 6 * 4
    assert {formats for formats, _ in found} == {"mp3", "wav", "flac", "mp3-wav"}
    assert {lufs for _, lufs in found} == {"", "-14", "-16", "-18", "-23", "-24"}
    assert table.count("data-prepare") == 6 * 4 - 1  # only the original is ready


def test_a_loudness_that_would_clip_says_what_is_reached(user_client, make_track):
    page = user_client.get(make_track(lufs=-30.0, true_peak=-3.0).get_absolute_url()).content.decode()
    assert page.count("data-short") == 2 * 5  # in the menu and on the tab; −30 LUFS plus 2 dB reaches none


def test_a_silent_track_is_offered_only_as_made(user_client, make_track):
    page = user_client.get(make_track(lufs=None, true_peak=None).get_absolute_url()).content.decode()
    assert set(re.findall(r"\?lufs=([-\d.]*)", page)) == {""}


def test_at_first_the_projects_loudness_is_offered(user_client, track, project):
    assert chosen(user_client, track)[0] == "wav?lufs="
    ProjectDefaults.objects.create(project=project, lufs=-23.0)
    assert chosen(user_client, track)[0] == "wav?lufs=-23"


def test_the_last_choice_comes_first_for_this_person_in_this_project(
    user_client, client, track, make_track, get, user, member, run_background
):
    other = make_track("Another")
    assert get("mp3-wav?lufs=-16").status_code == 202
    run_background()
    assert not DownloadChoice.objects.exists()  # nothing was downloaded yet
    assert get("mp3-wav?lufs=-16", "HEAD").status_code == 200
    assert not DownloadChoice.objects.exists()
    assert get("mp3-wav?lufs=-16").status_code == 200
    assert chosen(user_client, track)[0] == chosen(user_client, other)[0] == "mp3-wav?lufs=-16"
    get("wav?lufs=")
    assert list(DownloadChoice.objects.values_list("user", "formats", "lufs")) == [(user.pk, "wav", None)]
    client.force_login(member("viewer"))
    get("mp3-wav?lufs=-16")
    assert DownloadChoice.objects.count() == 2  # one per person


def test_a_download_without_a_choice_is_not_remembered(get):
    assert get("wav").status_code == 200
    assert not DownloadChoice.objects.exists()


def test_a_silent_track_ignores_a_remembered_loudness(user_client, make_track, user, project):
    DownloadChoice.objects.create(user=user, project=project, formats="mp3", lufs=-16.0)
    silent = make_track(lufs=None, true_peak=None)
    assert chosen(user_client, silent)[0] == "mp3?lufs="


def test_both_formats_come_in_one_zip_at_one_loudness(get, track, run_background):
    get("mp3-wav?lufs=-16")
    run_background()
    reply = get("mp3-wav?lufs=-16")
    content = b"".join(reply.streaming_content)
    assert (reply["Content-Type"], int(reply["Content-Length"])) == ("application/zip", len(content))
    assert 'filename="Tea time - -16 LUFS.zip"' in reply["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["Tea time - -16 LUFS.mp3", "Tea time - -16 LUFS.wav"]
        files = [renditions.ready(track, one, -16.0).read_bytes() for one in ("mp3", "wav")]
        assert [archive.read(name) for name in archive.namelist()] == files


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("ogg?lufs=", "unsupported_format"),
        ("mp3-ogg", "unsupported_format"),
        ("mp3-mp3", "unsupported_format"),
        ("mp3?lufs=loud", "invalid_number"),
        ("mp3?lufs=nan", "out_of_range"),
        ("mp3?lufs=-16.2", "out_of_range"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(get, what, code):
    reply = get(what)
    assert reply.status_code == 404
    assert code_of(reply) == code
    assert not DownloadChoice.objects.exists()
