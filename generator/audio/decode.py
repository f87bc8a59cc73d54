"""From a file of unknown worth to samples: the whole file is decoded, so a broken one is found out here."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from generator.audio import headers
from generator.audio.corrected import corrected

MAX_SECONDS = 900.0
MAX_BYTES = 400_000_000
MAX_VALUES = 130_000_000  # samples of all channels: ten minutes of stereo at 96 kHz, a quarter of an hour at 48 kHz
MAX_BAD_PACKETS = 20
MAX_CHANNELS = 64
RATES = (4_000, 384_000)
LOUDEST = 1000.0  # 60 dB above full scale: no sound is louder, and sums of its squares stay finite
_TAGS = (b"ID3", b"3DI", b"TAG", b"APETAGEX", b"LYRICS")  # what stands between, before and after the frames of an MP3
LOST_S = 1.0  # a header that announces this much more than was decoded is asked for proof
# Demuxers that read sound and nothing else. Play lists (HLS, ffconcat) would open other files and addresses.
CONTAINERS = "mp3,wav,w64,rf64,flac,ogg,mov,mp4,m4a,aac,aiff,matroska,webm,caf,au"
# PyAV before 19 refuses a file for a tag that is not UTF-8 unless told otherwise; later ones lack the argument.
_ANY_TAGS: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.partition(".")[0]) < 19 else {}
UNPLAYABLE = "It is not an audio file that can be played."
_DIRECT = ("flt", "fltp", "s16", "s16p", "s32", "s32p")  # turned into floats here, without a resampler
_FULL_SCALE = {"flt": 1.0, "s16": 2.0**15, "s32": 2.0**31}
_BITS = {"u8": 8, "s16": 16, "s32": 24, "s64": 32, "flt": 32, "dbl": 64}


class NotAudio(Exception):
    """The file is not playable audio; the message says why in plain words.

    `is_message`: it is an answer in words, as servers give instead of a file, or nothing at all.
    """

    def __init__(self, sentence: str, *, is_message: bool = False) -> None:
        super().__init__(sentence)
        self.is_message = is_message


@dataclass(frozen=True)
class Sound:
    """Decoded audio. `samples` is float32, shape (frames, channels), nominally −1..1, one or two channels."""

    samples: NDArray[np.float32]
    sample_rate: int  # Hz
    codec: str
    container: str
    bit_rate: int | None  # bits per second of the coded sound, on average
    announced_seconds: float | None  # the length the header announces; None when it was wrong and nothing is missing
    bad_packets: int = 0  # pieces that could not be decoded
    bits: int | None = None  # of each sample, of a lossless codec
    is_lossy: bool = False
    came_channels: int = 0  # before they were mixed down
    was_mended: bool = False  # values that are no numbers, or beyond all bounds, were replaced

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
    if path.stat().st_size > max_bytes:
        raise NotAudio(f"The file is larger than {max_bytes / 1e6:.0f} MB.")
    if other := headers.instead_of_audio(path):
        raise NotAudio(other.sentence, is_message=other.is_message)
    try:
        with opened(path) as file:
            reading = _Reading(file, max_seconds)
            samples, was_mended = _bounded(reading.samples())
            sound = _sound(path, file, reading, samples)
    except MemoryError as error:
        raise NotAudio("It takes more memory to read than any track does.") from error
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise NotAudio(UNPLAYABLE) from error
    return replace(_believed(path, sound, reading), was_mended=was_mended)


def opened(path: Path) -> av.container.InputContainer:
    """A file for reading, with nothing but sound demuxed and no other file or address opened on its behalf."""
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
    file: Any = corrected(path) or str(path)
    return cast(av.container.InputContainer, av.open(file, mode="r", options=options, **_ANY_TAGS))


def _sound(path: Path, file: av.container.InputContainer, reading: "_Reading", samples: NDArray[np.float32]) -> Sound:
    context = reading.stream.codec_context
    lossless = bool(context.codec.lossless)
    bits = _BITS.get(context.format.name.removesuffix("p")) if lossless else None
    if lossless and (digits := "".join(filter(str.isdigit, context.name))) and context.name.startswith("pcm_"):
        bits = int(digits)
    if context.name == "flac" and (info := headers.stream_info(path)):
        bits = info.bits
    return Sound(
        samples,
        reading.rate,
        context.name,
        file.format.name,
        reading.bit_rate,
        headers.announced(path).seconds or (file.duration / av.time_base if file.duration else None),
        reading.bad,
        bits,
        not lossless,
        reading.came_channels,
    )


def _believed(path: Path, sound: Sound, reading: "_Reading") -> Sound:
    """The sound without an announcement that is wrong: decoded frames count, unless bytes are provably missing."""
    if (sound.announced_seconds or 0.0) - sound.seconds <= LOST_S:
        return sound
    if sound.codec == "flac":
        is_short = not _is_whole_flac(path, sound)
    elif reading.promised_packets:
        is_short = reading.packets < reading.promised_packets
    else:
        is_short = headers.announced(path).is_short
    return sound if is_short else replace(sound, announced_seconds=None)


def _is_whole_flac(path: Path, sound: Sound) -> bool:
    info = headers.stream_info(path)
    if info is None or not any(info.md5) or info.bits not in (16, 24) or sound.came_channels > 2:
        return not sound.bad_packets
    whole = np.rint(sound.samples * np.float32(2.0 ** (info.bits - 1))).astype("<i4")
    values = whole.astype("<i2") if info.bits == 16 else whole.reshape(-1, 1).view(np.uint8)[:, :3]
    return hashlib.md5(np.ascontiguousarray(values).tobytes(), usedforsecurity=False).digest() == info.md5


class _Reading:
    """One pass over the first audio stream of an open file."""

    def __init__(self, file: av.container.InputContainer, max_seconds: float) -> None:
        if not file.streams.audio:
            raise NotAudio("There is no sound in the file.")
        self.file, self.stream = file, file.streams.audio[0]
        context = self.stream.codec_context
        if context is None:
            raise NotAudio("The sound in the file is of a kind that is not supported. " + headers.TAKEN)
        self.rate, self.came_channels = context.sample_rate, context.channels
        if not RATES[0] <= self.rate <= RATES[1] or not 0 < self.came_channels <= MAX_CHANNELS:
            raise NotAudio(UNPLAYABLE)
        self.limit = max_seconds
        self.layout = "mono" if self.came_channels == 1 else "stereo"
        self.channels = min(self.came_channels, 2)
        self.room = min(int(max_seconds * self.rate), MAX_VALUES // self.channels)
        self.bad = self.packets = self._bytes = self._ticks = 0
        self.promised_packets = int(self.stream.frames)  # of containers with a table of them

    @property
    def bit_rate(self) -> int | None:
        seconds = float(self._ticks * (self.stream.time_base or 0))
        return round(8 * self._bytes / seconds) if seconds else None

    def samples(self) -> NDArray[np.float32]:
        known = int((self.file.duration or 0) / av.time_base * self.rate) + self.rate
        out = np.empty((max(1, min(known, self.room)), self.channels), np.float32)
        filled = 0
        for frame in self._frames():
            size = frame.samples
            if filled + size > self.room:
                raise NotAudio(f"It is longer than {self.room / self.rate / 60:.3g} minutes.")
            if filled + size > len(out):
                out.resize((min(self.room, 2 * (filled + size)), self.channels), refcheck=False)
            _write(frame, out[filled : filled + size])
            filled += size
        if not filled:
            raise NotAudio("There is no sound in the file.")
        return _mixed(out[:filled]) if self.came_channels > 2 else out[:filled]

    def _frames(self) -> Iterator[av.AudioFrame]:
        resampler: av.AudioResampler | None = None
        loose = 0  # pieces that are no frames, and have had no sound after them so far
        for packet in self.file.demux(self.stream):
            self.packets += packet.size > 0
            self._bytes += packet.size
            self._ticks += packet.duration or 0
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if self._is_no_frame(packet):
                    loose += not bytes(packet).startswith(_TAGS)
                    continue
                self.bad += 1
                if self.bad > MAX_BAD_PACKETS:
                    raise
                continue
            if frames:
                self.bad, loose = self.bad + loose, 0
                if self.bad > MAX_BAD_PACKETS:
                    raise NotAudio(UNPLAYABLE)
            for frame in frames:
                same = frame.sample_rate == self.rate and len(frame.layout.channels) == self.channels
                if resampler is None and same and frame.format.name in _DIRECT:
                    yield frame
                    continue
                resampler = resampler or av.AudioResampler(format="flt", layout=self.layout, rate=self.rate)
                yield from resampler.resample(frame)
        if resampler is not None:
            yield from resampler.resample(None)

    def _is_no_frame(self, packet: av.Packet) -> bool:
        """Whether a piece of an MP3 is something else that was put there, such as tags behind the sound."""
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


def _mixed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mix of many channels, turned down as a whole where their sum would clip."""
    top = max(float(samples.max()), -float(samples.min()))
    if 1.0 < top < np.inf:
        samples *= np.float32(1 / top)
    return samples


def _bounded(samples: NDArray[np.float32]) -> tuple[NDArray[np.float32], bool]:
    """Samples that can be counted with, and whether some had to be replaced."""
    with np.errstate(invalid="ignore"):
        low, high = float(samples.min()), float(samples.max())
    if low >= -LOUDEST and high <= LOUDEST:  # neither holds of what is not a number
        return samples, False
    np.nan_to_num(samples, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -LOUDEST, LOUDEST, out=samples), True
