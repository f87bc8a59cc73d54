"""Private files: audio with ranges, covers, downloads in any format, zip archives. Each view checks access first."""

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from generator import permissions
from generator.audio import FORMATS, disposition, unused_name
from generator.http.file_responses import missing, name_of, serve, serve_made
from generator.http.uploads import temporary_folder
from generator.models import Project, Track, User
from generator.models.track import TrackQuerySet
from generator.services.downloads import download_choices
from generator.services.errors import UserError
from generator.services.library import media, renditions
from generator.services.team import project_defaults, tour
from generator.translation import translate
from generator.web.site.htmx import Request

MAX_ZIP_BYTES = 2_000_000_000
LEFT_OUT = "Not in this zip.txt"


def _track(request: Request, public_id: str) -> Track:
    return get_object_or_404(
        permissions.tracks(request.user).select_related("generation", "project").defer("peaks", "measured"),
        public_id=public_id,
    )


@login_required
@require_safe
def audio(request: Request, public_id: str) -> HttpResponseBase:
    """Return the original file for the player, with range support (206)."""
    track = _track(request, public_id)
    if request.method == "GET":
        tour.note_listening(request.user)
    return serve(request, renditions.original(track), FORMATS[track.format].mime, track.sha256)


@login_required
@require_safe
def cover(request: Request, public_id: str) -> HttpResponseBase:
    """Return the cover; only an address with its current version may be cached without asking again."""
    track = _track(request, public_id)
    reply = serve(request, media.path(track.cover), "image/webp", Path(track.cover).stem)
    if request.GET.get("v") != track.cover_version:
        reply["Cache-Control"] = "private, no-cache"
    return reply


@login_required
@require_safe
def download(request: Request, public_id: str, format: str) -> HttpResponseBase:
    """Return a track in a format as a download, several formats ("mp3-wav") as a zip, or 202 with a page that waits.

    `lufs` in the address is the target loudness; with `level=1`, it is that of the track's project. A download with
    `lufs`, which may be empty, is remembered as the person's choice in the project.
    """
    track = _track(request, public_id)
    try:
        formats, lufs = download_choices.formats_of(format), _loudness(request, track)
        files = [renditions.ready(track, key, lufs) for key in formats]
        if None in files and not media.path(track.file).is_file():
            return missing(request)
        for key, file in zip(formats, files, strict=True):
            if file is None:
                renditions.request_rendition(track, key, lufs, by=request.user)
    except UserError as error:
        return render(request, "errors/404.html", {"sentence": error.sentence, "code": error.code}, status=404)
    files_by_format = {key: file for key, file in zip(formats, files, strict=True) if file}
    if len(files_by_format) < len(formats):
        return preparing(request, track, " + ".join(translate(FORMATS[key].title) for key in formats))
    if request.method == "GET" and "lufs" in request.GET:
        download_choices.remember(request.user, track.project, format, lufs)
    if len(files_by_format) > 1:
        return _pack(request, track, files_by_format, lufs)
    file = files_by_format[format]
    reply: HttpResponseBase = serve(request, file, FORMATS[format].mime, file.stem)
    reply["Content-Disposition"] = disposition(name_of(track, format, lufs))
    if request.method == "GET":
        tour.note_download(request.user)
    return reply


def menu_context(user: User, project: Project) -> dict[str, Any]:
    """Return what the template tag `download_menu` needs for the tracks of a project."""
    return {
        "download_defaults": project_defaults.defaults_of(project),
        "last_download": download_choices.last_choice(user, project),
    }


def _loudness(request: Request, track: Track) -> float | None:
    if request.GET.get("level") == "1":
        return project_defaults.defaults_of(track.project).lufs
    return download_choices.loudness_of(request.GET.get("lufs", ""))


def preparing(request: Request, track: Track, format: str) -> HttpResponse:
    """Return the page that waits until a file is made; `format` is shown."""
    context = {"track": track, "format": format, "project": track.project}
    wait = render(request, "tracks/preparing.html", context, status=202)
    wait["Refresh"] = "1"
    return wait


def _pack(request: Request, track: Track, files: dict[str, Path], lufs: float | None) -> HttpResponseBase:
    """Return the files of one track as one zip."""
    archive = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the response closes it)
    if request.method != "HEAD":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
            for format, file in files.items():
                out.write(file, name_of(track, format, lufs))
    name = f"{name_of(track, next(iter(files)), lufs).rpartition('.')[0]}.zip"
    return serve_made(request, archive, "application/zip", name)


def zipped(
    request: HttpRequest, tracks: TrackQuerySet, project: Project, left_out: Sequence[str] = ()
) -> HttpResponseBase:
    """Return the main files of the tracks as one zip, uncompressed, with unique names.

    `left_out` has a sentence for each selected item that cannot be included. The zip lists these, together with
    missing files, in a text file.

    Raises:
        UserError: there are no files to include, or their size exceeds MAX_ZIP_BYTES.
    """
    included, sentences = [], [*left_out]
    for track in tracks.select_related("generation__prompt").prefetch_related("renditions"):
        main = renditions.main_file(track)
        if media.path(main.name).is_file():
            included.append((track, main))
        else:
            sentences.append(_("“{title}” is missing from the studio’s disk.").format(title=track.title))
    size = sum(main.size for _, main in included)
    if size > MAX_ZIP_BYTES:
        message = ngettext(
            "A ZIP file can hold up to {limit} GB; this track is {size} GB. Download it from its own page.",
            "A ZIP file can hold up to {limit} GB; these {count} tracks total {size} GB. Select fewer tracks.",
            len(included),
        )
        raise UserError(message.format(limit=f"{MAX_ZIP_BYTES / 1e9:g}", count=len(included), size=f"{size / 1e9:.1f}"))
    if not included:
        raise UserError(" ".join([_("None of the selected tracks can be added to a ZIP file."), *sentences[:3]]))
    archive = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the response closes it)
    names = {LEFT_OUT}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for track, main in included:
            name = unused_name(name_of(track, main.format), names)
            names.add(name)
            out.write(media.path(main.name), name)
        if sentences:
            out.writestr(LEFT_OUT, "".join(f"{sentence}\n" for sentence in sentences))
    if request.user.is_authenticated:
        tour.note_download(request.user)
    return serve_made(request, archive, "application/zip", f"{project.slug}-{len(included)}-tracks.zip")
