"""The names that the vendors' own Python clients use, recorded from fal-client 1.0.3 and runware 0.5.24 on 2026-12-01.

The clients themselves were run against the live fake then: `fal_client` with its address replaced (submit, status, get,
cancel, a rejected request), and `runware.types` on what the fake answered. They are no dependencies of the studio.
"""

import httpx
import pytest

from tests.fakes.connectors.texts import MODELS
from tests.providers.connectors.test_calls import brief

FAL_HANDLE = {"request_id", "response_url", "status_url", "cancel_url"}  # read from the answer to a submit
RUNWARE_REQUEST = {
    *("model", "positivePrompt", "negativePrompt", "duration", "seed", "steps", "strength", "CFGScale", "taskUUID"),
    *("outputType", "outputFormat", "outputQuality", "audioSettings", "includeCost", "numberResults", "deliveryMethod"),
    *("uploadEndpoint", "webhookURL", "providerSettings", "inputs", "speech", "settings", "taskType"),
}
RUNWARE_AUDIO = {
    *("taskType", "taskUUID", "status", "audioUUID", "audioURL", "audioBase64Data", "audioDataURI", "videoUUID"),
    *("videoURL", "seed", "cost"),
}
RUNWARE_DETAILS = {"taskType", "taskUUID", "request", "response"}


def test_fals_addresses_are_made_as_its_client_makes_them(shops, connector):
    job = connector("fal").submit(brief("fal")).provider_job_id
    body = {"prompt": "x"}
    key = {"Authorization": f"Key {shops.fal.key}"}
    answer = httpx.post(f"{shops.address('fal')}/fal-ai/minimax-music/v2.6", json=body, headers=key).json()
    assert set(answer) >= FAL_HANDLE
    assert answer["status_url"] == f"{answer['response_url']}/status"
    assert answer["cancel_url"] == f"{answer['response_url']}/cancel"
    assert job.rpartition("/")[0] == answer["response_url"].rpartition("/")[0]


@pytest.mark.parametrize("model", [MODELS["runware"], "runware/elevenlabs-music"])
def test_runware_gets_no_name_that_its_client_does_not_have(shops, connector, model):
    connector("runware").submit(brief("runware", model=model, settings={"duration": 30}))
    assert set(shops.requests("POST")[0].json[0]) <= RUNWARE_REQUEST


def test_the_fake_of_runware_answers_in_the_clients_names(shops, connector):
    caller = connector("runware")
    job = caller.submit(brief("runware")).provider_job_id
    caller.poll(job)
    (answer,) = caller.poll(job).raw["data"]
    assert set(answer) <= RUNWARE_AUDIO
    found = caller.find(brief("runware"), 0.0)
    assert set(found.raw["answer"]["data"][0]) == RUNWARE_DETAILS
