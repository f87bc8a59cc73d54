"""The same request makes the same piece; any other request makes another one."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

from generator.composer import STYLES, ComposerControls, Composition, compose, read_brief
from generator.composer.sound.sound_cache import SOUNDS
from tests.composer.conftest import made
from tests.composer.hearing import floats

BRIEF = read_brief("warm lo-fi", ComposerControls(length_s=7), seed=4)


def tune(take: Composition) -> list[tuple[int, float]]:
    line = next(line for line in take.score.lines if line.part.role in ("lead", "arp") and line.notes)
    return [(note.pitch, round(note.start, 1)) for note in line.notes]


def test_one_seed_gives_the_same_bytes_whether_sounds_are_kept_or_new() -> None:
    first = compose(BRIEF).pcm.tobytes()
    compose(read_brief("house", ComposerControls(length_s=6), seed=9))
    assert compose(BRIEF).pcm.tobytes() == first
    SOUNDS.clear()
    assert compose(BRIEF).pcm.tobytes() == first


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_twenty_seeds_give_the_same_bytes_again(style: str) -> None:
    briefs = [read_brief("", ComposerControls(length_s=5, style=style), seed=seed) for seed in range(20)]
    first = [compose(brief).pcm.tobytes() for brief in briefs]
    SOUNDS.clear()
    assert [compose(brief).pcm.tobytes() for brief in reversed(briefs)] == first[::-1]


@pytest.mark.slow
def test_one_seed_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib; from generator.composer import *\n"
        "brief = read_brief('warm lo-fi', ComposerControls(length_s=7), seed=4)\n"
        "print(hashlib.sha256(compose(brief).pcm.tobytes()).hexdigest())"
    )
    prints = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(prints) == 1


def test_takes_of_one_brief_differ_in_title_and_notes_but_not_in_brief() -> None:
    takes = [compose(BRIEF, number) for number in (1, 2, 3)]
    assert len({take.title for take in takes}) == 3
    assert len({(take.bpm, take.key, len(take.pcm)) for take in takes}) == 1
    for a, b in itertools.combinations(takes, 2):
        assert a.score.lines != b.score.lines
        left, right = floats(a.pcm).mean(axis=1), floats(b.pcm).mean(axis=1)
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.9


def test_motifs_of_two_takes_differ() -> None:
    one, two = (compose(read_brief("solo piano", ComposerControls(length_s=20), seed=2), take) for take in (1, 2))
    assert tune(one) != tune(two)


def test_seeds_differ() -> None:
    assert tune(made("folk", seed=1)) != tune(made("folk", seed=2))


def test_prompts_differ() -> None:
    texts = ("sad piano", "happy ukulele", "dark tense thriller", "upbeat house")
    briefs = [read_brief(text, seed=1) for text in texts]
    assert len({(brief.style, brief.mode, brief.energy) for brief in briefs}) == 4


def test_titles_come_from_the_brief() -> None:
    assert compose(read_brief("bossa for a cooking video", ComposerControls(length_s=5), seed=1)).title in (
        "Simmer", "Sunday Kitchen", "Butter and Thyme", "Copper Pan",
    )  # fmt: skip
    image = compose(read_brief("ambient", ComposerControls(length_s=5), seed=1)).title
    assert image in STYLES["ambient"].images


def test_many_takes_have_many_titles() -> None:
    from generator.composer.text.titles import title

    for style in STYLES:
        brief = read_brief("", ComposerControls(style=style), seed=1)
        assert len({title(brief, take) for take in range(1, 9)}) == 8
