"""Arrival in a real browser: nothing moves while takes arrive, and their card plays them and waits to be seen."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ADMIN
from tests.browser.runs import finish
from tests.browser.shifts import MAX_SHIFT, WATCH, shift_of_arrival
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import is_playing, until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_takes_arrive(visit, width):
    visitor = visit(width=width, height=900)
    page = visitor.page
    visitor.sign_in()
    text = f"slow strings at rest for {width}, 12 s"
    finish(page, f"piano before the measurement of {width}, 5 s", 1)  # there is a list
    rows = page.locator(".track[data-src]")
    before = rows.first.get_attribute("data-ref")
    shift = shift_of_arrival(page, text)
    expect(rows.nth(2)).to_have_attribute("data-ref", before)
    assert shift <= MAX_SHIFT, f"the page shifted by {shift:.4f}"
    card = page.locator(".job-ready", has_text=text)
    expect(card).to_have_count(1)
    assert problems(page) == []


def test_the_ready_card_plays_its_takes_and_is_gone_on_the_next_visit(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    card = finish(page, "calm marimba to be seen, 6 s")
    identity = card.get_attribute("id")
    expect(card.locator("[data-cost=none]")).to_be_visible()
    rows = page.locator(".track[data-src]")
    expect(rows.first.locator(".new-mark")).to_have_count(1)
    page.reload()
    expect(page.locator(f"#{identity}")).to_be_visible()
    play = page.locator(f"#{identity} [data-run][data-play]")
    play.click()
    is_playing(page)
    expect(play).to_have_attribute("data-state", "playing")
    expect(rows.nth(1).locator("[data-play]")).to_have_attribute("data-state", "playing")  # take 1 is below take 2
    expect(rows.nth(1).locator(".new-mark")).to_have_count(0)  # after two seconds
    until(page, "document.querySelector('.track[data-src]').classList.contains('is-playing')")  # then take 2
    expect(page.locator(f"#{identity}")).to_be_visible()
    page.reload()
    expect(page.locator(f"#{identity}")).to_have_count(0)


SUBMIT = """
from django.db import transaction
from generator.models import Generation, Project, User
from generator.services.generation import submit
with transaction.atomic():
    run = submit.submit(user=User.objects.get(email="{admin}"), project=Project.objects.get(public_id="{project}"),
        model_key="composer/studio", text="{text}", takes=2, format="flac", settings={{}}, idempotency_key="{text}")
    Generation.objects.filter(pk=run.pk).update(due_at=None)  # no worker takes it
"""
FAIL = """
from django.utils import timezone
from generator.models import Generation
Generation.objects.filter(prompt__text="{text}").update(state="failed", finished_at=timezone.now(),
    settled_at=timezone.now(), error_code="rejected", error_message="The provider rejected the prompt.")
"""


@pytest.mark.parametrize("width", [1440, 390])
def test_a_failure_keeps_its_place_and_nothing_moves(visit, width):
    visitor = visit(width=width, height=900)
    page = visitor.page
    visitor.sign_in()
    finish(page, f"piano before the failure at {width}, 5 s", 1)
    text = f"harp that fails at {width}"
    project = page.url.partition("/projects/")[2].partition("/")[0]
    visitor.studio.shell(SUBMIT.format(admin=ADMIN, project=project, text=text))
    page.reload()
    place = page.locator(".track-place", has_text=text).first
    place.wait_for()
    expect(page.locator(".track-place")).to_have_count(2)
    page.evaluate(WATCH)
    visitor.studio.shell(FAIL.format(text=text))
    failed = page.locator(".track-place[data-state=failed]")
    expect(failed).to_be_visible()
    expect(page.locator(".track-place")).to_have_count(2)
    assert failed.bounding_box()["height"] == pytest.approx(page.locator("[data-gone]").bounding_box()["height"], abs=1)
    assert sum(page.evaluate("window.shifts")) <= MAX_SHIFT
    assert problems(page) == []
    failed.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".track-place")).to_have_count(0)


def test_a_refused_prompt_leaves_no_place_behind(visit):
    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    expect(page.locator(".job-coming, .track-place")).to_have_count(0, timeout=60_000)
    page.locator("#prompt").fill("piano " * 400)
    page.locator("#generate").click()
    expect(page.get_by_role("alert")).to_have_attribute("data-code", "too_long")
    expect(page.locator(".job-coming, .track-place")).to_have_count(0)


def test_a_cover_is_replaced_and_restored(visit, tmp_path):
    from PIL import Image

    visitor = visit()
    page = visitor.page
    visitor.sign_in()
    file = tmp_path / "cover.png"
    Image.new("RGB", (300, 200), "teal").save(file)
    row = page.locator(".track[data-src]").first
    row.locator("[data-more]").click()
    row.locator("a[href$='/cover/change/']").click()
    before = page.locator("#cover-now").get_attribute("src")
    assert problems(page) == []
    page.locator("#picture").set_input_files(file)
    page.locator("#cover-upload button").click()
    page.locator("#cover-own").wait_for()
    expect(page.locator("#cover-now")).not_to_have_attribute("src", before)
    page.locator("#cover-own button").click()
    expect(page.locator("#cover-now")).to_have_attribute("src", before)
