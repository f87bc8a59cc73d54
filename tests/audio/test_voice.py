"""A voice is detected where there is one, also over music, and never in music alone."""

from functools import cache

import numpy as np
import pytest

from generator.audio import inspect, measure
from generator.audio.voice_detection import BLOCK_S, EXCERPT_S, voices
from generator.composer import ComposerControls, compose, read_brief
from tests.audio.signals import RATE, Samples, song, sound
from tests.audio.singers import over, singer, talker


@cache
def bed(style: str, seconds: float = 20.0) -> Samples:
    made = compose(read_brief("", ComposerControls(length_s=seconds, style=style), seed=1)).pcm
    return (made / np.float32(np.abs(made).max()) * 0.8).astype(np.float32)


def findings(samples: Samples, **asked) -> list:
    heard = sound(samples)
    return [each for each in inspect(heard, measure(heard), **asked) if each.code == "voice"]


@pytest.mark.parametrize("who", [talker, singer])
@pytest.mark.parametrize("style", ["lofi", "cinematic"])
def test_a_voice_over_music_is_heard_where_it_is(who, style) -> None:
    ((start, end),) = voices(over(bed(style), 2 * who(10), at=5), RATE)
    assert (start, end) == (pytest.approx(5, abs=1), pytest.approx(15, abs=1))


@pytest.mark.parametrize("style", ["lofi", "chiptune", "orchestral", "meditation", "trailer"])
def test_the_composers_instruments_are_not_voices(style) -> None:
    assert voices(bed(style), RATE) == []


def test_any_sample_rate_and_one_side_will_do() -> None:
    mixed = over(song(20), talker(10), at=5)
    assert voices(mixed[:, :1], RATE)
    assert voices(mixed[::2], RATE // 2)


def test_what_is_shorter_than_a_phrase_is_not_judged() -> None:
    assert voices(talker(3.0), RATE) == []
    assert voices(np.zeros((0, 2), np.float32), RATE) == []
    assert voices(np.zeros((RATE * 8, 2), np.float32), RATE) == []


def test_a_long_track_is_told_from_beginning_to_end_once_a_stretch_of_it_held_a_voice() -> None:
    mixed = over(over(song(150), talker(25, seed=3), at=40), talker(20), at=100)
    (first, second) = voices(mixed, RATE)
    assert first == (pytest.approx(40, abs=1), pytest.approx(65, abs=1))
    assert second == (pytest.approx(100, abs=1), pytest.approx(120, abs=1))


def test_a_long_instrumental_costs_no_more_than_a_minute(monkeypatch) -> None:
    listened = []
    odds = voices.__globals__["_odds"]
    monkeypatch.setitem(voices.__globals__, "_odds", lambda part, rate: listened.append(len(part)) or odds(part, rate))
    assert voices(song(150), RATE) == []
    assert sum(listened) == pytest.approx(BLOCK_S * RATE, rel=0.01)
    assert max(listened) == pytest.approx(EXCERPT_S * RATE, rel=0.01)


def test_the_finding_says_when() -> None:
    mixed = over(song(20), talker(10), at=5)
    (finding,) = findings(mixed, instrumental=True)
    assert finding.severity == "warning"
    assert finding.sentence == "The track may contain a voice, from 0:04 to 0:14."
    assert finding.at_s == pytest.approx(5, abs=1)


def test_it_is_looked_for_only_where_none_was_promised() -> None:
    mixed = over(song(20), talker(10), at=5)
    assert findings(mixed) == []
    assert findings(song(20), instrumental=True) == []
