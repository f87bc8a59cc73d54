"""Files that are handed over: the formats people deliver in, with loop points, cues, and tags that other programs see.

`generator/audio/encode.py` writes the files that the studio keeps; this package writes those that leave it.
"""

from generator.audio.export.exporting import BroadcastInfo, Description, Exported, Levels, export, read_loop
from generator.audio.export.formats import FILE_FORMATS, ExportError, FileFormat, Settings, choose_settings
from generator.audio.export.wav_chunks import read_marks

__all__ = [
    "FILE_FORMATS",
    "BroadcastInfo",
    "Description",
    "ExportError",
    "Exported",
    "FileFormat",
    "Levels",
    "Settings",
    "choose_settings",
    "export",
    "read_loop",
    "read_marks",
]
