"""No answer contains what a person may not see: every address is requested, every byte is searched.

Two things are concealed: tracks that are private to another member, and the model of a blind candidate.

The default run sends GET requests; `-m live` uses every method, as more people.
"""

import datetime as dt
import json
import re
from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.audio import Tags, convert, decode, write_tags
from generator.currency import dollars
from generator.models import (
    Comparison,
    Generation,
    LedgerEntry,
    MusicModel,
    Price,
    ProviderAccount,
    Scope,
    ShareLink,
    State,
    Track,
    WebhookDelivery,
)
from generator.services.billing.ledger import book
from generator.services.errors import UserError
from generator.services.generation.comparisons import submit_many
from generator.services.library import approvals, media, references, sharing, tracks
from generator.services.team import api_keys, notifications
from generator.services.webhooks.payloads import body_of
from tests.api import test_every_address as programs
from tests.conftest import COMPOSER, POLL, STREAM
from tests.web import test_access_by_role as pages

SECRETS = (b"Zanzibar", b"zanzibar", b"Quokka", b"424242")  # in the prompt, in the title, the seed


def asked(method: str, client: Client, url: str, data, **more) -> bytes:
    """Return one answer in full, headers and body, and undo its changes."""
    cookies = deepcopy(client.cookies)
    cache.clear()
    with transaction.atomic():
        if "POST" in method and not more:
            reply = client.post(url, data or {}, headers={"HX-Request": "true"} if "htmx" in method else {})
        elif isinstance(data, dict) and any(isinstance(value, bytes) for value in data.values()):
            files = {
                name: ContentFile(value, "take.wav") if isinstance(value, bytes) else value
                for name, value in data.items()
            }
            reply = client.post(url, files, **more)
        else:
            body = {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}
            reply = client.generic(method, url, **body, **more)
        body = reply.getvalue() if reply.streaming else reply.content
        transaction.set_rollback(True)
    client.cookies = cookies
    assert reply.status_code < 500, url
    said = " ".join(str(one) for one in reply.wsgi_request._messages) if hasattr(reply, "wsgi_request") else ""
    return f"{dict(reply.headers)} {said}".encode() + body


def pages_of(things: dict) -> Iterator[tuple[str, str, dict]]:
    """Yield every page of the studio and every form, for these objects."""
    for name, methods in pages.ROWS.items():
        if name in pages.OPEN or name == "provider-webhook":
            continue
        for method in [*methods, *(["POST by htmx"] if "POST" in methods else [])]:
            yield method, pages.address(name, things), pages.SENT.get(name, {})


# Requests per address of the vendors' contracts; "-" has nothing to do with a track, or takes no key.
VENDORS = {
    "predictions": ["GET predictions?include_inputs=true", "POST predictions"],
    "prediction": ["GET predictions/{id}", "DELETE predictions/{id}"],
    "result": ["GET predictions/{id}/result"],
    "delete": ["POST predictions/delete"],
    "models": ["GET models"],
    "price": ["POST model/price"],
    "pricing": ["POST model/pricing"],
    "ticket": ["POST media/uploads"],
    "balance": ["GET balance"],
    "account-balance": ["GET account/balance"],
    "billings": ["POST billings/search"],
    "usage": ["POST user/usage_stats"],
    "secret": ["GET webhook/secret"],
    "none": ["GET predictions/{id}/nowhere"],
    "else": ["GET nowhere"],
    "submit": ["POST composer/studio"],
    **dict.fromkeys(("binary", "upload", "put", "file", "stem", "openapi"), "-"),
}
SOUNDVERSE = ("stream", "sync", "later", "later-sync", "openapi", "root", "nowhere")  # mention only what they make


def program_doors(things: dict) -> Iterator[tuple[str, str, object]]:
    for route, named in programs.NAMES.items():
        for method, name in named.items():
            yield method, programs.address(route, name, things), programs.filled(programs.SENT.get(name), things)
    public_ids = (things["generation_id"], things["generation_id"].replace("-", ""))
    wide = {"include_inputs": True, "ids": list(public_ids), "start_time": "2020-01-01", "prompt": "warm lo-fi"}
    for version in ("v2", "v3"):
        for asked_for in (one for asked in VENDORS.values() if asked != "-" for one in asked):
            method, path = asked_for.split()
            for public_id in public_ids if "{id}" in path else public_ids[:1]:
                yield method, f"/api/{version}/{path.format(id=public_id)}", wide if method == "POST" else None


def test_every_address_of_the_vendors_contracts_is_asked_or_named():
    named = {str(one.name) for spaces, route, one in programs.EVERYTHING if route.startswith(programs.VENDORS)}
    ours = {f"wavespeed-{name}" for name in VENDORS} | {f"soundverse-{name}" for name in SOUNDVERSE}
    assert named == ours


def leaks(client: Client, token: str, things: dict, secrets, *, whole: bool = True) -> list[str]:
    """Return the addresses whose answer contains a secret; only with GET, unless `whole`."""
    headers = {"authorization": f"Bearer {token}"}
    answers = {}
    for doors, more in ((pages_of(things), {}), (program_doors(things), {"headers": headers})):
        for method, url, data in doors:
            if whole or method == "GET":
                answers[f"{method} {url}"] = asked(method, client, url, data, **more)
    return [address for address, answer in answers.items() if any(secret in answer for secret in secrets)]


things = programs.things  # one of everything that an address can name
ALIKE = {
    "comparison": "comparison_id", "reference": "reference_id", "comment": "comment_id", "link": "share_link_id",
    "budgets": "request_id", "budget-requests": "request_id", "webhook": "webhook_id", "message": "delivery_id",
    "invitation": "invitation_id", "key": "project_id", "archived": "elsewhere", "notifications": "request_id",
    "track": "track_id", "generation": "generation_id", "stem": "stem_id",
    "preset": "preset_id", "batch": "batch_id", "edit": "edit_id", "upload": "upload_id",
    "pack": "pack_id",
}  # fmt: skip


def about(things: dict, track: Track) -> dict:
    """Return the same objects with a track, its generation, prompt and stem, under the names of both tables."""
    mine = {
        "track_id": track.public_id,
        "generation_id": track.generation.public_id,
        "prompt_id": track.generation.prompt.public_id,
    }
    if track.generation.comparison:
        mine["comparison_id"] = track.generation.comparison.public_id
    if item := track.pack_items.first():
        mine["pack_id"] = item.pack.public_id
    mine |= {"stem_id": track.stems.get().public_id, "edit_id": track.edits.get().public_id}
    found = things | mine | {"token": "none", "address": "none", "pack_address": "none"}
    return found | {name: found[there] for name, there in ALIKE.items()}


def program(person) -> programs.Program:
    return programs.Program(api_keys.make(person, "farm", Scope.MANAGE)[1])


def signed_in(person) -> tuple[Client, str]:
    client = Client()
    client.force_login(person)
    return client, api_keys.make(person, "farm", Scope.MANAGE)[1]


# --- private tracks ---


@pytest.fixture
def private(make_track, make_stem, make_edit, make_pack, user, project) -> Track:
    """A paid take that is private to Ada, with everything that belongs to it."""
    made = make_track("Quokka", prompt="Zanzibar at dawn", notes="Quokka", made_of={"seed": 424242})
    made.generation.prompt.settings["seed"] = 424242
    made.generation.prompt.save()
    make_stem(made)
    make_edit(made, title="Quokka")
    make_pack(made)
    tracks.tag(Track.objects.filter(pk=made.pk), "Quokka")
    run = made.generation
    whose = {"project": project, "user": user, "model_key": run.model.key, "generation": run}
    book(LedgerEntry.Kind.HOLD, 5, reason="Set aside", **whose)
    sharing.keep_private(made, user)
    return made


@pytest.mark.parametrize(
    ("role", "whole"),
    [
        ("owner", False),
        pytest.param("owner", True, marks=pytest.mark.live),
        pytest.param("viewer", True, marks=pytest.mark.live),
    ],
)
def test_a_private_take_is_in_no_answer_to_anybody_else(things, private, member, role, whole):
    assert leaks(*signed_in(member(role)), about(things, private), SECRETS, whole=whole) == []


@pytest.mark.live
def test_its_author_finds_it_everywhere(things, private, user):
    shown = " ".join(leaks(*signed_in(user), about(things, private), SECRETS))
    for door in ("/spend/ledger-entries/", "/api/v1/prompts", "/api/v1/generations", "/api/v3/predictions", "/tracks/"):
        assert door in shown


def test_a_record_written_before_does_not_name_it_to_others(user_client, make_track, user, project, member):
    """Audit lines never change, but the track that they name is private by now."""
    track = make_track("Quokka")
    approvals.approve(track, user)
    approvals.withdraw(track, user)
    sharing.revoke(sharing.share(track, user, 7, allow_download=False), user)
    settings, audit = reverse("project-settings", args=[project.public_id]), f"projects/{project.public_id}/audit-log"
    other = member("owner")

    def read(person) -> bytes:
        client = Client()
        client.force_login(person)
        said = program(person).ask("GET", audit).content
        return client.get(settings).content + said

    assert read(other).count("“Quokka”".encode()) == read(user).count("“Quokka”".encode()) >= 4
    sharing.keep_private(track, user)
    assert b"Quokka" not in read(other)
    assert b"Quokka" in read(user)
    sharing.show_project(track, user)
    assert b"Quokka" in read(other)


# --- blind candidates ---


@pytest.fixture
def blind(things, make_track, make_stem, make_edit, user) -> Track:
    """A candidate of a model that no page offers: anything that names the model identifies the candidate."""
    run = Comparison.objects.get(public_id=things["comparison_id"]).generations.first()
    account = ProviderAccount.objects.create(key="dingocorp", title="Dingocorp", enabled=False)
    model = MusicModel.objects.create(provider=account, key="dingocorp/wombat", title="Wombat", enabled=False)
    price = Price.objects.create(model=model, per_take=dollars("713.57"))
    words = dict.fromkeys(("error_message", "stage", "provider_message"), "Wombat fell")
    run.prompt.settings["seed"] = 424242
    run.prompt.save()
    Generation.objects.filter(pk=run.pk).update(model=model, price=price, state="ready", **words)
    run.refresh_from_db()
    made = {"seed": 424242, "model": "Wombat"}
    track = make_track("Quokka", generation=run, model_key=model.key, made_of=made, bpm=90.0)
    make_stem(track, "Numbat")
    make_edit(track, title="Quokka")
    return track


NAMES = (b"Quokka", b"ombat", b"ingocorp", b"424242", b"713.57", b"713570000", b"Numbat")


@pytest.mark.parametrize(
    ("state", "whole"),
    [
        ("ready", False),
        pytest.param("ready", True, marks=pytest.mark.live),
        pytest.param("failed", True, marks=pytest.mark.live),
    ],
)
def test_no_answer_tells_whose_a_blind_candidate_is(things, blind, user, member, state, whole):
    Generation.objects.filter(pk=blind.generation.pk).update(state=state)
    comment = approvals.comment(blind, user, 100, "Hm").public_id
    link = ShareLink.objects.create(track=blind, made_by=user, expires_at=timezone.now() + dt.timedelta(days=1))
    named = about(things, blind) | {"comment_id": comment, "comment": comment, "address": sharing.address_of(link)}
    found = leaks(*signed_in(member("owner")), named, (*NAMES, blind.cover.encode()), whole=whole)
    assert sorted(address for address in found if "/reveal" not in address) == []


@pytest.mark.parametrize("action", ["zip", "star", "tag", "copy", "move", "bin"])
def test_nothing_done_to_many_names_a_blind_candidate(user_client, things, blind, project, action):
    sent = {"action": action, "track": blind.public_id, "tag": "x", "to": things["elsewhere"]}
    answer = asked("POST", user_client, reverse("bulk", args=[project.public_id]), sent)
    assert not [name for name in NAMES if name in answer]


@pytest.mark.parametrize("event", ["track.created", "generation.ready", "generation.failed"])
def test_no_webhook_names_a_blind_candidate(blind, project, event):
    message = WebhookDelivery(
        project=project, generation=blind.generation, event=event, facts={"track": blind.public_id}
    )
    body = body_of(message).encode()
    assert blind.public_id.encode() in body
    assert not [name for name in NAMES if name in body]


@pytest.mark.parametrize("state", [State.READY, State.FAILED])
def test_no_news_names_a_blind_candidate(blind, user, member, state):
    Generation.objects.filter(pk=blind.generation.pk).update(created_at=timezone.now() - dt.timedelta(hours=1))
    blind.generation.refresh_from_db()
    notifications.ended(blind.generation, "Wombat of Dingocorp", is_good=False)
    notifications.commented(approvals.comment(blind, member("editor"), 100, "Hm"))
    told = " ".join(user.notifications.values_list("text", flat=True)).encode()
    assert not [name for name in NAMES if name in told]


def same_sound(*names: str) -> bool:
    one, other = (decode(media.path(name)).samples for name in names)
    return bool((one == other).all())


@pytest.mark.parametrize("ending", ["wav", "mp3", "flac"])
def test_a_file_kept_before_is_heard_without_the_name_in_it(blind, user_client, user, tmp_path, ending):
    """An earlier version of the studio wrote the model into the files of candidates, too."""
    file = tmp_path / f"before.{ending}"
    convert(media.path(blind.file), file, ending)
    write_tags(file, Tags(title="Quokka", artist="Wombat · BGM Studio", generator="dingocorp/wombat", bpm=90.0))
    size = file.stat().st_size
    name, digest = media.keep(file, ending)
    Track.objects.filter(pk=blind.pk).update(file=name, sha256=digest, size=size, format=ending)
    told = program(user).get(f"tracks/{blind.public_id}")
    answers = [
        user_client.get(reverse("audio", args=[blind.public_id])),
        Client().get(re.sub("^https?://[^/]+", "", told["audio_url"])),
        program(user).ask("GET", f"tracks/{blind.public_id}/audio"),
    ]
    for reply in answers:
        heard = reply.getvalue()
        assert (reply.status_code, len(heard)) == (200, told["size"])
        assert not [name for name in NAMES if name in heard]
    assert (
        decode(media.path(name)).samples.shape == decode(media.path(Track.objects.get(pk=blind.pk).file)).samples.shape
    )


def test_the_ledger_is_not_in_the_order_of_the_candidates(user, project):
    """Holds are ordered by model, whatever letter each candidate was given."""
    orders = set()
    for number in range(12):
        sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": f"lot-{number}"}
        made = submit_many(user=user, project=project, model_keys=(STREAM, COMPOSER, POLL), **sent)
        orders.add(tuple(made.generations.order_by("id").values_list("model__key", flat=True)))
        holds = LedgerEntry.objects.filter(generation__comparison=made).order_by("id")
        assert list(holds.values_list("model_key", flat=True)) == sorted((STREAM, COMPOSER, POLL))
    assert len(orders) > 1


def test_a_blind_candidate_is_shown_to_nobody_by_a_link(blind, user):
    link = ShareLink.objects.create(track=blind, made_by=user, expires_at=timezone.now() + dt.timedelta(days=1))
    for door in ("shared", "shared-audio", "shared-cover", "shared-download"):
        assert Client().get(reverse(door, args=[sharing.address_of(link)])).status_code == 410
    with pytest.raises(UserError):
        sharing.share(blind, user, 7, allow_download=False)
    with pytest.raises(UserError):
        references.from_track(user, blind)
