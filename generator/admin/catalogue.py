"""Providers with their switch and breaker, models, and dated prices: added, never changed."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from generator import money, workflow
from generator.admin.base import DollarsField
from generator.models import Budget, Licence, MusicModel, Price, ProviderAccount

LONG_KEY = 20  # the end of a shorter key would be too much of it


class _Secret(forms.CharField):
    """A secret that is written and never shown again."""

    def __init__(self, **kwargs) -> None:
        widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"})
        words = "Leave it empty to keep what is there; a single dash takes it away."
        super().__init__(required=False, widget=widget, help_text=words, **kwargs)


class ProviderForm(forms.ModelForm):
    secret = _Secret(label="API key")
    base_url = forms.URLField(
        label="Address", required=False, assume_scheme="https", help_text="Empty: the provider's own."
    )
    webhook_secret = _Secret(label="Webhook secret")

    class Meta:
        model = ProviderAccount
        fields = ("enabled", "secret", "base_url", "extra", "webhook_secret", "resting_until")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.typed: set[str] = set()

    def clean_secret(self) -> str:
        return self._kept("secret")

    def clean_webhook_secret(self) -> str:
        return self._kept("webhook_secret")

    def _kept(self, name: str) -> str:
        """An empty answer keeps what is there; a single dash takes it away."""
        typed = self.cleaned_data[name].strip()
        self.typed.add(name if typed else "")
        return "" if typed == "-" else typed or getattr(self.instance, name)

    def clean_extra(self) -> dict:
        extra = self.cleaned_data["extra"] or {}
        known = workflow.accounts.settings_of(self.instance)
        if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
            raise forms.ValidationError('Names and texts only, such as {"mode": "sync"}.')
        if wrong := set(extra) - set(known):
            raise forms.ValidationError(f"Not known here: {', '.join(sorted(wrong))}. Known: {', '.join(known)}.")
        return extra

    def clean(self) -> dict:
        """A key goes to no address it was not typed for, and nothing is kept here that would be ignored."""
        cleaned = super().clean() or {}
        moved = cleaned.get("base_url", "") != self.initial.get("base_url", "")
        if not cleaned.get("secret") and (cleaned.get("base_url") or cleaned.get("extra")):
            words = "Without a key here the environment's key, address and settings are used, and this is ignored."
            raise forms.ValidationError(f"{words} Give the key as well, or empty the address and the settings.")
        if moved and self.instance.secret and "secret" not in self.typed:
            self.add_error("secret", "Type the key again: it would be sent to another address than before.")
        return cleaned


@admin.register(ProviderAccount)
class ProviderAdmin(admin.ModelAdmin):
    form = ProviderForm
    change_form_template = "admin/provider.html"
    list_display = ("title", "enabled", "key_is", "balance_is", "breaker", "last_error_at")
    readonly_fields = (
        *("key", "title", "key_is", "failures_in_a_row", "last_error", "last_error_at"),
        *("breaker", "under_way", "balance_is", "ceiling"),
    )
    actions = ("try_again_now",)

    @admin.display(description="Key")
    def key_is(self, obj: ProviderAccount) -> str:
        if workflow.accounts.provider_of(obj) is None:
            return "not installed any more: what it has accepted waits"
        if obj.halt_code == "key_refused":
            return "not accepted: not offered until another one is"
        if not obj.secret and ProviderAccount.objects.filter(pk=obj.pk).exclude(secret="").exists():
            return "kept here, and unreadable with this SECRET_KEY: type it again"
        if obj.secret:
            return f"kept here, ends in {obj.secret[-4:]}" if len(obj.secret) >= LONG_KEY else "kept here"
        return "from the environment, or none needed" if workflow.catalogue.has_key(obj) else "none yet: not offered"

    @admin.display(description="Balance")
    def balance_is(self, obj: ProviderAccount) -> str:
        return f"{money.show(obj.balance or 0)}, {obj.balance_at:%Y-%m-%d %H:%M}" if obj.balance_at else "never read"

    @admin.display(description="Ceiling")
    def ceiling(self, obj: ProviderAccount) -> str:
        """What may be spent there in a month, by everybody together."""
        rooms = workflow.caps.rooms_of(Budget.objects.filter(provider_key=obj.key))
        words = [f"{money.show(room.cap)} a month, {money.show(room.used)} of it used" for room in rooms] or ["none"]
        link = f"{reverse('admin:generator_budget_changelist')}?provider_key={obj.key}"
        return format_html('{} · <a href="{}">Budgets</a>', words[0], link)

    def save_model(self, request, obj: ProviderAccount, form, change: bool) -> None:
        """Another key, address or setting is tried anew, whatever halted the one before."""
        super().save_model(request, obj, form, change)
        if "secret" in form.typed or {"base_url", "extra", "enabled"} & set(form.changed_data):
            workflow.accounts.try_again(obj)

    def response_change(self, request, obj: ProviderAccount) -> HttpResponse:
        """After saving: try the key when that was the button."""
        if "_test" not in request.POST:
            return super().response_change(request, obj)
        works, sentence = workflow.accounts.test(obj)
        self.message_user(request, sentence, messages.SUCCESS if works else messages.ERROR)
        return HttpResponseRedirect(request.path)

    @admin.display(description="Breaker")
    def breaker(self, obj: ProviderAccount) -> str:
        rests = f"resting until {obj.resting_until:%H:%M:%S}" if obj.is_resting else ""
        halted = f"halted for you: {obj.halt_code.replace('_', ' ')}" if obj.halt_code else ""
        return ", ".join(filter(None, (halted, rests))) or "closed"

    @admin.display(description="Runs under way")
    def under_way(self, obj: ProviderAccount) -> str:
        """Those that wait stay there, with their holds, while the provider cannot be asked."""
        count = workflow.accounts.waiting_for(obj)
        return f"{count['queued']} in the queue, {count['accepted']} accepted there"

    @admin.action(description="Close the breaker: try again now")
    def try_again_now(self, request, queryset) -> None:
        for account in queryset:
            workflow.accounts.try_again(account)

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class ModelForm(forms.ModelForm):
    class Meta:
        model = MusicModel
        fields = ("enabled", "corrections")

    def clean_corrections(self) -> dict:
        typed = self.cleaned_data.get("corrections") or {}
        if typed:
            try:
                workflow.catalogue.corrected(self.instance.key, typed)
            except (ValueError, KeyError) as error:
                raise forms.ValidationError(f"{error}") from error
        return typed


@admin.register(MusicModel)
class ModelAdmin(admin.ModelAdmin):
    form = ModelForm
    list_display = ("title", "provider", "is_action", "enabled", "current_price", "they_ask", "usual_ms", "slow_ms")
    list_filter = ("provider", "enabled")
    readonly_fields = ("provider", "key", "title", "is_action", "current_price", "they_ask", "usual_ms", "slow_ms")

    def get_readonly_fields(self, request, obj=None):
        """A contract can be corrected where its provider takes corrections."""
        fixed = obj and not workflow.catalogue.corrections_of(obj.key)
        return (*self.readonly_fields, "corrections") if fixed else (*self.readonly_fields, "contract")

    @admin.display(description="Contract in use")
    def contract(self, obj: MusicModel) -> str:
        """What the form and the requests are made from, the corrections in."""
        spec = workflow.catalogue.spec_for(obj)
        if spec is None:
            return "none: it is no longer installed"
        names = ", ".join(field.name for field in spec.fields) or "none"
        known = ", ".join(workflow.catalogue.corrections_of(obj.key))
        how_sure = spec.unverified or f"Compared with the vendor's page on {spec.checked}."
        return f"{workflow.catalogue.limits_of(spec)} Further fields: {names}. {how_sure} Can be corrected: {known}."

    @admin.display(description="Price of a take now")
    def current_price(self, obj: MusicModel) -> str:
        price = Price.objects.at(obj, timezone.now())
        return money.show(price.per_take) if price else "none"

    @admin.display(description="What they asked instead")
    def they_ask(self, obj: MusicModel) -> str:
        """Until a new price row says that somebody has seen it, the model rests."""
        price = Price.objects.at(obj, timezone.now())
        waits = obj.quoted_at and price and obj.quoted_at > price.created_at
        return f"{money.show(obj.quoted or 0)}, {obj.quoted_at:%Y-%m-%d %H:%M}: add a price" if waits else "the same"

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class PriceForm(forms.ModelForm):
    per_take = DollarsField(
        label="Price of a take",
        help_text="In dollars, such as 0.045. A saved price is never changed. To replace a mistaken one, add another "
        "with the same “valid from” or a later one; what was requested in between keeps its price and can be "
        "corrected on its page in the billing review.",
    )

    class Meta:
        model = Price
        fields = ("model", "per_take", "is_estimate", "valid_from", "note")

    def clean_per_take(self) -> int:
        amount = self.cleaned_data["per_take"]
        if amount is not None and amount < 0:
            raise forms.ValidationError("A price cannot be below zero.")
        return amount


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):
    form = PriceForm
    list_display = ("model", "amount", "is_estimate", "valid_from", "created_by", "note")
    list_filter = ("model",)

    def get_fields(self, request, obj=None):
        return ("model", "amount", "is_estimate", "valid_from", "note", "created_by") if obj else self.form.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description="A take", ordering="per_take")
    def amount(self, obj: Price) -> str:
        return money.show(obj.per_take)

    def save_model(self, request, obj: Price, form, change: bool) -> None:
        obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


class LicenceForm(forms.ModelForm):
    source = forms.URLField(required=False, assume_scheme="https", help_text="Where it was read.")

    class Meta:
        model = Licence
        fields = ("account", "text", "source", "valid_from")


@admin.register(Licence)
class LicenceAdmin(admin.ModelAdmin):
    """Terms are added beside the old ones, never changed: what was made under those keeps them."""

    form = LicenceForm
    list_display = ("account", "valid_from", "created_by", "source")
    list_filter = ("account",)

    def get_fields(self, request, obj=None):
        return ("account", "text", "source", "valid_from", *(("created_by",) if obj else ()))

    def get_readonly_fields(self, request, obj=None):
        return self.get_fields(request, obj) if obj else ()

    def save_model(self, request, obj: Licence, form, change: bool) -> None:
        obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
