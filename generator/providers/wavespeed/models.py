"""WaveSpeed's models as dated facts: fields, limits and list prices. See `body` for the requests.

The contract of Mureka V7.6 BGM is the vendor's published page; its siblings were compared with their own pages on
`CHECKED`. If no page could be found, or it says too little, the spec is marked `unverified` and the form says so.
Prices are only first prices: each submit is compared with the vendor's own quote (docs/providers.md, "WaveSpeed").
"""

from generator.currency import dollars
from generator.messages import gettext_noop as _
from generator.providers.base import ActionSpec, Field, Gives, Kind, ModelSpec, Purpose

CHECKED = "2026-11-21"
FORMATS = ("mp3", "wav", "flac")
LICENSE = (
    "Made by the named model through WaveSpeed. The rights follow from the terms of WaveSpeed and of the model's maker "
    "(Mureka's for its own) on the day it was made; read them before you publish."
)
# Mureka's own limits in seconds; longer audio is cropped. For the last two no limits were found.
PURPOSES = (
    Purpose("instrumental", _("Instrumental")),
    Purpose("reference", _("Song to follow")),
    Purpose("vocal", _("Singing voice"), 15, 30),
    Purpose("melody", _("Melody"), 5, 60),
    Purpose("voice", _("Speaking voice"), 5, 15),
    Purpose("remix", _("Remix")),
    Purpose("audio", _("Audio")),
)


def _id_field(name: str, label: str, help: str) -> Field:
    purpose = name.removesuffix("_id")
    return Field(name, Kind.WORDS, label, help, maximum=120, advanced=True, purpose=purpose)


_INSTRUMENTAL = _id_field("instrumental_id", _("Reference"), _("An instrumental whose style the music follows."))
_SONG_FIELDS = (
    Field(
        "lyrics",
        Kind.WORDS,
        _("Lyrics"),
        _("The words to sing, with [Verse] and [Chorus] markers."),
        maximum=3000,
    ),
    _id_field("reference_id", _("Song to follow"), _("A song whose style the music follows.")),
    _id_field("vocal_id", _("Voice"), _("The voice that sings.")),
    _id_field("melody_id", _("Melody"), _("The melody to build on.")),
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
        license=LICENSE,
        checked=CHECKED,
    )


MODELS = (
    _bgm(
        "7.6",
        "0.03",
        _("Background music from a prompt. Up to three takes; all formats cost the same."),
    ),
    _bgm("8", "0.045", _("A newer background music model with the same settings.")),
    _bgm(
        "9",
        "0.045",
        _("A later background music model with the same settings."),
        estimate=_(
            "Fields and price are from a copy of WaveSpeed’s catalog of June 2026. WaveSpeed is asked for its price "
            "before anything is sent."
        ),
    ),
    _bgm(
        "9.5",
        "0.225",
        _("The newest background music model. One take at a time, no references."),
        siblings=False,
    ),
    ModelSpec(
        key="wavespeed/mureka-v7.6-song",
        title="Mureka V7.6 Song",
        summary=_("A song that sings your lyrics; the prompt sets the style."),
        prompt_limit=1024,
        takes_max=3,
        formats=FORMATS,
        list_price=dollars("0.03"),
        price_is_estimate=True,
        fields=_SONG_FIELDS,
        usual_seconds=60.0,
        unverified=(
            _(
                "The vendor’s page for this model describes a different one. Fields and limits are those of the V8 and "
                "V9 models, and the price is the one shown next to the model."
            )
        ),
        license=LICENSE,
        checked=CHECKED,
        instrumental=False,
    ),
)

REGISTER = ActionSpec(
    key="wavespeed/create-upload-id",
    title=_("Register a reference"),
    summary=_("Registers uploaded audio so that it can steer later generations."),
    list_price=dollars("0.01"),
    fields=(
        Field(
            "purpose",
            Kind.CHOICE,
            _("Purpose"),
            choices=tuple((purpose.name, purpose.title) for purpose in PURPOSES),
            default="instrumental",
        ),
    ),
    checked=CHECKED,
    gives=Gives.ID,
    usual_seconds=5.0,
    purposes=PURPOSES,
)
STEMS = ActionSpec(
    key="wavespeed/stem-song",
    title=_("Separate into stems"),
    summary=_("Separates a finished track into stems."),
    list_price=dollars("0.06"),
    fields=(
        Field(
            "model",
            Kind.CHOICE,
            _("Separation"),
            choices=(
                ("audio-separation-1", _("First generation")),
                ("audio-separation-2", _("Second generation")),
            ),
            advanced=True,
        ),
    ),
    unverified=(
        _(
            "The vendor’s page lists the fields, but not how the stems are delivered. The price is from a copy of "
            "WaveSpeed’s catalog of June 2026."
        )
    ),
    checked=CHECKED,
)
ACTIONS = (REGISTER, STEMS)
