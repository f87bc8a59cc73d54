"""After any order of events the ledger agrees, no budget is exceeded, and closed months stay unchanged."""

import datetime as dt
import os
from contextlib import suppress
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.currency import dollars
from generator.models import Budget, BudgetIncrease, ClosedMonth, Generation, Price, ProviderJob, Rollup, State
from generator.providers.base import Progress, Snapshot
from generator.providers.errors import Busy, Cause, OperatorMustAct, PriceChanged
from generator.services.billing import budget_requests, budgets, issue_resolution, ledger, period_close, suspensions
from generator.services.errors import UserError
from generator.services.generation import completion, states
from generator.services.provider_jobs import backoff, job_runner
from tests.conftest import COMPOSER, POLL, STREAM

EXAMPLES = int(os.environ.get("STUDIO_EXAMPLES", "15"))  # for a nightly run: STUDIO_EXAMPLES=500
START = dt.datetime(2026, 3, 20, 12, tzinfo=dt.UTC)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("submit",) * 4, *("settle",) * 3, "cancel", "doubt", "wait", "answer", "find",
                "credit", "adjust", "release", "charge", "cap",
                "ask", "grant", "stop", "lift", "close", "later", "much later",
            ]
        ),
        st.integers(0, 9),
        st.integers(1, 3),
    ),
    max_size=30,
)  # fmt: skip


class Studio:
    """The state of one run: the people, the requests, and the invariants."""

    def __init__(self, ask, user, project):
        self.ask, self.user, self.project = ask, user, project
        self.clock, self.made, self.stops = START, [], []

    def do(self, what: str, which: int, number: int) -> None:
        with suppress(UserError):  # nothing was changed; the ledger is checked all the same
            getattr(self, what.replace(" ", "_"))(which, number)

    def submit(self, which, number):
        where = (self.project, self.user.personal_project)[which % 2]
        before = {room.budget.pk: room for room in budgets.statuses(self.user, where, "fakepoll")}
        model = (POLL, STREAM, COMPOSER)[which % 3]
        made = self.ask(project=where, model=model, takes=number if model != STREAM else 1)
        self.made.append(made)
        for room in before.values():
            if room.budget.provider_key in ("", model.partition("/")[0]):
                assert made.price_total <= room.left, "a hold went past a cap"
        assert not suspensions.reason_in_force(self.user, where, model.partition("/")[0])

    def _one(self, which):
        if not self.made:
            raise UserError("nothing yet")
        found = self.made[which % len(self.made)]
        found.refresh_from_db()
        return found

    def settle(self, which, number):
        ledger.settle(self._one(which), number, "done")

    def cancel(self, which, number):
        one = self._one(which)
        if one.model.provider.key == "composer" or one.state == State.QUEUED:
            completion.cancel(one, self.user, "Cancelled")

    def doubt(self, which, number):
        one = self._one(which)
        states.advance(one, State.SUBMITTING, "sent")
        states.advance(one, State.IN_DOUBT, "no answer", sources=[State.SUBMITTING])

    def wait(self, which, number):
        """It was not accepted: no connection, a refused key, another price."""
        one = self._one(which)
        states.advance(one, State.SUBMITTING, "sent")
        error = (
            Busy("nobody there", cause=Cause.UNREACHABLE),
            OperatorMustAct("the key", cause=Cause.KEY_REFUSED),
            PriceChanged("the price", theirs=number, ours=one.price_total),
        )[number - 1]
        if one.state == State.SUBMITTING:
            backoff.record_failure(one, error)
            backoff.stay_queued(one, error)

    def answer(self, which, number):
        """Its provider answers with a job, possibly with one that it has named before."""
        one = self._one(which)
        if one.model.provider.key != "composer" and states.advance(one, State.SUBMITTING, "sent"):
            job_runner._apply_snapshot(one, Snapshot(Progress.RUNNING, f"job-{number}"))

    def find(self, which, number):
        """The job list names a job that may belong to any generation."""
        one = self._one(which)
        if one.state == State.IN_DOUBT and not one.provider_job_id:
            backoff.record_poll(one, Snapshot(Progress.RUNNING, f"job-{number}"), several=False)

    def credit(self, which, number):
        issue_resolution.credit(self._one(which), self.user, number * 10_001, "a fault")

    def adjust(self, which, number):
        issue_resolution.adjust(self._one(which), self.user, (number - 2) * 7_003, "agreed")

    def release(self, which, number):
        issue_resolution.release(self._one(which), self.user, "not made")

    def charge(self, which, number):
        issue_resolution.charge(self._one(which), self.user, "made after all")

    def cap(self, which, number):
        budget_requests.set_budget(self.project, (None, 100_000, 400_000)[number - 1] if which else 0, self.user)

    def ask_for(self, which):
        return Budget.objects.order_by("pk")[which % 2 :].first()

    def ask_(self, which, number):
        budget_requests.request_increase(self.ask_for(which), self.user, number * 50_000, "more")

    def grant(self, which, number):
        if (cap := self.ask_for(which)) and not cap.increases.open().exists():
            budget_requests.request_increase(cap, self.user, number * 50_000, "more")
        if asked := BudgetIncrease.objects.open().first():
            budget_requests.grant(asked, self.user, number * 50_000, self.clock + dt.timedelta(days=which + 1))

    def stop(self, which, number):
        target = ({"user": self.user}, {"project": self.project}, {"provider_key": "fakepoll"}, {})[which % 4]
        self.stops.append(suspensions.suspend(self.user, "looked at", **target))

    def lift(self, which, number):
        if self.stops:
            suspensions.lift(self.stops.pop(which % len(self.stops)), self.user)

    def close(self, which, number):
        period_close.close(min(closing_months(), default="2026-03"), self.user)

    def later(self, which, number):
        self.clock += dt.timedelta(hours=11 * which)

    def much_later(self, which, number):
        self.clock += dt.timedelta(days=10 * number)


def closing_months() -> set[str]:
    known = set(Rollup.objects.values_list("month", flat=True))
    return known - set(ClosedMonth.objects.values_list("month", flat=True))


def assert_no_job_is_two_runs() -> None:
    held = Generation.objects.exclude(provider_job_id="").values_list("model__provider", "provider_job_id")
    assert len(set(held)) == len(held)
    assert set(ProviderJob.objects.values_list("account", "provider_job_id")) == set(held)


@pytest.fixture
def old_prices(synced_catalog) -> None:
    Price.objects.update(valid_from=START.replace(year=2020))


@settings(max_examples=EXAMPLES, deadline=None)
@given(steps=STEPS)
def test_the_books_stand_whatever_happens(ask, user, project, old_prices, steps):
    with transaction.atomic():
        studio = Studio(ask, user, project)
        with patch("django.utils.timezone.now", lambda: studio.clock):
            Budget.objects.create(user=user, cap=dollars("0.50"))
            Budget.objects.create(project=project, cap=dollars("0.30"))
            Budget.objects.create(provider_key="fakepoll", cap=dollars("0.40"))
            for what, which, number in steps:
                studio.do("ask_" if what == "ask" else what, which, number)
                assert ledger.differences() == []
                assert_no_job_is_two_runs()
            assert all(period_close.is_unchanged(one) for one in ClosedMonth.objects.all())
            for one in studio.made:
                ledger.settle(one, 0, "end")
            assert issue_resolution.open_holds() == 0
        transaction.set_rollback(True)
