"""Every file address of the pages supports ranges correctly, or says that it has none."""

import pytest

from generator.models import ShareLink
from generator.services.billing import ledger
from tests.downloads import assert_made, assert_stored, body, is_file, let_go
from tests.web.test_access_by_role import ROWS, address, things  # noqa: F401 (a fixture)

STORED = (
    *("audio", "cover", "download", "reference-audio", "stem-audio", "stem-download", "midi"),
    *("shared-audio", "shared-cover", "shared-download", "pack-file", "shared-pack-file"),
)
MADE = {"statement": "", "certificate": "", "spend-lines": "format=csv"}  # with the query string
FOR_BROWSERS = {"manifest", "service-worker"}  # small texts that no person saves
UNNAMED = ("format=csv", "format=wav", "download=1")  # what might turn a page into a file


@pytest.fixture
def fetch(user_client, things):  # noqa: F811
    ShareLink.objects.update(allow_download=True)

    def _fetch(name: str, more: str = ""):
        url = address(name, things)
        url += ("&" if "?" in url else "?") * bool(more) + more
        return lambda method, headers: user_client.generic(method, url, headers=headers)

    return _fetch


def test_every_file_is_listed(fetch):
    found = set()
    for name in (name for name, methods in ROWS.items() if "GET" in methods):
        for more in ("", *UNNAMED):
            reply = fetch(name, more)("GET", {})
            if is_file(reply):
                found.add(name)
            let_go(reply)
    assert found - FOR_BROWSERS == {*STORED, *MADE}


@pytest.mark.parametrize("name", STORED)
def test_a_stored_file_has_ranges(fetch, name):
    assert_stored(fetch(name))


@pytest.mark.parametrize("name", MADE)
def test_a_made_file_says_that_it_has_none(fetch, ask, name):
    ledger.settle(ask(), 1, "all")
    assert_made(fetch(name, MADE[name]))


def test_a_zip_is_made_and_says_that_it_has_no_ranges(user_client, project, track):
    reply = user_client.post(
        f"/projects/{project.public_id}/bulk/",
        {"action": "zip", "track": [track.public_id]},
        headers={"Range": "bytes=9-"},
    )
    content = body(reply)
    assert (reply.status_code, content[:2]) == (200, b"PK")
    assert (reply.headers["Accept-Ranges"], int(reply.headers["Content-Length"])) == ("none", len(content))


def test_the_ledger_in_the_admin_is_made(client, admin_user, ask):
    ask()
    client.force_login(admin_user)
    assert_made(
        lambda method, headers: client.generic(method, "/admin/review/ledger-entries/?format=csv", headers=headers)
    )
