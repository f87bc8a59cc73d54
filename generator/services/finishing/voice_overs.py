"""Voice-overs: speech that a track is turned down under. Kept for a day, then deleted; never part of a backup.

The files are in a folder of their own beside the library, which backups and the search for orphans do not read. Mixes
that contain the speech are deleted with it. A request only stores the file; the worker that uses it first checks it.

What if the process dies here? A file without its row is written again by the next upload of the same recording; a row
that was not checked is checked by the next worker.
"""

import datetime as dt
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.audio import NotAudio, sandbox, sha256
from generator.audio.editing.recipe import Duck, parse
from generator.models import Edit, Project, Rendition, User, VoiceOver
from generator.services import throttling
from generator.services.library import media, references

log = logging.getLogger(__name__)

KEPT_FOR = dt.timedelta(hours=24)
FIELD = "voice"
MUSIC_SHARE = 0.5  # of a recording that sounds like music; more is told


class VoiceGone(Exception):
    """The voice-over of a recipe was deleted, or was never this project's."""


def store(user: User, project: Project, name: str, content: Iterable[bytes], field: str = FIELD) -> VoiceOver:
    """Keep an uploaded voice-over for a day; the same file again begins its day anew.

    Raises:
        UserError: it is empty or too large, or there were too many.
    """
    sentence = _("Too many uploads. Try again later.")
    throttling.count(f"voice/{user.pk}", *references.UPLOAD_RATE_LIMIT, sentence, field)
    with media.workshop() as folder:
        file = folder / "voice"
        references.write_upload(file, content, field)
        digest = sha256(file)
        target = _path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
    values = {"author": user, "name": _tidy(name) or _("Voice-over"), "created_at": timezone.now()}
    return VoiceOver.objects.update_or_create(project=project, sha256=digest, defaults=values)[0]


def find(project: Project, digest: str) -> VoiceOver | None:
    """Return a voice-over of a project that is still kept."""
    since = timezone.now() - KEPT_FOR
    return VoiceOver.objects.filter(project=project, sha256=digest, created_at__gt=since).first()


def path_for(edit: Edit) -> Path | None:
    """Return the file of the voice-over that an edit names; None if it names none. Raises VoiceGone."""
    duck = parse(edit.recipe).get(Duck)
    if duck is None:
        return None
    file = _path(duck.voice)
    if find(edit.track.project, duck.voice) is None or not file.is_file():
        raise VoiceGone(duck.voice)
    return file


def check(edit: Edit) -> None:
    """Measure the voice-over of an edit, if it has one that is new; one that cannot be played is deleted.

    Raises:
        VoiceGone: it was deleted.
        NotAudio: it cannot be played.
        sandbox.Interrupted: the check ended for another reason; a retry may help.
    """
    file = path_for(edit)
    voice_over = find(edit.track.project, edit.voice_sha256)
    if file is None or voice_over is None or voice_over.length_ms:
        return
    try:
        found = sandbox.check_voice(file)
    except NotAudio:
        log.info("voice-over %s cannot be played", voice_over.public_id)
        _delete(voice_over)
        raise
    values = {"length_ms": max(1, round(found.seconds * 1000)), "is_music": found.music_share > MUSIC_SHARE}
    VoiceOver.objects.filter(sha256=voice_over.sha256).update(**values)


def delete_expired() -> int:
    """Delete voice-overs after their day, and the mixes that contain them; return how many."""
    expired = VoiceOver.objects.filter(created_at__lte=timezone.now() - KEPT_FOR)
    count = 0
    for voice_over in expired:
        _delete_mixes(voice_over.sha256)
        _delete(voice_over)
        count += 1
    return count


def _delete(voice_over: VoiceOver) -> None:
    """Delete a voice-over, and its file unless another project has the same one."""
    voice_over.delete()
    if not VoiceOver.objects.filter(sha256=voice_over.sha256).exists():
        _path(voice_over.sha256).unlink(missing_ok=True)


def _delete_mixes(digest: str) -> None:
    """Delete the files that contain a voice-over. Their edits stay, and say that the voice-over is gone."""
    edits = Edit.objects.filter(voice_sha256=digest).values_list("track", flat=True)
    rows = [row for row in Rendition.objects.filter(track__in=edits) if _is_mix(row.recipe, digest)]
    Rendition.objects.filter(pk__in=[row.pk for row in rows]).delete()
    media.discard([row.file for row in rows])


def _is_mix(recipe: Mapping[str, Any], digest: str) -> bool:
    steps = recipe.get("edit", {}).get("steps", ())
    return any(step.get("voice") == digest and step.get("output") == "mix" for step in steps)


def _tidy(name: str) -> str:
    """Return a file name on one line."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())[:120]


def _path(digest: str) -> Path:
    return Path(settings.MEDIA_ROOT) / "voice-overs" / digest
