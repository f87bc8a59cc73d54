"""docs/providers.md describes the code: every name, every price, every error, and nothing that no longer exists."""

import re

import pytest

from generator import currency
from generator.models.generation import State
from generator.providers import errors
from generator.providers.acestep import client as acestep_client
from generator.providers.builtin.client import provider as composer
from generator.providers.connectors import providers as connectors
from generator.providers.elevenlabs import client as elevenlabs_client
from generator.providers.soundverse import client as soundverse_client
from generator.providers.wavespeed import client
from tests.management.tree import ROOT

PAGE = (ROOT / "docs" / "providers.md").read_text()
REMOTE = {
    "WAVESPEED": client.provider(),
    "SOUNDVERSE": soundverse_client.provider(),
    "ACESTEP": acestep_client.provider(),
    "ELEVENLABS": elevenlabs_client.provider(),
    **{connector.key.upper(): connector for connector in connectors()},
}
SPECS = [spec for provider in REMOTE.values() for spec in provider.models]
NAMES = {f"{prefix}_{name}" for prefix in REMOTE for name in ("API_KEY", "BASE_URL")} | {
    f"{prefix}_{name.upper()}" for prefix, provider in REMOTE.items() for name in provider.extra
}
FORM = ("text", "model", "takes", "format", "idempotency_key", "again", "add", "use", "action", "csrfmiddlewaretoken")


def test_every_name_of_the_environment_is_described_and_none_that_is_gone():
    assert set(re.findall(r"^\| `([A-Z_]+)` \| \S", PAGE, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("name", sorted({name for provider in REMOTE.values() for name in provider.extra}))
def test_every_setting_of_an_account_is_described(name):
    assert re.search(rf"^\| `\w+` \| `{name}` \| \S", PAGE, re.MULTILINE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_every_model_and_its_first_price_are_described(spec):
    about = "about " if spec.price_is_estimate else ""
    price = rf"\${currency.plain(spec.list_price).rstrip('0').rstrip('.')}" if spec.list_price else "free"
    price = "no price" if spec.list_price is None else price
    assert re.search(rf"^\| `{re.escape(spec.key)}` \| {about}{price} \| \S.* \| \S", PAGE, re.MULTILINE)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_every_model_says_whether_it_was_tried_live(spec):
    (row,) = re.findall(rf"^\| `{re.escape(spec.key)}` \|.*\|$", PAGE, re.MULTILINE)
    assert re.fullmatch(r"never|\d{4}-\d\d-\d\d", row.split("|")[-2].strip())


@pytest.mark.parametrize(
    "error", ["Rejected", "Busy", "OperatorMustAct", "PriceChanged", "Failed", "InDoubt"], ids=lambda name: name
)
def test_every_error_is_described(error):
    assert issubclass(getattr(errors, error), errors.ProviderError)
    assert f"| `{error}` |" in PAGE


@pytest.mark.parametrize(
    "heading", ["WaveSpeed", "Soundverse", "Soundverse: framing", "ElevenLabs", "Webhooks", "Adding a provider"]
)
def test_the_headings_that_the_code_cites_are_there(heading):
    assert re.search(rf"^#+ {heading}$", PAGE, re.MULTILINE)


def test_a_doubt_is_called_what_the_pages_call_it():
    assert f"| {State.IN_DOUBT.label.lower()} |" in PAGE


@pytest.mark.parametrize("spec", [*SPECS, *composer().models], ids=lambda spec: spec.key)
def test_no_field_of_a_model_has_a_name_of_the_forms_own(spec):
    """Soundverse's engine was once called `model`: the form sent it the studio's own key, and it was always refused."""
    assert not {field.name for field in spec.fields} & set(FORM)
