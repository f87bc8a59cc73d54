"""Answers made to fill the memory or to never end: each is given up early, whatever it unpacks to."""

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from generator.providers import http
from generator.providers.base import Patience
from tests.fakes.vendors import Vendors

MAX_MEMORY_BYTES = 12_000_000
FILE = "/cdn/a-1.mp3"


def zeros(head: bytes) -> bytes:
    """Return ten gigabytes of zeros with a compression's head: one block of a megabyte, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return head + (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)) * 10_000


GZIP, DEFLATE = zeros(b"\x1f\x8b\x08" + bytes(7)), zeros(b"\x78\x9c")
ANSWERS = {
    "gzip": ("status", {"body": GZIP, "headers": {"content-encoding": "gzip"}}),
    "deflate": ("status", {"body": DEFLATE, "headers": {"content-encoding": "deflate"}}),
    "gzip in gzip": ("status", {"body": gzip.compress(GZIP), "headers": {"content-encoding": "gzip, gzip"}}),
    "another packing": ("status", {"body": b"\x28\xb5\x2f\xfd" + bytes(90), "headers": {"content-encoding": "zstd"}}),
    "br": ("status", {"body": bytes(90), "headers": {"content-encoding": "br"}}),
    "cut off": ("status", {"body": gzip.compress(b"{}")[:-9], "headers": {"content-encoding": "gzip"}}),
    "chunks": ("endless", {"body": b"8000\r\n" + bytes(0x8000) + b"\r\n", "headers": {"transfer-encoding": "chunked"}}),
    "a chunk's head": ("endless", {"body": b"0" * 65_536, "headers": {"transfer-encoding": "chunked"}}),
    "a header": ("status", {"headers": {"x-long": "y" * 1_000_000}}),
    "many headers": ("status", {"headers": {f"x-{number}": "y" * 100 for number in range(10_000)}}),
}


@pytest.fixture
def memory():
    """Return the test's peak memory use in bytes."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.fixture(params=ANSWERS.values(), ids=ANSWERS)
def bomb(request, vendors) -> Vendors:
    do, how = request.param
    vendors.trouble("file", do, **how)
    return vendors


def test_a_file_is_given_up(bomb, memory, tmp_path):
    with pytest.raises(http.DownloadFailed):
        http.download(bomb.url + FILE, tmp_path / "a.mp3", private_ok=True, max_bytes=1_000_000)
    assert memory() < MAX_MEMORY_BYTES


async def asked(url: str) -> http.Reply:
    async with http.client() as client:
        return await http.send_request(client, "GET", url, patience=Patience(), seconds=10)


def test_an_answer_is_given_up(bomb, memory):
    with pytest.raises(http.NoAnswer):
        asyncio.run(asked(bomb.url + FILE))
    assert memory() < MAX_MEMORY_BYTES


def test_what_follows_the_end_is_not_read(vendors, memory):
    vendors.trouble("file", "endless", body=gzip.compress(b"{}") * 4_000, headers={"content-encoding": "gzip"})
    assert asyncio.run(asked(vendors.url + FILE)).body == b"{}"
    assert memory() < MAX_MEMORY_BYTES


def test_a_file_that_moves_in_a_circle_is_given_up(vendors, tmp_path):
    vendors.trouble("file", "redirect", times=50, to=FILE)
    with pytest.raises(http.DownloadFailed):
        http.download(vendors.url + FILE, tmp_path / "a.mp3", private_ok=True)
    assert len(vendors.requests("GET", FILE)) == 1 + http.MAX_REDIRECTS


@pytest.mark.parametrize(
    ("packing", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_what_was_packed_once_all_the_same_is_unpacked_whole(vendors, tmp_path, packing, pack):
    whole = bytes(range(256)) * 3_000
    vendors.trouble("file", "status", body=pack(whole), headers={"content-encoding": packing})
    http.download(vendors.url + FILE, tmp_path / "a.mp3", private_ok=True)
    assert (tmp_path / "a.mp3").read_bytes() == whole
