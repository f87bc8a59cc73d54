"""The studio's own API, assembled. Each further part is a router, added here with `api.add_router`."""

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from generator.api.v1 import openapi, operations, problems
from generator.api.v1.auth import Bearer
from generator.api.v1.billing import budgets, spend
from generator.api.v1.generation import batches, catalog, events, generations, presets, references
from generator.api.v1.library import (
    approvals,
    documents,
    edits,
    mixes,
    packs,
    sharing,
    stem_separations,
    tracks,
    transfer,
    upload_addresses,
    uploads,
    voice_overs,
)
from generator.api.v1.parsing import Json
from generator.api.v1.team import members, notifications, projects, webhooks

ABOUT = """Generate music, search the library, download files and read spend: everything that the pages can do.

Every request needs an API key: `Authorization: Bearer bgm_…`. Errors are problems (RFC 9457) with a stable `code`.
POST requests take an `Idempotency-Key` and can then be repeated safely. Lists are paginated with `limit` and
`cursor`."""


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    _document: Any = None

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the document, without the address of the studio; built once per process."""
        self._document = self._document or openapi.finish(self, super().get_openapi_schema(**options))
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
problems.register_handlers(api)
PARTS = (
    *(
        catalog,
        projects,
        members,
        generations,
        batches,
        presets,
        events,
        tracks,
        mixes,
        edits,
        packs,
        references,
        approvals,
        sharing,
        transfer,
    ),
    *(uploads, upload_addresses, voice_overs, stem_separations, spend, budgets, documents, notifications, webhooks),
)
for part in PARTS:
    operations.wrap_operations(part.router)
    api.add_router("", part.router)
