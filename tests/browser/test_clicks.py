"""The jobs that people do most take no more clicks than promised, and yield what was asked for."""

import zipfile

import pytest
from playwright.sync_api import expect

from generator.audio import decode, measure
from tests.browser.hands import Mouse
from tests.browser.journeys import (
    ACCEPT_AND_LISTEN,
    CLOSE_A_MONTH,
    FIRST_SOUND,
    INVITE_FIVE,
    JOIN_AND_LISTEN,
    THIRTY_SECONDS,
)

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("journey", [FIRST_SOUND, INVITE_FIVE, CLOSE_A_MONTH], ids=lambda journey: journey.name)
def test_few_clicks_are_enough(visit, journey):
    visitor = visit()
    visitor.sign_in()
    assert journey.count(visitor.page, visitor.studio) <= journey.most_clicks


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("journey", [JOIN_AND_LISTEN, ACCEPT_AND_LISTEN], ids=lambda journey: journey.name)
def test_who_is_invited_hears_the_project_at_once(visit, journey, width):
    visitor = visit(width=width, height=844)
    assert journey.count(visitor.page, visitor.studio) <= journey.most_clicks


def test_thirty_seconds_for_a_podcast_are_what_was_asked_for(visit, tmp_path):
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    pressed, download = THIRTY_SECONDS.follow(page, visitor.studio, Mouse())
    assert pressed <= THIRTY_SECONDS.most_clicks
    download.save_as(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        names = archive.namelist()
        assert sorted(name[-3:] for name in names) == ["mp3", "wav"]
        for name in names:
            sound = decode(archive.extract(name, tmp_path))
            assert sound.seconds == pytest.approx(30, abs=0.1)
            assert measure(sound).lufs == pytest.approx(-16, abs=0.3)
    page.reload()
    page.locator(".track-title a").first.click()
    expect(page.locator("#detail .split-main").first).to_contain_text("MP3 + WAV · −16 LUFS")
