"""No control changes its meaning in place: a control with another effect is another element, also for morphing."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from generator.models import State
from generator.services.generation.cancellation import cancel
from tests.conftest import COMPOSER, POLL
from tests.web.generation.test_running import cards, put  # noqa: F401

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Everything that is swapped by morphing, with its includes.
MORPHED = {
    *("studio/_running.html", "studio/_comparing.html", "studio/_live.html", "studio/_picker.html", "studio/_api.html"),
    *("studio/_understood.html", "studio/_model_picker.html", "studio/_more.html"),
    *("studio/_batch.html", "studio/_kit.html", "studio/_save_preset.html", "studio/_presets.html"),
    *("studio/_job_active.html", "studio/_job_ended.html", "studio/_picker_state.html", "studio/_field.html"),
    *("studio/_library_list.html", "studio/_rows.html", "compare/_candidates.html", "compare/_candidate.html"),
    *("compare/_blind_row.html", "tracks/_versions.html", "tracks/_stems.html", "tracks/_stem.html"),
    *("tracks/_stem_separation.html", "studio/_preset_list.html"),
    *(f"finishing/_{name}.html" for name in ("room", "form", "preview", "save", "made", "made_row", "voice", "owned")),
    *("packs/_pack.html", "packs/_share.html"),
    "finishing/_grid.html",
    "studio/_tour.html",
    "tracks/_mixer.html",
    "uploads/_list.html",
    "uploads/_stems.html",
}
TAG = re.compile(r"<(form|button)\b(?:[^>{]|\{\{.*?\}\}|\{%.*?%\}|\{)*>")
PLAIN = re.compile(r'type="button"|formaction="{% url \'create-live\' project.public_id %}" formnovalidate>')


class Controls(HTMLParser):
    """Elements that send a request, by id: the address and the data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.form = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag == "form":
            self.form = of["action"]
            self.found[of["id"]] = self.form
        elif tag == "button" and of.get("type") != "button" and "id" in of:
            self.found[of["id"]] = f"{of.get('formaction', self.form)} {of.get('name')}={of.get('value')}"


def test_everything_that_is_morphed_is_looked_at():
    swapped = set()
    for file in TEMPLATES.rglob("*.html"):
        text = file.read_text()
        swapped |= set(re.findall(r'hx-target="#([\w-]+)" hx-swap="morph', text))
        if re.search(r'hx-target="this" hx-swap="morph', text):
            swapped.add(re.search(r'id="([\w-]+)"', text)[1])
    inside = {found for name in MORPHED for found in re.findall(r'id="([\w-]+)"', (TEMPLATES / name).read_text())}
    assert swapped <= inside


@pytest.mark.parametrize("name", sorted(MORPHED))
def test_a_control_in_a_morphed_part_has_a_name_of_its_own(name):
    text = (TEMPLATES / name).read_text()
    tags = list(TAG.finditer(text))
    assert [tag[0][:120] for tag in tags if tag[1] == "form" and " id=" not in tag[0]] == []
    for tag in tags:
        in_form = text.rfind("<form", 0, tag.start()) > text.rfind("</form", 0, tag.start())
        if tag[1] == "button" and not in_form:
            assert " id=" in tag[0] or PLAIN.search(tag[0]), tag[0]


def test_one_name_one_action_through_every_state_of_a_run(user_client, ask, cards):  # noqa: F811
    actions: dict[str, str] = {}
    for model in (COMPOSER, POLL):
        generation = ask(model=model)
        for state in (*State.active(), State.IN_DOUBT, State.FAILED, State.CANCELLED):
            put(generation, state)
            for name, action in Controls(cards()).found.items():
                assert actions.setdefault(name, action) == action
    public_ids = {name.partition("-")[0] for name in actions}
    assert public_ids == {"cancel", "retry", "dismiss"}
    assert len(set(actions.values())) == len(actions)


def test_a_cancelled_run_offers_to_try_again_under_another_name(user, ask, cards):  # noqa: F811
    generation = ask()
    before = set(Controls(cards()).found)
    cancel(generation, user)
    assert before.isdisjoint(Controls(cards()).found)
