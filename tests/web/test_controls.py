"""No control changes its meaning under a finger: what does something else is another element, for morphing too."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from generator.models import State
from generator.workflow import cancel
from tests.conftest import COMPOSER, POLL
from tests.web.test_jobs import cards, put  # noqa: F401

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# Everything that is swapped by morphing, with what it includes.
MORPHED = {
    *("studio/_running.html", "studio/_comparing.html", "studio/_live.html", "studio/_picker.html", "studio/_api.html"),
    *("studio/_library_list.html", "studio/_rows.html", "compare/_candidates.html", "compare/_candidate.html"),
    *("compare/_blind_row.html", "tracks/_versions.html", "tracks/_stems.html", "studio/_field.html"),
}
TAG = re.compile(r"<(form|button)\b(?:[^>{]|\{\{.*?\}\}|\{%.*?%\}|\{)*>")
PLAIN = re.compile(r'type="button"|formaction="{% url \'create-live\' project.ref %}" formnovalidate>')


class Controls(HTMLParser):
    """What sends something, by its id: where to, and with what."""

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


def test_one_name_one_action_through_every_state_of_a_run(browser, ask, cards):  # noqa: F811
    actions: dict[str, str] = {}
    for model in (COMPOSER, POLL):
        generation = ask(model=model)
        for state in (*State.active(), State.IN_DOUBT, State.FAILED, State.CANCELLED):
            put(generation, state)
            for name, action in Controls(cards()).found.items():
                assert actions.setdefault(name, action) == action
    refs = {name.partition("-")[0] for name in actions}
    assert refs == {"cancel", "retry", "dismiss"}
    assert len(set(actions.values())) == len(actions)


def test_a_cancelled_run_offers_to_try_again_under_another_name(user, ask, cards):  # noqa: F811
    generation = ask()
    before = set(Controls(cards()).found)
    cancel(generation, user)
    assert before.isdisjoint(Controls(cards()).found)
