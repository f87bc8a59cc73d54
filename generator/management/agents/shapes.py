"""What the tools return: the API's answers, cut to what an agent needs."""

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


class Model(Shape):
    key: str = Field(description="Give it to `generate` and `price`.")
    title: str
    summary: str
    available: bool
    reason: str = Field(description="Why not, if it is not available.")
    price_usd: str = Field(description="Of a take, in US dollars.")
    price_is_estimate: bool
    takes_max: int
    formats: list[str]
    prompt_limit: int = Field(description="Characters.")
    usual: str = Field(description="How long it usually takes.")
    fields: list[FieldOfModel] = Field(description="What `settings` may hold.")


class Models(Shape):
    models: list[Model]


class Price(Shape):
    total_usd: str
    per_take_usd: str | None = None
    is_estimate: bool
    left_usd: str | None = Field(description="Of the tightest cap, before; null: no cap.")
    left_after_usd: str | None
    refusal: str = Field(description="Why it would be refused; empty: it would not.")


class Track(Shape):
    id: str
    title: str
    take: int
    model: str | None
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
    audio_url: str = Field(description="Plays and downloads without a key, for seven days.")
    page_url: str


class Tracks(Shape):
    tracks: list[Track]
    next: str | None = Field(description="Give it as `cursor` for more; null: these were all.")


class Generation(Shape):
    id: str = Field(description="Give it to `wait` and `cancel`.")
    state: str = Field(description="queued, submitting, running, collecting, ready, failed, cancelled, in_doubt")
    ended: bool
    stage: str
    percent: int
    model: str | None
    prompt: str
    takes: int
    price_usd: str | None = Field(description="Set aside when it was asked for.")
    charged_usd: str | None
    wait: str = Field(description="Why nothing goes on just now; empty: it does.")
    error: str = Field(description="Why it failed, or what is missing; empty: nothing.")
    project: str
    tracks: list[Track]

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Generation":
        error, wait, prompt = said.get("error"), said.get("wait"), said["prompt"]
        flat = {"error": error["sentence"] if error else "", "wait": wait["sentence"] if wait else ""}
        flat["prompt"] = prompt["text"]
        return cls.model_validate({**said, **flat})


class Share(Shape):
    title: str
    spent_usd: str
    takes: int


class Cap(Shape):
    on: str
    cap_usd: str
    used_usd: str
    left_usd: str


class Spend(Shape):
    month: str
    project: str | None = Field(description="null: of the key's person, in every project.")
    spent_usd: str
    held_usd: str = Field(description="Set aside for what is not done yet.")
    takes: int
    by_model: list[Share]
    caps: list[Cap]
