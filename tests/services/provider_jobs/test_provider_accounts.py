"""The operator's accounts at the paid providers: encrypted keys, the test call, balances, bills, changed prices."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from generator.currency import dollars
from generator.models import Generation, LedgerEntry, Price, ProviderAccount, ProviderBill, ProviderWebhookEvent, State
from generator.services.background import tasks
from generator.services.billing import ledger
from generator.services.generation import cancellation
from generator.services.provider_jobs import catalog, circuit_breaker, poller, provider_accounts, waiting_reasons
from tests.conftest import BGM, COMPOSER, MUSIC, POLL
from tests.refusals import refused

V8 = "wavespeed/mureka-v8-bgm"


def account(key: str = "wavespeed") -> ProviderAccount:
    return ProviderAccount.objects.get(key=key)


def kept(**columns: object) -> ProviderAccount:
    """WaveSpeed's account with these columns set in the admin."""
    found = account()
    for name, value in columns.items():
        setattr(found, name, value)
    found.save()
    return account()


def column(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM generator_provideraccount WHERE key = 'wavespeed'")
        return cursor.fetchone()[0]


# --- secrets at rest ---


@pytest.mark.parametrize("name", ["secret", "webhook_secret"])
def test_a_secret_is_sealed_in_its_column(installed, synced_catalog, name):
    assert getattr(kept(**{name: "ws-very-secret"}), name) == "ws-very-secret"
    assert "very-secret" not in column(name)
    assert len(column(name)) > 60


def test_a_secret_is_readable_after_the_studios_own_was_rotated_and_gone_when_it_was_lost(
    installed, synced_catalog, settings
):
    kept(secret="ws-very-secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-" * 8, [settings.SECRET_KEY]
    assert account().secret == "ws-very-secret"
    account().save()  # encrypted again, with the new key
    settings.SECRET_KEY_FALLBACKS = []
    assert account().secret == "ws-very-secret"
    settings.SECRET_KEY = "a third one-" * 8
    assert account().secret == ""
    assert not catalog.has_key(account())


def test_no_secret_stays_an_empty_column(installed, synced_catalog):
    kept(secret="")
    assert column("secret") == ""


# --- available models ---


def test_a_provider_without_a_key_is_not_offered(installed, synced_catalog, ask):
    assert catalog.models() == []
    with refused("model_unavailable", "model"):
        ask(model=BGM)


def test_a_key_from_the_environment_offers_its_provider_only(vendors, installed, synced_catalog, monkeypatch):
    monkeypatch.setenv("SOUNDVERSE_API_KEY", vendors.soundverse.key)
    assert [choice.spec.key for choice in catalog.models()] == [MUSIC]


def test_a_key_kept_here_is_used_with_its_own_address(
    vendors, installed, fast_polling, synced_catalog, ask, run_background, monkeypatch
):
    monkeypatch.setenv("WAVESPEED_BASE_URL", "https://elsewhere.example")
    kept(secret=vendors.wavespeed.key, base_url=vendors.url)
    generation = ask(model=BGM)
    run_background()
    generation.refresh_from_db()
    assert generation.state in (State.RUNNING, State.READY)
    assert len(vendors.wavespeed.jobs) == 1


def test_a_local_provider_needs_no_key(synced_catalog):
    assert catalog.has_key(account("composer"))
    assert catalog.choice(COMPOSER).available


def test_a_provider_that_is_no_longer_installed_has_no_key_and_breaks_nothing(synced_catalog):
    gone = ProviderAccount.objects.create(key="gone", title="Gone")
    assert not catalog.has_key(gone)
    assert provider_accounts.test(gone) == (False, "Gone is no longer installed.")
    provider_accounts.refresh()


# --- the test call ---


def test_trying_a_key_that_works_says_the_balance_and_closes_the_breaker(paid_providers, synced_catalog):
    kept(failures_in_a_row=7, resting_until=timezone.now() + dt.timedelta(hours=1))
    assert provider_accounts.test(account()) == (True, "The key works. WaveSpeed reports a balance of $10.00.")
    assert (account().balance, account().is_resting, account().failures_in_a_row) == (dollars("10"), False, 0)
    assert not paid_providers.wavespeed.jobs


def test_trying_a_wrong_key_says_so_and_remembers_it(paid_providers, synced_catalog, monkeypatch):
    monkeypatch.setenv("WAVESPEED_API_KEY", "not-the-key")
    works, sentence = provider_accounts.test(account())
    assert not works
    assert (account().halt_code, account().last_error) == ("key_refused", sentence)


def test_trying_without_an_answer_says_so(paid_providers, synced_catalog, monkeypatch):
    monkeypatch.setenv("WAVESPEED_BASE_URL", "http://127.0.0.1:9")
    works, sentence = provider_accounts.test(account())
    assert not works
    assert (account().halt_code, account().last_error) == ("", sentence)


def test_trying_without_a_key_asks_nobody(vendors, installed, synced_catalog):
    assert provider_accounts.test(account()) == (False, "WaveSpeed has no key yet.")
    assert not vendors.seen


def test_a_provider_without_a_free_call_is_not_asked(paid_providers, synced_catalog):
    works, sentence = provider_accounts.test(account("soundverse"))
    assert works
    assert "only a generation can test the key" in sentence
    assert not paid_providers.seen


# --- balances and bills ---


@pytest.fixture
def delivered(paid_providers, ask, run_background) -> Generation:
    """A generation that WaveSpeed has made and charged."""
    generation = ask(model=BGM)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    return generation


def test_the_hourly_task_reads_balance_and_bills_once_each(delivered, paid_providers):
    tasks.hourly()
    tasks.hourly()
    line = ProviderBill.objects.get()
    assert (line.kind, line.amount, line.generation) == ("deduct", dollars("0.03"), delivered)
    assert account().balance == dollars("9.97")


def test_a_refund_is_told_once_in_the_history_of_its_generation(paid_providers, ask, run_background):
    paid_providers.wavespeed.end = "failed"
    generation = ask(model=BGM)
    run_background()
    paid_providers.wavespeed.refund(paid_providers.wavespeed.jobs[0])
    tasks.hourly()
    tasks.hourly()
    told = [event.text for event in generation.events.all() if "refunded" in event.text]
    assert told == ["WaveSpeed has refunded $0.03"]
    assert dict(LedgerEntry.objects.values_list("kind", "amount")) == {
        "hold": dollars("0.03"),
        "release": dollars("0.03"),
    }


def test_a_refund_of_what_was_charged_is_credited_once(delivered, paid_providers):
    paid_providers.wavespeed.refund(paid_providers.wavespeed.jobs[0])
    tasks.hourly()
    tasks.hourly()
    credit = LedgerEntry.objects.get(kind="credit")
    assert (credit.amount, credit.generation, credit.user) == (dollars("0.03"), delivered, delivered.author)
    assert credit.reason == "WaveSpeed has refunded $0.03 of what was charged"
    assert ledger.differences() == []


def test_a_refund_of_the_take_that_never_came_credits_nothing_more(paid_providers, ask, run_background):
    paid_providers.wavespeed.deliver = 2
    generation = ask(model=BGM, takes=3)
    run_background()
    assert generation.tracks.count() == 2
    paid_providers.wavespeed.refund(paid_providers.wavespeed.jobs[0], takes=1)
    tasks.hourly()
    assert not LedgerEntry.objects.filter(kind="credit").exists()
    assert any("refunded" in event.text for event in generation.events.all())


def test_a_bill_that_came_before_its_job_was_found_is_joined_to_it_later(paid_providers, ask, run_background):
    paid_providers.wavespeed.end = "failed"
    generation = ask(model=BGM)
    run_background()
    paid_providers.wavespeed.refund(paid_providers.wavespeed.jobs[0])
    Generation.objects.update(provider_job_id="")
    tasks.hourly()
    assert not ProviderBill.objects.filter(generation=generation).exists()
    Generation.objects.update(provider_job_id=paid_providers.wavespeed.jobs[0].id)
    tasks.hourly()
    assert ProviderBill.objects.filter(generation=generation).count() == 2
    assert generation.events.filter(text__contains="refunded").count() == 1


def test_books_that_cannot_be_read_wait_an_hour_and_stop_nothing(paid_providers, synced_catalog):
    paid_providers.trouble("balance", "status", status=503)
    ProviderWebhookEvent.objects.create(
        account=account(), event="old", provider_job_id="x", at=timezone.now() - dt.timedelta(days=2)
    )
    tasks.hourly()
    assert account().balance is None
    assert not ProviderWebhookEvent.objects.exists()
    tasks.hourly()
    assert account().balance == dollars("10")


def test_a_provider_that_is_switched_off_or_has_no_key_is_not_asked(paid_providers, synced_catalog, monkeypatch):
    ProviderAccount.objects.update(enabled=False)
    tasks.hourly()
    ProviderAccount.objects.update(enabled=True)
    monkeypatch.delenv("WAVESPEED_API_KEY")
    tasks.hourly()
    assert not paid_providers.seen


# --- a changed price ---


def test_another_price_rests_only_that_model_until_somebody_has_seen_it(paid_providers, ask, run_background):
    paid_providers.wavespeed.prices["mureka-ai/mureka-v7.6/generate-bgm"] = 0.05
    first, second = ask(model=BGM, takes=2), ask("another one", model=BGM)
    run_background()
    for generation in (first, second):
        generation.refresh_from_db()
        assert generation.state == State.QUEUED
        assert waiting_reasons.reason_for(generation).code == "price_changed"
    assert "$0.10" in first.wait_message
    assert not paid_providers.wavespeed.jobs
    assert ledger.differences() == []
    assert set(LedgerEntry.objects.values_list("kind", flat=True)) == {"hold"}

    choice = catalog.choice(BGM)
    assert not choice.available
    assert "has changed the price of" in choice.reason
    assert choice.model.quoted == dollars("0.05")
    assert catalog.choice(V8).available
    with refused("model_unavailable", "model"):
        ask(model=BGM)
    cancellation.cancel(second, second.author)
    assert dict(second.entries.values_list("kind", "amount")) == {"hold": dollars("0.03"), "release": dollars("0.03")}

    Price.objects.create(model=choice.model, per_take=dollars("0.05"))
    assert catalog.choice(BGM).available
    Generation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    ask(model=BGM)
    run_background()
    assert sorted(job.charged for job in paid_providers.wavespeed.jobs) == [0.05, 0.1]
    first.refresh_from_db()
    assert first.state == State.READY
    # The price that was shown is charged; the difference is on the provider's bill, for the review.
    assert dict(first.entries.values_list("kind", "amount")) == {"hold": dollars("0.06"), "charge": dollars("0.06")}
    assert ledger.differences() == []


# --- the circuit breaker ---


def test_many_failures_in_one_outage_are_one_rest_and_never_an_overflow(fake, ask, monkeypatch):
    fake.script.poll = "error"
    for number in range(12):
        ask(f"run {number}")
    monkeypatch.setattr(circuit_breaker, "MIN_FAILING_S", 0)
    for _ in range(5):  # a generation counts once, and a busy machine sends few per second
        poller.run(0.0 if account("fakepoll").is_resting else 1.0)
    found = account("fakepoll")
    assert found.is_resting
    assert found.resting_until - timezone.now() < dt.timedelta(seconds=61)
    ProviderAccount.objects.update(failures_in_a_row=5000, resting_until=None)
    Generation.objects.update(due_at=timezone.now())
    poller.run(0.5)
    assert account("fakepoll").is_resting


def test_a_good_poll_ends_the_count_of_failures(fake, ask, run_background):
    fake.script.polls = 3
    generation = ask(model=POLL)
    ProviderAccount.objects.update(failures_in_a_row=4)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    assert account("fakepoll").failures_in_a_row == 0
