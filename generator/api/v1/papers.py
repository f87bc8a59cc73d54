"""Paper: what a client or a platform asks for about a track, and the statement of a month."""

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from generator.api.contract import file_of
from generator.api.v1.caller import caller
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref
from generator.api.v1.spend import Whose, scope_of
from generator.billing import papers as records
from generator.models import Track
from generator.web.papers import certificate_of, statement_of, tracks_with_papers

router = Router(tags=["Papers"])
_PDF = file_of("application/pdf", "The PDF.")


class FactOut(Schema):
    label: str
    value: str


class PapersOut(Schema):
    track: Ref
    title: str
    facts: list[FactOut]
    licence: str = Field(description="Empty: not known to the studio.")
    licence_from: str = Field(description="Since when those hold, in words; empty: not kept with the track.")
    credit: str
    credit_html: str


def _track(request: HttpRequest, ref: str) -> Track:
    """Raises Problem: there is none for this key, or its papers would tell which candidate it is."""
    found = tracks_with_papers(caller(request)).select_related("generation__comparison").filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such track for this key.")
    if found.generation.is_blind:
        raise Problem(409, "Its papers would tell which model it is. Pick or reveal first.")
    return found


@router.get("/tracks/{track_id}/papers", response=PapersOut, summary="What it is, how it came to be, its terms")
def get_papers(request: HttpRequest, track_id: str):
    track = _track(request, track_id)
    papers = records.of(track)
    return PapersOut(
        track=track.ref,
        title=papers.title,
        facts=[FactOut(label=label, value=value) for label, value in papers.facts],
        licence=papers.licence,
        licence_from=papers.licence_from,
        credit=papers.credit,
        credit_html=papers.credit_html,
    )


@router.get("/tracks/{track_id}/certificate", openapi_extra=_PDF, summary="The same as a PDF")
def get_certificate(request: HttpRequest, track_id: str):
    return certificate_of(_track(request, track_id))


@router.get("/spend/statement", openapi_extra=_PDF, summary="A month as a PDF that adds up to the ledger")
def get_statement(request: HttpRequest, wanted: Query[Whose]):
    return statement_of(*scope_of(request, wanted))
