"""Which events are written, and when: none that was rolled back, every one that was committed."""

import pytest
from django.db import transaction

from generator.currency import dollars
from generator.models import Budget, Edit, Generation, Pack, PrivateTrack, State, Track, WebhookDelivery
from generator.services.finishing import edits
from generator.services.generation import cancellation, comparisons, completion, states
from generator.services.library import approvals
from generator.services.packs import packs
from generator.services.packs.contents import Contents
from generator.services.team import projects
from generator.services.webhooks import delivery, endpoints
from tests.conftest import POLL, STREAM, ended

pytestmark = pytest.mark.usefixtures("fast_polling")


def told(receiver, opened) -> list[dict]:
    return [opened(seen) for seen in receiver.seen]


def test_a_generation_that_ends_well_is_told_take_by_take(fake, ask, hook, receiver, opened, run_background):
    generation = ended(ask("rain on tin", takes=2), run_background)
    said = told(receiver, opened)
    assert sorted(one["type"] for one in said) == ["generation.ready", "track.created", "track.created"]
    takes = [one["data"]["track"] for one in said if one["type"] == "track.created"]
    assert {one["id"] for one in takes} == set(generation.tracks.values_list("public_id", flat=True))
    done = next(one["data"] for one in said if one["type"] == "generation.ready")
    assert done["project"] == {"id": generation.project.public_id, "name": generation.project.name}
    assert done["generation"]["id"] == generation.public_id
    assert len(done["generation"]["tracks"]) == 2


def test_the_addresses_it_gives_play_without_a_key(fake, ask, hook, receiver, opened, run_background, client, settings):
    settings.ALLOWED_HOSTS = ["studio.example"]
    ended(ask(), run_background)
    track = next(one["data"]["track"] for one in told(receiver, opened) if one["type"] == "track.created")
    address = track["audio_url"]
    assert address.startswith("https://studio.example/o/")
    reply = client.get(address.removeprefix("https://studio.example"), headers={"host": "studio.example"})
    assert reply.status_code == 200
    assert b"".join(reply)[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("script", "event", "state"),
    [
        ({"submit": "reject"}, "generation.failed", State.FAILED),
        ({"end": "failed"}, "generation.failed", State.FAILED),
    ],
)
def test_a_generation_that_fails_is_told_with_the_sentence(
    fake, ask, hook, receiver, opened, run_background, script, event, state
):
    vars(fake.script).update(script)
    generation = ended(ask(model=POLL), run_background, state)
    (said,) = told(receiver, opened)
    assert said["type"] == event
    assert said["data"]["generation"]["error"]["message"] == generation.error_message


def test_doubt_is_told(ask, hook, receiver, opened):
    generation = ask(model=STREAM)
    states.advance(generation, State.SUBMITTING, "Being sent")
    states.advance(generation, State.IN_DOUBT, "No answer", sources=[State.SUBMITTING])
    delivery.run()
    assert [one["type"] for one in told(receiver, opened)] == ["generation.in_doubt"]


def test_a_cancelled_one_is_told(ask, hook, receiver, opened, run_background, user):
    cancellation.cancel(ask(), user)
    run_background()
    assert [one["type"] for one in told(receiver, opened)] == ["generation.canceled"]


def test_what_is_rolled_back_is_not_told(ask, hook, user):
    generation = ask()
    with transaction.atomic():
        completion.cancel(generation, user, "Cancelled")
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_whoever_loses_a_race_tells_nothing(ask, hook, user):
    generation = ask()
    twin = Generation.objects.get(pk=generation.pk)
    assert completion.cancel(generation, user, "Cancelled")
    assert not completion.cancel(twin, user, "Cancelled")
    assert WebhookDelivery.objects.count() == 1


def test_approvals_are_told(hook, track, user, receiver, opened, run_background):
    approvals.approve(track, user)
    approvals.withdraw(track, user)
    run_background()
    said = {one["type"]: one["data"] for one in told(receiver, opened)}  # in any order
    assert set(said) == {"track.approved", "track.approval_withdrawn"}
    assert {one["track"]["id"] for one in said.values()} == {track.public_id}
    assert said["track.approved"]["actor"] == user.label


def test_a_cap_that_fills_up_is_told(hook, ask, project, priced, receiver, opened):
    priced(POLL, "1.00")
    Budget.objects.create(project=project, cap=dollars("1.20"))
    ask(model=POLL)
    delivery.run()
    (said,) = [one for one in told(receiver, opened) if one["type"] == "budget.alert"]
    assert said["data"]["budget"] | {"target": ""} == {
        "target": "", "percent": 80, "currency": "USD",
        "amount": "1.200000", "used": "1.000000", "remaining": "0.200000",
    }  # fmt: skip


def test_a_persons_own_cap_is_nobody_elses(hook, ask, user, priced):
    priced(POLL, "1.00")
    Budget.objects.create(user=user, cap=dollars("1.20"))
    ask(model=POLL)
    assert not WebhookDelivery.objects.filter(event="budget.alert").exists()


def test_only_what_is_wanted_is_told(hook, ask, user, receiver):
    endpoints.change(hook, user, "edit suite", hook.url, ["generation.ready"])
    cancellation.cancel(ask(), user)
    assert not WebhookDelivery.objects.exists()


def test_another_projects_webhook_hears_nothing(hook, ask, user, stranger):
    elsewhere = projects.start("Elsewhere", user)
    cancellation.cancel(ask(project=elsewhere), user)
    assert not WebhookDelivery.objects.exists()


def test_a_track_that_turned_private_is_told_by_its_id_alone(hook, track, user, receiver, opened, run_background):
    approvals.approve(track, user)
    PrivateTrack.objects.create(track=track, author=user)
    run_background()
    (said,) = told(receiver, opened)
    assert said["data"]["track"] == {"id": track.public_id}
    assert said["data"]["generation"] == {"id": track.generation.public_id}


def test_a_blind_candidate_does_not_say_who_makes_it(hook, user, project, receiver):
    asked = {"text": "rain", "takes": 1, "format": "wav", "raw": {}, "idempotency_key": "blind"}
    compared = comparisons.submit_many(user=user, project=project, model_keys=(POLL, STREAM), **asked)
    assert compared.is_blind
    one = compared.generations.first()
    states.advance(one, State.CANCELLED, "Cancelled", sources=[State.QUEUED])
    delivery.run()
    assert one.model.key not in receiver.seen[0].body.decode()
    assert one.model.title not in receiver.seen[0].body.decode()


# --- packs and edits ---


FULL_LENGTH = Contents("streaming", (), ("full",), ("wav",))


def request_pack(user, project, run_background) -> Pack:
    pack = packs.create(user, project, Track.objects.filter(project=project), "editor", FULL_LENGTH, "Handover")
    run_background()
    return pack


def test_a_pack_is_announced_as_the_api_shows_it(hook, user, project, track, receiver, opened, run_background):
    pack = request_pack(user, project, run_background)
    (message,) = told(receiver, opened)
    assert (message["type"], message["data"]["pack"]["id"]) == ("pack.ready", pack.public_id)
    shown = message["data"]["pack"]
    assert (shown["state"], shown["title"], shown["tracks"][0]["track"]) == ("ready", "Handover", track.public_id)
    assert shown["url"].startswith("https://studio.example/api/v1/packs/")


def test_a_failed_pack_is_announced_with_the_reason(hook, user, project, make_track, receiver, opened, run_background):
    make_track(file="00/missing.wav")
    request_pack(user, project, run_background)
    (message,) = told(receiver, opened)
    assert (message["type"], message["data"]["pack"]["error_code"]) == ("pack.failed", "nothing_made")


def test_of_a_pack_with_a_private_track_only_the_id_is_sent(
    hook, user, project, track, receiver, opened, run_background
):
    PrivateTrack.objects.create(track=track, author=user)
    pack = request_pack(user, project, run_background)
    (message,) = told(receiver, opened)
    assert message["data"]["pack"] == {"id": pack.public_id}


def test_saved_edits_are_announced_and_drafts_are_not(hook, user, track, receiver, opened, run_background):
    recipe = {"version": 1, "steps": [{"step": "fades", "in_s": 0.1}]}
    draft = edits.preview(user, track, recipe)
    run_background()
    assert told(receiver, opened) == []
    edits.save(user, draft, "Faded", [{"format": "flac"}])
    run_background()
    (message,) = told(receiver, opened)
    assert (message["type"], message["data"]["edit"]["id"]) == ("edit.ready", draft.public_id)
    assert [file["format"]["format"] for file in message["data"]["edit"]["files"]] == ["flac"]


def test_an_edit_that_fails_is_announced(hook, user, track, receiver, opened, run_background):
    edit = edits.preview(user, track, {"version": 1, "steps": [{"step": "fades", "in_s": 0.1}]})
    edits.save(user, edit, "Faded", [{"format": "flac"}])
    Track.objects.filter(pk=track.pk).update(file="00/missing.wav")
    run_background()
    assert Edit.objects.get().error_code == "source_gone"
    (message,) = told(receiver, opened)
    assert (message["type"], message["data"]["edit"]["error_code"]) == ("edit.failed", "source_gone")
