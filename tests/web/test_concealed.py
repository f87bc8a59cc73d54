"""What a person may not see is in no answer to them, whatever address they ask: every door is asked, every byte read.

Two things are concealed: what is private to somebody else, and which model a blind candidate is of.
"""

import datetime as dt
import json
from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.models import Comparison, Entry, Scope, ShareLink, Track
from generator.workflow import Refused, keys, library, references, sharing
from generator.workflow.money import book
from tests.api import test_every_address as programs
from tests.web import test_every_url as pages

SECRETS = (b"Zanzibar", b"zanzibar", b"Quokka", b"424242")  # of the prompt, of the title, the seed


def asked(method: str, client: Client, url: str, data, **more) -> bytes:
    """One answer in full, headers and body; whatever it changed is undone."""
    cookies = deepcopy(client.cookies)
    cache.clear()
    with transaction.atomic():
        if method == "POST" and not more:
            reply = client.post(url, data or {})
        else:
            body = {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}
            reply = client.generic(method, url, **body, **more)
        body = reply.getvalue() if reply.streaming else reply.content
        transaction.set_rollback(True)
    client.cookies = cookies
    assert reply.status_code < 500, url
    return str(dict(reply.headers)).encode() + body


def pages_of(things: dict) -> Iterator[tuple[str, str, dict]]:
    """Every page of the studio and every form, about these things."""
    for name, methods in pages.ROWS.items():
        if name in pages.OPEN or name == "hook":
            continue
        for method in methods:
            yield method, pages.address(name, things), pages.SENT.get(name, {})


def program_doors(things: dict) -> Iterator[tuple[str, str, object]]:
    for route, named in programs.NAMES.items():
        for method, name in named.items():
            body = programs.filled(programs.SENT.get(name), things)
            if not isinstance(body, dict) or not any(isinstance(value, bytes) for value in body.values()):
                yield method, programs.address(route, name, things), body
    for ref in (things["generation_id"], things["generation_id"].replace("-", "")):
        for path in (f"predictions/{ref}", f"predictions/{ref}/result", "predictions?include_inputs=true"):
            yield "GET", f"/api/v3/{path}", None
    yield "POST", "/api/v3/predictions", {"include_inputs": True}


def leaks(client: Client, token: str, things: dict, secrets) -> list[str]:
    """The addresses whose answer holds one of the secrets."""
    headers = {"authorization": f"Bearer {token}"}
    answers = {f"{method} {url}": asked(method, client, url, data) for method, url, data in pages_of(things)}
    for method, url, data in program_doors(things):
        answers[f"{method} {url}"] = asked(method, client, url, data, headers=headers)
    return [address for address, answer in answers.items() if any(secret in answer for secret in secrets)]


things = programs.things  # one of everything that an address can name
ALIKE = {
    "comparison": "comparison_id", "reference": "reference_id", "comment": "comment_id", "link": "link_id",
    "budgets": "request_id", "requests": "request_id", "webhook": "webhook_id", "message": "delivery_id",
    "invitation": "invitation_id", "key": "project_id", "archived": "elsewhere", "news": "request_id",
    "track": "track_id", "generation": "generation_id", "stem": "stem_id",
}  # fmt: skip


def about(things: dict, track: Track) -> dict:
    """The same things, with a track, its run, its prompt and its stem, under the names of both tables."""
    mine = {"track_id": track.ref, "generation_id": track.generation.ref, "prompt_id": track.generation.prompt.ref}
    if track.generation.comparison:
        mine["comparison_id"] = track.generation.comparison.ref
    found = things | mine | {"stem_id": track.stems.get().ref, "token": "none", "address": "none"}
    return found | {name: found[there] for name, there in ALIKE.items()}


def signed_in(person) -> tuple[Client, str]:
    client = Client()
    client.force_login(person)
    return client, keys.make(person, "farm", Scope.MANAGE)[1]


# --- what is private ---


@pytest.fixture
def private(make_track, make_stem, user, project) -> Track:
    """A take that Ada has kept to herself, paid for, with everything that hangs on it."""
    made = make_track("Quokka", prompt="Zanzibar at dawn", notes="Quokka", made_of={"seed": 424242})
    made.generation.prompt.settings["seed"] = 424242
    made.generation.prompt.save()
    make_stem(made)
    library.tag(Track.objects.filter(pk=made.pk), "Quokka")
    run = made.generation
    whose = {"project": project, "user": user, "model_key": run.model.key, "generation": run}
    book(Entry.Kind.HOLD, 5, reason="Set aside", **whose)
    sharing.keep_private(made, user)
    return made


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_a_private_take_is_in_no_answer_to_anybody_else(things, private, member, role):
    assert leaks(*signed_in(member(role)), about(things, private), SECRETS) == []


def test_its_author_finds_it_everywhere(things, private, user):
    shown = " ".join(leaks(*signed_in(user), about(things, private), SECRETS))
    for door in ("/spend/lines/", "/api/v1/prompts", "/api/v1/generations", "/api/v3/predictions", "/t/"):
        assert door in shown


# --- what is blind ---


def test_a_blind_candidate_is_named_in_no_answer(things, make_track, make_stem, user, member):
    comparison = Comparison.objects.get(ref=things["comparison_id"])
    made = make_track("Quokka", generation=comparison.generations.first(), bpm=90.0)
    make_stem(made)
    link = ShareLink.objects.create(track=made, made_by=user, expires_at=timezone.now() + dt.timedelta(days=1))
    named = about(things, made) | {"address": sharing.address_of(link)}
    client, token = signed_in(member("owner"))
    found = leaks(client, token, named, (b"Quokka", made.cover.encode()))
    assert [address for address in found if not address.endswith("/reveal")] == []
    for door in ("shared", "shared-audio", "shared-cover", "shared-download"):
        assert Client().get(reverse(door, args=[named["address"]])).status_code == 410
    with pytest.raises(Refused):
        sharing.share(made, user, 7, allow_download=False)
    with pytest.raises(Refused):
        references.from_track(user, made)
