"""The catalog: providers from the settings, joined with the operator's rows and prices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.currency import Micros
from generator.models import (
    UPLOADED_STEMS,
    UPLOADED_TRACK,
    Generation,
    License,
    MusicModel,
    Price,
    ProviderAccount,
)
from generator.page_memory import is_remembering, remembered
from generator.price_formula import FormulaError
from generator.providers.base import (
    Acting,
    ActionSpec,
    CanceledJob,
    Cancelling,
    Configurable,
    Correctable,
    Gives,
    LocalProvider,
    ModelSpec,
    OnAccount,
    Provider,
    ProviderConfig,
    Value,
)
from generator.providers.connectors import Connector
from generator.providers.errors import Cause, Rejected
from generator.services.connectors import pinning, versions
from generator.services.connectors.installed import Installed
from generator.services.errors import UserError
from generator.services.vendor_catalog import imported
from generator.translation import translate

PricedValues = dict[str, Value]
_UPLOADED = {UPLOADED_TRACK: "Uploaded track", UPLOADED_STEMS: "Uploaded stems"}  # no provider has these


registry = Installed()


def spec_of(model_key: str) -> ModelSpec | None:
    """Return the spec of a model, built in or imported; None if it no longer exists."""
    return registry().spec(model_key) or imported.spec_of(registry(), model_key)


def specs() -> list[ModelSpec]:
    """Return the specs of all models: those built in, in the order of the settings, then the imported ones."""
    return [*registry().specs(), *imported.all_specs(registry())]


def usual_seconds_of(model: MusicModel) -> float:
    """Return a model's usual seconds before there is a history, without a query."""
    spec = registry().spec(model.key) or registry().action(model.key)
    return spec.usual_seconds if spec else 45.0


def is_installed(model: MusicModel) -> bool:
    """Return whether a model's provider is installed and knows it, without a query."""
    if model.is_imported:
        return imported.is_importer(registry(), model.key)
    return registry().spec(model.key) is not None or registry().action(model.key) is not None


def action_of(key: str) -> ActionSpec | None:
    return registry().action(key)


def spec_for(row: MusicModel) -> ModelSpec | ActionSpec | None:
    """Return a model's or action's spec with the operator's corrections; None if it no longer exists."""
    built_in = spec_of(row.key) or action_of(row.key)
    if built_in is None or not row.corrections:
        return built_in
    try:
        return corrected(row.key, row.corrections)
    except ValueError:
        return built_in  # from an older release; the admin reports it when the model is next saved


def limits_of(spec: ModelSpec | ActionSpec) -> str:
    """Return a model's limits in one line."""
    if isinstance(spec, ActionSpec):
        return _("Processes existing audio.")
    takes = _("one take") if spec.takes_offered == 1 else _("1 to {limit} takes").format(limit=spec.takes_offered)
    sentence = _("At most {limit} characters, {takes}, as {formats}.")
    return sentence.format(limit=f"{spec.prompt_limit:,}", takes=takes, formats=", ".join(spec.formats))


def corrections_of(model_key: str) -> tuple[str, ...]:
    """Return the names allowed in a model's corrections; empty if its provider supports none."""
    if registry().spec(model_key) is None and registry().action(model_key) is None:
        return ()
    provider = provider_of(model_key)
    return provider.correctable if isinstance(provider, Correctable) else ()


def corrected(model_key: str, corrections: Mapping[str, Any]) -> ModelSpec | ActionSpec:
    """Return a model's spec with these corrections applied.

    Raises:
        ValueError: they are invalid or unsupported; the message is for the operator.
    """
    provider = provider_of(model_key)
    if not isinstance(provider, Correctable):
        raise ValueError(_("{provider} does not support corrections.").format(provider=provider.title))
    return provider.corrected(model_key, corrections)


def title_of(key: str) -> str:
    """Return the title of a model or action, or its key if it no longer exists."""
    spec = registry().spec(key) or registry().action(key)
    return spec.title if spec else _UPLOADED.get(key) or imported.title_of(registry(), key) or key


def provider_of(model_key: str) -> Provider:
    """Return a model's provider. Raises KeyError: the provider is no longer in the settings."""
    return registry().provider(model_key)


def provider_for(generation: Generation) -> Provider:
    """Return the provider of a generation (loaded with `model__provider`), configured with the operator's account.

    A connector is the version that the generation was sent with.

    Raises:
        KeyError: the provider is no longer in the settings.
    """
    account = generation.model.provider
    return with_account(pinning.pinned(generation, provider_of(generation.model.key)), account)


def with_account(provider: Provider, account: ProviderAccount) -> Provider:
    """Return a provider configured with an account; without a key (or an address, where that is enough), it uses the
    environment.
    """
    is_set = bool(account.secret or (account.base_url and is_key_optional(account)))
    if not is_set or not isinstance(provider, Configurable):
        return provider
    config = ProviderConfig(
        base_url=account.base_url,
        key=account.secret,
        extra={name: str(value) for name, value in account.extra.items()},
        private_ok=settings.STUDIO_PRIVATE_DOWNLOADS,
    )
    return provider.using(config)


def record_trial(generation: Generation) -> None:
    """Record that a model's provider itself has delivered, once per model; at another address it proves nothing."""
    if generation.model.tried_at is not None or not is_installed(generation.model):
        return
    if getattr(provider_for(generation), "is_at_vendor", False):
        MusicModel.objects.filter(pk=generation.model_id, tried_at=None).update(tried_at=timezone.now())


def is_own_machine(generation: Generation) -> bool:
    """Return whether a generation is made on a machine of the operator's."""
    try:
        return bool(getattr(provider_for(generation), "is_own_machine", False))
    except KeyError:
        return False


def canceled_job(generation: Generation) -> CanceledJob | None:
    """Return what a provider charges for a generation if it cancels it at our request; None: it cannot."""
    try:
        provider = provider_for(generation)
    except KeyError:
        return None
    return provider.canceled_job if isinstance(provider, Cancelling) else None


def connector_keys() -> set[str]:
    """Return the keys of the providers that are connectors."""
    return {provider.key for provider in registry() if isinstance(provider, Connector)}


def local_keys() -> list[str]:
    """Return the keys of the providers whose work is done on this machine."""
    return [provider.key for provider in registry() if isinstance(provider, LocalProvider)]


def sync() -> None:
    """Create or update the rows of all providers and models, and add a first price to each model without one."""
    with transaction.atomic():
        # A key from the environment may have changed since the last start; stored keys are tested in the admin.
        halted = ProviderAccount.objects.filter(secret="").exclude(halt_code="")
        halted.update(halt_code="", resting_until=None, failures_in_a_row=0)
        if versions.saved_texts() and not versions.stamp():
            versions.touch()  # the database came from a backup
        for provider in registry():
            defaults = {"title": provider.title}
            account = ProviderAccount.objects.update_or_create(key=provider.key, defaults=defaults)[0]
            for spec in provider.models:
                _sync_one(account, spec, is_action=False)
            _sync_licence(account, next((spec.license for spec in provider.models if spec.license), ""))
            for action in provider.actions if isinstance(provider, Acting) else ():
                _sync_one(account, action, is_action=True)


def _sync_one(account: ProviderAccount, spec: ModelSpec | ActionSpec, *, is_action: bool) -> None:
    columns = {"provider": account, "title": spec.title, "is_action": is_action}
    model = MusicModel.objects.update_or_create(key=spec.key, defaults=columns)[0]
    if spec.list_price is not None and not model.prices.exists():
        Price.objects.create(
            model=model,
            per_take=spec.list_price,
            formula=spec.price_formula,
            is_estimate=spec.price_is_estimate,
            note="List price when the model was added",
        )


def _sync_licence(account: ProviderAccount, text: str) -> None:
    """Store the code's license text with its date, unless a person wrote the newest one."""
    newest = License.objects.filter(account=account).order_by("-created_at", "-id").first()
    if text and (newest is None or (newest.created_by is None and newest.text != text)):
        License.objects.create(account=account, text=text)


def _priced_values(spec: ModelSpec | ActionSpec, settings: Mapping[str, Value], takes: int, text: str) -> PricedValues:
    """Return what a price may depend on: the model's fields with their defaults, the prompt and the takes."""
    if isinstance(spec, ModelSpec) and spec.imported:
        return dict(spec.imported.values(settings, takes, text))
    values = {field.name: field.default for field in spec.fields if field.default is not None} | dict(settings)
    if isinstance(spec, ModelSpec):
        values |= {spec.prompt_name: text} | ({spec.takes_name: takes} if spec.takes_name else {})
        values |= {name: compute(values) for name, compute in spec.computed}
    return values


def priced_names(spec: ModelSpec | ActionSpec) -> set[str]:
    """Return the names that a price formula of a model may use, besides `base_price` and `takes`."""
    if isinstance(spec, ModelSpec) and spec.imported:
        return set(spec.imported.names)
    names = {field.name for field in spec.fields}
    if not isinstance(spec, ModelSpec):
        return names
    return names | {spec.prompt_name, spec.takes_name, *dict(spec.computed)} - {""}


class _Priced:
    """A choice that has a price."""

    spec: ModelSpec | ActionSpec
    price: Price

    def total(self, settings: Mapping[str, Value], takes: int, text: str = "") -> Micros:
        """Return the price of a request, all takes together.

        Raises:
            UserError: it depends on the request, and cannot be computed for this one.
        """
        if isinstance(self.spec, ModelSpec) and self.spec.takes_max < takes <= self.spec.calls_max:
            return Micros(takes * self.total(settings, 1, text))  # each take is a request of its own
        try:
            return self.price.total(_priced_values(self.spec, settings, takes, text), takes)
        except FormulaError as error:
            sentence = _("The price of this request cannot be computed, so nothing was sent: {reason}.")
            raise UserError(sentence.format(reason=error), code="no_price") from error
        except Rejected as error:
            raise UserError(translate(error.sentence), code="rejected") from error

    def total_again(self, generation: Generation) -> Micros | None:
        """Return what the same request costs now; None if there is no price for it."""
        try:
            return self.total(generation.prompt.settings, generation.takes_requested, generation.prompt.text)
        except UserError:
            return None

    @property
    def per_take(self) -> Micros | None:
        """Return the price of one take with the model's defaults; None if there is none without more values."""
        try:
            return self.total({}, 1)
        except UserError:
            return None


@dataclass(frozen=True)
class ModelChoice(_Priced):
    """A model as offered in the form."""

    model: MusicModel
    spec: ModelSpec
    price: Price
    available: bool
    reason: str  # why it is unavailable, in a sentence
    is_local: bool

    @property
    def can_cancel(self) -> bool:
        """Return whether a generation can be stopped after it was sent."""
        provider = provider_of(self.spec.key)
        return self.is_local or (isinstance(provider, Cancelling) and provider.canceled_job is not None)

    @property
    def usual_brief(self) -> str:
        """Return the usual duration in a few words, from this studio's history if there is any."""
        if self.is_local:
            rate = (self.model.usual_ms or self.spec.usual_seconds * 1000 / 60) / 1000
            return _("about {time} per minute of music").format(time=describe(max(rate * 60, 1)))
        if self.model.usual_ms is None:
            return _("about {time}").format(time=describe(self.spec.usual_seconds))
        return _("usually {time}").format(time=describe(self.model.usual_ms / 1000))

    @property
    def usual(self) -> str:
        """Return the usual duration with its source or the slow time."""
        if self.is_local:
            return self.usual_brief
        if self.model.usual_ms is None:
            return _("{usual}, according to the provider").format(usual=self.usual_brief)
        slow = max(self.model.slow_ms or 0, self.model.usual_ms)
        return _("{usual}, at most {slow}").format(usual=self.usual_brief, slow=describe(slow / 1000))


def describe(value: float) -> str:
    """Return a number of seconds in words."""
    if value < 90:
        return _("{seconds} s").format(seconds=round(value))
    return _("{minutes} min").format(minutes=round(value / 60))


@remembered
def models() -> list[ModelChoice]:
    """Return every known model with a price and an accepted key, in the order of the settings."""
    return _choices(specs())


def refused_choice(model_key: str) -> ModelChoice | None:
    """Return the choice for a model that is not offered because its provider refused the key; None for any other."""
    found = next(iter(_choices([spec for spec in specs() if spec.key == model_key], with_refused=True)), None)
    return found if found and key_is_refused(found.model.provider) else None


def _choices(offered: Sequence[ModelSpec], *, with_refused: bool = False) -> list[ModelChoice]:
    rows = Price.objects.filter(model__key__in=[spec.key for spec in offered]).newest(timezone.now())
    prices = {price.model.key: price for price in rows.select_related("model__provider", "model__imported")}
    local_providers = local_keys()
    choices = []
    for plain_spec in offered:
        price = prices.get(plain_spec.key)
        if price is None:
            continue
        row = price.model
        spec = spec_for(row) if row.corrections else plain_spec
        is_refused = key_is_refused(row.provider) and not with_refused
        if not isinstance(spec, ModelSpec) or not has_key(row.provider) or is_refused:
            continue
        reason = _unavailable_reason(row, price)
        choices.append(ModelChoice(row, spec, price, not reason, reason, spec.provider in local_providers))
    return choices


def usable(choices: Iterable[ModelChoice]) -> list[ModelChoice]:
    """Return the available choices, local ones first, as alternatives to an unavailable model."""
    return sorted((choice for choice in choices if choice.available), key=lambda choice: not choice.is_local)


def choice(model_key: str) -> ModelChoice | None:
    """Return the choice for one model, or None."""
    if is_remembering():
        return next((choice for choice in models() if choice.spec.key == model_key), None)
    spec = spec_of(model_key)
    return next(iter(_choices([spec])), None) if spec else None


def has_key(account: ProviderAccount) -> bool:
    """Return whether a provider is installed and has any key it needs."""
    try:
        provider = with_account(provider_of(account.key), account)
    except KeyError:
        return False
    return not isinstance(provider, Configurable) or provider.has_key


def is_key_optional(account: ProviderAccount) -> bool:
    """Return whether a provider works with an address alone."""
    try:
        provider = provider_of(account.key)
    except KeyError:
        return False
    return isinstance(provider, OnAccount) and provider.key_is_optional


def key_is_refused(account: ProviderAccount) -> bool:
    """Return whether the provider refused the studio's key."""
    return account.halt_code == Cause.KEY_REFUSED


def _unavailable_reason(row: MusicModel, price: Price) -> str:
    account = row.provider
    if not (account.enabled and row.enabled):
        return _("An administrator has turned off {model}.").format(model=row.title)
    if account.halt_code:
        sentence = _("{provider} is waiting for an administrator: {problem}")
        return sentence.format(provider=account.title, problem=translate(account.last_error))
    if settings.STUDIO_OFFLINE and account.key not in local_keys():
        sentence = _("The studio is offline because it was restored from a backup. Nothing is sent to {provider}.")
        return sentence.format(provider=account.title)
    if account.is_resting:
        sentence = _("{provider} is temporarily unavailable: {problem} The studio tries again automatically.")
        return sentence.format(
            provider=account.title, problem=translate(account.last_error) or _("it is not responding properly.")
        )
    if row.quoted_at and row.quoted_at > price.created_at:
        sentence = _("{provider} has changed the price of {model}. An administrator must confirm the new price.")
        return sentence.format(provider=account.title, model=row.title)
    return imported.unavailable_reason(row)


# --- actions on existing audio ---


@dataclass(frozen=True)
class ActionChoice(_Priced):
    """An action as offered on a page."""

    model: MusicModel
    spec: ActionSpec
    price: Price
    reason: str  # why it is unavailable, in a sentence


def action(key: str) -> ActionChoice | None:
    """Return an action by its key; None unless it is known, priced and has an accepted key."""
    row = MusicModel.objects.filter(key=key, is_action=True).select_related("provider").first()
    price = Price.objects.at(row, timezone.now()) if row else None
    spec = spec_for(row) if row else None
    if row is None or price is None or not isinstance(spec, ActionSpec) or not has_key(row.provider):
        return None
    if key_is_refused(row.provider):
        return None
    return ActionChoice(row, spec, price, _unavailable_reason(row, price))


def registering(provider_key: str) -> ActionChoice | None:
    """Return the action by which a provider registers references, or None."""
    specs = (spec for spec in registry().actions() if spec.provider == provider_key and spec.gives == Gives.ID)
    return next((choice for spec in specs if (choice := action(spec.key))), None)


def splitting() -> list[ActionChoice]:
    """Return the actions that separate a track into stems."""
    specs = (spec for spec in registry().actions() if spec.gives == Gives.PARTS)
    return [choice for spec in specs if (choice := action(spec.key))]
