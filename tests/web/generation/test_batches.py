"""A show kit and several briefs: one press, one price, all or nothing, and one line of progress."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generator.currency import dollars
from generator.models import Batch, Budget, Generation, LedgerEntry, State
from tests.conftest import COMPOSER, POLL
from tests.refusals import code_of
from tests.web.generation.test_running import put

KIT = {"text": "warm lo-fi", "model": COMPOSER, "takes": "2", "format": "wav", "idempotency_key": "k", "kit_price": "0"}
CSV = 'prompt,length,style,takes\nwarm opener,0:15,Lo-fi hip-hop,2\n"calm, quiet bed",2:00,ambient,1\nbright outro,10,,'


@pytest.fixture
def send(user_client, project):
    """Post the page of several briefs: `send("a\\nb", send="1")`."""

    def _send(lines: str, **more):
        data = {"lines": lines, "model": COMPOSER, "takes": "1", "idempotency_key": "k"} | more
        return user_client.post(f"/projects/{project.public_id}/briefs/", data)

    return _send


def press_kit(user_client, project, **changes):
    return user_client.post(f"/projects/{project.public_id}/kit/", KIT | changes)


# --- show kit ---


def test_a_kit_is_three_pieces_of_one_seed(user_client, project):
    assert press_kit(user_client, project).status_code == 302
    intro, bed, outro = (item.generation for item in Batch.objects.get().items.select_related("generation__prompt"))
    seeds = {run.prompt.settings["seed"] for run in (intro, bed, outro)}
    assert len(seeds) == 1
    assert (intro.prompt.settings["length"], outro.prompt.settings["length"]) == (12.0, 8.0)
    assert bed.prompt.settings["bed"] is True
    assert {run.prompt.text for run in (intro, bed, outro)} == {"warm lo-fi"}


def test_a_kit_keeps_the_seed_and_settings_of_the_form(user_client, project):
    press_kit(user_client, project, seed="0", bpm="95", length="45")
    settings = [run.prompt.settings for run in Generation.objects.order_by("id")]
    assert [one["seed"] for one in settings] == [0, 0, 0]
    assert [one["bpm"] for one in settings] == [95.0] * 3
    assert settings[1]["length"] == 45.0


def test_a_kit_pressed_twice_is_one(user_client, project):
    press_kit(user_client, project)
    press_kit(user_client, project)
    assert Generation.objects.count() == 3


def test_a_refused_kit_makes_nothing_and_keeps_the_form(user_client, project):
    reply = press_kit(user_client, project, bpm="9")
    assert (reply.status_code, code_of(reply)) == (422, "out_of_range")
    assert reply.context["form"].text == "warm lo-fi"
    assert not Generation.objects.exists()


def test_a_kit_is_offered_for_the_composer_only(user_client, project):
    def shown(model: str) -> str:
        return user_client.post(
            f"/projects/{project.public_id}/create/", {"model": model, "text": "x"}
        ).content.decode()

    assert 'id="make-kit"' in shown(COMPOSER)
    assert 'id="make-kit"' not in shown(POLL)


# --- several briefs ---


def test_lines_of_csv_are_shown_as_understood_with_one_price(send):
    read = send(CSV).context["read"]
    assert [line.error for line in read.lines] == ["", "", ""]
    assert [line.number for line in read.lines] == [2, 3, 4]
    assert [item.settings.get("length") for item in read.items] == [15.0, 120.0, 10.0]
    assert [item.settings.get("style") for item in read.items] == ["lofi", "ambient", None]
    assert ([item.takes for item in read.items], read.takes) == ([2, 1, 1], 4)
    assert not Generation.objects.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_other_delimiters_and_names_of_columns_are_read(send, delimiter):
    read = send(delimiter.join(("Text", "Tempo")) + "\n" + delimiter.join(("warm", "95"))).context["read"]
    assert read.items[0].settings["bpm"] == 95.0


def test_plain_lines_are_prompts(send):
    read = send("warm, calm\r\n\r\nbright, 20 s").context["read"]
    assert [(line.number, line.text) for line in read.lines] == [(1, "warm, calm"), (3, "bright, 20 s")]


def test_each_wrong_line_says_why_and_nothing_is_sent(send):
    reply = send("prompt,length,takes\nwarm,4x,1\n,10,1\ncalm,10,9\nfine,10,1", send="1")
    assert (reply.status_code, reply.context["error"].code) == (422, "invalid")
    codes = [line.code for line in reply.context["read"].lines]
    assert codes == ["invalid_duration", "required", "out_of_range", ""]
    assert b'id="briefs-send"' not in reply.content
    assert not Generation.objects.exists()


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("prompt,colour\nx,red", "invalid"),
        ("x\n" * 51, "out_of_range"),
        ("x" * 100_001, "too_long"),
        ("", "out_of_range"),
    ],
    ids=["column", "lines", "characters", "empty"],
)
def test_a_list_beyond_reason_is_refused(send, lines, code):
    reply = send(lines, send="1")
    assert (reply.status_code, reply.context["error"].code) == (422, code)
    assert reply.context["text"] == lines


def test_all_are_held_at_the_shown_price_and_twice_is_once(send, user_client, project):
    shown = send("one\ntwo\nthree", model=POLL)
    assert shown.context["read"].quote.total == dollars("0.09")
    for _ in range(2):
        assert send("one\ntwo\nthree", model=POLL, send="1", expected_price="90000").status_code == 302
    assert list(LedgerEntry.objects.values_list("kind", "amount")) == [("hold", dollars("0.03"))] * 3
    page = user_client.get(f"/projects/{project.public_id}/").content.decode()
    assert re.search(r'id="batch-\w+"', page)
    assert 'id="job-' not in page


def test_another_price_than_shown_is_refused(send):
    reply = send("one\ntwo", model=POLL, send="1", expected_price="30000")
    assert (reply.status_code, reply.context["error"].code) == (409, "price_changed")
    assert not Generation.objects.exists()


def test_a_budget_holds_all_or_none(send, project):
    Budget.objects.create(project=project, cap=dollars("0.05"))
    reply = send("one\ntwo", model=POLL, send="1", expected_price="60000")
    assert (reply.status_code, reply.context["error"].code) == (422, "budget_exceeded")
    assert not Generation.objects.exists()
    assert not Batch.objects.exists()


def test_the_same_key_for_another_list_is_refused(send):
    send("one", send="1")
    assert send("two", send="1").context["error"].code == "key_reused"
    assert Generation.objects.count() == 1


def test_progress_counts_what_is_ready_and_a_failure_has_its_place_in_the_list(send, user_client, project):
    send("one\ntwo\nthree", send="1")
    first, second, _third = Generation.objects.order_by("id")
    Generation.objects.filter(pk=first.pk).update(state=State.READY)
    Generation.objects.filter(pk=second.pk).update(state=State.FAILED)
    page = user_client.get(f"/projects/{project.public_id}/running/")
    [progress] = page.context["batches"]
    assert (progress.ready, progress.failed, progress.total, progress.is_moving) == (1, 1, 3, True)
    assert 'id="job-' not in page.content.decode()
    listed = user_client.get(f"/projects/{project.public_id}/").content.decode()
    assert f'id="place-{second.public_id}-1"' in listed
    assert f'id="place-retry-form-{second.public_id}"' in listed


# --- the card of a batch that has ended ---


@pytest.fixture
def end(send, make_track):
    """Submit briefs and end them: `end(["ready", "failed"])` returns the batch; each ready one has a take."""

    def _end(states: list[str], **more) -> Batch:
        send("\n".join(f"brief {number}" for number in range(len(states))), send="1", **more)
        batch = Batch.objects.get()
        for item, state in zip(batch.items.select_related("generation"), states, strict=True):
            run = item.generation
            if state == State.READY:
                make_track(f"Take of {item.place}", generation=run, take=1)
            put(run, state, finished_at=timezone.now())
        return batch

    return _end


def cards(user_client, project, **asked):
    return user_client.get(f"/projects/{project.public_id}/running/", asked).context


def test_a_batch_that_has_ended_has_one_card_with_its_tracks_cost_and_failures(end, user_client, project):
    batch = end(["ready", "failed", "ready", "cancelled"], model=POLL)
    shown = cards(user_client, project)
    [card] = shown["ended_batches"]
    assert [track.title for track in card.tracks] == ["Take of 0", "Take of 2"]
    assert (card.progress.ready, card.progress.failed, card.progress.canceled) == (2, 1, 1)
    assert card.charged == dollars("0.06")
    assert (shown["jobs"], shown["batches"], shown["is_moving"]) == ([], [], False)
    page = user_client.get(f"/projects/{project.public_id}/").content.decode()
    article = re.search(rf'<article[^>]*id="batch-{batch.public_id}".*?</article>', page, re.DOTALL)[0]
    assert article.count("data-src=") == 2
    assert 'data-cost="charged"' in article
    assert f'data-run="{batch.public_id}"' in article


def test_the_card_of_a_batch_stays_until_a_take_was_heard(end, user_client, project):
    batch = end(["ready", "ready"])
    assert [card.batch for card in cards(user_client, project)["ended_batches"]] == [batch]
    track = cards(user_client, project)["ended_batches"][0].tracks[1]
    user_client.post(f"/tracks/{track.public_id}/played/")
    assert cards(user_client, project)["ended_batches"] == []
    shown = cards(user_client, project, cards=batch.public_id)
    assert [card.batch for card in shown["ended_batches"]] == [batch], "on a page that shows it, nothing moves"
    assert cards(user_client, project)["jobs"] == []


def test_dismissing_a_batch_dismisses_its_failures(end, user_client, project):
    batch = end(["failed", "failed"])
    [card] = cards(user_client, project)["ended_batches"]
    assert (card.tracks, card.progress.failed) == ([], 2)
    assert b'data-state="failed"' in user_client.get(f"/projects/{project.public_id}/").content
    assert user_client.post(f"/batches/{batch.public_id}/dismiss/").status_code == 302
    assert cards(user_client, project, cards=batch.public_id)["ended_batches"] == []
    assert b'data-state="failed"' not in user_client.get(f"/projects/{project.public_id}/").content


def test_a_batch_under_way_cannot_be_dismissed(send, user_client, project):
    send("one\ntwo", send="1")
    user_client.post(f"/batches/{Batch.objects.get().public_id}/dismiss/")
    assert Batch.objects.get().dismissed_at is None


def test_only_who_submitted_a_batch_has_its_card(end, client, project, member):
    end(["ready"])
    client.force_login(member("editor"))
    assert cards(client, project)["ended_batches"] == []


def test_the_cards_of_more_batches_need_no_more_queries(end, user_client, project, django_assert_max_num_queries):
    end(["ready", "ready", "failed"])
    with CaptureQueriesContext(connection) as few:
        cards(user_client, project)
    first = Batch.objects.get()
    for number in range(3):
        Batch.objects.create(project=project, author=first.author, kind="briefs", idempotency_key=str(number))
    with django_assert_max_num_queries(len(few)):
        cards(user_client, project)


def test_a_viewer_may_neither_see_nor_send(client, project, member):
    client.force_login(member("viewer"))
    assert client.get(f"/projects/{project.public_id}/briefs/").status_code == 403
    assert client.post(f"/projects/{project.public_id}/kit/", KIT).status_code == 403
