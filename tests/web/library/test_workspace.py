"""The studio page and its form: who sees it, what it shows per model, and the input that every refusal keeps."""

import re

import pytest
from django.test import Client

from generator.currency import dollars
from generator.models import (
    Budget,
    Generation,
    LedgerEntry,
    Membership,
    MusicModel,
    Project,
    ProviderAccount,
    Role,
    State,
)
from generator.services.provider_jobs import catalog
from tests.conftest import COMPOSER, POLL
from tests.refusals import code_of

HTMX = {"HX-Request": "true"}
TYPED = {"text": "warm lo-fi", "model": POLL, "takes": "2", "format": "wav", "idempotency_key": "typed-1"}
COMPOSED = TYPED | {"model": COMPOSER, "format": "flac"}


def page(project, part="") -> str:
    return f"/projects/{project.public_id}/{part}"


@pytest.fixture
def press(user_client, project):
    """Press Generate: `press(text="…")`; `press(htmx=True)` sends it like the script."""

    def _press(typed=TYPED, htmx=False, **changes):
        return user_client.post(page(project, "generate/"), typed | changes, headers=HTMX if htmx else {})

    return _press


# --- permissions ---


def test_members_see_the_page_whatever_their_role(client, project, member):
    for role in Role:
        client.force_login(member(role))
        assert client.get(page(project)).status_code == 200


def test_to_a_stranger_the_project_does_not_exist(client, project, stranger):
    client.force_login(stranger)
    for part in ("", "create/", "running/", "tracks/", "trash/"):
        assert client.get(page(project, part)).status_code == 404
    assert client.post(page(project, "generate/"), TYPED).status_code == 404


def test_anonymous_is_sent_to_sign_in(client, project):
    assert client.get(page(project)).url == f"/accounts/login/?next={page(project)}"


def test_an_archived_project_is_gone_for_its_members(user_client, project):
    Project.objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00Z")
    assert user_client.get(page(project)).status_code == 404


def test_home_goes_to_the_own_project_then_to_the_last_one(user_client, user, project):
    assert user_client.get("/").url == page(user.personal_project)
    user_client.get(page(project))
    assert user_client.get("/").url == page(project)
    Membership.objects.filter(project=project).delete()
    assert user_client.get("/").url == page(user.personal_project)


def test_a_viewer_gets_no_form_and_may_not_send_one(client, project, member):
    client.force_login(member("viewer"))
    shown = client.get(page(project)).content
    assert b'id="create"' not in shown
    assert b'id="create-not-allowed"' in shown
    assert client.post(page(project, "generate/"), TYPED).status_code == 403
    assert not Generation.objects.exists()


# --- the form follows the model ---


def live(user_client, project, **chosen):
    reply = user_client.get(page(project, "create/"), chosen)
    assert reply.status_code == 200
    return reply.context["form"], reply.content.decode()


def test_home_is_ones_own_project_until_music_was_asked_for_elsewhere(user_client, user, project, ask):
    own = f"/projects/{Project.objects.personal_for(user).public_id}/"
    assert user_client.get("/")["Location"] == own
    user_client.get(own)
    ask()
    assert user_client.get("/")["Location"] == own
    user_client.logout()
    user_client.force_login(user)
    assert user_client.get("/")["Location"] == page(project)


@pytest.mark.parametrize("model", [COMPOSER, POLL])
def test_the_form_has_exactly_the_fields_of_its_model(user_client, project, model):
    _, shown = live(user_client, project, model=model)
    spec = catalog.spec_of(model)
    assert set(re.findall(r'id="f-(\w+)"', shown)) == {field.name for field in spec.fields if not field.purpose}
    assert set(re.findall(r'id="pick-(\w+)"', shown)) == {field.name for field in spec.fields if field.purpose}
    assert f'data-limit="{spec.prompt_limit}"' in shown
    assert re.findall(r'<option value="(\w+)"[^>]*>[^<]*</option>', shown.split('id="format"')[1])[
        : len(spec.formats)
    ] == list(spec.formats)
    assert len(re.findall(r'name="takes"', shown)) == spec.takes_max


def test_the_button_says_what_it_costs(user_client, project, priced):
    priced(POLL, "0.045")
    assert "Generate 2 · $0.09" in live(user_client, project, model=POLL, takes="2")[1]
    assert "Generate 1 · $0.045" in live(user_client, project, model=POLL, takes="1")[1]
    assert "Generate 2 · free" in live(user_client, project, model=COMPOSER)[1]


def test_an_estimated_price_says_about(user_client, project):
    MusicModel.objects.get(key=POLL).prices.update(is_estimate=True)
    assert "Generate 1 · about $0.03" in live(user_client, project, model=POLL)[1]


def test_what_is_left_of_the_tightest_cap_stands_under_the_button(user_client, user, project):
    Budget.objects.create(user=user, cap=dollars("5"))
    Budget.objects.create(project=project, cap=dollars("0.50"))
    _, shown = live(user_client, project, model=POLL, takes="3")
    assert "<b>$0.50</b> left in the budget for Kitchen stories, <b>$0.41</b> after this" in shown


def test_the_built_in_composer_says_what_it_heard_and_what_it_cannot_do(user_client, project):
    form, _ = live(user_client, project, model=COMPOSER, text="warm lo-fi, 45 s")
    assert "45 s" in form.reading or "0:45" in form.reading
    form, shown = live(user_client, project, model=COMPOSER, text="warm lo-fi", length="9999")
    assert "Length: enter a value between 5 and 600 seconds." in shown


def test_a_link_can_fill_the_form_and_words_are_added(user_client, project):
    reply = user_client.get(page(project), {"text": "warm lo-fi", "add": "soft piano"})
    assert reply.context["form"].text == "warm lo-fi, soft piano"
    assert user_client.get(page(project), {"add": "soft piano"}).context["form"].text == "soft piano"


def test_a_model_that_cannot_be_used_says_why_and_another_is_chosen(user_client, project):
    ProviderAccount.objects.filter(key="composer").update(enabled=False)
    form, shown = live(user_client, project)
    assert form.choice.spec.key == POLL
    assert catalog.choice(COMPOSER).reason in shown


def test_a_studio_without_any_model_still_shows_its_page(user_client, project):
    for model in MusicModel.objects.all():
        MusicModel.objects.filter(pk=model.pk).update(key=f"gone/{model.pk}")
    assert b'id="no-model"' in user_client.get(page(project)).content
    assert user_client.post(page(project, "generate/"), TYPED).status_code == 422


@pytest.mark.parametrize("chosen", [{"model": "gone/one"}, {"takes": "99"}, {"takes": "-1"}, {"format": "exe"}])
def test_nonsense_in_the_address_shows_a_form_all_the_same(user_client, project, chosen):
    form, _ = live(user_client, project, **chosen)
    assert 1 <= form.takes <= form.choice.spec.takes_max
    assert form.format in form.choice.spec.formats


# --- pressing the button ---


def test_without_a_script_a_press_makes_one_generation_and_goes_back_to_the_page(press, user_client, project):
    reply = press()
    assert (reply.status_code, reply.url) == (302, page(project))
    generation = Generation.objects.get()
    assert (generation.state, generation.takes_requested, generation.model.key) == (State.QUEUED, 2, POLL)
    assert list(LedgerEntry.objects.values_list("kind", "amount")) == [("hold", dollars("0.06"))]
    shown = user_client.get(reply.url).content.decode()
    assert f'id="job-{generation.public_id}"' in shown
    assert "2 × Fake poll one · $0.06" in shown


def test_with_a_script_the_form_comes_back_renewed_and_the_running_list_is_told(press):
    reply = press(htmx=True)
    assert reply.status_code == 200
    assert "running-changed" in reply.headers["HX-Trigger"]
    assert b'<div id="live"' in reply.content
    assert b"<html" not in reply.content
    assert reply.context["form"].key not in ("", "typed-1")
    assert reply.context["form"].error is None


@pytest.mark.parametrize("htmx", [False, True])
def test_a_double_press_pays_once(press, htmx):
    for _ in range(2):
        assert press(htmx=htmx).status_code in (200, 302)
    assert Generation.objects.count() == LedgerEntry.objects.count() == 1


def test_two_people_may_happen_to_use_the_same_key(press, client, project, member):
    press()
    client.force_login(member("editor"))
    client.post(page(project, "generate/"), TYPED)
    assert Generation.objects.count() == 2


def test_the_models_own_settings_are_kept_and_nothing_else(press):
    press(COMPOSED, length="45", loop="on", seed="7", admin="1", price_per_take="0", state="ready")
    generation = Generation.objects.get()
    kept = {"length": 45.0, "loop": True, "bed": False, "seed": 7, "takes": 2, "format": "flac"}
    assert generation.prompt.settings == kept
    assert generation.state == State.QUEUED


def test_fields_of_another_model_are_left_out(press):
    press(length="45", style="lofi")
    assert Generation.objects.get().prompt.settings == {"takes": 2, "format": "wav"}


def test_lines_count_as_people_see_them(press):
    press(text="a\r\n" * 99 + "ab")  # as sent; the page counts 200 characters
    assert Generation.objects.get().prompt.text == "a\n" * 99 + "ab"


def test_a_text_as_long_as_the_limit_is_taken(press):
    press(text="é" * 200)
    assert Generation.objects.get().prompt.text == "é" * 200


# --- refusals ---

REFUSALS = {
    "nothing typed": (TYPED | {"text": " \n "}, "required"),
    "too long": (TYPED | {"text": "x" * 201}, "too_long"),
    "a NUL in the text": (TYPED | {"text": "a\x00b"}, "invalid_text"),
    "an unknown model": (TYPED | {"model": "fakepoll/two"}, "model_unavailable"),
    "no model": (TYPED | {"model": ""}, "model_unavailable"),
    "a NUL in the model": (TYPED | {"model": "fake\x00poll"}, "invalid_text"),
    "no takes": (TYPED | {"takes": "0"}, "out_of_range"),
    "too many takes": (TYPED | {"takes": "4"}, "out_of_range"),
    "takes below zero": (TYPED | {"takes": "-1"}, "out_of_range"),
    "endless takes": (TYPED | {"takes": "9" * 5000}, "out_of_range"),
    "takes that are no number": (TYPED | {"takes": "two"}, "out_of_range"),
    "a format it does not make": (TYPED | {"format": "exe"}, "unsupported_format"),
    "no key": (TYPED | {"idempotency_key": ""}, "form_expired"),
    "a forged key": (TYPED | {"idempotency_key": "k" * 65}, "form_expired"),
    "a NUL in the key": (TYPED | {"idempotency_key": "k\x00"}, "invalid_text"),
    "a length out of range": (COMPOSED | {"length": "601"}, "out_of_range"),
    "a length that is no number": (COMPOSED | {"length": "4x"}, "invalid_duration"),
    "not a number at all": (COMPOSED | {"bpm": "nan"}, "out_of_range"),
    "an endless number": (COMPOSED | {"bpm": "1e999"}, "out_of_range"),
    "a number of many digits": (COMPOSED | {"seed": "9" * 5000}, "invalid_number"),
    "half a seed": (COMPOSED | {"seed": "1.5"}, "invalid_number"),
    "a forged choice": (COMPOSED | {"style": "polka"}, "invalid_choice"),
    "too many words": (COMPOSED | {"leave_out": "x" * 201}, "too_long"),
    "a NUL in a setting": (COMPOSED | {"leave_out": "drums\x00"}, "invalid_text"),
}


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_why_keeps_what_was_typed_and_makes_nothing(press, case, htmx):
    typed, code = REFUSALS[case]
    reply = press(typed, htmx=htmx)
    assert reply.status_code == 422
    assert code_of(reply) == code
    assert (b"<html" in reply.content) is not htmx
    assert not Generation.objects.exists()
    assert not LedgerEntry.objects.exists()
    form = reply.context["form"]
    assert form.text == typed["text"]
    assert form.key == typed["idempotency_key"] or not typed["idempotency_key"]
    for field in (*form.fields, *form.advanced):
        assert field.value == typed.get(field.field.name, field.field.default)


def test_a_refusal_stands_beside_the_field_it_is_about(press):
    shown = press(COMPOSED, length="601").content.decode()
    assert 'aria-describedby="e-length"' in shown
    assert re.search(r'<p [^>]*id="e-length"[^>]*>Length: ', shown)
    assert "Generate 2 · free" in shown


def test_an_advanced_field_that_is_wrong_is_opened(press):
    shown = press(COMPOSED, seed="x").content.decode()
    assert re.search(r'<details [^>]*id="more"[^>]* open>', shown)


@pytest.mark.parametrize("htmx", [False, True])
def test_a_model_switched_off_in_between_is_refused_with_the_reason(press, htmx):
    MusicModel.objects.filter(key=POLL).update(enabled=False)
    reply = press(htmx=htmx)
    assert reply.status_code == 422
    assert code_of(reply) == "model_unavailable"
    assert catalog.choice(POLL).reason in reply.content.decode()
    assert reply.context["form"].text == "warm lo-fi"


def test_a_retired_model_is_refused_and_another_one_chosen(press):
    MusicModel.objects.filter(key=POLL).update(key="gone/one")
    reply = press()
    assert reply.status_code == 422
    assert b'id="model-gone"' in reply.content
    assert reply.context["form"].choice.spec.key == COMPOSER
    assert reply.context["form"].text == "warm lo-fi"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_cap_that_is_reached_names_itself_and_who_can_lift_it(press, project, htmx):
    Budget.objects.create(project=project, cap=dollars("0.05"))
    reply = press(htmx=htmx)
    assert reply.status_code == 422
    assert code_of(reply) == "budget_exceeded"
    assert re.search(r'id="request-budget" href="/budgets/\d+/request-increase/"', reply.content.decode())
    assert not Generation.objects.exists()
    assert press(htmx=htmx, takes="1").status_code in (200, 302)


def test_a_body_beyond_reason_is_turned_away_in_the_studios_clothes(press):
    reply = press(text="x" * 1_100_000)
    assert reply.status_code == 400
    assert b"css/tokens.css" in reply.content
    assert "errors/refused.html" in [template.name for template in reply.templates]
    assert not Generation.objects.exists()


def test_a_form_from_elsewhere_is_turned_away(user, project):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    reply = careful.post(page(project, "generate/"), TYPED)
    assert reply.status_code == 403
    assert b'id="csrf-expired"' in reply.content
    assert not Generation.objects.exists()


# --- the same again ---


def test_same_again_fills_the_form_with_everything_but_the_seed(press, user_client, project):
    press(COMPOSED, length="45", loop="on", seed="7", takes="3")
    first = Generation.objects.get()
    form = user_client.get(page(project), {"again": first.public_id}).context["form"]
    assert (form.text, form.choice.spec.key, form.takes, form.format) == ("warm lo-fi", COMPOSER, 3, "flac")
    shown = {field.field.name: field.value for field in (*form.fields, *form.advanced)}
    assert (shown["length"], shown["loop"], shown["seed"]) == ("45", "on", None)
    press(COMPOSED, idempotency_key="second", again=form.again)
    assert Generation.objects.order_by("id").last().parent == first


def test_same_again_of_someone_elses_work_fills_nothing_in(user_client, project, ask, stranger):
    theirs = ask("secret brief", user=stranger, project=stranger.personal_project)
    reply = user_client.get(page(project), {"again": theirs.public_id})
    assert reply.status_code == 200
    assert b"secret brief" not in reply.content
    user_client.post(page(project, "generate/"), TYPED | {"again": theirs.public_id})
    assert Generation.objects.get(project=project).parent is None


def test_what_people_write_is_never_markup(press, user_client, project):
    press(text="<script>alert(1)</script>")
    assert b"<script>alert" not in user_client.get(page(project)).content
