"""Whatever a vendor answers: a snapshot or one of our errors, and no refusal that the connector does not name."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.price_formula import read_formula
from generator.providers.base import Progress, ProviderConfig, Snapshot
from generator.providers.connectors import Connector
from generator.providers.connectors.model_schema import ListPrice
from generator.providers.errors import Failed, InDoubt, ProviderError, Rejected
from tests.fakes.connectors.texts import MODELS, text_of
from tests.providers.connectors.test_calls import brief

ADDRESS = "http://127.0.0.1:9"
CONNECTORS = {name: Connector(text_of(name), ProviderConfig(ADDRESS, "key-0123456789")) for name in MODELS}
JOBS = {
    name: f"{ADDRESS}/a/b/requests/1" if name == "fal" else "0c0d8a9e-2f0e-4a52-8f0e-1d2d3c4b5a69" for name in MODELS
}
WORDS = st.sampled_from(
    (
        *("data", "errors", "status", "code", "response_url", "audio", "url", "prompt_id", "taskUUID", "error"),
        *("COMPLETED", "IN_QUEUE", "success", "queue_pending", "queue_running", "detail", "audioURL", "cost"),
        *JOBS.values(),
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)


def call(name: str, method: str, status: int, body: bytes, *args: Any) -> Any:
    """Return what a call returns, or the error of ours that it raises."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers={"content-type": "application/json"})

    async def once() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await getattr(CONNECTORS[name], method)(*args, http=http)

    try:
        return asyncio.run(once())
    except ProviderError as error:
        return error


@pytest.mark.parametrize("name", MODELS)
@given(st.integers(200, 599), BODIES)
def test_a_submit_is_accepted_with_an_id_or_ends_with_an_error(name, status, body):
    result = call(name, "submit", status, body, brief(name))
    if isinstance(result, Snapshot):
        assert 0 < len(result.provider_job_id) <= 200
        assert result.progress in (Progress.WAITING, Progress.RUNNING)
    elif status >= 500 or 200 <= status < 300:
        assert not isinstance(result, Rejected | Failed)
    assert isinstance(result, Snapshot | ProviderError)


@pytest.mark.parametrize("name", MODELS)
@given(st.integers(500, 599), st.binary(max_size=40))
def test_a_server_error_leaves_a_doubt(name, status, body):
    assert isinstance(call(name, "submit", status, b"\xff" + body, brief(name)), InDoubt)


@pytest.mark.parametrize("name", MODELS)
@given(st.integers(200, 599), BODIES)
def test_a_poll_says_something_or_nothing(name, status, body):
    result = call(name, "poll", status, body, JOBS[name])
    assert result is None or isinstance(result, Snapshot | ProviderError)
    if isinstance(result, Snapshot):
        json.dumps(dict(result.raw), allow_nan=False)
        assert all(output.url.startswith((ADDRESS, "https://")) for output in result.outputs)
        assert result.cost is None or result.cost >= 0


@pytest.mark.parametrize("name", MODELS)
@given(st.integers(200, 599), BODIES)
def test_a_look_up_and_a_cancel_say_something_or_nothing(name, status, body):
    found = call(name, "find", status, body, brief(name), 4e9)
    assert found is None or isinstance(found, Snapshot | ProviderError)
    assert isinstance(call(name, "cancel", status, body, JOBS[name]), bool | ProviderError)


@given(st.integers(0, 10**9), st.integers(1, 600), st.integers(1, 10))
def test_a_price_in_a_document_is_exact(micros, seconds, takes):
    usd = f"{Decimal(micros) / 1_000_000:.6f}"
    price = ListPrice(usd=usd, formula="base_price * duration * takes", checked="2026-12-01")
    assert price.micros == micros
    if micros * seconds * takes <= 10**12:
        total = read_formula(price.formula).total(price.micros, {"duration": seconds, "takes": takes})
        assert total == micros * seconds * takes
