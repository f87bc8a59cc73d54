"""The door every provider comes through: a model spec that says what can be asked, and one of three shapes of work.

    PollProvider    submit(request) → Snapshot with a handle; poll(handle) → Snapshot, until it has ended
    StreamProvider  stream(request) → Snapshots as they happen; recover(handle) where a status call exists
                    (a blocking call is a stream of one snapshot)
    LocalProvider   make(request, progress) → finished takes, one after the other, in a worker process of ours

The workflow knows these shapes and nothing else about a provider. Providers raise only `errors.ProviderError`s. A
provider may also be `Configurable` (it works with an account of the operator's), `Checking` (it can refuse before
anything is set aside) and `Acting` (it does things with sounds that exist already).
"""

import datetime as dt
import enum
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import httpx

from generator.money import Micros

Value = str | int | float | bool | None


class Kind(enum.StrEnum):
    """What sort of answer a field of the form takes."""

    WHOLE = "whole"  # an integer between minimum and maximum
    NUMBER = "number"  # a decimal between minimum and maximum
    CHOICE = "choice"  # one of choices, or empty for "let the text decide"
    WORDS = "words"  # a short free text, at most `maximum` characters
    LEVELS = "levels"  # per cents from beginning to end, such as 20 40 90 60; at most `maximum` characters
    SWITCH = "switch"  # on or off


@dataclass(frozen=True)
class Patience:
    """Seconds a remote call may take: to connect, to be accepted, to be asked about, between two bytes, altogether."""

    connect: float = 10.0
    submit: float = 60.0
    poll: float = 30.0
    gap: float = 120.0
    total: float = 900.0


@dataclass(frozen=True)
class ProviderConfig:
    """The operator's account at a provider, handed in by whoever wires it; the key never shows in a repr."""

    base_url: str = ""  # empty: the vendor's own address
    key: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)  # each provider lists the names it reads
    patience: Patience = Patience()
    private_ok: bool = False  # development and tests: plain http and private addresses are allowed


def from_environment(prefix: str, extra: tuple[str, ...]) -> ProviderConfig:
    """The account of a studio that is set up by environment alone: PREFIX_API_KEY, PREFIX_BASE_URL, PREFIX_<EXTRA>."""
    found = {name: os.environ.get(f"{prefix}_{name.upper()}", "") for name in extra}
    return ProviderConfig(
        base_url=os.environ.get(f"{prefix}_BASE_URL", ""),
        key=os.environ.get(f"{prefix}_API_KEY", ""),
        extra={name: value for name, value in found.items() if value},
        private_ok=os.environ.get("STUDIO_PRIVATE_DOWNLOADS", "").lower() in ("1", "true", "yes", "on"),
    )


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
    choices: tuple[tuple[str, str], ...] = ()  # of a number: usual values, of which none has to be taken
    default: Value = None
    advanced: bool = False
    purpose: str = ""  # takes a project's reference: the id it is registered under, or what `following` reads in it


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
    checked: str = ""  # ISO date on which fields, limits and price were last compared with the vendor's page
    instrumental: bool = True  # it promises music without a voice, so its takes are listened to for one

    @property
    def provider(self) -> str:
        return self.key.partition("/")[0]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


class Gives(enum.StrEnum):
    """What an action answers with."""

    ID = "id"  # `Snapshot.registered_id`: the sound can be referred to from now on
    PARTS = "parts"  # files made of the sound


@dataclass(frozen=True)
class Purpose:
    """What a reference can be registered for, and how much of it, in seconds, is taken."""

    name: str
    title: str
    least: float = 0.0
    most: float = 30.0


@dataclass(frozen=True)
class ActionSpec:
    """Something a provider does with a sound that exists already; asked and charged like a generation of one take.

    It is submitted as a `Request` whose model is the action's key and whose settings hold `audio`, a web address the
    provider can fetch, besides the action's own fields. The address is made by `Acting.upload`, which costs nothing.
    """

    key: str
    title: str
    summary: str
    list_price: Micros
    price_is_estimate: bool = False
    fields: tuple[Field, ...] = ()
    unverified: str = ""
    checked: str = ""
    gives: Gives = Gives.PARTS
    usual_seconds: float = 45.0  # expected run before there is a history
    purposes: tuple[Purpose, ...] = ()

    @property
    def provider(self) -> str:
        return self.key.partition("/")[0]

    def purpose(self, name: str) -> Purpose | None:
        return next((purpose for purpose in self.purposes if purpose.name == name), None)


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
    price: Micros | None = None  # what was set aside for all takes; None: no comparison with the provider's quote
    price_is_estimate: bool = False
    corrections: Mapping[str, Any] = field(default_factory=dict)  # the operator's, to the model's contract


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
    registered_id: str = ""  # the id a provider gave an uploaded sound, for actions that register one
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
class Configurable(Protocol):
    extra: tuple[str, ...]  # the names of the settings its account may hold

    def using(self, config: ProviderConfig) -> Self:
        """The same provider with the operator's account; without it the environment is read at each call."""
        ...

    @property
    def has_key(self) -> bool:
        """Whether there is a key to work with."""
        ...


class OnAccount:
    """A provider that works with an account: the one handed in, or else the environment's, read at each call.

    The environment's names begin with the provider's key in capitals: WAVESPEED_API_KEY.
    """

    key: str
    extra: tuple[str, ...] = ()

    def __init__(self, config: ProviderConfig | None = None) -> None:
        self._given = config

    def using(self, config: ProviderConfig) -> Self:
        return type(self)(config)

    @property
    def has_key(self) -> bool:
        return bool(self._account.key)

    @property
    def _account(self) -> ProviderConfig:
        return self._given or from_environment(self.key.upper(), self.extra)


@runtime_checkable
class Acting(Protocol):
    actions: tuple[ActionSpec, ...]
    most_upload: int  # bytes

    async def upload(self, file: Path, http: httpx.AsyncClient) -> str:
        """Hand the provider a sound of ours; the address it has there, for a few days. Costs nothing, may be repeated.

        Raises Rejected when the provider could never take the file, Busy when the upload broke off.
        """
        ...


class Bill(Protocol):
    """One line of a provider's own books."""

    @property
    def uuid(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> Micros: ...
    @property
    def at(self) -> dt.datetime | None: ...
    @property
    def job(self) -> str:
        """The handle of the job it is about; empty when it is about none."""
        ...


@runtime_checkable
class Bookkeeping(Configurable, Protocol):
    async def balance(self, http: httpx.AsyncClient) -> Micros:
        """What is left of the credit; costs nothing."""
        ...

    async def billings(self, since: float, until: float, http: httpx.AsyncClient) -> Sequence[Bill]:
        """The provider's own books between two moments in Unix seconds."""
        ...


class Said(Protocol):
    """What a signed message says: `once` is the same for the same news."""

    @property
    def once(self) -> str: ...
    @property
    def snapshot(self) -> "Snapshot": ...


@runtime_checkable
class Notifying(Protocol):
    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> Said:
        """Believe a message, or raise WebhookRefused; `now` is Unix seconds."""
        ...


@runtime_checkable
class Checking(Protocol):
    def check(self, request: Request) -> None:
        """Refuse what could never be accepted before anything is set aside; raises Rejected."""
        ...


@runtime_checkable
class Correctable(Protocol):
    correctable: tuple[str, ...]  # the names that corrections may hold

    def corrected(self, key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
        """The spec of a model with what the operator knows better than the code; raises ValueError, in a sentence."""
        ...


@runtime_checkable
class Quoting(Protocol):
    async def agree(self, request: Request, http: httpx.AsyncClient) -> None:
        """Compare the provider's own quote with what was set aside; raises PriceChanged. Nothing is sent.

        After it `submit` is given the request without a price, and asks for no second quote.
        """
        ...


@runtime_checkable
class PollProvider(Provider, Protocol):
    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot: ...

    async def poll(self, handle: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Ask for a job by its id. None: the provider does not know it (any more)."""
        ...

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        """Look for a job whose submit got no answer; `since` is Unix seconds. None: not there (yet).

        `known`: ids that belong to generations already, which are never taken.
        """
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

    def seconds(self, request: Request) -> float:
        """How much audio is asked for, all takes together; raises Rejected when impossible."""
        ...

    def heard(self, request: Request) -> str:
        """What the prompt and settings were understood to mean, in a line; raises Rejected when impossible."""
        ...
