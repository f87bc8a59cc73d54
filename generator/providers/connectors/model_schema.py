"""The models in a connector: what the form asks for, what the API calls it, and what it costs."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from generator.audio import FORMATS
from generator.currency import Micros, NotAnAmount, dollars
from generator.price_formula import MAX_FORMULA_CHARS, TAKES, FormulaError, read_formula

# Names of the form's own fields (`generator.web.create.model_fields.OWN`, which may have more).
FORM_NAMES = frozenset(("text", "model", "takes", "format", "idempotency_key", "again", "add", "action"))
BUILT_IN = frozenset(("prompt", "takes", "format", "path", "inputs", "our_id", "our_uuid", "base", "id", "item"))
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, Field(max_length=500)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FormField(Part):
    name: Name
    kind: Literal["whole", "number", "choice", "words", "levels", "switch"]
    label: str = Field(min_length=1, max_length=60)
    help: Words = ""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = Field("", max_length=20)
    choices: list[tuple[str, str]] = Field([], max_length=200)
    default: str | int | float | bool | None = None
    advanced: bool = False

    @field_validator("choices", mode="before")
    @classmethod
    def _pairs(cls, choices: Any) -> Any:
        if isinstance(choices, list):
            return [(item, item) if isinstance(item, str) else tuple(item) if isinstance(item, list) else item
                    for item in choices]  # fmt: skip
        return choices

    @model_validator(mode="after")
    def _fits(self) -> "FormField":
        if self.name in FORM_NAMES | BUILT_IN:
            raise ValueError(f"a field may not be called “{self.name}”")
        if self.kind in ("whole", "number", "words", "levels") and self.maximum is None:
            raise ValueError("needs a maximum")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("the minimum is above the maximum")
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("choices are for fields of the kind “choice”, which need them")
        if self.default is not None:
            self._check_default(self.default)
        return self

    def _check_default(self, value: str | float | bool) -> None:
        if self.kind in ("whole", "number"):
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            fits = fits and (self.kind == "number" or value == int(value))
            fits = fits and (self.minimum is None or float(value) >= self.minimum)
            fits = fits and (self.maximum is None or float(value) <= self.maximum)
        elif self.kind == "switch":
            fits = isinstance(value, bool)
        elif self.kind == "choice":
            fits = value in [key for key, _ in self.choices]
        else:
            fits = isinstance(value, str)
        if not fits:
            raise ValueError("the default is not a value of this field")


class ListPrice(Part):
    """Dollars per take, or the `base_price` of the formula; dated, because prices change."""

    usd: str
    formula: str = Field("", max_length=MAX_FORMULA_CHARS)
    is_estimate: bool = False
    checked: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    source: Words = ""

    @field_validator("usd")
    @classmethod
    def _is_amount(cls, text: str) -> str:
        try:
            if dollars(text) < 0:
                raise ValueError("a price is not below zero")
        except NotAnAmount as error:
            raise ValueError(str(error)) from None
        return text

    @field_validator("formula")
    @classmethod
    def _is_formula(cls, text: str) -> str:
        try:
            if text:
                read_formula(text)
        except FormulaError as error:
            raise ValueError(f"cannot be used: {error}") from None
        return text

    @property
    def micros(self) -> Micros:
        return dollars(self.usd)


class Model(Part):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")
    title: str = Field(min_length=1, max_length=80)
    summary: str = Field("", max_length=300)
    path: str = Field("", max_length=200, pattern=r"^[A-Za-z0-9._/:@-]*$")  # what the API calls it
    prompt_limit: int = Field(ge=1, le=100_000)
    takes_max: int = Field(1, ge=1, le=10)
    calls_max: int = Field(4, ge=1, le=10)  # of a model that makes one take: how many calls one press may make
    formats: list[str] = Field(min_length=1)
    inputs: dict[str, Any] = Field(min_length=1)
    fields: list[FormField] = Field([], max_length=40)
    price: ListPrice | None = None
    is_instrumental: bool = True
    license: str = Field("", max_length=2000)
    usual_seconds: float = Field(45.0, gt=0, le=3600)
    checked: str = Field("", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    unverified: Words = ""

    @model_validator(mode="after")
    def _fits(self) -> "Model":
        if unknown := [name for name in self.formats if name not in FORMATS]:
            raise ValueError(f"“{unknown[0][:20]}” is not one of {', '.join(FORMATS)}")
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same name")
        if self.price and self.price.formula:
            missing = read_formula(self.price.formula).names - {*names, TAKES, "prompt"}
            if missing:
                raise ValueError(f"the price uses {', '.join(sorted(missing))}, which the model does not have")
        return self
