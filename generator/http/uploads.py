"""Upload handling: files go to the library's disk, up to the maximum size."""

import tempfile
from pathlib import Path
from typing import Any, Protocol, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.urls import ResolverMatch

from generator.audio import MAX_AUDIO_BYTES
from generator.services.library import references
from generator.services.library.references import MAX_UPLOAD_BYTES
from generator.services.uploads import adding

# View names and routes that take whole tracks and sets of stems: files may be larger, and so may their sum.
LARGE = {
    "uploads": MAX_AUDIO_BYTES,
    "add-stems": 2 * MAX_AUDIO_BYTES,
    "api/v1/uploads": MAX_AUDIO_BYTES,
    "api:upload-address": MAX_AUDIO_BYTES,
    "api/v1/tracks/<track_id>/stem-uploads": 2 * MAX_AUDIO_BYTES,
}


def is_large(match: ResolverMatch | None) -> bool:
    """Return whether a URL takes whole tracks."""
    return match is not None and (match.view_name in LARGE or match.route in LARGE)


def too_large(request: HttpRequest | None) -> str:
    """Return the sentence about a file that exceeds the limit of this URL."""
    return adding.too_large() if request and is_large(request.resolver_match) else references.too_large()


def temporary_folder() -> Path:
    """Return the folder for temporary files, on the library's disk; create it if needed."""
    folder = Path(settings.MEDIA_ROOT) / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Beside(TemporaryUploadedFile):
    """A temporary upload in `temporary_folder` instead of the system's; deleted when closed."""

    def __init__(self, *about: Any) -> None:
        folder = temporary_folder()
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115 (the request closes it)
        UploadedFile.__init__(self, file, *about)


class _Checked(Protocol):
    """A request some of whose files were dropped."""

    too_large: set[str]


class Capped(TemporaryFileUploadHandler):
    """An upload handler that drops a file as soon as it exceeds the limit, and still reads the rest of the form.

    `request.too_large` holds the names of the fields whose files were dropped.
    """

    def new_file(self, *about: Any, **more: Any) -> None:
        FileUploadHandler.new_file(self, *about, **more)
        self.file = _Beside(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        max_bytes = MAX_AUDIO_BYTES if self.request and is_large(self.request.resolver_match) else MAX_UPLOAD_BYTES
        if start + len(raw_data) > max_bytes:
            dropped = {*getattr(self.request, "too_large", ()), self.field_name}
            cast(_Checked, self.request).too_large = dropped
            self.file.close()
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
