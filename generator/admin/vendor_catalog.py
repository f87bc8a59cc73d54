"""The catalog of a provider in the admin: what can be imported, and what changed of what was."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from generator import currency
from generator.admin.review.base import user_of
from generator.models import ImportedModel, MusicModel, ProviderAccount
from generator.providers.base import Field, Kind
from generator.providers.importing import Offer
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.services.vendor_catalog import changes, importing, vendor_offers
from generator.translation import translate

PERMISSION = "generator.change_musicmodel"
MAX_ROWS = 60
MAX_QUERY_CHARS = 100


def urls() -> list[URLPattern]:
    """Return the URL patterns, relative to /admin/."""
    return [path("vendor-catalog/<slug:key>/", admin.site.admin_view(catalog_page), name="vendor-catalog")]


@dataclass(frozen=True)
class Row:
    """One entry as the page shows it."""

    offer: Offer
    price: str
    limits: str
    fields: list[str]
    doubts: list[str]
    problem: str
    model: MusicModel | None  # once it is imported


@dataclass(frozen=True)
class ImportedRow:
    """An imported model that an operator has to look at."""

    imported: ImportedModel
    summary: str
    digest: str  # of the version that can be accepted; empty: there is none
    price: str


def catalog_page(request: HttpRequest, key: str) -> HttpResponse:
    """Show the catalog; a POST reads it anew, compares, imports, or accepts."""
    if not user_of(request).has_perm(PERMISSION):
        raise PermissionDenied
    account = next((account for account in vendor_offers.importers() if account.key == key), None)
    if account is None:
        raise Http404
    if request.method == "POST":
        _act(request, account)
        return HttpResponseRedirect(request.get_full_path())
    query = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_QUERY_CHARS]
    shows_all = bool(request.GET.get("all"))
    try:
        offers, problem = vendor_offers.read_offers(account), ""
    except UserError as error:
        offers, problem = [], error.sentence
    found = [offer for offer in offers if _matches(offer, query) and (shows_all or _is_shown(offer))]
    context = {
        **admin.site.each_context(request),
        "title": _("Catalog of {provider}").format(provider=account.title),
        "account": account,
        "query": query,
        "shows_all": shows_all,
        "problem": problem,
        "rows": _rows(found[:MAX_ROWS]),
        "found": len(found),
        "total": len(offers),
        "imported": _imported_rows(account),
    }
    return TemplateResponse(request, "admin/vendor_catalog.html", context)


def _act(request: HttpRequest, account: ProviderAccount) -> None:
    action, digest = request.POST.get("action", ""), request.POST.get("digest", "")
    person = user_of(request)
    try:
        if action == "look":
            news = changes.compare(account)
            messages.success(request, _("Compared with the catalog: {count} changed.").format(count=len(news)))
        elif action == "add":
            model = importing.add(account, request.POST.get("path", ""), digest, person)
            _log(request, model, ADDITION, "Imported from the catalog")
            is_offered = model.prices.exists()
            sentence = (
                _("{model} was added and is offered now.") if is_offered else _("{model} was added. Add its price.")
            )
            messages.success(request, sentence.format(model=model.title))
        elif action == "accept":
            imported = get_object_or_404(ImportedModel, path=request.POST.get("path", ""), model__provider=account)
            importing.accept(imported, digest, person)
            _log(request, imported.model, CHANGE, "Accepted the vendor's new version")
            messages.success(request, _("The new version of {model} is in use.").format(model=imported.model.title))
    except UserError as error:
        messages.error(request, error.sentence)


def _log(request: HttpRequest, model: MusicModel, flag: int, text: str) -> None:
    """Write a line into the model's history in the admin."""
    LogEntry.objects.log_actions(user_of(request).pk, [model], flag, text, single_object=True)


def _matches(offer: Offer, query: str) -> bool:
    return query.casefold() in f"{offer.path} {offer.title} {offer.summary} {offer.kind}".casefold()


def _is_shown(offer: Offer) -> bool:
    """Return whether an entry is in the list without being asked for: music that can be imported."""
    return offer.is_music and offer.spec is not None


def _rows(offers: list[Offer]) -> list[Row]:
    keys = [offer.spec.key for offer in offers if offer.spec]
    models = {model.key: model for model in MusicModel.objects.filter(key__in=keys)}
    return [
        Row(
            offer,
            show_price(offer),
            catalog.limits_of(offer.spec) if offer.spec else "",
            [describe_field(field) for field in offer.spec.fields] if offer.spec else [],
            [translate(doubt) for doubt in offer.doubts],
            translate(offer.problem),
            models.get(offer.spec.key) if offer.spec else None,
        )
        for offer in offers
    ]


def _imported_rows(account: ProviderAccount) -> list[ImportedRow]:
    rows = ImportedModel.objects.filter(model__provider=account).select_related("model__provider")
    shown = []
    for imported in rows.exclude(changed_at=None, gone_at=None):
        new = importing.waiting_offer(imported)
        digest = new.digest if new and new.spec and not imported.gone_at else ""
        shown.append(ImportedRow(imported, changes.summary(imported), digest, show_price(new) if new else ""))
    return shown


def show_price(offer: Offer) -> str:
    """Return an entry's price: of one call, or the formula with its base price."""
    if offer.price is None:
        return _("unknown")
    amount = currency.show(offer.price)
    return f"{offer.formula} (base_price = {amount})" if offer.formula else amount


def describe_field(field: Field) -> str:
    """Return a field of a form in one line: its label, what it accepts, and its default."""
    label = translate(field.label)
    match field.kind:
        case Kind.CHOICE:
            accepts = ", ".join(value for value, _label in field.choices[:12])
        case Kind.WORDS:
            accepts = _("text of at most {limit} characters").format(limit=f"{field.maximum or 0:,.0f}")
        case Kind.SWITCH:
            accepts = _("on or off")
        case _:
            accepts = f"{field.minimum:g}–{field.maximum:g} {translate(field.unit)}".strip()
    default = "" if field.default in (None, "", False) else _("; default {value}").format(value=field.default)
    return f"{label} ({field.name}): {accepts}{default}"


def link_to(account: ProviderAccount) -> str:
    """Return the address of an account's catalog; empty if it has none."""
    is_importer = any(importer.pk == account.pk for importer in vendor_offers.importers())
    return reverse("admin:vendor-catalog", args=[account.key]) if is_importer else ""
