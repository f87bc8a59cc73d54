"""File type detection from the first bytes, and the audio duration announced by a header.

An announced duration is an estimate. Only what was decoded counts, unless the bytes themselves prove that some are
missing.
"""

import codecs
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from generator.audio.header_repair import MIN_PIPED_BYTES, corrected
from generator.messages import gettext_noop as _
from generator.messages import join_texts

_TEXT_PROBE_BYTES = 512  # bytes that distinguish text from audio
_ID3V1_BYTES = 128

_Kind = tuple[tuple[bytes, ...], str]  # magic numbers, message
_TEXTS: tuple[_Kind, ...] = (
    ((b"<!doctype html", b"<html", b"<head", b"<body"), _("This is a web page, not an audio file.")),
    ((b"<?xml", b"<error"), _("This is an error message (XML), not an audio file.")),
    ((b"{", b"["), _("This is data (JSON), not an audio file.")),
    ((b"#extm3u", b"[playlist]", b"ffconcat"), _("This is a playlist, which contains no audio itself.")),
)
_SOUND_STARTS = (b"fLaC", b"RIFF", b"RIFX", b"RF64", b"BW64", b"OggS", b"ID3", b"FORM", b"caff", b".snd")
_PICTURES: _Kind = ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), _("This is an image, not an audio file."))
_ARCHIVES: _Kind = (
    (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"),
    _("This is an archive. Unpack it first."),
)
ACCEPTED_FORMATS = _("Use MP3, M4A, WAV, FLAC, AIFF, or OGG.")
_UNSUPPORTED: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",), _("WMA files are not supported.")),
    ((b"wvpk",), _("WavPack files are not supported.")),
    ((b"RIFX",), _("WAV files of this kind (RIFX) are not supported.")),
    ((b"\x0b\x77", b"\x77\x0b"), _("AC-3 files are not supported.")),
    (
        (b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\x00", b"DTSHDHDR"),
        _("DTS files are not supported."),
    ),
    ((b"MAC ",), _("Monkey’s Audio files are not supported.")),
    ((b"MPCK", b"MP+"), _("Musepack files are not supported.")),
    ((b"TTA1", b"TTA2"), _("True Audio files are not supported.")),
    ((b"tBaK",), _("TAK files are not supported.")),
    ((b"OFR ",), _("OptimFROG files are not supported.")),
    ((b"DSD ", b"FRM8"), _("DSD files are not supported.")),
    ((b"#!AMR",), _("AMR files are not supported.")),
    ((b"#!SILK", b"\x02#!SILK"), _("SILK files are not supported.")),
    ((b".RMF", b".ra\xfd"), _("RealAudio files are not supported.")),
    ((b"MThd",), _("MIDI files contain notes instead of audio and are not supported.")),
    ((b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"FLV\x01"), _("Videos of this kind are not supported.")),
)


@dataclass(frozen=True)
class Start:
    """Why a file is not readable audio: the message, and whether the file is a text response."""

    sentence: str
    is_message: bool = False


def instead_of_audio(path: Path) -> Start | None:
    """Return what else the first bytes show the file to be; None: it may be audio."""
    with path.open("rb") as file:
        start = file.read(_TEXT_PROBE_BYTES)
    if not start:
        return Start(_("The file is empty."), is_message=True)
    for starts, sentence in (_PICTURES, _ARCHIVES):
        if start.startswith(starts):
            return Start(sentence)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Start(_PICTURES[1])
    if (start[:4] == b"RIFF" and start[8:12] == b"AVI ") or (start[:1] == start[188:189] == start[376:377] == b"G"):
        return Start(join_texts(_("Videos of this kind are not supported."), ACCEPTED_FORMATS))
    begin = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for starts, sentence in _TEXTS:
        if begin.startswith(starts):
            return Start(sentence, is_message=True)
    if _is_text(start):
        return Start(_("This is a text file, not an audio file."), is_message=True)
    for starts, sentence in _UNSUPPORTED:
        if start.startswith(starts):
            return Start(join_texts(sentence, ACCEPTED_FORMATS))
    if _is_free_format(path, start):
        return Start(
            join_texts(_("MP3 files without a fixed bit rate (“free format”) are not supported."), ACCEPTED_FORMATS)
        )
    return None


def _is_free_format(path: Path, start: bytes) -> bool:
    """Return whether the first frame is MPEG audio with bit rate index 0 (ISO/IEC 11172-3, 2.4.2.3)."""
    if start[:3] == b"ID3":
        size = sum((byte & 0x7F) << shift for byte, shift in zip(start[6:10], (21, 14, 7, 0), strict=False))
        with path.open("rb") as file:
            file.seek(10 + size)
            start = file.read(4)
    if len(start) < 4 or start[0] != 0xFF or start[1] & 0xE0 != 0xE0:
        return False
    version, layer = start[1] >> 3 & 3, start[1] >> 1 & 3
    return version != 1 and layer != 0 and start[2] >> 4 == 0 and start[2] >> 2 & 3 != 3


def _is_text(start: bytes) -> bool:
    if start.startswith(_SOUND_STARTS):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)  # the last character may be incomplete
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t" for char in text)


# --- announced durations ---


@dataclass(frozen=True)
class Announced:
    """A header's announced duration. `is_short`: some of the bytes it counts are missing."""

    seconds: float | None = None
    is_short: bool = False


def announced(path: Path) -> Announced:
    """Return the duration in the file's own header, where it says more than the demuxer reports."""
    with corrected(path) or path.open("rb") as file:
        start = file.read(12)
        if start[:4] == b"RIFF":
            return _announced_by_wav(file, path.stat().st_size)
        return _announced_by_mp3(file, path.stat().st_size)


def _announced_by_wav(file: BinaryIO, size: int) -> Announced:
    """Read the data chunk's size, as FFmpeg reports a shorter one for truncated files; piped files announce nothing."""
    byte_rate = 0
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            if not byte_rate or not 0 < length < MIN_PIPED_BYTES:
                return Announced()
            return Announced(length / byte_rate, file.tell() + length > size)
        body = file.read(16) if name == b"fmt " else b""
        if len(body) == 16:
            byte_rate = struct.unpack_from("<I", body, 8)[0]
        file.seek(length + length % 2 - len(body), 1)
    return Announced()


def _announced_by_mp3(file: BinaryIO, size: int) -> Announced:
    """Read the byte count in a Xing header; the demuxer already knows its frame count."""
    file.seek(0)
    head = file.read(10)
    first = 0
    if head[:3] == b"ID3":
        first = 10 + sum((byte & 0x7F) << (7 * position) for position, byte in enumerate(reversed(head[6:10])))
    file.seek(first)
    frame = file.read(256)
    if frame[:1] != b"\xff":
        return Announced()
    for mark in (b"Xing", b"Info"):
        offset = frame.find(mark)
        if offset < 0 or len(frame) < offset + 16:
            continue
        flags, *numbers = struct.unpack_from(">III", frame, offset + 4)
        if flags & 2:
            byte_count = numbers[1] if flags & 1 else numbers[0]
            return Announced(None, first + byte_count > size + _ID3V1_BYTES)
    return Announced()


@dataclass(frozen=True)
class StreamInfo:
    """The STREAMINFO block of a FLAC file."""

    bits: int
    frames: int  # 0: unknown
    md5: bytes  # of the decoded audio; all zero: unknown


def stream_info(path: Path) -> StreamInfo | None:
    """Read the STREAMINFO block; None: the file does not begin with a FLAC stream."""
    with path.open("rb") as file:
        head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F:
        return None
    packed = int.from_bytes(head[18:26], "big")
    return StreamInfo((packed >> 36 & 0x1F) + 1, packed & 0xF_FFFF_FFFF, head[26:42])


def first_flac_frame(path: Path) -> int | None:
    """Return the offset of the first audio frame, after the metadata blocks; None: not a FLAC file."""
    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            return None
        while len(head := file.read(4)) == 4:
            file.seek(int.from_bytes(head[1:], "big"), 1)
            if head[0] & 0x80:
                return file.tell()
    return None
