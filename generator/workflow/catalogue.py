"""What can be asked for right now: the providers of the settings, joined with the operator's rows and prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils import timezone

from generator.models import Generation, Licence, MusicModel, Price, ProviderAccount
from generator.providers.base import (
    Acting,
    ActionSpec,
    Configurable,
    Correctable,
    Gives,
    LocalProvider,
    ModelSpec,
    Provider,
    ProviderConfig,
)
from generator.providers.errors import Cause
from generator.providers.registry import NoProvider, Registry


@cache
def registry() -> Registry:
    try:
        return Registry(settings.STUDIO_PROVIDERS)
    except NoProvider as error:
        raise ImproperlyConfigured(str(error)) from error


def spec_of(model_key: str) -> ModelSpec | None:
    return registry().spec(model_key)


def action_of(key: str) -> ActionSpec | None:
    return registry().action(key)


def spec_for(row: MusicModel) -> ModelSpec | ActionSpec | None:
    """The spec of a model or an action as the operator has corrected it; None when it has gone since."""
    built_in = spec_of(row.key) or action_of(row.key)
    if built_in is None or not row.corrections:
        return built_in
    try:
        return corrected(row.key, row.corrections)
    except ValueError:
        return built_in  # of an older release; the admin says so when the model is next saved


def limits_of(spec: ModelSpec | ActionSpec) -> str:
    """A model's limits in a line."""
    if isinstance(spec, ActionSpec):
        return "Works on a sound that exists."
    takes = "one take" if spec.takes_max == 1 else f"1 to {spec.takes_max} takes"
    return f"At most {spec.prompt_limit:,} characters, {takes}, as {', '.join(spec.formats)}."


def corrections_of(model_key: str) -> tuple[str, ...]:
    """The names that corrections to a model may hold; none where its provider takes none."""
    try:
        provider = provider_of(model_key)
    except KeyError:
        return ()
    return provider.correctable if isinstance(provider, Correctable) else ()


def corrected(model_key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
    """The spec of a model with these corrections.

    Raises:
        ValueError: they make no sense, or this model takes none; a sentence for the operator.
    """
    provider = provider_of(model_key)
    if not isinstance(provider, Correctable):
        raise ValueError(f"{provider.title} takes no corrections.")
    return provider.corrected(model_key, corrections)


def title_of(key: str) -> str:
    """What a model or an action is called; its key when it has gone."""
    spec = spec_of(key) or action_of(key)
    return spec.title if spec else key


def provider_of(model_key: str) -> Provider:
    """Raises KeyError: the provider is not among the settings any more."""
    return registry().provider(model_key)


def provider_for(generation: Generation) -> Provider:
    """The provider of a generation (loaded with its model's provider), with the operator's account where there is one.

    Raises:
        KeyError: the provider is not among the settings any more.
    """
    account = generation.model.provider
    return with_account(provider_of(generation.model.key), account)


def with_account(provider: Provider, account: ProviderAccount) -> Provider:
    """Hand an account in; one without a key leaves the provider to the environment."""
    if not account.secret or not isinstance(provider, Configurable):
        return provider
    config = ProviderConfig(
        base_url=account.base_url,
        key=account.secret,
        extra={name: str(value) for name, value in account.extra.items()},
        private_ok=settings.STUDIO_PRIVATE_DOWNLOADS,
    )
    return provider.using(config)  # type: ignore[return-value]


def local_keys() -> list[str]:
    """The keys of the providers whose work is done on this machine."""
    return [provider.key for provider in registry() if isinstance(provider, LocalProvider)]


def sync() -> None:
    """Give every provider and model of the code its row, and a first price to each model that has none."""
    with transaction.atomic():
        # A key from the environment may be another one since the last start; one that is kept here is tried there.
        halted = ProviderAccount.objects.filter(secret="").exclude(halt_code="")
        halted.update(halt_code="", resting_until=None, failures_in_a_row=0)
        for provider in registry():
            account, _ = ProviderAccount.objects.update_or_create(key=provider.key, defaults={"title": provider.title})
            for spec in provider.models:
                _sync_one(account, spec, is_action=False)
            _sync_licence(account, next((spec.licence for spec in provider.models if spec.licence), ""))
            for action in provider.actions if isinstance(provider, Acting) else ():
                _sync_one(account, action, is_action=True)


def _sync_one(account: ProviderAccount, spec: ModelSpec | ActionSpec, *, is_action: bool) -> None:
    facts = {"provider": account, "title": spec.title, "is_action": is_action}
    model, _ = MusicModel.objects.update_or_create(key=spec.key, defaults=facts)
    if not model.prices.exists():
        Price.objects.create(
            model=model,
            per_take=spec.list_price,
            is_estimate=spec.price_is_estimate,
            note="The list price when the studio first knew the model",
        )


def _sync_licence(account: ProviderAccount, text: str) -> None:
    """Keep the terms as the code knows them, dated, unless a person has written others since."""
    newest = Licence.objects.filter(account=account).order_by("-created_at", "-id").first()
    if text and (newest is None or (newest.created_by is None and newest.text != text)):
        Licence.objects.create(account=account, text=text)


@dataclass(frozen=True)
class ModelChoice:
    """A model as the form offers it."""

    model: MusicModel
    spec: ModelSpec
    price: Price
    available: bool
    reason: str  # why not, in a sentence
    is_local: bool

    @property
    def usual_brief(self) -> str:
        """How long it usually takes, in a few words: from this studio's own history once there is one."""
        if self.is_local:
            rate = (self.model.usual_ms or self.spec.usual_seconds * 1000 / 60) / 1000
            return f"about {in_words(max(rate * 60, 1))} for a minute of music"
        if self.model.usual_ms is None:
            return f"about {in_words(self.spec.usual_seconds)}"
        return f"usually {in_words(self.model.usual_ms / 1000)}"

    @property
    def usual(self) -> str:
        """The same, with where it comes from."""
        if self.is_local:
            return self.usual_brief
        if self.model.usual_ms is None:
            return f"{self.usual_brief}, by the provider's word"
        slow = max(self.model.slow_ms or 0, self.model.usual_ms)
        return f"{self.usual_brief}, at most {in_words(slow / 1000)}"


def in_words(value: float) -> str:
    """A number of seconds as a person would say it."""
    return f"{round(value)} s" if value < 90 else f"{round(value / 60)} min"


def models() -> list[ModelChoice]:
    """Every model the studio knows, can price and has a key for, in the order of the settings."""
    return _choices([spec.key for spec in registry().specs()])


def _choices(keys: Sequence[str]) -> list[ModelChoice]:
    rows = {row.key: row for row in MusicModel.objects.filter(key__in=keys).select_related("provider")}
    prices = {price.model_id: price for price in Price.objects.filter(model__key__in=keys).newest(timezone.now())}
    local = local_keys()
    choices = []
    for key in keys:
        row = rows.get(key)
        price = prices.get(row.pk) if row else None
        if row is None or price is None:
            continue
        spec = spec_for(row)
        if not isinstance(spec, ModelSpec) or not has_key(row.provider) or key_is_refused(row.provider):
            continue
        reason = _why_not(row, price)
        choices.append(ModelChoice(row, spec, price, not reason, reason, spec.provider in local))
    return choices


def usable(choices: Iterable[ModelChoice]) -> list[ModelChoice]:
    """Those that can be used just now, the free composer first: what to offer when another model cannot be."""
    return sorted((one for one in choices if one.available), key=lambda one: not one.is_local)


def choice(model_key: str) -> ModelChoice | None:
    """The same for one of them; None: there is none of that key."""
    known = [spec.key for spec in registry().specs() if spec.key == model_key]
    return next(iter(_choices(known)), None)


def has_key(account: ProviderAccount) -> bool:
    """Whether a provider can be asked at all: it is installed, and it needs no key or has one."""
    try:
        found = with_account(provider_of(account.key), account)
    except KeyError:
        return False
    return not isinstance(found, Configurable) or found.has_key


def key_is_refused(account: ProviderAccount) -> bool:
    """Whether the provider does not accept the key it has here, which is as good as none."""
    return account.halt_code == Cause.KEY_REFUSED


def _why_not(row: MusicModel, price: Price) -> str:
    account = row.provider
    if not (account.enabled and row.enabled):
        return f"{row.title} is switched off by the administrator."
    if account.halt_code:
        return f"{account.title} waits for the administrator: {account.last_error}"
    if settings.STUDIO_OFFLINE and account.key not in local_keys():
        return f"The studio is offline, as it was restored from a backup: {account.title} is not asked."
    if account.is_resting:
        why = account.last_error or "it is not answering properly."
        return f"{account.title} rests for a moment: {why} The studio tries again by itself."
    if row.quoted_at and row.quoted_at > price.created_at:
        return f"{account.title} asks another price for {row.title} than before; the administrator has to confirm it."
    return ""


# --- actions: what can be done with a sound that exists already ---


@dataclass(frozen=True)
class ActionChoice:
    """An action as a page offers it."""

    model: MusicModel
    spec: ActionSpec
    price: Price
    reason: str  # why it cannot be had just now, in a sentence


def action(key: str) -> ActionChoice | None:
    """An action by its key; None unless the studio knows it, can price it and has a key for it."""
    row = MusicModel.objects.filter(key=key, is_action=True).select_related("provider").first()
    price = Price.objects.at(row, timezone.now()) if row else None
    spec = spec_for(row) if row else None
    if row is None or price is None or not isinstance(spec, ActionSpec) or not has_key(row.provider):
        return None
    if key_is_refused(row.provider):
        return None
    return ActionChoice(row, spec, price, _why_not(row, price))


def registering(provider_key: str) -> ActionChoice | None:
    """The action by which a provider gives a reference an id, where it has one."""
    wanted = (spec for spec in registry().actions() if spec.provider == provider_key and spec.gives == Gives.ID)
    return next((found for spec in wanted if (found := action(spec.key))), None)


def splitting() -> list[ActionChoice]:
    """The actions that make parts of a finished track."""
    wanted = (spec for spec in registry().actions() if spec.gives == Gives.PARTS)
    return [found for spec in wanted if (found := action(spec.key))]
