"""Available models, prices, the balance and the payments."""

import jsonschema
import pytest

from generator.currency import dollars
from generator.models import LedgerEntry
from generator.services.billing import ledger
from generator.services.billing.budgets import tightest
from generator.services.team.api_keys import home
from tests.api.wavespeed.conftest import BGM_PATH, REGISTER_PATH, STEMS_PATH
from tests.conftest import BGM, COMPOSER, MUSIC, POLL

GOOD = {"prompt": "warm lo-fi, 6 s"}


def test_the_catalogue_lists_what_would_be_answered_with_its_schema(program, paid_providers):
    listed = {model["model_id"]: model for model in program().get("models")}
    assert {BGM_PATH, COMPOSER, MUSIC, REGISTER_PATH, STEMS_PATH} <= set(listed)
    assert [model["sort_order"] for model in listed.values()] == list(range(1, len(listed) + 1))
    model = listed[BGM_PATH]
    assert (model["base_price"], model["type"]) == (0.03, "text-to-audio")
    schema = model["api_schema"]["api_schemas"][0]["request_schema"]
    assert schema["required"] == ["prompt"]
    assert schema["x-order-properties"] == ["prompt", "number_of_songs", "output_format", "instrumental_id"]
    assert schema["properties"]["number_of_songs"] | {"description": ""} == {
        "type": "integer",
        "description": "",
        "default": 1,
        "minimum": 1,
        "maximum": 3,
    }
    assert schema["properties"]["output_format"]["enum"] == ["mp3", "wav", "flac"]
    assert schema["additionalProperties"] is False


def test_every_schema_is_one_and_agrees_with_the_door(program, paid_providers):
    ours = program()
    for model in ours.get("models"):
        schema = model["api_schema"]["api_schemas"][0]["request_schema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        if model["type"] == "text-to-audio" and "lyrics" not in schema["properties"]:
            jsonschema.validate(GOOD, schema)
            assert ours.post(model["model_id"], GOOD)["model"] == model["model_id"]


def test_a_stand_in_is_listed_under_the_vendors_names_at_its_own_price(program):
    assert BGM_PATH not in [model["model_id"] for model in program().get("models")]
    listed = {model["model_id"]: model for model in program(model_override=COMPOSER).get("models")}
    assert listed[BGM_PATH]["base_price"] == 0


def test_corrections_of_the_operator_change_the_path_and_its_fields(program, paid_providers):
    row = ledger.Generation._meta.get_field("model").related_model.objects.get(key=BGM)
    row.corrections = {"path": "mureka-ai/mureka-v7.7/generate-bgm", "takes_max": 2}
    row.save()
    ours = program()
    assert ours("POST", BGM_PATH, GOOD)[0] == 404
    assert ours("POST", "mureka-ai/mureka-v7.7/generate-bgm", GOOD | {"number_of_songs": 3})[0] == 400
    assert ours.post("mureka-ai/mureka-v7.7/generate-bgm", GOOD)["model"] == "mureka-ai/mureka-v7.7/generate-bgm"


def test_quotes_of_both_generations(program, paid_providers):
    ours = program()
    quote = ours.post("model/price", model_id=BGM_PATH, inputs={"number_of_songs": 3, "prompt": "x"})
    assert (quote["price"], quote["discounted_price"], quote["currency"]) == (0.09, 0.09, "USD")
    assert ours.post("model/pricing", model_id=BGM_PATH) == {
        "model_id": BGM_PATH,
        "unit_price": 0.03,
        "currency": "USD",
    }
    assert ours("POST", "model/price", {"model_id": "no/such"})[0] == 404
    assert ours("POST", "model/price", {"model_id": BGM_PATH, "inputs": []})[0] == 400
    assert ours("POST", "model/price", {"model_id": BGM_PATH, "inputs": {"number_of_songs": 9}})[0] == 400


def test_the_balance_is_what_the_tightest_cap_leaves(program, priced, user):
    assert program().get("balance") == {"balance": 1_000_000.0}
    priced(POLL, "0.05")
    ours = program(cap=dollars("1.00"))
    ours.post(POLL, GOOD | {"number_of_songs": 2})
    assert ours.get("balance") == {"balance": 0.9}
    assert tightest(user, home(user)) is None


def test_the_webhook_secret_is_the_keys_own(program):
    one, other = program(), program()
    assert one.get("webhook/secret") == {"secret": one.key.webhook_secret}
    assert one.get("webhook/secret") != other.get("webhook/secret")


@pytest.fixture
def paid(program, paid_providers, run_background):
    """A program that has bought two takes at $0.03 and was refunded $0.01."""
    ours = program()
    ours.id = ours.post(BGM_PATH, prompt="warm lo-fi", number_of_songs=2)["id"]
    run_background()
    charge = LedgerEntry.objects.get(kind=LedgerEntry.Kind.CHARGE)
    ledger.book(
        LedgerEntry.Kind.CREDIT,
        dollars("0.01"),
        project=charge.project,
        user=charge.user,
        generation=charge.generation,
        model_key=charge.model_key,
        reason="a refund",
    )
    return ours


def test_bills_are_the_ledger_in_their_words(paid):
    found = paid.post("billings/search", page=1, page_size=10)
    assert [(line["billing_type"], line["price"]) for line in found["items"]] == [("refund", 0.01), ("deduct", 0.06)]
    assert found["items"][1]["prediction"] == {"uuid": paid.id, "model_uuid": BGM_PATH, "status": "completed"}
    assert (found["page"], found["has_more"]) == (1, False)
    assert len({line["uuid"] for line in found["items"]}) == 2
    page = paid.post("billings/search", page=1, page_size=1)
    assert (len(page["items"]), page["has_more"]) == (1, True)
    for narrow, count in (
        ({"billing_type": "refund"}, 1),
        ({"billing_type": "recharge"}, 0),
        ({"model_uuid": BGM_PATH}, 2),
        ({"model_uuid": COMPOSER}, 0),
        ({"access_key_uuid": paid.key.public_id}, 2),
        ({"access_key_uuid": "other"}, 0),
        ({"start_time": "2020-01-01T00:00:00Z", "end_time": "2020-02-01T00:00:00Z"}, 0),
    ):
        assert len(paid.post("billings/search", narrow)["items"]) == count, narrow


def test_usage_adds_up(paid):
    found = paid.post("user/usage_stats")
    assert found["summary"] == {"amount": 0.05, "count": 1}
    assert found["per_model_usage"] == [{"model_uuid": BGM_PATH, "amount": 0.05, "count": 1}]
    assert [(day["amount"], day["count"]) for day in found["daily_usage"]] == [(0.05, 1)]
    none = paid.post("user/usage_stats", start_time="2020-01-01T00:00:00Z", end_time="2020-02-01T00:00:00Z")
    assert none == {"per_model_usage": [], "daily_usage": [], "summary": {"amount": 0.0, "count": 0}}


def test_a_stranger_sees_none_of_it(paid, program, stranger):
    other = program(who=stranger)
    assert other.post("billings/search")["items"] == []
    assert other.post("user/usage_stats")["daily_usage"] == []
