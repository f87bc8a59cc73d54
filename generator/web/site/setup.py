"""The set-up checklist of administrators."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from generator import permissions
from generator.services import setup_checklist
from generator.web.site.htmx import Request


@login_required
@require_GET
def setup(request: Request) -> HttpResponse:
    """Show what a new studio still needs, as of now."""
    if not permissions.can_see_setup(request.user):
        return render(request, "403.html", status=403)
    items = setup_checklist.items()
    needed = [item for item in items if not item.is_optional]
    context = {
        "here": "setup",
        "items": items,
        "done": sum(item.is_done for item in needed),
        "needed": len(needed),
        "days": setup_checklist.BACKUP_LASTS.days,
    }
    return render(request, "setup/setup.html", context)
