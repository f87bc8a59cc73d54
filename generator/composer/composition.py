"""The composition pipeline, from brief to finished take: form, score, mix, master."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from generator.composer import midi
from generator.composer.mixing import master
from generator.composer.mixing.block_buffer import BlockBuffer, PackedBlockBuffer, Store
from generator.composer.mixing.master import Mastered, StemMaster, last_frames
from generator.composer.mixing.mix import DRUMS, blocks, frames_of, render, stem_names
from generator.composer.sound.layers.installed import NUMBER, open_pack
from generator.composer.sound.modes import RATE_HZ
from generator.composer.styles import STYLES
from generator.composer.text import titles
from generator.composer.text.prompt_parsing import Brief
from generator.composer.writing.form import Form, Section, plan
from generator.composer.writing.notes import Score
from generator.composer.writing.score import write
from generator.messages import gettext_noop as _


class Cancelled(Exception):
    """Raised by a progress callback to stop composing at once; any other exception has the same effect."""


@dataclass(frozen=True)
class Passage:
    """A section of the finished piece, in seconds. `players` are the instrument families that are heard in it.

    `title` is its name in the text, or empty.
    """

    name: str
    start_s: float
    end_s: float
    energy: float
    players: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Composition:
    """A finished take: `mastered` has its samples, at `sample_rate` Hz; `gains` is the mixer gain per stem."""

    brief: Brief
    take: int
    form: Form
    score: Score
    mastered: Mastered
    sample_rate: int = RATE_HZ
    gains: Mapping[str, float] = field(default_factory=dict)

    @property
    def pcm(self) -> NDArray[np.int16]:
        """Return the finished samples: int16, shape (frames, 2)."""
        return self.mastered.pcm

    @property
    def title(self) -> str:
        return titles.title(self.brief, self.take)

    @property
    def samples(self) -> int:
        """Return the number of the layered pack that is played; 0 if none is."""
        return NUMBER if self.score.layered else 0

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
            Passage(s.name, round(s.first_bar * bar, 3), round(end, 3), s.energy, self._players_between(s), s.title)
            for s, end in zip(self.form.sections, ends, strict=True)
        )

    def _players_between(self, section: Section) -> tuple[str, ...]:
        """Return the families that begin a note in a section's bars."""
        start, end = section.first_bar * self.form.beats - 0.2, (section.last_bar + 1) * self.form.beats - 0.2
        score = self._audible_score()
        starts = {DRUMS: [hit.start for hit in score.hits]}
        for line in score.lines:
            starts.setdefault(line.part.family, []).extend(note.start for note in line.notes)
        return tuple(name for name in self.players if any(start <= beat < end for beat in starts[name]))

    @property
    def stem_names(self) -> tuple[str, ...]:
        """Return the names of all audible stems, in mix order."""
        return tuple(name for name in self.written_names if self._is_audible(name))

    @property
    def written_names(self) -> tuple[str, ...]:
        """Return the names of all stems that have notes, including those that `gains` mutes."""
        return tuple(stem_names(self.score, STYLES[self.brief.style]))

    def _is_audible(self, name: str) -> bool:
        return self.gains.get(name, 1.0) != 0

    @property
    def players(self) -> tuple[str, ...]:
        """Return the audible instrument families: "drums", "piano", "bass"."""
        score = self._audible_score()
        families = [line.part.family for line in score.lines if line.notes]
        return tuple(dict.fromkeys(name for name in (*(["drums"] if score.hits else []), *families) if name))

    def _audible_score(self) -> Score:
        if not self.gains:
            return self.score
        lines = tuple(line for line in self.score.lines if self._is_audible(line.name))
        return replace(self.score, lines=lines, hits=self.score.hits if self._is_audible(DRUMS) else ())

    def stem(self, name: str) -> NDArray[np.float32]:
        """Return one stem: float32, (frames, 2); the sum of all is the track, up to the rounding to 16 bits."""
        return np.concatenate(list(self.stem_blocks(name)))

    def stem_blocks(self, name: str) -> Iterator[NDArray[np.float32]]:
        """Yield one stem in pieces, float32, (frames of the piece, 2)."""
        self._check_stem(name)
        if not self.form.loop:
            stem_master = StemMaster(self.mastered)
            numbered = blocks(self.score, STYLES[self.brief.style], self.brief.seed, only=name, gains=self.gains)
        else:
            buffer = PackedBlockBuffer(len(self.pcm))
            self._render(name, buffer)
            stem_master = StemMaster(self.mastered, last_frames(buffer))
            numbered = ((number, buffer.get(number)) for number in range(buffer.count))
        for number, block in numbered:
            yield stem_master.process(number, block).T

    def stems(self) -> dict[str, NDArray[np.float32]]:
        """Return every stem as `stem` does."""
        return {name: self.stem(name) for name in self.stem_names}

    def unmastered_stem(self, name: str) -> NDArray[np.float32]:
        """Return one stem as it entered the mix: float32, (frames, 2); the sum of all is `mix`."""
        self._check_stem(name)
        return self._unmastered(name)

    def mix(self) -> NDArray[np.float32]:
        """Return the mix as it entered the master: float32, (frames, 2)."""
        return self._unmastered("")

    def _unmastered(self, only: str) -> NDArray[np.float32]:
        buffer = BlockBuffer(len(self.pcm))
        self._render(only, buffer)
        return buffer.sound[:, : buffer.frames].T

    def _render(self, only: str, buffer: Store) -> None:
        render(self.score, STYLES[self.brief.style], self.brief.seed, buffer, only=only, gains=self.gains)

    def _check_stem(self, name: str) -> None:
        if name not in self.stem_names:
            raise ValueError(f"There is no stem “{name}”; the stems are {', '.join(self.stem_names)}.")

    def midi(self) -> bytes:
        """Return the score as a Standard MIDI File."""
        return midi.write_midi(self._audible_score(), self.title)


def compose(
    brief: Brief,
    take: int = 1,
    progress: Callable[[str, float], None] | None = None,
    balance: Callable[[tuple[str, ...]], Mapping[str, float]] = lambda stems: {},
    samples: Path | None = None,
) -> Composition:
    """Compose, render and master one take; the same brief and take give the same bytes on the same platform.

    `samples` is the folder below which the optional layered pack may be; if it is there, it is played, with the same
    notes.
    `balance` receives the names of all stems and returns gain factors for some of them, applied after rendering.
    `progress(stage, fraction)` is called often; any exception it raises stops the work and propagates.
    """
    report = progress or (lambda stage, fraction: None)
    style = STYLES[brief.style]
    report(_("Planning the structure"), 0.0)
    form = plan(brief)
    report(_("Writing the notes"), 0.03)
    score = replace(write(brief, form, take), layered=bool(open_pack(samples)))
    report(_("Playing and mixing"), 0.1)
    buffer = PackedBlockBuffer(frames_of(form))
    gains = balance(tuple(stem_names(score, style)))
    render(
        score,
        style,
        brief.seed,
        buffer,
        lambda done: report(_("Playing and mixing"), 0.1 + 0.55 * done),
        gains=gains,
    )
    mastered = master.master(
        buffer,
        brief.loudness_lufs,
        style.drive,
        brief.seed,
        loop=form.loop,
        bed=brief.bed,
        brightness_hz=brief.brightness_hz,
        tick=lambda done: report(_("Mastering"), 0.65 + 0.35 * done),
    )
    report(_("Finished"), 1.0)
    return Composition(brief, take, form, score, mastered, gains=gains)
