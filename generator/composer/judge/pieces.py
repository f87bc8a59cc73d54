"""The composer's own pieces, drawn afresh and measured: change over time and key on the sound, writing on the notes."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from generator.composer import STYLES, Brief, ComposerControls, Composition, compose, read_brief
from generator.composer.judge import notes, signals
from generator.composer.mixing.master import silence
from generator.composer.writing.form import plan
from generator.composer.writing.score import write

LENGTH_S = 60.0  # as long as the references' excerpts
WRITTEN_S = 120.0  # at least 32 bars at most tempos
PROGRESSION_CHORDS = 8
MAX_SEED = 1_000_000


@dataclass(frozen=True)
class Heard:
    """What was measured on the sound of one piece. `keys` has the share of key profiles that hear the piece's key."""

    style: str
    seed: int
    mode: str
    figures: dict[str, float]
    keys: float


@dataclass(frozen=True)
class Written:
    """What was measured on the notes of one piece, the rhythms of the tune's phrases, and its first chords."""

    style: str
    seed: int
    mode: str
    figures: dict[str, float]
    tune_rhythms: tuple[tuple[int, ...], ...]
    progression: tuple[tuple[int, tuple[int, ...]], ...]


def draw_seeds(seed: int, style: str, count: int) -> list[int]:
    """Return seeds of a style's pieces; the same base seed gives the same ones."""
    return random.Random(f"{seed}/{style}").sample(range(MAX_SEED), count)


def _brief(style: str, seed: int, length_s: float) -> Brief:
    return read_brief("", ComposerControls(length_s=length_s, style=style), seed=seed)


def hear(style: str, seed: int) -> Heard:
    """Render a piece and measure its sound."""
    composition = compose(_brief(style, seed, LENGTH_S))
    mono = signals.to_mono((composition.pcm / 32_768).astype(np.float32), composition.sample_rate)
    mode = composition.key.split()[-1]
    told = (composition.brief.tonic, mode)
    keys = float(np.mean([signals.heard_key(mono, profile) == told for profile in signals.PROFILES]))
    return Heard(style, seed, mode, asdict(signals.measure_change(mono)), keys)


def read_notes(style: str, seed: int) -> Written:
    """Write a piece without rendering it, and measure its notes as its MIDI file has them."""
    brief = _brief(style, seed, WRITTEN_S)
    form = plan(brief)
    score = write(brief, form, 1)
    silent = Composition(brief, 1, form, score, silence(0))
    piece = notes.read_midi(silent.midi())
    if piece is None:
        raise ValueError(f"the MIDI file of {style}, seed {seed}, cannot be read")
    mode = brief.key.split()[-1]
    figures = {**notes.measure_piece(piece), **_harmony_figures(silent)}
    if mode == "minor":
        shares = notes.class_shares([note for part in piece.parts for note in part])
        figures["leading_tone"] = float(shares[(brief.tonic + 11) % 12] >= notes.MIN_SHARE / 2)
    tune = [
        notes.Note(note.start, note.length, note.pitch, 0)
        for line in score.lines if line.part.role == "lead" for note in line.notes
    ]  # fmt: skip
    rhythms = notes.bar_rhythms(tune, piece.bar, notes.PHRASE_BARS)
    progression = tuple(
        ((harmony.chord.root - score.tonic) % 12, tuple(harmony.chord.intervals[1:3])) for harmony in score.harmony
    )
    return Written(style, seed, mode, figures, tuple(rhythms), progression[:PROGRESSION_CHORDS])


def _harmony_figures(composition: Composition) -> dict[str, float]:
    """Return the share of chords whose first bass note is the root: exact, from the score."""
    score = composition.score
    bass = sorted(
        (note for line in score.lines if line.part.role == "bass" for note in line.notes), key=lambda note: note.start
    )
    starts = np.array([note.start for note in bass])
    matches = []
    for harmony in score.harmony:
        at = int(np.searchsorted(starts, harmony.start - 0.1))
        if at < len(bass) and bass[at].start < harmony.start + harmony.length - 0.1:
            matches.append(bass[at].pitch % 12 == harmony.chord.root % 12)
    return {"root_position": float(np.mean(matches)) if matches else float("nan")}


@dataclass(frozen=True)
class Survey:
    """All pieces that were measured."""

    heard: tuple[Heard, ...]
    written: tuple[Written, ...]

    @cached_property
    def styles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(piece.style for piece in self.written))

    def of_style(self, style: str) -> "Survey":
        return Survey(
            tuple(piece for piece in self.heard if piece.style == style),
            tuple(piece for piece in self.written if piece.style == style),
        )

    def values(self, name: str) -> np.ndarray:
        """Return a figure of every piece that has it."""
        pieces: list[Heard | Written] = [*self.heard, *self.written]
        figures = [piece.figures.get(name, np.nan) for piece in pieces]
        return np.array([value for value in figures if np.isfinite(value)])

    def key_share(self, mode: str) -> float:
        """Return the share of pieces of a mode whose key is heard, over all profiles."""
        shares = [piece.keys for piece in self.heard if piece.mode == mode]
        return float(np.mean(shares)) if shares else float("nan")

    def shared_rhythms(self) -> float:
        """Return the share of the tunes' phrases whose rhythm another seed of the style has."""
        shares = [_shared([piece.tune_rhythms for piece in self.of_style(style).written]) for style in self.styles]
        return float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan")

    def different_harmonies(self) -> float:
        """Return how many of a style's pieces begin with different progressions, as a share; the mean over styles."""
        shares = []
        for style in self.styles:
            progressions = [piece.progression for piece in self.of_style(style).written]
            shares.append(len(set(progressions)) / len(progressions))
        return float(np.mean(shares))


def _shared(pieces: Sequence[tuple[tuple[int, ...], ...]]) -> float:
    shares = []
    for number, rhythms in enumerate(pieces):
        others = {rhythm for other, piece in enumerate(pieces) if other != number for rhythm in piece}
        shares += [rhythm in others for rhythm in rhythms]
    return float(np.mean(shares)) if shares else float("nan")


def survey(
    styles: Sequence[str], seed: int, rendered: int, written: int, report: Callable[[str], None] = lambda style: None
) -> Survey:
    """Draw and measure pieces: `rendered` of each style as sound, `written` as notes. `report` is told each style."""
    heard_pieces, written_pieces = [], []
    for style in styles:
        report(style)
        heard_pieces += [hear(style, each) for each in draw_seeds(seed, style, rendered)]
        written_pieces += [read_notes(style, each) for each in draw_seeds(seed, f"{style}/notes", written)]
    return Survey(tuple(heard_pieces), tuple(written_pieces))


def all_styles() -> tuple[str, ...]:
    return tuple(STYLES)
