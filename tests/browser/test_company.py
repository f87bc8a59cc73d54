"""A company's month in a real browser: invitation, budget, request, review, credit, month end, statement."""

import re

import pytest
from playwright.sync_api import Page, expect

from generator.models import AuditLogEntry
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("paid")]

PASSWORD = "a long enough password"
# No circuit breaker is open from earlier tests; an entry of a month that can be closed, an hour after its end.
BEFORE = """
import datetime as dt
from unittest import mock
from django.utils import timezone
from generator.models import LedgerEntry, Project, ProviderAccount, User
from generator.services.billing import ledger
ProviderAccount.objects.update(resting_until=None, failures_in_a_row=0)
boss = User.objects.get(is_superuser=True)
then = (timezone.now() - dt.timedelta(hours=2)).replace(day=1, hour=12) - dt.timedelta(days=5)
with mock.patch("django.utils.timezone.now", return_value=then):
    project = Project.objects.get(personal_to=boss)
    about = {"project": project, "user": boss, "model_key": "fakepoll/one"}
    ledger.book(LedgerEntry.Kind.ADJUSTMENT, 10_000, reason="as billed", **about)
"""


@pytest.fixture(scope="module")
def studio(paid_studio) -> Studio:
    """The paid studio, with an entry in a month that is over."""
    paid_studio.shell(BEFORE)
    return paid_studio


def generate(page: Page) -> None:
    """Request one take from the paid model."""
    page.locator("#prompt").fill("warm lo-fi")
    page.locator("#models > summary").click()
    page.locator(".model", has_text="Fake poll").click()
    page.locator(".segments label", has_text="1").first.click()
    page.get_by_role("button", name="Generate 1 · $0.03").click()


def test_from_an_invitation_to_the_months_statement(visit, tmp_path):
    boss, editor = visit(), visit(width=390, height=844, scheme="dark")
    desk, page, url = boss.page, editor.page, boss.studio.url
    boss.sign_in()

    # A project, and an invitation: the link is copied, since no mail server is configured.
    desk.goto(f"{url}/projects/new/")
    desk.get_by_label("Name").fill("Spring campaign")
    desk.locator("main form .button-live").click()
    desk.wait_for_url(re.compile(r"/projects/(?!new/)\w+/$"))
    project = desk.url
    desk.goto(f"{project}members/")
    desk.locator("#email").fill("ed@example.com")
    desk.locator("#invite .button-live").click()
    link = desk.locator("#link-1").input_value()

    # A budget for one take.
    desk.goto(f"{project}budget/")
    desk.locator("#cap-project").fill("0.05")
    desk.locator("form:has(#cap-project) button").click()
    expect(desk.locator("[data-left='$0.05']")).to_be_visible()

    # The person joins and generates.
    page.goto(link)
    page.locator("#id_name").fill("Edith")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main .button-live").click()
    page.locator("#prompt").wait_for()
    page.goto(project)
    generate(page)
    expect(page.locator(".track[data-src]")).to_have_count(1, timeout=60_000)

    # The second take exceeds the budget: said before the press, with a next step.
    page.goto(project)
    page.locator("#models > summary").click()
    page.locator(".model", has_text="Fake poll").click()
    page.locator(".segments label", has_text="1").first.click()
    expect(page.locator("#why-not")).to_contain_text("Spring campaign has $0.02 of $0.05 left")
    page.locator("#request-budget").click()
    page.locator("#amount").fill("1")
    page.locator("#reason").fill("Three versions, due on Friday")
    page.locator("main form .button-live").click()
    expect(page.locator("#open-request")).to_contain_text("$1.00")

    # The owner reads the request and grants it for a while; then the same press succeeds.
    desk.goto(f"{project}budget/")
    expect(desk.get_by_text("Three versions, due on Friday")).to_be_visible()
    desk.locator(".ask .button-live").click()
    expect(desk.locator("[data-left='$1.02']")).to_be_visible()
    page.goto(project)
    generate(page)
    expect(page.locator(".track[data-src]")).to_have_count(2, timeout=60_000)

    # Finance: from the month's figure to its generation, and a credit with a reason.
    desk.goto(f"{url}/admin/review/")
    desk.locator("#all-entries").click()
    desk.get_by_role("link", name=re.compile("^warm lo-fi")).first.click()
    desk.locator("#amount").fill("0.03")
    desk.locator("#why").fill("It clipped")
    desk.locator("button[name=action][value=credit]").click()
    expect(desk.get_by_text("It clipped").first).to_be_visible()

    # The month before is closed for good, and the log names who did it.
    desk.goto(f"{url}/admin/review/months/")
    desk.locator("#close button").click()
    expect(desk.locator("tr[data-closed]")).to_be_visible()
    desk.goto(f"{url}/admin/review/audit-log/")
    for what in (
        AuditLogEntry.Action.BUDGET_SET,
        AuditLogEntry.Action.INCREASE_GRANTED,
        AuditLogEntry.Action.CREDITED,
        AuditLogEntry.Action.MONTH_CLOSED,
    ):
        expect(desk.locator("#content td").get_by_text(str(what.label)).first).to_be_visible()

    # The statement of this month agrees with the page and the ledger.
    desk.goto(f"{url}/spend/?project={project.rstrip('/').rpartition('/')[2]}")
    expect(desk.locator(".figure-first")).to_contain_text("$0.03")
    with desk.expect_download() as download:
        desk.locator("a[data-download=statement]").click()
    statement = tmp_path / "statement.pdf"
    download.value.save_as(statement)
    assert statement.read_bytes().startswith(b"%PDF-")
    ours = "(SELECT id FROM generator_project WHERE name = 'Spring campaign')"
    spent = f"SELECT SUM(charged + adjusted - credited) FROM generator_rollup WHERE project_id = {ours}"
    assert boss.studio.rows(spent) == [(30_000,)]
