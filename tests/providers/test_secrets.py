"""Keys appear only in their header: not in logs, errors, tracebacks, reprs, stored replies or at other hosts."""

import dataclasses
import json
import logging
import traceback

import pytest

from generator.providers.base import ProviderConfig, from_environment
from generator.providers.errors import ProviderError
from generator.providers.wavespeed.client import WaveSpeed
from tests.providers.conftest import Caller, brief, listen, tune


def everything_said(error: BaseException, caplog) -> str:
    words = getattr(error, "words", "")
    return "".join(traceback.format_exception(error)) + repr(error) + words + caplog.text


TROUBLES = ["reset", "cut", "headers", "html", "garbage", "truncated", "redirect", "status"]


@pytest.mark.parametrize("do", TROUBLES)
def test_no_error_and_no_log_line_holds_the_key(vendors, wavespeed, soundverse, caplog, do):
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"code": 500, "message": f"no such key {vendors.wavespeed.key} {vendors.soundverse.key}"})
    how = {"status": 500, "body": echo.encode()} if do == "status" else {"to": "https://elsewhere.example/"}
    for route in ("submit", "result", "stream"):
        vendors.trouble(route, do, **how)
    for call in (("submit", brief()), ("poll", "a" * 32)):
        said = everything_said(wavespeed.refused(*call), caplog)
        assert vendors.wavespeed.key not in said
    told, error = listen(soundverse(), tune())
    assert vendors.soundverse.key not in everything_said(error, caplog) + str(told)


@pytest.mark.parametrize("key", ["line\nbreak-secret", "umlaut-sécret", "blank secret"])
def test_a_key_that_cannot_be_a_header_is_not_printed_either(vendors, account, caplog, key):
    caplog.set_level(logging.DEBUG)
    error = Caller(WaveSpeed(dataclasses.replace(account, key=key))).refused("submit", brief())
    assert key not in everything_said(error, caplog)
    assert vendors.seen == []


def test_an_echoed_key_is_struck_out_of_what_is_kept(vendors, wavespeed):
    data = {"id": "abc", "status": "processing", "note": f"Bearer {vendors.wavespeed.key}", "headers": {"api_key": "k"}}
    vendors.trouble("submit", "status", body=json.dumps({"code": 200, "data": data}).encode())
    raw = wavespeed.submit(brief()).raw
    assert raw["note"] == "Bearer •••"
    assert raw["headers"] == {"api_key": "•••"}


def test_an_account_does_not_show_its_key(account):
    assert account.key not in repr(account)
    assert account.key not in str(WaveSpeed(account).__dict__)


def test_a_redirect_is_not_followed_with_the_key(vendors, wavespeed):
    for route in ("submit", "result", "balance"):
        vendors.trouble(route, "redirect", to=f"{vendors.url}/cdn/stolen.mp3", status=307)
    for call in (("submit", brief()), ("balance",)):
        assert isinstance(wavespeed.refused(*call), ProviderError)
    assert vendors.requests("GET", ".mp3") == vendors.requests("POST", ".mp3") == []


def test_the_environment_is_read_under_plain_names(monkeypatch):
    for name, value in {"API_KEY": "k", "BASE_URL": "https://x.example", "MODE": "sync", "PATH": ""}.items():
        monkeypatch.setenv(f"SOUNDVERSE_{name}", value)
    found = from_environment("SOUNDVERSE", ("mode", "path"))
    assert found == ProviderConfig("https://x.example", "k", {"mode": "sync"})
