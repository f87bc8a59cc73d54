"""Audio files as the studio needs them: decoded, measured, judged, drawn, tagged and written. Pure functions."""

from generator.audio.cover import draw_cover
from generator.audio.decode import NotAudio, Sound, decode
from generator.audio.encode import FORMATS, Format, convert, encode
from generator.audio.excerpt import Excerpt, excerpt
from generator.audio.files import sha256
from generator.audio.gate import Finding, inspect
from generator.audio.intake import Part, Taken, Wanted, take_in
from generator.audio.measure import Measurements, measure
from generator.audio.naming import codec_title, disposition, file_name, is_lossy, label, unused_name
from generator.audio.tags import Tags, read_cover, read_tags, write_tags
from generator.audio.waveform import waveform_path, waveform_peaks

__all__ = [
    "FORMATS",
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
