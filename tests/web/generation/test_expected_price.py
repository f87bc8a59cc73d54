"""The price on the button is the price charged, and an idempotency key belongs to the content it was sent with."""

import re
from html.parser import HTMLParser

import pytest
from django.urls import reverse

from generator.models import Comparison, Generation, LedgerEntry, MusicModel, Price, Prompt, State
from generator.services.billing import ledger
from tests.conftest import BGM, COMPOSER, POLL, STREAM
from tests.web.generation.test_running import put

HTMX = {"HX-Request": "true", "HX-Target": "live"}
SPLIT, REGISTER = "wavespeed/stem-song", "wavespeed/create-upload-id"


class Form(HTMLParser):
    """What a browser would send for a form: hidden inputs and selected values."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        is_sent = of.get("type") == "hidden" or "checked" in of
        if tag == "input" and is_sent and of.get("name"):
            self.sent.setdefault(of["name"], []).append(of.get("value", "on"))


def raise_price(model: str, per_take: int = 500_000) -> None:
    Price.objects.create(model=MusicModel.objects.get(key=model), per_take=per_take)


def filled(user_client, project, **chosen) -> dict:
    page = user_client.get(reverse("create-live", args=[project.public_id]), chosen).content.decode()
    return Form(page).sent | {"text": "warm lo-fi", "format": "wav"} | chosen


@pytest.fixture
def address(project) -> str:
    return reverse("generate", args=[project.public_id])


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_price_that_changed_since_the_page_is_asked_for_again(user_client, project, address, headers):
    form = filled(user_client, project, model=POLL, takes="2")
    raise_price(POLL)
    reply = user_client.post(address, form, headers=headers)
    shown = reply.content.decode()
    assert reply.status_code == 409
    assert "$1.00" in shown
    assert (Generation.objects.count(), LedgerEntry.objects.count(), Prompt.objects.count()) == (0, 0, 0)
    again = form | Form(shown).sent | {"text": "warm lo-fi"}
    assert again["expected_price"] == ["1000000"]
    assert again["takes"] == ["2"]
    assert user_client.post(address, again).status_code == 302
    assert LedgerEntry.objects.get(kind="hold").amount == 1_000_000


def test_a_price_that_fell_is_asked_for_again_as_well(user_client, project, address):
    form = filled(user_client, project, model=POLL, takes="1")
    raise_price(POLL, 0)
    assert user_client.post(address, form).status_code == 409
    assert not Generation.objects.exists()


@pytest.mark.parametrize("text", ["", "free", "-1", "30000.0", "９", "1" * 40])
def test_a_price_that_is_no_price_is_not_agreed_to(user_client, project, address, text):
    form = filled(user_client, project, model=POLL, takes="1") | {"expected_price": text}
    assert user_client.post(address, form).status_code == 409
    assert not Generation.objects.exists()


def test_a_comparison_is_made_at_the_price_of_all_its_models(user_client, project, address):
    form = filled(user_client, project, compare="on", comparing="on", model=[POLL, STREAM], takes="1")
    raise_price(STREAM)
    reply = user_client.post(address, form)
    assert reply.status_code == 409
    assert not Comparison.objects.exists()
    assert not Generation.objects.exists()
    again = form | {"expected_price": Form(reply.content.decode()).sent["expected_price"]}
    assert user_client.post(address, again).status_code == 302
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == int(again["expected_price"][0])


def test_trying_again_costs_what_its_button_says(user_client, project, ask):
    generation = put(ask(takes=2), State.FAILED)
    page = reverse("running", args=[project.public_id])
    old = Form(user_client.get(page).content.decode()).sent
    raise_price(POLL)
    retry = reverse("retry", args=[generation.public_id])
    shown = user_client.post(retry, old, headers=HTMX | {"HX-Target": "running"}).content.decode()
    assert Generation.objects.count() == 1
    assert "$1.00" in shown
    user_client.post(retry, Form(shown).sent)
    assert Generation.objects.latest("id").price_total == 1_000_000
    assert ledger.differences() == []


def test_splitting_and_registering_cost_what_their_buttons_say(
    user_client, paid_providers, make_track, make_reference, project
):
    track, reference = make_track(), make_reference()
    stems = Form(user_client.get(reverse("stems", args=[track.public_id]), headers=HTMX).content.decode()).sent
    chosen = {"model": BGM, "pick-instrumental_id": reference.public_id}
    form = filled(user_client, project, **chosen) | {"register": "instrumental_id"}
    raise_price(SPLIT)
    raise_price(REGISTER)
    for name, public_id, sent in (("stem-separation", track.public_id, stems), ("register", reference.public_id, form)):
        reply = user_client.post(reverse(name, args=[public_id]), sent, headers=HTMX)
        assert reply.status_code == 409
        assert "$0.50" in reply.content.decode()
    assert not Generation.objects.filter(model__is_action=True).exists()


def test_a_version_that_is_called_free_is_free_or_not_made(user_client, ask, make_track):
    track = make_track(generation=put(ask(model=COMPOSER), State.READY), take=1)
    page = Form(user_client.get(reverse("versions", args=[track.public_id]), headers=HTMX).content.decode()).sent
    raise_price(COMPOSER)
    sent = page | {"change": "calmer"}
    assert user_client.post(reverse("variation", args=[track.public_id]), sent, headers=HTMX).status_code == 409
    assert not LedgerEntry.objects.filter(amount__gt=0).exists()


# --- keys ---


def test_the_same_press_again_is_the_first_one(user_client, project, address):
    form = filled(user_client, project, model=POLL, takes="1")
    assert [user_client.post(address, form).status_code for _ in "ab"] == [302, 302]
    raise_price(POLL)
    assert user_client.post(address, form).status_code == 302
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("other", [{"text": "other music"}, {"takes": "2"}, {"model": STREAM}, {"compare": "on"}])
def test_a_key_sent_with_something_else_is_a_conflict(user_client, project, address, headers, other):
    form = filled(user_client, project, model=POLL, takes="1")
    user_client.post(address, form)
    form = form | other | {"model": [POLL, STREAM] if "compare" in other else other.get("model", POLL)}
    form.pop("expected_price")
    reply = user_client.post(address, form, headers=headers)
    assert reply.status_code == 409
    assert (Generation.objects.count(), Comparison.objects.count()) == (1, 0)
    shown = reply.content.decode()
    key = Form(shown).sent["idempotency_key"]
    assert key != [form["idempotency_key"]]
    assert headers or form["text"] in re.sub(r"\s+", " ", shown)
    assert user_client.post(address, form | {"idempotency_key": key}).status_code == 302
    assert Generation.objects.count() == (3 if "compare" in other else 2)


def test_a_key_of_another_run_tries_nothing_again(user_client, ask):
    first, second = put(ask(), State.FAILED), put(ask(), State.FAILED)
    for generation in (first, second, first):
        user_client.post(reverse("retry", args=[generation.public_id]), {"idempotency_key": "k"})
    assert Generation.objects.filter(parent=first).count() == 1
    assert not Generation.objects.filter(parent=second).exists()
