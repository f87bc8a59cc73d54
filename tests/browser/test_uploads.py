"""Tracks from elsewhere in a real browser: several files at once, each with its own answer, none sent twice."""

import io

import pytest
import soundfile
from playwright.sync_api import expect

from tests.audio.signals import RATE, song, tone
from tests.browser.test_accessibility import problems

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


def wav(samples) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, RATE, format="WAV")
    return out.getvalue()


@pytest.mark.parametrize("width", [1440, 390])
def test_several_files_are_added_and_one_is_refused(visit, width):
    visitor = visit(width=width, height=844)
    visitor.sign_in()
    page = visitor.page
    page.goto(page.url.partition("?")[0].rstrip("/") + "/uploads/")
    one, two = wav(song(4 + width / 10_000)), wav(tone(width, 4.0))
    files = {f"one-{width}.wav": one, f"two-{width}.wav": two, "notes.txt": b"no music"}
    page.set_input_files(
        "#upload-file",
        [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files.items()],
    )
    page.fill("#upload-cost", "0")
    page.click("#upload-send")
    expect(page.locator("#upload-answer > [data-code=unsupported_format]")).to_have_count(1)
    added = page.locator(".upload-row[data-state=ready]", has_text=f"-{width}.wav")
    expect(added).to_have_count(2, timeout=60_000)
    expect(page.locator("#upload-answer > .notice-bad")).to_have_count(1)
    assert problems(page) == []
