"""Running work: the cards, and cancel, try again and dismiss: who may, when, and what each says."""

import re

import pytest

from generator import workflow
from generator.models import Budget, Entry, Event, Generation, State
from generator.money import dollars
from generator.workflow import ending, money
from tests.conftest import COMPOSER, POLL

HTMX = {"HX-Request": "true", "HX-Target": "running"}
DOORS = ("cancel", "retry", "dismiss")


def door(generation, name) -> str:
    return f"/g/{generation.ref}/{name}/"


def put(generation, state, **columns) -> Generation:
    """Put a generation into a state, as the background would leave it; ended ones are settled."""
    if state in State.ended():
        money.settle(generation, generation.takes_asked if state == State.READY else 0, "test")
    Generation.objects.filter(pk=generation.pk).update(state=state, **columns)
    generation.refresh_from_db()
    return generation


@pytest.fixture
def cards(browser, project):
    """The running list as it stands, as text."""

    def _cards(**asked) -> str:
        reply = browser.get(f"/p/{project.ref}/running/", asked, headers=HTMX)
        assert reply.status_code == 200
        return reply.content.decode()

    return _cards


# --- who may ---


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(("role", "status"), [("owner", 302), ("editor", 302), ("viewer", 404), (None, 404)])
def test_owners_and_editors_may_and_to_others_it_does_not_exist(client, ask, member, stranger, name, role, status):
    generation = put(ask(), State.FAILED)
    client.force_login(member(role) if role else stranger)
    assert client.post(door(generation, name), {"idempotency_key": "again"}).status_code == status


@pytest.mark.parametrize("name", DOORS)
def test_a_link_does_nothing(browser, ask, name):
    generation = ask()
    assert browser.get(door(generation, name)).status_code == 405
    generation.refresh_from_db()
    assert (generation.state, generation.cancel_asked_at) == (State.QUEUED, None)


def test_a_viewer_sees_the_cards_without_their_buttons(client, ask, project, member):
    put(ask(), State.FAILED, error_sentence="It broke.")
    ask()
    client.force_login(member("viewer"))
    shown = client.get(f"/p/{project.ref}/running/", headers=HTMX).content
    assert b"It broke." in shown
    assert b"<button" not in shown


# --- cancel ---


def test_cancelling_in_the_queue_is_at_once_and_free(browser, ask, project):
    generation = ask(takes=2)
    assert browser.post(door(generation, "cancel")).url == f"/p/{project.ref}/"
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert list(generation.entries.order_by("id").values_list("kind", flat=True)) == ["hold", "release"]
    shown = browser.get(f"/p/{project.ref}/").content.decode()
    assert "Cancelled." in shown
    assert "It cost nothing." in shown


def test_cancelling_what_was_sent_asks_and_says_that_it_may_still_cost(browser, ask, cards):
    generation = put(ask(), State.RUNNING)
    browser.post(door(generation, "cancel"), headers=HTMX)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    assert generation.cancel_asked_at
    assert "Cancel asked for" in cards()
    assert Event.objects.filter(generation=generation, text__contains="may finish and charge").count() == 1


@pytest.mark.parametrize("state", State.ended())
def test_cancelling_too_late_says_so_and_changes_nothing(browser, ask, project, state):
    generation = put(ask(), state)
    with_script = browser.post(door(generation, "cancel"), headers=HTMX)
    assert "Too late to cancel" in with_script.headers["HX-Trigger"]
    without = browser.post(door(generation, "cancel"), follow=True)
    assert b"Too late to cancel" in without.content
    generation.refresh_from_db()
    assert generation.state == state


# --- try again ---


def button_key(shown: str) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', shown)[1]


def test_trying_again_works_from_the_cards_own_button(browser, ask, cards):
    generation = put(ask("sad trombone", takes=2), State.FAILED)
    shown = cards()
    assert "Try again · $0.06" in shown
    reply = browser.post(door(generation, "retry"), {"idempotency_key": button_key(shown)}, headers=HTMX)
    again = Generation.objects.get(again_of=generation)
    assert (again.prompt.text, again.takes_asked, again.state) == ("sad trombone", 2, State.QUEUED)
    assert again.held == dollars("0.06")
    assert f'id="job-{again.ref}"' in reply.content.decode()
    assert f'id="job-{generation.ref}"' not in reply.content.decode(), "the failed one has made way"


def test_pressing_try_again_twice_pays_once(browser, ask, cards):
    generation = put(ask(), State.FAILED)
    key = button_key(cards())
    for headers in (HTMX, {}):
        browser.post(door(generation, "retry"), {"idempotency_key": key}, headers=headers)
    assert Generation.objects.filter(again_of=generation).count() == 1


def test_trying_again_without_a_key_is_refused_in_words(browser, ask):
    generation = put(ask(), State.FAILED)
    assert "lost its key" in browser.post(door(generation, "retry"), headers=HTMX).headers["HX-Trigger"]
    assert b"lost its key" in browser.post(door(generation, "retry"), follow=True).content
    assert Generation.objects.count() == 1


def test_trying_again_over_a_cap_says_which_and_keeps_the_card(browser, ask, project, cards):
    generation = put(ask(), State.FAILED)
    Budget.objects.create(project=project, cap=0)
    reply = browser.post(door(generation, "retry"), {"idempotency_key": "k"}, headers=HTMX)
    assert "monthly cap on Kitchen stories" in reply.headers["HX-Trigger"]
    assert f'id="job-{generation.ref}"' in cards()
    assert Entry.objects.filter(kind="hold").count() == 1


def test_it_can_be_tried_with_another_model_instead(browser, ask, cards, project):
    generation = put(ask("sad trombone"), State.FAILED)
    assert f"/p/{project.ref}/?again={generation.ref}" in cards()


def test_what_is_unclear_is_neither_tried_again_nor_dismissed_from_the_card(ask, cards):
    put(ask(), State.IN_DOUBT, error_sentence="No answer came.")
    shown = cards()
    assert "$0.03 stays on hold until it is clear." in shown
    assert "Try again" not in shown
    assert "Dismiss" not in shown


@pytest.mark.parametrize("state", [*State.active(), State.IN_DOUBT])
def test_what_may_still_deliver_is_not_paid_a_second_time(browser, ask, cards, state):
    generation = put(ask(), state)
    reply = browser.post(door(generation, "retry"), {"idempotency_key": "k"}, headers=HTMX)
    assert "It has not ended yet." in reply.headers["HX-Trigger"]
    assert Generation.objects.count() == 1
    assert f'id="job-{generation.ref}"' in cards()


# --- dismiss ---


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_dismissing_takes_the_card_away_for_everyone(browser, ask, cards, state):
    generation = put(ask(), state)
    assert f'id="job-{generation.ref}"' in cards()
    browser.post(door(generation, "dismiss"), headers=HTMX)
    assert f'id="job-{generation.ref}"' not in cards()


@pytest.mark.parametrize("state", [*State.active(), State.IN_DOUBT])
def test_work_under_way_cannot_be_dismissed(browser, ask, cards, state):
    generation = put(ask(), state)
    browser.post(door(generation, "dismiss"), headers=HTMX)
    assert f'id="job-{generation.ref}"' in cards()


# --- the cards ---


def test_a_failure_says_what_happened_what_it_cost_and_keeps_their_words_one_click_away(ask, cards):
    put(ask(), State.FAILED, error_sentence="The provider refused this text.", provider_words="E42 <bad>")
    shown = cards()
    assert "The provider refused this text." in shown
    assert "It cost nothing." in shown
    assert re.search(r"<details[^>]*><summary>What the provider said</summary><pre[^>]*>E42 &lt;bad&gt;</pre>", shown)


def test_a_cancelled_run_with_a_take_says_what_was_charged(ask, cards, make_track, user):
    generation = ask(takes=2)
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING)
    make_track(generation=generation)
    generation.refresh_from_db()
    assert ending.cancel(generation, user, "Cancelled")
    assert "$0.03 was charged for what arrived." in cards()


def test_work_under_way_shows_place_stage_and_percent_and_asks_again_by_itself(ask, cards):
    ask()
    second = ask("the second")
    assert "Waiting its turn: 1 before it in the queue." in cards()
    put(second, State.RUNNING, stage="Mixing", percent=40)
    shown = cards()
    assert "Mixing · 40 %" in shown
    assert 'data-percent="20"' in shown, "the mean of both, for the tab's title"
    assert "every 1s" in shown


def test_without_work_under_way_nothing_is_asked(ask, cards):
    put(ask(), State.FAILED)
    assert "every 1s" not in cards()


def test_a_finished_take_can_be_played_before_its_siblings_are_done(ask, cards, make_track):
    generation = put(ask(takes=2), State.COLLECTING)
    track = make_track(generation=generation)
    shown = cards()
    assert f'data-src="/t/{track.ref}/audio"' in shown
    assert "Take 1" in shown


def test_the_list_is_told_when_tracks_have_come(browser, project, track):
    def asked(known):
        return browser.get(f"/p/{project.ref}/running/", {"known": known}, headers=HTMX).headers.get("HX-Trigger", "")

    assert "library-changed" in asked("0")
    assert "library-changed" in asked("nonsense")
    assert asked(track.ref) == ""


def test_a_hundred_ended_runs_leave_room_for_those_under_way(ask, cards):
    under_way = ask(model=COMPOSER)
    for number in range(35):
        put(ask(f"number {number}", model=COMPOSER), State.FAILED)
    shown = cards()
    assert f'id="job-{under_way.ref}"' in shown
    assert shown.count("<article") == 30


def test_another_projects_work_is_not_shown(ask, cards, stranger):
    ask("secret brief", project=stranger.personal_project, user=stranger, model=POLL)
    assert "secret brief" not in cards()


def test_dismissing_is_not_undone_by_reloading(browser, ask, project):
    generation = put(ask("never mind"), State.FAILED)
    workflow.dismiss(generation)
    assert b"never mind" not in browser.get(f"/p/{project.ref}/").content
