"""Page addresses of earlier versions: each redirects to the present one, for bookmarks, mails and open pages.

A redirect checks nothing and reveals nothing: it is the same whether the object exists or not. The page that it leads
to decides who may see it. Share links and the addresses that providers call are not here: they answer themselves.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt

app_name = "old"

# Earlier route → name of the present address, which has the same parameters.
ROUTES = {
    "p/<str:public_id>/": "studio",
    "p/<str:public_id>/create/": "create-live",
    "p/<str:public_id>/generate/": "generate",
    "p/<str:public_id>/running/": "running",
    "p/<str:public_id>/more/": "more",
    "p/<str:public_id>/bulk/": "bulk",
    "p/<str:public_id>/bin/": "trash",
    "p/<str:public_id>/bin/delete/": "delete-permanently",
    "g/<str:public_id>/cancel/": "cancel",
    "g/<str:public_id>/retry/": "retry",
    "g/<str:public_id>/dismiss/": "dismiss",
    "c/<str:public_id>/": "compare",
    "c/<str:public_id>/pick/": "compare-pick",
    "c/<str:public_id>/reveal/": "compare-reveal",
    "t/<str:public_id>/": "track",
    "t/<str:public_id>/edit/": "track-edit",
    "t/<str:public_id>/star/": "star",
    "t/<str:public_id>/bin/": "move-to-trash",
    "t/<str:public_id>/restore/": "restore",
    "t/<str:public_id>/visibility/": "visibility",
    "t/<str:public_id>/share/": "share",
    "k/<str:public_id>/revoke/": "revoke",
    "t/<str:public_id>/approve/": "approve",
    "t/<str:public_id>/comments/": "comments",
    "t/<str:public_id>/comment/": "comment",
    "m/<str:public_id>/edit/": "comment-edit",
    "m/<str:public_id>/resolve/": "comment-resolve",
    "m/<str:public_id>/delete/": "comment-delete",
    "t/<str:public_id>/audio": "audio",
    "t/<str:public_id>/cover": "cover",
    "t/<str:public_id>/download/<str:format>": "download",
    "p/<str:public_id>/references/": "references",
    "r/<str:public_id>/register/": "register",
    "r/<str:public_id>/bin/": "reference-trash",
    "r/<str:public_id>/audio": "reference-audio",
    "t/<str:public_id>/reference/": "track-reference",
    "t/<str:public_id>/versions/": "versions",
    "t/<str:public_id>/version/": "variation",
    "t/<str:public_id>/balance/": "mix",
    "t/<str:public_id>/stems/": "stems",
    "t/<str:public_id>/parts/": "create-stems",
    "t/<str:public_id>/midi": "midi",
    "t/<str:public_id>/split/": "stem-separation",
    "account/keys/": "keys",
    "p/<str:public_id>/keys/": "project-keys",
    "p/<str:public_id>/webhooks/": "project-webhooks",
    "w/<str:public_id>/": "webhook",
    "w/<str:public_id>/test/": "webhook-test",
    "w/<str:public_id>/pause/": "webhook-pause",
    "w/<str:public_id>/resume/": "webhook-resume",
    "w/<str:public_id>/secret/": "webhook-rotate",
    "w/<str:public_id>/delete/": "webhook-delete",
    "d/<str:public_id>/resend/": "webhook-resend",
    "keys/<str:public_id>/cap/": "key-budget",
    "keys/<str:public_id>/revoke/": "key-revoke",
    "people/invite/": "invite",
    "people/invite/<str:public_id>/withdraw/": "withdraw",
    "people/invite/<str:public_id>/resend/": "resend",
    "projects/invitations/<str:public_id>/accept/": "accept-invitation",
    "p/<str:public_id>/settings/": "project-settings",
    "p/<str:public_id>/settings/name/": "project-rename",
    "p/<str:public_id>/settings/house/": "project-defaults",
    "p/<str:public_id>/settings/approver/": "project-approver",
    "p/<str:public_id>/archive/": "project-archive",
    "p/<str:public_id>/unarchive/": "project-unarchive",
    "p/<str:public_id>/people/": "project-members",
    "p/<str:public_id>/people/role/": "member-role",
    "p/<str:public_id>/people/remove/": "member-remove",
    "p/<str:public_id>/people/transfer/": "project-transfer",
    "p/<str:public_id>/people/invite/": "project-invite",
    "p/<str:public_id>/leave/": "leave",
    "account/news/": "notification-preferences",
    "news/": "notifications",
    "news/bell/": "bell",
    "news/read/": "notifications-read",
    "news/<int:pk>/": "notification",
    "spend/lines/": "spend-lines",
    "t/<str:public_id>/papers/": "documents",
    "t/<str:public_id>/papers.pdf": "certificate",
    "p/<str:public_id>/budget/": "budget",
    "budgets/<int:pk>/more/": "request-increase",
    "requests/<int:pk>/answer/": "answer-budget-request",
    "admin/review/lines/": "admin:review-lines",
    "admin/review/work/": "admin:review-issues",
    "admin/review/work/look/": "admin:review-check",
    "admin/review/work/<int:pk>/": "admin:review-issue",
    "admin/review/runs/<str:public_id>/": "admin:review-generation",
    "admin/review/books/<slug:key>/": "admin:review-reconciliation",
    "admin/review/stops/": "admin:review-suspensions",
    "admin/review/requests/": "admin:review-budget-requests",
    "admin/review/deeds/": "admin:review-audit-log",
}
# Stems had the prefix that share links have now. The address of a share link contains a dot, an id does not.
PATTERNS = {
    r"^s/(?P<public_id>[^/.]+)/audio$": "stem-audio",
    r"^s/(?P<public_id>[^/.]+)/download$": "stem-download",
}


def redirect_to(name: str) -> Callable[..., HttpResponse]:
    """Return a view that redirects to a named address: 301 for reading, 308 for forms, which are then sent again."""

    @csrf_exempt  # nothing happens here; the present address checks the form
    def redirect(request: HttpRequest, **parameters: str | int) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        address = reverse(name, kwargs=parameters) + (f"?{query}" if query else "")
        return HttpResponsePermanentRedirect(address, preserve_request=request.method not in ("GET", "HEAD"))

    return redirect


urlpatterns = [
    *(path(route, redirect_to(name)) for route, name in ROUTES.items()),
    *(re_path(pattern, redirect_to(name)) for pattern, name in PATTERNS.items()),
]
