"""Admin of providers, models, prices and licenses. Prices and licenses are added, never changed."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generator import currency
from generator.admin import vendor_catalog
from generator.admin.base import DollarsField
from generator.admin.review.base import user_of
from generator.messages import from_json
from generator.models import UPLOAD_PROVIDER, Budget, ImportedVersion, License, MusicModel, Price, ProviderAccount
from generator.price_formula import BASE, TAKES, FormulaError, read_formula
from generator.services.billing import budgets
from generator.services.provider_jobs import catalog, provider_accounts
from generator.translation import translate

MIN_KEY_CHARS = 20  # characters; the last four of a shorter key would reveal too much of it


def _written(moment: dt.datetime | None) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment else ""


class _Secret(forms.CharField):
    """A write-only secret."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        help_text = _("Leave empty to keep the stored value. Enter a single dash to remove it.")
        super().__init__(required=False, widget=widget, help_text=help_text, **kwargs)


class ProviderForm(forms.ModelForm):
    secret = _Secret(label=_("API key"))
    base_url = forms.URLField(
        label=_("Address"),
        required=False,
        assume_scheme="https",
        help_text=_("Leave empty to use the provider’s default."),
    )
    webhook_secret = _Secret(label=_("Webhook secret"))

    class Meta:
        model = ProviderAccount
        fields = ("enabled", "secret", "base_url", "extra", "webhook_secret", "resting_until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: set[str] = set()

    def clean_secret(self) -> str:
        return self._secret_to_store("secret")

    def clean_webhook_secret(self) -> str:
        return self._secret_to_store("webhook_secret")

    def _secret_to_store(self, name: str) -> str:
        """Return the secret to store: an empty field keeps the current one, a single dash removes it."""
        entered = self.cleaned_data[name].strip()
        self.typed.add(name if entered else "")
        return "" if entered == "-" else entered or getattr(self.instance, name)

    def clean_extra(self) -> dict[str, Any]:
        extra = self.cleaned_data["extra"] or {}
        setting_names = provider_accounts.settings_of(self.instance)
        if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
            raise forms.ValidationError(_('Enter a JSON object whose values are text, such as {"mode": "sync"}.'))
        if unknown := set(extra) - set(setting_names):
            names, choices = ", ".join(sorted(unknown)), ", ".join(setting_names)
            message = _("Unknown settings: {names}. Available settings for this provider: {choices}.")
            raise forms.ValidationError(message.format(names=names, choices=choices))
        return extra

    def clean(self) -> dict[str, Any]:
        """Require the key again if the address changes, and reject settings that would be ignored without a key."""
        cleaned = super().clean() or {}
        has_new_address = cleaned.get("base_url", "") != self.initial.get("base_url", "")
        needs_key = not catalog.is_key_optional(self.instance)
        if needs_key and not cleaned.get("secret") and (cleaned.get("base_url") or cleaned.get("extra")):
            message = _(
                "Without a key, the address and the settings are ignored, and the studio uses those from the "
                "environment. Enter the key too, or clear the address and the settings."
            )
            raise forms.ValidationError(message)
        if has_new_address and self.instance.secret and "secret" not in self.typed:
            self.add_error(
                "secret", _("Enter the key again. Otherwise, the key for the old address would be sent to the new one.")
            )
        return cleaned


@admin.register(ProviderAccount)
class ProviderAdmin(admin.ModelAdmin):
    form = ProviderForm
    change_form_template = "admin/provider.html"
    list_display = ("title", "enabled", "key_is", "balance_is", "breaker", "last_error_at")
    readonly_fields = (
        *("key", "title", "key_is", "failures_in_a_row", "last_error", "last_error_at"),
        *("breaker", "under_way", "balance_is", "ceiling", "models_to_add", "connector"),
    )
    actions = ("try_again_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderAccount]:
        """Return the providers that can be configured: all but the one behind uploads."""
        return super().get_queryset(request).exclude(key=UPLOAD_PROVIDER)

    @admin.display(description=_("Key"))
    def key_is(self, obj: ProviderAccount) -> str:
        if provider_accounts.provider_of(obj) is None:
            return gettext("no longer installed; accepted jobs are waiting")
        if obj.halt_code == "key_refused":
            return gettext("rejected by the provider; its models are not offered until you enter a valid key")
        if not obj.secret and ProviderAccount.objects.filter(pk=obj.pk).exclude(secret="").exists():
            return gettext("stored here, but unreadable with the current SECRET_KEY; enter it again")
        if obj.secret:
            text = _("stored here, ends in {ending}") if len(obj.secret) >= MIN_KEY_CHARS else _("stored here")
            return text.format(ending=obj.secret[-4:])
        return (
            gettext("from the environment, or not needed")
            if catalog.has_key(obj)
            else gettext("none; models are not offered")
        )

    @admin.display(description=_("Balance"))
    def balance_is(self, obj: ProviderAccount) -> str:
        return (
            f"{currency.show(obj.balance or 0)}, {_written(obj.balance_at)}"
            if obj.balance_at
            else gettext("not read yet")
        )

    @admin.display(description=_("Budget"))
    def ceiling(self, obj: ProviderAccount) -> str:
        """Return the monthly budget for this provider across all users, with a link to the budgets."""
        statuses = budgets.statuses_of(Budget.objects.filter(provider_key=obj.key))
        template = _("{budget} per month, {used} used")
        texts = [
            template.format(budget=currency.show(status.cap), used=currency.show(status.used)) for status in statuses
        ]
        link = f"{reverse('admin:generator_budget_changelist')}?provider_key={obj.key}"
        return format_html('{} · <a href="{}">{}</a>', texts[0] if texts else gettext("none"), link, gettext("Budgets"))

    @admin.display(description=_("Catalog"))
    def models_to_add(self, obj: ProviderAccount) -> str:
        """Return a link to the provider's catalog, if it has one."""
        link = vendor_catalog.link_to(obj)
        return format_html('<a href="{}">{}</a>', link, gettext("Models to add")) if link else gettext("none")

    @admin.display(description=_("Connector"))
    def connector(self, obj: ProviderAccount) -> str:
        """Return a link to the provider's document, if it is described by one."""
        if obj.key not in catalog.connector_keys():
            return gettext("none; the provider is part of the studio")
        link = f"{reverse('admin:generator_connectorversion_add')}?key={obj.key}"
        return format_html('<a href="{}">{}</a>', link, gettext("View or change it"))

    def save_model(self, request: HttpRequest, obj: ProviderAccount, form: Any, change: bool) -> None:
        """Save; if the key, address, settings or switch changed, close the breaker and retry waiting generations."""
        super().save_model(request, obj, form, change)
        if "secret" in form.typed or {"base_url", "extra", "enabled"} & set(form.changed_data):
            provider_accounts.try_again(obj)

    def response_change(self, request: HttpRequest, obj: ProviderAccount) -> HttpResponse:
        """Test the key after saving if that button was pressed."""
        if "_test" not in request.POST:
            return super().response_change(request, obj)
        works, sentence = provider_accounts.test(obj)
        self.message_user(request, sentence, messages.SUCCESS if works else messages.ERROR)
        return HttpResponseRedirect(request.path)

    @admin.display(description=_("Circuit breaker"))
    def breaker(self, obj: ProviderAccount) -> str:
        rests = _("open until {time}").format(time=_written(obj.resting_until)) if obj.is_resting else ""
        reason = obj.halt_code.replace("_", " ")
        halted = _("waiting for an administrator: {reason}").format(reason=reason) if reason else ""
        return ", ".join(filter(None, (halted, rests))) or gettext("closed")

    @admin.display(description=_("Generations in progress"))
    def under_way(self, obj: ProviderAccount) -> str:
        """Count waiting generations; they keep their holds while the provider cannot be reached."""
        count = provider_accounts.waiting_for(obj)
        return _("{queued} queued, {accepted} accepted by the provider").format(**count)

    @admin.action(description=_("Close the circuit breaker and try again now"))
    def try_again_now(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for account in queryset:
            provider_accounts.try_again(account)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ProviderAccount | None = None) -> bool:
        return False


class ModelForm(forms.ModelForm):
    class Meta:
        model = MusicModel
        fields = ("enabled", "corrections")

    def clean_corrections(self) -> dict[str, Any]:
        corrections = self.cleaned_data.get("corrections") or {}
        if corrections:
            try:
                catalog.corrected(self.instance.key, corrections)
            except (ValueError, KeyError) as error:
                raise forms.ValidationError(f"{error}") from error
        return corrections


@admin.register(MusicModel)
class ModelAdmin(admin.ModelAdmin):
    form = ModelForm
    list_display = (
        "title",
        "provider",
        "is_action",
        "enabled",
        "current_price",
        "they_ask",
        "tried",
        "usual_ms",
        "slow_ms",
    )
    list_filter = ("provider", "enabled", "is_imported")
    readonly_fields = (
        *("provider", "key", "title", "is_action", "current_price", "they_ask", "tried", "usual_ms", "slow_ms"),
        *("is_imported", "doubts"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[MusicModel]:
        """Return the models that can be configured: all but those behind uploads."""
        return super().get_queryset(request).exclude(provider__key=UPLOAD_PROVIDER)

    def get_readonly_fields(self, request: HttpRequest, obj: MusicModel | None = None) -> list[str] | tuple[str, ...]:
        """Make `corrections` editable only if the provider accepts corrections."""
        fixed = obj and not catalog.corrections_of(obj.key)
        return (*self.readonly_fields, "corrections") if fixed else (*self.readonly_fields, "contract")

    @admin.display(description=_("Specification in use"))
    def contract(self, obj: MusicModel) -> str:
        """Describe the model spec in use, corrections included."""
        spec = catalog.spec_for(obj)
        if spec is None:
            return gettext("none; the model is no longer installed")
        names = ", ".join(field.name for field in spec.fields) or gettext("none")
        correctable = ", ".join(catalog.corrections_of(obj.key))
        checked = _("Checked against the provider’s page on {date}.").format(date=spec.checked)
        template = _("{limits} Other fields: {names}. {checked} Can be corrected: {correctable}.")
        return template.format(
            limits=catalog.limits_of(spec), names=names, checked=spec.unverified or checked, correctable=correctable
        )

    @admin.display(description=_("Tried live"), ordering="tried_at")
    def tried(self, obj: MusicModel) -> str:
        """Say since when the provider itself is known to deliver; everything else is only known from its pages."""
        if obj.provider.key in catalog.local_keys():
            return gettext("made on this machine")
        return _written(obj.tried_at) or gettext("never")

    @admin.display(description=_("What is doubted"))
    def doubts(self, obj: MusicModel) -> str:
        """Return what the importer was not sure of in the version in use."""
        version = ImportedVersion.objects.current().filter(imported__model=obj).first() if obj.is_imported else None
        return " ".join(translate(from_json(doubt)) for doubt in version.doubts) if version else ""

    @admin.display(description=_("Current price"))
    def current_price(self, obj: MusicModel) -> str:
        price = Price.objects.at(obj, timezone.now())
        return show_price(price) if price else gettext("none")

    @admin.display(description=_("Price quoted by the provider"))
    def they_ask(self, obj: MusicModel) -> str:
        """Show a quote that differs from our price; the model is unavailable until a new price is added."""
        price = Price.objects.at(obj, timezone.now())
        waits = obj.quoted_at and price and obj.quoted_at > price.created_at
        if not waits:
            return gettext("same as the studio’s")
        quoted = gettext("unknown") if obj.quoted is None else currency.show(obj.quoted)
        date = _written(obj.quoted_at)
        return _("{price} on {date}: add a price").format(price=quoted, date=date)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MusicModel | None = None) -> bool:
        return False


def show_price(price: Price) -> str:
    """Return a price as the price list has it: an amount per take, or a formula and what it is given."""
    amount = currency.show(price.per_take)
    return f"{price.formula} ({BASE} = {amount})" if price.formula else amount


class PriceForm(forms.ModelForm):
    per_take = DollarsField(
        label=_("Price per take, or base price of the formula"),
        help_text=_(
            "In dollars, such as 0.045. A saved price cannot be changed. To replace an incorrect price, add another "
            "with the same “valid from” or a later one. Generations requested in between keep their price and can be "
            "corrected in the billing review."
        ),
    )

    class Meta:
        model = Price
        fields = ("model", "per_take", "formula", "is_estimate", "valid_from", "note")
        widgets = {"formula": forms.Textarea(attrs={"rows": 3})}

    def clean_per_take(self) -> int:
        amount: int = self.cleaned_data["per_take"]
        if amount is not None and amount < 0:
            raise forms.ValidationError(_("Enter a price of zero or more."))
        return amount

    def clean(self) -> dict[str, Any]:
        """Reject a formula that is not one, or that uses what its model does not have."""
        cleaned = super().clean() or {}
        model, formula = cleaned.get("model"), cleaned.get("formula", "").strip()
        spec = catalog.spec_for(model) if model and formula else None
        try:
            names = read_formula(formula).names - {TAKES} if formula else frozenset()
        except FormulaError as error:
            raise forms.ValidationError(
                {"formula": _("The formula cannot be used: {reason}.").format(reason=error)}
            ) from error
        if spec and (unknown := names - catalog.priced_names(spec)):
            sentence = _("{model} has no {names}.").format(model=model, names=", ".join(sorted(unknown)))
            raise forms.ValidationError({"formula": sentence})
        return cleaned


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):
    form = PriceForm
    list_display = ("model", "amount", "is_estimate", "valid_from", "created_by", "note")
    list_filter = ("model",)

    def get_fields(self, request: HttpRequest, obj: Price | None = None) -> tuple[str, ...]:
        return ("model", "amount", "is_estimate", "valid_from", "note", "created_by") if obj else self.form.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> list[str] | tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description=_("Price"), ordering="per_take")
    def amount(self, obj: Price) -> str:
        return show_price(obj)

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        obj.created_by = user_of(request)
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False


class LicenceForm(forms.ModelForm):
    source = forms.URLField(required=False, assume_scheme="https", help_text=_("Where the terms are published."))

    class Meta:
        model = License
        fields = ("account", "text", "source", "valid_from")


@admin.register(License)
class LicenceAdmin(admin.ModelAdmin):
    """Admin of licenses. Terms are added, never changed; existing generations keep theirs."""

    form = LicenceForm
    list_display = ("account", "valid_from", "created_by", "source")
    list_filter = ("account",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[License]:
        """Return the terms of providers, without what people stated about single tracks."""
        return super().get_queryset(request).exclude(account__key=UPLOAD_PROVIDER)

    def get_fields(self, request: HttpRequest, obj: License | None = None) -> tuple[str, ...]:
        return ("account", "text", "source", "valid_from", *(("created_by",) if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: License | None = None) -> list[str] | tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: License, form: Any, change: bool) -> None:
        obj.created_by = user_of(request)
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: License | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: License | None = None) -> bool:
        return False
