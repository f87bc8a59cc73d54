"""Refusals before anything is written, and double clicks."""

import pytest
from django.db import transaction

from generator.currency import dollars
from generator.models import Budget, Generation, LedgerEntry, MusicModel, Prompt, ProviderAccount
from generator.services.generation.submit import clean_settings, quote
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL
from tests.refusals import amounts, refused


@pytest.mark.parametrize(
    ("changes", "field", "code", "sentence"),
    [
        (
            {"text": "   "},
            "text",
            "required",
            "Describe the music in a few words, such as “warm lo-fi for a cooking video”.",
        ),
        (
            {"text": "x" * 201},
            "text",
            "too_long",
            "Fake poll one accepts at most 200 characters; your text is 1 over the limit.",
        ),
        (
            {"text": "a\x00b"},
            "text",
            "invalid_text",
            "The text contains a character that cannot be stored. Remove it, or type the text again.",
        ),
        ({"takes": 4}, "takes", "out_of_range", "Fake poll one makes 1 to 3 takes at a time."),
        ({"takes": 0}, "takes", "out_of_range", "Fake poll one makes 1 to 3 takes at a time."),
        (
            {"format": "exe"},
            "format",
            "unsupported_format",
            "Fake poll one does not deliver exe. Choose another format.",
        ),
        ({"model": COMPOSER, "format": "flac", "settings": {"length": 4.0}}, None, "rejected", "Length"),
    ],
)
def test_bad_input_is_refused_in_plain_words_and_leaves_nothing(ask, changes, field, code, sentence):
    with refused(code, field) as refusal:
        ask(**changes)
    assert sentence in refusal.value.sentence
    assert not Generation.objects.exists()
    assert not Prompt.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_a_model_that_has_gone_is_refused(ask, user, project):
    MusicModel.objects.filter(key=POLL).update(key="gone/one")
    with refused("model_unavailable", "model"):
        ask(model=POLL)


def test_a_provider_that_is_switched_off_is_refused(ask):
    ProviderAccount.objects.filter(key="fakepoll").update(enabled=False)
    with refused("model_unavailable", "model"):
        ask()


def test_the_same_key_again_is_the_first_generation(ask):
    first = ask(idempotency_key="once")
    second = ask("something else entirely", idempotency_key="once")
    assert first == second
    assert LedgerEntry.objects.count() == 1


def test_the_quote_is_what_the_ledger_books(ask, user, project, priced):
    priced(POLL, "0.045")
    for takes in (1, 2, 3):
        shown = quote(user, project, POLL, takes)
        generation = ask(takes=takes)
        assert generation.entries.get().amount == shown.total == dollars("0.045") * takes


def test_old_work_keeps_the_price_it_ran_at(ask, priced):
    before = ask()
    priced(POLL, "9")
    assert before.price_total == dollars("0.03")
    assert ask().price_total == dollars("9")


@pytest.mark.parametrize("target", ["user", "project", "member", "provider"])
def test_every_kind_of_cap_is_in_the_way_and_says_so(ask, user, project, target):
    Budget.objects.create(
        cap=dollars("0.05"),
        user=user if target in ("user", "member") else None,
        project=project if target in ("project", "member") else None,
        provider_key="fakepoll" if target == "provider" else "",
    )
    assert ask().price_total == dollars("0.03")
    with refused("budget_exceeded") as refusal:
        ask()
    assert amounts(refusal.value.sentence) == ["$0.03", "$0.02", "$0.05"]
    assert quote(user, project, POLL, 1).left == dollars("0.02")


def test_a_cap_on_someone_else_is_not_in_the_way(ask, stranger):
    Budget.objects.create(cap=0, user=stranger)
    Budget.objects.create(cap=0, provider_key="composer")
    assert ask()


def test_a_rolled_back_submit_leaves_no_task_behind(ask, run_background):
    with transaction.atomic():
        ask()
        transaction.set_rollback(True)
    assert run_background() == 0


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        ({"length": "long"}, "length", "invalid_duration"),
        ({"length": "601"}, "length", "out_of_range"),
        ({"style": "polka"}, "style", "invalid_choice"),
        ({"bpm": "nan"}, "bpm", "out_of_range"),
    ],
)
def test_settings_outside_their_limits_name_their_field(synced_catalog, raw, field, code):
    with refused(code, field):
        clean_settings(catalog.spec_of(COMPOSER), raw)


def test_settings_are_read_from_form_strings(synced_catalog):
    cleaned = clean_settings(
        catalog.spec_of(COMPOSER), {"length": "45", "loop": "on", "seed": "7", "unknown": "x", "style": ""}
    )
    assert cleaned == {"length": 45.0, "loop": True, "bed": False, "seed": 7}
