"""WaveSpeed's prices, balance, bills, uploads and references, over real sockets."""

import dataclasses
import json

import pytest

from generator.currency import dollars
from generator.providers.base import Progress
from generator.providers.errors import Busy, OperatorMustAct, PriceChanged, Rejected
from generator.providers.wavespeed.client import WaveSpeed
from tests.providers.conftest import Caller, brief

PATH = "mureka-ai/mureka-v7.6/generate-bgm"


# --- prices ---


@pytest.mark.parametrize(
    ("quotes", "price", "discount", "amount", "estimate", "sent"),
    [
        ("price", 0.03, None, "0.09", False, True),
        ("price", 0.045, None, "0.09", False, False),
        ("price", 0.02, None, "0.09", False, False),
        ("price", 0.04, 0.03, "0.09", False, True),
        ("price", 0.03, 0.01, "0.09", False, True),
        ("price", 0.03, None, "0.20", True, True),
        ("price", 0.10, None, "0.20", True, False),
        ("pricing", 0.03, None, "0.09", False, True),
        ("pricing", 0.045, None, "0.09", False, False),
        ("none", 0.045, None, "0.09", False, True),
    ],
    ids=[
        "the same",
        "dearer",
        "cheaper",
        "our price is their discount",
        "a discount on our price",
        "an estimate that was too high",
        "an estimate that was too low",
        "the same, older contract",
        "dearer, older contract",
        "no quote",
    ],
)
def test_a_price_that_is_not_ours_stops_the_submit(vendors, wavespeed, quotes, price, discount, amount, estimate, sent):
    shop = vendors.wavespeed
    shop.quotes, shop.prices[PATH] = quotes, price
    if discount:
        shop.discounts[PATH] = discount
    asked = brief(takes=3, price=dollars(amount), price_is_estimate=estimate)
    if sent:
        assert wavespeed.submit(asked).provider_job_id
    else:
        error = wavespeed.refused("submit", asked)
        assert type(error) is PriceChanged
        assert isinstance(error, OperatorMustAct)
        assert (error.theirs, error.ours) == (round(price * 3 * 1_000_000), asked.price)
        assert "administrator" in error.sentence
    assert len(shop.jobs) == sent


@pytest.mark.parametrize(("do", "how"), [("status", {"status": 500}), ("html", {}), ("reset", {}), ("garbage", {})])
def test_a_quote_that_cannot_be_had_stops_nothing(vendors, wavespeed, do, how):
    vendors.trouble("price", do, **how)
    assert wavespeed.submit(brief(price=dollars("0.03"))).provider_job_id


def test_a_refused_key_is_noticed_at_the_quote_before_anything_is_sent(vendors, wavespeed):
    vendors.trouble("price", "status", status=401, body=b'{"code":401,"message":"Unauthorized"}')
    assert type(wavespeed.refused("submit", brief(price=dollars("0.03")))) is OperatorMustAct
    assert vendors.requests("POST", "generate-bgm") == []


def test_a_quote_in_another_currency_is_no_quote(vendors, wavespeed):
    body = {"code": 200, "data": {"price": 0.03, "currency": "EUR"}}
    vendors.trouble("price", "status", body=json.dumps(body).encode())
    assert wavespeed.price(PATH, {"number_of_songs": 1}) is None


def test_prices_and_the_balance_are_exact(vendors, wavespeed):
    vendors.wavespeed.balance = 7.123457
    assert wavespeed.balance() == 7_123_457
    assert wavespeed.price(PATH, {"number_of_songs": 3}) == (90_000, 90_000)


@pytest.mark.parametrize("body", [b'{"code":200,"data":{"balance":"lots"}}', b"<html>", b'{"code":500,"message":"?"}'])
def test_a_balance_that_cannot_be_read_is_busy(vendors, wavespeed, body):
    vendors.trouble("balance", "status", body=body)
    assert type(wavespeed.refused("balance")) is Busy


def test_their_books_show_charges_and_later_refunds(vendors, wavespeed):
    provider_job_id = wavespeed.submit(brief(takes=2)).provider_job_id
    vendors.wavespeed.refund(vendors.wavespeed.jobs[0])
    lines = wavespeed.billings(0.0, 4e9)
    assert [(line.kind, line.amount, line.job) for line in lines] == [
        ("refund", 60_000, provider_job_id),
        ("deduct", 60_000, provider_job_id),
    ]
    assert all(line.uuid and line.at for line in lines)


def test_their_books_are_read_page_by_page_and_lines_that_are_none_are_left_out(vendors, wavespeed):
    for _ in range(101):
        vendors.wavespeed.accept(PATH, {"prompt": "x"})
    vendors.wavespeed.bills.insert(0, {"uuid": "", "price": "?"})
    assert len(wavespeed.billings(0.0, 4e9)) == 101


# --- uploads and references ---


@pytest.fixture
def reference(tmp_path):
    file = tmp_path / "My holiday (private) song.mp3"
    file.write_bytes(b"ID3" + bytes(5000))
    return file


def test_a_reference_is_uploaded_without_its_name_and_without_the_key(vendors, wavespeed, reference):
    address = wavespeed.upload(reference)
    assert address.startswith(f"{vendors.url}/cdn/up/")
    assert "holiday" not in address
    put = vendors.requests("PUT")[0]
    assert put.body == reference.read_bytes()
    assert put.headers["x-amz-acl"] == "private"
    assert put.headers["content-type"] == "audio/mpeg"
    assert "authorization" not in put.headers
    assert vendors.wavespeed.key not in str(put)


@pytest.mark.parametrize(("name", "size"), [("a.mp3", 0), ("a.mp3", 10_000_001), ("a.exe", 10), ("a", 10)])
def test_only_short_sounds_are_uploaded(vendors, wavespeed, tmp_path, name, size):
    (tmp_path / name).write_bytes(bytes(size))
    assert type(wavespeed.refused("upload", tmp_path / name)) is Rejected
    assert vendors.seen == []


TICKETS = [
    {"download_url": "https://cdn.example/a"},
    {"download_url": "https://cdn.example/a", "upload": {"method": "POST", "url": "https://put.example/a"}},
    {"download_url": "https://cdn.example/a", "upload": {"method": "PUT", "url": "file:///etc/passwd"}},
    {"upload": {"method": "PUT", "url": "https://put.example/a"}},
]


@pytest.mark.parametrize("data", TICKETS)
def test_a_ticket_that_leads_nowhere_is_busy(vendors, wavespeed, reference, data):
    vendors.trouble("upload", "status", body=json.dumps({"code": 200, "data": data}).encode())
    assert type(wavespeed.refused("upload", reference)) is Busy


def ticket(url: str, **headers: str) -> bytes:
    upload = {"method": "PUT", "url": url, "headers": headers}
    return json.dumps({"code": 200, "data": {"download_url": "https://cdn.example/a", "upload": upload}}).encode()


def test_a_ticket_into_our_own_network_is_not_followed(vendors, account, reference):
    vendors.trouble("upload", "status", body=ticket("https://169.254.169.254/latest"))
    careful = WaveSpeed(dataclasses.replace(account, private_ok=False))
    error = Caller(careful).refused("upload", reference)
    assert type(error) is Busy
    assert "private network" in error.words


def test_a_ticket_cannot_make_us_send_the_key_or_break_the_request(vendors, wavespeed, reference):
    key = vendors.wavespeed.key
    tricks = {
        "Authorization": f"Bearer {key}",
        "X-Key": key,
        "Host": "evil.example",
        "X-Bad": "a\r\nb: c",
        "X-Fine": "1",
    }
    vendors.trouble("upload", "status", body=ticket(f"{vendors.url}/put/a", **tricks))
    wavespeed.upload(reference)
    put = vendors.requests("PUT")[0]
    assert key not in str(put)
    assert put.headers["x-fine"] == "1"
    assert not {"x-bad", "b"} & put.headers.keys()
    assert put.headers["host"] == vendors.url.removeprefix("http://")


@pytest.mark.parametrize(("do", "how"), [("status", {"status": 403}), ("reset", {}), ("redirect", {"to": "/put/b"})])
def test_an_upload_that_breaks_off_may_be_tried_again(vendors, wavespeed, reference, do, how):
    vendors.trouble("put", do, **how)
    assert type(wavespeed.refused("upload", reference)) is Busy
    assert wavespeed.upload(reference)


def test_a_reference_is_registered_as_a_paid_job_that_gives_an_id(vendors, wavespeed):
    settings = {"audio": "https://cdn.example/a.mp3", "purpose": "instrumental"}
    began = wavespeed.submit(brief("wavespeed/create-upload-id", "", settings=settings, price=dollars("0.01")))
    assert vendors.requests("POST", "create-upload-id")[0].json == {
        "audio": "https://cdn.example/a.mp3",
        "purpose": "instrumental",
    }
    wavespeed.poll(began.provider_job_id)
    ended = wavespeed.poll(began.provider_job_id)
    assert (ended.progress, ended.outputs) == (Progress.COMPLETED, ())
    assert ended.registered_id.isdigit()
    assert vendors.wavespeed.bills[0]["price"] == 0.01


def test_stems_come_as_files_or_as_one_archive(vendors, wavespeed):
    vendors.wavespeed.polls = 0
    vendors.wavespeed.outputs = [{"zip_url": "https://cdn.example/stems.zip", "expires_at": 1}]
    provider_job_id = wavespeed.submit(
        brief("wavespeed/stem-song", settings={"audio": "https://cdn.example/a.mp3"})
    ).provider_job_id
    assert [output.url for output in wavespeed.poll(provider_job_id).outputs] == ["https://cdn.example/stems.zip"]
