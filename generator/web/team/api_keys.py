"""API key pages, for a user or a project: create (the token is shown once), set a budget, revoke."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from generator import currency, permissions
from generator.models import ApiKey, Membership, Project, Scope
from generator.models.api_key import ApiKeyQuerySet
from generator.services.amount_confirmation import confirmed_amount
from generator.services.billing.reports import spend
from generator.services.date_input import end_of_day
from generator.services.errors import UserError
from generator.services.provider_jobs import catalog
from generator.services.team import api_keys
from generator.web.site.htmx import Request, back

MAX_LISTED = 200
NAMED = "named"  # no model override: the model that the client names is used


@dataclass(frozen=True)
class Row:
    """An API key with its spend this month."""

    key: ApiKey
    spent: int
    cap: int | None
    is_member: bool  # whether its user is still a member of its project


@login_required
@require_http_methods(["GET", "POST"])
def keys(request: Request) -> HttpResponse:
    """List the user's own keys across their projects; create one."""
    return _page(request, permissions.own_keys(request.user))


@login_required
@require_http_methods(["GET", "POST"])
def project_keys(request: Request, public_id: str) -> HttpResponse:
    """List the keys of a project (all for owners, their own for others); create one."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    return _page(request, permissions.revocable_keys(request.user).filter(project=project), project)


def _page(
    request: Request,
    rows: ApiKeyQuerySet,
    project: Project | None = None,
    error: UserError | None = None,
    capped: int | None = None,
) -> HttpResponse:
    new_key, token = None, ""
    if request.method == "POST" and error is None:
        try:
            new_key, token = _make_key(request, project)
        except UserError as problem:
            error = problem
    context = {
        "here": "project-keys" if project else "account",
        "project": project,
        "new_key": new_key,
        "token": token,
        "error": error,
        "typed": request.POST if error and not capped else {},
        "capped": capped,
        "typed_cap": request.POST.get("cap", ""),
        "rows": _rows(rows),
        "scopes": [(scope.value, *scope.label.split(": ")) for scope in Scope],
        "projects": permissions.projects(request.user),
        "model_overrides": _model_overrides(),
        "default_model_override": default_model_override() or NAMED,
    }
    return render(request, "api_keys/api_keys.html", context, status=422 if error else 200)


def _rows(keys: ApiKeyQuerySet) -> list[Row]:
    """Return rows for usable keys, then for revoked and expired ones, newest first."""
    is_of_member = Exists(Membership.objects.filter(project=OuterRef("project"), user=OuterRef("user")))
    rows = keys.annotate(is_of_member=is_of_member).select_related("project", "user", "budget")
    shown_keys = list(rows.order_by("-id")[:MAX_LISTED])
    shown_keys.sort(key=lambda key: not key.is_usable)
    spent = spend.of_keys([key.pk for key in shown_keys], spend.this_month())
    return [
        Row(
            key,
            spent.get(key.pk, 0),
            key.budget.cap if hasattr(key, "budget") else None,
            key.is_of_member,  # type: ignore[attr-defined]  # the plugin forgets annotations
        )
        for key in shown_keys
    ]


def _model_overrides() -> list[tuple[str, str]]:
    local_models = [choice for choice in catalog.models() if choice.is_local]
    return [(NAMED, _("the requested model")), *((model.spec.key, model.spec.title) for model in local_models)]


def default_model_override() -> str:
    """Return the free composer's model key if no paid model is usable, so that a vendor's client works; else ""."""
    usable = catalog.usable(catalog.models())
    paid = any(not choice.is_local for choice in usable)
    return usable[0].spec.key if usable and not paid else ""


def _make_key(request: Request, project: Project | None) -> tuple[ApiKey, str]:
    values = {
        name: request.POST.get(name, "").strip() for name in ("name", "scope", "expires", "cap", "model_override", "of")
    }
    if values["scope"] not in Scope.values:
        raise UserError(_("Choose what the key can do."), "scope", code="invalid_choice")
    if values["model_override"] not in dict(_model_overrides()):
        sentence = _("Choose the model that answers requests from programs written for a vendor’s API.")
        raise UserError(sentence, "model_override", code="invalid_choice")
    if project is None and values["of"]:
        project = permissions.projects(request.user).filter(public_id=values["of"]).first()
        if project is None:
            raise UserError(_("You are not a member of that project."), "of", code="not_a_member")
    return api_keys.make(
        request.user,
        values["name"],
        Scope(values["scope"]),
        project=project,
        expires_at=end_of_day(values["expires"]) if values["expires"] else None,
        cap=confirmed_amount(values["cap"], "cap") if values["cap"] else None,
        model_override="" if values["model_override"] == NAMED else values["model_override"],
    )


def _get_key(request: Request, public_id: str) -> ApiKey:
    return get_object_or_404(
        permissions.revocable_keys(request.user).select_related("project", "user"), public_id=public_id
    )


@login_required
@require_POST
def revoke(request: Request, public_id: str) -> HttpResponse:
    """Revoke a key of the user, or of a project that they own."""
    key = _get_key(request, public_id)
    api_keys.revoke(key, request.user)
    messages.success(request, _("API key “{name}” was revoked.").format(name=key.name))
    return redirect(back(request, reverse("keys")))


@login_required
@require_POST
def set_budget(request: Request, public_id: str) -> HttpResponse:
    """Set the monthly budget of a key; an empty field removes it."""
    key, text = _get_key(request, public_id), request.POST.get("cap", "").strip()
    try:
        cap = confirmed_amount(text, "cap") if text else None
        api_keys.set_cap(key, cap, request.user)
    except UserError as error:
        return _show_budget_error(request, key, error)
    message = _("“{name}”: no budget.") if cap is None else _("“{name}”: {amount} per month.")
    messages.success(request, message.format(name=key.name, amount=currency.show(cap or 0)))
    return redirect(back(request, reverse("keys")))


def _show_budget_error(request: Request, key: ApiKey, error: UserError) -> HttpResponse:
    """Return the page that the budget was entered on, with the entered value and the error."""
    project = permissions.projects(request.user).filter(public_id=request.POST.get("page", "")).first()
    rows = (
        permissions.revocable_keys(request.user).filter(project=project)
        if project
        else permissions.own_keys(request.user)
    )
    return _page(request, rows, project, error, capped=key.pk)
