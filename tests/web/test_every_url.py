"""Every address of the studio, asked in every way by everyone. A new address without a row here fails the suite.

`in` means: asked to sign in. Methods without a row are refused: with 405 to people, by asking strangers to sign in.
Superusers, controllers and reviewers are no members: they review in the admin and see no more on the pages than any
stranger. One column, `staff`, is about all three of them.
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

from generator import workflow
from generator.models import Budget, Membership, NewsKind, Project, Role, User
from generator.workflow import desks, ending
from tests.conftest import COMPOSER, POLL

METHODS = ("GET", "POST", "PUT", "DELETE")
STAFF = ("staff", "reviewer", "controller")
PEOPLE = ("anonymous", "stranger", "viewer", "editor", "owner", *STAFF)

TABLE = """
    name                 method  anonymous  stranger  viewer  editor  owner  staff
    home                 GET     in         302       302     302     302    302
    studio               GET     in         404       200     200     200    404
    create-live          GET     in         404       200     200     200    404
    create-live          POST    in         404       200     200     200    404
    generate             POST    in         404       403     302     302    404
    running              GET     in         404       200     200     200    404
    more                 GET     in         404       200     200     200    404
    bulk                 POST    in         404       403     302     302    404
    bin                  GET     in         404       200     200     200    404
    delete-for-good      POST    in         404       403     403     200    404
    cancel               POST    in         404       404     302     302    404
    retry                POST    in         404       404     302     302    404
    dismiss              POST    in         404       404     302     302    404
    compare              GET     in         404       200     200     200    404
    compare-pick         POST    in         404       404     302     302    404
    compare-reveal       POST    in         404       404     302     302    404
    track                GET     in         404       200     200     200    404
    track-edit           POST    in         404       404     302     302    404
    star                 POST    in         404       302     302     302    404
    to-bin               POST    in         404       404     302     302    404
    restore              POST    in         404       404     302     302    404
    visibility           POST    in         404       404     422     302    404
    share                POST    in         404       404     302     302    404
    revoke               POST    in         404       404     302     302    404
    shared               GET     200        200       200     200     200    200
    shared-audio         GET     200        200       200     200     200    200
    shared-cover         GET     200        200       200     200     200    200
    shared-download      GET     403        403       403     403     403    403
    approve              POST    in         404       422     422     302    404
    comments             GET     in         404       200     200     200    404
    comment              POST    in         404       302     302     302    404
    comment-edit         POST    in         404       404     404     302    404
    comment-resolve      POST    in         404       404     302     302    404
    comment-delete       POST    in         404       404     404     302    404
    audio                GET     in         404       200     200     200    404
    cover                GET     in         404       200     200     200    404
    download             GET     in         404       200     200     200    404
    references           GET     in         404       200     200     200    404
    references           POST    in         404       403     422     422    404
    register             POST    in         404       404     422     422    404
    reference-bin        POST    in         404       404     302     302    404
    reference-audio      GET     in         404       200     200     200    404
    track-reference      POST    in         404       404     302     302    404
    stems                GET     in         404       200     200     200    404
    versions             GET     in         404       200     200     200    404
    version              POST    in         404       404     302     302    404
    balance              POST    in         404       404     422     422    404
    parts                POST    in         404       404     302     302    404
    midi                 GET     in         404       200     200     200    404
    split                POST    in         404       404     422     422    404
    stem-audio           GET     in         404       200     200     200    404
    stem-download        GET     in         404       200     200     200    404
    join                 GET     302        403       403     403     403    403
    account              GET     in         200       200     200     200    200
    account              POST    in         302       302     302     302    302
    sign-out-elsewhere   POST    in         302       302     302     302    302
    keys                 GET     in         200       200     200     200    200
    keys                 POST    in         422       422     422     422    422
    project-keys         GET     in         404       200     200     200    404
    project-keys         POST    in         404       200     200     200    404
    key-cap              POST    in         404       404     404     302    404
    key-revoke           POST    in         404       404     404     302    404
    invite               GET     in         403       403     403     200    200
    invite               POST    in         403       403     403     422    422
    withdraw             POST    in         404       404     404     302    404
    new-project          GET     in         200       200     200     200    200
    new-project          POST    in         302       302     302     302    302
    resend               POST    in         404       404     404     200    404
    accept-invitation    POST    in         404       404     404     404    404
    projects             GET     in         200       200     200     200    200
    project-people       GET     in         404       200     200     200    404
    member-role          POST    in         404       403     403     302    404
    member-remove        POST    in         404       403     403     302    404
    project-transfer     POST    in         404       403     403     302    404
    project-invite       POST    in         404       403     403     200    404
    leave                GET     in         404       200     200     200    404
    leave                POST    in         404       302     302     422    404
    project-settings     GET     in         404       200     200     200    404
    project-rename       POST    in         404       403     403     302    404
    project-house        POST    in         404       403     403     302    404
    project-approver     POST    in         404       403     403     302    404
    project-webhooks     GET     in         404       200     200     200    404
    project-webhooks     POST    in         404       403     403     302    404
    webhook              GET     in         404       404     404     200    404
    webhook              POST    in         404       404     404     302    404
    webhook-test         POST    in         404       404     404     302    404
    webhook-pause        POST    in         404       404     404     302    404
    webhook-resume       POST    in         404       404     404     302    404
    webhook-rotate       POST    in         404       404     404     302    404
    webhook-delete       POST    in         404       404     404     302    404
    webhook-resend       POST    in         404       404     404     302    404
    project-archive      POST    in         404       403     403     302    404
    project-unarchive    POST    in         404       404     404     302    404
    news-choices         POST    in         302       302     302    302    302
    news                 GET     in         200       200     200    200    200
    bell                 GET     in         200       200     200    200    200
    news-read            POST    in         302       302     302    302    302
    news-follow          GET     in         404       404     404    302    404
    spend                GET     in         404       200     200     200    404
    spend-lines          GET     in         404       200     200     200    404
    statement            GET     in         404       200     200     200    404
    papers               GET     in         404       200     200     200    404
    certificate          GET     in         404       200     200     200    404
    budget               GET     in         404       403     403     200    404
    budget               POST    in         404       403     403     302    404
    ask-for-more         GET     in         404       200     200     200    404
    ask-for-more         POST    in         404       302     302     302    404
    answer-request       POST    in         404       404     404     302    404
    hook                 POST    400        400       400     400     400    400
"""
OPEN = ("join", "hook", "shared", "shared-audio", "shared-cover", "shared-download")  # no sign-in needed

# What a POST carries, and what a GET asks for.
SENT = {
    "generate": {"text": "warm lo-fi", "model": COMPOSER, "takes": "1", "format": "flac", "idempotency_key": "k"},
    "bulk": {"action": "bin"},
    "retry": {"idempotency_key": "k"},
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
    "ask-for-more": {"amount": "1", "reason": "why"},
    "answer-request": {"decline": "1", "answer": "no"},
    "balance": {"idempotency_key": "k"},
    "version": {"change": "10 % slower", "idempotency_key": "k"},
    "split": {"action": "no such", "idempotency_key": "k"},
    "project-keys": {"name": "farm", "scope": "read", "stand_in": "named"},
    "key-cap": {"cap": "5"},
}
ARCHIVED = ("project-unarchive",)  # asked about a project that was put away
KINDS = {
    "p": "project",
    "g": "generation",
    "t": "track",
    "c": "comparison",
    "r": "reference",
    "s": "stem",
    "k": "link",
    "m": "comment",
    "w": "webhook",
    "d": "message",
    "keys": "key",
    "people": "invitation",
    "projects": "invitation",
}
QUERY = dict.fromkeys(("spend", "statement", "spend-lines"), "?project={project}")

# allauth's own pages. Whatever is not open asks strangers to sign in.
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
    """Address → method → person → what is expected."""
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
def things(project, ask, make_track, make_reference, make_stem, user, member, tmp_path):
    """One of everything an address can name."""
    failed = ask(model=COMPOSER)
    ending.cancel(failed, user, "Cancelled")
    track = make_track()
    invitation = workflow.people.invite("guest@example.com", user, project, Role.VIEWER)
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    comparison = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    archived = Project.objects.create(name="Old", archived_at=timezone.now())
    Membership.objects.create(project=archived, user=user, role=Role.OWNER)
    link = workflow.sharing.share(track, user, 7, allow_download=False)
    comment = workflow.review.comment(track, user, 100, "Louder here")
    workflow.news.tell(user, NewsKind.DONE, "Ready")
    shared = {
        "news": user.notifications.last().pk,
        "comment": comment.ref,
        "link": link.ref,
        "address": workflow.sharing.address_of(link),
    }
    notes = tmp_path / "notes.mid"
    notes.write_bytes(b"MThd")
    workflow.parts.keep_notes(track, notes, same=True)
    sounds = {"track": track.ref, "reference": make_reference().ref, "stem": make_stem(track).ref}
    jobs = {"generation": failed.ref, "comparison": comparison.ref}
    cap = Budget.objects.create(project=project, cap=10**9)
    asked = workflow.raising.ask_for_more(cap, member("editor"), 5, "why")
    numbers = {"budgets": cap.pk, "requests": asked.pk}
    key, _ = workflow.keys.make(member("editor"), "farm", project=project)
    hook = workflow.webhooks.make(project, user, "suite", "https://example.com/in")
    numbers |= {"webhook": hook.ref, "message": workflow.webhooks.send_test(hook).ref}
    things = {"key": key.ref, "project": project.ref, "token": invitation.token, "archived": archived.ref}
    things |= {"invitation": invitation.ref}
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
    desks.ensure_groups()
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
    arguments["ref"] = things["archived" if name in ARCHIVED else KINDS.get(route.partition("/")[0], "project")]
    arguments["pk"] = things.get(route.partition("/")[0], 0)
    wanted = {key: value for key, value in arguments.items() if f"%({key})s" in route}
    return reverse(name, kwargs=wanted) + QUERY.get(name, "").format(**things)


def sent_to(name: str, people: dict[str, Client]) -> dict[str, str]:
    """What a POST carries, with the editor where it is about a member."""
    editor = str(get_user(people["editor"]).pk)
    return {key: value.replace("{member}", editor) for key, value in SENT.get(name, {}).items()}


def ask_once(client: Client, method: str, url: str, sent: dict) -> tuple[int, str]:
    """Ask, and undo whatever it did, to the database, to the counted tries and to the browser's cookies."""
    cookies = deepcopy(client.cookies)
    cache.clear()
    with transaction.atomic():
        reply = client.generic(method, url) if method != "POST" else client.post(url, sent)
        if reply.streaming:
            reply.getvalue()  # closes the file it comes from
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
        ("api", "v1"),
    }  # programs: tests/api


@pytest.mark.parametrize("first", range(4))
def test_everyone_gets_what_the_table_says(things, people, first):
    """Every fourth row, in turns: what an address did is undone before the next one is asked."""
    wrong = [line for name in list(ROWS)[first::4] for line in unlike_its_row(name, things, people)]
    assert wrong == []


def unlike_its_row(name: str, things: dict[str, str], people: dict[str, Client]) -> Iterator[str]:
    url, sent = address(name, things), sent_to(name, people)
    for method in METHODS:
        for who, client in people.items():
            default = "in" if who == "anonymous" and name not in OPEN else "405"
            expected = ROWS[name].get(method, {}).get("staff" if who in STAFF else who, default)
            status, location = ask_once(client, method, url, sent)
            got = "in" if status == 302 and location.startswith("/accounts/login/") else str(status)
            if got != expected:
                yield f"{name}: {who}: {method} {url} answered {got}, not {expected}"


def test_allauths_pages_answer_everyone_and_let_no_stranger_in(people):
    wrong = [line for name in sorted(ALLAUTH_OPEN | ALLAUTH_CLOSED) for line in unlike_allauths(name, people)]
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
