"""A variation by one press, then the mixer, in a real browser; axe finds no violation on the way."""

import pytest
from playwright.sync_api import expect

from generator.audio import encode
from generator.composer import compose, read_brief
from tests.browser.runs import make_track
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]

TOGETHER = "document.querySelector('[data-mixer=\"seek\"]').value > 0"


@pytest.mark.parametrize(("width", "scheme"), [pytest.param(1440, "light", marks=pytest.mark.slow), (360, "dark")])
def test_a_version_and_its_mixer(visit, tmp_path, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    page.goto(visitor.studio.url + make_track(page, "lo-fi with drums, 8 s, 80 bpm"))
    page.get_by_role("button", name="10% slower", exact=True).click()
    page.locator("#versions a", has_text="10% slower").click(timeout=60_000)
    expect(page.locator("h1")).to_contain_text("10% slower")
    page.locator("[id^=make-stems-] button").click()
    expect(page.locator(".stem").nth(2)).to_be_visible(timeout=60_000)
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "mixer.png", full_page=True)
    mix(page)
    keep_the_mix(page)


def keep_the_mix(page) -> None:
    """Check that the mix outlives a reload and names the version."""
    solo = page.locator(".stem").first
    name = solo.locator("b").inner_text()
    solo.get_by_role("button", name="Mute").click()
    page.reload()
    expect(solo.locator("[data-level]")).to_have_value("95")
    expect(solo.get_by_role("button", name="Solo")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-heard]").first).to_have_value("95")
    expect(page.locator("[data-heard]").nth(1)).to_have_value("0")
    page.locator("#keep-balance button").press("Enter")
    page.locator("#versions a", has_text=f"{name} −0.4 dB").click(timeout=60_000)
    expect(page.locator("h1")).to_contain_text(f"{name} −0.4 dB, no ")


def mix(page) -> None:
    """Use only the keyboard: play, mute one player, solo another, turn it down; then the page's player takes over."""
    toggle = page.locator("[data-mixer='toggle']")
    toggle.focus()
    page.keyboard.press("Enter")
    until(page, TOGETHER)
    expect(toggle).to_have_attribute("data-state", "playing")
    for name in ("Mute", "Solo"):
        button = page.locator(".stem").first.get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("[data-level]").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-level]").first).to_have_value("95")
    page.locator(".stem [data-play]").first.click()
    is_playing(page)
    expect(toggle).to_have_attribute("data-state", "paused")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), pytest.param(360, "dark", marks=pytest.mark.slow)])
def test_energy_is_drawn_by_keyboard_and_heard(visit, tmp_path, width, scheme):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    page.locator("#more > summary").click()
    page.get_by_label("At the end").focus()
    page.keyboard.press("Home")
    expect(page.get_by_label("Energy over time %")).to_have_value("50 50 50 50 0")
    page.get_by_label("One quarter in").press("ArrowRight")
    expect(page.get_by_label("Energy over time %")).to_have_value("50 55 50 50 0")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".curve").screenshot(path=tmp_path / "curve.png")
    page.goto(visitor.studio.url + make_track(page, "lo-fi, 6 s"))
    page.locator(".track-tabs [data-tab=record]").click()
    expect(page.locator("#generation .facts")).to_contain_text("50 55 50 50 0 %")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), pytest.param(360, "light", marks=pytest.mark.slow)])
def test_a_sound_is_uploaded_and_followed(visit, tmp_path, width, scheme):
    made = compose(read_brief("house, 120 bpm, in A minor, 16 s", seed=3), 1)
    encode(made.pcm, made.sample_rate, tmp_path / "Rainy street.mp3", format="mp3")
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").fill("house, 8 s")
    page.locator("#more > summary").click()
    page.locator("summary", has_text="Reference audio").click()
    page.get_by_label("Follow a reference").select_option("upload")
    page.get_by_label("Audio file").set_input_files(tmp_path / "Rainy street.mp3")
    page.get_by_role("button", name="Upload", exact=True).click()
    state = page.locator("#state-follow")
    expect(state).to_contain_text("Follows “Rainy street”: 120 BPM, A minor", timeout=60_000)
    expect(page.locator("#heard")).to_contain_text("A minor")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
