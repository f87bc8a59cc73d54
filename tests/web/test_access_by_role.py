"""Every address of the studio, with every method, as every kind of person. A new address without a row fails.

`in` means: redirected to sign in. Methods without a row are refused: with 405, or by redirecting strangers to sign in.
Superusers, controllers and reviewers are not members: they review in the admin and see no more on the pages than
a stranger. One column, `staff`, covers all three.

The default run uses one person per column, and tests methods without a row as a stranger and as the owner;
`-m live` tests everything as everyone.
"""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from generator.models import Batch, Budget, Membership, NotificationKind, Preset, Project, Role, User
from generator.services.billing import budget_requests, roles
from generator.services.generation import comparisons, completion
from generator.services.library import approvals, composer_stems, sharing
from generator.services.packs import pack_links
from generator.services.team import api_keys, invitations, notifications
from generator.services.webhooks import endpoints
from tests.conftest import COMPOSER, POLL

METHODS = ("GET", "POST", "PUT", "DELETE")
STAFF = ("staff", "reviewer", "controller")
PEOPLE = ("anonymous", "stranger", "viewer", "editor", "owner", *STAFF)
COLUMNS = ("anonymous", "stranger", "viewer", "editor", "owner", "staff")
ENDS = ("anonymous", "owner")  # the least and the most rights
WHOLE = pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.live)], ids=["some", "whole"])

TABLE = """
    name                      method  anonymous  stranger  viewer  editor  owner  staff
    home                      GET     in         302       302     302     302    302
    manifest                  GET     200        200       200     200     200    200
    service-worker            GET     200        200       200     200     200    200
    offline                   GET     200        200       200     200     200    200
    setup                     GET     in         403       403     403     403    200
    tour                      GET     in         200       200     200     200    200
    tour-dismiss              POST    in         302       302     302     302    302
    studio                    GET     in         404       200     200     200    404
    create-live               GET     in         404       200     200     200    404
    create-live               POST    in         404       200     200     200    404
    generate                  POST    in         404       403     302     302    404
    kit                       POST    in         404       403     302     302    404
    briefs                    GET     in         404       403     200     200    404
    briefs                    POST    in         404       403     302     302    404
    batch-cancel              POST    in         404       404     302     302    404
    batch-dismiss             POST    in         404       404     302     302    404
    presets                   GET     in         404       200     200     200    404
    presets                   POST    in         404       403     302     302    404
    preset-rename             POST    in         404       404     302     302    404
    preset-delete             POST    in         404       404     302     302    404
    preset-restore            POST    in         404       404     302     302    404
    running                   GET     in         404       200     200     200    404
    more                      GET     in         404       200     200     200    404
    bulk                      POST    in         404       403     302     302    404
    trash                     GET     in         404       200     200     200    404
    delete-permanently        POST    in         404       403     403     200    404
    cancel                    POST    in         404       404     302     302    404
    retry                     POST    in         404       404     302     302    404
    use-next                  POST    in         404       404     302     302    404
    dismiss                   POST    in         404       404     302     302    404
    compare                   GET     in         404       200     200     200    404
    compare-pick              POST    in         404       404     302     302    404
    compare-reveal            POST    in         404       404     302     302    404
    track                     GET     in         404       200     200     200    404
    track-edit                POST    in         404       404     302     302    404
    star                      POST    in         404       302     302     302    404
    move-to-trash             POST    in         404       404     302     302    404
    restore                   POST    in         404       404     302     302    404
    visibility                POST    in         404       404     422     302    404
    share                     POST    in         404       404     302     302    404
    revoke                    POST    in         404       404     302     302    404
    shared                    GET     200        200       200     200     200    200
    shared-audio              GET     200        200       200     200     200    200
    shared-cover              GET     200        200       200     200     200    200
    shared-download           GET     403        403       403     403     403    403
    approve                   POST    in         404       422     422     302    404
    request-approval          POST    in         404       422     302     422    404
    comments                  GET     in         404       200     200     200    404
    comment                   POST    in         404       302     302     302    404
    comment-edit              POST    in         404       404     404     302    404
    comment-resolve           POST    in         404       404     302     302    404
    comment-delete            POST    in         404       404     404     302    404
    audio                     GET     in         404       200     200     200    404
    cover                     GET     in         404       200     200     200    404
    change-cover              GET     in         404       404     200     200    404
    change-cover              POST    in         404       404     422     422    404
    played                    POST    in         404       204     204     204    404
    download                  GET     in         404       200     200     200    404
    references                GET     in         404       200     200     200    404
    references                POST    in         404       403     422     422    404
    register                  POST    in         404       404     422     422    404
    reference-trash           POST    in         404       404     302     302    404
    reference-audio           GET     in         404       200     200     200    404
    track-reference           POST    in         404       404     302     302    404
    uploads                   GET     in         404       200     200     200    404
    uploads                   POST    in         404       403     422     422    404
    upload-list               GET     in         404       200     200     200    404
    upload-cancel             POST    in         404       404     302     302    404
    add-stems                 POST    in         404       404     422     422    404
    original                  GET     in         404       404     404     404    404
    stated-facts              POST    in         404       404     404     404    404
    stated-cost               POST    in         404       404     302     302    404
    owned                     GET     in         404       200     200     200    404
    finish                    GET     in         404       200     200     200    404
    finish-preview            POST    in         404       404     302     302    404
    finish-voice              POST    in         404       404     422     422    404
    finish-grid               GET     in         404       302     302     302    404
    finish-grid-change        POST    in         404       404     302     302    404
    track-edit-files          GET     in         404       202     202     202    404
    edit                      GET     in         404       200     200     200    404
    edit-audio                GET     in         404       404     404     404    404
    edit-save                 POST    in         404       404     302     302    404
    edit-cancel               POST    in         404       404     302     302    404
    edit-rename               POST    in         404       404     302     302    404
    edit-delete               POST    in         404       404     302     302    404
    edit-restore              POST    in         404       404     302     302    404
    edit-file                 GET     in         404       202     202     202    404
    edit-files                GET     in         404       202     202     202    404
    packs                     GET     in         404       200     200     200    404
    packs                     POST    in         404       403     302     302    404
    pack                      GET     in         404       200     200     200    404
    pack-cancel               POST    in         404       404     302     302    404
    pack-delete               POST    in         404       404     302     302    404
    pack-again                POST    in         404       404     302     302    404
    pack-share                POST    in         404       404     302     302    404
    pack-unshare              POST    in         404       404     302     302    404
    pack-file                 GET     in         404       200     200     200    404
    shared-pack               GET     200        200       200     200     200    200
    shared-pack-file          GET     200        200       200     200     200    200
    edit-gain                 GET     in         404       404     404     404    404
    stems                     GET     in         404       200     200     200    404
    versions                  GET     in         404       200     200     200    404
    variation                 POST    in         404       404     302     302    404
    mix                       POST    in         404       404     422     422    404
    create-stems              POST    in         404       404     302     302    404
    stems-download            GET     in         404       202     202     202    404
    midi                      GET     in         404       200     200     200    404
    stem-separation           POST    in         404       404     422     422    404
    stem-audio                GET     in         404       200     200     200    404
    stem-download             GET     in         404       200     200     200    404
    join                      GET     302        403       403     403     403    403
    account                   GET     in         200       200     200     200    200
    account                   POST    in         302       302     302     302    302
    sign-out-elsewhere        POST    in         302       302     302     302    302
    keys                      GET     in         200       200     200     200    200
    keys                      POST    in         422       422     422     422    422
    project-keys              GET     in         404       200     200     200    404
    project-keys              POST    in         404       200     200     200    404
    key-budget                POST    in         404       404     404     302    404
    key-revoke                POST    in         404       404     404     302    404
    invite                    GET     in         403       403     403     200    200
    invite                    POST    in         403       403     403     422    422
    withdraw                  POST    in         404       404     404     302    404
    new-project               GET     in         200       200     200     200    200
    new-project               POST    in         302       302     302     302    302
    resend                    POST    in         404       404     404     200    404
    accept-invitation         POST    in         404       404     404     404    404
    projects                  GET     in         200       200     200     200    200
    project-members           GET     in         404       200     200     200    404
    member-role               POST    in         404       403     403     302    404
    member-remove             POST    in         404       403     403     302    404
    project-transfer          POST    in         404       403     403     302    404
    project-invite            POST    in         404       403     403     200    404
    leave                     GET     in         404       200     200     200    404
    leave                     POST    in         404       302     302     422    404
    project-settings          GET     in         404       200     200     200    404
    project-rename            POST    in         404       403     403     302    404
    project-defaults          POST    in         404       403     403     302    404
    project-fallback          POST    in         404       403     403     302    404
    project-approver          POST    in         404       403     403     302    404
    project-webhooks          GET     in         404       200     200     200    404
    project-webhooks          POST    in         404       403     403     302    404
    webhook                   GET     in         404       404     404     200    404
    webhook                   POST    in         404       404     404     302    404
    webhook-test              POST    in         404       404     404     302    404
    webhook-pause             POST    in         404       404     404     302    404
    webhook-resume            POST    in         404       404     404     302    404
    webhook-rotate            POST    in         404       404     404     302    404
    webhook-delete            POST    in         404       404     404     302    404
    webhook-resend            POST    in         404       404     404     302    404
    project-archive           POST    in         404       403     403     302    404
    project-unarchive         POST    in         404       404     404     302    404
    notification-preferences  POST    in         302       302     302     302    302
    notifications             GET     in         200       200     200     200    200
    bell                      GET     in         200       200     200     200    200
    notifications-read        POST    in         302       302     302     302    302
    notification              GET     in         404       404     404     302    404
    spend                     GET     in         404       200     200     200    404
    spend-lines               GET     in         404       200     200     200    404
    statement                 GET     in         404       200     200     200    404
    documents                 GET     in         404       200     200     200    404
    certificate               GET     in         404       200     200     200    404
    budget                    GET     in         404       200     200     200    404
    budget                    POST    in         404       403     403     302    404
    request-increase          GET     in         404       200     200     200    404
    request-increase          POST    in         404       302     302     302    404
    answer-budget-request     POST    in         404       404     404     302    404
    provider-webhook          POST    400        400       400     400     400    400
"""
OPEN = (  # no sign-in needed
    *("join", "provider-webhook", "shared", "shared-audio", "shared-cover", "shared-download"),
    *("manifest", "service-worker", "offline", "shared-pack", "shared-pack-file"),
)

# Data of a POST, and query of a GET.
SENT = {
    "generate": {"text": "warm lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"},
    "kit": {"text": "warm lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"},
    "briefs": {"lines": "warm lo-fi", "model": COMPOSER, "send": "1", "idempotency_key": "k"},
    "presets": {"model": COMPOSER, "takes": "1", "format": "flac", "preset_name": "Bed", "preset_scope": "project"},
    "preset-rename": {"name": "New"},
    "bulk": {"action": "bin"},
    "retry": {"idempotency_key": "k"},
    "use-next": {"idempotency_key": "k"},
    "project-fallback": {"fallback_model": COMPOSER, "fallback_mode": "use"},
    "track-edit": {"title": "New"},
    "star": {"on": "1"},
    "account": {"name": "New", "time_zone": "UTC", "theme": "dark"},
    "invite": {"email": "no address"},
    "visibility": {"to": "private"},
    "share": {"days": "7"},
    "comment": {"at": "0:00", "text": "Hear"},
    "comment-edit": {"text": "Hear, hear"},
    "new-project": {"name": "New"},
    "project-webhooks": {"name": "suite", "url": "https://example.com/hook"},
    "webhook": {"name": "suite", "url": "https://example.com/hook"},
    "project-rename": {"name": "New"},
    "project-invite": {"email": "someone@example.com", "role": "editor"},
    "member-role": {"person": "{member}", "role": "editor"},
    "member-remove": {"person": "{member}"},
    "project-transfer": {"person": "{member}"},
    "references": {"upload": "instrumental_id", "text": "kept"},
    "register": {"register": "instrumental_id"},
    "budget": {"cap": "5"},
    "request-increase": {"amount": "1", "reason": "why"},
    "answer-budget-request": {"decline": "1", "answer": "no"},
    "mix": {"idempotency_key": "k"},
    "finish-preview": {"length": "0:30"},
    "finish-grid-change": {"do": "later"},
    "edit-save": {"format": "mp3"},
    "edit-rename": {"title": "New"},
    "variation": {"change": "10% slower", "idempotency_key": "k"},
    "stem-separation": {"action": "no such", "idempotency_key": "k"},
    "project-keys": {"name": "farm", "scope": "read", "model_override": "named"},
    "key-budget": {"cap": "5"},
}
ARCHIVED = ("project-unarchive",)  # tested with an archived project
KINDS = {
    "projects": "project",
    "generations": "generation",
    "tracks": "track",
    "comparisons": "comparison",
    "references": "reference",
    "stems": "stem",
    "share-links": "link",
    "comments": "comment",
    "webhooks": "webhook",
    "webhook-deliveries": "message",
    "api-keys": "key",
    "presets": "preset",
    "batches": "batch",
    "edits": "edit",
    "uploads": "upload",
    "packs": "pack",
    "invitations": "invitation",
}
QUERY = dict.fromkeys(("spend", "statement", "spend-lines"), "?project={project}")

# allauth's own pages. All that are not open redirect strangers to sign in.
ALLAUTH_OPEN = {
    "account_login", "account_signup", "account_inactive", "account_logout", "account_email_verification_sent",
    "account_confirm_email", "account_confirm_login_code", "account_reset_password", "account_reset_password_done",
    "account_reset_password_from_key", "account_reset_password_from_key_done", "mfa_authenticate",
}  # fmt: skip
ALLAUTH_CLOSED = {
    "account_reauthenticate", "account_email", "account_change_password", "account_set_password", "mfa_index",
    "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes", "mfa_download_recovery_codes",
}  # fmt: skip
ALLAUTH_ARGUMENTS = {"account_confirm_email": ["key"], "account_reset_password_from_key": ["a", "set-password"]}


def rows() -> dict[str, dict[str, dict[str, str]]]:
    """Return address → method → person → what is expected."""
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, method, *expected in lines:
        found.setdefault(name, {})[method] = dict(zip(head[2:], expected, strict=True))
    return found


ROWS = rows()


def addresses(patterns, spaces: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str | None]]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield spaces, one.name
        else:
            yield from addresses(one.url_patterns, (*spaces, one.namespace) if one.namespace else spaces)


@pytest.fixture
def things(
    project, ask, make_track, make_reference, make_stem, make_edit, make_upload, make_pack, user, member, tmp_path
):
    """One of everything that an address can name."""
    failed = ask(model=COMPOSER)
    completion.cancel(failed, user, "Cancelled")
    track = make_track()
    invitation = invitations.invite("guest@example.com", user, project, Role.VIEWER)
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    comparison = comparisons.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    archived = Project.objects.create(name="Old", archived_at=timezone.now())
    Membership.objects.create(project=archived, user=user, role=Role.OWNER)
    link = sharing.share(track, user, 7, allow_download=False)
    comment = approvals.comment(track, user, 100, "Louder here")
    notifications.notify(user, NotificationKind.DONE, "Ready")
    shared = {
        "notifications": user.notifications.last().pk,
        "comment": comment.public_id,
        "link": link.public_id,
        "address": sharing.address_of(link),
    }
    notes = tmp_path / "notes.mid"
    notes.write_bytes(b"MThd")
    composer_stems.keep_notes(track, notes, same=True)
    sounds = {"track": track.public_id, "reference": make_reference().public_id, "stem": make_stem(track).public_id}
    jobs = {"generation": failed.public_id, "comparison": comparison.public_id}
    cap = Budget.objects.create(project=project, cap=10**9)
    asked = budget_requests.request_increase(cap, member("editor"), 5, "why")
    numbers = {"budgets": cap.pk, "budget-requests": asked.pk}
    key, _ = api_keys.make(member("editor"), "farm", project=project)
    hook = endpoints.make(project, user, "suite", "https://example.com/in")
    fields = {"model": COMPOSER, "takes": 1, "format": "flac"}
    preset = Preset.objects.create(owner=user, project=project, name="Opener", fields=fields)
    batch = Batch.objects.create(project=project, author=user, kind=Batch.Kind.KIT, idempotency_key="kit")
    jobs |= {"preset": preset.public_id, "batch": batch.public_id, "edit": make_edit(track).public_id}
    jobs |= {"upload": make_upload().public_id}
    pack = make_pack(track)
    pack_links.share(pack, user)
    shared |= {"pack": pack.public_id, "pack_address": pack_links.address_of(pack)}
    numbers |= {"webhook": hook.public_id, "message": endpoints.send_test(hook).public_id}
    things = {
        "key": key.public_id,
        "project": project.public_id,
        "token": invitation.token,
        "archived": archived.public_id,
    }
    things |= {"invitation": invitation.public_id}
    return things | jobs | sounds | shared | numbers


@pytest.fixture
def people(user, stranger, member) -> dict[str, Client]:
    staff = User.objects.create_superuser("staff@example.com", "a long enough password")
    known = {
        "stranger": stranger,
        "owner": user,
        "staff": staff,
        "viewer": member("viewer"),
        "editor": member("editor"),
    }
    roles.ensure_groups()
    for who in ("reviewer", "controller"):
        known[who] = User.objects.create_user(f"{who}@example.com", "a long enough password", is_staff=True)
        known[who].groups.add(Group.objects.get(name=who.capitalize()))
    clients = {who: Client() for who in PEOPLE}
    for who, person in known.items():
        clients[who].force_login(person)
    return clients


def address(name: str, things: dict[str, str]) -> str:
    route = next(one for one in get_resolver().reverse_dict.getlist(name))[0][0][0]
    arguments = {"format": "wav", "token": things["token"], "key": "composer", "address": things["address"]}
    arguments["public_id"] = things["archived" if name in ARCHIVED else KINDS.get(route.partition("/")[0], "project")]
    arguments |= {"number": 1, "pack_address": things["pack_address"]}
    arguments["pk"] = things.get(route.partition("/")[0], 0)
    wanted = {key: value for key, value in arguments.items() if f"%({key})s" in route}
    return reverse(name, kwargs=wanted) + QUERY.get(name, "").format(**things)


def sent_to(name: str, people: dict[str, Client]) -> dict[str, str]:
    """Return the data of a POST, with the editor where it concerns a member."""
    editor = str(get_user(people["editor"]).pk)
    return {key: value.replace("{member}", editor) for key, value in SENT.get(name, {}).items()}


def ask_once(client: Client, method: str, url: str, sent: dict) -> tuple[int, str]:
    """Send a request, and undo its changes to the database, the rate limits and the client's cookies."""
    cookies = deepcopy(client.cookies)
    cache.clear()
    with transaction.atomic():
        reply = client.generic(method, url) if method != "POST" else client.post(url, sent)
        if reply.streaming:
            reply.getvalue()  # closes its source file
        transaction.set_rollback(True)
    client.cookies = cookies
    return reply.status_code, reply.headers.get("Location", "")


def test_every_address_has_a_row():
    named = {name for spaces, name in addresses(get_resolver().url_patterns) if not spaces}
    assert None not in named, "every address has a name"
    assert named == set(ROWS) | ALLAUTH_OPEN | ALLAUTH_CLOSED
    assert {spaces for spaces, _ in addresses(get_resolver().url_patterns)} - {("admin",)} == {
        (),
        ("api",),
        ("api", "v1"),  # programs: tests/api
        ("old",),  # tests/web/site/test_old_addresses.py
    }


@WHOLE
@pytest.mark.parametrize("first", range(4))
def test_everyone_gets_what_the_table_says(things, people, first, whole):
    """Every fourth row, in turns: the changes of one request are undone before the next."""
    wrong = [line for name in list(ROWS)[first::4] for line in unlike_its_row(name, things, people, whole)]
    assert wrong == []


def unlike_its_row(name: str, things: dict[str, str], people: dict[str, Client], whole: bool) -> Iterator[str]:
    url, sent = address(name, things), sent_to(name, people)
    for method in METHODS:
        asking = PEOPLE if whole else COLUMNS if method in ROWS[name] else ENDS
        for who, client in ((who, people[who]) for who in asking):
            default = "in" if who == "anonymous" and name not in OPEN else "405"
            expected = ROWS[name].get(method, {}).get("staff" if who in STAFF else who, default)
            status, location = ask_once(client, method, url, sent)
            got = "in" if status == 302 and location.startswith("/accounts/login/") else str(status)
            if got != expected:
                yield f"{name}: {who}: {method} {url} answered {got}, not {expected}"


@WHOLE
def test_allauths_pages_answer_everyone_and_let_no_stranger_in(people, whole):
    asking = {who: people[who] for who in (PEOPLE if whole else ENDS)}
    wrong = [line for name in sorted(ALLAUTH_OPEN | ALLAUTH_CLOSED) for line in unlike_allauths(name, asking)]
    assert wrong == []


def unlike_allauths(name: str, people: dict[str, Client]) -> Iterator[str]:
    url = reverse(name, args=ALLAUTH_ARGUMENTS.get(name, ()))
    for method in METHODS:
        for who, client in people.items():
            status, location = ask_once(client, method, url, {})
            if status not in (200, 302, 403, 404, 405):
                yield f"{who}: {method} {url} answered {status}"
            asked_in = status == 302 and location.startswith("/accounts/login/")
            if who == "anonymous" and name in ALLAUTH_CLOSED and not (asked_in or status == 405):
                yield f"{method} {url} answered {status} {location} to a stranger"


def test_the_walk_leaves_everyone_signed_in_as_they_were(people, things):
    """Otherwise a refusal would prove nothing."""
    for who, client in people.items():
        ask_once(client, "POST", reverse("sign-out-elsewhere"), {})
        ask_once(client, "POST", reverse("account_logout"), {})
        assert get_user(client).is_authenticated is (who != "anonymous")


def test_an_unknown_address_is_a_404_in_the_studios_clothes(people):
    for client in people.values():
        reply = client.get("/nowhere/at/all/")
        assert reply.status_code == 404
        assert b"css/tokens.css" in reply.content
