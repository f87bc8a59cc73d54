"""API keys: a person's own, and a project's; made, shown once, given a cap, taken back."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from generator import access, money, workflow
from generator.billing import spend
from generator.models import ApiKey, Membership, Project, Scope
from generator.models.key import ApiKeyQuerySet
from generator.web.htmx import Request, back
from generator.workflow import Refused
from generator.workflow.amounts import confirmed_amount
from generator.workflow.days import end_of_day

SHOWN = 200
NAMED = "named"  # the stand-in that is none: the model a client names


@dataclass(frozen=True)
class Row:
    """A key with what it has spent this month."""

    key: ApiKey
    spent: int
    cap: int | None
    is_member: bool  # whether its maker is still in its project


@login_required
@require_http_methods(["GET", "POST"])
def keys(request: Request) -> HttpResponse:
    """A person's own keys, of one project or of all of theirs."""
    return _page(request, access.own_keys(request.user))


@login_required
@require_http_methods(["GET", "POST"])
def project_keys(request: Request, ref: str) -> HttpResponse:
    """The keys of one project: to its owners all of them, to others their own."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    return _page(request, access.revocable_keys(request.user).filter(project=project), project)


def _page(
    request: Request,
    rows: ApiKeyQuerySet,
    project: Project | None = None,
    refused: Refused | None = None,
    capped: int | None = None,
) -> HttpResponse:
    made, token = None, ""
    if request.method == "POST" and refused is None:
        try:
            made, token = _make(request, project)
        except Refused as caught:
            refused = caught
    context = {
        "here": "project-keys" if project else "account",
        "project": project,
        "made": made,
        "token": token,
        "refused": refused,
        "typed": request.POST if refused and not capped else {},
        "capped": capped,
        "typed_cap": request.POST.get("cap", ""),
        "rows": _rows(rows),
        "scopes": [(scope.value, *scope.label.split(": ")) for scope in Scope],
        "projects": access.projects(request.user),
        "stand_ins": _stand_ins(),
        "usual_stand_in": usual_stand_in() or NAMED,
    }
    return render(request, "keys/keys.html", context, status=422 if refused else 200)


def _rows(keys: ApiKeyQuerySet) -> list[Row]:
    """Those that open something first, then what was revoked or has run out; the newest first."""
    is_of_member = Exists(Membership.objects.filter(project=OuterRef("project"), user=OuterRef("user")))
    rows = keys.annotate(is_of_member=is_of_member).select_related("project", "user", "budget")
    found = list(rows.order_by("-id")[:SHOWN])
    found.sort(key=lambda key: not key.is_usable)
    spent = spend.of_keys([key.pk for key in found], spend.this_month())
    return [
        Row(key, spent.get(key.pk, 0), key.budget.cap if hasattr(key, "budget") else None, key.is_of_member)
        for key in found
    ]


def _stand_ins() -> list[tuple[str, str]]:
    local = [choice for choice in workflow.catalogue.models() if choice.is_local]
    return [(NAMED, "the model they name"), *((one.spec.key, f"the {_lower(one.spec.title)}") for one in local)]


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]


def usual_stand_in() -> str:
    """The free composer where no paid model can be asked, so that a vendor's client works at once; else none."""
    usable = workflow.catalogue.usable(workflow.catalogue.models())
    paid = any(not choice.is_local for choice in usable)
    return usable[0].spec.key if usable and not paid else ""


def _make(request: Request, project: Project | None) -> tuple[ApiKey, str]:
    typed = {name: request.POST.get(name, "").strip() for name in ("name", "scope", "expires", "cap", "stand_in", "of")}
    if typed["scope"] not in Scope.values:
        raise Refused("Choose what the key may do.", "scope")
    if typed["stand_in"] not in dict(_stand_ins()):
        raise Refused("Choose what programs written for others are answered with.", "stand_in")
    if project is None and typed["of"]:
        project = access.projects(request.user).filter(ref=typed["of"]).first()
        if project is None:
            raise Refused("That is none of your projects.", "of")
    return workflow.keys.make(
        request.user,
        typed["name"],
        Scope(typed["scope"]),
        project=project,
        expires_at=end_of_day(typed["expires"]) if typed["expires"] else None,
        cap=confirmed_amount(typed["cap"], "cap") if typed["cap"] else None,
        stand_in="" if typed["stand_in"] == NAMED else typed["stand_in"],
    )


def _mine(request: Request, ref: str) -> ApiKey:
    return get_object_or_404(access.revocable_keys(request.user).select_related("project", "user"), ref=ref)


@login_required
@require_POST
def revoke(request: Request, ref: str) -> HttpResponse:
    """Take a key back, one's own or one of a project one owns."""
    key = _mine(request, ref)
    workflow.keys.revoke(key, request.user)
    messages.success(request, f"“{key.name}” opens nothing any more.")
    return redirect(back(request, reverse("keys")))


@login_required
@require_POST
def cap(request: Request, ref: str) -> HttpResponse:
    """Set what a key may spend a month; an empty field takes the cap away."""
    key, typed = _mine(request, ref), request.POST.get("cap", "").strip()
    try:
        most = confirmed_amount(typed, "cap") if typed else None
        workflow.keys.set_cap(key, most, request.user)
    except Refused as refused:
        return _cap_again(request, key, refused)
    said = "no cap" if most is None else f"{money.show(most)} a month"
    messages.success(request, f"“{key.name}”: {said}.")
    return redirect(back(request, reverse("keys")))


def _cap_again(request: Request, key: ApiKey, refused: Refused) -> HttpResponse:
    """The page the cap was typed into, with what was typed."""
    project = access.projects(request.user).filter(ref=request.POST.get("page", "")).first()
    rows = access.revocable_keys(request.user).filter(project=project) if project else access.own_keys(request.user)
    return _page(request, rows, project, refused, capped=key.pk)
