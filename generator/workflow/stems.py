"""The parts a provider made of a track: addresses of sounds, or of one archive of sounds; how was not published, so
both are read. Each part is decoded before it is believed.

What if the process dies here? A part is a row after its file; the delivery is fetched again and makes what is missing.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from generator.audio import NotAudio, isolated
from generator.models import Delivery, Event, Generation, Stem, Track
from generator.providers.errors import Failed
from generator.workflow import heartbeat, media, states
from generator.workflow.ingest import Unreadable

MOST_PARTS = 16
MOST_BYTES = 400_000_000  # of all parts of one archive, unpacked
CHUNK = 1 << 20
MOST_CONTENTS = 100_000  # bytes of table of contents
_TAIL = 22 + (1 << 16)  # where that table is announced
_NAMES = re.compile(
    r"vocals?|voice|drums?|bass|guitars?|piano|keys|strings|synth|other|instrumental|accompaniment", re.I
)
_WITHOUT = re.compile(r"(no|non|without|minus)[ _-]?(vocals?|voice)", re.I)


def store(delivery: Delivery, file: Path, held: heartbeat.Claim) -> int:
    """Keep every part in a downloaded file; return how many there are. Storing twice is harmless.

    Raises:
        Failed: there is no sound in it, or it is an archive that cannot be trusted.
    """
    generation = delivery.generation
    track = generation.action.track
    if track is None:
        raise Failed("The track was deleted before its parts arrived.")
    first = delivery.take * 100
    with file.open("rb") as opened:
        is_archive = opened.read(4) == b"PK\x03\x04"
    if is_archive:
        return _store_archive(generation, track, file, first, held)
    name = unquote(PurePosixPath(urlsplit(delivery.url).path).name)
    _store_one(generation, track, file, first, _title(name, delivery.take), held)
    return 1


def _store_archive(generation: Generation, track: Track, file: Path, first: int, held: heartbeat.Claim) -> int:
    count, useless = 0, 0
    for number, (name, part) in enumerate(_unpacked(file), start=1):
        try:
            _store_one(generation, track, part, first + number, _title(name, number), held)
            count += 1
        except Failed:
            useless += 1  # a text or a picture beside the sounds
        finally:
            part.unlink(missing_ok=True)
    if not count:
        raise Failed("There was no sound in the archive the provider delivered.")
    if useless:
        states.note(generation, f"{useless} of the files in the archive were no sounds and were left out")
    return count


def _unpacked(archive: Path) -> Iterator[tuple[str, Path]]:
    """Each file of an archive as (its name, a file of ours). Names are only ever read as titles, never as paths.

    Sizes are counted while unpacking, because an archive may lie about them.
    """
    room = MOST_BYTES
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = [entry for entry in zipped.infolist() if _is_part(entry)]
            if len(entries) > MOST_PARTS:
                raise Failed(f"The provider's archive holds {len(entries)} files; no track has so many parts.")
            for number, entry in enumerate(entries):
                part = archive.with_name(f"part-{number}")
                room -= _copy(zipped, entry, part, room)
                yield entry.filename, part
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise Failed("The provider's archive could not be unpacked.") from error


def _check_directory(archive: Path) -> None:
    """Refuse an archive whose table of contents alone would fill the memory, before anything reads that table."""
    with archive.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    record = tail[end : end + 22]
    if end < 0 or len(record) < 22 or b"PK\x06\x07" in tail or struct.unpack_from("<I", record, 12)[0] > MOST_CONTENTS:
        raise Failed("The provider's archive could not be unpacked.")


def _is_part(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename.replace("\\", "/")).name
    return not entry.is_dir() and not name.startswith(".") and "__MACOSX" not in entry.filename


def _copy(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, room: int) -> int:
    size = 0
    with zipped.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > room:
                raise Failed("The provider's archive is larger inside than the parts of any track can be.")
            out.write(chunk)
    return size


def _title(name: str, number: int) -> str:
    """What a part is called: the instrument its file's name tells, else that name when it is made of words."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    if _WITHOUT.search(stem):
        return "Without vocals"
    if found := _NAMES.search(stem):
        return found[0].capitalize()
    words = " ".join(re.findall(r"[^\W\d_]{3,}", stem))[:60]
    return words.capitalize() if words and len(words) > len(stem) / 2 else f"Part {number}"


def _store_one(
    generation: Generation, track: Track, file: Path, number: int, title: str, held: heartbeat.Claim
) -> None:
    held.alive()
    if Stem.objects.filter(generation=generation, number=number).exists():
        return
    try:
        part = isolated.take_in_part(file)
    except NotAudio as error:
        raise Unreadable(error) from error
    name, digest = media.keep(part.path, part.extension)
    _, is_new = Stem.objects.get_or_create(
        generation=generation,
        number=number,
        defaults={
            "track": track,
            "title": title,
            "file": name,
            "sha256": digest,
            "size": media.path(name).stat().st_size,
            "length_ms": round(part.seconds * 1000),
            "waveform": part.waveform,
            "lufs": part.lufs,
        },
    )
    if is_new:
        states.note(generation, f"{title} is ready", kind=Event.Kind.TAKE, data={"number": number, "sha256": digest})
