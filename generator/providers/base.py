"""The door every provider comes through: a model spec that says what can be asked, and one of three shapes of work.

    PollProvider    submit(request) → Snapshot with a handle; poll(handle) → Snapshot, until it has ended
    StreamProvider  stream(request) → Snapshots as they happen; recover(handle) where a status call exists
                    (a blocking call is a stream of one snapshot)
    LocalProvider   make(request, progress) → finished takes, one after the other, in a worker process of ours

The workflow knows these shapes and nothing else about a provider. Providers raise only `errors.ProviderError`s.
"""

import enum
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import httpx

from generator.money import Micros

Value = str | int | float | bool | None


class Kind(enum.StrEnum):
    """What sort of answer a field of the form takes."""

    WHOLE = "whole"  # an integer between minimum and maximum
    NUMBER = "number"  # a decimal between minimum and maximum
    CHOICE = "choice"  # one of choices, or empty for "let the text decide"
    WORDS = "words"  # a short free text, at most `maximum` characters
    SWITCH = "switch"  # on or off


@dataclass(frozen=True)
class Field:
    """One thing a model can be told besides the prompt, the takes and the format."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    default: Value = None
    advanced: bool = False


@dataclass(frozen=True)
class ModelSpec:
    """What one model can do. The form, the checks and the API are made from it."""

    key: str  # "composer/studio": provider key, a slash, the model's own name
    title: str
    summary: str  # one line for the model's card
    prompt_limit: int  # Unicode code points, after trimming
    takes_max: int
    formats: tuple[str, ...]  # keys of generator.audio.FORMATS, the default first
    list_price: Micros  # a take; the first dated price is made from it
    price_is_estimate: bool = False
    fields: tuple[Field, ...] = ()
    takes_default: int = 1
    usual_seconds: float = 45.0  # expected run before there is a history; local: per minute of audio
    unverified: str = ""  # why this spec could not be checked against the vendor, shown on the form
    licence: str = ""  # the terms a track made today comes under

    @property
    def provider(self) -> str:
        return self.key.partition("/")[0]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class Request:
    """One generation as a provider sees it."""

    model: str
    prompt: str
    takes: int
    format: str
    settings: Mapping[str, Value]
    user_ref: str
    project_ref: str
    reference: str  # ours: the generation's public name


class Progress(enum.StrEnum):
    """How far a snapshot says the job is."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True)
class Output:
    """One finished piece of audio a provider offers for download."""

    url: str
    title: str = ""
    cover_url: str = ""


@dataclass(frozen=True)
class Snapshot:
    """What a provider says of a job at one moment."""

    progress: Progress
    handle: str = ""
    stage: str = ""
    percent: int | None = None
    outputs: tuple[Output, ...] = ()
    error: str = ""  # the provider's words, when FAILED
    retry_after: float | None = None  # seconds until it makes sense to ask again
    raw: Mapping[str, Any] = field(default_factory=dict)  # the reply, without keys, for the history


@dataclass(frozen=True)
class LocalTake:
    """A take made on this machine: a file to be moved into the library, and what its maker knows about it."""

    take: int
    path: Path
    title: str
    known: Mapping[str, Any] = field(default_factory=dict)


Report = Callable[[str, float], None]
"""Called with the stage in words and the fraction done, 0..1; may raise to abort the work."""


class Provider(Protocol):
    key: str
    title: str
    models: tuple[ModelSpec, ...]


@runtime_checkable
class PollProvider(Provider, Protocol):
    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot: ...

    async def poll(self, handle: str, http: httpx.AsyncClient) -> Snapshot: ...

    async def find(self, request: Request, since: float, http: httpx.AsyncClient) -> Snapshot | None:
        """Look for a job whose submit got no answer; `since` is Unix seconds. None: not there (yet)."""
        ...


@runtime_checkable
class StreamProvider(Provider, Protocol):
    def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]: ...

    async def recover(self, handle: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask for a job whose stream was lost. None: this provider has no such call."""
        ...


@runtime_checkable
class LocalProvider(Provider, Protocol):
    def make(self, request: Request, folder: Path, takes: tuple[int, ...], report: Report) -> Iterator[LocalTake]:
        """Yield each of the asked takes as a file in `folder` as soon as it is finished."""
        ...

    def heard(self, request: Request) -> str:
        """What the prompt and settings were understood to mean, in a line; raises Rejected when impossible."""
        ...
