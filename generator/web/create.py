"""The create pane's form: made from the specs of the chosen models and whatever was typed, sent or remembered."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from generator import workflow
from generator.audio import FORMATS
from generator.models import Project
from generator.providers.base import Field, Kind, ModelSpec
from generator.web.picking import Picker, Shown, free_pickers, picked_for, pickers
from generator.workflow.caps import Room
from generator.workflow.comparing import LEAST, MOST, settings_for
from generator.workflow.references import PICK

# What the form itself is made of; a model's field of such a name is neither shown nor read.
OWN = frozenset(
    (
        "idempotency_key",
        "expected_price",
        "text",
        "takes",
        "format",
        "model",
        "again",
        "compare",
        "comparing",
        "add",
        "on",
        "sketch",
    )
)
MAX_URL_CHARS = 2000  # of an address with a text in it; longer ones are refused on the way
MOST_CARRIED = 200  # characters of a value that is kept for a model that has its field


@dataclass(frozen=True)
class Part:
    """One model's part of the price."""

    title: str
    takes: int
    per_take: int
    is_estimate: bool
    format: str  # empty where it is the chosen one


class CreateForm:
    """What the create pane shows. One model is chosen, or several when they are to be compared."""

    def __init__(
        self,
        user,
        project: Project,
        data: QueryDict,
        refused: workflow.Refused | None = None,
        last_used: str = "",
    ) -> None:
        self.style = workflow.house.style_of(project)
        self.choices = workflow.house.offered(self.style, workflow.catalogue.models())
        self.usable = [choice for choice in self.choices if choice.available]
        self.instead = workflow.catalogue.usable(self.choices)
        self.may_compare = len(self.usable) >= LEAST
        self.comparing = self.may_compare and data.get("compare") == "on"
        self.refused = refused
        self.notes: list[str] = []
        self._choose(data, last_used)
        self.key = data.get("idempotency_key") or secrets.token_urlsafe(18)
        text = lines(data.get("text", ""))
        self.text = f"{text}, {data['add']}" if text and data.get("add") else text or data.get("add", "")
        self.again = data.get("again", "")
        self.room: Room | None = None
        if self.choice:
            specs = [choice.spec for choice in self.chosen] or [self.choice.spec]
            self._pick(user, project, data)
            self._fill(specs, data)
            self._price(user, project, specs)

    # --- which models ---

    def _choose(self, data: QueryDict, last_used: str) -> None:
        known = {choice.spec.key: choice for choice in self.choices}
        asked = data.getlist("on") or data.getlist("model")
        named = [known[key] for key in dict.fromkeys(asked) if key in known]
        self.gone = any(asked) and not named
        if not named and not any(asked):
            picked = picked_for(self.usable, data)
            named = [picked] if picked else [known[last_used]] if last_used in known else []
        self.down = next((choice for choice in named if not choice.available), None)
        if self.comparing:
            chosen = [choice for choice in named if choice.available]
            if not data.get("comparing"):  # just switched on: something to compare with
                chosen = list(dict.fromkeys((*chosen, *self.instead)))[: max(LEAST, len(chosen))]
            self.chosen = [choice for choice in self.choices if choice in chosen]
        else:
            self.chosen = (named[-1:] or self.usable or self.choices)[:1]
            self.down = self.down if self.down in self.chosen else None
        self.choice = next(iter((*self.chosen, *self.usable, *self.choices)), None)

    @property
    def is_full(self) -> bool:
        return self.comparing and len(self.chosen) >= MOST

    @property
    def title(self) -> str:
        return self.chosen[0].spec.title if len(self.chosen) == 1 else "any chosen model"

    # --- what they can be told ---

    def _fill(self, specs: Sequence[ModelSpec], data: QueryDict) -> None:
        self.added = workflow.house.added(self.style, self.text)
        asked = data.get("leave_out")
        outs = ((spec.title, workflow.house.left_out(self.style, spec, asked)) for spec in specs)
        self.left_out = [(title, out) for title, out in outs if out]
        self.unwanted = workflow.house.unwanted(self.style, self.text)
        self.prompt_limit = min(spec.prompt_limit for spec in specs) - (len(self.added) + 2 if self.added else 0)
        self._takes(specs, data)
        self._formats(specs, data)
        fields = _together(specs)
        about, sentence = (self.refused.field, self.refused.sentence) if self.refused else (None, "")
        shown = [
            Shown(
                field,
                data.get(field.name, field.default),
                sentence if about == field.name else "",
                _users([spec for spec in specs if spec.field(field.name)], specs),
            )
            for field in fields.values()
        ]
        self.fields = [one for one in shown if not one.field.advanced]
        self.advanced = [one for one in shown if one.field.advanced]
        self._carry(fields, data)
        said = f"{self.text}, {self.added}" if self.added and self.text.strip() else self.text
        self.heard, self.heard_problem = _heard(specs, said, settings(data) | self._followed(specs))

    def _pick(self, user, project: Project, data: QueryDict) -> None:
        """The reference fields of a single model; of a comparison those that are free."""
        about, sentence = (self.refused.field or "", self.refused.sentence) if self.refused else ("", "")
        if not self.comparing and self.chosen:
            self.pickers: list[Picker] = pickers(user, project, self.chosen[0], data, about, sentence)
            return
        self.pickers = free_pickers(user, project, self.chosen, data, about, sentence)
        free = {PICK + picker.field.name for picker in self.pickers}
        if any(name.startswith(PICK) and name not in free and value for name, value in data.items()):
            self.notes.append("References that have to be registered are not sent in a comparison.")

    def _followed(self, specs: Sequence[ModelSpec]) -> dict[str, str]:
        """What the models are going to follow of what is picked, as far as it is known."""
        free = [picker for picker in self.pickers if picker.is_free]
        texts = ((picker, spec) for picker in free for spec in specs if spec.field(picker.field.name))
        return {
            picker.field.name: workflow.references.followed(spec, picker.reference)
            if picker.reference
            else picker.typed
            for picker, spec in texts
        }

    @property
    def has_picked(self) -> bool:
        """Whether a reference field has anything in it that the person should see."""
        return any(one.picked or one.error for one in self.pickers)

    def _takes(self, specs: Sequence[ModelSpec], data: QueryDict) -> None:
        most = min(spec.takes_max for spec in specs)
        asked = whole(data.get("takes", ""))
        self.takes = min(asked, most) or min(most, *(spec.takes_default for spec in specs))
        self.takes_range = range(1, most + 1)
        if most < asked <= 10:
            fewest = next(spec.title for spec in specs if spec.takes_max == most)
            self.notes.append(f"{asked} takes become {most}: {fewest} makes no more at a time.")

    def _formats(self, specs: Sequence[ModelSpec], data: QueryDict) -> None:
        offered = dict.fromkeys(key for spec in specs for key in spec.formats)
        self.formats: dict[str, list[str]] = {"": []}  # who delivers it ("" is all) → formats
        for key in offered:
            self.formats.setdefault(_users([spec for spec in specs if key in spec.formats], specs), []).append(key)
        asked = data.get("format", "")
        usual = self.style.format if self.style.format in offered else next(iter((*self.formats[""], *offered)))
        self.format = asked if asked in offered else usual
        if asked in FORMATS and asked not in offered:
            titles = FORMATS[asked].title, FORMATS[self.format].title
            self.notes.append(f"{titles[0]} is not delivered by {self.title}: it becomes {titles[1]}.")

    def _carry(self, fields: dict[str, Field], data: QueryDict) -> None:
        """Keep what was set for another model for the way back, and say that it is not used here."""
        self.carried = []
        everywhere = [field for choice in self.choices for field in _own_fields(choice.spec)]
        for name in dict.fromkeys(field.name for field in everywhere):
            field = next(field for field in everywhere if field.name == name)
            value = data.get(name, "").strip()[:MOST_CARRIED]
            if not value or value in {str(one.default) for one in everywhere if one.name == name}:
                continue
            here = fields.get(name)
            if here is None:
                self.carried.append((name, value))
                self.notes.append(f"{_said(field, value)} is not a field of {self.title}{_advice(field)}")
            elif here.kind == Kind.CHOICE and value not in dict(here.choices) and not self.refused:
                self.notes.append(f"{_said(field, value)} is not a choice of {self.title}: the text decides.")

    # --- what it costs ---

    def _price(self, user, project: Project, specs: Sequence[ModelSpec]) -> None:
        self.quote = workflow.quote_many(user, project, {spec.key: self.takes for spec in specs})
        self.refusal = self.quote.refusal or self.unwanted
        self.room = workflow.caps.tightest(user, project)  # as in the header of the page
        self.left_after = self.room.left - self.quote.total if self.room else None
        if self.comparing and not LEAST <= len(self.chosen) <= MOST:
            self.refusal = f"Choose {LEAST} to {MOST} models to compare."
        self.sketch_key = ""  # the free composer's, where the text is too long for a link
        self.sketch = self._sketch(project) if self.quote.total and self.text else ""
        price = workflow.price_line(self.quote)
        one = "" if len(self.chosen) == 1 else "s"
        asked = f"with {len(self.chosen)} model{one}" if self.comparing else str(self.takes)
        self.button = f"Generate {asked} · {price}" if self.chosen else "Generate"
        self.parts = [
            Part(
                choice.spec.title,
                self.takes,
                choice.price.per_take,
                choice.price.is_estimate,
                "" if self.format in choice.spec.formats else choice.spec.formats[0],
            )
            for choice in self.chosen
        ]

    def _sketch(self, project: Project) -> str:
        """The form with the same brief for the free composer, where it may be used."""
        local = next((one for one in self.usable if one.is_local), None)
        filled = urlencode({"model": local.spec.key, "text": self.text}) if local else ""
        address = f"{reverse('studio', args=[project.ref])}?{filled}" if filled else ""
        self.sketch_key = local.spec.key if local and len(address) > MAX_URL_CHARS and not self.comparing else ""
        return address if len(address) <= MAX_URL_CHARS else ""

    @property
    def general_error(self) -> str:
        """The refusal, when it is not about one of the models' own fields."""
        if not self.refused or not self.choice:
            return self.refused.sentence if self.refused else ""
        own = {one.field.name for one in (*self.fields, *self.advanced)} | {one.field.name for one in self.pickers}
        return self.refused.sentence if self.refused.field not in own else ""


def _own_fields(spec: ModelSpec) -> list[Field]:
    """A model's fields that are shown as fields: references have pickers of their own."""
    return [field for field in spec.fields if field.name not in OWN and not field.purpose]


def _together(specs: Sequence[ModelSpec]) -> dict[str, Field]:
    """The fields of all the models by name; what two share takes what either takes."""
    fields: dict[str, Field] = {}
    for field in (field for spec in specs for field in _own_fields(spec)):
        first = fields.get(field.name)
        fields[field.name] = field if first is None else _widened(first, field)
    return fields


def _widened(first: Field, second: Field) -> Field:
    if first.kind != second.kind:
        return first
    choices = tuple({**dict(second.choices), **dict(first.choices)}.items())
    lows, highs = (first.minimum, second.minimum), (first.maximum, second.maximum)
    return replace(
        first,
        choices=choices,
        minimum=None if None in lows else min(low for low in lows if low is not None),
        maximum=None if None in highs else max(high for high in highs if high is not None),
    )


def _users(having: Sequence[ModelSpec], all_: Sequence[ModelSpec]) -> str:
    """Which models use something, in words; empty when all do."""
    return "" if len(having) == len(all_) else ", ".join(spec.title for spec in having)


def _said(field: Field, value: str) -> str:
    """A field with its value, as a person would say it."""
    if field.kind == Kind.SWITCH:
        return field.label
    plain = dict(field.choices).get(value, value)
    return f"{field.label} ({f'{plain} {field.unit}'.strip()})"


def _advice(field: Field) -> str:
    can_be_said = not field.advanced or field.kind == Kind.CHOICE
    return ": write it into the text." if can_be_said else " and is left out."


def _heard(specs: Sequence[ModelSpec], text: str, asked: Mapping[str, str]) -> tuple[str, str]:
    """What the models that tell understand of the text, and why one of them cannot do it."""
    told = ""
    for spec in specs if text.strip() else ():
        try:
            told = told or workflow.heard(spec, text, settings_for(spec, asked))
        except workflow.Refused as refused:
            return "", refused.sentence if len(specs) == 1 else f"{spec.title}: {refused.sentence}"
    return told, ""


def lines(text: str) -> str:
    """Undo what browsers do to line ends, so that a line counts here as it counts beside the text."""
    return text.replace("\r\n", "\n")


def whole(text: str) -> int:
    """Read a small whole number; anything else is 0."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def settings(data: QueryDict) -> dict[str, str]:
    """What was sent for the models' own fields."""
    return {name: str(value) for name, value in data.items() if name not in OWN}
