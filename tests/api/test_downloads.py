"""Every file address for programs supports ranges correctly, or says that it has none."""

import pytest

from generator.api import signed_files
from generator.api.compat.wavespeed import files
from generator.models import Scope, Stem, Track
from generator.services.billing import ledger
from tests.api.test_every_address import EVERYTHING, NAMES, address, things  # noqa: F401 (a fixture)
from tests.downloads import assert_made, assert_stored, is_file, let_go

STORED = (
    *("get_track_audio", "get_track_cover", "download_track", "get_stem_audio", "get_midi", "get_reference_audio"),
    *("get_pack_file", "get_original"),
)
MADE = {"get_certificate": "", "get_statement": "", "list_ledger_entries": "format=csv"}  # with the query string
SIGNED = {
    "output": lambda: signed_files.audio_url(Track.objects.latest("pk"), ""),
    "output-cover": lambda: signed_files.cover_url(Track.objects.latest("pk"), ""),
    "wavespeed-stem": lambda: files.stem_url(Stem.objects.latest("pk"), "", signed_files.AUTHOR_RECIPIENT),
}
ROUTES = {named["GET"]: route for route, named in NAMES.items() if "GET" in named}


@pytest.fixture
def fetch(program, things):  # noqa: F811
    ours = program(Scope.MANAGE)

    def _fetch(name: str, more: str = ""):
        url = address(ROUTES[name], name, things)
        url += ("&" if "?" in url else "?") * bool(more) + more
        return lambda method, headers: ours.client.generic(
            method, url, headers={"Authorization": f"Bearer {ours.token}"} | headers
        )

    return _fetch


def test_every_file_is_listed(fetch):
    found = set()
    for name in ROUTES:
        for more in ("", "format=csv", "format=wav"):
            reply = fetch(name, more)("GET", {})
            if is_file(reply):
                found.add(name)
            let_go(reply)
    assert found == {*STORED, *MADE}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_file_has_ranges(fetch, name):
    assert_stored(fetch(name, "format=wav" if name == "download_track" else ""))


@pytest.mark.parametrize("name", MADE)
def test_a_made_file_says_that_it_has_none(fetch, ask, name):
    ledger.settle(ask(), 1, "all")
    assert_made(fetch(name, MADE[name]))


@pytest.mark.parametrize("name", SIGNED)
def test_a_signed_address_has_ranges(client, things, name):  # noqa: F811
    url = SIGNED[name]()
    assert_stored(lambda method, headers: client.generic(method, url, headers=headers))
