"""Comparing models: the form that asks for it, the page that stays blind until a pick, and what is offered instead."""

import re

import pytest

from generator.models import Budget, Comparison, Entry, Generation, MusicModel, Project, ProviderAccount, Star, State
from generator.money import dollars
from generator.web import compare
from generator.workflow import catalogue, comparing, submit_many
from tests.conftest import COMPOSER, POLL, STREAM
from tests.web.test_studio import HTMX, live, page

ALL = (COMPOSER, POLL, STREAM)
TYPED = {"text": "warm lo-fi, 5 s", "compare": "on", "comparing": "on", "model": ALL, "takes": "1", "format": "wav"}
TYPED |= {"idempotency_key": "typed-1"}


@pytest.fixture
def comparison(user, project) -> Comparison:
    """Three candidates of Ada's, none of them made yet."""
    asked = {"text": "warm lo-fi, 5 s", "takes": 1, "format": "wav", "raw": {}, "idempotency_key": "c"}
    return submit_many(user=user, project=project, model_keys=ALL, **asked)


@pytest.fixture
def takes(comparison, make_track, priced):
    """The candidates' takes in the order of their letters, at −12, −19 and −15 LUFS."""
    made = []
    for run, lufs in zip(comparing.candidates(comparison), (-12.0, -19.0, -15.0), strict=True):
        Generation.objects.filter(pk=run.pk).update(state=State.READY)
        title = f"Song by {run.model.key.replace('/', ' ')}"
        made.append(make_track(title, generation=run, lufs=lufs, author=comparison.author))
    return made


def at(comparison, part="") -> str:
    return f"/c/{comparison.ref}/{part}"


def told(shown: str, takes) -> list[str]:
    """Whatever in a page tells which candidate is which."""
    words = {"/cover", "composer", "fakepoll", "fakestream", "Fake", "Built-in", "$0.03"}
    words |= {word for track in takes for word in (track.title, track.model_key, track.cover)}
    words |= {track.get_absolute_url() + '"' for track in takes}
    words |= {track.generation.model.title for track in takes}
    body = re.sub(r"\bdata-(?:cover|player)=|class=\"[^\"]*\"|css/\w+\.\w+|The built-in composer is free", "", shown)
    return sorted(word for word in words if word in body)


# --- blind ---


@pytest.mark.parametrize("htmx", [False, True])
def test_nothing_on_the_page_tells_which_is_which(browser, comparison, takes, htmx):
    reply = browser.get(at(comparison), headers=HTMX if htmx else {})
    shown = reply.content.decode()
    assert reply.status_code == 200
    assert (b"<html" in reply.content) is not htmx
    assert told(shown, takes) == []
    assert re.findall(r'class="letter"[^>]*>(\w)<', shown) == ["A", "B", "C"]


def test_nothing_in_the_library_tells_either(browser, project, comparison, takes):
    shown = browser.get(page(project)).content.decode()
    library = shown[shown.index('id="running"') : shown.index('id="detail"')].partition('class="facets"')
    rows = library[2][library[2].index('class="tracks"') :]
    assert told(library[0], takes) == []
    assert told(rows, takes) == []
    assert [f"Candidate {letter}" in rows for letter in "ABC"] == [True] * 3
    assert rows.count(f'href="{at(comparison)}"') == 6


def test_a_candidate_is_found_by_what_was_asked_for(browser, project, comparison, takes):
    shown = browser.get(page(project), {"q": "lo-fi"}).content.decode()
    assert shown.count("Candidate A") >= 1


def test_a_blind_candidate_is_not_found_by_its_model_or_title(browser, project, comparison, takes):
    def found(text: str) -> int:
        return len(browser.get(page(project), {"q": text}).context["page"].tracks)

    words = [takes[0].generation.model.title, takes[0].title]
    assert [found(text) for text in words] == [0, 0]
    browser.post(at(comparison, "reveal/"))
    assert all(found(text) for text in words)


@pytest.mark.parametrize("what", ["", "papers/", "papers.pdf", "download/flac", "versions/"])
def test_the_pages_of_a_blind_candidate_lead_to_its_comparison(browser, comparison, takes, what):
    """Its address is in the player: who types it learns no more than who listens."""
    asked = takes[0].get_absolute_url() + what
    reply = browser.get(asked)
    assert (reply.status_code, reply["Location"]) == (302, at(comparison))
    browser.post(at(comparison, "reveal/"))
    assert browser.get(asked).status_code in (200, 202)


def test_a_blind_candidate_is_not_counted_nor_found_under_its_model(browser, project, comparison, takes, make_track):
    """Neither by a link that names the model, nor by what another filter leaves of the counts."""
    for model, title in ((COMPOSER, "Known"), (POLL, "Known as well")):
        make_track(title, model=model, lufs=-15.0)

    def counts(**asked) -> dict[str, int]:
        facets = browser.get(page(project), asked).context["facets"]
        facet = next((facet for facet in facets if facet.name == "model"), None)
        return {choice.value: choice.count.value for choice in facet.choices} if facet else {}

    def found(model: str) -> set[str]:
        return {track.title for track in browser.get(page(project), {"model": model}).context["page"].tracks}

    assert (counts(), counts(q="lo-fi")) == ({COMPOSER: 1, POLL: 1}, {})
    assert (found(COMPOSER), found(POLL), found(STREAM)) == ({"Known"}, {"Known as well"}, set())
    browser.post(at(comparison, "reveal/"))
    assert counts() == {COMPOSER: 2, POLL: 2, STREAM: 1}
    assert [len(found(track.model_key)) for track in takes] == [1 + (track.model_key != STREAM) for track in takes]


def test_what_is_still_being_made_tells_nothing(browser, project, comparison, run_background):
    cards = browser.get(page(project, "running/")).content.decode()
    assert "3 models, blind · $0.06" in cards
    assert "Fake" not in cards
    assert "composer" not in cards
    assert f'href="{at(comparison)}"' in cards
    shown = browser.get(at(comparison)).content.decode()
    assert "every 1s" in shown
    assert shown.count("Waiting its turn") == 3
    assert "Fake" not in shown


def test_a_failed_candidate_is_lost_without_a_name(browser, comparison, takes):
    run = takes[0].generation
    takes[0].delete()
    Generation.objects.filter(pk=run.pk).update(state=State.FAILED, error_sentence="Fake poll one is down.")
    shown = browser.get(at(comparison)).content.decode()
    assert "It could not be made, and cost nothing." in shown
    assert told(shown, takes[1:]) == []


def test_the_order_stays_the_same(browser, comparison, takes):
    seen = {tuple(re.findall(r'data-src="([^"]+)"', browser.get(at(comparison)).content.decode())) for _ in range(4)}
    assert seen == {tuple(f"{track.get_absolute_url()}audio" for track in takes)}


# --- level ---


def test_all_are_played_at_the_level_of_the_quietest(browser, comparison, takes):
    shown = browser.get(at(comparison)).content.decode()
    assert re.findall(r'data-lufs="([^"]*)" data-level="([^"]*)"', shown) == [
        ("-12.0", "-19.0"),
        ("-19.0", "-19.0"),
        ("-15.0", "-19.0"),
    ]


@pytest.mark.parametrize(
    ("loudness", "expected"),
    [((-9, -12), -16), ((-9, -17.5), -17.5), ((None, -20), -20), ((), -16), ((-9, -55), -16), ((None,), -16)],
)
def test_the_level_is_never_above_the_usual_one_and_silence_does_not_count(make_track, loudness, expected):
    assert compare.level([make_track(lufs=lufs) for lufs in loudness]) == expected


# --- picking ---


@pytest.mark.parametrize("htmx", [False, True])
def test_a_pick_reveals_everything_and_stars_the_take(browser, user, comparison, takes, htmx):
    reply = browser.post(at(comparison, "pick/"), {"track": takes[1].ref}, headers=HTMX if htmx else {})
    shown = reply.content.decode() if htmx else browser.get(reply.url).content.decode()
    assert reply.status_code == (200 if htmx else 302)
    for track in takes:
        assert track.title in shown
        assert track.generation.model.title in shown
    assert f"Candidate B was picked: <strong>{takes[1].generation.model.title}</strong>" in shown
    assert "Move the other 2 to the bin" in shown
    assert "data-pick" not in shown
    assert list(Star.objects.values_list("user", "track")) == [(user.pk, takes[1].pk)]


def test_the_rows_are_ordinary_ones_afterwards(browser, project, comparison, takes):
    browser.post(at(comparison, "pick/"), {"track": takes[0].ref})
    shown = browser.get(page(project)).content.decode()
    assert takes[2].title in shown
    assert "Candidate C" not in shown
    assert "models, blind" not in shown


def test_showing_which_is_which_picks_nothing(browser, comparison, takes):
    browser.post(at(comparison, "reveal/"))
    shown = browser.get(at(comparison)).content.decode()
    assert "Revealed without a pick" in shown
    assert takes[0].title in shown
    assert shown.count("data-pick") == 3
    assert not Star.objects.exists()


@pytest.mark.parametrize("sent", ["", "nobody"])
def test_a_pick_of_nothing_says_so_and_keeps_it_blind(browser, comparison, takes, sent):
    reply = browser.post(at(comparison, "pick/"), {"track": sent}, follow=True)
    assert "That take is not in this comparison." in reply.content.decode()
    assert Comparison.objects.get().is_blind


def test_the_others_go_to_the_bin_and_come_back(browser, project, comparison, takes):
    browser.post(at(comparison, "pick/"), {"track": takes[0].ref})
    others = [track.ref for track in takes[1:]]
    reply = browser.post(page(project, "bulk/"), {"action": "bin", "track": others}, headers=HTMX)
    assert "2 tracks moved to the bin." in reply.content.decode()
    assert project.tracks.kept().count() == 1
    assert "In the bin" in browser.get(at(comparison)).content.decode()
    undo = re.findall(r'name="track" value="([^"]+)"', reply.content.decode())
    browser.post(page(project, "bulk/"), {"action": "restore", "track": undo}, headers=HTMX)
    assert project.tracks.kept().count() == 3


# --- who may ---


def test_a_viewer_listens_and_does_not_pick(client, member, comparison, takes):
    client.force_login(member("viewer"))
    reply = client.get(at(comparison))
    assert reply.status_code == 200
    assert "data-pick" not in reply.content.decode()
    for part in ("pick/", "reveal/"):
        assert client.post(at(comparison, part), {"track": takes[0].ref}).status_code == 404
    assert Comparison.objects.get().is_blind


def test_an_editor_may_pick_in_somebody_elses_comparison(client, member, comparison, takes):
    editor = member("editor")
    client.force_login(editor)
    client.post(at(comparison, "pick/"), {"track": takes[0].ref})
    assert Comparison.objects.get().picked == takes[0]
    assert Star.objects.get().user == editor


def test_to_a_stranger_it_does_not_exist(client, stranger, project, comparison, takes):
    client.force_login(stranger)
    assert client.get(at(comparison)).status_code == 404
    for part in ("pick/", "reveal/"):
        assert client.post(at(comparison, part), {"track": takes[0].ref}).status_code == 404
    Project.objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00Z")
    client.force_login(comparison.author)
    assert client.get(at(comparison)).status_code == 404


# --- the form ---


def test_the_switch_turns_the_cards_into_checkboxes_and_adds_something_to_compare_with(browser, project):
    form, shown = live(browser, project, compare="on", model=POLL)
    assert [choice.spec.key for choice in form.chosen] == [COMPOSER, POLL]
    assert len(re.findall(r'type="checkbox" name="model"', shown)) == 3
    assert "Generate with 2 models · $0.03" in shown


def test_one_total_and_its_parts_stand_on_the_form(browser, project, priced):
    priced(STREAM, "0.045")
    form, shown = live(browser, project, **TYPED | {"takes": "2"})
    assert "Generate with 3 models · $0.15" in shown
    parts = re.search(r'class="price-parts".*?</ul>', shown, re.S)[0]
    assert re.findall(r"<span>([\w -]+)</span><span class=\"money\">([^<]+)<", parts) == [
        ("Built-in composer", "free"),
        ("Fake poll one", "2 × $0.03"),
        ("Fake stream one", "2 × $0.045"),
    ]
    assert form.quote.total == dollars("0.15")


def test_the_fields_are_all_of_theirs_each_with_its_users(browser, project):
    _, shown = live(browser, project, **TYPED)
    spec = catalogue.spec_of(COMPOSER)
    assert set(re.findall(r'id="f-(\w+)"', shown)) == {field.name for field in spec.fields if not field.purpose}
    assert re.findall(r'id="pick-(\w+)"', shown) == ["follow"]
    assert shown.count('class="field-users">Built-in composer only<') == len(spec.fields)
    assert "Built-in composer only" not in live(browser, project, model=COMPOSER)[1]
    options = shown[shown.index('id="format"') :].partition("</select>")[0]
    for_all, _, for_one = options.partition('<optgroup label="Built-in composer only">')
    assert re.findall(r'value="(\w+)"( selected)?', for_all) == [("wav", " selected")]
    assert 'value="flac"' in for_one


@pytest.mark.parametrize("models", [(), (POLL,)])
def test_fewer_than_two_is_said_before_the_press_and_refused_after_it(browser, project, models):
    assert "Choose 2 to 4 models to compare." in live(browser, project, **TYPED | {"model": models})[1]
    reply = browser.post(page(project, "generate/"), TYPED | {"model": models})
    assert reply.status_code == 422
    assert "Choose 2 to 4 models to compare." in reply.content.decode()
    assert not Generation.objects.exists()


def test_one_model_alone_offers_no_comparison(browser, project):
    MusicModel.objects.exclude(key=COMPOSER).update(enabled=False)
    form, shown = live(browser, project, **TYPED)
    assert not form.comparing
    assert 'name="compare"' not in shown


def test_the_chosen_one_stays_when_the_switch_is_turned_off(browser, project):
    form, _ = live(browser, project, model=[POLL], comparing="on")
    assert [choice.spec.key for choice in form.chosen] == [POLL]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_press_makes_one_comparison_however_often(browser, project, htmx):
    for _ in range(2):
        reply = browser.post(page(project, "generate/"), TYPED, headers=HTMX if htmx else {})
        comparison = Comparison.objects.get()
        assert (reply.status_code, reply.headers.get("Location")) == ((200, None) if htmx else (302, at(comparison)))
    assert Generation.objects.count() == Entry.objects.count() == 3
    assert not htmx or "running-changed" in reply.headers["HX-Trigger"]


def test_a_refusal_keeps_everything_and_names_the_model(browser, project):
    reply = browser.post(page(project, "generate/"), TYPED | {"length": "9999"})
    assert reply.status_code == 422
    form = reply.context["form"]
    assert [choice.spec.key for choice in form.chosen] == list(ALL)
    assert form.text == "warm lo-fi, 5 s"
    assert "Built-in composer: Length: between 5 and 600 seconds." in reply.content.decode()


def test_a_cap_for_the_total_stands_in_the_way_of_the_total(browser, project):
    Budget.objects.create(project=project, cap=dollars("0.05"))
    assert "This would cost $0.06, but the monthly cap" in live(browser, project, **TYPED)[1]
    assert browser.post(page(project, "generate/"), TYPED).status_code == 422
    assert not Generation.objects.exists()


def test_a_brief_in_the_address_does_not_narrow_the_library(browser, project, track):
    shown = browser.get(page(project), {"text": "warm", "model": POLL}).content.decode()
    assert track.title in shown


# --- switching ---


def test_what_does_not_carry_over_is_said_and_kept_for_the_way_back(browser, project):
    typed = {"text": "warm lo-fi", "takes": "2", "format": "flac", "bpm": "84", "loop": "on", "key": "A minor"}
    form, shown = live(browser, project, model=POLL, seed="7", **typed)
    assert form.notes == [
        "FLAC · lossless is not delivered by Fake poll one: it becomes WAV · 16 bit.",
        "Tempo (84 BPM) is not a field of Fake poll one: write it into the text.",
        "Key (A minor) is not a field of Fake poll one: write it into the text.",
        "Seamless loop is not a field of Fake poll one: write it into the text.",
        "Seed (7) is not a field of Fake poll one and is left out.",
    ]
    assert (form.text, form.takes) == ("warm lo-fi", 2)
    back = dict(re.findall(r'type="hidden" name="(bpm|loop|key|seed)" value="([^"]*)"', shown))
    form, _ = live(browser, project, model=COMPOSER, text="warm lo-fi", **back)
    values = {one.field.name: one.value for one in (*form.fields, *form.advanced)}
    assert (values["bpm"], values["loop"], values["key"], values["seed"]) == ("84", "on", "A minor", "7")
    assert form.notes == []


def test_more_takes_than_a_model_makes_become_fewer_and_it_says_so(browser, project):
    form, _ = live(browser, project, model=POLL, takes="5")
    assert form.takes == 3
    assert form.notes == ["5 takes become 3: Fake poll one makes no more at a time."]


# --- fallback ---


def down(key: str, why: str = "The studio’s credit there is used up.") -> None:
    accounts = ProviderAccount.objects.filter(key=key.partition("/")[0])
    accounts.update(resting_until="2099-01-01T00:00Z", last_error=why)


def test_a_chosen_model_that_is_down_is_said_at_once_and_the_others_are_a_press_away(browser, project):
    down(POLL)
    form, shown = live(browser, project, model=POLL)
    assert form.choice.spec.key == POLL
    notice = shown[shown.index("model-down") :].partition("</div></div>")[0]
    assert "credit there is used up" in notice
    assert re.findall(r'name="on" value="([^"]+)"', notice) == [COMPOSER, STREAM]
    form, _ = live(browser, project, model=POLL, on=STREAM, text="warm lo-fi")
    assert (form.choice.spec.key, form.text, form.down) == (STREAM, "warm lo-fi", None)


def test_a_press_all_the_same_says_why_not(browser, project):
    down(POLL)
    shown = live(browser, project, model=POLL)[1]
    assert f'<input type="hidden" name="model" value="{POLL}">' in shown
    sent = {"text": "a", "takes": "1", "format": "wav", "idempotency_key": "k", "model": POLL}
    reply = browser.post(page(project, "generate/"), sent)
    assert reply.status_code == 422
    assert "credit there is used up" in reply.content.decode()


def test_the_model_used_last_is_chosen_again_also_when_it_is_down(browser, project):
    sent = {"text": "a", "takes": "1", "format": "wav", "idempotency_key": "k", "model": STREAM}
    browser.post(page(project, "generate/"), sent)
    assert browser.get(page(project)).context["form"].choice.spec.key == STREAM
    down(STREAM)
    reply = browser.get(page(project))
    assert reply.context["form"].down.spec.key == STREAM
    assert "model-down" in reply.content.decode()


def test_nothing_is_said_of_a_model_that_is_down_but_not_chosen(browser, project):
    down(POLL)
    form, shown = live(browser, project, model=COMPOSER)
    assert form.down is None
    assert "model-down" not in shown
    assert "credit there is used up" in shown  # on its own card


def test_in_a_comparison_the_one_that_is_down_is_left_out_and_said(browser, project):
    down(POLL)
    form, shown = live(browser, project, **TYPED)
    assert [choice.spec.key for choice in form.chosen] == [COMPOSER, STREAM]
    assert "model-down" in shown


def test_a_failed_card_offers_the_others_and_the_form_hears_of_it(browser, project, ask):
    failed = ask("warm lo-fi", model=POLL)
    Generation.objects.filter(pk=failed.pk).update(state=State.FAILED, error_sentence="No credit.")
    down(POLL)
    reply = browser.get(page(project, "running/"))
    assert "models-changed" in reply.headers["HX-Trigger"]
    links = re.findall(r"\?again=([\w-]+)&amp;on=([\w%/]+)", reply.content.decode())
    assert links == [(failed.ref, "composer%2Fstudio"), (failed.ref, "fakestream%2Fone")]
    form = browser.get(page(project), {"again": failed.ref, "on": STREAM}).context["form"]
    assert (form.choice.spec.key, form.text, form.down) == (STREAM, "warm lo-fi", None)
    assert "models-changed" not in browser.get(page(project, "running/"), {"down": POLL}).headers["HX-Trigger"]
