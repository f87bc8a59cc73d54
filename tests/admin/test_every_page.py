"""Every page of the admin works for administrators only; records of the past are read-only there.

The default run requests two pages of each kind of row, different ones for each; `-m live` requests all.
"""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from generator.models import (
    ApiKey,
    AuditLogEntry,
    Budget,
    Comparison,
    ConnectorVersion,
    Edit,
    Generation,
    GenerationEvent,
    GridChange,
    Heartbeat,
    Invitation,
    LedgerEntry,
    License,
    MusicModel,
    Pack,
    Price,
    PrivateTrack,
    Project,
    ProviderAccount,
    ProviderAction,
    ProviderBill,
    ProviderReference,
    Reference,
    Rollup,
    ShareLink,
    State,
    Stem,
    Track,
    TrackUpload,
    User,
    Webhook,
    WebhookDelivery,
)
from generator.services.library import sharing
from generator.services.team import api_keys, invitations
from generator.services.webhooks import endpoints
from tests.conftest import COMPOSER

# Written only by the studio itself: nobody adds, changes or deletes it, whatever their permissions.
READ_ONLY = (
    LedgerEntry,
    ProviderBill,
    Rollup,
    Generation,
    Comparison,
    Track,
    Heartbeat,
    Reference,
    ProviderReference,
    ProviderAction,
    Stem,
    TrackUpload,
    Edit,
    GridChange,
    Pack,
    AuditLogEntry,
    ShareLink,
    ApiKey,
    Webhook,
    WebhookDelivery,
)
# What may be done to the others.
MAY = {
    Price: {"add"},
    License: {"add"},
    ConnectorVersion: {"add"},
    ProviderAccount: {"change"},
    MusicModel: {"change"},
    Project: {"add", "change"},
    Invitation: {"change", "delete"},
    Budget: {"add", "change", "delete"},
    User: {"add", "change", "delete"},
    Group: {"add", "change", "delete"},
}
FOREIGN = (Schedule, Success, Failure, OrmQ, EmailAddress, Authenticator)  # as in their packages
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def url(model, page, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def boss(db) -> User:
    return User.objects.create_superuser("boss@example.com", "a long enough password", name="Boss")


@pytest.fixture
def desk(client, boss) -> Client:
    client.force_login(boss)
    return client


@pytest.fixture
def one_of_each(
    ask, make_track, make_reference, make_stem, make_upload, make_edit, make_pack, user, project
) -> dict[type, object]:
    """A row of every kind the admin lists."""
    generation = ask()
    track = make_track(generation=generation, findings=[{"code": "x", "severity": "note", "sentence": "Hm."}])
    now = timezone.now()
    task = {"name": "t", "func": "f", "started": now, "stopped": now}
    reference = make_reference()
    account = generation.model.provider
    hook = endpoints.make(project, user, "suite", "https://example.com/in")
    known = {"account": account, "purpose": "instrumental", "registered_id": "4711", "generation": generation}
    rows = [
        api_keys.make(user, "farm", project=project)[0],
        reference,
        ProviderReference.objects.create(reference=reference, **known),
        ProviderAction.objects.create(generation=generation, reference=reference),
        Comparison.objects.create(project=project, author=user, text="a brief", idempotency_key="c"),
        make_stem(track),
        make_upload(),
        make_edit(track),
        make_pack(track),
        GridChange.objects.create(track=track, author=user, correction={"shift_s": 0.25}),
        generation,
        track,
        LedgerEntry.objects.get(),
        Rollup.objects.get(),
        Price.objects.get(model__key=COMPOSER),
        ProviderAccount.objects.first(),
        License.objects.first(),
        ConnectorVersion.objects.create(key="fal", text="{}", digest="x"),
        MusicModel.objects.first(),
        user,
        project,
        invitations.invite("guest@example.com", user, project),
        project.audit_log.project_changes().first() or project.audit_log.create(actor=user, text="Something"),
        sharing.share(track, user, 7, allow_download=False),
        Budget.objects.create(user=user, cap=5),
        Heartbeat.objects.create(name="cluster", at=now),
        ProviderBill.objects.create(
            account=ProviderAccount.objects.get(key="composer"), uuid="b1", kind="charge", amount=1
        ),
        api_keys.make(user, "render farm")[0],
        hook,
        endpoints.send_test(hook),
        Group.objects.create(name="Finance"),
        Schedule.objects.create(name="s", func="f"),
        Success.objects.create(id="s" * 32, success=True, **task),
        Failure.objects.create(id="f" * 32, success=False, **task),
        OrmQ.objects.first(),
        EmailAddress.objects.get(user=user),
        Authenticator.objects.create(user=user, type="totp", data={"secret": "x"}),
    ]
    return {type(row): row for row in rows}


def pages(model, row) -> dict[str, str]:
    """Return every page of a model, by purpose."""
    return {
        "list": url(model, "changelist"),
        "search": f"{url(model, 'changelist')}?q=a",
        "add": url(model, "add"),
        "view": url(model, "change", row.pk),
        "history": url(model, "history", row.pk),
        "delete": url(model, "delete", row.pk),
    }


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.live)], ids=["some", "whole"])
def every_page(request, one_of_each) -> list[tuple[type, str, str]]:
    """Return model, purpose and address; of each model's six pages two, in turns, or all."""
    return [
        (model, *page)
        for number, model in enumerate(MODELS)
        for place, page in enumerate(pages(model, one_of_each[model]).items())
        if request.param or (number + place) % 3 == 0
    ]


# --- permissions to enter ---


def test_every_model_of_ours_that_people_review_is_there():
    ours = {model for model in MODELS if model._meta.app_label == "generator"}
    assert ours == {*READ_ONLY, *MAY} - {Group}
    assert set(MODELS) == {*READ_ONLY, *MAY, *FOREIGN}


def test_every_page_answers_an_administrator(desk, every_page):
    for model, what, address in every_page:
        may = {"add", "change", "delete"} if model in FOREIGN else MAY.get(model, set())
        allowed = {200} if what not in ("add", "delete") or what in may else {403}
        if model in FOREIGN and what == "add":
            allowed = {200, 403}  # the view decides
        assert desk.get(address).status_code in allowed, (what, address)


def test_members_and_strangers_get_no_page(client, every_page, user):
    for person in (None, user):
        if person:
            client.force_login(person)
        for _, _, address in every_page:
            assert client.get(address).status_code in (302, 403), address
            assert client.post(address).status_code in (302, 403), address


def test_staff_without_permissions_get_no_page(client, every_page, stranger):
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    client.force_login(stranger)
    assert client.get(reverse("admin:index")).status_code == 200
    for _, _, address in every_page:
        assert client.get(address).status_code == 403, address
        assert client.post(address).status_code == 403, address


def test_the_front_page_and_its_helpers_are_for_administrators(client, boss, user):
    for name in ("index", "jsi18n", "password_change"):
        address = reverse(f"admin:{name}")
        assert Client().get(address).status_code == 302
        client.force_login(user)
        assert client.get(address).status_code in (302, 403)
        client.force_login(boss)
        assert client.get(address).status_code in (200, 302)


def test_signing_in_goes_through_the_studios_own_door(client, db):
    reply = client.get(reverse("admin:index"), follow=True)
    assert reply.request["PATH_INFO"] == "/accounts/login/"


# --- permitted actions ---


@pytest.mark.parametrize("model", [*READ_ONLY, *MAY], ids=lambda model: model.__name__)
def test_what_may_be_done_is_what_the_table_says(rf, boss, model):
    request = rf.get("/")
    request.user = boss
    page = admin.site._registry[model]
    permissions = page.get_model_perms(request)
    assert {what for what in ("add", "change", "delete") if permissions[what]} == MAY.get(model, set())
    assert permissions["view"]


@pytest.mark.parametrize("model", [*READ_ONLY, Price], ids=lambda model: model.__name__)
def test_what_was_written_down_cannot_be_changed_or_deleted(desk, one_of_each, model):
    row = one_of_each[model]
    before = model.objects.values().get(pk=row.pk)
    changes = {"amount": "1", "reason": "forged", "title": "forged", "per_take": "0", "state": "ready", "held": "0"}
    assert desk.post(url(model, "change", row.pk), changes).status_code == 403
    assert desk.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    desk.post(url(model, "changelist"), chosen)
    assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_what_only_the_studio_writes_cannot_be_added(desk, one_of_each, model):
    count = model.objects.count()
    assert desk.post(url(model, "add"), {"name": "forged"}).status_code == 403
    assert model.objects.count() == count


def test_the_history_of_a_run_is_shown_with_it_and_has_no_page_where_it_could_be_changed(desk, one_of_each):
    assert GenerationEvent not in admin.site._registry
    shown = desk.get(url(Generation, "change", one_of_each[Generation].pk)).content.decode()
    assert "Requested" in shown
    assert "$0.03" in shown
    assert "Tea time" in shown
    assert 'name="events-0-text"' not in shown


def test_nobody_can_be_given_the_right_to_change_the_ledger(client, one_of_each, stranger):
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    stranger.user_permissions.set(Permission.objects.filter(content_type__app_label="generator"))
    client.force_login(stranger)
    entry = one_of_each[LedgerEntry]
    assert client.get(url(LedgerEntry, "change", entry.pk)).status_code == 200
    assert client.post(url(LedgerEntry, "change", entry.pk), {"amount": "0"}).status_code == 403
    assert client.post(url(LedgerEntry, "delete", entry.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("model", "facts"),
    [
        (
            LedgerEntry,
            [
                "hold",
                "fakepoll/one",
                "1 × $0.03 on Fake poll one",
                "Kitchen stories",
                '<div class="readonly">$0.03</div>',
            ],
        ),
        (Rollup, ["fakepoll/one", "$0.03", "Kitchen stories"]),
        (Price, ["$0.00", "List price when the model was added"]),
        (Generation, [str(State.QUEUED.label), "Fake poll one", "Kitchen stories", "$0.03"]),
        (Track, ["Tea time", "fakepoll/one", "Hm."]),
        (Reference, ["My theme", "Kitchen stories", "4711", "instrumental"]),
        (ProviderReference, ["My theme", "4711"]),
        (Stem, ["Vocals", "Tea time"]),
        (Edit, ["Tea time", "Ada"]),
        (GridChange, ["Tea time", "0.25", "Ada"]),
        (Pack, ["Tea time", "Kitchen stories", "podcast", "Ada"]),
    ],
)
def test_the_page_of_a_record_shows_what_it_holds(desk, one_of_each, model, facts):
    shown = desk.get(url(model, "change", one_of_each[model].pk)).content.decode()
    assert [fact for fact in facts if fact.lower() not in shown.lower()] == []


def test_search_finds_by_what_people_know(desk, one_of_each):
    for model, words in (
        (LedgerEntry, "ada@example.com"),
        (Generation, "cooking video"),
        (Track, "tea"),
        (User, "ada"),
    ):
        found = desk.get(url(model, "changelist"), {"q": words}).context["cl"].queryset
        assert found.count() == 1
        assert desk.get(url(model, "changelist"), {"q": "no such words"}).context["cl"].queryset.count() == 0


# --- invalid addresses ---


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_is_sorted_by_every_column_or_by_none(desk, one_of_each, model):
    page, columns = url(model, "changelist"), len(admin.site._registry[model].list_display)
    every = ".".join(map(str, range(-columns, columns + 2)))
    for asked in (every, "x", "9" * 30, "1.x.-2"):
        assert desk.get(page, {"o": asked}).status_code in (200, 302), asked


HELPED = [(model, field) for model in MODELS for field in admin.site._registry[model].autocomplete_fields or ()]


@pytest.mark.parametrize(("model", "field"), HELPED, ids=str)
def test_a_helper_of_a_field_takes_any_words(desk, one_of_each, model, field):
    asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field, "term": "a"}
    wrong = [
        {"term": "x" * 3000},
        {"term": "\x00"},
        {"page": "x"},
        {"page": "9" * 30},
        {"field_name": "x"},
        {"model_name": "x"},
    ]
    for more in wrong:
        assert desk.get(reverse("admin:autocomplete"), asked | more).status_code in (200, 400, 403, 404), more


JUNK = ("=99999999999999999999", "__exact=x", "__isnull=maybe", "__range=1", "__year=-1", "__gte=9999-12-31")


def junk_about(model) -> list[str]:
    """Return query strings that a list cannot answer."""
    site = admin.site._registry[model]
    filters = [one[0] if isinstance(one, (tuple, list)) else one for one in site.list_filter]
    columns = [getattr(one, "parameter_name", one) for one in filters] + [site.date_hierarchy or "pk"]
    asked = [f"{column}{junk}" for column in columns for junk in JUNK]
    return [*asked, "pk__range=1", "p=99999999999999999999", "o=1.2.x", "o=-99", "_facets=x", "q=%00", "x__y=1"]


@pytest.mark.live  # a thousand requests
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_list_fails_whatever_its_address_asks_for(desk, model):
    desk.raise_request_exception = False
    asked = [f"{url(model, 'changelist')}?{junk}" for junk in junk_about(model)]
    assert [address for address in asked if desk.get(address).status_code >= 500] == []


def test_what_is_wrong_with_a_list_itself_is_not_hidden(desk, monkeypatch):
    def defect(*_):
        raise ValueError("a defect")

    monkeypatch.setattr(admin.site._registry[Track], "get_queryset", defect)
    desk.raise_request_exception = False
    assert desk.get(url(Track, "changelist")).status_code == 500
    assert desk.get(url(Track, "changelist"), {"e": "1"}).status_code == 500


# --- what is made of tracks ---


@pytest.mark.parametrize("model", [Edit, GridChange, Pack, Stem], ids=lambda model: model.__name__)
def test_records_of_a_private_track_are_for_staff_who_may_view_tracks(client, one_of_each, stranger, model):
    row, track = one_of_each[model], one_of_each[Track]
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    stranger.user_permissions.add(Permission.objects.get(codename=f"view_{model._meta.model_name}"))
    client.force_login(stranger)
    page = url(model, "change", row.pk)
    assert client.get(page).status_code == 200
    PrivateTrack.objects.create(track=track, author=track.author)
    assert client.get(page).status_code == 302
    assert not client.get(url(model, "changelist")).context["cl"].queryset.exists()
    stranger.user_permissions.add(Permission.objects.get(codename="view_track"))
    assert client.get(page).status_code == 200


def test_a_track_leads_to_what_was_made_of_it_and_back(desk, one_of_each):
    track = one_of_each[Track]
    shown = desk.get(url(Track, "change", track.pk)).content.decode()
    for model in (Edit, Pack, GridChange):
        assert url(model, "change", one_of_each[model].pk) in shown
    for model in (Edit, Pack, GridChange):
        back = desk.get(url(model, "change", one_of_each[model].pk)).content.decode()
        assert url(Track, "change", track.pk) in back
        assert url(User, "change", one_of_each[model].author_id) in back


def test_the_key_of_a_packs_link_is_not_shown(desk, one_of_each):
    pack = one_of_each[Pack]
    Pack.objects.filter(pk=pack.pk).update(share_key="SECRETSECRETSECR")
    assert "SECRETSECRETSECR" not in desk.get(url(Pack, "change", pack.pk)).content.decode()
