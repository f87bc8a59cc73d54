"""Files that came in a provider's reply, from their first byte until they are tracks.

A reply that is itself the audio is written here as it arrives, in a folder per generation on the library's disk:

    take-1.mp3.part    not complete; its request is, at best, in doubt
    take-1.mp3         complete and synced, whether or not a row names it yet

What if the process dies here? Before the rename, the generation is in doubt and the part stays for the billing review.
After it, whoever looks at the generation next finds the file and delivers it (`job_runner.advance`): it was paid once
and is never requested again. The folder is deleted when the generation has ended and nobody needs it.
"""

import shutil
import time
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from generator.models import Generation, RemoteOutput, State
from generator.providers.base import PART, Output

FOLDER = "received"
KEPT_S = 30 * 86_400  # seconds for which what is left of an ended generation stays


def folder_of(generation: Generation) -> Path:
    """Return the folder of a generation's received files, which need not exist."""
    return Path(settings.MEDIA_ROOT) / FOLDER / generation.public_id


def path_of(name: str) -> Path:
    """Return the path of a received file; names come only from `name_of`."""
    return Path(settings.MEDIA_ROOT) / name


def name_of(generation: Generation, file: Path) -> str:
    """Return the name of a received file for its row; raises ValueError if it is not in the generation's folder."""
    if file.parent != folder_of(generation):
        raise ValueError(f"{file.name} is not in the folder of {generation.public_id}")
    return f"{FOLDER}/{generation.public_id}/{file.name}"


def outputs_of(generation: Generation) -> tuple[Output, ...]:
    """Return the complete files of a generation, in the order of their names; most generations have none."""
    folder = folder_of(generation)
    if not folder.is_dir():
        return ()
    return tuple(Output(file=file) for file in sorted(folder.iterdir()) if file.suffix != PART)


def discard(generation: Generation) -> None:
    """Delete what a generation received, once all of it is in the library."""
    if not RemoteOutput.objects.filter(generation=generation, collected_at=None).exclude(file="").exists():
        shutil.rmtree(folder_of(generation), ignore_errors=True)


def delete_old(now: float | None = None) -> int:
    """Delete folders of generations that ended long ago, or that no longer exist; return how many those were."""
    root, before = Path(settings.MEDIA_ROOT) / FOLDER, (now or time.time()) - KEPT_S
    old = [folder for folder in root.iterdir() if folder.stat().st_mtime < before] if root.is_dir() else []
    is_needed = ~Q(state__in=State.ended()) | Q(remote_outputs__due_at__isnull=False)
    rows = Generation.objects.filter(is_needed, public_id__in=[folder.name for folder in old])
    needed = set(rows.values_list("public_id", flat=True))
    unneeded = [folder for folder in old if folder.name not in needed]
    for folder in unneeded:
        shutil.rmtree(folder, ignore_errors=True)
    return len(unneeded)
