"""What makes the studio installable: the manifest, and a service worker that only knows the offline page.

Private pages are never stored on the device: the worker passes every request on, and answers a page that could not be
loaded with the offline page, whose own files are all that it keeps.
"""

import hashlib
from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}
GROUND = "#f6f3ee"  # --ground of static/css/tokens.css
OFFLINE_FILES = (
    *(f"css/{name}.css" for name in ("tokens", "base", "shell", "parts", "accounts")),
    "fonts/figtree.woff2",
    "favicon.svg",
    "js/offline.js",
)
ICONS = (("icon-192", "192x192", "any"), ("icon-512", "512x512", "any"), ("icon-maskable-512", "512x512", "maskable"))


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Return the web app manifest."""
    home = reverse("home")
    contents = {
        "id": home,
        "name": "BGM Studio",
        "short_name": "BGM Studio",
        "description": _("Turn a sentence into background music for your project."),
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "theme_color": GROUND,
        "background_color": GROUND,
        "categories": ["music", "productivity"],
        "icons": [
            {"src": static(f"icons/{name}.png"), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("Create"), "url": f"{home}#create"},
            {"name": _("Library"), "url": f"{home}#library"},
            {"name": _("Spend"), "url": reverse("spend")},
        ],
    }
    return JsonResponse(contents, content_type="application/manifest+json", headers=FOR_A_DAY)


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Return the page that an installed studio shows without a connection; it knows nobody."""
    return HttpResponse(_offline_page())


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker; browsers compare its text, so it changes with the offline page and its files."""
    files = [reverse("offline"), *map(static, OFFLINE_FILES)]
    version = hashlib.sha256("\n".join([_offline_page(), *files]).encode()).hexdigest()[:12]
    text = render_to_string("app/service-worker.js", {"page": files[0], "files": files, "version": version})
    return HttpResponse(text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@cache
def _offline_page() -> str:
    return render_to_string("app/offline.html", {"stylesheets": [name for name in OFFLINE_FILES if name[:3] == "css"]})
