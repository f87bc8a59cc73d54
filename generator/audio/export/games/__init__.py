"""Music for game engines: layers that loop together, sections with entry and exit, and what engines import them with.

A *layer* is the sum of some stems within one loop; the layers sum to what the stems sum to. A *section* is a stretch of
the track between two bar lines. Files of sound are written with `generator/audio/export`, texts are made here:

    layers/Rain_L1_Harmony.wav, .ogg    loops, from low to high intensity, all of the same length
    sections/Rain_S1_Intro.wav          lead-in, entry cue, music, exit cue, what rings on
    sections/Rain_S1_Intro.ogg          from entry to exit, as a loop
    Rain_Layers.tres, Rain_Sections.tres, layers/….ogg.import    for Godot 4.3 and later
    Rain_Wwise.txt                      for Wwise's import from tab delimited text
    Rain_Notes.txt, Rain.json           for people (Unity, FMOD), and for programs
"""

from generator.audio.export.games.layers import Layer, Stem, group_stems, mix_layers
from generator.audio.export.games.names import engine_name
from generator.audio.export.games.plan import GamePlan, GameSection, Grid, plan_game, section_loop, section_with_cues
from generator.audio.export.games.writing import GameFile, GameReport, write_game

__all__ = [
    "GameFile",
    "GamePlan",
    "GameReport",
    "GameSection",
    "Grid",
    "Layer",
    "Stem",
    "engine_name",
    "group_stems",
    "mix_layers",
    "plan_game",
    "section_loop",
    "section_with_cues",
    "write_game",
]
