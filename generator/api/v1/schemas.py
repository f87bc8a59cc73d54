"""Request and response schemas. Money is US dollars as an exact decimal string; times ISO 8601; lengths seconds."""

import datetime as dt
import enum
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from generator.models import State

Usd = Annotated[str, Field(pattern=r"^-?\d+\.\d{6}$", examples=["0.045000"], description="US dollars, exact.")]
Ref = Annotated[str, Field(examples=["4n8Kk2f0Qw3xZb1R"])]
# The values of columns with choices, whose type Django’s stubs do not know.
KeyScope = Literal["read", "generate", "manage"]
LedgerKind = Literal["hold", "charge", "release", "credit", "adjustment", "stated"]
ProjectRole = Literal["owner", "editor", "viewer"]
Value = str | int | float | bool | None


class GenerationState(enum.StrEnum):
    """A generation's state, under its name in this API."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    RUNNING = "running"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"
    IN_DOUBT = "in_doubt"

    @property
    def stored(self) -> State:
        """Return the state as records have it."""
        return next(state for state in State if GenerationState.from_stored(state) == self)

    @classmethod
    def from_stored(cls, state: str) -> "GenerationState":
        return _STATES.get(State(state)) or cls(state)


_STATES = {State.COLLECTING: GenerationState.PROCESSING, State.CANCELLED: GenerationState.CANCELED}


class Strict(Schema):
    """A body; an unknown field is an error, so that typos are reported."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Schema):
    field: str
    detail: str


class ProblemOut(Schema):
    """An error, as in RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    code: str = Field(
        description="Stable, such as invalid_request, invalid_api_key, not_found, validation_failed, rate_limited."
    )
    detail: str = Field(description="What happened, for people.")
    field: str | None = Field(None, description="The part of the request that the error is about.")
    errors: list[FieldProblem] | None = None


class ApiKeyOut(Schema):
    id: Ref
    name: str
    prefix: str
    scope: KeyScope
    project: Ref | None = Field(
        description="The only project that the key can access; null: all projects of its creator."
    )
    expires_at: dt.datetime | None
    budget_usd: Usd | None = Field(description="Per calendar month; null: no budget of its own.")
    spent_usd: Usd = Field(description="This month.")


class MeOut(Schema):
    email: str
    name: str
    api_key: ApiKeyOut
    default_project: Ref = Field(description="Used by requests that do not name a project.")


class ProjectOut(Schema):
    id: Ref
    name: str
    role: ProjectRole = Field(description="With this key.")
    is_personal: bool
    created_at: dt.datetime


class FieldOut(Schema):
    name: str
    kind: Literal["integer", "number", "choice", "text", "levels", "boolean"]
    label: str
    help: str
    minimum: float | None
    maximum: float | None
    unit: str
    choices: list[str]
    default: Value
    purpose: str = Field(description="Set if the field takes a reference, which goes into `references`; usually empty.")


class TrackRecordOut(Schema):
    """What a model has done in a project so far, without what is still blind."""

    project: Ref
    takes: int = Field(description="Delivered.")
    kept: int = Field(description="How many of them are not in the trash.")
    spent_usd: Usd = Field(description="Charged, with corrections and credits.")
    cost_per_kept_usd: Usd | None = Field(
        description="`spent_usd` by `kept`, rounded up to a millionth; null: too few takes to tell, or none kept."
    )
    comparisons: int = Field(description="In which it delivered, and a take was picked before the models were shown.")
    wins: int = Field(description="How many of them were won.")
    elo: int | None = Field(
        description="Rating from these comparisons; everyone starts at 1500. null: too few to tell."
    )


class ModelOut(Schema):
    id: str = Field(examples=["composer/studio"])
    title: str
    summary: str
    available: bool
    unavailable_reason: str = Field(description="Why it is not available; empty if it is.")
    is_local: bool = Field(description="Made by the studio itself, without a provider.")
    price_usd: Usd | None = Field(
        description="For one take with the default settings; null: the price depends on settings without a default."
    )
    price_formula: str = Field(
        description="Empty: `price_usd` per take. Otherwise the price depends on the request; `/quotes` computes it."
    )
    price_is_estimate: bool
    prompt_limit: int = Field(description="Characters.")
    takes_default: int
    takes_max: int = Field(description="Of one generation.")
    batch_takes_max: int = Field(
        description="Of one brief of POST /batches. If it is more than `takes_max`, each take becomes a generation."
    )
    can_cancel: bool = Field(description="A generation can be stopped after it was sent to the provider.")
    formats: list[str] = Field(description="The default first.")
    typical_duration: str = Field(description="How long generating usually takes, in words.")
    license: str
    fields: list[FieldOut]
    track_record: TrackRecordOut | None = Field(
        description="In the project of the request, or the key’s default project; null: the key has no access to it."
    )


class PromptOut(Schema):
    id: Ref
    project: Ref
    text: str
    settings: dict[str, Any] = Field(description="The model's fields, takes and format, as sent.")
    author: str
    created_at: dt.datetime


class FindingOut(Schema):
    """A problem that a quality check found in a track."""

    code: str
    severity: str = Field(description="warning or fault.")
    message: str
    position_s: float | None = Field(description="Position in the track, in seconds; null: the whole track.")


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
    requested_model: str | None = Field(description="If another one was unavailable and `model` was used instead.")
    prompt: str
    length_s: float
    bpm: float | None
    key: str
    isrc: str = Field(description="The recording’s code, as stated; empty: none.")
    lufs: float | None
    true_peak_db: float | None
    format: str
    size: int = Field(description="Bytes of the original.")
    sample_rate: int
    channels: int
    sha256: str
    findings: list[FindingOut]
    created_at: dt.datetime
    trashed_at: dt.datetime | None
    audio_url: str = Field(
        description="The file in `format`; works without a key. Expires after 7 days, or with the key that received it."
    )
    cover_url: str | None = Field(description="As audio_url; null while a blind comparison is open.")
    page_url: str


class FallbackOut(Schema):
    """Why another model was used than the one that was requested."""

    requested_model: str
    reason: str = Field(
        description="provider_disabled, insufficient_provider_credit, provider_key_rejected, offline, suspended, "
        "provider_permission_denied, provider_misconfigured, provider_unavailable, price_changed, over_ceiling, "
        "provider_timeout."
    )
    message: str
    not_carried_over: list[str] = Field(description="Labels of settings that the model used does not take.")
    replaces: Ref | None = Field(description="The queued generation whose place it took; null: none.")


class GenerationError(Schema):
    code: str
    message: str
    provider_message: str
    suggestion: dict[str, str] | None = Field(
        description="What the provider proposes instead, if it rejected the request and does: `text`, or a field of "
        "the model by name. It is never sent by itself."
    )


class WaitOut(Schema):
    """Why work does not continue at the moment."""

    code: str = Field(
        description="provider_unreachable, provider_busy, provider_timeout, invalid_provider_response, unknown_job, "
        "ambiguous_job, file_unavailable, provider_unavailable, provider_key_rejected, insufficient_provider_credit, "
        "provider_permission_denied, provider_misconfigured, price_changed, provider_disabled, "
        "provider_not_installed, provider_key_missing; waiting for a blind candidate."
    )
    message: str
    retry_at: dt.datetime | None = Field(description="Time of the next attempt; null: only after someone has acted.")


class GenerationOut(Schema):
    id: Ref
    project: Ref
    state: GenerationState
    ended: bool = Field(description="Nothing further will happen.")
    stage: str
    percent: int
    model: str | None = Field(description="null while a blind comparison is open.")
    prompt: PromptOut
    takes: int
    price_usd: Usd | None = Field(description="Reserved for all takes together.")
    charged_usd: Usd | None
    error: GenerationError | None
    wait: WaitOut | None = Field(description="Why work at a provider is waiting; null if it is not.")
    parent: Ref | None = Field(description="The generation that this one is a variation, a retry or a fallback of.")
    fallback: FallbackOut | None = Field(description="Why it uses another model than was requested; null: it does not.")
    replaced_by: Ref | None = Field(description="The generation that took its place (error code `replaced`).")
    comparison: Ref | None
    api_key_prefix: str | None = Field(description="Of the key that requested it; null: requested on the pages.")
    cancel_requested_at: dt.datetime | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    machine_s: float | None = Field(
        description="Seconds for which a server of the operator’s worked on it; null: it was made elsewhere."
    )
    dismissed_at: dt.datetime | None = Field(description="When it was removed from the running list of the pages.")
    tracks: list[TrackOut] = Field(description="The takes that can be played so far.")


class GenerationEventOut(Schema):
    number: int = Field(
        description="Position in this generation's history, from 1; also the id of the server-sent event."
    )
    created_at: dt.datetime
    kind: str
    message: str


EXPECTED_PRICE = (
    "The total that was quoted, for all takes and models together. If the price has changed since, nothing is made or "
    "charged: 409. Empty: any price."
)


class Priced(Strict):
    """A request that can cost money."""

    expected_price_usd: Annotated[str, Field(max_length=24, examples=["0.060000"])] | None = Field(
        None, description=EXPECTED_PRICE
    )


class GenerationIn(Priced):
    """A request for music."""

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
    model: str = Field(max_length=120, description="The `id` of a model of GET /models.")
    text: str = Field(max_length=20_000)
    project: str | None = Field(None, max_length=16, description="Empty: the default project of the key.")
    takes: int | None = Field(None, description="Empty: the model's default.")
    format: str | None = Field(None, max_length=10, description="Empty: the model's default.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The model's own fields, by name.")
    references: dict[str, str] = Field(
        default_factory=dict, max_length=8, description="Reference ids, by the model field that takes them."
    )


class QuoteIn(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"models": ["composer/studio"], "takes": 2}]}
    )
    models: list[Annotated[str, Field(max_length=120)]] = Field(min_length=1, max_length=4)
    takes: int = Field(1, ge=1, le=10, description="Per model.")
    settings: dict[str, Value] = Field(
        default_factory=dict, description="The models’ own fields, by name; some prices depend on them."
    )
    text: str = Field("", max_length=20_000, description="The prompt, if a price depends on it.")
    project: str | None = Field(None, max_length=16)


class QuoteOut(Schema):
    total_usd: Usd
    per_take_usd: Usd = Field(description="All models together, rounded up to a micro-dollar.")
    is_estimate: bool
    remaining_usd: Usd | None = Field(description="Left in the tightest budget; null: no budget applies.")
    remaining_after_usd: Usd | None
    budget: str = Field(description="What the tightest budget applies to.")
    unavailable_reason: str = Field(description="Why a request would be refused now; empty: it would not.")


class ComparisonIn(Priced):
    """One prompt for several models; the models are shown after a take is picked or the comparison is revealed."""

    models: list[Annotated[str, Field(max_length=120)]] = Field(min_length=2, max_length=4)
    text: str = Field(max_length=20_000)
    project: str | None = Field(None, max_length=16)
    takes: int = Field(1, ge=1, le=10)
    format: str = Field("", max_length=10)
    settings: dict[str, Value] = Field(default_factory=dict)
    references: dict[str, str] = Field(
        default_factory=dict,
        max_length=8,
        description="As for one model; only references that need no registration.",
    )


class CandidateOut(Schema):
    letter: str
    generation: GenerationOut


class ComparisonOut(Schema):
    id: Ref
    project: Ref
    text: str
    is_blind: bool
    picked_track: Ref | None
    created_at: dt.datetime
    candidates: list[CandidateOut]
    page_url: str


class PickIn(Strict):
    track: str = Field(max_length=16)


class TrackPatch(Strict):
    """The fields to change; all of them are changed, or none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Tea time", "add_tag": "intro"}]}
    )
    title: str | None = Field(None, max_length=500)
    notes: str | None = Field(None, max_length=20_000)
    isrc: str | None = Field(None, max_length=40, description="The recording’s code, for new files; empty: none.")
    add_tag: str | None = Field(None, max_length=500)
    remove_tag: str | None = Field(None, max_length=500)
    starred: bool | None = None
    private: bool | None = Field(None, description="true: only its author can see it, and its share links are revoked.")


class VariationIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"change": "10% slower"}]})
    change: str = Field(max_length=200, description="What should be different, in a few words.")


class RenditionPendingOut(Schema):
    """Request `Location` again after `Retry-After` seconds."""

    message: str
    location: str
    retry_after_s: int


class StemOut(Schema):
    id: Ref
    title: str
    length_s: float
    size: int
    audio_url: str = Field(description="Requires the key.")


class StemsOut(Schema):
    stems: list[StemOut]
    midi_url: str | None
    can_create: bool = Field(description="POST creates them, free.")
    in_progress: bool


class SpendShareOut(Schema):
    id: str
    title: str
    spent_usd: Usd
    takes: int


class BudgetUsageOut(Schema):
    target: str = Field(description="What the budget applies to.")
    amount_usd: Usd = Field(description="Per calendar month.")
    used_usd: Usd
    remaining_usd: Usd


class SpendOut(Schema):
    month: str = Field(examples=["2026-11"])
    project: Ref | None = Field(description="null: your own spend in all projects.")
    spent_usd: Usd
    held_usd: Usd
    charged_usd: Usd
    credited_usd: Usd
    adjusted_usd: Usd
    stated_usd: Usd = Field(description="What uploaded tracks cost, as people stated it; it counts toward no budget.")
    takes: int
    by_model: list[SpendShareOut]
    by_project: list[SpendShareOut]
    by_user: list[SpendShareOut]
    by_api_key: list[SpendShareOut]
    budgets: list[BudgetUsageOut]


class LedgerEntryOut(Schema):
    created_at: dt.datetime
    day: dt.date
    kind: LedgerKind
    amount_usd: Usd
    spent_usd: Usd = Field(description="What the entry adds to the amount spent.")
    held_usd: Usd
    takes: int
    project: Ref
    user: str
    model: str
    generation: Ref | None
    api_key: Ref | None
    reason: str
