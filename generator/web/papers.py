"""Paper: the certificate of a track, and the statement of a month."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from generator import access
from generator.audio import disposition
from generator.billing import papers as records
from generator.billing import statement as statements
from generator.billing.spend import Scope
from generator.models import Track, User
from generator.models.track import TrackQuerySet
from generator.web.htmx import Request
from generator.web.spend import scope_and_month, titled

_RELATED = ("project", "author", "generation__model__provider", "generation__prompt", "generation__price")


def tracks_with_papers(user: User) -> TrackQuerySet:
    """The tracks a person hears, with everything their papers say."""
    rows = access.tracks(user).select_related(*_RELATED, "generation__licence", "generation__author")
    return rows.defer("peaks", "measured")


def _track(request: Request, ref: str) -> Track:
    return get_object_or_404(tracks_with_papers(request.user), ref=ref)


@login_required
@require_safe
def papers(request: Request, ref: str) -> HttpResponse:
    """What a client or a platform asks for, on one page."""
    track = _track(request, ref)
    found = {"track": track, "project": track.project, "papers": records.of(track), "here": "studio"}
    return render(request, "tracks/papers.html", found)


@login_required
@require_safe
def certificate(request: Request, ref: str) -> HttpResponse:
    """The same as a PDF."""
    return certificate_of(_track(request, ref))


def certificate_of(track: Track) -> HttpResponse:
    """The PDF of a track's papers, to download."""
    name = f"{slugify(track.title) or 'track'}-papers.pdf"
    return _pdf(records.certificate(records.of(track)), name)


@login_required
@require_safe
def statement(request: Request) -> HttpResponse:
    """A month of mine, or of a project, as a PDF that adds up to the ledger."""
    scope, month = scope_and_month(request)
    if scope is None:
        raise Http404("no such project")
    return statement_of(scope, month)


def statement_of(scope: Scope, month: str) -> HttpResponse:
    """The PDF of a month such as "2026-11", to download."""
    whose = f"Everyone in {scope.project.name}" if scope.project else f"{scope.user.label}, in every project"
    made = statements.of(scope, month, whose, titled(month))
    return _pdf(statements.render(made), f"bgm-studio-statement-{month}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": disposition(name)}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
