"""The installed studio: manifest, service worker, offline page, and the tabs that every page shows."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from PIL import Image

from generator.web.site import web_app


def test_the_manifest_is_complete_and_public(client, db):
    reply = client.get(reverse("manifest"))
    assert reply["Content-Type"] == "application/manifest+json"
    found = json.loads(reply.content)
    assert {"name", "short_name", "start_url", "scope", "display", "theme_color", "background_color"} <= set(found)
    assert {(icon["sizes"], icon["purpose"]) for icon in found["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in found["icons"]:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"


def test_the_worker_keeps_only_the_offline_page_and_public_files(client, db):
    reply = client.get(reverse("service-worker"))
    assert reply["Content-Type"].startswith("text/javascript")
    assert reply["Cache-Control"] == "no-cache"
    files = json.loads(re.search(r"const FILES = (\[.*?\]);", reply.content.decode())[1].replace("\\u002D", "-"))
    assert [file for file in files if not file.startswith("/static/")] == [reverse("offline")]
    assert all(finders.find(file.removeprefix("/static/")) for file in files[1:])


def test_the_offline_page_is_the_same_for_everyone(client, user_client):
    assert client.get(reverse("offline")).content == user_client.get(reverse("offline")).content
    assert "no-store" in client.get(reverse("offline"))["Cache-Control"]


def test_the_policy_allows_both_and_no_more(client, db):
    policy = client.get(reverse("offline"))["Content-Security-Policy"]
    assert {"manifest-src 'self'", "worker-src 'self'"} <= set(policy.split("; "))


def test_pages_stay_unstored(user_client, project):
    reply = user_client.get(reverse("studio", args=[project.public_id]))
    assert "no-store" in reply["Cache-Control"]
    assert f'rel="manifest" href="{reverse("manifest")}"' in reply.content.decode()


def tabs(client, url: str) -> list[tuple[str, bool]]:
    bar = re.search(r'<nav class="tabs".*?</nav>', client.get(url).content.decode(), re.DOTALL)[0]
    return [(name, "aria-current" in tag) for tag, name in re.findall(r'(<a [^>]*data-tab="(\w+)"[^>]*>)', bar)]


@pytest.mark.parametrize(
    ("url", "current"),
    [
        ("/projects/{}/", "create"),
        ("/projects/{}/trash/", "library"),
        ("/projects/{}/members/", "library"),
        ("/projects/", "library"),
        ("/spend/", "spend"),
        ("/account/", "account"),
        ("/account/api-keys/", "account"),
        ("/accounts/2fa/", "account"),
        ("/notifications/", "account"),
    ],
)
def test_every_page_has_the_same_four_tabs_and_marks_one(user_client, project, url, current):
    shown = tabs(user_client, url.format(project.public_id))
    assert [name for name, _ in shown] == ["create", "library", "spend", "account"]
    assert [name for name, is_current in shown if is_current] == [current]


def test_the_ground_is_the_one_of_the_tokens():
    with open(finders.find("css/tokens.css")) as tokens:
        assert f"--ground: light-dark({web_app.GROUND}," in tokens.read()
