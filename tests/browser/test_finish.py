"""The finishing room in a real browser: what is handed over after a few clicks, and what other programs read in it."""

import zipfile

import av
import pytest
from playwright.sync_api import expect

from generator.audio import decode, measure
from generator.audio.export import read_loop
from tests.browser.hands import Keyboard, Mouse
from tests.browser.journeys import EDIT_DELIVERED, LOOP_DELIVERED, VOICE_DELIVERED, voice_file
from tests.browser.test_accessibility import problems
from tests.browser.test_main_job import until

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("editor")]


def check_the_pack(archive: zipfile.ZipFile, folder) -> None:
    names = archive.namelist()
    assert sorted(name[-3:] for name in names) == ["mp3", "wav"]
    for name in names:
        file = archive.extract(name, folder)
        sound = decode(file)
        assert measure(sound).lufs == pytest.approx(-16, abs=0.3)
        if name.endswith("wav"):
            assert (sound.frames, sound.sample_rate, sound.bits) == (28.5 * 48_000, 48_000, 24)
            assert abs(sound.samples[:48]).max() < 0.01  # it fades in


def test_a_length_a_fade_and_a_loudness_take_eight_clicks(visit, tmp_path):
    visitor = visit()
    visitor.sign_in()
    pressed, download = EDIT_DELIVERED.follow(visitor.page, visitor.studio, Mouse())
    assert pressed <= EDIT_DELIVERED.most_clicks
    download.save_as(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        check_the_pack(archive, tmp_path)
    assert problems(visitor.page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_a_loop_takes_four_clicks_and_other_readers_find_it(visit, tmp_path, width):
    visitor = visit(width=width, height=844)
    visitor.sign_in()
    pressed, download = LOOP_DELIVERED.follow(visitor.page, visitor.studio, Mouse())
    assert pressed <= LOOP_DELIVERED.most_clicks
    file = tmp_path / "loop.ogg"
    download.save_as(file)
    loop = read_loop(file)
    with av.open(str(file)) as opened:
        tags = opened.streams.audio[0].metadata
    assert (int(tags["LOOPSTART"]), int(tags["LOOPLENGTH"])) == (loop.start, loop.length)
    assert loop.length == decode(file).frames
    assert problems(visitor.page) == []


@pytest.mark.parametrize("width", [1440, 390])
def test_music_under_a_voice_takes_five_clicks(visit, tmp_path, width):
    visitor = visit(width=width, height=844)
    visitor.sign_in()
    pressed, download = VOICE_DELIVERED.follow(visitor.page, visitor.studio, Mouse())
    assert pressed <= VOICE_DELIVERED.most_clicks
    download.save_as(tmp_path / "bed.mp3")
    assert decode(tmp_path / "bed.mp3").frames
    assert problems(visitor.page) == []


@pytest.mark.parametrize("journey", [EDIT_DELIVERED, LOOP_DELIVERED, VOICE_DELIVERED], ids=lambda journey: journey.name)
def test_the_keyboard_alone_is_enough(visit, journey):
    visitor = visit()
    visitor.sign_in()
    pressed, download = journey.follow(visitor.page, visitor.studio, Keyboard())
    assert (pressed, bool(download.path())) == (0, True)


def test_the_cut_is_dragged_typed_and_set_by_key(visit):
    visitor = visit()
    visitor.sign_in()
    page = visitor.page
    EDIT_DELIVERED.prepare(page, visitor.studio)
    page.locator("#open-finish").click()
    handle = page.locator("[data-handle=end]")
    handle.wait_for(state="attached")
    wave = page.locator(".big-wave").bounding_box()
    middle = wave["y"] + wave["height"] / 2
    page.mouse.move(wave["x"] + wave["width"] - 1, middle)
    page.mouse.down()
    page.mouse.move(wave["x"] + wave["width"] / 2, middle, steps=5)
    page.mouse.up()
    expect(page.locator("#e-end")).to_have_value("0:20")
    expect(page.locator("#edit-preview")).to_have_attribute("data-state", "ready", timeout=90_000)
    page.locator("#e-start").fill("0:05")
    page.locator("#e-start").press("Tab")
    share = page.locator("[data-handle=start]").evaluate("it => it.getBoundingClientRect().width") / wave["width"]
    assert share == pytest.approx(5 / 40, abs=0.02)
    expect(page.locator("#edit-preview")).to_have_attribute("data-state", "ready", timeout=90_000)


DROP = """([name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(bytes)], name, { type: "audio/wav" }));
    for (const type of ["dragover", "drop"]) {
        const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector("#original").dispatchEvent(event);
    }
}"""


def open_room(visitor) -> None:
    visitor.sign_in()
    EDIT_DELIVERED.prepare(visitor.page, visitor.studio)
    visitor.page.locator("#open-finish").click()
    expect(visitor.page.locator("#edit-grid")).to_have_attribute("data-state", "known", timeout=60_000)


def test_the_edit_is_heard_at_once_and_says_where_the_file_differs(visit):
    visitor = visit()
    open_room(visitor)
    page = visitor.page
    hear = page.locator("#hear-edit")
    page.locator("#e-skip").fill("0:10–0:20")
    page.locator("#e-fade_in").fill("1")
    hear.click()
    expect(hear).to_have_attribute("data-decoded", "false")
    expect(hear).to_have_attribute("aria-pressed", "true")
    until(page, "parseFloat(document.querySelector('#hear-position').textContent.split(':')[1]) > 0.2")
    hear.click()
    expect(hear).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowRight")
    hear.click()
    expect(hear).to_have_attribute("data-decoded", "true")
    assert hear.get_attribute("data-took-ms")
    hear.click()
    page.locator("#job-loop").click()
    expect(page.locator("#edit-error")).to_be_visible()  # the fade is refused with it, and nothing is lost
    page.locator("#e-fade_in").fill("")
    page.locator("#e-fade_in").press("Tab")
    expect(page.locator("#edit-preview")).to_have_attribute("data-state", "ready", timeout=90_000)
    page.locator("[data-hear-seam]").click()
    expect(hear).to_have_attribute("aria-pressed", "true")
    page.locator("#edit-preview [data-play]").click()  # the studio's file, which ends what was heard at once
    expect(hear).to_have_attribute("aria-pressed", "false")
    page.locator("#show-spectrogram").click()
    expect(page.locator("#spectrogram")).to_have_attribute("data-state", "drawn")
    assert problems(page) == []


def test_a_plan_is_chosen_and_its_joins_are_heard(visit):
    visitor = visit()
    open_room(visitor)
    page = visitor.page
    page.locator("#job-30s").click()
    preview = page.locator("#edit-preview")
    expect(preview).to_have_attribute("data-state", "ready", timeout=90_000)
    page.locator("#plan-1").check()
    expect(page.locator("#plans")).to_have_count(0)  # while it is rendered
    expect(preview).to_have_attribute("data-state", "ready", timeout=90_000)
    expect(page.locator("#plan-1")).to_be_checked()
    page.locator("#hear-joins [data-seek-ms]").first.click()
    until(page, "!document.querySelector('#audio').paused")
    page.locator("#unstretched [data-fill]").first.click()
    expect(page.locator("#e-length")).not_to_have_value("0:30")
    expect(page.locator("#plan-0")).to_be_checked(timeout=90_000)


def test_keys_move_by_beats_and_set_the_cut_and_taps_give_a_tempo(visit):
    visitor = visit()
    open_room(visitor)
    page = visitor.page
    grid = page.locator("#edit-grid")
    beats, bars = page.evaluate(
        "(({ beats, bars }) => [beats, bars])(JSON.parse(document.querySelector('#edit-grid').dataset.grid))"
    )
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("i")
    after = next(bar for bar in bars if bar > (beats[0] if beats[0] > 0.02 else beats[1]) + 0.02)
    minutes, seconds = page.locator("#e-start").input_value().split(":")
    assert int(minutes) * 60 + float(seconds) == pytest.approx(after, abs=0.01)
    page.locator("#grid-more > summary").click()
    page.locator("#grid-more > summary").blur()
    for _ in range(5):
        page.keyboard.press("t")
        page.wait_for_timeout(400)
    bpm = float(page.locator("#e-bpm").input_value())
    assert 90 < bpm < 150
    page.locator("#use-tempo").click()
    expect(page.locator("#grid-corrected")).to_be_visible()
    assert grid.get_attribute("data-grid").count(",") != 0
    page.locator("#grid-undo").click()
    expect(page.locator("#grid-corrected")).to_have_count(0)


@pytest.mark.parametrize("width", [390])
def test_a_dropped_file_is_the_voice_and_the_common_jobs_come_first_on_a_phone(visit, width):
    visitor = visit(width=width, height=844)
    open_room(visitor)
    page = visitor.page
    first = [page.locator(f"#job-{name}") for name in ("30s", "loop", "voice", "broadcast")]
    for chip in first:
        expect(chip).to_be_in_viewport()
    assert page.locator("#jobs > *").first.get_attribute("id") == "job-30s"
    page.evaluate(DROP, ["intro.wav", list(voice_file().read_bytes())])
    expect(page.locator("#voice-meter")).to_be_visible(timeout=90_000)
    expect(page.locator("#e-voice")).to_be_checked()
