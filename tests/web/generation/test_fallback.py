"""The form, the cards and the track page when a model is unavailable and the project has a fallback order."""

import pytest
from django.urls import reverse

from generator.currency import dollars
from generator.models import AuditLogEntry, Budget, Fallback, Generation, ProjectDefaults, ProviderAccount, State
from generator.providers.errors import Cause
from generator.services.team import project_defaults
from tests.conftest import COMPOSER, POLL, STREAM, ended
from tests.refusals import code_of


@pytest.fixture
def order(project, user):
    def _order(*models, mode="use"):
        project_defaults.set_fallback(project, user, models=models, mode=mode)

    return _order


def halt(provider="fakepoll", code=Cause.NO_CREDIT):
    ProviderAccount.objects.filter(key=provider).update(halt_code=code, last_error="The credit is used up.")


def live(client, project, **typed):
    asked = {"text": "calm piano", "model": POLL, "takes": "1", "format": "wav"} | typed
    return client.post(reverse("create-live", args=[project.public_id]), asked, headers={"hx-request": "true"})


def hidden(reply) -> dict[str, str]:
    form = reply.context["form"]
    model = form.replaced or form.down or form.choice
    return {"model": model.spec.key, "expected_price": str(form.quote.total), "idempotency_key": form.key}


def generate(client, project, **sent):
    asked = {"text": "calm piano", "model": POLL, "takes": "1", "format": "wav", "idempotency_key": "k"} | sent
    return client.post(reverse("generate", args=[project.public_id]), asked, headers={"hx-request": "true"})


# --- the settings of the project ---


def test_owners_set_the_order_and_the_log_says_so(user_client, project):
    address = reverse("project-fallback", args=[project.public_id])
    sent = {"fallback_model": [STREAM, "", COMPOSER, STREAM], "fallback_mode": "use"}
    assert user_client.post(address, sent).status_code == 302
    row = ProjectDefaults.objects.get()
    assert (row.fallback_models, row.fallback_mode) == ([STREAM, COMPOSER], "use")
    assert AuditLogEntry.objects.filter(project=project, action="settings").count() == 2
    page = user_client.get(reverse("project-settings", args=[project.public_id])).content.decode()
    assert page.count(f'<option value="{STREAM}" selected>') == 1
    assert (
        code_of(user_client.post(address, {"fallback_model": "no/such", "fallback_mode": "use"})) == "model_unavailable"
    )
    assert code_of(user_client.post(address, {"fallback_model": STREAM, "fallback_mode": "?"})) == "invalid_choice"


def test_other_defaults_keep_the_order(user_client, project, order):
    order(STREAM)
    empty = {"format": "", "lufs": "", "prompt_suffix": "warm", "excluded_terms": ""}
    user_client.post(reverse("project-defaults", args=[project.public_id]), empty)
    assert ProjectDefaults.objects.get().fallback_models == [STREAM]


# --- the form ---


def test_the_form_offers_the_projects_next_model_first(user_client, project, order):
    order(STREAM, COMPOSER, mode="offer")
    halt()
    form = live(user_client, project).context["form"]
    assert form.down.spec.key == POLL
    assert [choice.spec.key for choice in form.instead] == [STREAM, COMPOSER]
    assert code_of(generate(user_client, project)) == "model_unavailable"


def test_the_form_takes_the_next_model_and_its_price(user_client, project, order, priced):
    order(STREAM)
    priced(STREAM, "0.02")
    halt()
    shown = live(user_client, project)
    form = shown.context["form"]
    assert (form.choice.spec.key, form.replaced.spec.key, form.down) == (STREAM, POLL, None)
    assert form.quote.total == 20_000
    assert 'id="model-replaced"' in shown.content.decode()
    assert 'data-badge="fallback"' in shown.content.decode()
    sent = generate(user_client, project, **hidden(shown))
    assert sent.status_code == 200
    made = Generation.objects.get()
    assert (made.model.key, made.price_total, made.fallback.wanted.key) == (STREAM, 20_000, POLL)
    assert user_client.session["model"] == POLL  # still the person's choice


def test_several_takes_of_a_model_that_makes_one_are_made_by_the_next_model(
    elevenlabs_shop, user_client, project, order
):
    order(COMPOSER)
    halt("elevenlabs")
    sent = generate(user_client, project, model="elevenlabs/music_v2", takes="3")
    assert sent.status_code == 200
    made = Generation.objects.get()
    assert (made.model.key, made.takes_requested, made.fallback.wanted.key) == (COMPOSER, 3, "elevenlabs/music_v2")


def test_a_person_can_choose_another_one_after_all(user_client, project, order):
    order(STREAM)
    halt()
    form = live(user_client, project, model=[POLL, COMPOSER], format="flac").context["form"]
    assert (form.choice.spec.key, form.replaced) == (COMPOSER, None)


def test_a_model_that_is_back_is_not_made_at_another_price(user_client, project, order, priced):
    order(STREAM)
    priced(STREAM, "0.02")
    halt()
    shown = hidden(live(user_client, project))
    ProviderAccount.objects.update(halt_code="")
    again = generate(user_client, project, **shown)
    assert code_of(again) == "price_changed"
    assert again.context["form"].choice.spec.key == POLL
    assert not Generation.objects.exists()


def test_a_dearer_next_model_is_offered_even_if_the_project_uses_it(user_client, project, order, priced):
    order(STREAM)
    priced(STREAM, "0.031")
    halt()
    form = live(user_client, project).context["form"]
    assert form.replaced is None
    assert form.instead[0].spec.key == STREAM
    assert code_of(generate(user_client, project, expected_price="30000")) == "model_unavailable"


def test_it_went_down_after_the_form_was_shown(user_client, project, order):
    order(STREAM)
    shown = hidden(live(user_client, project))
    halt()
    assert generate(user_client, project, **shown).status_code == 200
    assert Generation.objects.get().model.key == STREAM


def test_a_refused_key_is_a_reason_too(user_client, project, order):
    order(STREAM)
    halt(code=Cause.KEY_REFUSED)
    form = live(user_client, project).context["form"]
    assert (form.choice.spec.key, form.replaced.spec.key) == (STREAM, POLL)
    generate(user_client, project)
    assert Fallback.objects.get().cause == "key_refused"


def test_a_ceiling_is_a_reason_too(user_client, project, order):
    order(STREAM)
    Budget.objects.create(provider_key="fakepoll", cap=dollars("0.01"))
    assert live(user_client, project).context["form"].replaced.spec.key == POLL
    order(STREAM, mode="offer")
    form = live(user_client, project).context["form"]
    assert form.down.spec.key == POLL
    assert form.instead[0].spec.key == STREAM
    assert code_of(generate(user_client, project)) == "budget_exceeded"


def test_an_invalid_value_is_refused_and_not_left_out(user_client, project, order, priced):
    order(COMPOSER)
    halt()
    shown = live(user_client, project, format="flac")
    reply = generate(user_client, project, **hidden(shown) | {"format": "flac", "length": "two hours"})
    assert reply.context["form"].error.field == "length"
    assert not Generation.objects.exists()


def test_what_is_set_for_the_other_model_is_said_before_it_is_sent(user_client, project, order, priced):
    order(STREAM)
    priced(STREAM, "0")
    ProviderAccount.objects.filter(key="composer").update(enabled=False)
    form = live(user_client, project, model=COMPOSER, length="40").context["form"]
    assert form.choice.spec.key == STREAM
    assert len(form.notes) >= 1


def test_without_an_order_nothing_changes(user_client, project):
    halt()
    form = live(user_client, project).context["form"]
    assert (form.down.spec.key, form.replaced, form.instead[0].spec.key) == (POLL, None, COMPOSER)


# --- the cards and the track ---


def test_the_card_offers_the_next_model_with_one_press(user_client, project, order, ask, priced):
    order(STREAM, mode="offer")
    priced(STREAM, "0.02")
    waiting = ask()
    halt()
    page = reverse("running", args=[project.public_id])
    card = user_client.get(page).content.decode()
    assert f'id="use-next-{waiting.public_id}"' in card
    press = {"idempotency_key": "k", "expected_price": "20000", "model": STREAM}
    address = reverse("use-next", args=[waiting.public_id])
    for _ in range(2):
        assert user_client.post(address, press, headers={"hx-request": "true"}).status_code == 200
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (State.FAILED, "replaced")
    made = Generation.objects.exclude(pk=waiting.pk).get()
    assert (made.model.key, made.parent) == (STREAM, waiting)
    after = user_client.get(page).content.decode()
    assert f'id="job-{waiting.public_id}"' not in after
    assert f'id="fallback-{made.public_id}"' in after


def test_a_press_at_another_price_changes_nothing(user_client, order, ask):
    order(STREAM, mode="offer")
    waiting = ask()
    halt()
    press = {"idempotency_key": "k", "expected_price": "1", "model": STREAM}
    reply = user_client.post(reverse("use-next", args=[waiting.public_id]), press, headers={"hx-request": "true"})
    assert code_of(reply) == "price_changed"
    waiting.refresh_from_db()
    assert waiting.state == State.QUEUED


def test_the_track_says_which_model_made_it_and_why(user_client, project, order, run_background):
    order(COMPOSER)
    halt()
    generate(user_client, project, text="calm piano, 5 s", format="flac")
    made = ended(Generation.objects.get(), run_background)
    page = user_client.get(made.tracks.get().get_absolute_url()).content.decode()
    assert 'id="fallback-used"' in page
    assert made.fallback.sentence in page
    assert made.events.filter(data__wanted=POLL).exists()
