"""The provider protocol: a model spec that lists what can be requested, and one of three kinds of job.

    PollProvider    submit(request) → Snapshot with the job's id; poll(provider_job_id) → Snapshot, until it has ended
    StreamProvider  stream(request) → Snapshots as they happen; recover(provider_job_id) where a status call exists
                    (a blocking call is a stream of one snapshot)
    LocalProvider   make(request, progress) → finished takes, one after the other, in one of our worker processes

The services know only these protocols. Providers raise only `errors.ProviderError`s. A provider may also be
`Configurable` (it uses the operator's account), `Checking` (it can reject a request before the hold) and `Acting` (it
processes existing audio).
"""

import datetime as dt
import enum
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable
from urllib.parse import urlsplit

import httpx

from generator.composer.text.understanding import Understanding
from generator.currency import Micros

Value = str | int | float | bool | None
Computed = Callable[[Mapping[str, Value]], Value]
"""Computes a value from a request's settings; raises Rejected if they are invalid."""


class Kind(enum.StrEnum):
    """The value type of a form field."""

    WHOLE = "whole"  # an integer between minimum and maximum
    NUMBER = "number"  # a decimal between minimum and maximum
    CHOICE = "choice"  # one of choices, or empty for "let the text decide"
    WORDS = "words"  # short free text, at most `maximum` characters
    LEVELS = "levels"  # percentages from beginning to end, such as 20 40 90 60; at most `maximum` characters
    SWITCH = "switch"  # on or off


@dataclass(frozen=True)
class Patience:
    """Timeouts of a remote call in seconds: connect, submit, poll, gap between two bytes, total."""

    connect: float = 10.0
    submit: float = 60.0
    poll: float = 30.0
    gap: float = 120.0
    total: float = 900.0


@dataclass(frozen=True)
class ProviderConfig:
    """The operator's account at a provider, passed in by the caller; `repr` never shows the key."""

    base_url: str = ""  # empty: the vendor's default address
    key: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)  # each provider lists the names it reads
    patience: Patience = Patience()
    private_ok: bool = False  # development and tests: allow plain HTTP and private addresses


def from_environment(prefix: str, extra: tuple[str, ...]) -> ProviderConfig:
    """Return the account set by environment variables alone: PREFIX_API_KEY, PREFIX_BASE_URL, PREFIX_<EXTRA>."""
    extra_values = {name: os.environ.get(f"{prefix}_{name.upper()}", "") for name in extra}
    return ProviderConfig(
        base_url=os.environ.get(f"{prefix}_BASE_URL", ""),
        key=os.environ.get(f"{prefix}_API_KEY", ""),
        extra={name: value for name, value in extra_values.items() if value},
        private_ok=os.environ.get("STUDIO_PRIVATE_DOWNLOADS", "").lower() in ("1", "true", "yes", "on"),
    )


@dataclass(frozen=True)
class Field:
    """A setting of a model, besides the prompt, the takes and the format."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # for numbers: common values, which are only suggestions
    default: Value = None
    advanced: bool = False
    purpose: str = ""  # takes a project's reference: the id it is registered under, or what `followed` reads in it


RESERVED_NAMES = frozenset(  # of the create form itself; a model's field must have another one
    (
        *(
            "idempotency_key",
            "expected_price",
            "csrfmiddlewaretoken",
            "text",
            "takes",
            "format",
            "model",
            "model_sort",
            "again",
        ),
        *("compare", "comparing", "add", "on", "sketch", "drop", "set", "preset", "preset_name", "preset_scope"),
        *("preset_text", "kit_price", "keep", "use", "action"),
    )
)


class ImportedInputs(Protocol):
    """What an imported model has besides its spec (`generator.providers.importing`)."""

    @property
    def entry(self) -> Mapping[str, Any]:
        """The vendor's description of the model, as it was accepted."""
        ...

    @property
    def names(self) -> Collection[str]:
        """The names that the vendor's price formula may use."""
        ...

    def values(self, settings: Mapping[str, Value], takes: int, text: str) -> Mapping[str, Any]:
        """Return the values that the vendor's price formula sees: what would be sent, under the vendor's names."""
        ...


@dataclass(frozen=True)
class ModelSpec:
    """The capabilities of one model. The form, the validation and the API are generated from it."""

    key: str  # "composer/studio": provider key, slash, the model's own name
    title: str
    summary: str  # one line for the model's card
    prompt_limit: int  # Unicode code points, after trimming
    takes_max: int
    formats: tuple[str, ...]  # keys of generator.audio.FORMATS, the default first
    list_price: (
        Micros | None
    )  # per take, or the formula's `base_price`; the first dated price is made from it, if known
    price_formula: str = ""  # the price of a request, see generator.price_formula
    prompt_name: str = "prompt"  # what the formula calls the prompt and, besides `takes`, the number of takes
    takes_name: str = ""
    price_is_estimate: bool = False
    fields: tuple[Field, ...] = ()
    takes_default: int = 1
    usual_seconds: float = 45.0  # expected duration until there is a history; local: per minute of audio
    unverified: str = ""  # why this spec could not be checked against the vendor; shown on the form
    license: str = ""  # license of a track made today
    checked: str = ""  # ISO date on which fields, limits and price were last compared with the vendor's page
    instrumental: bool = True  # promises music without a voice, so its takes are checked for one
    calls_max: int = 1  # of a vendor that makes one take per call: takes of one press, each a generation of its own
    computed: tuple[tuple[str, Computed], ...] = ()  # further values for the price formula, by name
    imported: ImportedInputs | None = field(default=None, compare=False, repr=False)

    @property
    def provider(self) -> str:
        return self.key.partition("/")[0]

    @property
    def takes_offered(self) -> int:
        """Return how many takes one press may request, as one generation or as one for each take."""
        return max(self.takes_max, self.calls_max)

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


class Gives(enum.StrEnum):
    """The result of an action."""

    ID = "id"  # `Snapshot.registered_id`: the audio can be referenced from now on
    PARTS = "parts"  # files made from the audio


@dataclass(frozen=True)
class Purpose:
    """A purpose for which a reference can be registered, and the accepted length in seconds."""

    name: str
    title: str
    min_s: float = 0.0
    max_s: float = 30.0


@dataclass(frozen=True)
class ActionSpec:
    """A provider's operation on existing audio; requested and charged like a generation of one take.

    It is submitted as a `Request` whose model is the action's key and whose settings hold `audio`, a URL that the
    provider can fetch, besides the action's own fields. `Acting.upload` makes the URL, free of charge.
    """

    key: str
    title: str
    summary: str
    list_price: Micros
    price_formula: str = ""
    price_is_estimate: bool = False
    fields: tuple[Field, ...] = ()
    unverified: str = ""
    checked: str = ""
    gives: Gives = Gives.PARTS
    usual_seconds: float = 45.0  # expected duration until there is a history
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
    reference: str  # our id: the generation's public name
    price: Micros | None = None  # held for all takes; None: no comparison with the provider's quote
    price_is_estimate: bool = False
    corrections: Mapping[str, Any] = field(default_factory=dict)  # the operator's corrections to the model's contract
    received: Path | None = None  # where to write audio that comes in the reply itself, see `Output.file`
    entry: Mapping[str, Any] = field(default_factory=dict)  # of an imported model: the vendor’s description


PART = ".part"  # how the name of a file in `Request.received` ends until it is complete


class Progress(enum.StrEnum):
    """The state of the job in a snapshot."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"  # at our request, before it was finished


@dataclass(frozen=True)
class Output:
    """A finished audio file: one that a provider offers for download, or one that came in its reply.

    The bytes of a reply are written to the folder `Request.received` under another name (`PART`), synced, and then
    renamed, so a file without that ending is complete. The studio finds it there even if the process dies at once.
    """

    url: str = ""
    title: str = ""
    cover_url: str = ""
    file: Path | None = None  # in the folder `Request.received`; then there is no `url`


@dataclass(frozen=True)
class Snapshot:
    """A provider's report about a job at one moment."""

    progress: Progress
    provider_job_id: str = ""
    stage: str = ""
    percent: int | None = None
    outputs: tuple[Output, ...] = ()
    error: str = ""  # the provider's message, if FAILED
    retry_after: float | None = None  # seconds until the next poll makes sense
    position: int | None = None  # place in the provider's queue, from 1
    cost: Micros | None = None  # what the provider says that it charged for the whole job
    is_certain: bool = False  # found by our own id, so it cannot be another generation's job
    registered_id: str = ""  # the id of an uploaded sound, for actions that register one
    raw: Mapping[str, Any] = field(default_factory=dict)  # the reply, without keys, for the history


@dataclass(frozen=True)
class LocalTake:
    """A locally made take: a file to move into the library, and its metadata."""

    take: int
    path: Path
    title: str
    known: Mapping[str, Any] = field(default_factory=dict)


Report = Callable[[str, float], None]
"""Progress callback: a stage in words and the fraction done, 0..1; may raise to abort the work."""


class Provider(Protocol):
    key: str
    title: str
    models: tuple[ModelSpec, ...]


@runtime_checkable
class Configurable(Protocol):
    extra: tuple[str, ...]  # setting names its account may hold

    def using(self, config: ProviderConfig) -> Self:
        """Return the same provider with the operator's account; without it, the environment is read at each call."""
        ...

    @property
    def has_key(self) -> bool:
        """Return whether an API key is set."""
        ...


class OnAccount:
    """A provider with an account: the one passed in, or else the environment's, read at each call.

    The environment variables start with the provider's key in capitals: WAVESPEED_API_KEY.
    """

    key: str
    extra: tuple[str, ...] = ()
    key_is_optional = False  # an address is enough
    vendor_url = ""  # the vendor's own address; empty: it runs where the operator says

    def __init__(self, config: ProviderConfig | None = None) -> None:
        self._given = config

    def using(self, config: ProviderConfig) -> Self:
        return type(self)(config)

    @property
    def has_key(self) -> bool:
        return bool(self._account.key)

    @property
    def is_own_machine(self) -> bool:
        """Return whether it runs on a machine of the operator's, whose time is what a generation costs."""
        return not self.vendor_url

    @property
    def is_at_vendor(self) -> bool:
        """Return whether calls go to the vendor itself, and not to another server that speaks its contract."""
        address = self._account.base_url.strip()
        return not (address and self.vendor_url) or urlsplit(address).hostname == urlsplit(self.vendor_url).hostname

    @property
    def _account(self) -> ProviderConfig:
        return self._given or from_environment(self.key.upper(), self.extra)


@dataclass(frozen=True)
class FileAccess:
    """What the download of a finished file needs, until it is redirected elsewhere."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    private_ok: bool = False  # allow plain HTTP and private addresses


@runtime_checkable
class Guarded(Protocol):
    """A provider whose files need its key, or lie in the operator's own network."""

    def access(self, url: str) -> FileAccess:
        """Return what a file of this provider's needs; nothing for an address that is not one of its own."""
        ...


@runtime_checkable
class Testable(Protocol):
    """A provider with a free call that tells whether it can be used."""

    async def test(self, http: httpx.AsyncClient) -> str:
        """Return a sentence for the operator; raises a ProviderError if it cannot be used."""
        ...


@runtime_checkable
class Limited(Protocol):
    """A provider whose account allows a number of open requests, beyond which it refuses them."""

    @property
    def max_concurrent(self) -> int:
        """Return how many requests may be open at a time; 0: no limit is known."""
        ...


@runtime_checkable
class Acting(Protocol):
    actions: tuple[ActionSpec, ...]
    max_upload_bytes: int  # bytes

    async def upload(self, file: Path, http: httpx.AsyncClient) -> str:
        """Upload a file and return its URL at the provider, valid for a few days. Free; may be repeated.

        Raises Rejected if the provider could never accept the file, Busy if the upload was interrupted.
        """
        ...


class Bill(Protocol):
    """One line of a provider's own billing records."""

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
        """The provider_job_id of the job it belongs to; empty for none."""
        ...


@runtime_checkable
class Bookkeeping(Configurable, Protocol):
    async def balance(self, http: httpx.AsyncClient) -> Micros:
        """Return the remaining credit; free of charge."""
        ...

    async def billings(self, since: float, until: float, http: httpx.AsyncClient) -> Sequence[Bill]:
        """Return the provider's own billing records between two moments in Unix seconds."""
        ...


class SignedMessage(Protocol):
    """The content of a signed message: `once` is equal for repeated deliveries."""

    @property
    def once(self) -> str: ...
    @property
    def snapshot(self) -> "Snapshot": ...


@runtime_checkable
class Notifying(Protocol):
    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str, now: float) -> SignedMessage:
        """Verify a message, or raise WebhookRefused; `now` is Unix seconds."""
        ...


@runtime_checkable
class Checking(Protocol):
    def check(self, request: Request) -> None:
        """Reject a request that could never be accepted, before the hold; raises Rejected."""
        ...


@runtime_checkable
class Correctable(Protocol):
    correctable: tuple[str, ...]  # names that corrections may hold

    def corrected(self, key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
        """Return a model's spec with the operator's corrections; raises ValueError with a sentence."""
        ...


@runtime_checkable
class Quoting(Protocol):
    async def agree(self, request: Request, http: httpx.AsyncClient) -> None:
        """Compare the provider's own quote with the hold; raises PriceChanged. Nothing is submitted.

        Afterwards `submit` receives the request without a price and requests no second quote.
        """
        ...


class CanceledJob(enum.StrEnum):
    """What a provider charges for a job that was canceled before it was finished."""

    FREE = "free"
    CHARGED = "charged"  # in full
    UNKNOWN = "unknown"  # the hold stays until a person has looked


@runtime_checkable
class Cancelling(Protocol):
    @property
    def canceled_job(self) -> CanceledJob | None:
        """Return what a canceled job costs; None: jobs cannot be canceled at this provider."""
        ...

    async def cancel(self, provider_job_id: str, http: httpx.AsyncClient) -> bool:
        """Ask to cancel a job; return whether it was accepted. May be repeated; polling tells how the job ended."""
        ...


@runtime_checkable
class PollProvider(Provider, Protocol):
    async def submit(self, request: Request, http: httpx.AsyncClient) -> Snapshot: ...

    async def poll(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Poll a job by its id. None: the provider does not know it, or no longer does."""
        ...

    async def find(
        self, request: Request, since: float, http: httpx.AsyncClient, *, known: Collection[str] = ()
    ) -> Snapshot | None:
        """Find a job whose submit got no answer; `since` is Unix seconds. None: not there, or not yet.

        `known`: ids that already belong to generations and are never returned. A provider that takes an id of ours
        (`request.reference`) looks for that one and says so in the snapshot (`is_certain`).

        Raises:
            InDoubt: several jobs may be the one.
            Rejected: it is certain that the provider never accepted the request.
        """
        ...


@runtime_checkable
class StreamProvider(Provider, Protocol):
    def stream(self, request: Request, http: httpx.AsyncClient) -> AsyncIterator[Snapshot]: ...

    async def recover(self, provider_job_id: str, http: httpx.AsyncClient) -> Snapshot | None:
        """Query a job whose stream was lost. None: this provider has no such call."""
        ...


@runtime_checkable
class LocalProvider(Provider, Protocol):
    def make(self, request: Request, folder: Path, takes: tuple[int, ...], report: Report) -> Iterator[LocalTake]:
        """Yield each requested take as a file in `folder` as soon as it is finished."""
        ...

    def seconds(self, request: Request) -> float:
        """Return the requested audio length, all takes together; raises Rejected if impossible."""
        ...

    def interpret(self, request: Request) -> str:
        """Return how the prompt and settings were understood, in one line; raises Rejected if impossible."""
        ...


@runtime_checkable
class Explaining(Protocol):
    """A provider that can tell which words made which decision, and which it did not understand."""

    def understand(self, request: Request) -> Understanding:
        """Return what was understood; raises Rejected if the request is impossible."""
        ...
