"""A month with many issues is closed by a few presses in a real browser."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

ISSUES = """
from generator.models import Matter
Matter.objects.bulk_create([
    Matter(kind="price", subject=f"browser {n}", sentence=f"Billed otherwise {n}", month="2026-10") for n in range(72)
])
"""


def test_all_issues_of_a_month(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    visitor.studio.shell(ISSUES)
    page.goto(f"{visitor.studio.url}/admin/review/work/?through=2026-10")
    boxes = page.locator("input[name=matter]")
    page.get_by_label("Select all on this page").check()
    assert page.locator("input[name=matter]:checked").count() == boxes.count() == 50
    boxes.first.uncheck()
    expect(page.get_by_label("Select all on this page")).not_to_be_checked()
    page.get_by_role("button", name="Mark all 72 as reviewed").click()
    expect(boxes).to_have_count(0)
