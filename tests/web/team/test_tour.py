"""The tour of a new person: who is shown it, when each step is done, and that closing it lasts."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generator.models import Heard, Tour, User
from generator.services.team import invitations, tour
from tests.conftest import COMPOSER
from tests.downloads import let_go

SIGNUP = "/accounts/signup/"


@pytest.fixture
def studio(user_client, project) -> str:
    return reverse("studio", args=[project.public_id])


def steps(client: Client, url: str) -> dict[str, bool]:
    """Return each step that the page shows, and whether it is done."""
    found = re.findall(r'<li( class="is-done")? data-step="(\w+)">', client.get(url).content.decode())
    return {key: bool(done) for done, key in found}


def test_nobody_who_was_here_before_is_shown_the_tour(user_client, studio):
    assert steps(user_client, studio) == {}
    assert b'id="tour"' not in user_client.get(reverse("tour")).content


def test_whoever_signs_up_gives_a_name_and_is_shown_the_tour(client, settings, db):
    settings.STUDIO_SIGNUP = "open"
    sent = {"email": "new@example.com", "password1": "quite another password"}
    assert client.post(SIGNUP, sent).context["form"].errors["name"]
    assert client.post(SIGNUP, sent | {"name": "two\u2028lines"}).context["form"].errors["name"]
    client.post(SIGNUP, sent | {"name": "  Noor   Haddad "})
    person = User.objects.get(email="new@example.com")
    assert person.name == "Noor Haddad"
    assert person.personal_project.name.startswith("Noor Haddad")
    assert b'id="tour"' in client.get(reverse("home"), follow=True).content


def test_an_account_made_by_an_administrator_is_shown_the_tour_at_its_first_sign_in(client, db):
    email, password = "made@example.com", "quite another password"
    User.objects.create_user(email, password)
    assert not Tour.objects.exists()
    client.post(reverse("account_login"), {"login": email, "password": password})
    assert b'id="tour"' in client.get(reverse("home"), follow=True).content
    client.post(reverse("tour-dismiss"))
    client.post(reverse("account_logout"))
    client.post(reverse("account_login"), {"login": email, "password": password})
    assert b'id="tour"' not in client.get(reverse("home"), follow=True).content


@pytest.mark.parametrize("used", ["signed in", "generated", "heard"])
def test_whoever_has_used_the_studio_is_not_shown_the_tour_at_sign_in(client, user, ask, make_track, used):
    if used == "signed in":
        User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    elif used == "generated":
        ask()
    else:
        Heard.objects.create(user=user, track=make_track())
    user.set_password("quite another password")
    user.save(update_fields=["password"])
    client.post(reverse("account_login"), {"login": user.email, "password": "quite another password"})
    assert client.get(reverse("home"), follow=True).status_code == 200
    assert not Tour.objects.exists()


def test_each_step_is_done_when_it_has_happened(user_client, studio, user, project, make_track, ask):
    track = make_track()
    tour.begin(user)
    assert steps(user_client, studio) == dict.fromkeys(("listen", "generate", "download", "invite"), False)
    let_go(user_client.get(reverse("audio", args=[track.public_id])))
    assert [key for key, done in steps(user_client, studio).items() if done] == ["listen"]
    ask(model=COMPOSER)
    assert [key for key, done in steps(user_client, studio).items() if done] == ["listen", "generate"]
    let_go(user_client.get(reverse("download", args=[track.public_id, track.format])))
    assert [key for key, done in steps(user_client, studio).items() if done] == ["listen", "generate", "download"]
    invitations.invite("eve@example.com", user, project)
    assert all(steps(user_client, studio).values())
    assert b'data-tour-done="4"' in user_client.get(reverse("tour")).content


def test_whoever_has_nothing_to_hear_generates_first(client, stranger):
    tour.begin(stranger)
    client.force_login(stranger)
    own = reverse("studio", args=[stranger.personal_project.public_id])
    assert list(steps(client, own)) == ["generate", "listen", "download", "invite"]


def test_what_was_generated_before_the_tour_is_not_a_step(user_client, studio, user, ask):
    """The sample project belongs to the first administrator."""
    ask(model=COMPOSER)
    tour.begin(user)
    assert steps(user_client, studio)["generate"] is False


def test_tracks_that_one_may_not_hear_are_not_counted(client, stranger, make_track):
    tour.begin(stranger)
    client.force_login(stranger)
    assert client.get(reverse("audio", args=[make_track().public_id])).status_code == 404
    assert Tour.objects.get(user=stranger).listened_at is None


def test_the_tour_stays_closed(user_client, studio, user):
    tour.begin(user)
    reply = user_client.post(reverse("tour-dismiss"), headers={"HX-Request": "true"})
    assert (reply.status_code, reply.content) == (200, b"")
    tour.begin(user)
    assert steps(user_client, studio) == {}


def test_closing_works_without_script(user_client, studio, user):
    tour.begin(user)
    assert user_client.post(reverse("tour-dismiss")).url == reverse("home")
    assert steps(user_client, studio) == {}
