"""The model picker: what each model has done in the project, and the order that a person chose."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from generator.models import Comparison, Generation, MusicModel, State
from generator.services.billing import ledger
from generator.services.generation import comparisons
from generator.services.library import tracks
from tests.conftest import COMPOSER, POLL, STREAM


def live(client, project, **typed):
    cache.clear()  # the record is counted once a minute
    return client.post(reverse("create-live", args=[project.public_id]), typed, headers={"hx-request": "true"})


def keys(reply) -> list[str]:
    return [line.choice.spec.key for line in reply.context["form"].lines]


def line(reply, key=POLL):
    return next(line for line in reply.context["form"].lines if line.choice.spec.key == key)


@pytest.fixture
def delivered(ask, make_track):
    """Deliver one take of a model: `delivered(POLL, "0.05")`."""

    def _delivered(model=POLL, **changes):
        generation = ask(model=model, **changes)
        track = make_track(generation=generation)
        Generation.objects.filter(pk=generation.pk).update(state=State.READY, finished_at=timezone.now())
        ledger.settle(generation, 1, "done")
        return track

    return _delivered


def test_the_order_is_by_price_until_another_is_chosen(user_client, project, priced):
    priced(POLL, "0.05")
    assert keys(live(user_client, project)) == [COMPOSER, STREAM, POLL]
    assert keys(live(user_client, project, model_sort="no such order")) == [COMPOSER, STREAM, POLL]


def test_by_usual_time(user_client, project):
    MusicModel.objects.filter(key=POLL).update(usual_ms=1_000)
    MusicModel.objects.filter(key=STREAM).update(usual_ms=2_000)
    MusicModel.objects.filter(key=COMPOSER).update(usual_ms=1_000)  # per second of audio
    assert keys(live(user_client, project, model_sort="time")) == [POLL, STREAM, COMPOSER]


def test_by_what_a_kept_track_cost_with_the_unknown_ones_last(user_client, project, delivered, user):
    for _ in range(3):
        delivered(STREAM)
    for number in range(3):
        made = delivered(POLL)
        if number:
            tracks.trash_tracks(type(made).objects.filter(pk=made.pk), user)
    found = live(user_client, project, model_sort="kept")
    assert keys(found) == [STREAM, POLL, COMPOSER]
    assert line(found).record.cost_per_kept == 90_000
    assert len(line(found).record_lines) == 1
    assert line(found, COMPOSER).record_lines == []
    assert found.content.decode().count("model-record") == 3  # the composer's says that it was not used


def test_by_rating(user_client, project, user, make_track):
    for number in range(3):
        comparison = comparisons.submit_many(
            user=user, project=project, model_keys=[POLL, STREAM], text="a tune", takes=1, format="wav", raw={},
            idempotency_key=f"compared-{number}",
        )  # fmt: skip
        made = {}
        for generation in comparison.generations.select_related("model", "prompt", "project", "author"):
            made[generation.model.key] = make_track(generation=generation)
            Generation.objects.filter(pk=generation.pk).update(state=State.READY)
            ledger.settle(generation, 1, "done")
        assert line(live(user_client, project)).record.decided == number
        comparisons.pick(Comparison.objects.get(pk=comparison.pk), made[STREAM], user)
    found = live(user_client, project, model_sort="elo")
    assert keys(found) == [STREAM, POLL, COMPOSER]
    assert len(line(found).record_lines) == 2


def test_an_unavailable_model_stays_last_in_any_order(user_client, project, delivered):
    for _ in range(3):
        delivered(STREAM)
    MusicModel.objects.filter(key=STREAM).update(enabled=False)
    for order in ("price", "time", "kept", "elo"):
        assert keys(live(user_client, project, model_sort=order))[-1] == STREAM


def test_the_order_is_kept_while_the_form_is_edited_and_after_it_was_sent(user_client, project):
    found = live(user_client, project, model_sort="kept", text="calm piano")
    assert '<option value="kept" selected>' in found.content.decode()
    asked = {"text": "calm piano", "model": POLL, "takes": "1", "format": "wav", "idempotency_key": "k"}
    address = reverse("generate", args=[project.public_id])
    sent = user_client.post(address, asked | {"model_sort": "kept"}, headers={"hx-request": "true"})
    assert '<option value="kept" selected>' in sent.content.decode()
    user_client.post(address, asked | {"model_sort": "time"})
    assert Generation.objects.count() == 1  # another order is no other request


def test_without_scripts_the_order_is_sent_with_the_form(user_client, project, priced):
    priced(POLL, "0.05")
    whole = user_client.post(reverse("create-live", args=[project.public_id]), {"model_sort": "time", "text": "x"})
    assert whole.templates[0].name == "studio/studio.html"
    assert '<option value="time" selected>' in whole.content.decode()
