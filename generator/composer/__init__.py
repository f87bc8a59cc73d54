"""The built-in composer: turns a text prompt into mastered music on the CPU, offline.

    text + controls ─► Brief ─► Form ─► Score ─► mix ─► master ─► 16-bit samples
                       brief    form    score    mix    master

Shell: `python -m generator.composer "rainy lo-fi, 45 s" -o out.flac`. docs/composer.md describes each stage.
"""

from generator.composer.composition import Cancelled, Composition, compose
from generator.composer.reference import Reference, read_reference, reference_of
from generator.composer.revision import REVISION
from generator.composer.styles import STYLES, Style
from generator.composer.text.prompt_parsing import Brief, BriefError, ComposerControls, Decision, read_brief
from generator.composer.variations import changes, vary

__all__ = [
    "REVISION",
    "STYLES",
    "Brief",
    "BriefError",
    "Cancelled",
    "ComposerControls",
    "Composition",
    "Decision",
    "Reference",
    "Style",
    "changes",
    "compose",
    "read_brief",
    "read_reference",
    "reference_of",
    "vary",
]
