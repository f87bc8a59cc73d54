"""A comma never multiplies money: every field and body with an amount reads it unambiguously, or refuses it."""

import datetime as dt
from itertools import product

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.currency import dollars
from generator.models import ApiKey, Budget, BudgetIncrease, LedgerEntry, MusicModel, Price, Role, Scope, User
from generator.services.team import api_keys
from tests.conftest import POLL

UNCLEAR = ["1,250", "1.250", "12,50 €", "1,25,0", "1e3", "1,25.50"]
READ = [("12,50", "12.5"), ("0,045", "0.045"), ("1.250,00", "1250"), ("1 250,5", "1250.5"), ("1,250.00", "1250")]


@pytest.fixture
def desk(client, synced_catalog) -> Client:
    boss = User.objects.create_superuser("boss@example.com", "a long enough password")
    client.force_login(boss)
    return client


@pytest.fixture
def request_for_more(project, member) -> BudgetIncrease:
    cap = Budget.objects.create(project=project, cap=dollars("1"))
    return BudgetIncrease.objects.create(
        budget=cap, requested_by=member(Role.EDITOR), requested=dollars("5"), reason="why"
    )


@pytest.fixture
def key(user, project) -> ApiKey:
    return api_keys.make(user, "ci", Scope.GENERATE, project=project)[0]


def until() -> str:
    return (timezone.localdate() + dt.timedelta(days=3)).isoformat()


def is_shown(reply, typed: str) -> bool:
    return reply.status_code == 422 and f'value="{typed}"' in reply.content.decode()


@pytest.mark.parametrize(("typed", "understood"), READ)
def test_a_cap_counts_once_it_was_shown_as_understood(user_client, project, typed, understood):
    address = reverse("budget", args=[project.public_id])
    reply = user_client.post(address, {"cap": typed})
    assert is_shown(reply, understood)
    assert not Budget.objects.exists()
    assert user_client.post(address, {"cap": understood}).status_code == 302
    assert Budget.objects.get().cap == dollars(typed)


def test_a_cap_that_could_be_two_is_refused_and_kept_in_its_field(user_client, project, user):
    address = reverse("budget", args=[project.public_id])
    for typed, whose in product(UNCLEAR, ({}, {"member": user.pk})):
        assert is_shown(user_client.post(address, {"cap": typed, **whose}), typed)
    assert not Budget.objects.exists()


def test_an_answer_keeps_everything_that_was_typed(user_client, request_for_more):
    for typed in (*UNCLEAR, *dict(READ)):
        sent = {"grant": typed, "until": until(), "answer": "for the trailer"}
        reply = user_client.post(reverse("answer-budget-request", args=[request_for_more.pk]), sent)
        for shown in (dict(READ).get(typed, typed), sent["until"], sent["answer"]):
            assert is_shown(reply, shown)
    assert BudgetIncrease.objects.open().exists()


def test_an_answer_counts_once_its_amount_was_confirmed(user_client, request_for_more):
    user_client.post(reverse("answer-budget-request", args=[request_for_more.pk]), {"grant": "2.50", "until": until()})
    assert BudgetIncrease.objects.get().granted == dollars("2.50")


def test_more_is_not_asked_for_in_an_unclear_amount(user_client, project):
    cap = Budget.objects.create(project=project, cap=dollars("1"))
    for typed in (*UNCLEAR, "12,50"):
        reply = user_client.post(reverse("request-increase", args=[cap.pk]), {"amount": typed, "reason": "why"})
        assert is_shown(reply, dict(READ).get(typed, typed))
    assert not BudgetIncrease.objects.exists()


@pytest.mark.parametrize("typed", ["1,250", "12,50"])
def test_the_cap_of_a_key_is_not_set_to_an_unclear_amount(user_client, project, key, typed):
    for page in ("", project.public_id):
        reply = user_client.post(reverse("key-budget", args=[key.public_id]), {"cap": typed, "page": page})
        assert is_shown(reply, dict(READ).get(typed, typed))
    new = {"name": "render farm", "scope": "generate", "model_override": "named", "cap": typed}
    assert is_shown(user_client.post(reverse("keys"), new), dict(READ).get(typed, typed))
    with pytest.raises(CommandError):
        call_command("key", "ada@example.com", name="one more", budget=typed)
    assert not Budget.objects.exists()
    assert ApiKey.objects.get() == key


# --- the admin ---


def price_form(amount: str, **more: str) -> dict:
    row = MusicModel.objects.get(key=POLL)
    return {"model": row.pk, "per_take": amount, "valid_from_0": "2020-01-01", "valid_from_1": "00:00:00"} | more


def test_a_price_row_with_a_comma_is_shown_as_understood_first(desk, synced_catalog):
    rows = Price.objects.count()
    shown = desk.post(reverse("admin:generator_price_add"), price_form("0,045"))
    assert shown.context["adminform"].form.errors["per_take"].as_data()[0].code == "unconfirmed"
    assert 'value="0.045"' in shown.content.decode()
    assert Price.objects.count() == rows
    desk.post(reverse("admin:generator_price_add"), price_form("0.045"))
    assert Price.objects.latest("id").per_take == 45_000


def test_an_unclear_price_or_cap_is_refused_in_the_admin(desk, user):
    rows = Price.objects.count()
    pages = [("price", price_form(typed), "per_take") for typed in UNCLEAR]
    for page, sent, field in (*pages, *(("budget", {"user": user.pk, "cap": typed}, "cap") for typed in UNCLEAR)):
        shown = desk.post(reverse(f"admin:generator_{page}_add"), sent)
        assert shown.context["adminform"].form.errors[field].as_data()[0].code == "invalid"
    assert (Price.objects.count(), Budget.objects.count()) == (rows, 0)


def test_a_mistaken_price_is_replaced_by_a_row_of_the_same_moment(desk):
    for amount in ("45", "0.045"):
        desk.post(reverse("admin:generator_price_add"), price_form(amount, valid_from_0="2999-01-01"))
    counts = Price.objects.at(MusicModel.objects.get(key=POLL), dt.datetime(2999, 1, 2, tzinfo=dt.UTC))
    assert counts.per_take == 45_000


def test_money_is_not_booked_in_an_unclear_amount(desk, ask):
    address, entries = reverse("admin:review-generation", args=[ask().public_id]), LedgerEntry.objects.count()
    for action, typed in product(("credit", "adjust"), ("1,250", "12,50")):
        reply = desk.post(address, {"action": action, "amount": typed, "text": "why"})
        assert is_shown(reply, dict(READ).get(typed, typed))
    assert LedgerEntry.objects.count() == entries


def test_staff_grant_no_unclear_amount(desk, request_for_more):
    for typed in ("1,250", "12,50"):
        sent = {"request": request_for_more.pk, "grant": typed, "until": until(), "answer": "go on"}
        reply = desk.post(reverse("admin:review-budget-requests"), sent)
        assert is_shown(reply, dict(READ).get(typed, typed))
        assert is_shown(reply, "go on")
    assert BudgetIncrease.objects.open().exists()
