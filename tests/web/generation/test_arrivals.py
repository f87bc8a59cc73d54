"""Arrival: places in the list for takes under way, the card of takes that are ready, and takes of one run together."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from generator.models import Comparison, Generation, State, Track
from generator.services.library import tracks, transfer
from generator.web.generation import arrivals
from tests.web.generation.test_running import put

HTMX = {"HX-Request": "true", "HX-Target": "running"}
LIST = {"HX-Request": "true", "HX-Target": "library-list"}


@pytest.fixture
def arrive(ask, make_track):
    """Finish a run with its takes: `arrive(takes=2)`."""

    def _arrive(text: str = "warm lo-fi", takes: int = 2, **changes) -> Generation:
        run = ask(text, takes=takes, **changes)
        for take in range(1, takes + 1):
            make_track(f"{text} {take}", generation=run, take=take, author=run.author, project=run.project)
        return put(run, State.READY, finished_at=timezone.now())

    return _arrive


@pytest.fixture
def cards(user_client, project):
    """Return the generations with a ready card, newest first."""

    def _cards(client=user_client, **asked) -> list[str]:
        shown = client.get(f"/projects/{project.public_id}/running/", asked, headers=HTMX).content.decode()
        return re.findall(r'class="job job-ready" id="job-(\w+)"', shown)

    return _cards


@pytest.fixture
def rows(user_client, project):
    """Return the rows of the list as (kind, is tied to the row before)."""

    def _rows(**asked) -> list[tuple[str, bool]]:
        shown = user_client.get(f"/projects/{project.public_id}/", asked, headers=LIST).content.decode()
        classes = re.findall(r'<li class="(track[^"]*)" id', shown)
        found = [one.split() for one in classes if one != "tracks-more"]
        return [("place" if "track-place" in names else "track", "is-tied" in names) for names in found]

    return _rows


# --- the ready card ---


def test_a_run_that_becomes_ready_while_its_cards_are_read_has_one_card(
    arrive, ask, make_track, user_client, project, monkeypatch
):
    other = arrive()  # so that there are ready runs to read
    run = ask("warm lo-fi")
    read_ready_runs = arrivals.ready

    def end_the_run_and_read(*asked):
        put(run, State.READY, finished_at=timezone.now())
        return read_ready_runs(*asked)

    make_track("warm lo-fi 1", generation=run, take=1, author=run.author, project=run.project)
    monkeypatch.setattr(arrivals, "ready", end_the_run_and_read)
    shown = user_client.get(f"/projects/{project.public_id}/running/", headers=HTMX).content.decode()
    assert re.findall(r'class="job (job-\w+)" id="job-(\w+)"', shown) == [
        ("job-ready", run.public_id),
        ("job-ready", other.public_id),
    ]


def test_a_ready_run_has_a_card_with_its_takes_and_its_cost(arrive, cards, user_client, project):
    run = arrive()
    assert cards() == [run.public_id]
    shown = user_client.get(f"/projects/{project.public_id}/").content.decode()
    card = re.search(rf'<article[^>]*id="job-{run.public_id}".*?</article>', shown, re.DOTALL)[0]
    assert card.count("data-src=") == 2
    assert 'data-cost="charged"' in card
    assert "$0.06" in card


def test_the_card_stays_until_a_take_was_heard(arrive, cards, user_client):
    run = arrive()
    assert cards() == cards() == [run.public_id]
    take = run.tracks.first()
    assert user_client.post(f"/tracks/{take.public_id}/played/").status_code == 204
    assert cards() == []
    assert cards(cards=run.public_id) == [run.public_id], "on a page that shows it, nothing moves"


def test_the_card_stays_until_it_is_dismissed(arrive, cards, user_client):
    run = arrive()
    user_client.post(f"/generations/{run.public_id}/dismiss/", headers=HTMX)
    assert cards() == cards(cards=run.public_id) == []


def test_only_who_requested_it_has_the_card(arrive, cards, member, client):
    run = arrive()
    client.force_login(member("editor"))
    assert cards(client) == cards(client, cards=run.public_id) == []


def test_earlier_runs_and_those_of_programs_have_none(arrive, cards, user):
    run = arrive()
    Generation.objects.filter(pk=run.pk).update(finished_at=user.heard_until - dt.timedelta(seconds=1))
    assert cards() == []


def test_what_was_thrown_away_or_copied_has_none(arrive, cards, user_client, user, project, make_track):
    run = arrive()
    Track.objects.filter(generation=run).update(trashed_at=timezone.now(), trashed_by=user)
    assert cards() == []
    track = make_track("Elsewhere", project=user.personal_project)
    transfer.copy(Track.objects.filter(pk=track.pk), project, user)
    assert cards() == []


def test_a_copy_of_what_was_heard_is_not_new(make_track, user, project):
    track = make_track("Elsewhere", project=user.personal_project)
    tracks.mark_heard(Track.objects.filter(pk=track.pk), user)
    transfer.copy(Track.objects.filter(pk=track.pk), project, user)
    assert not Track.objects.with_new(user).get(project=project).is_new


def test_cards_are_few_but_a_shown_one_stays(arrive, cards):
    runs = [arrive(f"number {number}").public_id for number in range(4)]
    assert cards() == runs[:1:-1]
    assert cards(cards=",".join(runs)) == runs[::-1]


# --- places in the list ---


def test_each_take_under_way_keeps_a_place_and_a_run_is_tied(ask, rows, make_track):
    run = ask(takes=3)
    make_track("Before", created_at=timezone.now() - dt.timedelta(days=1))
    assert rows() == [("place", False), ("place", True), ("place", True), ("track", False)]
    make_track("Take 1", generation=run, take=1)
    assert rows() == [("place", False), ("place", True), ("track", True), ("track", False)]


@pytest.mark.parametrize("asked", [{"q": "lo-fi"}, {"sort": "title"}, {"starred": "1"}])
def test_a_search_and_another_order_have_no_places(ask, rows, make_track, asked):
    make_track("Lo-fi")
    ask(takes=3)
    assert "place" not in {kind for kind, _ in rows(**asked)}


def test_what_ended_and_what_others_may_not_see_has_no_place(ask, rows, stranger):
    put(ask(takes=2), State.CANCELLED)
    ask(takes=2, project=stranger.personal_project, user=stranger)
    assert rows() == []


@pytest.fixture
def failures(user_client, project):
    """Return the failures that the list tells: `failures(held=…)`."""

    def _failures(**asked) -> list[str]:
        shown = user_client.get(f"/projects/{project.public_id}/", asked, headers=LIST).content.decode()
        return re.findall(r'id="place-(\w+)-\d+"\s+data-state="failed"', shown)

    return _failures


def test_a_failure_keeps_the_places_on_the_page_that_reserved_them(ask, rows, failures, user_client, project):
    run = ask(takes=3)
    page = user_client.get(f"/projects/{project.public_id}/", headers=LIST)
    assert page.context["held"] == run.public_id
    assert f"held={run.public_id}" in page.content.decode()
    put(run, State.FAILED)
    assert rows(held=run.public_id) == [("place", False), ("place", True), ("place", True)]
    assert failures(held=run.public_id) == [run.public_id], "it is told once"
    assert rows() == [("place", False)], "on the next visit, one row is enough"


def test_a_failure_stays_below_later_tracks_until_it_is_dismissed(ask, rows, failures, make_track, user_client):
    make_track("Before", generation=ask("before"))
    run = put(ask(takes=2), State.FAILED)
    make_track("After", generation=put(ask("after"), State.READY))
    Generation.objects.filter(prompt__text="before").update(state=State.READY)
    assert [kind for kind, _ in rows()] == ["track", "place", "track"]
    user_client.post(f"/generations/{run.public_id}/dismiss/", headers=HTMX)
    assert (failures(), [kind for kind, _ in rows()]) == ([], ["track", "track"])


def test_a_failure_can_be_tried_again_where_it_stands(ask, failures, user_client, project):
    run = put(ask(takes=2), State.FAILED)
    page = user_client.get(f"/projects/{project.public_id}/").content.decode()
    form = re.search(rf'<form id="place-retry-form-{run.public_id}".*?</form>', page, re.DOTALL)[0]
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert f'form="place-retry-form-{run.public_id}"' in page
    assert user_client.post(f"/generations/{run.public_id}/retry/", data).status_code == 302
    assert failures() == []
    assert Generation.objects.active().count() == 1


def test_a_viewer_sees_a_failure_without_its_buttons(ask, client, member, project):
    run = put(ask(), State.FAILED)
    client.force_login(member("viewer"))
    page = client.get(f"/projects/{project.public_id}/").content.decode()
    assert f'id="place-{run.public_id}-1"' in page
    assert f'id="place-retry-{run.public_id}"' not in page


def test_samples_leave_no_cards(ask, cards, make_track, user, project, user_client):
    run = ask(idempotency_key=f"sample-{project.public_id}-0")
    running_now = user_client.get(f"/projects/{project.public_id}/running/").context
    assert (running_now["jobs"], running_now["is_moving"], running_now["coming"]) == ([], True, run.takes_requested)
    make_track("Sample", generation=run)
    put(run, State.READY, finished_at=timezone.now())
    assert cards() == cards(cards=run.public_id) == []


def test_the_list_is_told_when_the_places_changed(ask, user_client, project):
    def events(**asked) -> str:
        reply = user_client.get(f"/projects/{project.public_id}/running/", {"known": "", **asked}, headers=HTMX)
        return reply.headers.get("HX-Trigger", "")

    ask(takes=2)
    assert "places-changed" in events(coming=0)
    assert events(coming=2) == ""


def test_takes_stay_tied_across_pages(user_client, project, ask, make_track):
    run = ask(takes=3)
    make_track("Before")
    for take in range(1, 4):
        make_track(f"Take {take}", generation=run, take=take)
    put(run, State.READY)
    for number in range(23):
        make_track(f"Later {number}")
    first = user_client.get(f"/projects/{project.public_id}/", headers=LIST).context["page"]
    assert [track.is_tied for track in first.tracks] == [False] * 24
    more = user_client.get(f"/projects/{project.public_id}/tracks/?{first.next_query}").context["page"]
    assert [(track.title, track.is_tied) for track in more.tracks] == [
        ("Take 2", True),
        ("Take 1", True),
        ("Before", False),
    ]


def test_candidates_are_tied_while_they_are_blind(user, project, make_track, ask):
    comparison = Comparison.objects.create(project=project, author=user, text="warm lo-fi", idempotency_key="c")
    runs = [ask(), ask("other")]
    for place, run in enumerate(runs):
        Generation.objects.filter(pk=run.pk).update(comparison=comparison, place=place, state=State.READY)
        make_track(f"Secret {place}", generation=Generation.objects.get(pk=run.pk))
    found = list(Track.objects.select_related("generation__comparison").order_by("-id"))
    arrivals.tie(found, None)
    assert [track.is_tied for track in found] == [False, True]
