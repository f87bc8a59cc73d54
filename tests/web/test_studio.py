"""The studio page and its form: who sees it, what it shows for each model, and what every refusal keeps."""

import re

import pytest
from django.test import Client

from generator.models import Budget, Entry, Generation, Membership, MusicModel, Project, ProviderAccount, Role, State
from generator.money import dollars
from generator.workflow import catalogue
from tests.conftest import COMPOSER, POLL

HTMX = {"HX-Request": "true"}
TYPED = {"text": "warm lo-fi", "model": POLL, "takes": "2", "format": "wav", "idempotency_key": "typed-1"}
COMPOSED = TYPED | {"model": COMPOSER, "format": "flac"}


def page(project, part="") -> str:
    return f"/p/{project.ref}/{part}"


@pytest.fixture
def press(browser, project):
    """Press Generate: `press(text="…")`; `press(htmx=True)` as the script does."""

    def _press(typed=TYPED, htmx=False, **changes):
        return browser.post(page(project, "generate/"), typed | changes, headers=HTMX if htmx else {})

    return _press


# --- who sees it ---


def test_members_see_the_page_whatever_their_role(client, project, member):
    for role in Role:
        client.force_login(member(role))
        assert client.get(page(project)).status_code == 200


def test_to_a_stranger_the_project_does_not_exist(client, project, stranger):
    client.force_login(stranger)
    for part in ("", "create/", "running/", "more/", "bin/"):
        assert client.get(page(project, part)).status_code == 404
    assert client.post(page(project, "generate/"), TYPED).status_code == 404


def test_anonymous_is_sent_to_sign_in(client, project):
    assert client.get(page(project)).url == f"/accounts/login/?next={page(project)}"


def test_an_archived_project_is_gone_for_its_members(browser, project):
    Project.objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00Z")
    assert browser.get(page(project)).status_code == 404


def test_home_goes_to_the_own_project_then_to_the_last_one(browser, user, project):
    assert browser.get("/").url == page(user.personal_project)
    browser.get(page(project))
    assert browser.get("/").url == page(project)
    Membership.objects.filter(project=project).delete()
    assert browser.get("/").url == page(user.personal_project)


def test_a_viewer_gets_no_form_and_may_not_send_one(client, project, member):
    client.force_login(member("viewer"))
    shown = client.get(page(project)).content
    assert b"Generate 1" not in shown
    assert b"ask an owner" in shown
    assert client.post(page(project, "generate/"), TYPED).status_code == 403
    assert not Generation.objects.exists()


# --- the form follows the model ---


def live(browser, project, **chosen):
    reply = browser.get(page(project, "create/"), chosen)
    assert reply.status_code == 200
    return reply.context["form"], reply.content.decode()


def test_home_is_ones_own_project_until_music_was_asked_for_elsewhere(browser, user, project, ask):
    own = f"/p/{Project.objects.personal_for(user).ref}/"
    assert browser.get("/")["Location"] == own
    browser.get(own)
    ask()
    assert browser.get("/")["Location"] == own
    browser.logout()
    browser.force_login(user)
    assert browser.get("/")["Location"] == page(project)


@pytest.mark.parametrize("model", [COMPOSER, POLL])
def test_the_form_has_exactly_the_fields_of_its_model(browser, project, model):
    _, shown = live(browser, project, model=model)
    spec = catalogue.spec_of(model)
    assert set(re.findall(r'id="f-(\w+)"', shown)) == {field.name for field in spec.fields if not field.purpose}
    assert set(re.findall(r'id="pick-(\w+)"', shown)) == {field.name for field in spec.fields if field.purpose}
    assert f'data-limit="{spec.prompt_limit}"' in shown
    assert re.findall(r'<option value="(\w+)"[^>]*>[^<]*</option>', shown.split('id="format"')[1])[
        : len(spec.formats)
    ] == list(spec.formats)
    assert len(re.findall(r'name="takes"', shown)) == spec.takes_max


def test_the_button_says_what_it_costs(browser, project, priced):
    priced(POLL, "0.045")
    assert "Generate 2 · $0.09" in live(browser, project, model=POLL, takes="2")[1]
    assert "Generate 1 · $0.045" in live(browser, project, model=POLL, takes="1")[1]
    assert "Generate 2 · free" in live(browser, project, model=COMPOSER)[1]


def test_an_estimated_price_says_about(browser, project):
    MusicModel.objects.get(key=POLL).prices.update(is_estimate=True)
    assert "Generate 1 · about $0.03" in live(browser, project, model=POLL)[1]


def test_what_is_left_of_the_tightest_cap_stands_under_the_button(browser, user, project):
    Budget.objects.create(user=user, cap=dollars("5"))
    Budget.objects.create(project=project, cap=dollars("0.50"))
    _, shown = live(browser, project, model=POLL, takes="3")
    assert "<b>$0.50</b> left of the cap on Kitchen stories, <b>$0.41</b> after this" in shown


def test_the_built_in_composer_says_what_it_heard_and_what_it_cannot_do(browser, project):
    form, _ = live(browser, project, model=COMPOSER, text="warm lo-fi, 45 s")
    assert "45 s" in form.heard or "0:45" in form.heard
    form, shown = live(browser, project, model=COMPOSER, text="warm lo-fi", length="9999")
    assert "Length: between 5 and 600 seconds." in shown


def test_a_link_can_fill_the_form_and_words_are_added(browser, project):
    reply = browser.get(page(project), {"text": "warm lo-fi", "add": "soft piano"})
    assert reply.context["form"].text == "warm lo-fi, soft piano"
    assert browser.get(page(project), {"add": "soft piano"}).context["form"].text == "soft piano"


def test_a_model_that_cannot_be_used_says_why_and_another_is_chosen(browser, project):
    ProviderAccount.objects.filter(key="composer").update(enabled=False)
    form, shown = live(browser, project)
    assert form.choice.spec.key == POLL
    assert "Built-in composer is switched off by the administrator." in shown


def test_a_studio_without_any_model_still_shows_its_page(browser, project):
    for model in MusicModel.objects.all():
        MusicModel.objects.filter(pk=model.pk).update(key=f"gone/{model.pk}")
    assert b"No model is offered at the moment." in browser.get(page(project)).content
    assert browser.post(page(project, "generate/"), TYPED).status_code == 422


@pytest.mark.parametrize("chosen", [{"model": "gone/one"}, {"takes": "99"}, {"takes": "-1"}, {"format": "exe"}])
def test_nonsense_in_the_address_shows_a_form_all_the_same(browser, project, chosen):
    form, _ = live(browser, project, **chosen)
    assert 1 <= form.takes <= form.choice.spec.takes_max
    assert form.format in form.choice.spec.formats


# --- a press of the button ---


def test_without_a_script_a_press_makes_one_generation_and_goes_back_to_the_page(press, browser, project):
    reply = press()
    assert (reply.status_code, reply.url) == (302, page(project))
    generation = Generation.objects.get()
    assert (generation.state, generation.takes_asked, generation.model.key) == (State.QUEUED, 2, POLL)
    assert list(Entry.objects.values_list("kind", "amount")) == [("hold", dollars("0.06"))]
    shown = browser.get(reply.url).content.decode()
    assert f'id="job-{generation.ref}"' in shown
    assert "2 × Fake poll one · $0.06" in shown


def test_with_a_script_the_form_comes_back_renewed_and_the_running_list_is_told(press):
    reply = press(htmx=True)
    assert reply.status_code == 200
    assert "running-changed" in reply.headers["HX-Trigger"]
    assert b'<div id="live"' in reply.content
    assert b"<html" not in reply.content
    assert reply.context["form"].key not in ("", "typed-1")
    assert reply.context["form"].refused is None


@pytest.mark.parametrize("htmx", [False, True])
def test_a_double_press_pays_once(press, htmx):
    for _ in range(2):
        assert press(htmx=htmx).status_code in (200, 302)
    assert Generation.objects.count() == Entry.objects.count() == 1


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
    "nothing typed": (TYPED | {"text": " \n "}, "Say in a few words"),
    "too long": (TYPED | {"text": "x" * 201}, "takes at most 200 characters; this is 1 too long"),
    "a NUL in the text": (TYPED | {"text": "a\x00b"}, "character that cannot be stored"),
    "an unknown model": (TYPED | {"model": "fakepoll/two"}, "no longer offered"),
    "no model": (TYPED | {"model": ""}, "no longer offered"),
    "a NUL in the model": (TYPED | {"model": "fake\x00poll"}, "character that cannot be stored"),
    "no takes": (TYPED | {"takes": "0"}, "makes 1 to 3 takes"),
    "too many takes": (TYPED | {"takes": "4"}, "makes 1 to 3 takes"),
    "takes below zero": (TYPED | {"takes": "-1"}, "makes 1 to 3 takes"),
    "endless takes": (TYPED | {"takes": "9" * 5000}, "makes 1 to 3 takes"),
    "takes that are no number": (TYPED | {"takes": "two"}, "makes 1 to 3 takes"),
    "a format it does not make": (TYPED | {"format": "exe"}, "does not deliver exe"),
    "no key": (TYPED | {"idempotency_key": ""}, "lost its key"),
    "a forged key": (TYPED | {"idempotency_key": "k" * 65}, "lost its key"),
    "a NUL in the key": (TYPED | {"idempotency_key": "k\x00"}, "character that cannot be stored"),
    "a length out of range": (COMPOSED | {"length": "601"}, "Length: between 5 and 600 seconds."),
    "a length that is no number": (COMPOSED | {"length": "4x"}, "“4x” is not a number"),
    "not a number at all": (COMPOSED | {"bpm": "nan"}, "Tempo: between 40 and 220 BPM."),
    "an endless number": (COMPOSED | {"bpm": "1e999"}, "Tempo: between 40 and 220 BPM."),
    "a number of many digits": (COMPOSED | {"seed": "9" * 5000}, "is not a number"),
    "half a seed": (COMPOSED | {"seed": "1.5"}, "“1.5” is not a number"),
    "a forged choice": (COMPOSED | {"style": "polka"}, "“polka” is not one of the choices"),
    "too many words": (COMPOSED | {"leave_out": "x" * 201}, "at most 200 characters"),
    "a NUL in a setting": (COMPOSED | {"leave_out": "drums\x00"}, "character that cannot be stored"),
}


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_why_keeps_what_was_typed_and_makes_nothing(press, case, htmx):
    typed, sentence = REFUSALS[case]
    reply = press(typed, htmx=htmx)
    shown = reply.content.decode()
    assert reply.status_code == 422
    assert sentence in shown
    assert (b"<html" in reply.content) is not htmx
    assert not Generation.objects.exists()
    assert not Entry.objects.exists()
    form = reply.context["form"]
    assert form.text == typed["text"]
    assert form.key == typed["idempotency_key"] or not typed["idempotency_key"]
    for field in (*form.fields, *form.advanced):
        assert field.value == typed.get(field.field.name, field.field.default)


def test_a_refusal_stands_beside_the_field_it_is_about(press):
    shown = press(COMPOSED, length="601").content.decode()
    assert 'aria-describedby="e-length"' in shown
    assert '<p class="field-error" id="e-length">Length: between 5 and 600 seconds.</p>' in shown
    assert "Generate 2 · free" in shown


def test_an_advanced_field_that_is_wrong_is_opened(press):
    assert '<details class="more" open>' in press(COMPOSED, seed="x").content.decode()


@pytest.mark.parametrize("htmx", [False, True])
def test_a_model_switched_off_in_between_is_refused_with_the_reason(press, htmx):
    MusicModel.objects.filter(key=POLL).update(enabled=False)
    reply = press(htmx=htmx)
    assert reply.status_code == 422
    assert b"Fake poll one is switched off by the administrator." in reply.content
    assert reply.context["form"].text == "warm lo-fi"


def test_a_retired_model_is_refused_and_another_one_chosen(press):
    MusicModel.objects.filter(key=POLL).update(key="gone/one")
    reply = press()
    assert reply.status_code == 422
    assert b"another one is chosen" in reply.content
    assert reply.context["form"].choice.spec.key == COMPOSER
    assert reply.context["form"].text == "warm lo-fi"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_cap_that_is_reached_names_itself_and_who_can_lift_it(press, project, htmx):
    Budget.objects.create(project=project, cap=dollars("0.05"))
    reply = press(htmx=htmx)
    assert reply.status_code == 422
    sentence = "the monthly cap on Kitchen stories has $0.05 left of $0.05"
    assert sentence in reply.content.decode()
    assert re.search(r'href="/budgets/\d+/more/">Ask for more', reply.content.decode())
    assert not Generation.objects.exists()
    assert press(htmx=htmx, takes="1").status_code in (200, 302)


def test_a_body_beyond_reason_is_turned_away_in_the_studios_clothes(press):
    reply = press(text="x" * 1_100_000)
    assert reply.status_code == 400
    assert b"css/tokens.css" in reply.content
    assert b"Nothing was changed" in reply.content
    assert not Generation.objects.exists()


def test_a_form_from_elsewhere_is_turned_away(user, project):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(user)
    reply = careful.post(page(project, "generate/"), TYPED)
    assert reply.status_code == 403
    assert b"This form is out of date" in reply.content
    assert not Generation.objects.exists()


# --- the same again ---


def test_same_again_fills_the_form_with_everything_but_the_seed(press, browser, project):
    press(COMPOSED, length="45", loop="on", seed="7", takes="3")
    first = Generation.objects.get()
    form = browser.get(page(project), {"again": first.ref}).context["form"]
    assert (form.text, form.choice.spec.key, form.takes, form.format) == ("warm lo-fi", COMPOSER, 3, "flac")
    shown = {field.field.name: field.value for field in (*form.fields, *form.advanced)}
    assert (shown["length"], shown["loop"], shown["seed"]) == ("45", "on", None)
    press(COMPOSED, idempotency_key="second", again=form.again)
    assert Generation.objects.order_by("id").last().again_of == first


def test_same_again_of_someone_elses_work_fills_nothing_in(browser, project, ask, stranger):
    theirs = ask("secret brief", user=stranger, project=stranger.personal_project)
    reply = browser.get(page(project), {"again": theirs.ref})
    assert reply.status_code == 200
    assert b"secret brief" not in reply.content
    browser.post(page(project, "generate/"), TYPED | {"again": theirs.ref})
    assert Generation.objects.get(project=project).again_of is None


def test_what_people_write_is_never_markup(press, browser, project):
    press(text="<script>alert(1)</script>")
    assert b"<script>alert" not in browser.get(page(project)).content
