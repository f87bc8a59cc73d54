"""Delivery packs in a real browser: one press, one zip, a link for a client; also by keyboard and on a phone."""

import json
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.hands import Keyboard, Mouse
from tests.browser.journeys import PACK_DELIVERED
from tests.browser.test_accessibility import problems

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_one_press_one_zip_and_a_link_for_a_client(visit, tmp_path, width, scheme):
    visitor = visit(width=width, height=844, scheme=scheme)
    visitor.sign_in()
    page = visitor.page
    pressed, download = PACK_DELIVERED.follow(page, visitor.studio, Mouse())
    assert pressed <= PACK_DELIVERED.most_clicks
    download.save_as(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        [track] = json.loads(archive.read("manifest.json"))["tracks"]
    assert {entry["piece"] for entry in track["files"]} >= {"full", "cut-30", "cut-15", "cut-6", "loop", "bed"}
    assert problems(page) == []
    page.locator("#pack-share").click()
    link = page.locator("#pack-link").input_value()
    assert problems(page) == []
    client = visit(width=width, height=844, scheme=scheme).page
    client.goto(link)
    with client.expect_download() as copy:
        client.locator("#pack-download").click()
    assert copy.value.path().stat().st_size == (tmp_path / "pack.zip").stat().st_size
    assert problems(client) == []
    page.locator("#pack-unshare").click()
    page.locator("#pack-share").wait_for()
    assert client.goto(link).status == 404
    page.locator("a[href$='/packs/']").first.click()
    expect(page.locator("#pack-form")).to_be_visible()
    assert problems(page) == []


def test_the_keyboard_alone_is_enough(visit):
    visitor = visit()
    visitor.sign_in()
    pressed, download = PACK_DELIVERED.follow(visitor.page, visitor.studio, Keyboard())
    assert (pressed, bool(download.path())) == (0, True)
