"""Document responses: a track's certificate, a month's statement, ledger entries as CSV."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.text import slugify
from django.utils.translation import gettext as _

from generator import permissions
from generator.http.file_responses import as_csv, not_resumed
from generator.models import LedgerEntry, Track, User
from generator.models.track import TrackQuerySet
from generator.services.billing.reports import certificates, statements
from generator.services.billing.reports.exports import csv_rows
from generator.services.billing.reports.spend import Scope, titled

_RELATED = ("project", "author", "generation__model__provider", "generation__prompt", "generation__price")


def tracks_with_papers(user: User) -> TrackQuerySet:
    """Return the tracks that a user may hear, with everything that their certificates need."""
    rows = permissions.tracks(user).select_related(*_RELATED, "generation__license", "generation__author")
    return rows.defer("peaks", "measured")


def certificate_of(track: Track) -> HttpResponse:
    """Return a track's certificate as a PDF download."""
    name = f"{slugify(track.title) or 'track'}-certificate.pdf"
    return _pdf(certificates.certificate_pdf(certificates.certificate_of(track)), name)


def _owner_name(scope: Scope) -> str:
    if scope.project:
        return _("Everyone in {project}").format(project=scope.project.name)
    return _("{person}, in all projects").format(person=scope.user.label)


def statement_of(scope: Scope, month: str) -> HttpResponse:
    """Return the statement of a month such as "2026-11" as a PDF download."""
    owner_name = _owner_name(scope)
    statement = statements.statement_of(scope, month, owner_name, titled(month))
    return _pdf(statements.statement_pdf(statement), f"bgm-studio-statement-{month}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    reply = HttpResponse(content, content_type="application/pdf")
    not_resumed(reply, name)
    return reply


def lines_as_csv(request: HttpRequest, entries: QuerySet[LedgerEntry], month: str) -> HttpResponseBase:
    """Return all entries as a CSV download; `month` (such as "2026-11") is part of the file name."""
    return as_csv(request, csv_rows(entries), f"bgm-studio-spend-{month}.csv")
