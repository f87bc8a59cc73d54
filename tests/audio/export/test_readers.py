"""Other programs read from the files what was written into them. Programs that are not installed are skipped."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest
import soundfile

from generator.audio.editing.marks import Cue, LoopPoints, Marks
from generator.audio.export import BroadcastInfo, read_marks
from tests.audio.export.test_metadata import TAGS, write

pytestmark = pytest.mark.live
MARKS = Marks(LoopPoints(4_410, 44_100), (Cue(0, "Entry"), Cue(48_510, "Exit")))
ORIGIN = BroadcastInfo(
    "Scene 4", reference="G-1/2", date="2026-11-30", time="13:37:00", time_reference=172_800_000,
    coding_history="A=PCM,F=44100,W=16,M=stereo,T=BGM Studio",
)  # fmt: skip


def run(program: str, *arguments: object) -> str:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def wav(tmp_path):
    return write(tmp_path, "wav", marks=MARKS, broadcast=ORIGIN)


def test_ffprobe_sees_cues_as_chapters_and_the_origin(wav) -> None:
    path, _ = wav
    seen = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_chapters", "-of", "json", path))
    chapters = [(chapter["start"], chapter["tags"]["title"]) for chapter in seen["chapters"]]
    assert chapters == [(cue.frame, cue.label) for cue in MARKS.cues]
    tags = seen["format"]["tags"]
    assert (tags["time_reference"], tags["encoded_by"]) == ("172800000", "BGM Studio")
    assert tags["coding_history"].startswith("A=PCM")


def test_exiftool_sees_origin_loop_and_cues(wav) -> None:
    path, done = wav
    (seen,) = json.loads(run("exiftool", "-j", "-a", "-G1", path))
    assert seen["RIFF:Description"] == "Scene 4"
    assert (seen["RIFF:Originator"], seen["RIFF:OriginatorReference"]) == ("BGM Studio", "G-1/2")
    assert seen["RIFF:TimeReference"] == 172_800_000
    assert seen["RIFF:DateTimeOriginal"] == "2026:11:30 13:37:00"
    assert seen["RIFF:NumSampleLoops"] == 1
    assert seen["RIFF:SamplePeriod"] == round(1e9 / 44_100)
    assert re.fullmatch(r"\d+ Entry", seen["RIFF:CuePointLabel"]) or "Exit" in str(seen["RIFF:CuePointLabel"])
    assert (seen["ID3v2_4:BeatsPerMinute"], seen["ID3v2_4:InitialKey"]) == (82, "Am")
    assert done.lufs is not None


def test_mediainfo_sees_tempo_key_loudness_and_origin(wav) -> None:
    path, done = wav
    general = json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"][0]
    assert (general["BPM"], general["ISRC"], general["Description"]) == ("82", TAGS.isrc, "Scene 4")
    extra = general["extra"]
    assert (extra["bext_Present"], extra["Initial_key"]) == ("Yes", "Am")
    assert (extra["LOOPSTART"], extra["LOOPLENGTH"]) == ("4410", "44100")
    assert extra["REPLAYGAIN_TRACK_GAIN"] == f"{-18 - done.lufs:+.2f} dB"


TITLE = "Größe – Ünïcode ♪"


def test_every_reader_shows_a_title_in_any_script(tmp_path) -> None:
    """The INFO list is UTF-8 and says so, ID3 is Unicode; `bext` is ASCII, and has the nearest letters."""
    path, _ = write(tmp_path, "wav", tags=replace(TAGS, title=TITLE), marks=MARKS, broadcast=BroadcastInfo())
    fields = "format_tags=title"
    assert json.loads(run("ffprobe", "-v", "error", "-show_entries", fields, "-of", "json", path))["format"] == {
        "tags": {"title": TITLE}
    }
    general = json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"][0]
    assert general["Track"] == TITLE  # of ID3; its "Title" is the INFO list, which it always takes for Latin-1
    (seen,) = json.loads(run("exiftool", "-j", "-a", "-G1", path))
    assert (seen["RIFF:Title"], seen["ID3v2_4:Title"]) == (TITLE, TITLE)
    assert seen["RIFF:Description"] == "Grosse - Unicode ?"
    with soundfile.SoundFile(path) as file:
        assert file.copy_metadata()["title"] == TITLE
    assert (int(run("soxi", "-c", path)), read_marks(path)) == (2, MARKS)


def test_sox_and_libsndfile_read_the_sound_and_the_studio_its_marks(wav) -> None:
    path, done = wav
    assert read_marks(path) == MARKS
    assert soundfile.info(path).frames == done.frames
    assert int(run("soxi", "-s", path)) == done.frames


@pytest.mark.parametrize("format", ["flac", "ogg", "opus"])
def test_loops_and_loudness_are_plain_comments(tmp_path, format) -> None:
    path, done = write(tmp_path, format, marks=MARKS)
    fields = "format_tags:stream_tags"
    text = run("ffprobe", "-v", "error", "-show_entries", fields, "-of", "json", path)
    tags = dict(re.findall(r'"(\w+)": "([^"]*)"', text))
    scale = 48_000 / 44_100 if format == "opus" else 1
    assert int(tags["LOOPSTART"]) == round(4_410 * scale)
    assert int(tags["LOOPLENGTH"]) == round(44_100 * scale)
    assert (tags["bpm"], tags["initialkey"]) == ("82", "Am")
    gain = tags["R128_TRACK_GAIN"] if format == "opus" else tags["REPLAYGAIN_TRACK_GAIN"]
    assert gain == (str(round((-23 - done.lufs) * 256)) if format == "opus" else f"{-18 - done.lufs:+.2f} dB")
    (seen,) = json.loads(run("exiftool", "-j", path))
    assert int(seen["Loopstart"]) == round(4_410 * scale)
