"""Uploads as they arrive: on the library's disk, and never more of one than the studio takes."""

import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, TemporaryFileUploadHandler

from generator.workflow.references import MOST_UPLOAD


def temporary_folder() -> Path:
    """Where files lie while they are made or sent, on the library's disk."""
    folder = Path(settings.MEDIA_ROOT) / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Beside(TemporaryUploadedFile):
    """A temporary file beside the library instead of in the system's folder; it is gone when it is closed."""

    def __init__(self, *about: Any) -> None:
        folder = temporary_folder()
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115 (the request closes it)
        UploadedFile.__init__(self, file, *about)


class Capped(TemporaryFileUploadHandler):
    """Drop a file that is too large as soon as that shows; what else the form held is still read.

    The names of the fields with dropped files are in `request.too_large`.
    """

    def new_file(self, *about: Any, **more: Any) -> None:
        FileUploadHandler.new_file(self, *about, **more)
        self.file = _Beside(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > MOST_UPLOAD:
            self.request.too_large = {*getattr(self.request, "too_large", ()), self.field_name}  # type: ignore[union-attr]
            self.file.close()
            raise SkipFile
        super().receive_data_chunk(raw_data, start)
