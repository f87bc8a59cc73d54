"""What a game engine gets of a track: layers that sum to the music, sections with cues, and texts that engines read."""

import csv
import itertools
import json
import re
from functools import cache

import numpy as np
import pytest
import soundfile

from generator.audio import encode, sandbox
from generator.audio.export import read_loop, read_marks
from generator.audio.export.games import Stem, engine_name, group_stems, plan_game
from generator.audio.structure import Structure, find_structure
from tests.audio.signals import RATE, noise, tone
from tests.audio.structure.songs import Song, song

TITLE = "Rain – on the Wíndow 2"


@cache
def _song() -> tuple[Song, dict[str, np.ndarray], Structure]:
    made = song(bpm=120, beats_per_bar=4, bars=16)
    drums = noise(len(made.samples) / RATE, 0.02)[: len(made.samples)]
    pads = tone(220, len(made.samples) / RATE, -30)[: len(made.samples)]
    mix = made.samples
    return made, {"Drums": drums, "Pads": pads, "Mystery": mix - drums - pads}, find_structure(mix, RATE)


@pytest.fixture(scope="module")
def game(tmp_path_factory):
    folder = tmp_path_factory.mktemp("game")
    made, stems, structure = _song()
    sounds = {"mix": made.samples, **stems}
    paths = {name: folder / f"{name}.wav" for name in sounds}
    for name, samples in sounds.items():
        soundfile.write(paths[name], samples, RATE, subtype="FLOAT")
    target = folder / "out"
    target.mkdir()
    mix = paths.pop("mix")
    report = sandbox.export_game(mix, paths, target, structure.to_json(), TITLE, lufs=-23.0)
    return target, report


def test_layers_loop_together_and_sum_to_the_mix(game) -> None:
    folder, report = game
    manifest = json.loads((folder / f"{report.name}.json").read_text())
    files = [folder / f"{each['path']}.wav" for each in manifest["layers"]["files"]]
    assert [path.stem for path in files] == [
        f"Rain_on_the_Window_2_{end}" for end in ("L1_Ambience", "L2_Harmony", "L3_Rhythm")
    ]
    sounds = [soundfile.read(path, dtype="float64")[0] for path in files]
    start, end = manifest["layers"]["start"], manifest["layers"]["end"]
    assert {len(sound) for sound in sounds} == {end - start}
    for path in files:
        for each in (path, path.with_suffix(".ogg")):
            assert (read_loop(each).start, read_loop(each).end) == (0, end - start)
    assert report.sum_error_db < -80
    mix = _song()[0].samples[start:end] * 10 ** (report.gain_db / 20)
    fold = round(0.5 * RATE)  # where the tail is folded over the beginning
    error = (sum(sounds) - mix)[fold:]
    assert 10 * np.log10((error**2).mean() / (mix[fold:] ** 2).mean()) < -80
    grid = manifest["layers"]["grid"]
    assert grid["bpm"] == pytest.approx(120, abs=0.1)
    assert grid["bars"] * 4 * 60 / grid["bpm"] * RATE == pytest.approx(end - start)


def test_sections_begin_and_end_on_bar_lines_at_their_cues(game) -> None:
    folder, report = game
    made, _, _ = _song()
    manifest = json.loads((folder / f"{report.name}.json").read_text())
    sections = manifest["sections"]
    assert sections
    for section in sections:
        entry, leave = read_marks(folder / f"{section['path']}.wav").cues
        assert (entry.label, leave.label) == ("Entry", "Exit")
        assert section["cues"] == {"rate": RATE, "entry": entry.frame, "exit": leave.frame}
        assert leave.frame - entry.frame + (not section["is_loop"]) == section["end"] - section["start"]
        assert np.min(np.abs(np.array(made.bars) - section["start"] / RATE)) < 0.02
        looped = soundfile.info(folder / f"{section['path']}.ogg")
        assert looped.frames == section["end"] - section["start"]
    assert [section["is_loop"] for section in sections] == [True] * (len(sections) - 1) + [False]
    for one, other in itertools.pairwise(sections):
        assert abs(one["end"] - other["start"]) < 0.021 * RATE


def test_the_texts_name_files_that_exist(game) -> None:
    folder, report = game
    resources = sorted(folder.glob("*.tres"))
    assert [path.name.removeprefix(report.name) for path in resources] == ["_Layers.tres", "_Sections.tres"]
    for path in resources:
        resource = _parse_tres(path.read_text())
        assert all((folder / file).is_file() for file in resource["files"].values())
        assert resource["load_steps"] == len(resource["files"]) + 1
        assert set(resource["used"]) == set(resource["files"])
    assert resources[0].read_text().startswith('[gd_resource type="AudioStreamSynchronized" ')
    text = resources[1].read_text()
    assert text.startswith('[gd_resource type="AudioStreamInteractive" ')
    assert re.search(
        r'Vector2i\(-1, -1\): \{\n"fade_beats": 1.0,\n"fade_mode": 2,\n"from_time": 2,\n"to_time": 1\n\}', text
    )
    settings = (folder / f"layers/{report.name}_L1_Ambience.ogg.import").read_text()
    assert re.search(r"(?m)^loop=true$", settings)
    assert float(re.search(r"(?m)^bpm=(.+)$", settings)[1]) == pytest.approx(120, abs=0.1)
    with (folder / f"{report.name}_Wwise.txt").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == report.layers + report.sections
    for row in rows:
        assert (folder / row["Audio File"].replace("\\", "/")).is_file()
        assert re.fullmatch(
            r"(<Music Playlist Container>\w+\\)?<Music Segment>\w+\\<Music Track>\w+", row["Object Path"]
        )
    assert report.name in (folder / f"{report.name}_Notes.txt").read_text()
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {file.path for file in report.files} == written


def _parse_tres(text: str) -> dict:
    """Read a text resource as Godot documents it: a heading, external resources, and properties."""
    head = re.match(r'\[gd_resource type="\w+" load_steps=(\d+) format=3\]\n\n', text)
    files = dict(re.findall(r'^\[ext_resource type="AudioStream" path="([^"]+)" id="(\d+)"\]$', text, re.M))
    body = text.partition("[resource]\n")[2]
    assert re.fullmatch(r'(?:\w[\w/]* = (?:-?[\d.]+|&"[^"]*"|ExtResource\("\d+"\)|\{\n(?:.|\n)*?\n\}\n\})\n)+', body)
    names = re.findall(r"^(\w[\w/]*) = ", body, re.M)
    assert len(names) == len(set(names))
    return {
        "load_steps": int(head[1]),
        "files": {number: path for path, number in files.items()},
        "used": re.findall(r'ExtResource\("(\d+)"\)', body),
    }


def test_layers_are_the_same_whatever_the_order_and_hold_every_stem() -> None:
    loud, soft = tone(440, 0.1, -6), tone(440, 0.1, -20)
    silent = np.zeros_like(loud)
    stems = [Stem("Lead", silent), Stem("Bass", loud), Stem("Piano", soft)]
    groups = [(name, [stem.title for stem in members]) for name, members in group_stems(stems, RATE)]
    assert groups == [("Harmony_Soft", ["Lead", "Piano"]), ("Harmony_Full", ["Bass"])]
    assert group_stems([stems[1]], RATE) == [("Harmony", [stems[1]])]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Rain on the Window", "Rain_on_the_Window"), ("雨", "Music"), ("3 a.m.", "Music_3_a_m"), ("..//", "Music")],
)
def test_names_are_plain_for_every_engine(title, name) -> None:
    assert engine_name(title) == name


def test_a_track_without_stems_or_a_loop_still_has_texts(tmp_path) -> None:
    samples = noise(3, 0.1)
    structure = find_structure(samples, RATE)
    assert plan_game(samples, RATE, structure).loop is None
    encode(samples, RATE, tmp_path / "mix.flac")
    folder = tmp_path / "out"
    folder.mkdir()
    report = sandbox.export_game(tmp_path / "mix.flac", {}, folder, structure.to_json(), "Short")
    assert (report.layers, report.sum_error_db) == (0, None)
    assert json.loads((folder / "Short.json").read_text())["layers"] is None
