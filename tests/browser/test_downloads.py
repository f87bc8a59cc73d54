"""Every download of the product, pressed in a real browser, is saved as a file that other programs open."""

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from generator.audio import decode
from tests.browser.runs import make_track

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def page(visit) -> Page:
    visitor = visit()
    visitor.sign_in()
    return visitor.page


def saved(page: Page, folder: Path, press) -> Path:
    """Return the file that a press downloads; the page stays unchanged."""
    before = page.url
    with page.expect_download(timeout=60_000) as download:
        press()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    assert page.url == before
    assert page.locator("#page").count() == 1
    return target


def is_audio(file: Path, seconds: float) -> None:
    assert decode(file).seconds == pytest.approx(seconds, abs=0.1)
    if shutil.which("ffmpeg"):
        subprocess.run(
            ["ffmpeg", "-v", "error", "-xerror", "-i", file, "-f", "null", "-"], check=True, capture_output=True
        )


def is_pdf(file: Path) -> None:
    assert file.read_bytes().startswith(b"%PDF-")
    assert file.read_bytes().rstrip().endswith(b"%%EOF")


def rows(file: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))


def test_picked_tracks_as_a_zip(page, tmp_path):
    page.locator("#pick").click()
    page.locator("#pick-all").click()
    tracks = page.locator(".track[data-src] input[name=track]:checked").count()
    assert tracks
    file = saved(page, tmp_path, lambda: page.locator("#bulk-zip-button").click())
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == tracks
        for name in archive.namelist():
            is_audio(Path(archive.extract(name, tmp_path)), decode(tmp_path / name).seconds)
    assert "PK" not in page.locator("#toasts").inner_text()


def test_other_actions_on_picked_tracks_still_answer_in_place(page):
    page.locator("#pick").click()
    page.locator(".track[data-src] input[name=track]").first.check()
    page.locator("#bulk-tag").fill("late night")
    page.locator("#bulk-tag").press("Enter")
    expect(page.locator("#toasts .toast")).to_have_count(1)
    expect(page.locator("#picked")).to_have_text("0 selected")
    expect(page.locator(".track[data-src] [data-star]").first).to_have_attribute("aria-pressed", "false")


def test_a_track_in_every_format_with_notes_stems_and_certificate(page, tmp_path):
    address = make_track(page, "lo-fi with drums, 8 s")
    row = page.locator(".track[data-src]", has=page.locator(f".track-title a[href='{address}']"))
    row.get_by_label("Download").click()
    for link in row.locator(".menu a[href*='/download/']").all():
        is_audio(saved(page, tmp_path, link.click), 8)
        row.get_by_label("Download").click()
    page.keyboard.press("Escape")
    page.goto(page.url.split("/projects/")[0] + address)
    for link in page.locator("#downloads tr:first-child a:not([href*='mp3-wav'])").all():
        is_audio(saved(page, tmp_path, link.click), 8)
    page.locator("[id^=make-stems-] button").click()
    expect(page.locator(".stem").nth(1)).to_be_visible(timeout=60_000)
    for link in page.locator(".stem a[href$='/download']").all():
        is_audio(saved(page, tmp_path, link.click), 8)
    notes = saved(page, tmp_path, page.locator("a[href$='/midi']").click)
    assert notes.read_bytes().startswith(b"MThd")
    with zipfile.ZipFile(saved(page, tmp_path, page.locator(".mixer-files a[href$='/wav']").click)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == page.locator(".stem").count() + 1
    page.locator(".track-tabs [data-tab=record]").click()
    page.locator("#license a[href$='/documents/']").click()
    page.wait_for_url("**/documents/")
    is_pdf(saved(page, tmp_path, page.locator("a[href$='certificate.pdf']").click))


def test_a_shared_track(page, visit, tmp_path):
    page.locator(".track[data-src] .track-title a").first.click()
    page.goto(page.url.split("/projects/")[0] + str(page.locator("#detail #track-detail").get_attribute("data-page")))
    page.get_by_role("link", name="Share", exact=True).click()
    page.locator("#share-with-link > summary").click()
    page.locator("#allow-download").check()
    page.locator("#share-with-link button").click()
    link = page.locator("#share-link, input[value*='/s/']").first.input_value()
    guest = visit().page
    guest.goto(link)
    is_audio(saved(guest, tmp_path, guest.locator("a[href$='/download']").click), decode_seconds(guest))


def decode_seconds(page: Page) -> float:
    return float(page.locator("article[data-seconds]").get_attribute("data-seconds"))


def test_spend_lines_and_statement(page, visit, tmp_path):
    page.goto(f"{page.url.split('/projects/')[0]}/spend/")
    lines = rows(saved(page, tmp_path, page.locator("a[data-download=csv]").click))
    assert len(lines) > 1
    is_pdf(saved(page, tmp_path, page.locator("a[href*='statement.pdf']").click))
    page.locator("a[href*='/spend/ledger-entries/']").first.click()
    page.wait_for_url("**/spend/ledger-entries/**")
    assert rows(saved(page, tmp_path, page.locator("a[data-download=csv]").click))[0] == lines[0]


def test_the_ledger_in_the_admin(page, tmp_path):
    page.goto(f"{page.url.split('/projects/')[0]}/admin/review/")
    assert len(rows(download(page, tmp_path, page.locator("a[data-download=csv]").click))) > 1
    page.locator("#all-entries").click()
    assert len(rows(download(page, tmp_path, page.locator("a[data-download=csv]").click))) > 1


def download(page: Page, folder: Path, press) -> Path:
    with page.expect_download(timeout=60_000) as download:
        press()
    download.value.save_as(folder / download.value.suggested_filename)
    return folder / download.value.suggested_filename
