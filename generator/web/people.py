"""Bringing people in: invitations by address."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from generator import access, workflow
from generator.models import Invitation, Project, Role, User
from generator.web.htmx import Request, back
from generator.workflow import mailing

SHOWN = 100
SUBJECT = "An invitation to BGM Studio"  # ours: nobody chooses the subject of mail that the studio sends to strangers
MAILED = "mailed"  # the part of a link's query that only a mailed one has
ROLES_IN_WORDS = "Owners invite and delete; editors generate and edit; viewers listen, comment and download."


def may_invite(user: User) -> bool:
    return user.is_staff or access.managed_projects(user).exists()


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"type": "email"}))
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="No project, only the studio")
    role = forms.ChoiceField(
        choices=Role.choices,
        initial=Role.EDITOR,
        help_text=ROLES_IN_WORDS,
    )

    def __init__(self, user: User, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        project = self.fields["project"]
        project.queryset = access.managed_projects(user)  # type: ignore[attr-defined]
        if not user.is_staff:  # the studio's own door is for the staff to open
            project.required = True
            project.empty_label = None  # type: ignore[attr-defined]
        self.open = access.managed_invitations(user).filter(expires_at__gt=timezone.now())

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()

    def clean(self) -> None:
        email, project = self.cleaned_data.get("email"), self.cleaned_data.get("project")
        if not email or "project" in self.errors:
            return
        if project and project.members.filter(email__iexact=email).exists():
            self.add_error("email", f"{email} is a member of {project} already.")
        elif self.open.filter(email=email, project=project).exists():
            self.add_error(
                "email", f"{email} has an open invitation already; make a new link for it in the list below."
            )


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: Request) -> HttpResponse:
    """Invite by address; the link is shown once, to copy, and mailed where a mail server is configured."""
    if not may_invite(request.user):
        raise PermissionDenied("Owners of a project and administrators invite people.")
    form = InvitationForm(request.user, request.POST or None, initial={"project": _asked_project(request)})
    made = None
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            made = send(request, cleaned["email"], cleaned["project"], Role(cleaned["role"]))
            form = InvitationForm(request.user)
        except workflow.Refused as refused:
            form.add_error("email", refused.sentence)
    found = {
        "form": form,
        "made": made,
        "link": link_of(request, made) if made else "",
        "rows": form.open[:SHOWN],
        "here": "account",
    }
    return render(request, "people/invite.html", found, status=422 if form.errors else 200)


def _asked_project(request: Request) -> Project | None:
    return access.managed_projects(request.user).filter(ref=request.GET.get("project", "")).first()


def send(request: Request, email: str, project: Project | None, role: Role) -> Invitation:
    """Invite an address, and mail the link where a mail server is configured."""
    made = workflow.people.invite(email, request.user, project, role)
    mail(request.user, made, link_of(request, made))
    return made


def link_of(request: Request, invitation: Invitation) -> str:
    return request.build_absolute_uri(join_path(invitation))


def join_path(invitation: Invitation) -> str:
    return reverse("join", args=[invitation.token])


def mail(inviter: User, invitation: Invitation, link: str) -> None:
    """Mail an invitation's link, where a mail server is configured; the mailed one proves the address as well."""
    if not settings.EMAIL_CONFIGURED:
        return
    where = f"“{invitation.project.name}” in BGM Studio" if invitation.project else "BGM Studio"
    said = f"{inviter.label} ({inviter.email}) invites you to {where}"
    link = f"{link}?{MAILED}={workflow.people.mailed_proof(invitation)}"
    text = f"{said}.\n\n{link}\n\nThe link works once, until {invitation.expires_at:%-d %B}."
    mailing.send(SUBJECT, text, invitation.email)


@login_required
@require_POST
def withdraw(request: Request, ref: str) -> HttpResponse:
    """Take an open invitation back: its link stops working."""
    found = get_object_or_404(access.managed_invitations(request.user), ref=ref)
    workflow.people.withdraw(found, request.user)
    messages.success(request, f"The invitation for {found.email} is withdrawn.")
    return redirect(back(request, reverse("invite")))


@login_required
@require_POST
def resend(request: Request, ref: str) -> HttpResponse:
    """Give an unused invitation a new link, shown once, and mail it where that is possible."""
    found = get_object_or_404(access.managed_invitations(request.user), ref=ref)
    try:
        if not workflow.people.renew(found, request.user):
            return redirect(back(request, reverse("invite")))
    except workflow.Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(back(request, reverse("invite")))
    link = link_of(request, found)
    mail(request.user, found, link)
    shown = {"made": found, "link": link, "project": found.project, "back": back(request, reverse("invite"))}
    return render(request, "people/new_link.html", shown)
