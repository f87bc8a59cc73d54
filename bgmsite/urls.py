"""Every address of the studio."""

from django.contrib import admin
from django.urls import include, path

from generator.web import compare, files, jobs, library, references, stems, studio, tracks

urlpatterns = [
    path("", studio.home, name="home"),
    path("p/<str:ref>/", studio.studio, name="studio"),
    path("p/<str:ref>/create/", studio.create_live, name="create-live"),
    path("p/<str:ref>/generate/", studio.generate, name="generate"),
    path("p/<str:ref>/running/", jobs.running, name="running"),
    path("p/<str:ref>/more/", library.more, name="more"),
    path("p/<str:ref>/bulk/", library.bulk, name="bulk"),
    path("p/<str:ref>/bin/", library.bin, name="bin"),
    path("p/<str:ref>/bin/delete/", library.delete_for_good, name="delete-for-good"),
    path("g/<str:ref>/cancel/", jobs.cancel, name="cancel"),
    path("g/<str:ref>/retry/", jobs.retry, name="retry"),
    path("g/<str:ref>/dismiss/", jobs.dismiss, name="dismiss"),
    path("c/<str:ref>/", compare.compare, name="compare"),
    path("c/<str:ref>/pick/", compare.pick, name="compare-pick"),
    path("c/<str:ref>/reveal/", compare.reveal, name="compare-reveal"),
    path("t/<str:ref>/", tracks.track, name="track"),
    path("t/<str:ref>/edit/", tracks.edit, name="track-edit"),
    path("t/<str:ref>/star/", tracks.star, name="star"),
    path("t/<str:ref>/bin/", tracks.to_bin, name="to-bin"),
    path("t/<str:ref>/restore/", tracks.restore, name="restore"),
    path("t/<str:ref>/audio", files.audio, name="audio"),
    path("t/<str:ref>/cover", files.cover, name="cover"),
    path("t/<str:ref>/download/<str:format>", files.download, name="download"),
    path("p/<str:ref>/references/", references.references, name="references"),
    path("r/<str:ref>/register/", references.register, name="register"),
    path("r/<str:ref>/bin/", references.to_bin, name="reference-bin"),
    path("r/<str:ref>/audio", references.audio, name="reference-audio"),
    path("t/<str:ref>/reference/", references.from_track, name="track-reference"),
    path("t/<str:ref>/stems/", stems.stems, name="stems"),
    path("t/<str:ref>/split/", stems.split, name="split"),
    path("s/<str:ref>/audio", stems.audio, name="stem-audio"),
    path("s/<str:ref>/download", stems.download, name="stem-download"),
    path("", include("generator.web.urls_people")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
