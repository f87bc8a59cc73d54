"""Tags, loops, cues and origins are seen by other programs, and loops again by the studio."""

import json
import struct
import subprocess
from functools import cache

import av
import mutagen
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.audio import Tags
from generator.audio.editing.marks import Cue, LoopPoints, Marks
from generator.audio.editing.recipe import FORMATS, Format
from generator.audio.export import (
    FILE_FORMATS,
    BroadcastInfo,
    Description,
    choose_settings,
    export,
    read_loop,
    read_marks,
)
from generator.audio.loudness import loudness
from tests.audio import signals
from tests.audio.signals import RATE, noise
from tests.audio.test_tags import picture

TAGS = Tags(
    title="Regen – 雨",
    artist="Studio",
    album="Кухня",
    date="2026-11-30",
    comment="https://studio.example/tracks/1",
    bpm=82.0,
    key="A minor",
    isrc="AA6Q72000047",
    license="Use it anywhere.",
    track_id="G-1/2",
)

song = cache(signals.song)  # tests that change it take a copy
LOOP = Marks(LoopPoints(4_410, 44_100), (Cue(0, "start"), Cue(4_410, "Übergang")))


def write(folder, format, *, tags=TAGS, step=None, rate=RATE, samples=None, **description):
    path = folder / f"made.{FILE_FORMATS[format].extension}"
    samples = song(2) if samples is None else samples
    settings = choose_settings(Format(format, **(step or {})), rate, 2)
    return path, export(samples, rate, path, settings, Description(tags, **description))


def seen_by_ffmpeg(path) -> dict[str, str]:
    with av.open(str(path)) as file:
        texts = dict(file.metadata) | dict(file.streams.audio[0].metadata)
    return {name.lower(): text for name, text in texts.items()}


@pytest.mark.parametrize("format", FORMATS)
def test_other_programs_see_the_tags(tmp_path, format) -> None:
    path, done = write(tmp_path, format, cover=picture())
    seen = seen_by_ffmpeg(path)
    assert (seen["title"], seen["artist"], seen["album"]) == (TAGS.title, TAGS.artist, TAGS.album)
    assert TAGS.comment in (seen.get("comment"), seen.get("description"))
    tags = mutagen.File(path).tags
    text = str(tags.pprint()) if format != "m4a" else str(dict(tags))
    assert TAGS.isrc in text
    assert "82" in text
    assert "Am" in text
    if format == "opus":
        assert seen["r128_track_gain"] == str(round((-23 - done.lufs) * 256))
        assert "replaygain_track_gain" not in seen
    else:
        assert f"{-18 - done.lufs:+.2f} dB" in text
    assert done.lufs == pytest.approx(loudness(song(2), RATE).lufs)


@pytest.mark.parametrize("format", ["mp3", "wav", "aiff"])
def test_older_programs_get_id3_version_three_in_utf_16(tmp_path, format) -> None:
    path, _ = write(tmp_path, format, id3_version=3)
    tags = mutagen.File(path).tags
    assert tags.version == (2, 3, 0)
    assert tags["TIT2"].encoding == 1
    assert tags["TIT2"].text == [TAGS.title]
    assert (tags["TBPM"].text, tags["TKEY"].text, tags["TSRC"].text) == (["82"], ["Am"], [TAGS.isrc])
    assert b"\xff\xfeR\x00e\x00g\x00" in path.read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_carries_the_cover(tmp_path, format) -> None:
    path, _ = write(tmp_path, format, cover=picture())
    assert picture()[200:400] in path.read_bytes() or format in ("ogg", "opus")
    if format in ("ogg", "opus"):
        assert mutagen.File(path)["metadata_block_picture"]


@pytest.mark.parametrize("format", [code for code, kind in FILE_FORMATS.items() if kind.has_loop])
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_loop_is_read_again_at_the_rate_of_the_file(tmp_path, format, rate) -> None:
    rate = 48_000 if format == "opus" else rate
    path, done = write(tmp_path, format, marks=LOOP, step={"rate": rate})
    expected = LoopPoints(round(4_410 * rate / RATE), round(44_100 * rate / RATE))
    assert done.marks.loop == expected
    assert read_loop(path) == expected


@pytest.mark.parametrize("format", [code for code, kind in FILE_FORMATS.items() if not kind.has_loop])
def test_formats_that_cannot_loop_say_so(tmp_path, format) -> None:
    path, done = write(tmp_path, format, marks=LOOP)
    assert done.marks.loop is None
    assert read_loop(path) is None


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_wav_has_cues_with_names_and_stays_readable(tmp_path, bits) -> None:
    path, _ = write(tmp_path, "wav", marks=LOOP, step={"bits": bits}, samples=song(2)[:-1])
    assert read_marks(path) == LOOP
    data = path.read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    with av.open(str(path)) as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) == len(song(2)) - 1


def test_broadcast_wav_says_where_it_begins(tmp_path) -> None:
    info = BroadcastInfo(
        "Bed for scene 4", reference="G-1/2", date="2026-11-30", time="13:37:00", time_reference=172_800_000
    )
    path, _ = write(tmp_path, "wav", broadcast=info, marks=LOOP)
    data = path.read_bytes()
    at = data.index(b"bext") + 8
    assert data[at : at + 15] == b"Bed for scene 4"
    assert data[at + 256 : at + 266] == b"BGM Studio"
    assert data[at + 320 : at + 338] == b"2026-11-3013:37:00"
    assert struct.unpack_from("<Q", data, at + 338) == (172_800_000,)
    assert data.index(b"bext") < data.index(b"data")
    assert read_marks(path) == LOOP
    assert b"INAM" in data


def test_without_an_origin_there_is_no_broadcast_chunk(tmp_path) -> None:
    path, _ = write(tmp_path, "wav")
    assert b"bext" not in path.read_bytes()


@given(st.binary(max_size=400), st.sampled_from(["wav", "flac", "ogg", "opus", "mp3"]), st.booleans())
def test_broken_files_have_no_loop(tmp_path_factory, data, format, has_head) -> None:
    path = tmp_path_factory.getbasetemp() / f"broken.{format}"
    head = b"RIFF\xff\xff\xff\x7fWAVEsmpl\x3c\x00\x00\x00" if has_head else b""
    path.write_bytes(head + data)
    loop = read_loop(path)
    assert loop is None or loop.length > 0


@given(
    st.integers(1, 10**7),
    st.integers(1, 10**7),
    st.lists(st.tuples(st.integers(0, 10**7), st.text(max_size=3)), max_size=5),
)
def test_marks_stay_within_the_sound(old_frames, new_frames, cues) -> None:
    marks = Marks(LoopPoints(0, old_frames), tuple(Cue(min(frame, old_frames), label) for frame, label in cues))
    scaled = marks.scaled(old_frames, new_frames)
    assert scaled.loop == LoopPoints(0, new_frames)
    frames = [cue.frame for cue in scaled.cues]
    assert frames == sorted(set(frames))
    assert all(0 <= frame <= new_frames for frame in frames)


def test_a_failed_export_leaves_no_file(tmp_path) -> None:
    settings = choose_settings(Format("wav"), RATE, 2)
    with pytest.raises(RuntimeError, match="stop"):
        export(noise(4), RATE, tmp_path / "made.wav", settings, report=_stop)
    assert list(tmp_path.iterdir()) == []


def _stop(done: float) -> None:
    raise RuntimeError("stop")


@pytest.mark.live
@pytest.mark.parametrize("format", FORMATS)
def test_ffprobe_sox_and_mediainfo_open_every_format(tmp_path, format) -> None:
    info = BroadcastInfo("Scene 4", time_reference=48_000) if format == "wav" else None
    path, done = write(tmp_path, format, cover=picture(), marks=LOOP, broadcast=info)
    probed = run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path)
    probe = json.loads(probed)
    tags = {name.lower(): text for name, text in (probe["format"].get("tags") or probe["streams"][0]["tags"]).items()}
    assert tags["title"] == TAGS.title
    assert float(probe["streams"][0]["duration"]) == pytest.approx(2.0, abs=0.06)
    general = json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"][0]
    assert TAGS.title in (general.get("Title"), general.get("Track"))
    assert float(general["Duration"]) == pytest.approx(2.0, abs=0.06)
    assert done.frames / choose_settings(Format(format), RATE, 2).rate == pytest.approx(2.0, abs=1e-4)
    if format not in ("m4a", "opus", "mp3"):  # SoX reads these with plugins, or not at all
        assert float(run("soxi", "-D", path)) == pytest.approx(2.0, abs=0.06)


def run(*command) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
