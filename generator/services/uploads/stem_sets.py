"""Sets of uploaded stems: brought to the rate and the length of their track's mix, and compared with it."""

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from generator.audio import NotAudio, sandbox
from generator.audio.prepared_files import Mix
from generator.audio.stem_files import FittedStem
from generator.messages import Message, gettext_noop
from generator.models import UPLOADED_STEMS, GenerationEvent, Stem, Track, TrackUpload
from generator.services.background import claims
from generator.services.generation import states
from generator.services.library import media
from generator.services.uploads import records

NOT_ADDED = gettext_noop("Not added, because another file of the set does not fit.")
DIFFERENCE_KEY = "difference_db"  # in the history of a set


@dataclass(frozen=True)
class _Ready:
    upload: TrackUpload
    path: Path
    stem: FittedStem


def read(uploads: list[TrackUpload], claim: claims.Claim) -> dict[int, str]:
    """Read a set and store its stems; return what is wrong with which upload, in which case nothing is stored.

    Raises:
        NotAudio, FileNotFoundError, sandbox.Interrupted: as for a track.
    """
    track = uploads[0].track
    if track is None:
        raise FileNotFoundError("the track of the stems is gone")
    problems: dict[int, str] = {}
    ready: list[_Ready] = []
    with media.workshop() as folder:
        mix = sandbox.unpack_mix(media.path(track.file), folder / "mix.npy")
        total = folder / "total.npy"
        for number, upload in enumerate(uploads):
            target = folder / f"{number}.flac"
            try:
                stem = sandbox.fit_stem(media.path(upload.file), mix, target, total)
            except NotAudio as error:
                problems[upload.pk] = error.sentence
                continue
            claim.alive()
            if stem.fits:
                ready.append(_Ready(upload, target, stem))
            else:
                problems[upload.pk] = _misfit(stem, mix)
        if not problems:
            _store(track, ready, sandbox.difference_to_mix(mix, total), claim)
    return problems


def difference_of(track: Track) -> float | None:
    """Return how far the newest uploaded set is from the mix, in dB of the mix; None if there is none."""
    newest = track.stems.filter(generation__model__key=UPLOADED_STEMS).order_by("-generation_id").first()
    event = newest.generation.events.filter(data__has_key=DIFFERENCE_KEY).last() if newest else None
    return event.data[DIFFERENCE_KEY] if event else None


def _misfit(stem: FittedStem, mix: Mix) -> str:
    length = f"{abs(stem.excess_s):.2f}"
    values = {"seconds": length, "mix": f"{mix.seconds:.2f}"}
    if stem.excess_s > 0:
        return Message("It is {seconds} s longer than the track, which has {mix} s.", **values)
    return Message("It is {seconds} s shorter than the track, which has {mix} s.", **values)


def _store(track: Track, ready: list[_Ready], difference_db: float | None, claim: claims.Claim) -> None:
    with transaction.atomic():
        claim.lock()
        first = ready[0].upload
        event = Message("{count} stems added from files", count=len(ready))
        generation = records.create_generation(
            track.project, first.author, UPLOADED_STEMS, track.title, event, key=first.key
        )
        for number, one in enumerate(ready, start=1):
            name, digest = media.keep(one.path, "flac")
            Stem.objects.create(
                track=track,
                generation=generation,
                number=number,
                title=one.upload.title,
                file=name,
                sha256=digest,
                size=media.path(name).stat().st_size,
                length_ms=round(one.stem.seconds * 1000),
                waveform=one.stem.waveform,
                lufs=one.stem.lufs,
            )
        text = Message("Together they differ from the mix by {difference} dB", difference=str(difference_db))
        data = {DIFFERENCE_KEY: difference_db}
        states.note(generation, text, kind=GenerationEvent.Kind.NOTE, data=data)
        claim.release(due_at=None, file="")
    media.discard([one.upload.file for one in ready])
