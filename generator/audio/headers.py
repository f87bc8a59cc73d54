"""What the first bytes of a file say: which kind of thing it is, and how much sound its header announces.

An announcement is an estimate. Only what was decoded counts, unless the bytes themselves prove that some are missing.
"""

import codecs
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from generator.audio.corrected import PIPED, corrected

_LOOK = 512  # bytes that tell a text from a sound
_ID3V1 = 128

_Kind = tuple[tuple[bytes, ...], str]  # how it starts, what to say
_TEXTS: tuple[_Kind, ...] = (
    ((b"<!doctype html", b"<html", b"<head", b"<body"), "It is a web page, not an audio file."),
    ((b"<?xml", b"<error"), "It is an error message (XML), not an audio file."),
    ((b"{", b"["), "It is a data message (JSON), not an audio file."),
    ((b"#extm3u", b"[playlist]", b"ffconcat"), "It is a play list: a list of files, without sound of its own."),
)
_SOUND_STARTS = (b"fLaC", b"RIFF", b"RIFX", b"RF64", b"BW64", b"OggS", b"ID3", b"FORM", b"caff", b".snd")
_PICTURES: _Kind = ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "It is a picture, not an audio file.")
_ARCHIVES: _Kind = ((b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"), "It is an archive; unpack it first.")
TAKEN = "Use MP3, M4A, WAV, FLAC, AIFF or Ogg."
_UNSUPPORTED: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",), "WMA files are"),
    ((b"wvpk",), "WavPack files are"),
    ((b"RIFX",), "WAV files of this kind (RIFX) are"),
    ((b"\x0b\x77", b"\x77\x0b"), "AC-3 files are"),
    ((b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\x00", b"DTSHDHDR"), "DTS files are"),
    ((b"MAC ",), "Monkey’s Audio files are"),
    ((b"MPCK", b"MP+"), "Musepack files are"),
    ((b"TTA1", b"TTA2"), "True Audio files are"),
    ((b"tBaK",), "TAK files are"),
    ((b"OFR ",), "OptimFROG files are"),
    ((b"DSD ", b"FRM8"), "DSD files are"),
    ((b"#!AMR",), "AMR files are"),
    ((b"#!SILK", b"\x02#!SILK"), "SILK files are"),
    ((b".RMF", b".ra\xfd"), "RealAudio files are"),
    ((b"MThd",), "MIDI files hold notes instead of sound, and are"),
    ((b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"FLV\x01"), "Films of this kind are"),
)


@dataclass(frozen=True)
class Start:
    """What a file is instead of a sound that can be read: the sentence, and whether it is an answer in words."""

    sentence: str
    is_message: bool = False


def instead_of_audio(path: Path) -> Start | None:
    """What the first bytes show to be something else; None: it may be a sound."""
    with path.open("rb") as file:
        start = file.read(_LOOK)
    if not start:
        return Start("The file is empty.", is_message=True)
    for starts, sentence in (_PICTURES, _ARCHIVES):
        if start.startswith(starts):
            return Start(sentence)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return Start(_PICTURES[1])
    begin = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for starts, sentence in _TEXTS:
        if begin.startswith(starts):
            return Start(sentence, is_message=True)
    if _is_text(start):
        return Start("It is a text, not an audio file.", is_message=True)
    for starts, named in _UNSUPPORTED:
        if start.startswith(starts):
            return Start(f"{named} not supported. {TAKEN}")
    return None


def _is_text(start: bytes) -> bool:
    if start.startswith(_SOUND_STARTS):
        return False
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)  # the last letter may be cut in two
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char in "\r\n\t" for char in text)


# --- announcements ---


@dataclass(frozen=True)
class Announced:
    """What a header announces. `is_short`: the bytes it counts are not all there."""

    seconds: float | None = None
    is_short: bool = False


def announced(path: Path) -> Announced:
    """What the file's own header says of its length, where that is more than the demuxer tells."""
    with corrected(path) or path.open("rb") as file:
        start = file.read(12)
        if start[:4] == b"RIFF":
            return _of_wav(file, path.stat().st_size)
        return _of_mp3(file, path.stat().st_size)


def _of_wav(file: BinaryIO, size: int) -> Announced:
    """The data chunk's own size, where FFmpeg tells the shorter one of a file cut off; piped ones announce nothing."""
    byte_rate = 0
    while len(head := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", head)
        if name == b"data":
            if not byte_rate or not 0 < length < PIPED:
                return Announced()
            return Announced(length / byte_rate, file.tell() + length > size)
        body = file.read(16) if name == b"fmt " else b""
        if len(body) == 16:
            byte_rate = struct.unpack_from("<I", body, 8)[0]
        file.seek(length + length % 2 - len(body), 1)
    return Announced()


def _of_mp3(file: BinaryIO, size: int) -> Announced:
    """The count of bytes in a Xing header; its count of frames is known to the demuxer already."""
    file.seek(0)
    head = file.read(10)
    first = 0
    if head[:3] == b"ID3":
        first = 10 + sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(reversed(head[6:10])))
    file.seek(first)
    frame = file.read(256)
    if frame[:1] != b"\xff":
        return Announced()
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark)
        if at < 0 or len(frame) < at + 16:
            continue
        flags, *numbers = struct.unpack_from(">III", frame, at + 4)
        if flags & 2:
            counted = numbers[1] if flags & 1 else numbers[0]
            return Announced(None, first + counted > size + _ID3V1)
    return Announced()


@dataclass(frozen=True)
class StreamInfo:
    """The first block of a FLAC file."""

    bits: int
    frames: int  # 0: not told
    md5: bytes  # of the decoded sound; all zero: not told


def stream_info(path: Path) -> StreamInfo | None:
    """None: it is not a FLAC file that begins where a FLAC file begins."""
    with path.open("rb") as file:
        head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F:
        return None
    packed = int.from_bytes(head[18:26], "big")
    return StreamInfo((packed >> 36 & 0x1F) + 1, packed & 0xF_FFFF_FFFF, head[26:42])


def first_flac_frame(path: Path) -> int | None:
    """Where the sound of a FLAC file begins, behind its blocks of metadata; None: it is not one."""
    with path.open("rb") as file:
        if file.read(4) != b"fLaC":
            return None
        while len(head := file.read(4)) == 4:
            file.seek(int.from_bytes(head[1:], "big"), 1)
            if head[0] & 0x80:
                return file.tell()
    return None
