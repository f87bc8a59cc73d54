"""Caps: an owner's page for a project and its members, asking for more, and the owner's answer."""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from generator import access, money, workflow
from generator.models import Budget, Project, Raise, User
from generator.web.htmx import Request
from generator.workflow import Refused
from generator.workflow.amounts import confirmed_amount
from generator.workflow.caps import Room
from generator.workflow.days import end_of_day

USUAL_GRANT = dt.timedelta(days=7)
SHOWN = 50


# --- the owner's page ---


@login_required
@require_http_methods(["GET", "POST"])
def budget(request: Request, ref: str) -> HttpResponse:
    """The caps of a project and of its members, to set; the requests for more, to answer."""
    project = get_object_or_404(access.projects(request.user), ref=ref)
    if not access.can_manage(request.user, project) or project.personal_to_id:
        raise PermissionDenied("The owners of a shared project set its caps.")
    if request.method == "GET":
        return _page(request, project)
    try:
        said = _set(request, project)
    except Refused as refused:
        return _page(request, project, refused, status=422)
    messages.success(request, said)
    return redirect("budget", project.ref)


def _set(request: Request, project: Project) -> str:
    typed = request.POST.get("cap", "").strip()
    pk = request.POST.get("member", "")
    member = project.members.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 18 else None
    if pk and member is None:
        raise Refused("That person is not a member any more.", "member")
    cap = confirmed_amount(typed, "cap") if typed else None
    workflow.raising.set_cap(project, cap, request.user, member)
    whose = member.label if member else project.name
    return f"{whose}: {money.show(cap)} a month." if cap is not None else f"{whose}: no cap."


def _page(
    request: Request, project: Project, refused: Refused | None = None, status: int = 200, answering: int | None = None
) -> HttpResponse:
    found = rooms_in(project)
    people = [(person, found.get(person.pk)) for person in members_of(project)]
    requests = access.answerable_requests(request.user).filter(budget__project=project)
    context = {
        "project": project,
        "here": "spend",
        "room": found.get(None),
        "people": people,
        "open": requests.open(),
        "answered": requests.exclude(state=Raise.State.OPEN).select_related("answered_by")[:SHOWN],
        "refused": refused,
        "answering": answering,
        "typed": request.POST,
        "resets": workflow.caps.next_month(timezone.now()),
        "usual_end": timezone.localdate() + USUAL_GRANT,
    }
    return render(request, "budgets/budget.html", context, status=status)


def rooms_in(project: Project) -> dict[int | None, Room]:
    """What the caps in a project leave: by the member's primary key, None for the whole project's."""
    caps = Budget.objects.filter(project=project, provider_key="").select_related("user", "project")
    return {room.budget.user_id: room for room in workflow.caps.rooms_of(caps)}


def members_of(project: Project) -> list[User]:
    """Those in a project whose accounts are open, by name."""
    return list(project.members.filter(is_active=True).order_by("name", "email"))


@login_required
@require_POST
def answer(request: Request, pk: int) -> HttpResponse:
    """Grant a request for a while, or decline it with a reason."""
    asked = get_object_or_404(access.answerable_requests(request.user), pk=pk)
    project: Project = asked.budget.project  # type: ignore[assignment]  # those on other caps are the staff's to answer
    typed = {name: request.POST.get(name, "") for name in ("grant", "until", "answer")}
    try:
        if "decline" in request.POST:
            workflow.raising.decline(asked, request.user, typed["answer"])
        else:
            granted, until = confirmed_amount(typed["grant"], "grant"), end_of_day(typed["until"])
            workflow.raising.grant(asked, request.user, granted, until, typed["answer"])
    except Refused as refused:
        return _page(request, project, refused, status=422, answering=asked.pk)
    messages.success(request, f"{asked.asked_by.label}: {workflow.raising.in_words(asked)}.")
    return redirect("budget", project.ref)


# --- asking ---


@login_required
@require_http_methods(["GET", "POST"])
def more(request: Request, pk: int) -> HttpResponse:
    """Ask for more than a cap leaves: how much, and what for."""
    cap = get_object_or_404(access.budgets(request.user), pk=pk)
    refused, status = None, 200
    if request.method == "POST":
        try:
            asked = confirmed_amount(request.POST.get("amount", ""), "amount")
            workflow.raising.ask_for_more(cap, request.user, asked, request.POST.get("reason", ""))
            messages.success(request, "Asked. You are told as soon as there is an answer.")
            return redirect("ask-for-more", cap.pk)
        except Refused as caught:
            refused, status = caught, 422
    mine = cap.raises.filter(asked_by=request.user).select_related("answered_by")
    context = {
        "here": "spend",
        "cap": cap,
        "room": workflow.caps.rooms_of([cap])[0],
        "open": mine.open().first(),
        "earlier": mine.exclude(state=Raise.State.OPEN)[:SHOWN],
        "deciders": workflow.warnings.deciders(cap),
        "refused": refused,
        "typed": request.POST,
        "resets": workflow.caps.next_month(timezone.now()),
    }
    return render(request, "budgets/more.html", context, status=status)
