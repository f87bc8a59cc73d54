"""Responses to a client: a stream of chunks in one of two framings, or one answer after minutes.

    a client that …                              is sent                       and, when nothing is new, now and then
    says nothing, as the vendor's sample does    {…}\\n          bare JSON      \\n            which the sample skips
    accepts text/event-stream                    data: {…}\\n\\n  events         : ping\\n\\n

The parsers of the two cannot read each other's (docs/api_soundverse.md). Every chunk has the ten keys of the vendor's
samples, null until they are known; only the last has `isComplete: true`, and `audio_url` when there is audio. JSON is
sent in ASCII, so that no text can look like an end of line.

    ends           isComplete  error  status      audio_url
    ready          true        false  COMPLETED   yes
    failed         true        true   FAILED      -
    not ended yet  true        false  PROCESSING  -          15 minutes are over, or the state is in doubt: it may come

If the key may no longer see the generation, the stream ends without a last chunk.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from generator import permissions
from generator.api import signed_files
from generator.api.long_polling import AccessEnded, OpenConnection, Seen, event, worker_slot
from generator.models import Generation, State, Track, User

log = logging.getLogger(__name__)

TOTAL_TOKENS = 500  # the token count reported for a whole generation
STARTED_TEXT = "Starting music generation..."
COMPLETED_TEXT = "✅ Music generation completed successfully!"
ACCESS_ENDED_TEXT = "This key can no longer access the generation."
UNFINISHED_TEXT = "The generation is not finished yet. It continues, and the track will appear in the library."


@dataclass(frozen=True)
class Framing:
    content_type: str
    write: Callable[[str], str]
    alive: bytes  # keep-alive bytes

    def __call__(self, body: dict[str, Any]) -> bytes:
        return self.write(json.dumps(body)).encode("ascii")


BARE = Framing("application/x-ndjson", lambda line: f"{line}\n", b"\n")
EVENTS = Framing("text/event-stream; charset=utf-8", event, b": ping\n\n")


@dataclass(frozen=True)
class Listener:
    """The receiver of a response, and its format."""

    user: User
    base: str  # the studio's address
    later: bool = False  # also the keys of the later form of the address

    def stream(self, connection: OpenConnection, framing: Framing) -> Iterator[bytes]:
        """Yield the chunks of a generation as they come, until it or the connection has ended."""
        chunk = _Chunks(connection.generation, later=self.later)
        try:
            for status in connection:
                if status is None:
                    yield framing.alive
                elif not status.is_resting:
                    yield framing(chunk(stage_of(status), status.percent))
            with worker_slot():
                last = self._last(chunk, connection.generation)
        except AccessEnded:
            return
        except Exception:
            log.exception("a stream of %s broke", connection.generation)
            last = chunk(UNFINISHED_TEXT, is_last=True, status="PROCESSING")
        yield framing(last)

    def answer(self, connection: OpenConnection) -> Iterator[bytes]:
        """Yield the single answer, after blank lines that keep the connection alive and that JSON parsers ignore."""
        try:
            for status in connection:
                if status is None:
                    yield BARE.alive
            with worker_slot():
                body = self._result(connection.generation)
        except AccessEnded:
            body = {**_answer(connection.generation, "FAILED"), "message": ACCESS_ENDED_TEXT}
        except Exception:
            log.exception("waiting for %s broke", connection.generation)
            body = _answer(connection.generation)
        yield BARE(body)

    def _last(self, chunk: "_Chunks", generation: Generation) -> dict[str, Any]:
        track = self._track(generation)
        if track:
            return chunk(COMPLETED_TEXT, 100, is_last=True, status="COMPLETED", files=self._files(track))
        if generation.state in State.ended():
            return chunk(reason_without_audio(generation), is_last=True, status="FAILED", error=True)
        return chunk(UNFINISHED_TEXT, is_last=True, status="PROCESSING")

    def _result(self, generation: Generation) -> dict[str, Any]:
        track = self._track(generation)
        if track:
            return _answer(generation, "COMPLETED", **self._files(track))
        if generation.state in State.ended():
            return {**_answer(generation, "FAILED"), "message": reason_without_audio(generation)}
        return _answer(generation)

    def _track(self, generation: Generation) -> Track | None:
        """Refresh the generation and return its one track, if it is ready."""
        generation.refresh_from_db()
        if generation.state != State.READY:
            return None
        tracks = permissions.tracks(self.user).kept().filter(generation=generation)
        return tracks.select_related("generation").order_by("take").first()

    def _files(self, track: Track) -> dict[str, str]:
        return {
            "audio_url": signed_files.audio_url(track, self.base, signed_files.recipient_of(self.user)),
            "album_art": signed_files.cover_url(track, self.base, signed_files.recipient_of(self.user)),
            "song_name": track.title,
        }


class _Chunks:
    """The chunks of one stream, built in order."""

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
            "content": STARTED_TEXT if self._index == 1 and not is_last else content,
            "isComplete": is_last,
            "chunkIndex": self._index,
            "tokens": self._percent * TOTAL_TOKENS // 100,
            "totalTokens": TOTAL_TOKENS,
            "task_id": self._generation.public_id if is_last else None,
            "status": status,
            **{"album_art": None, "song_name": None, **files},
            "error": error,
        }
        later_keys = {"message_id": self._generation.public_id, "progress": self._percent}
        return {**chunk, **later_keys} if self._later else chunk


def _answer(generation: Generation, status: str = "PROCESSING", **files: str) -> dict[str, Any]:
    """Return an answer with the contract's six keys."""
    empty = {"audio_url": None, "album_art": None, "song_name": None}
    return {"success": status != "FAILED", "messageId": generation.public_id, **empty, **files, "status": status}


def stage_of(status: Seen) -> str:
    """Return the current stage, in words."""
    return status.stage or str(State(status.state).label)


def reason_without_audio(generation: Generation) -> str:
    """Return why there is no audio."""
    if generation.state == State.READY:
        return "The track is no longer in the library."
    return generation.error_message or f"{State(generation.state).label}."
