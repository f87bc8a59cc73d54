"""The billing review: who gets in, what they may do, and that every figure leads to lines that add up to it."""

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

from generator import workflow
from generator.admin import review as pages
from generator.models import (
    Budget,
    ClosedMonth,
    Deed,
    Entry,
    Generation,
    Matter,
    Price,
    ProviderAccount,
    ProviderBill,
    Raise,
    State,
    Stop,
    User,
)
from generator.money import dollars
from generator.workflow import desks, money, watch
from tests.conftest import POLL, STREAM

# address: what a GET and a POST of each person's answer is; "in" asks to sign in.
TABLE = """
    name             method  anonymous  member  staff  reviewer  controller  superuser
    review           GET     in         in      403    200       200         200
    review-lines     GET     in         in      403    200       200         200
    review-work      GET     in         in      403    200       200         200
    review-work      POST    in         in      403    302       302         302
    review-look      POST    in         in      403    302       302         302
    review-matter    GET     in         in      403    200       200         200
    review-matter    POST    in         in      403    403       302         302
    review-run       GET     in         in      403    200       200         200
    review-run       POST    in         in      403    403       302         302
    review-books     GET     in         in      403    200       200         200
    review-months    GET     in         in      403    200       200         200
    review-months    POST    in         in      403    403       302         302
    review-stops     GET     in         in      403    200       200         200
    review-stops     POST    in         in      403    403       302         302
    review-requests  GET     in         in      403    200       200         200
    review-requests  POST    in         in      403    403       302         302
    review-deeds     GET     in         in      403    200       200         200
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
SENT = {
    "review-matter": {"action": "release", "text": "not made"},
    "review-run": {"action": "release", "text": "not made"},
    "review-requests": {"request": "7", "decline": "1", "answer": "no"},
    "review-stops": {"target": "everything", "reason": "why"},
}


@pytest.fixture
def people(user) -> dict[str, Client]:
    desks.ensure_groups()
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
def matter(ask) -> Matter:
    ask(takes=2)
    Generation.objects.update(state=State.IN_DOUBT)
    watch.refresh()
    found = Matter.objects.get()
    cap = Budget.objects.create(user=found.user, cap=10**9)
    Raise.objects.create(pk=7, budget=cap, asked_by=found.user, asked=5, reason="why")
    return found


@pytest.fixture
def spent(ask, user, project):
    Price.objects.update(valid_from=timezone.now() - dt.timedelta(days=90))
    first = ask("warm lo-fi", model=POLL, takes=3)
    money.settle(first, 2, "2 of 3 takes delivered")
    money.settle(ask("rain", model=STREAM), 1, "done")
    money.settle(ask("at home", project=user.personal_project), 1, "done")
    ask("still running", takes=2)
    workflow.reviewing.credit(first, user, 12_345, "a fault")
    workflow.reviewing.adjust(first, user, -4_321, "agreed")


def url(name: str, matter: Matter) -> str:
    args = {"review-matter": [matter.pk], "review-run": [matter.generation.ref], "review-books": ["fakepoll"]}
    return reverse(f"admin:{name}", args=args.get(name, []))


def test_every_page_of_the_review_has_a_row():
    assert {one.name for one in pages.urls()} == {row[0] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[0]}")
def test_everyone_gets_what_the_table_says(people, matter, row):
    name, method, *expected = row
    for who, wanted in zip(HEAD[2:], expected, strict=True):
        address = url(name, matter)
        with transaction.atomic():  # undone, so that the next one finds everything as it was
            reply = people[who].get(address) if method == "GET" else people[who].post(address, SENT.get(name, {}))
            transaction.set_rollback(True)
        asked_in = reply.status_code == 302 and "/login/" in reply.headers["Location"]
        assert ("in" if asked_in else str(reply.status_code)) == wanted, who


def test_a_reviewer_notes_and_marks_and_books_nothing(people, matter):
    address = url("review-matter", matter)
    shown = people["reviewer"].get(address).content.decode()
    assert "Mark as reviewed" in shown
    assert "Release the hold" not in shown
    assert people["reviewer"].post(address, {"action": "dispute", "text": "they owe us"}).status_code == 302
    assert people["reviewer"].post(address, {"action": "no such"}).status_code == 403
    matter.refresh_from_db()
    assert matter.state == "disputed"
    assert Deed.objects.get().actor.email == "reviewer@example.com"
    assert Entry.objects.count() == 1


def test_many_are_marked_at_once(people, matter, ask):
    other = ask()
    Generation.objects.filter(pk=other.pk).update(state=State.IN_DOUBT)
    watch.refresh()
    picked = [*Matter.objects.values_list("pk", flat=True), "nonsense"]
    people["reviewer"].post(reverse("admin:review-work"), {"matter": picked, "text": "all telephoned"})
    assert set(Matter.objects.values_list("state", flat=True)) == {"reviewed"}
    assert Deed.objects.filter(text="all telephoned").count() == 2


@pytest.fixture
def listed() -> list[int]:
    """A work list of 72 issues of October, and one of November."""
    made = [
        Matter(kind="price", subject=f"subject {number}", sentence=f"Billed otherwise {number}", month=month)
        for number, month in enumerate(["2026-10"] * 72 + ["2026-11"])
    ]
    return [one.pk for one in Matter.objects.bulk_create(made)]


def test_all_of_a_month_are_marked_at_once(people, listed):
    address = reverse("admin:review-work") + "?through=2026-10"
    page = people["reviewer"].get(address)
    assert page.context["total"] == 72
    late = Matter.objects.create(kind="price", subject="late", sentence="Came meanwhile", month="2026-10")
    people["reviewer"].post(address, {"all": "1", "newest": page.context["newest"], "text": "as billed"})
    left = Matter.objects.unanswered().values_list("pk", flat=True)
    assert set(left) == {listed[-1], late.pk}
    assert Deed.objects.filter(text="as billed").count() == 72


@pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 30])
def test_marking_all_without_a_list_marks_nothing(people, listed, newest):
    people["reviewer"].post(reverse("admin:review-work"), {"all": "1", "newest": newest})
    assert Matter.objects.unanswered().count() == 73


def test_a_refusal_is_shown_with_what_was_typed(people, matter):
    reply = people["controller"].post(url("review-run", matter), {"action": "credit", "amount": "lots", "text": "x y"})
    assert reply.status_code == 422
    assert "not an amount" in reply.content.decode()
    assert 'value="x y"' in reply.content.decode()


def links(shown: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="(/admin/review/lines/\?[^"]*)"', shown)]


@pytest.mark.parametrize("narrow", ["", "person", "project", "provider", "model"])
def test_every_figure_leads_to_lines_that_add_up_to_it(people, spent, user, project, narrow):
    value = {"person": user.pk, "project": project.ref, "provider": "fakepoll", "model": POLL}.get(narrow)
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
    money.settle(ask(user=stranger, project=stranger.personal_project), 1, "done")
    rows = people["reviewer"].get(reverse("admin:review-lines"), {"format": "csv"}).getvalue().decode().splitlines()
    assert len(rows) == 1 + Entry.objects.count()
    assert any("eve@example.com" in row for row in rows)


def test_the_difference_of_a_provider_is_the_sum_of_its_lines(people, spent):
    account = ProviderAccount.objects.get(key="fakepoll")
    first = Generation.objects.order_by("id").first()
    now = timezone.now()
    for kind, amount, generation in (("deduct", 90_000, first), ("deduct", 45_000, None), ("refund", 20_000, first),
                                     ("topup", 5_000_000, None)):  # fmt: skip
        uuid = f"b{ProviderBill.objects.count()}"
        ProviderBill.objects.create(
            account=account, uuid=uuid, kind=kind, amount=amount, generation=generation, at=now, handle="j"
        )
    shown = people["reviewer"].get(reverse("admin:review-books", args=["fakepoll"]))
    sums, rows = shown.context["sums"], shown.context["rows"]
    assert (sums.billed, sums.refunded, sums.charged) == (135_000, 20_000, 85_679)
    assert sums.difference == shown.context["explained"] == sum(row.amount for row in rows)
    why = {row.why: row.amount for row in rows}
    assert why["Their job is none of ours"] == 45_000
    assert why["Charged here; they have no bill for it in this month"] == -30_000
    assert "is the sum of the" in shown.content.decode()


def test_a_month_is_closed_from_the_page_once_nothing_waits(people, ask, user, matter):
    desk, page = people["controller"], reverse("admin:review-months")
    Generation.objects.update(created_at=timezone.now() - dt.timedelta(days=40))
    month = workflow.money.month_of(timezone.now())
    assert desk.post(page, {"month": month}).status_code == 302
    assert not ClosedMonth.objects.exists()
    assert "an hour after it has ended" in desk.get(page).content.decode()


def test_a_person_is_stopped_and_let_go_on(people, user):
    desk, page = people["controller"], reverse("admin:review-stops")
    desk.post(page, {"target": f"user {user.pk}", "reason": "too much"})
    stop = Stop.objects.in_force().get()
    assert (stop.user, "stopped for your account: too much" in desk.get(page).content.decode()) == (user, True)
    desk.post(page, {"lift": stop.pk})
    assert not Stop.objects.in_force().exists()
    desk.post(page, {"target": "nonsense", "reason": "x"})
    assert Stop.objects.count() == 1


def test_a_request_about_a_persons_cap_is_granted_here(people, user):
    cap = Budget.objects.create(user=user, cap=5)
    asked = workflow.raising.ask_for_more(cap, user, dollars("5"), "the campaign")
    until = (timezone.localdate() + dt.timedelta(days=3)).isoformat()
    sent = {"request": asked.pk, "grant": "4", "until": until}
    people["controller"].post(reverse("admin:review-requests"), sent)
    assert Raise.objects.in_force(timezone.now()).get().granted == dollars("4")
    assert "Granted more" in people["reviewer"].get(reverse("admin:review-deeds")).content.decode()
