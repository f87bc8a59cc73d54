"""The addresses for programs."""

from django.urls import include, path

from generator.api import outputs
from generator.api.wavespeed import media
from generator.web.bodies import UPLOADS

app_name = "api"
urlpatterns = [
    path("api/v1/", include("generator.api.v1.urls")),
    # The same addresses for clients that poll, upload or ask at v2; listed first, so that v3 is what is handed out.
    path("api/v2/", include("generator.api.wavespeed.urls")),
    path("api/v3/", include("generator.api.wavespeed.urls")),
    path("v5/", include("generator.api.soundverse.urls")),
    path("o/<str:address>/cover.webp", outputs.cover, name="output-cover"),
    path("o/<str:address>/<str:name>", outputs.audio, name="output"),
]

UPLOADS |= {
    "api/v1/references": None,
    "api:wavespeed-binary": None,
    "api:wavespeed-upload": None,
    "api:wavespeed-put": media.ticket_holder,
}
