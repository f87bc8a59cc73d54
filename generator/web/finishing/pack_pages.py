"""The public page of a pack that is shared by a link."""

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generator.models import Pack
from generator.services.packs import pack_links
from generator.web.finishing import packs
from generator.web.site.htmx import Request
from generator.web.site.public_links import by_link

on_link = by_link(pack_links.behind, pack_links.works, "packs/over.html")


@require_safe
@on_link
def page(request: Request, pack: Pack) -> HttpResponse:
    context = packs.page_context(pack)
    in_zip = [one for one in context["items"] if one["item"].files]
    return render(request, "packs/shared.html", context | {"items": in_zip, "address": request.path})


@require_safe
@on_link
def download(request: Request, pack: Pack) -> HttpResponseBase:
    if request.method == "GET" and request.headers.get("range", "").strip() in ("", "bytes=0-"):
        pack_links.count_download(pack)
    return packs.zip_of(request, pack)
