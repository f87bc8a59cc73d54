"""The billing review: who gets in, what they may do, and that every figure links to lines that add up to it."""

import datetime as dt
import html
import re
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.admin import review as pages
from generator.currency import dollars
from generator.models import (
    AuditLogEntry,
    Budget,
    BudgetIncrease,
    ClosedMonth,
    Generation,
    LedgerEntry,
    Price,
    ProviderAccount,
    ProviderBill,
    ReconciliationIssue,
    SavedView,
    State,
    Suspension,
    User,
)
from generator.services import audit_log
from generator.services.billing import (
    budget_requests,
    issue_resolution,
    ledger,
    period_close,
    reconciliation,
    roles,
    suspensions,
)
from tests.conftest import POLL, STREAM

# address: the answer to a GET and a POST of each person; "in" redirects to sign in.
TABLE = """
    name                    method  anonymous  member  staff  reviewer  controller  superuser
    review                  GET     in         in      403    200       200         200
    review-lines            GET     in         in      403    200       200         200
    review-issues           GET     in         in      403    200       200         200
    review-issues           POST    in         in      403    302       302         302
    review-save-view        POST    in         in      403    302       302         302
    review-delete-view      POST    in         in      403    302       302         302
    review-check            POST    in         in      403    302       302         302
    review-issue            GET     in         in      403    200       200         200
    review-issue            POST    in         in      403    403       302         302
    review-generation       GET     in         in      403    200       200         200
    review-generation       POST    in         in      403    403       302         302
    review-reconciliation   GET     in         in      403    200       200         200
    review-months           GET     in         in      403    200       200         200
    review-months           POST    in         in      403    403       302         302
    review-suspensions      GET     in         in      403    200       200         200
    review-suspensions      POST    in         in      403    403       302         302
    review-budget-requests  GET     in         in      403    200       200         200
    review-budget-requests  POST    in         in      403    403       302         302
    review-audit-log        GET     in         in      403    200       200         200
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
SENT = {
    "review-issue": {"action": "release", "text": "not made"},
    "review-generation": {"action": "release", "text": "not made"},
    "review-budget-requests": {"request": "7", "decline": "1", "answer": "no"},
    "review-suspensions": {"target": "everything", "reason": "why"},
}


@pytest.fixture
def people(user) -> dict[str, Client]:
    roles.ensure_groups()
    known: dict[str, User] = {"member": user}
    for who in ("staff", "reviewer", "controller"):
        known[who] = User.objects.create_user(f"{who}@example.com", "a long enough password", is_staff=True)
    for who in ("reviewer", "controller"):
        known[who].groups.add(Group.objects.get(name=who.capitalize()))
    known["superuser"] = User.objects.create_superuser("boss@example.com", "a long enough password")
    clients = {who: Client() for who in ("anonymous", *known)}
    for who, person in known.items():
        clients[who].force_login(person)
    return clients


@pytest.fixture
def issue(ask) -> ReconciliationIssue:
    ask(takes=2)
    Generation.objects.update(state=State.IN_DOUBT)
    reconciliation.refresh()
    found = ReconciliationIssue.objects.get()
    cap = Budget.objects.create(user=found.user, cap=10**9)
    BudgetIncrease.objects.create(pk=7, budget=cap, requested_by=found.user, requested=5, reason="why")
    return found


@pytest.fixture
def spent(ask, user, project):
    Price.objects.update(valid_from=timezone.now() - dt.timedelta(days=90))
    first = ask("warm lo-fi", model=POLL, takes=3)
    ledger.settle(first, 2, "2 of 3 takes delivered")
    ledger.settle(ask("rain", model=STREAM), 1, "done")
    ledger.settle(ask("at home", project=user.personal_project), 1, "done")
    ask("still running", takes=2)
    issue_resolution.credit(first, user, 12_345, "a fault")
    issue_resolution.adjust(first, user, -4_321, "agreed")


def url(name: str, issue: ReconciliationIssue) -> str:
    args = {
        "review-issue": [issue.pk],
        "review-delete-view": [1],
        "review-generation": [issue.generation.public_id],
        "review-reconciliation": ["fakepoll"],
    }
    return reverse(f"admin:{name}", args=args.get(name, []))


def test_every_page_of_the_review_has_a_row():
    assert {one.name for one in pages.urls()} == {row[0] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[0]}")
def test_everyone_gets_what_the_table_says(people, issue, row):
    name, method, *expected = row
    for who, wanted in zip(HEAD[2:], expected, strict=True):
        address = url(name, issue)
        with transaction.atomic():  # undone, so that the next one finds the same state
            reply = people[who].get(address) if method == "GET" else people[who].post(address, SENT.get(name, {}))
            transaction.set_rollback(True)
        asked_in = reply.status_code == 302 and "/login/" in reply.headers["Location"]
        assert ("in" if asked_in else str(reply.status_code)) == wanted, who


def test_what_concerns_a_projects_owners_is_not_shown_to_finance(people, project, user):
    audit_log.record(user, AuditLogEntry.Action.APPROVAL, "Approved a track", project=project)
    audit_log.record(user, AuditLogEntry.Action.BUDGET_SET, "Set to $5.00", project=project)
    for who, count in (("reviewer", 1), ("controller", 1), ("superuser", 2)):
        page = people[who].get(reverse("admin:generator_auditlogentry_changelist"))
        assert page.context["cl"].result_count == count, who


def test_a_reviewer_notes_and_marks_and_books_nothing(people, issue):
    address = url("review-issue", issue)
    shown = people["reviewer"].get(address).content.decode()
    assert 'name="action" value="review"' in shown
    assert 'name="action" value="release"' not in shown
    assert people["reviewer"].post(address, {"action": "dispute", "text": "they owe us"}).status_code == 302
    assert people["reviewer"].post(address, {"action": "no such"}).status_code == 403
    issue.refresh_from_db()
    assert issue.state == "disputed"
    assert AuditLogEntry.objects.get().actor.email == "reviewer@example.com"
    assert LedgerEntry.objects.count() == 1


def test_many_are_marked_at_once(people, issue, ask):
    other = ask()
    Generation.objects.filter(pk=other.pk).update(state=State.IN_DOUBT)
    reconciliation.refresh()
    picked = [*ReconciliationIssue.objects.values_list("pk", flat=True), "nonsense"]
    people["reviewer"].post(reverse("admin:review-issues"), {"issue": picked, "text": "all telephoned"})
    assert set(ReconciliationIssue.objects.values_list("state", flat=True)) == {"reviewed"}
    assert AuditLogEntry.objects.filter(text="all telephoned").count() == 2


@pytest.fixture
def listed() -> list[int]:
    """A work list of 72 issues of October, and one of November."""
    made = [
        ReconciliationIssue(
            kind="price", subject=f"subject {number}", sentence=f"Billed otherwise {number}", month=month
        )
        for number, month in enumerate(["2026-10"] * 72 + ["2026-11"])
    ]
    return [one.pk for one in ReconciliationIssue.objects.bulk_create(made)]


def test_all_of_a_month_are_marked_at_once(people, listed):
    address = reverse("admin:review-issues") + "?through=2026-10"
    page = people["reviewer"].get(address)
    assert page.context["total"] == 72
    late = ReconciliationIssue.objects.create(kind="price", subject="late", sentence="Came meanwhile", month="2026-10")
    people["reviewer"].post(address, {"all": "1", "newest": page.context["newest"], "text": "as billed"})
    left = ReconciliationIssue.objects.unanswered().values_list("pk", flat=True)
    assert set(left) == {listed[-1], late.pk}
    assert AuditLogEntry.objects.filter(text="as billed").count() == 72


@pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 30])
def test_marking_all_without_a_list_marks_nothing(people, listed, newest):
    people["reviewer"].post(reverse("admin:review-issues"), {"all": "1", "newest": newest})
    assert ReconciliationIssue.objects.unanswered().count() == 73


def test_nothing_is_marked_without_a_reason(people, listed):
    reply = people["reviewer"].post(reverse("admin:review-issues"), {"issue": listed, "text": " "}, follow=True)
    assert [message.level_tag for message in reply.context["messages"]] == ["error"]
    assert ReconciliationIssue.objects.unanswered().count() == 73


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("month=2026-10", 72),
        ("month=2026-11", 1),
        ("month=2026-11&earlier=1", 73),
        ("through=2026-10", 72),
        ("month=nonsense&earlier=1&kind=no&state=x", 73),
        ("kind=short", 0),
        ("state=reviewed", 0),
    ],
)
def test_the_work_list_is_limited_to_what_is_asked_for(people, listed, asked, count):
    page = people["reviewer"].get(f"{reverse('admin:review-issues')}?{asked}")
    assert (page.context["total"], min(count, 50)) == (count, len(page.context["issues"]))


def test_marking_the_last_issue_of_a_month_leads_to_closing_it(people, listed):
    address = reverse("admin:review-issues")
    query = "?month=2026-10&earlier=1"
    sent = {"issue": listed[:71], "text": "as billed"}
    assert people["reviewer"].post(address + query, sent).headers["Location"] == address + query
    sent = {"issue": listed[71], "text": "as billed"}
    assert people["reviewer"].post(address + query, sent).headers["Location"] == reverse("admin:review-months")


def test_views_are_saved_for_oneself(people, listed):
    save = reverse("admin:review-save-view")
    sent = {"name": " October,  prices ", "month": "2026-10", "earlier": "", "kind": "price", "state": "forged"}
    assert people["reviewer"].post(save, sent).headers["Location"].endswith("?month=2026-10&kind=price")
    people["reviewer"].post(save, {**sent, "kind": ""})  # replaces it
    for wrong in ("", "x" * 41):
        people["reviewer"].post(save, {**sent, "name": wrong})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("October, prices", "month=2026-10")
    assert people["reviewer"].get(reverse("admin:review-issues")).context["saved_views"] == [view]
    assert people["controller"].get(reverse("admin:review-issues")).context["saved_views"] == []
    delete = reverse("admin:review-delete-view", args=[view.pk])
    people["controller"].post(delete)
    assert SavedView.objects.exists()
    people["reviewer"].post(delete)
    assert not SavedView.objects.exists()


def test_nobody_saves_views_without_end(people, user):
    reviewer = User.objects.get(email="reviewer@example.com")
    SavedView.objects.bulk_create(SavedView(user=reviewer, name=f"view {n}") for n in range(20))
    people["reviewer"].post(reverse("admin:review-save-view"), {"name": "one more"})
    assert SavedView.objects.count() == 20


def test_a_refusal_is_shown_with_what_was_typed(people, issue):
    reply = people["controller"].post(
        url("review-generation", issue), {"action": "credit", "amount": "lots", "text": "x y"}
    )
    assert reply.status_code == 422
    assert [message.level_tag for message in reply.context["messages"]] == ["error"]
    assert 'value="x y"' in reply.content.decode()


def links(shown: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="(/admin/review/ledger-entries/\?[^"]*)"', shown)]


@pytest.mark.parametrize("narrow", ["", "person", "project", "provider", "model"])
def test_every_figure_leads_to_lines_that_add_up_to_it(people, spent, user, project, narrow):
    value = {"person": user.pk, "project": project.public_id, "provider": "fakepoll", "model": POLL}.get(narrow)
    page = people["reviewer"].get(reverse("admin:review"), {narrow: value} if narrow else {})
    figures, checked = page.context["figures"], 0
    shares = {f"{name}={share.key}": share.spent for _, name, rows in page.context["breakdowns"] for share in rows}
    assert sum(share.spent for share in page.context["breakdowns"][0][2]) == figures.spent
    for link in map(unquote, links(page.content.decode())):
        if "kind=" not in link or "day=" in link or "format" in link:
            continue
        total = people["reviewer"].get(link).context["total"]
        kind = re.search(r"kind=(\w+)", link)[1]
        key = next((key for key in shares if link.endswith(key)), "")
        expected = shares.get(key, figures.spent)
        if kind == "spent":
            assert total.spent == expected, link
        if kind == "held":
            assert total.held == figures.held
        if kind == "credit":
            assert -total.spent == figures.credited
        checked += 1
    assert checked >= 8
    assert figures.spent == {"": 103_334, "person": 103_334, "project": 73_334}.get(narrow, 73_334)


def test_the_lines_are_a_csv_of_everybody(people, spent, stranger, ask):
    ledger.settle(ask(user=stranger, project=stranger.personal_project), 1, "done")
    rows = people["reviewer"].get(reverse("admin:review-lines"), {"format": "csv"}).getvalue().decode().splitlines()
    assert len(rows) == 1 + LedgerEntry.objects.count()
    assert any("eve@example.com" in row for row in rows)


def test_the_difference_of_a_provider_is_the_sum_of_its_lines(people, spent):
    account = ProviderAccount.objects.get(key="fakepoll")
    first = Generation.objects.order_by("id").first()
    now = timezone.now()
    for kind, amount, generation in (("deduct", 90_000, first), ("deduct", 45_000, None), ("refund", 20_000, first),
                                     ("topup", 5_000_000, None)):  # fmt: skip
        uuid = f"b{ProviderBill.objects.count()}"
        ProviderBill.objects.create(
            account=account, uuid=uuid, kind=kind, amount=amount, generation=generation, at=now, provider_job_id="j"
        )
    shown = people["reviewer"].get(reverse("admin:review-reconciliation", args=["fakepoll"]))
    sums, rows = shown.context["sums"], shown.context["rows"]
    assert (sums.billed, sums.refunded, sums.charged) == (135_000, 20_000, 85_679)
    assert sums.difference == shown.context["explained"] == sum(row.amount for row in rows)
    why = {row.why: row.amount for row in rows}
    assert why["Billed for a job that does not belong to this studio"] == 45_000
    assert why["Charged here; the provider has no bill for it in this month"] == -30_000
    assert "is the sum of the" in shown.content.decode()


def test_a_month_is_closed_from_the_page_once_nothing_waits(people, ask, user, issue):
    desk, page = people["controller"], reverse("admin:review-months")
    Generation.objects.update(created_at=timezone.now() - dt.timedelta(days=40))
    month = ledger.month_of(timezone.now())
    assert desk.post(page, {"month": month}).status_code == 302
    assert not ClosedMonth.objects.exists()
    assert period_close.why_not_closable(month) in desk.get(page).content.decode()


def test_a_person_is_stopped_and_let_go_on(people, user):
    desk, page = people["controller"], reverse("admin:review-suspensions")
    desk.post(page, {"target": f"user {user.pk}", "reason": "too much"})
    stop = Suspension.objects.in_force().get()
    assert (stop.user, suspensions.message(stop) in desk.get(page).content.decode()) == (user, True)
    desk.post(page, {"lift": stop.pk})
    assert not Suspension.objects.in_force().exists()
    desk.post(page, {"target": "nonsense", "reason": "x"})
    assert Suspension.objects.count() == 1


def test_a_request_about_a_persons_cap_is_granted_here(people, user):
    cap = Budget.objects.create(user=user, cap=5)
    asked = budget_requests.request_increase(cap, user, dollars("5"), "the campaign")
    until = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
    sent = {"request": asked.pk, "grant": "4", "until": until}
    people["controller"].post(reverse("admin:review-budget-requests"), sent)
    assert BudgetIncrease.objects.in_force(timezone.now()).get().granted == dollars("4")
    page = people["reviewer"].get(reverse("admin:review-audit-log"))
    assert AuditLogEntry.Action.INCREASE_GRANTED in [entry.action for entry in page.context["audit_log"]]
