"""Resources for Godot 4.3 and later: layers that play together, sections that change on bar lines.

Formats: the engine's source, `modules/interactive_music/audio_stream_interactive.cpp` and
`audio_stream_synchronized.cpp` (names and order of the properties, values of the enums),
`modules/vorbis/resource_importer_ogg_vorbis.cpp` (import parameters), `scene/resources/resource_format_text.cpp` (a
path without `res://` is relative to the resource, so that the folder can lie anywhere in a project).

The bar comes from the OGG files: their `.import` files set tempo, beats per bar and loop. The number of beats stays 0,
so that a loop is as long as its file, to the sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from generator.audio.export.games.plan import Grid

FROM_IMMEDIATE, FROM_NEXT_BAR = 0, 2  # TransitionFromTime
TO_START = 1  # TransitionToTime
FADE_OUT = 2  # FadeMode: the new section begins at full level
ANY_CLIP = -1
FADE_BEATS, FADE_S = 1.0, 0.5  # the fade is in seconds where the clip has no tempo


@dataclass(frozen=True)
class Clip:
    name: str
    path: str  # from the resource


def synchronized(clips: Sequence[Clip]) -> str:
    """Return an AudioStreamSynchronized with all layers at full level, as the music sounds complete."""
    lines = [f"stream_count = {len(clips)}"]
    for number, _ in enumerate(clips):
        lines += [f'stream_{number}/stream = ExtResource("{number + 1}")', f"stream_{number}/volume = 0.0"]
    return _resource("AudioStreamSynchronized", clips, lines)


def interactive(clips: Sequence[Clip], *, has_grid: bool) -> str:
    """Return an AudioStreamInteractive that changes from any section to any other on the next bar line."""
    lines = [f"clip_count = {len(clips)}"]
    for number, clip in enumerate(clips):
        lines += [
            f"clip_{number}/name = &{_quoted(clip.name)}",
            f'clip_{number}/stream = ExtResource("{number + 1}")',
            f"clip_{number}/auto_advance = 0",
        ]
    lines += [
        "initial_clip = 0",
        "_transitions = {",
        f"Vector2i({ANY_CLIP}, {ANY_CLIP}): {{",
        f'"fade_beats": {FADE_BEATS if has_grid else FADE_S},',
        f'"fade_mode": {FADE_OUT},',
        f'"from_time": {FROM_NEXT_BAR if has_grid else FROM_IMMEDIATE},',
        f'"to_time": {TO_START}',
        "}",
        "}",
    ]
    return _resource("AudioStreamInteractive", clips, lines)


def import_settings(grid: Grid | None, *, is_loop: bool) -> str:
    """Return the `.import` file of an OGG; Godot completes it when it imports the file."""
    params = {
        "loop": "true" if is_loop else "false",
        "loop_offset": "0",
        "bpm": f"{grid.bpm:.9g}" if grid else "0",
        "beat_count": "0",
        "bar_beats": str(grid.beats_per_bar if grid else 4),
    }
    lines = ["[remap]", "", 'importer="oggvorbisstr"', 'type="AudioStreamOggVorbis"', "", "[params]", ""]
    return "\n".join([*lines, *(f"{name}={value}" for name, value in params.items()), ""])


def _resource(kind: str, clips: Sequence[Clip], lines: Sequence[str]) -> str:
    head = f'[gd_resource type="{kind}" load_steps={len(clips) + 1} format=3]'
    files = [
        f'[ext_resource type="AudioStream" path={_quoted(clip.path)} id="{number}"]'
        for number, clip in enumerate(clips, start=1)
    ]
    return "\n".join([head, "", *files, "", "[resource]", *lines, ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
