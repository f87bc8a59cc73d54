"""Several briefs: a list is checked line by line, priced together and submitted with one press."""

import secrets

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from generator import permissions
from generator.models import Batch, Project
from generator.services.briefs import batches
from generator.services.briefs.brief_lines import MAX_TEXT_CHARS, BriefList, Usual, read_lines
from generator.services.errors import KeyReused, UserError
from generator.services.provider_jobs import catalog
from generator.services.team import project_defaults
from generator.web.create.model_fields import whole
from generator.web.generation.checkout_request import checkout
from generator.web.site.htmx import Request

EXAMPLE = """prompt,length,style,takes
Warm opener for a podcast,0:15,lofi,2
Calm bed under an interview,2:00,ambient,1
Bright outro,0:10,,1"""


@login_required
@require_http_methods(["GET", "POST"])
def briefs(request: Request, public_id: str) -> HttpResponse:
    """Show the page; POST with `send` submits the list, any other POST checks it."""
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if not permissions.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    if request.method == "GET":
        return _page(request, project, "", BriefList(), None)
    text, error, read = _text(request), None, BriefList()
    try:
        read = read_lines(request.user, project, text, _usual_settings(request, project))
        if "send" in request.POST:
            return _send(request, project, read)
    except UserError as caught:
        error = caught
    return _page(request, project, text, read, error)


def _text(request: Request) -> str:
    """Return the list from an uploaded file if there is one, otherwise from the text field."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("lines", "")
    data: bytes = file.read(4 * MAX_TEXT_CHARS + 1)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _usual_settings(request: Request, project: Project) -> Usual:
    offered = _offered(project)
    model_key = request.POST.get("model", "")
    choice = next((choice for choice in offered if choice.spec.key == model_key), None) or next(iter(offered), None)
    if choice is None:
        raise UserError(_("No model is available right now."), "model", code="model_unavailable")
    format = request.POST.get("format", "")
    takes = whole(request.POST.get("takes", "")) or 1
    return Usual(choice.spec.key, takes, format if format in choice.spec.formats else choice.spec.formats[0])


def _offered(project: Project) -> list[catalog.ModelChoice]:
    choices = project_defaults.offered(project_defaults.defaults_of(project), catalog.models())
    return [choice for choice in choices if choice.available]


def _send(request: Request, project: Project, read: BriefList) -> HttpResponse:
    if read.errors:
        sentence = _("Correct the marked lines first. Nothing was sent.")
        raise UserError(sentence, "lines", code="invalid")
    batch = batches.submit_batch(request.user, project, Batch.Kind.BRIEFS, read.items, checkout(request))
    count = batch.items.count()
    sentence = ngettext("{count} brief submitted.", "{count} briefs submitted.", count)
    messages.success(request, sentence.format(count=count))
    return redirect("studio", project.public_id)


def _page(request: Request, project: Project, text: str, read: BriefList, error: UserError | None) -> HttpResponse:
    data = request.POST
    sent_key = "" if isinstance(error, KeyReused) else data.get("idempotency_key", "")
    is_checked = bool(read.lines)
    context = {
        "project": project,
        "here": "briefs",
        "text": text,
        "example": EXAMPLE,
        "read": read,
        "error": error,
        "choices": _offered(project),
        "chosen": data.get("model", ""),
        "takes": whole(data.get("takes", "")) or 1,
        "key": sent_key or secrets.token_urlsafe(18),
        "most": batches.MAX_BRIEFS,
        "may_send": is_checked and not read.errors and not (read.quote and read.quote.refusal),
    }
    return render(request, "studio/briefs.html", context, status=error.status if error else 200)
