"""What goes in and out. Money is US dollars as an exact decimal in a string; times ISO 8601; lengths seconds."""

import datetime as dt
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

Usd = Annotated[str, Field(pattern=r"^-?\d+\.\d{6}$", examples=["0.045000"], description="US dollars, exact.")]
Ref = Annotated[str, Field(examples=["4n8Kk2f0Qw3xZb1R"])]
Value = str | int | float | bool | None


class Strict(Schema):
    """A body; a field it does not have is an error, so that a slip of the pen is told."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Schema):
    field: str
    detail: str


class ProblemOut(Schema):
    """RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(description="Stable: unreadable, no_key, not_allowed, not_found, conflict, refused, too_many, …")
    detail: str = Field(description="A sentence for people.")
    field: str | None = Field(None, description="The part of the request it is about.")
    errors: list[FieldProblem] | None = None


class KeyOut(Schema):
    id: Ref
    name: str
    prefix: str
    scope: Literal["read", "generate", "manage"]
    project: Ref | None = Field(description="The one project it opens; null: all of its maker's.")
    expires_at: dt.datetime | None
    cap_usd: Usd | None
    spent_usd: Usd = Field(description="This month.")


class MeOut(Schema):
    email: str
    name: str
    key: KeyOut
    home: Ref = Field(description="The project of requests that name none.")


class ProjectOut(Schema):
    id: Ref
    name: str
    role: Literal["owner", "editor", "viewer"] = Field(description="With this key.")
    is_personal: bool
    created_at: dt.datetime


class FieldOut(Schema):
    name: str
    kind: Literal["whole", "number", "choice", "words", "levels", "switch"]
    label: str
    help: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: list[str]
    default: Value
    purpose: str = Field(description="It takes a reference: name one in `references`; usually empty.")


class ModelOut(Schema):
    key: str = Field(examples=["composer/studio"])
    title: str
    summary: str
    available: bool
    reason: str = Field(description="Why it is not, in a sentence.")
    is_local: bool = Field(description="Composed by the studio itself.")
    price_usd: Usd = Field(description="A take.")
    price_is_estimate: bool
    prompt_limit: int = Field(description="Characters.")
    takes_default: int
    takes_max: int
    formats: list[str] = Field(description="The default first.")
    usual: str
    licence: str
    fields: list[FieldOut]


class PromptOut(Schema):
    id: Ref
    project: Ref
    text: str
    settings: dict[str, Any] = Field(description="The model's fields, takes and format, as they were sent.")
    author: str
    created_at: dt.datetime


class TrackOut(Schema):
    id: Ref
    project: Ref
    generation: Ref
    take: int
    title: str
    notes: str
    tags: list[str]
    starred: bool
    approved: bool
    private: bool
    author: str
    model: str | None = Field(description="null while a blind comparison is open.")
    prompt: str
    length_s: float
    bpm: float | None
    key: str
    lufs: float | None
    true_peak_db: float | None
    format: str
    size: int = Field(description="Bytes of the original.")
    sample_rate: int
    channels: int
    sha256: str
    findings: list[dict[str, Any]]
    created_at: dt.datetime
    binned_at: dt.datetime | None
    audio_url: str = Field(
        description="The file in `format`; needs no key. Ends after 7 days, or with the key it was told to."
    )
    cover_url: str | None = Field(description="As audio_url; null while a blind comparison is open.")
    page_url: str


class GenerationError(Schema):
    code: str
    sentence: str
    provider_words: str


class WaitOut(Schema):
    """Why nothing goes on just now."""

    code: str = Field(
        description="unreachable, busy, no_answer, unusable_answer, unknown_job, ambiguous, file_unavailable, "
        "provider_resting, key_refused, no_credit, not_allowed, misconfigured, price_changed, switched_off, "
        "not_installed, no_key; waiting for a blind candidate."
    )
    sentence: str
    until: dt.datetime | None = Field(description="When it is tried again; null: once somebody has acted.")


class GenerationOut(Schema):
    id: Ref
    project: Ref
    state: Literal["queued", "submitting", "running", "collecting", "ready", "failed", "cancelled", "in_doubt"]
    ended: bool = Field(description="Nothing more is to come.")
    stage: str
    percent: int
    model: str | None = Field(description="null while a blind comparison is open.")
    prompt: PromptOut
    takes: int
    price_usd: Usd | None = Field(description="What was set aside for all takes.")
    charged_usd: Usd | None
    error: GenerationError | None
    wait: WaitOut | None = Field(description="Why work at a provider waits; null when it does not.")
    again_of: Ref | None
    comparison: Ref | None
    key: str | None = Field(description="The prefix of the key that asked for it; null: somebody on the pages.")
    cancel_asked_at: dt.datetime | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    dismissed_at: dt.datetime | None = Field(description="Off the running list of the pages since then.")
    tracks: list[TrackOut] = Field(description="Each take as soon as it can be played.")


class EventOut(Schema):
    number: int = Field(description="Of this generation's history, from 1; also the id of the server-sent event.")
    at: dt.datetime
    kind: str
    text: str


EXPECTED_PRICE = (
    "What you were told it costs, all takes and models together. If it costs anything else by now, nothing is made or "
    "charged: 409. Empty: whatever it costs."
)


class Priced(Strict):
    """A request that can cost."""

    expected_price_usd: Annotated[str, Field(max_length=24, examples=["0.060000"])] | None = Field(
        None, description=EXPECTED_PRICE
    )


class Ask(Priced):
    """Music to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "model": "composer/studio",
                    "text": "Warm lo-fi under a cooking video, 20 s",
                    "takes": 1,
                    "format": "mp3",
                    "settings": {"bpm": 84},
                }
            ]
        },
    )
    model: str = Field(max_length=120, description="A key of GET /models.")
    text: str = Field(max_length=20_000)
    project: str | None = Field(None, max_length=16, description="Empty: the key's own, else your personal one.")
    takes: int | None = Field(None, description="Empty: the model's default.")
    format: str | None = Field(None, max_length=10, description="Empty: the model's default.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The model's own fields, by name.")
    references: dict[str, str] = Field(
        default_factory=dict, max_length=8, description="A field that takes a reference: the id of the reference."
    )


class PriceAsk(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"models": ["composer/studio"], "takes": 2}]}
    )
    models: list[Annotated[str, Field(max_length=120)]] = Field(min_length=1, max_length=4)
    takes: int = Field(1, ge=1, le=10, description="Of each.")
    project: str | None = Field(None, max_length=16)


class PriceOut(Schema):
    total_usd: Usd
    per_take_usd: Usd = Field(description="Of all the models together.")
    is_estimate: bool
    left_usd: Usd | None = Field(description="Of the tightest cap; null: there is none.")
    left_after_usd: Usd | None
    cap: str = Field(description="What that cap is on.")
    refusal: str = Field(description="Why it could not be had just now; empty: it can.")


class CompareAsk(Priced):
    """One brief for several models; who made what is shown once somebody has picked or revealed."""

    models: list[Annotated[str, Field(max_length=120)]] = Field(min_length=2, max_length=4)
    text: str = Field(max_length=20_000)
    project: str | None = Field(None, max_length=16)
    takes: int = Field(1, ge=1, le=10)
    format: str = Field("", max_length=10)
    settings: dict[str, Value] = Field(default_factory=dict)
    references: dict[str, str] = Field(
        default_factory=dict,
        max_length=8,
        description="As of one model; only what is free.",
    )


class CandidateOut(Schema):
    letter: str
    generation: GenerationOut


class ComparisonOut(Schema):
    id: Ref
    project: Ref
    text: str
    is_blind: bool
    picked: Ref | None
    created_at: dt.datetime
    candidates: list[CandidateOut]
    page_url: str


class PickAsk(Strict):
    track: str = Field(max_length=16)


class TrackChange(Strict):
    """Whatever is to be changed; all of it, or nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Tea time", "tag": "intro"}]})
    title: str | None = Field(None, max_length=500)
    notes: str | None = Field(None, max_length=20_000)
    tag: str | None = Field(None, max_length=500, description="Put on.")
    untag: str | None = Field(None, max_length=500, description="Taken off.")
    starred: bool | None = None
    private: bool | None = Field(None, description="true: only its author sees it, and links to it stop working.")


class VersionAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"change": "10 % slower"}]})
    change: str = Field(max_length=200, description="What is to be different, in a few words.")


class BeingMade(Schema):
    """Ask again at `Location`, after `Retry-After` seconds."""

    detail: str
    location: str
    retry_after_s: int


class StemOut(Schema):
    id: Ref
    title: str
    length_s: float
    size: int
    audio_url: str = Field(description="With the key.")


class StemsOut(Schema):
    stems: list[StemOut]
    midi_url: str | None
    can_be_made: bool = Field(description="POST here makes them for nothing.")
    under_way: bool


class ShareOut(Schema):
    key: str
    title: str
    spent_usd: Usd
    takes: int


class CapOut(Schema):
    on: str
    cap_usd: Usd
    used_usd: Usd
    left_usd: Usd


class SpendOut(Schema):
    month: str = Field(examples=["2026-11"])
    project: Ref | None = Field(description="null: yours, in every project.")
    spent_usd: Usd
    held_usd: Usd
    charged_usd: Usd
    credited_usd: Usd
    adjusted_usd: Usd
    takes: int
    by_model: list[ShareOut]
    by_project: list[ShareOut]
    by_person: list[ShareOut]
    by_key: list[ShareOut]
    caps: list[CapOut]


class LineOut(Schema):
    at: dt.datetime
    day: dt.date
    kind: Literal["hold", "charge", "release", "credit", "adjustment"]
    amount_usd: Usd
    spent_usd: Usd = Field(description="What the line adds to what is spent.")
    held_usd: Usd
    takes: int
    project: Ref
    person: str
    model: str
    generation: Ref | None
    key: Ref | None
    reason: str
