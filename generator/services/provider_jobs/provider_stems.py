"""Stems made by a provider: audio files, or one archive of them.

The provider does not document which, so both are read. Each stem is decoded before it is accepted.
What if the process dies here? A stem's row comes after its file; the output is fetched again and adds missing stems.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from generator.audio import NotAudio, sandbox
from generator.messages import Message, gettext_noop
from generator.models import Generation, GenerationEvent, RemoteOutput, Stem, Track
from generator.providers.errors import Failed
from generator.services.background import claims
from generator.services.generation import states
from generator.services.generation.ingest import Unreadable
from generator.services.library import media

MAX_STEMS = 16
MAX_ARCHIVE_BYTES = 400_000_000  # unpacked size of all stems of one archive
CHUNK_BYTES = 1 << 20
MAX_DIRECTORY_BYTES = 100_000  # bytes of the archive's central directory
_TAIL = 22 + (1 << 16)  # size of the tail that holds the end-of-central-directory record
_NAMES = re.compile(
    r"vocals?|voice|drums?|bass|guitars?|piano|keys|strings|synth|other|instrumental|accompaniment", re.I
)
_WITHOUT = re.compile(r"(no|non|without|minus)[ _-]?(vocals?|voice)", re.I)


def store(output: RemoteOutput, file: Path, claim: claims.Claim) -> int:
    """Store every stem in a downloaded file and return their number; idempotent.

    Raises:
        Failed: the file contains no audio, or is an unsafe archive.
    """
    generation = output.generation
    track = generation.provider_action.track
    if track is None:
        raise Failed(gettext_noop("The track was deleted before its stems arrived."))
    first_number = output.take * 100
    with file.open("rb") as opened:
        is_archive = opened.read(4) == b"PK\x03\x04"
    if is_archive:
        return _store_archive(generation, track, file, first_number, claim)
    name = unquote(PurePosixPath(urlsplit(output.url).path).name)
    _store_one(generation, track, file, first_number, _title(name, output.take), claim)
    return 1


def _store_archive(generation: Generation, track: Track, file: Path, first_number: int, claim: claims.Claim) -> int:
    count, useless = 0, 0
    for number, (name, part) in enumerate(_unpacked(file), start=1):
        try:
            _store_one(generation, track, part, first_number + number, _title(name, number), claim)
            count += 1
        except Failed:
            useless += 1  # a text or a picture next to the audio
        finally:
            part.unlink(missing_ok=True)
    if not count:
        raise Failed(gettext_noop("The archive that the provider delivered contains no audio."))
    if useless:
        states.note(
            generation,
            Message("{useless} of the files in the archive were not audio and were skipped", useless=useless),
        )
    return count


def _unpacked(archive: Path) -> Iterator[tuple[str, Path]]:
    """Yield each file of an archive as (name in the archive, unpacked file); names serve as titles, never as paths.

    Sizes are counted while unpacking, because an archive may declare false ones.
    """
    bytes_left = MAX_ARCHIVE_BYTES
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive) as zipped:
            entries = [entry for entry in zipped.infolist() if _is_part(entry)]
            if len(entries) > MAX_STEMS:
                raise Failed(
                    Message(
                        "The provider’s archive contains {count} files, more than a track has stems.",
                        count=len(entries),
                    )
                )
            for number, entry in enumerate(entries):
                part = archive.with_name(f"part-{number}")
                bytes_left -= _copy(zipped, entry, part, bytes_left)
                yield entry.filename, part
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise Failed(gettext_noop("The provider’s archive could not be unpacked.")) from error


def _check_directory(archive: Path) -> None:
    """Reject an archive whose central directory would exhaust memory, before it is read."""
    with archive.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - _TAIL))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    record = tail[end : end + 22]
    if (
        end < 0
        or len(record) < 22
        or b"PK\x06\x07" in tail
        or struct.unpack_from("<I", record, 12)[0] > MAX_DIRECTORY_BYTES
    ):
        raise Failed(gettext_noop("The provider’s archive could not be unpacked."))


def _is_part(entry: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(entry.filename.replace("\\", "/")).name
    return not entry.is_dir() and not name.startswith(".") and "__MACOSX" not in entry.filename


def _copy(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, max_bytes: int) -> int:
    size = 0
    with zipped.open(entry) as source, target.open("wb") as out:
        while chunk := source.read(CHUNK_BYTES):
            size += len(chunk)
            if size > max_bytes:
                raise Failed(gettext_noop("The provider’s archive is too large when unpacked."))
            out.write(chunk)
    return size


def _title(name: str, number: int) -> str:
    """Return a stem's title: the instrument in its file name, else the name if it consists of words."""
    stem = PurePosixPath(name.replace("\\", "/")).stem
    if _WITHOUT.search(stem):
        return "Without vocals"
    if instrument := _NAMES.search(stem):
        return instrument[0].capitalize()
    text = " ".join(re.findall(r"[^\W\d_]{3,}", stem))[:60]
    return text.capitalize() if text and len(text) > len(stem) / 2 else f"Stem {number}"


def _store_one(generation: Generation, track: Track, file: Path, number: int, title: str, claim: claims.Claim) -> None:
    claim.alive()
    if Stem.objects.filter(generation=generation, number=number).exists():
        return
    try:
        part = sandbox.take_in_part(file)
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
        states.note(
            generation,
            Message("{title} is ready", title=title),
            kind=GenerationEvent.Kind.TAKE,
            data={"number": number, "sha256": digest},
        )
