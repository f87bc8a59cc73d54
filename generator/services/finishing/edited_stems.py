"""The stems of an edit: each edited as the mix was, in one zip per file format, together with the mix.

One stem after the other is in memory. The stems have no gain of their own and go through no limiter of their own: the
limiter's curve is that of the mix, so that their sum stays the mix.
"""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.audio import Tags, file_name, sandbox, unused_name
from generator.audio.edited_files import AppliedEdit
from generator.audio.editing.recipe import Format
from generator.messages import gettext_noop
from generator.models import Stem, Track
from generator.services.background import claims
from generator.services.library import media
from generator.translation import translate

MIX = gettext_noop("Mix")


@dataclass(frozen=True)
class EditedMix:
    """The edited mix as an array, what was done to it, and what its files say."""

    array: Path
    plan: Path
    applied: AppliedEdit
    tags: Tags
    cover: bytes | None


def stems_of(track: Track) -> list[Stem]:
    """Return the stems that belong to a track's mix: the newest set, whoever made it."""
    rows = list(track.stems.all())
    newest = max((stem.generation_id for stem in rows), default=None)
    return sorted((stem for stem in rows if stem.generation_id == newest), key=lambda stem: stem.number)


def identity(track: Track) -> str:
    """Return what identifies the stems of a track: other stems make another file."""
    return ",".join(stem.sha256 for stem in stems_of(track))


def make_zips(
    track: Track, edited: EditedMix, formats: Sequence[Format], folder: Path, claim: claims.Claim
) -> list[tuple[Format, Path]]:
    """Return a zip of the edited stems and the edited mix for each format.

    Raises:
        NotAudio, FileNotFoundError, sandbox.Interrupted: a stem cannot be read, or the work was interrupted.
    """
    targets = [(format, folder / f"stems-{number}.zip") for number, format in enumerate(formats)]
    names: set[str] = set()
    mix = sandbox.unpack_mix(media.path(track.file), folder / "mix.npy")
    _pack(edited.array, _entry(track, str(translate(MIX)), names), edited, targets, folder)
    for stem in stems_of(track):
        array = folder / "stem.npy"
        sandbox.apply_to_stem(media.path(stem.file), mix, edited.plan, array)
        claim.alive()
        title = str(translate(stem.title))
        named = replace(edited, tags=replace(edited.tags, title=f"{edited.tags.title} - {title}"))
        _pack(array, _entry(track, title, names), named, targets, folder)
        array.unlink()
        claim.alive()
    mix.array.unlink()
    return targets


def _entry(track: Track, title: str, names: set[str]) -> str:
    """Return a name within the archives, without its ending."""
    name = unused_name(file_name(f"{track.title} - {title}", ext="wav"), names)
    names.add(name)
    return name.removesuffix(".wav")


def _pack(array: Path, name: str, edited: EditedMix, targets: Iterable[tuple[Format, Path]], folder: Path) -> None:
    """Write an array in every format, and add the files to the archives."""
    for format, archive in targets:
        file = folder / f"part.{format.format}"
        sandbox.export_file(array, file, edited.applied, format, edited.tags, edited.cover)
        with zipfile.ZipFile(archive, "a", zipfile.ZIP_STORED) as out:
            out.write(file, f"{name}.{format.format}")
        file.unlink()
