"""URLs of the contract, each with and without a trailing slash."""

from django.urls import path, re_path

from generator.api.compat.soundverse import views

urlpatterns = [
    re_path(r"^generate/music-gen/?$", views.stream, name="soundverse-stream"),
    re_path(r"^generate/music-gen/sync/?$", views.sync, name="soundverse-sync"),
    re_path(r"^generate/music/?$", views.stream, {"later": True}, name="soundverse-later"),
    re_path(r"^generate/music/sync/?$", views.sync, {"later": True}, name="soundverse-later-sync"),
    re_path(r"^openapi\.json/?$", views.document, name="soundverse-openapi"),
    path("", views.nowhere, name="soundverse-root"),
    path("<path:rest>", views.nowhere, name="soundverse-nowhere"),
]
