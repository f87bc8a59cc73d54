"""docs/webhooks.md: its code verifies real messages, and its tables match the code."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from generator.services.webhooks import delivery, events, signing

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
SECRET, OTHER = signing.new_secret(), signing.new_secret()
BODY = '{"type":"track.created","data":{"title":"Tea – time"}}'.encode()


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


def message(*secrets: str, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    """Return the headers of a message as a server has them: in lower case."""
    at = int(time.time()) if at is None else at
    signed = signing.headers("msg_1", at, signing.standard("msg_1", at, body, secrets))
    return {name.lower(): value for name, value in signed.items()}


def cases() -> dict[str, tuple[dict[str, str], bool]]:
    """Return headers of current messages, and whether they must be accepted."""
    return {
        "ours": (message(SECRET), True),
        "while the secret is changed": (message(OTHER, SECRET), True),
        "another secret": (message(OTHER), False),
        "another body": (message(SECRET, body=BODY + b" "), False),
        "an old one": (message(SECRET, at=int(time.time()) - 3600), False),
        "one from the future": (message(SECRET, at=int(time.time()) + 3600), False),
        "a cut signature": (message(SECRET) | {"webhook-signature": "v1,abc"}, False),
    }


def test_the_python_on_the_page_checks_messages():
    found: dict = {}
    exec(block("python"), found)
    for name, (headers, right) in cases().items():
        assert found["verify"](SECRET, headers, BODY) is right, name


@pytest.mark.skipif(not shutil.which("node"), reason="no Node here")
def test_the_javascript_on_the_page_checks_messages():
    asked = json.dumps({name: headers for name, (headers, _) in cases().items()})
    script = f"""{block("javascript")}
        const asked = {asked}, body = Buffer.from({json.dumps(BODY.decode())});
        const check = (headers) => verify({json.dumps(SECRET)}, headers, body);
        const said = Object.entries(asked).map(([name, headers]) => [name, check(headers)]);
        console.log(JSON.stringify(Object.fromEntries(said)));"""
    done = subprocess.run(["node", "-e", script], capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout) == {name: right for name, (_, right) in cases().items()}


def test_every_event_is_in_the_table():
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", PAGE, re.MULTILINE)) == {*events.EVENTS, events.TEST}


def test_the_waits_are_those_that_are_waited():
    told = "after 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 8 h, and 8 h"
    assert told in " ".join(PAGE.split())
    assert delivery.RETRY_DELAYS_S == (5, 60, 300, 1800, 7200, 18000, 28800, 28800)
