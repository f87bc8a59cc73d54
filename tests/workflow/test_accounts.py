"""The operator's accounts at the paid providers: sealed keys, the test call, balances, bills, prices that moved."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from generator.models import Entry, Generation, Notice, Price, ProviderAccount, ProviderBill, State
from generator.money import dollars
from generator.workflow import Refused, accounts, breaker, catalogue, control, money, sweep, tasks, waiting
from tests.conftest import BGM, COMPOSER, MUSIC, POLL

V8 = "wavespeed/mureka-v8-bgm"


def account(key: str = "wavespeed") -> ProviderAccount:
    return ProviderAccount.objects.get(key=key)


def kept(**columns: object) -> ProviderAccount:
    """WaveSpeed's account with these columns kept in the admin."""
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
def test_a_secret_is_sealed_in_its_column(installed, offered, name):
    assert getattr(kept(**{name: "ws-very-secret"}), name) == "ws-very-secret"
    assert "very-secret" not in column(name)
    assert len(column(name)) > 60


def test_a_secret_is_readable_after_the_studios_own_was_rotated_and_gone_when_it_was_lost(installed, offered, settings):
    kept(secret="ws-very-secret")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-" * 8, [settings.SECRET_KEY]
    assert account().secret == "ws-very-secret"
    account().save()  # sealed anew, under the new one
    settings.SECRET_KEY_FALLBACKS = []
    assert account().secret == "ws-very-secret"
    settings.SECRET_KEY = "a third one-" * 8
    assert account().secret == ""
    assert not catalogue.has_key(account())


def test_no_secret_stays_an_empty_column(installed, offered):
    kept(secret="")
    assert column("secret") == ""


# --- who is offered ---


def test_a_provider_without_a_key_is_not_offered(installed, offered, ask):
    assert catalogue.models() == []
    with pytest.raises(Refused, match="no longer offered"):
        ask(model=BGM)


def test_a_key_from_the_environment_offers_its_provider_only(vendors, installed, offered, monkeypatch):
    monkeypatch.setenv("SOUNDVERSE_API_KEY", vendors.soundverse.key)
    assert [choice.spec.key for choice in catalogue.models()] == [MUSIC]


def test_a_key_kept_here_is_used_with_its_own_address(
    vendors, installed, hasty_looks, offered, ask, run_background, monkeypatch
):
    monkeypatch.setenv("WAVESPEED_BASE_URL", "https://elsewhere.example")
    kept(secret=vendors.wavespeed.key, base_url=vendors.url)
    generation = ask(model=BGM)
    run_background()
    generation.refresh_from_db()
    assert generation.state in (State.RUNNING, State.READY)
    assert len(vendors.wavespeed.jobs) == 1


def test_a_local_provider_needs_no_key(offered):
    assert catalogue.has_key(account("composer"))
    assert catalogue.choice(COMPOSER).available


def test_a_provider_that_is_no_longer_installed_has_no_key_and_breaks_nothing(offered):
    gone = ProviderAccount.objects.create(key="gone", title="Gone")
    assert not catalogue.has_key(gone)
    assert accounts.test(gone) == (False, "Gone is not among the installed providers any more.")
    accounts.refresh()


# --- the test call ---


def test_trying_a_key_that_works_says_the_balance_and_closes_the_breaker(shops, offered):
    kept(failures_in_a_row=7, resting_until=timezone.now() + dt.timedelta(hours=1))
    assert accounts.test(account()) == (True, "The key works. WaveSpeed says $10.00 is left.")
    assert (account().balance, account().is_resting, account().failures_in_a_row) == (dollars("10"), False, 0)
    assert not shops.wavespeed.jobs


def test_trying_a_wrong_key_says_so_and_remembers_it(shops, offered, monkeypatch):
    monkeypatch.setenv("WAVESPEED_API_KEY", "not-the-key")
    works, sentence = accounts.test(account())
    assert not works
    assert "does not accept the studio's key" in sentence
    assert account().last_error == sentence


def test_trying_without_an_answer_says_so(shops, offered, monkeypatch):
    monkeypatch.setenv("WAVESPEED_BASE_URL", "http://127.0.0.1:9")
    works, sentence = accounts.test(account())
    assert not works
    assert "cannot say just now" in sentence


def test_trying_without_a_key_asks_nobody(vendors, installed, offered):
    assert accounts.test(account()) == (False, "WaveSpeed has no key yet.")
    assert not vendors.seen


def test_a_provider_without_a_free_call_is_not_asked(shops, offered):
    works, sentence = accounts.test(account("soundverse"))
    assert works
    assert "only a generation can try it" in sentence
    assert not shops.seen


# --- balances and bills ---


@pytest.fixture
def delivered(shops, ask, run_background) -> Generation:
    """A generation that WaveSpeed has made and charged."""
    generation = ask(model=BGM)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    return generation


def test_the_hourly_task_reads_balance_and_bills_once_each(delivered, shops):
    tasks.hourly()
    tasks.hourly()
    line = ProviderBill.objects.get()
    assert (line.kind, line.amount, line.generation) == ("deduct", dollars("0.03"), delivered)
    assert account().balance == dollars("9.97")


def test_a_refund_is_told_once_in_the_history_of_its_generation(shops, ask, run_background):
    shops.wavespeed.end = "failed"
    generation = ask(model=BGM)
    run_background()
    shops.wavespeed.refund(shops.wavespeed.jobs[0])
    tasks.hourly()
    tasks.hourly()
    told = [event.text for event in generation.events.all() if "refunded" in event.text]
    assert told == ["WaveSpeed has refunded $0.03"]
    assert dict(Entry.objects.values_list("kind", "amount")) == {"hold": dollars("0.03"), "release": dollars("0.03")}


def test_a_refund_of_what_was_charged_is_credited_once(delivered, shops):
    shops.wavespeed.refund(shops.wavespeed.jobs[0])
    tasks.hourly()
    tasks.hourly()
    credit = Entry.objects.get(kind="credit")
    assert (credit.amount, credit.generation, credit.user) == (dollars("0.03"), delivered, delivered.author)
    assert credit.reason == "WaveSpeed has refunded $0.03 of what was charged"
    assert money.differences() == []


def test_a_refund_of_the_take_that_never_came_credits_nothing_more(shops, ask, run_background):
    shops.wavespeed.deliver = 2
    generation = ask(model=BGM, takes=3)
    run_background()
    assert generation.tracks.count() == 2
    shops.wavespeed.refund(shops.wavespeed.jobs[0], takes=1)
    tasks.hourly()
    assert not Entry.objects.filter(kind="credit").exists()
    assert any("refunded" in event.text for event in generation.events.all())


def test_a_bill_that_came_before_its_job_was_found_is_joined_to_it_later(shops, ask, run_background):
    shops.wavespeed.end = "failed"
    generation = ask(model=BGM)
    run_background()
    shops.wavespeed.refund(shops.wavespeed.jobs[0])
    Generation.objects.update(handle="")
    tasks.hourly()
    assert not ProviderBill.objects.filter(generation=generation).exists()
    Generation.objects.update(handle=shops.wavespeed.jobs[0].id)
    tasks.hourly()
    assert ProviderBill.objects.filter(generation=generation).count() == 2
    assert generation.events.filter(text__contains="refunded").count() == 1


def test_books_that_cannot_be_read_wait_an_hour_and_stop_nothing(shops, offered):
    shops.trouble("balance", "status", status=503)
    Notice.objects.create(account=account(), event="old", handle="x", at=timezone.now() - dt.timedelta(days=2))
    tasks.hourly()
    assert account().balance is None
    assert not Notice.objects.exists()
    tasks.hourly()
    assert account().balance == dollars("10")


def test_a_provider_that_is_switched_off_or_has_no_key_is_not_asked(shops, offered, monkeypatch):
    ProviderAccount.objects.update(enabled=False)
    tasks.hourly()
    ProviderAccount.objects.update(enabled=True)
    monkeypatch.delenv("WAVESPEED_API_KEY")
    tasks.hourly()
    assert not shops.seen


# --- a price that moved ---


def test_another_price_rests_only_that_model_until_somebody_has_seen_it(shops, ask, run_background):
    shops.wavespeed.prices["mureka-ai/mureka-v7.6/generate-bgm"] = 0.05
    first, second = ask(model=BGM, takes=2), ask("another one", model=BGM)
    run_background()
    for generation in (first, second):
        generation.refresh_from_db()
        assert generation.state == State.QUEUED
        assert waiting.of(generation).code == "price_changed"
    assert "now asks $0.10" in first.wait_sentence
    assert not shops.wavespeed.jobs
    assert money.differences() == []
    assert set(Entry.objects.values_list("kind", flat=True)) == {"hold"}

    choice = catalogue.choice(BGM)
    assert not choice.available
    assert "asks another price" in choice.reason
    assert choice.model.quoted == dollars("0.05")
    assert catalogue.choice(V8).available
    with pytest.raises(Refused, match="asks another price"):
        ask(model=BGM)
    control.cancel(second, second.author)
    assert dict(second.entries.values_list("kind", "amount")) == {"hold": dollars("0.03"), "release": dollars("0.03")}

    Price.objects.create(model=choice.model, per_take=dollars("0.05"))
    assert catalogue.choice(BGM).available
    Generation.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
    ask(model=BGM)
    run_background()
    assert sorted(job.charged for job in shops.wavespeed.jobs) == [0.05, 0.1]
    first.refresh_from_db()
    assert first.state == State.READY
    # What the person was shown is what is charged; the difference is on the provider's bill, for the review.
    assert dict(first.entries.values_list("kind", "amount")) == {"hold": dollars("0.06"), "charge": dollars("0.06")}
    assert money.differences() == []


# --- the breaker ---


def test_many_failures_in_one_outage_are_one_rest_and_never_an_overflow(fake, ask, monkeypatch):
    fake.script.poll = "error"
    for number in range(12):
        ask(f"run {number}")
    monkeypatch.setattr(breaker, "BREAKER_AFTER", 0)
    for _ in range(5):  # a run counts once, and a busy machine sends few of them in a second
        sweep.run(0.0 if account("fakepoll").is_resting else 1.0)
    found = account("fakepoll")
    assert found.is_resting
    assert found.resting_until - timezone.now() < dt.timedelta(seconds=61)
    ProviderAccount.objects.update(failures_in_a_row=5000, resting_until=None)
    Generation.objects.update(due_at=timezone.now())
    sweep.run(0.5)
    assert account("fakepoll").is_resting


def test_a_good_poll_ends_the_count_of_failures(fake, ask, run_background):
    fake.script.polls = 3
    generation = ask(model=POLL)
    ProviderAccount.objects.update(failures_in_a_row=4)
    run_background()
    generation.refresh_from_db()
    assert generation.state == State.READY
    assert account("fakepoll").failures_in_a_row == 0
