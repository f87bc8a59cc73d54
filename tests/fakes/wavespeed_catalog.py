"""A catalog in the shape of WaveSpeed's: music models, models of other kinds, and entries that are broken.

Made for the tests from the fields and prices that are known of each model; no entry is a copy. The fake checks requests
against these schemas and computes what it charges with another program's JSONata, so the studio is judged by neither
its own reading nor its own arithmetic.
"""

from functools import cache
from typing import Any

from jsonata import Jsonata

Schema = dict[str, Any]


def text(most: int | None = None, about: str = "", **more: Any) -> Schema:
    limit = {} if most is None else {"maxLength": most}
    return {"type": "string", "description": about, **limit, **more}


def whole(low: int | None = None, high: int | None = None, default: int | None = None, **more: Any) -> Schema:
    bounds = {"minimum": low, "maximum": high, "default": default}
    return {"type": "integer", **{name: value for name, value in bounds.items() if value is not None}, **more}


def number(low: float, high: float, default: float | None = None, **more: Any) -> Schema:
    bounds = {"minimum": low, "maximum": high, "default": default}
    return {"type": "number", **{name: value for name, value in bounds.items() if value is not None}, **more}


def choice(*values: Any, default: Any = None) -> Schema:
    kind = "integer" if isinstance(values[0], int) else "string"
    return {"type": kind, "enum": list(values), **({} if default is None else {"default": default})}


def switch(default: bool = False) -> Schema:
    return {"type": "boolean", "default": default}


MEDIA: Schema = {"type": "string", "x-ui-component": "uploader", "description": "URL of a file."}
HIDDEN: Schema = {"type": "boolean", "default": False, "disabled": True, "x-hidden": True}
SEED = whole(-1, 2147483647, -1)
PROMPT = text(None, "What the music is for, up to 1024 characters.")
LYRICS = text(None, "The words, up to 3000 characters.")
FORMAT = choice("mp3", "wav", "flac", default="mp3")
SONGS = whole(1, 3, 1)
PER_SONG = '{"total_price": base_price * $number(number_of_songs)}'
PER_SECOND = '{"total_price": base_price * $number(duration)}'
_SONG: Schema = {
    "lyrics": LYRICS,
    "prompt": PROMPT,
    "number_of_songs": SONGS,
    "output_format": FORMAT,
    "reference_id": text(),
    "vocal_id": text(),
    "melody_id": text(),
}
_MINIMAX: Schema = {
    "prompt": text(2000),
    "lyrics": text(None, "Lyrics of 10-3000 characters, with line breaks."),
    "bitrate": choice(32000, 64000, 128000, 256000, default=256000),
    "sample_rate": choice(16000, 24000, 32000, 44100, default=44100),
}
_STABLE: Schema = {
    "prompt": text(None, "Describe the sound."),
    "duration": whole(1, 120, 30),
    "negative_prompt": text(1000),
    "num_inference_steps": whole(1, 100, 8, **{"x-ui-component": "slider"}),
    "guidance_scale": number(0, 25, 1, step=0.5),
    "output_format": choice("mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", default="mp3"),
}


TWO_CALLS = "kwaivgi/kling-text-to-audio"  # lists another call before the one that runs it
_OTHER_CALL: Schema = {"type": "webhook", "request_schema": {"type": "object", "properties": {"url": text()}}}


def entry(
    path: str,
    price: float,
    fields: Schema,
    required: tuple[str, ...] = ("prompt",),
    formula: str = "",
    kind: str = "text-to-audio",
    server: str = "",
) -> dict[str, Any]:
    """Return one entry as the vendor lists it; `server` is filled in by the fake."""
    properties = {**fields, "enable_base64_output": HIDDEN}
    call = {
        "type": "model_run",
        "method": "POST",
        "server": server,
        "api_path": f"/api/v3/{path}",
        "request_schema": {
            "type": "object",
            "required": list(required),
            "x-order-properties": list(fields),
            "properties": properties,
        },
    }
    return {
        "model_id": path,
        "name": path,
        "base_price": price,
        "type": kind,
        "description": f"{path} makes audio from text. It is one of many.",
        "formula": formula,
        "sort_order": 9000,
        "api_schema": {"api_schemas": [*([_OTHER_CALL] if path == TWO_CALLS else []), call]},
    }


MUSIC = [
    entry("mureka-ai/mureka-v7.5/generate-bgm", 0.03, {"prompt": PROMPT, "number_of_songs": SONGS, "output_format": FORMAT, "instrumental_id": text()}, formula=PER_SONG),
    *(
        entry(f"mureka-ai/{name}/generate-song", price, _SONG, ("lyrics",), PER_SONG)
        for name, price in (("mureka-v8", 0.045), ("mureka-v9", 0.045), ("mureka-o2", 0.05))
    ),
    entry("mureka-ai/mureka-v9.5/generate-song", 0.225, {"lyrics": text(None, "Up to 5000 characters."), "prompt": PROMPT, "output_format": FORMAT}, ("lyrics",)),
    entry("mureka-ai/mureka-v9.5/prompt-to-song", 0.75, {"prompt": PROMPT, "output_format": FORMAT}),
    entry("minimax/music-2.6", 0.15, {**_MINIMAX, "is_instrumental": switch()}, ("prompt", "lyrics")),
    entry("minimax/music-2.5", 0.075, _MINIMAX, ("prompt", "lyrics")),
    entry("minimax/music-02", 0.03, {"prompt": text(300), "lyrics": LYRICS}, ("prompt", "lyrics")),
    entry("minimax/music-v1.5", 0.03, {"lyrics_prompt": text(300, "The style.", minLength=10), "prompt": text(600, "The lyrics.", minLength=10)}, ("lyrics_prompt", "prompt")),
    entry("elevenlabs/music", 0.083, {"prompt": text(2000), "music_length_ms": whole(5000, 300000, 10000), "force_instrumental": switch(True), "output_format": choice("mp3_standard", "mp3_high_quality", "wav_16khz", "wav_22khz", "wav_24khz", "wav_cd_quality", default="mp3_standard")}, formula='{"total_price": base_price * $ceil($number(music_length_ms) / 10000)}'),
    entry("google/lyria-3-clip/music", 0.04, {"prompt": text(2000), "image": MEDIA, "negative_prompt": text(1000), "seed": SEED}),
    entry("google/lyria-3-pro/music", 0.08, {"prompt": text(2000), "image": MEDIA, "negative_prompt": text(1000), "seed": SEED}, formula='{"total_price": resolution = "high" ? base_price * 2 : base_price}'),
    entry("sonilo/text-to-music", 0.0025, {"prompt": text(2000), "duration": whole(1, 360, 30)}, ("prompt", "duration"), PER_SECOND),
    entry("sonilo/v1/text-to-sfx", 0.002, {"prompt": text(2000), "duration": whole(1, 180, 10)}, ("prompt", "duration"), '{"total_price": base_price * $max([$number(duration), 10])}'),
    entry("stability-ai/stable-audio-3/music", 0.0217, _STABLE),
    entry("stability-ai/stable-audio-3/text-to-audio", 0.0206, _STABLE),
    entry("wavespeed-ai/ace-step", 0.0002, {"tags": text(1000), "lyrics": LYRICS, "duration": number(5, 240, 60), "seed": SEED}, ("tags",), PER_SECOND),
    entry("wavespeed-ai/ace-step-1.5", 0.0003, {"tags": text(1000), "lyrics": LYRICS, "duration": number(5, 240, 60), "seed": SEED}, ("tags", "lyrics"), PER_SECOND),
    entry("wavespeed-ai/ace-step/prompt-to-audio", 0.0002, {"prompt": text(1000), "instrumental": switch(), "duration": number(5, 240, 60), "seed": SEED}, formula=PER_SECOND),
    entry("wavespeed-ai/heartmula/generate-music", 0.1, {"lyrics": LYRICS, "tags": text(500), "seed": SEED}, ("lyrics",)),
    entry("wavespeed-ai/song-generation", 0.05, {"lyric": LYRICS, "description": text(500), "genre": choice("pop", "rock", "jazz", default="pop"), "prompt_audio": MEDIA}, ("lyric",)),
    entry("mirelo-ai/sfx-1.6/text-to-audio", 0.01, {"text_prompt": text(1000, minLength=4), "duration": number(0.1, 60, 10), "ambience": switch(), "double_output": switch(), "num_samples": whole(1, 4, 1), "model.version": choice("v1", "v2", default="v2")}, ("text_prompt",), '{"total_price": base_price * $number(duration) * $number(num_samples)}'),
    entry("kwaivgi/kling-text-to-audio", 0.035, {"prompt": text(200), "duration": whole(3, 10, 5)}, ("prompt", "duration")),
    entry("example/words-cost", 0.01, {"prompt": text(900), "model": choice("small", "large", default="small"), "format": choice("stereo", "mono"), "references": {"type": "array", "items": {"type": "string"}}}, formula='{"total_price": $length(prompt) > 40 ? base_price * 3 : base_price}', kind="audio-to-audio"),
]  # fmt: skip

OTHER = [
    entry("wavespeed-ai/some-voice/text-to-speech", 0.05, {"text": text(5000), "voice_id": choice("anna", "ben", default="anna")}, ("text",)),
    entry("minimax/speech-02", 0.05, {"prompt": text(5000), "speaker": text()}),
    entry("mureka-ai/stem-song", 0.06, {"audio": MEDIA, "model": choice("audio-separation-1", "audio-separation-2", default="audio-separation-2")}, ("audio",), kind="speech-to-text"),
    entry("mureka-ai/mureka-v9/generate-bgm", 0.045, {"prompt": PROMPT, "number_of_songs": SONGS, "output_format": FORMAT, "instrumental_id": text()}, formula=PER_SONG),
    entry("wavespeed-ai/ace-step/audio-inpaint", 0.0002, {"audio": MEDIA, "tags": text(1000)}, ("audio", "tags"), 'get_duration(audio) * base_price', "audio-to-audio"),
    entry("wavespeed-ai/some-picture/text-to-image", 0.01, {"prompt": text(2000), "size": text(), "loras": {"type": "array", "x-ui-component": "loras"}}, kind="text-to-image"),
    entry("sonilo/video-to-music", 0.009, {"video": MEDIA, "prompt": text(1000)}, ("video",), "get_duration_v3(video) * base_price", "audio-to-video"),
    entry("example/odd-price", 0.02, {"prompt": text(900), "duration": whole(1, 60, 10)}, formula='$map([1..duration], function($v){$v}) ~> $sum'),
    entry("example/no-number", 0.02, {"prompt": text(900)}, formula='{"total_price": base_price * num_images}'),
    entry("example/fraction", 0.00000025, {"prompt": text(900)}),
]  # fmt: skip

BROKEN: list[Any] = [
    None,
    "a text",
    {},
    {"model_id": 7},
    {"model_id": "example/nothing", "type": "text-to-audio", "base_price": 0.1},
    {"model_id": "example/empty", "type": "text-to-audio", "base_price": 0.1, "api_schema": {"api_schemas": []}},
    {**entry("example/odd-path", 0.1, {"prompt": text()}), "model_id": "../../etc", "api_schema": {"api_schemas": [{"request_schema": {"properties": {"prompt": text()}}}]}},
    entry("example/elsewhere", 0.1, {"prompt": text()}, server="https://music.example"),
    entry("example/no-prompt", 0.1, {"seed": SEED}, ("seed",)),
    entry("example/strange", "free", {"prompt": {"type": ["string", "null"]}, "tags": {"$ref": "#/x"}, "size": 3}),  # type: ignore[arg-type]
]  # fmt: skip


def listed(server: str, entries: list[Any] | None = None) -> list[Any]:
    """Return the catalog as a server at this address lists it."""
    return [_at(item, server) for item in (entries if entries is not None else [*MUSIC, *OTHER, *BROKEN])]


def _at(item: Any, server: str) -> Any:
    if not isinstance(item, dict) or "api_schema" not in item:
        return item
    calls = [{**call, "server": call.get("server") or server} for call in item["api_schema"]["api_schemas"]]
    return {**item, "api_schema": {"api_schemas": calls}}


def schema_of(item: dict[str, Any]) -> Schema:
    return item["api_schema"]["api_schemas"][-1]["request_schema"]


def problem(item: dict[str, Any], inputs: Any) -> str:
    """Return why the vendor's own check refuses a request; empty if it is valid. Strict about unknown keys."""
    schema = schema_of(item)
    for name in schema["required"]:
        if name not in inputs:
            return f"{name} is required"
    for name, value in inputs.items():
        rule = schema["properties"].get(name)
        if rule is None:
            return f"additional property {name} is not allowed"
        if not _fits(rule, value):
            return f"{name} is not valid"
    return ""


_TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


def _fits(rule: Schema, value: Any) -> bool:
    kind = rule["type"]
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if "enum" in rule and value not in rule["enum"]:
        return False
    if kind == "string":
        return rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", 10_000)
    if kind == "boolean":
        return True
    return rule.get("minimum", value) <= value <= rule.get("maximum", value)


def price(item: dict[str, Any], inputs: dict[str, Any]) -> float:
    """Return what the vendor charges for a request, in dollars, to the micro-dollar."""
    defaults = {
        name: rule["default"]
        for name, rule in schema_of(item)["properties"].items()
        if isinstance(rule, dict) and "default" in rule
    }
    base = round(item["base_price"] * 1_000_000)
    if not item["formula"]:
        return base / 1_000_000
    result = _formula(item["formula"]).evaluate({**defaults, **inputs, "base_price": base})
    return round(result["total_price"]) / 1_000_000


@cache
def _formula(text: str) -> Jsonata:
    return Jsonata(text)
