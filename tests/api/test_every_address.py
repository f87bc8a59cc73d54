"""Every address for programs, with every method and every kind of key. A new address without a row here fails.

Without a valid key every row is 401. A method without a row is 405 for everyone.
`other` is the same owner's key for another project; `stranger` the key of a person who is in neither.
"""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from generator.currency import dollars
from generator.models import ApiKey, Batch, Budget, Membership, Project, Role, Scope, WebhookDelivery
from generator.services.billing import budget_requests
from generator.services.briefs import batches, presets
from generator.services.finishing import grid_changes
from generator.services.generation import comparisons, completion
from generator.services.library import approvals, composer_stems, sharing
from generator.services.team import api_keys, invitations
from generator.services.webhooks import endpoints
from tests.api.conftest import Program
from tests.conftest import COMPOSER, POLL

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYLESS = ("none", "wrong", "revoked", "expired")
KEYED = ("read", "generate", "manage", "stranger", "other")

TABLE = """
    name                         method  read  generate  manage    stranger  other
    get_me                       GET     200   200       200       200       200
    list_projects                GET     200   200       200       200       200
    get_project                  GET     200   200       200       404       404
    create_project               POST    403   403       201       201       403
    get_project_settings         GET     200   200       200       404       404
    update_project_settings      PATCH   403   403       200       404       404
    list_audit_log               GET     403   403       200       404       404
    archive_project              POST    403   403       204       404       404
    unarchive_project            POST    404   404       404       404       404
    transfer_project             POST    403   403       204       404       404
    leave_project                POST    403   403       422       404       404
    list_models                  GET     200   200       200       200       200
    get_model                    GET     200   200       200       200       200
    create_quote                 POST    200   200       200       404       404
    list_prompts                 GET     200   200       200       404       404
    get_prompt                   GET     200   200       200       404       404
    list_generations             GET     200   200       200       404       404
    create_generation            POST    403   201       201       404       404
    get_generation               GET     200   200       200       404       404
    cancel_generation            POST    403   409       409       404       404
    dismiss_generation           POST    403   200       200       404       404
    retry_generation             POST    403   201       201       404       404
    use_next_model               POST    403   422       422       404       404
    list_generation_events       GET     200   200       200       404       404
    create_batch                 POST    403   201       201       404       404
    get_batch                    GET     200   200       200       404       404
    cancel_batch                 POST    403   200       200       404       404
    create_comparison            POST    403   201       201       404       404
    get_comparison               GET     200   200       200       404       404
    pick                         POST    403   422       422       404       404
    reveal                       POST    403   200       200       404       404
    list_presets                 GET     200   200       200       404       404
    create_preset                POST    403   201       201       404       404
    get_preset                   GET     200   200       200       404       404
    update_preset                PATCH   403   200       200       404       404
    delete_preset                DELETE  403   204       204       404       404
    list_tracks                  GET     200   200       200       404       404
    get_track                    GET     200   200       200       404       404
    update_track                 PATCH   403   200       200       404       404
    trash_track                  POST    403   200       200       404       404
    restore_track                POST    403   200       200       404       404
    create_variation             POST    403   201       201       404       404
    create_mix                   POST    403   201       201       404       404
    get_track_audio              GET     200   200       200       404       404
    get_track_cover              GET     200   200       200       404       404
    download_track               GET     202   202       202       404       404
    get_stems                    GET     200   200       200       404       404
    create_stems                 POST    403   202       202       404       404
    get_stem_audio               GET     200   200       200       404       404
    get_midi                     GET     200   200       200       404       404
    get_structure                GET     200   200       200       404       404
    get_grid                     GET     200   200       200       404       404
    update_grid                  PUT     403   200       200       404       404
    undo_grid                    DELETE  403   204       204       404       404
    list_edits                   GET     200   200       200       404       404
    create_edit                  POST    403   201       201       404       404
    get_edit                     GET     200   200       200       404       404
    update_edit                  PATCH   403   200       200       404       404
    delete_edit                  DELETE  403   204       204       404       404
    cancel_edit                  POST    403   200       200       404       404
    create_edit_files            POST    403   200       200       404       404
    list_packs                   GET     200   200       200       404       404
    create_pack                  POST    403   201       201       404       404
    get_pack                     GET     200   200       200       404       404
    delete_pack                  DELETE  403   204       204       404       404
    cancel_pack                  POST    403   200       200       404       404
    share_pack                   POST    403   200       200       404       404
    unshare_pack                 POST    403   200       200       404       404
    get_pack_file                GET     200   200       200       404       404
    get_edits_archive            GET     202   202       202       404       404
    get_edit_file                GET     202   202       202       404       404
    list_uploads                 GET     200   200       200       404       404
    create_upload_address        POST    403   200       200       404       404
    create_voice_over            POST    403   200       200       404       404
    create_upload                POST    403   201       201       404       404
    get_upload                   GET     200   200       200       404       404
    cancel_upload                POST    403   204       204       404       404
    get_original                 GET     200   200       200       404       404
    update_upload                PATCH   403   200       200       404       404
    correct_cost                 POST    403   422       422       404       404
    upload_stems                 POST    403   202       202       404       404
    list_references              GET     200   200       200       404       404
    create_reference             POST    403   201       201       404       404
    get_reference                GET     200   200       200       404       404
    get_reference_audio          GET     200   200       200       404       404
    list_supported_models        GET     200   200       200       404       404
    trash_reference              POST    403   200       200       404       404
    restore_reference            POST    403   200       200       404       404
    register_reference           POST    403   422       422       404       404
    create_reference_from_track  POST    403   201       201       404       404
    list_comments                GET     200   200       200       404       404
    create_comment               POST    201   201       201       404       404
    get_comment                  GET     200   200       200       404       404
    update_comment               PATCH   200   200       200       404       404
    delete_comment               DELETE  204   204       204       404       404
    approve                      POST    403   403       200       404       404
    withdraw_approval            DELETE  403   403       200       404       404
    list_share_links             GET     403   200       200       404       404
    create_share_link            POST    403   201       201       404       404
    get_share_link               GET     404   200       200       404       404
    revoke_share_link            DELETE  404   204       204       404       404
    move_track                   POST    403   404       200       404       404
    copy_track                   POST    403   404       201       404       404
    delete_track                 DELETE  403   403       409       404       404
    list_stem_separations        GET     200   200       200       404       404
    create_stem_separation       POST    403   422       422       404       404
    list_members                 GET     200   200       200       404       404
    get_member                   GET     200   200       200       404       404
    update_member                PATCH   403   403       200       404       404
    remove_member                DELETE  403   403       204       404       404
    list_invitations             GET     403   403       200       404       404
    create_invitation            POST    403   403       201       404       404
    get_invitation               GET     403   403       200       404       404
    renew_invitation             POST    403   403       200       404       404
    withdraw_invitation          DELETE  403   403       204       404       404
    get_spend                    GET     200   200       200       404       404
    list_ledger_entries          GET     200   200       200       404       404
    get_statement                GET     200   200       200       404       404
    list_budgets                 GET     403   403       200       404       404
    get_budget                   GET     403   403       200       404       404
    set_budget                   PUT     403   403       200       404       404
    list_budget_requests         GET     200   200       200       404       404
    create_budget_request        POST    201   201       201       404       404
    get_budget_request           GET     404   404       200       404       404
    grant_budget_request         POST    404   404       200       404       404
    decline_budget_request       POST    404   404       200       404       404
    get_documents                GET     200   200       200       404       404
    get_certificate              GET     200   200       200       404       404
    list_notifications           GET     200   200       200       200       200
    mark_notifications_read      POST    200   200       200       200       200
    list_webhooks                GET     200   200       200       404       404
    create_webhook               POST    403   403       201       404       404
    get_webhook                  GET     404   404       200       404       404
    update_webhook               PATCH   404   404       200       404       404
    delete_webhook               DELETE  404   404       204       404       404
    rotate_webhook_secret        POST    404   404       200       404       404
    test_webhook                 POST    404   404       202       404       404
    list_webhook_deliveries      GET     404   404       200       404       404
    get_webhook_delivery         GET     404   404       200       404       404
    resend_webhook_delivery      POST    404   404       202       404       404
"""
OPEN = {"docs": 200, "openapi-json": 200, "api-root": 404, "nowhere": 404}  # for everyone
QUERY = dict.fromkeys(
    (
        *("list_prompts", "list_generations", "list_tracks", "list_references", "list_webhooks"),
        "list_uploads",
        *("get_spend", "list_ledger_entries", "get_statement"),
    ),
    "?project={project}",
)
SENT = {
    "create_quote": {"models": [COMPOSER], "project": "{project}"},
    "create_generation": {"model": COMPOSER, "text": "warm lo-fi", "project": "{project}"},
    "create_comparison": {"models": [COMPOSER, POLL], "text": "warm lo-fi", "project": "{project}"},
    "update_grid": {"shift_s": 0.01},
    "create_edit": {"recipe": {"steps": [{"step": "fit", "length_s": 20}]}, "formats": [{"format": "mp3"}]},
    "create_pack": {"preset": "podcast", "project": "{project}"},
    "update_edit": {"title": "New"},
    "create_edit_files": {"formats": [{"format": "wav", "bits": 24}]},
    "create_batch": {"briefs": [{"model": COMPOSER, "text": "warm lo-fi"}], "project": "{project}"},
    "update_preset": {"name": "New"},
    "create_preset": {"name": "Bed", "model": COMPOSER, "settings": {"bed": True}},
    "pick": {"track": "no-such"},
    "update_track": {"title": "New"},
    "create_variation": {"change": "10% slower"},
    "create_mix": {"gains_db": {"{stem_id}": -6}},
    "create_reference": {"project": "{project}", "file": b"as good as a sound, until it is read"},
    "create_upload": {"project": "{project}", "file": b"as good as a track, until it is read"},
    "create_voice_over": {"project": "{project}", "file": b"spoken, until it is used"},
    "create_upload_address": {"project": "{project}", "file_name": "theme.wav"},
    "correct_cost": {"cost_usd": "29.00"},
    "update_upload": {"credit": "Grace H."},
    "upload_stems": {"files": b"as good as a stem, until it is read"},
    "register_reference": {"model": COMPOSER, "field": "no such"},
    "create_comment": {"position_s": 0.2, "text": "Louder here"},
    "update_comment": {"resolved": True},
    "create_share_link": {"expires_in_days": 7},
    "move_track": {"project": "{elsewhere}"},
    "copy_track": {"project": "{elsewhere}"},
    "create_stem_separation": {"action": "no/such"},
    "update_member": {"role": "viewer"},
    "create_invitation": {"email": "grace@example.com", "role": "editor"},
    "create_project": {"name": "New"},
    "update_project_settings": {"name": "New"},
    "transfer_project": {"member": "{member_id}"},
    "set_budget": {"amount_usd": "12.50"},
    "create_budget_request": {"target": "project", "amount_usd": "5", "reason": "three versions"},
    "grant_budget_request": {"amount_usd": "5", "until": f"{timezone.localdate() + dt.timedelta(days=7)}"},
    "decline_budget_request": {"note": "next month"},
    "mark_notifications_read": {},
    "create_webhook": {"project": "{project}", "name": "farm", "url": "https://example.com/in"},
    "update_webhook": {"name": "New"},
}


def rows() -> dict[str, tuple[str, dict[str, int]]]:
    """Return name → its method, and who gets what."""
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return {name: (method, dict(zip(head[2:], map(int, expected), strict=True))) for name, method, *expected in lines}


ROWS = rows()


def patterns(of, route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, URLPattern]]:
    """Yield every address below the namespace "api", with its whole route."""
    for one in of:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here, (*spaces, one.namespace) if one.namespace else spaces)
        elif spaces[:1] == ("api",):
            yield spaces, here, one


EVERYTHING = list(patterns(get_resolver().url_patterns))
OURS = [(route, one) for spaces, route, one in EVERYTHING if spaces == ("api", "v1")]
NAMES = {}  # route → method → name; addresses with one route are distinguished by method
for _route, _one in OURS:
    if _one.name in ROWS:
        NAMES.setdefault(_route, {})[ROWS[_one.name][0]] = _one.name
VENDORS = ("api/v2", "api/v3", "v5")
OTHERS = [route for spaces, route, _ in EVERYTHING if route.startswith(VENDORS) and "openapi" not in route]


@pytest.fixture
def things(
    project, ask, make_track, make_stem, make_reference, make_edit, make_upload, make_pack, member, user, tmp_path
) -> dict[str, str]:
    """One of everything that an address can name."""
    failed = ask(model=COMPOSER)
    completion.cancel(failed, user, "Cancelled")
    track = make_track()
    grid_changes.nudge(user, track, shift_s=0.02)
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    comparison = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    (tmp_path / "notes.mid").write_bytes(b"MThd")
    composer_stems.keep_notes(track, tmp_path / "notes.mid", same=True)
    hook = endpoints.make(project, user, "farm", "https://example.com/in")
    told = WebhookDelivery.objects.create(project=project, webhook=hook, event="webhook.test", attempts=1)
    elsewhere = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=elsewhere, user=user, role=Role.OWNER)
    editor = member("editor")
    brief = batches.Item(COMPOSER, "warm lo-fi", 1, "flac", {})
    cap = Budget.objects.create(project=project, cap=dollars("1000"))
    return {
        "project": project.public_id,
        "elsewhere": elsewhere.public_id,
        "reference_id": make_reference().public_id,
        "comment_id": approvals.comment(track, user, 100, "Hm").public_id,
        "share_link_id": sharing.share(track, user, 7, allow_download=False).public_id,
        "member_id": str(editor.pk),
        "budget_id": str(editor.pk),
        "request_id": str(budget_requests.request_increase(cap, editor, dollars("5"), "three versions").pk),
        "invitation_id": invitations.invite("hopper@example.com", user, project).public_id,
        "project_id": project.public_id,
        "prompt_id": failed.prompt.public_id,
        "generation_id": failed.public_id,
        "comparison_id": comparison.public_id,
        "track_id": track.public_id,
        "stem_id": make_stem(track).public_id,
        "edit_id": make_edit(track).public_id,
        "upload_id": make_upload().public_id,
        "pack_id": make_pack(track).public_id,
        "number": "1",
        "webhook_id": hook.public_id,
        "batch_id": batches.submit_batch(user, project, Batch.Kind.BRIEFS, [brief], "batch").public_id,
        "preset_id": presets.save(user, project, "Opener", {"model": COMPOSER}, "", 1, "flac").public_id,
        "delivery_id": told.public_id,
        "model_id": COMPOSER,
        "rest": "no/such",
    }


@pytest.fixture
def callers(user, stranger, project, program) -> dict[str, Program]:
    other = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=other, user=user, role=Role.OWNER)
    found = {
        "none": Program(""),
        "wrong": Program(program().token + "x"),
        "revoked": program(),
        "expired": program(),
        "read": program(Scope.READ),
        "generate": program(Scope.GENERATE, project=project),
        "manage": program(Scope.MANAGE),
        "stranger": program(Scope.MANAGE, of=stranger),
        "other": program(Scope.MANAGE, project=other),
    }
    api_keys.revoke(found["revoked"].key, user)
    past = timezone.now() - dt.timedelta(seconds=1)
    ApiKey.objects.filter(pk=found["expired"].key.pk).update(expires_at=past)
    return found


def address(route: str, name: str, things: dict[str, str]) -> str:
    for key, value in things.items():
        for kind in ("", "str:", "path:", "int:"):
            route = route.replace(f"<{kind}{key}>", value)
    assert "<" not in route, f"nothing to put into {route}"
    return f"/{route}{QUERY.get(name, '')}".format(**things)


def ask_once(who: Program, method: str, url: str, body: object) -> tuple[int, str]:
    """Send a request, and undo its changes."""
    with transaction.atomic():
        reply = who.ask(method, url, body)
        reply.close()
        transaction.set_rollback(True)
    return reply.status_code, reply.headers.get("Content-Type", "")


def filled(body: object, things: dict[str, str]) -> object:
    """Return a body with the names of existing objects filled in."""
    if isinstance(body, dict):
        return {filled(key, things): filled(value, things) for key, value in body.items()}
    return body.format(**things) if isinstance(body, str) else body


def test_every_address_has_a_row():
    assert {one.name for _, one in OURS} == {*ROWS, *OPEN}


@pytest.mark.parametrize("who", [*KEYLESS, *KEYED])
def test_every_address_answers_every_key_as_the_table_says(callers, things, who):
    wrong = []
    for route, named in NAMES.items():
        for method in METHODS:
            name = named.get(method, "")
            wanted = 405 if not name else 401 if who in KEYLESS else ROWS[name][1][who]
            status, kind = ask_once(callers[who], method, address(route, name, things), filled(SENT.get(name), things))
            if status != wanted or (status >= 400 and kind != "application/problem+json"):
                wrong.append(f"{method} {route}: {status} {kind}, not {wanted}")
    assert wrong == []


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_is_open_to_whoever_asks(callers, things, name):
    route = next(route for route, one in OURS if one.name == name)
    for who in callers.values():
        assert who.ask("GET", address(route, name, things)).status_code == OPEN[name]


def test_something_that_is_not_there_looks_like_somebody_elses(callers, things):
    """A stranger learns nothing from the difference."""
    for route, named in NAMES.items():
        if "_id" in route and "GET" in named and "get_model" not in named.values():
            theirs = callers["stranger"].ask("GET", address(route, "", things))
            nowhere = callers["stranger"].ask("GET", address(route, "", dict.fromkeys(things, "no-such-thing-her")))
            assert (theirs.status_code, theirs.content) == (nowhere.status_code, nowhere.content), route


@pytest.mark.parametrize("route", OTHERS)
@pytest.mark.parametrize("method", METHODS)
def test_the_vendors_contracts_answer_a_keyless_program_in_their_own_form(db, route, method):
    url = "/" + re.sub(r"<[^>]+>", "x", route)
    reply = Client(raise_request_exception=False).generic(method, url, "{}", content_type="application/json")
    assert 400 <= reply.status_code < 500
    assert reply["Content-Type"].partition(";")[0] == "application/json"
    assert isinstance(reply.json(), dict)


def test_whoever_has_only_a_session_is_not_let_in(user_client):
    """A page elsewhere cannot use a person's cookie here, because cookies are ignored."""
    assert user_client.get("/api/v1/me").status_code == 401
