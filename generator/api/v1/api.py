"""The studio's own API, put together. A further part is a router, added here with `api.add_router`."""

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from generator.api.v1 import (
    balances,
    caps,
    catalogue,
    events,
    generations,
    members,
    moving,
    news,
    openapi,
    operations,
    papers,
    problems,
    projects,
    references,
    review,
    sharing,
    spend,
    splits,
    tracks,
    webhooks,
)
from generator.api.v1.caller import Bearer
from generator.api.v1.reading import Json

ABOUT = """Make music, search the library, fetch files and look at the money, as on the pages.

Every request names a key: `Authorization: Bearer bgm_…`. Errors are problems (RFC 9457) with a stable `code`.
A POST that can cost takes an `Idempotency-Key`, and may then be sent again safely. Lists are read with `limit`
and `cursor`."""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    _document: Any = None

    def get_openapi_schema(self, **how: Any) -> Any:
        """The document, without the address of the studio; drawn up once a process."""
        self._document = self._document or openapi.finish(self, super().get_openapi_schema(**how))
        return self._document


api = Api(
    title="BGM Studio",
    version="1",
    description=ABOUT,
    urls_namespace="api:v1",
    docs_url=None,
    openapi_url=None,
    auth=Bearer(),
    parser=Json(),
)
problems.handle(api)
PARTS = (
    *(catalogue, projects, members, generations, events, tracks, balances, references, review, sharing, moving),
    *(splits, spend, caps, papers, news, webhooks),
)
for part in PARTS:
    operations.prepare(part.router)
    api.add_router("", part.router)
