"""axe-core finds no violation on any page, in either theme, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = (
    "/",
    "/spend/",
    "/spend/ledger-entries/",
    "/account/",
    "/account/api-keys/",
    "/invitations/",
    "/projects/",
    "/projects/new/",
    "/setup/",
    "/offline/",
    "/notifications/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/admin/",
    "/admin/generator/generation/",
    "/admin/generator/user/",
    "/admin/generator/user/1/history/",
    "/admin/generator/budget/add/",
    "/admin/generator/price/add/",
    "/admin/vendor-catalog/wavespeed/",
    "/admin/review/",
    "/admin/review/ledger-entries/",
    "/admin/review/issues/",
    "/admin/review/reconciliation/composer/",
    "/admin/review/months/",
    "/admin/review/suspensions/",
    "/admin/review/budget-requests/",
    "/admin/review/audit-log/",
    "/nothing-here/",
)


PARTS = (
    "briefs/",
    "presets/",
    "trash/",
    "api-keys/",
    "references/",
    "uploads/",
    "members/",
    "settings/",
    "webhooks/",
    "budget/",
    "leave/",
)


def problems(page) -> list[str]:
    # Without `preload`, which would copy the style sheets into the page; its policy forbids that.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [f"{one['id']}: {one['help']} {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_signed_in_pages(visit, scheme, width):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    sample = page.locator(".switcher .menu a", has_text="Sample").get_attribute("href")
    page.goto(visitor.studio.url + sample)
    page.locator(".track[data-src]").first.wait_for(timeout=60_000)
    bad = {sample: problems(page)}
    href = page.locator(".track-title a").first.get_attribute("href")
    for path in (*PAGES, href, href + "documents/", href + "finish/", *(sample + part for part in PARTS)):
        page.goto(visitor.studio.url + path)
        bad[path] = problems(page)
    assert {path: found for path, found in bad.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_strangers(visit, scheme):
    visitor = visit(scheme=scheme)
    bad = {}
    for path in ("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/join/none/", "/s/none/"):
        visitor.page.goto(visitor.studio.url + path)
        bad[path] = problems(visitor.page)
    assert {path: found for path, found in bad.items() if found} == {}
    visitor.complaints.clear()
