"""What the studio has to tell a person: the bell, the list, and how they want to be told."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.models import NewsKind
from generator.web.htmx import Request
from generator.workflow.news import Ways

SHOWN = 50
TOLD = 5  # at once, by the browser
WAYS = (("in_app", "In the studio"), ("browser", "By this browser"), ("mail", "By mail"))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


@login_required
@require_GET
def news(request: Request) -> HttpResponse:
    """The news, newest first."""
    rows = access.current_news(request.user).filter(in_app=True).order_by("-pk")
    before = _number(request.GET.get("before", ""))
    shown = list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])
    older = shown[SHOWN - 1].pk if len(shown) > SHOWN else None
    found = {"here": "news", "rows": shown[:SHOWN], "older": older, "is_first": not before}
    return render(request, "news/news.html", found)


@login_required
@require_GET
def bell(request: Request) -> HttpResponse:
    """The bell anew, with what has come since the page last asked, for the browser to tell."""
    after = _number(request.GET.get("after", ""))
    fresh = access.current_news(request.user).filter(browser=True, read_at=None, pk__gt=after).order_by("-pk")[:TOLD]
    return render(request, "news/_bell.html", {"fresh": fresh, **context(request.user)})


def context(user) -> dict:
    """What the bell in every page's frame shows."""
    rows = access.current_news(user)
    newest = rows.order_by("-pk").values_list("pk", flat=True).first()
    return {"unread": rows.unread().count(), "newest_news": newest or 0}


@login_required
@require_GET
def follow(request: Request, pk: int) -> HttpResponse:
    """Go where a piece of news leads; it is read then."""
    found = get_object_or_404(access.current_news(request.user), pk=pk)
    workflow.news.mark_read(request.user, [found.pk])
    return redirect(found.link or "news")


@login_required
@require_POST
def read(request: Request) -> HttpResponse:
    """Mark all of it as read."""
    workflow.news.mark_read(request.user)
    return redirect("news")


@login_required
@require_POST
def choose(request: Request) -> HttpResponse:
    """By which ways to be told of what."""
    asked = request.POST
    ways = {kind: Ways(**{way: asked.get(f"{kind}-{way}") == "on" for way, _ in WAYS}) for kind in workflow.news.USUAL}
    workflow.news.choose(request.user, ways)
    messages.success(request, "Saved.")
    return redirect("account")


def choices(user) -> list[tuple[NewsKind, list[tuple[str, str, bool]]]]:
    """Each kind with its ways: name, title, whether it is chosen."""
    chosen = workflow.news.chosen(user)
    return [(kind, [(way, title, getattr(ways, way)) for way, title in WAYS]) for kind, ways in chosen.items()]
