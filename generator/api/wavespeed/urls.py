"""Its addresses: the fixed ones first, then whatever else is a model's path. Each answers with and without a slash."""

from typing import Any

from django.urls import URLPattern, re_path

from generator.api.wavespeed import books, files, history, media, openapi, shop, submit
from generator.api.wavespeed.frame import Handler, Problem, endpoint


def _at(route: str, name: str, public: bool = False, **handlers: Handler) -> URLPattern:
    return re_path(f"^{route}/?$", endpoint(public, **handlers), name=f"wavespeed-{name}")


def _nothing(*_: object, **__: object) -> None:
    raise Problem(404, "There is nothing at this address. docs/api_wavespeed.md lists what there is.")


_ONE = "predictions/(?P<id>[^/]+)"
_FILE = "(?P<address>[^/]+)/(?P<name>[^/]+)"
_FIXED = "models?|predictions|media|balance|account|billings|user|webhook"  # no model's path begins so
_ALL: dict[str, Any] = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), _nothing)

urlpatterns: list[URLPattern] = [
    _at("models", "models", GET=shop.models),
    _at("model/price", "price", POST=shop.price),
    _at("model/pricing", "pricing", POST=shop.pricing),
    _at("predictions", "predictions", GET=history.listed, POST=history.listed),
    _at("predictions/delete", "delete", POST=history.delete),
    _at(_ONE, "prediction", GET=history.result, DELETE=history.cancel),
    _at(f"{_ONE}/result", "result", GET=history.result),
    _at("media/uploads", "ticket", POST=media.ticket),
    _at("media/upload/binary", "binary", POST=media.binary),
    _at("uploads?", "upload", POST=media.binary),
    _at("media/put/(?P<address>[^/]+)", "put", public=True, PUT=media.put),
    _at(f"media/files/{_FILE}", "file", public=True, GET=files.uploaded),
    _at(f"media/stems/{_FILE}", "stem", public=True, GET=files.stem),
    _at("balance", "balance", GET=books.balance),
    _at("account/balance", "account-balance", GET=books.balance),
    _at("billings/search", "billings", POST=books.billings),
    _at("user/usage_stats", "usage", POST=books.usage),
    _at("webhook/secret", "secret", GET=books.secret),
    _at(r"openapi\.json", "openapi", public=True, GET=openapi.document),
    _at(f"(?P<path>(?:{_FIXED})/.*)", "none", **_ALL),
    _at("(?P<path>[^/]+/.+?)", "submit", POST=submit.submit),
    _at(r"(?P<path>[\s\S]*)", "else", **_ALL),
]
