"""What is refused before anything is written, and what a double click does."""

import pytest
from django.db import transaction

from generator.models import Budget, Entry, Generation, MusicModel, Prompt, ProviderAccount
from generator.money import dollars
from generator.workflow import Refused, catalogue, clean_settings, quote
from tests.conftest import COMPOSER, POLL


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"text": "   "}, "text", "Say in a few words"),
        ({"text": "x" * 201}, "text", "1 too long"),
        ({"text": "a\x00b"}, "text", "cannot be stored"),
        ({"takes": 4}, "takes", "1 to 3"),
        ({"takes": 0}, "takes", "1 to 3"),
        ({"format": "exe"}, "format", "does not deliver"),
        ({"model": COMPOSER, "format": "flac", "settings": {"length": 4.0}}, None, "Length"),
    ],
)
def test_bad_input_is_refused_in_plain_words_and_leaves_nothing(ask, changes, field, words):
    with pytest.raises(Refused, match=words) as refusal:
        ask(**changes)
    if field:
        assert refusal.value.field == field
    assert not Generation.objects.exists()
    assert not Prompt.objects.exists()
    assert not Entry.objects.exists()


def test_a_model_that_has_gone_is_refused(ask, user, project):
    MusicModel.objects.filter(key=POLL).update(key="gone/one")
    with pytest.raises(Refused, match="no longer offered"):
        ask(model=POLL)


def test_a_provider_that_is_switched_off_is_refused(ask):
    ProviderAccount.objects.filter(key="fakepoll").update(enabled=False)
    with pytest.raises(Refused, match="switched off"):
        ask()


def test_the_same_key_again_is_the_first_generation(ask):
    first = ask(idempotency_key="once")
    second = ask("something else entirely", idempotency_key="once")
    assert first == second
    assert Entry.objects.count() == 1


def test_the_quote_is_what_the_ledger_books(ask, user, project, priced):
    priced(POLL, "0.045")
    for takes in (1, 2, 3):
        shown = quote(user, project, POLL, takes)
        generation = ask(takes=takes)
        assert generation.entries.get().amount == shown.total == dollars("0.045") * takes


def test_old_work_keeps_the_price_it_ran_at(ask, priced):
    before = ask()
    priced(POLL, "9")
    assert before.held == dollars("0.03")
    assert ask().held == dollars("9")


@pytest.mark.parametrize("target", ["user", "project", "member", "provider"])
def test_every_kind_of_cap_is_in_the_way_and_says_so(ask, user, project, target):
    Budget.objects.create(
        cap=dollars("0.05"),
        user=user if target in ("user", "member") else None,
        project=project if target in ("project", "member") else None,
        provider_key="fakepoll" if target == "provider" else "",
    )
    assert ask().held == dollars("0.03")
    with pytest.raises(Refused, match=r"cap .* has \$0\.02 left of \$0\.05"):
        ask()
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
    ("raw", "field"),
    [
        ({"length": "long"}, "length"),
        ({"length": "601"}, "length"),
        ({"style": "polka"}, "style"),
        ({"bpm": "nan"}, "bpm"),
    ],
)
def test_settings_outside_their_limits_name_their_field(offered, raw, field):
    with pytest.raises(Refused) as refusal:
        clean_settings(catalogue.spec_of(COMPOSER), raw)
    assert refusal.value.field == field


def test_settings_are_read_from_form_strings(offered):
    cleaned = clean_settings(
        catalogue.spec_of(COMPOSER), {"length": "45", "loop": "on", "seed": "7", "unknown": "x", "style": ""}
    )
    assert cleaned == {"length": 45.0, "loop": True, "bed": False, "seed": 7}
