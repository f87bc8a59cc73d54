"""What an operator is offered of WaveSpeed's catalog: each entry as a spec with its price, and what is doubted."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.currency import Micros
from generator.messages import Message
from generator.messages import gettext_noop as _
from generator.price_formula import BASE, TAKES, FormulaError, read_formula
from generator.providers.base import Kind, ModelSpec, Value
from generator.providers.importing import Offer
from generator.providers.wavespeed import catalog_entry
from generator.providers.wavespeed.body import RECIPES
from generator.providers.wavespeed.catalog_entry import FrozenEntry, NotUsable
from generator.providers.wavespeed.catalog_model import (
    FORMAT,
    FORMATS,
    MUSIC_TYPES,
    SPOKEN,
    CatalogModel,
    texts_without_limit,
)
from generator.providers.wavespeed.models import LICENSE

UNVERIFIED = _(
    "Fields, limits, and price are WaveSpeed’s own description as the studio read it. WaveSpeed is asked for its price "
    "before anything is sent."
)
_BUILT_IN = {recipe.path: key for key, recipe in RECIPES.items()}


def offer(raw: Any, base_url: str) -> Offer:
    """Return what the studio makes of an entry as the vendor sent it; never raises."""
    try:
        entry = catalog_entry.freeze(raw, base_url)
    except NotUsable as error:
        return _unusable(raw, error)
    return frozen_offer(entry.frozen)


def _unusable(raw: Any, error: NotUsable) -> Offer:
    try:
        path = catalog_entry.path_of(raw, {}) if isinstance(raw, Mapping) else ""
    except NotUsable:
        path = ""
    kind = raw.get("type") if isinstance(raw, Mapping) else ""
    return Offer(path, title_of(path), kind=kind[:40] if isinstance(kind, str) else "", problem=error.sentence)


def frozen_offer(frozen: Mapping[str, Any], checked: str = "") -> Offer:
    """Return what the studio makes of a frozen entry; `checked`: the day on which an operator accepted it."""
    model = CatalogModel(frozen)
    facts: dict[str, Any] = {
        "kind": str(frozen.get("type", "")),
        "summary": _summary(str(frozen.get("description", ""))),
        "entry": frozen,
        "digest": FrozenEntry(frozen).digest,
    }
    title = title_of(model.path)
    try:
        if model.path in _BUILT_IN:
            raise NotUsable(Message("The studio has this model already, as {key}.", key=_BUILT_IN[model.path]))
        model.check()
        price, formula, problem = _price(model)
        spec = _spec(model, title, facts["summary"], price, formula, checked)
    except NotUsable as error:
        return Offer(model.path, title, problem=error.sentence, **facts)
    return Offer(
        model.path,
        title,
        spec=spec,
        price=price,
        formula=formula,
        doubts=tuple(_doubts(model, spec, problem)),
        left_out=model.left_out,
        is_music=_is_music(model),
        **facts,
    )


def title_of(path: str) -> str:
    """Return a title made of a path: “google/lyria-3-clip/music” is “Lyria 3 Clip Music (Google)”."""
    vendor, _slash, name = path.partition("/")
    words = name.replace("/", " ").replace("-", " ").replace("_", " ").split()
    shown = " ".join(word if any(letter.isupper() for letter in word) else word.capitalize() for word in words)
    suffix = f" ({vendor.replace('-', ' ').title()})" if vendor else ""
    return f"{shown[: 79 - len(suffix)]}{suffix}"[:80] or "?"


def _summary(description: str) -> str:
    sentence = description.partition(". ")[0].rstrip(".")
    return f"{sentence}." if sentence and len(sentence) < 160 else sentence[:160]


def _spec(model: CatalogModel, title: str, summary: str, price: Micros | None, formula: str, checked: str) -> ModelSpec:
    return ModelSpec(
        key=f"wavespeed/{model.path}",
        title=title,
        summary=summary,
        prompt_limit=model.prompt_limit,
        takes_max=model.takes_max,
        formats=tuple(model.formats) or ("mp3",),
        list_price=price if price is not None else Micros(0),
        price_formula=formula,
        prompt_name=model.prompt.name,
        takes_name=model.takes.name if model.takes else "",
        fields=tuple(setting.field for setting in model.settings),
        unverified=UNVERIFIED,
        license=LICENSE,
        checked=checked,
        instrumental=model.is_instrumental,
        imported=model,
    )


def _price(model: CatalogModel) -> tuple[Micros | None, str, str]:
    """Return the base price and the formula, or why the price of this model is unknown."""
    base = catalog_entry.base_price_of(model.entry)
    if base is None:
        return None, "", _("Its base price cannot be read.")
    formula = str(model.entry.get("formula") or "").strip()
    if not formula:  # the base price is that of one call, whatever it makes
        return base, BASE if model.takes_max > 1 else "", ""
    try:
        read_formula(formula).total(base, {**_example(model), TAKES: 1})
    except FormulaError as error:
        return None, "", Message("The studio cannot compute its price: {reason}.", reason=str(error))
    return base, formula, ""


def _example(model: CatalogModel) -> dict[str, Any]:
    """Return values of a request in which every required field is filled in."""
    settings: dict[str, Value] = {}
    for setting in model.settings:
        field = setting.field
        if setting.property.is_required and field.default is None:
            number = int(field.minimum or 0) if field.kind == Kind.WHOLE else field.minimum or 0.0
            texts: dict[Kind, Value] = {Kind.WORDS: "x", Kind.CHOICE: field.choices[0][0] if field.choices else ""}
            settings[field.name] = texts.get(field.kind, number)
    return model.values(settings, 1, "x" * max(model.prompt.min_chars, 1))


def _is_music(model: CatalogModel) -> bool:
    """Return whether an entry looks like a music, song, or sound effect model that needs no file."""
    names = [item.name for item in model.properties]
    speaks = any(name == SPOKEN[0] or name.startswith(SPOKEN[1:]) for name in names)
    return str(model.entry.get("type")) in MUSIC_TYPES and not speaks


def _doubts(model: CatalogModel, spec: ModelSpec, price_problem: str) -> Iterator[str]:
    """Yield what the operator should know."""
    if price_problem:
        yield price_problem
    if model.correction.note:
        yield model.correction.note
    if names := ", ".join(item.name for item in texts_without_limit(model)):
        yield Message("The vendor names no limit for the text of {names}; 2,000 characters are assumed.", names=names)
    schema_names = {item.name for item in model.properties}
    if unknown := ", ".join(sorted(model.formula_names - schema_names - {TAKES})):
        yield Message("The formula of the price uses {names}, which the request does not have.", names=unknown)
    if not model.formats:
        yield _("The format is not fixed: MP3 is expected, and each file is recognized when it arrives.")
    elif left := ", ".join(str(value) for value in _other_formats(model)):
        yield Message("Formats that the studio does not offer: {formats}.", formats=left)
    if not spec.instrumental:
        yield _("It may sing: nothing in the request promises music without a voice.")
    if model.left_out:
        yield Message("Fields that are not offered: {names}.", names=", ".join(model.left_out))
    if not _is_music(model):
        yield _("It does not look like a music model.")


def _other_formats(model: CatalogModel) -> list[Value]:
    item = next(item for item in model.properties if item.name == FORMAT)
    return [value for value in item.choices if str(value) not in FORMATS]
