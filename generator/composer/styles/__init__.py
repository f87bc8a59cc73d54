"""The style families, as data (see base.py); to add a style, add an entry to one of these modules."""

from collections.abc import Mapping

from generator.composer.styles.acoustic import ACOUSTIC
from generator.composer.styles.bands import BANDS
from generator.composer.styles.base import Groove, Part, Style
from generator.composer.styles.beats import BEATS
from generator.composer.styles.club import CLUB
from generator.composer.styles.extras import EXTRAS
from generator.composer.styles.latin import LATIN
from generator.composer.styles.roots import ROOTS
from generator.composer.styles.salon import SALON
from generator.composer.styles.screen import SCREEN
from generator.composer.styles.travels import TRAVELS
from generator.composer.styles.urban import URBAN

_TABLES = (BEATS, ACOUSTIC, SCREEN, URBAN, LATIN, CLUB, BANDS, ROOTS, TRAVELS, SALON)
STYLES: Mapping[str, Style] = {style.key: style for table in _TABLES for style in table}

__all__ = ["EXTRAS", "STYLES", "Groove", "Part", "Style"]
