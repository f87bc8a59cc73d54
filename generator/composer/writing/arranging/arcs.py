"""Arcs: in which order the sections of a kind of music come, how strong each is, and what may happen between them.

    song     verses and choruses, a break before the last chorus: bands, folk, pop
    beat     a loop that layers and drop-outs keep alive: hip-hop, lo-fi
    drops    builds, silences and drops: electronic dance music
    head     the tune, solos over its chords, the tune again: jazz, bossa, blues
    acts     three acts, each larger, with a fall-back before the last: film scores and trailers
    drift    slow waves without arrivals: ambient, meditation
    solo     one player: phrases that grow and thin out

A style names its arc (`Style.arc`); otherwise it follows from the drum kit, the rises and the ensemble.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.composer.styles import Style

OPEN_HZ = 20_000.0  # cutoff of a low-pass that does nothing
CHORDAL_ROLES = ("pad", "comp", "arp")


@dataclass(frozen=True)
class Sweep:
    """Cutoffs in Hz at the start and at the end of a section, and the roles whose sound they change."""

    start_hz: float
    end_hz: float
    roles: tuple[str, ...] = CHORDAL_ROLES


@dataclass(frozen=True)
class Arc:
    """The plan of a kind of music; names of sections as in form.py.

    `bodies` are orders of four-bar units between intro and ending, of which a piece draws one and repeats it to fill its
    length; `climaxes` are ways to the last section, longest first. `energies` are added to the energy of the piece.
    `openers` are the roles that may begin, as the bare opening. `silence_beats` is the length of the silence before an
    arrival, 0 for none; `arrivals` the share of arrivals that have it.
    """

    bodies: tuple[tuple[str, ...], ...]
    climaxes: tuple[tuple[str, ...], ...]
    energies: Mapping[str, float]
    openers: tuple[str, ...]
    sweeps: Mapping[str, Sweep]
    silence_beats: float = 1.0
    arrivals: float = 0.6
    ostinato: float = 0.3  # share of sections in which arpeggios keep their tones under moving chords


ARCS: Mapping[str, Arc] = {
    "song": Arc(
        bodies=(("A", "A", "B", "A2", "A2", "B", "break"), ("A", "B", "A2", "B", "break", "A2"), ("A", "A2", "B", "break", "A2", "B")),
        climaxes=(("break", "B2", "B2"), ("build", "B2"), ("B2",)),
        energies={"intro": -0.32, "A": -0.12, "A2": 0.0, "B": 0.14, "break": -0.28, "build": 0.04, "B2": 0.26, "solo": 0.1, "outro": -0.18},
        openers=("comp", "arp", "drums", "lead"),
        sweeps={"intro": Sweep(2600, 9000), "break": Sweep(2200, 7000)},
        ostinato=0.4,
    ),
    "beat": Arc(
        bodies=(("A", "A2", "B", "break", "A2", "B"), ("A", "A", "B", "A2", "break", "B", "A2"), ("A", "B", "A2", "break", "B", "A")),
        climaxes=(("break", "B2", "A2"), ("B2", "A2"), ("B2",)),
        energies={"intro": -0.3, "A": -0.06, "A2": 0.05, "B": 0.16, "break": -0.26, "build": 0.0, "B2": 0.24, "solo": 0.1, "outro": -0.2},
        openers=("comp", "drums", "arp"),
        sweeps={"intro": Sweep(700, 4500, ("pad", "comp", "arp", "drums")), "break": Sweep(900, 3500), "outro": Sweep(9000, 1500)},
    ),
    "drops": Arc(
        bodies=(("A", "build", "B", "B", "break", "A2", "build", "B"), ("A", "A2", "build", "B", "B", "break", "build", "B"), ("build", "B", "A2", "break", "build", "B")),
        climaxes=(("break", "build", "B2", "B2"), ("build", "B2", "B2"), ("build", "B2"), ("B2",)),
        energies={"intro": -0.34, "A": -0.1, "A2": -0.04, "B": 0.16, "break": -0.36, "build": -0.04, "B2": 0.24, "solo": 0.1, "outro": -0.22},
        openers=("drums", "pad", "arp", "bass"),
        sweeps={"intro": Sweep(450, 5000), "build": Sweep(600, 14_000), "break": Sweep(8000, 900), "outro": Sweep(9000, 900)},
        ostinato=0.7,
    ),
    "head": Arc(
        bodies=(("A", "A2", "B", "A", "solo", "solo", "B"), ("A", "B", "A2", "solo", "solo", "B"), ("A", "A2", "solo", "B", "solo", "A2")),
        climaxes=(("solo", "solo", "A2", "B2"), ("solo", "B2"), ("B2",)),
        energies={"intro": -0.26, "A": -0.08, "A2": 0.0, "B": 0.1, "break": -0.24, "build": 0.04, "B2": 0.2, "solo": 0.12, "outro": -0.16},
        openers=("comp", "bass", "drums"),
        sweeps={},
        silence_beats=0.0,
        ostinato=0.0,
    ),
    "acts": Arc(
        bodies=(("A", "A", "B", "break", "A2", "build", "B"), ("A", "build", "B", "break", "A2", "B")),
        climaxes=(("B", "break", "build", "B2", "B2"), ("break", "build", "B2"), ("build", "B2"), ("B2",)),
        energies={"intro": -0.46, "A": -0.24, "A2": -0.1, "B": 0.04, "break": -0.4, "build": -0.06, "B2": 0.22, "solo": 0.1, "outro": -0.12},
        openers=("pad", "arp", "comp", "bass"),
        sweeps={"intro": Sweep(1300, 4500), "break": Sweep(1200, 2600), "build": Sweep(1800, 12_000)},
        silence_beats=2.0,
        arrivals=0.8,
        ostinato=0.8,
    ),
    "drift": Arc(
        bodies=(("A", "A2", "B", "break", "A", "B"), ("A", "B", "A2", "break", "B")),
        climaxes=(("break", "B2"), ("B2",)),
        energies={"intro": -0.24, "A": -0.08, "A2": 0.02, "B": 0.14, "break": -0.18, "build": 0.04, "B2": 0.24, "solo": 0.1, "outro": -0.2},
        openers=("pad",),
        sweeps={"intro": Sweep(600, 2500), "A": Sweep(2500, 7000), "A2": Sweep(7000, 1800), "break": Sweep(4000, 700), "outro": Sweep(9000, 900)},
        silence_beats=0.0,
        ostinato=0.6,
    ),
    "solo": Arc(
        bodies=(("A", "A2", "B", "break", "A2", "B"), ("A", "B", "A2", "break", "B", "A")),
        climaxes=(("break", "B2", "A2"), ("B2", "A2"), ("B2",)),
        energies={"intro": -0.26, "A": -0.1, "A2": 0.0, "B": 0.16, "break": -0.22, "build": 0.06, "B2": 0.28, "solo": 0.1, "outro": -0.24},
        openers=("arp", "lead", "comp"),
        sweeps={},
        silence_beats=1.0,
        arrivals=0.4,
        ostinato=0.3,
    ),
}  # fmt: skip


def arc_name(style: Style) -> str:
    """Return the name of a style's arc."""
    if style.arc:
        return style.arc
    pads = sum(part.role == "pad" for part in style.parts)
    has_drums = any(style.grooves)
    if not has_drums:
        return "drift" if pads >= 2 else "solo"
    if style.kit == "cinematic":
        return "acts"
    if style.kit in ("brushes", "bossa") and any(part.pattern in ("walk", "bossa") for part in style.parts):
        return "head"
    if "riser" in style.rises and style.kit != "clean":
        return "drops"
    return "beat" if style.kit == "dusty" else "song"


def arc_of(style: Style) -> Arc:
    """Return the arc of a style."""
    return ARCS[arc_name(style)]
