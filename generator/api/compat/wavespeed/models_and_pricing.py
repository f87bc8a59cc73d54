"""Models and prices: the catalog with its schemas, and quotes."""

from collections.abc import Mapping
from typing import Any

from generator.api.compat.wavespeed import model_schemas, request_parser
from generator.api.compat.wavespeed.endpoint import Call, Problem, text, whole_number
from generator.api.compat.wavespeed.model_schemas import Contract
from generator.api.compat.wavespeed.submit import model_for
from generator.currency import MICROS_PER_DOLLAR
from generator.models import ApiKey
from generator.providers.base import ModelSpec
from generator.services.errors import UserError
from generator.services.generation.submit import valid_settings
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ActionChoice, ModelChoice

CURRENCY = "USD"
_TYPES = {True: "audio-to-audio", False: "text-to-audio"}


def models(call: Call) -> list[dict[str, Any]]:
    """GET models: every path that is answered for this key now."""
    items: list[dict[str, Any]] = []
    choices = _choices_by_key()
    for contract in model_schemas.all_contracts():
        choice = _choice(call.key, contract, choices)
        if choice and choice.per_take is not None:
            items.append(_model_out(contract, choice.per_take, len(items) + 1))
    return items


def _model_out(contract: Contract, price: int, position: int) -> dict[str, Any]:
    return {
        "model_id": contract.path,
        "name": contract.title,
        "description": contract.summary,
        "type": _TYPES[contract.is_action],
        "base_price": in_dollars(price),
        "formula": "base_price * number_of_songs" if contract.takes_max else "base_price",
        "sort_order": position,
        "api_schema": {
            "api_schemas": [
                {
                    "type": "model_run",
                    "method": "POST",
                    "api_path": f"/api/v3/{contract.path}",
                    "request_schema": request_parser.schema(contract),
                }
            ]
        },
    }


def price(call: Call) -> dict[str, Any]:
    """POST model/price {model_id, inputs}: what a run would cost."""
    contract, choice = _read_model(call)
    inputs = {} if call.body.get("inputs") is None else call.body["inputs"]
    if not isinstance(inputs, dict):
        raise Problem(400, "inputs must be an object.")
    takes = whole_number(inputs, "number_of_songs", 1, 1, max(1, contract.takes_max))
    settings = valid_settings(choice.spec, inputs) if isinstance(choice.spec, ModelSpec) else {}
    try:
        total = in_dollars(choice.total(settings, takes, str(inputs.get("prompt", ""))))
    except UserError as error:
        raise Problem(400, error.sentence) from error
    return {
        "model_id": contract.path,
        "price": total,
        "discounted_price": total,
        "discount_rate": 0,
        "currency": CURRENCY,
    }


def pricing(call: Call) -> dict[str, Any]:
    """POST model/pricing {model_id}: the older contract, for one take."""
    contract, choice = _read_model(call)
    return {"model_id": contract.path, "unit_price": in_dollars(choice.per_take or 0), "currency": CURRENCY}


def _read_model(call: Call) -> tuple[Contract, ModelChoice | ActionChoice]:
    path = text(call.body, "model_id", model_schemas.MAX_PATH_CHARS).strip("/")
    contract = model_schemas.contract_of(path, call.key)
    choice = _choice(call.key, contract, _choices_by_key()) if contract else None
    if contract is None or choice is None or choice.per_take is None:
        raise Problem(404, f"There is no model “{path[:100]}”. GET /api/v3/models lists them.")
    return contract, choice


def _choices_by_key() -> dict[str, ModelChoice]:
    return {choice.spec.key: choice for choice in catalog.models()}


def _choice(key: ApiKey, contract: Contract, choices: Mapping[str, ModelChoice]) -> ModelChoice | ActionChoice | None:
    """Return the model or action that answers a path; None if none does."""
    if contract.is_action:
        action = catalog.action(contract.key)
        return action if action and not action.reason else None
    choice = choices.get(model_for(key, contract))
    return choice if choice and choice.available else None


def in_dollars(micros: int) -> float:
    """Return an amount as the contract has it: a JSON number of dollars, exact to the micro-dollar."""
    return round(micros / MICROS_PER_DOLLAR, 6)
