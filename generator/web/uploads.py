"""Uploads as they arrive: on disk, and never more of one than the studio takes."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from generator.workflow.references import MOST_UPLOAD


class Capped(FileUploadHandler):
    """Drop a file that is too large as soon as that shows; what else the form held is still read.

    The names of the dropped files are in `request.too_large`.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > MOST_UPLOAD:
            self.request.too_large = {*getattr(self.request, "too_large", ()), self.field_name}  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
