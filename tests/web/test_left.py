"""What is left, and what a cancel saves: one number, what is free is never refused, and a charge is told."""

import re

import pytest
from django.urls import reverse

from generator import workflow
from generator.models import Budget, Notification, State, Stop
from generator.money import dollars
from generator.workflow import ending
from tests.conftest import COMPOSER, POLL
from tests.web.test_jobs import cards, put  # noqa: F401

HTMX = {"HX-Request": "true", "HX-Target": "live"}


def lefts(text: str) -> list[str]:
    return re.findall(r'(?:left-amount">|id="form-left"><span><b>)([^<]*)</b>', text)


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


def test_what_is_free_is_made_when_every_cap_is_overspent(browser, project, overspent, ask):
    page = browser.get(reverse("create-live", args=[project.ref]), {"model": COMPOSER, "text": "calm"}).content.decode()
    assert 'id="why-not"' not in page
    assert workflow.quote(overspent[0].user, project, COMPOSER, 1).refusal == ""
    form = {"model": COMPOSER, "text": "calm", "takes": "1", "format": "flac", "idempotency_key": "k"}
    assert browser.post(reverse("generate", args=[project.ref]), form).status_code == 302
    assert (
        browser.post(reverse("generate", args=[project.ref]), form | {"model": POLL, "format": "wav"}).status_code
        != 302
    )
    with pytest.raises(workflow.Refused, match="cap on"):
        ask()


def test_a_stop_stops_what_is_free_as_well(user, project, ask):
    Stop.objects.create(by=user, reason="audit", project=project)
    with pytest.raises(workflow.Refused, match="audit"):
        ask(model=COMPOSER)


@pytest.mark.parametrize("cap", ["0.01", "0.06", "5"])
@pytest.mark.parametrize("model", [COMPOSER, POLL])
def test_the_header_and_the_form_say_the_same_is_left(browser, project, user, ask, cap, model):
    ask(takes=2)
    Budget.objects.create(project=project, cap=dollars(cap))
    Budget.objects.create(user=user, cap=dollars("7"))
    Budget.objects.create(provider_key="fakepoll", cap=dollars("0.02"))
    sent = {"model": model, "text": "calm"}
    whole = lefts(browser.get(reverse("studio", args=[project.ref]), sent).content.decode())
    part = lefts(browser.get(reverse("create-live", args=[project.ref]), sent, headers=HTMX).content.decode())
    assert len(whole) == len(part) == 2
    assert len(set(whole + part)) == 1


# --- a cancel after the sending ---


def test_a_cancel_of_what_was_sent_says_before_and_after_that_it_may_cost(browser, ask, user, cards):  # noqa: F811
    queued, sent = ask(), put(ask(takes=2), State.RUNNING)
    free = put(ask(model=COMPOSER), State.RUNNING)
    assert [workflow.may_still_cost(one) for one in (queued, sent, free)] == [False, True, False]
    button = re.search(rf'<form id="cancel-{sent.ref}".*?</form>', cards(), re.DOTALL)[0]
    assert "$0.06" in button
    workflow.cancel(sent, user)
    after = cards()
    assert f'id="cancel-{sent.ref}"' not in after
    assert "$0.06" in re.search(rf'<p[^>]*id="cancel-sent-{sent.ref}".*?</p>', after, re.DOTALL)[0]


def test_a_charge_after_a_cancel_is_told_on_the_card_and_in_the_news(browser, ask, user, make_track, cards):  # noqa: F811
    generation = put(ask(takes=2), State.RUNNING)
    workflow.cancel(generation, user)
    make_track(generation=generation, take=1)
    ending.finish(generation)
    generation.refresh_from_db()
    assert generation.state == State.READY
    shown = cards()
    assert f'id="job-{generation.ref}"' in shown
    assert "$0.03 was charged" in shown
    told = Notification.objects.get(recipient=user)
    assert "$0.03" in told.text
    assert "too late" in generation.entries.get(kind="charge").reason
    browser.post(reverse("dismiss", args=[generation.ref]))
    assert f'id="job-{generation.ref}"' not in cards()


def test_what_came_as_wanted_is_no_news_and_no_card(ask, user, make_track, cards):  # noqa: F811
    generation = put(ask(), State.RUNNING)
    make_track(generation=generation, take=1)
    ending.finish(generation)
    assert not Notification.objects.exists()
    assert f'id="job-{generation.ref}"' not in cards()
