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
    papers,
    problems,
    projects,
    references,
    review,
    schemas,
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
# What any operation may answer besides its own.
ALWAYS = {401: "No key", 403: "Not allowed", 404: "Not there for this key", 422: "Refused", 429: "Too often"}
_PROBLEM = {"content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}}
_RATE = {
    f"RateLimit-{name}": {"schema": {"type": "integer"}, "description": about}
    for name, about in {
        "Limit": "Requests a minute.",
        "Remaining": "Left of them.",
        "Reset": "Seconds until they are all there again.",
    }.items()
}


class Api(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    _document: Any = None

    def get_openapi_schema(self, **how: Any) -> Any:
        """The document, with the errors that any operation may answer; drawn up once a process."""
        self._document = self._document or self._draw_up(**how)
        return self._document

    def _draw_up(self, **how: Any) -> Any:
        document = super().get_openapi_schema(**how)
        document["components"]["schemas"]["ProblemOut"] = schemas.ProblemOut.model_json_schema()
        for methods in document["paths"].values():
            for operation in methods.values():
                replies = operation["responses"]
                for reply in replies.values():
                    reply["headers"] = _RATE
                replies |= {code: {"description": words, **_PROBLEM} for code, words in ALWAYS.items()}
                replies["default"] = {"description": "Any other error", **_PROBLEM}
        return document


api = Api(
    title="BGM Studio",
    version="1",
    description=ABOUT,
    urls_namespace="api:v1",
    docs_url=None,
    auth=Bearer(),
    parser=Json(),
)
problems.handle(api)
PARTS = (
    *(catalogue, projects, members, generations, events, tracks, balances, references, review, sharing, moving),
    *(splits, spend, caps, papers, news, webhooks),
)
for part in PARTS:
    api.add_router("", part.router)
