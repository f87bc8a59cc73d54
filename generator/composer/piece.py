"""The whole way from a brief to a finished take: form, score, mix, master."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from generator.composer import master, midi, titles
from generator.composer.brief import Brief
from generator.composer.form import Form, plan
from generator.composer.mix import DRUMS, frames_of, render, stem_names
from generator.composer.modal import RATE
from generator.composer.notes import Score
from generator.composer.reel import Reel, Tape
from generator.composer.score import write
from generator.composer.styles import STYLES


class Cancelled(Exception):
    """Raise it (or anything else) from the progress callback to stop composing at once."""


@dataclass(frozen=True)
class Passage:
    """A section of the finished piece, in seconds."""

    name: str
    start_s: float
    end_s: float
    energy: float


@dataclass(frozen=True)
class Composition:
    """A finished take. `pcm` is int16, shape (frames, 2), at `sample_rate` Hz; `gains` is its balance by stems."""

    brief: Brief
    take: int
    form: Form
    score: Score
    pcm: NDArray[np.int16]
    sample_rate: int = RATE
    gains: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return titles.title(self.brief, self.take)

    @property
    def bpm(self) -> float:
        return round(self.form.bpm, 2)

    @property
    def key(self) -> str:
        return self.brief.key

    @cached_property
    def sections(self) -> tuple[Passage, ...]:
        bar = self.form.bar_s
        ends = [(s.first_bar + s.bars) * bar for s in self.form.sections]
        if ends and not self.form.loop:
            ends[-1] = self.form.length_s
        return tuple(
            Passage(s.name, round(s.first_bar * bar, 3), round(end, 3), s.energy)
            for s, end in zip(self.form.sections, ends, strict=True)
        )

    @property
    def stem_names(self) -> tuple[str, ...]:
        """Every player that is heard, in the order of the mix."""
        return tuple(name for name in self.written_names if self._is_heard(name))

    @property
    def written_names(self) -> tuple[str, ...]:
        """Every player there are notes for, those that the balance silences among them."""
        return tuple(stem_names(self.score, STYLES[self.brief.style]))

    def _is_heard(self, name: str) -> bool:
        return self.gains.get(name, 1.0) != 0

    @property
    def players(self) -> tuple[str, ...]:
        """Who is heard, as families of instruments: "drums", "piano", "bass"."""
        score = self._heard_score()
        heard = [line.part.family for line in score.lines if line.notes]
        return tuple(dict.fromkeys(name for name in (*(["drums"] if score.hits else []), *heard) if name))

    def _heard_score(self) -> Score:
        if not self.gains:
            return self.score
        lines = tuple(line for line in self.score.lines if self._is_heard(line.name))
        return replace(self.score, lines=lines, hits=self.score.hits if self._is_heard(DRUMS) else ())

    def stem(self, name: str) -> NDArray[np.float32]:
        """One player alone, float32 (frames, 2), before the master."""
        if name not in self.stem_names:
            raise ValueError(f"There is no stem called “{name}”; there are {', '.join(self.stem_names)}.")
        return self._rendered(name)

    def mix(self) -> NDArray[np.float32]:
        """All of them together, as they went into the master: float32 (frames, 2)."""
        return self._rendered("")

    def _rendered(self, name: str) -> NDArray[np.float32]:
        tape = Tape(len(self.pcm))
        render(self.score, STYLES[self.brief.style], self.brief.seed, tape, only=name, gains=self.gains)
        return tape.sound[:, : len(self.pcm)].T

    def stems(self) -> dict[str, NDArray[np.float32]]:
        """Every player alone as `stem` gives it: they add up to the mix that was mastered."""
        return {name: self.stem(name) for name in self.stem_names}

    def midi(self) -> bytes:
        """The same notes as a Standard MIDI File."""
        return midi.write_midi(self._heard_score(), self.title)


def compose(
    brief: Brief,
    take: int = 1,
    progress: Callable[[str, float], None] | None = None,
    balance: Callable[[tuple[str, ...]], Mapping[str, float]] = lambda stems: {},
) -> Composition:
    """Compose, play and master one take; the same brief and take give the same bytes on the same platform.

    `balance` is told the names of all stems and says what some of them are multiplied by, once they are played.
    `progress(stage, fraction)` is called often; whatever it raises stops the work and is passed on.
    """
    report = progress or (lambda stage, fraction: None)
    style = STYLES[brief.style]
    report("Planning the form", 0.0)
    form = plan(brief)
    report("Writing the notes", 0.03)
    score = write(brief, form, take)
    report("Playing and mixing", 0.1)
    reel = Reel(frames_of(form))
    gains = balance(tuple(stem_names(score, style)))
    render(score, style, brief.seed, reel, lambda done: report("Playing and mixing", 0.1 + 0.55 * done), gains=gains)
    pcm = master.master(
        reel,
        brief.loudness_lufs,
        style.drive,
        brief.seed,
        loop=form.loop,
        bed=brief.bed,
        brightness_hz=brief.brightness_hz,
        tick=lambda done: report("Mastering", 0.65 + 0.35 * done),
    )
    report("Finished", 1.0)
    return Composition(brief, take, form, score, pcm, gains=gains)
