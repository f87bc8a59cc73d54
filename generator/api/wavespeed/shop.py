"""What can be had and what it costs: the catalogue with its schemas, and quotes."""

from collections.abc import Mapping
from typing import Any

from generator import workflow
from generator.api.wavespeed import asking, contracts
from generator.api.wavespeed.contracts import Contract
from generator.api.wavespeed.frame import Call, Problem, text, whole
from generator.api.wavespeed.submit import model_for
from generator.models import ApiKey
from generator.money import PER_DOLLAR
from generator.workflow.catalogue import ModelChoice

CURRENCY = "USD"
_TYPES = {True: "audio-to-audio", False: "text-to-audio"}


def models(call: Call) -> list[dict[str, Any]]:
    """GET models: every path that this key would be answered at now."""
    listed: list[dict[str, Any]] = []
    offered = _offered()
    for contract in contracts.all_of():
        price = _price(call.key, contract, offered)
        if price is not None:
            listed.append(_described(contract, price, len(listed) + 1))
    return listed


def _described(contract: Contract, price: int, place: int) -> dict[str, Any]:
    return {
        "model_id": contract.path,
        "name": contract.title,
        "description": contract.summary,
        "type": _TYPES[contract.is_action],
        "base_price": in_dollars(price),
        "formula": "base_price * number_of_songs" if contract.takes_max else "base_price",
        "sort_order": place,
        "api_schema": {
            "api_schemas": [
                {
                    "type": "model_run",
                    "method": "POST",
                    "api_path": f"/api/v3/{contract.path}",
                    "request_schema": asking.schema(contract),
                }
            ]
        },
    }


def price(call: Call) -> dict[str, Any]:
    """POST model/price {model_id, inputs}: what a run would cost."""
    contract, each = _asked(call)
    inputs = {} if call.body.get("inputs") is None else call.body["inputs"]
    if not isinstance(inputs, dict):
        raise Problem(400, "inputs has to be an object.")
    takes = whole(inputs, "number_of_songs", 1, 1, max(1, contract.takes_max))
    total = in_dollars(each * takes)
    return {
        "model_id": contract.path,
        "price": total,
        "discounted_price": total,
        "discount_rate": 0,
        "currency": CURRENCY,
    }


def pricing(call: Call) -> dict[str, Any]:
    """POST model/pricing {model_id}: the older contract, one take."""
    contract, each = _asked(call)
    return {"model_id": contract.path, "unit_price": in_dollars(each), "currency": CURRENCY}


def _asked(call: Call) -> tuple[Contract, int]:
    path = text(call.body, "model_id", contracts.MOST_PATH).strip("/")
    contract = contracts.of(path, call.key)
    each = _price(call.key, contract, _offered()) if contract else None
    if contract is None or each is None:
        raise Problem(404, f"There is no model “{path[:100]}”. GET /api/v3/models lists them.")
    return contract, each


def _offered() -> dict[str, ModelChoice]:
    return {choice.spec.key: choice for choice in workflow.catalogue.models()}


def _price(key: ApiKey, contract: Contract, offered: Mapping[str, ModelChoice]) -> int | None:
    """Micro-dollars a take of whatever answers a path; None: nothing does."""
    if contract.is_action:
        action = workflow.catalogue.action(contract.key)
        return action.price.per_take if action and not action.reason else None
    choice = offered.get(model_for(key, contract))
    return choice.price.per_take if choice and choice.available else None


def in_dollars(micros: int) -> float:
    """A figure as the contract has it: a JSON number of dollars, exact to the micro-dollar."""
    return round(micros / PER_DOLLAR, 6)
