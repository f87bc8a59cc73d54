"""Private files: ranges as players request them, readable names, and an access check on every request."""

import re

import pytest
from django_q.models import OrmQ

from generator.models import Rendition, Track
from generator.services.library import media, renditions, tracks
from tests.conftest import POLL

DOORS = ("audio", "cover", "download/wav")


@pytest.fixture
def fetch(user_client, track):
    """Request the track's audio: `fetch("bytes=0-9")`."""

    def _fetch(range_="", method="get", **headers):
        asked = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(user_client, method)(
            f"/tracks/{track.public_id}/audio", headers=asked | ({"Range": range_} if range_ else {})
        )

    return _fetch


@pytest.fixture
def sound(track) -> bytes:
    return media.path(track.file).read_bytes()


# --- permissions ---


@pytest.mark.parametrize("door", DOORS)
def test_every_member_may_and_to_others_it_does_not_exist(client, track, member, stranger, door):
    for role in ("owner", "editor", "viewer"):
        client.force_login(member(role))
        assert client.get(f"/tracks/{track.public_id}/{door}").status_code == 200
    client.force_login(stranger)
    for headers in ({}, {"Range": "bytes=0-0"}, {"If-None-Match": f'"{track.sha256}"'}):
        assert client.get(f"/tracks/{track.public_id}/{door}", headers=headers).status_code == 404
    client.logout()
    assert client.get(f"/tracks/{track.public_id}/{door}").url.startswith("/accounts/login/")


def test_a_member_who_leaves_hears_nothing_more(user_client, project, track):
    assert user_client.get(f"/tracks/{track.public_id}/audio").status_code == 200
    project.memberships.all().delete()
    assert user_client.get(f"/tracks/{track.public_id}/audio").status_code == 404


@pytest.mark.parametrize("address", ["/media/{0}", "/{0}", "/static/{0}", "/tracks/../media/{0}", "/tracks/{0}/audio"])
def test_a_file_has_no_address_of_its_own(user_client, track, address):
    assert user_client.get(address.format(track.file)).status_code == 404


def test_bytes_are_typed_private_and_never_sniffed(fetch, user_client, track):
    reply = fetch()
    assert reply.headers["Content-Type"] == "audio/wav"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Cache-Control"].startswith("private")
    assert user_client.get(f"/tracks/{track.public_id}/cover").headers["Content-Type"] == "image/webp"


# --- ranges ---


def test_without_a_range_the_whole_file_comes(fetch, sound):
    reply = fetch()
    assert reply.status_code == 200
    assert reply.getvalue() == sound
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert int(reply.headers["Content-Length"]) == len(sound)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-299", 100, 299),
        (" bytes=5-9 ", 5, 9),
        ("bytes=-100", -100, -1),
        ("bytes=-99999999", 0, -1),
        ("bytes=100-", 100, -1),
        ("bytes=0-99999999999", 0, -1),
    ],
)
def test_a_range_is_answered_with_exactly_its_bytes(fetch, sound, asked, first, last):
    first, last = first % len(sound), last % len(sound)
    reply = fetch(asked)
    assert reply.status_code == 206
    assert reply.getvalue() == sound[first : last + 1]
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(sound)}"
    assert int(reply.headers["Content-Length"]) == last - first + 1


@pytest.mark.parametrize(
    ("asked", "first", "length"),
    [
        ("bytes=0-", 0, 3_000_000),
        ("bytes=500-", 500, 2_999_500),
        ("bytes=500-2999999", 500, 2_999_500),
        ("bytes=-2500000", 500_000, 2_500_000),
    ],
)
def test_a_long_range_comes_whole(user_client, make_track, asked, first, length):
    track = make_track(file="long/sound.wav")
    sound = bytes(range(250)) * 12_000
    media.path(track.file).parent.mkdir(exist_ok=True)
    media.path(track.file).write_bytes(sound)
    reply = user_client.get(f"/tracks/{track.public_id}/audio", headers={"Range": asked})
    assert reply.status_code == 206
    assert reply.headers["Content-Range"] == f"bytes {first}-{first + length - 1}/3000000"
    assert reply.getvalue() == sound[first : first + length]


@pytest.mark.parametrize("asked", ["bytes={0}-", "bytes={0}-{0}", "bytes=999999999-", "bytes=-0"])
def test_past_the_end_is_416_with_the_size(fetch, sound, asked):
    reply = fetch(asked.format(len(sound)))
    assert reply.status_code == 416
    assert reply.headers["Content-Range"] == f"bytes */{len(sound)}"
    assert reply.content == b""


@pytest.mark.parametrize(
    "asked",
    [
        "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=9-5", "bytes=0-5,10-15", "items=0-5", "bytes 0-5",
        "bytes=0-5x", "bytes=--5", "bytes=" + "9" * 5000 + "-", "bytes=٣-٥", "=0-5",
    ],
)  # fmt: skip
def test_what_is_not_one_plain_range_is_as_if_it_had_not_been_asked(fetch, sound, asked):
    reply = fetch(asked)
    assert reply.status_code == 200
    assert reply.getvalue() == sound


def test_head_tells_everything_and_sends_nothing(fetch, sound):
    for range_ in ("", "bytes=0-9"):  # only GET has ranges
        reply = fetch(range_, method="head")
        assert reply.status_code == 200
        assert reply.getvalue() == b""
        assert int(reply.headers["Content-Length"]) == len(sound)
        assert reply.headers["ETag"]


def test_an_unchanged_file_is_not_sent_again(fetch):
    tag = fetch().headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        reply = fetch(if_none_match=known)
        assert (reply.status_code, reply.content) == (304, b"")
    assert fetch(if_none_match='"other"').status_code == 200


def test_a_range_of_a_file_that_has_changed_is_the_whole_new_one(fetch, sound):
    tag = fetch().headers["ETag"]
    assert fetch("bytes=0-9", if_range=tag).status_code == 206
    for other in ('"other"', f"W/{tag}", "Sat, 21 Nov 2026 07:00:00 GMT"):
        reply = fetch("bytes=0-9", if_range=other)
        assert reply.status_code == 200
        assert reply.getvalue() == sound


@pytest.mark.parametrize("asked", ["", "bytes=0-9", "bytes=5-"])
def test_behind_nginx_files_and_their_ranges_are_left_to_it(fetch, track, settings, asked):
    settings.STUDIO_SENDFILE = "nginx"
    reply = fetch(asked)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["X-Accel-Redirect"] == f"/media-internal/{track.file}"


# --- downloads ---


def name_of(reply) -> str:
    return reply.headers["Content-Disposition"]


def test_a_download_has_a_name_a_person_can_find_again(user_client, make_track):
    track = make_track("Rain: on/the Window", bpm=82.0, musical_key="A minor")
    reply = user_client.get(f"/tracks/{track.public_id}/download/wav")
    assert name_of(reply) == 'attachment; filename="Rain on the Window - 82 BPM - A minor.wav"'
    assert reply.getvalue() == media.path(track.file).read_bytes()


def test_takes_of_one_run_have_names_of_their_own(user_client, ask, make_track):
    run = ask(model=POLL, takes=2)
    for take in (1, 2):
        track = make_track("Rain", generation=run, take=take)
        assert (
            name_of(user_client.get(f"/tracks/{track.public_id}/download/wav"))
            == f'attachment; filename="Rain - take {take}.wav"'
        )


def test_a_name_in_any_script_survives_and_breaks_no_header(user_client, make_track):
    track = make_track('雨の窓"\r\nSet-Cookie: x=1')
    said = name_of(user_client.get(f"/tracks/{track.public_id}/download/wav"))
    assert "filename*=utf-8''" in said
    assert "\n" not in said
    assert said.count('"') == 2, "around the name for old programs, and nowhere else"


def test_another_format_is_made_once_while_one_waits_and_then_comes(user_client, track, run_background):
    address = f"/tracks/{track.public_id}/download/mp3"
    wait = user_client.get(address)
    assert wait.status_code == 202
    assert wait.headers["Refresh"]
    assert b"Preparing your file" in wait.content
    user_client.get(address)
    assert OrmQ.objects.count() == 1  # however often the waiting page polls
    run_background()
    reply = user_client.get(address)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "audio/mpeg")
    assert name_of(reply).endswith('.mp3"')
    assert len(reply.getvalue()) > 1000
    assert Rendition.objects.count() == 1


def test_one_that_never_came_is_asked_for_again(user_client, track, monkeypatch):
    monkeypatch.setattr(renditions, "WAIT_TIMEOUT_S", 0)
    for _ in range(2):
        user_client.get(f"/tracks/{track.public_id}/download/mp3")
    assert OrmQ.objects.count() == 2


def test_a_rendition_that_was_lost_is_made_again(user_client, track, run_background):
    address = f"/tracks/{track.public_id}/download/mp3"
    user_client.get(address)
    run_background()
    media.path(Rendition.objects.get().file).unlink()
    assert user_client.get(address).status_code == 202
    run_background()
    assert user_client.get(address).status_code == 200


@pytest.mark.parametrize("format", ["exe", "MP3", "..", "wav.mp3", "x" * 300])
def test_an_unknown_format_is_a_404_that_says_so(user_client, track, format):
    reply = user_client.get(f"/tracks/{track.public_id}/download/{format}")
    assert reply.status_code == 404
    assert "errors/404.html" in [template.name for template in reply.templates]


@pytest.mark.parametrize("door", [*DOORS, "download/mp3"])
def test_a_file_that_is_gone_from_the_disk_is_a_clear_page(user_client, make_track, door, run_background):
    track = make_track(file="00/gone.wav", cover="00/gone.webp")
    reply = user_client.get(f"/tracks/{track.public_id}/{door}")
    assert reply.status_code == 404
    assert re.search(b"missing from the studio.{1,6}s disk", reply.content)
    assert run_background() == 0, "nothing can be made of it"


def test_what_is_in_the_bin_can_still_be_heard_but_not_once_it_is_deleted(user_client, track, user):
    tracks.trash_tracks(Track.objects.all(), user)
    assert user_client.get(f"/tracks/{track.public_id}/audio").status_code == 200
    tracks.delete_for_good(Track.objects.all())
    assert user_client.get(f"/tracks/{track.public_id}/audio").status_code == 404


@pytest.mark.parametrize("door", DOORS)
def test_files_are_only_read(user_client, track, door):
    for method in ("post", "put", "delete"):
        assert getattr(user_client, method)(f"/tracks/{track.public_id}/{door}").status_code == 405
