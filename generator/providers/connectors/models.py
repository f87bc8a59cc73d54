"""The models of a connector as the studio's specs."""

from generator.providers.base import Field, Kind, ModelSpec
from generator.providers.connectors.model_schema import FormField, Model
from generator.providers.connectors.schema import Document


def specs_of(document: Document) -> tuple[ModelSpec, ...]:
    return tuple(_spec(document, model) for model in document.models)


def _spec(document: Document, model: Model) -> ModelSpec:
    price = model.price
    return ModelSpec(
        key=f"{document.key}/{model.name}",
        title=model.title,
        summary=model.summary,
        prompt_limit=model.prompt_limit,
        takes_max=model.takes_max,
        calls_max=model.calls_max if model.takes_max == 1 else 1,
        formats=tuple(model.formats),
        list_price=price.micros if price else None,
        price_formula=price.formula if price else "",
        price_is_estimate=bool(price and price.is_estimate),
        fields=tuple(_field(field) for field in model.fields),
        usual_seconds=model.usual_seconds,
        unverified=model.unverified,
        license=model.license,
        checked=model.checked,
        instrumental=model.is_instrumental,
    )


def _field(field: FormField) -> Field:
    return Field(
        field.name,
        Kind(field.kind),
        field.label,
        field.help,
        field.minimum,
        field.maximum,
        field.unit,
        tuple(field.choices),
        field.default,
        field.advanced,
    )
