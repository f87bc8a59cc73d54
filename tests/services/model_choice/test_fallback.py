"""Fallbacks: the next model of a project takes a request or a refused generation, once, never for more money."""

import datetime as dt
import itertools
from contextlib import suppress

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.currency import dollars
from generator.models import (
    ApiKey,
    Batch,
    Budget,
    Comparison,
    Fallback,
    Generation,
    LedgerEntry,
    Membership,
    Price,
    ProviderAccount,
    State,
)
from generator.providers.errors import Busy, Cause, OperatorMustAct
from generator.services.billing import budgets, suspensions
from generator.services.billing.ledger import differences
from generator.services.briefs import batches
from generator.services.errors import UserError
from generator.services.generation import cancellation, comparisons, states
from generator.services.generation.checkout import CheckoutRequest
from generator.services.model_choice import fallback
from generator.services.provider_jobs import backoff
from generator.services.team import project_defaults
from tests.conftest import COMPOSER, POLL, STREAM, ended, ledger
from tests.refusals import refused

numbers = itertools.count()


def order(project, user, *models, mode="use"):
    project_defaults.set_fallback(project, user, models=models, mode=mode)


def halt(provider="fakepoll", code=Cause.NO_CREDIT):
    ProviderAccount.objects.filter(key=provider).update(halt_code=code, last_error="The credit is used up.")


@pytest.fixture
def send(user, project):
    """Send a request as a form or a program does: `send(POLL, expected=30_000)`."""

    def _send(model=POLL, *, key=None, expected=None, raw=None, **changes):
        asked = {"user": user, "project": project, "text": "calm piano, 5 s", "takes": 1, "format": "wav"} | changes
        wanted = fallback.Wanted(raw_for=lambda _choice: raw or {}, **asked)
        request = CheckoutRequest(key or f"send-{next(numbers)}", expected_price=expected)
        return fallback.submit_or_fall_back(wanted, model, request)

    return _send


@pytest.fixture
def refuse():
    """Let a provider refuse a queued generation, as the poller does."""

    def _refuse(generation, error=None):
        generation = Generation.objects.select_related("model__provider", "project", "author", "prompt").get(
            pk=generation.pk
        )
        error = error or OperatorMustAct("The credit is used up.", cause=Cause.NO_CREDIT)
        assert states.advance(generation, State.SUBMITTING, "sent")
        backoff.record_failure(generation, error)
        backoff.stay_queued(generation, error)
        return fallback.follow_up(generation)

    return _refuse


# --- a request ---


def test_the_next_model_takes_the_request_and_says_why(send, project, user):
    order(project, user, POLL, STREAM, COMPOSER)
    halt()
    made = send()
    assert made.model.key == STREAM
    row = made.fallback
    assert (row.wanted.key, row.cause, row.replaces, row.lost) == (POLL, "no_credit", None, [])
    assert row.sentence.startswith("Made with Fake stream one because Fake poll one was unavailable")
    assert made.events.filter(data__wanted=POLL).count() == 1


@pytest.mark.parametrize(
    ("cause", "change"),
    [
        ("switched_off", {"enabled": False}),
        ("provider_resting", {"resting_until": timezone.now() + dt.timedelta(days=300)}),
        ("key_refused", {"halt_code": "key_refused"}),
        ("no_credit", {"halt_code": "no_credit"}),
    ],
)
def test_every_way_to_be_unavailable(send, project, user, cause, change):
    order(project, user, STREAM)
    ProviderAccount.objects.filter(key="fakepoll").update(**change)
    assert (made := send()).model.key == STREAM
    assert made.fallback.cause == cause


def test_a_provider_over_its_ceiling_is_unavailable(send, project, user):
    order(project, user, STREAM)
    Budget.objects.create(provider_key="fakepoll", cap=dollars("0.05"))
    assert send().model.key == POLL
    assert (made := send()).model.key == STREAM
    assert made.fallback.cause == "over_ceiling"


def test_a_suspended_provider_is_unavailable(send, project, user):
    order(project, user, STREAM)
    suspensions.suspend(user, "looked at", provider_key="fakepoll")
    assert (made := send()).model.key == STREAM
    assert made.fallback.cause == "suspended"


def test_an_available_model_is_used(send, project, user):
    order(project, user, STREAM)
    assert (made := send()).model.key == POLL
    assert not Fallback.objects.filter(generation=made).exists()


def test_it_is_only_offered_unless_the_project_says_so(send, project, user):
    order(project, user, STREAM, mode="offer")
    halt()
    with refused("model_unavailable"):
        send()
    assert not Generation.objects.exists()
    found = fallback.next_choices(project_defaults.defaults_of(project), POLL)
    assert [choice.spec.key for choice in found] == [STREAM]


def test_the_order_goes_on_behind_the_chosen_model_and_then_from_its_start(project, user, synced_catalog):
    order(project, user, COMPOSER, POLL, STREAM)

    def keys(model):
        found = fallback.next_choices(project_defaults.defaults_of(project), model)
        return [choice.spec.key for choice in found]

    assert keys(POLL) == [STREAM, COMPOSER]
    assert keys(STREAM) == [COMPOSER, POLL]
    assert keys("some/other") == [COMPOSER, POLL, STREAM]


def test_a_model_that_the_project_does_not_allow_is_never_taken(send, project, user):
    empty = {"format": "", "lufs": "", "prompt_suffix": "", "excluded_terms": ""}
    project_defaults.change(project, user, allowed_models=[POLL], **empty)
    order(project, user, STREAM)
    halt()
    with refused("model_unavailable"):
        send()


def test_a_dearer_model_is_not_taken(send, project, user, priced):
    order(project, user, STREAM, COMPOSER)
    priced(STREAM, "0.031")
    halt()
    assert send(format="flac").model.key == COMPOSER
    order(project, user, STREAM)
    with refused("model_unavailable"):
        send()
    assert send(expected=31_000).model.key == STREAM  # confirmed on the button
    with refused("model_unavailable"):
        send(expected=30_999)
    assert differences() == []


def test_what_does_not_carry_over_is_said(send, project, user):
    order(project, user, POLL)
    ProviderAccount.objects.filter(key="composer").update(enabled=False)
    Price.objects.filter(model__key=POLL).update(per_take=0)
    made = send(COMPOSER, raw={"length": "40", "seed": "7"}, format="flac")
    assert made.model.key == POLL
    assert made.prompt.settings == {"takes": 1, "format": "wav"}
    assert made.fallback.lost == ["Length", "Format"]


def test_more_takes_than_the_next_model_makes_are_not_fewer(send, project, user, monkeypatch):
    order(project, user, STREAM)
    halt()
    with refused("model_unavailable"):
        send(takes=4)


def test_a_repeated_press_is_the_same_generation(send, project, user):
    order(project, user, STREAM)
    halt()
    made = send(key="same")
    ProviderAccount.objects.filter(key="fakepoll").update(halt_code="")
    assert send(key="same") == made
    assert Generation.objects.count() == 1


def test_a_person_over_budget_gets_nothing(send, project, user):
    order(project, user, STREAM)
    halt()
    Budget.objects.create(user=user, cap=dollars("0.01"))
    with refused("budget_exceeded"):
        send()
    assert not Generation.objects.exists()


# --- queued work ---


def test_a_refused_generation_is_taken_over_once_within_its_price(ask, project, user, refuse, run_background, fake):
    order(project, user, STREAM, COMPOSER)
    first = ask()
    made = refuse(first)
    first.refresh_from_db()
    assert (first.state, first.error_code, first.dismissed_at is not None) == (State.FAILED, "replaced", True)
    assert ledger(first) == {"hold": 30_000, "release": 30_000}
    assert (made.model.key, made.parent, made.price_total) == (STREAM, first, 30_000)
    assert (made.fallback.replaces, made.fallback.cause) == (first, "no_credit")
    assert first.follow_up.generation == made
    assert refuse(made, OperatorMustAct("no key", cause=Cause.KEY_REFUSED)) is None  # once
    made.refresh_from_db()
    assert made.state == State.QUEUED
    assert differences() == []


def test_the_poller_takes_over_and_the_track_is_made(ask, project, user, fake, run_background, fast_polling):
    order(project, user, COMPOSER)
    fake.script.submit = "no_credit"
    first = ask(text="calm piano, 5 s")
    run_background()
    first.refresh_from_db()
    assert (first.state, first.error_code) == (State.FAILED, "replaced")
    made = ended(first.follow_up.generation, run_background)
    assert made.model.key == COMPOSER
    assert made.tracks.count() == 1


def test_what_waits_behind_a_halted_provider_follows_on_the_next_beat(ask, project, user):
    order(project, user, STREAM)
    waiting = [ask(), ask()]
    halt()
    cancellation.rescue()
    assert Fallback.objects.filter(replaces__in=waiting).count() == 2
    cancellation.rescue()
    assert Generation.objects.count() == 4


def test_nothing_is_taken_over_that_the_project_did_not_say(ask, project, user, refuse):
    order(project, user, STREAM, mode="offer")
    first = ask()
    assert refuse(first) is None
    offer = fallback.offer_for(Generation.objects.get(pk=first.pk), user)
    assert (offer.choice.spec.key, offer.total) == (STREAM, 30_000)


def test_busy_and_unreachable_providers_keep_their_work(ask, project, user, refuse):
    order(project, user, STREAM)
    assert refuse(ask(), Busy("later")) is None
    assert refuse(ask(), Busy("nobody there", cause=Cause.UNREACHABLE)) is None
    assert Generation.objects.count() == 2


def test_dearer_work_is_offered_at_its_price(ask, project, user, refuse, priced):
    order(project, user, STREAM)
    priced(STREAM, "0.04")
    first = ask()
    assert refuse(first) is None
    first.refresh_from_db()
    assert fallback.offer_for(first, user).total == 40_000
    with refused("price_changed"):
        fallback.use_next(first, user, CheckoutRequest("k", expected_price=30_000))
    first.refresh_from_db()
    assert first.state == State.QUEUED
    made = fallback.use_next(first, user, CheckoutRequest("k", expected_price=40_000))
    assert fallback.use_next(first, user, CheckoutRequest("other", expected_price=40_000)) == made
    assert Generation.objects.count() == 2
    assert differences() == []


def test_sent_work_is_not_taken_over(ask, project, user):
    order(project, user, STREAM)
    first = ask()
    states.advance(first, State.SUBMITTING, "sent")
    halt()
    assert fallback.follow_up(first) is None
    with refused("already_finished"):
        fallback.use_next(first, user, CheckoutRequest("k"))
    first.refresh_from_db()
    assert first.state == State.SUBMITTING


def test_a_candidate_of_a_comparison_is_not_taken_over(project, user):
    order(project, user, COMPOSER)
    comparison = comparisons.submit_many(
        user=user, project=project, model_keys=[POLL, STREAM], text="a tune", takes=1, format="wav", raw={},
        idempotency_key="compared",
    )  # fmt: skip
    halt()
    cancellation.rescue()
    assert Comparison.objects.get(pk=comparison.pk).generations.filter(state=State.QUEUED).count() == 2


def test_what_a_program_requested_is_not_taken_over_by_itself(ask, project, user, refuse):
    order(project, user, STREAM)
    first = ask()
    key = ApiKey.objects.create(user=user, name="farm", prefix="abc", digest="x" * 64)
    Generation.objects.filter(pk=first.pk).update(key=key)
    assert refuse(first) is None
    first.refresh_from_db()
    assert fallback.use_next(first, user, CheckoutRequest("k")).model.key == STREAM


def test_a_person_who_left_pays_for_nothing_new(ask, project, user, refuse):
    order(project, user, STREAM)
    first = ask()
    Membership.objects.filter(user=user, project=project).delete()
    assert refuse(first) is None
    first.refresh_from_db()
    assert first.state == State.QUEUED


def test_an_item_of_a_batch_is_taken_over_in_its_place(project, user, refuse):
    order(project, user, STREAM)
    items = [batches.Item(POLL, "calm piano", 1, "wav", {}), batches.Item(STREAM, "warm lo-fi", 1, "wav", {})]
    batch = batches.submit_batch(user, project, Batch.Kind.BRIEFS, items, "batch")
    first = Generation.objects.get(batch_item__batch=batch, batch_item__place=0)
    made = refuse(first)
    assert made.batch_item.place == 0
    assert batches.progress_of([batch])[0].failed == 0
    assert batches.progress_of([batch])[0].total == 2


# --- money, whatever happens ---

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "refuse", "press", "beat", "halt", "heal", "price", "cancel", "budget", "repeat"]),
        st.integers(0, 5),
        st.sampled_from([POLL, STREAM, COMPOSER]),
    ),
    max_size=25,
)
LIVE = (*State.active(), State.IN_DOUBT)


class Requests:
    """The requests of one run, each with the price that was confirmed for it."""

    def __init__(self, send, refuse, user, project):
        self.send_one, self.refuse_one, self.user, self.project = send, refuse, user, project
        self.confirmed: dict[int, int] = {}
        self.keys: dict[str, int] = {}

    def first_of(self, generation: Generation) -> int:
        while generation.parent_id:
            generation = generation.parent
        return generation.pk

    def some(self, which):
        rows = list(Generation.objects.order_by("id"))
        return rows[which % len(rows)] if rows else None

    def send(self, which, model):
        key, price = f"run-{next(numbers)}", (30_000, 45_000, 0, 20_000, None, 30_000)[which]
        made = self.send_one(model, key=key, expected=price, format="flac" if model == COMPOSER else "wav")
        self.keys[key] = made.pk
        self.confirmed[made.pk] = made.price_total if price is None else price
        assert made.price_total <= self.confirmed[made.pk]

    def repeat(self, which, model):
        if self.keys:
            key = list(self.keys)[which % len(self.keys)]
            assert self.send_one(model, key=key, expected=1).pk == self.keys[key]

    def refuse(self, which, model):
        found = self.some(which)
        if found and found.state == State.QUEUED and found.model.provider.key != "composer":
            self.refuse_one(found)

    def press(self, which, model):
        if found := self.some(which):
            offer = fallback.offer_for(found, self.user)
            price = offer.total if offer else 0
            made = fallback.use_next(found, self.user, CheckoutRequest("press", expected_price=price))
            first = self.first_of(made)
            self.confirmed[first] = max(self.confirmed[first], made.price_total)  # confirmed by the press

    def beat(self, which, model):
        fallback.follow_up_waiting()

    def halt(self, which, model):
        halt(model.partition("/")[0], (Cause.NO_CREDIT, Cause.KEY_REFUSED, Cause.MISCONFIGURED)[which % 3])

    def heal(self, which, model):
        ProviderAccount.objects.filter(key=model.partition("/")[0]).update(halt_code="", resting_until=None)

    def price(self, which, model):
        amount = (10_000, 20_000, 30_000, 45_000, 0, 30_001)[which]
        Price.objects.create(
            model_id=Price.objects.filter(model__key=model).first().model_id, per_take=amount, valid_from=timezone.now()
        )

    def cancel(self, which, model):
        if found := self.some(which):
            cancellation.cancel(found, self.user)

    def budget(self, which, model):
        Budget.objects.update_or_create(provider_key=model.partition("/")[0], defaults={"cap": which * 25_000})

    def check(self):
        assert differences() == []
        live: dict[int, list[Generation]] = {}
        for generation in Generation.objects.filter(state__in=LIVE).select_related("parent"):
            live.setdefault(self.first_of(generation), []).append(generation)
        for first, generations in live.items():
            assert len(generations) == 1, "two live generations of one request"
            open_holds = LedgerEntry.objects.filter(
                kind="hold", generation__in=generations, generation__settled_at=None
            )
            assert (open_holds.aggregate(held=Sum("amount"))["held"] or 0) <= self.confirmed[first]
        for status in budgets.statuses_of(Budget.objects.all()):
            assert status.used >= 0


@settings(max_examples=25)
@given(steps=STEPS, mode=st.sampled_from(["use", "use", "offer"]), models=st.permutations([POLL, STREAM, COMPOSER]))
def test_a_request_is_live_once_and_never_holds_more_than_was_confirmed(
    send, refuse, user, project, steps, mode, models
):
    with transaction.atomic():
        order(project, user, *models, mode=mode)
        run = Requests(send, refuse, user, project)
        for what, which, model in steps:
            with suppress(UserError):  # nothing was changed; the ledger is checked all the same
                getattr(run, what)(which, model)
            run.check()
        transaction.set_rollback(True)
