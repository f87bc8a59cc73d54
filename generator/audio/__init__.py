"""Audio files: decoding, measurement, quality checks, cover art, tagging and encoding. Pure functions."""

from generator.audio.checksum import sha256
from generator.audio.cover_art import draw_cover
from generator.audio.decode import MAX_BYTES as MAX_AUDIO_BYTES
from generator.audio.decode import MAX_LENGTH_S as MAX_AUDIO_S
from generator.audio.decode import NotAudio, Sound, decode
from generator.audio.encode import FORMATS, Format, convert, encode
from generator.audio.excerpt import Excerpt, excerpt
from generator.audio.filenames import codec_title, disposition, file_name, is_lossy, label, unused_name
from generator.audio.intake import Part, Taken, Wanted, take_in
from generator.audio.measure import Measurements, measure
from generator.audio.quality_checks import Finding, inspect
from generator.audio.tags import Tags, read_cover, read_tags, write_tags
from generator.audio.waveform import waveform_path, waveform_peaks

__all__ = [
    "FORMATS",
    "MAX_AUDIO_BYTES",
    "MAX_AUDIO_S",
    "Excerpt",
    "Finding",
    "Format",
    "Measurements",
    "NotAudio",
    "Part",
    "Sound",
    "Tags",
    "Taken",
    "Wanted",
    "codec_title",
    "convert",
    "decode",
    "disposition",
    "draw_cover",
    "encode",
    "excerpt",
    "file_name",
    "inspect",
    "is_lossy",
    "label",
    "measure",
    "read_cover",
    "read_tags",
    "sha256",
    "take_in",
    "unused_name",
    "waveform_path",
    "waveform_peaks",
    "write_tags",
]
