"""What a stream sends as time passes, at its end, or on a failure; without real waiting."""

import json
from collections.abc import Iterable

import pytest

from generator.api.compat.soundverse.streaming import BARE, EVENTS, UNFINISHED_TEXT, Listener
from generator.api.long_polling import Seen
from generator.models import Generation, State

QUEUED = Seen(State.QUEUED, "", 0, 0)


class Heard(list):
    """Stands for a held connection: the successive states of a generation."""

    def __init__(self, generation: Generation, seen: Iterable[Seen | None]) -> None:
        super().__init__(seen)
        self.generation = generation


@pytest.fixture
def listener(user) -> Listener:
    return Listener(user, "http://testserver")


def stream(listener: Listener, generation: Generation, *seen: Seen | None, framing=BARE) -> list[bytes]:
    return list(listener.stream(Heard(generation, seen), framing))


def at(generation: Generation, state: State, **more) -> Generation:
    Generation.objects.filter(pk=generation.pk).update(state=state, **more)
    return generation


def test_signs_of_life_are_no_chunks(listener, ask):
    first, alive, *_ = stream(listener, ask(), QUEUED, None)
    assert json.loads(first)["chunkIndex"] == 1
    assert alive == b"\n"
    first, alive, *_ = stream(listener, ask(), QUEUED, None, framing=EVENTS)
    assert first.startswith(b"data: {")
    assert first.endswith(b"}\n\n")
    assert alive == b": ping\n\n"


def test_time_that_is_up_is_no_failure(listener, ask):
    last = json.loads(stream(listener, ask(), QUEUED)[-1])
    assert (last["isComplete"], last["error"], last["status"], last["content"]) == (
        True,
        False,
        "PROCESSING",
        UNFINISHED_TEXT,
    )
    answer = json.loads(b"".join(listener.answer(Heard(ask(), [QUEUED, None, None]))))
    assert (answer["success"], answer["status"], answer["audio_url"]) == (True, "PROCESSING", None)


def test_a_doubt_is_no_failure(listener, ask):
    last = json.loads(stream(listener, at(ask(), State.IN_DOUBT), QUEUED)[-1])
    assert (last["isComplete"], last["error"], last["status"]) == (True, False, "PROCESSING")


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_an_end_without_music_says_why(listener, ask, state):
    generation = at(ask(), state, error_message="No more ideas.")
    last = json.loads(stream(listener, generation, QUEUED)[-1])
    assert (last["isComplete"], last["error"], last["status"]) == (True, True, "FAILED")
    assert last["content"] == "No more ideas."
    answer = json.loads(b"".join(listener.answer(Heard(generation, []))))
    assert (answer["success"], answer["message"]) == (False, "No more ideas.")


def test_a_track_that_was_binned_meanwhile(listener, track):
    track.trashed_at = track.created_at
    track.save()
    last = json.loads(stream(listener, track.generation)[-1])
    assert (last["error"], last["content"]) == (True, "The track is no longer in the library.")


def test_the_answer_comes_after_blank_lines(listener, track):
    *blank, body = listener.answer(Heard(track.generation, [QUEUED, None, None]))
    assert blank == [b"\n"] * 2
    assert json.loads(b"".join([*blank, body]))["song_name"] == track.title


def test_what_breaks_ends_with_a_chunk(listener, ask, caplog):
    class Broken(Heard):
        def __iter__(self):
            yield QUEUED
            raise OSError("the database is gone")

    generation = ask()
    chunks = [json.loads(line) for line in listener.stream(Broken(generation, []), BARE)]
    assert [chunk["isComplete"] for chunk in chunks] == [False, True]
    assert chunks[-1]["status"] == "PROCESSING"
    assert json.loads(b"".join(listener.answer(Broken(generation, []))))["status"] == "PROCESSING"
    assert "broke" in caplog.text


def test_no_text_looks_like_an_end_of_line(listener, ask):
    odd = "a\u2028b\u0085c\r\nd ✅"
    chunk = stream(listener, ask(), QUEUED, Seen(State.RUNNING, odd, 5, 0))[1]
    assert chunk.isascii()
    assert chunk.count(b"\n") == 1
    assert json.loads(chunk)["content"] == odd


def test_progress_never_goes_back(listener, ask):
    seen = [Seen(State.RUNNING, "Composing", percent, 0) for percent in (10, 60, 40)]
    tokens = [json.loads(line)["tokens"] for line in stream(listener, ask(), *seen)]
    assert tokens == [50, 300, 300, 300]
