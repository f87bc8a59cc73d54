"""The style families, as data (base.py says what one is): a new one is a new entry in one of these modules."""

from collections.abc import Mapping

from generator.composer.styles.base import Groove, Part, Style
from generator.composer.styles.beats import BEATS
from generator.composer.styles.extras import EXTRAS
from generator.composer.styles.players import PLAYERS
from generator.composer.styles.screen import SCREEN

STYLES: Mapping[str, Style] = {style.key: style for style in (*BEATS, *PLAYERS, *SCREEN)}

__all__ = ["EXTRAS", "STYLES", "Groove", "Part", "Style"]
