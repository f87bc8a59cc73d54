"""The billing review: a month at a glance, a work list, every line behind every figure, and the desk of deeds.

Reviewers look and note (`look_at_money`); controllers book as well (`book_money`). Doors only: what may be booked, and
how, is in `workflow.reviewing`, `closing`, `stops` and `raising`.
"""

from django.urls import URLPattern, path

from generator.admin.review import books, desk, glance, worklist


def urls() -> list[URLPattern]:
    """The addresses under /admin/."""
    return [
        path("review/", glance.glance, name="review"),
        path("review/lines/", glance.lines, name="review-lines"),
        path("review/work/", worklist.work, name="review-work"),
        path("review/work/look/", worklist.look, name="review-look"),
        path("review/work/<int:pk>/", worklist.matter, name="review-matter"),
        path("review/runs/<str:ref>/", worklist.run, name="review-run"),
        path("review/books/<slug:key>/", books.books, name="review-books"),
        path("review/months/", desk.months, name="review-months"),
        path("review/stops/", desk.stops, name="review-stops"),
        path("review/requests/", desk.requests, name="review-requests"),
        path("review/deeds/", desk.deeds, name="review-deeds"),
    ]
