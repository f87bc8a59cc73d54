"""Running work: the cards, and cancel, retry and dismiss: by whom, when, and with what message."""

import re

import pytest

from generator.currency import dollars
from generator.models import Budget, Generation, GenerationEvent, LedgerEntry, State
from generator.services.billing import ledger
from generator.services.generation import cancellation, completion
from tests.conftest import COMPOSER, POLL
from tests.refusals import code_of

HTMX = {"HX-Request": "true", "HX-Target": "running"}
DOORS = ("cancel", "retry", "dismiss")


def door(generation, name) -> str:
    return f"/generations/{generation.public_id}/{name}/"


def put(generation, state, **columns) -> Generation:
    """Put a generation into a state, as the background work would; ended ones are settled."""
    if state in State.ended():
        ledger.settle(generation, generation.takes_requested if state == State.READY else 0, "test")
    Generation.objects.filter(pk=generation.pk).update(state=state, **columns)
    generation.refresh_from_db()
    return generation


@pytest.fixture
def cards(user_client, project):
    """The running list as text."""

    def _cards(**asked) -> str:
        reply = user_client.get(f"/projects/{project.public_id}/running/", asked, headers=HTMX)
        assert reply.status_code == 200
        return reply.content.decode()

    return _cards


# --- permissions ---


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.parametrize(("role", "status"), [("owner", 302), ("editor", 302), ("viewer", 404), (None, 404)])
def test_owners_and_editors_may_and_to_others_it_does_not_exist(client, ask, member, stranger, name, role, status):
    generation = put(ask(), State.FAILED)
    client.force_login(member(role) if role else stranger)
    assert client.post(door(generation, name), {"idempotency_key": "again"}).status_code == status


@pytest.mark.parametrize("name", DOORS)
def test_a_link_does_nothing(user_client, ask, name):
    generation = ask()
    assert user_client.get(door(generation, name)).status_code == 405
    generation.refresh_from_db()
    assert (generation.state, generation.cancel_requested_at) == (State.QUEUED, None)


def test_a_viewer_sees_the_cards_without_their_buttons(client, ask, project, member):
    put(ask(), State.FAILED, error_message="It broke.")
    ask()
    client.force_login(member("viewer"))
    shown = client.get(f"/projects/{project.public_id}/running/", headers=HTMX).content
    assert b"It broke." in shown
    assert b"<button" not in shown


# --- cancel ---


def test_cancelling_in_the_queue_is_at_once_and_free(user_client, ask, project):
    generation = ask(takes=2)
    assert user_client.post(door(generation, "cancel")).url == f"/projects/{project.public_id}/"
    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert list(generation.entries.order_by("id").values_list("kind", flat=True)) == ["hold", "release"]
    shown = user_client.get(f"/projects/{project.public_id}/").content.decode()
    assert f'class="job job-cancelled" id="job-{generation.public_id}"' in shown
    assert 'data-cost="none"' in shown


def test_cancelling_what_was_sent_asks_and_says_that_it_may_still_cost(user_client, ask, cards):
    generation = put(ask(), State.RUNNING)
    user_client.post(door(generation, "cancel"), headers=HTMX)
    generation.refresh_from_db()
    assert generation.state == State.RUNNING
    assert generation.cancel_requested_at
    assert "Cancellation requested." in cards()
    assert (
        GenerationEvent.objects.filter(generation=generation, text__contains="may still finish and charge").count() == 1
    )


@pytest.mark.parametrize("state", State.ended())
def test_cancelling_too_late_says_so_and_changes_nothing(user_client, ask, project, state):
    generation = put(ask(), state)
    with_script = user_client.post(door(generation, "cancel"), headers=HTMX)
    assert code_of(with_script) == "already_finished"
    without = user_client.post(door(generation, "cancel"), follow=True)
    assert code_of(without) == "already_finished"
    generation.refresh_from_db()
    assert generation.state == state


# --- retry ---


def button_key(shown: str) -> str:
    return re.search(r'name="idempotency_key" value="([^"]+)"', shown)[1]


def test_trying_again_works_from_the_cards_own_button(user_client, ask, cards):
    generation = put(ask("sad trombone", takes=2), State.FAILED)
    shown = cards()
    assert "$0.06" in re.search(rf'<form id="retry-{generation.public_id}".*?</form>', shown, re.DOTALL)[0]
    reply = user_client.post(door(generation, "retry"), {"idempotency_key": button_key(shown)}, headers=HTMX)
    again = Generation.objects.get(parent=generation)
    assert (again.prompt.text, again.takes_requested, again.state) == ("sad trombone", 2, State.QUEUED)
    assert again.price_total == dollars("0.06")
    assert f'id="job-{again.public_id}"' in reply.content.decode()
    assert f'id="job-{generation.public_id}"' not in reply.content.decode(), "the failed one has made way"


def test_pressing_try_again_twice_pays_once(user_client, ask, cards):
    generation = put(ask(), State.FAILED)
    key = button_key(cards())
    for headers in (HTMX, {}):
        user_client.post(door(generation, "retry"), {"idempotency_key": key}, headers=headers)
    assert Generation.objects.filter(parent=generation).count() == 1


def test_trying_again_without_a_key_is_refused_in_words(user_client, ask):
    generation = put(ask(), State.FAILED)
    assert code_of(user_client.post(door(generation, "retry"), headers=HTMX)) == "form_expired"
    assert code_of(user_client.post(door(generation, "retry"), follow=True)) == "form_expired"
    assert Generation.objects.count() == 1


def test_trying_again_over_a_cap_says_which_and_keeps_the_card(user_client, ask, project, cards):
    generation = put(ask(), State.FAILED)
    Budget.objects.create(project=project, cap=0)
    reply = user_client.post(door(generation, "retry"), {"idempotency_key": "k"}, headers=HTMX)
    assert code_of(reply) == "budget_exceeded"
    assert f'id="job-{generation.public_id}"' in cards()
    assert LedgerEntry.objects.filter(kind="hold").count() == 1


def test_it_can_be_tried_with_another_model_instead(user_client, ask, cards, project):
    generation = put(ask("sad trombone"), State.FAILED)
    assert f"/projects/{project.public_id}/?again={generation.public_id}" in cards()


def test_what_is_unclear_is_neither_tried_again_nor_dismissed_from_the_card(ask, cards):
    generation = put(ask(), State.IN_DOUBT, error_message="No answer came.")
    shown = cards()
    assert re.search(r'data-cost="held">\s*\$0\.03', shown)
    assert f'id="retry-{generation.public_id}"' not in shown
    assert f'id="dismiss-{generation.public_id}"' not in shown


@pytest.mark.parametrize("state", [*State.active(), State.IN_DOUBT])
def test_what_may_still_deliver_is_not_paid_a_second_time(user_client, ask, cards, state):
    generation = put(ask(), state)
    reply = user_client.post(door(generation, "retry"), {"idempotency_key": "k"}, headers=HTMX)
    assert code_of(reply) == "not_finished"
    assert Generation.objects.count() == 1
    assert f'id="job-{generation.public_id}"' in cards()


# --- dismiss ---


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_dismissing_takes_the_card_away_for_everyone(user_client, ask, cards, state):
    generation = put(ask(), state)
    assert f'id="job-{generation.public_id}"' in cards()
    user_client.post(door(generation, "dismiss"), headers=HTMX)
    assert f'id="job-{generation.public_id}"' not in cards()


@pytest.mark.parametrize("state", [*State.active(), State.IN_DOUBT])
def test_work_under_way_cannot_be_dismissed(user_client, ask, cards, state):
    generation = put(ask(), state)
    user_client.post(door(generation, "dismiss"), headers=HTMX)
    assert f'id="job-{generation.public_id}"' in cards()


# --- the cards ---


def test_a_failure_that_names_its_cost_says_it_once(ask, cards):
    put(ask(), State.FAILED, error_message="The provider refused this text. You were not charged.")
    assert cards().count("not charged") == 1


def test_a_failure_says_what_happened_what_it_cost_and_keeps_their_words_one_click_away(ask, cards):
    generation = put(ask(), State.FAILED, error_message="The provider refused this text.", provider_message="E42 <bad>")
    shown = cards()
    assert "The provider refused this text." in shown
    assert 'data-cost="none"' in shown
    words = re.search(rf'<details[^>]*id="words-{generation.public_id}">.*?</details>', shown, re.DOTALL)[0]
    assert re.search(r"<pre[^>]*>E42 &lt;bad&gt;</pre>", words)


def test_a_cancelled_run_with_a_take_says_what_was_charged(ask, cards, make_track, user):
    generation = ask(takes=2)
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING)
    make_track(generation=generation)
    generation.refresh_from_db()
    assert completion.cancel(generation, user, "Cancelled")
    assert re.search(r'data-cost="charged">[^<]*\$0\.03', cards())


def test_work_under_way_shows_place_stage_and_percent_and_asks_again_by_itself(ask, cards):
    ask()
    second = ask("the second")
    assert "Queued: 1 generation ahead." in cards()
    put(second, State.RUNNING, stage="Mixing", percent=40)
    shown = " ".join(cards().split())
    assert "Mixing · 40%" in shown
    assert 'data-percent="20"' in shown, "the mean of both, for the tab's title"
    assert "every 1s" in shown


def test_without_work_under_way_nothing_is_asked(ask, cards):
    put(ask(), State.FAILED)
    assert "every 1s" not in cards()


def test_a_finished_take_can_be_played_before_its_siblings_are_done(ask, cards, make_track):
    generation = put(ask(takes=2), State.COLLECTING)
    track = make_track(generation=generation)
    shown = cards()
    assert f'data-src="/tracks/{track.public_id}/audio"' in shown
    assert "Take 1" in shown


def test_the_list_is_told_when_tracks_have_come(user_client, project, track):
    def asked(known):
        return user_client.get(f"/projects/{project.public_id}/running/", {"known": known}, headers=HTMX).headers.get(
            "HX-Trigger", ""
        )

    assert "library-changed" in asked("0")
    assert "library-changed" in asked("nonsense")
    assert asked(track.public_id) == ""


def test_a_hundred_ended_runs_leave_room_for_those_under_way(ask, cards):
    under_way = ask(model=COMPOSER)
    for number in range(35):
        put(ask(f"number {number}", model=COMPOSER), State.FAILED)
    shown = cards()
    assert f'id="job-{under_way.public_id}"' in shown
    assert shown.count("<article") == 30


def test_another_projects_work_is_not_shown(ask, cards, stranger):
    ask("secret brief", project=stranger.personal_project, user=stranger, model=POLL)
    assert "secret brief" not in cards()


def test_dismissing_is_not_undone_by_reloading(user_client, ask, project):
    generation = put(ask("never mind"), State.FAILED)
    cancellation.dismiss(generation)
    assert b"never mind" not in user_client.get(f"/projects/{project.public_id}/").content
