"""Signing up, in and out: who gets in, what they find, and what a stranger never learns."""

import datetime as dt
import re
from importlib import import_module
from pathlib import Path
from unittest import mock

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from generator import migrations, permissions
from generator.models import Invitation, Membership, Price, Project, Role, User
from generator.services.team import invitations
from generator.web.account.auth import AccountAdapter

PASSWORD = "a long enough password"
LOGIN, SIGNUP = "/accounts/login/", "/accounts/signup/"


@pytest.fixture
def signed_in(client, user) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def open_door(settings):
    settings.STUDIO_SIGNUP = "open"


def sign_in(client, email="ada@example.com", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def sign_up(client, email, password="quite another password"):
    return client.post(SIGNUP, {"name": "New Person", "email": email, "password1": password})


# --- signing in ---


def test_an_address_signs_in_whatever_its_case(client, user):
    assert sign_in(client, " ADA@Example.COM ").status_code == 302
    assert client.get("/account/").status_code == 200


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, user):
    wrong, unknown = sign_in(client, password="no"), sign_in(client, "nobody@example.com")
    said = [reply.context["form"].non_field_errors() for reply in (wrong, unknown)]
    assert said[0] == said[1] == [AccountAdapter.error_messages["email_password_mismatch"]]


def test_five_wrong_tries_lock_the_address_with_a_clear_429(client, user):
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 200
    reply = sign_in(client)
    assert reply.status_code == 429
    assert b"Too many failed attempts" in reply.content


def test_wrong_tries_elsewhere_do_not_lock_the_person_out(client, user):
    guesser = Client(REMOTE_ADDR="203.0.113.9")
    assert [sign_in(guesser, password="wrong").status_code for _ in range(6)] == [200] * 5 + [429]
    assert sign_in(client).status_code == 302


def test_a_guesser_with_many_addresses_is_stopped_too(client, user, synced_catalog):
    people = [f"someone-{number}@example.com" for number in range(11)]
    assert [sign_in(client, email, "wrong").status_code for email in people] == [200] * 10 + [429]


def test_another_address_is_not_locked_with_it(client, user, stranger):
    for _ in range(5):
        sign_in(client, password="wrong")
    assert sign_in(client, stranger.email).status_code == 302


def test_a_switched_off_account_does_not_get_in(client, user):
    User.objects.update(is_active=False)
    assert sign_in(client).url == "/accounts/inactive/"
    assert client.get("/accounts/inactive/").status_code == 200
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    ("next", "lands"),
    [
        ("/spend/?month=2026-01", "/spend/?month=2026-01"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_is_followed_only_within_the_studio(client, user, next, lands):
    assert sign_in(client, next=next).url == lands


def test_signing_out_ends_the_session(signed_in):
    assert signed_in.post("/accounts/logout/").status_code == 302
    assert signed_in.get("/account/").status_code == 302


# --- an expired session ---


def test_a_page_asks_to_sign_in_and_comes_back(client, db):
    assert client.get("/spend/?month=2026-01").url == f"{LOGIN}?next=/spend/%3Fmonth%3D2026-01"


def test_a_form_comes_back_to_the_page_it_was_on(client, db):
    reply = client.post("/projects/new/", {"name": "x"}, headers={"referer": "http://testserver/account/?a=1"})
    assert reply.url == f"{LOGIN}?next=/account/%3Fa%3D1"
    assert client.post("/projects/new/", headers={"referer": "https://evil.example/"}).url == f"{LOGIN}?next=/"


def test_an_htmx_request_sends_the_whole_page_to_sign_in(client, project):
    here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/projects/{project.public_id}/?q=lofi"}
    reply = client.get(f"/projects/{project.public_id}/running/", headers=here)
    assert reply.headers["HX-Redirect"] == f"{LOGIN}?next=/projects/{project.public_id}/%3Fq%3Dlofi"
    away = client.get("/spend/", headers=here | {"HX-Current-URL": "https://evil.example/x"})
    assert away.headers["HX-Redirect"] == f"{LOGIN}?next=/"


def test_a_boosted_link_goes_on_to_where_it_pointed(client, db):
    reply = client.get("/spend/", headers={"HX-Request": "true", "HX-Boosted": "true"})
    assert reply.headers["HX-Redirect"] == f"{LOGIN}?next=/spend/"


# --- signing up ---


def test_without_an_invitation_the_door_is_shut(client, db):
    shown = client.get(SIGNUP)
    assert "account/signup_closed.html" in [template.name for template in shown.templates]
    assert b'name="password1"' not in shown.content
    sign_up(client, "new@example.com")
    assert not User.objects.exists()


def test_open_sign_up_makes_a_person_with_a_project_of_their_own(client, synced_catalog, open_door):
    assert sign_up(client, "New@Example.com").status_code == 302
    person = User.objects.get()
    assert person.email == "new@example.com"
    assert permissions.can_manage(person, Project.objects.get(personal_to=person))
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("again", ["ada@example.com", "ADA@example.com"])
def test_an_address_cannot_sign_up_twice(client, user, open_door, again):
    assert sign_up(client, again).status_code == 200
    assert User.objects.count() == 1


def test_where_mail_proves_addresses_a_taken_one_looks_like_a_free_one(client, user, open_door, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_CONFIGURED = True
    taken, free = sign_up(client, user.email), sign_up(Client(), "free@example.com")
    assert taken.url == free.url == "/accounts/confirm-email/"
    assert [len(message.to) for message in mail.outbox] == [1, 1]


def test_a_mail_server_that_is_away_stops_nobody_and_tells_nothing(client, user, open_door, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.EMAIL_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    pages = []
    for address in (user.email, "free@example.com"):
        visitor = Client()
        asked = sign_up(visitor, address)
        assert asked.status_code == 302
        pages.append(visitor.get(asked.url).content.decode().replace(address, ""))
    assert all("could not be sent" in page for page in pages)
    known, unknown = (
        Client().post("/accounts/password/reset/", {"email": one}) for one in (user.email, "x@example.com")
    )
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


@pytest.mark.parametrize("password", ["short", "1234567890123", "password1234"])
def test_weak_passwords_are_refused(client, synced_catalog, open_door, password):
    assert sign_up(client, "new@example.com", password).context["form"].errors["password1"]


@pytest.mark.parametrize("make", ["create_user", "create_superuser"])
def test_every_way_of_making_a_person_gives_them_a_project(db, make):
    person = getattr(User.objects, make)("sam@example.com", PASSWORD)
    assert person.personal_project.memberships.get().role == Role.OWNER


# --- invitations ---


@pytest.fixture
def invitation(user, project) -> Invitation:
    return invitations.invite("Guest@Example.com", user, project, Role.VIEWER)


def test_an_invitation_makes_an_account_and_a_member_once(client, invitation):
    link = reverse("join", args=[invitation.token])
    assert client.get(link).url == SIGNUP
    assert b"Kitchen stories" in client.get(SIGNUP).content
    assert sign_up(client, "guest@example.com").status_code == 302
    assert Membership.objects.get(user__email="guest@example.com", project=invitation.project).role == Role.VIEWER
    assert Client().get(link).status_code == 410


def test_an_invitation_is_for_its_address_only(client, invitation):
    client.get(reverse("join", args=[invitation.token]))
    sign_up(client, "somebody@example.com")
    assert not User.objects.filter(email="somebody@example.com").exists()


def test_an_invited_person_with_an_account_signs_in_and_joins(client, stranger, user, project):
    link = reverse("join", args=[invitations.invite("EVE@example.com", user, project).token])
    assert client.get(link).url == f"{LOGIN}?next={link}"
    assert sign_in(client, stranger.email, next=link).url == link
    assert client.get(link).url == f"/projects/{project.public_id}/#library"
    assert permissions.can_edit(stranger, project)


def test_someone_else_cannot_use_it(client, stranger, invitation):
    client.force_login(stranger)
    reply = client.get(reverse("join", args=[invitation.token]))
    assert reply.status_code == 403
    assert b"signed in as eve@example.com" in reply.content


def test_an_old_or_unknown_invitation_is_gone(client, invitation):
    Invitation.objects.update(expires_at=invitation.created_at)
    for token in (invitation.token, "unknown"):
        assert client.get(reverse("join", args=[token])).status_code == 410


def test_an_owner_invites_and_gets_a_link_to_copy(signed_in, project):
    reply = signed_in.post("/invitations/", {"email": "New@Example.com", "project": project.pk, "role": "editor"})
    made = Invitation.objects.get()
    assert (made.email, made.project, made.role) == ("new@example.com", project, Role.EDITOR)
    assert Client().get(re.search(r"/join/[^/]+/", reply.content.decode())[0]).status_code == 302
    assert not mail.outbox


def test_the_invitation_is_mailed_where_there_is_a_mail_server(signed_in, project, settings):
    settings.EMAIL_CONFIGURED = True
    signed_in.post("/invitations/", {"email": "new@example.com", "project": project.pk, "role": "editor"})
    assert Client().get(re.search(r"/join/\S+", mail.outbox[0].body)[0]).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "ada@EXAMPLE.com"}, "email"),
        ({"project": ""}, "project"),
        ({"role": "king"}, "role"),
    ],
)
def test_bad_invitations_are_refused_in_their_field(signed_in, project, changes, field):
    asked = {"email": "new@example.com", "project": project.pk, "role": "editor"} | changes
    reply = signed_in.post("/invitations/", asked)
    assert reply.status_code == 422
    assert field in reply.context["form"].errors


def test_a_second_open_invitation_for_the_same_is_refused(signed_in, invitation):
    asked = {"email": "guest@example.com", "project": invitation.project.pk, "role": "editor"}
    assert signed_in.post("/invitations/", asked).status_code == 422


def test_only_owners_and_staff_invite_and_only_to_what_is_theirs(client, stranger, project):
    client.force_login(stranger)
    assert client.get("/invitations/").status_code == 403
    Membership.objects.create(project=project, user=stranger, role=Role.EDITOR)
    assert client.get("/invitations/").status_code == 403
    own = Project.objects.create(name="Own")
    Membership.objects.create(project=own, user=stranger, role=Role.OWNER)
    reply = client.post("/invitations/", {"email": "x@example.com", "project": project.pk, "role": "owner"})
    assert reply.context["form"].errors["project"]


def test_staff_invite_to_the_studio_alone(client, stranger):
    User.objects.filter(pk=stranger.pk).update(is_staff=True)
    client.force_login(stranger)
    client.post("/invitations/", {"email": "x@example.com", "project": "", "role": "editor"})
    assert Invitation.objects.get().project is None


def test_an_invitation_is_withdrawn_by_its_owner_only(client, user, stranger, invitation):
    link = reverse("withdraw", args=[invitation.public_id])
    client.force_login(stranger)
    assert client.post(link).status_code == 404
    client.force_login(user)
    assert client.get(link).status_code == 405
    assert client.post(link).url == "/invitations/"
    assert not Invitation.objects.exists()


# --- the account page ---


def test_the_profile_is_kept_and_used(signed_in, user):
    reply = signed_in.post("/account/", {"name": "Ada L.", "time_zone": "Asia/Tokyo", "theme": "dark"})
    assert reply.url == "/account/"
    user.refresh_from_db()
    assert (user.name, user.time_zone, user.theme) == ("Ada L.", "Asia/Tokyo", "dark")
    assert b'data-theme="dark"' in signed_in.get("/account/").content


@pytest.mark.parametrize(
    "bad", [{"time_zone": "Mars/Base"}, {"time_zone": "../etc"}, {"theme": "pink"}, {"name": "x" * 81}]
)
def test_a_bad_profile_is_refused_and_changes_nothing(signed_in, user, bad):
    asked = {"name": "Other", "time_zone": "UTC", "theme": "dark"} | bad
    assert signed_in.post("/account/", asked).status_code == 422
    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Ada", "")


def test_signing_out_everywhere_else_keeps_this_session_only(client, user):
    other = Client()
    sign_in(client)
    sign_in(other)
    assert client.get("/account/sign-out-elsewhere/").status_code == 405
    assert client.post("/account/sign-out-elsewhere/").url == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302


def test_changing_the_password_keeps_this_session_only(client, user):
    other = Client()
    sign_in(client)
    sign_in(other)
    new = "a brand new password"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert sign_in(Client(), password=new).status_code == 302


def test_a_project_is_started_with_its_owner(signed_in, user):
    assert signed_in.post("/projects/new/", {"name": ""}).status_code == 422
    signed_in.post("/projects/new/", {"name": "  Summer   campaign "})
    assert permissions.can_manage(user, Project.objects.get(name="Summer campaign"))


# --- forgotten passwords ---


def test_without_a_mail_server_the_reset_page_says_so(client, db):
    page = client.get("/accounts/password/reset/").content
    assert b'id="no-mail"' in page
    assert b'name="email"' not in page


def test_with_a_mail_server_the_link_lets_one_choose_a_password(client, user, settings):
    settings.EMAIL_CONFIGURED = True
    client.post("/accounts/password/reset/", {"email": user.email})
    link = re.search(r"https?://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body)[1]
    form = client.get(link).url
    client.post(form, {"password1": "something new here", "password2": "something new here"})
    assert sign_in(Client(), password="something new here").status_code == 302
    assert b'id="link-expired"' in Client().get(link, follow=True).content


def test_an_unknown_address_gets_the_same_answer(client, user, settings):
    settings.EMAIL_CONFIGURED = True
    known, unknown = (
        Client().post("/accounts/password/reset/", {"email": email}) for email in (user.email, "no@example.com")
    )
    assert known.url == unknown.url
    assert [message.to for message in mail.outbox] == [[user.email]]


def test_where_anybody_may_sign_up_an_unknown_address_is_told_how(client, db, settings, open_door):
    settings.EMAIL_CONFIGURED = True
    client.post("/accounts/password/reset/", {"email": "no@example.com"})
    assert [message.to for message in mail.outbox] == [["no@example.com"]]


# --- second factor ---


def test_a_second_factor_is_set_up_asked_for_and_recovered_from(client, user):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal import auth

    sign_in(client)
    page = client.get("/accounts/2fa/totp/activate/")
    if page.status_code == 302:
        client.post(page.url, {"password": PASSWORD})
        page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = auth.format_hotp_value(auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time()))))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    other = Client()
    assert sign_in(other).url == "/accounts/2fa/authenticate/"
    assert other.get("/account/").status_code == 302
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert other.get("/account/").status_code == 200
    kept = Authenticator.objects.filter(user=user)
    assert kept.count() == 2
    assert secret not in str(list(kept.values_list("data", flat=True)))


@pytest.fixture
def unsealed(user):
    """A second factor whose secrets were stored unencrypted."""
    from allauth.mfa.models import Authenticator

    from generator.models.encryption import seal

    def _unsealed(secret="JBSWY3DPEHPK3PXP"):
        data = {"totp": {"secret": secret}, "recovery_codes": {"seed": "abc", "used_mask": 0}}
        for kind, columns in data.items():
            Authenticator.objects.create(user=user, type=kind, data=columns)
        return secret

    _unsealed.seal = seal
    return _unsealed


def test_an_upgrade_encrypts_what_was_in_clear_and_codes_go_on_working(user, unsealed):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal import auth
    from django.apps import apps

    secret = unsealed()
    [path] = Path(migrations.__path__[0]).glob("*_sealed_second_factors.py")
    migration = import_module(f"generator.migrations.{path.stem}")
    for _ in range(2):
        migration.seal_all(apps, None)
    data = {row.type: row.data for row in Authenticator.objects.filter(user=user)}
    assert secret not in str(data)
    assert data["recovery_codes"]["seed"] != "abc"
    code = auth.format_hotp_value(auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time()))))
    assert Authenticator.objects.get(user=user, type="totp").wrap().validate_code(code)


def test_where_the_key_is_gone_no_code_is_right(user, unsealed, settings):
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal import auth

    unsealed(unsealed.seal("JBSWY3DPEHPK3PXP"))
    settings.SECRET_KEY = "another one altogether"
    counters = list(auth.yield_hotp_counters_from_time())
    for guess in ("", "JBSWY3DPEHPK3PXP"):
        code = auth.format_hotp_value(auth.hotp_value(guess, counters[0]))
        assert not Authenticator.objects.get(user=user, type="totp").wrap().validate_code(code)


# --- browser caching ---


def test_nobody_stores_a_signed_in_page(signed_in, project, track):
    pages = [
        "/account/",
        "/spend/",
        "/projects/",
        f"/projects/{project.public_id}/",
        f"/tracks/{track.public_id}/",
        "/nowhere/",
        "/",
    ]
    kept = {page: signed_in.get(page).headers.get("Cache-Control") for page in pages}
    assert kept == dict.fromkeys(pages, "private, no-store")
    assert "max-age" in signed_in.get(f"/tracks/{track.public_id}/audio").headers["Cache-Control"]


PAGES = [
    "account_login", "account_reset_password", "account_reset_password_done", "account_inactive",
    "account_email_verification_sent", "account_change_password", "account_email", "account_logout", "mfa_index",
    "account", "invite", "new-project",
]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_page_wears_the_studios_clothes(client, signed_in, project, name):
    asked = Client() if name in PAGES[:5] else signed_in
    reply = asked.get(reverse(name))
    assert reply.status_code == 200
    assert b'id="page"' in reply.content
    assert b"style=" not in reply.content
    assert b"<script>" not in reply.content


# --- times ---

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("chosen", "cookie", "shown"),
    [
        ("", NEW_YORK, "7:30 AM EST"),
        ("Asia/Tokyo", NEW_YORK, "9:30 PM JST"),
        ("", "", "12:30 PM UTC"),
        ("", "../../etc/passwd", "12:30 PM UTC"),
        ("", "Mars/Base", "12:30 PM UTC"),
        ("", "x" * 4000, "12:30 PM UTC"),
    ],
    ids=["browser", "chosen", "studio", "path", "unknown", "long"],
)
def test_billing_times_are_the_viewers_and_name_their_zone(signed_in, user, ask, chosen, cookie, shown):
    then = dt.datetime(2026, 11, 5, 12, 30, tzinfo=dt.UTC)
    Price.objects.update(valid_from=then)
    with mock.patch("django.utils.timezone.now", return_value=then):
        ask()
    user.time_zone = chosen
    user.save()
    signed_in.cookies["studio_zone"] = cookie
    assert shown in signed_in.get("/spend/ledger-entries/?month=2026-11").content.decode()
