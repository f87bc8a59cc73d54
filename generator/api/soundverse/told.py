"""What a client hears: the chunks of a stream in one of two framings, or one answer after minutes.

    a client that …                              is sent                       and, when nothing is new, now and then
    says nothing, as the vendor's sample does    {…}\\n          bare JSON      \\n            which the sample skips
    accepts text/event-stream                    data: {…}\\n\\n  events         : ping\\n\\n

The parsers of the two cannot read each other's (docs/api_soundverse.md). Every chunk has the ten keys of the vendor's
samples, null until they are known; the last alone has `isComplete: true`, and `audio_url` when there is audio. JSON is
sent in ASCII, so no text can look like an end of line.

    ends           isComplete  error  status      audio_url
    ready          true        false  COMPLETED   yes
    failed         true        true   FAILED      -
    not ended yet  true        false  PROCESSING  -          15 minutes are over, or the studio is in doubt: it may come
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from generator import access
from generator.api import outputs
from generator.api.holding import Hold, Seen, at_desk
from generator.models import Generation, State, Track, User

log = logging.getLogger(__name__)

TOKENS = 500  # what a whole generation counts as
BEGUN = "Starting music generation..."
DONE = "✅ Music generation completed successfully!"
STILL = "It is not finished yet. The studio goes on with it, and the track will be in the library."


@dataclass(frozen=True)
class Framing:
    content_type: str
    before: str
    after: str
    alive: bytes  # a sign of life

    def __call__(self, body: dict[str, Any]) -> bytes:
        return f"{self.before}{json.dumps(body)}{self.after}".encode("ascii")


BARE = Framing("application/x-ndjson", "", "\n", b"\n")
EVENTS = Framing("text/event-stream; charset=utf-8", "data: ", "\n\n", b": ping\n\n")


@dataclass(frozen=True)
class Listener:
    """Whom it is told, and how."""

    user: User
    base: str  # the studio's address
    later: bool = False  # the keys that the later spellings of the address have, too

    def stream(self, held: Hold, framing: Framing) -> Iterator[bytes]:
        """The chunks of a generation as they come, until it has ended or the hold has."""
        chunk = _Chunks(held.generation, later=self.later)
        try:
            for seen in held:
                if seen is None:
                    yield framing.alive
                elif not seen.is_resting:
                    yield framing(chunk(stage_of(seen), seen.percent))
            with at_desk():
                last = self._last(chunk, held.generation)
        except Exception:
            log.exception("a stream of %s broke", held.generation)
            last = chunk(STILL, is_last=True, status="PROCESSING")
        yield framing(last)

    def answer(self, held: Hold) -> Iterator[bytes]:
        """The single answer, after blank lines that keep the connection alive and that no JSON parser minds."""
        try:
            for seen in held:
                if seen is None:
                    yield BARE.alive
            with at_desk():
                body = self._result(held.generation)
        except Exception:
            log.exception("waiting for %s broke", held.generation)
            body = _answer(held.generation)
        yield BARE(body)

    def _last(self, chunk: "_Chunks", generation: Generation) -> dict[str, Any]:
        track = self._track(generation)
        if track:
            return chunk(DONE, 100, is_last=True, status="COMPLETED", files=self._files(track))
        if generation.state in State.ended():
            return chunk(words_of(generation), is_last=True, status="FAILED", error=True)
        return chunk(STILL, is_last=True, status="PROCESSING")

    def _result(self, generation: Generation) -> dict[str, Any]:
        track = self._track(generation)
        if track:
            return _answer(generation, "COMPLETED", **self._files(track))
        if generation.state in State.ended():
            return {**_answer(generation, "FAILED"), "message": words_of(generation)}
        return _answer(generation)

    def _track(self, generation: Generation) -> Track | None:
        """Its one track, once it has ended; the generation is brought up to date."""
        generation.refresh_from_db()
        if generation.state != State.READY:
            return None
        kept = access.tracks(self.user).kept().filter(generation=generation)
        return kept.select_related("generation").order_by("take").first()

    def _files(self, track: Track) -> dict[str, str]:
        return {
            "audio_url": outputs.audio_url(track, self.base, outputs.told_to(self.user)),
            "album_art": outputs.cover_url(track, self.base, outputs.told_to(self.user)),
            "song_name": track.title,
        }


class _Chunks:
    """Makes one chunk after the other."""

    def __init__(self, generation: Generation, *, later: bool) -> None:
        self._generation, self._later = generation, later
        self._index = self._percent = 0

    def __call__(
        self,
        content: str,
        percent: int = 0,
        *,
        is_last: bool = False,
        status: str | None = None,
        files: Mapping[str, str] = MappingProxyType({}),
        error: bool = False,
    ) -> dict[str, Any]:
        self._index += 1
        self._percent = max(self._percent, percent)
        chunk = {
            "content": BEGUN if self._index == 1 and not is_last else content,
            "isComplete": is_last,
            "chunkIndex": self._index,
            "tokens": self._percent * TOKENS // 100,
            "totalTokens": TOKENS,
            "task_id": self._generation.ref if is_last else None,
            "status": status,
            **{"album_art": None, "song_name": None, **files},
            "error": error,
        }
        later = {"message_id": self._generation.ref, "progress": self._percent}
        return {**chunk, **later} if self._later else chunk


def _answer(generation: Generation, status: str = "PROCESSING", **files: str) -> dict[str, Any]:
    """The six keys."""
    empty = {"audio_url": None, "album_art": None, "song_name": None}
    return {"success": status != "FAILED", "messageId": generation.ref, **empty, **files, "status": status}


def stage_of(seen: Seen) -> str:
    """Where it stands, in words."""
    return seen.stage or State(seen.state).label


def words_of(generation: Generation) -> str:
    """Why there is no audio."""
    if generation.state == State.READY:
        return "The track is not in the library any more."
    return generation.error_sentence or f"{State(generation.state).label}."
