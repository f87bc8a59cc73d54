"""Figures, roll-ups, entries, lines and CSV agree, to the micro-dollar, after any events."""

import csv
import datetime as dt
from collections import Counter
from unittest.mock import patch

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.currency import dollars
from generator.models import Budget, LedgerEntry, Membership, Price, Project, Role, Track, User
from generator.services.billing import ledger
from generator.services.billing.reports import spend
from generator.services.billing.reports.exports import csv_rows, harmless
from generator.services.billing.reports.spend import Scope, Wanted
from generator.services.library import tracks as library_tracks
from tests.conftest import COMPOSER, POLL, STREAM

NOW = "django.utils.timezone.now"
START = dt.datetime(2026, 11, 28, 21, 30, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def old_prices(synced_catalog) -> None:
    """Backdate the catalog's first prices by years; normally they begin when the test does."""
    Price.objects.update(valid_from=START.replace(year=2020))


def book(generation, kind, amount, actor=None):
    """Book a credit or a correction with a reason, as the billing review does."""
    return ledger.book(
        kind,
        amount,
        project=generation.project,
        user=generation.author,
        generation=generation,
        model_key=generation.model.key,
        reason="agreed by telephone",
        actor=actor,
    )


# --- permissions ---


def test_everyone_may_look_at_their_own_and_at_their_projects(user, project, member, stranger):
    for role in Role:
        assert spend.scope_for(member(role), project.public_id).project == project
    assert spend.scope_for(user, "") == Scope(user)
    assert spend.scope_for(stranger, project.public_id) is None
    assert spend.scope_for(user, stranger.personal_project.public_id) is None
    assert spend.scope_for(user, "nowhere") is None


def test_staff_see_no_more_here_than_others(user, project):
    staff = User.objects.create_superuser("staff@example.com", "a long enough password")
    assert spend.scope_for(staff, project.public_id) is None


def test_an_archived_project_is_closed_but_its_money_stays_in_ones_own(ask, user, project):
    ledger.settle(ask(), 1, "done")
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    assert spend.scope_for(user, project.public_id) is None
    assert spend.month(Scope(user), spend.this_month()).spent == dollars("0.03")


# --- any order of events ---

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["submit", "submit", "settle", "settle", "credit", "adjust", "later"]),
        st.integers(0, 9),
        st.integers(0, 3),
    ),
    max_size=30,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_every_view_of_the_money_agrees_after_any_course_of_events(ask, user, stranger, project, steps):
    clock = [START]
    with transaction.atomic(), patch(NOW, lambda: clock[0]):
        Membership.objects.create(project=project, user=stranger, role=Role.EDITOR)
        generations = []
        for what, which, number in steps:
            if what == "submit":
                where = (project, user.personal_project)[which % 2]
                who = stranger if which % 3 == 0 and where == project else user
                model = (POLL, STREAM, COMPOSER)[which % 3]
                generations.append(ask(user=who, project=where, model=model, takes=max(1, number)))
            elif what == "later":
                clock[0] += dt.timedelta(hours=11 * which)
            elif generations:
                happen(what, generations[which % len(generations)], number)
        months = sorted({*LedgerEntry.objects.values_list("month", flat=True), spend.this_month()})
        for scope in (Scope(user), Scope(stranger), Scope(user, project)):
            for month in months:
                agree(scope, month)
            assert spend.months(scope) == sorted(
                set(scope.limit(LedgerEntry.objects.all()).values_list("month", flat=True)), reverse=True
            )
        assert ledger.differences() == []
        transaction.set_rollback(True)


def happen(what, generation, number) -> None:
    if what == "settle":
        ledger.settle(generation, number, "done")
    elif what == "credit":
        book(generation, LedgerEntry.Kind.CREDIT, number * 10_001)
    else:
        book(generation, LedgerEntry.Kind.ADJUSTMENT, (number - 1) * 7_003)


SIGN = {"charge": 1, "adjustment": 1, "credit": -1}


def agree(scope: Scope, month: str) -> None:
    """Sum one month from the entries, and compare every other view with it."""
    entries = list(scope.limit(LedgerEntry.objects.filter(month=month)))
    sums = Counter()
    by = {name: Counter() for name in ("model_key", "project", "user", "day")}
    for entry in entries:
        sums[entry.kind] += entry.amount
        sums["takes"] += entry.takes
        for name, counted in by.items():
            counted[getattr(entry, name)] += SIGN.get(entry.kind, 0) * entry.amount
    spent = sums["charge"] + sums["adjustment"] - sums["credit"]
    held = sum(e.amount for e in scope.limit(LedgerEntry.objects.filter(kind="hold", generation__settled_at=None)))

    figures = spend.month(scope, month)
    assert (figures.spent, figures.charged, figures.credited) == (spent, sums["charge"], sums["credit"])
    assert (figures.adjusted, figures.takes, figures.held) == (sums["adjustment"], sums["takes"], held)

    def adds_up_to(expected: int, **wanted) -> None:
        assert spend.total(spend.lines(scope, month, Wanted(**wanted))).spent == expected

    adds_up_to(spent)
    adds_up_to(spent, kind="spent")
    adds_up_to(-sums["credit"], kind="credit")
    assert spend.total(spend.lines(scope, month, Wanted(kind="charge"))).takes == figures.takes
    assert spend.total(spend.lines(scope, month, Wanted(kind="held"))).held == held
    for shares, counted, name in (
        (spend.by_model(scope, month), dict(by["model_key"]), "model"),
        (spend.by_project(scope, month), {p.public_id: n for p, n in by["project"].items()}, "project"),
        (spend.by_person(scope, month), {str(u.pk): n for u, n in by["user"].items()}, "person"),
    ):
        assert sum(share.spent for share in shares) == spent
        for share in shares:
            assert share.spent == counted[share.key]
            adds_up_to(share.spent, **{name: int(share.key) if name == "person" else share.key})
    days = spend.by_day(scope, month)
    assert {day: n for day, n in days.items() if n} == {day: n for day, n in by["day"].items() if n}
    for day, amount in days.items():
        adds_up_to(amount, kind="spent", day=day)

    rows = list(
        csv.DictReader("".join(csv_rows(spend.lines(scope, month, Wanted()))).removeprefix("\ufeff").splitlines())
    )
    assert len(rows) == len(entries)
    assert sum(dollars(row["spent USD"]) for row in rows) == spent
    assert sum(int(row["takes"]) for row in rows) == sums["takes"]
    assert [dollars(row["amount USD"]) for row in rows] == [e.amount for e in sorted(entries, key=lambda e: -e.pk)]


# --- months and days ---


def test_a_take_counts_in_the_month_it_was_charged_in_and_is_held_in_every_month_until_then(ask, user):
    clock = [dt.datetime(2026, 10, 31, 23, 59, tzinfo=dt.UTC)]
    with patch(NOW, lambda: clock[0]):
        generation = ask()
        assert spend.month(Scope(user), "2026-10").held == dollars("0.03")
        clock[0] += dt.timedelta(minutes=2)
        assert spend.month(Scope(user), "2026-11").held == dollars("0.03")
        ledger.settle(generation, 1, "done")
    october, november = (spend.month(Scope(user), name) for name in ("2026-10", "2026-11"))
    assert (october.spent, october.held) == (0, 0)
    assert (november.spent, november.held, november.takes) == (dollars("0.03"), 0, 1)
    assert spend.months(Scope(user)) == ["2026-11", "2026-10"]


def test_days_and_months_are_the_studios_own_wherever_the_viewer_is(ask, user, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    clock = dt.datetime(2026, 11, 30, 15, 30, tzinfo=dt.UTC)  # past midnight in Tokyo
    with patch(NOW, lambda: clock), timezone.override("America/New_York"):
        ledger.settle(ask(), 1, "done")
        assert spend.this_month() == "2026-12"
    assert list(spend.by_day(Scope(user), "2026-12")) == [dt.date(2026, 12, 1)]


def test_the_average_take_is_rounded_to_a_hundredth_of_a_cent(ask, user, priced):
    for amount, takes in (("0.01", 1), ("0.02", 2)):
        priced(POLL, amount)
        ledger.settle(ask(takes=takes), takes, "done")
    assert spend.month(Scope(user), spend.this_month()).per_take == 16_700


def test_without_takes_there_is_no_average(ask, user):
    ask()
    assert spend.month(Scope(user), spend.this_month()).per_take is None


def test_what_was_only_held_is_no_row_of_a_breakdown(ask, user):
    ask()
    assert spend.by_model(Scope(user), spend.this_month()) == []


def test_a_kept_take_carries_what_was_spent_on_those_that_were_thrown_away(ask, user, project, stranger, make_track):
    """Kept takes are those in the library now, of the takes charged in that month and scope."""
    for model, takes in ((POLL, 3), (STREAM, 2)):
        generation = ask(model=model, takes=takes)
        tracks = [make_track(generation=generation, take=number + 1) for number in range(takes)]
        ledger.settle(generation, takes, "done")
        library_tracks.trash_tracks(Track.objects.filter(pk=tracks[0].pk), user)
    library_tracks.trash_tracks(Track.objects.filter(generation=generation), user)
    elsewhere = ask(user=stranger, project=stranger.personal_project)
    make_track(generation=elsewhere, author=stranger, project=stranger.personal_project)
    ledger.settle(elsewhere, 1, "done")
    for scope in (Scope(user), Scope(user, project)):
        shares = {
            share.key: (share.takes, share.kept, share.per_kept) for share in spend.by_model(scope, spend.this_month())
        }
        assert shares == {POLL: (3, 2, dollars("0.045")), STREAM: (2, 0, None)}


def test_kept_takes_are_counted_in_one_query(ask, user, make_track, django_assert_num_queries):
    for model in (POLL, STREAM, COMPOSER):
        generation = ask(model=model)
        make_track(generation=generation)
        ledger.settle(generation, 1, "done")
    with django_assert_num_queries(3):
        assert [share.kept for share in spend.by_model(Scope(user), spend.this_month())] == [1, 1, 1]


# --- budgets ---


def test_the_caps_shown_are_those_that_bind_here(user, stranger, project):
    caps = {
        "everywhere": Budget.objects.create(user=user, cap=5),
        "the project": Budget.objects.create(project=project, cap=3),
        "in the project": Budget.objects.create(user=user, project=project, cap=4),
    }
    Budget.objects.create(user=stranger, cap=1)
    Budget.objects.create(project=stranger.personal_project, cap=1)
    assert [room.budget for room in spend.budgets_of(Scope(user, project))] == sorted(
        caps.values(), key=lambda one: one.cap
    )
    assert [room.budget for room in spend.budgets_of(Scope(user))] == sorted(caps.values(), key=lambda one: one.cap)
    assert [room.budget for room in spend.budgets_of(Scope(user, user.personal_project))] == [caps["everywhere"]]


# --- CSV ---


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u00a0=1", "=cmd|' /C calc'!A0"]
)
def test_nothing_in_the_csv_runs_in_a_spreadsheet(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Kitchen stories", "a=b", "2 × $0.03", "", "ada@example.com"])
def test_harmless_texts_stay_as_they_are(text):
    assert harmless(text) == text


def test_names_reasons_and_people_are_all_made_harmless(ask, user, project):
    Project.objects.filter(pk=project.pk).update(name="=HYPERLINK(1)")
    User.objects.filter(pk=user.pk).update(email="+ada@example.com")
    entry = book(ask(), LedgerEntry.Kind.ADJUSTMENT, -7, actor=user)
    lines = spend.lines(Scope(user), spend.this_month(), Wanted(kind="adjustment"))
    row = next(csv.DictReader("".join(csv_rows(lines)).removeprefix("\ufeff").splitlines()))
    assert (row["project"], row["person"], row["by"]) == ("'=HYPERLINK(1)", "'+ada@example.com", "'+ada@example.com")
    assert row["amount USD"] == row["spent USD"] == "-0.000007"
    assert row["reason"] == entry.reason
