"""Chromium plays the file that the library keeps of anything a provider delivers."""

from pathlib import Path

import pytest

from generator.audio import FORMATS, Tags, Wanted, take_in
from tests.audio.outside import written
from tests.audio.signals import song

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("playable")]

PLAYED = """
address => new Promise(told => {
  const audio = new Audio(address);
  audio.onerror = () => told(null);
  audio.oncanplaythrough = () => told(audio.duration);
})
"""
COME = [
    ("wav", "adpcm_ms", "s16"),
    ("wav", "adpcm_ima_wav", "s16p"),
    ("wav", "pcm_f64le", "dbl"),
    ("wav", "pcm_alaw", "s16"),
    ("wav", "mp2", "s16"),
    ("wav", "pcm_u8", "u8"),
    ("wav", "pcm_s16le", "s16"),
    ("wav", "pcm_s24le", "s32"),
    ("wav", "pcm_s32le", "s32"),
    ("wav", "pcm_f32le", "flt"),
    ("flac", "flac", "s32"),
    ("mp3", "libmp3lame", "fltp"),
    ("aiff", "pcm_s16be", "s16"),
    ("mp4", "aac", "fltp"),
]


@pytest.fixture
def length(browser, tmp_path):
    """Return the seconds of a file that Chromium plays; None if it refuses the file."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/page", lambda route: route.fulfill(body="<title>A page</title>", content_type="text/html"))
    page.goto("http://files.test/page")

    def _length(file: Path, mime: str) -> float | None:
        page.route(f"**/{file.name}", lambda route: route.fulfill(path=file, content_type=mime))
        return page.evaluate(PLAYED, f"http://files.test/{file.name}")

    yield _length
    context.close()


@pytest.mark.parametrize("asked", FORMATS)
@pytest.mark.parametrize(("container", "codec", "format"), COME, ids=[codec for _, codec, _ in COME])
def test_what_is_kept_is_played(length, tmp_path, container, codec, format, asked):
    came = written(tmp_path / f"came.{container}", codec, format, song(3))
    kept = take_in(came, Wanted(asked, Tags(title="t"), "seed"))
    assert length(kept.path, FORMATS[kept.format].mime) == pytest.approx(3.0, abs=0.15)


def test_chromium_is_asked_in_earnest(length, tmp_path):
    assert length(written(tmp_path / "came.wav", "adpcm_ms", "s16", song(3)), "audio/wav") is None
