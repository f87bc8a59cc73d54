"""URLs of the contract: the fixed ones first, then any other model path. Each works with and without a slash."""

from typing import Any

from django.urls import URLPattern, re_path

from generator.api.compat.wavespeed import billing, files, history, media, models_and_pricing, openapi, submit
from generator.api.compat.wavespeed.endpoint import Handler, Problem, endpoint


def _route(route: str, name: str, public: bool = False, **handlers: Handler) -> URLPattern:
    return re_path(f"^{route}/?$", endpoint(public, **handlers), name=f"wavespeed-{name}")


def _unknown(*_: object, **__: object) -> None:
    raise Problem(404, "Unknown path. docs/api_wavespeed.md lists the supported ones.")


_PREDICTION = "predictions/(?P<id>[^/]+)"
_FILE = "(?P<address>[^/]+)/(?P<name>[^/]+)"
_FIXED = "models?|predictions|media|balance|account|billings|user|webhook"  # no model's path begins with these
_ALL: dict[str, Any] = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), _unknown)

urlpatterns: list[URLPattern] = [
    _route("models", "models", GET=models_and_pricing.models),
    _route("model/price", "price", POST=models_and_pricing.price),
    _route("model/pricing", "pricing", POST=models_and_pricing.pricing),
    _route("predictions", "predictions", GET=history.listed, POST=history.listed),
    _route("predictions/delete", "delete", POST=history.delete),
    _route(_PREDICTION, "prediction", GET=history.result, DELETE=history.cancel),
    _route(f"{_PREDICTION}/result", "result", GET=history.result),
    _route("media/uploads", "ticket", POST=media.ticket),
    _route("media/upload/binary", "binary", POST=media.binary),
    _route("uploads?", "upload", POST=media.binary),
    _route("media/put/(?P<address>[^/]+)", "put", public=True, PUT=media.put),
    _route(f"media/files/{_FILE}", "file", public=True, GET=files.uploaded),
    _route(f"media/stems/{_FILE}", "stem", public=True, GET=files.stem),
    _route("balance", "balance", GET=billing.balance),
    _route("account/balance", "account-balance", GET=billing.balance),
    _route("billings/search", "billings", POST=billing.billings),
    _route("user/usage_stats", "usage", POST=billing.usage),
    _route("webhook/secret", "secret", GET=billing.secret),
    _route(r"openapi\.json", "openapi", public=True, GET=openapi.document),
    _route(f"(?P<path>(?:{_FIXED})/.*)", "none", **_ALL),
    _route("(?P<path>[^/]+/.+?)", "submit", POST=submit.submit),
    _route(r"(?P<path>[\s\S]*)", "else", **_ALL),
]
