"""An imported model is offered, priced, sent, found again, and charged like one that is built in."""

import copy

import pytest
from django.core.cache import cache

from generator.models import Generation, ImportedVersion, LedgerEntry, MusicModel, Price, Scope, State
from generator.services.errors import UserError
from generator.services.generation.local_jobs import request_of
from generator.services.generation.submit import clean_settings
from generator.services.provider_jobs import catalog, poller
from generator.services.team import api_keys
from generator.services.vendor_catalog import changes, importing, vendor_offers
from tests.conftest import ended, ledger
from tests.fakes.wavespeed_catalog import MUSIC, schema_of
from tests.refusals import refused

SONILO = "sonilo/text-to-music"
LYRICS = "A few lines of words to sing"


def key_of(path: str) -> str:
    return f"wavespeed/{path}"


def clean(spec, **chosen):
    return clean_settings(spec, chosen | dict.fromkeys(("lyrics", "lyric"), LYRICS))


def change(vendors, path, **changes):
    """Change an entry at the vendor, and forget what was read of its catalog."""
    vendors.wavespeed.catalog = [
        {**item, **changes} if isinstance(item, dict) and item.get("model_id") == path else item
        for item in vendors.wavespeed.catalog
    ]


# --- importing ---


@pytest.mark.parametrize("raw", MUSIC, ids=lambda raw: raw["model_id"])
def test_each_model_makes_tracks_at_the_vendors_price(raw, bring, ask, run_background, paid_providers):
    row = bring(raw["model_id"])
    choice = catalog.choice(row.key)
    assert choice.available
    takes = choice.spec.takes_max
    generation = ask(model=row.key, takes=takes, settings=clean(choice.spec))
    ended(generation, run_background)
    (job,) = paid_providers.wavespeed.jobs
    assert job.model == raw["model_id"]
    assert job.inputs.keys() <= schema_of(raw)["properties"].keys()
    assert ledger(generation)["charge"] == round(job.charged * 1_000_000)
    assert generation.tracks.count() == takes


def test_a_model_is_imported_once(bring, account):
    row = bring(SONILO)
    assert (row.enabled, row.is_imported) == (True, True)
    with refused("already_imported"):
        bring(SONILO)
    assert MusicModel.objects.filter(is_imported=True).count() == 1
    assert ImportedVersion.objects.get().doubts


def test_what_was_not_shown_is_not_imported(account, paid_providers):
    digest = vendor_offers.read_offer(account, SONILO).digest
    change(paid_providers, SONILO, base_price=0.003)
    vendor_offers.read_offers(account, anew=True)
    with refused("changed"):
        importing.add(account, SONILO, digest, None)
    assert not MusicModel.objects.filter(is_imported=True).exists()


@pytest.mark.parametrize("path", ["mureka-ai/stem-song", "wavespeed-ai/ace-step/audio-inpaint"])
def test_what_cannot_be_imported_is_refused(path, bring):
    with refused("not_importable"):
        bring(path)


def test_without_a_known_price_a_model_is_offered_only_when_one_is_added(bring, priced):
    row = bring("example/odd-price")
    assert catalog.choice(row.key) is None
    assert not row.prices.exists()
    priced(row.key, "0.20")
    assert catalog.choice(row.key).available


def test_a_known_price_is_confirmed_by_the_vendor_before_anything_is_sent(bring, ask, run_background, paid_providers):
    row = bring(SONILO)
    change(paid_providers, SONILO, base_price=0.003)
    generation = ask(model=row.key, settings={"duration": 30})
    run_background()
    generation.refresh_from_db()
    row.refresh_from_db()
    assert (generation.state, generation.wait_reason) == (State.QUEUED, "price_changed")
    assert paid_providers.wavespeed.jobs == []
    assert row.quoted == 90_000


def test_a_lost_submit_is_found_again(bring, ask, run_background, paid_providers):
    row = bring("wavespeed-ai/ace-step-1.5")
    paid_providers.trouble("submit", "reset", accept=True)
    generation = ask(model=row.key, settings=clean(catalog.spec_of(row.key)))
    poller.run(0.5)
    generation.refresh_from_db()
    assert generation.state == State.IN_DOUBT
    Generation.objects.update(due_at=generation.created_at)
    ended(generation, run_background)
    assert len(paid_providers.wavespeed.jobs) == 1


def test_the_apis_and_the_picker_have_it(bring, client, user, user_client, project):
    bring(SONILO)
    token = api_keys.make(user, "suite", Scope.GENERATE)[1]
    sent = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    models = client.get("/api/v1/models", **sent).json()
    (found,) = [model for model in models["items"] if model["id"] == key_of(SONILO)]
    assert [field["name"] for field in found["fields"]] == ["duration"]
    assert key_of(SONILO) in client.get("/api/v3/models", **sent).content.decode()
    assert key_of(SONILO) in user_client.get(f"/projects/{project.public_id}/").content.decode()


# --- reading ---


def test_the_catalog_is_read_once_per_hour(account, paid_providers):
    vendor_offers.read_offers(account)
    change(paid_providers, SONILO, base_price=0.003)
    assert vendor_offers.read_offer(account, SONILO).price == 2500
    cache.clear()
    assert vendor_offers.read_offer(account, SONILO).price == 3000


@pytest.mark.parametrize("trouble", ["html", "reset", "truncated", "huge"])
def test_a_catalog_that_cannot_be_read_changes_nothing(account, bring, paid_providers, trouble):
    row = bring(SONILO)
    if trouble == "huge":
        paid_providers.wavespeed.catalog = [{"model_id": "x" * 17_000_000}]
    else:
        paid_providers.trouble("models", trouble)
    with refused("catalog_unreadable"):
        changes.compare(account)
    assert catalog.choice(row.key).available


def test_an_empty_catalog_is_not_believed(account, bring, paid_providers, monkeypatch):
    row = bring(SONILO)
    monkeypatch.setattr("tests.fakes.wavespeed_catalog.listed", lambda *_: [])
    with refused("catalog_unreadable"):
        changes.compare(account)
    assert catalog.choice(row.key).available


def test_a_restored_studio_reads_no_catalog(account, settings):
    settings.STUDIO_OFFLINE = True
    with refused("offline"):
        vendor_offers.read_offers(account)


# --- what changes at the vendor ---


def test_a_changed_model_is_not_offered_until_it_is_accepted(account, bring, ask, run_background, paid_providers, user):
    row = bring(SONILO)
    first = ended(ask(model=row.key, settings={"duration": 60}), run_background)
    assert changes.compare(account) == []
    change(paid_providers, SONILO, base_price=0.003)
    (imported,) = changes.compare(account)
    assert not catalog.choice(row.key).available
    with pytest.raises(UserError):
        ask(model=row.key, settings={"duration": 60})
    new = importing.waiting_offer(imported)
    cost = changes.cost_of_last_month(imported, new)
    assert (cost.count, cost.was, cost.would_be) == (1, 150_000, 180_000)
    assert [change.subject for change in changes.changes_of(imported)] == ["price"]

    importing.accept(imported, new.digest, user)
    assert catalog.choice(row.key).available
    ended(second := ask(model=row.key, settings={"duration": 60}), run_background)
    assert (first.price_total, second.price_total) == (150_000, 180_000)
    assert Price.objects.filter(model=row).count() == 2
    assert LedgerEntry.objects.filter(kind="charge").count() == 2


def test_the_same_news_is_reported_once_and_taken_back_if_the_vendor_does(account, bring, paid_providers):
    row = bring(SONILO)
    change(paid_providers, SONILO, base_price=0.003)
    assert len(changes.compare(account)) == 1
    assert changes.compare(account) == []
    change(paid_providers, SONILO, base_price=0.004)
    assert len(changes.compare(account)) == 1
    change(paid_providers, SONILO, base_price=0.0025)
    assert changes.compare(account) == []
    assert catalog.choice(row.key).available
    assert ImportedVersion.objects.count() == 1


def test_only_what_was_shown_is_accepted(account, bring, paid_providers, user):
    row = bring(SONILO)
    change(paid_providers, SONILO, base_price=0.003)
    (imported,) = changes.compare(account)
    with refused("changed"):
        importing.accept(imported, "0" * 64, user)
    assert not catalog.choice(row.key).available


def test_a_version_without_a_known_price_waits_for_one(account, bring, paid_providers, user, priced):
    row = bring(SONILO)
    change(paid_providers, SONILO, formula="$sum([1..duration])")
    (imported,) = changes.compare(account)
    importing.accept(imported, importing.waiting_offer(imported).digest, user)
    assert not catalog.choice(row.key).available
    priced(row.key, "0.20")
    assert catalog.choice(row.key).available


def test_a_queued_generation_keeps_the_version_it_was_requested_under(account, bring, ask, paid_providers, user):
    row = bring(SONILO)
    generation = ask(model=row.key, settings={"duration": 60})
    old = request_of(generation).entry
    raw = copy.deepcopy(next(item for item in MUSIC if item["model_id"] == SONILO))
    schema_of(raw)["properties"]["length"] = schema_of(raw)["properties"].pop("duration")
    schema_of(raw)["required"] = ["prompt", "length"]
    change(paid_providers, SONILO, **raw | {"formula": ""})
    (imported,) = changes.compare(account)
    importing.accept(imported, importing.waiting_offer(imported).digest, user)
    assert request_of(Generation.objects.get(pk=generation.pk)).entry == old
    assert [field.name for field in catalog.spec_of(row.key).fields] == ["length"]


def test_a_vanished_model_keeps_its_history(account, bring, ask, run_background, paid_providers):
    row = bring(SONILO)
    generation = ended(ask(model=row.key, settings={"duration": 60}), run_background)
    kept = paid_providers.wavespeed.catalog
    paid_providers.wavespeed.catalog = [item for item in kept if item not in MUSIC]
    assert len(changes.compare(account)) == 1
    assert not catalog.choice(row.key).available
    assert catalog.spec_of(row.key)
    assert catalog.title_of(row.key) == row.title
    assert generation.tracks.count() == 1
    paid_providers.wavespeed.catalog = kept
    assert changes.compare(account) == []
    assert catalog.choice(row.key).available


def test_it_looks_once_per_day(account, bring, paid_providers):
    row = bring(SONILO)
    change(paid_providers, SONILO, base_price=0.003)
    changes.compare_daily()
    assert catalog.choice(row.key).available
    row.imported.looked_at -= changes.INTERVAL
    row.imported.save()
    changes.compare_daily()
    assert not catalog.choice(row.key).available


# --- tried live ---


def test_a_model_is_tried_only_when_the_vendor_itself_has_delivered(bring, ask, run_background, monkeypatch):
    row = bring(SONILO)
    ended(ask(model=row.key, settings={"duration": 10}), run_background)
    row.refresh_from_db()
    assert row.tried_at is None
    monkeypatch.setattr(type(catalog.provider_of(row.key)), "is_at_vendor", True)
    ended(ask(model=row.key, settings={"duration": 10}), run_background)
    row.refresh_from_db()
    assert row.tried_at
