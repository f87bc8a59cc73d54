"""The show kit: an intro, a bed and an outro from one seed, with one press."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from generator import permissions
from generator.models import Batch
from generator.services.briefs import batches
from generator.services.errors import UserError
from generator.services.generation import submit
from generator.web.create.model_fields import lines, settings
from generator.web.generation.checkout_request import checkout
from generator.web.generation.generate import create_context, render_rejected, with_new_key
from generator.web.site.htmx import Request, client_event, wants_part


@login_required
@require_POST
def make_kit(request: Request, public_id: str) -> HttpResponse:
    project = get_object_or_404(permissions.projects(request.user), public_id=public_id)
    if not permissions.can_edit(request.user, project):
        return render(request, "403.html", {"project": project}, status=403)
    data = request.POST
    try:
        spec = submit.choice_of(batches.KIT_MODEL).spec
        items = batches.kit_items(
            lines(data.get("text", "")), data.get("format", ""), submit.clean_settings(spec, settings(data))
        )
        batches.submit_batch(request.user, project, Batch.Kind.KIT, items, checkout(request, price="kit_price"))
    except UserError as error:
        return render_rejected(request, project, error)
    if not wants_part(request):
        return redirect("studio", project.public_id)
    reply = render(request, "studio/_live.html", create_context(request, project, with_new_key(data)))
    return client_event(reply, "running-changed", toast=_("Show kit: three pieces are being generated."))
