"""Your account, and inviting others."""

from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from generator import workflow
from generator.models import Invitation, Membership, Project, Role, User


class ProfileForm(forms.ModelForm):
    time_zone = forms.ChoiceField(choices=[(name, name.replace("_", " ")) for name in sorted(available_timezones())])

    class Meta:
        model = User
        fields = ("name", "time_zone", "theme")


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Name, time zone, theme, and the way to password and second factor."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    status = 422 if request.method == "POST" else 200
    found = {
        "form": form,
        "here": "account",
        "may_invite": _projects_to_invite_to(request.user).exists() or request.user.is_staff,
    }
    return render(request, "people/account.html", found, status=status)


def _projects_to_invite_to(user: User):
    return Project.objects.filter(
        memberships__user=user, memberships__role=Role.OWNER, personal_to=None, archived_at=None
    )


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="No project, only the studio")
    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR)

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = _projects_to_invite_to(user)  # type: ignore[attr-defined]
        self.fields["project"].required = not user.is_staff


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Invite by address; the link is shown to copy, and mailed where a mail server is configured."""
    if not request.user.is_staff and not _projects_to_invite_to(request.user).exists():
        return render(request, "403.html", status=403)
    form = InvitationForm(request.user, request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        made = workflow.people.invite(
            form.cleaned_data["email"], request.user, form.cleaned_data["project"], Role(form.cleaned_data["role"])
        )
        _mail(request, made)
        form = InvitationForm(request.user)
    mine = Invitation.objects.filter(invited_by=request.user, accepted_at=None).select_related("project")[:50]
    found = {"form": form, "made": made, "link": _link(request, made) if made else "", "invitations": mine}
    found |= {"here": "account", "mailed": settings.EMAIL_CONFIGURED}
    return render(request, "people/invite.html", found, status=422 if form.errors else 200)


def _link(request: HttpRequest, invitation: Invitation) -> str:
    return request.build_absolute_uri(reverse("join", args=[invitation.token]))


def _mail(request: HttpRequest, invitation: Invitation) -> None:
    where = f"“{invitation.project.name}” in BGM Studio" if invitation.project else "BGM Studio"
    text = f"{request.user.label} invites you to {where}.\n\n{_link(request, invitation)}\n\nThe link works once, for two weeks."
    send_mail(f"{request.user.label} invites you to {where}", text, None, [invitation.email], fail_silently=True)


@login_required
@require_POST
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    get_object_or_404(Invitation, token=token, invited_by=request.user, accepted_at=None).delete()
    return redirect("invite")


@login_required
@require_http_methods(["GET", "POST"])
def new_project(request: HttpRequest) -> HttpResponse:
    """Start a project of one's own to share."""
    name = " ".join(request.POST.get("name", "").split())
    if request.method == "POST" and 0 < len(name) <= 80:
        project = Project.objects.create(name=name)
        Membership.objects.create(project=project, user=request.user, role=Role.OWNER)
        return redirect("studio", project.ref)
    error = "Give the project a name of at most 80 characters." if request.method == "POST" else ""
    return render(request, "people/new_project.html", {"error": error, "name": name}, status=422 if error else 200)
