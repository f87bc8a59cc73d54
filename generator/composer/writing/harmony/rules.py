"""Rules by which chords are generated: how often which substitution is used, how phrases end, which keys are visited.

pop        triads; secondary dominants, borrowed chords, first inversions
jazz       sevenths; ii–V, tritone substitutes, passing diminished chords, a bridge in another key
modal      few changes over pedal points; dominants only at the ends
classical  leading-tone chords, cadential six-four, inversions that make the bass move by step, a middle in another key
film       pedals and borrowed chords, the leading tone in minor
blues      dominant sevenths on I, IV and V, turnarounds
"""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.composer.styles import Style


@dataclass(frozen=True)
class Rules:
    """Probabilities, 0..1, for each chord that a rule can apply to. `sevenths`: dominants have their seventh.
    `dwelling` is the share of sections that stay on a chord, or between two, for some bars.

    `cadences` are what the last bar of a section may be, as Roman numerals; `key_changes` are transpositions of a middle
    section in semitones, drawn in `modulation` of the pieces that are long enough.
    """

    sevenths: bool
    substitution: float
    secondary: float
    borrowed: float
    two_five: float
    tritone: float
    leading: float
    inversion: float
    pedal: float
    cadence: float
    cadences: tuple[str, ...]
    minor_cadences: tuple[str, ...]
    dwelling: float = 0.6
    modulation: float = 0.0
    key_changes: tuple[int, ...] = ()


RULES: Mapping[str, Rules] = {
    "pop": Rules(
        False, 0.3, 0.26, 0.14, 0.0, 0.0, 0.04, 0.22, 0.25, 0.75,
        ("V", "IV V", "Vsus4 V", "ii V"), ("V", "iv V", "bVI V", "Vsus4 V"), 0.65, 0.4, (5, -3, 2),
    ),
    "jazz": Rules(
        True, 0.25, 0.14, 0.12, 0.25, 0.12, 0.1, 0.14, 0.15, 0.9,
        ("ii7 V7", "ii9 V13", "ii7 bII7", "V7sus4 V7"), ("iim7b5 V7", "iv7 V7", "iim7b5 bII7"), 0.55, 0.5, (5, 3, -4),
    ),
    "modal": Rules(
        False, 0.3, 0.08, 0.14, 0.0, 0.0, 0.0, 0.2, 0.5, 0.5,
        ("Vsus4 V", "V", "IV V"), ("V", "Vsus4 V", "bVII V"), 0.7,
    ),
    "classical": Rules(
        True, 0.3, 0.22, 0.1, 0.04, 0.0, 0.16, 0.34, 0.3, 0.95,
        ("IV V7", "ii V7", "Vsus4 V7", "V7"), ("iv V7", "iim7b5 V7", "bVI V7", "V7"), 0.4, 0.6, (7, -3, 5),
    ),
    "film": Rules(
        False, 0.28, 0.1, 0.18, 0.0, 0.0, 0.08, 0.24, 0.45, 0.85,
        ("Vsus4 V", "IV V", "V"), ("Vsus4 V", "iv V", "bVI V", "V"), 0.6, 0.4, (3, -4, 2),
    ),
    "blues": Rules(
        True, 0.15, 0.2, 0.05, 0.12, 0.08, 0.12, 0.12, 0.1, 0.9,
        ("V7", "ii7 V7", "I7 V7"), ("V7", "bVI7 V7", "iv7 V7"),
    ),
}  # fmt: skip
JAZZ_SHARE = 0.7  # share of chords with a seventh from which a style without rules of its own follows those of jazz


def rules_name(style: Style) -> str:
    """Return the name of a style's rules."""
    if style.harmony:
        return style.harmony
    numerals = " ".join((*style.a, *style.b, *style.minor_a, *style.minor_b)).split()
    plain = [numeral.replace("add9", "") for numeral in numerals]
    sevenths = sum(any(digit in numeral for digit in ("7", "9", "13")) for numeral in plain) / len(plain)
    has_dominants = any(numeral in ("V7", "V13", "VI7", "V7sus4") for numeral in numerals)
    if style.bars_a_chord > 1 and not any(style.grooves):
        return "modal"
    if style.kit == "cinematic":
        return "classical" if "ii7" in numerals else "film"
    if sevenths >= JAZZ_SHARE:
        return "jazz" if has_dominants else "modal"
    return "classical" if not any(style.grooves) else "pop"


def rules_of(style: Style) -> Rules:
    """Return the rules of a style."""
    return RULES[rules_name(style)]
