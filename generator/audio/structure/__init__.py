"""What is known about a track: beats, bar lines, sections, its real ending, and its description. Pure functions."""

from generator.audio.structure.analysis import find_structure
from generator.audio.structure.correction import GridCorrection, correct_grid
from generator.audio.structure.description import Remark, describe
from generator.audio.structure.model import Section, Structure

__all__ = ["GridCorrection", "Remark", "Section", "Structure", "correct_grid", "describe", "find_structure"]
