"""The contract's errors, as sent before the first byte of a successful response; for later ones see `streaming`.

    401  {"error": "INVALID_API_KEY", "message"}   no key, or an invalid one
    402  {"success": false, "message"}             a budget is used up
    403  {"success": false, "message"}             the key may only read; new music is suspended
    429  {"success": false, "message"}             rate limit, too many open connections, or the model is resting
    400  {"detail": "…"}                           the prompt
    422  {"detail": [{"type", "loc", "msg"}]}      anything else in the body
    404, 405, 409, 413, 500  {"detail": "…"}       no such address, not a POST, a used key, too large, a defect

The vendor documents the bodies of 402, 429 and 400 without their codes; these are what its framework would use.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import JsonResponse

from generator.api.errors import ApiError

RATE_MESSAGE = "Rate limits have been passed for the user."
BALANCE_MESSAGE = "Insufficient balance for this operation."
PROMPT_MESSAGE = "Invalid or empty prompt provided"
KEY_BODY = {"error": "INVALID_API_KEY", "message": "invalid or revoked API key"}
RETRY_AFTER_S = 15  # seconds


def reply(error: ApiError) -> JsonResponse:
    """Return an error in the contract's form."""
    body: dict[str, Any] = {"detail": error.problems or error.detail}
    if error.status == 401:
        body = KEY_BODY
    elif error.status in (402, 403, 429):
        body = {"success": False, "message": error.detail}
    return JsonResponse(body, status=error.status, headers={"Cache-Control": "no-store", **error.headers})


def no_key() -> ApiError:
    return ApiError(401, KEY_BODY["message"], WWW_Authenticate="Bearer")


def no_money() -> ApiError:
    return ApiError(402, BALANCE_MESSAGE)


def busy(message: str = RATE_MESSAGE, wait: str = str(RETRY_AFTER_S)) -> ApiError:
    return ApiError(429, message, Retry_After=wait)


def forbidden(message: str) -> ApiError:
    return ApiError(403, message)


def plain(status: int, detail: str, **headers: str) -> ApiError:
    return ApiError(status, detail, **headers)


def field(location: Sequence[str | int], message: str, kind: str = "value_error") -> ApiError:
    return fields([{"type": kind, "loc": location, "msg": message}])


def fields(problems: Iterable[Any]) -> ApiError:
    """Return a 422 error; `problems` as pydantic lists them."""
    details = [
        {"type": problem["type"], "loc": ["body", *problem["loc"]], "msg": problem["msg"]} for problem in problems
    ]
    return ApiError(422, "", None, details)
