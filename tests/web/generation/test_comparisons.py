"""Comparisons: the form that starts one, the page that stays blind until a pick, and the fallbacks."""

import re

import pytest

from generator.currency import dollars
from generator.models import (
    Budget,
    Comparison,
    Generation,
    LedgerEntry,
    MusicModel,
    Project,
    ProviderAccount,
    Star,
    State,
)
from generator.services.generation import comparisons
from generator.services.generation.comparisons import submit_many
from generator.services.provider_jobs import catalog
from generator.web.generation import comparisons as generation_comparisons
from tests.conftest import COMPOSER, POLL, STREAM
from tests.refusals import amounts, code_of
from tests.web.library.test_workspace import HTMX, live, page

ALL = (COMPOSER, POLL, STREAM)
TYPED = {"text": "warm lo-fi, 5 s", "compare": "on", "comparing": "on", "model": ALL, "takes": "1", "format": "wav"}
TYPED |= {"idempotency_key": "typed-1"}


@pytest.fixture
def comparison(user, project) -> Comparison:
    """Three candidates of Ada's, none of them finished yet."""
    asked = {"text": "warm lo-fi, 5 s", "takes": 1, "format": "wav", "raw": {}, "idempotency_key": "c"}
    return submit_many(user=user, project=project, model_keys=ALL, **asked)


@pytest.fixture
def takes(comparison, make_track, priced):
    """The candidates' takes in the order of their letters, at −12, −19 and −15 LUFS."""
    made = []
    for run, lufs in zip(comparisons.candidates(comparison), (-12.0, -19.0, -15.0), strict=True):
        Generation.objects.filter(pk=run.pk).update(state=State.READY)
        title = f"Song by {run.model.key.replace('/', ' ')}"
        made.append(make_track(title, generation=run, lufs=lufs, author=comparison.author))
    return made


def at(comparison, part="") -> str:
    return f"/comparisons/{comparison.public_id}/{part}"


def told(shown: str, takes) -> list[str]:
    """Return everything in a page that identifies a candidate's model."""
    words = {"/cover", "composer", "fakepoll", "fakestream", "Fake", "Built-in", "$0.03"}
    words |= {word for track in takes for word in (track.title, track.model_key, track.cover)}
    words |= {track.get_absolute_url() + '"' for track in takes}
    words |= {track.generation.model.title for track in takes}
    body = re.sub(r"\bdata-(?:cover|player)=|class=\"[^\"]*\"|css/\w+\.\w+|The built-in composer is free", "", shown)
    return sorted(word for word in words if word in body)


# --- blind ---


@pytest.mark.parametrize("htmx", [False, True])
def test_nothing_on_the_page_tells_which_is_which(user_client, comparison, takes, htmx):
    reply = user_client.get(at(comparison), headers=HTMX if htmx else {})
    shown = reply.content.decode()
    assert reply.status_code == 200
    assert (b"<html" in reply.content) is not htmx
    assert told(shown, takes) == []
    assert re.findall(r'class="letter"[^>]*>(\w)<', shown) == ["A", "B", "C"]


def test_nothing_in_the_library_tells_either(user_client, project, comparison, takes):
    shown = user_client.get(page(project)).content.decode()
    library = shown[shown.index('id="running"') : shown.index('id="detail"')].partition('class="facets"')
    rows = library[2][library[2].index('class="tracks"') :]
    assert told(library[0], takes) == []
    assert told(rows, takes) == []
    assert [f"Candidate {letter}" in rows for letter in "ABC"] == [True] * 3
    assert rows.count(f'href="{at(comparison)}"') == 6


def test_a_candidate_is_found_by_what_was_asked_for(user_client, project, comparison, takes):
    shown = user_client.get(page(project), {"q": "lo-fi"}).content.decode()
    assert shown.count("Candidate A") >= 1


def test_a_blind_candidate_is_not_found_by_its_model_or_title(user_client, project, comparison, takes):
    def found(text: str) -> int:
        return len(user_client.get(page(project), {"q": text}).context["page"].tracks)

    words = [takes[0].generation.model.title, takes[0].title]
    assert [found(text) for text in words] == [0, 0]
    user_client.post(at(comparison, "reveal/"))
    assert all(found(text) for text in words)


@pytest.mark.parametrize("what", ["", "documents/", "certificate.pdf", "download/flac", "versions/"])
def test_the_pages_of_a_blind_candidate_lead_to_its_comparison(user_client, comparison, takes, what):
    """The player contains the track's address: opening it reveals no more than listening."""
    asked = takes[0].get_absolute_url() + what
    reply = user_client.get(asked)
    assert (reply.status_code, reply["Location"]) == (302, at(comparison))
    user_client.post(at(comparison, "reveal/"))
    assert user_client.get(asked).status_code in (200, 202)


def test_a_blind_candidate_is_not_counted_nor_found_under_its_model(
    user_client, project, comparison, takes, make_track
):
    """Neither through a link that names the model, nor through the counts that another filter leaves."""
    for model, title in ((COMPOSER, "Known"), (POLL, "Known as well")):
        make_track(title, model=model, lufs=-15.0)

    def counts(**asked) -> dict[str, int]:
        facets = user_client.get(page(project), asked).context["facets"]
        facet = next((facet for facet in facets if facet.name == "model"), None)
        return {choice.value: choice.count.value for choice in facet.choices} if facet else {}

    def found(model: str) -> set[str]:
        return {track.title for track in user_client.get(page(project), {"model": model}).context["page"].tracks}

    assert (counts(), counts(q="lo-fi")) == ({COMPOSER: 1, POLL: 1}, {})
    assert (found(COMPOSER), found(POLL), found(STREAM)) == ({"Known"}, {"Known as well"}, set())
    user_client.post(at(comparison, "reveal/"))
    assert counts() == {COMPOSER: 2, POLL: 2, STREAM: 1}
    assert [len(found(track.model_key)) for track in takes] == [1 + (track.model_key != STREAM) for track in takes]


def test_what_is_still_being_made_tells_nothing(user_client, project, comparison, run_background):
    cards = user_client.get(page(project, "running/")).content.decode()
    assert "3 models, blind · $0.06" in cards
    assert "Fake" not in cards
    assert "composer" not in cards
    assert f'href="{at(comparison)}"' in cards
    shown = user_client.get(at(comparison)).content.decode()
    assert "every 1s" in shown
    assert shown.count(str(State.QUEUED.label)) == 3
    assert "Fake" not in shown


def test_a_failed_candidate_is_lost_without_a_name(user_client, comparison, takes):
    run = takes[0].generation
    takes[0].delete()
    Generation.objects.filter(pk=run.pk).update(state=State.FAILED, error_message="Fake poll one is down.")
    shown = user_client.get(at(comparison)).content.decode()
    assert 'class="candidate-lost" data-state="failed"' in shown
    assert told(shown, takes[1:]) == []


def test_the_order_stays_the_same(user_client, comparison, takes):
    seen = {
        tuple(re.findall(r'data-src="([^"]+)"', user_client.get(at(comparison)).content.decode())) for _ in range(4)
    }
    assert seen == {tuple(f"{track.get_absolute_url()}audio" for track in takes)}


# --- level ---


def test_all_are_played_at_the_level_of_the_quietest(user_client, comparison, takes):
    shown = user_client.get(at(comparison)).content.decode()
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
    assert generation_comparisons.level([make_track(lufs=lufs) for lufs in loudness]) == expected


# --- picking ---


@pytest.mark.parametrize("htmx", [False, True])
def test_a_pick_reveals_everything_and_stars_the_take(user_client, user, comparison, takes, htmx):
    reply = user_client.post(at(comparison, "pick/"), {"track": takes[1].public_id}, headers=HTMX if htmx else {})
    shown = reply.content.decode() if htmx else user_client.get(reply.url).content.decode()
    assert reply.status_code == (200 if htmx else 302)
    for track in takes:
        assert track.title in shown
        assert track.generation.model.title in shown
    assert f"Candidate B was picked: <strong>{takes[1].generation.model.title}</strong>" in shown
    others = re.search(rf'<form id="bin-others-{comparison.public_id}".*?</form>', shown, re.DOTALL)[0]
    assert others.count('name="track"') == 2
    assert "data-pick" not in shown
    assert list(Star.objects.values_list("user", "track")) == [(user.pk, takes[1].pk)]


def test_the_rows_are_ordinary_ones_afterwards(user_client, project, comparison, takes):
    user_client.post(at(comparison, "pick/"), {"track": takes[0].public_id})
    shown = user_client.get(page(project)).content.decode()
    assert takes[2].title in shown
    assert "Candidate C" not in shown
    assert "models, blind" not in shown


def test_showing_which_is_which_picks_nothing(user_client, comparison, takes):
    user_client.post(at(comparison, "reveal/"))
    shown = user_client.get(at(comparison)).content.decode()
    assert 'data-state="revealed"' in shown
    assert takes[0].title in shown
    assert shown.count("data-pick") == 3
    assert not Star.objects.exists()


@pytest.mark.parametrize("sent", ["", "nobody"])
def test_a_pick_of_nothing_says_so_and_keeps_it_blind(user_client, comparison, takes, sent):
    reply = user_client.post(at(comparison, "pick/"), {"track": sent}, follow=True)
    assert code_of(reply) == "not_found"
    assert Comparison.objects.get().is_blind


def test_the_others_go_to_the_bin_and_come_back(user_client, project, comparison, takes):
    user_client.post(at(comparison, "pick/"), {"track": takes[0].public_id})
    others = [track.public_id for track in takes[1:]]
    reply = user_client.post(page(project, "bulk/"), {"action": "bin", "track": others}, headers=HTMX)
    assert "library-changed" in reply.headers["HX-Trigger"]
    assert project.tracks.kept().count() == 1
    assert user_client.get(at(comparison)).content.decode().count("data-in-trash") == 2
    undo = re.findall(r'name="track" value="([^"]+)"', reply.content.decode())
    user_client.post(page(project, "bulk/"), {"action": "restore", "track": undo}, headers=HTMX)
    assert project.tracks.kept().count() == 3


# --- permissions ---


def test_a_viewer_listens_and_does_not_pick(client, member, comparison, takes):
    client.force_login(member("viewer"))
    reply = client.get(at(comparison))
    assert reply.status_code == 200
    assert "data-pick" not in reply.content.decode()
    for part in ("pick/", "reveal/"):
        assert client.post(at(comparison, part), {"track": takes[0].public_id}).status_code == 404
    assert Comparison.objects.get().is_blind


def test_an_editor_may_pick_in_somebody_elses_comparison(client, member, comparison, takes):
    editor = member("editor")
    client.force_login(editor)
    client.post(at(comparison, "pick/"), {"track": takes[0].public_id})
    assert Comparison.objects.get().picked == takes[0]
    assert Star.objects.get().user == editor


def test_to_a_stranger_it_does_not_exist(client, stranger, project, comparison, takes):
    client.force_login(stranger)
    assert client.get(at(comparison)).status_code == 404
    for part in ("pick/", "reveal/"):
        assert client.post(at(comparison, part), {"track": takes[0].public_id}).status_code == 404
    Project.objects.filter(pk=project.pk).update(archived_at="2026-01-01T00:00Z")
    client.force_login(comparison.author)
    assert client.get(at(comparison)).status_code == 404


# --- the form ---


def test_the_switch_turns_the_cards_into_checkboxes_and_adds_something_to_compare_with(user_client, project):
    form, shown = live(user_client, project, compare="on", model=POLL)
    assert [choice.spec.key for choice in form.chosen] == [COMPOSER, POLL]
    assert len(re.findall(r'type="checkbox" name="model"', shown)) == 3
    assert "Generate with 2 models · $0.03" in shown


def test_one_total_and_its_parts_stand_on_the_form(user_client, project, priced):
    priced(STREAM, "0.045")
    form, shown = live(user_client, project, **TYPED | {"takes": "2"})
    assert "Generate with 3 models · $0.15" in shown
    parts = re.search(r'class="price-parts".*?</ul>', shown, re.S)[0]
    assert re.findall(r"<span>([\w -]+)</span>\s*<span class=\"money\">\s*([^<]+?)\s*<", parts) == [
        ("Built-in composer", "free"),
        ("Fake poll one", "2 × $0.03"),
        ("Fake stream one", "2 × $0.045"),
    ]
    assert form.quote.total == dollars("0.15")


def test_the_fields_are_all_of_theirs_each_with_its_users(user_client, project):
    _, shown = live(user_client, project, **TYPED)
    spec = catalog.spec_of(COMPOSER)
    assert set(re.findall(r'id="f-(\w+)"', shown)) == {field.name for field in spec.fields if not field.purpose}
    assert re.findall(r'id="pick-(\w+)"', shown) == ["follow"]
    assert shown.count('class="field-users">Built-in composer only<') == len(spec.fields)
    assert "Built-in composer only" not in live(user_client, project, model=COMPOSER)[1]
    options = shown[shown.index('id="format"') :].partition("</select>")[0]
    for_all, _, for_one = options.partition('<optgroup label="Built-in composer only">')
    assert re.findall(r'value="(\w+)"( selected)?', for_all) == [("wav", " selected")]
    assert 'value="flac"' in for_one


@pytest.mark.parametrize("models", [(), (POLL,)])
def test_fewer_than_two_is_said_before_the_press_and_refused_after_it(user_client, project, models):
    assert "Choose 2 to 4 models to compare." in live(user_client, project, **TYPED | {"model": models})[1]
    reply = user_client.post(page(project, "generate/"), TYPED | {"model": models})
    assert reply.status_code == 422
    assert "Choose 2 to 4 models to compare." in reply.content.decode()
    assert not Generation.objects.exists()


def test_one_model_alone_offers_no_comparison(user_client, project):
    MusicModel.objects.exclude(key=COMPOSER).update(enabled=False)
    form, shown = live(user_client, project, **TYPED)
    assert not form.comparing
    assert 'name="compare"' not in shown


def test_the_chosen_one_stays_when_the_switch_is_turned_off(user_client, project):
    form, _ = live(user_client, project, model=[POLL], comparing="on")
    assert [choice.spec.key for choice in form.chosen] == [POLL]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_press_makes_one_comparison_however_often(user_client, project, htmx):
    for _ in range(2):
        reply = user_client.post(page(project, "generate/"), TYPED, headers=HTMX if htmx else {})
        comparison = Comparison.objects.get()
        assert (reply.status_code, reply.headers.get("Location")) == ((200, None) if htmx else (302, at(comparison)))
    assert Generation.objects.count() == LedgerEntry.objects.count() == 3
    assert not htmx or "running-changed" in reply.headers["HX-Trigger"]


def test_a_refusal_keeps_everything_and_names_the_model(user_client, project):
    reply = user_client.post(page(project, "generate/"), TYPED | {"length": "9999"})
    assert reply.status_code == 422
    form = reply.context["form"]
    assert [choice.spec.key for choice in form.chosen] == list(ALL)
    assert form.text == "warm lo-fi, 5 s"
    assert code_of(reply) == "out_of_range"
    assert "Built-in composer: Length: " in reply.content.decode()


def test_a_cap_for_the_total_stands_in_the_way_of_the_total(user_client, project):
    Budget.objects.create(project=project, cap=dollars("0.05"))
    shown = live(user_client, project, **TYPED)[1]
    assert amounts(shown[shown.index('id="why-not"') :])[:3] == ["$0.06", "$0.05", "$0.05"]
    assert user_client.post(page(project, "generate/"), TYPED).status_code == 422
    assert not Generation.objects.exists()


def test_a_brief_in_the_address_does_not_narrow_the_library(user_client, project, track):
    shown = user_client.get(page(project), {"text": "warm", "model": POLL}).content.decode()
    assert track.title in shown


# --- switching ---


def test_what_does_not_carry_over_is_said_and_kept_for_the_way_back(user_client, project):
    typed = {"text": "warm lo-fi", "takes": "2", "format": "flac", "bpm": "84", "loop": "on", "key": "A minor"}
    form, shown = live(user_client, project, model=POLL, seed="7", **typed)
    assert form.notes == [
        "FLAC · lossless is not available from Fake poll one. WAV · 16 bit will be used instead.",
        "Tempo (84 BPM) is not supported by Fake poll one. Describe it in the prompt instead.",
        "Key (A minor) is not supported by Fake poll one. Describe it in the prompt instead.",
        "Seamless loop is not supported by Fake poll one. Describe it in the prompt instead.",
        "Seed (7) is not supported by Fake poll one and will not be used.",
    ]
    assert (form.text, form.takes) == ("warm lo-fi", 2)
    back = dict(re.findall(r'type="hidden" name="(bpm|loop|key|seed)" value="([^"]*)"', shown))
    form, _ = live(user_client, project, model=COMPOSER, text="warm lo-fi", **back)
    values = {one.field.name: one.value for one in (*form.fields, *form.advanced)}
    assert (values["bpm"], values["loop"], values["key"], values["seed"]) == ("84", "on", "A minor", "7")
    assert form.notes == []


def test_more_takes_than_a_model_makes_become_fewer_and_it_says_so(user_client, project):
    form, _ = live(user_client, project, model=POLL, takes="5")
    assert form.takes == 3
    assert form.notes == ["Fake poll one makes at most 3 takes at a time; 5 were requested."]


# --- fallback ---


def down(key: str, why: str = "The studio’s credit there is used up.") -> None:
    accounts = ProviderAccount.objects.filter(key=key.partition("/")[0])
    accounts.update(resting_until="2099-01-01T00:00Z", last_error=why)


def test_a_chosen_model_that_is_down_is_said_at_once_and_the_others_are_a_press_away(user_client, project):
    down(POLL)
    form, shown = live(user_client, project, model=POLL)
    assert form.choice.spec.key == POLL
    notice = shown[shown.index("model-down") :].partition("</div></div>")[0]
    assert "credit there is used up" in notice
    assert re.findall(r'name="on" value="([^"]+)"', notice) == [COMPOSER, STREAM]
    form, _ = live(user_client, project, model=POLL, on=STREAM, text="warm lo-fi")
    assert (form.choice.spec.key, form.text, form.down) == (STREAM, "warm lo-fi", None)


def test_a_press_all_the_same_says_why_not(user_client, project):
    down(POLL)
    shown = live(user_client, project, model=POLL)[1]
    assert f'<input type="hidden" name="model" value="{POLL}">' in shown
    sent = {"text": "a", "takes": "1", "format": "wav", "idempotency_key": "k", "model": POLL}
    reply = user_client.post(page(project, "generate/"), sent)
    assert reply.status_code == 422
    assert "credit there is used up" in reply.content.decode()


def test_the_model_used_last_is_chosen_again_also_when_it_is_down(user_client, project):
    sent = {"text": "a", "takes": "1", "format": "wav", "idempotency_key": "k", "model": STREAM}
    user_client.post(page(project, "generate/"), sent)
    assert user_client.get(page(project)).context["form"].choice.spec.key == STREAM
    down(STREAM)
    reply = user_client.get(page(project))
    assert reply.context["form"].down.spec.key == STREAM
    assert "model-down" in reply.content.decode()


def test_nothing_is_said_of_a_model_that_is_down_but_not_chosen(user_client, project):
    down(POLL)
    form, shown = live(user_client, project, model=COMPOSER)
    assert form.down is None
    assert "model-down" not in shown
    assert "credit there is used up" in shown  # on its own card


def test_in_a_comparison_the_one_that_is_down_is_left_out_and_said(user_client, project):
    down(POLL)
    form, shown = live(user_client, project, **TYPED)
    assert [choice.spec.key for choice in form.chosen] == [COMPOSER, STREAM]
    assert "model-down" in shown


def test_a_failed_card_offers_the_others_and_the_form_hears_of_it(user_client, project, ask):
    failed = ask("warm lo-fi", model=POLL)
    Generation.objects.filter(pk=failed.pk).update(state=State.FAILED, error_message="No credit.")
    down(POLL)
    reply = user_client.get(page(project, "running/"))
    assert "models-changed" in reply.headers["HX-Trigger"]
    links = re.findall(r"\?again=([\w-]+)&amp;on=([\w%/]+)", reply.content.decode())
    assert links == [(failed.public_id, "composer%2Fstudio"), (failed.public_id, "fakestream%2Fone")]
    form = user_client.get(page(project), {"again": failed.public_id, "on": STREAM}).context["form"]
    assert (form.choice.spec.key, form.text, form.down) == (STREAM, "warm lo-fi", None)
    assert "models-changed" not in user_client.get(page(project, "running/"), {"down": POLL}).headers["HX-Trigger"]
