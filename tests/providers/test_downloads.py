"""Finished files are downloaded, or fail with a message that says whether retrying can help."""

import socket

import pytest

from generator.providers import http, ssrf_guard
from generator.providers.http import DownloadFailed
from tests.fakes.sounds import sound


def test_a_finished_file_is_fetched_without_any_key(vendors, tmp_path):
    http.download(f"{vendors.url}/cdn/a-1.mp3", tmp_path / "a.mp3", private_ok=True)
    assert (tmp_path / "a.mp3").read_bytes() == sound("mp3")
    assert "authorization" not in vendors.seen[0].headers


@pytest.mark.parametrize(
    ("do", "how", "gone"),
    [
        ("status", {"status": 404}, False),
        ("status", {"status": 410}, False),
        ("status", {"status": 403}, False),
        ("status", {"status": 503}, False),
        ("truncated", {}, False),
        ("drop", {"size": 100}, False),
        ("reset", {}, False),
        ("cut", {}, False),
        ("endless", {}, True),
        ("redirect", {"to": "file:///etc/passwd"}, True),
        ("redirect", {"to": "http://[half/a.mp3"}, False),
        ("redirect", {"to": "http://127.0.0.1:99999/a.mp3"}, False),
        ("redirect", {"to": "ftp://elsewhere.example/a.mp3"}, True),
    ],
)
def test_a_file_that_does_not_come_says_whether_it_may_come_later(vendors, tmp_path, do, how, gone):
    vendors.trouble("file", do, **how)
    with pytest.raises(DownloadFailed) as failed:
        http.download(f"{vendors.url}/cdn/a-1.mp3", tmp_path / "a.mp3", private_ok=True, max_bytes=1_000_000)
    assert failed.value.gone is gone


@pytest.mark.parametrize(
    ("do", "how"),
    [("drip", {"seconds": 0.2}), ("hang", {"seconds": 60}), ("slow_head", {"seconds": 0.2})],
    ids=["a byte now and then", "nothing", "a header now and then"],
)
@pytest.mark.parametrize(
    "pace", [http.Pace(seconds=0.6, min_rate=0), http.Pace(seconds=600, min_rate=4_000, grace=0.6)],
    ids=["too long", "too slow"],
)  # fmt: skip
def test_a_download_that_trickles_ends(vendors, tmp_path, monkeypatch, do, how, pace):
    monkeypatch.setattr(http, "_PACE_CHECK_INTERVAL_S", 0.1)
    vendors.trouble("file", do, **how)
    signs = []
    with pytest.raises(http.TooSlow):
        http.download(
            f"{vendors.url}/cdn/a-1.mp3",
            tmp_path / "a.mp3",
            private_ok=True,
            pace=pace,
            alive=lambda: signs.append(1),
        )
    assert signs  # the claim's holder shows that it lives, also while nothing comes


def test_who_loses_the_claim_stops_the_download(vendors, tmp_path, monkeypatch):
    class Lost(Exception):
        pass

    def lost() -> None:
        raise Lost

    monkeypatch.setattr(http, "_PACE_CHECK_INTERVAL_S", 0.1)
    vendors.trouble("file", "drip", seconds=0.2)
    with pytest.raises(Lost):
        http.download(f"{vendors.url}/cdn/a-1.mp3", tmp_path / "a.mp3", private_ok=True, alive=lost)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/a.mp3",
        "https://10.0.0.1/a.mp3",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/a.mp3",
        "https://localhost/a.mp3",
        "http://cdn.example/a.mp3",
        "file:///etc/passwd",
        "https://[half/a.mp3",
        "https://cdn.example:99999/a.mp3",
    ],
)
def test_only_public_addresses_are_fetched_from(tmp_path, address):
    with pytest.raises(DownloadFailed) as failed:
        http.download(address, tmp_path / "a.mp3")
    assert failed.value.gone


def test_a_redirect_into_our_own_network_is_not_followed(vendors, tmp_path, monkeypatch):
    vendors.trouble("file", "redirect", to="https://169.254.169.254/latest/meta-data")
    careful = http.check_address

    def only_the_first(address: str, *, private_ok: bool = False) -> None:
        careful(address, private_ok=address.startswith(vendors.url))

    monkeypatch.setattr(http, "check_address", only_the_first)
    monkeypatch.setattr(ssrf_guard, "is_public", lambda address: address == "127.0.0.1")
    with pytest.raises(DownloadFailed, match="private network"):
        http.download(f"{vendors.url}/cdn/a-1.mp3", tmp_path / "a.mp3")


def test_a_name_that_changes_its_mind_between_the_look_and_the_call_gains_nothing(vendors, tmp_path, monkeypatch):
    """The first lookup finds a public address; the connection resolves again, and goes to the address it checked."""
    port = vendors.url.rpartition(":")[2]
    answers = iter(["93.184.216.34", "127.0.0.1"])
    found = lambda host, port, *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]  # noqa: E731
    monkeypatch.setattr(socket, "getaddrinfo", found)
    with pytest.raises(DownloadFailed, match="private network") as failed:
        http.download(f"https://rebound.example:{port}/cdn/a-1.mp3", tmp_path / "a.mp3")
    assert failed.value.gone
    assert vendors.seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address, public):
    assert ssrf_guard.is_public(address) is public
