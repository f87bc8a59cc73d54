"""The note for people: what is in the folder, and how Unity, FMOD, Wwise and Godot take it."""

from collections.abc import Sequence

from generator.audio.export.games.plan import Grid

_HOW_TO = """\
Unity
  Import the WAV files; set Compression Format to PCM or Vorbis. Play all layers with AudioSource.PlayScheduled at the
  same AudioSettings.dspTime, with loop on, and fade their volumes. A section ends at its exit cue: schedule the next
  one so that its entry cue falls on it. The cues are in {name}.json, in samples.

FMOD Studio
  Layers: put every layer on its own track of one event at 0, with a loop region over their whole length, and automate
  the volumes with a parameter. Sections: one timeline; put transition markers at the exit cues, and set the tempo.

Wwise
  Project > Import Audio Files, then the tab delimited file {name}_Wwise.txt, into a work unit of the interactive music.
  The layers are tracks of one segment. Set each section's entry and exit cue to the markers of its file, and its tempo.

Godot 4.3 and later
  Copy the folder into the project. {name}_Layers.tres plays all layers together; fade them with the stream volumes.
  {name}_Sections.tres changes to another section on the next bar line; every section repeats until then.
"""


def note(name: str, title: str, layers: Sequence[str], sections: Sequence[str]) -> str:
    """Return the text; the lines of layers and sections are ready-made."""
    parts = [title, "=" * len(title), ""]
    if layers:
        parts += ["Layers, from low to high intensity; all of one length, together the whole music:", *layers, ""]
    if sections:
        parts += ["Sections:", *sections, ""]
    return "\n".join([*parts, _HOW_TO.format(name=name)])


def describe_grid(grid: Grid | None) -> str:
    """Return the tempo and bars in words: "82.5 BPM, 8 bars of 4 beats"."""
    if grid is None:
        return "no steady tempo"
    bars = f", {grid.bars} bars of {grid.beats_per_bar} beats" if grid.bars else f", {grid.beats_per_bar} beats per bar"
    return f"{grid.bpm:.6g} BPM{bars}"
