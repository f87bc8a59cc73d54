"""Prices that depend on the request: shown, held, charged, and refused where there is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import currency
from generator.currency import dollars
from generator.models import Generation, LedgerEntry, MusicModel, Price, Prompt
from generator.services.billing import ledger
from generator.services.generation.submit import quote
from tests.conftest import POLL
from tests.refusals import refused

MUSIC = "soundverse/music"  # has a length
PER_SECOND = "base_price * duration"
TWO_FOR_THREE = "base_price * (takes > 2 ? 2 : takes)"


@pytest.fixture
def formula(synced_catalog):
    """Give a model a price by formula from now on."""

    def _formula(model_key: str, base: str, formula: str) -> Price:
        model = MusicModel.objects.get(key=model_key)
        return Price.objects.create(model=model, per_take=dollars(base), formula=formula)

    return _formula


@pytest.mark.parametrize(("asked", "total"), [({"duration": 45}, "0.0135"), ({}, "0.009"), ({"duration": 600}, "0.18")])
def test_a_price_per_second_is_shown_and_held(ask, user, project, paid_providers, formula, asked, total):
    formula(MUSIC, "0.0003", PER_SECOND)
    shown = quote(user, project, MUSIC, 1, asked)
    generation = ask(model=MUSIC, format="mp3", settings=asked)
    assert shown.total == generation.price_total == generation.entries.get().amount == dollars(total)


def test_the_form_and_the_api_show_the_price_of_this_request(client, user, project, paid_providers, formula):
    formula(MUSIC, "0.0003", PER_SECOND)
    client.force_login(user)
    page = client.get(f"/projects/{project.public_id}/", {"model": MUSIC, "text": "piano", "duration": "100"})
    assert page.context["form"].quote.total == dollars("0.03")
    (line,) = [line for line in page.context["form"].lines if line.choice.spec.key == MUSIC]
    assert line.per_take == dollars("0.03")
    page = client.get(f"/projects/{project.public_id}/", {"model": MUSIC, "text": "piano", "duration": "1:4"})
    assert page.status_code == 200


def test_what_has_no_price_is_refused_before_anything_is_written(client, ask, user, project, paid_providers, formula):
    formula(MUSIC, "0.0003", "base_price * $number(style)")
    with refused("no_price"):
        ask(model=MUSIC, format="mp3", settings={"style": "jazz"})
    assert not Generation.objects.exists()
    assert not Prompt.objects.exists()
    assert not LedgerEntry.objects.exists()
    client.force_login(user)
    page = client.get(f"/projects/{project.public_id}/", {"model": MUSIC, "text": "piano", "style": "jazz"})
    assert page.context["form"].refusal
    assert page.context["form"].quote is None


def test_a_total_that_no_number_of_takes_divides_is_exact(ask, user, project, formula):
    formula(POLL, "0.05", TWO_FOR_THREE)
    generation = ask(takes=3)
    assert generation.entries.get().amount == dollars("0.10")
    assert quote(user, project, POLL, 3).per_take == 33_334
    assert currency.show(generation.price_of(1)) == "$0.033333"


@settings(max_examples=60, deadline=None)
@given(total=st.integers(0, 10**9), takes=st.integers(1, 10), delivered=st.integers(0, 10))
def test_charge_and_release_add_up_to_the_hold(total, takes, delivered):
    generation = Generation(price_total=total, takes_requested=takes)
    delivered = min(delivered, takes)
    assert 0 <= generation.price_of(delivered) <= total
    assert generation.price_of(takes) == total
    assert generation.price_of(delivered) <= generation.price_per_take * delivered


@pytest.mark.parametrize("delivered", range(4))
def test_a_part_is_charged_by_its_share(ask, formula, delivered):
    formula(POLL, "0.05", TWO_FOR_THREE)
    generation = ask(takes=3)
    assert ledger.settle(generation, delivered, "some arrived")
    amounts = {entry.kind: entry.amount for entry in generation.entries.all()}
    assert amounts.get("charge", 0) + amounts.get("release", 0) == amounts["hold"] == 100_000
    assert amounts.get("charge", 0) == 100_000 * delivered // 3
    assert ledger.differences() == []
