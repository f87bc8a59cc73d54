"""What there is: the caller, their projects, the models, what something would cost, and the prompts of a project."""

from django.http import HttpRequest
from ninja import Query, Router

from generator import access, workflow
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller, find_project, project_of
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.billing import spend
from generator.models import ApiKey
from generator.providers.base import Field
from generator.workflow.catalogue import ModelChoice

router = Router(tags=["What there is"])


@router.get("/me", response=schemas.MeOut, summary="Whose key this is, and what it may")
def me(request: HttpRequest):
    user = caller(request)
    key = user.acting_with
    assert key is not None
    return schemas.MeOut(email=user.email, name=user.label, key=_key(key), home=workflow.keys.home(user).ref)


def _key(key: ApiKey) -> schemas.KeyOut:
    spent = spend.of_keys([key.pk], spend.this_month()).get(key.pk, 0)
    cap = key.budget.cap if hasattr(key, "budget") else None
    return schemas.KeyOut(
        id=key.ref,
        name=key.name,
        prefix=key.prefix,
        scope=key.scope,  # type: ignore[arg-type]
        project=key.project.ref if key.project else None,
        expires_at=key.expires_at,
        cap_usd=shown.some_usd(cap),
        spent_usd=shown.usd(spent),
    )


# --- models ---


@router.get("/models", response=Page[schemas.ModelOut], summary="Models that can be asked, with fields and prices")
def list_models(
    request: HttpRequest, project: str = Query("", max_length=16, description="As this project offers them.")
):
    choices = workflow.catalogue.models()
    if project:
        choices = workflow.house.offered(workflow.house.style_of(find_project(request, project)), choices)
    return {"items": [_model(choice) for choice in choices], "next": None}


@router.get("/models/{path:model_key}", response=schemas.ModelOut, summary="One model, such as composer/studio")
def get_model(request: HttpRequest, model_key: str):
    choice = workflow.catalogue.choice(model_key.removesuffix("/"))
    if choice is None:
        raise Problem(404, "The studio offers no such model.")
    return _model(choice)


def _model(choice: ModelChoice) -> schemas.ModelOut:
    spec = choice.spec
    return schemas.ModelOut(
        key=spec.key,
        title=spec.title,
        summary=spec.summary,
        available=choice.available,
        reason=choice.reason,
        is_local=choice.is_local,
        price_usd=shown.usd(choice.price.per_take),
        price_is_estimate=choice.price.is_estimate,
        prompt_limit=spec.prompt_limit,
        takes_default=spec.takes_default,
        takes_max=spec.takes_max,
        formats=list(spec.formats),
        usual=choice.usual,
        licence=spec.licence,
        fields=[shown_field(field) for field in spec.fields],
    )


def shown_field(field: Field) -> schemas.FieldOut:
    facts = ("name", "label", "help", "minimum", "maximum", "unit", "default", "purpose")
    choices = [key for key, _ in field.choices]
    return schemas.FieldOut(kind=field.kind.value, choices=choices, **{name: getattr(field, name) for name in facts})


@router.post("/price", response=schemas.PriceOut, summary="What it would cost, and whether it could be had")
def price(request: HttpRequest, ask: schemas.PriceAsk):
    user = caller(request)
    takes = dict.fromkeys(ask.models, ask.takes)
    quote = workflow.quote_many(user, project_of(user, ask.project), takes)
    return schemas.PriceOut(
        total_usd=shown.usd(quote.total),
        per_take_usd=shown.usd(quote.per_take),
        is_estimate=quote.is_estimate,
        left_usd=shown.some_usd(quote.left),
        left_after_usd=shown.some_usd(quote.left_after),
        cap=quote.cap_name,
        refusal=quote.refusal,
    )


# --- prompts ---


@router.get("/prompts", response=Page[schemas.PromptOut], summary="What was asked for, with its settings")
def list_prompts(request: HttpRequest, wanted: Query[Wanted], project: str = Query("", max_length=16)):
    rows = _prompts(request).filter(project=find_project(request, project)) if project else _prompts(request)
    return page(rows, wanted, shown.prompt)


@router.get("/prompts/{prompt_id}", response=schemas.PromptOut, summary="One prompt")
def get_prompt(request: HttpRequest, prompt_id: str):
    found = _prompts(request).filter(ref=prompt_id).first()
    if found is None:
        raise Problem(404, "There is no such prompt for this key.")
    return shown.prompt(found)


def _prompts(request: HttpRequest):
    return access.prompts(caller(request)).select_related("project", "author")
