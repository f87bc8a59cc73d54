"""Request data never makes an oversized or forged log line."""

import io
import logging

import pytest
from django.conf import settings
from django.test import Client

from bgmsite.logs import MAX_LINE_CHARS, MAX_LINES, Line

LONG = "x" * 33_000
FORMAT = settings.LOGGING["formatters"]["line"]["format"]


@pytest.fixture
def lines():
    """The lines that the studio's log handler writes during a test."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Line(FORMAT))
    logging.getLogger().addHandler(handler)
    for name in ("django.request", "django.security"):
        logging.getLogger(name).setLevel("WARNING")
    yield lambda: written.getvalue().splitlines()
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/{LONG}", {}),
        ("/a%0aFORGED%1b[31m%e2%80%a8", {}),
        ("/", {"host": LONG}),
        ("/", {"host": "a\nFORGED"}),
        (f"/api/v3/{LONG}", {"authorization": f"Bearer {LONG}"}),
        ("/accounts/login/", {"referer": LONG, "cookie": LONG}),
    ],
)
def test_lines_of_bad_requests_are_short_and_one_each(lines, path, headers):
    Client(enforce_csrf_checks=True).post(path, headers=headers)
    Client().get(path, headers=headers)
    logging.getLogger("studio").warning("asked for %s", path + str(headers))
    assert lines()
    assert all(len(line) < MAX_LINE_CHARS + 200 for line in lines())
    assert not any(line.startswith("FORGED") for line in lines())
    assert "\x1b" not in "".join(lines())


def test_a_traceback_is_bounded_too(lines):
    try:
        raise ValueError("\n".join([LONG] * 500))
    except ValueError:
        logging.getLogger("studio").exception("failed")
    assert len(lines()) <= MAX_LINES + 2
    assert max(map(len, lines())) < MAX_LINE_CHARS + 200


@pytest.mark.parametrize(
    "address",
    [
        "/join/{}/",
        "/s/{}/audio",
        "/l/{}/audio",
        "/o/{}/take.wav",
        "/o/{}/cover.webp",
        "/api/v3/media/put/{}",
        "/api/v2/media/files/{}/a.mp3",
        "/accounts/password/reset/key/{}/",
        "/accounts/confirm-email/{}/",
        "/studio?token={}",
        "Bearer bgm_abcdefgh_{}",
        "Authorization: Bearer {}",
    ],
)
def test_what_opens_a_door_is_blanked_wherever_it_stands(lines, address):
    secret = "9f~Zk-quokka_0123:4567"
    said = address.format(secret)
    logging.getLogger("studio").warning("GET %s failed", said)
    try:
        raise ValueError(f"no answer from https://studio.example.com{said}")
    except ValueError:
        logging.getLogger("studio").exception("failed")
    assert "quokka" not in "".join(lines())
