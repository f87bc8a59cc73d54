"""The error of every API; each contract writes it in its own form."""

from collections.abc import Mapping, Sequence
from typing import Any


class ApiError(Exception):
    """A response that is an error; nothing was changed.

    `status` is the HTTP status, `detail` a sentence, `field` the part of the request it is about, `problems` the single
    errors if there are several. Underscores in header names become hyphens.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        field: str | None = None,
        problems: Sequence[Mapping[str, Any]] = (),
        /,
        **headers: str,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field
        self.problems = problems
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
