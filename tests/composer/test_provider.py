"""The composer as a provider: how it reads the form's fields, and that a variation keeps its seed and take."""

from pathlib import Path

import pytest

from generator.audio import Sound, decode, measure
from generator.composer import Reference, compose, read_brief, vary
from generator.composer.writing.form import plan
from generator.composer.writing.score import write
from generator.providers.base import LocalTake, Request
from generator.providers.builtin.client import STUDIO, Composer
from generator.providers.builtin.reference_text import reference
from generator.providers.errors import Rejected


def request(prompt: str = "folk, 6 s", **settings: object) -> Request:
    return Request("composer/studio", prompt, 1, "wav", settings, "u", "p", "r")  # type: ignore[arg-type]


def make(folder: Path, asked: Request, takes: tuple[int, ...] = (1,)) -> list[LocalTake]:
    return list(Composer().make(asked, folder, takes, lambda stage, share: None))


def samples(take: LocalTake) -> Sound:
    return decode(take.path)


def test_fields_are_heard() -> None:
    asked = request(
        bed=True,
        meter="6/8",
        bring_in="choir",
        leave_out="drums",
        density=20.0,
        loudness=-18.0,
        energy_curve="20 90 40",
    )
    assert Composer().interpret(asked) == "acoustic folk, 6 s, 6/8, room for a voice, with choir, no drums"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"energy_curve": "up and down"}, "“up and down”"),
        ({"energy_curve": "20 400"}, "Energy must be between 0 and 1"),
        ({"variation": "with more cowbell, please"}, "“please”"),
        ({"meter": "7/8"}, "“7/8”"),
    ],
)
def test_what_is_impossible_is_refused_before_any_work(settings: dict[str, object], words: str) -> None:
    with pytest.raises(Rejected, match=words):
        Composer().interpret(request(**settings))


def test_loudness_is_as_asked(tmp_path: Path) -> None:
    (take,) = make(tmp_path, request(loudness=-20.0))
    assert measure(samples(take)).lufs == pytest.approx(-20, abs=0.5)


def test_a_variation_in_words_is_the_same_piece(tmp_path: Path) -> None:
    """The provider's result for seed, take and text is the same as a variation of the first brief."""
    (take,) = make(tmp_path, request(seed=7, take=3, variation="10% slower, 2 semitones up"))
    wanted = compose(vary(read_brief("folk, 6 s", seed=7), tempo=0.9, up=2), 3)
    assert take.take == 1
    assert (take.known["seed"], take.known["take"]) == (7, 3)
    assert (take.known["written_bpm"], take.known["written_key"]) == (wanted.bpm, wanted.key)
    assert samples(take).frames == len(wanted.pcm)


def test_a_version_of_a_version_takes_one_step_after_the_other(tmp_path: Path) -> None:
    """15 s longer than the slower piece, not than the first; and the same notes except the drums."""
    asked = request("lo-fi, 30 s, 80 bpm", seed=7, variation="10% slower; 15 s longer; without drums")
    brief = read_brief("lo-fi, 30 s, 80 bpm", seed=7)
    longer = vary(vary(brief, tempo=0.9), longer_s=15)
    (take,) = make(tmp_path, asked)
    made = compose(vary(longer, without=("drums",)))
    assert samples(take).frames == len(made.pcm) == round((30 / 0.9 + 15) * 44_100)
    assert take.known["written_bpm"] == 72
    assert (take.known["sections"][0]["name"], made.score.hits) == (plan(longer).sections[0].name, ())
    with_drums = {line.name: line.notes for line in write(longer, plan(longer), 1).lines}
    assert sum(line.notes == with_drums[line.name] for line in made.score.lines) >= len(with_drums) - 1
    assert take.title == f"{compose(brief).title}, 10% slower, 15 s longer, without drums"


def test_an_exact_tempo_and_length_are_kept(tmp_path: Path) -> None:
    (take,) = make(tmp_path, request("folk, 20 s", seed=7, variation="8 s, 100 BPM"))
    assert samples(take).frames == 8 * 44_100
    assert take.known["written_bpm"] == 100


def test_takes_are_counted_from_the_first(tmp_path: Path) -> None:
    takes = make(tmp_path, request("felt piano, 5 s", take=2), (1, 2))
    assert [(take.take, take.known["take"]) for take in takes] == [(1, 2), (2, 3)]


def test_a_measured_track_can_be_followed(tmp_path: Path) -> None:
    (take,) = make(tmp_path, request("house in G minor, 118 bpm, 20 s"))
    found = reference(measure(samples(take)))
    assert isinstance(found, Reference)
    assert found.bpm == pytest.approx(118, rel=0.01)
    assert 500 < (found.brightness_hz or 0) < 8000
    field = STUDIO.field("follow")
    assert field is not None
    assert len(found.text()) <= (field.maximum or 0)
    assert "118" in Composer().interpret(request("corporate, 20 s", follow=found.text()))
