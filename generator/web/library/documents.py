"""Document pages: a track's license and certificate, a month's statement."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from generator.http.documents import certificate_of, statement_of, tracks_with_papers
from generator.models import Track
from generator.services.billing.reports import certificates
from generator.web.billing.spend import scope_and_month
from generator.web.site.htmx import Request


def _track(request: Request, public_id: str) -> Track:
    return get_object_or_404(tracks_with_papers(request.user), public_id=public_id)


@login_required
@require_safe
def license_page(request: Request, public_id: str) -> HttpResponse:
    """Show what a client or platform needs about a track: license, provenance and price."""
    track = _track(request, public_id)
    context = {
        "track": track,
        "project": track.project,
        "certificate": certificates.certificate_of(track),
        "here": "studio",
    }
    return render(request, "tracks/documents.html", context)


@login_required
@require_safe
def certificate(request: Request, public_id: str) -> HttpResponse:
    """Return the certificate of a track as a PDF."""
    return certificate_of(_track(request, public_id))


@login_required
@require_safe
def statement(request: Request) -> HttpResponse:
    """Return a month's statement for the user or a project as a PDF; it matches the ledger."""
    scope, month = scope_and_month(request)
    if scope is None:
        raise Http404("no such project")
    return statement_of(scope, month)
