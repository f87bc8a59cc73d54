"""What WaveSpeed offers, as dated facts: model paths, fields, limits and list prices.

The contract of Mureka V7.6 BGM is the vendor's published page; its siblings are compared with their own pages on
`CHECKED`. Where no page could be found, or it says too little, the spec is marked `unverified` and the form says so.
Prices are only first prices: each submit is compared with the vendor's own quote (docs/providers.md, "WaveSpeed").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.money import dollars
from generator.providers.base import ActionSpec, Field, Gives, Kind, ModelSpec, Purpose, Request
from generator.providers.errors import OperatorMustAct, Rejected
from generator.providers.outside import plain
from generator.providers.wavespeed_wire import FREE

CHECKED = "2026-11-21"
FORMATS = ("mp3", "wav", "flac")
LICENCE = (
    "Made by Mureka through WaveSpeed. The rights come from WaveSpeed's and Mureka's terms as they stood on the day it "
    "was made; read them before you publish."
)
# Mureka's own limits in seconds; it crops what is longer. For the last two none were found.
USES = (
    Purpose("instrumental", "Instrumental"),
    Purpose("reference", "Song to follow"),
    Purpose("vocal", "Singing voice", 15, 30),
    Purpose("melody", "Melody", 5, 60),
    Purpose("voice", "Speaking voice", 5, 15),
    Purpose("remix", "Remix"),
    Purpose("audio", "Audio"),
)
PURPOSES = tuple(purpose.name for purpose in USES)


@dataclass(frozen=True)
class Recipe:
    """How a request becomes the body of one model. `own`: settings that are sent under their own names."""

    path: str
    prompt_limit: int = 0  # 0: the model takes no prompt
    takes_max: int = 0  # 0: the model makes one and has no field for the count
    formats: tuple[str, ...] = ()  # empty: no such field
    own: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()  # of `own`, those it cannot do without


def _id_field(name: str, label: str, help: str) -> Field:
    purpose = name.removesuffix("_id")
    return Field(name, Kind.WORDS, label, help, maximum=120, advanced=True, purpose=purpose)


_INSTRUMENTAL = _id_field("instrumental_id", "Reference", "An instrumental whose style the music follows.")
_SONG_FIELDS = (
    Field("lyrics", Kind.WORDS, "Lyrics", "The words that are sung, with [Verse] and [Chorus] marks.", maximum=3000),
    _id_field("reference_id", "Song to follow", "A song whose direction to take."),
    _id_field("vocal_id", "Voice", "A voice to sing with."),
    _id_field("melody_id", "Melody", "A melody to build on."),
)


def _bgm(version: str, price: str, summary: str, *, siblings: bool = True, estimate: str = "") -> ModelSpec:
    return ModelSpec(
        key=f"wavespeed/mureka-v{version}-bgm",
        title=f"Mureka V{version} BGM",
        summary=summary,
        prompt_limit=1024,
        takes_max=3 if siblings else 1,
        formats=FORMATS,
        list_price=dollars(price),
        price_is_estimate=bool(estimate),
        fields=(_INSTRUMENTAL,) if siblings else (),
        usual_seconds=45.0,
        unverified=estimate,
        licence=LICENCE,
        checked=CHECKED,
    )


MODELS = (
    _bgm(
        "7.6", "0.03", "Background music from a text; up to three takes; the format makes no difference to the price."
    ),
    _bgm("8", "0.045", "The newer background music model; takes the same instructions."),
    _bgm(
        "9",
        "0.225",
        "A later background music model; one take at a time.",
        siblings=False,
        estimate=(
            "WaveSpeed names this model, but no page of its fields and price was found. The studio sends only the text "
            "and the format, and sets aside as much as the dearest sibling costs."
        ),
    ),
    _bgm("9.5", "0.225", "The newest background music model; one take at a time, no reference.", siblings=False),
    ModelSpec(
        key="wavespeed/mureka-v7.6-song",
        title="Mureka V7.6 Song",
        summary="A song with singing from your lyrics; the text sets the style.",
        prompt_limit=1024,
        takes_max=3,
        formats=FORMATS,
        list_price=dollars("0.03"),
        price_is_estimate=True,
        fields=_SONG_FIELDS,
        usual_seconds=60.0,
        unverified=(
            "The vendor's page for this model describes another one. Fields and limits are those of its V8 and V9 "
            "siblings, and the price is the one shown beside the model."
        ),
        licence=LICENCE,
        checked=CHECKED,
        instrumental=False,
    ),
)

REGISTER = ActionSpec(
    key="wavespeed/create-upload-id",
    title="Register a reference",
    summary="Gives an uploaded sound an id that can steer later generations.",
    list_price=dollars("0.01"),
    fields=(
        Field(
            "purpose",
            Kind.CHOICE,
            "What it is for",
            choices=tuple((purpose.name, purpose.title) for purpose in USES),
            default="instrumental",
        ),
    ),
    checked=CHECKED,
    gives=Gives.ID,
    purposes=USES,
)
STEMS = ActionSpec(
    key="wavespeed/stem-song",
    title="Split into stems",
    summary="Separates a finished track into its parts.",
    list_price=dollars("0.06"),
    price_is_estimate=True,
    fields=(
        Field(
            "model",
            Kind.CHOICE,
            "Separation",
            choices=(("audio-separation-1", "First generation"), ("audio-separation-2", "Second generation")),
            advanced=True,
        ),
    ),
    unverified=(
        "The vendor's page gives the fields but no price was found in it, and not how the parts are delivered. The "
        "studio sets aside what Mureka itself is reported to ask."
    ),
    checked=CHECKED,
)
ACTIONS = (REGISTER, STEMS)

RECIPES: Mapping[str, Recipe] = {
    "wavespeed/mureka-v7.6-bgm": Recipe("mureka-ai/mureka-v7.6/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v8-bgm": Recipe("mureka-ai/mureka-v8/generate-bgm", 1024, 3, FORMATS, ("instrumental_id",)),
    "wavespeed/mureka-v9-bgm": Recipe("mureka-ai/mureka-v9/generate-bgm", 1024, 0, FORMATS),
    "wavespeed/mureka-v9.5-bgm": Recipe("mureka-ai/mureka-v9.5/generate-bgm", 1024, 0, FORMATS),
    "wavespeed/mureka-v7.6-song": Recipe(
        "mureka-ai/mureka-v7.6/generate-song",
        1024,
        3,
        FORMATS,
        ("lyrics", "reference_id", "vocal_id", "melody_id"),
        ("lyrics",),
    ),
    REGISTER.key: Recipe("mureka-ai/create-upload-id", own=("audio", "purpose"), needed=("audio",)),
    STEMS.key: Recipe("mureka-ai/stem-song", own=("audio", "model"), needed=("audio",)),
}


# --- a request as a body ---

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,120}")


def body_of(request: Request) -> dict[str, Any]:
    """The body of a submit: only fields the model has, because an unknown one may be refused.

    Raises:
        Rejected: it could not be accepted; said here, before anything is spent.
    """
    recipe = RECIPES.get(request.model)
    if recipe is None:
        raise OperatorMustAct("The studio does not know how to ask WaveSpeed for this model. It cost nothing.")
    body: dict[str, Any] = {}
    if recipe.prompt_limit:
        body["prompt"] = _prompt(request.prompt, recipe.prompt_limit)
    if recipe.takes_max:
        if not 1 <= request.takes <= recipe.takes_max:
            raise Rejected(f"This model makes 1 to {recipe.takes_max} takes at a time. {FREE}")
        body["number_of_songs"] = request.takes
    if recipe.formats:
        if request.format not in recipe.formats:
            raise Rejected(f"WaveSpeed delivers {', '.join(recipe.formats)}. {FREE}")
        body["output_format"] = request.format
    for name in recipe.own:
        value = str(request.settings.get(name) or "").strip()
        if name.endswith("_id") and value and not _ID.fullmatch(value):
            raise Rejected(f"“{value[:40]}” is not an id from WaveSpeed or Mureka. {FREE}")
        if name in recipe.needed and not value:
            raise Rejected(f"This needs {'the ' + name if name == 'lyrics' else 'a sound to work on'}. {FREE}")
        if value:
            body[name] = value
    return body


def _prompt(text: str, limit: int) -> str:
    prompt = plain(text).strip()
    if not prompt:
        raise Rejected(f"Say in a few words what the music is for. {FREE}")
    if len(prompt) > limit:
        raise Rejected(f"The text is {len(prompt) - limit:,} characters too long; at most {limit:,} fit. {FREE}")
    return prompt


def same_request(body: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a listed job is what we asked for: the text or sound must be there, the rest must not differ."""
    if not any(name in asked for name in ("prompt", "audio")):
        return False
    return all(name not in asked or str(asked[name]).strip() == str(value) for name, value in body.items())
