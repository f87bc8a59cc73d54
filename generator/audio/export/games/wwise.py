"""The list that Wwise imports layers and sections from.

Columns and paths: Audiokinetic, Wwise Help, "Importing Media Files from Tab Delimited Text Files"
(https://www.audiokinetic.com/library/edge/?source=Help&id=importing_media_files_from_tab_delimited_text_file). File
paths are relative to the list, object paths to the import destination: a work unit of the interactive music. The text
is UTF-8. Tempo and cues cannot be imported; the notes say them, and the cues are markers in the WAV files.
"""

from collections.abc import Iterable
from dataclasses import dataclass

COLUMNS = ("Audio File", "Object Path", "Object Type", "Notes")
SEGMENT, TRACK, PLAYLIST = "Music Segment", "Music Track", "Music Playlist Container"


@dataclass(frozen=True)
class ImportedTrack:
    """A WAV as a track of a segment; segments of one name are one. `container` is around it, if there is one."""

    path: str
    segment: str
    track: str
    notes: str
    container: str = ""


def import_list(tracks: Iterable[ImportedTrack]) -> str:
    """Return the table, with CR LF as spreadsheets write it."""
    rows = [COLUMNS]
    for track in tracks:
        around = f"<{PLAYLIST}>{track.container}\\" if track.container else ""
        object_path = f"{around}<{SEGMENT}>{track.segment}\\<{TRACK}>{track.track}"
        rows.append((track.path.replace("/", "\\"), object_path, TRACK, track.notes))
    return "".join("\t".join(_cell(cell) for cell in row) + "\r\n" for row in rows)


def _cell(text: str) -> str:
    return " ".join(text.split())
