"""A live provider that fails on command: real sockets, its own record of accepted jobs, none of the studio's code.

POST /jobs            {"prompt", "takes", "format"} → {"id", "status": "created"}
GET  /jobs/<id>       → {"id", "status", "progress", "files": […], "error"}
GET  /jobs            → the accepted jobs, newest first
POST /stream          the same request → one JSON line per step, the last with "files"
GET  /files/<name>    the audio
"""

import io
import json
import threading
import wave
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import av
import numpy as np

from tests.fakes.failing_server import Listening

RATE = 44_100


def tone(seconds: float = 2.0, pitch: float = 220.0) -> bytes:
    """Return a soft chord that fades at both ends, as a 16-bit stereo WAV."""
    t = np.arange(int(seconds * RATE)) / RATE
    wave_ = sum(np.sin(2 * np.pi * pitch * ratio * t) / 6 for ratio in (1, 1.25, 1.5))
    wave_ *= np.minimum(1, np.minimum(t, t[::-1]) * 4)
    pcm = (np.stack([wave_, wave_], 1) * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
    return out.getvalue()


def encoded(sound: bytes, container: str, codec: str) -> bytes:
    """Return the same sound in another format."""
    out = io.BytesIO()
    with av.open(io.BytesIO(sound)) as source, av.open(out, "w", format=container) as target:
        stream = target.add_stream(codec, rate=RATE)
        for frame in source.decode(audio=0):
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


@dataclass
class Job:
    id: str
    prompt: str
    takes: int
    polls: int = 0


@dataclass
class Script:
    """What the fake does next; tests set it before they submit."""

    submit: str = "ok"  # ok, reject, busy, no_credit, error, drop (accept, then cut), refuse (cut at once)
    polls: int = 1  # number of "processing" answers before the end
    end: str = "completed"  # completed, failed
    deliver: int | None = None  # takes delivered; None: as many as requested
    file: str = "tone"  # tone, mp3, aac, noise, html, empty, missing, forbidden, truncated
    body: bytes = b""  # delivered instead
    stream: str = "ok"  # ok, cut_before_id, cut_after_id, failed
    poll: str = "ok"  # ok, error


@dataclass
class FakeProvider(Listening):
    """The running server: `with FakeProvider() as fake: fake.url, fake.script, fake.jobs`."""

    script: Script = field(default_factory=Script)
    jobs: list[Job] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __enter__(self) -> "FakeProvider":
        self._lock = threading.Lock()
        return super().__enter__()

    def accept(self, asked: dict) -> Job:
        with self._lock:
            job = Job(f"job{len(self.jobs) + 1:05d}", asked["prompt"], asked["takes"])
            self.jobs.append(job)
            return job

    def files(self, job: Job) -> list[str]:
        count = job.takes if self.script.deliver is None else self.script.deliver
        return [f"{self.url}/files/{job.id}-{number}.wav" for number in range(1, count + 1)]


_REFUSALS = {
    "reject": (400, {"error": "prompt is not allowed"}),
    "busy": (429, {"error": "too many requests"}),
    "no_credit": (402, {"error": "insufficient balance"}),
    "error": (500, {"error": "internal error"}),
}


class _Handler(BaseHTTPRequestHandler):
    fake: "FakeProvider"
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_POST(self) -> None:
        self.fake.requests.append(f"POST {self.path}")
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        script = self.fake.script
        if script.submit in _REFUSALS:
            return self._json(*_REFUSALS[script.submit])
        if script.submit == "refuse":
            return self._cut()
        job = self.fake.accept(asked)
        if self.path == "/stream":
            return self._stream(job)
        if script.submit == "drop":
            return self._cut()
        return self._json(200, {"id": job.id, "status": "created"})

    def do_GET(self) -> None:
        self.fake.requests.append(f"GET {self.path}")
        if self.path.startswith("/files/"):
            return self._file()
        if self.path == "/jobs":
            return self._json(200, [{"id": job.id, "prompt": job.prompt} for job in reversed(self.fake.jobs)])
        job = next((job for job in self.fake.jobs if self.path == f"/jobs/{job.id}"), None)
        if job is None:
            return self._json(404, {"error": "no such job"})
        if self.fake.script.poll == "error":
            return self._json(503, {"error": "try later"})
        return self._json(200, self._status(job))

    def _status(self, job: Job) -> dict:
        script = self.fake.script
        job.polls += 1
        if job.polls <= script.polls:
            return {"id": job.id, "status": "processing", "progress": 40}
        if script.end == "failed":
            return {"id": job.id, "status": "failed", "error": "the model ran out of ideas"}
        return {"id": job.id, "status": "completed", "files": self.fake.files(job)}

    def _stream(self, job: Job) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("connection", "close")
        self.end_headers()
        script = self.fake.script
        if script.stream == "cut_before_id":
            return self._cut()
        self._line({"id": job.id, "status": "processing", "progress": 20})
        if script.stream == "cut_after_id":
            return self._cut()
        if script.stream == "failed":
            self._line({"id": job.id, "status": "failed", "error": "the model ran out of ideas"})
        else:
            self._line({"id": job.id, "status": "processing", "progress": 70})
            self._line({"id": job.id, "status": "completed", "files": self.fake.files(job)})
        self.close_connection = True

    def _line(self, step: dict) -> None:
        self.wfile.write(json.dumps(step).encode() + b"\n")
        self.wfile.flush()

    def _file(self) -> None:
        kind = self.fake.script.file
        if kind == "missing":
            return self._json(404, {"error": "gone"})
        if kind == "forbidden":
            return self._json(403, {"error": "expired"})
        odd = {"html": lambda: b"<html>busy</html>", "empty": bytes, "aac": lambda: encoded(tone(), "mp4", "aac")}
        odd["mp3"] = lambda: encoded(tone(), "mp3", "libmp3lame")
        odd["noise"] = lambda: b"\x00\x01noise" * 5000
        body = self.fake.script.body or odd.get(kind, tone)()
        self.send_response(200)
        self.send_header("content-type", "audio/wav")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if kind == "truncated":
            self.wfile.write(body[: len(body) // 2])
            return self._cut()
        self.wfile.write(body)

    def _json(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self) -> None:
        """Drop the connection like a dying process."""
        self.close_connection = True
        self.connection.close()


FakeProvider.handler = _Handler
