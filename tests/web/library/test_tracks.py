"""A track's page: everything known about the track, for members only, and what they may change."""

import re

import pytest

from generator.models import GenerationEvent, Star, Tag, Track
from generator.services.billing import ledger
from generator.services.generation import states
from generator.services.library import tracks
from tests.conftest import POLL
from tests.refusals import code_of

PANE = {"HX-Request": "true", "HX-Target": "detail"}
TITLE = {"title": "Midnight bakery"}


@pytest.fixture
def full(ask, make_track) -> Track:
    """A second take with every kind of detail."""
    run = ask("warm lo-fi under a cooking video, with <brushes>", model=POLL, takes=2)
    states.note(run, "The provider took it", kind=GenerationEvent.Kind.REPLY)
    ledger.settle(run, 2, "2 of 2 takes delivered")
    type(run).objects.filter(pk=run.pk).update(state="ready", provider_job_id="their-id-42")
    make_track("First take", generation=run, take=1)
    return make_track(
        "Tea time",
        generation=run,
        take=2,
        bpm=84.04,
        musical_key="A minor",
        lufs=-14.26,
        true_peak=-1.04,
        length_ms=95_400,
        made_of={"heard": "lo-fi · 84 BPM"},
        has_findings=True,
        findings=[
            {"code": "clipping", "severity": "fault", "sentence": "It clips in 12 places."},
            {"code": "quiet_end", "severity": "note", "sentence": "The last 3 seconds are silent."},
        ],
    )


@pytest.fixture
def edit(user_client, track):
    """Edit the track: `edit(title="New")`."""

    def _edit(htmx=False, **written):
        return user_client.post(f"/tracks/{track.public_id}/edit/", written, headers=PANE if htmx else {})

    return _edit


# --- details ---


FACTS = [
    "<h1>Tea time</h1>",
    "1:35",
    "(95400 ms)",
    "84.0 BPM",
    "A minor",
    "-14.3 LUFS",
    "-1.0 dBTP",
    "44100 Hz, stereo",
    "warm lo-fi under a cooking video, with &lt;brushes&gt;",
    "lo-fi · 84 BPM",
    "Fake poll one",
    "fakepoll/one",
    "$0.03 per take",
    "their-id-42",
    "Requested",
    "The provider took it",
    "On hold: 2 × $0.03 on Fake poll one",
    "Charged: 2 of 2 takes delivered",
    "First take",
    "It clips in 12 places.",
    "The last 3 seconds are silent.",
]


def test_everything_known_is_on_the_page(user_client, full):
    shown = " ".join(user_client.get(full.get_absolute_url()).content.decode().split())
    assert [fact for fact in FACTS if fact not in shown] == []


def test_the_page_names_the_file_by_its_hash(user_client, track):
    assert track.sha256 in user_client.get(track.get_absolute_url()).content.decode()


def test_a_faulty_track_is_marked_in_the_list_too(user_client, project, full):
    shown = user_client.get(f"/projects/{project.public_id}/").content.decode()
    assert 'class="finding-mark is-fault"' in shown
    assert "It clips in 12 places." in shown


def test_a_clean_track_has_no_findings_section(user_client, track):
    shown = user_client.get(track.get_absolute_url()).content
    assert b'id="findings"' not in shown
    assert b'id="takes"' not in shown


def test_a_silent_track_without_tempo_or_key_says_so(user_client, make_track):
    silent = make_track(lufs=None, true_peak=None, bpm=None, musical_key="")
    shown = user_client.get(silent.get_absolute_url()).content.decode()
    assert 'data-fact="loudness">silent<' in shown
    assert re.findall(r'data-fact="(tempo|key)">\s*not detected', shown) == ["tempo", "key"]


def test_in_the_studio_only_the_pane_comes(user_client, track):
    shown = user_client.get(track.get_absolute_url(), headers=PANE).content
    assert b"<html" not in shown
    assert b"<h2>Tea time</h2>" in shown


def test_a_sibling_in_the_bin_is_not_offered(user_client, full, user):
    tracks.trash_tracks(Track.objects.filter(take=1), user)
    assert b"First take" not in user_client.get(full.get_absolute_url()).content


def test_a_track_in_the_bin_says_so_and_offers_the_way_back(user_client, track, user):
    tracks.trash_tracks(Track.objects.all(), user)
    shown = user_client.get(track.get_absolute_url()).content
    assert b'id="in-trash"' in shown
    assert f"/tracks/{track.public_id}/restore/".encode() in shown


# --- permissions ---


def test_other_peoples_tracks_do_not_exist(client, track, stranger):
    client.force_login(stranger)
    assert client.get(track.get_absolute_url()).status_code == 404
    for door in ("edit", "star", "trash", "restore"):
        assert client.post(f"/tracks/{track.public_id}/{door}/", TITLE | {"on": "1"}).status_code == 404
    track.refresh_from_db()
    assert (track.title, track.trashed_at, track.stars.count()) == ("Tea time", None, 0)


def test_a_viewer_reads_and_stars_but_writes_nothing(client, track, member):
    viewer = member("viewer")
    client.force_login(viewer)
    shown = client.get(track.get_absolute_url()).content
    assert b'id="organize"' not in shown
    assert client.post(f"/tracks/{track.public_id}/star/", {"on": "1"}).status_code == 302
    assert Star.objects.get().user == viewer
    for door in ("edit", "trash", "restore"):
        assert client.post(f"/tracks/{track.public_id}/{door}/", TITLE).status_code == 404
    track.refresh_from_db()
    assert track.title == "Tea time"


@pytest.mark.parametrize("door", ["edit", "star", "trash", "restore"])
def test_a_link_changes_nothing(user_client, track, door):
    assert user_client.get(f"/tracks/{track.public_id}/{door}/").status_code == 405


# --- editing ---


@pytest.mark.parametrize("htmx", [False, True])
def test_a_new_title_notes_and_tag_are_kept(edit, track, htmx):
    reply = edit(htmx, title="  Midnight   bakery ", notes="for the\r\ntrailer", tag="Night")
    assert reply.status_code == (200 if htmx else 302)
    track.refresh_from_db()
    assert (track.title, track.notes) == ("Midnight bakery", "for the\ntrailer")
    assert list(track.tags.values_list("name", flat=True)) == ["night"]
    if htmx:
        assert b"Midnight bakery" in reply.content
        assert "library-changed" in reply.headers["HX-Trigger"]


def test_notes_of_many_lines_are_counted_as_the_page_counts_them(edit, track):
    edit(notes="a\r\n" * 999 + "ab")
    track.refresh_from_db()
    assert len(track.notes) == 2000


def test_a_tag_is_taken_off_and_forgotten_when_it_was_the_last(edit, track):
    edit(tag="night")
    edit(untag="night")
    assert not track.tags.exists()
    assert not Tag.objects.exists()


BAD = [
    ({"title": "   "}, "required"),
    ({"title": "x" * 121}, "too_long"),
    ({"notes": "x" * 2001}, "too_long"),
    ({"tag": "x" * 41}, "too_long"),
]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(("written", "code"), BAD)
def test_what_cannot_be_kept_is_refused_in_words(edit, track, written, code, htmx):
    reply = edit(htmx, **written)
    assert reply.status_code == 422
    assert code_of(reply) == code
    track.refresh_from_db()
    assert (track.title, track.notes, track.tags.count()) == ("Tea time", "", 0)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_refusal_keeps_what_was_typed(edit, htmx):
    shown = edit(htmx, title="x" * 121, notes="for the trailer", tag="night").content.decode()
    assert "x" * 121 in shown
    assert ">for the trailer</textarea>" in shown
    assert 'value="night"' in shown


def test_a_refusal_saves_nothing_of_the_form(edit, track):
    edit(title="Midnight bakery", notes="x" * 2001)
    track.refresh_from_db()
    assert track.title == "Tea time"


@pytest.mark.parametrize("name", ["title", "notes", "tag", "untag"])
def test_a_nul_is_turned_away(edit, track, name):
    assert edit(**{name: "a\x00b"}).status_code == 400
    track.refresh_from_db()
    assert track.title == "Tea time"


def test_a_title_is_never_markup(edit, user_client, track, project):
    edit(title="<img src=x onerror=alert(1)>")
    for page in (track.get_absolute_url(), f"/projects/{project.public_id}/"):
        assert b"<img src=x" not in user_client.get(page).content


# --- star, trash, restore ---


def test_a_star_goes_on_and_off_and_twice_is_once(user_client, track, user):
    for on, stars in (("1", 1), ("1", 1), ("0", 0), ("0", 0)):
        reply = user_client.post(f"/tracks/{track.public_id}/star/", {"on": on}, headers={"HX-Request": "true"})
        assert Star.objects.filter(user=user).count() == stars
        assert f'aria-pressed="{"true" if stars else "false"}"' in reply.content.decode()


def test_the_bin_offers_undo(user_client, track):
    reply = user_client.post(f"/tracks/{track.public_id}/trash/", headers={"HX-Request": "true"})
    shown = reply.content.decode()
    assert "“Tea time” moved to the trash." in shown
    assert f'hx-post="/tracks/{track.public_id}/restore/"' in shown
    assert "library-changed" in reply.headers["HX-Trigger"]
    track.refresh_from_db()
    assert track.trashed_at
    back = user_client.post(f"/tracks/{track.public_id}/restore/", headers={"HX-Request": "true"})
    assert "“Tea time” restored." in back.content.decode()
    track.refresh_from_db()
    assert track.trashed_at is None


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Boosted": "true"}], ids=["plain", "boosted"])
def test_from_its_own_page_the_bin_leads_back_to_the_library(user_client, track, project, headers):
    reply = user_client.post(f"/tracks/{track.public_id}/trash/", headers=headers)
    assert (reply.status_code, reply.url) == (302, f"/projects/{project.public_id}/")


def test_going_back_never_leaves_the_studio(user_client, track):
    for came in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        reply = user_client.post(f"/tracks/{track.public_id}/restore/", {"next": came}, headers={"referer": came})
        assert reply.url == track.get_absolute_url()
