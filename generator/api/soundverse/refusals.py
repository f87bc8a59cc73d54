"""The contract's errors, as they are sent before the first byte of a good answer; afterwards see `told.failed`.

    401  {"error": "INVALID_API_KEY", "message"}   no key, or one that opens nothing
    402  {"success": false, "message"}             a budget is in the way
    403  {"success": false, "message"}             the key may only look; new music is stopped
    429  {"success": false, "message"}             too often, too many connections held already, or a model rests
    400  {"detail": "…"}                           the prompt
    422  {"detail": [{"type", "loc", "msg"}]}      anything else in the body
    404, 405, 413, 500  {"detail": "…"}            no such address, not a POST, too large, a defect

The vendor prints the bodies of 402, 429 and 400 without their codes; these are what its framework would use.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django.http import JsonResponse

RATE = "Rate limits have been passed for the user."
BALANCE = "Insufficient balance for this operation."
PROMPT = "Invalid or empty prompt provided"
KEY = {"error": "INVALID_API_KEY", "message": "invalid or revoked API key"}
BACK_OFF = 15  # seconds


class Wrong(Exception):
    """A request that is answered with an error; nothing was done."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status, self.body, self.headers = status, body, headers or {}

    @property
    def reply(self) -> JsonResponse:
        return JsonResponse(self.body, status=self.status, headers={"Cache-Control": "no-store", **self.headers})


def no_key() -> Wrong:
    return Wrong(401, KEY, {"WWW-Authenticate": "Bearer"})


def no_money() -> Wrong:
    return Wrong(402, {"success": False, "message": BALANCE})


def busy(words: str = RATE, headers: Mapping[str, str] = MappingProxyType({})) -> Wrong:
    return Wrong(429, {"success": False, "message": words}, {"Retry-After": str(BACK_OFF), **headers})


def forbidden(words: str) -> Wrong:
    return Wrong(403, {"success": False, "message": words})


def plain(status: int, words: str, **headers: str) -> Wrong:
    return Wrong(status, {"detail": words}, headers)


def field(where: Sequence[str | int], words: str, kind: str = "value_error") -> Wrong:
    return fields([{"type": kind, "loc": where, "msg": words}])


def fields(problems: Iterable[Any]) -> Wrong:
    """`problems` as pydantic lists them."""
    return Wrong(
        422,
        {"detail": [{"type": one["type"], "loc": ["body", *one["loc"]], "msg": one["msg"]} for one in problems]},
    )
