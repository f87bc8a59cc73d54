"""Documents: license and provenance of a track, and the statement of a month."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from generator.api.contract import file_of
from generator.api.v1.auth import user_of
from generator.api.v1.billing.spend import SpendScope, scope_of
from generator.api.v1.library.tracks import NO_TRACK
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref
from generator.http.documents import certificate_of, statement_of, tracks_with_papers
from generator.models import Track
from generator.services.billing.reports import certificates

router = Router(tags=["Documents"])
_PDF = file_of("application/pdf", "The PDF.")


class FactOut(Schema):
    label: str
    value: str


class DocumentsOut(Schema):
    track: Ref
    title: str
    facts: list[FactOut]
    license: str = Field(description="The license terms; empty: unknown.")
    license_since: str = Field(description="Since when the terms apply, in words; empty: not stored with the track.")
    credit: str
    credit_html: str


def _track(request: HttpRequest, public_id: str) -> Track:
    """Return a track; raise Problem if this key has none, or if its documents would identify a blind candidate."""
    track = (
        tracks_with_papers(user_of(request))
        .select_related("generation__comparison")
        .filter(public_id=public_id)
        .first()
    )
    if track is None:
        raise Problem(404, NO_TRACK)
    if track.generation.is_blind:
        raise Problem(
            409, "The documents would reveal the model of a blind candidate. Pick a take or reveal the models first."
        )
    return track


@router.get(
    "/tracks/{track_id}/documents", response=DocumentsOut, summary="Get license, provenance and credit line of a track"
)
def get_documents(request: HttpRequest, track_id: str) -> DocumentsOut:
    track = _track(request, track_id)
    certificate = certificates.certificate_of(track)
    return DocumentsOut(
        track=track.public_id,
        title=certificate.title,
        facts=[FactOut(label=label, value=value) for label, value in certificate.facts],
        license=certificate.license,
        license_since=certificate.licence_from,
        credit=certificate.credit,
        credit_html=certificate.credit_html,
    )


@router.api_operation(
    ["GET", "HEAD"],
    "/tracks/{track_id}/certificate",
    openapi_extra=_PDF,
    summary="Download the certificate of a track (PDF)",
)
def get_certificate(request: HttpRequest, track_id: str) -> HttpResponse:
    return certificate_of(_track(request, track_id))


@router.api_operation(
    ["GET", "HEAD"], "/spend/statement", openapi_extra=_PDF, summary="Download the statement of a month (PDF)"
)
def get_statement(request: HttpRequest, query: Query[SpendScope]) -> HttpResponse:
    return statement_of(*scope_of(request, query))
