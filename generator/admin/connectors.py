"""Admin of connectors: providers described as JSON. Versions are added, never changed; a dry run shows the requests."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generator.admin.review.base import user_of
from generator.models import ConnectorVersion
from generator.providers.connectors import shipped_texts
from generator.providers.connectors.comfyui_workflow import model_of
from generator.providers.connectors.document import DocumentError, read_document
from generator.services.connectors import editing, versions

MAX_WORKFLOW_BYTES = 200_000
_TRIED = "_tried_out"  # what was typed, on a request that only tries it out


class ConnectorForm(forms.ModelForm):
    text = forms.CharField(
        label=_("Document"),
        widget=forms.Textarea(attrs={"rows": 32, "cols": 110, "class": "vLargeTextField", "spellcheck": "false"}),
        help_text=_("JSON; see docs/development/connectors.md. Saving it makes it the version in use."),
    )
    workflow = forms.FileField(
        label=_("ComfyUI workflow"),
        required=False,
        help_text=_("An “Export (API)” file with {{prompt}} where the description of the music goes."),
    )
    workflow_title = forms.CharField(label=_("Title of the workflow"), required=False, max_length=60)

    class Meta:
        model = ConnectorVersion
        fields = ("text", "note")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            read_document(text)
        except DocumentError as error:
            raise forms.ValidationError([f"{path}: {sentence}" for path, sentence in error.problems]) from error
        return text


@admin.register(ConnectorVersion)
class ConnectorAdmin(admin.ModelAdmin):
    form = ConnectorForm
    change_form_template = "admin/connector.html"
    change_list_template = "admin/connector_list.html"
    list_display = ("key", "created_at", "is_in_use", "created_by", "note")
    list_filter = ("key",)
    actions = ("use_shipped_again",)

    def get_fields(self, request: HttpRequest, obj: ConnectorVersion | None = None) -> tuple[str, ...]:
        shown = ("key", "is_in_use", "text", "note", "created_by", "created_at")
        return shown if obj else ("text", "note", "workflow", "workflow_title")

    def get_readonly_fields(self, request: HttpRequest, obj: ConnectorVersion | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    @admin.display(description=_("In use"), boolean=True)
    def is_in_use(self, obj: ConnectorVersion) -> bool:
        return bool(obj.text) and versions.text_in_use(obj.key) == obj.text

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Fill in what was tried out, else the connector in use of the key in the address."""
        tried: dict[str, str | list[str]] = getattr(request, _TRIED, {})
        return tried or {"text": versions.text_in_use(request.GET.get("key", "")[:30])}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"shipped": sorted(shipped_texts()), **(extra_context or {})})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form again, with the requests or the added workflow, if the button only tries something out."""
        context = {"shipped": sorted(shipped_texts()), **(extra_context or {})}
        if request.method == "POST" and {"_dry_run", "_add_workflow"} & set(request.POST):
            if not self.has_add_permission(request):
                raise PermissionDenied
            context |= self._try_out(request)
            request.method = "GET"
        return super().add_view(request, form_url, context)

    def _try_out(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the page shows; nothing is stored and nothing is sent."""
        text, note = request.POST.get("text", ""), request.POST.get("note", "")
        context: dict[str, Any] = {"is_tried": True}
        try:
            if "_add_workflow" in request.POST:
                text = self._with_workflow(request, text)
            context["requests"] = editing.dry_run(text)
            context["failed_charge"], context["canceled_charge"] = editing.charges_of(text)
        except DocumentError as error:
            context["problems"] = error.problems
        typed = {"text": text, "note": note, "workflow_title": request.POST.get("workflow_title", "")}
        setattr(request, _TRIED, typed)
        return context

    def _with_workflow(self, request: HttpRequest, text: str) -> str:
        """Return the document with the uploaded workflow as another model.

        Raises:
            DocumentError: either cannot be used.
        """
        file = request.FILES.get("workflow")
        title = request.POST.get("workflow_title", "").strip()
        if file is None or not title:
            raise DocumentError([("$.models", gettext("Choose a workflow file, and enter a title for it."))])
        read_document(text)
        document = json.loads(text)
        content = file.read(MAX_WORKFLOW_BYTES + 1).decode("utf-8", "replace")
        document["models"] = [*document.get("models", []), model_of(content, title)]
        return json.dumps(document, indent=2, ensure_ascii=False)

    def save_model(self, request: HttpRequest, obj: ConnectorVersion, form: Any, change: bool) -> None:
        """Store the version and put it into use; say so if a key has to be entered again."""
        stored, is_key_removed = editing.save(obj.text, user_of(request), obj.note)
        obj.pk, obj.key = stored.pk, stored.key
        obj.refresh_from_db()
        if is_key_removed:
            sentence = gettext("The connector reaches other hosts than before. Enter the key again under Providers.")
            self.message_user(request, sentence, messages.WARNING)

    @admin.action(description=_("Use the connectors that come with the studio again"))
    def use_shipped_again(self, request: HttpRequest, queryset: QuerySet[ConnectorVersion]) -> None:
        for key in sorted(set(queryset.values_list("key", flat=True)) & set(shipped_texts())):
            editing.use_shipped(key, user_of(request))

    def has_change_permission(self, request: HttpRequest, obj: ConnectorVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConnectorVersion | None = None) -> bool:
        return False
