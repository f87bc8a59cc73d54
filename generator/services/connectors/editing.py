"""Editing connectors: checking a text, showing the requests that it would send, and putting it into use."""

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.db import transaction

from generator.models import ConnectorVersion, ProviderAccount, User
from generator.providers.base import Field, Kind, ModelSpec, Request, Value
from generator.providers.connectors import Connector
from generator.providers.connectors.document import DocumentError
from generator.providers.errors import ProviderError
from generator.services.connectors import versions
from generator.services.provider_jobs import catalog
from generator.translation import translate

SAMPLE_PROMPT = "Calm felt piano with warm pads, for a documentary"
SAMPLE_REFERENCE = "example"


@dataclass(frozen=True)
class ShownRequest:
    """The request that a generation would send, or why there is none."""

    model: str
    method: str = ""
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    problem: str = ""


def dry_run(text: str) -> list[ShownRequest]:
    """Return the request for sample values of each model, with the key hidden; nothing is sent.

    Raises:
        DocumentError: the text is no connector.
    """
    connector = Connector(text)
    account = ProviderAccount.objects.filter(key=connector.key).first()
    provider = catalog.with_account(connector, account) if account else connector
    assert isinstance(provider, Connector)
    return [_shown(provider, spec) for spec in provider.models]


def charges_of(text: str) -> tuple[str, str]:
    """Return whether a connector's provider charges for failed and for canceled jobs: yes, no, unknown; "" if neither.

    Raises:
        DocumentError: the text is no connector.
    """
    document = Connector(text).document
    return document.failure_charged, document.cancel.charged if document.cancel else ""


def _shown(provider: Connector, spec: ModelSpec) -> ShownRequest:
    settings: dict[str, Value] = {field.name: _sample(field) for field in spec.fields}
    request = Request(spec.key, SAMPLE_PROMPT, 1, spec.formats[0], settings, "1", SAMPLE_REFERENCE, SAMPLE_REFERENCE)
    try:
        prepared = async_to_sync(provider.dry_run)(request)
    except ProviderError as error:
        problem = " ".join(filter(None, (translate(error.sentence), error.words)))
        return ShownRequest(spec.title, problem=problem)
    headers = tuple(prepared.headers.items())
    return ShownRequest(spec.title, prepared.method, prepared.url, headers, prepared.body_text())


def _sample(field: Field) -> Value:
    """Return a value of a field: its default, else one that it takes."""
    if field.default is not None:
        return field.default
    if field.kind in (Kind.WHOLE, Kind.NUMBER):
        bound = field.minimum if field.minimum is not None else field.maximum or 0
        return int(bound) if field.kind == Kind.WHOLE else bound
    if field.kind == Kind.CHOICE:
        return field.choices[0][0]
    return False if field.kind == Kind.SWITCH else "example"


def save(text: str, actor: User | None, note: str = "") -> tuple[ConnectorVersion, bool]:
    """Store a connector and put it into use; return it, and whether the stored key was removed.

    A key was entered for the hosts of its day: if the new text reaches others, the key has to be entered again.

    Raises:
        DocumentError: the text is no connector.
    """
    connector = Connector(text)
    with transaction.atomic():
        is_removed = not _reaches_known_hosts(connector) and _remove_key(connector.key)
        version = versions.store(connector.key, text, actor, note)
        transaction.on_commit(_put_into_use)
    return version, is_removed


def use_shipped(key: str, actor: User | None) -> None:
    """Put the connector that comes with the studio into use again."""
    with transaction.atomic():
        versions.store(key, "", actor)
        transaction.on_commit(_put_into_use)


def _reaches_known_hosts(connector: Connector) -> bool:
    try:
        before = versions.connector_of(versions.text_in_use(connector.key))
    except DocumentError:
        return False
    return versions.reaches_only(connector, before)


def _remove_key(key: str) -> bool:
    account = ProviderAccount.objects.filter(key=key).exclude(secret="")
    return bool(account.update(secret=""))


def _put_into_use() -> None:
    versions.touch()
    catalog.sync()
