"""From a file of unknown worth to samples: the whole file is decoded, so a broken one is found out here."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

MAX_SECONDS = 900.0
MAX_BYTES = 400_000_000
MAX_BAD_PACKETS = 20
_TEXT_STARTS = (b"<!do", b"<htm", b"<?xm", b"{", b"[")


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
        with av.open(str(path), mode="r", metadata_errors="ignore") as file:
            if not file.streams.audio:
                raise NotAudio("There is no sound in the file.")
            stream = file.streams.audio[0]
            chunks, rate = _chunks(file, stream, max_seconds)
            announced = file.duration / av.time_base if file.duration else None
            codec, container = stream.codec_context.name, file.format.name
            bit_rate = file.bit_rate or None
    except av.FFmpegError as error:
        raise NotAudio("It is not an audio file that can be played.") from error
    if not chunks:
        raise NotAudio("There is no sound in the file.")
    samples = np.concatenate(chunks)
    if not np.isfinite(samples).all():
        samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    return Sound(samples, rate, codec, container, bit_rate, announced)


def _check_bytes(path: Path, max_bytes: int) -> None:
    size = path.stat().st_size
    if size == 0:
        raise NotAudio("The file is empty.")
    if size > max_bytes:
        raise NotAudio("The file is larger than any track can be.")
    with path.open("rb") as file:
        start = file.read(64).lstrip().lower()
    if start.startswith(_TEXT_STARTS):
        raise NotAudio("It is a text page, not an audio file.")


def _chunks(
    file: av.container.InputContainer, stream: av.AudioStream, max_seconds: float
) -> tuple[list[NDArray[np.float32]], int]:
    rate = stream.codec_context.sample_rate
    layout = "mono" if stream.codec_context.channels == 1 else "stereo"
    to_float = av.AudioResampler(format="flt", layout=layout, rate=rate)
    channels = 1 if layout == "mono" else 2
    chunks: list[NDArray[np.float32]] = []
    room = int(max_seconds * rate)
    bad = 0
    for packet in file.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            bad += 1
            if bad > MAX_BAD_PACKETS:
                raise
            continue
        for frame in frames:
            for converted in to_float.resample(frame):
                chunk = converted.to_ndarray().reshape(-1, channels)
                room -= len(chunk)
                if room < 0:
                    raise NotAudio(f"It is longer than {max_seconds / 60:.0f} minutes.")
                chunks.append(chunk)
    chunks += [rest.to_ndarray().reshape(-1, channels) for rest in to_float.resample(None)]
    return chunks, rate
