"""From a frozen entry of WaveSpeed's catalog to a model of the studio: its form, its request, and what is doubted.

Which field is what is decided by the tables at the top. A field that is not understood is left out if the vendor does
not require it; otherwise the model cannot be imported. Values are sent under the vendor's names and in its types.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.price_formula import FormulaError, read_formula
from generator.providers.base import RESERVED_NAMES, Field, Kind, Request, Value
from generator.providers.errors import Rejected
from generator.providers.sanitize import plain
from generator.providers.wavespeed.catalog_entry import NotUsable, properties_of
from generator.providers.wavespeed.models import MODELS
from generator.providers.wavespeed.protocol import FREE
from generator.providers.wavespeed.request_schema import Property

MAIN_TEXTS = ("prompt", "text_prompt", "tags", "description", "lyrics", "lyric")  # the first of these is the prompt
TAKES = ("number_of_songs", "num_samples")
FORMAT = "output_format"
NO_VOICE = ("force_instrumental", "is_instrumental", "instrumental")  # switches that are always on here
LYRICS = ("lyrics", "lyric")
SECONDS = ("duration", "seconds", "duration_seconds", "seconds_total", "length")
MORE_FILES = ("double_output",)  # would deliver more files than takes were requested
SPOKEN = ("text", "voice", "speaker")  # beginnings of names that only speech models have
MUSIC_TYPES = ("text-to-audio", "audio-to-audio")
INSTRUMENTAL_PATHS = ("/generate-bgm", "sonilo/text-to-music", "stable-audio-3/music")  # ends of paths
# The vendor's names of formats, the better one last where two are the same file type here.
FORMATS: Mapping[str, str] = {
    "mp3": "mp3",
    "mp3_standard": "mp3",
    "mp3_high_quality": "mp3",
    "wav": "wav",
    "wav_16khz": "wav",
    "wav_22khz": "wav",
    "wav_24khz": "wav",
    "wav_cd_quality": "wav",
    "flac": "flac",
}
OTHER_FORMATS = ("ogg", "opus", "m4a", "aac", "pcm")  # known, but the studio does not keep them
REFERENCES = {item.name: item for spec in MODELS for item in spec.fields if item.purpose}  # ids registered at Mureka
DEFAULT_TEXT_CHARS = 2000
MAX_TAKES = 10
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Correction:
    """What a model's description does not say, or says misleadingly. `fixed`: fields that always have this value."""

    main: str = ""
    fixed: Mapping[str, Value] = field(default_factory=dict)
    shown: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # names and labels in the form
    is_instrumental: bool = False
    note: str = ""


_INST = Correction(fixed={"lyrics": "[inst]"}, is_instrumental=True, note=_("“[inst]” is sent as lyrics: no voice."))
CORRECTIONS: Mapping[str, Correction] = {
    "minimax/music-v1.5": Correction(
        main="lyrics_prompt",
        shown={"prompt": ("lyrics", _("Lyrics"))},
        note=_("The style is sent as “lyrics_prompt” and the lyrics as “prompt”."),
    ),
    "minimax/music-2.6": Correction(
        fixed={"lyrics": "[instrumental]"},
        note=_("It requires lyrics even for instrumental music; “[instrumental]” is sent, which was never tried."),
    ),
    "wavespeed-ai/ace-step": _INST,
    "wavespeed-ai/ace-step-1.5": _INST,
}


@dataclass(frozen=True)
class Setting:
    """A field of the form and the vendor's property behind it."""

    field: Field
    property: Property


@dataclass(frozen=True)
class CatalogModel:
    """What a request to an imported model consists of; implements `base.ImportedInputs`."""

    entry: Mapping[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        return str(self.entry.get("path", ""))

    @cached_property
    def properties(self) -> list[Property]:
        return properties_of(self.entry)

    @property
    def correction(self) -> Correction:
        return CORRECTIONS.get(self.path, Correction())

    @cached_property
    def prompt(self) -> Property:
        """Return the field that takes the prompt. Raises NotUsable."""
        by_name = {item.name: item for item in self.properties if item.is_text and not item.is_for_programs}
        wanted = (self.correction.main, *MAIN_TEXTS)
        main = next((by_name[name] for name in wanted if name in by_name), None)
        if main is None:
            raise NotUsable(_("It has no field for a prompt."))
        return main

    @property
    def prompt_limit(self) -> int:
        return self.prompt.max_chars or DEFAULT_TEXT_CHARS

    @cached_property
    def takes(self) -> Property | None:
        return next((item for item in self.properties if item.name in TAKES and item.kind == "integer"), None)

    @property
    def takes_max(self) -> int:
        if self.takes is None:
            return 1
        most = max((item for item in self.takes.choices if isinstance(item, int)), default=self.takes.maximum)
        return max(1, min(int(most or 1), MAX_TAKES))

    @cached_property
    def formats(self) -> Mapping[str, str]:
        """Return the studio's formats and the vendor's name of each; empty: there is no such choice."""
        item = next((item for item in self.properties if item.name == FORMAT and item.kind == "string"), None)
        if item is None or FORMAT in self.formula_names or not item.choices:
            return {}
        values = [str(value) for value in item.choices]
        if not all(value in FORMATS or value in OTHER_FORMATS for value in values):
            return {}
        ranked = [value for value in FORMATS if value in values]
        names = {FORMATS[value]: value for value in ranked}
        default = FORMATS.get(str(item.default))
        return dict(sorted(names.items(), key=lambda pair: pair[0] != default))

    @cached_property
    def formula_names(self) -> frozenset[str]:
        try:
            return read_formula(str(self.entry.get("formula") or "0")).names
        except FormulaError:
            return frozenset()

    @cached_property
    def fixed(self) -> Mapping[str, Value]:
        """Return what is always sent: corrections, no voice, and the defaults of hidden fields."""
        values: dict[str, Value] = {}
        names = {item.name for item in self.properties}
        for item in self.properties:
            if item.kind == "boolean" and item.name in NO_VOICE:
                values[item.name] = True
            elif item.is_hidden and not item.is_for_programs and item.kind not in ("media", "other"):
                values |= {item.name: item.default} if item.default is not None else {}
        return values | {name: value for name, value in self.correction.fixed.items() if name in names}

    @property
    def is_instrumental(self) -> bool:
        """Return whether what is sent, or the model's own description, promises music without a voice."""
        has_switch = any(self.fixed.get(name) is True for name in NO_VOICE)
        return has_switch or self.correction.is_instrumental or self.path.endswith(INSTRUMENTAL_PATHS)

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """Return the fields of the form, in the vendor's order."""
        found: list[Setting] = []
        taken = {FORMAT} if self.formats else set()
        for item in self.properties:
            if self._is_left_out(item) or self._is_own(item):
                continue
            reference = REFERENCES.get(item.name) if self.path.startswith("mureka-ai/") else None
            usual = ("lyrics", "") if item.name in LYRICS else (item.name, "")
            shown, label = self.correction.shown.get(item.name, usual)
            name = form_name(shown, taken)
            taken.add(name)
            found.append(Setting(reference or _field(name, item, label), item))
        return tuple(found)

    def _is_own(self, item: Property) -> bool:
        """Return whether a property is one of the form's own fields, or has a fixed value."""
        return (
            item == self.prompt
            or item == self.takes
            or item.name in self.fixed
            or (item.name == FORMAT and bool(self.formats))
        )

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """Return the vendor's names of fields that are not offered."""
        return tuple(item.name for item in self.properties if self._is_left_out(item) and not item.is_for_programs)

    def _is_left_out(self, item: Property) -> bool:
        if self._is_own(item):
            return False
        has_no_use = item.name in MORE_FILES or (
            self.is_instrumental and item.name in LYRICS and not item.is_required and item != self.prompt
        )
        return item.kind in ("media", "other") or item.is_hidden or item.is_for_programs or has_no_use

    def check(self) -> None:
        """Raise NotUsable unless a request can be made."""
        _ = self.prompt
        for item in self.properties:
            if item.is_required and self._is_left_out(item):
                raise NotUsable(Message("It requires “{name}”, which the studio cannot send.", name=item.name[:60]))
        if self.prompt.min_chars > self.prompt_limit:
            raise NotUsable(Message("No text fits into “{name}”.", name=self.prompt.name[:60]))

    # --- the request ---

    @property
    def names(self) -> frozenset[str]:
        """Return the names that the price formula may use: those of the schema and of the vendor's own formula."""
        return self.formula_names | {item.name for item in self.properties}

    def body(self, request: Request) -> dict[str, Any]:
        """Return what is sent, which has only keys of the frozen schema.

        Raises:
            Rejected: the vendor could not accept it.
        """
        text = plain(request.prompt).strip()
        _check_text(self.prompt, text, self.prompt_limit)
        if not 1 <= request.takes <= self.takes_max:
            raise _rejected(Message("Choose 1 to {most} takes for this model.", most=self.takes_max))
        if self.formats and request.format not in self.formats:
            formats = ", ".join(self.formats)
            raise _rejected(Message("Choose a format that WaveSpeed delivers: {formats}.", formats=formats))
        body = {**self.values(request.settings, request.takes, text)}
        if self.formats:
            body[FORMAT] = self.formats[request.format]
        for setting in self.settings:
            _check_value(setting, body.get(setting.property.name))
        return body

    def values(self, settings: Mapping[str, Value], takes: int, text: str) -> dict[str, Any]:
        """Return what is sent, except the format, with defaults for what is not set; nothing is checked."""
        values: dict[str, Any] = {self.prompt.name: text, **self.fixed}
        if self.takes:
            values[self.takes.name] = takes
        for setting in self.settings:
            value = settings.get(setting.field.name)
            sent = _sent(setting.property, setting.property.default if value in (None, "") else value)
            if sent is not None:
                values[setting.property.name] = sent
        return values


def form_name(name: str, taken: set[str]) -> str:
    """Return the name of a field in the form, which may not be one of the form's own nor appear twice."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "_") else "_" for letter in name)
    if safe != name or safe in RESERVED_NAMES or not safe[:1].isalpha():
        safe = f"x_{safe}"[:60]
    while safe in taken:
        safe += "_"
    return safe


def _field(name: str, item: Property, label: str = "") -> Field:
    label = label or item.title or item.name.replace("_", " ").replace(".", " ").strip().capitalize() or item.name
    help = item.description[:200]
    is_advanced = not (item.is_required or item.name in (*SECONDS, *LYRICS))
    if item.choices:
        choices = tuple((str(value), str(value)) for value in item.choices)
        default = None if item.default is None else str(item.default)
        return Field(name, Kind.CHOICE, label, help, choices=choices, default=default, advanced=is_advanced)
    if item.kind == "boolean":
        return Field(name, Kind.SWITCH, label, help, default=item.default is True, advanced=is_advanced)
    if item.kind == "string":
        most = item.max_chars or DEFAULT_TEXT_CHARS
        default = item.default if isinstance(item.default, str) and len(item.default) <= most else None
        return Field(name, Kind.WORDS, label, help, maximum=most, default=default, advanced=is_advanced)
    kind = Kind.WHOLE if item.kind == "integer" else Kind.NUMBER
    low, high = _bounds(item)
    unit = "seconds" if item.name in SECONDS else "ms" if item.name.endswith("_ms") else ""
    # The studio draws a seed itself, and keeps it, where the vendor's default only means "any".
    draws = item.name == "seed" and item.default == -1 and high >= MAX_SEED
    words = None if draws or item.default is None or not low <= float(item.default) <= high else item.default
    return Field(name, kind, label, help, minimum=low, maximum=high, unit=unit, default=words, advanced=is_advanced)


def _bounds(item: Property) -> tuple[float, float]:
    """Return the range of a number; where the vendor names none, no negative numbers and nothing beyond 32 bits."""
    default = item.default if isinstance(item.default, int | float) else 0
    low = min(0, default) if item.minimum is None else item.minimum
    high = max(MAX_SEED, low) if item.maximum is None else item.maximum
    return low, high


def _sent(item: Property, value: Value) -> Value:
    """Return a value of the form in the vendor's type; None: nothing is sent."""
    if value in (None, ""):
        return None
    if item.choices:
        return next((choice for choice in item.choices if str(choice) == str(value)), value)
    if item.kind == "string":
        return plain(str(value)).strip() or None
    if item.kind == "integer" and isinstance(value, float) and value == int(value):
        return int(value)
    return value


def _check_value(setting: Setting, value: Value) -> None:
    item, label = setting.property, setting.field.label
    if value is None:
        if item.is_required:
            raise _rejected(Message("Fill in “{field}”; this model requires it.", field=label))
        return
    if item.choices:
        is_fine = value in item.choices
    elif item.kind == "string":
        _check_text(item, str(value), item.max_chars or DEFAULT_TEXT_CHARS, label)
        return
    elif item.kind == "boolean":
        is_fine = isinstance(value, bool)
    else:
        low, high = _bounds(item)
        is_fine = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        is_fine = is_fine and (item.kind == "number" or isinstance(value, int))
    if not is_fine:
        raise _rejected(Message("“{field}” cannot be {value}.", field=label, value=str(value)[:40]))


def _check_text(item: Property, text: str, most: int, label: str = "") -> None:
    if not text:
        raise _rejected(_("Describe in a few words what the music is for."))
    if not label and len(text) > most:
        over = len(text) - most
        sentence = "The prompt is {over:,} characters over the limit of {limit:,}."
        raise _rejected(Message(sentence, over=over, limit=most))
    if len(text) > most or len(text) < item.min_chars:
        sentence = "“{field}” takes {low:,} to {high:,} characters."
        raise _rejected(Message(sentence, field=label or item.name, low=item.min_chars, high=most))


def _rejected(sentence: str) -> Rejected:
    return Rejected(join_texts(sentence, FREE))


def texts_without_limit(model: CatalogModel) -> Iterator[Property]:
    """Yield the texts whose limit the vendor does not name."""
    shown = (model.prompt, *(setting.property for setting in model.settings if not setting.field.purpose))
    return (item for item in shown if item.is_text and item.max_chars is None)
