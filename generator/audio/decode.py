"""From a file of unknown worth to samples: the whole file is decoded, so a broken one is found out here."""

import codecs
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

MAX_SECONDS = 900.0
MAX_BYTES = 400_000_000
MAX_FRAMES = 90_000_000  # 15 minutes at 96 kHz: what fits a worker's memory
MAX_BAD_PACKETS = 20
RATES = (4_000, 384_000)
# Demuxers that read sound and nothing else. Play lists (HLS, ffconcat) would open other files and addresses.
CONTAINERS = "mp3,wav,w64,rf64,flac,ogg,mov,mp4,m4a,aac,aiff,matroska,webm,caf,au"
# PyAV before 19 refuses a file for a tag that is not UTF-8 unless told otherwise; later ones lack the argument.
_ANY_TAGS: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
_LOOK = 512  # bytes that tell a text from a sound
_DIRECT = ("flt", "fltp", "s16", "s16p", "s32", "s32p")  # turned into floats here, without a resampler
_FULL_SCALE = {"flt": 1.0, "s16": 2.0**15, "s32": 2.0**31}

_Kind = tuple[tuple[bytes, ...], str]  # how it starts, what to say
_TEXT_KINDS: tuple[_Kind, ...] = (
    ((b"<!doctype html", b"<html", b"<head", b"<body"), "It is a web page, not an audio file."),
    ((b"<?xml", b"<error"), "It is an error message (XML), not an audio file."),
    ((b"{", b"["), "It is a data message (JSON), not an audio file."),
    ((b"#extm3u", b"[playlist]", b"ffconcat"), "It is a play list: a list of files, without sound of its own."),
)
_SOUND_STARTS = (b"fLaC", b"RIFF", b"OggS", b"ID3")
_PICTURES: _Kind = ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "It is a picture, not an audio file.")
_ARCHIVES: _Kind = ((b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"), "It is an archive; unpack it first.")


class NotAudio(Exception):
    """The file is not playable audio; the message says why in plain words."""


@dataclass(frozen=True)
class Sound:
    """Decoded audio. `samples` is float32, shape (frames, channels), nominally −1..1, one or two channels."""

    samples: NDArray[np.float32]
    sample_rate: int  # Hz
    codec: str
    container: str
    bit_rate: int | None  # bits per second, as the container says
    announced_seconds: float | None  # the length the container promised
    bad_packets: int = 0  # pieces that could not be decoded

    @property
    def frames(self) -> int:
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def decode(path: str | Path, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> Sound:
    """Decode a whole audio file; more than two channels are mixed down to stereo.

    Raises:
        NotAudio: empty, something else than audio, broken from the start, too long or too large.
    """
    path = Path(path)
    _check_bytes(path, max_bytes)
    try:
        with av.open(str(path), mode="r", options=_options(), **_ANY_TAGS) as file:
            if not file.streams.audio:
                raise NotAudio("There is no sound in the file.")
            reading = _Reading(file, max_seconds)
            samples = reading.samples()
            announced = _promised_by_wav(path) or (file.duration / av.time_base if file.duration else None)
            codec, container = reading.stream.codec_context.name, file.format.name
            return Sound(samples, reading.rate, codec, container, file.bit_rate or None, announced, reading.bad)
    except (av.FFmpegError, ValueError) as error:
        raise NotAudio("It is not an audio file that can be played.") from error


def _options() -> dict[str, str]:
    return {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}


def _check_bytes(path: Path, max_bytes: int) -> None:
    size = path.stat().st_size
    if size == 0:
        raise NotAudio("The file is empty.")
    if size > max_bytes:
        raise NotAudio(f"The file is larger than {max_bytes / 1e6:.0f} MB.")
    with path.open("rb") as file:
        start = file.read(_LOOK)
    for starts, sentence in (_PICTURES, _ARCHIVES):
        if start.startswith(starts):
            raise NotAudio(sentence)
    begin = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for starts, sentence in _TEXT_KINDS:
        if begin.startswith(starts):
            raise NotAudio(sentence)
    if _is_text(start):
        raise NotAudio("It is a text, not an audio file.")


def _is_text(start: bytes) -> bool:
    if start.startswith(_SOUND_STARTS):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)  # the last letter may be cut in two
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t" for char in text)


def _promised_by_wav(path: Path) -> float | None:
    """The length in a WAV's own header; FFmpeg tells the shorter one of a file that was cut off.

    Streamed WAVs promise nothing (0 or all ones).
    """
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return None
        byte_rate = 0
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                return size / byte_rate if byte_rate and 0 < size < 0xFFFF_FF00 else None
            body = file.read(16) if name == b"fmt " else b""
            if len(body) == 16:
                byte_rate = struct.unpack_from("<I", body, 8)[0]
            file.seek(size + size % 2 - len(body), 1)
    return None


class _Reading:
    """One pass over the first audio stream of an open file."""

    def __init__(self, file: av.container.InputContainer, max_seconds: float) -> None:
        self.file, self.stream = file, file.streams.audio[0]
        context = self.stream.codec_context
        self.rate = context.sample_rate
        if not RATES[0] <= self.rate <= RATES[1] or not context.channels:
            raise NotAudio("It is not an audio file that can be played.")
        self.limit = max_seconds
        self.room = min(int(max_seconds * self.rate), MAX_FRAMES)
        self.layout = "mono" if context.channels == 1 else "stereo"
        self.channels = 1 if context.channels == 1 else 2
        self.bad = 0

    def samples(self) -> NDArray[np.float32]:
        known = int((self.file.duration or 0) / av.time_base * self.rate) + self.rate
        out = np.empty((max(1, min(known, self.room)), self.channels), np.float32)
        filled = 0
        for frame in self._frames():
            size = frame.samples
            if filled + size > self.room:
                raise NotAudio(f"It is longer than {self.limit / 60:g} minutes.")
            if filled + size > len(out):
                longer = np.empty((min(self.room, 2 * (filled + size)), self.channels), np.float32)
                longer[:filled] = out[:filled]
                out = longer
            _write(frame, out[filled : filled + size])
            filled += size
        if not filled:
            raise NotAudio("There is no sound in the file.")
        return _finite(out[:filled])

    def _frames(self) -> Iterator[av.AudioFrame]:
        resampler: av.AudioResampler | None = None
        for packet in self.file.demux(self.stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.bad += 1
                if self.bad > MAX_BAD_PACKETS:
                    raise
                continue
            for frame in frames:
                same = frame.sample_rate == self.rate and len(frame.layout.channels) == self.channels
                if resampler is None and same and frame.format.name in _DIRECT:
                    yield frame
                    continue
                resampler = resampler or av.AudioResampler(format="flt", layout=self.layout, rate=self.rate)
                yield from resampler.resample(frame)
        if resampler is not None:
            yield from resampler.resample(None)


def _write(frame: av.AudioFrame, out: NDArray[np.float32]) -> None:
    name = frame.format.name
    kind = name.removesuffix("p")
    dtype = np.dtype({"flt": np.float32, "s16": np.int16, "s32": np.int32}[kind])
    scale = np.float32(1 / _FULL_SCALE[kind])
    count, channels = out.shape
    if name.endswith("p") and channels > 1:
        for channel, plane in enumerate(frame.planes):
            np.multiply(np.frombuffer(cast(Any, plane), dtype, count), scale, out=out[:, channel], casting="unsafe")
        return
    values = np.frombuffer(cast(Any, frame.planes[0]), dtype, count * channels).reshape(count, channels)
    np.multiply(values, scale, out=out, casting="unsafe")


def _finite(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(np.sum(samples, dtype=np.float64))
    if not np.isfinite(total):
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return samples
