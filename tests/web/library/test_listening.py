"""Rows are marked as new for each person until that person has heard or opened them."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.models import Generation, Heard, Track

LIST = {"HX-Request": "true", "HX-Target": "library-list"}


@pytest.fixture
def marked(client, project):
    """Return the titles that are marked as new for the person who is signed in."""

    def _marked(person) -> set[str]:
        client.force_login(person)
        reply = client.get(f"/projects/{project.public_id}/", headers=LIST)
        shown = reply.content.decode()
        found = {track.title for track in reply.context["page"].tracks if track.is_new}
        assert shown.count('class="new-mark"') == len(found)
        return found

    return _marked


def test_new_until_heard_by_each(client, marked, user, member, make_track):
    viewer = member("viewer")
    track = make_track("Tea time")
    assert marked(user) == marked(viewer) == {"Tea time"}
    assert client.post(f"/tracks/{track.public_id}/played/").status_code == 204
    assert client.post(f"/tracks/{track.public_id}/played/").status_code == 204
    assert (marked(viewer), marked(user)) == (set(), {"Tea time"})
    assert Heard.objects.count() == 1


def test_opening_a_track_counts(client, marked, user, make_track):
    track = make_track("Tea time")
    assert marked(user) == {"Tea time"}
    client.get(track.get_absolute_url())
    assert marked(user) == set()


def test_a_member_who_joins_does_not_find_everything_new(marked, member, make_track):
    make_track("Before", created_at=timezone.now() - dt.timedelta(hours=1))
    newcomer = member("editor")
    make_track("After")
    assert marked(newcomer) == {"After"}


def test_many_can_be_marked_as_heard_by_a_viewer_too(client, marked, member, project, make_track):
    viewer = member("viewer")
    tracks = [make_track(f"Number {number}") for number in range(3)]
    assert len(marked(viewer)) == 3
    sent = {"action": "hear", "track": [track.public_id for track in tracks[:2]]}
    client.post(f"/projects/{project.public_id}/bulk/", sent)
    assert marked(viewer) == {"Number 2"}


def test_marks_and_brackets_cost_no_query_per_row(user_client, project, make_track):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            user_client.get(f"/projects/{project.public_id}/", headers=LIST)
        return len(asked)

    make_track("One")
    queries()
    few = queries()
    for number in range(12):
        make_track(f"Number {number}")
    assert queries() == few


MAX_PAGE_QUERIES = 15  # session and person included; a card of something ready costs three more


def test_the_page_of_a_library_takes_few_queries(user_client, project, make_track):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            user_client.get(f"/projects/{project.public_id}/")
        return len(asked)

    for number in range(3):
        make_track(f"Number {number}")
    queries()
    assert queries() <= MAX_PAGE_QUERIES + 3
    Generation.objects.update(dismissed_at=timezone.now())
    assert queries() <= MAX_PAGE_QUERIES


def test_the_mark_says_nothing_to_strangers(client, track, stranger):
    client.force_login(stranger)
    assert client.post(f"/tracks/{track.public_id}/played/").status_code == 404
    assert not Heard.objects.exists()
    assert Track.objects.count() == 1
