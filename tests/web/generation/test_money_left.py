"""The amount left, and what a cancel saves: one number, free models are never refused, and charges are shown."""

import re

import pytest
from django.urls import reverse

from generator.currency import dollars
from generator.models import Budget, Notification, State, Suspension
from generator.services.errors import UserError
from generator.services.generation import cancellation, completion, submit
from tests.conftest import COMPOSER, POLL
from tests.refusals import refused
from tests.web.generation.test_running import cards, put  # noqa: F401

HTMX = {"HX-Request": "true", "HX-Target": "live"}


def lefts(text: str) -> list[str]:
    return re.findall(r'(?:left-amount">|id="form-left">\s*<span>\s*<b>)([^<]*)</b>', text)


@pytest.fixture
def overspent(ask, project, user) -> list[Budget]:
    ask(takes=2)
    return [
        Budget.objects.create(cap=dollars("0.01"), **about)
        for about in (
            {"user": user},
            {"project": project},
            {"user": user, "project": project},
            {"provider_key": "composer"},
        )
    ]


def test_what_is_free_is_made_when_every_cap_is_overspent(user_client, project, overspent, ask):
    page = user_client.get(
        reverse("create-live", args=[project.public_id]), {"model": COMPOSER, "text": "calm"}
    ).content.decode()
    assert 'id="why-not"' not in page
    assert submit.quote(overspent[0].user, project, COMPOSER, 1).refusal == ""
    form = {"model": COMPOSER, "text": "calm", "takes": "1", "format": "flac", "idempotency_key": "k"}
    assert user_client.post(reverse("generate", args=[project.public_id]), form).status_code == 302
    assert (
        user_client.post(
            reverse("generate", args=[project.public_id]), form | {"model": POLL, "format": "wav"}
        ).status_code
        != 302
    )
    with refused("budget_exceeded"):
        ask()


def test_a_stop_stops_what_is_free_as_well(user, project, ask):
    Suspension.objects.create(by=user, reason="audit", project=project)
    with pytest.raises(UserError, match="audit"):
        ask(model=COMPOSER)


@pytest.mark.parametrize("cap", ["0.01", "0.06", "5"])
@pytest.mark.parametrize("model", [COMPOSER, POLL])
def test_the_header_and_the_form_say_the_same_is_left(user_client, project, user, ask, cap, model):
    ask(takes=2)
    Budget.objects.create(project=project, cap=dollars(cap))
    Budget.objects.create(user=user, cap=dollars("7"))
    Budget.objects.create(provider_key="fakepoll", cap=dollars("0.02"))
    sent = {"model": model, "text": "calm"}
    whole = lefts(user_client.get(reverse("studio", args=[project.public_id]), sent).content.decode())
    part = lefts(user_client.get(reverse("create-live", args=[project.public_id]), sent, headers=HTMX).content.decode())
    assert len(whole) == len(part) == 2
    assert len(set(whole + part)) == 1


# --- a cancel after submission ---


def test_a_cancel_of_what_was_sent_says_before_and_after_that_it_may_cost(user_client, ask, user, cards):  # noqa: F811
    queued, sent = ask(), put(ask(takes=2), State.RUNNING)
    free = put(ask(model=COMPOSER), State.RUNNING)
    assert [cancellation.may_still_cost(one) for one in (queued, sent, free)] == [False, True, False]
    button = re.search(rf'<form id="cancel-{sent.public_id}".*?</form>', cards(), re.DOTALL)[0]
    assert "$0.06" in button
    cancellation.cancel(sent, user)
    after = cards()
    assert f'id="cancel-{sent.public_id}"' not in after
    assert "$0.06" in re.search(rf'<p[^>]*id="cancel-sent-{sent.public_id}".*?</p>', after, re.DOTALL)[0]


def test_a_charge_after_a_cancel_is_told_on_the_card_and_in_the_news(user_client, ask, user, make_track, cards):  # noqa: F811
    generation = put(ask(takes=2), State.RUNNING)
    cancellation.cancel(generation, user)
    make_track(generation=generation, take=1)
    completion.finish(generation)
    generation.refresh_from_db()
    assert generation.state == State.READY
    shown = cards()
    assert f'id="job-{generation.public_id}"' in shown
    assert re.search(r'data-cost="charged">[^<]*\$0\.03', shown)
    told = Notification.objects.get(recipient=user)
    assert "$0.03" in told.text
    assert "too late" in generation.entries.get(kind="charge").reason
    user_client.post(reverse("dismiss", args=[generation.public_id]))
    assert f'id="job-{generation.public_id}"' not in cards()


def test_what_came_as_wanted_is_no_news_and_a_card_that_is_ready(ask, user, make_track, cards):  # noqa: F811
    generation = put(ask(), State.RUNNING)
    make_track(generation=generation, take=1)
    completion.finish(generation)
    assert not Notification.objects.exists()
    assert re.search(rf'class="[^"]*job-ready[^"]*" id="job-{generation.public_id}"', cards())
