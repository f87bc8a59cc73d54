"""Edits of finished tracks: recipes, and the steps that apply them. Pure functions: arrays in, arrays out.

Samples are float32, shape (frames, 1 or 2); times are seconds at the interfaces and frames inside. Files are not
written here (`generator/audio/export`), and nothing here knows who made a track.
"""

from generator.audio.editing.bed import make_bed
from generator.audio.editing.destinations import DESTINATIONS, Destination
from generator.audio.editing.duck import Ducked, VoiceMeter, duck, keyframes_csv, mix, plan_keyframes
from generator.audio.editing.fades import fade
from generator.audio.editing.level import Leveled, level
from generator.audio.editing.marks import Cue, LoopPoints, Marks
from generator.audio.editing.recipe import Recipe, RecipeError, parse
from generator.audio.editing.render import Edited, EditReport, Voice, apply_recipe
from generator.audio.editing.stem_plan import StemPlan, apply_to_stem, fit_stem
from generator.audio.editing.stretch import stretch, stretched_frames

__all__ = [
    "DESTINATIONS",
    "Cue",
    "Destination",
    "Ducked",
    "EditReport",
    "Edited",
    "Leveled",
    "LoopPoints",
    "Marks",
    "Recipe",
    "RecipeError",
    "StemPlan",
    "Voice",
    "VoiceMeter",
    "apply_recipe",
    "apply_to_stem",
    "duck",
    "fade",
    "fit_stem",
    "keyframes_csv",
    "level",
    "make_bed",
    "mix",
    "parse",
    "plan_keyframes",
    "stretch",
    "stretched_frames",
]
