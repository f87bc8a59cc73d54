"""Decoding of untrusted audio files; the whole file is decoded, so that broken files are detected here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from generator.audio import headers
from generator.audio.header_repair import corrected
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _

MAX_LENGTH_S = 900.0
MAX_BYTES = 500_000_000
MAX_VALUES = 130_000_000  # samples over all channels: ten minutes of stereo at 96 kHz, a quarter of an hour at 48 kHz
MAX_BAD_PACKETS = 20
MAX_CHANNELS = 64
RATE_RANGE_HZ = (4_000, 384_000)
MAX_LEVEL = 1000.0  # 60 dB above full scale: no sound is louder, and sums of squares stay finite
_TAGS = (b"ID3", b"3DI", b"TAG", b"APETAGEX", b"LYRICS")  # data between, before and after the frames of an MP3
MAX_MISSING_S = 1.0  # if a header announces this much more than was decoded, it is checked
# Audio-only demuxers. Playlists (HLS, ffconcat) would open other files and URLs.
CONTAINERS = "mp3,wav,w64,rf64,flac,ogg,mov,mp4,m4a,aac,aiff,matroska,webm,caf,au"
# PyAV before 19 rejects files with non-UTF-8 tags unless this is set; later versions lack the argument.
_ANY_TAGS: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
UNPLAYABLE = _("This is not a playable audio file.")
_UNSUPPORTED_FORMAT = _("The audio format in this file is not supported.")
_DIRECT = ("flt", "fltp", "s16", "s16p", "s32", "s32p")  # converted to floats here, without a resampler
_FULL_SCALE = {"flt": 1.0, "s16": 2.0**15, "s32": 2.0**31}
_BITS = {"u8": 8, "s16": 16, "s32": 24, "s64": 32, "flt": 32, "dbl": 64}


class NotAudio(Exception):
    """The file is not playable audio; the message says why in plain words.

    `is_message`: the file is empty or a text response, such as servers send instead of a file.
    """

    def __init__(self, sentence: str, *, is_message: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.is_message = is_message


@dataclass(frozen=True)
class Sound:
    """Decoded audio. `samples` is float32, shape (frames, channels), nominally −1..1, one or two channels."""

    samples: NDArray[np.float32]
    sample_rate: int  # Hz
    codec: str
    container: str
    bit_rate: int | None  # bits per second of the encoded audio, on average
    announced_seconds: float | None  # duration in the header; None if it was wrong and nothing is missing
    bad_packets: int = 0  # packets that could not be decoded
    bits: int | None = None  # per sample; lossless codecs only
    is_lossy: bool = False
    came_channels: int = 0  # before the downmix
    was_mended: bool = False  # NaN, infinite or extreme values were replaced

    @property
    def frames(self) -> int:
        return int(self.samples.shape[0])

    @property
    def channels(self) -> int:
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        return self.frames / self.sample_rate


def decode(path: str | Path, *, max_seconds: float = MAX_LENGTH_S, max_bytes: int = MAX_BYTES) -> Sound:
    """Decode a whole audio file; more than two channels are downmixed to stereo.

    Raises:
        NotAudio: empty, not audio, broken from the start, too long or too large.
    """
    path = Path(path)
    if path.stat().st_size > max_bytes:
        raise NotAudio(Message("The file is larger than the limit of {limit:.0f} MB.", limit=max_bytes / 1e6))
    if other_type := headers.instead_of_audio(path):
        raise NotAudio(other_type.sentence, is_message=other_type.is_message)
    try:
        with open_audio(path) as file:
            stream_reader = _Reading(file, max_seconds)
            samples, was_mended = _bound(stream_reader.samples())
            sound = _build_sound(path, file, stream_reader, samples)
    except MemoryError as error:
        raise NotAudio(_("This file needs too much memory to process.")) from error
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise NotAudio(UNPLAYABLE) from error
    return replace(_check_announced(path, sound, stream_reader), was_mended=was_mended)


def open_audio(path: Path) -> av.container.InputContainer:
    """Open a file for reading, with audio demuxers only and without access to other files or URLs."""
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    file: Any = corrected(path) or str(path)
    return cast(av.container.InputContainer, av.open(file, mode="r", options=options, **_ANY_TAGS))


def _build_sound(
    path: Path, file: av.container.InputContainer, stream_reader: "_Reading", samples: NDArray[np.float32]
) -> Sound:
    context = stream_reader.stream.codec_context
    lossless = bool(context.codec.lossless)
    bits = _BITS.get(context.format.name.removesuffix("p")) if lossless else None
    if lossless and (digits := "".join(filter(str.isdigit, context.name))) and context.name.startswith("pcm_"):
        bits = int(digits)
    if context.name == "flac" and (info := headers.stream_info(path)):
        bits = info.bits
    return Sound(
        samples,
        stream_reader.rate,
        context.name,
        file.format.name,
        stream_reader.bit_rate,
        headers.announced(path).seconds or (file.duration / av.time_base if file.duration else None),
        stream_reader.bad,
        bits,
        not lossless,
        stream_reader.came_channels,
    )


def _check_announced(path: Path, sound: Sound, stream_reader: "_Reading") -> Sound:
    """Remove a wrong announced duration: the decoded frames count, unless bytes are provably missing."""
    if (sound.announced_seconds or 0.0) - sound.seconds <= MAX_MISSING_S:
        return sound
    if sound.codec == "flac":
        is_short = not _is_whole_flac(path, sound)
    elif stream_reader.promised_packets:
        is_short = stream_reader.packets < stream_reader.promised_packets
    else:
        is_short = headers.announced(path).is_short
    return sound if is_short else replace(sound, announced_seconds=None)


def _is_whole_flac(path: Path, sound: Sound) -> bool:
    info = headers.stream_info(path)
    if info is None or not any(info.md5) or info.bits not in (16, 24) or sound.came_channels > 2:
        return not sound.bad_packets
    integers = np.rint(sound.samples * np.float32(2.0 ** (info.bits - 1))).astype("<i4")
    values = integers.astype("<i2") if info.bits == 16 else integers.reshape(-1, 1).view(np.uint8)[:, :3]
    return hashlib.md5(np.ascontiguousarray(values).tobytes(), usedforsecurity=False).digest() == info.md5


class _Reading:
    """One pass over the first audio stream of an open file."""

    def __init__(self, file: av.container.InputContainer, max_seconds: float) -> None:
        if not file.streams.audio:
            raise NotAudio(_("The file contains no audio."))
        self.file, self.stream = file, file.streams.audio[0]
        context = self.stream.codec_context
        if context is None:
            raise NotAudio(join_texts(_UNSUPPORTED_FORMAT, headers.ACCEPTED_FORMATS))
        self.rate, self.came_channels = context.sample_rate, context.channels
        if not RATE_RANGE_HZ[0] <= self.rate <= RATE_RANGE_HZ[1] or not 0 < self.came_channels <= MAX_CHANNELS:
            raise NotAudio(UNPLAYABLE)
        self.limit = max_seconds
        self.layout = "mono" if self.came_channels == 1 else "stereo"
        self.channels = min(self.came_channels, 2)
        self.room = min(int(max_seconds * self.rate), MAX_VALUES // self.channels)
        self.bad = self.packets = self._bytes = self._ticks = 0
        self.promised_packets = int(self.stream.frames)  # for containers with a packet table

    @property
    def bit_rate(self) -> int | None:
        seconds = float(self._ticks * (self.stream.time_base or 0))
        return round(8 * self._bytes / seconds) if seconds else None

    def samples(self) -> NDArray[np.float32]:
        expected_frames = int((self.file.duration or 0) / av.time_base * self.rate) + self.rate
        out = np.empty((max(1, min(expected_frames, self.room)), self.channels), np.float32)
        filled = 0
        for frame in self._frames():
            size = frame.samples
            if filled + size > self.room:
                raise NotAudio(
                    Message(
                        "The audio is longer than the limit of {minutes:.3g} minutes.",
                        minutes=self.room / self.rate / 60,
                    )
                )
            if filled + size > len(out):
                out.resize((min(self.room, 2 * (filled + size)), self.channels), refcheck=False)
            _write(frame, out[filled : filled + size])
            filled += size
        if not filled:
            raise NotAudio(_("The file contains no audio."))
        return _attenuate(out[:filled]) if self.came_channels > 2 else out[:filled]

    def _frames(self) -> Iterator[av.AudioFrame]:
        resampler: av.AudioResampler | None = None
        non_frame_packets = 0  # packets that are not frames, with no audio after them so far
        for packet in self.file.demux(self.stream):
            self.packets += packet.size > 0
            self._bytes += packet.size
            self._ticks += packet.duration or 0
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if self._is_no_frame(packet):
                    non_frame_packets += not bytes(packet).startswith(_TAGS)
                    continue
                self.bad += 1
                if self.bad > MAX_BAD_PACKETS:
                    raise
                continue
            if frames:
                self.bad, non_frame_packets = self.bad + non_frame_packets, 0
                if self.bad > MAX_BAD_PACKETS:
                    raise NotAudio(UNPLAYABLE)
            for frame in frames:
                is_same_layout = frame.sample_rate == self.rate and len(frame.layout.channels) == self.channels
                if resampler is None and is_same_layout and frame.format.name in _DIRECT:
                    yield frame
                    continue
                resampler = resampler or av.AudioResampler(format="flt", layout=self.layout, rate=self.rate)
                yield from resampler.resample(frame)
        if resampler is not None:
            yield from resampler.resample(None)

    def _is_no_frame(self, packet: "av.Packet[Any]") -> bool:
        """Return whether an MP3 packet is not an audio frame, such as tags after the audio."""
        start = bytes(packet)[:2]
        return self.stream.codec_context.name.startswith("mp3") and not (start[:1] == b"\xff" and start[1:] >= b"\xe0")


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


def _attenuate(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a downmix, attenuated as a whole if the sum would clip."""
    top = max(float(samples.max()), -float(samples.min()))
    if 1.0 < top < np.inf:
        samples *= np.float32(1 / top)
    return samples


def _bound(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], bool]:
    """Return finite samples within bounds, and whether any had to be replaced."""
    with np.errstate(invalid="ignore"):
        low, high = float(samples.min()), float(samples.max())
    if low >= -MAX_LEVEL and high <= MAX_LEVEL:  # both comparisons are false for NaN
        return samples, False
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -MAX_LEVEL, MAX_LEVEL, out=samples), True
