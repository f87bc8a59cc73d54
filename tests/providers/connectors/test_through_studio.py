"""Generations by connectors through submit, poller and ledger: money, doubts, cancels, and versions that are kept."""

import json

import pytest
from django.utils import timezone

from generator.models import ConnectorUse, ConnectorVersion, Generation, MusicModel, Price, ProviderBill, State, Track
from generator.providers.connectors import shipped_texts
from generator.services.billing.ledger import differences
from generator.services.connectors import versions
from generator.services.generation import cancellation
from generator.services.provider_jobs import catalog, poller
from tests.conftest import ended, ledger
from tests.fakes.connectors.texts import MODELS, text_of

PRICES = {"fal": 150_000, "runware": 150_000, "comfyui": 0}


def due(generation: Generation) -> None:
    Generation.objects.filter(pk=generation.pk).update(due_at=timezone.now())


def looked(generation: Generation, times: int = 1) -> Generation:
    """Let the poller look at a generation that waits for its next look."""
    for _ in range(times):
        due(generation)
        poller.run(0.3)
    generation.refresh_from_db()
    return generation


@pytest.mark.parametrize("name", MODELS)
def test_a_track_is_made_and_charged_once(connected, ask, run_background, name):
    generation = ended(ask(model=MODELS[name]), run_background)
    assert Track.objects.filter(generation=generation).count() == 1
    assert ledger(generation) == {"hold": PRICES[name], "charge": PRICES[name]}
    assert len(getattr(connected, name).jobs) == 1


def test_what_runware_says_a_job_cost_is_kept_as_a_bill(connected, ask, run_background):
    generation = ended(ask(model=MODELS["runware"]), run_background)
    (bill,) = ProviderBill.objects.all()
    assert (bill.generation, bill.amount) == (generation, 150_000)


@pytest.mark.parametrize("name", MODELS)
def test_a_failure_releases_the_hold(connected, ask, run_background, name):
    getattr(connected, name).end = "failed"
    generation = ended(ask(model=MODELS[name]), run_background, State.FAILED)
    assert ledger(generation) == {"hold": PRICES[name], "release": PRICES[name]}


@pytest.mark.parametrize("name", ["runware", "comfyui"])
@pytest.mark.parametrize("twins", [1, 2])
def test_a_lost_answer_is_found_by_our_id_even_among_equal_requests(connected, ask, run_background, name, twins):
    connected.trouble("submit", "reset", accept=True, times=twins)
    generations = [ask(model=MODELS[name]) for _ in range(twins)]
    poller.run(0.5)
    for generation in generations:
        generation.refresh_from_db()
        assert generation.state == State.IN_DOUBT
        assert ledger(generation) == {"hold": PRICES[name]}
        due(generation)
    poller.run(0.5)
    for generation in generations:
        due(generation)
    for generation in generations:
        ended(generation, run_background)
        assert ledger(generation) == {"hold": PRICES[name], "charge": PRICES[name]}
    assert len(getattr(connected, name).jobs) == twins


def test_a_lost_answer_of_fal_stays_in_doubt_and_is_sent_once(connected, ask):
    connected.trouble("submit", "reset", accept=True)
    generation = ask(model=MODELS["fal"])
    poller.run(0.3)
    assert looked(generation, 2).state == State.IN_DOUBT
    assert ledger(generation) == {"hold": 150_000}
    assert len(connected.requests("POST")) == 1


def test_what_comfyui_never_got_fails_once_that_is_certain(connected, ask):
    connected.trouble("submit", "reset")
    generation = ask(model=MODELS["comfyui"])
    poller.run(0.3)
    assert looked(generation).state == State.IN_DOUBT
    long_ago = timezone.now() - timezone.timedelta(minutes=10)
    Generation.objects.update(submit_attempted_at=long_ago)
    assert looked(generation).state == State.FAILED
    assert (generation.error_code, differences()) == ("rejected", [])


# --- cancel and queue ---


@pytest.mark.parametrize("name", ["fal", "comfyui"])
def test_the_place_in_the_queue_is_the_stage_and_a_cancel_stops_the_job_for_free(connected, ask, user, name):
    getattr(connected, name).waits = 10_000
    generation = ask(model=MODELS[name])
    poller.run(0.3)
    looked(generation)
    assert (generation.state, generation.stage) == (State.RUNNING, "In the provider’s queue, place 1")
    cancellation.cancel(generation, user)
    looked(generation, 2)
    assert generation.cancel_accepted
    assert generation.state == State.CANCELLED
    assert ledger(generation) == {"hold": PRICES[name], "release": PRICES[name]}
    assert getattr(connected, name).jobs[0].is_canceled


def test_a_cancel_that_comes_too_late_is_charged_and_delivered(connected, ask, user, run_background):
    generation = ask(model=MODELS["fal"])
    connected.fal.waits = 0
    poller.run(0.3)
    connected.fal.jobs[0].looks = 100  # it has ended at the vendor
    Generation.objects.filter(pk=generation.pk).update(state=State.RUNNING)
    cancellation.cancel(generation, user)
    due(generation)
    ended(generation, run_background)
    assert generation.cancel_accepted is False
    assert ledger(generation) == {"hold": 150_000, "charge": 150_000}


@pytest.mark.parametrize(
    ("charged", "state", "entries"),
    [
        ("yes", State.CANCELLED, {"hold": 150_000, "charge": 150_000}),
        ("unknown", State.IN_DOUBT, {"hold": 150_000}),
    ],
)
def test_the_money_of_a_cancel_is_by_the_connectors_rule(connected, ask, user, charged, state, entries):
    document = json.loads(shipped_texts()["fal"])
    document["cancel"]["charged"] = charged
    save("fal", json.dumps(document))
    connected.fal.waits = 10_000
    generation = ask(model=MODELS["fal"])
    poller.run(0.3)
    cancellation.cancel(generation, user)
    assert looked(generation, 3).state == state
    assert ledger(generation) == entries
    assert differences() == []


def test_a_cancel_that_gets_no_answer_is_asked_again(connected, ask, user):
    connected.fal.waits = 10_000
    generation = ask(model=MODELS["fal"])
    poller.run(0.3)
    connected.trouble("cancel", "reset")
    cancellation.cancel(generation, user)
    assert looked(generation, 3).state == State.CANCELLED
    assert len(connected.requests("PUT")) == 2


def test_a_provider_without_a_cancel_is_not_asked(connected, ask, user):
    generation = ask(model=MODELS["runware"])
    connected.runware.works = 10_000
    poller.run(0.3)
    cancellation.cancel(generation, user)
    looked(generation, 2)
    assert generation.cancel_accepted is None
    assert {choice.spec.key: choice.can_cancel for choice in catalog.models()} == {
        "composer/studio": True,
        MODELS["fal"]: True,
        "fal/minimax-music-2.5": True,
        "fal/minimax-music-2": True,
        MODELS["runware"]: False,
        MODELS["comfyui"]: True,
    }


# --- prices ---


def test_a_model_without_a_seen_price_is_offered_once_a_person_enters_one(connected):
    key = "fal/stable-audio-2.5"
    assert catalog.choice(key) is None
    Price.objects.create(model=MusicModel.objects.get(key=key), per_take=1_000, formula="base_price * duration")
    assert catalog.choice(key).total({"duration": 30}, 1) == 30_000


# --- versions ---


def save(key: str, text: str) -> ConnectorVersion:
    version = versions.store(key, text, None)
    versions.touch()  # what a commit does
    catalog.sync()
    return version


def test_a_saved_connector_takes_the_place_of_the_shipped_one_and_can_be_given_up(connected):
    document = json.loads(shipped_texts()["fal"]) | {"title": "fal, ours"}
    save("fal", json.dumps(document))
    assert catalog.provider_of("fal").title == "fal, ours"
    save("fal", "")
    assert catalog.provider_of("fal").title == "fal"


def test_a_saved_connector_is_a_new_provider(connected, monkeypatch, ask, run_background):
    document = json.loads(shipped_texts()["fal"]) | {"key": "mine", "title": "Mine"}
    save("mine", json.dumps(document))
    monkeypatch.setenv("MINE_BASE_URL", connected.address("fal"))
    monkeypatch.setenv("MINE_API_KEY", connected.fal.key)
    generation = ended(ask(model="mine/minimax-music-2.6"), run_background)
    assert ledger(generation) == {"hold": 150_000, "charge": 150_000}


def test_a_saved_connector_never_takes_the_place_of_a_provider_in_code(connected, settings):
    settings.STUDIO_PROVIDERS = [*settings.STUDIO_PROVIDERS, "tests.fakes.poll"]
    document = json.loads(shipped_texts()["fal"]) | {"key": "fakepoll", "title": "Not the fake"}
    ConnectorVersion.objects.create(key="fakepoll", text=json.dumps(document), digest="x")
    versions.touch()
    assert catalog.provider_of("fakepoll").title != "Not the fake"


def test_a_generation_that_runs_keeps_the_connector_it_was_sent_with(connected, ask, run_background):
    connected.fal.works = 10_000
    generation = ask(model=MODELS["fal"])
    poller.run(0.3)
    document = json.loads(shipped_texts()["fal"])
    document["poll"][0]["url"] = "{{id}}/elsewhere"
    document["models"] = document["models"][1:]
    save("fal", json.dumps(document))
    connected.fal.jobs[0].works = 0
    due(generation)
    ended(generation, run_background)
    used = ConnectorUse.objects.get(generation=generation).version
    assert (used.text, used.is_saved) == (shipped_texts()["fal"], False)
    assert versions.text_in_use("fal") == json.dumps(document)


def test_corrected_hosts_help_a_generation_that_waits_for_its_file(connected, ask):
    document = json.loads(shipped_texts()["fal"])
    save("fal", json.dumps(document | {"hosts": ["queue.fal.run"]}))
    connected.file_host = "https://v3.fal.media"
    generation = ask(model=MODELS["fal"])
    poller.run(0.3)
    assert looked(generation, 3).state == State.RUNNING
    save("fal", json.dumps(document))
    assert looked(generation).state == State.COLLECTING


def test_what_is_queued_is_sent_with_the_newest(connected, ask):
    connected.trouble("submit", "status", status=429)
    generation = ask(model=MODELS["comfyui"])
    poller.run(0.3)
    first = ConnectorUse.objects.get(generation=generation).version
    save("comfyui", text_of("comfyui") + "\n")
    looked(generation)
    assert ConnectorUse.objects.get(generation=generation).version != first


def test_a_saved_text_that_cannot_be_read_leaves_the_shipped_one(connected):
    ConnectorVersion.objects.create(key="fal", text="{", digest="x")
    versions.touch()
    assert catalog.provider_of("fal").title == "fal"
