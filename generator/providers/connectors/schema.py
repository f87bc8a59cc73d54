"""A connector: everything the studio needs to know about a provider's API, as a JSON document.

`document.read_document` reads one; the page for people who write one is docs/development/connectors.md.

    Document ── submit (one call)      the request of a generation, and where its job's id stands in the answer
             ├─ poll (steps)           asked in order until one knows the job; each says how to read its state
             ├─ fetch (optional)       one more call once a job is completed, for its files
             ├─ find, cancel           optional
             ├─ errors                 which answers mean what, the first that fits; without one a submit is in doubt
             └─ models                 fields, limits and prices; `inputs` is what the API calls them
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)  # fmt: skip

from generator.providers.connectors.model_schema import Model, Part
from generator.providers.connectors.paths import read_path

RESERVED_KEYS = frozenset(("composer", "wavespeed", "soundverse", "acestep", "elevenlabs", "upload", "builtin"))
_HOST = re.compile(r"(\*\.)?[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?")
_HTTP = re.compile(r"[1-5](?:\d\d|xx)")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_FORBIDDEN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection", "authorization", "cookie"))

State = Literal["waiting", "running", "completed", "failed", "canceled", "unknown"]
Meaning = Literal["rejected", "busy", "operator", "failed", "in_doubt", "unknown"]


def _as_path(text: str) -> str:
    read_path(text)
    return text


def _as_http(text: str) -> str:
    if not _HTTP.fullmatch(text):
        raise ValueError("must be an HTTP status such as 404, or a group such as 5xx")
    return text


JsonPath = Annotated[str, AfterValidator(_as_path)]
HttpCode = Annotated[
    str, BeforeValidator(lambda code: str(code) if type(code) is int else code), AfterValidator(_as_http)
]


class Auth(Part):
    """How the key is sent: a header whose value has `{{key}}`; none: there is no key."""

    header: str = "Authorization"
    value: str = Field("Bearer {{key}}", max_length=100)
    key: Literal["required", "optional", "none"] = "required"

    @field_validator("header")
    @classmethod
    def _is_header(cls, name: str) -> str:
        if not _HEADER.fullmatch(name) or name.lower() in _FORBIDDEN_HEADERS - {"authorization"}:
            raise ValueError("must be the name of a header that may be set, such as X-Api-Key")
        return name

    @field_validator("value")
    @classmethod
    def _has_key(cls, value: str) -> str:
        if value.count("{{key}}") != 1 or not re.fullmatch(r"[\x20-\x7e]+", value):
            raise ValueError("must have {{key}} once, where the key is put")
        return value


class Call(Part):
    """A request: its address begins with {{base}}, with {{id}} where ids are addresses, or with https://."""

    method: Literal["GET", "POST", "PUT", "DELETE"] = "GET"
    url: str = Field(max_length=500)
    body: Any = None
    encoding: Literal["json", "form", "multipart"] = "json"
    headers: dict[str, str] = {}

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _FORBIDDEN_HEADERS:
                raise ValueError(f"“{name[:40]}” is not a header that may be set here")
            if not re.fullmatch(r"[\x20-\x7e]{0,500}", value):
                raise ValueError(f"the value of “{name[:40]}” has characters that no header may have")
        return headers

    @model_validator(mode="after")
    def _body_fits(self) -> "Call":
        if self.encoding != "json" and not isinstance(self.body, dict):
            raise ValueError("a form’s body must be an object of its fields")
        return self


class Submit(Call):
    method: Literal["POST", "PUT"] = "POST"
    id: str = Field(description="A path to the id in the answer, or {{our_uuid}} or {{our_id}} if the studio chooses.")
    id_is_address: bool = False
    accepted_if: JsonPath | None = None  # with an id of ours: what an acceptance contains
    position: JsonPath | None = None
    position_from: Literal[0, 1] = 1

    @field_validator("id")
    @classmethod
    def _is_id(cls, text: str) -> str:
        return text if text in ("{{our_uuid}}", "{{our_id}}") else _as_path(text)

    @property
    def is_id_ours(self) -> bool:
        return not self.id.startswith("$")

    @model_validator(mode="after")
    def _is_clear(self) -> "Submit":
        if self.is_id_ours and not self.accepted_if:
            raise ValueError("needs accepted_if, because an id of ours in an answer does not mean acceptance")
        if self.is_id_ours and self.id_is_address:
            raise ValueError("an id of ours is not an address")
        return self


class ByField(Part):
    by: Literal["field"]
    path: JsonPath
    map: dict[str, State] = Field(min_length=1)
    absent: State | None = None  # where the path leads nowhere; none: the next step is asked


class ByHttp(Part):
    by: Literal["http"]
    map: dict[HttpCode, State] = Field(min_length=1)


class ByContentType(Part):
    by: Literal["content_type"]
    map: dict[str, State] = Field(min_length=1)  # "audio/*"


class ByList(Part):
    """The id is in one of several lists; `order` has a number for each of `waiting`, the lowest of which is next."""

    by: Literal["list"]
    waiting: JsonPath | None = None
    running: JsonPath | None = None
    order: JsonPath | None = None


class Step(Call):
    status: Annotated[ByField | ByHttp | ByContentType | ByList, Field(discriminator="by")]
    parse: JsonPath | None = None  # a text in the answer that is JSON itself; all other paths are read in it
    failed_if: JsonPath | None = None  # something there means a failure, whatever the status says
    words: JsonPath | None = None  # the provider's reason
    position: JsonPath | None = None
    position_from: Literal[0, 1] = 1
    percent: JsonPath | None = None
    percent_of: Literal[1, 100] = 100
    cost: JsonPath | None = None  # dollars


class Fetch(Call):
    parse: JsonPath | None = None
    failed_if: JsonPath | None = None
    words: JsonPath | None = None
    cost: JsonPath | None = None


class Outputs(Part):
    """Where the files of a finished job are."""

    kind: Literal["url", "relative", "built", "base64", "hex", "bytes"]
    path: JsonPath = "$"
    url: str = Field("", max_length=500)  # for built ones, with {{item}} or {{item.name}}
    title: JsonPath | None = None
    send_key: bool = False

    @model_validator(mode="after")
    def _is_complete(self) -> "Outputs":
        if self.kind in ("base64", "hex", "bytes"):
            raise ValueError(f"files as {self.kind} in an answer are not supported yet; only addresses are")
        if (self.kind == "built") != bool(self.url):
            raise ValueError("url is for files of the kind “built”, which need it")
        return self


class Find(Call):
    """How a job is looked up under our own id when its submit got no answer."""

    url: str = Field("", max_length=500)
    by: Literal["poll", "call"]
    found_if: list[JsonPath] = []  # any of these leads to our id
    absent_after_s: int | None = Field(None, ge=60, le=86_400)  # from then on, not there means never accepted

    @model_validator(mode="after")
    def _is_complete(self) -> "Find":
        if (self.by == "call") != bool(self.url and self.found_if):
            raise ValueError("a call needs url and found_if; “poll” needs neither")
        return self


class Cancel(Part):
    """Calls tried in order until one is accepted, and what a canceled job costs."""

    calls: list[Call] = Field(min_length=1, max_length=4)
    accepted_if: JsonPath | None = None  # none: any answer 2xx
    charged: Literal["no", "yes", "unknown"]


class Error(Part):
    """An answer and what it means; every condition given must hold."""

    http: list[HttpCode] = []
    code: list[str | int] = []
    has: JsonPath | None = None
    at: list[Literal["submit", "poll", "fetch", "find", "cancel"]] = []  # none: all of them
    meaning: Meaning
    cause: Literal["", "key_refused", "no_credit", "not_allowed", "misconfigured"] = ""
    suggestion: JsonPath | None = None  # where a rejection has a prompt that would be accepted

    @model_validator(mode="after")
    def _says_when(self) -> "Error":
        if not (self.http or self.code or self.has):
            raise ValueError("needs http, code or has, else it would fit every answer")
        if self.suggestion and self.meaning != "rejected":
            raise ValueError("only a rejection has a suggestion")
        return self


class Document(Part):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,29}$")]
    title: str = Field(min_length=1, max_length=60)
    about: str = Field("", max_length=1000)
    base: str = Field("", max_length=200)  # empty: the operator enters an address with the account
    is_private: bool = False  # the address may be plain http and in a private network, and so may its files
    hosts: list[str] = Field([], max_length=20)
    auth: Auth = Auth(header="Authorization", value="Bearer {{key}}", key="none")
    submit: Submit
    poll: list[Step] = Field(min_length=1, max_length=4)
    fetch: Fetch | None = None
    outputs: Outputs
    find: Find | None = None
    cancel: Cancel | None = None
    errors: list[Error] = Field([], max_length=60)
    error_code: JsonPath | None = None
    error_words: JsonPath | None = None
    failure_charged: Literal["no", "yes", "unknown"] = "unknown"
    test: Call | None = None  # a free call that tells whether the account works
    values: dict[str, dict[str, str | int | float | bool]] = {}
    models: list[Model] = Field([], max_length=60)

    @field_validator("key")
    @classmethod
    def _is_free(cls, key: str) -> str:
        if key in RESERVED_KEYS:
            raise ValueError("belongs to a provider that the studio has already")
        return key

    @field_validator("base")
    @classmethod
    def _is_base(cls, base: str) -> str:
        if base and not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._/-]*)?", base):
            raise ValueError("must be an address such as https://api.example.com/v1")
        return base.rstrip("/")

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not _HOST.fullmatch(host) or "." not in host.removeprefix("*."):
                raise ValueError(f"“{host[:60]}” is not a host such as files.example.com or *.example.com")
        return hosts

    def calls(self) -> Iterator[tuple[str, Call]]:
        """Yield every call with its place."""
        yield "$.submit", self.submit
        yield from ((f"$.poll[{number}]", step) for number, step in enumerate(self.poll))
        if self.fetch:
            yield "$.fetch", self.fetch
        if self.test:
            yield "$.test", self.test
        if self.find and self.find.by == "call":
            yield "$.find", self.find
        yield from ((f"$.cancel.calls[{n}]", call) for n, call in enumerate(self.cancel.calls if self.cancel else ()))


def allows(hosts: list[str], host: str) -> bool:
    """Return whether a host is one of those listed; `*.example.com` is any below example.com."""
    return any(host.endswith(item[1:]) if item.startswith("*.") else host == item for item in hosts)
