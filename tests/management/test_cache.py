"""The studio keeps working while Redis does not answer."""

import socket
import time

import pytest
from django.core.cache.backends.locmem import LocMemCache

from bgmsite import caches, environment
from tests.management.tree import free_port


@pytest.fixture
def away(monkeypatch):
    LocMemCache("meanwhile", {}).clear()
    monkeypatch.setattr(caches.Redis, "_away_until", 0.0)


def made(url: str) -> caches.Redis:
    read = environment.cache(url)
    assert read.pop("BACKEND") == "bgmsite.caches.Redis"
    return caches.Redis(read.pop("LOCATION"), read)


def test_what_is_counted_is_counted_without_redis(away, caplog):
    cache = made(f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert cache.add("tried", 0, 60)
    assert not cache.add("tried", 0, 60)
    assert [cache.incr("tried"), cache.incr("tried"), cache.get("tried")] == [1, 2, 2]
    cache.set("mark", True)
    assert cache.has_key("mark")
    assert cache.get_or_set("other", 5) == 5
    cache.delete("mark")
    assert cache.get_many(["tried", "mark"]) == {"tried": 2}
    with pytest.raises(ValueError, match="missing"):
        cache.incr("missing")
    assert len(caplog.records) == 1, "said once, not for every question"
    assert "hunter2" not in caplog.text


def test_one_that_only_listens_is_not_waited_for_again_and_again(away, monkeypatch):
    monkeypatch.setattr(caches, "TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = made(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert [cache.get("x") for _ in range(50)] == [None] * 50
        assert caches.Redis._away_until > time.monotonic()


@pytest.mark.parametrize("url", ["redis:///tmp/there-is-no.sock", "redis:///tmp/there-is-no.sock?db=1"])
def test_a_socket_that_is_not_there(away, url):
    cache = made(url)
    assert cache.add("x", 1)
    assert cache.get("x") == 1
