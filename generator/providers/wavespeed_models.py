"""What WaveSpeed offers, as dated facts: fields, limits and list prices. How each is asked for: `wavespeed_body`.

The contract of Mureka V7.6 BGM is the vendor's published page; its siblings are compared with their own pages on
`CHECKED`. Where no page could be found, or it says too little, the spec is marked `unverified` and the form says so.
Prices are only first prices: each submit is compared with the vendor's own quote (docs/providers.md, "WaveSpeed").
"""

from generator.money import dollars
from generator.providers.base import ActionSpec, Field, Gives, Kind, ModelSpec, Purpose

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
    usual_seconds=5.0,
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
