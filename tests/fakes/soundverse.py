"""The server side of Soundverse's contract: the stream in both framings, the single answer, and its errors.

Errors before the first byte are plain JSON; later ones are a chunk with `error`, then the end. Every chunk has the
ten keys of the vendor's samples, with nulls early; only the last has `audio_url`.
"""

import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

STREAMS = ("/v5/generate/music-gen", "/v5/generate/music", "/v6/generate/music")
REFUSALS = {
    "rate": (429, {"success": False, "message": "Rate limits have been passed for the user."}),
    "balance": (402, {"success": False, "message": "Insufficient balance for this operation."}),
    "prompt": (400, {"detail": "Invalid or empty prompt provided"}),
    "nsfw": (400, {"success": False, "message": "NSFW word found in the prompt"}),
    "failed": (500, {"Detail": "Generation failed"}),
    "key": (401, {"error": "INVALID_API_KEY", "message": "invalid or revoked API key"}),
}


@dataclass
class Song:
    task_id: str
    message_id: str
    inputs: dict[str, Any]
    at: float
    done: bool = False


@dataclass
class SoundverseShop:
    key: str = "sv-live-key-fedcba9876543210"
    framing: str = "auto"  # auto (by Accept and path), bare, sse
    refuse: str = ""  # a key of REFUSALS
    end: str = "completed"  # completed, failed, no_audio, none (the stream simply ends)
    early_id: bool = False  # later versions name the job in their first chunk
    wire: list[bytes] | None = None  # exactly these pieces, each flushed, instead of a stream
    gates: list[threading.Event] = field(default_factory=list)  # each piece after the first waits for the next of these
    jobs: list[Song] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(123_456_789))  # requests come in parallel

    def accept(self, inputs: dict[str, Any]) -> Song:
        song = Song(str(next(self.ids)), uuid.uuid4().hex[:24], inputs, time.time())
        self.jobs.append(song)
        return song

    def result(self, song: Song, base: str) -> dict[str, Any]:
        return {
            "status": "COMPLETED",
            "album_art": f"{base}/cdn/{song.task_id}-cover.png",
            "song_name": "Paper Lanterns",
            "audio_url": f"{base}/cdn/{song.task_id}-1.mp3",
        }

    def chunks(self, song: Song, base: str) -> list[dict[str, Any]]:
        early = {"task_id": song.task_id if self.early_id else None, "status": None, "album_art": None}
        early |= {"song_name": None, "error": False}
        lines = ["Starting music generation...", "Composing the melody", "✅ Almost there: 80%"]
        found = [
            {"content": line, "isComplete": False, "chunkIndex": index, "tokens": 10, "totalTokens": 500, **early}
            for index, line in enumerate(lines, start=1)
        ]
        last = {"isComplete": True, "chunkIndex": 4, "tokens": 150, "totalTokens": 500, "task_id": song.task_id}
        if self.end == "completed":
            words = "✅ Music generation completed successfully!"
            found.append({"content": words, **last, **self.result(song, base), "error": False})
        elif self.end == "failed":
            words = "The engine gave up"
            found.append({"content": words, **last, **early, "status": "FAILED", "error": True})
        elif self.end == "no_audio":
            found.append({"content": "Done", **last, **early, "status": "COMPLETED"})
        return found


class SoundverseRoutes:
    """The part of the handler that implements this contract; mixed into `vendors.VendorHandler`."""

    def soundverse(self, path: str) -> None:
        shop: SoundverseShop = self.fake.soundverse
        if self.headers.get("authorization") != f"Bearer {shop.key}":
            return self.send_json(*REFUSALS["key"])
        if path.startswith("/v5/status"):
            return self.song_status()
        sync = path.endswith("/sync")
        if self.command != "POST" or path.removesuffix("/sync") not in STREAMS:
            return self.send_json(404, {"detail": "Not Found"})
        row = self.fake.take("sync" if sync else "stream")
        if row and not row.accept and row.do != "drop":
            self.misbehave(row)
        inputs = json.loads(self.body)
        if wrong := self.refused(path, inputs):
            return self.send_json(*wrong)
        song = shop.accept(inputs)
        return self.blocking(song, row) if sync else self.streaming(path, song, row)

    def refused(self, path: str, inputs: dict[str, Any]) -> tuple[int, object] | None:
        shop = self.fake.soundverse
        if shop.refuse:
            return REFUSALS[shop.refuse]
        required = ("userId", "projectId", "prompt") if "music-gen" in path else ("prompt",)
        missing = [name for name in required if name not in inputs]
        if missing:
            problems = [{"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in missing]
            return 422, {"detail": problems}
        return None if str(inputs["prompt"]).strip() else REFUSALS["prompt"]

    def blocking(self, song: Song, row: Any) -> None:
        shop = self.fake.soundverse
        song.done = True
        body = {"success": True, "messageId": song.message_id, **shop.result(song, self.fake.url)}
        if shop.end == "none":
            body = {"success": True, "messageId": song.message_id, "audio_url": None, "status": "PROCESSING"}
        elif shop.end == "failed":
            body = {"success": False, "message": "Generation failed"}
        self.misbehave(row, json.dumps(body).encode())
        self.send_json(200, body)

    def streaming(self, path: str, song: Song, row: Any) -> None:
        shop = self.fake.soundverse
        if row and row.do != "drop":
            self.misbehave(row)
        asked_for_sse = "text/event-stream" in self.headers.get("accept", "") or not path.endswith("music-gen")
        sse = shop.framing == "sse" or (shop.framing == "auto" and asked_for_sse)
        self.head(200, {"content-type": "text/event-stream" if sse else "application/json", "connection": "close"})
        self.close_connection = True
        pieces = shop.wire
        if pieces is None:
            texts = [json.dumps(chunk) for chunk in shop.chunks(song, self.fake.url)]
            framed = [": ping\n\n", *(f"data: {text}\n\n" for text in texts)]
            pieces = [text.encode() for text in (framed if sse else (f"{text}\n" for text in texts))]
        self.pour(pieces, row.size if row else None)
        song.done = True

    def pour(self, pieces: list[bytes], most: int | None) -> None:
        """Write the pieces, each flushed; with `most`, reset the connection after that many bytes."""
        left = most
        gates = iter(self.fake.soundverse.gates)
        for number, piece in enumerate(pieces):
            if number and (gate := next(gates, None)):
                gate.wait(20)
            part = piece if left is None else piece[:left]
            self.wfile.write(part)
            self.wfile.flush()
            if left is not None:
                left -= len(part)
                if left <= 0:
                    self.cut()

    def song_status(self) -> None:
        wanted = self.path.partition("=")[2]
        song = next((song for song in self.fake.soundverse.jobs if wanted in (song.task_id, song.message_id)), None)
        if song is None:
            return self.send_json(404, {"detail": "Not Found"})
        body = {"success": True, "message_id": song.message_id, **self.fake.soundverse.result(song, self.fake.url)}
        self.misbehave(self.fake.take("status"), json.dumps(body).encode())
        self.send_json(200, body)
