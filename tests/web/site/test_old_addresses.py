"""Addresses of earlier versions lead to the present ones, for everyone alike."""

import re

import pytest
from django.test import Client
from django.urls import resolve, reverse

from generator.services.library import sharing
from generator.web.site.old_addresses import PATTERNS, ROUTES

VALUES = {"public_id": "4n8Kk2f0Qw3xZb1R", "pk": 7, "format": "mp3", "key": "wavespeed"}
_PARAMETER = re.compile(r"<(?:str|int|slug):(\w+)>|\(\?P<(\w+)>[^)]*\)")


def filled(route: str) -> tuple[str, dict]:
    """Return an address of a route, and its parameters."""
    names = [one or other for one, other in _PARAMETER.findall(route)]
    address = _PARAMETER.sub(lambda found: str(VALUES[found[1] or found[2]]), route.strip("^$"))
    return f"/{address}", {name: VALUES[name] for name in names}


@pytest.mark.parametrize(("route", "name"), [*ROUTES.items(), *PATTERNS.items()])
def test_an_old_address_leads_to_the_present_one(route, name):
    address, parameters = filled(route)
    present = reverse(name, kwargs=parameters)
    assert (present != address, resolve(present).view_name) == (True, name)
    for query in ("", "?month=2026-01&q=a%20b%26c"):
        read = Client().get(address + query)
        assert (read.status_code, read.headers["Location"]) == (301, present + query)
        sent = Client(enforce_csrf_checks=True).post(address + query, {"text": "warm"})
        assert (sent.status_code, sent.headers["Location"]) == (308, present + query)


def test_a_page_is_reached_through_its_old_address(user_client, project, make_track):
    track = make_track()
    assert user_client.get(f"/t/{track.public_id}/", follow=True).status_code == 200
    assert user_client.post(f"/t/{track.public_id}/bin/").headers["Location"] == reverse(
        "move-to-trash", args=[track.public_id]
    )
    assert Client().get(f"/p/{project.public_id}/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_share_links_answer_at_their_old_address_themselves(make_track, user):
    address = sharing.address_of(sharing.share(make_track(), user, 7, allow_download=True))
    for root in ("l", "s"):
        for part in ("", "audio", "cover", "download"):
            assert Client().get(f"/{root}/{address}/{part}").status_code == 200, (root, part)
    assert reverse("shared", args=[address]) == f"/s/{address}/"


def test_providers_may_call_the_address_that_they_were_given():
    assert resolve("/hooks/composer/").func is resolve("/provider-webhooks/composer/").func
    assert reverse("provider-webhook", args=["composer"]) == "/provider-webhooks/composer/"
