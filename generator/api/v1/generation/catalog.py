"""The catalog: the caller and their projects, the models, prices, and the prompts of a project."""

from collections.abc import Mapping
from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from generator import permissions
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import find_project, project_of, user_of
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.problems import Problem
from generator.models import ApiKey, Project, Prompt
from generator.providers.base import Field, Kind
from generator.services.billing.reports import spend
from generator.services.generation import submit
from generator.services.model_choice import track_record
from generator.services.model_choice.track_record import TrackRecord
from generator.services.provider_jobs import catalog
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import api_keys, project_defaults
from generator.translation import translate

router = Router(tags=["Catalog"])


@router.get("/me", response=schemas.MeOut, summary="Get the API key and its owner")
def get_me(request: HttpRequest) -> schemas.MeOut:
    user = user_of(request)
    key = user.api_key
    assert key is not None
    return schemas.MeOut(
        email=user.email, name=user.label, api_key=_api_key_out(key), default_project=api_keys.home(user).public_id
    )


def _api_key_out(key: ApiKey) -> schemas.ApiKeyOut:
    spent = spend.of_keys([key.pk], spend.this_month()).get(key.pk, 0)
    cap = key.budget.cap if hasattr(key, "budget") else None
    return schemas.ApiKeyOut(
        id=key.public_id,
        name=key.name,
        prefix=key.prefix,
        scope=cast(schemas.KeyScope, key.scope),
        project=key.project.public_id if key.project else None,
        expires_at=key.expires_at,
        budget_usd=serializers.optional_usd(cap),
        spent_usd=serializers.usd(spent),
    )


# --- models ---


@router.get("/models", response=Page[schemas.ModelOut], summary="List models with their fields and prices")
def list_models(
    request: HttpRequest,
    project: str = Query("", max_length=16, description="Only the models that this project allows."),
) -> PageContent[schemas.ModelOut]:
    choices = catalog.models()
    used_in = find_project(request, project) if project else _default_project(request)
    if project and used_in:
        choices = project_defaults.offered(project_defaults.defaults_of(used_in), choices)
    records = track_record.records_of(used_in) if used_in else {}
    return {"items": [_model_out(choice, used_in, records) for choice in choices], "next_cursor": None}


@router.get("/models/{path:model_id}", response=schemas.ModelOut, summary="Get a model, such as composer/studio")
def get_model(request: HttpRequest, model_id: str) -> schemas.ModelOut:
    choice = catalog.choice(model_id.removesuffix("/"))
    if choice is None:
        raise Problem(404, "Model not found.")
    used_in = _default_project(request)
    return _model_out(choice, used_in, track_record.records_of(used_in) if used_in else {})


def _default_project(request: HttpRequest) -> Project | None:
    """Return the default project of the key; None if it is no longer accessible."""
    user = user_of(request)
    return permissions.projects(user).filter(pk=api_keys.home(user).pk).first()


def _model_out(choice: ModelChoice, project: Project | None, records: Mapping[str, TrackRecord]) -> schemas.ModelOut:
    spec = choice.spec
    return schemas.ModelOut(
        id=spec.key,
        title=spec.title,
        summary=translate(spec.summary),
        available=choice.available,
        unavailable_reason=choice.reason,
        is_local=choice.is_local,
        price_usd=serializers.optional_usd(choice.per_take),
        price_formula=choice.price.formula,
        price_is_estimate=choice.price.is_estimate,
        prompt_limit=spec.prompt_limit,
        takes_default=spec.takes_default,
        takes_max=spec.takes_max,
        batch_takes_max=spec.takes_offered,
        can_cancel=choice.can_cancel,
        formats=list(spec.formats),
        typical_duration=choice.usual,
        license=spec.license,
        fields=[field_out(field) for field in spec.fields],
        track_record=_track_record_out(records.get(spec.key, TrackRecord()), project) if project else None,
    )


def _track_record_out(record: TrackRecord, project: Project) -> schemas.TrackRecordOut:
    return schemas.TrackRecordOut(
        project=project.public_id,
        takes=record.takes,
        kept=record.kept,
        spent_usd=serializers.usd(record.spent),
        cost_per_kept_usd=serializers.optional_usd(record.cost_per_kept),
        comparisons=record.decided,
        wins=record.won,
        elo=record.elo,
    )


# Kind of a field → its name in this API; the others have the same name.
_KINDS = {Kind.WHOLE: "integer", Kind.WORDS: "text", Kind.SWITCH: "boolean"}


def field_out(field: Field) -> schemas.FieldOut:
    facts = ("name", "label", "help", "minimum", "maximum", "unit", "default", "purpose")
    choices = [key for key, _ in field.choices]
    kind: Any = _KINDS.get(field.kind, field.kind.value)
    return schemas.FieldOut(kind=kind, choices=choices, **{name: getattr(field, name) for name in facts})


@router.post("/quotes", response=schemas.QuoteOut, summary="Quote a price")
def create_quote(request: HttpRequest, ask: schemas.QuoteIn) -> schemas.QuoteOut:
    """What a request would cost now, what the budgets leave, and whether it would be refused. Nothing is stored."""
    user = user_of(request)
    specs = [submit.choice_of(key).spec for key in ask.models]
    wanted = [submit.Wanted(spec.key, ask.takes, submit.clean_settings(spec, ask.settings), ask.text) for spec in specs]
    quote = submit.quote_many(user, project_of(user, ask.project), wanted)
    return schemas.QuoteOut(
        total_usd=serializers.usd(quote.total),
        per_take_usd=serializers.usd(quote.per_take),
        is_estimate=quote.is_estimate,
        remaining_usd=serializers.optional_usd(quote.left),
        remaining_after_usd=serializers.optional_usd(quote.left_after),
        budget=quote.cap_name,
        unavailable_reason=quote.refusal,
    )


# --- prompts ---


@router.get("/prompts", response=Page[schemas.PromptOut], summary="List prompts, newest first")
def list_prompts(
    request: HttpRequest, query: Query[PageQuery], project: str = Query("", max_length=16)
) -> PageContent[schemas.PromptOut]:
    rows = _prompts(request).filter(project=find_project(request, project)) if project else _prompts(request)
    return page(rows, query, serializers.prompt)


@router.get("/prompts/{prompt_id}", response=schemas.PromptOut, summary="Get a prompt")
def get_prompt(request: HttpRequest, prompt_id: str) -> schemas.PromptOut:
    prompt = _prompts(request).filter(public_id=prompt_id).first()
    if prompt is None:
        raise Problem(404, "Prompt not found, or not accessible with this key.")
    return serializers.prompt(prompt)


def _prompts(request: HttpRequest) -> QuerySet[Prompt]:
    return permissions.prompts(user_of(request)).select_related("project", "author")
