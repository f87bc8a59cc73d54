"""Signing up and in: by invitation or openly, as STUDIO_SIGNUP says. allauth does the rest."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from generator import workflow
from generator.models import Invitation, Project

SESSION_KEY = "invitation"


def invitation_of(request: HttpRequest | None) -> Invitation | None:
    """The invitation this visitor came with, if it is still open."""
    token = request.session.get(SESSION_KEY, "") if request else ""
    return workflow.people.open_invitation(token) if token else None


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.STUDIO_SIGNUP == "open" or invitation_of(request) is not None

    def save_user(self, request, user, form, commit=True):
        """Give the new person their own project, and use their invitation up."""
        user = super().save_user(request, user, form, commit)
        Project.objects.personal_for(user)
        if invitation := invitation_of(request):
            workflow.people.accept(invitation, user)
            del request.session[SESSION_KEY]
        return user


class SignupForm(AllauthSignupForm):
    """allauth's form, bound to the invited address when there is an invitation."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation_of(context.request)
        if self.invitation:
            self.fields["email"].initial = self.invitation.email
            self.fields["email"].widget.attrs["readonly"] = True

    def clean_email(self) -> str:
        email = super().clean_email()
        if self.invitation and email.lower() != self.invitation.email:
            raise forms.ValidationError(f"This invitation is for {self.invitation.email}.")
        return email


@require_GET
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Follow an invitation: join at once when signed in, sign up otherwise."""
    invitation = workflow.people.open_invitation(token)
    if invitation is None:
        return render(request, "people/invitation_over.html", status=410)
    if not request.user.is_authenticated:
        request.session[SESSION_KEY] = token
        return redirect("account_signup")
    try:
        workflow.people.accept(invitation, request.user)
    except workflow.Refused as refused:
        return render(request, "people/invitation_over.html", {"sentence": refused.sentence}, status=403)
    return redirect("studio", invitation.project.ref) if invitation.project else redirect("home")
