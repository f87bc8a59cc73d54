"""The library: found by word and by facet, sorted, paged by key; test_bulk.py has the bulk actions."""

import base64
import json

import pytest

from generator.http.library_query import SORTS
from generator.models import Star, Track
from generator.services.library import tracks
from tests.conftest import COMPOSER, POLL

LIST = {"HX-Request": "true", "HX-Target": "library-list"}


@pytest.fixture
def look(user_client, project):
    """Return the titles that a filter shows, in order: `look(q="lo-fi", sort="title")`."""

    def _look(**asked) -> list[str]:
        reply = user_client.get(f"/projects/{project.public_id}/", asked, headers=LIST)
        assert reply.status_code == 200
        return [track.title for track in reply.context["page"].tracks]

    return _look


# --- search ---


@pytest.fixture
def shelf(make_track, user):
    """Four tracks that differ in everything that can be searched for."""
    rain = make_track("Rain on the Window", prompt="sad solo piano, no drums", musical_key="A minor", bpm=72.0)
    tea = make_track("Tea time", prompt="warm lo-fi under a cooking video", bpm=84.0, length_ms=45_000)
    run = make_track("Run!", prompt="fast chiptune", bpm=160.0, length_ms=95_000, model=POLL)
    cafe = make_track("Café Olé", prompt="bossa nova", author=user, findings=[FAULT], has_findings=True)
    tracks.annotate(run, "for the trailer")
    tracks.tag(Track.objects.filter(pk=tea.pk), "Cooking")
    return [rain, tea, run, cafe]


FAULT = {"code": "clipping", "severity": "fault", "sentence": "It clips."}


REMEMBERED = [
    ("rain", ["Rain on the Window"]),
    ("RAIN window", ["Rain on the Window"]),
    ("win", ["Rain on the Window"]),
    ("piano", ["Rain on the Window"]),
    ("lo-fi", ["Tea time"]),
    ("cooking", ["Tea time"]),
    ("trailer", ["Run!"]),
    ("a minor", ["Rain on the Window"]),
    ("fake poll", ["Run!"]),
    ("café", ["Café Olé"]),
    ("rain chiptune", []),
    ("indow", []),
]


def test_words_are_found_wherever_a_person_remembers_them_from(look, shelf):
    assert [(q, look(q=q)) for q, _ in REMEMBERED] == REMEMBERED


QUERY_LANGUAGE = [
    '"',
    "*",
    '"rain',
    "rain*",
    "NEAR(a b)",
    "a AND",
    "rain OR",
    "-",
    "_",
    "()",
    "'; --",
    "²",
    "a:b",
    "\\",
    "&|!",
]


def test_search_words_are_words_and_never_a_query_language(user_client, project, shelf):
    for q in QUERY_LANGUAGE:
        assert user_client.get(f"/projects/{project.public_id}/", {"q": q}, headers=LIST).status_code == 200, q


def test_a_search_of_a_novel_is_cut_short(look, shelf):
    assert look(q="rain " * 10_000) == ["Rain on the Window"]


def test_a_new_title_and_tag_are_found_at_once_and_the_old_ones_no_more(look, track):
    tracks.rename(track, "Midnight bakery")
    tracks.tag(Track.objects.filter(pk=track.pk), "night")
    assert look(q="bakery") == look(q="night") == ["Midnight bakery"]
    tracks.untag(Track.objects.filter(pk=track.pk), "night")
    assert look(q="tea") == look(q="night") == []


def test_other_projects_are_not_searched(look, make_track, stranger):
    make_track("Secret sauce", project=stranger.personal_project, author=stranger)
    assert look() == look(q="secret") == []


# --- facets ---


@pytest.fixture
def facets(user_client, project):
    def _facets(**asked) -> dict[str, dict[str, int]]:
        found = user_client.get(f"/projects/{project.public_id}/", asked, headers=LIST).context["facets"]
        return {facet.name: {choice.value: choice.count.value for choice in facet.choices} for facet in found}

    return _facets


def test_every_choice_says_how_many_tracks_it_would_show_and_shows_them(facets, look, shelf, user):
    Star.objects.create(user=user, track=shelf[0])
    counted = facets()
    assert set(counted) == {"starred", "model", "tag", "length", "tempo", "findings"}
    for name, choices in counted.items():
        for value, count in choices.items():
            assert len(look(**{name: value})) == count > 0
    assert counted["model"] == {COMPOSER: 3, POLL: 1}
    assert counted["tag"] == {"cooking": 1}


def test_counts_follow_the_other_facets_and_the_search_but_not_their_own(facets, shelf):
    assert facets(model=POLL)["model"] == {COMPOSER: 3, POLL: 1}
    assert facets(tempo="slow")["length"] == {"short": 1, "medium": 1}
    assert facets(model=COMPOSER)["length"] == {"short": 2, "medium": 1}
    assert facets(q="piano", model=COMPOSER)["model"] == {COMPOSER: 1}


def test_facets_narrow_together(look, shelf):
    assert look(model=COMPOSER, tempo="slow", sort="title") == ["Rain on the Window", "Tea time"]
    assert look(model=COMPOSER, tempo="slow", length="medium") == ["Tea time"]
    assert look(model=POLL, tempo="slow") == []


def test_stars_are_everyones_own(look, shelf, stranger):
    Star.objects.create(user=stranger, track=shelf[0])
    assert look(starred="1") == []


def test_a_tag_counts_each_track_once_and_only_those_shown(facets, make_track):
    for number in range(3):
        make_track(f"Track {number}", model=POLL if number else COMPOSER)
    tracks.tag(Track.objects.all(), "calm")
    tracks.tag(Track.objects.all(), "warm")
    assert facets()["tag"] == {"calm": 3, "warm": 3}
    assert facets(model=COMPOSER)["tag"] == {"calm": 1, "warm": 1}


def test_tracks_in_the_bin_are_neither_shown_nor_counted(facets, look, shelf, user):
    tracks.trash_tracks(Track.objects.filter(model_key=POLL), user)
    assert "Run!" not in look()
    assert facets()["length"] == {"short": 2, "medium": 1}


def test_the_address_holds_the_whole_filter(user_client, project, shelf):
    asked = {"q": "piano", "tempo": "slow", "sort": "title"}
    reply = user_client.get(f"/projects/{project.public_id}/", asked, headers=LIST)
    assert reply.headers["HX-Push-Url"] == f"/projects/{project.public_id}/?q=piano&sort=title&tempo=slow"
    again = user_client.get(reply.headers["HX-Push-Url"])
    assert [track.title for track in again.context["page"].tracks] == ["Rain on the Window"]
    assert b'value="piano"' in again.content
    assert b'name="tempo" value="slow"' in again.content


def test_typing_replaces_the_address_so_that_back_leaves_the_search(user_client, project, shelf):
    typing = LIST | {
        "HX-Trigger": "search-form",
        "HX-Current-URL": f"http://testserver/projects/{project.public_id}/?q=pi",
    }
    reply = user_client.get(f"/projects/{project.public_id}/", {"q": "pia"}, headers=typing)
    assert reply.headers["HX-Replace-Url"] == f"/projects/{project.public_id}/?q=pia"
    assert "HX-Push-Url" not in reply.headers


def test_a_filter_that_fits_nothing_says_so_and_can_be_cleared(user_client, project, track):
    shown = user_client.get(f"/projects/{project.public_id}/", {"q": "nowhere"}).content
    assert b'id="no-match"' in shown
    assert b"data-clear" in shown


def test_an_empty_library_says_what_to_do_next(user_client, project):
    assert b'id="first-track"' in user_client.get(f"/projects/{project.public_id}/").content


# --- sorting and paging ---

TIES = [("Same", 1000, 90.0)] * 6 + [("Other", 2000, None)] * 5 + [(f"T{n}", 500 * n, 60.0 + n) for n in range(9)]


@pytest.fixture
def many(make_track):
    """Twenty tracks with ties in every column, four of them with the same time."""
    made = [make_track(title, length_ms=length, bpm=bpm) for title, length, bpm in TIES]
    Track.objects.filter(pk__in=[track.pk for track in made[3:7]]).update(created_at=made[3].created_at)
    return made


def test_paging_walks_every_track_exactly_once_in_every_order(user_client, project, many, monkeypatch):
    monkeypatch.setattr("generator.http.library_query.PAGE_SIZE", 3)
    for sort in SORTS:
        whole = (
            user_client.get(f"/projects/{project.public_id}/tracks/", {"sort": sort, "rows": "480"})
            .context["page"]
            .tracks
        )
        query, walked = f"sort={sort}&rows=1", []
        while query:
            page = user_client.get(f"/projects/{project.public_id}/tracks/?{query}").context["page"]
            walked += [track.pk for track in page.tracks]
            query = page.next_query
        assert walked == [track.pk for track in whole], sort
        assert sorted(walked) == sorted(track.pk for track in many), sort


def test_the_orders_are_what_they_say(look, make_track):
    make_track("b", length_ms=2000, bpm=None)
    make_track("a", length_ms=1000, bpm=100.0)
    make_track("c", length_ms=3000, bpm=80.0)
    assert look() == look(sort="newest") == ["c", "a", "b"]
    assert look(sort="oldest") == ["b", "a", "c"]
    assert look(sort="title") == ["a", "b", "c"]
    assert look(sort="longest") == ["c", "b", "a"]
    assert look(sort="shortest") == ["a", "b", "c"]
    assert look(sort="fastest") == ["a", "c", "b"]
    assert look(sort="slowest") == ["b", "c", "a"]


def test_a_track_that_comes_or_goes_while_one_scrolls_moves_no_other(
    user_client, project, many, make_track, monkeypatch
):
    monkeypatch.setattr("generator.http.library_query.PAGE_SIZE", 3)
    page = user_client.get(f"/projects/{project.public_id}/tracks/?sort=title").context["page"]
    seen = list(page.tracks)
    make_track("A newcomer before all that was shown")
    page.tracks[0].delete()
    while page.next_query:
        page = user_client.get(f"/projects/{project.public_id}/tracks/?{page.next_query}").context["page"]
        seen += page.tracks
    assert sorted(track.title for track in seen) == sorted(track.title for track in many)


def cursor(*parts) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode().rstrip("=")


NONSENSE_CURSORS = [
    "nonsense", "%%%", "é", "[]", cursor(), cursor(1), cursor(1, 2, 3), cursor(None, None), cursor("x", "y"),
    cursor([], {}), cursor(float("nan"), 1), cursor(float("inf"), 1), cursor(1, float("inf")),
    cursor(10**400, 10**400), cursor("2026-99-99", 1), cursor("2026-01-01", 1), cursor("a\x00b", 1),
    cursor("\ud800", 1), cursor(5, 10**30), cursor(-(10**30), -1), cursor("9999-12-31T23:59:59.999999+00:00", 1),
    cursor("0001-01-01T00:00:00+14:00", 1), cursor(True, False), base64.urlsafe_b64encode(b"[" * 3000).decode(),
]  # fmt: skip


@pytest.mark.parametrize("sort", ["newest", "title", "longest", "fastest"])  # one for each kind of column
def test_nonsense_cursors_are_harmless(user_client, project, track, sort):
    for after in NONSENSE_CURSORS:
        assert (
            user_client.get(f"/projects/{project.public_id}/tracks/", {"sort": sort, "after": after}).status_code == 200
        ), after
    assert (
        user_client.get(f"/projects/{project.public_id}/", {"sort": sort, "after": NONSENSE_CURSORS[0]}).status_code
        == 200
    )


NONSENSE_FILTERS = [
    {"sort": "price"}, {"sort": "-id"}, {"starred": "0"}, {"starred": "x"}, {"model": "x"}, {"author": "me"},
    {"author": "9" * 40}, {"author": "-1"}, {"author": "٣"}, {"tag": "💿" * 200}, {"length": "endless"},
    {"tempo": "rubato"}, {"key": "H dur"}, {"findings": "maybe"}, {"rows": "-5"}, {"rows": "9" * 9}, {"rows": "x"},
    {"q": "a" * 5000}, {"unknown": "1"},
]  # fmt: skip


def test_nonsense_in_the_address_still_shows_a_list(user_client, project, track):
    for asked in NONSENSE_FILTERS:
        for headers in ({}, LIST):
            assert user_client.get(f"/projects/{project.public_id}/", asked, headers=headers).status_code == 200, asked
        assert user_client.get(f"/projects/{project.public_id}/tracks/", asked).status_code == 200, asked


@pytest.mark.parametrize("name", ["q", "tag", "model", "key", "author", "after", "again", "sort\x00"])
def test_a_nul_in_the_address_is_turned_away_in_words(user_client, project, name):
    reply = user_client.get(f"/projects/{project.public_id}/", {name: "a\x00b"})
    assert reply.status_code == 400
    assert b"character that cannot be stored" in reply.content


@pytest.mark.parametrize("unknown", [{"starred": "0"}, {"findings": "0"}, {"length": "endless"}, {"author": "me"}])
def test_a_filter_that_is_not_understood_hides_nothing(look, track, unknown):
    assert look(**unknown) == ["Tea time"]
