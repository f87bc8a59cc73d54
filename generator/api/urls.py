"""URLs for programs."""

from django.urls import include, path, re_path

from generator.api import signed_files
from generator.api.compat.wavespeed import media
from generator.api.v1.library import upload_addresses
from generator.api.v1.urls import answer_with_problems, not_found
from generator.http.request_bodies import UPLOADS

app_name = "api"
urlpatterns = [
    path("api/v1/", include("generator.api.v1.urls")),
    # The same URLs for clients that poll, upload or call v2; listed first, so that reverse() returns v3.
    path("api/v2/", include("generator.api.compat.wavespeed.urls")),
    path("api/v3/", include("generator.api.compat.wavespeed.urls")),
    path("v5/", include("generator.api.compat.soundverse.urls")),
    re_path("^api(?:/.*)?$", answer_with_problems(not_found), name="no-version"),
    path("u/<str:address>", answer_with_problems(upload_addresses.receive), name="upload-address"),
    path("o/<str:address>/cover.webp", signed_files.cover, name="output-cover"),
    path("o/<str:address>/<str:name>", signed_files.audio, name="output"),
]

UPLOADS |= {
    "api/v1/references": None,
    "api/v1/voice-overs": None,
    "api:wavespeed-binary": None,
    "api:wavespeed-upload": None,
    "api:wavespeed-put": media.ticket_holder,
    "api:upload-address": upload_addresses.holder,
}
