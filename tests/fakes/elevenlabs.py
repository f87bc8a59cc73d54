"""The server side of ElevenLabs Music: a blocking call whose reply is the audio, and its refusals.

Rows of trouble on the route `music` may cut the audio itself:

    drop     the head of a complete reply, then `size` bytes of the audio, then the end
    open     the audio without its length, `size` bytes of it (0: all), then the end of the connection
    tiny     an empty body with the head of audio

The body of a request is checked as the vendor's client describes it; what it does not know is refused.
"""

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes import sounds
from tests.fakes.failing_provider import tone
from tests.fakes.failing_server import Row

BODY = {
    "prompt", "composition_plan", "music_length_ms", "model_id", "seed", "force_instrumental", "finetune_id",
    "respect_sections_durations", "store_for_inpainting", "sign_with_c2pa",
}  # fmt: skip
SECTION = {"section_name", "positive_local_styles", "negative_local_styles", "duration_ms", "lines"}
CHUNK = {"text", "duration_ms", "positive_styles", "negative_styles", "context_adherence"}
GLOBAL = {"positive_global_styles", "negative_global_styles", "sections"}
RATES = (8000, 16000, 22050, 24000, 32000, 44100, 48000)
FORMATS = {f"pcm_{rate}" for rate in RATES} | {"mp3_44100_128", "mp3_44100_192", "mp3_48000_192"}
SOUND_S = 3.0  # seconds of what it delivers, unless `exact`
CREDITS_PER_SECOND = 20


@dataclass
class Piece:
    id: str
    inputs: dict[str, Any]
    format: str
    ms: int

    @property
    def prompt(self) -> str:
        plan = self.inputs.get("composition_plan") or {}
        return self.inputs.get("prompt") or ", ".join(plan.get("positive_global_styles", ()))


@dataclass
class ElevenLabsShop:
    key: str = "el-live-key-0011223344556677"
    refuse: tuple[int, Mapping[str, Any]] | None = None  # status and `detail` of every answer
    exact: bool = False  # deliver as long as requested
    channels: int = 2
    tier: str = "creator"
    credits: int = 100_000
    gates: list[threading.Event] = field(default_factory=list)  # the head waits for the first, the rest for the second
    jobs: list[Piece] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def accept(self, inputs: dict[str, Any], format: str) -> Piece:
        piece = Piece(f"song{next(self.ids):06d}", inputs, format, _length_ms(inputs))
        self.jobs.append(piece)
        return piece

    def pause(self, moment: int) -> None:
        """Wait before the head of a reply (0), and in the middle of its audio (1)."""
        if moment < len(self.gates):
            self.gates[moment].wait(20)

    def audio(self, piece: Piece) -> tuple[bytes, str]:
        seconds = piece.ms / 1000 if self.exact else SOUND_S
        if piece.format.startswith("pcm_"):
            return raw(seconds, int(piece.format.removeprefix("pcm_")), self.channels), "audio/pcm"
        return sounds.sound("mp3", seconds), "audio/mpeg"


@cache
def raw(seconds: float, rate: int, channels: int) -> bytes:
    """Return bare 16-bit samples of a tone."""
    stereo = tone(seconds)[44:]
    frames = round(seconds * rate)
    step = 4 if channels == 2 else 2
    return (stereo * (1 + frames * step // len(stereo)))[: frames * step]


def problems_of(inputs: dict[str, Any]) -> list[str]:
    """Return what is wrong with a body, by the vendor's published types."""
    found = [f"{name}: unknown" for name in inputs.keys() - BODY]
    plan, prompt = inputs.get("composition_plan"), inputs.get("prompt")
    if (plan is None) == (prompt is None):
        found.append("either prompt or composition_plan")
    if plan is not None:
        found += [f"{name}: only with a prompt" for name in ("music_length_ms", "force_instrumental") if name in inputs]
        found += _plan_problems(plan, inputs.get("model_id", "music_v1"))
    else:
        found += ["seed: only with a plan"] * ("seed" in inputs)
        found += ["music_length_ms: out of range"] * (not 3000 <= inputs.get("music_length_ms", 3000) <= 600_000)
    return found


def _plan_problems(plan: dict[str, Any], model: str) -> list[str]:
    is_v1 = model == "music_v1"
    parts = plan.get("sections" if is_v1 else "chunks")
    if not isinstance(parts, list) or set(plan) != (GLOBAL if is_v1 else {"chunks"}):
        return [f"not a plan of {model}"]
    found = [f"{len(parts)} parts"] * (not 1 <= len(parts) <= 30)
    for part in parts:
        found += [f"{name}: unknown" for name in part.keys() - (SECTION if is_v1 else CHUNK)]
        found += ["duration_ms: out of range"] * (not 3000 <= part["duration_ms"] <= 120_000)
        name = part["section_name"] if is_v1 else part["text"].strip("[]")
        found += ["name: too long or empty"] * (not 1 <= len(name) <= 100)
        lists = [part[name] for name in part if name.endswith("_styles")]
        found += ["styles: too many"] * any(len(styles) > 50 for styles in lists)
    found += ["too long"] * (sum(part["duration_ms"] for part in parts) > 600_000)
    return found


def _length_ms(inputs: dict[str, Any]) -> int:
    plan = inputs.get("composition_plan")
    if plan is None:
        return inputs.get("music_length_ms", 30_000)
    return sum(part["duration_ms"] for part in plan.get("sections") or plan["chunks"])


class ElevenLabsRoutes:
    """The part of the handler that implements this contract; mixed into `vendors.VendorHandler`."""

    def elevenlabs(self, path: str) -> None:
        shop: ElevenLabsShop = self.fake.elevenlabs
        if self.headers.get("xi-api-key") != shop.key:
            return self._refuse(401, {"status": "invalid_api_key", "message": "Invalid API key"})
        if path == "/v1/user/subscription":
            limit = 2 * shop.credits
            body = {"tier": shop.tier, "character_count": limit - shop.credits, "character_limit": limit}
            self.misbehave(self.fake.take("subscription"), json.dumps(body).encode())
            return self.send_json(200, body)
        if path != "/v1/music" or self.command != "POST":
            return self.send_json(404, {"detail": "Not Found"})
        return self._music()

    def _music(self) -> None:
        shop: ElevenLabsShop = self.fake.elevenlabs
        row = self.fake.take("music")
        if row and not row.accept and row.do not in ("drop", "open", "tiny"):
            self.misbehave(row)
        if shop.refuse:
            return self._refuse(*shop.refuse)
        inputs = json.loads(self.body)
        if wrong := problems_of(inputs):
            return self.send_json(
                422, {"detail": [{"type": "value_error", "loc": ["body"], "msg": text} for text in wrong]}
            )
        format = parse_qs(urlsplit(self.path).query).get("output_format", ["mp3_44100_128"])[0]
        if format not in FORMATS:
            return self._refuse(422, {"code": "invalid_output_format", "message": format})
        return self._deliver(shop.accept(inputs, format), row)

    def _deliver(self, piece: Piece, row: Row | None) -> None:
        shop: ElevenLabsShop = self.fake.elevenlabs
        body, kind = shop.audio(piece)
        shop.pause(0)
        headers = {"content-type": kind, "song-id": piece.id, "request-id": f"req-{piece.id}"}
        headers |= {"character-cost": str(piece.ms * CREDITS_PER_SECOND // 1000)}
        if row and row.do in ("drop", "tiny"):
            self.head(200, headers | {"content-length": str(len(body) if row.do == "drop" else 0)})
            self.wfile.write(body[: row.size])
            self.wfile.flush()
            self.cut()
        if row and row.do == "open":
            self.head(200, headers | {"connection": "close"})
            self.wfile.write(body[: row.size or len(body)])
            self.wfile.flush()
            self.cut()
        self.misbehave(row, body)
        self.head(200, headers | {"content-length": str(len(body))})
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        shop.pause(1)
        self.wfile.write(body[len(body) // 2 :])
        self.wfile.flush()

    def _refuse(self, status: int, detail: Mapping[str, Any]) -> None:
        return self.send_json(status, {"detail": detail})
