"""One prompt on three models, played blind and equally loud, picked by key: a real browser and a real studio."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.findings import out_of_reach
from tests.browser.runs import generate
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until
from tests.management.tree import Studio

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("paid")]

NAMES = ("Built-in composer", "Fake poll", "Fake stream")


@pytest.fixture(scope="module")
def studio(paid_studio) -> Studio:
    return paid_studio


def card(page: Page, title: str):
    return page.locator(".model", has_text=title)


def send_to_three(page: Page, text: str) -> None:
    page.locator("#prompt").fill(text)
    expect(page.locator("#heard")).not_to_be_empty()
    page.locator("#models > summary").click()
    page.get_by_role("switch", name="Compare models").check()
    expect(page.locator(".model :checked")).to_have_count(2)
    card(page, "Fake stream one").click()
    page.locator(".segments label", has_text="1").first.click()
    button = page.get_by_role("button", name="Generate with 3 models · $0.06")
    expect(button).to_be_visible()
    button.click()


def test_three_models_are_heard_blind_and_one_is_picked_with_the_keys(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    send_to_three(page, "warm lo-fi, 6 s")
    page.get_by_role("link", name="Listen and pick").click()
    takes = page.locator(".candidate-take")
    expect(takes).to_have_count(3, timeout=60_000)
    shown = page.locator("#page").inner_html()
    assert [name for name in NAMES if name in shown] == []

    # Each is turned down to the same level, by its measured loudness.
    for number in range(3):
        page.keyboard.press(str(number + 1))
        is_playing(page)
        expect(takes.nth(number)).to_have_class(re.compile("is-playing"))
        expect(page.locator("[data-player=title]")).to_have_text(f"Candidate {'ABC'[number]}")
        lufs, level, volume = page.evaluate(
            f"(([take, audio]) => [take.dataset.lufs, take.dataset.level, audio.volume].map(Number))"
            f"([document.querySelectorAll('.candidate-take')[{number}], document.querySelector('#audio')])"
        )
        assert volume == pytest.approx(0.9 * min(1, 10 ** ((level - lufs) / 20)), abs=0.01)

    # The third still plays; p picks it, and the names appear.
    page.keyboard.press("p")
    expect(page.locator(".compare-state")).to_have_attribute("data-state", "picked")
    expect(page.locator(".compare-state")).to_contain_text("Candidate C")
    expect(page.locator(".candidate").nth(2)).to_have_class(re.compile("is-picked"))
    shown = page.locator("#candidates").inner_text()
    assert [name for name in NAMES if name not in shown] == []
    until(page, "document.querySelector('[data-player=title]').textContent !== 'Candidate C'")

    # The others can be removed, and restored.
    page.locator("[id^=bin-others-] button").click()
    expect(page.locator("[data-in-trash]")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-in-trash]")).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (320, "light")])  # 320: 1280 at 400%
def test_the_pages_are_accessible_and_fit(visit, scheme, width):
    visitor = visit(width=width, scheme=scheme)
    page = visitor.page
    visitor.sign_in()
    page.locator("#prompt").fill("calm ambient, 5 s")
    page.goto(page.url + "?compare=on&text=calm")
    bad = {"form": problems(page)}
    link = page.locator('a[href^="/comparisons/"]').first
    if link.count() == 0:
        send_to_three(page, "calm ambient, 5 s")
        link.wait_for()
    blind = visitor.studio.url + link.get_attribute("href")
    bad["studio"] = problems(page)
    page.goto(blind)
    expect(page.locator(".candidate-take").first).to_be_visible(timeout=60_000)
    bad["blind"] = problems(page) + out_of_reach(page)
    page.locator("[id^=reveal-] button").click()
    expect(page.locator(".candidate-title").first).to_be_visible()
    bad["revealed"] = problems(page) + out_of_reach(page)
    assert {name: found for name, found in bad.items() if found} == {}


def test_on_a_phone_the_new_card_is_shown_beside_an_open_comparison(visit):
    other = visit()
    other.sign_in()
    if other.page.locator(".job-comparing").count() == 0:
        send_to_three(other.page, "calm ambient, 5 s")
        other.page.locator(".job-comparing").wait_for()
    visitor = visit(width=390, height=844)
    visitor.sign_in()
    generate(visitor.page, "ambient beside a comparison, 9 min")
    card = visitor.page.locator(".job", has_text="ambient beside a comparison")
    expect(card.locator(".job-prompt")).to_be_focused()
    card.get_by_role("button", name=re.compile("Cancel")).click()
    expect(card).to_have_class(re.compile(r"\bjob-cancelled\b"))


# Last, because the provider's circuit breaker is open afterwards.
def test_the_model_that_went_down_is_said_on_the_open_page(visit, paid_fake):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    paid_fake.script.submit = "no_credit"
    try:
        page.locator("#models > summary").click()
        card(page, "Fake poll one").click()
        expect(page.locator("#format")).to_have_value("wav")  # the form has followed
        page.locator("#prompt").fill("bright piano, 5 s")
        page.locator(".button-big").click()
        notice = page.locator(".model-down")
        expect(notice).to_contain_text("credit there is used up", timeout=60_000)
    finally:
        paid_fake.script.submit = "ok"
    # Nothing was paid: the generation waits for the administrator, and its card offers the composer meanwhile.
    synced_catalog = page.locator(".job[data-wait] [id^=meanwhile-]")
    expect(synced_catalog).to_be_visible(timeout=60_000)
    assert problems(page) == []
    notice.get_by_role("button", name=re.compile("Built-in composer")).click()
    expect(notice).to_have_count(0)
    assert page.locator("#prompt").input_value() == "bright piano, 5 s"
    page.get_by_role("button", name=re.compile(r"Generate \d · free")).click()
    until(page, "document.querySelectorAll('.track[data-src]').length > 0", 60)
