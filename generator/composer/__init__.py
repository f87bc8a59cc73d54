"""The built-in composer: from a sentence to finished, mastered music, on the CPU, offline.

    text + controls ─► Brief ─► Form ─► Score ─► mix ─► master ─► 16-bit samples
                       brief    form    score    mix    master

`python -m generator.composer "rainy lo-fi, 45 s" -o out.flac` does it from a shell. docs/composer.md has the rooms.
"""

from generator.composer.again import again, changes
from generator.composer.brief import Brief, BriefError, ComposerControls, Heard, read_brief
from generator.composer.piece import Cancelled, Composition, compose
from generator.composer.reference import Reference, read_reference, reference_of
from generator.composer.styles import STYLES, Style

__all__ = [
    "STYLES",
    "Brief",
    "BriefError",
    "Cancelled",
    "ComposerControls",
    "Composition",
    "Heard",
    "Reference",
    "Style",
    "again",
    "changes",
    "compose",
    "read_brief",
    "read_reference",
    "reference_of",
]
