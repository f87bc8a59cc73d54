"""Every address for programs, asked in every way with every kind of key. A new address without a row here fails.

Without a key that opens something every row is 401. A method without a row is 405, whoever asks.
`other` is a key of the same owner, for another project; `stranger` one of somebody who is in neither.
"""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from generator import workflow
from generator.models import ApiKey, Budget, Membership, Project, Role, Scope, WebhookMessage
from generator.money import dollars
from generator.workflow import ending, keys
from tests.api.conftest import Program
from tests.conftest import COMPOSER, POLL

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYLESS = ("none", "wrong", "revoked", "expired")
KEYED = ("read", "generate", "manage", "stranger", "other")

TABLE = """
    name               method  read  generate  manage  stranger  other
    me                 GET     200   200       200     200       200
    list_projects      GET     200   200       200     200       200
    get_project        GET     200   200       200     404       404
    create_project     POST   403   403       201     201       403
    get_settings       GET     200   200       200     404       404
    change_settings    PATCH   403   403       200     404       404
    list_audit         GET     403   403       200     404       404
    archive_project    POST    403   403       204     404       404
    unarchive_project  POST    404   404       404     404       404
    transfer_project   POST    403   403       204     404       404
    leave_project      POST    403   403       422     404       404
    list_models        GET     200   200       200     200       200
    get_model          GET     200   200       200     200       200
    price              POST    200   200       200     404       404
    list_prompts       GET     200   200       200     404       404
    get_prompt         GET     200   200       200     404       404
    list_generations   GET     200   200       200     404       404
    create_generation  POST    403   201       201     404       404
    get_generation     GET     200   200       200     404       404
    cancel_generation  POST    403   409       409     404       404
    dismiss_generation POST    403   200       200     404       404
    retry_generation   POST    403   201       201     404       404
    list_events        GET     200   200       200     404       404
    create_comparison  POST    403   201       201     404       404
    get_comparison     GET     200   200       200     404       404
    pick               POST    403   422       422     404       404
    reveal             POST    403   200       200     404       404
    list_tracks        GET     200   200       200     404       404
    get_track          GET     200   200       200     404       404
    change_track       PATCH   403   200       200     404       404
    bin_track          POST    403   200       200     404       404
    restore_track      POST    403   200       200     404       404
    create_version     POST    403   201       201     404       404
    create_balance     POST    403   201       201     404       404
    get_audio          GET     200   200       200     404       404
    get_cover          GET     200   200       200     404       404
    download           GET     202   202       202     404       404
    get_stems          GET     200   200       200     404       404
    make_stems         POST    403   202       202     404       404
    get_stem_audio     GET     200   200       200     404       404
    get_midi           GET     200   200       200     404       404
    list_references    GET     200   200       200     404       404
    create_reference   POST    403   201       201     404       404
    get_reference      GET     200   200       200     404       404
    get_reference_audio GET    200   200       200     404       404
    list_uses          GET     200   200       200     404       404
    bin_reference      POST    403   200       200     404       404
    restore_reference  POST    403   200       200     404       404
    register_reference POST    403   422       422     404       404
    create_reference_from_track POST 403 201   201     404       404
    list_comments      GET     200   200       200     404       404
    create_comment     POST    201   201       201     404       404
    get_comment        GET     200   200       200     404       404
    change_comment     PATCH   200   200       200     404       404
    delete_comment     DELETE  204   204       204     404       404
    approve            POST    403   403       200     404       404
    withdraw_approval  DELETE  403   403       200     404       404
    list_links         GET     403   200       200     404       404
    create_link        POST    403   201       201     404       404
    get_link           GET     404   200       200     404       404
    revoke_link        DELETE  404   204       204     404       404
    move_track         POST    403   404       200     404       404
    copy_track         POST    403   404       201     404       404
    delete_track       DELETE  403   403       409     404       404
    list_splits        GET     200   200       200     404       404
    create_split       POST    403   422       422     404       404
    list_members       GET     200   200       200     404       404
    get_member         GET     200   200       200     404       404
    change_member      PATCH   403   403       200     404       404
    remove_member      DELETE  403   403       204     404       404
    list_invitations   GET     403   403       200     404       404
    create_invitation  POST    403   403       201     404       404
    get_invitation     GET     403   403       200     404       404
    renew_invitation  POST    403   403       200     404       404
    withdraw_invitation DELETE 403   403       204     404       404
    get_spend          GET     200   200       200     404       404
    list_lines         GET     200   200       200     404       404
    get_statement      GET     200   200       200     404       404
    list_caps          GET     403   403       200     404       404
    get_cap            GET     403   403       200     404       404
    set_cap            PUT     403   403       200     404       404
    list_requests      GET     200   200       200     404       404
    create_request     POST    201   201       201     404       404
    get_request        GET     404   404       200     404       404
    grant_request      POST    404   404       200     404       404
    decline_request    POST    404   404       200     404       404
    get_papers         GET     200   200       200     404       404
    get_certificate    GET     200   200       200     404       404
    list_news          GET     200   200       200     200       200
    read_news          POST    200   200       200     200       200
    list_webhooks      GET     200   200       200     404       404
    create_webhook     POST    403   403       201     404       404
    get_webhook        GET     404   404       200     404       404
    change_webhook     PATCH   404   404       200     404       404
    delete_webhook     DELETE  404   404       204     404       404
    rotate_secret      POST    404   404       200     404       404
    test_webhook       POST    404   404       202     404       404
    list_deliveries    GET     404   404       200     404       404
    get_delivery       GET     404   404       200     404       404
    resend_delivery    POST    404   404       202     404       404
"""
OPEN = {"docs": 200, "openapi-json": 200, "api-root": 404, "nowhere": 404}  # to whoever asks
QUERY = dict.fromkeys(
    (
        *("list_prompts", "list_generations", "list_tracks", "list_references", "list_webhooks"),
        *("get_spend", "list_lines", "get_statement"),
    ),
    "?project={project}",
)
SENT = {
    "price": {"models": [COMPOSER], "project": "{project}"},
    "create_generation": {"model": COMPOSER, "text": "warm lo-fi", "project": "{project}"},
    "create_comparison": {"models": [COMPOSER, POLL], "text": "warm lo-fi", "project": "{project}"},
    "pick": {"track": "no-such"},
    "change_track": {"title": "New"},
    "create_version": {"change": "10 % slower"},
    "create_balance": {"gains_db": {"{stem_id}": -6}},
    "create_reference": {"project": "{project}", "file": b"as good as a sound, until it is read"},
    "register_reference": {"model": COMPOSER, "field": "no such"},
    "create_comment": {"at_s": 0.2, "text": "Louder here"},
    "change_comment": {"resolved": True},
    "create_link": {"days": 7},
    "move_track": {"project": "{elsewhere}"},
    "copy_track": {"project": "{elsewhere}"},
    "create_split": {"action": "no/such"},
    "change_member": {"role": "viewer"},
    "create_invitation": {"email": "grace@example.com", "role": "editor"},
    "create_project": {"name": "New"},
    "change_settings": {"name": "New"},
    "transfer_project": {"member": "{member_id}"},
    "set_cap": {"cap_usd": "12.50"},
    "create_request": {"on": "project", "amount_usd": "5", "reason": "three versions"},
    "grant_request": {"amount_usd": "5", "until": f"{timezone.localdate() + dt.timedelta(days=7)}"},
    "decline_request": {"note": "next month"},
    "read_news": {},
    "create_webhook": {"project": "{project}", "name": "farm", "url": "https://example.com/in"},
    "change_webhook": {"name": "New"},
}


def rows() -> dict[str, tuple[str, dict[str, int]]]:
    """Name → its method, and who gets what."""
    head, *lines = [line.split() for line in TABLE.strip().splitlines()]
    return {name: (method, dict(zip(head[2:], map(int, expected), strict=True))) for name, method, *expected in lines}


ROWS = rows()


def patterns(of, route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, URLPattern]]:
    """Every address below the namespace "api", with its whole route."""
    for one in of:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, here, (*spaces, one.namespace) if one.namespace else spaces)
        elif spaces[:1] == ("api",):
            yield spaces, here, one


EVERYTHING = list(patterns(get_resolver().url_patterns))
OURS = [(route, one) for spaces, route, one in EVERYTHING if spaces == ("api", "v1")]
NAMES = {}  # route → method → name; what shares a route is told apart by its method
for _route, _one in OURS:
    if _one.name in ROWS:
        NAMES.setdefault(_route, {})[ROWS[_one.name][0]] = _one.name
VENDORS = ("api/v2", "api/v3", "v5")
OTHERS = [route for spaces, route, _ in EVERYTHING if route.startswith(VENDORS) and "openapi" not in route]


@pytest.fixture
def things(project, ask, make_track, make_stem, make_reference, member, user, tmp_path) -> dict[str, str]:
    """One of everything an address can name."""
    failed = ask(model=COMPOSER)
    ending.cancel(failed, user, "Cancelled")
    track = make_track()
    sent = {"text": "warm lo-fi", "takes": 1, "format": "flac", "raw": {}, "idempotency_key": "many"}
    comparison = workflow.submit_many(user=user, project=project, model_keys=(COMPOSER, POLL), **sent)
    (tmp_path / "notes.mid").write_bytes(b"MThd")
    workflow.parts.keep_notes(track, tmp_path / "notes.mid", same=True)
    hook = workflow.webhooks.make(project, user, "farm", "https://example.com/in")
    told = WebhookMessage.objects.create(project=project, webhook=hook, event="webhook.test", attempts=1)
    elsewhere = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=elsewhere, user=user, role=Role.OWNER)
    editor = member("editor")
    cap = Budget.objects.create(project=project, cap=dollars("1000"))
    return {
        "project": project.ref,
        "elsewhere": elsewhere.ref,
        "reference_id": make_reference().ref,
        "comment_id": workflow.review.comment(track, user, 100, "Hm").ref,
        "link_id": workflow.sharing.share(track, user, 7, allow_download=False).ref,
        "member_id": str(editor.pk),
        "who": str(editor.pk),
        "request_id": str(workflow.raising.ask_for_more(cap, editor, dollars("5"), "three versions").pk),
        "invitation_id": workflow.people.invite("hopper@example.com", user, project).ref,
        "project_id": project.ref,
        "prompt_id": failed.prompt.ref,
        "generation_id": failed.ref,
        "comparison_id": comparison.ref,
        "track_id": track.ref,
        "stem_id": make_stem(track).ref,
        "webhook_id": hook.ref,
        "delivery_id": told.ref,
        "model_key": COMPOSER,
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
    keys.revoke(found["revoked"].key, user)
    past = timezone.now() - dt.timedelta(seconds=1)
    ApiKey.objects.filter(pk=found["expired"].key.pk).update(expires_at=past)
    return found


def address(route: str, name: str, things: dict[str, str]) -> str:
    for key, value in things.items():
        for kind in ("", "str:", "path:"):
            route = route.replace(f"<{kind}{key}>", value)
    assert "<" not in route, f"nothing to put into {route}"
    return f"/{route}{QUERY.get(name, '')}".format(**things)


def ask_once(who: Program, method: str, url: str, body: object) -> tuple[int, str]:
    """Ask, and undo whatever it changed."""
    with transaction.atomic():
        reply = who.ask(method, url, body)
        reply.close()
        transaction.set_rollback(True)
    return reply.status_code, reply.headers.get("Content-Type", "")


def filled(body: object, things: dict[str, str]) -> object:
    """A body with the names of what is there in it."""
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
        if "_id" in route and "GET" in named:
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


def test_whoever_has_only_a_session_is_not_let_in(browser):
    """A page elsewhere cannot use a person's cookie here, for cookies are not looked at."""
    assert browser.get("/api/v1/me").status_code == 401
