"""Requests to WaveSpeed's addresses count with all others: one throttle per key."""

import pytest
from django.test import Client

from generator.api.compat.wavespeed import media

ADDRESSES = [
    ("GET", "models"), ("POST", "model/price"), ("GET", "predictions"), ("GET", "predictions/x"),
    ("POST", "media/uploads"), ("POST", "media/upload/binary"), ("POST", "uploads"),
    ("GET", "balance"), ("GET", "webhook/secret"), ("POST", "no/such-model"), ("GET", "nothing/here"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_every_address_that_asks_for_a_key_has_the_limit(program, settings, method, path):
    settings.STUDIO_API_RATE = 2
    farm = program()
    for _ in range(2):
        assert farm(method, path)[0] != 429
    status, said = farm(method, path)
    assert (status, said["code"], sorted(said)) == (429, 429, ["code", "message"])
    reply = Client().get("/api/v3/models", headers={"authorization": f"Bearer {farm.token}"})
    assert int(reply["Retry-After"]) in range(61)
    assert (reply["RateLimit-Limit"], reply["RateLimit-Remaining"]) == ("2", "0")
    assert program()("GET", "models")[0] == 200, "another key has a minute of its own"


def test_the_contracts_share_it(program, settings):
    settings.STUDIO_API_RATE = 2
    farm = program()
    headers = {"authorization": f"Bearer {farm.token}"}
    assert Client().get("/api/v1/projects", headers=headers).status_code == 200
    assert farm("GET", "models")[0] == 200
    assert farm("GET", "models")[0] == 429
    assert Client().get("/api/v1/projects", headers=headers).status_code == 429


def test_an_address_to_put_to_counts_for_its_key(program, settings):
    farm = program()
    ticket = farm.post("media/uploads", filename="a.wav", size=3)
    settings.STUDIO_API_RATE = 1
    address = ticket["upload"]["url"].removeprefix("http://testserver")
    assert address.startswith("/api/v3/media/put/")
    assert media.ticket_holder({"address": address.rstrip("/").rpartition("/")[2]})
    statuses = [Client().put(address, b"abc", content_type="audio/wav").status_code for _ in range(3)]
    assert statuses[-1] == 429
