"""A company's month in a real browser: invited, capped, granted more, reviewed, credited, closed, stated."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ops.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("paid")]

PASSWORD = "a long enough password"
# Nothing rests, whatever was tried here before; and an entry of last month, so that there is a month to close.
BEFORE = """
import datetime as dt
from unittest import mock
from django.utils import timezone
from generator.models import Entry, Project, ProviderAccount, User
from generator.workflow import money
ProviderAccount.objects.update(resting_until=None, failures_in_a_row=0)
boss = User.objects.get(is_superuser=True)
then = timezone.now().replace(day=1, hour=12) - dt.timedelta(days=5)
with mock.patch("django.utils.timezone.now", return_value=then):
    project = Project.objects.get(personal_to=boss)
    money.book(Entry.Kind.ADJUSTMENT, 10_000, project=project, user=boss, model_key="fakepoll/one", reason="as billed")
"""


@pytest.fixture(scope="module")
def studio(paid_studio) -> Studio:
    """The paid studio, with something booked last month."""
    paid_studio.shell(BEFORE)
    return paid_studio


def generate(page: Page) -> None:
    """Ask the paid model for one take."""
    page.locator("#prompt").fill("warm lo-fi")
    page.locator(".model", has_text="Fake poll").click()
    page.locator(".segments label", has_text="1").first.click()
    page.get_by_role("button", name="Generate 1 · $0.03").click()


def test_from_an_invitation_to_the_months_statement(visit, tmp_path):
    boss, editor = visit(), visit(width=390, height=844, scheme="dark")
    desk, page, url = boss.page, editor.page, boss.studio.url
    boss.sign_in()

    # A project, and a person for it: the link is copied, for no mail server is set up.
    desk.goto(f"{url}/projects/new/")
    desk.get_by_label("Name").fill("Spring campaign")
    desk.get_by_role("button", name="Start it").click()
    desk.wait_for_url("**/p/*/")
    project = desk.url
    desk.goto(f"{project}people/")
    desk.get_by_label("E-mail address").fill("ed@example.com")
    desk.get_by_role("button", name="Invite", exact=True).click()
    link = desk.locator("#link").input_value()

    # A cap with room for one take.
    desk.goto(f"{project}budget/")
    desk.get_by_label("Cap a month, in dollars").fill("0.05")
    desk.get_by_role("button", name="Set", exact=True).click()
    expect(desk.get_by_text("$0.05 left of")).to_be_visible()

    # The person joins and generates.
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main .button-live").click()
    page.locator("#prompt").wait_for()
    page.goto(project)
    generate(page)
    expect(page.locator(".track[data-src]")).to_have_count(1, timeout=60_000)

    # The second take is over the cap: said before the press, with a way on.
    page.goto(project)
    page.locator(".model", has_text="Fake poll").click()
    page.locator(".segments label", has_text="1").first.click()
    expect(page.locator("#why-not")).to_contain_text("the monthly cap on Spring campaign has $0.02 left of $0.05")
    page.locator("#why-not").get_by_role("link", name="Ask for more").click()
    page.get_by_label("How much more, in dollars").fill("1")
    page.get_by_label("What for").fill("Three versions, due on Friday")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("You asked for $1.00")).to_be_visible()

    # The owner reads it and grants it for a while; then the same press goes through.
    desk.goto(f"{project}budget/")
    expect(desk.get_by_text("Three versions, due on Friday")).to_be_visible()
    desk.get_by_role("button", name="Grant").click()
    expect(desk.get_by_text("$1.02 left of")).to_be_visible()
    page.goto(project)
    generate(page)
    expect(page.locator(".track[data-src]")).to_have_count(2, timeout=60_000)

    # Finance: from the month's figure to the run behind it, and money back with a reason.
    desk.goto(f"{url}/admin/review/")
    desk.get_by_role("link", name="All ledger lines").click()
    desk.get_by_role("link", name=re.compile("^warm lo-fi")).first.click()
    desk.get_by_label("Amount, in dollars").fill("0.03")
    desk.get_by_label(re.compile("^Why")).fill("It clipped")
    desk.get_by_role("button", name="Credit this amount").click()
    expect(desk.get_by_text("It clipped").first).to_be_visible()

    # Last month is closed for good, and who did it is on record.
    desk.goto(f"{url}/admin/review/months/")
    desk.get_by_role("button", name="Close it for good").click()
    expect(desk.get_by_text("closed by")).to_be_visible()
    desk.goto(f"{url}/admin/review/deeds/")
    for words in ("Set a cap", "Granted more", "Credited", "Closed a month"):
        expect(desk.locator("#content td").get_by_text(words).first).to_be_visible()

    # The statement of this month says what the page and the ledger say.
    desk.goto(f"{url}/spend/?project={project.rstrip('/').rpartition('/')[2]}")
    expect(desk.locator(".figure-first")).to_contain_text("$0.03")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Statement, PDF").click()
    statement = tmp_path / "statement.pdf"
    download.value.save_as(statement)
    assert statement.read_bytes().startswith(b"%PDF-")
    ours = "(SELECT id FROM generator_project WHERE name = 'Spring campaign')"
    spent = f"SELECT SUM(charged + adjusted - credited) FROM generator_rollup WHERE project_id = {ours}"
    assert boss.studio.rows(spent) == [(30_000,)]
