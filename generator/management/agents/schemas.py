"""Return types of the tools: the API's answers, reduced to what an agent needs."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="ignore")


class FieldOfModel(Shape):
    name: str
    help: str = ""
    kind: str
    choices: list[str] = []
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""


class TrackRecord(Shape):
    takes: int = Field(description="Delivered in the project so far.")
    kept: int = Field(description="How many of them are not in the trash.")
    spent_usd: str
    cost_per_kept_usd: str | None = Field(description="What a kept track cost; null: too few takes to tell.")
    comparisons: int = Field(description="Decided by ear before the models were shown.")
    wins: int
    elo: int | None = Field(description="Rating from these comparisons, from 1500; null: too few to tell.")


class Model(Shape):
    id: str = Field(description="The `model` of `create_generation` and `get_quote`.")
    title: str
    summary: str
    available: bool
    unavailable_reason: str = Field(description="Why it is not available; empty if it is.")
    price_usd: str | None = Field(description="One take with default settings, in US dollars; see `get_quote`.")
    price_formula: str = Field(description="How the price depends on the settings; empty: it does not.")
    price_is_estimate: bool
    takes_max: int
    batch_takes_max: int = Field(description="Most takes of a brief of `create_batch`; each may be a generation.")
    can_cancel: bool = Field(description="A generation can be stopped after it was sent to the provider.")
    formats: list[str]
    prompt_limit: int = Field(description="Characters.")
    typical_duration: str = Field(description="How long generating usually takes.")
    fields: list[FieldOfModel] = Field(description="The fields of `settings`.")
    track_record: TrackRecord | None = Field(description="What it has done in the project so far.")


class Models(Shape):
    models: list[Model]


class Quote(Shape):
    total_usd: str
    per_take_usd: str | None = None
    is_estimate: bool
    remaining_usd: str | None = Field(description="Left in the tightest budget now; null: no budget applies.")
    remaining_after_usd: str | None
    unavailable_reason: str = Field(description="Why it would be refused; empty: it would not.")


class Track(Shape):
    id: str
    title: str
    take: int
    model: str | None
    requested_model: str | None = Field(description="If another one was unavailable and `model` was used instead.")
    prompt: str
    length_s: float
    bpm: float | None
    key: str
    lufs: float | None
    format: str
    tags: list[str]
    starred: bool
    approved: bool
    author: str
    generation: str
    project: str
    created_at: str
    audio_url: str = Field(description="Plays and downloads without a key for seven days.")
    page_url: str


class Tracks(Shape):
    tracks: list[Track]
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last page.")


class Generation(Shape):
    id: str = Field(description="For `wait_for_generation` and `cancel_generation`.")
    state: str = Field(description="queued, submitting, running, processing, ready, failed, canceled, in_doubt")
    ended: bool
    stage: str
    percent: int
    model: str | None
    prompt: str
    takes: int
    price_usd: str | None = Field(description="Reserved when it was requested.")
    charged_usd: str | None
    wait_message: str = Field(description="Why work is waiting; empty if it is not.")
    error_message: str = Field(description="Why it failed, or what is missing; empty: nothing.")
    suggestion: dict[str, str] = Field(
        description="What the provider proposes instead of what it rejected: `text`, or a field by name. Ask first."
    )
    fallback_message: str = Field(description="Why another model was used than was requested; empty: it was not.")
    replaced_by: str | None = Field(description="The generation that took its place; wait for that one.")
    project: str
    tracks: list[Track]

    @classmethod
    def from_response(cls, content: Mapping[str, Any]) -> "Generation":
        error, wait, prompt = content.get("error"), content.get("wait"), content["prompt"]
        flat: dict[str, Any] = {"suggestion": (error["suggestion"] if error else None) or {}}
        flat |= {"error_message": error["message"] if error else "", "wait_message": wait["message"] if wait else ""}
        flat["prompt"] = prompt["text"]
        flat["fallback_message"] = content["fallback"]["message"] if content["fallback"] else ""
        return cls.model_validate({**content, **flat})


class Brief(BaseModel):
    """One generation of a batch."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(description="The prompt: purpose, mood, style, tempo, instruments, length.")
    model: str = Field("composer/studio", description="The `id` of a model of `list_models`.")
    takes: int = Field(1, ge=1, le=10, description="How many takes to make; each is charged.")
    format: str = Field("", description="mp3, wav, flac; empty: the model's default.")
    settings: dict[str, str | int | float | bool] = Field({}, description="The model's own fields, by name.")

    def as_request(self) -> dict[str, Any]:
        return self.model_dump() | {"format": self.format or None}


class Batch(Shape):
    id: str = Field(description="For `get_batch`.")
    ended: bool
    percent: int
    total: int = Field(description="How many generations it has.")
    queued_or_running: int
    ready: int
    failed: int
    canceled: int
    in_doubt: int
    price_usd: str = Field(description="Reserved for all of them together.")
    charged_usd: str
    project: str
    generations: list[Generation] = Field(description="In the order of the briefs.")

    @classmethod
    def from_response(cls, content: Mapping[str, Any]) -> "Batch":
        runs = [Generation.from_response(run) for run in content["generations"]]
        return cls.model_validate({**content, "generations": runs})


class Structure(Shape):
    structure: dict[str, Any] | None = Field(
        description="Beats, bar lines, sections, ending, in seconds. Null while the track is being measured."
    )


class Grid(Shape):
    correction: dict[str, Any] | None = Field(description="By hand; null: as measured.")


class EditFile(Shape):
    number: int
    format: dict[str, Any]
    size: int | None = Field(description="Bytes; null until it is made.")
    url: str = Field(description="Downloads with the API key.")


class Edit(Shape):
    id: str = Field(description="For `get_edit`.")
    track: str
    title: str
    state: str = Field(description="queued, running, ready, failed or canceled.")
    percent: int
    error: str
    report: dict[str, Any] = Field(description="What was done: length, loudness, joins, loop points.")
    files: list[EditFile]


class PackFile(Shape):
    name: str
    piece: str
    stem: str
    seconds: float | None
    size: int


class LeftOut(Shape):
    piece: str
    reason: str


class PackTrack(Shape):
    track: str | None
    title: str
    files: list[PackFile]
    left_out: list[LeftOut]


class Pack(Shape):
    id: str = Field(description="For `get_pack`.")
    title: str
    state: str = Field(description="queued, running, ready, failed, canceled or expired.")
    percent: int
    files_done: int
    files_total: int
    error: str
    expires_at: str | None = Field(description="When the zip is deleted.")
    url: str | None = Field(description="Downloads the zip with the API key.")
    tracks: list[PackTrack]


class UploadAddress(Shape):
    url: str = Field(description="Accepts the bytes of the file with PUT, without a key.")
    command: str = Field(description="Sends the file from a shell, in its folder.")
    expires_at: str
    max_bytes: int


class Upload(Shape):
    id: str = Field(description="For `get_upload`.")
    state: str = Field(description="waiting, processing, ready or rejected.")
    error_message: str
    track: str | None = Field(description="The `id` of the track that it became; null until it is ready.")
    title: str
    name: str
    source: str
    license_text: str
    credit: str
    cost_usd: str | None


class SpendShare(Shape):
    title: str
    spent_usd: str
    takes: int


class Budget(Shape):
    target: str
    amount_usd: str
    used_usd: str
    remaining_usd: str


class Spend(Shape):
    month: str
    project: str | None = Field(description="null: of the key's owner, in all projects.")
    spent_usd: str
    held_usd: str = Field(description="Reserved for work that is not finished.")
    takes: int
    by_model: list[SpendShare]
    budgets: list[Budget]
