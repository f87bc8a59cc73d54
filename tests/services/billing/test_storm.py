"""Two hundred parallel submits with a budget for ten, in separate processes, on both databases."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from generator.currency import dollars

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("storm")]
ROOT = Path(__file__).resolve().parents[3]


def storm(database_url: str, tmp_path: Path, *arguments: str) -> dict:
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "STUDIO_DATA": str(tmp_path),
        "SECRET_KEY": "storm" * 12,
        "STUDIO_PROVIDERS": "tests.fakes.poll",
    }
    command = [sys.executable, "-m", "tests.services.billing.storm", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_exactly_ten_pass(database_url, tmp_path):
    told = storm(database_url, tmp_path)
    assert told["let_through"] == told["generations"] == 10
    assert told["held"] == dollars("0.30")
    assert told["refusals"] == ["refused: budget_exceeded"]
    assert told["differences"] == []


def test_one_key_pressed_two_hundred_times_is_one_generation(database_url, tmp_path):
    told = storm(database_url, tmp_path, "same-key")
    assert told["let_through"] == 200
    assert told["different"] == told["generations"] == 1
    assert told["held"] == dollars("0.03")
    assert told["differences"] == []


def test_one_request_is_granted_once_and_exactly_fifteen_pass(database_url, tmp_path):
    told = storm(database_url, tmp_path, "granted")
    assert told["grants"] == 1
    assert told["let_through"] == told["generations"] == 15
    assert told["held"] == dollars("0.45")
    assert told["differences"] == []


def test_a_month_that_is_closed_in_the_middle_of_bookings_misses_none_and_takes_none(database_url, tmp_path):
    told = storm(database_url, tmp_path, "closing")
    assert told["written"] == told["entries"] == told["closed_with"]
    assert told["written"] < told["all"], "the month was closed after the storm"
    assert told["unchanged"]
