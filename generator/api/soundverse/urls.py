"""Its addresses."""

from django.urls import path

from generator.api.soundverse import views

urlpatterns = [
    path("generate/music-gen", views.stream, name="soundverse-stream"),
    path("generate/music-gen/sync", views.sync, name="soundverse-sync"),
    path("generate/music", views.stream, {"later": True}, name="soundverse-later"),
    path("generate/music/sync", views.sync, {"later": True}, name="soundverse-later-sync"),
    path("openapi.json", views.document, name="soundverse-openapi"),
    path("", views.nowhere, name="soundverse-root"),
    path("<path:rest>", views.nowhere, name="soundverse-nowhere"),
]
